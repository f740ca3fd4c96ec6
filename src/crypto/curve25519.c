/* curve25519.c - X25519 and Ed25519 through EVP. */
#include "crypto/curve25519.h"

#include "crypto/crypto.h"
#include "crypto/own.h"

#include <openssl/err.h>

static bool public_of(const char *type, uint8_t key[ASSAY_CURVE25519_LEN],
                      const uint8_t secret[ASSAY_CURVE25519_LEN])
{
	size_t len = ASSAY_CURVE25519_LEN;

	ERR_set_mark();
	OWN(EVP_PKEY) *pkey = EVP_PKEY_new_raw_private_key_ex(
		NULL, type, NULL, secret, ASSAY_CURVE25519_LEN);
	bool done = pkey &&
	            EVP_PKEY_get_raw_public_key(pkey, key, &len) == 1 &&
	            len == ASSAY_CURVE25519_LEN;

	ERR_pop_to_mark();
	if (!done)
		assay_wipe(key, ASSAY_CURVE25519_LEN);
	return done;
}

bool assay_x25519_public(uint8_t key[ASSAY_CURVE25519_LEN],
                         const uint8_t secret[ASSAY_CURVE25519_LEN])
{
	return public_of("X25519", key, secret);
}

bool assay_ed25519_public(uint8_t key[ASSAY_CURVE25519_LEN],
                          const uint8_t secret[ASSAY_CURVE25519_LEN])
{
	return public_of("ED25519", key, secret);
}
