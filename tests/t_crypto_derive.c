/* t_crypto_derive.c - CMAC, HKDF, AES-GCM, X25519, OAEP, and P-256 keys that are
 * derived and kept: known answers, and libcrypto's own other side. */
#include "crypto/aead.h"
#include "crypto/cmac.h"
#include "crypto/curve25519.h"
#include "crypto/hkdf.h"
#include "crypto/oaep.h"
#include "crypto/signer.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "tap.h"

static struct assay_bytes text_of(const char *s)
{
	return (struct assay_bytes){ (const uint8_t *)s, strlen(s) };
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && !p[n - 1])
		n--;
	return n == 0;
}

/* ---- Wycheproof's files of these: groups of tests whose members are hex */

enum { FIELD_MAX = 9000 };
enum { KEY, MSG, TAG, SALT, INFO, OKM, IV, AAD, CT, PUBLIC, PRIVATE, SHARED };
static const char *const names[] = {
	"key", "msg", "tag", "salt",   "info",    "okm",
	"iv",  "aad", "ct",  "public", "private", "shared",
};
enum { N_FIELDS = sizeof(names) / sizeof(*names) };

struct test {
	uint8_t mem[N_FIELDS][FIELD_MAX];
	struct assay_bytes field[N_FIELDS];
	uint64_t id, size;
	bool valid;
};

static void read_hex(struct assay_json *j, struct test *t, unsigned i)
{
	struct assay_json_str s;

	if (!assay_json_string(j, &s))
		return;
	t->field[i] = (struct assay_bytes){ t->mem[i], s.raw.len / 2 };
	if (t->field[i].len > FIELD_MAX ||
	    !assay_hex_parse(t->mem[i], t->field[i].len, s.raw))
		assay_json_bad_type(j, 0, "not hex, or too much");
}

static void read_member(struct assay_json *j, struct test *t,
                        struct assay_json_str name)
{
	struct assay_json_str s;

	for (unsigned i = 0; i < N_FIELDS; i++)
		if (assay_json_is(name, names[i]) ||
		    (i == KEY && assay_json_is(name, "ikm")))
			read_hex(j, t, i);
	if (assay_json_is(name, "tcId"))
		assay_json_uint(j, UINT64_MAX, &t->id);
	else if (assay_json_is(name, "size"))
		assay_json_uint(j, UINT64_MAX, &t->size);
	else if (assay_json_is(name, "result") && assay_json_string(j, &s))
		t->valid = assay_json_is(s, "valid");
}

typedef bool holds(const struct test *test);

static bool cmac_holds(const struct test *t)
{
	uint8_t mac[ASSAY_CMAC_LEN];

	return assay_cmac(mac, t->field[KEY].ptr, t->field[MSG]) &&
	       t->field[TAG].len == 16 &&
	       assay_cmac_equal(mac, t->field[TAG].ptr) == t->valid;
}

/* Sealed into other memory, and opened where it stands. */
static bool gcm_holds(const struct test *t)
{
	static uint8_t out[FIELD_MAX + 16], sealed[FIELD_MAX + 16];
	const struct assay_bytes *f = t->field;
	const enum assay_aead aead = f[KEY].len == 16 ? ASSAY_AES_128_GCM
	                                              : ASSAY_AES_256_GCM;
	const size_t len = f[CT].len + 16;

	memcpy(sealed, f[CT].ptr, f[CT].len);
	memcpy(sealed + f[CT].len, f[TAG].ptr, 16);
	if (t->valid && (!assay_aead_seal(out, aead, f[KEY].ptr, f[IV].ptr,
	                                  f[AAD], f[MSG]) ||
	                 memcmp(out, sealed, len) != 0))
		return false;
	bool opened = assay_aead_open(sealed, aead, f[KEY].ptr, f[IV].ptr,
	                              f[AAD],
	                              (struct assay_bytes){ sealed, len });

	if (!t->valid)
		return !opened && is_zero(sealed, f[CT].len);
	return opened && memcmp(sealed, f[MSG].ptr, f[MSG].len) == 0;
}

