/* hash.c - SHA-2. */

/*
 * By libcrypto's low-level calls, which 3.0 deprecates: they hash 1 KiB in
 * 0.72 us where a fetched EVP_MD takes 0.84 and SHA256() takes 1.25; and the
 * first EVP digest of a process loads the provider, which costs a one-shot
 * judgement as much as ten signatures [PERF].
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/crypto.h"

#include <openssl/sha.h>

void assay_sha256(uint8_t out[ASSAY_SHA256_LEN], struct assay_bytes in)
{
	assay_sha256_2(out, in, (struct assay_bytes){ 0 });
}

/* None of these calls can fail: they compute in `c`, and nothing else. */
void assay_sha256_2(uint8_t out[ASSAY_SHA256_LEN], struct assay_bytes a,
                    struct assay_bytes b)
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, a.ptr, a.len);
	SHA256_Update(&c, b.ptr, b.len);
	SHA256_Final(out, &c);
}

void assay_sha384(uint8_t out[ASSAY_SHA384_LEN], struct assay_bytes in)
{
	SHA512_CTX c;

	SHA384_Init(&c);
	SHA384_Update(&c, in.ptr, in.len);
	SHA384_Final(out, &c);
}

void assay_sha512(uint8_t out[ASSAY_SHA512_LEN], struct assay_bytes in)
{
	assay_sha512_parts(out, &in, 1);
}

void assay_sha512_parts(uint8_t out[ASSAY_SHA512_LEN],
                        const struct assay_bytes *parts, size_t n)
{
	SHA512_CTX c;

	SHA512_Init(&c);
	for (size_t i = 0; i < n; i++)
		SHA512_Update(&c, parts[i].ptr, parts[i].len);
	SHA512_Final(out, &c);
}
