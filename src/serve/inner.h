/*
 * inner.h - what the files of the HTTP listener share: connections' places
 * (seats.c), the door (porter.c), requests (request.c), the listener itself
 * (http.c).
 *
 * A thread, the porter, takes connections in, many at a time, and gives each to
 * libmicrohttpd, or ends another for it.  libmicrohttpd's thread moves the bytes
 * of all connections: its callbacks all run in it.  It suspends a connection
 * whose request has arrived and queues the request; a worker fills the answer
 * and resumes the connection, which brings that thread back to it.  Workers take
 * one request of each guest in turn, so that many of one hold up no other's.
 * libmicrohttpd's own timeout begins anew with each byte, so the porter shuts
 * down connections that take too long as a whole.
 */
#ifndef SERVE_INNER_H
#define SERVE_INNER_H

#include <microhttpd.h>
#include <pthread.h>

#include "serve/count.h"
#include "serve/rate.h"

enum {
	HTTP_WORKERS_MAX = 64,
	HTTP_GUEST_SETS = 1024,
	HTTP_LINGERING = 16,       /* at a time */
	HTTP_WASTE_MAX = 32 << 20, /* bytes read of what was refused */
};

/* What a connection waits for. */
enum http_stage {
	COMING = 0, /* libmicrohttpd, to begin */
	IDLE,
	ARRIVING,
	HANDLED,
	SENDING,
	ENDED, /* libmicrohttpd, to find it shut down */
};

/* A ring of these is a list. */
struct http_link {
	struct http_link *prev, *next;
};

/* Who has connections: an address, or a network of them. */
struct http_guest {
	uint64_t address;
	unsigned n;               /* connections */
	size_t bodies;            /* bytes: the listener's thread's */
	struct http_link waiting; /* seats that wait for him, longest first */
	struct http_link link;    /* if there are: in holding[n] */
	struct http_request *first, **last; /* that wait for a worker */
	struct http_link turn;              /* if there are: in turns */
	struct http_guest *next;            /* in his set */
};

/* A connection's place.  Under the lock. */
struct http_seat {
	enum http_stage stage;
	int64_t since; /* ms: when the stage began */
	int fd;
	struct http_guest *guest;
	struct http_link link; /* in waiting */
	/* the listener's thread's: */
	struct http_request *request;
	bool early; /* answered before all of the request was there */
};

struct http_request {
	struct http_listener *listener;
	struct MHD_Connection *connection;
	struct http_seat *seat;
	const char *path;
	const struct http_route *route; /* NULL: none */
	unsigned allowed;               /* methods of this path: bits */
	unsigned refused;               /* the status; 0: it is not */
	unsigned retry;                 /* seconds */
	bool pending, answered, sent, is_head;
	uint8_t *body;
	size_t len, cap;
	size_t wasted; /* bytes of it that came when it was refused */
	struct http_answer answer;
	size_t given;              /* bytes of a piece of its body */
	bool is_last, is_cut;      /* of a body that goes on */
	struct http_request *next; /* of the same guest */
};

/* A connection that is over, but for what its client may still be sending. */
struct http_lingerer {
	int fd;
	int64_t until; /* ms */
	size_t left;   /* bytes */
};

struct http_listener {
	const struct http_service *service;
	struct http_limits limits;
	struct MHD_Daemon *daemon;
	int listening, wake; /* the door, and an event for the porter; or -1 */
	pthread_t worker[HTTP_WORKERS_MAX], porter;
	unsigned n_workers;
	bool has_porter;
	struct rate *rate; /* NULL: any */
	uint64_t seed;     /* of the sets */
	size_t bodies;     /* bytes of all requests' bodies */

	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t work;
	struct http_link turns; /* guests whose requests wait */
	unsigned n_pending;     /* requests that do, or are being answered */
	bool stopping, closed, ending;
	struct http_seat **seats; /* by descriptor; NULL: nobody's */
	int n_seats;
	unsigned n_open, n_ended; /* connections; of these, those shut down */
	bool crowded;             /* the porter waits for one to go */
	struct http_guest *guests[HTTP_GUEST_SETS];
	/* guests with a seat that may be ended, by how many they have, and who
	 * was heard of last last; none has more than `most` */
	struct http_link *holding;
	unsigned most;
	struct http_lingerer lingering[HTTP_LINGERING];
	unsigned n_lingering;
	size_t n_routes;
	struct count *counts; /* n_routes + 1 */
	uint64_t n_connections, n_refused, n_expired, n_displaced, n_unfinished;
	uint64_t bytes_in, bytes_out;
};

/* ---- seats.c; the lock is held where it says so */

int64_t http_now_ns(void);
int64_t http_now_ms(void);
const struct sockaddr *http_peer(struct MHD_Connection *connection);

void http_alone(struct http_link *link);
void http_unlink(struct http_link *link);
void http_link_last(struct http_link *list, struct http_link *link);
bool http_is_empty(const struct http_link *list);

/* False: memory is short. */
bool http_seats_make(struct http_listener *l);
void http_seats_free(struct http_listener *l);
/* A seat for a connection that came in, another's if need be; NULL: there is
 * none.  Lock. */
struct http_seat *http_sit(struct http_listener *l, int fd, uint64_t address);
void http_enter(struct http_listener *l, struct http_seat *seat,
                enum http_stage stage);                           /* lock */
void http_leave(struct http_listener *l, struct http_seat *seat); /* lock */
/* Ends it for another's sake; false: it is NULL.  Lock. */
bool http_displace(struct http_listener *l, struct http_seat *seat);
/* Ends those that are above their number, when they can be.  Lock. */
void http_thin_out(struct http_listener *l);
/* Ends the connections that took too long.  Lock. */
void http_expire(struct http_listener *l);
/* Whether there may be one more, even if one of those there are is ended.
 * Lock. */
bool http_has_room(const struct http_listener *l);

/* ---- porter.c */

/* libmicrohttpd's callback, and the porter's thread; arg: the listener. */
void http_on_connection(void *arg, struct MHD_Connection *connection,
                        void **context,
                        enum MHD_ConnectionNotificationCode what);
void *http_keep_door(void *arg);
/* The porter looks whether there is something to do. */
void http_wake(const struct http_listener *l);

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
