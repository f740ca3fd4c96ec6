/*
 * t_supervisor.c - opens of a real process with a seccomp filter, answered from
 * another one.
 *
 * The supervisor is a child of the test, and the process with the filter is the
 * supervisor's child, as whoever may read another's memory is its ancestor.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "h_machine.h"
#include "launch/supervisor.h"
#include "sim/wire.h"
#include "tap.h"

#define DEV "/dev/attestation/"
enum { NOBODY = 65534 };

static char dir[] = "/tmp/assay-supervisor-XXXXXX";
static struct sim_machine machine;
static struct sim_world world;
static struct sim_platform platform;
static int enclave;

/* ---- descriptors that are passed */

static bool is_end(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

static bool send_two(int socket, int a, int b)
{
	const int fd[2] = { a, b };
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(sizeof(fd))];
	} control = { .bytes = { 0 } };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = &control,
		              .msg_controllen = sizeof(control) };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(&control.header), fd, sizeof(fd));
	return sendmsg(socket, &msg, MSG_NOSIGNAL) == 1;
}

/* The pipes' ends for writing are sent: what is kept of them keeps them open. */
static void test_passed(void)
{
	const struct assay_bytes text = { (const uint8_t *)"text", 4 };
	int pair[2], a[2], b[2], fd;
	char got[4];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ||
	    pipe(a) || pipe(b))
		abort();
	ok(sim_send_fd(pair[0], text, -1) &&
	           sim_receive_fd(pair[1], got, 4, &fd) == 4 && fd == -1 &&
	           memcmp(got, "text", 4) == 0,
	   "a message without a descriptor");
	ok(sim_send_fd(pair[0], text, a[1]) &&
	           sim_receive_fd(pair[1], got, 3, &fd) == -1 &&
	           errno == EMSGSIZE && fcntl(fd, F_GETFD) == FD_CLOEXEC,
	   "one that is too long: an error, and its descriptor");
	close(fd);
	ok(send_two(pair[0], a[1], b[1]) && !close(a[1]) && !close(b[1]) &&
	           sim_receive_fd(pair[1], got, 4, &fd) == 1,
	   "a message with two descriptors");
	if (fd >= 0)
		close(fd);
	ok(is_end(a[0]) && is_end(b[0]), "leaves none that nobody knows of");
	close(pair[0]);
	ok(sim_receive_fd(pair[1], got, 4, &fd) == 0 && fd == -1,
	   "the end: no bytes, no descriptor");
	close(pair[1]);
	close(a[0]);
	close(b[0]);
}

/* ---- the process with the filter: exit status 0 if all is well */

static int notify_of_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		         offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_open, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	const struct sock_fprog filter = { sizeof(code) / sizeof(code[0]),
		                           code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	                    SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
}

/* From here on every open of this process is asked for. */
static void be_filtered(int socket)
{
	const struct assay_bytes byte = { (const uint8_t *)"", 1 };
	int notify = notify_of_filter();

	if (notify < 0 || !sim_send_fd(socket, byte, notify))
		_exit(99);
	close(notify);
	close(socket);
}

static int open_old(const char *path, int flags)
{
	return (int)syscall(SYS_open, path, flags, 0);
}

static int open_at(const char *path, int flags)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

static bool is_refused(const char *path, int flags)
{
	return open_old(path, flags) == -1 && errno == EACCES &&
	       open_at(path, flags) == -1 && errno == EACCES;
}

static int exchange(void)
{
	static const uint8_t padded[64] = "hello";
	static uint8_t quote[16384];
	int fd = open_at(DEV "user_report_data", O_WRONLY);
	ssize_t n;

	if (fd < 0 || write(fd, "hello", 5) != 5 || close(fd))
		return 1;
	fd = open_old(DEV "quote", O_RDONLY);
	n = read(fd, quote, sizeof(quote));
	if (n < 1000 || close(fd))
		return 2;
	return memcmp(quote + 48 + SIM_REPORT_DATA, padded, 64) != 0;
}

static int refuse(void)
{
	static const char *const paths[] = {
		"",
		"quote",
		"/etc/passwd",
		"/proc/self/mem",
		"/dev/attestation",
		DEV "quote/",
		DEV "keys/other",
		DEV "../attestation/quote",
		DEV "a-name-that-is-longer-than-any-that-the-supervisor-reads",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!is_refused(paths[i], O_RDONLY))
			return (int)i + 1;
	if (!is_refused(NULL, O_RDONLY) ||
	    !is_refused((const char *)(uintptr_t)-8, O_RDONLY) ||
	    !is_refused((const char *)(uintptr_t)(UINT64_C(1) << 63), 0))
		return 20;
	return !is_refused(DEV "quote", O_WRONLY) ||
	       !is_refused(DEV "user_report_data", O_WRONLY | O_APPEND);
}

