/* documents.c - what the manufacturer's documents say, authenticated or not. */
#include "cli/documents.h"

#include "base/text.h"
#include "format/cert.h"
#include "format/der.h"
#include "format/tcb.h"
#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_CERTS = 8, /* of a chain that are told of: a good one has three */
	CN_MAX = 80,
};

/* ---- what every document has */

static const char *state(struct assay_window w, int64_t now)
{
	return now < w.from     ? "not yet good"
	       : now >= w.until ? "expired"
	                        : "good";
}

static void put_window(struct cli_facts *f, struct assay_window w,
                       const int64_t *now)
{
	cli_fact_time(f, "from", "from", w.from);
	cli_fact_time(f, "until", "until", w.until);
	if (now)
		cli_fact(f, "state", "state", state(w, *now));
}

/* A document that cannot be read says why. */
static void put_fault(struct cli_facts *f, const struct assay_err *err)
{
	struct cli_text text = { 0 };

	cli_put_err(&text, err);
	cli_fact(f, "fault", "cannot be read", text.ptr);
	cli_text_free(&text);
}

/* ---- signed documents, read without their signature */

struct kind {
	const char *member;
	enum assay_doc doc;
	bool (*read)(void *out, struct assay_json *j);
};

static bool read_tcb_info(void *out, struct assay_json *j)
{
	return assay_tcb_info_read(out, j);
}

static bool read_qe_identity(void *out, struct assay_json *j)
{
	return assay_qe_identity_read(out, j);
}

static const struct kind tcb_info = { "tcbInfo", ASSAY_DOC_TCB_INFO,
	                              read_tcb_info };
static const struct kind qe_identity = { "enclaveIdentity",
	                                 ASSAY_DOC_QE_IDENTITY,
	                                 read_qe_identity };

/* {"tcbInfo":{...},"signature":"..."} */
static bool read_whole(void *out, struct assay_json *j, const struct kind *kind)
{
	struct assay_json_str name;
	bool found = false;

	assay_json_object(j);
	while (assay_json_member(j, &name))
		if (assay_json_is(name, kind->member))
			found = kind->read(out, j);
	return found;
}

/* Reads the document into `out`, or says what is wrong with it. */
static bool read_signed(struct cli_facts *f, void *out,
                        const struct assay_signed_json *in,
                        const struct kind *kind)
{
	struct assay_json j;
	struct assay_err err;
	bool found;

	assay_json_open(&j, in->doc, kind->doc);
	found = in->sig_hex.len ? kind->read(out, &j)
	                        : read_whole(out, &j, kind);
	if (!assay_json_close(&j, &err))
		put_fault(f, &err);
	else if (!found)
		cli_fact(f, "fault", "cannot be read",
		         "it is another kind of document");
	return found && assay_json_ok(&j);
}

static void put_modules(struct cli_facts *f, const struct assay_tcb_info *tcb)
{
	char names[ASSAY_MAX_MODULES * 8] = "";
	size_t len = 0;

	for (size_t i = 0; i < tcb->n_modules; i++)
		len += (size_t)snprintf(names + len, sizeof(names) - len,
		                        "%sTDX_%02X", i ? ", " : "",
		                        tcb->modules[i].major);
	cli_fact(f, "modules", "TDX modules", len ? names : NULL);
}

static void put_tcb_info(struct cli_facts *f,
                         const struct assay_signed_json *in, const int64_t *now)
{
	struct assay_tcb_info *tcb = cli_alloc(1, sizeof(*tcb));

	if (read_signed(f, tcb, in, &tcb_info)) {
		cli_fact(f, "tee", "for", assay_tee_name(tcb->tee));
		cli_fact_hex(f, "fmspc", "FMSPC", tcb->fmspc,
		             sizeof(tcb->fmspc));
		cli_fact_hex(f, "pce_id", "PCEID", tcb->pce_id,
		             sizeof(tcb->pce_id));
		cli_fact_uint(f, "version", "version", tcb->version);
		cli_fact_uint(f, "evaluation_number", "evaluation number",
		              tcb->evaluation_number);
		cli_fact_uint(f, "levels", "levels", tcb->n_levels);
		put_modules(f, tcb);
		put_window(f, tcb->validity, now);
	}
	free(tcb);
}

