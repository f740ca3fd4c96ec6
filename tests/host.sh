#!/bin/sh
# host.sh ASSAY - a test: assay host as people use it, with a machine of assay sim
# maker and the example reverse; curl is its client where nothing is sealed.
. tests/h_tap.sh
assay=$(realpath "$1")
reverse=$(dirname "$assay")/examples/reverse
dir=$(mktemp -d) || exit 2
host=
trap '[ -z "$host" ] || kill -9 $host 2>/dev/null; rm -rf "$dir"' EXIT
said="$dir/out $dir/err"

# exits STATUS NAME ARGUMENT... - of assay host
exits() {
	want=$1 name=$2
	shift 2
	"$assay" host --listen 127.0.0.1:0 "$@" >"$dir/out" 2>"$dir/err"
	got=$?
	[ "$got" -eq "$want" ]
	ok "$name" $?
}
complains() {
	grep -q -e "$2" "$dir/err"
	ok "$1" $?
}
says() {
	grep -q -e "$2" "$dir/out"
	ok "$1" $?
}
# start ARGUMENT... - starts a host, and waits until it listens: $url
start() {
	"$assay" host --listen 127.0.0.1:0 "$@" >"$dir/out" 2>"$dir/err" &
	host=$!
	until_ok grep -q -e '^call it:' -e '^profile:' "$dir/out" || return 1
	url=$(sed -n 's/^listening on: *//p' "$dir/out")
}
# stop - ends it: its status
stop() {
	kill "$host"
	wait "$host"
	got=$?
	host=
	return $got
}

: >"$dir/out"
: >"$dir/err"
exits 0 'help' --help
says 'how it is used' '^usage: assay host'
exits 2 'no program'
complains 'it says what is wanted' 'want one signed program'
exits 2 'no machine' program
complains 'it says what is wanted' 'want --platform DIR'
exits 2 'an unknown option' --nonsense
complains 'it says which' "unknown option --nonsense"
exits 2 'a time that is none' --answer-timeout 0 --platform x program
complains 'it says so' 'answer-timeout: got .*, want a whole number from 1 to 86400 '
exits 2 'one that is too long' --answer-timeout 86401 --platform x program
complains 'it says so' 'answer-timeout: got .*, want a whole number from 1 to 86400 '
exits 2 'a rate that is none' --rate many --platform x program
complains 'it says so' 'rate: got .*, want a whole number from 1 to 1000000 '
exits 2 'one that is too high' --rate 1000001 --platform x program
complains 'it says so' 'rate: got .*, want a whole number from 1 to 1000000 '
exits 2 'a program beside a command' --command true program
complains 'it says so' '--command: want no program'
exits 2 'a program that is not there' --platform "$dir" "$dir/none"
complains 'it says which' "$dir/none: No such file"
exits 2 'documents that are not there' --collateral "$dir/none" --platform x y
complains 'it says so' '--collateral: .*/none: '
exits 2 'a profile that is none' --profile conclave-9 --platform x program
complains 'it says which there is' '--profile: want conclave-1 '
exits 2 'one that wants documents' --profile conclave-1 --platform x program
complains 'it says so' 'wants --collateral'
exits 1 'a command that ends' --command 'exit 1'
complains 'is said to have ended' 'the command ended, with status 1'
exits 1 'a command that talks nonsense' --command 'echo nonsense; sleep 9'
complains 'it says so' 'it sent no whole frame'

needs_enclaves 'an enclave is hosted' "$reverse"
command -v curl >/dev/null || skip_rest 'an enclave is hosted' curl

# documents are good for 30 days: these have half an hour left
soon=$(date -u -d "@$(($(date +%s) - 30 * 86400 + 1800))" +%Y-%m-%dT%H:%M:%SZ)
{ "$assay" sim maker init --at "$soon" "$dir/maker" &&
	"$assay" sim maker make-processor --at "$soon" "$dir/maker" m &&
	"$assay" key new "$dir/key" &&
	"$assay" sign "$reverse" --key "$dir/key" --product 1 --revocation 0 \
		-o "$dir/signed"; } >/dev/null 2>"$dir/err"
