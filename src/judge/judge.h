/* judge.h - one judgement: the facts of one piece of evidence, whether they are
 * enough, and both as JSON, the same for the command and for services. */
#ifndef JUDGE_JUDGE_H
#define JUDGE_JUDGE_H

#include "base/json.h"
#include "format/keys.h"

#include <assay/assay.h>

struct judgement {
	const char *name; /* of the evidence: its file; NULL: it has none */
	int trouble;      /* errno of reading it, or 0 */
	bool readable;    /* `evidence` is there */
	struct assay_evidence evidence;
	const char *root_name;  /* the root's file; NULL: Intel's */
	const char *collateral; /* what it was judged with; NULL: its own */
	struct assay_verdict verdict;
	enum assay_keys keys;
	const struct assay_event_log *event_log; /* compared with the quote's
	                                          * registers; NULL: it was not */
	bool log_explains;                       /* it comes to them */
	enum assay_level level;
	char reason[512];
	struct assay_decision decision; /* last: it is large, and mostly room */
};

/* What is wanted beyond the rules of a policy, which sees the verdict alone. */
struct judge_wants {
	struct assay_bytes nonce; /* that must be bound; empty: none need be */
	const struct assay_event_log *event_log; /* of the TD; NULL: any */
	const struct assay_list *list; /* that the policy asks for, or NULL */
};

/* judge_empty is no judgement yet: nothing is readable, and the answer no. */
void judge_empty(struct judgement *j);

/* judge_appraise decides about a verdict: by policy and constraints, and, where
 * the evidence is readable, whether its keys and nonce are those that its report
 * data names, and its event log that of the TD. */
void judge_appraise(struct judgement *j, const struct assay_policy *policy,
                    const struct assay_constraint *const *accept,
                    size_t n_accept, const struct judge_wants *wants);

/* ---- the keys that evidence speaks for (keys.c) */

/* The X25519 key of an EII, or of an RFC 9458 key configuration that has one;
 * else the whole configuration; empty if there is none. */
struct assay_bytes judge_encryption_key(const struct assay_evidence *evidence);
/* The Ed25519 key as SubjectPublicKeyInfo; false if there is none. */
ASSAY_MUST_CHECK bool judge_signing_key(uint8_t spki[44],
                                        const struct assay_evidence *evidence);

/* ---- JSON (json.c) */

/* Room for any sentence of advice; the longest is a list of advisories. */
#define JUDGE_SENTENCE (ASSAY_MAX_ADVISORIES * (ASSAY_ADVISORY_LEN + 2) + 256)
/* A sentence of advice, from 0; false after the last. */
typedef bool judge_advice(const struct judgement *j, size_t i, char *out,
                          size_t out_len);

/* The members of a judgement, of an object that is open: the contract that
 * assay-verify(1) states. */
void judge_json(struct assay_json_out *o, const struct judgement *j,
                judge_advice *advice);
/* The members that say who speaks. */
void judge_json_identity(struct assay_json_out *o,
                         const struct assay_verdict *verdict);
/* The member gaps, [{kind, index, name, have, need, at}], and the member windows,
 * [{document, from, until}] of the documents that were authenticated (facts.c). */
void judge_json_gaps(struct assay_json_out *o,
                     const struct assay_verdict *verdict);
void judge_json_windows(struct assay_json_out *o,
                        const struct assay_verdict *verdict);
/* The members check, at, note: what failed, or nulls. */
void judge_json_check(struct assay_json_out *o, const struct assay_err *failed);

#endif
