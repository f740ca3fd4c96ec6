/* forecast.c - when evidence that is accepted today stops to be. */
#include "judge/forecast.h"

#include "base/err.h"
#include "policy/list.h"

#include <stdio.h>
#include <string.h>

#define NEVER INT64_MAX
#define HORIZON (INT64_C(366) * 24 * 60 * 60)

/* ---- times at which something ends */

enum { MAX_ENDS = ASSAY_N_ITEMS + 3 + 1 + 1 };
struct ends {
	size_t n;
	int64_t at[MAX_ENDS];
};

/* `from` + `seconds`, if that lies ahead and not too far; else NEVER. */
static int64_t end_at(int64_t now, int64_t from, uint64_t seconds)
{
	int64_t at = from < NEVER - UINT32_MAX - 1 && seconds <= UINT32_MAX
	                     ? from + (int64_t)seconds
	                     : NEVER;

	return at > now && at - now <= HORIZON ? at : NEVER;
}

/* Adds it in order, and once. */
static void add_end(struct ends *e, int64_t now, int64_t from, uint64_t seconds)
{
	int64_t at = end_at(now, from, seconds);
	size_t i = e->n;

	if (at == NEVER)
		return;
	while (i > 0 && e->at[i - 1] > at)
		i--;
	if (i > 0 && e->at[i - 1] == at)
		return;
	memmove(&e->at[i + 1], &e->at[i], (e->n++ - i) * sizeof(e->at[0]));
	e->at[i] = at;
}

static bool is_document(enum assay_item item)
{
	return item == ASSAY_ITEM_ROOT_CRL || item == ASSAY_ITEM_PCK_CRL ||
	       item == ASSAY_ITEM_TCB_INFO || item == ASSAY_ITEM_QE_IDENTITY;
}

/* `until` is the first second that no longer counts [DCAP 4.8]; an age is the
 * last that does. */
static void find_ends(struct ends *e, const struct assay_verdict *v,
                      const struct assay_policy *p,
                      const struct assay_list *list, int64_t now)
{
	static const enum assay_item young[] = { ASSAY_ITEM_TCB_INFO,
		                                 ASSAY_ITEM_QE_IDENTITY,
		                                 ASSAY_ITEM_PCK_CRL };

	for (int i = 0; i < ASSAY_N_ITEMS; i++)
		add_end(e, now, v->windows[i].until,
		        is_document((enum assay_item)i) ? p->collateral_grace
		                                        : p->certificate_grace);
	for (size_t i = 0; i < 3 && p->given[ASSAY_KEY_max_collateral_age]; i++)
		add_end(e, now, v->windows[young[i]].from,
		        p->max_collateral_age + 1);
	if (p->given[ASSAY_KEY_platform_grace])
		add_end(e, now, v->tcb_date, p->platform_grace + 1);
	if (p->given[ASSAY_KEY_measurements] && list)
		add_end(e, now, list->issued, p->measurements.max_age + 1);
}

void forecast_renewed(struct assay_policy *out,
                      const struct assay_policy *policy)
{
	*out = *policy;
	out->collateral_grace = UINT32_MAX;
	out->certificate_grace = UINT32_MAX;
	out->given[ASSAY_KEY_max_collateral_age] = false;
	out->measurements.max_age = UINT32_MAX;
}

/* ---- one that fails */

static void note(struct forecast_fail *f, enum forecast_kind kind, int64_t on,
                 const struct judgement *j)
{
	f->kind = kind;
	f->on = on;
	f->status_then = j->verdict.status;
	f->simulation = j->verdict.simulation;
	snprintf(f->reason, sizeof(f->reason), "%s",
	         j->decision.n_refusals ? j->decision.refusals[0].note : "");
}

static bool is_first(const struct judgement *j, enum assay_key key)
{
	const struct assay_decision *d = &j->decision;

	return d->n_refusals &&
	       strcmp(d->refusals[0].rule, assay_rules[key].key.key) == 0;
}

/* What ends when a judgement of later says no. */
static void note_end(struct forecast_fail *f, int64_t on,
                     const struct judgement *j)
{
	enum assay_doc doc = j->verdict.failed.doc;

	if (is_first(j, ASSAY_KEY_measurements))
		doc = ASSAY_DOC_LIST;
	note(f,
	     doc || is_first(j, ASSAY_KEY_max_collateral_age)
	             ? FORECAST_DOCUMENTS
	             : FORECAST_RULE,
	     on, j);
	f->doc = doc;
}

