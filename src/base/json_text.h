/* json_text.h - escapes of strings, for json.c. */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include "base/json.h"

/* The character that the escape at p stands for, and the escape's length: 2, 6
 * or, for a pair of surrogates, 12; 0 if it is not a valid one. */
size_t assay_json_escape(uint32_t *out, const uint8_t *p, size_t left);

/* A string that was read, byte by byte with its escapes resolved. */
struct assay_json_walk {
	struct assay_bytes raw;
	size_t at;
	uint8_t held[4]; /* of an escape's character: bytes not yet given */
	size_t n_held, given;
};
/* The next byte; false after the last. */
bool assay_json_walk_next(struct assay_json_walk *w, uint8_t *out);

/* Two such strings say the same. */
bool assay_json_same(struct assay_bytes a, struct assay_bytes b);

#endif
