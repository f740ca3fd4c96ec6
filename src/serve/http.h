/*
 * http.h - a small HTTP listener: GET and POST on a table of paths, bounded in
 * all that a client can ask for.
 *
 * One thread moves the bytes of all connections and waits for nobody; requests
 * that have arrived whole are answered by other threads, so that neither a slow
 * client nor a slow answer holds up anybody else.
 */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include "os/buf.h"

/* A request, as far as a route is concerned with it. */
struct http_request;

/* How often a query argument stands there; a value that holds a NUL is none. */
enum http_times { HTTP_BAD = 0, HTTP_NONE, HTTP_ONCE };
/* The value is borrowed, decoded; HTTP_BAD: more than once, or with a NUL. */
enum http_times http_argument(const struct http_request *request,
                              const char *name, const char **value);
/* The name of the first query argument that the route does not know, and those that
 * it knows; NULL where there is no such. */
const char *http_stranger(const struct http_request *request,
                          const char **known);
/* A header's value, or NULL. */
const char *http_header(const struct http_request *request, const char *name);
/* The path, decoded. */
const char *http_path(const struct http_request *request);
/* What was posted; borrowed. */
struct assay_bytes http_body(const struct http_request *request);
/* Whether the body is said to be of this media type, whatever its parameters. */
bool http_has_type(const struct http_request *request, const char *type);
/* The client's address as text, without its port. */
enum { HTTP_CLIENT_LEN = 48 };
const char *http_client(char text[HTTP_CLIENT_LEN],
                        const struct http_request *request);
/* The same as a number by which clients are told apart: of IPv6, its network of
 * 64 bits. */
uint64_t http_address(const struct http_request *request);
struct sockaddr;
uint64_t http_address_of(const struct sockaddr *from);

/* What is answered. */
struct http_answer {
	unsigned status;
	const char *type; /* of the body; NULL: there is none */
	struct buf body;
	struct {
		const char *name;
		struct buf value; /* text */
	} header[8];
	size_t n_headers;
	bool bad; /* memory was short: it becomes a 500 */
	/* NULL, or the body goes on: called as the route is, whenever all that
	 * there was has been sent, for the next piece; none is the end, false
	 * cuts the connection */
	bool (*more)(void *state, struct buf *piece);
	/* NULL, or called once, when the answer is over or its client gone:
	 * by the listener, or where memory is short by a worker; it must
	 * wait for nothing */
	void (*done)(void *state);
	void *state;
};
/* `name` is kept, not copied: a constant. */
void http_put_header(struct http_answer *answer, const char *name,
                     struct assay_bytes value);
/* The same, percent-encoded but for letters, digits and "-_.~". */
void http_put_encoded(struct http_answer *answer, const char *name,
                      struct assay_bytes value);
void http_encode(struct buf *out, struct assay_bytes text);

/* When and by whom a route's answer is given. */
enum http_when {
	HTTP_QUEUED = 0, /* by a worker: it may take its time */
	/* at once, beside whatever else is being answered, at any rate of
	 * asking: it must wait for nothing */
	HTTP_QUICK,
	/* it is begun at once, and must wait for nothing either; the answer is
	 * there when http_done is called */
	HTTP_LATER,
};

/* By any thread, once: that was the whole answer.  Until then it and its request
 * stay where they are. */
void http_done(struct http_answer *answer);

struct http_route {
	const char *path; /* where its last is a star: all that begin so */
	/* fills a zeroed answer */
	void (*answer)(void *self, struct http_answer *answer,
	               const struct http_request *request);
	size_t body_max; /* POST with at most so many bytes; 0: GET and HEAD */
	/* names of query arguments, with a space between them, for
	 * http_stranger; NULL: any */
	const char *arguments;
	enum http_when when;
};

/* What clients can use up; 0: what stands behind it. */
struct http_limits {
	unsigned workers;     /* threads that answer: 1 */
	unsigned connections; /* 512; for one more, that which waits longest is
	                       * ended of the address that has most */
	unsigned per_address; /* connections of one address (of IPv6, its
	                       * network of 64 bits): 128 */
	unsigned rate;        /* requests of one address in a second: any */
	unsigned burst;       /* so many at once, before the rate holds: rate */
	size_t bodies;        /* bytes, of all requests' bodies: 64 MiB; of one
	                       * address a quarter, and what arrives still of
	                       * the address that has most makes way */
	unsigned idle_ms;     /* until a request line is there: 10 s */
	unsigned arrive_ms;   /* from there until all of it is: 20 s */
	unsigned send_ms;     /* until an answer is taken: 60 s */
};

struct http_service {
	const struct http_route *routes; /* up to a path that is NULL */
	/* NULL, or called before each answer that is queued; false: it is a
	 * 500 */
	bool (*before)(void *self);
	/* NULL, or called when a request's answer is there, which took so
	 * many microseconds */
	void (*after)(void *self, const struct http_request *request,
	              const struct http_answer *answer, int64_t us);
	/* what is answered where no route does, or its answer is bad; Allow and
	 * Retry-After are added to it */
	void (*error)(struct http_answer *answer, unsigned status);
	/* with more than one worker, or something quick or later, all three
	 * are called by several threads at a time */
	void *self;
	struct http_limits limits;
	/* PEM, both or neither: then it is HTTPS, TLS 1.2 or 1.3 */
	const char *tls_cert, *tls_key;
};

struct http_listener;
enum { HTTP_WHY_LEN = 160 };

/*
 * http_listen answers at an address ("127.0.0.1:8081", "[::1]:0"; port 0: one
 * that is free; "fd:3": a descriptor that listens already) in threads of its own
 * until http_stop.  `service` is borrowed.  NULL, and a line that says why.
 */
struct http_listener *http_listen(const char *address,
                                  const struct http_service *service,
                                  char why[HTTP_WHY_LEN]);
uint16_t http_port(const struct http_listener *listener);
/* Lets the requests that have begun be answered: those that are being answered
 * for as long as that takes, clients for a second or two; a body that goes on
 * longer than that is cut. */
void http_stop(struct http_listener *listener);

/* What was asked and answered so far, in the text format of Prometheus. */
void http_metrics(struct buf *out, const struct http_request *request);

#endif
