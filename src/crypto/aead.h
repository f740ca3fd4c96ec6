/* aead.h - AES-256-GCM [RFC 5116 5.2]. */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include <assay/base.h>

enum {
	ASSAY_GCM_KEY_LEN = 32,
	ASSAY_GCM_NONCE_LEN = 12,
	ASSAY_GCM_TAG_LEN = 16,
};

/*
 * assay_gcm_seal encrypts `plain` into `out`, which has room for it and the tag
 * behind it.  `aad` is authenticated beside it.  The same nonce must never be
 * used twice with a key.  False, and zeros, if anything is too long or memory
 * is short.
 */
ASSAY_MUST_CHECK bool assay_gcm_seal(uint8_t *out,
                                     const uint8_t key[ASSAY_GCM_KEY_LEN],
                                     const uint8_t nonce[ASSAY_GCM_NONCE_LEN],
                                     struct assay_bytes aad,
                                     struct assay_bytes plain);

/*
 * assay_gcm_open decrypts `sealed`, ciphertext and tag, into `out`, which has
 * room for all but the tag.  False, and zeros, if it is not what was sealed with
 * this key, nonce and aad, or memory is short.
 */
ASSAY_MUST_CHECK bool assay_gcm_open(uint8_t *out,
                                     const uint8_t key[ASSAY_GCM_KEY_LEN],
                                     const uint8_t nonce[ASSAY_GCM_NONCE_LEN],
                                     struct assay_bytes aad,
                                     struct assay_bytes sealed);

#endif
