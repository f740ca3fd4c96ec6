/* clock.c - a clock that is never set back, for what counts once: used nonces are
 * forgotten when they are too old, and would count again where it is earlier. */
#include "service/inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND "setting"
#define NAME "clock"

enum {
	APART_S = 5, /* between what two threads, or two processors, read */
	KEPT_S = 30, /* that it goes on, at most, without being kept */
};

/* What it shows when the machine's clock says `now`.  Where that was set back, it
 * goes on from where it was. */
static int64_t show(struct service_clock *c, int64_t now)
{
	if (now < c->last - APART_S)
		c->ahead += c->last - now;
	if (now > c->last || now < c->last - APART_S)
		c->last = now;
	return c->last + c->ahead;
}

/* What all nodes have kept, if that is later, counts; what is later than that is
 * kept. */
static bool keep(struct service *s, int64_t *now)
{
	struct service_clock *c = &s->clock;
	struct buf kept = { 0 }, text = { 0 };
	enum store_found found = store_get(s->store, &kept, KIND, NAME);
	int64_t was = 0;
	bool good;

	buf_put(&kept, "", 1);
	if (found == STORE_FOUND && !kept.bad)
		was = strtoll((const char *)kept.ptr, NULL, 10);
	if (was > *now) {
		c->ahead += was - *now;
		*now = was;
	}
	buf_printf(&text, "%" PRId64, *now);
	good = found != STORE_FAILED && !kept.bad && !text.bad &&
	       store_put(s->store, KIND, NAME, buf_bytes(&text));
	if (good)
		c->kept = *now;
	buf_free(&kept);
	buf_free(&text);
	return good;
}

bool service_clock(int64_t *shows, struct service *s, int64_t now,
                   char why[SERVICE_WHY])
{
	struct service_clock *c = &s->clock;
	bool good;

	pthread_mutex_lock(&c->lock);
	*shows = show(c, now);
	good = *shows < c->kept + KEPT_S || keep(s, shows);
	pthread_mutex_unlock(&c->lock);
	if (!good)
		snprintf(why, SERVICE_WHY, "the store: %s",
		         store_why(s->store));
	return good;
}
