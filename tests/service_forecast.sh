#!/bin/sh
# service_forecast.sh ASSAY - a test: a verification service tells which platforms
# will be refused before they are, and judges by lists that others sign.
. tests/h_tap.sh
assay=$(realpath "$1")
reverse=$(dirname "$assay")/examples/reverse
dir=$(mktemp -d) || exit 2
pcs='' serve=''
trap 'kill $pcs $serve 2>/dev/null; wait; rm -rf "$dir"' EXIT
said="$dir/out $dir/err"

cd "$dir" || exit
: >out
: >pcs.out
: >err
command -v curl >/dev/null || skip_rest 'a service and its platforms' curl
needs_enclaves 'a service and its platforms' "$reverse"

# ---- a machine, and a fault that is found

{
	"$assay" key new key.pem &&
		"$assay" sign "$reverse" --key key.pem --product 1 \
			--revocation 0 -o signed &&
		"$assay" sim maker init maker &&
		"$assay" sim maker make-processor maker m &&
		printf hello | "$assay" run --platform maker/processors/m \
			--attestation evidence signed &&
		"$assay" sim maker tcb-recovery maker
} >out 2>err
ok 'a machine, its attestation, and a fault' $?
"$assay" sim pcs --listen 127.0.0.1:0 maker >pcs.out 2>err &
pcs=$!
until_ok grep -q http: pcs.out
source=$(sed -n 's|.* at \(http://[0-9.:]*\)/.*|\1|p' pcs.out)

# start DATA - a service; its address is in $url, its key in $key
start() {
	: >serve.out
	"$assay" serve --no-tls --quiet --listen 127.0.0.1:0 --data "$1" \
		--root maker/root.pem --pcs "$source" >serve.out 2>err &
	serve=$!
	until_ok grep -q Serving serve.out
	url=$(sed -n 's|^Serving at \(http://[0-9.:]*\),.*|\1|p' serve.out)
	key=$(cat "$1/admin-key")
}
stop() {
	kill "$serve"
	wait "$serve"
	serve=
}
get() { # PATH
	curl -sS -m 20 "$url$1" >out 2>>err
}
post() { # PATH FILE
	curl -sS -m 20 -H "Authorization: Bearer $key" --data-binary "@$2" \
		"$url$1" >out 2>>err
}
says() { # NAME TEXT
	grep -qF -e "$2" out
	ok "$1" $?
}
comes_to_say() { # NAME PATH TEXT
	asks() { get "$1" && grep -qF -e "$2" out; }
	until_ok asks "$2" "$3"
	ok "$1" $?
}

echo '{"any_code":true,"simulation":true}' >policy.json
start before
post /v1/policies/default policy.json
says 'a policy' '"name":"default","version":1'
post /v1/verify evidence
says 'today it is accepted' '"decision":"accept"'
comes_to_say 'and forecast to fail' /v1/forecast '"platforms":1,"judged":1,"without_early":0,"refused":0,"fails":1,"fail":[{'
says 'when' '"kind":"level","on":null,"evaluation":21,"status_now":"UpToDate","status_then":"OutOfDate"'
says 'for which component' '"component":"component 1","name":"BIOS, Early Microcode Update","have":9,"need":10}'
says 'by which policy' '"policy":{"name":"default","version":1,'
says 'what helps' '"remedy":"assay sim maker update"'
says 'in a sentence' '"summary":["1 platform fails when evaluation 21 becomes the standard: component 1 is 9, needs 10"]'
get /metrics
grep -qx 'assay_forecast_fail 1' out
ok 'as a metric' $?
get /v1/platforms
says 'the platform is listed' '"seen":1,"status":"UpToDate","accepted":true}],"next":null}'

# ---- a list that somebody else signs

"$assay" key new --list list.pem >public 2>>err &&
	"$assay" measure --publish list.pem -o shop.list signed >out 2>>err
ok 'a list' $?
printf '{"measurements":{"list":"shop","key":"%s","max_age":600},"simulation":true}' \
	"$(sed -n 's/^Public key *//p' public)" >by-list.json
post /v1/policies/shop by-list.json
post '/v1/verify?policy=shop' evidence
says 'without it the evidence is refused' '"rules":["measurements"]'
post /v1/lists/shop shop.list
says 'it is published' '{"name":"shop","version":1,"number":1,'
post '/v1/verify?policy=shop' evidence
says 'and the evidence accepted' '"decision":"accept"'
"$assay" measure --publish list.pem -o shop.list \
	"$(dirname "$reverse")/psi" >out 2>>err
post /v1/lists/shop shop.list
says 'the next' '{"name":"shop","version":2,"number":2,'
post '/v1/verify?policy=shop' evidence
says 'has other code in it' 'is not in the list \"shop\", number 2'
stop

# ---- the day comes

"$assay" sim maker tcb-recovery --standard maker >out 2>err
ok 'the early set becomes the standard' $?
start after
post /v1/policies/default policy.json
post /v1/verify evidence
says 'what was forecast is refused' '"status":"OutOfDate"'
says 'for the component that was forecast' \
	'SGX component 1 (BIOS, Early Microcode Update) is 9, UpToDate needs 10'
comes_to_say 'and no longer a forecast' /v1/forecast '"refused":1,"fails":0,"fail":[],"refusals":[{'
says 'but told why' '"summary":["1 platform is refused already: '
stop
echo "1..$n"
