/* out.c - bytes that grow. */
#include "sim/out.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { FIRST_CAP = 1024 };

static bool reserve(struct sim_out *out, size_t n)
{
	size_t cap = out->cap ? out->cap : FIRST_CAP;
	uint8_t *p;

	if (out->bad)
		return false;
	if (n <= out->cap - out->len)
		return true;
	while (cap - out->len < n && cap <= SIZE_MAX / 2)
		cap *= 2;
	p = cap - out->len < n ? NULL : realloc(out->ptr, cap);
	if (!p) {
		out->bad = true;
		return false;
	}
	out->ptr = p;
	out->cap = cap;
	return true;
}

void sim_put(struct sim_out *out, const void *p, size_t n)
{
	if (!n || !reserve(out, n))
		return;
	memcpy(out->ptr + out->len, p, n);
	out->len += n;
}

void sim_put_bytes(struct sim_out *out, struct assay_bytes bytes)
{
	sim_put(out, bytes.ptr, bytes.len);
}

void sim_put_zeros(struct sim_out *out, size_t n)
{
	if (!n || !reserve(out, n))
		return;
	memset(out->ptr + out->len, 0, n);
	out->len += n;
}

void sim_put_le(struct sim_out *out, uint64_t value, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)(value >> (8 * i));

		sim_put(out, &byte, 1);
	}
}

void sim_printf(struct sim_out *out, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		out->bad = true;
	} else if (reserve(out, (size_t)n + 1)) {
		vsnprintf((char *)out->ptr + out->len, (size_t)n + 1, fmt,
		          again);
		out->len += (size_t)n;
	}
	va_end(again);
}

struct assay_bytes sim_out_bytes(const struct sim_out *out)
{
	return (struct assay_bytes){ out->ptr, out->len };
}

void sim_out_clear(struct sim_out *out)
{
	out->len = 0;
	out->bad = false;
}

void sim_out_free(struct sim_out *out)
{
	free(out->ptr);
	*out = (struct sim_out){ 0 };
}

void sim_out_splice(struct sim_out *out, size_t at, size_t cut,
                    struct assay_bytes to)
{
	if (out->bad || at > out->len || cut > out->len - at) {
		out->bad = true;
		return;
	}
	if (!reserve(out, to.len) || !out->ptr)
		return;
	memmove(out->ptr + at + to.len, out->ptr + at + cut,
	        out->len - at - cut);
	if (to.len)
		memcpy(out->ptr + at, to.ptr, to.len);
	out->len = out->len - cut + to.len;
}

void sim_out_edit(struct sim_out *out, const struct sim_edit *edits, size_t n)
{
	for (size_t i = 0; i < n && !out->bad; i++) {
		struct sim_edit e = edits[i];

		if (e.from.len) {
			const uint8_t *found =
				out->len ? memmem(out->ptr, out->len,
			                          e.from.ptr, e.from.len)
					 : NULL;

			if (!found) {
				out->bad = true;
				return;
			}
			e.at = (size_t)(found - out->ptr);
			e.cut = e.from.len;
		}
		if (e.cut || e.to.len)
			sim_out_splice(out, e.at == SIM_END ? out->len : e.at,
			               e.cut, e.to);
	}
}

struct assay_bytes sim_bytes(const struct sim_octets *octets)
{
	return (struct assay_bytes){ octets->p, octets->len };
}

struct sim_octets sim_mem(const void *p, size_t n)
{
	struct sim_octets o = { .len = n };

	assert(n <= sizeof(o.p));
	memcpy(o.p, p, n);
	return o;
}

struct sim_octets sim_str(const char *text)
{
	return sim_mem(text, strlen(text));
}

struct sim_octets sim_hex(const char *digits)
{
	struct sim_octets o = { .len = strlen(digits) / 2 };
	bool good;

	assert(o.len <= sizeof(o.p));
	good = assay_hex_parse(o.p, o.len, sim_view(digits));
	assert(good);
	(void)good;
	return o;
}

struct assay_bytes sim_view(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}
