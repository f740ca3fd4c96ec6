#!/bin/sh
# count.sh PASSED FAILED SKIPPED - the last line of a run.  Fails if anything
# failed, or nothing passed.
echo "$1 passed, $2 failed$([ "$3" -eq 0 ] || echo ", $3 skipped")"
[ "$2" -eq 0 ] && [ "$1" -gt 0 ]
