/* http.c - a small HTTP client, on libcurl. */
#include "net/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	CONNECT_MS = 10000,
	TOTAL_MS = 60000,
	STALL_S = 30,
	STALL_BYTES = 10, /* in a second */
	KEPT = 4,         /* connections */
	FIRST = 4 << 10,  /* bytes taken for an answer at first */
	RETRY_MAX = 86400 * 7,
};

struct net_client {
	CURL *easy;
	char why[CURL_ERROR_SIZE];
};

/* Bytes that grow up to a maximum; one more, a NUL, is always behind them. */
struct grown {
	uint8_t *ptr;
	size_t len, cap, max;
};

/* One request on its way. */
struct asked {
	const struct net_request *request;
	size_t sent; /* bytes of its body that were given away */
	struct grown body, headers;
	bool has_headers; /* all of them: what follows are trailers, and
	                   * nothing of theirs is a header */
	bool large, short_of_memory;
};

/* ---- what comes back */

static bool grow(struct asked *a, struct grown *g, const char *p, size_t n)
{
	size_t cap = g->cap ? 2 * g->cap : FIRST;
	uint8_t *ptr;

	if (n > g->max - g->len) {
		a->large = true;
		return false;
	}
	if (!g->ptr || g->len + n >= g->cap) {
		cap = cap > g->len + n ? cap : g->len + n + 1;
		cap = cap < g->max + 1 ? cap : g->max + 1;
		ptr = realloc(g->ptr, cap);
		if (!ptr) {
			a->short_of_memory = true;
			return false;
		}
		g->ptr = ptr;
		g->cap = cap;
	}
	memcpy(g->ptr + g->len, p, n);
	g->len += n;
	g->ptr[g->len] = 0;
	return true;
}

static size_t on_body(char *p, size_t one, size_t n, void *arg)
{
	struct asked *a = arg;

	return grow(a, &a->body, p, one * n) ? n : 0;
}

/* Keeps "Name: value" as a name, a NUL, a value, a NUL. */
static bool keep(struct asked *a, const char *line, size_t n)
{
	const char *colon = memchr(line, ':', n);
	const size_t name = colon ? (size_t)(colon - line) : 0;
	size_t at = name + 1;

	if (!name || memchr(line, 0, n))
		return true; /* it is none */
	while (at < n && (line[at] == ' ' || line[at] == '\t'))
		at++;
	while (n > at && strchr(" \t\r\n", line[n - 1]))
		n--;
	return grow(a, &a->headers, line, name) &&
	       grow(a, &a->headers, "", 1) &&
	       grow(a, &a->headers, line + at, n - at) &&
	       grow(a, &a->headers, "", 1);
}

static bool is_blank(const char *line, size_t n)
{
	return n == 0 || line[0] == '\r' || line[0] == '\n';
}

/* Called with each line of an answer's head, and of those of the answers before
 * it (100 Continue), all of which count. */
static size_t on_header(char *line, size_t one, size_t n, void *arg)
{
	struct asked *a = arg;
	size_t *const max = &a->headers.max;

	if (n > *max) {
		a->large = true;
		return 0;
	}
	if (n > 5 && memcmp(line, "HTTP/", 5) == 0 && !a->body.len) {
		*max -= a->headers.len;
		a->headers.len = 0;
		a->has_headers = false;
	} else if (is_blank(line, n)) {
		a->has_headers = true;
	} else if (!a->has_headers && !keep(a, line, one * n)) {
		return 0;
	}
	return n;
}

/* ---- what is sent */

static size_t on_send(char *out, size_t one, size_t n, void *arg)
{
	struct asked *a = arg;
	const struct assay_bytes body = a->request->body;
	size_t left = body.len - a->sent;

	left = left < one * n ? left : one * n;
	if (left)
		memcpy(out, body.ptr + a->sent, left);
	a->sent += left;
	return left;
}

/* ---- what went wrong */

/* What it was waiting for; a handshake of TLS is part of connecting. */
static enum net_stage slow_at(CURL *easy)
{
	curl_off_t resolved = 0, connected = 0;

	curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
	curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected);
	if (!resolved)
		return NET_RESOLVE;
	return connected ? NET_SLOW : NET_CONNECT;
}

static enum net_stage stage_of(CURLcode code, CURL *easy)
{
	switch (code) {
	case CURLE_URL_MALFORMAT:
	case CURLE_LOGIN_DENIED: /* a name of a user in it */
		return NET_URL;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return NET_RESOLVE;
	case CURLE_COULDNT_CONNECT:
		return NET_CONNECT;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
		return NET_TLS;
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
		return NET_SEND;
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL: /* that of the answer */
	case CURLE_BAD_CONTENT_ENCODING:
		return NET_ODD;
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
		return NET_CUT;
	case CURLE_FILESIZE_EXCEEDED:
		return NET_LARGE;
	case CURLE_OPERATION_TIMEDOUT:
		return slow_at(easy);
	default:
		return NET_FAILED;
	}
}

