/* judge.c - one file of evidence: read, verified, appraised. */
#include "cli/judge.h"

#include "base/rd.h"
#include "format/quote.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_OPENED = 8,     /* trusts that one thread keeps */
	MAX_PLATFORMS = 32, /* platforms that one thread remembers */
};

/* A set, opened for the CAs of one chain. */
struct opened {
	const struct cli_set *set;
	uint8_t *chain;            /* a PCK chain that led to it */
	struct assay_bytes cas;    /* its part behind the leaf */
	struct assay_trust *trust; /* NULL: it does not open */
};

struct cli_judge {
	const struct cli_rules *rules;
	struct assay_memo *memo;
	struct assay_trust *trust; /* for what is judged on its own */
	size_t n_opened, max_opened, next_opened;
	struct opened opened[MAX_OPENED];
	uint8_t *file;
	struct assay_scratch scratch;
	struct assay_verdict other; /* by another set */
	struct judgement result;
};

struct cli_judge *cli_judge_new(const struct cli_rules *rules, bool many)
{
	struct cli_judge *j = cli_alloc(1, sizeof(*j));

	j->rules = rules;
	j->max_opened = many ? MAX_OPENED : 0;
	j->memo = assay_memo_new(many ? MAX_PLATFORMS : 0, NULL);
	j->trust = cli_alloc(1, assay_trust_size());
	if (!j->memo)
		cli_out_of_memory();
	return j;
}

static void close_set(struct opened *o)
{
	free(o->trust);
	free(o->chain);
	*o = (struct opened){ 0 };
}

void cli_judge_free(struct cli_judge *j)
{
	if (!j)
		return;
	for (size_t i = 0; i < j->n_opened; i++)
		close_set(&j->opened[i]);
	assay_memo_free(j->memo);
	free(j->trust);
	free(j->file);
	free(j->scratch.ptr);
	free(j);
}

/* What follows the first certificate: the same for every leaf of one CA. */
static struct assay_bytes behind_leaf(struct assay_bytes chain)
{
	static const char end[] = "-----END CERTIFICATE-----";
	const uint8_t *p = chain.len ? memmem(chain.ptr, chain.len, end,
	                                      sizeof(end) - 1)
	                             : NULL;
	size_t n;

	if (!p)
		return chain;
	n = (size_t)(p - chain.ptr) + sizeof(end) - 1;
	return (struct assay_bytes){ chain.ptr + n, chain.len - n };
}

static struct opened *find_opened(struct cli_judge *j,
                                  const struct cli_set *set,
                                  struct assay_bytes chain)
{
	struct assay_bytes cas = behind_leaf(chain);

	for (size_t i = 0; i < j->n_opened; i++)
		if (j->opened[i].set == set &&
		    assay_bytes_equal(j->opened[i].cas, cas))
			return &j->opened[i];
	return NULL;
}

/* Opens the set for this chain, whose CAs are kept, to know them again. */
static struct opened *open_set(struct cli_judge *j, const struct cli_set *set,
                               struct assay_bytes chain)
{
	struct opened *o = &j->opened[j->next_opened];
	struct assay_bytes copy;

	close_set(o);
	j->next_opened = (j->next_opened + 1) % j->max_opened;
	if (j->n_opened < j->max_opened)
		j->n_opened++;
	o->set = set;
	o->chain = cli_alloc(chain.len, 1);
	if (chain.len)
		memcpy(o->chain, chain.ptr, chain.len);
	copy = (struct assay_bytes){ o->chain, chain.len };
	o->cas = behind_leaf(copy);
	o->trust = cli_alloc(1, assay_trust_size());
	if (!assay_trust_open(o->trust, &set->documents, copy, j->rules->root,
	                      j->memo, NULL)) {
		free(o->trust);
		o->trust = NULL;
	}
	return o;
}

/* The set as it was opened before, or is opened now; NULL if it does not open
 * for this evidence. */
static const struct assay_trust *shared_trust(struct cli_judge *j,
                                              const struct cli_set *set,
                                              const struct assay_evidence *e)
{
	struct assay_bytes chain = set->documents.pck_chain;
	struct assay_quote quote;
	struct opened *o;

	if (!j->max_opened ||
	    !assay_quote_parse(&quote, e->quote, j->rules->terms.strict, NULL))
		return NULL;
	if (quote.cert_type == ASSAY_CERT_PCK_CHAIN)
		chain = quote.cert;
	o = find_opened(j, set, chain);
	if (!o)
		o = open_set(j, set, chain);
	return o->trust;
}

/*
 * Judges by one set.  A trust that serves many quotes may only say yes: a no is
 * always said by the set opened for this very quote, so that what is wrong does
 * not depend on what was judged before.
 */
