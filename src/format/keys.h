/* keys.h - how report data says whose an enclave's keys are. */
#ifndef FORMAT_KEYS_H
#define FORMAT_KEYS_H

#include <assay/evidence.h>

/* Bytes of report data, and the most that a nonce may have. */
enum { ASSAY_KEYS_HASH_LEN = 64, ASSAY_NONCE_MAX = 64 };

/*
 * assay_keys_hash gives the report data of an enclave that has these keys, and
 * was asked with this nonce (empty: without one): SHA-512 of the label
 * assay-keys-v1, 00, u16be length, key configuration, signing key, u8 length,
 * nonce.
 *
 * config  an RFC 9458 key configuration, at most 65535 bytes
 * sign    an Ed25519 public key
 * nonce   at most 64 bytes
 */
void assay_keys_hash(uint8_t out[ASSAY_KEYS_HASH_LEN],
                     struct assay_bytes config, struct assay_bytes sign,
                     struct assay_bytes nonce);

/* Whose the keys are that evidence brings. */
enum assay_keys {
	ASSAY_KEYS_NONE = 0, /* it brings none */
	ASSAY_KEYS_LOOSE,    /* the report data names others: anybody's keys */
	ASSAY_KEYS_BOUND,    /* the report data is their hash */
};

/* Whether the quote speaks for the keys beside it: of an EII [CONCLAVE 1.3], of a
 * certificate [RATLS evidence], of a bundle [ASSAY bundle].  `report_data` is the quote's. */
enum assay_keys assay_keys_bound(const struct assay_evidence *evidence,
                                 const uint8_t report_data[64]);

#endif
