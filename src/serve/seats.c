/* seats.c - the HTTP listener's connections: who may have one, for how long,
 * and whose is ended for another's. */
#include "serve/inner.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "crypto/crypto.h"

enum { FEW = 4 }; /* connections */

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

/* ---- lists */

void http_alone(struct http_link *link)
{
	link->prev = link->next = link;
}

void http_unlink(struct http_link *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	http_alone(link);
}

void http_link_last(struct http_link *list, struct http_link *link)
{
	link->prev = list->prev;
	link->next = list;
	list->prev->next = link;
	list->prev = link;
}

bool http_is_empty(const struct http_link *list)
{
	return list->next == list;
}

static struct http_guest *first_guest(const struct http_link *list)
{
	return (void *)((char *)list->next - offsetof(struct http_guest, link));
}

static struct http_seat *first_seat(const struct http_link *list)
{
	return (void *)((char *)list->next - offsetof(struct http_seat, link));
}

/* ---- guests */

static struct http_guest **find(struct http_listener *l, uint64_t address)
{
	struct http_guest **at =
		&l->guests[rate_mix(address, l->seed) % HTTP_GUEST_SETS];

	while (*at && (*at)->address != address)
		at = &(*at)->next;
	return at;
}

/* Who has this address, be it that he is new; NULL: memory is short. */
static struct http_guest *meet(struct http_listener *l, uint64_t address)
{
	struct http_guest **at = find(l, address);

	if (*at || !(*at = calloc(1, sizeof(**at))))
		return *at;
	(*at)->address = address;
	http_alone(&(*at)->waiting);
	http_alone(&(*at)->link);
	http_alone(&(*at)->turn);
	(*at)->last = &(*at)->first;
	return *at;
}

/* He is where he belongs, which is nowhere without a connection. */
static void place(struct http_listener *l, struct http_guest *g)
{
	http_unlink(&g->link);
	if (!g->n) {
		*find(l, g->address) = g->next;
		free(g);
		return;
	}
	if (http_is_empty(&g->waiting))
		return;
	http_link_last(&l->holding[g->n], &g->link);
	if (l->most < g->n)
		l->most = g->n;
}

/* ---- seats */

bool http_seats_make(struct http_listener *l)
{
	l->holding = calloc(l->limits.per_address + 1, sizeof(*l->holding));
	if (!l->holding || !assay_random((uint8_t *)&l->seed, sizeof(l->seed)))
		return false;
	for (unsigned i = 0; i <= l->limits.per_address; i++)
		http_alone(&l->holding[i]);
	return true;
}

void http_seats_free(struct http_listener *l)
{
	for (int fd = 0; fd < l->n_seats; fd++)
		if (l->seats[fd])
			http_leave(l, l->seats[fd]);
	free(l->seats);
	free(l->holding);
}

/* An eighth of them are for those that were shut down and are not gone yet. */
bool http_has_room(const struct http_listener *l)
{
	return l->n_open <
	       l->limits.connections + l->limits.connections / 8 + 1;
}

void http_enter(struct http_listener *l, struct http_seat *s,
                enum http_stage stage)
{
	if (s->stage == ENDED)
		return;
	s->stage = stage;
	s->since = http_now_ms();
	http_unlink(&s->link);
	if (stage == IDLE || stage == ARRIVING || stage == SENDING)
		http_link_last(&s->guest->waiting, &s->link);
	place(l, s->guest);
}

/* libmicrohttpd will find it closed.  Its descriptor is not another's by now:
 * a seat is left, under the lock, before its descriptor is closed. */
static void show_out(struct http_listener *l, struct http_seat *s)
{
	shutdown(s->fd, SHUT_RDWR);
	http_enter(l, s, ENDED);
	l->n_ended++;
}

void http_leave(struct http_listener *l, struct http_seat *s)
{
	struct http_guest *g = s->guest;

	l->seats[s->fd] = NULL;
	l->n_open--;
	l->n_ended -= s->stage == ENDED;
	http_unlink(&s->link);
	free(s);
	g->n--;
	place(l, g);
}

/* The connection that makes way for one more of somebody who has n: that which
 * waits longest of the guest who has most, if he has more than n; else NULL. */
static struct http_seat *find_least(struct http_listener *l, unsigned n)
{
	while (l->most && http_is_empty(&l->holding[l->most]))
		l->most--;
	return l->most > n
	               ? first_seat(&first_guest(&l->holding[l->most])->waiting)
	               : NULL;
}

bool http_displace(struct http_listener *l, struct http_seat *s)
{
	if (!s)
		return false;
	show_out(l, s);
	l->n_displaced++;
	return true;
}

static bool is_full(const struct http_listener *l, unsigned n)
{
	return l->n_open - l->n_ended + n > l->limits.connections;
}

/* False: there is no place for one more of this guest's.  So whoever has few keeps
 * them, whatever others do; and while requests of all connections are being
 * answered, who has few may have one above their number. */
static bool make_way(struct http_listener *l, const struct http_guest *g)
{
	if (g->n >= l->limits.per_address)
		return false;
	return !is_full(l, 1) || http_displace(l, find_least(l, g->n)) ||
	       (!http_is_empty(&g->waiting) &&
	        http_displace(l, first_seat(&g->waiting))) ||
	       g->n < FEW;
}

void http_thin_out(struct http_listener *l)
{
	while (is_full(l, 0) && http_displace(l, find_least(l, 0)))
		;
}

/* Where its seat will be noted. */
static bool has_entry(struct http_listener *l, int fd)
{
	const int n = fd < 1024 ? 1024 : 2 * fd;
	struct http_seat **seats;

	if (fd < l->n_seats)
		return true;
	seats = realloc(l->seats, (size_t)n * sizeof(*seats));
	if (!seats)
		return false;
	while (l->n_seats < n)
		seats[l->n_seats++] = NULL;
	l->seats = seats;
	return true;
}

struct http_seat *http_sit(struct http_listener *l, int fd, uint64_t address)
{
	struct http_guest *g;
	struct http_seat *s = NULL;

	if (!has_entry(l, fd))
		return NULL;
	/* libmicrohttpd had no memory for this one, and closed it */
	if (l->seats[fd])
		http_leave(l, l->seats[fd]);
	g = meet(l, address);
	if (!g)
		return NULL;
	if (make_way(l, g) && (s = calloc(1, sizeof(*s)))) {
		s->fd = fd;
		s->guest = g;
		http_alone(&s->link);
		l->seats[fd] = s;
		l->n_open++;
		g->n++;
	} else {
		l->n_refused++;
	}
	place(l, g);
	return s;
}

/* ---- time */

/* How long a stage may take. */
static int64_t allowed_ms(const struct http_listener *l,
                          const struct http_seat *s)
{
	switch (s->stage) {
	case IDLE:
		return l->stopping ? 0 : l->limits.idle_ms;
	case ARRIVING:
		return l->limits.arrive_ms;
	case SENDING:
		return l->limits.send_ms;
	case COMING:
	case HANDLED:
	case ENDED:
		break;
	}
	return INT64_MAX;
}

void http_expire(struct http_listener *l)
{
	const int64_t now = http_now_ms();

	for (int fd = 0; fd < l->n_seats; fd++) {
		struct http_seat *s = l->seats[fd];

		if (!s || now - s->since < allowed_ms(l, s))
			continue;
		show_out(l, s);
		l->n_expired += !l->stopping;
	}
}
