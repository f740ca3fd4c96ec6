/*
 * b_seal.c - what sealing costs, beside libcrypto's own: a request of 1 KiB,
 * sealed and opened, beside the three X25519 exchanges and the two passes of
 * AES-256-GCM that it needs; and messages of 1 MiB, one after the other under one
 * exchange, beside the cipher alone.  libcrypto works with keys that it was given
 * before.
 */
#include <openssl/evp.h>
#include <string.h>

#include "bench.h"
#include "seal/ohttp.h"

enum {
	N_SAMPLES = 151,
	SMALL = 1024,
	LARGE = 1 << 20,
	N_SMALL = 8, /* in a sample: too short to be interrupted often */
	N_LARGE = 1,
	TAG = ASSAY_AEAD_TAG_LEN,
};

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "b_seal: %s\n", what);
	exit(2);
}

static uint8_t *memory;

/* ---- libcrypto's own */

static EVP_PKEY_CTX *exchange;
static EVP_CIPHER_CTX *sealing, *opening;
static uint8_t nonce[ASSAY_AEAD_NONCE_LEN], tag[TAG];

static void prepare(const uint8_t key[32])
{
	static const uint8_t own[32] = { 1 };
	EVP_PKEY *secret = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL,
	                                                own, 32);
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, key,
	                                             32);
	EVP_CIPHER *gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);

	exchange = EVP_PKEY_CTX_new(secret, NULL);
	sealing = EVP_CIPHER_CTX_new();
	opening = EVP_CIPHER_CTX_new();
	must(exchange && sealing && opening &&
	             EVP_PKEY_derive_init(exchange) == 1 &&
	             EVP_PKEY_derive_set_peer(exchange, peer) == 1 &&
	             EVP_CipherInit_ex2(sealing, gcm, own, nonce, 1, NULL) ==
	                     1 &&
	             EVP_CipherInit_ex2(opening, gcm, own, nonce, 0, NULL) == 1,
	     "libcrypto");
	EVP_PKEY_free(secret);
	EVP_PKEY_free(peer);
	EVP_CIPHER_free(gcm);
}

static void raw_exchange(void)
{
	uint8_t out[32];
	size_t len = sizeof(out);

	must(EVP_PKEY_derive(exchange, out, &len) == 1, "an exchange");
}

static void raw_seal(int len)
{
	int n;

	must(EVP_CipherInit_ex2(sealing, NULL, NULL, nonce, 1, NULL) == 1 &&
	             EVP_CipherUpdate(sealing, memory, &n, memory, len) == 1 &&
	             EVP_CipherFinal_ex(sealing, memory, &n) == 1 &&
	             EVP_CIPHER_CTX_ctrl(sealing, EVP_CTRL_AEAD_GET_TAG, TAG,
	                                 tag) == 1,
	     "the cipher");
}

static void raw_open(int len)
{
	int n;

	must(EVP_CipherInit_ex2(opening, NULL, NULL, nonce, 0, NULL) == 1 &&
	             EVP_CIPHER_CTX_ctrl(opening, EVP_CTRL_AEAD_SET_TAG, TAG,
	                                 tag) == 1 &&
	             EVP_CipherUpdate(opening, memory, &n, memory, len) == 1 &&
	             EVP_CipherFinal_ex(opening, memory, &n) == 1,
	     "the cipher, the other way");
}

/* ---- a request */

static struct assay_key_config config = { .id = 1, .aead = ASSAY_AES_256_GCM };

static void ours(struct assay_x25519 *own)
{
	struct assay_reply asker, enclave;
	struct assay_bytes got;

	must(assay_request_seal(
		     memory, &asker, &config,
		     (struct assay_bytes){ memory + ASSAY_REQUEST_HEAD, SMALL },
		     NULL) &&
	             assay_request_open_with(&got, &enclave, &config, own,
	                                     memory, SMALL + ASSAY_REQUEST_MORE,
	                                     NULL),
	     "a request");
}

static int bench_small(struct assay_x25519 *own)
{
	double raw[N_SAMPLES], whole[N_SAMPLES], start, t;

	for (size_t i = 0; i < N_SAMPLES; i++) {
		start = bench_now();
		for (size_t k = 0; k < N_SMALL; k++) {
			for (size_t e = 0; e < 3; e++)
				raw_exchange();
			raw_seal(SMALL);
			raw_open(SMALL);
		}
		raw[i] = bench_now() - start;
		start = bench_now();
		for (size_t k = 0; k < N_SMALL; k++)
			ours(own);
		whole[i] = bench_now() - start;
	}
	t = bench_median(whole, N_SAMPLES);
	return bench_row("1 KiB, sealed and opened", t / N_SMALL * 1e6, "us",
	                 t / bench_median(raw, N_SAMPLES), 1.2, false);
}

/* ---- messages under one exchange */

static struct assay_hpke sender, receiver;

static void begin(struct assay_x25519 *own)
{
	const struct assay_bytes none = { NULL, 0 };
	uint8_t enc[ASSAY_HPKE_ENC_LEN];

	must(assay_hpke_send(&sender, enc, config.aead, config.key, NULL, none,
	                     NULL) &&
	             assay_hpke_receive(&receiver, config.aead, own, NULL, enc,
	                                none, NULL),
	     "an exchange of keys");
}

static void one_large(void)
{
	const struct assay_bytes none = { NULL, 0 };

	must(assay_hpke_seal(memory, &sender, none,
	                     (struct assay_bytes){ memory, LARGE }, NULL) &&
	             assay_hpke_open(
			     memory, &receiver, none,
			     (struct assay_bytes){ memory, LARGE + TAG }, NULL),
	     "a message");
}

static int bench_large(struct assay_x25519 *own)
{
	double raw[N_SAMPLES], whole[N_SAMPLES], start, t;

	begin(own);
	for (size_t i = 0; i < N_SAMPLES; i++) {
		start = bench_now();
		for (size_t k = 0; k < N_LARGE; k++) {
			raw_seal(LARGE);
			raw_open(LARGE);
		}
		raw[i] = bench_now() - start;
		start = bench_now();
		for (size_t k = 0; k < N_LARGE; k++)
			one_large();
		whole[i] = bench_now() - start;
	}
	t = bench_median(whole, N_SAMPLES);
	return bench_row("1 MiB, sealed and opened",
	                 2.0 * N_LARGE * LARGE / t / 1e6, "MB/s",
	                 bench_median(raw, N_SAMPLES) / t, 0.8, true);
}

int main(void)
{
	struct assay_x25519 *own = assay_x25519_new(NULL, NULL);
	int missed;

	memory = calloc(1, LARGE + ASSAY_REQUEST_MORE);
	must(memory && own, "memory, or random numbers");
	memcpy(config.key, assay_x25519_key(own), sizeof(config.key));
	prepare(config.key);
	missed = bench_small(own) + bench_large(own);
	assay_x25519_free(own);
	EVP_PKEY_CTX_free(exchange);
	EVP_CIPHER_CTX_free(sealing);
	EVP_CIPHER_CTX_free(opening);
	free(memory);
	return missed ? 1 : 0;
}
