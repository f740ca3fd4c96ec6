/* json_out.c - the JSON writer. */
#include "base/json.h"

#include "base/text.h"

#include <stdio.h>

void assay_json_begin(struct assay_json_out *o, char *mem, size_t cap)
{
	*o = (struct assay_json_out){ .ptr = mem, .cap = cap, .ok = cap > 0 };
	if (cap)
		mem[0] = 0;
}

/* The only place that writes: n bytes, or none and ok = false. */
static void put(struct assay_json_out *o, const char *p, size_t n)
{
	if (!o->ok || n >= o->cap - o->len) {
		o->ok = false;
		return;
	}
	memcpy(o->ptr + o->len, p, n);
	o->len += n;
	o->ptr[o->len] = 0;
}

static void put_chars(struct assay_json_out *o, const char *text)
{
	put(o, text, strlen(text));
}

static struct assay_bytes bytes_of(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

/* A number of eight such bytes. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* The high bit of each byte of `v` that is zero. */
static uint64_t zeros_of(uint64_t v)
{
	return (v - EACH(1)) & ~v & EACH(0x80);
}

/* Whether eight bytes are plain; is_plain of all at once. */
static bool are_plain(const uint8_t p[8])
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return !((v & EACH(0x80)) | ((v - EACH(0x20)) & ~v & EACH(0x80)) |
	         zeros_of(v ^ EACH(0x7f)) | zeros_of(v ^ EACH('"')) |
	         zeros_of(v ^ EACH('\\')));
}

/* How many bytes stand in a string as they are. */
static size_t plain_len(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (n - i >= 8 && are_plain(p + i))
		i += 8;
	while (i < n && is_plain(p[i]))
		i++;
	return i;
}

/* A string in its marks; what JSON or UTF-8 does not allow there is
 * escaped, and so is what terminals obey. */
static void put_string(struct assay_json_out *o, struct assay_bytes s)
{
	const uint8_t *p = s.ptr;

	put_chars(o, "\"");
	for (size_t i = 0; o->ok && i < s.len;) {
		size_t len = plain_len(p + i, s.len - i);
		char text[8] = { '\\', (char)p[i] };

		if (len) {
			put(o, (const char *)p + i, len);
			i += len;
			continue;
		}
		len = assay_utf8_len(p + i, s.len - i);
		if (!len)
			put_chars(o, "\\ufffd");
		else if (p[i] == '"' || p[i] == '\\')
			put(o, text, 2);
		else if (p[i] < 0x20 || p[i] == 0x7f)
			put(o, text,
			    (size_t)snprintf(text, sizeof(text), "\\u%04x",
			                     p[i]));
		else if (p[i] == 0xc2 && p[i + 1] < 0xa0) /* U+0080 to 9F */
			put(o, text,
			    (size_t)snprintf(text, sizeof(text), "\\u%04x",
			                     p[i + 1]));
		else
			put(o, (const char *)p + i, len);
		i += len ? len : 1;
	}
	put_chars(o, "\"");
}

/* What stands before a value: a comma if it is not the first here, its name. */
static void put_lead(struct assay_json_out *o, const char *name)
{
	if (o->any[o->depth] && o->depth == 0)
		o->ok = false; /* a second value at the top */
	if (o->any[o->depth])
		put_chars(o, ",");
	o->any[o->depth] = true;
	if (name) {
		put_string(o, bytes_of(name));
		put_chars(o, ":");
	}
}

static void put_open(struct assay_json_out *o, const char *name,
                     const char *bracket)
{
	put_lead(o, name);
	if (o->depth == ASSAY_JSON_DEPTH)
		o->ok = false;
	put_chars(o, bracket);
	if (o->ok)
		o->any[++o->depth] = false;
}

void assay_json_put_object(struct assay_json_out *o, const char *name)
{
	put_open(o, name, "{");
}

void assay_json_put_array(struct assay_json_out *o, const char *name)
{
	put_open(o, name, "[");
}

void assay_json_put_end(struct assay_json_out *o, char bracket)
{
	if (o->depth == 0)
		o->ok = false;
	put(o, &bracket, 1);
	if (o->ok)
		o->depth--;
}

void assay_json_put_text(struct assay_json_out *o, const char *name,
                         const char *text)
{
	if (text)
		assay_json_put_bytes(o, name, bytes_of(text));
	else
		assay_json_put_null(o, name);
}

void assay_json_put_bytes(struct assay_json_out *o, const char *name,
                          struct assay_bytes utf8)
{
	put_lead(o, name);
	put_string(o, utf8);
}

void assay_json_put_hex(struct assay_json_out *o, const char *name,
                        const uint8_t *p, size_t n)
{
	enum { STEP = 64 };
	char digits[2 * STEP + 1];

	put_lead(o, name);
	put_chars(o, "\"");
	for (size_t i = 0; o->ok && i < n; i += STEP) {
		size_t some = n - i < STEP ? n - i : STEP;

		assay_hex_print(digits, p + i, some, false);
		put(o, digits, 2 * some);
	}
	put_chars(o, "\"");
}

void assay_json_put_base64(struct assay_json_out *o, const char *name,
                           struct assay_bytes in)
{
	/* a multiple of three: none but the last is padded */
	enum { STEP = 48 };
	char digits[STEP / 3 * 4 + 1];

	put_lead(o, name);
	put_chars(o, "\"");
	for (size_t i = 0; o->ok && i < in.len; i += STEP) {
		size_t n = in.len - i < STEP ? in.len - i : STEP;

		assay_base64_print(digits, in.ptr + i, n);
		put_chars(o, digits);
	}
	put_chars(o, "\"");
}

void assay_json_put_uint(struct assay_json_out *o, const char *name, uint64_t v)
{
	char digits[24];
	size_t at = sizeof(digits);

	put_lead(o, name);
	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	put(o, digits + at, sizeof(digits) - at);
}

void assay_json_put_bool(struct assay_json_out *o, const char *name, bool v)
{
	put_lead(o, name);
	put_chars(o, v ? "true" : "false");
}

void assay_json_put_null(struct assay_json_out *o, const char *name)
{
	put_lead(o, name);
	put_chars(o, "null");
}

void assay_json_put_time(struct assay_json_out *o, const char *name, int64_t t)
{
	char text[ASSAY_TIME_TEXT];

	/* or it is "never" */
	if (assay_time_print(text, t)[0] != 'n')
		assay_json_put_text(o, name, text);
	else
		assay_json_put_null(o, name);
}
