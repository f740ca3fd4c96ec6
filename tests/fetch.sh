#!/bin/sh
# fetch.sh ASSAY - a test: assay collateral fetch, export and import, and assay
# verify --fetch, as people use them, with the simulated manufacturer's service.
. tests/h_tap.sh
assay=$(realpath "$1")
dir=$(mktemp -d) || exit 2
pcs='' tls=''
trap 'kill $pcs $tls 2>/dev/null; rm -rf "$dir"' EXIT
XDG_CACHE_HOME=$dir/xdg HOME=$dir
export XDG_CACHE_HOME HOME
said="$dir/out $dir/err"

# exits STATUS NAME ARGUMENT... - of assay
exits() {
	want=$1 name=$2
	shift 2
	"$assay" "$@" >"$dir/out" 2>"$dir/err"
	[ $? -eq "$want" ]
	ok "$name" $?
}
says() { # NAME TEXT
	grep -q -e "$2" "$dir/out"
	ok "$1" $?
}
complains() {
	grep -q -e "$2" "$dir/err"
	ok "$1" $?
}
# wait_for FILE TEXT - within ten seconds
wait_for() {
	i=0
	while ! grep -q -e "$2" "$1" 2>/dev/null; do
		i=$((i + 1))
		[ $i -lt 200 ] || return 1
		sleep 0.05
	done
}

: >"$dir/out"
: >"$dir/err"
exits 0 'help' collateral fetch --help
says 'how it is used' '^usage: assay collateral fetch'
exits 0 'help of export' help collateral export
says 'how it is used' '^usage: assay collateral export'
exits 0 'help of import' collateral import --help
exits 0 'help of all' help collateral
says 'with those that fetch' 'collateral fetch .*Fetch'
exits 2 'no verb' collateral
complains 'it says which there are' 'collateral bundle or assay collateral fetch'
exits 2 'nothing to fetch for' collateral fetch
complains 'it says what is wanted' 'want evidence, or --fmspc with --tee and --ca'
exits 2 'both' collateral fetch --fmspc 53494D000001 "$0"
exits 2 'no TEE' collateral fetch --fmspc 53494D000001 --ca platform
complains 'it says so' '--tee: want sgx or tdx'
exits 2 'another CA' collateral fetch --fmspc 53494D000001 --tee sgx --ca root
complains 'it says so' '--ca: want processor or platform'
exits 2 'half an FMSPC' collateral fetch --fmspc 5349 --tee sgx --ca platform
complains 'it says so' '--fmspc: want 12 hex digits'
exits 2 'a number that is none' collateral fetch --fmspc 53494D000001 \
	--tee sgx --ca platform --evaluation 0
complains 'it says so' '--evaluation: got 0, want a number'
exits 2 'another update' collateral fetch --fmspc 53494D000001 --tee sgx \
	--ca platform --update late
complains 'it says so' '--update: got late, want early or standard'
exits 2 'no address' collateral fetch --fmspc 53494D000001 --tee sgx \
	--ca platform --pcs ftp://x
complains 'it says so' 'ftp://x: want the address of a PCS or PCCS'
exits 2 'what is no evidence' collateral fetch "$0"
complains 'it says so' 'is no evidence'
exits 2 'how, but not whether' verify --any-code --pcs http://127.0.0.1:1 "$0"
complains 'it says so' '--pcs, --update, .* go with --fetch'
exits 2 'nor who is not asked' verify --any-code --offline "$0"
exits 2 'no proxy' collateral fetch --fmspc 53494D000001 --tee sgx \
	--ca platform --proxy proxy:3128
complains 'it says so' 'the proxy: want its address, as in http'

# ---- a manufacturer, its service, a machine's quote
m=$dir/m
"$assay" sim maker init "$m" >"$dir/out" 2>"$dir/err" &&
	"$assay" sim maker make-processor "$m" one >"$dir/out" 2>"$dir/err"
ok 'a manufacturer, and a machine' $?
"$assay" sim pcs --listen 127.0.0.1:0 "$m" >"$dir/pcs" 2>"$dir/pcs.err" &
pcs=$!
wait_for "$dir/pcs" 'Answering'
ok 'its service' $?
url=$(sed -n 's|.* at \(http://[0-9.:]*\)/.*|\1|p' "$dir/pcs")
named='--fmspc 53494D000001 --tee sgx --ca platform'

