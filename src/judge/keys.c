/* keys.c - the keys that evidence brings. */
#include "judge/judge.h"

#include <string.h>

enum {
	KEY_LEN = 32,
	SPKI_LEN = 44,
	CONFIG_HEAD = 3,     /* key id, KEM id [RFC 9458 3.1] */
	KEM_X25519 = 0x0020, /* DHKEM(X25519, HKDF-SHA256) */
};

/* SubjectPublicKeyInfo of an Ed25519 key, but for its 32 bytes [RFC 8410]. */
static const uint8_t spki_head[SPKI_LEN - KEY_LEN] = { 0x30, 0x2a, 0x30, 0x05,
	                                               0x06, 0x03, 0x2b, 0x65,
	                                               0x70, 0x03, 0x21, 0x00 };

struct assay_bytes judge_encryption_key(const struct assay_evidence *e)
{
	struct assay_bytes config = e->hpke;

	if (e->eii_ek.len)
		return e->eii_ek;
	if (config.len >= CONFIG_HEAD + KEY_LEN &&
	    (config.ptr[1] << 8 | config.ptr[2]) == KEM_X25519)
		return (struct assay_bytes){ config.ptr + CONFIG_HEAD,
			                     KEY_LEN };
	return config;
}

bool judge_signing_key(uint8_t spki[44], const struct assay_evidence *e)
{
	if (e->eii_spki.len == SPKI_LEN) {
		memcpy(spki, e->eii_spki.ptr, SPKI_LEN);
		return true;
	}
	if (e->sign.len != KEY_LEN)
		return false;
	memcpy(spki, spki_head, sizeof(spki_head));
	memcpy(spki + sizeof(spki_head), e->sign.ptr, KEY_LEN);
	return true;
}
