/*
 * fuzz_notify.c - what an enclave controls of its supervisor: system calls,
 * paths, flags, and what it writes.  A descriptor is given for the few paths
 * there are, opened for what they are for, and a value is what the last write
 * said.  There is no processor: what needs one is refused.
 *
 * The input is a list of steps: a byte that says what, then its operands.
 */
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch/supervisor.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct input {
	const uint8_t *at;
	size_t left;
};

/* The next bytes; zeros for those that are not there. */
static void next(void *out, size_t n, struct input *in)
{
	const size_t have = n < in->left ? n : in->left;

	memset(out, 0, n);
	if (have)
		memcpy(out, in->at, have);
	in->at += have;
	in->left -= have;
}

/* The files as the enclave has them open, and what their values should be. */
struct state {
	struct sim_attfs files;
	int fd[SIM_N_ATT_VALUES];
	uint8_t want[SIM_N_ATT_VALUES][SIM_TARGETINFO_LEN];
	unsigned unread;
};
static const size_t value_len[SIM_N_ATT_VALUES] = { 64, 512 };
static const char *const written[SIM_N_ATT_VALUES] = {
	"/dev/attestation/user_report_data",
	"/dev/attestation/target_info",
};

static void close_value(struct state *s, unsigned which)
{
	if (s->fd[which] >= 0)
		close(s->fd[which]);
	s->fd[which] = -1;
}

/* Which value may be had by this path, or -1. */
static int value_of(const char *path)
{
	for (int i = 0; i < SIM_N_ATT_VALUES; i++)
		if (strcmp(path, written[i]) == 0)
			return i;
	return -1;
}

static void check_read(int fd, const char *path)
{
	char bytes[8];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	must(value_of(path) >= 0 ? n == 0
	                         : strcmp(path, "/dev/attestation/"
	                                        "attestation_type") == 0 &&
	                                   n == 4);
	must((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
	close(fd);
}

static void open_file(struct state *s, const char *path, int flags)
{
	const int value = value_of(path);
	int fd = sim_attfs_open(&s->files, path, flags);

	if (fd < 0)
		return;
	if ((flags & O_ACCMODE) == O_RDONLY) {
		check_read(fd, path);
		return;
	}
	must(value >= 0 && (flags & O_ACCMODE) != O_ACCMODE &&
	     !(flags & (O_APPEND | O_EXCL | O_NONBLOCK | O_DIRECTORY)));
	close_value(s, (unsigned)value);
	s->fd[value] = fd;
}

static void step_open(struct state *s, struct input *in)
{
	char path[SIM_ATT_PATH_MAX];
	int32_t flags;
	uint8_t n;

	next(&flags, sizeof(flags), in);
	next(&n, 1, in);
	memset(path, 0, sizeof(path));
	next(path, n % sizeof(path), in);
	open_file(s, path, flags);
}

static void check_value(struct state *s, unsigned which)
{
	sim_attfs_take(&s->files, which);
	must(memcmp(s->files.value[which].bytes, s->want[which],
	            SIM_TARGETINFO_LEN) == 0);
}

static void step_write(struct state *s, struct input *in)
{
	uint8_t bytes[1024] = { 0 };
	uint16_t n;
	uint8_t which;
	size_t kept;

	next(&which, 1, in);
	next(&n, sizeof(n), in);
	which %= SIM_N_ATT_VALUES;
	n %= sizeof(bytes);
	next(bytes, n, in);
	if (s->fd[which] < 0)
		return;
	must(write(s->fd[which], bytes, n) == n);
	kept = n < value_len[which] ? n : value_len[which];
	memset(s->want[which], 0, SIM_TARGETINFO_LEN);
	memcpy(s->want[which], bytes, kept);
	if (++s->unread % 64 == 0) /* the sockets hold more than that */
		for (unsigned i = 0; i < SIM_N_ATT_VALUES; i++)
			check_value(s, i);
}

static void step_call(struct input *in)
{
	struct seccomp_data call;
	struct sim_open open;

	next(&call, sizeof(call), in);
	if (!sim_open_of(&open, &call))
		must(!open.path && !open.flags);
	else
		must(open.path == call.args[0] || open.path == call.args[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sim_platform none = { .control = -1, .quoting = -1 };
	struct input in = { data, len };
	static struct state s;
	uint8_t what;

	memset(&s, 0, sizeof(s));
	sim_attfs_start(&s.files, &none, -1);
	for (unsigned i = 0; i < SIM_N_ATT_VALUES; i++)
		s.fd[i] = -1;
	while (in.left) {
		next(&what, 1, &in);
		if (what % 3 == 0)
			step_open(&s, &in);
		else if (what % 3 == 1)
			step_write(&s, &in);
		else
			step_call(&in);
	}
	for (unsigned i = 0; i < SIM_N_ATT_VALUES; i++) {
		check_value(&s, i);
		close_value(&s, i);
	}
	sim_attfs_end(&s.files);
	return 0;
}
