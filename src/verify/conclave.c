/* conclave.c - an attestation's grade as R3's client has it, in its words
 * [CONCLAVE 1.5, 1.6]. */
#include "format/cert.h"
#include "format/eii.h"
#include "format/tcb.h"
#include "verify/chain.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
	QUOTE_VERSION = 3, /* the one that R3 knows */
};

/* Longer than any document is good. */
#define AGES (INT64_C(1000) * 366 * 86400)

void assay_conclave_terms(struct assay_terms *terms)
{
	terms->collateral_grace = AGES;
	terms->certificate_grace = AGES;
}

/* ---- the newest date [CONCLAVE 1.6] */

static void note_date(int64_t *newest, int64_t date)
{
	if (date > *newest)
		*newest = date;
}

static void note_chain(int64_t *newest, struct assay_bytes pem,
                       enum assay_doc doc)
{
	uint8_t der[ASSAY_CERT_MAX];
	struct assay_bytes body;
	struct assay_cert cert;
	size_t pos = 0;

	while (assay_pem_next(&body, pem, &pos, "CERTIFICATE") &&
	       assay_cert_decode(&cert, der, body, doc, pos, doc, NULL))
		note_date(newest, cert.validity.from);
}

static void note_crl(int64_t *newest, struct assay_bytes der,
                     enum assay_doc doc)
{
	struct assay_crl crl;

	if (der.len && assay_crl_parse(&crl, der, doc, NULL))
		note_date(newest, crl.validity.from);
}

static void note_quote(int64_t *newest, struct assay_bytes quote)
{
	struct assay_quote q;

	if (assay_quote_parse(&q, quote, false, NULL))
		note_chain(newest, q.cert, ASSAY_DOC_PCK_CHAIN);
}

/* The object that a signed document holds, read by `read`. */
static bool read_signed(void *out, struct assay_bytes doc, const char *member,
                        bool (*read)(void *out, struct assay_json *j))
{
	struct assay_json_str name;
	struct assay_json j;
	bool there = false;

	assay_json_open(&j, doc, ASSAY_DOC_NONE);
	assay_json_object(&j);
	while (assay_json_member(&j, &name))
		if (assay_json_is(name, member))
			there = read(out, &j);
		else
			assay_json_skip(&j, NULL);
	return there;
}

static bool read_tcb(void *out, struct assay_json *j)
{
	return assay_tcb_info_read(out, j);
}

static bool read_qe(void *out, struct assay_json *j)
{
	return assay_qe_identity_read(out, j);
}

static void note_tcb(int64_t *newest, const struct assay_tcb_info *tcb)
{
	note_date(newest, tcb->validity.from);
	for (size_t i = 0; i < tcb->n_levels; i++)
		note_date(newest, tcb->levels[i].date);
}

static void note_qe(int64_t *newest, struct assay_bytes doc)
{
	struct assay_qe_identity qe = { 0 };

	if (!read_signed(&qe, doc, "enclaveIdentity", read_qe))
		return;
	note_date(newest, qe.validity.from);
	for (size_t i = 0; i < qe.n_levels; i++)
		note_date(newest, qe.levels[i].date);
}

static int64_t newest_of(const struct assay_evidence *e,
                         const struct assay_tcb_info *tcb)
{
	const struct assay_collateral *c = &e->collateral;
	int64_t newest = 0;

	note_quote(&newest, e->quote);
	note_crl(&newest, c->root_ca_crl, ASSAY_DOC_ROOT_CRL);
	note_crl(&newest, c->pck_crl, ASSAY_DOC_PCK_CRL);
	note_chain(&newest, c->tcb_info_issuer_chain, ASSAY_DOC_TCB_CHAIN);
	note_chain(&newest, c->qe_identity_issuer_chain, ASSAY_DOC_QE_CHAIN);
	note_tcb(&newest, tcb);
	note_qe(&newest, c->qe_identity.doc);
	return newest;
}

/* ---- text that grows, and is cut where its room ends */

struct text {
	char *out;
	size_t room, len;
};

