/* pkey.h - what private keys of every sort have in common: their PEM, their
 * numbers, and RSA's signatures.  Whoever calls marks libcrypto's errors. */
#ifndef CRYPTO_PKEY_H
#define CRYPTO_PKEY_H

#include "crypto/crypto.h"

#include <openssl/evp.h>

/* The private key (or, `public`, the public one) of a PEM text; NULL if there is
 * none.  *asked: there is one, under a passphrase, which nobody is there to
 * give. */
EVP_PKEY *assay_pkey_read(struct assay_bytes pem, bool public, bool *asked);
/* PKCS #8, and a NUL that does not count; all zeros when memory is short, or
 * `pkey` NULL for that. */
ASSAY_MUST_CHECK bool assay_pkey_write(uint8_t pem[ASSAY_KEY_PEM_MAX],
                                       size_t *len, const EVP_PKEY *pkey);
/* A number of the key, big-endian, in exactly `len` bytes. */
ASSAY_MUST_CHECK bool assay_pkey_number(uint8_t *out, size_t len,
                                        const EVP_PKEY *pkey, const char *name);
/* PKCS #1 v1.5 over SHA-256 of the message.  Its length; 0: memory is short, or
 * `max` too small. */
size_t assay_pkey_sign_rsa(uint8_t *sig, size_t max, EVP_PKEY *pkey,
                           struct assay_bytes msg);

#endif
