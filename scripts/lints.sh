#!/bin/sh
# lints.sh - a test: what can be said of the source without running it.
n=0
lint() { # NAME [ARGUMENT...]
	n=$((n + 1)) name=$1
	shift
	if said=$("scripts/$name.sh" "$@" 2>&1); then
		echo "ok $n - $name"
	else
		printf '%s\n' "not ok $n - $name" "$said" | sed '2,$s/^/# /'
	fi
}

lint check-layers
lint check-checks
lint check-sources
lint check-docs
lint check-words
lint check-exports "$LIB_SO"
lint check-single-use "$B"
echo "1..$n"
