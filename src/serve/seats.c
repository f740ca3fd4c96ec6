/* seats.c - the HTTP listener's connections: who may have one, for how long. */
#include "serve/inner.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>

enum {
	TICK_MS = 50,     /* of the warden */
	CROWDED_MS = 500, /* idle_ms when there are few places left */
};

int64_t http_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t http_now_ms(void)
{
	return http_now_ns() / 1000000;
}

const struct sockaddr *http_peer(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection,
	                               MHD_CONNECTION_INFO_CLIENT_ADDRESS)
	        ->client_addr;
}

struct http_seat *http_seat_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection,
	                               MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	        ->socket_context;
}

void http_enter(struct http_seat *seat, enum http_stage stage)
{
	seat->stage = stage;
	seat->since = http_now_ms();
}

/* ---- the stages of a connection */

/* How long a stage may take. */
static int64_t allowed_ms(const struct http_listener *l,
                          const struct http_seat *s)
{
	const bool crowded = l->n_open > l->limits.connections / 8 * 7;

	switch (s->stage) {
	case IDLE:
		if (l->stopping)
			return 0;
		return crowded && l->limits.idle_ms > CROWDED_MS
		               ? CROWDED_MS
		               : l->limits.idle_ms;
	case ARRIVING:
		return l->limits.arrive_ms;
	case SENDING:
		return l->limits.send_ms;
	case FREE:
	case HANDLED:
		break;
	}
	return INT64_MAX;
}

/* Ends the connections that take too long: libmicrohttpd finds them closed.
 * None of their descriptors is another's by now, for a seat is left, under the
 * lock, before its descriptor is closed. */
static void expire(struct http_listener *l)
{
	const int64_t now = http_now_ms();

	for (unsigned i = 0; i < l->limits.connections; i++) {
		struct http_seat *s = &l->seats[i];

		if (now - s->since < allowed_ms(l, s))
			continue;
		shutdown(s->fd, SHUT_RDWR);
		s->since = INT64_MAX; /* once is enough */
		l->n_expired += !l->stopping;
	}
}

void *http_watch(void *arg)
{
	struct http_listener *l = arg;
	struct timespec at;

	pthread_mutex_lock(&l->lock);
	while (!l->ending) {
		expire(l);
		clock_gettime(CLOCK_MONOTONIC, &at);
		at.tv_nsec += TICK_MS * 1000000;
		at.tv_sec += at.tv_nsec / 1000000000;
		at.tv_nsec %= 1000000000;
		if (l->n_open)
			pthread_cond_timedwait(&l->tick, &l->lock, &at);
		else
			pthread_cond_wait(&l->tick, &l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

/* ---- connections: who may have one */

/* IPv4 as such or within IPv6: the address; IPv6: the network, for whoever has
 * one address of it has all. */
uint64_t http_address_of(const struct sockaddr *from)
{
	const struct sockaddr_in *v4 = (const void *)from;
	const struct sockaddr_in6 *v6 = (const void *)from;
	const uint8_t *p = (const uint8_t *)&v4->sin_addr;
	size_t n = 4;
	uint64_t address = 0;

	if (from->sa_family == AF_INET6) {
		p = v6->sin6_addr.s6_addr;
		n = 8;
		if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
			p += 12;
			n = 4;
		}
	}
	while (n--)
		address = address << 8 | *p++;
	return address;
}

enum MHD_Result http_admit(void *arg, const struct sockaddr *from,
                           socklen_t len)
{
	struct http_listener *l = arg;
	const uint64_t address = http_address_of(from);
	unsigned n = 0;

	(void)len;
	for (unsigned i = 0; i < l->limits.connections; i++)
		n += l->seats[i].stage && l->seats[i].address == address;
	if (n < l->limits.per_address)
		return MHD_YES;
	pthread_mutex_lock(&l->lock);
	l->n_refused++;
	pthread_mutex_unlock(&l->lock);
	return MHD_NO;
}

static void sit(struct http_listener *l, struct MHD_Connection *connection,
                void **context)
{
	struct http_seat *seat = l->seats;

	while (seat->stage) /* libmicrohttpd keeps to their number */
		seat++;
	seat->fd = MHD_get_connection_info(connection,
	                                   MHD_CONNECTION_INFO_CONNECTION_FD)
	                   ->connect_fd;
	seat->address = http_address_of(http_peer(connection));
	http_enter(seat, IDLE);
	*context = seat;
	l->n_connections++;
	if (!l->n_open++)
		pthread_cond_signal(&l->tick);
}

void http_on_connection(void *arg, struct MHD_Connection *connection,
                        void **context,
                        enum MHD_ConnectionNotificationCode what)
{
	struct http_listener *l = arg;

	pthread_mutex_lock(&l->lock);
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		sit(l, connection, context);
	} else {
		((struct http_seat *)*context)->stage = FREE;
		l->n_open--;
	}
	pthread_mutex_unlock(&l->lock);
}
