/* judge.h - what evidence is judged with, and what becomes of it. */
#ifndef CLI_JUDGE_H
#define CLI_JUDGE_H

#include "base/json.h"
#include "cli/cli.h"

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

/* ---- the keys that evidence speaks for (keys.c) ---- */

enum cli_keys {
	CLI_KEYS_NONE = 0,
	CLI_KEYS_LOOSE,   /* the report data names others: anybody's keys */
	CLI_KEYS_BOUND,   /* the report data is their hash */
};

/* Whether the quote speaks for the keys beside it [CONCLAVE 1.3], bundle.md. */
enum cli_keys cli_keys_bound(const struct assay_evidence *evidence,
                             const uint8_t report_data[64]);
/* The X25519 key of an EII, or of an RFC 9458 key configuration that has one;
 * else the whole configuration; empty if there is none. */
struct assay_bytes cli_encryption_key(const struct assay_evidence *evidence);
/* The Ed25519 key as SubjectPublicKeyInfo; false if there is none. */
ASSAY_MUST_CHECK bool cli_signing_key(uint8_t spki[44],
                                      const struct assay_evidence *evidence);

/* ---- judging (judge.c) ---- */

/* The rules of one run; nobody writes them once they are made. */
struct cli_rules {
	struct assay_terms terms;
	uint8_t root[64];
	struct cli_sets sets;    /* none: evidence brings its own */
	struct assay_policy *policy;
	const struct assay_constraint **accept;
	size_t n_accept;
	const struct assay_event_log *event_log; /* NULL: none was given */
};

/* One judgement: facts, and whether they are enough. */
struct cli_judgement {
	const char *file;
	int trouble;             /* errno of reading it, or 0 */
	bool readable;           /* `evidence` is there */
	struct assay_evidence evidence;
	const struct cli_set *set; /* what it was judged with; NULL: its own */
	struct assay_verdict verdict;
	enum cli_keys keys;
	const struct assay_event_log *event_log; /* compared with the quote's
	                                          * registers; NULL: it was not */
	bool log_explains;       /* it comes to them */
	enum assay_level level;
	char reason[512];
	struct assay_decision decision; /* last: it is large, and mostly room */
};

/* One thread's workspace. */
struct cli_judge;

/* cli_policy reads a policy file.  CLI_NO: it is none; CLI_TROUBLE: it cannot be
 * read; both with a message. */
int cli_policy(struct assay_policy *policy, const char *path);

/* cli_judge_new makes a workspace for one piece of evidence, or for many. */
struct cli_judge *cli_judge_new(const struct cli_rules *rules, bool many);
void cli_judge_free(struct cli_judge *judge);

/* cli_judge reads the file and judges it.  The result is good until the next
 * call. */
const struct cli_judgement *cli_judge(struct cli_judge *judge,
                                      const char *file);
/* CLI_YES, CLI_NO or CLI_TROUBLE. */
int cli_judgement_status(const struct cli_judgement *judgement);

/* cli_judge_many judges files on all cores, and prints a line for each, in their
 * order (many.c).  The worst status. */
int cli_judge_many(const struct cli_rules *rules, const struct cli_list *files,
                   bool json);

/* ---- printing (report.c, report_json.c) ---- */

/* Who speaks: the head of the printout, up to the revocation level. */
void cli_put_identity(struct cli_text *text,
                      const struct assay_evidence *evidence,
                      const struct assay_verdict *verdict, enum cli_keys keys);
/* "quote", "bundle", "eii"; "" for none. */
const char *cli_kind_name(enum assay_evidence_kind kind);
/* The whole printout, and one line. */
void cli_put_judgement(struct cli_text *text,
                       const struct cli_judgement *judgement);
void cli_put_line(struct cli_text *text, const struct cli_judgement *judgement);
/* One JSON object and a newline. */
void cli_put_json(struct cli_text *text, const struct cli_judgement *judgement);
/* The members that say who speaks: of an object that is open. */
void cli_json_identity(struct assay_json_out *o,
                       const struct assay_verdict *verdict);
/* The members check, at, note: what failed, or nulls. */
void cli_json_check(struct assay_json_out *o, const struct assay_err *failed);

/* Room for any sentence of advice; the longest is a list of advisories. */
#define CLI_SENTENCE (ASSAY_MAX_ADVISORIES * (ASSAY_ADVISORY_LEN + 2) + 256)
/* A sentence of advice (advice.c), from 0: the library's, then the program's
 * own.  False after the last. */
bool cli_advice(const struct cli_judgement *judgement, size_t i, char *out,
                size_t out_len);

#endif
