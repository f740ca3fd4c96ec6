#!/bin/sh
# measure.sh ASSAY - a test: the verbs measure, sign and key, on programs that
# are built here.
. tests/h_tap.sh
assay=$1
here=$(pwd)
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
case $assay in
/*) ;;
*) assay=$here/$assay ;;
esac
unset SOURCE_DATE_EPOCH
said=$dir/err

# wants STATUS NAME COMMAND... - it ends so; what it says is in $dir/out, err
wants() {
	want=$1 name=$2
	shift 2
	"$@" >"$dir/out" 2>"$dir/err"
	got=$?
	[ "$got" -eq "$want" ]
	ok "$name" $?
	[ "$got" -eq "$want" ] || echo "# exit status $got, want $want"
}

# says WHAT NAME, complains WHAT NAME - that is in its output, or its errors
says() {
	grep -q -e "$1" "$dir/out"
	ok "$2" $?
}
complains() {
	grep -q -e "$1" "$dir/err"
	ok "$2" $?
}

# json NAME - the value of a member that is no list, without quotation marks
json() {
	sed "s/.*\"$1\":\"*\([^\",}]*\).*/\1/" "$dir/out"
}

# ---- programs

mkdir "$dir/source"
cat >"$dir/source/program.c" <<'END'
#include <stdio.h>
#include <string.h>
static int table[3000] = { 1, 2, 3 };
static char bss[20000];
int main(int argc, char **argv)
{
	memset(bss, argc, sizeof(bss));
	printf("%s %d %d %s\n", __FILE__, table[1], bss[9], argv[argc - 1]);
	return 0;
}
END

# build OUT - as docs/measurement.md says, in a folder of its own
build() {
	mkdir -p "$(dirname "$1")" && cp "$dir/source/program.c" "$(dirname "$1")" &&
		(
			cd "$(dirname "$1")" &&
				SOURCE_DATE_EPOCH=1700000000 LC_ALL=C "${CC:-cc}" \
					-O2 -fPIE -ffile-prefix-map="$PWD=." \
					-gno-record-gcc-switches -Werror=date-time \
					-c -o program.o "$PWD/program.c" &&
				"${CC:-cc}" -static-pie -Wl,-z,relro,-z,now \
					-Wl,-z,noexecstack,-z,separate-code \
					-Wl,--build-id=none -s \
					-o "$(basename "$1")" program.o
		) >"$dir/out" 2>"$dir/err"
}

build "$dir/app"
ok 'a program is built' $?
build "$dir/elsewhere/and/deeper/app"
ok 'and in another folder' $?
cmp -s "$dir/app" "$dir/elsewhere/and/deeper/app"
ok 'the two are the same file' $?
wants 0 'the first is measured' "$assay" measure --json "$dir/app"
first=$(json computed)
[ "${#first}" -eq 64 ]
ok 'its measurement has 64 digits' $?
wants 0 'so is the second' "$assay" measure --json "$dir/elsewhere/and/deeper/app"
[ "$first" = "$(json computed)" ]
ok 'any two builds of the same source have the same measurement' $?
sed -i 's/1, 2/1, 5/' "$dir/source/program.c"
build "$dir/other/app"
wants 0 'another program is measured' "$assay" measure --json "$dir/other/app"
[ "$first" != "$(json computed)" ]
ok 'it has another measurement' $?

cd "$dir" || exit 2

# ---- keys

wants 0 'a key is made' "$assay" key new key.pem
signer=$(sed -n 's/.* \([0-9A-F]\{64\}\)$/\1/p' out)
[ "${#signer}" -eq 64 ]
ok 'its hash is told' $?
[ "$(stat -c %a key.pem)" = 600 ]
ok 'nobody else may read it' $?
cp key.pem copy.pem
wants 2 'it is not overwritten' "$assay" key new key.pem
complains 'never overwritten' 'and that is said'
cmp -s key.pem copy.pem
ok 'it is as it was' $?
wants 0 'it is shown' "$assay" key show key.pem
says "$signer" 'with the same hash'
wants 1 'a file that is no key' "$assay" key show program.c
complains 'S_KEY' 'and that is said'
wants 2 'a file that is not there' "$assay" key show nothing
wants 2 'a folder that is not there' "$assay" key new no/such/folder

