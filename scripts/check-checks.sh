#!/bin/sh
# check-checks.sh - every check of checks.def fails at exactly one place in
# src/: one call of a function named ...fail or ...fail_at that names it; and at
# least one test expects it.
calls=$(cat src/*/*.c | tr -d ' \n\t' | grep -oE 'fail\([^,;]*,ASSAY_[A-Z0-9_]*,')
tests=$(sed 's|/\*.*\*/||; /^ \* /d; /^\/\*/d' tests/*.[ch] tests/*.sh 2>/dev/null)

sed -n 's/^ASSAY_CHECK([0-9]*, \([A-Z0-9_]*\),.*/\1/p' include/assay/checks.def | {
	bad=0
	while read -r check; do
		n=$(echo "$calls" | grep -c ",ASSAY_$check,$")
		[ "$n" -eq 1 ] ||
			{ echo "$check: fails at $n places, not 1"; bad=1; }
		echo "$tests" | grep -qwE "(ASSAY_)?$check" ||
			{ echo "$check: no test expects it"; bad=1; }
	done
	exit $bad
}
