/* fuzz_token.c - a set of public keys, a zero byte, and a token: failures leave
 * zeros and name a byte; a token that holds has claims that are JSON. */
#include <assay/token.h>

#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { NOW = 1800000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Where a failure can be: in what was given, or in what was decoded of it. */
static void must_say_where(const struct assay_err *err, size_t token_len,
                           size_t set_len)
{
	must(err->check != ASSAY_OK && err->note[0]);
	must(err->at <= (err->doc == ASSAY_DOC_KEY_SET ? set_len : token_len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct assay_token zero;
	const uint8_t *end = len ? memchr(data, 0, len) : NULL;
	size_t n = end ? (size_t)(end - data) : len;
	struct assay_bytes set = { data, n };
	struct assay_bytes in = { data + n + (end != NULL),
		                  len - n - (end != NULL) };
	struct assay_scratch scratch = { .ptr = malloc(in.len ? in.len : 1),
		                         .len = in.len };
	struct assay_token token;
	struct assay_err err = { 0 };
	struct assay_json j;

	must(scratch.ptr != NULL);
	if (assay_token_verify(&token, in, set, NULL, NOW, &scratch, &err)) {
		must(scratch.used <= in.len && token.expires > NOW);
		assay_json_open(&j, token.claims, ASSAY_DOC_TOKEN_CLAIMS);
		assay_json_skip(&j, NULL);
		must(assay_json_close(&j, &err));
	} else {
		must(memcmp(&token, &zero, sizeof(token)) == 0);
		must(scratch.used == 0);
		must_say_where(&err, in.len, set.len);
	}
	free(scratch.ptr);
	return 0;
}
