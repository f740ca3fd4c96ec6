/* pages.h - an enclave's pages, kept in runs, to compare two of them. */
#ifndef CLI_PAGES_H
#define CLI_PAGES_H

#include "cli/cli.h"

#include "crypto/sha256.h"
#include "measure/stream.h"

enum {
	CLI_TCS_LEN = 72, /* what a TCS has but zeros */
	CLI_RECORD_MAX = 64 + ASSAY_CHUNK,
	CLI_RUNS_MAX = 1 << 20, /* kept of an enclave, some 200 bytes each */
};

/* Pages that follow each other and are alike, to the last measured byte. */
struct cli_run {
	uint64_t at, n;
	uint64_t flags;
	unsigned chunks;                /* a bit for each that is measured */
	uint8_t hash[ASSAY_SHA256_LEN]; /* of what is measured */
	uint32_t mark[ASSAY_N_CHUNKS];  /* of each chunk: unlike marks say that
	                                 * the chunks differ, the same say
	                                 * nothing */
	uint8_t tcs[CLI_TCS_LEN]; /* of a TCS whose first chunk is measured */
};

/*
 * The pages of an enclave that is measured: cli_pages_put gets the stream, as
 * `put` of struct assay_measuring does, and cli_pages_name the areas.  What is kept grows with
 * the pages that are unlike their neighbours, not with the enclave.
 */
struct cli_pages {
	uint64_t ssa_frame, size;
	struct cli_run *run;
	size_t n, cap;
	uint64_t n_lost;          /* pages for which there was no room */
	struct assay_pages *name; /* those that have one */
	size_t n_names, cap_names;
	/* the page on its way */
	bool open;
	struct cli_run page;
	struct assay_sha256_run hash;
	/* the record on its way */
	uint8_t record[CLI_RECORD_MAX];
	size_t have;
};

void cli_pages_put(struct cli_pages *x, const uint8_t *p, size_t n);
void cli_pages_name(struct cli_pages *x, const struct assay_pages *name);
/* When all is measured: sorts runs and names by their place. */
void cli_pages_end(struct cli_pages *pages);
/* "segment", "stack"; "" where nothing is known. */
const char *cli_pages_source(const struct cli_pages *pages, uint64_t at);
void cli_pages_free(struct cli_pages *pages);

#endif
