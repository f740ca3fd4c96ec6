/* filter.c - the list of system calls that an enclave needs, as a program for
 * the kernel.  What is not in it fails with EPERM. */
#include "launch/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	NR_MEMFD_SECRET = 447, /* newer than some headers */
	ARCH_SET_FS = 0x1002,
	X32 = 0x40000000,
};

/* What becomes of a call: it is allowed, or told to the supervisor, if argument
 * `arg`, in the bits of `mask`, is `want`.  Of what is an int to the kernel its
 * low half counts, of a pointer both. */
struct rule {
	unsigned nr;
	uint32_t action;
	unsigned arg;
	uint64_t mask, want;
};
#define ALLOW(name) \
	{ \
		__NR_##name, SECCOMP_RET_ALLOW, 0, 0, 0 \
	}
#define ALLOW_IF(name, arg, mask, want) \
	{ \
		__NR_##name, SECCOMP_RET_ALLOW, arg, mask, want \
	}

/* clang-format off */
static const struct rule rules[] = {
	{ __NR_openat, SECCOMP_RET_USER_NOTIF, 0, 0, 0 },
	{ __NR_open, SECCOMP_RET_USER_NOTIF, 0, 0, 0 },
	/* descriptors that it has */
	ALLOW(read), ALLOW(write), ALLOW(readv), ALLOW(writev), ALLOW(close),
	ALLOW(lseek), ALLOW(fstat), ALLOW_IF(newfstatat, 3, ~0U, AT_EMPTY_PATH),
	ALLOW(fcntl), ALLOW(poll), ALLOW(ppoll), ALLOW(sendto), ALLOW(recvfrom),
	ALLOW(shutdown), ALLOW(ftruncate),
	/* memory: none that is executed, beyond the program's own */
	ALLOW_IF(mmap, 2, PROT_EXEC, 0), ALLOW_IF(mprotect, 2, PROT_EXEC, 0),
	ALLOW(munmap), ALLOW(mremap), ALLOW(brk), ALLOW(madvise), ALLOW(mlock),
	ALLOW(munlock), { NR_MEMFD_SECRET, SECCOMP_RET_ALLOW, 0, 0, 0 },
	/* time, chance, itself */
	ALLOW(clock_gettime), ALLOW(clock_getres), ALLOW(gettimeofday),
	ALLOW(time), ALLOW(nanosleep), ALLOW(clock_nanosleep), ALLOW(getrandom),
	ALLOW(getpid), ALLOW(gettid), ALLOW(sched_yield),
	ALLOW_IF(tgkill, 0, ~0U, 1), ALLOW_IF(prlimit64, 2, ~0ULL, 0),
	ALLOW(exit), ALLOW(exit_group), ALLOW(restart_syscall),
	/* signals and threads */
	ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn),
	ALLOW(sigaltstack), ALLOW(futex), ALLOW(set_robust_list),
	ALLOW(set_tid_address), ALLOW(rseq),
	ALLOW_IF(arch_prctl, 0, ~0U, ARCH_SET_FS),
	ALLOW_IF(clone, 0, CLONE_THREAD, CLONE_THREAD),
	{ __NR_clone3, SECCOMP_RET_ERRNO | ENOSYS, 0, 0, 0 },
	/* how it becomes the enclave */
	ALLOW_IF(execveat, 0, ~0U, SIM_FD_PROGRAM),
	ALLOW_IF(sendmsg, 0, ~0U, SIM_FD_LAUNCHER),
};
/* clang-format on */
enum {
	N_RULES = sizeof(rules) / sizeof(rules[0]),
	N_HEAD = 6,
	N_EACH = 9,
	N_PROGRAM = N_HEAD + N_EACH * N_RULES + 1
};

static struct sock_filter load(uint32_t at)
{
	return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at);
}

static struct sock_filter jump(unsigned test, uint32_t k, uint8_t yes,
                               uint8_t no)
{
	return (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | test | BPF_K),
	                                    k, yes, no);
}

static struct sock_filter end(uint32_t action)
{
	return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action);
}

/* Goes on to the next rule, which is `after` instructions behind these, unless
 * the half of the argument is as it should be. */
static void put_half(struct sock_filter p[3], const struct rule *r,
                     unsigned half, uint8_t after)
{
	const size_t at = offsetof(struct seccomp_data, args) + 8UL * r->arg +
	                  4UL * half;

	p[0] = load((uint32_t)at);
	p[1] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K,
	                                    (uint32_t)(r->mask >> 32 * half));
	p[2] = jump(BPF_JEQ, (uint32_t)(r->want >> 32 * half), 0, after);
}

/* Another number goes on to the next rule, whose first instruction loads it
 * again. */
static void put_rule(struct sock_filter p[N_EACH], const struct rule *r)
{
	p[0] = load(offsetof(struct seccomp_data, nr));
	p[1] = jump(BPF_JEQ, r->nr, 0, N_EACH - 2);
	put_half(p + 2, r, 0, 4);
	put_half(p + 5, r, 1, 1);
	p[8] = end(r->action);
}

static void make(struct sock_filter p[N_PROGRAM])
{
	p[0] = load(offsetof(struct seccomp_data, arch));
	p[1] = jump(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
	p[2] = end(SECCOMP_RET_KILL_PROCESS);
	p[3] = load(offsetof(struct seccomp_data, nr));
	p[4] = jump(BPF_JGE, X32, 0, 1);
	p[5] = end(SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < N_RULES; i++)
		put_rule(p + N_HEAD + N_EACH * i, &rules[i]);
	p[N_PROGRAM - 1] = end(SECCOMP_RET_ERRNO | EPERM);
}

int sim_filter_install(void)
{
	struct sock_filter program[N_PROGRAM];
	const struct sock_fprog f = { N_PROGRAM, program };

	make(program);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	                    SECCOMP_FILTER_FLAG_NEW_LISTENER, &f);
}
