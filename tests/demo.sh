#!/bin/sh
# demo.sh ASSAY - a test: the demo tells its story to the end, and what it shows
# is what it says that it shows.
. tests/h_tap.sh
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
said="$dir/out $dir/err"
# has COUNT PATTERN - so many lines of it do
has() {
	[ "$(grep -cE "$2" "$dir/out")" -eq "$1" ]
	ok "$1 times: $2" $?
}

scripts/demo-story.sh "$(dirname "$1")" >"$dir/out" 2>"$dir/err"
ok 'it ends well' $?
[ ! -s "$dir/err" ]
ok 'and complains of nothing' $?
if grep -q 'no more to this part' "$dir/out"; then
	n=$((n + 1))
	echo "ok $n - the story # SKIP $(tail -n 1 "$dir/out")"
else
	has 1 '^    Decision: accept$'
	has 1 '^   The measurement in it is the one that she computed'
	has 1 '^    terces ym$'
	has 2 'is told: average of 3: 4700\.00$'
	has 1 'is told: the program refuses: '
	has 10 '^refused +0 bytes  '
	has 1 '^refused +[1-9][0-9]* bytes  the average given the state '
	has 2 '^no answer +[1-9][0-9]* bytes  the (request|answer) altered'
	has 2 '^answered +[1-9]'
	has 15 '^(refused|no answer|answered) '
	for check in X_ROOT_PIN constraint.C allow_debug K_NONCE \
		accepted_statuses J_ROLLBACK R_PCK_REVOKED R_FLOOR; do
		has 1 "^ +(keys: )?$check: "
	done
	has 2 '^ +keys: K_BOUND: '
fi
echo "1..$n"