/* A path before memory that is not there, and one across two pages. */
static int edges(void)
{
	static const char path[] = DEV "attestation_type";
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *end = p + 2 * page;

	if (p == MAP_FAILED || munmap(end, page))
		return 1;
	memset(p, '/', 2 * page);
	memcpy(end - sizeof(path), path, sizeof(path));
	if (open_at(end - sizeof(path), O_RDONLY) < 0)
		return 2;
	memcpy(p + page - 9, path, sizeof(path));
	if (open_at(p + page - 9, O_RDONLY) < 0)
		return 3;
	end[-1] = 'e';
	return !is_refused(end - sizeof(path), O_RDONLY);
}

static int on_exec(void)
{
	int kept = open_at(DEV "attestation_type", O_RDONLY);
	int closed = open_at(DEV "attestation_type", O_RDONLY | O_CLOEXEC);

	return fcntl(kept, F_GETFD) != 0 ||
	       fcntl(closed, F_GETFD) != FD_CLOEXEC;
}

/* Far more than a socket holds. */
static int many_writes(void)
{
	int fd = open_at(DEV "user_report_data", O_WRONLY);

	for (int i = 0; i < 5000; i++)
		if (write(fd, "x", 1) != 1)
			return 1;
	return exchange();
}

static int hang_up(void)
{
	int fd = open_at(DEV "user_report_data", O_WRONLY);

	if (fd < 0 || shutdown(fd, SHUT_RDWR) || close(fd))
		return 1;
	return exchange();
}

static void *open_in_thread(void *result)
{
	*(int *)result = exchange();
	return NULL;
}

static int threads(void)
{
	int result = 9;
	pthread_t t;

	if (pthread_create(&t, NULL, open_in_thread, &result) ||
	    pthread_join(t, NULL))
		return 1;
	return result;
}

/* Killed while it waits for an answer, or nearly. */
static int killed(void)
{
	const struct itimerval soon = { .it_value.tv_usec = 20000 };

	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &soon, NULL);
	while (exchange() == 0)
		;
	return 1;
}

/* Executed anew, in a user namespace, so that its memory is that namespace's;
 * then nobody may read it but who may there. */
static int inside(int socket)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return 98;
	be_filtered(socket);
	return exchange();
}

static int socket_here; /* of the child that has no filter yet */

static int in_namespace(void)
{
	char number[16];

	if (unshare(CLONE_NEWUSER))
		return 97;
	snprintf(number, sizeof(number), "%d", socket_here);
	fcntl(socket_here, F_SETFD, 0);
	execl("/proc/self/exe", "t_supervisor", "inside", number, NULL);
	return 96;
}

/* ---- the supervisor's side */

enum { SAID_NOTHING = 1000 };

/* Runs in the supervisor: starts the child, and answers it until it is gone. */
static void supervise(int (*child)(void), bool filtered, int results)
{
	const int no_end[SIM_N_ENDS] = { -1, -1 };
	struct sim_attfs files;
	int pair[2], notify;
	char byte;

	signal(SIGCHLD, SIG_IGN);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		_exit(1);
	if (fork() == 0) {
		int result;

		alarm(10);
		socket_here = pair[1];
		if (filtered)
			be_filtered(pair[1]);
		result = child();
		_exit(write(results, &result, sizeof(result)) < 0);
	}
	close(pair[1]);
	close(results);
	if (sim_receive_fd(pair[0], &byte, 1, &notify) < 0)
		_exit(1);
	sim_attfs_start(&files, &platform, enclave);
	if (notify >= 0)
		sim_supervise(&files, notify, no_end);
	sim_attfs_end(&files);
	_exit(notify < 0);
}

