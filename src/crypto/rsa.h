/* rsa.h - RSA-3072 with the exponent 3, as enclaves are signed [SGX 2]. */
#ifndef CRYPTO_RSA_H
#define CRYPTO_RSA_H

#include "crypto/crypto.h"

/* Numbers are 384 bytes, little-endian, as a SIGSTRUCT holds them. */
#define ASSAY_RSA3_LEN 384

struct assay_rsa3; /* a private key */

/* What a processor is given so that it need not divide: floor(s^2 / n) and
 * floor((s^2 mod n) * s / n). */
struct assay_rsa3_quotients {
	uint8_t q1[ASSAY_RSA3_LEN], q2[ASSAY_RSA3_LEN];
};

/* A fresh key, or NULL. */
struct assay_rsa3 *assay_rsa3_new(void);
/* The key of a PEM file without a passphrase; NULL and the reason, a static
 * string, if there is none of the right kind. */
struct assay_rsa3 *assay_rsa3_read(struct assay_bytes pem, const char **why);
void assay_rsa3_free(struct assay_rsa3 *key);
/* The key as PEM (PKCS #8); false if memory is short. */
ASSAY_MUST_CHECK bool assay_rsa3_write(uint8_t pem[ASSAY_KEY_PEM_MAX],
                                       size_t *len,
                                       const struct assay_rsa3 *key);
ASSAY_MUST_CHECK bool assay_rsa3_modulus(uint8_t modulus[ASSAY_RSA3_LEN],
                                         const struct assay_rsa3 *key);
/* The modulus of a public key in PEM, or of a private one. */
ASSAY_MUST_CHECK bool assay_rsa3_public(uint8_t modulus[ASSAY_RSA3_LEN],
                                        struct assay_bytes pem,
                                        const char **why);

/* PKCS #1 v1.5 with SHA-256. */
ASSAY_MUST_CHECK bool assay_rsa3_sign(uint8_t sig[ASSAY_RSA3_LEN],
                                      const struct assay_rsa3 *key,
                                      struct assay_bytes msg);
/* Whether a number of 384 bytes can be a modulus: 3072 bits, and odd. */
ASSAY_MUST_CHECK bool assay_rsa3_is_modulus(const uint8_t n[ASSAY_RSA3_LEN]);
/* True only if sig^3 mod n is the padded digest of `msg`; then `quotients` are
 * those of the signature, else zero. */
ASSAY_MUST_CHECK bool assay_rsa3_verify(struct assay_rsa3_quotients *quotients,
                                        const uint8_t modulus[ASSAY_RSA3_LEN],
                                        struct assay_bytes msg,
                                        const uint8_t sig[ASSAY_RSA3_LEN]);

#endif
