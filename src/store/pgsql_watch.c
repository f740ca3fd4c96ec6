/*
 * pgsql_watch.c - a connection of its own that hears of changes, and holds the
 * locks of what this node leads in: a lock lasts as long as its connection, and
 * the connection is asked every second or two whether it still is one.
 */
#include "store/pgsql.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	PING_MS = 1000,
	ANSWER_MS = 3000, /* for the server */
	TRUST_MS = 4500,  /* after its last answer, what was true may not be */
	FIRST_MS = 2000,  /* for who asks the first time */
	WHAT_MAX = 33,
};

struct lead {
	char what[WHAT_MAX];
	bool asked, held; /* the server was asked, and said yes */
};

struct pg_watch {
	const char *where;
	pthread_t thread;
	int wake; /* an eventfd */
	atomic_bool stop;
	atomic_uint_fast64_t changes[STORE_N_SLOTS];

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t answered;
	struct lead leads[STORE_N_LEADS];
	unsigned n_leads;
	int64_t heard; /* when the server answered last */

	PGconn *conn; /* the thread's alone */
};

/* ---- what the thread does */

static void tell_all(struct pg_watch *w)
{
	for (unsigned i = 0; i < STORE_N_SLOTS; i++)
		w->changes[i]++;
}

static void lose(struct pg_watch *w)
{
	PQfinish(w->conn);
	w->conn = NULL;
	pthread_mutex_lock(&w->lock);
	for (unsigned i = 0; i < w->n_leads; i++)
		w->leads[i].held = false;
	pthread_mutex_unlock(&w->lock);
}

/* Whatever happened while nobody listened. */
static void attach(struct pg_watch *w)
{
	w->conn = pg_connect(w->where, store_clock());
	if (!w->conn)
		return;
	if (pg_run(w->conn, "LISTEN assay_change", store_clock() + ANSWER_MS))
		tell_all(w);
	else
		lose(w);
}

static bool hear(struct pg_watch *w)
{
	PGnotify *n;

	if (!PQconsumeInput(w->conn))
		return false;
	while ((n = PQnotifies(w->conn))) {
		w->changes[store_slot(buf_text(n->extra))]++;
		PQfreemem(n);
	}
	return PQstatus(w->conn) == CONNECTION_OK;
}

/* One row with one value, of type bool as text: 't'. */
static bool ask(struct pg_watch *w, const char *sql, bool *yes)
{
	bool good = PQsendQuery(w->conn, sql);
	PGresult *r = NULL;

	*yes = false;
	while (good &&
	       (good = pg_result(&r, w->conn, store_clock() + ANSWER_MS)) &&
	       r) {
		good = PQresultStatus(r) == PGRES_TUPLES_OK &&
		       PQntuples(r) == 1;
		*yes = good && PQgetvalue(r, 0, 0)[0] == 't';
		PQclear(r);
	}
	return good;
}

static bool try_lead(struct pg_watch *w, struct lead *lead)
{
	char sql[200];
	bool held;

	snprintf(sql, sizeof(sql),
	         "SELECT pg_try_advisory_lock" PG_LOCK("' lead %s'"),
	         lead->what);
	if (!ask(w, sql, &held))
		return false;
	pthread_mutex_lock(&w->lock);
	lead->held = held;
	lead->asked = true;
	w->heard = store_clock();
	pthread_cond_broadcast(&w->answered);
	pthread_mutex_unlock(&w->lock);
	return true;
}

static bool ping(struct pg_watch *w)
{
	bool yes;

	if (!ask(w, "SELECT true", &yes) || !yes)
		return false;
	pthread_mutex_lock(&w->lock);
	w->heard = store_clock();
	pthread_mutex_unlock(&w->lock);
	return true;
}

/* What is led in by others is asked for again and again. */
static bool attend(struct pg_watch *w)
{
	unsigned n;

	pthread_mutex_lock(&w->lock);
	n = w->n_leads;
	pthread_mutex_unlock(&w->lock);
	for (unsigned i = 0; i < n; i++)
		if (!w->leads[i].held && !try_lead(w, &w->leads[i]))
			return false;
	if (store_clock() - w->heard >= PING_MS && !ping(w))
		return false;
	/* last: answers may have brought news along */
	return hear(w);
}

