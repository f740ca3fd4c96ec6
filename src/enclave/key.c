/* key.c - secrets that a verification service released to this enclave. */
#include "base/err.h"
#include "enclave/inside.h"
#include "seal/released.h"

#include "crypto/crypto.h"

#include <stdlib.h>
#include <string.h>

static struct assay_bytes text(const char *s)
{
	return (struct assay_bytes){ (const uint8_t *)s, strlen(s) };
}

bool assay_key_open(struct assay_enclave *e, uint8_t *out, size_t *len,
                    size_t room, const char *service, const char *name,
                    struct assay_bytes released)
{
	const struct assay_released want = { text(service),
		                             text(name),
		                             { NULL, 0 } };
	uint8_t *secret = malloc(released.len ? released.len : 1);
	size_t n = 0;
	bool done = secret &&
	            assay_released_open(secret, &n, &want, e->config.aead,
	                                &e->secrets->decrypt, released, NULL) &&
	            n <= room;

	memset(out, 0, room);
	if (done)
		memcpy(out, secret, n);
	*len = done ? n : 0;
	if (secret)
		assay_wipe(secret, released.len);
	free(secret);
	return done;
}
