/* appraise.c - a verdict against a policy and constraints. */
#include "base/err.h"
#include "policy/constraint.h"
#include "policy/policy.h"

#include <stdio.h>
#include <string.h>

void assay_refuse(struct assay_decision *decision, const char *rule,
                  const char *fmt, ...)
{
	struct assay_refusal *r;
	va_list ap;

	decision->accept = false;
	if (decision->n_refusals == ASSAY_POLICY_MAX_RULES_SAID)
		return;
	r = &decision->refusals[decision->n_refusals++];
	r->rule = rule;
	va_start(ap, fmt);
	vsnprintf(r->note, sizeof(r->note), fmt, ap);
	va_end(ap);
}

static void refuse_forged(struct assay_decision *d,
                          const struct assay_err *failed)
{
	const struct assay_check_info *check = assay_check_info(failed->check);

	if (check)
		assay_refuse(d, "genuine",
		             "%s: %s does not hold, which demands: %s %s",
		             assay_is_unproven(failed->check)
		                     ? "Nothing shows that the evidence is "
		                       "genuine"
		                     : "The evidence is not genuine",
		             check->name, check->sentence, check->todo);
	else
		assay_refuse(d, "genuine",
		             "The evidence was not verified; "
		             "verify it first.");
}

/* Which code it must be is said by somebody [DCAP 6.5]. */
static void judge_identity(struct assay_decision *d,
                           const struct assay_verdict *v,
                           const struct assay_policy *p, size_t n_constraints)
{
	bool td = v->tee == ASSAY_TEE_TDX;
	bool said = td ? p->given[ASSAY_KEY_mrtd]
	               : p->given[ASSAY_KEY_mrenclave] ||
	                            p->given[ASSAY_KEY_mrsigner];

	if (said || p->given[ASSAY_KEY_measurements] || p->any_code ||
	    n_constraints)
		return;
	assay_refuse(d, "identity",
	             "No rule says which %s is wanted; name %s in the policy, "
	             "%sor accept any code explicitly (any_code).",
	             td ? "TD" : "enclave",
	             td ? "mrtd and rtmr0 to rtmr2"
	                : "mrenclave, or mrsigner with isv_prod_id and "
	                  "min_isv_svn,",
	             td ? "" : "give a constraint, ");
}

/* An enclave that was not initialised has no identity [DCAP 4.7]. */
static void judge_init(struct assay_decision *d, const struct assay_verdict *v)
{
	if (v->tee == ASSAY_TEE_SGX && !(v->sgx.flags & ASSAY_SGX_INIT))
		assay_refuse(
			d, "init",
			"The enclave's INIT attribute is clear and must be "
			"set; do not trust this evidence.");
}

/* All constraints, of which there is one at least, say this of security. */
static bool all_say(const struct assay_constraint *const *constraints, size_t n,
                    enum assay_level level)
{
	for (size_t i = 0; i < n; i++)
		if (constraints[i]->sec != level)
			return false;
	return n > 0;
}

/* What the evidence lacks to be judged by a rule; NULL: nothing. */
static const char *lacks(const struct assay_verdict *v,
                         enum assay_rule_need need)
{
	bool sgx = v->tee == ASSAY_TEE_SGX, td = v->tee == ASSAY_TEE_TDX;

	switch (need) {
	case ASSAY_NEED_NOTHING:
		return NULL;
	case ASSAY_NEED_SGX:
		return sgx ? NULL : "it is not of an SGX enclave";
	case ASSAY_NEED_KSS:
		return sgx && (v->sgx.flags & ASSAY_SGX_KSS)
		               ? NULL
		               : "it is not of an SGX enclave with the KSS "
		                 "attribute";
	case ASSAY_NEED_TDX:
		return td ? NULL : "it is not of a TD";
	case ASSAY_NEED_TD15:
		return td && v->td.is_15 ? NULL
		                         : "it is not of a TD under TDX 1.5";
	case ASSAY_NEED_PCK:
		return v->has_pck ? NULL : "it has no PCK certificate";
	case ASSAY_NEED_PIID:
		break;
	}
	return v->has_pck && v->pck.has_piid
	               ? NULL
	               : "its PCK certificate is not by the Platform CA";
}

static void judge_policy(struct assay_case *c)
{
	const struct assay_rule *rule;
	const char *why;
	bool given;

	for (size_t i = 0; i < ASSAY_N_KEYS; i++) {
		rule = &assay_rules[i];
		given = c->policy->given[i];
		if (!rule->judge || (!given && !rule->always) ||
		    (c->policy->machine && rule->about == ASSAY_ABOUT_CODE))
			continue;
		why = lacks(c->verdict, rule->need);
		if (!why)
			rule->judge(c, rule);
		else if (given)
			assay_refuse(
				c->decision, rule->key.key,
				"The evidence has no such fact, because "
				"%s, and the policy asks for %s; take other "
				"evidence, or another policy.",
				why, rule->key.key);
	}
}

static void judge_constraints(struct assay_decision *d,
                              const struct assay_verdict *v,
                              const struct assay_constraint *const *constraints,
                              size_t n)
{
	bool sgx = v->tee == ASSAY_TEE_SGX;
	struct assay_constraint_facts facts = {
		.mrenclave = sgx ? v->sgx.mrenclave : NULL,
		.mrsigner = sgx ? v->sgx.mrsigner : NULL,
		.prod = sgx ? v->sgx.isv_prod_id : -1,
		.revocation = sgx ? v->sgx.isv_svn - 1 : -1,
		.level = n ? assay_verdict_level(v, NULL, 0)
		           : ASSAY_LEVEL_INSECURE,
		.timestamp = v->latest_issue,
		.now = v->at,
	};

	for (size_t i = 0; i < n; i++)
		assay_constraint_check(d, constraints[i], &facts);
}

bool assay_appraise(struct assay_decision *decision,
                    const struct assay_verdict *verdict,
                    const struct assay_policy *policy,
                    const struct assay_constraint *const *constraints, size_t n)
{
	return assay_appraise_listed(decision, verdict, policy, NULL,
	                             constraints, n);
}

bool assay_appraise_listed(struct assay_decision *decision,
                           const struct assay_verdict *verdict,
                           const struct assay_policy *policy,
                           const struct assay_list *list,
                           const struct assay_constraint *const *constraints,
                           size_t n)
{
	/* [CONCLAVE 1.5]: the statuses that are graded STALE */
	const uint32_t stale =
		1u << ASSAY_STATUS_SW_HARDENING_NEEDED |
		1u << ASSAY_STATUS_CONFIGURATION_NEEDED |
		1u << ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED |
		1u << ASSAY_STATUS_OUT_OF_DATE |
		1u << ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED;
	struct assay_case c = {
		.decision = decision,
		.verdict = verdict,
		.policy = policy,
		.list = list,
		.statuses = policy->accepted_statuses,
		.simulation = policy->simulation,
	};

	memset(decision, 0, sizeof(*decision));
	if (!verdict->genuine) {
		refuse_forged(decision, &verdict->failed);
		return false;
	}
	if (!policy->given[ASSAY_KEY_accepted_statuses] &&
	    all_say(constraints, n, ASSAY_LEVEL_STALE))
		c.statuses |= stale;
	if (!policy->given[ASSAY_KEY_simulation] &&
	    all_say(constraints, n, ASSAY_LEVEL_INSECURE))
		c.simulation = true;
	decision->accept = true;
	if (!policy->machine) {
		judge_identity(decision, verdict, policy, n);
		judge_init(decision, verdict);
	}
	judge_policy(&c);
	judge_constraints(decision, verdict, constraints, n);
	return decision->accept;
}
