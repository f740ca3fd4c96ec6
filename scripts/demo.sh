#!/bin/sh
# demo.sh DIR - shows what the programs in DIR do: an enclave from its program to
# its judgement; a simulated machine's evidence, with what a cheat might try; and
# real evidence, if there is any in $ASSAY_VECTORS.
assay=$1/assay
bin=$(realpath "$1")
real=${ASSAY_VECTORS:-../shared/vectors}
tab=$(printf '\t')
tmp=$(mktemp -d) || exit
trap 'rm -rf "$tmp"' EXIT

# judge NAME ARGUMENT... - a line: the name, a tab, the judgement as JSON
judge() {
	name=$1
	shift
	printf '%s\t%s\n' "$name" "$("$assay" verify --json "$@" 2>&1)"
}

# table WIDTH - judgements as a table for people, their names of that width; a
# narrow one has the columns of real evidence
table() {
	awk -F '\t' -v width="$1" '
	# the value of a member of the JSON, without its quotation marks
	function get(key) {
		if (!match($2, "\"" key "\":(\\[[^]]*\\]|\"[^\"]*\"|[0-9]+)"))
			return ""
		key = substr($2, RSTART + length(key) + 3,
		             RLENGTH - length(key) - 3)
		gsub(/[]["]/, "", key)
		return key
	}
	function status(  s) {
		s = get("status")
		sub(/ConfigurationAndSWHardeningNeeded/, "Config+SWHardening", s)
		sub(/OutOfDateConfigurationNeeded/, "OutOfDate+Config", s)
		return s
	}
	function advisories(  a, n) {
		n = split(get("advisories"), a, ",")
		sub(/INTEL-/, "", a[1])
		return a[1] (n > 1 ? " +" n - 1 : "")
	}
	{
		word = $2 ~ /"genuine":true/ ? get("decision") : "NO"
		count[word]++
		printf "%-6s  %-*.*s  ", word, width, width, $1
	}
	word == "NO" { what = get("check") }
	word == "accept" { what = status() }
	word == "refuse" {
		rules = get("rules")
		what = rules ~ /accepted_statuses/ ? status() : "rule: " rules
	}
	width > 30 { print what }
	width < 30 {
		printf "%-3s %1s  %-32.32s  %.10s\n", get("tee"),
			get("version"), sprintf("%-19s %s", what,
			advisories()), get("judged_at")
	}
	END {
		if (width < 30)
			printf "\n%d are genuine and up to date, %d are " \
				"genuine and the default policy wants more,\n" \
				"%d are not shown to be genuine; the check " \
				"that does not hold is named.\n", count["accept"],
				count["refuse"], count["NO"]
	}'
}

# Real quotes, each with documents of its machine and a time at which they were
# good: the first of the cases that the folder lists for it.
real_quotes() {
	awk -v dir="$real/intel/" -F '"' '
	$2 == "quote" { quote = $4; documents = at = "" }
	$2 ~ /^(tcb_info|qe_identity|pck_crl|root_ca_crl)/ {
		documents = documents "\t--collateral\t" $2 "=" dir $4
	}
	$2 == "at" && $4 { at = "\t--at\t" $4 }
	/^ }/ && !seen[quote]++ {
		name = quote
		gsub(/quotes\/(neg-)?((sgx|tdx)(-v[0-9])?-)?|\.bin/, "", name)
		print name at documents "\t" dir quote
	}' "$real/intel/cases.json" |
		while read -r line; do
			IFS=$tab
			# shellcheck disable=SC2086 # it is split at the tabs
			set -- $line
			unset IFS
			judge "$@" --any-code
		done
}

# cheat NAME COMMAND... - judges the simulated machine after the command has
# changed a copy of its files
cheat() {
	name=$1
	shift
	rm -rf "$tmp/copy"
	cp -r "$tmp/set" "$tmp/copy"
	(cd "$tmp/copy" && "$@")
	judge "$name" --root "$tmp/copy/root.pem" --policy "$tmp/set/policy.json" \
		--collateral "$tmp/copy" "$tmp/copy/quote.bin"
}

# flip OFFSET - one bit of the quote
flip() {
	byte=$(od -An -tu1 -j "$1" -N 1 quote.bin)
	# shellcheck disable=SC2059 # the byte is the format
	printf "\\$(printf %o $((byte ^ 1)))" |
		dd of=quote.bin bs=1 seek="$1" conv=notrunc 2>/dev/null
}
edit() { sed -i "$1" "$2"; }

cheats() {
	cheat 'its quote, and its root named with --root' true
	judge 'the same, and nobody names the root' --any-code \
		--collateral "$tmp/set" "$tmp/set/quote.bin"
	judge 'the same, where only real machines will do' --any-code \
		--root "$tmp/set/root.pem" --collateral "$tmp/set" \
		"$tmp/set/quote.bin"
	judge 'the same, where other code is expected' \
		--root "$tmp/set/root.pem" --collateral "$tmp/set" \
		--accept "C:$(printf %064d 0) SEC:INSECURE" "$tmp/set/quote.bin"
	judge 'the same, two years later' --policy "$tmp/set/policy.json" \
		--at "$(date -u -d '2 years' +%FT%TZ)" \
		--root "$tmp/set/root.pem" --collateral "$tmp/set" \
		"$tmp/set/quote.bin"
	# a quote of version 3: the report is at 48, the attestation key at 500
	cheat 'one bit of the report flipped' flip 200
	cheat 'one bit of the attestation key flipped' flip 510
	cheat 'the TCB info polished' edit s/OutOfDate/UpToDate/ tcb_info.json
	cheat 'the revocation list left out' rm pck_crl.der
}

# ---- the story of an enclave

# quietly COMMAND... - what it says is shown only if it fails
quietly() {
	"$@" >"$tmp/said" 2>&1 && return
	cat "$tmp/said" >&2
	exit 1
}
# try ARGUMENT... - shows a command and has assay do it
try() {
	echo "  \$ assay $*"
	quietly "$assay" "$@"
}
# ask ARGUMENT... - assay run, with the request hello
ask() { printf hello | quietly "$assay" run "$@" || exit; }
# json MEMBER - its value, of JSON on stdin
json() { sed "s/.*\"$1\":\"\([^\"]*\)\".*/\1/"; }

# signed FILE ARGUMENT... - FILE.signed, by the developer's key
signed() { quietly "$assay" sign "$@" --key key --product 1 --revocation 0; }
# expect NAME FILE - judges as the client does
expect() {
	judge "$1" --root maker/root.pem --collateral pcs --accept "$code" "$2"
}

# What the client must find out, a judgement for each.
swindles() {
	quietly "$assay" sim maker init fake
	quietly "$assay" sim maker make-processor fake f
	ask --attestation fake.json --platform fake/processors/f \
		--collateral fake/pcs/standard/* reverse.signed
	judge "a processor of another, made-up manufacturer" \
		--root maker/root.pem --accept "$code" fake.json
	signed changed
	ask --attestation changed.json changed.signed
	expect 'the changed program, signed again' changed.json
	cp reverse debug
	signed debug --debug-allowed
	ask --attestation debug.json --debug debug.signed
	expect 'the right program, but as a debug enclave' debug.json
	ask --attestation second.json reverse.signed
	sed "s|\"hpke\":\"[^\"]*\"|\"hpke\":\"$(json hpke <second.json)\"|" \
		bundle.json >key.json
	expect "somebody else's key in the bundle" key.json
	quietly "$assay" sim maker tcb-recovery maker
	quietly "$assay" sim maker tcb-recovery --standard maker
	expect 'the processor lacks an update (tcb-recovery)' bundle.json
	quietly "$assay" sim maker update maker alice
	ask --attestation bundle.json reverse.signed
	expect 'the same after the update' bundle.json
	quietly "$assay" sim maker revoke maker alice
	quietly "$assay" sim maker publish maker
	expect 'the processor is revoked (revoke, publish)' bundle.json
}

# refused_launch NAME FILE - a line as those of table
refused_launch() {
	word=NO
	"$assay" run "$2" </dev/null >/dev/null 2>said && word=launch
	printf '%-6s  %-46s  %s\n' $word "$1" \
		"$(sed "/: warning: /d; s/^assay: run: $2: \([A-Z_]*\) .*/\1/; q" said)"
}

makers() {
	echo 'A manufacturer, and a processor with a secret of its own:'
	try sim maker init maker
	try sim maker make-processor maker alice
	echo "  \$ ln -s $(echo maker/pcs/standard/*) pcs"
	ln -s maker/pcs/standard/* pcs
}
developer() {
	echo
	echo 'A developer signs a program (examples/reverse.c, which reverses text):'
	try key new key
	try sign reverse --key key --product 1 --revocation 0
	echo
	echo 'Anybody who has the program can compute its measurement:'
	try measure reverse
	measured=$("$assay" measure --json reverse | json computed)
	echo "  $measured" | tr a-f A-F
}
host() {
	echo
	echo 'A host launches it as an enclave; it answers, and attests itself:'
	echo '  $ export ASSAY_PLATFORM=maker/processors/alice'
	export ASSAY_PLATFORM=maker/processors/alice
	set -- --attestation bundle.json --collateral pcs reverse.signed
	echo "  \$ printf hello | assay run $*"
	printf hello | "$assay" run "$@" >answer 2>"$tmp/said" ||
		{ cat "$tmp/said" >&2; exit 1; }
	echo "  $(cat answer)"
	sed 's/^/  /' "$tmp/said" # warnings, if there are any
}
client() {
	code="C:$measured SEC:INSECURE"
	echo
	echo 'A client judges that, before it sends any secret:'
	echo '  $ assay verify --root maker/root.pem --accept "C:... SEC:INSECURE" bundle.json'
	"$assay" verify --root maker/root.pem --accept "$code" bundle.json |
		tee said | sed '/^$/,$d; s/^/  /'
	grep -E '^(Status|Decision)' said | sed 's/^/  /'
	attested=$(expect '' bundle.json | json mrenclave)
	if [ "$attested" = "$measured" ]; then
		echo '  The measurement in the attestation is the one that was computed.'
	else
		echo '  The measurement in the attestation is another than was computed.'
	fi
}

story() {
	cd "$tmp" || exit
	assay=$bin/assay
	echo 'From a program to an enclave that a client trusts.  Processor and manufacturer
are simulated, under a root of their own; formats and checks are the real ones.'
	echo
	makers
	if ! cp "$bin/examples/reverse" reverse 2>/dev/null ||
		! "$assay" measure reverse >/dev/null 2>&1; then
		printf '\nThis build has no example program: so there is no more to this part.\n'
		return
	fi
	developer
	if ! "$assay" run --probe >said 2>&1; then
		printf '\n%s:\n' 'No enclave can be launched on this kernel, so there is no more to this part'
		grep missing said
		return
	fi
	host
	client
	printf '\nWhat a cheat might do, and what finds it out:\n\n'
	# a byte of the program, in a message of it
	LC_ALL=C sed 's/program seals its/program sells its/' reverse.signed >bent
	LC_ALL=C sed 's/program seals its/program sells its/' reverse >changed
	refused_launch 'one byte changed after the program was signed' bent
	swindles | table 46
}

# ---- all of it

(story) || exit
echo
if [ -f "$real/intel/cases.json" ]; then
	echo "Real evidence, some of it damaged on purpose, judged offline under Intel's root,
each piece as of a day of its own:"
	echo
	real_quotes | table 24
	echo
fi
echo 'A simulated machine, and what a cheat might show in its place:'
echo
"$assay" sim sample "$tmp/set" >/dev/null || exit
cheats | table 46
cat <<END

What next:
  $assay explain Q_SIG     what a check demands, and what to do when it fails
  $assay help run          run a program of your own as an enclave
  $assay verify --help     judge evidence of your own
  $assay sim sample DIR    the files of a simulated machine, to try things on
END
