/* claims.h - what a signed result says: a judgement as the claims of a token. */
#ifndef TOKEN_CLAIMS_H
#define TOKEN_CLAIMS_H

#include "judge/judge.h"

/* docs/token.md has the bytes. */
enum token_profile {
	TOKEN_EAT = 0,     /* our own: every fact, at the top [RFC 9711] */
	TOKEN_EAR_DOTTED,  /* tag:github.com,2023:veraison/ear */
	TOKEN_EAR_TRUSTEE, /* the same under Trustee's name */
	TOKEN_EAR_03,      /* tag:ietf.org,2026:rats/ear#03 */
	TOKEN_N_PROFILES
};

enum {
	TOKEN_CLAIMS_MAX = 64 << 10, /* characters of claims */
	TOKEN_LIFE = 300,            /* seconds after judging that one holds */
};

/* What a result is made of. */
struct token_result {
	const struct judgement *judgement;
	judge_advice *advice;         /* or NULL: none is given */
	const char *issuer;           /* iss */
	int64_t now;                  /* iat */
	const char *policy;           /* the policy's name */
	unsigned policy_version;      /* 0: it is built in */
	const uint8_t *policy_hash;   /* 32 bytes */
	const uint8_t *evidence_hash; /* 32 bytes */
	bool names_code;     /* rules say which code it must be: not any_code */
	bool nonce_redeemed; /* the service's own nonce: it counted, once */
};

/* The profile of this name ("eat", "ear", "ear-trustee", "ear-03") or of this
 * eat_profile; false: there is none. */
ASSAY_MUST_CHECK bool token_profile_find(enum token_profile *profile,
                                         const char *name);
/* Its eat_profile. */
const char *token_profile_uri(enum token_profile profile);

/* The claims; their length, or 0: there is not room enough, or no randomness. */
size_t token_claims(char *out, size_t room, const struct token_result *result,
                    enum token_profile profile);

/* Until when the result holds: TOKEN_LIFE seconds after the time that was judged
 * for, and not longer than what it was judged with. */
int64_t token_expires(const struct assay_verdict *verdict);

/* ---- the trustworthiness vector of EAR (ear.c) */

enum token_tier {
	TOKEN_TIER_NONE = 0,
	TOKEN_TIER_AFFIRMING = 2,
	TOKEN_TIER_WARNING = 32,
	TOKEN_TIER_CONTRAINDICATED = 96,
};
/* Zero: nothing is claimed, and the member left out. */
struct token_vector {
	uint8_t configuration, executables, hardware, runtime_opaque;
};
void token_vector(struct token_vector *vector, const struct judgement *j,
                  bool names_code);
/* No better than the worst claim, and contraindicated where the policy refuses. */
enum token_tier token_status(const struct token_vector *vector, bool accept);

#endif
