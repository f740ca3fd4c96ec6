/* h_cases.c - runs forgeries that are rows of data. */
#include "h_cases.h"

#include <string.h>

#define YEARS (INT64_C(30) * 365 * 86400)

static bool met[256];

void case_met(unsigned number)
{
	met[number] = true;
}

bool case_was_met(unsigned number)
{
	return met[number];
}

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

/* What is made once for each kind: the genuine world, and a memo that has seen
 * its platform, and then every forgery of that kind. */
static struct genuine {
	struct sim_world plain; /* nothing built */
	struct sim_world built;
	struct case_evidence evidence;
	struct assay_verdict verdict;
	struct assay_trust *trust;
	struct assay_memo *memo;
} * genuine[SIM_N_KINDS];

static struct assay_trust *workspace(void)
{
	static struct assay_trust *trust;

	if (!trust)
		trust = malloc(assay_trust_size());
	need(trust != NULL, "no memory");
	return trust;
}

/* Judges as the programs do: everything at once. */
static bool judge(struct assay_verdict *verdict, struct assay_memo *memo,
                  const struct case_evidence *e,
                  const struct assay_terms *terms)
{
	bool genuine_now = assay_verify_evidence(verdict, workspace(), memo,
	                                         &e->evidence, NULL,
	                                         e->root_key, terms);

	need(genuine_now == verdict->genuine, "two answers at once");
	return genuine_now;
}

static bool same(const struct assay_verdict *a, const struct assay_verdict *b)
{
	return a->genuine == b->genuine && a->status == b->status &&
	       a->failed.check == b->failed.check &&
	       a->failed.doc == b->failed.doc && a->failed.at == b->failed.at &&
	       strcmp(a->failed.note, b->failed.note) == 0;
}

/* Whether the quote among many, which hold their chains themselves, is judged
 * as it is alone. */
static bool same_among_many(const struct assay_verdict *alone,
                            const struct assay_trust *trust,
                            struct assay_memo *memo,
                            const struct case_evidence *e)
{
	const struct assay_bytes quotes[2] = { e->evidence.quote,
		                               e->evidence.quote };
	struct assay_verdict v[2];
	size_t n = assay_verify_many(v, trust, memo, quotes, 2, &e->terms);

	return n == (alone->genuine ? 2 : 0) && same(alone, &v[0]) &&
	       same(alone, &v[1]);
}

/* Judges as a service does: first the collateral, opened with the PCK chain
 * `opened_with` or with none, and then the quote; false if alone and among many
 * it is judged differently. */
static bool judge_by_trust(struct assay_verdict *verdict,
                           struct assay_memo *memo,
                           const struct case_evidence *e,
                           struct assay_bytes opened_with)
{
	const struct assay_collateral *c = &e->evidence.collateral;
	struct assay_trust *trust = workspace();
	bool genuine_now;

	memset(verdict, 0, sizeof(*verdict));
	if (!assay_trust_open(trust, c, opened_with, e->root_key, memo,
	                      &verdict->failed))
		return true;
	genuine_now = assay_verify(verdict, trust, memo, e->evidence.quote,
	                           c->pck_chain, &e->terms);
	need(genuine_now == verdict->genuine, "two answers at once");
	return c->pck_chain.len || same_among_many(verdict, trust, memo, e);
}

void case_view(struct case_evidence *e)
{
	e->evidence.kind = ASSAY_EVIDENCE_BUNDLE;
	e->evidence.encoding = "json";
	e->evidence.quote = buf_bytes(&e->world->quote);
	e->evidence.has_collateral = true;
	sim_world_collateral(&e->evidence.collateral, e->world);
}

static void view_new(struct case_evidence *e, struct sim_world *world,
                     const struct assay_terms *terms)
{
	*e = (struct case_evidence){ .world = world };
	case_view(e);
	if (terms)
		e->terms = *terms;
	if (!e->terms.now)
		e->terms.now = world->now;
	memcpy(e->root_key, world->keys[SIM_ROOT].key, 64);
}

static struct genuine *make_genuine(enum sim_kind kind)
{
	struct genuine *g = calloc(1, sizeof(*g));
	const struct assay_bytes none = { NULL, 0 };

	need(g && sim_world_default(&g->plain, kind), "no world");
	g->built = g->plain;
	need(sim_world_build(&g->built), "no world");
	view_new(&g->evidence, &g->built, NULL);
	g->trust = malloc(assay_trust_size());
	g->memo = assay_memo_new(2, NULL);
	need(g->trust && g->memo, "no memory");
	need(assay_trust_open(g->trust, &g->evidence.evidence.collateral, none,
	                      g->evidence.root_key, g->memo, NULL),
	     "the genuine collateral is not genuine");
	return g;
}

