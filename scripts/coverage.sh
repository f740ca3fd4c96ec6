#!/bin/sh
# coverage.sh DIR LAYER=PERCENT... - the lines that the tests reached, a file a
# line, then a layer a line.  Fails if one of the layers named is below that.
dir=$1
shift
find "$dir/src" -name '*.gcda' -exec gcov -n {} + 2>/dev/null |
	sed -n "s/^File '\(src\/.*\.c\)'/\1/p; s/^Lines executed:\(.*\)% of \(.*\)/\1 \2/p" |
	awk '/^src/ { file = $0; next } file { print file, $1, $2; file = "" }' |
	sort | awk -v floors="$*" '
	BEGIN {
		for (n = split(floors, pair, " "); n > 0; n--) {
			split(pair[n], part, "=")
			least[part[1]] = part[2]
		}
	}
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
			low = percent < least[layer]
			said = low ? ": below " least[layer] " %" : ""
			printf "%6.1f %% of %4d  %s%s\n", percent, lines[layer],
				layer, said | "sort -k 5"
			bad = bad || low
		}
		for (layer in least)
			bad = bad || !lines[layer]
		close("sort -k 5")
		exit bad || NR == 0
	}'
