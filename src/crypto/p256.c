/* p256.c - P-256 by libcrypto's older EC calls. */

/*
 * They are deprecated in 3.0 and are what is fast: EVP wants a new EVP_PKEY for
 * every point, which costs half a verification more, and has no tables, which
 * halve it [PERF].  p256-evp.c does the same without them.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/crypto.h"
#include "crypto/own.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_LEN = 64, NUMBER_LEN = 32, DIGEST_LEN = 32 };

/* A key's table: a copy of P-256 whose generator is the key, with the multiples
 * that libcrypto keeps of a generator. */
struct table {
	uint8_t key[KEY_LEN];
	EC_GROUP *group;
};

struct assay_p256_tables {
	size_t n, max;
	struct table *list;
};

/* A signature whose key has a table, while it waits for the inversion. */
struct waiting {
	struct assay_p256_item *item;
	const EC_GROUP *table;
	BIGNUM *r, *s;
	BIGNUM *product; /* of this s and all before it */
};

/* What verification by tables needs. */
struct batch {
	BN_MONT_CTX *mont; /* modulo the order */
	EC_POINT *point;
	BIGNUM *inverse, *by_s, *e, *u1, *u2, *x, *zz, *rzz;
	size_t n;
	struct waiting list[ASSAY_P256_MANY];
};

struct assay_p256 {
	const struct assay_p256_tables *tables;
	EC_KEY *key;
	const EC_GROUP *group; /* key's */
	EC_POINT *point;
	ECDSA_SIG *sig;
	BIGNUM *r, *s; /* sig's */
	BN_CTX *ctx;
	struct batch *batch; /* NULL: no tables */
};

/* ---- tables */

struct assay_p256_tables *assay_p256_tables_new(size_t max)
{
	struct assay_p256_tables *tables = calloc(1, sizeof(*tables));

	if (!tables)
		return NULL;
	tables->max = max;
	tables->list = calloc(max ? max : 1, sizeof(*tables->list));
	if (!tables->list) {
		free(tables);
		return NULL;
	}
	return tables;
}

void assay_p256_tables_free(struct assay_p256_tables *tables)
{
	if (!tables)
		return;
	for (size_t i = 0; i < tables->n; i++)
		EC_GROUP_free(tables->list[i].group);
	free(tables->list);
	free(tables);
}

/* A walk: a table takes 150 KB, so there are never many. */
static const EC_GROUP *find(const struct assay_p256_tables *tables,
                            const uint8_t key[KEY_LEN])
{
	for (size_t i = 0; tables && i < tables->n; i++)
		if (memcmp(tables->list[i].key, key, KEY_LEN) == 0)
			return tables->list[i].group;
	return NULL;
}

/* Refuses what is off the curve and coordinates that are not below p; the
 * identity has no such encoding. */
static bool read_point(const EC_GROUP *group, EC_POINT *point,
                       const uint8_t key[KEY_LEN], BN_CTX *ctx)
{
	uint8_t octets[1 + KEY_LEN] = { POINT_CONVERSION_UNCOMPRESSED };

	memcpy(octets + 1, key, KEY_LEN);
	return EC_POINT_oct2point(group, point, octets, sizeof(octets), ctx) ==
	       1;
}

static EC_GROUP *table_new(const uint8_t key[KEY_LEN])
{
	OWN(EC_GROUP) *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	OWN(EC_POINT) *point = group ? EC_POINT_new(group) : NULL;
	EC_GROUP *table = NULL;

	if (point && read_point(group, point, key, NULL))
		table = EC_GROUP_dup(group);
	if (table &&
	    EC_GROUP_set_generator(table, point, EC_GROUP_get0_order(group),
	                           EC_GROUP_get0_cofactor(group)) == 1 &&
	    EC_GROUP_precompute_mult(table, NULL) == 1)
		return table;
	EC_GROUP_free(table);
	return NULL;
}

bool assay_p256_tables_add(struct assay_p256_tables *tables,
                           const uint8_t key[64])
{
	struct table *t = &tables->list[tables->n];

	if (find(tables, key))
		return true;
	if (tables->n == tables->max)
		return false;
	ERR_set_mark();
	t->group = table_new(key);
	ERR_pop_to_mark();
	if (!t->group)
		return false;
	memcpy(t->key, key, KEY_LEN);
	tables->n++;
	return true;
}

/* ---- engine */

static void batch_free(struct batch *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < ASSAY_P256_MANY; i++) {
		BN_free(b->list[i].r);
		BN_free(b->list[i].s);
		BN_free(b->list[i].product);
	}
	BN_free(b->inverse);
	BN_free(b->e);
	BN_free(b->by_s);
	BN_free(b->u1);
	BN_free(b->u2);
	BN_free(b->x);
	BN_free(b->zz);
	BN_free(b->rzz);
	EC_POINT_free(b->point);
	BN_MONT_CTX_free(b->mont);
	free(b);
}

