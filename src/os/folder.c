/* files.c - small files of a folder, each complete or not there. */
#include "os/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/crypto.h"

bool file_write_all(int fd, struct assay_bytes data)
{
	while (data.len) {
		ssize_t n = write(fd, data.ptr, data.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data.ptr += n;
		data.len -= (size_t)n;
	}
	return true;
}

bool file_put(int dir, const char *name, struct assay_bytes data, unsigned mode,
              bool sync)
{
	uint64_t chance;
	char new[32];
	bool good;
	int fd, why;

	if (getrandom(&chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
		return false;
	/* a name that nobody else writes under, or has put anything at */
	snprintf(new, sizeof(new), ".%016" PRIx64 ".new", chance);
	fd = openat(dir, new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return false;
	good = file_write_all(fd, data) && (!sync || fsync(fd) == 0);
	good = close(fd) == 0 && good;
	good = good && renameat(dir, new, dir, name) == 0 &&
	       (!sync || fsync(dir) == 0);
	why = errno;
	if (!good)
		unlinkat(dir, new, 0);
	errno = why;
	return good;
}

static bool get_all(struct buf *data, int fd, size_t most)
{
	uint8_t buf[4096];
	ssize_t n;

	do {
		n = read(fd, buf, sizeof(buf));
		if (n > 0)
			buf_put(data, buf, (size_t)n);
	} while ((n > 0 && data->len <= most) || (n < 0 && errno == EINTR));
	assay_wipe(buf, sizeof(buf));
	if (data->len > most)
		errno = EFBIG;
	else if (data->bad)
		errno = ENOMEM;
	return n == 0 && data->len <= most && !data->bad;
}

static bool may_read(int fd, bool secret)
{
	struct stat s;

	if (fstat(fd, &s) != 0)
		return false;
	errno = S_ISREG(s.st_mode) ? EACCES : EINVAL;
	return S_ISREG(s.st_mode) && (!secret || !(s.st_mode & 077));
}

bool file_get(struct buf *data, int dir, const char *name, size_t most,
              bool secret)
{
	int fd = openat(dir, name,
	                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool good;
	int why;

	buf_clear(data);
	if (fd < 0)
		return false;
	good = may_read(fd, secret) && get_all(data, fd, most);
	why = errno;
	close(fd);
	errno = why;
	return good;
}

int folder_open(int dir, const char *name, unsigned mode)
{
	if (mkdirat(dir, name, mode) != 0 && errno != EEXIST)
		return -1;
	return openat(dir, name,
	              O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool empty_folder(int fd)
{
	DIR *d = fdopendir(fd);
	const struct dirent *e;
	bool good = true;

	if (!d) {
		close(fd);
		return false;
	}
	while (good && (e = readdir(d)))
		good = unlinkat(dirfd(d), e->d_name, 0) == 0 ||
		       errno == EISDIR || errno == ENOENT;
	closedir(d);
	return good;
}

bool folder_remove(int dir, const char *name)
{
	int fd = openat(dir, name,
	                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT;
	return empty_folder(fd) && unlinkat(dir, name, AT_REMOVEDIR) == 0;
}
