#!/bin/sh
# h_liar.sh - for tests of assay call, read by them with `.`: a host of programs,
# and p_liar, to which the client talks instead: it counts what is sent.
# shellcheck disable=SC2119,SC2120 # who reads this says which lie is told
. tests/h_tap.sh
assay=$(realpath "$1")
built=$(dirname "$assay")
if [ -w /dev/shm ]; then base=/dev/shm; else base=${TMPDIR:-/tmp}; fi
dir=$(mktemp -d "$base/assay-$(basename "$0" .sh)-XXXXXX") || exit 2
host='' liar=''
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
said='out err host.err liar.out'

# exits STATUS NAME ARGUMENT... - of assay
exits() {
	want=$1 name=$2
	shift 2
	"$assay" "$@" >out 2>err
	[ $? -eq "$want" ]
	ok "$name" $?
}
says() {
	grep -qe "$1" err
	ok "- $1" $?
}
# measured FILE - what is in it, as assay measure has it
measured() {
	"$assay" measure --json "$1" | sed 's/.*"computed":"\([0-9a-f]*\)".*/\1/'
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
# hosted ARGUMENT... - a host in the last one's place, of which the liar tells the
# truth: $host, $url
hosted() {
	end "$host"
	: >host.out
	"$assay" host --listen 127.0.0.1:0 "$@" >host.out 2>host.err &
	host=$!
	until_says host.out '^call it:' "$host" || ok 'a host' 1
	url=$(sed -n 's/^listening on: *//p' host.out)
	lying
}
# lying [LIE] - that host tells it, from now on: $liar, $via
lying() {
	end "$liar"
	: >liar.out
	"$built/tests/p_liar" "$url" "$@" >liar.out 2>liar.err &
	liar=$!
	until_says liar.out http "$liar" || ok 'a liar' 1
	via=$(head -n 1 liar.out)
}

# sent - the bytes of messages that the liar was handed
sent() { awk '/^POST/ { sum += $2 } END { print sum + 0 }' liar.out; }
# call STATUS NAME OPTION... - of assay call, with $request
call() {
	want=$1 name=$2
	shift 2
	before=$(sent)
	printf %s "${request:?}" | "$assay" call "$via" --json \
		--root maker/root.pem "$@" >out 2>err
	[ $? -eq "$want" ]
	ok "$name" $?
}
# answered NAME OPTION... - with $answer
answered() {
	call 0 "$@"
	grep -q "^${answer:?}" out && [ "$(sent)" -gt "$before" ]
	ok '- and answered' $?
}
# refused NAME PATTERN OPTION... - with that in the judgement, and nothing sent
refused() {
	name=$1 pattern=$2
	shift 2
	call 1 "$name" "$@"
	says "$pattern"
	says 'nothing was sent'
	[ ! -s out ] && grep -q '^GET' liar.out && [ "$(sent)" -eq "$before" ]
	ok '- not a byte of a message has left' $?
}
