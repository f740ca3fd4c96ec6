/* client.c - attest, judge, seal, open. */
#include <assay/client.h>

#include "base/err.h"
#include "base/rd.h"
#include "base/text.h"
#include "client/pin.h"
#include "crypto/crypto.h"
#include "format/keys.h"
#include "policy/policy.h"
#include "seal/inner.h"
#include "seal/ohttp.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR = 3600, INNER_AT = ASSAY_REQUEST_HEAD };

_Static_assert(ASSAY_CLIENT_SEAL_MORE == ASSAY_REQUEST_MORE + ASSAY_INNER_LEN,
               "what a request's sealing adds");
_Static_assert(ASSAY_CLIENT_ANSWER_MAX == ASSAY_ENCLAVE_MAX +
                                                  ASSAY_RESPONSE_MORE +
                                                  ASSAY_INNER_LEN,
               "what an answer's sealing adds");

struct assay_client {
	struct assay_client_rules rules;
	enum assay_client_state state;
	uint8_t nonce[ASSAY_CLIENT_NONCE_LEN];
	bool pinned;           /* `pin` was given */
	struct assay_pin pin;  /* who was accepted last */
	struct assay_pin next; /* CHANGED: who would be */
	int64_t judged, good_until;
	struct assay_key_config config;
	struct assay_reply reply; /* of what was sealed last */
	struct assay_verdict verdict;
	struct assay_err err;
	struct assay_decision decision;
};

/* ---- from the beginning */

static void forget(struct assay_client *c)
{
	assay_wipe(&c->reply, sizeof(c->reply));
	memset(&c->config, 0, sizeof(c->config));
	c->state = ASSAY_CLIENT_REFUSED;
}

bool assay_client_again(struct assay_client *c)
{
	forget(c);
	if (!assay_random(c->nonce, sizeof(c->nonce)))
		return false;
	c->state = ASSAY_CLIENT_ATTEST;
	return true;
}

static void ask_anew(struct assay_client *c)
{
	if (!assay_client_again(c))
		c->state = ASSAY_CLIENT_REFUSED;
}

struct assay_client *assay_client_new(const struct assay_client_rules *rules,
                                      const struct assay_pin *pin)
{
	struct assay_client *c = calloc(1, sizeof(*c));

	assert(rules->n_roots > 0 && rules->policy);
	if (!c)
		return NULL;
	c->rules = *rules;
	c->pinned = pin != NULL;
	if (pin)
		c->pin = *pin;
	if (assay_client_again(c))
		return c;
	free(c);
	return NULL;
}

void assay_client_free(struct assay_client *c)
{
	if (c)
		assay_wipe(c, sizeof(*c));
	free(c);
}

enum assay_client_state assay_client_state(const struct assay_client *c)
{
	return c->state;
}

const struct assay_verdict *assay_client_verdict(const struct assay_client *c)
{
	return &c->verdict;
}

const struct assay_decision *assay_client_decision(const struct assay_client *c)
{
	return &c->decision;
}

const struct assay_err *assay_client_err(const struct assay_client *c)
{
	return &c->err;
}

const struct assay_pin *assay_client_pin(const struct assay_client *c)
{
	return c->state == ASSAY_CLIENT_CHANGED ? &c->next : &c->pin;
}

void assay_client_path(const struct assay_client *c,
                       char path[ASSAY_CLIENT_PATH])
{
	int n = snprintf(path, ASSAY_CLIENT_PATH, "attestation");

	if (c->rules.without_nonce)
		return;
	n += snprintf(path + n, ASSAY_CLIENT_PATH - (size_t)n, "?nonce=");
	assay_hex_print(path + n, c->nonce, sizeof(c->nonce), false);
}

/* ---- the attestation */

static bool fits(size_t len, size_t max, struct assay_err *err)
{
	return len <= max ||
	       assay_fail(err, ASSAY_K_SIZE, ASSAY_DOC_NONE, max,
	                  "got %zu bytes, %zu are the most", len, max);
}

static bool brings_keys(const struct assay_evidence *e, struct assay_err *err)
{
	return (e->hpke.len && e->sign.len) ||
	       assay_fail(err, ASSAY_K_KEYS, ASSAY_DOC_EVIDENCE, 0,
	                  "there are none in it");
}

/* Whether it was made for us: nobody could have made it before we asked. */
static bool is_fresh(const struct assay_client *c,
                     const struct assay_evidence *e, struct assay_err *err)
{
	const struct assay_bytes own = { c->nonce, sizeof(c->nonce) };

	return c->rules.without_nonce || assay_bytes_equal(e->nonce, own) ||
	       assay_fail(err, ASSAY_K_NONCE, ASSAY_DOC_EVIDENCE, 0,
	                  e->nonce.len ? "it is for another nonce"
	                               : "it is for no nonce");
}

