/* cmd_inspect.c - assay inspect: what evidence says, without judging it. */
#include "cli/documents.h"
#include "cli/enclave.h"
#include "cli/judge.h"
#include "cli/options.h"

#include "format/quote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	struct cli_beside beside;
	const char *artefact;
	bool json, strict;
};
static const struct cli_option options[] = {
	CLI_OPTION_JSON(offsetof(struct options, json)),
	CLI_OPTION_STRICT(offsetof(struct options, strict)),
	{ "--artefact", "FILE", CLI_TEXT, offsetof(struct options, artefact),
	  "say whether the code in this file (a signed enclave, a program, a "
	  "stream, a manifest) is the enclave that speaks" },
	CLI_BESIDE_OPTIONS(struct options, beside),
	{ 0 },
};

/* What is thought to be the enclave's code. */
struct artefact {
	const char *file;
	struct assay_measurement m;
};

/* One file, read. */
struct inspection {
	const char *file;
	const struct artefact *artefact; /* or NULL */
	struct assay_evidence evidence;
	struct assay_quote quote;
	struct assay_verdict claims;
	struct assay_err err;
	bool good;
};

/* ---- reports */

static const char *flags_text(char out[128], uint64_t flags)
{
	static const struct {
		uint64_t bit;
		const char *name;
	} names[] = {
		{ ASSAY_SGX_INIT, "INIT" },
		{ ASSAY_SGX_DEBUG, "DEBUG" },
		{ ASSAY_SGX_MODE64BIT, "MODE64BIT" },
		{ ASSAY_SGX_PROVISION_KEY, "PROVISION_KEY" },
		{ ASSAY_SGX_EINITTOKEN_KEY, "EINITTOKEN_KEY" },
		{ ASSAY_SGX_KSS, "KSS" },
	};
	size_t len = 0;

	out[0] = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (flags & names[i].bit)
			len += (size_t)snprintf(out + len, 128 - len, "%s%s",
			                        len ? " " : "", names[i].name);
	return out;
}

static void put_features(struct cli_facts *f, const struct assay_sgx_report *r)
{
	char text[128];

	cli_fact_hex(f, "cpu_svn", "CPUSVN", r->cpu_svn, sizeof(r->cpu_svn));
	cli_fact_uint(f, "misc_select", "MISCSELECT", r->misc_select);
	cli_fact_hex(f, "attributes", "attributes", r->attributes,
	             sizeof(r->attributes));
	cli_fact(f, "flags", "flags", flags_text(text, r->flags));
}

/* What the printout's head and the members for identity leave out. */
static void put_sgx(struct cli_facts *f, const struct assay_sgx_report *r)
{
	cli_fact_open(f, "enclave", "Enclave");
	put_features(f, r);
	cli_fact_uint(f, NULL, "ISVSVN", r->isv_svn);
	if (r->flags & ASSAY_SGX_KSS) {
		cli_fact_hex(f, "isv_ext_prod_id", "ISVEXTPRODID",
		             r->isv_ext_prod_id, sizeof(r->isv_ext_prod_id));
		cli_fact_hex(f, "isv_family_id", "ISVFAMILYID",
		             r->isv_family_id, sizeof(r->isv_family_id));
		cli_fact_hex(f, "config_id", "CONFIGID", r->config_id,
		             sizeof(r->config_id));
		cli_fact_uint(f, "config_svn", "CONFIGSVN", r->config_svn);
	}
	cli_fact_close(f);
}

/* Bits of a TD, in the order in which their bytes stand in the quote. */
static void put_bits(struct cli_facts *f, const char *name, const char *label,
                     uint64_t bits)
{
	uint8_t le[8];

	for (size_t i = 0; i < sizeof(le); i++)
		le[i] = (uint8_t)(bits >> 8 * i);
	cli_fact_hex(f, name, label, le, sizeof(le));
}

