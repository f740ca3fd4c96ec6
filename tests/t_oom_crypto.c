/* t_oom_crypto.c - memory runs out at each of libcrypto's allocations in turn:
 * nothing forged becomes good, nothing crashes, and what was good is good again
 * when memory is there. */
#include "crypto/crypto.h"
#include "crypto/signkey.h"

#include "h_oom.h"
#include "tap.h"

#include <string.h>

/* ---- what is tried */

static struct assay_p256_tables *tables;
static struct assay_p256_pair pair, other;
static uint8_t digest[32] = { 1 }, good[64], forged[64];
static struct assay_p256 *engine; /* new for every try */

/* The answer to what is right, and to what is wrong. */
struct answers {
	bool right, wrong;
};

static struct answers try_verify(void)
{
	struct answers a = {
		.right = assay_p256_verify(engine, pair.key, digest, good),
	};

	return a;
}

static struct answers try_forged(void)
{
	struct answers a = {
		.right = true,
		.wrong = assay_p256_verify(engine, pair.key, digest, forged),
	};

	return a;
}

static struct answers try_curve(void)
{
	uint8_t off[64];

	memcpy(off, pair.key, sizeof(off));
	off[63] ^= 1;
	struct answers a = {
		.right = assay_p256_on_curve(engine, pair.key),
		.wrong = assay_p256_on_curve(engine, off),
	};

	return a;
}

static struct answers try_many(void)
{
	struct assay_p256_item items[] = {
		{ pair.key, digest, good, false },
		{ pair.key, digest, forged, true },
		{ other.key, digest, good, true },
		{ pair.key, digest, good, false },
		{ pair.key, digest, forged, true },
	};

	assay_p256_verify_many(engine, items, 5);
	struct answers a = {
		.right = items[0].ok && items[3].ok,
		.wrong = items[1].ok || items[2].ok || items[4].ok,
	};

	return a;
}

static struct answers try_new(void)
{
	struct assay_p256 *e = assay_p256_new(tables);
	struct answers a = { .right = e };

	assay_p256_free(e);
	return a;
}

static struct answers try_make(void)
{
	static const struct assay_p256_pair none;
	struct assay_p256_pair made;
	uint8_t seed[32] = { 3 };
	struct answers a = { .right = assay_p256_make(&made, seed) };

	a.wrong = !a.right && memcmp(&made, &none, sizeof(made)) != 0;
	return a;
}

/* P-384's G, which signed nothing */
static const uint8_t p384_key[96] = {
	0xaa, 0x87, 0xca, 0x22, 0xbe, 0x8b, 0x05, 0x37, 0x8e, 0xb1, 0xc7, 0x1e,
	0xf3, 0x20, 0xad, 0x74, 0x6e, 0x1d, 0x3b, 0x62, 0x8b, 0xa7, 0x9b, 0x98,
	0x59, 0xf7, 0x41, 0xe0, 0x82, 0x54, 0x2a, 0x38, 0x55, 0x02, 0xf2, 0x5d,
	0xbf, 0x55, 0x29, 0x6c, 0x3a, 0x54, 0x5e, 0x38, 0x72, 0x76, 0x0a, 0xb7,
	0x36, 0x17, 0xde, 0x4a, 0x96, 0x26, 0x2c, 0x6f, 0x5d, 0x9e, 0x98, 0xbf,
	0x92, 0x92, 0xdc, 0x29, 0xf8, 0xf4, 0x1d, 0xbd, 0x28, 0x9a, 0x14, 0x7c,
	0xe9, 0xda, 0x31, 0x13, 0xb5, 0xf0, 0xb8, 0xc0, 0x0a, 0x60, 0xb1, 0xce,
	0x1d, 0x7e, 0x81, 0x9d, 0x7a, 0x43, 0x1d, 0x7c, 0x90, 0xea, 0x0e, 0x5f,
};

static struct answers try_p384(void)
{
	uint8_t sig[96] = { [47] = 1, [95] = 1 };
	struct answers a = {
		.right = true,
		.wrong = assay_p384_verify(
			p384_key, (struct assay_bytes){ digest, 32 }, sig),
	};

	return a;
}

static struct answers try_rsa(void)
{
	uint8_t modulus[256], sig[256] = { [255] = 2 };

	memset(modulus, 0xff, sizeof(modulus));
	struct answers a = {
		.right = true,
		.wrong = assay_rsa_verify((struct assay_bytes){ modulus, 256 },
		                          3, (struct assay_bytes){ digest, 32 },
		                          (struct assay_bytes){ sig, 256 }),
	};

	return a;
}

/* A private key, its PEM, and what it signs. */
static struct assay_sign_key *sign_key;
static uint8_t pem[ASSAY_KEY_PEM_MAX];
static size_t pem_len;

static struct answers try_sign_with(const struct assay_sign_key *key)
{
	uint8_t sig[ASSAY_SIGN_MAX], hash[32];
	struct assay_bytes msg = { digest, sizeof(digest) };
	size_t n = assay_sign_key_sign(sig, key, msg);

