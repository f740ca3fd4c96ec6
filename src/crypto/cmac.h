/* cmac.h - AES-128-CMAC [RFC 4493]. */
#ifndef CRYPTO_CMAC_H
#define CRYPTO_CMAC_H

#include <assay/base.h>

#define ASSAY_CMAC_LEN 16

/* The MAC of `msg`; false, and zeros, only when memory is short. */
ASSAY_MUST_CHECK bool assay_cmac(uint8_t mac[ASSAY_CMAC_LEN],
                                 const uint8_t key[16], struct assay_bytes msg);

/* Whether two MACs are the same, in a time that does not tell where they
 * differ. */
ASSAY_MUST_CHECK bool assay_cmac_equal(const uint8_t a[ASSAY_CMAC_LEN],
                                       const uint8_t b[ASSAY_CMAC_LEN]);

#endif
