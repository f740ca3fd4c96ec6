/* keys.c - how report data says whose an enclave's keys are. */
#include "format/keys.h"

#include "crypto/crypto.h"

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
