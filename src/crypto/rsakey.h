/* rsakey.h - an RSA-3072 key of one's own, to which others encrypt. */
#ifndef CRYPTO_RSAKEY_H
#define CRYPTO_RSAKEY_H

#include "crypto/crypto.h"
#include "crypto/oaep.h"

#define ASSAY_RSA_KEY_E 65537

struct assay_rsa_key;

/* A fresh key, or NULL. */
struct assay_rsa_key *assay_rsa_key_new(void);
/* The key of a PEM text (PKCS #8, no passphrase); NULL if there is none of 3072
 * bits and this exponent. */
struct assay_rsa_key *assay_rsa_key_read(struct assay_bytes pem);
void assay_rsa_key_free(struct assay_rsa_key *key);
/* The key as PEM; false if memory is short. */
ASSAY_MUST_CHECK bool assay_rsa_key_write(uint8_t pem[ASSAY_KEY_PEM_MAX],
                                          size_t *len,
                                          const struct assay_rsa_key *key);
/* Its modulus, big-endian. */
ASSAY_MUST_CHECK bool assay_rsa_key_modulus(uint8_t modulus[ASSAY_RSA3072_LEN],
                                            const struct assay_rsa_key *key);

/* What assay_rsa_oaep_encrypt made, if it is exactly `len` bytes; false, and
 * zeros, for everything else. */
ASSAY_MUST_CHECK bool
assay_rsa_oaep_decrypt(uint8_t *out, size_t len,
                       const struct assay_rsa_key *key,
                       const uint8_t in[ASSAY_RSA3072_LEN]);

#endif
