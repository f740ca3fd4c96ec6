/* ask.h - assay run's request to the enclave that it launched. */
#ifndef DAEMON_ASK_H
#define DAEMON_ASK_H

#include "seal/ohttp.h"
#include "launch/request.h"

/* A line on stderr; always false. */
bool ask_complain(const char *what, const char *why);
/* The same for why the host's call failed last. */
bool ask_complain_of(const struct sim_host *h);

/* ask seals what stdin holds to the enclave's key, and writes its answer to
 * stdout.  False if there is none, which was said; h->refused, if the enclave or
 * its program says no. */
ASSAY_MUST_CHECK bool ask(struct sim_host *h,
                          const struct assay_key_config *keys);

#endif
