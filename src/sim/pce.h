/* pce.h - the provisioning certification enclave: it has the key that the
 * manufacturer certifies [SGX 4.3]. */
#ifndef SIM_PCE_H
#define SIM_PCE_H

#include "crypto/crypto.h"
#include "crypto/oaep.h"
#include "sim/enclu.h"

/* The only suite: PPIDs are encrypted with RSA-3072-OAEP. */
#define SIM_PCE_SUITE 1
#define SIM_PCE_ID 0
/* ECDSA over P-256: the only scheme. */
#define SIM_PCE_SCHEME 0

/* A state of the platform: there is a PCK for each. */
struct sim_psvn {
	uint8_t cpu_svn[SIM_CPUSVN_LEN];
	uint16_t pce_svn;
};

/* The key that a PPID is encrypted to, as a requester names it. */
struct sim_ppid_key {
	uint8_t n[ASSAY_RSA3072_LEN]; /* big-endian */
	uint8_t e[4];                 /* the same */
};

struct sim_pce_info {
	uint8_t ppid[ASSAY_RSA3072_LEN]; /* encrypted */
	uint16_t pce_svn, pce_id;
	uint8_t scheme;
};

/*
 * What follows takes the PCE's instructions, and may run wherever these are;
 * with the maker's (sim_cpu_of_maker) it makes the same PPID and PCK as on the
 * platform itself.  Statuses of EGETKEY and EREPORT pass through: a state that
 * the platform has not reached is INVALID_CPUSVN or INVALID_ISVSVN.
 */

/* The platform's provisioning id: the same at every CPUSVN and PCESVN. */
ASSAY_MUST_CHECK enum sim_status sim_pce_ppid(uint8_t ppid[16],
                                              const struct sim_enclu *pce);

/* The PCK pair of a state.  The caller wipes it. */
ASSAY_MUST_CHECK enum sim_status sim_pce_pck(struct assay_p256_pair *pck,
                                             const struct sim_enclu *pce,
                                             const struct sim_psvn *psvn);

/* REPORTDATA of whoever asks for the encrypted PPID. */
void sim_ppid_key_data(uint8_t data[SIM_REPORT_DATA_LEN], uint8_t suite,
                       const struct sim_ppid_key *key);

/*
 * get_pc_info: the PPID, encrypted to `key`, for an enclave of this platform
 * that has PROVISION_KEY and put the key's hash in its report.  Zeroed on
 * failure: PCE_INVALID_REPORT, _PRIVILEGE, _PARAMETER.
 */
ASSAY_MUST_CHECK enum sim_status
sim_pce_get_pc_info(struct sim_pce_info *info, const struct sim_enclu *pce,
                    const uint8_t report[SIM_REPORT_LEN], uint8_t suite,
                    const struct sim_ppid_key *key);

/*
 * certify_enclave: the PCK's signature, r || s, over the body of the report of
 * an enclave of this platform that has PROVISION_KEY.  Zeroed on failure:
 * PCE_INVALID_REPORT, _PRIVILEGE.
 */
ASSAY_MUST_CHECK enum sim_status
sim_pce_certify(uint8_t sig[64], const struct sim_enclu *pce,
                const struct sim_psvn *psvn,
                const uint8_t report[SIM_REPORT_LEN]);

/* Pseudorandom bits from a key, as both of the platform's enclaves take them:
 * CMACs of i || label || zeros || bits, for i from `first` [SGX 4.3, 4.4]. */
ASSAY_MUST_CHECK bool sim_prf(uint8_t *out, size_t n_blocks,
                              const uint8_t key[SIM_KEY_LEN], uint8_t first,
                              const char *label, uint16_t bits);
/* The P-256 pair of such bits, 320 of them. */
ASSAY_MUST_CHECK bool sim_prf_pair(struct assay_p256_pair *pair,
                                   const uint8_t key[SIM_KEY_LEN],
                                   const char *label);

#endif