static bool is_bound(const struct assay_client *c,
                     const struct assay_evidence *e, struct assay_err *err)
{
	return assay_keys_bound(e, c->verdict.report_data) ==
	               ASSAY_KEYS_BOUND ||
	       assay_fail(err, ASSAY_K_BOUND, ASSAY_DOC_QUOTE, 0,
	                  "report data names other keys, or another nonce");
}

/* By the first root that the documents lead to; there is at least one. */
static bool verify(struct assay_client *c, const struct assay_evidence *e,
                   struct assay_trust *trust, const struct assay_terms *terms)
{
	for (size_t i = 0; i < c->rules.n_roots; i++)
		if (assay_verify_evidence(&c->verdict, trust, NULL, e, NULL,
		                          c->rules.roots[i], terms) ||
		    c->verdict.failed.check != ASSAY_X_ROOT_PIN)
			break;
	return c->verdict.genuine;
}

/* Facts first, then whose the keys are, and at last whether that is enough: who
 * reads the decision sees all that is wrong. */
static void judge(struct assay_client *c, const struct assay_evidence *e,
                  struct assay_trust *trust, int64_t now)
{
	const struct assay_client_rules *r = &c->rules;
	struct assay_terms terms = r->terms;

	terms.now = now;
	assay_policy_terms(r->policy, &terms);
	if (!verify(c, e, trust, &terms))
		c->err = c->verdict.failed;
	else if (brings_keys(e, &c->err) && is_fresh(c, e, &c->err) &&
	         is_bound(c, e, &c->err) &&
	         !assay_key_config_read(&c->config, e->hpke, &c->err))
		c->config = (struct assay_key_config){ 0 };
	if (!assay_appraise_listed(&c->decision, &c->verdict, r->policy,
	                           r->list, r->constraints, r->n_constraints))
		c->decision.accept = false;
	if (c->verdict.genuine && c->err.check)
		assay_refuse(&c->decision, "keys", "%s: %s.",
		             assay_check_info(c->err.check)->name, c->err.note);
}

void assay_client_accept_change(struct assay_client *c)
{
	if (c->state != ASSAY_CLIENT_CHANGED)
		return;
	c->pin = c->next;
	c->state = ASSAY_CLIENT_READY;
}

/* It is good enough; whether it is who was pinned is another question. */
static void accept(struct assay_client *c, const struct assay_evidence *e)
{
	c->next = c->pin;
	assay_pin_take(&c->next, &c->verdict, e->hpke, e->sign);
	c->state = ASSAY_CLIENT_CHANGED;
	if (!c->pinned || assay_pin_same(&c->pin, &c->next))
		assay_client_accept_change(c);
}

/* Memory for what is decoded, and for the trust, while it is judged. */
static void read_and_judge(struct assay_client *c, struct assay_bytes bundle,
                           int64_t now)
{
	struct assay_scratch scratch = { malloc(bundle.len + 1), bundle.len,
		                         0 };
	struct assay_trust *trust = malloc(assay_trust_size());
	struct assay_evidence e = { 0 };

	if (assay_seal_made(scratch.ptr && trust, &c->err) &&
	    assay_evidence_read(&e, bundle, &scratch, &c->err))
		judge(c, &e, trust, now);
	if (c->decision.accept)
		accept(c, &e);
	free(trust);
	free(scratch.ptr);
}

/* An attestation counts for as long as the caller lets it, but not beyond the
 * end of its documents; those that had ended already count by the policy's
 * grace. */
static void set_times(struct assay_client *c, int64_t now)
{
	const int64_t age = c->rules.max_age ? c->rules.max_age : HOUR;

	c->judged = now;
	c->good_until = now + age;
	if (c->verdict.fresh_until > now &&
	    c->verdict.fresh_until < c->good_until)
		c->good_until = c->verdict.fresh_until;
}

bool assay_client_attestation(struct assay_client *c, struct assay_bytes bundle,
                              int64_t now)
{
	if (c->state != ASSAY_CLIENT_ATTEST)
		return false;
	forget(c);
	memset(&c->verdict, 0, sizeof(c->verdict));
	memset(&c->decision, 0, sizeof(c->decision));
	memset(&c->err, 0, sizeof(c->err));
	if (fits(bundle.len, ASSAY_EVIDENCE_MAX, &c->err))
		read_and_judge(c, bundle, now);
	set_times(c, now);
	return c->state != ASSAY_CLIENT_REFUSED;
}

/* ---- messages */

