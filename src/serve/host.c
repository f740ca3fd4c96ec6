/* host.c - the host in front of an enclave: the enclave's life. */
#include "serve/host_inner.h"

#include "crypto/crypto.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	BACK_OFF_MAX_MS = 10000, /* before it is started again */
	STARTS = 6,              /* that fail one after the other: enough */
	TICK_MS = 50,            /* of the watch */
	HOUR_MS = 3600000,       /* for which an attestation is handed out */
	RETRY_MS = 60000,        /* after one that failed */
	WARN_S = 86400,          /* before the documents run out */
	NONCES = 20,             /* of one address, in a second, */
	NONCES_AT_ONCE = 40,     /* after so many */
};

static void say(const struct host *h, const char *what, const char *why)
{
	char line[HOST_WHY + 80];

	snprintf(line, sizeof(line), "%s%s", what, why);
	h->o.say(h->o.own, line);
}

/* ---- a start */

/* Its answer is not relayed before this returns; where it cannot be kept, there
 * is none: the enclave goes back to what is. */
static bool keep(struct sim_host *talk, struct assay_bytes sealed)
{
	const struct host *h = talk->own;
	char why[HOST_WHY];

	return h->o.save(h->o.own, sealed, why) ||
	       sim_host_why(talk, "what it wants kept: %.200s", why);
}

static bool give_back(struct host *h, char why[HOST_WHY])
{
	struct buf sealed = { 0 };
	bool good = !h->o.load || h->o.load(h->o.own, &sealed, why);

	if (good && sealed.len)
		sim_host_restore(&h->enclave.talk, buf_bytes(&sealed));
	buf_free(&sealed);
	return good;
}

static bool first_words(struct host *h, char why[HOST_WHY])
{
	if (!give_back(h, why))
		return false;
	host_documents_look(h);
	if (host_bundle_renew(h))
		return true;
	host_enclave_explain(&h->enclave, why);
	return false;
}

/* Nobody else is there while the enclave is down. */
static bool begin(struct host *h, char why[HOST_WHY])
{
	struct host_enclave *e = &h->enclave;
	bool good;

	if (!host_enclave_start(e, &h->o.program, why))
		return false;
	e->talk.own = h;
	e->talk.keep = h->o.save ? keep : NULL;
	e->talk.post = host_mail_hold;
	e->talk.posts = &h->held;
	pthread_mutex_lock(&h->lock);
	mails_clear(&h->mails); /* by keys that are gone */
	host_turn_begin(h);
	pthread_mutex_unlock(&h->lock);
	good = first_words(h, why);
	pthread_mutex_lock(&h->lock);
	h->busy = false;
	h->up_since = host_now_ms();
	if (good)
		h->stage = HOST_UP;
	pthread_mutex_unlock(&h->lock);
	if (!good)
		host_enclave_end(e);
	return good;
}

/* ---- the keeper */

/* False: it is over.  The lock is held. */
static bool pause_for(struct host *h, int64_t ms)
{
	const int64_t until = host_now_ms() + ms;

	while (!h->quiet && host_wait(&h->wake, &h->lock, until))
		;
	return !h->quiet;
}

static bool start_again(struct host *h)
{
	char why[HOST_WHY];
	bool good;

	pthread_mutex_unlock(&h->lock);
	host_enclave_end(&h->enclave);
	good = begin(h, why);
	if (good)
		say(h, "the enclave was started again; its keys are new", "");
	pthread_mutex_lock(&h->lock);
	if (!good)
		snprintf(h->why, sizeof(h->why), "%s", why);
	h->restarts += good;
	return good;
}

static void give_up(struct host *h)
{
	h->stage = HOST_GIVEN_UP;
	h->quiet = true;
	if (h->o.gave_up)
		h->o.gave_up(h->o.own);
}

/* The lock is held, but while it starts.  An enclave that lived for long is
 * started again at once. */
static void revive(struct host *h, int64_t *back_off)
{
	char what[80];

	if (host_now_ms() - h->up_since > BACK_OFF_MAX_MS)
		*back_off = h->o.back_off_ms;
	for (unsigned n = 0; n < STARTS; n++) {
		snprintf(what, sizeof(what),
		         n ? "the enclave does not start; again in %" PRId64
		             " ms: "
		           : "the enclave is started again in %" PRId64 " ms: ",
		         *back_off);
		say(h, what, h->why);
		if (!pause_for(h, *back_off))
			return;
		*back_off = *back_off < BACK_OFF_MAX_MS / 2 ? 2 * *back_off
		                                            : BACK_OFF_MAX_MS;
		if (start_again(h))
			return;
	}
	give_up(h);
}

/* Whose documents run out soon is told each hour. */
static void warn(const struct host *h, int64_t until)
{
	const int64_t now = (int64_t)time(NULL);
	char text[ASSAY_TIME_TEXT];

	if (until && until < now + WARN_S)
		say(h,
		    until > now ? "the documents: put newer ones into the "
		                  "folder: these are good until "
		                : "the documents: clients refuse them: they "
		                  "were good until ",
		    assay_time_print(text, until));
}

