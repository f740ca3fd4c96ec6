#!/bin/sh
# sim_maker.sh - assay sim maker and assay sim pcs as people use them; what they
# make is judged by openssl, certtool, curl and perl.
# shellcheck disable=SC2016 # what is quoted is for another sh, or for perl
assayd=${ASSAYD:?}
if [ -w /dev/shm ]; then base=/dev/shm; else base=${TMPDIR:-/tmp}; fi
dir=$(mktemp -d "$base/assay-sim-XXXXXX") || exit 2
pcs=
trap 'kill $pcs 2>/dev/null; rm -rf "$dir"' EXIT
n=0

# ok NAME COMMAND... - what it says goes to $dir/out and $dir/err
ok() {
	n=$((n + 1)) name=$1
	shift
	if "$@" >"$dir/out" 2>"$dir/err"; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$dir/out" "$dir/err" | head -n 20
	fi
}
# exits STATUS COMMAND...
exits() {
	want=$1
	shift
	"$@"
	got=$?
	[ "$got" -eq "$want" ] || { echo "status $got, not $want"; return 1; }
}
# says NAME TEXT - the last command did
says() {
	n=$((n + 1))
	if grep -qe "$2" "$dir/out" "$dir/err"; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
	fi
}
maker() { verb=$1; shift; "$assayd" sim maker "$verb" "$@"; }

m=$dir/maker
later=$(date -u -d '+30 days' +%Y-%m-%dT%H:%M:%SZ)
ok 'init' maker init "$m"
says 'it says what to do next' 'make-processor'
ok 'init again is refused' exits 2 maker init "$m"
ok 'a processor' maker make-processor "$m" alice
says 'where it is' "^Made $m/processors/alice; the ledger has 1"
says 'and how it is used' "assay run --platform $m/processors/alice PROGRAM.signed"
ok 'three more' maker make-processor --count 3 "$m" row
says 'which they are' "^Made $m/processors/row-000001 to row-000003, 3 processors; the ledger has 4"
ok 'one under the other CA' maker make-processor --ca processor \
	--fmspc 53494D000002 "$m" small
ok 'one in an older state' maker make-processor \
	--cpusvn 05050202030100050000000000000000 --pcesvn 11 "$m" old
ok 'all of it belongs together' maker check "$m"

# ---- the command line
ok 'help' exits 0 "$assayd" sim maker --help
ok 'help of each verb' sh -c 'for v in init make-processor revoke tcb-recovery \
	update publish list show check; do
	"$0" sim maker $v --help | grep -q "usage: assay sim maker $v" || exit 1
	done' "$assayd"
ok 'help of a recovery' maker tcb-recovery --help
says 'it says what is new if nothing is said' '--cpusvn HEX .*new best state, 32 digits; else one more'
ok 'help of making' maker make-processor --help
says 'it says what is made if nothing is said' '--cpusvn HEX .*the best if left out'
ok 'no verb' exits 2 "$assayd" sim maker
ok 'another verb' exits 2 maker destroy "$m"
ok 'no folder' exits 2 maker list
ok 'too many operands' exits 2 maker list "$m" alice
ok 'no name' exits 2 maker revoke "$m"
ok 'an option of another verb' exits 2 maker list --count 2 "$m"
says 'it says so' 'unknown option --count'
# shellcheck disable=SC2086 # options
for bad in '--count 0' '--count 1x' '--count 99999999' '--fmspc 1234' \
	'--fmspc 00906ED50000' '--ca root' '--cpusvn 09' '--pcesvn 65536' \
	'--pcesvn -1' '--at yesterday' '--frobnicate'; do
	ok "make-processor $bad is refused" exits 2 maker make-processor $bad "$m"
done
ok 'no such folder' exits 2 maker list "$dir/none"
ok 'no manufacturer' exits 2 maker list "$dir"
ok 'show of nobody says no' exits 1 maker show "$m" nobody
ok 'a full device is noticed' sh -c '"$0" sim maker list "$1" >/dev/full; [ $? -eq 2 ]' "$assayd" "$m"

# ---- what is there, for people and programs
ok 'list' maker list "$m"
ok 'a line for each processor, and one above' test "$(wc -l <"$dir/out")" -eq 7
maker list --json "$m" >"$dir/list.json"
ok 'list as JSON' perl -MJSON::PP -ne '
	$p = decode_json($_);
	die unless $p->{ppid} =~ /^[0-9a-f]{32}$/ && $p->{name} &&
		!defined $p->{revoked} && $p->{made} =~ /^20..-..-..T..:..:..Z$/;
	END { die unless $. == 6 }' "$dir/list.json"
