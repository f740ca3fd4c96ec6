/* report.c - a judgement as people read it. */
#include "cli/facts.h"
#include "cli/judge.h"

#include "base/err.h"
#include "policy/policy.h"

#include <stdio.h>
#include <string.h>

enum { SPKI_LEN = 44 };

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n && !p[n - 1])
		n--;
	return n == 0;
}

/* ---- who speaks */

static void put_hex_line(struct cli_text *text, const char *label,
                         const uint8_t *p, size_t n)
{
	cli_put(text, "- %s: ", label);
	cli_put_hex(text, p, n, true);
	cli_put(text, "\n");
}

static void put_title(struct cli_text *text, const char *kind, const uint8_t *p,
                      size_t n)
{
	cli_put(text, "%sRemote attestation for %s ", cli_paint(text, CLI_BOLD),
	        kind);
	cli_put_hex(text, p, n, true);
	cli_put(text, ":%s\n", cli_paint(text, CLI_PLAIN));
}

static void put_keys(struct cli_text *text,
                     const struct assay_evidence *evidence,
                     enum assay_keys keys)
{
	struct assay_bytes encryption = judge_encryption_key(evidence);
	uint8_t spki[SPKI_LEN];

	if (keys == ASSAY_KEYS_LOOSE)
		cli_put(text, "- The keys that follow are NOT those that the "
		              "report data names:\n");
	if (judge_signing_key(spki, evidence))
		put_hex_line(text, "Public signing key", spki, sizeof(spki));
	if (encryption.len)
		put_hex_line(text, "Public encryption key", encryption.ptr,
		             encryption.len);
}

static void put_enclave(struct cli_text *text,
                        const struct assay_evidence *evidence,
                        const struct assay_sgx_report *r, enum assay_keys keys)
{
	put_title(text, "enclave", r->mrenclave, sizeof(r->mrenclave));
	put_hex_line(text, "Code signing key hash", r->mrsigner,
	             sizeof(r->mrsigner));
	put_keys(text, evidence, keys);
	cli_put(text, "- Product ID: %u\n", r->isv_prod_id);
	if (r->isv_svn)
		cli_put(text, "- Revocation level: %u\n", r->isv_svn - 1u);
	else
		cli_put(text, "- Revocation level: none (its ISVSVN is 0)\n");
}

/* Registers that mostly are zero are told of only where they are not. */
static void put_td(struct cli_text *text, const struct assay_evidence *evidence,
                   const struct assay_td_report *r, enum assay_keys keys)
{
	const struct {
		const char *label;
		const uint8_t *p;
	} rare[] = {
		{ "Configuration (MRCONFIGID)", r->mrconfigid },
		{ "Owner (MROWNER)", r->mrowner },
		{ "Owner's configuration (MROWNERCONFIG)", r->mrownerconfig },
		{ "Service TDs (MRSERVICETD)", r->mrservicetd },
	};
	char label[] = "RTMR 0";

	put_title(text, "TD", r->mrtd, sizeof(r->mrtd));
	for (size_t i = 0; i < 4; i++) {
		label[sizeof(label) - 2] = (char)('0' + i);
		put_hex_line(text, label, r->rtmr[i], sizeof(r->rtmr[i]));
	}
	put_keys(text, evidence, keys);
	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		if (!is_zero(rare[i].p, sizeof(r->mrtd)))
			put_hex_line(text, rare[i].label, rare[i].p,
			             sizeof(r->mrtd));
}

void cli_put_identity(struct cli_text *text,
                      const struct assay_evidence *evidence,
                      const struct assay_verdict *verdict, enum assay_keys keys)
{
	if (verdict->tee == ASSAY_TEE_TDX)
		put_td(text, evidence, &verdict->td, keys);
	else
		put_enclave(text, evidence, &verdict->sgx, keys);
}

/* ---- the level */

static enum cli_paint paint_of(enum assay_level level)
{
	return level == ASSAY_LEVEL_SECURE  ? CLI_GREEN
	       : level == ASSAY_LEVEL_STALE ? CLI_YELLOW
	                                    : CLI_RED;
}

static void put_level(struct cli_text *text, const struct judgement *j)
{
	char at[ASSAY_TIME_TEXT];

	cli_put(text, "Assessed security level at %s is %s%s%s\n",
	        assay_time_print(at, j->verdict.at),
	        cli_paint(text, paint_of(j->level)), assay_level_name(j->level),
	        cli_paint(text, CLI_PLAIN));
	cli_put_wrapped(text, "- ", j->reason);
	cli_put(text, "\n");
}

/* ---- the facts */

const char *cli_kind_name(enum assay_evidence_kind kind)
{
	switch (kind) {
	case ASSAY_EVIDENCE_QUOTE:
		return "quote";
	case ASSAY_EVIDENCE_BUNDLE:
		return "bundle";
	case ASSAY_EVIDENCE_EII:
		return "eii";
	case ASSAY_EVIDENCE_CERT:
		return "certificate";
	case ASSAY_EVIDENCE_NONE:
		break;
	}
	return "";
}

