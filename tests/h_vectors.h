/*
 * h_vectors.h - documents that others made: files of the folder of shared
 * vectors (tap.h's vectors()), read once and kept until the end.
 */
#ifndef TESTS_H_VECTORS_H
#define TESTS_H_VECTORS_H

#include <assay/assay.h>

/* A file of the folder; {0} if it is not there. */
struct assay_bytes vector_file(const char *fmt, ...) ASSAY_PRINTF(1, 2);

/* A file of the folder is that document of `collateral` (CRLs are decoded);
 * false if it is not there, or is none. */
bool vector_add(struct assay_collateral *collateral, enum assay_part part,
                const char *file);

/* The collateral in a subfolder whose files are named as assay_part_of has
 * them; what is not there is left out. */
void vector_collateral(struct assay_collateral *collateral, const char *folder);

/* A case of intel/cases.json; what it does not say is empty or NULL. */
struct vector_case {
	char name[96];
	char expect[48]; /* a status, "refused", "error:no-tcb-level" */
	struct assay_bytes quote;
	bool has_collateral;
	struct assay_collateral collateral;
	bool has_at;
	int64_t at;
	bool has_debug, debug;
	char tee[8];
	uint64_t version;
	bool has_isv; /* the two below */
	uint64_t isv_prod_id, isv_svn;
	char mrenclave[65], mrsigner[65], mrtd[97], report_data[129];
	char platform_status[48], module_status[48], qe_status[48];
	bool has_advisories;
	size_t n_advisories;
	char advisories[ASSAY_MAX_ADVISORIES][ASSAY_ADVISORY_LEN];
};

/* All cases, in memory that is the caller's to free; NULL if there is no such
 * file, or it (or a file that it names) cannot be read. */
struct vector_case *vector_cases(size_t *n);

#endif
