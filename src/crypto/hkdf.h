/* hkdf.h - HKDF with SHA-256 [RFC 5869]. */
#ifndef CRYPTO_HKDF_H
#define CRYPTO_HKDF_H

#include <assay/base.h>

/*
 * assay_hkdf_sha256 extracts from `ikm` and `salt` (may be empty: 32 zeros) and
 * expands under `info` (may be empty; at most 2048 bytes) into `len` bytes, at
 * most 255 * 32; zero is none at all.  False, and zeros, if anything is too
 * long or memory is short.
 */
ASSAY_MUST_CHECK bool assay_hkdf_sha256(uint8_t *out, size_t len,
                                        struct assay_bytes ikm,
                                        struct assay_bytes salt,
                                        struct assay_bytes info);

#endif
