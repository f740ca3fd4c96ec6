/* t_claims.c - what signed results say: of a genuine simulated machine, of one that
 * would be real, and of what is wrong with either. */
#include <string.h>

#include "forge/world.h"
#include "tap.h"
#include "token/claims.h"

static struct judgement *j;
static char text[TOKEN_CLAIMS_MAX];
static const uint8_t hash_a[32] = { 0xaa, 1 }, hash_b[32] = { 0xbb, 2 };
static const uint8_t nonce[] = "0123456789abcdef";

static struct token_result result(void)
{
	return (struct token_result){
		.judgement = j,
		.issuer = "https://verify.example",
		.now = SIM_NOW + 1,
		.policy = "prod",
		.policy_version = 3,
		.policy_hash = hash_a,
		.evidence_hash = hash_b,
		.names_code = true,
	};
}

/* The claims, if they are JSON. */
static const char *claims(enum token_profile profile)
{
	struct token_result r = result();
	size_t n = token_claims(text, sizeof(text), &r, profile);
	struct assay_json json;
	struct assay_err err;

	assay_json_open(&json, (struct assay_bytes){ (uint8_t *)text, n },
	                ASSAY_DOC_TOKEN_CLAIMS);
	assay_json_skip(&json, NULL);
	if (!assay_json_close(&json, &err)) {
		note("%s", err.note);
		return "";
	}
	return text;
}

static bool says(enum token_profile profile, const char *what)
{
	if (strstr(claims(profile), what))
		return true;
	note("%s: %s", what, text);
	return false;
}

static void judge(void)
{
	struct judge_wants wants = { 0 };
	struct assay_policy *policy = calloc(1, assay_policy_size());

	if (!policy)
		exit(2);
	assay_policy_default(policy);
	if (!assay_policy_any_code(policy))
		exit(2);
	judge_appraise(j, policy, NULL, 0, &wants);
	free(policy);
}

/* A genuine machine of the simulator. */
static void prepare(struct sim_world *w)
{
	struct assay_trust *trust = calloc(1, assay_trust_size());
	struct assay_terms terms = { .now = SIM_NOW };
	struct assay_collateral collateral;

	j = calloc(1, sizeof(*j));
	if (!j || !trust || !sim_world_default(w, SIM_SGX_V3) ||
	    !sim_world_build(w))
		exit(2);
	judge_empty(j);
	sim_world_collateral(&collateral, w);
	j->evidence.quote = (struct assay_bytes){ w->quote.ptr, w->quote.len };
	if (!assay_verify_evidence(&j->verdict, trust, NULL, &j->evidence,
	                           &collateral, w->keys[SIM_ROOT].key, &terms))
		exit(2);
	free(trust);
}

/* ---- our own */

static void test_eat(void)
{
	judge();
	ok(says(TOKEN_EAT, "{\"eat_profile\":\"urn:x-assay:eat-result:1\","
	                   "\"iss\":\"https://verify.example\","
	                   "\"iat\":1767225601,\"nbf\":1767225600,"
	                   "\"exp\":1767225900,\"jti\":\""),
	   "who says it, when, and until when");
	ok(says(TOKEN_EAT, "\"simulation\":true") &&
	           says(TOKEN_EAT, "\"decision\":\"refuse\"") &&
	           says(TOKEN_EAT, "\"rules\":[\"simulation\"]") &&
	           says(TOKEN_EAT, "\"genuine\":true") &&
	           says(TOKEN_EAT, "\"status\":\"UpToDate\"") &&
	           says(TOKEN_EAT, "\"mrenclave\":\""),
	   "what is true, and what was decided");
	ok(says(TOKEN_EAT, "\"policy\":{\"name\":\"prod\",\"version\":3,"
	                   "\"hash\":\"aa01") &&
	           says(TOKEN_EAT, "\"evidence_sha256\":\"bb02"),
	   "by which policy, and of which evidence");
	ok(says(TOKEN_EAT, "\"gaps\":[]") &&
	           says(TOKEN_EAT,
	                "\"windows\":[{\"document\":\"pck_chain\"") &&
	           says(TOKEN_EAT, "{\"document\":\"qe_identity\",\"from\":\""),
	   "and what of each document");
	ok(!strstr(claims(TOKEN_EAT), "eat_nonce") && !strstr(text, "submods"),
	   "no nonce, where there is none");
}