static const char *enclave_name(enum assay_enclave_id id)
{
	switch (id) {
	case ASSAY_ENCLAVE_QE:
		return "QE";
	case ASSAY_ENCLAVE_TD_QE:
		return "TD_QE";
	case ASSAY_ENCLAVE_QVE:
		return "QVE";
	case ASSAY_ENCLAVE_QAE:
		return "QAE";
	case ASSAY_ENCLAVE_NONE:
		break;
	}
	return NULL;
}

static void put_qe_identity(struct cli_facts *f,
                            const struct assay_signed_json *in,
                            const int64_t *now)
{
	struct assay_qe_identity qe = { 0 };

	if (!read_signed(f, &qe, in, &qe_identity))
		return;
	cli_fact(f, "id", "for", enclave_name(qe.id));
	cli_fact_hex(f, "mrsigner", "signer", qe.mrsigner, sizeof(qe.mrsigner));
	cli_fact_uint(f, "isv_prod_id", "product", qe.isv_prod_id);
	cli_fact_uint(f, "evaluation_number", "evaluation number",
	              qe.evaluation_number);
	cli_fact_uint(f, "levels", "levels", qe.n_levels);
	put_window(f, qe.validity, now);
}

/* ---- revocation lists */

static size_t count_revoked(const struct assay_crl *crl)
{
	struct assay_rd r = assay_rd(crl->revoked);
	size_t n = 0;

	while (assay_rd_ok(&r) && assay_rd_left(&r)) {
		assay_der_take(&r, DER_SEQUENCE, "an entry");
		n++;
	}
	return n;
}

static void put_crl(struct cli_facts *f, struct assay_bytes der,
                    enum assay_doc doc, const int64_t *now)
{
	struct assay_crl crl;
	struct assay_err err;

	if (!assay_crl_parse(&crl, der, doc, &err)) {
		put_fault(f, &err);
		return;
	}
	cli_fact_uint(f, "number", "number", crl.number);
	cli_fact_uint(f, "revoked", "revoked", count_revoked(&crl));
	put_window(f, crl.validity, now);
}

/* ---- chains */

/* The next certificate of a chain, in memory that the caller frees; false: there
 * is none, or it cannot be read. */
static bool next_cert(struct assay_cert *cert, uint8_t **der,
                      struct assay_bytes pem, size_t *pos)
{
	struct assay_bytes body;
	bool good;
	size_t n;

	*der = NULL;
	if (!assay_pem_next(&body, pem, pos, "CERTIFICATE"))
		return false;
	*der = cli_alloc(body.len + 3, 1);
	good = assay_base64_parse(*der, &n, body, true) &&
	       assay_cert_parse(cert, (struct assay_bytes){ *der, n },
	                        ASSAY_DOC_NONE, NULL);
	if (!good)
		free(*der);
	return good;
}

static void put_cert(struct cli_facts *f, const struct assay_cert *cert,
                     const int64_t *now)
{
	char from[ASSAY_TIME_TEXT], until[ASSAY_TIME_TEXT], cn[CN_MAX];
	struct cli_text line = { 0 };

	snprintf(cn, sizeof(cn), "%.*s",
	         (int)(cert->cn.len < CN_MAX ? cert->cn.len : CN_MAX - 1),
	         (const char *)cert->cn.ptr);
	if (f->text) {
		cli_put(&line, "%.10s until %.10s%s%s",
		        assay_time_print(from, cert->validity.from),
		        assay_time_print(until, cert->validity.until),
		        now ? ", " : "",
		        now ? state(cert->validity, *now) : "");
		cli_fact(f, NULL, line.ptr, cn);
		cli_text_free(&line);
	} else {
		cli_fact_open(f, NULL, NULL);
		cli_fact(f, "subject", NULL, cn);
		put_window(f, cert->validity, now);
		cli_fact_close(f);
	}
}

static void put_bad_cert(struct cli_facts *f)
{
	static const char why[] = "something is no certificate of Intel's "
				  "kind, or is one too many";

	if (f->text) {
		cli_fact(f, NULL, "cannot be read", why);
	} else {
		cli_fact_open(f, NULL, NULL);
		cli_fact(f, "fault", NULL, why);
		cli_fact_close(f);
	}
}

void cli_facts_chain(struct cli_facts *f, const char *name, const char *label,
                     struct assay_bytes pem, const int64_t *now)
{
	struct assay_cert cert;
	size_t pos = 0, n = 0;
	uint8_t *der;

