/*
 * wrap.h - secrets at rest: each encrypted with AES-256-GCM under a
 * key-encryption key that the store never has.
 *
 * What a secret is called, which policy it is released by, and the hash of that
 * policy are authenticated with it: who can write into the store can lose a
 * secret, or put back an older row of the same name, but can neither give it
 * another rule nor another's place.  docs/key-release.md has the bytes.
 */
#ifndef SERVICE_WRAP_H
#define SERVICE_WRAP_H

#include "os/buf.h"
#include "store/store.h"

enum {
	WRAP_SECRET_MAX = 64 << 10,
	WRAP_ROOM = WRAP_SECRET_MAX + 16, /* tokens want room for the tag too */
	WRAP_WHY = 256,
	WRAP_HASH_LEN = 32,
};

struct wrap;
/*
 * wrap_open gets the key-encryption key: 32 bytes in a file, made if it is not
 * there, or one of a PKCS #11 token, which never leaves it.
 *
 * folder  an open one, in which the file is called "kek"
 * kek     NULL: that file; or "pkcs11:token=T;object=O?module-path=M&
 *         pin-source=file:F", in which case a key of this name is made in the
 *         token if it has none
 * NULL, and the reason.  Any thread may use it.
 */
struct wrap *wrap_open(int folder, const char *kek, char why[WRAP_WHY]);
void wrap_close(struct wrap *wrap);

/* What is known of a secret beside its bytes. */
struct wrap_label {
	char policy[STORE_NAME_MAX + 1];
	unsigned policy_version;
	uint8_t policy_hash[WRAP_HASH_LEN]; /* SHA-256 of the policy's bytes */
	unsigned version;                   /* of the secret, from 1 */
	int64_t made;
	char by[STORE_NAME_MAX + 1]; /* who brought it */
};

/* A row for the store; of 1 to WRAP_SECRET_MAX bytes.  Nothing on failure, and
 * the reason. */
ASSAY_MUST_CHECK bool wrap_seal(struct buf *row, struct wrap *wrap,
                                const char *name,
                                const struct wrap_label *label,
                                struct assay_bytes secret, char why[WRAP_WHY]);

/* What a row says; believed only once wrap_unseal has opened it.  False, and
 * zeros, if it has not the form of one. */
ASSAY_MUST_CHECK bool wrap_read(struct wrap_label *label,
                                struct assay_bytes row);

/* The secret, into WRAP_ROOM bytes of the caller's, who wipes them; false, zeros
 * and the reason if it is not what wrap_seal wrote for this name. */
ASSAY_MUST_CHECK bool wrap_unseal(uint8_t *secret, size_t *len,
                                  struct wrap *wrap, const char *name,
                                  struct assay_bytes row, char why[WRAP_WHY]);

#endif
