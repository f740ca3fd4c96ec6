/* sha256.h - SHA-256 of bytes that come piece by piece. */
#ifndef CRYPTO_SHA256_H
#define CRYPTO_SHA256_H

#include "crypto/crypto.h"

/* A hash on its way: copy it freely, to see what it would be if it ended
 * here.  Whose bytes they are is sha256.c's affair. */
struct assay_sha256_run {
	uint64_t state[14];
};

void assay_sha256_begin(struct assay_sha256_run *run);
void assay_sha256_more(struct assay_sha256_run *run, struct assay_bytes in);
/* The run is used up: begin it anew. */
void assay_sha256_end(uint8_t out[ASSAY_SHA256_LEN],
                      struct assay_sha256_run *run);

#endif
