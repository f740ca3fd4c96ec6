/*
 * t_threads.c - verdicts do not depend on who asks, how often, or what was
 * asked before: with and without a memo, tables, threads, one by one and many
 * at once; and what a memo remembers is of no use to a forger.
 */
#include "h_verdict.h"
#include "forge/world.h"
#include "tap.h"

#include <pthread.h>
#include <string.h>

enum {
	N_PLATFORMS = 5,
	N_THREADS = 4,
	ROUNDS = 600, /* judgements a thread, or of one memo */
	MAX_ITEMS = SIM_N_KINDS * N_PLATFORMS * 7,
};

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

/* ---- quotes of several platforms under one manufacturer, good and forged */

struct item {
	struct buf bytes;
	unsigned tee; /* SIM_SGX or SIM_TDX: which trust */
	enum assay_check want;
	struct assay_verdict truth; /* without memo, by one thread */
};
static struct item items[MAX_ITEMS];
static size_t n_items;
static struct sim_world worlds[SIM_N_TEES]; /* whose collateral it is */
static struct assay_trust *trusts[SIM_N_TEES];
static struct assay_terms terms;

static void use_key(struct sim_world *w, enum sim_who who, unsigned platform)
{
	uint8_t seed[32] = { (uint8_t)(platform + 1), (uint8_t)who, 77 };

	need(assay_p256_make(&w->keys[who], seed), "no key");
	if (who < SIM_N_CERTS)
		memcpy(w->cert[who].key, w->keys[who].key, 64);
}

/* A platform has keys, a PPID and a level of its own. */
static void make_platform(struct sim_world *w, enum sim_kind kind,
                          unsigned platform)
{
	struct sim_cert_spec *leaf = &w->cert[SIM_PCK];

	need(sim_world_default(w, kind), "no world");
	use_key(w, SIM_PCK, platform);
	use_key(w, SIM_AK, platform);
	leaf->serial = leaf->ski = sim_key_id(leaf->key);
	leaf->pck.member[SIM_PCK_PPID].octets.p[0] ^= (uint8_t)platform;
	sim_world_at_level(w, platform);
	need(sim_world_build(w), "no documents");
}

static void add(const struct sim_world *w, const struct sim_quote_spec *spec,
                enum assay_check want)
{
	struct item *i = &items[n_items++];

	need(n_items <= MAX_ITEMS && sim_world_quote(&i->bytes, w, spec),
	     "no quote");
	i->tee = w->kind >= SIM_TDX_V4 ? SIM_TDX : SIM_SGX;
	i->want = want;
}

/* Two good quotes, and what others could make of them. */
static void add_platform(enum sim_kind kind, unsigned platform)
{
	static struct sim_world w;
	struct sim_quote_spec spec;
	struct assay_quote q;

	make_platform(&w, kind, platform);
	add(&w, &w.quote_spec, ASSAY_OK);
	need(assay_quote_parse(&q, buf_bytes(&w.quote), true, NULL), "form");

	spec = w.quote_spec;
	spec.sgx.report_data[0] ^= 1;
	spec.td.report_data[0] ^= 1;
	add(&w, &spec, ASSAY_OK);
	/* another body under the same signature */
	add(&w, &w.quote_spec, ASSAY_Q_SIG);
	items[n_items - 1].bytes.ptr[q.body_at + 10] ^= 1;
	/* another attestation key under the same QE report */
	spec = w.quote_spec;
	spec.bound_ak = sim_mem(w.keys[SIM_AK].key, 64);
	w.quote_ak = SIM_OTHER_AK;
	add(&w, &spec, ASSAY_Q_AK_BINDING);
	/* a QE report that names it, by nobody's key */
	w.quote_pck = SIM_STRANGER;
	add(&w, &w.quote_spec, ASSAY_Q_QE_SIG);
	w.quote_ak = SIM_AK;
	w.quote_pck = SIM_PCK;
	/* a QE that is nobody's */
	spec = w.quote_spec;
	spec.qe.mrsigner[0] ^= 1;
	add(&w, &spec, ASSAY_E_SIGNER);
	/* a leaf that the CA did not sign */
	w.cert_signer[SIM_PCK] = SIM_STRANGER;
	need(sim_world_build(&w), "no documents");
	add(&w, &w.quote_spec, ASSAY_X_SIG);
	sim_world_free(&w);
}

