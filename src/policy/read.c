/* read.c - a policy file, read by the schema's rows. */
#include "policy/policy.h"

#include "base/json.h"
#include "base/text.h"

enum {
	KEY_SHOWN = 40, /* characters of an unknown key or name */
};

/* A file on its way into a policy. */
struct reading {
	struct assay_json j;
	struct assay_policy *policy;
	const char *key;         /* being read; NULL between keys */
	size_t at[ASSAY_N_KEYS]; /* where each key's value begins */
};

/* What is wrong is left in the reader, as J_TYPE; assay_policy_parse makes
 * A_POLICY of it. */
#define bad(r, at, ...) assay_json_bad_type(&(r)->j, at, __VA_ARGS__)

static int shown(struct assay_json_str s)
{
	return (int)(s.raw.len < KEY_SHOWN ? s.raw.len : KEY_SHOWN);
}

static bool read_status(struct reading *r, uint32_t *statuses)
{
	size_t at = assay_json_at(&r->j);
	struct assay_json_str s;
	enum assay_status status;

	if (!assay_json_string(&r->j, &s))
		return false;
	status = assay_status_find(s.raw);
	if (status == ASSAY_STATUS_NONE || status == ASSAY_STATUS_REVOKED)
		return bad(r, at, "got \"%.*s\", want a status like UpToDate%s",
		           shown(s), (const char *)s.raw.ptr,
		           status ? "; Revoked is never accepted" : "");
	*statuses |= 1u << status;
	return true;
}

static bool read_sgx_type(struct reading *r, uint8_t *type)
{
	size_t at = assay_json_at(&r->j);
	struct assay_json_str s;

	if (!assay_json_string(&r->j, &s))
		return false;
	for (size_t i = 0; assay_sgx_type_name(i); i++)
		if (assay_json_is(s, assay_sgx_type_name(i))) {
			*type = (uint8_t)i;
			return true;
		}
	return bad(r, at,
	           "got \"%.*s\", want Standard, Scalable or "
	           "ScalableWithIntegrity",
	           shown(s), (const char *)s.raw.ptr);
}

static bool read_text(struct reading *r, uint8_t *text, size_t len)
{
	size_t at = assay_json_at(&r->j);

	return assay_json_text(&r->j, (char *)text, len) &&
	       (text[0] || bad(r, at, "got an empty text"));
}

static bool read_number(struct reading *r, uint8_t *number)
{
	uint64_t v;
	uint16_t n;

	if (!assay_json_uint(&r->j, UINT16_MAX, &v))
		return false;
	n = (uint16_t)v;
	memcpy(number, &n, sizeof(n));
	return true;
}

/* One value of a list. */
static bool read_item(struct reading *r, const struct assay_rule *rule,
                      uint8_t *v)
{
	switch (rule->type) {
	case ASSAY_TYPE_TEXTS:
		return read_text(r, v, rule->len);
	case ASSAY_TYPE_NUMBERS:
		return read_number(r, v);
	case ASSAY_TYPE_SGX_TYPES:
		return read_sgx_type(r, v);
	default:
		return assay_json_hex(&r->j, v, rule->len);
	}
}

/* A list, or the one value that it would have. */
static bool read_list(struct reading *r, const struct assay_rule *rule,
                      uint8_t *field)
{
	size_t at = assay_json_at(&r->j), n = 0, max;
	bool statuses = rule->type == ASSAY_TYPE_STATUSES;
	uint32_t mask = 0;
	bool many = assay_json_peek(&r->j) == '[';

	max = statuses ? SIZE_MAX : assay_list_max(rule);
	if (many && !assay_json_array(&r->j))
		return false;
	while (many ? assay_json_element(&r->j) : n == 0) {
		if (n == max)
			return bad(r, assay_json_at(&r->j),
			           "got more than %zu values, want no more",
			           max);
		if (statuses ? !read_status(r, &mask)
		             : !read_item(r, rule,
		                          field + sizeof(n) + n * rule->len))
			return false;
		n++;
	}
	if (!assay_json_ok(&r->j))
		return false;
	if (n == 0)
		return bad(r, at,
		           "got an empty list, which nothing matches; "
		           "want a value, or leave the key out");
	if (statuses)
		memcpy(field, &mask, sizeof(mask));
	else
		memcpy(field, &n, sizeof(n));
	return true;
}

static bool read_uint(struct reading *r, const struct assay_rule *rule,
                      uint8_t *field)
{
	uint64_t max = UINT64_MAX >> (64 - 8 * rule->len), v;

	if (!assay_json_uint(&r->j, max, &v))
		return false;
	memcpy(field, &v, sizeof(v));
	return true;
}

static bool read_time(struct reading *r, uint8_t *field)
{
	int64_t v;

	if (!assay_json_time(&r->j, &v))
		return false;
	memcpy(field, &v, sizeof(v));
	return true;
}

