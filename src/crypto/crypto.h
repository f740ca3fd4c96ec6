/* crypto.h - the primitives: the only door to libcrypto. */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include <assay/base.h>

#define ASSAY_SHA256_LEN 32
#define ASSAY_SHA384_LEN 48
#define ASSAY_SHA512_LEN 64
#define ASSAY_KEY_PEM_MAX 8192 /* bytes of a private key as PEM */

/*
 * assay_crypto_start: a program's main calls it before anything else, so that
 * libcrypto starts without reading a configuration file, and neither such a
 * file nor the environment that names one can steer a judgement (load an
 * engine or a provider).  Aborts if libcrypto does not start.  The library
 * itself never calls it: how an application's libcrypto starts is the
 * application's affair.  assay_enclave_run does, for it is a program's main.
 */
void assay_crypto_start(void);
/* What library does it, and of which version. */
const char *assay_crypto_name(void);

/* Hashes of one run of bytes, of two joined (b may be empty), or of n. */
void assay_sha256(uint8_t out[ASSAY_SHA256_LEN], struct assay_bytes in);
void assay_sha256_2(uint8_t out[ASSAY_SHA256_LEN], struct assay_bytes a,
                    struct assay_bytes b);
void assay_sha384(uint8_t out[ASSAY_SHA384_LEN], struct assay_bytes in);
void assay_sha512(uint8_t out[ASSAY_SHA512_LEN], struct assay_bytes in);
void assay_sha512_parts(uint8_t out[ASSAY_SHA512_LEN],
                        const struct assay_bytes *parts, size_t n);

/*
 * P-256.  Keys are 64 bytes x || y, signatures 64 bytes r || s, both
 * big-endian; digests 32 bytes.
 *
 * An engine is one thread's workspace: the EC_KEY whose point is replaced for
 * every verification [PERF].  It may borrow a set of tables.  NULL, for want of
 * memory, is an engine to which no key is a point and no signature good.
 */
struct assay_p256;        /* engine */
struct assay_p256_tables; /* immutable while shared */

struct assay_p256 *assay_p256_new(const struct assay_p256_tables *tables);
void assay_p256_free(struct assay_p256 *engine);

/* Whether `key` is a point of the curve (not the identity). */
ASSAY_MUST_CHECK bool assay_p256_on_curve(struct assay_p256 *engine,
                                          const uint8_t key[64]);

/* True only if the signature verifies; a bad key, r or s out of 1..n-1, or
 * memory that is short are "no". */
ASSAY_MUST_CHECK bool assay_p256_verify(struct assay_p256 *engine,
                                        const uint8_t key[64],
                                        const uint8_t digest[32],
                                        const uint8_t sig[64]);

/* One of many: `ok` is written by assay_p256_verify_many. */
struct assay_p256_item {
	const uint8_t *key, *digest, *sig;
	bool ok;
};
/* Verifies all items; of those whose key has a table, every ASSAY_P256_MANY
 * share one inversion (Montgomery's trick). */
#define ASSAY_P256_MANY 64
void assay_p256_verify_many(struct assay_p256 *engine,
                            struct assay_p256_item *items, size_t n);

/* Tables of at most `max` keys, for verifiers that meet the same keys again: one
 * takes 150 KB and some 30 ms to build, and pays back after a thousand single
 * verifications [PERF].  A key that is there already is no failure; one that is
 * no point of the curve is.  Nothing may be added while engines use them. */
struct assay_p256_tables *assay_p256_tables_new(size_t max);
void assay_p256_tables_free(struct assay_p256_tables *tables);
ASSAY_MUST_CHECK bool assay_p256_tables_add(struct assay_p256_tables *tables,
                                            const uint8_t key[64]);

/* P-384 and RSA, through EVP: message in, hash inside.  RSA: PKCS #1 v1.5 with
 * SHA-256; modulus big-endian, its length 256..512; exponent e. */
ASSAY_MUST_CHECK bool assay_p384_verify(const uint8_t key[96],
                                        struct assay_bytes msg,
                                        const uint8_t sig[96]);
ASSAY_MUST_CHECK bool assay_rsa_verify(struct assay_bytes modulus, uint32_t e,
                                       struct assay_bytes msg,
                                       struct assay_bytes sig);

/* Making keys and signatures: for the simulated manufacturer, never in a
 * judgement.  A key pair from 32 bytes of seed is the same every time (for
 * reproducible documents); NULL seed: random.  A signature is the same every
 * time too, and needs no luck with random numbers [RFC 6979]. */
struct assay_p256_pair {
	uint8_t secret[32];
	uint8_t key[64];
};
ASSAY_MUST_CHECK bool assay_p256_make(struct assay_p256_pair *pair,
                                      const uint8_t *seed);
ASSAY_MUST_CHECK bool assay_p256_sign(uint8_t sig[64],
                                      const struct assay_p256_pair *pair,
                                      const uint8_t digest[32]);

ASSAY_MUST_CHECK bool assay_random(void *out, size_t len);
/* Overwrites a secret; never optimised away. */
void assay_wipe(void *p, size_t len);

#endif
