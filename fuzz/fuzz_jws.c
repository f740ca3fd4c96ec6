/* fuzz_jws.c - the parts of a JSON Web Signature: a failure leaves zeros; put
 * together again they are the input. */
#include "base/jws.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* `part` begins at `at`, and a dot stands behind it, or the end. */
static size_t must_follow(struct assay_bytes part, const uint8_t *data,
                          size_t len, size_t at)
{
	must(part.ptr == data + at && part.len <= len - at);
	at += part.len;
	must(at == len || data[at] == '.');
	return at + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct assay_jws zero;
	struct assay_jws jws;
	size_t at;

	if (!assay_jws_split(&jws, (struct assay_bytes){ data, len })) {
		must(memcmp(&jws, &zero, sizeof(jws)) == 0);
		return 0;
	}
	at = must_follow(jws.header, data, len, 0);
	at = must_follow(jws.payload, data, len, at);
	must(jws.signed_part.ptr == data && jws.signed_part.len == at - 1);
	must(must_follow(jws.sig, data, len, at) == len + 1);
	must(!jws.header.len || !memchr(data, '.', jws.header.len));
	return 0;
}
