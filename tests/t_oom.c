/*
 * t_oom.c - memory runs out at each allocation in turn, ours and libcrypto's:
 * nothing forged becomes genuine, nothing crashes or leaks, what is written is
 * whole or zeroed, and all is well again when memory is there.  And a judgement
 * with a memo allocates nothing of its own.
 */
#include "h_verdict.h"
#include "forge/world.h"
#include "tap.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <string.h>

/* ---- memory that fails: of our code at the allocation `left` from now, or of
 * libcrypto; `for_good` also at all later ones.  left < 0: never */

enum owner { OURS, LIBCRYPTO, N_OWNERS };

static struct {
	long left;
	bool for_good, failed;
	size_t n;  /* allocations */
	long live; /* and how many of them were not freed */
} memory[N_OWNERS] = { { .left = -1 }, { .left = -1 } };

static bool fails(enum owner who)
{
	memory[who].n++;
	if (memory[who].left < 0)
		return false;
	if (memory[who].left > 0) {
		memory[who].left--;
		return false;
	}
	memory[who].failed = true;
	if (!memory[who].for_good)
		memory[who].left = -1;
	return true;
}

/* These stand for the C library's in this program's own objects, libassay among
 * them, and in nobody else's: they are not exported.  Under a sanitizer the
 * sanitizer's are behind them. */
#define HIDDEN __attribute__((visibility("hidden")))
void *__interceptor_calloc(size_t n, size_t size) __attribute__((weak));
void *__interceptor_malloc(size_t n) __attribute__((weak));
void *__interceptor_realloc(void *p, size_t n) __attribute__((weak));
void __interceptor_free(void *p) __attribute__((weak));

