/* fuzz_sdk.c - shared objects that Intel's SDK signed: a failure leaves zeros and
 * names a byte; what is told of pages is what is hashed, within the enclave; two
 * copies that are said to make the same enclave do. */
#include "measure/sdk.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { IMAGE_MAX = 1 << 20 }; /* larger ones take long, and show no more */

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct told {
	uint64_t pages, chunks, end;
};

static void see(void *to, const struct assay_pages *pages)
{
	struct told *t = to;
	uint64_t end = pages->at + pages->n * ASSAY_PAGE;

	must(pages->n > 0 && end > pages->at);
	must(pages->chunks == 0 || pages->chunks == ASSAY_N_CHUNKS);
	t->end = end > t->end ? end : t->end;
	t->pages += pages->n;
	t->chunks += pages->n * pages->chunks;
}

static bool measure(uint8_t mrenclave[32], const struct assay_sdk *sdk,
                    const struct assay_sdk_copy *copy)
{
	struct assay_err err = { 0 };
	struct told t = { 0 };
	struct assay_stream s;

	assay_stream_begin(&s, NULL);
	if (!assay_sdk_stream(&s, sdk, copy, see, &t, &err)) {
		must(err.check == ASSAY_S_SO || err.check == ASSAY_S_SDK_ROOM ||
		     (err.check >= ASSAY_S_SIZE && err.check <= ASSAY_S_CHUNK));
		return false;
	}
	must(t.end <= s.size && t.pages <= copy->image / ASSAY_PAGE);
	must(s.hashed == 64 + 64 * t.pages + 320 * t.chunks);
	return assay_stream_end(mrenclave, &s, NULL);
}

static void check_copy(const struct assay_sdk *sdk,
                       const struct assay_sdk_copy *copy)
{
	const struct assay_sdk_copy *taken = &sdk->copy[sdk->taken];
	uint8_t own[32], other[32];
	bool good;

	must(copy->image <= copy->size && copy->all.len <= sdk->so.in.len);
	must(copy->sigstruct.len == ASSAY_SIGSTRUCT_LEN);
	must(assay_sdk_same(copy, copy));
	if (copy->image > IMAGE_MAX || taken->image > IMAGE_MAX)
		return;
	good = measure(own, sdk, copy);
	if (!assay_sdk_same(copy, taken))
		return;
	must(measure(other, sdk, taken) == good);
	must(!good || memcmp(own, other, 32) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct assay_sdk zero;
	struct assay_err err = { 0 };
	struct assay_sdk sdk;

	if (assay_sdk_read(&sdk, (struct assay_bytes){ data, len }, &err)) {
		must(assay_is_sdk((struct assay_bytes){ data, len }));
		must(sdk.n > 0 && sdk.taken < sdk.n);
		for (size_t i = 0; i < sdk.n; i++)
			check_copy(&sdk, &sdk.copy[i]);
		return 0;
	}
	must(err.check == ASSAY_S_SO || (err.check >= ASSAY_S_SDK_NOTE &&
	                                 err.check <= ASSAY_S_SDK_LAYOUT));
	must(err.doc == ASSAY_DOC_PROGRAM && err.at <= len && err.note[0]);
	must(memcmp(&sdk, &zero, sizeof(sdk)) == 0);
	return 0;
}
