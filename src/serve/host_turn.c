/* host_turn.c - who asks the enclave next. */
#include "serve/host_inner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	WAIT_MS = 30000,           /* for a turn */
	OF_ONE = HOST_WAITING / 2, /* that wait, of one address */
	AHEAD_MAX = 16 << 10,      /* bytes that the enclave's socket takes
	                            * beside whatever it has */
};

int64_t host_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t host_now_ms(void)
{
	return host_now_us() / 1000;
}

bool host_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t until)
{
	const struct timespec t = { until / 1000, until % 1000 * 1000000 };

	return pthread_cond_timedwait(cond, lock, &t) != ETIMEDOUT;
}

/* The first, but rather somebody else than who had it last. */
static struct host_waiter *next(const struct host *h)
{
	struct host_waiter *w = h->first;

	while (w && w->who == h->last)
		w = w->next;
	return w ? w : h->first;
}

static bool is_full(const struct host *h, uint64_t who)
{
	unsigned same = 0;

	for (const struct host_waiter *w = h->first; w; w = w->next)
		same += w->who == who;
	return h->n_waiting >= HOST_WAITING || same >= OF_ONE;
}

/* Nobody else: each of them would wake up for nothing. */
static void wake_next(const struct host *h)
{
	if (h->first)
		pthread_cond_signal(next(h)->turn);
}

static void enter(struct host *h, struct host_waiter *me)
{
	me->until = host_now_ms() + WAIT_MS;
	*h->end = me;
	h->end = &me->next;
	h->n_waiting++;
}

static void leave(struct host *h, struct host_waiter *me)
{
	struct host_waiter **at = &h->first;

	while (*at && *at != me)
		at = &(*at)->next;
	*at = me->next;
	if (h->end == &me->next)
		h->end = at;
	h->n_waiting--;
}

static bool is_open(const struct host *h);

/* Those that wait since before then: threads see it for themselves. */
static void end_before(struct host *h, int64_t until)
{
	struct host_waiter *w = h->first, *after;

	for (; w; w = after) {
		after = w->next;
		if (!w->message) {
			pthread_cond_signal(w->turn);
		} else if (w->until <= until) {
			leave(h, w);
			host_message_end(h, w->message, is_open(h) ? 429 : 503);
		}
	}
}

void host_turn_end_all(struct host *h)
{
	end_before(h, INT64_MAX);
}

void host_turn_expire(struct host *h)
{
	if (h->first && h->first->until <= host_now_ms())
		end_before(h, host_now_ms());
}

void host_fell(struct host *h, const char *why)
{
	h->stage = HOST_DOWN;
	snprintf(h->why, sizeof(h->why), "%s", why);
	host_turn_end_all(h);
	pthread_cond_signal(&h->wake);
}

static bool is_open(const struct host *h)
{
	return h->stage == HOST_UP && !h->quiet;
}

void host_turn_begin(struct host *h)
{
	h->busy = true;
	h->hangs = false;
	h->deadline = host_now_ms() + h->o.answer_ms;
}

/* Whether it is still there is seen before anything is sent: so who hears that
 * it is not knows that nothing was. */
static unsigned begin(struct host *h, uint64_t who)
{
	if (host_enclave_is_gone(&h->enclave)) {
		host_fell(h, "it ended");
		return 503;
	}
	host_turn_begin(h);
	h->last = who;
	return 200;
}

static unsigned wait_turn(struct host *h, uint64_t who)
{
	pthread_condattr_t monotonic;
	pthread_cond_t turn;
	struct host_waiter me = { .who = who, .turn = &turn };
	bool mine, in_time = true;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&turn, &monotonic);
	pthread_condattr_destroy(&monotonic);
	enter(h, &me);
	while (is_open(h) && in_time && (h->busy || next(h) != &me))
		in_time = host_wait(&turn, &h->lock, me.until);
	mine = is_open(h) && !h->busy && next(h) == &me;
	leave(h, &me);
	pthread_cond_destroy(&turn);
	if (mine)
		return begin(h, who);
	wake_next(h); /* it may have been this one's */
	return is_open(h) ? 429 : 503;
}

/* Whether somebody may begin to wait. */
static unsigned admit(const struct host *h, uint64_t who)
{
	if (!is_open(h))
		return 503;
	return who && is_full(h, who) ? 429 : 200;
}

unsigned host_turn_take(struct host *h, uint64_t who)
{
	unsigned status;

	pthread_mutex_lock(&h->lock);
	status = admit(h, who);
	if (status == 200)
		status = wait_turn(h, who);
	pthread_mutex_unlock(&h->lock);
	return status;
}

unsigned host_turn_enter(struct host *h, struct host_message *m)
{
	unsigned status;

	m->place.message = m;
	m->place.turn = &h->ask;
	pthread_mutex_lock(&h->lock);
	status = admit(h, m->place.who);
	if (status == 200) {
		enter(h, &m->place);
		if (!h->busy)
			wake_next(h);
	}
	pthread_mutex_unlock(&h->lock);
	return status;
}

/* A message has the turn, or NULL.  The lock is held. */
static struct host_message *begin_next(struct host *h)
{
	struct host_waiter *w = is_open(h) && !h->busy ? next(h) : NULL;

	if (!w || !w->message)
		return NULL;
	leave(h, w);
	if (begin(h, w->who) == 200)
		return w->message;
	host_message_end(h, w->message, 503);
	return NULL;
}

struct host_message *host_turn_next(struct host *h)
{
	struct host_message *m;

	pthread_mutex_lock(&h->lock);
	while (!(m = begin_next(h)) && !h->ending)
		pthread_cond_wait(&h->ask, &h->lock);
	pthread_mutex_unlock(&h->lock);
	return m;
}

struct host_message *host_turn_follow(struct host *h)
{
	struct host_message *m = NULL;
	struct host_waiter *w;

	pthread_mutex_lock(&h->lock);
	w = is_open(h) ? next(h) : NULL;
	if (w && w->message && w->message->body.len <= AHEAD_MAX) {
		m = w->message;
		leave(h, w);
		h->last = w->who;
	}
	pthread_mutex_unlock(&h->lock);
	return m;
}

void host_turn_go_on(struct host *h)
{
	pthread_mutex_lock(&h->lock);
	host_turn_begin(h);
	pthread_mutex_unlock(&h->lock);
}

void host_turn_leave(struct host *h, const char *why)
{
	char late[64];

	pthread_mutex_lock(&h->lock);
	h->busy = false;
	if (why && h->hangs) {
		snprintf(late, sizeof(late), "it did not answer within %u ms",
		         h->o.answer_ms);
		why = late;
	}
	if (why)
		host_fell(h, why);
	else
		wake_next(h);
	pthread_mutex_unlock(&h->lock);
}