	cli_fact_open_list(f, name, label);
	while (n++ < MAX_CERTS && next_cert(&cert, &der, pem, &pos)) {
		put_cert(f, &cert, now);
		free(der);
	}
	if (pos < pem.len)
		put_bad_cert(f);
	cli_fact_close_list(f);
}

bool cli_pck_of(struct assay_pck *pck, struct assay_bytes pem)
{
	uint8_t *leaf_der, *ca_der;
	struct assay_cert leaf, ca;
	bool good = false;
	size_t pos = 0;

	if (!next_cert(&leaf, &leaf_der, pem, &pos))
		return false;
	if (next_cert(&ca, &ca_der, pem, &pos)) {
		good = assay_pck_parse(pck, &leaf, assay_cert_role(&ca, NULL),
		                       NULL);
		free(ca_der);
	}
	free(leaf_der);
	return good;
}

static void put_flag(struct cli_facts *f, const char *name, const char *label,
                     enum assay_flag flag)
{
	if (flag != ASSAY_FLAG_ABSENT)
		cli_fact_bool(f, name, label, flag == ASSAY_FLAG_TRUE);
}

void cli_facts_pck(struct cli_facts *f, const struct assay_pck *pck)
{
	cli_fact_hex(f, "fmspc", "FMSPC", pck->fmspc, sizeof(pck->fmspc));
	cli_fact_hex(f, "pce_id", "PCEID", pck->pce_id, sizeof(pck->pce_id));
	cli_fact_hex(f, "ppid", "PPID", pck->ppid, sizeof(pck->ppid));
	if (pck->has_piid)
		cli_fact_hex(f, "piid", "instance (PIID)", pck->piid,
		             sizeof(pck->piid));
	cli_fact_hex(f, "components", "components", pck->comp,
	             sizeof(pck->comp));
	cli_fact_uint(f, "pce_svn", "PCESVN", pck->pce_svn);
	cli_fact(f, "sgx_type", "memory protection",
	         assay_sgx_type_name(pck->sgx_type));
	put_flag(f, "dynamic_platform", "dynamic platform",
	         pck->dynamic_platform);
	put_flag(f, "cached_keys", "cached keys", pck->cached_keys);
	put_flag(f, "smt_enabled", "hyper-threading", pck->smt_enabled);
}

/* ---- all of it */

static void put_signed(struct cli_facts *f, const char *name, const char *label,
                       const struct assay_signed_json *in, const int64_t *now,
                       void (*put)(struct cli_facts *f,
                                   const struct assay_signed_json *in,
                                   const int64_t *now))
{
	if (!in->doc.len)
		return;
	cli_fact_open(f, name, label);
	put(f, in, now);
	cli_fact_close(f);
}

static void put_list(struct cli_facts *f, const char *name, const char *label,
                     struct assay_bytes der, enum assay_doc doc,
                     const int64_t *now)
{
	if (!der.len)
		return;
	cli_fact_open(f, name, label);
	put_crl(f, der, doc, now);
	cli_fact_close(f);
}

static void put_chain(struct cli_facts *f, const char *name, const char *label,
                      struct assay_bytes pem, const int64_t *now)
{
	if (pem.len)
		cli_facts_chain(f, name, label, pem, now);
}

void cli_facts_collateral(struct cli_facts *f, const struct assay_collateral *c,
                          const int64_t *now)
{
	put_signed(f, "tcb_info", "TCB info", &c->tcb_info, now, put_tcb_info);
	put_chain(f, "tcb_info_issuer_chain", "TCB info's chain",
	          c->tcb_info_issuer_chain, now);
	put_signed(f, "qe_identity", "QE identity", &c->qe_identity, now,
	           put_qe_identity);
	put_chain(f, "qe_identity_issuer_chain", "QE identity's chain",
	          c->qe_identity_issuer_chain, now);
	put_list(f, "root_ca_crl", "Root's revocation list", c->root_ca_crl,
	         ASSAY_DOC_ROOT_CRL, now);
	put_list(f, "pck_crl", "PCK CA's revocation list", c->pck_crl,
	         ASSAY_DOC_PCK_CRL, now);
	put_chain(f, "pck_crl_issuer_chain", "PCK CA's chain",
	          c->pck_crl_issuer_chain, now);
	put_chain(f, "pck_certificate_chain", "PCK chain", c->pck_chain, now);
}
