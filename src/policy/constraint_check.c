/* constraint_check.c - a constraint against the facts.
 * Source: [CONCLAVE 2]. */
#include "policy/constraint.h"

#include "base/text.h"
#include "policy/policy.h"

#include <string.h>

enum {
	HASH_LEN = 32,
	HASH_TEXT = 2 * HASH_LEN + 1,
	DAY = 24 * 60 * 60,
};

/* ---- identity */

static bool is_in(const struct assay_constraint_set *set, const uint8_t *hash)
{
	for (size_t i = 0; hash && i < set->n; i++)
		if (set->hash[i].len == HASH_LEN &&
		    memcmp(set->hash[i].v, hash, HASH_LEN) == 0)
			return true;
	return false;
}

static void refuse_hash(struct assay_decision *d, const char *rule,
                        const char *what, const uint8_t *hash,
                        const struct assay_constraint_set *set)
{
	char got[HASH_TEXT] = "none", want[HASH_TEXT];

	if (hash)
		assay_hex_print(got, hash, HASH_LEN, true);
	assay_hex_print(want, set->hash[0].v, HASH_LEN, true);
	if (set->n == 1 && set->hash[0].len == HASH_LEN)
		assay_refuse(d, rule,
		             "The %s is %s and the constraint names %s.", what,
		             got, want);
	else
		assay_refuse(d, rule,
		             "The %s is %s, which is none of the %zu that the "
		             "constraint names.",
		             what, got, set->n);
}

/* Where both sets are given, either suffices. */
static void check_identity(struct assay_decision *d,
                           const struct assay_constraint *c,
                           const struct assay_constraint_facts *f)
{
	char code[HASH_TEXT] = "none", signer[HASH_TEXT] = "none";

	if (is_in(&c->code, f->mrenclave) || is_in(&c->signer, f->mrsigner))
		return;
	if (c->code.n && c->signer.n) {
		if (f->mrenclave)
			assay_hex_print(code, f->mrenclave, HASH_LEN, true);
		if (f->mrsigner)
			assay_hex_print(signer, f->mrsigner, HASH_LEN, true);
		assay_refuse(d, "constraint.C",
		             "The MRENCLAVE is %s and the MRSIGNER is %s, and "
		             "the constraint names neither.",
		             code, signer);
	} else if (c->signer.n) {
		refuse_hash(d, "constraint.S", "MRSIGNER", f->mrsigner,
		            &c->signer);
	} else {
		refuse_hash(d, "constraint.C", "MRENCLAVE", f->mrenclave,
		            &c->code);
	}
}

/* ---- numbers */

static void check_numbers(struct assay_decision *d,
                          const struct assay_constraint *c,
                          const struct assay_constraint_facts *f)
{
	if (c->has_prod && f->prod < 0)
		assay_refuse(
			d, "constraint.PROD",
			"The evidence has no product ID and the constraint "
			"wants %u.",
			c->prod);
	else if (c->has_prod && f->prod != c->prod)
		assay_refuse(
			d, "constraint.PROD",
			"The product ID is %d and the constraint wants %u.",
			f->prod, c->prod);
	/* ISVSVN 0 has no revocation level [CONCLAVE 1.1] */
	if (c->has_revoke && f->revocation < 0)
		assay_refuse(d, "constraint.REVOKE",
		             "The evidence has no revocation level and the "
		             "constraint wants %u or higher; it takes an SGX "
		             "enclave with ISVSVN 1 or higher.",
		             c->revoke);
	else if (c->has_revoke && (uint32_t)f->revocation < c->revoke)
		assay_refuse(d, "constraint.REVOKE",
		             "The revocation level is %d and the constraint "
		             "wants %u or higher; run a newer release of the "
		             "enclave.",
		             f->revocation, c->revoke);
}

/* INSECURE takes nothing better: it keeps test clients off production. */
static void check_level(struct assay_decision *d,
                        const struct assay_constraint *c,
                        const struct assay_constraint_facts *f)
{
	if (c->sec == ASSAY_LEVEL_INSECURE ? f->level == c->sec
	                                   : f->level >= c->sec)
		return;
	assay_refuse(d, "constraint.SEC",
	             "The security level is %s and the constraint wants %s%s.",
	             assay_level_name(f->level), assay_level_name(c->sec),
	             c->sec == ASSAY_LEVEL_INSECURE
	                     ? " alone; do not use a test's constraint for "
	                       "real evidence"
	             : c->sec == ASSAY_LEVEL_STALE ? " or SECURE"
	                                           : "");
}

/* ---- the calendar: the Gregorian one, before its beginning too, as java.time
 * has it.  Days are counted from 1970-01-01. */

static int64_t divide(int64_t a, int64_t b) /* towards minus infinity; b > 0 */
{
	return a / b - (a % b < 0);
}

static int64_t days_to_year(int64_t year)
{
	int64_t y = year - 1;

	return 365 * y + divide(y, 4) - divide(y, 100) + divide(y, 400) -
	       719162;
}

static int64_t days_in(int64_t year, int64_t month) /* month: from 0 */
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30,
		                          31, 31, 30, 31, 30, 31 };

	if (month == 1)
		return days_to_year(year + 1) - days_to_year(year) - 337;
	return days[month];
}

/* Years and months off a day: a day that the month has not becomes its last. */
static int64_t less_months(int64_t day, int64_t months)
{
	int64_t year = divide(day * 400, 146097) + 1970, month = 0;

	while (days_to_year(year) > day)
		year--;
	while (days_to_year(year + 1) <= day)
		year++;
	day -= days_to_year(year);
	while (day >= days_in(year, month))
		day -= days_in(year, month++);
	months = year * 12 + month - months;
	year = divide(months, 12);
	month = months - year * 12;
	if (day >= days_in(year, month))
		day = days_in(year, month) - 1;
	for (int64_t m = 0; m < month; m++)
		day += days_in(year, m);
	return days_to_year(year) + day;
}

bool assay_period_before(int64_t now, struct assay_period period, int64_t time)
{
	int64_t months = (int64_t)period.years * 12 + period.months;
	int64_t day = divide(now, DAY), time_day = divide(time, DAY);
	int64_t second = now % DAY, time_second = time % DAY;

	second += second < 0 ? DAY : 0;
	time_second += time_second < 0 ? DAY : 0;
	day = less_months(day, months) - period.days;
	return day < time_day || (day == time_day && second < time_second);
}

static void check_expiry(struct assay_decision *d,
                         const struct assay_constraint *c,
                         const struct assay_constraint_facts *f)
{
	char period[ASSAY_PERIOD_TEXT], time[ASSAY_TIME_TEXT];

	if (!c->has_expire ||
	    assay_period_before(f->now, c->expire, f->timestamp))
		return;
	assay_refuse(d, "constraint.EXPIRE",
	             "The evidence was assessed with documents of %s, and the "
	             "constraint accepts an age of %s at most; get it with "
	             "fresh collateral.",
	             assay_time_print(time, f->timestamp),
	             assay_period_text(period, c->expire));
}

void assay_constraint_check(struct assay_decision *decision,
                            const struct assay_constraint *constraint,
                            const struct assay_constraint_facts *facts)
{
	check_identity(decision, constraint, facts);
	check_numbers(decision, constraint, facts);
	check_level(decision, constraint, facts);
	check_expiry(decision, constraint, facts);
}
