/* oaep.c - encryption to an RSA key: OAEP with SHA-256 [RFC 8017 7.1]. */
#include "crypto/oaep.h"

#include "crypto/crypto.h"
#include "crypto/own.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

/* Less than 3072 bits, or an even number, is no such modulus. */
static bool is_key(const uint8_t modulus[ASSAY_RSA3072_LEN], uint32_t e)
{
	return modulus[0] & 0x80 && modulus[ASSAY_RSA3072_LEN - 1] & 1 &&
	       e >= 3 && e & 1;
}

static EVP_PKEY *key_new(const uint8_t modulus[ASSAY_RSA3072_LEN], uint32_t e)
{
	OWN(BIGNUM) *n = BN_bin2bn(modulus, ASSAY_RSA3072_LEN, NULL);
	OWN(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	uint8_t number[ASSAY_RSA3072_LEN]; /* in the machine's order */
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, number,
		                        sizeof(number)),
		OSSL_PARAM_construct_uint32(OSSL_PKEY_PARAM_RSA_E, &e),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *pkey = NULL;

	if (n && ctx &&
	    BN_bn2nativepad(n, number, sizeof(number)) == sizeof(number) &&
	    EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

static bool encrypt(uint8_t out[ASSAY_RSA3072_LEN],
                    const uint8_t modulus[ASSAY_RSA3072_LEN], uint32_t e,
                    struct assay_bytes msg)
{
	OWN(EVP_PKEY) *pkey = is_key(modulus, e) ? key_new(modulus, e) : NULL;
	OWN(EVP_PKEY_CTX) *ctx =
		pkey ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
	size_t len = ASSAY_RSA3072_LEN;

	/* MGF1's hash is OAEP's where it is not set */
	return ctx && EVP_PKEY_encrypt_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_encrypt(ctx, out, &len, msg.ptr, msg.len) == 1 &&
	       len == ASSAY_RSA3072_LEN;
}

bool assay_rsa_oaep_encrypt(uint8_t out[ASSAY_RSA3072_LEN],
                            const uint8_t modulus[ASSAY_RSA3072_LEN],
                            uint32_t e, struct assay_bytes msg)
{
	ERR_set_mark();
	bool done = encrypt(out, modulus, e, msg);

	ERR_pop_to_mark();
	if (!done)
		assay_wipe(out, ASSAY_RSA3072_LEN);
	return done;
}
