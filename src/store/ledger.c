/* ledger.c - the ledger in a file of SQLite's. */
#include "store/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
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

enum sql {
	SQL_BEGIN,
	SQL_BEGIN_READING,
	SQL_COMMIT,
	SQL_PUT_MAKER,
	SQL_PUT_FAMILY,
	SQL_PUT_EVALUATION,
	SQL_ADD_PROCESSOR,
	SQL_CHANGE_PROCESSOR,
	SQL_ADD_CERT,
	SQL_ADD_DOCUMENT,
	SQL_DROP_DOCUMENTS,
	SQL_GET_MAKER,
	SQL_GET_FAMILY,
	SQL_GET_NAMED,
	SQL_GET_PPID,
	SQL_GET_CERT,
	SQL_GET_DOCUMENT,
	SQL_COUNT,
	SQL_VERSION,
	SQL_EACH_PROCESSOR,
	SQL_EACH_CERT,
	SQL_EACH_REVOKED,
	SQL_EACH_FAMILY,
	SQL_EACH_EVALUATION,
	SQL_EACH_SEAL,
	SQL_EACH_DOCUMENT_SEAL,
	N_SQL
};

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

struct query {
	struct ledger *ledger;
	sqlite3_stmt *statement; /* NULL: it went wrong */
	int n;                   /* values bound, or columns read */
};

static bool sql_failed(struct ledger *l)
{
	snprintf(l->why, sizeof(l->why), "the ledger: %s",
	         sqlite3_errmsg(l->db));
	return false;
}

static void go_wrong(struct query *q)
{
	if (q->statement)
		sqlite3_reset(q->statement);
	q->statement = NULL;
}

static struct query query(struct ledger *l, enum sql which)
{
	struct query q = { .ledger = l };

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

static void bound(struct query *q, int status)
{
	if (status == SQLITE_OK)
		return;
	sql_failed(q->ledger);
	go_wrong(q);
}

static void put_int(struct query *q, int64_t value)
{
	if (q->statement)
		bound(q, sqlite3_bind_int64(q->statement, ++q->n, value));
}

static void put_blob(struct query *q, const void *p, size_t n)
{
	if (q->statement)
		bound(q, sqlite3_bind_blob64(q->statement, ++q->n, n ? p : "",
		                             n, SQLITE_TRANSIENT));
}

static void put_text(struct query *q, const char *text)
{
	if (q->statement)
		bound(q, sqlite3_bind_text(q->statement, ++q->n, text, -1,
		                           SQLITE_TRANSIENT));
}

/* Does what has no rows. */
static bool run(struct query *q)
{
	bool done = q->statement && sqlite3_step(q->statement) == SQLITE_DONE;

	if (q->statement && !done)
		sql_failed(q->ledger);
	go_wrong(q);
	return done;
}

/* Steps to the next row. */
static enum ledger_found next(struct query *q)
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
static void bad_form(struct query *q)
{
	snprintf(q->ledger->why, sizeof(q->ledger->why),
	         "the ledger: %s: a value has not the form that was written",
	         sqlite3_column_name(q->statement, q->n));
	go_wrong(q);
}

static int64_t get_int(struct query *q, int64_t most)
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

static struct assay_bytes get_bytes(struct query *q)
{
	struct assay_bytes bytes = { 0 };

