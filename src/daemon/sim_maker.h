/* sim_maker.h - what the verbs of `assay sim maker` share. */
#ifndef DAEMON_SIM_MAKER_H
#define DAEMON_SIM_MAKER_H

#include "cli/cli.h"
#include "maker/maker.h"

/* Exit statuses, as grep's. */
enum { SIM_YES = 0, SIM_NO = 1, SIM_TROUBLE = 2 };

/* What is to be done; what the command line does not say is zero, but `now`. */
struct sim_args {
	const struct cli_verb *verb;
	const char *dir, *name;
	bool json;
	int64_t now;
	struct sim_make_spec make;
	struct sim_recovery recovery;
	bool promote;
};

/* A line "assay: sim maker VERB: ..." on stderr; always SIM_TROUBLE. */
int sim_complain(const struct sim_args *args, const char *fmt, ...)
	ASSAY_PRINTF(2, 3);

/* Verbs that show what there is (sim_maker_show.c). */
int sim_maker_list(struct sim_maker *maker, const struct sim_args *args);
int sim_maker_show(struct sim_maker *maker, const struct sim_args *args);

#endif
