/* p256-sign.c - P-256 signatures, the same every time [RFC 6979]. */

/* Only the older EC calls take a nonce that the caller chose.  So this file is
 * in builds without them too (P256=evp): it serves the simulation, and no
 * judgement. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/crypto.h"
#include "crypto/hkdf.h"
#include "crypto/own.h"

#include <openssl/err.h>
#include <string.h>

enum { N_LEN = 32 };

OWN_WITH(EC_KEY, EC_KEY_free)

/* The generator of nonces: HMAC_DRBG with SHA-256, as [RFC 6979 3.2] has it. */
struct drbg {
	uint8_t k[32], v[32];
};

/* V = HMAC(K, V) */
static void turn(struct drbg *d)
{
	const struct assay_bytes v = { d->v, sizeof(d->v) };

	assay_hmac(d->v, (struct assay_bytes){ d->k, sizeof(d->k) }, &v, 1);
}

/* K = HMAC(K, V || mark || data); V = HMAC(K, V) */
static void stir(struct drbg *d, uint8_t mark, const uint8_t *data, size_t len)
{
	const struct assay_bytes parts[] = { { d->v, sizeof(d->v) },
		                             { &mark, 1 },
		                             { data, len } };

	assay_hmac(d->k, (struct assay_bytes){ d->k, sizeof(d->k) }, parts, 3);
	turn(d);
}

static bool seed(struct drbg *d, const uint8_t secret[N_LEN],
                 const uint8_t digest[32], const BIGNUM *order, BN_CTX *ctx)
{
	OWN(BIGNUM) *e = BN_bin2bn(digest, 32, NULL);
	uint8_t data[2 * N_LEN];
	bool done = e && BN_nnmod(e, e, order, ctx) == 1 &&
	            BN_bn2binpad(e, data + N_LEN, N_LEN) == N_LEN;

	memset(d->k, 0, sizeof(d->k));
	memset(d->v, 1, sizeof(d->v));
	memcpy(data, secret, N_LEN);
	if (done) {
		stir(d, 0, data, sizeof(data));
		stir(d, 1, data, sizeof(data));
	}
	assay_wipe(data, sizeof(data));
	return done;
}

/* The next nonce, 1 <= k < n. */
static bool next_nonce(BIGNUM *k, struct drbg *d, const BIGNUM *order)
{
	for (;;) {
		turn(d);
		if (!BN_bin2bn(d->v, N_LEN, k))
			return false;
		if (!BN_is_zero(k) && BN_cmp(k, order) < 0)
			return true;
		stir(d, 0, NULL, 0);
	}
}

/* 1 / k mod n, by Fermat: its time does not depend on k. */
static bool invert(BIGNUM *out, const BIGNUM *k, const BIGNUM *order,
                   BN_CTX *ctx)
{
	OWN(BIGNUM) *exponent = BN_dup(order);

	return exponent && BN_sub_word(exponent, 2) == 1 &&
	       BN_mod_exp_mont_consttime(out, k, exponent, order, ctx, NULL) ==
	               1;
}

/* r = x(k * G) mod n */
static bool first_part(BIGNUM *r, const EC_GROUP *group, const BIGNUM *k,
                       BN_CTX *ctx)
{
	OWN(EC_POINT) *point = EC_POINT_new(group);

	return point && EC_POINT_mul(group, point, k, NULL, NULL, ctx) == 1 &&
	       EC_POINT_get_affine_coordinates(group, point, r, NULL, ctx) ==
	               1 &&
	       BN_nnmod(r, r, EC_GROUP_get0_order(group), ctx) == 1;
}

/* The key's method is libcrypto's own: p256.c says why. */
static EC_KEY *load(const uint8_t secret[N_LEN])
{
	EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	OWN(BIGNUM) *d = BN_bin2bn(secret, N_LEN, NULL);

	if (key && d && EC_KEY_set_method(key, EC_KEY_OpenSSL()) == 1 &&
	    !BN_is_zero(d) &&
	    BN_cmp(d, EC_GROUP_get0_order(EC_KEY_get0_group(key))) < 0 &&
	    EC_KEY_set_private_key(key, d) == 1)
		return key;
	EC_KEY_free(key);
	return NULL;
}

static bool sign(uint8_t sig[2 * N_LEN], const uint8_t secret[N_LEN],
                 const uint8_t digest[32], struct drbg *d)
{
	OWN(EC_KEY) *key = load(secret);
	const EC_GROUP *group = key ? EC_KEY_get0_group(key) : NULL;
	const BIGNUM *order = group ? EC_GROUP_get0_order(group) : NULL;
	OWN(BN_CTX) *ctx = BN_CTX_secure_new();
	OWN(BIGNUM) *k = BN_secure_new();
	OWN(BIGNUM) *inverse = BN_secure_new();
	OWN(BIGNUM) *r = BN_new();

	if (!order || !ctx || !k || !inverse || !r ||
	    !seed(d, secret, digest, order, ctx) || !next_nonce(k, d, order))
		return false;
	BN_set_flags(k, BN_FLG_CONSTTIME);
	if (!invert(inverse, k, order, ctx) || !first_part(r, group, k, ctx))
		return false;
	/* an r or s of zero, once in 2^256, fails here instead of another k */
	OWN(ECDSA_SIG) *out = ECDSA_do_sign_ex(digest, 32, inverse, r, key);
	return out &&
	       BN_bn2binpad(ECDSA_SIG_get0_r(out), sig, N_LEN) == N_LEN &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(out), sig + N_LEN, N_LEN) == N_LEN;
}

bool assay_p256_sign(uint8_t sig[64], const struct assay_p256_pair *pair,
                     const uint8_t digest[32])
{
	struct drbg d;

	ERR_set_mark();
	bool done = sign(sig, pair->secret, digest, &d);

	ERR_pop_to_mark();
	assay_wipe(&d, sizeof(d));
	if (!done)
		memset(sig, 0, 2 * N_LEN);
	return done;
}
