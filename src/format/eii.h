/* eii.h - Conclave's EnclaveInstanceInfo. */
#ifndef FORMAT_EII_H
#define FORMAT_EII_H

#include <assay/conclave.h>

#define ASSAY_EII_MAGIC "EII"

enum {
	ASSAY_EII_MAGIC_LEN = 3,
	ASSAY_EII_SPKI_LEN = 44,
	ASSAY_EII_KEY_LEN = 32,
	/* what kind of attestation it holds */
	ASSAY_EII_EPID = 0,
	ASSAY_EII_DCAP = 1,
	ASSAY_EII_MOCK = 2,
	/* of a quote: header and report body; its length field follows */
	ASSAY_EII_SIGNED_LEN = 432,
	ASSAY_EII_REPORT_AT = 48,
};

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

/* Whether R3's client reads collateral of this version: 1, 3, 3.1, 4. */
bool assay_eii_version_known(struct assay_bytes version);

#endif
