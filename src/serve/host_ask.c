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

/* It was sent. */
static unsigned hear(struct sim_host *talk, const struct host_message *m)
{
	struct assay_bytes got;

	if (!sim_host_answer(&got, talk))
		return status_of(talk);
	buf_put_bytes(&m->answer->body, got);
	return 200;
}

/* An enclave answers before it takes what is next: so one that ended without an
 * answer did nothing about the message behind. */
static unsigned fate_behind(const struct sim_host *talk)
{
	return talk->ended ? 503 : 502;
}

/* The turn's end; or it goes on, for the message that was sent already. */
static struct host_message *pass_on(struct host *h, struct host_message *after,
                                    unsigned status)
{
	const struct sim_host *talk = &h->enclave.talk;
	const unsigned behind = fate_behind(talk);

	if (after && status != 502) {
		host_turn_go_on(h);
		return after;
	}
	host_turn_leave(h, status == 502 ? talk->why : NULL);
	if (after)
		host_message_end(h, after, behind);
	return NULL;
}

/* The message that has the turn, and those behind it: the next is sent before
 * there is an answer, so that the enclave need not wait for it. */
static void carry(struct host *h, struct host_message *m)
{
	struct sim_host *talk = &h->enclave.talk;
	struct host_message *after;
	unsigned status;

	sim_host_send(talk, m->body);
	while (m) {
		after = host_turn_follow(h);
		if (after)
			sim_host_send(talk, after->body);
		status = hear(talk, m);
		after = pass_on(h, after, status);
		host_message_end(h, m, status);
		m = after;
	}
}

void *host_ask(void *host)
{
	struct host_message *m;

	while ((m = host_turn_next(host)))
		carry(host, m);
	return NULL;
}

unsigned host_attest(struct host *h, struct buf *bundle, uint64_t who,
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
