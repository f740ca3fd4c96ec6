/* judge.c - one rule against the facts. */
#include "base/text.h"
#include "policy/list.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

enum {
	VALUE_MAX = 64, /* bytes of the longest value */
	VALUE_TEXT = 2 * VALUE_MAX + 1,
	NAMES_TEXT = 200, /* room for every status by name */
};

/* The bits of a TD's attributes [DCAP 1.3, 4.7]: TUD is judged by allow_debug,
 * SEPT_VE_DISABLE by a key of its own, and PKS and KL concern the TD alone.
 * MIGRATABLE, PERFMON and what is reserved must be named to be set. */
#define TD_SEPT_VE_DISABLE (UINT64_C(1) << 28)
#define TD_FREE (UINT64_C(0xff) | TD_SEPT_VE_DISABLE | UINT64_C(3) << 30)
/* XFAM [DCAP 1.3] */
#define XFAM_ONE UINT64_C(0x3)
#define XFAM_MAY UINT64_C(0x6dbe7)

#define refuse(c, rule, ...) \
	assay_refuse((c)->decision, (rule)->key.key, __VA_ARGS__)

static const void *fact(const struct assay_case *c,
                        const struct assay_rule *rule)
{
	return (const uint8_t *)c->verdict + rule->fact_at;
}

static const void *wanted(const struct assay_case *c,
                          const struct assay_rule *rule)
{
	return (const uint8_t *)c->policy + rule->at;
}

static bool is_given(const struct assay_case *c, const struct assay_rule *rule)
{
	return c->policy->given[rule - assay_rules];
}

/* More than `most` seconds lie between; any values will do. */
static bool is_longer(int64_t from, int64_t to, uint64_t most)
{
	return to > from && (uint64_t)to - (uint64_t)from > most;
}

/* A value as the policy file would have it. */
static const char *show(char out[VALUE_TEXT], const struct assay_rule *rule,
                        const uint8_t *v)
{
	const char *name;
	uint16_t n;

	switch (rule->type) {
	case ASSAY_TYPE_NUMBERS:
		memcpy(&n, v, sizeof(n));
		snprintf(out, VALUE_TEXT, "%u", n);
		break;
	case ASSAY_TYPE_SGX_TYPES:
		name = assay_sgx_type_name(*v);
		snprintf(out, VALUE_TEXT, "%s", name ? name : "unknown");
		break;
	default:
		assay_hex_print(out, v, rule->len, false);
	}
	return out;
}

/* ---- lists */

ASSAY_JUDGE(listed)
{
	char got[VALUE_TEXT], want[VALUE_TEXT];
	const uint8_t *v = fact(c, rule), *list;
	size_t n;

	list = assay_list_of(c->policy, rule, &n);
	for (size_t i = 0; i < n; i++)
		if (memcmp(list + i * rule->len, v, rule->len) == 0)
			return;
	if (n == 1)
		refuse(c, rule, "The %s is %s and the policy wants %s.",
		       rule->key.key, show(got, rule, v),
		       show(want, rule, list));
	else
		refuse(c, rule,
		       "The %s is %s, which is none of the %zu that the "
		       "policy lists; add it if it is meant.",
		       rule->key.key, show(got, rule, v), n);
}

/* One that was opened for another policy may be another's. */
static bool is_wanted(const struct assay_list *list,
                      const struct assay_wanted_list *want)
{
	return memcmp(list->key, want->key, sizeof(list->key)) == 0 &&
	       strcmp(list->name, want->name) == 0 &&
	       list->number >= want->min_number;
}

/* A list that is missing, or that failed, vouches for nothing. */
static bool has_list(struct assay_case *c, const struct assay_rule *rule)
{
	const struct assay_wanted_list *want = &c->policy->measurements;
	const struct assay_list *list = c->list;
	struct assay_err err = { 0 };
	const struct assay_check_info *check;

	if (list && !list->good)
		err = list->failed;
	else if (list && is_wanted(list, want) &&
	         assay_list_fresh(list, want, c->verdict->at, &err))
		return true;
	check = assay_check_info(err.check);
	if (check)
		refuse(c, rule,
		       "The list of measurements is not good: %s: %s. %s",
		       check->name, err.note, check->todo);
	else
		refuse(c, rule,
		       "The policy takes its measurements from the list "
		       "\"%s\", and it is not there; give the newest one with "
		       "--list, or publish it to the service.",
		       want->name);
	return false;
}

