/* eii.c - Conclave's EnclaveInstanceInfo [CONCLAVE 1.2]. */
#include "format/eii.h"

#include "base/rd.h"
#include "format/collateral.h"

#include <stdio.h>
#include <string.h>

enum {
	TYPE_EPID = 0,
	TYPE_DCAP = 1,
	TYPE_MOCK = 2,
	SPKI_LEN = 44,
	EK_LEN = 32,
	SIGNED_LEN = 432,  /* of a quote: header and report body */
};

/* SubjectPublicKeyInfo of an Ed25519 key, but for its 32 bytes. */
static const uint8_t spki_head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
	                             0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };

/* lp32: a length, big-endian, and as many bytes */
static struct assay_bytes lp32(struct assay_rd *r, const char *field)
{
	return assay_rd_bytes(r, assay_rd_u32be(r, field), field);
}

static bool is_type(uint8_t type, size_t at, enum assay_doc doc,
                    struct assay_err *err)
{
	return type == TYPE_DCAP ||
	       assay_fail(err, ASSAY_C_EII_TYPE, doc, at,
	                  "got a Conclave attestation of type %u (%s), "
	                  "want 1 (DCAP)",
	                  type,
	                  type == TYPE_EPID   ? "EPID"
	                  : type == TYPE_MOCK ? "mock or simulation"
	                                      : "unknown");
}

/* The quote has no length of its own around it: that of its signature data ends
 * it. */
static struct assay_bytes read_quote(struct assay_rd *r)
{
	size_t at = r->pos;

	assay_rd_bytes(r, SIGNED_LEN, "quote");
	assay_rd_bytes(r, assay_rd_u32le(r, "quote"), "quote");
	return (struct assay_bytes){ r->base + at, r->pos - at };
}

/* The versions of collateral that Conclave reads: 1, 3, 3.1 and 4. */
static void read_version(struct assay_rd *r)
{
	static const char *const known[] = { "1", "3", "65539", "4" };
	size_t at = r->pos;
	struct assay_bytes got = lp32(r, "collateral version");

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (got.len == strlen(known[i]) &&
		    memcmp(got.ptr, known[i], got.len) == 0)
			return;
	assay_rd_spoil(r, at, "collateral version is not 1, 3, 65539 or 4");
}

static void read_keys(struct assay_evidence *e, struct assay_rd *r)
{
	size_t at = r->pos;

	e->eii_spki = lp32(r, "signing key");
	if (e->eii_spki.len != SPKI_LEN ||
	    memcmp(e->eii_spki.ptr, spki_head, sizeof(spki_head)) != 0)
		assay_rd_spoil(r, at, "signing key is not an Ed25519 key of 44 "
		                      "bytes");
	at = r->pos;
	e->eii_ek = lp32(r, "encryption key");
	if (e->eii_ek.len != EK_LEN)
		assay_rd_spoil(r, at, "encryption key is not of 32 bytes");
}

bool assay_eii_read(struct assay_evidence *e, struct assay_bytes in,
                    struct assay_scratch *scratch, enum assay_doc doc,
                    struct assay_err *err)
{
	struct assay_collateral *c = &e->collateral;
	struct assay_bytes root_crl, pck_crl;
	struct assay_rd r = assay_rd(in);
	char room[64] = "";

	assay_rd_bytes(&r, ASSAY_EII_MAGIC_LEN, "magic");
	read_keys(e, &r);
	size_t type_at = r.pos;
	uint8_t type = assay_rd_u8(&r, "type");
	if (assay_rd_ok(&r) && !is_type(type, type_at, doc, err))
		return false;
	uint32_t len = assay_rd_u32be(&r, "attestation");
	struct assay_rd a = assay_rd_sub(&r, len, "attestation");

	e->quote = read_quote(&a);
	read_version(&a);
	c->pck_crl_issuer_chain = lp32(&a, "PCK CRL issuer chain");
	root_crl = lp32(&a, "root CA CRL");
	pck_crl = lp32(&a, "PCK CRL");
	c->tcb_info_issuer_chain = lp32(&a, "TCB info issuer chain");
	c->tcb_info.doc = lp32(&a, "TCB info");
	c->qe_identity_issuer_chain = lp32(&a, "QE identity issuer chain");
	c->qe_identity.doc = lp32(&a, "QE identity");
	if (assay_rd_left(&a) > 0)
		assay_rd_spoil(&a, a.pos, "bytes follow in the attestation");
	assay_rd_join(&r, &a);
	if (assay_rd_left(&r) > 0)
		assay_rd_spoil(&r, r.pos, "bytes follow");

	if (r.bad_want)
		snprintf(room, sizeof(room), " wants %zu bytes, %zu are left",
		         r.bad_want, r.bad_left);
	if (!assay_rd_ok(&r))
		return assay_fail(err, ASSAY_C_EII, doc, r.bad_at, "%s%s",
		                  r.bad, room);
	e->kind = ASSAY_EVIDENCE_EII;
	e->has_collateral = true;
	return (!root_crl.len ||
	        assay_crl_bytes(&c->root_ca_crl, root_crl, scratch,
	                        ASSAY_DOC_ROOT_CRL, err)) &&
	       (!pck_crl.len || assay_crl_bytes(&c->pck_crl, pck_crl, scratch,
	                                        ASSAY_DOC_PCK_CRL, err));
}
