/* share.c - documents among nodes that share a database: one of them asks the
 * manufacturer for what all have, and puts it into the store; the others take it
 * from there, and check it as if they had fetched it. */
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "os/wait.h"
#include "service/judges.h"

#define KIND "documents"
#define NAME "all"

enum { TICK_S = 2, REFRESH_S = 60 };

struct service_share {
	struct service *service;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t tick;
	bool ending;           /* the lock's */
	_Atomic bool leads;    /* this node is the one */
	uint64_t change;       /* the store's, when it was looked at */
	uint8_t published[32]; /* SHA-256 of what is in the store */
	int64_t next;          /* when it asks again, by wait_now */
};

/* What another node has put there. */
static void take(struct service_share *h)
{
	struct service *s = h->service;
	const uint64_t change = store_change(s->store, KIND);
	char why[COLLATERAL_WHY];
	struct buf file = { 0 };
	uint8_t hash[32];
	size_t n;

	if (change == h->change)
		return;
	h->change = change;
	if (store_get(s->store, &file, KIND, NAME) == STORE_FOUND) {
		assay_sha256(hash, buf_bytes(&file));
		if (memcmp(hash, h->published, sizeof(hash)) != 0 &&
		    !collateral_import(&n, s->collateral, buf_bytes(&file),
		                       service_now(s), why))
			service_tell(s, "documents of another node", why);
		memcpy(h->published, hash, sizeof(hash));
	}
	buf_free(&file);
}

/* ---- the one that asks */

struct wants {
	struct collateral_want *want;
	size_t n, room;
};

static bool add_want(void *arg, const struct collateral_want *want,
                     const struct collateral_set *set)
{
	struct wants *w = arg;
	const size_t room = w->room ? 2 * w->room : 16;
	void *more;

	(void)set;
	if (w->n == w->room) {
		more = realloc(w->want, room * sizeof(*w->want));
		if (!more)
			return false;
		w->want = more;
		w->room = room;
	}
	w->want[w->n++] = *want;
	return true;
}

/* Asks for what is no longer new, set by set. */
static void refresh(struct service_share *h)
{
	struct service *s = h->service;
	const int64_t now = service_now(s);
	struct collateral_set set;
	struct wants w = { 0 };
	char why[COLLATERAL_WHY];

	if (!collateral_each(s->collateral, add_want, &w))
		service_tell(s, "the cache cannot be read",
		             "see the folder collateral");
	for (size_t i = 0; i < w.n; i++) {
		if (!collateral_get(&set, s->collateral, &w.want[i], now, false,
		                    why))
			service_tell(s, "documents are not to be had", why);
		collateral_free(&set);
	}
	free(w.want);
}

static void publish(struct service_share *h)
{
	struct service *s = h->service;
	char why[COLLATERAL_WHY];
	struct buf file = { 0 };
	uint8_t hash[32];

	if (collateral_export(&file, s->collateral, why) &&
	    file.len <= STORE_BODY_MAX) {
		assay_sha256(hash, buf_bytes(&file));
		if (memcmp(hash, h->published, sizeof(hash)) != 0 &&
		    store_put(s->store, KIND, NAME, buf_bytes(&file)))
			memcpy(h->published, hash, sizeof(hash));
	}
	buf_free(&file);
}

static void *work(void *arg)
{
	struct service_share *h = arg;
	struct timespec until;
	bool ending = false;

	while (!ending) {
		h->leads = store_lead(h->service->store, "collateral");
		take(h);
		if (h->leads && wait_now() >= h->next) {
			h->next = wait_now() + 1000 * REFRESH_S;
			if (!h->service->options.no_fetch)
				refresh(h);
			publish(h);
		}
		until = wait_until(TICK_S, 0);
		pthread_mutex_lock(&h->lock);
		if (!h->ending)
			pthread_cond_timedwait(&h->tick, &h->lock, &until);
		ending = h->ending;
		pthread_mutex_unlock(&h->lock);
	}
	return NULL;
}

bool service_fetches(const struct service *s)
{
	return !s->share || s->share->leads;
}

struct service_share *service_share_start(struct service *s)
{
	struct service_share *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->service = s;
	pthread_mutex_init(&h->lock, NULL);
	wait_init(&h->tick);
	/* what all have seen is known before anything is asked for, so that
	 * nothing older is taken by a node that starts with an empty folder */
	h->change = UINT64_MAX;
	take(h);
	if (pthread_create(&h->thread, NULL, work, h) == 0)
		return h;
	free(h);
	return NULL;
}

void service_share_stop(struct service_share *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->ending = true;
	pthread_cond_signal(&h->tick);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	pthread_cond_destroy(&h->tick);
	pthread_mutex_destroy(&h->lock);
	free(h);
}
