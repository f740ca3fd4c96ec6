/* porter.c - the HTTP listener's door: lets connections in, shows those out that
 * take too long, and hears out those that speak on when all has been said. */
#include "serve/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	TICK_MS = 50,
	AT_ONCE = 64, /* connections taken in before all else */
	LINGER_MS = 5000,
	DISCARDED = 256 << 10, /* bytes at a time */
};

void http_wake(const struct http_listener *l)
{
	(void)eventfd_write(l->wake, 1); /* it is awake where it fails */
}

/* ---- those that speak on */

/* Whether its client may be sending still what nobody will read: if its socket
 * were closed, the answer that is on its way could be lost with it. */
static bool speaks_on(const struct http_seat *s)
{
	char byte;

	return s->stage != ENDED &&
	       (s->early || recv(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0);
}

static void forget(struct http_listener *l, unsigned i)
{
	close(l->lingering[i].fd);
	l->n_lingering--;
	for (; i < l->n_lingering; i++)
		l->lingering[i] = l->lingering[i + 1];
}

/* The socket is kept, though libmicrohttpd closes its descriptor; where there are
 * many of these, for whoever is there longest no more.  The lock is held. */
static void linger(struct http_listener *l, int fd)
{
	const int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (own < 0)
		return;
	shutdown(own, SHUT_WR);
	if (l->n_lingering == HTTP_LINGERING)
		forget(l, 0);
	l->lingering[l->n_lingering++] = (struct http_lingerer){
		own, http_now_ms() + LINGER_MS, HTTP_WASTE_MAX
	};
	http_wake(l);
}

/* Whether there may be more to come. */
static bool discard(struct http_lingerer *at)
{
	const ssize_t n = recv(at->fd, NULL, DISCARDED,
	                       MSG_TRUNC | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n || (size_t)n > at->left)
		return false;
	at->left -= (size_t)n;
	return true;
}

static void hear_out(struct http_listener *l)
{
	const int64_t now = http_now_ms();

	for (unsigned i = l->n_lingering; i--;)
		if (now >= l->lingering[i].until || !discard(&l->lingering[i]))
			forget(l, i);
}

/* ---- those that come, and go */

/* After an error; where something is short, it may be back in a while. */
static bool go_on(int error)
{
	if (error != EAGAIN && error != ECONNABORTED && error != EINTR)
		poll(NULL, 0, TICK_MS);
	return error == ECONNABORTED || error == EINTR;
}

/* Takes one in; false: nobody waits, or no more can be taken now. */
static bool let_in(struct http_listener *l)
{
	struct sockaddr_in6 from = { 0 };
	struct sockaddr *const at = (struct sockaddr *)&from;
	socklen_t len = sizeof(from);
	const int fd = accept4(l->listening, at, &len,
	                       SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct http_seat *seat;
	bool room;

	if (fd < 0)
		return go_on(errno);
	pthread_mutex_lock(&l->lock);
	seat = http_sit(l, fd, http_address_of(at));
	room = http_has_room(l);
	pthread_mutex_unlock(&l->lock);
	if (!seat) {
		close(fd);
	} else if (MHD_add_connection(l->daemon, fd, at, sizeof(from)) !=
	           MHD_YES) {
		pthread_mutex_lock(&l->lock);
		http_leave(l, seat); /* its descriptor is closed */
		pthread_mutex_unlock(&l->lock);
	}
	return room;
}

void http_on_connection(void *arg, struct MHD_Connection *connection,
                        void **context,
                        enum MHD_ConnectionNotificationCode what)
{
	struct http_listener *l = arg;
	struct http_seat *s = *context;
	const int fd = MHD_get_connection_info(
			       connection, MHD_CONNECTION_INFO_CONNECTION_FD)
	                       ->connect_fd;

	pthread_mutex_lock(&l->lock);
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = l->seats[fd];
		http_enter(l, l->seats[fd], IDLE);
		l->n_connections++;
	} else {
		if (!l->ending && speaks_on(s))
			linger(l, fd);
		http_leave(l, s);
		if (l->crowded)
			http_wake(l);
	}
	pthread_mutex_unlock(&l->lock);
}

/* ---- the thread */

/* What there is to wait for. */
struct watch {
	struct pollfd at[2 + HTTP_LINGERING];
	nfds_t n;
	int ms;
	int64_t tick; /* when what takes too long was looked for last */
};

/* False: there is no more to do. */
static bool look_round(struct http_listener *l, struct watch *w)
{
	const int64_t now = http_now_ms();
	bool on;

	pthread_mutex_lock(&l->lock);
	if (now - w->tick >= TICK_MS || l->stopping) {
		http_expire(l);
		w->tick = now;
	}
	hear_out(l);
	http_thin_out(l);
	on = !l->ending;
	l->crowded = !http_has_room(l);
	w->at[0] = (struct pollfd){ l->wake, POLLIN, 0 };
	w->at[1] = (struct pollfd){ l->stopping || l->crowded ? -1
		                                              : l->listening,
		                    POLLIN, 0 };
	for (unsigned i = 0; i < l->n_lingering; i++)
		w->at[2 + i] = (struct pollfd){ l->lingering[i].fd, POLLIN, 0 };
	w->n = 2 + l->n_lingering;
	w->ms = l->n_open || l->n_lingering ? TICK_MS : -1;
	pthread_mutex_unlock(&l->lock);
	return on;
}

void *http_keep_door(void *arg)
{
	struct http_listener *l = arg;
	struct watch w = { 0 };
	eventfd_t events;

	while (look_round(l, &w)) {
		if (poll(w.at, w.n, w.ms) <= 0)
			continue;
		if (w.at[0].revents)
			(void)eventfd_read(l->wake, &events);
		for (int i = 0; w.at[1].revents && i < AT_ONCE && let_in(l);)
			i++;
	}
	while (l->n_lingering)
		forget(l, 0);
	return NULL;
}
