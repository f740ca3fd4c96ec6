/* quote.c - quotes of versions 3, 4 and 5 [DCAP 1]. */
#include "format/quote.h"

#include "base/err.h"
#include "base/rd.h"
#include "base/text.h"

#include <string.h>

enum {
	KEY_ECDSA_P256 = 2,
	TEE_SGX = 0x00,
	TEE_TDX = 0x81,
	SIG_LEN = 64,
	AK_LEN = 64,
	REPORT_LEN = 384,
	VENDOR_LEN = 16,
	CERT_HEAD_LEN = 6, /* type and size */
	CERT_MAX = 64 * 1024,
	BODY_TDX_15_EXTENDED = 4,
};

static const uint8_t intel[VENDOR_LEN] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c,
	                                   0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3,
	                                   0x95, 0x7f, 0x06, 0x07 };

/* The bodies of version 5 by type [DCAP 1.4]; older versions have the first
 * two without saying so. */
enum { BODY_SGX = 1, BODY_TDX_10, BODY_TDX_15 };
static const struct {
	enum assay_tee tee;
	uint32_t size;
} bodies[] = {
	[BODY_SGX] = { ASSAY_TEE_SGX, REPORT_LEN },
	[BODY_TDX_10] = { ASSAY_TEE_TDX, 584 },
	[BODY_TDX_15] = { ASSAY_TEE_TDX, 648 },
};

/* The fields until the signature data are all there. */
static bool is_whole(const struct assay_rd *r, struct assay_err *err)
{
	return assay_rd_ok(r) ||
	       assay_fail(err, ASSAY_P_TRUNCATED, ASSAY_DOC_QUOTE, r->bad_at,
	                  "%s wants %zu bytes, %zu are left", r->bad,
	                  r->bad_want, r->bad_left);
}

/* The reader is good; if not, the signature's length is to blame. */
static bool fits_signature(const struct assay_rd *r, struct assay_err *err)
{
	return assay_rd_ok(r) ||
	       assay_fail(err, ASSAY_P_SIGLEN, ASSAY_DOC_QUOTE, r->bad_at,
	                  "%s wants %zu bytes, %zu are left", r->bad,
	                  r->bad_want, r->bad_left);
}

/* Certification data, or what stands around or after them, are too long. */
static bool too_long(struct assay_err *err, size_t at, const char *field,
                     size_t got, size_t most)
{
	return assay_fail(err, ASSAY_P_NEST, ASSAY_DOC_QUOTE, at,
	                  "%s: got %zu bytes, want at most %zu", field, got,
	                  most);
}

/* The reader is good; if not, the length of certification data is to blame. */
static bool fits_nest(const struct assay_rd *r, struct assay_err *err)
{
	return assay_rd_ok(r) ||
	       too_long(err, r->bad_at, r->bad, r->bad_want, r->bad_left);
}

static bool is_at_end(const struct assay_rd *r, struct assay_err *err)
{
	size_t left = assay_rd_left(r);

	return left == 0 ||
	       too_long(err, r->pos, "after certification data", left, 0);
}

bool assay_wrong_cert_type(struct assay_err *err, size_t at, uint16_t got,
                           const char *wanted)
{
	return assay_fail(err, ASSAY_P_CERTTYPE, ASSAY_DOC_QUOTE, at,
	                  "got certification data of type %u, want %s", got,
	                  wanted);
}

/* [DCAP 1.1]: 3 to 5; a CBOR Web Token begins with an array, map or tag. */
static bool check_version(uint16_t version, struct assay_err *err)
{
	bool is_cbor = (version & 0xff) >= 0x80 && (version & 0xff) < 0xe0;

	if (version >= 3 && version <= 5)
		return true;
	return assay_fail(err, ASSAY_P_VERSION, ASSAY_DOC_QUOTE, 0,
	                  "%sgot %u, want 3, 4 or 5",
	                  is_cbor ? "unsupported evidence format (CBOR): " : "",
	                  version);
}

static bool check_vendor(const uint8_t vendor[VENDOR_LEN], size_t at,
                         struct assay_err *err)
{
	char got[2 * VENDOR_LEN + 1], want[2 * VENDOR_LEN + 1];

