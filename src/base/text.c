/* text.c - hex, base64, PEM framing, UTF-8: text that carries bytes. */
#include "base/text.h"

#include <string.h>

/* The value of a digit; XX (its upper bits are not a digit's) for the rest. */
#define XX 0xff
/* clang-format off */
static const uint8_t hex_value[256] = {
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, XX, XX, XX, XX, XX, XX,
	XX, 10, 11, 12, 13, 14, 15, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, 10, 11, 12, 13, 14, 15, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
};

static const uint8_t base64_value[256] = {
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, 62, XX, XX, XX, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, XX, XX, XX, XX, XX, XX,
	XX,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, XX, XX, XX, XX, XX,
	XX, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
};
/* clang-format on */
#undef XX

void assay_hex_print(char *out, const uint8_t *p, size_t n, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = 0;
}

bool assay_hex_parse(uint8_t *out, size_t n, struct assay_bytes text)
{
	unsigned bad = text.len / 2 != n || text.len % 2 ? 0x10 : 0;

	for (size_t i = 0; !bad && i < n; i++) {
		unsigned high = hex_value[text.ptr[2 * i]];
		unsigned low = hex_value[text.ptr[2 * i + 1]];

		bad = (high | low) & 0xf0;
		out[i] = (uint8_t)(high << 4 | low);
	}
	if (bad && n)
		memset(out, 0, n);
	return !bad;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* Four digits into three bytes; false if one of them is not a digit. */
static inline bool take_quad(uint8_t *out, const uint8_t *p)
{
	uint32_t a = base64_value[p[0]], b = base64_value[p[1]];
	uint32_t c = base64_value[p[2]], d = base64_value[p[3]];

	if ((a | b | c | d) & 0xc0)
		return false;
	out[0] = (uint8_t)(a << 2 | b >> 4);
	out[1] = (uint8_t)(b << 4 | c >> 2);
	out[2] = (uint8_t)(c << 6 | d);
	return true;
}

/* The last, padded group: two or three digits, and no bit beyond the bytes. */
static bool take_tail(uint8_t *out, size_t *n, const uint8_t tail[4],
                      unsigned n_tail, unsigned n_pad)
{
	uint32_t v = 0;

	if (n_tail == 0 && n_pad == 0)
		return true;
	if (n_tail < 2 || n_tail + n_pad != 4)
		return false;
	for (unsigned i = 0; i < 4; i++)
		v = v << 6 | (i < n_tail ? tail[i] : 0);
	if (v & (n_tail == 2 ? 0xffff : 0xff))
		return false;
	out[(*n)++] = (uint8_t)(v >> 16);
	if (n_tail == 3)
		out[(*n)++] = (uint8_t)(v >> 8);
	return true;
}

static bool base64_decode(uint8_t *out, size_t *out_len,
                          struct assay_bytes text, bool ws)
{
	uint8_t tail[4]; /* a group's digits, met one by one */
	unsigned n_tail = 0, n_pad = 0;
	size_t n = 0, i = 0;
	bool good = true;

	while (good && i < text.len) {
		while (n_tail + n_pad == 0 && text.len - i >= 4 &&
		       take_quad(out + n, text.ptr + i)) {
			i += 4;
			n += 3;
		}
		if (i == text.len)
			break;
		uint8_t c = text.ptr[i++];
		if (ws && is_space(c))
			continue;
		if (c == '=') {
			good = ++n_pad <= 2;
			continue;
		}
		tail[n_tail++] = base64_value[c];
		good = base64_value[c] < 64 && n_pad == 0;
		if (good && n_tail == 4) {
			uint32_t v = (uint32_t)tail[0] << 18 |
			             (uint32_t)tail[1] << 12 |
			             (uint32_t)tail[2] << 6 | tail[3];
			out[n++] = (uint8_t)(v >> 16);
			out[n++] = (uint8_t)(v >> 8);
			out[n++] = (uint8_t)v;
			n_tail = 0;
		}
	}
	good = good && take_tail(out, &n, tail, n_tail, n_pad);
	*out_len = n;
	return good;
}

bool assay_base64_parse(uint8_t *out, size_t *out_len, struct assay_bytes text,
                        bool ws)
{
	if (base64_decode(out, out_len, text, ws))
		return true;
	memset(out, 0, *out_len);
	*out_len = 0;
	return false;
}

void assay_base64_print(char *out, const uint8_t *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		size_t left = n - i;
		uint32_t v = (uint32_t)p[i] << 16;

		v |= left > 1 ? (uint32_t)p[i + 1] << 8 : 0;
		v |= left > 2 ? p[i + 2] : 0;
		*out++ = digits[v >> 18];
		*out++ = digits[v >> 12 & 63];
		*out++ = left > 1 ? digits[v >> 6 & 63] : '=';
		*out++ = left > 2 ? digits[v & 63] : '=';
	}
	*out = 0;
}