maker show --json "$m" small >"$dir/show.json"
ok 'show as JSON' perl -MJSON::PP -0777 -ne '
	$p = decode_json($_);
	die unless $p->{ca} eq "processor" && $p->{fmspc} eq "53494d000002" &&
		@{$p->{certificates}} == 1' "$dir/show.json"
ok 'the facts beside the machine are JSON' perl -MJSON::PP -0777 -ne '
	$p = decode_json($_); die unless $p->{name} eq "alice"' \
	"$m/processors/alice/processor.json"

# ---- certificates and lists, by others
split() { # CHAIN - its certificates as 1.pem, 2.pem, 3.pem
	rm -f "$dir"/[123].pem
	awk -v d="$dir" '/BEGIN/ { n++ } { print >(d "/" n ".pem") }' "$1"
}
for p in alice small old; do
	split "$m/processors/$p/pck_chain.pem"
	ok "openssl: the chain of $p leads to the root" openssl verify \
		-x509_strict -CAfile "$m/root.pem" \
		-untrusted "$dir/2.pem" "$dir/1.pem"
	ok "certtool: so it does" certtool --verify \
		--load-ca-certificate "$m/root.pem" \
		--infile "$m/processors/$p/pck_chain.pem"
done
split "$m/pcs/standard/53494D000001/tcb_info_issuer_chain.pem"
ok 'openssl: the TCB signer leads to the root' openssl verify \
	-x509_strict -CAfile "$m/root.pem" "$dir/1.pem"
ok 'openssl: names say simulation' sh -c \
	'openssl x509 -in "$0" -noout -subject -issuer | grep -c "SIMULATION - NOT INTEL" | grep -qx 2' \
	"$m/root.pem"
ok 'openssl: the SGX extension is there' sh -c \
	'openssl x509 -in "$0" -noout -text | grep -q "1\.2\.840\.113741\.1\.13\.1:"' \
	"$m/processors/alice/pck_chain.pem"

# signed_by LIST CERTIFICATE
signed_by() { openssl crl -inform DER -in "$1" -CAfile "$2" -noout 2>&1 | grep -q 'verify OK'; }
ok 'openssl: the root list is by the root' \
	signed_by "$m/pcs/standard/53494D000001/root_ca_crl.der" "$m/root.pem"
ok 'openssl: the PCK list is by its CA' \
	signed_by "$m/pcs/standard/53494D000001/pck_crl.der" \
	"$m/pcs/standard/53494D000001/pck_crl_issuer_chain.pem"
ok 'certtool reads the list' certtool --crl-info --inder \
	--infile "$m/pcs/standard/53494D000001/pck_crl.der"

# ---- signed JSON: the signature over the inner object's own bytes
cat >"$dir/json.pl" <<'END'
my ($file, $key, $d) = @ARGV;
open my $f, "<:raw", $file or die; local $/; $_ = <$f>;
/^\{"$key":(\{.*\}),"signature":"([0-9a-f]{128})"\}$/s or die "form";
my ($inner, $sig) = ($1, pack "H*", $2);
sub int_der { my $x = shift; $x =~ s/^\0+(?=.)//s;
	$x = "\0$x" if ord($x) > 127; "\x02" . chr(length $x) . $x }
my $rs = int_der(substr $sig, 0, 32) . int_der(substr $sig, 32);
open my $o, ">:raw", "$d/inner"; print $o $inner; close $o;
open $o, ">:raw", "$d/sig"; print $o "\x30" . chr(length $rs) . $rs; close $o;
END
split "$m/pcs/standard/53494D000001/tcb_info_issuer_chain.pem"
openssl x509 -in "$dir/1.pem" -noout -pubkey >"$dir/signer.pub"
signed_json() { # FILE KEY
	perl "$dir/json.pl" "$1" "$2" "$dir" && perl -MJSON::PP -0777 -ne \
		'decode_json($_)' "$dir/inner" && openssl dgst -sha256 \
		-verify "$dir/signer.pub" -signature "$dir/sig" "$dir/inner"
}
ok 'openssl: TCB info' signed_json \
	"$m/pcs/standard/53494D000001/tcb_info.json" tcbInfo
