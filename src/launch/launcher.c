/* launcher.c - runs a signed program as an enclave. */
#include "launch/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "measure/launch.h"
#include "measure/program.h"
#include "measure/signed.h"
#include "measure/sigstruct.h"
#include "os/folder.h"
#include "launch/filter.h"
#include "launch/isolate.h"
#include "launch/supervisor.h"
#include "sim/wire.h"

/* Newer than some headers. */
enum { WITH_EXEC = 0x10, SEAL_EXEC = 0x20 };

/* The supervisor's descriptors. */
enum { FD_CONTROL = 3, FD_PROGRAM, FD_REQUESTS, FD_NULL, FD_FIRST };

/* What is to be launched. */
struct image {
	int fd; /* sealed */
	struct assay_launch launch;
	struct assay_sigstruct claims;
	const uint8_t *sigstruct;
	uint8_t mrenclave[32];
	uint64_t len;
};

/* What the supervisor says of the start. */
struct news {
	pid_t pid; /* 0: it failed */
	struct assay_err err;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- the program in memory, measured where it is run from */

static int new_memory(void)
{
	const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("enclave", flags | WITH_EXEC);

	return fd >= 0 || errno != EINVAL ? fd : memfd_create("enclave", flags);
}

/* Nobody may change it from now on.  It cannot be read by whoever executes it,
 * which makes the process one that the kernel lets no equal look into. */
static bool seal(int fd)
{
	const int seals = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK;

	if (fchmod(fd, 0111))
		return false;
	(void)fcntl(fd, F_ADD_SEALS, SEAL_EXEC);
	return fcntl(fd, F_ADD_SEALS, seals | F_SEAL_SEAL) == 0;
}

static bool measure(struct image *image, struct assay_bytes program,
                    const uint8_t launch[ASSAY_PAGE], struct assay_err *err)
{
	struct assay_stream s;
	struct assay_plan plan;

	assay_stream_begin(&s, NULL);
	return assay_plan_make(&plan, program, launch, err) &&
	       assay_launch_read(&image->launch, launch, err) &&
	       assay_plan_stream(&s, &plan, err) &&
	       assay_stream_end(image->mrenclave, &s, err);
}

static bool measure_memory(struct image *image,
                           const struct assay_signed *parts,
                           struct assay_err *err)
{
	struct assay_bytes program = { NULL, parts->program.len };
	void *p = MAP_FAILED;
	bool good;

	image->fd = new_memory();
	if (image->fd >= 0 && file_write_all(image->fd, parts->program) &&
	    seal(image->fd))
		p = mmap(NULL, program.len, PROT_READ, MAP_SHARED, image->fd,
		         0);
	if (p == MAP_FAILED)
		return assay_fail(err, ASSAY_L_MEMORY, ASSAY_DOC_PROGRAM, 0,
		                  "%zu bytes: %s", program.len,
		                  strerror(errno));
	program.ptr = p;
	image->len = program.len;
	good = measure(image, program, parts->launch.ptr, err);
	munmap(p, program.len);
	return good;
}

static bool load(struct image *image, struct assay_bytes in,
                 struct assay_err *err)
{
	struct assay_signed parts;

	*image = (struct image){ .fd = -1 };
	if (!assay_signed_read(&parts, in, err) ||
	    !assay_sigstruct_claims(&image->claims, parts.sigstruct, err))
		return false;
	image->sigstruct = parts.sigstruct.ptr;
	return measure_memory(image, &parts, err);
}

/* ---- the enclave's process, until it is one */

static void arguments(char *argv[ASSAY_LAUNCH_ARGS_MAX + 1], char *text,
                      const struct assay_launch *launch)
{
	memcpy(text, launch->args.ptr, launch->args.len);
	for (uint32_t i = 0; i < launch->n_args; i++) {
		argv[i] = text;
		text += strlen(text) + 1;
	}
	argv[launch->n_args] = NULL;
}

static bool place_fds(int socket, bool debug)
{
	return dup3(FD_PROGRAM, SIM_FD_PROGRAM, O_CLOEXEC) >= 0 &&
	       dup3(socket, SIM_FD_LAUNCHER, O_CLOEXEC) >= 0 &&
	       dup2(FD_NULL, STDIN_FILENO) >= 0 &&
	       dup2(FD_NULL, STDOUT_FILENO) >= 0 &&
	       (debug || dup2(FD_NULL, STDERR_FILENO) >= 0) &&
	       dup2(FD_REQUESTS, 3) >= 0 &&
	       syscall(SYS_close_range, 4, SIM_FD_PROGRAM - 1, 0) == 0 &&
	       syscall(SYS_close_range, SIM_FD_LAUNCHER + 1, ~0U, 0) == 0;
}

static _Noreturn void give_up(const char *what)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%s: %s", what, strerror(errno));

