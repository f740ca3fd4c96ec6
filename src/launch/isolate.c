/* isolate.c - the protections of an enclave's process. */
#include "launch/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch/filter.h"

/* Newer than some headers. */
enum {
	NR_LANDLOCK_CREATE = 444,
	NR_LANDLOCK_RESTRICT = 446,
	NR_MEMFD_SECRET = 447,
	OPTION_SET_MDWE = 65,
	OPTION_GET_MDWE = 66,
	MDWE_REFUSE_EXEC_GAIN = 1,
	SEAL_EXEC = 0x20,
};
struct landlock_rules {
	uint64_t fs, net, scoped;
};

enum {
	NAMESPACES = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
	             CLONE_NEWUTS | CLONE_NEWCGROUP,
	UID_BASE = 0x6a000000, /* and as many more as there are processes */
	PID_LIMIT = 1 << 22,
};

/* ---- namespaces */

pid_t sim_isolate_fork(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_NEWUSER | NAMESPACES | SIGCHLD,
	                      NULL, NULL, NULL, NULL);
}

/* "inside outside number", a line of a user namespace's map. */
static bool is_mapped(const char *line)
{
	char *p;
	const unsigned long inside = strtoul(line, &p, 10);

	(void)strtoul(p, &p, 10);
	return inside <= UID_BASE &&
	       inside + strtoul(p, NULL, 10) >
	               UID_BASE + (unsigned long)PID_LIMIT;
}

static bool are_mapped(const char *map)
{
	char line[64];
	bool any = false;
	FILE *f = fopen(map, "re");

	while (f && !any && fgets(line, sizeof(line), f))
		any = is_mapped(line);
	if (f)
		fclose(f);
	return any;
}

/* Whether root may give the users and groups from UID_BASE on: in a container it
 * may have fewer. */
static bool has_users(void)
{
	return geteuid() == 0 && are_mapped("/proc/self/uid_map") &&
	       are_mapped("/proc/self/gid_map");
}

uid_t sim_isolate_uid(pid_t pid)
{
	return has_users() ? UID_BASE + (uid_t)pid : geteuid();
}

static bool put_file(pid_t pid, const char *name, const char *text)
{
	char path[64];
	bool good;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	good = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return good;
}

bool sim_isolate_map(pid_t pid, uid_t uid)
{
	char line[32];

	snprintf(line, sizeof(line), "%d %u 1", SIM_INNER_ID, uid);
	if (!put_file(pid, "uid_map", line) ||
	    !put_file(pid, "setgroups", "deny"))
		return false;
	if (uid == geteuid())
		snprintf(line, sizeof(line), "%d %u 1", SIM_INNER_ID,
		         getegid());
	return put_file(pid, "gid_map", line);
}

static bool become_user(void)
{
	return setresgid(SIM_INNER_ID, SIM_INNER_ID, SIM_INNER_ID) == 0 &&
	       setresuid(SIM_INNER_ID, SIM_INNER_ID, SIM_INNER_ID) == 0;
}

/* ---- files */

static bool empty_root(void)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", "/proc", "tmpfs", flags | MS_RDONLY,
	             "size=4k,nr_inodes=2,mode=555") == 0 &&
	       chdir("/proc") == 0 && syscall(SYS_pivot_root, ".", ".") == 0 &&
	       umount2(".", MNT_DETACH) == 0 && chdir("/") == 0;
}

static int landlock_abi(void)
{
	return (int)syscall(NR_LANDLOCK_CREATE, NULL, 0, 1);
}

/* All rights of its version, none of which is then given. */
static bool landlock(void)
{
	static const uint64_t fs[] = { 0x1fff, 0x3fff, 0x7fff, 0x7fff, 0xffff };
	const int abi = landlock_abi(), last = abi < 5 ? abi : 5;
	struct landlock_rules rules = { 0 };
	bool good;
	int fd;

	if (abi < 1)
		return true; /* a protection that is not there: see probe */
	rules.fs = fs[last - 1];
	rules.net = abi >= 4 ? 3 : 0;
	rules.scoped = abi >= 6 ? 3 : 0;
	fd = (int)syscall(NR_LANDLOCK_CREATE, &rules,
	                  abi >= 6   ? 24
	                  : abi >= 4 ? 16
	                             : 8,
	                  0);
	if (fd < 0)
		return false;
	good = syscall(NR_LANDLOCK_RESTRICT, fd, 0) == 0;
	close(fd);
	return good;
}

/* ---- privileges and limits */

static bool drop_capabilities(void)
{
	struct {
		uint32_t version;
		int pid;
	} header = { 0x20080522, 0 };
	uint32_t none[6] = { 0 };

	return syscall(SYS_capset, &header, none) == 0;
}

