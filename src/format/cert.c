/* cert.c - certificates of Intel's profile: strict DER to struct. */
#include "format/cert.h"

#include <string.h>

#include "base/text.h"
#include "format/der.h"
#include "format/x509.h"

/* 2.5.29.n, the extensions that a certificate of the profile may have, and
 * 1.2.840.113741.1.13.1 [DCAP 2.2]. */
enum {
	CE_SKI = 14,
	CE_KEY_USAGE = 15,
	CE_BASIC_CONSTRAINTS = 19,
	CE_CRL_DP = 31,
	CE_AKI = 35,
};
static const uint8_t oid_sgx[] = { 0x2a, 0x86, 0x48, 0x86, 0xf8,
	                           0x4d, 0x01, 0x0d, 0x01 };
static const uint8_t oid_cn[] = { 0x55, 0x04, 0x03 };

bool assay_x509_algorithm(struct assay_bytes inner, struct assay_bytes outer,
                          size_t at, enum assay_doc doc, struct assay_err *err)
{
	if (assay_der_is_ecdsa_sha256(inner) && assay_bytes_equal(inner, outer))
		return true;
	return assay_fail(
		err, ASSAY_X_SIGALG, doc, at,
		"the algorithm is not ecdsa-with-SHA256 in both places");
}

struct assay_x509_ext assay_x509_extension(struct assay_rd *list)
{
	static const uint8_t ce[] = { 0x55, 0x1d };
	struct assay_x509_ext x = { .at = list->pos };
	struct assay_rd e = assay_der_enter(list, DER_SEQUENCE, "Extension");

	x.oid = assay_der_oid(&e, "extnID");
	if (x.oid.len == 3 && memcmp(x.oid.ptr, ce, 2) == 0)
		x.ce = x.oid.ptr[2];
	if (assay_der_peek(&e) == DER_BOOLEAN) {
		size_t at = e.pos;

		x.critical = assay_der_boolean(&e, "critical");
		if (!x.critical) /* DER leaves a default out */
			assay_rd_spoil(&e, at, "critical");
	}
	x.value_at = e.pos;
	x.value = assay_der_enter(&e, DER_OCTET_STRING, "extnValue");
	assay_der_leave(list, &e, "Extension");
	return x;
}

/* The text of an attribute: UTF-8, or ASCII that prints. */
static bool is_text(uint8_t tag, struct assay_bytes v)
{
	size_t n;

	if (tag != DER_UTF8_STRING && tag != DER_PRINTABLE_STRING)
		return false;
	for (size_t i = 0; i < v.len; i += n) {
		n = assay_utf8_len(v.ptr + i, v.len - i);
		if (n == 0 || (tag == DER_PRINTABLE_STRING &&
		               (v.ptr[i] < 0x20 || v.ptr[i] > 0x7e)))
			return false;
	}
	return true;
}

/* One attribute of an RDN; the value, and whether it is a CN. */
static bool read_attribute(struct assay_bytes *value, struct assay_rd *rdn,
                           const char *field)
{
	struct assay_rd a = assay_der_enter(rdn, DER_SEQUENCE, field);
	bool is_cn = assay_der_is_oid(&a, oid_cn, sizeof(oid_cn));
	uint8_t tag;

	if (!is_cn)
		assay_der_oid(&a, field);
	tag = assay_der_peek(&a);
	*value = assay_der_take(&a, tag, field);
	if (!is_text(tag, *value))
		assay_rd_spoil(&a, a.pos, field);
	assay_der_leave(rdn, &a, field);
	return is_cn;
}

/* One RDN: how many CNs it has; *cn is one that stands alone, else empty. */
static unsigned read_rdn(struct assay_bytes *cn, struct assay_rd *name,
                         const char *field)
{
	struct assay_rd rdn = assay_der_enter(name, DER_SET, field);
	struct assay_bytes value;
	unsigned n = 0, n_cn = 0;

	do {
		n_cn += read_attribute(&value, &rdn, field);
		n++;
	} while (assay_rd_ok(&rdn) && assay_rd_left(&rdn));
	assay_der_leave(name, &rdn, field);
	*cn = n == 1 && n_cn == 1 ? value : (struct assay_bytes){ 0 };
	return n_cn;
}

