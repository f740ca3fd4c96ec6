/* rsakey.c - an RSA-3072 key of one's own, to which others encrypt. */
#include "crypto/rsakey.h"

#include "crypto/crypto.h"
#include "crypto/own.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

enum { BITS = 8 * ASSAY_RSA3072_LEN };

OWN_WITH(BIO, BIO_free)

struct assay_rsa_key {
	EVP_PKEY *pkey;
};

void assay_rsa_key_free(struct assay_rsa_key *key)
{
	if (key)
		EVP_PKEY_free(key->pkey);
	OPENSSL_free(key);
}

/* Takes the key, whatever comes of it. */
static struct assay_rsa_key *own(EVP_PKEY *pkey)
{
	struct assay_rsa_key *key = pkey ? OPENSSL_zalloc(sizeof(*key)) : NULL;

	if (key)
		key->pkey = pkey;
	else
		EVP_PKEY_free(pkey);
	return key;
}

struct assay_rsa_key *assay_rsa_key_new(void)
{
	ERR_set_mark();
	struct assay_rsa_key *key = own(EVP_RSA_gen(BITS));

	ERR_pop_to_mark();
	return key;
}

static bool is_ours(const EVP_PKEY *pkey)
{
	OWN(BIGNUM) *e = NULL;

	return EVP_PKEY_is_a(pkey, "RSA") && EVP_PKEY_get_bits(pkey) == BITS &&
	       EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
	       BN_is_word(e, ASSAY_RSA_KEY_E);
}

/* Called only if the text asks for a passphrase. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static EVP_PKEY *read_key(struct assay_bytes pem)
{
	OWN(BIO) *in = BIO_new_mem_buf(pem.ptr, (int)pem.len);

	return in ? PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL)
	          : NULL;
}

struct assay_rsa_key *assay_rsa_key_read(struct assay_bytes pem)
{
	ERR_set_mark();
	struct assay_rsa_key *key = pem.len <= ASSAY_RSA_KEY_PEM_MAX
	                                    ? own(read_key(pem))
	                                    : NULL;

	if (key && !is_ours(key->pkey)) {
		assay_rsa_key_free(key);
		key = NULL;
	}
	ERR_pop_to_mark();
	return key;
}

static bool write_key(uint8_t pem[ASSAY_RSA_KEY_PEM_MAX], size_t *len,
                      EVP_PKEY *pkey)
{
	OWN(BIO) *out = BIO_new(BIO_s_secmem());
	int n;

	if (!out ||
	    PEM_write_bio_PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL) != 1)
		return false;
	n = BIO_read(out, pem, ASSAY_RSA_KEY_PEM_MAX);
	*len = n > 0 ? (size_t)n : 0;
	return n > 0 && BIO_pending(out) == 0;
}

bool assay_rsa_key_write(uint8_t pem[ASSAY_RSA_KEY_PEM_MAX], size_t *len,
                         const struct assay_rsa_key *key)
{
	*len = 0;
	ERR_set_mark();
	bool done = write_key(pem, len, key->pkey);

	ERR_pop_to_mark();
	if (!done)
		assay_wipe(pem, ASSAY_RSA_KEY_PEM_MAX);
	return done;
}

bool assay_rsa_key_modulus(uint8_t modulus[ASSAY_RSA3072_LEN],
                           const struct assay_rsa_key *key)
{
	OWN(BIGNUM) *n = NULL;

	ERR_set_mark();
	bool done = EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_N,
	                                  &n) == 1 &&
	            BN_bn2binpad(n, modulus, ASSAY_RSA3072_LEN) ==
	                    ASSAY_RSA3072_LEN;

	ERR_pop_to_mark();
	if (!done)
		memset(modulus, 0, ASSAY_RSA3072_LEN);
	return done;
}

static bool decrypt(uint8_t buf[ASSAY_RSA3072_LEN], size_t *len, EVP_PKEY *pkey,
                    const uint8_t in[ASSAY_RSA3072_LEN])
{
	OWN(EVP_PKEY_CTX) *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	*len = ASSAY_RSA3072_LEN;
	return ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
	       EVP_PKEY_decrypt(ctx, buf, len, in, ASSAY_RSA3072_LEN) == 1;
}

bool assay_rsa_oaep_decrypt(uint8_t *out, size_t len,
                            const struct assay_rsa_key *key,
                            const uint8_t in[ASSAY_RSA3072_LEN])
{
	uint8_t buf[ASSAY_RSA3072_LEN];
	size_t got;

	ERR_set_mark();
	bool done = decrypt(buf, &got, key->pkey, in) && got == len;

	ERR_pop_to_mark();
	if (done)
		memcpy(out, buf, len);
	else
		memset(out, 0, len);
	assay_wipe(buf, sizeof(buf));
	return done;
}
