/*
 * service.h - the verification service: what it is made of.  One instance for a
 * process; docs/service.md has what it answers.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "judge/judge.h"
#include "net/collateral.h"
#include "serve/http.h"
#include "store/store.h"
#include "token/token.h"

/* What a caller may do: bits. */
enum service_scope {
	SERVICE_VERIFY = 1, /* verify, batch, challenge */
	SERVICE_READ = 2,   /* platforms, forecast, policies, log, collateral */
	SERVICE_KEYS = 4, /* ask for keys: evidence still has to prove itself */
	SERVICE_ADMIN = 8, /* policies, secrets, API keys */
};

struct service_options {
	const char *data;     /* its folder */
	const char *database; /* NULL: a file in there */
	const char *issuer;   /* the URL that callers know it by; NULL: as
	                       * service_set_issuer says */
	const uint8_t (*root)[64];
	size_t n_roots;
	const char *const *pcs;
	size_t n_pcs;
	const char *ca_file; /* who signs their certificates; NULL: as the
	                      * system says */
	const char *proxy;   /* through which they are asked; NULL: none */
	bool no_fetch;
	unsigned open; /* enum service_scope: what needs no API key */
	bool keep_evidence;
	bool quiet;      /* no lines on stderr */
	const char *kek; /* what wraps secrets: as wrap_open; NULL: a file */
	/* what tells the time: NULL, the clock (tests have their own) */
	int64_t (*now)(void);
};

struct service;
enum { SERVICE_WHY = 1024 };
struct service *service_open(const struct service_options *options,
                             char why[SERVICE_WHY]);
void service_close(struct service *service);
/* The address that callers know it by, where the options do not say: once it
 * listens, and before anybody knows. */
void service_set_issuer(struct service *service, const char *url);

extern const struct http_route service_routes[];
/* RFC 9457. */
void service_error(struct http_answer *answer, unsigned status);

#endif
