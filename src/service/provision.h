/* provision.h - Gramine's secret provisioning over RA-TLS [RATLS provision]. */
#ifndef SERVICE_PROVISION_H
#define SERVICE_PROVISION_H

#include "service/door.h"
#include "service/service.h"

enum { PROVISION_SECRETS_MAX = 32 };

/* What is given at this door, and how it is reached. */
struct provision_options {
	const char *address;          /* as door_open */
	struct assay_bytes cert, key; /* the server's, in PEM */
	const char *const *secret;    /* names; borrowed */
	size_t n_secrets;             /* 1 to PROVISION_SECRETS_MAX */
};

struct provision;
/*
 * provision_start gives each client the first of the secrets, in order of their
 * names, whose policy its certificate's evidence satisfies; until
 * provision_stop.  NULL, and the reason.
 */
struct provision *provision_start(struct service *service,
                                  const struct provision_options *options,
                                  char why[DOOR_WHY]);
uint16_t provision_port(const struct provision *provision);
void provision_stop(struct provision *provision);

#endif
