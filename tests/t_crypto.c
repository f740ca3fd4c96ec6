/* t_crypto.c - hashes, P-384, RSA, and the making of keys: known answers.
 * P-256's verification has a test of its own, t_p256.c. */
#include "crypto/crypto.h"

#include "h_wycheproof.h"

#include <openssl/err.h>
#include <string.h>
#include <unistd.h>

static struct assay_bytes text_of(const char *s)
{
	return (struct assay_bytes){ (const uint8_t *)s, strlen(s) };
}

static void unhex(uint8_t *out, size_t n, const char *hex)
{
	if (!assay_hex_parse(out, n, text_of(hex)))
		abort();
}

static bool is_hex(const uint8_t *p, size_t n, const char *hex)
{
	uint8_t want[64];

	unhex(want, n, hex);
	return memcmp(p, want, n) == 0;
}

/* ---- hashes */

/* clang-format off */
static const struct {
	const char *in, *sha256, *sha384, *sha512;
} hashes[] = {
	{ "",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	  "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
	  "274edebfe76f65fbd51ad2f14898b95b",
	  "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	  "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e" },
	{ "abc",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	  "8086072ba1e7cc2358baeca134c825a7",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
	{ "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
	  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
	  "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
	  "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
	  "fcc7c71a557e2db966c3e9fa91746039",
	  "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
	  "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909" },
};
/* clang-format on */

static void test_hashes(void)
{
	uint8_t out[ASSAY_SHA512_LEN];

	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		struct assay_bytes in = text_of(hashes[i].in);

		assay_sha256(out, in);
		ok(is_hex(out, ASSAY_SHA256_LEN, hashes[i].sha256),
		   "SHA-256 of %zu bytes", in.len);
		assay_sha384(out, in);
		ok(is_hex(out, ASSAY_SHA384_LEN, hashes[i].sha384),
		   "SHA-384 of %zu bytes", in.len);
		assay_sha512(out, in);
		ok(is_hex(out, ASSAY_SHA512_LEN, hashes[i].sha512),
		   "SHA-512 of %zu bytes", in.len);
	}
}

static void test_empty(void)
{
	uint8_t out[ASSAY_SHA512_LEN];
	struct assay_bytes none = { NULL, 0 };

	assay_sha256_2(out, none, none);
	ok(is_hex(out, ASSAY_SHA256_LEN, hashes[0].sha256),
	   "SHA-256 of two times nothing");
	assay_sha384(out, none);
	ok(is_hex(out, ASSAY_SHA384_LEN, hashes[0].sha384),
	   "SHA-384 of nothing");
	assay_sha512(out, none);
	ok(is_hex(out, ASSAY_SHA512_LEN, hashes[0].sha512),
	   "SHA-512 of nothing");
}

/* Two runs are hashed as if they were one, wherever the cut is. */
static void test_joined(void)
{
	struct assay_bytes whole = text_of(hashes[2].in);
	uint8_t out[ASSAY_SHA256_LEN];
	size_t good = 0;

	for (size_t cut = 0; cut <= whole.len; cut++) {
		assay_sha256_2(out, (struct assay_bytes){ whole.ptr, cut },
		               (struct assay_bytes){ whole.ptr + cut,
		                                     whole.len - cut });
		good += is_hex(out, sizeof(out), hashes[2].sha256);
	}
	ok(good == whole.len + 1, "SHA-256 of two runs, cut at %zu places",
	   good);
}

/* ---- Wycheproof */

/*
 * Every test's `result` is the answer we must give.  "acceptable" is what some
 * verifiers accept and some refuse; ours is strict and must refuse it.  A
 * signature whose length is not that of two numbers cannot be given to a
 * function of fixed sizes; the file must say that it is invalid.
 */
struct tally {
	size_t valid, invalid, acceptable, unfit, wrong;
};

static void count(struct tally *c, const struct wp_test *t, bool yes)
{
	c->valid += t->want == WP_VALID;
	c->invalid += t->want == WP_INVALID;
	c->acceptable += t->want == WP_ACCEPTABLE;
	if (yes == (t->want == WP_VALID))
		return;
	note("test %llu", (unsigned long long)t->id);
	c->wrong++;
}

static void try_p384(const struct wp_test *t, void *arg)
{
	struct tally *c = arg;
	bool fits = t->sig.len == 96;

	c->unfit += !fits;
	count(c, t,
	      fits && t->key_len == 96 &&
	              assay_p384_verify(t->key, t->msg, t->sig.ptr));
}

static void try_rsa(const struct wp_test *t, void *arg)
{
	struct assay_bytes modulus = { t->key, t->key_len };

	count(arg, t, assay_rsa_verify(modulus, t->exponent, t->msg, t->sig));
}

static void test_wycheproof(const char *file, wp_each *each)
{
	struct tally c = { 0 };

	if (!wycheproof(file, each, &c))
		return;
	ok(!c.wrong && c.valid && c.invalid,
	   "%s: %zu valid, %zu invalid, %zu of another length, %zu acceptable",
	   file, c.valid, c.invalid, c.unfit, c.acceptable);
}

/* ---- RSA: a real signature with e = 3, and keys that are none */

enum {
	SIGSTRUCT_LEN = 1808,
	MODULUS_AT = 128,
	SIGNATURE_AT = 516,
	BODY_AT = 900,
	RSA_LEN = 384,
	PART_LEN = 128, /* of the header and of the body: what is signed */
};

struct rsa_case {
	uint8_t modulus[RSA_LEN], sig[RSA_LEN], msg[2 * PART_LEN];
};

/* SIGSTRUCT's numbers are little-endian. */
static bool read_sigstruct(struct rsa_case *c)
{
	const char *dir = vectors();
	char path[4400];
	size_t len = 0;

	snprintf(path, sizeof(path),
	         "%s/sigstruct/sigstruct-intel-le-prod.sigstruct",
	         dir ? dir : "");
	unsigned char *p = dir ? slurp(path, &len) : NULL;

	if (p && len == SIGSTRUCT_LEN) {
		for (size_t i = 0; i < RSA_LEN; i++) {
			c->modulus[i] = p[MODULUS_AT + RSA_LEN - 1 - i];
			c->sig[i] = p[SIGNATURE_AT + RSA_LEN - 1 - i];
		}
		memcpy(c->msg, p, PART_LEN);
		memcpy(c->msg + PART_LEN, p + BODY_AT, PART_LEN);
	}
	free(p);
	return len == SIGSTRUCT_LEN;
}

static bool try_rsa_case(const struct rsa_case *c, size_t modulus_len,
                         uint32_t e, size_t sig_len)
{
	return assay_rsa_verify((struct assay_bytes){ c->modulus, modulus_len },
	                        e,
	                        (struct assay_bytes){ c->msg, sizeof(c->msg) },
	                        (struct assay_bytes){ c->sig, sig_len });
}

static void test_rsa_keys(void)
{
	struct rsa_case c, d;
	uint8_t long_key[513] = { 0x80 };

	if (!vectors()) {
		skip("no vectors", "a real RSA signature with e = 3");
		return;
	}
	if (!ok(read_sigstruct(&c), "a SIGSTRUCT is read"))
		return;
	ok(try_rsa_case(&c, RSA_LEN, 3, RSA_LEN), "RSA with e = 3");
	ok(!try_rsa_case(&c, RSA_LEN, 65537, RSA_LEN), "another e");
	ok(!try_rsa_case(&c, RSA_LEN, 0, RSA_LEN), "e = 0");
	ok(!try_rsa_case(&c, RSA_LEN, 2, RSA_LEN), "an even e");
	ok(!try_rsa_case(&c, RSA_LEN - 1, 3, RSA_LEN), "a shorter modulus");
	ok(!try_rsa_case(&c, RSA_LEN, 3, RSA_LEN - 1), "a shorter signature");
	ok(!try_rsa_case(&c, RSA_LEN, 3, 0), "no signature");
	ok(!try_rsa_case(&c, 0, 3, RSA_LEN), "no modulus");
	ok(!try_rsa_case(&c, 255, 3, 255), "a modulus of 255 bytes");
	long_key[512] = 1;
	ok(!assay_rsa_verify((struct assay_bytes){ long_key, 513 }, 3,
	                     (struct assay_bytes){ c.msg, sizeof(c.msg) },
	                     (struct assay_bytes){ long_key, 513 }),
	   "a modulus of 513 bytes");
	d = c;
	d.modulus[RSA_LEN - 1] ^= 1;
	ok(!try_rsa_case(&d, RSA_LEN, 3, RSA_LEN), "an even modulus");
	d = c;
	d.modulus[0] = 0;
	ok(!try_rsa_case(&d, RSA_LEN, 3, RSA_LEN), "a modulus that is shorter "
	                                           "than it says");
	d = c;
	d.msg[0] ^= 1;
	ok(!try_rsa_case(&d, RSA_LEN, 3, RSA_LEN), "another message");
}

/* With e = 1 the padded digest is its own signature. */
static void test_rsa_one(void)
{
	static const uint8_t info[] = { 0x30, 0x31, 0x30, 0x0d, 0x06,
		                        0x09, 0x60, 0x86, 0x48, 0x01,
		                        0x65, 0x03, 0x04, 0x02, 0x01,
		                        0x05, 0x00, 0x04, 0x20 };
	struct rsa_case c = { { 0 }, { 0 }, { 0 } };
	size_t at = RSA_LEN - ASSAY_SHA256_LEN;

	memset(c.modulus, 0xff, sizeof(c.modulus));
	assay_sha256(c.sig + at, (struct assay_bytes){ c.msg, sizeof(c.msg) });
	at -= sizeof(info);
	memcpy(c.sig + at, info, sizeof(info));
	c.sig[1] = 1;
	memset(c.sig + 2, 0xff, at - 3);
	ok(!try_rsa_case(&c, RSA_LEN, 1, RSA_LEN), "e = 1");
}

/* ---- keys */

/* clang-format off */
static const struct {
	const char *seed, *secret, *key;
} pairs[] = { /* computed by other means than libcrypto */
	{ "0000000000000000000000000000000000000000000000000000000000000000",
	  "cb989d4efacd3dc3c0637333ac1c0f82406290b2874b227b7a6c801584c153e0",
	  "6cd7b3c1dae88efcb91b6d3b124871d83c83355bb48b5507ef9e69f2b1f8bcad"
	  "a719cb46edfee75e23028e6c5930a44b7f12c5490359e0eb62f2e2bc950788b5" },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	  "248d6cd0454d287ce73891ae96b032e351fa3dc6aaa176c9b1c533ab661665a6",
	  "12d660bad9bf4fac09cb6faefe016890497294acd6ab7b4a0356d17b1b195fff"
	  "a3931b87404c72e808fc3435e664caac5448125d14b233c79979467146b72449" },
	{ "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	  "b0d521ba45a7e0d70ea94b5750c61043c1f7b3f8ef22d6cb086774da3f6e882c",
	  "fd1409aff9e6431236a149b5cec09a4233aea9bdb23b5db1ab324e0cf87cfec9"
	  "f75e5cb852b0e05d780d50bab91f99d6582a15488aaf4e394eded1437e20cc7a" },
};
/* clang-format on */

