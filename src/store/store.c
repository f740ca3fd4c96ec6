/* store.c - what a store does, in whichever database: checks of what goes in and
 * of what comes out, the steps of each operation, and links for it. */
#include "store/engine.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	VERSION = 1,            /* of the tables in sql.def */
	PAGE = 128,             /* rows that a walk asks for at once */
	FORGET_EVERY = 64,      /* takes, of this store */
	FORGET_MOST = 256,      /* nonces whose time is over */
	N_SEEN_MAX = INT32_MAX, /* that one call of store_saw may add */
	LINKS_MAX = 16,
};

/* Links of one sort: as many are made as are used at once. */
struct pool {
	pthread_cond_t given_back;
	void *idle[LINKS_MAX];
	unsigned n_idle, n_open, most;
};

struct store {
	const struct store_engine *engine;
	void *base;
	pthread_mutex_t lock; /* of the pools */
	struct pool pools[N_STORE_POOLS];
	atomic_uint n_taken;
};

/* ---- why it failed */

static _Thread_local char last_why[STORE_WHY_LEN];

bool store_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(last_why, sizeof(last_why), fmt, ap);
	va_end(ap);
	for (char *p = last_why; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	return false;
}

const char *store_why(struct store *s)
{
	(void)s;
	return last_why;
}

int64_t store_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* FNV-1a: two kinds that share a number tell of more changes, never of less */
unsigned store_slot(struct assay_bytes kind)
{
	uint32_t hash = 2166136261;

	for (size_t i = 0; i < kind.len; i++)
		hash = (hash ^ kind.ptr[i]) * 16777619;
	return hash % STORE_N_SLOTS;
}

/* ---- what goes in */

static bool good_kind(const char *kind)
{
	const size_t n = strspn(kind, "abcdefghijklmnopqrstuvwxyz_-");

	return (n > 0 && n <= 32 && !kind[n]) ||
	       store_fail("\"%.40s\" is no kind: letters, at most 32", kind);
}

static bool good_name(const char *name)
{
	const size_t n = strlen(name);

	if (n < 1 || n > STORE_NAME_MAX)
		return store_fail("a name has 1 to %d bytes, this one %zu",
		                  STORE_NAME_MAX, n);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
			return store_fail("a name has a control character at "
			                  "byte %zu",
			                  i);
	return true;
}

static bool good_body(struct assay_bytes body)
{
	return body.len <= STORE_BODY_MAX ||
	       store_fail("%zu bytes are too many: the most are %d", body.len,
	                  STORE_BODY_MAX);
}

static bool good_key(const char *kind, const char *name)
{
	return good_kind(kind) && good_name(name);
}

static bool good_platform(const struct store_platform *p)
{
	return (p->first_seen >= 0 && p->last_seen >= p->first_seen &&
	        p->n_seen <= N_SEEN_MAX &&
	        memchr(p->status, 0, sizeof(p->status))) ||
	       store_fail("a platform that was seen has times or numbers that "
	                  "cannot be");
}

/* ---- links */

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

struct query {
	struct store *store;
	enum store_pool pool;
	void *link;
	bool good, changing;
	struct store_value values[STORE_VALUES_MAX];
	unsigned n_values;
	int column;
	int64_t until;
};

/* A query, or several after each other, each whole by itself. */
static struct query ask_for(struct store *s, enum store_pool pool, int64_t ms)
{
	struct query q = { .store = s,
		           .pool = pool,
		           .until = store_clock() + ms };

	q.link = take_link(s, pool, q.until);
	q.good = q.link;
	return q;
}

static struct query ask(struct store *s, enum store_pool pool)
{
	return ask_for(s, pool, STORE_WAIT_MS);
}

/* Several that are one: whole or not at all. */
static struct query change(struct store *s, bool alone)
{
	struct query q = ask(s, STORE_WRITE);

	q.changing = q.good;
	q.good = q.good && s->engine->begin(q.link, alone);
	return q;
}

/* Gives the link back; what was changed is kept if all went well and `keep`.
 * `kind`: of the rows that others want to know of, or NULL. */
static bool end_with(struct query *q, bool keep, const char *kind)
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

static bool end(struct query *q)
{
	return end_with(q, true, NULL);
}

static void put_number(struct query *q, int64_t number)
{
	q->values[q->n_values++] = (struct store_value){ .is_number = true,
		                                         .number = number };
}

static void put_bytes(struct query *q, struct assay_bytes bytes)
{
	q->values[q->n_values++] = (struct store_value){ .bytes = bytes };
}

static void put_text(struct query *q, const char *text)
{
	put_bytes(q, buf_text(text));
}

