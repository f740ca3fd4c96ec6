/* query.c - queries of a store: links to its database, values that go in, rows
 * that come out, whatever the database holds. */
#include "store/query.h"

#include <errno.h>
#include <string.h>
#include <time.h>

enum { PAGE = 128 }; /* rows that a walk asks for at once */

/* ---- links */

void store_links_begin(struct store *s)
{
	pthread_condattr_t clock;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	for (unsigned i = 0; i < N_STORE_POOLS; i++) {
		s->pools[i].most = s->engine->most[i];
		pthread_cond_init(&s->pools[i].given_back, &clock);
	}
	pthread_condattr_destroy(&clock);
}

void store_links_end(struct store *s)
{
	for (unsigned i = 0; i < N_STORE_POOLS; i++) {
		while (s->pools[i].n_idle)
			s->engine->disconnect(
				s->pools[i].idle[--s->pools[i].n_idle]);
		pthread_cond_destroy(&s->pools[i].given_back);
	}
	pthread_mutex_destroy(&s->lock);
}

static void *no_link(void)
{
	store_fail("the store is busy: no connection became free within %d "
	           "seconds; ask again later",
	           STORE_WAIT_MS / 1000);
	return NULL;
}

/* An idle link, or NULL and the right to make one; false: neither. */
static bool take_place(struct store *s, struct pool *pool, void **link,
                       int64_t until)
{
	const struct timespec at = { (time_t)(until / 1000),
		                     (long)(until % 1000) * 1000000 };
	int status = 0;

	pthread_mutex_lock(&s->lock);
	while (!pool->n_idle && pool->n_open == pool->most && !status)
		status = pthread_cond_timedwait(&pool->given_back, &s->lock,
		                                &at);
	*link = NULL;
	if (pool->n_idle)
		*link = pool->idle[--pool->n_idle];
	else if (pool->n_open < pool->most)
		pool->n_open++;
	else
		status = ETIMEDOUT;
	pthread_mutex_unlock(&s->lock);
	return *link || status != ETIMEDOUT;
}

/* `link`: NULL if it is closed. */
static void give_back(struct store *s, struct pool *pool, void *link)
{
	pthread_mutex_lock(&s->lock);
	if (link)
		pool->idle[pool->n_idle++] = link;
	else
		pool->n_open--;
	pthread_cond_signal(&pool->given_back);
	pthread_mutex_unlock(&s->lock);
}

static void *take_link(struct store *s, enum store_pool which, int64_t until)
{
	struct pool *pool = &s->pools[which];
	void *link;

	if (!take_place(s, pool, &link, until))
		return no_link();
	if (link && !s->engine->usable(link)) {
		s->engine->disconnect(link);
		link = NULL;
	}
	if (!link)
		link = s->engine->connect(s->base, until);
	if (!link)
		give_back(s, pool, NULL);
	return link;
}

static void end_link(struct store *s, enum store_pool which, void *link)
{
	if (!s->engine->usable(link)) {
		s->engine->disconnect(link);
		link = NULL;
	}
	give_back(s, &s->pools[which], link);
}

/* ---- a query: the first that goes wrong sticks */

struct query query_ask_for(struct store *s, enum store_pool pool, int64_t ms)
{
	struct query q = { .store = s,
		           .pool = pool,
		           .until = store_clock() + ms };

	q.link = take_link(s, pool, q.until);
	q.good = q.link;
	return q;
}

struct query query_ask(struct store *s, enum store_pool pool)
{
	return query_ask_for(s, pool, STORE_WAIT_MS);
}

struct query query_change(struct store *s, bool alone)
{
	struct query q = query_ask(s, STORE_WRITE);

	q.changing = q.good;
	q.good = q.good && s->engine->begin(q.link, alone);
	return q;
}

bool query_end_with(struct query *q, bool keep, const char *kind)
{
	const struct store_engine *e = q->store->engine;
	bool good = q->good && keep;

	if (!q->link)
		return false;
	if (q->changing) {
		good = good && e->commit(q->link, kind);
		if (!good)
			e->rollback(q->link);
	}
	end_link(q->store, q->pool, q->link);
	return good;
}

bool query_end(struct query *q)
{
	return query_end_with(q, true, NULL);
}

void query_put_number(struct query *q, int64_t number)
{
	q->values[q->n_values++] = (struct store_value){ .is_number = true,
		                                         .number = number };
}

void query_put_bytes(struct query *q, struct assay_bytes bytes)
{
	q->values[q->n_values++] = (struct store_value){ .bytes = bytes };
}

void query_put_text(struct query *q, const char *text)
{
	query_put_bytes(q, buf_text(text));
}

void query_put_key(struct query *q, const char *kind, const char *name)
{
	query_put_text(q, kind);
	query_put_text(q, name);
}

static void start(struct query *q, enum store_sql sql)
{
	q->good = q->good && q->store->engine->start(q->link, sql, q->values,
	                                             q->n_values, q->until);
	q->n_values = 0;
}

static enum store_found next(struct query *q)
{
	enum store_found found = STORE_FAILED;

