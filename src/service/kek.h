/* kek.h - key-encryption keys, wherever they are: what wrap.c asks of them. */
#ifndef SERVICE_KEK_H
#define SERVICE_KEK_H

#include "crypto/aead.h"
#include "service/wrap.h"

/* As assay_gcm_seal and _open, with the key that `self` is, but that `out` of the
 * latter has room for the tag too; false, and the reason.  Any thread may call
 * them. */
struct kek_kind {
	bool (*seal)(void *self, uint8_t *out,
	             const uint8_t nonce[ASSAY_GCM_NONCE_LEN],
	             struct assay_bytes aad, struct assay_bytes plain,
	             char why[WRAP_WHY]);
	bool (*open)(void *self, uint8_t *out,
	             const uint8_t nonce[ASSAY_GCM_NONCE_LEN],
	             struct assay_bytes aad, struct assay_bytes sealed,
	             char why[WRAP_WHY]);
	void (*close)(void *self);
};

/* A key in a token (pkcs11.c). */
extern const struct kek_kind kek_pkcs11;
/* NULL, and the reason; `uri` begins with "pkcs11:" [RFC 7512]. */
void *kek_pkcs11_open(const char *uri, char why[WRAP_WHY]);

#endif
