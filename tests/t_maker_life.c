/* t_maker_life.c - a simulated manufacturer from its making on: processors,
 * their quotes judged by what it publishes, revocation, recovery, updates. */
#include <assay/assay.h>

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "h_maker.h"
#include "sim/ae.h"
#include "sim/machine.h"
#include "tap.h"

static char dir[256];
static uint8_t root[64];
static struct sim_why why;

#define FMSPC "53494D000001"
#define STANDARD "m/pcs/standard/" FMSPC
#define EARLY "m/pcs/early/" FMSPC

static struct sim_make_spec plain(const char *name)
{
	struct sim_make_spec spec = { .name = name,
		                      .count = 1,
		                      .ca = SIM_CA_PLATFORM,
		                      .now = MAKER_NOW };

	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	return spec;
}

static bool make(const struct sim_make_spec *spec)
{
	struct sim_maker *m = maker_open(dir);
	bool done = sim_maker_make(m, spec);

	snprintf(why.text, sizeof(why.text), "%s", sim_maker_why(m));
	sim_maker_close(m);
	return done;
}

static bool checks_out(void)
{
	struct sim_maker *m = maker_open(dir);
	bool good = sim_maker_check(m);

	if (!good)
		note("%s", sim_maker_why(m));
	sim_maker_close(m);
	return good;
}

/* ---- where one can be made */

static bool init(const char *path)
{
	return sim_maker_init(path, MAKER_NOW, &why);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		exit(2);
}

static void test_init(void)
{
	struct stat st;

	ok(init(dir), "a manufacturer is made in a folder that is made too");
	ok(!init(dir) && strstr(why.text, "already"),
	   "and in no folder that has one: %s", why.text);
	mkdir(maker_path("full"), 0755);
	put(maker_path("full/letter"), "dear");
	ok(!init(maker_path("full")) && strstr(why.text, "not empty"),
	   "nor in one that has something else: %s", why.text);
	ok(access(maker_path("full/.assay-maker"), F_OK) != 0,
	   "of which nothing is changed");
	put(maker_path("file"), "");
	ok(!init(maker_path("file")), "nor in a file: %s", why.text);
	mkdir(maker_path("empty"), 0755);
	ok(init(maker_path("empty")), "an empty folder is fine");
	ok(!sim_maker_open(maker_path("full"), SIM_MAKER_WORK, &why) &&
	           strstr(why.text, "no simulated manufacturer"),
	   "what is none is not opened: %s", why.text);
	ok(stat(maker_path("m/ledger.db"), &st) == 0 &&
	           (st.st_mode & 0777) == 0600,
	   "the ledger is its owner's alone");
	ok(stat(maker_path("m/keys/root.key"), &st) == 0 &&
	           (st.st_mode & 0777) == 0600,
	   "so are the keys");
}

/* Times of which all that is made can be. */
static void test_times(void)
{
	static const int64_t bad[] = { 0, 946684799, 4102444800, 253402300799 };
	const int64_t last = 4102444799; /* 2099-12-31T23:59:59Z */
	const char *path = maker_path("last");
	struct sim_make_spec spec = plain("one");
	struct sim_maker *m;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!sim_maker_init(path, bad[i], &why) &&
		           strstr(why.text, "2000 to 2099") &&
		           access(path, F_OK) != 0,
		   "none is made at %jd: %s", (intmax_t)bad[i], why.text);
	ok(sim_maker_init(path, last, &why), "but at the last second: %s",
	   why.text);
	m = maker_open(path);
	spec.now = last;
	ok(sim_maker_make(m, &spec) && sim_maker_check(m),
	   "and all of it belongs together: %s", sim_maker_why(m));
	spec.name = "two";
	spec.now = last + 1;
	ok(!sim_maker_make(m, &spec) && !sim_maker_publish(m, last + 1) &&
	           !sim_maker_update(m, "one", last + 1) &&
	           strstr(sim_maker_why(m), "2000 to 2099"),
	   "nothing is made later");
	sim_maker_close(m);
}

