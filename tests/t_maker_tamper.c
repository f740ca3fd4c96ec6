/* t_maker_tamper.c - a manufacturer whose ledger, keys or machines somebody
 * changed: nothing is signed on their word, and what is wrong is said. */
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
	  "check", "p-00000" },
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
	  "do not belong together" },
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
	ok(!sim_maker_check(m) && strstr(sim_maker_why(m), "J_SIG"),
	   "a changed TCB info is found: %s", sim_maker_why(m));
	ok(sim_maker_publish(m, MAKER_NOW + 1) && sim_maker_check(m),
	   "and mended by publishing");
	sim_maker_close(m);
	fresh();
	sql("DELETE FROM document WHERE name = 'crl/platform'");
	m = maker_open(dir);
	ok(!sim_maker_check(m) && strstr(sim_maker_why(m), "crl/platform"),
	   "a missing one is found: %s", sim_maker_why(m));
	sim_maker_close(m);
}

static void test_listener(void)
{
	struct ledger_processor p;
	struct ledger_cert c;
	uint8_t tcbm[18];
	struct sim_maker *m;

	fresh();
	sql("UPDATE processor SET revoked = 0 WHERE id = 2");
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
	test_documents();
	test_listener();
	test_keys();
	test_machines();
	return done();
}
