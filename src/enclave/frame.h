/* frame.h - what goes between an enclave and its host: u32 little-endian length
 * of what follows, u8 type, body [ASSAY frames]. */
#ifndef ENCLAVE_FRAME_H
#define ENCLAVE_FRAME_H

#include <assay/enclave.h>
#include <assay/err.h>

enum assay_frame_type {
	ASSAY_FRAME_END = 256, /* none came: the other end is closed */
	/* from the host */
	ASSAY_FRAME_REQUEST = 1,
	ASSAY_FRAME_ATTEST = 2,
	ASSAY_FRAME_STORED = 3,
	ASSAY_FRAME_ATTEST_MAIL = 4, /* these two: Conclave's profile */
	ASSAY_FRAME_MAIL = 5,
	/* to the host */
	ASSAY_FRAME_ANSWER = 1,
	ASSAY_FRAME_ATTESTATION = 2,
	ASSAY_FRAME_STORE = 3,
	ASSAY_FRAME_REFUSED = 4,
	ASSAY_FRAME_MAILED = 5, /* the answer to a mail */
	ASSAY_FRAME_POST = 6,   /* a mail to somebody else */
	ASSAY_FRAME_MAIL_ATTESTATION = 7,
};

enum {
	ASSAY_FRAME_HEAD = 5, /* length and type */
	/* type and body: with what sealing adds */
	ASSAY_FRAME_MAX = ASSAY_ENCLAVE_MAX + 8192,
	ASSAY_FRAME_BODY_MAX = ASSAY_FRAME_MAX - 1,
};

/* A frame with room for any. */
struct assay_frame {
	size_t len; /* of its body */
	unsigned type;
	uint8_t bytes[ASSAY_FRAME_HEAD + ASSAY_FRAME_BODY_MAX];
};

/* Its body begins here. */
static inline uint8_t *assay_frame_body(struct assay_frame *f)
{
	return f->bytes + ASSAY_FRAME_HEAD;
}

/*
 * assay_frame_read waits for a frame.  Of a failed one, type and length are 0.
 * Fails with ASSAY_N_READ, _FRAME_CUT, _FRAME_LENGTH; none can be read after
 * that.
 */
ASSAY_MUST_CHECK bool assay_frame_read(struct assay_frame *f, int fd,
                                       struct assay_err *err);

/* assay_frame_send writes `f` to a socket or a pipe (which raises SIGPIPE when
 * nobody reads it).  Fails with ASSAY_N_WRITE. */
ASSAY_MUST_CHECK bool assay_frame_send(struct assay_frame *f, int fd,
                                       struct assay_err *err);

#endif
