/* t_maker_tamper.c - a manufacturer whose ledger, keys or machines somebody
 * changed: nothing is signed on their word, and what is wrong is said. */
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/cmac.h"
#include "h_maker.h"
#include "sim/machine.h"
#include "tap.h"

static char dir[256];
static struct sim_why why;

/* ---- a manufacturer, and the same again for each row */

static bool sh(const char *fmt, ...) ASSAY_PRINTF(1, 2);
static bool sh(const char *fmt, ...)
{
	char command[1200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	return system(command) == 0;
}

static void build(const char *path)
{
	struct sim_make_spec spec = {
		.name = "p", .count = 3, .ca = SIM_CA_PLATFORM, .now = MAKER_NOW
	};
	struct sim_recovery r = { .now = MAKER_NOW };
	struct sim_maker *m;

	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	if (!sim_maker_init(path, MAKER_NOW, &why)) {
		note("%s", why.text);
		exit(2);
	}
	m = maker_open(path);
	if (!sim_maker_make(m, &spec) ||
	    !sim_maker_revoke(m, "p-000002", MAKER_NOW) ||
	    !sim_maker_recover(m, &r)) {
		note("%s", sim_maker_why(m));
		exit(2);
	}
	sim_maker_close(m);
}

static void fresh(void)
{
	maker_remove(dir);
	if (!sh("cp -a %s %s", maker_path("whole"), dir))
		exit(2);
}

static void sql(const char *text)
{
	char path[300];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/ledger.db", dir);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK) {
		note("%s: %s", text, sqlite3_errmsg(db));
		exit(2);
	}
	sqlite3_close(db);
}

/* What finds it: NULL where nothing does. */
static const char *found_by(void)
{
	struct sim_maker *m = sim_maker_open(dir, SIM_MAKER_WORK, &why);
	const char *by = NULL;

	if (!m)
		return "open";
	if (!sim_maker_publish(m, MAKER_NOW + 1))
		by = "publish";
	else if (!sim_maker_check(m))
		by = "check";
	snprintf(why.text, sizeof(why.text), "%s", sim_maker_why(m));
	sim_maker_close(m);
	return by;
}

/* ---- the ledger */

