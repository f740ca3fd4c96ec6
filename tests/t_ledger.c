/* t_ledger.c - the ledger's file: what is written is read, whole or not at all,
 * and whatever somebody makes of the file is at worst a failure. */
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "h_maker.h"
#include "store/ledger.h"
#include "tap.h"

static char path[512];
static char why[LEDGER_WHY_LEN];

/* ---- rows */

static struct ledger_processor processor(int64_t id)
{
	struct ledger_processor p = { .id = id,
		                      .pce_svn = 13,
		                      .made = 1000 + id };

	snprintf(p.name, sizeof(p.name), "p%jd", (intmax_t)id);
	memset(p.ppid, (int)id, sizeof(p.ppid));
	memset(p.rpk, (int)id + 1, sizeof(p.rpk));
	memset(p.cpu_svn, 9, sizeof(p.cpu_svn));
	memcpy(p.fmspc, sim_maker_fmspc, sizeof(p.fmspc));
	memset(p.seal, 0xee, sizeof(p.seal));
	return p;
}

static struct ledger_cert cert(int64_t of, uint8_t n)
{
	static const uint8_t der[] = { 0x30, 0x03, 0x02, 0x01, 0x00 };
	struct ledger_cert c = { .processor = of,
		                 .issued = 2000 + n,
		                 .der = { der, sizeof(der) } };

	memset(c.serial, (int)of, sizeof(c.serial));
	c.serial[0] = n;
	memset(c.tcbm, n, sizeof(c.tcbm));
	memset(c.seal, n, sizeof(c.seal));
	return c;
}

static struct ledger *open_it(void)
{
	struct ledger *l = ledger_open(path, false, why);

	if (!l) {
		note("%s", why);
		exit(2);
	}
	return l;
}

static void remove_all(void)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char name[600];

	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
}

static bool add_document(struct ledger *l, const char *name)
{
	struct ledger_document d = { .name = name,
		                     .body = { (const uint8_t *)"{}", 2 } };

	memset(d.seal, 0xdd, sizeof(d.seal));
	return ledger_add_document(l, &d);
}

/* A ledger with a family, two processors and three certificates. */
static bool fill(struct ledger *l)
{
	struct ledger_maker m = { .made = 1,
		                  .published = 2,
		                  .edition = 3,
		                  .n_processors = 2,
		                  .n_documents = 7,
		                  .rows = "of all rows" };
	struct ledger_family f = { .ca = 1 };
	struct ledger_evaluation s = { .number = 20,
		                       .event = 4,
		                       .standard = 5,
		                       .pce_svn = 13,
		                       .advisory = "A-1" };
	struct ledger_processor one = processor(1), two = processor(2);
	struct ledger_cert a = cert(1, 1), b = cert(1, 2), c = cert(2, 1);

	memcpy(f.fmspc, sim_maker_fmspc, sizeof(f.fmspc));
	return ledger_begin(l) && ledger_put_maker(l, &m) &&
	       ledger_put_family(l, &f) && ledger_put_evaluation(l, &s) &&
	       ledger_add_processor(l, &one) && ledger_add_processor(l, &two) &&
	       ledger_add_cert(l, &a) && ledger_add_cert(l, &b) &&
	       ledger_add_cert(l, &c) && add_document(l, "tcb/x/20") &&
	       add_document(l, "tcb/x/21") && add_document(l, "qe/20") &&
	       ledger_commit(l);
}

static void make(void)
{
	struct ledger *l;

	remove_all();
	l = ledger_open(path, true, why);
	if (!l || !fill(l)) {
		note("%s", l ? ledger_why(l) : why);
		exit(2);
	}
	ledger_close(l);
}

/* ---- reading back */

static bool count_processor(void *arg, const struct ledger_processor *p)
{
	(void)p;
	(*(unsigned *)arg)++;
	return true;
}
static bool stop_at_processor(void *arg, const struct ledger_processor *p)
{
	(void)p;
	(*(unsigned *)arg)++;
	return false;
}
static bool count_cert(void *arg, const struct ledger_cert *c)
{
	(*(unsigned *)arg) += c->der.len == 5;
	return true;
}
static bool count_family(void *arg, const struct ledger_family *f)
{
	(*(unsigned *)arg) += f->ca == 1;
	return true;
}
static bool count_evaluation(void *arg, const struct ledger_evaluation *s)
{
	(*(unsigned *)arg) += s->number == 20;
	return true;
}

