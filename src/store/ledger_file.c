/* ledger_file.c - a ledger as a file of SQLite's: its tables and statements, values
 * in and rows out; opened, and its transactions. */
#include "store/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	APPLICATION = 0x41534c47, /* "ASLG": this is a ledger */
	VERSION = 2,              /* of the tables below */
	WAIT_MS = 10000,          /* for another writer */
	BLOB_MAX = 16 << 20,      /* bytes of one value */
};

static const char schema[] =
	"CREATE TABLE maker (one INTEGER PRIMARY KEY CHECK (one = 1),"
	" made INTEGER NOT NULL, published INTEGER NOT NULL,"
	" edition INTEGER NOT NULL, n_processors INTEGER NOT NULL,"
	" n_revoked INTEGER NOT NULL, n_certs INTEGER NOT NULL,"
	" n_families INTEGER NOT NULL, n_evaluations INTEGER NOT NULL,"
	" n_documents INTEGER NOT NULL, rows BLOB NOT NULL,"
	" seal BLOB NOT NULL) STRICT;"
	"CREATE TABLE family (fmspc BLOB PRIMARY KEY, ca INTEGER NOT NULL,"
	" seal BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE TABLE evaluation (number INTEGER PRIMARY KEY,"
	" event INTEGER NOT NULL, standard INTEGER NOT NULL,"
	" cpusvn BLOB NOT NULL, pcesvn INTEGER NOT NULL,"
	" advisory TEXT NOT NULL, seal BLOB NOT NULL) STRICT;"
	"CREATE TABLE processor (id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE, ppid BLOB NOT NULL UNIQUE,"
	" rpk BLOB NOT NULL, fmspc BLOB NOT NULL REFERENCES family,"
	" piid BLOB NOT NULL, cpusvn BLOB NOT NULL, pceid INTEGER NOT NULL,"
	" pcesvn INTEGER NOT NULL, made INTEGER NOT NULL,"
	" revoked INTEGER NOT NULL, seal BLOB NOT NULL) STRICT;"
	"CREATE INDEX revoked ON processor (revoked) WHERE revoked != 0;"
	"CREATE TABLE certificate ("
	" processor INTEGER NOT NULL REFERENCES processor, tcbm BLOB NOT NULL,"
	" serial BLOB NOT NULL UNIQUE, issued INTEGER NOT NULL,"
	" der BLOB NOT NULL, seal BLOB NOT NULL,"
	" PRIMARY KEY (processor, tcbm)) STRICT;"
	"CREATE TABLE document (name TEXT PRIMARY KEY, body BLOB NOT NULL,"
	" seal BLOB NOT NULL) STRICT;";

#define PROCESSOR \
	"SELECT id, name, ppid, rpk, p.fmspc, piid, cpusvn, pceid, pcesvn," \
	" made, revoked, p.seal FROM processor p "
#define CERT \
	"SELECT serial, processor, tcbm, issued, der, seal" \
	" FROM certificate "

