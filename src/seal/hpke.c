/* hpke.c - Hybrid Public Key Encryption [RFC 9180]. */
#include "seal/hpke.h"

#include "crypto/crypto.h"

#include <string.h>

enum {
	KEY_LEN = ASSAY_CURVE25519_LEN,
	MODE_BASE = 0,
	MODE_AUTH = 2,
	MAX_DH = 2,   /* results of the exchange: ephemeral, static */
	MAX_KEYS = 3, /* public keys: ephemeral, receiver's, sender's */
	SUITE_LEN = 10,
};

bool assay_seal_made(bool done, struct assay_err *err)
{
	return done || assay_fail(err, ASSAY_H_MADE, ASSAY_DOC_NONE, 0,
	                          "memory or random numbers are short");
}

bool assay_seal_opened(bool done, size_t len, struct assay_err *err)
{
	return done || assay_fail(err, ASSAY_H_OPEN, ASSAY_DOC_NONE, 0,
	                          "its %zu bytes are not what was sealed", len);
}

/* ---- labelled HKDF [RFC 9180 4] */

static const uint8_t kem_suite[] = { 'K', 'E', 'M', ASSAY_HPKE_KEM >> 8,
	                             ASSAY_HPKE_KEM & 0xff };

/* "HPKE", KEM, KDF, AEAD [RFC 9180 5.1] */
static struct assay_bytes suite_of(uint8_t out[SUITE_LEN], enum assay_aead aead)
{
	const uint8_t suite[SUITE_LEN] = {
		'H', 'P',
		'K', 'E',
		0,   ASSAY_HPKE_KEM,
		0,   ASSAY_HPKE_KDF,
		0,   (uint8_t)aead,
	};

	memcpy(out, suite, SUITE_LEN);
	return (struct assay_bytes){ out, SUITE_LEN };
}

static struct assay_bytes text(const char *s)
{
	return (struct assay_bytes){ (const uint8_t *)s, strlen(s) };
}

static void labeled_extract(uint8_t prk[ASSAY_PRK_LEN],
                            struct assay_bytes suite, struct assay_bytes salt,
                            const char *label, struct assay_bytes ikm)
{
	const struct assay_bytes parts[] = { text("HPKE-v1"), suite,
		                             text(label), ikm };

	assay_hkdf_extract(prk, salt, parts, sizeof(parts) / sizeof(*parts));
}

static void labeled_expand(uint8_t *out, size_t len, struct assay_bytes suite,
                           const uint8_t prk[ASSAY_PRK_LEN], const char *label,
                           struct assay_bytes info)
{
	const uint8_t n[2] = { (uint8_t)(len >> 8), (uint8_t)len };
	const struct assay_bytes parts[] = {
		{ n, sizeof(n) }, text("HPKE-v1"), suite, text(label), info
	};

	assay_hkdf_expand(out, len, prk, parts, sizeof(parts) / sizeof(*parts));
}

/* ---- the shared secret [RFC 9180 4.1] */

/* Ephemeral exchange, then the static one of mode auth; and the public keys
 * that it was with. */
struct exchange {
	uint8_t dh[MAX_DH * KEY_LEN];
	uint8_t keys[MAX_KEYS * KEY_LEN];
	size_t dh_len, keys_len;
};

/* Done one after the other, whatever fails: which key it was is no secret. */
static bool add_dh(struct exchange *x, struct assay_x25519 *own,
                   const uint8_t peer[KEY_LEN], struct assay_err *err)
{
	bool done = assay_x25519_with(x->dh + x->dh_len, own, peer);

	x->dh_len += KEY_LEN;
	return done || assay_fail(err, ASSAY_H_POINT, ASSAY_DOC_NONE, 0,
	                          "the exchange gives zeros");
}

static void add_key(struct exchange *x, const uint8_t key[KEY_LEN])
{
	memcpy(x->keys + x->keys_len, key, KEY_LEN);
	x->keys_len += KEY_LEN;
}

static void shared_secret(uint8_t out[ASSAY_PRK_LEN], const struct exchange *x)
{
	const struct assay_bytes suite = { kem_suite, sizeof(kem_suite) };
	const struct assay_bytes none = { NULL, 0 };
	uint8_t prk[ASSAY_PRK_LEN];

	labeled_extract(prk, suite, none, "eae_prk",
	                (struct assay_bytes){ x->dh, x->dh_len });
	labeled_expand(out, ASSAY_PRK_LEN, suite, prk, "shared_secret",
	               (struct assay_bytes){ x->keys, x->keys_len });
	assay_wipe(prk, sizeof(prk));
}

/* ---- the key schedule, without a pre-shared key [RFC 9180 5.1] */

static void schedule(struct assay_hpke *hpke, uint8_t mode,
                     const uint8_t shared[ASSAY_PRK_LEN],
                     struct assay_bytes info)
{
	const struct assay_bytes none = { NULL, 0 };
	uint8_t suite_mem[SUITE_LEN], secret[ASSAY_PRK_LEN];
	struct assay_bytes suite = suite_of(suite_mem, hpke->aead);
	uint8_t hashes[1 + 2 * ASSAY_PRK_LEN] = { mode };
	const struct assay_bytes context = { hashes, sizeof(hashes) };

	labeled_extract(hashes + 1, suite, none, "psk_id_hash", none);
	labeled_extract(hashes + 1 + ASSAY_PRK_LEN, suite, none, "info_hash",
	                info);
	labeled_extract(secret, suite,
	                (struct assay_bytes){ shared, ASSAY_PRK_LEN }, "secret",
	                none);
	labeled_expand(hpke->key, assay_aead_key_len(hpke->aead), suite, secret,
	               "key", context);
	labeled_expand(hpke->base_nonce, sizeof(hpke->base_nonce), suite,
	               secret, "base_nonce", context);
	labeled_expand(hpke->exporter, sizeof(hpke->exporter), suite, secret,
	               "exp", context);
	assay_wipe(secret, sizeof(secret));
}