static void test_round_trip(void)
{
	struct ledger_processor want = processor(2), p;
	struct ledger_cert want_c = cert(1, 2), c;
	struct ledger_maker m, n = { 0 };
	struct ledger_family f;
	struct ledger_document d;
	struct ledger *l = open_it();
	struct stat st;

	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	   "a ledger is its owner's alone");
	ok(ledger_get_maker(l, &m) == LEDGER_FOUND && m.edition == 3 &&
	           m.n_documents == 7 &&
	           memcmp(m.rows, "of all rows\0\0\0\0", 16) == 0,
	   "the maker");
	ok(ledger_get_named(l, &p, "p2") == LEDGER_FOUND &&
	           memcmp(&p, &want, sizeof(p)) == 0,
	   "a processor by its name");
	ok(ledger_get_ppid(l, &p, want.ppid) == LEDGER_FOUND &&
	           memcmp(&p, &want, sizeof(p)) == 0,
	   "and by its PPID");
	ok(ledger_get_named(l, &p, "p3") == LEDGER_NONE &&
	           ledger_get_named(l, &p, "P2") == LEDGER_NONE &&
	           ledger_get_named(l, &p, "p2' OR 1=1 --") == LEDGER_NONE,
	   "and nobody by another name");
	ok(ledger_get_cert(l, &c, 1, want_c.tcbm) == LEDGER_FOUND &&
	           memcmp(c.serial, want_c.serial, sizeof(c.serial)) == 0 &&
	           c.der.len == 5 && memcmp(c.der.ptr, want_c.der.ptr, 5) == 0,
	   "a certificate");
	ok(ledger_get_cert(l, &c, 2, want_c.tcbm) == LEDGER_NONE,
	   "and none of another state");
	ok(ledger_get_family(l, &f, sim_maker_fmspc) == LEDGER_FOUND &&
	           f.ca == 1,
	   "a family");
	ok(ledger_get_document(l, &d, "qe/20") == LEDGER_FOUND &&
	           strcmp(d.name, "qe/20") == 0 && d.seal[15] == 0xdd &&
	           d.body.len == 2 && memcmp(d.body.ptr, "{}", 2) == 0,
	   "a document");
	ok(ledger_count(l, &n) && n.n_processors == 2 && n.n_certs == 3 &&
	           n.n_families == 1 && n.n_evaluations == 1 &&
	           n.n_documents == 3 && n.n_revoked == 0,
	   "and how many there are");
	ledger_close(l);
}

/* How many seals there are of each byte. */
static bool count_seal(void *arg, const uint8_t seal[LEDGER_SEAL_LEN])
{
	((unsigned *)arg)[seal[0]]++;
	return true;
}
static bool stop_at_seal(void *arg, const uint8_t seal[LEDGER_SEAL_LEN])
{
	return !count_seal(arg, seal);
}

static void test_seals(void)
{
	unsigned n[256] = { 0 };
	struct ledger *l = open_it();

	ok(ledger_each_seal(l, count_seal, n) && n[0xee] == 2 && n[1] == 2 &&
	           n[2] == 1 && n[0xdd] == 3 && n[0] == 2,
	   "the seals of all rows but the maker's");
	memset(n, 0, sizeof(n));
	ok(ledger_each_document_seal(l, "tcb/", count_seal, n) && n[0xdd] == 2,
	   "and of some documents");
	memset(n, 0, sizeof(n));
	ok(!ledger_each_seal(l, stop_at_seal, n) &&
	           !ledger_each_document_seal(l, "tcb/", stop_at_seal, n) &&
	           n[0xee] + n[0xdd] == 2,
	   "or until it is enough");
	ledger_close(l);
}

