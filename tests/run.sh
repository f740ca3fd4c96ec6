#!/bin/sh
# run.sh ASSAY - a test: assay run as people use it, with a machine of assay sim
# maker and the example reverse.
. tests/h_tap.sh
assay=$(realpath "$1")
reverse=$(dirname "$assay")/examples/reverse
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
said=$dir/err

# run STATUS NAME ARGUMENT... - of assay run, on $dir/request
run() {
	want=$1 name=$2
	shift 2
	"$assay" run "$@" <"$dir/request" >"$dir/out" 2>"$dir/err"
	got=$?
	[ "$got" -eq "$want" ]
	ok "$name" $?
}
is() {
	[ "$(cat "$dir/out")" = "$2" ]
	ok "$1" $?
}
complains() {
	grep -q -e "$2" "$dir/err"
	ok "$1" $?
}

printf hello >"$dir/request"
run 0 'help' --help
run 2 'no program'
complains 'it says what is wanted' 'want one signed program'
run 2 'an unknown option' --nonsense
complains 'it says which' "unknown option --nonsense: did you mean --nonce?"
run 2 'a nonce that is no hex' --nonce xy --attestation x --platform x program
complains 'it says what is wanted' '--nonce: want 1 to 64 bytes in hex'
"$assay" run --probe --json >"$dir/out" 2>"$dir/err"
grep -q '^\[{"name":"namespaces","needed":true,"present":' "$dir/out"
ok 'the protections as JSON' $?
needs_enclaves 'a program is run' "$reverse"

"$assay" sim maker init "$dir/maker" >/dev/null 2>"$dir/err" &&
	"$assay" sim maker make-processor "$dir/maker" m >/dev/null 2>"$dir/err"
ok 'a machine' $?
machine=$dir/maker/processors/m
"$assay" key new "$dir/key" >/dev/null 2>"$dir/err" &&
	"$assay" sign "$reverse" --key "$dir/key" --product 1 --revocation 0 \
		-o "$dir/signed" >/dev/null 2>"$dir/err"
ok 'a signed program' $?

run 2 'no machine named' "$dir/signed"
run 0 'a request' --platform "$machine" "$dir/signed"
is 'is answered' olleh
ASSAY_PLATFORM=$machine
export ASSAY_PLATFORM
run 0 'the machine may be named by the environment, the result asked for' \
	--attestation "$dir/att" --nonce 6e6f6e6365 "$dir/signed"
grep -q '^{"assay_bundle":1,"evidence":{"type":"quote","data":"Aw.*"keys":{"hpke":"[^"]*","sign":"[^"]*"},"nonce":"bm9uY2U=","at":"20[^"]*Z"}$' \
	"$dir/att"
ok 'its attestation is a bundle' $?
grep -q collateral "$dir/att"
[ $? -eq 1 ]
ok 'without documents that nobody asked for' $?
is 'and the request answered' olleh
(cd "$dir" && "$assay" run --attestation att2 signed <request >out 2>err)
[ -s "$dir/att2" ]
ok 'into the present folder, too' $?
"$assay" sign "$(dirname "$reverse")/vault" --key "$dir/key" --product 1 \
	--revocation 0 -o "$dir/vault" >/dev/null 2>"$dir/err"
run 2 'a program that misses its arguments' "$dir/vault"
complains 'it is asked for them' 'was it signed with its arguments'
complains 'and its exit status told' 'the enclave ended with exit status 2'
run 0 'onto the standard output' --attestation - "$dir/signed"
grep -q '^{"assay_bundle".*}$' "$dir/out" && tail -n 1 "$dir/out" | grep -qx olleh
ok 'it stands before the answer' $?
long=$(printf %0255d 0)
run 0 'into a file whose name is as long as may be' --attestation "$dir/$long" \
	"$dir/signed"
[ -s "$dir/$long" ]
ok 'it is there' $?
run 2 'and one longer' --attestation "$dir/${long}0" "$dir/signed"
complains 'it says so' 'File name too long'
mkdir "$dir/there"
ln -s there/att3 "$dir/link"
run 0 'to where a link leads' --attestation "$dir/link" "$dir/signed"
[ -L "$dir/link" ] && [ -s "$dir/there/att3" ]
ok 'which stays a link' $?
documents=$dir/maker/pcs/standard/53494D000001
run 0 'with the documents' --attestation "$dir/whole" \
	--collateral "$documents" "$dir/signed"
"$assay" verify --any-code --root "$dir/maker/root.pem" --json "$dir/whole" |
	grep -q '"genuine":true.*"keys":"bound".*"nonce":null.*"collateral":null'
ok 'it can be judged alone' $?
run 2 'documents from a folder that is not there' --attestation "$dir/a" \
	--collateral "$dir/none" "$dir/signed"
run 2 'documents from a folder that has none' --attestation "$dir/a" \
	--collateral "$machine/.." "$dir/signed"
complains 'it says which it wants' 'qe_identity.json'
mkdir "$dir/twice"
cp "$documents/pck_crl.der" "$dir/twice/pck_crl.der"
cp "$documents/pck_crl.der" "$dir/twice/pck_crl.pem"
run 2 'a document that is there twice' --attestation "$dir/a" \
	--collateral "$dir/twice" "$dir/signed"
