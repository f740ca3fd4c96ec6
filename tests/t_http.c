/* t_http.c - the HTTP listener, and clients that mean no good: what they send
 * is written out, byte for byte. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/http.h"
#include "serve/host_inner.h"
#include "serve/inner.h"
#include "serve/rate.h"
#include "tap.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void nap(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* ---- a service */

enum { BODY_MAX = 100000, LONG = 4 << 20 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool gate;
static int n_waiting;
static char order[16]; /* the first bytes of those that came through it */

static void put(struct http_answer *a, const char *text)
{
	a->status = 200;
	a->type = "text/plain";
	buf_printf(&a->body, "%s", text);
}

static void hello(void *self, struct http_answer *a,
                  const struct http_request *r)
{
	(void)self;
	(void)r;
	put(a, "hello");
}

static void echo(void *self, struct http_answer *a,
                 const struct http_request *r)
{
	(void)self;
	put(a, "");
	buf_put_bytes(&a->body, http_body(r));
}

/* Answers when the gate is open. */
static void slow(void *self, struct http_answer *a,
                 const struct http_request *r)
{
	pthread_mutex_lock(&lock);
	n_waiting++;
	while (!gate)
		pthread_cond_wait(&opened, &lock);
	n_waiting--;
	if (http_body(r).len && strlen(order) < sizeof(order) - 1)
		order[strlen(order)] = (char)*http_body(r).ptr;
	pthread_mutex_unlock(&lock);
	echo(self, a, r);
}

static void long_one(void *self, struct http_answer *a,
                     const struct http_request *r)
{
	(void)self;
	(void)r;
	put(a, "");
	buf_put_zeros(&a->body, LONG);
}

static void json(void *self, struct http_answer *a,
                 const struct http_request *r)
{
	(void)self;
	put(a, "json");
	if (!http_has_type(r, "application/json"))
		a->status = 415;
}

static void who(void *self, struct http_answer *a, const struct http_request *r)
{
	char client[HTTP_CLIENT_LEN];
	const char *x;

	(void)self;
	put(a, http_client(client, r));
	buf_printf(&a->body, " %s %s %s", http_path(r),
	           http_argument(r, "x", &x) == HTTP_ONCE ? x : "-",
	           http_header(r, "Y") ? http_header(r, "Y") : "-");
}

static void address(void *self, struct http_answer *a,
                    const struct http_request *r)
{
	(void)self;
	put(a, "");
	buf_printf(&a->body, "%" PRIx64 " %" PRIx64, http_address(r),
	           host_who(r));
}

static void bad(void *self, struct http_answer *a, const struct http_request *r)
{
	hello(self, a, r);
	a->bad = true;
}

static void metrics(void *self, struct http_answer *a,
                    const struct http_request *r)
{
	(void)self;
	put(a, "");
	http_metrics(&a->body, r);
}

/* A body that goes on for a number of pieces, and is then cut or at its end. */
struct stream {
	int pieces, until;
	bool cut;
};
enum { PIECE = 40000 };
static int n_pieces, n_done;

static bool next_piece(void *state, struct buf *piece)
{
	struct stream *s = state;

	pthread_mutex_lock(&lock);
	n_pieces++;
	pthread_mutex_unlock(&lock);
	if (s->pieces++ == s->until)
		return !s->cut;
	buf_put_zeros(piece, PIECE);
	return true;
}

static void end_stream(void *state)
{
	pthread_mutex_lock(&lock);
	n_done++;
	pthread_mutex_unlock(&lock);
	free(state);
}

static void stream(void *self, struct http_answer *a,
                   const struct http_request *r)
{
	struct stream *s = calloc(1, sizeof(*s));
	const char *until, *cut;

	(void)self;
	put(a, "first ");
	if (!s || http_argument(r, "until", &until) != HTTP_ONCE)
		exit(2);
	s->until = atoi(until);
	s->cut = http_argument(r, "cut", &cut) == HTTP_ONCE;
	a->more = next_piece;
	a->done = end_stream;
	a->state = s;
}

static void error(struct http_answer *a, unsigned status)
{
	put(a, "");
	a->status = status;
	buf_printf(&a->body, "error %u", status);
}

static bool before_fails;
static bool before(void *self)
{
	(void)self;
	return !before_fails;
}

static const struct http_route routes[] = {
	{ .path = "/hello", .answer = hello },
	{ .path = "/echo", .answer = echo, .body_max = BODY_MAX },
	{ .path = "/small", .answer = echo, .body_max = 4 },
	{ .path = "/both", .answer = hello },
	{ .path = "/both", .answer = echo, .body_max = 10 },
	{ .path = "/slow", .answer = slow, .body_max = BODY_MAX },
	{ .path = "/long", .answer = long_one },
	{ .path = "/json", .answer = json, .body_max = 10 },
	{ .path = "/address", .answer = address },
	{ .path = "/who/*", .answer = who },
	{ .path = "/stream", .answer = stream },
	{ .path = "/stream", .answer = stream, .body_max = BODY_MAX },
	{ .path = "/bad", .answer = bad },
	{ .path = "/healthz", .answer = hello, .when = HTTP_QUICK },
	{ .path = "/metrics", .answer = metrics, .when = HTTP_QUICK },
	{ 0 },
};

static struct http_service service;
static struct http_listener *listener;
static uint16_t port;

static bool start_at(const char *at, const struct http_limits *limits)
{
	char why[HTTP_WHY_LEN];

	service = (struct http_service){ .routes = routes,
		                         .before = before,
		                         .error = error,
		                         .limits = *limits };
	gate = false;
	listener = http_listen(at, &service, why);
	if (listener)
		port = http_port(listener);
	else
		note("%s", why);
	return listener != NULL;
}

static void start(const struct http_limits *limits)
{
	if (!start_at("127.0.0.1:0", limits))
		exit(2);
}

static void open_gate(void)
{
	pthread_mutex_lock(&lock);
	gate = true;
	pthread_cond_broadcast(&opened);
	pthread_mutex_unlock(&lock);
}

static bool wait_for(int waiting)
{
	bool there = false;

	for (int i = 0; i < 500 && !there; i++) {
		pthread_mutex_lock(&lock);
		there = n_waiting == waiting;
		pthread_mutex_unlock(&lock);
		if (!there)
			nap(10);
	}
	return there;
}

/* ---- a client */

/* A connection from 127.0.0.`from`. */
static int dial(unsigned from)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(0x7f000000 | from) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)))
		exit(2);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = htons(port);
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)))
		exit(2);
	return fd;
}

