/* request.c - the HTTP listener's requests: how they arrive, what is asked of
 * them, how they are answered. */
#include "serve/inner.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "crypto/crypto.h"

enum {
	BODY_FIRST = 4 << 10, /* bytes taken for a body at first */
	PIECE = 16 << 10,     /* moved at once of a body that goes on */
	DRAIN_MAX = 64 << 10, /* a body that is read though it is refused */
};

/* ---- what a route asks of a request */

struct wanted {
	const char *name, *value;
	enum http_times times;
};

static enum MHD_Result count(void *arg, enum MHD_ValueKind kind,
                             const char *key, size_t key_len, const char *value,
                             size_t value_len)
{
	struct wanted *w = arg;

	(void)kind;
	if (strlen(w->name) != key_len || memcmp(key, w->name, key_len) != 0)
		return MHD_YES;
	if (w->times != HTTP_NONE || !value || strlen(value) != value_len) {
		w->times = HTTP_BAD;
		return MHD_NO;
	}
	w->times = HTTP_ONCE;
	w->value = value;
	return MHD_YES;
}

enum http_times http_argument(const struct http_request *r, const char *name,
                              const char **value)
{
	struct wanted w = { .name = name, .times = HTTP_NONE };

	MHD_get_connection_values_n(r->connection, MHD_GET_ARGUMENT_KIND, count,
	                            &w);
	*value = w.value;
	return w.times;
}

struct stranger {
	const char *known;
	const char *name;
};

/* Whether it is one of the words. */
static bool is_among(const char *words, const char *name, size_t len)
{
	for (size_t n; *words; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		if (n == len && memcmp(words, name, n) == 0)
			return true;
	}
	return false;
}

static enum MHD_Result look_at(void *arg, enum MHD_ValueKind kind,
                               const char *name, size_t name_len,
                               const char *value, size_t value_len)
{
	struct stranger *s = arg;

	(void)kind, (void)value, (void)value_len;
	if (!is_among(s->known, name, name_len))
		s->name = name;
	return s->name ? MHD_NO : MHD_YES;
}

const char *http_stranger(const struct http_request *r, const char **known)
{
	struct stranger s = { .known = r->route->arguments };

	*known = s.known;
	if (!s.known)
		return NULL;
	MHD_get_connection_values_n(r->connection, MHD_GET_ARGUMENT_KIND,
	                            look_at, &s);
	return s.name;
}

const char *http_header(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND,
	                                   name);
}

const char *http_path(const struct http_request *r)
{
	return r->path;
}

struct assay_bytes http_body(const struct http_request *r)
{
	return (struct assay_bytes){ r->body, r->len };
}

bool http_has_type(const struct http_request *r, const char *type)
{
	const char *given = http_header(r, "Content-Type");
	const size_t n = strlen(type);

	return given && strncasecmp(given, type, n) == 0 &&
	       strspn(given + n, " \t") == strcspn(given + n, ";");
}

const char *http_client(char text[HTTP_CLIENT_LEN],
                        const struct http_request *r)
{
	const struct sockaddr *from = http_peer(r->connection);
	const void *in =
		&((const struct sockaddr_in *)(const void *)from)->sin_addr;
	const socklen_t len = from->sa_family == AF_INET6
	                              ? sizeof(struct sockaddr_in6)
	                              : sizeof(struct sockaddr_in);

	if (from->sa_family == AF_INET &&
	    inet_ntop(AF_INET, in, text, HTTP_CLIENT_LEN))
		return text; /* as getnameinfo, at a tenth of the time */
	if (getnameinfo(from, len, text, HTTP_CLIENT_LEN, NULL, 0,
	                NI_NUMERICHOST) != 0)
		text[0] = 0;
	return text;
}

uint64_t http_address(const struct http_request *r)
{
	return r->seat->guest->address;
}

/* ---- what is in memory no longer than it must be */

static void free_body(uint8_t *body, size_t len)
{
	if (body)
		assay_wipe(body, len);
	free(body);
}

static void drop_body(struct http_request *r)
{
	free_body(r->body, r->len);
	r->listener->bodies -= r->cap;
	r->seat->guest->bodies -= r->cap;
	r->body = NULL;
	r->len = r->cap = 0;
}

/* ---- answers */

static void free_answer(struct http_answer *a)
{
	if (a->body.ptr)
		assay_wipe(a->body.ptr, a->body.cap);
	buf_free(&a->body);
	for (size_t i = 0; i < a->n_headers; i++)
		buf_free(&a->header[i].value);
	if (a->done)
		a->done(a->state);
	*a = (struct http_answer){ 0 };
}

