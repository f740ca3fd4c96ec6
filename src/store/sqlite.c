/* sqlite.c - a store in a file of SQLite's, which several processes of this
 * machine may share. */
#include "store/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BLOB_MAX = 16 << 20, /* bytes of one value */
	WAL_TRIES = 200,     /* of 50 ms, while others make the same file */
	WHAT_MAX = 33,
};

/* What tells SQLite's files of changes: a number for each kind. */
#define MAKE_CHANGE \
	"CREATE TABLE IF NOT EXISTS assay_change (kind BLOB PRIMARY KEY," \
	" number INTEGER NOT NULL) STRICT"
#define CHANGED \
	"INSERT INTO assay_change AS c VALUES (?1, 1)" \
	" ON CONFLICT (kind) DO UPDATE SET number = c.number + 1"

/* The engine's own statements are behind those of sql.def. */
enum own_sql {
	BEGIN = N_STORE_SQL,
	COMMIT,
	ADD_CHANGE,
	DATA_VERSION,
	ALL_CHANGES,
	N_SQL
};

static const char *const texts[N_SQL] = {
#define BYTES "BLOB NOT NULL"
#define NUMBER "INTEGER NOT NULL"
#define SAME(name, text) [STORE_##name] = (text),
#define BOTH(name, sqlite, pgsql) [STORE_##name] = (sqlite),
#define TABLE(name, text) [STORE_##name] = "CREATE TABLE " text " STRICT",
#include "store/sql.def"
#undef TABLE
#undef BOTH
#undef SAME
#undef NUMBER
#undef BYTES
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ADD_CHANGE] = CHANGED,
	[DATA_VERSION] = "PRAGMA data_version",
	[ALL_CHANGES] = "SELECT kind, number FROM assay_change",
};

struct file;

struct link {
	struct file *file;
	sqlite3 *db;
	sqlite3_stmt *statements[N_SQL]; /* each made when it is first used */
	sqlite3_stmt *now;               /* the one at work, or NULL */
};

/* Somebody leads who has the lock of a file. */
struct lead {
	char what[WHAT_MAX];
	int fd; /* -1: another has it */
};

struct file {
	char path[PATH_MAX];
	dev_t dev; /* of what is there */
	ino_t ino;
	pthread_mutex_t lock; /* of what follows */
	struct link *watch;
	int64_t version; /* of all data, when it was looked at; -1: not yet */
	int64_t looked;  /* when that was, ms; -1: to be looked at anew */
	uint64_t changes[STORE_N_SLOTS];
	struct lead leads[STORE_N_LEADS];
	unsigned n_leads;
};

/* ---- what went wrong, and what to do */

static const struct {
	int status;
	const char *advice;
} advices[] = {
	{ SQLITE_FULL, "; nothing was changed: make room on its disk" },
	{ SQLITE_BUSY, "; another process writes for long: ask again" },
	{ SQLITE_READONLY, "; the file and its folder have to be writable" },
	{ SQLITE_PERM, "; the file and its folder have to be writable" },
	{ SQLITE_CANTOPEN, "; its folder has to be there, and writable" },
	{ SQLITE_IOERR, "; look at its disk (dmesg), nothing was changed" },
	{ SQLITE_CORRUPT, "; it is damaged: restore it from a backup" },
	{ SQLITE_NOTADB, "; use another file, or none: one is made" },
};

static bool failed(const struct link *l)
{
	const int status = sqlite3_errcode(l->db) & 0xff;
	const char *advice = "";

	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (advices[i].status == status)
			advice = advices[i].advice;
	return store_fail("%.100s: %.80s%s", l->file->path,
	                  sqlite3_errmsg(l->db), advice);
}

/* ---- statements */

static void finish(void *link)
{
	struct link *l = link;

	if (l->now)
		sqlite3_reset(l->now);
	l->now = NULL;
}

static bool bind(sqlite3_stmt *s, int at, const struct store_value *v)
{
	const struct assay_bytes bytes = v->bytes;

	if (v->is_number)
		return sqlite3_bind_int64(s, at, v->number) == SQLITE_OK;
	return sqlite3_bind_blob64(s, at,
	                           bytes.len ? (const void *)bytes.ptr : "",
	                           bytes.len, SQLITE_TRANSIENT) == SQLITE_OK;
}

static bool start_own(struct link *l, unsigned which,
                      const struct store_value *values, unsigned n)
{
	finish(l);
	if (!l->statements[which] &&
	    sqlite3_prepare_v3(l->db, texts[which], -1,
	                       SQLITE_PREPARE_PERSISTENT, &l->statements[which],
	                       NULL) != SQLITE_OK)
		return failed(l);
	l->now = l->statements[which];
	for (unsigned i = 0; i < n; i++)
		if (!bind(l->now, (int)i + 1, &values[i]))
			return failed(l);
	return true;
}

/* `until`: SQLite waits for nobody but another writer, WAIT_MS at most. */
static bool start(void *link, enum store_sql sql,
                  const struct store_value *values, unsigned n, int64_t until)
{
	(void)until;
	return start_own(link, sql, values, n);
}

