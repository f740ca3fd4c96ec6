/* hkdf.h - HMAC and HKDF with SHA-256 [RFC 2104, 5869]. */
#ifndef CRYPTO_HKDF_H
#define CRYPTO_HKDF_H

#include <assay/base.h>

enum { ASSAY_HMAC_LEN = 32, ASSAY_PRK_LEN = 32, ASSAY_HKDF_MAX = 255 * 32 };

/* The MAC of `n` parts, joined. */
void assay_hmac(uint8_t mac[ASSAY_HMAC_LEN], struct assay_bytes key,
                const struct assay_bytes *part, size_t n);
/* Whether its first `len` bytes are these, in a time that does not tell where they
 * differ. */
ASSAY_MUST_CHECK bool assay_hmac_begins(const uint8_t *mac, size_t len,
                                        struct assay_bytes key,
                                        const struct assay_bytes *part,
                                        size_t n);

/* Extracts a key from `n` parts of keying material, joined, and `salt` (may be
 * empty: 32 zeros) [RFC 5869 2.2]. */
void assay_hkdf_extract(uint8_t prk[ASSAY_PRK_LEN], struct assay_bytes salt,
                        const struct assay_bytes *ikm, size_t n);

/* Expands it under `n` parts of info, joined, into `len` bytes, at most
 * ASSAY_HKDF_MAX [RFC 5869 2.3]. */
void assay_hkdf_expand(uint8_t *out, size_t len,
                       const uint8_t prk[ASSAY_PRK_LEN],
                       const struct assay_bytes *info, size_t n);

/*
 * assay_hkdf_sha256 does both: extracts from `ikm` and `salt` and expands under
 * `info` (may be empty) into `len` bytes; zero is none at all.  False, and
 * zeros, if that is more than ASSAY_HKDF_MAX.
 */
ASSAY_MUST_CHECK bool assay_hkdf_sha256(uint8_t *out, size_t len,
                                        struct assay_bytes ikm,
                                        struct assay_bytes salt,
                                        struct assay_bytes info);

#endif