	(void)!write(SIM_FD_LAUNCHER, text, n < 63 ? (size_t)n : 63);
	_exit(1);
}

static _Noreturn void be_enclave(const struct image *image, int socket,
                                 bool debug)
{
	static char text[ASSAY_LAUNCH_ARGS_MAX];
	static char *argv[ASSAY_LAUNCH_ARGS_MAX + 1], *envp[1];
	const struct assay_bytes byte = { (const uint8_t *)"", 1 };
	const char *bad;
	char go;
	int notify;

	arguments(argv, text, &image->launch);
	signal(SIGPIPE, SIG_DFL);
	if (!place_fds(socket, debug))
		give_up("descriptors");
	if (read(SIM_FD_LAUNCHER, &go, 1) != 1)
		_exit(1);
	bad = sim_isolate_enter(&image->launch, image->len);
	if (bad)
		give_up(bad);
	notify = sim_filter_install();
	if (notify < 0 || !sim_send_fd(SIM_FD_LAUNCHER, byte, notify))
		give_up("seccomp-notify");
	close(notify);
	syscall(SYS_execveat, SIM_FD_PROGRAM, "", argv, envp, AT_EMPTY_PATH);
	give_up("execution");
}

/* ---- the supervisor */

struct supervisor {
	struct sim_platform platform;
	struct sim_attfs files;
	int enclave; /* its socket to the processor */
	int notify;
	pid_t pid;
	int pidfd;  /* the same: readable when the enclave has ended */
	int status; /* how it did, as waitpid has it */
};

static bool einit(struct supervisor *s, const struct image *image, bool debug,
                  struct assay_err *err)
{
	const uint64_t choice = ASSAY_SGX_INIT | ASSAY_SGX_DEBUG;
	const struct sim_ecreate created = {
		.flags = (image->claims.flags & ~choice) |
		         (debug ? ASSAY_SGX_DEBUG : 0),
		.xfrm = image->claims.xfrm,
		.misc_select = image->claims.misc_select,
	};
	enum sim_status status = sim_platform_einit(&s->platform, &s->enclave,
	                                            &created, image->mrenclave,
	                                            image->sigstruct);

	return status == SIM_SUCCESS ||
	       assay_fail(err, ASSAY_L_EINIT, ASSAY_DOC_SIGSTRUCT, 0, "%s: %s",
	                  sim_status_name(status), sim_status_text(status));
}

static bool start_platform(struct supervisor *s, const char *dir,
                           struct assay_err *err)
{
	enum sim_status status = sim_platform_start(&s->platform, dir);
	const char *text = sim_status_text(status);
	char why[SIM_MACHINE_WHY];

	if (status == SIM_FILES && sim_machine_blame(why, dir))
		text = why;
	return status == SIM_SUCCESS ||
	       assay_fail(err, ASSAY_L_PLATFORM, ASSAY_DOC_NONE, 0, "%s", text);
}

static bool no_start(struct assay_err *err, const char *why)
{
	return assay_fail(err, ASSAY_L_START, ASSAY_DOC_NONE, 0, "%s", why);
}

enum { WHY = 80 };

static bool because(char why[WHY], const char *what)
{
	snprintf(why, WHY, "%s: %s", what, strerror(errno));
	return false;
}

/* The child's n bytes about what failed, if it said any. */
static bool child_failed(char why[WHY], ssize_t n)
{
	if (n < 0)
		return because(why, "its process");
	if (n == 0)
		snprintf(why, WHY, "its process ended");
	else
		why[n] = 0;
	return false;
}

/* The child waits for its user; then it sends its listener, executes the
 * program, and its end of the socket closes.  If it cannot be told to go on it
 * has ended, and what it said before that is still to be read. */
