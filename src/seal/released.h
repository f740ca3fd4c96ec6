/*
 * released.h - a secret that a verification service gives to an enclave, sealed
 * to the key that the enclave attested [ASSAY released].
 *
 * What stands in front, in the clear, says whose secret it is, which, and for
 * which nonce it was asked; sealing binds it (HPKE's info).  Base mode: whoever
 * knows the enclave's public key can make one; docs/key-release.md says what
 * follows from that.
 */
#ifndef SEAL_RELEASED_H
#define SEAL_RELEASED_H

#include "seal/ohttp.h"

enum {
	ASSAY_RELEASED_NAME = 255, /* bytes of each of the three */
	ASSAY_RELEASED_MORE = 13 + 3 * (1 + ASSAY_RELEASED_NAME) +
	                      ASSAY_HPKE_ENC_LEN + ASSAY_AEAD_TAG_LEN,
};

/* What stands in front; views. */
struct assay_released {
	struct assay_bytes service, name, nonce; /* at most 255 bytes each */
};

/*
 * assay_released_seal writes at most ASSAY_RELEASED_MORE bytes more than the
 * secret has; the length, or 0 and zeros.  Fails with ASSAY_H_POINT, _MADE.
 */
size_t assay_released_seal(uint8_t *out, const struct assay_released *released,
                           const struct assay_key_config *to,
                           struct assay_bytes secret, struct assay_err *err);

/*
 * assay_released_open opens one that is of this service and name (want->nonce is
 * not looked at).
 *
 * secret  as many bytes as `in` has
 * len     of the secret; 0 on failure, when `secret` has zeros
 * Fails with ASSAY_H_RELEASED (no such form, or of others), _POINT, _MADE, _OPEN.
 */
ASSAY_MUST_CHECK bool assay_released_open(uint8_t *secret, size_t *len,
                                          const struct assay_released *want,
                                          enum assay_aead aead,
                                          const struct assay_hpke_pair *own,
                                          struct assay_bytes in,
                                          struct assay_err *err);

#endif
