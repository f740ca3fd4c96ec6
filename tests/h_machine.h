/* h_machine.h - a simulated machine for tests: signed enclaves, and the
 * manufacturer's documents that fit it. */
#ifndef TESTS_H_MACHINE_H
#define TESTS_H_MACHINE_H

#include "crypto/rsa.h"
#include "sim/machine.h"
#include "forge/world.h"

/* Keys that sign enclaves, made at the first call and kept: 0 the PCE's, 1 the
 * QE's, 2 another's. */
enum { MACHINE_N_SIGNERS = 3, MACHINE_PCE_SVN = 13 };
const struct assay_rsa3 *machine_signer(unsigned i);

/* A machine that fits sim_world_default: made-up fuses, no owner, the
 * CPUSVN and PCESVN of the highest level.  Its ppid_key is zeros. */
void machine_default(struct sim_machine *machine);

/* What its manufacturer finds out about a machine, from its root provisioning
 * key and its folder alone: the PPID, and the PCK of its present state. */
struct machine_facts {
	uint8_t ppid[16];
	struct sim_psvn psvn;
	struct assay_p256_pair pck;
};
ASSAY_MUST_CHECK enum sim_status machine_facts(struct machine_facts *facts,
                                               const uint8_t rpk[16],
                                               const struct sim_machine *m);

/* Gives the machine the PCK chain of a world at the same level, which is built
 * for SGX quotes of version 3; the caller frees both. */
void machine_provision(struct sim_machine *machine, struct sim_world *world);

/* An enclave that is nothing but its label's hash, signed with key `i`, product
 * 7, ISVSVN 3. */
struct machine_enclave {
	struct sim_ecreate created;
	uint8_t mrenclave[32];
	uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN];
};
void machine_enclave(struct machine_enclave *enclave, const char *label,
                     unsigned i);

#endif