run 2 'documents for no attestation' --collateral "$documents" "$dir/signed"
complains 'it says what belongs to them' 'attestation FILE'
run 2 'a nonce for no attestation' --nonce 00 "$dir/signed"
[ ! -e "$dir/a" ]
ok 'none of these wrote an attestation' $?
echo state >"$dir/state"
run 1 'state for a program that keeps none' --store "$dir/state" "$dir/signed"
complains 'what the enclave said' 'it refused: N_SEAL_NONE'
complains 'what that demands' '^It demands: '
complains 'and what to do' '^The program keeps no state: do not'
is 'and there is no answer' ''
# a program that keeps state
cat >"$dir/keeper.c" <<'END'
#include <assay/enclave.h>

static bool keep(struct assay_enclave *e, struct assay_bytes text, void *own)
{
	(void)own;
	return assay_enclave_store(e, text) && assay_enclave_put(e, text);
}

static bool restore(struct assay_enclave *e, struct assay_bytes old, void *own)
{
	(void)e, (void)old, (void)own;
	return true;
}

int main(void)
{
	static const struct assay_enclave_app app = {
		.answer = keep, .restore = restore,
		.seal_to = ASSAY_SEAL_SIGNER
	};

	return assay_enclave_run(&app);
}
END
# stores - the tests of such a program
stores() {
	run 0 'without --store' "$dir/keeper.signed"
	complains 'it warns' 'warning: what the enclave wants kept is lost: no --store'
	run 0 'with it' --store "$dir/kept" "$dir/keeper.signed"
	[ -s "$dir/kept" ] && ! grep -q lost "$dir/err"
	ok 'it is kept, and there is no warning' $?
	mkfifo "$dir/fifo"
	"$assay" run --store "$dir/kept" --attestation "$dir/begun" \
		"$dir/keeper.signed" <"$dir/fifo" >"$dir/out1" 2>&1 &
	first=$!
	exec 9>"$dir/fifo"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -e "$dir/begun" ] && break
		sleep 0.5
	done
	run 2 'a second run with the same state' --store "$dir/kept" "$dir/keeper.signed"
	complains 'it says so' 'kept: another assay host or run has it'
	ln -s kept "$dir/alias"
	run 2 'the same by another name' --store "$dir/alias" "$dir/keeper.signed"
	run 0 'with other state' --store "$dir/kept2" "$dir/keeper.signed"
	printf bye >&9
	exec 9>&-
	wait $first && [ "$(cat "$dir/out1")" = bye ]
	ok 'the first has gone on' $?
	run 0 'and after it, another' --store "$dir/kept" "$dir/keeper.signed"
}
if ${CC:-cc} -O2 -Iinclude -static-pie -Wl,-z,noexecstack,-z,separate-code \
	-o "$dir/keeper" "$dir/keeper.c" "$(dirname "$assay")/libassay.a" \
	-lcrypto 2>"$dir/err"; then
	"$assay" sign "$dir/keeper" --key "$dir/key" --product 2 --revocation 0 \
		-o "$dir/keeper.signed" >/dev/null 2>"$dir/err"
	ok 'a program that keeps state is signed' $?
	stores
else
	n=$((n + 1))
	echo "ok $n - state is kept # SKIP linking a program with this libassay"
fi
run 2 'state that cannot be read, which is not none' \
	--store "$dir/state/none" "$dir/signed"
complains 'it says which, and why' 'state/none: Not a directory'
is 'and there is no answer' ''
run 2 'an attestation into a folder that is not there' \
	--attestation "$dir/none/att" "$dir/signed"
run 1 'a debug enclave that its signer does not allow' --debug "$dir/signed"
complains 'L_EINIT' L_EINIT
# characters of two, three and four bytes stay whole; what is no UTF-8 stays
printf 'a\303\261\342\202\254b\360\237\220\235' >"$dir/request"
run 0 'characters of several bytes' "$dir/signed"
is 'stay whole' "$(printf '\360\237\220\235b\342\202\254\303\261a')"
printf '\200\200x\377\303' >"$dir/request"
run 0 'bytes that are no text' "$dir/signed"
is 'are all there' "$(printf '\303\377x\200\200')"
printf '' >"$dir/request"
run 0 'nothing' "$dir/signed"
is 'is answered with nothing' ''
printf hello >"$dir/request"
run 2 'a machine that is not there' --platform "$dir/none" "$dir/signed"
complains 'it says that' 'none: No such file or directory'
run 2 'a maker in the place of a machine' --platform "$dir/maker" "$dir/signed"
complains 'it says where machines are' 'in its processors$'
mv "$machine/cpusvn" "$dir/away"
run 1 'a machine that is not whole' --platform "$machine" "$dir/signed"
complains 'L_PLATFORM, of the machine' "$machine: L_PLATFORM .*: cpusvn: No such"
complains 'what it demands' '^It demands: The simulated machine starts'
complains 'and what to do' '^Name the folder'
mv "$dir/away" "$machine/cpusvn"
run 1 'a program that is not signed' "$reverse"
complains 'S_TRAILER' S_TRAILER
run 2 'a file that is not there' "$dir/none"
head -c 1100000 /dev/zero >"$dir/request"
run 2 'a request that is too long' "$dir/signed"
complains 'is said to be that' 'too large'
[ -z "$(find "$dir" -type f -name '*.new')" ]
ok 'no half-written file is left' $?
echo "1..$n"