ASSAY_JUDGE(measurements)
{
	const struct assay_verdict *v = c->verdict;
	bool td = v->tee == ASSAY_TEE_TDX;
	char got[2 * 48 + 1];

	if (!has_list(c, rule) || assay_list_has(c->list, v))
		return;
	assay_hex_print(got, td ? v->td.mrtd : v->sgx.mrenclave, td ? 48 : 32,
	                false);
	refuse(c, rule,
	       "The %s %s is not in the list \"%s\", number %llu%s; measure "
	       "the code and have it listed, or get a newer list.",
	       td ? "mrtd" : "mrenclave", got, c->list->name,
	       (unsigned long long)c->list->number,
	       td ? " (with these registers)" : " (with this signer)");
}

/* Not given, none may be bound [DCAP 4.7]. */
ASSAY_JUDGE(service)
{
	static const uint8_t none[48];
	char got[VALUE_TEXT];

	if (is_given(c, rule))
		assay_judge_listed(c, rule);
	else if (memcmp(c->verdict->td.mrservicetd, none, sizeof(none)) != 0)
		refuse(c, rule,
		       "The TD is bound to the service TD %s, which may "
		       "move or change it, and the policy names none; add "
		       "it to mrservicetd if it is trusted.",
		       show(got, rule, c->verdict->td.mrservicetd));
}

static bool has_advisory(const struct assay_case *c,
                         const struct assay_rule *rule, const char *advisory)
{
	size_t n;
	const uint8_t *list = assay_list_of(c->policy, rule, &n);

	for (size_t i = 0; i < n; i++)
		if (strcmp((const char *)list + i * rule->len, advisory) == 0)
			return true;
	return false;
}

/* The first advisory that is in the list, or that is not; NULL: none is. */
static const char *find_advisory(const struct assay_case *c,
                                 const struct assay_rule *rule, bool listed)
{
	const struct assay_verdict *v = c->verdict;

	for (size_t i = 0; i < v->n_advisories; i++)
		if (has_advisory(c, rule, v->advisories[i]) == listed)
			return v->advisories[i];
	return NULL;
}

ASSAY_JUDGE(rejected)
{
	const char *advisory = find_advisory(c, rule, true);

	if (advisory)
		refuse(c, rule,
		       "The advisory %s applies and the policy rejects "
		       "it; do what the advisory says.",
		       advisory);
}

ASSAY_JUDGE(accepted)
{
	const char *advisory = find_advisory(c, rule, false);

	if (advisory)
		refuse(c, rule,
		       "The advisory %s applies and the policy does not "
		       "list it; do what it says, or add it to "
		       "accepted_advisories.",
		       advisory);
}

/* ---- statuses */

static const char *show_statuses(char out[NAMES_TEXT], uint32_t statuses)
{
	size_t len = 0;
	int n;

	snprintf(out, NAMES_TEXT, "none");
	for (int s = ASSAY_N_STATUS - 1; s > ASSAY_STATUS_NONE; s--) {
		if (!(statuses & 1u << s))
			continue;
		n = snprintf(out + len, NAMES_TEXT - len, "%s%s",
		             len ? ", " : "",
		             assay_status_name((enum assay_status)s));
		if (n < 0 || (size_t)n >= NAMES_TEXT - len)
			break;
		len += (size_t)n;
	}
	return out;
}

/* OutOfDate, but not for longer than platform_grace [DCAP 6.1]. */
static bool in_grace(const struct assay_case *c, enum assay_status status)
{
	return c->policy->given[ASSAY_KEY_platform_grace] &&
	       (status == ASSAY_STATUS_OUT_OF_DATE ||
	        status == ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED) &&
	       !is_longer(c->verdict->tcb_date, c->verdict->at,
	                  c->policy->platform_grace);
}

/* What the status asks for; a machine that only lacks a configuration has every
 * update. */
static const char *remedy(enum assay_status status)
{
	static const char *const remedies[ASSAY_N_STATUS] = {
		[ASSAY_STATUS_REVOKED] = "take another machine",
		[ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED] =
			"update and configure the machine",
		[ASSAY_STATUS_OUT_OF_DATE] = "update the machine",
		[ASSAY_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED] =
			"configure the machine, start the TD anew",
		[ASSAY_STATUS_TD_RELAUNCH_ADVISED] = "start the TD anew",
		[ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED] =
			"configure the machine, harden the code",
		[ASSAY_STATUS_CONFIGURATION_NEEDED] = "configure the machine",
		[ASSAY_STATUS_SW_HARDENING_NEEDED] = "harden the code",
		[ASSAY_STATUS_UP_TO_DATE] = "correct the policy",
	};

	return remedies[status];
}

