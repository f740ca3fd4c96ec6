/* trust.h - collateral, authenticated at a root: what a trust holds. */
#ifndef VERIFY_TRUST_H
#define VERIFY_TRUST_H

#include "format/tcb.h"
#include "verify/chain.h"

/* Certificates point into `chain`: a trust is not to be copied or moved. */
enum { ASSAY_CHAIN_TEXT_MAX = 8192 }; /* real chains have some 3,700 */

struct assay_trust {
	bool simulation; /* the root is not Intel's */
	uint8_t root_key[64];
	struct assay_chain chain; /* the PCK CA and the root that it was opened
	                           * with, and perhaps a leaf, which is not
	                           * looked at */
	uint8_t chain_text[ASSAY_CHAIN_TEXT_MAX]; /* a copy of chain.text: the
	                                           * quote may be gone */
	uint8_t ca_digest[ASSAY_SHA256_LEN];      /* of the CA's certificate */
	struct assay_crl root_crl, pck_crl;
	struct assay_tcb_info tcb;
	struct assay_qe_identity qe;
	/* the CRL's chain, the signers' and theirs, not those of `chain` */
	size_t n_dated;
	struct assay_dated dated[6];
	struct assay_window
		windows[ASSAY_N_ITEMS]; /* but for the PCK chain's */
	char sgx_names[16][ASSAY_COMPONENT_NAME];
	char tdx_names[16][ASSAY_COMPONENT_NAME];
};

/*
 * assay_ca_trusted judges the CA of a PCK chain: signed by the root, not
 * revoked, and the one by which the PCK CRL is.  Fails with X_SIG,
 * R_INTERMEDIATE_REVOKED, R_ISSUER, R_SIG.
 */
ASSAY_MUST_CHECK bool assay_ca_trusted(const struct assay_trust *trust,
                                       const struct assay_chain *chain,
                                       struct assay_p256 *engine,
                                       struct assay_err *err);

#endif
