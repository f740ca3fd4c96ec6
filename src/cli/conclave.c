/* conclave.c - Conclave's attestations, judged as R3's client did: whatever it
 * was content with, and in its words. */
#include "cli/conclave.h"

#include <assay/conclave.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One attestation, on its way. */
struct judging {
	const struct cli_rules *rules;
	struct assay_eii eii;
	struct assay_err err; /* of what could not be read */
	struct assay_conclave_info info;
	struct assay_decision decision;
};

/* Grades what the attestation holds; false: a document in it is none. */
static bool judge_quote(struct judging *j, size_t len)
{
	struct assay_trust *trust = cli_alloc(1, assay_trust_size());
	struct assay_verdict *v = cli_alloc(1, sizeof(*v));
	struct assay_scratch scratch = cli_scratch(len);
	struct assay_terms terms = j->rules->terms;
	struct assay_evidence e;
	bool read = assay_eii_evidence(&e, &j->eii, &scratch,
	                               ASSAY_CONCLAVE_COMPAT, &j->err);

	assay_conclave_terms(&terms);
	if (read) {
		/* whether it is genuine is in the grade */
		(void)!assay_verify_evidence(v, trust, NULL, &e, NULL,
		                             j->rules->root, &terms);
		assay_conclave_grade(&j->info, &j->eii, &e, v,
		                     ASSAY_CONCLAVE_COMPAT);
	}
	free(scratch.ptr);
	free(v);
	free(trust);
	return read;
}

static bool judge(struct judging *j, struct assay_bytes in)
{
	if (!assay_eii_parse(&j->eii, in, ASSAY_CONCLAVE_COMPAT, &j->err))
		return false;
	if (j->eii.quote.len)
		return judge_quote(j, in.len);
	assay_conclave_grade(&j->info, &j->eii, NULL, NULL,
	                     ASSAY_CONCLAVE_COMPAT);
	return true;
}

static void put_decision(struct cli_text *text, const struct assay_decision *d)
{
	char line[sizeof(d->refusals[0].note) + 64];

	cli_put(text, "\n\nDecision: %s%s%s\n",
	        cli_paint(text, d->accept ? CLI_GREEN : CLI_RED),
	        d->accept ? "accept" : "refuse", cli_paint(text, CLI_PLAIN));
	for (size_t i = 0; i < d->n_refusals; i++) {
		snprintf(line, sizeof(line), "%s: %s", d->refusals[i].rule,
		         d->refusals[i].note);
		cli_put_wrapped(text, "- ", line);
	}
	cli_put_wrapped(text, "- ",
	                "Judged as R3's client did: no date counts, and "
	                "advisories are those of every level.");
}

static int judge_file(struct cli_text *text, struct judging *j,
                      const char *file)
{
	char out[ASSAY_CONCLAVE_TEXT];
	uint8_t *bytes;
	bool accept = false;
	size_t len;

	if (!cli_read(&bytes, &len, file)) {
		cli_warn("%s: %s", file, strerror(errno));
		return CLI_TROUBLE;
	}
	if (judge(j, (struct assay_bytes){ bytes, len })) {
		accept = assay_conclave_appraise(&j->decision, &j->eii,
		                                 &j->info, j->rules->terms.now,
		                                 j->rules->accept,
		                                 j->rules->n_accept);
		assay_conclave_print(out, sizeof(out), &j->eii, &j->info);
		cli_put(text, "%s", out);
		put_decision(text, &j->decision);
	} else {
		cli_put_fault(text, file, &j->err);
		cli_put(text, "\n");
	}
	free(bytes);
	return accept ? CLI_YES : CLI_NO;
}

int cli_conclave_compat(const struct cli_rules *rules,
                        const struct cli_list *files)
{
	struct cli_text text = { .colour = cli_colour() };
	struct judging *j = cli_alloc(1, sizeof(*j));
	int worst = CLI_YES, status;

	j->rules = rules;
	for (size_t i = 0; i < files->n; i++) {
		cli_put(&text, i ? "\n" : "");
		status = judge_file(&text, j, files->item[i]);
		worst = status > worst ? status : worst;
	}
	free(j);
	worst = cli_flush(&text) ? worst : CLI_TROUBLE;
	cli_text_free(&text);
	return worst;
}
