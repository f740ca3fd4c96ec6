/* t_p256_both.c - P-256 through EVP answers as the library does, and both as
 * ECDSA_do_verify does. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/crypto.h"

#include "h_wycheproof.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

/* src/crypto/p256-evp.c under other names, beside the file that the library was
 * built with. */
#define assay_p256 evp_p256
#define assay_p256_tables evp_p256_tables
#define assay_p256_new evp_p256_new
#define assay_p256_free evp_p256_free
#define assay_p256_on_curve evp_p256_on_curve
#define assay_p256_verify evp_p256_verify
#define assay_p256_verify_many evp_p256_verify_many
#define assay_p256_tables_new evp_p256_tables_new
#define assay_p256_tables_free evp_p256_tables_free
#define assay_p256_tables_add evp_p256_tables_add
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include "../src/crypto/p256-evp.c"
#pragma GCC diagnostic pop
#undef assay_p256
#undef assay_p256_tables
#undef assay_p256_new
#undef assay_p256_free
#undef assay_p256_on_curve
#undef assay_p256_verify
#undef assay_p256_verify_many
#undef assay_p256_tables_new
#undef assay_p256_tables_free
#undef assay_p256_tables_add

struct sample {
	uint8_t key[64], digest[32], sig[64];
};

/* The library, EVP, and EVP with the keys kept ready. */
struct both {
	struct assay_p256 *lib;
	struct evp_p256 *evp, *evp_ready;
	struct evp_p256_tables *tables;
	EC_KEY *key; /* the oracle's */
	size_t good, bad, wrong;
};

static bool ask_oracle(EC_KEY *key, const struct sample *s)
{
	const EC_GROUP *group = EC_KEY_get0_group(key);
	EC_POINT *point = EC_POINT_new(group);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t octets[65] = { 4 };

	ECDSA_SIG_set0(sig, BN_bin2bn(s->sig, 32, NULL),
	               BN_bin2bn(s->sig + 32, 32, NULL));
	memcpy(octets + 1, s->key, 64);
	bool yes = EC_POINT_oct2point(group, point, octets, 65, NULL) == 1 &&
	           EC_KEY_set_public_key(key, point) == 1 &&
	           ECDSA_do_verify(s->digest, 32, sig, key) == 1;

	ECDSA_SIG_free(sig);
	EC_POINT_free(point);
	return yes;
}

static bool ask_many(struct evp_p256 *engine, const struct sample *s)
{
	struct assay_p256_item item = { s->key, s->digest, s->sig, true };

	evp_p256_verify_many(engine, &item, 1);
	return item.ok;
}

/* All four ask the same of the same. */
static bool agree(struct both *b, const struct sample *s)
{
	bool want = ask_oracle(b->key, s);
	bool same =
		assay_p256_verify(b->lib, s->key, s->digest, s->sig) == want &&
		evp_p256_verify(b->evp, s->key, s->digest, s->sig) == want &&
		evp_p256_verify(b->evp_ready, s->key, s->digest, s->sig) ==
			want &&
		ask_many(b->evp, s) == want &&
		evp_p256_on_curve(b->evp, s->key) ==
			assay_p256_on_curve(b->lib, s->key);

	b->good += want;
	b->bad += !want;
	return same;
}

static void try_vector(const struct wp_test *t, void *arg)
{
	struct both *b = arg;
	struct sample s;

	if (t->sig.len != 64 || t->key_len != 64)
		return;
	memcpy(s.key, t->key, 64);
	memcpy(s.sig, t->sig.ptr, 64);
	assay_sha256(s.digest, t->msg);
	if (evp_p256_tables_add(b->tables, s.key) && agree(b, &s))
		return;
	note("test %llu", (unsigned long long)t->id);
	b->wrong++;
}

static uint8_t roll(unsigned below)
{
	uint8_t v;

	if (!assay_random(&v, 1))
		abort();
	return (uint8_t)(v % below);
}

/* One in five stays good; else bits of the key, digest, r or s change, or a
 * number becomes extreme. */
static void spoil(struct sample *s)
{
	uint8_t *number = s->sig + 32 * roll(2);

	switch (roll(5)) {
	case 0:
		s->key[roll(64)] ^= (uint8_t)(1u << roll(8));
		break;
	case 1:
		s->digest[roll(32)] ^= (uint8_t)(1u << roll(8));
		break;
	case 2:
		number[roll(32)] ^= (uint8_t)(1u << roll(8));
		break;
	case 3:
		memset(number, roll(2) ? 0xff : 0, roll(33));
		break;
	}
}

static void test_random(struct both *b)
{
	struct assay_p256_pair pair;
	struct sample s;

	for (int i = 0; i < 1000; i++) {
		if (!assay_p256_make(&pair, NULL) ||
		    !assay_random(s.digest, 32) ||
		    !assay_p256_sign(s.sig, &pair, s.digest))
			abort();
		memcpy(s.key, pair.key, 64);
		if (i % 2 && !evp_p256_tables_add(b->tables, s.key))
			abort();
		spoil(&s);
		b->wrong += !agree(b, &s);
	}
}

static void report(struct both *b, const char *what)
{
	note("%zu good, %zu bad", b->good, b->bad);
	ok(!b->wrong && b->good > 100 && b->bad > 50, "%s: all agree", what);
	b->good = b->bad = b->wrong = 0;
}

static void test_room(void)
{
	struct evp_p256_tables *one = evp_p256_tables_new(1);
	struct assay_p256_pair a, b;

	if (!one || !assay_p256_make(&a, NULL) || !assay_p256_make(&b, NULL))
		abort();
	a.key[0] ^= 1;
	ok(!evp_p256_tables_add(one, a.key), "no key is no table");
	a.key[0] ^= 1;
	ok(evp_p256_tables_add(one, a.key) && evp_p256_tables_add(one, a.key),
	   "the same key twice takes room for one");
	ok(!evp_p256_tables_add(one, b.key), "another has none");
	evp_p256_tables_free(one);
}

int main(void)
{
	struct both b = { .wrong = 0 };

	assay_crypto_start();
	b.lib = assay_p256_new(NULL);
	b.tables = evp_p256_tables_new(1000);
	b.evp = evp_p256_new(NULL);
	b.evp_ready = evp_p256_new(b.tables);
	b.key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	if (!b.lib || !b.tables || !b.evp || !b.evp_ready || !b.key)
		abort();
	if (wycheproof("ecdsa_secp256r1_sha256_p1363", try_vector, &b))
		report(&b, "Wycheproof");
	test_random(&b);
	report(&b, "random");
	test_room();
	assay_p256_free(b.lib);
	evp_p256_free(b.evp);
	evp_p256_free(b.evp_ready);
	evp_p256_tables_free(b.tables);
	EC_KEY_free(b.key);
	return done();
}
