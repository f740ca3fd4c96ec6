/* pgsql.h - connections to PostgreSQL on which nobody waits without end. */
#ifndef STORE_PGSQL_H
#define STORE_PGSQL_H

#include "store/engine.h"

#include <postgresql/libpq-fe.h>

/* The first half of the keys of our advisory locks, and the second, which is
 * another in each schema, from a text between quotes. */
#define PG_LOCK(text) "(1095979865, hashtext(current_schema() || " text "))"

/* Whether it is an address, and all of it is read the way it was meant. */
bool pg_address(const char *where);
/* Tries until then, while the server is not there or not ready; NULL. */
PGconn *pg_connect(const char *where, int64_t until);
/* Says why the result, or the connection where that is NULL, is none; false. */
bool pg_failed(PGconn *conn, const PGresult *result);
/* The next result of what was sent; false if it did not come until then: this
 * connection is lost. */
bool pg_result(PGresult **result, PGconn *conn, int64_t until);
/* Does what has no rows that anybody wants. */
bool pg_run(PGconn *conn, const char *sql, int64_t until);

/* ---- a connection of its own that hears of changes, and holds locks as long as
 * this node lives */

struct pg_watch;

struct pg_watch *pg_watch_start(const char *where);
void pg_watch_stop(struct pg_watch *watch);
/* This node changed something. */
void pg_watch_changed(struct pg_watch *watch, const char *kind);
uint64_t pg_watch_change(struct pg_watch *watch, const char *kind);
bool pg_watch_lead(struct pg_watch *watch, const char *what);

#endif
