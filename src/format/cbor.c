/* cbor.c - the little of CBOR that evidence needs [RFC 8949 3]. */
#include "format/cbor.h"

enum { TYPE_SHIFT = 5, ARGUMENT = 0x1f, FIRST_LONG = 24, LAST_LONG = 27 };

enum assay_cbor assay_cbor_peek(const struct assay_rd *r)
{
	if (!assay_rd_ok(r) || !assay_rd_left(r))
		return ASSAY_CBOR_SIMPLE;
	return (enum assay_cbor)(r->base[r->pos] >> TYPE_SHIFT);
}

uint64_t assay_cbor_head(struct assay_rd *r, enum assay_cbor type,
                         const char *field)
{
	size_t at = r->pos;
	uint8_t first = assay_rd_u8(r, field);
	uint64_t value = first & ARGUMENT;

	if (first >> TYPE_SHIFT != type || value > LAST_LONG) {
		assay_rd_spoil(r, at, field);
		return 0;
	}
	if (value < FIRST_LONG)
		return value;
	/* it follows, in 1, 2, 4 or 8 bytes */
	unsigned n = 1u << (value - FIRST_LONG);

	for (value = 0; n; n--)
		value = value << 8 | assay_rd_u8(r, field);
	return assay_rd_ok(r) ? value : 0;
}

struct assay_bytes assay_cbor_string(struct assay_rd *r, enum assay_cbor type,
                                     const char *field)
{
	struct assay_rd inner = assay_cbor_enter(r, type, field);

	return assay_rd_rest(&inner);
}

struct assay_rd assay_cbor_enter(struct assay_rd *r, enum assay_cbor type,
                                 const char *field)
{
	uint64_t n = assay_cbor_head(r, type, field);

	if (n > assay_rd_left(r)) /* also where a size has 32 bits */
		assay_rd_spoil(r, r->pos, field);
	return assay_rd_sub(r, (size_t)n, field);
}

void assay_cbor_leave(struct assay_rd *r, struct assay_rd *inner,
                      const char *field)
{
	if (assay_rd_left(inner))
		assay_rd_spoil(inner, inner->pos, field);
	assay_rd_join(r, inner);
}

/* Reads the next item but for those that it holds; their number. */
static uint64_t skip_one(struct assay_rd *r, const char *field)
{
	enum assay_cbor type = assay_cbor_peek(r);
	size_t at = r->pos;
	uint64_t n;

	if (type == ASSAY_CBOR_BYTES || type == ASSAY_CBOR_TEXT) {
		assay_cbor_string(r, type, field);
		return 0;
	}
	n = assay_cbor_head(r, type, field);
	if (type == ASSAY_CBOR_TAG)
		return 1;
	if (type != ASSAY_CBOR_ARRAY && type != ASSAY_CBOR_MAP)
		return 0;
	/* an item has a byte at least */
	if (n > assay_rd_left(r)) {
		assay_rd_spoil(r, at, field);
		return 0;
	}
	return type == ASSAY_CBOR_MAP ? 2 * n : n;
}

void assay_cbor_skip(struct assay_rd *r, const char *field)
{
	uint64_t n = 1;

	while (n && assay_rd_ok(r))
		n += skip_one(r, field) - 1;
}