static void put(struct text *t, const char *s)
{
	size_t n = strlen(s), left = t->room - t->len - 1;

	n = n < left ? n : left;
	memcpy(t->out + t->len, s, n);
	t->len += n;
	t->out[t->len] = '\0';
}

/* ---- advisories */

struct advisories {
	size_t n;
	char id[ASSAY_MAX_ADVISORIES][ASSAY_ADVISORY_LEN]; /* ascending */
};

static void add_advisory(struct advisories *a, const char *id)
{
	size_t i = 0;

	while (i < a->n && strcmp(a->id[i], id) < 0)
		i++;
	if (a->n == ASSAY_MAX_ADVISORIES ||
	    (i < a->n && strcmp(a->id[i], id) == 0))
		return;
	memmove(a->id[i + 1], a->id[i], (a->n - i) * sizeof(a->id[0]));
	memcpy(a->id[i], id, sizeof(a->id[0]));
	a->n++;
}

/* R3 names what any level has, met or not. */
static void add_all(struct advisories *a, const struct assay_tcb_info *tcb)
{
	char id[ASSAY_ADVISORY_LEN];

	for (size_t i = 0; i < tcb->n_levels; i++)
		for (size_t k = 0;
		     assay_advisory_at(tcb->levels[i].advisories, k, id); k++)
			add_advisory(a, id);
}

static void put_advisories(struct text *t, const struct assay_verdict *v,
                           const struct assay_tcb_info *tcb, bool strict)
{
	struct advisories a = { 0 };

	if (!strict)
		add_all(&a, tcb);
	for (size_t i = 0; strict && i < v->n_advisories; i++)
		add_advisory(&a, v->advisories[i]);
	for (size_t i = 0; i < a.n; i++) {
		put(t, i ? ", " : " For further details see Advisory IDs ");
		put(t, a.id[i]);
	}
	put(t, a.n ? "." : "");
}

/* ---- the platform's grade */

/* clang-format off */
static const struct {
	enum assay_level level;
	bool advisories;
	const char *reason;
} statuses[ASSAY_N_STATUS] = {
	[ASSAY_STATUS_REVOKED] = { ASSAY_LEVEL_INSECURE, false,
		"The TCB level of SGX platform is revoked. The platform is not "
		"trustworthy." },
	[ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED] = { ASSAY_LEVEL_STALE, true,
		"The signature of the ISV enclave QUOTE has been verified "
		"correctly, but the TCB level of SGX platform is outdated and "
		"additional configuration of it may be needed. The platform has "
		"not been identified as compromised and thus it is not revoked." },
	[ASSAY_STATUS_OUT_OF_DATE] = { ASSAY_LEVEL_STALE, true,
		"The signature of the ISV enclave QUOTE has been verified "
		"correctly, but the TCB level of SGX platform is outdated. The "
		"platform has not been identified as compromised and thus it is "
		"not revoked." },
	[ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED] = { ASSAY_LEVEL_STALE, true,
		"The signature of the ISV enclave QUOTE has been verified "
		"correctly but additional configuration for the platform and "
		"software hardening in the attesting SGX enclaves may be needed. "
		"The platform has not been identified as compromised and thus it "
		"is not revoked." },
	[ASSAY_STATUS_CONFIGURATION_NEEDED] = { ASSAY_LEVEL_STALE, false,
		"The signature of the ISV enclave QUOTE has been verified "
		"correctly, but additional configuration of SGX platform may be "
		"needed. The platform has not been identified as compromised and "
		"thus it is not revoked." },
	[ASSAY_STATUS_SW_HARDENING_NEEDED] = { ASSAY_LEVEL_STALE, true,
		"The signature of the ISV enclave QUOTE has been verified "
		"correctly but due to certain issues affecting the platform, "
		"additional software hardening in the attesting SGX enclaves may "
		"be needed." },
	[ASSAY_STATUS_UP_TO_DATE] = { ASSAY_LEVEL_SECURE, false,
		"A signature of the ISV enclave QUOTE was verified correctly and "
		"the TCB level of the SGX platform is up-to-date." },
};

