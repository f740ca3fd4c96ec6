/* base64url.h - base64url without padding [RFC 7515 2], strict. */
#ifndef BASE_BASE64URL_H
#define BASE_BASE64URL_H

#include <assay/base.h>

/* Digits that n bytes take. */
#define ASSAY_BASE64URL_LEN(n) ((n) / 3 * 4 + ((n) % 3 ? (n) % 3 + 1 : 0))

/* Writes the digits and a NUL; returns how many. */
size_t assay_base64url_print(char *out, const uint8_t *p, size_t n);
/* No padding, no white space, no stray bits; false, and nothing in `out`, if it
 * is anything else, or more than `room` bytes. */
ASSAY_MUST_CHECK bool assay_base64url_parse(uint8_t *out, size_t room,
                                            size_t *out_len,
                                            struct assay_bytes text);

#endif
