/* t_wipe.c - what a request brought along is in the listener's memory no longer
 * than it must be: it is looked for, byte for byte. */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "crypto/signkey.h"
#include "net/http.h"
#include "serve/http.h"
#include "tap.h"

#ifdef __SANITIZE_ADDRESS__
enum { IS_WATCHED = 1 };
#else
enum { IS_WATCHED = 0 };
#endif
enum { SECRET = 24, TIMES = 4000, DAY = 86400 };

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "t_wipe: %s\n", what);
	exit(2);
}

/* ---- what is looked for: this process knows it only disguised */

static char disguised[SECRET];

static void disguise(void)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEF";

	must(getentropy(disguised, sizeof(disguised)) == 0, "no randomness");
	for (size_t i = 0; i < SECRET; i++)
		disguised[i] = letters[disguised[i] & 31] ^ 1;
}

static bool is_secret(const char *at)
{
	size_t i = 0;

	while (i < SECRET && at[i] == (disguised[i] ^ 1))
		i++;
	return i == SECRET;
}

static size_t count(const char *p, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i + SECRET <= n; i++)
		found += is_secret(p + i);
	return found;
}

/* How often it is in memory that may be written to. */
static size_t look(void)
{
	static char part[1 << 20];
	FILE *maps = fopen("/proc/self/maps", "r");
	const int mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char line[512], rights[5];
	uint64_t from, to;
	size_t found = 0;

	must(maps && mem >= 0, "no /proc");
	while (fgets(line, sizeof(line), maps)) {
		must(sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &from, &to,
		            rights) == 3,
		     "no map");
		for (; rights[0] == 'r' && rights[1] == 'w' && from < to;
		     from += sizeof(part) - SECRET) {
			const size_t n = to - from < sizeof(part)
			                         ? (size_t)(to - from)
			                         : sizeof(part);
			const ssize_t got = pread(mem, part, n, (off_t)from);

			if (got > 0)
				found += count(part, (size_t)got);
			memset(part, 0, sizeof(part));
		}
	}
	fclose(maps);
	close(mem);
	return found;
}

/* ---- a service */

static char cert[ASSAY_PEM_CERT_MAX];
static uint8_t key[ASSAY_KEY_PEM_MAX];
static size_t n_bodies, n_headers; /* of them that were right */

static void echo(void *self, struct http_answer *a,
                 const struct http_request *r)
{
	const struct assay_bytes body = http_body(r);
	const char *header = http_header(r, "Authorization");

	(void)self;
	n_bodies += body.len == (size_t)TIMES * SECRET &&
	            count((const char *)body.ptr, body.len) == TIMES;
	n_headers += header && is_secret(header);
	a->status = 200;
	a->type = "text/plain";
	buf_put_bytes(&a->body, body);
}

static void error(struct http_answer *a, unsigned status)
{
	a->status = status;
}

static const struct http_route routes[] = {
	{ .path = "/echo", .answer = echo, .body_max = 1 << 20 },
	{ .path = "/small", .answer = echo, .body_max = 50000 },
	{ 0 },
};

static struct http_service service = { .routes = routes, .error = error };

/* ---- a client, which is another process: it has the secret in clear */

static int orders[2], reports[2];
static char ca_file[] = "/tmp/t_wipe.XXXXXX";

static unsigned ask(const char *url, struct assay_bytes body,
                    const char *const *headers)
{
	const struct net_options options = { .ca_file = ca_file,
		                             .total_ms = 5000 };
	struct net_client *c = net_start(&options);
	const struct net_request request = { .url = url,
		                             .type = "text/plain",
		                             .body = body,
		                             .headers = headers,
		                             .answer_max = 1 << 20 };
	struct net_answer answer;
	struct net_err err;
	unsigned status;

	must(c, "no client");
	if (!net_ask(c, &answer, &request, &err))
		fprintf(stderr, "t_wipe: %s\n", err.text);
	status = answer.status;
	net_forget(&answer);
	net_end(c);
	return status;
}

static void client(void)
{
	static char header[100], body[TIMES * SECRET];
	static const char *const headers[] = { header, NULL };
	char url[100], *at = header + sprintf(header, "Authorization: ");
	unsigned status;

	for (size_t i = 0; i < SECRET; i++)
		at[i] = disguised[i] ^ 1;
	for (size_t i = 0; i < TIMES; i++)
		memcpy(body + i * SECRET, at, SECRET);
	while (read(orders[0], url, sizeof(url)) == sizeof(url)) {
		status = ask(url,
		             (struct assay_bytes){ (const uint8_t *)body,
		                                   sizeof(body) },
		             headers);
		must(write(reports[1], &status, sizeof(status)) ==
		             sizeof(status),
		     "no report");
	}
	_exit(0);
}

static pid_t start_client(void)
{
	pid_t pid;

	must(pipe(orders) == 0 && pipe(reports) == 0, "no pipe");
	pid = fork();
	must(pid >= 0, "no process");
	if (!pid) {
		close(orders[1]);
		client();
	}
	close(orders[0]);
	return pid;
}

static unsigned has_status(const char *scheme, unsigned port, const char *path)
{
	char url[100] = { 0 };
	unsigned status = 0;

	snprintf(url, sizeof(url), "%s://127.0.0.1:%u%s", scheme, port, path);
	must(write(orders[1], url, sizeof(url)) == sizeof(url) &&
	             read(reports[0], &status, sizeof(status)) ==
	                     sizeof(status),
	     "the client has gone");
	return status;
}

/* ---- tests */

static void test_search(void)
{
	char *p = malloc(100);

	must(p, "no memory");
	ok(look() == 0, "there is none before");
	for (size_t i = 0; i < SECRET; i++)
		p[33 + i] = disguised[i] ^ 1;
	ok(look() == 1, "where there is one it is found");
	assay_wipe(p, 100);
	free(p);
}

static void test_listener(const char *scheme)
{
	char why[HTTP_WHY_LEN];
	struct http_listener *l = http_listen("127.0.0.1:0", &service, why);
	size_t left;

	must(l, why);
	n_bodies = n_headers = 0;
	ok(has_status(scheme, http_port(l), "/echo") == 200 &&
	           has_status(scheme, http_port(l), "/echo") == 200 &&
	           n_bodies == 2 && n_headers == 2,
	   "%s: a secret is there, and comes back", scheme);
	ok(has_status(scheme, http_port(l), "/small") == 413,
	   "%s: it is refused", scheme);
	http_stop(l);
	left = look();
	ok(left == 0, "%s: nothing is left of it: %zu", scheme, left);
}

int main(void)
{
	const int64_t now = time(NULL);
	int fd, status;
	size_t len;
	pid_t pid;

	signal(SIGPIPE, SIG_IGN);
	if (IS_WATCHED) {
		skip("memory is watched, which takes terabytes", "the search");
		return done();
	}
	disguise();
	must(assay_sign_key_make(key, &len, ASSAY_SIGN_P256) &&
	             assay_self_signed(cert, (struct assay_bytes){ key, len },
	                               "assay", "IP:127.0.0.1", now - DAY,
	                               now + DAY),
	     "no certificate");
	fd = mkstemp(ca_file);
	must(fd >= 0 && dprintf(fd, "%s", cert) > 0, "no file");
	close(fd);
	pid = start_client();
	test_search();
	test_listener("http");
	service.tls_cert = cert;
	service.tls_key = (const char *)key;
	test_listener("https");
	close(orders[1]);
	ok(waitpid(pid, &status, 0) == pid && status == 0, "the client ends");
	unlink(ca_file);
	return done();
}
