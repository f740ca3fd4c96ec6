/* hkdf.c - HKDF with SHA-256 [RFC 5869]. */
#include "crypto/hkdf.h"

#include "crypto/crypto.h"
#include "crypto/own.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/kdf.h>

static bool derive(uint8_t *out, size_t len, struct assay_bytes ikm,
                   struct assay_bytes salt, struct assay_bytes info)
{
	OWN(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "HKDF", NULL);
	size_t made = len;

	return ctx && EVP_PKEY_derive_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_CTX_set1_hkdf_key(ctx, ikm.ptr, (int)ikm.len) == 1 &&
	       (!salt.len || EVP_PKEY_CTX_set1_hkdf_salt(ctx, salt.ptr,
	                                                 (int)salt.len) == 1) &&
	       (!info.len || EVP_PKEY_CTX_add1_hkdf_info(ctx, info.ptr,
	                                                 (int)info.len) == 1) &&
	       EVP_PKEY_derive(ctx, out, &made) == 1 && made == len;
}

bool assay_hkdf_sha256(uint8_t *out, size_t len, struct assay_bytes ikm,
                       struct assay_bytes salt, struct assay_bytes info)
{
	if (!len)
		return true;
	ERR_set_mark();
	bool done = ikm.len <= INT_MAX && salt.len <= INT_MAX &&
	            info.len <= INT_MAX && derive(out, len, ikm, salt, info);

	ERR_pop_to_mark();
	if (!done)
		assay_wipe(out, len);
	return done;
}