# shellcheck disable=SC2086 # words
exits 0 'a set is fetched' collateral fetch $named --pcs "$url" \
	--root "$m/root.pem" -o "$dir/docs"
says 'what it is' "^SGX 53494D000001 platform: TCB evaluation [0-9]*, fresh until .*, from $url (its root is not Intel's)"
[ -f "$(echo "$dir"/xdg/assay/*-tcb-sgx-53494d000001-platform-standard)" ]
ok 'it is kept where the environment says' $?
exits 0 'the folder is collateral' collateral show --root "$m/root.pem" \
	"$dir/docs"
says 'authentic' '^Authentic *yes'
# shellcheck disable=SC2086
exits 2 'under Intel'\''s root it is none' collateral fetch $named --pcs "$url"
complains 'it says why, and what to do' "$url: the documents do not hold: .*X_ROOT_PIN.*name its root with --root"
# shellcheck disable=SC2086
exits 0 'with nobody to ask it is what was kept' collateral fetch $named \
	--offline --root "$m/root.pem"
says 'the same' '^SGX 53494D000001 platform: TCB evaluation'
exits 2 'what was not kept is missing' collateral fetch --offline \
	--fmspc 53494D0000AA --tee tdx --ca processor --update early \
	--pcs "$url" --root "$m/root.pem"
complains 'it says where, what, and how to get it' "^assay: $dir/xdg/assay: has no documents of TDX machines of FMSPC 53494D0000AA, processor CA, early: assay collateral fetch --fmspc 53494D0000AA --tee tdx --ca processor --update early where there is a network"
# shellcheck disable=SC2086
exits 2 'the proxy is asked, which is none' collateral fetch $named \
	--cache "$dir/proxied" --pcs http://pcs.invalid --proxy "$url" \
	--root "$m/root.pem"
complains 'it answers' 'http://pcs.invalid: it has no such document (404'
# shellcheck disable=SC2086
exits 2 'two addresses that cannot' collateral fetch --fmspc 53494D0000AA \
	--tee tdx --ca platform --pcs "$url" --pcs http://127.0.0.1:1 \
	--root "$m/root.pem"
complains 'the one says' "$url: it has no such document (404"
complains 'the other does not answer' 'http://127.0.0.1:1: no connection'

"$assay" sim sample "$dir/sample" >"$dir/out" 2>"$dir/err"
ok 'a quote of another manufacturer' $?
quote=$dir/sample/quote.bin
exits 2 'whose documents cannot be had' verify --fetch --pcs "$url" \
	--root "$dir/sample/root.pem" --policy "$dir/sample/policy.json" "$quote"
complains 'it says why' 'X_ROOT_PIN'
[ ! -s "$dir/out" ]
ok 'it is not judged by anything else' $?

# that manufacturer's documents come on a file
kept() { # SAMPLE CACHE - as if they had been fetched
	LC_ALL=C perl -e '
		use strict;
		my ($dir, $out) = @ARGV;
		sub get { local $/; open my $f, "<", "$dir/$_[0]" or die; <$f> }
		my $json = get("tcb_info.json");
		$json =~ /"fmspc":"([0-9A-F]{12})"/ or die;
		my $fmspc = lc $1;
		my @r = (["tcb-sgx-$fmspc-platform-standard",
			get("tcb_info_issuer_chain.pem"), $json],
			["qe-sgx-standard", get("qe_identity_issuer_chain.pem"),
			get("qe_identity.json")],
			["crl-platform", get("pck_crl_issuer_chain.pem"),
			get("pck_crl.der")], ["crl-root", "", get("root_ca_crl.der")]);
		open my $f, ">", $out or die;
		printf $f "assay-collateral 1 0123456789abcdef-%s 0 %d %d -\n%s%s\n",
			$_->[0], length $_->[1], length $_->[2], $_->[1], $_->[2]
			for @r;' "$1" "$2"
}
kept "$dir/sample" "$dir/file" 2>"$dir/err"
ok 'a file of documents' $?
exits 0 'is taken in' collateral import --root "$dir/sample/root.pem" "$dir/file"
says 'one set' '^1 set taken in'
exits 2 'not under another root' collateral import --root "$m/root.pem" "$dir/file"
exits 0 'and a quote is judged by it, with nobody to ask' verify --fetch \
	--pcs http://127.0.0.1:1 --root "$dir/sample/root.pem" \
	--policy "$dir/sample/policy.json" "$quote"
