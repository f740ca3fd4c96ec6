/* policies.h - the service's policies, for whoever judges by them. */
#ifndef SERVICE_POLICIES_H
#define SERVICE_POLICIES_H

#include "service/inner.h"

struct service_policies *service_policies_open(struct service *service);
void service_policies_close(struct service_policies *ps);

/* A version of a policy, parsed. */
struct service_policy;
/* Of this name (NULL: "default", which is built in until there is one), lent
 * until service_policy_done; `version` 0: the newest.  NULL: the status to answer
 * with, and why. */
struct service_policy *service_policy(struct service *service, const char *name,
                                      unsigned version, unsigned *status,
                                      char why[SERVICE_WHY]);
void service_policy_done(struct service *service,
                         struct service_policy *policy);
/* Its rules, its version (0: built in), the SHA-256 of its bytes. */
const struct assay_policy *
service_policy_rules(const struct service_policy *policy, unsigned *version,
                     uint8_t hash[32]);
/* The same, but that any code will do; NULL: the policy says the opposite. */
const struct assay_policy *
service_policy_any_code(const struct service_policy *policy);

#endif
