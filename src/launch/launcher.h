/*
 * launcher.h - runs a signed program as an enclave of a simulated machine.
 *
 *	struct sim_run run;
 *
 *	sim_run_start(&run, dir, program, &options, &err);
 *	... frames over run.requests ...
 *	sim_run_stop(&run);
 *
 * Two processes are started, and those of the platform: the supervisor, which
 * owns the platform and answers the enclave's opens, and the enclave, its child.
 * Both end when who started them ends, however that is.
 */
#ifndef LAUNCH_LAUNCHER_H
#define LAUNCH_LAUNCHER_H

#include <sys/types.h>

#include <assay/measure.h>

struct sim_run_options {
	bool debug;  /* a debug enclave, whose stderr is the caller's */
	bool strict; /* not without every protection of isolate.h */
};

struct sim_run {
	pid_t pid;        /* the enclave's */
	pid_t supervisor; /* a child of the caller */
	int requests;     /* the other end of the enclave's descriptor 3 */
	int control;      /* what closing ends the supervisor */
	uint8_t mrenclave[32];
};

/*
 * sim_run_start measures the program, has the machine in `platform_dir` make an
 * enclave of it, and starts it.  It forks, and the child goes on without exec:
 * the caller has one thread.  `signed_program` is borrowed until it returns;
 * `err` may be NULL.  Zeroed (descriptors -1) on failure.  Fails as
 * assay_signed_read, assay_plan_make, assay_plan_stream, assay_sigstruct_claims,
 * and with ASSAY_L_STRICT, _KERNEL, _MEMORY, _PLATFORM, _EINIT, _START.
 */
ASSAY_MUST_CHECK bool sim_run_start(struct sim_run *run,
                                    const char *platform_dir,
                                    struct assay_bytes signed_program,
                                    const struct sim_run_options *options,
                                    struct assay_err *err);
/* Whether the enclave has ended, or does within a moment, and how: "exit status
 * 1", "signal 11".  Once. */
enum { SIM_ENDED_TEXT = 32 };
ASSAY_MUST_CHECK bool sim_run_ended(char text[SIM_ENDED_TEXT],
                                    const struct sim_run *run);
/* Ends all of it, and waits until no process is left. */
void sim_run_stop(struct sim_run *run);

#endif
