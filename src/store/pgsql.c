/* pgsql.c - a store in a database of PostgreSQL's, which several nodes share. */
#include "store/pgsql.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OID_NUMBER = 20, /* int8 */
	OID_BYTES = 17,  /* bytea */
	GRACE_MS = 1000, /* so that the server says first what takes long */
	QUEUE_MAX = 64, /* statements that were sent before an answer is read */
};

static const char *const texts[N_STORE_SQL] = {
#define BYTES "bytea NOT NULL"
#define NUMBER "bigint NOT NULL"
#define SAME(name, text) [STORE_##name] = (text),
#define BOTH(name, sqlite, pgsql) [STORE_##name] = (pgsql),
#define TABLE(name, text) [STORE_##name] = "CREATE TABLE " text,
#include "store/sql.def"
#undef TABLE
#undef BOTH
#undef SAME
#undef NUMBER
#undef BYTES
};

struct database {
	char *where;
	struct pg_watch *watch;
};

struct link {
	struct database *database;
	PGconn *conn;
	PGresult *row; /* the present one, or NULL */
	bool prepared[N_STORE_SQL];
	bool at_work; /* there may be more results */
	unsigned n_queued;
	bool lost;
	int64_t until;
};

/* ---- statements */

static bool take_result(struct link *l, PGresult **result)
{
	if (pg_result(result, l->conn, l->until)) {
		l->at_work = *result;
		return true;
	}
	l->at_work = false;
	l->lost = true;
	return false;
}

static void finish(void *link)
{
	struct link *l = link;

	do {
		PQclear(l->row);
		l->row = NULL;
	} while (l->at_work && take_result(l, &l->row) && l->row);
}

static bool prepare(struct link *l, enum store_sql sql,
                    const struct store_value *values, unsigned n)
{
	Oid types[STORE_VALUES_MAX];
	char name[16];
	PGresult *r;
	bool good;

	for (unsigned i = 0; i < n; i++)
		types[i] = values[i].is_number ? OID_NUMBER : OID_BYTES;
	snprintf(name, sizeof(name), "s%d", (int)sql);
	if (!PQsendPrepare(l->conn, name, texts[sql], (int)n, types))
		return pg_failed(l->conn, NULL);
	if (!take_result(l, &r))
		return false;
	good = PQresultStatus(r) == PGRES_COMMAND_OK || pg_failed(l->conn, r);
	PQclear(r);
	finish(l);
	l->prepared[sql] = good;
	return good;
}

static bool send(struct link *l, enum store_sql sql,
                 const struct store_value *values, unsigned n)
{
	const char *parts[STORE_VALUES_MAX];
	uint8_t numbers[STORE_VALUES_MAX][8];
	int lengths[STORE_VALUES_MAX], formats[STORE_VALUES_MAX];
	char name[16];

	for (unsigned i = 0; i < n; i++) {
		const struct assay_bytes bytes = values[i].bytes;

		for (unsigned k = 0; k < 8; k++)
			numbers[i][k] = (uint8_t)((uint64_t)values[i].number >>
			                          (56 - 8 * k));
		parts[i] = values[i].is_number ? (const char *)numbers[i]
		           : bytes.len         ? (const char *)bytes.ptr
		                               : "";
		lengths[i] = values[i].is_number ? 8 : (int)bytes.len;
		formats[i] = 1; /* binary */
	}
	snprintf(name, sizeof(name), "s%d", (int)sql);
	return PQsendQueryPrepared(l->conn, name, (int)n, parts, lengths,
	                           formats, 1) ||
	       pg_failed(l->conn, NULL);
}

/* Whether it can be sent. */
static bool ready(struct link *l, enum store_sql sql,
                  const struct store_value *values, unsigned n, int64_t until)
{
	l->until = until + GRACE_MS;
	return l->prepared[sql] || prepare(l, sql, values, n);
}

static bool start(void *link, enum store_sql sql,
                  const struct store_value *values, unsigned n, int64_t until)
{
	struct link *l = link;

	finish(l);
	if (!ready(l, sql, values, n, until) || !send(l, sql, values, n))
		return false;
	l->at_work = true;
	PQsetSingleRowMode(l->conn);
	return true;
}

static enum store_found next(void *link)
{
	struct link *l = link;
	ExecStatusType status;

	PQclear(l->row);
	l->row = NULL;
	if (!l->at_work)
		return STORE_NONE;
	if (!take_result(l, &l->row))
		return STORE_FAILED;
	status = l->row ? PQresultStatus(l->row) : PGRES_COMMAND_OK;
	if (status == PGRES_SINGLE_TUPLE)
		return STORE_FOUND;
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		pg_failed(l->conn, l->row);
		finish(l);
		return STORE_FAILED;
	}
	finish(l);
	return STORE_NONE;
}

/* Reads what was said of all that was sent: each one's result and a NULL, and then
 * that of the sync. */
static bool read_queue(struct link *l)
{
	bool good = true, more = true;
	ExecStatusType status;
	PGresult *r;

	while (more) {
		if (!take_result(l, &r))
			return false;
		if (!r)
			continue;
		status = PQresultStatus(r);
		more = status != PGRES_PIPELINE_SYNC;
		if (good && more && status != PGRES_COMMAND_OK)
			good = pg_failed(l->conn, r);
		PQclear(r);
	}
	l->at_work = false;
	return good;
}

