/* t_released.c - secrets sealed to an enclave's key: what opens, and what does
 * not. */
#include "base/rd.h"
#include "crypto/crypto.h"
#include "seal/released.h"
#include "tap.h"

#include <string.h>

static const char secret[] = "a secret";
enum { SECRET_LEN = sizeof(secret) };

static struct assay_bytes text(const char *s)
{
	return (struct assay_bytes){ (const uint8_t *)s, strlen(s) };
}

enum { FRONT_LEN = 13 + 23 + 3 + 4 + 6, VERSION = 7 };
static const struct assay_released front = {
	{ (const uint8_t *)"https://verify.example", 22 },
	{ (const uint8_t *)"db", 2 },
	{ (const uint8_t *)"nonce", 5 },
	VERSION,
};
/* the enclave's, the service's, anybody's */
static struct assay_hpke_pair own, service, other;
static struct assay_key_config config;
static uint8_t out[SECRET_LEN + ASSAY_RELEASED_MORE];

static size_t seal_by(const struct assay_hpke_pair *from, enum assay_aead aead)
{
	memset(out, 0xee, sizeof(out));
	config.aead = aead;
	memcpy(config.key, own.key, sizeof(config.key));
	return assay_released_seal(
		out, &front, &config, from,
		(struct assay_bytes){ (const uint8_t *)secret, SECRET_LEN },
		NULL);
}

static size_t seal(enum assay_aead aead)
{
	return seal_by(&service, aead);
}

/* ASSAY_OK: it is the secret; else what failed, and nothing is left. */
static enum assay_check opened(const struct assay_released *want,
                               const struct assay_hpke_pair *pair, size_t n)
{
	uint8_t back[sizeof(out)];
	struct assay_released got = *want;
	struct assay_err err = { 0 };
	size_t len = 1;

	memset(back, 0xee, sizeof(back));
	if (assay_released_open(back, &len, &got, config.aead, pair,
	                        service.key, (struct assay_bytes){ out, n },
	                        &err))
		return len == SECRET_LEN && !memcmp(back, secret, len) &&
		                       got.version == VERSION &&
		                       assay_bytes_equal(got.nonce, front.nonce)
		               ? ASSAY_OK
		               : ASSAY_H_MADE;
	if (got.version != want->version || got.nonce.ptr != want->nonce.ptr)
		return ASSAY_OK;
	for (size_t i = 0; i < n; i++)
		if (back[i])
			return ASSAY_OK;
	return len == 0 && err.note[0] ? err.check : ASSAY_OK;
}

static void test_ciphers(void)
{
	for (unsigned a = ASSAY_AES_128_GCM; a < ASSAY_N_AEADS; a++) {
		size_t n = seal((enum assay_aead)a), bad = 0;

		ok(n == FRONT_LEN + 32 + SECRET_LEN + 16 &&
		           opened(&front, &own, n) == ASSAY_OK,
		   "cipher %u: it opens", a);
		ok(opened(&front, &other, n) == ASSAY_H_OPEN,
		   "cipher %u: not with another key", a);
		for (size_t i = 0; i < n; i++) {
			out[i] ^= 1;
			bad += opened(&front, &own, n) != ASSAY_OK;
			out[i] ^= 1;
		}
		ok(bad == n, "cipher %u: each of %zu bytes counts", a, n);
		bad = 0;
		for (size_t i = 0; i < n; i++)
			bad += opened(&front, &own, i) != ASSAY_OK;
		ok(bad == n, "cipher %u: nor cut short", a);
	}
}

static void test_names(void)
{
	struct assay_released want = front;
	size_t n = seal(ASSAY_AES_256_GCM);

	want.nonce = text("any");
	ok(opened(&want, &own, n) == ASSAY_OK, "the nonce is not asked for");
	want.name = text("dc");
	ok(opened(&want, &own, n) == ASSAY_H_RELEASED, "another name");
	want = front;
	want.service = text("https://verify.exampl");
	ok(opened(&want, &own, n) == ASSAY_H_RELEASED, "another service");
	out[0] ^= 1;
	ok(opened(&front, &own, n) == ASSAY_H_RELEASED, "another label");
	out[0] ^= 1;
	out[FRONT_LEN - 1] ^= 1; /* of the nonce */
	ok(opened(&front, &own, n) == ASSAY_H_OPEN, "the nonce is bound");
}

/* Who carries it knows the enclave's public key, and not the service's secret. */
static void test_sender(void)
{
	static const uint8_t zeros[32];
	const struct assay_bytes info = { out, FRONT_LEN };
	const struct assay_bytes none = { NULL, 0 };
	struct assay_released got = front;
	struct assay_hpke hpke;
	uint8_t back[sizeof(out)];
	struct assay_err err = { 0 };
	size_t n, len;

	n = seal_by(&other, ASSAY_AES_256_GCM);
	ok(n && opened(&front, &own, n) == ASSAY_H_OPEN,
	   "a secret of somebody else's, who calls himself the service");
	n = seal_by(&own, ASSAY_AES_256_GCM);
	ok(n && opened(&front, &own, n) == ASSAY_H_OPEN,
	   "of the enclave's own");
	/* mode base: as whoever has no key would */
	ok(assay_hpke_send(&hpke, out + FRONT_LEN, config.aead, own.key, NULL,
	                   info, NULL) &&
	           assay_hpke_seal(
			   out + FRONT_LEN + 32, &hpke, none,
			   (struct assay_bytes){ (const uint8_t *)secret,
	                                         SECRET_LEN },
			   NULL) &&
	           opened(&front, &own, n) == ASSAY_H_OPEN,
	   "one that is from nobody");
	n = seal(ASSAY_AES_256_GCM);
	ok(!assay_released_open(back, &len, &got, config.aead, &own, zeros,
	                        (struct assay_bytes){ out, n }, &err) &&
	           err.check == ASSAY_H_POINT,
	   "a service's key of low order: %s", err.note);
}

static void test_versions(void)
{
	struct assay_released want = front;
	size_t n = seal(ASSAY_AES_256_GCM);

	want.version = 0;
	ok(opened(&want, &own, n) == ASSAY_OK, "any version");
	want.version = VERSION + 1;
	ok(opened(&want, &own, n) == ASSAY_H_VERSION, "an older one");
	out[FRONT_LEN - 7] ^= 8; /* which says that it is newer */
	ok(opened(&want, &own, n) == ASSAY_H_OPEN, "the version is bound");
}

static void test_points(void)
{
	struct assay_err err = { 0 };
	size_t n;

	memset(config.key, 0, sizeof(config.key));
	ok(assay_released_seal(out, &front, &config, &service, text("x"),
	                       &err) == 0 &&
	           err.check == ASSAY_H_POINT && !out[0] && !out[20],
	   "a key of low order: %s", err.note);
	n = seal(ASSAY_AES_256_GCM);
	memset(out + FRONT_LEN, 0, 32);
	ok(opened(&front, &own, n) == ASSAY_H_POINT,
	   "an ephemeral key of low order");
}

int main(void)
{
	assay_crypto_start();
	if (!assay_hpke_pair_new(&own) || !assay_hpke_pair_new(&service) ||
	    !assay_hpke_pair_new(&other))
		abort();
	test_ciphers();
	test_names();
	test_sender();
	test_versions();
	test_points();
	return done();
}