static void open_trust(unsigned tee, enum sim_kind kind)
{
	struct assay_collateral c;
	struct sim_world *w = &worlds[tee];

	trusts[tee] = malloc(assay_trust_size());
	need(trusts[tee] && sim_world_default(w, kind) && sim_world_build(w),
	     "no world");
	sim_world_collateral(&c, w);
	need(assay_trust_open(trusts[tee], &c,
	                      buf_bytes(&w->pem[SIM_CHAIN_PCK]),
	                      w->keys[SIM_ROOT].key, NULL, NULL),
	     "the trust does not open");
	terms.now = w->now;
}

static bool judge(struct assay_verdict *v, const struct item *i,
                  struct assay_memo *memo)
{
	return assay_verify(v, trusts[i->tee], memo, buf_bytes(&i->bytes),
	                    (struct assay_bytes){ 0 }, &terms);
}

static void make_items(void)
{
	size_t n_wrong = 0, n_good = 0;

	open_trust(SIM_SGX, SIM_SGX_V3);
	open_trust(SIM_TDX, SIM_TDX_V4);
	for (unsigned k = 0; k < SIM_N_KINDS; k++)
		for (unsigned p = 0; p < N_PLATFORMS; p++)
			add_platform((enum sim_kind)k, p);
	for (size_t i = 0; i < n_items; i++) {
		bool good = judge(&items[i].truth, &items[i], NULL);

		n_good += good;
		if (good != !items[i].want ||
		    items[i].truth.failed.check != items[i].want) {
			note("item %zu: want %d, got %d %s", i, items[i].want,
			     items[i].truth.failed.check,
			     items[i].truth.failed.note);
			n_wrong++;
		}
	}
	ok(!n_wrong && n_good,
	   "%zu quotes, %zu genuine, the others refused for "
	   "their reasons",
	   n_items, n_good);
}

/* ---- any order, again and again */

static size_t pick(uint32_t *state, size_t n)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state % n;
}

/* How many of ROUNDS judgements differ from the truth. */
static size_t many_rounds(struct assay_memo *memo, uint32_t seed)
{
	struct assay_verdict v;
	size_t n_wrong = 0;

	for (size_t i = 0; i < ROUNDS; i++) {
		const struct item *it = &items[pick(&seed, n_items)];

		if (judge(&v, it, memo) != it->truth.genuine ||
		    verdict_differs(&v, &it->truth))
			n_wrong++;
	}
	return n_wrong;
}

static struct assay_tables *make_tables(void)
{
	struct assay_tables *t = assay_tables_new(4);
	uint8_t ca[64];

	need(t != NULL, "no tables");
	assay_trust_ca_key(trusts[SIM_SGX], ca);
	need(assay_tables_add(t, worlds[SIM_SGX].keys[SIM_ROOT].key) &&
	             assay_tables_add(t, ca),
	     "no table");
	for (unsigned p = 0; p < 2; p++) { /* of two platforms */
		uint8_t seed[32] = { (uint8_t)(p + 1), SIM_AK, 77 };
		struct assay_p256_pair pair;

		need(assay_p256_make(&pair, seed) &&
		             assay_tables_add(t, pair.key),
		     "no table");
	}
	return t;
}

static void test_memos(const struct assay_tables *tables)
{
	/* fewer than there are platforms: somebody always gives way */
	static const size_t sizes[] = { 0, 1, 2, 7, 64 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct assay_memo *memo = assay_memo_new(sizes[i], tables);

		need(memo != NULL, "no memo");
		ok(!many_rounds(memo, (uint32_t)(i + 1)),
		   "a memo of %zu platforms, %s tables: the same verdicts",
		   sizes[i], tables ? "with" : "without");
		assay_memo_free(memo);
	}
}

/* ---- threads */

struct worker {
	pthread_t thread;
	const struct assay_tables *tables;
	uint32_t seed;
	size_t n_wrong;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct assay_memo *memo = assay_memo_new(6, w->tables);

	w->n_wrong = memo ? many_rounds(memo, w->seed) : 1;
	assay_memo_free(memo);
	w->n_wrong += many_rounds(NULL, w->seed + 1);
	return NULL;
}

