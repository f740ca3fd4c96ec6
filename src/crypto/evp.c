/* evp.c - P-384 and RSA through EVP. */
#include "crypto/evp.h"

#include "crypto/crypto.h"
#include "crypto/own.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>

enum { RSA_MIN = 256, RSA_MAX = 512, P384_LEN = 48 };

static EVP_PKEY *key_from(const char *type, OSSL_PARAM *params)
{
	OWN(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1)
		return pkey;
	EVP_PKEY_free(pkey);
	return NULL;
}

EVP_PKEY *assay_ec_key_new(const char *curve, const uint8_t *key,
                           size_t coord_len)
{
	uint8_t point[1 + 2 * ASSAY_COORD_MAX] = {
		POINT_CONVERSION_UNCOMPRESSED
	};
	char name[8]; /* OSSL_PARAM takes no const */

	snprintf(name, sizeof(name), "%s", curve);
	memcpy(point + 1, key, 2 * coord_len);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		                                 name, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
		                                  point, 1 + 2 * coord_len),
		OSSL_PARAM_construct_end(),
	};

	return key_from("EC", params);
}

/* A DER INTEGER: no needless zero in front, and one where the first bit would
 * make it negative. */
static uint8_t *put_number(uint8_t *p, const uint8_t *n, size_t len)
{
	while (len > 1 && !*n)
		n++, len--;
	bool pad = *n & 0x80;

	*p++ = 0x02;
	*p++ = (uint8_t)(pad + len);
	if (pad)
		*p++ = 0;
	memcpy(p, n, len);
	return p + len;
}

size_t assay_ec_sig_to_der(uint8_t der[ASSAY_SIG_DER_MAX], const uint8_t *sig,
                           size_t coord_len)
{
	uint8_t *p = der + 2;

	p = put_number(p, sig, coord_len);
	p = put_number(p, sig + coord_len, coord_len);
	der[0] = 0x30;
	der[1] = (uint8_t)(p - der - 2);
	return (size_t)(p - der);
}

/* Whether `pkey` signed the message; rsa: PKCS #1 v1.5 is said, not assumed. */
static bool verify(EVP_PKEY *pkey, const char *hash, bool rsa,
                   struct assay_bytes msg, struct assay_bytes sig)
{
	OWN(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL; /* ctx's */

	return pkey && ctx &&
	       EVP_DigestVerifyInit_ex(ctx, &pctx, hash, NULL, NULL, pkey,
	                               NULL) == 1 &&
	       (!rsa ||
	        EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PADDING) == 1) &&
	       EVP_DigestVerify(ctx, sig.ptr, sig.len, msg.ptr, msg.len) == 1;
}

bool assay_p384_verify(const uint8_t key[96], struct assay_bytes msg,
                       const uint8_t sig[96])
{
	uint8_t der[ASSAY_SIG_DER_MAX];
	size_t len = assay_ec_sig_to_der(der, sig, P384_LEN);

	ERR_set_mark();
	OWN(EVP_PKEY) *pkey = assay_ec_key_new("P-384", key, P384_LEN);
	bool yes = verify(pkey, "SHA384", false, msg,
	                  (struct assay_bytes){ der, len });

	ERR_pop_to_mark();
	return yes;
}

/* OSSL_PARAM wants numbers in the machine's order of bytes. */
static bool to_native(uint8_t *out, const uint8_t *be, size_t len)
{
	OWN(BIGNUM) *n = BN_bin2bn(be, (int)len, NULL);

	return n && BN_bn2nativepad(n, out, (int)len) == (int)len;
}

static EVP_PKEY *rsa_key_new(struct assay_bytes modulus, uint32_t e)
{
	uint8_t number[RSA_MAX];
	OSSL_PARAM params[3] = {
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, number,
		                        modulus.len),
		OSSL_PARAM_construct_uint32(OSSL_PKEY_PARAM_RSA_E, &e),
		OSSL_PARAM_construct_end(),
	};

	if (!to_native(number, modulus.ptr, modulus.len))
		return NULL;
	return key_from("RSA", params);
}

/* With e = 1 anybody signs; an even e or modulus makes no RSA key; a modulus
 * that begins with a zero is shorter than its length says. */
static bool is_rsa_key(struct assay_bytes modulus, uint32_t e)
{
	return modulus.len >= RSA_MIN && modulus.len <= RSA_MAX &&
	       modulus.ptr[0] && modulus.ptr[modulus.len - 1] & 1 && e >= 3 &&
	       e & 1;
}

bool assay_rsa_verify(struct assay_bytes modulus, uint32_t e,
                      struct assay_bytes msg, struct assay_bytes sig)
{
	if (!is_rsa_key(modulus, e) || sig.len != modulus.len)
		return false;
	ERR_set_mark();
	OWN(EVP_PKEY) *pkey = rsa_key_new(modulus, e);
	bool yes = verify(pkey, "SHA256", true, msg, sig);

	ERR_pop_to_mark();
	return yes;
}