ASSAY_JUDGE(status)
{
	bool whole = rule == &assay_rules[ASSAY_KEY_accepted_statuses];
	char names[NAMES_TEXT];
	enum assay_status status;
	uint32_t statuses;

	memcpy(&status, fact(c, rule), sizeof(status));
	memcpy(&statuses, wanted(c, rule), sizeof(statuses));
	if (whole)
		statuses = c->statuses;
	if (statuses & 1u << status || (whole && in_grace(c, status)))
		return;
	if (status == ASSAY_STATUS_NONE)
		refuse(c, rule,
		       "The evidence has no such status, and the policy "
		       "asks for %s.",
		       show_statuses(names, statuses));
	else
		refuse(c, rule,
		       "The status is %s and the policy accepts %s only; "
		       "%s, or name %s in %s.",
		       assay_status_name(status),
		       show_statuses(names, statuses), remedy(status),
		       assay_status_name(status), rule->key.key);
}

/* ---- numbers and dates */

static uint64_t number_at(const void *p, size_t len)
{
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (len) {
	case sizeof(u16):
		memcpy(&u16, p, sizeof(u16));
		return u16;
	case sizeof(u32):
		memcpy(&u32, p, sizeof(u32));
		return u32;
	default:
		memcpy(&u64, p, sizeof(u64));
		return u64;
	}
}

static void show_number(char out[ASSAY_TIME_TEXT],
                        const struct assay_rule *rule, uint64_t v)
{
	if (rule->type == ASSAY_TYPE_TIME)
		assay_time_print(out, (int64_t)v);
	else
		snprintf(out, ASSAY_TIME_TEXT, "%llu", (unsigned long long)v);
}

static void refuse_less(struct assay_case *c, const struct assay_rule *rule,
                        const char *what, uint64_t got, uint64_t want)
{
	char got_text[ASSAY_TIME_TEXT], want_text[ASSAY_TIME_TEXT];

	show_number(got_text, rule, got);
	show_number(want_text, rule, want);
	refuse(c, rule,
	       "The %s is %s and the policy asks for %s or later; get "
	       "something newer, or lower %s.",
	       what, got_text, want_text, rule->key.key);
}

ASSAY_JUDGE(least)
{
	uint64_t got = number_at(fact(c, rule), rule->len);
	uint64_t want = number_at(wanted(c, rule), sizeof(want));

	if (got < want)
		refuse_less(c, rule, rule->key.key + strlen("min_"), got, want);
}

ASSAY_JUDGE(issue)
{
	const struct assay_window *w = c->verdict->windows;
	int64_t tcb_info = w[ASSAY_ITEM_TCB_INFO].from;
	int64_t qe = w[ASSAY_ITEM_QE_IDENTITY].from;
	int64_t got = tcb_info < qe ? tcb_info : qe;

	if (got < c->policy->min_issue_date)
		refuse_less(c, rule,
		            tcb_info < qe ? "TCB info's issue date"
		                          : "QE identity's issue date",
		            (uint64_t)got, (uint64_t)c->policy->min_issue_date);
}

ASSAY_JUDGE(same)
{
	const struct assay_verdict *v = c->verdict;

	if (c->policy->same_evaluation_number &&
	    v->tcb_evaluation_number != v->qe_evaluation_number)
		refuse(c, rule,
		       "The evaluation number of the TCB info is %u, that "
		       "of the QE identity is %u, and the policy wants "
		       "them the same; fetch both again.",
		       v->tcb_evaluation_number, v->qe_evaluation_number);
}

/* What the eight items are called, and whose grace is theirs. */
static const struct {
	const char *name;
	bool document, young; /* young: made anew all the time */
} items[ASSAY_N_ITEMS] = {
	[ASSAY_ITEM_PCK_CHAIN] = { "PCK chain", false, false },
	[ASSAY_ITEM_ROOT_CRL] = { "root's revocation list", true, false },
	[ASSAY_ITEM_PCK_CRL] = { "PCK CA's revocation list", true, true },
	[ASSAY_ITEM_PCK_CRL_CHAIN] = { "PCK CRL's chain", false, false },
	[ASSAY_ITEM_TCB_CHAIN] = { "TCB info's chain", false, false },
	[ASSAY_ITEM_QE_CHAIN] = { "QE identity's chain", false, false },
	[ASSAY_ITEM_TCB_INFO] = { "TCB info", true, true },
	[ASSAY_ITEM_QE_IDENTITY] = { "QE identity", true, true },
};

