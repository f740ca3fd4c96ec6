#!/bin/sh
# check-sources.sh - every source tag that is cited, [DCAP 4.2] or [RFC 5280
# 4.1], is listed in docs/sources.md: of DCAP, SGX, CONCLAVE and ASSAY each
# section, of the others the document.
cited() {
	cat include/assay/* src/*/* tests/*.[ch] fuzz/*.c bench/* scripts/*.sh \
		man/* docs/[!s]*.md docs/decisions/* README.md 2>/dev/null |
		sed 's/^[ \t]*\*//' | tr -s '\n\t ' ' ' |
		grep -aoE '\[(PERF|[A-Z][A-Z0-9.]+ [0-9a-z][^][]*)\]' |
		tr -d '[]' | awk '
		{ n = split($0, part, /[,;] */); split(part[1], word, / /) }
		!/^(DCAP|SGX|CONCLAVE|ASSAY) / {
			print word[1] ~ /RFC|FIPS/ ? word[1] " " word[2] : word[1]
			next
		}
		{
			part[1] = word[2]
			for (i = 1; i <= n; i++) {
				m = split(part[i], end, /-/)
				for (j = 1; j <= m; j++) {
					sub(/ .*/, "", end[j])
					if (i == 1 || end[j] ~ /^[0-9]/)
						print word[1] " " end[j]
				}
			}
		}'
}

list=$(sed -n 's/^| \[\([^]]*\)\].*/\1/p' docs/sources.md | sort -u)
cited | sort -u | grep -vxF -e "$list" | sed 's|^|cited, not listed: |' | { ! grep .; }
