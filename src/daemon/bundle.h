/* bundle.h - an enclave's attestation as a file that others can judge. */
#ifndef DAEMON_BUNDLE_H
#define DAEMON_BUNDLE_H

#include "os/buf.h"
#include "launch/request.h"

#include <assay/evidence.h>

/* The manufacturer's documents, out of a folder. */
struct documents {
	struct assay_collateral collateral;
	struct buf file[ASSAY_PART_PCK_CHAIN + 1];
	struct assay_scratch scratch;
};

enum { DOCUMENTS_WHY = 256 };

/* documents_read takes what `assay verify --collateral` takes from a folder, and
 * checks none of it.  False, with why; it is to be freed in any case. */
ASSAY_MUST_CHECK bool documents_read(struct documents *d, const char *folder,
                                     char why[DOCUMENTS_WHY]);
void documents_free(struct documents *d);

/*
 * bundle_make writes the bundle (docs/bundle.md) of what an enclave attests.
 * NULL, or what is wrong.
 *
 * nonce      what the enclave was given; empty: none
 * documents  or NULL
 * at         when that was, in seconds since 1970
 */
const char *bundle_make(struct buf *out, const struct sim_attested *attested,
                        struct assay_bytes nonce,
                        const struct documents *documents, int64_t at);

#endif