static void test_seeds(void)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct assay_p256_pair pair;
		uint8_t seed[32];

		unhex(seed, sizeof(seed), pairs[i].seed);
		ok(assay_p256_make(&pair, seed) &&
		           is_hex(pair.secret, 32, pairs[i].secret) &&
		           is_hex(pair.key, 64, pairs[i].key),
		   "the key pair of seed %.8s...", pairs[i].seed);
	}
}

static bool is_zero(const void *p, size_t len)
{
	const uint8_t *b = p;

	while (len && !b[len - 1])
		len--;
	return !len;
}

static void test_signing(void)
{
	struct assay_p256 *engine = assay_p256_new(NULL);
	struct assay_p256_pair a, b, none = { { 0 }, { 0 } };
	uint8_t digest[32] = { 1 }, sig[64];

	ok(assay_p256_make(&a, NULL) && assay_p256_make(&b, NULL) &&
	           memcmp(&a, &b, sizeof(a)) != 0,
	   "without a seed every pair is new");
	ok(assay_p256_sign(sig, &a, digest) &&
	           assay_p256_verify(engine, a.key, digest, sig),
	   "what was signed verifies");
	ok(!assay_p256_verify(engine, b.key, digest, sig),
	   "and not under another key");
	digest[31] ^= 1;
	ok(!assay_p256_verify(engine, a.key, digest, sig),
	   "nor for another digest");
	ok(!assay_p256_sign(sig, &none, digest) && is_zero(sig, sizeof(sig)),
	   "a pair of zeros signs nothing");
	assay_p256_free(engine);
}

