/* x509.h - what certificates and revocation lists have in common. */
#ifndef FORMAT_X509_H
#define FORMAT_X509_H

#include "base/err.h"
#include "format/der.h"

/* One Extension of a list. */
struct assay_x509_ext {
	size_t at, value_at;
	struct assay_bytes oid;
	uint8_t ce; /* n of 2.5.29.n, else 0 */
	bool critical;
	struct assay_rd value; /* inside the OCTET STRING; the caller reads it
	                          * and joins it to the list */
};
struct assay_x509_ext assay_x509_extension(struct assay_rd *list);

/*
 * A whole Name: RDNs of attributes, each an OID and a UTF8String or
 * PrintableString; anything else spoils the reader.  `cn` (may be NULL) gets
 * the one CN, if there is one and it stands alone in the first RDN, else it is
 * empty.
 */
struct assay_bytes assay_x509_name(struct assay_rd *r, struct assay_bytes *cn,
                                   const char *field);

/* The signature algorithm is the one of the profile, inside and outside. */
ASSAY_MUST_CHECK bool assay_x509_algorithm(struct assay_bytes inner,
                                           struct assay_bytes outer, size_t at,
                                           enum assay_doc doc,
                                           struct assay_err *err);

#endif