static const struct {
	const char *name, *sql, *by, *says;
} rows[] = {
	{ "a processor is good again", "UPDATE processor SET revoked = 0",
	  "open", "not as many" },
	{ "another is revoked instead",
	  "UPDATE processor SET revoked = 0 WHERE id = 2;"
	  "UPDATE processor SET revoked = 5 WHERE id = 3",
	  "publish", "p-000003" },
	{ "it was revoked later",
	  "UPDATE processor SET revoked = revoked + 1 WHERE id = 2", "publish",
	  "p-000002" },
	{ "a processor is gone",
	  "PRAGMA foreign_keys = OFF; DELETE FROM processor WHERE id = 1",
	  "open", "not as many" },
	{ "and the number of them with it",
	  "PRAGMA foreign_keys = OFF; DELETE FROM processor WHERE id = 1;"
	  "UPDATE maker SET n_processors = 2",
	  "open", "manufacturer" },
	{ "a processor is another's",
	  "UPDATE processor SET ppid = randomblob(16) WHERE id = 1", "check",
	  "p-000001" },
	{ "its provisioning key is",
	  "UPDATE processor SET rpk = randomblob(16) WHERE id = 1", "check",
	  "p-000001" },
	{ "its name is", "UPDATE processor SET name = 'q' WHERE id = 1",
	  "check", "q" },
	{ "its state is",
	  "UPDATE processor SET cpusvn = zeroblob(16) WHERE id = 1", "check",
	  "p-000001" },
	{ "two processors change their seals",
	  "UPDATE processor SET seal = (SELECT p.seal FROM processor p"
	  " WHERE p.id = 4 - processor.id) WHERE id != 2",
	  "open", "not the one that was written last" },
	{ "a certificate is gone",
	  "DELETE FROM certificate WHERE processor = 1", "open",
	  "not as many" },
	{ "a revoked certificate has another number",
	  "UPDATE certificate SET serial = randomblob(20) WHERE processor = 2",
	  "publish", "a certificate" },
	{ "a certificate's bytes",
	  "UPDATE certificate SET der = randomblob(900) WHERE processor = 1",
	  "check", "a certificate" },
	{ "a certificate is another processor's",
	  "UPDATE certificate SET processor = 3, tcbm = randomblob(18)"
	  " WHERE processor = 1",
	  "check", "certificate is not in the ledger" },
	{ "the best state",
	  "UPDATE evaluation SET cpusvn = zeroblob(16) WHERE number = 21",
	  "open", "TCB evaluation" },
	{ "the date of a set",
	  "UPDATE evaluation SET standard = 5 WHERE number = 21", "open",
	  "TCB evaluation" },
	{ "an advisory",
	  "UPDATE evaluation SET advisory = 'NOTHING' WHERE number = 21",
	  "open", "TCB evaluation" },
	{ "a set is gone", "DELETE FROM evaluation WHERE number = 21", "open",
	  "TCB evaluation" },
	{ "a set stands twice",
	  "INSERT INTO evaluation SELECT 22, event, standard, cpusvn, pcesvn,"
	  " advisory, seal FROM evaluation WHERE number = 21",
	  "open", "TCB evaluation" },
	{ "a family has the other CA", "UPDATE family SET ca = 0", "publish",
	  "a family" },
	{ "when it was published last", "UPDATE maker SET published = 0",
	  "open", "manufacturer" },
	{ "the manufacturer's age", "UPDATE maker SET made = made - 1", "open",
	  "manufacturer" },
	{ "the manufacturer is gone", "DELETE FROM maker", "open",
	  "not finished" },
	{ "the root certificate",
	  "UPDATE document SET body = randomblob(700)"
	  " WHERE name = 'cert/root'",
	  "open", "do not belong together" },
	{ "the PPID key",
	  "UPDATE document SET body = randomblob(384)"
	  " WHERE name = 'key/ppid'",
	  "open", "do not belong together" },
	{ "who signs enclaves is gone",
	  "DELETE FROM document WHERE name = 'key/enclaves'", "open",
	  "not as many" },
	{ "somebody else does",
	  "UPDATE document SET body = zeroblob(32)"
	  " WHERE name = 'key/enclaves'",
	  "open", "do not belong together" },
	{ "a list is gone", "DELETE FROM document WHERE name = 'crl/platform'",
	  "open", "not as many" },
	{ "a document stands twice",
	  "INSERT INTO document SELECT name || 'x', body, seal FROM document"
	  " WHERE name = 'numbers'",
	  "open", "not as many" },
	{ "one stands in another's place",
	  "DELETE FROM document WHERE name = 'qe/20';"
	  "INSERT INTO document SELECT 'qe/20', body, seal FROM document"
	  " WHERE name = 'qe/21'",
	  "open", "not the one that was written last" },
	{ "what is said of all rows", "UPDATE maker SET rows = zeroblob(16)",
	  "open", "manufacturer" },
};

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *by;

		fresh();
		sql(rows[i].sql);
		by = found_by();
		ok(by && strcmp(by, rows[i].by) == 0 &&
		           strstr(why.text, rows[i].says),
		   "%s: %s: %s", rows[i].name, by ? by : "nobody finds it",
		   why.text);
	}
}

/* A document that was changed is found by checking, and mended by issuing it
 * anew. */
static void test_documents(void)
{
	struct sim_maker *m;

	fresh();
	sql("UPDATE document SET body = CAST(replace(CAST(body AS TEXT),"
	    " '\"OutOfDate\"', '\"UpToDate\"') AS BLOB)"
	    " WHERE name LIKE 'tcb/%'");
	m = maker_open(dir);
	ok(!sim_maker_check(m) &&
	           strstr(sim_maker_why(m), "document tcb/53494D000001/2"),
	   "a changed TCB info is found: %s", sim_maker_why(m));
	ok(sim_maker_publish(m, MAKER_NOW + 1) && sim_maker_check(m),
	   "and mended by publishing");
	sim_maker_close(m);
}

/* ---- rows as they once were, whose seals are good */

static bool revoke_one(struct sim_maker *m)
{
	return sim_maker_revoke(m, "p-000001", MAKER_NOW + 1);
}
static bool update_one(struct sim_maker *m)
{
	return sim_maker_update(m, "p-000001", MAKER_NOW + 1);
}
static bool promote(struct sim_maker *m)
{
	return sim_maker_promote(m, MAKER_NOW + 1);
}

/* Puts back what these rows of a table were when the manufacturer was made. */
static void put_back(const char *table, const char *where)
{
	char text[700];

	snprintf(text, sizeof(text),
	         "ATTACH '%s/ledger.db' AS old; REPLACE INTO main.%s"
	         " SELECT * FROM old.%s WHERE %s",
	         maker_path("whole"), table, table, where);
	sql(text);
}

