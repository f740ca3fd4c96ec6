/* t_launcher.c - programs launched as enclaves: what they get, what they are
 * refused, what is not launched, and that nothing is left behind. */
#include <assay/assay.h>

#include <dirent.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "h_launch.h"
#include "launch/isolate.h"
#include "sim/sgx.h"
#include "tap.h"

static struct h_launch h;

static bool start(struct sim_run *run, bool debug, struct assay_err *err)
{
	const struct sim_run_options o = { .debug = debug };

	return sim_run_start(run, h.dir, buf_bytes(&h.program), &o, err);
}

static pid_t parent_of(pid_t pid)
{
	char path[40];
	int parent = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (f && fscanf(f, "%*d (%*[^)]) %*c %d", &parent) != 1)
		parent = 0;
	if (f)
		fclose(f);
	return parent;
}

/* Whether it has ended: an orphan may wait for some time to be buried. */
static bool is_dead(pid_t pid)
{
	char path[40], state = 'X';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 'X';
	if (f)
		fclose(f);
	return state == 'X' || state == 'Z';
}

/* Whether the process ends within five seconds. */
static bool is_gone(pid_t pid)
{
	for (int i = 0; i < 500; i++) {
		if (is_dead(pid))
			return true;
		usleep(10000);
	}
	return false;
}

/* Its processes of that parent, but for one: how many there are. */
static size_t children(pid_t out[8], pid_t parent, pid_t but)
{
	DIR *dir = opendir("/proc");
	const struct dirent *d;
	size_t n = 0;

	while (dir && n < 8 && (d = readdir(dir))) {
		const pid_t pid = atoi(d->d_name);

		if (pid > 0 && pid != but && parent_of(pid) == parent)
			out[n++] = pid;
	}
	if (dir)
		closedir(dir);
	return n;
}

static void kill_all(const pid_t *pids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		kill(pids[i], SIGKILL);
	for (size_t i = 0; i < n; i++)
		(void)is_gone(pids[i]);
}

/* A supervisor and the processes below it: enclave, processor, PCE and QE. */
struct family {
	size_t n;
	pid_t pid[1 + 8 + 8];
};

static struct family family_of(pid_t supervisor)
{
	struct family f = { .n = 1, .pid = { supervisor } };
	const size_t n = 1 + children(f.pid + 1, supervisor, 0);

	f.n = n;
	for (size_t i = 1; i < n; i++)
		if (f.n <= 1 + 8)
			f.n += children(f.pid + f.n, f.pid[i], 0);
	return f;
}

static bool are_gone(const struct family *f)
{
	bool gone = true;

	for (size_t i = 0; i < f->n; i++)
		gone = is_gone(f->pid[i]) && gone;
	return gone;
}

static bool gets_quote(const struct sim_run *run)
{
	struct assay_quote q;
	struct assay_bytes in = { 0 };

	in.ptr = (const uint8_t *)launch_ask(run, 'q', &in.len);
	return in.ptr && assay_quote_parse(&q, in, true, NULL);
}

static void test_given(const struct sim_run *run)
{
	const char *said = launch_ask(run, 'a', NULL);

	ok(said && strcmp(said, "enclave|one||two|") == 0,
	   "its arguments are the launch page's, its environment empty");
	said = launch_ask(run, 'd', NULL);
	ok(said && strcmp(said, "0 1 2 3 ") == 0,
	   "it has the descriptors 0 to 3 and no other");
}

static void test_refused(const struct sim_run *run)
{
	static const struct {
		const char *what;
		int want;
	} rows[] = {
		{ "passwd", EACCES }, { "root", EACCES },  { "self", EACCES },
		{ "socket", EPERM },  { "fork", EPERM },   { "clone", EPERM },
		{ "exec", EPERM },    { "ptrace", EPERM }, { "code", EPERM },
		{ "limit", EPERM },   { "kill", EPERM },
	};
	const char *said = launch_ask(run, 't', NULL);
	char line[32];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(line, sizeof(line), "%s %d\n", rows[i].what,
		         rows[i].want);
		ok(said && strstr(said, line), "%s is refused with %s",
		   rows[i].what, strerror(rows[i].want));
	}
}

