/* t_https.c - the listener behind TLS, at a descriptor that it was given, and
 * what a service manager is told. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "crypto/selfsigned.h"
#include "net/http.h"
#include "os/systemd.h"
#include "serve/http.h"
#include "tap.h"

enum { DAY = 86400 };

static char key[ASSAY_PEM_KEY_MAX], cert[ASSAY_PEM_CERT_MAX];
static char ca_file[] = "/tmp/t_https.XXXXXX";

static struct assay_bytes bytes_of(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

static void hello(void *self, struct http_answer *a,
                  const struct http_request *r)
{
	(void)self;
	a->status = 200;
	a->type = "text/plain";
	buf_printf(&a->body, "hello, %zu", http_body(r).len);
}

static void error(struct http_answer *a, unsigned status)
{
	a->status = status;
}

static const struct http_route routes[] = {
	{ .path = "/hello", .answer = hello, .body_max = 1 << 20 },
	{ 0 },
};

static struct http_service service = {
	.routes = routes,
	.error = error,
	.limits = { .idle_ms = 300, .arrive_ms = 1000 },
};

static struct http_listener *start(const char *at)
{
	char why[HTTP_WHY_LEN];
	struct http_listener *l = http_listen(at, &service, why);

	if (!l)
		note("%s", why);
	return l;
}

/* How far one request came, to https://HOST:PORT/hello. */
static enum net_stage ask(const char *scheme, const char *host, unsigned port,
                          const char *trust, unsigned *status)
{
	static const uint8_t body[1000];
	const struct net_options options = { .ca_file = trust,
		                             .total_ms = 5000 };
	struct net_client *c = net_start(&options);
	struct net_answer answer;
	struct net_err err = { 0 };
	char url[100];
	bool good;

	snprintf(url, sizeof(url), "%s://%s:%u/hello", scheme, host, port);
	*status = 0;
	if (!c)
		exit(2);
	good = net_ask(c, &answer,
	               &(struct net_request){ .url = url,
	                                      .type = "text/plain",
	                                      .body = { body, sizeof(body) },
	                                      .answer_max = 100 },
	               &err);
	if (good)
		*status = answer.status;
	net_forget(&answer);
	net_end(c);
	return err.stage;
}

/* ---- keys and certificates */

static void test_certificate(void)
{
	static char rsa[ASSAY_PEM_KEY_MAX], other[ASSAY_PEM_CERT_MAX];
	const int64_t now = time(NULL);

	ok(assay_pem_key_new(key, false) &&
	           assay_self_signed(cert, bytes_of(key), "assay",
	                             "DNS:localhost,IP:127.0.0.1", now - DAY,
	                             now + DAY) &&
	           strncmp(cert, "-----BEGIN CERTIFICATE-----", 27) == 0,
	   "a key, and a certificate");
	ok(assay_pem_key_new(rsa, true) &&
	           assay_self_signed(other, bytes_of(rsa), "assay", NULL,
	                             now - DAY, now + DAY),
	   "the same with RSA");
	ok(!assay_self_signed(other, bytes_of("none"), "assay", NULL, now,
	                      now + DAY) &&
	           !other[0],
	   "no key, no certificate");
	ok(!assay_self_signed(other, bytes_of(key), "assay", "IP:nowhere", now,
	                      now + DAY),
	   "nor for an address that is none");
}

static void write_ca(void)
{
	int fd = mkstemp(ca_file);

	if (fd < 0 || write(fd, cert, strlen(cert)) != (ssize_t)strlen(cert))
		exit(2);
	close(fd);
}

/* ---- TLS */

static int dial(unsigned port)
{
	const struct sockaddr_in at = { .sin_family = AF_INET,
		                        .sin_port = htons((uint16_t)port),
		                        .sin_addr = {
						htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const void *)&at, sizeof(at)) != 0)
		exit(2);
	return fd;
}

/* Whether the other end closes within five seconds; what it says is read. */
static bool is_closed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char some[512];
	ssize_t n;

	do {
		if (poll(&p, 1, 5000) != 1)
			return false;
		n = read(fd, some, sizeof(some));
	} while (n > 0);
	close(fd);
	return true;
}