/* `what` stands at `at`; *end is behind it. */
static bool stands_at(size_t *end, struct assay_bytes text, size_t at,
                      const char *what)
{
	size_t n = strlen(what);

	*end = at + n;
	return n <= text.len - at && memcmp(text.ptr + at, what, n) == 0;
}

/* A line "-----BEGIN label-----" (or END) stands at `at`; *end is behind its
 * last dash. */
static bool is_line(size_t *end, struct assay_bytes text, size_t at,
                    const char *verb, const char *label)
{
	return stands_at(end, text, at, verb) &&
	       stands_at(end, text, *end, label) &&
	       stands_at(end, text, *end, "-----");
}

/* The first byte at or after `at` that is neither white space nor NUL. */
static size_t skip_padding(struct assay_bytes text, size_t at)
{
	while (at < text.len && (is_space(text.ptr[at]) || !text.ptr[at]))
		at++;
	return at;
}

bool assay_pem_next(struct assay_bytes *body, struct assay_bytes text,
                    size_t *pos, const char *label)
{
	size_t begin, end, line, after;
	const uint8_t *dash;

	*body = (struct assay_bytes){ 0 };
	*pos = begin = skip_padding(text, *pos);
	if (begin >= text.len) {
		*pos = text.len;
		return false;
	}
	if (!is_line(&line, text, begin, "-----BEGIN ", label))
		return false;
	end = line;
	if (end < text.len && text.ptr[end] == '\r')
		end++;
	if (end == text.len)
		return false;
	if (text.ptr[end] != '\n') {
		*pos = end;
		return false;
	}
	line = end + 1;
	/* base64 has no dash: the first one begins the END line */
	dash = memchr(text.ptr + line, '-', text.len - line);
	if (!dash)
		return false;
	end = (size_t)(dash - text.ptr);
	if (text.ptr[end - 1] != '\n' ||
	    !is_line(&after, text, end, "-----END ", label)) {
		*pos = end;
		return false;
	}
	*pos = after;
	/* the line ends here, or (some machines join blocks so) the next begins */
	if (after < text.len && text.ptr[after] != '-' &&
	    skip_padding(text, after) == after)
		return false;
	*body = (struct assay_bytes){ text.ptr + line, end - line };
	return true;
}

/* [RFC 3629 4]: what may follow the first byte. */
size_t assay_utf8_len(const uint8_t *p, size_t left)
{
	uint8_t c = p[0], least = 0x80, most = 0xbf;
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || n > left)
		return 0;
	if (c == 0xe0)
		least = 0xa0; /* else overlong */
	if (c == 0xed)
		most = 0x9f; /* else a surrogate */
	if (c == 0xf0)
		least = 0x90; /* else overlong */
	if (c == 0xf4)
		most = 0x8f; /* else above U+10FFFF */
	if (n > 1 && (p[1] < least || p[1] > most))
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return n;
}