# ---- signing

wants 0 'it is signed' "$assay" sign app --key key.pem --product 7 \
	--revocation 2 --date 2026-11-23 --heap 2M --stack 64K -- --fast 'a b'
says '^Revocation level *2$' 'at its revocation level'
wants 0 'the signed program is measured' "$assay" measure --json app.signed
measured=$(json computed)
[ "$measured" = "$(json claimed)" ] && [ "$measured" != "$first" ]
ok 'what is computed is what is claimed' $?
says '"good":true.*"kind":"signed"' 'it is good'
says "\"mrsigner\":\"$(echo "$signer" | tr A-F a-f)\"" 'by this signer'
says '"signature_ok":true,"product":7,"svn":3,"revocation":2' 'product, version'
says '"date":"2026-11-23","debug":"never"' 'date, no debugging'
says '"stack":65536,"heap":2097152,"threads":1,"profile":1' 'launch'
says '"arguments":\["enclave","--fast","a b"\]' 'arguments'
says "\"constraint_signer\":\"S:$signer PROD:7 REVOKE:2 SEC:SECURE\"" \
	'a constraint line for the signer'
says "\"constraint_code\":\"C:$(echo "$measured" | tr a-f A-F) SEC:SECURE\"" \
	'and one for the code'
[ -x app.signed ] && [ "$(./app.signed last)" = './program.c 2 2 last' ]
ok 'it still runs as the program that it is' $?
cp app.signed first.signed
wants 0 'signed again' "$assay" sign app --key key.pem --product 7 \
	--revocation 2 --date 2026-11-23 --heap 2M --stack 64K -o second.signed \
	-- --fast 'a b'
cmp -s first.signed second.signed
ok 'it is the same file, whatever it is called' $?
wants 0 'the unsigned program, with the same launch' "$assay" measure --json \
	app --heap 2M --stack 64K -- --fast 'a b'
[ "$measured" = "$(json computed)" ]
ok 'has the same measurement' $?
wants 0 'debugging may be allowed' "$assay" sign app --key key.pem \
	--product 7 --revocation 2 -o debug.signed --debug-allowed
says '^Debug *left open' 'which is said'
wants 0 'the date of SOURCE_DATE_EPOCH' env SOURCE_DATE_EPOCH=1700000000 \
	"$assay" sign app --key key.pem --product 0 --revocation 0 -o epoch.signed
says '^Date *2023-11-14$' 'is taken'

# ---- streams and pages

wants 0 'the stream is written' "$assay" measure --sgxs app.sgxs app.signed
[ "$(sha256sum <app.sgxs)" = "$measured  -" ]
ok 'its SHA-256 is the measurement' $?
wants 0 'the stream is measured' "$assay" measure --json app.sgxs
[ "$(json computed)" = "$measured" ]
ok 'it measures the same' $?
says '"kind":"sgxs".*"claimed":null' 'and claims nothing'
wants 0 'pages are listed' "$assay" measure --pages app.signed
says '^0x0000000000 .* 0x201 REG r-- *yes *segment$' 'segments'
says ' 512  0x203 REG rw- *no *heap$' 'the heap'
says ' 16  0x203 REG rw- *no *stack$' 'the stack'
says ' 1  0x100 TCS --- *yes *TCS$' 'a thread'
says "^Accept this code  *--accept \"C:$(echo "$measured" | tr a-f A-F) SEC:SECURE\"\$" \
	'the line for the code, to be copied'
says '--accept "S:.* PROD:7 REVOKE:2 SEC:SECURE"$' 'the line for its signer'
says 'on a simulated machine: SEC:INSECURE' 'and what to write for a simulation'
says '^  Profile *1, closed: no files, no network' 'what its profile is'
wants 0 'pages of a stream' "$assay" measure --pages app.sgxs
says ' 528  0x203 REG rw- *no *$' 'run together'

# ---- no, and trouble

