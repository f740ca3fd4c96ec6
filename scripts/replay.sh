#!/bin/sh
# replay.sh - a test: every fuzz target ($FUZZ, built in $B) takes every input
# of its corpus.
n=0
for t in $FUZZ; do
	n=$((n + 1))
	if said=$("$B/fuzz/replay_$t" "fuzz/corpus/$t" 2>&1); then
		echo "ok $n - fuzz corpus $t: $said"
	else
		printf '%s\n' "not ok $n - fuzz corpus $t" "$said" |
			sed '2,$s/^/# /'
	fi
done
echo "1..$n"
