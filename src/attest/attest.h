/* attest.h - what the attesters share. */
#ifndef ATTEST_ATTEST_H
#define ATTEST_ATTEST_H

#include <assay/attest.h>

#include <limits.h>

enum {
	ATTEST_DATA_LEN = 64,
	ATTEST_TEXT_MAX = 64, /* bytes of an attribute that is text */
	ATTEST_TRIES = 5,
};

/* How files are touched.  Each gives 0, or an errno. */
struct attest_files {
	/* All of it, through one descriptor; EFBIG if that is more than `max`:
	 * the first `max` bytes are written then. */
	int (*get)(uint8_t *out, size_t *len, size_t max, const char *path);
	/* In one write; the file must be there. */
	int (*put)(const char *path, const uint8_t *p, size_t n);
	/* A folder with a new name: the six X at the end are replaced. */
	int (*make)(char *path);
	int (*remove)(const char *path);
};

/* The kernel's. */
extern const struct attest_files assay_attest_files;

/* A request on its way. */
struct attest {
	const struct attest_files *files;
	const char *root;
	const uint8_t *report_data; /* ATTEST_DATA_LEN */
	struct assay_attestation *out;
	struct assay_err *err;
	char dir[PATH_MAX]; /* where the attributes are */
	bool absent;        /* failed: there is no such interface */
	bool again;         /* failed: another try may do */
};

/* One way to get a quote; `ask` fills out->quote and out->len with what it was
 * given, unread. */
struct attester {
	const char *name;
	bool (*ask)(struct attest *a);
};
extern const struct attester assay_attester_gramine, assay_attester_tsm;

/* The same as assay_attest, with somebody's files. */
ASSAY_MUST_CHECK bool assay_attest_with(struct assay_attestation *out,
                                        const uint8_t *report_data,
                                        const char *root,
                                        const struct attest_files *files,
                                        struct assay_err *err);

/* ---- attributes of a->dir; failures: G_READ, G_WRITE, G_SIZE */

/* Puts a->dir below the root. */
ASSAY_MUST_CHECK bool assay_attest_enter(struct attest *a, const char *dir);
/* A line of text, without what is blank at its end. */
ASSAY_MUST_CHECK bool assay_attest_text(struct attest *a,
                                        char text[ATTEST_TEXT_MAX],
                                        const char *name);
/* The report data goes in, the quote comes out. */
ASSAY_MUST_CHECK bool assay_attest_put(struct attest *a, const char *name);
ASSAY_MUST_CHECK bool assay_attest_quote(struct attest *a, const char *name);

#endif
