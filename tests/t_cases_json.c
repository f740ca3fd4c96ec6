/*
 * t_cases_json.c - forgeries of signed JSON: TCB info and QE identity.
 * Cases 63 to 84 of the catalogue [DCAP 8.4], each through the judgement.
 *
 * "Signed again" is said by where an edit stands: sim_json_signing.inner_edit
 * is signed, .edit is not.
 */
#include <string.h>

#include "base/text.h"
#include "h_cases.h"

#define ROWS(rows) rows, sizeof(rows) / sizeof(rows[0])
#define SGX CASES_SGX
#define TDX CASES_TDX
#define DAY INT64_C(86400)

/* The documents of the quote's TEE. */
static struct sim_tcb_spec *tcb(struct sim_world *w)
{
	return &w->tcb[case_tee(w)];
}
static struct sim_identity_spec *qe(struct sim_world *w)
{
	return &w->qe[case_tee(w)];
}

/* Edits by number, so that a row can name them in its `arg`. */
static const struct {
	const char *from, *to;
} edits[] = {
#define EDITS \
	/* whitespace and digits */ \
	E(SPACE, "\"version\":", "\"version\": ") \
	E(PCESVN_12, "\"pcesvn\":13", "\"pcesvn\":12") \
	E(ISVSVN_4, "\"isvsvn\":5", "\"isvsvn\":4") \
	E(BETTER, "\"OutOfDate\"", "\"UpToDate\"") \
	/* around the inner object */ \
	E(TCB_AROUND, "{\"tcbInfo\":{", " \n{\t\"tcbInfo\" : {") \
	E(QE_AROUND, "{\"enclaveIdentity\":{", \
	  "\r\n{ \"enclaveIdentity\" :\n{") \
	E(SIG_AROUND, ",\"signature\":\"", " ,\n\"signature\"\t: \"") \
	/* names that come twice */ \
	E(SVN_TWICE, "{\"svn\":9,", "{\"svn\":9,\"svn\":9,") \
	E(SVN_TWICE_BEHIND, "{\"svn\":9,\"category\":\"BIOS\",", \
	  "{\"svn\":9,\"category\":\"BIOS\",\"svn\":0,") \
	E(STATUS_TWICE, \
	  "\"tcbStatus\":", "\"tcbStatus\":\"UpToDate\",\"tcbStatus\":") \
	E(STATUS_ESCAPED, \
	  "\"tcbStatus\":", "\"tcbStatu\\u0073\":\"UpToDate\",\"tcbStatus\":") \
	E(ISVSVN_TWICE, "{\"isvsvn\":5}", "{\"isvsvn\":5,\"isvsvn\":0}") \
	E(FMSPC_TWICE, "\"fmspc\":", "\"fmspc\":\"000000000000\",\"fmspc\":") \
	E(UNKNOWN_TWICE, "\"version\":", "\"x\":1,\"x\":1,\"version\":") \
	E(UNKNOWN_DEEP, \
	  "\"version\":", "\"x\":[{\"y\":{\"z\":1,\"z\":2}}],\"version\":") \
	E(UNKNOWN, \
	  "\"version\":", "\"x\":[{\"y\":{\"z\":-1e5}}],\"version\":") \
	/* integers */ \
	E(SVN_256, "{\"svn\":9,", "{\"svn\":256,") \
	E(SVN_MINUS, "{\"svn\":9,", "{\"svn\":-1,") \
	E(SVN_MINUS_ZERO, "{\"svn\":9,", "{\"svn\":-0,") \
	E(SVN_FRACTION, "{\"svn\":9,", "{\"svn\":9.0,") \
	E(SVN_EXPONENT, "{\"svn\":9,", "{\"svn\":9e0,") \
	E(SVN_TEXT, "{\"svn\":9,", "{\"svn\":\"9\",") \
	E(SVN_TRUE, "{\"svn\":9,", "{\"svn\":true,") \
	E(SVN_NULL, "{\"svn\":9,", "{\"svn\":null,") \
	E(SVN_ZERO_BEFORE, "{\"svn\":9,", "{\"svn\":09,") \
	E(SVN_2_64, "{\"svn\":9,", "{\"svn\":18446744073709551625,") \
	E(TDX_SVN_256, "\"tdxtcbcomponents\":[{\"svn\":5", \
	  "\"tdxtcbcomponents\":[{\"svn\":261") \
	E(PCESVN_65536, "\"pcesvn\":13", "\"pcesvn\":65549") \
	E(PCESVN_FRACTION, "\"pcesvn\":13", "\"pcesvn\":13.0") \
	E(ISVSVN_65536, "\"isvsvn\":5", "\"isvsvn\":65541") \
	E(ISVSVN_MINUS, "\"isvsvn\":5", "\"isvsvn\":-1") \
	E(ISVSVN_FRACTION, "\"isvsvn\":5", "\"isvsvn\":5.0") \
	E(ISVSVN_EXPONENT, "\"isvsvn\":5", "\"isvsvn\":5e0") \
	E(ISVSVN_TEXT, "\"isvsvn\":5", "\"isvsvn\":\"5\"") \
	E(PRODID_65536, "\"isvprodid\":", "\"isvprodid\":9999") \
	E(NUMBER_2_32, "\"tcbEvaluationDataNumber\":20", \
	  "\"tcbEvaluationDataNumber\":4294967316") \
	/* dates; the genuine ones are 2025-12-25 and 2026-01-24 */ \
	E(NO_SUCH_DAY, "\"issueDate\":\"2025-12-25T", \
	  "\"issueDate\":\"2025-02-30T") \
	E(NO_Z, "\"issueDate\":\"2025-12-25T00:00:00Z\"", \
	  "\"issueDate\":\"2025-12-25T00:00:00\"") \
	E(OFFSET, "\"issueDate\":\"2025-12-25T00:00:00Z\"", \
	  "\"issueDate\":\"2025-12-25T00:00:00+00:00\"") \
	E(DAY_ALONE, "\"issueDate\":\"2025-12-25T00:00:00Z\"", \
	  "\"issueDate\":\"2025-12-25\"") \
	E(NEXT_NO_DAY, "\"nextUpdate\":\"2026-01-24T", \
	  "\"nextUpdate\":\"2026-02-30T") \
	E(NEXT_NUMBER, "\"nextUpdate\":\"2026-01-24T00:00:00Z\"", \
	  "\"nextUpdate\":1769212800") \
	E(DATE_NO_DAY, "\"tcbDate\":\"2025-07-03T", \
	  "\"tcbDate\":\"2025-06-31T") \
	E(FRACTION, "\"issueDate\":\"2025-12-25T00:00:00Z\"", \
	  "\"issueDate\":\"2025-12-25T00:00:00.123Z\"") \
	/* the first mrsigner: the module's, 96 zeros; the identity's */ \
	E(MODULE_95, "\"mrsigner\":\"0", "\"mrsigner\":\"") \
	E(MODULE_97, "\"mrsigner\":\"0", "\"mrsigner\":\"00") \
	E(MODULE_NOT_HEX, "\"mrsigner\":\"0", "\"mrsigner\":\"g") \
	/* the signature */ \
	E(SIG_0X, "\"signature\":\"", "\"signature\":\"0x") \
	E(SIG_SPACE, "\"signature\":\"", "\"signature\":\" ") \
	E(SIG_NONE, "\"signature\":\"", "\"signatur\":\"") \
	E(SIG_TWICE, ",\"signature\":\"", \
	  ",\"signature\":\"\",\"signature\":\"")
#define E(name, from, to) { from, to },
	EDITS
#undef E
};
enum {
#define E(name, from, to) name,
	EDITS
#undef E
};

static struct sim_edit edit_of(int64_t which)
{
	return (struct sim_edit){ .from = buf_text(edits[which].from),
		                  .to = buf_text(edits[which].to) };
}

/* Signed again. */
static void tcb_edit(struct sim_world *w, int64_t which)
{
	tcb(w)->sign.inner_edit[0] = edit_of(which);
}
static void qe_edit(struct sim_world *w, int64_t which)
{
	qe(w)->sign.inner_edit[0] = edit_of(which);
}
/* Not signed again. */
static void tcb_spoil(struct sim_world *w, int64_t which)
{
	tcb(w)->sign.edit[0] = edit_of(which);
}
static void qe_spoil(struct sim_world *w, int64_t which)
{
	qe(w)->sign.edit[0] = edit_of(which);
}

