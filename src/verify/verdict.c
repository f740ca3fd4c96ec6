/* verdict.c - a verdict's security level, and what to do about it, in words. */
#include <assay/verify.h>

#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *assay_level_name(enum assay_level level)
{
	switch (level) {
	case ASSAY_LEVEL_SECURE:
		return "SECURE";
	case ASSAY_LEVEL_STALE:
		return "STALE";
	case ASSAY_LEVEL_INSECURE:
		break;
	}
	return "INSECURE";
}

/* ---- the level [CONCLAVE 1.5] */

static enum assay_level say(enum assay_level level, char *out, size_t out_len,
                            const char *reason)
{
	if (out_len)
		snprintf(out, out_len, "%s", reason);
	return level;
}

enum assay_level assay_verdict_level(const struct assay_verdict *verdict,
                                     char *reason, size_t reason_len)
{
	const struct assay_check_info *check;

	if (!reason)
		reason_len = 0;
	if (!verdict->genuine) {
		check = assay_check_info(verdict->failed.check);
		if (reason_len)
			snprintf(reason, reason_len, "%s (%s%s%s).",
			         assay_is_unproven(verdict->failed.check)
			                 ? "Nothing shows that the evidence is "
			                   "genuine"
			                 : "The evidence is not genuine",
			         assay_doc_name(verdict->failed.doc),
			         verdict->failed.doc ? " " : "",
			         check ? check->name : "not verified");
		return ASSAY_LEVEL_INSECURE;
	}
	if (verdict->simulation)
		return say(
			ASSAY_LEVEL_INSECURE, reason, reason_len,
			"The root is not Intel's: this is a simulation, which "
			"protects nothing.");
	if (verdict->debug)
		return say(ASSAY_LEVEL_INSECURE, reason, reason_len,
		           verdict->tee == ASSAY_TEE_TDX
		                   ? "The TD runs in debug mode: its host can "
		                     "read "
		                     "and change it."
		                   : "The enclave runs in debug mode: its host "
		                     "can "
		                     "read and change it.");
	if (verdict->status <= ASSAY_STATUS_REVOKED)
		return say(ASSAY_LEVEL_INSECURE, reason, reason_len,
		           "The machine has no status that could be trusted.");
	return say(verdict->status == ASSAY_STATUS_UP_TO_DATE
	                   ? ASSAY_LEVEL_SECURE
	                   : ASSAY_LEVEL_STALE,
	           reason, reason_len, assay_status_meaning(verdict->status));
}

/* ---- advice */

/* The sentence that is wanted, counted down to. */
struct advice {
	size_t left;
	char *out;
	size_t out_len;
	bool said;
};

__attribute__((format(printf, 2, 3))) static void advise(struct advice *a,
                                                         const char *fmt, ...)
{
	va_list ap;

	if (a->said || a->left--)
		return;
	va_start(ap, fmt);
	vsnprintf(a->out, a->out_len, fmt, ap);
	va_end(ap);
	a->said = true;
}

static void advise_failed(struct advice *a, const struct assay_err *failed)
{
	const struct assay_check_info *check = assay_check_info(failed->check);

	if (!check)
		return;
	advise(a, "%s%s%s does not hold, which demands: %s Found: %s. %s",
	       assay_doc_name(failed->doc), failed->doc ? " " : "", check->name,
	       check->sentence, failed->note, check->todo);
}

static bool is_relaunch(const struct assay_verdict *v)
{
	return v->status == ASSAY_STATUS_TD_RELAUNCH_ADVISED ||
	       v->status ==
	               ASSAY_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
}

/* A machine in software has no BIOS. */
static const char *update_of(const struct assay_verdict *v, const char *real)
{
	return v->simulation ? "the simulated machine lacks an update; assay "
	                       "sim maker update gives it one"
	                     : real;
}