static void put_key(struct query *q, const char *kind, const char *name)
{
	put_text(q, kind);
	put_text(q, name);
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

static bool run(struct query *q, enum store_sql sql)
{
	start(q, sql);
	drain(q);
	return q->good;
}

/* Like run, of many: `settled` says whether they went well. */
static void run_later(struct query *q, enum store_sql sql)
{
	q->good = q->good && q->store->engine->queue(q->link, sql, q->values,
	                                             q->n_values, q->until);
	q->n_values = 0;
}

static void settled(struct query *q)
{
	if (q->link && !q->store->engine->settle(q->link))
		q->good = false;
}

/* The first row, if there is one. */
static enum store_found first(struct query *q, enum store_sql sql)
{
	start(q, sql);
	return next(q);
}

/* What `first` said, once the row was read. */
static enum store_found got(struct query *q, enum store_found found)
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

static int64_t get_number(struct query *q, int64_t most, const char *what)
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

static void get_fixed(struct query *q, uint8_t *out, size_t n, const char *what)
{
	struct assay_bytes bytes = get_bytes(q, n, what);

	if (q->good && bytes.len != n)
		bad_form(q, what);
	if (q->good)
		memcpy(out, bytes.ptr, n);
}

static void get_text(struct query *q, char *out, size_t size, const char *what)
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

static struct assay_bytes get_body(struct query *q)
{
	return get_bytes(q, STORE_BODY_MAX, "body");
}

/* A body that outlives its row. */
static void keep_body(struct query *q, struct buf *out)
{
	struct assay_bytes body = get_body(q);

	if (!q->good)
		return;
	buf_put_bytes(out, body);
	if (out->bad)
		q->good = store_fail("memory is short");
}

/* What is handed out is whole, or empty. */
static enum store_found whole(struct buf *body, enum store_found found)
{
	if (found != STORE_FOUND)
		buf_clear(body);
	return found;
}

/* ---- opening */

static bool make_tables(struct query *q)
{
	for (enum store_sql t = STORE_MAKE_FORM; t <= STORE_MAKE_ENTRY; t++)
		if (!run(q, t))
			return false;
	put_number(q, VERSION);
	return run(q, STORE_PUT_FORM);
}

static bool one_number(struct query *q, enum store_sql sql, int64_t *number)
{
	enum store_found found = first(q, sql);

	*number = found == STORE_FOUND ? get_number(q, INT64_MAX, "number") : 0;
	return got(q, found) == STORE_FOUND;
}

static bool check_form(struct query *q)
{
	int64_t form;

	if (!one_number(q, STORE_GET_FORM, &form))
		return q->good && store_fail("the store says of no version: it "
		                             "was not made whole; remove it");
	if (form > VERSION)
		return store_fail("the store is of a newer Assay (form %jd, "
		                  "this one knows %d): run that version, or "
		                  "use another store",
		                  (intmax_t)form, VERSION);
	return form == VERSION ||
	       store_fail("the store has form %jd, which never was: use "
	                  "another",
	                  (intmax_t)form);
}

static bool make_ready(struct store *s)
{
	struct query q = change(s, true);
	int64_t made;
	bool good = one_number(&q, STORE_IS_MADE, &made) &&
	            (made ? check_form(&q) : make_tables(&q));

	return end_with(&q, good, NULL);
}

static const struct store_engine *engine_of(const char *where)
{
	return strncmp(where, "postgresql://", 13) == 0 ||
	                       strncmp(where, "postgres://", 11) == 0
	               ? &store_pgsql
	               : &store_sqlite;
}

static void make_pools(struct store *s)
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

struct store *store_open(const char *where, char why[STORE_WHY_LEN])
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s) {
		snprintf(why, STORE_WHY_LEN, "memory is short");
		return NULL;
	}
	s->engine = engine_of(where);
	make_pools(s);
	s->base = s->engine->open(where);
	if (s->base && make_ready(s))
		return s;
	snprintf(why, STORE_WHY_LEN, "%s", last_why);
	store_close(s);
	return NULL;
}

void store_close(struct store *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < N_STORE_POOLS; i++) {
		while (s->pools[i].n_idle)
			s->engine->disconnect(
				s->pools[i].idle[--s->pools[i].n_idle]);
		pthread_cond_destroy(&s->pools[i].given_back);
	}
	if (s->base)
		s->engine->close(s->base);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

bool store_alive(struct store *s)
{
	struct query q = ask_for(s, STORE_READ, STORE_ALIVE_MS);

	run(&q, STORE_ALIVE);
	return end(&q);
}