static void test_threads(const struct assay_tables *tables)
{
	struct worker workers[N_THREADS] = { 0 };
	size_t n_wrong = 0;

	for (unsigned i = 0; i < N_THREADS; i++) {
		workers[i].tables = tables;
		workers[i].seed = 1000 + i;
		need(pthread_create(&workers[i].thread, NULL, work,
		                    &workers[i]) == 0,
		     "no thread");
	}
	for (unsigned i = 0; i < N_THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		n_wrong += workers[i].n_wrong;
	}
	ok(!n_wrong, "%d threads on one trust, %s tables: the same verdicts",
	   N_THREADS, tables ? "with" : "without");
}

/* ---- many at once */

static void test_list(const struct assay_tables *tables, size_t n_platforms,
                      size_t n, unsigned tee)
{
	static struct assay_bytes quotes[200];
	static struct assay_verdict verdicts[200];
	const struct item *of[200];
	struct assay_memo *memo = n_platforms == SIZE_MAX
	                                  ? NULL
	                                  : assay_memo_new(n_platforms, tables);
	size_t n_genuine = 0, n_wrong = 0, said;
	uint32_t seed = (uint32_t)n + 5;

	for (size_t i = 0; i < n; i++) {
		do
			of[i] = &items[pick(&seed, n_items)];
		while (of[i]->tee != tee);
		quotes[i] = buf_bytes(&of[i]->bytes);
		n_genuine += of[i]->truth.genuine;
	}
	said = assay_verify_many(verdicts, trusts[tee], memo, quotes, n,
	                         &terms);
	for (size_t i = 0; i < n; i++)
		if (verdict_differs(&verdicts[i], &of[i]->truth))
			n_wrong++;
	ok(!n_wrong && said == n_genuine,
	   "%zu at once, %s, %s tables: the same verdicts", n,
	   memo ? "with a memo" : "without memo", tables ? "with" : "without");
	assay_memo_free(memo);
}

static void test_lists(const struct assay_tables *tables)
{
	static const size_t lengths[] = { 0, 1, 2, 63, 64, 65, 200 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		test_list(tables, 0, lengths[i], SIM_SGX);
		test_list(tables, 3, lengths[i], SIM_TDX);
		test_list(tables, 64, lengths[i], SIM_TDX);
	}
	if (!tables)
		test_list(NULL, SIZE_MAX, 65, SIM_TDX);
}

/* ---- a memo that has seen the genuine platform, and somebody who would profit
 * from it: by another trust, time or terms, or another chain */

struct attempt {
	const char *name;
	void (*edit)(struct sim_world *w); /* of the world it is judged in */
	int64_t later;                     /* seconds */
	uint64_t floor;                    /* of the PCK CRL's number */
	enum assay_check want;
};

static struct sim_revoked revoked;

static void revoke_leaf(struct sim_world *w)
{
	revoked = (struct sim_revoked){ .serial = w->cert[SIM_PCK].serial,
		                        .date = w->now - 86400,
		                        .reason = -1 };
	w->crl[SIM_CRL_PLATFORM].revoked = &revoked;
	w->crl[SIM_CRL_PLATFORM].n_revoked = 1;
}

static void other_platform(struct sim_world *w)
{
	w->tcb[SIM_SGX].fmspc.p[5] ^= 1;
	w->tcb[SIM_TDX].fmspc.p[5] ^= 1;
}

static void other_qe(struct sim_world *w)
{
	w->qe[SIM_SGX].mrsigner.p[0] ^= 1;
	w->qe[SIM_TDX].mrsigner.p[0] ^= 1;
}

static void higher_levels(struct sim_world *w)
{
	for (size_t i = 0; i < SIM_MAX_LEVELS; i++) {
		w->tcb[SIM_SGX].level[i].sgx[0] += 20;
		w->tcb[SIM_TDX].level[i].sgx[0] += 20;
	}
}

/* A manufacturer of the same names and other keys. */
static void other_maker(struct sim_world *w)
{
	need(sim_world_default_at(w, w->kind, w->now, 99), "no world");
}

static void other_ca(struct sim_world *w)
{
	sim_world_use_ca(w, SIM_PROCESSOR_CA);
}

