/* service.c - the parts of the service, put together, and its paths. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "os/folder.h"
#include "service/judges.h"
#include "service/policies.h"
#include "service/tokens.h"

enum {
	EVIDENCE_MAX = 1 << 20,
	BATCH_MAX = 16 << 20,
	POLICY_MAX = 256 << 10,
	SECRET_MAX = 64 << 10,
	LIST_MAX = 1 << 20,
	SMALL = 1024, /* a body that is not looked at */
};

int64_t service_now(const struct service *s)
{
	return s->options.now ? s->options.now() : (int64_t)time(NULL);
}

const char *service_issuer(const struct service *s)
{
	return s->issuer;
}

void service_set_issuer(struct service *s, const char *url)
{
	snprintf(s->issuer, sizeof(s->issuer), "%s", url);
}

static bool say(char why[SERVICE_WHY], const char *what, const char *text)
{
	snprintf(why, SERVICE_WHY, "%.300s: %.700s", what, text);
	return false;
}

static bool open_store(struct service *s, char why[SERVICE_WHY])
{
	char file[PATH_MAX], text[STORE_WHY_LEN];
	const char *where = s->options.database;

	if (!where) {
		snprintf(file, sizeof(file), "%s/assay.db", s->options.data);
		where = file;
	}
	s->store = store_open(where, text);
	return s->store || say(why, "the store", text);
}

static bool open_collateral(struct service *s, char why[SERVICE_WHY])
{
	char folder[PATH_MAX], text[COLLATERAL_WHY];
	const struct collateral_options options = {
		.folder = folder,
		.url = s->options.pcs,
		.n_urls = s->options.n_pcs,
		.net.ca_file = s->options.ca_file,
		.net.proxy = s->options.proxy,
		.root = s->options.root,
		.n_roots = s->options.n_roots,
		/* a revocation is to be known within the hour */
		.max_age_s = 3600,
	};

	snprintf(folder, sizeof(folder), "%s/collateral", s->options.data);
	s->collateral = collateral_open(&options, text);
	return s->collateral || say(why, folder, text);
}

/* The key that nonces are made with: all nodes', whoever made it. */
static bool get_challenge_key(struct service *s, char why[SERVICE_WHY])
{
	struct buf key = { 0 };
	bool good;

	buf_put_zeros(&key, sizeof(s->challenge_key));
	good = !key.bad && assay_random(key.ptr, key.len) &&
	       store_put_new(s->store, "setting", "challenge", &key) !=
	               STORE_FAILED &&
	       key.len == sizeof(s->challenge_key);
	if (good)
		memcpy(s->challenge_key, key.ptr, key.len);
	if (key.ptr)
		assay_wipe(key.ptr, key.len);
	buf_free(&key);
	return good || say(why, "the key of nonces", store_why(s->store));
}

static bool open_parts(struct service *s, char why[SERVICE_WHY])
{
	s->folder = folder_open(AT_FDCWD, s->options.data, 0700);
	if (s->folder < 0)
		return say(why, s->options.data, strerror(errno));
	if (!open_store(s, why) || !open_collateral(s, why) ||
	    !get_challenge_key(s, why) ||
	    !service_tokens_open(s, s->folder, why))
		return false;
	s->audit = service_audit_open(s, why);
	if (!s->audit)
		return false;
	s->keys = service_keys_open(s->options.data, s->options.kek, why);
	if (!s->keys)
		return false;
	s->policies = service_policies_open(s);
	s->judges = service_judges_open(s);
	s->sightings = service_sightings_start(s);
	s->lines = s->options.quiet ? NULL : service_lines_start();
	s->seen = service_seen_start(s);
	s->share = s->options.database ? service_share_start(s) : NULL;
	return (s->policies && s->judges && s->sightings && s->seen &&
	        (s->share || !s->options.database)) ||
	       say(why, "the service", "memory is short");
}

