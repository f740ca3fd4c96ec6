#!/bin/sh
# cli.sh [DIR] - the command line of assay and assayd, which are in DIR: verbs,
# exit statuses, what is printed, the JSON that scripts rely on, and bad input of
# every kind.  The evidence is made by assay sim sample.
where=${1:-${ASSAY:-build/cc}}
[ -d "$where" ] || where=$(dirname "$where")
where=$(cd "$where" && pwd) || exit
assay=$where/assay
top=$(pwd)
t=$(mktemp -d) || exit
trap 'rm -rf "$t"' EXIT
n=0
unset NO_COLOR OPENSSL_CONF

# ---- the harness: each command is one test, and so is each thing it says

result() { # NAME COMMAND... - passes if the command succeeds
	n=$((n + 1)) name=$1
	shift
	if "$@"; then
		echo "ok $n - $name"
		return
	fi
	echo "not ok $n - $name"
	sed 's/^/# stdout: /' "$t/out" | head -n 40
	sed 's/^/# stderr: /' "$t/err" | head -n 10
}

is() { # NAME STATUS ARGUMENT... - assay exits so
	label=$1 want=$2
	shift 2
	"$assay" "$@" >"$t/out" 2>"$t/err" </dev/null
	got=$?
	result "$label" [ "$got" -eq "$want" ]
}

says() { result "$1" grep -qF -e "$2" "$t/out"; }       # NAME TEXT
says_not() { result "$1" lacks "$2" "$t/out"; }         # NAME TEXT
warns() { result "$1" one_warning "$2"; }               # NAME TEXT
lines() { result "$1" [ "$(wc -l <"$t/out")" -eq "$2" ]; } # NAME NUMBER
lacks() { ! grep -qF -e "$1" "$2"; }

# All of stderr is one line, "assay: ...", with this in it.
one_warning() {
	[ "$(wc -l <"$t/err")" -eq 1 ] && grep -q '^assayd*: ' "$t/err" &&
		grep -qF -e "$1" "$t/err"
}

# refuses NAME CHECK ARGUMENT... - not genuine, by this check
refuses() {
	label=$1 check=$2
	shift 2
	is "$label" 1 verify --json --any-code "$@"
	says "$label: $check" "\"genuine\":false"
	says "$label: the check is named" "\"check\":\"$check\""
	says "$label: the rule" '"rules":["genuine"]'
}

hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
der() { sed '/^-/d' "$1" | base64 -d; } # of one block of PEM
flip() { # FILE BYTE - another value for the byte at this offset
	old=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	printf '%b' "\\0$(printf %o $(((old + 1) % 256)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# ---- evidence

cd "$t" || exit
now=2026-11-23T12:00:00Z
sample() { # DIR OPTION... - a set, whose documents are good at $now
	dir=$1
	shift
	is "sim sample $dir" 0 sim sample --at "$now" "$@" "$dir"
}
for kind in sgx-v3 sgx-v4 sgx-v5 tdx-v4 tdx10-v5 tdx15-v5; do
	sample "$kind" --kind "$kind"
done
sgx='--at 2026-11-23T12:00:00Z --collateral sgx-v3 --root sgx-v3/root.pem'
tdx='--at 2026-11-23T12:00:00Z --collateral tdx15-v5 --root tdx15-v5/root.pem'
# shellcheck disable=SC2086 # options, one by one
{
code=$(sed -n 's/.*"mrenclave": "\(.*\)".*/\1/p' sgx-v3/policy.json)
CODE=$(echo "$code" | tr a-f A-F)

# ---- sim sample

is 'sim sample: now, and the command that it prints' 0 sim sample fresh
says 'it says simulated' 'simulated machine'
command=$(sed -n 's/^  assay //p' out)
printf '"%s" %s\n' "$assay" "$command" >command.sh
sh command.sh >out 2>err
result 'that command accepts' [ $? -eq 0 ]
is 'sim sample: TDX' 0 sim sample --kind tdx15-v5 fresh-td
printf '"%s" %s\n' "$assay" "$(sed -n 's/^  assay //p' out)" >command.sh
sh command.sh >out 2>err
result 'the command for a TD accepts' [ $? -eq 0 ]
sample again
result 'the same sample twice is the same' diff -r sgx-v3 again
is 'sim sample: unknown kind' 2 sim sample --kind sgx-v9 x
warns 'the kinds are named' 'tdx15-v5'
is 'sim sample: unknown status' 2 sim sample --status Fine x
warns 'the statuses are named' 'OutOfDateConfigurationNeeded'
is 'sim sample: no folder' 2 sim sample
warns 'a folder is wanted' 'want DIR'
is 'sim sample: a folder that cannot be' 2 sim sample sgx-v3/quote.bin/x
warns 'the folder is named' 'sgx-v3/quote.bin/x'
is 'sim sample: bad time' 2 sim sample --at yesterday x
warns 'a time is wanted' 'UTC'
is 'sim sample: bad seed' 2 sim sample --seed -1 x
is 'sim sample: bad report data' 2 sim sample --report-data 0 x
warns 'bytes are wanted' '1 to 64 bytes in hex'
is 'sim sample: help' 0 help sim sample
says 'usage' 'usage: assay sim sample'
is 'sim: help' 0 help sim
for verb in sample maker pcs; do
	says "sim: help: $verb" "  sim $verb "
done
is 'sim: its own --help' 0 sim --help
says 'sim: its own --help: the same' '  sim maker '
is 'sim: help of what it has not' 2 help sim thing
is 'sim: what?' 2 sim
warns 'its verbs are named, and no others' \
	'assay: sim is more than one verb: want assay sim sample or assay sim maker or assay sim pcs'
result 'run is none of them' lacks 'assay run' err

# ---- verify: every kind, as text and as JSON

for kind in sgx-v3 sgx-v4 sgx-v5 tdx-v4 tdx10-v5 tdx15-v5; do
	set -- --at "$now" --collateral $kind --root $kind/root.pem \
		--policy $kind/policy.json $kind/quote.bin
	is "verify $kind" 0 verify "$@"
	says "$kind: accepted" 'Decision: accept'
	is "verify --json $kind" 0 verify --json "$@"
	lines "$kind: one line" 1
	says "$kind: genuine" '"genuine":true,"status":"UpToDate","platform_status":"UpToDate"'
	says "$kind: never more than INSECURE" '"level":"INSECURE","simulation":true'
	says "$kind: the version" "\"version\":$(echo $kind | sed 's/.*v//')"
	is "inspect $kind" 0 inspect $kind/quote.bin
	is "inspect --json $kind" 0 inspect --json $kind/quote.bin
	lines "inspect $kind: one line" 1
done

is 'the layout' 0 verify $sgx --accept "C:$CODE SEC:INSECURE" sgx-v3/quote.bin
head -n 6 out >top6
cat >want <<END
Remote attestation for enclave $CODE:
- Code signing key hash: $("$assay" inspect --json sgx-v3/quote.bin | sed 's/.*"mrsigner":"\([^"]*\)","isv_prod_id":7.*/\1/' | tr a-f A-F)
- Product ID: 7
- Revocation level: 2
Assessed security level at $now is INSECURE
- The root is not Intel's: this is a simulation, which protects nothing.
END
result 'the layout, to the letter' diff want top6
is 'a TD' 0 verify $tdx --policy tdx15-v5/policy.json tdx15-v5/quote.bin
says 'MRTD' 'Remote attestation for TD '
says 'RTMR 3' '- RTMR 3: 0000'

# every member of the contract, in one line of each kind
members='evidence genuine status platform_status module_status qe_status
	advisories tcb_date evaluation_number fresh_until level simulation
	decision check at rules advice tee version debug mrenclave mrsigner
	isv_prod_id isv_svn report_data mrtd rtmr0 rtmr1 rtmr2 rtmr3 mrconfigid
	fmspc ppid'
has_members() {
	for m in $members; do
		grep -qE "[{,]\"$m\":(null|true|false|[0-9]+|\"|\\[)" out ||
			{ echo "# no $m"; return 1; }
	done
}
printf 'not evidence' >words
is 'JSON: SGX' 0 verify --json $sgx --accept "C:$code SEC:INSECURE" sgx-v3/quote.bin
result 'JSON: every member' has_members
says 'JSON: the path' '{"evidence":"sgx-v3/quote.bin"'
says 'JSON: numbers and times' '"tcb_date":"2026-05-25T00:00:00Z","evaluation_number":20,"fresh_until":"2026-12-16T12:00:00Z"'
says 'JSON: decision' '"decision":"accept","rules":[]'
says 'JSON: no check failed' '"check":null,"at":null'
says 'JSON: SGX has no module' '"module_status":null'
says 'JSON: SGX is no TD' '"mrtd":null,"rtmr0":null'
says 'JSON: mrenclave' "\"mrenclave\":\"$code\""
says 'JSON: fmspc' '"fmspc":"53494d000001"'
is 'JSON: TDX' 0 verify --json $tdx --policy tdx15-v5/policy.json tdx15-v5/quote.bin
result 'JSON: every member of a TD' has_members
says 'JSON: a TD is no enclave' '"mrenclave":null,"mrsigner":null,"isv_prod_id":null,"isv_svn":null'
says 'JSON: a TD has a module' '"module_status":"UpToDate"'
is 'JSON: malformed' 1 verify --json words
result 'JSON: every member of what is malformed' has_members
says 'JSON: malformed: nulls' '"tee":null,"version":null,"debug":null'
is 'JSON: unreadable' 2 verify --json nothing-here
result 'JSON: every member of what is unreadable' has_members
says 'JSON: unreadable: why' '"error":"No such file or directory"'
warns 'unreadable: a warning too' 'nothing-here: No such file'

# ---- verify: what is enough

is 'no rule says which code' 1 verify $sgx sgx-v3/quote.bin
says 'rule identity' '- identity: '
says 'the line for this very enclave' "--accept \"C:$CODE SEC:INSECURE\""
is 'no rule says which TD' 1 verify --json $tdx tdx15-v5/quote.bin
says 'rules identity and simulation' '"rules":["identity","simulation"]'
says 'the policy for this very TD' '{\"mrtd\":\"'
is 'any code, but simulated' 1 verify --json --any-code $sgx sgx-v3/quote.bin
says 'rule simulation alone' '"rules":["simulation"]'
other=$(echo "$code" | tr 0-9 1-90)
is 'other code' 1 verify --json $sgx --accept "C:$other SEC:INSECURE" sgx-v3/quote.bin
says 'rule constraint.C' '"rules":["constraint.C"]'
is 'a simulation is not STALE' 1 verify --json $sgx --accept "C:$code" sgx-v3/quote.bin
says 'rules simulation, constraint.SEC' '"rules":["simulation","constraint.SEC"]'
is 'two constraints, both hold' 0 verify $sgx --accept "C:$code SEC:INSECURE" \
	--accept "C:$other C:$code SEC:INSECURE" sgx-v3/quote.bin
is 'two constraints, one does not' 1 verify $sgx --accept "C:$code SEC:INSECURE" \
	--accept "C:$other SEC:INSECURE" sgx-v3/quote.bin

echo '{ "any_code": true, "simulation": true }' >any.json
accept='--policy any.json'
data=$("$assay" inspect --json sgx-v3/quote.bin | sed 's/.*"report_data":"\([^"]*\)".*/\1/')
is 'report data' 0 verify $sgx $accept --report-data "$data" sgx-v3/quote.bin
is 'other report data' 1 verify --json $sgx $accept --report-data 00 sgx-v3/quote.bin
says 'rule report_data' '"rules":["report_data"]'
is 'options that accept aloud are named' 1 verify --at $now --collateral sgx-v3 \
	--root sgx-v3/root.pem sgx-v3/quote.bin
result 'that for any code of a simulation' grep -qF '"any_code":' out
is 'report data: no hex' 2 verify --report-data xyz sgx-v3/quote.bin
warns 'report data: what is wanted' '1 to 64 bytes in hex'
is 'report data: too long' 2 verify --report-data "${data}00" sgx-v3/quote.bin

sample debug --debug
set -- --at $now --collateral debug --root debug/root.pem $accept
is 'debug' 1 verify --json "$@" debug/quote.bin
says 'rule allow_debug' '"rules":["allow_debug"]'
says 'it is known' '"debug":true'
is 'debug, as text' 1 verify "$@" debug/quote.bin
says 'the option that accepts it' 'debug mode with --allow-debug'
is '--allow-debug' 0 verify --allow-debug "$@" debug/quote.bin
says 'debug is said' 'in debug mode'
is 'debug, no identity' 1 verify --collateral debug --root debug/root.pem --at $now debug/quote.bin
says 'the line says --allow-debug' '--allow-debug --accept "C:'

for status in SWHardeningNeeded ConfigurationNeeded \
	ConfigurationAndSWHardeningNeeded OutOfDate \
	OutOfDateConfigurationNeeded; do
	sample $status --status $status
	set -- --json --at $now --collateral $status --root $status/root.pem
	is "$status" 1 verify "$@" $accept $status/quote.bin
	says "$status: named" "\"genuine\":true,\"status\":\"$status\""
	says "$status: refused by a rule" '"rules":["accepted_statuses"]'
	echo "{\"any_code\":true,\"simulation\":true,\"accepted_statuses\":[\"$status\"]}" >stale.json
	is "$status: accepted by name" 0 verify "$@" --policy stale.json $status/quote.bin
done
says_not 'a simulated machine has no BIOS to update' 'update the BIOS'
says_not "a simulated machine is not Intel's" 'security center'
says 'what updates it' 'assay sim maker update'
sample relaunch --kind tdx15-v5 --status TDRelaunchAdvised
is 'relaunch' 1 verify --json --at $now --collateral relaunch --root relaunch/root.pem $accept relaunch/quote.bin
says 'relaunch: named' '"status":"TDRelaunchAdvised","platform_status":"UpToDate","module_status":"OutOfDate"'
sample revoked-tcb --status Revoked
refuses 'level revoked' 'TCB_INFO T_REVOKED' --at $now --collateral revoked-tcb --root revoked-tcb/root.pem revoked-tcb/quote.bin
says 'level revoked: the status is told' '"status":"Revoked"'
sample revoked --revoked
refuses 'machine revoked' 'PCK_LEAF R_PCK_REVOKED' --at $now --collateral revoked --root revoked/root.pem revoked/quote.bin
serial=$(LC_ALL=C sed -n '/-BEGIN CERT/,/-END CERT/{s/.*-----BEGIN/-----BEGIN/;p}' revoked/quote.bin |
	openssl x509 -noout -serial 2>"$t/openssl.err" | sed 's/.*=//' | tr A-F a-f)
[ -n "$serial" ] || serial='[0-9a-f]\{16,40\}' # there is no openssl
result 'machine revoked: its number, and since when' grep -q \
	"serial number, $serial, as revoked at 2026-11-[0-9]*T12:00:00Z" out
is 'machine revoked, as text' 1 verify --at $now --collateral revoked --root revoked/root.pem revoked/quote.bin
says_not 'it is about the whole leaf' 'at byte 0'

# ---- verify: what is not genuine

refuses 'expired' 'ROOT_CRL R_TIME' --at 2027-11-23T12:00:00Z --collateral sgx-v3 --root sgx-v3/root.pem sgx-v3/quote.bin
refuses 'not yet' 'ROOT_CRL R_TIME' --at 2026-11-01T12:00:00Z --collateral sgx-v3 --root sgx-v3/root.pem sgx-v3/quote.bin
refuses "Intel's root is the default" 'ROOT X_ROOT_PIN' --at $now --collateral sgx-v3 sgx-v3/quote.bin
sample other --seed 7
refuses "another manufacturer's root" 'ROOT X_ROOT_PIN' --at $now --collateral sgx-v3 --root other/root.pem sgx-v3/quote.bin
their=$(der other/root.pem | od -An -v -tx1 | tr -d ' \n' | sed 's/.*03420004\(.\{16\}\).*/\1/')
says "another manufacturer's root: which is trusted" "and $their... is trusted"
says "another manufacturer's root: whose chain" 'the PCK_CHAIN ends at a root'
refuses "another manufacturer's documents" 'ROOT_CRL R_SIG' --at $now --collateral other --root sgx-v3/root.pem sgx-v3/quote.bin
says "another manufacturer's documents: they may be" 'or is of another manufacturer'
refuses 'documents for TDX' 'TCB_INFO J_ID' --at $now --collateral tdx15-v5 --root sgx-v3/root.pem sgx-v3/quote.bin
refuses 'no documents' 'TCB_INFO J_MISSING' sgx-v3/quote.bin
says 'no documents: what to do' '--collateral FILE or DIR'
says 'no documents: the reason' 'Nothing shows that the evidence is genuine'
is 'no documents, as text' 1 verify sgx-v3/quote.bin
says 'no documents, as text: so' 'NOT SHOWN TO BE GENUINE'
says 'no documents, as text: the level' '- Nothing shows that the evidence is genuine (TCB_INFO J_MISSING).'
says 'no documents, as text: the rule' '- genuine: Nothing shows that it is.'
cp sgx-v3/quote.bin forged && flip forged 368
refuses 'report data changed' 'QUOTE Q_SIG' $sgx forged
says 'the byte' '"check":"QUOTE Q_SIG","at":436'
is 'forged, as text' 1 verify $sgx forged
says 'forged: said first' 'NOT GENUINE: QUOTE Q_SIG [DCAP 4.0] at byte 436: '
says 'forged: decision' 'Decision: refuse'
says 'forged: the rule' '- genuine: It is not.'
says 'forged: the root that was trusted' 'under sgx-v3/root.pem, which is not'
cp sgx-v3/quote.bin forged && flip forged 436
refuses 'signature changed' 'QUOTE Q_SIG' $sgx forged
cp -r sgx-v3 badset && sed -i 's/"tcbEvaluationDataNumber":20/"tcbEvaluationDataNumber":21/' badset/tcb_info.json
refuses 'TCB info changed' 'TCB_INFO J_SIG' --at $now --collateral badset --root sgx-v3/root.pem sgx-v3/quote.bin
cp sgx-v3/tcb_info.json badset/tcb_info.json && printf zz >badset/pck_crl.der
refuses 'a list that is none' 'PCK_CRL R_SYNTAX' --at $now --collateral badset --root sgx-v3/root.pem sgx-v3/quote.bin
rm badset/pck_crl.der
refuses 'no list' 'PCK_CRL R_MISSING' --at $now --collateral badset --root sgx-v3/root.pem sgx-v3/quote.bin
is 'a list too much' 2 verify --collateral pck_crl=sgx-v3/pck_crl.der --collateral pck_crl=sgx-v3/pck_crl.der sgx-v3/quote.bin
warns 'the second is refused' 'PCK_CRL C_CONFLICT'

# ---- verify: forms of evidence and collateral

{ hex sgx-v3/quote.bin; echo; } >quote.hex
base64 sgx-v3/quote.bin >quote.b64
{ printf 0x; hex sgx-v3/quote.bin; } >quote.0x
for form in hex b64 0x; do
	is "evidence in $form" 0 verify $sgx $accept quote.$form
done
"$assay" verify $sgx $accept --json - <sgx-v3/quote.bin >out 2>err
result 'evidence on stdin' [ $? -eq 0 ]
says 'stdin is called -' '{"evidence":"-"'
mkdir forms
cp sgx-v3/*.json sgx-v3/*_chain.pem forms
hex sgx-v3/pck_crl.der >forms/pck_crl.hex
{
	echo '-----BEGIN X509 CRL-----'
	base64 sgx-v3/root_ca_crl.der
	echo '-----END X509 CRL-----'
} >forms/root_ca_crl.pem
is 'lists in hex and PEM' 0 verify --at $now --root sgx-v3/root.pem --collateral forms $accept sgx-v3/quote.bin
set --
for doc in sgx-v3/tcb* sgx-v3/qe* sgx-v3/pck* sgx-v3/root_*; do
	set -- "$@" --collateral "$doc"
done
is 'single documents' 0 verify --at $now --root sgx-v3/root.pem "$@" $accept sgx-v3/quote.bin
cp sgx-v3/tcb_info.json one
set -- --collateral tcb_info=one
for doc in tcb_info_issuer_chain.pem qe_identity.json \
	qe_identity_issuer_chain.pem pck_crl.der root_ca_crl.der; do
	set -- "$@" "--collateral=${doc%.*}=sgx-v3/$doc"
done
is 'single documents by name' 0 verify --at $now --root sgx-v3/root.pem "$@" $accept sgx-v3/quote.bin
is 'a document without a name' 2 verify --collateral one sgx-v3/quote.bin
is 'several sets: the one for the quote counts' 0 verify --json --at $now --root sgx-v3/root.pem \
	--collateral tdx-v4 --collateral sgx-v3 --collateral tdx15-v5 $accept sgx-v3/quote.bin
says 'which one it was' '"collateral":"sgx-v3"'
sed 's/"simulation": true,/& "any_code": false, "allow_debug": false, "report_data": "11",/' sgx-v3/policy.json >narrow.json
is 'a policy that says no aloud is well formed' 0 policy check narrow.json
is '--any-code against the policy' 2 verify $sgx --policy narrow.json --any-code sgx-v3/quote.bin
is '--allow-debug against the policy' 2 verify $sgx --policy narrow.json --allow-debug sgx-v3/quote.bin
is '--report-data against the policy' 2 verify $sgx --policy narrow.json --report-data 12 sgx-v3/quote.bin
is '--report-data as the policy' 1 verify $sgx --json --policy narrow.json --report-data 1100 sgx-v3/quote.bin
says '--report-data as the policy: the one rule' '"rules":["report_data"]'

ln -s target.json link.json
is 'bundle: through a link' 0 collateral bundle --collateral sgx-v3 -o link.json sgx-v3/quote.bin
is 'bundle: to stdout' 0 collateral bundle --collateral sgx-v3 -o - sgx-v3/quote.bin
says 'bundle: to stdout' '{"assay_bundle":1'

set -- --json --at $now --collateral tdx-v4 --root tdx-v4/root.pem --policy tdx-v4/policy.json
is 'event log of the TD' 0 verify "$@" --event-log tdx-v4/event_log.bin tdx-v4/quote.bin
says 'event log: told' '"event_log":{"explains":true,"events":5,"data_differ":1}'
head -c 400 tdx-v4/event_log.bin >short.log
is 'event log cut' 2 verify "$@" --event-log short.log tdx-v4/quote.bin
head -c 390 tdx-v4/event_log.bin >other.log
is 'event log of another start' 1 verify "$@" --event-log other.log tdx-v4/quote.bin
says 'event log: the rule' '"rules":["event_log"]'
is 'event log for an enclave' 1 verify --json $sgx $accept --event-log tdx-v4/event_log.bin sgx-v3/quote.bin
says 'event log for an enclave: the rule' '"rules":["event_log"]'
is 'event log unreadable' 2 verify "$@" --event-log nowhere tdx-v4/quote.bin

cp sgx-v3/quote.bin longer && printf 'behind it' >>longer
is 'bytes behind the quote' 0 verify $sgx $accept longer
refuses '--strict' 'QUOTE P_TRAILING' --strict $sgx longer

root='sgx-v3/root.pem'
der $root >root.der
hex root.der | sed 's/.*03420004\(.\{128\}\).*/\1/' >root.hex
{ printf 04; cat root.hex; } >root.point
for form in der hex point; do
	is "--root in $form" 0 verify --at $now --collateral sgx-v3 --root root.$form $accept sgx-v3/quote.bin
done
cat $root other/root.pem >two.pem
sed 's/^./f/' root.hex >off.hex
for bad in nothing-here words two.pem off.hex sgx-v3/quote.bin; do
	is "--root $bad" 2 verify --root $bad sgx-v3/quote.bin
	warns "--root $bad is named" "$bad: "
done

# ---- bundles

is 'collateral bundle' 0 collateral bundle --collateral sgx-v3 --at $now -o bundle.json sgx-v3/quote.bin
is 'a bundle needs nothing else' 0 verify --json --at $now --root $root $accept bundle.json
says 'but its documents are chosen by who sends it' \
	'The documents came with the evidence, and are of 2026-11-16: '
is 'documents of our own' 0 verify --json --at $now --root $root --collateral sgx-v3 $accept bundle.json
says_not 'are no such' 'The documents came with the evidence'
base64 bundle.json >bundle.b64
is 'a bundle in base64' 0 verify --at $now --root $root $accept bundle.b64
is 'a bundle is collateral' 0 verify --at $now --root $root --collateral bundle.json $accept sgx-v3/quote.bin
is 'a bundle on stdout' 0 collateral bundle --collateral sgx-v3 --at $now sgx-v3/quote.bin
result 'the same' cmp out bundle.json
is 'a bundle of a bundle' 0 collateral bundle -o again.json bundle.json
result 'it keeps its time' cmp again.json bundle.json
is 'an old bundle' 1 verify --at 2030-01-01T00:00:00Z --root $root $accept bundle.json
says 'it says for when' "--at $now"
is 'a bundle without documents' 2 collateral bundle -o none.json sgx-v3/quote.bin
result 'nothing is written' [ ! -e none.json ]
is 'a bundle of a set that lacks one' 2 collateral bundle --collateral badset -o none.json sgx-v3/quote.bin
warns 'it is named' 'pck_crl is missing'
is 'a bundle of no evidence' 2 collateral bundle --collateral sgx-v3 words
warns 'a bundle of no evidence: why' 'words: EVIDENCE C_FORMAT'
is 'a bundle of two' 2 collateral bundle --collateral sgx-v3 sgx-v3/quote.bin longer
is 'a bundle of two sets' 2 collateral bundle --collateral sgx-v3 --collateral tdx-v4 sgx-v3/quote.bin
is 'a bundle to nowhere' 2 collateral bundle --collateral sgx-v3 -o no/where sgx-v3/quote.bin
warns 'nowhere is named' 'no/where'
sed 's/,"at":[^}]*}$/,"keys":{"hpke":"AQAg","sign":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}}/' bundle.json >loose.json
is "somebody's keys beside the quote" 1 verify --json --at $now --root $root $accept loose.json
says 'rule keys' '"rules":["keys"]'
says 'they are told of' '"keys":"loose","signing_key":"302a300506032b6570032100000102'
is "somebody's keys, as text" 1 verify --at $now --root $root $accept loose.json
says 'a warning stands before them' 'NOT those that the report data names'
says 'it may be the nonce' 'put other keys or'
# the same keys, of an enclave that speaks for them: with a nonce, and another
octets() { for o in "$@"; do printf '%b' "\\0$o"; done; }
{
	printf 'assay-keys-v1'
	octets 0 0 3 1 0 40
	octets 0 1 2 3 4 5 6 7 10 11 12 13 14 15 16 17 20 21 22 23 24 25 26 27 \
		30 31 32 33 34 35 36 37
	octets 4
	printf 'nonc'
} >said
sample bound --report-data "$(sha512sum said | cut -c 1-128)"
is 'a bundle of its own' 0 collateral bundle --collateral bound --at $now -o bound.json bound/quote.bin
sed 's/,"at":[^}]*}$/,"keys":{"hpke":"AQAg","sign":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="},"nonce":"bm9uYw=="}/' bound.json >keys.json
is 'keys that the report data names' 0 verify --json --at $now --root bound/root.pem $accept keys.json
says 'they are bound' '"keys":"bound"'
is 'the nonce that was asked for' 0 verify --nonce 6e6f6E63 --at $now --root bound/root.pem $accept keys.json
says 'it is told, with the keys' 'Nonce                6E6F6E63, bound with the keys'
for other in 6e6f6e62 6e6f6e 6e6f6e6300; do
	is "another nonce, $other" 1 verify --json --nonce $other --at $now --root bound/root.pem $accept keys.json
	says "another nonce, $other: the rule" '"rules":["nonce"]'
	says "another nonce, $other: why" 'has another nonce'
done
is 'a nonce of a bundle that has none' 1 verify --json --nonce 00 --at $now --root $root $accept bundle.json
says 'a nonce of a bundle that has none: the rule' '"rules":["nonce"],"reasons":["The evidence has no nonce'
for bad in '' 0 xy "$(printf %0512d 0)"; do
	is "--nonce of ${#bad} digits" 2 verify --nonce "$bad" keys.json
	warns "--nonce of ${#bad} digits: what is wanted" '1 to 255 bytes in hex'
done
is 'a bundle keeps keys and nonce' 0 collateral bundle --at $now -o keys-again.json keys.json
is 'they are bound still' 0 verify --json --at $now --root bound/root.pem $accept keys-again.json
sed 's/bm9uYw==/bm9uYg==/' keys.json >other-nonce.json
is 'the answer to another nonce' 1 verify --json --at $now --root bound/root.pem $accept other-nonce.json
says 'the answer to another nonce: rule keys' '"rules":["keys"]'
is 'the nonce that was asked for, not bound' 1 verify --json --nonce 6e6f6e62 --at $now --root bound/root.pem $accept other-nonce.json
says 'the nonce that was asked for, not bound: both rules' '"rules":["keys","nonce"]'
is 'the same as text' 1 verify --at $now --root bound/root.pem $accept other-nonce.json
says 'the same as text: told' 'Nonce                6E6F6E62, NOT bound with the keys'
{
	head -c $(($(wc -c <said) - 5)) said
	octets 0
} >said-alone
sample alone-bound --report-data "$(sha512sum said-alone | cut -c 1-128)"
is 'a bundle without a nonce' 0 collateral bundle --collateral alone-bound --at $now -o alone.json alone-bound/quote.bin
sed 's/,"at":[^}]*}$/,"keys":{"hpke":"AQAg","sign":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}}/' alone.json >alone-keys.json
is 'keys alone, which are bound' 0 verify --at $now --root alone-bound/root.pem $accept alone-keys.json
says 'keys alone: that is told' 'Keys                 bound: the report data names them'
for edit in 's/"assay_bundle":1/"assay_bundle":2/' 's/"at"/"now"/' 's/"type":"quote"/"type":"x"/'; do
	sed "$edit" bundle.json >bad.json
	refuses "a bundle after $edit" 'EVIDENCE C_BUNDLE' bad.json
done
sed 's/"at"/"nonce":null,"nonce"/' bundle.json >bad.json
refuses 'a member twice' 'EVIDENCE J_DUPKEY' bad.json
head -c 9000 bundle.json >bad.json
refuses 'half a bundle' 'EVIDENCE J_SYNTAX' bad.json

# ---- malformed evidence, one line each

: >empty
head -c 400 sgx-v3/quote.bin >short
head -c 5000000 /dev/zero >huge
cp sgx-v3/quote.bin version && flip version 1
for row in "words EVIDENCE C_FORMAT" "empty EVIDENCE C_FORMAT" \
	"short QUOTE P_TRUNCATED" "huge EVIDENCE C_SIZE" \
	"version QUOTE P_VERSION" "sgx-v3/tcb_info.json EVIDENCE C_FORMAT"; do
	is "malformed: $row" 1 verify ${row%% *}
	says "malformed: $row: named" "${row%% *}: ${row#* } ["
	lines "malformed: $row: one line" 1
	is "inspect: $row" 1 inspect ${row%% *}
	says "inspect: $row: named" "${row%% *}: ${row#* } ["
done
is 'unreadable' 2 verify nothing-here
warns 'unreadable: named' 'nothing-here: No such file or directory'
is 'unreadable: inspect' 2 inspect nothing-here
warns 'unreadable: inspect: named' 'nothing-here: No such file or directory'
is 'no collateral there' 2 verify --collateral nothing-here sgx-v3/quote.bin
warns 'no collateral there: named' 'nothing-here: No such file or directory'
mkdir hollow
is 'a folder without collateral' 2 verify --collateral hollow sgx-v3/quote.bin
warns 'what is wanted of it' 'tcb_info.json'
is 'a folder without evidence' 2 verify hollow
warns 'that is said' 'hollow: the folder holds no evidence'

# ---- many at once: in their order, and each as if it were alone

mkdir many
for i in 01 02 03 04 05 06 07 08 09 10 11 12; do
	cp sgx-v3/quote.bin many/$i
done
cp forged many/04 && cp words many/06 && cp tdx15-v5/quote.bin many/08
cp bundle.json many/10 && cp debug/quote.bin many/11
sets='--at 2026-11-23T12:00:00Z --root sgx-v3/root.pem --collateral sgx-v3 --collateral tdx15-v5 --policy any.json'
is 'a folder' 1 verify --json $sets many
lines 'a folder: a line each' 12
cp out folder.json
for f in many/*; do "$assay" verify --json $sets "$f"; done >alone.json 2>err
result 'a folder: each as if alone, in order' cmp alone.json folder.json
is 'the same, named' 1 verify --json $sets many/*
result 'the same, named: the same' cmp out folder.json
taskset -c 0 "$assay" verify --json $sets many >out 2>err
result 'the same on one core' cmp out folder.json
is 'as text' 1 verify $sets many
lines 'as text: a line each' 12
says 'as text: accepted' 'accept   INSECURE  UpToDate           many/01'
says 'as text: forged' 'refuse   INSECURE  not genuine        many/04: QUOTE Q_SIG'
says 'as text: malformed' 'many/06: EVIDENCE C_FORMAT'
says 'as text: rules' 'refuse   INSECURE  UpToDate           many/11: allow_debug'
result 'nothing on stderr' [ ! -s err ]
is 'all are accepted' 0 verify $sets many/01 many/02 many/03
is '2 is worse than 1' 2 verify --json $sets many/01 nothing-here many/04
lines '2 is worse than 1: a line each' 3
result 'the order' [ "$(sed -n 2p out | cut -c 1-27)" = '{"evidence":"nothing-here",' ]
warns '2 is worse than 1: a warning' 'nothing-here'
mkdir lots
i=0
while [ $i -lt 700 ]; do
	i=$((i + 1))
	ln many/12 "lots/$(printf %03d $i)" || exit
done
cp forged lots/500x
is 'seven hundred' 1 verify --json $sets lots
lines 'seven hundred and one lines' 701
sed 's/^{"evidence":"\([^"]*\)".*/\1/' out >names
find lots -type f | LC_ALL=C sort >want
result 'seven hundred in order' cmp names want
result 'one is forged' [ "$(grep -c '"genuine":false' out)" -eq 1 ]
cp -r sgx-v3 withset && rm withset/root.pem withset/policy.json
is 'documents in the folder are no evidence' 0 verify --json $sets withset
lines 'documents in the folder: one line' 1
mkdir one-file && cp sgx-v3/quote.bin one-file
is 'a folder of one' 0 verify $sets one-file
lines 'a folder of one: a line' 1
is 'inspect: many' 1 inspect --json many
lines 'inspect: a line each' 12

# ---- policy

is 'policy check' 0 policy check sgx-v3/policy.json any.json
says 'which rules' 'sgx-v3/policy.json: a good policy, with rules of its own for simulation, mrenclave'
printf '{\n  "any_code": true,\n  "mrenclaves": "00"\n}\n' >bad.json
is 'a bad policy' 1 policy check bad.json
warns 'where it is bad' 'bad.json:3:4: POLICY A_POLICY'
is 'a bad policy for verify' 2 verify --policy bad.json sgx-v3/quote.bin
warns 'where, for verify' 'bad.json:3:4: POLICY A_POLICY'
echo '{}' >bad.json
is 'a policy that says nothing' 1 policy check bad.json
echo '{' >bad.json
is 'a policy cut short' 2 verify --policy bad.json sgx-v3/quote.bin
warns 'a policy cut short: why' 'POLICY J_SYNTAX'
echo '{"min_isvsvn": 2}' >slip.json
is 'a slip in a key' 1 policy check slip.json
warns 'the key that is meant' 'unknown key "min_isvsvn", perhaps for "min_isv_svn"'
echo '{"frobnicate": 2}' >slip.json
is 'a key that is like none' 1 policy check slip.json
warns 'the document that has them' 'unknown key "frobnicate", want one of docs/policy.md'
is 'no policy there' 2 policy check nothing-here
is 'no policy there for verify' 2 verify --policy nothing-here sgx-v3/quote.bin
warns 'no policy there: named' 'nothing-here'
is 'policy keys' 0 policy keys
says 'policy keys: one of them' 'min_isv_svn  (integer)'
is 'policy keys --json' 0 policy keys --json
sed 's/^{"key":"\(.*\)","type":"\(.*\)","fallback":"\(.*\)","sentence":"\(.*\)"}$/| \1 | \2 | \3 | \4 |/; s/\\"/"/g' out >rows
tr -d '\140' <"$top/docs/policy.md" | grep -vxF -f - rows >out
result 'docs/policy.md has every key as it is' [ ! -s out -a -s rows ]
for bad in 'C:12' 'S:' 'X:1' '' "C:$code C"; do
	is "--accept '$bad'" 2 verify --accept "$bad" sgx-v3/quote.bin
	warns "--accept '$bad': named" 'CONSTRAINT A_CONSTRAINT'
done

# ---- collateral show

is 'collateral show' 0 collateral show --at $now --root $root sgx-v3
says 'authentic' "yes, under a root that is not Intel's"
says 'for which machines' 'SGX, FMSPC 53494D000001'
is 'collateral show: not by this root' 1 collateral show --at $now sgx-v3
says 'that nothing is proved' 'NO, nothing of this is proved. ROOT X_ROOT_PIN'
is 'collateral show: expired' 1 collateral show --at 2030-01-01T00:00:00Z --root $root sgx-v3
says 'that it is not good' 'not good at this time'
is 'collateral show: a bundle, as JSON' 0 collateral show --json --at $now --root $root bundle.json
lines 'collateral show: one line' 1
says 'collateral show: JSON' '"authentic":true,"good":true,"simulation":true,"fresh_until":"2026-12-16T12:00:00Z"'
says 'collateral show: documents' '"root_ca_crl":{"number":5,"revoked":0,'
rm forms/pck_crl_issuer_chain.pem
is 'collateral show: no CA' 1 collateral show --at $now --root $root forms
is "collateral show: the quote's CA" 0 collateral show --at $now --root $root --quote sgx-v3/quote.bin forms
is 'collateral show: revoked are counted' 0 collateral show --json --at $now --root revoked/root.pem revoked
says 'one is revoked' '"pck_crl":{"number":5,"revoked":1,'
is 'collateral show: nothing there' 2 collateral show nothing-here
warns 'collateral show: named' 'nothing-here'

# ---- inspect

is 'inspect' 0 inspect sgx-v3/quote.bin
says 'nothing is judged' 'Nothing of this was judged'
says 'a field' 'INIT MODE64BIT'
is 'inspect a bundle' 0 inspect --json bundle.json
says 'nothing is judged, as JSON' '"judged":false'
says 'the documents inside' '"collateral":{"tcb_info":{"tee":"SGX","fmspc":"53494d000001"'
is 'inspect what is forged' 0 inspect forged
is 'inspect --strict' 1 inspect --strict longer

# ---- explain

explains_all() {
	sed -n 's/^ASSAY_CHECK([0-9]*, \([A-Z0-9_]*\),.*/\1/p' "$top/include/assay/checks.def" >checks
	[ -s checks ] && while read -r name; do
		"$assay" explain "$name" >out 2>err &&
			grep -q "^$name  " out &&
			grep -q 'If it fails:' out || return
	done <checks
}
result 'explain: every check' explains_all
is 'explain: all of them' 0 explain
says 'a check' 'X_ROOT_PIN'
says 'a status' 'OutOfDateConfigurationNeeded'
is 'explain: as it is printed' 0 explain 'PCK_CRL X_TIME'
says 'the document' 'PCK_CRL'
says 'the check' 'X_TIME  (check 209, [DCAP 2.4])'
is 'explain: two words, lower case' 0 explain pck_crl x_time outofdate
says 'the status' 'OutOfDate'
is 'explain: a rule, a level, a key' 0 explain identity STALE min_isv_svn constraint.SEC
is 'explain: words' 0 explain PCK QE measurement FMSPC
says 'explain: words: one of them' 'The quoting enclave: it signs quotes'
is 'explain: a word that is a key, too' 0 explain MRENCLAVE PPID
says 'explain: the word' "An enclave's measurement"
says 'explain: the key' 'mrenclave  ('
is 'explain: near a word' 2 explain measurment
warns 'explain: near a word: which' 'did you mean measurement?'
is 'explain: near' 2 explain X_TIMES
warns 'explain: did you mean' 'did you mean X_TIME?'
is 'explain: nothing' 2 explain frobnicate
warns 'explain: nothing near' 'nothing is called frobnicate'

# ---- options, verbs, help

is 'help of several verbs' 0 help collateral
says 'one of this program' '  collateral show '
says 'and one of assayd' '  collateral fetch '
is 'the same, asked for otherwise' 0 collateral --help
says 'and the same said' '  collateral fetch '
is 'no verb' 2
warns 'no verb: help is named' 'assay help'
is 'unknown verb' 2 verfy
warns 'unknown verb: near' 'did you mean assay verify?'
is 'half a verb' 2 collateral
warns 'half a verb: both' 'assay collateral show or assay collateral bundle'
is 'half a verb, wrongly' 2 collateral shwo
warns 'half a verb: near' 'did you mean assay collateral show?'
is 'unknown, and nothing near' 2 frobnicate
is '--version' 0 --version
says 'its version' 'assay 0.'
cp out version
is 'version' 0 version
result 'the same' cmp -s out version
says 'what it was built with' 'OpenSSL 3'
is 'unknown option' 2 verify --jsno x
warns 'unknown option: near' 'did you mean --json?'
is 'an option cut short' 2 verify --coll x
warns 'an option cut short: near' 'did you mean --collateral?'
is 'no value' 2 verify --at
warns 'no value: said' '--at needs a value'
is 'a value too much' 2 verify --json=yes x
warns 'a value too much: said' '--json takes no value'
is 'twice' 2 verify --root a --root b x
warns 'twice: said' '--root is given twice'
is 'bad time' 2 verify --at 2026-02-30T00:00:00Z x
warns 'bad time: said' '2026-02-30T00:00:00Z, want a time in UTC'
is 'standard input, twice' 2 verify --collateral - -
warns 'it is read once: said' 'read once'
is 'twice for documents, too' 2 collateral show --quote - -
warns 'read once: said as well' 'read once'
is 'no evidence' 2 verify
warns 'no evidence: said' 'no evidence is given'
is 'an option with =' 0 verify --at=$now --collateral=sgx-v3 --root=$root --policy=any.json sgx-v3/quote.bin
cp sgx-v3/quote.bin ./--json
is 'operands after --' 0 verify $sgx $accept -- --json
verbs() {
	"$assay" help | sed -n 's/^  \([a-z][a-z ]\{17\}\).*/\1/p' | grep -v '^help VERB'
}
verbs | grep -v '^version' >every
while read -r verb; do
	is "help $verb" 0 help $verb
	says "help $verb: usage" "usage: assay $verb"
	page=$(sed -n 's/^The manual: man //p' out)
	result "help $verb: there is a manual" [ -f "$top/man/$page.1" ]
	result "$verb: the manual of all names it" grep -qE "^\.It Cm (.* , )?$verb( ,|\$)" \
		"$top/man/assay.1"
	result "$verb: and its page" grep -qF ".Xr $page 1" "$top/man/assay.1"
	result "$verb: README shows it" grep -qF "\`$verb\`" "$top/README.md"
	cp out help
	is "$verb --help" 0 $verb --help
	result "$verb --help: the same" cmp out help
done <every
# what the program offers stands in the manuals
for verb in init make-processor revoke tcb-recovery update publish list show check; do
	echo "sim maker $verb"
done >>every
while read -r verb; do
	"$assay" help $verb >out 2>err
	page=$top/man/assay-${verb%% *}.1
	sed -n 's/^  -\([-a-z]*\).*/\1/p' out >options
	while read -r option; do
		result "man: $verb -$option" grep -qE "Fl $option( |\$)" "$page"
	done <options
done <every

# ---- completion by bash, which takes it all from the help

completes() { # WORD... - what the last one may become
	PATH=$(dirname "$assay"):$PATH bash -c '. "$0"
		COMP_WORDS=(assay "$@") COMP_CWORD=$#
		_assay && echo "${COMPREPLY[*]}"' "$top/scripts/assay.bash" "$@" >out 2>err
}
if command -v bash >/dev/null; then
	completes ver
	result 'a verb is completed' [ "$(cat out)" = 'verify version' ]
	completes sim ma
	result 'its second word' [ "$(cat out)" = maker ]
	completes help sim maker rev
	result 'its third, behind help' [ "$(cat out)" = revoke ]
	completes sim maker init --a
	result 'an option of that' [ "$(cat out)" = --at ]
	completes verify --json --any
	result 'an option of a verb' [ "$(cat out)" = --any-code ]
	completes verify quo
	result 'what else is there is a file' [ -z "$(cat out)" ]
else
	n=$((n + 1))
	echo "ok $n - completion # SKIP bash"
fi

# ---- the terminal, and what must not steer

strange=$(printf 'a\033[31m\nb')
cp words "$strange"
is 'a name with control characters' 1 verify "$strange"
says_not 'no escape code comes out' "$(printf '\033')"
lines 'no line break either' 1
is 'a name with control characters, as JSON' 1 verify --json "$strange"
says 'escaped' '{"evidence":"a\u001b[31m\u000ab"'
is 'not a terminal' 1 verify $sgx forged
says_not 'not a terminal: no escape codes' "$(printf '\033')"
on_terminal() { # ARGUMENT... - assay before a terminal
	script -qec "'$assay' $*" /dev/null </dev/null >out 2>err
}
if command -v script >/dev/null; then
	on_terminal verify $sgx forged
	says 'a terminal: colours' "$(printf '\033[1;31m')"
	NO_COLOR=1 on_terminal verify $sgx forged
	says_not 'a terminal, NO_COLOR: none' "$(printf '\033')"
	on_terminal verify $sets lots
	says 'a terminal: what it came to' '700 accepted, 1 refused, 0 in trouble'
else
	for name in 'a terminal: colours' 'a terminal, NO_COLOR: none' 'a terminal: what it came to'; do
		n=$((n + 1))
		echo "ok $n - $name # SKIP no script(1)"
	done
fi
"$assay" verify $sgx forged >/dev/full 2>err
result 'a full disk is trouble' [ $? -eq 2 ]
warns 'a full disk is named' 'No space left'

is 'without a configuration' 0 verify --json $sgx $accept sgx-v3/quote.bin
cp out plain
printf 'openssl_conf = garbage\n[garbage]\nproviders = p\nengines = p\n[p]\nx = x\n[x]\nmodule = ./x.so\nactivate = 1\n' >hostile.cnf
head -c 3000 /dev/urandom >garbage.cnf
for conf in hostile.cnf garbage.cnf /dev/null nothing-here; do
	OPENSSL_CONF=$conf OPENSSL_MODULES=. OPENSSL_ENGINES=. is "OPENSSL_CONF=$conf" 0 verify --json $sgx $accept sgx-v3/quote.bin
	result "OPENSSL_CONF=$conf: the same" cmp out plain
	OPENSSL_CONF=$conf is "sim sample, OPENSSL_CONF=$conf" 0 sim sample --at $now again
	result "sim sample, OPENSSL_CONF=$conf: the same" diff -r sgx-v3 again
done

script -qec "$where/examples/reverse 3<&-" /dev/null >out 2>err </dev/null
result 'an enclave program that is run at a terminal' [ $? -eq 1 ]
result 'it says how it is started' grep -q '^enclave: no host.*assay run' out
mkdir alone && cp "$assay" alone/assay
alone/assay sim sample x >out 2>err
got=$?
if [ $got -eq 0 ]; then
	n=$((n + 1))
	echo "ok $n - assayd is not there # SKIP it is installed"
else
	result 'assayd is not there' [ $got -eq 2 ]
	warns 'that is said' 'sim is a verb of assayd, which is neither in'
fi
alone/assay verify $sgx $accept sgx-v3/quote.bin >out 2>err
result 'verify does not need assayd' [ $? -eq 0 ]
}
echo "1..$n"