static void test_quote(const struct sim_run *run, bool debug)
{
	struct assay_quote q;
	struct assay_bytes in = { 0 };

	in.ptr = (const uint8_t *)launch_ask(run, 'q', &in.len);
	if (!ok(in.ptr && assay_quote_parse(&q, in, true, NULL),
	        "it gets a quote"))
		return;
	ok(memcmp(q.sgx.mrenclave, run->mrenclave, 32) == 0 &&
	           memcmp(q.sgx.report_data, "data\0\0", 6) == 0,
	   "of its own measurement and data");
	ok(((q.sgx.flags & ASSAY_SGX_DEBUG) != 0) == debug,
	   "which says%s that it is debugged", debug ? "" : " not");
}

/* A start that fails says which of the machine's files is to blame. */
static void blamed(const char *command, const char *want)
{
	struct assay_err err = { 0 };
	char text[200];
	struct sim_run run;

	snprintf(text, sizeof(text), "cd %s && %s", h.dir, command);
	if (system(text) != 0)
		abort();
	ok(!start(&run, false, &err) && err.check == ASSAY_L_PLATFORM &&
	           strcmp(err.note, want) == 0,
	   "%s: L_PLATFORM: %s", command, err.note);
}

static void test_blamed(void)
{
	char path[200];

	blamed("mv cpusvn away", "cpusvn: No such file or directory");
	blamed("ln -s away cpusvn",
	       "cpusvn: Too many levels of symbolic links");
	blamed("rm cpusvn; mkdir cpusvn", "cpusvn: it is no file");
	blamed("rmdir cpusvn; echo 00 >cpusvn",
	       "cpusvn: it has the wrong length");
	blamed("mv away cpusvn; chmod 640 fuse",
	       "fuse: others than its owner may read it: chmod 600");
	blamed("chmod 600 fuse; cp fuse away; tr 0-9a-f x <away >fuse",
	       sim_status_text(SIM_FILES));
	blamed("mv away fuse; mv qe.sigstruct gone",
	       "qe.sigstruct: No such file or directory");
	snprintf(path, sizeof(path), "mv %s/gone %s/qe.sigstruct", h.dir,
	         h.dir);
	if (system(path) != 0)
		abort();
}

static void test_tampered(void)
{
	const struct sim_run_options o = { 0 };
	static const struct {
		const char *name;
		size_t from_end; /* of the byte that is changed */
		enum assay_check want;
	} rows[] = {
		{ "a trailer", 64, ASSAY_S_TRAILER },
		{ "a SIGSTRUCT's signature", 64 + 1808 - 600, ASSAY_L_EINIT },
		{ "a SIGSTRUCT's measurement", 64 + 1808 - 970, ASSAY_L_EINIT },
		{ "a launch page", 64 + 1808 + 4096 - 16, ASSAY_S_LAUNCH },
		{ "a program", 64 + 1808 + 4096 + 400, ASSAY_S_LAUNCH_PROGRAM },
	};
	struct assay_err err;
	struct sim_run run;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *p = h.program.ptr + h.program.len - rows[i].from_end;

		*p ^= 1;
		ok(!sim_run_start(&run, h.dir, buf_bytes(&h.program), &o,
		                  &err) &&
		           err.check == rows[i].want && run.requests == -1,
		   "%s with one bit changed: %s", rows[i].name,
		   assay_check_info(rows[i].want)->name);
		*p ^= 1;
	}
	ok(!sim_run_start(&run, "/nowhere", buf_bytes(&h.program), &o, &err) &&
	           err.check == ASSAY_L_PLATFORM,
	   "no machine: L_PLATFORM");
	test_blamed();
}

/* A system call that fails, if argument `arg` has one of `bits` (0: always). */
struct lack {
	unsigned nr, arg;
	uint32_t bits;
	int error;
};

static bool lose(const struct lack *l)
{
	const uint32_t at = (uint32_t)offsetof(struct seccomp_data, args);
	struct sock_filter p[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, l->nr, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at + 8 * l->arg),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, l->bits, 0, 1),
		BPF_STMT(BPF_RET | BPF_K,
		         SECCOMP_RET_ERRNO | (uint32_t)l->error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog f = { sizeof(p) / sizeof(p[0]), p };

	if (l->bits == 0)
		p[3].code = BPF_JMP | BPF_JGE | BPF_K;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &f) == 0;
}

/* In a child for which this fails: what the start then fails with, or ASSAY_OK
 * if there is an answer. */
static struct assay_err without(struct lack l, bool strict)
{
	const struct sim_run_options o = { .strict = strict };
	/* what no start fails with, until one has been tried */
	struct assay_err err = { .check = ASSAY_G_NONE };
	struct sim_run run;
	int fd[2];
	pid_t pid;

