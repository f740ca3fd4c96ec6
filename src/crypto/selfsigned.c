/* selfsigned.c - a server's key and certificate, by libcrypto. */
#include "crypto/selfsigned.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { RSA_BITS = 2048, SERIAL_LEN = 16 };

/* What was written, with a NUL. */
static bool take(char *pem, size_t room, BIO *bio)
{
	const int n = BIO_read(bio, pem, (int)room - 1);

	pem[n > 0 ? n : 0] = 0;
	return n > 0 && BIO_pending(bio) == 0;
}

bool assay_pem_key_new(char pem[ASSAY_PEM_KEY_MAX], bool rsa)
{
	EVP_PKEY *key = rsa ? EVP_RSA_gen(RSA_BITS) : EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_secmem());
	const bool good = key && bio &&
	                  PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0,
	                                                NULL, NULL) == 1 &&
	                  take(pem, ASSAY_PEM_KEY_MAX, bio);

	BIO_free(bio);
	EVP_PKEY_free(key);
	return good;
}

static EVP_PKEY *read_key(struct assay_bytes pem)
{
	BIO *bio = pem.len <= INT_MAX ? BIO_new_mem_buf(pem.ptr, (int)pem.len)
	                              : NULL;
	static char no_password[] = ""; /* so that nobody is asked for one */
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL,
	                                              no_password)
	                    : NULL;

	BIO_free(bio);
	return key;
}

static bool set_serial(X509 *x)
{
	uint8_t serial[SERIAL_LEN];
	BIGNUM *n = NULL;
	bool good;

	if (RAND_bytes(serial, sizeof(serial)) != 1)
		return false;
	serial[0] = (serial[0] & 0x7f) | 0x40; /* positive, of one length */
	n = BN_bin2bn(serial, sizeof(serial), NULL);
	good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return good;
}

static bool set_name(X509 *x, const char *name)
{
	X509_NAME *n = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8,
	                                  (const unsigned char *)name, -1, -1,
	                                  0) == 1 &&
	       X509_set_issuer_name(x, n) == 1;
}

static bool add(X509 *x, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool good;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, x, x, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	good = extension && X509_add_ext(x, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return good;
}

static bool fill(X509 *x, EVP_PKEY *key, const char *name, const char *sans,
                 int64_t from, int64_t until)
{
	return X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
	       set_name(x, name) &&
	       ASN1_TIME_set(X509_getm_notBefore(x), (time_t)from) &&
	       ASN1_TIME_set(X509_getm_notAfter(x), (time_t)until) &&
	       X509_set_pubkey(x, key) == 1 &&
	       add(x, NID_basic_constraints, "critical,CA:FALSE") &&
	       add(x, NID_key_usage, "critical,digitalSignature") &&
	       add(x, NID_subject_key_identifier, "hash") &&
	       (!sans || add(x, NID_subject_alt_name, sans)) &&
	       X509_sign(x, key, EVP_sha256()) > 0;
}

bool assay_self_signed(char pem[ASSAY_PEM_CERT_MAX], struct assay_bytes key_pem,
                       const char *name, const char *sans, int64_t from,
                       int64_t until)
{
	EVP_PKEY *key = read_key(key_pem);
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	const bool good = key && x && bio &&
	                  fill(x, key, name, sans, from, until) &&
	                  PEM_write_bio_X509(bio, x) == 1 &&
	                  take(pem, ASSAY_PEM_CERT_MAX, bio);

	BIO_free(bio);
	X509_free(x);
	EVP_PKEY_free(key);
	if (!good)
		pem[0] = 0;
	return good;
}
