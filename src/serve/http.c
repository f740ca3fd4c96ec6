/* http.c - a small HTTP listener, on libmicrohttpd. */
#include "serve/http.h"

#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	MEMORY_MAX = 16 << 10, /* of a request's line and headers */
	CONNECTIONS_MAX = 512,
	IDLE_SECONDS = 10,
	STOP_MS = 1500, /* for requests that have begun */
};

struct http_request {
	struct MHD_Connection *connection;
};

struct http_listener {
	const struct http_service *service;
	struct MHD_Daemon *daemon;
};

/* ---- requests */

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

const char *http_header(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND,
	                                   name);
}

/* ---- answers */

void http_put_header(struct http_answer *a, const char *name,
                     struct assay_bytes value)
{
	if (a->n_headers == sizeof(a->header) / sizeof(a->header[0])) {
		a->bad = true;
		return;
	}
	a->header[a->n_headers].name = name;
	sim_put_bytes(&a->header[a->n_headers++].value, value);
}

void http_encode(struct sim_out *out, struct assay_bytes text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.~";

	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.ptr[i];

		if (c && strchr(plain, c))
			sim_put(out, &c, 1);
		else
			sim_printf(out, "%%%02X", c);
	}
}

void http_put_encoded(struct http_answer *a, const char *name,
                      struct assay_bytes value)
{
	struct sim_out text = { 0 };

	http_encode(&text, value);
	http_put_header(a, name, sim_out_bytes(&text));
	a->bad |= text.bad;
	sim_out_free(&text);
}

static void free_answer(struct http_answer *a)
{
	sim_out_free(&a->body);
	for (size_t i = 0; i < a->n_headers; i++)
		sim_out_free(&a->header[i].value);
	*a = (struct http_answer){ 0 };
}

/* Ends every header's text with a NUL; false: something is not there. */
static bool complete(struct http_answer *a)
{
	for (size_t i = 0; i < a->n_headers; i++) {
		sim_put_zeros(&a->header[i].value, 1);
		a->bad |= a->header[i].value.bad;
	}
	return !a->bad && !a->body.bad;
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

static enum MHD_Result send_answer(struct MHD_Connection *connection,
                                   const struct http_answer *a)
{
	struct MHD_Response *response =
		a->bad ? NULL
		       : MHD_create_response_from_buffer(a->body.len,
	                                                 a->body.ptr,
	                                                 MHD_RESPMEM_MUST_COPY);
	enum MHD_Result queued = MHD_NO; /* the connection is closed */

	if (response && put_headers(response, a))
		queued = MHD_queue_response(connection, a->status, response);
	if (response)
		MHD_destroy_response(response);
	return queued;
}

/* ---- what is asked for */

static const struct http_route *find(const struct http_service *service,
                                     const char *path)
{
	for (const struct http_route *r = service->routes; r->path; r++)
		if (strcmp(r->path, path) == 0)
			return r;
	return NULL;
}

static void answer(const struct http_service *service, struct http_answer *a,
                   const struct http_request *request, const char *path,
                   bool get)
{
	const struct http_route *route = find(service, path);

	if (!route)
		service->error(a, MHD_HTTP_NOT_FOUND);
	else if (!get)
		service->error(a, MHD_HTTP_METHOD_NOT_ALLOWED);
	else if (!service->before(service->self))
		service->error(a, MHD_HTTP_INTERNAL_SERVER_ERROR);
	else
		route->answer(service->self, a, request);
	if (complete(a))
		return;
	free_answer(a);
	service->error(a, MHD_HTTP_INTERNAL_SERVER_ERROR);
	a->bad |= !complete(a);
}

static bool is_get(const char *method)
{
	return strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
	       strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
}

/* Called when the headers are there, then for each part of a body, then to
 * answer.  What is no GET is answered at once, its body unread; a body of a GET
 * closes the connection. */
static enum MHD_Result handle(void *arg, struct MHD_Connection *connection,
                              const char *url, const char *method,
                              const char *version, const char *body,
                              size_t *body_len, void **state)
{
	static char seen;
	struct http_listener *l = arg;
	const struct http_request request = { connection };
	struct http_answer a = { 0 };
	enum MHD_Result result;

	(void)version;
	(void)body;
	if (!*state && is_get(method)) {
		*state = &seen;
		return MHD_YES;
	}
	if (*body_len)
		return MHD_NO;
	answer(l->service, &a, &request, url, is_get(method));
	result = send_answer(connection, &a);
	free_answer(&a);
	return result;
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

static struct MHD_Daemon *start(struct http_listener *l,
                                const struct addrinfo *at)
{
	/* poll: with epoll it stops answering when 128 connections are ready
	 * at once (0.9.75) */
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
	                 MHD_USE_ITC;

	if (at->ai_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	return MHD_start_daemon(
		flags, 0, NULL, NULL, handle, l, MHD_OPTION_SOCK_ADDR,
		at->ai_addr, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)MEMORY_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_END);
}

static struct MHD_Daemon *listen_at(struct http_listener *l,
                                    const char *address, char why[HTTP_WHY_LEN])
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *at = NULL;
	struct MHD_Daemon *daemon;
	char host[80], port[8];

	if (!split(host, port, address) || strtoul(port, NULL, 10) > 65535 ||
	    getaddrinfo(host, port, &hints, &at) != 0) {
		snprintf(why, HTTP_WHY_LEN,
		         "%.80s: want an address and a port, such as "
		         "127.0.0.1:8081",
		         address);
		return NULL;
	}
	daemon = start(l, at);
	freeaddrinfo(at);
	if (!daemon)
		snprintf(why, HTTP_WHY_LEN, "cannot listen on %.80s", address);
	return daemon;
}

struct http_listener *http_listen(const char *address,
                                  const struct http_service *service,
                                  char why[HTTP_WHY_LEN])
{
	struct http_listener *l = calloc(1, sizeof(*l));

	if (!l) {
		snprintf(why, HTTP_WHY_LEN, "memory is short");
		return NULL;
	}
	l->service = service;
	l->daemon = listen_at(l, address, why);
	if (l->daemon)
		return l;
	free(l);
	return NULL;
}

uint16_t http_port(const struct http_listener *l)
{
	return MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static unsigned busy(const struct http_listener *l)
{
	return MHD_get_daemon_info(l->daemon,
	                           MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
	        ->num_connections;
}

void http_stop(struct http_listener *l)
{
	const struct timespec tick = { .tv_nsec = 20 * 1000 * 1000 };
	MHD_socket listening;

	if (!l)
		return;
	listening = MHD_quiesce_daemon(l->daemon);
	for (int waited = 0; busy(l) && waited < STOP_MS; waited += 20)
		nanosleep(&tick, NULL);
	MHD_stop_daemon(l->daemon);
	if (listening != MHD_INVALID_SOCKET)
		close(listening);
	free(l);
}
