#!/bin/sh
# policy_test.sh ASSAY - a test: assay policy test, evidence of before against a new
# policy.
. tests/h_tap.sh
assay=$(realpath "$1")
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
said="$dir/out $dir/err"

is() { # NAME STATUS ARGUMENT... - assay ends so
	name=$1 want=$2
	shift 2
	"$assay" "$@" >"$dir/out" 2>"$dir/err" </dev/null
	[ $? -eq "$want" ]
	ok "$name" $?
}
says() { # NAME TEXT
	grep -qF -e "$2" "$dir/out"
	ok "$1" $?
}
complains() {
	grep -qF -e "$2" "$dir/err"
	ok "$1" $?
}

cd "$dir" || exit
now=2026-11-23T12:00:00Z
is 'a good one' 0 sim sample --at $now good
is 'a stale one' 0 sim sample --at $now --status OutOfDate stale
mkdir evidence
cp good/quote.bin evidence/good
cp stale/quote.bin evidence/stale
echo '{"any_code":true,"simulation":true}' >strict.json
echo '{"any_code":true,"simulation":true,"accepted_statuses":["UpToDate","OutOfDate"]}' >lax.json
sed 's/"any_code":true/"mrenclave":"'"$(printf %064d 1)"'"/' strict.json >code.json
judge="--at $now --collateral good --collateral stale --root good/root.pem"

# shellcheck disable=SC2086 # options
test_policy() { # NAME STATUS NEW OLD [OPTION...]
	name=$1 want=$2 new=$3 old=$4
	shift 4
	is "$name" "$want" policy test $judge --old "$old" "$@" "$new" evidence
}
is 'both are by one maker' 0 verify --at $now --any-code --json \
	--collateral stale --root good/root.pem --policy lax.json stale/quote.bin
test_policy 'the same policy' 0 strict.json strict.json
says 'nothing changes' \
	'2 judged: 2 as before, 0 no longer accepted, 0 newly accepted, 0 refused for other reasons'
test_policy 'a laxer one' 1 lax.json strict.json --collateral stale
says 'accepts more' 'evidence/stale: refused before, accepted now'
says 'the rule that is gone' '  no longer accepted_statuses'
says 'it is counted' '2 judged: 1 as before, 0 no longer accepted, 1 newly accepted'
test_policy 'a stricter one' 1 strict.json lax.json
says 'accepts less' 'evidence/stale: accepted before, refused now'
says 'by which rule' '  now accepted_statuses: The status is OutOfDate'
test_policy 'another rule' 1 code.json strict.json
says 'refuses one' 'evidence/good: accepted before, refused now'
says 'and the other for more reasons' \
	'evidence/stale: refused before and now, for other reasons'
says 'both are counted' '0 as before, 1 no longer accepted, 0 newly accepted, 1 refused for other reasons'
test_policy 'as JSON' 1 code.json strict.json --json
says 'a line for each' '{"evidence":"evidence/good","error":null,"genuine":true,"changes":true,"before":"accept","now":"refuse","refuses_now":[{"rule":"mrenclave","reason":"'
says 'with what differs' '"changes":true,"before":"refuse","now":"refuse","refuses_now":[{"rule":"mrenclave"'
says 'on either side' '"refused_before":[]}'
# shellcheck disable=SC2086 # options
{
	is 'without an old one' 1 policy test $judge lax.json evidence/good
	says 'all is new' 'refused before, accepted now'
	says 'that the default refuses' '  no longer identity'
	is 'evidence without its documents' 2 policy test --at $now \
		--root good/root.pem --old strict.json lax.json evidence/good
	says 'no policy was asked' \
		'1 of them not shown to be genuine, so that neither policy was asked: give their documents (--collateral) and root (--root)'
	is 'evidence that is not there' 2 policy test $judge lax.json none
	is 'evidence in the place of the policy' 2 policy test $judge evidence/good evidence
	complains 'it says what comes first' 'the new policy comes first'
	is 'a folder in its place' 2 policy test $judge evidence lax.json
	complains 'it says so as well' 'the new policy comes first'
	is 'a new policy that is none' 2 policy test $judge none evidence
	is 'an old policy that is none' 2 policy test $judge \
		--old evidence/good lax.json evidence
	is 'evidence from a pipe' 2 policy test $judge lax.json -
	complains 'it says why not' 'read twice'
	is 'no evidence' 2 policy test $judge lax.json
	complains 'it says what is wanted' 'want a policy, and evidence'
	is 'a list for a policy that asks for none' 2 policy test $judge \
		--list good/quote.bin lax.json evidence
}
is 'help' 0 policy test --help
echo "1..$n"
