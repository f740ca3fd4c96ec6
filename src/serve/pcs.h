/* pcs.h - a simulated manufacturer's answers, at the paths of Intel's
 * provisioning certification service, version 4 [DCAP 3.5]. */
#ifndef SERVE_PCS_H
#define SERVE_PCS_H

#include "serve/http.h"
#include "maker/maker.h"

struct pcs {
	struct sim_maker *maker; /* opened to serve */
	bool has_at;
	int64_t at; /* the time that it is said to be; else now */
};

extern const struct http_route pcs_routes[];

/* Before each answer: takes notice of what the manufacturer changed. */
bool pcs_refresh(void *self);

/* An answer without a document: what every one of them has, and why. */
void pcs_error(struct http_answer *answer, unsigned status);

#endif
