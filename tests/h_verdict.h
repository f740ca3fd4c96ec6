/* h_verdict.h - two verdicts side by side. */
#ifndef TESTS_H_VERDICT_H
#define TESTS_H_VERDICT_H

#include <assay/verify.h>

/* The first field in which they differ, by name; NULL: they say the same. */
const char *verdict_differs(const struct assay_verdict *a,
                            const struct assay_verdict *b);

#endif
