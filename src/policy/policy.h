/* policy.h - rules: the schema's rows, a policy, a constraint. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <assay/policy.h>

/* Lists have room for so many values. */
enum {
	ASSAY_HEXES_MAX = ASSAY_POLICY_MAX_HASHES,
	ASSAY_TEXTS_MAX = ASSAY_POLICY_MAX_STRINGS,
	ASSAY_NUMBERS_MAX = 64,
	ASSAY_SGX_TYPES_MAX = 3,
	ASSAY_LIST_NAME = 65, /* with its NUL */
};

/* The types of a policy's values, and what they are kept in. */
enum assay_rule_type {
	ASSAY_TYPE_BOOL,
	ASSAY_TYPE_UINT,
	ASSAY_TYPE_SECONDS,
	ASSAY_TYPE_TIME,
	ASSAY_TYPE_STATUSES, /* a bit for each */
	ASSAY_TYPE_HEXES,
	ASSAY_TYPE_TEXTS,
	ASSAY_TYPE_NUMBERS, /* uint16_t, as they lie in memory */
	ASSAY_TYPE_SGX_TYPES,
	ASSAY_TYPE_BITS, /* as they stand in the report */
	ASSAY_TYPE_DATA, /* filled up with zeros */
	ASSAY_TYPE_SIGNED_LIST,
	ASSAY_N_TYPES
};

/* A list: its values follow their number at once. */
#define ASSAY_LIST(max, len) \
	struct { \
		size_t n; \
		uint8_t v[max][len]; \
	}
#define ASSAY_FIELD_BOOL(key, len) bool key;
#define ASSAY_FIELD_UINT(key, len) uint64_t key;
#define ASSAY_FIELD_SECONDS(key, len) uint64_t key;
#define ASSAY_FIELD_TIME(key, len) int64_t key;
#define ASSAY_FIELD_STATUSES(key, len) uint32_t key;
#define ASSAY_FIELD_HEXES(key, len) ASSAY_LIST(ASSAY_HEXES_MAX, len) key;
#define ASSAY_FIELD_TEXTS(key, len) ASSAY_LIST(ASSAY_TEXTS_MAX, len) key;
#define ASSAY_FIELD_NUMBERS(key, len) ASSAY_LIST(ASSAY_NUMBERS_MAX, len) key;
#define ASSAY_FIELD_SGX_TYPES(key, len) \
	ASSAY_LIST(ASSAY_SGX_TYPES_MAX, len) key;
#define ASSAY_FIELD_BITS(key, len) uint8_t key[len];
#define ASSAY_FIELD_DATA(key, len) uint8_t key[len];
#define ASSAY_FIELD_SIGNED_LIST(key, len) struct assay_wanted_list key;

/* A list of measurements (policy/list.h): which, by whom, how old. */
struct assay_wanted_list {
	char name[ASSAY_LIST_NAME];
	uint8_t key[64];
	uint64_t max_age;
	uint64_t min_number;
};

enum assay_key {
#define ASSAY_ASKED(key, ...) ASSAY_KEY_##key,
#define ASSAY_ALWAYS(key, ...) ASSAY_KEY_##key,
#include "policy/keys.def"
#undef ASSAY_ASKED
#undef ASSAY_ALWAYS
	ASSAY_N_KEYS
};

/* Rules.  Zeroed, it accepts nothing. */
struct assay_policy {
	bool given[ASSAY_N_KEYS];
	bool machine; /* nothing is asked of the code */
#define ASSAY_ASKED(key, type, len, ...) ASSAY_FIELD_##type(key, len)
#define ASSAY_ALWAYS(key, type, len, ...) ASSAY_FIELD_##type(key, len)
#include "policy/keys.def"
#undef ASSAY_ASKED
#undef ASSAY_ALWAYS
};

/* assay_policy_machine leaves what `policy` asks of the machine and the documents,
 * and nothing of what it asks of the code that runs there. */
void assay_policy_machine(struct assay_policy *policy);

/* What a rule is about. */
enum assay_rule_about {
	ASSAY_ABOUT_MACHINE,
	ASSAY_ABOUT_CODE,
};

/* What the evidence must have for a rule to hold. */
enum assay_rule_need {
	ASSAY_NEED_NOTHING,
	ASSAY_NEED_SGX,
	ASSAY_NEED_KSS, /* ... with the KSS attribute */
	ASSAY_NEED_TDX,
	ASSAY_NEED_TD15, /* ... with a body of TDX 1.5 */
	ASSAY_NEED_PCK,
	ASSAY_NEED_PIID, /* ... by the Platform CA */
};

/* What a judge has before it. */
struct assay_case {
	struct assay_decision *decision;
	const struct assay_verdict *verdict;
	const struct assay_policy *policy;
	const struct assay_list *list; /* or NULL */
	uint32_t statuses; /* accepted, as the constraints widen them */
	bool simulation;   /* the same for simulated evidence */
};

/* A row of the schema. */
struct assay_rule {
	struct assay_policy_key key;
	enum assay_rule_type type;
	size_t at;  /* in struct assay_policy */
	size_t len; /* of one value */
	enum assay_rule_about about;
	enum assay_rule_need need;
	size_t fact_at; /* in struct assay_verdict */
	void (*judge)(struct assay_case *c, const struct assay_rule *rule);
	bool always; /* judged also where it is not given */
};
extern const struct assay_rule assay_rules[ASSAY_N_KEYS];

/* The values of a list in a policy, and their number; and how many there can
 * be. */
const uint8_t *assay_list_of(const struct assay_policy *policy,
                             const struct assay_rule *rule, size_t *n);
size_t assay_list_max(const struct assay_rule *rule);

/* 0 Standard, 1 Scalable, 2 ScalableWithIntegrity; NULL after that. */
const char *assay_sgx_type_name(size_t type);

/* The judges: each names the rule in the decision if it does not hold. */
#define assay_judge_none NULL
#define ASSAY_JUDGE(name) \
	void assay_judge_##name(struct assay_case *c, \
	                        const struct assay_rule *rule)
ASSAY_JUDGE(accepted);
ASSAY_JUDGE(age);
ASSAY_JUDGE(bits);
ASSAY_JUDGE(chains);
ASSAY_JUDGE(data);
ASSAY_JUDGE(debug);
ASSAY_JUDGE(documents);
ASSAY_JUDGE(flag);
ASSAY_JUDGE(issue);
ASSAY_JUDGE(least);
ASSAY_JUDGE(listed);
ASSAY_JUDGE(measurements);
ASSAY_JUDGE(mode);
ASSAY_JUDGE(provision);
ASSAY_JUDGE(rejected);
ASSAY_JUDGE(same);
ASSAY_JUDGE(sept);
ASSAY_JUDGE(service);
ASSAY_JUDGE(simulation);
ASSAY_JUDGE(status);
ASSAY_JUDGE(td_bits);
ASSAY_JUDGE(xfam);

/* assay_refuse adds a rule that says no; beyond the decision's room it is
 * left out. */
void assay_refuse(struct assay_decision *decision, const char *rule,
                  const char *fmt, ...) ASSAY_PRINTF(3, 4);

#endif
