/* buf.c - bytes that grow. */
#include "os/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 1024 };

static bool reserve(struct buf *out, size_t n)
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

void buf_put(struct buf *out, const void *p, size_t n)
{
	if (!n || !reserve(out, n))
		return;
	memcpy(out->ptr + out->len, p, n);
	out->len += n;
}

void buf_put_bytes(struct buf *out, struct assay_bytes bytes)
{
	buf_put(out, bytes.ptr, bytes.len);
}

void buf_put_zeros(struct buf *out, size_t n)
{
	if (!n || !reserve(out, n))
		return;
	memset(out->ptr + out->len, 0, n);
	out->len += n;
}

void buf_put_le(struct buf *out, uint64_t value, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t byte = (uint8_t)(value >> (8 * i));

		buf_put(out, &byte, 1);
	}
}

void buf_printf(struct buf *out, const char *fmt, ...)
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

struct assay_bytes buf_bytes(const struct buf *out)
{
	return (struct assay_bytes){ out->ptr, out->len };
}

void buf_clear(struct buf *out)
{
	out->len = 0;
	out->bad = false;
}

void buf_free(struct buf *out)
{
	free(out->ptr);
	*out = (struct buf){ 0 };
}

void buf_splice(struct buf *out, size_t at, size_t cut, struct assay_bytes to)
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

struct assay_bytes buf_text(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}
