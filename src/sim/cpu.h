/* cpu.h - a processor in software: its secrets, and EINIT, EGETKEY, EREPORT. */
#ifndef SIM_CPU_H
#define SIM_CPU_H

#include "sim/sgx.h"

#define SIM_FUSE_LEN 32

/*
 * What a processor holds.  Any of it may be set between two instructions: a
 * microcode update sets cpu_svn, a new owner the epoch, a restart the report
 * key's id, an operating system the hash of the signer who needs no token.
 */
struct sim_cpu {
	/* both from the fuses */
	uint8_t rpk[16]; /* root provisioning key: the maker has it too */
	uint8_t rsk[16]; /* root seal key: nobody else ever has it */
	bool has_rsk;    /* false: this is the maker, who lacks it */
	uint8_t cpu_svn[SIM_CPUSVN_LEN];
	uint8_t owner_epoch[16];
	uint8_t report_key_id[32];  /* CR_REPORT_KEYID: random at each boot */
	uint8_t le_pubkey_hash[32]; /* IA32_SGXLEPUBKEYHASH */
};

/*
 * sim_cpu_boot starts a processor that was made with these fuses, at this
 * CPUSVN and of this owner; the hash of the launch signer is zeros, which is
 * nobody's.  False only if memory or randomness is short.  The caller wipes it
 * in the end.
 */
ASSAY_MUST_CHECK bool sim_cpu_boot(struct sim_cpu *cpu,
                                   const uint8_t fuse[SIM_FUSE_LEN],
                                   const uint8_t cpu_svn[SIM_CPUSVN_LEN],
                                   const uint8_t owner_epoch[16]);

/* The root provisioning key of a processor with these fuses: what its maker
 * writes down before it forgets the fuses. */
ASSAY_MUST_CHECK bool sim_rpk(uint8_t rpk[16],
                              const uint8_t fuse[SIM_FUSE_LEN]);

/* What the maker knows of a processor at this CPUSVN: enough for PROVISION
 * keys; others are INVALID_KEYNAME. */
void sim_cpu_of_maker(struct sim_cpu *cpu, const uint8_t rpk[16],
                      const uint8_t cpu_svn[SIM_CPUSVN_LEN]);

/* What ECREATE was given of an enclave: its loader's choice. */
struct sim_ecreate {
	uint64_t flags, xfrm;
	uint32_t misc_select;
	uint8_t cet_attributes;
	uint8_t config_id[64];
	uint16_t config_svn;
};

/*
 * sim_einit makes an identity of what was loaded, or says why not.
 *
 * secs       written whole on SUCCESS, else zeroed
 * mrenclave  the measurement, finalised
 * sigstruct  1808 bytes as they are
 * token      304 bytes, or NULL, which is a token that is not valid
 *
 * GP is ECREATE's: INIT or a reserved attribute is set, XFRM lacks x87 or SSE,
 * CONFIGID or CONFIGSVN stands without KSS.  The others are EINIT's, in its
 * order [SGX 2].
 */
ASSAY_MUST_CHECK enum sim_status
sim_einit(struct sim_secs *secs, const struct sim_cpu *cpu,
          const struct sim_ecreate *created, const uint8_t mrenclave[32],
          const uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN], const uint8_t *token);

/* What an operating system does where launch control is flexible: it makes the
 * signer of this SIGSTRUCT the one who needs no token, then does EINIT. */
ASSAY_MUST_CHECK enum sim_status
sim_launch(struct sim_secs *secs, struct sim_cpu *cpu,
           const struct sim_ecreate *created, const uint8_t mrenclave[32],
           const uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN]);

/*
 * sim_egetkey derives a key for the enclave `secs` [SGX 4.1]: GP, CPUSVN,
 * ISVSVN, ATTRIBUTE, KEYNAME, or SUCCESS.  The caller wipes the key.
 */
ASSAY_MUST_CHECK enum sim_status
sim_egetkey(uint8_t key[SIM_KEY_LEN], const struct sim_cpu *cpu,
            const struct sim_secs *secs,
            const uint8_t request[SIM_KEYREQUEST_LEN]);

/* sim_ereport makes the enclave's report for a target [SGX 4.2]: GP if a
 * reserved byte of it is not zero. */
ASSAY_MUST_CHECK enum sim_status
sim_ereport(uint8_t report[SIM_REPORT_LEN], const struct sim_cpu *cpu,
            const struct sim_secs *secs,
            const uint8_t target[SIM_TARGETINFO_LEN],
            const uint8_t data[SIM_REPORT_DATA_LEN]);

/* Whether no component of `a` is beyond its like in `b`. */
bool sim_cpu_svn_within(const uint8_t a[SIM_CPUSVN_LEN],
                        const uint8_t b[SIM_CPUSVN_LEN]);
/* The key of a request, its right to which the caller has checked: report keys
 * and launch keys are also derived for other enclaves than the one at hand. */
ASSAY_MUST_CHECK enum sim_status
sim_derive_key(uint8_t key[SIM_KEY_LEN], const struct sim_cpu *cpu,
               const struct sim_secs *secs,
               const struct sim_key_request *request);

#endif
