/* rsa.c - RSA-3072 with the exponent 3, as enclaves are signed [SGX 2]. */
#include "crypto/rsa.h"

#include "crypto/own.h"
#include "crypto/pkey.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

enum { BITS = 8 * ASSAY_RSA3_LEN, EXPONENT = 3 };

struct assay_rsa3 {
	EVP_PKEY *pkey;
};

/* Takes the key over, also where it fails. */
static struct assay_rsa3 *wrap(EVP_PKEY *pkey)
{
	struct assay_rsa3 *key = pkey ? malloc(sizeof(*key)) : NULL;

	if (key)
		key->pkey = pkey;
	else
		EVP_PKEY_free(pkey);
	return key;
}

void assay_rsa3_free(struct assay_rsa3 *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

/* ---- keys */

static EVP_PKEY *make(void)
{
	OWN(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OWN(BIGNUM) *e = BN_new();
	EVP_PKEY *pkey = NULL;

	if (ctx && e && BN_set_word(e, EXPONENT) == 1 &&
	    EVP_PKEY_keygen_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, BITS) == 1 &&
	    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e) == 1 &&
	    EVP_PKEY_generate(ctx, &pkey) == 1)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

struct assay_rsa3 *assay_rsa3_new(void)
{
	ERR_set_mark();
	EVP_PKEY *pkey = make();

	ERR_pop_to_mark();
	return wrap(pkey);
}

static bool has_exponent(const EVP_PKEY *pkey)
{
	BIGNUM *e = NULL;
	bool yes = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) ==
	                   1 &&
	           BN_is_word(e, EXPONENT);

	BN_free(e);
	return yes;
}

/* What keeps `pkey` from signing enclaves; NULL if nothing does. */
static const char *what_is_wrong(const EVP_PKEY *pkey, bool asked)
{
	if (asked)
		return "it is protected by a passphrase: take that off, or "
		       "sign in two steps";
	if (!pkey)
		return "it is no key in PEM";
	if (!EVP_PKEY_is_a(pkey, "RSA"))
		return "it is no RSA key";
	if (EVP_PKEY_get_bits(pkey) != BITS)
		return "it has not 3072 bits";
	if (!has_exponent(pkey))
		return "its exponent is not 3";
	return NULL;
}

struct assay_rsa3 *assay_rsa3_read(struct assay_bytes pem, const char **why)
{
	struct assay_rsa3 *key = NULL;
	bool asked = false;

	ERR_set_mark();
	EVP_PKEY *pkey = assay_pkey_read(pem, false, &asked);

	*why = what_is_wrong(pkey, asked);
	if (*why)
		EVP_PKEY_free(pkey);
	else if (!(key = wrap(pkey)))
		*why = "memory is short";
	ERR_pop_to_mark();
	return key;
}

bool assay_rsa3_write(uint8_t pem[ASSAY_KEY_PEM_MAX], size_t *len,
                      const struct assay_rsa3 *key)
{
	ERR_set_mark();
	bool done = assay_pkey_write(pem, len, key->pkey);

	ERR_pop_to_mark();
	return done;
}

static void reverse(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint8_t c = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = c;
	}
}

static bool get_modulus(uint8_t modulus[ASSAY_RSA3_LEN], const EVP_PKEY *pkey)
{
	bool done = assay_pkey_number(modulus, ASSAY_RSA3_LEN, pkey,
	                              OSSL_PKEY_PARAM_RSA_N);

	if (done)
		reverse(modulus, ASSAY_RSA3_LEN);
	else
		memset(modulus, 0, ASSAY_RSA3_LEN);
	return done;
}

bool assay_rsa3_modulus(uint8_t modulus[ASSAY_RSA3_LEN],
                        const struct assay_rsa3 *key)
{
	ERR_set_mark();
	bool done = get_modulus(modulus, key->pkey);

	ERR_pop_to_mark();
	return done;
}

bool assay_rsa3_public(uint8_t modulus[ASSAY_RSA3_LEN], struct assay_bytes pem,
                       const char **why)
{
	bool asked = false;

	memset(modulus, 0, ASSAY_RSA3_LEN);
	ERR_set_mark();
	OWN(EVP_PKEY) *pkey = assay_pkey_read(pem, true, &asked);

	if (!pkey)
		pkey = assay_pkey_read(pem, false, &asked);
	*why = what_is_wrong(pkey, asked);
	if (!*why && !get_modulus(modulus, pkey))
		*why = "its modulus cannot be read";
	ERR_pop_to_mark();
	return !*why;
}

