/* cmac.c - AES-128-CMAC [RFC 4493]. */
#include "crypto/cmac.h"

#include "crypto/crypto.h"
#include "crypto/own.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>

OWN_WITH(EVP_MAC, EVP_MAC_free)
OWN_WITH(EVP_MAC_CTX, EVP_MAC_CTX_free)

static bool compute(uint8_t mac[ASSAY_CMAC_LEN], const uint8_t key[16],
                    struct assay_bytes msg)
{
	OWN(EVP_MAC) *cmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_CMAC, NULL);
	OWN(EVP_MAC_CTX) *ctx = cmac ? EVP_MAC_CTX_new(cmac) : NULL;
	char cipher[] = "AES-128-CBC"; /* OSSL_PARAM takes no const */
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher,
		                                 0),
		OSSL_PARAM_construct_end(),
	};
	size_t len = 0;

	return ctx && EVP_MAC_init(ctx, key, 16, params) == 1 &&
	       EVP_MAC_update(ctx, msg.ptr, msg.len) == 1 &&
	       EVP_MAC_final(ctx, mac, &len, ASSAY_CMAC_LEN) == 1 &&
	       len == ASSAY_CMAC_LEN;
}

bool assay_cmac(uint8_t mac[ASSAY_CMAC_LEN], const uint8_t key[16],
                struct assay_bytes msg)
{
	ERR_set_mark();
	bool done = compute(mac, key, msg);

	ERR_pop_to_mark();
	if (!done)
		assay_wipe(mac, ASSAY_CMAC_LEN);
	return done;
}

bool assay_cmac_equal(const uint8_t a[ASSAY_CMAC_LEN],
                      const uint8_t b[ASSAY_CMAC_LEN])
{
	return CRYPTO_memcmp(a, b, ASSAY_CMAC_LEN) == 0;
}
