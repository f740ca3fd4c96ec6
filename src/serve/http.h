/*
 * http.h - a small HTTP listener: GET on a table of paths, bounded in all that
 * a client can ask for.
 */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include "sim/out.h"

/* A request, as far as a route is concerned with it. */
struct http_request;

/* How often a query argument stands there; a value that holds a NUL is none. */
enum http_times { HTTP_BAD = 0, HTTP_NONE, HTTP_ONCE };
/* The value is borrowed, decoded; HTTP_BAD: more than once, or with a NUL. */
enum http_times http_argument(const struct http_request *request,
                              const char *name, const char **value);
/* A header's value, or NULL. */
const char *http_header(const struct http_request *request, const char *name);

/* What is answered. */
struct http_answer {
	unsigned status;
	const char *type; /* of the body; NULL: there is none */
	struct sim_out body;
	struct {
		const char *name;
		struct sim_out value; /* text */
	} header[8];
	size_t n_headers;
	bool bad; /* memory was short: it becomes a 500 */
};
void http_put_header(struct http_answer *answer, const char *name,
                     struct assay_bytes value);
/* The same, percent-encoded but for letters, digits and "-_.~". */
void http_put_encoded(struct http_answer *answer, const char *name,
                      struct assay_bytes value);
void http_encode(struct sim_out *out, struct assay_bytes text);

struct http_route {
	const char *path;
	/* fills a zeroed answer; called by one thread at a time */
	void (*answer)(void *self, struct http_answer *answer,
	               const struct http_request *request);
};

struct http_service {
	const struct http_route *routes; /* up to a path that is NULL */
	/* called before each answer; false: it is a 500 */
	bool (*before)(void *self);
	/* what is answered where there is no route, or the answer is bad */
	void (*error)(struct http_answer *answer, unsigned status);
	void *self;
};

struct http_listener;
enum { HTTP_WHY_LEN = 160 };

/*
 * http_listen answers at an address ("127.0.0.1:8081", "[::1]:0"; port 0: one
 * that is free) in a thread of its own until http_stop.  `service` is borrowed.
 * NULL, and a line that says why.
 */
struct http_listener *http_listen(const char *address,
                                  const struct http_service *service,
                                  char why[HTTP_WHY_LEN]);
uint16_t http_port(const struct http_listener *listener);
/* Lets the requests that have begun be answered, for a second or two. */
void http_stop(struct http_listener *listener);

#endif
