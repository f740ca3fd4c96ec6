/* signer.c - P-256 keys that are derived, and keys that sign often. */

/* EVP copies a key and checks it each time that it is set up; an EC_KEY is
 * kept. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/signer.h"

#include "crypto/own.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

enum { N_LEN = 32, DIGEST_LEN = 32 };

OWN_WITH(EC_KEY, EC_KEY_free)

/* secret = bits mod (n - 1) + 1 */
static bool reduce(BIGNUM *secret, const BIGNUM *order, struct assay_bytes bits,
                   BN_CTX *ctx)
{
	OWN(BIGNUM) *most = BN_dup(order);

	return most && BN_sub_word(most, 1) == 1 &&
	       BN_bin2bn(bits.ptr, (int)bits.len, secret) &&
	       BN_mod(secret, secret, most, ctx) == 1 &&
	       BN_add_word(secret, 1) == 1;
}

static bool make(struct assay_p256_pair *pair, struct assay_bytes bits)
{
	OWN(EC_GROUP) *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	OWN(EC_POINT) *point = group ? EC_POINT_new(group) : NULL;
	OWN(BIGNUM) *secret = BN_secure_new();
	OWN(BN_CTX) *ctx = BN_CTX_secure_new();
	uint8_t octets[1 + 2 * N_LEN];

	if (!point || !secret || !ctx ||
	    !reduce(secret, EC_GROUP_get0_order(group), bits, ctx) ||
	    EC_POINT_mul(group, point, secret, NULL, NULL, ctx) != 1 ||
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
	                       octets, sizeof(octets), ctx) != sizeof(octets))
		return false;
	memcpy(pair->key, octets + 1, 2 * N_LEN);
	return BN_bn2binpad(secret, pair->secret, N_LEN) == N_LEN;
}

bool assay_p256_from_bits(struct assay_p256_pair *pair, struct assay_bytes bits)
{
	ERR_set_mark();
	bool done = make(pair, bits);

	ERR_pop_to_mark();
	if (!done)
		assay_wipe(pair, sizeof(*pair));
	return done;
}

struct assay_p256_signer {
	EC_KEY *key;
};

static EC_KEY *load(const uint8_t secret[N_LEN])
{
	OWN(EC_KEY) *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	OWN(BIGNUM) *d = BN_bin2bn(secret, N_LEN, NULL);
	EC_KEY *loaded = key;

	if (!key || !d || BN_is_zero(d) ||
	    BN_cmp(d, EC_GROUP_get0_order(EC_KEY_get0_group(key))) >= 0 ||
	    EC_KEY_set_method(key, EC_KEY_OpenSSL()) != 1 ||
	    EC_KEY_set_private_key(key, d) != 1)
		return NULL;
	key = NULL; /* the caller's now */
	return loaded;
}

struct assay_p256_signer *
assay_p256_signer_new(const struct assay_p256_pair *pair)
{
	struct assay_p256_signer *signer = calloc(1, sizeof(*signer));

	if (!signer)
		return NULL;
	ERR_set_mark();
	signer->key = load(pair->secret);
	ERR_pop_to_mark();
	if (signer->key)
		return signer;
	free(signer);
	return NULL;
}

void assay_p256_signer_free(struct assay_p256_signer *signer)
{
	if (signer)
		EC_KEY_free(signer->key);
	free(signer);
}

static bool sign(uint8_t sig[2 * N_LEN], const struct assay_p256_signer *signer,
                 const uint8_t digest[DIGEST_LEN])
{
	OWN(ECDSA_SIG) *out = ECDSA_do_sign(digest, DIGEST_LEN, signer->key);

	return out &&
	       BN_bn2binpad(ECDSA_SIG_get0_r(out), sig, N_LEN) == N_LEN &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(out), sig + N_LEN, N_LEN) == N_LEN;
}

bool assay_p256_signer_sign(uint8_t sig[64],
                            const struct assay_p256_signer *signer,
                            const uint8_t digest[32])
{
	ERR_set_mark();
	bool done = sign(sig, signer, digest);

	ERR_pop_to_mark();
	if (!done)
		memset(sig, 0, 2 * N_LEN);
	return done;
}
