#!/bin/sh
# check-all.sh - the tests in every flavour, one after the other up to the first
# that fails; the last line counts them all.
make=${MAKE:-make}
passed=0 failed=0 skipped=0 wrong=

# step SUM COMMAND... - SUM is the file with the numbers of its tests; or a
# dash: then it is one test itself
step() {
	sum=$1 p=0 f=0 s=0
	shift
	[ -z "$wrong" ] || return
	printf '\n== %s\n' "$*"
	rm -f "$sum"
	"$@" </dev/null
	status=$?
	if [ -f "$sum" ]; then read -r p f s <"$sum"; fi
	if [ "$status" -ne 0 ]; then
		wrong="failed: $*"
		[ "$f" -gt 0 ] || f=1 # it did not build, or reaches too little
	elif [ "$sum" = - ]; then
		p=1
	fi
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

step build/cc/tap/sum "$make" check
step build/cc/tap-long/sum "$make" check-long
step build/cc-address-undefined/tap/sum "$make" check SAN=address,undefined
step build/clang/tap/sum "$make" check CC=clang
step build/cc-evp/tap/sum "$make" check P256=evp T='t_crypto t_p256% t_cases% t_vectors%'
step build/coverage/tap/sum "$make" coverage
step - "$make" lint

echo "$wrong"
echo "$passed $failed $skipped" >build/sum
scripts/count.sh "$passed" "$failed" "$skipped"