static enum store_found next(void *link)
{
	struct link *l = link;
	int status;

	if (!l->now)
		return STORE_NONE;
	status = sqlite3_step(l->now);
	if (status == SQLITE_ROW)
		return STORE_FOUND;
	if (status != SQLITE_DONE)
		failed(l);
	finish(l);
	return status == SQLITE_DONE ? STORE_NONE : STORE_FAILED;
}

static bool run(struct link *l, unsigned which,
                const struct store_value *values, unsigned n)
{
	return start_own(l, which, values, n) && next(l) == STORE_NONE;
}

/* Nothing is gained by waiting. */
static bool queue(void *link, enum store_sql sql,
                  const struct store_value *values, unsigned n, int64_t until)
{
	(void)until;
	return run(link, sql, values, n);
}

static bool settle(void *link)
{
	(void)link;
	return true;
}

static bool get_number(void *link, int column, int64_t *number)
{
	struct link *l = link;

	*number = sqlite3_column_int64(l->now, column);
	return sqlite3_column_type(l->now, column) == SQLITE_INTEGER;
}

static bool get_bytes(void *link, int column, struct assay_bytes *bytes)
{
	struct link *l = link;

	bytes->ptr = sqlite3_column_blob(l->now, column);
	bytes->len = (size_t)sqlite3_column_bytes(l->now, column);
	return sqlite3_column_type(l->now, column) == SQLITE_BLOB &&
	       (bytes->ptr || !bytes->len);
}

/* SQLite has one writer: it is alone anyway. */
static bool begin(void *link, bool alone)
{
	(void)alone;
	return run(link, BEGIN, NULL, 0);
}

static bool commit(void *link, const char *kind)
{
	const struct store_value v = { .bytes = buf_text(kind ? kind : "") };
	struct file *f = ((struct link *)link)->file;

	if ((kind && !run(link, ADD_CHANGE, &v, 1)) ||
	    !run(link, COMMIT, NULL, 0))
		return false;
	pthread_mutex_lock(&f->lock);
	f->looked = -1;
	pthread_mutex_unlock(&f->lock);
	return true;
}