struct assay_bytes assay_x509_name(struct assay_rd *r, struct assay_bytes *cn,
                                   const char *field)
{
	size_t at = r->pos;
	struct assay_rd name = assay_der_enter(r, DER_SEQUENCE, field);
	struct assay_bytes first = { 0 }, other;
	unsigned n_cn = 0;

	if (assay_rd_left(&name))
		n_cn = read_rdn(&first, &name, field);
	while (assay_rd_ok(&name) && assay_rd_left(&name))
		n_cn += read_rdn(&other, &name, field);
	assay_der_leave(r, &name, field);
	if (!assay_rd_ok(r))
		return (struct assay_bytes){ 0 };
	if (cn)
		*cn = n_cn == 1 ? first : (struct assay_bytes){ 0 };
	return (struct assay_bytes){ r->base + at, r->pos - at };
}

/* SubjectPublicKeyInfo of a P-256 key, uncompressed: 26 fixed bytes, x, y. */
static bool read_key(uint8_t key[64], struct assay_bytes spki)
{
	static const uint8_t head[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07,
		                        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
		                        0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
		                        0xce, 0x3d, 0x03, 0x01, 0x07, 0x03,
		                        0x42, 0x00, 0x04 };

	if (spki.len != sizeof(head) + 64 ||
	    memcmp(spki.ptr, head, sizeof(head)) != 0)
		return false;
	memcpy(key, spki.ptr + sizeof(head), 64);
	return true;
}

static void read_basic_constraints(struct assay_cert *c, struct assay_rd *r)
{
	struct assay_rd s = assay_der_enter(r, DER_SEQUENCE,
	                                    "basicConstraints");

	if (assay_der_peek(&s) == DER_BOOLEAN) {
		c->is_ca = assay_der_boolean(&s, "cA");
		if (!c->is_ca)
			assay_rd_spoil(&s, s.pos, "cA");
	}
	if (assay_der_peek(&s) == DER_INTEGER) {
		c->has_path_len = true;
		c->path_len = assay_der_uint(&s, DER_INTEGER, 255,
		                             "pathLenConstraint");
	}
	assay_der_leave(r, &s, "basicConstraints");
}

static void read_key_usage(struct assay_cert *c, struct assay_rd *r)
{
	size_t at = r->pos;
	struct assay_bytes bits = assay_der_take(r, DER_BIT_STRING, "keyUsage");

	/* the first byte says how many bits of the last one are none */
	if (bits.len < 2 || bits.len > 3 || bits.ptr[0] > 7 ||
	    bits.ptr[bits.len - 1] & ((1u << bits.ptr[0]) - 1)) {
		assay_rd_spoil(r, at, "keyUsage");
		return;
	}
	c->key_usage = (uint16_t)(bits.ptr[1] << 8 |
	                          (bits.len == 3 ? bits.ptr[2] : 0));
}

/* What the walk over the extensions finds. */
struct seen {
	bool ski, aki, key_usage, basic_constraints, crl_dp;
	size_t unknown_critical_at; /* 0: none */
};

/* The first sight of an extension; a second one is no DER of the profile. */
static void once(bool *seen, struct assay_rd *list, size_t at,
                 const char *field)
{
	if (*seen)
		assay_rd_spoil(list, at, field);
	*seen = true;
}

static void read_extension(struct assay_cert *c, struct seen *seen,
                           struct assay_rd *list)
{
	struct assay_x509_ext x = assay_x509_extension(list);
	struct assay_rd v = x.value;

