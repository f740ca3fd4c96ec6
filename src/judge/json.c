/* json.c - a judgement as one line of JSON: the contract with scripts,
 * which assay-verify(1) states. */
#include "judge/judge.h"

#include <stdio.h>
#include <string.h>

enum { SPKI_LEN = 44 };

/* ---- values that may not be there */

static void put_hex(struct assay_json_out *o, const char *name, bool there,
                    const uint8_t *p, size_t n)
{
	if (there)
		assay_json_put_hex(o, name, p, n);
	else
		assay_json_put_null(o, name);
}

static void put_uint(struct assay_json_out *o, const char *name, bool there,
                     uint64_t value)
{
	if (there)
		assay_json_put_uint(o, name, value);
	else
		assay_json_put_null(o, name);
}

static void put_time(struct assay_json_out *o, const char *name, int64_t time)
{
	if (time)
		assay_json_put_time(o, name, time);
	else
		assay_json_put_null(o, name);
}

/* ---- who speaks */

static void put_enclave(struct assay_json_out *o, bool there,
                        const struct assay_sgx_report *r)
{
	put_hex(o, "mrenclave", there, r->mrenclave, sizeof(r->mrenclave));
	put_hex(o, "mrsigner", there, r->mrsigner, sizeof(r->mrsigner));
	put_uint(o, "isv_prod_id", there, r->isv_prod_id);
	put_uint(o, "isv_svn", there, r->isv_svn);
}

static void put_td(struct assay_json_out *o, bool there,
                   const struct assay_td_report *r)
{
	char name[] = "rtmr0";

	put_hex(o, "mrtd", there, r->mrtd, sizeof(r->mrtd));
	for (size_t i = 0; i < 4; i++) {
		name[sizeof(name) - 2] = (char)('0' + i);
		put_hex(o, name, there, r->rtmr[i], sizeof(r->rtmr[i]));
	}
	put_hex(o, "mrconfigid", there, r->mrconfigid, sizeof(r->mrconfigid));
}

void judge_json_identity(struct assay_json_out *o,
                         const struct assay_verdict *v)
{
	bool parsed = v->version != 0;

	assay_json_put_text(o, "tee", parsed ? assay_tee_name(v->tee) : NULL);
	put_uint(o, "version", parsed, v->version);
	if (parsed)
		assay_json_put_bool(o, "debug", v->debug);
	else
		assay_json_put_null(o, "debug");
	put_enclave(o, v->tee == ASSAY_TEE_SGX, &v->sgx);
	put_td(o, v->tee == ASSAY_TEE_TDX, &v->td);
	put_hex(o, "report_data", parsed, v->report_data,
	        sizeof(v->report_data));
	put_hex(o, "fmspc", v->has_pck, v->pck.fmspc, sizeof(v->pck.fmspc));
	put_hex(o, "ppid", v->has_pck, v->pck.ppid, sizeof(v->pck.ppid));
}

/* ---- what is true of it */

/* A verdict that is a no may have some of its statuses; Revoked is one. */
static void put_statuses(struct assay_json_out *o,
                         const struct assay_verdict *v)
{
	static const struct assay_verdict none;

	if (!v->genuine && v->failed.check != ASSAY_T_REVOKED)
		v = &none;
	assay_json_put_text(o, "status", assay_status_name(v->status));
	assay_json_put_text(o, "platform_status",
	                    assay_status_name(v->platform_status));
	assay_json_put_text(o, "module_status",
	                    assay_status_name(v->module_status));
	assay_json_put_text(o, "qe_status", assay_status_name(v->qe_status));
	assay_json_put_array(o, "advisories");
	for (size_t i = 0; i < v->n_advisories; i++)
		assay_json_put_text(o, NULL, v->advisories[i]);
	assay_json_put_end(o, ']');
	put_time(o, "tcb_date", v->tcb_date);
}

static void put_collateral(struct assay_json_out *o,
                           const struct assay_verdict *v)
{
	put_uint(o, "evaluation_number",
	         v->windows[ASSAY_ITEM_TCB_INFO].until != 0,
	         v->evaluation_number);
	put_time(o, "fresh_until", v->fresh_until);
}

