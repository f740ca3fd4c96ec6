/* policy.h - whether the facts are enough, and by whose rule. */
#ifndef ASSAY_POLICY_H
#define ASSAY_POLICY_H

#include <assay/verify.h>

/* Maxima of a policy: lists longer than these are refused (A_POLICY). */
enum {
	ASSAY_POLICY_MAX_HASHES = 64,     /* of each kind of measurement */
	ASSAY_POLICY_MAX_STRINGS = 64,    /* advisories, PPIDs, PIIDs */
	ASSAY_POLICY_MAX_RULES_SAID = 80, /* refusals that are named */
	ASSAY_LIST_MAX = 1 << 20,         /* bytes of a list of measurements */
};

struct assay_policy;     /* rules, from a policy file; policy/policy.h */
struct assay_constraint; /* rules, from a constraint line */
struct assay_list;       /* measurements that somebody signs */

/* One rule that said no. */
struct assay_refusal {
	const char *rule; /* "mrenclave": the policy's key, stable; or genuine,
	                      * identity, init, constraint.C, .S, .PROD, .REVOKE,
	                      * .SEC, .EXPIRE */
	char note[320];   /* what was found and what was wanted, a sentence */
};

/* Whether it is enough.  Zero is no. */
struct assay_decision {
	bool accept;
	size_t n_refusals;
	struct assay_refusal refusals[ASSAY_POLICY_MAX_RULES_SAID];
};

ASSAY_BEGIN

/* Bytes that a policy, and a constraint, need; the caller allocates them,
 * aligned for any type. */
size_t assay_policy_size(void);
size_t assay_constraint_size(void);

/* assay_policy_default fills `policy` (assay_policy_size() bytes) with the
 * default: UpToDate only, no debug, no provisioning key, no relaunch advised,
 * no simulation, and no identity rule yet (which refuses everything). */
void assay_policy_default(struct assay_policy *policy);

/*
 * assay_policy_parse reads a policy file (JSON, docs/policy.md) over the
 * default.  Zeroed on failure.  Fails with ASSAY_A_POLICY (unknown key, wrong
 * type, empty rule; `at` is the byte), ASSAY_J_SYNTAX, _DUPKEY, _LIMIT.
 */
ASSAY_MUST_CHECK bool assay_policy_parse(struct assay_policy *policy,
                                         struct assay_bytes json,
                                         struct assay_err *err);

/* What the command line can add: any code at all; debug; the report data that
 * is wanted.  False, and nothing is changed, if the policy file says the
 * opposite: false, or other report data. */
ASSAY_MUST_CHECK bool assay_policy_any_code(struct assay_policy *policy);
ASSAY_MUST_CHECK bool assay_policy_allow_debug(struct assay_policy *policy);
ASSAY_MUST_CHECK bool assay_policy_report_data(struct assay_policy *policy,
                                               const uint8_t report_data[64]);

/* assay_policy_terms puts what the policy says of dates and floors (grace,
 * numbers) into `terms`, whose `now` and `strict` stay; a floor that `terms`
 * has already stays where it is the higher one. */
void assay_policy_terms(const struct assay_policy *policy,
                        struct assay_terms *terms);

/*
 * assay_constraint_parse reads one line, "C:… S:… PROD:… REVOKE:… SEC:…
 * EXPIRE:…".  Zeroed on failure.  Fails with ASSAY_A_CONSTRAINT, `at` is the
 * byte in the line.  Source: [CONCLAVE 2].
 */
ASSAY_MUST_CHECK bool
assay_constraint_parse(struct assay_constraint *constraint,
                       struct assay_bytes line, struct assay_err *err);

/* assay_constraint_print writes the canonical form: all C, all S, PROD, REVOKE,
 * EXPIRE, SEC; hashes in upper case.  Returns its length, as snprintf does. */
size_t assay_constraint_print(const struct assay_constraint *constraint,
                              char *out, size_t out_len);

/*
 * assay_appraise decides: genuine, and every rule of `policy` holds, and of
 * every constraint.  All rules that say no are named, not the first alone.
 *
 * decision     always written whole; at most ASSAY_POLICY_MAX_RULES_SAID rules
 *              are named (every one of the policy's, then the constraints')
 * policy       never NULL (assay_policy_default)
 * constraints  n of them; all must hold.  They say which code is wanted, where
 *              the policy does not.  If all say SEC:STALE they widen the statuses
 *              that are accepted by default, if all say SEC:INSECURE simulated
 *              evidence is accepted; what the policy file says itself stays
 * EXPIRE counts from verdict->latest_issue to verdict->at.  Evidence that is not
 * genuine is refused by the one rule "genuine": its claims are not appraised.
 * Returns decision->accept.
 */
ASSAY_MUST_CHECK bool
assay_appraise(struct assay_decision *decision,
               const struct assay_verdict *verdict,
               const struct assay_policy *policy,
               const struct assay_constraint *const *constraints, size_t n);

/*
 * assay_list_open reads the list of measurements that the rule `measurements` of
 * `policy` asks for: a JSON Web Signature in compact form [ASSAY list].
 *
 * list     assay_list_size() bytes, written whole; on failure it holds what
 *          failed, and assay_appraise_listed refuses by it
 * in       the file; borrowed for the call.  White space may follow
 * now      when it must be fresh
 * floor    the highest number seen before, or 0: a lower one is refused
 * scratch  in.len bytes of workspace
 * Fails with ASSAY_A_LIST, _SIG, _NAME, _AGE, _NUMBER, ASSAY_J_SYNTAX, _DUPKEY,
 * _LIMIT.  Allocates nothing but what libcrypto needs.
 */
ASSAY_MUST_CHECK bool assay_list_open(struct assay_list *list,
                                      const struct assay_policy *policy,
                                      struct assay_bytes in, int64_t now,
                                      uint64_t floor, uint8_t *scratch,
                                      struct assay_err *err);
size_t assay_list_size(void);
/* Its number: the floor for the next one. */
uint64_t assay_list_number(const struct assay_list *list);
/* The name of the list that the policy asks for; NULL: it asks for none. */
const char *assay_policy_list(const struct assay_policy *policy);

/* assay_appraise with the list that the policy's rule `measurements` asks for;
 * NULL: there is none, and the rule says no. */
ASSAY_MUST_CHECK bool assay_appraise_listed(
	struct assay_decision *decision, const struct assay_verdict *verdict,
	const struct assay_policy *policy, const struct assay_list *list,
	const struct assay_constraint *const *constraints, size_t n);

/* The schema, for manuals and for checking: the i-th key of a policy file. */
struct assay_policy_key {
	const char *key;      /* "accepted_statuses" */
	const char *type;     /* "list of statuses" */
	const char *fallback; /* what holds where it is not given */
	const char *sentence; /* what it demands */
};
const struct assay_policy_key *assay_policy_key_at(size_t i);

ASSAY_END

#endif