/* What R3 calls it when a check fails; DOC_NONE: in any document. */
static const struct {
	enum assay_check check;
	enum assay_doc doc;
	const char *name;
} errors[] = {
	{ ASSAY_P_VERSION, ASSAY_DOC_NONE, "UNSUPPORTED_QUOTE_FORMAT" },
	{ ASSAY_X_ROOT_PIN, ASSAY_DOC_NONE, "SGX_QL_PCK_CERT_CHAIN_ERROR" },
	{ ASSAY_X_CHAIN_LEN, ASSAY_DOC_PCK_CHAIN, "UNSUPPORTED_CERT_FORMAT" },
	{ ASSAY_R_ISSUER, ASSAY_DOC_NONE, "SGX_CRL_UNKNOWN_ISSUER" },
	{ ASSAY_R_UNKNOWN_EXT, ASSAY_DOC_NONE, "SGX_CRL_INVALID_EXTENSIONS" },
	{ ASSAY_R_SIG, ASSAY_DOC_NONE, "SGX_CRL_INVALID_SIGNATURE" },
	{ ASSAY_R_INTERMEDIATE_REVOKED, ASSAY_DOC_NONE, "SGX_INTERMEDIATE_CA_REVOKED" },
	{ ASSAY_R_PCK_REVOKED, ASSAY_DOC_NONE, "SGX_PCK_REVOKED" },
	{ ASSAY_R_TCBSIGNER_REVOKED, ASSAY_DOC_NONE, "SGX_TCB_SIGNING_CERT_REVOKED" },
	{ ASSAY_J_SIG, ASSAY_DOC_TCB_INFO, "TCB_INFO_INVALID_SIGNATURE" },
	{ ASSAY_J_SIG, ASSAY_DOC_QE_IDENTITY, "SGX_ENCLAVE_IDENTITY_INVALID_SIGNATURE" },
	{ ASSAY_T_FMSPC, ASSAY_DOC_NONE, "TCB_INFO_MISMATCH" },
	{ ASSAY_T_PCEID, ASSAY_DOC_NONE, "TCB_INFO_MISMATCH" },
	{ ASSAY_Q_QE_SIG, ASSAY_DOC_NONE, "INVALID_QE_REPORT_SIGNATURE" },
	{ ASSAY_Q_AK_BINDING, ASSAY_DOC_NONE, "INVALID_QE_REPORT_DATA" },
	{ ASSAY_E_MISC, ASSAY_DOC_NONE, "QE_IDENTITY_MISMATCH" },
	{ ASSAY_E_ATTR, ASSAY_DOC_NONE, "QE_IDENTITY_MISMATCH" },
	{ ASSAY_E_SIGNER, ASSAY_DOC_NONE, "QE_IDENTITY_MISMATCH" },
	{ ASSAY_E_PRODID, ASSAY_DOC_NONE, "QE_IDENTITY_MISMATCH" },
	{ ASSAY_Q_SIG, ASSAY_DOC_NONE, "INVALID_QUOTE_SIGNATURE" },
};
/* clang-format on */

static enum assay_level put_error(struct text *t, const char *doc,
                                  const char *name)
{
	put(t, "Enclave QUOTE has not been verified correctly and thus is "
	       "untrustworthy (");
	put(t, doc);
	put(t, *doc ? " " : "");
	put(t, name);
	put(t, ")");
	return ASSAY_LEVEL_INSECURE;
}

static enum assay_level put_failed(struct text *t,
                                   const struct assay_err *failed)
{
	const struct assay_check_info *check = assay_check_info(failed->check);

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].check == failed->check &&
		    (!errors[i].doc || errors[i].doc == failed->doc))
			return put_error(t, "", errors[i].name);
	return put_error(t, assay_doc_name(failed->doc),
	                 check ? check->name : "not verified");
}

/* The verdict is on this attestation's quote, of the version that R3 knows: in
 * others the report, as it was read, stands elsewhere. */
