/* t_maker_kill.c - a manufacturer's process is killed at whatever point, and the
 * disk is full at whatever point: the next one finds everything in order. */
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "h_disk.h"
#include "h_maker.h"
#include "tap.h"

static char dir[256];
static struct sim_why why;

/* The same numbers every time. */
static uint32_t seed = 1;
static uint32_t draw(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* ---- what a child does until it is killed */

static bool make(struct sim_maker *m, uint32_t n)
{
	struct sim_make_spec spec = { .count = 1 + n % 20,
		                      .ca = SIM_CA_PLATFORM,
		                      .now = MAKER_NOW };

	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	spec.fmspc[5] = (uint8_t)(1 + n % 3); /* new families too */
	return sim_maker_make(m, &spec);
}

static const char *some_processor(uint32_t n)
{
	static char name[32];

	snprintf(name, sizeof(name), "processor-%06u", 1 + n % 60);
	return name;
}

/* Some of it fails, as there is no such processor, or it was revoked. */
static void work(uint32_t n)
{
	struct sim_maker *m = sim_maker_open(dir, SIM_MAKER_WORK, &why);
	bool done = true;

	for (unsigned i = 0; m && i < 30; i++, n = n * 7 + 3)
		switch (n % 8) {
		case 0:
			done = sim_maker_revoke(m, some_processor(n / 8),
			                        MAKER_NOW);
			break;
		case 1:
			done = sim_maker_update(m, some_processor(n / 8),
			                        MAKER_NOW);
			break;
		case 2:
			done = sim_maker_publish(m, MAKER_NOW);
			break;
		default:
			done = make(m, n);
			break;
		}
	sim_maker_close(m);
	_exit(m && done ? 0 : 1);
}

/* A child that is killed after so many microseconds. */
static void kill_after(uint32_t us, uint32_t n)
{
	const struct timespec wait = { .tv_nsec = (long)us * 1000 };
	pid_t child = fork();

	if (child == 0)
		work(n);
	nanosleep(&wait, NULL);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static bool in_order(struct ledger_maker *facts)
{
	struct sim_maker *m = sim_maker_open(dir, SIM_MAKER_WORK, &why);
	bool good = m && sim_maker_check(m);

	if (m) {
		snprintf(why.text, sizeof(why.text), "%s", sim_maker_why(m));
		*facts = *sim_maker_facts(m);
	}
	sim_maker_close(m);
	return good;
}

/* Nothing is left that was not finished. */
static bool is_tidy(void)
{
	char command[600];

	snprintf(command, sizeof(command),
	         "test -z \"$(find %s/processors -path '*/.new/*' -o"
	         " -name '*.new' ! -name .new)\"",
	         dir);
	return system(command) == 0;
}

static void test_work(unsigned rounds)
{
	struct ledger_maker facts = { 0 }, before;
	const unsigned enough = rounds / 10 + 1;
	unsigned grew = 0, bad = 0, i;

	/* on a busy machine few come to anything: then there are more rounds */
	for (i = 0; i < rounds || (grew < enough && i < 5 * rounds); i++) {
		before = facts;
		/* opening takes some 10 ms: before, during, long after */
		kill_after(draw() % (i % 4 ? 150000 : 30000), draw());
		if (!in_order(&facts) || !is_tidy()) {
			note("round %u: %s", i, why.text);
			bad++;
		}
		grew += facts.n_processors > before.n_processors;
	}
	ok(bad == 0, "killed %u times, and in order after each", i);
	ok(grew >= enough,
	   "%u of them left processors, %jd in all, "
	   "%jd revoked, edition %jd",
	   grew, (intmax_t)facts.n_processors, (intmax_t)facts.n_revoked,
	   (intmax_t)facts.edition);
}

/* A manufacturer that is being made. */
static void test_init(unsigned rounds)
{
	unsigned unfinished = 0, bad = 0;

	for (unsigned i = 0; i < rounds; i++) {
		/* two RSA keys take a second or two */
		const uint32_t ms = draw() % (i % 3 ? 2500 : 60);
		const struct timespec wait = { ms / 1000,
			                       ms % 1000 * 1000000L };
		struct sim_maker *m;
		pid_t child;

		maker_remove(dir);
		child = fork();
		if (child == 0)
			_exit(!sim_maker_init(dir, MAKER_NOW, &why));
		nanosleep(&wait, NULL);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		m = sim_maker_open(dir, SIM_MAKER_WORK, &why);
		if (!m) {
			unfinished++;
			bad += !sim_maker_init(dir, MAKER_NOW, &why);
			m = sim_maker_open(dir, SIM_MAKER_WORK, &why);
		}
		bad += !m || !sim_maker_check(m);
		if (bad)
			note("round %u: %s", i,
			     m ? sim_maker_why(m) : why.text);
		sim_maker_close(m);
	}
	ok(bad == 0 && unfinished > 0,
	   "killed %u times while it is made: %u unfinished, and finished then",
	   rounds, unfinished);
}

/* ---- a disk that is full: no file may grow beyond a size */

static void limit(rlim_t bytes)
{
	const struct rlimit r = { bytes, bytes };

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &r))
		_exit(3);
}

