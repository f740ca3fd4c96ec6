#!/bin/sh
# serve.sh ASSAY - a test: assay serve as people use it, with curl, a machine of
# assay sim maker, and whatever else on this machine reads tokens.
. tests/h_tap.sh
assay=$(realpath "$1")
reverse=$(dirname "$assay")/examples/reverse
dir=$(mktemp -d) || exit 2
server='' maker='' p=
trap 'for p in $server $maker; do kill -9 $p 2>/dev/null; done; rm -rf "$dir"' EXIT
cd "$dir" || exit 2
said='out err got'

says() { # NAME PATTERN - of what was got
	grep -q -e "$2" got
	ok "$1" $?
}
tells() { # NAME PATTERN - of what the server prints
	grep -q -e "$2" out err
	ok "$1" $?
}
start() { # ARGUMENT... - a server: $url
	: >out # what the last one said is not for this one
	"$assay" serve --listen 127.0.0.1:0 --data data "$@" >out 2>err &
	server=$!
	until_ok grep -q '^Try it:' out || return 1
	url=$(sed -n 's/^Serving at \([^,]*\),.*/\1/p' out)
}
stop() { # its status
	kill "$server"
	wait "$server"
	status=$?
	server=
	return $status
}
# asks NAME STATUS PATH CURL-ARGUMENT...
asks() {
	name=$1 want=$2 path=$3
	shift 3
	status=$(curl -sS -o got -w '%{http_code}' --cacert data/tls-cert.pem \
		${key:+-H "Authorization: Bearer $key"} "$@" "$url$path" 2>>err)
	[ "$status" = "$want" ]
	ok "$name" $?
}

# ---- on an empty machine

"$assay" serve --help >got
ok 'help' $?
says 'how it is used' '^usage: assay serve'
"$assay" serve operand >got 2>&1
[ $? -eq 2 ]
ok 'it wants no operand' $?
"$assay" serve --open admin >got 2>&1
[ $? -eq 2 ]
ok 'who may administer needs a key' $?
says 'it says what is wanted' 'want some of verify,read,keys'
"$assay" serve --tls-cert x >got 2>&1
[ $? -eq 2 ]
ok 'a certificate without its key' $?
"$assay" serve --listen nowhere --data data0 >got 2>&1
[ $? -eq 2 ]
ok 'an address that is none' $?
says 'it says what is wanted' 'want an address and a port'
key=
start --offline
ok 'it starts with no configuration' $?
tells 'it says where its first key is' 'data/admin-key'
[ "$(stat -c %a data data/admin-key data/tls-key.pem data/token-es256.pem | tr '\n' ' ')" = '700 600 600 600 ' ]
ok 'what is secret is the owner'"'"'s alone' $?
asks 'it is ready' 200 /readyz
asks 'it is well' 200 /healthz
grep -q '^Max core file size  *0  *0 ' "/proc/$server/limits"
ok 'what it knows is in no dump' $?
if [ "$(id -u)" -ne 0 ]; then
	! cat "/proc/$server/environ" >got 2>/dev/null
	ok 'and nobody else of its user reads its memory' $?
else
	skip 'and nobody else of its user reads its memory' 'root'
fi
asks 'the page is there' 200 /
asks 'no evidence' 400 /v1/verify -d ''
says 'a problem says what to do' '"detail":"Post it as the body'
asks 'what is no evidence' 400 /v1/verify -d nonsense
says 'which check says so' 'C_FORMAT'
head -c 1100000 /dev/zero >zeros
asks 'what is too large' 413 /v1/verify --data-binary @zeros
asks 'a path that is none' 404 /v1/nothing
asks 'another method' 405 /v1/verify
asks 'without a key nobody administers' 401 /v1/callers
asks 'with another neither' 401 /v1/callers -H 'Authorization: Bearer assay-key-00'
stop
ok 'it ends when it is told to' $?

# ---- a manufacturer's authority

