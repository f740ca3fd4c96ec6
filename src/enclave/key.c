/* key.c - secrets that a verification service released to this enclave. */
#include "base/err.h"
#include "base/text.h"
#include "enclave/inside.h"
#include "seal/released.h"

#include "crypto/crypto.h"

#include <stdlib.h>
#include <string.h>

static struct assay_bytes text(const char *s)
{
	return (struct assay_bytes){ (const uint8_t *)s, strlen(s) };
}

/* As many bytes as `released` has are at `secret`. */
static bool open_secret(uint8_t *secret, size_t *len,
                        struct assay_key_wanted *wanted,
                        const struct assay_enclave *e, size_t room,
                        struct assay_bytes released)
{
	struct assay_released front = { .service = text(wanted->service),
		                        .name = text(wanted->name),
		                        .version = wanted->version };
	uint8_t from[ASSAY_CURVE25519_LEN];

	if (!assay_hex_parse(from, sizeof(from), text(wanted->key)) ||
	    !assay_released_open(secret, len, &front, e->config.aead,
	                         &e->secrets->decrypt, from, released, NULL) ||
	    *len > room)
		return false;
	wanted->version = front.version;
	return true;
}

bool assay_key_open(struct assay_enclave *e, uint8_t *out, size_t *len,
                    size_t room, struct assay_key_wanted *wanted,
                    struct assay_bytes released)
{
	uint8_t *secret = malloc(released.len ? released.len : 1);
	size_t n = 0;
	bool done = secret &&
	            open_secret(secret, &n, wanted, e, room, released);

	memset(out, 0, room);
	if (done)
		memcpy(out, secret, n);
	*len = done ? n : 0;
	if (secret)
		assay_wipe(secret, released.len);
	free(secret);
	return done;
}
