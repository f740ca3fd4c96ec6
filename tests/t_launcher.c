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
#include "sim/isolate.h"
#include "tap.h"

static struct h_launch h;

static bool start(struct sim_run *run, bool debug, struct assay_err *err)
{
	const struct sim_run_options o = { .debug = debug };

	return sim_run_start(run, h.dir, sim_out_bytes(&h.program), &o, err);
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
		{ "kill", EPERM },
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
		ok(!sim_run_start(&run, h.dir, sim_out_bytes(&h.program), &o,
		                  &err) &&
		           err.check == rows[i].want && run.requests == -1,
		   "%s with one bit changed: %s", rows[i].name,
		   assay_check_info(rows[i].want)->name);
		*p ^= 1;
	}
	ok(!sim_run_start(&run, "/nowhere", sim_out_bytes(&h.program), &o,
	                  &err) &&
	           err.check == ASSAY_L_PLATFORM,
	   "no machine: L_PLATFORM");
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

/* In a child for which this fails: the check that the start then fails with, or
 * ASSAY_OK if there is an answer. */
static enum assay_check without(struct lack l)
{
	/* what no start here fails with, until one has been tried */
	struct assay_err err = { .check = ASSAY_L_STRICT };
	struct sim_run run;
	int fd[2];
	pid_t pid;

	if (pipe(fd))
		abort();
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (lose(&l) && start(&run, false, &err) &&
		    launch_ask(&run, 'a', NULL))
			err.check = ASSAY_OK;
		_exit(write(fd[1], &err, sizeof(err)) < 0);
	}
	close(fd[1]);
	if (read(fd[0], &err, sizeof(err)) < 0)
		abort();
	close(fd[0]);
	waitpid(pid, NULL, 0);
	return err.check;
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
		{ "landlock", { 444, 0, 0, EOPNOTSUPP } },
		{ "memfd_secret", { 447, 0, 0, ENOSYS } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(without(rows[i].lack) == ASSAY_OK,
		   "without %s: launched all the same", rows[i].what);
}

static void test_no_help(void)
{
	struct rlimit old;
	struct assay_err err = { 0 };
	struct sim_run run;

	ok(without((struct lack){ SYS_clone, 0, CLONE_NEWUSER, EPERM }) ==
	           ASSAY_L_KERNEL,
	   "without namespaces: L_KERNEL");
	ok(without((struct lack){ SYS_execveat, 0, 0, EPERM }) == ASSAY_L_START,
	   "without execution: L_START");
	signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_FSIZE, &old) ||
	    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 4096, old.rlim_max }))
		abort();
	ok(!start(&run, false, &err) && err.check == ASSAY_L_MEMORY,
	   "without memory for the program: L_MEMORY");
	setrlimit(RLIMIT_FSIZE, &old);
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

static bool gets_quote(const struct sim_run *run)
{
	struct assay_quote q;
	struct assay_bytes in = { 0 };

	in.ptr = (const uint8_t *)launch_ask(run, 'q', &in.len);
	return in.ptr && assay_quote_parse(&q, in, true, NULL);
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

/* A launcher that is killed takes everything with it. */
static void test_killed(void)
{
	int pipe_fd[2];
	pid_t pid, pids[2] = { 0, 0 };
	struct sim_run run;

	if (pipe(pipe_fd))
		abort();
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (start(&run, false, NULL)) {
			pids[0] = run.pid;
			pids[1] = run.supervisor;
		}
		(void)!write(pipe_fd[1], pids, sizeof(pids));
		pause();
		_exit(0);
	}
	close(pipe_fd[1]);
	(void)!read(pipe_fd[0], pids, sizeof(pids));
	close(pipe_fd[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(pids[0] > 0 && is_gone(pids[0]) && is_gone(pids[1]),
	   "a launcher that is killed leaves no process");
}

static void test_supervisor_killed(void)
{
	struct sim_run run;
	pid_t pid;

	if (!ok(start(&run, false, NULL), "another is launched"))
		return;
	pid = run.pid;
	kill(run.supervisor, SIGKILL);
	ok(is_gone(pid), "an enclave ends with its supervisor");
	sim_run_stop(&run);
}

static void test_strict(void)
{
	const struct sim_run_options o = { .strict = true };
	struct assay_err err = { 0 };
	struct sim_run run;
	bool all = true, good;

	for (size_t i = 0; i < SIM_N_PROTECTIONS; i++)
		all = sim_protections[i].probe() && all;
	good = sim_run_start(&run, h.dir, sim_out_bytes(&h.program), &o, &err);
	ok(good == all && (good || err.check == ASSAY_L_STRICT),
	   "strict: launched only with all protections");
	sim_run_stop(&run);
}

int main(void)
{
	struct assay_err err = { 0 };
	struct sim_run run;
	const char *why = launch_lacks();

	signal(SIGPIPE, SIG_IGN);
	if (!launch_prepare(&h, &why) || (why = launch_lacks())) {
		skip(why, "programs are launched");
		launch_free(&h);
		return done();
	}
	if (ok(start(&run, false, &err), "a program is launched: %s",
	       err.note)) {
		pid_t pid = run.pid;

		test_given(&run);
		test_refused(&run);
		test_quote(&run, false);
		sim_run_stop(&run);
		ok(is_gone(pid), "stopped, no process is left");
	}
	if (ok(start(&run, true, NULL), "a debug enclave is launched")) {
		test_quote(&run, true);
		sim_run_stop(&run);
	}
	test_tampered();
	test_no_help();
	test_older();
	test_killed();
	test_supervisor_killed();
	test_enclave_killed();
	test_platform_killed();
	test_stubborn();
	test_strict();
	launch_free(&h);
	return done();
}