static void test_random(void)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	ok(assay_random(a, sizeof(a)) && assay_random(b, sizeof(b)) &&
	           memcmp(a, b, sizeof(a)) != 0 && !is_zero(a, sizeof(a)),
	   "random bytes");
	ok(assay_random(a, 0), "none of them");
	assay_wipe(b, sizeof(b));
	ok(is_zero(b, sizeof(b)), "wiped");
}

/* What failed inside libcrypto is not left for the application to find, and
 * what the application left there stays. */
static void test_queue(void)
{
	struct assay_p256 *engine = assay_p256_new(NULL);
	struct assay_p256_pair none = { { 0 }, { 0 } };
	uint8_t zeros[96] = { 0 }, sig[96] = { 0 };
	struct assay_bytes msg = { zeros, sizeof(zeros) };
	bool yes;

	for (int mine = 0; mine < 2; mine++) {
		if (mine)
			ERR_raise(ERR_LIB_USER, 77);
		yes = assay_p256_verify(engine, zeros, zeros, sig) ||
		      assay_p384_verify(zeros, msg, sig) ||
		      assay_p256_sign(sig, &none, zeros) ||
		      assay_p256_on_curve(engine, zeros);
		ok(!yes && ERR_GET_REASON(ERR_get_error()) == 77 * mine &&
		           ERR_get_error() == 0,
		   "the error queue %s", mine ? "stays" : "stays empty");
	}
	assay_p256_free(engine);
}

