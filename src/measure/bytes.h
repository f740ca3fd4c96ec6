/* bytes.h - numbers into bytes, little-endian; bytes that must be zero. */
#ifndef MEASURE_BYTES_H
#define MEASURE_BYTES_H

#include <assay/base.h>

static inline void put_le(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

static inline bool is_zero(struct assay_bytes in)
{
	uint8_t any = 0;

	for (size_t i = 0; i < in.len; i++)
		any |= in.ptr[i];
	return !any;
}

#endif
