#!/bin/sh
# list.sh ASSAY - a test: programs are measured and published as a signed list, and
# evidence is judged by a policy that names it.
. tests/h_tap.sh
assay=$(realpath "$1")
reverse=$(dirname "$assay")/examples/reverse
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
said="$dir/out $dir/err"

# is NAME STATUS ARGUMENT... - assay ends so
is() {
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
payload() { # LIST
	cut -d. -f2 "$1" | tr -- '-_' '+/' |
		awk '{ while (length($0) % 4) $0 = $0 "="; print }' | base64 -d
}

# ---- making one

cd "$dir" || exit
is 'a key for lists' 0 key new --list key.pem
key=$(sed -n 's/^Public key *//p' out)
[ ${#key} -eq 128 ]
ok 'it says its public key' $?
is 'is never overwritten' 2 key new --list key.pem
is 'a key that signs enclaves' 0 key new rsa.pem
if readelf -lW "$reverse" 2>/dev/null | grep -q INTERP; then
	n=$((n + 1))
	echo "ok $n - a program is measured # SKIP static programs in this build"
	echo "1..$n"
	exit
fi
"$assay" sign "$reverse" --key rsa.pem --product 7 --revocation 1 -o app.signed \
	>out 2>err
ok 'a signed program' $?
is 'a list' 0 measure --publish key.pem -o shop.list app.signed
[ "$(sed -n 2p out)" = 'Published shop.list: the list "shop", number 1, with 1 entry.' ]
ok 'a line for what is in it, then what it is' $?
says 'and the rule for a policy' \
	"\"measurements\": {\"list\": \"shop\", \"key\": \"$key\", \"max_age\": 604800}"
payload shop.list >shop.json
code=$("$assay" measure --json app.signed |
	sed 's/.*"computed":"\([0-9a-f]*\)".*/\1/')
grep -q "^{\"assay_list\":1,\"name\":\"shop\",\"issued\":\"20[^\"]*Z\",\"number\":1,\"entries\":\[{\"kind\":\"sgx\",\"file\":\"app.signed\",\"mrenclave\":\"$code\",\"mrsigner\":\"[0-9a-f]*\",\"isv_prod_id\":7,\"isv_svn\":2}\]}$" shop.json
ok 'its payload' $?
is 'a program that is not signed, and JSON' 0 measure --json \
	--publish key.pem -o shop.list "$reverse" app.signed
payload shop.list >shop.json
grep -q "\"number\":2,\"entries\":\[{\"kind\":\"sgx\",\"file\":\"reverse\",\"mrenclave\":\"[0-9a-f]*\"},{" shop.json
ok 'the next number, and two entries' $?
is 'under another name' 2 measure --publish key.pem -o shop.list --name other \
	app.signed
complains 'it says which it is' 'it is the list "shop", and not "other"'
is 'another key' 0 key new --list other.pem
is 'is for another list' 2 measure --publish other.pem -o shop.list app.signed
complains 'it says so' 'A_LIST_SIG'
is 'a key of another kind' 2 measure --publish rsa.pem -o rsa.list app.signed
complains 'it says what is wanted' 'assay key new --list'
printf no >damaged
cp shop.list before
is 'with a file that is no program' 1 measure --publish key.pem -o shop.list \
	app.signed damaged
complains 'nothing is written' 'not written'
cmp -s before shop.list
ok 'the list is what it was' $?
is 'without its file' 2 measure --publish key.pem app.signed
complains 'it says so' '--publish KEY and -o LIST go together'
is 'into another list' 0 measure --publish other.pem -o other.list --name shop \
	app.signed
sed 's/\./x/' shop.list >broken.list
if command -v openssl >/dev/null; then
	openssl pkey -in key.pem -pubout -out public.pem 2>err
	cut -d. -f1,2 shop.list | tr -d '\n' >signed
	# r and s as DER
	cut -d. -f3 shop.list | tr -- '-_' '+/' |
		awk '{ print $0 "==" }' | base64 -d | od -An -v -tx1 |
		tr -d ' \n' >sig.hex
	half() { # FIRST
		part=$(cut -c"$1"-$(($1 + 63)) sig.hex)
		while :; do
			case $part in
			00*) part=${part#00} ;;
			*) break ;;
			esac
		done
		case $part in
		[89a-f]*) part=00$part ;;
		esac
		printf '02%02x%s' $((${#part} / 2)) "$part"
	}
	both=$(half 1)$(half 65)
	printf '30%02x%s' $((${#both} / 2)) "$both" |
		perl -ne 'print pack("H*", $_)' >sig.der
	openssl dgst -sha256 -verify public.pem -signature sig.der signed \
		>out 2>err
	ok 'openssl finds its signature good' $?
else
	n=$((n + 1))
	echo "ok $n - openssl finds its signature good # SKIP openssl"
fi

# ---- judging by one

printf '{"measurements":{"list":"shop","key":"%s","max_age":86400},"simulation":true}' \
	"$key" >policy.json
is 'the policy is good' 0 policy check policy.json
says 'with its rule' 'measurements'
is 'a sample' 0 sim sample sample
judge="--collateral sample --root sample/root.pem --policy policy.json"
# shellcheck disable=SC2086 # options
{
	is 'without a list' 1 verify --json $judge sample/quote.bin
	says 'the rule says no' '"rules":["measurements"]'
	says 'and what to do' 'give the newest one with --list'
	is 'with a list that has not this code' 1 verify --json $judge \
		--list shop.list sample/quote.bin
	says 'it says which' 'is not in the list \"shop\", number 2'
	is 'with the list of another' 1 verify --json $judge \
		--list other.list sample/quote.bin
	says 'it says so' 'A_LIST_SIG'
	is 'with one that is broken' 1 verify --json $judge \
		--list broken.list sample/quote.bin
	says 'it says so' 'A_LIST_SIG'
	is 'after its time' 1 verify --json $judge --list shop.list \
		--at "$(date -u -d '+2 days' +%Y-%m-%dT%H:%M:%SZ)" \
		sample/quote.bin
	says 'it says so' 'A_LIST_AGE'
	is 'with a list that is not there' 2 verify $judge --list none \
		sample/quote.bin
}
is 'a list that nobody asks for' 2 verify --list shop.list --any-code \
	sample/quote.bin
complains 'it says so' 'no rule measurements'

# ---- the same of a program that runs

needs_enclaves 'a program is run' "$reverse"
"$assay" sim maker init maker >out 2>err &&
	"$assay" sim maker make-processor maker m >>out 2>>err &&
	printf hello | "$assay" run --platform maker/processors/m \
		--collateral maker/pcs/standard/53494D000001 \
		--attestation bundle.json app.signed >>out 2>>err
ok 'its attestation' $?
is 'is accepted by the list' 0 verify --root maker/root.pem \
	--policy policy.json --list shop.list bundle.json
is 'another is published' 0 measure --publish key.pem -o shop.list \
	"$(dirname "$reverse")/psi"
is 'and it no longer is' 1 verify --root maker/root.pem --policy policy.json \
	--list shop.list bundle.json
sed 's/"max_age"/"min_number":3,&/' policy.json >newer.json
is 'the old list is refused' 1 verify --json --root maker/root.pem \
	--policy newer.json --list before bundle.json
says 'it says so' 'A_LIST_NUMBER'
echo "1..$n"
