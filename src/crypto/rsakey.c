/* rsakey.c - an RSA-3072 key of one's own, to which others encrypt. */
#include "crypto/rsakey.h"

#include "crypto/own.h"
#include "crypto/pkey.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

enum { BITS = 8 * ASSAY_RSA3072_LEN };

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

struct assay_rsa_key *assay_rsa_key_read(struct assay_bytes pem)
{
	bool asked = false;

	ERR_set_mark();
	struct assay_rsa_key *key = own(assay_pkey_read(pem, false, &asked));

	if (key && !is_ours(key->pkey)) {
		assay_rsa_key_free(key);
		key = NULL;
	}
	ERR_pop_to_mark();
	return key;
}

bool assay_rsa_key_write(uint8_t pem[ASSAY_KEY_PEM_MAX], size_t *len,
                         const struct assay_rsa_key *key)
{
	ERR_set_mark();
	bool done = assay_pkey_write(pem, len, key->pkey);

	ERR_pop_to_mark();
	return done;
}

bool assay_rsa_key_modulus(uint8_t modulus[ASSAY_RSA3072_LEN],
                           const struct assay_rsa_key *key)
{
	ERR_set_mark();
	bool done = assay_pkey_number(modulus, ASSAY_RSA3072_LEN, key->pkey,
	                              OSSL_PKEY_PARAM_RSA_N);

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
