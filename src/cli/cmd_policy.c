/* cmd_policy.c - assay policy: is a policy file well formed, and what can stand
 * in one? */
#include "cli/facts.h"
#include "cli/judge.h"
#include "cli/options.h"

#include "policy/policy.h"

#include <stdlib.h>
#include <string.h>

/* ---- policy check */

static void put_good(struct cli_text *text, const struct assay_policy *policy,
                     const char *path)
{
	const char *gap = "";

	cli_put_name(text, path);
	cli_put(text, ": a good policy, with rules of its own for ");
	for (size_t i = 0; i < ASSAY_N_KEYS; i++) {
		if (!policy->given[i])
			continue;
		cli_put(text, "%s%s", gap, assay_rules[i].key.key);
		gap = ", ";
	}
	cli_put(text, "\n");
}

static int cmd_check(int argc, char **argv)
{
	struct assay_policy *policy = cli_alloc(1, assay_policy_size());
	struct cli_text text = { 0 };
	struct cli_list files = { 0 };
	int status, worst = CLI_YES;

	if (!cli_options(NULL, &files, &status, &cmd_policy_check, argc, argv))
		return status;
	if (files.n == 0)
		return cli_usage(&cmd_policy_check, "no file is given");
	for (size_t i = 0; i < files.n; i++) {
		status = cli_policy(policy, files.item[i]);
		if (status == CLI_YES)
			put_good(&text, policy, files.item[i]);
		worst = status > worst ? status : worst;
	}
	return cli_flush(&text) ? worst : CLI_TROUBLE;
}

const struct cli_verb cmd_policy_check = {
	.name = "policy check",
	.operands = "FILE...",
	.summary = "Is this policy file well formed?",
	.run = cmd_check,
};

/* ---- policy keys */

struct options {
	bool json;
};
static const struct cli_option options[] = {
	CLI_OPTION_JSON(offsetof(struct options, json)),
	{ 0 },
};

static void put_key_json(struct assay_json_out *o, const void *arg)
{
	const struct assay_policy_key *k = arg;

	assay_json_put_text(o, "key", k->key);
	assay_json_put_text(o, "type", k->type);
	assay_json_put_text(o, "fallback", k->fallback);
	assay_json_put_text(o, "sentence", k->sentence);
}

void cli_put_key(struct cli_text *text, const struct assay_policy_key *k)
{
	cli_put(text, "%s%s%s  (%s)\n", cli_paint(text, CLI_BOLD), k->key,
	        cli_paint(text, CLI_PLAIN), k->type);
	cli_put_wrapped(text, "    ", k->sentence);
	if (strcmp(k->fallback, "not asked") != 0)
		cli_put(text, "    Where not given: %s.\n", k->fallback);
}

static int cmd_keys(int argc, char **argv)
{
	struct options o = { 0 };
	struct cli_text text = { .colour = cli_colour() };
	struct cli_list operands = { 0 };
	const struct assay_policy_key *k;
	int status;

	if (!cli_options(&o, &operands, &status, &cmd_policy_keys, argc, argv))
		return status;
	if (operands.n)
		return cli_usage(&cmd_policy_keys, "takes no operands");
	for (size_t i = 0; (k = assay_policy_key_at(i)); i++)
		if (o.json)
			cli_put_object(&text, put_key_json, k);
		else
			cli_put_key(&text, k);
	return cli_flush(&text) ? CLI_YES : CLI_TROUBLE;
}

const struct cli_verb cmd_policy_keys = {
	.name = "policy keys",
	.operands = "",
	.summary = "List the keys of a policy file.",
	.options = options,
	.run = cmd_keys,
};