/* What the child comes to, once both are gone. */
static int run_as(uid_t uid, int (*child)(void), bool filtered)
{
	int fd[2], result = SAID_NOTHING, status = 1;
	pid_t pid;

	fflush(stdout);
	if (pipe(fd))
		abort();
	pid = fork();
	if (pid == 0) {
		close(fd[0]);
		alarm(15);
		dup2(fd[1], 10); /* a number that an executed child knows */
		close(fd[1]);
		if (uid &&
		    (setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
			_exit(1);
		supervise(child, filtered, 10);
	}
	close(fd[1]);
	if (read(fd[0], &result, sizeof(result)) != sizeof(result))
		result = SAID_NOTHING;
	close(fd[0]);
	waitpid(pid, &status, 0);
	return status == 0 || result != SAID_NOTHING ? result : -1;
}

static int run(int (*child)(void))
{
	return run_as(0, child, true);
}

/* ---- what there is */

static bool has_notify(void)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(notify_of_filter() < 0);
	waitpid(pid, &status, 0);
	return status == 0;
}

static bool has_reading(void)
{
	char here = 1, there = 0;
	const struct iovec local = { &there, 1 }, remote = { &here, 1 };
	pid_t pid = fork();
	ssize_t n;

	if (pid == 0) {
		alarm(10);
		pause();
		_exit(0);
	}
	n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return n == 1;
}

static bool has_namespaces(uid_t uid)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		_exit((uid && setresuid(uid, uid, uid)) ||
		      unshare(CLONE_NEWUSER));
	waitpid(pid, &status, 0);
	return status == 0;
}

static void test_namespace(uid_t uid, const char *who)
{
	if (!has_namespaces(uid)) {
		skip("no user namespaces", "a child in a namespace, %s", who);
		return;
	}
	ok(run_as(uid, in_namespace, false) == 0,
	   "a child in a user namespace, not dumpable, is read %s", who);
}

/* ---- what is asked */

static void test_calls(void)
{
	struct seccomp_data call = { .nr = __NR_openat, .arch = 0xc000003e };
	struct sim_open open;

	call.args[0] = 7;
	call.args[1] = 0x1000;
	call.args[2] = UINT64_C(0xdead00000001);
	ok(sim_open_of(&open, &call) && open.path == 0x1000 && open.flags == 1,
	   "openat's arguments");
	call.nr = __NR_open;
	ok(sim_open_of(&open, &call) && open.path == 7 && open.flags == 0x1000,
	   "open's arguments");
	call.nr = __NR_execve;
	ok(!sim_open_of(&open, &call) && !open.path, "no other call");
	call.nr = __NR_open;
	call.arch = 0x40000003;
	ok(!sim_open_of(&open, &call), "nor one of 32-bit code");
}

static void test_opens(void)
{
	ok(run(exchange) == 0, "user_report_data is written, a quote read");
	ok(run(refuse) == 0, "whatever else is opened is refused");
	ok(run(edges) == 0, "paths at the edges of memory");
	ok(run(on_exec) == 0, "close-on-exec as it was asked for");
	ok(run(many_writes) == 0, "writes never wait for an open");
	ok(run(hang_up) == 0, "a socket that was shut down is replaced");
	ok(run(threads) == 0, "threads are answered as well");
	ok(run(killed) == SAID_NOTHING,
	   "who is killed leaves no supervisor behind");
	ok(run(exchange) == 0, "and the platform as it was");
	test_namespace(0, "by who made it");
	if (geteuid() == 0)
		test_namespace(NOBODY, "by an ordinary user");
}

static void start(void)
{
	struct machine_enclave m;

	machine_default(&machine);
	machine_provision(&machine, &world);
	machine_enclave(&m, "enclave", 2);
	if (!mkdtemp(dir) || !sim_machine_write(&machine, dir) ||
	    sim_platform_start(&platform, dir) != SIM_SUCCESS ||
	    sim_platform_einit(&platform, &enclave, &m.created, m.mrenclave,
	                       m.sigstruct) != SIM_SUCCESS)
		abort();
}

static void stop(void)
{
	char command[64];

	close(enclave);
	sim_platform_stop(&platform);
	sim_machine_free(&machine);
	sim_world_free(&world);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		note("%s stays", dir);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "inside") == 0) {
		int result = inside(atoi(argv[2]));

		_exit(write(10, &result, sizeof(result)) < 0);
	}
	test_calls();
	test_passed();
	if (!has_notify()) {
		skip("no seccomp notification", "opens");
	} else if (!has_reading()) {
		skip("no process_vm_readv", "opens");
	} else {
		uint8_t target[SIM_TARGETINFO_LEN];

		start();
		/* the QE's socket is to be inherited */
		if (sim_platform_target(&platform, target) != SIM_SUCCESS)
			abort();
		test_opens();
		stop();
	}
	return done();
}
