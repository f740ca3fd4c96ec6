#!/bin/sh
# attest.sh ASSAY - a test: the verb attest, on a tree of files as Gramine shows
# them, with a quote of assay sim sample.
. tests/h_tap.sh
where=${1:-${ASSAY:-build/cc}}
[ -d "$where" ] || where=$(dirname "$where")
assay=$(cd "$where" && pwd)/assay || exit
t=$(mktemp -d) || exit
trap 'rm -rf "$t"' EXIT
cd "$t" || exit
said=err

is() { # NAME STATUS ARGUMENT... - assay attest exits so
	label=$1 want=$2
	shift 2
	"$assay" attest "$@" >out 2>err </dev/null
	result "$label" [ $? -eq "$want" ]
}
warns() { result "$1" grep -qF -e "$2" err; }
silent() { result "$1" [ ! -s out ]; }

# A quote of a sample, and the report data that it holds.
"$assay" sim sample sample >/dev/null 2>err || cat err
quote=sample/quote.bin
data=$("$assay" inspect --json $quote |
	sed 's/.*"report_data":"\([0-9a-f]*\)".*/\1/')
"$assay" inspect --json $quote | grep -q '"tee":"SGX"'
result 'the sample is an SGX quote' [ $? -eq 0 ]
g=tree/dev/attestation
mkdir -p $g
printf dcap >$g/attestation_type
cp $quote $g/quote
reset() { head -c 64 /dev/zero >$g/user_report_data; }
asked() { od -An -v -tx1 $g/user_report_data | tr -d ' \n'; }

reset
is 'a nonce' 0 --tree tree --nonce "$data"
result 'the quote is written' cmp -s out $quote
result 'the nonce was asked for' [ "$(asked)" = "$data" ]

# the same bytes, from a file
cp $g/user_report_data data
reset
is 'a file' 0 --tree tree --data data -o quote.out
silent 'nothing on stdout'
result 'the file is written' cmp -s quote.out $quote
result 'the data was asked for' [ "$(asked)" = "$data" ]

is 'as JSON' 0 --tree tree --json --data data
result 'its attester' grep -q '^{"attester":"gramine",' out
result 'its report data' grep -q "\"report_data\":\"$data\"" out
sed 's/.*"quote":"\([^"]*\)".*/\1/' out | base64 -d >decoded
result 'its quote' cmp -s decoded $quote
cp out json
is 'JSON into a file' 0 --tree tree --json --data data -o json.out
result 'the same line' cmp -s json.out json
silent 'nothing on stdout'

is 'another nonce than the quote has' 1 --tree tree --nonce 00ff
warns 'the check is named' 'QUOTE G_DATA [DCAP 9.3] at byte 368'
silent 'nothing is written'
zeros=$(head -c 62 /dev/zero | od -An -v -tx1 | tr -d ' \n')
result 'zeros follow a short nonce' [ "$(asked)" = "00ff$zeros" ]
is 'no data' 1 --tree tree -o none.out
result 'zeros are asked for' [ "$(asked)" = "0000$zeros" ]
result 'no file is made' [ ! -e none.out ]

printf none >$g/attestation_type
is 'Gramine without DCAP' 1 --tree tree
warns 'it says what to do' 'manifest'
mkdir nothing
is 'no interface' 1 --tree nothing
warns 'the check is named' 'G_NONE'

# ---- bad use
reset
is 'both' 2 --tree tree --nonce 00 --data data
head -c 65 /dev/zero >long
is 'too much data' 2 --tree tree --data long
warns 'it says so' '64 bytes'
is 'no such file' 2 --tree tree --data absent
is 'too long a nonce' 2 --tree tree --nonce "${data}00"
is 'half a byte' 2 --tree tree --nonce 123
is 'no digits' 2 --tree tree --nonce xy
is 'an empty nonce' 2 --tree tree --nonce ''
is 'an operand' 2 --tree tree operand
result 'none of these asked' [ "$(asked)" = "0000$zeros" ]
printf dcap >$g/attestation_type
is 'a file that cannot be written' 2 --tree tree --data data -o no/such/file
echo "1..$n"
