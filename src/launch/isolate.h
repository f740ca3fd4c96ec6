/* isolate.h - how an enclave's process is kept apart from the machine: what the
 * kernel can do for it, and doing it (docs/isolation.md). */
#ifndef LAUNCH_ISOLATE_H
#define LAUNCH_ISOLATE_H

#include <sys/types.h>

#include <assay/measure.h>

/* A protection: whether this kernel has it, which is tried, and whether nothing
 * is launched without it. */
struct sim_protection {
	const char *name, *what;
	bool needed;
	bool (*probe)(void);
};
/* The last has no name. */
extern const struct sim_protection sim_protections[];

/* Who the process is inside of its own user namespace. */
enum { SIM_INNER_ID = 1 };

/* A new process in namespaces of its own: fork(2)'s results. */
pid_t sim_isolate_fork(void);
/* From its parent: gives the process a user of its own where root does it, which
 * is `uid`, else the parent's.  False, with errno. */
ASSAY_MUST_CHECK bool sim_isolate_map(pid_t pid, uid_t uid);
/* The user that an enclave is, launched by this process of that number. */
uid_t sim_isolate_uid(pid_t pid);

/*
 * In the process: all protections but the filter, after which it can open
 * nothing.  `program` is its length in bytes.  NULL, or what failed, with
 * errno: a protection by its name.
 */
const char *sim_isolate_enter(const struct assay_launch *launch,
                              uint64_t program);

#endif
