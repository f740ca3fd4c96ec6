#!/bin/sh
# release.sh ASSAY - a test: a secret on its way from an operator into an enclave:
# assay serve keeps it, the example vault attests to a challenge, its host posts
# that and carries in what it is answered.  Another service, which calls itself as
# the first does, is not believed.
. tests/h_tap.sh
assay=$(realpath "$1")
vault=$(dirname "$assay")/examples/vault
dir=$(mktemp -d) || exit 2
host='' service='' rival=''
trap '[ -z "$host$service$rival" ] || kill -9 $host $service $rival 2>/dev/null
	rm -rf "$dir"' EXIT
said="$dir/*.said"

needs_enclaves 'a secret gets into an enclave' "$vault"
command -v curl >/dev/null || skip_rest 'a secret gets into an enclave' curl

# member NAME - of JSON on stdin, a string
member() {
	sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

# serve NAME - starts a service in that folder: its process is $!
serve() {
	"$assay" serve --listen 127.0.0.1:0 --no-tls --data "$dir/$1" --offline \
		--root "$dir/maker/root.pem" --issuer https://verify.example \
		>"$dir/$1.said" 2>&1 &
}

# ---- a machine, two services, and a program that wants the secret `db` of one

{ "$assay" sim maker init "$dir/maker" &&
	"$assay" sim maker make-processor "$dir/maker" m &&
	"$assay" key new "$dir/key"; } >"$dir/make.said" 2>&1
ok 'a machine' $?
serve data
service=$!
serve rival
rival=$!
until_ok grep -q '^Release key' "$dir/data.said" &&
	until_ok grep -q '^Release key' "$dir/rival.said"
ok 'two services of one name' $?
release_key=$(sed -n 's/^Release key.*: //p' "$dir/data.said")
"$assay" sign "$vault" --key "$dir/key" --product 1 --revocation 0 \
	-o "$dir/signed" -- https://verify.example "$release_key" db \
	>"$dir/sign.said" 2>&1
ok 'a signed program, which knows one of them' $?
"$assay" host --listen 127.0.0.1:0 --platform "$dir/maker/processors/m" \
	--collateral "$dir/maker/pcs/standard/53494D000001" "$dir/signed" \
	>"$dir/host.said" 2>&1 &
host=$!
until_ok grep -q '^call it:' "$dir/host.said"
ok 'its host' $?
at=$(sed -n 's/^listening on: *//p' "$dir/host.said")
line=$(sed -n 's/^constraint: *//p' "$dir/host.said")
# use NAME - the service that is asked from now on
use() {
	url=$(sed -n 's/^Serving at \([^,]*\),.*/\1/p' "$dir/$1.said")
	who=$(cat "$dir/$1/admin-key")
}
measurement=$(sed -n 's/^measurement: *//p' "$dir/host.said")

# ask PATH ARGUMENT... - asks the service as $who: its status; "$dir/answer"
ask() {
	path=$1
	shift
	curl -sS -o "$dir/answer" -w '%{http_code}' -H "Authorization: Bearer $who" \
		"$@" "$url$path" 2>"$dir/curl.said"
}
# call TEXT - asks the enclave
call() {
	"$assay" call "$at" --accept "$line" --root "$dir/maker/root.pem" \
		2>"$dir/call.said"
}
# attest - a challenge of the service, and the enclave's answer to it
attest() {
	nonce=$(curl -sS -d '' -H "Authorization: Bearer $who" "$url/v1/challenge" |
		member nonce)
	curl -sS -o "$dir/bundle" "$at/attestation?nonce=$nonce" 2>"$dir/curl.said"
}

# ---- the operator

use data
printf '{"simulation":true,"mrenclave":["%s"]}' "$measurement" |
	tr A-F a-f >"$dir/policy"
printf '{"simulation":true,"mrenclave":["%064d"]}' 0 >"$dir/other"
[ "$(ask /v1/policies/prod --data-binary "@$dir/policy")" -lt 300 ] &&
	[ "$(ask /v1/policies/other --data-binary "@$dir/other")" -lt 300 ]
ok 'policies' $?
[ "$(ask '/v1/secrets/db?policy=prod' -d 'open sesame')" = 200 ] &&
	[ "$(ask '/v1/secrets/dc?policy=other' -d 'not yours')" = 200 ]
ok 'secrets that are given out by them' $?
! grep -rq "open sesame" "$dir/data"
ok 'the data has none of them in the clear' $?
[ "$(ask '/v1/callers/host?scopes=verify,keys' -d '')" -lt 300 ]
ok 'an API key for the host' $?
who=$(member key <"$dir/answer")
[ "$(ask '/v1/secrets')" = 403 ]
ok 'it may not see the secrets' $?

# ---- a host that has a service of its own, with a secret of its own

caller=$who
use rival
[ "$(ask /v1/policies/prod --data-binary "@$dir/policy")" -lt 300 ] &&
	[ "$(ask '/v1/secrets/db?policy=prod' -d 'as I like')" = 200 ] &&
	attest &&
	[ "$(ask /v1/keys/db --data-binary "@$dir/bundle")" = 200 ]
ok 'another service releases another secret of this name to the enclave' $?
{ printf K && cat "$dir/answer"; } | call >"$dir/out"
grep -q 'not the secret' "$dir/call.said"
ok 'which does not take it' $?
kill "$rival" && wait "$rival"
rival=

# ---- the host

use data
who=$caller
[ "$(printf 'open sesame' | call)" != yes ]
ok 'the enclave has no secret yet' $?
attest
[ "$(ask /v1/keys/dc --data-binary "@$dir/bundle")" = 403 ] &&
	grep -q mrenclave "$dir/answer"
ok 'a secret for other code is refused' $?
[ "$(ask /v1/keys/db --data-binary "@$dir/bundle")" = 200 ]
ok 'the one for this code is not' $?
cp "$dir/answer" "$dir/released"
! grep -q 'open sesame' "$dir/released"
ok 'it is sealed' $?
[ "$(ask /v1/keys/db --data-binary "@$dir/bundle")" = 403 ] &&
	grep -q 'used' "$dir/answer"
ok 'the nonce is good once' $?
curl -sS -o "$dir/bundle" "$at/attestation?nonce=$(printf '%064d' 1)"
[ "$(ask /v1/keys/db --data-binary "@$dir/bundle")" = 400 ]
ok 'and one that the service did not make is no good' $?

# ---- the enclave

{ printf Kx && cat "$dir/released"; } | call >"$dir/out"
grep -q 'not the secret' "$dir/call.said"
ok 'the enclave refuses what was altered' $?
[ "$({ printf K && cat "$dir/released"; } | call)" = 'I have the secret' ]
ok 'and takes what is its own' $?
[ "$(printf 'open sesame' | call)" = yes ] &&
	[ "$(printf 'open barley' | call)" = no ]
ok 'it has the secret' $?

# ---- the log

who=$(cat "$dir/data/admin-key")
ask /v1/log >/dev/null
grep -q 'key.released' "$dir/answer" && grep -q 'key.refused' "$dir/answer" &&
	grep -q 'secret.kept' "$dir/answer" && ! grep -q sesame "$dir/answer"
ok 'all of it is in the log, but for the secret' $?
kill "$service" && wait "$service"
ok 'the service ends' $?
service=
kill "$host" && wait "$host"
ok 'and the host' $?
host=
echo "1..$n"
