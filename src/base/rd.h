/* rd.h - the bounded reader: the way binary formats from outside are read. */
#ifndef BASE_RD_H
#define BASE_RD_H

#include <assay/base.h>

/*
 * A reader walks a buffer front to back.  The first read that asks for more
 * than is left makes it bad: it remembers which field and where, and from then
 * on every read returns zeros.  So a parser lists its fields in the order of
 * the document's table and asks once, at the end, whether all went well.
 *
 * Offsets are always counted from the start of the outermost buffer, also in
 * a reader made by assay_rd_sub.
 */
struct assay_rd {
	const uint8_t *base;
	size_t pos, end; /* base[pos..end) is unread; pos <= end */
	const char *bad; /* the field that did not fit, or NULL */
	size_t bad_at, bad_want, bad_left;
};

struct assay_rd assay_rd(struct assay_bytes in);
uint8_t assay_rd_u8(struct assay_rd *r, const char *field);
uint16_t assay_rd_u16le(struct assay_rd *r, const char *field);
uint32_t assay_rd_u32le(struct assay_rd *r, const char *field);
uint64_t assay_rd_u64le(struct assay_rd *r, const char *field);
uint32_t assay_rd_u32be(struct assay_rd *r, const char *field);

/* The next n bytes as a view; {NULL, 0} if they are not there. */
struct assay_bytes assay_rd_bytes(struct assay_rd *r, size_t n,
                                  const char *field);
/* The next n bytes copied to `out`; zeros if they are not there. */
void assay_rd_copy(struct assay_rd *r, void *out, size_t n, const char *field);
/* Whether the next n bytes are there and all zero. */
bool assay_rd_zeros(struct assay_rd *r, size_t n, const char *field);
/* A reader of the next n bytes; read past them with assay_rd_join. */
struct assay_rd assay_rd_sub(struct assay_rd *r, size_t n, const char *field);
/* Takes over the badness of a reader made by assay_rd_sub. */
void assay_rd_join(struct assay_rd *r, const struct assay_rd *sub);
/* Makes the reader bad for a reason of the caller's; an earlier one stays. */
void assay_rd_spoil(struct assay_rd *r, size_t at, const char *field);
/* Everything that is left. */
struct assay_bytes assay_rd_rest(struct assay_rd *r);
static inline size_t assay_rd_left(const struct assay_rd *r)
{
	return r->end - r->pos;
}
static inline bool assay_rd_ok(const struct assay_rd *r)
{
	return !r->bad;
}

/* Two runs of bytes are the same (not constant time: nothing here is secret). */
bool assay_bytes_equal(struct assay_bytes a, struct assay_bytes b);

#endif
