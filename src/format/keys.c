/* keys.c - how report data says whose an enclave's keys are. */
#include "format/keys.h"

#include "crypto/crypto.h"

#include <string.h>

enum { KEY_LEN = 32, SPKI_LEN = 44 };

static const char label[] = "assay-keys-v1"; /* its NUL is hashed too */

void assay_keys_hash(uint8_t out[ASSAY_KEYS_HASH_LEN],
                     struct assay_bytes config, struct assay_bytes sign,
                     struct assay_bytes nonce)
{
	const uint8_t config_len[2] = { (uint8_t)(config.len >> 8),
		                        (uint8_t)config.len };
	const uint8_t nonce_len = (uint8_t)nonce.len;
	const struct assay_bytes parts[] = {
		{ (const uint8_t *)label, sizeof(label) },
		{ config_len, sizeof(config_len) },
		config,
		sign,
		{ &nonce_len, sizeof(nonce_len) },
		nonce,
	};

	assay_sha512_parts(out, parts, sizeof(parts) / sizeof(*parts));
}

/* An EII's keys: signing key, encryption key [CONCLAVE 1.3]. */
static void hash_eii(uint8_t out[ASSAY_SHA512_LEN],
                     const struct assay_evidence *e)
{
	const struct assay_bytes parts[] = { e->eii_spki, e->eii_ek };

	assay_sha512_parts(out, parts, sizeof(parts) / sizeof(*parts));
}

/* A certificate's: its claims, which name its key; those of before there were
 * claims name it themselves [RATLS evidence]. */
static void hash_tls(uint8_t out[ASSAY_SHA512_LEN],
                     const struct assay_evidence *e)
{
	memset(out, 0, ASSAY_SHA512_LEN);
	assay_sha256(out, e->claims.len ? e->claims : e->tls_key);
}

enum assay_keys assay_keys_bound(const struct assay_evidence *e,
                                 const uint8_t report_data[64])
{
	uint8_t want[ASSAY_SHA512_LEN];

	if (e->eii_spki.len == SPKI_LEN && e->eii_ek.len == KEY_LEN)
		hash_eii(want, e);
	else if (e->tls_key.len)
		hash_tls(want, e);
	else if (e->hpke.len && e->sign.len)
		assay_keys_hash(want, e->hpke, e->sign, e->nonce);
	else
		return ASSAY_KEYS_NONE;
	return memcmp(want, report_data, sizeof(want)) == 0 ? ASSAY_KEYS_BOUND
	                                                    : ASSAY_KEYS_LOOSE;
}
