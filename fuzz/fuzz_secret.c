/* fuzz_secret.c - rows that secrets are kept in, and released secrets: a failure
 * leaves zeros; names end; nothing opens that was not sealed, nor what was with
 * a bit changed. */
#include "crypto/crypto.h"
#include "seal/released.h"
#include "service/wrap.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const struct assay_released front = {
	{ (const uint8_t *)"s", 1 },
	{ (const uint8_t *)"n", 1 },
	{ (const uint8_t *)"nonce", 5 },
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n && !b[n - 1])
		n--;
	return n == 0;
}

static void check_row(struct assay_bytes in)
{
	struct wrap_label l;

	memset(&l, 0xee, sizeof(l));
	if (!wrap_read(&l, in)) {
		must(is_zero(&l, sizeof(l)));
		return;
	}
	must(strnlen(l.policy, sizeof(l.policy)) <= STORE_NAME_MAX &&
	     strnlen(l.by, sizeof(l.by)) <= STORE_NAME_MAX);
	must(in.len > 16 + 4 + 8 + 4 + 32 + 1 + 1 + 12 + 16);
}

static bool opens(struct assay_bytes in, const struct assay_hpke_pair *own)
{
	uint8_t *out = malloc(in.len + 1);
	struct assay_err err = { 0 };
	size_t n = 1;
	bool good;

	must(out != NULL);
	memset(out, 0xee, in.len);
	good = assay_released_open(out, &n, &front, ASSAY_AES_256_GCM, own, in,
	                           &err);
	must(good || (n == 0 && err.note[0] && is_zero(out, in.len)));
	free(out);
	return good;
}

/* What is put in place of a part of one that is genuine. */
static void check_released(struct assay_bytes in)
{
	static const struct assay_hpke_pair own = { .secret = { 1, 2, 3 } };
	static uint8_t made[64 + ASSAY_RELEASED_MORE];
	static struct assay_hpke_pair pair;
	static size_t n;
	struct assay_key_config to = { .aead = ASSAY_AES_256_GCM };
	uint8_t copy[sizeof(made)];

	if (!n) {
		must(assay_x25519_public(pair.key, own.secret));
		memcpy(pair.secret, own.secret, sizeof(pair.secret));
		memcpy(to.key, pair.key, sizeof(to.key));
		n = assay_released_seal(made, &front, &to,
		                        (struct assay_bytes){ made, 0 }, NULL);
		must(n && opens((struct assay_bytes){ made, n }, &pair));
	}
	must(!opens(in, &pair));
	if (in.len < 2)
		return;
	memcpy(copy, made, n);
	copy[in.ptr[0] % n] ^= in.ptr[1];
	must(opens((struct assay_bytes){ copy, n }, &pair) == (in.ptr[1] == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };

	check_row(in);
	check_released(in);
	return 0;
}