/* ---- signatures */

bool assay_rsa3_sign(uint8_t sig[ASSAY_RSA3_LEN], const struct assay_rsa3 *key,
                     struct assay_bytes msg)
{
	ERR_set_mark();
	bool done = assay_pkey_sign_rsa(sig, ASSAY_RSA3_LEN, key->pkey, msg) ==
	            ASSAY_RSA3_LEN;

	ERR_pop_to_mark();
	if (done)
		reverse(sig, ASSAY_RSA3_LEN);
	else
		memset(sig, 0, ASSAY_RSA3_LEN);
	return done;
}

bool assay_rsa3_is_modulus(const uint8_t n[ASSAY_RSA3_LEN])
{
	return n[ASSAY_RSA3_LEN - 1] & 0x80 && n[0] & 1;
}

/* EMSA-PKCS1-v1_5 [RFC 8017 9.2], little-endian. */
static void pad(uint8_t out[ASSAY_RSA3_LEN], struct assay_bytes msg)
{
	static const uint8_t sha256[] = { 0x00, 0x30, 0x31, 0x30, 0x0d,
		                          0x06, 0x09, 0x60, 0x86, 0x48,
		                          0x01, 0x65, 0x03, 0x04, 0x02,
		                          0x01, 0x05, 0x00, 0x04, 0x20 };
	uint8_t *digest = out + ASSAY_RSA3_LEN - ASSAY_SHA256_LEN;

	memset(out, 0xff, ASSAY_RSA3_LEN);
	out[0] = 0x00;
	out[1] = 0x01;
	memcpy(digest - sizeof(sha256), sha256, sizeof(sha256));
	assay_sha256(digest, msg);
	reverse(out, ASSAY_RSA3_LEN);
}

/* a = q * n + rest */
static bool divide(uint8_t q[ASSAY_RSA3_LEN], BIGNUM *rest, const BIGNUM *a,
                   const BIGNUM *n, BN_CTX *ctx)
{
	OWN(BIGNUM) *quotient = BN_new();

	return quotient && BN_div(quotient, rest, a, n, ctx) == 1 &&
	       BN_bn2lebinpad(quotient, q, ASSAY_RSA3_LEN) == ASSAY_RSA3_LEN;
}

/* s^3 mod n, by two multiplications and two divisions: the quotients are
 * wanted too. */
static bool cube(uint8_t out[ASSAY_RSA3_LEN],
                 struct assay_rsa3_quotients *quotients,
                 const uint8_t modulus[ASSAY_RSA3_LEN],
                 const uint8_t sig[ASSAY_RSA3_LEN])
{
	OWN(BN_CTX) *ctx = BN_CTX_new();
	OWN(BIGNUM) *n = BN_lebin2bn(modulus, ASSAY_RSA3_LEN, NULL);
	OWN(BIGNUM) *s = BN_lebin2bn(sig, ASSAY_RSA3_LEN, NULL);
	OWN(BIGNUM) *t = BN_new();

	return ctx && n && s && t && BN_cmp(s, n) < 0 &&
	       BN_sqr(t, s, ctx) == 1 && divide(quotients->q1, t, t, n, ctx) &&
	       BN_mul(t, t, s, ctx) == 1 &&
	       divide(quotients->q2, t, t, n, ctx) &&
	       BN_bn2lebinpad(t, out, ASSAY_RSA3_LEN) == ASSAY_RSA3_LEN;
}

bool assay_rsa3_verify(struct assay_rsa3_quotients *quotients,
                       const uint8_t modulus[ASSAY_RSA3_LEN],
                       struct assay_bytes msg,
                       const uint8_t sig[ASSAY_RSA3_LEN])
{
	uint8_t got[ASSAY_RSA3_LEN], want[ASSAY_RSA3_LEN];

	pad(want, msg);
	ERR_set_mark();
	bool yes = assay_rsa3_is_modulus(modulus) &&
	           cube(got, quotients, modulus, sig) &&
	           memcmp(got, want, sizeof(got)) == 0;

	ERR_pop_to_mark();
	if (!yes)
		memset(quotients, 0, sizeof(*quotients));
	return yes;
}