/* The machine's own certificate, or that of its CA: nobody renews it by fetching
 * documents. */
static void note_certificate(struct forecast_fail *f, int64_t at)
{
	if (at == NEVER || (f->kind && f->on <= at))
		return;
	f->kind = FORECAST_CERTIFICATE;
	f->on = at;
	f->doc = ASSAY_DOC_PCK_CHAIN;
}

/* The first end at which it is refused. */
static void find_end(struct forecast_fail *f, forecast_judge *judge, void *arg,
                     enum forecast_with with, const struct ends *ends)
{
	for (size_t i = 0; i < ends->n; i++) {
		const struct judgement *j = judge(arg, with, ends->at[i]);

		if (j->decision.accept)
			continue;
		note_end(f, ends->at[i], j);
		return;
	}
}

/* The early set is genuine, or says that the machine is not good enough: all
 * else is about the set. */
static bool is_about_level(const struct assay_verdict *v)
{
	switch (v->failed.check) {
	case ASSAY_T_NO_LEVEL:
	case ASSAY_T_REVOKED:
	case ASSAY_M_IDENTITY:
	case ASSAY_E_SVN:
	case ASSAY_E_MISC:
	case ASSAY_E_ATTR:
	case ASSAY_E_SIGNER:
	case ASSAY_E_PRODID:
	case ASSAY_R_PCK_REVOKED:
		return true;
	default:
		return v->genuine;
	}
}

static void note_level(struct forecast *out, const struct judgement *j,
                       uint32_t evaluation, int64_t standard_on)
{
	const struct assay_verdict *v = &j->verdict;
	struct forecast_fail *f = &out->level;

	if (!is_about_level(v)) {
		out->early = v->failed;
		return;
	}
	if (j->decision.accept || v->evaluation_number <= evaluation)
		return;
	note(f, FORECAST_LEVEL, standard_on, j);
	f->evaluation = v->evaluation_number;
	f->n_gaps = v->n_gaps;
	memcpy(f->gaps, v->gaps, v->n_gaps * sizeof(v->gaps[0]));
}

void forecast_make(struct forecast *out, forecast_judge *judge, void *arg,
                   const struct assay_policy *policy,
                   const struct judge_wants *wants, int64_t now,
                   int64_t standard_on)
{
	const struct judgement *j = judge(arg, FORECAST_TODAY, now);
	uint32_t evaluation = j->verdict.evaluation_number;
	struct forecast_fail none = { .status_now = j->verdict.status };
	struct ends ends = { 0 };
	int64_t pck_end = end_at(now,
	                         j->verdict.windows[ASSAY_ITEM_PCK_CHAIN].until,
	                         policy->certificate_grace);

	memset(out, 0, sizeof(*out));
	out->level = out->end = out->documents = none;
	if (!j->decision.accept) {
		note(&out->level, FORECAST_REFUSED, now, j);
		return;
	}
	find_ends(&ends, &j->verdict, policy, wants ? wants->list : NULL, now);
	find_end(&out->end, judge, arg, FORECAST_RENEWED, &ends);
	note_certificate(&out->end, pck_end);
	find_end(&out->documents, judge, arg, FORECAST_TODAY, &ends);
	if (out->documents.kind != FORECAST_DOCUMENTS ||
	    out->documents.on == pck_end)
		out->documents = none;
	j = judge(arg, FORECAST_EARLY, now);
	if (j)
		note_level(out, j, evaluation, standard_on);
}

/* ---- in words */

/* "on 14 August 2026" */
static void put_day(char out[FORECAST_TEXT], int64_t time)
{
	static const char *const months[] = {
		"January",   "February", "March",    "April",
		"May",       "June",     "July",     "August",
		"September", "October",  "November", "December"
	};
	char t[ASSAY_TIME_TEXT] = { 0 };
	int month, day;

	assay_time_print(t, time);
	month = (t[5] - '0') * 10 + t[6] - '0';
	day = (t[8] - '0') * 10 + t[9] - '0';
	if (month < 1 || month > 12)
		snprintf(out, FORECAST_TEXT, "after the year 9999");
	else
		snprintf(out, FORECAST_TEXT, "on %d %s %.4s", day,
		         months[month - 1], t);
}

