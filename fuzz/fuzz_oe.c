/* fuzz_oe.c - shared objects that Open Enclave signed: a failure to read leaves
 * zeros and names a byte; what is told of pages is what is hashed, ascends, and
 * lies in the enclave. */
#include "measure/oe.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { SIZE_MAX_TRIED = 1 << 22 }; /* larger ones take long */

static void must(bool holds)
{
	if (!holds)
		abort();
}

struct told {
	uint64_t pages, chunks, end;
	bool descends;
};

static void see(void *to, const struct assay_pages *pages)
{
	struct told *t = to;

	must(pages->n > 0);
	t->descends |= pages->at < t->end;
	t->end = pages->at + pages->n * ASSAY_PAGE;
	must(t->end > pages->at);
	t->pages += pages->n;
	t->chunks += pages->n * pages->chunks;
}

static bool is_ours(const struct assay_err *err, size_t len)
{
	return (err->check == ASSAY_S_SO || (err->check >= ASSAY_S_OE_INFO &&
	                                     err->check <= ASSAY_S_OE_ROOM)) &&
	       err->doc == ASSAY_DOC_PROGRAM && err->at <= len && err->note[0];
}

/* Segments may come in any order; all else ascends. */
static bool segments_ascend(const struct assay_oe *oe)
{
	for (size_t i = 1; i < oe->so.n_loads; i++)
		if (oe->so.load[i].vaddr < oe->so.load[i - 1].vaddr)
			return false;
	return true;
}

static void check_stream(const struct assay_oe *oe)
{
	struct assay_err err = { 0 };
	struct told t = { 0 };
	struct assay_stream s;

	assay_stream_begin(&s, NULL);
	if (assay_oe_stream(&s, oe, see, &t, &err)) {
		must(t.end <= s.size && s.size == oe->size);
		must(!t.descends || !segments_ascend(oe));
		must(s.hashed == 64 + 64 * t.pages + 320 * t.chunks);
	} else {
		must(err.check == ASSAY_S_FLAGS && err.note[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct assay_oe zero;
	struct assay_err err = { 0 };
	struct assay_oe oe;

	if (!assay_oe_read(&oe, (struct assay_bytes){ data, len }, &err)) {
		must(is_ours(&err, len));
		must(memcmp(&oe, &zero, sizeof(oe)) == 0);
		return 0;
	}
	must(assay_is_oe((struct assay_bytes){ data, len }));
	must(oe.sigstruct.len == ASSAY_SIGSTRUCT_LEN);
	if (!assay_oe_plan(&oe, &err))
		must(is_ours(&err, len));
	else if (oe.size <= SIZE_MAX_TRIED)
		check_stream(&oe);
	return 0;
}