static void put_td(struct cli_facts *f, const struct assay_td_report *r)
{
	cli_fact_open(f, "td", "TD");
	cli_fact_hex(f, "tee_tcb_svn", "TEE_TCB_SVN", r->tee_tcb_svn,
	             sizeof(r->tee_tcb_svn));
	put_bits(f, "td_attributes", "attributes", r->td_attributes);
	put_bits(f, "xfam", "XFAM", r->xfam);
	cli_fact_hex(f, "mrowner", "MROWNER", r->mrowner, sizeof(r->mrowner));
	cli_fact_hex(f, "mrownerconfig", "MROWNERCONFIG", r->mrownerconfig,
	             sizeof(r->mrownerconfig));
	cli_fact_hex(f, "mrseam", "MRSEAM", r->mrseam, sizeof(r->mrseam));
	cli_fact_hex(f, "mrsignerseam", "MRSIGNERSEAM", r->mrsignerseam,
	             sizeof(r->mrsignerseam));
	put_bits(f, "seam_attributes", "SEAMATTRIBUTES", r->seam_attributes);
	if (r->is_15) {
		cli_fact_hex(f, "tee_tcb_svn_2", "TEE_TCB_SVN_2",
		             r->tee_tcb_svn_2, sizeof(r->tee_tcb_svn_2));
		cli_fact_hex(f, "mrservicetd", "MRSERVICETD", r->mrservicetd,
		             sizeof(r->mrservicetd));
	}
	cli_fact_close(f);
}

static void put_qe(struct cli_facts *f, const struct assay_sgx_report *r)
{
	cli_fact_open(f, "qe", "Quoting enclave");
	cli_fact_hex(f, "mrenclave", "MRENCLAVE", r->mrenclave,
	             sizeof(r->mrenclave));
	cli_fact_hex(f, "mrsigner", "MRSIGNER", r->mrsigner,
	             sizeof(r->mrsigner));
	cli_fact_uint(f, "isv_prod_id", "ISVPRODID", r->isv_prod_id);
	cli_fact_uint(f, "isv_svn", "ISVSVN", r->isv_svn);
	put_features(f, r);
	cli_fact_close(f);
}

/* ---- certification data, and what stands beside the quote */

static const char *cert_type_name(uint16_t type)
{
	switch (type) {
	case ASSAY_CERT_PPID_CLEAR:
		return "1: PPID in the clear";
	case ASSAY_CERT_PPID_RSA2048:
		return "2: PPID, encrypted (RSA-2048)";
	case ASSAY_CERT_PPID_RSA3072:
		return "3: PPID, encrypted (RSA-3072)";
	case ASSAY_CERT_PCK_LEAF:
		return "4: PCK certificate";
	case ASSAY_CERT_PCK_CHAIN:
		return "5: PCK chain";
	default:
		return "unknown";
	}
}

static void put_platform(struct cli_facts *f, const struct inspection *in)
{
	const struct assay_quote *q = &in->quote;

	cli_fact(f, "certification", "Certification",
	         cert_type_name(q->cert_type));
	if (q->cert_type == ASSAY_CERT_PCK_CHAIN)
		cli_facts_chain(f, "pck_chain", "PCK chain", q->cert, NULL);
	if (!in->claims.has_pck)
		return;
	cli_fact_open(f, "platform", "Platform");
	cli_facts_pck(f, &in->claims.pck);
	cli_fact_close(f);
}

static void put_beside(struct cli_facts *f, const struct assay_evidence *e)
{
	if (e->tls_key.len)
		cli_fact_hex(f, "tls_key", "TLS key", e->tls_key.ptr,
		             e->tls_key.len);
	if (e->has_nonce)
		cli_fact_hex(f, "nonce", "Nonce", e->nonce.ptr, e->nonce.len);
	if (e->has_at)
		cli_fact_time(f, "speaks_of", "Speaks of", e->at);
	if (!e->has_collateral)
		return;
	cli_fact_open(f, "collateral", "Collateral");
	cli_facts_collateral(f, &e->collateral, NULL);
	cli_fact_close(f);
}

static const char *kind_text(const struct assay_evidence *e)
{
	switch (e->kind) {
	case ASSAY_EVIDENCE_BUNDLE:
		return "a bundle with a quote";
	case ASSAY_EVIDENCE_EII:
		return "a Conclave attestation with a quote";
	case ASSAY_EVIDENCE_CERT:
		return "a certificate with a quote";
	case ASSAY_EVIDENCE_QUOTE:
	case ASSAY_EVIDENCE_NONE:
		break;
	}
	return "a quote";
}

/* ---- the artefact that it may be made of */

