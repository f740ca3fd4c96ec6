#!/bin/sh
# conclave.sh [DIR] - assay verify --conclave-compat: R3's texts and decisions,
# and what does not go with it.
. tests/h_tap.sh
where=${1:-${ASSAY:-build/cc}}
[ -d "$where" ] || where=$(dirname "$where")
assay=$where/assay
v=${ASSAY_VECTORS:-../shared/vectors}/conclave
t=$(mktemp -d) || exit
trap 'rm -rf "$t"' EXIT
said="$t/out $t/err"

is() { # NAME STATUS ARGUMENT...
	name=$1 want=$2
	shift 2
	"$assay" verify --conclave-compat "$@" >"$t/out" 2>"$t/err" </dev/null
	got=$?
	result "$name" [ "$got" -eq "$want" ]
}

says() { result "$1" grep -qF -e "$2" "$t/out"; }

# The first lines are R3's, to the byte; what follows is ours.
prints() { # NAME FILE
	head -c "$(wc -c <"$2")" "$t/out" >"$t/head"
	result "$1" cmp -s "$t/head" "$2"
}

for option in --json --any-code --allow-debug --strict '--policy p' \
	'--collateral c' '--report-data 00' '--event-log l'; do
	# shellcheck disable=SC2086 # an option and its value
	is "$option does not go with it" 2 $option x
done
is 'a file that is not there' 2 --accept "C:$(printf %064d 0)" "$t/none"
echo nothing >"$t/file"
is 'a file that is none' 1 "$t/file"
says '... by its check' C_EII
if [ ! -d "$v" ]; then
	echo "ok $((n + 1)) - attestations by R3 # SKIP no vectors"
	echo "1..$((n + 1))"
	exit
fi

code=C61A8A03BCF842ABEEAEBC4F4E3C0BEEE54A6F8BD3987E310829FF5E7A9DAEDC
real=$v/real/EnclaveInstanceInfo-DCAP-IceLake.ser
is 'a real one is accepted' 0 --accept "C:$code SEC:SECURE" "$real"
prints '... in R3 words' "$v/vectors/toString/$(basename "$real").txt"
says '... and told of' "Judged as R3's client did"
is 'not as another' 1 --accept "C:$(printf %064d 0)" "$real"
says '... by the rule' 'constraint.C'
is 'not without a constraint' 1 "$real"
says '... by the rule' 'identity: '
is 'nor when it is too old' 1 --accept "C:$code EXPIRE:P1D" "$real"
says '... by the rule' constraint.EXPIRE
is 'at its time it is not' 0 --at 2021-06-01T12:00:00Z --accept "C:$code EXPIRE:P1D" "$real"
is 'other keys' 1 --accept "C:$code" "$v/eii-variants/30-wrong-enc-key.eii"
says '... by the check' C_EII_KEYS
mock=$v/kds-doc/kds-doc-appAttestationReport.bin
signer=4924CA3A9C8241A3C0AA1A24A407AA86401D2B79FA9FF84932DA798A942166D4
is 'a simulated one, where that is wanted' 0 --accept "S:$signer PROD:1 SEC:INSECURE" "$mock"
prints '... in R3 words' "$v/vectors/toString/$(basename "$mock").txt"
is '... and else not' 1 --accept "S:$signer PROD:1" "$mock"
says '... by the rule' constraint.SEC
is 'of several the worst counts' 1 --accept "C:$code" "$real" "$mock"
"$assay" verify --accept "C:$code SEC:SECURE" "$real" >"$t/out" 2>"$t/err"
result 'without the option, dates count' [ $? -eq 1 ]
says '... by the check' R_TIME
echo "1..$n"
