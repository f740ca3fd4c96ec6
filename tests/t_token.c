/* t_token.c - signed results: made, checked, and every way in which they must not
 * be taken. */
#include <string.h>

#include <assay/token.h>

#include "base/base64url.h"
#include "base/json.h"
#include "crypto/crypto.h"
#include "tap.h"
#include "token/jwk.h"

enum { NOW = 1800000000, ROOM = 16384 };

static uint8_t room[ROOM];
static struct assay_err err;

static struct assay_bytes text_of(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

static struct token_signer *signer_new(enum token_alg alg)
{
	uint8_t pem[TOKEN_PEM_MAX];
	size_t n;

	if (!token_signer_make(pem, &n, alg))
		exit(2);
	return token_signer_read((struct assay_bytes){ pem, n }, NULL);
}

/* {"keys":[key of a, key of b, more]} */
static const char *set_of(const struct token_signer *a,
                          const struct token_signer *b, const char *more)
{
	static char set[3 * TOKEN_JWK_MAX];
	char key[2][TOKEN_JWK_MAX] = { "", "" };

	if (!token_jwk(key[0], TOKEN_JWK_MAX, a) ||
	    (b && !token_jwk(key[1], TOKEN_JWK_MAX, b)))
		exit(2);
	snprintf(set, sizeof(set), "{\"keys\":[%s%s%s%s]}", key[0],
	         b ? "," : "", key[1], more);
	return set;
}

static const char *sign(struct token_signer *signer, const char *claims)
{
	static char token[ROOM];

	if (!token_sign(token, sizeof(token), signer, "JWT", NULL,
	                text_of(claims)))
		exit(2);
	return token;
}

/* A token with any header, signed all the same. */
static const char *sign_raw(const uint8_t *pem, size_t pem_len,
                            const char *header, const char *claims)
{
	static char token[ROOM];
	const char *why;
	struct assay_sign_key *key =
		assay_sign_key_read((struct assay_bytes){ pem, pem_len }, &why);
	uint8_t sig[ASSAY_SIGN_MAX];
	size_t n = assay_base64url_print(token, (const uint8_t *)header,
	                                 strlen(header));

	token[n++] = '.';
	n += assay_base64url_print(token + n, (const uint8_t *)claims,
	                           strlen(claims));
	size_t sig_len = assay_sign_key_sign(
		sig, key, (struct assay_bytes){ (uint8_t *)token, n });
	token[n++] = '.';
	assay_base64url_print(token + n, sig, sig_len);
	assay_sign_key_free(key);
	return token;
}

static bool verify_bytes(struct assay_token *t, struct assay_bytes token,
                         const char *set, const char *issuer)
{
	struct assay_scratch scratch = { .ptr = room, .len = sizeof(room) };

	err = (struct assay_err){ 0 };
	return assay_token_verify(t, token, text_of(set), issuer, NOW, &scratch,
	                          &err);
}

/* Which check the token fails; ASSAY_OK: none. */
static enum assay_check fails(const char *token, const char *set)
{
	static const struct assay_token zero;
	struct assay_token t;

	if (verify_bytes(&t, text_of(token), set, "https://a"))
		return ASSAY_OK;
	return memcmp(&t, &zero, sizeof(t)) == 0 ? err.check : ASSAY_OK;
}

static const char good[] = "{\"iss\":\"https://a\",\"iat\":1800000000,"
			   "\"nbf\":1799999990,\"exp\":1800000300}";

/* ---- base64url */

static bool decodes(const char *text, const char *bytes, size_t n)
{
	uint8_t out[64];
	size_t len;

	memset(out, 0xee, sizeof(out));
	return assay_base64url_parse(out, sizeof(out), &len, text_of(text)) &&
	       len == n && memcmp(out, bytes, n) == 0;
}

static bool refused(const char *text)
{
	uint8_t out[64];
	size_t len = 9;

	return !assay_base64url_parse(out, sizeof(out), &len, text_of(text)) &&
	       len == 0;
}

static void test_base64url(void)
{
	static const uint8_t bytes[] = { 0xfb, 0xff, 0xbf, 0x00, 0x10 };
	char text[16];
	uint8_t out[4];
	size_t len;

	ok(decodes("", "", 0) && decodes("Zg", "f", 1) &&
	           decodes("Zm8", "fo", 2) && decodes("Zm9v", "foo", 3) &&
	           decodes("Zm9vYmE", "fooba", 5),
	   "base64url of every length");
	ok(assay_base64url_print(text, bytes, 5) == 7 &&
	           strcmp(text, "-_-_ABA") == 0 &&
	           decodes("-_-_ABA", "\xfb\xff\xbf\0\x10", 5),
	   "and its two digits of its own");
	ok(refused("Zg==") && refused("Zm8=") && refused("+/+/") &&
	           refused("Zm9v\n") && refused(" Zg") && refused("Z") &&
	           refused("Zm9vY") && refused("Zm 9v"),
	   "no padding, no other digits, no spaces");
	ok(refused("Zh") && refused("Zm9"), "no stray bits");
	ok(!assay_base64url_parse(out, 4, &len, text_of("Zm9vYmE")) &&
	           assay_base64url_parse(out, 4, &len, text_of("Zm9vYg")),
	   "and not more than there is room for");
}

/* ---- what RFCs print */

static const char ec_key[] =
	"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k\","
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";
static const char rsa_key[] =
	"{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"e\":\"AQAB\",\"n\":"
	"\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-"
	"Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b3"
	"2690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBd"
	"QOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH"
	"7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWy"
	"uXpoQ\"}]}";
#define CLAIMS \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGx" \
	"lLmNvbS9pc19yb290Ijp0cnVlfQ"
static const char ec_sig[] =
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQ"
	"xfKTUJqPP3-Kg6NU1Q";
static const char rsa_sig[] =
	"cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuH"
	"Im4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdi"
	"uB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN"
	"9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2"
	"w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77"
	"Rw";

static bool holds(const char *set, const char *signed_part, const char *sig)
{
	struct token_key key;
	uint8_t bytes[ASSAY_SIGN_MAX];
	size_t n;

	return token_key_find(&key, text_of(set), "k", NULL) &&
	       assay_base64url_parse(bytes, sizeof(bytes), &n, text_of(sig)) &&
	       token_key_verify(&key, text_of(signed_part),
	                        (struct assay_bytes){ bytes, n });
}

static void test_rfc(void)
{
	struct token_key key;
	char kid[TOKEN_KID_LEN];

	ok(holds(ec_key, "eyJhbGciOiJFUzI1NiJ9." CLAIMS, ec_sig),
	   "the signature of RFC 7515 A.3, ES256");
	ok(holds(rsa_key, "eyJhbGciOiJSUzI1NiJ9." CLAIMS, rsa_sig),
	   "the signature of RFC 7515 A.2, RS256");
	ok(!holds(ec_key, "eyJhbGciOiJFUzI1NiJ9." CLAIMS "A", ec_sig) &&
	           !holds(rsa_key, "eyJhbGciOiJSUzI1NiJ9." CLAIMS "A", rsa_sig),
	   "and neither for another text");
	ok(token_key_find(
		   &key,
		   text_of("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":"
	                   "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78Lh"
	                   "W"
	                   "x4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
	                   "BJECPebWKRXjBZC"
	                   "iFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_"
	                   "RN5w"
	                   "6Cf0h4QyQ5v-65YGjQR0_"
	                   "FDW2QvzqY368QQMicAtaSqzs8KJZgnY"
	                   "b9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-"
	                   "bF"
	                   "TWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
	                   "xBniIqbw0L"
	                   "s1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\","
	                   "\"alg\":\"RS256\"}]}"),
		   "k", NULL),
	   "the key of RFC 7638 3.1");
	token_thumbprint(kid, &key.public);
	ok(strcmp(kid, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs") == 0,
	   "and its thumbprint: %s", kid);
}

/* ---- made and checked */

static void test_good(struct token_signer *a, struct token_signer *b)
{
	const char *set = set_of(a, b, "");
	struct assay_token t;
	char line[ROOM];

	ok(verify_bytes(&t, text_of(sign(a, good)), set, "https://a") &&
	           strcmp(t.alg, token_alg_name(token_signer_alg(a))) == 0,
	   "a token by %s holds", t.alg);
	ok(strcmp(t.kid, token_signer_kid(a)) == 0 &&
	           strcmp(t.issuer, "https://a") == 0 &&
	           strcmp(t.type, "JWT") == 0 && t.issued == NOW &&
	           t.not_before == NOW - 10 && t.expires == NOW + 300 &&
	           t.claims.len == strlen(good) &&
	           memcmp(t.claims.ptr, good, t.claims.len) == 0,
	   "and says what it is");
	snprintf(line, sizeof(line), "%s\n", sign(a, good));
	ok(verify_bytes(&t, text_of(line), set, NULL),
	   "with a line feed behind it, and whoever the issuer is");
	ok(token_sign(line, sizeof(line), a, "x", "\"jku\":\"https://j\"",
	              text_of(good)) > 0 &&
	           verify_bytes(&t, text_of(line), set, NULL) &&
	           strcmp(t.type, "x") == 0,
	   "and with more in its header");
}

static void test_room(struct token_signer *a)
{
	char small[ROOM];
	size_t n = token_sign(small, ROOM, a, "JWT", NULL, text_of(good));
	size_t made = 0, jwk = token_jwk(small, ROOM, a);

	for (size_t i = 0; i <= n; i += i < n - 8 ? 7 : 1)
		made += token_sign(small, i, a, "JWT", NULL, text_of(good)) > 0;
	for (size_t i = 0; i <= jwk; i++)
		made += token_jwk(small, i, a) > 0;
	ok(n && n < TOKEN_ROOM(strlen(good)) && made == 0 &&
	           token_sign(small, n + 1, a, "JWT", NULL, text_of(good)) == n,
	   "what does not fit is not written");
}

/* Every byte of the token, and every end of it. */
static void test_altered(struct token_signer *a)
{
	const char *set = set_of(a, NULL, ""), *token = sign(a, good);
	size_t n = strlen(token), taken = 0, cut = 0;
	char copy[ROOM];

	for (size_t i = 0; i < n; i++) {
		strcpy(copy, token);
		copy[i] = copy[i] == 'A' ? 'B' : 'A';
		taken += fails(copy, set) == ASSAY_OK;
		copy[i] = (char)(token[i] ^ 0x80);
		taken += fails(copy, set) == ASSAY_OK;
		copy[i] = 0;
		cut += fails(copy, set) == ASSAY_OK;
	}
	ok(n > 100 && taken == 0, "no byte of it can be altered");
	ok(cut == 0, "nor can it be cut");
	snprintf(copy, sizeof(copy), "%sA", token);
	ok(fails(copy, set) != ASSAY_OK, "nor be longer");
	snprintf(copy, sizeof(copy), "%s\n\n", token);
	ok(fails(copy, set) == ASSAY_W_FORM, "nor have two line feeds");
	snprintf(copy, sizeof(copy), "%s.AAAA", token);
	ok(fails(copy, set) == ASSAY_W_FORM, "nor four parts");
}

/* ---- refused */

static void test_header(void)
{
	uint8_t pem[TOKEN_PEM_MAX];
	size_t n;

	if (!token_signer_make(pem, &n, TOKEN_ES256))
		exit(2);
	struct token_signer *s =
		token_signer_read((struct assay_bytes){ pem, n }, NULL);
	const char *kid = token_signer_kid(s), *set = set_of(s, NULL, "");
	const struct {
		const char *header;
		enum assay_check check;
	} cases[] = {
		{ "{\"alg\":\"ES256\",\"kid\":\"%s\"}", ASSAY_OK },
		{ "{\"kid\":\"%s\",\"alg\":\"ES256\",\"jwk\":{},\"x\":[1]}",
		  ASSAY_OK },
		{ "{\"alg\":\"none\",\"kid\":\"%s\"}", ASSAY_W_ALG },
		{ "{\"alg\":\"RS256\",\"kid\":\"%s\"}", ASSAY_W_ALG },
		{ "{\"alg\":\"HS256\",\"kid\":\"%s\"}", ASSAY_W_ALG },
		{ "{\"alg\":\"es256\",\"kid\":\"%s\"}", ASSAY_W_ALG },
		{ "{\"alg\":\"ES256 \",\"kid\":\"%s\"}", ASSAY_W_ALG },
		{ "{\"alg\":\"ES256xxxxxx\",\"kid\":\"%s\"}", ASSAY_J_TYPE },
		{ "{\"kid\":\"%s\"}", ASSAY_W_ALG },
		{ "{\"alg\":\"ES256\"}", ASSAY_W_KID },
		{ "{\"alg\":\"ES256\",\"kid\":\"\"}", ASSAY_W_KID },
		{ "{\"alg\":\"ES256\",\"kid\":\"x%s\"}", ASSAY_W_KID },
		{ "{\"alg\":\"ES256\",\"kid\":7}", ASSAY_J_TYPE },
		{ "{\"alg\":\"ES256\",\"kid\":\"%s\",\"crit\":[\"exp\"]}",
		  ASSAY_W_CRIT },
		{ "{\"alg\":\"ES256\",\"kid\":\"%s\",\"crit\":[]}",
		  ASSAY_W_CRIT },
		{ "{\"alg\":\"ES256\",\"kid\":\"%s\",\"alg\":\"ES256\"}",
		  ASSAY_J_DUPKEY },
		{ "{\"alg\":\"ES256\",\"kid\":\"%s\",\"x\":{\"a\":1,\"a\":1}}",
		  ASSAY_J_DUPKEY },
		{ "{\"alg\":\"ES256\",\"kid\":\"%s\"} {}", ASSAY_J_SYNTAX },
		{ "[\"%s\"]", ASSAY_J_TYPE },
		{ "", ASSAY_J_SYNTAX },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char header[512];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(header, sizeof(header), cases[i].header, kid);
#pragma GCC diagnostic pop
		ok(fails(sign_raw(pem, n, header, good), set) == cases[i].check,
		   "a header %s: %s", cases[i].header,
		   cases[i].check ? assay_check_info(cases[i].check)->name
		                  : "good");
	}
	token_signer_free(s);
}

static void test_claims(struct token_signer *a)
{
	static const struct {
		const char *claims;
		enum assay_check check;
	} cases[] = {
		{ "{\"iss\":\"https://a\",\"exp\":1800000001}", ASSAY_OK },
		{ "{\"iss\":\"https://a\",\"exp\":1800000000}", ASSAY_W_TIME },
		{ "{\"iss\":\"https://a\",\"exp\":0}", ASSAY_W_TIME },
		{ "{\"iss\":\"https://a\"}", ASSAY_W_TIME },
		{ "{\"iss\":\"https://a\",\"exp\":1800000001,\"nbf\":"
		  "1800000060}",
		  ASSAY_OK },
		{ "{\"iss\":\"https://a\",\"exp\":1800000001,\"nbf\":"
		  "1800000061}",
		  ASSAY_W_TIME },
		{ "{\"iss\":\"https://a\",\"exp\":1800000001,\"iat\":"
		  "1800000060}",
		  ASSAY_OK },
		{ "{\"iss\":\"https://a\",\"exp\":1800000001,\"iat\":"
		  "1800000061}",
		  ASSAY_W_TIME },
		{ "{\"iss\":\"https://a\",\"exp\":1800000001,\"nbf\":"
		  "9223372036854775807}",
		  ASSAY_W_TIME },
		{ "{\"iss\":\"https://a\",\"exp\":9223372036854775808}",
		  ASSAY_J_RANGE },
		{ "{\"iss\":\"https://a\",\"exp\":-1}", ASSAY_J_RANGE },
		{ "{\"iss\":\"https://a\",\"exp\":\"1800000001\"}",
		  ASSAY_J_TYPE },
		{ "{\"iss\":\"https://a\",\"exp\":1800000001.5}",
		  ASSAY_J_TYPE },
		{ "{\"iss\":\"https://b\",\"exp\":1800000001}",
		  ASSAY_W_ISSUER },
		{ "{\"iss\":\"https://a/\",\"exp\":1800000001}",
		  ASSAY_W_ISSUER },
		{ "{\"exp\":1800000001}", ASSAY_W_ISSUER },
		{ "{\"iss\":[\"https://a\"],\"exp\":1800000001}",
		  ASSAY_J_TYPE },
		{ "{\"iss\":\"https://b\",\"iss\":\"https://a\",\"exp\":"
		  "1800000001}",
		  ASSAY_J_DUPKEY },
		{ "{\"iss\":\"https://a\",\"exp\":1800000001,\"x\":[{\"y\":1,"
		  "\"y\":2}]}",
		  ASSAY_J_DUPKEY },
		{ "{\"iss\":\"https://a\",\"exp\":1800000001}x",
		  ASSAY_J_SYNTAX },
		{ "null", ASSAY_J_TYPE },
		{ "", ASSAY_J_SYNTAX },
	};
	const char *set = set_of(a, NULL, "");

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ok(fails(sign(a, cases[i].claims), set) == cases[i].check,
		   "claims %s: %s", cases[i].claims,
		   cases[i].check ? assay_check_info(cases[i].check)->name
		                  : "good");
}

static void test_form(struct token_signer *a)
{
	static char large[ASSAY_TOKEN_MAX + 2];
	const char *set = set_of(a, NULL, "");
	struct assay_token t;
	struct assay_scratch none = { .ptr = room, .len = 10 };

	memset(large, 'A', sizeof(large) - 1);
	ok(fails("", set) == ASSAY_W_FORM && fails(".", set) == ASSAY_W_FORM &&
	           fails("a.b", set) == ASSAY_W_FORM &&
	           fails("e30=.e30.e30", set) == ASSAY_W_FORM &&
	           fails("{}.{}.", set) == ASSAY_W_FORM &&
	           fails(" e30.e30.e30", set) == ASSAY_W_FORM &&
	           fails(large, set) == ASSAY_W_FORM,
	   "what is no token");
	ok(fails("..", set) == ASSAY_J_SYNTAX &&
	           fails("e30..", set) == ASSAY_W_ALG,
	   "and what has empty parts");
	ok(!assay_token_verify(&t, text_of(sign(a, good)), text_of(set), NULL,
	                       NOW, &none, &err) &&
	           err.check == ASSAY_W_FORM && none.used == 0,
	   "and what there is no room for");
}

/* ---- sets */

#define EC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC \
	"\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\""

static void test_sets(void)
{
	static const struct {
		const char *set;
		enum assay_check check;
	} cases[] = {
		{ "{\"keys\":[{\"kid\":\"k\"," EC "}]}", ASSAY_OK },
		{ "{\"x\":1,\"keys\":[{\"kty\":\"oct\"},{\"kid\":\"j\",\"n\":"
		  "\"?\"},{\"kid\":\"\\u006b\",\"alg\":\"ES256\",\"use\":"
		  "\"sig\"," EC "}]}",
		  ASSAY_OK },
		{ "{\"keys\":[]}", ASSAY_W_KID },
		{ "{\"keys\":[{" EC "}]}", ASSAY_W_KID },
		{ "{\"keys\":[{\"kid\":\"K\"," EC "}]}", ASSAY_W_KID },
		{ "{\"keys\":[{\"kid\":\"k\"," EC "},{\"kid\":\"k\"," EC "}]}",
		  ASSAY_W_KID },
		{ "{\"keys\":[{\"kid\":\"k\"," EC
		  "},{\"kid\":\"k\",\"kty\":\"oct\"}]}",
		  ASSAY_W_KID },
		{ "{}", ASSAY_W_SET },
		{ "{\"kid\":\"k\"," EC "}", ASSAY_W_SET },
		{ "[]", ASSAY_J_TYPE },
		{ "{\"keys\":{}}", ASSAY_J_TYPE },
		{ "{\"keys\":[1]}", ASSAY_J_TYPE },
		{ "{\"keys\":[{\"kid\":\"k\",\"kid\":\"k\"," EC "}]}",
		  ASSAY_J_DUPKEY },
		{ "{\"keys\":[{\"kid\":\"k\"," EC "}],\"keys\":[]}",
		  ASSAY_J_DUPKEY },
		{ "{\"keys\":[{\"kid\":\"k\"," EC "}]}{}", ASSAY_J_SYNTAX },
		{ "{\"keys\":[{\"kid\":\"k\",\"use\":\"enc\"," EC "}]}",
		  ASSAY_W_KEY },
		{ "{\"keys\":[{\"kid\":\"k\",\"alg\":\"RS256\"," EC "}]}",
		  ASSAY_W_KEY },
		{ "{\"keys\":[{\"kid\":\"k\",\"d\":\"AA\"," EC "}]}",
		  ASSAY_W_KEY },
		{ "{\"keys\":[{\"kid\":\"k\",\"kty\":\"oct\",\"k\":\"AA\"}]}",
		  ASSAY_W_KEY },
		{ "{\"keys\":[{\"kid\":\"k\"}]}", ASSAY_W_KEY },
		{ "{\"keys\":[{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-384\","
		  "\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\"}]}",
		  ASSAY_W_KEY },
		{ "{\"keys\":[{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\","
		  "\"x\":\"" EC_X "\"}]}",
		  ASSAY_W_KEY },
		{ "{\"keys\":[{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-256\","
		  "\"x\":\"" EC_X "=\",\"y\":\"" EC_Y "\"}]}",
		  ASSAY_W_KEY },
		{ "{\"keys\":[{\"kid\":\"k\",\"kty\":\"RSA\",\"n\":\"AQAB\","
		  "\"e\":\"AQAB\"}]}",
		  ASSAY_W_KEY },
	};
	static const struct token_key zero;
	static char large[ASSAY_KEY_SET_MAX + 2];
	struct token_key key;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err = (struct assay_err){ 0 };
		bool found = token_key_find(&key, text_of(cases[i].set), "k",
		                            &err);

		ok(found == !cases[i].check && err.check == cases[i].check &&
		           (found || memcmp(&key, &zero, sizeof(key)) == 0),
		   "a set %.60s...: %s", cases[i].set,
		   cases[i].check ? assay_check_info(cases[i].check)->name
		                  : "good");
	}
	memset(large, ' ', sizeof(large) - 1);
	ok(!token_key_find(&key, text_of(large), "k", &err) &&
	           err.check == ASSAY_J_LIMIT,
	   "a set that is too large");
}

/* ---- keys in PEM */

static enum assay_check reads(const char *pem, size_t n)
{
	err = (struct assay_err){ 0 };
	token_signer_free(token_signer_read(
		(struct assay_bytes){ (const uint8_t *)pem, n }, &err));
	return err.check;
}

static void test_pem(void)
{
	static char large[TOKEN_PEM_MAX + 1];
	uint8_t pem[TOKEN_PEM_MAX];
	size_t n, taken = 0;

	memset(large, '\n', sizeof(large));
	ok(reads("", 0) == ASSAY_W_SIGNER &&
	           reads(large, sizeof(large)) == ASSAY_W_SIGNER,
	   "nothing is no key, nor is too much");
	if (!token_signer_make(pem, &n, TOKEN_ES256))
		exit(2);
	for (size_t i = 0; i + 2 < n; i += 3)
		taken += reads((char *)pem, i) == ASSAY_OK;
	ok(reads((char *)pem, n) == ASSAY_OK && taken == 0,
	   "a key in PEM is read, and no part of it");
}

static void test_certificate(struct token_signer *a)
{
	uint8_t der[TOKEN_CERTIFICATE_MAX];
	size_t n = token_certificate(der, a, "assay", NOW, NOW + 86400);
	char jwk[TOKEN_JWK_MAX], set[TOKEN_JWK_MAX + 16];
	struct assay_token t;
	char longer[80];

	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	ok(n > 200 && der[0] == 0x30 &&
	           token_jwk_certified(jwk, sizeof(jwk), a,
	                               (struct assay_bytes){ der, n }) > 0 &&
	           strstr(jwk, "\"x5c\":[\"MII"),
	   "a certificate of the key, and a JWK with it");
	snprintf(set, sizeof(set), "{\"keys\":[%s]}", jwk);
	ok(verify_bytes(&t, text_of(sign(a, good)), set, NULL),
	   "which checks tokens as well");
	ok(token_certificate(der, a, longer, NOW, NOW + 1) == 0,
	   "and none of a name too long");
}

int main(void)
{
	struct token_signer *ec = signer_new(TOKEN_ES256);
	struct token_signer *rsa = signer_new(TOKEN_RS256);

	test_base64url();
	test_rfc();
	test_good(ec, rsa);
	test_good(rsa, ec);
	test_room(ec);
	test_altered(ec);
	test_header();
	test_claims(ec);
	test_form(ec);
	test_sets();
	test_pem();
	test_certificate(ec);
	test_certificate(rsa);
	token_signer_free(ec);
	token_signer_free(rsa);
	return done();
}
