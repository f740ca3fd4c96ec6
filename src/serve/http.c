/* http.c - a small HTTP listener, on libmicrohttpd: how it starts and ends. */
#include "serve/inner.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crypto/crypto.h"

enum {
	/* of a request's line and headers.  Of more than 32 KiB, libmicrohttpd
	 * asks the system, and gives them back: so no API key is left behind in
	 * memory that is used for something else */
	MEMORY_MAX = (32 << 10) + 1,
	UNSENT_MAX = 64 << 10, /* of an answer, in the kernel's memory */
	STOP_MS = 1500,        /* for clients whose requests have begun */
};

/* ---- what happened so far */

void http_metrics(struct buf *out, const struct http_request *r)
{
	struct http_listener *l = r->listener;

	pthread_mutex_lock(&l->lock);
	count_requests(out, l->counts, l->service->routes);
	count_put(out, "assay_http_requests_unfinished_total", "counter",
	          "Requests that were cut short, or whose answer was.",
	          l->n_unfinished);
	count_put(out, "assay_http_requests_pending", "gauge",
	          "Requests that wait for an answer.", l->n_pending);
	count_put(out, "assay_http_body_bytes_in_total", "counter",
	          "Bytes posted.", l->bytes_in);
	count_put(out, "assay_http_body_bytes_out_total", "counter",
	          "Bytes answered.", l->bytes_out);
	count_put(out, "assay_http_connections", "gauge",
	          "Connections that are open.", l->n_open);
	count_put(out, "assay_http_connections_total", "counter",
	          "Connections accepted.", l->n_connections);
	count_put(out, "assay_http_connections_refused_total", "counter",
	          "Connections refused: too many of one address.",
	          l->n_refused);
	count_put(out, "assay_http_connections_displaced_total", "counter",
	          "Connections ended to make way for others.", l->n_displaced);
	count_put(out, "assay_http_connections_expired_total", "counter",
	          "Connections ended because they took too long.",
	          l->n_expired);
	pthread_mutex_unlock(&l->lock);
}

/* ---- the listener */

/* Splits "host:port", "[host]:port". */
static bool split(char host[80], char port[8], const char *address)
{
	const char *colon = strrchr(address, ':');
	size_t n = colon ? (size_t)(colon - address) : 0;

	if (!n || n >= 80 || !colon[1] || strlen(colon + 1) >= 8 ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return false;
	if (address[0] == '[' && address[n - 1] == ']') {
		address++;
		n -= 2;
	}
	memcpy(host, address, n);
	host[n] = 0;
	memcpy(port, colon + 1, strlen(colon + 1) + 1);
	return true;
}

/* libmicrohttpd's options of the kinds that an array can hold; it wants text
 * that it may write to, and does not. */
static struct MHD_OptionItem text_option(enum MHD_OPTION option,
                                         const char *text)
{
	union {
		const char *given;
		void *taken;
	} u = { .given = text };

	return (struct MHD_OptionItem){ option, 0, u.taken };
}

/* Its connections come from the porter. */
static struct MHD_Daemon *start(struct http_listener *l)
{
	const bool tls = l->service->tls_cert && l->service->tls_key;
	/* poll: with epoll it stops answering when 128 connections are ready
	 * at once (0.9.75) */
	const unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
	                       MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET |
	                       MHD_ALLOW_SUSPEND_RESUME;
	const struct MHD_OptionItem end = { MHD_OPTION_END, 0, NULL };
	struct MHD_OptionItem secured[] = {
		text_option(MHD_OPTION_HTTPS_MEM_CERT, l->service->tls_cert),
		text_option(MHD_OPTION_HTTPS_MEM_KEY, l->service->tls_key),
		text_option(MHD_OPTION_HTTPS_PRIORITIES,
		            "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"),
		end,
	};

	return MHD_start_daemon(
		tls ? flags | MHD_USE_TLS : flags, 0, NULL, NULL, http_handle,
		l, MHD_OPTION_ARRAY, tls ? secured : &secured[3],
		/* the porter keeps to fewer */
		MHD_OPTION_CONNECTION_LIMIT, 2 * l->limits.connections + 2,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_MAX,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION,
		http_on_connection, l, MHD_OPTION_URI_LOG_CALLBACK,
		http_on_line, l, MHD_OPTION_NOTIFY_COMPLETED, http_on_end, l,
		MHD_OPTION_END);
}

/* "fd:3" */
static bool is_descriptor(int *fd, const char *address)
{
	const char *digits = address + 3;
	const size_t n = strlen(address);

	if (strncmp(address, "fd:", 3) != 0 || n < 4 || n > 7 ||
	    strspn(digits, "0123456789") != n - 3)
		return false;
	*fd = (int)strtol(digits, NULL, 10);
	return true;
}

static bool is_listening(int fd)
{
	int value = 0;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len) != 0)
		return false;
	errno = EINVAL;
	return value == 1;
}

