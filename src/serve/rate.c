/* rate.c - how often each of many may ask, in memory that is bounded. */
#include "serve/rate.h"

#define SECOND INT64_C(1000000000)

void rate_start(struct rate *r, unsigned per_second, unsigned burst,
                uint64_t seed)
{
	r->interval = SECOND / per_second;
	r->ahead = r->interval * (burst - 1);
	r->seed = seed;
}

uint32_t rate_mix(uint64_t key, uint64_t seed)
{
	uint64_t x = (key ^ seed) * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 32) * (seed | 1);
	return (uint32_t)(x >> 32);
}

static struct rate_one *find(struct rate *r, uint64_t key)
{
	struct rate_one *set = r->one[rate_mix(key, r->seed) % RATE_SETS];
	struct rate_one *least = set;

	for (size_t i = 0; i < RATE_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].until < least->until)
			least = &set[i];
	}
	*least = (struct rate_one){ .key = key };
	return least;
}

unsigned rate_take(struct rate *r, uint64_t key, int64_t now)
{
	struct rate_one *one = find(r, key);
	int64_t until = one->until > now ? one->until : now;

	if (until - now > r->ahead)
		return (unsigned)((until - now - r->ahead + SECOND - 1) /
		                  SECOND);
	one->until = until + r->interval;
	return 0;
}