/* Ends every header's text with a NUL; false: something is not there. */
static bool complete(struct http_answer *a)
{
	for (size_t i = 0; i < a->n_headers; i++) {
		buf_put_zeros(&a->header[i].value, 1);
		a->bad |= a->header[i].value.bad;
	}
	return !a->bad && !a->body.bad;
}

static void put_text(struct http_answer *a, const char *name, const char *text)
{
	http_put_header(a, name, buf_text(text));
}

static void put_refusal(struct http_request *r, unsigned status)
{
	static const char *const methods[] = { "", "GET, HEAD", "POST",
		                               "GET, HEAD, POST" };
	struct http_answer *a = &r->answer;
	char seconds[16];

	r->listener->service->error(a, status);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		put_text(a, "Allow", methods[r->allowed]);
	if (r->retry) {
		snprintf(seconds, sizeof(seconds), "%u", r->retry);
		put_text(a, "Retry-After", seconds);
	}
}

/* Its answer is there: it is one, or a 500. */
static void end_answer(struct http_request *r)
{
	r->answered = true;
	if (complete(&r->answer))
		return;
	free_answer(&r->answer);
	put_refusal(r, MHD_HTTP_INTERNAL_SERVER_ERROR);
	r->answer.bad |= !complete(&r->answer);
}

static void put_answer(struct http_request *r)
{
	const struct http_service *service = r->listener->service;
	const int64_t since = http_now_ns();

	if (r->refused)
		put_refusal(r, r->refused);
	else if (r->route->when == HTTP_QUEUED && service->before &&
	         !service->before(service->self))
		put_refusal(r, MHD_HTTP_INTERNAL_SERVER_ERROR);
	else
		r->route->answer(service->self, &r->answer, r);
	end_answer(r);
	if (service->after)
		service->after(service->self, r, &r->answer,
		               (http_now_ns() - since) / 1000);
}

/* ---- a request arrives */

static struct http_seat *seat_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection,
	                               MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	        ->socket_context;
}

/* Its line is there. */
void *http_on_line(void *arg, const char *line,
                   struct MHD_Connection *connection)
{
	struct http_listener *l = arg;
	struct http_request *r = calloc(1, sizeof(*r));
	struct http_seat *seat = seat_of(connection);

	(void)line;
	pthread_mutex_lock(&l->lock);
	http_enter(l, seat, ARRIVING);
	pthread_mutex_unlock(&l->lock);
	if (r) {
		r->listener = l;
		r->connection = connection;
		r->seat = seat;
	}
	seat->request = r;
	return r;
}

/* It is the listener's again.  The lock is held. */
static void settle(struct http_request *r)
{
	r->listener->n_pending -= r->pending;
	r->pending = false;
}

/* It is over, one way or the other. */
void http_on_end(void *arg, struct MHD_Connection *connection, void **state,
                 enum MHD_RequestTerminationCode why)
{
	struct http_listener *l = arg;
	struct http_request *r = *state;

	pthread_mutex_lock(&l->lock);
	http_enter(l, seat_of(connection), IDLE);
	if (!r || !r->sent || why != MHD_REQUEST_TERMINATED_COMPLETED_OK)
		l->n_unfinished++;
	if (r)
		settle(r);
	pthread_mutex_unlock(&l->lock);
	seat_of(connection)->request = *state = NULL;
	if (!r)
		return;
	drop_body(r);
	free_answer(&r->answer);
	free(r);
}

static bool is_at(const struct http_route *route, const char *path)
{
	const size_t n = strlen(route->path);

	if (route->path[n - 1] == '*')
		return strncmp(route->path, path, n - 1) == 0;
	return strcmp(route->path, path) == 0;
}

/* The route for a path and a method; else the status. */
static unsigned find(struct http_request *r, const char *method)
{
	enum { GET = 1, POST };
	const unsigned asked = strcmp(method, MHD_HTTP_METHOD_POST) == 0 ? POST
	                       : strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
	                                       r->is_head
	                               ? GET
	                               : 0;

	for (const struct http_route *at = r->listener->service->routes;
	     at->path; at++) {
		const unsigned method_of = at->body_max ? POST : GET;

		if (!is_at(at, r->path))
			continue;
		r->allowed |= method_of;
		if (method_of == asked && !r->route)
			r->route = at;
	}
	if (r->route)
		return 0;
	return r->allowed ? MHD_HTTP_METHOD_NOT_ALLOWED : MHD_HTTP_NOT_FOUND;
}

