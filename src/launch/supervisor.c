/* supervisor.c - answers an enclave's opens by seccomp's notifications. */
#include "launch/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* The kernel knows it since 6.6, the headers do not yet. */
#define NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
enum { SYNC_WAKE_UP = 1 };

/* A newer kernel's structs may be longer than what we know of them. */
union request {
	struct seccomp_notif known;
	uint8_t room[512];
};
union answer {
	struct seccomp_notif_resp known;
	uint8_t room[512];
};

static bool has_room(void)
{
	struct seccomp_notif_sizes sizes;

	return syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0 &&
	       sizes.seccomp_notif <= sizeof(union request) &&
	       sizes.seccomp_notif_resp <= sizeof(union answer);
}

/* ---- what is asked */

bool sim_open_of(struct sim_open *open, const struct seccomp_data *call)
{
	unsigned at;

	memset(open, 0, sizeof(*open));
	if (call->arch != AUDIT_ARCH_X86_64 ||
	    (call->nr != __NR_open && call->nr != __NR_openat))
		return false;
	at = call->nr == __NR_openat; /* behind the folder's descriptor */
	open->path = call->args[at];
	open->flags = (int)(uint32_t)call->args[at + 1];
	return true;
}

/*
 * A path at `at`, of which nothing but its beginning is read.  The memory behind
 * it may not be there: so a page's rest and the next page are two requests, of
 * which the kernel does the first alone if need be.
 */
static bool read_path(char path[SIM_ATT_PATH_MAX], pid_t thread, uint64_t at)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const size_t left = page - (size_t)(at % page);
	const size_t first = left < SIM_ATT_PATH_MAX ? left : SIM_ATT_PATH_MAX;
	const struct iovec local = { path, SIM_ATT_PATH_MAX };
	const struct iovec remote[2] = {
		{ (void *)(uintptr_t)at, first },
		{ (void *)(uintptr_t)(at + first), SIM_ATT_PATH_MAX - first },
	};
	ssize_t n = process_vm_readv(thread, &local, 1, remote, 2, 0);

	return n > 0 && memchr(path, 0, (size_t)n);
}

/* ---- what is answered */

/* Whoever asked may be gone, and another thread have its number: what was read
 * counts only if the one who asked still waits. */
static int descriptor_for(struct sim_attfs *a, int notify,
                          const struct seccomp_notif *asked)
{
	char path[SIM_ATT_PATH_MAX] = { 0 };
	struct sim_open open;

	if (!sim_open_of(&open, &asked->data) ||
	    !read_path(path, (pid_t)asked->pid, open.path) ||
	    ioctl(notify, SECCOMP_IOCTL_NOTIF_ID_VALID, &asked->id))
		return -EACCES;
	return sim_attfs_open(a, path, open.flags);
}

/* The enclave's number for the descriptor, which is closed here. */
static int hand_over(int notify, const struct seccomp_notif *asked, int fd)
{
	struct seccomp_notif_addfd add = { .id = asked->id,
		                           .srcfd = (uint32_t)fd };
	struct sim_open open;
	int number;

	if (sim_open_of(&open, &asked->data))
		add.newfd_flags = (uint32_t)(open.flags & O_CLOEXEC);
	number = ioctl(notify, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
	close(fd);
	return number < 0 ? -EACCES : number;
}

/* If the enclave's thread is gone meanwhile, nobody wants the answer. */
static void answer(struct sim_attfs *a, int notify,
                   const struct seccomp_notif *asked)
{
	union answer said = { .room = { 0 } };
	int fd = descriptor_for(a, notify, asked);

	if (fd >= 0)
		fd = hand_over(notify, asked, fd);
	said.known.id = asked->id;
	if (fd < 0)
		said.known.error = fd;
	else
		said.known.val = fd;
	(void)ioctl(notify, SECCOMP_IOCTL_NOTIF_SEND, &said);
}

static void answer_next(struct sim_attfs *a, int notify)
{
	union request asked = { .room = { 0 } };

	/* a wish, made each time: it costs less than a state to keep */
	(void)ioctl(notify, NOTIF_SET_FLAGS, SYNC_WAKE_UP);
	if (ioctl(notify, SECCOMP_IOCTL_NOTIF_RECV, &asked) == 0)
		answer(a, notify, &asked.known);
}

/* ---- who is waited for */

static void take(struct sim_attfs *a, const struct pollfd p[SIM_N_ATT_VALUES])
{
	for (unsigned i = 0; i < SIM_N_ATT_VALUES; i++) {
		if (p[i].revents)
			sim_attfs_take(a, i);
		if (p[i].revents & (POLLRDHUP | POLLHUP | POLLERR))
			sim_attfs_hang_up(a, i);
	}
}

static bool is_over(const struct pollfd end[SIM_N_ENDS])
{
	for (unsigned i = 0; i < SIM_N_ENDS; i++)
		if (end[i].revents)
			return true;
	return false;
}

/* Waits for one open, for something written or for an end, and deals with it:
 * false at the end. */
static bool supervise_one(struct sim_attfs *a, int notify,
                          const int end[SIM_N_ENDS])
{
	struct pollfd p[SIM_N_ATT_VALUES + SIM_N_ENDS + 1];
	struct pollfd *ends = p + SIM_N_ATT_VALUES;
	const struct pollfd *opens = ends + SIM_N_ENDS;

	for (unsigned i = 0; i < SIM_N_ATT_VALUES; i++)
		p[i] = (struct pollfd){ a->value[i].ours, POLLIN | POLLRDHUP,
			                0 };
	for (unsigned i = 0; i < SIM_N_ENDS; i++)
		ends[i] = (struct pollfd){ end[i], POLLIN, 0 };
	ends[SIM_N_ENDS] = (struct pollfd){ notify, POLLIN, 0 };
	if (poll(p, sizeof(p) / sizeof(p[0]), -1) < 0)
		return errno == EINTR;
	if (is_over(ends))
		return false;
	take(a, p);
	if (opens->revents & POLLIN) {
		if (!has_room())
			return false;
		answer_next(a, notify);
	}
	return !(opens->revents & (POLLHUP | POLLERR | POLLNVAL));
}

void sim_supervise(struct sim_attfs *a, int notify, const int end[SIM_N_ENDS])
{
	while (supervise_one(a, notify, end))
		;
}