static bool say(int fd, const char *text)
{
	const size_t n = strlen(text);

	return send(fd, text, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static char text[1 << 20]; /* the answer's head and body */
static size_t text_len;
static const char *body;

/* Reads one answer within 5 seconds: its status, or 0 when the connection
 * ended, or -1 in silence.  100 Continue is an answer. */
static int hear(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t want = SIZE_MAX;

	text_len = 0;
	body = "";
	while (text_len < want && text_len < sizeof(text) - 1) {
		const char *length;
		ssize_t n;

		if (poll(&p, 1, 5000) <= 0)
			return -1;
		/* no byte of the next answer */
		n = recv(fd, text + text_len,
		         want == SIZE_MAX ? 1 : want - text_len, 0);
		if (n <= 0)
			return 0;
		text_len += (size_t)n;
		text[text_len] = 0;
		if (want == SIZE_MAX && strstr(text, "\r\n\r\n")) {
			length = strcasestr(text, "Content-Length:");
			want = text_len +
			       (length ? strtoul(length + 15, NULL, 10) : 0);
			body = text + text_len;
		}
	}
	return atoi(text + 9);
}

/* Whether the connection ends within `ms`. */
static bool ends(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	const double until = now() + ms * 1e-3;
	char rest[4096];

	while (now() < until)
		if (poll(&p, 1, 50) > 0 && recv(fd, rest, sizeof(rest), 0) <= 0)
			return true;
	return false;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST(path, rest) "POST " path " HTTP/1.1\r\nHost: a\r\n" rest

/* Asks over a connection of its own. */
static int ask(unsigned from, const char *request)
{
	int fd = dial(from), status;

	say(fd, request);
	status = hear(fd);
	close(fd);
	return status;
}

/* ---- requests, and what they get */

#define CHUNKED "Transfer-Encoding: chunked\r\n"

static const struct {
	const char *name, *request;
	int status;
	const char *body;
	bool ends; /* the connection, with this answer */
} rows[] = {
	{ "a GET", GET("/hello"), 200, "hello", false },
	{ "one with arguments",
	  "GET /who/a%20b?x=c%26&z HTTP/1.1\r\nHost: a\r\nY: d\r\n\r\n", 200,
	  "127.0.0.1 /who/a b c& d", false },
	{ "an empty rest", GET("/who/"), 200, "127.0.0.1 /who/ - -", false },
	{ "no rest", GET("/who"), 404, "error 404", false },
	{ "no path of this service", GET("/hello/"), 404, "error 404", false },
	{ "a way that is not for it", POST("/hello", "\r\n"), 405, "error 405",
	  false },
	{ "no way that there is", "BREW /both HTTP/1.1\r\nHost: a\r\n\r\n", 405,
	  "error 405", false },
	{ "an answer that went wrong", GET("/bad"), 500, "error 500", false },
	{ "a POST", POST("/echo", "Content-Length: 2\r\n\r\nhi"), 200, "hi",
	  false },
	{ "one in chunks",
	  POST("/echo", CHUNKED "\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n"), 200, "hi",
	  false },
	{ "an empty one", POST("/echo", "Content-Length: 0\r\n\r\n"), 200, "",
	  false },
	{ "one without a body", POST("/echo", "\r\n"), 200, "", false },
	{ "as large as may be", POST("/small", "Content-Length: 4\r\n\r\nfour"),
	  200, "four", false },
	{ "a byte more", POST("/small", "Content-Length: 5\r\n\r\nfives"), 413,
	  "error 413", false },
	{ "a byte more, in chunks",
	  POST("/small", CHUNKED "\r\n4\r\nfour\r\n1\r\ns\r\n0\r\n\r\n"), 413,
	  "error 413", false },
	{ "a GET with a body",
	  "GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", 413,
	  "error 413", false },
	{ "a body for nobody", POST("/none", "Content-Length: 2\r\n\r\nhi"),
	  404, "error 404", false },
	{ "a body for nobody, in chunks", POST("/none", CHUNKED "\r\n"), 404,
	  "error 404", true },
	{ "too much, and not sent yet",
	  POST("/echo", "Content-Length: 100001\r\n\r\n"), 413, "error 413",
	  true },
	{ "too much, and asked before it is sent",
	  POST("/small", "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
	  413, "error 413", true },
	{ "asked before it is sent",
	  POST("/small", "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n"),
	  100, "", false },
	{ "as long as a number can be",
	  POST("/echo", "Content-Length: 18446744073709551614\r\n\r\n"), 413,
	  NULL, true },
	{ "longer than that",
	  POST("/echo", "Content-Length: 99999999999999999999\r\n\r\n"), 413,
	  NULL, true },
	{ "a negative length", POST("/echo", "Content-Length: -1\r\n\r\n"), 400,
	  NULL, true },
	{ "a length that is none", POST("/echo", "Content-Length: 2x\r\n\r\n"),
	  400, NULL, true },
	{ "two lengths",
	  POST("/echo", "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi"),
	  400, "error 400", true },
	{ "a length and chunks",
	  POST("/echo", "Content-Length: 2\r\n" CHUNKED "\r\n0\r\n\r\n"), 400,
	  "error 400", true },
	{ "chunks twice", POST("/echo", CHUNKED CHUNKED "\r\n0\r\n\r\n"), 400,
	  "error 400", true },
	{ "a coding that nobody knows",
	  POST("/echo", "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
	  400, "error 400", true },
	{ "a name with a blank behind it",
	  POST("/echo", "Content-Length : 2\r\n\r\nhi"), 400, "error 400",
	  true },
	{ "a coding's name with one",
	  POST("/echo", "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400,
	  "error 400", true },
	{ "a chunk of no length", POST("/echo", CHUNKED "\r\nxyz\r\n"), 400,
	  NULL, true },
	{ "a chunk above all",
	  POST("/echo", CHUNKED "\r\nffffffffffffffffff\r\n"), 413, NULL,
	  true },
	{ "no host", "GET /hello HTTP/1.1\r\n\r\n", 400, NULL, true },
	{ "no HTTP", "what?\r\n\r\n", 0, "", true },
	{ "TLS", "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03\r\n\r\n", 0, "",
	  true },
	{ "JSON",
	  POST("/json", "Content-Type: Application/JSON ;a=b\r\n"
	                "Content-Length: 2\r\n\r\n{}"),
	  200, "json", false },
	{ "no JSON",
	  POST("/json", "Content-Type: application/jsonx\r\n"
	                "Content-Length: 2\r\n\r\n{}"),
	  415, "json", false },
	{ "nothing that is said to be JSON",
	  POST("/json", "Content-Length: 2\r\n\r\n{}"), 415, "json", false },
};

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int fd = dial(1), status;
		bool as, on;

		say(fd, rows[i].request);
		status = hear(fd);
		as = status == rows[i].status &&
		     (!rows[i].body || strcmp(body, rows[i].body) == 0);
		if (rows[i].ends)
			on = ends(fd, 5000);
		else if (status == 100)
			on = say(fd, "four") && hear(fd) == 200 &&
			     strcmp(body, "four") == 0;
		else
			on = say(fd, GET("/hello")) && hear(fd) == 200;
		if (!ok(as && on, "%d for %s", rows[i].status, rows[i].name))
			note("got %d, %s, %s", status, body,
			     on ? "as it should go on" : "not going on so");
		close(fd);
	}
}

static void test_requests(void)
{
	static char large[BODY_MAX + 200];
	char head[20000];
	int fd = dial(1);

	memset(text, 0, sizeof(text));
	ok(say(fd, "HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n") &&
	           recv(fd, text, sizeof(text) - 1, 0) > 0 &&
	           strstr(text, "Content-Length: 5\r\n") &&
	           !strstr(text, "hello"),
	   "HEAD tells all but the body");
	ask(1, POST("/hello", "\r\n"));
	ok(strstr(text, "\r\nAllow: GET, HEAD\r\n"), "how to ask: GET");
	ask(1, GET("/echo"));
	ok(strstr(text, "\r\nAllow: POST\r\n"), "how to ask: POST");
	ask(1, "PUT /both HTTP/1.1\r\nHost: a\r\n\r\n");
	ok(strstr(text, "\r\nAllow: GET, HEAD, POST\r\n"), "or both");
	before_fails = true;
	ok(ask(1, GET("/hello")) == 500 && ask(1, GET("/healthz")) == 200,
	   "what goes wrong before an answer is a 500");
	before_fails = false;
	close(fd);

	fd = dial(1);
	ok(say(fd, GET("/hello") POST("/echo", "Content-Length: 2\r\n\r\nhi")
	                   GET("/none") "what?\r\n\r\n") &&
	           hear(fd) == 200 && strcmp(body, "hello") == 0 &&
	           hear(fd) == 200 && strcmp(body, "hi") == 0 &&
	           hear(fd) == 404 && hear(fd) == 0,
	   "one after the other, though sent at once, up to what is none");
	close(fd);
	snprintf(head, sizeof(head), "GET /hello HTTP/1.1\r\nHost: a\r\nA: ");
	fd = dial(1);
	say(fd, head);
	memset(head, 'a', sizeof(head) - 1);
	say(fd, head);
	say(fd, head);
	ok(hear(fd) == 431 && ends(fd, 5000), "too much of a head");
	close(fd);
	fd = dial(1);
	say(fd, "GET /");
	say(fd, head);
	say(fd, head);
	ok(hear(fd) == 414 && ends(fd, 5000), "too much of a path");
	close(fd);

	snprintf(large, sizeof(large),
	         POST("/echo", "Content-Length: %u\r\n"
	                       "\r\n%0*d"),
	         (unsigned)BODY_MAX, BODY_MAX, 7);
	ok(ask(1, large) == 200 && strlen(body) == BODY_MAX &&
	           body[BODY_MAX - 1] == '7',
	   "a large body comes back whole");
}

/* Sends a head, and then so many bytes before it reads anything: how many were
 * taken. */
static size_t say_much(int fd, const char *head, size_t n)
{
	static const char zeros[1 << 16];
	size_t sent = 0;
	ssize_t now_sent = 1;

	say(fd, head);
	while (sent < n && now_sent > 0) {
		const size_t left = n - sent;

		now_sent = send(fd, zeros,
		                left < sizeof(zeros) ? left : sizeof(zeros),
		                MSG_NOSIGNAL);
		sent += now_sent > 0 ? (size_t)now_sent : 0;
	}
	return sent;
}

/* Who is refused while he is still sending hears why, up to a bound. */
static void test_refused(void)
{
	enum { MANY = 40, MUCH = 20 << 20, ENDLESS = 200 << 20 };
	static const char *const head[] = {
		POST("/echo", "Content-Length: 20971520\r\n\r\n"),
		POST("/none", "Content-Length: 20971520\r\n\r\n"),
		POST("/hello", "Content-Length: 20971520\r\n\r\n"),
		POST("/echo", CHUNKED "Content-Length: 20971520\r\n\r\n"),
	};
	static const int status[] = { 413, 404, 405, 400 };
	int fd, many[MANY];
	bool all = true;
	char error[20];

	for (size_t i = 0; i < 4; i++) {
		fd = dial(1);
		snprintf(error, sizeof(error), "error %d", status[i]);
		ok(say_much(fd, head[i], MUCH) == MUCH &&
		           hear(fd) == status[i] && strcmp(body, error) == 0 &&
		           ends(fd, 5000),
		   "%d is heard by whoever sends all before he reads",
		   status[i]);
		close(fd);
	}
	fd = dial(1);
	ok(say_much(fd, POST("/echo", "Content-Length: 209715200\r\n\r\n"),
	            ENDLESS) < ENDLESS,
	   "but not what has no end");
	close(fd);
	fd = dial(1);
	ok(say_much(fd, POST("/small", CHUNKED "\r\n10000000\r\n"), ENDLESS) <
	           ENDLESS,
	   "in a chunk, too");
	close(fd);
	for (int i = 0; i < MANY; i++)
		say(many[i] = dial(1), head[0]);
	for (int i = 0; i < MANY; i++) {
		all &= hear(many[i]) == 413;
		close(many[i]);
	}
	ok(all, "many at a time hear it");
}

/* Whoever closes his side has gone, to libmicrohttpd. */
static void test_gone(void)
{
	int fd = dial(1);

	say(fd, POST("/echo", "Content-Length: 2\r\n\r\nh"));
	shutdown(fd, SHUT_WR);
	ok(hear(fd) == 0, "half a request, half closed, has no answer");
	close(fd);
	for (int closed = 0; closed < 2; closed++) {
		gate = false;
		fd = dial(1);
		say(fd, POST("/slow", "Content-Length: 2\r\n\r\nhi"));
		ok(wait_for(1), "a client that goes while it is answered");
		if (closed)
			close(fd);
		else
			shutdown(fd, SHUT_WR);
		ok(ask(1, GET("/healthz")) == 200, "holds up nobody");
		open_gate();
		ok(closed || hear(fd) == 0, "and gets no half of an answer");
		if (!closed)
			close(fd);
		ok(ask(1, GET("/hello")) == 200, "others are answered still");
	}
}

/* Asks for the metrics until there is this line among them: what has just
 * ended is counted when the listener gets to it. */
static bool tells(const char *line)
{
	for (int i = 0; i < 250; i++, nap(20)) {
		ask(1, GET("/metrics"));
		if (strstr(body, line))
			return true;
	}
	note("not there: %s", line + 1);
	return false;
}

static void test_metrics(void)
{
	ok(tells("\nassay_http_requests_total{path=\"/small\",method=\"POST\""
	         ",status=\"413\"} 3\n"),
	   "requests are counted by route and status");
	ok(!strstr(body, "{path=\"/both\",method=\"GET\",status=") &&
	           strstr(body, "{path=\"\",method=\"\",status=\"404\"}"),
	   "those of no route together");
	ok(tells("\nassay_http_connections 1\n"), "so are connections");
	ok(tells("\nassay_http_requests_pending 0\n"), "nobody waits");
}

static bool fetch(struct net_answer *answer, const char *path,
                  struct net_err *err)
{
	struct net_client *c = net_start(&(struct net_options){ 0 });
	char url[100];
	bool good;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
	good = net_ask(c, answer,
	               &(struct net_request){ .url = url,
	                                      .answer_max = 4 << 20 },
	               err);
	net_end(c);
	return good;
}

static bool wait_done(int n)
{
	bool there = false;

	for (int i = 0; i < 500 && !there; i++, nap(10)) {
		pthread_mutex_lock(&lock);
		there = n_done == n;
		pthread_mutex_unlock(&lock);
	}
	return there;
}

static void test_stream(void)
{
	struct net_answer answer;
	struct net_err err;
	int fd;

	ok(fetch(&answer, "/stream?until=50", &err) && answer.status == 200 &&
	           answer.len == 6 + 50 * PIECE &&
	           memcmp(answer.body, "first ", 6) == 0,
	   "a body that goes on comes piece by piece, to its end");
	net_forget(&answer);
	ok(fetch(&answer, "/stream?until=0", &err) && answer.len == 6,
	   "or ends at once");
	net_forget(&answer);
	err = (struct net_err){ 0 };
	if (!ok(!fetch(&answer, "/stream?until=3&cut=", &err) &&
	                err.stage == NET_CUT,
	        "or is cut, which shows: %s", err.text))
		note("%u, %zu bytes, stage %d, %s", answer.status, answer.len,
		     err.stage, err.text);
	ok(wait_done(3), "each is over once");
	fd = dial(1);
	say(fd, "HEAD /stream?until=3 HTTP/1.1\r\nHost: a\r\n\r\n");
	ok(wait_done(4), "also where nobody wants the body");
	ok(hear(fd) == 200 && say(fd, GET("/hello")) && hear(fd) == 200,
	   "of which nothing stands before the next answer");
	close(fd);
	fd = dial(1);
	say(fd, GET("/stream?until=1000000"));
	nap(50);
	close(fd);
	ok(wait_done(5), "or where he goes in the middle of it");
	n_pieces = 0;
	fd = dial(1);
	say(fd, GET("/stream?until=1000000"));
	nap(50);
	ok(ask(1, GET("/hello")) == 200, "who does not read holds up nobody");
	pthread_mutex_lock(&lock);
	ok(n_pieces < 1000, "nor is more made than there is room for: %d",
	   n_pieces);
	pthread_mutex_unlock(&lock);
	close(fd);
	ok(wait_done(6), "until he goes");
}

/* ---- the slow, the silent, the many */

static void test_slow(void)
{
	double from = now();
	int silent = dial(2), loris = dial(2), drip = dial(2), deaf = dial(2);
	const int little = 4096;
	bool served = true;

	setsockopt(deaf, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
	say(deaf, GET("/long"));
	say(loris, "GET /hello HT");
	say(drip, POST("/echo", "Content-Length: 1000\r\n\r\n"));
	/* longer than any stage may take */
	for (int i = 0; i < 24; i++) {
		send(loris, "T", 1, MSG_NOSIGNAL);
		send(drip, "x", 1, MSG_NOSIGNAL);
		served &= ask(1, GET("/hello")) == 200;
		nap(40);
	}
	ok(served, "others are served meanwhile");
	ok(ends(silent, 5000), "who says nothing is shown out");
	ok(ends(loris, 5000), "so is who says a byte now and then");
	ok(ends(drip, 5000), "also within a body");
	ok(tells("\nassay_http_connections 1\n"),
	   "and who does not take his answer");
	ok(strstr(body, "\nassay_http_connections_expired_total 4\n"),
	   "which is counted");
	note("%.1f s", now() - from);
	close(silent);
	close(loris);
	close(drip);
	close(deaf);
}

static void test_flood(void)
{
	enum { N = 100, PER_ADDRESS = 16, CONNECTIONS = 64 };
	int fd[N], open = 0;

	for (int i = 0; i < N; i++)
		fd[i] = dial(2);
	ok(ask(1, GET("/hello")) == 200, "a flood from one address");
	for (int i = 0; i < N; i++)
		open += say(fd[i], GET("/hello")) && hear(fd[i]) == 200;
	ok(open <= PER_ADDRESS, "gets only so many connections: %d", open);
	for (int i = 0; i < N; i++)
		close(fd[i]);
	for (int i = 0; i < N; i++)
		fd[i] = dial(3 + (unsigned)i % 50);
	ok(ask(1, GET("/hello")) == 200, "one from many is survived");
	for (int i = 0; i < N; i++)
		close(fd[i]);
	ok(ask(1, GET("/hello")) == 200, "and forgotten");
}

static bool is_answered(int fd)
{
	return say(fd, GET("/hello")) && hear(fd) == 200;
}

/* Eight places. */
static void test_way(void)
{
	enum { MANY = 7 };
	int few = dial(2), fd[MANY + 2];
	bool all = is_answered(few);

	for (int i = 0; i < MANY; i++)
		all &= is_answered(fd[i] = dial(3));
	ok(all && ask(4, GET("/hello")) == 200 && ends(fd[0], 5000),
	   "for a newcomer, whoever has most loses the one that waits longest");
	ok(say(few, GET("/metrics")) && hear(few) == 200 &&
	           strstr(body, "\nassay_http_connections_displaced_total 1\n"),
	   "which is counted");
	ok(is_answered(fd[1]) && is_answered(few), "nobody else does");
	fd[MANY] = dial(3);
	fd[MANY + 1] = dial(3);
	ok(is_answered(fd[MANY + 1]) && ends(fd[2], 5000),
	   "if it is he who wants one more, he does");
	ok(is_answered(few), "who has few keeps them");
	for (int i = 0; i < MANY + 2; i++)
		close(fd[i]);
	close(few);
}

/* One worker. */
static void test_turns(void)
{
	static const char *const body_of[] = { "a", "b", "c", "d", "x" };
	enum { N = 5 };
	bool all = true;
	int fd[N];

	for (int i = 0; i < N; i++) {
		char line[40];

		snprintf(line, sizeof(line),
		         "\nassay_http_requests_pending %d\n", i + 1);
		fd[i] = dial(i < N - 1 ? 2 : 3);
		say(fd[i], POST("/slow", "Content-Length: 1\r\n\r\n"));
		say(fd[i], body_of[i]);
		all &= i ? tells(line) : wait_for(1);
	}
	memset(order, 0, sizeof(order));
	open_gate();
	for (int i = 0; i < N; i++) {
		all &= hear(fd[i]) == 200;
		close(fd[i]);
	}
	ok(all && strcmp(order, "abxcd") == 0,
	   "one of each address is answered in turn: %s", order);
}

static void test_busy(void)
{
	enum { WORKERS = 2 };
	struct pollfd waiting = { .fd = -1, .events = POLLIN };
	int fd[WORKERS];

	gate = false;
	for (int i = 0; i < WORKERS; i++) {
		fd[i] = dial(1);
		say(fd[i], POST("/slow", "Content-Length: 2\r\n\r\nhi"));
	}
	ok(wait_for(WORKERS), "all workers are busy");
	waiting.fd = dial(1);
	say(waiting.fd, GET("/hello"));
	ok(ask(1, GET("/healthz")) == 200, "what is quick is answered still");
	ok(tells("\nassay_http_requests_pending 3\n"),
	   "three wait for their answers");
	ok(poll(&waiting, 1, 0) == 0, "what is not quick waits");
	open_gate();
	ok(hear(fd[0]) == 200 && hear(fd[1]) == 200 && hear(waiting.fd) == 200,
	   "and is answered when they are not");
	close(fd[0]);
	close(fd[1]);
	close(waiting.fd);
}

/* All but the last byte of a body of 60001 bytes. */
static char begun[60200];

/* Sends all of it, again and again until there is no room for it. */
static bool finds_no_room(int fd)
{
	for (int i = 0; i < 100; i++, nap(10)) {
		say(fd, begun);
		say(fd, "1");
		if (hear(fd) != 200)
			break;
	}
	return strstr(text, " 429 ") && strstr(text, "\r\nRetry-After: 1\r\n");
}

/* 400000 bytes in all: of one address 100000. */
static void test_bodies(void)
{
	enum { N = 8 };
	int one = dial(1), two = dial(1), other = dial(2), fd[N];
	int answered = 0, late = 0;

	snprintf(begun, sizeof(begun),
	         POST("/echo", "Content-Length: 60001\r\n\r\n%060000d"), 1);
	say(one, begun);
	nap(300); /* it is read */
	ok(finds_no_room(two),
	   "an address has a quarter of the room for bodies");
	ok(say(other, begun) && say(other, "3") && hear(other) == 200,
	   "another has room still");
	say(one, "2");
	ok(hear(one) == 200 && strlen(body) == 60001,
	   "who had it before gets his answer");
	ok(say(two, begun) && say(two, "3") && hear(two) == 200,
	   "and then there is some again");
	for (unsigned i = 0; i < N; i++) {
		fd[i] = dial(3 + i);
		say(fd[i], begun);
	}
	nap(300); /* they are read */
	ok(say(other, begun) && say(other, "3") && hear(other) == 200,
	   "who sends his at once has the room of one who does not");
	for (unsigned i = 0; i < N; i++) {
		int status;

		say(fd[i], "3");
		status = hear(fd[i]);
		answered += status == 200;
		late += status == 429 && strstr(text, "\r\nRetry-After: 1\r\n");
		close(fd[i]);
	}
	ok(late && answered && late + answered == N,
	   "there is only so much for all of them: %d are to come again", late);
	for (unsigned i = 0; i < N; i++) {
		fd[i] = dial(3 + i);
		say(fd[i], POST("/stream?until=1000000",
		                "Content-Length: 60001\r\n\r\n"));
		say(fd[i], strstr(begun, "\r\n\r\n") + 4);
		say(fd[i], "4");
	}
	nap(300); /* they are answered, and do not listen */
	ok(say(other, begun) && say(other, "5") && hear(other) == 200,
	   "nor have they more who take no answer");
	for (unsigned i = 0; i < N; i++)
		close(fd[i]);
	close(one);
	close(two);
	close(other);
}

static void test_rate(void)
{
	int fd = dial(1), n = 0;

	for (int i = 0; i < 6; i++) {
		say(fd, POST("/echo", "Content-Length: 2\r\n\r\nhi"));
		n += hear(fd) == 200;
	}
	ok(n >= 3 && n < 6 && strstr(text, " 429 ") &&
	           strstr(text, "\r\nRetry-After: 1\r\n"),
	   "an address may ask only so often: %d", n);
	ok(ask(2, GET("/hello")) == 200, "another may still");
	ok(ask(1, GET("/healthz")) == 200, "what is quick may be asked always");
	ok(ask(1, GET("/none")) == 429, "what is not there may not");
	nap(1100);
	say(fd, GET("/hello"));
	ok(hear(fd) == 200, "after a while it may again");
	close(fd);
}

static void test_rate_alone(void)
{
	static struct rate r;
	const int64_t s = 1000000000;
	bool all = true;

	rate_start(&r, 10, 5, 12345);
	for (int i = 0; i < 5; i++)
		all &= rate_take(&r, 1, s) == 0;
	ok(all && rate_take(&r, 1, s) == 1, "five at once, not six");
	ok(rate_take(&r, 1, s + s / 10) == 0 &&
	           rate_take(&r, 1, s + s / 10) == 1,
	   "one more after a tenth of a second");
	for (uint64_t key = 2; key < 100000; key++)
		all &= rate_take(&r, key, s + s / 10) == 0;
	ok(all && rate_take(&r, 1, s + s / 10) == 1,
	   "many others do not make it forget who asked too often");
	rate_start(&r, 1, 1, 1);
	ok(rate_take(&r, 0, 9 * s) == 0 && rate_take(&r, 0, 9 * s) == 1 &&
	           rate_take(&r, 0, 10 * s) == 0,
	   "one in a second");
}

/* ---- who is one, and who another */

static uint64_t number(const char *of)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };

	if (inet_pton(AF_INET6, of, &v6.sin6_addr) == 1)
		return http_address_of((const struct sockaddr *)&v6);
	if (inet_pton(AF_INET, of, &v4.sin_addr) != 1)
		exit(2);
	return http_address_of((const struct sockaddr *)&v4);
}

/* A connection from ::1. */
static int dial_v6(void)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6,
		                   .sin6_addr = IN6ADDR_LOOPBACK_INIT,
		                   .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof(at)))
		exit(2);
	return fd;
}

