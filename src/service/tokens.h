/* tokens.h - the keys that sign results, for whoever signs with them. */
#ifndef SERVICE_TOKENS_H
#define SERVICE_TOKENS_H

#include "service/inner.h"

/* The keys are files of the folder, an open one, made if they are not there; the
 * public ones are in the store, for all nodes.  NULL, and the reason. */
struct service_tokens *service_tokens_open(struct service *service, int folder,
                                           char why[SERVICE_WHY]);
void service_tokens_close(struct service_tokens *tokens);

/* A signer, lent until it is given back; NULL, and the reason. */
struct token_signer *service_signer(struct service *service, enum token_alg alg,
                                    char why[SERVICE_WHY]);
void service_signer_back(struct service *service, struct token_signer *signer);

/* Called now and then: says that this node has its keys still, and renews those
 * that signed for long enough.  False, and the reason. */
ASSAY_MUST_CHECK bool service_tokens_tend(struct service *service,
                                          char why[SERVICE_WHY]);

#endif
