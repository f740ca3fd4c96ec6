/* selfsigned.h - a server's key, and a certificate that it signs for itself:
 * for who pins it, until there is one by a CA. */
#ifndef CRYPTO_SELFSIGNED_H
#define CRYPTO_SELFSIGNED_H

#include <assay/base.h>

enum { ASSAY_PEM_KEY_MAX = 4096, ASSAY_PEM_CERT_MAX = 4096 };

/* A new private key, PKCS#8 in PEM with a NUL: P-256, or RSA of 2048 bits. */
ASSAY_MUST_CHECK bool assay_pem_key_new(char pem[ASSAY_PEM_KEY_MAX], bool rsa);

/*
 * assay_self_signed makes a certificate in PEM, with a NUL.
 *
 * key      in PEM
 * name     its common name
 * sans     what it is for, such as "DNS:localhost,IP:127.0.0.1"; NULL: that is
 *          not said
 * until    the last second that it is good, from `from` on
 * False: the key is none, something is too long, or memory short.
 */
ASSAY_MUST_CHECK bool assay_self_signed(char pem[ASSAY_PEM_CERT_MAX],
                                        struct assay_bytes key,
                                        const char *name, const char *sans,
                                        int64_t from, int64_t until);

#endif