static bool read_bool(struct reading *r, uint8_t *field)
{
	bool v;

	if (!assay_json_bool(&r->j, &v))
		return false;
	memcpy(field, &v, sizeof(v));
	return true;
}

/* Up to `max` bytes of hex; the rest of the field is zero already. */
static bool read_data(struct reading *r, uint8_t *field, size_t max)
{
	size_t at = assay_json_at(&r->j);
	struct assay_json_str s;

	if (!assay_json_string(&r->j, &s))
		return false;
	if (s.raw.len == 0 || s.raw.len > 2 * max ||
	    !assay_hex_parse(field, s.raw.len / 2, s.raw))
		return bad(r, at,
		           "got %zu characters, want 2 to %zu hex digits",
		           s.raw.len, 2 * max);
	return true;
}

/* ---- a list that somebody signs */

/* What its members are, a bit for each that was read. */
enum { HAS_LIST = 1, HAS_KEY = 2, HAS_MAX_AGE = 4, HAS_MIN_NUMBER = 8 };

static bool read_list_member(struct reading *r, struct assay_wanted_list *list,
                             struct assay_json_str name, unsigned *has)
{
	if (assay_json_is(name, "list")) {
		*has |= HAS_LIST;
		return read_text(r, (uint8_t *)list->name, sizeof(list->name));
	}
	if (assay_json_is(name, "key")) {
		*has |= HAS_KEY;
		return assay_json_hex(&r->j, list->key, sizeof(list->key));
	}
	if (assay_json_is(name, "max_age")) {
		*has |= HAS_MAX_AGE;
		return assay_json_uint(&r->j, UINT32_MAX, &list->max_age);
	}
	if (assay_json_is(name, "min_number")) {
		*has |= HAS_MIN_NUMBER;
		return assay_json_uint(&r->j, UINT32_MAX, &list->min_number);
	}
	return bad(r, (size_t)(name.raw.ptr - r->j.base),
	           "got the unknown member \"%.*s\", want list, key, max_age, "
	           "min_number",
	           shown(name), (const char *)name.raw.ptr);
}

static bool read_signed_list(struct reading *r, uint8_t *field)
{
	struct assay_wanted_list list = { 0 };
	size_t at = assay_json_at(&r->j);
	struct assay_json_str name;
	unsigned has = 0;

	if (!assay_json_object(&r->j))
		return false;
	while (assay_json_member(&r->j, &name))
		if (!read_list_member(r, &list, name, &has))
			return false;
	if (!assay_json_ok(&r->j))
		return false;
	if ((has & ~(unsigned)HAS_MIN_NUMBER) !=
	    (HAS_LIST | HAS_KEY | HAS_MAX_AGE))
		return bad(r, at,
		           "got not all of list, key and max_age, want the "
		           "list's name, its signer's P-256 key (x and y in "
		           "hex), and how old it may be");
	memcpy(field, &list, sizeof(list));
	return true;
}

static bool read_value(struct reading *r, const struct assay_rule *rule)
{
	uint8_t *field = (uint8_t *)r->policy + rule->at;

	switch (rule->type) {
	case ASSAY_TYPE_BOOL:
		return read_bool(r, field);
	case ASSAY_TYPE_UINT:
	case ASSAY_TYPE_SECONDS:
		return read_uint(r, rule, field);
	case ASSAY_TYPE_TIME:
		return read_time(r, field);
	case ASSAY_TYPE_BITS:
		return assay_json_hex(&r->j, field, rule->len);
	case ASSAY_TYPE_DATA:
		return read_data(r, field, rule->len);
	case ASSAY_TYPE_SIGNED_LIST:
		return read_signed_list(r, field);
	default:
		return read_list(r, rule, field);
	}
}

static const struct assay_rule *find(struct assay_json_str name)
{
	for (size_t i = 0; i < ASSAY_N_KEYS; i++)
		if (assay_json_is(name, assay_rules[i].key.key))
			return &assay_rules[i];
	return NULL;
}

static bool read_keys(struct reading *r)
{
	const struct assay_rule *rule;
	struct assay_json_str name;
	size_t i;

	if (!assay_json_object(&r->j))
		return false;
	while (assay_json_member(&r->j, &name)) {
		rule = find(name);
		if (!rule)
			return bad(r, (size_t)(name.raw.ptr - r->j.base),
			           "got the unknown key \"%.*s\", want one of "
			           "docs/policy.md",
			           shown(name), (const char *)name.raw.ptr);
		i = (size_t)(rule - assay_rules);
		r->key = rule->key.key;
		r->at[i] = assay_json_at(&r->j);
		r->policy->given[i] = true;
		if (!read_value(r, rule))
			return false;
		r->key = NULL;
	}
	return assay_json_ok(&r->j);
}

