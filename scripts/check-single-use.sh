#!/bin/sh
# check-single-use.sh DIR - a function that only its own file uses is static.
# The objects in DIR say which are not, and who uses them; so do the sources, for
# what is not built here.  What the public headers declare is left out.
{
	find "$1" -name '*.o' -exec nm -A -g {} + |
		sed -n 's|^[^:]*/\(src/.*\)\.o:[0-9a-f]* [TDRB] |defined \1.c |p
			s|^\(.*\):  *U |used \1 |p'
	grep -oHE '\b(assay|sim|cli|cmd)_[a-z0-9_]+' include/assay/*.h \
		src/*/*.[ch] tests/*.[ch] fuzz/*.c bench/*.c 2>/dev/null |
		sed 's/^/said /; s/:/ /'
} | awk '
	$1 == "defined" { file[$3] = $2 }
	$1 == "used" || $2 ~ /^include/ { used[$3] = 1 }
	$1 == "said" && $2 ~ /c$/ { said[$3] = said[$3] " " $2 }
	$1 == "said" && $2 ~ /h$/ && header[$2 $3]++ { used[$3] = 1 }
	END {
		for (name in file) {
			if ((getline line < file[name]) < 0)
				continue # an object of a source that is gone
			gsub(" " file[name], "", said[name])
			if (!used[name] && !said[name] && name != "main") {
				print file[name] ": " name " could be static"
				bad = 1
			}
		}
		exit bad
	}'
