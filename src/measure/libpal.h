/* libpal.h - Gramine's loader, as far as an enclave's measurement needs it
 * [SGX 3.4]. */
#ifndef MEASURE_LIBPAL_H
#define MEASURE_LIBPAL_H

#include "measure/elf.h"

/*
 * assay_libpal_read reads the headers of a loader: where it is entered, and its
 * segments, which ascend, share no page, lie inside of the file and begin on
 * page 0.  Rights are as the file says.  Zeroed on failure; points into `in`.
 * Fails with ASSAY_S_LIBPAL.
 */
ASSAY_MUST_CHECK bool assay_libpal_read(struct assay_elf *elf,
                                        struct assay_bytes in,
                                        struct assay_err *err);

#endif