does() { # NAME COMMAND...
	name=$1
	shift
	"$@" >got 2>&1
	ok "$name" $?
}
does 'somebody makes a manufacturer' "$assay" sim maker init maker
does 'and a processor' "$assay" sim maker make-processor maker alice
"$assay" sim pcs --listen 127.0.0.1:0 maker >pcs.out 2>&1 &
maker=$!
until_ok grep -q '^Answering' pcs.out
pcs=$(sed -n 's|.* at \(http://[^/]*\)/.*|\1|p' pcs.out)
does 'a key' "$assay" key new key
if "$assay" measure "$reverse" >got 2>&1; then
	does 'a program' "$assay" sign "$reverse" --key key --product 1 --revocation 0 -o signed
else
	skip 'a program' 'static programs in this build'
fi
start --root maker/root.pem --pcs "$pcs"
ok 'the service starts again, with that root' $?
! grep -q 'was made' out
ok 'and makes no second key' $?

# Intel's quote provider library asks in this order, before anything was judged;
# of the two CAs it names one
fmspc=53494D000001 root=https://certificates.simulation.invalid/SimulationSGXRootCA.der
for doc in 'pckcrl?ca=platform&encoding=der' "tcb?fmspc=$fmspc&update=standard" \
	'qe/identity?update=standard' "crl?uri=$root&customParameter=QQ%3D%3D"; do
	asks "an empty cache: $doc" 200 "/sgx/certification/v4/$doc"
	case $doc in
	crl*) curl -s -o want "$pcs/SimulationSGXRootCA.der" ;;
	*) curl -s -o want "$pcs/sgx/certification/v4/$doc" ;;
	esac
	cmp -s want got
	ok 'byte for byte' $?
done
asks 'what was fetched for it' 200 /v1/collateral
says 'is of that CA' '"fmspc":"53494d000001","ca":"platform"'
key=$(cat data/admin-key)
asks 'a challenge' 200 /v1/challenge -d ''
nonce=$(sed 's/.*"nonce":"\([0-9a-f]*\)".*/\1/' got)
if [ -s signed ] && "$assay" run --probe >/dev/null; then
	printf hello | "$assay" run --platform maker/processors/alice \
		--attestation bundle --nonce "$nonce" signed >answer 2>>err
	ok 'an enclave proves itself for it' $?
else
	skip 'an enclave proves itself for it' 'isolation'
fi
if [ -s answer ]; then
	asks 'it is judged' 200 "/v1/verify?nonce=$nonce" --data-binary @bundle
	says 'genuine, by documents that were fetched' '"genuine":true.*"collateral":"http://127'
	says 'and refused: a simulation' '"decision":"refuse","rules":\[.*"simulation"'
	asks 'the nonce is used up' 409 "/v1/verify?nonce=$nonce" --data-binary @bundle
	printf '{"simulation":true,"any_code":true}' >policy
	asks 'a policy' 200 /v1/policies/lab --data-binary @policy
	says 'has a version' '"name":"lab","version":1'
	printf '{"simulation":ture}' >bad
	asks 'a bad one' 400 /v1/policies/lab --data-binary @bad
	says 'is told where' 'At byte 14: J_SYNTAX'
	key=
	asks 'by that policy' 200 '/v1/verify?policy=lab' --data-binary @bundle
	says 'it is accepted' '"decision":"accept"'
	sed 's/.*"token":"\([^"]*\)".*/\1/' got | tr -d '\n' >token
	asks 'the token alone' 200 '/v1/verify?policy=lab' --data-binary @bundle -H 'Accept: application/eat+jwt'
	[ "$(tr -cd . <got)" = .. ]
	ok 'is one' $?
	asks 'the public keys' 200 /.well-known/jwks.json
	cp got jwks
	asks 'where they are' 200 /.well-known/openid-configuration
	says 'is said' "\"jwks_uri\":\"$url/.well-known/jwks.json\""
	does 'assay takes the token' "$assay" token verify token --jwks jwks --issuer "$url"
	if command -v jose >/dev/null; then
		does 'jose does' jose jws ver -i token -k jwks -O claims
	else
		skip 'jose does' jose
	fi
	if /usr/bin/python3 -c 'import jwcrypto' 2>/dev/null; then
		does 'python3-jwcrypto does' /usr/bin/python3 -c '