/* A socket of its own; -1: errno says why. */
static int bind_to(const struct addrinfo *at)
{
	const int fd = socket(at->ai_family,
	                      SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int on = 1;
	int error;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (at->ai_family != AF_INET6 ||
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
	    bind(fd, at->ai_addr, at->ai_addrlen) == 0 &&
	    listen(fd, SOMAXCONN) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* The door; -1. */
static int open_door(const char *address, char why[HTTP_WHY_LEN])
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *at = NULL;
	const int unsent = UNSENT_MAX;
	char host[80], port[8];
	int fd = -1;

	if (!is_descriptor(&fd, address) &&
	    (!split(host, port, address) || strtoul(port, NULL, 10) > 65535 ||
	     getaddrinfo(host, port, &hints, &at) != 0)) {
		snprintf(why, HTTP_WHY_LEN,
		         "%.80s: want an address and a port, such as "
		         "127.0.0.1:8081",
		         address);
		return -1;
	}
	if (at)
		fd = bind_to(at);
	else if (!is_listening(fd) ||
	         fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
		fd = -1;
	if (fd < 0)
		snprintf(why, HTTP_WHY_LEN, "cannot listen on %.80s: %s",
		         address, strerror(errno));
	/* of all its connections; of what is no TCP, nothing */
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
	if (at)
		freeaddrinfo(at);
	return fd;
}

static bool listen_at(struct http_listener *l, const char *address,
                      char why[HTTP_WHY_LEN])
{
	l->listening = open_door(address, why);
	if (l->listening < 0)
		return false;
	l->daemon = start(l);
	if (!l->daemon)
		snprintf(why, HTTP_WHY_LEN, "cannot serve at %.80s: %s",
		         address,
		         l->service->tls_cert
		                 ? "its certificate and key do not fit"
		                 : "memory is short");
	l->has_porter = l->daemon && pthread_create(&l->porter, NULL,
	                                            http_keep_door, l) == 0;
	return l->has_porter;
}

static unsigned or_else(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

static struct http_limits with_defaults(const struct http_limits *given)
{
	struct http_limits l = *given;

	l.workers = or_else(l.workers, 1);
	l.connections = or_else(l.connections, 512);
	l.per_address = or_else(l.per_address, 128);
	l.burst = or_else(l.burst, l.rate);
	l.bodies = l.bodies ? l.bodies : (size_t)64 << 20;
	l.idle_ms = or_else(l.idle_ms, 10000);
	l.arrive_ms = or_else(l.arrive_ms, 20000);
	l.send_ms = or_else(l.send_ms, 60000);
	return l;
}

static bool make_rate(struct http_listener *l)
{
	uint64_t seed;

	if (!l->limits.rate)
		return true;
	l->rate = calloc(1, sizeof(*l->rate));
	if (!l->rate || !assay_random((uint8_t *)&seed, sizeof(seed)))
		return false;
	rate_start(l->rate, l->limits.rate, l->limits.burst, seed);
	return true;
}

/* Its memory and its workers; false: memory is short. */
static bool prepare(struct http_listener *l, const struct http_service *service)
{
	l->service = service;
	l->limits = with_defaults(&service->limits);
	assert(l->limits.workers <= HTTP_WORKERS_MAX);
	while (service->routes[l->n_routes].path)
		l->n_routes++;
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->counts = calloc(l->n_routes + 1, sizeof(*l->counts));
	if (l->wake < 0 || !l->counts || !http_seats_make(l) || !make_rate(l))
		return false;
	while (l->n_workers < l->limits.workers &&
	       pthread_create(&l->worker[l->n_workers], NULL, http_work, l) ==
	               0)
		l->n_workers++;
	return l->n_workers == l->limits.workers;
}

/* Ends the threads, and then the daemon. */
static void end(struct http_listener *l)
{
	pthread_mutex_lock(&l->lock);
	l->ending = true;
	pthread_cond_broadcast(&l->work);
	pthread_mutex_unlock(&l->lock);
	http_wake(l);
	for (unsigned i = 0; i < l->n_workers; i++)
		pthread_join(l->worker[i], NULL);
	if (l->has_porter)
		pthread_join(l->porter, NULL);
	if (l->daemon)
		MHD_stop_daemon(l->daemon);
	http_seats_free(l);
	if (l->wake >= 0)
		close(l->wake);
	if (l->listening >= 0)
		close(l->listening);
	pthread_cond_destroy(&l->work);
	pthread_mutex_destroy(&l->lock);
	free(l->rate);
	free(l->counts);
	free(l);
}

static struct http_listener *new_listener(void)
{
	struct http_listener *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->listening = l->wake = -1;
	http_alone(&l->turns);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->work, NULL);
	return l;
}

struct http_listener *http_listen(const char *address,
                                  const struct http_service *service,
                                  char why[HTTP_WHY_LEN])
{
	struct http_listener *l = new_listener();

	snprintf(why, HTTP_WHY_LEN, "memory is short");
	if (l && prepare(l, service) && listen_at(l, address, why))
		return l;
	if (l)
		end(l);
	return NULL;
}

uint16_t http_port(const struct http_listener *l)
{
	struct sockaddr_in6 at = { 0 }; /* IPv4's port is at the same place */
	socklen_t len = sizeof(at);

	return getsockname(l->listening, (struct sockaddr *)&at, &len) == 0
	               ? ntohs(at.sin6_port)
	               : 0;
}

/* Whether nobody is to be waited for any longer; from then on no request is
 * taken. */
static bool is_over(struct http_listener *l, bool late)
{
	bool over;

	pthread_mutex_lock(&l->lock);
	over = !l->n_pending && (late || !l->n_open);
	l->closed = over;
	pthread_mutex_unlock(&l->lock);
	return over;
}

void http_stop(struct http_listener *l)
{
	const struct timespec tick = { .tv_nsec = 5 * 1000 * 1000 };
	int64_t until;

	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	pthread_mutex_unlock(&l->lock);
	http_wake(l);
	until = http_now_ms() + STOP_MS;
	while (!is_over(l, http_now_ms() >= until))
		nanosleep(&tick, NULL);
	end(l);
}
