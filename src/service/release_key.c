/* release_key.c - the key by which enclaves know whose a secret is. */
#include "service/release_key.h"

#include "crypto/crypto.h"
#include "enclave/secret.h"

#include <stdio.h>
#include <string.h>

static const char kind[] = "setting", row_name[] = "release-key";
/* What it is wrapped as: no secret is called so (service_is_name), so no row of a
 * secret can be put in its place. */
static const char wrapped_name[] = "the release key";

void release_key_start(struct release_key *k)
{
	k->pair = NULL;
	pthread_mutex_init(&k->lock, NULL);
}

void release_key_end(struct release_key *k)
{
	if (k->pair)
		assay_secret_free(k->pair, sizeof(*k->pair));
	pthread_mutex_destroy(&k->lock);
}

static bool fails(char why[SERVICE_WHY], const char *what)
{
	snprintf(why, SERVICE_WHY, "the release key: %s", what);
	return false;
}

static bool log_made(struct service *service, const uint8_t key[32])
{
	struct assay_json_out o;
	char mem[128];

	assay_json_begin(&o, mem, sizeof(mem));
	assay_json_put_object(&o, NULL);
	assay_json_put_hex(&o, "key", key, 32);
	assay_json_put_end(&o, '}');
	return o.ok && service_log(service, "release-key.made", "assay serve",
	                           (struct assay_bytes){ (const uint8_t *)o.ptr,
	                                                 o.len });
}

/* Into the log, and then into the store, unless another node was there first. */
static bool make(struct buf *row, struct service *service, struct wrap *wrap,
                 char why[SERVICE_WHY])
{
	const struct wrap_label label = { .version = 1,
		                          .made = service_now(service) };
	struct assay_hpke_pair pair;
	char text[WRAP_WHY] = "no random numbers";
	bool done = assay_hpke_pair_new(&pair) &&
	            wrap_seal(row, wrap, wrapped_name, &label,
	                      (struct assay_bytes){ pair.secret,
	                                            sizeof(pair.secret) },
	                      text);

	if (!done)
		fails(why, text);
	else if (!log_made(service, pair.key))
		done = fails(why, "the log cannot be written");
	else if (store_put_new(service->store, kind, row_name, row) ==
	         STORE_FAILED)
		done = fails(why, "the store does not answer");
	assay_wipe(&pair, sizeof(pair));
	return done;
}

static bool unwrap(struct assay_hpke_pair *pair, struct wrap *wrap,
                   struct assay_bytes row, char why[SERVICE_WHY])
{
	enum assay_secret_kind kept;
	uint8_t *secret = assay_secret_new(WRAP_ROOM, &kept);
	char text[WRAP_WHY] = "memory is short";
	size_t len;
	bool done = secret &&
	            wrap_unseal(secret, &len, wrap, wrapped_name, row, text) &&
	            len == sizeof(pair->secret) &&
	            assay_x25519_public(pair->key, secret);

	if (done)
		memcpy(pair->secret, secret, sizeof(pair->secret));
	else
		snprintf(why, SERVICE_WHY,
		         "the release key: %s (nodes that share a store share "
		         "the key that wraps secrets: kek, or --kek)",
		         text);
	if (secret)
		assay_secret_free(secret, WRAP_ROOM);
	return done;
}

static bool find(struct assay_hpke_pair *pair, struct service *service,
                 struct wrap *wrap, char why[SERVICE_WHY])
{
	struct buf row = { 0 };
	enum store_found found = store_get(service->store, &row, kind,
	                                   row_name);
	bool done = found == STORE_FAILED
	                    ? fails(why, "the store does not answer")
	                    : found == STORE_FOUND ||
	                              make(&row, service, wrap, why);

	done = done && unwrap(pair, wrap, buf_bytes(&row), why);
	buf_free(&row);
	return done;
}

/* The lock is held. */
static bool have(struct release_key *k, struct service *service,
                 struct wrap *wrap, char why[SERVICE_WHY])
{
	enum assay_secret_kind kept;
	struct assay_hpke_pair *pair;

	if (k->pair)
		return true;
	pair = assay_secret_new(sizeof(*pair), &kept);
	if (!pair)
		return fails(why, "memory is short");
	if (!find(pair, service, wrap, why)) {
		assay_secret_free(pair, sizeof(*pair));
		return false;
	}
	k->pair = pair;
	return true;
}

const struct assay_hpke_pair *release_key_get(struct release_key *k,
                                              struct service *service,
                                              struct wrap *wrap,
                                              char why[SERVICE_WHY])
{
	const struct assay_hpke_pair *pair;

	pthread_mutex_lock(&k->lock);
	pair = have(k, service, wrap, why) ? k->pair : NULL;
	pthread_mutex_unlock(&k->lock);
	return pair;
}
