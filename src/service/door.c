/* door.c - a TLS listener whose clients show a certificate of their own. */
#include "service/door.h"

#include "serve/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct door_client {
	int fd, stop;
	int64_t deadline; /* of the clock below, in milliseconds */
	SSL *ssl;
	struct assay_bytes cert, key;
	char address[DOOR_ADDRESS_LEN];
};

struct door {
	int fd, stop; /* listens; readable when it is to end */
	SSL_CTX *tls;
	void (*serve)(void *self, struct door_client *client);
	void *self;
	pthread_t thread[DOOR_THREADS];
	unsigned n_threads;
	pthread_mutex_t lock;      /* of what follows */
	uint64_t at[DOOR_THREADS]; /* addresses that are served */
	unsigned n_at;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

/* ---- a client's bytes */

static bool wait_for(const struct door_client *c, short events)
{
	struct pollfd fds[] = {
		{ .fd = c->fd, .events = events },
		{ .fd = c->stop, .events = POLLIN },
	};
	int64_t left = c->deadline - now_ms();

	return left > 0 && poll(fds, 2, (int)left) > 0 && !fds[1].revents;
}

/* Whether what returned this is to be done again, now that it can go on. */
static bool again(const struct door_client *c, int result)
{
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return wait_for(c, POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return wait_for(c, POLLOUT);
	default:
		return false;
	}
}

bool door_read(struct door_client *c, uint8_t *out, size_t n)
{
	size_t got;
	int result;

	while (n) {
		ERR_clear_error();
		result = SSL_read_ex(c->ssl, out, n, &got);
		if (result == 1) {
			out += got;
			n -= got;
		} else if (!again(c, result)) {
			return false;
		}
	}
	return true;
}

bool door_write(struct door_client *c, struct assay_bytes in)
{
	size_t sent;
	int result;

	c->deadline = now_ms() + DOOR_SEND_MS;
	do {
		ERR_clear_error();
		result = SSL_write_ex(c->ssl, in.ptr, in.len, &sent);
	} while (result != 1 && again(c, result));
	return result == 1 && sent == in.len;
}

struct assay_bytes door_certificate(const struct door_client *c)
{
	return c->cert;
}

struct assay_bytes door_key(const struct door_client *c)
{
	return c->key;
}

const char *door_address(const struct door_client *c)
{
	return c->address;
}

/* ---- the handshake */

/* Chains prove nothing here: the evidence in the certificate does.  That the
 * client has its key is proved by the handshake itself. */
static int any_chain(X509_STORE_CTX *chain, void *arg)
{
	(void)chain;
	(void)arg;
	return 1;
}

static bool shake_hands(struct door_client *c)
{
	int result;

	do {
		ERR_clear_error();
		result = SSL_accept(c->ssl);
	} while (result != 1 && again(c, result));
	return result == 1 && !SSL_session_reused(c->ssl);
}

static struct assay_bytes view(const unsigned char *p, int len)
{
	return (struct assay_bytes){ p, len > 0 ? (size_t)len : 0 };
}

static void serve_tls(struct door *d, struct door_client *c)
{
	X509 *cert = shake_hands(c) ? SSL_get1_peer_certificate(c->ssl) : NULL;
	unsigned char *der = NULL, *key = NULL;
	int der_len, key_len;

	if (!cert)
		return;
	der_len = i2d_X509(cert, &der);
	key_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &key);
	c->cert = view(der, der_len);
	c->key = view(key, key_len);
	if (c->cert.len && c->key.len) {
		d->serve(d->self, c);
		c->deadline = now_ms() + DOOR_SEND_MS;
		(void)SSL_shutdown(c->ssl);
	}
	OPENSSL_free(der);
	OPENSSL_free(key);
	X509_free(cert);
}

static void serve_client(struct door *d, struct door_client *c)
{
	c->ssl = SSL_new(d->tls);
	if (c->ssl && SSL_set_fd(c->ssl, c->fd) == 1)
		serve_tls(d, c);
	SSL_free(c->ssl);
	ERR_clear_error();
}

/* ---- who is let in */

