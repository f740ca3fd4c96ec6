#!/bin/sh
# story.sh ASSAY - a test: from a manufacturer to a judged enclave, and every
# cheat on the way that must be found out.
. tests/h_tap.sh
assay=$(realpath "$1")
reverse=$(dirname "$assay")/examples/reverse
if [ -w /dev/shm ]; then base=/dev/shm; else base=${TMPDIR:-/tmp}; fi
dir=$(mktemp -d "$base/assay-story-XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 2

# exits STATUS NAME ARGUMENT... - of assay, which reads the request
exits() {
	want=$1 name=$2
	shift 2
	"$assay" "$@" <request >out 2>err
	[ $? -eq "$want" ]
	ok "$name" $?
}
# judge STATUS NAME ARGUMENT... - of assay verify, under the maker's root
judge() {
	want=$1 name=$2
	shift 2
	exits "$want" "$name" verify --json --root maker/root.pem "$@"
}
# says NAME PATTERN - the last command did
says() {
	grep -qe "$2" out err
	ok "$1" $?
}
# launch FILE ARGUMENT... - has an enclave's attestation written to a file
launch() {
	to=$1
	shift
	exits 0 "launched: $to" run --platform maker/processors/alice \
		--attestation "$to" --collateral "$documents" "$@"
}
# of FILE MEMBER - the value of a member of the JSON in a file
of() { sed "s/.*\"$2\":\"\([^\"]*\)\".*/\1/" "$1"; }
# forge FILE COMMAND... - what the command makes of an honest bundle
forge() {
	to=$1
	shift
	"$@" bundle >"$to"
	! cmp -s bundle "$to"
	ok "forged: $to" $?
}

needs_enclaves 'a program is run' "$reverse"

# ---- who is who

documents=maker/pcs/standard/53494D000001
printf hello >request
exits 0 'a manufacturer' sim maker init maker
exits 0 'its processor' sim maker make-processor maker alice
exits 0 'a key to sign with' key new key
sign() {
	name=$1
	shift
	exits 0 "signed: $name" sign "$name" --key key --product 1 \
		--revocation 0 --date 2026-01-01 "$@"
}
cp "$reverse" program
sign program
exits 0 'the auditor measures the program' measure --json program
code=$(of out computed)
signer=$("$assay" measure --json program.signed | sed 's/.*"mrsigner":"\([^"]*\)".*/\1/')
[ ${#code} -eq 64 ] && [ ${#signer} -eq 64 ]
ok 'measurement and signer are known' $?
this="C:$code SEC:INSECURE"
anothers="S:$signer PROD:1 REVOKE:0 SEC:INSECURE"

# ---- an honest one

launch bundle --nonce 6e6f6e6365 program.signed
[ "$(cat out)" = olleh ]
ok 'it answers' $?
judge 0 'it is accepted' --accept "$this" bundle
says 'genuine' '"genuine":true'
says 'UpToDate' '"status":"UpToDate"'
says 'INSECURE' '"level":"INSECURE"'
says 'a simulation' '"simulation":true'
says 'no debug enclave' '"debug":false'
says 'its keys are bound' '"keys":"bound"'
says 'with the nonce' '"nonce":"6e6f6e6365"'
[ "$(of out mrenclave)" = "$code" ]
ok 'its measurement is what the auditor computed' $?
exits 0 'for people' verify --root maker/root.pem --accept "$this" bundle
says 'which enclave' "^Remote attestation for enclave $(echo "$code" | tr a-f A-F):\$"
says 'who signed it' "^- Code signing key hash: $(echo "$signer" | tr a-f A-F)\$"
says 'its signing key' '^- Public signing key: 302A300506032B6570032100[0-9A-F]\{64\}$'
says 'its encryption key' '^- Public encryption key: [0-9A-F]\{64\}$'
says 'how secure' '^Assessed security level at 20.*Z is INSECURE$'
launch again program.signed
judge 0 'launched again it is accepted' --accept "$this" again
says 'without a nonce' '"nonce":null'
"$assay" inspect --json bundle >one
"$assay" inspect --json again >two
[ "$(of one report_data)" != "$(of two report_data)" ]
ok 'with keys of its own' $?

# ---- that is not what it seems

judge 1 'by default no simulation is accepted' bundle
says 'by the rule' '"rules":\[.*"simulation"'
exits 1 "Intel's root did not certify it" verify --json --any-code bundle
says 'X_ROOT_PIN' '"genuine":false.*"check":"ROOT X_ROOT_PIN"'
exits 0 'another manufacturer' sim sample other
exits 1 'nor did that one' verify --json --root other/root.pem \
	--accept "$this" bundle
says 'X_ROOT_PIN again' '"genuine":false.*"check":"ROOT X_ROOT_PIN"'
forge renonced sed 's/"nonce":"bm9uY2U="/"nonce":"bm9uY2V="/;s/V="/U="/;s/bm9uY2U/bm9uY2Y/'
judge 1 'an answer to another nonce' --accept "$this" renonced
says 'by the rule keys' '"rules":\["keys"\]'
hpke=$(of again hpke)
forge rekeyed sed "s|\"hpke\":\"[^\"]*\"|\"hpke\":\"$hpke\"|"
judge 1 "another enclave's encryption key" --accept "$this" rekeyed
says 'by the rule keys, too' '"rules":\["keys"\]'

# ---- other code

export LC_ALL=C
edit='s/The program seals its state/The program sells its state/'
sed "$edit" program.signed >bent.signed
exits 1 'a program changed after it was signed is not launched' run \
	--platform maker/processors/alice bent.signed
says 'S_LAUNCH_PROGRAM' S_LAUNCH_PROGRAM
sed "$edit" program >changed
cmp -s program changed
[ $? -eq 1 ]
ok 'the program is another' $?
sign changed
launch resigned changed.signed
judge 1 'signed anew it is not the code that was expected' --accept "$this" resigned
says 'it is genuine' '"genuine":true'
says 'but has another measurement' '"rules":\["constraint.C"\]'
[ "$(of out mrenclave)" != "$code" ]
ok 'which shows' $?
judge 0 'who trusts the signer accepts it' --accept "$anothers" resigned
exits 0 'a key of somebody else' key new other.key
exits 0 'signs it' sign program --key other.key --product 1 --revocation 0 \
	-o foreign
launch foreigner foreign
judge 0 'the same code has the same measurement' --accept "$this" foreigner
judge 1 'but not that signer' --accept "$anothers" foreigner
says 'by the rule' '"rules":\["constraint.S"\]'

# ---- a debug enclave

exits 1 'it is none if its signer does not allow that' run --debug \
	--platform maker/processors/alice program.signed
says 'L_EINIT' L_EINIT
cp program open
sign open --debug-allowed
launch debugged --debug open.signed
judge 1 'a debug enclave is refused' --accept "$this" debugged
says 'it shows' '"debug":true'
says 'by the rule debug' '"rules":\[.*"allow_debug"'
judge 0 'but where it is allowed' --allow-debug --accept "$this" debugged

# ---- a machine that lacks updates, and one that is revoked

exits 0 'a flaw is found' sim maker tcb-recovery maker
judge 0 'the machine has time' --collateral $documents --accept "$this" bundle
judge 1 'but not with the early documents' --accept "$this" bundle \
	--collateral maker/pcs/early/53494D000001
says 'OutOfDate' '"genuine":true.*"status":"OutOfDate"'
exits 0 'the time is over' sim maker tcb-recovery --standard maker
judge 1 'the machine is OutOfDate' --collateral $documents --accept "$this" bundle
says 'genuine still' '"genuine":true.*"status":"OutOfDate"'
says 'it says why' '"advisories":\["SIMULATION-SA-'
says 'by the rule' '"rules":\["accepted_statuses"\]'
exits 0 'it is updated' sim maker update maker alice
launch updated program.signed
judge 0 'then it is good' --accept "$this" updated
says 'UpToDate again' '"status":"UpToDate"'
exits 0 'another machine' sim maker make-processor maker bob
exits 0 'is revoked' sim maker revoke maker bob
exits 0 'new documents' sim maker publish maker
exits 0 'bob goes on' run --platform maker/processors/bob --attestation bob \
	--collateral $documents program.signed
judge 1 'bob is refused' --accept "$this" bob
says 'R_PCK_REVOKED' '"genuine":false.*"check":"PCK_LEAF R_PCK_REVOKED"'
judge 0 'alice is not' --collateral $documents --accept "$this" updated
exits 0 'alice is revoked' sim maker revoke maker alice
exits 0 'newer documents' sim maker publish maker
judge 1 'what she said before is refused now' --collateral $documents \
	--accept "$this" updated
says 'R_PCK_REVOKED, too' '"check":"PCK_LEAF R_PCK_REVOKED"'
echo "1..$n"