static void test_each(void)
{
	struct ledger_processor p = processor(2);
	unsigned n = 0;
	struct ledger *l = open_it();

	ok(ledger_each_processor(l, count_processor, &n) && n == 2,
	   "all processors");
	n = 0;
	ok(!ledger_each_processor(l, stop_at_processor, &n) && n == 1,
	   "or until it is enough");
	n = 0;
	ok(ledger_each_cert(l, 1, count_cert, &n) && n == 2,
	   "a processor's certificates");
	n = 0;
	ok(ledger_each_family(l, count_family, &n) && n == 1, "families");
	n = 0;
	ok(ledger_each_evaluation(l, count_evaluation, &n) && n == 1,
	   "evaluations");
	n = 0;
	ok(ledger_each_revoked(l, 1, count_processor, &n) && n == 0,
	   "none is revoked");
	p.revoked = 77;
	ok(ledger_change_processor(l, &p) &&
	           ledger_each_revoked(l, 1, count_processor, &n) && n == 1 &&
	           ledger_each_revoked(l, 0, count_processor, &n) && n == 1,
	   "then one of this CA's is");
	ledger_close(l);
}

static void test_documents(void)
{
	struct ledger_document d;
	struct ledger *l = open_it();

	ok(!add_document(l, "qe/20") && strstr(ledger_why(l), "name"),
	   "no two documents of a name: %s", ledger_why(l));
	ok(ledger_drop_documents(l, "tcb/") &&
	           ledger_get_document(l, &d, "tcb/x/20") == LEDGER_NONE &&
	           ledger_get_document(l, &d, "qe/20") == LEDGER_FOUND,
	   "documents are dropped by what their names begin with");
	ok(add_document(l, "tcb/x/20"), "and then there may be another");
	ledger_close(l);
}

static void test_refused(void)
{
	struct ledger_processor p = processor(1);
	struct ledger_cert c = cert(9, 1);
	struct ledger *l = open_it();

	p.id = 3;
	memset(p.ppid, 3, sizeof(p.ppid));
	ok(!ledger_add_processor(l, &p) && strstr(ledger_why(l), "name"),
	   "no two of a name: %s", ledger_why(l));
	p = processor(1);
	p.id = 3;
	strcpy(p.name, "p3");
	ok(!ledger_add_processor(l, &p) && strstr(ledger_why(l), "ppid"),
	   "no two of a PPID: %s", ledger_why(l));
	p = processor(3);
	p.fmspc[0] ^= 1;
	ok(!ledger_add_processor(l, &p), "none without a family: %s",
	   ledger_why(l));
	ok(!ledger_add_cert(l, &c), "no certificate without a processor: %s",
	   ledger_why(l));
	c = cert(2, 3);
	memcpy(c.serial, cert(1, 1).serial, sizeof(c.serial));
	ok(!ledger_add_cert(l, &c) && strstr(ledger_why(l), "serial"),
	   "no two of a serial number: %s", ledger_why(l));
	c = cert(1, 1);
	c.serial[5] ^= 1;
	ok(!ledger_add_cert(l, &c) && strstr(ledger_why(l), "tcbm"),
	   "no two of a state: %s", ledger_why(l));
	ledger_close(l);
}

/* ---- transactions */

static bool is_there(const char *name)
{
	struct ledger *l = open_it();
	struct ledger_processor p;
	bool there = ledger_get_named(l, &p, name) == LEDGER_FOUND;

	ledger_close(l);
	return there;
}

static bool add(struct ledger *l, int64_t id)
{
	struct ledger_processor p = processor(id);

	return ledger_add_processor(l, &p);
}

/* What others commit is seen at another version, and between begin and abort not
 * at all. */
static void test_version(struct ledger *one, struct ledger *two)
{
	int64_t at[4] = { 0 };
	struct ledger_processor p;

	ok(ledger_version(one, &at[0]) && add(one, 10) &&
	           ledger_version(one, &at[1]) && at[0] == at[1],
	   "what one has written itself is no other version");
	ok(ledger_begin_reading(one) &&
	           ledger_get_named(one, &p, "p11") == LEDGER_NONE &&
	           add(two, 11) && ledger_version(one, &at[2]) &&
	           at[2] == at[1] &&
	           ledger_get_named(one, &p, "p11") == LEDGER_NONE,
	   "who reads beside a writer reads what was");
	ledger_abort(one);
	ok(ledger_version(one, &at[3]) && at[3] != at[1] &&
	           ledger_get_named(one, &p, "p11") == LEDGER_FOUND,
	   "and afterwards what is, at another version");
}