/* The genuine world of this kind, and its memo reminded of it. */
static struct genuine *genuine_of(enum sim_kind kind)
{
	const struct assay_bytes none = { NULL, 0 };
	struct genuine *g = genuine[kind];

	if (!g)
		g = genuine[kind] = make_genuine(kind);
	need(assay_verify(&g->verdict, g->trust, g->memo,
	                  g->evidence.evidence.quote, none, &g->evidence.terms),
	     "the genuine world is not genuine");
	return g;
}

void case_world(struct sim_world *world, enum sim_kind kind)
{
	*world = genuine_of(kind)->plain;
}

unsigned case_tee(const struct sim_world *world)
{
	return world->kind >= SIM_TDX_V4 ? SIM_TDX : SIM_SGX;
}

uint8_t *case_memory(struct case_evidence *e, size_t n)
{
	for (size_t i = 0; i < sizeof(e->memory) / sizeof(e->memory[0]); i++)
		if (!e->memory[i]) {
			e->memory[i] = calloc(1, n);
			need(e->memory[i] != NULL, "no memory");
			return e->memory[i];
		}
	need(false, "a row has used all of its memory");
	return NULL;
}

/* How long a document is, where that is known here: failures lie in it. */
static size_t length_of(const struct case_evidence *e, enum assay_doc doc)
{
	const struct assay_collateral *c = &e->evidence.collateral;

	switch (doc) {
	case ASSAY_DOC_QUOTE:
		return e->evidence.quote.len;
	case ASSAY_DOC_PCK_CRL_CHAIN:
		return c->pck_crl_issuer_chain.len;
	case ASSAY_DOC_TCB_CHAIN:
		return c->tcb_info_issuer_chain.len;
	case ASSAY_DOC_QE_CHAIN:
		return c->qe_identity_issuer_chain.len;
	case ASSAY_DOC_ROOT_CRL:
		return c->root_ca_crl.len;
	case ASSAY_DOC_PCK_CRL:
		return c->pck_crl.len;
	case ASSAY_DOC_TCB_INFO:
		return c->tcb_info.doc.len;
	case ASSAY_DOC_QE_IDENTITY:
		return c->qe_identity.doc.len;
	default:
		return SIZE_MAX;
	}
}

static const char *name_of(enum assay_check check)
{
	const struct assay_check_info *info = assay_check_info(check);

	return info ? info->name : "nothing";
}

static bool wrong(char why[CASE_WHY], const struct assay_verdict *v,
                  const char *what)
{
	const char *status = assay_status_name(v->status);

	snprintf(why, CASE_WHY, "%s: %s, status %s; %s in %s at byte %zu: %s",
	         what, v->genuine ? "genuine" : "not genuine",
	         status ? status : "none", name_of(v->failed.check),
	         assay_doc_name(v->failed.doc), v->failed.at, v->failed.note);
	return false;
}

static bool refused(const struct a_case *row, const struct case_evidence *e,
                    const struct assay_verdict *v, char why[CASE_WHY])
{
	const struct assay_err *f = &v->failed;

	if (v->genuine)
		return wrong(why, v, "a forgery");
	if (f->check != row->want || f->doc != row->doc) {
		char want[80];

		snprintf(want, sizeof(want), "want %s in %s",
		         name_of(row->want), assay_doc_name(row->doc));
		return wrong(why, v, want);
	}
	if (!f->note[0] || (row->note && !strstr(f->note, row->note)))
		return wrong(why, v, "another note");
	if (f->at > length_of(e, f->doc))
		return wrong(why, v, "beyond the document");
	if (assay_verdict_level(v, NULL, 0) != ASSAY_LEVEL_INSECURE)
		return wrong(why, v, "graded above INSECURE");
	return true;
}

static bool accepted(const struct a_case *row, const struct case_evidence *e,
                     const struct assay_verdict *v, char why[CASE_WHY])
{
	const enum assay_status want = row->status ? row->status
	                                           : ASSAY_STATUS_UP_TO_DATE;

	if (!v->genuine || v->failed.check || v->status != want)
		return wrong(why, v, "a control");
	if (!v->simulation ||
	    assay_verdict_level(v, NULL, 0) != ASSAY_LEVEL_INSECURE)
		return wrong(why, v, "a simulation that is not said to be one");
	if (row->holds && !row->holds(v, e))
		return wrong(why, v, "a control of which something else holds");
	return true;
}

