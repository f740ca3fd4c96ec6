/*
 * engine.h - what a database does for a store: connections ("links"), and
 * statements on them.  What the statements are, and what is made of their rows,
 * is the same for all of them: query.c, and the files that use it.
 */
#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include "store/store.h"

enum store_sql {
#define SAME(name, text) STORE_##name,
#define BOTH(name, sqlite, pgsql) STORE_##name,
#define TABLE(name, text) STORE_##name,
#include "store/sql.def"
#undef TABLE
#undef BOTH
#undef SAME
	N_STORE_SQL
};

/* A value that is given to a statement: bytes, or a number. */
struct store_value {
	bool is_number;
	int64_t number;
	struct assay_bytes bytes;
};

/* What of `what` a link is made for; the bounds of both pools are the engine's. */
enum store_pool { STORE_READ, STORE_WRITE, N_STORE_POOLS };

enum {
	STORE_WAIT_MS = 10000, /* for a link, a lock, an answer */
	STORE_ALIVE_MS = 1000, /* for an answer of store_alive */
	STORE_N_SLOTS = 64,    /* of numbers that tell of changes */
	STORE_N_LEADS = 8,
	STORE_VALUES_MAX = 9,
};

/*
 * An engine's functions.  `base` is what its links share; a link is used by one
 * thread at a time, and has one statement at work.  Who fails says why with
 * store_fail.
 */
struct store_engine {
	unsigned most[N_STORE_POOLS]; /* links that may be open */

	void *(*open)(const char *where);
	void (*close)(void *base);
	void *(*connect)(void *base, int64_t until);
	void (*disconnect)(void *link);
	/* Whether it may be used again. */
	bool (*usable)(void *link);

	/* `alone`: nobody else, on any node, is between such a begin and its
	 * end. */
	bool (*begin)(void *link, bool alone);
	/* `kind`: of the rows that were changed, or NULL. */
	bool (*commit)(void *link, const char *kind);
	/* Is called after a failed commit, too. */
	void (*rollback)(void *link);

	/* Every statement that was started is finished.  `until`: when it has to
	 * have answered. */
	bool (*start)(void *link, enum store_sql sql,
	              const struct store_value *values, unsigned n,
	              int64_t until);
	enum store_found (*next)(void *link);
	/* For many of one sort, without rows: whether they went well is known when `settle`
	 * says so. */
	bool (*queue)(void *link, enum store_sql sql,
	              const struct store_value *values, unsigned n,
	              int64_t until);
	bool (*settle)(void *link);
	/* Of the present row; false: it has another type. */
	bool (*get_number)(void *link, int column, int64_t *number);
	bool (*get_bytes)(void *link, int column, struct assay_bytes *bytes);
	void (*finish)(void *link);

	uint64_t (*change)(void *base, const char *kind);
	bool (*lead)(void *base, const char *what);
};

extern const struct store_engine store_sqlite, store_pgsql;

/* Why this thread's call failed, in one line; false. */
bool store_fail(const char *fmt, ...) ASSAY_PRINTF(1, 2);
/* Milliseconds of a clock that nobody sets. */
int64_t store_clock(void);
/* Which of STORE_N_SLOTS numbers tells of changes of `kind`. */
unsigned store_slot(struct assay_bytes kind);

#endif
