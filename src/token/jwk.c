/* jwk.c - public keys as JSON [RFC 7517, 7518 6], read and written. */
#include "token/jwk.h"

#include "base/base64url.h"
#include "base/text.h"
#include "crypto/crypto.h"

#include <assay/token.h>
#include <stdio.h>

enum { COORD_LEN = 32, RSA_MIN = 256 };

const char *token_alg_name(enum token_alg alg)
{
	return alg == TOKEN_ES256 ? "ES256" : alg == TOKEN_RS256 ? "RS256" : "";
}

/* ---- a key of the set, as it stands there */

enum member { KTY, CRV, ALG, USE, KID, X, Y, N, E, D, N_MEMBERS };
static const char *const members[N_MEMBERS] = {
	"kty", "crv", "alg", "use", "kid", "x", "y", "n", "e", "d",
};

struct jwk {
	size_t at;                             /* where it begins */
	struct assay_json_str text[N_MEMBERS]; /* raw.ptr is NULL: not there */
};

static void read_member(struct jwk *k, struct assay_json *j,
                        struct assay_json_str name)
{
	for (size_t i = 0; i < N_MEMBERS; i++)
		if (assay_json_is(name, members[i]))
			assay_json_string(j, &k->text[i]);
}

static void read_jwk(struct jwk *k, struct assay_json *j)
{
	struct assay_json_str name;

	*k = (struct jwk){ .at = assay_json_at(j) };
	assay_json_object(j);
	while (assay_json_member(j, &name))
		read_member(k, j, name);
}

static bool has(const struct jwk *k, enum member m)
{
	return k->text[m].raw.ptr != NULL;
}

static bool is(const struct jwk *k, enum member m, const char *text)
{
	return has(k, m) && assay_json_is(k->text[m], text);
}

/* ---- the set */

static void read_keys(struct jwk *found, size_t *n, struct assay_json *j,
                      const char *kid)
{
	struct jwk k;

	assay_json_array(j);
	while (assay_json_element(j)) {
		read_jwk(&k, j);
		if (assay_json_ok(j) && is(&k, KID, kid) && ++*n == 1)
			*found = k;
	}
}

/* The first key of this name, and how many there are. */
static bool find(struct jwk *found, size_t *n, struct assay_bytes set,
                 const char *kid, struct assay_err *err)
{
	struct assay_json j;
	struct assay_json_str name;
	bool keys = false;

	*n = 0;
	assay_json_open_max(&j, set, ASSAY_DOC_KEY_SET, ASSAY_KEY_SET_MAX);
	assay_json_object(&j);
	while (assay_json_member(&j, &name))
		if (assay_json_is(name, "keys")) {
			keys = true;
			read_keys(found, n, &j, kid);
		}
	if (!assay_json_close(&j, err))
		return false;
	if (!keys)
		return assay_fail(err, ASSAY_W_SET, ASSAY_DOC_KEY_SET, 0,
		                  "there is no member keys");
	return true;
}

/* ---- a key that can be used */

static bool bad_key(struct assay_err *err, const struct jwk *k,
                    const char *what)
{
	return assay_fail(err, ASSAY_W_KEY, ASSAY_DOC_KEY_SET, k->at,
	                  "the key %s", what);
}

/* Decodes a member of exactly `len` bytes. */
static bool take(uint8_t *out, size_t len, const struct jwk *k, enum member m)
{
	size_t n;

	return has(k, m) &&
	       assay_base64url_parse(out, len, &n, k->text[m].raw) && n == len;
}

static bool take_ec(struct token_key *key, const struct jwk *k)
{
	uint8_t *x = key->public.key;

	key->alg = TOKEN_ES256;
	key->public.kind = ASSAY_SIGN_P256;
	key->public.len = 2 * COORD_LEN;
	return is(k, CRV, "P-256") && take(x, COORD_LEN, k, X) &&
	       take(x + COORD_LEN, COORD_LEN, k, Y);
}

