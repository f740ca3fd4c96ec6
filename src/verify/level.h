/* level.h - from security versions to statuses: platform, module, QE. */
#ifndef VERIFY_LEVEL_H
#define VERIFY_LEVEL_H

#include "verify/trust.h"

/*
 * assay_qe_matches judges the quoting enclave's report against the identity and
 * fills in its level.  Fails with E_ID, E_MISC, E_ATTR, E_SIGNER, E_PRODID,
 * E_SVN.  Source: [DCAP 4.0] E1-E6.
 */
ASSAY_MUST_CHECK bool assay_qe_matches(struct assay_verdict *verdict,
                                       const struct assay_trust *trust,
                                       const struct assay_quote *quote,
                                       struct assay_err *err);

/*
 * assay_levels finds the levels of platform and TDX module and makes one
 * status of them and the QE's, which is in `verdict` already, as are the
 * platform's facts.  Fails with M_IDENTITY, T_NO_LEVEL, T_REVOKED.  Source: [DCAP 4.1-4.6].
 */
ASSAY_MUST_CHECK bool assay_levels(struct assay_verdict *verdict,
                                   const struct assay_trust *trust,
                                   const struct assay_quote *quote,
                                   struct assay_err *err);

#endif
