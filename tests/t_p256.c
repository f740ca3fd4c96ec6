/* t_p256.c - P-256's verification: Wycheproof, every edge of keys and numbers,
 * and the same answer with tables, without, and many at once. */
#define OPENSSL_SUPPRESS_DEPRECATED /* the oracle is ECDSA_do_verify */

#include "crypto/crypto.h"

#include "h_wycheproof.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <pthread.h>
#include <string.h>

enum { N_KEYS = 6, N_MANY = ASSAY_P256_MANY, WP_KEYS_MAX = 200 };

/* p and n */
static const uint8_t field[32] = {
	0xff, 0xff, 0xff, 0xff, 0,    0,    0,    1,    0,    0,    0,
	0,    0,    0,    0,    0,    0,    0,    0,    0,    0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};
static const uint8_t order[32] = {
	0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,    0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
	0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

/* A signature with all that belongs to it. */
struct sample {
	uint8_t key[64], digest[32], sig[64];
};

/* ---- the oracle: a new EC_KEY, ECDSA_do_verify */

static EC_GROUP *group;
static BN_CTX *ctx;
static BIGNUM *n; /* the order */

static bool oracle(const struct sample *s)
{
	EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *point = EC_POINT_new(group);
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t octets[65] = { 4 };

	ECDSA_SIG_set0(sig, BN_bin2bn(s->sig, 32, NULL),
	               BN_bin2bn(s->sig + 32, 32, NULL));
	memcpy(octets + 1, s->key, 64);
	bool yes = EC_POINT_oct2point(group, point, octets, 65, ctx) == 1 &&
	           EC_KEY_set_public_key(key, point) == 1 &&
	           ECDSA_do_verify(s->digest, 32, sig, key) == 1;

	ECDSA_SIG_free(sig);
	EC_POINT_free(point);
	EC_KEY_free(key);
	return yes;
}

/* ---- the three ways to an answer */

struct ways {
	struct assay_p256 *plain, *tabled;
	struct assay_p256_tables *tables;
};

static struct ways ways_of(size_t max)
{
	struct ways w = { assay_p256_new(NULL), NULL,
		          assay_p256_tables_new(max) };

	w.tabled = w.tables ? assay_p256_new(w.tables) : NULL;
	if (!w.plain || !w.tabled)
		abort();
	return w;
}

static void free_ways(struct ways *w)
{
	assay_p256_free(w->plain);
	assay_p256_free(w->tabled);
	assay_p256_tables_free(w->tables);
}

static bool one_of_many(struct assay_p256 *engine, const struct sample *s)
{
	struct assay_p256_item item = { s->key, s->digest, s->sig, true };

	assay_p256_verify_many(engine, &item, 1);
	return item.ok;
}

/* Whether all say `want`. */
static bool all_say(const struct ways *w, const struct sample *s, bool want)
{
	return assay_p256_verify(w->plain, s->key, s->digest, s->sig) == want &&
	       assay_p256_verify(w->tabled, s->key, s->digest, s->sig) ==
	               want &&
	       one_of_many(w->plain, s) == want &&
	       one_of_many(w->tabled, s) == want;
}

/* ---- Wycheproof: every `result` is the answer we must give, and this file
 * knows no "acceptable".  A signature that is not of 64 bytes cannot be given
 * to us; the file must say that it is invalid. */

struct tally {
	struct ways ways;
	size_t valid, invalid, unfit, wrong;
};

static void try_vector(const struct wp_test *t, void *arg)
{
	struct tally *c = arg;
	struct sample s;
	bool right = t->want == WP_INVALID;

	if (t->sig.len == 64 && t->key_len == 64) {
		memcpy(s.key, t->key, 64);
		memcpy(s.sig, t->sig.ptr, 64);
		assay_sha256(s.digest, t->msg);
		right = t->want != WP_ACCEPTABLE &&
		        assay_p256_tables_add(c->ways.tables, s.key) &&
		        all_say(&c->ways, &s, t->want == WP_VALID);
	}
	c->unfit += t->sig.len != 64;
	c->valid += t->want == WP_VALID;
	c->invalid += t->want == WP_INVALID;
	c->wrong += !right;
	if (!right)
		note("test %llu", (unsigned long long)t->id);
}

static void test_wycheproof(void)
{
	struct tally c = { .ways = ways_of(WP_KEYS_MAX) };

	if (wycheproof("ecdsa_secp256r1_sha256_p1363", try_vector, &c))
		ok(!c.wrong && c.valid && c.invalid,
		   "%zu valid, %zu invalid, %zu of another length", c.valid,
		   c.invalid, c.unfit);
	free_ways(&c.ways);
}

/* ---- keys */

static void put(uint8_t out[32], const BIGNUM *v)
{
	if (BN_bn2binpad(v, out, 32) != 32)
		abort();
}

/* A point of the curve whose x is so small that x + p fits 32 bytes. */
static void small_x_point(uint8_t key[64])
{
	EC_POINT *point = EC_POINT_new(group);
	BIGNUM *x = BN_new(), *y = BN_new();

	do
		BN_add_word(x, 1);
	while (EC_POINT_set_compressed_coordinates(group, point, x, 0, ctx) !=
	       1);
	EC_POINT_get_affine_coordinates(group, point, x, y, ctx);
	put(key, x);
	put(key + 32, y);
	EC_POINT_free(point);
	BN_free(x);
	BN_free(y);
}

static void add_field(uint8_t v[32])
{
	BIGNUM *sum = BN_bin2bn(v, 32, NULL), *p = BN_bin2bn(field, 32, NULL);

	BN_add(sum, sum, p);
	put(v, sum);
	BN_free(sum);
	BN_free(p);
}

static void try_key(const char *name, const uint8_t key[64], bool want)
{
	struct ways w = ways_of(1);
	struct sample s = { { 0 }, { 1 }, { 0 } };

	memcpy(s.key, key, 64);
	s.sig[31] = s.sig[63] = 1;
	ok(assay_p256_on_curve(w.plain, key) == want &&
	           assay_p256_tables_add(w.tables, key) == want &&
	           all_say(&w, &s, false),
	   "a key: %s", name);
	free_ways(&w);
}

static void test_keys(void)
{
	struct assay_p256_pair pair;
	uint8_t key[64] = { 0 };

	try_key("(0, 0), which some write for the identity", key, false);
	memset(key, 0xff, sizeof(key));
	try_key("all ones", key, false);
	if (!assay_p256_make(&pair, NULL))
		abort();
	try_key("good", pair.key, true);
	memcpy(key, pair.key, sizeof(key));
	key[63] ^= 1;
	try_key("off the curve", key, false);
	memcpy(key, pair.key + 32, 32);
	memcpy(key + 32, pair.key, 32);
	try_key("x and y swapped", key, false);
	small_x_point(key);
	try_key("a small x", key, true);
	add_field(key);
	try_key("the same x, plus p", key, false);
	memcpy(key, field, 32);
	try_key("x = p", key, false);
}

static void test_tables(void)
{
	struct assay_p256_tables *t = assay_p256_tables_new(1);
	struct assay_p256_tables *none = assay_p256_tables_new(0);
	struct assay_p256_pair a, b;

	if (!t || !none || !assay_p256_make(&a, NULL) ||
	    !assay_p256_make(&b, NULL))
		abort();
	ok(assay_p256_tables_add(t, a.key), "a table");
	ok(assay_p256_tables_add(t, a.key), "the same again takes no room");
	ok(!assay_p256_tables_add(t, b.key), "another has none");
	ok(!assay_p256_tables_add(none, a.key), "nor has any in room for none");
	assay_p256_tables_free(t);
	assay_p256_tables_free(none);
	assay_p256_tables_free(NULL);
	assay_p256_free(NULL);
}

/* ---- r and s */

/* Each edit makes what was a good signature into something else. */
struct edit {
	const char *name;
	void (*make)(struct sample *s);
	bool want;
};

static void negate_s(struct sample *s)
{
	BIGNUM *v = BN_bin2bn(s->sig + 32, 32, NULL);

	BN_sub(v, n, v);
	put(s->sig + 32, v);
	BN_free(v);
}

static void set_number(uint8_t out[32], const uint8_t from[32], int add)
{
	memcpy(out, from, 32);
	out[31] = (uint8_t)(out[31] + add);
}

#define EDIT(name, what) \
	static void name(struct sample *s) \
	{ \
		what; \
	}
EDIT(leave, (void)s)
EDIT(zero_r, memset(s->sig, 0, 32))
EDIT(zero_s, memset(s->sig + 32, 0, 32))
EDIT(zero_both, memset(s->sig, 0, 64))
EDIT(r_is_n, set_number(s->sig, order, 0))
EDIT(s_is_n, set_number(s->sig + 32, order, 0))
EDIT(r_below_n, set_number(s->sig, order, -1))
EDIT(s_below_n, set_number(s->sig + 32, order, -1))
EDIT(r_above_n, set_number(s->sig, order, 1))
EDIT(s_above_n, set_number(s->sig + 32, order, 1))
EDIT(r_is_p, set_number(s->sig, field, 0))
EDIT(r_ones, memset(s->sig, 0xff, 32))
EDIT(s_ones, memset(s->sig + 32, 0xff, 32))
EDIT(flip_r, s->sig[31] ^= 1)
EDIT(flip_s, s->sig[63] ^= 1)
EDIT(flip_digest, s->digest[0] ^= 0x80)

static const struct edit edits[] = {
	{ "as it is", leave, true },
	{ "s becomes n - s", negate_s, true },
	{ "r = 0", zero_r, false },
	{ "s = 0", zero_s, false },
	{ "r = s = 0", zero_both, false },
	{ "r = n", r_is_n, false },
	{ "s = n", s_is_n, false },
	{ "r = n - 1", r_below_n, false },
	{ "s = n - 1", s_below_n, false },
	{ "r = n + 1", r_above_n, false },
	{ "s = n + 1", s_above_n, false },
	{ "r = p", r_is_p, false },
	{ "r all ones", r_ones, false },
	{ "s all ones", s_ones, false },
	{ "a bit of r", flip_r, false },
	{ "a bit of s", flip_s, false },
	{ "a bit of the digest", flip_digest, false },
};
enum { N_EDITS = sizeof(edits) / sizeof(edits[0]) };

static void sign_with(struct sample *s, const struct assay_p256_pair *pair)
{
	memcpy(s->key, pair->key, 64);
	if (!assay_random(s->digest, 32) ||
	    !assay_p256_sign(s->sig, pair, s->digest))
		abort();
}

static void make_pair(struct assay_p256_pair *pair, uint8_t number)
{
	uint8_t seed[32] = { 't', number };

	if (!assay_p256_make(pair, seed))
		abort();
}

static void test_edits(void)
{
	struct ways w = ways_of(1);
	struct assay_p256_pair pair;
	struct sample good, s;

	make_pair(&pair, 0);
	if (!assay_p256_tables_add(w.tables, pair.key))
		abort();
	sign_with(&good, &pair);
	for (size_t i = 0; i < N_EDITS; i++) {
		s = good;
		edits[i].make(&s);
		ok(all_say(&w, &s, edits[i].want), "%s", edits[i].name);
	}
	free_ways(&w);
}

/* ---- signatures made from the equation, where the signer would never come */

/* v = a / b (mod n) */
static void divide(BIGNUM *v, const BIGNUM *a, const BIGNUM *b)
{
	BIGNUM *inverse = BN_mod_inverse(NULL, b, n, ctx);

	if (!inverse || BN_mod_mul(v, a, inverse, n, ctx) != 1)
		abort();
	BN_free(inverse);
}

/*
 * The key with which (r, s) and the digest lead to the point R of this x, Q =
 * (s * R - e * G) / r: the signature is good if r is x mod n.  False: no point
 * has this x.
 */
static bool solve(struct sample *out, const BIGNUM *x, const BIGNUM *r,
                  const uint8_t digest[32])
{
	EC_POINT *big_r = EC_POINT_new(group), *q = EC_POINT_new(group);
	BIGNUM *s = BN_new(), *e = BN_bin2bn(digest, 32, NULL);
	BIGNUM *s_by_r = BN_new(), *e_by_r = BN_new();
	uint8_t octets[65];
	bool there = EC_POINT_set_compressed_coordinates(group, big_r, x, 0,
	                                                 ctx) == 1;

	if (there) {
		BN_set_word(s, 12345);
		BN_nnmod(e, e, n, ctx);
		divide(s_by_r, s, r);
		divide(e_by_r, e, r);
		BN_sub(e_by_r, n, e_by_r);
		EC_POINT_mul(group, q, e_by_r, big_r, s_by_r, ctx);
		EC_POINT_point2oct(group, q, POINT_CONVERSION_UNCOMPRESSED,
		                   octets, 65, ctx);
		memcpy(out->key, octets + 1, 64);
		memcpy(out->digest, digest, 32);
		put(out->sig, r);
		put(out->sig + 32, s);
	}
	EC_POINT_free(big_r);
	EC_POINT_free(q);
	BN_free(s);
	BN_free(e);
	BN_free(s_by_r);
	BN_free(e_by_r);
	return there;
}

static void try_made(const char *name, const struct sample *s, bool want)
{
	struct ways w = ways_of(1);

	ok(assay_p256_tables_add(w.tables, s->key) && all_say(&w, s, want) &&
	           oracle(s) == want,
	   "%s", name);
	free_ways(&w);
}

/* The first x from `from` on, up or down, that a point has. */
static void solve_near(struct sample *out, const BIGNUM *from, bool up,
                       const uint8_t digest[32])
{
	BIGNUM *x = BN_dup(from), *r = BN_new();

	BN_nnmod(r, x, n, ctx);
	while (!solve(out, x, r, digest)) {
		if ((up ? BN_add_word(x, 1) : BN_sub_word(x, 1)) != 1)
			abort();
		BN_nnmod(r, x, n, ctx);
	}
	BN_free(x);
	BN_free(r);
}

static void test_x(void)
{
	BIGNUM *from = BN_new(), *p = BN_bin2bn(field, 32, NULL);
	uint8_t digest[32] = { 7 };
	struct sample s;

	BN_one(from);
	solve_near(&s, from, true, digest);
	try_made("x and r are small", &s, true);
	BIGNUM *sum = BN_bin2bn(s.sig, 32, NULL);

	BN_add(sum, sum, n);
	put(s.sig, sum);
	try_made("... and r + n, which fits, is refused", &s, false);
	BN_copy(from, n);
	BN_add_word(from, 1);
	solve_near(&s, from, true, digest);
	try_made("x is above n and r is x - n", &s, true);
	BN_sub(from, p, BN_value_one());
	solve_near(&s, from, false, digest);
	try_made("x is just below p", &s, true);
	put(s.sig, from);
	try_made("... and an r above n is refused", &s, false);
	BN_sub(from, n, BN_value_one());
	solve_near(&s, from, false, digest);
	try_made("x is just below n", &s, true);
	/* x = 0 is no r, and r + n = p is not below p */
	BN_sub(from, p, n);
	BN_zero(sum);
	if (!solve(&s, sum, from, digest))
		abort();
	try_made("x = 0 and r = p - n", &s, false);
	BN_free(from);
	BN_free(sum);
	BN_free(p);
}

static void test_digests(void)
{
	static const struct {
		const char *name;
		int add;
	} rows[] = { { "e = n - 1", -1 }, { "e = n", 0 }, { "e = n + 1", 1 } };
	BIGNUM *from = BN_new();
	uint8_t digest[32] = { 0 };
	struct sample s;

	BN_set_word(from, 1000);
	solve_near(&s, from, true, digest);
	try_made("e = 0", &s, true);
	for (size_t i = 0; i < 3; i++) {
		set_number(digest, order, rows[i].add);
		solve_near(&s, from, true, digest);
		try_made(rows[i].name, &s, true);
	}
	memset(digest, 0xff, sizeof(digest));
	solve_near(&s, from, true, digest);
	try_made("e all ones", &s, true);
	BN_free(from);
}

/*
 * The two points that are added are the same, where the usual formula for a sum
 * divides by zero, or opposite, where the sum has no x: u1 = u2 * d and u1 =
 * -u2 * d, if d is the secret, when e = r * d and e = -r * d.
 */
static void test_sums(void)
{
	BIGNUM *d = BN_new(), *k = BN_new(), *e = BN_new(), *r, *v = BN_new();
	struct assay_p256_pair pair, nonce;
	struct sample s;

	make_pair(&pair, 1);
	make_pair(&nonce, 2);
	BN_bin2bn(pair.secret, 32, d);
	BN_bin2bn(nonce.secret, 32, k);
	r = BN_bin2bn(nonce.key, 32, NULL);
	BN_nnmod(r, r, n, ctx);
	BN_mod_mul(e, r, d, n, ctx);
	memcpy(s.key, pair.key, 64);
	put(s.digest, e);
	put(s.sig, r);
	BN_mod_add(v, e, e, n, ctx);
	divide(v, v, k);
	put(s.sig + 32, v);
	try_made("u1 * G = u2 * Q", &s, true);
	BN_sub(e, n, e);
	put(s.digest, e);
	try_made("u1 * G = -u2 * Q", &s, false);
	memset(s.sig, 0, 32);
	try_made("... with r = 0", &s, false);
	BN_free(d);
	BN_free(k);
	BN_free(e);
	BN_free(r);
	BN_free(v);
}

/* ---- random ones */

static uint32_t roll(uint32_t below)
{
	uint32_t v;

	if (!assay_random(&v, sizeof(v)))
		abort();
	return v % below;
}

/* A good signature, or one spoilt in one of many ways; the last pair has no
 * table. */
static void random_sample(struct sample *s, const struct assay_p256_pair *pairs)
{
	uint32_t how = roll(2 * N_EDITS + 4);

	sign_with(s, &pairs[roll(N_KEYS)]);
	if (how < N_EDITS)
		edits[how].make(s);
	else if (how == N_EDITS)
		s->key[roll(64)] ^= (uint8_t)(1u << roll(8));
	else if (how == N_EDITS + 1)
		memcpy(s->key, pairs[roll(N_KEYS)].key, 64);
	else if (how == N_EDITS + 2)
		s->sig[roll(64)] ^= (uint8_t)(1u << roll(8));
	else if (how == N_EDITS + 3)
		s->digest[roll(32)] ^= (uint8_t)(1u << roll(8));
}

static void show(const struct sample *s)
{
	char key[129], digest[65], sig[129];

	assay_hex_print(key, s->key, 64, false);
	assay_hex_print(digest, s->digest, 32, false);
	assay_hex_print(sig, s->sig, 64, false);
	note("key %s digest %s signature %s", key, digest, sig);
}

static struct ways random_ways(struct assay_p256_pair *pairs)
{
	struct ways w = ways_of(N_KEYS - 1);

	for (uint8_t i = 0; i < N_KEYS; i++) {
		make_pair(&pairs[i], i);
		if (i < N_KEYS - 1 &&
		    !assay_p256_tables_add(w.tables, pairs[i].key))
			abort();
	}
	return w;
}

static void test_agreement(const struct ways *w,
                           const struct assay_p256_pair *pairs)
{
	size_t good = 0, bad = 0, wrong = 0;
	struct sample s;

	for (size_t i = 0; i < 2400; i++) {
		random_sample(&s, pairs);
		bool want = oracle(&s);

		if (!all_say(w, &s, want)) {
			show(&s);
			wrong++;
		}
		*(want ? &good : &bad) += 1;
	}
	note("%zu good, %zu bad", good, bad);
	ok(!wrong && good > 600 && bad > 600,
	   "tables, none and ECDSA_do_verify agree");
}

/* A list of `len`, judged at once and one by one; returns how many were good,
 * or -1 if an answer was wrong. */
static int try_list(struct assay_p256 *engine, struct assay_p256 *plain,
                    const struct sample *list, size_t len)
{
	struct assay_p256_item items[3 * N_MANY];
	int good = 0;

	for (size_t i = 0; i < len; i++)
		items[i] = (struct assay_p256_item){ list[i].key,
			                             list[i].digest,
			                             list[i].sig, i % 2 };
	assay_p256_verify_many(engine, items, len);
	for (size_t i = 0; i < len; i++) {
		if (items[i].ok != assay_p256_verify(plain, list[i].key,
		                                     list[i].digest,
		                                     list[i].sig)) {
			show(&list[i]);
			return -1;
		}
		good += items[i].ok;
	}
	return good;
}

static void test_many(const struct ways *w, const struct assay_p256_pair *pairs)
{
	static const size_t lens[] = { 0,      1,          2,          5,
		                       N_MANY, N_MANY + 1, 3 * N_MANY, 7 };
	struct sample list[3 * N_MANY];

	for (size_t k = 0; k < sizeof(lens) / sizeof(lens[0]); k++) {
		for (size_t i = 0; i < lens[k]; i++)
			random_sample(&list[i], pairs);
		int good = try_list(w->tabled, w->plain, list, lens[k]);

		note("%d good", good);
		ok(good >= 0, "a list of %zu", lens[k]);
	}
}

/* Nobody's neighbour matters: one key, all good but one in each place. */
static void test_neighbours(const struct ways *w,
                            const struct assay_p256_pair *pairs)
{
	struct sample list[N_MANY], kept;
	size_t right = 0;

	for (size_t i = 0; i < N_MANY; i++)
		sign_with(&list[i], &pairs[0]);
	ok(try_list(w->tabled, w->plain, list, N_MANY) == N_MANY,
	   "%d good ones of one key", N_MANY);
	for (size_t i = 0; i < N_MANY; i++) {
		kept = list[i];
		edits[2 + i % (N_EDITS - 2)].make(&list[i]);
		right += try_list(w->tabled, w->plain, list, N_MANY) ==
		         N_MANY - 1;
		list[i] = kept;
	}
	ok(right == N_MANY, "one bad one in each of %zu places", right);
	for (size_t i = 0; i < N_MANY; i++)
		zero_s(&list[i]);
	ok(try_list(w->tabled, w->plain, list, N_MANY) == 0, "%d bad ones",
	   N_MANY);
}

/* ---- two threads, an engine each, the same tables */

struct worker {
	pthread_t thread;
	const struct assay_p256_tables *tables;
	const struct sample *list;
	size_t good;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct assay_p256 *engine = assay_p256_new(w->tables);

	for (size_t i = 0; engine && i < 4 * N_MANY; i++) {
		const struct sample *s = &w->list[i % N_MANY];

		w->good += assay_p256_verify(engine, s->key, s->digest, s->sig);
	}
	assay_p256_free(engine);
	return NULL;
}

static void test_threads(const struct ways *w,
                         const struct assay_p256_pair *pairs)
{
	struct sample list[N_MANY];
	struct worker workers[2] = { { .list = list, .tables = w->tables },
		                     { .list = list, .tables = w->tables } };

	for (size_t i = 0; i < N_MANY; i++) {
		sign_with(&list[i], &pairs[i % N_KEYS]);
		if (i % 4 == 3)
			flip_s(&list[i]);
	}
	for (size_t i = 0; i < 2; i++)
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			abort();
	for (size_t i = 0; i < 2; i++)
		pthread_join(workers[i].thread, NULL);
	ok(workers[0].good == 3 * N_MANY && workers[1].good == 3 * N_MANY,
	   "two threads share tables");
}

int main(void)
{
	struct assay_p256_pair pairs[N_KEYS];

	assay_crypto_start();
	group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	ctx = BN_CTX_new();
	n = BN_bin2bn(order, 32, NULL);
	test_wycheproof();
	test_keys();
	test_tables();
	test_edits();
	test_x();
	test_digests();
	test_sums();
	struct ways w = random_ways(pairs);

	test_agreement(&w, pairs);
	test_many(&w, pairs);
	test_neighbours(&w, pairs);
	test_threads(&w, pairs);
	free_ways(&w);
	BN_free(n);
	BN_CTX_free(ctx);
	EC_GROUP_free(group);
	return done();
}