static const char *const texts[N_SQL] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_BEGIN_READING] = "BEGIN",
	[SQL_COMMIT] = "COMMIT",
	[SQL_PUT_MAKER] = "REPLACE INTO maker VALUES (1,?,?,?,?,?,?,?,?,?,?,?)",
	[SQL_PUT_FAMILY] = "REPLACE INTO family VALUES (?,?,?)",
	[SQL_PUT_EVALUATION] = "REPLACE INTO evaluation VALUES (?,?,?,?,?,?,?)",
	[SQL_ADD_PROCESSOR] =
		"INSERT INTO processor VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
	[SQL_CHANGE_PROCESSOR] =
		"UPDATE processor SET cpusvn = ?, pcesvn = ?, revoked = ?,"
		" seal = ? WHERE id = ?",
	[SQL_ADD_CERT] = "INSERT INTO certificate VALUES (?,?,?,?,?,?)",
	[SQL_ADD_DOCUMENT] = "INSERT INTO document VALUES (?,?,?)",
	[SQL_DROP_DOCUMENTS] =
		"DELETE FROM document WHERE substr(name, 1, length(?1)) = ?1",
	[SQL_GET_MAKER] = "SELECT made, published, edition, n_processors,"
			  " n_revoked, n_certs, n_families, n_evaluations,"
			  " n_documents, rows, seal FROM maker",
	[SQL_GET_FAMILY] = "SELECT fmspc, ca, seal FROM family"
			   " WHERE fmspc = ?",
	[SQL_GET_NAMED] = PROCESSOR "WHERE name = ?",
	[SQL_GET_PPID] = PROCESSOR "WHERE ppid = ?",
	[SQL_GET_CERT] = CERT "WHERE processor = ? AND tcbm = ?",
	[SQL_GET_DOCUMENT] = "SELECT body, seal FROM document WHERE name = ?",
	[SQL_COUNT] = "SELECT (SELECT count(*) FROM processor),"
		      " (SELECT count(*) FROM processor WHERE revoked != 0),"
		      " (SELECT count(*) FROM certificate),"
		      " (SELECT count(*) FROM family),"
		      " (SELECT count(*) FROM evaluation),"
		      " (SELECT count(*) FROM document)",
	[SQL_VERSION] = "PRAGMA data_version",
	[SQL_EACH_PROCESSOR] = PROCESSOR "ORDER BY id",
	[SQL_EACH_CERT] = CERT "WHERE processor = ? ORDER BY issued, rowid",
	[SQL_EACH_REVOKED] = PROCESSOR "JOIN family f ON f.fmspc = p.fmspc"
				       " WHERE revoked != 0 AND f.ca = ?"
				       " ORDER BY id",
	[SQL_EACH_FAMILY] = "SELECT fmspc, ca, seal FROM family ORDER BY fmspc",
	[SQL_EACH_EVALUATION] =
		"SELECT number, event, standard, cpusvn, pcesvn,"
		" advisory, seal FROM evaluation ORDER BY number",
	/* NOT INDEXED: out of the rows themselves */
	[SQL_EACH_SEAL] = "SELECT seal FROM processor NOT INDEXED UNION ALL"
			  " SELECT seal FROM certificate NOT INDEXED UNION ALL"
			  " SELECT seal FROM family UNION ALL"
			  " SELECT seal FROM evaluation UNION ALL"
			  " SELECT seal FROM document NOT INDEXED",
	[SQL_EACH_DOCUMENT_SEAL] = "SELECT seal FROM document"
				   " WHERE substr(name, 1, length(?1)) = ?1",
};

struct ledger {
	sqlite3 *db;
	sqlite3_stmt *statements[N_SQL]; /* each made when it is first used */
	uint8_t *kept;                   /* bytes that were asked for last */
	char why[LEDGER_WHY_LEN / 2];
};

/* ---- a statement at work: the first that goes wrong sticks */

static bool sql_failed(struct ledger *l)
{
	snprintf(l->why, sizeof(l->why), "the ledger: %s",
	         sqlite3_errmsg(l->db));
	return false;
}

static void go_wrong(struct sql *q)
{
	if (q->statement)
		sqlite3_reset(q->statement);
	q->statement = NULL;
}

struct sql sql_query(struct ledger *l, enum ledger_sql which)
{
	struct sql q = { .ledger = l };

	if (!l->statements[which] &&
	    sqlite3_prepare_v3(l->db, texts[which], -1,
	                       SQLITE_PREPARE_PERSISTENT, &l->statements[which],
	                       NULL) != SQLITE_OK)
		sql_failed(l);
	q.statement = l->statements[which];
	if (q.statement)
		sqlite3_reset(q.statement);
	return q;
}

static void bound(struct sql *q, int status)
{
	if (status == SQLITE_OK)
		return;
	sql_failed(q->ledger);
	go_wrong(q);
}

