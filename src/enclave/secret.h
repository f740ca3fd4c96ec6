/* secret.h - memory for secrets. */
#ifndef ENCLAVE_SECRET_H
#define ENCLAVE_SECRET_H

#include <stddef.h>

/* How well it is kept. */
enum assay_secret_kind {
	ASSAY_SECRET_PLAIN,  /* kept out of dumps, if the kernel does that */
	ASSAY_SECRET_LOCKED, /* never swapped either */
	ASSAY_SECRET_MEMFD,  /* not even mapped by the kernel: memfd_secret */
};

/* Zeroed memory of its own pages, as well kept as can be had; NULL when memory
 * is short. */
void *assay_secret_new(size_t len, enum assay_secret_kind *kind);
/* Wipes and releases it. */
void assay_secret_free(void *p, size_t len);

#endif
