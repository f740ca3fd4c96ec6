/* jws.h - the parts of a JSON Web Signature in compact form [RFC 7515 7.1]. */
#ifndef BASE_JWS_H
#define BASE_JWS_H

#include <assay/base.h>

/* Digits of base64url, as they stand. */
struct assay_jws {
	struct assay_bytes header, payload, sig;
	struct assay_bytes signed_part; /* header, dot, payload */
};

/* False, and zeros, without two dots.  A third one is in `sig`, which then does
 * not decode. */
ASSAY_MUST_CHECK bool assay_jws_split(struct assay_jws *jws,
                                      struct assay_bytes in);

#endif
