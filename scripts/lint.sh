#!/bin/sh
# lint.sh CPPFLAGS... - what takes longer than scripts/lints.sh, or needs more
# tools: every header compiles by itself (the public ones as C++ too),
# clang-tidy, shellcheck, mandoc.
bad=0
wrong() {
	echo "lint: $*"
	bad=1
}
for h in include/assay/*.h src/*/*.h; do
	echo "#include \"$h\"" | cc -std=c17 "$@" -I. -Wall -Werror \
		-fsyntax-only -x c - || wrong "$h does not compile by itself"
done
for h in include/assay/*.h; do
	echo "#include \"$h\"" | c++ -std=c++17 "$@" -I. -Wall -Werror \
		-fsyntax-only -x c++ - || wrong "$h is no C++"
done
find src examples -name '*.c' -print0 | xargs -0 -P "$(nproc)" -I '{}' \
	clang-tidy --quiet '{}' -- -std=c17 "$@" 2>/dev/null ||
	wrong clang-tidy
find run .ci scripts tests '(' -name '*.sh' -o -name '*.bash' -o -name run ')' -print0 |
	xargs -0 shellcheck || wrong shellcheck
find man -name '*.[1-8]' -print0 | xargs -0 -r mandoc -T lint -W warning ||
	wrong mandoc
exit $bad
