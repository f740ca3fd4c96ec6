/* query.h - queries of a store, for the files that say what a store does: links to
 * its database, values that go in, rows that come out. */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "store/engine.h"

#include <pthread.h>
#include <stdatomic.h>

enum { STORE_LINKS_MAX = 16 };

/* Links of one sort: as many are made as are used at once. */
struct pool {
	pthread_cond_t given_back;
	void *idle[STORE_LINKS_MAX];
	unsigned n_idle, n_open, most;
};

struct store {
	const struct store_engine *engine;
	void *base;
	pthread_mutex_t lock; /* of the pools */
	struct pool pools[N_STORE_POOLS];
	atomic_uint n_taken;
};

/* The pools, of store->engine's links. */
void store_links_begin(struct store *s);
void store_links_end(struct store *s);

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
struct query query_ask(struct store *s, enum store_pool pool);
struct query query_ask_for(struct store *s, enum store_pool pool, int64_t ms);
/* Several that are one: whole or not at all. */
struct query query_change(struct store *s, bool alone);
/* Gives the link back; what was changed is kept if all went well and `keep`.
 * `kind`: of the rows that others want to know of, or NULL. */
bool query_end_with(struct query *q, bool keep, const char *kind);
bool query_end(struct query *q);

/* The values of the next statement, in their order. */
void query_put_number(struct query *q, int64_t number);
void query_put_bytes(struct query *q, struct assay_bytes bytes);
void query_put_text(struct query *q, const char *text);
void query_put_key(struct query *q, const char *kind, const char *name);
bool store_good_body(struct assay_bytes body);

bool query_run(struct query *q, enum store_sql sql);
/* The same of many, which went well if the query is good when they are settled. */
void query_run_later(struct query *q, enum store_sql sql);
void query_settle(struct query *q);
/* The first row, if there is one; and what that said, once the row was read. */
enum store_found query_first(struct query *q, enum store_sql sql);
enum store_found query_got(struct query *q, enum store_found found);

/* The columns of a row, in their order. */
int64_t query_get_number(struct query *q, int64_t most, const char *what);
void query_get_fixed(struct query *q, uint8_t *out, size_t n, const char *what);
void query_get_text(struct query *q, char *out, size_t size, const char *what);
struct assay_bytes query_get_body(struct query *q);
/* A body that outlives its row. */
void query_keep_body(struct query *q, struct buf *out);

/* A statement whose row is one number. */
bool query_number(struct query *q, enum store_sql sql, int64_t *number);
bool query_count(struct store *s, enum store_sql sql, uint64_t *n);

/* ---- walks: page after page, so that nobody holds a database's past or much
 * memory while somebody thinks about a row */

struct walk {
	struct query q;
	bool go_on;
	unsigned page, n_rows; /* of this page: the most, and those met */
};

struct walk walk_begin(struct store *s);
/* Begins a page of at most `most` rows; how many is the statement's last value. */
void walk_page(struct walk *w, enum store_sql sql, uint64_t most);
/* The next row of this page. */
bool walk_row(struct walk *w);
/* Whether another page may follow. */
bool walk_on(struct walk *w);
bool walk_end(struct walk *w);

#endif