/* A listener that was there before, and everybody who comes later. */
static void test_put_back(void)
{
	static const struct {
		const char *name;
		bool (*change)(struct sim_maker *m);
		const char *table, *where, *says;
	} cases[] = {
		{ "a list that does not revoke yet", revoke_one, "document",
		  "name = 'crl/platform'", "written last" },
		{ "a processor that is not revoked yet", revoke_one,
		  "processor", "id = 1", "not as many" },
		{ "a processor that is not updated yet", update_one,
		  "processor", "id = 1", "written last" },
		{ "an evaluation that is not standard yet", promote,
		  "evaluation", "number = 21", "written last" },
		{ "an older document", promote, "document", "name = 'numbers'",
		  "written last" },
		{ "an older edition", promote, "document", "true",
		  "written last" },
		{ "an older manufacturer", promote, "maker", "true",
		  "written last" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sim_maker *m, *served, *late;
		struct ledger_processor p;
		struct assay_bytes body;
		const char *by;
		bool done;

		fresh();
		m = maker_open(dir);
		done = cases[i].change(m);
		sim_maker_close(m);
		served = sim_maker_open(dir, SIM_MAKER_SERVE, &why);
		if (!ok(done && served && sim_maker_refresh(served),
		        "a manufacturer goes on: %s", why.text))
			continue;
		put_back(cases[i].table, cases[i].where);
		ok(sim_maker_find(served, &p, "p-000001") == LEDGER_FAILED &&
		           sim_maker_document(served, &body, "numbers") ==
		                   LEDGER_FAILED &&
		           !sim_maker_refresh(served) &&
		           strstr(sim_maker_why(served), cases[i].says),
		   "%s: no answer is given: %s", cases[i].name,
		   sim_maker_why(served));
		sim_maker_close(served);
		late = sim_maker_open(dir, SIM_MAKER_SERVE, &why);
		ok(!late && strstr(why.text, cases[i].says),
		   "nor by one that starts: %s", why.text);
		sim_maker_close(late);
		by = found_by();
		ok(by && strcmp(by, "open") == 0, "nor is anything done");
	}
}

/* ---- what happens between two statements of SQL */

static const char *moment; /* before the next statement that has this text */
static void (*meanwhile)(void);
static struct sim_maker *writer;

static int on_statement(unsigned type, void *context, void *statement,
                        void *text)
{
	(void)type;
	(void)context;
	(void)text;
	if (moment && strstr(sqlite3_sql(statement), moment)) {
		moment = NULL;
		meanwhile();
	}
	return 0;
}

static int watch(sqlite3 *db)
{
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, on_statement, NULL);
}

static void recover_meanwhile(void)
{
	struct sim_recovery r = { .now = MAKER_NOW + 1 };

	ok(sim_maker_recover(writer, &r), "a recovery meanwhile");
}

static void put_back_meanwhile(void)
{
	put_back("processor", "id = 1");
}

/* What is read belongs together, whoever writes beside. */
static void test_beside(void)
{
	struct sim_maker *served;
	struct ledger_processor p;
	size_t n = 0;

	sqlite3_auto_extension((void (*)(void))watch);
	fresh();
	writer = maker_open(dir);
	meanwhile = recover_meanwhile;
	moment = "FROM evaluation ORDER";
	served = sim_maker_open(dir, SIM_MAKER_SERVE, &why);
	if (!ok(served && !moment, "a listener starts beside it: %s", why.text))
		return;
	moment = "FROM evaluation ORDER";
	ok(sim_maker_refresh(served) && !moment && sim_maker_refresh(served) &&
	           sim_maker_evaluations(served, &n) && n == 4,
	   "and looks again: %s", sim_maker_why(served));
	ok(update_one(writer) && sim_maker_refresh(served),
	   "a machine is updated");
	meanwhile = put_back_meanwhile;
	moment = "FROM processor p WHERE name";
	ok(sim_maker_find(served, &p, "p-000001") == LEDGER_FAILED && !moment &&
	           strstr(sim_maker_why(served), "written last"),
	   "what is put back after a look is found too: %s",
	   sim_maker_why(served));
	sim_maker_close(served);
	sim_maker_close(writer);
	sqlite3_reset_auto_extension();
}