static void rollback(void *link)
{
	struct link *l = link;

	finish(l);
	/* it is no failure that SQLite rolled back by itself */
	if (!sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- links */

static void disconnect(void *link)
{
	struct link *l = link;

	for (unsigned i = 0; i < N_SQL; i++)
		sqlite3_finalize(l->statements[i]);
	sqlite3_close(l->db);
	free(l);
}

/* What is written to a file that was removed is lost with the process, and SQLite
 * does not look. */
static bool is_there(const struct file *f)
{
	struct stat st;

	return stat(f->path, &st) == 0 && st.st_dev == f->dev &&
	       st.st_ino == f->ino;
}

static bool usable(void *link)
{
	struct link *l = link;

	return sqlite3_get_autocommit(l->db) && is_there(l->file);
}

static bool execute(struct link *l, const char *sql)
{
	return sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       failed(l);
}

/* Others may be making the same file, and SQLite then waits for none. */
static bool use_wal(struct link *l)
{
	int status = SQLITE_BUSY;

	for (unsigned i = 0; i < WAL_TRIES; i++) {
		status = sqlite3_exec(l->db, "PRAGMA journal_mode = WAL", NULL,
		                      NULL, NULL);
		if ((status & 0xff) != SQLITE_BUSY)
			break;
		usleep(50000);
	}
	return status == SQLITE_OK || failed(l);
}

static bool open_db(struct link *l)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	                  SQLITE_OPEN_EXRESCODE;

	if (sqlite3_open_v2(l->file->path, &l->db, flags, NULL) != SQLITE_OK)
		return failed(l);
	sqlite3_busy_timeout(l->db, STORE_WAIT_MS);
	sqlite3_limit(l->db, SQLITE_LIMIT_LENGTH, BLOB_MAX);
	/* whatever stands in the schema of a file that somebody changed, it
	 * is not run */
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	/* FULL: what was confirmed is on the disk */
	return execute(l, "PRAGMA cell_size_check = ON;"
	                  "PRAGMA synchronous = FULL");
}

static void *connect_file(void *base, int64_t until)
{
	struct link *l = calloc(1, sizeof(*l));

	(void)until;
	if (!l) {
		store_fail("memory is short");
		return NULL;
	}
	l->file = base;
	if (!is_there(base))
		store_fail("%.100s was removed, or another put in its place: "
		           "put it back, or stop, and start anew",
		           l->file->path);
	else if (open_db(l))
		return l;
	disconnect(l);
	return NULL;
}

/* ---- opening */

/* The file is its owner's alone: it holds secrets.  SQLite gives its own files
 * beside it the same mode. */
static bool make_file(struct file *f, const char *where)
{
	int fd = open(where, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct stat st;

	if (fd < 0)
		return store_fail("%.150s: %s", where, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return store_fail("%.150s is no regular file", where);
	}
	close(fd);
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	/* whole, so that it stays the same wherever the process goes */
	return realpath(where, f->path) ||
	       store_fail("%.150s: %s", where, strerror(errno));
}

/* A file that holds something else is not touched. */
static bool is_ours(struct link *l)
{
	static const char look[] =
		"SELECT count(*) FROM sqlite_schema HAVING count(*) > 0 AND"
		" sum(name IN ('assay_store', 'assay_change')) = 0";
	sqlite3_stmt *s = NULL;
	int status = SQLITE_ERROR;

	if (sqlite3_prepare_v2(l->db, look, -1, &s, NULL) == SQLITE_OK)
		status = sqlite3_step(s);
	if (status != SQLITE_ROW && status != SQLITE_DONE)
		failed(l);
	if (status == SQLITE_ROW)
		store_fail("%.150s is a database of something else: use "
		           "another file",
		           l->file->path);
	sqlite3_finalize(s);
	return status == SQLITE_DONE;
}

static void close_file(void *base)
{
	struct file *f = base;

	for (unsigned i = 0; i < f->n_leads; i++)
		if (f->leads[i].fd >= 0)
			close(f->leads[i].fd);
	if (f->watch)
		disconnect(f->watch);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

static void *open_file(const char *where)
{
	struct file *f = calloc(1, sizeof(*f));

	if (!f) {
		store_fail("memory is short");
		return NULL;
	}
	pthread_mutex_init(&f->lock, NULL);
	f->version = -1;
	f->looked = -1;
	if (make_file(f, where) && (f->watch = connect_file(f, 0)) &&
	    is_ours(f->watch) && use_wal(f->watch) &&
	    execute(f->watch, MAKE_CHANGE))
		return f;
	close_file(f);
	return NULL;
}

/* ---- what others did */

static bool read_version(struct link *l, int64_t *version)
{
	bool good = start_own(l, DATA_VERSION, NULL, 0) &&
	            next(l) == STORE_FOUND && get_number(l, 0, version);

	finish(l);
	return good;
}

/* Numbers of kinds that share a slot are added: each only grows. */
static bool read_changes(struct file *f)
{
	uint64_t changes[STORE_N_SLOTS] = { 0 };
	struct link *l = f->watch;
	struct assay_bytes kind;
	int64_t number;

	if (!start_own(l, ALL_CHANGES, NULL, 0))
		return false;
	for (;;) {
		enum store_found found = next(l);

		if (found == STORE_NONE)
			break;
		if (found == STORE_FAILED || !get_bytes(l, 0, &kind) ||
		    !get_number(l, 1, &number)) {
			finish(l);
			return false;
		}
		changes[store_slot(kind)] += (uint64_t)number;
	}
	memcpy(f->changes, changes, sizeof(changes));
	return true;
}

/* Reading the version takes longer than all else that is looked up for an answer:
 * once a millisecond is enough.  What this process commits is known at once. */
static void look(struct file *f)
{
	const int64_t now = store_clock();
	int64_t version = -1;

	if (f->looked == now)
		return;
	if (!read_version(f->watch, &version) ||
	    (version != f->version && !read_changes(f)))
		return;
	f->version = version;
	f->looked = now;
}

static uint64_t change(void *base, const char *kind)
{
	struct file *f = base;
	uint64_t number;

	pthread_mutex_lock(&f->lock);
	look(f);
	number = f->changes[store_slot(buf_text(kind))];
	pthread_mutex_unlock(&f->lock);
	return number;
}

static struct lead *find_lead(struct file *f, const char *what)
{
	for (unsigned i = 0; i < f->n_leads; i++)
		if (strcmp(f->leads[i].what, what) == 0)
			return &f->leads[i];
	if (f->n_leads == STORE_N_LEADS)
		return NULL;
	snprintf(f->leads[f->n_leads].what, WHAT_MAX, "%s", what);
	f->leads[f->n_leads].fd = -1;
	return &f->leads[f->n_leads++];
}

/* Whether nobody removed the file, or put another in its place. */
static bool lock_is(int fd, const char *path)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && stat(path, &there) == 0 &&
	       ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

static bool try_lead(const struct file *f, struct lead *lead)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s-lead-%s", f->path, lead->what);
	if (lead->fd >= 0 && lock_is(lead->fd, path))
		return true;
	if (lead->fd >= 0)
		close(lead->fd);
	lead->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (lead->fd < 0)
		return store_fail("%.150s: %s", path, strerror(errno));
	if (flock(lead->fd, LOCK_EX | LOCK_NB) == 0 && lock_is(lead->fd, path))
		return true;
	close(lead->fd);
	lead->fd = -1;
	return store_fail("another process leads in %s", lead->what);
}

static bool lead(void *base, const char *what)
{
	struct file *f = base;
	struct lead *found;
	bool leads;

	pthread_mutex_lock(&f->lock);
	found = find_lead(f, what);
	leads = found ? try_lead(f, found)
	              : store_fail("at most %d things are led", STORE_N_LEADS);
	pthread_mutex_unlock(&f->lock);
	return leads;
}

const struct store_engine store_sqlite = {
	.most = { [STORE_READ] = 8, [STORE_WRITE] = 1 },
	.open = open_file,
	.close = close_file,
	.connect = connect_file,
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