	if (!q->statement)
		return bytes;
	bytes.ptr = sqlite3_column_blob(q->statement, q->n);
	bytes.len = (size_t)sqlite3_column_bytes(q->statement, q->n);
	q->n++;
	return bytes;
}

static void get_blob(struct query *q, uint8_t *out, size_t n)
{
	struct assay_bytes bytes = get_bytes(q);

	if (q->statement && bytes.len != n) {
		q->n--;
		bad_form(q);
	}
	if (q->statement)
		memcpy(out, bytes.ptr, n);
}

static void get_text(struct query *q, char *out, size_t size)
{
	struct assay_bytes bytes = get_bytes(q);

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

/* What `next` said, once the row was read. */
static enum ledger_found got(const struct query *q, enum ledger_found found)
{
	return found == LEDGER_FOUND && !q->statement ? LEDGER_FAILED : found;
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
	struct query q = query(l, SQL_BEGIN);

	return run(&q);
}

bool ledger_begin_reading(struct ledger *l)
{
	struct query q = query(l, SQL_BEGIN_READING);

	return run(&q);
}

bool ledger_commit(struct ledger *l)
{
	struct query q = query(l, SQL_COMMIT);

	return run(&q);
}

void ledger_abort(struct ledger *l)
{
	/* it is no failure that SQLite rolled back by itself */
	if (!sqlite3_get_autocommit(l->db))
		sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- writing */

bool ledger_put_maker(struct ledger *l, const struct ledger_maker *m)
{
	struct query q = query(l, SQL_PUT_MAKER);

	put_int(&q, m->made);
	put_int(&q, m->published);
	put_int(&q, m->edition);
	put_int(&q, m->n_processors);
	put_int(&q, m->n_revoked);
	put_int(&q, m->n_certs);
	put_int(&q, m->n_families);
	put_int(&q, m->n_evaluations);
	put_int(&q, m->n_documents);
	put_blob(&q, m->rows, sizeof(m->rows));
	put_blob(&q, m->seal, sizeof(m->seal));
	return run(&q);
}

bool ledger_put_family(struct ledger *l, const struct ledger_family *f)
{
	struct query q = query(l, SQL_PUT_FAMILY);

	put_blob(&q, f->fmspc, sizeof(f->fmspc));
	put_int(&q, f->ca);
	put_blob(&q, f->seal, sizeof(f->seal));
	return run(&q);
}

bool ledger_put_evaluation(struct ledger *l, const struct ledger_evaluation *s)
{
	struct query q = query(l, SQL_PUT_EVALUATION);

	put_int(&q, s->number);
	put_int(&q, s->event);
	put_int(&q, s->standard);
	put_blob(&q, s->cpu_svn, sizeof(s->cpu_svn));
	put_int(&q, s->pce_svn);
	put_text(&q, s->advisory);
	put_blob(&q, s->seal, sizeof(s->seal));
	return run(&q);
}

bool ledger_add_processor(struct ledger *l, const struct ledger_processor *p)
{
	struct query q = query(l, SQL_ADD_PROCESSOR);

	put_int(&q, p->id);
	put_text(&q, p->name);
	put_blob(&q, p->ppid, sizeof(p->ppid));
	put_blob(&q, p->rpk, sizeof(p->rpk));
	put_blob(&q, p->fmspc, sizeof(p->fmspc));
	put_blob(&q, p->piid, sizeof(p->piid));
	put_blob(&q, p->cpu_svn, sizeof(p->cpu_svn));
	put_int(&q, p->pce_id);
	put_int(&q, p->pce_svn);
	put_int(&q, p->made);
	put_int(&q, p->revoked);
	put_blob(&q, p->seal, sizeof(p->seal));
	return run(&q);
}

bool ledger_change_processor(struct ledger *l, const struct ledger_processor *p)
{
	struct query q = query(l, SQL_CHANGE_PROCESSOR);

	put_blob(&q, p->cpu_svn, sizeof(p->cpu_svn));
	put_int(&q, p->pce_svn);
	put_int(&q, p->revoked);
	put_blob(&q, p->seal, sizeof(p->seal));
	put_int(&q, p->id);
	return run(&q);
}

bool ledger_add_cert(struct ledger *l, const struct ledger_cert *c)
{
	struct query q = query(l, SQL_ADD_CERT);

	put_int(&q, c->processor);
	put_blob(&q, c->tcbm, sizeof(c->tcbm));
	put_blob(&q, c->serial, sizeof(c->serial));
	put_int(&q, c->issued);
	put_blob(&q, c->der.ptr, c->der.len);
	put_blob(&q, c->seal, sizeof(c->seal));
	return run(&q);
}

bool ledger_add_document(struct ledger *l, const struct ledger_document *d)
{
	struct query q = query(l, SQL_ADD_DOCUMENT);

	put_text(&q, d->name);
	put_blob(&q, d->body.ptr, d->body.len);
	put_blob(&q, d->seal, sizeof(d->seal));
	return run(&q);
}

bool ledger_drop_documents(struct ledger *l, const char *prefix)
{
	struct query q = query(l, SQL_DROP_DOCUMENTS);

	put_text(&q, prefix);
	return run(&q);
}

/* ---- reading */

static void read_processor(struct query *q, struct ledger_processor *p)
{
	memset(p, 0, sizeof(*p));
	p->id = get_int(q, INT64_MAX);
	get_text(q, p->name, sizeof(p->name));
	get_blob(q, p->ppid, sizeof(p->ppid));
	get_blob(q, p->rpk, sizeof(p->rpk));
	get_blob(q, p->fmspc, sizeof(p->fmspc));
	get_blob(q, p->piid, sizeof(p->piid));
	get_blob(q, p->cpu_svn, sizeof(p->cpu_svn));
	p->pce_id = (uint16_t)get_int(q, UINT16_MAX);
	p->pce_svn = (uint16_t)get_int(q, UINT16_MAX);
	p->made = get_int(q, INT64_MAX);
	p->revoked = get_int(q, INT64_MAX);
	get_blob(q, p->seal, sizeof(p->seal));
}

static void read_cert(struct query *q, struct ledger_cert *c)
{
	memset(c, 0, sizeof(*c));
	get_blob(q, c->serial, sizeof(c->serial));
	c->processor = get_int(q, INT64_MAX);
	get_blob(q, c->tcbm, sizeof(c->tcbm));
	c->issued = get_int(q, INT64_MAX);
	c->der = get_bytes(q);
	get_blob(q, c->seal, sizeof(c->seal));
}

static void read_family(struct query *q, struct ledger_family *f)
{
	memset(f, 0, sizeof(*f));
	get_blob(q, f->fmspc, sizeof(f->fmspc));
	f->ca = (uint8_t)get_int(q, UINT8_MAX);
	get_blob(q, f->seal, sizeof(f->seal));
}

static void read_evaluation(struct query *q, struct ledger_evaluation *s)
{
	memset(s, 0, sizeof(*s));
	s->number = (uint32_t)get_int(q, UINT32_MAX);
	s->event = get_int(q, INT64_MAX);
	s->standard = get_int(q, INT64_MAX);
	get_blob(q, s->cpu_svn, sizeof(s->cpu_svn));
	s->pce_svn = (uint16_t)get_int(q, UINT16_MAX);
	get_text(q, s->advisory, sizeof(s->advisory));
	get_blob(q, s->seal, sizeof(s->seal));
}

enum ledger_found ledger_get_maker(struct ledger *l, struct ledger_maker *m)
{
	struct query q = query(l, SQL_GET_MAKER);
	enum ledger_found found = next(&q);

	memset(m, 0, sizeof(*m));
	if (found != LEDGER_FOUND)
		return found;
	m->made = get_int(&q, INT64_MAX);
	m->published = get_int(&q, INT64_MAX);
	m->edition = get_int(&q, INT64_MAX);
	m->n_processors = get_int(&q, INT64_MAX);
	m->n_revoked = get_int(&q, INT64_MAX);
	m->n_certs = get_int(&q, INT64_MAX);
	m->n_families = get_int(&q, INT64_MAX);
	m->n_evaluations = get_int(&q, INT64_MAX);
	m->n_documents = get_int(&q, INT64_MAX);
	get_blob(&q, m->rows, sizeof(m->rows));
	get_blob(&q, m->seal, sizeof(m->seal));
	found = got(&q, found);
	go_wrong(&q);
	return found;
}

bool ledger_count(struct ledger *l, struct ledger_maker *m)
{
	struct query q = query(l, SQL_COUNT);
	enum ledger_found found = next(&q);

	if (found != LEDGER_FOUND)
		return false;
	m->n_processors = get_int(&q, INT64_MAX);
	m->n_revoked = get_int(&q, INT64_MAX);
	m->n_certs = get_int(&q, INT64_MAX);
	m->n_families = get_int(&q, INT64_MAX);
	m->n_evaluations = get_int(&q, INT64_MAX);
	m->n_documents = get_int(&q, INT64_MAX);
	found = got(&q, found);
	go_wrong(&q);
	return found == LEDGER_FOUND;
}

bool ledger_version(struct ledger *l, int64_t *version)
{
	struct query q = query(l, SQL_VERSION);
	enum ledger_found found = next(&q);

	*version = found == LEDGER_FOUND ? get_int(&q, INT64_MAX) : 0;
	found = got(&q, found);
	go_wrong(&q);
	return found == LEDGER_FOUND;
}

enum ledger_found ledger_get_family(struct ledger *l, struct ledger_family *f,
                                    const uint8_t fmspc[6])
{
	struct query q = query(l, SQL_GET_FAMILY);
	enum ledger_found found;

	put_blob(&q, fmspc, 6);
	found = next(&q);
	if (found == LEDGER_FOUND)
		read_family(&q, f);
	found = got(&q, found);
	go_wrong(&q);
	return found;
}

static enum ledger_found one_processor(struct query *q,
                                       struct ledger_processor *p)
{
	enum ledger_found found = next(q);

	if (found == LEDGER_FOUND)
		read_processor(q, p);
	found = got(q, found);
	go_wrong(q);
	return found;
}

enum ledger_found ledger_get_named(struct ledger *l, struct ledger_processor *p,
                                   const char *name)
{
	struct query q = query(l, SQL_GET_NAMED);

	put_text(&q, name);
	return one_processor(&q, p);
}

enum ledger_found ledger_get_ppid(struct ledger *l, struct ledger_processor *p,
                                  const uint8_t ppid[16])
{
	struct query q = query(l, SQL_GET_PPID);

	put_blob(&q, ppid, 16);
	return one_processor(&q, p);
}

/* A row that stayed open would keep this connection in the past: so its bytes
 * are copied. */
static void keep(struct query *q, struct assay_bytes *bytes)
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

enum ledger_found ledger_get_cert(struct ledger *l, struct ledger_cert *c,
                                  int64_t processor, const uint8_t tcbm[18])
{
	struct query q = query(l, SQL_GET_CERT);
	enum ledger_found found;

	put_int(&q, processor);
	put_blob(&q, tcbm, 18);
	found = next(&q);
	if (found == LEDGER_FOUND) {
		read_cert(&q, c);
		keep(&q, &c->der);
	}
	found = got(&q, found);
	go_wrong(&q);
	return found;
}

enum ledger_found ledger_get_document(struct ledger *l,
                                      struct ledger_document *d,
                                      const char *name)
{
	struct query q = query(l, SQL_GET_DOCUMENT);
	enum ledger_found found;

	put_text(&q, name);
	found = next(&q);
	if (found == LEDGER_FOUND) {
		d->name = name;
		d->body = get_bytes(&q);
		get_blob(&q, d->seal, sizeof(d->seal));
		keep(&q, &d->body);
	}
	found = got(&q, found);
	go_wrong(&q);
	return found;
}

/* ---- reading all */

static bool each_of(struct query *q,
                    bool (*each)(void *arg, const struct ledger_processor *p),
                    void *arg)
{
	struct ledger_processor p;
	enum ledger_found found = LEDGER_FAILED;
	bool go_on = true;

	while (go_on && (found = next(q)) == LEDGER_FOUND) {
		read_processor(q, &p);
		go_on = q->statement && each(arg, &p);
	}
	go_wrong(q);
	return go_on && found == LEDGER_NONE;
}

bool ledger_each_processor(struct ledger *l,
                           bool (*each)(void *arg,
                                        const struct ledger_processor *p),
                           void *arg)
{
	struct query q = query(l, SQL_EACH_PROCESSOR);

	return each_of(&q, each, arg);
}

bool ledger_each_revoked(struct ledger *l, uint8_t ca,
                         bool (*each)(void *arg,
                                      const struct ledger_processor *p),
                         void *arg)
{
	struct query q = query(l, SQL_EACH_REVOKED);

	put_int(&q, ca);
	return each_of(&q, each, arg);
}

bool ledger_each_cert(struct ledger *l, int64_t processor,
                      bool (*each)(void *arg, const struct ledger_cert *c),
                      void *arg)
{
	struct query q = query(l, SQL_EACH_CERT);
	struct ledger_cert c;
	enum ledger_found found = LEDGER_FAILED;
	bool go_on = true;

	put_int(&q, processor);
	while (go_on && (found = next(&q)) == LEDGER_FOUND) {
		read_cert(&q, &c);
		go_on = q.statement && each(arg, &c);
	}
	go_wrong(&q);
	return go_on && found == LEDGER_NONE;
}

bool ledger_each_family(struct ledger *l,
                        bool (*each)(void *arg, const struct ledger_family *f),
                        void *arg)
{
	struct query q = query(l, SQL_EACH_FAMILY);
	struct ledger_family f;
	enum ledger_found found = LEDGER_FAILED;
	bool go_on = true;

	while (go_on && (found = next(&q)) == LEDGER_FOUND) {
		read_family(&q, &f);
		go_on = q.statement && each(arg, &f);
	}
	go_wrong(&q);
	return go_on && found == LEDGER_NONE;
}

bool ledger_each_evaluation(struct ledger *l,
                            bool (*each)(void *arg,
                                         const struct ledger_evaluation *s),
                            void *arg)
{
	struct query q = query(l, SQL_EACH_EVALUATION);
	struct ledger_evaluation s;
	enum ledger_found found = LEDGER_FAILED;
	bool go_on = true;

	while (go_on && (found = next(&q)) == LEDGER_FOUND) {
		read_evaluation(&q, &s);
		go_on = q.statement && each(arg, &s);
	}
	go_wrong(&q);
	return go_on && found == LEDGER_NONE;
}

static bool each_seal_of(struct query *q,
                         bool (*each)(void *arg,
                                      const uint8_t seal[LEDGER_SEAL_LEN]),
                         void *arg)
{
	uint8_t seal[LEDGER_SEAL_LEN];
	enum ledger_found found = LEDGER_FAILED;
	bool go_on = true;

	while (go_on && (found = next(q)) == LEDGER_FOUND) {
		get_blob(q, seal, sizeof(seal));
		go_on = q->statement && each(arg, seal);
	}
	go_wrong(q);
	return go_on && found == LEDGER_NONE;
}

bool ledger_each_seal(struct ledger *l,
                      bool (*each)(void *arg,
                                   const uint8_t seal[LEDGER_SEAL_LEN]),
                      void *arg)
{
	struct query q = query(l, SQL_EACH_SEAL);

	return each_seal_of(&q, each, arg);
}

bool ledger_each_document_seal(
	struct ledger *l, const char *prefix,
	bool (*each)(void *arg, const uint8_t seal[LEDGER_SEAL_LEN]), void *arg)
{
	struct query q = query(l, SQL_EACH_DOCUMENT_SEAL);

	put_text(&q, prefix);
	return each_seal_of(&q, each, arg);
}