static bool batch_fill(struct batch *b, const EC_GROUP *group, BN_CTX *ctx)
{
	for (size_t i = 0; i < ASSAY_P256_MANY; i++) {
		struct waiting *w = &b->list[i];

		if (!(w->r = BN_new()) || !(w->s = BN_new()) ||
		    !(w->product = BN_new()))
			return false;
	}
	return (b->inverse = BN_new()) && (b->by_s = BN_new()) &&
	       (b->e = BN_new()) && (b->u1 = BN_new()) && (b->u2 = BN_new()) &&
	       (b->x = BN_new()) && (b->zz = BN_new()) && (b->rzz = BN_new()) &&
	       (b->point = EC_POINT_new(group)) &&
	       (b->mont = BN_MONT_CTX_new()) &&
	       BN_MONT_CTX_set(b->mont, EC_GROUP_get0_order(group), ctx) == 1;
}

static bool sig_fill(struct assay_p256 *engine)
{
	OWN(BIGNUM) *r = BN_new();
	OWN(BIGNUM) *s = BN_new();

	engine->sig = ECDSA_SIG_new();
	if (!engine->sig || !r || !s || ECDSA_SIG_set0(engine->sig, r, s) != 1)
		return false;
	engine->r = r;
	engine->s = s;
	r = s = NULL; /* sig's now */
	return true;
}

/* The key's method is libcrypto's own, whatever engine the application's
 * configuration made the default. */
static bool engine_fill(struct assay_p256 *engine)
{
	OWN(EC_GROUP) *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);

	if (!group || !(engine->key = EC_KEY_new()) ||
	    EC_KEY_set_method(engine->key, EC_KEY_OpenSSL()) != 1 ||
	    EC_KEY_set_group(engine->key, group) != 1)
		return false;
	engine->group = EC_KEY_get0_group(engine->key);
	if (!(engine->point = EC_POINT_new(engine->group)) ||
	    !(engine->ctx = BN_CTX_new()) || !sig_fill(engine))
		return false;
	if (!engine->tables)
		return true;
	engine->batch = calloc(1, sizeof(*engine->batch));
	return engine->batch &&
	       batch_fill(engine->batch, engine->group, engine->ctx);
}

struct assay_p256 *assay_p256_new(const struct assay_p256_tables *tables)
{
	struct assay_p256 *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	engine->tables = tables;
	ERR_set_mark();
	bool done = engine_fill(engine);

	ERR_pop_to_mark();
	if (done)
		return engine;
	assay_p256_free(engine);
	return NULL;
}

void assay_p256_free(struct assay_p256 *engine)
{
	if (!engine)
		return;
	batch_free(engine->batch);
	BN_CTX_free(engine->ctx);
	ECDSA_SIG_free(engine->sig);
	EC_POINT_free(engine->point);
	EC_KEY_free(engine->key);
	free(engine);
}

bool assay_p256_on_curve(struct assay_p256 *engine, const uint8_t key[64])
{
	ERR_set_mark();
	bool yes = engine &&
	           read_point(engine->group, engine->point, key, engine->ctx);

	ERR_pop_to_mark();
	return yes;
}

/* ---- without a table: the EC_KEY's point is replaced */

static bool verify_plain(struct assay_p256 *engine,
                         const struct assay_p256_item *item)
{
	return read_point(engine->group, engine->point, item->key,
	                  engine->ctx) &&
	       EC_KEY_set_public_key(engine->key, engine->point) == 1 &&
	       BN_bin2bn(item->sig, NUMBER_LEN, engine->r) &&
	       BN_bin2bn(item->sig + NUMBER_LEN, NUMBER_LEN, engine->s) &&
	       ECDSA_do_verify(item->digest, DIGEST_LEN, engine->sig,
	                       engine->key) == 1;
}

/*
 * ---- with a table: x(u1 * G + u2 * Q) = r (mod n), where u1 = e / s, u2 = r / s
 * and multiples of both G and Q are at hand.  Numbers are multiplied in
 * Montgomery's way: of a and b it makes a * b / R (mod n).
 */

static bool in_range(const BIGNUM *n, const BIGNUM *order)
{
	return !BN_is_zero(n) && BN_cmp(n, order) < 0;
}

/* Puts a signature in the batch, unless r or s is out of range: one s = 0 would
 * spoil the product for all. */
static bool enter(struct assay_p256 *engine, struct assay_p256_item *item,
                  const EC_GROUP *table)
{
	const BIGNUM *order = EC_GROUP_get0_order(engine->group);
	struct batch *b = engine->batch;
	struct waiting *w = &b->list[b->n];

	if (!BN_bin2bn(item->sig, NUMBER_LEN, w->r) ||
	    !BN_bin2bn(item->sig + NUMBER_LEN, NUMBER_LEN, w->s) ||
	    !in_range(w->r, order) || !in_range(w->s, order))
		return false;
	if (b->n ? BN_mod_mul_montgomery(w->product, b->list[b->n - 1].product,
	                                 w->s, b->mont, engine->ctx) != 1
	         : !BN_copy(w->product, w->s))
		return false;
	w->item = item;
	w->table = table;
	b->n++;
	return true;
}

