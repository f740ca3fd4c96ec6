/* h_oom.h - memory of libcrypto's that fails when a test wants it to. */
#ifndef TESTS_H_OOM_H
#define TESTS_H_OOM_H

#include <stdbool.h>
#include <stddef.h>

extern long oom_left;     /* allocations until one fails; below 0: none does */
extern bool oom_for_good; /* and all later ones too */
extern bool oom_failed;   /* one did, since a test cleared this */
extern size_t oom_n_failed; /* how many, ever */

/* Before libcrypto has any memory; false: it has. */
bool oom_begin(void);

#endif
