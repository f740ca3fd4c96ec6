/* t_released.c - secrets sealed to an enclave's key: what opens, and what does
 * not. */
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

static const struct assay_released front = {
	{ (const uint8_t *)"https://verify.example", 22 },
	{ (const uint8_t *)"db", 2 },
	{ (const uint8_t *)"nonce", 5 },
};
static struct assay_hpke_pair own, other;
static struct assay_key_config config;
static uint8_t out[SECRET_LEN + ASSAY_RELEASED_MORE];

static size_t seal(enum assay_aead aead)
{
	memset(out, 0xee, sizeof(out));
	config.aead = aead;
	memcpy(config.key, own.key, sizeof(config.key));
	return assay_released_seal(
		out, &front, &config,
		(struct assay_bytes){ (const uint8_t *)secret, SECRET_LEN },
		NULL);
}

/* ASSAY_OK: it is the secret; else what failed, and nothing is left. */
static enum assay_check opened(const struct assay_released *want,
                               const struct assay_hpke_pair *pair, size_t n)
{
	uint8_t back[sizeof(out)];
	struct assay_err err = { 0 };
	size_t len = 1;

	memset(back, 0xee, sizeof(back));
	if (assay_released_open(back, &len, want, config.aead, pair,
	                        (struct assay_bytes){ out, n }, &err))
		return len == SECRET_LEN && !memcmp(back, secret, len)
		               ? ASSAY_OK
		               : ASSAY_H_MADE;
	for (size_t i = 0; i < n; i++)
		if (back[i])
			return ASSAY_OK;
	return len == 0 && err.note[0] ? err.check : ASSAY_OK;
}

static void test_ciphers(void)
{
	for (unsigned a = ASSAY_AES_128_GCM; a < ASSAY_N_AEADS; a++) {
		size_t n = seal((enum assay_aead)a), bad = 0;

		ok(n == 13 + 23 + 3 + 6 + 32 + SECRET_LEN + 16 &&
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
	out[13 + 23 + 3 + 1] ^= 1; /* of the nonce */
	ok(opened(&front, &own, n) == ASSAY_H_OPEN, "the nonce is bound");
}

static void test_points(void)
{
	struct assay_err err = { 0 };
	size_t n;

	memset(config.key, 0, sizeof(config.key));
	ok(assay_released_seal(out, &front, &config, text("x"), &err) == 0 &&
	           err.check == ASSAY_H_POINT && !out[0] && !out[20],
	   "a key of low order: %s", err.note);
	n = seal(ASSAY_AES_256_GCM);
	memset(out + 13 + 23 + 3 + 6, 0, 32);
	ok(opened(&front, &own, n) == ASSAY_H_POINT,
	   "an ephemeral key of low order");
}

int main(void)
{
	assay_crypto_start();
	if (!assay_hpke_pair_new(&own) || !assay_hpke_pair_new(&other))
		abort();
	test_ciphers();
	test_names();
	test_points();
	return done();
}
