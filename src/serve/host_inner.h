/*
 * host_inner.h - what the files of the host share: whose turn it is
 * (host_turn.c), what is asked (host_ask.c), the enclave's life (host.c), its
 * attestation (host_bundle.c), the routes (host_routes.c); in Conclave's profile
 * what is asked and attested (host_mail.c), and the routes (host_conclave.c).
 *
 * An enclave does one thing at a time: who wants something of it takes a turn,
 * and then the enclave is his until he leaves.  Threads: the listener's, which
 * want attestations; the asker, which carries all messages, so that none of them
 * wakes up a thread for itself; the keeper, which starts the enclave again and
 * renews its attestation; the watch, which cuts off an enclave that takes too
 * long, and notices one that ended while nobody wanted anything.
 */
#ifndef SERVE_HOST_INNER_H
#define SERVE_HOST_INNER_H

#include "serve/host_enclave.h"
#include "serve/mails.h"
#include "serve/rate.h"

#include <pthread.h>

/* Upper ends of the times that answers took, ms. */
#define HOST_TIMES 1, 2, 5, 10, 50, 200, 1000, 10000
enum { HOST_N_TIMES = 8 };

/* Who waits for a turn: a thread, or a message, for which the asker does. */
struct host_waiter {
	uint64_t who;
	int64_t until;        /* ms */
	pthread_cond_t *turn; /* it may be his now */
	struct host_message *message;
	struct host_waiter *next;
};

struct host_message {
	struct host_waiter place;
	struct assay_bytes body;
	struct http_answer *answer;
	int64_t began; /* us */
};

enum { HOST_ETAG = 36 };

struct host {
	struct host_options o;
	pthread_t keeper, watch, asker;
	bool has_asker;

	/* his who has the turn */
	struct host_enclave enclave;
	const struct assay_collateral *documents;
	struct mails held; /* until there is an answer beside it */

	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t wake;  /* of the keeper */
	pthread_cond_t tick;  /* of the watch, at its end */
	pthread_cond_t ask;   /* of the asker */
	enum { HOST_DOWN = 0, HOST_UP, HOST_GIVEN_UP } stage;
	bool quiet;       /* no turn is given any more */
	bool ending;      /* of the watch */
	bool busy, hangs; /* somebody has the turn, and it was cut off */
	int64_t deadline; /* ms: of who has the turn */
	uint64_t last;    /* who had it last */
	struct host_waiter *first, **end;
	unsigned n_waiting;
	int64_t up_since;  /* ms */
	struct buf bundle; /* without a nonce */
	char etag[HOST_ETAG];
	bool has_documents;
	int64_t fresh_until; /* of the documents: 0, it cannot be told */
	char why[HOST_WHY];  /* it went down, or gave up */
	uint64_t restarts, n_answers[HOST_N_TIMES + 1], n_asked;
	uint64_t total_us;
	struct rate nonces;
	struct mails mails;
};

/* ---- host_turn.c */

int64_t host_now_us(void);
int64_t host_now_ms(void);
/* Waits for that until then (ms); false: it is later. */
bool host_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until);

/* Waits for a turn: 200; 429 or 503 if there is none.  `who` 0 is the host. */
unsigned host_turn_take(struct host *h, uint64_t who);
/* Ends it; `why`: NULL, or the enclave is of no more use. */
void host_turn_leave(struct host *h, const char *why);
/* Has a message wait: 200; 429 or 503 if it cannot. */
unsigned host_turn_enter(struct host *h, struct host_message *m);
/* Waits for a message's turn, and takes it; NULL: it is over. */
struct host_message *host_turn_next(struct host *h);
/* For who has the turn: the message that can be sent behind his, or NULL; after
 * his answer the turn goes on, and is its own. */
struct host_message *host_turn_follow(struct host *h);
void host_turn_go_on(struct host *h);
/* The lock is held. */
void host_turn_begin(struct host *h);
/* Nobody can have one any more. */
void host_turn_end_all(struct host *h);
/* Who waits for too long. */
void host_turn_expire(struct host *h);
void host_fell(struct host *h, const char *why);

/* ---- host_ask.c */

/* The asker. */
void *host_ask(void *host);

/* ---- host_bundle.c: who has the turn calls them */

/* Attests, for this nonce or none; false: h->enclave.talk says why. */
ASSAY_MUST_CHECK bool host_bundle_make(struct host *h, struct buf *bundle,
                                       struct assay_bytes nonce);
/* Makes that without a nonce, for all to see. */
ASSAY_MUST_CHECK bool host_bundle_renew(struct host *h);
/* Looks for new documents: whether there are. */
bool host_documents_look(struct host *h);

/* ---- host_mail.c: likewise */

ASSAY_MUST_CHECK bool host_eii_make(struct host *h, struct buf *eii);
/* struct sim_host's `post` */
bool host_mail_hold(struct sim_host *talk, struct assay_bytes id,
                    struct assay_bytes mail);

/* ---- host_routes.c: for routes */

/* host_error, and when to come again. */
void host_refuse(struct http_answer *a, unsigned status);
/* Who asks, as a number that is not 0. */
uint64_t host_who(const struct http_request *r);
/* Ends a message, and frees it; unless it was answered, it is refused.  With 200
 * the lock is not held. */
void host_message_end(struct host *h, struct host_message *m, unsigned status);
/* A message was answered in so long. */
void host_note_time(struct host *h, int64_t us);
void host_health(void *self, struct http_answer *a,
                 const struct http_request *r);
void host_metrics(void *self, struct http_answer *a,
                  const struct http_request *r);

#endif
