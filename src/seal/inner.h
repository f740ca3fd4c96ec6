/*
 * inner.h - what stands in a sealed request and in a sealed answer, before the
 * program's own bytes: u8 what, then a mark: u64be number, 16 bytes [ASSAY
 * message].
 */
#ifndef SEAL_INNER_H
#define SEAL_INNER_H

#include <assay/err.h>

/* A mark names a state that an enclave stored: its number in the order of
 * states, from 1, and what no other of that number has.  Zeroed: none. */
enum { ASSAY_MARK_TAG_LEN = 16 };
struct assay_mark {
	uint64_t number;
	uint8_t tag[ASSAY_MARK_TAG_LEN];
};

/* What it is. */
enum assay_inner {
	ASSAY_INNER_NONE = 0,
	ASSAY_INNER_REQUEST, /* with the newest mark that the asker saw */
	ASSAY_INNER_ANSWER,  /* an answer has the mark of the present state */
	ASSAY_INNER_REFUSAL, /* the program says no: a text */
	ASSAY_INNER_OLD,     /* the state is not what the asker saw: a text */
};

enum { ASSAY_INNER_LEN = 1 + 8 + ASSAY_MARK_TAG_LEN };

void assay_inner_write(uint8_t out[ASSAY_INNER_LEN], enum assay_inner what,
                       const struct assay_mark *mark);

/*
 * assay_inner_read reads one from the asker (`asked`) or from the enclave;
 * `rest` is what follows, in `in`.  ASSAY_INNER_NONE on failure, all zeroed.
 * Fails with ASSAY_H_INNER.
 */
ASSAY_MUST_CHECK enum assay_inner
assay_inner_read(struct assay_mark *mark, struct assay_bytes *rest,
                 struct assay_bytes in, bool asked, struct assay_err *err);

#endif