/* Strict mode, and floors as high as the genuine world is. */
static struct assay_terms severe(const struct assay_terms *terms,
                                 const struct assay_verdict *seen)
{
	struct assay_terms t = *terms;

	t.strict = true;
	if (t.min_evaluation_number < seen->evaluation_number)
		t.min_evaluation_number = seen->evaluation_number;
	if (t.min_root_crl_number < seen->root_crl_number)
		t.min_root_crl_number = seen->root_crl_number;
	if (t.min_pck_crl_number < seen->pck_crl_number)
		t.min_pck_crl_number = seen->pck_crl_number;
	if (t.min_issue_date < seen->windows[ASSAY_ITEM_TCB_INFO].from)
		t.min_issue_date = seen->windows[ASSAY_ITEM_TCB_INFO].from;
	return t;
}

static bool is_of_time(enum assay_check check)
{
	return check == ASSAY_X_TIME || check == ASSAY_R_TIME ||
	       check == ASSAY_J_TIME;
}

/* Whether a forgery becomes genuine when it is asked for in other ways. */
static bool refused_always(const struct a_case *row, struct genuine *g,
                           const struct case_evidence *e, char why[CASE_WHY])
{
	struct assay_terms terms = severe(&e->terms, &g->verdict);
	struct assay_verdict v;

	if (judge(&v, g->memo, e, &terms))
		return wrong(why, &v, "a forgery, strict and with floors");
	terms = e->terms;
	terms.collateral_grace = terms.certificate_grace = YEARS;
	if (!is_of_time(row->want) && judge(&v, NULL, e, &terms))
		return wrong(why, &v, "a forgery, with grace");
	return true;
}

/* The quote's chain as a neighbour would have it: another platform's leaf in
 * the place of this one's. */
static void put_other_chain(struct buf *text, const struct sim_world *w)
{
	const struct sim_chain *chain = &w->chain[SIM_CHAIN_PCK];

	for (size_t i = 0; i < chain->n; i++) {
		enum sim_who who = chain->who[i];

		if (i)
			buf_put_bytes(text, chain->between);
		sim_pem(text, "CERTIFICATE",
		        buf_bytes(
				&w->der[who == SIM_PCK ? SIM_OTHER_PCK : who]));
	}
	buf_put_bytes(text, chain->after);
}

/* Whether a trust that was opened without this quote leads to the same: with no
 * chain but that of the PCK CRL, and with the chain of a neighbour. */
static bool judged_by_trust(const struct a_case *row, struct genuine *g,
                            const struct case_evidence *e, char why[CASE_WHY])
{
	struct buf other = { 0 };
	struct assay_bytes chains[2] = { { NULL, 0 } };
	bool holds = true;

	put_other_chain(&other, e->world);
	chains[1] = buf_bytes(&other);
	for (size_t i = 0; i < 2 && holds; i++) {
		struct assay_verdict v;

		if (!judge_by_trust(&v, i ? g->memo : NULL, e, chains[i]))
			holds = wrong(why, &v, "another among many");
		else
			holds = row->want ? refused(row, e, &v, why)
			                  : accepted(row, e, &v, why);
	}
	buf_free(&other);
	return holds;
}

static bool judged(const struct a_case *row, enum sim_kind kind,
                   const struct case_evidence *e, char why[CASE_WHY])
{
	struct assay_verdict v, again;
	struct genuine *g;

	judge(&v, NULL, e, &e->terms);
	if (!(row->want ? refused(row, e, &v, why) : accepted(row, e, &v, why)))
		return false;
	g = genuine_of(kind);
	judge(&again, g->memo, e, &e->terms);
	if (!same(&v, &again))
		return wrong(why, &again, "with a memo");
	return (!row->want || refused_always(row, g, e, why)) &&
	       judged_by_trust(row, g, e, why);
}

bool case_holds(const struct a_case *row, enum sim_kind kind,
                char why[CASE_WHY])
{
	static struct sim_world world;
	struct case_evidence e;
	bool holds;

	case_met(row->number);
	case_world(&world, kind);
	if (row->edit)
		row->edit(&world, row->arg);
	holds = sim_world_build(&world);
	if (!holds) {
		snprintf(why, CASE_WHY, "the world cannot be made so");
	} else {
		view_new(&e, &world, &row->terms);
		if (row->after)
			row->after(&e, row->arg);
		holds = judged(row, kind, &e, why);
		for (size_t i = 0; i < sizeof(e.memory) / sizeof(*e.memory);
		     i++)
			free(e.memory[i]);
	}
	sim_world_free(&world);
	return holds;
}
