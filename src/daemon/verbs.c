/* verbs.c - the verbs of assayd, out of cli/assayd.def. */
#include "daemon/daemon.h"

#define VERB(symbol, name_, operands_, summary_) \
	const struct cli_verb verb_##symbol = { \
		.name = name_, \
		.operands = operands_, \
		.summary = summary_, \
		.options = symbol##_options, \
		.run = symbol##_verb, \
	};
#include "cli/assayd.def"
