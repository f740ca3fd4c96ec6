/* eii.c - Conclave's EnclaveInstanceInfo, read [CONCLAVE 1.2]. */
#include "format/eii.h"

#include "base/rd.h"
#include "crypto/crypto.h"
#include "format/collateral.h"
#include "format/quote.h"

#include <stdio.h>
#include <string.h>

/* Java's Instant ends there. */
#define INSTANT_MIN (-INT64_C(31557014167219200))
#define INSTANT_MAX INT64_C(31556889864403199)

enum { NANOS = 1000000000 };

/* SubjectPublicKeyInfo of an Ed25519 key, but for its 32 bytes. */
static const uint8_t spki_head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
	                             0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };

/* clang-format off */
static const char *const part_names[ASSAY_EII_N_PARTS] = {
	[ASSAY_EII_VERSION]       = "collateral version",
	[ASSAY_EII_PCK_CRL_CHAIN] = "PCK CRL issuer chain",
	[ASSAY_EII_ROOT_CRL]      = "root CA CRL",
	[ASSAY_EII_PCK_CRL]       = "PCK CRL",
	[ASSAY_EII_TCB_CHAIN]     = "TCB info issuer chain",
	[ASSAY_EII_TCB_INFO]      = "TCB info",
	[ASSAY_EII_QE_CHAIN]      = "QE identity issuer chain",
	[ASSAY_EII_QE_IDENTITY]   = "QE identity",
};
/* clang-format on */

/* lp32: a length, big-endian, and as many bytes */
static struct assay_bytes lp32(struct assay_rd *r, const char *field)
{
	return assay_rd_bytes(r, assay_rd_u32be(r, field), field);
}

/* C_EII_TYPE's one place. */
static bool wrong_type(unsigned type, size_t at, const char *want,
                       enum assay_doc doc, struct assay_err *err)
{
	return assay_fail(err, ASSAY_C_EII_TYPE, doc, at,
	                  "got a Conclave attestation of type %u (%s), "
	                  "want %s",
	                  type,
	                  type == ASSAY_EII_EPID   ? "EPID"
	                  : type == ASSAY_EII_DCAP ? "DCAP"
	                  : type == ASSAY_EII_MOCK ? "mock or simulation"
	                                           : "unknown",
	                  want);
}

/* C_EII's one place. */
static bool is_whole(const struct assay_rd *r, enum assay_doc doc,
                     struct assay_err *err)
{
	char room[64] = "";

	if (assay_rd_ok(r))
		return true;
	if (r->bad_want)
		snprintf(room, sizeof(room), " wants %zu bytes, %zu are left",
		         r->bad_want, r->bad_left);
	return assay_fail(err, ASSAY_C_EII, doc, r->bad_at, "%s%s", r->bad,
	                  room);
}

/* ---- the parts */

static void read_keys(struct assay_eii *eii, struct assay_rd *r)
{
	size_t at = r->pos;

	eii->signing_key = lp32(r, "signing key");
	if (eii->signing_key.len != ASSAY_EII_SPKI_LEN ||
	    memcmp(eii->signing_key.ptr, spki_head, sizeof(spki_head)) != 0)
		assay_rd_spoil(r, at,
		               "signing key is not an Ed25519 key of 44 "
		               "bytes");
	at = r->pos;
	eii->encryption_key = lp32(r, "encryption key");
	if (eii->encryption_key.len != ASSAY_EII_KEY_LEN)
		assay_rd_spoil(r, at, "encryption key is not of 32 bytes");
}

static uint8_t read_head(struct assay_eii *eii, struct assay_rd *r)
{
	struct assay_bytes magic = assay_rd_bytes(r, ASSAY_EII_MAGIC_LEN,
	                                          "magic");

	if (magic.len && memcmp(magic.ptr, ASSAY_EII_MAGIC, magic.len) != 0)
		assay_rd_spoil(r, 0, "magic is not EII");
	read_keys(eii, r);
	return assay_rd_u8(r, "type");
}

/* The quote has no length of its own around it: that of its signature data ends
 * it. */
static struct assay_bytes read_quote(struct assay_rd *r)
{
	size_t at = r->pos;

	assay_rd_bytes(r, ASSAY_EII_SIGNED_LEN, "quote");
	assay_rd_bytes(r, assay_rd_u32le(r, "quote"), "quote");
	return (struct assay_bytes){ r->base + at, r->pos - at };
}

