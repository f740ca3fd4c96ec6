/* frame.c - frames over a descriptor. */
#include "enclave/frame.h"

#include "base/err.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LENGTH = 4 };

/* Reads until there are n bytes, or no more come; how many, or -1. */
static ssize_t fill(uint8_t *p, size_t n, int fd)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = read(fd, p + have, n - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

/* All n bytes; or none, if `may_end`. */
static bool take(uint8_t *p, size_t n, int fd, bool may_end, bool *end,
                 struct assay_err *err)
{
	ssize_t got = fill(p, n, fd);

	if (got < 0)
		return assay_fail(err, ASSAY_N_READ, ASSAY_DOC_NONE, 0, "%s",
		                  strerror(errno));
	*end = may_end && got == 0;
	if ((size_t)got < n && !*end)
		return assay_fail(err, ASSAY_N_FRAME_CUT, ASSAY_DOC_NONE, 0,
		                  "%zd of %zu bytes came", got, n);
	return true;
}

static bool read_frame(struct assay_frame *f, int fd, struct assay_err *err)
{
	uint8_t *h = f->bytes;
	bool end = false;

	if (!take(h, ASSAY_FRAME_HEAD, fd, true, &end, err))
		return false;
	if (end) {
		f->type = ASSAY_FRAME_END;
		return true;
	}
	uint32_t len = h[0] | (uint32_t)h[1] << 8 | (uint32_t)h[2] << 16 |
	               (uint32_t)h[3] << 24;

	if (len < 1 || len > ASSAY_FRAME_MAX)
		return assay_fail(err, ASSAY_N_FRAME_LENGTH, ASSAY_DOC_NONE, 0,
		                  "got %u", (unsigned)len);
	if (!take(assay_frame_body(f), len - 1, fd, false, &end, err))
		return false;
	f->type = h[LENGTH];
	f->len = len - 1;
	return true;
}

bool assay_frame_read(struct assay_frame *f, int fd, struct assay_err *err)
{
	f->type = 0;
	f->len = 0;
	return read_frame(f, fd, err);
}

/* A closed socket is an error, and no signal. */
static ssize_t put(int fd, const uint8_t *p, size_t n)
{
	ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

	return sent < 0 && errno == ENOTSOCK ? write(fd, p, n) : sent;
}

bool assay_frame_send(struct assay_frame *f, int fd, struct assay_err *err)
{
	const uint32_t len = (uint32_t)f->len + 1;
	const uint8_t *p = f->bytes;
	size_t left = ASSAY_FRAME_HEAD + f->len;

	for (int i = 0; i < LENGTH; i++)
		f->bytes[i] = (uint8_t)(len >> 8 * i);
	f->bytes[LENGTH] = (uint8_t)f->type;
	while (left > 0) {
		ssize_t sent = put(fd, p, left);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return assay_fail(err, ASSAY_N_WRITE, ASSAY_DOC_NONE, 0,
			                  "%s", strerror(errno));
		p += sent;
		left -= (size_t)sent;
	}
	return true;
}
