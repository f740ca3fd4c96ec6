/* marks.c - which states an enclave had. */
#include "enclave/marks.h"

#include "crypto/crypto.h"

#include <string.h>

struct assay_mark assay_marks_get(const struct assay_marks *m, uint64_t number)
{
	struct assay_mark mark = { .number = number };

	if (number > 0)
		memcpy(mark.tag, m->tag[number % ASSAY_N_MARKS],
		       ASSAY_MARK_TAG_LEN);
	return mark;
}

bool assay_marks_make(struct assay_marks *m, uint64_t number)
{
	return assay_random(m->tag[number % ASSAY_N_MARKS], ASSAY_MARK_TAG_LEN);
}

bool assay_marks_follow(const struct assay_marks *m, uint64_t newest,
                        const struct assay_mark *mark)
{
	if (mark->number == 0)
		return true;
	if (mark->number > newest)
		return false;
	return newest - mark->number >= ASSAY_N_MARKS - 1 ||
	       memcmp(mark->tag, m->tag[mark->number % ASSAY_N_MARKS],
	              ASSAY_MARK_TAG_LEN) == 0;
}
