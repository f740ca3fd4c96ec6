/* t_rsa.c - RSA-3072 with the exponent 3: keys, signatures, quotients; and what
 * happens when memory is short. */
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/rsa.h"
#include "crypto/sha256.h"
#include "h_measure.h"
#include "tap.h"

static struct assay_bytes text_of(const char *s)
{
	return (struct assay_bytes){ (const uint8_t *)s, strlen(s) };
}

/* ---- memory that runs out */

static long n_allocations, fail_at;

static bool fails(void)
{
	return fail_at && ++n_allocations >= fail_at;
}

static void *my_malloc(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : malloc(n);
}

static void *my_realloc(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : realloc(p, n);
}

static void my_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* ---- hashes piece by piece */

static void test_pieces(void)
{
	static uint8_t data[1000];
	struct assay_sha256_run run, copy;
	uint8_t want[32], got[32];
	size_t good = 0, tried = 0;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 31 + 7);
	assay_sha256(want, (struct assay_bytes){ data, sizeof(data) });
	for (size_t step = 1; step < 200; step += 3, tried++) {
		assay_sha256_begin(&run);
		for (size_t at = 0; at < sizeof(data); at += step) {
			size_t n = sizeof(data) - at;

			assay_sha256_more(&run, (struct assay_bytes){
							data + at,
							n < step ? n : step });
		}
		copy = run;
		assay_sha256_end(got, &copy);
		good += memcmp(got, want, 32) == 0;
		assay_sha256_end(got, &run);
		good += memcmp(got, want, 32) == 0;
	}
	ok(good == 2 * tried, "SHA-256 in pieces of %zu lengths, and of copies",
	   tried);
	assay_sha256_end(got, &run);
	ok(is_hex(got, 32,
	          "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852"
	          "b855"),
	   "a run that ended begins anew");
}

/* ---- signatures */

static uint8_t modulus[ASSAY_RSA3_LEN], sig[ASSAY_RSA3_LEN];
static const char message[] = "what is signed";

/* q1 * n + r1 = s^2 and q2 * n + r2 = r1 * s, with remainders below n: nothing
 * else is a quotient. */
static bool are_quotients(const struct assay_rsa3_quotients *q)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n = BN_lebin2bn(modulus, sizeof(modulus), NULL);
	BIGNUM *s = BN_lebin2bn(sig, sizeof(sig), NULL);
	BIGNUM *a = BN_lebin2bn(q->q1, sizeof(q->q1), NULL);
	BIGNUM *b = BN_lebin2bn(q->q2, sizeof(q->q2), NULL);
	BIGNUM *r = BN_new(), *t = BN_new();
	bool good = BN_mul(a, a, n, ctx) && BN_mul(b, b, n, ctx) &&
	            BN_sqr(t, s, ctx) && BN_sub(r, t, a) &&
	            !BN_is_negative(r) && BN_cmp(r, n) < 0 &&
	            BN_mul(t, r, s, ctx) && BN_sub(r, t, b) &&
	            !BN_is_negative(r) && BN_cmp(r, n) < 0;

	BN_free(n);
	BN_free(s);
	BN_free(a);
	BN_free(b);
	BN_free(r);
	BN_free(t);
	BN_CTX_free(ctx);
	return good;
}

static bool verifies(const uint8_t n[ASSAY_RSA3_LEN],
                     const uint8_t s[ASSAY_RSA3_LEN], const char *msg)
{
	struct assay_rsa3_quotients q;
	bool yes;

	memset(&q, 0xee, sizeof(q));
	yes = assay_rsa3_verify(&q, n, text_of(msg), s);
	if (!yes && !all_zero(&q, sizeof(q)))
		ok(false, "a signature that is none left quotients");
	return yes;
}

/* s + n is the same number modulo n, and another signature. */
static bool plus_modulus(uint8_t out[ASSAY_RSA3_LEN])
{
	unsigned carry = 0;

	for (size_t i = 0; i < ASSAY_RSA3_LEN; i++) {
		carry += (unsigned)sig[i] + modulus[i];
		out[i] = (uint8_t)carry;
		carry >>= 8;
	}
	return carry == 0;
}

