/* json_text.c - what the strings of a JSON document say: escapes resolved, and
 * strings of a given form. */
#include "base/json_text.h"

#include "base/text.h"

/* The four hex digits at p; false if they are not there. */
static bool read_unit(uint32_t *unit, const uint8_t *p)
{
	uint8_t b[2];

	if (!assay_hex_parse(b, 2, (struct assay_bytes){ p, 4 }))
		return false;
	*unit = (uint32_t)b[0] << 8 | b[1];
	return true;
}

size_t assay_json_escape(uint32_t *out, const uint8_t *p, size_t left)
{
	static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *name;
	uint32_t high, low;

	if (left < 2 || !p[1])
		return 0;
	name = strchr(names, p[1]);
	if (name) {
		*out = (uint8_t)means[name - names];
		return 2;
	}
	if (p[1] != 'u' || left < 6 || !read_unit(&high, p + 2))
		return 0;
	*out = high;
	if (high < 0xd800 || high > 0xdfff)
		return 6;
	if (high > 0xdbff || left < 12 || p[6] != '\\' || p[7] != 'u' ||
	    !read_unit(&low, p + 8) || low < 0xdc00 || low > 0xdfff)
		return 0;
	*out = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	return 12;
}

static size_t put_utf8(uint8_t out[4], uint32_t c)
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 63));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 63));
		out[2] = (uint8_t)(0x80 | (c & 63));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 63));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 63));
	out[3] = (uint8_t)(0x80 | (c & 63));
	return 4;
}

bool assay_json_walk_next(struct assay_json_walk *w, uint8_t *out)
{
	uint32_t c = 0;

	if (w->given == w->n_held) {
		if (w->at == w->raw.len)
			return false;
		if (w->raw.ptr[w->at] != '\\') {
			*out = w->raw.ptr[w->at++];
			return true;
		}
		w->at += assay_json_escape(&c, w->raw.ptr + w->at,
		                           w->raw.len - w->at);
		w->n_held = put_utf8(w->held, c);
		w->given = 0;
	}
	*out = w->held[w->given++];
	return true;
}

bool assay_json_same(struct assay_bytes a, struct assay_bytes b)
{
	struct assay_json_walk wa = { .raw = a }, wb = { .raw = b };
	uint8_t ca = 0, cb = 0;
	bool more_a, more_b;

	do {
		more_a = assay_json_walk_next(&wa, &ca);
		more_b = assay_json_walk_next(&wb, &cb);
	} while (more_a && more_b && ca == cb);
	return !more_a && !more_b;
}

bool assay_json_hex(struct assay_json *j, uint8_t *out, size_t n)
{
	size_t at = assay_json_at(j);
	struct assay_json_str s;

	memset(out, 0, n);
	return assay_json_string(j, &s) &&
	       (assay_hex_parse(out, n, s.raw) ||
	        assay_json_bad_type(j, at, "got \"%.*s\", want %zu hex digits",
	                            (int)(s.raw.len < 80 ? s.raw.len : 80),
	                            (const char *)s.raw.ptr, 2 * n));
}

bool assay_json_time(struct assay_json *j, int64_t *out)
{
	size_t at = assay_json_at(j);
	struct assay_json_str s;

	*out = 0;
	return assay_json_string(j, &s) &&
	       (assay_time_parse(out, s.raw) ||
	        assay_json_bad_type(j, at,
	                            "got \"%.*s\", want a time like "
	                            "2026-11-23T12:00:00Z",
	                            (int)(s.raw.len < 40 ? s.raw.len : 40),
	                            (const char *)s.raw.ptr));
}

bool assay_json_text(struct assay_json *j, char *out, size_t out_len)
{
	size_t at = assay_json_at(j), n = 0;
	struct assay_json_str s;
	struct assay_json_walk w = { 0 };
	uint8_t c;

	memset(out, 0, out_len);
	if (!assay_json_string(j, &s))
		return false;
	w.raw = s.raw;
	while (assay_json_walk_next(&w, &c)) {
		if (c && n + 1 < out_len) {
			out[n++] = (char)c;
			continue;
		}
		memset(out, 0, out_len);
		return assay_json_bad_type(
			j, at, "got %s, want a text of at most %zu bytes",
			c ? "a longer one" : "U+0000 in it", out_len - 1);
	}
	return true;
}

bool assay_json_is_escaped(struct assay_json_str s, const char *text)
{
	struct assay_json_walk w = { .raw = s.raw };
	size_t n = strlen(text), i = 0;
	uint8_t c;

	while (assay_json_walk_next(&w, &c))
		if (i == n || (uint8_t)text[i++] != c)
			return false;
	return i == n;
}

size_t assay_json_unescape(uint8_t *out, struct assay_json_str s)
{
	const uint8_t *p = s.raw.ptr, *end = p + s.raw.len;
	uint8_t *to = out;
	uint32_t c = 0;

	while (p < end) {
		const uint8_t *escape = memchr(p, '\\', (size_t)(end - p));
		size_t run = (size_t)((escape ? escape : end) - p);

		memmove(to, p, run); /* `out` may be where the text stands */
		to += run;
		p += run;
		if (p == end)
			break;
		p += assay_json_escape(&c, p, (size_t)(end - p));
		to += put_utf8(to, c);
	}
	return (size_t)(to - out);
}
