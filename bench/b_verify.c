/*
 * b_verify.c - what a judgement costs, in U: one ECDSA_do_verify over P-256 with
 * a key that is kept, measured in the same run, sample by sample.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>

#include <assay/assay.h>

#include <pthread.h>
#include <string.h>

#include "base/json.h"
#include "bench.h"
#include "forge/world.h"

enum {
	N_SAMPLES = 301,
	N_HOT = 1000, /* quotes over N_PLATFORMS */
	N_PLATFORMS = 4,
	N_BATCH = 64,
	N_THREAD = 3000, /* quotes a thread */
};

static void die(const char *what)
{
	fprintf(stderr, "b_verify: %s\n", what);
	exit(2);
}

static void must(bool holds, const char *what)
{
	if (!holds)
		die(what);
}

/* ---- U */

static struct unit {
	EC_KEY *key;
	ECDSA_SIG *sig;
	unsigned char digest[32];
} unit;

static void make_unit(void)
{
	memset(unit.digest, 7, sizeof(unit.digest));
	unit.key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	must(unit.key && EC_KEY_generate_key(unit.key) == 1, "no key");
	unit.sig = ECDSA_do_sign(unit.digest, sizeof(unit.digest), unit.key);
	must(unit.sig, "no signature");
}

static double time_unit(void)
{
	double start = bench_now();

	must(ECDSA_do_verify(unit.digest, sizeof(unit.digest), unit.sig,
	                     unit.key) == 1,
	     "the unit does not verify");
	return bench_now() - start;
}

/* ---- a piece of work, sample by sample beside U */

struct result {
	double value, unit; /* seconds */
};

static struct result measure(void (*work)(void *), void *arg, size_t n_samples,
                             double per_sample)
{
	double *a = calloc(n_samples, sizeof(*a));
	double *b = calloc(n_samples, sizeof(*b));
	struct result r;

	must(a && b, "no memory");
	for (size_t i = 0; i < n_samples; i++) {
		double start;

		b[i] = (time_unit() + time_unit() + time_unit()) / 3;
		start = bench_now();
		work(arg);
		a[i] = (bench_now() - start) / per_sample;
	}
	r = (struct result){ bench_median(a, n_samples),
		             bench_median(b, n_samples) };
	free(a);
	free(b);
	return r;
}

static int row(const char *set, const char *name, struct result r,
               double target)
{
	char full[64];

	snprintf(full, sizeof(full), "%s, %s", name, set);
	return bench_row(full, r.value * 1e6, "us", r.value / r.unit, target,
	                 false);
}

/* ---- what is judged */

struct set {
	const char *name;
	struct assay_bytes quote;
	struct assay_collateral collateral;
	uint8_t root[64];
	struct assay_terms terms;
	struct assay_trust *trust;
	struct assay_memo *memo;
	struct assay_evidence evidence;
	struct assay_verdict verdict;
};

static void cold(void *arg)
{
	struct set *s = arg;

	must(assay_verify_evidence(&s->verdict, s->trust, s->memo, &s->evidence,
	                           &s->collateral, s->root, &s->terms),
	     "cold: not genuine");
}

static void judge(void *arg)
{
	struct set *s = arg;

	must(assay_verify(&s->verdict, s->trust, s->memo, s->quote,
	                  (struct assay_bytes){ 0 }, &s->terms),
	     "not genuine");
}

/* One case with and without a table for one key. */
static int compare(struct set *s, void (*work)(void *), const char *name,
                   const uint8_t key[64], double target, const char *name_with,
                   double target_with)
{
	struct assay_tables *tables = assay_tables_new(1);
	int missed;

	s->memo = assay_memo_new(0, NULL);
	must(s->memo && tables, "no memory");
	missed = row(s->name, name, measure(work, s, N_SAMPLES, 1), target);
	assay_memo_free(s->memo);
	must(assay_tables_add(tables, key), "no table");
	s->memo = assay_memo_new(0, tables);
	must(s->memo, "no memory");
	missed += row(s->name, name_with, measure(work, s, N_SAMPLES, 1),
	              target_with);
	assay_memo_free(s->memo);
	assay_tables_free(tables);
	return missed;
}

