/* request.c - what the host of an enclave says to it, and hears. */
#include "sim/request.h"

#include "base/rd.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	TEXT_MAX = 200, /* of an enclave's, that is shown */
	SIGN_LEN = 32,
};

bool sim_host_why(struct sim_host *h, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(h->why, sizeof(h->why), fmt, ap);
	va_end(ap);
	return false;
}

/* If it does not go through the enclave has ended, and what it said before that
 * is still to be read: so that is where failures are noticed. */
static void send_frame(struct sim_host *h, enum assay_frame_type type,
                       struct assay_bytes body)
{
	assert(body.len <= ASSAY_FRAME_BODY_MAX);
	h->frame.type = type;
	h->frame.len = body.len;
	if (body.len)
		memcpy(assay_frame_body(&h->frame), body.ptr, body.len);
	(void)!assay_frame_send(&h->frame, h->fd, NULL);
}

/* Its text is for a terminal, whatever it sends. */
static bool say_refused(struct sim_host *h)
{
	const uint8_t *body = assay_frame_body(&h->frame);
	char text[TEXT_MAX + 1];
	size_t n = 0;

	for (; n < TEXT_MAX && n < h->frame.len; n++)
		text[n] = body[n] >= 0x20 && body[n] < 0x7f ? (char)body[n]
		                                            : '?';
	text[n] = 0;
	h->refused = true;
	sim_host_why(h, "it refused: %s", n ? text : "it does not say why");
	text[strcspn(text, ":")] = 0;
	h->check = assay_check_find(text);
	return false;
}

static bool say_ended(struct sim_host *h)
{
	return sim_host_why(h, "it ended without an answer: sign it with more "
	                       "--heap, or try it with --debug, where it may "
	                       "write to stderr");
}

static bool say_broken(struct sim_host *h, const char *what)
{
	return sim_host_why(h, "%s: build it anew, from the same version",
	                    what);
}

/* Frames up to one of this type; what is to be kept comes in between. */
static bool receive(struct assay_bytes *out, struct sim_host *h,
                    enum assay_frame_type want)
{
	struct assay_frame *f = &h->frame;

	*out = (struct assay_bytes){ 0 };
	h->refused = false;
	h->check = NULL;
	while (assay_frame_read(f, h->fd, NULL)) {
		const struct assay_bytes body = { assay_frame_body(f), f->len };

		if (f->type == ASSAY_FRAME_END)
			return say_ended(h);
		if (f->type == ASSAY_FRAME_REFUSED)
			return say_refused(h);
		if (f->type == want) {
			*out = body;
			return true;
		}
		if (f->type != ASSAY_FRAME_STORE)
			return say_broken(h, "it sent what was not asked for");
		if (h->keep && !h->keep(h, body))
			return false;
	}
	return say_broken(h, "it sent no whole frame");
}

void sim_host_restore(struct sim_host *h, struct assay_bytes sealed)
{
	send_frame(h, ASSAY_FRAME_STORED, sealed);
}

/* u16be length, key configuration, signing key, quote */
static bool read_attested(struct sim_attested *out, struct assay_bytes in)
{
	struct assay_rd r = assay_rd(in);
	size_t len = assay_rd_u8(&r, "length");

	len = len << 8 | assay_rd_u8(&r, "length");
	out->config = assay_rd_bytes(&r, len, "key configuration");
	out->sign = assay_rd_bytes(&r, SIGN_LEN, "signing key");
	out->quote = assay_rd_rest(&r);
	return assay_rd_ok(&r) && len > 0 && out->quote.len > 0;
}

bool sim_host_attest(struct sim_attested *out, struct sim_host *h,
                     struct assay_bytes nonce)
{
	struct assay_bytes body;

	*out = (struct sim_attested){ 0 };
	send_frame(h, ASSAY_FRAME_ATTEST, nonce);
	if (!receive(&body, h, ASSAY_FRAME_ATTESTATION))
		return false;
	if (read_attested(out, body))
		return true;
	*out = (struct sim_attested){ 0 };
	return say_broken(h, "its attestation is cut short");
}

bool sim_host_request(struct assay_bytes *out, struct sim_host *h,
                      struct assay_bytes request)
{
	send_frame(h, ASSAY_FRAME_REQUEST, request);
	return receive(out, h, ASSAY_FRAME_ANSWER);
}
