/* t_frame.c - frames between a host and an enclave program: every length that
 * one may have, every place where it may end. */
#include "enclave/frame.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

static struct assay_frame sent, got;
static struct assay_err err;

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct pipe {
	int host, enclave;
};

static struct pipe open_pipe(void)
{
	int fd[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	return (struct pipe){ fd[0], fd[1] };
}

static void close_pipe(struct pipe *p)
{
	if (p->host >= 0)
		close(p->host);
	close(p->enclave);
}

/* These bytes come, and nothing after them. */
static struct pipe pipe_of(const void *bytes, size_t n)
{
	struct pipe p = open_pipe();

	must(send(p.host, bytes, n, MSG_NOSIGNAL) == (ssize_t)n);
	close(p.host);
	p.host = -1;
	return p;
}

static bool read_from(int fd)
{
	memset(&err, 0, sizeof(err));
	got.type = 77;
	got.len = 77;
	return assay_frame_read(&got, fd, &err);
}

static bool is_body(const char *text)
{
	return got.len == strlen(text) &&
	       memcmp(assay_frame_body(&got), text, got.len) == 0;
}

/* The read frame is refused by this check, and nothing is told of it. */
static bool refused(int fd, enum assay_check check)
{
	return !read_from(fd) && err.check == check && !got.type && !got.len &&
	       err.note[0];
}

/* ---- byte for byte [ASSAY frames] */

static void test_bytes(void)
{
	static const uint8_t wire[] = { 4, 0, 0, 0, 2, 'a', 0, 'b' };
	uint8_t out[sizeof(wire) + 1];
	struct pipe p = open_pipe();

	sent.type = ASSAY_FRAME_ATTEST;
	sent.len = 3;
	memcpy(assay_frame_body(&sent), "a\0b", 3);
	ok(assay_frame_send(&sent, p.enclave, &err) &&
	           recv(p.host, out, sizeof(out), 0) == sizeof(wire) &&
	           memcmp(out, wire, sizeof(wire)) == 0,
	   "a frame is length, type, body");
	must(send(p.host, wire, sizeof(wire), 0) == sizeof(wire));
	ok(read_from(p.enclave) && got.type == 2 && got.len == 3 &&
	           memcmp(assay_frame_body(&got), "a\0b", 3) == 0,
	   "and is read as that");
	close_pipe(&p);

	p = pipe_of("\1\0\0\0\0", 5);
	ok(read_from(p.enclave) && got.type == 0 && got.len == 0,
	   "the type 0 is a type, and not the end");
	close_pipe(&p);
	p = pipe_of("\1\0\0\0\7"
	            "\2\0\0\0\1x",
	            11);
	ok(read_from(p.enclave) && got.type == 7 && got.len == 0,
	   "a frame without a body");
	ok(read_from(p.enclave) && got.type == 1 && is_body("x"),
	   "the next one");
	ok(read_from(p.enclave) && got.type == ASSAY_FRAME_END && !got.len,
	   "then the end");
	ok(read_from(p.enclave) && got.type == ASSAY_FRAME_END,
	   "which stays there");
	close_pipe(&p);
}

/* ---- the longest frame, and how a long one arrives */

static void *feed(void *arg)
{
	const struct pipe *p = arg;

	must(assay_frame_send(&sent, p->host, NULL));
	return NULL;
}

static void fill(uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(i * 7 + (i >> 8));
}

static void test_longest(void)
{
	struct pipe p = open_pipe();
	pthread_t host;

	sent.type = 1;
	sent.len = ASSAY_FRAME_BODY_MAX;
	fill(assay_frame_body(&sent), sent.len);
	must(pthread_create(&host, NULL, feed, &p) == 0);
	ok(read_from(p.enclave) && got.type == 1 && got.len == sent.len &&
	           memcmp(assay_frame_body(&got), assay_frame_body(&sent),
	                  got.len) == 0,
	   "a frame of 1 MiB and 64 bytes");
	pthread_join(host, NULL);
	close_pipe(&p);
}

static void *drip(void *arg)
{
	static const char bytes[] = "\6\0\0\0\1hello";
	const struct pipe *p = arg;

	for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
		must(send(p->host, bytes + i, 1, MSG_NOSIGNAL) == 1);
		usleep(500);
	}
	return NULL;
}

static void test_drip(void)
{
	struct pipe p = open_pipe();
	pthread_t host;

	must(pthread_create(&host, NULL, drip, &p) == 0);
	ok(read_from(p.enclave) && got.type == 1 && is_body("hello"),
	   "a frame that comes byte after byte");
	pthread_join(host, NULL);
	close_pipe(&p);
}

/* ---- what is no frame */

static void test_lengths(void)
{
	static const struct {
		const char *name;
		uint8_t head[5];
	} rows[] = {
		{ "0", { 0, 0, 0, 0, 1 } },
		{ "1 MiB, 8 KiB and 1", { 1, 0x20, 0x10, 0, 1 } },
		{ "1 GiB", { 0, 0, 0, 0x40, 1 } },
		{ "2^31", { 0, 0, 0, 0x80, 1 } },
		{ "2^32 - 1", { 0xff, 0xff, 0xff, 0xff, 1 } },
		{ "16 MiB, or 1 in the other order", { 0, 0, 0, 1, 1 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pipe p = pipe_of(rows[i].head, 5);

		ok(refused(p.enclave, ASSAY_N_FRAME_LENGTH), "a length of %s",
		   rows[i].name);
		close_pipe(&p);
	}
}

static void test_cut(void)
{
	static const char bytes[] = "\6\0\0\0\1hello";
	bool good = true;

	for (size_t n = 1; n < sizeof(bytes) - 1; n++) {
		struct pipe p = pipe_of(bytes, n);

		good &= refused(p.enclave, ASSAY_N_FRAME_CUT);
		close_pipe(&p);
	}
	ok(good, "a frame that ends after 1 to 9 of its 10 bytes");
	struct pipe p = pipe_of(bytes, sizeof(bytes) - 1);

	ok(read_from(p.enclave), "with the tenth it is one");
	close_pipe(&p);
	p = pipe_of("\0\0\0\0", 4);
	ok(refused(p.enclave, ASSAY_N_FRAME_CUT),
	   "a length without a type is cut, whatever it is");
	close_pipe(&p);
}

/* ---- descriptors that are none of ours */

static bool cannot_send(int fd)
{
	memset(&err, 0, sizeof(err));
	sent.type = 1;
	sent.len = 3;
	return !assay_frame_send(&sent, fd, &err) &&
	       err.check == ASSAY_N_WRITE && err.note[0];
}

static void test_descriptors(void)
{
	struct pipe p = open_pipe();
	int reader = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int writer = open("/dev/null", O_WRONLY | O_CLOEXEC);

	ok(refused(-1, ASSAY_N_READ), "reading: no descriptor");
	ok(refused(writer, ASSAY_N_READ), "reading: one to write to");
	ok(cannot_send(-1), "sending: no descriptor");
	ok(cannot_send(reader), "sending: one to read from");
	close(p.host);
	ok(cannot_send(p.enclave), "sending: nobody listens, and it is said");
	ok(!assay_frame_read(&got, -1, NULL) &&
	           !assay_frame_send(&sent, -1, NULL),
	   "without an err");
	close(p.enclave);
	close(reader);
	close(writer);
}

int main(void)
{
	test_bytes();
	test_longest();
	test_drip();
	test_lengths();
	test_cut();
	test_descriptors();
	return done();
}
