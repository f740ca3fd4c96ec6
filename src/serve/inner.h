/*
 * inner.h - what the files of the HTTP listener share: connections' places
 * (seats.c), requests (request.c), the listener itself (http.c).
 *
 * The listener's thread is libmicrohttpd's: its callbacks all run in it.  It
 * suspends a connection whose request has arrived and puts the request into a
 * queue; a worker fills the answer and resumes the connection, which brings
 * the listener's thread back to it.  libmicrohttpd's own timeout begins anew
 * with each byte, so a further thread, the warden, shuts down connections that
 * take too long as a whole.
 */
#ifndef SERVE_INNER_H
#define SERVE_INNER_H

#include <microhttpd.h>
#include <pthread.h>

#include "serve/count.h"
#include "serve/rate.h"

enum { HTTP_WORKERS_MAX = 64 };

/* What a connection waits for. */
enum http_stage { FREE = 0, IDLE, ARRIVING, HANDLED, SENDING };

/* A connection's place.  Written by the listener's thread, under the lock. */
struct http_seat {
	enum http_stage stage;
	int64_t since; /* ms: when the stage began */
	int fd;
	uint64_t address;
	size_t body; /* bytes taken for its request's body: the listener's */
};

struct http_request {
	struct http_listener *listener;
	struct MHD_Connection *connection;
	const char *path;
	const struct http_route *route; /* NULL: none */
	unsigned allowed;               /* methods of this path: bits */
	unsigned refused;               /* the status; 0: it is not */
	unsigned retry;                 /* seconds */
	bool pending, answered, sent;
	uint8_t *body;
	size_t len, cap;
	struct http_answer answer;
	size_t given;         /* bytes of a piece of its body */
	bool is_last, is_cut; /* of a body that goes on */
	struct http_request *next;
};

struct http_listener {
	const struct http_service *service;
	struct http_limits limits;
	struct MHD_Daemon *daemon;
	pthread_t worker[HTTP_WORKERS_MAX], warden;
	unsigned n_workers;
	bool has_warden;
	struct rate *rate; /* NULL: any */
	size_t bodies;     /* bytes of all requests' bodies */

	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t work, tick;
	struct http_request *first, **last; /* the queue */
	unsigned n_pending;                 /* in it, or being answered */
	bool stopping, closed, ending;
	struct http_seat *seats; /* limits.connections of them */
	unsigned n_open;
	size_t n_routes;
	struct count *counts; /* n_routes + 1 */
	uint64_t n_connections, n_refused, n_expired, n_unfinished;
	uint64_t bytes_in, bytes_out;
};

/* ---- seats.c */

int64_t http_now_ns(void);
int64_t http_now_ms(void);
const struct sockaddr *http_peer(struct MHD_Connection *connection);
struct http_seat *http_seat_of(struct MHD_Connection *connection);
/* What limits of an address count as one. */
uint64_t http_address_of(const struct sockaddr *from);
/* The lock is held. */
void http_enter(struct http_seat *seat, enum http_stage stage);

/* libmicrohttpd's callbacks, and the warden's thread; arg: the listener. */
enum MHD_Result http_admit(void *arg, const struct sockaddr *from,
                           socklen_t len);
void http_on_connection(void *arg, struct MHD_Connection *connection,
                        void **context,
                        enum MHD_ConnectionNotificationCode what);
void *http_watch(void *arg);

/* ---- request.c */

/* The same, and a worker's thread. */
void *http_on_line(void *arg, const char *line,
                   struct MHD_Connection *connection);
void http_on_end(void *arg, struct MHD_Connection *connection, void **state,
                 enum MHD_RequestTerminationCode why);
enum MHD_Result http_handle(void *arg, struct MHD_Connection *connection,
                            const char *url, const char *method,
                            const char *version, const char *part,
                            size_t *part_len, void **state);
void *http_work(void *arg);

#endif
