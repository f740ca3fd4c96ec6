/* request.c - what the host of an enclave says to it, and hears. */
#include "launch/request.h"

#include "base/rd.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	TEXT_MAX = 200, /* of an enclave's, that is shown */
	KEY_LEN = 32,
	SPKI_LEN = 44, /* Conclave's signing key */
	ID_MAX = 255,
};

bool sim_host_why(struct sim_host *h, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(h->why, sizeof(h->why), fmt, ap);
	va_end(ap);
	return false;
}

static const struct assay_bytes none = { NULL, 0 };

/* If it does not go through the enclave has ended, and what it said before that
 * is still to be read: so that is where failures are noticed. */
static void send_frame(struct sim_host *h, enum assay_frame_type type,
                       struct assay_bytes head, struct assay_bytes body)
{
	uint8_t *to = assay_frame_body(&h->frame);

	assert(head.len + body.len <= ASSAY_FRAME_BODY_MAX);
	h->frame.type = type;
	h->frame.len = head.len + body.len;
	if (head.len)
		memcpy(to, head.ptr, head.len);
	if (body.len)
		memcpy(to + head.len, body.ptr, body.len);
	(void)!assay_frame_send(&h->frame, h->fd, NULL);
}

/* u16be number of a check, a text: which is for a terminal, whatever it sends. */
static bool say_refused(struct sim_host *h)
{
	struct assay_rd r = assay_rd((struct assay_bytes){
		assay_frame_body(&h->frame), h->frame.len });
	unsigned check = assay_rd_u8(&r, "check");
	struct assay_bytes body;
	char text[TEXT_MAX + 1];
	size_t n = 0;

	check = check << 8 | assay_rd_u8(&r, "check");
	body = assay_rd_rest(&r);
	for (; n < TEXT_MAX && n < body.len; n++)
		text[n] = body.ptr[n] >= 0x20 && body.ptr[n] < 0x7f
		                  ? (char)body.ptr[n]
		                  : '?';
	text[n] = 0;
	h->refused = true;
	h->check = assay_check_info(check);
	return sim_host_why(h, "it refused: %s",
	                    n ? text : "it does not say why");
}

static bool say_broken(struct sim_host *h, const char *what)
{
	return sim_host_why(h,
	                    "%s: call assay_enclave_run "
	                    "(docs/enclave-program.md), of a libassay of "
	                    "the same version",
	                    what);
}

static bool say_ended(struct sim_host *h)
{
	h->ended = true;
	return sim_host_why(h, "it ended without an answer: was it signed with "
	                       "its arguments, if it wants some? It has to "
	                       "call assay_enclave_run, and may need more "
	                       "--heap; with --debug it may write to stderr; a "
	                       "system call that is not on its list fails with "
	                       "EPERM");
}

/* u8 length, id, mail */
static bool post(struct sim_host *h, struct assay_bytes in)
{
	struct assay_rd r = assay_rd(in);
	const size_t len = assay_rd_u8(&r, "length");
	const struct assay_bytes id = assay_rd_bytes(&r, len, "id");
	const struct assay_bytes mail = assay_rd_rest(&r);

	if (!assay_rd_ok(&r) || id.len == 0 || mail.len == 0)
		return say_broken(h, "a mail of it is cut short");
	return !h->post || h->post(h, id, mail);
}

/* Frames up to one of this type; what is to be kept, and mail, comes in
 * between. */
static bool receive(struct assay_bytes *out, struct sim_host *h,
                    enum assay_frame_type want)
{
	struct assay_frame *f = &h->frame;
	struct assay_err err = { 0 };

