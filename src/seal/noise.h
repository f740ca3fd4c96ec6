/*
 * noise.h - the handshake of a mail: Noise's one-way pattern X, under the name
 * Noise_X_25519_AESGCM_SHA256 [CONCLAVE 3.2].  One message from a sender, whom
 * it names hidden and proves, to a recipient whose key is known before.
 */
#ifndef SEAL_NOISE_H
#define SEAL_NOISE_H

#include <assay/base.h>

enum {
	ASSAY_NOISE_KEY_LEN = 32,
	ASSAY_NOISE_TAG_LEN = 16,
	/* the message but for its payload: ephemeral key, static key, tags */
	ASSAY_NOISE_HEAD_LEN = 32 + 32 + 16 + 16,
};

/* Where a handshake stands.  Secret: wipe it. */
struct assay_noise {
	uint8_t h[32];  /* the hash of all that was said */
	uint8_t ck[32]; /* what the next key comes from */
	uint8_t k[32];  /* the key in use, for one message */
};

/* How reading a message ends. */
enum assay_noise_end {
	ASSAY_NOISE_ALTERED = 0, /* it is for another key, or was altered */
	ASSAY_NOISE_LOW_ORDER,   /* a key in it proves nothing; or no memory */
	ASSAY_NOISE_READ,
};

/* assay_noise_begin: both sides, with the recipient's public key. */
void assay_noise_begin(struct assay_noise *n, struct assay_bytes prologue,
                       const uint8_t recipient[ASSAY_NOISE_KEY_LEN]);

/*
 * assay_noise_write makes the message: ASSAY_NOISE_HEAD_LEN + payload.len bytes.
 * False, and zeros, if the recipient's key is of low order, or memory is short.
 */
ASSAY_MUST_CHECK bool
assay_noise_write(uint8_t *out, struct assay_noise *n,
                  const uint8_t recipient[ASSAY_NOISE_KEY_LEN],
                  const uint8_t secret[ASSAY_NOISE_KEY_LEN],
                  const uint8_t ephemeral[ASSAY_NOISE_KEY_LEN],
                  struct assay_bytes payload);

/* assay_noise_read takes a message of at least ASSAY_NOISE_HEAD_LEN bytes apart:
 * the sender's key and the payload, for which there is room; both are zeros
 * unless it was read. */
ASSAY_MUST_CHECK enum assay_noise_end
assay_noise_read(uint8_t sender[ASSAY_NOISE_KEY_LEN], uint8_t *payload,
                 struct assay_noise *n,
                 const uint8_t secret[ASSAY_NOISE_KEY_LEN],
                 struct assay_bytes message);

/* assay_noise_split leaves in n->k the key of what follows the message.  False
 * when memory is short. */
ASSAY_MUST_CHECK bool assay_noise_split(struct assay_noise *n);

/* The nonce of the `count`-th message under a key [CONCLAVE 3.2]. */
void assay_noise_nonce(uint8_t nonce[12], uint64_t count);

#endif