static void grow(void)
{
	struct sim_maker *m = sim_maker_open(dir, SIM_MAKER_WORK, &why);
	bool done = m && make(m, 20) && sim_maker_publish(m, MAKER_NOW);

	sim_maker_close(m);
	_exit(!done);
}

static void test_full(void)
{
	struct ledger_maker facts = { 0 };
	unsigned refused = 0, bad = 0;

	for (unsigned i = 0; i < 20; i++) {
		int status;
		pid_t child = fork();

		if (child == 0) {
			/* the machine's files, the documents, the ledger */
			limit(64u << i);
			grow();
		}
		waitpid(child, &status, 0);
		refused += status != 0;
		if (!in_order(&facts) || !is_tidy()) {
			note("limit %u: %s", 64u << i, why.text);
			bad++;
		}
	}
	ok(bad == 0 && refused > 0 && refused < 20,
	   "%u of 20 times the disk was full, and in order after each",
	   refused);
}

/* The child's status: 0 in order, 1 not, 2 there are no namespaces, 3 the disk
 * never was full. */
static int fill_disk(void)
{
	struct ledger_maker facts = { 0 };
	struct sim_maker *m;
	bool full = false;

	snprintf(dir, sizeof(dir), "%s", maker_path("disk"));
	mkdir(dir, 0755);
	if (disk_absent() || !disk_mount(dir, "size=3m"))
		return 2;
	if (!sim_maker_init(dir, MAKER_NOW, &why))
		return 1;
	m = sim_maker_open(dir, SIM_MAKER_WORK, &why);
	for (unsigned i = 0; m && i < 50 && !full; i++)
		full = !make(m, 19 + 20 * i);
	if (m)
		note("%s", sim_maker_why(m));
	sim_maker_close(m);
	if (!full)
		return 3;
	if (!disk_change(dir, "size=30m"))
		return 2;
	if (in_order(&facts) && is_tidy() && facts.n_processors > 20)
		return 0;
	note("%s", why.text);
	return 1;
}

static void test_small_disk(void)
{
	int status;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0) {
		status = fill_disk();
		fflush(stdout);
		_exit(status);
	}
	waitpid(child, &status, 0);
	if (WEXITSTATUS(status) == 2)
		skip("no mount namespaces", "a disk that is full");
	else
		ok(status == 0, "a disk that is full, and in order after it");
}

int main(void)
{
	const bool all = getenv("ASSAY_LONG") != NULL;

	snprintf(dir, sizeof(dir), "%s", maker_path("m"));
	test_init(all ? 20 : 4);
	maker_remove(dir);
	if (!sim_maker_init(dir, MAKER_NOW, &why)) {
		note("%s", why.text);
		return 2;
	}
	test_work(all ? 120 : 25);
	test_full();
	test_small_disk();
	return done();
}