bool assay_eii_version_known(struct assay_bytes version)
{
	static const char *const known[] = { "1", "3", "65539", "4" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (version.len == strlen(known[i]) &&
		    memcmp(version.ptr, known[i], version.len) == 0)
			return true;
	return false;
}

/* A number as Java's parseInt reads it, if not one that fits. */
static bool is_number(struct assay_bytes text)
{
	size_t i = text.len > 1 && (*text.ptr == '-' || *text.ptr == '+');

	while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9')
		i++;
	return text.len > 0 && i == text.len;
}

static void read_dcap(struct assay_eii *eii, struct assay_rd *r, bool strict)
{
	size_t at;

	eii->quote = read_quote(r);
	at = r->pos;
	for (size_t i = 0; i < ASSAY_EII_N_PARTS; i++)
		eii->part[i] = lp32(r, part_names[i]);
	if (strict ? !assay_eii_version_known(eii->part[ASSAY_EII_VERSION])
	           : !is_number(eii->part[ASSAY_EII_VERSION]))
		assay_rd_spoil(r, at,
		               "collateral version is not 1, 3, 65539 or 4");
}

/* The host's clock, where nanoseconds may carry. */
static void read_time(struct assay_eii *eii, struct assay_rd *r, bool strict)
{
	size_t at = r->pos;
	uint64_t high = assay_rd_u32be(r, "time");
	uint64_t seconds = high << 32 | assay_rd_u32be(r, "time");
	uint32_t raw = assay_rd_u32be(r, "time");
	int32_t nanos;

	memcpy(&eii->seconds, &seconds, sizeof(seconds));
	memcpy(&nanos, &raw, sizeof(raw));
	if (eii->seconds < INSTANT_MIN + 3 || eii->seconds > INSTANT_MAX - 2) {
		assay_rd_spoil(r, at, "time is none that there is");
		return;
	}
	if (strict && (nanos < 0 || nanos >= NANOS))
		assay_rd_spoil(r, at + 8, "nanoseconds are not below a second");
	for (; nanos < 0; nanos += NANOS)
		eii->seconds--;
	for (; nanos >= NANOS; nanos -= NANOS)
		eii->seconds++;
	eii->nanos = (uint32_t)nanos;
}

static void read_mock(struct assay_eii *eii, struct assay_rd *r, bool strict)
{
	uint8_t simulated;
	size_t at;

	read_time(eii, r, strict);
	eii->report_raw = assay_rd_bytes(r, ASSAY_EII_REPORT_LEN, "report");
	at = r->pos;
	simulated = assay_rd_u8(r, "mode");
	if (strict && simulated > 1)
		assay_rd_spoil(r, at, "mode is neither 0 nor 1");
	eii->mode = simulated ? ASSAY_CONCLAVE_SIMULATION : ASSAY_CONCLAVE_MOCK;
}

/* The attestation, which `read` knows, and that nothing follows. */
static bool read_rest(struct assay_eii *eii, struct assay_rd *r,
                      void (*read)(struct assay_eii *eii, struct assay_rd *r,
                                   bool strict),
                      bool strict, enum assay_doc doc, struct assay_err *err)
{
	uint32_t len = assay_rd_u32be(r, "attestation");
	struct assay_rd a = assay_rd_sub(r, len, "attestation");

	read(eii, &a, strict);
	if (strict && assay_rd_left(&a) > 0)
		assay_rd_spoil(&a, a.pos, "bytes follow in the attestation");
	assay_rd_join(r, &a);
	if (strict && assay_rd_left(r) > 0)
		assay_rd_spoil(r, r->pos, "bytes follow");
	return is_whole(r, doc, err);
}

/* ---- as evidence */

static bool fill(struct assay_evidence *e, const struct assay_eii *eii,
                 struct assay_scratch *scratch, struct assay_err *err)
{
	struct assay_collateral *c = &e->collateral;
	const struct assay_bytes *part = eii->part;
	struct assay_bytes root_crl = part[ASSAY_EII_ROOT_CRL];
	struct assay_bytes pck_crl = part[ASSAY_EII_PCK_CRL];

	e->kind = ASSAY_EVIDENCE_EII;
	e->quote = eii->quote;
	e->eii_spki = eii->signing_key;
	e->eii_ek = eii->encryption_key;
	e->has_collateral = true;
	c->pck_crl_issuer_chain = part[ASSAY_EII_PCK_CRL_CHAIN];
	c->tcb_info_issuer_chain = part[ASSAY_EII_TCB_CHAIN];
	c->tcb_info.doc = part[ASSAY_EII_TCB_INFO];
	c->qe_identity_issuer_chain = part[ASSAY_EII_QE_CHAIN];
	c->qe_identity.doc = part[ASSAY_EII_QE_IDENTITY];
	return (!root_crl.len ||
	        assay_crl_bytes(&c->root_ca_crl, root_crl, scratch,
	                        ASSAY_DOC_ROOT_CRL, err)) &&
	       (!pck_crl.len || assay_crl_bytes(&c->pck_crl, pck_crl, scratch,
	                                        ASSAY_DOC_PCK_CRL, err));
}

bool assay_eii_read(struct assay_evidence *e, struct assay_bytes in,
                    struct assay_scratch *scratch, enum assay_doc doc,
                    struct assay_err *err)
{
	struct assay_eii eii = { 0 };
	struct assay_rd r = assay_rd(in);
	uint8_t type = read_head(&eii, &r);

	if (assay_rd_ok(&r) && type != ASSAY_EII_DCAP)
		return wrong_type(type, r.pos - 1, "1 (DCAP)", doc, err);
	return read_rest(&eii, &r, read_dcap, true, doc, err) &&
	       fill(e, &eii, scratch, err);
}

bool assay_eii_evidence(struct assay_evidence *evidence,
                        const struct assay_eii *eii,
                        struct assay_scratch *scratch,
                        enum assay_conclave_rules rules, struct assay_err *err)
{
	size_t used = scratch->used;

	memset(evidence, 0, sizeof(*evidence));
	if (!eii->quote.len)
		return wrong_type(ASSAY_EII_MOCK, 0, "one with a quote",
		                  ASSAY_DOC_EVIDENCE, err);
	evidence->encoding = "raw";
	if (!fill(evidence, eii, scratch, err)) {
		memset(evidence, 0, sizeof(*evidence));
		scratch->used = used;
		return false;
	}
	if (rules == ASSAY_CONCLAVE_COMPAT)
		evidence->collateral.pck_crl_issuer_chain =
			(struct assay_bytes){ 0 };
	return true;
}

/* ---- as Conclave's clients see it */

/* [CONCLAVE 1.3]: the report data is the hash of both keys. */
static bool keys_are_bound(const struct assay_eii *eii)
{
	const struct assay_bytes keys[] = { eii->signing_key,
		                            eii->encryption_key };
	uint8_t want[ASSAY_SHA512_LEN];

	assay_sha512_parts(want, keys, 2);
	return memcmp(want, eii->report.report_data, sizeof(want)) == 0;
}

/* What is claimed of the enclave [CONCLAVE 1.1, 1.4]. */
static bool take_report(struct assay_eii *eii, struct assay_err *err)
{
	struct assay_rd r = assay_rd(eii->quote.len ? eii->quote
	                                            : eii->report_raw);

	if (eii->quote.len)
		assay_rd_bytes(&r, ASSAY_EII_REPORT_AT, "quote");
	assay_sgx_report_read(&eii->report, &r);
	if (eii->quote.len)
		eii->mode = eii->report.flags & ASSAY_SGX_DEBUG
		                    ? ASSAY_CONCLAVE_DEBUG
		                    : ASSAY_CONCLAVE_RELEASE;
	if (!keys_are_bound(eii))
		return assay_fail(err, ASSAY_C_EII_KEYS, ASSAY_DOC_EVIDENCE, 0,
		                  "it is of others");
	if (eii->report.isv_svn == 0)
		return assay_fail(err, ASSAY_C_EII_REVOCATION,
		                  ASSAY_DOC_EVIDENCE, 0, "ISVSVN is 0");
	return true;
}

static bool parse(struct assay_eii *eii, struct assay_bytes in, bool strict,
                  struct assay_err *err)
{
	struct assay_rd r = assay_rd(in);
	uint8_t type = read_head(eii, &r);

	if (assay_rd_ok(&r) && type != ASSAY_EII_DCAP && type != ASSAY_EII_MOCK)
		return wrong_type(type, r.pos - 1,
		                  "1 (DCAP) or 2 (mock or simulation)",
		                  ASSAY_DOC_EVIDENCE, err);
	return read_rest(eii, &r,
	                 type == ASSAY_EII_DCAP ? read_dcap : read_mock, strict,
	                 ASSAY_DOC_EVIDENCE, err) &&
	       take_report(eii, err);
}

bool assay_eii_parse(struct assay_eii *eii, struct assay_bytes in,
                     enum assay_conclave_rules rules, struct assay_err *err)
{
	memset(eii, 0, sizeof(*eii));
	if (parse(eii, in, rules == ASSAY_CONCLAVE_STRICT, err))
		return true;
	memset(eii, 0, sizeof(*eii));
	return false;
}