static bool is_this_code(const struct inspection *in)
{
	return in->quote.tee == ASSAY_TEE_SGX && in->artefact->m.has_computed &&
	       memcmp(in->quote.sgx.mrenclave, in->artefact->m.computed, 32) ==
	               0;
}

static bool is_allowed(const struct inspection *in, struct assay_err *err)
{
	const struct assay_sgx_report *r = &in->quote.sgx;

	return assay_sigstruct_allows(&in->artefact->m.claimed, r->flags,
	                              r->xfrm, r->misc_select, err);
}

/* What the signer says of product, version and attributes is what the report
 * must have. */
static const char *difference(const struct inspection *in,
                              struct assay_err *err)
{
	const struct assay_measurement *m = &in->artefact->m;
	const struct assay_sgx_report *r = &in->quote.sgx;

	if (in->quote.tee != ASSAY_TEE_SGX)
		return "the evidence is a TD's";
	if (!m->has_computed)
		return "the file's measurement could not be computed";
	if (!is_this_code(in))
		return "it holds other code";
	if (!m->good)
		return "the code is the same, but the file is not good";
	if (!m->has_claimed)
		return NULL;
	if (memcmp(r->mrsigner, m->claimed.mrsigner, 32) != 0)
		return "the code is the same, but another signer's";
	if (r->isv_prod_id != m->claimed.isv_prod_id ||
	    r->isv_svn != m->claimed.isv_svn)
		return "the code is the same, but of another product or "
		       "version";
	return is_allowed(in, err) ? NULL : err->note;
}

static void put_artefact(struct cli_facts *f, const struct inspection *in)
{
	const struct artefact *a = in->artefact;
	struct assay_err err;
	const char *why = difference(in, &err);
	char text[256];

	cli_fact_open(f, "artefact", "Artefact");
	cli_fact(f, "file", "File", a->file);
	cli_fact(f, "kind", "Kind", assay_artefact_name(a->m.kind));
	if (a->m.has_computed)
		cli_fact_hex(f, "computed", "Computed", a->m.computed, 32);
	else
		cli_fact(f, "computed", NULL, NULL);
	cli_fact_bool(f, "good", NULL, a->m.good);
	cli_fact_bool(f, "same_code", NULL, is_this_code(in));
	cli_fact_bool(f, "is_it", NULL, !why);
	cli_fact(f, "difference", NULL, why);
	snprintf(text, sizeof(text), "%s%s", why ? "NO: " : "yes",
	         why ? why : "");
	cli_fact(f, NULL, "Is it this enclave?", text);
	cli_fact_close(f);
	if (f->text && !a->m.good)
		cli_put_fault(f->text, a->file, &a->m.failed);
}

/* Everything but who speaks. */
static void put_facts(struct cli_facts *f, const struct inspection *in)
{
	const struct assay_evidence *e = &in->evidence;
	const struct assay_quote *q = &in->quote;
	char what[96];

	snprintf(what, sizeof(what), "%s of version %u, %s", kind_text(e),
	         q->version, e->encoding);
	cli_fact(f, NULL, "Evidence", what);
	cli_fact(f, "kind", NULL, cli_kind_name(e->kind));
	cli_fact(f, "encoding", NULL, e->encoding);
	cli_fact_uint(f, "quote_len", "Bytes of the quote", q->whole.len);
	cli_fact_uint(f, "trailing_len", "Bytes behind it",
	              e->quote.len - q->whole.len);
	cli_fact_hex(f, NULL, "Report data", in->claims.report_data,
	             sizeof(in->claims.report_data));
	cli_fact_bool(f, NULL, "Debug mode", in->claims.debug);
	if (q->tee == ASSAY_TEE_TDX)
		put_td(f, &q->td);
	else
		put_sgx(f, &q->sgx);
	put_qe(f, &q->qe_report);
	put_platform(f, in);
	put_beside(f, e);
	if (in->artefact)
		put_artefact(f, in);
}

/* ---- as text, and as JSON */

static void put_text(struct cli_text *text, const struct inspection *in)
{
	struct cli_facts f = { .text = text };

	cli_put_identity(text, &in->evidence, &in->claims,
	                 assay_keys_bound(&in->evidence,
	                                  in->claims.report_data));
	cli_put(text, "Nothing of this was judged: it is what the evidence "
	              "says, as anybody can write it.\n\n");
	put_facts(&f, in);
}

