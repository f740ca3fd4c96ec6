/* signkey.c - private keys in PEM that sign messages: P-256 and RSA. */
#include "crypto/signkey.h"

#include "crypto/own.h"
#include "crypto/pkey.h"
#include "crypto/signer.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

enum {
	COORD_LEN = 32,
	RSA_MIN_BITS = 2048,
	RSA_MAX_BITS = 4096,
	NEW_BITS = 3072,
};

OWN_WITH(BIO, BIO_free)
OWN_WITH(X509, X509_free)
OWN_WITH(X509_EXTENSION, X509_EXTENSION_free)

struct assay_sign_key {
	EVP_PKEY *pkey;
	struct assay_p256_signer *signer; /* P-256: signs in half the time */
	struct assay_sign_public public;
};

void assay_sign_key_free(struct assay_sign_key *key)
{
	if (!key)
		return;
	assay_p256_signer_free(key->signer);
	EVP_PKEY_free(key->pkey);
	free(key);
}

/* ---- reading */

static bool is_p256(const EVP_PKEY *pkey)
{
	char group[32];

	return EVP_PKEY_is_a(pkey, "EC") &&
	       EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME,
	                                      group, sizeof(group),
	                                      NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

static bool is_rsa(const EVP_PKEY *pkey)
{
	int bits = EVP_PKEY_get_bits(pkey);

	return EVP_PKEY_is_a(pkey, "RSA") && bits >= RSA_MIN_BITS &&
	       bits <= RSA_MAX_BITS && bits % 8 == 0;
}

static bool take_p256(struct assay_sign_key *key)
{
	struct assay_p256_pair pair;
	uint8_t *x = key->public.key;

	key->public.kind = ASSAY_SIGN_P256;
	key->public.len = 2 * COORD_LEN;
	if (!assay_pkey_number(x, COORD_LEN, key->pkey,
	                       OSSL_PKEY_PARAM_EC_PUB_X) ||
	    !assay_pkey_number(x + COORD_LEN, COORD_LEN, key->pkey,
	                       OSSL_PKEY_PARAM_EC_PUB_Y) ||
	    !assay_pkey_number(pair.secret, COORD_LEN, key->pkey,
	                       OSSL_PKEY_PARAM_PRIV_KEY))
		return false;
	key->signer = assay_p256_signer_new(&pair);
	assay_wipe(&pair, sizeof(pair));
	return key->signer != NULL;
}

static bool take_rsa(struct assay_sign_key *key)
{
	uint8_t e[4];

	key->public.kind = ASSAY_SIGN_RSA;
	key->public.len = (size_t)EVP_PKEY_get_bits(key->pkey) / 8;
	if (!assay_pkey_number(key->public.key, key->public.len, key->pkey,
	                       OSSL_PKEY_PARAM_RSA_N) ||
	    !assay_pkey_number(e, sizeof(e), key->pkey, OSSL_PKEY_PARAM_RSA_E))
		return false;
	key->public.e = (uint32_t)e[0] << 24 | (uint32_t)e[1] << 16 |
	                (uint32_t)e[2] << 8 | e[3];
	return true;
}

static bool verifies(const struct assay_sign_public *public,
                     struct assay_bytes msg, struct assay_bytes sig)
{
	struct assay_bytes modulus = { public->key, public->len };
	struct assay_p256 *engine;
	uint8_t digest[ASSAY_SHA256_LEN];

	if (public->kind == ASSAY_SIGN_RSA)
		return assay_rsa_verify(modulus, public->e, msg, sig);
	assay_sha256(digest, msg);
	engine = assay_p256_new(NULL);
	bool yes = assay_p256_verify(engine, public->key, digest, sig.ptr);

	assay_p256_free(engine);
	return yes;
}

/* A file may state a public key that is not the private one's: what it signs
 * must verify. */
static bool is_pair(const struct assay_sign_key *key)
{
	static const uint8_t word[] = "a pair";
	const struct assay_bytes msg = { word, sizeof(word) };
	uint8_t sig[ASSAY_SIGN_MAX];
	size_t len = assay_sign_key_sign(sig, key, msg);

	return len > 0 &&
	       verifies(&key->public, msg, (struct assay_bytes){ sig, len });
}

/* What keeps the key from being used; NULL if nothing does. */
static const char *take(struct assay_sign_key *key, bool asked)
{
	if (asked)
		return "it is protected by a passphrase: take that off";
	if (!key->pkey)
		return "it is no private key in PEM";
	if (!is_p256(key->pkey) && !is_rsa(key->pkey))
		return "it is neither of P-256 nor RSA of 2048 to 4096 bits";
	if (is_p256(key->pkey) ? !take_p256(key) : !take_rsa(key))
		return "its numbers are none of such a key";
	if (!is_pair(key))
		return "its public and its private half do not belong together";
	return NULL;
}

struct assay_sign_key *assay_sign_key_read(struct assay_bytes pem,
                                           const char **why)
{
	struct assay_sign_key *key = calloc(1, sizeof(*key));
	bool asked = false;

	*why = "memory is short";
	if (!key)
		return NULL;
	ERR_set_mark();
	key->pkey = assay_pkey_read(pem, false, &asked);
	*why = take(key, asked);
	ERR_pop_to_mark();
	if (!*why)
		return key;
	assay_sign_key_free(key);
	return NULL;
}

const struct assay_sign_public *
assay_sign_key_public(const struct assay_sign_key *key)
{
	return &key->public;
}

/* ---- making */

bool assay_sign_key_make(uint8_t pem[ASSAY_KEY_PEM_MAX], size_t *len,
                         enum assay_sign_kind kind)
{
	ERR_set_mark();
	OWN(EVP_PKEY) *pkey = kind == ASSAY_SIGN_RSA ? EVP_RSA_gen(NEW_BITS)
	                                             : EVP_EC_gen("P-256");
	bool done = assay_pkey_write(pem, len, pkey);

	ERR_pop_to_mark();
	return done;
}

/* ---- signing */

static size_t sign_p256(uint8_t sig[ASSAY_SIGN_MAX],
                        const struct assay_p256_signer *signer,
                        struct assay_bytes msg)
{
	uint8_t digest[ASSAY_SHA256_LEN];

	assay_sha256(digest, msg);
	return assay_p256_signer_sign(sig, signer, digest) ? 2 * COORD_LEN : 0;
}

size_t assay_sign_key_sign(uint8_t sig[ASSAY_SIGN_MAX],
                           const struct assay_sign_key *key,
                           struct assay_bytes msg)
{
	ERR_set_mark();
	size_t len = key->signer ? sign_p256(sig, key->signer, msg)
	                         : assay_pkey_sign_rsa(sig, ASSAY_SIGN_MAX,
	                                               key->pkey, msg);

	ERR_pop_to_mark();
	memset(sig + len, 0, ASSAY_SIGN_MAX - len);
	return len;
}

/* ---- certificates of a key by itself */

static bool add_extension(X509 *cert, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
	OWN(X509_EXTENSION) *x = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);

	return x && X509_add_ext(cert, x, -1) == 1;
}

