/* sign.c - tokens made, and the public keys that check them. */
#include "token/token.h"

#include "base/base64url.h"
#include "base/err.h"
#include "base/text.h"
#include "token/jwk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct token_signer {
	struct assay_sign_key *key;
	char kid[TOKEN_KID_LEN];
};

struct token_signer *token_signer_read(struct assay_bytes pem,
                                       struct assay_err *err)
{
	struct token_signer *signer = calloc(1, sizeof(*signer));
	const char *why = "memory is short";

	if (signer)
		signer->key = assay_sign_key_read(pem, &why);
	if (!signer || !signer->key) {
		token_signer_free(signer);
		assay_fail(err, ASSAY_W_SIGNER, ASSAY_DOC_KEY, 0, "%s", why);
		return NULL;
	}
	token_thumbprint(signer->kid, assay_sign_key_public(signer->key));
	return signer;
}

void token_signer_free(struct token_signer *signer)
{
	if (signer)
		assay_sign_key_free(signer->key);
	free(signer);
}

enum token_alg token_signer_alg(const struct token_signer *signer)
{
	return assay_sign_key_public(signer->key)->kind == ASSAY_SIGN_RSA
	               ? TOKEN_RS256
	               : TOKEN_ES256;
}

const char *token_signer_kid(const struct token_signer *signer)
{
	return signer->kid;
}

bool token_signer_make(uint8_t pem[TOKEN_PEM_MAX], size_t *len,
                       enum token_alg alg)
{
	return assay_sign_key_make(pem, len,
	                           alg == TOKEN_RS256 ? ASSAY_SIGN_RSA
	                                              : ASSAY_SIGN_P256);
}

/* ---- text into memory that may be too small */

struct out {
	char *ptr;
	size_t len, room; /* len == room: it is too small */
	uint8_t held[3];  /* bytes that make no four digits yet */
	size_t n_held;
};

static void put(struct out *o, const char *p, size_t n)
{
	if (n >= o->room - o->len) {
		o->len = o->room;
		return;
	}
	memcpy(o->ptr + o->len, p, n);
	o->len += n;
	o->ptr[o->len] = 0;
}

static void put_text(struct out *o, const char *text)
{
	put(o, text, strlen(text));
}

/* The digits of what is held. */
static void put_held(struct out *o)
{
	char digits[5];

	put(o, digits, assay_base64url_print(digits, o->held, o->n_held));
	o->n_held = 0;
}

static void encode(struct out *o, const void *p, size_t n)
{
	enum { STEP = 48 }; /* a multiple of three */
	const uint8_t *byte = p;
	char digits[STEP / 3 * 4 + 1];

	while (n) {
		if (!o->n_held && n >= STEP) {
			put(o, digits,
			    assay_base64url_print(digits, byte, STEP));
			byte += STEP;
			n -= STEP;
			continue;
		}
		o->held[o->n_held++] = *byte++;
		n--;
		if (o->n_held == sizeof(o->held))
			put_held(o);
	}
}

static void encode_text(struct out *o, const char *text)
{
	encode(o, text, strlen(text));
}

/* The length of what was put; 0, and nothing, if it was too much. */
static size_t finish(struct out *o)
{
	if (o->len < o->room)
		return o->len;
	if (o->room)
		o->ptr[0] = 0;
	return 0;
}

/* ---- tokens */

static void put_header(struct out *o, const struct token_signer *signer,
                       const char *type, const char *more)
{
	encode_text(o, "{\"alg\":\"");
	encode_text(o, token_alg_name(token_signer_alg(signer)));
	encode_text(o, "\",\"typ\":\"");
	encode_text(o, type);
	encode_text(o, "\",\"kid\":\"");
	encode_text(o, signer->kid);
	encode_text(o, more ? "\"," : "\"");
	encode_text(o, more ? more : "");
	encode_text(o, "}");
	put_held(o);
}

static void put_signature(struct out *o, const struct token_signer *signer)
{
	uint8_t sig[ASSAY_SIGN_MAX];
	size_t n = 0;

	if (o->len < o->room)
		n = assay_sign_key_sign(sig, signer->key,
		                        (struct assay_bytes){ (uint8_t *)o->ptr,
		                                              o->len });
	if (!n)
		o->len = o->room;
	put_text(o, ".");
	encode(o, sig, n);
	put_held(o);
}

size_t token_sign(char *out, size_t room, struct token_signer *signer,
                  const char *type, const char *header,
                  struct assay_bytes claims)
{
	struct out o = { .ptr = out, .room = room };

	put_header(&o, signer, type, header);
	put_text(&o, ".");
	encode(&o, claims.ptr, claims.len);
	put_held(&o);
	put_signature(&o, signer);
	return finish(&o);
}

/* ---- keys */

size_t token_certificate(uint8_t der[TOKEN_CERTIFICATE_MAX],
                         const struct token_signer *signer, const char *name,
                         int64_t from, int64_t until)
{
	return assay_sign_key_certificate(der, signer->key, name, from, until);
}

static void put_jwk(struct out *o, const struct token_signer *signer,
                    struct assay_bytes certificate)
{
	char text[4 * (TOKEN_CERTIFICATE_MAX + 2) / 3 + 1];

	put_text(o, "{");
	token_jwk_members(text, assay_sign_key_public(signer->key));
	put_text(o, text);
	put_text(o, ",\"kid\":\"");
	put_text(o, signer->kid);
	put_text(o, "\",\"use\":\"sig\",\"alg\":\"");
	put_text(o, token_alg_name(token_signer_alg(signer)));
	if (certificate.len && certificate.len <= TOKEN_CERTIFICATE_MAX) {
		assay_base64_print(text, certificate.ptr, certificate.len);
		put_text(o, "\",\"x5c\":[\"");
		put_text(o, text);
		put_text(o, "\"]}");
	} else {
		put_text(o, "\"}");
	}
}

size_t token_jwk(char *out, size_t room, const struct token_signer *signer)
{
	return token_jwk_certified(out, room, signer,
	                           (struct assay_bytes){ 0 });
}

size_t token_jwk_certified(char *out, size_t room,
                           const struct token_signer *signer,
                           struct assay_bytes certificate)
{
	struct out o = { .ptr = out, .room = room };

	put_jwk(&o, signer, certificate);
	return finish(&o);
}