/* ---- 63, 64: signature and white space */

static void tcb_sig(struct sim_world *w, int64_t how)
{
	tcb(w)->sign.sig = (enum sim_sig)how;
}
static void qe_sig(struct sim_world *w, int64_t how)
{
	qe(w)->sign.sig = (enum sim_sig)how;
}
static void around(struct sim_world *w, int64_t arg)
{
	(void)arg;
	tcb_spoil(w, TCB_AROUND);
	qe_spoil(w, QE_AROUND);
	tcb(w)->sign.edit[1] = qe(w)->sign.edit[1] = edit_of(SIG_AROUND);
	tcb(w)->sign.edit[2] = qe(w)->sign.edit[2] =
		(struct sim_edit){ .at = SIM_END, .to = buf_text("\n\t \r") };
}

/* A text that an `after` makes; it lasts until the next one. */
static struct buf made;

static const struct sim_json *tcb_of(const struct case_evidence *e)
{
	return &e->world->tcb_info[case_tee(e->world)];
}
static const struct sim_json *qe_of(const struct case_evidence *e)
{
	return &e->world->qe_identity[case_tee(e->world)];
}

static void signature_first(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	buf_clear(&made);
	buf_printf(&made,
	           "{\"signature\":\"%s\",\"tcbInfo\":", tcb_of(e)->sig_hex);
	buf_put_bytes(&made, buf_bytes(&tcb_of(e)->inner));
	buf_printf(&made, "}");
	e->evidence.collateral.tcb_info.doc = buf_bytes(&made);
}

/* The inner objects, the signatures beside them. */
static void in_parts(struct case_evidence *e, int64_t arg)
{
	struct assay_collateral *c = &e->evidence.collateral;

	(void)arg;
	c->tcb_info.doc = buf_bytes(&tcb_of(e)->inner);
	c->tcb_info.sig_hex = buf_text(tcb_of(e)->sig_hex);
	c->qe_identity.doc = buf_bytes(&qe_of(e)->inner);
	c->qe_identity.sig_hex = buf_text(qe_of(e)->sig_hex);
}
static void in_parts_around(struct case_evidence *e, int64_t arg)
{
	in_parts(e, arg);
	buf_clear(&made);
	buf_printf(&made, "\n ");
	buf_put_bytes(&made, buf_bytes(&tcb_of(e)->inner));
	buf_printf(&made, "\t ");
	e->evidence.collateral.tcb_info.doc = buf_bytes(&made);
}
static void parts_swapped(struct case_evidence *e, int64_t arg)
{
	in_parts(e, arg);
	e->evidence.collateral.tcb_info.sig_hex = buf_text(qe_of(e)->sig_hex);
}
static void parts_sig(struct case_evidence *e, int64_t len)
{
	in_parts(e, len);
	e->evidence.collateral.tcb_info.sig_hex.len = (size_t)len;
}

/* ---- 65, 66: who signs */

/* Signs the document of that chain, and stands first in it. */
static void signs(struct sim_world *w, int64_t chain, enum sim_who who)
{
	if (chain == SIM_CHAIN_TCB_INFO)
		w->tcb_signer[case_tee(w)] = who;
	else
		w->qe_signer[case_tee(w)] = who;
	w->chain[chain].who[0] = who;
}
static void pck_signs(struct sim_world *w, int64_t chain)
{
	w->chain[chain] = w->chain[SIM_CHAIN_PCK];
	signs(w, chain, SIM_PCK);
}
/* A leaf that the root itself issued, so that all but its role is right. */
static void pck_signs_under_root(struct sim_world *w, int64_t chain)
{
	w->cert[SIM_FOURTH].issuer = w->cert[SIM_ROOT].subject;
	w->cert[SIM_FOURTH].aki = w->cert[SIM_ROOT].ski;
	w->cert_signer[SIM_FOURTH] = SIM_ROOT;
	signs(w, chain, SIM_FOURTH);
}
static void ca_signs(struct sim_world *w, int64_t chain)
{
	signs(w, chain, w->ca);
}
static void root_signs(struct sim_world *w, int64_t chain)
{
	signs(w, chain, SIM_ROOT);
	w->chain[chain].n = 1;
}
static void other_signs(struct sim_world *w, int64_t chain)
{
	signs(w, chain, SIM_OTHER_SIGNER);
	w->chain[chain].who[1] = SIM_OTHER_ROOT;
}
static void other_signs_under_root(struct sim_world *w, int64_t chain)
{
	other_signs(w, chain);
	w->chain[chain].who[1] = SIM_ROOT;
}
static void stranger_signs(struct sim_world *w, int64_t chain)
{
	(void)chain;
	w->tcb_signer[case_tee(w)] = SIM_STRANGER;
}

/* ---- 67, 68, 70: a member that comes twice, or nearly */

/* A platform that is out of date, and whose quoting enclave is. */
static void out_of_date(struct sim_world *w, int64_t arg)
{
	(void)arg;
	sim_world_at_level(w, SIM_LEVEL_OUT_OF_DATE);
	w->quote_spec.qe.isv_svn = SIM_SVN_OUT_OF_DATE;
}

/* The genuine object, or one in which all that is out of date is not. */
static void put_object(struct assay_bytes genuine, bool forged)
{
	size_t at = made.len;
	uint8_t *found;

	buf_put_bytes(&made, genuine);
	while (forged && (found = memmem(made.ptr + at, made.len - at,
	                                 "\"OutOfDate\"", 11)))
		memcpy(found, "\"UpToDate\" ", 11);
}

/* Two members under these names, in this order; one is forged. */
static struct assay_bytes twice(const struct sim_json *json, const char *first,
                                const char *second, bool forged_first)
{
	buf_clear(&made);
	buf_printf(&made, "{\"%s\":", first);
	put_object(buf_bytes(&json->inner), forged_first);
	buf_printf(&made, ",\"%s\":", second);
	put_object(buf_bytes(&json->inner), !forged_first);
	buf_printf(&made, ",\"signature\":\"%s\"}", json->sig_hex);
	return buf_bytes(&made);
}

enum { FORGED_SECOND, FORGED_FIRST };
static void tcb_twice(struct case_evidence *e, int64_t order)
{
	e->evidence.collateral.tcb_info.doc = twice(tcb_of(e), "tcbInfo",
	                                            "tcbInfo", order);
}
static void qe_twice(struct case_evidence *e, int64_t order)
{
	e->evidence.collateral.qe_identity.doc =
		twice(qe_of(e), "enclaveIdentity", "enclaveIdentity", order);
}
static void tcb_and(struct case_evidence *e, int64_t order, const char *name)
{
	e->evidence.collateral.tcb_info.doc =
		twice(tcb_of(e), order ? name : "tcbInfo",
	              order ? "tcbInfo" : name, order);
}
static void tcb_upper(struct case_evidence *e, int64_t order)
{
	tcb_and(e, order, "TCBINFO");
}
static void tcb_lower(struct case_evidence *e, int64_t order)
{
	tcb_and(e, order, "tcbinfo");
}
static void tcb_nul(struct case_evidence *e, int64_t order)
{
	tcb_and(e, order, "tcbInfo\\u0000");
}
static void tcb_escaped(struct case_evidence *e, int64_t order)
{
	tcb_and(e, order, "\\u0074cbInfo");
}
static void qe_upper(struct case_evidence *e, int64_t order)
{
	e->evidence.collateral.qe_identity.doc =
		twice(qe_of(e), order ? "ENCLAVEIDENTITY" : "enclaveIdentity",
	              order ? "enclaveIdentity" : "ENCLAVEIDENTITY", order);
}
/* The forged object alone, under another name. */
static void forged_upper_alone(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	buf_clear(&made);
	buf_printf(&made, "{\"TCBINFO\":");
	put_object(buf_bytes(&tcb_of(e)->inner), true);
	buf_printf(&made, ",\"signature\":\"%s\"}", tcb_of(e)->sig_hex);
	e->evidence.collateral.tcb_info.doc = buf_bytes(&made);
}
/* The genuine object alone, its name escaped. */
static void escaped_alone(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	buf_clear(&made);
	buf_printf(&made, "{\"tcb\\u0049nfo\":");
	put_object(buf_bytes(&tcb_of(e)->inner), false);
	buf_printf(&made, ",\"signature\":\"%s\"}", tcb_of(e)->sig_hex);
	e->evidence.collateral.tcb_info.doc = buf_bytes(&made);
}