/* What the headers say of the body. */
struct framing {
	unsigned n_lengths, n_codings;
	uint64_t length;
	bool chunked, waits; /* for a word before it is sent */
};

static enum MHD_Result frame(void *arg, enum MHD_ValueKind kind,
                             const char *name, const char *value)
{
	struct framing *f = arg;

	(void)kind;
	/* "Content-Length : 5" is no header of this name here, and may be one
	 * to a server before this one [RFC 9112 5.1] */
	if (!*name || strpbrk(name, " \t\r\n")) {
		f->n_lengths = 2;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
		f->n_lengths++;
		f->length = value ? strtoull(value, NULL, 10) : 0;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
		f->n_codings++;
		f->chunked = value && strcasecmp(value, "chunked") == 0;
	} else if (strcasecmp(name, MHD_HTTP_HEADER_EXPECT) == 0) {
		f->waits = true;
	}
	return MHD_YES;
}

/* Where a body's end could be told in two ways, or in none, another server
 * before this one may have told it otherwise [RFC 9112 6.1]. */
static bool is_framed(const struct framing *f)
{
	return f->n_lengths + f->n_codings < 2 &&
	       f->chunked == (f->n_codings == 1);
}

/* Why it is refused, as far as its headers tell; 0: it is not. */
static unsigned refusal(struct http_request *r, const struct framing *f,
                        const char *method)
{
	struct http_listener *l = r->listener;
	unsigned status;

	r->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	status = find(r, method);
	if (!is_framed(f))
		return MHD_HTTP_BAD_REQUEST;
	if (l->rate && !(r->route && r->route->when == HTTP_QUICK))
		r->retry = rate_take(l->rate, r->seat->guest->address,
		                     http_now_ns());
	if (r->retry)
		return MHD_HTTP_TOO_MANY_REQUESTS;
	if (status)
		return status;
	return f->length > r->route->body_max ? MHD_HTTP_CONTENT_TOO_LARGE : 0;
}

static enum MHD_Result send_answer(struct http_request *r);

/* Its headers are there.  A body that is refused is read and thrown away if it
 * is small, so that the connection can be used on. */
static enum MHD_Result on_headers(struct http_request *r, const char *method)
{
	struct framing f = { 0 };

	MHD_get_connection_values(r->connection, MHD_HEADER_KIND, frame, &f);
	r->refused = refusal(r, &f, method);
	if (!r->refused ||
	    (is_framed(&f) && !f.chunked && !f.waits && f.length <= DRAIN_MAX))
		return MHD_YES;
	r->seat->early = true;
	put_answer(r);
	return send_answer(r);
}

/* The seat with a body that waits for its client, of the guest whose bodies take
 * most, and of several the one that waits longest; NULL: nobody's take as much as
 * `own`.  The lock is held. */
static struct http_seat *find_greatest(const struct http_listener *l,
                                       size_t own)
{
	struct http_seat *greatest = NULL;

	for (int fd = 0; fd < l->n_seats; fd++) {
		struct http_seat *s = l->seats[fd];

		if (!s || !s->request || !s->request->cap ||
		    (s->stage != ARRIVING && s->stage != SENDING) ||
		    s->guest->bodies < own)
			continue;
		if (!greatest || s->guest->bodies > greatest->guest->bodies ||
		    (s->guest->bodies == greatest->guest->bodies &&
		     s->since < greatest->since))
			greatest = s;
	}
	return greatest;
}

static void refuse(struct http_request *r, unsigned status, unsigned retry)
{
	r->refused = status;
	r->retry = retry;
	drop_body(r);
}

/* Memory for a body from another, be it that his answer is cut short; false: nobody
 * has as much as `own`. */
static bool take_back(struct http_listener *l, size_t own)
{
	struct http_request *r = NULL;
	struct http_seat *s;

	pthread_mutex_lock(&l->lock);
	s = find_greatest(l, own);
	if (s) {
		r = s->request;
		if (s->stage == SENDING)
			http_displace(l, s);
	}
	pthread_mutex_unlock(&l->lock);
	if (r)
		refuse(r, MHD_HTTP_TOO_MANY_REQUESTS, 1);
	return r != NULL;
}

/* Whether there is memory for n more bytes of a body.  One guest, who can send
 * slowly over many connections, has at most a quarter of all. */
static bool has_memory(const struct http_request *r, size_t n)
{
	struct http_listener *l = r->listener;
	const size_t own = r->seat->guest->bodies + n;

	if (own > l->limits.bodies / 4)
		return false;
	while (n > l->limits.bodies - l->bodies)
		if (!take_back(l, own))
			return false;
	return true;
}

