/* judge.h - what evidence is judged with, and what becomes of it. */
#ifndef CLI_JUDGE_H
#define CLI_JUDGE_H

#include "cli/options.h"
#include "judge/judge.h"

/* ---- collateral (sets.c) ---- */

/* A set of collateral: a folder, a file that holds all, or the single documents
 * that were named. */
struct cli_set {
	const char *name;
	struct assay_collateral documents;
	struct assay_err broken; /* a document in it that cannot be decoded */
};

struct cli_sets {
	struct cli_set *set;
	size_t n;
};

/*
 * cli_sets_read reads what was given as --collateral: folders, files, and
 * NAME=FILE for a single document.  A set whose documents are damaged is read
 * all the same, and judged.  False, with a message, if something is no
 * collateral at all.  The sets live as long as the program.
 */
ASSAY_MUST_CHECK bool cli_sets_read(struct cli_sets *sets,
                                    const struct cli_list *given);
/* One more set, whose name lives as long as the program. */
struct cli_set *cli_set_add(struct cli_sets *sets, const char *name);

/* ---- judging (judge.c) ---- */

/* The rules of one run; nobody writes them once they are made. */
struct cli_rules {
	struct assay_terms terms;
	uint8_t root[64];
	const char *root_name; /* its file; NULL: none was given */
	struct judge_wants wants;
	struct cli_sets sets; /* none: evidence brings its own */
	struct assay_policy *policy;
	const struct assay_constraint **accept;
	size_t n_accept;
};

/* (rules.c) */
/* cli_policy reads a policy file.  CLI_NO: it is none; CLI_TROUBLE: it cannot be
 * read; both with a message. */
int cli_policy(struct assay_policy *policy, const char *path);

/* cli_rules_policy sets policy and terms: by a policy file, or the default, and
 * what options of `verb` add.  cli_rules_accept adds constraints.  False, with a
 * message; what is made lives as long as the program. */
ASSAY_MUST_CHECK bool cli_rules_policy(struct cli_rules *r,
                                       const struct cli_verb *verb,
                                       const char *file, bool any_code,
                                       bool allow_debug);
ASSAY_MUST_CHECK bool cli_rules_accept(struct cli_rules *r,
                                       const struct cli_list *lines);
/* cli_rules_list opens the list of measurements that the policy asks for, as of
 * the rules' time; NULL: none is given.  One that is not good is judged by all the
 * same.  False, with a message, if it cannot be read, or no rule asks for one. */
ASSAY_MUST_CHECK bool cli_rules_list(struct cli_rules *r,
                                     const struct cli_verb *verb,
                                     const char *file);
/* An option says the opposite of the policy file; always false. */
bool cli_contradicts(const struct cli_verb *verb, const char *option);

/* One thread's workspace. */
struct cli_judge;

/* cli_judge_new makes a workspace for one piece of evidence, or for many. */
struct cli_judge *cli_judge_new(const struct cli_rules *rules, bool many);
void cli_judge_free(struct cli_judge *judge);

/* cli_judge reads the file and judges it.  The result is good until the next
 * call. */
const struct judgement *cli_judge(struct cli_judge *judge, const char *file);
/* CLI_YES, CLI_NO or CLI_TROUBLE. */
int cli_judgement_status(const struct judgement *judgement);

/* cli_judge_many judges files on all cores, and prints a line for each, in their
 * order (many.c).  The worst status. */
int cli_judge_many(const struct cli_rules *rules, const struct cli_list *files,
                   bool json);

/* ---- assay verify (verify.c) ---- */

/* How documents are fetched. */
struct cli_fetch {
	struct cli_list pcs;
	const char *update, *evaluation, *ca_file, *proxy, *cache;
	bool offline;
};
#define CLI_FETCH_TO(at, member) ((at) + offsetof(struct cli_fetch, member))
/* clang-format off */
#define CLI_FETCH_OPTIONS(at) \
	CLI_OPTION_PCS(CLI_FETCH_TO(at, pcs)), \
	{ "--update", "WHICH", CLI_TEXT, CLI_FETCH_TO(at, update), \
	  "standard, or early: on the day on which weaknesses are made known; " \
	  "else standard" }, \
	{ "--evaluation", "N", CLI_TEXT, CLI_FETCH_TO(at, evaluation), \
	  "the documents of this TCB evaluation number, and no other" }, \
	CLI_OPTION_CA_FILE(CLI_FETCH_TO(at, ca_file)), \
	CLI_OPTION_PROXY(CLI_FETCH_TO(at, proxy)), \
	{ "--offline", NULL, CLI_FLAG, CLI_FETCH_TO(at, offline), \
	  "ask nobody: what was fetched or imported before, or say what is " \
	  "missing" }, \
	CLI_OPTION_CACHE(CLI_FETCH_TO(at, cache))
/* clang-format on */

/* Adds to the rules' sets what these files need.  CLI_YES, or CLI_TROUBLE, with
 * messages: something is missing. */
typedef int cli_fetcher(struct cli_rules *rules, const struct cli_fetch *how,
                        const struct cli_list *files);
/* `fetch` is called where --fetch is given. */
int cli_verify(int argc, char **argv, cli_fetcher *fetch);

/* ---- printing (report.c, report_json.c) ---- */

/* Who speaks: the head of the printout, up to the revocation level. */
void cli_put_identity(struct cli_text *text,
                      const struct assay_evidence *evidence,
                      const struct assay_verdict *verdict,
                      enum assay_keys keys);
/* "quote", "bundle", "eii"; "" for none. */
const char *cli_kind_name(enum assay_evidence_kind kind);
/* The whole printout, and one line. */
void cli_put_judgement(struct cli_text *text,
                       const struct judgement *judgement);
void cli_put_line(struct cli_text *text, const struct judgement *judgement);
/* One JSON object and a newline. */
void cli_put_json(struct cli_text *text, const struct judgement *judgement);
/* A sentence of advice (advice.c): the library's, then the program's own. */
judge_advice cli_advice;

#endif
