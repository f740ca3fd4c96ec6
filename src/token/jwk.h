/* jwk.h - public keys as JSON [RFC 7517, 7518 6], read. */
#ifndef TOKEN_JWK_H
#define TOKEN_JWK_H

#include "base/json.h"
#include "crypto/signkey.h"
#include "token/token.h"

enum { TOKEN_JWK_MEMBERS = 800 };

/* What verifies: of P-256 for ES256, of RSA for RS256. */
struct token_key {
	enum token_alg alg;
	struct assay_sign_public public;
};

/*
 * token_key_find finds the one key of the set whose kid this is.
 *
 * key   whole on success, zeroed on failure
 * set   a JWKS of at most ASSAY_KEY_SET_MAX bytes
 * Fails with J_*, ASSAY_W_SET, _KID, _KEY.
 */
ASSAY_MUST_CHECK bool token_key_find(struct token_key *key,
                                     struct assay_bytes set, const char *kid,
                                     struct assay_err *err);
/* Whether the key signed the message. */
ASSAY_MUST_CHECK bool token_key_verify(const struct token_key *key,
                                       struct assay_bytes msg,
                                       struct assay_bytes sig);
/* Its thumbprint [RFC 7638], as base64url. */
void token_thumbprint(char kid[TOKEN_KID_LEN],
                      const struct assay_sign_public *public);
/* The members that make the key, in the order of the thumbprint; their length. */
size_t token_jwk_members(char out[TOKEN_JWK_MEMBERS],
                         const struct assay_sign_public *public);
/* "ES256", "RS256"; "" for none. */
const char *token_alg_name(enum token_alg alg);

#endif
