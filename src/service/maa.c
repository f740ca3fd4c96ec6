/* maa.c - POST /attest/SgxEnclave and /attest/OpenEnclave, as clients of Microsoft
 * Azure Attestation ask. */
#include "service/inner.h"
#include "service/maa_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const versions[] = { "2022-08-01", "2020-10-01" };

static void refuse(struct http_answer *answer, unsigned status,
                   const char *code, const char *message)
{
	buf_clear(&answer->body);
	answer->status = status;
	answer->type = "application/json";
	maa_error(&answer->body, code, message);
	if (status == 503)
		http_put_header(answer, "Retry-After", buf_text("2"));
}

static bool check_version(struct http_answer *answer,
                          const struct http_request *request)
{
	const char *got;

	if (http_argument(request, "api-version", &got) != HTTP_ONCE) {
		refuse(answer, 400, "MissingApiVersionParameter",
		       "want api-version=2022-08-01");
		return false;
	}
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (strcmp(got, versions[i]) == 0)
			return true;
	refuse(answer, 400, "UnsupportedApiVersionValue",
	       "want api-version 2022-08-01 or 2020-10-01");
	return false;
}

static bool take_kind(enum maa_kind *kind, struct http_answer *answer,
                      const struct http_request *request)
{
	const char *path = http_path(request);

	*kind = strcmp(path, "/attest/OpenEnclave") == 0 ? MAA_OE : MAA_SGX;
	if (*kind == MAA_OE || strcmp(path, "/attest/SgxEnclave") == 0)
		return true;
	refuse(answer, 404, "NotFound",
	       "want /attest/SgxEnclave or /attest/OpenEnclave");
	return false;
}

/* ---- judging */

/* Every rule that says no, in one line. */
static void refuse_judged(struct http_answer *answer, const struct judgement *j)
{
	struct buf why = { 0 };

	for (size_t i = 0; i < j->decision.n_refusals; i++)
		buf_printf(&why, "%s%s: %s", i ? " " : "",
		           j->decision.refusals[i].rule,
		           j->decision.refusals[i].note);
	if (!j->verdict.genuine)
		buf_printf(&why, " (%s)", j->verdict.failed.note);
	buf_put(&why, "", 1);
	refuse(answer, 400, "PolicyEvaluationError",
	       why.bad ? "refused" : (const char *)why.ptr);
	buf_free(&why);
}

/* Whether it is accepted, an SGX enclave, and speaks for the data beside it; else
 * the answer says why. */
static bool accept(struct http_answer *answer, const struct maa_request *r,
                   const struct judgement *j)
{
	char why[MAA_WHY];

	if (!j->decision.accept) {
		refuse_judged(answer, j);
		return false;
	}
	if (j->verdict.tee != ASSAY_TEE_SGX) {
		refuse(answer, 400, "InvalidParameter",
		       "the quote is not of an SGX enclave");
		return false;
	}
	if (maa_bound(r, &j->verdict.sgx, why))
		return true;
	refuse(answer, 400, "InvalidParameter", why);
	return false;
}

/* ---- the token */

/* The policy's text; one that is built in is that of an empty file. */
static bool get_policy(struct buf *out, struct service *service,
                       const struct service_case *c)
{
	struct store_version version;

	if (c->version == 0) {
		buf_put(out, "{}", 2);
		return !out->bad;
	}
	return store_get_version(service->store, &version, out, "policy",
	                         c->policy ? c->policy : "default",
	                         c->version) == STORE_FOUND;
}

static bool make_token(struct buf *out, struct service *service,
                       const struct maa_result *result, char why[MAA_WHY])
{
	struct buf claims = { 0 }, header = { 0 };
	bool made = maa_claims(&claims, result, why);

	buf_printf(&header, "\"jku\":\"%s/certs\"", result->issuer);
	buf_put(&header, "", 1);
	if (made && (header.bad ||
	             !service_token(out, service, TOKEN_RS256, "JWT",
	                            (char *)header.ptr, buf_bytes(&claims)))) {
		snprintf(why, MAA_WHY, "no token can be signed now");
		made = false;
	}
	buf_free(&claims);
	buf_free(&header);
	return made;
}

static void answer_token(struct http_answer *answer, struct service *service,
                         const struct maa_request *r,
                         const struct service_case *c)
{
	struct buf policy = { 0 }, token = { 0 };
	char why[MAA_WHY] = "the policy cannot be read now";
	struct maa_result result = {
		.request = r,
		.verdict = &c->judgement->verdict,
		.collateral = c->set ? &c->set->documents : NULL,
		.issuer = service_issuer(service),
		.now = service_now(service),
	};
	bool made = get_policy(&policy, service, c);

	result.policy = buf_bytes(&policy);
	if (made && make_token(&token, service, &result, why)) {
		answer->status = 200;
		answer->type = "application/json";
		buf_printf(&answer->body, "{\"token\":\"%.*s\"}",
		           (int)token.len, (const char *)token.ptr);
	} else {
		refuse(answer, made ? 400 : 503,
		       made ? "InvalidParameter" : "ServiceUnavailable", why);
	}
	buf_free(&policy);
	buf_free(&token);
}

/* ---- */

static void answer_request(struct http_answer *answer, struct service *service,
                           const struct maa_request *r)
{
	struct service_case c = { .body = r->quote, .any_code = true };
	char why[SERVICE_WHY];
	unsigned status;

	if (!service_judge(&c, service, &status, why))
		refuse(answer, status,
		       status == 503 ? "ServiceUnavailable"
		                     : "InvalidParameter",
		       why);
	else if (c.judgement->evidence.kind != ASSAY_EVIDENCE_QUOTE ||
	         strcmp(c.judgement->evidence.encoding, "raw") != 0)
		refuse(answer, 400, "InvalidParameter",
		       "the quote is none: want its bytes, base64url");
	else if (accept(answer, r, c.judgement))
		answer_token(answer, service, r, &c);
	service_case_free(&c);
}

void service_maa(void *arg, struct http_answer *answer,
                 const struct http_request *request)
{
	struct service *service = arg;
	struct service_caller caller;
	struct assay_bytes body = http_body(request);
	struct assay_scratch scratch = { .len = body.len };
	struct maa_request r;
	enum maa_kind kind;
	char why[MAA_WHY];

	if (!service_may(&caller, answer, service, request, SERVICE_VERIFY) ||
	    !take_kind(&kind, answer, request) ||
	    !check_version(answer, request))
		return;
	scratch.ptr = malloc(body.len + 1);
	if (!scratch.ptr)
		answer->bad = true;
	else if (maa_read(&r, kind, body, &scratch, why))
		answer_request(answer, service, &r);
	else
		refuse(answer, 400, "InvalidParameter", why);
	free(scratch.ptr);
}
