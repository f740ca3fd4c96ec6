/* documents.h - what the manufacturer's documents say, authenticated or not. */
#ifndef CLI_DOCUMENTS_H
#define CLI_DOCUMENTS_H

#include "cli/facts.h"

/* cli_facts_collateral tells of every document that is there.  `now` says which
 * of them have ended; NULL: nobody asks. */
void cli_facts_collateral(struct cli_facts *f,
                          const struct assay_collateral *collateral,
                          const int64_t *now);

/* cli_facts_chain tells of the certificates of a chain in PEM. */
void cli_facts_chain(struct cli_facts *f, const char *name, const char *label,
                     struct assay_bytes pem, const int64_t *now);

/* The leaf of a PCK chain, as far as it can be read; nothing is checked. */
ASSAY_MUST_CHECK bool cli_pck_of(struct assay_pck *pck, struct assay_bytes pem);
void cli_facts_pck(struct cli_facts *f, const struct assay_pck *pck);

#endif