ASSAY_JUDGE(age)
{
	const struct assay_verdict *v = c->verdict;
	uint64_t most = c->policy->max_collateral_age;
	char from[ASSAY_TIME_TEXT];

	for (size_t i = 0; i < ASSAY_N_ITEMS; i++) {
		if (!items[i].young ||
		    !is_longer(v->windows[i].from, v->at, most))
			continue;
		refuse(c, rule,
		       "The %s was issued at %s, and the policy accepts an "
		       "age of %llu seconds at most; fetch the collateral "
		       "again.",
		       items[i].name,
		       assay_time_print(from, v->windows[i].from),
		       (unsigned long long)most);
		return;
	}
}

/* The verdict may have been reached on other terms than this policy's: the
 * first document, or chain, that had ended for longer than its grace.  `until`
 * is the first second that no longer counts [DCAP 4.8]. */
static void judge_end(struct assay_case *c, const struct assay_rule *rule,
                      bool document, uint64_t grace)
{
	const struct assay_verdict *v = c->verdict;
	char until[ASSAY_TIME_TEXT];

	for (size_t i = 0; i < ASSAY_N_ITEMS; i++) {
		if (items[i].document != document ||
		    (v->at < v->windows[i].until) ||
		    (uint64_t)v->at - (uint64_t)v->windows[i].until < grace)
			continue;
		/* a PCK CRL by the quote's own CA has no chain beside it */
		if (i == ASSAY_ITEM_PCK_CRL_CHAIN && !v->windows[i].until)
			continue;
		refuse(c, rule,
		       "The %s ended at %s and the policy's grace is %llu "
		       "seconds; fetch the collateral again, or raise %s.",
		       items[i].name,
		       assay_time_print(until, v->windows[i].until),
		       (unsigned long long)grace, rule->key.key);
		return;
	}
}

ASSAY_JUDGE(documents)
{
	judge_end(c, rule, true, c->policy->collateral_grace);
}

ASSAY_JUDGE(chains)
{
	judge_end(c, rule, false, c->policy->certificate_grace);
}

/* ---- permissions */

ASSAY_JUDGE(simulation)
{
	if (c->verdict->simulation && !c->simulation)
		refuse(c, rule,
		       "The evidence is of a simulated platform, which "
		       "protects nothing; accept it in tests only, with "
		       "simulation: true or SEC:INSECURE.");
}

ASSAY_JUDGE(debug)
{
	if (c->verdict->debug && !c->policy->allow_debug)
		refuse(c, rule,
		       "The %s runs in debug mode, where its host can read "
		       "and change it, and the policy forbids that; run a "
		       "release build, or set allow_debug in tests.",
		       c->verdict->tee == ASSAY_TEE_TDX ? "TD" : "enclave");
}

ASSAY_JUDGE(provision)
{
	uint64_t keys = c->verdict->sgx.flags &
	                (ASSAY_SGX_PROVISION_KEY | ASSAY_SGX_EINITTOKEN_KEY);

	if (keys && !c->policy->allow_provision_key)
		refuse(c, rule,
		       "The enclave has the attribute %s, which opens keys "
		       "of the platform, and the policy forbids it; build "
		       "it without, or set allow_provision_key.",
		       keys & ASSAY_SGX_PROVISION_KEY ? "PROVISION_KEY"
		                                      : "EINITTOKEN_KEY");
}

/* Absent is not false: a Processor CA's certificate does not say. */
ASSAY_JUDGE(flag)
{
	enum assay_flag flag;
	bool allow;

	memcpy(&flag, fact(c, rule), sizeof(flag));
	memcpy(&allow, wanted(c, rule), sizeof(allow));
	if (!allow && flag != ASSAY_FLAG_FALSE)
		refuse(c, rule,
		       "The PCK certificate %s %s, and the policy wants "
		       "it to say no; use another machine, or leave out "
		       "%s.",
		       flag == ASSAY_FLAG_TRUE ? "says yes to"
		                               : "does not speak of",
		       rule->key.key + strlen("allow_"), rule->key.key);
}