/* r * Z^2 = X (mod p) */
static bool is_x(struct assay_p256 *engine, const BIGNUM *r)
{
	struct batch *b = engine->batch;

	return BN_mod_mul(b->rzz, r, b->zz, EC_GROUP_get0_field(engine->group),
	                  engine->ctx) == 1 &&
	       BN_cmp(b->rzz, b->x) == 0;
}

/*
 * x(point) mod n = r.  A point is (X, Y, Z) with x = X / Z^2; multiplying saves
 * the division.  x is r, or r + n where that is still below p.
 */
static bool has_x(struct assay_p256 *engine, const EC_POINT *point, BIGNUM *r)
{
	const BIGNUM *p = EC_GROUP_get0_field(engine->group);
	struct batch *b = engine->batch;

	if (EC_POINT_is_at_infinity(engine->group, point) ||
	    EC_POINT_get_Jprojective_coordinates_GFp(engine->group, point, b->x,
	                                             NULL, b->zz,
	                                             engine->ctx) != 1 ||
	    BN_mod_sqr(b->zz, b->zz, p, engine->ctx) != 1)
		return false;
	return is_x(engine, r) ||
	       (BN_add(r, r, EC_GROUP_get0_order(engine->group)) == 1 &&
	        BN_cmp(r, p) < 0 && is_x(engine, r));
}

/* u1 = e / s and u2 = r / s; by_s is R / s */
static bool read_scalars(struct assay_p256 *engine, const struct waiting *w,
                         const BIGNUM *by_s)
{
	const BIGNUM *order = EC_GROUP_get0_order(engine->group);
	struct batch *b = engine->batch;
	BN_CTX *ctx = engine->ctx;

	return BN_bin2bn(w->item->digest, DIGEST_LEN, b->e) &&
	       BN_nnmod(b->e, b->e, order, ctx) == 1 &&
	       BN_mod_mul_montgomery(b->u1, b->e, by_s, b->mont, ctx) == 1 &&
	       BN_mod_mul_montgomery(b->u2, w->r, by_s, b->mont, ctx) == 1;
}

static bool holds(struct assay_p256 *engine, struct waiting *w,
                  const BIGNUM *by_s)
{
	const EC_GROUP *group = engine->group;
	struct batch *b = engine->batch;
	EC_POINT *sum = engine->point, *q = b->point;
	BN_CTX *ctx = engine->ctx;

	return read_scalars(engine, w, by_s) &&
	       EC_POINT_mul(group, sum, b->u1, NULL, NULL, ctx) == 1 &&
	       EC_POINT_mul(w->table, q, b->u2, NULL, NULL, ctx) == 1 &&
	       EC_POINT_add(group, sum, sum, q, ctx) == 1 &&
	       has_x(engine, sum, w->r);
}

/*
 * Judges what is in the batch, last to first, and empties it.
 *
 * product[k] is product[k-1] * s[k] / R, and `inverse` is R / product[k].  So
 * inverse * product[k-1] / R is R / s[k]; inverse * s[k] / R is the next
 * inverse, R / product[k-1]; and for one alone, product[0] is s[0] itself.
 */
static void settle(struct assay_p256 *engine)
{
	struct batch *b = engine->batch;
	size_t n = b->n;

	b->n = 0;
	if (!n ||
	    !BN_mod_inverse(b->inverse, b->list[n - 1].product,
	                    EC_GROUP_get0_order(engine->group), engine->ctx) ||
	    BN_to_montgomery(b->inverse, b->inverse, b->mont, engine->ctx) != 1)
		return;
	while (n-- > 1) {
		struct waiting *w = &b->list[n];

		if (BN_mod_mul_montgomery(b->by_s, b->inverse, w[-1].product,
		                          b->mont, engine->ctx) != 1 ||
		    BN_mod_mul_montgomery(b->inverse, b->inverse, w->s, b->mont,
		                          engine->ctx) != 1)
			return;
		w->item->ok = holds(engine, w, b->by_s);
	}
	b->list[0].item->ok = holds(engine, &b->list[0], b->inverse);
}

/* ---- both */

static void verify_some(struct assay_p256 *engine,
                        struct assay_p256_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		items[i].ok = false;
	for (size_t i = 0; engine && i < n; i++) {
		const EC_GROUP *table = find(engine->tables, items[i].key);

		if (!table)
			items[i].ok = verify_plain(engine, &items[i]);
		else
			(void)enter(engine, &items[i], table);
	}
	if (engine && engine->batch)
		settle(engine);
}

void assay_p256_verify_many(struct assay_p256 *engine,
                            struct assay_p256_item *items, size_t n)
{
	ERR_set_mark();
	for (; n > ASSAY_P256_MANY; n -= ASSAY_P256_MANY) {
		verify_some(engine, items, ASSAY_P256_MANY);
		items += ASSAY_P256_MANY;
	}
	verify_some(engine, items, n);
	ERR_pop_to_mark();
}

bool assay_p256_verify(struct assay_p256 *engine, const uint8_t key[64],
                       const uint8_t digest[32], const uint8_t sig[64])
{
	struct assay_p256_item item = { key, digest, sig, false };

	assay_p256_verify_many(engine, &item, 1);
	return item.ok;
}
