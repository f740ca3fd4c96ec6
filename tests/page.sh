#!/bin/sh
# page.sh ASSAY - a test: the page in a browser (page.py), with good evidence and
# with evidence that was changed in every link, by keyboard, on narrow screens, in
# light and dark, and with a service that answers markup.
skip() {
	echo "ok 1 - the page in a browser # SKIP $1"
	echo '1..1'
	exit
}
for program in chromedriver chromium; do
	[ -x "/usr/bin/$program" ] || skip "$program"
done
/usr/bin/python3 -c 'import selenium' 2>/dev/null || skip python3-selenium
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
"$1" sim sample "$dir/sample" >"$dir/out" 2>&1 || {
	sed 's/^/# /' "$dir/out"
	echo 'not ok 1 - a sample'
}
# what a browser writes at home is none of anybody's
HOME=$dir /usr/bin/python3 tests/page.py "$(realpath "$1")" "$dir/sample"
