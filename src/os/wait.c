/* wait.c - waiting by a clock that nobody sets. */
#include "os/wait.h"

enum { S = 1000, MS = 1000000 }; /* in ms, in ns */

void wait_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

struct timespec wait_until(int64_t s, int64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	ms += t.tv_nsec / MS;
	return (struct timespec){ .tv_sec = t.tv_sec + s + ms / S,
		                  .tv_nsec = ms % S * MS + t.tv_nsec % MS };
}

int64_t wait_now(void)
{
	const struct timespec t = wait_until(0, 0);

	return (int64_t)t.tv_sec * S + t.tv_nsec / MS;
}
