#!/bin/sh
# h_tap.sh - what tests in sh have in common, read by them with `.`: how many there
# were, and how each went.  $said: the files that one which failed shows.
n=0

# ok NAME STATUS - one test: passed if the status is 0
ok() {
	n=$((n + 1))
	if [ "$2" -eq 0 ]; then
		printf '%s\n' "ok $n - $1"
		return
	fi
	printf '%s\n' "not ok $n - $1"
	for shown in ${said:-out err}; do
		[ ! -f "$shown" ] || head -c 3000 "$shown" | sed 's/^/# /'
	done
}

# result NAME COMMAND... - one test: passed if the command succeeds
result() {
	name=$1
	shift
	"$@"
	ok "$name" $?
}

# skip NAME WHY - one test that is not made
skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}
# skip_rest NAME WHY - and nothing after it
skip_rest() {
	skip "$1" "$2"
	echo "1..$n"
	exit
}
# needs_enclaves NAME PROGRAM - unless such a program can be run here, by $assay,
# the rest is skipped
needs_enclaves() {
	missing=$("${assay:?}" run --probe)
	case $? in
	0) ;;
	1) skip_rest "$1" "$(echo "$missing" |
		awk '/needed +missing/ { printf "%s ", $1 }')" ;;
	*) ok 'it says what is missing here' 1 ;;
	esac
	! readelf -lW "$2" 2>/dev/null | grep -q INTERP ||
		skip_rest "$1" 'static programs in this build'
}

# until_ok COMMAND... - it succeeds, within twenty seconds
until_ok() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 400 ] || return 1
		sleep 0.05
	done
}
