/* lists.c - lists of measurements that somebody else signs: kept, given out, and
 * opened for the policies that ask for them. */
#include "service/inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "policy/list.h"

static const char kind[] = "list", prefix[] = "/v1/lists/";

/* ---- opened for a policy */

/* What is in the store, opened; NULL: memory is short. */
static struct assay_list *open_list(const struct assay_policy *policy,
                                    struct assay_bytes body, int64_t now)
{
	struct assay_list *list = malloc(sizeof(*list));
	uint8_t *scratch = malloc(body.len + 1);
	struct assay_err err;

	if (!list || !scratch) {
		free(list);
		list = NULL;
	} else if (!assay_list_open(list, policy, body, now, 0, scratch,
	                            &err)) {
		assert(err.check); /* the rule refuses, and says why */
	}
	free(scratch);
	return list;
}

struct assay_list *service_list_open(struct service *service,
                                     const struct assay_policy *policy,
                                     int64_t now, bool *failed)
{
	const char *name = assay_policy_list(policy);
	struct assay_list *list = NULL;
	struct store_version version;
	struct buf body = { 0 };
	enum store_found found = STORE_NONE;

	if (name)
		found = store_get_version(service->store, &version, &body, kind,
		                          name, 0);
	if (found == STORE_FOUND)
		list = open_list(policy, buf_bytes(&body), now);
	*failed = found == STORE_FAILED || (found == STORE_FOUND && !list);
	buf_free(&body);
	return list;
}

/* ---- given out */

struct row {
	const char *name;
	const struct store_version *version;
};

static void put_row(struct assay_json_out *o, const void *arg)
{
	const struct row *r = arg;

	assay_json_put_text(o, "name", r->name);
	assay_json_put_uint(o, "version", r->version->number);
	assay_json_put_time(o, "made", r->version->made);
	assay_json_put_text(o, "by", r->version->by);
}

static bool put_one(void *out, const char *name,
                    const struct store_version *version,
                    struct assay_bytes body)
{
	const struct row row = { name, version };

	(void)body;
	return service_put_item(out, put_row, &row);
}

static bool put_all(struct store *store, struct buf *out)
{
	return store_each_newest(store, kind, put_one, out);
}

/* The list's name: what follows in the path; NULL: none that there can be. */
static const char *name_of(const struct http_request *request)
{
	const char *path = http_path(request);
	size_t len = sizeof(prefix) - 1, n;

	if (strncmp(path, prefix, len) != 0)
		return NULL;
	n = strlen(path + len);
	return n && n < ASSAY_LIST_NAME ? path + len : NULL;
}

static void no_list(struct http_answer *answer)
{
	service_problem(answer, 404, "There is no such list",
	                "GET /v1/lists names those that there are.");
}

static void answer_one(struct http_answer *answer, struct service *service,
                       const char *name)
{
	struct store_version version;
	enum store_found found = store_get_version(
		service->store, &version, &answer->body, kind, name, 0);

	answer->status = 200;
	answer->type = "application/jose";
	if (found == STORE_FAILED)
		service_no_store(answer, service);
	else if (found == STORE_NONE)
		no_list(answer);
}

void service_lists_get(void *self, struct http_answer *answer,
                       const struct http_request *request)
{
	struct service *service = self;
	struct service_caller caller;
	const char *name = name_of(request);

	if (!service_may(&caller, answer, service, request, SERVICE_READ))
		return;
	if (strcmp(http_path(request), "/v1/lists") == 0)
		service_items(answer, service, "lists", put_all);
	else if (name)
		answer_one(answer, service, name);
	else
		no_list(answer);
}

/* ---- taken in */

/* A list that somebody publishes. */
struct posted {
	struct service *service;
	struct service_caller caller;
	const char *name;
	struct assay_bytes body;
	struct assay_list *list, *old;
	struct buf keys; /* that it must be by one of; none: anybody's */
	uint8_t *scratch;
	unsigned version;
};

/* Whose it is, is checked again for each policy, when it judges. */
static bool is_list(struct posted *p, struct http_answer *answer)
{
	struct assay_err err = { 0 };
	const struct assay_check_info *check;

	if (!assay_list_peek(p->list, p->body, p->scratch, &err)) {
		check = assay_check_info(err.check);
		service_problem(answer, 400, "It is no list", "%s: %s. %s",
		                check->name, err.note, check->todo);
		return false;
	}
	if (strcmp(p->list->name, p->name) == 0)
		return true;
	service_problem(answer, 400, "It is another list",
	                "It is the list \"%s\": post it to %s%s.",
	                p->list->name, prefix, p->list->name);
	return false;
}

/* ---- whose it must be */

/* The keys that policies name for a list. */
struct named {
	const char *list;
	struct assay_policy *policy; /* the one at hand */
	struct buf keys;             /* 64 bytes of each */
};

static bool take_key(void *arg, const char *name,
                     const struct store_version *version,
                     struct assay_bytes body)
{
	struct named *n = arg;
	const char *list;

	(void)name;
	(void)version;
	if (!assay_policy_parse(n->policy, body, NULL))
		return true;
	list = assay_policy_list(n->policy);
	if (list && strcmp(list, n->list) == 0)
		buf_put(&n->keys, n->policy->measurements.key,
		        sizeof(n->policy->measurements.key));
	return !n->keys.bad;
}