static void test_two_at_once(void)
{
	struct sim_maker *one = maker_open(dir), *served, *next;

	ok(!sim_maker_open(dir, SIM_MAKER_WORK, &why) &&
	           strstr(why.text, "another"),
	   "a second one does not work in the same folder: %s", why.text);
	ok(!init(dir) && strstr(why.text, "another"), "nor is one made: %s",
	   why.text);
	served = sim_maker_open(dir, SIM_MAKER_SERVE, &why);
	ok(served != NULL, "but a listener may look on");
	sim_maker_close(served);
	sim_maker_close(one);
	next = sim_maker_open(dir, SIM_MAKER_WORK, &why);
	ok(next != NULL, "and when the first is done, the next may work");
	sim_maker_close(next);
}

/* ---- processors */

static void test_names(void)
{
	static const char *const bad[] = {
		"",
		".hidden",
		"../up",
		"a/b",
		"-option",
		"a b",
		"\xc3\xa4",
		"0123456789012345678901234567890123456789012345678901234567890"
	};
	struct sim_make_spec spec;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		spec = plain(bad[i]);
		ok(!make(&spec) && strstr(why.text, "name"),
		   "\"%s\" is no name", bad[i]);
	}
	spec = plain("first");
	ok(make(&spec), "a processor is made");
	ok(!make(&spec) && strstr(why.text, "already"),
	   "and not another of its name: %s", why.text);
	spec = plain("row");
	spec.count = 3;
	ok(make(&spec) &&
	           access(maker_path("m/processors/row-000003"), F_OK) == 0,
	   "of several each has a number");
	spec = plain(NULL);
	spec.count = 2;
	ok(make(&spec) && access(maker_path("m/processors/processor-000006"),
	                         F_OK) == 0,
	   "without a name it is the number in the ledger");
	ok(checks_out(), "all of it belongs together");
}

static void test_families(void)
{
	struct sim_make_spec spec = plain("foreign");

	memcpy(spec.fmspc, "\x00\x90\x6e\xd5\x00\x00", 6);
	ok(!make(&spec) && strstr(why.text, "53494D"),
	   "no processor is of a family of Intel's: %s", why.text);
	spec = plain("small");
	spec.ca = SIM_CA_PROCESSOR;
	ok(!make(&spec) && strstr(why.text, "platform CA"),
	   "a family has one CA: %s", why.text);
	spec.fmspc[5] = 2;
	ok(make(&spec), "another family may have the other");
	spec = plain("old");
	spec.has_cpu_svn = true;
	ok(!make(&spec) && strstr(why.text, "below every TCB level"),
	   "a state below all levels gets no certificate: %s", why.text);
	ok(checks_out(), "all of it belongs together");
}

/* ---- folders that are in the way */

static bool sh(const char *fmt, ...) ASSAY_PRINTF(1, 2);
static bool sh(const char *fmt, ...)
{
	char command[700];
	size_t n = (size_t)snprintf(command, sizeof(command),
	                            "cd %s/processors && ", dir);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command + n, sizeof(command) - n, fmt, ap);
	va_end(ap);
	return system(command) == 0;
}

static bool opens(void)
{
	struct sim_maker *m = sim_maker_open(dir, SIM_MAKER_WORK, &why);

	sim_maker_close(m);
	return m != NULL;
}

/* One more folder appears when all were looked for and none is in place. */
static void put_in_the_way(void *arg, size_t made, size_t of)
{
	(void)of;
	if (made == 32 && !*(bool *)arg)
		*(bool *)arg = sh("cp -r first many-000007");
}