/* The exchange with a point of low order gives zeros, which is a no here. */
static bool x25519_holds(const struct test *t)
{
	const struct assay_bytes *f = t->field;
	const bool low = is_zero(f[SHARED].ptr, 32);
	struct assay_x25519 *pair = assay_x25519_new(f[PRIVATE].ptr, NULL);
	uint8_t once[32], again[32], key[32];
	bool done = assay_x25519(once, f[PRIVATE].ptr, f[PUBLIC].ptr);
	bool kept = pair && assay_x25519_with(again, pair, f[PUBLIC].ptr);
	bool same = assay_x25519_public(key, f[PRIVATE].ptr) && pair &&
	            memcmp(key, assay_x25519_key(pair), 32) == 0;

	assay_x25519_free(pair);
	return done == !low && kept == !low && same &&
	       memcmp(once, f[SHARED].ptr, 32) == 0 &&
	       memcmp(again, f[SHARED].ptr, 32) == 0;
}

/* There is AES-128-CMAC, and AES-GCM with keys and nonces of the usual lengths. */
static bool applies(holds *check, const struct test *t)
{
	const size_t key_len = t->field[KEY].len;

	if (check == cmac_holds)
		return key_len == 16;
	if (check == gcm_holds)
		return (key_len == 16 || key_len == 32) &&
		       t->field[IV].len == ASSAY_AEAD_NONCE_LEN;
	return true;
}

static void read_tests(struct assay_json *j, holds *check, unsigned *n,
                       unsigned *bad)
{
	static struct test t;
	struct assay_json_str name;

	assay_json_array(j);
	while (assay_json_element(j)) {
		memset(t.field, 0, sizeof(t.field));
		t.size = 0;
		assay_json_object(j);
		while (assay_json_member(j, &name))
			read_member(j, &t, name);
		if (!assay_json_ok(j))
			return;
		if (!applies(check, &t))
			continue;
		++*n;
		if (check(&t))
			continue;
		++*bad;
		note("test %u", (unsigned)t.id);
	}
}

static void read_file(struct assay_bytes text, holds *check, unsigned *n,
                      unsigned *bad)
{
	static struct assay_json j;
	struct assay_json_str name;
	struct assay_err err;

	assay_json_open_max(&j, text, ASSAY_DOC_NONE, 8 << 20);
	assay_json_object(&j);
	while (assay_json_member(&j, &name)) {
		if (!assay_json_is(name, "testGroups"))
			continue;
		assay_json_array(&j);
		while (assay_json_element(&j)) {
			assay_json_object(&j);
			while (assay_json_member(&j, &name))
				if (assay_json_is(name, "tests"))
					read_tests(&j, check, n, bad);
		}
	}
	if (!assay_json_close(&j, &err)) {
		note("at %zu: %s", err.at, err.note);
		*n = 0;
	}
}

static void wycheproof(const char *file, holds *check, unsigned least)
{
	const char *dir = vectors();
	unsigned n = 0, bad = 0;
	char path[4400];
	size_t len = 0;

	snprintf(path, sizeof(path), "%s/primitives/wycheproof-%s.json",
	         dir ? dir : "", file);
	unsigned char *text = dir ? slurp(path, &len) : NULL;

	if (!dir) {
		skip("no vectors", "Wycheproof's %s", file);
		return;
	}
	if (text)
		read_file((struct assay_bytes){ text, len }, check, &n, &bad);
	ok(n >= least && !bad, "Wycheproof's %s: %u tests", file, n);
	free(text);
}

static bool hkdf_holds(const struct test *t)
{
	static uint8_t out[FIELD_MAX];
	bool done = t->size <= sizeof(out) &&
	            assay_hkdf_sha256(out, t->size, t->field[KEY],
	                              t->field[SALT], t->field[INFO]);

	if (!t->valid)
		return !done && is_zero(out, t->size);
	return done && t->field[OKM].len == t->size &&
	       memcmp(out, t->field[OKM].ptr, t->size) == 0;
}

/* ---- CMAC */