/* ---- rows with a key */

bool store_put(struct store *s, const char *kind, const char *name,
               struct assay_bytes body)
{
	struct query q;

	if (!good_key(kind, name) || !good_body(body))
		return false;
	q = change(s, false);
	put_key(&q, kind, name);
	put_bytes(&q, body);
	run(&q, STORE_PUT);
	return end_with(&q, true, kind);
}

static enum store_found get(struct query *q, struct buf *body, const char *kind,
                            const char *name)
{
	enum store_found found;

	put_key(q, kind, name);
	found = first(q, STORE_GET);
	buf_clear(body);
	if (found == STORE_FOUND)
		keep_body(q, body);
	return got(q, found);
}

/* NONE: it was not there, and is now. */
static enum store_found add(struct query *q, const char *kind, const char *name,
                            struct assay_bytes body)
{
	enum store_found there;

	put_key(q, kind, name);
	put_bytes(q, body);
	there = first(q, STORE_PUT_NEW);
	there = there == STORE_FOUND ? STORE_NONE : STORE_FOUND;
	return got(q, there);
}

enum store_found store_put_new(struct store *s, const char *kind,
                               const char *name, struct buf *body)
{
	enum store_found there;
	struct query q;

	if (!good_key(kind, name) || !good_body(buf_bytes(body)))
		return whole(body, STORE_FAILED);
	q = change(s, false);
	there = add(&q, kind, name, buf_bytes(body));
	if (there == STORE_FOUND && get(&q, body, kind, name) == STORE_NONE)
		q.good = store_fail("%s was dropped meanwhile; try again",
		                    name);
	if (!end_with(&q, true, there == STORE_NONE ? kind : NULL))
		return whole(body, STORE_FAILED);
	return there;
}

enum store_found store_get(struct store *s, struct buf *body, const char *kind,
                           const char *name)
{
	enum store_found found = STORE_FAILED;
	struct query q;

	if (!good_key(kind, name))
		return whole(body, STORE_FAILED);
	q = ask(s, STORE_READ);
	found = get(&q, body, kind, name);
	end(&q);
	return whole(body, found);
}

bool store_drop(struct store *s, const char *kind, const char *name)
{
	struct query q;

	if (!good_key(kind, name))
		return false;
	q = change(s, false);
	put_key(&q, kind, name);
	run(&q, STORE_DROP);
	return end_with(&q, true, kind);
}

/* ---- walks: page after page, so that nobody holds a database's past or much
 * memory while somebody thinks about a row */

struct walk {
	struct query q;
	bool go_on;
	unsigned n_rows; /* of this page */
};

static struct walk walk(struct store *s)
{
	return (struct walk){ .q = ask(s, STORE_READ), .go_on = true };
}

/* The next row of this page. */
static bool walk_row(struct walk *w)
{
	return w->go_on && next(&w->q) == STORE_FOUND && ++w->n_rows;
}

static void walk_page(struct walk *w, enum store_sql sql)
{
	w->n_rows = 0;
	w->q.until = store_clock() + STORE_WAIT_MS;
	start(&w->q, sql);
}

/* Whether another page may follow. */
static bool walk_on(struct walk *w, unsigned page)
{
	finish(&w->q);
	return w->q.good && w->go_on && w->n_rows == page;
}

static bool walk_end(struct walk *w)
{
	if (!w->go_on && w->q.good)
		w->q.good = store_fail("whoever was called said stop");
	return end(&w->q);
}

bool store_each(struct store *s, const char *kind,
                bool (*each)(void *arg, const char *name,
                             struct assay_bytes body),
                void *arg)
{
	char name[STORE_NAME_MAX + 1] = "";
	struct assay_bytes body;
	struct walk w;

	if (!good_kind(kind))
		return false;
	w = walk(s);
	do {
		put_key(&w.q, kind, name);
		put_number(&w.q, PAGE);
		walk_page(&w, STORE_EACH);
		while (walk_row(&w)) {
			get_text(&w.q, name, sizeof(name), "name");
			body = get_body(&w.q);
			w.go_on = w.q.good && each(arg, name, body);
		}
	} while (walk_on(&w, PAGE));
	return walk_end(&w);
}

/* ---- versions */

bool store_add_version(struct store *s, unsigned *number, const char *kind,
                       const char *name, struct assay_bytes body,
                       const char *by, int64_t now)
{
	enum store_found found;
	struct query q;

	*number = 0;
	if (!good_key(kind, name) || !good_name(by) || !good_body(body))
		return false;
	q = change(s, true);
	put_key(&q, kind, name);
	put_number(&q, now);
	put_text(&q, by);
	put_bytes(&q, body);
	found = first(&q, STORE_ADD_VERSION);
	if (found == STORE_FOUND)
		*number = (unsigned)get_number(&q, UINT32_MAX, "version");
	found = got(&q, found);
	if (end_with(&q, found == STORE_FOUND, kind))
		return true;
	*number = 0;
	return false;
}

