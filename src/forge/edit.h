/* edit.h - documents that are changed, and pieces of them by value. */
#ifndef FORGE_EDIT_H
#define FORGE_EDIT_H

#include "os/buf.h"

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
void sim_edit_all(struct buf *out, const struct sim_edit *edits, size_t n);

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

#endif
