/* cmd_forecast.c - assay forecast: when will evidence that is accepted today be
 * refused, and what helps? */
#include "cli/facts.h"
#include "cli/judge.h"
#include "cli/options.h"
#include "judge/forecast.h"
#include "policy/policy.h"

#include <stdlib.h>
#include <string.h>

struct options {
	struct cli_list collateral, early;
	struct cli_time at, standard_on;
	const char *root, *policy, *list;
	bool any_code, machine, json;
};

#define TO(member) offsetof(struct options, member)
static const struct cli_option options[] = {
	{ "--collateral", "FILE|DIR", CLI_LIST, TO(collateral),
	  "the manufacturer's documents of today, where the evidence does not "
	  "hold them (update=standard); may be given several times" },
	{ "--early", "FILE|DIR", CLI_LIST, TO(early),
	  "those that will be the standard ones (update=early)" },
	{ "--standard-on", "TIME", CLI_TIME, TO(standard_on),
	  "when the early ones become the standard ones, if that is known" },
	CLI_OPTION_AT(TO(at)),
	CLI_OPTION_ROOT(TO(root)),
	CLI_OPTION_POLICY(TO(policy)),
	CLI_OPTION_LIST(TO(list)),
	CLI_OPTION_ANY_CODE(TO(any_code)),
	{ "--machine", NULL, CLI_FLAG, TO(machine),
	  "judge the machine alone, by what the policy asks of that, whatever "
	  "code it is" },
	CLI_OPTION_JSON(TO(json)),
	{ 0 },
};

/* One file, and what it is judged with. */
struct sides {
	struct cli_rules rules[3]; /* by enum forecast_with */
	struct cli_judge *judge[3];
	const char *file;
};

/* What is told of one piece of evidence. */
struct told {
	const char *file;
	uint8_t fmspc[6];
	bool has_fmspc;
	struct forecast forecast;
};

struct work {
	struct told *told;
	size_t n;
	int64_t at;
	struct forecast_sum sum;
	struct forecast_fail documents; /* the first that end */
	bool trouble, fails;
};

/* ---- judging */

static const struct judgement *judge(void *arg, enum forecast_with with,
                                     int64_t at)
{
	struct sides *s = arg;

	if (with == FORECAST_EARLY && !s->rules[with].sets.n)
		return NULL;
	s->rules[with].terms.now = at;
	return cli_judge(s->judge[with], s->file);
}

static bool take_rules(struct cli_rules *r, const struct options *o,
                       const struct cli_list *collateral)
{
	r->terms.now = o->at.at;
	r->root_name = o->root;
	if (!cli_root(r->root, o->root) ||
	    !cli_rules_policy(r, &cmd_forecast, o->policy, o->any_code,
	                      false) ||
	    !cli_rules_list(r, &cmd_forecast, o->list))
		return false;
	if (o->machine)
		assay_policy_machine(r->policy);
	return cli_sets_read(&r->sets, collateral);
}

static bool take_all(struct sides *s, const struct options *o)
{
	struct cli_rules *renewed = &s->rules[FORECAST_RENEWED];
	struct assay_policy *policy = cli_alloc(1, assay_policy_size());

	if (!take_rules(&s->rules[FORECAST_TODAY], o, &o->collateral) ||
	    !take_rules(&s->rules[FORECAST_EARLY], o, &o->early))
		return false;
	*renewed = s->rules[FORECAST_TODAY];
	forecast_renewed(policy, renewed->policy);
	assay_policy_terms(policy, &renewed->terms);
	renewed->policy = policy;
	for (size_t i = 0; i < 3; i++)
		s->judge[i] = cli_judge_new(&s->rules[i], true);
	return true;
}

static void note(struct work *w, const struct forecast_fail *f)
{
	if (!f->kind)
		return;
	forecast_add(&w->sum, f);
	w->fails = true;
}

static void forecast(struct work *w, struct sides *s, const struct options *o)
{
	struct told *t = &w->told[w->n];
	const struct forecast *f = &t->forecast;
	const struct judgement *j = judge(s, FORECAST_TODAY, w->at);

	if (j->trouble) {
		cli_warn("%s: %s", s->file, strerror(j->trouble));
		w->trouble = true;
		return;
	}
	w->n++;
	t->file = s->file;
	t->has_fmspc = j->verdict.has_pck;
	memcpy(t->fmspc, j->verdict.pck.fmspc, sizeof(t->fmspc));
	forecast_make(&t->forecast, judge, s, s->rules[FORECAST_TODAY].policy,
	              &s->rules[FORECAST_TODAY].wants, w->at,
	              o->standard_on.given ? o->standard_on.at : 0);
	if (f->early.check) {
		cli_warn_err("--early", &f->early);
		w->trouble = true;
	}
	note(w, &f->level);
	note(w, &f->end);
	if (f->documents.kind &&
	    (!w->documents.kind || f->documents.on < w->documents.on))
		w->documents = f->documents;
}

