/* config.c - key configurations [RFC 9458 3.1]. */
#include "seal/ohttp.h"

#include "base/rd.h"

#include <string.h>

enum { SUITE_LEN = 4 };

static uint16_t u16be(struct assay_rd *r, const char *field)
{
	uint16_t high = assay_rd_u8(r, field);

	return (uint16_t)(high << 8 | assay_rd_u8(r, field));
}

/* The first pair of numbers that is known; the owner puts first what he likes
 * best. */
static bool choose(enum assay_aead *aead, struct assay_bytes suites,
                   struct assay_err *err)
{
	struct assay_rd r = assay_rd(suites);

	while (assay_rd_left(&r)) {
		uint16_t kdf = u16be(&r, "kdf"), id = u16be(&r, "aead");

		if (kdf != ASSAY_HPKE_KDF || id == ASSAY_AEAD_NONE ||
		    id >= ASSAY_N_AEADS)
			continue;
		*aead = id;
		return true;
	}
	return assay_fail(err, ASSAY_H_SUITE, ASSAY_DOC_NONE, 0,
	                  "none of its %zu pairs is known",
	                  suites.len / SUITE_LEN);
}

static bool is_known_kem(uint16_t kem, struct assay_err *err)
{
	return kem == ASSAY_HPKE_KEM ||
	       assay_fail(err, ASSAY_H_KEM, ASSAY_DOC_NONE, 1, "got 0x%04x",
	                  (unsigned)kem);
}

/* The KEM says how long the key is: what follows an unknown one means nothing. */
static bool read_config(struct assay_key_config *config, struct assay_bytes in,
                        struct assay_err *err)
{
	struct assay_rd r = assay_rd(in);
	struct assay_bytes suites;
	uint16_t kem;

	config->id = assay_rd_u8(&r, "key id");
	kem = u16be(&r, "KEM");
	if (assay_rd_ok(&r) && !is_known_kem(kem, err))
		return false;
	assay_rd_copy(&r, config->key, sizeof(config->key), "public key");
	suites = assay_rd_bytes(&r, u16be(&r, "length of the suites"),
	                        "suites");
	if (!assay_rd_ok(&r) || assay_rd_left(&r) || suites.len == 0 ||
	    suites.len % SUITE_LEN != 0)
		return assay_fail(err, ASSAY_H_CONFIG, ASSAY_DOC_NONE, r.pos,
		                  "%zu bytes are no key configuration", in.len);
	return choose(&config->aead, suites, err);
}

bool assay_key_config_read(struct assay_key_config *config,
                           struct assay_bytes in, struct assay_err *err)
{
	bool done;

	*config = (struct assay_key_config){ 0 };
	done = read_config(config, in, err);
	if (!done)
		*config = (struct assay_key_config){ 0 };
	return done;
}

void assay_key_config_write(uint8_t out[ASSAY_KEY_CONFIG_LEN],
                            const struct assay_key_config *config)
{
	const uint8_t suites[] = {
		0, SUITE_LEN, 0, ASSAY_HPKE_KDF, 0, (uint8_t)config->aead,
	};

	out[0] = config->id;
	out[1] = 0;
	out[2] = ASSAY_HPKE_KEM;
	memcpy(out + 3, config->key, ASSAY_CURVE25519_LEN);
	memcpy(out + 3 + ASSAY_CURVE25519_LEN, suites, sizeof(suites));
}
