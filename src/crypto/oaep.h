/* oaep.h - encryption to an RSA key: OAEP with SHA-256 [RFC 8017 7.1]. */
#ifndef CRYPTO_OAEP_H
#define CRYPTO_OAEP_H

#include <assay/base.h>

#define ASSAY_RSA3072_LEN 384

/* Encrypts `msg` (at most 384 - 66 bytes) to the RSA-3072 key of modulus
 * `modulus`, big-endian, and exponent `e`.  False, and zeros, if that is no key
 * or memory is short. */
ASSAY_MUST_CHECK bool
assay_rsa_oaep_encrypt(uint8_t out[ASSAY_RSA3072_LEN],
                       const uint8_t modulus[ASSAY_RSA3072_LEN], uint32_t e,
                       struct assay_bytes msg);

#endif