/* ---- whether it is enough, and what to do */

void judge_json_check(struct assay_json_out *o, const struct assay_err *failed)
{
	const struct assay_check_info *check = assay_check_info(failed->check);
	const char *doc = assay_doc_name(failed->doc);
	char text[64];

	if (check)
		snprintf(text, sizeof(text), "%s%s%s", doc, *doc ? " " : "",
		         check->name);
	assay_json_put_text(o, "check", check ? text : NULL);
	put_uint(o, "at", check != NULL, failed->at);
	assay_json_put_text(o, "note", check ? failed->note : NULL);
}

static void put_decision(struct assay_json_out *o,
                         const struct assay_decision *d)
{
	assay_json_put_text(o, "decision", d->accept ? "accept" : "refuse");
	assay_json_put_array(o, "rules");
	for (size_t i = 0; i < d->n_refusals; i++)
		assay_json_put_text(o, NULL, d->refusals[i].rule);
	assay_json_put_end(o, ']');
	assay_json_put_array(o, "reasons");
	for (size_t i = 0; i < d->n_refusals; i++)
		assay_json_put_text(o, NULL, d->refusals[i].note);
	assay_json_put_end(o, ']');
}

static void put_advice(struct assay_json_out *o, const struct judgement *j,
                       judge_advice *advice)
{
	char sentence[JUDGE_SENTENCE];

	assay_json_put_array(o, "advice");
	for (size_t i = 0; advice(j, i, sentence, sizeof(sentence)); i++)
		assay_json_put_text(o, NULL, sentence);
	assay_json_put_end(o, ']');
}

/* ---- the keys it speaks for */

static void put_keys(struct assay_json_out *o, const struct judgement *j)
{
	struct assay_bytes key = judge_encryption_key(&j->evidence);
	uint8_t spki[SPKI_LEN];
	bool has_key = judge_signing_key(spki, &j->evidence);

	assay_json_put_text(o, "keys",
	                    j->keys == ASSAY_KEYS_BOUND   ? "bound"
	                    : j->keys == ASSAY_KEYS_LOOSE ? "loose"
	                                                  : NULL);
	put_hex(o, "signing_key", has_key, spki, sizeof(spki));
	put_hex(o, "encryption_key", key.len != 0, key.ptr, key.len);
	put_hex(o, "tls_key", j->evidence.tls_key.len != 0,
	        j->evidence.tls_key.ptr, j->evidence.tls_key.len);
	put_hex(o, "nonce", j->evidence.has_nonce, j->evidence.nonce.ptr,
	        j->evidence.nonce.len);
}

/* ---- the event log */

static void put_event_log(struct assay_json_out *o, const struct judgement *j)
{
	if (!j->event_log) {
		assay_json_put_null(o, "event_log");
		return;
	}
	assay_json_put_object(o, "event_log");
	assay_json_put_bool(o, "explains", j->log_explains);
	assay_json_put_uint(o, "events", j->event_log->n_events);
	assay_json_put_uint(o, "data_differ", j->event_log->n_data_differ);
	assay_json_put_end(o, '}');
}

/* ---- all of it */

void judge_json(struct assay_json_out *o, const struct judgement *j,
                judge_advice *advice)
{
	const struct assay_verdict *v = &j->verdict;

	assay_json_put_text(o, "evidence", j->name);
	assay_json_put_text(o, "error",
	                    j->trouble ? strerror(j->trouble) : NULL);
	assay_json_put_bool(o, "genuine", v->genuine);
	put_statuses(o, v);
	put_collateral(o, v);
	assay_json_put_text(o, "level", assay_level_name(j->level));
	assay_json_put_bool(o, "simulation", v->simulation);
	put_decision(o, &j->decision);
	judge_json_check(o, &v->failed);
	put_advice(o, j, advice);
	judge_json_identity(o, v);
	put_keys(o, j);
	put_event_log(o, j);
	assay_json_put_time(o, "judged_at", v->at);
	assay_json_put_text(o, "collateral", j->collateral);
}