ok 'openssl: QE identity' signed_json \
	"$m/pcs/standard/53494D000001/qe_identity.json" enclaveIdentity
ok 'openssl: evaluation numbers' signed_json \
	"$m/pcs/tcb_evaluation_data_numbers.json" tcbEvaluationDataNumbers

# ---- keys
for k in root processor-ca platform-ca tcb-signing; do
	ok "openssl: $k.key is a key" openssl ec -in "$m/keys/$k.key" -check -noout
done
for k in enclaves ppid; do
	ok "openssl: $k.key is a key" openssl rsa -in "$m/keys/$k.key" -check -noout
done
ok 'openssl: the root certificate has its key' sh -c '
	openssl ec -in "$0/keys/root.key" -pubout 2>/dev/null >"$1/a"
	openssl x509 -in "$0/root.pem" -noout -pubkey | cmp - "$1/a"' "$m" "$dir"
ok 'no file of secrets is open to others' sh -c '
	test -z "$(find "$0/keys" "$0/ledger.db" "$0/processors"/*/fuse -type f -perm /077)"' "$m"

# ---- the documents as assay reads them
ok 'assay reads the collateral' "$1" collateral show --root "$m/root.pem" \
	"$m/pcs/standard/53494D000001"
says 'and finds it simulation' "not Intel's"
ok 'but not under another root' exits 1 "$1" collateral show \
	"$m/pcs/standard/53494D000001"
says 'for X_ROOT_PIN' X_ROOT_PIN

# ---- revocation, recovery
ok 'revoke' maker revoke "$m" alice
ok 'revoke again is refused' exits 2 maker revoke "$m" alice
split "$m/processors/alice/pck_chain.pem"
openssl crl -inform DER -in "$m/pcs/standard/53494D000001/pck_crl.der" >"$dir/crl.pem"
ok 'openssl: the certificate is revoked' sh -c '
	openssl verify -crl_check -CAfile "$1/root.pem" \
		-untrusted "$0/2.pem" -CRLfile "$0/crl.pem" "$0/1.pem" 2>&1 |
		grep -q "certificate revoked"' "$dir" "$m"
split "$m/processors/row-000001/pck_chain.pem"
ok 'openssl: another is not' openssl verify -crl_check \
	-CAfile "$m/root.pem" -untrusted "$dir/2.pem" -CRLfile "$dir/crl.pem" \
	"$dir/1.pem"
ok 'list says so' sh -c '"$0" sim maker list "$1" | grep -c "  revoked$" |
	grep -qx 1' "$assayd" "$m"
maker show --json "$m" alice >"$dir/show.json"
ok 'so does JSON' perl -MJSON::PP -0777 -ne '
	$p = decode_json($_); die unless $p->{revoked} =~ /^20.*Z$/' \
	"$dir/show.json"
ok 'show says so' sh -c '"$0" sim maker show "$1" alice | grep -q "revoked at"' "$assayd" "$m"
ok 'a recovery' maker tcb-recovery --advisory SIM-SA-1 "$m"
says 'both sets are named' 'evaluation 20, the early one 21'
says 'the new state is' 'is now CPUSVN 0a090202030100050000000000000000, PCESVN 13'
says 'the advisory is' 'warned of as SIM-SA-1'
says 'who sees it' "$m/pcs/early they are OutOfDate at once"
says 'how others do' "assay sim maker tcb-recovery --standard $m"
says 'and what helps' "assay sim maker update $m NAME"
ok 'the early TCB info is of it' grep -q '"tcbEvaluationDataNumber":21' \
	"$m/pcs/early/53494D000001/tcb_info.json"
ok 'the standard one is not' grep -q '"tcbEvaluationDataNumber":20' \
	"$m/pcs/standard/53494D000001/tcb_info.json"
ok 'update' maker update "$m" row-000001
says 'what is lost is said' 'sealed on it before cannot be opened now'
ok 'nothing is by a second one' sh -c '
	"$0" sim maker update "$1" row-000001 >"$2" && grep -q Updated "$2" &&
		! grep -q sealed "$2"' "$assayd" "$m" "$dir/log"
ok 'its state is the best' sh -c '"$0" sim maker show "$1" row-000001 |
	grep -q "^CPUSVN  *0a09"' "$assayd" "$m"
ok 'options that do not go together' exits 2 maker tcb-recovery --standard \
	--advisory X "$m"
