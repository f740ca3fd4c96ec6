/* machine.c - the folder of a simulated machine. */
#include "sim/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "os/folder.h"

#define CHAIN "pck_chain.pem"

/* The files of fixed length, and where they are kept. */
#define FIELD(member) \
	offsetof(struct sim_machine, member), \
		sizeof(((struct sim_machine *)0)->member)
/* clang-format off */
static const struct {
	const char *name;
	size_t at, len;
	bool hex, secret;
} files[] = {
	{ "fuse",          FIELD(fuse),        true,  true },
	{ "cpusvn",        FIELD(cpu_svn),     true,  false },
	{ "owner-epoch",   FIELD(owner_epoch), true,  false },
	{ "pce.sigstruct", FIELD(pce),         false, false },
	{ "qe.sigstruct",  FIELD(qe),          false, false },
	{ "ppid-key",      FIELD(ppid_key),    false, false },
};
/* clang-format on */
enum { N_FILES = sizeof(files) / sizeof(files[0]) };

/* ---- writing */

static bool put_file(int dir, const char *name, struct assay_bytes data)
{
	return file_put(dir, name, data, 0600, false);
}

static bool put_field(int dir, const struct sim_machine *m, size_t i)
{
	const uint8_t *p = (const uint8_t *)m + files[i].at;
	struct assay_bytes data = { p, files[i].len };
	char digits[2 * SIM_FUSE_LEN + 1];
	bool good;

	if (files[i].hex) {
		data = (struct assay_bytes){ (const uint8_t *)digits,
			                     2 * files[i].len + 1 };
		assay_hex_print(digits, p, files[i].len, false);
		digits[2 * files[i].len] = '\n';
	}
	good = put_file(dir, files[i].name, data);
	assay_wipe(digits, sizeof(digits));
	return good;
}

static bool put_chain(int dir, const struct sim_machine *m)
{
	if (m->chain.len)
		return put_file(dir, CHAIN, buf_bytes(&m->chain));
	return unlinkat(dir, CHAIN, 0) == 0 || errno == ENOENT;
}

bool sim_machine_write(const struct sim_machine *machine, const char *dir)
{
	bool good;
	int fd;

	if (mkdir(dir, 0700) && errno != EEXIST)
		return false;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	good = put_chain(fd, machine);
	for (size_t i = 0; i < N_FILES && good; i++)
		good = put_field(fd, machine, i);
	close(fd);
	return good;
}

/* ---- reading */

static bool read_field(struct sim_machine *m, size_t i, struct assay_bytes in)
{
	uint8_t *p = (uint8_t *)m + files[i].at;

	if (files[i].hex) {
		/* a line of its own, or the digits alone */
		if (in.len && in.ptr[in.len - 1] == '\n')
			in.len--;
		return assay_hex_parse(p, files[i].len, in);
	}
	if (in.len != files[i].len)
		return false;
	memcpy(p, in.ptr, in.len);
	return true;
}

static bool get_field(struct sim_machine *m, int dir, size_t i)
{
	struct buf data = { 0 };
	bool good = file_get(&data, dir, files[i].name, 2 * files[i].len + 1,
	                     files[i].secret) &&
	            read_field(m, i, buf_bytes(&data));

	if (data.ptr)
		assay_wipe(data.ptr, data.cap);
	buf_free(&data);
	return good;
}

static bool get_chain(struct sim_machine *m, int dir)
{
	return file_get(&m->chain, dir, CHAIN, SIM_CHAIN_MAX, false) ||
	       errno == ENOENT;
}

bool sim_machine_read(struct sim_machine *machine, const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0;

	memset(machine, 0, sizeof(*machine));
	for (size_t i = 0; i < N_FILES && good; i++)
		good = get_field(machine, fd, i);
	good = good && get_chain(machine, fd);
	if (fd >= 0)
		close(fd);
	if (!good)
		sim_machine_free(machine);
	return good;
}

/* ---- what is wrong with it */

static bool is_len(size_t i, off_t len)
{
	const off_t n = (off_t)files[i].len;

	return files[i].hex ? len == 2 * n || len == 2 * n + 1 : len == n;
}

/* What is wrong with a file as one can see from outside, or NULL. */
static const char *fault(int dir, size_t i)
{
	int fd = openat(dir, files[i].name,
	                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	bool known = fd >= 0 && fstat(fd, &st) == 0;
	const char *why = known ? NULL : strerror(errno);

	if (fd >= 0)
		close(fd);
	return !known                   ? why
	       : !S_ISREG(st.st_mode)   ? "it is no file"
	       : !is_len(i, st.st_size) ? "it has the wrong length"
	       : files[i].secret && st.st_mode & 077
	               ? "others than its owner may read it: chmod 600"
	               : NULL;
}

bool sim_machine_blame(char why[SIM_MACHINE_WHY], const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *bad = NULL, *name = "the folder";

	if (fd < 0)
		bad = strerror(errno);
	for (size_t i = 0; i < N_FILES && !bad; i++) {
		bad = fault(fd, i);
		name = files[i].name;
	}
	if (fd >= 0)
		close(fd);
	if (bad)
		snprintf(why, SIM_MACHINE_WHY, "%s: %s", name, bad);
	return bad != NULL;
}

void sim_machine_free(struct sim_machine *machine)
{
	buf_free(&machine->chain);
	assay_wipe(machine, sizeof(*machine));
}
