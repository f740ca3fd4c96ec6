/* buf.h - bytes that grow. */
#ifndef OS_BUF_H
#define OS_BUF_H

#include <assay/base.h>

/*
 * An output grows by itself.  When memory is short, or something was asked of
 * it that cannot be, it turns bad, and from then on writes change nothing: so a
 * writer lists its fields in the order of the document's table and asks once,
 * at the end.  Zeroed is empty.
 */
struct buf {
	uint8_t *ptr;
	size_t len, cap;
	bool bad;
};

void buf_put(struct buf *out, const void *p, size_t n);
void buf_put_bytes(struct buf *out, struct assay_bytes bytes);
void buf_put_zeros(struct buf *out, size_t n);
/* The low n bytes of `value`, little-endian. */
void buf_put_le(struct buf *out, uint64_t value, unsigned n);
void buf_printf(struct buf *out, const char *fmt, ...) ASSAY_PRINTF(2, 3);

struct assay_bytes buf_bytes(const struct buf *out);
/* Empties it, keeping its memory. */
void buf_clear(struct buf *out);
void buf_free(struct buf *out);

/* Replaces `cut` bytes at `at` by `to`. */
void buf_splice(struct buf *out, size_t at, size_t cut, struct assay_bytes to);

/* A C string as borrowed bytes. */
struct assay_bytes buf_text(const char *text);

#endif