static void test_signature(const struct assay_rsa3 *key)
{
	uint8_t again[ASSAY_RSA3_LEN], changed[ASSAY_RSA3_LEN];
	struct assay_rsa3_quotients q;
	size_t refused = 0, tried = 0;

	ok(assay_rsa3_modulus(modulus, key) && assay_rsa3_is_modulus(modulus),
	   "a new key has a modulus of 3072 bits");
	ok(assay_rsa3_sign(sig, key, text_of(message)), "it signs");
	ok(assay_rsa3_verify(&q, modulus, text_of(message), sig) &&
	           are_quotients(&q),
	   "the signature verifies, and has its quotients");
	ok(assay_rsa3_sign(again, key, text_of(message)) &&
	           memcmp(sig, again, sizeof(sig)) == 0,
	   "it is the same every time");
	ok(!verifies(modulus, sig, "what is not"), "another message");
	for (size_t bit = 0; bit < 8 * ASSAY_RSA3_LEN; bit += 37, tried++) {
		memcpy(changed, sig, sizeof(sig));
		changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		refused += !verifies(modulus, changed, message);
		memcpy(changed, modulus, sizeof(sig));
		changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
		refused += !verifies(changed, sig, message);
	}
	ok(refused == 2 * tried, "%zu bits of signature and modulus",
	   2 * tried);
	memset(changed, 0, sizeof(changed));
	ok(!verifies(modulus, changed, message), "the signature 0");
	ok(!verifies(modulus, modulus, message), "the signature n");
	/* there are such only of small s: most are too long */
	ok(!plus_modulus(changed) || !verifies(modulus, changed, message),
	   "the signature s + n");
}

static void test_modulus(void)
{
	uint8_t n[ASSAY_RSA3_LEN] = { 0 };

	ok(!assay_rsa3_is_modulus(n), "0 is no modulus");
	n[0] = 1;
	ok(!assay_rsa3_is_modulus(n), "nor is one that is short");
	n[ASSAY_RSA3_LEN - 1] = 0x80;
	ok(assay_rsa3_is_modulus(n), "2^3071 + 1 may be one");
	n[0] = 2;
	ok(!assay_rsa3_is_modulus(n), "an even number is none");
}

/* ---- PEM */

static void test_pem(const struct assay_rsa3 *key)
{
	uint8_t pem[ASSAY_KEY_PEM_MAX], n[ASSAY_RSA3_LEN], s[ASSAY_RSA3_LEN];
	static const char begin[] = "-----BEGIN PRIVATE KEY-----\n";
	const char *why = "";
	struct assay_rsa3 *read;
	size_t len;
	bool written = assay_rsa3_write(pem, &len, key);

	ok(written && len > 2000 && memcmp(pem, begin, sizeof(begin) - 1) == 0,
	   "a key as PEM: %zu bytes", len);
	read = assay_rsa3_read((struct assay_bytes){ pem, len }, &why);
	ok(read && !why && assay_rsa3_modulus(n, read) &&
	           memcmp(n, modulus, sizeof(n)) == 0 &&
	           assay_rsa3_sign(s, read, text_of(message)) &&
	           memcmp(s, sig, sizeof(s)) == 0,
	   "read back, it is the same key");
	assay_rsa3_free(read);
	ok(assay_rsa3_public(n, (struct assay_bytes){ pem, len }, &why) &&
	           memcmp(n, modulus, sizeof(n)) == 0,
	   "the modulus of a private key");
}

/* A key of this kind, as PEM of this kind. */
struct pem {
	uint8_t bytes[ASSAY_KEY_PEM_MAX];
	size_t len;
};

static EVP_PKEY *make_rsa(int bits, unsigned e)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *exponent = BN_new();
	EVP_PKEY *pkey = NULL;

	if (!BN_set_word(exponent, e) || EVP_PKEY_keygen_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) != 1 ||
	    EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, exponent) != 1 ||
	    EVP_PKEY_generate(ctx, &pkey) != 1)
		abort();
	BN_free(exponent);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

enum form { PKCS8, TRADITIONAL, PUBLIC, ENCRYPTED, ENCRYPTED_OLD };

static void to_pem(struct pem *out, EVP_PKEY *pkey, enum form form)
{
	static unsigned char word[] = "secret";
	const EVP_CIPHER *aes = EVP_aes_128_cbc();
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	int done = 0;

	switch (form) {
	case PKCS8:
	case ENCRYPTED:
		done = PEM_write_bio_PKCS8PrivateKey(
			bio, pkey, form == ENCRYPTED ? aes : NULL, NULL, 0,
			NULL, form == ENCRYPTED ? word : NULL);
		break;
	case TRADITIONAL:
	case ENCRYPTED_OLD:
		done = PEM_write_bio_PrivateKey_traditional(
			bio, pkey, form == ENCRYPTED_OLD ? aes : NULL,
			form == ENCRYPTED_OLD ? word : NULL,
			form == ENCRYPTED_OLD ? 6 : 0, NULL, NULL);
		break;
	case PUBLIC:
		done = PEM_write_bio_PUBKEY(bio, pkey);
		break;
	}
	out->len = (size_t)BIO_get_mem_data(bio, &text);
	if (!done || out->len > sizeof(out->bytes))
		abort();
	memcpy(out->bytes, text, out->len);
	BIO_free(bio);
}

