# assay.bash - assay's verbs and options, completed by bash: source it; make
# install puts it where bash looks.  What it offers is what assay help says.
# shellcheck shell=bash disable=SC2207,SC2086 # lists of words

# Every verb, a line each.
_assay_verbs() {
	assay help | sed -n 's/^  \([a-z][a-z ]\{17\}\).*/\1/p' | sed 's/ *$//'
	assay help sim maker | sed -n 's/^  \([a-z-]\{1,17\}\) .*/sim maker \1/p'
}

_assay() {
	local word=${COMP_WORDS[COMP_CWORD]} verb found=
	local before="${COMP_WORDS[*]:1:COMP_CWORD-1} "

	[ "$before" != ' ' ] || before=
	before=${before#help }
	COMPREPLY=()
	if [ "${word#-}" = "$word" ]; then
		COMPREPLY=($(compgen -W "$(_assay_verbs | sed -n "s/^$before\([a-z-]*\).*/\1/p" | sort -u)" -- "$word"))
		return
	fi
	while read -r verb; do
		[ "${before#"$verb "}" = "$before" ] || found=$verb
	done < <(_assay_verbs)
	[ -z "$found" ] || COMPREPLY=($(compgen -W "--help $(assay help $found |
		sed -n 's/^  \(-[-a-z]*\).*/\1/p')" -- "$word"))
}
complete -o default -F _assay assay
