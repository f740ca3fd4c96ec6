/* t_https.c - the listener behind TLS, at a descriptor that it was given, and
 * what a service manager is told. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "crypto/signkey.h"
#include "net/collateral.h"
#include "net/http.h"
#include "os/systemd.h"
#include "serve/http.h"
#include "tap.h"

enum { DAY = 86400 };

static uint8_t key[ASSAY_KEY_PEM_MAX];
static char cert[ASSAY_PEM_CERT_MAX];
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
	static uint8_t rsa[ASSAY_KEY_PEM_MAX];
	static char other[ASSAY_PEM_CERT_MAX];
	size_t len, rsa_len;
	const int64_t now = time(NULL);

	ok(assay_sign_key_make(key, &len, ASSAY_SIGN_P256) &&
	           assay_self_signed(cert, (struct assay_bytes){ key, len },
	                             "assay", "DNS:localhost,IP:127.0.0.1",
	                             now - DAY, now + DAY) &&
	           strncmp(cert, "-----BEGIN CERTIFICATE-----", 27) == 0,
	   "a key, and a certificate");
	ok(assay_sign_key_make(rsa, &rsa_len, ASSAY_SIGN_RSA) &&
	           assay_self_signed(other,
	                             (struct assay_bytes){ rsa, rsa_len },
	                             "assay", NULL, now - DAY, now + DAY),
	   "the same with RSA");
	ok(!assay_self_signed(other, bytes_of("none"), "assay", NULL, now,
	                      now + DAY) &&
	           !other[0],
	   "no key, no certificate");
	ok(!assay_self_signed(other, (struct assay_bytes){ key, len }, "assay",
	                      "IP:nowhere", now, now + DAY),
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
	service.tls_key = (const char *)key;
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

/* Begun handshakes and what is none, more than there are places. */
static void test_tls_crowd(void)
{
	enum { N = 300, CONNECTIONS = 64 };
	static const struct {
		const char *bytes;
		size_t n;
	} says[] = {
		{ "", 0 },
		{ "\x16\x03\x01\x02\x00\x01", 6 },
		{ "\x16\x03\x01\x00\x04\x01\x00\x00\x00", 9 },
		{ "\x16\x03\x01\xff\xff\x01\x00\xff\xff", 9 },
		{ "\x17\x03\x03\x00\x05hello", 10 },
		{ "\x15\x03\x03\x00\x02\x02\x28", 7 },
		{ "\x80\x2e\x01\x00\x02\x00\x15", 7 },
		{ "\0\0\0\0\0\0\0\0\0\0", 10 },
	};
	int fd[N], n_closed = 0;
	struct http_listener *l;
	unsigned status, good = 0;

	service.limits.connections = CONNECTIONS;
	l = start("127.0.0.1:0");
	if (!l)
		exit(2);
	for (size_t i = 0; i < N; i++) {
		fd[i] = dial(http_port(l));
		send(fd[i], says[i % 8].bytes, says[i % 8].n, MSG_NOSIGNAL);
		if (i % 50)
			continue;
		ask("https", "127.0.0.1", http_port(l), ca_file, &status);
		good += status == 200;
	}
	ok(good == N / 50, "a crowd without TLS holds up nobody");
	for (size_t i = 0; i < N; i++)
		n_closed += is_closed(fd[i]);
	ok(n_closed == N, "and is shown out");
	http_stop(l);
	service.limits.connections = 0;
}

/* A TLS client that does what others do not; NULL: no handshake. */
static SSL *meet(SSL_CTX *ctx, int fd, int version)
{
	SSL *s = SSL_new(ctx);

	if (!s || !SSL_set_fd(s, fd) ||
	    !SSL_set_cipher_list(s, "ALL:@SECLEVEL=0") ||
	    !SSL_set_min_proto_version(s, version) ||
	    !SSL_set_max_proto_version(s, version))
		exit(2);
	if (SSL_connect(s) == 1)
		return s;
	SSL_free(s);
	return NULL;
}

static void test_versions(void)
{
	static const char request[] = "POST /hello HTTP/1.1\r\nHost: h\r\n"
				      "Content-Length: 0\r\n\r\n";
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct http_listener *l = start("127.0.0.1:0");
	char some[1024];
	unsigned status;
	SSL *s;
	int fd;

	if (!ctx || !l)
		exit(2);
	fd = dial(http_port(l));
	ok(!meet(ctx, fd, TLS1_1_VERSION), "TLS 1.1 is refused");
	close(fd);
	fd = dial(http_port(l));
	s = meet(ctx, fd, TLS1_2_VERSION);
	ok(s && SSL_write(s, request, sizeof(request) - 1) > 0 &&
	           SSL_read(s, some, sizeof(some)) > 0 &&
	           strncmp(some, "HTTP/1.1 200", 12) == 0,
	   "TLS 1.2 is not");
	ok(s && SSL_renegotiate(s) == 1 && SSL_do_handshake(s) != 1 &&
	           is_closed(fd),
	   "who wants to negotiate again is shown out");
	SSL_free(s);
	ask("https", "127.0.0.1", http_port(l), ca_file, &status);
	ok(status == 200, "others are answered");
	SSL_CTX_free(ctx);
	http_stop(l);
}

/* ---- a PCS whose TLS is broken */

/* What is said of it to who fetches documents there. */
static unsigned patience_ms = 5000;

