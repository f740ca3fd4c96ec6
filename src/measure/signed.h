/* signed.h - a signed program: ELF, launch page, SIGSTRUCT, trailer
 * (docs/measurement.md). */
#ifndef MEASURE_SIGNED_H
#define MEASURE_SIGNED_H

#include <assay/measure.h>

enum {
	ASSAY_TRAILER_LEN = 64,
	/* what is appended to a program */
	ASSAY_SIGNED_TAIL = ASSAY_PAGE + ASSAY_SIGSTRUCT_LEN +
	                    ASSAY_TRAILER_LEN,
};

/* The parts of a signed program, as views of it. */
struct assay_signed {
	struct assay_bytes program, launch, sigstruct;
};

/* assay_is_signed says whether a file ends with a trailer's name. */
bool assay_is_signed(struct assay_bytes in);

/*
 * assay_signed_read takes a signed program apart: what the parts hold is not
 * looked at.  Zeroed on failure.  Fails with ASSAY_S_TRAILER.
 */
ASSAY_MUST_CHECK bool assay_signed_read(struct assay_signed *parts,
                                        struct assay_bytes in,
                                        struct assay_err *err);

/* assay_signed_tail writes what makes a program of `program_len` bytes a signed
 * one. */
void assay_signed_tail(uint8_t out[ASSAY_SIGNED_TAIL], size_t program_len,
                       const uint8_t launch[ASSAY_PAGE],
                       const uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN]);

#endif
