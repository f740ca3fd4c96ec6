/* daemon.h - the verbs of assayd. */
#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H

#include "cli/options.h"

/* Of each verb: itself (verbs.c), its options, and what it does (argv[0] is the
 * name's last word). */
#define VERB(symbol, name, operands, summary) \
	extern const struct cli_verb verb_##symbol; \
	extern const struct cli_option symbol##_options[]; \
	int symbol##_verb(int argc, char **argv);
#include "cli/assayd.def"
#undef VERB

/* assay verify --fetch: argv[0] is "verify". */
int verify_fetch(int argc, char **argv);

/* "help sim maker", and what follows it: its verbs, or how one is used. */
int sim_maker_help(int argc, char **argv);

#endif
