/* fuzz_batch.c - the lines of POST /v1/batch: all that are not empty, each once and
 * in order; their evidence lies in the line, or is what its string says. */
#include "service/verify.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool lies_in(struct assay_bytes part, struct assay_bytes whole)
{
	return part.len == 0 || (part.ptr >= whole.ptr &&
	                         part.ptr + part.len <= whole.ptr + whole.len);
}

static void check_evidence(struct assay_bytes line)
{
	struct buf text = { 0 };
	const struct assay_bytes e = evidence_of(line, &text);

	must(lies_in(e, line) || e.ptr == text.ptr);
	must(e.len <= line.len);
	/* what has no escapes is borrowed */
	must(memchr(line.ptr, '\\', line.len) || lies_in(e, line));
	buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes all = { data, len };
	struct batch b = { .rest = all };
	struct assay_bytes line;
	const uint8_t *at = data;
	uint64_t before = 0, feeds = 0;

	while (next_line(&line, &b)) {
		must(line.len && lies_in(line, all) && line.ptr >= at);
		must(!memchr(line.ptr, '\n', line.len));
		must(b.line > before);
		at = line.ptr + line.len;
		before = b.line;
		check_evidence(line);
	}
	for (size_t i = 0; i < len; i++)
		feeds += data[i] == '\n';
	must(!b.rest.len && b.line <= feeds + 1 && before <= b.line);
	return 0;
}
