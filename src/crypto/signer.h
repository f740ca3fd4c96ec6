/* signer.h - P-256 keys that are derived, and keys that sign often. */
#ifndef CRYPTO_SIGNER_H
#define CRYPTO_SIGNER_H

#include "crypto/crypto.h"

/*
 * The pair whose secret is the big-endian number `bits` mod (n - 1) + 1.  Of 40
 * bytes or more, all secrets are equally likely to within 2^-64 (FIPS 186-4,
 * B.4.1).  False, and zeros, when memory is short.
 */
ASSAY_MUST_CHECK bool assay_p256_from_bits(struct assay_p256_pair *pair,
                                           struct assay_bytes bits);

/*
 * A signer keeps what libcrypto makes of a key pair, so that a signature costs
 * half of what assay_p256_sign takes.  It holds the secret until it is freed,
 * which wipes it.  Two threads must not share one.
 */
struct assay_p256_signer;

/* NULL when memory is short, or the secret is not in 1..n-1. */
struct assay_p256_signer *
assay_p256_signer_new(const struct assay_p256_pair *pair);
void assay_p256_signer_free(struct assay_p256_signer *signer);

/* r || s; false, and zeros, when memory is short. */
ASSAY_MUST_CHECK bool
assay_p256_signer_sign(uint8_t sig[64], const struct assay_p256_signer *signer,
                       const uint8_t digest[32]);

#endif
