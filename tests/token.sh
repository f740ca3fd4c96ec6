#!/bin/sh
# token.sh ASSAY - a test: assay token verify, with tokens that openssl signs.
. tests/h_tap.sh
where=${1:-${ASSAY:-build/cc}}
[ -d "$where" ] || where=$(dirname "$where")
assay=$(cd "$where" && pwd)/assay || exit
t=$(mktemp -d) || exit
trap 'rm -rf "$t"' EXIT
cd "$t" || exit

is() { # NAME STATUS ARGUMENT... - assay token verify exits so
	label=$1 want=$2
	shift 2
	"$assay" token verify "$@" >out 2>err </dev/null
	result "$label" [ $? -eq "$want" ]
}
says() { result "$1" grep -qF -e "$2" out; }
warns() { result "$1" grep -qF -e "$2" err; }
url64() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }

# A key, its set, and a token of 2027-01-15T08:00:00Z.
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem 2>err
modulus=$(openssl rsa -in key.pem -noout -modulus | sed 's/.*=//' |
	sed 's/../\\x&/g')
printf '{"keys":[{"kty":"RSA","kid":"a","e":"AQAB","n":"%s"}]}' \
	"$(env printf "$modulus" | url64)" >keys.json
sign() { # HEADER CLAIMS
	body=$(printf %s "$1" | url64).$(printf %s "$2" | url64)
	printf '%s.%s\n' "$body" "$(printf %s "$body" |
		openssl dgst -sha256 -sign key.pem | url64)"
}
claims='{"iss":"https://a","iat":1800000000,"exp":1800000300,"decision":"accept"}'
sign '{"alg":"RS256","kid":"a","typ":"JWT"}' "$claims" >good
at=2027-01-15T08:00:00Z

is 'a token in a file' 0 --jwks keys.json --at $at good
says 'it holds' 'The token holds'
says 'until when' '2027-01-15T08:05:00Z'
says 'what it says' 'decision: "accept"'
says 'the decision first' 'It says: accepted.'
sign '{"alg":"RS256","kid":"a","typ":"JWT"}' \
	'{"iss":"https://a","exp":1800000300,"decision":"refuse"}' >refusal
is 'that of a refusal' 0 --jwks keys.json --at $at refusal
says 'holds, and is one' 'It says: refused'
is 'the token itself' 0 --jwks keys.json --at $at "$(cat good)"
is 'its issuer' 0 --jwks keys.json --at $at --issuer https://a good
"$assay" token verify --jwks keys.json --at $at - <good >out 2>err
result 'a token on stdin' [ $? -eq 0 ]
is 'as JSON' 0 --json --jwks keys.json --at $at good
says 'with its claims as they stand' "\"claims\":$claims}"
says 'and what it is' '{"good":true,"check":null,"note":null,"alg":"RS256","kid":"a","typ":"JWT","issuer":"https://a","expires":"2027-01-15T08:05:00Z",'
result 'in one line' [ "$(wc -l <out)" -eq 1 ]

is 'another issuer' 1 --jwks keys.json --at $at --issuer https://b good
warns 'is named' 'TOKEN_CLAIMS W_ISSUER'
is 'too late' 1 --jwks keys.json --at 2027-01-15T08:05:00Z good
warns 'is said' 'W_TIME'
sed 's/.$/A/; s/^\(.*\)\..*$/\1.AAAA/' good >forged
is 'a forged one' 1 --jwks keys.json --at $at forged
warns 'is found out' 'TOKEN W_SIG'
is 'a forged one as JSON' 1 --json --jwks keys.json --at $at forged
says 'says the check' '{"good":false,"check":"W_SIG",'
says 'and nothing of its claims' '"claims":null}'
sign '{"alg":"none","kid":"a"}' "$claims" >none
is 'alg none' 1 --jwks keys.json --at $at none
warns 'is no algorithm' 'W_ALG'
sign '{"alg":"RS256","kid":"b"}' "$claims" >other
is 'a key that is not there' 1 --jwks keys.json --at $at other
warns 'is missed' 'W_KID'
echo '{}' >empty.json
is 'a set without keys' 1 --jwks empty.json --at $at good
warns 'is none' 'KEY_SET W_SET'

is 'no set' 2 good
warns 'is asked for' '--jwks is needed'
is 'no token' 2 --jwks keys.json
is 'a file that is not there' 2 --jwks keys.json nothing
is 'a set that is not there' 2 --jwks nothing good
is 'two tokens' 2 --jwks keys.json good good
is 'stdin for both' 2 --jwks - -
echo "1..$n"
