/* files.c - whole files in and out. */
#include "os/files.h"

#include "os/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_read_open(struct buf *out, int fd, size_t most)
{
	uint8_t part[16384];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0 ||
	       (n < 0 && errno == EINTR)) {
		buf_put(out, part, n > 0 ? (size_t)n : 0);
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

bool file_read(struct buf *out, int folder, const char *path, size_t most)
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
	if (n >= sizeof(folder))
		return -1;
	if (n > 0) {
		memcpy(folder, path, n);
		folder[n] = 0;
	}
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool write_into(const char *path, struct assay_bytes data, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	return close_after(fd, fd >= 0 && file_write_all(fd, data));
}

static bool write_new(const char *path, struct assay_bytes data, unsigned mode)
{
	const char *name;
	int folder = open_folder(path, &name);

	return close_after(folder, folder >= 0 && file_put(folder, name, data,
	                                                   mode, true));
}

bool file_write(const char *path, struct assay_bytes data, unsigned mode)
{
	struct stat st;

	if (strcmp(path, "-") == 0)
		return file_write_all(STDOUT_FILENO, data);
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_into(path, data, mode);
	return write_new(path, data, mode);
}

bool file_keep(const char *path, struct assay_bytes data, unsigned mode)
{
	char real[PATH_MAX];
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && realpath(path, real))
		path = real;
	return file_write(path, data, mode);
}

bool file_lock(const char *path)
{
	char real[PATH_MAX], lock[PATH_MAX];
	struct stat st;
	int fd;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return true;
	errno = ENAMETOOLONG;
	if (snprintf(lock, sizeof(lock), "%s.lock",
	             realpath(path, real) ? real : path) >= PATH_MAX)
		return false;
	fd = open(lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	return flock(fd, LOCK_EX | LOCK_NB) == 0 || close_after(fd, false);
}
