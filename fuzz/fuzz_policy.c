/* fuzz_policy.c - policy files: a failure leaves zeros and says where; what is
 * read never accepts what was not verified, and decides the same twice. */
#include "policy/policy.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_failure(const struct assay_policy *policy,
                          const struct assay_err *err, size_t len)
{
	static const struct assay_policy zero;

	must(memcmp(policy, &zero, sizeof(zero)) == 0);
	must(err->at <= len && err->note[0] && err->doc == ASSAY_DOC_POLICY);
	must(err->check == ASSAY_A_POLICY || err->check == ASSAY_J_SYNTAX ||
	     err->check == ASSAY_J_DUPKEY || err->check == ASSAY_J_LIMIT);
}

/* A key that was given has a value within its room. */
static void check_policy(const struct assay_policy *policy)
{
	size_t n;

	for (size_t i = 0; i < ASSAY_N_KEYS; i++) {
		const struct assay_rule *rule = &assay_rules[i];

		if (rule->type < ASSAY_TYPE_HEXES ||
		    rule->type > ASSAY_TYPE_SGX_TYPES)
			continue;
		assay_list_of(policy, rule, &n);
		must(n <= assay_list_max(rule) && (n > 0) == policy->given[i]);
	}
	must(!(policy->accepted_statuses & 1u << ASSAY_STATUS_REVOKED));
	must(policy->any_code || policy->given[ASSAY_KEY_mrenclave] ||
	     policy->given[ASSAY_KEY_mrsigner] ||
	     policy->given[ASSAY_KEY_mrtd]);
}

static void check_decisions(const struct assay_policy *policy,
                            enum assay_tee tee)
{
	static struct assay_decision d, again;
	static struct assay_verdict v;

	memset(&v, 0, sizeof(v));
	v.tee = tee;
	v.status = ASSAY_STATUS_UP_TO_DATE;
	v.sgx.flags = ASSAY_SGX_INIT | ASSAY_SGX_KSS;
	v.td.td_attributes = UINT64_C(1) << 28;
	v.td.xfam = 3;
	v.has_pck = true;
	for (size_t i = 0; i < ASSAY_N_ITEMS; i++)
		v.windows[i].until = 1;
	must(!assay_appraise(&d, &v, policy, NULL, 0) && d.n_refusals == 1);
	v.genuine = true;
	must(assay_appraise(&d, &v, policy, NULL, 0) == (d.n_refusals == 0));
	must(assay_appraise(&again, &v, policy, NULL, 0) == d.accept);
	must(memcmp(&d, &again, sizeof(d)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct assay_policy policy;
	struct assay_err err = { 0 };
	struct assay_terms terms = { 0 };

	if (!assay_policy_parse(&policy, (struct assay_bytes){ data, len },
	                        &err)) {
		check_failure(&policy, &err, len);
		return 0;
	}
	check_policy(&policy);
	assay_policy_terms(&policy, &terms);
	must(terms.collateral_grace >= 0 && terms.certificate_grace >= 0);
	check_decisions(&policy, ASSAY_TEE_SGX);
	check_decisions(&policy, ASSAY_TEE_TDX);
	return 0;
}
