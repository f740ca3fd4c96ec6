/* files.c - attributes as the kernel (or Gramine) shows them: files that answer
 * whole or not at all. */
#include "attest/attest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* A signal ends it: whoever asks knows how often to try again. */
static int read_all(uint8_t *out, size_t *len, size_t max, int fd)
{
	uint8_t more;
	ssize_t got;

	while (*len < max) {
		got = read(fd, out + *len, max - *len);
		if (got <= 0)
			return got < 0 ? errno : 0;
		*len += (size_t)got;
	}
	got = read(fd, &more, 1);
	return got < 0 ? errno : got > 0 ? EFBIG : 0;
}

static int get(uint8_t *out, size_t *len, size_t max, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int why;

	*len = 0;
	if (fd < 0)
		return errno;
	why = read_all(out, len, max, fd);
	close(fd);
	return why;
}

/* A part of a value would be taken for all of it, so there is one write; and
 * what close says counts, for some values are handed on there. */
static int put(const char *path, const uint8_t *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t done;
	int why;

	if (fd < 0)
		return errno;
	done = write(fd, p, n);
	why = done < 0 ? errno : (size_t)done < n ? EIO : 0;
	if (close(fd) != 0 && why == 0)
		why = errno;
	return why;
}

static int make(char *path)
{
	return mkdtemp(path) ? 0 : errno;
}

static int take_away(const char *path)
{
	return rmdir(path) == 0 ? 0 : errno;
}

const struct attest_files assay_attest_files = {
	.get = get,
	.put = put,
	.make = make,
	.remove = take_away,
};
