/* crl.c - revocation lists of Intel's profile: strict DER to struct. */
#include "format/cert.h"

#include <string.h>

#include "format/der.h"
#include "format/x509.h"

/* 2.5.29.n, the extensions of a list and of its entries. */
enum {
	CE_CRL_NUMBER = 20,
	CE_REASON = 21,
	CE_INVALIDITY_DATE = 24,
	CE_DELTA = 27,
	CE_ISSUING_DP = 28,
	CE_CERTIFICATE_ISSUER = 29,
	CE_AKI = 35,
};

/* What the walk over a list's extensions finds. */
struct seen {
	bool number, aki;
	const char *wrong; /* a sentence's object: why the list is refused */
	size_t wrong_at;
};

static void object_to(struct seen *seen, size_t at, const char *why)
{
	if (seen->wrong)
		return;
	seen->wrong = why;
	seen->wrong_at = at;
}

/* One entry: serial, date, extensions.  Any entry counts as revoked, whatever
 * its reason says, removeFromCRL included. */
static void read_entry(struct assay_rd *list, struct seen *seen)
{
	struct assay_rd e = assay_der_enter(list, DER_SEQUENCE, "an entry");

	assay_der_serial(&e, false, "userCertificate");
	assay_der_time(&e, "revocationDate");
	if (assay_rd_ok(&e) && assay_rd_left(&e)) {
		struct assay_rd xs = assay_der_enter(&e, DER_SEQUENCE,
		                                     "crlEntryExtensions");
		while (assay_rd_ok(&xs) && assay_rd_left(&xs)) {
			struct assay_x509_ext x = assay_x509_extension(&xs);

			if (x.ce == CE_CERTIFICATE_ISSUER)
				object_to(seen, x.at,
				          "an entry of another issuer");
			else if (x.critical && x.ce != CE_REASON &&
			         x.ce != CE_INVALIDITY_DATE)
				object_to(
					seen, x.at,
					"an unknown critical entry extension");
			assay_rd_join(&xs, &x.value);
		}
		assay_der_leave(&e, &xs, "crlEntryExtensions");
	}
	assay_der_leave(list, &e, "an entry");
}

static void read_extension(struct assay_crl *c, struct seen *seen,
                           struct assay_rd *list)
{
	struct assay_x509_ext x = assay_x509_extension(list);
	struct assay_rd v = x.value;

	switch (x.ce) {
	case CE_CRL_NUMBER: {
		struct assay_bytes n = assay_der_serial(&v, true, "cRLNumber");

		if (seen->number || n.len == 0)
			assay_rd_spoil(list, x.at, "cRLNumber");
		seen->number = true;
		for (size_t i = 0; i < n.len; i++)
			c->number = n.len > 8 ? UINT64_MAX
			                      : c->number << 8 | n.ptr[i];
		break;
	}
	case CE_AKI:
		seen->aki = true;
		assay_rd_rest(&v);
		break;
	case CE_DELTA:
		object_to(seen, x.at, "a delta list");
		assay_rd_rest(&v);
		break;
	case CE_ISSUING_DP:
		object_to(seen, x.at, "a list of a part or of other issuers");
		assay_rd_rest(&v);
		break;
	default:
		if (x.critical)
			object_to(seen, x.at, "an unknown critical extension");
		assay_rd_rest(&v);
	}
	assay_der_leave(list, &v, "extnValue");
}

static bool parse(struct assay_crl *c, struct assay_bytes der,
                  struct assay_err *err)
{
	struct assay_rd r = assay_rd(der), crl, tbs;
	struct seen seen = { 0 };

	c->der = der;
	crl = assay_der_enter(&r, DER_SEQUENCE, "CertificateList");
	size_t tbs_at = crl.pos;
	tbs = assay_der_enter(&crl, DER_SEQUENCE, "tbsCertList");
	if (assay_rd_ok(&tbs))
		c->tbs = (struct assay_bytes){ r.base + tbs_at,
			                       crl.pos - tbs_at };

