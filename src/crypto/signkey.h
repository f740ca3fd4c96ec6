/* signkey.h - private keys in PEM that sign messages: P-256 and RSA. */
#ifndef CRYPTO_SIGNKEY_H
#define CRYPTO_SIGNKEY_H

#include "crypto/crypto.h"

enum assay_sign_kind { ASSAY_SIGN_NONE = 0, ASSAY_SIGN_P256, ASSAY_SIGN_RSA };

enum {
	ASSAY_SIGN_MAX = 512, /* bytes of a signature, and of a modulus */
	ASSAY_SIGN_CERT_MAX = 2048,
	ASSAY_PEM_CERT_MAX = 4096,
};

/* What of a key is public. */
struct assay_sign_public {
	enum assay_sign_kind kind;
	uint32_t e;                  /* RSA's exponent */
	size_t len;                  /* of `key` */
	uint8_t key[ASSAY_SIGN_MAX]; /* x || y, or the modulus, big-endian */
};

/* A private key: of one thread. */
struct assay_sign_key;

/* The key of a PEM text without a passphrase: P-256, or RSA of 2048 to 4096
 * bits.  NULL and the reason, a static string, if there is none. */
struct assay_sign_key *assay_sign_key_read(struct assay_bytes pem,
                                           const char **why);
/* A fresh key (RSA: 3072 bits) as PEM (PKCS #8), with a NUL that does not count;
 * false: memory is short. */
ASSAY_MUST_CHECK bool assay_sign_key_make(uint8_t pem[ASSAY_KEY_PEM_MAX],
                                          size_t *len,
                                          enum assay_sign_kind kind);
void assay_sign_key_free(struct assay_sign_key *key);
const struct assay_sign_public *
assay_sign_key_public(const struct assay_sign_key *key);

/* Over SHA-256 of the message: P-256 r || s, RSA PKCS #1 v1.5.  Its length; 0,
 * and zeros, when memory is short. */
size_t assay_sign_key_sign(uint8_t sig[ASSAY_SIGN_MAX],
                           const struct assay_sign_key *key,
                           struct assay_bytes msg);

/* A certificate of the key, by itself, for readers that look for a key in one:
 * DER, of the common name `name`, good from..until.  Its length; 0 when memory
 * is short, or the name too long. */
size_t assay_sign_key_certificate(uint8_t der[ASSAY_SIGN_CERT_MAX],
                                  const struct assay_sign_key *key,
                                  const char *name, int64_t from,
                                  int64_t until);

/*
 * assay_self_signed makes such a certificate for a server, in PEM with a NUL: for
 * who pins it, until there is one by a CA.
 *
 * key      in PEM
 * sans     what it is for, such as "DNS:localhost,IP:127.0.0.1"; NULL: that is
 *          not said
 * False: the key is none, something is too long, or memory short.
 */
ASSAY_MUST_CHECK bool assay_self_signed(char pem[ASSAY_PEM_CERT_MAX],
                                        struct assay_bytes key,
                                        const char *name, const char *sans,
                                        int64_t from, int64_t until);

#endif
