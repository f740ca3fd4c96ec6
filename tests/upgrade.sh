#!/bin/sh
# upgrade.sh ASSAY - a test: a program is upgraded, from its first version to the
# first one refused; what clients say who know it by its measurement, by a list of
# them, by its signer, and from before; and what becomes of its state.
assay=$(realpath "$1")
built=$(dirname "$assay")
if [ -w /dev/shm ]; then base=/dev/shm; else base=${TMPDIR:-/tmp}; fi
dir=$(mktemp -d "$base/assay-upgrade-XXXXXX") || exit 2
host='' liar=''
n=0
# end PID - ends what was started
end() {
	[ -n "$1" ] || return
	kill -TERM "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}
trap 'end $liar; end $host; rm -rf "$dir"' EXIT
trap 'exit 143' INT TERM
cd "$dir" || exit 2
: >liar.out

# ok NAME STATUS - one test: passed if the status is 0
ok() {
	n=$((n + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		cut -c 1-600 out err host.err | sed 's/^/# /'
	fi
}
# exits STATUS NAME ARGUMENT... - of assay
exits() {
	want=$1 name=$2
	shift 2
	"$assay" "$@" >out 2>err
	[ $? -eq "$want" ]
	ok "$name" $?
}
# version NAME LEVEL TEXT - an average with this text in it, NAME.signed
version() {
	LC_ALL=C sed "s/no party has this token/$3/" "$built/examples/average" >"$1"
	exits 0 "signed: $1" sign "$1" --key key --product 1 --revocation "$2" \
		-- "$ada" "$bob" "$cleo"
	code=$("$assay" measure --json "$1.signed" |
		sed 's/.*"computed":"\([0-9a-f]*\)".*/\1/')
}
# until_says FILE PATTERN PID - it does, before it ends
until_says() {
	tries=0
	while ! grep -q "$2" "$1" && [ $tries -lt 500 ] && kill -0 "$3"; do
		sleep 0.02
		tries=$((tries + 1))
	done 2>/dev/null
	grep -q "$2" "$1"
}
# hosted NAME - that version has a host in the last one's place, and p_liar (which
# tells no lie) counts what clients send: $via
hosted() {
	end "$liar"
	end "$host"
	: >host.out
	"$assay" host --listen 127.0.0.1:0 --platform maker/processors/p \
		--collateral $pcs --store "state.$1" "$1.signed" \
		>host.out 2>host.err &
	host=$!
	until_says host.out '^call it:' "$host" || ok "a host of $1" 1
	: >liar.out
	"$built/tests/p_liar" "$(sed -n 's/^listening on: *//p' host.out)" \
		>liar.out 2>liar.err &
	liar=$!
	until_says liar.out http "$liar" || ok 'p_liar' 1
	via=$(head -n 1 liar.out)
}
# ask STATUS NAME OPTION... - of assay call: what ada asks
request=ada # how it stands
ask() {
	want=$1 name=$2
	shift 2
	before=$(sent)
	printf %s "$request" | "$assay" call "$via" --json \
		--root maker/root.pem "$@" >out 2>err
	[ $? -eq "$want" ]
	ok "$name" $?
	now=$(sent)
}
# sent - the bytes of messages that came
sent() { awk '/^POST/ { sum += $2 } END { print sum + 0 }' liar.out; }
says() {
	grep -qe "$1" err
	ok "- $1" $?
}
accepted() {
	ask 0 "$@"
	grep -q '^waiting: ' out && [ "$now" -gt "$before" ]
	ok '- and answered' $?
}
# refused NAME PATTERN OPTION... - with that in the judgement, and nothing sent
refused() {
	name=$1 pattern=$2
	shift 2
	ask 1 "$name" "$@"
	says "$pattern"
	says 'nothing was sent'
	[ ! -s out ] && [ "$now" -eq "$before" ]
	ok '- not a byte of a message has left' $?
}

if ! "$assay" run --probe >out; then
	# shellcheck disable=SC2046 # a list of names, on one line
	echo "ok 1 - upgrade # SKIP" $(awk '/needed +missing/ { print $1 }' out)
	echo 1..1
	exit
elif readelf -lW "$built/examples/average" 2>/dev/null | grep -q INTERP; then
	echo 'ok 1 - upgrade # SKIP static programs in this build'
	echo 1..1
	exit
fi

pcs=maker/pcs/standard/53494D000001
hash() { printf %s "$1" | sha256sum | cut -c 1-64; }
ada=$(hash ada) bob=$(hash bob) cleo=$(hash cleo)
exits 0 'a manufacturer' sim maker init maker
exits 0 'its processor' sim maker make-processor maker p
exits 0 'a key' key new key

# ---- version 1, and who accepts it

version one 0 'no party has this token'
one=$code
signer=$("$assay" measure --json one.signed |
	sed 's/.*"mrsigner":"\([0-9a-f]*\)".*/\1/')
by_signer="S:$signer PROD:1 REVOKE:0 SEC:INSECURE"
hosted one
request='ada 000000000000100'
accepted 'by its measurement' --accept "C:$one SEC:INSECURE"
request=ada
accepted 'by its signer' --accept "$by_signer" --remember pin
refused 'as another product of that signer' '"rules":\["constraint.PROD"\]' \
	--accept "S:$signer PROD:2 REVOKE:0 SEC:INSECURE"
refused 'by another signer' '"rules":\["constraint.S"\]' \
	--accept "S:$one PROD:1 REVOKE:0 SEC:INSECURE"

# ---- version 2: it has another measurement, and a higher revocation level

version two 1 'no such party is here..'
two=$code
[ "$one" != "$two" ]
ok 'it is another program' $?
list="C:$one C:$two SEC:INSECURE"
echo "{\"simulation\":true,\"mrenclave\":[\"$one\",\"$two\"]}" >list.json
echo "{\"simulation\":true,\"mrsigner\":\"$signer\",\"isv_prod_id\":1,
	\"min_isv_svn\":1}" >signer.json
accepted 'the list has the first one' --accept "$list"
hosted two
refused 'who knows the first one alone' '"rules":\["constraint.C"\]' \
	--accept "C:$one SEC:INSECURE"
accepted 'the list has the second one, too' --accept "$list"
accepted 'so has the list in a policy' --policy list.json
accepted 'the same signer' --accept "$by_signer"
accepted 'the signer in a policy' --policy signer.json

# ---- who remembers the first one is asked

refused 'the change is shown' '^- mrenclave was ' --accept "$by_signer" --remember pin
says "$one"
says "$two"
says '^- level was 1'
says 'is 2$'
! grep -qE '^- (mrsigner|product) ' err
ok '- and what is the same is not' $?
grep -q "^mrenclave $one" pin
ok '- and not remembered' $?
ask 1 'it is taken, but its state is not that of before' --accept "$by_signer" \
	--remember pin --accept-change
says 'state is older than what pin remembers, or another'
grep -q "^mrenclave $two" pin
ok 'who it is now is remembered' $?
accepted 'who begins anew' --accept "$by_signer" --remember new
accepted 'and comes again' --accept "$by_signer" --remember new

# ---- what the first one sealed

cp state.one state.two
end "$liar"
end "$host"
host='' liar=''
exits 1 'the second one cannot open it' host --listen 127.0.0.1:0 \
	--platform maker/processors/p --collateral $pcs --store state.two \
	two.signed
says N_SEAL_OPEN
cmp -s state.one state.two
ok 'it is left as it was' $?
hosted one
request='ada 000000000000007'
ask 1 'the first one can' --accept "$by_signer"
says 'you have handed in your number before'
request=ada

# ---- the first one is given up: the same rule, raised

higher="S:$signer PROD:1 REVOKE:1 SEC:INSECURE"
sed 's/"min_isv_svn":1/"min_isv_svn":2/' signer.json >higher.json
refused 'the old enclave' '"rules":\["constraint.REVOKE"\]' --accept "$higher"
refused 'by a policy, too' '"rules":\["min_isv_svn"\]' --policy higher.json
refused 'the list without it' '"rules":\["constraint.C"\]' \
	--accept "C:$two SEC:INSECURE"
refused 'and who remembers the new one' '^- level was 2' --accept "$by_signer" \
	--remember new
rm state.two
hosted two
accepted 'the new enclave' --accept "$higher"
accepted 'by a policy, too' --policy higher.json

# ---- a list that runs out

in_days() { date -u -d "$1 days" +%FT%TZ; }
accepted 'a list that is good for a week' --accept "$list EXPIRE:P7D"
accepted 'is so after six days' --accept "$list EXPIRE:P7D" --at "$(in_days 6)"
refused 'and after eight no more' '"rules":\["constraint.EXPIRE"\]' \
	--accept "$list EXPIRE:P7D" --at "$(in_days 8)"
accepted 'where one without end is' --accept "$list" --at "$(in_days 8)"
echo "1..$n"
