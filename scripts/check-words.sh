#!/bin/sh
# check-words.sh - no file of the project has a note to finish something, a path
# of somebody's machine, or the address of a package registry.
{ git ls-files -co --exclude-standard 2>/dev/null || find . -type f -not -path './build/*'; } |
	grep -vE '^(\./)?scripts/check-words.sh$' | tr '\n' '\0' |
	xargs -0 grep -InE \
	-e '\b(TODO|FIXME|XXX|HACK)\b' \
	-e '(^|[^A-Za-z0-9_.])/(work|home|root|Users|tmp/[a-z]+)/' \
	-e '\b(registry|repo|deb|pypi|crates|index)\.[a-z.]*(org|io|com)\b' |
	{ ! grep .; }