/* Opens the trust with the quote's chain behind an empty line: then the quote's
 * own leaf is as new to it as any other of the CA. */
static void open_trust(struct set *s)
{
	struct assay_quote q;
	uint8_t *text;

	must(assay_quote_parse(&q, s->quote, false, NULL) &&
	             (text = malloc(q.cert.len + 1)),
	     "no quote");
	text[0] = '\n';
	memcpy(text + 1, q.cert.ptr, q.cert.len);
	must(assay_trust_open(s->trust, &s->collateral,
	                      (struct assay_bytes){ text, q.cert.len + 1 },
	                      s->root, NULL, NULL),
	     "the trust does not open");
}

static int bench_set(struct set *s)
{
	uint8_t ca[64];
	int missed;

	s->trust = calloc(1, assay_trust_size());
	must(s->trust, "no memory");
	s->evidence.quote = s->quote;
	missed = compare(s, cold, "cold", s->root, 10, "cold, root table", 8.5);
	open_trust(s);
	assay_trust_ca_key(s->trust, ca);
	missed += compare(s, judge, "warm", ca, 3.3, "warm, CA table", 2.9);
	s->memo = assay_memo_new(1, NULL);
	must(s->memo, "no memory");
	judge(s);
	missed += row(s->name, "hot", measure(judge, s, 4 * N_SAMPLES, 1),
	              1.15);
	assay_memo_free(s->memo);
	return missed;
}

static void from_world(struct set *s, const struct sim_world *w)
{
	s->quote = buf_bytes(&w->quote);
	sim_world_collateral(&s->collateral, w);
	memcpy(s->root, w->keys[SIM_ROOT].key, 64);
	s->terms.now = w->now;
}

static int bench_made(enum sim_kind kind)
{
	struct sim_world *w = calloc(1, sizeof(*w));
	struct set s = { .name = sim_kind_name(kind) };
	int missed;

	must(w && sim_world_default(w, kind) && sim_world_build(w), "no world");
	from_world(&s, w);
	missed = bench_set(&s);
	free(s.trust);
	sim_world_free(w);
	free(w);
	return missed;
}

/* ---- a real set, where there is one */

static const char *vectors(void)
{
	const char *dir = getenv("ASSAY_VECTORS");

	return dir ? dir : "../shared/vectors";
}

static struct assay_bytes load(const char *name)
{
	char path[4200];
	struct assay_bytes b = { 0 };
	uint8_t *p;
	FILE *f;

	snprintf(path, sizeof(path), "%s/intel/%s", vectors(), name);
	f = fopen(path, "rb");
	if (!f)
		return b;
	p = malloc(ASSAY_EVIDENCE_MAX);
	must(p, "no memory");
	b = (struct assay_bytes){ p, fread(p, 1, ASSAY_EVIDENCE_MAX, f) };
	fclose(f);
	return b;
}

static void add_document(struct set *s, struct assay_json_str name,
                         const char *path)
{
	struct assay_scratch scratch = { malloc(ASSAY_EVIDENCE_MAX),
		                         ASSAY_EVIDENCE_MAX, 0 };
	char part[64];

	snprintf(part, sizeof(part), "%.*s%s", (int)name.raw.len,
	         (const char *)name.raw.ptr, strrchr(path, '.'));
	must(scratch.ptr &&
	             assay_collateral_add(&s->collateral, assay_part_of(part),
	                                  load(path), &scratch, NULL),
	     "a real document does not load");
}