	if (pipe(fd))
		abort();
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (lose(&l) &&
		    sim_run_start(&run, h.dir, buf_bytes(&h.program), &o,
		                  &err) &&
		    launch_ask(&run, 'a', NULL))
			err.check = ASSAY_OK;
		_exit(write(fd[1], &err, sizeof(err)) < 0);
	}
	close(fd[1]);
	if (read(fd[0], &err, sizeof(err)) < 0)
		abort();
	close(fd[0]);
	waitpid(pid, NULL, 0);
	return err;
}

/* A step of the isolation that fails is named as the table names it. */
static void test_step(void)
{
	const struct sim_protection *p = sim_protections;
	struct assay_err err;

	while (p->name && strcmp(p->name, "landlock") != 0)
		p++;
	if (!p->name || !p->probe()) {
		skip("landlock", "a step that fails is named");
		return;
	}
	err = without((struct lack){ 446, 0, 0, EPERM }, false);
	ok(err.check == ASSAY_L_START &&
	           strcmp(err.note, "landlock: Operation not permitted") == 0,
	   "a step that fails: L_START: %s", err.note);
}

/* clang 14 takes no constant into another's initializer. */
#define NO_LANDLOCK \
	{ \
		444, 0, 0, EOPNOTSUPP \
	}

/* What a stock Linux 6.1 lacks, or may lack. */
static void test_older(void)
{
	static const struct {
		const char *what;
		struct lack lack;
	} rows[] = {
		{ "MDWE", { SYS_prctl, 0, 0x40, EINVAL } },
		{ "MFD_EXEC", { SYS_memfd_create, 1, 0x10, EINVAL } },
		{ "F_SEAL_EXEC", { SYS_fcntl, 2, 0x20, EINVAL } },
		{ "landlock", NO_LANDLOCK },
		{ "memfd_secret", { 447, 0, 0, ENOSYS } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(without(rows[i].lack, false).check == ASSAY_OK,
		   "without %s: launched all the same", rows[i].what);
}

static void test_no_help(void)
{
	static const struct {
		const char *what;
		struct lack lack;
		enum assay_check want;
		const char *note;
	} rows[] = {
		{ "namespaces",
		  { SYS_clone, 0, CLONE_NEWUSER, EPERM },
		  ASSAY_L_KERNEL,
		  "namespaces" },
		/* Linux 5.8 */
		{ "close_range",
		  { SYS_close_range, 0, 0, ENOSYS },
		  ASSAY_L_KERNEL,
		  "seccomp-notify" },
		{ "execution",
		  { SYS_execveat, 0, 0, EPERM },
		  ASSAY_L_START,
		  "execution: Operation not permitted" },
		{ "pidfd_open",
		  { SYS_pidfd_open, 0, 0, EMFILE },
		  ASSAY_L_START,
		  "process: Too many open files" },
	};
	struct rlimit old;
	struct assay_err err = { 0 };
	struct sim_run run;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = without(rows[i].lack, false);
		ok(err.check == rows[i].want && strstr(err.note, rows[i].note),
		   "without %s: %s: %s", rows[i].what,
		   assay_check_info(rows[i].want)->name, err.note);
	}
	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &old) ||
	    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 4096, old.rlim_max }))
		abort();
	ok(!start(&run, false, &err) && err.check == ASSAY_L_MEMORY,
	   "without memory for the program: L_MEMORY");
	setrlimit(RLIMIT_FSIZE, &old);
}

/* An error, not a wait for ever, whichever process of the platform is gone. */
static void test_platform_killed(void)
{
	pid_t processor[8], quoting[8];
	struct sim_run run;
	const char *said;

	if (!ok(start(&run, false, NULL) && gets_quote(&run),
	        "another is launched and gets a quote"))
		return;
	ok(children(processor, run.supervisor, run.pid) == 1 &&
	           children(quoting, processor[0], 0) == 2,
	   "its machine has a processor, and PCE and QE");
	kill_all(quoting, 2);
	said = launch_ask(&run, 'q', NULL);
	ok(said && strncmp(said, "quote ", 6) == 0,
	   "PCE and QE killed: no quote, but an error");
	ok(gets_quote(&run), "the next quote is had from new ones");
	kill_all(processor, 1);
	said = launch_ask(&run, 'q', NULL);
	ok(said && strncmp(said, "quote ", 6) == 0,
	   "the processor killed: no quote, but an error");
	sim_run_stop(&run);
}

