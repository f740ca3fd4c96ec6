/* policies.c - the rules that evidence is judged by: named, and never changed but
 * by a further version. */
#include "service/policies.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "policy/policy.h"

enum {
	CACHE = 64, /* policies that are kept parsed */
	NAME_MAX_LEN = 64,
	BODY_MAX = 256 << 10,
};
#define BUILT_IN "default"

/* One version, parsed: shared, and freed by the last who lets go. */
struct service_policy {
	unsigned users; /* the lock's */
	char name[NAME_MAX_LEN + 1];
	unsigned version;
	bool newest;     /* it was asked for as the newest, */
	uint64_t change; /* when the store was like that */
	uint8_t hash[32];
	struct assay_policy *rules, *any_code; /* the second may be NULL */
};

struct service_policies {
	struct service *service;
	pthread_mutex_t lock;
	struct service_policy *of[CACHE];
	unsigned next;
};

bool service_is_name(const char *name)
{
	const size_t n = strlen(name);

	return n > 0 && n <= NAME_MAX_LEN && name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz"
	                    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == n;
}

bool service_path_name(const char **name, struct http_answer *a,
                       const struct http_request *r, const char *prefix)
{
	*name = http_path(r) + strlen(prefix);
	if (service_is_name(*name))
		return true;
	service_problem(a, 400, "This is no name",
	                "Want 1 to %d letters, digits, dashes, dots and "
	                "underscores.",
	                NAME_MAX_LEN);
	return false;
}

static void release(struct service_policy *p)
{
	if (!p || --p->users)
		return;
	free(p->any_code);
	free(p->rules);
	free(p);
}

void service_policy_done(struct service *s, struct service_policy *p)
{
	pthread_mutex_lock(&s->policies->lock);
	release(p);
	pthread_mutex_unlock(&s->policies->lock);
}

const struct assay_policy *service_policy_rules(const struct service_policy *p,
                                                unsigned *version,
                                                uint8_t hash[32])
{
	*version = p->version;
	memcpy(hash, p->hash, 32);
	return p->rules;
}

const struct assay_policy *
service_policy_any_code(const struct service_policy *p)
{
	return p->any_code;
}

static struct service_policy *find(struct service_policies *ps,
                                   const char *name, unsigned version,
                                   uint64_t change)
{
	for (size_t i = 0; i < CACHE; i++) {
		struct service_policy *p = ps->of[i];

		if (p && strcmp(p->name, name) == 0 &&
		    (version ? p->version == version
		             : p->newest && p->change == change)) {
			p->users++;
			return p;
		}
	}
	return NULL;
}

/* What a version says, parsed; NULL: memory is short, or it is none. */
static struct service_policy *parse(const char *name, unsigned version,
                                    struct assay_bytes body)
{
	struct service_policy *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->users = 1;
	p->version = version;
	snprintf(p->name, sizeof(p->name), "%s", name);
	assay_sha256(p->hash, body);
	p->rules = calloc(1, assay_policy_size());
	p->any_code = calloc(1, assay_policy_size());
	if (p->rules && !version)
		assay_policy_default(p->rules);
	if (!p->rules || !p->any_code ||
	    (version && !assay_policy_parse(p->rules, body, NULL))) {
		release(p);
		return NULL;
	}
	memcpy(p->any_code, p->rules, assay_policy_size());
	if (!assay_policy_any_code(p->any_code)) {
		free(p->any_code);
		p->any_code = NULL;
	}
	return p;
}

static struct service_policy *load(struct service *s, const char *name,
                                   unsigned version, unsigned *status,
                                   char why[SERVICE_WHY])
{
	struct store_version v = { 0 };
	struct buf body = { 0 };
	struct service_policy *p = NULL;
	enum store_found found = store_get_version(s->store, &v, &body,
	                                           "policy", name, version);
	const bool built_in = found == STORE_NONE && !version &&
	                      strcmp(name, BUILT_IN) == 0;

	*status = 503;
	snprintf(why, SERVICE_WHY, "the store: %s", store_why(s->store));
	if (found == STORE_NONE && !built_in) {
		*status = 404;
		snprintf(why, SERVICE_WHY,
		         "there is no policy %s%s: GET /v1/policies lists them",
		         name, version ? " of this version" : "");
	} else if (found != STORE_FAILED) {
		p = parse(name, built_in ? 0 : v.number, buf_bytes(&body));
		*status = 500;
		snprintf(why, SERVICE_WHY,
		         "the policy %s in the store cannot be read: add it "
		         "anew",
		         name);
	}
	buf_free(&body);
	return p;
}

struct service_policy *service_policy(struct service *s, const char *name,
                                      unsigned version, unsigned *status,
                                      char why[SERVICE_WHY])
{
	struct service_policies *ps = s->policies;
	const uint64_t change = store_change(s->store, "policy");
	struct service_policy *p;

	if (!name)
		name = BUILT_IN;
	pthread_mutex_lock(&ps->lock);
	p = find(ps, name, version, change);
	pthread_mutex_unlock(&ps->lock);
	if (p)
		return p;
	p = load(s, name, version, status, why);
	if (!p)
		return NULL;
	p->newest = version == 0;
	p->change = change;
	pthread_mutex_lock(&ps->lock);
	release(ps->of[ps->next]);
	ps->of[ps->next] = p;
	ps->next = (ps->next + 1) % CACHE;
	p->users++;
	pthread_mutex_unlock(&ps->lock);
	return p;
}