/* One case of cases.json; true if it is TDX and UpToDate. */
static bool read_case(struct set *s, struct assay_json *j)
{
	char quote[256] = "", path[256], tee[8] = "", expect[64] = "";
	struct assay_json_str name, part;
	bool all = false;

	*s = (struct set){ .name = "real TDX" };
	assay_json_object(j);
	while (assay_json_member(j, &name))
		if (assay_json_is(name, "quote")) {
			assay_json_text(j, quote, sizeof(quote));
		} else if (assay_json_is(name, "tee")) {
			assay_json_text(j, tee, sizeof(tee));
		} else if (assay_json_is(name, "expect")) {
			assay_json_text(j, expect, sizeof(expect));
		} else if (assay_json_is(name, "at")) {
			assay_json_time(j, &s->terms.now);
		} else if (assay_json_is(name, "collateral") &&
		           assay_json_peek(j) == '{') {
			all = true;
			assay_json_object(j);
			while (assay_json_member(j, &part))
				if (assay_json_text(j, path, sizeof(path)))
					add_document(s, part, path);
		}
	if (!all || strcmp(tee, "TDX") != 0 || strcmp(expect, "UpToDate") != 0)
		return false;
	s->quote = load(quote);
	memcpy(s->root, assay_intel_root_key, 64);
	return true;
}

static int bench_real(void)
{
	struct assay_bytes text = load("cases.json");
	struct assay_json j;
	struct set s;

	if (!text.len) {
		printf("# no real evidence here: only made sets are "
		       "measured\n");
		return 0;
	}
	assay_json_open(&j, text, ASSAY_DOC_NONE);
	assay_json_array(&j);
	while (assay_json_element(&j))
		if (read_case(&s, &j))
			return bench_set(&s);
	die("cases.json has no TDX case that is UpToDate");
	return 1;
}

/* ---- many quotes of few platforms */

struct crowd {
	struct sim_world world;
	struct assay_trust *trust;
	struct buf quotes[N_HOT];
	struct assay_tables *tables;
	struct assay_memo *memo;
	struct assay_bytes one[N_BATCH]; /* quotes of the first platform */
	struct assay_verdict verdicts[N_BATCH];
	struct assay_verdict verdict;
	struct assay_terms terms;
	size_t next;
};

/* The world gets another platform: its leaf's key and its attestation key are
 * new, what it stands under stays. */
static void renew_platform(struct sim_world *w)
{
	struct buf *leaf = &w->der[SIM_PCK], *chain = &w->pem[SIM_CHAIN_PCK];

	must(assay_p256_make(&w->keys[SIM_AK], NULL) &&
	             assay_p256_make(&w->keys[SIM_PCK], NULL),
	     "no key");
	memcpy(w->cert[SIM_PCK].key, w->keys[SIM_PCK].key, 64);
	buf_clear(leaf);
	must(sim_cert_make(leaf, &w->cert[SIM_PCK], &w->keys[w->ca]),
	     "no leaf");
	buf_clear(chain);
	sim_pem(chain, "CERTIFICATE", buf_bytes(leaf));
	sim_pem(chain, "CERTIFICATE", buf_bytes(&w->der[w->ca]));
	sim_pem(chain, "CERTIFICATE", buf_bytes(&w->der[SIM_ROOT]));
}

/* The quotes of the i-th platform. */
static void make_quotes(struct crowd *c, size_t i)
{
	struct sim_quote_spec spec = c->world.quote_spec;

	renew_platform(&c->world);
	must(assay_tables_add(c->tables, c->world.keys[SIM_AK].key),
	     "no table");
	for (size_t k = i; k < N_HOT; k += N_PLATFORMS) {
		memcpy(spec.td.report_data, &k, sizeof(k));
		must(sim_world_quote(&c->quotes[k], &c->world, &spec),
		     "no quote");
		if (i == 0 && k / N_PLATFORMS < N_BATCH)
			c->one[k / N_PLATFORMS] = buf_bytes(&c->quotes[k]);
	}
}

