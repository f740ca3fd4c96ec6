/*
 * p_liar.c - a host that lies, for tests and the demo.  It stands before an honest
 * one at URL, and passes on what comes:
 *
 *	p_liar URL            as it is
 *	p_liar URL key        attestations, with a key of its own in them
 *	p_liar URL old        an attestation from before, whatever is asked for
 *	p_liar URL dressed    the same, with the nonce that is asked for put in
 *	p_liar URL request    messages, with one bit changed
 *	p_liar URL answer     answers, with one bit changed
 *
 * Its first line is its own URL; then comes a line for each request: its method,
 * and how many bytes of a message came with it.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "net/http.h"
#include "seal/hpke.h"
#include "seal/ohttp.h"

enum { NONCE_LEN = 32, MOST = 4 << 20 };

static const char *host, *lie;
static struct net_client *net;
static struct net_answer old; /* an attestation for a nonce of zeros */
static char text[MOST];       /* a request */

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "p_liar: %s\n", what);
	exit(2);
}

static bool lies(const char *how)
{
	return strcmp(lie, how) == 0;
}

/* ---- to the honest host */

static bool ask(struct net_answer *answer, const char *path,
                struct assay_bytes body)
{
	char url[512];

	snprintf(url, sizeof(url), "%s%s", host, path);
	return net_ask(net, answer,
	               &(struct net_request){
			       .url = url,
			       .type = body.len ? "message/ohttp-req" : NULL,
			       .body = body,
			       .answer_max = MOST,
		       },
	               NULL);
}

/* ---- lies */

/* Writes other bytes over a member of a bundle. */
static void put(struct net_answer *bundle, const char *member,
                const uint8_t *bytes, size_t n)
{
	char base64[128];
	char *at = strstr((char *)bundle->body, member);

	assay_base64_print(base64, bytes, n);
	must(at != NULL, "no such member");
	at += strlen(member);
	must(strcspn(at, "\"") == strlen(base64), "it has another length");
	memcpy(at, base64, strlen(base64));
}

static void put_own_key(struct net_answer *bundle)
{
	struct assay_hpke_pair own;
	struct assay_key_config config = { .aead = ASSAY_AES_256_GCM };
	uint8_t bytes[ASSAY_KEY_CONFIG_LEN];

	must(assay_hpke_pair_new(&own), "a key");
	memcpy(config.key, own.key, sizeof(config.key));
	assay_key_config_write(bytes, &config);
	put(bundle, "\"hpke\":\"", bytes, sizeof(bytes));
}

static void dress(const char *path)
{
	const char *hex = strstr(path, "?nonce=");
	uint8_t nonce[NONCE_LEN];

	must(hex && assay_hex_parse(
			    nonce, sizeof(nonce),
			    (struct assay_bytes){ (const uint8_t *)hex + 7,
	                                          2 * sizeof(nonce) }),
	     "a nonce");
	put(&old, "\"nonce\":\"", nonce, sizeof(nonce));
}

static void remember(void)
{
	char path[128] = "/attestation?nonce=";
	const uint8_t nonce[NONCE_LEN] = { 0 };

	assay_hex_print(path + strlen(path), nonce, sizeof(nonce), false);
	must(ask(&old, path, (struct assay_bytes){ 0 }) && old.status == 200,
	     "an attestation");
}

/* ---- to the client */

static void say(int fd, const struct net_answer *a)
{
	char head[128];
	int n = snprintf(head, sizeof(head),
	                 "HTTP/1.1 %u -\r\nConnection: close\r\n"
	                 "Content-Length: %zu\r\n\r\n",
	                 a->status, a->len);

	if (send(fd, head, (size_t)n, MSG_NOSIGNAL) != n ||
	    send(fd, a->body, a->len, MSG_NOSIGNAL) != (ssize_t)a->len)
		fprintf(stderr, "p_liar: nobody reads it\n");
}

static void attest(int fd, const char *path)
{
	struct net_answer got;

	if (lies("dressed"))
		dress(path);
	if (lies("old") || lies("dressed")) {
		say(fd, &old);
		return;
	}
	must(ask(&got, path, (struct assay_bytes){ 0 }), "an attestation");
	if (lies("key"))
		put_own_key(&got);
	say(fd, &got);
	net_forget(&got);
}

static void pass(int fd, const char *path, uint8_t *body, size_t len)
{
	struct net_answer got;

	body[len / 2] ^= lies("request");
	must(ask(&got, path, (struct assay_bytes){ body, len }), "an answer");
	if (lies("answer") && got.len)
		got.body[got.len / 2] ^= 1;
	say(fd, &got);
	net_forget(&got);
}

/* The body's length; -1: no whole request came. */
static ssize_t read_request(int fd, char **body)
{
	size_t n = 0, want = SIZE_MAX;

	*body = text;
	while (n < want) {
		const ssize_t got = recv(fd, text + n, MOST - 1 - n, 0);
		const char *length;

		if (got <= 0)
			return -1;
		n += (size_t)got;
		text[n] = 0;
		*body = strstr(text, "\r\n\r\n");
		if (!*body)
			continue;
		*body += 4;
		length = strcasestr(text, "\r\nContent-Length:");
		want = (size_t)(*body - text) +
		       (length ? strtoul(length + 17, NULL, 10) : 0);
	}
	return text + n - *body;
}

static void serve(int fd)
{
	char method[8], path[256], *body;
	const ssize_t len = read_request(fd, &body);

	if (len < 0 || sscanf(text, "%7s %255s", method, path) != 2)
		return;
	printf("%s %zd\n", method, len);
	if (len > 0)
		pass(fd, path, (uint8_t *)body, (size_t)len);
	else
		attest(fd, path);
}

static int listening(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 && bind(fd, (void *)&a, len) == 0 && listen(fd, 8) == 0 &&
	             getsockname(fd, (void *)&a, &len) == 0,
	     "a port");
	printf("http://127.0.0.1:%u\n", ntohs(a.sin_port));
	return fd;
}

int main(int argc, char **argv)
{
	int fd, client;

	must(argc >= 2 && argc <= 3, "p_liar URL [LIE]");
	host = argv[1];
	lie = argc == 3 ? argv[2] : "";
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	assay_crypto_start();
	net = net_start(&(struct net_options){ 0 });
	must(net != NULL, "memory");
	if (lies("old") || lies("dressed"))
		remember();
	fd = listening();
	while ((client = accept(fd, NULL, NULL)) >= 0) {
		serve(client);
		close(client);
	}
	return 1;
}
