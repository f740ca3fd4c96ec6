/* text.h - hex, base64, PEM framing: text that carries bytes. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <assay/base.h>

/* Writes 2*n digits and a NUL. */
void assay_hex_print(char *out, const uint8_t *p, size_t n, bool upper);
/* Exactly 2*n digits of either case into n bytes. */
ASSAY_MUST_CHECK bool assay_hex_parse(uint8_t *out, size_t n,
                                      struct assay_bytes text);

/* RFC 4648 base64, padded, strict (no white space, no stray bits); `ws` lets
 * white space between the digits.  out needs 3*len/4 + 3 bytes. */
ASSAY_MUST_CHECK bool assay_base64_parse(uint8_t *out, size_t *out_len,
                                         struct assay_bytes text, bool ws);
/* Writes 4*ceil(n/3) digits and a NUL. */
void assay_base64_print(char *out, const uint8_t *p, size_t n);

/*
 * assay_pem_next finds the next block of PEM text at or after *pos: only white
 * space and NULs may stand before it.  `label` is what its lines must say
 * ("CERTIFICATE").  On success `body` is the base64 between the lines and *pos
 * is behind the END line.  Nothing left: returns false, *pos == text.len.
 * Anything else: false, *pos at the byte in question.
 */
ASSAY_MUST_CHECK bool assay_pem_next(struct assay_bytes *body,
                                     struct assay_bytes text, size_t *pos,
                                     const char *label);

/* The length of the UTF-8 character at p, 1..4; 0 if it is cut off, overlong, a
 * surrogate or above U+10FFFF.  left > 0. */
size_t assay_utf8_len(const uint8_t *p, size_t left);

/* Seconds since 1970-01-01T00:00:00Z of a moment that exists, in the years 1970
 * to 9999 (no leap seconds); else false and 0.  Shared by RFC 3339 and ASN.1
 * times. */
ASSAY_MUST_CHECK bool assay_date_to_time(int64_t *time, unsigned year,
                                         unsigned month, unsigned day,
                                         unsigned hour, unsigned minute,
                                         unsigned second);

#endif
