/* signed.h - one opener for every signed JSON document. */
#ifndef VERIFY_SIGNED_H
#define VERIFY_SIGNED_H

#include <assay/evidence.h>

#include "base/json.h"
#include "crypto/crypto.h"

/* What kind of document: the member that holds it, and who reads it. */
struct assay_signed_kind {
	const char *member; /* "tcbInfo" */
	enum assay_doc doc;
	bool (*read)(void *out, struct assay_json *j);
};

/*
 * assay_signed_open reads a signed document into `*out` and authenticates the
 * very bytes that were read: the raw span of the inner object, as received.
 * `out` is of no use on failure.  Fails with J_* but for J_TIME, J_ROLLBACK and
 * J_MISSING, and with what the reader fails with.  Source: [DCAP 3.2].
 */
ASSAY_MUST_CHECK bool assay_signed_open(void *out,
                                        const struct assay_signed_json *in,
                                        const struct assay_signed_kind *kind,
                                        const uint8_t signer[64],
                                        struct assay_p256 *engine,
                                        struct assay_err *err);

#endif