static void test_enclave_killed(void)
{
	struct sim_run run;
	pid_t supervisor;

	if (!ok(start(&run, false, NULL), "another is launched"))
		return;
	supervisor = run.supervisor;
	kill(run.pid, SIGKILL);
	ok(launch_ask(&run, 'a', NULL) == NULL,
	   "an enclave that is killed: the requests end");
	ok(is_gone(supervisor), "and so does the supervisor, unasked");
	sim_run_stop(&run);
}

static void test_stubborn(void)
{
	struct sim_run run;
	pid_t pid;

	if (!ok(start(&run, false, NULL), "another is launched"))
		return;
	pid = run.pid;
	ok(write(run.requests, "l", 1) == 1, "it is told to wait for ever");
	sim_run_stop(&run);
	ok(is_dead(pid), "stopped, it is gone all the same");
}

/* A quote is asked for from a processor that stands still: so the supervisor
 * waits, for ten seconds if nothing ends it. */
static void ask_in_vain(const struct sim_run *run)
{
	pid_t processor[8];

	if (children(processor, run->supervisor, run->pid) != 1 ||
	    kill(processor[0], SIGSTOP) || write(run->requests, "q", 1) != 1)
		abort();
	usleep(300000);
}

/* A launcher that is killed takes everything with it. */
static void test_killed(bool in_vain)
{
	int pipe_fd[2];
	pid_t pid, supervisor = 0;
	struct family all;
	struct sim_run run;

	if (pipe(pipe_fd))
		abort();
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (start(&run, false, NULL) && gets_quote(&run))
			supervisor = run.supervisor;
		if (supervisor && in_vain)
			ask_in_vain(&run);
		(void)!write(pipe_fd[1], &supervisor, sizeof(supervisor));
		pause();
		_exit(0);
	}
	close(pipe_fd[1]);
	(void)!read(pipe_fd[0], &supervisor, sizeof(supervisor));
	close(pipe_fd[0]);
	all = family_of(supervisor);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(supervisor > 0 && all.n == 5 && are_gone(&all),
	   "a launcher that is killed leaves no process of five%s",
	   in_vain ? ", though one stands still" : "");
}

static void test_supervisor_killed(void)
{
	struct sim_run run;
	struct family all;

	if (!ok(start(&run, false, NULL), "another is launched"))
		return;
	all = family_of(run.supervisor);
	kill(run.supervisor, SIGKILL);
	ok(all.n == 3 && are_gone(&all),
	   "enclave and processor end with their supervisor");
	sim_run_stop(&run);
}

static void test_strict(void)
{
	const struct sim_run_options o = { .strict = true };
	struct assay_err err = { 0 };
	struct sim_run run;
	bool all = true, good;

	for (const struct sim_protection *p = sim_protections; p->name; p++)
		all = p->probe() && all;
	good = sim_run_start(&run, h.dir, buf_bytes(&h.program), &o, &err);
	ok(good == all && (good || err.check == ASSAY_L_STRICT),
	   "strict: launched only with all protections");
	sim_run_stop(&run);
	ok(without((struct lack)NO_LANDLOCK, true).check == ASSAY_L_STRICT,
	   "strict, without landlock: L_STRICT");
}

int main(void)
{
	struct assay_err err = { 0 };
	struct sim_run run;
	const char *why = NULL;

	signal(SIGPIPE, SIG_IGN);
	if (!launch_prepare(&h, &why) || (why = launch_lacks())) {
		skip(why, "programs are launched");
		launch_free(&h);
		return done();
	}
	if (ok(start(&run, false, &err), "a program is launched: %s",
	       err.note)) {
		struct family all;

		test_given(&run);
		test_refused(&run);
		test_quote(&run, false);
		all = family_of(run.supervisor);
		sim_run_stop(&run);
		ok(all.n == 5 && are_gone(&all),
		   "stopped, no process of five is left");
	}
	if (ok(start(&run, true, NULL), "a debug enclave is launched")) {
		test_quote(&run, true);
		sim_run_stop(&run);
	}
	test_tampered();
	test_no_help();
	test_step();
	test_older();
	test_killed(false);
	test_killed(true);
	test_supervisor_killed();
	test_enclave_killed();
	test_platform_killed();
	test_stubborn();
	test_strict();
	launch_free(&h);
	return done();
}