/* The address as text, and as a number by which it is told apart. */
static uint64_t address_of(char text[DOOR_ADDRESS_LEN],
                           const struct sockaddr_storage *at)
{
	const struct sockaddr_in6 *six = (const void *)at;
	const struct sockaddr_in *four = (const void *)at;

	if (at->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &six->sin6_addr, text, DOOR_ADDRESS_LEN);
	else
		inet_ntop(AF_INET, &four->sin_addr, text, DOOR_ADDRESS_LEN);
	return http_address_of((const struct sockaddr *)at);
}

static bool let_in(struct door *d, uint64_t key)
{
	unsigned same = 0;
	bool may;

	pthread_mutex_lock(&d->lock);
	for (unsigned i = 0; i < d->n_at; i++)
		same += d->at[i] == key;
	may = same < DOOR_PER_ADDRESS;
	if (may)
		d->at[d->n_at++] = key;
	pthread_mutex_unlock(&d->lock);
	return may;
}

static void let_out(struct door *d, uint64_t key)
{
	unsigned i = 0;

	pthread_mutex_lock(&d->lock);
	while (d->at[i] != key)
		i++;
	d->at[i] = d->at[--d->n_at];
	pthread_mutex_unlock(&d->lock);
}

static void admit(struct door *d)
{
	struct sockaddr_storage at = { 0 };
	socklen_t len = sizeof(at);
	struct door_client c = { .stop = d->stop };
	uint64_t key;

	c.fd = accept4(d->fd, (struct sockaddr *)&at, &len,
	               SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (c.fd < 0)
		return; /* another thread was quicker, or it is gone */
	c.deadline = now_ms() + DOOR_ARRIVE_MS;
	key = address_of(c.address, &at);
	if (let_in(d, key)) {
		serve_client(d, &c);
		let_out(d, key);
	}
	close(c.fd);
}

static void *work(void *arg)
{
	struct door *d = arg;
	struct pollfd fds[] = {
		{ .fd = d->fd, .events = POLLIN },
		{ .fd = d->stop, .events = POLLIN },
	};

	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[1].revents)
			break;
		if (fds[0].revents)
			admit(d);
	}
	return NULL;
}

/* ---- opening and closing */

static bool use_cert(SSL_CTX *tls, BIO *text)
{
	X509 *cert = PEM_read_bio_X509(text, NULL, NULL, NULL), *more;
	bool good = cert && SSL_CTX_use_certificate(tls, cert) == 1;

	X509_free(cert);
	while (good && (more = PEM_read_bio_X509(text, NULL, NULL, NULL))) {
		good = SSL_CTX_add0_chain_cert(tls, more) == 1;
		if (!good)
			X509_free(more);
	}
	return good;
}

/* An encrypted key is none: nobody is there to be asked. */
static int no_passphrase(char *out, int room, int writing, void *arg)
{
	(void)out;
	(void)room;
	(void)writing;
	(void)arg;
	return -1;
}

static bool use_files(SSL_CTX *tls, struct assay_bytes cert,
                      struct assay_bytes key)
{
	BIO *c = BIO_new_mem_buf(cert.ptr, (int)cert.len);
	BIO *k = BIO_new_mem_buf(key.ptr, (int)key.len);
	EVP_PKEY *pkey = k ? PEM_read_bio_PrivateKey(k, NULL, no_passphrase,
	                                             NULL)
	                   : NULL;
	bool good = c && use_cert(tls, c) && pkey &&
	            SSL_CTX_use_PrivateKey(tls, pkey) == 1 &&
	            SSL_CTX_check_private_key(tls) == 1;

	EVP_PKEY_free(pkey);
	BIO_free(c);
	BIO_free(k);
	ERR_clear_error();
	return good;
}

static bool make_tls(struct door *d, struct assay_bytes cert,
                     struct assay_bytes key, char why[DOOR_WHY])
{
	const int must = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;

