#!/bin/sh
# parties.sh ASSAY - a test: the examples with several parties, each played
# through a host, from the first hand to the result.
. tests/h_tap.sh
assay=$(realpath "$1")
examples=$(dirname "$assay")/examples
if [ -w /dev/shm ]; then base=/dev/shm; else base=${TMPDIR:-/tmp}; fi
dir=$(mktemp -d "$base/assay-parties-XXXXXX") || exit 2
hosts=
end() {
	# shellcheck disable=SC2086 # a list of numbers
	[ -z "$hosts" ] || kill -TERM $hosts 2>/dev/null
	wait
	rm -rf "$dir"
}
trap end EXIT
cd "$dir" || exit 2
said='out err host.err'

number() { printf %015d "$1"; }
hash() { printf %s "$1" | sha256sum | cut -c 1-64; }
# sign EXAMPLE ARGUMENT... - signs it, and sets $code
sign() {
	name=$1
	shift
	cp "$examples/$name" "$name"
	"$assay" sign "$name" --key key --product 1 --revocation 0 -- "$@" \
		>out 2>err
	ok "signed: $name" $?
	code=$("$assay" measure --json "$name.signed" |
		sed 's/.*"computed":"\([0-9a-f]*\)".*/\1/')
}
# host EXAMPLE STORE - starts a host; sets $url and $host
host() {
	: >host.out
	"$assay" host "$1.signed" --listen 127.0.0.1:0 --store "$2" \
		--platform maker/processors/m --collateral "$documents" \
		>host.out 2>host.err &
	host=$!
	hosts="$hosts $host"
	tries=0
	while ! grep -q '^call it:.*http' host.out && [ $tries -lt 500 ] &&
		kill -0 "$host" 2>/dev/null; do
		sleep 0.02
		tries=$((tries + 1))
	done
	url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' host.out | head -n 1)
	[ -n "$url" ]
	ok "a host of $1" $?
}
# leave - ends the last host
leave() {
	kill -TERM "$host"
	wait "$host"
	ok 'it ends' $?
	hosts=$(echo "$hosts" | sed "s/ $host\\b//")
}
# ask STATUS TEXT NAME [OPTION]... - TEXT is the request, as printf has it
ask() {
	want=$1 text=$2 name=$3
	shift 3
	printf %b "$text" | "$assay" call "$url" --root maker/root.pem \
		--accept "C:$code SEC:INSECURE" "$@" >out 2>err
	[ $? -eq "$want" ]
	ok "$name" $?
}
# is TEXT [NAME] - the answer, as printf has it
is() {
	printf %b "$1" | cmp -s - out
	ok "${2:-${1%%\\n*}}" $?
}
# line TEXT [NAME] - the answer, of the one length that all have
line() {
	[ "$(sed 's/ *$//' out)" = "$1" ] && [ "$(wc -c <out)" -eq 65 ]
	ok "${2:-$1}" $?
}
# no PATTERN - the program's refusal, of that length too
no() {
	sed -n 's/.*the program refuses: //p' err >refusal
	grep -qe "$1" refusal && [ "$(wc -c <refusal)" -eq 66 ]
	ok "$1" $?
}
# says PATTERN - the last command did
says() {
	grep -qe "$1" err
	ok "$1" $?
}

needs_enclaves 'the parties' "$examples/average"

documents=maker/pcs/standard/53494D000001
"$assay" sim maker init maker >out 2>err &&
	"$assay" sim maker make-processor maker m >out 2>err &&
	"$assay" key new key >out 2>err
ok 'a machine, and a key' $?
a=$(hash ada) b=$(hash bob) c=$(hash cleo)

# ---- an auction: begun first, since it takes until its deadline

sign auction 1 "$a"
! "$assay" run --platform maker/processors/m auction.signed </dev/null >out 2>err
ok 'one bidder is none to begin with' $?
# bid - four auctions until $deadline: equal bids, a second price, one bid, none
bid() {
	host auction equal.$deadline
	equal=$url equal_host=$host
	ask 0 'ada' 'no bid yet'
	line 'you have not bid'
	ask 0 "ada $(number 50)" 'a bid' --remember ada.$deadline
	line 'your bid is there'
	cp equal.$deadline older.$deadline
	ask 0 "bob $(number 70)" 'a higher one'
	line 'your bid is there' 'nothing of the others is told'
	ask 0 "cleo $(number 70)\n" 'an equal one'
	ask 1 "ada $(number 90)" 'a second bid'
	no 'you have bid before'
	ask 1 "eve $(number 90)" 'a stranger'
	no 'no bidder has this token'
	ask 1 'ada 00000000000009x' 'no number'
	no 'the amount in 15 digits'
	ask 1 'ada 90' 'an amount whose length tells of it'
	no 'the amount in 15 digits'
	ask 1 'ada 0000000000000090' 'or a longer one'
	no 'the amount in 15 digits'
	ask 0 'ada' 'before the end'
	line 'your bid is there'
	host auction second.$deadline
	second=$url
	ask 0 "cleo $(number 100)" 'a high bid'
	ask 0 "bob $(number 30)" 'a low bid'
	host auction one.$deadline
	one=$url
	ask 0 "bob $(number 12)" 'one bid'
	host auction none.$deadline
	none=$url
}
for seconds in 4 16 64; do
	deadline=$(($(date +%s) + seconds))
	sign auction "$deadline" "$a" "$b" "$c"
	bid
	[ "$(date +%s)" -ge "$deadline" ] || break