static bool take_rsa(struct token_key *key, const struct jwk *k)
{
	struct assay_sign_public *p = &key->public;
	uint8_t e[4];
	size_t n = 0;

	key->alg = TOKEN_RS256;
	p->kind = ASSAY_SIGN_RSA;
	if (!has(k, N) || !has(k, E) ||
	    !assay_base64url_parse(p->key, sizeof(p->key), &p->len,
	                           k->text[N].raw) ||
	    !assay_base64url_parse(e, sizeof(e), &n, k->text[E].raw) ||
	    p->len < RSA_MIN || !p->key[0])
		return false;
	for (size_t i = 0; i < n; i++)
		p->e = p->e << 8 | e[i];
	return true;
}

static bool take_key(struct token_key *key, const struct jwk *k,
                     struct assay_err *err)
{
	bool rsa = is(k, KTY, "RSA");

	if (!rsa && !is(k, KTY, "EC"))
		return bad_key(err, k, "is of another kind than EC and RSA");
	if (has(k, D))
		return bad_key(err, k,
		               "is private, and public no longer: "
		               "whoever sees it can sign");
	if (has(k, USE) && !is(k, USE, "sig"))
		return bad_key(err, k, "is not for signatures (use)");
	if (rsa ? !take_rsa(key, k) : !take_ec(key, k))
		return bad_key(err, k,
		               "has not the numbers of a key of P-256, "
		               "or RSA of 2048 to 4096 bits");
	if (has(k, ALG) && !is(k, ALG, token_alg_name(key->alg)))
		return bad_key(err, k, "is for another algorithm (alg)");
	return true;
}

bool token_key_find(struct token_key *key, struct assay_bytes set,
                    const char *kid, struct assay_err *err)
{
	struct jwk k;
	size_t n;

	*key = (struct token_key){ 0 };
	if (!find(&k, &n, set, kid, err))
		return false;
	if (n != 1)
		return assay_fail(err, ASSAY_W_KID, ASSAY_DOC_KEY_SET, 0,
		                  "%zu keys are named %.80s, want one", n, kid);
	if (take_key(key, &k, err))
		return true;
	*key = (struct token_key){ 0 };
	return false;
}

bool token_key_verify(const struct token_key *key, struct assay_bytes msg,
                      struct assay_bytes sig)
{
	const struct assay_sign_public *p = &key->public;
	uint8_t digest[ASSAY_SHA256_LEN];
	struct assay_p256 *engine;
	bool good;

	if (p->kind == ASSAY_SIGN_RSA)
		return assay_rsa_verify((struct assay_bytes){ p->key, p->len },
		                        p->e, msg, sig);
	if (p->kind != ASSAY_SIGN_P256 || sig.len != 2 * COORD_LEN)
		return false;
	assay_sha256(digest, msg);
	engine = assay_p256_new(NULL);
	good = assay_p256_verify(engine, p->key, digest, sig.ptr);
	assay_p256_free(engine);
	return good;
}

/* ---- written */

size_t token_jwk_members(char out[TOKEN_JWK_MEMBERS],
                         const struct assay_sign_public *p)
{
	char a[ASSAY_BASE64URL_LEN(ASSAY_SIGN_MAX) + 1], b[48];
	const uint8_t e[4] = { (uint8_t)(p->e >> 24), (uint8_t)(p->e >> 16),
		               (uint8_t)(p->e >> 8), (uint8_t)p->e };
	size_t skip = 0;

	if (p->kind == ASSAY_SIGN_P256) {
		assay_base64url_print(a, p->key, COORD_LEN);
		assay_base64url_print(b, p->key + COORD_LEN, COORD_LEN);
		return (size_t)snprintf(
			out, TOKEN_JWK_MEMBERS,
			"\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\","
			"\"y\":\"%s\"",
			a, b);
	}
	while (skip < sizeof(e) - 1 && !e[skip])
		skip++;
	assay_base64url_print(a, p->key, p->len);
	assay_base64url_print(b, e + skip, sizeof(e) - skip);
	return (size_t)snprintf(out, TOKEN_JWK_MEMBERS,
	                        "\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"", b,
	                        a);
}

void token_thumbprint(char kid[TOKEN_KID_LEN],
                      const struct assay_sign_public *public)
{
	char text[TOKEN_JWK_MEMBERS + 2] = "{";
	uint8_t hash[ASSAY_SHA256_LEN];
	size_t n = token_jwk_members(text + 1, public);

	text[1 + n] = '}';
	assay_sha256(hash, (struct assay_bytes){ (uint8_t *)text, n + 2 });
	assay_base64url_print(kid, hash, sizeof(hash));
}
