/* t_flood.c - the HTTP listener and ten thousand connections of those who mean no
 * good; others get their answers meanwhile, and soon. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "serve/http.h"
#include "tap.h"

#ifdef __SANITIZE_ADDRESS__
enum { CROWD = 3000, MEMORY = 512 }; /* what is freed is kept for a while */
#else
enum { CROWD = 10000, MEMORY = 64 }; /* MiB */
#endif
enum {
	CONNECTIONS = 1024, /* as assay serve has them */
	PER_ADDRESS = 256,
	OPEN = CONNECTIONS + CONNECTIONS / 8 + 1, /* with those that end */
	SPARE = 200,                              /* descriptors */
	N_ASKED = 50,
};

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	exit(2);
}

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

static void hello(void *self, struct http_answer *a,
                  const struct http_request *r)
{
	(void)self;
	(void)r;
	a->status = 200;
	a->type = "text/plain";
	buf_printf(&a->body, "hello");
}

static bool more(void *state, struct buf *piece)
{
	(void)state;
	buf_put_zeros(piece, 16 << 10);
	return true;
}

/* It has no end. */
static void stream(void *self, struct http_answer *a,
                   const struct http_request *r)
{
	hello(self, a, r);
	a->more = more;
}

static void metrics(void *self, struct http_answer *a,
                    const struct http_request *r)
{
	hello(self, a, r);
	http_metrics(&a->body, r);
}

static void error(struct http_answer *a, unsigned status)
{
	a->status = status;
}

static const struct http_route routes[] = {
	{ .path = "/hello", .answer = hello },
	{ .path = "/post", .answer = hello, .body_max = 1 << 20 },
	{ .path = "/stream", .answer = stream },
	{ .path = "/metrics", .answer = metrics, .when = HTTP_QUICK },
	{ 0 },
};

static struct http_listener *listener;
static uint16_t port;

static void start(void)
{
	static struct http_service service = {
		.routes = routes,
		.error = error,
		.limits = { .workers = 4,
		            .connections = CONNECTIONS,
		            .per_address = PER_ADDRESS },
	};
	char why[HTTP_WHY_LEN];

	listener = http_listen("127.0.0.1:0", &service, why);
	must(listener, why);
	port = http_port(listener);
}

/* ---- the crowd: a process of its own, for each has so many descriptors */

/* What it is told: to begin, or (n is 0) to let go of all. */
struct order {
	uint16_t port;
	int n;
	unsigned addresses;
	const char *says[3]; /* each a third of them */
};

static int orders[2], reports[2];

static int dial(uint16_t to, uint32_t from)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(from) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1, little = 4096;

	must(fd >= 0, "socket");
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof(little));
	must(bind(fd, (const void *)&at, sizeof(at)) == 0, "bind");
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at.sin_port = htons(to);
	must(connect(fd, (const void *)&at, sizeof(at)) == 0, "connect");
	return fd;
}

static void crowd(void)
{
	static int fd[CROWD];
	struct order o;
	int n = 0;

	signal(SIGPIPE, SIG_IGN);
	while (read(orders[0], &o, sizeof(o)) == sizeof(o)) {
		for (; n < o.n; n++) {
			const char *says = o.says[n % 3];

			/* 127.1.0.1 and on */
			fd[n] = dial(o.port, 0x7f010001 + (unsigned)n / 3 %
			                                          o.addresses);
			if (says)
				send(fd[n], says, strlen(says), MSG_NOSIGNAL);
		}
		while (n > o.n)
			close(fd[--n]);
		must(write(reports[1], "", 1) == 1, "report");
	}
	_exit(0);
}

/* Up to so many as there may be. */
static int as_many(void)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur < OPEN + SPARE)
		return 0;
	return files.rlim_cur < CROWD + SPARE ? (int)files.rlim_cur - SPARE
	                                      : CROWD;
}

static void tell(const struct order *o)
{
	must(write(orders[1], o, sizeof(*o)) == sizeof(*o), "order");
}

