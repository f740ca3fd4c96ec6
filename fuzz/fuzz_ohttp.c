/* fuzz_ohttp.c - key configurations, sealed requests and answers: a
 * configuration that is read is written as one that means the same; nothing that
 * the enclave, or the asker, did not seal is opened; what was sealed opens, and
 * does not when a bit is another. */
#include "base/rd.h"
#include "seal/ohttp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { PLAIN_MAX = 512 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

static struct assay_key_config config;
static struct assay_x25519 *own, *ephemeral;

static void start(void)
{
	static const uint8_t one[32] = { 1 }, two[32] = { 2 };

	if (own)
		return;
	own = assay_x25519_new(one, NULL);
	ephemeral = assay_x25519_new(two, NULL);
	must(own && ephemeral);
	config = (struct assay_key_config){ .id = 1,
		                            .aead = ASSAY_AES_256_GCM };
	memcpy(config.key, assay_x25519_key(own), sizeof(config.key));
}

static void try_config(struct assay_bytes in)
{
	struct assay_key_config c, again;
	uint8_t bytes[ASSAY_KEY_CONFIG_LEN];
	struct assay_err err = { 0 };

	if (!assay_key_config_read(&c, in, &err)) {
		must(is_zero(&c, sizeof(c)) && err.note[0] &&
		     (err.check == ASSAY_H_CONFIG || err.check == ASSAY_H_KEM ||
		      err.check == ASSAY_H_SUITE));
		return;
	}
	assay_key_config_write(bytes, &c);
	must(assay_key_config_read(
		&again, (struct assay_bytes){ bytes, sizeof(bytes) }, NULL));
	must(c.id == again.id && c.aead == again.aead &&
	     memcmp(c.key, again.key, sizeof(c.key)) == 0);
}

/* In memory of exactly its size; nobody sealed it. */
static void try_request(struct assay_bytes in)
{
	uint8_t *copy = malloc(in.len + 1);
	struct assay_reply reply;
	struct assay_bytes got;
	struct assay_err err = { 0 };

	must(copy != NULL);
	memcpy(copy, in.ptr, in.len);
	must(!assay_request_open_with(&got, &reply, &config, own, copy, in.len,
	                              &err));
	must(!got.ptr && is_zero(&reply, sizeof(reply)) && err.note[0]);
	free(copy);
}

static void try_response(struct assay_bytes in)
{
	const struct assay_reply reply = { .aead = ASSAY_CHACHA20_POLY1305 };
	uint8_t *copy = malloc(in.len + 1);
	struct assay_bytes got;
	struct assay_err err = { 0 };

	must(copy != NULL);
	memcpy(copy, in.ptr, in.len);
	must(!assay_response_open(&got, &reply, copy, in.len, &err));
	must(!got.ptr && err.note[0]);
	free(copy);
}

/* Which bit is another follows from the input. */
static void flip(uint8_t *p, size_t len, struct assay_bytes in)
{
	size_t bit = in.len;

	for (size_t i = 0; i < in.len; i++)
		bit = bit * 31 + in.ptr[i];
	bit %= 8 * len;
	p[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void try_exchange(struct assay_bytes plain)
{
	static const uint8_t nonce[32] = { 3 };
	uint8_t message[PLAIN_MAX + ASSAY_REQUEST_MORE];
	uint8_t bad[sizeof(message)], answer[PLAIN_MAX + ASSAY_RESPONSE_MORE];
	struct assay_reply asker, enclave;
	struct assay_bytes got;
	size_t len = plain.len + ASSAY_REQUEST_MORE;

	must(assay_request_seal_with(message, &asker, ephemeral, &config, plain,
	                             NULL));
	memcpy(bad, message, len);
	flip(bad, len, plain);
	must(!assay_request_open_with(&got, &enclave, &config, own, bad, len,
	                              NULL));
	must(assay_request_open_with(&got, &enclave, &config, own, message, len,
	                             NULL) &&
	     assay_bytes_equal(got, plain));
	must(assay_response_seal_with(answer, &len, nonce, &enclave, got,
	                              NULL));
	memcpy(bad, answer, len);
	flip(bad, len, plain);
	must(!assay_response_open(&got, &asker, bad, len, NULL));
	must(assay_response_open(&got, &asker, answer, len, NULL) &&
	     assay_bytes_equal(got, plain));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };

	start();
	try_config(in);
	try_request(in);
	try_response(in);
	if (len <= PLAIN_MAX)
		try_exchange(in);
	return 0;
}
