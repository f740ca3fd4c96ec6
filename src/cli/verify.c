/* verify.c - assay verify: is it genuine, and is it enough? */
#include "cli/conclave.h"
#include "cli/judge.h"
#include "cli/options.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct options {
	struct cli_list collateral, accept;
	struct cli_time at;
	const char *root, *policy, *list, *report_data, *nonce, *event_log;
	struct cli_fetch how;
	bool any_code, allow_debug, strict, json, conclave_compat, fetch;
};

#define TO(member) offsetof(struct options, member)
static const struct cli_option options[] = {
	CLI_OPTION_COLLATERAL(TO(collateral)),
	CLI_OPTION_AT(TO(at)),
	CLI_OPTION_ROOT(TO(root)),
	CLI_OPTION_POLICY(TO(policy)),
	CLI_OPTION_LIST(TO(list)),
	CLI_OPTION_ACCEPT(TO(accept)),
	CLI_OPTION_ANY_CODE(TO(any_code)),
	CLI_OPTION_ALLOW_DEBUG(TO(allow_debug)),
	{ "--report-data", "HEX", CLI_TEXT, TO(report_data),
	  "the report data must be this, filled up to 64 bytes with zeros" },
	{ "--nonce", "HEX", CLI_TEXT, TO(nonce),
	  "the bundle must hold this nonce, bound with its keys by the report "
	  "data" },
	{ "--event-log", "FILE", CLI_TEXT, TO(event_log),
	  "the TD's event log (CCEL) must come to its registers RTMR 0 to 2" },
	CLI_OPTION_STRICT(TO(strict)),
	CLI_OPTION_JSON(TO(json)),
	{ "--conclave-compat", NULL, CLI_FLAG, TO(conclave_compat),
	  "judge Conclave attestations as R3's client did, which knows no "
	  "dates; beside it only --accept, --at and --root count" },
	{ "--fetch", NULL, CLI_FLAG, TO(fetch),
	  "fetch the manufacturer's documents, or take those that were fetched "
	  "before and are still good" },
	CLI_FETCH_OPTIONS(TO(how)),
	{ 0 },
};

/* ---- the rules */

static bool take_report_data(struct assay_policy *policy, const char *hex)
{
	uint8_t data[64] = { 0 };
	size_t n;

	return cli_take_hex(data, &n, sizeof(data), &cmd_verify,
	                    "--report-data", hex) &&
	       (assay_policy_report_data(policy, data) ||
	        cli_contradicts(&cmd_verify, "--report-data"));
}

static bool take_nonce(struct cli_rules *r, const char *hex)
{
	enum { MAX = 255 }; /* that report data can speak for (bundle.md) */
	uint8_t *nonce = cli_alloc(MAX, 1);

	r->wants.nonce.ptr = nonce;
	return cli_take_hex(nonce, &r->wants.nonce.len, MAX, &cmd_verify,
	                    "--nonce", hex);
}

static bool take_event_log(struct cli_rules *r, const char *path)
{
	struct assay_event_log *log = cli_alloc(1, sizeof(*log));
	struct assay_err err;
	uint8_t *bytes;
	size_t len;
	bool good;

	if (!cli_read(&bytes, &len, path)) {
		cli_warn("%s: %s", path, strerror(errno));
		return false;
	}
	good = assay_event_log_replay(log, (struct assay_bytes){ bytes, len },
	                              &err);
	if (!good)
		cli_warn_err(path, &err);
	free(bytes);
	r->wants.event_log = log;
	return good;
}

static bool take_rules(struct cli_rules *r, const struct options *o)
{
	r->terms.now = cli_now(&o->at);
	r->terms.strict = o->strict;
	r->root_name = o->root;
	return cli_root(r->root, o->root) &&
	       cli_rules_policy(r, &cmd_verify, o->policy, o->any_code,
	                        o->allow_debug) &&
	       cli_rules_list(r, &cmd_verify, o->list) &&
	       (!o->report_data ||
	        take_report_data(r->policy, o->report_data)) &&
	       cli_rules_accept(r, &o->accept) &&
	       (!o->nonce || take_nonce(r, o->nonce)) &&
	       (!o->event_log || take_event_log(r, o->event_log)) &&
	       cli_sets_read(&r->sets, &o->collateral);
}

