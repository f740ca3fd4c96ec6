/*
 * b_http.c - what a POST costs, over connections that are kept: processor time
 * of listener and client together, in user and kernel, beyond that of the same
 * bytes sent there and back over the same sockets.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "net/http.h"
#include "serve/http.h"

enum { N_RUNS = 9, N_TRIPS = 2000, N_CONNECTIONS = 32, BODY = 1024 };

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "b_http: %s\n", what);
	exit(2);
}

/* Of all threads, in microseconds. */
static double cpu(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

/* ---- two servers: the listener, and one that only sends and receives */

static char request[BODY + 256], answer[BODY + 256];
static size_t request_len, answer_len;

static void echo(void *self, struct http_answer *a,
                 const struct http_request *r)
{
	(void)self;
	a->status = 200;
	a->type = "text/plain";
	buf_put_bytes(&a->body, http_body(r));
}

static void error(struct http_answer *a, unsigned status)
{
	a->status = status;
}

static bool move_all(int fd, char *p, size_t n, bool out)
{
	while (n) {
		ssize_t moved = out ? send(fd, p, n, MSG_NOSIGNAL)
		                    : recv(fd, p, n, 0);

		if (moved <= 0)
			return false;
		p += moved;
		n -= (size_t)moved;
	}
	return true;
}

static void *play(void *arg)
{
	const int fd = (int)(intptr_t)arg;
	char got[sizeof(request)];

	while (move_all(fd, got, request_len, false) &&
	       move_all(fd, answer, answer_len, true))
		;
	close(fd);
	return NULL;
}

static int dial(uint16_t port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		                        .sin_port = htons(port),
		                        .sin_addr.s_addr =
		                                htonl(INADDR_LOOPBACK) };
	const int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 &&
	             connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0,
	     "no connection");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	return fd;
}

/* A connection to a thread of the plain server. */
static int dial_plain(int listening, uint16_t port)
{
	int fd = dial(port);
	int other = accept(listening, NULL, NULL);
	const int yes = 1;
	pthread_t thread = 0;

	setsockopt(other, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	must(other >= 0 && pthread_create(&thread, NULL, play,
	                                  (void *)(intptr_t)other) == 0,
	     "no thread");
	pthread_detach(thread);
	return fd;
}

/* ---- round trips */

/* Microseconds for each, over so many connections at once. */
static double trips(const int *fd, unsigned n)
{
	char got[sizeof(answer)];
	const double from = cpu();

	for (unsigned i = 0; i < N_TRIPS / n; i++) {
		for (unsigned k = 0; k < n; k++)
			must(move_all(fd[k], request, request_len, true),
			     "not sent");
		for (unsigned k = 0; k < n; k++)
			must(move_all(fd[k], got, answer_len, false),
			     "no answer");
	}
	return (cpu() - from) / (N_TRIPS / n * n);
}

static double asks(struct net_client *c, uint16_t port)
{
	static const uint8_t body[BODY];
	struct net_answer a;
	struct net_err err;
	char url[64];
	double from;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/echo", port);
	from = cpu();
	for (unsigned i = 0; i < N_TRIPS; i++) {
		must(net_ask(c, &a,
		             &(struct net_request){ .url = url,
		                                    .type = "text/plain",
		                                    .body = { body, BODY },
		                                    .answer_max = BODY },
		             &err) &&
		             a.status == 200 && a.len == BODY,
		     "no answer");
		net_forget(&a);
	}
	return (cpu() - from) / N_TRIPS;
}

/* The request, and how long its answer is. */
static void prepare(uint16_t port)
{
	ssize_t n;
	int fd = dial(port);

	request_len = (size_t)snprintf(
		request, sizeof(request),
		"POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
		"text/plain\r\nContent-Length: %d\r\n\r\n%0*d",
		BODY, BODY, 1);
	must(move_all(fd, request, request_len, true), "not sent");
	while (!answer_len || !strstr(answer, "\r\n\r\n0") ||
	       answer[answer_len - 1] != '1') {
		n = recv(fd, answer + answer_len,
		         sizeof(answer) - 1 - answer_len, 0);
		must(n > 0, "no answer");
		answer_len += (size_t)n;
	}
	close(fd);
}

int main(void)
{
	static const struct http_route routes[] = {
		{ .path = "/echo", .answer = echo, .body_max = BODY }, { 0 }
	};
	const struct http_service service = { .routes = routes,
		                              .error = error };
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	const int listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	double plain[2][N_RUNS], http[2][N_RUNS], net[N_RUNS], p1, p2, h1, h2,
		n1;
	int fd[N_CONNECTIONS], plain_fd[N_CONNECTIONS], missed;
	char why[HTTP_WHY_LEN];
	struct http_listener *l = http_listen("127.0.0.1:0", &service, why);
	struct net_client *c = net_start(&(struct net_options){ 0 });

	signal(SIGPIPE, SIG_IGN);
	must(l, why);
	must(c && listening >= 0 &&
	             bind(listening, (struct sockaddr *)&at, len) == 0 &&
	             listen(listening, N_CONNECTIONS) == 0 &&
	             getsockname(listening, (struct sockaddr *)&at, &len) == 0,
	     "no socket");
	prepare(http_port(l));
	for (unsigned i = 0; i < N_CONNECTIONS; i++) {
		for (unsigned k = 0; i == 1 && k < N_RUNS; k++) {
			plain[0][k] = trips(plain_fd, 1);
			http[0][k] = trips(fd, 1);
			net[k] = asks(c, http_port(l));
		}
		fd[i] = dial(http_port(l));
		plain_fd[i] = dial_plain(listening, ntohs(at.sin_port));
	}
	for (unsigned i = 0; i < N_RUNS; i++) {
		plain[1][i] = trips(plain_fd, N_CONNECTIONS);
		http[1][i] = trips(fd, N_CONNECTIONS);
	}
	for (unsigned i = 0; i < N_CONNECTIONS; i++) {
		close(fd[i]);
		close(plain_fd[i]);
	}
	net_end(c);
	http_stop(l);
	close(listening);
	p1 = bench_median(plain[0], N_RUNS);
	h1 = bench_median(http[0], N_RUNS);
	p2 = bench_median(plain[1], N_RUNS);
	h2 = bench_median(http[1], N_RUNS);
	n1 = bench_median(net, N_RUNS);
	bench_row("1 KiB over a socket", p1, "us", 1, 0, false);
	bench_row("POST of 1 KiB", h1, "us", h1 / p1, 0, false);
	missed = bench_row("POST, beyond the socket", h1 - p1, "us", h1 - p1,
	                   60, false);
	bench_row("32 sockets, 1 KiB", p2, "us", 1, 0, false);
	bench_row("32 connections, POST", h2, "us", h2 / p2, 0, false);
	missed += bench_row("32, beyond the sockets", h2 - p2, "us", h2 - p2,
	                    60, false);
	bench_row("asked by net_ask", n1, "us", n1 / p1, 0, false);
	bench_row("net_ask, beyond plain POST", n1 - h1, "us", n1 - h1, 0,
	          false);
	return missed ? 1 : 0;
}