static void test_in_the_way(void)
{
	struct sim_make_spec spec = plain("guest");
	bool put_there = false;

	ok(sh("cp -r first guest") && !make(&spec) &&
	           strstr(why.text, "processors/guest is there already"),
	   "no name is given that a folder has: %s", why.text);
	spec = plain("guest");
	spec.count = 2;
	ok(sh("mv guest guest-000002") && !make(&spec) &&
	           strstr(why.text, "processors/guest-000002 is there"),
	   "nor to one of several: %s", why.text);
	ok(sh("rm -r guest-000002") && checks_out(), "and nothing was made");
	spec = plain("many");
	spec.count = 32;
	spec.progress = put_in_the_way;
	spec.arg = &put_there;
	ok(!make(&spec) && put_there &&
	           strstr(why.text, "many-000007 is not the machine"),
	   "one that comes meanwhile is said: %s", why.text);
	ok(sh("cmp -s first/fuse many-000007/fuse && test -s "
	      ".new/many-000007/fuse"),
	   "neither machine's fuses are lost");
	ok(!opens() && strstr(why.text, "move it away"), "nor later: %s",
	   why.text);
	ok(sh("rm -r many-000007") && checks_out() &&
	           sh("test -s many-000007/fuse && test -s many-000032/fuse"),
	   "when it is gone the machine gets its name");
	ok(sh("cp -r many-000001 .new && mkdir .new/many-000002 "
	      ".new/nobody") &&
	           opens() && sh("test -z \"$(ls .new)\""),
	   "what an update left, or has begun, goes");
}

static void test_strays(void)
{
	ok(sh("echo 1 >.new/README && ln -s / .new/link") && opens() &&
	           sh("test -s .new/README"),
	   "files among what is made are not minded: %s", why.text);
	ok(sh("rm .new/link .new/README && mkdir -p .new/a/b") && !opens() &&
	           strstr(why.text, "/processors/.new/a: "),
	   "what cannot be removed is named: %s", why.text);
	ok(sh("rmdir .new/a/b") && checks_out(), "all of it belongs together");
}

/* ---- what the manufacturer knows, and what it has forgotten */

static const uint8_t *sought;
static size_t sought_len;
static unsigned found;

/* As bytes, or as hex digits. */
static int search(const char *path, const struct stat *st, int type,
                  struct FTW *ftw)
{
	char digits[2 * 64 + 1];
	unsigned char *text;
	size_t n = 0;

	(void)st;
	(void)ftw;
	if (type != FTW_F || strstr(path, "/processors/"))
		return 0;
	text = slurp(path, &n);
	assay_hex_print(digits, sought, sought_len, false);
	found += text && (memmem(text, n, sought, sought_len) ||
	                  memmem(text, n, digits, 2 * sought_len));
	free(text);
	return 0;
}

static unsigned files_with(const uint8_t *p, size_t n)
{
	sought = p;
	sought_len = n;
	found = 0;
	nftw(dir, search, 16, FTW_PHYS);
	return found;
}

/* The PCE's key on the machine itself. */
static bool pck_of(struct assay_p256_pair *pck, struct sim_cpu *cpu,
                   const struct sim_machine *machine)
{
	struct sim_enclave pce = { .cpu = cpu };
	const struct sim_enclu enclu = sim_enclu_of(&pce);
	struct sim_psvn psvn = { .pce_svn = 13 };

	memcpy(psvn.cpu_svn, machine->cpu_svn, sizeof(psvn.cpu_svn));
	return sim_ae_start(&pce.secs, cpu, SIM_AE_PCE, machine->pce) ==
	               SIM_SUCCESS &&
	       sim_pce_pck(pck, &enclu, &psvn) == SIM_SUCCESS;
}

static void test_forgotten(void)
{
	struct sim_machine machine;
	struct assay_p256_pair pck;
	struct sim_cpu cpu;

	if (!sim_machine_read(&machine, maker_path("m/processors/first")) ||
	    !sim_cpu_boot(&cpu, machine.fuse, machine.cpu_svn,
	                  machine.owner_epoch) ||
	    !pck_of(&pck, &cpu, &machine)) {
		ok(false, "a machine starts");
		return;
	}
	ok(files_with(cpu.rpk, sizeof(cpu.rpk)) == 1,
	   "the root provisioning key is in the ledger");
	ok(files_with(pck.key, sizeof(pck.key)) == 1,
	   "so is the PCK's public half, in a certificate");
	ok(files_with(pck.secret, sizeof(pck.secret)) == 0,
	   "its private half is in no file of the manufacturer's");
	ok(files_with(machine.fuse, sizeof(machine.fuse)) == 0,
	   "nor are the fuses");
	ok(files_with(cpu.rsk, sizeof(cpu.rsk)) == 0,
	   "nor is the root seal key");
	sim_machine_free(&machine);
}