/* What dlsym gives may be a function [POSIX]; ISO C has no cast for it. */
#define REAL(name) \
	static __typeof__(&name) real; \
	if (!real && !(real = __interceptor_##name)) { \
		void *p_ = dlsym(RTLD_NEXT, #name); \
		memcpy(&real, &p_, sizeof(real)); \
	}

HIDDEN void *malloc(size_t n)
{
	REAL(malloc)
	void *p = fails(OURS) ? NULL : real(n);

	memory[OURS].live += p != NULL;
	return p;
}

HIDDEN void *calloc(size_t n, size_t size)
{
	REAL(calloc)
	void *p = fails(OURS) ? NULL : real(n, size);

	memory[OURS].live += p != NULL;
	return p;
}

HIDDEN void *realloc(void *old, size_t n)
{
	REAL(realloc)
	void *p = fails(OURS) ? NULL : real(old, n);

	memory[OURS].live += p && !old;
	return p;
}

HIDDEN void free(void *p)
{
	REAL(free)
	memory[OURS].live -= p != NULL;
	real(p);
}

static void *crypto_take(size_t n, const char *file, int line)
{
	void *p;

	(void)file, (void)line;
	REAL(malloc)
	p = n && !fails(LIBCRYPTO) ? real(n) : NULL;
	memory[LIBCRYPTO].live += p != NULL;
	return p;
}

static void crypto_drop(void *p, const char *file, int line)
{
	(void)file, (void)line;
	REAL(free)
	memory[LIBCRYPTO].live -= p != NULL;
	real(p);
}

static void *crypto_resize(void *old, size_t n, const char *file, int line)
{
	void *p;

	REAL(realloc)
	if (!n) {
		crypto_drop(old, file, line);
		return NULL;
	}
	p = fails(LIBCRYPTO) ? NULL : real(old, n);
	memory[LIBCRYPTO].live += p && !old;
	return p;
}

/* ---- what is judged */

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

enum forgery { GENUINE, BODY, LEAF, QE_REPORT, SWAPPED, REVOKED, N_FORGERIES };
static const struct {
	const char *name;
	enum assay_check want;
} forgeries[N_FORGERIES] = {
	[GENUINE] = { "a genuine quote", ASSAY_OK },
	[BODY] = { "another body", ASSAY_Q_SIG },
	[LEAF] = { "a leaf that the CA did not sign", ASSAY_X_SIG },
	[QE_REPORT] = { "another QE report", ASSAY_Q_QE_SIG },
	[SWAPPED] = { "another attestation key", ASSAY_Q_AK_BINDING },
	[REVOKED] = { "a revoked platform", ASSAY_T_REVOKED },
};

static struct sim_world world;
static struct buf quotes[N_FORGERIES];
static struct assay_verdict truths[N_FORGERIES];
static struct assay_collateral collateral;
static struct assay_collateral forged_collateral; /* its TCB info */
static struct assay_bytes chain;
static struct assay_terms terms;
static struct assay_tables *tables;
static struct assay_trust *trust; /* good, opened while there was memory */
static struct assay_trust *scratch;
static struct assay_memo *memo; /* of the scenario; new for every try */
static uint8_t forged_tcb[32768];

/* Each forgery is made by a world of its own, but for the same keys. */
static void make_quote(enum forgery what)
{
	static struct sim_world w;
	struct sim_quote_spec *spec = &w.quote_spec;

	need(sim_world_default(&w, SIM_TDX_V4), "no world");
	if (what == LEAF)
		w.cert_signer[SIM_PCK] = SIM_STRANGER;
	if (what == QE_REPORT)
		w.quote_pck = SIM_STRANGER;
	if (what == SWAPPED) {
		spec->bound_ak = sim_mem(w.keys[SIM_AK].key, 64);
		w.quote_ak = SIM_OTHER_AK;
	}
	if (what == REVOKED)
		sim_world_at_level(&w, SIM_LEVEL_REVOKED);
	need(sim_world_build(&w), "no world");
	buf_put_bytes(&quotes[what], buf_bytes(&w.quote));
	if (what == BODY)
		quotes[what].ptr[200] ^= 1;
	sim_world_free(&w);
}

static void make_all(void)
{
	const struct buf *tcb = &world.tcb_info[SIM_TDX].whole;

	need(sim_world_default(&world, SIM_TDX_V4) && sim_world_build(&world),
	     "no world");
	sim_world_collateral(&collateral, &world);
	chain = buf_bytes(&world.pem[SIM_CHAIN_PCK]);
	terms.now = world.now;
	need(tcb->len <= sizeof(forged_tcb), "too large");
	memcpy(forged_tcb, tcb->ptr, tcb->len);
	/* "fmspc":"534... */
	*(uint8_t *)memmem(forged_tcb, tcb->len, "53494D", 6) ^= 1;
	forged_collateral = collateral;
	forged_collateral.tcb_info.doc.ptr = forged_tcb;
	trust = malloc(assay_trust_size());
	scratch = malloc(assay_trust_size());
	tables = assay_tables_new(3);
	need(trust && scratch && tables &&
	             assay_tables_add(tables, world.keys[SIM_ROOT].key) &&
	             assay_tables_add(tables, world.keys[SIM_AK].key) &&
	             assay_trust_open(trust, &collateral, chain,
	                              world.keys[SIM_ROOT].key, NULL, NULL),
	     "no trust");
	for (unsigned i = 0; i < N_FORGERIES; i++) {
		make_quote(i);
		(void)!assay_verify(&truths[i], trust, NULL,
		                    buf_bytes(&quotes[i]),
		                    (struct assay_bytes){ 0 }, &terms);
		need(truths[i].failed.check == forgeries[i].want,
		     forgeries[i].name);
	}
}

/* ---- tries: what came of one, with some memory or none */

struct outcome {
	bool right; /* what is right was said to be right */
	bool wrong; /* something that must never be */
};

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n && !b[n - 1])
		n--;
	return n == 0;
}

static struct outcome open_one(const struct assay_collateral *c, bool forged)
{
	struct assay_err err = { 0 };
	struct outcome o;
	bool good;

	memset(scratch, 0xee, assay_trust_size());
	good = assay_trust_open(scratch, c, chain, world.keys[SIM_ROOT].key,
	                        memo, &err);
	o.right = good != forged;
	o.wrong = (good && forged) || good != (err.check == ASSAY_OK) ||
	          (!good && !is_zero(scratch, assay_trust_size()));
	return o;
}

static struct outcome try_open(void)
{
	return open_one(&collateral, false);
}

static struct outcome try_open_forged(void)
{
	return open_one(&forged_collateral, true);
}

