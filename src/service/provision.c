/* provision.c - Gramine's secret provisioning over RA-TLS. */
#include "service/provision.h"

#include "enclave/secret.h"
#include "service/release.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Their NULs are sent too; a length, u32be, and the secret follow the latter. */
static const char request[] = "SECRET_PROVISION_RA_TLS_REQUEST_V1";
static const char response[] = "SECRET_PROVISION_RA_TLS_RESPONSE_V1:";
enum {
	REQUEST_LEN = sizeof(request),
	LENGTH_AT = sizeof(response),
	SECRET_AT = LENGTH_AT + 4,
	MESSAGE_MAX = SECRET_AT + WRAP_ROOM,
};

struct provision {
	struct service *service;
	const char *name[PROVISION_SECRETS_MAX];
	size_t n;
	struct door *door;
};

static size_t put_message(uint8_t *message, size_t len)
{
	memcpy(message, response, sizeof(response));
	for (unsigned i = 0; i < 4; i++)
		message[LENGTH_AT + i] = (uint8_t)(len >> 8 * (3 - i));
	return SECRET_AT + len;
}

/* In the log before it leaves. */
static bool give(struct release *r, struct service *service,
                 struct door_client *client)
{
	enum assay_secret_kind kind;
	uint8_t *message = assay_secret_new(MESSAGE_MAX, &kind);
	size_t len = 0;
	bool done = message &&
	            release_unseal(message + SECRET_AT, &len, r, service) &&
	            release_log(r, service);

	if (done &&
	    !door_write(client, (struct assay_bytes){
					message, put_message(message, len) }))
		service_tell(service, "a client did not get all of a secret",
		             r->who);
	assay_secret_free(message, MESSAGE_MAX);
	return done;
}

/* What was not judged is not in the log; and the client is told nothing. */
static void tell_unread(struct provision *p, const struct release *r)
{
	char why[SERVICE_WHY + DOOR_ADDRESS_LEN + STORE_NAME_MAX];

	snprintf(why, sizeof(why), "%s, %s: %s", r->who, r->name, r->why);
	service_tell(p->service, "a client gets no secret over RA-TLS", why);
}

/* Whether the client got this secret. */
static bool offer(struct provision *p, struct door_client *client,
                  const char *name)
{
	struct release r = {
		.name = name,
		.who = door_address(client),
		.door = "ra-tls",
		.evidence = door_certificate(client),
		.kind = ASSAY_EVIDENCE_CERT,
		.tls_key = door_key(client),
	};
	bool given = release_judge(&r, p->service) &&
	             give(&r, p->service, client);

	if (!given && r.judged)
		release_refused(&r, p->service);
	else if (!given)
		tell_unread(p, &r);
	release_end(&r);
	return given;
}

static void serve(void *self, struct door_client *client)
{
	struct provision *p = self;
	uint8_t asked[REQUEST_LEN];

	if (!door_read(client, asked, sizeof(asked)) ||
	    memcmp(asked, request, sizeof(asked)) != 0)
		return;
	for (size_t i = 0; i < p->n; i++)
		if (offer(p, client, p->name[i]))
			return;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct provision *provision_start(struct service *service,
                                  const struct provision_options *options,
                                  char why[DOOR_WHY])
{
	struct provision *p = calloc(1, sizeof(*p));

	if (!p || !options->n_secrets ||
	    options->n_secrets > PROVISION_SECRETS_MAX) {
		snprintf(why, DOOR_WHY, "name 1 to %d secrets",
		         PROVISION_SECRETS_MAX);
		free(p);
		return NULL;
	}
	p->service = service;
	p->n = options->n_secrets;
	memcpy(p->name, options->secret, p->n * sizeof(*p->name));
	qsort(p->name, p->n, sizeof(*p->name), by_name);
	p->door = door_open(options->address, options->cert, options->key,
	                    serve, p, why);
	if (p->door)
		return p;
	free(p);
	return NULL;
}

uint16_t provision_port(const struct provision *p)
{
	return door_port(p->door);
}

void provision_stop(struct provision *p)
{
	if (!p)
		return;
	door_close(p->door);
	free(p);
}
