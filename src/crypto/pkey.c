/* pkey.c - what private keys of every sort have in common: their PEM, their
 * numbers, and RSA's signatures. */
#include "crypto/pkey.h"

#include "crypto/own.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

OWN_WITH(BIO, BIO_free)

/* Called only if the text asks for a passphrase. */
static int no_passphrase(char *buf, int size, int writing, void *asked)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

EVP_PKEY *assay_pkey_read(struct assay_bytes pem, bool public, bool *asked)
{
	OWN(BIO) *in = pem.len <= ASSAY_KEY_PEM_MAX
	                       ? BIO_new_mem_buf(pem.ptr, (int)pem.len)
	                       : NULL;

	if (!in)
		return NULL;
	return public ? PEM_read_bio_PUBKEY(in, NULL, no_passphrase, asked)
	              : PEM_read_bio_PrivateKey(in, NULL, no_passphrase, asked);
}

bool assay_pkey_write(uint8_t pem[ASSAY_KEY_PEM_MAX], size_t *len,
                      const EVP_PKEY *pkey)
{
	OWN(BIO) *out = BIO_new(BIO_s_secmem());
	int n = 0;

	if (out && pkey &&
	    PEM_write_bio_PKCS8PrivateKey(out, pkey, NULL, NULL, 0, NULL,
	                                  NULL) == 1)
		n = BIO_read(out, pem, ASSAY_KEY_PEM_MAX - 1);
	*len = n > 0 && BIO_pending(out) == 0 ? (size_t)n : 0;
	assay_wipe(pem + *len, ASSAY_KEY_PEM_MAX - *len);
	return *len > 0;
}

bool assay_pkey_number(uint8_t *out, size_t len, const EVP_PKEY *pkey,
                       const char *name)
{
	OWN(BIGNUM) *n = NULL;

	return EVP_PKEY_get_bn_param(pkey, name, &n) == 1 &&
	       BN_bn2binpad(n, out, (int)len) == (int)len;
}

size_t assay_pkey_sign_rsa(uint8_t *sig, size_t max, EVP_PKEY *pkey,
                           struct assay_bytes msg)
{
	OWN(EVP_MD_CTX) *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL; /* ctx's */
	size_t len = max;

	if (ctx &&
	    EVP_DigestSignInit_ex(ctx, &pctx, "SHA256", NULL, NULL, pkey,
	                          NULL) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_DigestSign(ctx, sig, &len, msg.ptr, msg.len) == 1)
		return len;
	return 0;
}