static void make_crowd(struct crowd *c)
{
	struct assay_collateral collateral;
	struct sim_world *w = &c->world;

	c->tables = assay_tables_new(N_PLATFORMS);
	c->trust = calloc(1, assay_trust_size());
	must(c->tables && c->trust && sim_world_default(w, SIM_TDX_V4) &&
	             sim_world_build(w),
	     "no world");
	c->terms.now = w->now;
	for (size_t i = 0; i < N_PLATFORMS; i++)
		make_quotes(c, i);
	sim_world_collateral(&collateral, w);
	must(assay_trust_open(c->trust, &collateral, (struct assay_bytes){ 0 },
	                      w->keys[SIM_ROOT].key, NULL, NULL),
	     "the trust does not open");
}

static void next_of_crowd(void *arg)
{
	struct crowd *c = arg;

	must(assay_verify(&c->verdict, c->trust, c->memo,
	                  buf_bytes(&c->quotes[c->next++ % N_HOT]),
	                  (struct assay_bytes){ 0 }, &c->terms),
	     "not genuine");
}

static void batch(void *arg)
{
	struct crowd *c = arg;

	must(assay_verify_many(c->verdicts, c->trust, c->memo, c->one, N_BATCH,
	                       &c->terms) == N_BATCH,
	     "not all genuine");
}

/* ---- threads */

struct worker {
	const struct crowd *crowd;
	struct assay_verdict verdict;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct assay_memo *memo = assay_memo_new(N_PLATFORMS, NULL);

	must(memo, "no memory");
	for (size_t i = 0; i < N_THREAD; i++)
		must(assay_verify(&w->verdict, w->crowd->trust, memo,
		                  buf_bytes(&w->crowd->quotes[i % N_HOT]),
		                  (struct assay_bytes){ 0 }, &w->crowd->terms),
		     "not genuine");
	assay_memo_free(memo);
	return NULL;
}

static double wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Seconds that `n` threads take for N_THREAD quotes each. */
static double run_threads(struct crowd *c, size_t n)
{
	struct worker workers[2] = { { .crowd = c }, { .crowd = c } };
	pthread_t threads[2];
	double start = wall();

	for (size_t i = 0; i < n; i++)
		must(pthread_create(&threads[i], NULL, work, &workers[i]) == 0,
		     "no thread");
	for (size_t i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	return wall() - start;
}

static int bench_threads(struct crowd *c)
{
	double gain[7], one = 0;

	for (size_t i = 0; i < 7; i++) {
		one = run_threads(c, 1);
		gain[i] = 2 * one / run_threads(c, 2);
	}
	return bench_row("two threads, times one", N_THREAD / one, "/s",
	                 bench_median(gain, 7), 1.9, true);
}

static int bench_crowd(void)
{
	struct crowd *c = calloc(1, sizeof(*c));
	int missed;

	must(c, "no memory");
	make_crowd(c);
	c->memo = assay_memo_new(N_PLATFORMS, c->tables);
	must(c->memo, "no memory");
	for (size_t i = 0; i < N_PLATFORMS; i++)
		next_of_crowd(c);
	missed = row("4 platforms", "hot, tables",
	             measure(next_of_crowd, c, N_HOT, 1), 0.6);
	missed += row("64 of one key", "batch, tables",
	              measure(batch, c, 51, N_BATCH), 0.45);
	missed += bench_threads(c);
	assay_memo_free(c->memo);
	assay_tables_free(c->tables);
	free(c->trust);
	for (size_t i = 0; i < N_HOT; i++)
		buf_free(&c->quotes[i]);
	sim_world_free(&c->world);
	free(c);
	return missed;
}

int main(void)
{
	double units[N_SAMPLES], u;
	int missed;

	make_unit();
	for (size_t i = 0; i < N_SAMPLES; i++)
		units[i] = time_unit();
	u = bench_median(units, N_SAMPLES);
	bench_row("U: one P-256 verification", u * 1e6, "us", 1, 0, false);
	missed = bench_made(SIM_SGX_V3) + bench_made(SIM_TDX_V4) +
	         bench_real() + bench_crowd();
	EC_KEY_free(unit.key);
	ECDSA_SIG_free(unit.sig);
	if (missed)
		printf("# %d targets missed\n", missed);
	return missed ? 1 : 0;
}
