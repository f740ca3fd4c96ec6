/* count.h - requests, counted by route and status. */
#ifndef SERVE_COUNT_H
#define SERVE_COUNT_H

#include "serve/http.h"

/* One for each route, and one for requests that no route was found for. */
enum { COUNT_STATUSES = 16 };
struct count {
	struct {
		unsigned status; /* 0: free */
		uint64_t n;
	} of[COUNT_STATUSES];
};

/* Counts one answer; where a route has too many different ones, with its
 * last. */
void count_status(struct count *count, unsigned status);

/* A metric without labels. */
void count_put(struct buf *out, const char *name, const char *type,
               const char *help, uint64_t value);
/* The requests of all routes; counts[i] are those of routes[i], and the last
 * those of none. */
void count_requests(struct buf *out, const struct count *counts,
                    const struct http_route *routes);

#endif