	/* no configuration file steers it */
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	d->tls = SSL_CTX_new(TLS_server_method());
	if (!d->tls ||
	    SSL_CTX_set_min_proto_version(d->tls, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(d->tls, "ECDHE+AESGCM:ECDHE+CHACHA20") !=
	            1 ||
	    SSL_CTX_set_num_tickets(d->tls, 0) != 1) {
		snprintf(why, DOOR_WHY, "TLS does not start");
		return false;
	}
	SSL_CTX_set_security_level(d->tls, 2); /* 112 bits at least */
	SSL_CTX_set_options(d->tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
	                                    SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(d->tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_max_early_data(d->tls, 0);
	SSL_CTX_set_max_cert_list(d->tls, DOOR_CERT_MAX);
	SSL_CTX_set_verify(d->tls, must, NULL);
	SSL_CTX_set_cert_verify_callback(d->tls, any_chain, NULL);
	if (use_files(d->tls, cert, key))
		return true;
	snprintf(why, DOOR_WHY,
	         "the server's certificate and key are not PEM, or do not fit");
	return false;
}

/* "127.0.0.1:4433", "[::1]:0" */
static struct addrinfo *look_up(const char *address)
{
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	const char *colon = strrchr(address, ':');
	struct addrinfo *at = NULL;
	char host[80];
	size_t n = colon ? (size_t)(colon - address) : 0;
	bool six = n > 2 && *address == '[' && colon[-1] == ']';

	if (!n || n >= sizeof(host) || (!six && memchr(address, ':', n)) ||
	    !colon[1] || strlen(colon + 1) > 5 ||
	    strtoul(colon + 1, NULL, 10) > UINT16_MAX)
		return NULL;
	n -= six ? 2 : 0;
	memcpy(host, address + six, n);
	host[n] = 0;
	return getaddrinfo(host, colon + 1, &hints, &at) == 0 ? at : NULL;
}

static bool listen_at(struct door *d, const char *address, char why[DOOR_WHY])
{
	struct addrinfo *at = look_up(address);
	const int on = 1;
	bool done;

	if (!at) {
		snprintf(why, DOOR_WHY,
		         "%.80s: want an address and a port, such as "
		         "127.0.0.1:4433",
		         address);
		return false;
	}
	d->fd = socket(at->ai_family,
	               SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	done = d->fd >= 0 &&
	       setsockopt(d->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ==
	               0 &&
	       (at->ai_family != AF_INET6 ||
	        setsockopt(d->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) ==
	                0) &&
	       bind(d->fd, at->ai_addr, at->ai_addrlen) == 0 &&
	       listen(d->fd, SOMAXCONN) == 0;
	if (!done)
		snprintf(why, DOOR_WHY, "cannot listen on %.80s: %s", address,
		         strerror(errno));
	freeaddrinfo(at);
	return done;
}

/* A client that is gone is no signal to these threads. */
static bool start_threads(struct door *d, char why[DOOR_WHY])
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	while (d->n_threads < DOOR_THREADS &&
	       pthread_create(&d->thread[d->n_threads], NULL, work, d) == 0)
		d->n_threads++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (d->n_threads == DOOR_THREADS)
		return true;
	snprintf(why, DOOR_WHY, "no more threads");
	return false;
}

struct door *door_open(const char *address, struct assay_bytes cert,
                       struct assay_bytes key,
                       void (*serve)(void *self, struct door_client *client),
                       void *self, char why[DOOR_WHY])
{
	struct door *d = calloc(1, sizeof(*d));

	snprintf(why, DOOR_WHY, "memory is short");
	if (!d)
		return NULL;
	d->serve = serve;
	d->self = self;
	d->fd = -1;
	pthread_mutex_init(&d->lock, NULL);
	d->stop = eventfd(0, EFD_CLOEXEC);
	if (d->stop >= 0 && make_tls(d, cert, key, why) &&
	    listen_at(d, address, why) && start_threads(d, why))
		return d;
	door_close(d);
	return NULL;
}

uint16_t door_port(const struct door *d)
{
	struct sockaddr_in6 at = { 0 }; /* IPv4's port is at the same place */
	socklen_t len = sizeof(at);

	return getsockname(d->fd, (struct sockaddr *)&at, &len) == 0
	               ? ntohs(at.sin6_port)
	               : 0;
}

void door_close(struct door *d)
{
	const uint64_t one = 1;

	if (!d)
		return;
	if (d->stop >= 0 && write(d->stop, &one, sizeof(one)) == sizeof(one))
		for (unsigned i = 0; i < d->n_threads; i++)
			pthread_join(d->thread[i], NULL);
	if (d->fd >= 0)
		close(d->fd);
	if (d->stop >= 0)
		close(d->stop);
	SSL_CTX_free(d->tls);
	pthread_mutex_destroy(&d->lock);
	free(d);
}