static bool has_done(int ms)
{
	struct pollfd p = { .fd = reports[0], .events = POLLIN };
	char byte;

	return poll(&p, 1, ms) == 1 && read(reports[0], &byte, 1) == 1;
}

/* ---- somebody else */

static char text[1 << 20];

/* Over a connection of its own; the seconds it takes, or 99. */
static double ask(const char *path)
{
	const double from = now();
	const int fd = dial(port, INADDR_LOOPBACK);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t len = 0;
	ssize_t n = 1;

	dprintf(fd, "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
	        path);
	while (n > 0 && poll(&p, 1, 5000) == 1) {
		n = recv(fd, text + len, sizeof(text) - 1 - len, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	text[len] = 0;
	close(fd);
	return !n && strncmp(text, "HTTP/1.1 200 ", 13) == 0 ? now() - from
	                                                     : 99;
}

static long metric(const char *name)
{
	const char *at;

	ask("/metrics");
	at = strstr(text, name);
	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static long resident(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	must(f && fscanf(f, "%*d %ld", &pages) == 1, "/proc");
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void flood(const char *name, int n, unsigned addresses,
                  const char *const says[3])
{
	const struct order go = {
		port, n, addresses, { says[0], says[1], says[2] }
	};
	const struct order stop = { .n = 0 };
	const long before = resident();
	long gone = metric("\nassay_http_connections_displaced_total ") +
	            metric("\nassay_http_connections_refused_total ");
	long more_memory, open;
	static double took[1 << 16];
	const double from = now();
	size_t k = 0, m = 0;
	double all = 0;

	tell(&go);
	while (k < m + N_ASKED && k < sizeof(took) / sizeof(*took)) {
		took[k++] = ask("/hello");
		if (all == 0 && has_done(0))
			all = now() - from;
		m = all == 0 ? k : m;
	}
	qsort(took, k, sizeof(*took), by_size);
	note("%s: %d connections of %u addresses in %.2f s, %zu requests of "
	     "another meanwhile; each in %.1f ms, the slowest in %.0f ms",
	     name, n, addresses, all, m, took[k / 2] * 1e3, took[k - 1] * 1e3);
	ok(took[k - 1] < 3, "%s: others are answered", name);
	more_memory = resident() - before;
	open = metric("\nassay_http_connections ");
	gone = metric("\nassay_http_connections_displaced_total ") +
	       metric("\nassay_http_connections_refused_total ") - gone;
	ok(more_memory < (long)MEMORY << 20, "memory is bounded: %ld KiB more",
	   more_memory >> 10);
	ok(open > CONNECTIONS / 2 && open <= OPEN && gone >= n - OPEN,
	   "it tells that %ld are there, and %ld had to go", open, gone);
	tell(&stop);
	must(has_done(30000), "the crowd does not go");
	for (int i = 0; i < 250 && metric("\nassay_http_connections ") > 1; i++)
		nap(20);
	ok(metric("\nassay_http_connections ") == 1, "they are forgotten");
}

int main(void)
{
	const int n = as_many();
	const char *const half = "GET /hello HTTP/1.1\r\nHost: ";
	const char *const body = "POST /post HTTP/1.1\r\nHost: h\r\n"
				 "Content-Length: 1000000\r\n\r\n{";
	const char *const deaf = "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n";
	pid_t child;

	signal(SIGPIPE, SIG_IGN);
	if (!n) {
		skip("open files are limited", "a flood");
		return done();
	}
	must(pipe(orders) == 0 && pipe(reports) == 0, "pipe");
	child = fork();
	must(child >= 0, "fork");
	if (!child) {
		close(orders[1]);
		crowd();
	}
	start();
	flood("silence, half requests, deaf ears", n, 1000,
	      (const char *const[3]){ NULL, body, deaf });
	flood("a few that want all", n / 2, 6,
	      (const char *const[3]){ half, half, half });
	http_stop(listener);
	close(orders[1]);
	must(waitpid(child, NULL, 0) == child, "the crowd");
	return done();
}