static void rest(struct pg_watch *w)
{
	struct pollfd p[2] = { { .fd = w->wake, .events = POLLIN },
		               { .fd = -1, .events = POLLIN } };
	uint64_t n;

	if (w->conn)
		p[1].fd = PQsocket(w->conn);
	if (poll(p, 2, PING_MS) > 0 && (p[0].revents & POLLIN) &&
	    read(w->wake, &n, sizeof(n)) != sizeof(n))
		w->stop = true;
}

static void *watching(void *arg)
{
	struct pg_watch *w = arg;

	while (!w->stop) {
		if (!w->conn)
			attach(w);
		if (w->conn && !attend(w))
			lose(w);
		rest(w);
	}
	return NULL;
}

/* ---- what others ask */

static void wake(struct pg_watch *w)
{
	const uint64_t one = 1;

	/* it fails only if it was woken many times */
	if (write(w->wake, &one, sizeof(one)) < 0)
		return;
}

static void make_locks(struct pg_watch *w)
{
	pthread_condattr_t clock;

	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&w->answered, &clock);
	pthread_condattr_destroy(&clock);
}

static void free_watch(struct pg_watch *w)
{
	PQfinish(w->conn);
	if (w->wake >= 0)
		close(w->wake);
	pthread_cond_destroy(&w->answered);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

/* Signals are for the program's own threads. */
static bool start_thread(struct pg_watch *w)
{
	sigset_t all, before;
	bool good;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	good = pthread_create(&w->thread, NULL, watching, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return good;
}

struct pg_watch *pg_watch_start(const char *where)
{
	struct pg_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->where = where;
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	make_locks(w);
	if (w->wake >= 0 && start_thread(w))
		return w;
	free_watch(w);
	return NULL;
}

void pg_watch_stop(struct pg_watch *w)
{
	if (!w)
		return;
	w->stop = true;
	wake(w);
	pthread_join(w->thread, NULL);
	free_watch(w);
}

void pg_watch_changed(struct pg_watch *w, const char *kind)
{
	w->changes[store_slot(buf_text(kind))]++;
}

uint64_t pg_watch_change(struct pg_watch *w, const char *kind)
{
	return w->changes[store_slot(buf_text(kind))];
}

static struct lead *find_lead(struct pg_watch *w, const char *what)
{
	struct lead *lead;

	for (unsigned i = 0; i < w->n_leads; i++)
		if (strcmp(w->leads[i].what, what) == 0)
			return &w->leads[i];
	if (w->n_leads == STORE_N_LEADS)
		return NULL;
	lead = &w->leads[w->n_leads++];
	snprintf(lead->what, sizeof(lead->what), "%s", what);
	return lead;
}

/* The first time, the server's answer is waited for. */
static void wait_asked(struct pg_watch *w, const struct lead *lead)
{
	const int64_t until = store_clock() + FIRST_MS;
	const struct timespec at = { (time_t)(until / 1000),
		                     (long)(until % 1000) * 1000000 };

	wake(w);
	while (!lead->asked &&
	       pthread_cond_timedwait(&w->answered, &w->lock, &at) == 0)
		;
}

bool pg_watch_lead(struct pg_watch *w, const char *what)
{
	struct lead *lead;
	unsigned before;
	bool leads;

	pthread_mutex_lock(&w->lock);
	before = w->n_leads;
	lead = find_lead(w, what);
	if (lead && w->n_leads > before)
		wait_asked(w, lead);
	leads = lead && lead->held && store_clock() - w->heard < TRUST_MS;
	pthread_mutex_unlock(&w->lock);
	if (!lead)
		return store_fail("at most %d things are led", STORE_N_LEADS);
	return leads || store_fail("another node leads in %s, or the database "
	                           "does not answer",
	                           what);
}
