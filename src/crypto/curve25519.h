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

/*
 * assay_x25519 gives the secret that two hold in common, from one's secret and
 * the other's public key.  False, and zeros, if `peer` is of low order, where
 * that would be zero whatever the secret is [RFC 7748 6.1], or memory is short.
 */
ASSAY_MUST_CHECK bool assay_x25519(uint8_t out[ASSAY_CURVE25519_LEN],
                                   const uint8_t secret[ASSAY_CURVE25519_LEN],
                                   const uint8_t peer[ASSAY_CURVE25519_LEN]);

/*
 * A key pair, kept as libcrypto wants it: an exchange costs a sixth less than
 * by assay_x25519.  It holds the secret, in libcrypto's memory, until it is
 * freed, which wipes it.  Two threads must not share one.
 */
struct assay_x25519;

/* `secret` NULL: a random one.  `key` is its public key, NULL if that is not at
 * hand.  NULL for want of memory or of random numbers. */
struct assay_x25519 *assay_x25519_new(const uint8_t *secret,
                                      const uint8_t *key);
void assay_x25519_free(struct assay_x25519 *pair);
/* Its public key. */
const uint8_t *assay_x25519_key(const struct assay_x25519 *pair);
/* As assay_x25519. */
ASSAY_MUST_CHECK bool
assay_x25519_with(uint8_t out[ASSAY_CURVE25519_LEN], struct assay_x25519 *pair,
                  const uint8_t peer[ASSAY_CURVE25519_LEN]);

#endif
