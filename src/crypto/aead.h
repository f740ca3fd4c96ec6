/* aead.h - authenticated encryption: AES-GCM [RFC 5116 5] and
 * ChaCha20-Poly1305 [RFC 8439 2.8]. */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include <assay/base.h>

/* Numbered as HPKE does [RFC 9180 7.3]. */
enum assay_aead {
	ASSAY_AEAD_NONE = 0,
	ASSAY_AES_128_GCM,
	ASSAY_AES_256_GCM,
	ASSAY_CHACHA20_POLY1305,
	ASSAY_N_AEADS
};

enum {
	ASSAY_AEAD_KEY_MAX = 32,
	ASSAY_AEAD_NONCE_LEN = 12,
	ASSAY_AEAD_TAG_LEN = 16,
	/* AES-256-GCM's */
	ASSAY_GCM_KEY_LEN = 32,
	ASSAY_GCM_NONCE_LEN = ASSAY_AEAD_NONCE_LEN,
	ASSAY_GCM_TAG_LEN = ASSAY_AEAD_TAG_LEN,
};

/* Bytes of its key. */
size_t assay_aead_key_len(enum assay_aead aead);

/*
 * assay_aead_seal encrypts `plain` into `out`, which has room for it and the tag
 * behind it, and may be where `plain` is, exactly.  `aad` is authenticated beside
 * it.  The same nonce must never be used twice with a key.  False, and zeros, if
 * anything is too long or memory is short.
 */
ASSAY_MUST_CHECK bool assay_aead_seal(uint8_t *out, enum assay_aead aead,
                                      const uint8_t *key,
                                      const uint8_t nonce[ASSAY_AEAD_NONCE_LEN],
                                      struct assay_bytes aad,
                                      struct assay_bytes plain);

/*
 * assay_aead_open decrypts `sealed`, ciphertext and tag, into `out`, which has
 * room for all but the tag, and may be where `sealed` is, exactly.  False, and
 * zeros, if it is not what was sealed with this key, nonce and aad, or memory is
 * short.
 */
ASSAY_MUST_CHECK bool assay_aead_open(uint8_t *out, enum assay_aead aead,
                                      const uint8_t *key,
                                      const uint8_t nonce[ASSAY_AEAD_NONCE_LEN],
                                      struct assay_bytes aad,
                                      struct assay_bytes sealed);

/* The same with AES-256-GCM. */
ASSAY_MUST_CHECK static inline bool
assay_gcm_seal(uint8_t *out, const uint8_t key[ASSAY_GCM_KEY_LEN],
               const uint8_t nonce[ASSAY_GCM_NONCE_LEN], struct assay_bytes aad,
               struct assay_bytes plain)
{
	return assay_aead_seal(out, ASSAY_AES_256_GCM, key, nonce, aad, plain);
}

ASSAY_MUST_CHECK static inline bool
assay_gcm_open(uint8_t *out, const uint8_t key[ASSAY_GCM_KEY_LEN],
               const uint8_t nonce[ASSAY_GCM_NONCE_LEN], struct assay_bytes aad,
               struct assay_bytes sealed)
{
	return assay_aead_open(out, ASSAY_AES_256_GCM, key, nonce, aad, sealed);
}

#endif
