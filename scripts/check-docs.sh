#!/bin/sh
# check-docs.sh - the documents tell of what is there: docs/checks.md every
# check, docs/policy.md every key of a policy, docs/fuzzing.md every fuzz target,
# docs/architecture.md every layer.
bad=0
scripts/make-checks-md.sh | diff - docs/checks.md || {
	echo 'docs/checks.md is not what checks.def says: make docs'
	bad=1
}
names() { # DOCUMENT NAME... - each stands in its first column of a table
	doc=$1
	shift
	for name in "$@"; do
		grep -q "^| \`$name\` |" "$doc" ||
			{ echo "$doc: no row for $name"; bad=1; }
	done
}
# shellcheck disable=SC2046 # names
names docs/policy.md $(sed -n 's/^ASSAY_[A-Z]*(\([a-z0-9_]*\),.*/\1/p' src/policy/keys.def)
# shellcheck disable=SC2046
names docs/fuzzing.md $(basename -s .c fuzz/fuzz_*.c | sed 's/^fuzz_//')
# shellcheck disable=SC2046
names docs/architecture.md $(basename -a src/*/)
exit $bad
