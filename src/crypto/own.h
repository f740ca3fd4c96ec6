/* own.h - libcrypto's objects, freed where the block that owns them ends. */
#ifndef CRYPTO_OWN_H
#define CRYPTO_OWN_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#define OWN_WITH(type, release) \
	static inline void own_##type(type **p) \
	{ \
		release(*p); \
	}
#define OWN(type) __attribute__((cleanup(own_##type))) type

OWN_WITH(BIGNUM, BN_clear_free)
OWN_WITH(BN_CTX, BN_CTX_free)
OWN_WITH(EC_GROUP, EC_GROUP_free)
OWN_WITH(EC_POINT, EC_POINT_clear_free)
OWN_WITH(ECDSA_SIG, ECDSA_SIG_free)
OWN_WITH(EVP_MD_CTX, EVP_MD_CTX_free)
OWN_WITH(EVP_PKEY, EVP_PKEY_free)
OWN_WITH(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

#endif
