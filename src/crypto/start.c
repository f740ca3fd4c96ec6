/* start.c - how a program starts libcrypto. */
#include "crypto/crypto.h"

#include <openssl/crypto.h>
#include <stdlib.h>

/* A program that could not turn the configuration off must not go on: the next
 * call would read it. */
void assay_crypto_start(void)
{
	/* nor are texts of errors and lists of algorithms needed, which cost as
	 * much as two signatures */
	const uint64_t how = OPENSSL_INIT_NO_LOAD_CONFIG |
	                     OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
	                     OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
	                     OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
	                     OPENSSL_INIT_NO_ATEXIT;

	if (OPENSSL_init_crypto(how, NULL) != 1)
		abort();
}

const char *assay_crypto_name(void)
{
	return OpenSSL_version(OPENSSL_VERSION);
}
