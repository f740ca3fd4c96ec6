/* err.h - how a check fails. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <assay/err.h>

#include <stdarg.h>

/*
 * assay_fail fills `err` (which may be NULL) and returns false, so that a check
 * reads: if (!holds) return assay_fail(err, ASSAY_X, doc, at, "got %u", got);
 */
bool assay_fail(struct assay_err *err, enum assay_check check,
                enum assay_doc doc, size_t at, const char *fmt, ...)
	ASSAY_PRINTF(5, 6);
/* The same for a caller that was itself called with a format. */
bool assay_vfail(struct assay_err *err, enum assay_check check,
                 enum assay_doc doc, size_t at, const char *fmt, va_list ap)
	ASSAY_PRINTF(5, 0);

/* Whether this check fails for want of a document, or at the wrong time: then the
 * evidence may be good all the same, and nothing shows it. */
bool assay_is_unproven(enum assay_check check);

#endif
