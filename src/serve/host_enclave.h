/* host_enclave.h - an enclave's processes, and the socket to it. */
#ifndef SERVE_HOST_ENCLAVE_H
#define SERVE_HOST_ENCLAVE_H

#include "serve/host.h"
#include "launch/request.h"

struct host_enclave {
	struct sim_run run;
	pid_t pid; /* the enclave's; of a command: the leader of its group */
	bool is_command;
	struct sim_host talk; /* its descriptor is -1 when there is none */
};

/* False, with why: then there is nothing to end. */
ASSAY_MUST_CHECK bool host_enclave_start(struct host_enclave *e,
                                         const struct host_program *program,
                                         char why[HOST_WHY]);
void host_enclave_end(struct host_enclave *e);
/* Whoever waits for it, waits no longer; it is to be ended. */
void host_enclave_cut(const struct host_enclave *e);
/* Nothing is asked of it: whether it has ended, or speaks unasked. */
bool host_enclave_is_gone(const struct host_enclave *e);

/* Why it does not answer, when e->talk says no more than that. */
void host_enclave_explain(const struct host_enclave *e, char why[HOST_WHY]);

#endif