static void long_lists(struct sim_world *w)
{
	const int64_t end = w->now + INT64_C(20) * 366 * 86400;

	for (unsigned i = 0; i < SIM_N_CRLS; i++)
		w->crl[i].next_update = end;
	for (unsigned i = 0; i < SIM_N_TEES; i++)
		w->tcb[i].next_update = w->qe[i].next_update = end;
	w->cert[SIM_TCB_SIGNER].not_after = end;
}

#define YEAR INT64_C(31536000)
static const struct attempt attempts[] = {
	{ .name = "the same again" },
	{ .name = "a revoked leaf",
	  .edit = revoke_leaf,
	  .want = ASSAY_R_PCK_REVOKED },
	{ .name = "another platform's TCB info",
	  .edit = other_platform,
	  .want = ASSAY_T_FMSPC },
	{ .name = "another QE identity",
	  .edit = other_qe,
	  .want = ASSAY_E_SIGNER },
	{ .name = "levels above the platform",
	  .edit = higher_levels,
	  .want = ASSAY_T_NO_LEVEL },
	{ .name = "another manufacturer",
	  .edit = other_maker,
	  .want = ASSAY_X_ROOT_PIN },
	{ .name = "the other CA's trust",
	  .edit = other_ca,
	  .want = ASSAY_R_ISSUER },
	{ .name = "an expired leaf",
	  .edit = long_lists,
	  .later = 7 * YEAR,
	  .want = ASSAY_X_TIME },
	{ .name = "a leaf that is not yet good",
	  .later = -2 * YEAR,
	  .want = ASSAY_X_TIME },
	{ .name = "expired lists", .later = YEAR / 2, .want = ASSAY_R_TIME },
	{ .name = "a list below the floor", .floor = 6, .want = ASSAY_R_FLOOR },
};

/* Judged with and without the memo, which must be of one opinion. */
static void attempt(const struct attempt *a, enum sim_kind kind,
                    struct assay_memo *memo, struct assay_bytes quote)
{
	static struct sim_world w;
	struct assay_trust *trust = malloc(assay_trust_size());
	struct assay_verdict v, plain;
	struct assay_collateral c;
	struct assay_terms t = { .min_pck_crl_number = a->floor };
	const struct assay_bytes none = { 0 };
	bool good;

	need(trust && sim_world_default(&w, kind), "no world");
	if (a->edit)
		a->edit(&w);
	need(sim_world_build(&w), "no world");
	sim_world_collateral(&c, &w);
	t.now = w.now + a->later;
	need(assay_trust_open(trust, &c, buf_bytes(&w.pem[SIM_CHAIN_PCK]),
	                      w.keys[SIM_ROOT].key, memo, NULL),
	     "no trust");
	good = assay_verify(&v, trust, memo, quote, none, &t);
	(void)!assay_verify(&plain, trust, NULL, quote, none, &t);
	ok(good == !a->want && v.failed.check == a->want &&
	           !verdict_differs(&v, &plain),
	   "%s, %s: %s", sim_kind_name(kind), a->name,
	   good ? assay_status_name(v.status) : v.failed.note);
	sim_world_free(&w);
	free(trust);
}

static void test_attempts(enum sim_kind kind)
{
	struct assay_memo *memo = assay_memo_new(4, NULL);
	static struct sim_world w;

	need(memo && sim_world_default(&w, kind) && sim_world_build(&w),
	     "no world");
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
		/* what was seen last is the genuine platform */
		attempt(&attempts[0], kind, memo, buf_bytes(&w.quote));
		attempt(&attempts[i], kind, memo, buf_bytes(&w.quote));
	}
	sim_world_free(&w);
	assay_memo_free(memo);
}

/* Forged first, then genuine, then forged: with a fresh memo each. */
static void test_order(void)
{
	size_t n_wrong = 0, n = 0;

	for (size_t i = 0; i < n_items; i++) {
		const struct item *forged = &items[i], *good = forged;
		struct assay_memo *memo = assay_memo_new(1, NULL);
		struct assay_verdict v[5];

		if (forged->truth.genuine) {
			assay_memo_free(memo);
			continue;
		}
		while (!good->truth.genuine)
			good--; /* its platform's */
		need(memo != NULL, "no memo");
		(void)!judge(&v[0], forged, memo);
		(void)!judge(&v[1], forged, memo);
		(void)!judge(&v[2], good, memo);
		(void)!judge(&v[3], forged, memo);
		(void)!judge(&v[4], good, memo);
		for (size_t k = 0; k < 5; k++)
			n_wrong += verdict_differs(&v[k],
			                           k == 2 || k == 4
			                                   ? &good->truth
			                                   : &forged->truth) !=
			           NULL;
		n++;
		assay_memo_free(memo);
	}
	ok(!n_wrong && n, "%zu forgeries before and after the genuine quote",
	   n);
}

