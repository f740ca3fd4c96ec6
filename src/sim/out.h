/* out.h - bytes that grow: what the simulation's documents are written into. */
#ifndef SIM_OUT_H
#define SIM_OUT_H

#include <assay/base.h>

/*
 * An output grows by itself.  When memory is short, or something was asked of
 * it that cannot be, it turns bad, and from then on writes change nothing: so a
 * writer lists its fields in the order of the document's table and asks once,
 * at the end.  Zeroed is empty.
 */
struct sim_out {
	uint8_t *ptr;
	size_t len, cap;
	bool bad;
};

void sim_put(struct sim_out *out, const void *p, size_t n);
void sim_put_bytes(struct sim_out *out, struct assay_bytes bytes);
void sim_put_zeros(struct sim_out *out, size_t n);
/* The low n bytes of `value`, little-endian. */
void sim_put_le(struct sim_out *out, uint64_t value, unsigned n);
void sim_printf(struct sim_out *out, const char *fmt, ...) ASSAY_PRINTF(2, 3);

struct assay_bytes sim_out_bytes(const struct sim_out *out);
/* Empties it, keeping its memory. */
void sim_out_clear(struct sim_out *out);
void sim_out_free(struct sim_out *out);

/* Replaces `cut` bytes at `at` by `to`. */
void sim_out_splice(struct sim_out *out, size_t at, size_t cut,
                    struct assay_bytes to);

/*
 * A change to a document: the first occurrence of `from` becomes `to`; where
 * `from` is empty, `cut` bytes at `at` become `to`.  Zeroed is no change.
 */
struct sim_edit {
	struct assay_bytes from, to;
	size_t at, cut;
};
#define SIM_END SIZE_MAX /* as `at`: behind the last byte */

/* Makes `n` changes one after the other.  A change that finds no place turns
 * the output bad, so that no forgery is by accident the genuine document. */
void sim_out_edit(struct sim_out *out, const struct sim_edit *edits, size_t n);

/* A few bytes by value: identifiers, hashes, names. */
struct sim_octets {
	size_t len;
	uint8_t p[64];
};

struct assay_bytes sim_bytes(const struct sim_octets *octets);
/* A C string's bytes; those of n bytes; those of hex digits.  More than fit, or
 * what is no hex, is an error of the caller. */
struct sim_octets sim_str(const char *text);
struct sim_octets sim_mem(const void *p, size_t n);
struct sim_octets sim_hex(const char *digits);
/* A C string as borrowed bytes. */
struct assay_bytes sim_view(const char *text);

#endif