	*out = (struct assay_bytes){ 0 };
	h->ended = false;
	h->refused = false;
	h->check = NULL;
	while (assay_frame_read(f, h->fd, &err)) {
		const struct assay_bytes body = { assay_frame_body(f), f->len };

		if (f->type == ASSAY_FRAME_END)
			return say_ended(h);
		if (f->type == ASSAY_FRAME_REFUSED)
			return say_refused(h);
		if (f->type == want) {
			*out = body;
			return true;
		}
		if (f->type == ASSAY_FRAME_POST && want == ASSAY_FRAME_MAILED) {
			if (!post(h, body))
				return false;
			continue;
		}
		if (f->type != ASSAY_FRAME_STORE)
			return say_broken(h, "it sent what was not asked for");
		h->unkept = !h->keep;
		if (h->keep && !h->keep(h, body))
			return false;
	}
	/* it ended before it had read all that was sent to it */
	if (err.check == ASSAY_N_READ)
		return say_ended(h);
	return say_broken(h, "it sent no whole frame");
}

void sim_host_restore(struct sim_host *h, struct assay_bytes sealed)
{
	send_frame(h, ASSAY_FRAME_STORED, none, sealed);
}

/* u16be length, key configuration, signing key, quote */
static bool read_attested(struct sim_attested *out, struct assay_bytes in)
{
	struct assay_rd r = assay_rd(in);
	size_t len = assay_rd_u8(&r, "length");

	len = len << 8 | assay_rd_u8(&r, "length");
	out->config = assay_rd_bytes(&r, len, "key configuration");
	out->sign = assay_rd_bytes(&r, KEY_LEN, "signing key");
	out->quote = assay_rd_rest(&r);
	return assay_rd_ok(&r) && len > 0 && out->quote.len > 0;
}

bool sim_host_attest(struct sim_attested *out, struct sim_host *h,
                     struct assay_bytes nonce)
{
	struct assay_bytes body;

	*out = (struct sim_attested){ 0 };
	send_frame(h, ASSAY_FRAME_ATTEST, none, nonce);
	if (!receive(&body, h, ASSAY_FRAME_ATTESTATION))
		return false;
	if (read_attested(out, body))
		return true;
	*out = (struct sim_attested){ 0 };
	return say_broken(h, "its attestation is cut short");
}

void sim_host_send(struct sim_host *h, struct assay_bytes request)
{
	send_frame(h, ASSAY_FRAME_REQUEST, none, request);
}

bool sim_host_answer(struct assay_bytes *out, struct sim_host *h)
{
	return receive(out, h, ASSAY_FRAME_ANSWER);
}

bool sim_host_request(struct assay_bytes *out, struct sim_host *h,
                      struct assay_bytes request)
{
	sim_host_send(h, request);
	return sim_host_answer(out, h);
}

/* ---- Conclave's profile */

bool sim_host_attest_mail(struct sim_mail_attested *out, struct sim_host *h)
{
	struct assay_bytes body;
	struct assay_rd r;

	*out = (struct sim_mail_attested){ 0 };
	send_frame(h, ASSAY_FRAME_ATTEST_MAIL, none, none);
	if (!receive(&body, h, ASSAY_FRAME_MAIL_ATTESTATION))
		return false;
	r = assay_rd(body);
	out->signing_key = assay_rd_bytes(&r, SPKI_LEN, "signing key");
	out->encryption_key = assay_rd_bytes(&r, KEY_LEN, "encryption key");
	out->quote = assay_rd_rest(&r);
	if (assay_rd_ok(&r) && out->quote.len > 0)
		return true;
	*out = (struct sim_mail_attested){ 0 };
	return say_broken(h, "its attestation is cut short");
}

bool sim_host_mail(struct assay_bytes *out, struct sim_host *h,
                   struct assay_bytes id, struct assay_bytes mail)
{
	uint8_t head[1 + ID_MAX] = { (uint8_t)id.len };

	assert(id.len > 0 && id.len <= ID_MAX);
	memcpy(head + 1, id.ptr, id.len);
	send_frame(h, ASSAY_FRAME_MAIL,
	           (struct assay_bytes){ head, 1 + id.len }, mail);
	return receive(out, h, ASSAY_FRAME_MAILED);
}
