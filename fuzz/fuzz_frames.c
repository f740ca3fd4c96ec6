/*
 * fuzz_frames.c - what a host controls of an enclave program: frames, and state
 * that it says is sealed.  The input is all that the host sends.  Every frame
 * has its answer, in order and right; a program that ends before its host says
 * so by its status; no state is opened that was not sealed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "enclave/frame.h"
#include "enclave/run.h"
#include "enclave/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Whatever the answers are, a socket holds them. */
enum { INPUT_MAX = 512 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- a program that must not be asked */

static bool answer(struct assay_enclave *e, struct assay_bytes request,
                   void *own)
{
	(void)e, (void)request, (void)own;
	abort();
}

/* What it says on stderr is left out, not what a sanitizer says. */
static int run(int fd)
{
	static const struct assay_enclave_app app = { .answer = answer };
	static FILE *null;
	const struct assay_enclave_place place = { fd, fd, "/dev/null" };
	FILE *said = stderr;
	int status;

	if (!null)
		null = fopen("/dev/null", "w");
	must(null != NULL);
	stderr = null;
	status = assay_enclave_run_at(&app, &place);
	stderr = said;
	/* a leak detector looks into the process */
	must(prctl(PR_SET_DUMPABLE, 1L) == 0);
	return status;
}

/* ---- what it has to say */

struct input {
	const uint8_t *at;
	size_t left;
};

static bool hear(struct assay_frame *f, int fd, unsigned type)
{
	return assay_frame_read(f, fd, NULL) && f->type == type;
}

static bool refuses(struct assay_frame *f, int fd, const char *check)
{
	return hear(f, fd, ASSAY_FRAME_REFUSED) && f->len > 2 + strlen(check) &&
	       memcmp(assay_frame_body(f) + 2, check, strlen(check)) == 0;
}

/* The next frame of the input and what was said of it.  False: that was the
 * end, with this status. */
static bool check_frame(struct input *in, struct assay_frame *f, int fd,
                        bool *asked, int *status)
{
	const uint8_t *p = in->at;
	uint32_t n;

	*status = in->left ? 1 : 0;
	if (!in->left)
		return false;
	if (in->left < 5) {
		must(refuses(f, fd, "N_FRAME_CUT: "));
		return false;
	}
	n = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
	if (n < 1 || n > (1 << 20) + 8192) {
		must(refuses(f, fd, "N_FRAME_LENGTH: "));
		return false;
	}
	if (n - 1 > in->left - 5) {
		must(refuses(f, fd, "N_FRAME_CUT: "));
		return false;
	}
	in->at += 4 + n;
	in->left -= 4 + n;
	if (p[4] == 3) { /* it has no state to be given back */
		must(refuses(f, fd,
		             *asked ? "N_STORED_FIRST: " : "N_SEAL_NONE: "));
		return false;
	}
	*asked = true;
	if (p[4] == 1) /* nobody told it the key to seal to */
		must(refuses(f, fd, "H_"));
	else if (p[4] == 2 || p[4] == 4) /* no machine is below /dev/null */
		must(refuses(f, fd,
		             n - 1 > (p[4] == 2 ? 64 : 0) ? "N_NONCE: "
		                                          : "G_"));
	else if (p[4] == 5) /* u8 length, id, mail */
		must(refuses(f, fd,
		             n < 2 || !p[5] || p[5] > n - 2 ? "N_MAIL_ID: "
		                                            : "M_"));
	else
		must(refuses(f, fd, "N_FRAME_TYPE: "));
	return true;
}

/* A socket that is closed before all was read from it is reset. */
static bool is_over(struct assay_frame *f, int fd, size_t unread)
{
	struct assay_err err = { 0 };

	return assay_frame_read(f, fd, &err)
	               ? f->type == ASSAY_FRAME_END
	               : unread > 0 && err.check == ASSAY_N_READ;
}

static void check_run(const uint8_t *data, size_t len)
{
	static struct assay_frame f;
	struct input in = { data, len };
	bool asked = false;
	int fd[2], status, want;

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0 &&
	     (!len || send(fd[0], data, len, 0) == (ssize_t)len) &&
	     shutdown(fd[0], SHUT_WR) == 0);
	status = run(fd[1]);
	close(fd[1]);
	while (check_frame(&in, &f, fd[0], &asked, &want))
		;
	must(status == want && is_over(&f, fd[0], in.left));
	close(fd[0]);
}

/* ---- sealed state */

/* Opened where it is. */
static void must_refuse(uint8_t *p, size_t n)
{
	struct assay_sealer s = { .key = { 1 }, .to = ASSAY_SEAL_SIGNER };
	struct assay_bytes state = { p, n };
	struct assay_err err = { 0 };

	must(!assay_unseal(&state, &s, p, n, &err) && err.check &&
	     err.at <= n && !state.ptr && !state.len && !s.newest);
}

/* The input is none; sealed it opens, and with a byte changed it does not. */
static void check_sealed(const uint8_t *data, size_t len)
{
	struct assay_sealer s = { .key = { 1 }, .to = ASSAY_SEAL_SIGNER };
	static uint8_t sealed[INPUT_MAX + ASSAY_SEALED_MORE],
		again[sizeof(sealed)];
	const size_t n = len + ASSAY_SEALED_MORE;
	struct assay_bytes state;

	if (len)
		memcpy(sealed, data, len);
	must_refuse(sealed, len);
	must(assay_seal(sealed, &s, (struct assay_bytes){ data, len }, NULL) &&
	     memcpy(again, sealed, n) &&
	     assay_unseal(&state, &s, again, n, NULL) && state.len == len &&
	     (!len || memcmp(state.ptr, data, len) == 0));
	if (len < 3 || !data[2])
		return;
	sealed[(data[0] | (size_t)data[1] << 8) % n] ^= data[2];
	must_refuse(sealed, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len > INPUT_MAX)
		return 0;
	check_run(data, len);
	check_sealed(data, len);
	return 0;
}