static void test_transactions(void)
{
	struct ledger *one = open_it(), *two = open_it();
	struct ledger_processor p;

	ok(ledger_begin(one) && add(one, 3) && !is_there("p3") &&
	           ledger_get_named(two, &p, "p3") == LEDGER_NONE,
	   "what is not committed nobody sees");
	ledger_abort(one);
	ok(!is_there("p3"), "and what is abandoned never was");
	ok(ledger_begin(one) && add(one, 3) && !add(one, 3) && add(one, 4) &&
	           ledger_commit(one) && is_there("p4"),
	   "a row that is refused leaves the transaction");
	ok(ledger_get_named(two, &p, "p4") == LEDGER_FOUND,
	   "another connection sees what was committed");
	ok(ledger_begin(one) && add(one, 5), "a transaction is begun");
	ledger_close(one);
	ok(!is_there("p5"), "and goes with its connection");
	one = open_it();
	test_version(one, two);
	ledger_close(one);
	ledger_close(two);
}

/* Another process holds the ledger for a moment. */
static void test_waiting(void)
{
	struct ledger *l;
	int ready[2], status;
	pid_t child;
	char c;

	if (pipe(ready))
		exit(2);
	child = fork();
	if (child == 0) {
		l = open_it();
		if (!ledger_begin(l) || !add(l, 6) ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		usleep(200 * 1000);
		_exit(!ledger_commit(l));
	}
	l = open_it();
	ok(read(ready[0], &c, 1) == 1 && ledger_begin(l) && add(l, 7) &&
	           ledger_commit(l),
	   "who writes waits for who writes already");
	waitpid(child, &status, 0);
	ok(status == 0 && is_there("p6") && is_there("p7"),
	   "and both are done");
	ledger_close(l);
	close(ready[0]);
	close(ready[1]);
}

static void test_killed(void)
{
	struct ledger *l;
	int status;
	pid_t child = fork();

	if (child == 0) {
		l = open_it();
		if (ledger_begin(l) && add(l, 8))
			raise(SIGKILL);
		_exit(1);
	}
	waitpid(child, &status, 0);
	ok(WIFSIGNALED(status) && !is_there("p8") && is_there("p7"),
	   "what a killed process had begun never was");
}

/* ---- files that are no ledgers, or were one */

static bool sql(const char *text)
{
	sqlite3 *db;
	bool done = sqlite3_open(path, &db) == SQLITE_OK &&
	            sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK;

	if (!done)
		note("%s: %s", text, sqlite3_errmsg(db));
	sqlite3_close(db);
	return done;
}

static void put(const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f))
		exit(2);
}

static bool opens(void)
{
	struct ledger *l = ledger_open(path, false, why);

	ledger_close(l);
	return l != NULL;
}

static void test_no_ledger(void)
{
	char link[600];

	ok(!ledger_open(path, true, why), "none is made where a file is: %s",
	   why);
	remove_all();
	ok(!opens(), "none where nothing is: %s", why);
	put("", 0);
	ok(!opens(), "none in an empty file: %s", why);
	put("This is a letter, and it is long enough to be a page of it.", 59);
	ok(!opens(), "none in a text: %s", why);
	remove_all();
	ok(sql("CREATE TABLE processor (name)") && !opens(),
	   "none in somebody else's database: %s", why);
	make();
	ok(sql("PRAGMA user_version = 1") && !opens(),
	   "none of another version: %s", why);
	make();
	snprintf(link, sizeof(link), "%s.link", path);
	ok(symlink(path, link) == 0 && !ledger_open(link, false, why),
	   "none behind a link: %s", why);
	unlink(link);
	ok(opens(), "but itself it is one");
}

