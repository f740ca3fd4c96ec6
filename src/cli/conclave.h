/* conclave.h - Conclave's attestations, judged as R3's client did. */
#ifndef CLI_CONCLAVE_H
#define CLI_CONCLAVE_H

#include "cli/judge.h"

/* cli_conclave_compat judges each file by the rules' time, root and constraints,
 * and prints it as R3's client did.  The worst status. */
int cli_conclave_compat(const struct cli_rules *rules,
                        const struct cli_list *files);

#endif
