/* judge.c - what is decided about a verdict, beyond the policy too. */
#include "judge/judge.h"

#include "base/rd.h"
#include "policy/policy.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

void judge_empty(struct judgement *j)
{
	memset(j, 0, offsetof(struct judgement, decision));
	j->decision.accept = false;
	j->decision.n_refusals = 0;
}

/* Keys, and a nonce, that the report data does not name are anybody's. */
static void appraise_keys(struct judgement *out)
{
	out->keys = assay_keys_bound(&out->evidence, out->verdict.report_data);
	if (out->keys == ASSAY_KEYS_LOOSE)
		assay_refuse(
			&out->decision, "keys",
			"The keys and the nonce beside the quote are not those "
			"that its report data names: somebody put other keys "
			"or "
			"another nonce in their place.");
}

/* A nonce is worth something only if the quote speaks for it. */
static void appraise_nonce(struct judgement *out, struct assay_bytes want)
{
	const struct assay_evidence *e = &out->evidence;

	if (!want.len || !out->verdict.genuine)
		return;
	if (!e->has_nonce || !assay_bytes_equal(e->nonce, want))
		assay_refuse(&out->decision, "nonce",
		             "The evidence %s: it is no answer to the nonce "
		             "that was "
		             "asked for; ask again.",
		             e->has_nonce ? "has another nonce"
		                          : "has no nonce");
	else if (out->keys != ASSAY_KEYS_BOUND)
		assay_refuse(
			&out->decision, "nonce",
			"The nonce stands in the evidence, but the report data "
			"does not speak for it: anybody can write it there.");
}

static void appraise_log(struct judgement *out,
                         const struct assay_event_log *log)
{
	struct assay_err err;

	if (!log || !out->verdict.genuine)
		return;
	if (out->verdict.tee != ASSAY_TEE_TDX) {
		assay_refuse(
			&out->decision, "event_log",
			"An event log is given, and the evidence is not of a "
			"TD, "
			"which alone has one; leave it out.");
		return;
	}
	out->event_log = log;
	out->log_explains = assay_event_log_explains(log, &out->verdict.td,
	                                             &err);
	if (!out->log_explains)
		assay_refuse(&out->decision, "event_log",
		             "The event log is not that of this TD: %s. %s",
		             err.note, assay_check_info(err.check)->todo);
}

void judge_appraise(struct judgement *j, const struct assay_policy *policy,
                    const struct assay_constraint *const *accept,
                    size_t n_accept, const struct judge_wants *wants)
{
	if (!assay_appraise_listed(&j->decision, &j->verdict, policy,
	                           wants->list, accept, n_accept))
		assert(!j->decision.accept);
	j->level = assay_verdict_level(&j->verdict, j->reason,
	                               sizeof(j->reason));
	if (!j->readable || policy->machine)
		return;
	appraise_keys(j);
	appraise_nonce(j, wants->nonce);
	appraise_log(j, wants->event_log);
}
