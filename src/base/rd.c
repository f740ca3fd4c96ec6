/* rd.c - the bounded reader. */
#include "base/rd.h"

#include <string.h>

/* The only bounds check of binary formats. */
static const uint8_t *take(struct assay_rd *r, size_t n, const char *field)
{
	if (r->bad)
		return NULL;
	if (n > r->end - r->pos) {
		r->bad = field;
		r->bad_at = r->pos;
		r->bad_want = n;
		r->bad_left = r->end - r->pos;
		return NULL;
	}
	const uint8_t *p = r->base + r->pos;
	r->pos += n;
	return p;
}

static uint64_t read_le(struct assay_rd *r, size_t n, const char *field)
{
	const uint8_t *p = take(r, n, field);
	uint64_t v = 0;

	for (size_t i = n; p && i > 0; i--)
		v = v << 8 | p[i - 1];
	return v;
}

struct assay_rd assay_rd(struct assay_bytes in)
{
	/* an empty run may have no address; arithmetic needs one */
	static const uint8_t nothing[1];

	return (struct assay_rd){ .base = in.len ? in.ptr : nothing,
		                  .end = in.len };
}

uint8_t assay_rd_u8(struct assay_rd *r, const char *field)
{
	const uint8_t *p = take(r, 1, field);

	return p ? *p : 0;
}

uint16_t assay_rd_u16le(struct assay_rd *r, const char *field)
{
	return (uint16_t)read_le(r, 2, field);
}

uint32_t assay_rd_u32le(struct assay_rd *r, const char *field)
{
	return (uint32_t)read_le(r, 4, field);
}

uint64_t assay_rd_u64le(struct assay_rd *r, const char *field)
{
	return read_le(r, 8, field);
}

uint32_t assay_rd_u32be(struct assay_rd *r, const char *field)
{
	const uint8_t *p = take(r, 4, field);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	                       (uint32_t)p[2] << 8 | p[3]
	         : 0;
}

struct assay_bytes assay_rd_bytes(struct assay_rd *r, size_t n,
                                  const char *field)
{
	const uint8_t *p = take(r, n, field);

	return (struct assay_bytes){ p, p ? n : 0 };
}

void assay_rd_copy(struct assay_rd *r, void *out, size_t n, const char *field)
{
	const uint8_t *p = take(r, n, field);

	if (p)
		memcpy(out, p, n);
	else
		memset(out, 0, n);
}

bool assay_rd_zeros(struct assay_rd *r, size_t n, const char *field)
{
	const uint8_t *p = take(r, n, field);
	uint8_t any = 0;

	for (size_t i = 0; p && i < n; i++)
		any |= p[i];
	return p && !any;
}

struct assay_rd assay_rd_sub(struct assay_rd *r, size_t n, const char *field)
{
	struct assay_rd sub = *r;

	if (take(r, n, field))
		sub.end = r->pos;
	else
		sub = *r;
	return sub;
}

void assay_rd_join(struct assay_rd *r, const struct assay_rd *sub)
{
	if (r->bad || !sub->bad)
		return;
	r->bad = sub->bad;
	r->bad_at = sub->bad_at;
	r->bad_want = sub->bad_want;
	r->bad_left = sub->bad_left;
}

void assay_rd_spoil(struct assay_rd *r, size_t at, const char *field)
{
	if (r->bad)
		return;
	r->bad = field;
	r->bad_at = at;
	r->bad_want = r->bad_left = 0;
}

struct assay_bytes assay_rd_rest(struct assay_rd *r)
{
	return assay_rd_bytes(r, r->bad ? 0 : r->end - r->pos, "rest");
}

bool assay_bytes_equal(struct assay_bytes a, struct assay_bytes b)
{
	return a.len == b.len &&
	       (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
