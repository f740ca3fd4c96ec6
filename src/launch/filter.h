/* filter.h - the system calls that an enclave's process may make. */
#ifndef LAUNCH_FILTER_H
#define LAUNCH_FILTER_H

#include <assay/base.h>

/* Descriptors that a process has only until it becomes the enclave: what it
 * executes, and whom it sends its listener to.  The limit of descriptors is
 * lower, so that no enclave ever has one of these numbers. */
enum { SIM_FD_PROGRAM = 250, SIM_FD_LAUNCHER = 251, SIM_FD_LIMIT = 128 };

/*
 * sim_filter_install puts the calling process under the filter for good and
 * gives the descriptor that its opens are told through (close-on-exec); -1 with
 * errno.  It needs no_new_privs.
 */
int sim_filter_install(void);

#endif
