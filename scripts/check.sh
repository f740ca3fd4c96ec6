#!/bin/sh
# check.sh TEST... - runs tests under prove, keeps what each one said in $TAP,
# and counts it in the last line.
rm -rf "$TAP"
mkdir -p "$TAP"
export TAP B FUZZ LIB_SO ASSAY="$B/assay" ASSAYD="$B/assayd"
prove -j"$(nproc)" --exec scripts/tap.sh "$@" || echo
scripts/tally.sh "$@"
