/* evp.h - what P-256 and P-384 through EVP have in common. */
#ifndef CRYPTO_EVP_H
#define CRYPTO_EVP_H

#include <assay/base.h>

#include <openssl/evp.h>

enum {
	ASSAY_COORD_MAX = 48,    /* bytes of one number of the larger curve */
	ASSAY_SIG_DER_MAX = 104, /* two such numbers in DER */
};

/* A key from its point x || y, numbers of `coord_len` bytes; NULL if the curve
 * has no such point. */
EVP_PKEY *assay_ec_key_new(const char *curve, const uint8_t *key,
                           size_t coord_len);
/* r || s as the DER that EVP wants; returns its length. */
size_t assay_ec_sig_to_der(uint8_t der[ASSAY_SIG_DER_MAX], const uint8_t *sig,
                           size_t coord_len);

#endif
