/*
 * token.h - signed results: JSON Web Tokens [RFC 7515, 7519], made and checked,
 * and the keys that sign them [RFC 7517].
 *
 * Nothing is allocated: what is written goes into the caller's memory, which
 * TOKEN_ROOM says is enough.
 */
#ifndef TOKEN_TOKEN_H
#define TOKEN_TOKEN_H

#include "crypto/signkey.h"

#include <assay/token.h>

/* Zero is none. */
enum token_alg { TOKEN_NONE = 0, TOKEN_ES256, TOKEN_RS256 };

enum {
	TOKEN_KID_LEN = 44
}; /* its NUL included: base64url of the thumbprint
                              * [RFC 7638] */
/* Characters of a token of so many bytes of claims, its NUL included; `x5c` and
 * other members of the header count as claims. */
#define TOKEN_ROOM(n) (1200 + (n)*4 / 3)

enum {
	TOKEN_PEM_MAX = ASSAY_KEY_PEM_MAX,
	TOKEN_CERTIFICATE_MAX = ASSAY_SIGN_CERT_MAX,
	TOKEN_JWK_MAX = 4096, /* characters of a JWK, x5c included */
};

/* A key that signs: of one thread. */
struct token_signer;
/* From a P-256 (ES256) or RSA (RS256, 2048 to 4096 bits) private key in PEM; NULL
 * and W_SIGNER in err (may be NULL). */
struct token_signer *token_signer_read(struct assay_bytes pem,
                                       struct assay_err *err);
/* A fresh private key as PEM, RSA of 3072 bits; false: memory is short. */
ASSAY_MUST_CHECK bool token_signer_make(uint8_t pem[TOKEN_PEM_MAX], size_t *len,
                                        enum token_alg alg);
void token_signer_free(struct token_signer *signer);
enum token_alg token_signer_alg(const struct token_signer *signer);
const char *token_signer_kid(const struct token_signer *signer);

/*
 * token_sign writes header.claims.signature.
 *
 * type    the header's typ: "JWT", "eat+jwt"
 * header  more members of the header, as JSON without braces ("\"jku\":\"...\""),
 *         or NULL
 * claims  the claims' JSON object, as it stands
 * The length, without its NUL; 0: `room` is too small, or memory short.
 */
size_t token_sign(char *out, size_t room, struct token_signer *signer,
                  const char *type, const char *header,
                  struct assay_bytes claims);

/* The public key as a JWK object, kid, use and alg included; the length or 0. */
size_t token_jwk(char *out, size_t room, const struct token_signer *signer);
/* The same with x5c: a certificate, DER, for readers that want keys in one. */
size_t token_jwk_certified(char *out, size_t room,
                           const struct token_signer *signer,
                           struct assay_bytes certificate);
/* A certificate of the key by itself: DER, for the common name `name` (64
 * characters at most), good from..until.  The length or 0. */
size_t token_certificate(uint8_t der[TOKEN_CERTIFICATE_MAX],
                         const struct token_signer *signer, const char *name,
                         int64_t from, int64_t until);

/*
 * token_open checks a token as assay_token_verify does, but for what its claims
 * say: `issuer` and times stay empty.
 */
ASSAY_MUST_CHECK bool token_open(struct assay_token *token,
                                 struct assay_bytes in,
                                 struct assay_bytes key_set,
                                 struct assay_scratch *scratch,
                                 struct assay_err *err);

#endif
