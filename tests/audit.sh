#!/bin/sh
# audit.sh ASSAY - a test: assay audit, with a log whose hashes and heads openssl
# makes.
. tests/h_tap.sh
where=${1:-${ASSAY:-build/cc}}
[ -d "$where" ] || where=$(dirname "$where")
assay=$(cd "$where" && pwd)/assay || exit
t=$(mktemp -d) || exit
trap 'rm -rf "$t"' EXIT
cd "$t" || exit

is() { # NAME STATUS ARGUMENT... - assay audit exits so
	label=$1 want=$2
	shift 2
	"$assay" audit "$@" >out 2>err </dev/null
	result "$label" [ $? -eq "$want" ]
}
says() { result "$1" grep -qF -e "$2" out; }
warns() { result "$1" grep -qF -e "$2" err; }
url64() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }
unhex() { env printf "$(printf %s "$1" | sed 's/../\\x&/g')"; }
sha() { openssl dgst -sha256 -r | cut -c1-64; }
leaf() { { printf '\0'; printf %s "$1"; } | sha; }

openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key.pem 2>err
modulus=$(openssl rsa -in key.pem -noout -modulus | sed 's/.*=//')
printf '{"keys":[{"kty":"RSA","kid":"a","e":"AQAB","n":"%s"}]}' \
	"$(unhex "$modulus" | url64)" >keys.json
head_of() { # SIZE ROOT LAST
	body=$(printf '{"alg":"RS256","kid":"a","typ":"assay-log-head+jwt"}' |
		url64).$(printf '{"size":%s,"root":"%s","last":"%s","time":"%s"}' \
		"$1" "$2" "$3" 2026-11-25T12:00:00Z | url64)
	printf '%s.%s' "$body" "$(printf %s "$body" |
		openssl dgst -sha256 -sign key.pem | url64)"
}
entry() { # NUMBER BEFORE NAME
	printf '{"number":%s,"time":"2026-11-25T11:00:00Z","before":"%s","what":"key.released","who":"alice","data":{"name":"%s"}}' "$@"
}

# Three entries; heads behind the second and the third.
e0=$(entry 0 "$(printf '%064d' 0)" a)
h0=$(leaf "$e0")
e1=$(entry 1 "$h0" b)
h1=$(leaf "$e1")
e2=$(entry 2 "$h1" c)
h2=$(leaf "$e2")
r2=$(unhex "01$h0$h1" | sha)
r3=$(unhex "01$r2$h2" | sha)
old=$(head_of 2 "$r2" "$h1")
new=$(head_of 3 "$r3" "$h2")
printf '%s\n' "$e0" "$e1" "$old" "$e2" "$new" >log
echo "$new" >kept

is 'a log' 0 verify --jwks keys.json log
says 'it is whole' 'The log is whole'
is 'a log as JSON' 0 verify --json --jwks keys.json log
says 'what is in it' "{\"good\":true,\"check\":null,\"note\":null,\"entry\":null,\"lines\":5,\"size\":3,\"heads\":2,\"root\":\"$r3\"}"
"$assay" audit verify --jwks keys.json --head kept - <log >out 2>err
result 'on stdin, by a head that was kept' [ $? -eq 0 ]
says 'of how many entries' 'goes on from the 3 entries of the head that you kept'

sed 2d log >removed
is 'an entry removed' 1 verify --jwks keys.json removed
warns 'which one' 'removed: line 2, entry 1: LOG_HEAD L_CUT'
sed '2,3d' log >removed
is 'with its head' 1 verify --jwks keys.json removed
warns 'which one, too' 'L_ORDER [ASSAY audit]: got entry 2 where 1 should stand'
sed '1s/"a"/"x"/' log >altered
is 'an entry altered' 1 verify --jwks keys.json altered
warns 'where' 'altered: line 2, entry 1: LOG_ENTRY L_CHAIN'
sed '4s/"c"/"x"/' log >altered
is 'the last altered' 1 verify --json --jwks keys.json altered
says 'is found by the head' '{"good":false,"check":"L_ROOT"'
{ sed -n 2p log; sed -n 1p log; sed -n '3,$p' log; } >order
is 'entries in another order' 1 verify --jwks keys.json order
warns 'what should stand there' 'got entry 1 where 0 should stand'
sed '$d' log >short
is 'a log without its last head' 1 verify --jwks keys.json short
warns 'is cut' 'L_CUT [ASSAY audit]: the last head is over 2 entries, and 3 stand here'
sed '4,$d' log >short
is 'a log that was cut at a head' 0 verify --jwks keys.json short
is 'but not for who kept a newer one' 1 verify --jwks keys.json --head kept short
warns 'is cut, too' 'the head that was kept is over 3 entries, and 2 stand here'
: >empty
is 'no log at all' 1 verify --jwks keys.json empty
head -c 20000 /dev/zero | tr '\0' x >long
is 'a line without end' 1 verify --jwks keys.json long
warns 'is too long' 'L_ENTRY [ASSAY audit]: it has more than 16 KiB'
printf '{\0}\n' >zero
is 'a zero byte' 1 verify --jwks keys.json zero
is 'a kept head that is none' 1 verify --jwks keys.json --head log log

text=$(printf %s "$e1" | sed 's/"/\\"/g')
prove() { # NUMBER PATH...
	printf '{"entry":"%s","number":%s,"size":3,"path":["%s","%s"],"head":"%s"}' \
		"$text" "$@" "$new"
}
prove 1 "$h0" "$h2" >proof
is 'a proof' 0 check --jwks keys.json proof
says 'the entry' 'The entry stands in the log'
is 'a proof as JSON' 0 check --json --jwks keys.json proof
says 'what it is' '{"good":true,"check":null,"note":null,"number":1,"what":"key.released","who":"alice","time":"2026-11-25T11:00:00Z","size":3}'
prove 1 "$h1" "$h2" >proof
is 'a proof of something else' 1 check --jwks keys.json proof
warns 'leads elsewhere' 'LOG_PROOF L_PATH'
prove 2 "$h0" "$h2" >proof
is 'of another number' 1 check --json --jwks keys.json proof
says 'is found out' '"check":"L_ORDER"'

is 'no keys' 2 verify log
is 'no keys for a proof' 2 check proof
is 'no log' 2 verify --jwks keys.json
is 'no proof' 2 check --jwks keys.json
is 'a log that is not there' 2 verify --jwks keys.json nothing
is 'a folder' 2 verify --jwks keys.json .
is 'a head that is not there' 2 verify --jwks keys.json --head nothing log
is 'keys that are not there' 2 verify --jwks nothing log
is 'a proof that is not there' 2 check --jwks keys.json nothing
echo "1..$n"