/* The seal that this manufacturer puts on its family. */
static void seal_family(char digits[33], uint8_t ca)
{
	uint8_t row[7 + 6 + 1] = "family", key[16], seal[LEDGER_SEAL_LEN];
	size_t n = 0;
	char *text = (char *)slurp(maker_path("m/keys/ledger.key"), &n);

	memcpy(row + 7, sim_maker_fmspc, 6);
	row[13] = ca;
	if (!text || n < 32 ||
	    !assay_hex_parse(key, 16,
	                     (struct assay_bytes){ (uint8_t *)text, 32 }) ||
	    !assay_cmac(seal, key, (struct assay_bytes){ row, sizeof(row) }))
		exit(2);
	free(text);
	assay_hex_print(digits, seal, sizeof(seal), false);
}

static void no_update(const char *name, const char *processor, const char *says,
                      struct sim_maker *m)
{
	ok(!sim_maker_update(m, processor, MAKER_NOW) &&
	           strstr(sim_maker_why(m), says),
	   "%s: %s", name, sim_maker_why(m));
}

/* A family that is changed while somebody works. */
static void test_families(void)
{
	char text[200], digits[33];
	struct sim_maker *m;

	fresh();
	m = maker_open(dir);
	ok(sim_maker_update(m, "p-000001", MAKER_NOW), "a machine is updated");
	sql("UPDATE family SET ca = 0");
	no_update("no certificate is issued by a changed family", "p-000003",
	          "entry of a family", m);
	seal_family(digits, 1);
	snprintf(text, sizeof(text), "UPDATE family SET ca = 1, seal = x'%s'",
	         digits);
	sql(text);
	ok(sim_maker_update(m, "p-000003", MAKER_NOW),
	   "a family's seal is over its CA");
	seal_family(digits, 0);
	snprintf(text, sizeof(text), "UPDATE family SET ca = 0, seal = x'%s'",
	         digits);
	sql(text);
	no_update("a good seal is not enough for another CA", "p-000003",
	          "not the one that was written last", m);
	ok(!sim_maker_check(m) && strstr(sim_maker_why(m), "written last"),
	   "which checking finds: %s", sim_maker_why(m));
	sql("DELETE FROM family");
	no_update("nor is a machine updated without one", "p-000001",
	          "not as many", m);
	sim_maker_close(m);
}

/* Each is found by checking, says why, and is mended by publishing. */
static void found_and_mended(const char *name, const char *says)
{
	struct sim_maker *m = maker_open(dir);

	ok(!sim_maker_check(m) && strstr(sim_maker_why(m), says), "%s: %s",
	   name, sim_maker_why(m));
	ok(sim_maker_publish(m, MAKER_NOW + 1) && sim_maker_check(m),
	   "and mended by publishing: %s", sim_maker_why(m));
	sim_maker_close(m);
}

/* Good signatures are not enough: it must be what was issued. */
static void test_issued(void)
{
	fresh();
	sql("UPDATE document SET body = x'5b5d' WHERE name = 'numbers'");
	found_and_mended("the list of evaluations is empty",
	                 "document numbers is not");
	fresh();
	sql("UPDATE document SET body = (SELECT body FROM document"
	    " WHERE name = 'qe/20') WHERE name = 'qe/21'");
	found_and_mended("an identity is another evaluation's",
	                 "document qe/21 is not");
	fresh();
	sql("UPDATE document SET body = (SELECT body FROM document"
	    " WHERE name = 'crl/processor') WHERE name = 'crl/root'");
	found_and_mended("a list is another CA's", "document crl/root is not");
}

static void test_files(void)
{
	static const struct {
		const char *damage, *says;
	} files[] = {
		{ "echo junk >pcs/standard/53494D000001/tcb_info.json",
		  "pcs/standard/53494D000001/tcb_info.json is not" },
		{ "rm pcs/standard/53494D000001/pck_crl.der",
		  "pcs/standard/53494D000001/pck_crl.der is not" },
		{ "echo >>pcs/early/53494D000001/qe_identity.json",
		  "pcs/early/53494D000001/qe_identity.json is not" },
		{ "truncate -s -1 "
		  "pcs/early/53494D000001/*_crl_issuer_chain.pem",
		  "pcs/early/53494D000001/pck_crl_issuer_chain.pem is not" },
		{ "rm pcs/tcb_evaluation_data_numbers.json",
		  "pcs/tcb_evaluation_data_numbers.json is not" },
		{ "rm -r pcs/early", "pcs/early/: No such file" },
		{ "echo >>root.pem", "root.pem is not" },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		fresh();
		if (!sh("cd %s && %s", dir, files[i].damage))
			exit(2);
		found_and_mended(files[i].damage, files[i].says);
	}
}