static bool settle(struct supervisor *s, int socket, char why[WHY])
{
	const uid_t uid = sim_isolate_uid(s->pid);
	ssize_t n;

	if (!sim_isolate_map(s->pid, uid) ||
	    (geteuid() == 0 && fchown(FD_PROGRAM, uid, uid)))
		return because(why, "its user");
	(void)!write(socket, "", 1);
	n = sim_receive_fd(socket, why, WHY - 1, &s->notify);
	if (s->notify < 0)
		return child_failed(why, n);
	n = recv(socket, why, WHY - 1, 0);
	return n == 0 || child_failed(why, n);
}

/* The parent's part, with its end of the socket. */
static bool raise_child(struct supervisor *s, int socket, char why[WHY])
{
	if (s->pid < 0)
		return because(why, "no process");
	s->pidfd = (int)syscall(SYS_pidfd_open, s->pid, 0);
	if (s->pidfd < 0)
		return because(why, "no descriptor of its process");
	return settle(s, socket, why);
}

static bool start_enclave(struct supervisor *s, const struct image *image,
                          bool debug, struct assay_err *err)
{
	char why[WHY];
	int pair[2];
	bool good;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		because(why, "no socket");
		return no_start(err, why);
	}
	s->pid = sim_isolate_fork();
	if (s->pid == 0)
		be_enclave(image, pair[1], debug);
	close(pair[1]);
	good = raise_child(s, pair[0], why);
	close(pair[0]);
	return good || no_start(err, why);
}

static void end(struct supervisor *s)
{
	if (s->pid > 0) {
		kill(s->pid, SIGKILL);
		while (waitpid(s->pid, &s->status, 0) < 0 && errno == EINTR)
			;
	}
	sim_attfs_end(&s->files);
	close_fd(&s->enclave);
	sim_platform_stop(&s->platform);
}

static void keep_fds(int control, const struct image *image, int requests)
{
	const int fd[] = { control, image->fd, requests,
		           open("/dev/null", O_RDWR) };
	int high[4];

	for (int i = 0; i < 4; i++)
		high[i] = fcntl(fd[i], F_DUPFD, 64);
	for (int i = 0; i < 4; i++)
		if (high[i] < 0 || dup3(high[i], FD_CONTROL + i, O_CLOEXEC) < 0)
			_exit(1);
	if (syscall(SYS_close_range, FD_FIRST, ~0U, 0))
		_exit(1);
}

/* Root gives its enclave memory to lock, and no groups. */
static void as_root(const struct image *image)
{
	const uint64_t n = image->launch.heap + image->len + (1UL << 32);

	if (geteuid() == 0) {
		(void)setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ n, n });
		(void)setgroups(0, NULL);
	}
}

/* It may be waiting for its platform when who started it ends.  The signal comes
 * when the thread ends that forked: so a thread that is not the process goes
 * without it. */
static void end_with(pid_t launcher, pid_t thread)
{
	if (thread != launcher)
		return;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != launcher)
		_exit(1);
}

static _Noreturn void supervise(const struct image *image, const char *dir,
                                bool debug)
{
	struct supervisor s = { .platform = { .control = -1, .quoting = -1 },
		                .enclave = -1,
		                .notify = -1,
		                .pidfd = -1 };
	struct news news = { 0 };
	bool good;

	signal(SIGPIPE, SIG_IGN);
	as_root(image);
	sim_attfs_start(&s.files, &s.platform, -1);
	good = start_platform(&s, dir, &news.err) &&
	       einit(&s, image, debug, &news.err);
	if (good) {
		sim_attfs_start(&s.files, &s.platform, s.enclave);
		good = start_enclave(&s, image, debug, &news.err);
	}
	close(FD_REQUESTS);
	close(FD_PROGRAM);
	news.pid = good ? s.pid : 0;
	good = send(FD_CONTROL, &news, sizeof(news), MSG_NOSIGNAL) ==
	               (ssize_t)sizeof(news) &&
	       good;
	if (good)
		sim_supervise(&s.files, s.notify,
		              (const int[]){ FD_CONTROL, s.pidfd });
	end(&s);
	/* whoever launched it may be gone, or not want to know */
	(void)send(FD_CONTROL, &s.status, sizeof(s.status), MSG_NOSIGNAL);
	_exit(0);
}

