/*
 * b_store.c - what a service's store takes and gives, in SQLite and in a
 * PostgreSQL on this machine.  Time is the clock's: most of it is the disk's.
 */
#include <pthread.h>
#include <string.h>

#include "../tests/h_store.h"
#include "bench.h"
#include "store/store.h"

enum { N_THREADS = 8, N_EACH = 100, N_SAW = 1000, N_CHANGES = 100000 };

struct worker {
	pthread_t thread;
	struct store *s;
	unsigned number;
};

static void must(bool holds, struct store *s)
{
	if (holds)
		return;
	fprintf(stderr, "b_store: %s\n", store_why(s));
	h_store_end();
	exit(2);
}

static double clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool make(void *arg, struct buf *entry, uint64_t number,
                 struct assay_bytes before)
{
	(void)arg;
	(void)before;
	buf_put_zeros(entry, 300);
	buf_put_le(entry, number, 8);
	return true;
}

static void *append(void *arg)
{
	struct worker *w = arg;
	uint64_t number;

	for (unsigned i = 0; i < N_EACH; i++)
		must(store_append(w->s, &number, make, NULL), w->s);
	return NULL;
}

static void *take(void *arg)
{
	static unsigned long n;
	struct worker *w = arg;
	uint8_t id[32] = { (uint8_t)w->number };

	for (unsigned i = 0; i < N_EACH; i++) {
		unsigned long one = __atomic_fetch_add(&n, 1, __ATOMIC_RELAXED);

		memcpy(id + 8, &one, sizeof(one));
		must(store_take(w->s, id, 200, 100) == STORE_NONE, w->s);
	}
	return NULL;
}

/* How many a second. */
static double rate(struct store *s, void *(*work)(void *), unsigned n_threads)
{
	struct worker workers[N_THREADS];
	double began = clock_now();

	for (unsigned i = 0; i < n_threads; i++) {
		workers[i].s = s;
		workers[i].number = i;
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
	}
	for (unsigned i = 0; i < n_threads; i++)
		pthread_join(workers[i].thread, NULL);
	return n_threads * N_EACH / (clock_now() - began);
}

/* Seconds for N_SAW platforms with evidence as large as a quote. */
static double saw(struct store *s)
{
	static struct store_platform p[N_SAW];
	static struct assay_bytes evidence[N_SAW];
	static uint8_t quote[5000];
	double began;

	for (unsigned i = 0; i < N_SAW; i++) {
		p[i] = (struct store_platform){ .n_seen = 1,
			                        .status = "UpToDate" };
		memcpy(p[i].id, &i, sizeof(i));
		evidence[i] = (struct assay_bytes){ quote, sizeof(quote) };
	}
	began = clock_now();
	must(store_saw(s, p, evidence, N_SAW), s);
	return clock_now() - began;
}

static double change(struct store *s)
{
	double began = clock_now();
	uint64_t sum = 0;

	for (unsigned i = 0; i < N_CHANGES; i++)
		sum += store_change(s, "policy");
	must(sum < UINT64_MAX, s);
	return (clock_now() - began) / N_CHANGES;
}

static void row(const char *name, const char *what, double value,
                const char *unit)
{
	printf("%-12s %-24s %10.1f %s\n", name, what, value, unit);
}

static void measure(const struct h_store *place)
{
	char why[STORE_WHY_LEN];
	struct store *s;
	double first;

	if (place->absent())
		return;
	h_store_new(place);
	s = store_open(h_store_where(), why);
	must(s, s);
	row(place->name, "append, one thread", rate(s, append, 1), "/s");
	row(place->name, "append, eight threads", rate(s, append, N_THREADS),
	    "/s");
	row(place->name, "take, one thread", rate(s, take, 1), "/s");
	row(place->name, "take, eight threads", rate(s, take, N_THREADS), "/s");
	first = saw(s);
	row(place->name, "1,000 platforms, new", first * 1e3, "ms");
	row(place->name, "1,000 platforms, again", saw(s) * 1e3, "ms");
	row(place->name, "a change asked for", change(s) * 1e9, "ns");
	store_close(s);
}

int main(void)
{
	static const struct h_store places[] = {
		{ "SQLite", h_file_absent, h_file_new, h_file_sql, NULL },
		{ "PostgreSQL", h_pg_absent, h_pg_new, h_pg_sql, NULL },
	};

	h_pg_durable();
	for (size_t i = 0; i < 2; i++)
		measure(&places[i]);
	h_store_end();
	return 0;
}
