/* h_launch.h - a machine and a signed enclave program to launch on it. */
#ifndef TESTS_H_LAUNCH_H
#define TESTS_H_LAUNCH_H

#include "launch/launcher.h"
#include "os/buf.h"

/* The folder of the machine, and the program of p_victim.c, signed. */
struct h_launch {
	char dir[40];
	struct buf program;
};

/* Adds the program of that file, signed: 1 MiB of stack, 16 MiB of heap.  False
 * if there is no such file. */
bool launch_sign(struct buf *out, const char *path);
/* False, and why, if there is no compiler for static programs. */
bool launch_prepare(struct h_launch *h, const char **why);
void launch_free(struct h_launch *h);
/* The first needed protection that this kernel lacks, or NULL. */
const char *launch_lacks(void);
/* Asks the victim: its answer with a NUL, or NULL. */
const char *launch_ask(const struct sim_run *run, char what, size_t *len);

#endif
