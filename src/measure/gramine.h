/* gramine.h - the enclave that Gramine makes of a manifest and its loader
 * [SGX 3.4]. */
#ifndef MEASURE_GRAMINE_H
#define MEASURE_GRAMINE_H

#include "measure/elf.h"
#include "measure/program.h"

/* Where the enclave's memory begins, as its code sees it: that is measured. */
enum assay_gramine_layout {
	ASSAY_GRAMINE_AT_0,    /* Gramine from 1.5 on, and before it where the
	                        * manifest has sgx.nonpie_binary = true */
	ASSAY_GRAMINE_AT_SIZE, /* Gramine up to 1.4: at its own size */
};

/* What the manifest says. */
struct assay_gramine {
	struct assay_bytes manifest;
	uint64_t size;
	uint32_t threads;
	bool edmm;
	uint64_t n_unhashed; /* files that are trusted without a hash */
	enum assay_gramine_layout layout; /* as far as the manifest tells */
};

/* assay_is_manifest says whether a file looks like a manifest: text, with a
 * line that begins with what is Gramine's. */
bool assay_is_manifest(struct assay_bytes in);

/* assay_gramine_read reads a manifest.  Zeroed on failure; points into `in`.
 * Fails with ASSAY_S_TOML, _MANIFEST. */
ASSAY_MUST_CHECK bool assay_gramine_read(struct assay_gramine *g,
                                         struct assay_bytes in,
                                         struct assay_err *err);

/* Where everything is: offsets in the enclave.  Of threads the stacks of the
 * first are uppermost. */
struct assay_gramine_plan {
	struct assay_gramine g;
	struct assay_elf pal;
	uint64_t base, heap;
	uint64_t manifest_at, ssa_at, tcs_at, tls_at, stacks_at, signals_at,
		pal_at;
};

/* assay_gramine_plan lays out the enclave.  Zeroed on failure.  Fails with
 * ASSAY_S_GRAMINE_ROOM. */
ASSAY_MUST_CHECK bool assay_gramine_plan(struct assay_gramine_plan *plan,
                                         const struct assay_gramine *g,
                                         const struct assay_elf *pal,
                                         struct assay_err *err);

/* assay_gramine_stream sends the enclave through a stream that has begun. */
ASSAY_MUST_CHECK bool
assay_gramine_stream(struct assay_stream *s,
                     const struct assay_gramine_plan *plan,
                     struct assay_err *err);

/* assay_gramine_tell gives the enclave's areas in the order in which they are
 * added. */
void assay_gramine_tell(const struct assay_gramine_plan *plan,
                        void (*tell)(void *to, const struct assay_area *area),
                        void *to);

#endif