	switch (x.ce) {
	case CE_SKI:
		once(&seen->ski, list, x.at, "subjectKeyIdentifier, twice");
		assay_der_take(&v, DER_OCTET_STRING, "subjectKeyIdentifier");
		break;
	case CE_AKI:
		once(&seen->aki, list, x.at, "authorityKeyIdentifier, twice");
		assay_der_take(&v, DER_SEQUENCE, "authorityKeyIdentifier");
		break;
	case CE_KEY_USAGE:
		once(&seen->key_usage, list, x.at, "keyUsage, twice");
		read_key_usage(c, &v);
		break;
	case CE_BASIC_CONSTRAINTS:
		once(&seen->basic_constraints, list, x.at,
		     "basicConstraints, twice");
		read_basic_constraints(c, &v);
		break;
	case CE_CRL_DP:
		once(&seen->crl_dp, list, x.at, "cRLDistributionPoints, twice");
		c->crl_points = assay_der_take(&v, DER_SEQUENCE,
		                               "cRLDistributionPoints");
		break;
	default:
		if (x.oid.len == sizeof(oid_sgx) &&
		    memcmp(x.oid.ptr, oid_sgx, sizeof(oid_sgx)) == 0) {
			c->n_sgx_ext++;
			c->sgx_at = v.pos;
			c->sgx_ext = assay_rd_rest(&v);
		} else {
			if (x.critical && !seen->unknown_critical_at)
				seen->unknown_critical_at = x.at;
			assay_rd_rest(&v);
		}
	}
	assay_der_leave(list, &v, "extnValue");
}

bool assay_cert_wrong_key(struct assay_err *err, const struct assay_cert *cert)
{
	return assay_fail(err, ASSAY_X_CURVE, cert->doc, cert->key_at,
	                  "the public key is not an uncompressed P-256 point");
}

static bool parse(struct assay_cert *c, struct assay_bytes der,
                  struct assay_err *err)
{
	struct assay_rd r = assay_rd(der), cert, tbs, v;
	struct seen seen = { 0 };

	c->der = der;
	cert = assay_der_enter(&r, DER_SEQUENCE, "Certificate");
	size_t tbs_at = cert.pos;
	tbs = assay_der_enter(&cert, DER_SEQUENCE, "tbsCertificate");
	if (assay_rd_ok(&tbs))
		c->tbs = (struct assay_bytes){ r.base + tbs_at,
			                       cert.pos - tbs_at };

	v = assay_der_enter(&tbs, DER_CONTEXT_0, "version");
	if (assay_der_uint(&v, DER_INTEGER, 2, "version") != 2)
		assay_rd_spoil(&v, v.pos, "version 3");
	assay_der_leave(&tbs, &v, "version");
	size_t serial_at = tbs.pos;
	c->serial = assay_der_serial(&tbs, true, "serialNumber");
	if (c->serial.len > 20)
		assay_rd_spoil(&tbs, serial_at, "serialNumber");
	size_t algorithm_at = tbs.pos;
	struct assay_bytes inner = assay_der_whole(&tbs, DER_SEQUENCE,
	                                           "signature");
	c->issuer = assay_x509_name(&tbs, NULL, "issuer");
	c->validity_at = tbs.pos;
	v = assay_der_enter(&tbs, DER_SEQUENCE, "validity");
	c->validity.from = assay_der_time(&v, "notBefore");
	c->validity.until = assay_der_time(&v, "notAfter") + 1;
	assay_der_leave(&tbs, &v, "validity");
	c->subject_at = tbs.pos;
	c->subject = assay_x509_name(&tbs, &c->cn, "subject");
	c->key_at = tbs.pos;
	struct assay_bytes spki = assay_der_whole(&tbs, DER_SEQUENCE,
	                                          "subjectPublicKeyInfo");
	c->extensions_at = tbs.pos;
	struct assay_rd x = assay_der_enter(&tbs, DER_CONTEXT_3, "extensions");
	struct assay_rd list = assay_der_enter(&x, DER_SEQUENCE, "Extensions");
	while (assay_rd_ok(&list) && assay_rd_left(&list))
		read_extension(c, &seen, &list);
	assay_der_leave(&x, &list, "Extensions");
	assay_der_leave(&tbs, &x, "extensions");
	assay_der_leave(&cert, &tbs, "tbsCertificate");

