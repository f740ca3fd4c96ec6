/*
 * release_key.h - the key by which enclaves know that a secret comes from this
 * service: one of all nodes that share a store, in it, wrapped as secrets are.
 */
#ifndef SERVICE_RELEASE_KEY_H
#define SERVICE_RELEASE_KEY_H

#include "seal/hpke.h"
#include "service/inner.h"
#include "service/wrap.h"

struct release_key {
	pthread_mutex_t lock;
	struct assay_hpke_pair *pair; /* NULL: it was not needed yet */
};

void release_key_start(struct release_key *k);
void release_key_end(struct release_key *k);

/* The pair, until release_key_end; made if the store has none.  NULL, and the
 * reason. */
const struct assay_hpke_pair *release_key_get(struct release_key *k,
                                              struct service *service,
                                              struct wrap *wrap,
                                              char why[SERVICE_WHY]);

#endif
