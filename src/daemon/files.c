/* files.c - whole files in and out. */
#include "daemon/files.h"

#include "sim/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_LEN = 80 }; /* sim/files.h adds to it */

bool file_read_open(struct sim_out *out, int fd, size_t most)
{
	static uint8_t part[65536];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0 ||
	       (n < 0 && errno == EINTR)) {
		sim_put(out, part, n > 0 ? (size_t)n : 0);
		errno = out->bad ? ENOMEM : EFBIG;
		if (out->bad || out->len > most)
			return false;
	}
	return n == 0;
}

/* Keeps errno. */
static bool close_after(int fd, bool good)
{
	const int why = errno;

	if (fd >= 0)
		close(fd);
	errno = why;
	return good;
}

bool file_read(struct sim_out *out, int folder, const char *path, size_t most)
{
	int fd = openat(folder, path, O_RDONLY | O_CLOEXEC);

	return close_after(fd, fd >= 0 && file_read_open(out, fd, most));
}

/* The folder of a file, opened, and its name in that. */
static int open_folder(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	const size_t n = slash ? (size_t)(slash - path) + 1 : 0;
	char folder[PATH_MAX] = ".";

	*name = path + n;
	errno = ENAMETOOLONG;
	if (n >= sizeof(folder) || strlen(*name) > NAME_LEN)
		return -1;
	if (n > 0) {
		memcpy(folder, path, n);
		folder[n] = 0;
	}
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool write_all(int fd, struct assay_bytes data)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.ptr, data.len);

		if (n < 0 && errno != EINTR)
			return false;
		data.ptr += n > 0 ? n : 0;
		data.len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool write_into(const char *path, struct assay_bytes data, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	return close_after(fd, fd >= 0 && write_all(fd, data));
}

static bool write_new(const char *path, struct assay_bytes data, unsigned mode)
{
	const char *name;
	int folder = open_folder(path, &name);

	return close_after(folder,
	                   folder >= 0 && sim_file_put(folder, name, data, mode,
	                                               true));
}

bool file_write(const char *path, struct assay_bytes data, unsigned mode)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return write_all(STDOUT_FILENO, data);
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_into(path, data, mode);
	return write_new(path, data, mode);
}