/* What changes under a listener is found whenever it looks, until it is mended. */
static void test_refresh(void)
{
	static const struct {
		const char *name, *sql, *says;
	} changes[] = {
		{ "a changed manufacturer", "UPDATE maker SET published = 0",
		  "the manufacturer" },
		{ "another edition", "UPDATE maker SET edition = edition + 1",
		  "the manufacturer" },
		{ "a manufacturer that is gone", "DELETE FROM maker",
		  "not finished" },
	};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct sim_maker *m;

		fresh();
		m = sim_maker_open(dir, SIM_MAKER_SERVE, &why);
		if (!ok(m && sim_maker_refresh(m), "a listener looks"))
			continue;
		sql("CREATE TABLE kept AS SELECT * FROM maker");
		sql(changes[i].sql);
		ok(!sim_maker_refresh(m) &&
		           strstr(sim_maker_why(m), changes[i].says) &&
		           !sim_maker_refresh(m),
		   "%s is found: %s", changes[i].name, sim_maker_why(m));
		sql("REPLACE INTO maker SELECT * FROM kept");
		ok(sim_maker_refresh(m), "and when it is well again, that too");
		sim_maker_close(m);
	}
}

/* An evaluation that goes on with a new edition is not half taken. */
static void test_refresh_evaluations(void)
{
	struct sim_maker *served, *m;
	size_t n = 0;

	fresh();
	served = sim_maker_open(dir, SIM_MAKER_SERVE, &why);
	m = maker_open(dir);
	if (!ok(served && sim_maker_publish(m, MAKER_NOW + 1),
	        "documents are issued beside a listener"))
		return;
	sql("UPDATE evaluation SET event = 5 WHERE number = 20");
	ok(!sim_maker_refresh(served) && !sim_maker_refresh(served) &&
	           strstr(sim_maker_why(served), "a TCB evaluation"),
	   "a changed evaluation is found each time: %s",
	   sim_maker_why(served));
	ok(sim_maker_evaluations(served, &n) && n == 2,
	   "those that were good are held still");
	sim_maker_close(served);
	sim_maker_close(m);
}

static void test_listener(void)
{
	struct ledger_processor p;
	struct ledger_cert c;
	uint8_t tcbm[18];
	struct sim_maker *m;

	fresh();
	sql("UPDATE processor SET revoked = 5 WHERE id = 2");
	m = sim_maker_open(dir, SIM_MAKER_SERVE, &why);
	ok(m && sim_maker_find(m, &p, "p-000002") == LEDGER_FAILED,
	   "a listener does not take a changed processor either: %s",
	   m ? sim_maker_why(m) : why.text);
	ok(m && sim_maker_find(m, &p, "p-000001") == LEDGER_FOUND &&
	           sim_maker_state(m, tcbm, 3) == LEDGER_FOUND &&
	           sim_maker_certify(m, &c, &p, tcbm, MAKER_NOW) ==
	                   LEDGER_FOUND,
	   "and serves the others");
	sim_maker_close(m);
	fresh();
	sql("UPDATE certificate SET der = randomblob(900) WHERE processor = 1");
	m = sim_maker_open(dir, SIM_MAKER_SERVE, &why);
	ok(m && sim_maker_find(m, &p, "p-000001") == LEDGER_FOUND &&
	           sim_maker_state(m, tcbm, 1) == LEDGER_FOUND &&
	           sim_maker_certify(m, &c, &p, tcbm, MAKER_NOW) ==
	                   LEDGER_FAILED,
	   "a certificate that was changed is not given away: %s",
	   m ? sim_maker_why(m) : why.text);
	sim_maker_close(m);
}

/* ---- the keys */

static const char *const keys[] = { "root.key",        "processor-ca.key",
	                            "platform-ca.key", "tcb-signing.key",
	                            "enclaves.key",    "ppid.key",
	                            "ledger.key" };
enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

static bool refused(const char *says)
{
	struct sim_maker *m = sim_maker_open(dir, SIM_MAKER_WORK, &why);
	bool no = !m && strstr(why.text, says);

	if (m)
		snprintf(why.text, sizeof(why.text), "it was taken");
	sim_maker_close(m);
	return no;
}

