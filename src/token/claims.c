/* claims.c - what a signed result says: EAT [RFC 9711], and the draft EAR in the
 * forms that are read today. */
#include "token/claims.h"

#include "base/base64url.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "token/token.h"

#include <stdio.h>
#include <string.h>

enum { JTI_LEN = 16, NONCE_MIN = 8, NONCE_MAX = 64 };

/* What the members of EAR are called. */
struct ear_names {
	const char *verifier, *status, *vector, *policy, *facts;
	bool many; /* policies are an array */
};

static const struct ear_names dotted = {
	"ear.verifier-id",
	"ear.status",
	"ear.trustworthiness-vector",
	"ear.appraisal-policy-id",
	"ear.veraison.annotated-evidence",
	false,
};
static const struct ear_names draft_03 = {
	"ear_verifier_id",
	"ear_status",
	"ear_trustworthiness_vector",
	"ear_appraisal_policy_ids",
	"assay_result",
	true,
};

static const struct {
	const char *name, *uri;
	const struct ear_names *ear;
} profiles[TOKEN_N_PROFILES] = {
	[TOKEN_EAT] = { "eat", "urn:x-assay:eat-result:1", NULL },
	[TOKEN_EAR_DOTTED] = { "ear", "tag:github.com,2023:veraison/ear",
	                       &dotted },
	[TOKEN_EAR_TRUSTEE] = { "ear-trustee",
	                        "tag:github.com,2024:confidential-containers/"
	                        "Trustee",
	                        &dotted },
	[TOKEN_EAR_03] = { "ear-03", "tag:ietf.org,2026:rats/ear#03",
	                   &draft_03 },
};

bool token_profile_find(enum token_profile *profile, const char *name)
{
	unsigned i = 0;

	while (i < TOKEN_N_PROFILES && strcmp(profiles[i].name, name) != 0 &&
	       strcmp(profiles[i].uri, name) != 0)
		i++;
	*profile = i < TOKEN_N_PROFILES ? (enum token_profile)i : TOKEN_EAT;
	return i < TOKEN_N_PROFILES;
}

const char *token_profile_uri(enum token_profile profile)
{
	return profiles[profile].uri;
}

int64_t token_expires(const struct assay_verdict *v)
{
	int64_t end = v->at + TOKEN_LIFE;

	return v->fresh_until && v->fresh_until < end ? v->fresh_until : end;
}

/* ---- claims that every token has */

static void put_seconds(struct assay_json_out *o, const char *name, int64_t t)
{
	assay_json_put_uint(o, name, t > 0 ? (uint64_t)t : 0);
}

/* A number that names this token. */
static void put_jti(struct assay_json_out *o)
{
	uint8_t number[JTI_LEN];

	if (assay_random(number, sizeof(number)))
		assay_json_put_hex(o, "jti", number, sizeof(number));
	else
		o->ok = false;
}

/* The nonce that the report data speaks for: another one is no proof. */
static void put_nonce(struct assay_json_out *o, const struct judgement *j)
{
	char text[ASSAY_BASE64URL_LEN(NONCE_MAX) + 1];
	struct assay_bytes nonce = j->evidence.nonce;

	if (!j->verdict.genuine || !j->readable || !j->evidence.has_nonce ||
	    j->keys != ASSAY_KEYS_BOUND || nonce.len < NONCE_MIN ||
	    nonce.len > NONCE_MAX)
		return;
	assay_base64url_print(text, nonce.ptr, nonce.len);
	assay_json_put_text(o, "eat_nonce", text);
}

static void put_common(struct assay_json_out *o, const struct token_result *r,
                       enum token_profile profile)
{
	const struct assay_verdict *v = &r->judgement->verdict;

	assay_json_put_text(o, "eat_profile", token_profile_uri(profile));
	assay_json_put_text(o, "iss", r->issuer);
	put_seconds(o, "iat", r->now);
	put_seconds(o, "nbf", v->at);
	put_seconds(o, "exp", token_expires(v));
	put_jti(o);
	put_nonce(o, r->judgement);
}

/* ---- the facts */

static bool no_advice(const struct judgement *j, size_t i, char *out,
                      size_t out_len)
{
	(void)j;
	(void)i;
	(void)out;
	(void)out_len;
	return false;
}

