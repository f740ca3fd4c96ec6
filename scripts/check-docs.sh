#!/bin/sh
# check-docs.sh - the documents tell of what is there: docs/checks.md every
# check, docs/policy.md every key of a policy, docs/fuzzing.md every fuzz target,
# docs/architecture.md every layer, docs/isolation.md every protection,
# docs/attestation-files.md every file, docs/manufacturer.md every path that is
# answered, docs/enclave-program.md every system call.
bad=0
scripts/make-checks-md.sh | diff - docs/checks.md || {
	echo 'docs/checks.md is not what checks.def says: make docs'
	bad=1
}
# DOCUMENT NAME... - each stands in the first column of a table: alone, beside
# others, or as the end of a path; no name at all is wrong, too.
names() {
	doc=$1
	shift
	[ $# -gt 0 ] || { echo "$doc: names of nothing"; bad=1; }
	for name in "$@"; do
		grep -q "^|[^|]*[\`/]$name\`[^|]*|" "$doc" ||
			{ echo "$doc: no row for $name"; bad=1; }
	done
}
# shellcheck disable=SC2046 # names
names docs/policy.md $(sed -n 's/^ASSAY_[A-Z]*(\([a-z0-9_]*\),.*/\1/p' src/policy/keys.def)
# shellcheck disable=SC2046
names docs/fuzzing.md $(basename -s .c fuzz/fuzz_*.c | sed 's/^fuzz_//')
# shellcheck disable=SC2046
names docs/architecture.md $(basename -a src/*/)
# shellcheck disable=SC2046
names docs/isolation.md $(sed -n '/sim_protections\[\] = {/,/^};/s/^\t{ "\([a-z-]*\)",.*/\1/p' src/launch/isolate.c)
# shellcheck disable=SC2046
names docs/attestation-files.md $(sed -n 's/^\t{ ROOT "\([a-z_/]*\)",.*/\1/p' src/launch/attfs.c)
# shellcheck disable=SC2046
names docs/manufacturer.md $(sed -n '/pcs_routes\[\] = {/,/^};/s/^\t{ .path = \(V4 \)*"\/*\([A-Za-z/.]*\)", .*/\2/p' src/serve/pcs.c)
calls=$(sed -n '/rules\[\] = {/,/^};/p' src/launch/filter.c |
	grep -oE '(ALLOW|ALLOW_IF|__NR_|NR_)[(]?[a-zA-Z0-9_]+' |
	sed 's/.*(//; s/^_*NR_//' | tr '[:upper:]' '[:lower:]')
[ -n "$calls" ] || { echo 'src/launch/filter.c: no system calls'; bad=1; }
for call in $calls; do
	grep -q "\`$call\`" docs/enclave-program.md ||
		{ echo "docs/enclave-program.md: nothing of $call"; bad=1; }
done
exit $bad
