/* pgsql_conn.c - connections to PostgreSQL on which nobody waits without end. */
#include "store/pgsql.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	CONNECT_MS = 3000, /* for a server that is not there or not ready */
	AGAIN_MS = 100,
	MESSAGE_MAX = 150,
};

/* ---- what went wrong, and what to do */

static const struct {
	const char *state; /* the code's beginning */
	const char *advice;
} advices[] = {
	{ "08", "; see whether its server runs" },
	{ "25006", "; it is a copy that only answers: name the server that "
	           "writes" },
	{ "25P03", "; this process was too slow: try again" },
	{ "42501", "; GRANT it to this user" },
	{ "28P01", "; give one in ~/.pgpass or PGPASSWORD" },
	{ "3F000", "; name a schema that is there (search_path)" },
	{ "42P0", "; its tables were changed: restore them from a backup" },
	{ "42703", "; its tables were changed: restore them from a backup" },
	{ "53100", "; nothing was changed: make room on the server's disk" },
	{ "53300", "; raise max_connections: a node needs nine" },
	{ "55P03", "; others write for long: ask again" },
	{ "57014", "; it is slow: ask again" },
	{ "57P0", "; its server was stopped: ask again" },
	{ "XX00", "; it is damaged: restore it from a backup" },
};

static const char *advice_of(const char *state)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (strncmp(state, advices[i].state,
		            strlen(advices[i].state)) == 0)
			return advices[i].advice;
	return "";
}

/* Of what was said before there was a session. */
static const char *state_of(PGconn *conn, const char *said)
{
	if (PQconnectionNeedsPassword(conn))
		return "28P01";
	return strstr(said, "FATAL") ? "" : "08";
}

/* A server may say anything: its first line, and never the password. */
static void copy_message(char *out, size_t size, const char *said, PGconn *conn)
{
	const char *password = conn ? PQpass(conn) : NULL;
	const size_t n = password ? strlen(password) : 0;

	snprintf(out, size, "%.*s", (int)strcspn(said, "\n"), said);
	for (char *at = out; n && (at = strstr(at, password)); at += n)
		memset(at, '*', n);
}

bool pg_failed(PGconn *conn, const PGresult *result)
{
	const char *state = NULL, *said = NULL;
	char message[1024];

	if (result) {
		state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
		said = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	}
	if (!said || !*said)
		said = PQerrorMessage(conn);
	if (!*said)
		said = "the connection was lost";
	copy_message(message, sizeof(message), said, conn);
	return store_fail("PostgreSQL: %.*s%s", MESSAGE_MAX, message,
	                  advice_of(state ? state : state_of(conn, said)));
}

/* ---- waiting */

/* True: some of what was waited for is there. */
static bool wait_for(PGconn *conn, bool unsent, int64_t until)
{
	struct pollfd p = { .fd = PQsocket(conn),
		            .events = unsent ? POLLIN | POLLOUT : POLLIN };
	const int64_t left = until - store_clock();
	int n = 0;

	if (left > 0)
		n = poll(&p, 1, (int)left);
	if (n == 0)
		return store_fail("PostgreSQL does not answer; see whether its "
		                  "server is overloaded or hangs");
	return n > 0 || errno == EINTR;
}

bool pg_result(PGresult **result, PGconn *conn, int64_t until)
{
	int unsent;

	*result = NULL;
	while ((unsent = PQflush(conn)) > 0 || PQisBusy(conn)) {
		if (!wait_for(conn, unsent > 0, until))
			return false;
		if (!PQconsumeInput(conn))
			return pg_failed(conn, NULL);
	}
	if (unsent < 0)
		return pg_failed(conn, NULL);
	*result = PQgetResult(conn);
	return true;
}

static bool is_good(const PGresult *result)
{
	const ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

bool pg_run(PGconn *conn, const char *sql, int64_t until)
{
	bool good = true;
	PGresult *r;

	if (!PQsendQuery(conn, sql))
		return pg_failed(conn, NULL);
	for (;;) {
		if (!pg_result(&r, conn, until))
			return false;
		if (!r)
			return good;
		if (good && !is_good(r))
			good = pg_failed(conn, r);
		PQclear(r);
	}
}

/* ---- connecting */

/* What a password with signs that mean something becomes is another host, port
 * or name; and those are told in messages. */
static bool read_as_meant(const PQconninfoOption *o)
{
	for (; o->keyword; o++) {
		if (!o->val)
			continue;
		if (strcmp(o->keyword, "port") == 0 &&
		    o->val[strspn(o->val, "0123456789,")])
			return false;
		if ((strcmp(o->keyword, "host") == 0 ||
		     strcmp(o->keyword, "dbname") == 0) &&
		    strchr(o->val, '@'))
			return false;
	}
	return true;
}

bool pg_address(const char *where)
{
	char *said = NULL;
	PQconninfoOption *options = PQconninfoParse(where, &said);
	bool good = options && read_as_meant(options);

	PQconninfoFree(options);
	PQfreemem(said);
	return good ||
	       store_fail("this is no address of a database "
	                  "(postgresql://USER:PASSWORD@HOST/NAME; signs "
	                  "like @ : / %% in a password are written %%40 "
	                  "%%3A %%2F %%25)");
}

static void ignore_notice(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

/* synchronous_commit: what was confirmed is on the disk; an administrator may
 * have asked for more than that */
static bool set_up(PGconn *conn, int64_t until)
{
	static const char settings[] =
		"SET statement_timeout = 10000; SET lock_timeout = 10000;"
		"SET idle_in_transaction_session_timeout = 10000;"
		"SET default_transaction_isolation = 'read committed';"
		"SELECT set_config('synchronous_commit', 'on', false)"
		" WHERE current_setting('synchronous_commit') = 'off'";

	PQsetNoticeProcessor(conn, ignore_notice, NULL);
	return PQsetnonblocking(conn, 1) == 0 && pg_run(conn, settings, until);
}

/* Those before dbname give way to what the address says. */
static const char *const keywords[] = { "connect_timeout",
	                                "keepalives_idle",
	                                "keepalives_interval",
	                                "keepalives_count",
	                                "tcp_user_timeout",
	                                "fallback_application_name",
	                                "dbname",
	                                NULL };

static PGconn *connect_once(const char *where, int64_t until)
{
	const char *const values[] = { "2",     "5",     "2",   "3",
		                       "10000", "assay", where, NULL };
	PGconn *conn = PQconnectdbParams(keywords, values, 1);

	if (!conn)
		store_fail("memory is short");
	else if (PQstatus(conn) != CONNECTION_OK)
		pg_failed(conn, NULL);
	else if (set_up(conn, until))
		return conn;
	PQfinish(conn);
	return NULL;
}

/* A server that is there and refuses us will go on to do so. */
static bool is_there(const char *where)
{
	const char *const values[] = { "2",     "5",     "2",   "3",
		                       "10000", "assay", where, NULL };

	return PQpingParams(keywords, values, 1) == PQPING_OK;
}

PGconn *pg_connect(const char *where, int64_t until)
{
	const int64_t latest = store_clock() + CONNECT_MS;
	unsigned n_refused = 0;
	PGconn *conn;

	if (until > latest)
		until = latest;
	while (!(conn = connect_once(where, latest))) {
		if (store_clock() + AGAIN_MS >= until)
			return NULL;
		n_refused += is_there(where);
		if (n_refused > 1)
			return NULL;
		usleep(AGAIN_MS * 1000);
	}
	return conn;
}
