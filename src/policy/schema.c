/* schema.c - the rows of a policy file, the default, and its terms. */
#include "policy/policy.h"

#include <string.h>

/* The manual's words for the types. */
#define TEXT_BOOL(len) "true or false"
#define TEXT_UINT(len) "integer"
#define TEXT_SECONDS(len) "seconds"
#define TEXT_TIME(len) "time (RFC 3339, UTC)"
#define TEXT_STATUSES(len) "status, or a list"
#define TEXT_HEXES(len) #len " bytes in hex, or a list"
#define TEXT_TEXTS(len) "text, or a list"
#define TEXT_NUMBERS(len) "integer, or a list"
#define TEXT_SGX_TYPES(len) "name, or a list"
#define TEXT_BITS(len) #len " bytes in hex"
#define TEXT_DATA(len) "up to " #len " bytes in hex"
#define TEXT_SIGNED_LIST(len) "object: list, key, max_age, min_number"

#define ROW(key, type, len, about, need, fact, judge, always, fallback, \
            sentence) \
	{ { #key, TEXT_##type(len), fallback, sentence }, \
	  ASSAY_TYPE_##type, \
	  offsetof(struct assay_policy, key), \
	  len, \
	  ASSAY_ABOUT_##about, \
	  ASSAY_NEED_##need, \
	  offsetof(struct assay_verdict, fact), \
	  assay_judge_##judge, \
	  always },

const struct assay_rule assay_rules[ASSAY_N_KEYS] = {
#define ASSAY_ASKED(key, type, len, about, need, fact, judge, sentence) \
	ROW(key, type, len, about, need, fact, judge, false, "not asked", \
	    sentence)
#define ASSAY_ALWAYS(key, type, len, about, need, fact, judge, fallback, \
                     sentence) \
	ROW(key, type, len, about, need, fact, judge, true, fallback, sentence)
#include "policy/keys.def"
#undef ASSAY_ASKED
#undef ASSAY_ALWAYS
};

/* A decision has room for every key and the rules that have none. */
_Static_assert(ASSAY_N_KEYS + 4 <= ASSAY_POLICY_MAX_RULES_SAID,
               "more rules than a decision has room for");

const struct assay_policy_key *assay_policy_key_at(size_t i)
{
	return i < ASSAY_N_KEYS ? &assay_rules[i].key : NULL;
}

size_t assay_list_max(const struct assay_rule *rule)
{
	switch (rule->type) {
	case ASSAY_TYPE_HEXES:
		return ASSAY_HEXES_MAX;
	case ASSAY_TYPE_TEXTS:
		return ASSAY_TEXTS_MAX;
	case ASSAY_TYPE_NUMBERS:
		return ASSAY_NUMBERS_MAX;
	default:
		return ASSAY_SGX_TYPES_MAX;
	}
}

const uint8_t *assay_list_of(const struct assay_policy *policy,
                             const struct assay_rule *rule, size_t *n)
{
	const uint8_t *list = (const uint8_t *)policy + rule->at;

	memcpy(n, list, sizeof(*n));
	return list + sizeof(*n);
}

const char *assay_sgx_type_name(size_t type)
{
	static const char *const names[ASSAY_SGX_TYPES_MAX] = {
		"Standard", "Scalable", "ScalableWithIntegrity"
	};

	return type < ASSAY_SGX_TYPES_MAX ? names[type] : NULL;
}

size_t assay_policy_size(void)
{
	return sizeof(struct assay_policy);
}

void assay_policy_default(struct assay_policy *policy)
{
	memset(policy, 0, sizeof(*policy));
	policy->accepted_statuses = 1u << ASSAY_STATUS_UP_TO_DATE;
	policy->require_sept_ve_disable = true;
}

void assay_policy_machine(struct assay_policy *policy)
{
	policy->machine = true;
}

bool assay_policy_any_code(struct assay_policy *policy)
{
	if (policy->given[ASSAY_KEY_any_code] && !policy->any_code)
		return false;
	policy->given[ASSAY_KEY_any_code] = true;
	return policy->any_code = true;
}

bool assay_policy_allow_debug(struct assay_policy *policy)
{
	if (policy->given[ASSAY_KEY_allow_debug] && !policy->allow_debug)
		return false;
	policy->given[ASSAY_KEY_allow_debug] = true;
	return policy->allow_debug = true;
}

bool assay_policy_report_data(struct assay_policy *policy,
                              const uint8_t report_data[64])
{
	if (policy->given[ASSAY_KEY_report_data] &&
	    memcmp(policy->report_data, report_data, 64) != 0)
		return false;
	policy->given[ASSAY_KEY_report_data] = true;
	memcpy(policy->report_data, report_data, sizeof(policy->report_data));
	return true;
}

void assay_policy_terms(const struct assay_policy *policy,
                        struct assay_terms *terms)
{
	terms->collateral_grace = (int64_t)policy->collateral_grace;
	terms->certificate_grace = (int64_t)policy->certificate_grace;
	if (terms->min_evaluation_number < policy->min_evaluation_number)
		terms->min_evaluation_number =
			(uint32_t)policy->min_evaluation_number;
	if (terms->min_root_crl_number < policy->min_root_crl_number)
		terms->min_root_crl_number = policy->min_root_crl_number;
	if (terms->min_pck_crl_number < policy->min_pck_crl_number)
		terms->min_pck_crl_number = policy->min_pck_crl_number;
	if (terms->min_issue_date < policy->min_issue_date)
		terms->min_issue_date = policy->min_issue_date;
}