	if (memcmp(vendor, intel, VENDOR_LEN) == 0)
		return true;
	assay_hex_print(got, vendor, VENDOR_LEN, false);
	assay_hex_print(want, intel, VENDOR_LEN, false);
	return assay_fail(err, ASSAY_P_VENDOR, ASSAY_DOC_QUOTE, at,
	                  "got %s, want Intel's %s", got, want);
}

/* [DCAP 1.1] */
static bool read_header(struct assay_quote *q, struct assay_rd *r,
                        struct assay_err *err)
{
	uint8_t vendor[VENDOR_LEN];

	q->version = assay_rd_u16le(r, "version");
	if (!is_whole(r, err) || !check_version(q->version, err))
		return false;
	size_t key_at = r->pos;
	uint16_t key_type = assay_rd_u16le(r, "attestation key type");
	size_t tee_at = r->pos;
	uint32_t tee = assay_rd_u32le(r, "TEE type");
	size_t svns_at = r->pos; /* from version 4: reserved */
	uint32_t svns = assay_rd_u32le(r, "QE SVN and PCE SVN");
	size_t vendor_at = r->pos;
	assay_rd_copy(r, vendor, VENDOR_LEN, "QE vendor id");
	assay_rd_copy(r, q->user_data, sizeof(q->user_data), "user data");
	if (!is_whole(r, err))
		return false;

	if (key_type != KEY_ECDSA_P256)
		return assay_fail(err, ASSAY_P_KEYTYPE, ASSAY_DOC_QUOTE, key_at,
		                  "got %u%s, want 2 (ECDSA P-256)", key_type,
		                  key_type < 2 ? " (EPID)" : "");
	if (tee != TEE_SGX && (tee != TEE_TDX || q->version == 3))
		return assay_fail(err, ASSAY_P_TEE, ASSAY_DOC_QUOTE, tee_at,
		                  "got 0x%x in version %u, want 0 (SGX)%s", tee,
		                  q->version,
		                  q->version == 3 ? "" : " or 0x81 (TDX)");
	if (q->version != 3 && svns != 0)
		return assay_fail(err, ASSAY_P_RESERVED, ASSAY_DOC_QUOTE,
		                  svns_at, "got 0x%08x, want 0", svns);
	q->tee = tee == TEE_SGX ? ASSAY_TEE_SGX : ASSAY_TEE_TDX;
	return check_vendor(vendor, vendor_at, err);
}

/* [DCAP 1.4]: what follows the header in version 5, and what it means. */
static bool read_descriptor(struct assay_quote *q, struct assay_rd *r,
                            struct assay_err *err)
{
	const char *wrong = NULL;
	size_t at = r->pos;
	uint32_t size;

	if (q->version < 5) {
		q->body_type = q->tee == ASSAY_TEE_SGX ? BODY_SGX : BODY_TDX_10;
		return true;
	}
	q->body_type = assay_rd_u16le(r, "body type");
	size = assay_rd_u32le(r, "body size");
	if (!is_whole(r, err))
		return false;
	if (q->body_type == BODY_TDX_15_EXTENDED)
		wrong = "unsupported body type 4 (TDX 1.5 extended)";
	else if (q->body_type < BODY_SGX || q->body_type > BODY_TDX_15)
		wrong = "unknown body type";
	else if (q->tee != bodies[q->body_type].tee)
		wrong = "body type is not of this TEE";
	else if (size != bodies[q->body_type].size)
		wrong = "body type and size differ";
	if (!wrong)
		return true;
	return assay_fail(err, ASSAY_P_BODY, ASSAY_DOC_QUOTE, at,
	                  "%s: got type %u of %u bytes for %s, want 1 of 384 "
	                  "(SGX), 2 of 584 or 3 of 648 (TDX)",
	                  wrong, q->body_type, size, assay_tee_name(q->tee));
}

