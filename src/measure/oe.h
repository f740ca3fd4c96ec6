/* oe.h - a shared object that Open Enclave's oesign has signed [SGX 3.2]. */
#ifndef MEASURE_OE_H
#define MEASURE_OE_H

#include <assay/measure.h>

#include "measure/so.h"
#include "measure/stream.h"

enum { ASSAY_OE_PATCHES_MAX = 24 };
#define ASSAY_OE_SIZE_MAX (UINT64_C(1) << 40) /* of an enclave: 1 TiB */

/* What the loader writes into the image: a number, or zeros. */
struct assay_oe_patch {
	uint64_t at; /* address in the image */
	uint64_t value;
	size_t n; /* bytes; if they are more than 8, zeros follow */
};

struct assay_oe {
	struct assay_so so;
	struct assay_bytes sigstruct;
	uint64_t info_at;              /* address of the properties */
	size_t info_len, info_file_at; /* and where they are in the file */
	uint64_t heap, stack, threads; /* pages; of each thread; how many */
	uint32_t flags;
	/* what follows is there when it is planned */
	uint64_t tls;   /* pages of each thread */
	uint64_t start; /* where the image begins in the enclave */
	uint64_t size;  /* SECS.SIZE */
	struct assay_bytes relocations[2]; /* one behind the other */
	struct assay_bytes symbols, names;
	size_t n_patches;
	struct assay_oe_patch patch[ASSAY_OE_PATCHES_MAX];
};

/* assay_is_oe says whether a file is for this. */
bool assay_is_oe(struct assay_bytes in);

/* assay_oe_read reads the properties that a file has of its enclave.  Zeroed on
 * failure; points into `in`.  Fails with ASSAY_S_SO, _OE_INFO. */
ASSAY_MUST_CHECK bool assay_oe_read(struct assay_oe *oe, struct assay_bytes in,
                                    struct assay_err *err);

/* assay_oe_plan finds out how its enclave is made.  Fails with ASSAY_S_SO,
 * _OE_INFO, _OE_ALONE, _OE_SYMBOL, _OE_ROOM. */
ASSAY_MUST_CHECK bool assay_oe_plan(struct assay_oe *oe, struct assay_err *err);

/* assay_oe_stream sends an enclave that is planned through a stream that has
 * begun, and tells `pages`, if it is not NULL.  Fails as the steps of a
 * stream. */
ASSAY_MUST_CHECK bool
assay_oe_stream(struct assay_stream *s, const struct assay_oe *oe,
                void (*pages)(void *to, const struct assay_pages *pages),
                void *to, struct assay_err *err);

#endif