/* Of X509_STORE_CTX_get_error, which libcurl hands on: UNSPECIFIED where the chain
 * holds, and only then is the name looked at. */
enum { UNSPECIFIED = 1, NOT_YET_VALID = 9, HAS_EXPIRED = 10 };

static enum net_tls tls_of(CURLcode code, CURL *easy)
{
	long verified = UNSPECIFIED;

	if (code == CURLE_SSL_CACERT_BADFILE)
		return NET_TLS_FILE;
	if (code != CURLE_PEER_FAILED_VERIFICATION)
		return NET_TLS_HELLO;
	curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verified);
	if (verified <= UNSPECIFIED)
		return NET_TLS_NAME;
	return verified == HAS_EXPIRED || verified == NOT_YET_VALID
	               ? NET_TLS_DATE
	               : NET_TLS_SIGNER;
}

/* A proxy's own answer to CONNECT is no server's. */
static bool is_refused(CURL *easy)
{
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return status >= 300;
}

static const char *const stage_names[] = {
	[NET_FAILED] = "it failed",
	[NET_URL] = "not an address to ask at",
	[NET_RESOLVE] = "no address for its name",
	[NET_CONNECT] = "no connection",
	[NET_PROXY] = "the proxy refuses",
	[NET_TLS] = "TLS failed",
	[NET_SEND] = "sending failed",
	[NET_ODD] = "the answer is no HTTP",
	[NET_CUT] = "the answer was cut short",
	[NET_LARGE] = "the answer is too large",
	[NET_SLOW] = "the server is too slow",
};

/* Fills `err` and returns false. */
static bool fail(struct net_err *err, enum net_stage stage,
                 const struct asked *a, const char *why)
{
	if (!err)
		return false;
	err->stage = stage;
	err->tls = NET_TLS_HELLO;
	err->sent = a->sent > 0;
	snprintf(err->text, sizeof(err->text), "%.120s: %s%s%.100s%s",
	         a->request->url, stage_names[stage], why[0] ? ": " : "", why,
	         a->sent ? "; the request may have been carried out" : "");
	for (char *p = err->text; *p; p++) /* a server can say anything */
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	return false;
}

/* ---- asking */

/* A line of headers added to a list; NULL: memory is short, and there is no
 * list any more. */
static struct curl_slist *add(struct curl_slist *list, const char *line)
{
	struct curl_slist *more = curl_slist_append(list, line);

	if (!more)
		curl_slist_free_all(list);
	return more;
}

static struct curl_slist *make_headers(const struct net_request *q)
{
	char type[160];
	/* no waiting for leave to send a body */
	struct curl_slist *list = add(NULL, "Expect:");

	snprintf(type, sizeof(type), "Content-Type: %s",
	         q->type ? q->type : "");
	if (list && q->type)
		list = add(list, type);
	for (size_t i = 0; list && q->headers && q->headers[i]; i++)
		list = add(list, q->headers[i]);
	return list;
}

static void set_request(CURL *e, struct asked *a, struct curl_slist *headers)
{
	const struct net_request *q = a->request;

	curl_easy_setopt(e, CURLOPT_URL, q->url);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, a);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, a);
	curl_easy_setopt(e, CURLOPT_READDATA, a);
	curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE,
	                 (curl_off_t)q->answer_max);
	/* libcurl repeats a request for which a kept connection turns out to be
	 * dead, but not if it would have to take back what it was given of the
	 * body: there is no way to do that here */
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT,
	                 q->type && !q->body.len ? 1L : 0L);
	if (q->type) {
		curl_easy_setopt(e, CURLOPT_POST, 1L);
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
		                 (curl_off_t)q->body.len);
	} else {
		curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
	}
}

static bool take(struct net_answer *answer, struct asked *a, CURL *easy)
{
	long status = 0;

	if (!a->body.ptr && !grow(a, &a->body, "", 0))
		return false;
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	*answer = (struct net_answer){
		.status = (unsigned)status,
		.body = a->body.ptr,
		.len = a->body.len,
		.headers = (char *)a->headers.ptr,
		.headers_len = a->headers.len,
	};
	return true;
}

static bool ask(struct net_client *c, struct net_answer *answer,
                struct asked *a, struct curl_slist *headers,
                struct net_err *err)
{
	CURLcode code;
	bool refused;

