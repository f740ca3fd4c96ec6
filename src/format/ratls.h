/* ratls.h - evidence in the certificate that a program shows over TLS. */
#ifndef FORMAT_RATLS_H
#define FORMAT_RATLS_H

#include <assay/evidence.h>

/* Whether it begins as a certificate in DER does that is long enough to hold a
 * quote: told by its first bytes, never by trying. */
bool assay_is_certificate(struct assay_bytes in);

/*
 * assay_ratls_read reads a certificate's quote, key, claims and nonce.  Nothing
 * else that stands in it is looked at, neither dates nor names nor who signed
 * it: whoever has the key can write what he likes around the quote, and what the
 * quote speaks for is the key.  That its report data does is not checked here:
 * assay_keys_bound.
 *
 * Of two extensions of different kinds, the standard one counts.
 * Fails with C_CERT, C_CERT_KEY; then `e` is to be zeroed.
 * Source: [RATLS evidence, claims], docs/ra-tls.md.
 */
ASSAY_MUST_CHECK bool assay_ratls_read(struct assay_evidence *e,
                                       struct assay_bytes der,
                                       enum assay_doc doc,
                                       struct assay_err *err);

#endif