/* A quote without chain: what the memo knows of its platform is of no use. */
static void test_beside(void)
{
	static struct sim_world w;
	struct assay_memo *memo = assay_memo_new(4, NULL);
	struct buf data = { 0 }, other = { 0 }, quote = { 0 };
	struct assay_verdict v;
	struct sim_quote_spec spec;

	need(memo && sim_world_default(&w, SIM_SGX_V3) && sim_world_build(&w),
	     "no world");
	struct assay_bytes chain = buf_bytes(&w.pem[SIM_CHAIN_PCK]);
	(void)!assay_verify(&v, trusts[SIM_SGX], memo, buf_bytes(&w.quote),
	                    (struct assay_bytes){ 0 }, &terms);
	sim_world_ppid_data(&data, &w, 1, true);
	spec = w.quote_spec;
	spec.cert_type = 1;
	spec.cert = buf_bytes(&data);
	need(sim_world_quote(&quote, &w, &spec), "no quote");
	ok(!assay_verify(&v, trusts[SIM_SGX], memo, buf_bytes(&quote),
	                 (struct assay_bytes){ 0 }, &terms) &&
	           v.failed.check == ASSAY_P_CERTTYPE,
	   "no chain at all: %s", v.failed.note);
	ok(assay_verify(&v, trusts[SIM_SGX], memo, buf_bytes(&quote), chain,
	                &terms),
	   "its own chain beside it: %s", v.failed.note);
	w.chain[SIM_CHAIN_PCK].who[0] = SIM_OTHER_PCK;
	need(sim_world_build(&w), "no world");
	chain = buf_bytes(&w.pem[SIM_CHAIN_PCK]);
	ok(!assay_verify(&v, trusts[SIM_SGX], memo, buf_bytes(&quote), chain,
	                 &terms) &&
	           v.failed.check == ASSAY_X_BIND,
	   "another platform's chain beside it: %s", v.failed.note);
	buf_free(&data);
	buf_free(&other);
	buf_free(&quote);
	assay_memo_free(memo);
	sim_world_free(&w);
}

/* A trust that was opened without a PCK chain says the same. */
static void test_other_opening(void)
{
	struct assay_trust *kept[SIM_N_TEES];
	struct assay_memo *memo = assay_memo_new(3, NULL);

	need(memo != NULL, "no memo");
	for (unsigned tee = 0; tee < SIM_N_TEES; tee++) {
		struct assay_collateral c;

		kept[tee] = trusts[tee];
		trusts[tee] = malloc(assay_trust_size());
		sim_world_collateral(&c, &worlds[tee]);
		need(trusts[tee] &&
		             assay_trust_open(trusts[tee], &c,
		                              (struct assay_bytes){ 0 },
		                              worlds[tee].keys[SIM_ROOT].key,
		                              memo, NULL),
		     "no trust");
	}
	ok(!many_rounds(memo, 5) && !many_rounds(NULL, 6),
	   "a trust of the PCK CRL's chain: the same verdicts");
	for (unsigned tee = 0; tee < SIM_N_TEES; tee++) {
		free(trusts[tee]);
		trusts[tee] = kept[tee];
	}
	assay_memo_free(memo);
}

int main(void)
{
	struct assay_tables *tables;

	make_items();
	tables = make_tables();
	test_memos(NULL);
	test_memos(tables);
	test_threads(NULL);
	test_threads(tables);
	test_lists(NULL);
	test_lists(tables);
	test_order();
	test_other_opening();
	test_attempts(SIM_SGX_V3);
	test_attempts(SIM_TDX15_V5);
	test_beside();
	assay_tables_free(tables);
	for (size_t i = 0; i < n_items; i++)
		buf_free(&items[i].bytes);
	for (unsigned tee = 0; tee < SIM_N_TEES; tee++) {
		sim_world_free(&worlds[tee]);
		free(trusts[tee]);
	}
	return done();
}