/* Values of another form than was written. */
static void test_forms(void)
{
	static const struct {
		const char *sql, *column;
	} rows[] = {
		{ "UPDATE processor SET ppid = x'00' WHERE id = 1", "ppid" },
		{ "UPDATE processor SET seal = x''", "seal" },
		{ "UPDATE processor SET rpk = zeroblob(17)", "rpk" },
		{ "UPDATE processor SET pcesvn = 65536", "pcesvn" },
		{ "UPDATE processor SET pceid = -1", "pceid" },
		{ "UPDATE processor SET made = -1", "made" },
		{ "UPDATE processor SET revoked = -5 WHERE id = 2", "revoked" },
		{ "UPDATE processor SET name = printf('%.64c', 'x')"
		  " WHERE id = 1",
		  "name" },
		{ "UPDATE processor SET name = 'a' || char(0) || 'b'"
		  " WHERE id = 1",
		  "name" },
	};
	unsigned n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ledger *l;

		make();
		if (!sql(rows[i].sql))
			exit(2);
		l = open_it();
		n = 0;
		ok(!ledger_each_processor(l, count_processor, &n) &&
		           strstr(ledger_why(l), rows[i].column),
		   "%s: %s", rows[i].sql, ledger_why(l));
		ledger_close(l);
	}
}

static void test_schema(void)
{
	unsigned n = 0;
	struct ledger *l;

	make();
	ok(sql("CREATE TRIGGER t AFTER INSERT ON document BEGIN"
	       " DELETE FROM certificate; DELETE FROM processor; END"),
	   "somebody leaves a trigger");
	l = open_it();
	ok(add_document(l, "x") &&
	           ledger_each_processor(l, count_processor, &n) && n == 2,
	   "it is not run");
	ledger_close(l);
	make();
	ok(sql("ALTER TABLE processor RENAME TO other;"
	       "CREATE VIEW processor AS SELECT * FROM other"),
	   "somebody puts a view in a table's place");
	l = open_it();
	ok(!ledger_each_processor(l, count_processor, &n),
	   "it is not looked at: %s", ledger_why(l));
	ledger_close(l);
	make();
	ok(sql("UPDATE document SET body = zeroblob(17 << 20)"
	       " WHERE name = 'qe/20'"),
	   "somebody makes a document huge");
	l = open_it();
	{
		struct ledger_document d;

		ok(ledger_get_document(l, &d, "qe/20") == LEDGER_FAILED,
		   "it is not read: %s", ledger_why(l));
	}
	ledger_close(l);
}

/* Reads all there is; whatever comes of it. */
static unsigned read_all(void)
{
	struct ledger *l = ledger_open(path, false, why);
	struct ledger_maker m;
	struct ledger_document d;
	unsigned n = 0, good = 0, seals[256] = { 0 };

	if (!l)
		return 0;
	good += ledger_get_maker(l, &m) == LEDGER_FOUND;
	good += ledger_count(l, &m);
	good += ledger_each_processor(l, count_processor, &n);
	good += ledger_each_cert(l, 1, count_cert, &n);
	good += ledger_each_revoked(l, 1, count_processor, &n);
	good += ledger_each_family(l, count_family, &n);
	good += ledger_each_evaluation(l, count_evaluation, &n);
	good += ledger_get_document(l, &d, "qe/20") == LEDGER_FOUND;
	good += ledger_each_seal(l, count_seal, seals);
	ledger_close(l);
	return good;
}

static void test_damage(void)
{
	const char *all = getenv("ASSAY_LONG");
	size_t len = 0, step, refused = 0, tried = 0;
	unsigned char *whole;

	make();
	whole = slurp(path, &len);
	ok(read_all() == 9, "a whole ledger is read");
	step = all ? 7 : 211;
	for (size_t i = 0; i < len; i += step) {
		remove_all();
		whole[i] ^= 0xff;
		put(whole, len);
		whole[i] ^= 0xff;
		refused += read_all() != 9;
		tried++;
	}
	ok(refused > 0 && refused < tried,
	   "of %zu damaged ones %zu are refused, and none does harm", tried,
	   refused);
	refused = tried = 0;
	for (size_t i = 0; i < len; i += 1500) {
		remove_all();
		put(whole, i);
		refused += read_all() != 9;
		tried++;
	}
	ok(refused == tried, "of %zu cut ones none is whole", tried);
	free(whole);
}

int main(void)
{
	snprintf(path, sizeof(path), "%s", maker_path("ledger.db"));
	make();
	test_round_trip();
	test_seals();
	test_each();
	make();
	test_documents();
	test_refused();
	test_transactions();
	test_waiting();
	test_killed();
	test_no_ledger();
	test_forms();
	test_schema();
	test_damage();
	return done();
}