/* `key` needs `other`, which is not there. */
static bool needs(struct reading *r, enum assay_key key, enum assay_key other)
{
	const bool *given = r->policy->given;

	if (!given[key] || given[other])
		return true;
	r->key = assay_rules[key].key.key;
	return bad(r, r->at[key], "got no %s beside it, want that too",
	           assay_rules[other].key.key);
}

/* A value and its mask, which is the row below: without a mask every bit is
 * compared; a mask that compares nothing, or less than the value says, is a
 * mistake. */
static bool check_mask(struct reading *r, enum assay_key key)
{
	const struct assay_rule *rule = &assay_rules[key];
	uint8_t *value = (uint8_t *)r->policy + rule->at;
	uint8_t *mask = (uint8_t *)r->policy + rule[1].at, any = 0, lost = 0;
	enum assay_key mask_key = (enum assay_key)(key + 1);

	if (!r->policy->given[key])
		return needs(r, mask_key, key);
	if (!r->policy->given[mask_key])
		memset(mask, 0xff, rule->len);
	for (size_t i = 0; i < rule->len; i++) {
		any |= mask[i];
		lost |= (uint8_t)(value[i] & ~mask[i]);
	}
	r->key = rule[1].key.key;
	if (!any)
		return bad(r, r->at[mask_key],
		           "got zero, which compares nothing");
	if (lost)
		return bad(r, r->at[mask_key],
		           "got a mask that leaves out bits set in %s",
		           rule->key.key);
	r->key = NULL;
	return true;
}

_Static_assert(ASSAY_KEY_attributes_mask == ASSAY_KEY_attributes + 1 &&
                       ASSAY_KEY_misc_select_mask ==
                               ASSAY_KEY_misc_select + 1 &&
                       ASSAY_KEY_td_attributes_mask ==
                               ASSAY_KEY_td_attributes + 1 &&
                       ASSAY_KEY_xfam_mask == ASSAY_KEY_xfam + 1,
               "a mask is the row below its value");

/* An identity for SGX, or one for TDX, and all of it [DCAP 6.5]. */
static bool check_identity(struct reading *r)
{
	const bool *given = r->policy->given;
	bool sgx = given[ASSAY_KEY_mrenclave] || given[ASSAY_KEY_mrsigner];

	if (!needs(r, ASSAY_KEY_mrsigner, ASSAY_KEY_isv_prod_id) ||
	    !needs(r, ASSAY_KEY_mrsigner, ASSAY_KEY_min_isv_svn) ||
	    !needs(r, ASSAY_KEY_mrtd, ASSAY_KEY_rtmr0) ||
	    !needs(r, ASSAY_KEY_mrtd, ASSAY_KEY_rtmr1) ||
	    !needs(r, ASSAY_KEY_mrtd, ASSAY_KEY_rtmr2))
		return false;
	if (sgx && given[ASSAY_KEY_mrtd])
		return bad(r, r->at[ASSAY_KEY_mrtd],
		           "got mrtd beside mrenclave or mrsigner, which no "
		           "evidence can satisfy; want a policy for each");
	if (!sgx && !given[ASSAY_KEY_mrtd] && !given[ASSAY_KEY_measurements] &&
	    !r->policy->any_code)
		return bad(r, 0,
		           "got no rule that says which code; want mrenclave, "
		           "mrsigner, mrtd or measurements (or any_code: true, "
		           "which lets all code pass where nobody asks for "
		           "one)");
	return true;
}

/* What the keys say together. */
static bool check_whole(struct reading *r)
{
	const struct assay_policy *p = r->policy;

	/* as in Intel's appraisal library [DCAP 6.3] */
	if (p->platform_grace && p->collateral_grace)
		return bad(r, r->at[ASSAY_KEY_platform_grace],
		           "got platform_grace beside collateral_grace, want "
		           "only one of them above zero");
	return check_identity(r) && check_mask(r, ASSAY_KEY_attributes) &&
	       check_mask(r, ASSAY_KEY_misc_select) &&
	       check_mask(r, ASSAY_KEY_td_attributes) &&
	       check_mask(r, ASSAY_KEY_xfam);
}

bool assay_policy_parse(struct assay_policy *policy, struct assay_bytes json,
                        struct assay_err *err)
{
	struct reading r = { .policy = policy };
	struct assay_err why = { 0 };

	assay_policy_default(policy);
	assay_json_open(&r.j, json, ASSAY_DOC_POLICY);
	if (read_keys(&r))
		check_whole(&r);
	if (assay_json_close(&r.j, &why))
		return true;
	memset(policy, 0, sizeof(*policy));
	if (why.check == ASSAY_J_TYPE || why.check == ASSAY_J_RANGE)
		return assay_fail(err, ASSAY_A_POLICY, why.doc, why.at,
		                  "%s%s%s", r.key ? r.key : "",
		                  r.key ? ": " : "", why.note);
	if (err)
		*err = why;
	return false;
}