/* Whether the report data speaks for what came beside the quote. */
static void put_bound(struct cli_text *text, const struct judgement *j)
{
	const struct assay_evidence *e = &j->evidence;
	bool bound = j->keys == ASSAY_KEYS_BOUND;

	if (e->has_nonce) {
		cli_put_label(text, "Nonce");
		cli_put_hex(text, e->nonce.ptr, e->nonce.len, true);
		cli_put(text, "%s, %s with the keys\n",
		        e->nonce.len ? "" : "empty",
		        bound ? "bound" : "NOT bound");
	} else if (bound) {
		cli_put_label(text, "Keys");
		cli_put(text, "bound: the report data names them\n");
	}
}

static void put_source(struct cli_text *text, const struct judgement *j)
{
	const struct assay_verdict *v = &j->verdict;
	const char *what = j->evidence.kind == ASSAY_EVIDENCE_BUNDLE
	                           ? "a bundle with "
	                   : j->evidence.kind == ASSAY_EVIDENCE_EII
	                           ? "a Conclave attestation with "
	                   : j->evidence.kind == ASSAY_EVIDENCE_CERT
	                           ? "a certificate with "
	                           : "";

	cli_put_label(text, "Evidence");
	cli_put_name(text, j->name);
	cli_put(text, ", %s%s quote of version %u%s\n", what,
	        v->tee == ASSAY_TEE_TDX ? "a TDX" : "an SGX", v->version,
	        v->debug ? ", in debug mode" : "");
	cli_put_label(text, "Report data");
	cli_put_hex(text, v->report_data, sizeof(v->report_data), true);
	cli_put(text, "\n");
	put_bound(text, j);
	cli_put_label(text, "Judged with");
	cli_put_name(text, j->collateral                ? j->collateral
	                   : j->evidence.has_collateral ? "its own collateral"
	                                                : "no collateral");
	cli_put(text, ", under ");
	if (v->simulation) {
		cli_put_name(text, j->root_name);
		cli_put(text, ", which is not Intel's root\n");
	} else {
		cli_put(text, "Intel's root\n");
	}
}

static void put_platform(struct cli_text *text, const struct assay_pck *pck)
{
	const char *type = assay_sgx_type_name(pck->sgx_type);

	cli_put_label(text, "Platform");
	cli_put(text, "FMSPC ");
	cli_put_hex(text, pck->fmspc, sizeof(pck->fmspc), true);
	cli_put(text, ", PCEID ");
	cli_put_hex(text, pck->pce_id, sizeof(pck->pce_id), true);
	cli_put(text, ", memory protection %s\n", type ? type : "unknown");
	cli_put_label(text, "PPID");
	cli_put_hex(text, pck->ppid, sizeof(pck->ppid), true);
	cli_put(text, "\n");
	if (!pck->has_piid)
		return;
	cli_put_label(text, "Platform instance");
	cli_put_hex(text, pck->piid, sizeof(pck->piid), true);
	cli_put(text, "\n");
}

static void put_part(struct cli_text *text, const char *label,
                     enum assay_status status, int64_t date)
{
	char at[ASSAY_TIME_TEXT];

	if (!status)
		return;
	cli_put_label(text, label);
	cli_put(text, "%s, TCB date %.10s\n", assay_status_name(status),
	        assay_time_print(at, date));
}

static void put_statuses(struct cli_text *text, const struct judgement *j)
{
	const struct assay_verdict *v = &j->verdict;
	bool good = v->status == ASSAY_STATUS_UP_TO_DATE;
	enum cli_paint paint = good ? CLI_GREEN : CLI_YELLOW;

	cli_put_label(text, "Status");
	cli_put(text, "%s%s%s\n", cli_paint(text, paint),
	        assay_status_name(v->status), cli_paint(text, CLI_PLAIN));
	put_part(text, "  platform", v->platform_status, v->platform_date);
	put_part(text, "  TDX module", v->module_status, v->module_date);
	put_part(text, "  quoting enclave", v->qe_status, v->qe_date);
	if (!v->has_current || v->current_status == v->status)
		return;
	cli_put_label(text, "  if started now");
	cli_put(text, "%s\n", assay_status_name(v->current_status));
}

static void put_number(struct cli_text *text, const char *name, uint64_t number)
{
	if (number == UINT64_MAX)
		cli_put(text, ", %s's CRL number too large to print", name);
	else
		cli_put(text, ", %s's CRL number %llu", name,
		        (unsigned long long)number);
}

static void put_collateral(struct cli_text *text, const struct assay_verdict *v)
{
	char until[ASSAY_TIME_TEXT];

	cli_put_label(text, "Collateral");
	cli_put(text, "evaluation number %u", v->evaluation_number);
	if (v->tcb_evaluation_number != v->qe_evaluation_number)
		cli_put(text, " (TCB info %u, QE identity %u)",
		        v->tcb_evaluation_number, v->qe_evaluation_number);
	put_number(text, "root", v->root_crl_number);
	put_number(text, "PCK CA", v->pck_crl_number);
	cli_put(text, "\n");
	cli_put_label(text, "Fresh until");
	cli_put(text, "%s\n", assay_time_print(until, v->fresh_until));
}