static void read_version(struct query *q, struct store_version *version)
{
	version->number = (unsigned)get_number(q, UINT32_MAX, "version");
	version->made = get_number(q, INT64_MAX, "time of a version");
	get_text(q, version->by, sizeof(version->by), "author");
}

enum store_found store_get_version(struct store *s,
                                   struct store_version *version,
                                   struct buf *body, const char *kind,
                                   const char *name, unsigned number)
{
	enum store_found found;
	struct query q;

	buf_clear(body);
	memset(version, 0, sizeof(*version));
	if (!good_key(kind, name))
		return STORE_FAILED;
	q = ask(s, STORE_READ);
	put_key(&q, kind, name);
	put_number(&q, number);
	found = first(&q, STORE_GET_VERSION);
	if (found == STORE_FOUND) {
		read_version(&q, version);
		keep_body(&q, body);
	}
	found = got(&q, found);
	end(&q);
	if (found != STORE_FOUND)
		memset(version, 0, sizeof(*version));
	return whole(body, found);
}

bool store_each_newest(struct store *s, const char *kind,
                       bool (*each)(void *arg, const char *name,
                                    const struct store_version *version,
                                    struct assay_bytes body),
                       void *arg)
{
	char name[STORE_NAME_MAX + 1] = "";
	struct store_version version;
	struct assay_bytes body;
	struct walk w;

	if (!good_kind(kind))
		return false;
	w = walk(s);
	do {
		put_key(&w.q, kind, name);
		put_number(&w.q, PAGE);
		walk_page(&w, STORE_EACH_NEWEST);
		while (walk_row(&w)) {
			get_text(&w.q, name, sizeof(name), "name");
			read_version(&w.q, &version);
			body = get_body(&w.q);
			w.go_on = w.q.good && each(arg, name, &version, body);
		}
	} while (walk_on(&w, PAGE));
	return walk_end(&w);
}

/* ---- platforms */

static void put_platform(struct query *q, const struct store_platform *p,
                         struct assay_bytes evidence)
{
	put_bytes(q, (struct assay_bytes){ p->id, sizeof(p->id) });
	put_number(q, p->first_seen);
	put_number(q, p->last_seen);
	put_number(q, (int64_t)p->n_seen);
	put_text(q, p->status);
	put_number(q, p->accepted);
	put_number(q, p->tee);
	put_bytes(q, (struct assay_bytes){ p->fmspc, sizeof(p->fmspc) });
	put_bytes(q, evidence);
}

static void read_platform(struct query *q, struct store_platform *p)
{
	memset(p, 0, sizeof(*p));
	get_fixed(q, p->id, sizeof(p->id), "platform");
	p->first_seen = get_number(q, INT64_MAX, "time of a platform");
	p->last_seen = get_number(q, INT64_MAX, "time of a platform");
	p->n_seen = (uint64_t)get_number(q, INT64_MAX, "number of times");
	get_text(q, p->status, sizeof(p->status), "status");
	p->accepted = get_number(q, 1, "decision");
	p->tee = (uint8_t)get_number(q, UINT8_MAX, "TEE");
	get_fixed(q, p->fmspc, sizeof(p->fmspc), "FMSPC");
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
		if (!good_platform(&platforms[i]) || !good_body(evidence[i]))
			return false;
	if (n == 0)
		return true;
	order = in_order(platforms, n);
	if (!order)
		return false;
	q = change(s, false);
	for (size_t i = 0; i < n && q.good; i++) {
		put_platform(&q, order[i], evidence[order[i] - platforms]);
		q.until = store_clock() + STORE_WAIT_MS;
		run_later(&q, STORE_SAW);
	}
	settled(&q);
	free(order);
	return end_with(&q, true, NULL);
}

bool store_each_platform(struct store *s, const uint8_t after[32], size_t most,
                         bool (*each)(void *arg,
                                      const struct store_platform *platform,
                                      struct assay_bytes evidence),
                         void *arg)
{
	struct store_platform p = { 0 };
	struct assay_bytes from = { after, after ? sizeof(p.id) : 0 }, evidence;
	struct walk w = walk(s);
	unsigned page;

	do {
		page = most < PAGE ? (unsigned)most : PAGE;
		put_bytes(&w.q, from);
		put_number(&w.q, page);
		walk_page(&w, STORE_EACH_PLATFORM);
		while (walk_row(&w)) {
			read_platform(&w.q, &p);
			evidence = get_body(&w.q);
			w.go_on = w.q.good && each(arg, &p, evidence);
		}
		from = (struct assay_bytes){ p.id, sizeof(p.id) };
		most -= w.n_rows;
	} while (walk_on(&w, page) && most);
	return walk_end(&w);
}