cp app.signed changed
printf 'X' | dd of=changed bs=1 seek=20000 conv=notrunc 2>dd.log
wants 1 'a changed program' "$assay" measure changed
says 'S_LAUNCH_PROGRAM' 'is another one'
says 'and another SHA-256' 'of the same length'
wants 1 'a changed program, in JSON' "$assay" measure --json changed
[ "$(json claimed)" = "$measured" ] && [ "$(json computed)" != "$measured" ] &&
	[ "$(json computed | wc -c)" -eq 65 ]
ok 'what it comes to stands beside the claim' $?
! grep -q 'constraint_' "$dir/out"
ok 'no line accepts it' $?
cp app.signed changed
size=$(stat -c %s changed)
# the heap in the launch page: a page more
printf '\020' | dd of=changed bs=1 seek=$((size - 5968 + 25)) conv=notrunc 2>dd.log
wants 1 'a changed launch' "$assay" measure changed
says 'S_MEASUREMENT' 'is not what was signed'
wants 1 'a changed launch, in JSON' "$assay" measure --json changed
says '"good":false,"check":"SIGSTRUCT S_MEASUREMENT"' 'says so'
cp app.signed changed
printf 'X' | dd of=changed bs=1 seek=$((size - 64 - 1808 + 600)) conv=notrunc 2>dd.log
wants 1 'a changed signature' "$assay" measure changed
says 'S_SIGNATURE' 'is none'
says '^Signature *WRONG$' 'and that is said'
wants 1 'a text' "$assay" measure program.c
says 'S_ARTEFACT' 'is no artefact'
wants 2 'a text leaves no stream' "$assay" measure --sgxs none.sgxs program.c
[ ! -e none.sgxs ]
ok 'behind' $?
wants 1 'one good file and one bad' "$assay" measure app changed
wants 2 'one that is not there' "$assay" measure app nothing
wants 2 'no file' "$assay" measure
wants 2 'two files for one stream' "$assay" measure --sgxs x app app.signed
wants 2 'pages in JSON' "$assay" measure --pages --json app
wants 2 'another launch of what is signed' "$assay" measure --heap 1M app.signed
complains 'not signed' 'is refused'
wants 1 'a heap that is no multiple of 4096' "$assay" measure --heap 4097 app
says 'S_LAUNCH ' 'is refused'
wants 2 'a heap that is no size' "$assay" measure --heap 1T app

sign() { "$assay" sign app "$@" -o none.signed; }
wants 2 'no key' sign --product 1 --revocation 1
wants 2 'two ways to sign' sign --key key.pem --product 1 --revocation 1 \
	--signature s --public-key p
wants 2 'no product' sign --key key.pem --revocation 1
wants 2 'a product too high' sign --key key.pem --product 65536 --revocation 1
wants 2 'a revocation level too high' sign --key key.pem --product 1 \
	--revocation 65535
wants 2 'a date that is none' sign --key key.pem --product 1 --revocation 1 \
	--date 2026-02-30
wants 1 'a key that is none' sign --key program.c --product 1 --revocation 1
wants 1 'too many threads' sign --key key.pem --product 1 --revocation 1 \
	--threads 65
[ ! -e none.signed ]
ok 'none of them left a file behind' $?
wants 1 'a program that is signed already' "$assay" sign app.signed \
	--key key.pem --product 1 --revocation 1
complains 'not signed' 'is not signed again'
wants 1 'a program that is not static' "$assay" sign "$(command -v sh)" \
	--key key.pem --product 1 --revocation 1 -o none.signed
complains 'S_ELF_INTERP' 'is refused'

# ---- standard input, and a SIGSTRUCT beside a file

wants 0 'a file on standard input' "$assay" measure --json - <app.signed
[ "$(json computed)" = "$measured" ]
ok 'measures the same' $?
size=$(stat -c %s app.signed)
tail -c 1872 app.signed | head -c 1808 >app.sig
wants 0 'a SIGSTRUCT alone' "$assay" measure app.sig
says 'nothing can be computed' 'is a claim, and it says so'
says '^Vendor *0: anybody$' 'and by whom'
wants 0 'a stream and its SIGSTRUCT' "$assay" measure --json app.sgxs --sig app.sig
says "\"kind\":\"sgxs\",\"computed\":\"$measured\",\"claimed\":\"$measured\"" \
	'computed beside claimed'