	set_request(c->easy, a, headers);
	c->why[0] = 0;
	code = curl_easy_perform(c->easy);
	if (code == CURLE_OK && !a->has_headers)
		code = CURLE_PARTIAL_FILE; /* to libcurl it is an answer */
	if (code == CURLE_OK && take(answer, a, c->easy))
		return true;
	free(a->body.ptr);
	free(a->headers.ptr);
	if (a->large)
		return fail(err, NET_LARGE, a, "");
	if (a->short_of_memory)
		return fail(err, NET_FAILED, a, "memory is short");
	refused = is_refused(c->easy);
	fail(err, refused ? NET_PROXY : stage_of(code, c->easy), a,
	     c->why[0] ? c->why : curl_easy_strerror(code));
	if (err)
		err->tls = tls_of(code, c->easy);
	return false;
}

/* libcurl would guess what is not said. */
static bool has_scheme(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 ||
	       strncasecmp(url, "https://", 8) == 0;
}

bool net_ask(struct net_client *c, struct net_answer *answer,
             const struct net_request *q, struct net_err *err)
{
	struct asked a = { .request = q,
		           .body.max = q->answer_max,
		           .headers.max = NET_HEADERS_MAX };
	struct curl_slist *headers;
	bool asked;

	assert(q->answer_max <= INT32_MAX);
	*answer = (struct net_answer){ 0 };
	if (!has_scheme(q->url))
		return fail(err, NET_URL, &a, "want http:// or https://");
	headers = make_headers(q);
	if (!headers)
		return fail(err, NET_FAILED, &a, "memory is short");
	asked = ask(c, answer, &a, headers, err);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(headers);
	return asked;
}

void net_forget(struct net_answer *a)
{
	free(a->body);
	free(a->headers);
	*a = (struct net_answer){ 0 };
}

/* ---- headers */

const char *net_header(const struct net_answer *a, const char *name)
{
	const char *found = NULL, *p = a->headers;

	while (p && p < a->headers + a->headers_len) {
		const char *value = p + strlen(p) + 1;

		if (strcasecmp(p, name) == 0) {
			if (found)
				return NULL;
			found = value;
		}
		p = value + strlen(value) + 1;
	}
	return found;
}

unsigned net_retry_after(const struct net_answer *a)
{
	const char *text = net_header(a, "Retry-After");
	unsigned long seconds;

	if (!text || !text[0] || strspn(text, "0123456789") != strlen(text))
		return 0;
	seconds = strtoul(text, NULL, 10);
	return seconds < RETRY_MAX ? (unsigned)seconds : RETRY_MAX;
}

/* ---- a client */

static long or_else(unsigned value, unsigned otherwise)
{
	return (long)(value ? value : otherwise);
}

static bool set_limits(CURL *e, const struct net_options *o)
{
	return curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
	                        or_else(o->connect_ms, CONNECT_MS)) ==
	               CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_TIMEOUT_MS,
	                        or_else(o->total_ms, TOTAL_MS)) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT,
	                        (long)STALL_BYTES) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME,
	                        or_else(o->stall_s, STALL_S)) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_MAXCONNECTS, (long)KEPT) == CURLE_OK;
}

/* What is not said here is as libcurl has it at first: no redirects, cookies,
 * .netrc, compression, HTTP/0.9. */
static bool set_manners(CURL *e, const struct net_options *o)
{
	return curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") ==
	               CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PROXY, o->proxy ? o->proxy : "") ==
	               CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOPROXY, "") == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) ==
	               CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) ==
	               CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
	                        (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_USERAGENT, "assay/" ASSAY_VERSION) ==
	               CURLE_OK;
}

/* Whoever is named vouches alone, not beside the system's. */
static bool set_trust(CURL *e, const struct net_options *o)
{
	return curl_easy_setopt(e, CURLOPT_SSLVERSION,
	                        (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	       (!o->ca_file ||
	        (curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file) == CURLE_OK &&
	         curl_easy_setopt(e, CURLOPT_CAPATH, NULL) == CURLE_OK));
}

static bool set_callbacks(struct net_client *c)
{
	CURL *e = c->easy;

	return curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->why) == CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) ==
	               CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) ==
	               CURLE_OK &&
	       curl_easy_setopt(e, CURLOPT_READFUNCTION, on_send) == CURLE_OK;
}

struct net_client *net_start(const struct net_options *o)
{
	static const struct net_options none;
	struct net_client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	if (!o)
		o = &none;
	c->easy = curl_easy_init();
	if (c->easy && set_limits(c->easy, o) && set_manners(c->easy, o) &&
	    set_trust(c->easy, o) && set_callbacks(c))
		return c;
	net_end(c);
	return NULL;
}

void net_end(struct net_client *c)
{
	if (!c)
		return;
	curl_easy_cleanup(c->easy);
	free(c);
}
