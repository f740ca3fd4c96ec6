/* favourites.c - which keys are seen most, and their tables. */
#include "service/favourites.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "os/wait.h"

enum {
	TABLES = 24, /* 150 KB each */
	PAUSE_S = 1, /* before the first set; each time twice as long, */
	PAUSE_MAX_S = 64,
};

struct favourite_set {
	unsigned users; /* the lock's */
	struct assay_tables *tables;
};

struct favourites {
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t tick;
	bool ending, changed;
	size_t n;
	struct {
		uint8_t key[64];
		unsigned mentions;
	} of[TABLES];
	struct favourite_set *set;
};

/* The most frequent are found without a count for each: where there is no room,
 * all lose a mention, and who has none left gives way (Misra and Gries). */
void favourites_mention(struct favourites *f, const uint8_t key[64])
{
	size_t i = 0, free_at = TABLES;

	pthread_mutex_lock(&f->lock);
	for (; i < f->n && memcmp(f->of[i].key, key, 64) != 0; i++)
		if (!f->of[i].mentions)
			free_at = i;
	if (i < f->n) {
		f->of[i].mentions++;
	} else if (f->n < TABLES || free_at < TABLES) {
		i = f->n < TABLES ? f->n++ : free_at;
		memcpy(f->of[i].key, key, 64);
		f->of[i].mentions = 1;
		f->changed = true;
		pthread_cond_signal(&f->tick);
	} else {
		for (i = 0; i < f->n; i++)
			f->of[i].mentions--;
	}
	pthread_mutex_unlock(&f->lock);
}

/* ---- sets */

static void let_go(struct favourite_set *set)
{
	if (!set || --set->users)
		return;
	assay_tables_free(set->tables);
	free(set);
}

struct favourite_set *favourites_take(struct favourites *f)
{
	struct favourite_set *set;

	pthread_mutex_lock(&f->lock);
	set = f->set;
	if (set)
		set->users++;
	pthread_mutex_unlock(&f->lock);
	return set;
}

void favourites_back(struct favourites *f, struct favourite_set *set)
{
	pthread_mutex_lock(&f->lock);
	let_go(set);
	pthread_mutex_unlock(&f->lock);
}

const struct assay_tables *favourites_tables(const struct favourite_set *set)
{
	return set ? set->tables : NULL;
}

/* The tables of these keys; NULL: memory is short. */
static struct favourite_set *build(uint8_t (*key)[64], size_t n)
{
	struct favourite_set *set = calloc(1, sizeof(*set));
	bool good;

	if (!set)
		return NULL;
	set->users = 1;
	set->tables = assay_tables_new(TABLES);
	good = set->tables != NULL;
	for (size_t i = 0; good && i < n; i++)
		good = assay_tables_add(set->tables, key[i]);
	if (good)
		return set;
	let_go(set);
	return NULL;
}

/* ---- the thread */

/* Waits until there is something to build, and then for so many seconds, in which
 * there may be more; false: it is over.  The lock is held. */
static bool wait_for(struct favourites *f, unsigned pause)
{
	struct timespec until;

	while (!f->ending && !f->changed)
		pthread_cond_wait(&f->tick, &f->lock);
	until = wait_until(pause, 0);
	while (!f->ending &&
	       pthread_cond_timedwait(&f->tick, &f->lock, &until) == 0)
		;
	return !f->ending;
}

static void *work(void *arg)
{
	struct favourites *f = arg;
	struct favourite_set *set, *old;
	uint8_t key[TABLES][64];
	unsigned pause = PAUSE_S;
	size_t n;

	pthread_mutex_lock(&f->lock);
	while (wait_for(f, pause)) {
		pause = pause < PAUSE_MAX_S ? 2 * pause : pause;
		f->changed = false;
		n = f->n;
		for (size_t i = 0; i < n; i++)
			memcpy(key[i], f->of[i].key, 64);
		pthread_mutex_unlock(&f->lock);
		set = build(key, n);
		pthread_mutex_lock(&f->lock);
		old = set ? f->set : NULL;
		f->set = set ? set : f->set;
		let_go(old);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

struct favourites *favourites_start(void)
{
	struct favourites *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	pthread_mutex_init(&f->lock, NULL);
	wait_init(&f->tick);
	if (pthread_create(&f->thread, NULL, work, f) == 0)
		return f;
	free(f);
	return NULL;
}

void favourites_stop(struct favourites *f)
{
	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->ending = true;
	pthread_cond_signal(&f->tick);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	let_go(f->set);
	pthread_cond_destroy(&f->tick);
	pthread_mutex_destroy(&f->lock);
	free(f);
}