says '"signature_ok":true,"product":7,"svn":3' 'signed'
head -c 1152 app.sgxs >short.sgxs
wants 1 'a shorter stream' "$assay" measure short.sgxs --sig app.sig
says 'S_' 'is another, or none'
wants 1 'a SIGSTRUCT beside a signed program' "$assay" measure app.signed --sig app.sig
says 'S_BESIDE' 'is one too many'
: >empty
wants 2 'an empty SIGSTRUCT' "$assay" measure app.sgxs --sig empty
complains 'empty' 'and that is said'
wants 2 'a SIGSTRUCT for two files' "$assay" measure app.sgxs app.sgxs --sig app.sig

# ---- a policy that is made for what was measured

"$assay" measure --json app.signed >out 2>err
sed 's/.*"policy_code":"\(.*\)","policy_signer.*/\1/; s/\\//g' out >code.json
sed 's/.*"policy_signer":"\(.*\)"}$/\1/; s/\\//g' out >signer.json
wants 0 'the policies are well formed' "$assay" policy check code.json signer.json
says_in() { grep -q -e "$1" "$2"; }
says_in "\"mrenclave\": \"$measured\"" code.json
ok 'one is for the code' $?
says_in '"isv_prod_id": 7, "min_isv_svn": 3' signer.json
ok 'one is for its signer' $?

# ---- Gramine

printf 'int table[2000] = { 1 };\nchar bss[9000];\nint f(int i) { return table[i] + bss[i]; }\n' >pal.c
"${CC:-cc}" -shared -fPIC -O1 -o libpal.so pal.c >cc.log 2>&1
ok 'a loader is built' $?
cat >app.manifest.sgx <<'END'
[loader]
log_level = "error"
[sgx]
debug = false
enclave_size = "4M"
max_threads = 4
edmm_enable = false
trusted_files = [
    { uri = "file:/lib/libc.so.6", sha256 = "00" },
]
END
sed 's/edmm_enable = false/edmm_enable = true/' app.manifest.sgx >edmm.manifest.sgx
wants 1 'a manifest without its loader' "$assay" measure app.manifest.sgx
says 'S_LIBPAL.*--libpal' 'asks for it'
wants 0 'with it' "$assay" measure --json app.manifest.sgx --libpal libpal.so
gramine=$(json computed)
says '"kind":"gramine"' 'it is known'
says '"gramine":{"threads":4,"edmm":false,"unhashed":0,"base":"zero"}' 'what it says is told'
wants 0 'its stream' "$assay" measure app.manifest.sgx --libpal libpal.so --sgxs gramine.sgxs
[ "$(sha256sum <gramine.sgxs)" = "$gramine  -" ]
ok 'has that SHA-256' $?
wants 0 'its stream is measured' "$assay" measure --json gramine.sgxs
[ "$(json computed)" = "$gramine" ]
ok 'and comes to the same' $?
wants 0 'its pages' "$assay" measure --pages app.manifest.sgx --libpal libpal.so
says '^0x00003ff000 .*1  0x201 REG r-- *yes *manifest$' 'the manifest'
says '^0x0000010000 .* 0x207 REG rwx *no *free$' 'what is free'
says '4  0x100 TCS --- *yes *TCS$' 'threads'
wants 0 'with EDMM' "$assay" measure --pages edmm.manifest.sgx --libpal libpal.so
! grep -q free out
ok 'nothing is free' $?
wants 1 'with the SIGSTRUCT of another' "$assay" measure app.manifest.sgx --libpal libpal.so --sig app.sig
says 'S_MEASUREMENT' 'it is not what was signed'
wants 1 'with a loader that is none' "$assay" measure app.manifest.sgx --libpal pal.c
says 'LIBPAL S_LIBPAL' 'and that is said'
echo 'sgx.max_threads = 0' >bad.manifest.sgx
wants 1 'a manifest without threads' "$assay" measure bad.manifest.sgx --libpal libpal.so
says 'MANIFEST S_MANIFEST .* at byte 18' 'and where'

