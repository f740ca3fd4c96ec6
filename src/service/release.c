/* release.c - secrets: kept for policies, given to enclaves that satisfy them. */
#include "service/release.h"

#include "base/rd.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "enclave/secret.h"
#include "seal/released.h"
#include "serve/rate.h"
#include "service/release_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	ROW_MAX = 1024,       /* of a row of the log */
	REFUSALS = 20,        /* of a caller that are written down at once, */
	REFUSAL_SECONDS = 30, /* and then one in so many */
};
static const char secrets[] = "secret", policies[] = "policy";
static const char keys_path[] = "/v1/keys/", secrets_path[] = "/v1/secrets/";

struct service_keys {
	struct wrap *wrap;
	struct release_key key;
	pthread_mutex_t bringing; /* one at a time: of the next */
	struct service_turn turn;
	pthread_mutex_t lock; /* of what follows */
	struct rate refusals;
	uint64_t unwritten; /* refusals, since the last that was written down */
};

static bool open_keys(struct service_keys *k, const char *folder,
                      const char *kek, char why[SERVICE_WHY])
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t seed;

	if (fd < 0 || !assay_random(&seed, sizeof(seed))) {
		snprintf(why, SERVICE_WHY, "%s: %s", folder, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	rate_start(&k->refusals, 1, REFUSALS, seed);
	k->refusals.interval *= REFUSAL_SECONDS;
	k->refusals.ahead *= REFUSAL_SECONDS;
	k->wrap = wrap_open(fd, kek, why);
	close(fd);
	return k->wrap != NULL;
}

struct service_keys *service_keys_open(const char *folder, const char *kek,
                                       char why[SERVICE_WHY])
{
	struct service_keys *k = calloc(1, sizeof(*k));

	if (k && open_keys(k, folder, kek, why)) {
		release_key_start(&k->key);
		pthread_mutex_init(&k->bringing, NULL);
		pthread_mutex_init(&k->lock, NULL);
		return k;
	}
	if (!k)
		snprintf(why, SERVICE_WHY, "memory is short");
	free(k);
	return NULL;
}

void service_keys_close(struct service_keys *k)
{
	if (!k)
		return;
	wrap_close(k->wrap);
	release_key_end(&k->key);
	pthread_mutex_destroy(&k->bringing);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static const struct assay_hpke_pair *release_key(struct service *service,
                                                 char why[SERVICE_WHY])
{
	return release_key_get(&service->keys->key, service,
	                       service->keys->wrap, why);
}

bool service_release_key(uint8_t key[32], struct service *service,
                         char why[SERVICE_WHY])
{
	const struct assay_hpke_pair *pair = release_key(service, why);

	if (pair)
		memcpy(key, pair->key, sizeof(pair->key));
	return pair != NULL;
}

/* ---- judging who asks */

static bool no(struct release *r, unsigned status, const char *why)
{
	r->status = status;
	snprintf(r->why, sizeof(r->why), "%s", why);
	return false;
}

static bool load(struct release *r, struct service *service)
{
	switch (store_get(service->store, &r->row, secrets, r->name)) {
	case STORE_FOUND:
		break;
	case STORE_NONE:
		return no(r, 404, "There is no secret of this name.");
	case STORE_FAILED:
		return no(r, 503, "The store does not answer; try again.");
	}
	return wrap_read(&r->label, buf_bytes(&r->row)) ||
	       no(r, 500,
	          "The secret's row in the store is damaged: bring "
	          "the secret anew.");
}

/* The rules that said no, in their words. */
static bool no_by_rules(struct release *r)
{
	const struct assay_decision *d = &r->c.judgement->decision;
	size_t at = 0;

	r->status = 403;
	*r->why = 0;
	for (size_t i = 0; i < d->n_refusals && at < sizeof(r->why); i++)
		at += (size_t)snprintf(r->why + at, sizeof(r->why) - at, "%s%s",
		                       i ? " " : "", d->refusals[i].note);
	return false;
}

/* A policy decides about a verdict; these are about what it is a verdict of. */
static bool is_enough(struct release *r)
{
	const struct judgement *j = r->c.judgement;

	if (!j->decision.accept)
		return no_by_rules(r);
	if (j->evidence.kind != r->kind || j->keys != ASSAY_KEYS_BOUND ||
	    !assay_bytes_equal(j->evidence.tls_key, r->tls_key))
		return no(r, 403,
		          "The evidence does not speak for a key that "
		          "the secret could be sealed to.");
	if (r->c.version != r->label.policy_version ||
	    memcmp(r->c.policy_hash, r->label.policy_hash, WRAP_HASH_LEN) != 0)
		return no(r, 500,
		          "The policy in the store is not the one "
		          "that the secret was attached to: attach "
		          "it anew.");
	return true;
}

bool release_judge(struct release *r, struct service *service)
{
	if (!load(r, service))
		return false;
	r->c = (struct service_case){
		.body = r->evidence,
		.policy = r->label.policy,
		.policy_version = r->label.policy_version,
		.nonce = r->nonce,
	};
	if (!service_judge(&r->c, service, &r->status, r->why))
		return false;
	r->judged = true;
	return is_enough(r);
}

bool release_unseal(uint8_t *secret, size_t *len, struct release *r,
                    struct service *service)
{
	char why[WRAP_WHY];

	if (wrap_unseal(secret, len, service->keys->wrap, r->name,
	                buf_bytes(&r->row), why))
		return true;
	r->status = 500;
	snprintf(r->why, sizeof(r->why), "The secret cannot be opened: %s.",
	         why);
	return false;
}

void release_end(struct release *r)
{
	service_case_free(
		&r->c); /* what was not judged may hold something, too */
	buf_free(&r->row);
}

/* ---- the log */

static void put_who(struct assay_json_out *o, const struct release *r)
{
	const struct assay_verdict *v = &r->c.judgement->verdict;

	assay_json_put_text(o, "secret", r->name);
	assay_json_put_uint(o, "version", r->label.version);
	assay_json_put_text(o, "policy", r->label.policy);
	assay_json_put_uint(o, "policy_version", r->label.policy_version);
	assay_json_put_text(o, "door", r->door);
	assay_json_put_hex(o, "evidence_sha256", r->c.evidence_hash,
	                   sizeof(r->c.evidence_hash));
	if (v->tee == ASSAY_TEE_SGX)
		assay_json_put_hex(o, "mrenclave", v->sgx.mrenclave,
		                   sizeof(v->sgx.mrenclave));
	if (v->tee == ASSAY_TEE_TDX)
		assay_json_put_hex(o, "mrtd", v->td.mrtd, sizeof(v->td.mrtd));
	assay_json_put_bool(o, "simulation", v->simulation);
	if (r->nonce.len)
		assay_json_put_hex(o, "nonce", r->nonce.ptr, r->nonce.len);
}

static bool write_log(struct service *service, const char *what,
                      const char *who, struct assay_json_out *o)
{
	assay_json_put_end(o, '}');
	return o->ok && service_log(service, what, who,
	                            (struct assay_bytes){
					    (const uint8_t *)o->ptr, o->len });
}

bool release_log(struct release *r, struct service *service)
{
	struct assay_json_out o;
	char mem[2 * ROW_MAX];

	assay_json_begin(&o, mem, sizeof(mem));
	assay_json_put_object(&o, NULL);
	put_who(&o, r);
	return write_log(service, "key.released", r->who, &o) ||
	       no(r, 503,
	          "The log cannot be written, and nothing is released "
	          "that is not in it; try again.");
}

/* How many refusals nobody wrote down before this one; false: nor is this. */
static bool may_write(uint64_t *unwritten, struct service_keys *k,
                      const char *who)
{
	uint8_t hash[ASSAY_SHA256_LEN];
	struct timespec t;
	uint64_t key;
	bool may;

	clock_gettime(CLOCK_MONOTONIC, &t);
	assay_sha256(hash, buf_text(who));
	memcpy(&key, hash, sizeof(key));
	pthread_mutex_lock(&k->lock);
	may = rate_take(&k->refusals, key,
	                t.tv_sec * INT64_C(1000000000) + t.tv_nsec) == 0;
	*unwritten = k->unwritten;
	k->unwritten = may ? 0 : k->unwritten + 1;
	pthread_mutex_unlock(&k->lock);
	return may;
}

void release_refused(struct release *r, struct service *service)
{
	struct assay_json_out o;
	char mem[4 * ROW_MAX];
	uint64_t unwritten;

	if (!r->judged || !may_write(&unwritten, service->keys, r->who))
		return;
	assay_json_begin(&o, mem, sizeof(mem));
	assay_json_put_object(&o, NULL);
	put_who(&o, r);
	assay_json_put_text(&o, "why", r->why);
	assay_json_put_uint(&o, "unwritten", unwritten);
	if (!write_log(service, "key.refused", r->who, &o))
		service_tell(service, "a refusal is not in the log", r->why);
}

/* ---- POST /v1/keys/NAME */

/* What the enclave is asked to have: its nonce, and the key to seal to. */
struct asked {
	uint8_t *mem; /* of what was decoded */
	struct assay_evidence evidence;
	struct assay_key_config to;
};

/* None of this costs more than reading it: of what can be asked in vain, only
 * what was made for a nonce of ours is judged. */
static bool read_asked(struct asked *a, const struct service *service,
                       struct assay_bytes body)
{
	struct assay_scratch scratch = { .len = body.len };

	a->mem = scratch.ptr = malloc(body.len + 1);
	return a->mem &&
	       assay_evidence_read(&a->evidence, body, &scratch, NULL) &&
	       a->evidence.kind == ASSAY_EVIDENCE_BUNDLE &&
	       service_nonce_is_ours(service, a->evidence.nonce) &&
	       assay_key_config_read(&a->to, a->evidence.hpke, NULL);
}

/* Once the evidence is known to be enough, and not before: so a nonce is spent by
 * the enclave that it was made for, and by nobody who only saw it. */
static bool take_nonce(struct release *r, struct service *service)
{
	switch (service_nonce_take(service, "keys", r->nonce,
	                           service_now(service), r->why)) {
	case STORE_NONE:
		return true;
	case STORE_FOUND:
		r->status = 403;
		return false;
	case STORE_FAILED:
		break;
	}
	return no(r, 503, "The store does not answer; try again.");
}

static bool seal(struct buf *out, struct release *r, struct service *service,
                 const struct asked *a, uint8_t *secret)
{
	const struct assay_released front = { buf_text(service_issuer(service)),
		                              buf_text(r->name), r->nonce,
		                              r->label.version };
	const struct assay_hpke_pair *from = release_key(service, r->why);
	struct assay_err err = { 0 };
	size_t len;

	if (!from) {
		r->status = 503;
		return false;
	}
	if (front.service.len > ASSAY_RELEASED_NAME)
		return no(r, 500,
		          "The service's name is too long to be bound.");
	if (!release_unseal(secret, &len, r, service))
		return false;
	buf_put_zeros(out, len + ASSAY_RELEASED_MORE);
	if (out->bad)
		return no(r, 500, "Memory is short.");
	out->len = assay_released_seal(out->ptr, &front, &a->to, from,
	                               (struct assay_bytes){ secret, len },
	                               &err);
	return out->len || no(r, 403, err.note);
}

static bool give(struct buf *out, struct release *r, struct service *service,
                 const struct asked *a)
{
	enum assay_secret_kind kind;
	uint8_t *secret = assay_secret_new(WRAP_ROOM, &kind);
	bool done;

	if (!secret)
		return no(r, 500, "Memory is short.");
	done = seal(out, r, service, a, secret);
	assay_secret_free(secret, WRAP_ROOM);
	return done && release_log(r, service);
}

static bool release(struct buf *out, struct release *r, struct service *service,
                    const struct asked *a)
{
	if (release_judge(r, service) && take_nonce(r, service) &&
	    give(out, r, service, a))
		return true;
	buf_clear(out);
	release_refused(r, service);
	return false;
}

static void ask(struct http_answer *answer, struct service *service,
                const char *name, const char *who, struct assay_bytes body)
{
	struct asked a = { 0 };
	struct release r = { .name = name,
		             .who = who,
		             .door = "http",
		             .evidence = body,
		             .kind = ASSAY_EVIDENCE_BUNDLE };

	if (!read_asked(&a, service, body)) {
		service_problem(answer, 400, "No evidence to seal a secret to",
		                "Post a bundle with the enclave's keys, and "
		                "with the nonce of a challenge of this "
		                "service.");
		free(a.mem);
		return;
	}
	r.nonce = a.evidence.nonce;
	if (release(&answer->body, &r, service, &a)) {
		answer->status = 200;
		answer->type = "application/vnd.assay.released";
		http_put_header(answer, "Cache-Control", buf_text("no-store"));
	} else {
		service_problem(answer, r.status, "The secret is not released",
		                "%s", r.why);
	}
	release_end(&r);
	free(a.mem);
}

void service_keys_post(void *self, struct http_answer *answer,
                       const struct http_request *request)
{
	struct service_caller caller;
	const char *name;

	if (service_may(&caller, answer, self, request, SERVICE_KEYS) &&
	    service_path_name(&name, answer, request, keys_path))
		ask(answer, self, name, caller.name, http_body(request));
}

/* ---- POST /v1/secrets/NAME */

/* A secret that is brought, or one that is there and gets another policy. */
struct bring {
	const char *name, *policy;
	struct wrap_label label;
	struct buf row;
	unsigned status;
	char why[SERVICE_WHY];
};

static bool bad(struct bring *b, unsigned status, const char *why)
{
	b->status = status;
	snprintf(b->why, sizeof(b->why), "%s", why);
	return false;
}

static bool find_policy(struct bring *b, struct service *service)
{
	struct store_version version;
	struct buf body = { 0 };
	enum store_found found = store_get_version(
		service->store, &version, &body, policies, b->policy, 0);

	if (found == STORE_FOUND) {
		snprintf(b->label.policy, sizeof(b->label.policy), "%s",
		         b->policy);
		b->label.policy_version = version.number;
		assay_sha256(b->label.policy_hash, buf_bytes(&body));
	}
	buf_free(&body);
	if (found == STORE_NONE)
		return bad(b, 404,
		           "There is no policy of this name: post it "
		           "first.");
	return found == STORE_FOUND ||
	       bad(b, 503, "The store does not answer; try again.");
}

/* The row that is there; it counts on from its version. */
static bool find_old(struct bring *b, struct service *service)
{
	struct wrap_label old;
	enum store_found found = store_get(service->store, &b->row, secrets,
	                                   b->name);

	if (found == STORE_FAILED)
		return bad(b, 503, "The store does not answer; try again.");
	b->label.version = 1;
	if (found != STORE_FOUND)
		return true;
	/* enclaves do not take a version that is lower than one they had */
	if (!wrap_read(&old, buf_bytes(&b->row)))
		return bad(b, 500,
		           "What is kept of this secret is damaged, and so "
		           "is its version: restore the database, or bring "
		           "it by another name.");
	b->label.version = old.version + 1;
	return true;
}

/* Nobody else brings this version. */
static bool take_turn(struct bring *b, struct service *service)
{
	enum store_found found = service_turn(&service->keys->turn, service,
	                                      secrets, b->name,
	                                      b->label.version);

	if (found == STORE_FOUND)
		return bad(b, 409,
		           "Another node is bringing this secret, or failed "
		           "to: see GET /v1/secrets, and try again in five "
		           "minutes.");
	return found == STORE_NONE ||
	       bad(b, 503, "The store does not answer; try again.");
}

static bool wrap_anew(struct bring *b, struct service *service,
                      struct assay_bytes secret)
{
	char why[WRAP_WHY];

	if (wrap_seal(&b->row, service->keys->wrap, b->name, &b->label, secret,
	              why))
		return true;
	b->status = secret.len > WRAP_SECRET_MAX ? 413 : 500;
	snprintf(b->why, sizeof(b->why), "It cannot be kept: %s.", why);
	return false;
}

/* Nothing was brought: the secret that is there goes on, by the policy's newest
 * version, or by another policy. */
static bool attach_anew(struct bring *b, struct service *service)
{
	enum assay_secret_kind kind;
	uint8_t *secret;
	char why[WRAP_WHY] = "";
	size_t len;
	bool done;

	if (!b->row.len)
		return bad(b, 400,
		           "No secret is there, and none was brought: "
		           "post its bytes.");
	secret = assay_secret_new(WRAP_ROOM, &kind);
	if (!secret)
		return bad(b, 500, "Memory is short.");
	done = wrap_unseal(secret, &len, service->keys->wrap, b->name,
	                   buf_bytes(&b->row), why);
	if (!done) {
		b->status = 500;
		snprintf(b->why, sizeof(b->why),
		         "The secret cannot be opened: %s.", why);
	}
	done = done &&
	       wrap_anew(b, service, (struct assay_bytes){ secret, len });
	assay_secret_free(secret, WRAP_ROOM);
	return done;
}

static void put_label(struct assay_json_out *o, const char *name,
                      const struct wrap_label *l)
{
	assay_json_put_text(o, "name", name);
	assay_json_put_uint(o, "version", l->version);
	assay_json_put_text(o, "policy", l->policy);
	assay_json_put_uint(o, "policy_version", l->policy_version);
	assay_json_put_hex(o, "policy_hash", l->policy_hash,
	                   sizeof(l->policy_hash));
}

static bool log_secret(struct bring *b, struct service *service)
{
	struct assay_json_out o;
	char mem[ROW_MAX];

	assay_json_begin(&o, mem, sizeof(mem));
	assay_json_put_object(&o, NULL);
	put_label(&o, b->name, &b->label);
	return write_log(service, "secret.kept", b->label.by, &o) ||
	       bad(b, 503, "The log cannot be written; try again.");
}

/* What nobody could be given is not taken. */
static bool can_release(struct bring *b, struct service *service)
{
	b->status = 503;
	return release_key(service, b->why) != NULL;
}

/* In the log first: no secret has a rule that the log does not know of. */
static bool keep(struct bring *b, struct service *service,
                 struct assay_bytes secret)
{
	bool good;

	pthread_mutex_lock(&service->keys->bringing);
	good = can_release(b, service) && find_policy(b, service) &&
	       find_old(b, service) &&
	       (secret.len ? wrap_anew(b, service, secret)
	                   : attach_anew(b, service)) &&
	       take_turn(b, service) && log_secret(b, service) &&
	       (store_put(service->store, secrets, b->name,
	                  buf_bytes(&b->row)) ||
	        bad(b, 503, "The store does not answer; try again."));
	pthread_mutex_unlock(&service->keys->bringing);
	return good;
}

static void put_kept(struct assay_json_out *o, const void *arg)
{
	const struct bring *b = arg;

	put_label(o, b->name, &b->label);
}

void service_secrets_post(void *self, struct http_answer *answer,
                          const struct http_request *request)
{
	struct bring b = { .status = 500 };
	struct service_caller caller;
	struct service *service = self;

	if (!service_may(&caller, answer, service, request, SERVICE_ADMIN) ||
	    !service_path_name(&b.name, answer, request, secrets_path))
		return;
	if (http_argument(request, "policy", &b.policy) != HTTP_ONCE ||
	    !service_is_name(b.policy)) {
		service_problem(answer, 400, "No policy",
		                "Say by which policy the secret is released: "
		                "?policy=NAME, once.");
		return;
	}
	b.label.made = service_now(service);
	memcpy(b.label.by, caller.name, sizeof(b.label.by));
	if (keep(&b, service, http_body(request)))
		service_json(answer, put_kept, &b);
	else
		service_problem(answer, b.status, "The secret is not kept",
		                "%s", b.why);
	buf_free(&b.row);
}

/* ---- GET /v1/secrets */

static bool put_row(void *arg, const char *name, struct assay_bytes row)
{
	struct buf *list = arg;
	struct wrap_label l;
	struct assay_json_out o;
	char mem[ROW_MAX];

	if (!wrap_read(&l, row))
		return true;
	assay_json_begin(&o, mem, sizeof(mem));
	assay_json_put_object(&o, NULL);
	put_label(&o, name, &l);
	assay_json_put_time(&o, "made", l.made);
	assay_json_put_text(&o, "by", l.by);
	assay_json_put_end(&o, '}');
	list->bad |= !o.ok;
	if (list->len)
		buf_put(list, ",", 1);
	buf_put(list, mem, o.len);
	return !list->bad;
}

/* What enclaves are told to know it by; null: this node cannot release any. */
static void put_release_key(struct buf *out, struct service *service)
{
	char why[SERVICE_WHY], hex[65];
	uint8_t key[32];

	if (service_release_key(key, service, why)) {
		assay_hex_print(hex, key, sizeof(key), false);
		buf_printf(out, "\"%s\"", hex);
	} else {
		service_tell(service, "no secret can be released", why);
		buf_printf(out, "null");
	}
}

void service_secrets_get(void *self, struct http_answer *answer,
                         const struct http_request *request)
{
	struct service_caller caller;
	struct service *service = self;
	struct buf list = { 0 };

	if (!service_may(&caller, answer, service, request, SERVICE_ADMIN))
		return;
	if (!store_each(service->store, secrets, put_row, &list) || list.bad) {
		service_problem(answer, 503, "The secrets cannot be listed",
		                "The store does not answer; try again.");
		buf_free(&list);
		return;
	}
	buf_printf(&answer->body, "{\"release_key\":");
	put_release_key(&answer->body, service);
	buf_printf(&answer->body, ",\"secrets\":[%.*s]}", (int)list.len,
	           list.ptr ? (const char *)list.ptr : "");
	answer->status = 200;
	answer->type = "application/json";
	buf_free(&list);
}
