/* launch.h - the launch page: how a program is launched, measured with it
 * (docs/launch-page.md). */
#ifndef MEASURE_LAUNCH_H
#define MEASURE_LAUNCH_H

#include <assay/measure.h>

enum {
	ASSAY_LAUNCH_THREADS_MAX = 64,
	ASSAY_LAUNCH_STACK_MAX = 1 << 30,
};
#define ASSAY_LAUNCH_HEAP_MAX (UINT64_C(1) << 34)

/*
 * assay_launch_write makes the launch page of `program`.  Zeroed on failure.
 * Fails with ASSAY_S_LAUNCH: a value is out of its limits.
 */
ASSAY_MUST_CHECK bool assay_launch_write(uint8_t page[ASSAY_PAGE],
                                         const struct assay_launch *launch,
                                         struct assay_bytes program,
                                         struct assay_err *err);

/*
 * assay_launch_read reads a launch page, whose form alone is checked; `launch`
 * points into it.  Zeroed on failure.  Fails with ASSAY_S_LAUNCH.
 */
ASSAY_MUST_CHECK bool assay_launch_read(struct assay_launch *launch,
                                        const uint8_t page[ASSAY_PAGE],
                                        struct assay_err *err);

/* assay_launch_is_for says whether a page whose form is good was made for this
 * program.  Fails with ASSAY_S_LAUNCH_PROGRAM. */
ASSAY_MUST_CHECK bool assay_launch_is_for(const uint8_t page[ASSAY_PAGE],
                                          struct assay_bytes program,
                                          struct assay_err *err);

#endif
