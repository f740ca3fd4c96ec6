/* run.h - the request loop, with what a program of its own decides. */
#ifndef ENCLAVE_RUN_H
#define ENCLAVE_RUN_H

#include <assay/enclave.h>

struct assay_enclave_place {
	int in, out; /* where requests come from, and answers go */
	const char
		*root; /* "", or a folder in front of /dev (see assay_attest) */
};

/* assay_enclave_run, elsewhere, and in a process whose libcrypto is started. */
int assay_enclave_run_at(const struct assay_enclave_app *app,
                         const struct assay_enclave_place *place);

#endif
