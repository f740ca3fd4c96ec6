/* curve25519.c - X25519 and Ed25519 through EVP. */
#include "crypto/curve25519.h"

#include "crypto/crypto.h"
#include "crypto/own.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

bool assay_ed25519_public(uint8_t key[ASSAY_CURVE25519_LEN],
                          const uint8_t secret[ASSAY_CURVE25519_LEN])
{
	size_t len = ASSAY_CURVE25519_LEN;

	ERR_set_mark();
	OWN(EVP_PKEY) *pkey = EVP_PKEY_new_raw_private_key_ex(
		NULL, "ED25519", NULL, secret, ASSAY_CURVE25519_LEN);
	bool done = pkey && EVP_PKEY_get_raw_public_key(pkey, key, &len) == 1 &&
	            len == ASSAY_CURVE25519_LEN;

	ERR_pop_to_mark();
	if (!done)
		assay_wipe(key, ASSAY_CURVE25519_LEN);
	return done;
}

/* A secret and a peer's key, ready for an exchange. */
struct exchange {
	EVP_PKEY *own, *peer;
	EVP_PKEY_CTX *ctx;
};

static void end(struct exchange *x)
{
	EVP_PKEY_CTX_free(x->ctx);
	EVP_PKEY_free(x->peer);
	EVP_PKEY_free(x->own);
	*x = (struct exchange){ 0 };
}

/*
 * Both keys, from one set of parameters.  What the secret has for a public key
 * is not its own: libcrypto would compute that, as costly as the exchange, which
 * does not need it.  The peer's is set for each exchange.
 */
static bool import(struct exchange *x, OSSL_PARAM *params)
{
	OWN(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "X25519",
	                                                    NULL);

	return ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
	       EVP_PKEY_fromdata(ctx, &x->own, EVP_PKEY_KEYPAIR, params) == 1 &&
	       EVP_PKEY_fromdata(ctx, &x->peer, EVP_PKEY_PUBLIC_KEY, params) ==
	               1;
}

static bool begin(struct exchange *x,
                  const uint8_t secret[ASSAY_CURVE25519_LEN])
{
	uint8_t own[ASSAY_CURVE25519_LEN], any[ASSAY_CURVE25519_LEN] = { 9 };
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, own,
		                                  sizeof(own)),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, any,
		                                  sizeof(any)),
		OSSL_PARAM_construct_end(),
	};
	bool done;

	memcpy(own, secret, sizeof(own)); /* the call takes no const */
	done = import(x, params);
	assay_wipe(own, sizeof(own));
	if (done)
		x->ctx = EVP_PKEY_CTX_new_from_pkey(NULL, x->own, NULL);
	return x->ctx && EVP_PKEY_derive_init(x->ctx) == 1;
}

/* libcrypto itself refuses a result of zeros, but does not promise to. */
static bool derive(uint8_t out[ASSAY_CURVE25519_LEN], struct exchange *x,
                   const uint8_t peer[ASSAY_CURVE25519_LEN])
{
	static const uint8_t zeros[ASSAY_CURVE25519_LEN];
	size_t len = ASSAY_CURVE25519_LEN;

	return EVP_PKEY_set1_encoded_public_key(x->peer, peer,
	                                        ASSAY_CURVE25519_LEN) == 1 &&
	       EVP_PKEY_derive_set_peer_ex(x->ctx, x->peer, 0) == 1 &&
	       EVP_PKEY_derive(x->ctx, out, &len) == 1 &&
	       len == ASSAY_CURVE25519_LEN &&
	       CRYPTO_memcmp(out, zeros, sizeof(zeros)) != 0;
}

bool assay_x25519(uint8_t out[ASSAY_CURVE25519_LEN],
                  const uint8_t secret[ASSAY_CURVE25519_LEN],
                  const uint8_t peer[ASSAY_CURVE25519_LEN])
{
	struct exchange x = { 0 };

	ERR_set_mark();
	bool done = begin(&x, secret) && derive(out, &x, peer);

	end(&x);
	ERR_pop_to_mark();
	if (!done)
		assay_wipe(out, ASSAY_CURVE25519_LEN);
	return done;
}

/* By the one multiplication, whose code in libcrypto is faster than that for
 * keys [RFC 7748 6.1]. */
static const uint8_t base[ASSAY_CURVE25519_LEN] = { 9 };

bool assay_x25519_public(uint8_t key[ASSAY_CURVE25519_LEN],
                         const uint8_t secret[ASSAY_CURVE25519_LEN])
{
	return assay_x25519(key, secret, base);
}

struct assay_x25519 {
	struct exchange exchange;
	uint8_t key[ASSAY_CURVE25519_LEN];
};

static bool load(struct assay_x25519 *pair, const uint8_t *secret,
                 const uint8_t *key)
{
	if (!begin(&pair->exchange, secret))
		return false;
	if (!key)
		return derive(pair->key, &pair->exchange, base);
	memcpy(pair->key, key, ASSAY_CURVE25519_LEN);
	return true;
}

struct assay_x25519 *assay_x25519_new(const uint8_t *secret, const uint8_t *key)
{
	struct assay_x25519 *pair = calloc(1, sizeof(*pair));
	uint8_t drawn[ASSAY_CURVE25519_LEN];

	ERR_set_mark();
	bool done = pair && (secret || assay_random(drawn, sizeof(drawn))) &&
	            load(pair, secret ? secret : drawn, key);

	ERR_pop_to_mark();
	assay_wipe(drawn, sizeof(drawn));
	if (done)
		return pair;
	assay_x25519_free(pair);
	return NULL;
}

void assay_x25519_free(struct assay_x25519 *pair)
{
	if (pair)
		end(&pair->exchange);
	free(pair);
}

const uint8_t *assay_x25519_key(const struct assay_x25519 *pair)
{
	return pair->key;
}

bool assay_x25519_with(uint8_t out[ASSAY_CURVE25519_LEN],
                       struct assay_x25519 *pair,
                       const uint8_t peer[ASSAY_CURVE25519_LEN])
{
	ERR_set_mark();
	bool done = derive(out, &pair->exchange, peer);

	ERR_pop_to_mark();
	if (!done)
		assay_wipe(out, ASSAY_CURVE25519_LEN);
	return done;
}
