#!/bin/sh
# demo-story.sh DIR - the first part of the demo, with the programs in DIR: how a
# secret gets into an enclave, and what a host might try that wants it.  What is
# shown is what the programs said.
bin=$(realpath "$1")
assay=$bin/assay
tmp=$(mktemp -d) || exit
host='' liar='' authority=''
# end PID - ends what was started
end() {
	[ -n "$1" ] || return
	kill -TERM "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}
trap 'end $liar; end $host; end $authority; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
cd "$tmp" || exit

# quietly COMMAND... - what it says is shown only if it fails
quietly() {
	"$@" >said 2>&1 && return
	cat said >&2
	exit 1
}
# try ARGUMENT... - shows a command and has assay do it
try() {
	echo "    \$ assay $*"
	quietly "$assay" "$@"
}
tell() { printf '\n%s\n' "$@"; }
indent() { sed 's/^/    /'; }
# json MEMBER - its value, of JSON on stdin: text, a number, or a list's first text
json() { sed -n "s/.*\"$1\":\[*\"*\([^]\",]*\).*/\1/p"; }
# the same of a text with commas in it
json_text() { sed -n "s/.*\"$1\":\[*\"\([^\"]*\)\".*/\1/p"; }
measured() { "$assay" measure --json "$1" | json computed | tr a-f A-F; }
sign() { quietly "$assay" sign --key key --product 1 --revocation 0 "$@"; }

# waits until a file has a line that begins so, while a process lives
until_says() {
	tries=0
	while ! grep -q "^$2" "$1" && [ $tries -lt 500 ]; do
		kill -0 "$3" 2>/dev/null || break
		sleep 0.02
		tries=$((tries + 1))
	done
	grep -q "^$2" "$1"
}
# hosted ARGUMENT... - assay host, in the last one's place: $host, $url
hosted() {
	end "$host"
	: >host.out
	"$assay" host --listen 127.0.0.1:0 "$@" >host.out 2>host.err &
	host=$!
	until_says host.out 'call it:' "$host" || {
		cat host.err >&2
		exit 1
	}
	url=$(sed -n 's/^listening on: *//p' host.out)
}

# ---- an honest host

maker() {
	tell '1. A manufacturer makes a processor that has a secret of its own, and
   publishes what others need to know of it:'
	try sim maker init maker
	try sim maker make-processor maker alice
	ln -s maker/pcs/standard/* pcs
	echo "    \$ ln -s $(readlink pcs) pcs"
}
developer() {
	tell '2. A developer writes a program (this one reverses text) and signs it:'
	try key new key
	try sign reverse --key key --product 1 --revocation 0
}
auditor() {
	tell '3. Ada has a secret.  She, or somebody whom she trusts, has read the program, and
   computes what an enclave of it is known by, its measurement:'
	try measure reverse
	code=$(measured reverse)
	rule="C:$code SEC:INSECURE"
	echo "    $code"
	echo '   So her rule is (INSECURE, since this processor is only simulated):'
	echo "    \$ rule=\"$rule\""
}
provider() {
	tell '4. A host that nobody needs to trust starts it as an enclave on its processor:'
	echo '    $ assay host reverse.signed --platform maker/processors/alice --collateral pcs'
	hosted --platform maker/processors/alice --collateral pcs reverse.signed
	grep -E '^(listening|measurement)' host.out | indent
	indent <host.err # warnings, if there are any
}
asker() {
	tell '5. Ada asks for an attestation.  It is judged; then, and only then, her secret is
   sealed to the key in it, so that the enclave alone can read it, and sent:'
	echo "    \$ printf 'my secret' | assay call $url --root maker/root.pem \\"
	echo "          --accept \"\$rule\" --print"
	printf 'my secret' | "$assay" call "$url" --root maker/root.pem \
		--accept "$rule" --print >answer 2>said || {
		cat said >&2
		exit 1
	}
	sed '/^$/,$d; s/^/    /' said
	grep -E '^(Status|Decision)' said | indent
	attested=$(sed -n 's/^Remote attestation for enclave \(.*\):$/\1/p' said)
	if [ "$attested" = "$code" ]; then
		echo '   The measurement in it is the one that she computed.  The answer:'
	else
		echo '   The measurement in it is another than she computed!  The answer:'
	fi
	echo "    $(cat answer)"
}

# served FOLDER ROOT - assay serve, in the last one's place: $at
served() {
	end "$authority"
	: >serve.out
	"$assay" serve --listen 127.0.0.1:0 --no-tls --offline --quiet \
		--data "$1" --root "$2" >serve.out 2>serve.err &
	authority=$!
	until_says serve.out 'Try it' "$authority" || {
		cat serve.err >&2
		exit 1
	}
	at=$(sed -n 's/^Serving at \([^,]*\),.*/\1/p' serve.out)
}
# posts - the attestation to the authority; its answer, and the signed part
posts() {
	query=$(echo "$rule" | sed 's/ /%20/g')
	curl -sS --data-binary @attestation "$at/v1/verify?accept=$query" >judged
	json token <judged | tr -d '\n' >signed
	echo "    genuine: $(sed -n 's/.*"genuine":\([a-z]*\).*/\1/p' judged), decision: $(json decision <judged), signed: $(cut -c 1-24 signed)..."
}
authority() {
	tell '6. Who does not want to judge himself asks an authority that he trusts, as people
   ask a manufacturer.  This one posts the attestation there, and takes the signed
   answer home; the authority'"'"'s public keys he has from before:'
	served authority-data maker/root.pem
	curl -sS "$url/attestation" >attestation
	curl -sS "$at/.well-known/jwks.json" >keys.json
	echo '    $ assay serve --root maker/root.pem'
	echo "    \$ curl --data-binary @attestation '$at/v1/verify?accept=...'"
	posts
	try token verify signed --jwks keys.json
	head -n 1 said | indent
	echo '   Somebody else says that he is an authority, and signs what he likes:'
	quietly "$assay" sim maker init other
	served other-data other/root.pem
	posts
	echo '    $ assay token verify signed --jwks keys.json'
	if "$assay" token verify signed --jwks keys.json >said 2>&1; then
		echo '    THAT SHOULD NOT HOLD'
	else
		head -n 2 said | indent
	fi
	end "$authority"
	authority=
}

# sends NAME NUMBER [OPTION]... - what a party sends (nothing: to ask), and is told
sends() {
	name=$1 number=$2
	shift 2
	printf %s "$(cat "$name.token")${number:+ $(printf %015d "$number")}" |
		"$assay" call "$url" --root maker/root.pem --accept "$rule" "$@" \
			>answer 2>said
	printf '    %-5s %-11s and is told: %s\n' "$name" \
		"${number:+sends }${number:-asks}" \
		"$(sed 's/^assay: call: //; s/ *$//' answer said)"
}
parties() {
	tell '7. Ada, Bob and Cleo want to know the average of their salaries, and none of them
   wants to tell what it is.  Each sends it by assay call, as 15 digits since the host
   sees the length, to an enclave of another program, whose measurement covers who they
   are (hashes of words they made up):'
	for name in Ada Bob Cleo; do
		od -An -N 16 -tx1 /dev/urandom | tr -d ' \n' >$name.token
		sha256sum <$name.token | cut -c 1-64 >$name.hash
	done
	# shellcheck disable=SC2046 # three words
	sign average -- $(cat Ada.hash Bob.hash Cleo.hash)
	rule="C:$(measured average.signed) SEC:INSECURE"
	hosted --platform maker/processors/alice --collateral pcs --store state \
		average.signed
	sends Ada 4200 --remember ada
	cp state old-state
	sends Bob 5100
	sends Cleo 4800
	sends Ada '' --remember ada
	echo '   It takes one number of each: from an average that moves one could tell more.'
	sends Ada 9000
}

# ---- hosts that are not

# lying [LIE] - p_liar stands before the host, tells that lie, and counts: $via
lying() {
	end "$liar"
	: >liar.out
	"$bin/tests/p_liar" "$url" "$@" >liar.out 2>liar.err &
	liar=$!
	until_says liar.out http "$liar" || {
		cat liar.err >&2
		exit 1
	}
	via=$(head -n 1 liar.out)
}
# why - from what assay call said: the check, or the rule, and what it found
why() {
	grep '^{' said | tail -n 1 >judged
	if grep -q '"genuine":false' judged; then
		echo "$(json check <judged | sed 's/.* //'): $(json_text note <judged |
			sed 's/;.*//')"
	elif grep -q '"decision":"refuse"' judged; then
		echo "$(json rules <judged): $(json_text reasons <judged |
			sed 's/[;.].*//')"
	else
		sed -n 's/^assay: call: //p' said | head -n 1 |
			sed 's/\. .*//; s/ (.*//; s|http:[^ ]*|the host|'
	fi | sed -E 's/([0-9A-F]{8})[0-9A-F]{56}/\1.../g' | fold -s -w 56 |
		sed 's/ *$//; s/^/                      /'
}
# cheat TITLE [OPTION]... - of assay call: what came of it, what had been sent of a
# message, and why
cheat() {
	title=$1
	shift
	before=$(sent)
	printf 'my secret' | "$assay" call "$via" --root maker/root.pem \
		--accept "$rule" --json "$@" >answer 2>said
	case $? in
	0) word=answered ;;
	1) word=refused ;;
	*) word='no answer' ;;
	esac
	printf '%-9s %4d bytes  %s\n' "$word" $(($(sent) - before)) "$title"
	if [ "$word" != answered ]; then why; fi
}
sent() { awk '/^POST/ { sum += $2 } END { print sum + 0 }' liar.out; }
# shows PROCESSOR DOCUMENTS ARGUMENT... - a host with that, all as it is
shows() {
	hosted --platform "$1" --collateral "$2" "$3" ${4:+"$4"}
	lying
}