void sql_put_int(struct sql *q, int64_t value)
{
	if (q->statement)
		bound(q, sqlite3_bind_int64(q->statement, ++q->n, value));
}

void sql_put_blob(struct sql *q, const void *p, size_t n)
{
	if (q->statement)
		bound(q, sqlite3_bind_blob64(q->statement, ++q->n, n ? p : "",
		                             n, SQLITE_TRANSIENT));
}

void sql_put_text(struct sql *q, const char *text)
{
	if (q->statement)
		bound(q, sqlite3_bind_text(q->statement, ++q->n, text, -1,
		                           SQLITE_TRANSIENT));
}

bool sql_run(struct sql *q)
{
	bool done = q->statement && sqlite3_step(q->statement) == SQLITE_DONE;

	if (q->statement && !done)
		sql_failed(q->ledger);
	go_wrong(q);
	return done;
}

enum ledger_found sql_next(struct sql *q)
{
	int status = q->statement ? sqlite3_step(q->statement) : SQLITE_ERROR;

	q->n = 0;
	if (status == SQLITE_ROW)
		return LEDGER_FOUND;
	if (q->statement && status != SQLITE_DONE)
		sql_failed(q->ledger);
	go_wrong(q);
	return status == SQLITE_DONE ? LEDGER_NONE : LEDGER_FAILED;
}

/* Every table has typed columns: another form than was written is tampering. */
static void bad_form(struct sql *q)
{
	snprintf(q->ledger->why, sizeof(q->ledger->why),
	         "the ledger: %s: a value has not the form that was written",
	         sqlite3_column_name(q->statement, q->n));
	go_wrong(q);
}

int64_t sql_get_int(struct sql *q, int64_t most)
{
	int64_t value = 0;

	if (!q->statement)
		return 0;
	value = sqlite3_column_int64(q->statement, q->n);
	if (sqlite3_column_type(q->statement, q->n) != SQLITE_INTEGER ||
	    value < 0 || value > most) {
		bad_form(q);
		return 0;
	}
	q->n++;
	return value;
}

struct assay_bytes sql_get_bytes(struct sql *q)
{
	struct assay_bytes bytes = { 0 };

	if (!q->statement)
		return bytes;
	bytes.ptr = sqlite3_column_blob(q->statement, q->n);
	bytes.len = (size_t)sqlite3_column_bytes(q->statement, q->n);
	q->n++;
	return bytes;
}

void sql_get_blob(struct sql *q, uint8_t *out, size_t n)
{
	struct assay_bytes bytes = sql_get_bytes(q);

	if (q->statement && bytes.len != n) {
		q->n--;
		bad_form(q);
	}
	if (q->statement)
		memcpy(out, bytes.ptr, n);
}

void sql_get_text(struct sql *q, char *out, size_t size)
{
	struct assay_bytes bytes = sql_get_bytes(q);

	if (q->statement && (bytes.len >= size ||
	                     (bytes.len && memchr(bytes.ptr, 0, bytes.len)))) {
		q->n--;
		bad_form(q);
	}
	if (!q->statement)
		return;
	if (bytes.len)
		memcpy(out, bytes.ptr, bytes.len);
	out[bytes.len] = 0;
}

enum ledger_found sql_got(struct sql *q, enum ledger_found found)
{
	if (found == LEDGER_FOUND && !q->statement)
		found = LEDGER_FAILED;
	go_wrong(q);
	return found;
}

void sql_keep(struct sql *q, struct assay_bytes *bytes)
{
	struct ledger *l = q->ledger;

	if (!q->statement)
		return;
	free(l->kept);
	l->kept = malloc(bytes->len + 1);
	if (!l->kept) {
		snprintf(l->why, sizeof(l->why), "memory is short");
		go_wrong(q);
		return;
	}
	if (bytes->len)
		memcpy(l->kept, bytes->ptr, bytes->len);
	bytes->ptr = l->kept;
}

