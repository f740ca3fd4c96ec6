/* wait.h - waiting by a clock that nobody sets: when a machine's clock jumps, nobody
 * wakes early, or an hour late. */
#ifndef OS_WAIT_H
#define OS_WAIT_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* A condition for pthread_cond_timedwait until such a time. */
void wait_init(pthread_cond_t *cond);
/* So many seconds, and so many more milliseconds, from now. */
struct timespec wait_until(int64_t s, int64_t ms);
/* Milliseconds since some time. */
int64_t wait_now(void);

#endif