ok 'a machine and a signed program' $?
ASSAY_PLATFORM=$dir/maker/processors/m
export ASSAY_PLATFORM
documents=$dir/documents
cp -r "$dir/maker/pcs/standard/53494D000001" "$documents"

start --collateral "$documents" "$dir/signed"
ok 'it listens' $?
"$assay" measure "$dir/signed" 2>/dev/null | grep -qi \
	"$(sed -n 's/^measurement: *//p' "$dir/out")"
ok 'it says which program it is' $?
curl -sS -o "$dir/bundle" "$url/attestation?nonce=6e6f6e6365" 2>"$dir/err2"
line=$(sed -n 's/^constraint: *//p' "$dir/out")
"$assay" verify --accept "$line" --root "$dir/maker/root.pem" --json \
	"$dir/bundle" 2>"$dir/err2" | grep -q '"genuine":true.*"keys":"bound"'
ok 'its attestation is judged by the line that it says' $?
documents_are() { curl -s "$url/healthz" | grep -q "\"state\":\"$1\""; }
documents_are expiring
ok 'documents that run out soon: healthz says so' $?
complains 'and stderr' 'put newer ones into the folder: these are good until'
"$assay" sim maker publish "$dir/maker" >/dev/null 2>"$dir/err2" &&
	cp "$dir/maker/pcs/standard/53494D000001"/* "$documents" &&
	until_ok documents_are good
ok 'newer ones are found there' $?
# a secret goes in, an answer comes out, and the host has neither
secret=$(od -An -N 20 -tx1 /dev/urandom | tr -d ' \n')
answer=$(printf %s "$secret" | rev)
said=$(printf %s "$secret" | "$assay" call "$url" --accept "$line" \
	--root "$dir/maker/root.pem" 2>"$dir/err2")
[ "$said" = "$answer" ]
ok 'it is called' $?
# each process of it but the enclave: what each can read and write
# shellcheck disable=SC2016 # perl's
look='my ($pid, @want) = @ARGV; my ($at, $all) = (0, "");
	open(my $maps, "<", "/proc/$pid/maps") or exit 2;
	open(my $mem, "<:raw", "/proc/$pid/mem") or exit 2;
	while (<$maps>) {
		my ($from, $to) = /^(\w+)-(\w+) rw/ or next;
		($from, $to) = (hex $from, hex $to);
		next if $to - $from > 1 << 26;
		sysseek($mem, $from, 0);
		my $n = sysread($mem, my $part, $to - $from) or next;
		$at += $n;
		for (@want) { exit 1 if index($part, $_) >= 0 }
	}
	exit($at > 100000 ? 0 : 2)'
perl -e "$look" "$host" "$secret" "$answer" 2>"$dir/err2"
case $? in
2) skip 'its memory has neither of them' "another's memory" ;;
*) ok 'its memory has neither of them' $? ;;
esac
perl -e "$look" "$host" '{"assay_bundle":1,' 2>"$dir/err2"
got=$?
case $got in
2) skip 'and has what it should have' "another's memory" ;;
*)
	[ $got -eq 1 ]
	ok 'and has what it should have' $?
	;;
esac
# the enclave's process is the supervisor's child, and that the host's
child() { cat "/proc/$1/task/"*/children 2>/dev/null; }
enclave=
for one in $(child "$host"); do
	for two in $(child "$one"); do
		grep -q State "/proc/$two/status" && enclave="$enclave $two"
	done
done
# shellcheck disable=SC2086 # a list
[ -n "$enclave" ] && kill -9 $enclave
ok 'the enclave and its machine are killed' $?
up_again() { curl -s "$url/healthz" | grep -q '"up","restarts":1,'; }
until_ok up_again
ok 'it is started again' $?
complains 'which is said' 'is started again in 100 ms'
said=$(printf hello | "$assay" call "$url" --accept "$line" \
	--root "$dir/maker/root.pem" 2>"$dir/err2")