bool sql_more(struct sql *q, bool *go_on)
{
	enum ledger_found found = *go_on ? sql_next(q) : LEDGER_FAILED;

	if (found == LEDGER_FAILED)
		*go_on = false;
	if (found != LEDGER_FOUND)
		go_wrong(q);
	return found == LEDGER_FOUND;
}

/* ---- opening */

static bool execute(struct ledger *l, const char *sql)
{
	return sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK ||
	       sql_failed(l);
}

static bool pragma_is(struct ledger *l, const char *sql, int want)
{
	sqlite3_stmt *s = NULL;
	bool same = sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) == SQLITE_OK &&
	            sqlite3_step(s) == SQLITE_ROW &&
	            sqlite3_column_int(s, 0) == want;

	if (!s || sqlite3_errcode(l->db) != SQLITE_ROW)
		sql_failed(l);
	else if (!same)
		snprintf(l->why, sizeof(l->why),
		         "it is no ledger of this version");
	sqlite3_finalize(s);
	return same;
}

/* The file is its owner's alone: it holds the provisioning keys.  SQLite gives
 * its own files beside it the same mode. */
static bool make_file(struct ledger *l, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0) {
		snprintf(l->why, sizeof(l->why), "%s", strerror(errno));
		return false;
	}
	return close(fd) == 0;
}

static bool open_file(struct ledger *l, const char *path)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW |
	                  SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

	if (sqlite3_open_v2(path, &l->db, flags, NULL) != SQLITE_OK)
		return sql_failed(l);
	sqlite3_busy_timeout(l->db, WAIT_MS);
	sqlite3_limit(l->db, SQLITE_LIMIT_LENGTH, BLOB_MAX);
	/* whatever stands in the schema of a file that somebody changed, it
	 * is not run */
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(l->db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	return execute(l, "PRAGMA cell_size_check = ON;"
	                  "PRAGMA foreign_keys = ON;"
	                  "PRAGMA synchronous = FULL");
}

static bool create_tables(struct ledger *l)
{
	char marks[96];

	snprintf(marks, sizeof(marks),
	         "PRAGMA application_id = %d; PRAGMA user_version = %d",
	         APPLICATION, VERSION);
	return execute(l, "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE") &&
	       execute(l, schema) && execute(l, marks) && execute(l, "COMMIT");
}

static bool check_tables(struct ledger *l)
{
	return pragma_is(l, "PRAGMA application_id", APPLICATION) &&
	       pragma_is(l, "PRAGMA user_version", VERSION);
}

struct ledger *ledger_open(const char *path, bool create,
                           char why[LEDGER_WHY_LEN])
{
	struct ledger *l = calloc(1, sizeof(*l));

	if (!l) {
		snprintf(why, LEDGER_WHY_LEN, "memory is short");
		return NULL;
	}
	if ((!create || make_file(l, path)) && open_file(l, path) &&
	    (create ? create_tables(l) : check_tables(l)))
		return l;
	snprintf(why, LEDGER_WHY_LEN, "%.*s: %s", LEDGER_WHY_LEN / 2 - 4, path,
	         l->why);
	ledger_close(l);
	return NULL;
}

void ledger_close(struct ledger *l)
{
	if (!l)
		return;
	for (unsigned i = 0; i < N_SQL; i++)
		sqlite3_finalize(l->statements[i]);
	sqlite3_close(l->db);
	free(l->kept);
	free(l);
}

const char *ledger_why(const struct ledger *l)
{
	return l->why;
}

bool ledger_begin(struct ledger *l)
{
	struct sql q = sql_query(l, SQL_BEGIN);

	return sql_run(&q);
}

bool ledger_begin_reading(struct ledger *l)
{
	struct sql q = sql_query(l, SQL_BEGIN_READING);

	return sql_run(&q);
}

bool ledger_commit(struct ledger *l)
{
	struct sql q = sql_query(l, SQL_COMMIT);

	return sql_run(&q);
}

void ledger_abort(struct ledger *l)
{
	/* it is no failure that SQLite rolled back by itself */
	if (!sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
}