void assay_sgx_report_read(struct assay_sgx_report *out, struct assay_rd *r)
{
	assay_rd_copy(r, out->cpu_svn, 16, "CPUSVN");
	out->misc_select = assay_rd_u32le(r, "MISCSELECT");
	assay_rd_bytes(r, 12, "reserved");
	assay_rd_copy(r, out->isv_ext_prod_id, 16, "ISVEXTPRODID");
	struct assay_rd attributes = *r;
	out->flags = assay_rd_u64le(&attributes, "FLAGS");
	out->xfrm = assay_rd_u64le(&attributes, "XFRM");
	assay_rd_copy(r, out->attributes, 16, "ATTRIBUTES");
	assay_rd_copy(r, out->mrenclave, 32, "MRENCLAVE");
	assay_rd_bytes(r, 32, "reserved");
	assay_rd_copy(r, out->mrsigner, 32, "MRSIGNER");
	assay_rd_bytes(r, 32, "reserved");
	assay_rd_copy(r, out->config_id, 64, "CONFIGID");
	out->isv_prod_id = assay_rd_u16le(r, "ISVPRODID");
	out->isv_svn = assay_rd_u16le(r, "ISVSVN");
	out->config_svn = assay_rd_u16le(r, "CONFIGSVN");
	assay_rd_bytes(r, 42, "reserved");
	assay_rd_copy(r, out->isv_family_id, 16, "ISVFAMILYID");
	assay_rd_copy(r, out->report_data, 64, "REPORTDATA");
}

/* [DCAP 1.3] */
static void read_td_report(struct assay_td_report *out, struct assay_rd *r,
                           bool is_15)
{
	assay_rd_copy(r, out->tee_tcb_svn, 16, "TEE_TCB_SVN");
	assay_rd_copy(r, out->mrseam, 48, "MRSEAM");
	assay_rd_copy(r, out->mrsignerseam, 48, "MRSIGNERSEAM");
	out->seam_attributes = assay_rd_u64le(r, "SEAMATTRIBUTES");
	out->td_attributes = assay_rd_u64le(r, "TDATTRIBUTES");
	out->xfam = assay_rd_u64le(r, "XFAM");
	assay_rd_copy(r, out->mrtd, 48, "MRTD");
	assay_rd_copy(r, out->mrconfigid, 48, "MRCONFIGID");
	assay_rd_copy(r, out->mrowner, 48, "MROWNER");
	assay_rd_copy(r, out->mrownerconfig, 48, "MROWNERCONFIG");
	for (size_t i = 0; i < 4; i++)
		assay_rd_copy(r, out->rtmr[i], 48, "RTMR");
	assay_rd_copy(r, out->report_data, 64, "REPORTDATA");
	out->is_15 = is_15;
	if (!is_15)
		return;
	assay_rd_copy(r, out->tee_tcb_svn_2, 16, "TEE_TCB_SVN_2");
	assay_rd_copy(r, out->mrservicetd, 48, "MRSERVICETD");
}

static void read_body(struct assay_quote *q, struct assay_rd *r)
{
	q->body_at = r->pos;
	if (q->tee == ASSAY_TEE_SGX)
		assay_sgx_report_read(&q->sgx, r);
	else
		read_td_report(&q->td, r, q->body_type == BODY_TDX_15);
}

/*
 * A run that its own length field takes out of the signature data: whether that
 * length is wrong or the signature's is told by the buffer.  If the run is all
 * there, the signature's length cuts it [DCAP 8.1, cases 14 and 17].
 */
static bool fits_either(const struct assay_rd *r, size_t in_len,
                        struct assay_err *err)
{
	if (!assay_rd_ok(r) && r->bad_want <= in_len - r->bad_at)
		return fits_signature(r, err);
	return fits_nest(r, err);
}

/* The outer certification data of version 4 and later, type 6, which fill the
 * rest of the signature data; `inner` reads what is in them. */
static bool open_outer(struct assay_rd *inner, struct assay_rd *s,
                       size_t in_len, struct assay_err *err)
{
	size_t at = s->pos;
	uint16_t type = assay_rd_u16le(s, "outer certification data type");
	uint32_t size = assay_rd_u32le(s, "outer certification data size");

	if (!fits_signature(s, err))
		return false;
	if (type != ASSAY_CERT_QE_REPORT)
		return assay_wrong_cert_type(err, at, type,
		                             "type 6 (QE report) around it");
	*inner = assay_rd_sub(s, size, "outer certification data");
	return fits_either(s, in_len, err) && is_at_end(s, err);
}

/* The QE report and its signature, authentication data, and certification data
 * in `c`: all that is left of the signature data in version 3, the contents of
 * the outer certification data later. */