/* ---- telling */

static void put_fail(struct cli_text *text, const char *file,
                     const struct forecast_fail *f)
{
	char sentence[3 * FORECAST_TEXT];

	if (!f->kind)
		return;
	forecast_sentence(f, sentence);
	cli_put_name(text, file);
	cli_put(text, ": %s%s%s\n", cli_paint(text, CLI_RED), sentence,
	        cli_paint(text, CLI_PLAIN));
}

static void put_documents(struct cli_text *text, const struct forecast_fail *f)
{
	char when[FORECAST_TEXT], cause[FORECAST_TEXT], remedy[FORECAST_REMEDY];

	if (!f->kind)
		return;
	forecast_when(f, when);
	forecast_cause(f, cause);
	forecast_remedy(f, remedy);
	cli_put(text, "documents count no longer %s: %s -> %s\n", when, cause,
	        remedy);
}

static void put_text(struct cli_text *text, const struct work *w)
{
	char line[3 * FORECAST_TEXT];

	for (size_t i = 0; i < w->n; i++) {
		put_fail(text, w->told[i].file, &w->told[i].forecast.level);
		put_fail(text, w->told[i].file, &w->told[i].forecast.end);
	}
	for (size_t i = 0; forecast_summary(&w->sum, i, line); i++)
		cli_put(text, "%s\n", line);
	if (!w->fails)
		cli_put(text,
		        "%zu judged: nothing is known that would refuse "
		        "them\n",
		        w->n);
	put_documents(text, &w->documents);
}

static void put_json_fail(struct assay_json_out *o, const struct told *t,
                          const struct forecast_fail *f)
{
	if (!f->kind)
		return;
	assay_json_put_object(o, NULL);
	assay_json_put_text(o, "evidence", t->file);
	if (t->has_fmspc)
		assay_json_put_hex(o, "fmspc", t->fmspc, sizeof(t->fmspc));
	else
		assay_json_put_null(o, "fmspc");
	forecast_json(o, f);
	assay_json_put_end(o, '}');
}

static void put_json(struct assay_json_out *o, const void *arg)
{
	const struct work *w = arg;
	char line[3 * FORECAST_TEXT];

	assay_json_put_time(o, "judged_at", w->at);
	assay_json_put_uint(o, "platforms", w->n);
	if (w->documents.kind)
		assay_json_put_time(o, "documents_until", w->documents.on);
	else
		assay_json_put_null(o, "documents_until");
	assay_json_put_array(o, "fail");
	for (size_t i = 0; i < w->n; i++) {
		put_json_fail(o, &w->told[i], &w->told[i].forecast.level);
		put_json_fail(o, &w->told[i], &w->told[i].forecast.end);
	}
	assay_json_put_end(o, ']');
	assay_json_put_array(o, "summary");
	for (size_t i = 0; forecast_summary(&w->sum, i, line); i++)
		assay_json_put_text(o, NULL, line);
	assay_json_put_end(o, ']');
}

/* ---- */

static int forecast_all(struct sides *s, const struct cli_list *files,
                        const struct options *o)
{
	struct cli_text text = { .colour = !o->json && cli_colour() };
	struct work w = { .at = o->at.at };

	w.told = cli_alloc(files->n, sizeof(*w.told));
	for (size_t i = 0; i < files->n; i++) {
		s->file = files->item[i];
		forecast(&w, s, o);
	}
	if (o->json)
		cli_put_object(&text, put_json, &w);
	else
		put_text(&text, &w);
	return !cli_flush(&text) || w.trouble ? CLI_TROUBLE
	       : w.fails                      ? CLI_NO
	                                      : CLI_YES;
}

static int cmd(int argc, char **argv)
{
	struct sides sides = { .file = NULL };
	struct cli_list given = { 0 }, files = { 0 };
	struct options o = { 0 };
	int status;

	if (!cli_options(&o, &given, &status, &cmd_forecast, argc, argv))
		return status;
	if (given.n == 0)
		return cli_usage(&cmd_forecast, "no evidence is given");
	for (size_t i = 0; i < given.n; i++)
		if (strcmp(given.item[i], "-") == 0)
			return cli_usage(&cmd_forecast,
			                 "evidence is read several times: not "
			                 "\"-\"");
	o.at = (struct cli_time){ true, cli_now(&o.at) };
	if (!take_all(&sides, &o) || !cli_files(&files, &given))
		return CLI_TROUBLE;
	return forecast_all(&sides, &files, &o);
}

const struct cli_verb cmd_forecast = {
	.name = "forecast",
	.operands = "EVIDENCE...",
	.summary = "When will evidence that is accepted today be refused, and "
		   "what helps?",
	.options = options,
	.run = cmd,
};