[ "$said" = olleh ]
ok 'and called again' $?
"$assay" key new --list "$dir/list.pem" >"$dir/key" 2>"$dir/err2"
"$assay" measure --publish "$dir/list.pem" -o "$dir/shop.list" "$dir/signed" \
	>/dev/null 2>>"$dir/err2"
printf '{"measurements":{"list":"shop","key":"%s","max_age":600},"simulation":true}' \
	"$(sed -n 's/^Public key *//p' "$dir/key")" >"$dir/policy"
said=$(printf hello | "$assay" call "$url" --policy "$dir/policy" \
	--list "$dir/shop.list" --root "$dir/maker/root.pem" 2>>"$dir/err2")
[ "$said" = olleh ]
ok 'what it must be may be said by a list' $?
printf hello | "$assay" call "$url" --policy "$dir/policy" \
	--root "$dir/maker/root.pem" >"$dir/out2" 2>>"$dir/err2"
[ $? -eq 1 ] && [ ! -s "$dir/out2" ]
ok 'and without it nothing is sent' $?
family=$(for one in $(child "$host"); do echo "$one"; child "$one"; done)
stop
ok 'SIGTERM: it ends with 0' $?
left=0
for one in $family; do
	kill -0 "$one" 2>/dev/null && left=1
done
[ -n "$family" ] && [ $left -eq 0 ]
ok 'and leaves no process' $?
# R3's paths: t_conclave_host sends mail
start --profile conclave-1 --collateral "$documents" "$dir/signed"
ok 'it listens' $?
says 'another profile' '^profile: *conclave-1$'
curl -sS -o "$dir/eii" "$url/attestation" 2>"$dir/err2"
line=$(sed -n 's/^constraint: *//p' "$dir/out")
"$assay" verify --accept "$line" --root "$dir/maker/root.pem" --json \
	"$dir/eii" 2>"$dir/err2" | grep -q '"genuine":true.*"keys":"bound"'
ok 'an EII that is judged by the same line' $?
printf 'no mail' | curl -sS -H 'Correlation-ID: me' --data-binary @- \
	"$url/deliver-mail" 2>"$dir/err2" | grep -q '"MAIL_DECRYPTION"'
ok 'what is no mail is not opened' $?
stop
ok 'it ends with 0' $?
start --collateral "$documents" --store "$dir/kept" "$dir/signed"
ok 'it listens, and may keep something' $?
cp "$dir/err" "$dir/err2"
timeout 20 "$assay" host --listen 127.0.0.1:0 --store "$dir/kept" \
	"$dir/signed" >"$dir/out" 2>"$dir/err"
[ $? -eq 2 ]
ok 'a second host with the same file' $?
complains 'it says who has it' 'kept: another assay host or run has it$'
"$assay" run --store "$dir/kept" "$dir/signed" </dev/null >"$dir/out" 2>"$dir/err"
[ $? -eq 2 ]
ok 'a run with it' $?
complains 'the same' 'kept: another assay host or run has it$'
stop
ok 'it ends with 0' $?
: >"$dir/empty"
timeout 20 "$assay" host --listen 127.0.0.1:0 --store "$dir/empty" \
	"$dir/signed" >"$dir/out" 2>"$dir/err"
[ $? -eq 1 ]
ok 'a file in which nothing is kept any more is not none' $?
complains 'it says so' 'empty: it is empty, and what was kept there is lost'
echo state >"$dir/state"
exits 1 'state for a program that keeps none' --store "$dir/state" "$dir/signed"
complains 'what the enclave said' 'N_SEAL_NONE'
exits 1 'a program that is not signed' "$reverse"
complains 'S_TRAILER' S_TRAILER
exits 2 'an address that is none' --listen nowhere "$dir/signed"
echo "1..$n"