static bool is_on(const struct assay_verdict *v, const struct assay_eii *eii)
{
	const struct assay_sgx_report *a = &v->sgx, *b = &eii->report;

	return v->version == QUOTE_VERSION && a->flags == b->flags &&
	       a->isv_prod_id == b->isv_prod_id && a->isv_svn == b->isv_svn &&
	       !memcmp(a->mrenclave, b->mrenclave, sizeof(a->mrenclave)) &&
	       !memcmp(a->mrsigner, b->mrsigner, sizeof(a->mrsigner)) &&
	       !memcmp(a->report_data, b->report_data, sizeof(a->report_data));
}

static enum assay_level put_platform(struct text *t,
                                     const struct assay_eii *eii,
                                     const struct assay_verdict *v,
                                     const struct assay_tcb_info *tcb,
                                     bool strict)
{
	bool revoked = v->failed.check == ASSAY_T_REVOKED;
	enum assay_status status = revoked ? ASSAY_STATUS_REVOKED : v->status;

	if (!assay_eii_version_known(eii->part[ASSAY_EII_VERSION]))
		return put_error(t, "",
		                 "SGX_QL_COLLATERAL_VERSION_NOT_SUPPORTED");
	if (!v->genuine && !revoked)
		return put_failed(t, &v->failed);
	if (!is_on(v, eii) || !statuses[status].reason)
		return put_error(t, "", "UNSUPPORTED_QUOTE_FORMAT");
	if (v->simulation)
		return put_error(t, "", "SGX_QL_PCK_CERT_CHAIN_ERROR");
	put(t, statuses[status].reason);
	if (statuses[status].advisories)
		put_advisories(t, v, tcb, strict);
	return statuses[status].level;
}

/* ---- the enclave's */

static const char *hardware_is(enum assay_level level)
{
	switch (level) {
	case ASSAY_LEVEL_SECURE:
		return "However the security status of the underlying hardware "
		       "is secure: ";
	case ASSAY_LEVEL_STALE:
		return "The security status of the underlying hardware is "
		       "stale: ";
	case ASSAY_LEVEL_INSECURE:
		break;
	}
	return "The security status of the underlying hardware is also "
	       "insecure: ";
}

static void grade_quote(struct assay_conclave_info *info,
                        const struct assay_eii *eii,
                        const struct assay_evidence *e,
                        const struct assay_verdict *v, bool strict)
{
	struct text t = { info->reason, sizeof(info->reason), 0 };
	struct assay_tcb_info tcb = { 0 };
	char platform[sizeof(info->reason)] = "";
	struct text p = { platform, sizeof(platform), 0 };

	if (!read_signed(&tcb, e->collateral.tcb_info.doc, "tcbInfo", read_tcb))
		memset(&tcb, 0, sizeof(tcb));
	info->seconds = newest_of(e, &tcb);
	info->level = put_platform(&p, eii, v, &tcb, strict);
	if (eii->mode == ASSAY_CONCLAVE_DEBUG) {
		put(&t, "Enclave is running in debug mode and is thus "
		        "INSECURE. ");
		put(&t, hardware_is(info->level));
		info->level = ASSAY_LEVEL_INSECURE;
	}
	put(&t, platform);
}

void assay_conclave_grade(struct assay_conclave_info *info,
                          const struct assay_eii *eii,
                          const struct assay_evidence *evidence,
                          const struct assay_verdict *verdict,
                          enum assay_conclave_rules rules)
{
	struct text t = { info->reason, sizeof(info->reason), 0 };

	memset(info, 0, sizeof(*info));
	if (evidence && verdict) {
		grade_quote(info, eii, evidence, verdict,
		            rules == ASSAY_CONCLAVE_STRICT);
		return;
	}
	info->seconds = eii->seconds;
	info->nanos = eii->nanos;
	put(&t, eii->mode == ASSAY_CONCLAVE_SIMULATION
	                ? "Enclave is running in simulation mode."
	        : eii->mode == ASSAY_CONCLAVE_MOCK
	                ? "Enclave is running in mock mode."
	                : "Enclave QUOTE has not been verified.");
}
