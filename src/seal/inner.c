/* inner.c - what stands in a sealed request and in a sealed answer. */
#include "seal/inner.h"

#include "base/err.h"
#include "base/rd.h"

#include <string.h>

void assay_inner_write(uint8_t out[ASSAY_INNER_LEN], enum assay_inner what,
                       const struct assay_mark *mark)
{
	*out++ = (uint8_t)what;
	for (int shift = 56; shift >= 0; shift -= 8)
		*out++ = (uint8_t)(mark->number >> shift);
	memcpy(out, mark->tag, ASSAY_MARK_TAG_LEN);
}

static uint64_t u64be(struct assay_rd *r, const char *field)
{
	uint64_t high = assay_rd_u32be(r, field);

	return high << 32 | assay_rd_u32be(r, field);
}

enum assay_inner assay_inner_read(struct assay_mark *mark,
                                  struct assay_bytes *rest,
                                  struct assay_bytes in, bool asked,
                                  struct assay_err *err)
{
	const enum assay_inner first = asked ? ASSAY_INNER_REQUEST
	                                     : ASSAY_INNER_ANSWER;
	const enum assay_inner last = asked ? ASSAY_INNER_REQUEST
	                                    : ASSAY_INNER_OLD;
	struct assay_rd r = assay_rd(in);
	enum assay_inner what = assay_rd_u8(&r, "what");

	mark->number = u64be(&r, "number");
	assay_rd_copy(&r, mark->tag, sizeof(mark->tag), "tag");
	*rest = assay_rd_rest(&r);
	if (assay_rd_ok(&r) && what >= first && what <= last)
		return what;
	memset(mark, 0, sizeof(*mark));
	*rest = (struct assay_bytes){ NULL, 0 };
	(void)assay_fail(err, ASSAY_H_INNER, ASSAY_DOC_NONE, 0,
	                 "got %zu bytes, of kind %u", in.len, (unsigned)what);
	return ASSAY_INNER_NONE;
}