import sys
from jwcrypto import jwt, jwk
keys = jwk.JWKSet.from_json(open("jwks").read())
jwt.JWT(jwt=open("token").read().strip(), key=keys, algs=["ES256"],
        check_claims={"iss": sys.argv[1]})' "$url"
	else
		skip 'python3-jwcrypto does' python3-jwcrypto
	fi
	asks 'another profile' 200 '/v1/verify?policy=lab&profile=ear' --data-binary @bundle
	asks 'one that is none' 400 '/v1/verify?profile=x' --data-binary @bundle
	for bad in at=now nonce=xy nonce= report_data=0 any_code=2 policy=.x \
		policy_version=0 accept=X 'nonce=00&nonce=00' nonc=00 polcy=lab; do
		asks "an argument that is not good: $bad" 400 "/v1/verify?$bad" --data-binary @bundle
	done
	asks 'a policy that is not there' 404 '/v1/verify?policy=none' --data-binary @bundle
	code=$("$assay" measure signed | awk '/^Computed/ { print $2 }')
	asks 'a constraint' 200 "/v1/verify?accept=C:$code%20SEC:INSECURE" --data-binary @bundle
	says 'accepts this code' '"decision":"accept"'
	{ tr -d '\n' <bundle && echo && echo '"bm9uZQ=="' && echo && tr -d '\n' <bundle; } >lines
	asks 'a batch' 200 '/v1/batch?policy=lab' --data-binary @lines
	[ "$(grep -c '"decision":"accept"' got)" -eq 2 ] &&
		[ "$(sed -n 2p got | grep -c '^{"line":2,"status":400,"error":"C_FORMAT')" -eq 1 ] &&
		[ "$(wc -l <got)" -eq 3 ]
	ok 'is judged line by line' $?

	# what others ask for
	for doc in 'tcb?fmspc=53494D000001' qe/identity 'pckcrl?ca=platform&encoding=der' rootcacrl; do
		asks "the cache: $doc" 200 "/sgx/certification/v4/$doc"
		curl -s -o want "$pcs/sgx/certification/v4/$doc"
		cmp -s want got
		ok 'byte for byte' $?
	done
	asks 'what it has not' 404 '/sgx/certification/v4/tcb?fmspc=000000000000'
	until_ok grep -q '"trouble":"documents are not to be had","why":"http.*404' err
	ok 'why not is in its log' $?
	asks 'what is none' 400 '/sgx/certification/v4/tcb?fmspc=0'
	asks 'how old it is' 200 /v1/collateral
	says 'is told' '"fmspc":"53494d000001"'
	seen() { asks_quietly /v1/platforms && grep -q '"seen":[1-9]' got; }
	asks_quietly() { curl -sS -o got --cacert data/tls-cert.pem "$url$1"; }
	until_ok seen
	ok 'the platform was seen' $?
	asks 'a forecast' 200 /v1/forecast
	says 'is made' '"platforms":1'
	asks 'metrics' 200 /metrics
	says 'count verdicts' '^assay_verdicts_total{status="UpToDate"} [1-9]'

	# callers
	key=$(cat data/admin-key)
	asks 'a key for somebody' 200 '/v1/callers/bob?scopes=read' -d ''
	bob=$(sed 's/.*"key":"\([^"]*\)".*/\1/' got)
	key=$bob
	asks 'reads' 200 /v1/platforms
	asks 'and no more' 403 /v1/callers
	key=$(cat data/admin-key)
	asks 'it is revoked' 200 '/v1/callers/bob?revoke=1' -d ''
	key=$bob
	asks 'and then is none' 401 /v1/platforms
	key=

	# the log
	asks 'the log' 200 /v1/log
	asks 'as a file' 200 /v1/log/file
	cp got log
	says 'has what was done' '"what":"policy.added","who":"first-admin"'
	does 'it holds' "$assay" audit verify log --jwks jwks
	sed '2d' log >short
	! "$assay" audit verify short --jwks jwks >got 2>&1
	ok 'without an entry it does not' $?
	asks 'that an entry stands in it' 200 /v1/log/1
	cp got proof
	does 'can be checked' "$assay" audit check proof --jwks jwks
	stop
	ok 'it ends' $?
	start --root maker/root.pem --pcs "$pcs" --offline
	asks 'after a restart' 200 '/v1/verify?policy=lab' --data-binary @bundle
	says 'what was fetched is still there' '"genuine":true'
	asks 'and so is the log' 200 /v1/log/file
	grep '^{' log >log.entries
	head -n "$(wc -l <log.entries)" got | cmp -s - log.entries
	ok 'entry by entry' $?
	! cat err out | grep -q -e "$bob" -e "$(cat data/admin-key)"
	ok 'no API key is in any line' $?
	! grep -q -F -e "$(head -c 60 token)" err out
	ok 'nor a token' $?
	stop

	# a machine that was good when it made its evidence, and whose documents
	# of then say so
	printf hello | "$assay" run --platform maker/processors/alice --attestation own \
		--collateral maker/pcs/standard/53494D000001 signed >/dev/null 2>>err
	does 'its machine is revoked' "$assay" sim maker revoke maker alice
	mv data data2
	start --root maker/root.pem --pcs "$pcs"
	key=$(cat data/admin-key)
	asks 'a policy' 200 /v1/policies/lab --data-binary @policy
	key=
	asks 'what is revoked' 200 '/v1/verify?policy=lab' --data-binary @own
	says 'is refused, whatever it brings' '"decision":"refuse".*R_PCK_REVOKED'
	at=$(date -u -d '1 second ago' +%Y-%m-%dT%H:%M:%SZ)
	asks 'and as of a moment ago' 200 "/v1/verify?policy=lab&at=$at" --data-binary @own
	says 'no less' '"decision":"refuse"'
	stop
	mv data data3
	start --root maker/root.pem --pcs http://127.0.0.1:1
	key=$(cat data/admin-key)
	asks 'a policy' 200 /v1/policies/lab --data-binary @policy
	key=
	# a busy machine may be told to come again
	judged() { curl -sS -o got --cacert data/tls-cert.pem --data-binary @own "$url/v1/verify?policy=lab" && grep -q J_MISSING got; }
	until_ok judged
	asks 'where nobody can be asked' 200 '/v1/verify?policy=lab' --data-binary @own
	says 'nor do its own documents count' '"decision":"refuse".*J_MISSING'
	says 'and it is said why' '"no_collateral":"http://127.0.0.1:1'
	stop
	cp -r data2/collateral data/
	rm -f data/collateral/[!f]*
	start --root maker/root.pem --offline
	asks 'where nobody is asked' 200 '/v1/verify?policy=lab' --data-binary @own
	says 'they do' '"decision":"accept"'
	stop

	# somebody else's
	"$assay" sim maker init fake >/dev/null && "$assay" sim maker make-processor fake f >/dev/null
	printf hello | "$assay" run --platform fake/processors/f --attestation forged signed >/dev/null 2>&1
	start --root maker/root.pem --pcs "$pcs" --no-tls
	asks 'evidence of a made-up manufacturer' 200 '/v1/verify?policy=lab' --data-binary @forged
	says 'is not genuine' '"genuine":false.*"decision":"refuse"'
	stop
	mv data data4
	start --root fake/root.pem --offline --no-tls
	ok 'somebody else has a service' $?
	asks 'a made-up authority signs' 200 /.well-known/jwks.json
	! "$assay" token verify token --jwks got >out2 2>&1
	ok 'and nobody takes one for the other' $?
	stop
else
	skip 'what is judged' 'isolation'
fi

# shellcheck disable=SC3045
ulimit -n 300
start --offline --no-tls
tells 'with few descriptors there are few connections' 'at most 150 connections'
asks 'which are answered' 200 /healthz
stop
echo "1..$n"
