/* sealed.h - sealed state: what an enclave gives to its host to keep [ASSAY
 * sealed]. */
#ifndef ENCLAVE_SEALED_H
#define ENCLAVE_SEALED_H

#include <assay/enclave.h>
#include <assay/err.h>

#include "crypto/aead.h"
#include "enclave/marks.h"

enum {
	ASSAY_SEALED_HEAD = 32,
	/* how much longer it is than the state in it */
	ASSAY_SEALED_MORE = ASSAY_SEALED_HEAD + sizeof(struct assay_marks) +
	                    ASSAY_GCM_TAG_LEN,
};

/* A secret as a whole. */
struct assay_sealer {
	uint8_t key[ASSAY_GCM_KEY_LEN];
	enum assay_seal_to to;
	uint64_t newest; /* number of the newest state that was made or seen */
	struct assay_marks marks; /* up to that one */
};

/*
 * assay_sealer_start asks the machine for the sealing key, below `root` (see
 * assay_attest).  Zeroed on failure.  Fails with ASSAY_N_SEAL_KEY.
 */
ASSAY_MUST_CHECK bool assay_sealer_start(struct assay_sealer *s,
                                         enum assay_seal_to to,
                                         const char *root,
                                         struct assay_err *err);

/*
 * assay_seal writes `state`, sealed and newer than all before it, into `out`:
 * ASSAY_SEALED_MORE bytes more than the state has, zeros on failure.  Fails with
 * ASSAY_N_SEAL_NONE, _SEAL_SIZE (more than ASSAY_ENCLAVE_MAX), _SEAL_MADE.
 */
ASSAY_MUST_CHECK bool assay_seal(uint8_t *out, struct assay_sealer *s,
                                 struct assay_bytes state,
                                 struct assay_err *err);

/*
 * assay_unseal opens `sealed` where it is: `state` lies in it.  On failure it is
 * {NULL, 0}, and nothing of the state is there.  Fails with ASSAY_N_SEAL_NONE,
 * _SEAL_FORM, _SEAL_POLICY, _SEAL_OPEN, _SEAL_OLD; `at` counts in `sealed`.
 */
ASSAY_MUST_CHECK bool assay_unseal(struct assay_bytes *state,
                                   struct assay_sealer *s, uint8_t *sealed,
                                   size_t len, struct assay_err *err);

#endif
