/* ask.c - assay run's request to the enclave that it launched. */
#include "daemon/ask.h"

#include "crypto/crypto.h"
#include "os/files.h"
#include "seal/inner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool ask_complain(const char *what, const char *why)
{
	fprintf(stderr, "assay: run: %s: %s\n", what, why);
	return false;
}

bool ask_complain_of(const struct sim_host *h)
{
	ask_complain("the enclave", h->why);
	if (h->check)
		fprintf(stderr, "It demands: %s\n%s\n", h->check->sentence,
		        h->check->todo);
	return false;
}

/* What the program says no with is the answer, and the exit status tells. */
static bool show_answer(struct sim_host *h, struct assay_bytes sealed,
                        const struct assay_reply *reply)
{
	struct assay_err err = { 0 };
	struct assay_bytes opened, answer;
	struct assay_mark mark;
	enum assay_inner what = ASSAY_INNER_NONE;

	if (assay_response_open(&opened, reply, assay_frame_body(&h->frame),
	                        sealed.len, &err))
		what = assay_inner_read(&mark, &answer, opened, false, &err);
	if (what == ASSAY_INNER_NONE)
		return ask_complain("its answer", err.note);
	if (what == ASSAY_INNER_ANSWER)
		return file_write("-", answer, 0) ||
		       ask_complain("the answer", strerror(errno));
	h->refused = true;
	fprintf(stderr, "assay: run: the program refuses: %.*s\n",
	        (int)answer.len, (const char *)answer.ptr);
	return false;
}

/* `plain` has room in front for what sealing puts there, and behind. */
static bool ask_sealed(struct sim_host *h, const struct assay_key_config *keys,
                       struct buf *plain)
{
	static const struct assay_mark none;
	const struct assay_bytes inner = { plain->ptr + ASSAY_REQUEST_HEAD,
		                           plain->len - ASSAY_REQUEST_MORE };
	struct assay_err err = { 0 };
	struct assay_bytes answer;
	struct assay_reply reply;
	bool good;

	assay_inner_write(plain->ptr + ASSAY_REQUEST_HEAD, ASSAY_INNER_REQUEST,
	                  &none);
	if (!assay_request_seal(plain->ptr, &reply, keys, inner, &err))
		return ask_complain("the request", err.note);
	good = sim_host_request(&answer, h, buf_bytes(plain))
	               ? show_answer(h, answer, &reply)
	               : ask_complain_of(h);
	assay_wipe(&reply, sizeof(reply));
	return good;
}

bool ask(struct sim_host *h, const struct assay_key_config *keys)
{
	const size_t front = ASSAY_REQUEST_HEAD + ASSAY_INNER_LEN;
	struct buf plain = { 0 };
	bool good;

	buf_put_zeros(&plain, front);
	if (!file_read_open(&plain, STDIN_FILENO, front + ASSAY_ENCLAVE_MAX)) {
		buf_free(&plain);
		return ask_complain("the request, of at most 1 MiB",
		                    strerror(errno));
	}
	buf_put_zeros(&plain, ASSAY_AEAD_TAG_LEN);
	good = plain.bad ? ask_complain("the request", strerror(ENOMEM))
	                 : ask_sealed(h, keys, &plain);
	buf_free(&plain);
	return good;
}