static void put_event_log(struct cli_text *text, const struct judgement *j)
{
	const struct assay_event_log *log = j->event_log;

	if (!log)
		return;
	cli_put_label(text, "Event log");
	cli_put(text, "%zu events, which %s to RTMR 0, 1 and 2\n",
	        log->n_events, j->log_explains ? "come" : "do not come");
	if (!log->n_data_differ)
		return;
	cli_put_label(text, "");
	cli_put(text,
	        "the data of %zu are not what was measured: the first "
	        "at byte %zu\n",
	        log->n_data_differ, log->first_differs_at);
}

/* ---- the decision, and what to do */

static void put_refusal(struct cli_text *text, const struct assay_refusal *r)
{
	char line[sizeof(r->note) + 64];

	snprintf(line, sizeof(line), "%s: %s", r->rule, r->note);
	cli_put_wrapped(text, "- ", line);
}

static void put_decision(struct cli_text *text, const struct judgement *j)
{
	const struct assay_decision *d = &j->decision;
	enum cli_paint paint = d->accept ? CLI_GREEN : CLI_RED;

	cli_put(text, "\nDecision: %s%s%s\n", cli_paint(text, paint),
	        d->accept ? "accept" : "refuse", cli_paint(text, CLI_PLAIN));
	if (!j->verdict.genuine)
		cli_put(text, "- genuine: %s\n",
		        assay_is_unproven(j->verdict.failed.check)
		                ? "Nothing shows that it is."
		                : "It is not.");
	for (size_t i = 0; j->verdict.genuine && i < d->n_refusals; i++)
		put_refusal(text, &d->refusals[i]);
}

static void put_advice(struct cli_text *text, const struct judgement *j)
{
	char sentence[JUDGE_SENTENCE];

	for (size_t i = 0; cli_advice(j, i, sentence, sizeof(sentence)); i++) {
		if (i == 0)
			cli_put(text, "\nTo know, and to do:\n");
		cli_put_wrapped(text, "- ", sentence);
	}
}

/* ---- all of it */

static void put_claims(struct cli_text *text, const struct judgement *j)
{
	const struct assay_err *failed = &j->verdict.failed;

	cli_put(text, "%s%s%s: ", cli_paint(text, CLI_RED),
	        assay_is_unproven(failed->check) ? "NOT SHOWN TO BE GENUINE"
	                                         : "NOT GENUINE",
	        cli_paint(text, CLI_PLAIN));
	cli_put_err(text, failed);
	cli_put(text, ".\nWhat follows is what it claims, and nothing proves "
	              "it.\n\n");
}

void cli_put_judgement(struct cli_text *text, const struct judgement *j)
{
	const struct assay_verdict *v = &j->verdict;

	/* nothing that could be told of */
	if (!v->version) {
		cli_put_fault(text, j->name, &v->failed);
		cli_put(text, "\n");
		return;
	}
	if (!v->genuine)
		put_claims(text, j);
	cli_put_identity(text, &j->evidence, v, j->keys);
	put_level(text, j);
	put_source(text, j);
	if (v->has_pck)
		put_platform(text, &v->pck);
	if (v->genuine) {
		put_statuses(text, j);
		put_collateral(text, v);
		put_event_log(text, j);
	}
	put_decision(text, j);
	put_advice(text, j);
}

/* ---- one line of many */

static void put_why(struct cli_text *text, const struct judgement *j)
{
	const struct assay_decision *d = &j->decision;

	cli_put(text, d->n_refusals || j->trouble ? ": " : "");
	if (j->trouble)
		cli_put(text, "%s", strerror(j->trouble));
	else if (!j->verdict.genuine)
		cli_put_err(text, &j->verdict.failed);
	for (size_t i = 0; j->verdict.genuine && i < d->n_refusals; i++)
		cli_put(text, "%s%s", i ? ", " : "", d->refusals[i].rule);
	cli_put(text, "\n");
}

void cli_put_line(struct cli_text *text, const struct judgement *j)
{
	const struct assay_verdict *v = &j->verdict;
	bool accept = j->decision.accept;

	cli_put(text, "%s%-7s%s  %-8s  %-17s  ",
	        cli_paint(text, accept ? CLI_GREEN : CLI_RED),
	        j->trouble ? "trouble"
	        : accept   ? "accept"
	                   : "refuse",
	        cli_paint(text, CLI_PLAIN),
	        j->trouble ? "-" : assay_level_name(j->level),
	        v->genuine   ? assay_status_name(v->status)
	        : j->trouble ? "-"
	                     : "not genuine");
	cli_put_name(text, j->name);
	put_why(text, j);
}

static void put_members(struct assay_json_out *o, const void *j)
{
	judge_json(o, j, cli_advice);
}

void cli_put_json(struct cli_text *text, const struct judgement *j)
{
	cli_put_object(text, put_members, j);
}
