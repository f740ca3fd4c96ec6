/* host_ask.c - what is asked of the enclave, and how HTTP calls what comes of
 * it. */
#include "serve/host_inner.h"

/* What the status says of a message that the enclave's library refused; what
 * did not open may have been sealed to keys of before. */
static unsigned status_of(const struct sim_host *talk)
{
	if (!talk->refused)
		return 502;
	switch (talk->check ? talk->check->check : ASSAY_OK) {
	case ASSAY_H_KEY:
	case ASSAY_H_OPEN:
		return 409;
	case ASSAY_H_REQUEST:
	case ASSAY_H_POINT:
	case ASSAY_H_INNER:
		return 400;
	default:
		return 500;
	}
}

static void ask(struct host *h, struct host_message *m)
{
	struct sim_host *talk = &h->enclave.talk;
	struct assay_bytes got;
	unsigned status = 200;

	if (sim_host_request(&got, talk, m->body))
		sim_put_bytes(&m->answer->body, got);
	else
		status = status_of(talk);
	host_turn_leave(h, status == 502 ? talk->why : NULL);
	host_message_end(h, m, status);
}

void *host_ask(void *host)
{
	struct host_message *m;

	while ((m = host_turn_next(host)))
		ask(host, m);
	return NULL;
}

unsigned host_attest(struct host *h, struct sim_out *bundle, uint64_t who,
                     struct assay_bytes nonce)
{
	struct sim_host *talk = &h->enclave.talk;
	unsigned status = host_turn_take(h, who);

	if (status != 200)
		return status;
	if (!host_bundle_make(h, bundle, nonce))
		status = talk->refused ? 500 : 502;
	host_turn_leave(h, status == 502 ? talk->why : NULL);
	return status;
}