static bool set_serial(X509 *cert, const struct assay_sign_public *public)
{
	uint8_t hash[ASSAY_SHA256_LEN];

	assay_sha256(hash, (struct assay_bytes){ public->key, public->len });
	hash[0] = (uint8_t)((hash[0] & 0x7f) | 0x40); /* positive, not short */
	OWN(BIGNUM) *n = BN_bin2bn(hash, 16, NULL);

	return n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
}

static bool fill(X509 *cert, const struct assay_sign_key *key, const char *name,
                 const char *sans, int64_t from, int64_t until)
{
	X509_NAME *subject = X509_get_subject_name(cert);

	return X509_set_version(cert, X509_VERSION_3) == 1 &&
	       set_serial(cert, &key->public) &&
	       X509_NAME_add_entry_by_NID(subject, NID_commonName,
	                                  MBSTRING_UTF8,
	                                  (const unsigned char *)name, -1, -1,
	                                  0) == 1 &&
	       X509_set_issuer_name(cert, subject) == 1 &&
	       ASN1_TIME_set(X509_getm_notBefore(cert), from) &&
	       ASN1_TIME_set(X509_getm_notAfter(cert), until) &&
	       X509_set_pubkey(cert, key->pkey) == 1 &&
	       add_extension(cert, NID_basic_constraints,
	                     "critical,CA:FALSE") &&
	       add_extension(cert, NID_key_usage,
	                     "critical,digitalSignature") &&
	       add_extension(cert, NID_subject_key_identifier, "hash") &&
	       (!sans || add_extension(cert, NID_subject_alt_name, sans)) &&
	       X509_sign(cert, key->pkey, EVP_sha256()) > 0;
}

size_t assay_sign_key_certificate(uint8_t der[ASSAY_SIGN_CERT_MAX],
                                  const struct assay_sign_key *key,
                                  const char *name, int64_t from, int64_t until)
{
	ERR_set_mark();
	OWN(X509) *cert = X509_new();
	int len = cert && fill(cert, key, name, NULL, from, until)
	                  ? i2d_X509(cert, NULL)
	                  : 0;

	if (len > 0 && len <= ASSAY_SIGN_CERT_MAX)
		len = i2d_X509(cert, &der);
	else
		len = 0;
	ERR_pop_to_mark();
	return (size_t)len;
}

static bool write_cert(char pem[ASSAY_PEM_CERT_MAX], X509 *cert)
{
	OWN(BIO) *out = BIO_new(BIO_s_mem());
	int n = 0;

	if (out && PEM_write_bio_X509(out, cert) == 1)
		n = BIO_read(out, pem, ASSAY_PEM_CERT_MAX - 1);
	pem[n > 0 && BIO_pending(out) == 0 ? n : 0] = 0;
	return *pem;
}

bool assay_self_signed(char pem[ASSAY_PEM_CERT_MAX], struct assay_bytes key_pem,
                       const char *name, const char *sans, int64_t from,
                       int64_t until)
{
	const char *why;
	struct assay_sign_key *key = assay_sign_key_read(key_pem, &why);

	*pem = 0;
	ERR_set_mark();
	OWN(X509) *cert = key ? X509_new() : NULL;
	bool done = cert && fill(cert, key, name, sans, from, until) &&
	            write_cert(pem, cert);

	ERR_pop_to_mark();
	assay_sign_key_free(key);
	return done;
}
