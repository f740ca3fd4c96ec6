/* challenge.c - nonces that this service gives out, and takes once. */
#include "service/inner.h"

#include <stdio.h>
#include <string.h>

#include "crypto/cmac.h"
#include "crypto/crypto.h"
#include "crypto/hkdf.h"

/* A nonce: when it was made, something random, and a MAC over both. */
enum { TIME = 4, RANDOM = 12, SAID = TIME + RANDOM, LIFE = 300 };
_Static_assert(SAID + ASSAY_CMAC_LEN == SERVICE_NONCE_LEN, "a nonce");

/* Whatever node of the service made it: they share the key.  HKDF's extraction
 * is HMAC-SHA-256 [RFC 5869 2.2]. */
static void mac(uint8_t out[ASSAY_CMAC_LEN], const struct service *s,
                const uint8_t said[SAID])
{
	const struct assay_bytes in = { said, SAID };
	uint8_t whole[ASSAY_PRK_LEN];

	assay_hkdf_extract(whole,
	                   (struct assay_bytes){ s->challenge_key,
	                                         sizeof(s->challenge_key) },
	                   &in, 1);
	memcpy(out, whole, ASSAY_CMAC_LEN);
}

/* Time and randomness, authenticated with the nodes' common key. */
static bool make_nonce(uint8_t nonce[SERVICE_NONCE_LEN],
                       const struct service *service, int64_t now)
{
	for (int i = 0; i < TIME; i++)
		nonce[i] = (uint8_t)((uint64_t)now >> (8 * (TIME - 1 - i)));
	if (!assay_random(nonce + TIME, RANDOM))
		return false;
	mac(nonce + SAID, service, nonce);
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
	uint8_t want[ASSAY_CMAC_LEN];

	if (nonce.len != SERVICE_NONCE_LEN)
		return false;
	mac(want, service, nonce.ptr);
	return assay_cmac_equal(want, nonce.ptr + SAID);
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
	age = now - made_at(nonce.ptr);
	if (age < -LIFE || age > LIFE) {
		snprintf(why, SERVICE_WHY,
		         "the nonce is older than %d s: ask for another at "
		         "/v1/challenge",
		         LIFE);
		return false;
	}
	return true;
}

enum store_found service_nonce_take(struct service *service,
                                    struct assay_bytes nonce, int64_t now,
                                    char why[SERVICE_WHY])
{
	uint8_t id[32];
	enum store_found found;

	if (!is_young(service, nonce, now, why))
		return STORE_FAILED;
	assay_sha256(id, nonce);
	/* an age of less than zero is another node's clock */
	found = store_take(service->store, id, made_at(nonce.ptr) + LIFE + 1,
	                   now);
	if (found == STORE_FOUND)
		snprintf(why, SERVICE_WHY,
		         "the nonce was used before: ask for another at "
		         "/v1/challenge");
	else if (found == STORE_FAILED)
		snprintf(why, SERVICE_WHY, "the store: %s",
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

	/* who is given secrets asks with one, too */
	if (!service_may(&caller, a, self, r, SERVICE_VERIFY | SERVICE_KEYS))
		return;
	a->bad = !make_nonce(c.nonce, self, now);
	service_json(a, put_challenge, &c);
}
