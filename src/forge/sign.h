/* sign.h - signatures, and the ways in which they can be wrong. */
#ifndef FORGE_SIGN_H
#define FORGE_SIGN_H

#include "crypto/crypto.h"
#include "forge/edit.h"

enum sim_sig {
	SIM_SIG_TRUE = 0,
	SIM_SIG_OTHER_S, /* n - s for s: the other good signature */
	SIM_SIG_FLIPPED, /* one bit of s */
	SIM_SIG_R_ZERO,
	SIM_SIG_S_ZERO,
	SIM_SIG_R_N, /* r = n */
	SIM_SIG_S_N,
	SIM_SIG_R_PLUS_N, /* r + n, which takes 33 bytes; as r || s, which has
	                     * no room for it, n + 1 */
	SIM_SIG_S_PLUS_N,
	/* of the DER form alone; as r || s these are true */
	SIM_SIG_R_NEGATIVE, /* r's encoding has the sign bit set */
	SIM_SIG_R_LONG,     /* a zero byte more than r needs */
	SIM_SIG_TRAILING,   /* a byte behind the SEQUENCE */
	SIM_SIG_RAW,        /* r || s without DER */
	SIM_SIG_EMPTY,
};

/* Signs the SHA-256 of `msg` into r || s. */
ASSAY_MUST_CHECK bool sim_sign(uint8_t sig[64],
                               const struct assay_p256_pair *pair,
                               struct assay_bytes msg);

/* Spoils a true r || s as told. */
void sim_sig_spoil(uint8_t sig[64], enum sim_sig how);

/* Writes a true r || s as DER, spoilt as told. */
void sim_sig_der(struct buf *out, const uint8_t sig[64], enum sim_sig how);

#endif