false_boxes() {
	quietly "$assay" sim maker init fake
	quietly "$assay" sim maker make-processor fake f
	shows fake/processors/f fake/pcs/standard/* reverse.signed
	cheat 'a fake box: somebody made up a manufacturer'
	# a byte of the program, in a message of it
	LC_ALL=C sed 's/program seals its/program sells its/' reverse >changed
	sign changed
	shows $alice pcs changed.signed
	cheat 'a genuine box, with another program in it'
	cp reverse open
	sign open --debug-allowed
	shows $alice pcs open.signed --debug
	cheat 'a debug box, which its owner can look into'
}
false_attestations() {
	shows $alice pcs reverse.signed
	lying key
	cheat "the right box, and the host's own key in its attestation"
	lying old
	cheat "yesterday's attestation, which was for somebody else"
	lying dressed
	cheat 'the same, with the nonce of today written into it'
}
altered() {
	shows $alice pcs reverse.signed
	lying request
	cheat 'the request altered, in each of three tries: nobody can open it'
	lying answer
	cheat 'the answer altered: Ada cannot open it'
}
old_state() {
	cp old-state state
	hosted --platform $alice --collateral pcs --store state average.signed
	lying
	rule="C:$(measured average.signed) SEC:INSECURE"
	cheat 'the average given the state from before Bob and Cleo' \
		--remember ada
	rule="C:$code SEC:INSECURE"
}
# floor RULE FILE MEMBER - a policy: no less than the number in a document
floor() {
	least=$("$assay" collateral show --json "$2" | json "$3")
	echo "{\"simulation\":true,\"any_code\":true,\"$1\":$least}" >floor.json
}
out_of_date() {
	cp -rL pcs before
	quietly "$assay" sim maker tcb-recovery maker
	quietly "$assay" sim maker tcb-recovery --standard maker
	shows $alice pcs reverse.signed
	cheat 'a processor that lacks an update'
	shows $alice before reverse.signed
	cheat 'the same, and documents from before: they cannot know it'
	floor min_evaluation_number pcs/tcb_info.json evaluation_number
	cheat 'the same, and the client says how old they may be' \
		--policy floor.json
	quietly "$assay" sim maker update maker alice
	shows $alice pcs reverse.signed
	cheat 'the processor, once it has the update' --policy floor.json
}
revoked() {
	rm -rf before
	cp -rL pcs before
	quietly "$assay" sim maker revoke maker alice
	shows $alice pcs reverse.signed
	cheat 'a processor that its manufacturer has revoked'
	floor min_pck_crl_number pcs/pck_crl.der number
	shows $alice before reverse.signed
	cheat 'the same, and the list from before, where that is too old' \
		--policy floor.json
}

cheats() {
	alice=maker/processors/alice
	rule="C:$code SEC:INSECURE"
	tell '8. Hosts that are not what they seem.  How each call ends, and how many bytes of a
   message, sealed or not, had left by then:'
	echo
	false_boxes
	false_attestations
	tell '9. Hosts that change what passes, or what they keep.  This shows only when sealed
   bytes are on their way; but nobody can read them, and no answer is believed:'
	echo
	altered
	old_state
	tell '10. Processors that were good once, and documents that were true once:'
	echo
	out_of_date
	revoked
}

# ---- all of it

echo "HOW A SECRET GETS INTO AN ENCLAVE.  Manufacturer and processor are simulated, under
a root of their own, and protect nothing; formats and checks are the real ones."
maker
if ! cp "$bin/examples/reverse" "$bin/examples/average" . 2>/dev/null ||
	! "$assay" measure reverse >said 2>&1; then
	tell 'This build has no example program: so there is no more to this part.'
	exit
fi
developer
auditor
if ! "$assay" run --probe >said 2>&1; then
	tell 'No enclave can be launched on this kernel, so there is no more to this part:'
	grep missing said
	exit
fi
provider
asker
authority
parties
cheats
