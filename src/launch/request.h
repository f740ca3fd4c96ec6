/* request.h - what the host of an enclave says to it, and hears: the other end
 * of the frames of enclave/frame.h. */
#ifndef LAUNCH_REQUEST_H
#define LAUNCH_REQUEST_H

#include "enclave/frame.h"

/*
 * One enclave.  It is not trusted: it may send what it likes, and of it nothing
 * is believed but that it came.  Set `fd`, and `keep` for an enclave that may
 * have something stored; all else is zero.  What is sent has at most
 * ASSAY_FRAME_BODY_MAX bytes.
 */
struct sim_host {
	int fd;
	/* Stores what the enclave wants kept, in place of what it had; false,
	 * with `why` written, if that fails. */
	bool (*keep)(struct sim_host *h, struct assay_bytes sealed);
	const void *own; /* keep's */
	/* Takes a mail that the enclave sends to whom the host knows by this id,
	 * while it answers another's; false, with `why` written, if that fails.
	 * NULL: they are dropped. */
	bool (*post)(struct sim_host *h, struct assay_bytes id,
	             struct assay_bytes mail);
	void *posts;  /* post's */
	bool unkept;  /* there was no `keep` for what it wanted stored */
	bool ended;   /* the enclave did, without an answer */
	bool refused; /* the enclave said no, */
	/* by this check; NULL: by none that is known */
	const struct assay_check_info *check;
	char why[256]; /* of the last failure, and what to do: one line */
	struct assay_frame frame;
};

/* sim_host_restore hands back what was kept, before anything else is said.  An
 * enclave that cannot use it says so in the place of its first answer. */
void sim_host_restore(struct sim_host *h, struct assay_bytes sealed);

/* An enclave's keys, and a quote that is to bind them: nothing is checked. */
struct sim_attested {
	struct assay_bytes config, sign, quote;
};
/* sim_host_attest asks for that.  `out` points into the frame, until the next
 * call. */
ASSAY_MUST_CHECK bool sim_host_attest(struct sim_attested *out,
                                      struct sim_host *h,
                                      struct assay_bytes nonce);
/* sim_host_request has a request answered; `out` as above. */
ASSAY_MUST_CHECK bool sim_host_request(struct assay_bytes *out,
                                       struct sim_host *h,
                                       struct assay_bytes request);
/* The two halves of that: a request may be sent before the one before it is
 * answered, if it is so small that the enclave's socket takes it in whole. */
void sim_host_send(struct sim_host *h, struct assay_bytes request);
ASSAY_MUST_CHECK bool sim_host_answer(struct assay_bytes *out,
                                      struct sim_host *h);

/* The same in Conclave's profile [CONCLAVE 1.3, 3.5]: keys; and a mail answered,
 * by who is known to the host by `id`, of 1 to 255 bytes. */
struct sim_mail_attested {
	struct assay_bytes signing_key, encryption_key, quote;
};
ASSAY_MUST_CHECK bool sim_host_attest_mail(struct sim_mail_attested *out,
                                           struct sim_host *h);
ASSAY_MUST_CHECK bool sim_host_mail(struct assay_bytes *out, struct sim_host *h,
                                    struct assay_bytes id,
                                    struct assay_bytes mail);

/* sim_host_why says why something failed; always false. */
bool sim_host_why(struct sim_host *h, const char *fmt, ...) ASSAY_PRINTF(2, 3);

#endif
