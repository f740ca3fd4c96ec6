#!/bin/sh
# check-exports.sh LIB - the shared library exports exactly what the public
# headers declare between ASSAY_BEGIN and ASSAY_END.
{
	cat include/assay/*.h | sed 's|/\*.*\*/||; /\/\*/,/\*\//d' |
		sed -n '/^ASSAY_BEGIN/,/^ASSAY_END/p' | tr '\n' ' ' |
		grep -oE 'assay_[a-z0-9_]+ *(\(|\[)' | tr -d ' ([' |
		sort -u | sed 's/$/ declared/'
	nm -D --defined-only "$1" | sed 's/.* //; s/@.*//; s/$/ exported/'
} | awk '
	{ seen[$1] = seen[$1] $2 }
	END {
		for (name in seen)
			if (seen[name] != "declaredexported") {
				print name ": only " seen[name]
				bad = 1
			}
		exit bad
	}'