/* ---- judgements */

static void judge(struct assay_verdict *v, const struct buf *quote,
                  const char *folder, int64_t now)
{
	maker_judge(v, quote, maker_path("%s", folder), root, now);
	if (!v->genuine)
		note("%s: %s",
		     assay_check_info(v->failed.check)
		             ? assay_check_info(v->failed.check)->name
		             : "?",
		     v->failed.note);
}

static void test_genuine(const struct buf *quote, const struct buf *small)
{
	struct assay_verdict v;

	judge(&v, quote, STANDARD, MAKER_NOW);
	ok(v.genuine && v.simulation && v.status == ASSAY_STATUS_UP_TO_DATE,
	   "a machine's quote is genuine, up to date, and simulation");
	ok(assay_verdict_level(&v, NULL, 0) == ASSAY_LEVEL_INSECURE,
	   "and graded INSECURE");
	ok(v.tcb_evaluation_number == SIM_FIRST_EVALUATION &&
	           v.qe_evaluation_number == SIM_FIRST_EVALUATION,
	   "by the first evaluation");
	maker_judge(&v, quote, maker_path(STANDARD), assay_intel_root_key,
	            MAKER_NOW);
	ok(!v.genuine && v.failed.check == ASSAY_X_ROOT_PIN,
	   "under Intel's root it is nothing: X_ROOT_PIN");
	judge(&v, small, "m/pcs/standard/53494D000002", MAKER_NOW);
	ok(v.genuine && v.status == ASSAY_STATUS_UP_TO_DATE && !v.pck.has_piid,
	   "so is one of the Processor CA's");
	judge(&v, small, STANDARD, MAKER_NOW);
	ok(!v.genuine, "but not by another family's documents");
}

static void test_dates(const struct buf *quote)
{
	const int64_t later = MAKER_NOW + 40 * MAKER_DAY;
	struct sim_maker *m;
	struct assay_verdict v;

	judge(&v, quote, STANDARD, later);
	ok(!v.genuine && (v.failed.check == ASSAY_R_TIME ||
	                  v.failed.check == ASSAY_J_TIME),
	   "documents are not good for ever");
	m = maker_open(dir);
	ok(!sim_maker_publish(m, MAKER_NOW - 1) &&
	           strstr(sim_maker_why(m), "earlier"),
	   "new ones are never older: %s", sim_maker_why(m));
	ok(sim_maker_publish(m, later), "they are issued anew");
	sim_maker_close(m);
	judge(&v, quote, STANDARD, later);
	ok(v.genuine && v.fresh_until == later + 30 * MAKER_DAY &&
	           v.pck_crl_number > 1,
	   "and are good again, for thirty days");
	ok(checks_out(), "all of it belongs together");
}

/* ---- revocation */

static bool put_on_list(const char *name, int64_t now)
{
	struct sim_maker *m = maker_open(dir);
	bool done = sim_maker_revoke(m, name, now);

	snprintf(why.text, sizeof(why.text), "%s", sim_maker_why(m));
	sim_maker_close(m);
	return done;
}

static void test_revoke(const struct buf *quote, const struct buf *other,
                        int64_t now)
{
	struct assay_verdict v;

	ok(!put_on_list("nobody", now) && strstr(why.text, "no processor"),
	   "who was not made is not revoked: %s", why.text);
	ok(put_on_list("first", now), "a processor is revoked");
	judge(&v, quote, STANDARD, now);
	ok(!v.genuine && v.failed.check == ASSAY_R_PCK_REVOKED,
	   "its quotes are refused: R_PCK_REVOKED");
	judge(&v, other, STANDARD, now);
	ok(v.genuine, "those of the next one are not");
	ok(!put_on_list("first", now) && strstr(why.text, "was revoked"),
	   "it happens once: %s", why.text);
	ok(checks_out(), "all of it belongs together");
}

