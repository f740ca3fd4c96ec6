/* constraint.h - a constraint line as a struct, and checked against facts. */
#ifndef POLICY_CONSTRAINT_H
#define POLICY_CONSTRAINT_H

#include <assay/policy.h>

enum {
	ASSAY_CONSTRAINT_MAX_HASHES = ASSAY_POLICY_MAX_HASHES, /* C, and S */
};

/* A hash: SHA-256, or SHA-512, which nothing matches. */
struct assay_constraint_hash {
	uint8_t len; /* 32 or 64 */
	uint8_t v[64];
};

struct assay_constraint_set {
	size_t n;
	struct assay_constraint_hash hash[ASSAY_CONSTRAINT_MAX_HASHES];
};

/* A date period; it is taken from a date in the order months, days. */
struct assay_period {
	int32_t years, months, days;
};

/* Rules.  Zeroed, it accepts nothing. */
struct assay_constraint {
	struct assay_constraint_set code, signer;
	bool has_prod, has_revoke, has_expire;
	uint16_t prod;
	uint32_t revoke; /* at most 2^31 - 1 */
	enum assay_level sec;
	struct assay_period expire;
};

/* What a constraint asks about. */
struct assay_constraint_facts {
	const uint8_t *mrenclave, *mrsigner; /* 32 bytes; NULL: has none */
	int32_t prod;                        /* -1: has none */
	int32_t revocation; /* the revocation level; -1: has none */
	enum assay_level level;
	int64_t timestamp, now; /* assessed at, and asked at; seconds since
	                            * 1970-01-01T00:00:00Z */
};

/* assay_constraint_check adds the rules that say no to `decision`, in the order
 * in which they are checked: identity, PROD, REVOKE, SEC, EXPIRE.
 * Source: [CONCLAVE 2]. */
void assay_constraint_check(struct assay_decision *decision,
                            const struct assay_constraint *constraint,
                            const struct assay_constraint_facts *facts);

/* assay_period_text writes "P1Y2M3D" as the canonical form has it. */
#define ASSAY_PERIOD_TEXT 40
const char *assay_period_text(char out[ASSAY_PERIOD_TEXT],
                              struct assay_period period);

/* assay_period_before says whether `now` less `period` is before `time`.
 * Calendar arithmetic in UTC: years and months first, where a day that the
 * month has not becomes its last, then days.  Any values will do. */
bool assay_period_before(int64_t now, struct assay_period period, int64_t time);

#endif
