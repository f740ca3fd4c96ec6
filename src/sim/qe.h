/* qe.h - the quoting enclave: it turns a report of this processor into a quote
 * that others can judge [SGX 4.4]. */
#ifndef SIM_QE_H
#define SIM_QE_H

#include "crypto/signer.h"
#include "os/buf.h"
#include "sim/pce.h"

/* The PCE as the QE sees it: in the same process (sim_pce_of), or behind a
 * socket (sim_pce_over). */
struct sim_pce {
	const void *self;
	/* the PCE's own report, for nobody: who it is */
	enum sim_status (*report)(const void *self,
	                          uint8_t report[SIM_REPORT_LEN]);
	enum sim_status (*get_pc_info)(const void *self,
	                               struct sim_pce_info *info,
	                               const uint8_t report[SIM_REPORT_LEN],
	                               uint8_t suite,
	                               const struct sim_ppid_key *key);
	enum sim_status (*certify)(const void *self, uint8_t sig[64],
	                           const struct sim_psvn *psvn,
	                           const uint8_t report[SIM_REPORT_LEN]);
};
/* `enclu` is borrowed. */
struct sim_pce sim_pce_of(const struct sim_enclu *enclu);

/* What certifies the platform in its quotes.  Both are borrowed. */
struct sim_qe_cert {
	/* PEM, the PCK leaf first, then its CA and the root: certification data
	 * of type 5, by the PCK of the state that the leaf says */
	struct assay_bytes chain;
	/* without a chain: the maker's key, to which the PPID is encrypted:
	 * type 3, by the PCK of the platform's state */
	struct sim_ppid_key ppid_key;
};

/*
 * A quoting enclave at work.  The attestation key, its certification by the
 * PCE, the key of reports and all of a quote that is the same in the next one
 * are made when it opens and kept until it closes: a quote costs one signature.
 * A microcode update shows in its quotes when it is opened again.
 */
struct sim_qe {
	struct sim_enclu enclu;
	uint8_t target[SIM_TARGETINFO_LEN]; /* for reports that it quotes */
	uint8_t header[48];                 /* of every quote */
	struct buf platform;                /* what follows the signature */
	struct assay_p256_signer *att;
	uint8_t key_id[32]; /* of reports since the start */
	uint8_t report_key[SIM_KEY_LEN];
};

/*
 * sim_qe_open makes a quoting enclave ready.  Zeroed on failure:
 * QE_INVALID_CHAIN, QE_WRONG_PCK, and what the processor and the PCE say.
 */
ASSAY_MUST_CHECK enum sim_status sim_qe_open(struct sim_qe *qe,
                                             const struct sim_enclu *enclu,
                                             const struct sim_pce *pce,
                                             const struct sim_qe_cert *cert);
void sim_qe_close(struct sim_qe *qe);

/* sim_qe_quote makes a quote of version 3 of a report that was made for
 * qe->target; QE_INVALID_REPORT if it was not.  Empty on failure. */
ASSAY_MUST_CHECK enum sim_status
sim_qe_quote(struct buf *quote, const struct sim_qe *qe,
             const uint8_t report[SIM_REPORT_LEN]);

/* sim_qe_answer makes the QE's report for `target` on the quote that it made:
 * whoever asked with a nonce knows that the quote is fresh and of this QE. */
ASSAY_MUST_CHECK enum sim_status
sim_qe_answer(uint8_t report[SIM_REPORT_LEN], const struct sim_qe *qe,
              const uint8_t nonce[16], const uint8_t target[SIM_TARGETINFO_LEN],
              struct assay_bytes quote);

#endif
