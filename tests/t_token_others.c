/* t_token_others.c - what others make of our tokens, and we of theirs: jwcrypto,
 * and the command jose. */
#include <stdarg.h>
#include <string.h>

#include <assay/token.h>

#include "h_maker.h"
#include "tap.h"
#include "token/token.h"

#define PYTHON "/usr/bin/python3"
enum { NOW = 1800000000, ROOM = 8192 };

static const char claims[] = "{\"iss\":\"https://a\",\"exp\":1800000300}";

static bool sh(const char *fmt, ...) ASSAY_PRINTF(1, 2);
static bool sh(const char *fmt, ...)
{
	char command[2048];
	size_t n = (size_t)snprintf(command, sizeof(command),
	                            "cd %s && exec >log 2>&1 && ",
	                            maker_folder());
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command + n, sizeof(command) - n, fmt, ap);
	va_end(ap);
	return system(command) == 0;
}

static void put(const char *file, const char *text)
{
	FILE *f = fopen(maker_path("%s", file), "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		exit(2);
}

static struct assay_bytes get(const char *file)
{
	size_t n = 0;
	unsigned char *p = slurp(maker_path("%s", file), &n);

	return (struct assay_bytes){ p, p ? n : 0 };
}

/* Our token and set of keys as files; a certificate too. */
static void write_ours(enum token_alg alg)
{
	uint8_t pem[TOKEN_PEM_MAX], der[TOKEN_CERTIFICATE_MAX];
	char token[ROOM], jwk[TOKEN_JWK_MAX], set[TOKEN_JWK_MAX + 16];
	size_t n, cert;

	if (!token_signer_make(pem, &n, alg))
		exit(2);
	struct token_signer *s =
		token_signer_read((struct assay_bytes){ pem, n }, NULL);

	cert = token_certificate(der, s, "assay", NOW, NOW + 1000);
	if (!token_sign(token, sizeof(token), s, "JWT", NULL,
	                (struct assay_bytes){ (const uint8_t *)claims,
	                                      strlen(claims) }) ||
	    !token_jwk_certified(jwk, sizeof(jwk), s,
	                         (struct assay_bytes){ der, cert }))
		exit(2);
	snprintf(set, sizeof(set), "{\"keys\":[%s]}", jwk);
	put("token", token);
	put("set", set);
	put("jwk", jwk);
	put("kid", token_signer_kid(s));
	token_signer_free(s);
}

/* Whether we take the token in `token` by the keys in `set`. */
static bool takes(void)
{
	static uint8_t room[ROOM];
	struct assay_scratch scratch = { .ptr = room, .len = sizeof(room) };
	struct assay_bytes token = get("token"), set = get("set");
	struct assay_token t;
	struct assay_err err = { 0 };
	bool good = assay_token_verify(&t, token, set, "https://a", NOW,
	                               &scratch, &err);

	if (!good)
		note("%s: %.*s", err.note, (int)token.len, token.ptr);
	free((void *)(uintptr_t)token.ptr);
	free((void *)(uintptr_t)set.ptr);
	return good;
}

static void with_jwcrypto(const char *alg)
{
	if (!sh(PYTHON " -c 'import jwcrypto'")) {
		skip("no jwcrypto for " PYTHON, "jwcrypto and %s", alg);
		return;
	}
	write_ours(strcmp(alg, "ES256") == 0 ? TOKEN_ES256 : TOKEN_RS256);
	put("theirs.py",
	    "import sys\n"
	    "from jwcrypto import jwk, jws\n"
	    "s = jwk.JWKSet.from_json(open('set').read())\n"
	    "t = jws.JWS()\n"
	    "t.deserialize(open('token').read())\n"
	    "kid = t.jose_header['kid']\n"
	    "t.verify(s.get_key(kid))\n"
	    "k = jwk.JWK.from_json(open('jwk').read())\n"
	    "assert kid == k.thumbprint() == open('kid').read()\n"
	    "from cryptography import x509\n"
	    "import base64\n"
	    "c = x509.load_der_x509_certificate("
	    "base64.b64decode(k.export(as_dict=True)['x5c'][0]))\n"
	    "assert jwk.JWK.from_pyca(c.public_key()).thumbprint() == kid\n");
	put("ours.py",
	    "import sys, json\n"
	    "from jwcrypto import jwk, jws\n"
	    "a = sys.argv[1]\n"
	    "k = jwk.JWK.generate(kty='EC', crv='P-256', kid='k') "
	    "if a == 'ES256' else jwk.JWK.generate(kty='RSA', size=2048, "
	    "kid='k')\n"
	    "t = jws.JWS(sys.argv[2])\n"
	    "t.add_signature(k, None, json.dumps({'alg': a, 'kid': 'k'}))\n"
	    "open('token', 'w').write(t.serialize(compact=True))\n"
	    "open('set', 'w').write('{\"keys\":[' + k.export_public() + "
	    "']}')\n");
	ok(sh(PYTHON " theirs.py"), "jwcrypto takes our %s", alg);
	ok(sh(PYTHON " ours.py %s '%s'", alg, claims) && takes(),
	   "we take jwcrypto's %s", alg);
}

static void with_jose(const char *alg)
{
	if (!sh("command -v jose")) {
		skip("no jose", "jose and %s", alg);
		return;
	}
	write_ours(strcmp(alg, "ES256") == 0 ? TOKEN_ES256 : TOKEN_RS256);
	put("claims", claims);
	ok(sh("jose jws ver -i token -k set -O - | cmp - claims"),
	   "jose takes our %s", alg);
	ok(sh("jose jwk thp -a S256 -i jwk | cmp - kid"),
	   "and its key's thumbprint is our kid");
	ok(sh("jose jwk gen -i '{\"alg\":\"%s\",\"kid\":\"k\"}' -o key && "
	      "jose jwk pub -s -i key -o set && jose jws sig -I claims -k key "
	      "-s '{\"protected\":{\"alg\":\"%s\",\"kid\":\"k\"}}' -c -o "
	      "token",
	      alg, alg) &&
	           takes(),
	   "we take jose's %s", alg);
}

int main(void)
{
	with_jwcrypto("ES256");
	with_jwcrypto("RS256");
	with_jose("ES256");
	with_jose("RS256");
	return done();
}