/* A verdict that says yes is the truth; one that says no has a reason. */
static bool is_wrong(const struct assay_verdict *v, enum forgery what)
{
	if (v->genuine)
		return verdict_differs(v, &truths[what]) != NULL;
	return v->failed.check == ASSAY_OK || !v->failed.note[0];
}

static struct outcome judge(enum forgery what)
{
	struct assay_verdict v;
	struct outcome o;
	bool good;

	memset(&v, 0xee, sizeof(v));
	good = assay_verify(&v, trust, memo, buf_bytes(&quotes[what]),
	                    (struct assay_bytes){ 0 }, &terms);
	o.wrong = good != v.genuine || is_wrong(&v, what);
	o.right = v.failed.check == forgeries[what].want;
	return o;
}

/* All of them, the genuine one before each: what it leaves in the memo is of no
 * use to a forgery. */
static struct outcome try_judge(void)
{
	struct outcome all = { true, false };

	for (unsigned i = 0; i < N_FORGERIES; i++) {
		struct outcome first = judge(GENUINE), o = judge(i);

		all.right &= first.right && o.right;
		all.wrong |= first.wrong || o.wrong;
	}
	return all;
}

static struct outcome try_many(void)
{
	static struct assay_verdict v[2 * N_FORGERIES];
	struct assay_bytes list[2 * N_FORGERIES];
	struct outcome o = { true, false };
	size_t n = 0, said;

	for (unsigned i = 0; i < 2 * N_FORGERIES; i++)
		list[i] = buf_bytes(&quotes[i % N_FORGERIES]);
	memset(v, 0xee, sizeof(v));
	said = assay_verify_many(v, trust, memo, list, 2 * N_FORGERIES, &terms);
	for (unsigned i = 0; i < 2 * N_FORGERIES; i++) {
		n += v[i].genuine;
		o.wrong |= is_wrong(&v[i], i % N_FORGERIES);
		o.right &= v[i].failed.check == forgeries[i % N_FORGERIES].want;
	}
	o.wrong |= said != n;
	return o;
}

static struct outcome try_evidence(void)
{
	struct outcome o = { true, false };

	for (unsigned i = 0; i < N_FORGERIES; i++) {
		const struct assay_evidence e = {
			.quote = buf_bytes(&quotes[i]),
			.collateral = collateral,
			.has_collateral = true,
		};
		struct assay_verdict v;
		bool good = assay_verify_evidence(&v, scratch, memo, &e, NULL,
		                                  world.keys[SIM_ROOT].key,
		                                  &terms);

		o.wrong |= good != v.genuine || is_wrong(&v, i);
		o.right &= v.failed.check == forgeries[i].want;
	}
	return o;
}

static struct outcome try_memo(void)
{
	struct assay_memo *m = assay_memo_new(3, tables);
	struct outcome o = { .right = m };

	assay_memo_free(m);
	return o;
}

static struct outcome try_tables(void)
{
	struct assay_tables *t = assay_tables_new(2);
	struct outcome o = { .right = t };

	assay_tables_free(t);
	return o;
}

/* ---- sweeps */

enum { NO_MEMO = -1 };
static const struct {
	const char *name;
	struct outcome (*run)(void);
	int n_platforms; /* of the memo, which is new for every try */
	bool tabled;
} tries[] = {
	{ "a trust", try_open, NO_MEMO, false },
	{ "a trust, with a memo", try_open, 1, false },
	{ "a trust, with tables", try_open, 0, true },
	{ "a trust of forged TCB info", try_open_forged, 1, false },
	{ "judgements without memo", try_judge, NO_MEMO, false },
	{ "judgements with a memo", try_judge, 2, false },
	{ "judgements with tables", try_judge, 2, true },
	{ "many at once", try_many, 1, false },
	{ "many at once, without memo", try_many, NO_MEMO, false },
	{ "many at once, with tables", try_many, 1, true },
	{ "all of it", try_evidence, NO_MEMO, false },
	{ "all of it, with a memo", try_evidence, 1, false },
	{ "a memo", try_memo, NO_MEMO, false },
	{ "a set of tables", try_tables, NO_MEMO, false },
};

/* Two tries with a memo of their own: memory fails in the first, in the second
 * it is there again.  `leaked` gets how much more is allocated afterwards. */
