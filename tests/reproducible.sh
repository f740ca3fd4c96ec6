#!/bin/sh
# reproducible.sh ASSAY - a test: an enclave program that is built once more,
# in another folder, is the same file, and so has the same measurement.
. tests/h_tap.sh
assay=$(realpath "$1")
built=$(dirname "$assay")/examples
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
said=$dir/log

# measure PROGRAM - the line with its measurement
measure() {
	"$assay" measure "$1" 2>"$dir/log" | grep '^Computed  *[0-9A-F]\{64\}$'
}

# Sanitizers have no static programs, and counters are kept by path.
if readelf -lW "$built/reverse" 2>/dev/null | grep -q INTERP ||
	grep -q '\.gcda' "$built/reverse"; then
	echo 'ok 1 - the same program # SKIP programs that are the same in this build'
	echo '1..1'
	exit
fi

# What an enclave program is made of, in a folder with a longer name; the clock,
# language and rights of whoever builds are others, too.
copy=$dir/another/folder
mkdir -p "$copy/src"
cp -r Makefile include examples "$copy"
for layer in base crypto format attest seal enclave; do
	cp -r "src/$layer" "$copy/src"
done
programs=$(basename -s .c examples/*.c)
# shellcheck disable=SC2046 # names
(
	umask 077
	unset B TAP T
	TZ=Asia/Tokyo LC_ALL=C.UTF-8 LANGUAGE=ja make -C "$copy" B=build -j2 \
		$(echo "$programs" | sed 's|^|build/examples/|')
) >"$dir/log" 2>&1
ok 'they are built in another folder' $?

for program in $programs; do
	cmp "$built/$program" "$copy/build/examples/$program" >"$dir/log" 2>&1
	ok "$program is the same file" $?
	measure "$built/$program" >"$dir/here" &&
		measure "$copy/build/examples/$program" >"$dir/there" &&
		cmp "$dir/here" "$dir/there" >"$dir/log" 2>&1
	ok "$program has the same measurement" $?
done
echo "1..$n"
