/* base64url.c - base64url without padding [RFC 7515 2], strict. */
#include "base/base64url.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789-_";

size_t assay_base64url_print(char *out, const uint8_t *p, size_t n)
{
	size_t len = 0;
	uint32_t bits = 0;
	unsigned n_bits = 0;

	for (; n >= 3; n -= 3, p += 3) {
		bits = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
		out[len++] = digits[bits >> 18];
		out[len++] = digits[bits >> 12 & 63];
		out[len++] = digits[bits >> 6 & 63];
		out[len++] = digits[bits & 63];
	}
	for (size_t i = 0; i < n; i++) {
		bits = (bits << 8 | p[i]) & 0xffff;
		for (n_bits += 8; n_bits >= 6; n_bits -= 6)
			out[len++] = digits[bits >> (n_bits - 6) & 63];
	}
	if (n_bits)
		out[len++] = digits[bits << (6 - n_bits) & 63];
	out[len] = 0;
	return len;
}

/* The value of a digit; 64: it is none. */
static unsigned value_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	return c == '-' ? 62 : c == '_' ? 63 : 64;
}

/* text.len is no 4n + 1, and what is decoded fits. */
static bool decode(uint8_t *out, struct assay_bytes text)
{
	uint32_t bits = 0;
	unsigned n_bits = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned v = value_of(text.ptr[i]);

		if (v > 63)
			return false;
		bits = (bits << 6 | v) & 0x3fff;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			*out++ = (uint8_t)(bits >> n_bits);
		}
	}
	return !(bits & ((1u << n_bits) - 1));
}

bool assay_base64url_parse(uint8_t *out, size_t room, size_t *out_len,
                           struct assay_bytes text)
{
	size_t n = text.len / 4 * 3 + text.len % 4 * 3 / 4;

	*out_len = 0;
	if (text.len % 4 == 1 || n > room)
		return false;
	if (!decode(out, text)) {
		memset(out, 0, n);
		return false;
	}
	*out_len = n;
	return true;
}
