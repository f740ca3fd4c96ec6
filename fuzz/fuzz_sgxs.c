/* fuzz_sgxs.c - streams in files: the measurement is the SHA-256 of what is
 * measured, and what comes out reads as the same. */
#include "measure/sgxs.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* What came out; as long as the input at most. */
struct kept {
	uint8_t *p;
	size_t len, cap;
	uint64_t pages, end;
};

static void keep(void *to, const uint8_t *p, size_t n)
{
	struct kept *k = to;

	must(n <= k->cap - k->len);
	memcpy(k->p + k->len, p, n);
	k->len += n;
}

static void see(void *to, const struct assay_pages *pages)
{
	struct kept *k = to;

	uint64_t end = pages->at + pages->n * ASSAY_PAGE;

	must(pages->n > 0 && end > pages->at && pages->chunks <= 16);
	k->end = end > k->end ? end : k->end;
	k->pages += pages->n;
}

static bool measure(uint8_t mrenclave[32], struct kept *k, bool *unsized,
                    struct assay_bytes in, struct assay_err *err)
{
	struct assay_sink sink = { keep, k };
	struct assay_stream s;

	*k = (struct kept){ .p = malloc(in.len + 1), .cap = in.len };
	must(k->p != NULL);
	assay_stream_begin(&s, &sink);
	if (!assay_sgxs_stream(&s, unsized, in, see, k, err))
		return false;
	must(k->end <= s.size && k->len == s.hashed);
	return assay_stream_end(mrenclave, &s, err);
}

static void check_again(const struct kept *first, const uint8_t mrenclave[32])
{
	struct kept again;
	uint8_t got[32];
	bool unsized;

	must(measure(got, &again, &unsized,
	             (struct assay_bytes){ first->p, first->len }, NULL));
	must(!unsized && again.pages == first->pages);
	must(again.len == first->len &&
	     memcmp(again.p, first->p, first->len) == 0);
	must(memcmp(got, mrenclave, 32) == 0);
	free(again.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };
	struct assay_err err = { 0 };
	uint8_t mrenclave[32], hash[32];
	struct kept k;
	bool unsized = false;

	if (measure(mrenclave, &k, &unsized, in, &err)) {
		assay_sha256(hash, (struct assay_bytes){ k.p, k.len });
		must(memcmp(hash, mrenclave, 32) == 0);
		must(k.len % 64 == 0 && k.len <= len);
		/* nothing left out, nothing put in: it is the file */
		must(k.len < len || unsized || memcmp(k.p, data, len) == 0);
		check_again(&k, mrenclave);
	} else {
		must(err.check == ASSAY_S_SGXS ||
		     (err.check >= ASSAY_S_SIZE && err.check <= ASSAY_S_TCS));
		must(err.doc == (err.check == ASSAY_S_SGXS
		                         ? ASSAY_DOC_SGXS
		                         : ASSAY_DOC_ENCLAVE));
		must(err.check != ASSAY_S_SGXS || err.at <= len);
	}
	free(k.p);
	return 0;
}
