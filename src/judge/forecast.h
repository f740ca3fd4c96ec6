/* forecast.h - evidence that is accepted today: when it no longer will be, why,
 * and what helps.  Judged with what is known today: the documents' own ends, and
 * the early set, which the manufacturer makes the standard one later. */
#ifndef JUDGE_FORECAST_H
#define JUDGE_FORECAST_H

#include "judge/judge.h"

/* Why it will be refused. */
enum forecast_kind {
	FORECAST_NONE = 0,
	FORECAST_REFUSED,     /* it is refused already */
	FORECAST_LEVEL,       /* the early set asks for more than it has */
	FORECAST_CERTIFICATE, /* its PCK certificate, or that one's CA, ends */
	FORECAST_DOCUMENTS,   /* documents, or a list, end or get too old */
	FORECAST_RULE,        /* a rule of the policy says no by then */
};

enum { FORECAST_TEXT = 512, FORECAST_REMEDY = 256 };

struct forecast_fail {
	enum forecast_kind kind; /* NONE: nothing is known that would fail */
	int64_t on;              /* the first second; 0: nobody knows */
	uint32_t evaluation;     /* LEVEL: of the early set */
	enum assay_status status_now, status_then;
	bool simulation;
	size_t n_gaps;
	struct assay_gap gaps[ASSAY_MAX_GAPS]; /* LEVEL */
	enum assay_doc doc;                    /* what ends; or NONE */
	char reason[FORECAST_TEXT]; /* of the first rule that says no */
};

struct forecast {
	struct forecast_fail level; /* LEVEL, REFUSED or NONE */
	/* by the set of today, as time goes on, if its documents are always
	 * renewed in time: CERTIFICATE, RULE or NONE */
	struct forecast_fail end;
	struct forecast_fail documents; /* if they never are */
	/* why the early set says nothing; its check is OK: it does, or there is
	 * none */
	struct assay_err early;
};

/* What it is judged with. */
enum forecast_with {
	FORECAST_TODAY,
	FORECAST_EARLY,   /* the early set */
	FORECAST_RENEWED, /* the set of today, by the policy of
	                   * forecast_renewed */
};

/* Judges the evidence as of `at`; NULL: there is no early set.  The judgement is
 * good until the next call. */
typedef const struct judgement *
forecast_judge(void *arg, enum forecast_with with, int64_t at);

/* forecast_renewed is `policy` as if documents and lists never got too old. */
void forecast_renewed(struct assay_policy *out,
                      const struct assay_policy *policy);

/*
 * forecast_make judges now, with the early set, and at each time within a year at
 * which something ends that the policy minds.
 *
 * wants        what the evidence is judged with, for its list; or NULL
 * standard_on  when the early set becomes the standard one; 0: nobody knows
 */
void forecast_make(struct forecast *out, forecast_judge *judge, void *arg,
                   const struct assay_policy *policy,
                   const struct judge_wants *wants, int64_t now,
                   int64_t standard_on);

/* "14 August 2026", "when evaluation 20 becomes the standard", "already"; what is
 * wrong then: "component 2 is 3, needs 4"; and what helps:
 * "update BIOS, Early Microcode Update", or nothing. */
void forecast_when(const struct forecast_fail *fail, char out[FORECAST_TEXT]);
void forecast_cause(const struct forecast_fail *fail, char out[FORECAST_TEXT]);
void forecast_remedy(const struct forecast_fail *fail,
                     char out[FORECAST_REMEDY]);
/* All three in a sentence. */
void forecast_sentence(const struct forecast_fail *fail,
                       char out[3 * FORECAST_TEXT]);

/* The members on, kind, evaluation, status_now, status_then, gaps, remedy,
 * sentence, of an object that is open. */
void forecast_json(struct assay_json_out *o, const struct forecast_fail *fail);

/* ---- many platforms, by what they have in common */

enum { FORECAST_GROUPS = 32 };
struct forecast_sum {
	size_t n_groups, n_others; /* others: for which there was no room */
	struct {
		enum forecast_kind kind;
		size_t n;
		char when[FORECAST_TEXT], cause[FORECAST_TEXT];
	} group[FORECAST_GROUPS];
};
void forecast_add(struct forecast_sum *sum, const struct forecast_fail *fail);
/* "3 platforms fail on 14 August 2026: component 2 is 3, needs 4", from 0; false
 * after the last. */
ASSAY_MUST_CHECK bool forecast_summary(const struct forecast_sum *sum, size_t i,
                                       char out[3 * FORECAST_TEXT]);

#endif
