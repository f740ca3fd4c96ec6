/* jws.c - the parts of a JSON Web Signature in compact form [RFC 7515 7.1]. */
#include "base/jws.h"

#include <string.h>

/* What stands before the next dot, which is left out of the rest; false: there is
 * none. */
static bool take(struct assay_bytes *part, struct assay_bytes *rest)
{
	const uint8_t *dot = rest->len ? memchr(rest->ptr, '.', rest->len)
	                               : NULL;

	if (!dot)
		return false;
	*part = (struct assay_bytes){ rest->ptr, (size_t)(dot - rest->ptr) };
	rest->ptr += part->len + 1;
	rest->len -= part->len + 1;
	return true;
}

bool assay_jws_split(struct assay_jws *jws, struct assay_bytes in)
{
	struct assay_bytes rest = in;

	if (take(&jws->header, &rest) && take(&jws->payload, &rest)) {
		jws->sig = rest;
		jws->signed_part = (struct assay_bytes){
			in.ptr, jws->header.len + 1 + jws->payload.len
		};
		return true;
	}
	*jws = (struct assay_jws){ 0 };
	return false;
}