static bool read_certification(struct assay_quote *q, struct assay_rd *c,
                               size_t in_len, struct assay_err *err)
{
	bool outer = q->version > 3;

	q->qe_report_raw = assay_rd_bytes(c, REPORT_LEN, "QE report");
	q->qe_report_sig = assay_rd_bytes(c, SIG_LEN, "QE report signature");
	size_t auth_at = c->pos;
	uint16_t auth_len = assay_rd_u16le(c, "QE authentication data length");
	if (!(outer ? fits_nest(c, err) : fits_signature(c, err)))
		return false;
	struct assay_rd qe = assay_rd(q->qe_report_raw);
	assay_sgx_report_read(&q->qe_report, &qe);

	size_t left = assay_rd_left(c);
	if (left < CERT_HEAD_LEN || auth_len > left - CERT_HEAD_LEN)
		return assay_fail(err, ASSAY_P_AUTH, ASSAY_DOC_QUOTE, auth_at,
		                  "got %u bytes of authentication data and 6 "
		                  "of a header, %zu are left",
		                  auth_len, left);
	q->qe_auth = assay_rd_bytes(c, auth_len, "QE authentication data");

	q->cert_type = assay_rd_u16le(c, "certification data type");
	uint32_t size = assay_rd_u32le(c, "certification data size");
	q->cert_at = c->pos;
	if (q->cert_type < ASSAY_CERT_PPID_CLEAR ||
	    q->cert_type > ASSAY_CERT_PCK_CHAIN)
		return assay_wrong_cert_type(err, q->cert_at - CERT_HEAD_LEN,
		                             q->cert_type, "1 to 5");
	q->cert = assay_rd_bytes(c, size, "certification data");
	if (!(outer ? fits_nest(c, err) : fits_either(c, in_len, err)))
		return false;
	if (size > CERT_MAX)
		return too_long(err, q->cert_at, "certification data", size,
		                CERT_MAX);
	return is_at_end(c, err);
}

/* [DCAP 1.5], by the rules of [DCAP 1.6] */
static bool read_signature(struct assay_quote *q, struct assay_rd *r,
                           size_t in_len, struct assay_err *err)
{
	uint32_t sig_len = assay_rd_u32le(r, "signature data length");
	if (!is_whole(r, err))
		return false;
	struct assay_rd s = assay_rd_sub(r, sig_len, "signature data");
	if (!fits_signature(r, err))
		return false;
	q->sig = assay_rd_bytes(&s, SIG_LEN, "signature");
	size_t platform_at = s.pos;
	q->ak = assay_rd_bytes(&s, AK_LEN, "attestation key");
	if (!fits_signature(&s, err))
		return false;
	struct assay_rd platform = s;
	if (q->version > 3 && !open_outer(&platform, &s, in_len, err))
		return false;
	q->whole = (struct assay_bytes){ r->base, r->pos };
	q->platform = (struct assay_bytes){ r->base + platform_at,
		                            r->pos - platform_at };
	return read_certification(q, &platform, in_len, err);
}

static bool read_quote(struct assay_quote *q, struct assay_bytes in,
                       bool strict, struct assay_err *err)
{
	struct assay_rd r = assay_rd(in);

	if (!read_header(q, &r, err) || !read_descriptor(q, &r, err))
		return false;
	read_body(q, &r);
	if (!is_whole(&r, err))
		return false;
	q->signed_part = (struct assay_bytes){ in.ptr, r.pos };
	if (!read_signature(q, &r, in.len, err))
		return false;
	if (strict && assay_rd_left(&r) > 0)
		return assay_fail(err, ASSAY_P_TRAILING, ASSAY_DOC_QUOTE, r.pos,
		                  "%zu bytes follow, want none",
		                  assay_rd_left(&r));
	return true;
}

bool assay_quote_parse(struct assay_quote *quote, struct assay_bytes in,
                       bool strict, struct assay_err *err)
{
	memset(quote, 0, sizeof(*quote));
	if (read_quote(quote, in, strict, err))
		return true;
	memset(quote, 0, sizeof(*quote));
	return false;
}

const char *assay_tee_name(enum assay_tee tee)
{
	switch (tee) {
	case ASSAY_TEE_SGX:
		return "SGX";
	case ASSAY_TEE_TDX:
		return "TDX";
	case ASSAY_TEE_NONE:
		break;
	}
	return "";
}
