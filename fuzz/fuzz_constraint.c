/* fuzz_constraint.c - constraint lines: a failure leaves zeros and says where;
 * what is read prints in one form that means the same. */
#include "policy/constraint.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	TEXT_MAX = 2 * ASSAY_CONSTRAINT_MAX_HASHES * 132 + 200,
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool parse(struct assay_constraint *c, const void *line, size_t len,
                  struct assay_err *err)
{
	return assay_constraint_parse(c, (struct assay_bytes){ line, len },
	                              err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct assay_constraint zero;
	static struct assay_constraint c, again;
	static struct assay_decision d;
	static char text[TEXT_MAX], second[TEXT_MAX];
	struct assay_constraint_facts facts = { .prod = -1, .revocation = -1 };
	struct assay_err err = { 0 };
	size_t n;

	if (!parse(&c, data, len, &err)) {
		must(memcmp(&c, &zero, sizeof(c)) == 0);
		must(err.check == ASSAY_A_CONSTRAINT && err.at <= len &&
		     err.note[0] && err.doc == ASSAY_DOC_CONSTRAINT);
		return 0;
	}
	must(c.code.n || c.signer.n);
	must(c.has_prod == (c.signer.n > 0));
	n = assay_constraint_print(&c, text, sizeof(text));
	must(n < sizeof(text) && n == strlen(text));
	must(parse(&again, text, n, &err));
	must(memcmp(&c, &again, sizeof(c)) == 0);
	must(assay_constraint_print(&again, second, sizeof(second)) == n);
	must(memcmp(text, second, n) == 0);
	must(assay_period_before(0, c.expire, INT64_MAX) &&
	     !assay_period_before(0, c.expire, INT64_MIN));

	/* evidence without an identity is refused, whatever is asked */
	memset(&d, 0, sizeof(d));
	assay_constraint_check(&d, &c, &facts);
	must(d.n_refusals > 0);
	return 0;
}