void forecast_when(const struct forecast_fail *f, char out[FORECAST_TEXT])
{
	if (f->kind == FORECAST_REFUSED)
		snprintf(out, FORECAST_TEXT, "already");
	else if (f->on)
		put_day(out, f->on);
	else
		snprintf(out, FORECAST_TEXT,
		         "when evaluation %u becomes the standard",
		         f->evaluation);
}

/* What is too low: "component 2". */
static void name_gap(const struct assay_gap *g, char *out, size_t len)
{
	switch (g->kind) {
	case ASSAY_GAP_SGX_COMPONENT:
		snprintf(out, len, "component %u", g->index + 1);
		break;
	case ASSAY_GAP_TDX_COMPONENT:
		snprintf(out, len, "TDX component %u", g->index + 1);
		break;
	case ASSAY_GAP_PCE_SVN:
		snprintf(out, len, "PCE");
		break;
	case ASSAY_GAP_TDX_MODULE:
		snprintf(out, len, "TDX module");
		break;
	case ASSAY_GAP_QE:
		snprintf(out, len, "quoting enclave");
		break;
	case ASSAY_GAP_NONE:
		snprintf(out, len, "nothing");
		break;
	}
}

void forecast_cause(const struct forecast_fail *f, char out[FORECAST_TEXT])
{
	char name[32];
	size_t len = 0;

	out[0] = '\0';
	/* each has some 60 characters */
	for (size_t i = 0; i < f->n_gaps && len < FORECAST_TEXT - 80; i++) {
		const struct assay_gap *g = &f->gaps[i];

		name_gap(g, name, sizeof(name));
		len += (size_t)snprintf(out + len, FORECAST_TEXT - len,
		                        "%s%s is %u, needs %u", i ? "; " : "",
		                        name, g->have, g->need);
	}
	if (!f->n_gaps && f->doc)
		snprintf(out, FORECAST_TEXT, "%s ends", assay_doc_name(f->doc));
	else if (!f->n_gaps)
		snprintf(out, FORECAST_TEXT, "%s", f->reason);
}

/* What raises it. */
static void put_update(const struct assay_gap *g, char *out, size_t len)
{
	const char *what = g->name;

	switch (g->kind) {
	case ASSAY_GAP_SGX_COMPONENT:
		what = *what ? what : "BIOS or microcode";
		break;
	case ASSAY_GAP_TDX_COMPONENT:
		what = *what          ? what
		       : g->index < 2 ? "the TDX module"
		                      : "BIOS or microcode";
		break;
	case ASSAY_GAP_PCE_SVN:
		what = "the machine's SGX platform software, or its BIOS";
		break;
	case ASSAY_GAP_TDX_MODULE:
		what = "the TDX module, then start the TD anew";
		break;
	case ASSAY_GAP_QE:
		what = "the machine's DCAP packages";
		break;
	case ASSAY_GAP_NONE:
		break;
	}
	snprintf(out, len, "update %s", what);
}

/* Each update once; what does not fit is left out. */
static void put_updates(const struct forecast_fail *f,
                        char out[FORECAST_REMEDY])
{
	char update[sizeof(f->gaps[0].name) + 64];
	size_t len = 0;

	for (size_t i = 0; i < f->n_gaps; i++) {
		put_update(&f->gaps[i], update, sizeof(update));
		if (strstr(out, update) ||
		    len + strlen(update) + 3 > FORECAST_REMEDY)
			continue;
		len += (size_t)snprintf(out + len, FORECAST_REMEDY - len,
		                        "%s%s", len ? "; " : "", update);
	}
}

void forecast_remedy(const struct forecast_fail *f, char out[FORECAST_REMEDY])
{
	const char *text = "";

	switch (f->kind) {
	case FORECAST_CERTIFICATE:
		text = "get a new PCK certificate for the machine";
		break;
	case FORECAST_DOCUMENTS:
		text = f->doc == ASSAY_DOC_LIST ? "get a newer list"
		                                : "fetch the collateral again";
		break;
	case FORECAST_LEVEL:
		text = f->simulation ? "assay sim maker update" : "";
		break;
	default:
		break;
	}
	snprintf(out, FORECAST_REMEDY, "%s", text);
	if (f->kind == FORECAST_LEVEL && !f->simulation)
		put_updates(f, out);
}