/* Changes one character of the text's middle. */
static void spoil(const char *path)
{
	size_t n = 0;
	unsigned char *text = slurp(path, &n);
	FILE *f;

	if (!text || n < 10)
		exit(2);
	text[n / 2] = text[n / 2] == 'A' || text[n / 2] == 'a' ? 'b' : 'a';
	f = fopen(path, "wb");
	if (!f || fwrite(text, 1, n, f) != n || fclose(f))
		exit(2);
	free(text);
}

static void test_key(const char *name)
{
	char path[300], other[300];

	snprintf(path, sizeof(path), "%s/keys/%s", dir, name);
	snprintf(other, sizeof(other), "%s", maker_path("other/keys/%s", name));
	fresh();
	unlink(path);
	ok(refused(name), "%s is missing: %s", name, why.text);
	fresh();
	ok(sh("cp -p %s %s", other, path) &&
	           (refused("belong together") || refused("changed")),
	   "%s is another manufacturer's: %s", name, why.text);
	fresh();
	spoil(path);
	/* an RSA key says everything twice, and may do without one of them */
	ok(refused(name) || refused("belong together") || refused("changed") ||
	           (strstr("enclaves.key ppid.key", name) && !found_by()),
	   "a character of %s is another: %s", name, why.text);
	fresh();
	ok(chmod(path, 0644) == 0 && refused("owner alone"),
	   "others can read %s: %s", name, why.text);
	fresh();
	ok(truncate(path, 0) == 0 && refused(name), "%s is empty: %s", name,
	   why.text);
	fresh();
	ok(truncate(path, 1 << 20) == 0 && refused(name), "%s is huge: %s",
	   name, why.text);
	fresh();
	unlink(path);
	ok(symlink(other, path) == 0 && refused(name), "%s is a link: %s", name,
	   why.text);
	fresh();
	unlink(path);
	ok(mkfifo(path, 0600) == 0 && refused(name), "%s is a pipe: %s", name,
	   why.text);
}

static void test_keys(void)
{
	for (size_t i = 0; i < N_KEYS; i++)
		test_key(keys[i]);
	fresh();
	ok(sh("cd %s/keys && mv root.key x && mv tcb-signing.key root.key &&"
	      " mv x tcb-signing.key",
	      dir) &&
	           refused("belong together"),
	   "two keys change their places: %s", why.text);
	fresh();
	ok(sh("cp -p %s/ledger.db* %s/", maker_path("other"), dir) &&
	           refused("changed by somebody else"),
	   "the ledger is another manufacturer's: %s", why.text);
	ok(sh("cp -p %s/keys/ledger.key %s/keys/", maker_path("other"), dir) &&
	           refused("do not belong together"),
	   "even with the key of its seals: %s", why.text);
}

/* ---- the machines' folders */

static void test_machines(void)
{
	struct {
		const char *name, *command, *says;
	} damage[] = {
		{ "a machine with another's fuses",
		  "cp -p %1$s/processors/p-000003/fuse "
		  "%1$s/processors/p-000001",
		  "fuses" },
		{ "a machine with another's certificate",
		  "cp -p %1$s/processors/p-000003/pck_chain.pem"
		  " %1$s/processors/p-000001",
		  "certificate" },
		{ "a machine that lacks a file",
		  "rm %1$s/processors/p-000001/cpusvn", "complete" },
		{ "a machine that nobody made",
		  "cp -a %1$s/processors/p-000001 %1$s/processors/guest",
		  "guest" },
	};

	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		const char *by;
		char command[700], *out = command;

		fresh();
		/* every %1$s is the folder */
		for (const char *p = damage[i].command; *p; p++)
			if (strncmp(p, "%1$s", 4) == 0) {
				out += sprintf(out, "%s", dir);
				p += 3;
			} else {
				*out++ = *p;
			}
		*out = 0;
		if (!sh("%s", command))
			exit(2);
		by = found_by();
		ok(by && strcmp(by, "check") == 0 &&
		           strstr(why.text, damage[i].says),
		   "%s: %s", damage[i].name, why.text);
	}
	fresh();
	maker_remove(maker_path("m/processors/p-000003"));
	ok(!found_by(), "a machine that was taken elsewhere is no fault");
}

int main(void)
{
	snprintf(dir, sizeof(dir), "%s", maker_path("m"));
	build(maker_path("whole"));
	build(maker_path("other"));
	fresh();
	ok(!found_by(), "an untouched manufacturer has no fault");
	test_rows();
	test_families();
	test_documents();
	test_put_back();
	test_beside();
	test_issued();
	test_files();
	test_refresh();
	test_refresh_evaluations();
	test_listener();
	test_keys();
	test_machines();
	return done();
}