/* Renews what is handed out; false: in a minute it is to be tried again. */
static bool renew(struct host *h, bool wanted)
{
	const struct sim_host *talk = &h->enclave.talk;
	int64_t until;
	bool good = true;

	if (host_turn_take(h, 0) != 200)
		return false; /* or it is down: then it starts with one */
	if (host_documents_look(h) || wanted) {
		pthread_mutex_lock(&h->lock);
		until = h->fresh_until;
		pthread_mutex_unlock(&h->lock);
		warn(h, until);
		good = host_bundle_renew(h);
	}
	if (!good)
		say(h, "no new attestation: ", talk->why);
	host_turn_leave(h, good || talk->refused ? NULL : talk->why);
	return good;
}

static void *keep_up(void *arg)
{
	struct host *h = arg;
	int64_t back_off = h->o.back_off_ms, due = host_now_ms() + HOUR_MS;
	bool wanted, good;

	pthread_mutex_lock(&h->lock);
	while (!h->quiet) {
		if (h->stage == HOST_DOWN) {
			revive(h, &back_off);
			due = host_now_ms() + HOUR_MS;
			continue;
		}
		if (host_wait(&h->wake, &h->lock,
		              host_now_ms() + h->o.refresh_ms))
			continue;
		pthread_mutex_unlock(&h->lock);
		wanted = host_now_ms() >= due;
		good = renew(h, wanted);
		if (wanted || !good)
			due = host_now_ms() + (good ? HOUR_MS : RETRY_MS);
		pthread_mutex_lock(&h->lock);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* ---- the watch */

static void *watch(void *arg)
{
	struct host *h = arg;

	pthread_mutex_lock(&h->lock);
	while (!h->ending) {
		if (h->busy && !h->hangs && host_now_ms() >= h->deadline) {
			h->hangs = true;
			host_enclave_cut(&h->enclave);
		}
		host_turn_expire(h);
		if (h->stage == HOST_UP && !h->busy && !h->quiet &&
		    host_enclave_is_gone(&h->enclave))
			host_fell(h,
			          "it ended, though nothing was asked of it");
		host_wait(&h->tick, &h->lock, host_now_ms() + TICK_MS);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* ---- from outside */

static bool make(struct host *h)
{
	pthread_condattr_t monotonic;
	uint64_t seed;

	h->end = &h->first;
	h->enclave.talk.fd = -1;
	h->o.answer_ms = h->o.answer_ms ? h->o.answer_ms : 60000;
	h->o.refresh_ms = h->o.refresh_ms ? h->o.refresh_ms : 5000;
	h->o.back_off_ms = h->o.back_off_ms ? h->o.back_off_ms : 100;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->wake, &monotonic);
	pthread_cond_init(&h->tick, &monotonic);
	pthread_cond_init(&h->ask, NULL);
	pthread_condattr_destroy(&monotonic);
	if (!assay_random((uint8_t *)&seed, sizeof(seed)))
		return false;
	rate_start(&h->nonces, NONCES, NONCES_AT_ONCE, seed);
	return pthread_create(&h->watch, NULL, watch, h) == 0;
}

/* False: not all of them. */
static bool start_threads(struct host *h)
{
	h->has_asker = pthread_create(&h->asker, NULL, host_ask, h) == 0;
	return h->has_asker &&
	       pthread_create(&h->keeper, NULL, keep_up, h) == 0;
}

/* But for the keeper. */
static void end_threads(struct host *h)
{
	pthread_mutex_lock(&h->lock);
	h->ending = true;
	pthread_cond_signal(&h->tick);
	pthread_cond_signal(&h->ask);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->watch, NULL);
	if (h->has_asker)
		pthread_join(h->asker, NULL);
}

static void forget(struct host *h)
{
	pthread_cond_destroy(&h->ask);
	pthread_cond_destroy(&h->tick);
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->lock);
	buf_free(&h->bundle);
	mails_clear(&h->mails);
	free(h);
}

struct host *host_start(const struct host_options *o, char why[HOST_WHY])
{
	struct host *h = calloc(1, sizeof(*h));

	snprintf(why, HOST_WHY, "memory is short, or random numbers");
	if (!h)
		return NULL;
	h->o = *o;
	if (make(h)) {
		if (begin(h, why)) {
			warn(h, h->fresh_until);
			if (start_threads(h))
				return h;
		}
		end_threads(h);
		host_enclave_end(&h->enclave);
	}
	forget(h);
	return NULL;
}

void host_quiesce(struct host *h)
{
	pthread_mutex_lock(&h->lock);
	h->quiet = true;
	host_turn_end_all(h);
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
}

void host_end(struct host *h)
{
	host_quiesce(h);
	pthread_join(h->keeper, NULL);
	end_threads(h);
	host_enclave_end(&h->enclave);
	forget(h);
}

void host_look(struct host *h, struct host_state *s)
{
	pthread_mutex_lock(&h->lock);
	*s = (struct host_state){
		.up = h->stage == HOST_UP && !h->quiet,
		.gave_up = h->stage == HOST_GIVEN_UP,
		.restarts = h->restarts,
		.waiting = h->n_waiting,
		.has_documents = h->has_documents,
		.documents_left = h->fresh_until - (int64_t)time(NULL),
		.pid = h->stage == HOST_UP ? h->enclave.pid : 0,
	};
	pthread_mutex_unlock(&h->lock);
}

const char *host_reason(const struct host *h)
{
	return h->why;
}
