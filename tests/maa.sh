#!/bin/sh
# maa.sh ASSAY - a test: the service as clients of Microsoft Azure Attestation ask
# it, with a quote of a simulated machine; and its log.
. tests/h_tap.sh
assay=$(realpath "$1")
reverse=$(dirname "$assay")/examples/reverse
dir=$(mktemp -d) || exit 2
pcs='' server=''
trap 'kill -9 $pcs $server 2>/dev/null; rm -rf "$dir"' EXIT
said="$dir/out $dir/err"

says() { # NAME TEXT
	grep -qF -e "$2" out
	ok "$1" $?
}
# ask STATUS NAME PATH BODY
ask() {
	printf %s "$4" | curl -s -o out -w '%{http_code}' --data-binary @- \
		-H 'Content-Type: application/json' "$url$3" >status 2>err
	[ "$(cat status)" = "$1" ]
	ok "$2" $?
}
url64() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }

cd "$dir" || exit
needs_enclaves 'a program is run' "$reverse"
{
	"$assay" key new key.pem &&
		"$assay" sign "$reverse" --key key.pem --product 1 \
			--revocation 0 -o signed &&
		"$assay" sim maker init maker &&
		"$assay" sim maker make-processor maker m &&
		printf hello | "$assay" run --platform maker/processors/m \
			--attestation attestation signed
} >out 2>err
ok 'a machine and a quote' $?
sed 's/.*"type":"quote","data":"\([^"]*\)".*/\1/' attestation | base64 -d >quote
quote=$(url64 <quote)

touch pcs.out server.out
"$assay" sim pcs --listen 127.0.0.1:0 maker >pcs.out 2>err &
pcs=$!
until_ok grep -q http: pcs.out
"$assay"d serve --no-tls --listen 127.0.0.1:0 --data data --root maker/root.pem \
	--pcs "$(grep -o 'http://[0-9.:]*' pcs.out | head -n 1)" >server.out 2>err &
server=$!
until_ok grep -q 'Try it' server.out
ok 'the service starts' $?
url=$(grep -o 'http://[0-9.:]*' server.out | head -n 1)
sgx='/attest/SgxEnclave?api-version=2022-08-01'

ask 400 'a simulation is refused' "$sgx" "{\"quote\":\"$quote\"}"
says 'by which rule' '{"error":{"code":"PolicyEvaluationError","message":"simulation: '
curl -s -H "Authorization: Bearer $(cat data/admin-key)" -o out \
	--data-binary '{"any_code":true,"simulation":true}' \
	"$url/v1/policies/default" 2>err
ok 'but for a policy that takes it' $?

ask 200 'a quote' "$sgx" "{\"quote\":\"$quote\",\"nonce\":\"n1\"}"
sed 's/.*"token":"\([^"]*\)".*/\1/' out >token
curl -s -o certs -w '%{content_type}' "$url/certs" >content_type 2>err
[ "$(cat content_type)" = application/json ]
ok 'the keys are what its clients take for JSON' $?
"$assay" token verify --json --jwks certs --issuer "$url" token >out 2>err
ok 'its token holds by the keys in /certs' $?
says 'it is signed with RS256' '"alg":"RS256"'
says 'it says which kind' '"x-ms-attestation-type":"sgx"'
says 'the nonce' '"nonce":"n1"'
says 'the policy, by hash' "\"x-ms-policy-hash\":\"$(printf \
	'{"any_code":true,"simulation":true}' | url64 |
	openssl dgst -sha256 -binary | url64)\""
says 'the quote, by hash' \
	"\"quotehash\":\"$(openssl dgst -sha256 -r quote | cut -c1-64)\""
says 'and that it is a simulation' '"simulation":true'
grep -qF "\"x5c\":[\"MII" certs
ok 'the keys have certificates' $?
cut -d. -f1 token | tr '_-' '/+' | base64 -di 2>err | grep -aqF "\"jku\":\"$url/certs\""
ok 'the token says where' $?

size=$(wc -c <quote)
report=$({
	printf '\001\000\000\000\002\000\000\000'
	env printf "\\x$(printf %02x $((size % 256)))\\x$(printf %02x $((size / 256)))"
	printf '\000\000\000\000\000\000'
	cat quote
} | url64)
ask 200 'a report of Open Enclave' '/attest/OpenEnclave?api-version=2020-10-01' \
	"{\"report\":\"$report\"}"
ask 400 'a quote where a report belongs' \
	'/attest/OpenEnclave?api-version=2020-10-01' "{\"report\":\"$quote\"}"
data='"runtimeData":{"data":"AQID","dataType":"Binary"}'
ask 400 'data that the quote does not speak for' "$sgx" \
	"{\"quote\":\"$quote\",$data}"
says 'is named' 'are not the SHA-256 of runtimeData'
ask 400 'no quote' "$sgx" '{}'
says 'in its words' '{"error":{"code":"InvalidParameter","message":"there is no quote"}}'
ask 400 'something else' "$sgx" '{"quote":"AAAA"}'
ask 400 'no version' /attest/SgxEnclave "{\"quote\":\"$quote\"}"
says 'is asked for' MissingApiVersionParameter
ask 400 'another version' '/attest/SgxEnclave?api-version=2018-09-01' \
	"{\"quote\":\"$quote\"}"
says 'is unknown' UnsupportedApiVersionValue
ask 404 'another machine' '/attest/SevSnpVm?api-version=2022-08-01' '{}'

curl -s -o keys.json "$url/.well-known/jwks.json" 2>err
curl -s -H "Authorization: Bearer $(cat data/admin-key)" -o log \
	"$url/v1/log/file" 2>err
"$assay" audit verify --jwks keys.json log >out 2>err
ok 'the log is whole' $?
curl -s -H "Authorization: Bearer $(cat data/admin-key)" -o proof \
	"$url/v1/log/0" 2>err
"$assay" audit check --jwks keys.json proof >out 2>err
ok 'and its first entry can be proved' $?
echo "1..$n"
