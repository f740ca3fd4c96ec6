/*
 * supervisor.h - answers an enclave's opens.
 *
 * The filter of the enclave's process lets no open(2) through: the kernel stops
 * the thread and tells the supervisor, which reads the path from the enclave's
 * memory, decides by that copy, and puts a descriptor into the enclave's table
 * or answers EACCES.  The file system is never asked.
 */
#ifndef LAUNCH_SUPERVISOR_H
#define LAUNCH_SUPERVISOR_H

#include "launch/attfs.h"

struct seccomp_data; /* linux/seccomp.h: a system call */

/* An open, as the kernel tells of it. */
struct sim_open {
	uint64_t path; /* where, in the enclave's memory */
	int flags;
};
/* False if the system call is no open that is answered: only open(2) and
 * openat(2) of 64-bit code are. */
ASSAY_MUST_CHECK bool sim_open_of(struct sim_open *open,
                                  const struct seccomp_data *call);

/*
 * sim_supervise answers the opens that come through `notify`, the descriptor of
 * the enclave's filter, until no process has that filter any more, or something
 * can be read from one of `end` (-1: none).  Until somebody has waited for a
 * process that ended, kernels before 6.11 count it as one that has the filter:
 * whoever supervises its own child gives a pidfd of it, or ignores SIGCHLD.
 */
enum { SIM_N_ENDS = 2 };
void sim_supervise(struct sim_attfs *a, int notify, const int end[SIM_N_ENDS]);

#endif