	q->column = 0;
	if (q->good)
		found = q->store->engine->next(q->link);
	q->good = q->good && found != STORE_FAILED;
	return found;
}

static void finish(struct query *q)
{
	if (q->link)
		q->store->engine->finish(q->link);
}

/* To the end of the statement, where an error of its last step shows. */
static void drain(struct query *q)
{
	while (next(q) == STORE_FOUND)
		;
	finish(q);
}

bool query_run(struct query *q, enum store_sql sql)
{
	start(q, sql);
	drain(q);
	return q->good;
}

void query_run_later(struct query *q, enum store_sql sql)
{
	q->good = q->good && q->store->engine->queue(q->link, sql, q->values,
	                                             q->n_values, q->until);
	q->n_values = 0;
}

void query_settle(struct query *q)
{
	if (q->link && !q->store->engine->settle(q->link))
		q->good = false;
}

enum store_found query_first(struct query *q, enum store_sql sql)
{
	start(q, sql);
	return next(q);
}

enum store_found query_got(struct query *q, enum store_found found)
{
	drain(q);
	return q->good ? found : STORE_FAILED;
}

/* ---- what comes out: whatever the database holds, it has this form */

static void bad_form(struct query *q, const char *what)
{
	if (q->good)
		store_fail("the store holds a wrong %s: somebody else wrote "
		           "it; restore it from a backup",
		           what);
	q->good = false;
}

int64_t query_get_number(struct query *q, int64_t most, const char *what)
{
	int64_t number = 0;

	if (!q->good)
		return 0;
	if (q->store->engine->get_number(q->link, q->column++, &number) &&
	    number >= 0 && number <= most)
		return number;
	bad_form(q, what);
	return 0;
}

static struct assay_bytes get_bytes(struct query *q, size_t most,
                                    const char *what)
{
	struct assay_bytes bytes = { 0 };

	if (!q->good)
		return bytes;
	if (q->store->engine->get_bytes(q->link, q->column++, &bytes) &&
	    bytes.len <= most)
		return bytes;
	bad_form(q, what);
	return (struct assay_bytes){ 0 };
}

void query_get_fixed(struct query *q, uint8_t *out, size_t n, const char *what)
{
	struct assay_bytes bytes = get_bytes(q, n, what);

	if (q->good && bytes.len != n)
		bad_form(q, what);
	if (q->good)
		memcpy(out, bytes.ptr, n);
}

void query_get_text(struct query *q, char *out, size_t size, const char *what)
{
	struct assay_bytes bytes = get_bytes(q, size - 1, what);

	for (size_t i = 0; i < bytes.len && q->good; i++)
		if (bytes.ptr[i] < ' ' || bytes.ptr[i] == 0x7f)
			bad_form(q, what);
	if (!q->good)
		return;
	if (bytes.len)
		memcpy(out, bytes.ptr, bytes.len);
	out[bytes.len] = 0;
}

struct assay_bytes query_get_body(struct query *q)
{
	return get_bytes(q, STORE_BODY_MAX, "body");
}

void query_keep_body(struct query *q, struct buf *out)
{
	struct assay_bytes body = query_get_body(q);

	if (!q->good)
		return;
	buf_put_bytes(out, body);
	if (out->bad)
		q->good = store_fail("memory is short");
}

bool query_number(struct query *q, enum store_sql sql, int64_t *number)
{
	enum store_found found = query_first(q, sql);

	*number = found == STORE_FOUND
	                  ? query_get_number(q, INT64_MAX, "number")
	                  : 0;
	return query_got(q, found) == STORE_FOUND;
}

bool query_count(struct store *s, enum store_sql sql, uint64_t *n)
{
	struct query q = query_ask(s, STORE_READ);
	int64_t number;
	bool good = query_number(&q, sql, &number);

	*n = (uint64_t)number;
	return query_end(&q) && good;
}

bool store_good_body(struct assay_bytes body)
{
	return body.len <= STORE_BODY_MAX ||
	       store_fail("%zu bytes are too many: the most are %d", body.len,
	                  STORE_BODY_MAX);
}

/* ---- walks */

struct walk walk_begin(struct store *s)
{
	return (struct walk){ .q = query_ask(s, STORE_READ), .go_on = true };
}

bool walk_row(struct walk *w)
{
	return w->go_on && next(&w->q) == STORE_FOUND && ++w->n_rows;
}

void walk_page(struct walk *w, enum store_sql sql, uint64_t most)
{
	w->n_rows = 0;
	w->page = most < PAGE ? (unsigned)most : PAGE;
	query_put_number(&w->q, w->page);
	w->q.until = store_clock() + STORE_WAIT_MS;
	start(&w->q, sql);
}

bool walk_on(struct walk *w)
{
	finish(&w->q);
	return w->q.good && w->go_on && w->n_rows == w->page;
}

bool walk_end(struct walk *w)
{
	if (!w->go_on && w->q.good)
		w->q.good = store_fail("whoever was called said stop");
	return query_end(&w->q);
}