/* ---- recovery */

static bool promote(int64_t now)
{
	struct sim_maker *m = maker_open(dir);
	bool done = sim_maker_promote(m, now);

	snprintf(why.text, sizeof(why.text), "%s", sim_maker_why(m));
	sim_maker_close(m);
	return done;
}

static bool recover(const struct sim_recovery *r)
{
	struct sim_maker *m = maker_open(dir);
	bool done = sim_maker_recover(m, r);

	snprintf(why.text, sizeof(why.text), "%s", sim_maker_why(m));
	sim_maker_close(m);
	return done;
}

static bool has_advisory(const struct assay_verdict *v, const char *name)
{
	for (size_t i = 0; i < v->n_advisories; i++)
		if (strcmp(v->advisories[i], name) == 0)
			return true;
	return false;
}

static void test_recovery(const struct buf *quote, int64_t now)
{
	struct sim_recovery r = { .now = now, .advisory = "not a name" };
	struct buf again = { 0 };
	struct assay_verdict v;
	struct sim_maker *m;

	ok(!recover(&r) && strstr(why.text, "advisory"),
	   "an advisory has a name of its kind: %s", why.text);
	r = (struct sim_recovery){ .now = now, .has_pce_svn = true };
	ok(!recover(&r) && strstr(why.text, "above"),
	   "a recovery goes forward: %s", why.text);
	ok(!promote(now) && strstr(why.text, "already"),
	   "there is no newer set yet: %s", why.text);
	r = (struct sim_recovery){ .now = now };
	ok(recover(&r), "a TCB recovery is published");

	judge(&v, quote, EARLY, now);
	ok(v.genuine && v.status == ASSAY_STATUS_OUT_OF_DATE &&
	           v.tcb_evaluation_number == SIM_FIRST_EVALUATION + 1 &&
	           has_advisory(&v, "SIMULATION-SA-00021"),
	   "by the early set the machine is OutOfDate, and why is said");
	judge(&v, quote, STANDARD, now);
	ok(v.genuine && v.status == ASSAY_STATUS_UP_TO_DATE &&
	           v.tcb_evaluation_number == SIM_FIRST_EVALUATION,
	   "by the standard set it is UpToDate still");

	m = maker_open(dir);
	ok(sim_maker_update(m, "second", now), "the machine is updated");
	ok(!sim_maker_update(m, "first", now) &&
	           strstr(sim_maker_why(m), "revoked"),
	   "a revoked one is not: %s", sim_maker_why(m));
	sim_maker_close(m);
	ok(maker_quote(&again, maker_path("m/processors/second")),
	   "it makes quotes in its new state");
	judge(&v, &again, EARLY, now);
	ok(v.genuine && v.status == ASSAY_STATUS_UP_TO_DATE &&
	           v.pck.comp[0] == 10,
	   "which are UpToDate by the early set");
	judge(&v, &again, STANDARD, now);
	ok(v.genuine && v.status == ASSAY_STATUS_UP_TO_DATE,
	   "and by the standard one");

	ok(promote(now + 1), "the new set becomes the standard one");
	judge(&v, quote, STANDARD, now + 1);
	ok(v.genuine && v.status == ASSAY_STATUS_OUT_OF_DATE,
	   "by which the old state is OutOfDate");
	ok(checks_out(), "all of it belongs together");
	buf_free(&again);
}

static bool is_as_made(const struct sim_make_spec *spec)
{
	struct sim_maker *m = maker_open(dir);
	struct ledger_processor p;
	bool same = sim_maker_find(m, &p, spec->name) == LEDGER_FOUND &&
	            memcmp(p.cpu_svn, spec->cpu_svn, 16) == 0 &&
	            p.pce_svn == spec->pce_svn;

	sim_maker_close(m);
	return same;
}

