/* memo.h - what one thread has learnt of platforms. */
#ifndef VERIFY_MEMO_H
#define VERIFY_MEMO_H

#include <assay/quote.h>

#include "verify/chain.h"

enum {
	/* bytes of a platform that is remembered; real ones have some 4,300 */
	ASSAY_PLATFORM_MAX = 6144,
	ASSAY_SERIAL_MAX = 20,
};

/* What a PCK chain proves wherever its CA is trusted: the leaf's facts, and
 * what is judged anew at every time and under every revocation list. */
struct assay_pck_chain {
	uint8_t ca_digest[ASSAY_SHA256_LEN];       /* of the CA's certificate */
	struct assay_dated dated[ASSAY_CHAIN_MAX]; /* leaf, CA, root */
	size_t serial_len;
	uint8_t serial[ASSAY_SERIAL_MAX]; /* the leaf's */
	uint8_t key[64];                  /* the leaf's */
	struct assay_pck pck;
};

/*
 * A platform: the bytes of a quote that are the same in all its quotes, from
 * the attestation key to the end of the PCK chain, and what those bytes prove
 * wherever the CA among them is trusted: what the chain proves, and that the QE
 * report is signed by the leaf and names the attestation key, which is on the
 * curve.  Dates, revocation and levels are not among it.
 */
struct assay_platform {
	uint64_t used; /* when it was needed last; 0: empty */
	struct assay_pck_chain chain;
	uint16_t version; /* of the quote, which says how to read the bytes */
	size_t len;
	uint8_t bytes[ASSAY_PLATFORM_MAX];
};

/* The platform of this quote, or NULL; and only if its CA is the one of this
 * digest.  `memo` may be NULL. */
const struct assay_platform *
assay_memo_find(struct assay_memo *memo, const struct assay_quote *quote,
                const uint8_t ca_digest[ASSAY_SHA256_LEN]);
/* Keeps what was proved, in the place of the least recently used platform.
 * `memo` may be NULL. */
void assay_memo_keep(struct assay_memo *memo, const struct assay_quote *quote,
                     const struct assay_pck_chain *chain);

/* The signatures' workspace; NULL for no memo. */
struct assay_p256 *assay_memo_engine(struct assay_memo *memo);

#endif