/* What R3's client has no word for: beside its laxness that would be lost. */
static bool goes_with_compat(const struct options *o)
{
	return !o->policy && !o->list && !o->report_data && !o->event_log &&
	       !o->any_code && !o->allow_debug && !o->strict && !o->json &&
	       !o->fetch && !o->collateral.n;
}

/* Where nothing is fetched, how is not the question. */
static bool goes_without_fetch(const struct options *o)
{
	const struct cli_fetch *h = &o->how;

	return o->fetch ||
	       (!h->pcs.n && !h->update && !h->evaluation && !h->ca_file &&
	        !h->proxy && !h->offline && !h->cache);
}

/* ---- the evidence */

static int verify_one(const struct cli_rules *rules, const char *file,
                      bool json)
{
	struct cli_text text = { .colour = !json && cli_colour() };
	struct cli_judge *judge = cli_judge_new(rules, false);
	const struct judgement *j = cli_judge(judge, file);
	int status = cli_judgement_status(j);

	if (j->trouble)
		cli_warn("%s: %s", file, strerror(j->trouble));
	if (json)
		cli_put_json(&text, j);
	else if (!j->trouble)
		cli_put_judgement(&text, j);
	/* the program ends here: to free memory page by page costs time */
	return cli_flush(&text) ? status : CLI_TROUBLE;
}

static int judge_files(const struct cli_rules *rules,
                       const struct cli_list *files, bool one, bool json)
{
	return one ? verify_one(rules, files->item[0], json)
	           : cli_judge_many(rules, files, json);
}

int cli_verify(int argc, char **argv, cli_fetcher *fetch)
{
	struct options o = { 0 };
	struct cli_rules rules = { 0 };
	struct cli_list given = { 0 }, files = { 0 };
	int status, fetched = CLI_YES;

	cli_expect_judgement();
	if (!cli_options(&o, &given, &status, &cmd_verify, argc, argv))
		return status;
	if (given.n == 0)
		return cli_usage(&cmd_verify, "no evidence is given");
	if (!cli_input_once(&cmd_verify, argc, argv))
		return CLI_TROUBLE;
	if (o.conclave_compat && !goes_with_compat(&o))
		return cli_usage(&cmd_verify,
		                 "--conclave-compat goes with --accept, --at "
		                 "and --root alone");
	if (!goes_without_fetch(&o))
		return cli_usage(&cmd_verify, "--pcs, --update, --evaluation, "
		                              "--ca-file, --proxy, --offline "
		                              "and --cache go with --fetch");
	if (!take_rules(&rules, &o) || !cli_files(&files, &given))
		return CLI_TROUBLE;
	if (o.conclave_compat)
		return cli_conclave_compat(&rules, &files);
	assert(!o.fetch || fetch);
	if (o.fetch)
		fetched = fetch(&rules, &o.how, &files);
	/* without any set, evidence would be judged by its own */
	if (fetched != CLI_YES && !rules.sets.n)
		return fetched;
	/* one file, and no folder that holds one */
	status = judge_files(&rules, &files,
	                     files.n == 1 && files.item[0] == given.item[0],
	                     o.json);
	return status > fetched ? status : fetched;
}

/* With --fetch it is assayd's: main.c. */
static int cmd(int argc, char **argv)
{
	return cli_verify(argc, argv, NULL);
}

const struct cli_verb cmd_verify = {
	.name = "verify",
	.operands = "EVIDENCE...",
	.summary = "Is this evidence genuine, and is it enough?  Each EVIDENCE "
		   "is a file, a folder of files, or - for stdin.",
	.options = options,
	.run = cmd,
};
