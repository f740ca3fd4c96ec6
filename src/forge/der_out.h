/* der_out.h - DER, written: for certificates and revocation lists. */
#ifndef FORGE_DER_OUT_H
#define FORGE_DER_OUT_H

#include "format/der.h"
#include "os/buf.h"

/* Opens an element; what is written until sim_der_close, which is given what
 * this returns, are its contents. */
size_t sim_der_open(struct buf *out, uint8_t tag);
void sim_der_close(struct buf *out, size_t at);

/* A whole element. */
void sim_der(struct buf *out, uint8_t tag, struct assay_bytes contents);
/* An INTEGER (or ENUMERATED) of few bytes, of either sign. */
void sim_der_int(struct buf *out, uint8_t tag, int64_t value);
/* A positive INTEGER from its magnitude, big-endian, without leading zeros. */
void sim_der_magnitude(struct buf *out, struct assay_bytes magnitude);
/* UTCTime until 2049, GeneralizedTime from 2050 [RFC 5280 4.1.2.5]. */
void sim_der_time(struct buf *out, int64_t time);

/* Ways to write an element that are not DER. */
enum sim_form {
	SIM_FORM_DER = 0,
	SIM_FORM_LONG_LENGTH, /* one byte more of length than is needed */
	SIM_FORM_INDEFINITE,  /* BER's indefinite length */
	SIM_FORM_TRAILING,    /* a byte behind the element */
};
/* Rewrites `out`, which holds one whole element, in that form. */
void sim_der_reform(struct buf *out, enum sim_form form);

#endif
