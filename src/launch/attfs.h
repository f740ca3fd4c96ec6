/*
 * attfs.h - the files that an enclave finds in /dev/attestation, with the
 * semantics that Gramine gave them [DCAP 9.3].
 *
 * The enclave opens a path and gets a descriptor.  What is read was made when
 * the file was opened, and lies in a sealed memory file.  What is written goes
 * through a socket that keeps messages apart, for each write(2) replaces the
 * value; whoever holds the other end, the supervisor, takes the last one.
 */
#ifndef LAUNCH_ATTFS_H
#define LAUNCH_ATTFS_H

#include "sim/platform.h"

/* What the enclave writes. */
enum { SIM_ATT_REPORT_DATA = 0, SIM_ATT_TARGET, SIM_N_ATT_VALUES };

/* Paths are at most this long, with their NUL. */
enum { SIM_ATT_PATH_MAX = 64 };

struct sim_attfs {
	struct sim_platform *platform; /* borrowed */
	int enclave; /* its socket to the processor, borrowed */
	/* One pair of sockets for all who have the file open, made when it is
	 * first opened: so writes stay in order, and are no more descriptors
	 * here however often the enclave opens it.  -1: not yet. */
	struct sim_att_value {
		int ours, theirs;
		uint8_t bytes[SIM_TARGETINFO_LEN];
	} value[SIM_N_ATT_VALUES];
};

void sim_attfs_start(struct sim_attfs *a, struct sim_platform *p, int enclave);
void sim_attfs_end(struct sim_attfs *a);

/*
 * sim_attfs_open opens a file as open(2) does: a new descriptor for the
 * enclave, close-on-exec here, or -EACCES, whatever the reason.
 */
int sim_attfs_open(struct sim_attfs *a, const char *path, int flags);

/* Takes what was written to a value since the last time, and never waits: call
 * it when `ours` can be read, or the enclave's writes wait in the end. */
void sim_attfs_take(struct sim_attfs *a, unsigned which);
/* The enclave has shut its end down: the next open makes a new pair. */
void sim_attfs_hang_up(struct sim_attfs *a, unsigned which);

#endif
