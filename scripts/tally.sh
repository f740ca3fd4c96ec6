#!/bin/sh
# tally.sh TEST... - counts what the tests said in $TAP, shows what failed, and
# says it all in one last line.  Fails if anything failed or nothing passed.
passed=0 failed=0 skipped=0

# count STATUS FILE: one test's TAP as "passed failed skipped".  To crash, or to
# say another number of results than was planned, is a failure.
count() {
	awk -v status="$1" '
	/^ok .*# *SKIP/ { skipped++; n++; next }
	/^ok / { passed++; n++ }
	/^not ok / { failed++; n++ }
	/^1\.\.[0-9]+/ { plan = substr($1, 4) }
	/^1\.\.0 *# *SKIP/ { skipped++ }
	END {
		if (!failed && (status != "0" || plan == "" || plan != n + 0))
			failed++
		print passed + 0, failed + 0, skipped + 0
	}' "$2"
}

for t in "$@"; do
	log=$TAP/$(basename "$t" .sh)
	touch "$log.out" "$log.err"
	status=$(cat "$log.status" 2>/dev/null || echo 'none: it did not run')
	count "$status" "$log.out" >"$log.count"
	read -r p f s <"$log.count"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
	[ "$f" -gt 0 ] || continue
	echo "FAILED: $t (exit status $status)"
	# what failed, and the notes that follow it
	awk '/^(not )?ok /{ bad = /^not/ } bad && /^(not|#)/' "$log.out" |
		head -n 100
	tail -n 40 "$log.err"
done
echo "$passed $failed $skipped" >"$TAP/sum"
scripts/count.sh "$passed" "$failed" "$skipped"
