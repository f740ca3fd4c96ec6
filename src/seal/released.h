/*
 * released.h - a secret that a verification service gives to an enclave, sealed
 * to the key that the enclave attested [ASSAY released].
 *
 * What stands in front, in the clear, says whose secret it is, which, of which
 * version, and for which nonce it was asked; sealing binds it (HPKE's info).  It
 * is HPKE's mode auth: who opens one knows that the service made it, by a key of
 * the service's that he had before.
 */
#ifndef SEAL_RELEASED_H
#define SEAL_RELEASED_H

#include "seal/ohttp.h"

enum {
	ASSAY_RELEASED_NAME = 255, /* bytes of each of the three */
	ASSAY_RELEASED_MORE = 13 + 3 * (1 + ASSAY_RELEASED_NAME) + 4 +
	                      ASSAY_HPKE_ENC_LEN + ASSAY_AEAD_TAG_LEN,
};

/* What stands in front; views. */
struct assay_released {
	struct assay_bytes service, name, nonce; /* at most 255 bytes each */
	uint32_t version;                        /* of the secret */
};

/*
 * assay_released_seal writes at most ASSAY_RELEASED_MORE bytes more than the
 * secret has, to an enclave's key, from the service's; the length, or 0 and
 * zeros.  Fails with ASSAY_H_POINT, _MADE.
 */
size_t assay_released_seal(uint8_t *out, const struct assay_released *released,
                           const struct assay_key_config *to,
                           const struct assay_hpke_pair *from,
                           struct assay_bytes secret, struct assay_err *err);

/*
 * assay_released_open opens one that is of this service and name, of this version
 * or a newer one, and made with the service's key.
 *
 * secret    as many bytes as `in` has
 * len       of the secret; 0 on failure, when `secret` has zeros
 * released  what is wanted (its nonce is not looked at); on success, what it was:
 *           views of `in`
 * from      the service's public key
 * Fails with ASSAY_H_RELEASED (no such form, or of others), _VERSION (older),
 * _POINT, _MADE, _OPEN (altered, to another key, or not made by the service).
 */
ASSAY_MUST_CHECK bool
assay_released_open(uint8_t *secret, size_t *len,
                    struct assay_released *released, enum assay_aead aead,
                    const struct assay_hpke_pair *own,
                    const uint8_t from[ASSAY_CURVE25519_LEN],
                    struct assay_bytes in, struct assay_err *err);

#endif