static void test_gaps(void)
{
	j->verdict.n_gaps = 1;
	j->verdict.gaps[0] = (struct assay_gap){
		.kind = ASSAY_GAP_SGX_COMPONENT,
		.index = 2,
		.have = 3,
		.need = 4,
		.at = ASSAY_STATUS_UP_TO_DATE,
		.name = "BIOS",
	};
	ok(says(TOKEN_EAT,
	        "\"gaps\":[{\"kind\":\"sgx_component\",\"index\":2,\"name\":"
	        "\"BIOS\",\"have\":3,\"need\":4,\"at\":\"UpToDate\"}]"),
	   "what is missing to the best level");
	j->verdict.n_gaps = 0;
}

static void test_times(void)
{
	int64_t until = j->verdict.fresh_until;

	j->verdict.fresh_until = SIM_NOW + 20;
	ok(says(TOKEN_EAT, "\"exp\":1767225620"),
	   "not longer than the collateral is good");
	j->verdict.fresh_until = SIM_NOW - 20;
	ok(says(TOKEN_EAT, "\"exp\":1767225580"),
	   "not at all, where it was only good for grace");
	j->verdict.fresh_until = 0;
	ok(says(TOKEN_EAT, "\"exp\":1767225900"), "five minutes at most");
	j->verdict.fresh_until = until;
}

static void test_nonce(void)
{
	j->readable = true;
	j->evidence.has_nonce = true;
	j->evidence.nonce = (struct assay_bytes){ nonce, 16 };
	j->keys = ASSAY_KEYS_LOOSE;
	ok(!strstr(claims(TOKEN_EAT), "eat_nonce"),
	   "a nonce that the report data does not speak for is left out");
	j->keys = ASSAY_KEYS_BOUND;
	ok(says(TOKEN_EAT, "\"eat_nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\"") &&
	           says(TOKEN_EAR_03,
	                "\"eat_nonce\":\"MDEyMzQ1Njc4OWFiY2RlZg\""),
	   "a bound one is there");
	j->evidence.nonce.len = 7;
	ok(!strstr(claims(TOKEN_EAT), "eat_nonce"), "but for one too short");
	j->evidence.nonce.len = 16;
	j->verdict.genuine = false;
	ok(!strstr(claims(TOKEN_EAT), "eat_nonce"), "or of forged evidence");
	j->verdict.genuine = true;
	j->readable = j->evidence.has_nonce = false;
	j->keys = ASSAY_KEYS_NONE;
}

static void test_room(void)
{
	struct token_result r = result();
	size_t n = token_claims(text, sizeof(text), &r, TOKEN_EAR_DOTTED);
	size_t made = 0;

	for (size_t room = 0; room <= n; room += room < n - 3 ? 101 : 1)
		made += room <= n - 1 &&
		        token_claims(text, room, &r, TOKEN_EAR_DOTTED) > 0;
	ok(n > 0 && made == 0, "claims that do not fit are not written");
}

/* ---- EAR */

static void test_names(void)
{
	enum token_profile p;

	ok(says(TOKEN_EAR_DOTTED,
	        "\"eat_profile\":\"tag:github.com,2023:veraison/ear\"") &&
	           says(TOKEN_EAR_DOTTED,
	                "\"ear.verifier-id\":{\"developer\":\"Assay\",") &&
	           says(TOKEN_EAR_DOTTED,
	                "\"submods\":{\"sgx\":{\"ear.status\":\"") &&
	           says(TOKEN_EAR_DOTTED, "\"ear.trustworthiness-vector\":{") &&
	           says(TOKEN_EAR_DOTTED,
	                "\"ear.appraisal-policy-id\":\"prod:3:aa01") &&
	           says(TOKEN_EAR_DOTTED,
	                "\"ear.veraison.annotated-evidence\":{"),
	   "the dotted form");
	ok(says(TOKEN_EAR_TRUSTEE,
	        "\"eat_profile\":\"tag:github.com,2024:confidential-"
	        "containers/Trustee\"") &&
	           strstr(text, "\"ear.status\""),
	   "the same by Trustee's name");
	ok(says(TOKEN_EAR_03,
	        "\"eat_profile\":\"tag:ietf.org,2026:rats/ear#03\"") &&
	           says(TOKEN_EAR_03, "\"ear_verifier_id\":{") &&
	           says(TOKEN_EAR_03, "\"sgx\":{\"ear_status\":\"") &&
	           says(TOKEN_EAR_03, "\"ear_trustworthiness_vector\":{") &&
	           says(TOKEN_EAR_03,
	                "\"ear_appraisal_policy_ids\":[\"prod:3:aa01") &&
	           !strstr(text, "\"ear."),
	   "draft 03");
	ok(token_profile_find(&p, "ear-03") && p == TOKEN_EAR_03 &&
	           token_profile_find(&p, "tag:ietf.org,2026:rats/ear#03") &&
	           p == TOKEN_EAR_03 && token_profile_find(&p, "eat") &&
	           p == TOKEN_EAT &&
	           token_profile_find(&p,
	                              token_profile_uri(TOKEN_EAR_DOTTED)) &&
	           p == TOKEN_EAR_DOTTED && !token_profile_find(&p, "ear-04"),
	   "profiles by name");
}

