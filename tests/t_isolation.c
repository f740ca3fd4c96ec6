/* t_isolation.c - what can be seen of an enclave from outside: each way to look
 * into it is tried on one that runs. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "h_launch.h"
#include "launch/isolate.h"
#include "tap.h"

static struct h_launch h;
static pid_t pid;
static uintptr_t plain, secret;
static int secret_fd;

/* ---- ways to look: true if something was read */

static bool by_file(uintptr_t at)
{
	char path[64], c[8] = { 0 };
	bool good;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDONLY);
	good = fd >= 0 && pread(fd, c, sizeof(c), (off_t)at) > 0;
	if (fd >= 0)
		close(fd);
	return good;
}

static bool by_call(uintptr_t at)
{
	char c[8];
	struct iovec here = { c, sizeof(c) };
	struct iovec there = { (void *)at, sizeof(c) };

	return process_vm_readv(pid, &here, 1, &there, 1, 0) > 0;
}

static bool attach(void)
{
	return ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0 &&
	       waitpid(pid, NULL, __WALL) == pid;
}

static bool by_trace(uintptr_t at)
{
	bool good;

	if (!attach())
		return false;
	errno = 0;
	(void)ptrace(PTRACE_PEEKDATA, pid, (void *)at, NULL);
	good = errno == 0;
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return good;
}

/* Of ordinary memory there is no descriptor: the requests' stands for it. */
static bool by_descriptor(uintptr_t at)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	int fd = (int)syscall(SYS_pidfd_getfd, pidfd,
	                      at == secret ? secret_fd : 3, 0);

	if (fd >= 0)
		close(fd);
	close(pidfd);
	return fd >= 0;
}

static const struct {
	const char *name;
	bool (*look)(uintptr_t at);
	bool for_root, for_launcher; /* who reads so what is not secret */
} ways[] = {
	{ "/proc/PID/mem", by_file, true, false },
	{ "process_vm_readv", by_call, true, true },
	{ "PTRACE_PEEKDATA", by_trace, true, true },
	{ "pidfd_getfd", by_descriptor, true, true },
};
enum { N_WAYS = sizeof(ways) / sizeof(ways[0]) };

static bool become(uid_t uid)
{
	return uid == geteuid() ||
	       (setresgid(uid, uid, uid) == 0 && setresuid(uid, uid, uid) == 0);
}

/* In a child that is this user: what it can read. */
static bool as(uid_t uid, bool (*look)(uintptr_t), uintptr_t at)
{
	int status = -1;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		_exit(!become(uid) || look(at) ? 1 : 0);
	waitpid(child, &status, 0);
	return status != 0;
}

/* Whether this is root that can be any user, and the enclave has its own. */
static bool gives_users(void)
{
	return sim_isolate_uid(pid) != geteuid();
}

static void test_secret(void)
{
	if (!secret) {
		skip("memfd_secret", "memory is secret");
		return;
	}
	for (size_t i = 0; i < N_WAYS; i++)
		ok(!as(geteuid(), ways[i].look, secret),
		   "its secret by %s: refused to who launched it",
		   ways[i].name);
}

static void test_others(void)
{
	const uid_t own = sim_isolate_uid(pid);

	if (!gives_users()) {
		skip("own-user", "other users are refused");
		return;
	}
	for (size_t i = 0; i < N_WAYS; i++) {
		ok(!as(4321, ways[i].look, plain) &&
		           !as(4321, ways[i].look, secret),
		   "its memory by %s: refused to another user", ways[i].name);
		ok(!as(own, ways[i].look, plain) &&
		           !as(own, ways[i].look, secret),
		   "its memory by %s: refused to its own user", ways[i].name);
	}
}

/* What is read here is also the control: without it the refusals would say
 * nothing.  Of what cannot be told beforehand, which is root of a container,
 * only what it reads is looked at. */
static void test_plain(void)
{
	const uid_t self = geteuid();

	for (size_t i = 0; i < N_WAYS; i++)
		if (gives_users() ? ways[i].for_root : ways[i].for_launcher)
			ok(as(self, ways[i].look, plain),
			   "its ordinary memory by %s: who launched it reads "
			   "it",
			   ways[i].name);
		else if (self != 0)
			ok(!as(self, ways[i].look, plain),
			   "its ordinary memory by %s: refused to who launched "
			   "it",
			   ways[i].name);
}

/* ---- what nothing prevents: the enclave itself is made to copy the secret */

static void inject(struct user_regs_struct *r)
{
	static const char text[] = "the secret";
	long word;

	/* syscall; int3 - at the instruction that waits in read(2) */
	word = ptrace(PTRACE_PEEKTEXT, pid, (void *)r->rip, NULL);
	ptrace(PTRACE_POKETEXT, pid, (void *)r->rip,
	       (void *)((word & ~0xffffffL) | 0xcc050fL));
	r->orig_rax = (unsigned long long)-1;
	r->rax = SYS_write;
	r->rdi = 3;
	r->rsi = secret;
	r->rdx = sizeof(text) - 1;
	ptrace(PTRACE_SETREGS, pid, NULL, r);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
}

static void test_injection(const struct sim_run *run)
{
	struct user_regs_struct r;
	char got[16] = { 0 };
	bool traced;

	if (!secret || !attach()) {
		skip("tracing, memfd_secret", "code is injected");
		return;
	}
	traced = ptrace(PTRACE_GETREGS, pid, NULL, &r) == 0;
	if (traced)
		inject(&r);
	ok(traced && waitpid(pid, NULL, __WALL) == pid &&
	           recv(run->requests, got, 10, MSG_WAITALL) == 10 &&
	           strcmp(got, "the secret") == 0,
	   "who launched it injects code and gets the secret: nothing "
	   "prevents it");
	kill(pid, SIGKILL);
	/* who traces must be told of the end before its parent is */
	waitpid(pid, NULL, __WALL);
}

static void run_all(struct sim_run *run)
{
	const char *said = launch_ask(run, 'm', NULL);
	void *a = NULL, *b = NULL;

	pid = run->pid;
	if (!ok(said && sscanf(said, "%p %p %d", &a, &b, &secret_fd) >= 1,
	        "an enclave holds a secret"))
		return;
	plain = (uintptr_t)a;
	secret = (uintptr_t)b;
	test_plain();
	test_secret();
	test_others();
	ok(launch_ask(run, 'm', NULL) != NULL, "it goes on");
	test_injection(run);
}

int main(void)
{
	const struct sim_run_options o = { 0 };
	struct sim_run run;
	const char *why = NULL;

	signal(SIGPIPE, SIG_IGN);
	if (!launch_prepare(&h, &why) || (why = launch_lacks()))
		skip(why, "an enclave is looked into");
	else if (ok(sim_run_start(&run, h.dir, buf_bytes(&h.program), &o, NULL),
	            "an enclave is launched")) {
		run_all(&run);
		sim_run_stop(&run);
	}
	launch_free(&h);
	return done();
}
