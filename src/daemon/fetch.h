/* fetch.h - the manufacturer's documents for verbs that fetch them. */
#ifndef DAEMON_FETCH_H
#define DAEMON_FETCH_H

#include "cli/judge.h"
#include "net/collateral.h"

/* Roots that are trusted. */
struct fetch_roots {
	uint8_t (*key)[64];
	size_t n;
};
/* Those of --root, or Intel's; false, with a message. */
ASSAY_MUST_CHECK bool fetch_roots(struct fetch_roots *roots,
                                  const struct cli_list *given);

/* The source that the options speak of; NULL, with a message. */
struct collateral_source *fetch_open(const struct cli_fetch *how,
                                     const uint8_t (*root)[64], size_t n_roots);

/* Which of a machine's documents the options want; false, with a message. */
ASSAY_MUST_CHECK bool fetch_choice(struct collateral_want *want,
                                   const struct cli_fetch *how);

/* Sets that are wanted, each once. */
struct fetch_wants {
	struct collateral_want *want;
	size_t n;
};
void fetch_wants_add(struct fetch_wants *wants,
                     const struct collateral_want *want);

/* Adds what the evidence in a file needs.  NO: it is no evidence, as whoever
 * judges it will say; TROUBLE, with a message: it does not say what it needs. */
int fetch_evidence(struct fetch_wants *wants, const struct cli_fetch *how,
                   const char *file);

/* Each line of `why` as a message. */
void fetch_warn(const char *why);

#endif
