#!/bin/sh
# demo.sh DIR - shows what the programs in DIR do: the story of a secret and an
# enclave (demo-story.sh); real evidence, if there is any in $ASSAY_VECTORS; and
# the evidence of a simulated machine, damaged in several ways.
assay=$1/assay
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

# ---- all of it

"$(dirname "$0")/demo-story.sh" "$1" || exit
echo
if [ -f "$real/intel/cases.json" ]; then
	echo "Real evidence, some of it damaged on purpose, judged offline under Intel's root,
each piece as of a day of its own:"
	echo
	real_quotes | table 24
	echo
fi
echo 'The evidence of a simulated machine, as it is and damaged:'
echo
"$assay" sim sample "$tmp/set" >/dev/null || exit
cheats | table 46
cat <<END

What next:
  $assay explain Q_SIG     what a check demands, and what to do when it fails
  $assay help host         host an enclave: README.md has one of your own, on a page
  $assay help call         ask one something
  $assay verify --help     judge evidence of your own
  $assay sim sample DIR    the files of a simulated machine, to try things on
END