void forecast_sentence(const struct forecast_fail *f,
                       char out[3 * FORECAST_TEXT])
{
	char when[FORECAST_TEXT], cause[FORECAST_TEXT], remedy[FORECAST_REMEDY];

	forecast_when(f, when);
	forecast_cause(f, cause);
	forecast_remedy(f, remedy);
	snprintf(out, 3 * FORECAST_TEXT, "%s %s: %s%s%s",
	         f->kind == FORECAST_REFUSED ? "refused" : "fails", when, cause,
	         *remedy ? " -> " : "", remedy);
}

/* ---- as JSON */

static const char *kind_name(enum forecast_kind kind)
{
	switch (kind) {
	case FORECAST_REFUSED:
		return "refused";
	case FORECAST_LEVEL:
		return "level";
	case FORECAST_CERTIFICATE:
		return "certificate";
	case FORECAST_DOCUMENTS:
		return "documents";
	case FORECAST_RULE:
		return "rule";
	case FORECAST_NONE:
		break;
	}
	return NULL;
}

static void put_gap(struct assay_json_out *o, const struct assay_gap *g)
{
	char name[32];

	name_gap(g, name, sizeof(name));
	assay_json_put_object(o, NULL);
	assay_json_put_text(o, "component", name);
	assay_json_put_text(o, "name", g->name[0] ? g->name : NULL);
	assay_json_put_uint(o, "have", g->have);
	assay_json_put_uint(o, "need", g->need);
	assay_json_put_end(o, '}');
}

void forecast_json(struct assay_json_out *o, const struct forecast_fail *f)
{
	char sentence[3 * FORECAST_TEXT], remedy[FORECAST_REMEDY];

	assay_json_put_text(o, "kind", kind_name(f->kind));
	if (f->on)
		assay_json_put_time(o, "on", f->on);
	else
		assay_json_put_null(o, "on");
	if (f->evaluation)
		assay_json_put_uint(o, "evaluation", f->evaluation);
	else
		assay_json_put_null(o, "evaluation");
	assay_json_put_text(o, "status_now", assay_status_name(f->status_now));
	assay_json_put_text(o, "status_then",
	                    assay_status_name(f->status_then));
	assay_json_put_array(o, "gaps");
	for (size_t i = 0; i < f->n_gaps; i++)
		put_gap(o, &f->gaps[i]);
	assay_json_put_end(o, ']');
	forecast_remedy(f, remedy);
	assay_json_put_text(o, "remedy", *remedy ? remedy : NULL);
	forecast_sentence(f, sentence);
	assay_json_put_text(o, "sentence", sentence);
}

/* ---- many */

void forecast_add(struct forecast_sum *sum, const struct forecast_fail *fail)
{
	char when[FORECAST_TEXT], cause[FORECAST_TEXT];
	size_t i = 0;

	forecast_when(fail, when);
	forecast_cause(fail, cause);
	while (i < sum->n_groups && (sum->group[i].kind != fail->kind ||
	                             strcmp(sum->group[i].when, when) != 0 ||
	                             strcmp(sum->group[i].cause, cause) != 0))
		i++;
	if (i == FORECAST_GROUPS) {
		sum->n_others++;
		return;
	}
	if (i == sum->n_groups) {
		sum->n_groups++;
		sum->group[i].kind = fail->kind;
		sum->group[i].n = 0;
		memcpy(sum->group[i].when, when, sizeof(when));
		memcpy(sum->group[i].cause, cause, sizeof(cause));
	}
	sum->group[i].n++;
}

bool forecast_summary(const struct forecast_sum *sum, size_t i,
                      char out[3 * FORECAST_TEXT])
{
	bool one, already;

	if (i == sum->n_groups && sum->n_others) {
		snprintf(out, 3 * FORECAST_TEXT,
		         "%zu more fail for other reasons", sum->n_others);
		return true;
	}
	if (i >= sum->n_groups)
		return false;
	one = sum->group[i].n == 1;
	already = sum->group[i].kind == FORECAST_REFUSED;
	snprintf(out, 3 * FORECAST_TEXT, "%zu platform%s %s %s: %s",
	         sum->group[i].n, one ? "" : "s",
	         already ? (one ? "is refused" : "are refused")
	         : one   ? "fails"
	                 : "fail",
	         sum->group[i].when, sum->group[i].cause);
	return true;
}