/* Its memory becomes `cap`; what was there is not left behind. */
static bool grow(struct http_request *r, size_t cap)
{
	uint8_t *body = malloc(cap);

	if (!body)
		return false;
	if (r->len)
		memcpy(body, r->body, r->len);
	free_body(r->body, r->len);
	r->listener->bodies += cap - r->cap;
	r->seat->guest->bodies += cap - r->cap;
	r->body = body;
	r->cap = cap;
	return true;
}

/* Room for n more bytes of the body; false: refused. */
static bool make_room(struct http_request *r, size_t n)
{
	const size_t most = r->route->body_max;
	size_t cap = r->cap ? 2 * r->cap : BODY_FIRST;

	if (n > most - r->len) {
		refuse(r, MHD_HTTP_CONTENT_TOO_LARGE, 0);
		return false;
	}
	if (r->len + n <= r->cap)
		return true;
	cap = cap > r->len + n ? cap : r->len + n;
	cap = cap < most ? cap : most;
	if (has_memory(r, cap - r->cap) && grow(r, cap))
		return true;
	refuse(r, MHD_HTTP_TOO_MANY_REQUESTS, 1);
	return false;
}

/* False: it is too much of what was refused. */
static bool on_body(struct http_request *r, const char *part, size_t n)
{
	if (!r->refused && make_room(r, n)) {
		memcpy(r->body + r->len, part, n);
		r->len += n;
	} else {
		r->wasted += n;
	}
	return r->wasted <= HTTP_WASTE_MAX;
}

/* ---- it is answered */

/* It is another thread's, and waits in no queue yet; false: no more are taken.
 * The lock is held. */
static bool part_with(struct http_request *r)
{
	struct http_listener *l = r->listener;

	if (l->closed || r->seat->stage == ENDED)
		return false;
	MHD_suspend_connection(r->connection);
	http_enter(l, r->seat, HANDLED);
	r->pending = true;
	l->n_pending++;
	return true;
}

/* To the workers; false: they take no more. */
static bool hand_over(struct http_request *r)
{
	struct http_listener *l = r->listener;
	struct http_guest *g = r->seat->guest;
	bool taken;

	pthread_mutex_lock(&l->lock);
	taken = part_with(r);
	if (taken) {
		if (!g->first)
			http_link_last(&l->turns, &g->turn);
		r->next = NULL;
		*g->last = r;
		g->last = &r->next;
	}
	pthread_mutex_unlock(&l->lock);
	if (taken)
		pthread_cond_signal(&l->work);
	return taken;
}

/* To whoever calls http_done. */
static bool begin_answer(struct http_request *r)
{
	struct http_listener *l = r->listener;
	bool taken;

	pthread_mutex_lock(&l->lock);
	taken = part_with(r);
	pthread_mutex_unlock(&l->lock);
	if (taken)
		r->route->answer(l->service->self, &r->answer, r);
	return taken;
}

void http_done(struct http_answer *a)
{
	struct http_request *r =
		(void *)((char *)a - offsetof(struct http_request, answer));

	end_answer(r);
	/* from here on it is the listener's */
	MHD_resume_connection(r->connection);
}

/* All of it is there: to others, or, for what needs none, at once. */
static enum MHD_Result on_whole(struct http_request *r)
{
	bool taken;

	if (r->refused || r->route->when == HTTP_QUICK) {
		put_answer(r);
		return send_answer(r);
	}
	taken = r->route->when == HTTP_LATER ? begin_answer(r) : hand_over(r);
	return taken ? MHD_YES : MHD_NO;
}

/* The first request of the guest whose turn it is; there is one. */
static struct http_request *take_turn(struct http_listener *l)
{
	struct http_guest *g = (void *)((char *)l->turns.next -
	                                offsetof(struct http_guest, turn));
	struct http_request *r = g->first;

	http_unlink(&g->turn);
	g->first = r->next;
	if (g->first)
		http_link_last(&l->turns, &g->turn);
	else
		g->last = &g->first;
	return r;
}

/* The next to be answered, or NULL at the end. */
static struct http_request *next(struct http_listener *l)
{
	struct http_request *r = NULL;

	pthread_mutex_lock(&l->lock);
	while (http_is_empty(&l->turns) && !l->ending)
		pthread_cond_wait(&l->work, &l->lock);
	if (!http_is_empty(&l->turns))
		r = take_turn(l);
	pthread_mutex_unlock(&l->lock);
	return r;
}

/* The next piece of a body. */
static void put_piece(struct http_request *r)
{
	struct http_answer *a = &r->answer;

	buf_clear(&a->body);
	r->given = 0;
	r->is_cut = !a->more(a->state, &a->body) || a->body.bad;
	r->is_last = !a->body.len;
}

