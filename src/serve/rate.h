/* rate.h - how often each of many may ask, in memory that is bounded. */
#ifndef SERVE_RATE_H
#define SERVE_RATE_H

#include <assay/base.h>

/*
 * Each of them has a time: that at which it would have used up nothing if it
 * asked no more.  An allowed request moves it on by an interval, and it may be
 * ahead of now by `ahead`.  Those that have used up nothing need not be known,
 * so where there is no place, the one that is closest to that is forgotten.
 */
enum { RATE_SETS = 1024, RATE_WAYS = 4 };
struct rate {
	int64_t interval, ahead; /* nanoseconds */
	uint64_t seed;
	struct rate_one {
		uint64_t key;
		int64_t until;
	} one[RATE_SETS][RATE_WAYS];
};

/* A number that nobody can tell who does not know the seed, for tables of keys
 * that others choose. */
uint32_t rate_mix(uint64_t key, uint64_t seed);

/* Fills a zeroed one: so many in a second, after `burst` (at least 1) at once;
 * the seed is random, so that nobody can tell who shares a place. */
void rate_start(struct rate *rate, unsigned per_second, unsigned burst,
                uint64_t seed);

/* Counts a request of `key` at `now` (nanoseconds): 0, or it is one too many,
 * and the seconds after which it would not be. */
unsigned rate_take(struct rate *rate, uint64_t key, int64_t now);

#endif