static void test_kind(const char *name, EVP_PKEY *pkey, enum form form,
                      const char *want_private, const char *want_public)
{
	static struct pem pem;
	uint8_t n[ASSAY_RSA3_LEN];
	struct assay_bytes in = { pem.bytes, 0 };
	struct assay_rsa3 *key;
	const char *why = "";
	bool good;

	to_pem(&pem, pkey, form);
	in.len = pem.len;
	key = assay_rsa3_read(in, &why);
	ok(want_private ? !key && why && strstr(why, want_private)
	                : key && !why,
	   "%s: %s", name, why ? why : "a key to sign with");
	assay_rsa3_free(key);
	memset(n, 0xee, sizeof(n));
	good = assay_rsa3_public(n, in, &why);
	ok(want_public ? !good && all_zero(n, sizeof(n)) && why &&
	                         strstr(why, want_public)
	               : good && assay_rsa3_is_modulus(n),
	   "%s, its public half: %s", name, why ? why : "good");
}

static void test_kinds(void)
{
	EVP_PKEY *good = make_rsa(3072, 3), *small = make_rsa(2048, 3);
	EVP_PKEY *common = make_rsa(3072, 65537);
	EVP_PKEY *ec = EVP_EC_gen("P-256");

	test_kind("PKCS #8", good, PKCS8, NULL, NULL);
	test_kind("PKCS #1", good, TRADITIONAL, NULL, NULL);
	test_kind("a public key", good, PUBLIC, "no key", NULL);
	test_kind("with a passphrase", good, ENCRYPTED, "passphrase",
	          "passphrase");
	test_kind("with a passphrase, the old form", good, ENCRYPTED_OLD,
	          "passphrase", "passphrase");
	test_kind("2048 bits", small, PKCS8, "3072", "3072");
	test_kind("2048 bits, public", small, PUBLIC, "no key", "3072");
	test_kind("exponent 65537", common, PKCS8, "exponent", "exponent");
	test_kind("exponent 65537, public", common, PUBLIC, "no key",
	          "exponent");
	test_kind("P-256", ec, PKCS8, "no RSA", "no RSA");
	EVP_PKEY_free(good);
	EVP_PKEY_free(small);
	EVP_PKEY_free(common);
	EVP_PKEY_free(ec);
}

static void test_no_pem(void)
{
	static uint8_t long_text[ASSAY_KEY_PEM_MAX + 1];
	const char *why;

	ok(!assay_rsa3_read((struct assay_bytes){ NULL, 0 }, &why) && why,
	   "an empty file is no key");
	ok(!assay_rsa3_read(text_of("-----BEGIN PRIVATE KEY-----\nAAAA\n"
	                            "-----END PRIVATE KEY-----\n"),
	                    &why) &&
	           why,
	   "nor is PEM of something else");
	memset(long_text, '\n', sizeof(long_text));
	ok(!assay_rsa3_read((struct assay_bytes){ long_text,
	                                          sizeof(long_text) },
	                    &why) &&
	           why,
	   "nor is a file that is too long");
	ok(ERR_peek_error() == 0, "libcrypto's errors are not left behind");
}

/* ---- memory that is short: never a yes that is wrong, never a crash */

static void test_short_memory(const struct assay_rsa3 *key)
{
	uint8_t wrong[ASSAY_RSA3_LEN], out[ASSAY_RSA3_LEN];
	uint8_t pem[ASSAY_KEY_PEM_MAX];
	size_t yes = 0, full = 0, len, bad = 0;
	struct assay_rsa3_quotients q;
	long at;

	memcpy(wrong, sig, sizeof(wrong));
	wrong[5] ^= 1;
	for (at = 1; at < 200; at++) {
		fail_at = at;
		n_allocations = 0;
		yes += assay_rsa3_verify(&q, modulus, text_of(message), wrong);
		n_allocations = 0;
		full += assay_rsa3_verify(&q, modulus, text_of(message), sig);
		n_allocations = 0;
		if (!assay_rsa3_sign(out, key, text_of(message)))
			bad += !all_zero(out, sizeof(out));
		n_allocations = 0;
		if (!assay_rsa3_write(pem, &len, key))
			bad += len != 0;
		fail_at = 0;
	}
	ok(yes == 0 && full > 0 && full < 199 && bad == 0,
	   "199 allocations that fail: %zu signatures verify, no forged one",
	   full);
}

int main(void)
{
	const struct assay_rsa3 *key;
	bool hooked = CRYPTO_set_mem_functions(my_malloc, my_realloc, my_free);

	test_pieces();
	key = tiny_key();
	test_signature(key);
	test_modulus();
	test_pem(key);
	test_kinds();
	test_no_pem();
	if (hooked)
		test_short_memory(key);
	else
		skip("libcrypto has allocated already", "short memory");
	return done();
}
