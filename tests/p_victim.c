/* p_victim.c - an enclave program for tests: it holds a secret, and answers one
 * letter on descriptor 3 with what it sees or what it is let do. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char plain[64] = "ordinary memory";
static char *secret;
static int secret_fd;
static char out[20000];

static int keep_secret(void)
{
	secret_fd = (int)syscall(447, 0);
	if (secret_fd < 0 || ftruncate(secret_fd, 4096))
		return -1;
	secret = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, secret_fd,
	              0);
	close(secret_fd);
	if (secret == MAP_FAILED)
		return -1;
	strcpy(secret, "the secret");
	return 0;
}

/* What a call that should fail fails with; 0: it did not. */
static int why(long result)
{
	return result < 0 ? errno : 0;
}

/* A new limit at an address whose low half is that of none. */
static long new_limit(void)
{
	const uintptr_t at = (uintptr_t)1 << 32;
	const struct rlimit none = { 0, 0 };
	struct rlimit *high = mmap((void *)at, 4096, PROT_READ | PROT_WRITE,
	                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
	                           0);

	if ((void *)high == MAP_FAILED)
		return 0;
	*high = none;
	return syscall(SYS_prlimit64, 0, RLIMIT_CORE, high, NULL);
}

static size_t tried(void)
{
	char *none[] = { NULL };
	int n = 0;

	n += sprintf(out + n, "passwd %d\n",
	             why(open("/etc/passwd", O_RDONLY)));
	n += sprintf(out + n, "root %d\n", why(open("/", O_RDONLY)));
	n += sprintf(out + n, "self %d\n", why(open("/proc/self/mem", O_RDWR)));
	n += sprintf(out + n, "socket %d\n",
	             why(socket(AF_INET, SOCK_STREAM, 0)));
	n += sprintf(out + n, "fork %d\n", why(syscall(SYS_fork)));
	n += sprintf(out + n, "clone %d\n",
	             why(syscall(SYS_clone, 17, 0, 0, 0, 0)));
	n += sprintf(out + n, "exec %d\n",
	             why(syscall(SYS_execve, "/bin/sh", none, none)));
	n += sprintf(out + n, "ptrace %d\n", why(syscall(SYS_ptrace, 16, 1)));
	n += sprintf(out + n, "code %d\n",
	             why((long)mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)));
	n += sprintf(out + n, "limit %d\n", why(new_limit()));
	n += sprintf(out + n, "kill %d\n", why(syscall(SYS_kill, -1, 9)));
	return (size_t)n;
}

static size_t descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			n += (size_t)sprintf(out + n, "%d ", fd);
	return n;
}

static size_t quote(void)
{
	int fd = open("/dev/attestation/user_report_data", O_WRONLY);
	ssize_t n = -1, m = 0;

	if (fd < 0 || write(fd, "data", 4) != 4)
		return (size_t)sprintf(out, "report data %d", errno);
	close(fd);
	fd = open("/dev/attestation/quote", O_RDONLY);
	if (fd < 0)
		return (size_t)sprintf(out, "quote %d", errno);
	for (n = 0;; n += m) {
		m = read(fd, out + n, sizeof(out) - (size_t)n);
		if (m <= 0)
			break;
	}
	return (size_t)n;
}

static size_t say(char what, int argc, char **argv, char **envp)
{
	size_t n = 0;

	switch (what) {
	case 'a':
		for (int i = 0; i < argc; i++)
			n += (size_t)sprintf(out + n, "%s|", argv[i]);
		return n +
		       (size_t)sprintf(out + n, "%s", envp[0] ? envp[0] : "");
	case 'm':
		return (size_t)sprintf(out, "%p %p %d", (void *)plain,
		                       (void *)secret, secret_fd);
	case 't':
		return tried();
	case 'd':
		return descriptors();
	case 'q':
		return quote();
	case 'l':
		for (;;)
			poll(NULL, 0, -1);
	default:
		return 0;
	}
}

int main(int argc, char **argv, char **envp)
{
	char what;

	if (keep_secret())
		secret = NULL;
	while (read(3, &what, 1) == 1) {
		uint32_t n = (uint32_t)say(what, argc, argv, envp);

		if (write(3, &n, 4) != 4 || write(3, out, n) != (ssize_t)n)
			return 1;
	}
	return 0;
}
