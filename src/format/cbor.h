/* cbor.h - the little of CBOR that evidence needs, out of the bounded reader
 * [RFC 8949 3]: items of a known length, in any nesting. */
#ifndef FORMAT_CBOR_H
#define FORMAT_CBOR_H

#include "base/rd.h"

enum assay_cbor {
	ASSAY_CBOR_UINT = 0,
	ASSAY_CBOR_NEGATIVE,
	ASSAY_CBOR_BYTES,
	ASSAY_CBOR_TEXT,
	ASSAY_CBOR_ARRAY,
	ASSAY_CBOR_MAP,
	ASSAY_CBOR_TAG,
	ASSAY_CBOR_SIMPLE, /* and floating point numbers */
};

/* All of these make the reader bad when what is next is not what was asked for:
 * a parser asks once, at the end. */

/* The next item's type; ASSAY_CBOR_SIMPLE at the end. */
enum assay_cbor assay_cbor_peek(const struct assay_rd *r);
/* The head of the next item, which has this type: a number's value, a string's
 * length, how many items an array or pairs a map has, a tag's number.  Lengths
 * that are not stated (indefinite) spoil the reader. */
uint64_t assay_cbor_head(struct assay_rd *r, enum assay_cbor type,
                         const char *field);
/* The contents of the next item, a string of this type. */
struct assay_bytes assay_cbor_string(struct assay_rd *r, enum assay_cbor type,
                                     const char *field);
/* A reader of the same; assay_cbor_leave ends it and demands that all of it was
 * read. */
struct assay_rd assay_cbor_enter(struct assay_rd *r, enum assay_cbor type,
                                 const char *field);
void assay_cbor_leave(struct assay_rd *r, struct assay_rd *inner,
                      const char *field);
/* Reads past the next item, whatever it is and holds; in time that its length
 * bounds, and without recursion. */
void assay_cbor_skip(struct assay_rd *r, const char *field);

#endif