static bool one_try(size_t i, enum owner who, size_t n, bool for_good,
                    long *leaked)
{
	long live = memory[OURS].live + memory[LIBCRYPTO].live;
	struct outcome first, second;

	memo = NULL;
	if (tries[i].n_platforms != NO_MEMO) {
		memo = assay_memo_new((size_t)tries[i].n_platforms,
		                      tries[i].tabled ? tables : NULL);
		need(memo != NULL, "no memo");
	}
	memory[who].for_good = for_good;
	memory[who].failed = false;
	memory[who].left = (long)n;
	first = tries[i].run();
	memory[who].left = -1;
	second = tries[i].run();
	assay_memo_free(memo);
	*leaked = memory[OURS].live + memory[LIBCRYPTO].live - live;
	return !first.wrong && (first.right || memory[who].failed) &&
	       second.right && !second.wrong;
}

/* What libcrypto keeps for its next error it keeps once: a leak is there again
 * when all is done again. */
static bool holds_at(size_t i, enum owner who, size_t n, bool for_good)
{
	long leaked;
	bool good = one_try(i, who, n, for_good, &leaked);

	if (leaked)
		good &= one_try(i, who, n, for_good, &leaked);
	return good && !leaked;
}

/* One allocation after the other fails, until none was left to fail; of many,
 * most are left out unless ASSAY_LONG is set. */
static void sweep(size_t i, enum owner who, bool for_good)
{
	size_t n = 0, n_tried = 0, n_bad = 0;
	size_t step = getenv("ASSAY_LONG") ? 1 : 29;

	do {
		if (!holds_at(i, who, n, for_good) && n_bad++ < 5)
			note("allocation %zu", n);
		n += n < 40 ? 1 : step;
		n_tried++;
	} while (memory[who].failed);
	ok(!n_bad, "%s: %s memory fails %s, at %zu allocations", tries[i].name,
	   who == OURS ? "our" : "libcrypto's", for_good ? "for good" : "once",
	   n_tried - 1);
}

/* ---- nothing is allocated where a memo is given */

static void test_none(bool tabled)
{
	size_t n, crypto;
	struct assay_verdict v;
	const struct assay_bytes none = { 0 };

	memo = assay_memo_new(2, tabled ? tables : NULL);
	need(memo != NULL, "no memo");
	n = memory[OURS].n;
	ok(try_open().right && memory[OURS].n == n,
	   "a trust opened with a memo: nothing allocated");
	crypto = memory[LIBCRYPTO].n;
	ok(assay_verify(&v, trust, memo, buf_bytes(&quotes[GENUINE]), none,
	                &terms) &&
	           memory[OURS].n == n,
	   "a platform that is new: nothing allocated");
	note("by libcrypto: %zu allocations", memory[LIBCRYPTO].n - crypto);
	crypto = memory[LIBCRYPTO].n;
	ok(assay_verify(&v, trust, memo, buf_bytes(&quotes[GENUINE]), none,
	                &terms) &&
	           memory[OURS].n == n,
	   "a platform that is known: nothing allocated");
	note("by libcrypto: %zu allocations", memory[LIBCRYPTO].n - crypto);
	ok(try_judge().right && try_many().right && try_evidence().right &&
	           memory[OURS].n == n,
	   "forgeries, many at once, all of it: nothing allocated");
	assay_memo_free(memo);
	memo = NULL;
	ok(try_judge().right && memory[OURS].n > n,
	   "without memo something is allocated, and seen here");
}

int main(void)
{
	if (!ok(CRYPTO_set_mem_functions(crypto_take, crypto_resize,
	                                 crypto_drop) == 1,
	        "libcrypto takes its memory here"))
		return done();
	assay_crypto_start();
	make_all();
	test_none(false);
	test_none(true);
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++)
		for (unsigned k = 0; k < 2 * N_OWNERS; k++)
			sweep(i, k / 2, k % 2);
	for (unsigned i = 0; i < N_FORGERIES; i++)
		buf_free(&quotes[i]);
	assay_tables_free(tables);
	free(trust);
	free(scratch);
	sim_world_free(&world);
	ok(memory[OURS].live == 0, "nothing of ours is left");
	return done();
}
