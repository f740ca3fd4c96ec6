/* verify.c - tokens checked [RFC 7515 5.2]. */
#include "token/token.h"

#include "base/base64url.h"
#include "base/json.h"
#include "base/jws.h"
#include "token/jwk.h"

#include <string.h>

/* ---- its three parts */

static bool bad_form(struct assay_err *err, size_t at, const char *what)
{
	return assay_fail(err, ASSAY_W_FORM, ASSAY_DOC_TOKEN, at, "%s", what);
}

static bool split(struct assay_jws *jws, struct assay_bytes in,
                  struct assay_err *err)
{
	if (in.len > ASSAY_TOKEN_MAX)
		return bad_form(err, 0, "it has more than 256 KiB");
	if (in.len && in.ptr[in.len - 1] == '\n')
		in.len--;
	return assay_jws_split(jws, in) ||
	       bad_form(err, in.len,
	                "it has not three parts with dots between them");
}

/* Decodes a part into the scratch. */
static bool decode(struct assay_bytes *out, struct assay_bytes part,
                   struct assay_bytes in, struct assay_scratch *scratch,
                   struct assay_err *err)
{
	uint8_t *to = scratch->ptr + scratch->used;

	if (!assay_base64url_parse(to, scratch->len - scratch->used, &out->len,
	                           part))
		return bad_form(err, (size_t)(part.ptr - in.ptr),
		                "what follows is no base64url, or too much");
	out->ptr = to;
	scratch->used += out->len;
	return true;
}

/* ---- the header */

static void read_header_member(struct assay_token *t, bool *crit,
                               struct assay_json *j, struct assay_json_str name)
{
	if (assay_json_is(name, "alg"))
		assay_json_text(j, t->alg, sizeof(t->alg));
	else if (assay_json_is(name, "kid"))
		assay_json_text(j, t->kid, sizeof(t->kid));
	else if (assay_json_is(name, "typ"))
		assay_json_text(j, t->type, sizeof(t->type));
	else if (assay_json_is(name, "crit"))
		*crit = true;
}

static bool read_header(struct assay_token *t, struct assay_bytes header,
                        struct assay_err *err)
{
	struct assay_json j;
	struct assay_json_str name;
	bool crit = false;

	assay_json_open(&j, header, ASSAY_DOC_TOKEN_HEADER);
	assay_json_object(&j);
	while (assay_json_member(&j, &name))
		read_header_member(t, &crit, &j, name);
	if (!assay_json_close(&j, err))
		return false;
	if (crit)
		return assay_fail(err, ASSAY_W_CRIT, ASSAY_DOC_TOKEN_HEADER, 0,
		                  "it has a member crit");
	return true;
}

static bool is_alg(const char *text, enum token_alg alg)
{
	return strcmp(text, token_alg_name(alg)) == 0;
}

static bool bad_alg(struct assay_err *err, const char *got, const char *want)
{
	return assay_fail(err, ASSAY_W_ALG, ASSAY_DOC_TOKEN_HEADER, 0,
	                  "alg is %s, want %s", *got ? got : "not there", want);
}

/* The key that the header names, if the algorithm is that key's. */
static bool find_key(struct token_key *key, const struct assay_token *t,
                     struct assay_bytes key_set, struct assay_err *err)
{
	if (!is_alg(t->alg, TOKEN_ES256) && !is_alg(t->alg, TOKEN_RS256))
		return bad_alg(err, t->alg, "ES256 or RS256");
	if (!token_key_find(key, key_set, t->kid, err))
		return false;
	if (!is_alg(t->alg, key->alg))
		return bad_alg(err, t->alg, "that of its key");
	return true;
}

/* ---- the signature */

static bool check_sig(const struct assay_jws *jws, const struct token_key *key,
                      struct assay_bytes in, struct assay_err *err)
{
	uint8_t sig[ASSAY_SIGN_MAX];
	struct assay_scratch room = { .ptr = sig, .len = sizeof(sig) };
	struct assay_bytes bytes;

	if (!decode(&bytes, jws->sig, in, &room, err))
		return false;
	if (!token_key_verify(key, jws->signed_part, bytes))
		return assay_fail(err, ASSAY_W_SIG, ASSAY_DOC_TOKEN,
		                  (size_t)(jws->sig.ptr - in.ptr),
		                  "the key did not make it");
	return true;
}