/* What vector and status come to. */
static void expect(const char *what, bool names_code, bool accept,
                   struct token_vector want, enum token_tier tier)
{
	struct token_vector v;

	j->decision.accept = accept;
	token_vector(&v, j, names_code);
	ok(memcmp(&v, &want, sizeof(v)) == 0 &&
	           token_status(&v, accept) == tier,
	   "%s: configuration %u, executables %u, hardware %u, opaque %u: %u",
	   what, v.configuration, v.executables, v.hardware, v.runtime_opaque,
	   token_status(&v, accept));
}

static void refuse(const char *rule)
{
	j->decision.accept = false;
	j->decision.n_refusals = 1;
	j->decision.refusals[0].rule = rule;
}

static void test_vector(void)
{
	struct assay_verdict *v = &j->verdict;

	j->decision.n_refusals = 0;
	expect("a simulation", true, true, (struct token_vector){ 3, 3, 97, 0 },
	       TOKEN_TIER_CONTRAINDICATED);
	v->simulation = false;
	expect("a good machine", true, true,
	       (struct token_vector){ 3, 3, 2, 2 }, TOKEN_TIER_AFFIRMING);
	expect("any code", false, true, (struct token_vector){ 3, 33, 2, 2 },
	       TOKEN_TIER_WARNING);
	v->status = ASSAY_STATUS_OUT_OF_DATE;
	expect("an old machine that is accepted", true, true,
	       (struct token_vector){ 3, 3, 32, 2 }, TOKEN_TIER_WARNING);
	refuse("accepted_statuses");
	expect("an old machine that is not", true, false,
	       (struct token_vector){ 3, 3, 96, 2 },
	       TOKEN_TIER_CONTRAINDICATED);
	v->status = ASSAY_STATUS_UP_TO_DATE;
	refuse("mrenclave");
	expect("other code", true, false, (struct token_vector){ 3, 96, 2, 2 },
	       TOKEN_TIER_CONTRAINDICATED);
	refuse("attributes");
	expect("other attributes", true, false,
	       (struct token_vector){ 96, 3, 2, 2 },
	       TOKEN_TIER_CONTRAINDICATED);
	refuse("nonce");
	expect("another nonce", true, false,
	       (struct token_vector){ 3, 3, 2, 2 }, TOKEN_TIER_CONTRAINDICATED);
	j->decision.n_refusals = 0;
	v->debug = true;
	expect("a debug enclave that is accepted", true, true,
	       (struct token_vector){ 96, 3, 2, 0 },
	       TOKEN_TIER_CONTRAINDICATED);
	v->debug = false;
	v->genuine = false;
	v->failed.check = ASSAY_Q_SIG;
	expect("a forgery", true, false, (struct token_vector){ 36, 33, 99, 0 },
	       TOKEN_TIER_CONTRAINDICATED);
	v->failed.check = ASSAY_T_REVOKED;
	expect("a revoked machine", true, false,
	       (struct token_vector){ 36, 33, 96, 0 },
	       TOKEN_TIER_CONTRAINDICATED);
	v->failed.check = ASSAY_J_TIME;
	expect("old collateral", true, false,
	       (struct token_vector){ 36, 33, 97, 0 },
	       TOKEN_TIER_CONTRAINDICATED);
	ok(says(TOKEN_EAR_DOTTED, "\"ear.status\":\"contraindicated\"") &&
	           says(TOKEN_EAR_DOTTED,
	                "\"ear.trustworthiness-vector\":{\"configuration\":36,"
	                "\"executables\":33,\"hardware\":97}"),
	   "and so it is written");
}

static void test_nothing(void)
{
	judge_empty(j);
	ok(says(TOKEN_EAR_03, "\"submods\":{\"evidence\":{\"ear_status\":"
	                      "\"contraindicated\"") &&
	           says(TOKEN_EAT, "\"genuine\":false"),
	   "what is no evidence at all");
}

int main(void)
{
	static struct sim_world w;

	prepare(&w);
	test_eat();
	test_gaps();
	test_times();
	test_nonce();
	test_room();
	test_names();
	test_vector();
	test_nothing();
	sim_world_free(&w);
	free(j);
	return done();
}
