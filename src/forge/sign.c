/* sign.c - signatures, and the ways in which they can be wrong. */
#include "forge/sign.h"

#include <string.h>

#include "forge/der_out.h"

/* n, the order of P-256 */
static const uint8_t order[32] = {
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
	0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
};

bool sim_sign(uint8_t sig[64], const struct assay_p256_pair *pair,
              struct assay_bytes msg)
{
	uint8_t digest[ASSAY_SHA256_LEN];

	assay_sha256(digest, msg);
	return assay_p256_sign(sig, pair, digest);
}

/* x = n - x, for x below n */
static void from_order(uint8_t x[32])
{
	int borrow = 0;

	for (int i = 31; i >= 0; i--) {
		int d = order[i] - x[i] - borrow;

		borrow = d < 0;
		x[i] = (uint8_t)(d + 256 * borrow);
	}
}

/* sum = n + x */
static void plus_order(uint8_t sum[33], const uint8_t x[32])
{
	unsigned carry = 0;

	for (int i = 31; i >= 0; i--) {
		carry += (unsigned)order[i] + x[i];
		sum[i + 1] = (uint8_t)carry;
		carry >>= 8;
	}
	sum[0] = (uint8_t)carry;
}

void sim_sig_spoil(uint8_t sig[64], enum sim_sig how)
{
	uint8_t *r = sig, *s = sig + 32;

	switch (how) {
	case SIM_SIG_OTHER_S:
		from_order(s);
		break;
	case SIM_SIG_FLIPPED:
		s[31] ^= 1;
		break;
	case SIM_SIG_R_ZERO:
		memset(r, 0, 32);
		break;
	case SIM_SIG_S_ZERO:
		memset(s, 0, 32);
		break;
	case SIM_SIG_R_N:
		memcpy(r, order, 32);
		break;
	case SIM_SIG_S_N:
		memcpy(s, order, 32);
		break;
	case SIM_SIG_R_PLUS_N:
		memcpy(r, order, 32);
		r[31]++;
		break;
	case SIM_SIG_S_PLUS_N:
		memcpy(s, order, 32);
		s[31]++;
		break;
	default:
		break;
	}
}

/* An INTEGER whose sign bit is set, with the bytes of x behind it. */
static void negative(struct buf *out, const uint8_t x[32])
{
	static const uint8_t minus = 0xff;
	size_t at = sim_der_open(out, DER_INTEGER);

	if (!(x[0] & 0x80))
		buf_put(out, &minus, 1);
	buf_put(out, x, 32);
	sim_der_close(out, at);
}

static void put_long(struct buf *out, const uint8_t x[32])
{
	size_t at = sim_der_open(out, DER_INTEGER);

	buf_put_zeros(out, x[0] & 0x80 ? 2 : 1);
	buf_put(out, x, 32);
	sim_der_close(out, at);
}

static void put_part(struct buf *out, const uint8_t x[32], bool plus)
{
	uint8_t sum[33];

	plus_order(sum, x);
	sim_der_magnitude(out, plus ? (struct assay_bytes){ sum, 33 }
	                            : (struct assay_bytes){ x, 32 });
}

void sim_sig_der(struct buf *out, const uint8_t sig[64], enum sim_sig how)
{
	uint8_t rs[64];
	size_t at;

	memcpy(rs, sig, 64);
	if (how != SIM_SIG_R_PLUS_N && how != SIM_SIG_S_PLUS_N)
		sim_sig_spoil(rs, how);
	if (how == SIM_SIG_EMPTY)
		return;
	if (how == SIM_SIG_RAW) {
		buf_put(out, rs, 64);
		return;
	}
	at = sim_der_open(out, DER_SEQUENCE);
	if (how == SIM_SIG_R_NEGATIVE)
		negative(out, rs);
	else if (how == SIM_SIG_R_LONG)
		put_long(out, rs);
	else
		put_part(out, rs, how == SIM_SIG_R_PLUS_N);
	put_part(out, rs + 32, how == SIM_SIG_S_PLUS_N);
	sim_der_close(out, at);
	if (how == SIM_SIG_TRAILING)
		buf_put_zeros(out, 1);
}