# a stream of 260 MiB
sed 's/"4M"/"16G"/' app.manifest.sgx >large.manifest.sgx
if "$assay" measure --json large.manifest.sgx --libpal libpal.so --sgxs large.sgxs >out 2>err; then
	gramine=$(json computed)
	wants 0 'a stream that is larger than other files may be' "$assay" measure --json large.sgxs
	[ "$(json computed)" = "$gramine" ]
	ok 'comes to the same' $?
	wants 2 'but not on standard input' "$assay" measure - <large.sgxs
	complains 'larger than 256 MiB' 'and that is said'
else
	skip 'a large stream' 'there is no room for a large file'
fi
rm -f large.sgxs

# ---- two enclaves

wants 0 'an enclave and itself' "$assay" diff app.signed first.signed
says 'the same enclave' 'is the same'
wants 1 'its stream' "$assay" diff app.signed app.sgxs
says 'The code is the same; what is said of it differs' 'is the same code'
wants 1 'another signature' "$assay" diff first.signed debug.signed
says "^Attributes' mask" 'differs in a field'
cp app.sgxs other.sgxs
printf X | dd of=other.sgxs bs=1 seek=400 conv=notrunc 2>dd.log
wants 1 'a changed stream' "$assay" diff app.sgxs other.sgxs
says '^0x0000000000  *1  contents from +0x0 *$' 'differs in a page'
says '^1 page differs' 'and how many do is said'
says 'different enclaves' 'and is another enclave'
wants 1 'in JSON' "$assay" diff --json app.signed other.sgxs
says '"pages":\[{"at":0,"pages":1,"differs":"contents from +0x0","a":"segment","b":""}\]' 'the page'
says '"pages_differ":1,' 'how many'
says '"same_code":false' 'the answer'
wants 1 'with EDMM and without' "$assay" diff app.manifest.sgx edmm.manifest.sgx --libpal libpal.so
says ' only in A: flags 0x207, not measured *free$' 'what is free'
says '4  contents from +0x100 *TLS$' 'threads'
says '1  contents from +0x0 *manifest$' 'the manifest'
wants 1 'with two loaders' "$assay" diff app.manifest.sgx app.manifest.sgx --libpal libpal.so --libpal app
says 'contents: OENTRY' 'the entry'
wants 1 'what cannot be computed' "$assay" diff app.sig app.sgxs
says 'no pages are compared' 'is compared by what is claimed'
wants 1 'what is nothing' "$assay" diff program.c app.sgxs
says 'Nothing can be said' 'is not compared'
# pages FROM TO STEP - a stream of pages whose contents are not measured
pages() {
	perl -e 'my ($at, $to, $step) = @ARGV;
		print pack("a8VQ<x44", "ECREATE", 1, 1 << 24);
		for (; $at != $to; $at += $step) {
			print pack("a8Q<Q<x40", "EADD", $at, 0x203);
		}' "$@"
}
pages 0 9830400 8192 >even.sgxs
pages 4096 9834496 8192 >odd.sgxs
wants 1 'many pages, none of them shared' "$assay" diff even.sgxs odd.sgxs
says '^1400 more lines are left out' 'are not all listed'
[ "$(grep -c 'only in' out)" -eq 1000 ]
ok 'but a thousand are' $?
wants 1 'and in JSON' "$assay" diff --json even.sgxs odd.sgxs
says '"pages_left_out":1400' 'likewise'
pages 9822208 -8192 -8192 >down.sgxs
wants 1 'pages in another order' "$assay" diff even.sgxs down.sgxs
says 'in another order' 'and that is said'
wants 2 'one file' "$assay" diff app.signed
wants 2 'a file that is not there' "$assay" diff app.signed nothing

# ---- evidence, and the code that it may be of