static bool judge_by_set(struct assay_verdict *v, struct cli_judge *j,
                         const struct cli_set *set,
                         const struct assay_evidence *e)
{
	const struct cli_rules *r = j->rules;
	const struct assay_trust *trust;

	if (set->broken.check) {
		if (assay_verdict_claims(v, e->quote, r->terms.strict))
			v->failed = set->broken;
		v->simulation = memcmp(r->root, assay_intel_root_key, 64) != 0;
		return false;
	}
	trust = shared_trust(j, set, e);
	return (trust && assay_verify(v, trust, j->memo, e->quote,
	                              set->documents.pck_chain, &r->terms)) ||
	       assay_verify_evidence(v, j->trust, j->memo, e, &set->documents,
	                             r->root, &r->terms);
}

/* How much a verdict counts among those by several sets: collateral of another
 * platform says nothing; what is revoked is revoked, whoever else knows. */
enum weight { FOREIGN, REFUSED, GENUINE, REVOKED };

static enum weight weigh(const struct assay_verdict *v)
{
	if (v->genuine)
		return GENUINE;
	switch (v->failed.check) {
	case ASSAY_J_ID:
	case ASSAY_T_FMSPC:
	case ASSAY_T_PCEID:
	case ASSAY_E_ID:
	case ASSAY_R_ISSUER:
	case ASSAY_X_BIND:
		return FOREIGN;
	case ASSAY_R_INTERMEDIATE_REVOKED:
	case ASSAY_R_PCK_REVOKED:
	case ASSAY_R_TCBSIGNER_REVOKED:
	case ASSAY_T_REVOKED:
		return REVOKED;
	default:
		return REFUSED;
	}
}

/* Whether a verdict counts more than another by another set: of two that are
 * genuine the one by the newer documents, so that nobody gains by offering old
 * ones; of two as new the worse. */
static bool outweighs(const struct assay_verdict *a,
                      const struct assay_verdict *b)
{
	const struct assay_window *wa = a->windows, *wb = b->windows;

	if (weigh(a) != weigh(b) || weigh(a) != GENUINE)
		return weigh(a) > weigh(b);
	if (a->evaluation_number != b->evaluation_number)
		return a->evaluation_number > b->evaluation_number;
	if (wa[ASSAY_ITEM_TCB_INFO].from != wb[ASSAY_ITEM_TCB_INFO].from)
		return wa[ASSAY_ITEM_TCB_INFO].from >
		       wb[ASSAY_ITEM_TCB_INFO].from;
	return a->status < b->status;
}

static bool judge_evidence(struct cli_judge *j)
{
	const struct cli_rules *r = j->rules;
	struct judgement *out = &j->result;

	if (r->sets.n == 0)
		return assay_verify_evidence(&out->verdict, j->trust, j->memo,
		                             &out->evidence, NULL, r->root,
		                             &r->terms);
	out->collateral = r->sets.set[0].name;
	judge_by_set(&out->verdict, j, &r->sets.set[0], &out->evidence);
	for (size_t i = 1; i < r->sets.n; i++) {
		judge_by_set(&j->other, j, &r->sets.set[i], &out->evidence);
		if (!outweighs(&j->other, &out->verdict))
			continue;
		out->verdict = j->other;
		out->collateral = r->sets.set[i].name;
	}
	return out->verdict.genuine;
}

static bool read_evidence(struct cli_judge *j)
{
	struct judgement *out = &j->result;
	size_t len;

	if (!cli_read(&j->file, &len, out->name)) {
		out->trouble = errno ? errno : EIO;
		return false;
	}
	j->scratch = cli_scratch(len);
	out->readable = assay_evidence_read(
		&out->evidence, (struct assay_bytes){ j->file, len },
		&j->scratch, &out->verdict.failed);
	return out->readable;
}

const struct judgement *cli_judge(struct cli_judge *j, const char *file)
{
	const struct cli_rules *r = j->rules;
	struct judgement *out = &j->result;

	free(j->file);
	free(j->scratch.ptr);
	j->file = NULL;
	j->scratch = (struct assay_scratch){ 0 };
	judge_empty(out);
	out->name = file;
	out->root_name = r->root_name;
	if (read_evidence(j) && !judge_evidence(j))
		assert(out->verdict.failed.check);
	out->verdict.at = r->terms.now;
	if (!out->trouble)
		judge_appraise(out, r->policy, r->accept, r->n_accept,
		               &r->wants);
	else
		out->level = assay_verdict_level(&out->verdict, out->reason,
		                                 sizeof(out->reason));
	return out;
}

int cli_judgement_status(const struct judgement *judgement)
{
	if (judgement->trouble)
		return CLI_TROUBLE;
	return judgement->decision.accept ? CLI_YES : CLI_NO;
}
