/* noise.c - the handshake of a mail [CONCLAVE 3.2]. */
#include "seal/noise.h"

#include "crypto/aead.h"
#include "crypto/crypto.h"
#include "crypto/curve25519.h"
#include "crypto/hkdf.h"

#include <string.h>

enum {
	KEY_LEN = ASSAY_NOISE_KEY_LEN,
	TAG_LEN = ASSAY_NOISE_TAG_LEN,
	STATIC_AT = KEY_LEN,
	PAYLOAD_AT = STATIC_AT + KEY_LEN + TAG_LEN,
};

void assay_noise_nonce(uint8_t nonce[12], uint64_t count)
{
	memset(nonce, 0, 4);
	for (size_t i = 0; i < 8; i++)
		nonce[4 + i] = (uint8_t)(count >> (56 - 8 * i));
}

static void mix_hash(struct assay_noise *n, const uint8_t *p, size_t len)
{
	assay_sha256_2(n->h, (struct assay_bytes){ n->h, sizeof(n->h) },
	               (struct assay_bytes){ p, len });
}

/* Noise's HKDF with two results: chaining key and key. */
static bool mix(struct assay_noise *n, struct assay_bytes ikm)
{
	uint8_t both[sizeof(n->ck) + sizeof(n->k)];
	bool done =
		assay_hkdf_sha256(both, sizeof(both), ikm,
	                          (struct assay_bytes){ n->ck, sizeof(n->ck) },
	                          (struct assay_bytes){ NULL, 0 });

	memcpy(n->ck, both, sizeof(n->ck));
	memcpy(n->k, both + sizeof(n->ck), sizeof(n->k));
	assay_wipe(both, sizeof(both));
	return done;
}

/* MixKey of what the owner of `secret` has in common with that of `peer`. */
static bool mix_dh(struct assay_noise *n, const uint8_t secret[KEY_LEN],
                   const uint8_t peer[KEY_LEN])
{
	uint8_t dh[KEY_LEN];
	bool done = assay_x25519(dh, secret, peer) &&
	            mix(n, (struct assay_bytes){ dh, sizeof(dh) });

	assay_wipe(dh, sizeof(dh));
	return done;
}

/* Each key of the handshake seals once, under what was said before. */
static bool encrypt(uint8_t *out, struct assay_noise *n, struct assay_bytes in)
{
	const struct assay_bytes said = { n->h, sizeof(n->h) };
	uint8_t nonce[12];

	assay_noise_nonce(nonce, 0);
	if (!assay_gcm_seal(out, n->k, nonce, said, in))
		return false;
	mix_hash(n, out, in.len + TAG_LEN);
	return true;
}

static bool decrypt(uint8_t *out, struct assay_noise *n, struct assay_bytes in)
{
	const struct assay_bytes said = { n->h, sizeof(n->h) };
	uint8_t nonce[12];

	assay_noise_nonce(nonce, 0);
	if (!assay_gcm_open(out, n->k, nonce, said, in))
		return false;
	mix_hash(n, in.ptr, in.len);
	return true;
}

void assay_noise_begin(struct assay_noise *n, struct assay_bytes prologue,
                       const uint8_t recipient[KEY_LEN])
{
	static const char name[] = "Noise_X_25519_AESGCM_SHA256";

	memset(n, 0, sizeof(*n));
	memcpy(n->h, name, strlen(name));
	memcpy(n->ck, n->h, sizeof(n->ck));
	mix_hash(n, prologue.ptr, prologue.len);
	mix_hash(n, recipient, KEY_LEN);
}

/* The tokens e, es, s, ss, then the payload. */
bool assay_noise_write(uint8_t *out, struct assay_noise *n,
                       const uint8_t recipient[KEY_LEN],
                       const uint8_t secret[KEY_LEN],
                       const uint8_t ephemeral[KEY_LEN],
                       struct assay_bytes payload)
{
	uint8_t sender[KEY_LEN];
	bool done = assay_x25519_public(out, ephemeral) &&
	            assay_x25519_public(sender, secret);

	mix_hash(n, out, KEY_LEN);
	done = done && mix_dh(n, ephemeral, recipient) &&
	       encrypt(out + STATIC_AT, n,
	               (struct assay_bytes){ sender, KEY_LEN }) &&
	       mix_dh(n, secret, recipient) &&
	       encrypt(out + PAYLOAD_AT, n, payload);
	if (!done)
		assay_wipe(out, ASSAY_NOISE_HEAD_LEN + payload.len);
	return done;
}

static enum assay_noise_end take(uint8_t sender[KEY_LEN], uint8_t *payload,
                                 struct assay_noise *n,
                                 const uint8_t secret[KEY_LEN],
                                 struct assay_bytes m)
{
	const struct assay_bytes hidden = { m.ptr + STATIC_AT,
		                            KEY_LEN + TAG_LEN };
	const struct assay_bytes sealed = { m.ptr + PAYLOAD_AT,
		                            m.len - PAYLOAD_AT };

	mix_hash(n, m.ptr, KEY_LEN);
	if (!mix_dh(n, secret, m.ptr))
		return ASSAY_NOISE_LOW_ORDER;
	if (!decrypt(sender, n, hidden))
		return ASSAY_NOISE_ALTERED;
	/* a key of low order would be proved by nothing */
	if (!mix_dh(n, secret, sender))
		return ASSAY_NOISE_LOW_ORDER;
	return decrypt(payload, n, sealed) ? ASSAY_NOISE_READ
	                                   : ASSAY_NOISE_ALTERED;
}

enum assay_noise_end assay_noise_read(uint8_t sender[KEY_LEN], uint8_t *payload,
                                      struct assay_noise *n,
                                      const uint8_t secret[KEY_LEN],
                                      struct assay_bytes message)
{
	enum assay_noise_end end = take(sender, payload, n, secret, message);

	if (end != ASSAY_NOISE_READ) {
		memset(sender, 0, KEY_LEN);
		assay_wipe(payload, message.len - ASSAY_NOISE_HEAD_LEN);
	}
	return end;
}

bool assay_noise_split(struct assay_noise *n)
{
	static const uint8_t nothing[1];
	bool done = mix(n, (struct assay_bytes){ nothing, 0 });

	/* the first is the sender's; nothing ever goes the other way */
	memcpy(n->k, n->ck, sizeof(n->k));
	return done;
}