	oom_left = -1; /* what was made is looked at with memory */
	assay_sha256(hash, msg);
	bool holds = assay_p256_verify(engine, assay_sign_key_public(key)->key,
	                               hash, sig);
	struct answers a = { .right = n && holds, .wrong = n && !holds };

	return a;
}

static struct answers try_sign(void)
{
	return try_sign_with(sign_key);
}

static struct answers try_certificate(void)
{
	uint8_t der[ASSAY_SIGN_CERT_MAX];
	size_t n = assay_sign_key_certificate(der, sign_key, "a", 1, 2);
	struct answers a = { .right = n > 0, .wrong = n && der[0] != 0x30 };

	return a;
}

/* A key takes its time to read: memory fails at one allocation in 41. */
static void sweep_read(void)
{
	const struct assay_bytes text = { pem, pem_len };
	size_t bad = 0, tried = 0;
	const char *why;

	engine = assay_p256_new(NULL);
	for (oom_failed = true; oom_failed; tried++) {
		oom_failed = false;
		oom_left = (long)(tried * 41);
		struct assay_sign_key *key = assay_sign_key_read(text, &why);

		oom_left = -1;
		bad += !key != (why != NULL) || (!oom_failed && !key);
		bad += key && try_sign_with(key).wrong;
		assay_sign_key_free(key);
	}
	assay_p256_free(engine);
	note("%zu tried", tried);
	ok(!bad, "a key in PEM, and memory fails");
}

static const struct {
	const char *name;
	struct answers (*run)(void);
	bool tabled;
	size_t step; /* of so many allocations one fails */
} tries[] = {
	{ "a good one", try_verify, false, 1 },
	{ "a forged one", try_forged, false, 1 },
	{ "on the curve", try_curve, false, 1 },
	{ "five at once", try_many, false, 1 },
	{ "a good one, with a table", try_verify, true, 1 },
	{ "a forged one, with a table", try_forged, true, 1 },
	{ "five at once, with a table", try_many, true, 1 },
	{ "an engine", try_new, true, 1 },
	{ "a key pair", try_make, false, 1 },
	{ "P-384", try_p384, false, 1 },
	{ "RSA", try_rsa, false, 1 },
	{ "a signature", try_sign, false, 1 },
	{ "a certificate", try_certificate, false, 23 },
};

/* Fails at one allocation after the other until none was left to fail. */
static void sweep(size_t i, bool every)
{
	size_t step = tries[i].step, bad = 0, n = 0;

	for (oom_failed = true; oom_failed; n += step) {
		engine = assay_p256_new(tries[i].tabled ? tables : NULL);
		if (!engine)
			abort();
		oom_for_good = every;
		oom_failed = false;
		oom_left = (long)n;
		struct answers a = tries[i].run();

		oom_left = -1;
		bad += a.wrong || (!oom_failed && !a.right);
		a = tries[i].run();
		bad += a.wrong || !a.right;
		assay_p256_free(engine);
	}
	note("%zu allocations", n - step);
	ok(!bad, "%s, and memory fails %s", tries[i].name,
	   every ? "for good" : "once");
}

/* A table takes its time: memory fails at one allocation in nine. */
static void sweep_table(void)
{
	size_t bad = 0, tried = 0;

	for (oom_failed = true; oom_failed; tried++) {
		struct assay_p256_tables *t = assay_p256_tables_new(1);

		if (!t)
			abort();
		oom_failed = false;
		oom_left = (long)(tried * 9);
		bool added = assay_p256_tables_add(t, pair.key);

		oom_left = -1;
		bad += !oom_failed && !added;
		engine = assay_p256_new(t);
		if (!engine)
			abort();
		struct answers a = try_many();

		bad += a.wrong || !a.right;
		assay_p256_free(engine);
		assay_p256_tables_free(t);
	}
	note("%zu tried", tried);
	ok(!bad, "a table, and memory fails");
}

int main(void)
{
	uint8_t seed[32] = { 1 };

	if (!ok(oom_begin(), "libcrypto takes its memory here"))
		return done();
	assay_crypto_start();
	if (!assay_p256_make(&pair, seed) ||
	    !assay_p256_sign(good, &pair, digest))
		abort();
	seed[0]++;
	memcpy(forged, good, sizeof(good));
	forged[63] ^= 1;
	tables = assay_p256_tables_new(1);
	if (!assay_p256_make(&other, seed) || !tables ||
	    !assay_p256_tables_add(tables, pair.key))
		abort();
	if (!assay_sign_key_make(pem, &pem_len, ASSAY_SIGN_P256))
		abort();
	const char *why;

	sign_key = assay_sign_key_read((struct assay_bytes){ pem, pem_len },
	                               &why);
	if (!sign_key)
		abort();
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		sweep(i, false);
		sweep(i, true);
	}
	sweep_table();
	sweep_read();
	ok(oom_n_failed > 1000, "memory did fail");
	assay_sign_key_free(sign_key);
	assay_p256_tables_free(tables);
	return done();
}