# patch FILE AT HEX - writes bytes into it
patch() {
	perl -e 'print pack("H*", shift)' "$3" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>dd.log
}
if "$assay" sim sample set >sim.log 2>&1; then
	cp set/quote.bin quote.bin
	wants 1 'another enclave' "$assay" inspect quote.bin --artefact app.signed
	says 'Is it this enclave? NO: it holds other code' 'is another'
	patch quote.bin 112 "$measured"
	wants 1 'its code, by another' "$assay" inspect quote.bin --artefact app.signed
	says "NO: the code is the same, but another signer's" 'is told apart'
	patch quote.bin 176 "$signer"
	patch quote.bin 304 08000300
	wants 1 'of another product' "$assay" inspect --json quote.bin --artefact app.signed
	says '"same_code":true,"is_it":false,"difference":"the code is the same, but of another product' 'is told apart'
	patch quote.bin 304 07000300
	patch quote.bin 64 00000000
	patch quote.bin 96 05000000000000000300000000000000
	wants 0 'the enclave itself' "$assay" inspect quote.bin --artefact app.signed
	says 'Is it this enclave? yes' 'is it'
	wants 0 'its stream, which no one signed' "$assay" inspect quote.bin --artefact app.sgxs
	patch quote.bin 96 07000000000000000300000000000000
	wants 1 'in debug mode' "$assay" inspect quote.bin --artefact app.signed
	says 'Is it this enclave? NO: ' 'its signer does not allow it'
	wants 1 'with a changed file' "$assay" inspect quote.bin --artefact changed
	says 'Is it this enclave? NO: ' 'it is not'
else
	skip 'evidence and its code' 'there is no assayd'
fi
wants 2 'a loader without an artefact' "$assay" inspect app.signed --libpal libpal.so
wants 2 'an artefact that is not there' "$assay" inspect app.signed --artefact nothing
wants 2 'an artefact that is none' "$assay" inspect app.signed --artefact program.c

# ---- in two steps, with openssl as the machine that keeps the key

if ! command -v openssl >openssl.path; then
	skip 'signing in two steps' 'there is no openssl'
	echo "1..$n"
	exit
fi
two() {
	"$assay" sign app --product 7 --revocation 2 --date 2026-11-23 \
		--heap 2M --stack 64K "$@" -- --fast 'a b'
}
openssl genrsa -3 3072 >hsm.pem 2>openssl.log
openssl pkey -in hsm.pem -pubout -out public.pem 2>openssl.log
wants 0 'the data to be signed' two --data-out data
[ "$(stat -c %s data)" -eq 256 ]
ok 'are 256 bytes' $?
openssl dgst -sha256 -sign hsm.pem -out sig data
ok 'openssl dgst signs them' $?
wants 0 'the signature is joined' two --signature sig --public-key public.pem \
	-o two.signed
wants 0 'signed in one step' two --key hsm.pem -o one.signed
cmp -s one.signed two.signed
ok 'it is the same' $?
openssl dgst -sha256 -binary data >digest
openssl pkeyutl -sign -inkey hsm.pem -in digest -pkeyopt digest:sha256 -out sig2
wants 0 'a signature of openssl pkeyutl' two --signature sig2 \
	--public-key public.pem -o two.signed
cmp -s one.signed two.signed
ok 'it is the same' $?
perl -0777 -pe '$_ = reverse' sig >little
wants 0 'a signature in the other order of bytes' two --signature little \
	--public-key public.pem -o two.signed
cmp -s one.signed two.signed
ok 'it is the same' $?
wants 1 'the signature with another key' two --signature sig \
	--public-key key.pem -o none.signed
complains 'S_SIGNATURE' 'is refused'
wants 1 'the signature for another product' "$assay" sign app --product 8 \
	--revocation 2 --date 2026-11-23 --heap 2M --stack 64K --signature sig \
	--public-key public.pem -o none.signed -- --fast 'a b'
wants 1 'a signature that is too short' two --signature digest \
	--public-key public.pem -o none.signed
wants 2 'two steps without a date' "$assay" sign app --product 7 \
	--revocation 2 --data-out data
wants 2 'a signature without its key' two --signature sig -o none.signed
openssl pkey -in hsm.pem -aes256 -passout pass:secret -out locked.pem 2>openssl.log
wants 1 'a key with a passphrase' two --key locked.pem -o none.signed
complains 'passphrase' 'and that is said'
[ ! -e none.signed ]
ok 'nothing was left behind' $?
openssl pkey -in key.pem -pubout -out key.pub 2>openssl.log
wants 0 'a public key is shown' "$assay" key show key.pub
says "$signer" 'with the same hash'
openssl dgst -sha256 -verify public.pem -signature sig data >verified 2>&1
ok 'openssl verifies what assay signs' $?
echo "1..$n"
