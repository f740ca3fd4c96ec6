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
	1,
};
static struct assay_hpke_pair own, service;

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

static bool opens(struct assay_bytes in)
{
	struct assay_released got = front;
	uint8_t *out = malloc(in.len + 1);
	struct assay_err err = { 0 };
	size_t n = 1;
	bool good;

	must(out != NULL);
	memset(out, 0xee, in.len);
	good = assay_released_open(out, &n, &got, ASSAY_AES_256_GCM, &own,
	                           service.key, in, &err);
	must(good || (n == 0 && err.note[0] && is_zero(out, in.len)));
	free(out);
	return good;
}

static size_t make(uint8_t *made)
{
	struct assay_key_config to = { .aead = ASSAY_AES_256_GCM };
	size_t n;

	own.secret[0] = 1;
	service.secret[0] = 2;
	must(assay_x25519_public(own.key, own.secret) &&
	     assay_x25519_public(service.key, service.secret));
	memcpy(to.key, own.key, sizeof(to.key));
	n = assay_released_seal(made, &front, &to, &service,
	                        (struct assay_bytes){ made, 0 }, NULL);
	must(n && opens((struct assay_bytes){ made, n }));
	return n;
}

/* What is put in place of a part of one that is genuine. */
static void check_released(struct assay_bytes in)
{
	static uint8_t made[64 + ASSAY_RELEASED_MORE];
	static size_t n;
	uint8_t copy[sizeof(made)];

	if (!n)
		n = make(made);
	must(!opens(in));
	if (in.len < 2)
		return;
	memcpy(copy, made, n);
	copy[in.ptr[0] % n] ^= in.ptr[1];
	must(opens((struct assay_bytes){ copy, n }) == (in.ptr[1] == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };

	check_row(in);
	check_released(in);
	return 0;
}
