/* ae.h - the architectural enclaves, which come with a platform: PCE and QE, as
 * they are measured and signed. */
#ifndef SIM_AE_H
#define SIM_AE_H

#include "crypto/rsa.h"
#include "sim/cpu.h"

enum sim_ae { SIM_AE_PCE = 0, SIM_AE_QE, SIM_N_AES };

/* The manufacturer's signature over one, at this ISVSVN: production, with
 * PROVISION_KEY, product 1.  `date` as a SIGSTRUCT has it: 0x20261123. */
ASSAY_MUST_CHECK bool sim_ae_sign(uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN],
                                  enum sim_ae ae, uint16_t isv_svn,
                                  uint32_t date, const struct assay_rsa3 *key);

/* Starts one on a processor: the statuses of sim_launch. */
ASSAY_MUST_CHECK enum sim_status
sim_ae_start(struct sim_secs *secs, struct sim_cpu *cpu, enum sim_ae ae,
             const uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN]);

#endif