ok 'the second command' maker tcb-recovery --standard "$m"
ok 'makes it the standard one' grep -q '"tcbEvaluationDataNumber":21' \
	"$m/pcs/standard/53494D000001/tcb_info.json"
ok 'a dated recovery' maker tcb-recovery --standard-on "$later" \
	--cpusvn 0b090202030100050000000000000000 --pcesvn 14 "$m"
says 'its date is said' "becomes the standard one at $later"
ok 'a recovery that goes back' exits 2 maker tcb-recovery \
	--cpusvn 00000000000000000000000000000000 "$m"
ok 'a date that is none' exits 2 maker tcb-recovery --standard-on soon "$m"
ok 'publish' maker publish --at "$later" "$m"
ok 'the dates are new' grep -q "\"issueDate\":\"$later\"" \
	"$m/pcs/standard/53494D000001/qe_identity.json"
ok 'publish before that is refused' exits 2 maker publish "$m"
ok 'all of it belongs together' maker check "$m"

# ---- two at once
flock "$m/.assay-maker" sleep 3 &
sleep 0.3
ok 'another at work is said' exits 2 maker list "$m"
says 'in words' 'another assay sim maker is at work'
wait $!

# ---- progress is for terminals
ok 'many, quietly' maker make-processor --count 150 "$m"
ok 'nothing is said on the way' test ! -s "$dir/err"
if command -v script >/dev/null; then
	script -qec "$assayd sim maker make-processor --count 150 $m" \
		/dev/null >"$dir/term" </dev/null
	ok 'on a terminal there is a bar' grep -q 'making processors \[#*\] 150 of 150' "$dir/term"
fi

# ---- the listener
: >"$dir/pcs"
"$assayd" sim pcs --at "$later" --listen 127.0.0.1:0 "$m" >"$dir/pcs" &
pcs=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do
	grep -q Answering "$dir/pcs" && break
	sleep 0.2
done
url=$(sed -n 's|.* at \(http:.*/sgx/certification/v4\)/ and .*|\1|p' "$dir/pcs")
port=${url#http://127.0.0.1:} port=${port%%/*}
ok 'curl: the TCB info is the published one' sh -c '
	curl -sS --max-time 10 "$0/tcb?fmspc=53494d000001" |
		cmp - "$1/pcs/standard/53494D000001/tcb_info.json"' "$url" "$m"
ok 'curl: the list is' sh -c '
	curl -sS --max-time 10 "$0/pckcrl?ca=platform&encoding=der" |
		cmp - "$1/pcs/standard/53494D000001/pck_crl.der"' "$url" "$m"
ok 'curl: so is the root list, as hex' sh -c '
	curl -sS --max-time 10 "$0/rootcacrl" | perl -ne "print pack q(H*), \$_" |
		cmp - "$1/pcs/standard/53494D000001/root_ca_crl.der"' "$url" "$m"
ok 'a second listener at the port is refused' exits 2 "$assayd" sim pcs \
	--listen "127.0.0.1:$port" "$m"
ok 'help of pcs' "$assayd" sim pcs --help
says 'it says how' 'usage: assay sim pcs'
ok 'no folder' exits 2 "$assayd" sim pcs
ok 'a time that is none' exits 2 "$assayd" sim pcs --at noon "$m"
ok 'an address that is none' exits 2 "$assayd" sim pcs --listen localhost "$m"
ok 'a folder that is none' exits 2 "$assayd" sim pcs "$dir"
kill -TERM "$pcs"
ok 'SIGTERM ends it, and all is well' wait "$pcs"
pcs=
ok 'it does not answer any more' exits 7 curl -sS --max-time 5 "$url/fmspcs"
ok 'old documents are worth a word' sh -c '
	timeout 2 "$0" sim pcs --at 2099-01-01T00:00:00Z --listen 127.0.0.1:0 "$1" 2>&1 |
		grep -q "no longer good"' "$assayd" "$m"
ok 'all of it belongs together' maker check "$m"

echo junk >"$m/pcs/standard/53494D000001/tcb_info.json"
ok 'check finds a published file that is another' exits 1 maker check "$m"
says 'and says which' 'pcs/standard/53494D000001/tcb_info.json is not what'
ok 'publish mends it' maker publish --at "$later" "$m"
ok 'all of it belongs together' maker check "$m"
cp "$m/processors/old/fuse" "$m/processors/small/fuse"
ok 'check finds what does not belong together' exits 1 maker check "$m"
says 'and says what' 'its fuses are not those of this processor'
echo "1..$n"
