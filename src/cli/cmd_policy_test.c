/* cmd_policy_test.c - assay policy test: evidence of before against a new policy:
 * what would change? */
#include "cli/facts.h"
#include "cli/judge.h"
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	struct cli_list collateral;
	struct cli_time at;
	const char *old, *root, *list, *old_list;
	bool json;
};

#define TO(member) offsetof(struct options, member)
static const struct cli_option options[] = {
	{ "--old", "FILE", CLI_TEXT, TO(old),
	  "the policy of today; else the rules that hold without one" },
	CLI_OPTION_COLLATERAL(TO(collateral)),
	{ "--list", "FILE", CLI_TEXT, TO(list),
	  "the list of measurements that the new policy asks for" },
	{ "--old-list", "FILE", CLI_TEXT, TO(old_list),
	  "the list of measurements that the old policy asks for" },
	CLI_OPTION_AT(TO(at)),
	CLI_OPTION_ROOT(TO(root)),
	CLI_OPTION_JSON(TO(json)),
	{ 0 },
};

/* One piece of evidence under both. */
struct change {
	const char *file;
	const struct judgement *old, *new;
};

/* What became of all. */
struct sum {
	size_t n, lost, gained, other, trouble;
	size_t unasked; /* no policy was: nothing shows that it is genuine; */
	size_t lacking; /* of these, documents or the root are not there */
};

/* ---- what differs */

static bool has_rule(const struct assay_decision *d, const char *rule)
{
	for (size_t i = 0; i < d->n_refusals; i++)
		if (strcmp(d->refusals[i].rule, rule) == 0)
			return true;
	return false;
}

/* The i-th rule of `a` that does not say no in `b`, from *i on; NULL: there are
 * no more. */
static const struct assay_refusal *next_only(size_t *i,
                                             const struct assay_decision *a,
                                             const struct assay_decision *b)
{
	while (*i < a->n_refusals) {
		const struct assay_refusal *r = &a->refusals[(*i)++];

		if (!has_rule(b, r->rule))
			return r;
	}
	return NULL;
}

static bool differs(const struct change *c)
{
	size_t i = 0, k = 0;

	return c->old->decision.accept != c->new->decision.accept ||
	       next_only(&i, &c->old->decision, &c->new->decision) ||
	       next_only(&k, &c->new->decision, &c->old->decision);
}

/* Whether a policy may well say something else, once it is asked. */
static bool is_lacking(const struct judgement *j)
{
	const enum assay_check check = j->verdict.failed.check;

	return check == ASSAY_J_MISSING || check == ASSAY_X_ROOT_PIN;
}

static void count_unasked(struct sum *sum, const struct change *c)
{
	if (c->old->trouble || c->old->verdict.genuine ||
	    c->new->verdict.genuine)
		return;
	sum->unasked++;
	sum->lacking += is_lacking(c->old) || is_lacking(c->new);
}

static void count(struct sum *sum, const struct change *c)
{
	bool before = c->old->decision.accept, now = c->new->decision.accept;

	sum->n++;
	count_unasked(sum, c);
	if (c->old->trouble)
		sum->trouble++;
	else if (before && !now)
		sum->lost++;
	else if (now && !before)
		sum->gained++;
	else if (differs(c))
		sum->other++;
}

/* ---- telling */

static void put_only(struct assay_json_out *o, const char *name,
                     const struct assay_decision *a,
                     const struct assay_decision *b)
{
	const struct assay_refusal *r;

	assay_json_put_array(o, name);
	for (size_t i = 0; (r = next_only(&i, a, b));) {
		assay_json_put_object(o, NULL);
		assay_json_put_text(o, "rule", r->rule);
		assay_json_put_text(o, "reason", r->note);
		assay_json_put_end(o, '}');
	}
	assay_json_put_end(o, ']');
}

static const char *decision_of(const struct judgement *j)
{
	return j->decision.accept ? "accept" : "refuse";
}

static void put_json(struct assay_json_out *o, const void *arg)
{
	const struct change *c = arg;

	assay_json_put_text(o, "evidence", c->file);
	assay_json_put_text(o, "error",
	                    c->old->trouble ? strerror(c->old->trouble) : NULL);
	assay_json_put_bool(o, "genuine",
	                    c->old->verdict.genuine || c->new->verdict.genuine);
	assay_json_put_bool(o, "changes", differs(c));
	assay_json_put_text(o, "before", decision_of(c->old));
	assay_json_put_text(o, "now", decision_of(c->new));
	put_only(o, "refuses_now", &c->new->decision, &c->old->decision);
	put_only(o, "refused_before", &c->old->decision, &c->new->decision);
}

