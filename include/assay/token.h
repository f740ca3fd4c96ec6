/* token.h - signed results of a verification service: JSON Web Tokens
 * [RFC 7515, 7519], checked. */
#ifndef ASSAY_TOKEN_H
#define ASSAY_TOKEN_H

#include <assay/evidence.h>

enum {
	ASSAY_TOKEN_MAX = 256 << 10,  /* bytes of a token */
	ASSAY_KEY_SET_MAX = 64 << 10, /* ... of a set of public keys */
	ASSAY_TOKEN_NAME = 257, /* characters of a name in one, with a NUL */
	ASSAY_TOKEN_SKEW = 60, /* seconds that its maker's clock may be ahead */
};

/* A token that holds. */
struct assay_token {
	char alg[8];                   /* "ES256" or "RS256" */
	char type[ASSAY_TOKEN_NAME];   /* the header's typ, or "" */
	char kid[ASSAY_TOKEN_NAME];    /* the key that signed it */
	char issuer[ASSAY_TOKEN_NAME]; /* iss, or "" */
	int64_t issued;                /* iat, nbf, exp: seconds since 1970 */
	int64_t not_before;            /* 0: it does not say */
	int64_t expires;
	struct assay_bytes claims; /* the JSON object, in the scratch */
};

ASSAY_BEGIN

/*
 * assay_token_verify checks a token of the compact form, header.claims.signature.
 * Strict: ES256 and RS256 alone, and the algorithm must be that of the key's
 * kind, and what the key says of itself; the key is that of the set which the
 * header's kid names, and there is one of that name; no header that must be
 * understood (crit); base64url without padding or stray bits; no member twice in
 * any object.  The header's own keys (jwk, x5c, jku, ...) are never looked at.
 *
 * token    written whole on success, zeroed on failure
 * in       the token; a line feed may follow; borrowed
 * key_set  a JWKS [RFC 7517]: whom you trust; get it over a channel that proves
 *          the issuer
 * issuer   what iss must be, byte for byte; NULL: any, or none
 * now      seconds since 1970: `exp` must be after it; `nbf` and `iat` not more
 *          than ASSAY_TOKEN_SKEW ahead of it.  `exp` and `iat` must be there
 * scratch  in.len bytes are enough
 * err      may be NULL
 *
 * What the claims say is for the caller to judge: that a token holds means that
 * the issuer made it, and not that evidence was accepted.
 *
 * Fails with ASSAY_W_*, J_*.  Allocates nothing (libcrypto does).
 */
ASSAY_MUST_CHECK bool
assay_token_verify(struct assay_token *token, struct assay_bytes in,
                   struct assay_bytes key_set, const char *issuer, int64_t now,
                   struct assay_scratch *scratch, struct assay_err *err);

ASSAY_END

#endif