static void put_json(struct assay_json_out *o, const void *arg)
{
	const struct inspection *in = arg;
	struct cli_facts f = { .json = o };

	assay_json_put_text(o, "evidence", in->file);
	assay_json_put_bool(o, "judged", false);
	judge_json_check(o, &in->err);
	judge_json_identity(o, &in->claims);
	if (in->good)
		put_facts(&f, in);
}

static void put(struct cli_text *text, const struct inspection *in, bool json)
{
	if (json) {
		cli_put_object(text, put_json, in);
	} else if (in->good) {
		put_text(text, in);
	} else {
		cli_put_fault(text, in->file, &in->err);
		cli_put(text, "\n");
	}
}

static bool read_quote(struct inspection *in, struct assay_bytes file,
                       struct assay_scratch *scratch, bool strict)
{
	const struct assay_quote *q = &in->quote;
	struct assay_verdict *v = &in->claims;

	if (!assay_evidence_read(&in->evidence, file, scratch, &in->err) ||
	    !assay_quote_parse(&in->quote, in->evidence.quote, strict,
	                       &in->err) ||
	    !assay_verdict_claims(v, in->evidence.quote, strict))
		return false;
	v->has_pck = q->cert_type == ASSAY_CERT_PCK_CHAIN &&
	             cli_pck_of(&v->pck, q->cert);
	return true;
}

static int inspect(struct cli_text *text, const char *path,
                   const struct options *o, const struct artefact *artefact)
{
	struct inspection *in;
	struct assay_scratch scratch;
	uint8_t *file;
	size_t len;
	struct assay_err err;
	int status;

	if (!cli_read(&file, &len, path)) {
		cli_warn("%s: %s", path, strerror(errno));
		return CLI_TROUBLE;
	}
	in = cli_alloc(1, sizeof(*in));
	in->file = path;
	in->artefact = artefact;
	scratch = cli_scratch(len);
	in->good = read_quote(in, (struct assay_bytes){ file, len }, &scratch,
	                      o->strict);
	put(text, in, o->json);
	status = in->good && (!artefact || !difference(in, &err)) ? CLI_YES
	                                                          : CLI_NO;
	free(scratch.ptr);
	free(file);
	free(in);
	return status;
}

/* What is wrong with it is told with each piece of evidence. */
static bool read_artefact(struct artefact *a, const struct options *o)
{
	struct assay_measuring how = { 0 };
	struct cli_measured file; /* lives as long as the program */

	a->file = o->artefact;
	if (!cli_measured_open(&file, a->file) || !cli_beside(&how, &o->beside))
		return false;
	if (!assay_measure(&a->m, file.in, &how) && !a->m.kind)
		cli_warn_err(a->file, &a->m.failed);
	return a->m.kind != ASSAY_ARTEFACT_NONE;
}

static int cmd(int argc, char **argv)
{
	struct artefact artefact;
	struct cli_list given = { 0 }, files = { 0 };
	struct options o = { 0 };
	int status, worst = CLI_YES;

	if (!cli_options(&o, &given, &status, &cmd_inspect, argc, argv))
		return status;
	if (given.n == 0)
		return cli_usage(&cmd_inspect, "no evidence is given");
	if (!o.artefact && (o.beside.libpal || o.beside.sig))
		return cli_usage(&cmd_inspect,
		                 "--libpal and --sig go with --artefact");
	if (!cli_files(&files, &given) ||
	    (o.artefact && !read_artefact(&artefact, &o)))
		return CLI_TROUBLE;
	for (size_t i = 0; i < files.n; i++) {
		struct cli_text text = { .colour = !o.json && cli_colour() };

		if (i && !o.json)
			cli_put(&text, "\n");
		status = inspect(&text, files.item[i], &o,
		                 o.artefact ? &artefact : NULL);
		if (!cli_flush(&text))
			return CLI_TROUBLE;
		worst = status > worst ? status : worst;
		cli_text_free(&text);
	}
	return worst;
}

const struct cli_verb cmd_inspect = {
	.name = "inspect",
	.operands = "EVIDENCE...",
	.summary = "Print what evidence says, without judging it.",
	.options = options,
	.run = cmd,
};
