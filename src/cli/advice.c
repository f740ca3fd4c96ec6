/* advice.c - what to do about a judgement: the library's advice, and what the
 * program's own options can do. */
#include "cli/judge.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* A bundle that was good when it was made can be judged as of then. */
static bool advise_time(const struct judgement *j, char *out, size_t out_len)
{
	char time[ASSAY_TIME_TEXT];

	if (!j->evidence.has_at || j->evidence.at == j->verdict.at) {
		snprintf(out, out_len,
		         "To judge it as of another time: --at TIME.");
		return true;
	}
	assay_time_print(time, j->evidence.at);
	snprintf(out, out_len,
	         "Whoever made the bundle says that it speaks of %s; to judge "
	         "it as of then: --at %s.",
	         time, time);
	return true;
}

/* By which option that is given what the check lacks. */
static bool advise_failed(const struct judgement *j, char *out, size_t out_len)
{
	switch (j->verdict.failed.check) {
	case ASSAY_X_TIME:
	case ASSAY_R_TIME:
	case ASSAY_J_TIME:
		return advise_time(j, out, out_len);
	case ASSAY_X_ROOT_PIN:
		snprintf(out, out_len,
		         "To trust another root than Intel's: --root FILE.");
		return true;
	case ASSAY_J_MISSING:
		snprintf(out, out_len,
		         "To give the collateral: --collateral FILE or DIR.");
		return true;
	default:
		return false;
	}
}

static bool refused_by(const struct assay_decision *d, const char *rule)
{
	for (size_t i = 0; i < d->n_refusals; i++)
		if (strcmp(d->refusals[i].rule, rule) == 0)
			return true;
	return false;
}

/* Whoever sends the evidence chose these documents: older ones may leave out what
 * was found out since. */
static bool advise_own(const struct judgement *j, char *out, size_t out_len)
{
	const struct assay_window *w = j->verdict.windows;
	int64_t oldest = w[ASSAY_ITEM_TCB_INFO].from;
	char time[ASSAY_TIME_TEXT];

	if (!j->verdict.genuine || j->collateral)
		return false;
	if (w[ASSAY_ITEM_QE_IDENTITY].from < oldest)
		oldest = w[ASSAY_ITEM_QE_IDENTITY].from;
	if (w[ASSAY_ITEM_PCK_CRL].from < oldest)
		oldest = w[ASSAY_ITEM_PCK_CRL].from;
	assay_time_print(time, oldest);
	snprintf(out, out_len,
	         "The documents came with the evidence, and are of %.10s: a "
	         "revocation or an advisory since then is not in them. Fetch "
	         "your own (--collateral), or say how old they may be: EXPIRE: "
	         "in --accept, or max_collateral_age in a policy file.",
	         time);
	return true;
}

/* What option takes a rule back. */
static bool advise_options(const struct judgement *j, char *out, size_t out_len)
{
	const struct assay_decision *d = &j->decision;
	const char *debug = refused_by(d, "allow_debug")
	                            ? " debug mode with --allow-debug;"
	                            : "";
	const char *simulation =
		refused_by(d, "simulation")
			? " a simulation with SEC:INSECURE in --accept, or "
			  "\"simulation\": true in a policy file;"
			: "";
	/* no constraint line goes with --any-code */
	const char *code = !refused_by(d, "identity") ? ""
	                   : *simulation
	                           ? " whatever code it is with \"any_code\": "
	                             "true in the same file;"
	                           : " whatever code it is with --any-code;";
	int n = snprintf(out, out_len, "What can be accepted aloud:%s%s%s",
	                 debug, simulation, code);

	if (!*debug && !*simulation && !*code)
		return false;
	out[n - 1] = '.'; /* JUDGE_SENTENCE has room for all */
	return true;
}

/* The constraint that this very enclave meets. */
static void name_enclave(const struct judgement *j, char *out, size_t out_len)
{
	const struct assay_verdict *v = &j->verdict;
	char code[2 * sizeof(v->sgx.mrenclave) + 1];

	assay_hex_print(code, v->sgx.mrenclave, sizeof(v->sgx.mrenclave), true);
	snprintf(out, out_len,
	         "If this is the code that you expect, name it: %s--accept "
	         "\"C:%s SEC:%s\"",
	         v->debug ? "--allow-debug " : "", code,
	         assay_level_name(j->level));
}

/* The policy that this very TD meets. */
static void name_td(const struct judgement *j, char *out, size_t out_len)
{
	const struct assay_td_report *td = &j->verdict.td;
	char mrtd[2 * sizeof(td->mrtd) + 1], rtmr[3][2 * sizeof(td->mrtd) + 1];

	assay_hex_print(mrtd, td->mrtd, sizeof(td->mrtd), false);
	for (size_t i = 0; i < 3; i++)
		assay_hex_print(rtmr[i], td->rtmr[i], sizeof(td->rtmr[i]),
		                false);
	snprintf(out, out_len,
	         "If this is the TD that you expect, name it in a policy file "
	         "(--policy): {\"mrtd\":\"%s\",\"rtmr0\":\"%s\","
	         "\"rtmr1\":\"%s\",\"rtmr2\":\"%s\"}",
	         mrtd, rtmr[0], rtmr[1], rtmr[2]);
}

static bool advise_identity(const struct judgement *j, char *out,
                            size_t out_len)
{
	if (!refused_by(&j->decision, "identity"))
		return false;
	if (j->verdict.tee == ASSAY_TEE_TDX)
		name_td(j, out, out_len);
	else
		name_enclave(j, out, out_len);
	return true;
}

bool cli_advice(const struct judgement *j, size_t i, char *out, size_t out_len)
{
	size_t n = 0;

	if (j->trouble)
		return false;
	while (n <= i && assay_verdict_advice(&j->verdict, n, out, out_len))
		n++;
	if (n > i)
		return true;
	i -= n;
	if (advise_failed(j, out, out_len) && i-- == 0)
		return true;
	if (advise_own(j, out, out_len) && i-- == 0)
		return true;
	if (advise_identity(j, out, out_len) && i-- == 0)
		return true;
	return advise_options(j, out, out_len) && i == 0;
}
