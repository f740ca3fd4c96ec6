#!/bin/sh
# fuzz.sh TARGET SECONDS - runs one fuzz target from its corpus, with the
# max_len of docs/fuzzing.md.  What it finds is left in $B/found.
found=$B/found/$1
max_len=$(sed -n "s/^| \`$1\` | \([0-9]*\) |.*/\1/p" docs/fuzzing.md)
mkdir -p "$found"
"$B/fuzz/$1" -max_total_time="$2" -max_len="${max_len:?}" -timeout=10 \
	-artifact_prefix="$found/" -print_final_stats=1 -verbosity=0 \
	"$found" "fuzz/corpus/$1" 2>"$found.log"
status=$?
awk -v target="$1" '
	/stat::number_of_executed_units/ { n = $2 }
	/stat::average_exec_per_sec/ { rate = $2 }
	END { printf "%-12s %d inputs, %d a second\n", target, n, rate }' "$found.log"
[ $status -eq 0 ] || cat "$found.log"
exit $status
