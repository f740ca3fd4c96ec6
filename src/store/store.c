/* store.c - a store: opened and closed; rows with a key, and versions. */
#include "store/query.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VERSION = 1 }; /* of the tables in sql.def */

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

static bool good_key(const char *kind, const char *name)
{
	return good_kind(kind) && good_name(name);
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
		if (!query_run(q, t))
			return false;
	query_put_number(q, VERSION);
	return query_run(q, STORE_PUT_FORM);
}

static bool check_form(struct query *q)
{
	int64_t form;

	if (!query_number(q, STORE_GET_FORM, &form))
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
	struct query q = query_change(s, true);
	int64_t made;
	bool good = query_number(&q, STORE_IS_MADE, &made) &&
	            (made ? check_form(&q) : make_tables(&q));

	return query_end_with(&q, good, NULL);
}

static const struct store_engine *engine_of(const char *where)
{
	return strncmp(where, "postgresql://", 13) == 0 ||
	                       strncmp(where, "postgres://", 11) == 0
	               ? &store_pgsql
	               : &store_sqlite;
}

struct store *store_open(const char *where, char why[STORE_WHY_LEN])
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s) {
		snprintf(why, STORE_WHY_LEN, "memory is short");
		return NULL;
	}
	s->engine = engine_of(where);
	store_links_begin(s);
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
	store_links_end(s);
	if (s->base)
		s->engine->close(s->base);
	free(s);
}

bool store_alive(struct store *s)
{
	struct query q = query_ask_for(s, STORE_READ, STORE_ALIVE_MS);

	query_run(&q, STORE_ALIVE);
	return query_end(&q);
}

/* ---- rows with a key */

bool store_put(struct store *s, const char *kind, const char *name,
               struct assay_bytes body)
{
	struct query q;

	if (!good_key(kind, name) || !store_good_body(body))
		return false;
	q = query_change(s, false);
	query_put_key(&q, kind, name);
	query_put_bytes(&q, body);
	query_run(&q, STORE_PUT);
	return query_end_with(&q, true, kind);
}

static enum store_found get(struct query *q, struct buf *body, const char *kind,
                            const char *name)
{
	enum store_found found;

	query_put_key(q, kind, name);
	found = query_first(q, STORE_GET);
	buf_clear(body);
	if (found == STORE_FOUND)
		query_keep_body(q, body);
	return query_got(q, found);
}

/* NONE: it was not there, and is now. */
static enum store_found add(struct query *q, const char *kind, const char *name,
                            struct assay_bytes body)
{
	enum store_found there;

	query_put_key(q, kind, name);
	query_put_bytes(q, body);
	there = query_first(q, STORE_PUT_NEW);
	there = there == STORE_FOUND ? STORE_NONE : STORE_FOUND;
	return query_got(q, there);
}

enum store_found store_put_new(struct store *s, const char *kind,
                               const char *name, struct buf *body)
{
	enum store_found there;
	struct query q;

	if (!good_key(kind, name) || !store_good_body(buf_bytes(body)))
		return whole(body, STORE_FAILED);
	q = query_change(s, false);
	there = add(&q, kind, name, buf_bytes(body));
	if (there == STORE_FOUND && get(&q, body, kind, name) == STORE_NONE)
		q.good = store_fail("%s was dropped meanwhile; try again",
		                    name);
	if (!query_end_with(&q, true, there == STORE_NONE ? kind : NULL))
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
	q = query_ask(s, STORE_READ);
	found = get(&q, body, kind, name);
	query_end(&q);
	return whole(body, found);
}

bool store_drop(struct store *s, const char *kind, const char *name)
{
	struct query q;

	if (!good_key(kind, name))
		return false;
	q = query_change(s, false);
	query_put_key(&q, kind, name);
	query_run(&q, STORE_DROP);
	return query_end_with(&q, true, kind);
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
	w = walk_begin(s);
	do {
		query_put_key(&w.q, kind, name);
		walk_page(&w, STORE_EACH, UINT64_MAX);
		while (walk_row(&w)) {
			query_get_text(&w.q, name, sizeof(name), "name");
			body = query_get_body(&w.q);
			w.go_on = w.q.good && each(arg, name, body);
		}
	} while (walk_on(&w));
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
	if (!good_key(kind, name) || !good_name(by) || !store_good_body(body))
		return false;
	q = query_change(s, true);
	query_put_key(&q, kind, name);
	query_put_number(&q, now);
	query_put_text(&q, by);
	query_put_bytes(&q, body);
	found = query_first(&q, STORE_ADD_VERSION);
	if (found == STORE_FOUND)
		*number = (unsigned)query_get_number(&q, UINT32_MAX, "version");
	found = query_got(&q, found);
	if (query_end_with(&q, found == STORE_FOUND, kind))
		return true;
	*number = 0;
	return false;
}

static void read_version(struct query *q, struct store_version *version)
{
	version->number = (unsigned)query_get_number(q, UINT32_MAX, "version");
	version->made = query_get_number(q, INT64_MAX, "time of a version");
	query_get_text(q, version->by, sizeof(version->by), "author");
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
	q = query_ask(s, STORE_READ);
	query_put_key(&q, kind, name);
	query_put_number(&q, number);
	found = query_first(&q, STORE_GET_VERSION);
	if (found == STORE_FOUND) {
		read_version(&q, version);
		query_keep_body(&q, body);
	}
	found = query_got(&q, found);
	query_end(&q);
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
	w = walk_begin(s);
	do {
		query_put_key(&w.q, kind, name);
		walk_page(&w, STORE_EACH_NEWEST, UINT64_MAX);
		while (walk_row(&w)) {
			query_get_text(&w.q, name, sizeof(name), "name");
			read_version(&w.q, &version);
			body = query_get_body(&w.q);
			w.go_on = w.q.good && each(arg, name, &version, body);
		}
	} while (walk_on(&w));
	return walk_end(&w);
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