static void put_text(struct cli_text *text, const struct change *c)
{
	bool before = c->old->decision.accept, now = c->new->decision.accept;
	const struct assay_refusal *r;
	char first[64];

	cli_put_name(text, c->file);
	cli_put(text, ": %s%s%s\n",
	        cli_paint(text, now      ? CLI_GREEN
	                        : before ? CLI_RED
	                                 : CLI_PLAIN),
	        now      ? "refused before, accepted now"
	        : before ? "accepted before, refused now"
	                 : "refused before and now, for other reasons",
	        cli_paint(text, CLI_PLAIN));
	for (size_t i = 0;
	     (r = next_only(&i, &c->new->decision, &c->old->decision));) {
		snprintf(first, sizeof(first), "  now %s: ", r->rule);
		cli_put_wrapped(text, first, r->note);
	}
	for (size_t i = 0;
	     (r = next_only(&i, &c->old->decision, &c->new->decision));)
		cli_put(text, "  no longer %s\n", r->rule);
}

static void put_sum(struct cli_text *text, const struct sum *s)
{
	size_t same = s->n - s->lost - s->gained - s->other - s->trouble;

	cli_put(text,
	        "%zu judged: %zu as before, %zu no longer accepted, %zu newly "
	        "accepted, %zu refused for other reasons",
	        s->n - s->trouble, same, s->lost, s->gained, s->other);
	if (s->trouble)
		cli_put(text, "; %zu not read", s->trouble);
	cli_put(text, "\n");
	if (s->unasked)
		cli_put(text,
		        "%zu of them not shown to be genuine, so that neither "
		        "policy was asked%s\n",
		        s->unasked,
		        s->lacking ? ": give their documents (--collateral) "
		                     "and root (--root)"
		                   : "");
}

/* ---- both sides */

/* Rules of one side: with a policy, or without. */
static bool take_rules(struct cli_rules *r, const struct options *o,
                       const char *policy, const char *list)
{
	r->terms.now = cli_now(&o->at);
	r->root_name = o->root;
	return cli_root(r->root, o->root) &&
	       cli_rules_policy(r, &cmd_policy_test, policy, false, false) &&
	       cli_rules_list(r, &cmd_policy_test, list) &&
	       cli_sets_read(&r->sets, &o->collateral);
}

static int test(const struct cli_rules *old_rules,
                const struct cli_rules *new_rules, const struct cli_list *files,
                bool json)
{
	struct cli_judge *old = cli_judge_new(old_rules, true);
	struct cli_judge *new = cli_judge_new(new_rules, true);
	struct cli_text text = { .colour = !json && cli_colour() };
	struct sum sum = { 0 };

	for (size_t i = 0; i < files->n; i++) {
		struct change c = { .file = files->item[i] };

		c.old = cli_judge(old, c.file);
		c.new = cli_judge(new, c.file);
		count(&sum, &c);
		if (c.old->trouble)
			cli_warn("%s: %s", c.file, strerror(c.old->trouble));
		if (json)
			cli_put_object(&text, put_json, &c);
		else if (!c.old->trouble && differs(&c))
			put_text(&text, &c);
	}
	if (!json)
		put_sum(&text, &sum);
	if (!cli_flush(&text) || sum.trouble || sum.lacking)
		return CLI_TROUBLE;
	return sum.lost || sum.gained || sum.other ? CLI_NO : CLI_YES;
}

/* What stands in the policy's place, but is evidence, or a folder of it. */
static bool is_evidence(const char *path)
{
	struct assay_evidence e;
	struct assay_scratch scratch;
	uint8_t *ptr;
	size_t len;
	bool is;

	if (cli_is_folder(path))
		return true;
	if (!cli_read(&ptr, &len, path))
		return false;
	scratch = cli_scratch(len);
	is = assay_evidence_read(&e, (struct assay_bytes){ ptr, len }, &scratch,
	                         NULL);
	free(scratch.ptr);
	free(ptr);
	return is;
}

static int cmd(int argc, char **argv)
{
	struct cli_rules old = { 0 }, new = { 0 };
	struct cli_list given = { 0 }, files = { 0 };
	struct options o = { 0 };
	int status;

	if (!cli_options(&o, &given, &status, &cmd_policy_test, argc, argv))
		return status;
	if (given.n < 2)
		return cli_usage(&cmd_policy_test,
		                 "want a policy, and evidence");
	for (size_t i = 0; i < given.n; i++)
		if (strcmp(given.item[i], "-") == 0)
			return cli_usage(&cmd_policy_test,
			                 "evidence is read twice: not \"-\"");
	if (is_evidence(given.item[0]))
		return cli_usage(&cmd_policy_test,
		                 "%s is evidence: the new policy comes first, "
		                 "then evidence",
		                 given.item[0]);
	if (!o.at.given) /* both at the same time */
		o.at = (struct cli_time){ true, cli_now(&o.at) };
	if (!take_rules(&old, &o, o.old, o.old_list) ||
	    !take_rules(&new, &o, given.item[0], o.list))
		return CLI_TROUBLE;
	given.item++;
	given.n--;
	if (!cli_files(&files, &given))
		return CLI_TROUBLE;
	return test(&old, &new, &files, o.json);
}

const struct cli_verb cmd_policy_test = {
	.name = "policy test",
	.operands = "NEW EVIDENCE...",
	.summary = "Judge evidence by a new policy and by the old one: what "
		   "would change?",
	.options = options,
	.run = cmd,
};