struct service *service_open(const struct service_options *options,
                             char why[SERVICE_WHY])
{
	struct service *s = calloc(1, sizeof(*s));

	if (!s) {
		snprintf(why, SERVICE_WHY, "memory is short");
		return NULL;
	}
	s->options = *options;
	s->folder = -1;
	pthread_mutex_init(&s->callers.lock, NULL);
	pthread_mutex_init(&s->clock.lock, NULL);
	service_set_issuer(s, options->issuer ? options->issuer : "");
	if (open_parts(s, why))
		return s;
	service_close(s);
	return NULL;
}

void service_close(struct service *s)
{
	if (!s)
		return;
	service_share_stop(s->share);
	service_seen_stop(s->seen);
	service_sightings_stop(s->sightings);
	service_judges_close(s->judges);
	service_policies_close(s->policies);
	service_keys_close(s->keys);
	service_audit_close(s->audit);
	service_tokens_close(s->tokens);
	collateral_close(s->collateral);
	store_close(s->store);
	service_lines_stop(s->lines);
	if (s->folder >= 0)
		close(s->folder);
	pthread_mutex_destroy(&s->callers.lock);
	pthread_mutex_destroy(&s->clock.lock);
	assay_wipe(s->challenge_key, sizeof(s->challenge_key));
	free(s);
}

/* What is asked with an API key's scope knows its arguments, and refuses others.
 * Elsewhere they pass: clients of a cache of Intel's add their own (QCNL what its
 * file has as custom_request_options, Azure's api-version and clientid), as
 * browsers and probes do at times. */
#define GET(at, by, known) \
	{ \
		.path = at, .answer = by, .arguments = known \
	}
#define POST(at, by, most, known) \
	{ \
		.path = at, .answer = by, .body_max = most, .arguments = known \
	}
#define QUICK(at, by) \
	{ \
		.path = at, .answer = by, .when = HTTP_QUICK \
	}
#define WISHES \
	"policy policy_version accept nonce report_data any_code no_token " \
	"profile at"
const struct http_route service_routes[] = {
	POST("/v1/verify", service_verify, EVIDENCE_MAX, WISHES),
	POST("/v1/batch", service_batch, BATCH_MAX, WISHES),
	POST("/v1/challenge", service_challenge, SMALL, ""),
	GET("/v1/policies", service_policies_get, ""),
	GET("/v1/policies/*", service_policies_get, "version"),
	POST("/v1/policies/*", service_policies_post, POLICY_MAX, ""),
	GET("/v1/lists", service_lists_get, ""),
	GET("/v1/lists/*", service_lists_get, ""),
	POST("/v1/lists/*", service_lists_post, LIST_MAX, ""),
	GET("/v1/platforms", service_platforms, "after most"),
	GET("/v1/forecast", service_forecast, ""),
	GET("/v1/log", service_log_get, "from most"),
	GET("/v1/log/*", service_log_get, ""),
	GET("/v1/collateral", service_collateral_get, ""),
	GET("/v1/secrets", service_secrets_get, ""),
	POST("/v1/secrets/*", service_secrets_post, SECRET_MAX, "policy"),
	POST("/v1/keys/*", service_keys_post, EVIDENCE_MAX, ""),
	GET("/v1/callers", service_callers_get, ""),
	POST("/v1/callers/*", service_callers_post, SMALL, "scopes revoke"),
	GET("/.well-known/jwks.json", service_jwks, NULL),
	GET("/.well-known/openid-configuration", service_openid, NULL),
	GET("/certs", service_certs, NULL),
	GET("/sgx/certification/v4/*", service_pccs, NULL),
	GET("/tdx/certification/v4/*", service_pccs, NULL),
	POST("/attest/*", service_maa, 2 * EVIDENCE_MAX, "api-version"),
	QUICK("/healthz", service_health),
	GET("/readyz", service_ready, NULL),
	GET("/metrics", service_metrics, NULL),
	GET("/", service_page, NULL),
	GET("/app.css", service_page, NULL),
	GET("/app.js", service_page, NULL),
	GET("/icon.svg", service_page, NULL),
	GET("/checks.json", service_page, NULL),
	{ 0 },
};
