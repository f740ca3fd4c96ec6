/*
 * platform.h - a simulated machine at work: a processor, a PCE and a QE, each a
 * process of its own.
 *
 *	struct sim_platform p;
 *	int fd;
 *
 *	sim_platform_start(&p, dir);
 *	sim_platform_einit(&p, &fd, &created, mrenclave, sigstruct);
 *	... fd is given to the enclave, whose instructions are
 *	    sim_enclu_over(&fd); it makes a report for the QE's target ...
 *	sim_platform_target(&p, target);
 *	sim_platform_quote(&p, &quote, report);
 *	sim_platform_stop(&p);
 */
#ifndef SIM_PLATFORM_H
#define SIM_PLATFORM_H

#include <sys/types.h>

#include "sim/machine.h"

struct sim_platform {
	pid_t processor; /* child of who started the platform */
	pid_t pce, qe;   /* children of the processor; 0: not started yet */
	int control;     /* to the processor */
	int quoting;     /* to the QE, or -1: to be started */
};

/*
 * sim_platform_start starts the processor of the machine in `dir` (machine.h),
 * whose secret the caller does not get to see.  FILES, or what EINIT says of
 * PCE and QE.  It forks: call it before there are other threads.
 */
ASSAY_MUST_CHECK enum sim_status sim_platform_start(struct sim_platform *p,
                                                    const char *dir);
/* Ends all its processes, and waits for the processor's end: one that does not
 * end in two seconds is killed. */
void sim_platform_stop(struct sim_platform *p);

/*
 * sim_platform_einit makes an enclave of what the caller has loaded and
 * measured: *fd becomes the enclave's socket (close-on-exec), which is that
 * enclave's and no other's, whoever holds it; -1 on failure.  EINIT's statuses,
 * REFUSED, FULL.
 */
ASSAY_MUST_CHECK enum sim_status
sim_platform_einit(struct sim_platform *p, int *fd,
                   const struct sim_ecreate *created,
                   const uint8_t mrenclave[32],
                   const uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN]);

/*
 * The QE: whom its reports must be for; a quote of such a report; and a quote
 * with the QE's own report for `target`, whose data is SHA-256(nonce || quote).
 * Each starts QE and PCE if need be.  If one of their processes has ended, the
 * call fails with GONE, and the next starts both anew.
 */
ASSAY_MUST_CHECK enum sim_status
sim_platform_target(struct sim_platform *p, uint8_t target[SIM_TARGETINFO_LEN]);
ASSAY_MUST_CHECK enum sim_status
sim_platform_quote(struct sim_platform *p, struct buf *quote,
                   const uint8_t report[SIM_REPORT_LEN]);
ASSAY_MUST_CHECK enum sim_status sim_platform_answer(
	struct sim_platform *p, struct buf *quote,
	uint8_t answer[SIM_REPORT_LEN], const uint8_t report[SIM_REPORT_LEN],
	const uint8_t nonce[16], const uint8_t target[SIM_TARGETINFO_LEN]);

#endif
