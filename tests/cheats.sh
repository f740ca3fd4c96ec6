#!/bin/sh
# cheats.sh ASSAY - a test: what a host might try on assay call.  Each cheat is
# refused by the check or rule that is named here, and before a byte of a message
# has left, sealed or not; p_liar, to which the client talks, counts them.
. tests/h_liar.sh
request=hello answer=olleh

sign() {
	exits 0 "signed: $1" sign --key key --product 1 --revocation 0 "$@"
}

needs_enclaves cheats "$built/examples/reverse"

# ---- who is who, and an honest host

pcs=maker/pcs/standard/53494D000001
"$assay" sim maker init fake >fake.out 2>&1 &
fake=$!
exits 0 'a manufacturer' sim maker init maker
exits 0 'its processors' sim maker make-processor --count 2 maker p
alice=$(find maker/processors -mindepth 1 -maxdepth 1 -name 'p*' | sort | head -n 1)
bob=$(find maker/processors -mindepth 1 -maxdepth 1 -name 'p*' | sort | tail -n 1)
exits 0 'a key' key new key
cp "$built/examples/reverse" reverse
sign reverse
this="C:$(measured reverse) SEC:INSECURE"
hosted --platform "$alice" --collateral $pcs reverse.signed
answered 'an honest host' --accept "$this"

# ---- what the host itself can try: other keys, other days, other bytes

lying key
refused "the host's own key swapped in" 'K_BOUND' --accept "$this"
says '"genuine":true.*"decision":"refuse","rules":\["keys"\]'
lying old
refused "yesterday's attestation" 'K_NONCE' --accept "$this"
says '"genuine":true.*"decision":"refuse","rules":\["keys"\]'
answered 'who wants no nonce takes it' --accept "$this" --without-nonce
lying dressed
refused 'the same, with the nonce of today written in' 'K_BOUND' --accept "$this"
# these have to be sent: it is the enclave, or the client, that finds them out
lying request
call 2 'a request that was altered' --accept "$this"
says 'answers with status 409: H_KEY or H_OPEN: it is sealed to other keys'
says 'given up after 3 tries'
[ ! -s out ] && [ "$(grep -c '^GET' liar.out)" -eq 3 ]
ok '- the enclave was judged anew each time, and did not answer' $?
lying answer
call 3 'an answer that was altered' --accept "$this"
says 'H_OPEN'
[ ! -s out ] && [ "$(sent)" -gt 0 ]
ok '- and nothing of it is shown' $?

# ---- other boxes, and other programs

wait "$fake"
ok 'somebody makes up a manufacturer' $?
exits 0 'and a processor' sim maker make-processor fake f
hosted --platform fake/processors/f --collateral fake/pcs/standard/* reverse.signed
refused 'a fake box' '"genuine":false.*"check":"ROOT X_ROOT_PIN"' --accept "$this"
# its quote, with the true manufacturer's documents
hosted --platform fake/processors/f --collateral $pcs reverse.signed
refused 'a fake box among true documents' \
	'"genuine":false.*"check":"ROOT X_ROOT_PIN"' --accept "$this"
LC_ALL=C sed 's/program seals its/program sells its/' reverse >changed
sign changed
hosted --platform "$alice" --collateral $pcs changed.signed
refused 'another program' '"genuine":true.*"rules":\["constraint.C"\]' \
	--accept "$this"
cp reverse open
sign open --debug-allowed
hosted --debug --platform "$alice" --collateral $pcs open.signed
refused 'a debug box' '"debug":true' --accept "$this"
says '"genuine":true.*"rules":\["allow_debug"\]'
hosted --platform "$alice" reverse.signed
refused 'a host that leaves the documents out' 'J_MISSING' --accept "$this"

# ---- machines of yesterday, and documents of yesterday

cp -r $pcs before
exits 0 'a flaw is found' sim maker tcb-recovery maker
exits 0 'and the time is over' sim maker tcb-recovery --standard maker
hosted --platform "$alice" --collateral $pcs reverse.signed
refused 'an out-of-date processor' '"status":"OutOfDate"' --accept "$this"
says '"genuine":true.*"rules":\["accepted_statuses"\]'
evaluation=$("$assay" collateral show --json $pcs/tcb_info.json |
	sed 's/.*"evaluation_number":\([0-9]*\).*/\1/')
hosted --platform "$alice" --collateral before reverse.signed
answered 'with documents from before it looks good' --accept "$this"
lying
echo "{\"any_code\":true,\"simulation\":true,
	\"min_evaluation_number\":$evaluation}" >floor
refused 'collateral rolled back, and a floor under the evaluation number' \
	'"genuine":false.*"check":"[A-Z_]* J_ROLLBACK"' \
	--accept "$this" --policy floor
echo '{"any_code":true,"simulation":true,"max_collateral_age":86400}' >young
refused 'the same two days later, where documents may be a day old' \
	'"rules":\["max_collateral_age"\]' --accept "$this" --policy young \
	--at "$(date -u -d '2 days' +%FT%TZ)"
exits 0 'the processor is updated' sim maker update maker "$(basename "$alice")"
hosted --platform "$alice" --collateral $pcs reverse.signed
answered 'then it is good' --accept "$this" --policy floor
cp -r $pcs unrevoked
exits 0 'the other one is updated, too' sim maker update maker "$(basename "$bob")"
exits 0 'and is revoked' sim maker revoke maker "$(basename "$bob")"
hosted --platform "$bob" --collateral $pcs reverse.signed
refused 'a revoked processor' '"check":"PCK_LEAF R_PCK_REVOKED"' --accept "$this"
list=$("$assay" collateral show --json $pcs/pck_crl.der |
	sed 's/.*"number":"*\([0-9]*\).*/\1/')
hosted --platform "$bob" --collateral unrevoked reverse.signed
answered 'with the list from before it looks good' --accept "$this"
lying
echo "{\"any_code\":true,\"simulation\":true,\"min_pck_crl_number\":$list}" >floor
refused 'a revocation list rolled back, and a floor under its number' \
	'"genuine":false.*"check":"PCK_CRL R_FLOOR"' --accept "$this" --policy floor

# ---- state of yesterday: it is the enclave that finds that out, from the request

ada=$(printf ada | sha256sum | cut -c 1-64)
cp "$built/examples/average" average
sign average -- "$ada" "$(printf b | sha256sum | cut -c 1-64)" \
	"$(printf c | sha256sum | cut -c 1-64)"
# says_ada TEXT STATUS NAME - what she asks
says_ada() {
	printf %s "$1" | "$assay" call "$via" --root maker/root.pem --accept \
		"C:$(measured average.signed) SEC:INSECURE" --remember ada.pin \
		>out 2>err
	[ $? -eq "$2" ]
	ok "$3" $?
}
keeps() {
	hosted --platform "$alice" --collateral $pcs --store state average.signed
}
keeps
says_ada 'ada 000000000000100' 0 'an enclave with state'
end "$host"
host=
rm state
keeps
says_ada 'ada' 1 'its state rolled back'
says 'state is older than what ada.pin remembers'
says 'The request was not processed'
[ ! -s out ]
ok '- and no answer' $?
echo "1..$n"
