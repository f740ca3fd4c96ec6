#!/bin/sh
# forecast.sh ASSAY - a test: a manufacturer finds a fault; who is refused when that
# is known to all is told before, and is what is refused then.
. tests/h_tap.sh
assay=$(realpath "$1")
reverse=$(dirname "$assay")/examples/reverse
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
lacks() {
	! grep -qF -e "$2" "$dir/out"
	ok "$1" $?
}
complains() {
	grep -qF -e "$2" "$dir/err"
	ok "$1" $?
}

cd "$dir" || exit
is 'help' 0 forecast --help
is 'no evidence' 2 forecast
complains 'it says so' 'no evidence is given'
is 'evidence from a pipe' 2 forecast -
complains 'it says why not' 'read several times'
is 'evidence that is not there' 2 forecast none
is 'a sample' 0 sim sample sample
judge="--root sample/root.pem --collateral sample --policy sample/policy.json"
# shellcheck disable=SC2086 # options
{
	is 'nothing is known that would refuse it' 0 forecast $judge \
		sample/quote.bin
	says 'it says so' '1 judged: nothing is known'
	says 'and until when the documents are good' 'documents count no longer on '
	is 'as JSON' 0 forecast --json $judge sample/quote.bin
	says 'with what scripts want' '"fail":[],"summary":[]}'
	is 'refused already' 1 forecast --root sample/root.pem \
		--collateral sample sample/quote.bin
	says 'by which rule' '1 platform is refused already: '
	is 'the same' 1 forecast --machine --root sample/root.pem \
		--collateral sample sample/quote.bin
	says 'and the machine alone' 'simulated platform'
	is 'an early set of another maker' 0 sim sample --seed 2 other
	is 'is none' 2 forecast $judge --early other sample/quote.bin
	complains 'it says why' '--early: '
}

needs_enclaves 'a program is run' "$reverse"

# ---- three machines, of which one has more than is the best today

{
	"$assay" key new key.pem &&
		"$assay" sign "$reverse" --key key.pem --product 1 \
			--revocation 0 -o signed &&
		"$assay" sim maker init maker &&
		for m in a b; do
			"$assay" sim maker make-processor maker $m || exit
		done
} >out 2>err
ok 'a manufacturer and its machines' $?
mkdir evidence
attest() { # NAME
	printf hello | "$assay" run --platform "maker/processors/$1" \
		--attestation "evidence/$1" signed >out 2>err
}
attest a && attest b
ok 'their attestations' $?
echo '{"any_code":true,"simulation":true}' >policy.json
judge="--root maker/root.pem --policy policy.json
	--collateral maker/pcs/standard/53494D000001
	--early maker/pcs/early/53494D000001"

# shellcheck disable=SC2086 # options
forecast() { # NAME STATUS [OPTION...]
	name=$1 want=$2
	shift 2
	is "$name" "$want" forecast $judge "$@" evidence
}
forecast 'before a fault is found' 0
says 'nothing is pending' '2 judged: nothing is known'

is 'a fault is found' 0 sim maker tcb-recovery maker
is 'one machine is updated' 0 sim maker update maker b
attest b
ok 'and attests again' $?
forecast 'the early set' 1
says 'names the component' 'evidence/a: fails when evaluation 21 becomes the standard: component 1 is 9, needs 10 -> assay sim maker update'
lacks 'of the machine that was not updated' 'evidence/b: '
says 'it is one machine' '1 platform fails when evaluation 21 becomes the standard: component 1 is 9, needs 10'
forecast 'with the day' 1 --standard-on 2027-01-05T00:00:00Z
says 'tells it' '1 platform fails on 5 January 2027: component 1 is 9, needs 10'
forecast 'as JSON' 1 --json
says 'with the same facts' '"kind":"level","on":null,"evaluation":21,"status_now":"UpToDate","status_then":"OutOfDate","gaps":[{"component":"component 1","name":"BIOS, Early Microcode Update","have":9,"need":10}],'
set -- --root maker/root.pem --policy policy.json \
	--collateral maker/pcs/standard/53494D000001 --json
is 'until then it is accepted' 0 verify "$@" evidence/a
says 'and up to date' '"status":"UpToDate"'

is 'the day comes' 0 sim maker tcb-recovery --standard maker
is 'what was forecast is refused' 1 verify "$@" evidence/a
says 'with the status that was forecast' '"status":"OutOfDate"'
says 'for the component that was forecast' \
	'SGX component 1 (BIOS, Early Microcode Update) is 9, UpToDate needs 10'
is 'what was updated is accepted' 0 verify "$@" evidence/b
forecast 'now it is refused already' 1
says 'and nothing is pending' 'evidence/a: refused already: '
lacks 'of the other' 'evidence/b: '
echo "1..$n"