/* A configuration that takes every algorithm away from EVP: were it read, all
 * of P-384, RSA and signing would fail. */
static void start_beside_trap(void)
{
	static const char trap[] = "openssl_conf = all\n"
				   "[all]\n"
				   "providers = list\n"
				   "[list]\n"
				   "null = on\n"
				   "[on]\n"
				   "activate = 1\n";
	char path[] = "/tmp/assay-t_crypto-XXXXXX";
	int fd = mkstemp(path);
	struct assay_p256_pair pair;
	uint8_t digest[32] = { 0 }, sig[64];

	if (fd < 0 || write(fd, trap, sizeof(trap) - 1) != sizeof(trap) - 1 ||
	    setenv("OPENSSL_CONF", path, 1) != 0)
		abort();
	assay_crypto_start();
	ok(assay_p256_make(&pair, NULL) && assay_p256_sign(sig, &pair, digest),
	   "no configuration is read");
	close(fd);
	unlink(path);
}

int main(void)
{
	start_beside_trap();
	test_hashes();
	test_empty();
	test_joined();
	test_wycheproof("ecdsa_secp384r1_sha384_p1363", try_p384);
	test_wycheproof("rsa_signature_3072_sha256", try_rsa);
	test_rsa_keys();
	test_rsa_one();
	test_seeds();
	test_signing();
	test_random();
	test_queue();
	return done();
}
