/* le.h - little-endian numbers in arrays of fixed layout. */
#ifndef SIM_LE_H
#define SIM_LE_H

#include <stddef.h>
#include <stdint.h>

/* The low n bytes of `v`. */
static inline void le_put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

static inline uint64_t le_get(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

#endif