static void test_address(void)
{
	int fd;

	ok(number("2001:db8:1:2::1") == number("2001:db8:1:2:ffff::9") &&
	           number("2001:db8:1:2::1") != number("2001:db8:1:3::1"),
	   "of IPv6, a network of 64 bits is one address");
	ok(number("192.0.2.1") == number("::ffff:192.0.2.1") &&
	           number("192.0.2.1") != number("::ffff:192.0.2.2"),
	   "IPv4 within IPv6 is IPv4");
	start(&(struct http_limits){ 0 });
	ok(ask(2, GET("/address")) == 200 &&
	           strcmp(body, "7f000002 7f000003") == 0,
	   "routes are told it, and the host counts by it: %s", body);
	http_stop(listener);
	if (!start_at("[::1]:0", &(struct http_limits){ 0 })) {
		skip("IPv6", "the same over IPv6");
		return;
	}
	fd = dial_v6();
	say(fd, GET("/address"));
	ok(hear(fd) == 200 && strcmp(body, "0 1") == 0,
	   "the same over IPv6: %s", body);
	close(fd);
	http_stop(listener);
}

/* ---- the end */

static void *open_later(void *arg)
{
	nap(200);
	open_gate();
	return arg;
}

static void test_stop(void)
{
	int idle = dial(1), used = dial(1), busy = dial(1), half = dial(1);
	int endless = dial(1);
	double from;
	pthread_t thread;

	gate = false;
	say(used, GET("/hello"));
	hear(used);
	say(busy, POST("/slow", "Content-Length: 2\r\n\r\nhi"));
	say(endless, GET("/stream?until=1000000"));
	n_done = 0;
	say(half, POST("/echo", "Content-Length: 2\r\n\r\nh"));
	if (!wait_for(1) || pthread_create(&thread, NULL, open_later, NULL))
		exit(2);
	from = now();
	http_stop(listener);
	ok(now() - from < 4, "it stops in %.2f s, whoever is there",
	   now() - from);
	pthread_join(thread, NULL);
	ok(hear(busy) == 200 && strcmp(body, "hi") == 0 &&
	           strstr(text, "\r\nConnection: close\r\n") &&
	           ends(busy, 5000),
	   "who was being answered got his answer");
	ok(ends(idle, 5000) && ends(used, 5000) && hear(half) == 0,
	   "the others none, and no half of one");
	ok(n_done == 1 && ends(endless, 5000),
	   "who was being told what has no end was cut off");
	close(idle);
	close(endless);
	close(used);
	close(busy);
	close(half);
	start(&(struct http_limits){ 0 });
	idle = dial(1);
	ask(1, GET("/hello"));
	from = now();
	http_stop(listener);
	ok(now() - from < 1, "in %.2f s if nobody is being answered",
	   now() - from);
	ok(ends(idle, 5000), "who was idle is shown out");
	close(idle);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	alarm(60);
	start(&(struct http_limits){ 0 });
	test_rows();
	test_requests();
	test_refused();
	test_gone();
	test_metrics();
	test_stream();
	http_stop(listener);
	start(&(struct http_limits){ .connections = 64,
	                             .per_address = 16,
	                             .idle_ms = 300,
	                             .arrive_ms = 500,
	                             .send_ms = 700 });
	test_slow();
	test_flood();
	http_stop(listener);
	start(&(struct http_limits){ .connections = 8, .per_address = 8 });
	test_way();
	http_stop(listener);
	start(&(struct http_limits){ 0 });
	test_turns();
	http_stop(listener);
	start(&(struct http_limits){ .workers = 2, .bodies = 400000 });
	test_busy();
	test_bodies();
	test_stop();
	start(&(struct http_limits){ .rate = 1, .burst = 3 });
	test_rate();
	http_stop(listener);
	test_rate_alone();
	test_address();
	return done();
}
