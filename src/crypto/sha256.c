/* sha256.c - SHA-256 of bytes that come piece by piece. */

/* The low-level calls, for the reasons that hash.c gives. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/sha256.h"

#include <openssl/sha.h>
#include <string.h>

_Static_assert(sizeof(SHA256_CTX) == sizeof(struct assay_sha256_run),
               "a run holds what libcrypto keeps");

/* Copied in and out: the header knows nothing of libcrypto, and 112 bytes are
 * nothing beside a block. */
static void keep(struct assay_sha256_run *run, const SHA256_CTX *c)
{
	memcpy(run->state, c, sizeof(*c));
}

static SHA256_CTX resume(const struct assay_sha256_run *run)
{
	SHA256_CTX c;

	memcpy(&c, run->state, sizeof(c));
	return c;
}

void assay_sha256_begin(struct assay_sha256_run *run)
{
	SHA256_CTX c;

	SHA256_Init(&c);
	keep(run, &c);
}

void assay_sha256_more(struct assay_sha256_run *run, struct assay_bytes in)
{
	SHA256_CTX c = resume(run);

	SHA256_Update(&c, in.ptr, in.len);
	keep(run, &c);
}

void assay_sha256_end(uint8_t out[ASSAY_SHA256_LEN],
                      struct assay_sha256_run *run)
{
	SHA256_CTX c = resume(run);

	SHA256_Final(out, &c);
	assay_sha256_begin(run);
}
