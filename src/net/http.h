/*
 * http.h - a small HTTP client: GET and POST, bounded in time and memory,
 * whatever the server does.
 *
 * No redirect is followed, no proxy used that was not named, no cookie kept,
 * no password read from a file, no compression undone; a certificate is always
 * verified.  A program that uses it ignores SIGPIPE.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <assay/base.h>

/* How far it came. */
enum net_stage {
	NET_FAILED = 0, /* memory was short, or something not foreseen */
	NET_URL,        /* it is no address to ask at */
	NET_RESOLVE,
	NET_CONNECT,
	NET_PROXY, /* it refuses to pass on what TLS is to be spoken with */
	NET_TLS,
	NET_SEND,  /* of the request */
	NET_ODD,   /* the answer is no HTTP */
	NET_CUT,   /* the answer was cut short, or there was none */
	NET_LARGE, /* the answer is larger than what was asked for */
	NET_SLOW,
};

/* Where TLS failed. */
enum net_tls {
	NET_TLS_HELLO = 0, /* they did not come to an agreement */
	NET_TLS_SIGNER,    /* nobody who is trusted signed the certificate */
	NET_TLS_FILE,      /* ca_file cannot be read, or has no certificate */
	NET_TLS_NAME,      /* the certificate is another server's */
	NET_TLS_DATE,      /* it has ended, or has not begun */
};

/* What went wrong. */
struct net_err {
	enum net_stage stage;
	enum net_tls tls; /* where it is NET_TLS */
	/* whether a byte of a request's body may have left: if so, the request
	 * may have been carried out; if not, it was not */
	bool sent;
	char text[320]; /* a line: the URL, and why */
};

/* 0, or no options at all: what stands behind it. */
struct net_options {
	const char *ca_file; /* PEM: who signs servers' certificates; the
	                      * system's */
	const char *proxy;   /* its URL; none */
	unsigned connect_ms; /* 10 s */
	unsigned total_ms;   /* 60 s, of a whole request */
	unsigned stall_s;    /* less than 10 bytes a second for so long, also
	                      * while an answer is waited for: 30 */
};

/*
 * A client keeps connections for its next requests.  It belongs to one thread.
 * What the options point to is copied.  NULL: memory is short.
 */
struct net_client;
struct net_client *net_start(const struct net_options *options);
void net_end(struct net_client *client);

struct net_request {
	const char *url;         /* http:// or https:// */
	const char *type;        /* of the body: it is a POST; NULL: a GET */
	struct assay_bytes body; /* borrowed */
	/* more headers, "Name: value", up to a NULL; or NULL */
	const char *const *headers;
	size_t answer_max; /* bytes of its body */
};

enum { NET_HEADERS_MAX = 64 << 10 }; /* bytes of an answer's headers */
struct net_answer {
	unsigned status; /* whatever it is */
	uint8_t *body;   /* a NUL follows */
	size_t len;
	/* its headers: each a name, a NUL, a value, a NUL */
	char *headers;
	size_t headers_len;
};

/*
 * net_ask asks once and waits for the whole answer.  An answer of any status
 * is one.  A request whose body may have left is not repeated.
 *
 * answer  whole on success, zeroed on failure; net_forget frees what it holds
 * err     may be NULL
 */
ASSAY_MUST_CHECK bool net_ask(struct net_client *client,
                              struct net_answer *answer,
                              const struct net_request *request,
                              struct net_err *err);
void net_forget(struct net_answer *answer);

/* A header's value; NULL where it does not stand there exactly once. */
const char *net_header(const struct net_answer *answer, const char *name);
/* The seconds that Retry-After wants; 0 where it wants none or is a date. */
unsigned net_retry_after(const struct net_answer *answer);

#endif