/* What to renew for one gap. */
static void advise_gap(struct advice *a, const struct assay_verdict *v,
                       const struct assay_gap *g)
{
	const char *open = g->name[0] ? " (" : "",
		   *shut = g->name[0] ? ")" : "";
	const char *at = assay_status_name(g->at);

	switch (g->kind) {
	case ASSAY_GAP_SGX_COMPONENT:
		advise(a, "SGX component %u%s%s%s is %u, %s needs %u: %s.",
		       g->index + 1, open, g->name, shut, g->have, at, g->need,
		       update_of(v, "update the BIOS or the microcode"));
		break;
	case ASSAY_GAP_PCE_SVN:
		advise(a, "PCE is %u, %s needs %u: %s.", g->have, at, g->need,
		       update_of(v, "update the machine's SGX platform "
		                    "software (its PCE), or its BIOS"));
		break;
	case ASSAY_GAP_TDX_COMPONENT:
		advise(a, "TDX component %u%s%s%s is %u, %s needs %u: %s.",
		       g->index + 1, open, g->name, shut, g->have, at, g->need,
		       update_of(v,
		                 g->index < 2
		                         ? "update the TDX module"
		                         : "update the BIOS or the microcode"));
		break;
	case ASSAY_GAP_TDX_MODULE:
		advise(a, "TDX module%s%s%s %s %u, %s needs %u: %s.", open,
		       g->name, shut,
		       is_relaunch(v) ? "was, when the TD was started," : "is",
		       g->have, at, g->need,
		       is_relaunch(v) ? "it has been updated since"
		                      : "update the TDX module, then start the "
		                        "TD anew");
		break;
	case ASSAY_GAP_QE:
		advise(a, "The quoting enclave is %u, %s needs %u: %s.",
		       g->have, at, g->need,
		       update_of(v, "update the machine's DCAP packages"));
		break;
	case ASSAY_GAP_NONE:
		break;
	}
}

static void advise_status(struct advice *a, const struct assay_verdict *v)
{
	if (v->status && v->status != ASSAY_STATUS_UP_TO_DATE)
		advise(a, "%s: %s", assay_status_name(v->status),
		       assay_status_meaning(v->status));
	if (v->has_current && v->current_status < v->status && !is_relaunch(v))
		advise(a,
		       "The TDX module was replaced since the TD was started, "
		       "and what runs now is %s: update the TDX module.",
		       assay_status_name(v->current_status));
	if (is_relaunch(v))
		advise(a, "Start the TD anew, with new secrets: then it runs "
		          "under the updated module from its beginning.");
}

static void advise_advisories(struct advice *a, const struct assay_verdict *v)
{
	char list[ASSAY_MAX_ADVISORIES * (ASSAY_ADVISORY_LEN + 2)] = "";
	size_t len = 0;

	for (size_t i = 0; i < v->n_advisories; i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
		                        i ? ", " : "", v->advisories[i]);
	if (len)
		advise(a, "Advisories that apply: %s. %s", list,
		       v->simulation
		               ? "The machine is simulated: for others this "
		                 "says nothing."
		               : "Intel's security center says what they are "
		                 "about, and what helps.");
}

static void advise_use(struct advice *a, const struct assay_verdict *v)
{
	if (v->debug)
		advise(a,
		       "This is a debug %s: its host can read and change what "
		       "is in it. Give it no secret; ask for a production "
		       "build.",
		       v->tee == ASSAY_TEE_TDX ? "TD" : "enclave");
	if (v->genuine && v->simulation)
		advise(a,
		       "The evidence rests on a root that is not Intel's: it "
		       "is good for development and tests, and protects "
		       "nothing.");
}

bool assay_verdict_advice(const struct assay_verdict *verdict, size_t i,
                          char *out, size_t out_len)
{
	struct advice a = { .left = i, .out = out, .out_len = out_len };

	advise_failed(&a, &verdict->failed);
	advise_status(&a, verdict);
	for (size_t k = 0; k < verdict->n_gaps; k++)
		advise_gap(&a, verdict, &verdict->gaps[k]);
	advise_advisories(&a, verdict);
	advise_use(&a, verdict);
	return a.said;
}
