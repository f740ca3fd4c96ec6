/* keys.c - secrets: random bytes, key pairs. */
#include "crypto/crypto.h"
#include "crypto/own.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>

enum { P256_LEN = 32, SEED_LEN = 32 };

bool assay_random(void *out, size_t len)
{
	ERR_set_mark();
	bool done = len <= INT_MAX && RAND_bytes(out, (int)len) == 1;

	ERR_pop_to_mark();
	if (!done)
		assay_wipe(out, len);
	return done;
}

void assay_wipe(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}

/*
 * The secret number of a seed: SHA-512(label || seed) mod (n - 1) + 1.  512
 * bits make every number of 1..n-1 equally likely to within 2^-256
 * (FIPS 186-4, B.4.1).
 */
static bool derive(BIGNUM *secret, const BIGNUM *order,
                   const uint8_t seed[SEED_LEN], BN_CTX *ctx)
{
	static const char label[] = "assay-p256-key-v1";
	uint8_t in[sizeof(label) + SEED_LEN], out[ASSAY_SHA512_LEN];
	OWN(BIGNUM) *most = BN_dup(order);

	memcpy(in, label, sizeof(label));
	memcpy(in + sizeof(label), seed, SEED_LEN);
	assay_sha512(out, (struct assay_bytes){ in, sizeof(in) });
	bool done = most && BN_sub_word(most, 1) == 1 &&
	            BN_bin2bn(out, sizeof(out), secret) &&
	            BN_mod(secret, secret, most, ctx) == 1 &&
	            BN_add_word(secret, 1) == 1;

	assay_wipe(in, sizeof(in));
	assay_wipe(out, sizeof(out));
	return done;
}

/* key = secret * G */
static bool write_key(uint8_t key[2 * P256_LEN], const EC_GROUP *group,
                      const BIGNUM *secret, BN_CTX *ctx)
{
	OWN(EC_POINT) *point = EC_POINT_new(group);
	uint8_t octets[1 + 2 * P256_LEN];

	if (!point ||
	    EC_POINT_mul(group, point, secret, NULL, NULL, ctx) != 1 ||
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
	                       octets, sizeof(octets), ctx) != sizeof(octets))
		return false;
	memcpy(key, octets + 1, 2 * P256_LEN);
	return true;
}

static bool make(struct assay_p256_pair *pair, const uint8_t seed[SEED_LEN])
{
	OWN(EC_GROUP) *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	OWN(BIGNUM) *secret = BN_new();
	OWN(BN_CTX) *ctx = BN_CTX_new();

	return group && secret && ctx &&
	       derive(secret, EC_GROUP_get0_order(group), seed, ctx) &&
	       BN_bn2binpad(secret, pair->secret, P256_LEN) == P256_LEN &&
	       write_key(pair->key, group, secret, ctx);
}

bool assay_p256_make(struct assay_p256_pair *pair, const uint8_t *seed)
{
	uint8_t fresh[SEED_LEN];

	if (!seed && !assay_random(fresh, sizeof(fresh))) {
		assay_wipe(pair, sizeof(*pair));
		return false;
	}
	ERR_set_mark();
	bool done = make(pair, seed ? seed : fresh);

	ERR_pop_to_mark();
	assay_wipe(fresh, sizeof(fresh));
	if (!done)
		assay_wipe(pair, sizeof(*pair));
	return done;
}