void *http_work(void *arg)
{
	struct http_listener *l = arg;
	struct http_request *r;

	while ((r = next(l))) {
		if (r->answered)
			put_piece(r);
		else
			put_answer(r);
		/* from here on it is the listener's */
		MHD_resume_connection(r->connection);
	}
	return NULL;
}

static bool put_headers(struct MHD_Response *response,
                        const struct http_answer *a)
{
	for (size_t i = 0; i < a->n_headers; i++)
		if (MHD_add_response_header(
			    response, a->header[i].name,
			    (const char *)a->header[i].value.ptr) != MHD_YES)
			return false;
	return !a->type ||
	       MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
	                               a->type) == MHD_YES;
}

/* Called for more of a body that goes on, when there is room for it. */
static ssize_t give(void *arg, uint64_t at, char *out, size_t room)
{
	struct http_request *r = arg;
	struct http_listener *l = r->listener;
	const struct buf *body = &r->answer.body;
	const size_t left = body->len - r->given;
	const size_t n = left < room ? left : room;

	(void)at;
	if (r->pending) {
		pthread_mutex_lock(&l->lock);
		settle(r);
		http_enter(l, r->seat, SENDING);
		l->bytes_out += body->len;
		pthread_mutex_unlock(&l->lock);
	}
	if (r->is_cut)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n) {
		memcpy(out, body->ptr + r->given, n);
		r->given += n;
		return (ssize_t)n;
	}
	if (r->is_last)
		return MHD_CONTENT_READER_END_OF_STREAM;
	/* from here on it is a worker's */
	return hand_over(r) ? 0 : MHD_CONTENT_READER_END_WITH_ERROR;
}

/* The body stays the request's, until it is over. */
static struct MHD_Response *make_response(struct http_request *r)
{
	struct http_answer *a = &r->answer;

	/* libmicrohttpd would end chunks that were never begun */
	if (a->more && r->is_head)
		return MHD_create_response_from_buffer(0, NULL,
		                                       MHD_RESPMEM_PERSISTENT);
	if (a->more)
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN,
		                                         PIECE, give, r, NULL);
	return MHD_create_response_from_buffer(a->body.len, a->body.ptr,
	                                       MHD_RESPMEM_PERSISTENT);
}

/* Whether the connection ends with this answer. */
static bool is_last(const struct http_request *r, bool stopping)
{
	return stopping || r->refused == MHD_HTTP_BAD_REQUEST;
}

/* Notes that an answer goes out; true: it is the connection's last. */
static bool note_answer(struct http_request *r, size_t len)
{
	struct http_listener *l = r->listener;
	bool last;

	pthread_mutex_lock(&l->lock);
	settle(r);
	http_enter(l, r->seat, SENDING);
	l->bytes_in += r->len;
	l->bytes_out += len;
	count_status(&l->counts[r->route ? r->route - l->service->routes
	                                 : (ptrdiff_t)l->n_routes],
	             r->answer.status);
	last = is_last(r, l->stopping);
	pthread_mutex_unlock(&l->lock);
	return last;
}

static enum MHD_Result send_answer(struct http_request *r)
{
	struct http_answer *a = &r->answer;
	const size_t len = a->body.len;
	struct MHD_Response *response = a->bad ? NULL : make_response(r);
	enum MHD_Result queued = MHD_NO; /* the connection is closed */

	if (response && put_headers(response, a) &&
	    (!note_answer(r, len) ||
	     MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION,
	                             "close") == MHD_YES))
		queued = MHD_queue_response(r->connection, a->status, response);
	if (response)
		MHD_destroy_response(response);
	if (!a->more)
		drop_body(r);
	r->sent = queued == MHD_YES;
	return queued;
}

/* Called when the headers are there, for each part of a body, when there is
 * no more, and when the connection was resumed. */
enum MHD_Result http_handle(void *arg, struct MHD_Connection *connection,
                            const char *url, const char *method,
                            const char *version, const char *part,
                            size_t *part_len, void **state)
{
	struct http_request *r = *state;

	(void)arg;
	(void)connection;
	(void)version;
	if (!r)
		return MHD_NO;
	if (!r->path) {
		r->path = url;
		return on_headers(r, method);
	}
	if (*part_len) {
		const size_t n = *part_len;

		*part_len = 0;
		return on_body(r, part, n) ? MHD_YES : MHD_NO;
	}
	return r->answered ? send_answer(r) : on_whole(r);
}
