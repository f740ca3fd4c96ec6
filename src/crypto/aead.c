/* aead.c - authenticated encryption through EVP. */
#include "crypto/aead.h"

#include "crypto/crypto.h"
#include "crypto/own.h"

#include <limits.h>
#include <openssl/err.h>
#include <string.h>

OWN_WITH(EVP_CIPHER, EVP_CIPHER_free)
OWN_WITH(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

static const struct {
	const char *name;
	size_t key_len;
} kinds[ASSAY_N_AEADS] = {
	[ASSAY_AES_128_GCM] = { "AES-128-GCM", 16 },
	[ASSAY_AES_256_GCM] = { "AES-256-GCM", 32 },
	[ASSAY_CHACHA20_POLY1305] = { "ChaCha20-Poly1305", 32 },
};

size_t assay_aead_key_len(enum assay_aead aead)
{
	return kinds[aead].key_len;
}

/* A context with key and nonce that has seen the aad; NULL: not to be had. */
static EVP_CIPHER_CTX *begin(bool seal, enum assay_aead aead,
                             const uint8_t *key, const uint8_t *nonce,
                             struct assay_bytes aad)
{
	OWN(EVP_CIPHER) *kind = EVP_CIPHER_fetch(NULL, kinds[aead].name, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n;

	if (kind && ctx && aad.len <= INT_MAX &&
	    EVP_CipherInit_ex2(ctx, kind, key, nonce, seal, NULL) == 1 &&
	    (!aad.len ||
	     EVP_CipherUpdate(ctx, NULL, &n, aad.ptr, (int)aad.len) == 1))
		return ctx;
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

/* Each puts out as many bytes as it takes in, and none at the end. */
static bool run(EVP_CIPHER_CTX *ctx, uint8_t *out, struct assay_bytes in)
{
	int n;

	return !in.len ||
	       (in.len <= INT_MAX &&
	        EVP_CipherUpdate(ctx, out, &n, in.ptr, (int)in.len) == 1 &&
	        (size_t)n == in.len);
}

static bool finish(EVP_CIPHER_CTX *ctx)
{
	uint8_t none[EVP_MAX_BLOCK_LENGTH];
	int n;

	return EVP_CipherFinal_ex(ctx, none, &n) == 1 && n == 0;
}

bool assay_aead_seal(uint8_t *out, enum assay_aead aead, const uint8_t *key,
                     const uint8_t nonce[ASSAY_AEAD_NONCE_LEN],
                     struct assay_bytes aad, struct assay_bytes plain)
{
	ERR_set_mark();
	OWN(EVP_CIPHER_CTX) *ctx = begin(true, aead, key, nonce, aad);
	bool done = ctx && run(ctx, out, plain) && finish(ctx) &&
	            EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
	                                ASSAY_AEAD_TAG_LEN,
	                                out + plain.len) == 1;

	ERR_pop_to_mark();
	if (!done)
		assay_wipe(out, plain.len + ASSAY_AEAD_TAG_LEN);
	return done;
}

static bool set_tag(EVP_CIPHER_CTX *ctx, const uint8_t *tag)
{
	uint8_t copy[ASSAY_AEAD_TAG_LEN]; /* the call takes no const */

	memcpy(copy, tag, sizeof(copy));
	return EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(copy),
	                           copy) == 1;
}

bool assay_aead_open(uint8_t *out, enum assay_aead aead, const uint8_t *key,
                     const uint8_t nonce[ASSAY_AEAD_NONCE_LEN],
                     struct assay_bytes aad, struct assay_bytes sealed)
{
	if (sealed.len < ASSAY_AEAD_TAG_LEN)
		return false;
	const struct assay_bytes in = { sealed.ptr,
		                        sealed.len - ASSAY_AEAD_TAG_LEN };

	ERR_set_mark();
	OWN(EVP_CIPHER_CTX) *ctx = begin(false, aead, key, nonce, aad);
	bool done = ctx && set_tag(ctx, sealed.ptr + in.len) &&
	            run(ctx, out, in) && finish(ctx);

	ERR_pop_to_mark();
	if (!done)
		assay_wipe(out, in.len);
	return done;
}
