/* challenge.c - nonces that this service gives out, and takes once. */
#include "service/inner.h"

#include <stdio.h>
#include <string.h>

#include "crypto/crypto.h"
#include "crypto/hkdf.h"

/* A nonce: when it was made, something random, and the beginning of an HMAC over
 * both, under a key that all nodes share. */
enum { TIME = 4, RANDOM = 12, SAID = TIME + RANDOM, MAC = 16, LIFE = 300 };
_Static_assert(SAID + MAC == SERVICE_NONCE_LEN, "a nonce");

static struct assay_bytes key_of(const struct service *service)
{
	return (struct assay_bytes){ service->challenge_key,
		                     sizeof(service->challenge_key) };
}

static bool make_nonce(uint8_t nonce[SERVICE_NONCE_LEN],
                       const struct service *service, int64_t now)
{
	const struct assay_bytes said = { nonce, SAID };
	uint8_t mac[ASSAY_HMAC_LEN];

	for (int i = 0; i < TIME; i++)
		nonce[i] = (uint8_t)((uint64_t)now >> (8 * (TIME - 1 - i)));
	if (!assay_random(nonce + TIME, RANDOM))
		return false;
	assay_hmac(mac, key_of(service), &said, 1);
	memcpy(nonce + SAID, mac, MAC);
	return true;
}

static int64_t made_at(const uint8_t *nonce)
{
	int64_t time = 0;

	for (int i = 0; i < TIME; i++)
		time = time << 8 | nonce[i];
	return time;
}

bool service_nonce_is_ours(const struct service *service,
                           struct assay_bytes nonce)
{
	const struct assay_bytes said = { nonce.ptr, SAID };

	return nonce.len == SERVICE_NONCE_LEN &&
	       assay_hmac_begins(nonce.ptr + SAID, MAC, key_of(service), &said,
	                         1);
}

static bool is_young(const struct service *service, struct assay_bytes nonce,
                     int64_t now, char why[SERVICE_WHY])
{
	int64_t age;

	if (!service_nonce_is_ours(service, nonce)) {
		snprintf(why, SERVICE_WHY,
		         "the nonce is not one of this service: ask for one at "
		         "/v1/challenge");
		return false;
	}
	/* of the time it has the lower 32 bits */
	age = (int32_t)((uint32_t)now - (uint32_t)made_at(nonce.ptr));
	if (age < -LIFE || age > LIFE) {
		snprintf(why, SERVICE_WHY,
		         "the nonce is older than %d s: ask for another at "
		         "/v1/challenge",
		         LIFE);
		return false;
	}
	return true;
}

enum store_found service_nonce_take(struct service *service, const char *door,
                                    struct assay_bytes nonce, int64_t now,
                                    char why[SERVICE_WHY])
{
	uint8_t id[32];
	enum store_found found;

	if (!service_clock(&now, service, now, why))
		return STORE_FAILED;
	if (!is_young(service, nonce, now, why))
		return STORE_FOUND;
	assay_sha256_2(id, buf_text(door), nonce);
	/* a node whose clock is ahead, by less than LIFE, must not forget what
	 * others still take */
	found = store_take(service->store, id, now + 3 * LIFE + 1, now);
	if (found == STORE_FOUND)
		snprintf(why, SERVICE_WHY,
		         "the nonce was used before: ask for another at "
		         "/v1/challenge");
	else if (found == STORE_FAILED)
		snprintf(why, SERVICE_WHY, "the store: %s: try again",
		         store_why(service->store));
	return found;
}

struct challenge {
	uint8_t nonce[SERVICE_NONCE_LEN];
	int64_t expires;
};

static void put_challenge(struct assay_json_out *o, const void *arg)
{
	const struct challenge *c = arg;

	assay_json_put_hex(o, "nonce", c->nonce, sizeof(c->nonce));
	assay_json_put_time(o, "expires", c->expires);
}

void service_challenge(void *self, struct http_answer *a,
                       const struct http_request *r)
{
	const int64_t now = service_now(self);
	struct challenge c = { .expires = now + LIFE };
	struct service_caller caller;
	char why[SERVICE_WHY];
	int64_t shows;

	/* who is given secrets asks with one, too */
	if (!service_may(&caller, a, self, r, SERVICE_VERIFY | SERVICE_KEYS))
		return;
	if (!service_clock(&shows, self, now, why)) {
		service_problem(a, 503, "The store does not answer", "%s", why);
		return;
	}
	a->bad = !make_nonce(c.nonce, self, shows);
	service_json(a, put_challenge, &c);
}
