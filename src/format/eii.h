/* eii.h - Conclave's EnclaveInstanceInfo. */
#ifndef FORMAT_EII_H
#define FORMAT_EII_H

#include <assay/evidence.h>

#define ASSAY_EII_MAGIC "EII"
#define ASSAY_EII_MAGIC_LEN 3

/*
 * assay_eii_read reads a serialized EnclaveInstanceInfo that holds a DCAP quote
 * into its quote, collateral and keys.  Strict: nothing follows, inside or
 * behind.  That the keys are those in the report data is not checked here.
 * Fails with C_EII, C_EII_TYPE, R_SYNTAX, C_SIZE; then `e` is to be zeroed.
 * Source: [CONCLAVE 1.2].
 */
ASSAY_MUST_CHECK bool assay_eii_read(struct assay_evidence *e,
                                     struct assay_bytes in,
                                     struct assay_scratch *scratch,
                                     enum assay_doc doc, struct assay_err *err);

#endif
