/* collateral_ask.c - the manufacturer's documents over HTTP [DCAP 3.5, 3.6]. */
#include "net/collateral_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/text.h"

#define V4 "/certification/v4"
#define INTEL_ASKED "https://api.trustedservices.intel.com"
#define INTEL_LISTS "https://certificates.trustedservices.intel.com"

enum {
	WAIT_S = 60, /* where a busy server does not say how long */
	OK = 200,
	BAD = 400,
	NOT_FOUND = 404,
	NOT_ALLOWED = 405,
	BUSY = 429,
	NOT_THERE = 501,
	UNAVAILABLE = 503,
};

int64_t collateral_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* ---- addresses */

static void cut(char *text, const char *end)
{
	const size_t n = strlen(text), m = strlen(end);

	if (n >= m && strcasecmp(text + n - m, end) == 0)
		text[n - m] = 0;
}

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

bool collateral_is_url(const char *url)
{
	return (begins(url, "http://") || begins(url, "https://")) &&
	       !strspn(strchr(url, ':') + 3, "/");
}

bool collateral_address(struct collateral_address *a, const char *url,
                        char why[COLLATERAL_WHY])
{
	const size_t n = strlen(url);

	*a = (struct collateral_address){ 0 };
	if (n >= sizeof(a->base))
		return collateral_say(why, "an address",
		                      "got %zu bytes, want at most %zu", n,
		                      sizeof(a->base) - 1);
	if (!collateral_is_url(url) || strpbrk(url, "?#@ "))
		return collateral_say(why, url,
		                      "want the address of a PCS or PCCS, as "
		                      "in " INTEL_ASKED " or http://host:8081");
	snprintf(a->base, sizeof(a->base), "%s", url);
	cut(a->base, "/");
	cut(a->base, "/sgx" V4);
	cut(a->base, "/tdx" V4);
	cut(a->base, "/");
	/* ended in May 2026 [DCAP 3.5]; asked there, a cache knows no path */
	return !strstr(a->base, "/certification/v") ||
	       collateral_say(why, url,
	                      "want version 4: leave out what stands behind "
	                      "the host, or let it end with /sgx" V4);
}

/* Whether `url` is this address or below it. */
static bool is_below(const char *url, const char *base)
{
	const size_t n = strlen(base);

	return begins(url, base) && url[n] == '/' && !strstr(url + n, "/.");
}