static void test_tls(void)
{
	static const char plain[] = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";
	struct http_listener *l;
	unsigned status, port;
	int fd;

	service.tls_cert = cert;
	service.tls_key = key;
	l = start("127.0.0.1:0");
	if (!l)
		exit(2);
	port = http_port(l);
	ok(ask("https", "127.0.0.1", port, ca_file, &status) == NET_FAILED &&
	           status == 200,
	   "it answers who trusts its certificate");
	ok(ask("https", "localhost", port, ca_file, &status) == NET_FAILED &&
	           status == 200,
	   "by its name, too");
	ok(ask("https", "127.0.0.1", port, NULL, &status) == NET_TLS,
	   "who does not sends nothing");
	ok(ask("http", "127.0.0.1", port, NULL, &status) != NET_FAILED,
	   "without TLS there is no answer");
	fd = dial(port);
	ok(write(fd, plain, sizeof(plain) - 1) > 0 && is_closed(fd),
	   "HTTP where TLS is wanted is cut off");
	fd = dial(port);
	ok(is_closed(fd), "who begins no handshake is, too");
	fd = dial(port);
	ok(write(fd, "\x16\x03\x01\x02\x00\x01", 6) == 6 && is_closed(fd),
	   "and who does not end one");
	ok(ask("https", "127.0.0.1", port, ca_file, &status) == NET_FAILED &&
	           status == 200,
	   "others are answered meanwhile");
	http_stop(l);
}

static void test_bad_key(void)
{
	static char other[ASSAY_PEM_KEY_MAX];
	char why[HTTP_WHY_LEN];

	if (!assay_pem_key_new(other, false))
		exit(2);
	service.tls_key = "no key";
	ok(!http_listen("127.0.0.1:0", &service, why) &&
	           strstr(why, "certificate and key"),
	   "a key that is none: %s", why);
	service.tls_cert = service.tls_key = NULL;
}

/* ---- a descriptor that listens */

static void test_descriptor(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct http_listener *l;
	unsigned status;
	char text[20];

	if (fd < 0 || bind(fd, (const void *)&at, sizeof(at)) != 0 ||
	    listen(fd, 8) != 0)
		exit(2);
	snprintf(text, sizeof(text), "fd:%d", fd);
	l = start(text);
	if (!l)
		exit(2);
	ok(ask("http", "127.0.0.1", http_port(l), NULL, &status) ==
	                   NET_FAILED &&
	           status == 200,
	   "a descriptor is listened at");
	http_stop(l);
	ok(!start("fd:") && !start("fd:x") && !start("fd:999"),
	   "what is none is not");
}

/* ---- the service manager */

static void test_activated(void)
{
	char pid[20];

	unsetenv("LISTEN_PID");
	ok(systemd_listening() == -1, "nothing was handed over");
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", "1", 1);
	setenv("LISTEN_FDS", "1", 1);
	ok(systemd_listening() == -1 && !getenv("LISTEN_FDS"),
	   "what was, was for another");
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "2", 1);
	ok(systemd_listening() == -1, "two are not taken");
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	if (dup2(STDERR_FILENO, 3) != 3)
		exit(2);
	ok(systemd_listening() == 3 && !getenv("LISTEN_PID"),
	   "one is, and is not inherited as well");
	close(3);
}

static void test_told(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char got[32] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	unsetenv("NOTIFY_SOCKET");
	ok(systemd_tell("READY=1"), "nobody is told");
	snprintf(at.sun_path, sizeof(at.sun_path), "%s.socket", ca_file);
	setenv("NOTIFY_SOCKET", at.sun_path, 1);
	ok(!systemd_tell("READY=1"), "who is not there cannot be");
	if (fd < 0 || bind(fd, (const void *)&at, sizeof(at)) != 0)
		exit(2);
	ok(systemd_tell("READY=1") && recv(fd, got, sizeof(got), 0) == 7 &&
	           strcmp(got, "READY=1") == 0,
	   "who is, is");
	close(fd);
	unlink(at.sun_path);
	unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_certificate();
	write_ca();
	test_tls();
	test_bad_key();
	test_descriptor();
	test_activated();
	test_told();
	unlink(ca_file);
	return done();
}
