/* marks.h - which states an enclave had: the newest ones' tags. */
#ifndef ENCLAVE_MARKS_H
#define ENCLAVE_MARKS_H

#include "seal/inner.h"

/* A tag's place is its number modulo N; the oldest one's place is the next one's,
 * and so it is not relied on. */
enum { ASSAY_N_MARKS = 256 };
struct assay_marks {
	uint8_t tag[ASSAY_N_MARKS][ASSAY_MARK_TAG_LEN];
};

/* The mark of a number; zeroed, if that is 0. */
struct assay_mark assay_marks_get(const struct assay_marks *marks,
                                  uint64_t number);
/* Makes up the tag of a number; false for want of random bytes. */
ASSAY_MUST_CHECK bool assay_marks_make(struct assay_marks *marks,
                                       uint64_t number);
/* Whether the state numbered `newest` can come from the one that has `mark`: it
 * is no older, and has that one among its own, as far back as it remembers. */
bool assay_marks_follow(const struct assay_marks *marks, uint64_t newest,
                        const struct assay_mark *mark);

#endif