	if (assay_der_uint(&tbs, DER_INTEGER, 1, "version") != 1)
		assay_rd_spoil(&tbs, tbs.pos, "version 2");
	size_t algorithm_at = tbs.pos;
	struct assay_bytes inner = assay_der_whole(&tbs, DER_SEQUENCE,
	                                           "signature");
	c->issuer_at = tbs.pos;
	c->issuer = assay_x509_name(&tbs, NULL, "issuer");
	c->validity_at = tbs.pos;
	c->validity.from = assay_der_time(&tbs, "thisUpdate");
	c->validity.until = assay_der_time(&tbs, "nextUpdate");
	if (assay_der_peek(&tbs) == DER_SEQUENCE) {
		struct assay_rd list = assay_der_enter(&tbs, DER_SEQUENCE,
		                                       "revokedCertificates");
		struct assay_rd walk = list;

		while (assay_rd_ok(&walk) && assay_rd_left(&walk))
			read_entry(&walk, &seen);
		c->revoked = assay_rd_rest(&list);
		assay_rd_join(&tbs, &walk);
	}
	size_t extensions_at = tbs.pos;
	struct assay_rd x = assay_der_enter(&tbs, DER_CONTEXT_0,
	                                    "crlExtensions");
	struct assay_rd list = assay_der_enter(&x, DER_SEQUENCE, "Extensions");
	while (assay_rd_ok(&list) && assay_rd_left(&list))
		read_extension(c, &seen, &list);
	assay_der_leave(&x, &list, "Extensions");
	assay_der_leave(&tbs, &x, "crlExtensions");
	assay_der_leave(&crl, &tbs, "tbsCertList");

	struct assay_bytes outer = assay_der_whole(&crl, DER_SEQUENCE,
	                                           "signatureAlgorithm");
	c->sig_at = crl.pos;
	assay_der_signature(c->sig, &crl);
	assay_der_leave(&r, &crl, "CertificateList");
	if (assay_rd_left(&r))
		assay_rd_spoil(&r, r.pos, "the end of the list");

	if (!assay_rd_ok(&r))
		return assay_fail(err, ASSAY_R_DER, c->doc, r.bad_at,
		                  "%s is not as the profile has it", r.bad);
	if (!assay_x509_algorithm(inner, outer, algorithm_at, c->doc, err))
		return false;
	if (!seen.number || !seen.aki)
		object_to(&seen, extensions_at,
		          seen.number ? "no authority key identifier"
		                      : "no CRL number");
	if (seen.wrong)
		return assay_fail(err, ASSAY_R_UNKNOWN_EXT, c->doc,
		                  seen.wrong_at, "the list has %s", seen.wrong);
	return true;
}

bool assay_crl_parse(struct assay_crl *crl, struct assay_bytes der,
                     enum assay_doc doc, struct assay_err *err)
{
	memset(crl, 0, sizeof(*crl));
	crl->doc = doc;
	if (parse(crl, der, err))
		return true;
	memset(crl, 0, sizeof(*crl));
	return false;
}

bool assay_crl_finds(const struct assay_crl *crl, struct assay_bytes serial,
                     int64_t *since)
{
	struct assay_rd r = assay_rd(crl->revoked);

	/* every entry was read in full when the list was parsed */
	while (assay_rd_ok(&r) && assay_rd_left(&r)) {
		struct assay_rd e = assay_der_enter(&r, DER_SEQUENCE,
		                                    "an entry");

		if (assay_bytes_equal(assay_der_serial(&e, false,
		                                       "userCertificate"),
		                      serial)) {
			*since = assay_der_time(&e, "revocationDate");
			return true;
		}
	}
	*since = 0;
	return false;
}

bool assay_crl_lists(const struct assay_crl *crl, struct assay_bytes serial)
{
	int64_t since;

	return assay_crl_finds(crl, serial, &since);
}