done
auction=$code

# ---- an average

sign average "$a" "$b" "$c"
host average average.state
ask 0 'ada' 'how it stands'
line 'waiting: 0 of 3 are there'
ask 0 "ada $(number 100)" 'a number' --remember ada
line 'waiting: 1 of 3 are there'
cp average.state older
ask 1 "ada $(number 5)" 'a second one'
no 'you have handed in your number before'
ask 1 "eve $(number 3)" 'a stranger'
no 'no party has this token'
ask 1 'bob -00000000000003' 'no number'
no 'the number in 15 digits'
ask 1 'bob 3' 'a number whose length tells of it'
no 'the number in 15 digits'
ask 1 'bob 0000000000000003' 'or a longer one'
no 'the number in 15 digits'
leave
host average average.state
ask 0 "bob $(number 200)" 'after a restart' --remember bob
line 'waiting: 2 of 3 are there' 'what was handed in is there still'
ask 1 "ada $(number 5)" 'and counts'
no 'you have handed in your number before'
ask 0 'ada' 'who remembers goes on' --remember ada
ask 0 "cleo $(number 301)\n" 'the last number'
line 'average of 3: 200.33'
ask 0 'ada' 'all hear it' --remember ada
line 'average of 3: 200.33'
leave
head -c 100 average.state >short
"$assay" host average.signed --listen 127.0.0.1:0 --store short \
	--platform maker/processors/m >out 2>err
[ $? -eq 1 ]
ok 'a state that was cut short is not taken' $?
says N_SEAL_
cp older average.state
host average average.state
ask 1 'ada' 'an older state is noticed' --remember ada
says "the enclave's state is older"
is '' 'without an answer'
ask 1 'bob' 'by each who remembers' --remember bob
ask 0 'cleo' 'and by nobody else'
line 'waiting: 1 of 3 are there'
leave
rm average.state
host average average.state
ask 1 'ada' 'none at all is noticed, too' --remember ada
leave

# ---- two lists

sign psi "$a" "$b"
host psi psi.state
ask 0 'ada' 'no list yet'
is 'waiting for your list\n'
ask 0 'ada\nbees\ncats\nants\ncats\n' 'a list' --remember ada.psi
is 'waiting for the other list\n'
! grep -q cats psi.state
ok 'what is kept is sealed' $?
ask 1 'ada\ndogs\n' 'a second list'
says 'you have handed in your list before'
ask 1 'eve\ndogs\n' 'a stranger'
says 'no party has this token'
ask 0 'bob' 'what the other asks'
is 'waiting for your list\n' 'nothing of the list is told'
cp psi.state older
leave
host psi psi.state
ask 0 'bob\n\ncats\n\ncats\nbee\nbeest\nants' 'the other list, after a restart'
is 'common: 2\nants\ncats\n' 'each entry once'
ask 0 'ada' 'both hear it' --remember ada.psi
is 'common: 2\nants\ncats\n'
leave
cp older psi.state
host psi psi.state
ask 1 'ada' 'an older state is noticed here' --remember ada.psi
says "the enclave's state is older"
ask 0 'bob\ndogs\n' 'who takes it hands in another'
is 'common: 0\n'
leave
rm psi.state
host psi psi.state
ask 0 'ada\n\n' 'a list without entries'
ask 0 'bob\nants\n' 'and one with'
is 'common: 0\n' 'have nothing in common'
leave
rm psi.state
host psi psi.state
seq 100000 169999 | sed '1i ada' >list
ask 1 "$(cat list)" 'too many entries'
says 'want at most 500 KiB and 65536 entries'
seq 100000 165535 | sed '1i ada' >list
ask 0 "$(cat list)" 'a large list'
seq 150000 210000 | sort -R | sed '1i bob' >list
ask 0 "$(cat list)" 'another'
{ echo common: 15536 && seq 150000 165535; } >expected
cmp -s expected out
ok 'have all in common that they should' $?
leave

# ---- the auction's end

code=$auction
while [ "$(date +%s)" -lt "$deadline" ]; do
	sleep 0.2
done
url=$equal
ask 0 'ada' 'after the deadline' --remember "ada.$deadline"
line 'over: bidder 2 won, and pays 70'
ask 0 'bob' 'of equal bids the first one wins'
line 'over: bidder 2 won (that is you), and pays 70'
url=$second
ask 1 "ada $(number 1000)" 'a bid that is too late'
no 'the auction is over'
ask 0 'ada' 'who did not bid'
line 'over: bidder 3 won, and pays 30' 'the second price'
url=$one
ask 0 'bob' 'one bidder'
line 'over: bidder 2 won (that is you), and pays 0'
url=$none
ask 0 'cleo' 'no bidder'
line 'over: nobody bid'
host=$equal_host
leave
cp "older.$deadline" "equal.$deadline"
host auction "equal.$deadline"
ask 1 'ada' 'an older state of an auction is noticed' --remember "ada.$deadline"
says "the enclave's state is older"
leave
echo "1..$n"