/* Into p->keys. */
static bool find_keys(struct posted *p, struct http_answer *answer)
{
	struct named n = { .list = p->name };
	bool good;

	n.policy = malloc(sizeof(*n.policy));
	good = n.policy &&
	       store_each_newest(p->service->store, "policy", take_key, &n);
	if (!n.policy || n.keys.bad)
		answer->bad = true;
	else if (!good)
		service_no_store(answer, p->service);
	free(n.policy);
	p->keys = n.keys;
	return good;
}

/* Whether it is a list by one of them, or anybody's where there is none. */
static bool is_by_them(const struct posted *p, struct assay_list *list,
                       struct assay_bytes body)
{
	if (!p->keys.len)
		return assay_list_peek(list, body, p->scratch, NULL);
	for (size_t i = 0; i < p->keys.len; i += sizeof(list->key))
		if (assay_list_check(list, p->keys.ptr + i, body, p->scratch,
		                     NULL))
			return true;
	return false;
}

static bool is_theirs(struct posted *p, struct http_answer *answer)
{
	if (!find_keys(p, answer))
		return false;
	if (is_by_them(p, p->list, p->body))
		return true;
	service_problem(answer, 400, "The list is by another key",
	                "Policies here name the list \"%s\", and who signs it: "
	                "sign it with a key that one of them names.",
	                p->name);
	return false;
}

/* ---- in its turn */

/* Numbers only grow.  What is kept, and is none any more, or by nobody whom a
 * policy names, is no hindrance. */
static bool is_newer(struct posted *p, struct http_answer *answer)
{
	struct store_version version;
	struct buf body = { 0 };
	enum store_found found = store_get_version(p->service->store, &version,
	                                           &body, kind, p->name, 0);
	bool newer = found != STORE_FOUND || body.len > ASSAY_LIST_MAX ||
	             !is_by_them(p, p->old, buf_bytes(&body)) ||
	             p->list->number > p->old->number;

	buf_free(&body);
	if (found == STORE_FAILED)
		service_no_store(answer, p->service);
	else if (!newer)
		service_problem(answer, 409, "The list is not newer",
		                "Its number is %llu, and number %llu is here "
		                "already; publish it with a higher one.",
		                (unsigned long long)p->list->number,
		                (unsigned long long)p->old->number);
	if (found == STORE_FOUND)
		p->version = version.number;
	return found != STORE_FAILED && newer;
}

/* Of all nodes, this one makes the next version of what it has seen. */
static bool take_turn(struct posted *p, struct http_answer *answer)
{
	struct service *s = p->service;

	switch (service_turn(&s->list_turn, s, kind, p->name, p->version + 1)) {
	case STORE_NONE:
		return true;
	case STORE_FOUND:
		service_problem(answer, 409, "The list is not published",
		                "Another node publishes one of this name, or "
		                "failed to: see GET %s%s, and try again in "
		                "five minutes.",
		                prefix, p->name);
		return false;
	case STORE_FAILED:
		break;
	}
	service_no_store(answer, s);
	return false;
}

/* In the log first: no list holds that the log does not know of. */
static bool keep(struct posted *p, struct http_answer *answer)
{
	char text[512];
	struct assay_json_out o;

	assay_json_begin(&o, text, sizeof(text));
	assay_json_put_object(&o, NULL);
	assay_json_put_text(&o, "name", p->name);
	assay_json_put_uint(&o, "number", p->list->number);
	assay_json_put_end(&o, '}');
	if (service_log(p->service, "list", p->caller.name, buf_text(text)) &&
	    store_add_version(p->service->store, &p->version, kind, p->name,
	                      p->body, p->caller.name, service_now(p->service)))
		return true;
	service_no_store(answer, p->service);
	return false;
}

/* Nothing comes between what it is compared with and what it is kept as. */
static bool publish(struct posted *p, struct http_answer *answer)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	bool good;

	pthread_mutex_lock(&one);
	good = is_newer(p, answer) && take_turn(p, answer) && keep(p, answer);
	pthread_mutex_unlock(&one);
	return good;
}

static void put_posted(struct assay_json_out *o, const void *arg)
{
	const struct posted *p = arg;

	assay_json_put_text(o, "name", p->name);
	assay_json_put_uint(o, "version", p->version);
	assay_json_put_uint(o, "number", p->list->number);
	assay_json_put_time(o, "issued", p->list->issued);
	assay_json_put_uint(o, "entries", p->list->n_entries);
}

void service_lists_post(void *self, struct http_answer *answer,
                        const struct http_request *request)
{
	struct posted p = { .service = self,
		            .name = name_of(request),
		            .body = http_body(request) };

	if (!service_may(&p.caller, answer, self, request, SERVICE_ADMIN))
		return;
	if (!p.name) {
		no_list(answer);
		return;
	}
	p.list = malloc(sizeof(*p.list));
	p.old = malloc(sizeof(*p.old));
	p.scratch = malloc(ASSAY_LIST_MAX);
	if (!p.list || !p.old || !p.scratch)
		answer->bad = true;
	else if (is_list(&p, answer) && is_theirs(&p, answer) &&
	         publish(&p, answer))
		service_json(answer, put_posted, &p);
	free(p.list);
	free(p.old);
	free(p.scratch);
	buf_free(&p.keys);
}
