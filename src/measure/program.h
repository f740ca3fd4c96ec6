/* program.h - the pages of the enclave that a program becomes, and their
 * measurement (docs/measurement.md). */
#ifndef MEASURE_PROGRAM_H
#define MEASURE_PROGRAM_H

#include "measure/elf.h"
#include "measure/stream.h"

enum {
	ASSAY_SSA_FRAME = 1, /* SSAFRAMESIZE */
	ASSAY_NSSA = 2,      /* frames of a thread */
	ASSAY_PLAN_MAX = ASSAY_ELF_MAX_LOADS + 5,
};
#define ASSAY_PROGRAM_MAX (UINT64_C(1) << 34) /* the largest enclave */

/* Pages of one kind. */
struct assay_area {
	const char *name;
	uint64_t at, n_pages;
	uint64_t flags; /* SECINFO.FLAGS */
	bool measured;
	bool tcs;                 /* a page for each thread, else: */
	struct assay_bytes bytes; /* these, and zeros around them; */
	size_t lead;              /* so many before them */
};

/* The enclave: its areas in the order in which they are added.  Views point
 * into the program and the launch page. */
struct assay_plan {
	uint64_t size; /* SECS.SIZE */
	uint64_t entry, launch_at, ssa_at;
	size_t n;
	struct assay_area area[ASSAY_PLAN_MAX];
};

/*
 * assay_plan_make lays out the enclave of `program` with its launch page, whose
 * form is checked, and which must be for this program.  Zeroed on failure.
 * Fails as assay_elf_read, assay_launch_read, assay_launch_is_for, and with
 * ASSAY_S_PROGRAM_SIZE.
 */
ASSAY_MUST_CHECK bool assay_plan_make(struct assay_plan *plan,
                                      struct assay_bytes program,
                                      const uint8_t launch[ASSAY_PAGE],
                                      struct assay_err *err);

/* assay_plan_any does the same for a launch page that may be for another program:
 * what is laid out is to be measured and looked at, not to be launched. */
ASSAY_MUST_CHECK bool assay_plan_any(struct assay_plan *plan,
                                     struct assay_bytes program,
                                     const uint8_t launch[ASSAY_PAGE],
                                     struct assay_err *err);
/* assay_area_stream sends an area that is not of threads through a stream. */
ASSAY_MUST_CHECK bool assay_area_stream(struct assay_stream *s,
                                        const struct assay_area *a,
                                        struct assay_err *err);

/* assay_plan_stream sends the enclave through a stream that has begun. */
ASSAY_MUST_CHECK bool assay_plan_stream(struct assay_stream *s,
                                        const struct assay_plan *plan,
                                        struct assay_err *err);

#endif