static void put_facts(struct assay_json_out *o, const struct token_result *r)
{
	judge_json(o, r->judgement, r->advice ? r->advice : no_advice);
	judge_json_gaps(o, &r->judgement->verdict);
	judge_json_windows(o, &r->judgement->verdict);
	assay_json_put_hex(o, "evidence_sha256", r->evidence_hash,
	                   ASSAY_SHA256_LEN);
	assay_json_put_bool(o, "nonce_redeemed", r->nonce_redeemed);
	assay_json_put_object(o, "policy");
	assay_json_put_text(o, "name", r->policy);
	assay_json_put_uint(o, "version", r->policy_version);
	assay_json_put_hex(o, "hash", r->policy_hash, ASSAY_SHA256_LEN);
	assay_json_put_end(o, '}');
}

/* ---- EAR */

static void put_verifier(struct assay_json_out *o, const char *name)
{
	assay_json_put_object(o, name);
	assay_json_put_text(o, "developer", "Assay");
	assay_json_put_text(o, "build", "assay " ASSAY_VERSION);
	assay_json_put_end(o, '}');
}

static void put_claim(struct assay_json_out *o, const char *name, uint8_t value)
{
	if (value)
		assay_json_put_uint(o, name, value);
}

static const char *tier_name(enum token_tier tier)
{
	switch (tier) {
	case TOKEN_TIER_AFFIRMING:
		return "affirming";
	case TOKEN_TIER_WARNING:
		return "warning";
	case TOKEN_TIER_CONTRAINDICATED:
		return "contraindicated";
	case TOKEN_TIER_NONE:
		break;
	}
	return "none";
}

static void put_policy_id(struct assay_json_out *o,
                          const struct token_result *r,
                          const struct ear_names *names)
{
	char hash[2 * ASSAY_SHA256_LEN + 1], id[512];

	assay_hex_print(hash, r->policy_hash, ASSAY_SHA256_LEN, false);
	snprintf(id, sizeof(id), "%s:%u:%s", r->policy, r->policy_version,
	         hash);
	if (names->many)
		assay_json_put_array(o, names->policy);
	assay_json_put_text(o, names->many ? NULL : names->policy, id);
	if (names->many)
		assay_json_put_end(o, ']');
}

/* What is said of the attester, the only part of the evidence there is. */
static void put_submod(struct assay_json_out *o, const struct token_result *r,
                       const struct ear_names *names)
{
	const struct judgement *j = r->judgement;
	struct token_vector v;

	token_vector(&v, j, r->names_code);
	assay_json_put_text(o, names->status,
	                    tier_name(token_status(&v, j->decision.accept)));
	assay_json_put_object(o, names->vector);
	put_claim(o, "configuration", v.configuration);
	put_claim(o, "executables", v.executables);
	put_claim(o, "hardware", v.hardware);
	put_claim(o, "runtime-opaque", v.runtime_opaque);
	assay_json_put_end(o, '}');
	put_policy_id(o, r, names);
	assay_json_put_object(o, names->facts);
	put_facts(o, r);
	assay_json_put_end(o, '}');
}

static const char *submod_name(const struct assay_verdict *v)
{
	if (!v->version)
		return "evidence";
	return v->tee == ASSAY_TEE_TDX ? "tdx" : "sgx";
}

static void put_ear(struct assay_json_out *o, const struct token_result *r,
                    const struct ear_names *names)
{
	put_verifier(o, names->verifier);
	assay_json_put_object(o, "submods");
	assay_json_put_object(o, submod_name(&r->judgement->verdict));
	put_submod(o, r, names);
	assay_json_put_end(o, '}');
	assay_json_put_end(o, '}');
}

size_t token_claims(char *out, size_t room, const struct token_result *r,
                    enum token_profile profile)
{
	struct assay_json_out o;

	assay_json_begin(&o, out, room);
	assay_json_put_object(&o, NULL);
	put_common(&o, r, profile);
	if (profiles[profile].ear)
		put_ear(&o, r, profiles[profile].ear);
	else
		put_facts(&o, r);
	assay_json_put_end(&o, '}');
	return o.ok ? o.len : 0;
}