/* ---- 71, 72: behind the object; too much */

enum { NUL_BEHIND, GARBAGE_BEHIND, OBJECT_BEHIND, BRACE_BEHIND };
static void behind(struct case_evidence *e, int64_t what)
{
	buf_clear(&made);
	buf_put_bytes(&made, e->evidence.collateral.tcb_info.doc);
	if (what == NUL_BEHIND)
		buf_put_zeros(&made, 1);
	else if (what == OBJECT_BEHIND)
		buf_put_bytes(&made, e->evidence.collateral.tcb_info.doc);
	else if (what == BRACE_BEHIND)
		buf_printf(&made, "}");
	else
		for (unsigned i = 0; i < 16 * 1024; i++)
			buf_put_le(&made, i * 2654435761u >> 24, 1);
	e->evidence.collateral.tcb_info.doc = buf_bytes(&made);
}
static void qe_behind(struct sim_world *w, int64_t arg)
{
	static const uint8_t nul[1] = { 0 };

	(void)arg;
	qe(w)->sign.edit[0] = (struct sim_edit){ .at = SIM_END,
		                                 .to = { nul, 1 } };
}
static void nul_inside(struct sim_world *w, int64_t arg)
{
	static const uint8_t nul[] = "\"x\":\"\0\",\"version\":";

	(void)arg;
	tcb_edit(w, UNKNOWN);
	tcb(w)->sign.inner_edit[0].to = (struct assay_bytes){ nul,
		                                              sizeof(nul) - 1 };
}

/* "x":[[[...]]], in front of the version. */
static struct assay_bytes arrays(int64_t depth)
{
	static struct buf text;

	buf_clear(&text);
	buf_printf(&text, "\"x\":");
	for (int64_t i = 0; i < depth; i++)
		buf_printf(&text, "[");
	for (int64_t i = 0; i < depth; i++)
		buf_printf(&text, "]");
	buf_printf(&text, ",\"version\":");
	return buf_bytes(&text);
}
static void tcb_deep(struct sim_world *w, int64_t depth)
{
	tcb_edit(w, UNKNOWN);
	tcb(w)->sign.inner_edit[0].to = arrays(depth);
}
static void qe_deep(struct sim_world *w, int64_t depth)
{
	qe_edit(w, UNKNOWN);
	qe(w)->sign.inner_edit[0].to = arrays(depth);
}
/* {"x":"aaa...", in front of the genuine rest. */
static void long_string(struct case_evidence *e, int64_t len)
{
	struct assay_bytes *doc = &e->evidence.collateral.tcb_info.doc;
	uint8_t *p = case_memory(e, (size_t)len + doc->len + 8);
	size_t n = (size_t)len;

	memcpy(p, "{\"x\":\"", 6);
	memset(p + 6, 'a', n);
	memcpy(p + 6 + n, "\",", 2);
	memcpy(p + 8 + n, doc->ptr + 1, doc->len - 1);
	*doc = (struct assay_bytes){ p, n + 7 + doc->len };
}

/* ---- 74, 75: components, id, version */

static void n_sgx(struct sim_world *w, int64_t n)
{
	tcb(w)->level[0].n_sgx = (size_t)n;
}
static void n_sgx_last(struct sim_world *w, int64_t n)
{
	tcb(w)->level[SIM_LEVEL_REVOKED].n_sgx = (size_t)n;
}
static void n_tdx(struct sim_world *w, int64_t n)
{
	tcb(w)->level[0].n_tdx = (size_t)n;
}
static void n_tdx_last(struct sim_world *w, int64_t n)
{
	tcb(w)->level[SIM_LEVEL_REVOKED].n_tdx = (size_t)n;
}
static void no_tdx_at_all(struct sim_world *w, int64_t arg)
{
	for (size_t i = 0; i < tcb(w)->n_levels; i++)
		tcb(w)->level[i].n_tdx = (size_t)arg;
}
static void no_base_module(struct sim_world *w, int64_t arg)
{
	(void)arg;
	tcb(w)->has_module = false;
}
static void sgx_with_module(struct sim_world *w, int64_t arg)
{
	(void)arg;
	tcb(w)->has_module = true;
	tcb(w)->base = w->tcb[SIM_TDX].base;
}

static void tcb_id(struct sim_world *w, int64_t which)
{
	tcb(w)->id = (const char *const[]){
		NULL, "SGX", "TDX", "sgx", "", "QE"
	}[which];
}
enum { NO_ID, ID_SGX, ID_TDX, ID_SMALL, ID_EMPTY, ID_QE };
/* The TCB info of the other TEE, genuine by itself. */
static void other_tcb_info(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	e->evidence.collateral.tcb_info.doc =
		buf_bytes(&e->world->tcb_info[!case_tee(e->world)].whole);
}
/* TCB info for SGX, of version 2 or 3, under the TDX platform. */
static void as_sgx(struct sim_world *w, int64_t number)
{
	no_tdx_at_all(w, 0);
	tcb(w)->has_module = tcb(w)->has_modules = false;
	tcb(w)->version = (int)number;
	tcb(w)->id = number == 2 ? NULL : "SGX";
}
static void tcb_version(struct sim_world *w, int64_t number)
{
	tcb(w)->version = (int)number;
	if (number == 2)
		tcb(w)->id = NULL;
}
static void version_2_with_id(struct sim_world *w, int64_t arg)
{
	(void)arg;
	tcb(w)->version = 2;
}
static void qe_version(struct sim_world *w, int64_t number)
{
	qe(w)->version = (int)number;
}
static void tcb_type(struct sim_world *w, int64_t arg)
{
	tcb(w)->tcb_type = (int32_t)arg;
}

/* ---- 76, 77: one document for another */

static void identity_for_tcb(struct case_evidence *e, int64_t arg)
{
	struct assay_collateral *c = &e->evidence.collateral;

	(void)arg;
	c->tcb_info = c->qe_identity;
}
static void tcb_for_identity(struct case_evidence *e, int64_t arg)
{
	struct assay_collateral *c = &e->evidence.collateral;

	(void)arg;
	c->qe_identity = c->tcb_info;
}
/* The identity's object under the TCB info's name. */
static void identity_as_tcb(struct sim_world *w, int64_t arg)
{
	(void)arg;
	qe(w)->sign.key = "tcbInfo";
}
static void tcb_as_identity(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	buf_clear(&made);
	buf_printf(&made, "{\"enclaveIdentity\":");
	buf_put_bytes(&made, buf_bytes(&tcb_of(e)->inner));
	buf_printf(&made, ",\"signature\":\"%s\"}", tcb_of(e)->sig_hex);
	e->evidence.collateral.qe_identity.doc = buf_bytes(&made);
}
static void inner_identity_for_tcb(struct case_evidence *e, int64_t arg)
{
	in_parts(e, arg);
	e->evidence.collateral.tcb_info = e->evidence.collateral.qe_identity;
}
static void qe_id(struct sim_world *w, int64_t which)
{
	qe(w)->id = (const char *const[]){ NULL,  "QE",  "TD_QE",
		                           "QVE", "QAE", "qe" }[which];
}
enum { QE_NONE, QE_QE, QE_TD_QE, QE_QVE, QE_QAE, QE_SMALL };
static void other_identity(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	e->evidence.collateral.qe_identity.doc =
		buf_bytes(&e->world->qe_identity[!case_tee(e->world)].whole);
}
static void no_tcb_info(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	e->evidence.collateral.tcb_info.doc.len = 0;
}
static void no_identity(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	e->evidence.collateral.qe_identity.doc.len = 0;
}

/* ---- 79: statuses */

static const char *const statuses[] = {
	"uptodate",
	"",
	"HardeningNeeded",
	"UpToDate ",
	"TDRelaunchAdvised",
	"SWHardeningNeeded",
	NULL,
	"Up\\u0054oDate",
};
enum {
	SMALL,
	EMPTY,
	HARDENING,
	SPACED,
	RELAUNCH,
	SW_HARDENING,
	LEFT_OUT,
	ESCAPED
};
static void status(struct sim_world *w, int64_t which)
{
	tcb(w)->level[0].said.status = statuses[which];
}
/* of a level that the platform does not come to */
static void status_last(struct sim_world *w, int64_t which)
{
	tcb(w)->level[SIM_LEVEL_REVOKED].said.status = statuses[which];
}
static void qe_status(struct sim_world *w, int64_t which)
{
	qe(w)->level[0].said.status = statuses[which];
}
static void module_status(struct sim_world *w, int64_t which)
{
	tcb(w)->module[0].level[0].said.status = statuses[which];
	tcb(w)->module[1].level[0].said.status = statuses[which];
}