static bool is_in(const struct assay_client *c, enum assay_client_state want,
                  struct assay_err *err)
{
	static const char *const names[] = {
		[ASSAY_CLIENT_REFUSED] = "the enclave was refused",
		[ASSAY_CLIENT_CHANGED] =
			"it is not the enclave that was pinned",
		[ASSAY_CLIENT_ATTEST] = "an attestation is wanted",
		[ASSAY_CLIENT_READY] = "nothing was asked",
		[ASSAY_CLIENT_WAITS] = "an answer is waited for",
	};

	return c->state == want ||
	       assay_fail(err, ASSAY_K_STATE, ASSAY_DOC_NONE, 0, "%s",
	                  names[c->state]);
}

/* A clock that went back says nothing about age. */
static bool is_good(struct assay_client *c, int64_t now, struct assay_err *err)
{
	if (now >= c->judged && now < c->good_until)
		return true;
	ask_anew(c);
	return assay_fail(err, ASSAY_K_OLD, ASSAY_DOC_NONE, 0,
	                  "it counts for %lld seconds",
	                  (long long)(c->good_until - c->judged));
}

static struct assay_mark mark_of(const struct assay_pin *pin)
{
	struct assay_mark mark = { .number = pin->state };

	memcpy(mark.tag, pin->state_tag, sizeof(mark.tag));
	return mark;
}

bool assay_client_seal(struct assay_client *c, uint8_t *message, size_t *len,
                       struct assay_bytes request, int64_t now,
                       struct assay_err *err)
{
	const struct assay_mark seen = mark_of(&c->pin);
	const struct assay_bytes inner = { message + INNER_AT,
		                           request.len + ASSAY_INNER_LEN };

	*len = 0;
	if (!is_in(c, ASSAY_CLIENT_READY, err) ||
	    !fits(request.len, ASSAY_ENCLAVE_MAX, err) || !is_good(c, now, err))
		return false;
	if (request.len)
		memmove(message + INNER_AT + ASSAY_INNER_LEN, request.ptr,
		        request.len);
	assay_inner_write(message + INNER_AT, ASSAY_INNER_REQUEST, &seen);
	if (!assay_request_seal(message, &c->reply, &c->config, inner, err))
		return false;
	*len = inner.len + ASSAY_REQUEST_MORE;
	c->state = ASSAY_CLIENT_WAITS;
	return true;
}

static enum assay_answer take(struct assay_client *c,
                              struct assay_bytes *answer,
                              struct assay_bytes inner, struct assay_err *err)
{
	struct assay_mark mark;

	switch (assay_inner_read(&mark, answer, inner, false, err)) {
	case ASSAY_INNER_ANSWER:
	case ASSAY_INNER_REFUSAL:
		c->pin.state = mark.number;
		memcpy(c->pin.state_tag, mark.tag, sizeof(mark.tag));
		return inner.ptr[0] == ASSAY_INNER_ANSWER
		               ? ASSAY_ANSWER_YES
		               : ASSAY_ANSWER_REFUSAL;
	case ASSAY_INNER_OLD:
		return ASSAY_ANSWER_OLD;
	default:
		return ASSAY_ANSWER_NONE;
	}
}

enum assay_answer assay_client_open(struct assay_client *c,
                                    struct assay_bytes *answer,
                                    uint8_t *message, size_t len,
                                    struct assay_err *err)
{
	enum assay_answer kind = ASSAY_ANSWER_NONE;
	struct assay_bytes inner;

	*answer = (struct assay_bytes){ NULL, 0 };
	if (!is_in(c, ASSAY_CLIENT_WAITS, err))
		return kind;
	if (fits(len, ASSAY_CLIENT_ANSWER_MAX, err) &&
	    assay_response_open(&inner, &c->reply, message, len, err))
		kind = take(c, answer, inner, err);
	assay_wipe(&c->reply, sizeof(c->reply));
	c->state = ASSAY_CLIENT_READY;
	return kind;
}

enum assay_fate assay_client_failed(struct assay_client *c, int status)
{
	assay_wipe(&c->reply, sizeof(c->reply));
	if (c->state == ASSAY_CLIENT_WAITS)
		c->state = ASSAY_CLIENT_READY;
	switch (status) {
	case 409: /* for other keys than the enclave has */
	case 410:
	case 503: /* it is being started anew */
		ask_anew(c);
		return ASSAY_FATE_NOT_DONE;
	case 502: /* it ended */
		ask_anew(c);
		return ASSAY_FATE_UNKNOWN;
	case 400: /* not so much as taken in */
	case 404:
	case 405:
	case 413:
	case 415:
	case 429:
		return ASSAY_FATE_NOT_DONE;
	default:
		return ASSAY_FATE_UNKNOWN;
	}
}
