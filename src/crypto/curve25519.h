/* curve25519.h - X25519 and Ed25519 [RFC 7748, RFC 8032]. */
#ifndef CRYPTO_CURVE25519_H
#define CRYPTO_CURVE25519_H

#include <assay/base.h>

#define ASSAY_CURVE25519_LEN 32 /* bytes of a secret, and of its public key */

/* The public key of a secret: any 32 random bytes.  False, and zeros, when
 * memory is short. */
ASSAY_MUST_CHECK bool
assay_x25519_public(uint8_t key[ASSAY_CURVE25519_LEN],
                    const uint8_t secret[ASSAY_CURVE25519_LEN]);
ASSAY_MUST_CHECK bool
assay_ed25519_public(uint8_t key[ASSAY_CURVE25519_LEN],
                     const uint8_t secret[ASSAY_CURVE25519_LEN]);

#endif