bool collateral_may_ask(const char *url, const char *base)
{
	for (const char *p = url; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return false;
	return is_below(url, base) || is_below(url, INTEL_LISTS);
}

/* ---- an answer that is none */

static const struct {
	unsigned status;
	const char *means, *todo;
} statuses[] = {
	{ BAD, "does not understand the question",
	  "is it a PCS or PCCS of version 4?" },
	{ 401, "wants to know who asks", "ask an address that is open to you" },
	{ 403, "refuses", "ask an address that is open to you" },
	{ NOT_FOUND, "has no such document",
	  "is the machine of this manufacturer, and the evaluation one that "
	  "was published?  A cache may have to be filled first; or ask another "
	  "address" },
	{ 407, "is behind a proxy that wants to know who asks",
	  "--proxy http://NAME:PASSWORD@HOST:PORT" },
	{ 410, "has it no longer", "ask for a newer evaluation" },
	{ BUSY, "is asked too often", "" },
	{ 461, "does not know the machine",
	  "have it registered there, or ask "
	  "another address" },
	{ 462, "has no documents of the machine",
	  "have it filled, or ask another address" },
	{ UNAVAILABLE, "cannot answer now", "" },
};

/* The path alone: what was asked. */
static const char *behind(const char *url, const char *base)
{
	return begins(url, base) ? url + strlen(base) : url;
}

struct asking {
	struct net_client *net;
	struct collateral_address *address;
	const struct collateral_want *want;
	const struct collateral_roots *roots;
	char *why;
	struct net_answer answer;
};

static bool say_wait(struct asking *a, const char *means)
{
	unsigned wait = net_retry_after(&a->answer);

	wait = wait ? wait : WAIT_S;
	wait = wait < COLLATERAL_WAIT_S ? wait : COLLATERAL_WAIT_S;
	a->address->not_before = collateral_seconds() + wait;
	return collateral_say(a->why, a->address->base,
	                      "it %s (%u): ask again in %u s, or another "
	                      "address",
	                      means, a->answer.status, wait);
}

static bool say_status(struct asking *a, const char *url)
{
	const unsigned status = a->answer.status;
	const char *base = a->address->base,
		   *there = net_header(&a->answer, "Location");
	size_t i = 0;

	while (i < sizeof(statuses) / sizeof(statuses[0]) &&
	       statuses[i].status != status)
		i++;
	if (status == BUSY || status == UNAVAILABLE)
		return say_wait(a, statuses[i].means);
	if (i < sizeof(statuses) / sizeof(statuses[0]))
		return collateral_say(a->why, base, "it %s (%u for %.120s): %s",
		                      statuses[i].means, status,
		                      behind(url, base), statuses[i].todo);
	if (status >= 300 && status < 400)
		return collateral_say(a->why, base,
		                      "it sends on (%u) to %.100s, which is "
		                      "not followed: if that is right, give "
		                      "its address",
		                      status, there ? there : "nowhere");
	return collateral_say(a->why, base,
	                      "it is in trouble (%u for %.120s): try again "
	                      "later, or ask another address",
	                      status, behind(url, base));
}

static const char *tls_todo(enum net_tls tls)
{
	static const char *const todo[] = {
		[NET_TLS_HELLO] = "it has to speak TLS 1.2 or 1.3: renew it, "
				  "or look at the address",
		[NET_TLS_SIGNER] = "--ca-file names who signs its certificate",
		[NET_TLS_FILE] = "--ca-file wants certificates in PEM",
		[NET_TLS_NAME] = "ask it by a name that its certificate is "
				 "for, or have that renewed",
		[NET_TLS_DATE] = "have its certificate renewed, and look at "
				 "this machine's clock",
	};

	return todo[tls];
}

static bool say_net(struct asking *a, const struct net_err *err)
{
	static const char *const todo[] = {
		[NET_FAILED] = "try again",
		[NET_URL] = "look at the address",
		[NET_RESOLVE] = "look at the name, the network, --proxy",
		[NET_CONNECT] = "does it run? is the way open, or --proxy?",
		[NET_PROXY] = "look at --proxy, and at what it lets through",
		[NET_SEND] = "try again",
		[NET_ODD] = "it is no PCS or PCCS: look at the address",
		[NET_CUT] = "try again, or ask another address",
		[NET_LARGE] = "it is no PCS or PCCS: look at the address",
		[NET_SLOW] = "try again, or ask another address",
	};
	const char *said = strstr(err->text, ": ");

	/* its text begins with the whole URL */
	return collateral_say(a->why, a->address->base, "%.150s; %s",
	                      said ? said + 2 : err->text,
	                      err->stage == NET_TLS ? tls_todo(err->tls)
	                                            : todo[err->stage]);
}

/* ---- one document */

static bool ask(struct asking *a, const char *url)
{
	const struct net_request request = {
		.url = url, .answer_max = COLLATERAL_DOCUMENT
	};
	struct net_err err;

	net_forget(&a->answer);
	return net_ask(a->net, &a->answer, &request, &err) || say_net(a, &err);
}

static bool get(struct asking *a, const char *url)
{
	return ask(a, url) && (a->answer.status == OK || say_status(a, url));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool collateral_chain(struct buf *chain, const char *header)
{
	buf_clear(chain);
	for (const char *p = header; *p; p++) {
		uint8_t c = (uint8_t)*p;

		if (*p == '%') {
			const int high = hex_digit(p[1]);
			const int low = high < 0 ? -1 : hex_digit(p[2]);

			if (low < 0)
				return false;
			c = (uint8_t)(high << 4 | low);
			p += 2;
		}
		if ((c < ' ' && c != '\n' && c != '\r' && c != '\t') ||
		    c >= 0x7f || chain->len == COLLATERAL_CHAIN)
			return false;
		buf_put(chain, &c, 1);
	}
	return chain->len > 0 && !chain->bad;
}

/* A chain of the last answer, under its name or an older one. */
static bool take_chain(struct asking *a, struct buf *chain, const char *name,
                       const char *older)
{
	const char *header = net_header(&a->answer, name);

	if (!header)
		header = net_header(&a->answer, older);
	if (!header)
		return collateral_say(a->why, a->address->base,
		                      "it gives no %s: it is no PCS or PCCS of "
		                      "version 4, or something between takes "
		                      "headers away; look at the address",
		                      name);
	return collateral_chain(chain, header) ||
	       collateral_say(a->why, a->address->base,
	                      "its %s is no percent-encoded PEM: it is no PCS "
	                      "or PCCS of version 4; look at the address",
	                      name);
}

static bool take_body(struct asking *a, struct buf *body)
{
	buf_put(body, a->answer.body, a->answer.len);
	return !body->bad ||
	       collateral_say(a->why, a->address->base, "memory is short");
}

/* A revocation list in DER, PEM or hex: as DER. */
static bool take_list(struct asking *a, struct buf *body)
{
	const struct assay_bytes in = { a->answer.body, a->answer.len };
	struct assay_scratch room = { malloc(in.len + 1), in.len, 0 };
	struct assay_collateral c = { 0 };
	bool good = room.ptr && assay_collateral_add(&c, ASSAY_PART_PCK_CRL, in,
	                                             &room, NULL);

	if (good)
		buf_put_bytes(body, c.pck_crl);
	free(room.ptr);
	return (good && !body->bad) ||
	       collateral_say(a->why, a->address->base,
	                      "what it gives for a revocation list is none: it "
	                      "is no PCS or PCCS of version 4; look at the "
	                      "address");
}

/* ---- all of them */

/* "update=early", or the number. */
static void put_choice(char out[48], const struct collateral_want *want)
{
	char kind[COLLATERAL_KIND];

	snprintf(out, 48, "%s=%s",
	         want->evaluation ? "tcbEvaluationDataNumber" : "update",
	         collateral_kind(kind, want));
}

static bool get_tcb(struct asking *a, struct collateral_document *to)
{
	char url[COLLATERAL_URL], fmspc[13], choice[48];

	assay_hex_print(fmspc, a->want->fmspc, 6, true);
	put_choice(choice, a->want);
	snprintf(url, sizeof(url), "%s/%s" V4 "/tcb?fmspc=%s&%s",
	         a->address->base, collateral_tee(a->want), fmspc, choice);
	return get(a, url) && take_body(a, &to->body) &&
	       take_chain(a, &to->chain, "TCB-Info-Issuer-Chain",
	                  "SGX-TCB-Info-Issuer-Chain");
}

static bool get_qe(struct asking *a, struct collateral_document *to)
{
	char url[COLLATERAL_URL], choice[48];

	put_choice(choice, a->want);
	snprintf(url, sizeof(url), "%s/%s" V4 "/qe/identity?%s",
	         a->address->base, collateral_tee(a->want), choice);
	return get(a, url) && take_body(a, &to->body) &&
	       take_chain(a, &to->chain, "SGX-Enclave-Identity-Issuer-Chain",
	                  "Enclave-Identity-Issuer-Chain");
}

static bool get_pck_crl(struct asking *a, struct collateral_document *to)
{
	char url[COLLATERAL_URL];

	snprintf(url, sizeof(url), "%s/sgx" V4 "/pckcrl?ca=%s&encoding=der",
	         a->address->base, collateral_ca(a->want));
	return get(a, url) && take_list(a, &to->body) &&
	       take_chain(a, &to->chain, "SGX-PCK-CRL-Issuer-Chain",
	                  "PCK-CRL-Issuer-Chain");
}

/* Where a certificate says that it is, which the root has signed. */
static bool get_root_crl_there(struct asking *a, struct collateral_document *to,
                               struct assay_bytes chain)
{
	char url[COLLATERAL_URL];

	if (!collateral_crl_url(url, chain, a->roots))
		return collateral_say(
			a->why, a->address->base,
			"it has no /rootcacrl, and no certificate that one of "
			"the roots has signed says where the root's list is; "
			"look at --root, or ask another address");
	if (!collateral_may_ask(url, a->address->base))
		return collateral_say(
			a->why, a->address->base,
			"it has no /rootcacrl, and the certificates name "
			"%.100s, which is neither below it nor Intel's, and is "
			"not asked; ask another address",
			url);
	return get(a, url) && take_list(a, &to->body);
}

/* Caches have it beside the rest, as hex; Intel does not. */
static bool get_root_crl(struct asking *a, struct collateral_document *to,
                         struct assay_bytes chain)
{
	char url[COLLATERAL_URL];

	if (strcasecmp(a->address->base, INTEL_ASKED) == 0)
		return get_root_crl_there(a, to, chain);
	snprintf(url, sizeof(url), "%s/sgx" V4 "/rootcacrl", a->address->base);
	if (!ask(a, url))
		return false;
	switch (a->answer.status) {
	case OK:
		return take_list(a, &to->body);
	case BAD:
	case NOT_FOUND:
	case NOT_ALLOWED:
	case NOT_THERE:
		return get_root_crl_there(a, to, chain);
	default:
		return say_status(a, url);
	}
}

static bool get_all(struct asking *a, struct collateral_papers *p)
{
	struct collateral_document *d = p->part;

	return get_tcb(a, &d[COLLATERAL_TCB]) && get_qe(a, &d[COLLATERAL_QE]) &&
	       get_pck_crl(a, &d[COLLATERAL_PCK_CRL]) &&
	       get_root_crl(a, &d[COLLATERAL_ROOT_CRL],
	                    buf_bytes(&d[COLLATERAL_TCB].chain));
}

static bool get_list(struct asking *a, struct collateral_papers *p)
{
	return get_pck_crl(a, &p->part[COLLATERAL_PCK_CRL]);
}

void collateral_papers_free(struct collateral_papers *p)
{
	for (size_t i = 0; i < COLLATERAL_PARTS; i++) {
		buf_free(&p->part[i].chain);
		buf_free(&p->part[i].body);
	}
	*p = (struct collateral_papers){ 0 };
}

/* `these` are what is got. */
static bool ask_for(struct collateral_papers *papers, struct asking a,
                    bool (*these)(struct asking *a,
                                  struct collateral_papers *p),
                    const struct net_options *net, int64_t now)
{
	const char *base = a.address->base;
	const int64_t wait = a.address->not_before - collateral_seconds();
	bool good;

	*papers = (struct collateral_papers){ 0 };
	if (wait > 0)
		return collateral_say(a.why, base,
		                      "it wants to be left alone for another "
		                      "%lld s; ask again then, or another "
		                      "address",
		                      (long long)wait);
	a.net = net_start(net);
	if (!a.net)
		return collateral_say(a.why, base, "memory is short");
	good = these(&a, papers);
	net_forget(&a.answer);
	net_end(a.net);
	for (size_t i = 0; good && i < COLLATERAL_PARTS; i++) {
		papers->part[i].fetched = now;
		snprintf(papers->part[i].from, sizeof(papers->part[i].from),
		         "%s", base);
	}
	if (!good)
		collateral_papers_free(papers);
	return good;
}

bool collateral_ask(struct collateral_papers *papers,
                    struct collateral_address *address,
                    const struct collateral_want *want,
                    const struct collateral_roots *roots,
                    const struct net_options *net, int64_t now,
                    char why[COLLATERAL_WHY])
{
	const struct asking a = {
		.address = address, .want = want, .roots = roots, .why = why
	};

	return ask_for(papers, a, get_all, net, now);
}

bool collateral_ask_list(struct collateral_papers *papers,
                         struct collateral_address *address,
                         const struct collateral_want *want,
                         const struct collateral_roots *roots,
                         const struct net_options *net, int64_t now,
                         char why[COLLATERAL_WHY])
{
	const struct asking a = {
		.address = address, .want = want, .roots = roots, .why = why
	};

	return ask_for(papers, a, get_list, net, now);
}