static const char *pcs_says(const char *host, unsigned port, const char *trust)
{
	static char why[COLLATERAL_WHY];
	const struct collateral_want want = { .tee = ASSAY_TEE_SGX };
	char url[100];
	const char *const urls[] = { url };
	const struct collateral_options o = { .url = urls,
		                              .n_urls = 1,
		                              .net.ca_file = trust,
		                              .net.total_ms = patience_ms };
	struct collateral_source *s;
	struct collateral_set set;

	snprintf(url, sizeof(url), "https://%s:%u", host, port);
	s = collateral_open(&o, why);
	if (!s || collateral_get(&set, s, &want, DAY, false, why))
		exit(2);
	collateral_close(s);
	return why;
}

/* One test: this is said, in one line. */
static void says(const char *why, const char *what, const char *todo,
                 const char *name)
{
	if (!ok(strstr(why, what) && strstr(why, todo) && !strchr(why, '\n'),
	        "%s: %s", name, why))
		note("wanted: %s, %s", what, todo);
}

/* A listener with this certificate, which who asks trusts. */
static struct http_listener *start_with(const char *sans, int64_t from,
                                        int64_t until)
{
	if (!assay_self_signed(cert, bytes_of((const char *)key), "assay", sans,
	                       from, until))
		exit(2);
	unlink(ca_file);
	strcpy(ca_file, "/tmp/t_https.XXXXXX");
	write_ca();
	service.tls_cert = cert;
	service.tls_key = (const char *)key;
	return start("127.0.0.1:0");
}

static void test_broken_certificates(void)
{
	static const char here[] = "DNS:localhost,IP:127.0.0.1";
	const int64_t now = time(NULL);
	struct http_listener *l;
	unsigned port;

	l = start_with("DNS:elsewhere.example", now - DAY, now + DAY);
	port = http_port(l);
	says(pcs_says("localhost", port, ca_file),
	     "TLS failed: ", "ask it by a name that its certificate is for",
	     "a certificate of another name");
	says(pcs_says("127.0.0.1", port, ca_file),
	     "TLS failed: ", "ask it by a name that its certificate is for",
	     "or address");
	http_stop(l);
	l = start_with(here, now - 2 * DAY, now - DAY);
	says(pcs_says("localhost", http_port(l), ca_file), "has expired",
	     "have its certificate renewed", "one that has ended");
	http_stop(l);
	l = start_with(here, now + DAY, now + 2 * DAY);
	says(pcs_says("localhost", http_port(l), ca_file), "not yet valid",
	     "look at this machine's clock", "one that has not begun");
	http_stop(l);
	l = start_with(here, now - DAY, now + DAY);
	port = http_port(l);
	says(pcs_says("localhost", port, NULL),
	     "TLS failed: ", "--ca-file names who signs its certificate",
	     "one that signs itself");
	says(pcs_says("localhost", port, "/nowhere"),
	     "TLS failed: ", "--ca-file wants certificates in PEM",
	     "a file that is not there");
	says(pcs_says("localhost", port, ca_file), "has no such document (404",
	     "", "but where that one is named, it is asked");
	http_stop(l);
}

/* The beginning of a handshake. */
struct hello {
	int fd;
	const void *says;
	size_t len;
};

/* Says that to the first who comes, and no more, until he goes. */
static void *say_hello(void *arg)
{
	const struct hello *h = arg;
	const int fd = accept(h->fd, NULL, NULL);
	char some[4096];

	if (fd < 0 || read(fd, some, sizeof(some)) <= 0 ||
	    write(fd, h->says, h->len) != (ssize_t)h->len)
		exit(2);
	while (read(fd, some, sizeof(some)) > 0)
		;
	close(fd);
	return NULL;
}

static void broken_hello(const void *hello, size_t len, const char *what,
                         const char *todo, const char *name)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		                  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct hello h = { socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
		           hello, len };
	socklen_t size = sizeof(at);
	pthread_t thread;

	if (h.fd < 0 || bind(h.fd, (void *)&at, size) != 0 ||
	    getsockname(h.fd, (void *)&at, &size) != 0 ||
	    listen(h.fd, 8) != 0 ||
	    pthread_create(&thread, NULL, say_hello, &h) != 0)
		exit(2);
	says(pcs_says("127.0.0.1", ntohs(at.sin_port), ca_file), what, todo,
	     name);
	pthread_join(thread, NULL);
	close(h.fd);
}

static void test_broken_handshakes(void)
{
	/* a ServerHello of TLS 1.0, with TLS_RSA_WITH_AES_128_CBC_SHA */
	static const uint8_t tls10[47] = { 0x16, 3, 1,  0, 42, 2,
		                           0,    0, 38, 3, 1,  [44] = 0x2f };

	broken_hello(tls10, sizeof(tls10),
	             "TLS failed: ", "it has to speak TLS 1.2 or 1.3",
	             "TLS 1.0");
	broken_hello("HTTP/1.1 400 No\r\n\r\n", 19,
	             "TLS failed: ", "look at the address", "HTTP");
	patience_ms = 300;
	broken_hello(tls10, 20, "timed out after", "",
	             "a handshake that stalls");
	broken_hello(tls10, 0, "timed out after", "",
	             "one that does not begin");
}

static void test_bad_key(void)
{
	char why[HTTP_WHY_LEN];

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
	test_tls_crowd();
	test_versions();
	test_broken_certificates();
	test_broken_handshakes();
	test_bad_key();
	test_descriptor();
	test_activated();
	test_told();
	unlink(ca_file);
	return done();
}
