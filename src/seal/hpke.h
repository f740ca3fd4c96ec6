/*
 * hpke.h - Hybrid Public Key Encryption [RFC 9180]: modes base and auth,
 * DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, and the three ciphers of
 * crypto/aead.h.
 */
#ifndef SEAL_HPKE_H
#define SEAL_HPKE_H

#include "base/err.h"
#include "crypto/aead.h"
#include "crypto/curve25519.h"
#include "crypto/hkdf.h"

/* Numbers of RFC 9180 7. */
enum {
	ASSAY_HPKE_KEM = 0x0020, /* DHKEM(X25519, HKDF-SHA256) */
	ASSAY_HPKE_KDF = 0x0001, /* HKDF-SHA256 */
	ASSAY_HPKE_ENC_LEN = ASSAY_CURVE25519_LEN,
};

/* A key pair as bytes, for who keeps secrets in memory of his own. */
struct assay_hpke_pair {
	uint8_t secret[ASSAY_CURVE25519_LEN];
	uint8_t key[ASSAY_CURVE25519_LEN];
};

/* A pair from random bytes; false, and zeros, for want of them or of memory. */
ASSAY_MUST_CHECK bool assay_hpke_pair_new(struct assay_hpke_pair *pair);

/* What sender and receiver have in common: one of them seals, the other opens,
 * message by message in the same order.  Holds secrets: assay_wipe it. */
struct assay_hpke {
	enum assay_aead aead;
	uint8_t key[ASSAY_AEAD_KEY_MAX];
	uint8_t base_nonce[ASSAY_AEAD_NONCE_LEN];
	uint8_t exporter[ASSAY_PRK_LEN];
	uint64_t seq; /* of the next message */
};

/*
 * assay_hpke_send begins as the sender.
 *
 * hpke   whole on success, zeroed on failure
 * enc    what the receiver needs: the ephemeral public key
 * to     the receiver's public key
 * from   the sender's own pair: mode auth; NULL: mode base
 * info   bound to everything that is sealed; both must give the same
 * Fails with ASSAY_H_POINT (`to` is of low order), ASSAY_H_MADE.
 */
ASSAY_MUST_CHECK bool
assay_hpke_send(struct assay_hpke *hpke, uint8_t enc[ASSAY_HPKE_ENC_LEN],
                enum assay_aead aead, const uint8_t to[ASSAY_CURVE25519_LEN],
                struct assay_x25519 *from, struct assay_bytes info,
                struct assay_err *err);

/* The same with a given ephemeral pair, which must never be used again: for
 * known answers.  Its public key is enc. */
ASSAY_MUST_CHECK bool
assay_hpke_send_with(struct assay_hpke *hpke, struct assay_x25519 *ephemeral,
                     enum assay_aead aead,
                     const uint8_t to[ASSAY_CURVE25519_LEN],
                     struct assay_x25519 *from, struct assay_bytes info,
                     struct assay_err *err);

/*
 * assay_hpke_receive begins as the receiver.
 *
 * own    the receiver's pair
 * from   the sender's public key: mode auth; NULL: mode base
 * Fails with ASSAY_H_POINT (`enc` or `from` is of low order).
 */
ASSAY_MUST_CHECK bool
assay_hpke_receive(struct assay_hpke *hpke, enum assay_aead aead,
                   struct assay_x25519 *own, const uint8_t *from,
                   const uint8_t enc[ASSAY_HPKE_ENC_LEN],
                   struct assay_bytes info, struct assay_err *err);

/*
 * assay_hpke_seal seals the next message: out gets ASSAY_AEAD_TAG_LEN bytes more
 * than `plain`, and may be where that is.  On failure zeros, and the sequence
 * does not go on.  Fails with ASSAY_H_SEQUENCE, ASSAY_H_MADE.
 */
ASSAY_MUST_CHECK bool assay_hpke_seal(uint8_t *out, struct assay_hpke *hpke,
                                      struct assay_bytes aad,
                                      struct assay_bytes plain,
                                      struct assay_err *err);

/*
 * assay_hpke_open opens the next message: out gets ASSAY_AEAD_TAG_LEN bytes less
 * than `sealed`, and may be where that is.  On failure zeros, and the sequence
 * does not go on.  Fails with ASSAY_H_SEQUENCE, ASSAY_H_OPEN.
 */
ASSAY_MUST_CHECK bool assay_hpke_open(uint8_t *out, struct assay_hpke *hpke,
                                      struct assay_bytes aad,
                                      struct assay_bytes sealed,
                                      struct assay_err *err);

/* A secret that both can have, for another purpose: `len` bytes, at most
 * ASSAY_HKDF_MAX, named by `context` [RFC 9180 5.3]. */
void assay_hpke_export(uint8_t *out, size_t len, const struct assay_hpke *hpke,
                       struct assay_bytes context);

/* What sealing and opening fail with unless `done`: ASSAY_H_MADE; ASSAY_H_OPEN,
 * of a message of `len` bytes. */
bool assay_seal_made(bool done, struct assay_err *err);
bool assay_seal_opened(bool done, size_t len, struct assay_err *err);

#endif