/* ---- 80, 81: dates and floors */

static void tcb_next(struct sim_world *w, int64_t seconds)
{
	tcb(w)->next_update = w->now + seconds;
}
static void tcb_issued(struct sim_world *w, int64_t seconds)
{
	tcb(w)->issued = w->now + seconds;
}
static void qe_next(struct sim_world *w, int64_t seconds)
{
	qe(w)->next_update = w->now + seconds;
}
static void qe_issued(struct sim_world *w, int64_t seconds)
{
	qe(w)->issued = w->now + seconds;
}
static void tcb_number(struct sim_world *w, int64_t number)
{
	tcb(w)->evaluation_number = (int32_t)number;
}
static void qe_number(struct sim_world *w, int64_t number)
{
	qe(w)->evaluation_number = (int32_t)number;
}
static bool has_both_numbers(const struct assay_verdict *v,
                             const struct case_evidence *e)
{
	(void)e;
	return v->tcb_evaluation_number == 22 &&
	       v->qe_evaluation_number == 20 && v->evaluation_number == 20;
}

/* ---- 82: levels */

static void reverse(struct sim_tcb_spec *t)
{
	struct sim_level level[SIM_MAX_LEVELS];

	memcpy(level, t->level, sizeof(level));
	for (size_t i = 0; i < t->n_levels; i++)
		t->level[i] = level[t->n_levels - 1 - i];
}
static void reverse_sub(struct sim_sublevel *level, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		struct sim_sublevel t = level[i];

		level[i] = level[n - 1 - i];
		level[n - 1 - i] = t;
	}
}
/* All levels the other way round, for a platform at one of them. */
static void permuted(struct sim_world *w, int64_t level)
{
	sim_world_at_level(w, (unsigned)level);
	reverse(tcb(w));
	reverse_sub(qe(w)->level, qe(w)->n_levels);
	for (size_t i = 0; i < tcb(w)->n_modules; i++)
		reverse_sub(tcb(w)->module[i].level,
		            tcb(w)->module[i].n_levels);
}
static void rotated(struct sim_world *w, int64_t level)
{
	struct sim_tcb_spec *t = tcb(w);
	struct sim_level first = t->level[0];

	sim_world_at_level(w, (unsigned)level);
	memmove(t->level, t->level + 1,
	        (t->n_levels - 1) * sizeof(t->level[0]));
	t->level[t->n_levels - 1] = first;
}
static void permuted_qe(struct sim_world *w, int64_t isv_svn)
{
	permuted(w, SIM_LEVEL_UP_TO_DATE);
	w->quote_spec.qe.isv_svn = (uint16_t)isv_svn;
}
/* A level asks for the same as another, and says another status. */
static void level_again(struct sim_world *w, int64_t at)
{
	struct sim_level *l = tcb(w)->level;
	struct sim_said said = l[at].said;

	l[at] = l[0];
	l[at].said = said;
}
/* The same components, another PCESVN; or (TDX) other TDX components. */
static void level_nearly(struct sim_world *w, int64_t at)
{
	level_again(w, at);
	tcb(w)->level[at].pce_svn--;
}
static void level_nearly_tdx(struct sim_world *w, int64_t at)
{
	level_again(w, at);
	tcb(w)->level[at].tdx[2]--;
}
static void qe_level_again(struct sim_world *w, int64_t at)
{
	qe(w)->level[at].isv_svn = qe(w)->level[0].isv_svn;
}
static void module_level_again(struct sim_world *w, int64_t at)
{
	struct sim_module *m = &tcb(w)->module[0];

	m->level[at].isv_svn = m->level[0].isv_svn;
}
static void module_again(struct sim_world *w, int64_t small)
{
	tcb(w)->module[1].id = small ? "tdx_03" : "TDX_03";
}
static void no_levels(struct sim_world *w, int64_t arg)
{
	(void)arg;
	tcb(w)->n_levels = 0;
}

/* ---- 83, 84: hex */

/* The digits of the QE identity's mrsigner, as others might write them. */
enum { LOWER, MIXED, ONE_LESS, ONE_MORE, NOT_HEX, SPACE_IN, AS_0X };
static struct sim_edit other_digits(const struct sim_octets *value, int64_t how)
{
	static char from[130], to[130];
	const size_t n = 2 * value->len;

	assay_hex_print(from, value->p, value->len, true);
	assay_hex_print(to, value->p, value->len, how != LOWER);
	if (how == MIXED)
		for (size_t i = 0; i < n; i += 2)
			if (to[i] >= 'A')
				to[i] = (char)(to[i] | 0x20);
	if (how == ONE_LESS)
		to[n - 1] = 0;
	else if (how == ONE_MORE)
		strcpy(to + n, "0");
	else if (how == NOT_HEX)
		to[n - 1] = 'g';
	else if (how == SPACE_IN)
		to[n / 2] = ' ';
	else if (how == AS_0X)
		memcpy(to, "0x", 2);
	return (struct sim_edit){ .from = buf_text(from), .to = buf_text(to) };
}
static void qe_digits(struct sim_world *w, int64_t how)
{
	qe(w)->sign.inner_edit[0] = other_digits(&qe(w)->mrsigner, how);
}
/* Modules that have a signer, as Intel's have not; so has the quote. */
static void module_digits(struct sim_world *w, int64_t how)
{
	uint8_t signer[48];

	memset(signer, 0xab, 48);
	memcpy(w->quote_spec.td.mrsignerseam, signer, 48);
	tcb(w)->base.mrsigner = sim_mem(signer, 48);
	for (size_t i = 0; i < tcb(w)->n_modules; i++)
		tcb(w)->module[i].mrsigner = sim_mem(signer, 48);
	for (size_t i = 0; i < 3; i++)
		tcb(w)->sign.inner_edit[i] =
			other_digits(&tcb(w)->base.mrsigner, how);
}
static void fmspc_lower(struct sim_world *w, int64_t arg)
{
	(void)arg;
	tcb(w)->lower_case = true;
}
static void fmspc_len(struct sim_world *w, int64_t len)
{
	tcb(w)->fmspc.len = (size_t)len;
}
static void misc_len(struct sim_world *w, int64_t len)
{
	qe(w)->misc_mask.len = (size_t)len;
}
static void upper(struct sim_world *w, int64_t arg)
{
	(void)arg;
	tcb(w)->sign.sig_upper = qe(w)->sign.sig_upper = true;
}
/* The last digits of the signature, which stand before "}, become `to`. */
static void sig_end(struct buf *whole, size_t cut, const char *to)
{
	buf_splice(whole, whole->len - 2 - cut, cut, buf_text(to));
}
static void tcb_sig_end(struct case_evidence *e, int64_t digits)
{
	struct buf *whole = &e->world->tcb_info[case_tee(e->world)].whole;

	if (digits < 128)
		sig_end(whole, (size_t)(128 - digits), "");
	else
		sig_end(whole, 0, digits == 129 ? "0" : "00");
	case_view(e);
}
static void qe_sig_end(struct case_evidence *e, int64_t digits)
{
	sig_end(&e->world->qe_identity[case_tee(e->world)].whole,
	        (size_t)(128 - digits), "");
	case_view(e);
}
/* 0x and 126 digits: 128 characters */
static void sig_0x_126(struct case_evidence *e, int64_t arg)
{
	struct buf *whole = &e->world->tcb_info[case_tee(e->world)].whole;

	(void)arg;
	buf_splice(whole, whole->len - 130, 2, buf_text("0x"));
	case_view(e);
}
static void sig_not_hex(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	sig_end(&e->world->tcb_info[case_tee(e->world)].whole, 1, "g");
	case_view(e);
}

#define TCB .doc = ASSAY_DOC_TCB_INFO
#define QE .doc = ASSAY_DOC_QE_IDENTITY
#define SIGNER .doc = ASSAY_DOC_TCB_SIGNER
#define STALE .status = ASSAY_STATUS_OUT_OF_DATE

