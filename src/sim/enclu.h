/* enclu.h - the processor as an enclave sees it: EGETKEY and EREPORT, and what
 * every enclave does with them. */
#ifndef SIM_ENCLU_H
#define SIM_ENCLU_H

#include "sim/cpu.h"

/*
 * The instructions that an enclave may use.  Whose they are is settled where
 * this was made: in the same process (sim_enclu_of), or behind a socket that
 * the processor made for one enclave (sim_enclu_over).
 */
struct sim_enclu {
	const void *self;
	enum sim_status (*egetkey)(const void *self, uint8_t key[SIM_KEY_LEN],
	                           const uint8_t request[SIM_KEYREQUEST_LEN]);
	enum sim_status (*ereport)(const void *self,
	                           uint8_t report[SIM_REPORT_LEN],
	                           const uint8_t target[SIM_TARGETINFO_LEN],
	                           const uint8_t data[SIM_REPORT_DATA_LEN]);
};

/* An enclave on a processor in this process. */
struct sim_enclave {
	const struct sim_cpu *cpu;
	struct sim_secs secs;
};
/* `enclave` is borrowed. */
struct sim_enclu sim_enclu_of(const struct sim_enclave *enclave);

/* The key of a request; the caller wipes it. */
ASSAY_MUST_CHECK enum sim_status sim_key(uint8_t key[SIM_KEY_LEN],
                                         const struct sim_enclu *enclu,
                                         const struct sim_key_request *request);

/* A report for nobody: how an enclave learns who it is. */
ASSAY_MUST_CHECK enum sim_status sim_own_report(uint8_t report[SIM_REPORT_LEN],
                                                const struct sim_enclu *enclu);

/*
 * Local attestation [SGX 4.2]: SUCCESS if the report was made on this processor
 * for this enclave, `if_not` if it was not; or why it cannot be told.  Who
 * judges many reports keeps the key with which they are made between two starts
 * of the processor: that of the KEYID in its own report.
 */
ASSAY_MUST_CHECK enum sim_status
sim_report_verify(const struct sim_enclu *enclu,
                  const uint8_t report[SIM_REPORT_LEN], enum sim_status if_not);
ASSAY_MUST_CHECK enum sim_status sim_report_key(uint8_t key[SIM_KEY_LEN],
                                                const struct sim_enclu *enclu,
                                                const uint8_t key_id[32]);
ASSAY_MUST_CHECK enum sim_status
sim_report_verify_by(const uint8_t key[SIM_KEY_LEN],
                     const uint8_t report[SIM_REPORT_LEN],
                     enum sim_status if_not);

#endif