static bool count(struct store *s, enum store_sql sql, uint64_t *n)
{
	struct query q = ask(s, STORE_READ);
	int64_t number;
	bool good = one_number(&q, sql, &number);

	*n = (uint64_t)number;
	return end(&q) && good;
}

bool store_count_platforms(struct store *s, uint64_t *n)
{
	return count(s, STORE_COUNT_PLATFORMS, n);
}

/* ---- nonces */

/* Now and then.  That it fails is no failure: the next one tries again. */
static void forget(struct query *q, int64_t now)
{
	if (atomic_fetch_add(&q->store->n_taken, 1) % FORGET_EVERY)
		return;
	put_number(q, now);
	put_number(q, FORGET_MOST);
	run(q, STORE_FORGET);
}

enum store_found store_take(struct store *s, const uint8_t id[32],
                            int64_t until, int64_t now)
{
	struct query q = ask(s, STORE_WRITE);
	enum store_found found;

	put_bytes(&q, (struct assay_bytes){ id, 32 });
	put_number(&q, until);
	put_number(&q, now);
	found = first(&q, STORE_TAKE);
	found = found == STORE_FOUND ? STORE_NONE : STORE_FOUND;
	found = got(&q, found);
	if (q.good)
		forget(&q, now);
	end(&q);
	return found;
}

/* ---- the log */

bool store_append(struct store *s, uint64_t *number,
                  bool (*make)(void *arg, struct buf *entry, uint64_t number,
                               struct assay_bytes before),
                  void *arg)
{
	struct buf before = { 0 }, entry = { 0 };
	struct query q = change(s, true);
	enum store_found found = first(&q, STORE_LAST_ENTRY);
	int64_t at = 0;

	if (found == STORE_FOUND) {
		at = get_number(&q, INT64_MAX - 1, "entry's number") + 1;
		keep_body(&q, &before);
	}
	got(&q, found);
	if (q.good &&
	    (!make(arg, &entry, (uint64_t)at, buf_bytes(&before)) || entry.bad))
		q.good = store_fail("entry %jd of the log could not be made",
		                    (intmax_t)at);
	if (q.good && good_body(buf_bytes(&entry))) {
		put_number(&q, at);
		put_bytes(&q, buf_bytes(&entry));
		run(&q, STORE_ADD_ENTRY);
	} else {
		q.good = false;
	}
	q.good = end_with(&q, true, "log");
	*number = q.good ? (uint64_t)at : 0;
	buf_free(&before);
	buf_free(&entry);
	return q.good;
}

/* The next entry, which has to be number `at`. */
static bool read_entry(struct query *q, int64_t at, struct assay_bytes *entry)
{
	const int64_t number = get_number(q, INT64_MAX, "entry's number");

	*entry = get_body(q);
	if (q->good && number != at)
		q->good = store_fail("entry %jd of the log is missing: it was "
		                     "removed; compare with a backup",
		                     (intmax_t)at);
	return q->good;
}

bool store_each_entry(struct store *s, uint64_t from, uint64_t most,
                      bool (*each)(void *arg, uint64_t number,
                                   struct assay_bytes entry),
                      void *arg)
{
	struct assay_bytes entry;
	struct walk w = walk(s);
	unsigned page;
	int64_t at = from < INT64_MAX ? (int64_t)from : INT64_MAX;

	do {
		page = most < PAGE ? (unsigned)most : PAGE;
		put_number(&w.q, at);
		put_number(&w.q, page);
		walk_page(&w, STORE_EACH_ENTRY);
		while (walk_row(&w) && read_entry(&w.q, at, &entry))
			w.go_on = each(arg, (uint64_t)at++, entry);
		most -= w.n_rows;
	} while (walk_on(&w, page) && most);
	return walk_end(&w);
}

bool store_count_entries(struct store *s, uint64_t *n)
{
	return count(s, STORE_COUNT_ENTRIES, n);
}

/* ---- nodes that share it */

uint64_t store_change(struct store *s, const char *kind)
{
	return s->engine->change(s->base, kind);
}

bool store_lead(struct store *s, const char *what)
{
	return good_kind(what) && s->engine->lead(s->base, what);
}
