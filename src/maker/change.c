/* change.c - what changes for processors that were made: revocation, TCB
 * recovery, documents issued anew. */
#include <stdio.h>
#include <string.h>

#include "maker/parts.h"

/* ---- revocation */

bool sim_maker_find_good(struct sim_maker *m, struct ledger_processor *p,
                         const char *name)
{
	char text[ASSAY_TIME_TEXT];
	enum ledger_found found = sim_maker_find(m, p, name);

	if (found == LEDGER_NONE)
		return sim_because(&m->why, "there is no processor %s", name);
	if (found == LEDGER_FOUND && p->revoked)
		return sim_because(&m->why, "%s was revoked at %s", name,
		                   assay_time_print(text, p->revoked));
	return found == LEDGER_FOUND;
}

bool sim_maker_change(struct sim_maker *m, struct ledger_processor *p)
{
	return sim_tally(m, m->tally, p->seal) && sim_seal_processor(m, p) &&
	       sim_tally(m, m->tally, p->seal) &&
	       (ledger_change_processor(m->ledger, p) || sim_ledger_failed(m));
}

bool sim_maker_revoke(struct sim_maker *m, const char *name, int64_t now)
{
	struct ledger_processor p;

	if (!sim_maker_begin(m))
		return false;
	if (!sim_maker_find_good(m, &p, name))
		return sim_maker_abort(m);
	p.revoked = now;
	m->row.n_revoked++;
	if (!sim_maker_change(m, &p) || !sim_maker_issue(m, now))
		return sim_maker_abort(m);
	return sim_maker_commit(m) && sim_maker_export(m);
}

/* ---- TCB recovery */

static bool next_evaluation(struct sim_maker *m, struct ledger_evaluation *s,
                            const struct sim_recovery *r)
{
	const struct ledger_evaluation *best =
		&m->evaluations[m->n_evaluations - 1];

	*s = *best;
	s->number++;
	s->event = r->now;
	s->standard = r->has_standard ? r->standard : INT64_MAX;
	if (r->has_cpu_svn)
		memcpy(s->cpu_svn, r->cpu_svn, sizeof(s->cpu_svn));
	else if (!r->has_pce_svn)
		s->cpu_svn[0]++;
	if (r->has_pce_svn)
		s->pce_svn = r->pce_svn;
	snprintf(s->advisory, sizeof(s->advisory), "SIMULATION-SA-%05u",
	         s->number);
	if (r->advisory)
		snprintf(s->advisory, sizeof(s->advisory), "%s", r->advisory);
	if (!sim_cpu_svn_within(best->cpu_svn, s->cpu_svn) ||
	    s->pce_svn < best->pce_svn ||
	    (memcmp(best->cpu_svn, s->cpu_svn, 16) == 0 &&
	     s->pce_svn == best->pce_svn))
		return sim_because(&m->why,
		                   "a recovery's state is above the "
		                   "best there is: no component may be "
		                   "less, and one must be more");
	return true;
}

static bool is_advisory(const char *text)
{
	const size_t n = strlen(text);

	return n && n < LEDGER_ADVISORY_LEN &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == n;
}

static bool put_evaluation(struct sim_maker *m, struct ledger_evaluation *s,
                           int64_t now)
{
	return sim_seal_evaluation(m, s) && sim_tally(m, m->tally, s->seal) &&
	       (ledger_put_evaluation(m->ledger, s) || sim_ledger_failed(m)) &&
	       sim_maker_issue(m, now);
}

bool sim_maker_recover(struct sim_maker *m, const struct sim_recovery *r)
{
	if (r->advisory && !is_advisory(r->advisory))
		return sim_because(&m->why,
		                   "an advisory's name is of capitals, "
		                   "digits and '-', and not long");
	if (!sim_maker_begin(m))
		return false;
	if (m->n_evaluations == SIM_MAX_EVALUATIONS) {
		sim_because(&m->why,
		            "there were %d recoveries: there is room "
		            "for no more",
		            SIM_MAX_EVALUATIONS - 1);
		return sim_maker_abort(m);
	}
	if (!next_evaluation(m, &m->evaluations[m->n_evaluations], r))
		return sim_maker_abort(m);
	m->n_evaluations++;
	m->row.n_evaluations++;
	if (!put_evaluation(m, &m->evaluations[m->n_evaluations - 1], r->now))
		return sim_maker_abort(m);
	return sim_maker_commit(m) && sim_maker_export(m);
}

bool sim_maker_promote(struct sim_maker *m, int64_t now)
{
	struct ledger_evaluation *newest;

	if (!sim_maker_begin(m))
		return false;
	newest = &m->evaluations[m->n_evaluations - 1];
	if (newest->standard <= now) {
		sim_because(&m->why,
		            "evaluation %u is the standard one "
		            "already",
		            newest->number);
		return sim_maker_abort(m);
	}
	newest->standard = now;
	if (!sim_tally(m, m->tally, newest->seal) ||
	    !put_evaluation(m, newest, now))
		return sim_maker_abort(m);
	return sim_maker_commit(m) && sim_maker_export(m);
}

bool sim_maker_publish(struct sim_maker *m, int64_t now)
{
	if (!sim_maker_begin(m))
		return false;
	if (!sim_maker_issue(m, now))
		return sim_maker_abort(m);
	return sim_maker_commit(m) && sim_maker_export(m);
}
