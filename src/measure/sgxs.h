/* sgxs.h - a stream that was written to a file [SGX 3.5]. */
#ifndef MEASURE_SGXS_H
#define MEASURE_SGXS_H

#include "measure/stream.h"

/* assay_is_sgxs says whether a file begins as a stream does. */
bool assay_is_sgxs(struct assay_bytes in);

/*
 * assay_sgxs_stream sends a stream through one that has begun: what a processor
 * would hash.  Records that are not measured are left out.  *unsized: it began
 * without its size, and went through as if it ended where it does.
 *
 * pages  gets runs of pages that are alike; or NULL
 * Fails with ASSAY_S_SGXS (`at` counts in the file), and as the steps of a
 * stream do.
 */
ASSAY_MUST_CHECK bool
assay_sgxs_stream(struct assay_stream *s, bool *unsized, struct assay_bytes in,
                  void (*pages)(void *to, const struct assay_pages *pages),
                  void *to, struct assay_err *err);

#endif