static void test_cmac(void)
{
	/* RFC 4493, 4: the same key and the first bytes of one message */
	static const char *const macs[] = {
		"bb1d6929e95937287fa37d129b756746",
		"070a16b46b4d4144f79bdd9dd04a287c",
		"dfa66747de9ae63030ca32611497c827",
		"51f0bebf7e3b9d92fc49741779363cfe",
	};
	static const size_t lens[] = { 0, 16, 40, 64 };
	uint8_t key[16], msg[64], want[16], mac[16];
	bool good = true;

	good &= assay_hex_parse(key, 16,
	                        text_of("2b7e151628aed2a6abf7158809cf4f3c"));
	good &= assay_hex_parse(msg, 64,
	                        text_of("6bc1bee22e409f96e93d7e117393172a"
	                                "ae2d8a571e03ac9c9eb76fac45af8e51"
	                                "30c81c46a35ce411e5fbc1191a0a52ef"
	                                "f69f2445df4f9b17ad2b417be66c3710"));
	ok(good, "the key and message of RFC 4493");
	for (size_t i = 0; i < 4; i++)
		ok(assay_hex_parse(want, 16, text_of(macs[i])) &&
		           assay_cmac(mac, key,
		                      (struct assay_bytes){ msg, lens[i] }) &&
		           assay_cmac_equal(mac, want),
		   "CMAC of %zu bytes", lens[i]);
	good = true;
	for (size_t bit = 0; bit < 128; bit++) {
		mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
		good &= !assay_cmac_equal(mac, want);
		mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	ok(good, "a MAC with any one bit changed is another");
	ok(assay_cmac_equal(mac, want), "and the same when it is changed back");
}

/* ---- HKDF */

static void test_hkdf(void)
{
	static uint8_t out[255 * 32 + 1];
	uint8_t want[32];
	const struct assay_bytes ikm = text_of("key"), none = { 0 };

	ok(assay_hkdf_sha256(out, 255 * 32, ikm, none, none),
	   "HKDF gives 255 blocks");
	memset(out, 0xee, sizeof(out));
	ok(!assay_hkdf_sha256(out, sizeof(out), ikm, none, none) &&
	           is_zero(out, sizeof(out)),
	   "HKDF gives no more, and leaves zeros");
	memset(out, 0xee, 4);
	ok(assay_hkdf_sha256(out, 0, ikm, none, none) && out[0] == 0xee,
	   "HKDF of no bytes writes none");
	/* RFC 5869, 2.2: no salt is 32 zeros */
	memset(want, 0, sizeof(want));
	ok(assay_hkdf_sha256(out, 32, ikm, none, none) &&
	           assay_hkdf_sha256(want, 32, ikm,
	                             (struct assay_bytes){ want, 32 }, none) &&
	           memcmp(out, want, 32) == 0,
	   "no salt is 32 zeros");
}

/* ---- X25519 */

/* RFC 7748, 5.2: the result is the next secret, the secret the next point. */
static void test_x25519(void)
{
	uint8_t k[32] = { 9 }, u[32] = { 9 }, r[32], want[32];
	bool good = assay_x25519(r, k, u);

	ok(good &&
	           assay_hex_parse(
			   want, 32,
			   text_of("422c8e7a6227d7bca1350b3e2bb7279f"
	                           "7897b87bb6854b783c60e80311ae3079")) &&
	           memcmp(r, want, 32) == 0,
	   "X25519, once");
	for (size_t i = 1; i <= 1000; i++) {
		memcpy(u, k, 32);
		memcpy(k, r, 32);
		if (i < 1000)
			good &= assay_x25519(r, k, u);
	}
	ok(good &&
	           assay_hex_parse(
			   want, 32,
			   text_of("684cf59ba83309552800ef566f2f4d3c"
	                           "1c3887c49360e3875f2eb94d99532c51")) &&
	           memcmp(k, want, 32) == 0,
	   "X25519, a thousand times");
}

/* ---- GCM, beside its known answers */

static void test_gcm(void)
{
	static const uint8_t key[32] = { 1 }, nonce[12] = { 2 };
	const struct assay_bytes plain = text_of("a secret"),
				 aad = text_of("ab"), none = { 0 };
	uint8_t sealed[24], open[24];
	const struct assay_bytes in = { sealed, 24 };

	ok(assay_gcm_seal(sealed, key, nonce, aad, plain) &&
	           assay_gcm_open(open, key, nonce, aad, in) &&
	           memcmp(open, plain.ptr, 8) == 0,
	   "GCM opens what it sealed");
	memset(open, 0xee, sizeof(open));
	ok(!assay_gcm_open(open, key, nonce, none, in) && is_zero(open, 8) &&
	           open[8] == 0xee,
	   "GCM: without what was authenticated beside it, zeros");
	ok(!assay_gcm_open(open, key, nonce, aad,
	                   (struct assay_bytes){ sealed, 15 }),
	   "GCM: nothing shorter than a tag opens");
	ok(assay_gcm_open(sealed, key, nonce, aad, in) &&
	           memcmp(sealed, plain.ptr, 8) == 0,
	   "GCM opens in place");
	ok(assay_gcm_seal(sealed, key, nonce, none, none) &&
	           assay_gcm_open(open, key, nonce, none,
	                          (struct assay_bytes){ sealed, 16 }),
	   "GCM of nothing is a tag");
	memset(sealed, 0xee, 16);
	ok(!assay_gcm_seal(sealed, key, nonce,
	                   (struct assay_bytes){ key, (size_t)1 << 31 },
	                   none) &&
	           is_zero(sealed, 16),
	   "GCM: 2 GiB beside it are too much");
}

/* ---- public keys of curve 25519 */

typedef bool public_of(uint8_t key[ASSAY_CURVE25519_LEN],
                       const uint8_t secret[ASSAY_CURVE25519_LEN]);

static const struct {
	const char *name;
	public_of *function;
	const char *secret, *key;
} curve_rows[] = {
	{ "X25519, RFC 7748 6.1: Alice", assay_x25519_public,
	  "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
	  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a" },
	{ "X25519, RFC 7748 6.1: Bob", assay_x25519_public,
	  "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
	  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f" },
	{ "Ed25519, RFC 8032 7.1: test 1", assay_ed25519_public,
	  "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	  "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a" },
	{ "Ed25519, RFC 8032 7.1: test 2", assay_ed25519_public,
	  "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	  "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c" },
	{ "Ed25519, RFC 8032 7.1: test 3", assay_ed25519_public,
	  "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025" },
};

static void test_curve25519(void)
{
	for (size_t i = 0; i < sizeof(curve_rows) / sizeof(*curve_rows); i++) {
		uint8_t secret[32], want[32], key[32] = { 0 };
		bool good = assay_hex_parse(secret, 32,
		                            text_of(curve_rows[i].secret)) &&
		            assay_hex_parse(want, 32,
		                            text_of(curve_rows[i].key)) &&
		            curve_rows[i].function(key, secret);

		ok(good && memcmp(key, want, 32) == 0, "%s",
		   curve_rows[i].name);
	}
}

/* ---- OAEP */

static EVP_PKEY *rsa_key(uint8_t n[ASSAY_RSA3072_LEN])
{
	EVP_PKEY *key = EVP_RSA_gen(3072);
	BIGNUM *bn = NULL;

	if (!key ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &bn) != 1 ||
	    BN_bn2binpad(bn, n, ASSAY_RSA3072_LEN) != ASSAY_RSA3072_LEN)
		abort();
	BN_free(bn);
	return key;
}

/* Decrypts with the hash named for OAEP and its mask both. */
static bool decrypts(EVP_PKEY *key, const uint8_t in[ASSAY_RSA3072_LEN],
                     const EVP_MD *md, struct assay_bytes want)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t out[ASSAY_RSA3072_LEN];
	size_t len = sizeof(out);
	bool same = ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
	            EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) ==
	                    1 &&
	            EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
	            EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
	            EVP_PKEY_decrypt(ctx, out, &len, in, sizeof(out)) == 1 &&
	            len == want.len && memcmp(out, want.ptr, len) == 0;

	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return same;
}

static void test_oaep(void)
{
	static const uint8_t msg[ASSAY_RSA3072_LEN - 66 + 1] = { 1, 2, 3 };
	const struct assay_bytes ppid = { msg, 16 };
	uint8_t n[ASSAY_RSA3072_LEN], bad[ASSAY_RSA3072_LEN];
	uint8_t out[ASSAY_RSA3072_LEN], again[ASSAY_RSA3072_LEN];
	EVP_PKEY *key = rsa_key(n);

	ok(assay_rsa_oaep_encrypt(out, n, 65537, ppid) &&
	           decrypts(key, out, EVP_sha256(), ppid),
	   "OAEP: libcrypto decrypts with SHA-256");
	ok(!decrypts(key, out, EVP_sha1(), ppid), "OAEP: and not with SHA-1");
	ok(assay_rsa_oaep_encrypt(again, n, 65537, ppid) &&
	           memcmp(out, again, sizeof(out)) != 0,
	   "OAEP is another each time");
	ok(assay_rsa_oaep_encrypt(out, n, 65537,
	                          (struct assay_bytes){ msg, 318 }) &&
	           !assay_rsa_oaep_encrypt(out, n, 65537,
	                                   (struct assay_bytes){ msg, 319 }) &&
	           is_zero(out, sizeof(out)),
	   "OAEP: 318 bytes fit, 319 do not, which leaves zeros");
	memcpy(bad, n, sizeof(bad));
	bad[383] ^= 1;
	ok(!assay_rsa_oaep_encrypt(out, bad, 65537, ppid),
	   "OAEP: no even modulus");
	bad[383] ^= 1;
	bad[0] = 0;
	ok(!assay_rsa_oaep_encrypt(out, bad, 65537, ppid),
	   "OAEP: no shorter modulus");
	ok(!assay_rsa_oaep_encrypt(out, n, 1, ppid) &&
	           !assay_rsa_oaep_encrypt(out, n, 0, ppid) &&
	           !assay_rsa_oaep_encrypt(out, n, 65536, ppid),
	   "OAEP: no exponent 0, 1 or 65536");
	ok(ERR_peek_error() == 0, "failures leave no errors behind");
	EVP_PKEY_free(key);
}

/* ---- P-256 */

static const char n_minus_1[] = "ffffffff00000000ffffffffffffffff"
				"bce6faada7179e84f3b9cac2fc632550";
static const char g[] = "6b17d1f2e12c4247f8bce6e563a440f2"
			"77037d812deb33a0f4a13945d898c296"
			"4fe342e2fe1a7f9b8ee7eb4a7c0f9e16"
			"2bce33576b315ececbb6406837bf51f5";

static void test_bits(void)
{
	uint8_t order1[32], point[64], bits[64] = { 0 };
	struct assay_p256_pair pair;
	bool good = assay_hex_parse(order1, 32, text_of(n_minus_1)) &&
	            assay_hex_parse(point, 64, text_of(g));

	ok(good &&
	           assay_p256_from_bits(&pair,
	                                (struct assay_bytes){ bits, 40 }) &&
	           is_zero(pair.secret, 31) && pair.secret[31] == 1 &&
	           memcmp(pair.key, point, 64) == 0,
	   "the bits 0 give the secret 1, and the key G");
	memcpy(bits + 8, order1, 32);
	ok(assay_p256_from_bits(&pair, (struct assay_bytes){ bits, 40 }) &&
	           pair.secret[31] == 1,
	   "so do the bits n - 1");
	bits[39]--;
	ok(assay_p256_from_bits(&pair, (struct assay_bytes){ bits, 40 }) &&
	           memcmp(pair.secret, order1, 32) == 0,
	   "the bits n - 2 give the secret n - 1");
	ok(memcmp(pair.key, point, 32) == 0 &&
	           memcmp(pair.key + 32, point + 32, 32) != 0,
	   "and the key -G");
}

static void test_signer(void)
{
	struct assay_p256_pair pair, none = { 0 };
	struct assay_p256 *engine = assay_p256_new(NULL);
	struct assay_p256_signer *signer;
	uint8_t sig[64], digest[32] = { 9 };
	bool good = engine && assay_p256_make(&pair, digest);

	signer = good ? assay_p256_signer_new(&pair) : NULL;
	ok(signer != NULL, "a signer is made");
	for (uint8_t i = 0; i < 20 && signer; i++) {
		digest[1] = i;
		good &= assay_p256_signer_sign(sig, signer, digest) &&
		        assay_p256_verify(engine, pair.key, digest, sig);
	}
	ok(good, "its signatures verify, one after the other");
	assay_p256_signer_free(signer);
	assay_p256_signer_free(NULL);
	ok(!assay_p256_signer_new(&none), "no signer of the secret 0");
	memset(none.secret, 0xff, 32);
	ok(!assay_p256_signer_new(&none), "no signer of a secret above n");
	assay_p256_free(engine);
}

int main(void)
{
	test_cmac();
	wycheproof("aes_cmac", cmac_holds, 102);
	test_hkdf();
	wycheproof("hkdf_sha256", hkdf_holds, 80);
	wycheproof("aes_gcm", gcm_holds, 100);
	test_x25519();
	test_gcm();
	test_curve25519();
	wycheproof("x25519", x25519_holds, 518);
	test_oaep();
	test_bits();
	test_signer();
	return done();
}
