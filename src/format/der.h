/* der.h - strict DER out of the bounded reader. */
#ifndef FORMAT_DER_H
#define FORMAT_DER_H

#include "base/rd.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_PRINTABLE_STRING = 0x13,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0,
	DER_CONTEXT_3 = 0xa3,
};

/* All of these make the reader bad when what is next is not what was asked
 * for, or when its length is not minimal; they sit on assay_rd's rule that a
 * bad reader reads zeros, so a parser asks once, at the end. */

/* The next element's tag, or 0 at the end. */
uint8_t assay_der_peek(const struct assay_rd *r);
/* The contents of the next element, which has `tag`. */
struct assay_bytes assay_der_take(struct assay_rd *r, uint8_t tag,
                                  const char *field);
/* The next element, which has `tag`, with its tag and length. */
struct assay_bytes assay_der_whole(struct assay_rd *r, uint8_t tag,
                                   const char *field);
/* A reader of the contents of the next element; assay_der_leave ends it and
 * demands that all of it was read. */
struct assay_rd assay_der_enter(struct assay_rd *r, uint8_t tag,
                                const char *field);
void assay_der_leave(struct assay_rd *r, struct assay_rd *inner,
                     const char *field);

/* A non-negative INTEGER (or ENUMERATED, by tag) of at most `max`. */
uint32_t assay_der_uint(struct assay_rd *r, uint8_t tag, uint32_t max,
                        const char *field);
/* A positive INTEGER's magnitude, without leading zeros; strict: minimal. */
struct assay_bytes assay_der_serial(struct assay_rd *r, bool strict,
                                    const char *field);
/* TRUE (FF) or FALSE (00), nothing else. */
bool assay_der_boolean(struct assay_rd *r, const char *field);
/* An OCTET STRING of exactly n bytes. */
void assay_der_octets(struct assay_rd *r, uint8_t *out, size_t n,
                      const char *field);
/* UTCTime or GeneralizedTime, in the one form that RFC 5280 allows. */
int64_t assay_der_time(struct assay_rd *r, const char *field);
/* An OID's contents: whole numbers in base 128, each without leading zeros. */
struct assay_bytes assay_der_oid(struct assay_rd *r, const char *field);
/* Whether the next element is the OID of these n bytes; it is read if so. */
bool assay_der_is_oid(struct assay_rd *r, const uint8_t *oid, size_t n);

/*
 * assay_der_signature reads the signatureValue of a certificate or CRL, which
 * holds an ECDSA signature as DER, into r || s.  What is not strictly encoded
 * (RFC 5480; minimal, positive, at most 32 bytes) gives 64 zeros, which no key
 * verifies: a malformed signature is a wrong signature.
 */
void assay_der_signature(uint8_t sig[64], struct assay_rd *r);

/* The AlgorithmIdentifier ecdsa-with-SHA256 without parameters, and nothing
 * else [DCAP 2.4 X1]. */
bool assay_der_is_ecdsa_sha256(struct assay_bytes algorithm);

#endif