n=$((n + 1))
if "$assay" verify --fetch --json --pcs http://127.0.0.1:1 --any-code \
	--root "$dir/sample/root.pem" - <"$quote" 2>"$dir/err" |
	grep -q '"genuine":true'; then
	echo "ok $n - also from stdin"
else
	echo "not ok $n - also from stdin"
fi
exits 0 'which need not be named' verify --fetch --offline \
	--root "$dir/sample/root.pem" --policy "$dir/sample/policy.json" "$quote"
exits 2 'but what is not kept cannot be judged by' verify --fetch --offline \
	--cache "$dir/bare" --root "$dir/sample/root.pem" --any-code "$quote"
complains 'it says what is missing' "$dir/bare: has no documents of SGX machines of FMSPC"
exits 1 'other rules hold as ever' verify --fetch --pcs http://127.0.0.1:1 \
	--any-code --root "$dir/sample/root.pem" "$quote"
head -c 300 "$quote" >"$dir/half"
exits 1 'half a quote is refused, and nothing is fetched for it' verify --fetch \
	--pcs http://127.0.0.1:1 --any-code --root "$dir/sample/root.pem" \
	"$dir/half"
exits 0 'all that is kept is exported' collateral export \
	--root "$m/root.pem" --root "$dir/sample/root.pem" -o "$dir/all"
exits 0 'and taken in elsewhere' collateral import --cache "$dir/other" \
	--root "$m/root.pem" --root "$dir/sample/root.pem" "$dir/all"
says 'two sets' '^2 sets taken in'
exits 2 'what was cut is not' collateral import --cache "$dir/third" \
	--root "$m/root.pem" "$dir/half"
complains 'it says where' 'the file: at byte 0 is no record of it'
exits 2 'nothing to export' collateral export --cache "$dir/empty" -o "$dir/none"
complains 'it says so' 'holds no documents: fetch some first'
exits 2 'nothing to export under the root that is not named' collateral export \
	-o "$dir/none"
complains 'it says what to do' 'of the 2 sets that it holds, none is good under these roots: name theirs with --root'
exits 0 'evidence says itself what to fetch for' collateral fetch \
	--pcs http://127.0.0.1:1 --root "$dir/sample/root.pem" "$quote"
exits 2 'no place to keep anything' collateral export --cache /dev/null/x
complains 'it says so' 'want a folder that can be written'
unset XDG_CACHE_HOME
# shellcheck disable=SC2086
exits 0 'without the variable it is at home' collateral fetch $named \
	--pcs "$url/sgx/certification/v4/" --root "$m/root.pem"
[ -d "$dir/.cache/assay/floors" ]
ok 'there' $?

# ---- a service whose certificate nobody vouches for
if command -v openssl >/dev/null; then
	(cd "$dir" && openssl req -x509 -newkey ec -pkeyopt \
		ec_paramgen_curve:P-256 -nodes -keyout key -out cert -days 2 \
		-subj /CN=here -addext subjectAltName=IP:127.0.0.1) \
		>"$dir/out" 2>"$dir/err"
	openssl s_server -accept 127.0.0.1:0 -cert "$dir/cert" \
		-key "$dir/key" -www >"$dir/tls" 2>&1 </dev/null &
	tls=$!
	wait_for "$dir/tls" 'ACCEPT 127'
	at=https://$(sed -n 's/^ACCEPT //p' "$dir/tls")
	# shellcheck disable=SC2086
	exits 2 'a certificate that nobody vouches for' collateral fetch $named \
		--update early --pcs "$at" --root "$m/root.pem"
	complains 'it says what to do' 'TLS failed.*--ca-file'
	# shellcheck disable=SC2086
	exits 2 'one that is vouched for, of no such service' collateral fetch \
		$named --update early --pcs "$at" --ca-file "$dir/cert" \
		--root "$m/root.pem"
	complains 'it says so' 'it gives no TCB-Info-Issuer-Chain'
else
	skip 'TLS' 'there is no openssl'
fi
echo "1..$n"
