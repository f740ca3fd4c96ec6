#!/bin/sh
# coverage.sh DIR LAYER... - the lines that the tests reached, a file a line,
# then a layer a line.  Fails if one of the layers named is below 97 %.
dir=$1
shift
find "$dir/src" -name '*.gcda' -exec gcov -n {} + 2>/dev/null |
	sed -n "s/^File '\(src\/.*\.c\)'/\1/p; s/^Lines executed:\(.*\)% of \(.*\)/\1 \2/p" |
	awk '/^src/ { file = $0; next } file { print file, $1, $2; file = "" }' |
	sort | awk -v named=" $* " '
	{
		split($1, part, "/")
		layer = part[2]
		lines[layer] += $3
		hit[layer] += $2 * $3 / 100
		printf "%6.1f %% of %4d  %s\n", $2, $3, $1
	}
	END {
		for (layer in lines) {
			percent = 100 * hit[layer] / lines[layer]
			low = percent < 97 && index(named, " " layer " ")
			printf "%6.1f %% of %4d  %s%s\n", percent, lines[layer],
				layer, low ? ": below 97 %" : "" | "sort -k 5"
			bad = bad || low
		}
		close("sort -k 5")
		exit bad || NR == 0
	}'