static bool open_token(struct assay_token *t, struct assay_bytes in,
                       struct assay_bytes key_set,
                       struct assay_scratch *scratch, struct assay_err *err)
{
	struct assay_jws jws = { 0 };
	struct token_key key;
	struct assay_bytes header;

	return split(&jws, in, err) &&
	       decode(&header, jws.header, in, scratch, err) &&
	       read_header(t, header, err) && find_key(&key, t, key_set, err) &&
	       check_sig(&jws, &key, in, err) &&
	       decode(&t->claims, jws.payload, in, scratch, err);
}

bool token_open(struct assay_token *token, struct assay_bytes in,
                struct assay_bytes key_set, struct assay_scratch *scratch,
                struct assay_err *err)
{
	size_t used = scratch->used;

	*token = (struct assay_token){ 0 };
	if (open_token(token, in, key_set, scratch, err))
		return true;
	*token = (struct assay_token){ 0 };
	scratch->used = used;
	return false;
}

/* ---- the claims */

struct claims {
	bool has_exp;
	uint64_t iat, nbf, exp;
};

static void read_claim(struct assay_token *t, struct claims *c,
                       struct assay_json *j, struct assay_json_str name)
{
	if (assay_json_is(name, "iss"))
		assay_json_text(j, t->issuer, sizeof(t->issuer));
	else if (assay_json_is(name, "iat"))
		assay_json_uint(j, INT64_MAX, &c->iat);
	else if (assay_json_is(name, "nbf"))
		assay_json_uint(j, INT64_MAX, &c->nbf);
	else if (assay_json_is(name, "exp"))
		c->has_exp = assay_json_uint(j, INT64_MAX, &c->exp);
}

static bool read_claims(struct assay_token *t, struct claims *c,
                        struct assay_err *err)
{
	struct assay_json j;
	struct assay_json_str name;

	*c = (struct claims){ 0 };
	assay_json_open(&j, t->claims, ASSAY_DOC_TOKEN_CLAIMS);
	assay_json_object(&j);
	while (assay_json_member(&j, &name))
		read_claim(t, c, &j, name);
	if (!assay_json_close(&j, err))
		return false;
	t->issued = (int64_t)c->iat;
	t->not_before = (int64_t)c->nbf;
	t->expires = (int64_t)c->exp;
	return true;
}

static bool bad_time(struct assay_err *err, const char *what, const char *when)
{
	return assay_fail(err, ASSAY_W_TIME, ASSAY_DOC_TOKEN_CLAIMS, 0,
	                  "it %s%s", what, when);
}

static bool check_time(const struct assay_token *t, const struct claims *c,
                       int64_t now, struct assay_err *err)
{
	char text[ASSAY_TIME_TEXT];

	if (!c->has_exp)
		return bad_time(err, "does not say when it expires", " (exp)");
	if (t->expires <= now)
		return bad_time(err, "expired at ",
		                assay_time_print(text, t->expires));
	if (t->not_before - ASSAY_TOKEN_SKEW > now)
		return bad_time(err, "is not good before ",
		                assay_time_print(text, t->not_before));
	if (t->issued - ASSAY_TOKEN_SKEW > now)
		return bad_time(err, "was issued in the future, at ",
		                assay_time_print(text, t->issued));
	return true;
}

static bool check_issuer(const struct assay_token *t, const char *issuer,
                         struct assay_err *err)
{
	if (!issuer || strcmp(t->issuer, issuer) == 0)
		return true;
	return assay_fail(err, ASSAY_W_ISSUER, ASSAY_DOC_TOKEN_CLAIMS, 0,
	                  "iss is %.60s, want %.60s",
	                  *t->issuer ? t->issuer : "not there", issuer);
}

bool assay_token_verify(struct assay_token *token, struct assay_bytes in,
                        struct assay_bytes key_set, const char *issuer,
                        int64_t now, struct assay_scratch *scratch,
                        struct assay_err *err)
{
	size_t used = scratch->used;
	struct claims c;

	if (token_open(token, in, key_set, scratch, err) &&
	    read_claims(token, &c, err) && check_time(token, &c, now, err) &&
	    check_issuer(token, issuer, err))
		return true;
	*token = (struct assay_token){ 0 };
	scratch->used = used;
	return false;
}