/* ---- who starts it */

static const char *first_missing(bool needed)
{
	const struct sim_protection *p = sim_protections;

	while (p->name && (p->needed != needed || p->probe()))
		p++;
	return p->name;
}

static bool has_needed(struct assay_err *err)
{
	const char *name = first_missing(true);

	return !name ||
	       assay_fail(err, ASSAY_L_KERNEL, ASSAY_DOC_NONE, 0, "%s", name);
}

static bool has_others(struct assay_err *err)
{
	const char *name = first_missing(false);

	return !name ||
	       assay_fail(err, ASSAY_L_STRICT, ASSAY_DOC_NONE, 0, "%s", name);
}

static void hear(struct sim_run *run, struct assay_err *err)
{
	struct news news = { 0 };
	ssize_t n;

	do
		n = recv(run->control, &news, sizeof(news), 0);
	while (n < 0 && errno == EINTR);
	run->pid = n == (ssize_t)sizeof(news) ? news.pid : 0;
	if (n != (ssize_t)sizeof(news))
		no_start(&news.err, "the supervisor ended");
	*err = news.err;
}

static bool fork_supervisor(struct sim_run *run, const struct image *image,
                            const char *dir, bool debug)
{
	int control[2] = { -1, -1 }, requests[2] = { -1, -1 };
	const int type = SOCK_CLOEXEC;
	const pid_t self = getpid(), thread = gettid();

	if (!socketpair(AF_UNIX, SOCK_SEQPACKET | type, 0, control) &&
	    !socketpair(AF_UNIX, SOCK_STREAM | type, 0, requests)) {
		run->supervisor = fork();
		if (run->supervisor == 0) {
			end_with(self, thread);
			keep_fds(control[1], image, requests[1]);
			supervise(image, dir, debug);
		}
	}
	run->control = control[0];
	run->requests = requests[0];
	close_fd(&control[1]);
	close_fd(&requests[1]);
	return run->supervisor > 0;
}

bool sim_run_ended(char text[SIM_ENDED_TEXT], const struct sim_run *run)
{
	enum { WAIT_MS = 100 };
	struct pollfd p = { run->control, POLLIN, 0 };
	int status;

	if (poll(&p, 1, WAIT_MS) != 1 ||
	    recv(run->control, &status, sizeof(status), MSG_DONTWAIT) !=
	            (ssize_t)sizeof(status))
		return false;
	if (WIFEXITED(status))
		snprintf(text, SIM_ENDED_TEXT, "exit status %d",
		         WEXITSTATUS(status));
	else
		snprintf(text, SIM_ENDED_TEXT, "signal %d", WTERMSIG(status));
	return true;
}

void sim_run_stop(struct sim_run *run)
{
	close_fd(&run->requests);
	close_fd(&run->control);
	while (run->supervisor > 0 && waitpid(run->supervisor, NULL, 0) < 0 &&
	       errno == EINTR)
		;
	*run = (struct sim_run){ .requests = -1, .control = -1 };
}

/* What is needed shows when it is missing: then it is looked for, to say what it
 * was.  Probing before every launch would take longer than the launch. */
static bool launch(struct sim_run *run, const struct image *image,
                   const char *dir, const struct sim_run_options *o,
                   struct assay_err *err)
{
	struct assay_err why = { 0 };
	char text[WHY];

	if (o->strict && (!has_needed(err) || !has_others(err)))
		return false;
	if (fork_supervisor(run, image, dir, o->debug)) {
		hear(run, &why);
	} else {
		because(text, "no supervisor");
		no_start(&why, text);
	}
	if (run->pid > 0)
		return true;
	if (why.check == ASSAY_L_START && !has_needed(err))
		return false;
	if (err)
		*err = why;
	return false;
}

bool sim_run_start(struct sim_run *run, const char *platform_dir,
                   struct assay_bytes signed_program,
                   const struct sim_run_options *options, struct assay_err *err)
{
	struct image image;
	bool good;

	*run = (struct sim_run){ .requests = -1, .control = -1 };
	good = load(&image, signed_program, err) &&
	       launch(run, &image, platform_dir, options, err);
	memcpy(run->mrenclave, image.mrenclave, 32);
	close_fd(&image.fd);
	if (!good)
		sim_run_stop(run);
	return good;
}