static const struct a_case signatures[] = {
	/* clang-format off */
	{ 63, "tcb-sig-flip", .edit = tcb_sig, .arg = SIM_SIG_FLIPPED, .want = ASSAY_J_SIG, TCB },
	{ 63, "qe-sig-flip", .edit = qe_sig, .arg = SIM_SIG_FLIPPED, .want = ASSAY_J_SIG, QE },
	{ 63, "tcb signature, r=0", .edit = tcb_sig, .arg = SIM_SIG_R_ZERO, .want = ASSAY_J_SIG, TCB },
	{ 63, "tcb signature, s=n", .edit = tcb_sig, .arg = SIM_SIG_S_N, .want = ASSAY_J_SIG, TCB },
	{ 63, "tcb signature, r=n", .edit = tcb_sig, .arg = SIM_SIG_R_N, .want = ASSAY_J_SIG, TCB },
	{ 63, "qe signature, s=0", .edit = qe_sig, .arg = SIM_SIG_S_ZERO, .want = ASSAY_J_SIG, QE },
	{ 63, "tcb signature, n-s for s", .edit = tcb_sig, .arg = SIM_SIG_OTHER_S },
	{ 63, "whitespace added inside", .edit = tcb_spoil, .arg = SPACE, .want = ASSAY_J_SIG, TCB },
	{ 63, "whitespace added inside, identity", .edit = qe_spoil, .arg = SPACE, .want = ASSAY_J_SIG, QE },
	{ 63, "whitespace inside, signed", .edit = tcb_edit, .arg = SPACE },
	{ 63, "one digit changed", .edit = tcb_spoil, .arg = PCESVN_12, .want = ASSAY_J_SIG, TCB },
	{ 63, "one digit changed, identity", .edit = qe_spoil, .arg = ISVSVN_4, .want = ASSAY_J_SIG, QE },
	{ 63, "a status changed", .edit = tcb_spoil, .arg = BETTER, .want = ASSAY_J_SIG, TCB },
	{ 63, "signed by a stranger", .edit = stranger_signs, .want = ASSAY_J_SIG, TCB },
	{ 63, "the identity's signature", .after = parts_swapped, .want = ASSAY_J_SIG, TCB },
	{ 64, "whitespace added outside the inner object", .edit = around },
	{ 64, "signature before the object", .after = signature_first },
	{ 64, "signature beside the object", .after = in_parts },
	{ 64, "signature beside the object, whitespace around it", .after = in_parts_around },

	{ 65, "signed by PCK leaf with chain leaf/CA/root", .edit = pck_signs, .arg = SIM_CHAIN_TCB_INFO, .want = ASSAY_X_NAME, SIGNER },
	{ 65, "identity signed by PCK leaf with chain leaf/CA/root", .edit = pck_signs, .arg = SIM_CHAIN_QE_IDENTITY, .want = ASSAY_X_NAME, SIGNER },
	{ 65, "signed by PCK leaf under the root", .edit = pck_signs_under_root, .arg = SIM_CHAIN_TCB_INFO, .want = ASSAY_X_NAME, SIGNER },
	{ 65, "identity signed by PCK leaf under the root", .edit = pck_signs_under_root, .arg = SIM_CHAIN_QE_IDENTITY, .want = ASSAY_X_NAME, SIGNER },
	/* no end entity at all */
	{ 65, "signed by the PCK CA", .edit = ca_signs, .arg = SIM_CHAIN_TCB_INFO, .want = ASSAY_X_CA, SIGNER },
	{ 65, "signed by the root", .edit = root_signs, .arg = SIM_CHAIN_TCB_INFO, .want = ASSAY_X_CHAIN_LEN, .doc = ASSAY_DOC_TCB_CHAIN },

	{ 66, "signed by TCB signer under another root", .edit = other_signs, .arg = SIM_CHAIN_TCB_INFO, .want = ASSAY_X_ROOT_PIN, .doc = ASSAY_DOC_ROOT },
	{ 66, "identity signed by TCB signer under another root", .edit = other_signs, .arg = SIM_CHAIN_QE_IDENTITY, .want = ASSAY_X_ROOT_PIN, .doc = ASSAY_DOC_ROOT },
	{ 66, "another root's signer below the pinned one", .edit = other_signs_under_root, .arg = SIM_CHAIN_TCB_INFO, .want = ASSAY_X_SIG, SIGNER },
	{ 66, "identity: another root's signer below the pinned one", .edit = other_signs_under_root, .arg = SIM_CHAIN_QE_IDENTITY, .want = ASSAY_X_SIG, SIGNER },
	/* clang-format on */
};

static const struct a_case members[] = {
	/* clang-format off */
	{ 67, "duplicate \"tcbInfo\": genuine first, forged second", .edit = out_of_date, .after = tcb_twice, .arg = FORGED_SECOND, .want = ASSAY_J_DUPKEY, TCB },
	{ 67, "duplicate \"tcbInfo\": forged first, genuine second", .edit = out_of_date, .after = tcb_twice, .arg = FORGED_FIRST, .want = ASSAY_J_DUPKEY, TCB },
	{ 67, "duplicate \"enclaveIdentity\": genuine first", .edit = out_of_date, .after = qe_twice, .arg = FORGED_SECOND, .want = ASSAY_J_DUPKEY, QE },
	{ 67, "duplicate \"enclaveIdentity\": forged first", .edit = out_of_date, .after = qe_twice, .arg = FORGED_FIRST, .want = ASSAY_J_DUPKEY, QE },
	{ 67, "duplicate \"signature\"", .edit = tcb_spoil, .arg = SIG_TWICE, .want = ASSAY_J_DUPKEY, TCB },
	/* ignored, with the genuine values used */
	{ 68, "\"TCBINFO\" behind genuine", .edit = out_of_date, .after = tcb_upper, .arg = FORGED_SECOND, STALE },
	{ 68, "\"TCBINFO\" before genuine", .edit = out_of_date, .after = tcb_upper, .arg = FORGED_FIRST, STALE },
	{ 68, "\"tcbinfo\" behind genuine", .edit = out_of_date, .after = tcb_lower, .arg = FORGED_SECOND, STALE },
	{ 68, "\"tcbinfo\" before genuine", .edit = out_of_date, .after = tcb_lower, .arg = FORGED_FIRST, STALE },
	{ 68, "\"tcbInfo\\0\" before genuine", .edit = out_of_date, .after = tcb_nul, .arg = FORGED_FIRST, STALE },
	{ 68, "\"ENCLAVEIDENTITY\" behind genuine", .edit = out_of_date, .after = qe_upper, .arg = FORGED_SECOND, STALE },
	{ 68, "\"ENCLAVEIDENTITY\" before genuine", .edit = out_of_date, .after = qe_upper, .arg = FORGED_FIRST, STALE },
	{ 68, "\"TCBINFO\" alone", .edit = out_of_date, .after = forged_upper_alone, .want = ASSAY_J_ID, TCB },

	{ 69, "two \"svn\"", .edit = tcb_edit, .arg = SVN_TWICE, .want = ASSAY_J_DUPKEY, TCB },
	{ 69, "two \"svn\", apart", .edit = tcb_edit, .arg = SVN_TWICE_BEHIND, .want = ASSAY_J_DUPKEY, TCB },
	{ 69, "two \"tcbStatus\"", .edit = tcb_edit, .arg = STATUS_TWICE, .want = ASSAY_J_DUPKEY, TCB },
	{ 69, "two \"tcbStatus\", identity", .edit = qe_edit, .arg = STATUS_TWICE, .want = ASSAY_J_DUPKEY, QE },
	{ 69, "two \"isvsvn\", identity", .edit = qe_edit, .arg = ISVSVN_TWICE, .want = ASSAY_J_DUPKEY, QE },
	{ 69, "two \"isvsvn\", module", TDX, tcb_edit, .arg = ISVSVN_TWICE, .want = ASSAY_J_DUPKEY, TCB },
	{ 69, "two \"fmspc\"", .edit = tcb_edit, .arg = FMSPC_TWICE, .want = ASSAY_J_DUPKEY, TCB },
	{ 69, "two of an unknown name", .edit = tcb_edit, .arg = UNKNOWN_TWICE, .want = ASSAY_J_DUPKEY, TCB },
	{ 69, "two of an unknown name, deep", .edit = qe_edit, .arg = UNKNOWN_DEEP, .want = ASSAY_J_DUPKEY, QE },
	{ 69, "an unknown name", .edit = tcb_edit, .arg = UNKNOWN },

	{ 70, "escaped key duplicate, genuine first", .edit = out_of_date, .after = tcb_escaped, .arg = FORGED_SECOND, .want = ASSAY_J_DUPKEY, TCB },
	{ 70, "escaped key duplicate, forged first", .edit = out_of_date, .after = tcb_escaped, .arg = FORGED_FIRST, .want = ASSAY_J_DUPKEY, TCB },
	{ 70, "escaped \"tcbStatus\" inside a level", .edit = tcb_edit, .arg = STATUS_ESCAPED, .want = ASSAY_J_DUPKEY, TCB },
	{ 70, "escaped \"tcbStatus\", identity", .edit = qe_edit, .arg = STATUS_ESCAPED, .want = ASSAY_J_DUPKEY, QE },
	{ 70, "escaped key alone", .edit = out_of_date, .after = escaped_alone, STALE },

	{ 71, "NUL byte after the object", .after = behind, .arg = NUL_BEHIND, .want = ASSAY_J_SYNTAX, TCB },
	{ 71, "NUL byte after the identity", .edit = qe_behind, .want = ASSAY_J_SYNTAX, QE },
	{ 71, "16 KiB garbage after", .after = behind, .arg = GARBAGE_BEHIND, .want = ASSAY_J_SYNTAX, TCB },
	{ 71, "a second object after", .after = behind, .arg = OBJECT_BEHIND, .want = ASSAY_J_SYNTAX, TCB },
	{ 71, "a brace after", .after = behind, .arg = BRACE_BEHIND, .want = ASSAY_J_SYNTAX, TCB },
	{ 71, "NUL byte in a string, signed again", .edit = nul_inside, .want = ASSAY_J_SYNTAX, TCB },

	{ 72, "depth-10000 arrays", .edit = tcb_deep, .arg = 10000, .want = ASSAY_J_LIMIT, TCB },
	{ 72, "depth-10000 arrays, identity", .edit = qe_deep, .arg = 10000, .want = ASSAY_J_LIMIT, QE },
	{ 72, "depth 17", .edit = tcb_deep, .arg = 15, .want = ASSAY_J_LIMIT, TCB },
	{ 72, "depth 16", .edit = tcb_deep, .arg = 14 },
	{ 72, "50 MB string", .after = long_string, .arg = 50000000, .want = ASSAY_J_LIMIT, TCB },
	{ 72, "1 MiB string", .after = long_string, .arg = 1 << 20, .want = ASSAY_J_LIMIT, TCB },
	{ 72, "1 MB string", .after = long_string, .arg = 1000000 },
	/* clang-format on */
};

