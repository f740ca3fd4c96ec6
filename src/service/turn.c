/* turn.c - whose turn it is, of all nodes, to make a version of something. */
#include "service/inner.h"

#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"

/* Seconds of a turn, and those in which what failed may be begun again. */
enum { TURN = 300, AGAIN = TURN / 2 };

enum store_found service_turn(struct service_turn *mine,
                              struct service *service, const char *kind,
                              const char *name, unsigned version)
{
	char said[STORE_NAME_MAX + 64], why[SERVICE_WHY];
	uint8_t id[ASSAY_SHA256_LEN];
	enum store_found found;
	int64_t now;
	int n;

	/* a name has no control character */
	n = snprintf(said, sizeof(said), "assay-turn-v1\n%s\n%s\n%u", kind,
	             name, version);
	if (n < 0 || n >= (int)sizeof(said))
		return STORE_FAILED;
	if (!service_clock(&now, service, service_now(service), why))
		return STORE_FAILED;
	assay_sha256(id, (struct assay_bytes){ (uint8_t *)said, (size_t)n });
	if (memcmp(id, mine->id, sizeof(id)) == 0 && now < mine->again)
		return STORE_NONE;
	found = store_take(service->store, id, now + TURN, now);
	if (found == STORE_NONE) {
		memcpy(mine->id, id, sizeof(id));
		mine->again = now + AGAIN;
	}
	return found;
}