ASSAY_JUDGE(mode)
{
	bool is_64 = c->verdict->sgx.flags & ASSAY_SGX_MODE64BIT;

	if (is_64 != c->policy->mode64bit)
		refuse(c, rule,
		       "The enclave's attribute MODE64BIT is %s and the "
		       "policy wants it %s.",
		       is_64 ? "set" : "clear", is_64 ? "clear" : "set");
}

/* Without that a host can make a TD's page vanish and have it handle the
 * exception; TDs below a paravisor, as in Azure, leave it clear [DCAP 1.3]. */
ASSAY_JUDGE(sept)
{
	if (c->verdict->tee == ASSAY_TEE_TDX &&
	    c->policy->require_sept_ve_disable &&
	    !(c->verdict->td.td_attributes & TD_SEPT_VE_DISABLE))
		refuse(c, rule,
		       "The TD's attribute SEPT_VE_DISABLE is clear and the "
		       "policy wants it set; where it must be clear (Azure, "
		       "for one), set require_sept_ve_disable to false.");
}

/* ---- bits */

/* The fact of a row of type BITS as it stands in the report. */
static void report_bytes(uint8_t out[VALUE_MAX], const struct assay_case *c,
                         const struct assay_rule *rule)
{
	uint32_t u32;
	uint64_t u64;

	switch (rule->len) {
	case sizeof(u32):
		u32 = htole32((uint32_t)number_at(fact(c, rule), rule->len));
		memcpy(out, &u32, sizeof(u32));
		break;
	case sizeof(u64):
		u64 = htole64(number_at(fact(c, rule), rule->len));
		memcpy(out, &u64, sizeof(u64));
		break;
	default:
		memcpy(out, fact(c, rule), rule->len);
	}
}

ASSAY_JUDGE(bits)
{
	const uint8_t *want = wanted(c, rule), *mask = wanted(c, rule + 1);
	char got_text[VALUE_TEXT], want_text[VALUE_TEXT], mask_text[VALUE_TEXT];
	uint8_t got[VALUE_MAX], differ = 0;

	report_bytes(got, c, rule);
	for (size_t i = 0; i < rule->len; i++)
		differ |= (uint8_t)((got[i] ^ want[i]) & mask[i]);
	if (differ)
		refuse(c, rule,
		       "The %s reads %s and the policy wants %s in the bits "
		       "%s; the evidence has other features than were "
		       "meant.",
		       rule->key.key, show(got_text, rule, got),
		       show(want_text, rule, want),
		       show(mask_text, rule, mask));
}

static uint64_t mask_of(const struct assay_case *c,
                        const struct assay_rule *rule)
{
	uint64_t mask = 0;

	if (is_given(c, rule))
		memcpy(&mask, wanted(c, rule + 1), sizeof(mask));
	return le64toh(mask);
}

ASSAY_JUDGE(td_bits)
{
	uint64_t named = mask_of(c, rule);
	uint64_t odd = c->verdict->td.td_attributes & ~(TD_FREE | named);

	if (odd)
		refuse(c, rule,
		       "The TD's attributes have set %#llx, which is %s; "
		       "take a TD without, or name the bits in "
		       "td_attributes and its mask.",
		       (unsigned long long)odd,
		       odd == UINT64_C(1) << 29   ? "MIGRATABLE"
		       : odd == UINT64_C(1) << 63 ? "PERFMON"
		                                  : "not for every TD");
	else if (is_given(c, rule))
		assay_judge_bits(c, rule);
}

ASSAY_JUDGE(xfam)
{
	uint64_t xfam = c->verdict->td.xfam;

	if ((xfam & XFAM_ONE) != XFAM_ONE || xfam & ~XFAM_MAY)
		refuse(c, rule,
		       "The TD's XFAM is %#llx, which no TD has: bits 0 and "
		       "1 must be set, and none outside of %#llx; do not "
		       "trust this evidence.",
		       (unsigned long long)xfam, (unsigned long long)XFAM_MAY);
	else if (is_given(c, rule))
		assay_judge_bits(c, rule);
}

/* All 64 bytes, always [DCAP 6.5]. */
ASSAY_JUDGE(data)
{
	char got[VALUE_TEXT], want[VALUE_TEXT];

	if (memcmp(fact(c, rule), wanted(c, rule), rule->len) != 0)
		refuse(c, rule, "The report data is %s and %s is wanted.",
		       show(got, rule, fact(c, rule)),
		       show(want, rule, wanted(c, rule)));
}