static bool limit(__rlimit_resource_t what, uint64_t n)
{
	struct rlimit now;

	if (getrlimit(what, &now))
		return false;
	if (now.rlim_max != RLIM_INFINITY && n > now.rlim_max)
		n = now.rlim_max;
	return setrlimit(what, &(struct rlimit){ n, n }) == 0;
}

/* The kernel needs room on the stack for what it hands over, and the C library
 * for its own. */
static bool limits(const struct assay_launch *l, uint64_t program)
{
	const uint64_t own = 1 << 20;
	const uint64_t stacks = l->stack * l->threads;
	const uint64_t memory = l->heap + stacks + program + own;

	return limit(RLIMIT_CORE, 0) &&
	       limit(RLIMIT_STACK, l->stack + (128 << 10)) &&
	       limit(RLIMIT_DATA, memory) && limit(RLIMIT_MEMLOCK, memory) &&
	       limit(RLIMIT_AS, 2 * memory + 8 * own) &&
	       limit(RLIMIT_NPROC, l->threads) &&
	       limit(RLIMIT_NOFILE, SIM_FD_LIMIT);
}

static bool no_gain(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
	       prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

static bool has_mdwe(void)
{
	return prctl(OPTION_GET_MDWE, 0, 0, 0, 0) >= 0;
}

static bool no_new_code(void)
{
	return !has_mdwe() ||
	       prctl(OPTION_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) == 0;
}

const char *sim_isolate_enter(const struct assay_launch *l, uint64_t program)
{
	return !become_user()         ? "its user"
	       : !empty_root()        ? "empty-root"
	       : !drop_capabilities() ? "no capabilities"
	       : !no_gain()           ? "no privileges"
	       : !landlock()          ? "landlock"
	       : !limits(l, program)  ? "limits"
	       : !no_new_code()       ? "mdwe"
	                              : NULL;
}

/* ---- what the kernel has */

/* A child in namespaces of its own, where `step` is tried. */
static bool try_inside(bool (*step)(void))
{
	int go[2], status = 1;
	pid_t pid;
	char c;

	if (pipe2(go, O_CLOEXEC))
		return false;
	pid = sim_isolate_fork();
	if (pid == 0) {
		close(go[1]);
		_exit(read(go[0], &c, 1) == 1 && become_user() && step() ? 0
		                                                         : 1);
	}
	close(go[0]);
	if (pid > 0 && sim_isolate_map(pid, sim_isolate_uid(pid)))
		(void)!write(go[1], "", 1);
	close(go[1]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && status == 0;
}

static bool probe_namespaces(void)
{
	return try_inside(drop_capabilities);
}

static bool probe_root(void)
{
	return try_inside(empty_root);
}

/* The kernel that has close_range, of which none is closed here, has all that
 * the supervisor asks of notifications, too. */
static bool probe_filter(void)
{
	const uint32_t action = SECCOMP_RET_USER_NOTIF;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) ==
	               0 &&
	       syscall(SYS_close_range, ~0U, ~0U, 0) == 0;
}

static bool probe_landlock(void)
{
	return landlock_abi() >= 1;
}

static bool probe_secret(void)
{
	int fd = (int)syscall(NR_MEMFD_SECRET, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool probe_seal(void)
{
	int fd = memfd_create("probe", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	bool good = fd >= 0 && fcntl(fd, F_ADD_SEALS, SEAL_EXEC) == 0;

	if (fd >= 0)
		close(fd);
	return good;
}

static bool probe_dump(void)
{
	int fd = open("/proc/sys/fs/suid_dumpable", O_RDONLY | O_CLOEXEC);
	char c = '1';
	bool good = fd >= 0 && read(fd, &c, 1) == 1 && c != '1';

	if (fd >= 0)
		close(fd);
	return good;
}

/* clang-format off */
const struct sim_protection sim_protections[] = {
	{ "namespaces", "user, pid, mount, net, ipc, uts and cgroup namespaces of its own", true, probe_namespaces },
	{ "empty-root", "a root folder with nothing in it", true, probe_root },
	{ "seccomp-notify", "system calls by a list, and opens answered by the launcher", true, probe_filter },
	{ "own-user", "a user of its own; only root can give one", false, has_users },
	{ "landlock", "no file, even if one were reached", false, probe_landlock },
	{ "memfd-secret", "memory that root cannot read with system calls", false, probe_secret },
	{ "mdwe", "no memory becomes executable", false, has_mdwe },
	{ "seal-exec", "the program's file cannot change its mode", false, probe_seal },
	{ "no-dump", "not to be read or traced by the same user", false, probe_dump },
	{ 0 },
};
/* clang-format on */
