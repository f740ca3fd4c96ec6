/* host_keep.h - the files of a host: what it keeps for the enclave, and the
 * manufacturer's documents. */
#ifndef DAEMON_HOST_KEEP_H
#define DAEMON_HOST_KEEP_H

#include "daemon/bundle.h"
#include "serve/host.h"

struct host_keep {
	const char *store, *collateral; /* a file, a folder; or NULL */
	struct documents documents;
	uint64_t stamp;     /* of the files that those are of, */
	uint64_t bad;       /* and of those that could not be read */
	bool has_documents; /* and the host knows of them */
};

/* For struct host_options; `own` is a struct host_keep. */
bool host_keep_load(void *own, struct buf *sealed, char why[HOST_WHY]);
bool host_keep_save(void *own, struct assay_bytes sealed, char why[HOST_WHY]);
bool host_keep_documents(void *own, const struct assay_collateral **documents,
                         bool *changed, char why[HOST_WHY]);

#endif