	struct assay_bytes outer = assay_der_whole(&cert, DER_SEQUENCE,
	                                           "signatureAlgorithm");
	c->sig_at = cert.pos;
	assay_der_signature(c->sig, &cert);
	assay_der_leave(&r, &cert, "Certificate");
	if (assay_rd_left(&r))
		assay_rd_spoil(&r, r.pos, "the end of the certificate");

	if (!assay_rd_ok(&r))
		return assay_fail(err, ASSAY_X_DER, c->doc, r.bad_at,
		                  "%s is not as the profile has it", r.bad);
	if (!assay_x509_algorithm(inner, outer, algorithm_at, c->doc, err))
		return false;
	if (!read_key(c->key, spki))
		return assay_cert_wrong_key(err, c);
	if (seen.unknown_critical_at)
		return assay_fail(err, ASSAY_X_UNKNOWN_CRITICAL, c->doc,
		                  seen.unknown_critical_at,
		                  "a critical extension is not known here");
	if (!seen.ski || !seen.aki)
		return assay_fail(err, ASSAY_X_KEYID, c->doc, c->extensions_at,
		                  "no %s key identifier",
		                  seen.ski ? "authority" : "subject");
	return true;
}

bool assay_cert_parse(struct assay_cert *cert, struct assay_bytes der,
                      enum assay_doc doc, struct assay_err *err)
{
	memset(cert, 0, sizeof(*cert));
	cert->doc = doc;
	if (parse(cert, der, err))
		return true;
	memset(cert, 0, sizeof(*cert));
	return false;
}

struct assay_bytes assay_cert_crl_url(const struct assay_cert *cert)
{
	enum { NAME_URI = 0x86 };
	struct assay_rd r = assay_rd(cert->crl_points), point, name, full;
	struct assay_bytes url;

	point = assay_der_enter(&r, DER_SEQUENCE, "DistributionPoint");
	name = assay_der_enter(&point, DER_CONTEXT_0, "distributionPoint");
	full = assay_der_enter(&name, DER_CONTEXT_0, "fullName");
	url = assay_der_take(&full, NAME_URI, "an address");
	assay_der_leave(&name, &full, "fullName");
	assay_der_leave(&point, &name, "distributionPoint");
	assay_der_leave(&r, &point, "DistributionPoint");
	return assay_rd_ok(&r) && !assay_rd_left(&r)
	               ? url
	               : (struct assay_bytes){ 0 };
}

enum assay_role assay_cert_role(const struct assay_cert *cert,
                                struct assay_bytes *word)
{
	static const struct {
		const char *name;
		enum assay_role role;
	} roles[] = {
		{ " SGX Root CA", ASSAY_ROLE_ROOT },
		{ " SGX PCK Processor CA", ASSAY_ROLE_PROCESSOR_CA },
		{ " SGX PCK Platform CA", ASSAY_ROLE_PLATFORM_CA },
		{ " SGX PCK Certificate", ASSAY_ROLE_PCK },
		{ " SGX TCB Signing", ASSAY_ROLE_TCB_SIGNER },
	};
	struct assay_bytes cn = cert->cn;
	size_t n = 0;

	while (n < cn.len && cn.ptr[n] > 0x20 && cn.ptr[n] < 0x7f)
		n++;
	for (size_t i = 0; n && i < sizeof(roles) / sizeof(roles[0]); i++)
		if (cn.len - n == strlen(roles[i].name) &&
		    memcmp(cn.ptr + n, roles[i].name, cn.len - n) == 0) {
			if (word)
				*word = (struct assay_bytes){ cn.ptr, n };
			return roles[i].role;
		}
	return ASSAY_ROLE_NONE;
}