static bool begin(struct assay_hpke *hpke, enum assay_aead aead, bool auth,
                  struct exchange *x, bool exchanged, struct assay_bytes info)
{
	uint8_t shared[ASSAY_PRK_LEN];

	*hpke = (struct assay_hpke){ 0 };
	if (exchanged) {
		hpke->aead = aead;
		shared_secret(shared, x);
		schedule(hpke, auth ? MODE_AUTH : MODE_BASE, shared, info);
		assay_wipe(shared, sizeof(shared));
	}
	assay_wipe(x, sizeof(*x));
	return exchanged;
}

bool assay_hpke_send_with(struct assay_hpke *hpke,
                          struct assay_x25519 *ephemeral, enum assay_aead aead,
                          const uint8_t to[KEY_LEN], struct assay_x25519 *from,
                          struct assay_bytes info, struct assay_err *err)
{
	struct exchange x = { .dh_len = 0 };
	bool done = add_dh(&x, ephemeral, to, err) &&
	            (!from || add_dh(&x, from, to, err));

	add_key(&x, assay_x25519_key(ephemeral));
	add_key(&x, to);
	if (from)
		add_key(&x, assay_x25519_key(from));
	return begin(hpke, aead, from != NULL, &x, done, info);
}

bool assay_hpke_send(struct assay_hpke *hpke, uint8_t enc[KEY_LEN],
                     enum assay_aead aead, const uint8_t to[KEY_LEN],
                     struct assay_x25519 *from, struct assay_bytes info,
                     struct assay_err *err)
{
	struct assay_x25519 *ephemeral = assay_x25519_new(NULL, NULL);
	bool done = assay_seal_made(ephemeral != NULL, err) &&
	            assay_hpke_send_with(hpke, ephemeral, aead, to, from, info,
	                                 err);

	if (done)
		memcpy(enc, assay_x25519_key(ephemeral), KEY_LEN);
	else
		memset(enc, 0, KEY_LEN);
	if (!done)
		memset(hpke, 0, sizeof(*hpke));
	assay_x25519_free(ephemeral);
	return done;
}

bool assay_hpke_receive(struct assay_hpke *hpke, enum assay_aead aead,
                        struct assay_x25519 *own, const uint8_t *from,
                        const uint8_t enc[KEY_LEN], struct assay_bytes info,
                        struct assay_err *err)
{
	struct exchange x = { .dh_len = 0 };
	bool done = add_dh(&x, own, enc, err) &&
	            (!from || add_dh(&x, own, from, err));

	add_key(&x, enc);
	add_key(&x, assay_x25519_key(own));
	if (from)
		add_key(&x, from);
	return begin(hpke, aead, from != NULL, &x, done, info);
}

bool assay_hpke_pair_new(struct assay_hpke_pair *pair)
{
	if (assay_random(pair->secret, KEY_LEN) &&
	    assay_x25519_public(pair->key, pair->secret))
		return true;
	assay_wipe(pair, sizeof(*pair));
	return false;
}

/* ---- messages [RFC 9180 5.2] */

/* base_nonce xor the sequence number, big-endian; the last number is never
 * used, so that the next one is another. */
static bool nonce_of(uint8_t nonce[ASSAY_AEAD_NONCE_LEN],
                     const struct assay_hpke *hpke, struct assay_err *err)
{
	if (hpke->seq == UINT64_MAX)
		return assay_fail(err, ASSAY_H_SEQUENCE, ASSAY_DOC_NONE, 0,
		                  "the numbers are used up");
	memcpy(nonce, hpke->base_nonce, ASSAY_AEAD_NONCE_LEN);
	for (unsigned i = 0; i < sizeof(hpke->seq); i++)
		nonce[ASSAY_AEAD_NONCE_LEN - 1 - i] ^= (uint8_t)(hpke->seq >>
		                                                 8 * i);
	return true;
}

bool assay_hpke_seal(uint8_t *out, struct assay_hpke *hpke,
                     struct assay_bytes aad, struct assay_bytes plain,
                     struct assay_err *err)
{
	uint8_t nonce[ASSAY_AEAD_NONCE_LEN];

	if (!nonce_of(nonce, hpke, err)) {
		memset(out, 0, plain.len + ASSAY_AEAD_TAG_LEN);
		return false;
	}
	bool done = assay_aead_seal(out, hpke->aead, hpke->key, nonce, aad,
	                            plain);

	hpke->seq += done;
	return assay_seal_made(done, err);
}

bool assay_hpke_open(uint8_t *out, struct assay_hpke *hpke,
                     struct assay_bytes aad, struct assay_bytes sealed,
                     struct assay_err *err)
{
	uint8_t nonce[ASSAY_AEAD_NONCE_LEN];

	if (!nonce_of(nonce, hpke, err)) {
		if (sealed.len > ASSAY_AEAD_TAG_LEN)
			memset(out, 0, sealed.len - ASSAY_AEAD_TAG_LEN);
		return false;
	}
	bool done = assay_aead_open(out, hpke->aead, hpke->key, nonce, aad,
	                            sealed);

	hpke->seq += done;
	return assay_seal_opened(done, sealed.len, err);
}

void assay_hpke_export(uint8_t *out, size_t len, const struct assay_hpke *hpke,
                       struct assay_bytes context)
{
	uint8_t suite_mem[SUITE_LEN];

	labeled_expand(out, len, suite_of(suite_mem, hpke->aead),
	               hpke->exporter, "sec", context);
}
