/* machine.h - what makes one simulated machine, and the folder that it is kept
 * in. */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include "os/buf.h"
#include "sim/pce.h"

/* Bytes of a PCK chain: three times as long as they are, and so short that a
 * quote fits a message (wire.h). */
enum { SIM_CHAIN_MAX = 12288 };

struct sim_machine {
	uint8_t fuse[SIM_FUSE_LEN]; /* the secret of the processor */
	uint8_t cpu_svn[SIM_CPUSVN_LEN];
	uint8_t owner_epoch[16];
	uint8_t pce[ASSAY_SIGSTRUCT_LEN]; /* SIGSTRUCTs, by the manufacturer */
	uint8_t qe[ASSAY_SIGSTRUCT_LEN];
	struct sim_ppid_key ppid_key; /* the manufacturer's */
	struct buf chain;             /* the PCK's, PEM; empty: none yet */
};

/*
 * The folder has a file for each: fuse, cpusvn, owner-epoch (hex digits),
 * pce.sigstruct, qe.sigstruct, ppid-key (bytes), pck_chain.pem (may be
 * missing).
 *
 * sim_machine_write makes the folder if need be, and replaces what is in it,
 * file by file, each complete or not at all, and its owner's alone.  False,
 * with errno.
 */
ASSAY_MUST_CHECK bool sim_machine_write(const struct sim_machine *machine,
                                        const char *dir);

/* sim_machine_read reads it.  False, and zeroed, if a file is missing, of the
 * wrong length, or the fuses are open to others than their owner. */
ASSAY_MUST_CHECK bool sim_machine_read(struct sim_machine *machine,
                                       const char *dir);

/* sim_machine_blame says, after such a failure, which file is to blame and for
 * what.  False if what stands in one is. */
enum { SIM_MACHINE_WHY = 120 };
ASSAY_MUST_CHECK bool sim_machine_blame(char why[SIM_MACHINE_WHY],
                                        const char *dir);

/* Wipes it, too. */
void sim_machine_free(struct sim_machine *machine);

#endif