/* No component of a machine's state becomes less. */
static void test_lower(int64_t now)
{
	struct sim_make_spec spec = plain("ahead");
	size_t n;
	struct sim_maker *m = maker_open(dir);
	const struct ledger_evaluation *best =
		&sim_maker_evaluations(m, &n)[n - 1];

	spec.has_cpu_svn = spec.has_pce_svn = true;
	spec.pce_svn = best->pce_svn;
	memcpy(spec.cpu_svn, best->cpu_svn, sizeof(spec.cpu_svn));
	spec.cpu_svn[15]++;
	ok(sim_maker_make(m, &spec) && !sim_maker_update(m, "ahead", now) &&
	           strstr(sim_maker_why(m), "lowers none"),
	   "a machine whose CPUSVN is above is not updated: %s",
	   sim_maker_why(m));
	sim_maker_close(m);
	ok(is_as_made(&spec) && checks_out(), "and stays as it is");
	spec.cpu_svn[15]--;
	spec.pce_svn++;
	spec.name = "ahead2";
	m = maker_open(dir);
	ok(sim_maker_make(m, &spec) && !sim_maker_update(m, "ahead2", now) &&
	           strstr(sim_maker_why(m), "lowers none"),
	   "nor one whose PCESVN is");
	sim_maker_close(m);
	ok(is_as_made(&spec) && checks_out(), "which stays as it is too");
}

/* A set with a date becomes the standard one by itself. */
static void test_dated(int64_t now)
{
	const int64_t then = now + 10 * MAKER_DAY;
	struct sim_recovery r = { .now = now,
		                  .has_standard = true,
		                  .standard = then };
	struct sim_maker *m;

	ok(recover(&r), "a recovery with a date");
	m = maker_open(dir);
	ok(sim_maker_standard(m, then - 1)->number ==
	                   SIM_FIRST_EVALUATION + 1 &&
	           sim_maker_standard(m, then)->number ==
	                   SIM_FIRST_EVALUATION + 2,
	   "is the standard one from that date on");
	sim_maker_close(m);
}

static void test_room(int64_t now)
{
	struct sim_recovery r = { .now = now };
	unsigned n = 0;
	struct sim_maker *m;

	while (n < 40 && recover(&r))
		n++;
	ok(n > 20 && n < 40 && strstr(why.text, "no more"),
	   "%u more recoveries, and no more: %s", n, why.text);
	m = maker_open(dir);
	ok(sim_maker_check(m), "verifiers read the longest document");
	sim_maker_close(m);
}

/* ---- an unfinished manufacturer is finished, a damaged one is not touched */

static void test_unfinished(void)
{
	const char *path = maker_path("half");

	mkdir(path, 0755);
	put(maker_path("half/.assay-maker"), "");
	put(maker_path("half/ledger.db"), "");
	ok(!sim_maker_open(path, SIM_MAKER_WORK, &why),
	   "what was not finished is not opened: %s", why.text);
	ok(init(path), "but it is finished by init");
	unlink(maker_path("half/ledger.db"));
	ok(!init(path) && strstr(why.text, "without its ledger"),
	   "a manufacturer without its ledger is not made anew: %s", why.text);
}

int main(void)
{
	struct buf first = { 0 }, second = { 0 }, small = { 0 };
	const int64_t later = MAKER_NOW + 40 * MAKER_DAY;
	struct sim_make_spec spec;

	snprintf(dir, sizeof(dir), "%s", maker_path("m"));
	test_init();
	test_times();
	maker_root_key(root, dir);
	test_two_at_once();
	test_names();
	test_families();
	test_in_the_way();
	test_strays();
	test_forgotten();
	spec = plain("second");
	ok(make(&spec) &&
	           maker_quote(&first, maker_path("m/processors/first")) &&
	           maker_quote(&second, maker_path("m/processors/second")) &&
	           maker_quote(&small, maker_path("m/processors/small")),
	   "machines make quotes");
	test_genuine(&first, &small);
	test_dates(&first);
	test_revoke(&first, &second, later);
	test_recovery(&second, later + 1);
	test_lower(later + 2);
	test_dated(later + 10);
	test_room(later + 20);
	test_unfinished();
	buf_free(&first);
	buf_free(&second);
	buf_free(&small);
	return done();
}
