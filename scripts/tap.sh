#!/bin/sh
# tap.sh TEST - runs one test, program or script, and keeps in $TAP what it
# printed and how it ended.
log=$TAP/$(basename "$1" .sh)

case $1 in
*.sh) timeout 1800 sh "$1" "$ASSAY" ;;
*) timeout 1800 "$1" ;;
esac >"$log.out" 2>"$log.err" </dev/null
echo $? >"$log.status"
cat "$log.out"
exit "$(cat "$log.status")"