static bool settle(void *link)
{
	struct link *l = link;
	bool good;

	if (!l->n_queued)
		return true;
	l->n_queued = 0;
	if (!PQpipelineSync(l->conn))
		return pg_failed(l->conn, NULL);
	good = read_queue(l);
	if (!l->lost && !PQexitPipelineMode(l->conn))
		good = pg_failed(l->conn, NULL);
	return good;
}

static bool queue(void *link, enum store_sql sql,
                  const struct store_value *values, unsigned n, int64_t until)
{
	struct link *l = link;

	if (l->n_queued == QUEUE_MAX && !settle(l))
		return false;
	if (!l->n_queued &&
	    (!ready(l, sql, values, n, until) || !PQenterPipelineMode(l->conn)))
		return false;
	l->until = until + GRACE_MS;
	l->n_queued++;
	return send(l, sql, values, n);
}

static bool has(const struct link *l, int column, Oid type)
{
	return column < PQnfields(l->row) && PQftype(l->row, column) == type &&
	       !PQgetisnull(l->row, 0, column);
}

static bool get_number(void *link, int column, int64_t *number)
{
	struct link *l = link;
	const uint8_t *p;
	uint64_t value = 0;

	if (!has(l, column, OID_NUMBER) || PQgetlength(l->row, 0, column) != 8)
		return false;
	p = (const uint8_t *)PQgetvalue(l->row, 0, column);
	for (unsigned i = 0; i < 8; i++)
		value = value << 8 | p[i];
	*number = (int64_t)value;
	return true;
}

static bool get_bytes(void *link, int column, struct assay_bytes *bytes)
{
	struct link *l = link;

	if (!has(l, column, OID_BYTES))
		return false;
	bytes->ptr = (const uint8_t *)PQgetvalue(l->row, 0, column);
	bytes->len = (size_t)PQgetlength(l->row, 0, column);
	return true;
}

static bool run(struct link *l, const char *sql)
{
	finish(l);
	return pg_run(l->conn, sql, store_clock() + STORE_WAIT_MS + GRACE_MS);
}

/* The lock is let go by whatever ends the transaction. */
static bool begin(void *link, bool alone)
{
	return run(link, alone ? "BEGIN; SELECT pg_advisory_xact_lock" PG_LOCK(
					 "' alone'")
	                       : "BEGIN");
}

static bool commit(void *link, const char *kind)
{
	struct link *l = link;
	char sql[100] = "COMMIT";

	if (kind)
		snprintf(sql, sizeof(sql), "NOTIFY assay_change, '%s'; COMMIT",
		         kind);
	if (!run(l, sql))
		return false;
	if (kind)
		pg_watch_changed(l->database->watch, kind);
	return true;
}

static void rollback(void *link)
{
	struct link *l = link;

	finish(l);
	/* one that is lost is closed, and the server rolls back */
	if (PQstatus(l->conn) != CONNECTION_OK ||
	    !pg_run(l->conn, "ROLLBACK", l->until))
		l->lost = true;
}

/* ---- links */

static void disconnect(void *link)
{
	struct link *l = link;

	PQclear(l->row);
	PQfinish(l->conn);
	free(l);
}

static void *connect_database(void *base, int64_t until)
{
	struct link *l = calloc(1, sizeof(*l));

	if (!l) {
		store_fail("memory is short");
		return NULL;
	}
	l->database = base;
	l->conn = pg_connect(l->database->where, until);
	if (l->conn)
		return l;
	disconnect(l);
	return NULL;
}

/* A server that says something unasked says that it ends. */
static bool usable(void *link)
{
	struct link *l = link;
	struct pollfd p = { .fd = PQsocket(l->conn), .events = POLLIN };

	return !l->lost && PQstatus(l->conn) == CONNECTION_OK &&
	       PQtransactionStatus(l->conn) == PQTRANS_IDLE &&
	       poll(&p, 1, 0) == 0;
}

static void close_database(void *base)
{
	struct database *d = base;

	pg_watch_stop(d->watch);
	free(d->where);
	free(d);
}

static void *open_database(const char *where)
{
	struct database *d;

	if (!pg_address(where))
		return NULL;
	d = calloc(1, sizeof(*d));
	if (d && (d->where = strdup(where)) &&
	    (d->watch = pg_watch_start(d->where)))
		return d;
	store_fail("memory is short");
	if (d)
		close_database(d);
	return NULL;
}

static uint64_t change(void *base, const char *kind)
{
	struct database *d = base;

	return pg_watch_change(d->watch, kind);
}

static bool lead(void *base, const char *what)
{
	struct database *d = base;

	return pg_watch_lead(d->watch, what);
}

const struct store_engine store_pgsql = {
	.most = { [STORE_READ] = 4, [STORE_WRITE] = 4 },
	.open = open_database,
	.close = close_database,
	.connect = connect_database,
	.disconnect = disconnect,
	.usable = usable,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.start = start,
	.next = next,
	.queue = queue,
	.settle = settle,
	.get_number = get_number,
	.get_bytes = get_bytes,
	.finish = finish,
	.change = change,
	.lead = lead,
};
