/* eii_write.c - Conclave's EnclaveInstanceInfo, written [CONCLAVE 1.2]. */
#include "format/eii.h"

#include "format/quote.h"

#include <string.h>

enum {
	MAGIC_LEN = ASSAY_EII_MAGIC_LEN,
	LP_LEN = 4,
	MOCK_LEN = 8 + 4 + ASSAY_EII_REPORT_LEN + 1,
};

static bool has_quote(const struct assay_eii *eii)
{
	return eii->mode == ASSAY_CONCLAVE_DEBUG ||
	       eii->mode == ASSAY_CONCLAVE_RELEASE;
}

/* The attestation's length; 0 if it has none that can be written. */
static size_t body_len(const struct assay_eii *eii)
{
	size_t len = eii->quote.len;

	if (eii->mode == ASSAY_CONCLAVE_NONE)
		return 0;
	if (!has_quote(eii))
		return eii->report_raw.len == ASSAY_EII_REPORT_LEN ? MOCK_LEN
		                                                   : 0;
	if (len <= ASSAY_EII_SIGNED_LEN || len > UINT32_MAX / 2)
		return 0;
	for (size_t i = 0; i < ASSAY_EII_N_PARTS; i++) {
		if (eii->part[i].len > UINT32_MAX / 2 - len)
			return 0;
		len += LP_LEN + eii->part[i].len;
	}
	return len;
}

/* Where it is written. */
struct pen {
	uint8_t *at;
};

static void put_u32(struct pen *pen, size_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*pen->at++ = (uint8_t)(v >> shift);
}

static void put_bytes(struct pen *pen, struct assay_bytes b)
{
	if (b.len)
		memcpy(pen->at, b.ptr, b.len);
	pen->at += b.len;
}

static void put_lp32(struct pen *pen, struct assay_bytes b)
{
	put_u32(pen, b.len);
	put_bytes(pen, b);
}

static void put_mock(struct pen *pen, const struct assay_eii *eii)
{
	uint64_t seconds = (uint64_t)eii->seconds;

	put_u32(pen, (size_t)(seconds >> 32));
	put_u32(pen, (size_t)(seconds & UINT32_MAX));
	put_u32(pen, eii->nanos);
	put_bytes(pen, eii->report_raw);
	*pen->at++ = eii->mode == ASSAY_CONCLAVE_SIMULATION;
}

size_t assay_eii_write(uint8_t *out, size_t room, const struct assay_eii *eii)
{
	size_t body = body_len(eii);
	size_t len = MAGIC_LEN + LP_LEN + ASSAY_EII_SPKI_LEN + LP_LEN +
	             ASSAY_EII_KEY_LEN + 1 + LP_LEN + body;
	struct pen pen = { out };

	if (!body || eii->signing_key.len != ASSAY_EII_SPKI_LEN ||
	    eii->encryption_key.len != ASSAY_EII_KEY_LEN)
		return 0;
	if (len > room)
		return len;
	memcpy(pen.at, ASSAY_EII_MAGIC, MAGIC_LEN);
	pen.at += MAGIC_LEN;
	put_lp32(&pen, eii->signing_key);
	put_lp32(&pen, eii->encryption_key);
	*pen.at++ = has_quote(eii) ? ASSAY_EII_DCAP : ASSAY_EII_MOCK;
	put_u32(&pen, body);
	if (!has_quote(eii)) {
		put_mock(&pen, eii);
		return len;
	}
	put_bytes(&pen, eii->quote);
	for (size_t i = 0; i < ASSAY_EII_N_PARTS; i++)
		put_lp32(&pen, eii->part[i]);
	return len;
}