struct service_policies *service_policies_open(struct service *s)
{
	struct service_policies *ps = calloc(1, sizeof(*ps));

	if (!ps)
		return NULL;
	ps->service = s;
	pthread_mutex_init(&ps->lock, NULL);
	return ps;
}

void service_policies_close(struct service_policies *ps)
{
	if (!ps)
		return;
	for (size_t i = 0; i < CACHE; i++)
		release(ps->of[i]);
	pthread_mutex_destroy(&ps->lock);
	free(ps);
}

/* ---- GET */

struct listed {
	const char *name;
	const struct store_version *version;
	uint8_t hash[32];
};

static void put_listed(struct assay_json_out *o, const void *arg)
{
	const struct listed *l = arg;

	assay_json_put_text(o, "name", l->name);
	assay_json_put_uint(o, "version", l->version->number);
	assay_json_put_time(o, "made", l->version->made);
	assay_json_put_text(o, "by", l->version->by);
	assay_json_put_hex(o, "hash", l->hash, sizeof(l->hash));
}

static bool list_one(void *out, const char *name, const struct store_version *v,
                     struct assay_bytes body)
{
	struct listed l = { .name = name, .version = v };

	assay_sha256(l.hash, body);
	return service_put_item(out, put_listed, &l);
}

static bool list_all(struct store *store, struct buf *out)
{
	return store_each_newest(store, "policy", list_one, out);
}

static void answer_one(struct http_answer *a, struct service *s,
                       const struct http_request *r, const char *name)
{
	struct store_version v;
	unsigned version;

	if (!service_version_argument(&version, a, r, "version"))
		return;
	switch (store_get_version(s->store, &v, &a->body, "policy", name,
	                          version)) {
	case STORE_FOUND:
		a->status = 200;
		a->type = "application/json";
		return;
	case STORE_NONE:
		service_problem(a, 404, "There is no such policy",
		                "GET /v1/policies lists them; `%s` is built "
		                "in until there is one of that name.",
		                BUILT_IN);
		return;
	case STORE_FAILED:
		service_no_store(a, s);
	}
}

void service_policies_get(void *self, struct http_answer *a,
                          const struct http_request *r)
{
	static const char path[] = "/v1/policies";
	struct service *s = self;
	struct service_caller caller;
	const char *name;

	if (!service_may(&caller, a, s, r, SERVICE_READ))
		return;
	if (!http_path(r)[sizeof(path) - 1])
		service_items(a, s, "policies", list_all);
	else if (service_path_name(&name, a, r, "/v1/policies/"))
		answer_one(a, s, r, name);
}

/* ---- POST */

struct added {
	const char *name;
	unsigned version;
	uint8_t hash[32];
};

static void put_added(struct assay_json_out *o, const void *arg)
{
	const struct added *d = arg;

	assay_json_put_text(o, "name", d->name);
	if (d->version)
		assay_json_put_uint(o, "version", d->version);
	assay_json_put_hex(o, "hash", d->hash, sizeof(d->hash));
}

/* It is in the log before it holds. */
static bool add(struct added *d, struct service *s, struct assay_bytes body,
                const char *who)
{
	struct buf data = { 0 };
	bool good;

	assay_sha256(d->hash, body);
	service_put_json(&data, put_added, d);
	good = !data.bad &&
	       service_log(s, "policy.added", who, buf_bytes(&data)) &&
	       store_add_version(s->store, &d->version, "policy", d->name, body,
	                         who, service_now(s));
	buf_free(&data);
	return good;
}

void service_policies_post(void *self, struct http_answer *a,
                           const struct http_request *r)
{
	const struct assay_bytes body = http_body(r);
	struct service *s = self;
	struct service_caller caller;
	struct assay_policy *rules;
	struct assay_err err = { 0 };
	struct added d = { 0 };

	if (!service_may(&caller, a, s, r, SERVICE_ADMIN) ||
	    !service_path_name(&d.name, a, r, "/v1/policies/"))
		return;
	rules = calloc(1, assay_policy_size());
	if (!rules)
		a->bad = true;
	else if (body.len > BODY_MAX || !assay_policy_parse(rules, body, &err))
		service_problem(a, 400, "This is no policy",
		                "At byte %zu: %s: %s. See assay-policy(1), and "
		                "try it with: assay policy check FILE",
		                err.at,
		                err.check ? assay_check_info(err.check)->name
		                          : "A_POLICY",
		                err.check ? err.note : "it is too long");
	else if (add(&d, s, body, caller.name))
		service_json(a, put_added, &d);
	else
		service_no_store(a, s);
	free(rules);
}