static const struct a_case values[] = {
	/* clang-format off */
	{ 73, "svn 256", .edit = tcb_edit, .arg = SVN_256, .want = ASSAY_J_RANGE, TCB },
	{ 73, "svn -1", .edit = tcb_edit, .arg = SVN_MINUS, .want = ASSAY_J_RANGE, TCB },
	{ 73, "svn -0", .edit = tcb_edit, .arg = SVN_MINUS_ZERO, .want = ASSAY_J_RANGE, TCB },
	{ 73, "svn 9.0", .edit = tcb_edit, .arg = SVN_FRACTION, .want = ASSAY_J_TYPE, TCB },
	{ 73, "svn 9e0", .edit = tcb_edit, .arg = SVN_EXPONENT, .want = ASSAY_J_TYPE, TCB },
	{ 73, "svn \"9\"", .edit = tcb_edit, .arg = SVN_TEXT, .want = ASSAY_J_TYPE, TCB },
	{ 73, "svn true", .edit = tcb_edit, .arg = SVN_TRUE, .want = ASSAY_J_TYPE, TCB },
	{ 73, "svn null", .edit = tcb_edit, .arg = SVN_NULL, .want = ASSAY_J_TYPE, TCB },
	{ 73, "svn 09", .edit = tcb_edit, .arg = SVN_ZERO_BEFORE, .want = ASSAY_J_SYNTAX, TCB },
	{ 73, "svn 2^64 + 9", .edit = tcb_edit, .arg = SVN_2_64, .want = ASSAY_J_RANGE, TCB },
	{ 73, "TDX svn 256 + 5", TDX, tcb_edit, .arg = TDX_SVN_256, .want = ASSAY_J_RANGE, TCB },
	{ 73, "pcesvn 65536 + 13", .edit = tcb_edit, .arg = PCESVN_65536, .want = ASSAY_J_RANGE, TCB },
	{ 73, "pcesvn 13.0", .edit = tcb_edit, .arg = PCESVN_FRACTION, .want = ASSAY_J_TYPE, TCB },
	{ 73, "isvsvn 65536 + 5", .edit = qe_edit, .arg = ISVSVN_65536, .want = ASSAY_J_RANGE, QE },
	{ 73, "isvsvn -1", .edit = qe_edit, .arg = ISVSVN_MINUS, .want = ASSAY_J_RANGE, QE },
	{ 73, "isvsvn 5.0", .edit = qe_edit, .arg = ISVSVN_FRACTION, .want = ASSAY_J_TYPE, QE },
	{ 73, "isvsvn 5e0", .edit = qe_edit, .arg = ISVSVN_EXPONENT, .want = ASSAY_J_TYPE, QE },
	{ 73, "isvsvn \"5\"", .edit = qe_edit, .arg = ISVSVN_TEXT, .want = ASSAY_J_TYPE, QE },
	{ 73, "module's isvsvn 65536 + 5", TDX, tcb_edit, .arg = ISVSVN_65536, .want = ASSAY_J_RANGE, TCB },
	{ 73, "isvprodid above 65535", .edit = qe_edit, .arg = PRODID_65536, .want = ASSAY_J_RANGE, QE },
	{ 73, "evaluation number 2^32 + 20", .edit = tcb_edit, .arg = NUMBER_2_32, .want = ASSAY_J_RANGE, TCB },

	{ 74, "15 sgxtcbcomponents", .edit = n_sgx, .arg = 15, .want = ASSAY_J_TYPE, TCB },
	{ 74, "17 sgxtcbcomponents", .edit = n_sgx, .arg = 17, .want = ASSAY_J_TYPE, TCB },
	{ 74, "15 sgxtcbcomponents, last level", .edit = n_sgx_last, .arg = 15, .want = ASSAY_J_TYPE, TCB },
	{ 74, "missing sgxtcbcomponents", .edit = n_sgx, .arg = 0, .want = ASSAY_J_TYPE, TCB },
	{ 74, "15 tdxtcbcomponents", TDX, n_tdx, .arg = 15, .want = ASSAY_J_TYPE, TCB },
	{ 74, "17 tdxtcbcomponents", TDX, n_tdx, .arg = 17, .want = ASSAY_J_TYPE, TCB },
	{ 74, "missing tdxtcbcomponents in TDX info", TDX, no_tdx_at_all, .want = ASSAY_J_TYPE, TCB },
	{ 74, "missing tdxtcbcomponents, first level", TDX, n_tdx, .arg = 0, .want = ASSAY_J_TYPE, TCB },
	{ 74, "missing tdxtcbcomponents, last level", TDX, n_tdx_last, .arg = 0, .want = ASSAY_J_TYPE, TCB },
	{ 74, "missing tdxModule in TDX info", TDX, no_base_module, .want = ASSAY_J_TYPE, TCB },
	{ 74, "tdxModule in SGX info", SGX, sgx_with_module, .want = ASSAY_J_TYPE, TCB },

	{ 75, "id missing", .edit = tcb_id, .arg = NO_ID, .want = ASSAY_J_ID, TCB },
	{ 75, "id \"sgx\"", .edit = tcb_id, .arg = ID_SMALL, .want = ASSAY_J_ID, TCB },
	{ 75, "id \"\"", .edit = tcb_id, .arg = ID_EMPTY, .want = ASSAY_J_ID, TCB },
	{ 75, "id \"SGX\" for TDX quote", TDX, as_sgx, .arg = 3, .want = ASSAY_J_ID, TCB },
	{ 75, "TCB info for SGX for TDX quote", TDX, .after = other_tcb_info, .want = ASSAY_J_ID, TCB },
	{ 75, "id \"TDX\" for SGX quote", SGX, .after = other_tcb_info, .want = ASSAY_J_ID, TCB },
	{ 75, "version 2 for TDX", TDX, as_sgx, .arg = 2, .want = ASSAY_J_ID, TCB },
	{ 75, "version 2 with id \"TDX\"", TDX, version_2_with_id, .want = ASSAY_J_VERSION, TCB },
	{ 75, "version 2 with id \"SGX\"", SGX, version_2_with_id, .want = ASSAY_J_VERSION, TCB },
	{ 75, "version 2 for SGX", SGX, tcb_version, .arg = 2 },
	{ 75, "version 4", .edit = tcb_version, .arg = 4, .want = ASSAY_J_VERSION, TCB },
	{ 75, "version 1", .edit = tcb_version, .arg = 1, .want = ASSAY_J_VERSION, TCB },
	{ 75, "identity of version 1", .edit = qe_version, .arg = 1, .want = ASSAY_J_VERSION, QE },
	{ 75, "identity of version 3", .edit = qe_version, .arg = 3, .want = ASSAY_J_VERSION, QE },
	/* an id that what is in the document contradicts */
	{ 75, "id \"SGX\" over what is for TDX", TDX, tcb_id, .arg = ID_SGX, .want = ASSAY_J_TYPE, TCB },
	{ 75, "id \"TDX\" over what is for SGX", SGX, tcb_id, .arg = ID_TDX, .want = ASSAY_J_TYPE, TCB },

	{ 76, "enclaveIdentity passed as TCB info", .after = identity_for_tcb, .want = ASSAY_J_ID, TCB },
	{ 76, "enclaveIdentity object passed as tcbInfo with its genuine signature", .edit = identity_as_tcb, .after = identity_for_tcb, .want = ASSAY_J_ID, TCB },
	{ 76, "enclaveIdentity object with its signature beside it", .after = inner_identity_for_tcb, .want = ASSAY_J_ID, TCB },
	{ 76, "tcbInfo passed as identity", .after = tcb_for_identity, .want = ASSAY_J_ID, QE },
	{ 76, "tcbInfo object passed as enclaveIdentity with its genuine signature", .after = tcb_as_identity, .want = ASSAY_J_ID, QE },
	{ 76, "no TCB info", .after = no_tcb_info, .want = ASSAY_J_MISSING, TCB },
	{ 76, "no QE identity", .after = no_identity, .want = ASSAY_J_MISSING, QE },

	{ 77, "QVE identity passed as QE identity", .edit = qe_id, .arg = QE_QVE, .want = ASSAY_E_ID, QE },
	{ 77, "QAE identity passed as QE identity", .edit = qe_id, .arg = QE_QAE, .want = ASSAY_E_ID, QE },
	{ 77, "QE identity for a TDX quote, all else of TD_QE", TDX, qe_id, .arg = QE_QE, .want = ASSAY_E_ID, QE },
	{ 77, "TD_QE identity for an SGX quote, all else of QE", SGX, qe_id, .arg = QE_TD_QE, .want = ASSAY_E_ID, QE },
	{ 77, "QE identity for a TDX quote", TDX, .after = other_identity, .want = ASSAY_E_ID, QE },
	{ 77, "TD_QE identity for an SGX quote", SGX, .after = other_identity, .want = ASSAY_E_ID, QE },
	{ 77, "identity without id", .edit = qe_id, .arg = QE_NONE, .want = ASSAY_J_TYPE, QE },
	{ 77, "identity \"qe\"", .edit = qe_id, .arg = QE_SMALL, .want = ASSAY_J_ID, QE },

	{ 78, "tcbType 1", .edit = tcb_type, .arg = 1, .want = ASSAY_J_VERSION, TCB },

	{ 79, "tcbStatus \"uptodate\"", .edit = status, .arg = SMALL, .want = ASSAY_T_UNRECOGNISED, TCB },
	{ 79, "tcbStatus \"\"", .edit = status, .arg = EMPTY, .want = ASSAY_T_UNRECOGNISED, TCB },
	{ 79, "tcbStatus \"HardeningNeeded\"", .edit = status, .arg = HARDENING, .want = ASSAY_T_UNRECOGNISED, TCB },
	{ 79, "tcbStatus \"UpToDate \"", .edit = status, .arg = SPACED, .want = ASSAY_T_UNRECOGNISED, TCB },
	{ 79, "tcbStatus \"TDRelaunchAdvised\"", .edit = status, .arg = RELAUNCH, .want = ASSAY_T_UNRECOGNISED, TCB },
	{ 79, "tcbStatus \"HardeningNeeded\" of another level", .edit = status_last, .arg = HARDENING, .want = ASSAY_T_UNRECOGNISED, TCB },
	{ 79, "tcbStatus \"uptodate\", identity", .edit = qe_status, .arg = SMALL, .want = ASSAY_T_UNRECOGNISED, QE },
	{ 79, "tcbStatus \"SWHardeningNeeded\", identity", .edit = qe_status, .arg = SW_HARDENING, .want = ASSAY_T_UNRECOGNISED, QE },
	{ 79, "tcbStatus \"SWHardeningNeeded\", module", TDX, module_status, .arg = SW_HARDENING, .want = ASSAY_T_UNRECOGNISED, TCB },
	{ 79, "tcbStatus \"\", module", TDX, module_status, .arg = EMPTY, .want = ASSAY_T_UNRECOGNISED, TCB },
	{ 79, "tcbStatus left out", .edit = status, .arg = LEFT_OUT, .want = ASSAY_J_TYPE, TCB },
	{ 79, "tcbStatus left out, identity", .edit = qe_status, .arg = LEFT_OUT, .want = ASSAY_J_TYPE, QE },
	/* a known status written in an unknown way is no known status */
	{ 79, "tcbStatus escaped", .edit = status, .arg = ESCAPED, .want = ASSAY_T_UNRECOGNISED, TCB },

	{ 80, "nextUpdate past", .edit = tcb_next, .arg = -1, .want = ASSAY_J_TIME, TCB },
	{ 80, "nextUpdate this second", .edit = tcb_next, .arg = 0, .want = ASSAY_J_TIME, TCB },
	{ 80, "nextUpdate the next second", .edit = tcb_next, .arg = 1 },
	{ 80, "issueDate future", .edit = tcb_issued, .arg = 1, .want = ASSAY_J_TIME, TCB },
	{ 80, "issueDate this second", .edit = tcb_issued, .arg = 0 },
	{ 80, "nextUpdate past, identity", .edit = qe_next, .arg = -1, .want = ASSAY_J_TIME, QE },
	{ 80, "nextUpdate this second, identity", .edit = qe_next, .arg = 0, .want = ASSAY_J_TIME, QE },
	{ 80, "issueDate future, identity", .edit = qe_issued, .arg = 1, .want = ASSAY_J_TIME, QE },
	{ 80, "issueDate future, grace is for the past", .edit = tcb_issued, .arg = 1, .terms = { .collateral_grace = 3600 }, .want = ASSAY_J_TIME, TCB },
	{ 80, "date \"2025-02-30T..\"", .edit = tcb_edit, .arg = NO_SUCH_DAY, .want = ASSAY_J_TYPE, TCB },
	{ 80, "date \"2025-02-30T..\", identity", .edit = qe_edit, .arg = NO_SUCH_DAY, .want = ASSAY_J_TYPE, QE },
	{ 80, "nextUpdate \"2026-02-30T..\"", .edit = tcb_edit, .arg = NEXT_NO_DAY, .want = ASSAY_J_TYPE, TCB },
	{ 80, "tcbDate \"2025-06-31T..\"", .edit = tcb_edit, .arg = DATE_NO_DAY, .want = ASSAY_J_TYPE, TCB },
	{ 80, "missing Z", .edit = tcb_edit, .arg = NO_Z, .want = ASSAY_J_TYPE, TCB },
	{ 80, "missing Z, identity", .edit = qe_edit, .arg = NO_Z, .want = ASSAY_J_TYPE, QE },
	{ 80, "offset for Z", .edit = tcb_edit, .arg = OFFSET, .want = ASSAY_J_TYPE, TCB },
	{ 80, "a day alone", .edit = tcb_edit, .arg = DAY_ALONE, .want = ASSAY_J_TYPE, TCB },
	{ 80, "a number for a date", .edit = qe_edit, .arg = NEXT_NUMBER, .want = ASSAY_J_TYPE, QE },
	{ 80, "a fraction of a second", .edit = tcb_edit, .arg = FRACTION },

	{ 81, "evaluation-number-below-floor", .terms = { .min_evaluation_number = 21 }, .want = ASSAY_J_ROLLBACK, TCB },
	{ 81, "evaluation-number-below-floor, TCB info alone", .edit = tcb_number, .arg = 19, .terms = { .min_evaluation_number = 20 }, .want = ASSAY_J_ROLLBACK, TCB },
	{ 81, "evaluation-number-below-floor, identity alone", .edit = qe_number, .arg = 19, .terms = { .min_evaluation_number = 20 }, .want = ASSAY_J_ROLLBACK, QE },
	{ 81, "evaluation number at the floor", .edit = tcb_number, .arg = 22, .terms = { .min_evaluation_number = 20 }, .holds = has_both_numbers },
	{ 81, "issueDate below stored", .terms = { .min_issue_date = SIM_NOW - 7 * DAY + 1 }, .want = ASSAY_J_ROLLBACK, TCB },
	{ 81, "issueDate below stored, TCB info alone", .edit = tcb_issued, .arg = -7 * DAY - 1, .terms = { .min_issue_date = SIM_NOW - 7 * DAY }, .want = ASSAY_J_ROLLBACK, TCB },
	{ 81, "issueDate below stored, identity alone", .edit = qe_issued, .arg = -7 * DAY - 1, .terms = { .min_issue_date = SIM_NOW - 7 * DAY }, .want = ASSAY_J_ROLLBACK, QE },
	{ 81, "issueDate as stored", .terms = { .min_issue_date = SIM_NOW - 7 * DAY } },

	{ 82, "levels permuted: UpToDate", .edit = permuted, .arg = SIM_LEVEL_UP_TO_DATE },
	{ 82, "levels permuted: SWHardeningNeeded", .edit = permuted, .arg = SIM_LEVEL_SW_HARDENING, .status = ASSAY_STATUS_SW_HARDENING_NEEDED },
	{ 82, "levels permuted: ConfigurationNeeded", .edit = permuted, .arg = SIM_LEVEL_CONFIGURATION, .status = ASSAY_STATUS_CONFIGURATION_NEEDED },
	{ 82, "levels permuted: ConfigurationAndSWHardeningNeeded", .edit = permuted, .arg = SIM_LEVEL_CONFIGURATION_AND_SW_HARDENING, .status = ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED },
	{ 82, "levels permuted: OutOfDate", .edit = permuted, .arg = SIM_LEVEL_OUT_OF_DATE, STALE },
	{ 82, "levels permuted: OutOfDateConfigurationNeeded", .edit = permuted, .arg = SIM_LEVEL_OUT_OF_DATE_CONFIGURATION, .status = ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED },
	{ 82, "levels permuted: Revoked", .edit = permuted, .arg = SIM_LEVEL_REVOKED, .want = ASSAY_T_REVOKED, TCB },
	{ 82, "levels permuted: none", .edit = permuted, .arg = SIM_LEVEL_NONE, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 82, "levels rotated: UpToDate", .edit = rotated, .arg = SIM_LEVEL_UP_TO_DATE },
	{ 82, "levels rotated: OutOfDate", .edit = rotated, .arg = SIM_LEVEL_OUT_OF_DATE, STALE },
	{ 82, "QE levels permuted: UpToDate", .edit = permuted_qe, .arg = SIM_SVN_UP_TO_DATE },
	{ 82, "QE levels permuted: OutOfDate", .edit = permuted_qe, .arg = SIM_SVN_OUT_OF_DATE, STALE },
	{ 82, "two identical levels", .edit = level_again, .arg = SIM_LEVEL_SW_HARDENING, .want = ASSAY_J_DUPLEVEL, TCB },
	{ 82, "two identical levels, far apart", .edit = level_again, .arg = SIM_LEVEL_REVOKED, .want = ASSAY_J_DUPLEVEL, TCB },
	{ 82, "two identical levels, identity", .edit = qe_level_again, .arg = 2, .want = ASSAY_J_DUPLEVEL, QE },
	{ 82, "two identical levels, module", TDX, module_level_again, .arg = 1, .want = ASSAY_J_DUPLEVEL, TCB },
	{ 82, "two identical module identities", TDX, module_again, .arg = 0, .want = ASSAY_J_DUPLEVEL, TCB },
	{ 82, "two module identities that differ in case", TDX, module_again, .arg = 1, .want = ASSAY_J_DUPLEVEL, TCB },
	{ 82, "two levels that differ in PCESVN", .edit = level_nearly, .arg = SIM_LEVEL_SW_HARDENING },
	{ 82, "two levels that differ in a TDX component", TDX, level_nearly_tdx, .arg = SIM_LEVEL_SW_HARDENING },
	{ 82, "no levels", .edit = no_levels, .want = ASSAY_J_TYPE, TCB },

	{ 83, "module's mrsigner 95 hex digits", TDX, tcb_edit, .arg = MODULE_95, .want = ASSAY_J_TYPE, TCB },
	{ 83, "module's mrsigner 97 hex digits", TDX, tcb_edit, .arg = MODULE_97, .want = ASSAY_J_TYPE, TCB },
	{ 83, "module's mrsigner not hex", TDX, tcb_edit, .arg = MODULE_NOT_HEX, .want = ASSAY_J_TYPE, TCB },
	{ 83, "mrsigner 63 hex digits", .edit = qe_digits, .arg = ONE_LESS, .want = ASSAY_J_TYPE, QE },
	{ 83, "mrsigner 65 hex digits", .edit = qe_digits, .arg = ONE_MORE, .want = ASSAY_J_TYPE, QE },
	{ 83, "mrsigner not hex", .edit = qe_digits, .arg = NOT_HEX, .want = ASSAY_J_TYPE, QE },
	{ 83, "mrsigner with a space", .edit = qe_digits, .arg = SPACE_IN, .want = ASSAY_J_TYPE, QE },
	{ 83, "mrsigner with 0x", .edit = qe_digits, .arg = AS_0X, .want = ASSAY_J_TYPE, QE },
	{ 83, "mrsigner in lower case", .edit = qe_digits, .arg = LOWER },
	{ 83, "mrsigner upper/lower hex mix", .edit = qe_digits, .arg = MIXED },
	{ 83, "module's mrsigner upper/lower hex mix", TDX, module_digits, .arg = MIXED },
	{ 83, "fmspc in lower case", .edit = fmspc_lower },
	{ 83, "fmspc of 5 bytes", .edit = fmspc_len, .arg = 5, .want = ASSAY_J_TYPE, TCB },
	{ 83, "miscselectMask of 3 bytes", .edit = misc_len, .arg = 3, .want = ASSAY_J_TYPE, QE },

	{ 84, "signature 127 hex", .after = tcb_sig_end, .arg = 127, .want = ASSAY_J_SIG, TCB },
	{ 84, "signature 126 hex", .after = tcb_sig_end, .arg = 126, .want = ASSAY_J_SIG, TCB },
	{ 84, "signature 129 hex", .after = tcb_sig_end, .arg = 129, .want = ASSAY_J_SIG, TCB },
	{ 84, "signature 130 hex", .after = tcb_sig_end, .arg = 130, .want = ASSAY_J_SIG, TCB },
	{ 84, "signature empty", .after = tcb_sig_end, .arg = 0, .want = ASSAY_J_SIG, TCB },
	{ 84, "signature 127 hex, identity", .after = qe_sig_end, .arg = 127, .want = ASSAY_J_SIG, QE },
	{ 84, "signature 127 hex, beside the object", .after = parts_sig, .arg = 127, .want = ASSAY_J_SIG, TCB },
	{ 84, "signature 1 hex, beside the object", .after = parts_sig, .arg = 1, .want = ASSAY_J_SIG, TCB },
	{ 84, "signature with 0x", .edit = tcb_spoil, .arg = SIG_0X, .want = ASSAY_J_SIG, TCB },
	{ 84, "signature with 0x, identity", .edit = qe_spoil, .arg = SIG_0X, .want = ASSAY_J_SIG, QE },
	{ 84, "signature with 0x, 128 characters", .after = sig_0x_126, .want = ASSAY_J_SIG, TCB },
	{ 84, "signature with a space", .edit = tcb_spoil, .arg = SIG_SPACE, .want = ASSAY_J_SIG, TCB },
	{ 84, "signature not hex", .after = sig_not_hex, .want = ASSAY_J_SIG, TCB },
	{ 84, "signature under another name", .edit = tcb_spoil, .arg = SIG_NONE, .want = ASSAY_J_SIG, TCB },
	{ 84, "signature in upper case", .edit = upper },
	/* clang-format on */
};

int main(void)
{
	cases_run(ROWS(signatures));
	cases_run(ROWS(members));
	cases_run(ROWS(values));
	cases_all_met(63, 84);
	buf_free(&made);
	return done();
}
