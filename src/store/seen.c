/* seen.c - what was seen: platforms, and nonces, which count once. */
#include "store/query.h"

#include <stdlib.h>
#include <string.h>

enum {
	FORGET_EVERY = 64,      /* takes, of this store */
	FORGET_MOST = 256,      /* nonces whose time is over */
	N_SEEN_MAX = INT32_MAX, /* that one call of store_saw may add */
};

static bool good_platform(const struct store_platform *p)
{
	return (p->first_seen >= 0 && p->last_seen >= p->first_seen &&
	        p->n_seen <= N_SEEN_MAX &&
	        memchr(p->status, 0, sizeof(p->status))) ||
	       store_fail("a platform that was seen has times or numbers that "
	                  "cannot be");
}

/* ---- platforms */

static void put_platform(struct query *q, const struct store_platform *p,
                         struct assay_bytes evidence)
{
	query_put_bytes(q, (struct assay_bytes){ p->id, sizeof(p->id) });
	query_put_number(q, p->first_seen);
	query_put_number(q, p->last_seen);
	query_put_number(q, (int64_t)p->n_seen);
	query_put_text(q, p->status);
	query_put_number(q, p->accepted);
	query_put_number(q, p->tee);
	query_put_bytes(q, (struct assay_bytes){ p->fmspc, sizeof(p->fmspc) });
	query_put_bytes(q, evidence);
}

static void read_platform(struct query *q, struct store_platform *p)
{
	memset(p, 0, sizeof(*p));
	query_get_fixed(q, p->id, sizeof(p->id), "platform");
	p->first_seen = query_get_number(q, INT64_MAX, "time of a platform");
	p->last_seen = query_get_number(q, INT64_MAX, "time of a platform");
	p->n_seen = (uint64_t)query_get_number(q, INT64_MAX, "number of times");
	query_get_text(q, p->status, sizeof(p->status), "status");
	p->accepted = query_get_number(q, 1, "decision");
	p->tee = (uint8_t)query_get_number(q, UINT8_MAX, "TEE");
	query_get_fixed(q, p->fmspc, sizeof(p->fmspc), "FMSPC");
}

static int by_id(const void *a, const void *b)
{
	const struct store_platform *const *x = a, *const *y = b;
	const int order = memcmp((*x)->id, (*y)->id, sizeof((*x)->id));

	return order ? order : (*x > *y) - (*x < *y);
}

/* In the order of ids: two who write the same at once wait for each other
 * instead of blocking each other. */
static const struct store_platform **
in_order(const struct store_platform *platforms, size_t n)
{
	const struct store_platform **order = calloc(n, sizeof(const void *));

	if (!order) {
		store_fail("memory is short");
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		order[i] = &platforms[i];
	qsort(order, n, sizeof(const void *), by_id);
	return order;
}

bool store_saw(struct store *s, const struct store_platform *platforms,
               const struct assay_bytes *evidence, size_t n)
{
	const struct store_platform **order;
	struct query q;

	for (size_t i = 0; i < n; i++)
		if (!good_platform(&platforms[i]) ||
		    !store_good_body(evidence[i]))
			return false;
	if (n == 0)
		return true;
	order = in_order(platforms, n);
	if (!order)
		return false;
	q = query_change(s, false);
	for (size_t i = 0; i < n && q.good; i++) {
		put_platform(&q, order[i], evidence[order[i] - platforms]);
		q.until = store_clock() + STORE_WAIT_MS;
		query_run_later(&q, STORE_SAW);
	}
	query_settle(&q);
	free(order);
	return query_end_with(&q, true, NULL);
}

bool store_each_platform(struct store *s, const uint8_t after[32], size_t most,
                         bool (*each)(void *arg,
                                      const struct store_platform *platform,
                                      struct assay_bytes evidence),
                         void *arg)
{
	struct store_platform p = { 0 };
	struct assay_bytes from = { after, after ? sizeof(p.id) : 0 }, evidence;
	struct walk w = walk_begin(s);

	do {
		query_put_bytes(&w.q, from);
		walk_page(&w, STORE_EACH_PLATFORM, most);
		while (walk_row(&w)) {
			read_platform(&w.q, &p);
			evidence = query_get_body(&w.q);
			w.go_on = w.q.good && each(arg, &p, evidence);
		}
		from = (struct assay_bytes){ p.id, sizeof(p.id) };
		most -= w.n_rows;
	} while (walk_on(&w) && most);
	return walk_end(&w);
}

bool store_count_platforms(struct store *s, uint64_t *n)
{
	return query_count(s, STORE_COUNT_PLATFORMS, n);
}

/* ---- nonces */

/* Now and then.  That it fails is no failure: the next one tries again. */
static void forget(struct query *q, int64_t now)
{
	if (atomic_fetch_add(&q->store->n_taken, 1) % FORGET_EVERY)
		return;
	query_put_number(q, now);
	query_put_number(q, FORGET_MOST);
	query_run(q, STORE_FORGET);
}

enum store_found store_take(struct store *s, const uint8_t id[32],
                            int64_t until, int64_t now)
{
	struct query q = query_ask(s, STORE_WRITE);
	enum store_found found;

	query_put_bytes(&q, (struct assay_bytes){ id, 32 });
	query_put_number(&q, until);
	query_put_number(&q, now);
	found = query_first(&q, STORE_TAKE);
	found = found == STORE_FOUND ? STORE_NONE : STORE_FOUND;
	found = query_got(&q, found);
	if (q.good)
		forget(&q, now);
	query_end(&q);
	return found;
}
