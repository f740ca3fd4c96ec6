/* tcb.h - TCB info and enclave identities as structs. */
#ifndef FORMAT_TCB_H
#define FORMAT_TCB_H

#include <assay/verify.h>

#include "base/json.h"

enum {
	ASSAY_MAX_TCB_LEVELS = 96,
	ASSAY_MAX_MODULES = 16,
	ASSAY_MAX_SVN_LEVELS = 32,
	/* so that the union over platform, module and QE always has room */
	ASSAY_MAX_LEVEL_ADVISORIES = ASSAY_MAX_ADVISORIES / 3,
};

/* One level of an enclave or module: an ISVSVN and what it is worth. */
struct assay_svn_level {
	uint16_t isv_svn;
	enum assay_status status;
	int64_t date;
	struct assay_bytes advisories; /* raw JSON array, or empty */
};

/* One level of the platform. */
struct assay_tcb_level {
	uint8_t sgx[16], tdx[16];
	uint16_t pce_svn;
	enum assay_status status;
	int64_t date;
	struct assay_bytes advisories;     /* raw JSON array, or empty */
	struct assay_bytes sgx_components; /* raw JSON array (version 3), for */
	struct assay_bytes tdx_components; /* the components' names */
};

/* tdxModule, or one of tdxModuleIdentities. */
struct assay_tdx_module {
	uint8_t major; /* of the id "TDX_xx" */
	uint8_t mrsigner[48];
	uint8_t attributes[8], attributes_mask[8];
	size_t n_levels;
	struct assay_svn_level levels[ASSAY_MAX_SVN_LEVELS]; /* descending */
};

/* TCB info [DCAP 3.3].  Levels are sorted: the best first. */
struct assay_tcb_info {
	enum assay_tee tee;           /* its id */
	uint32_t version;             /* 2 or 3 */
	struct assay_window validity; /* issueDate, nextUpdate */
	uint8_t fmspc[6];
	bool has_pce_id; /* always, but for old version 2 */
	uint8_t pce_id[2];
	uint32_t evaluation_number;
	bool has_module;
	struct assay_tdx_module module; /* tdxModule: major 0, no levels */
	size_t n_modules;
	struct assay_tdx_module modules[ASSAY_MAX_MODULES];
	size_t n_levels;
	struct assay_tcb_level levels[ASSAY_MAX_TCB_LEVELS];
};

enum assay_enclave_id {
	ASSAY_ENCLAVE_NONE = 0,
	ASSAY_ENCLAVE_QE,
	ASSAY_ENCLAVE_QVE,
	ASSAY_ENCLAVE_TD_QE,
	ASSAY_ENCLAVE_QAE,
};

/* Enclave identity [DCAP 3.4]. */
struct assay_qe_identity {
	enum assay_enclave_id id;
	struct assay_window validity;
	uint32_t evaluation_number;
	uint32_t misc_select, misc_select_mask;
	uint8_t attributes[16], attributes_mask[16];
	uint8_t mrsigner[32];
	uint16_t isv_prod_id;
	size_t n_levels;
	struct assay_svn_level levels[ASSAY_MAX_SVN_LEVELS]; /* descending */
};

/*
 * These read the object that the reader stands before; failures are left in
 * the reader (J_TYPE, J_RANGE, J_ID, J_VERSION, J_LIMIT, J_DUPLEVEL,
 * T_UNRECOGNISED), with `out` zeroed.  Unknown members are ignored.  Views
 * point into the reader's text.  Source: [DCAP 3.3, 3.4].
 */
ASSAY_MUST_CHECK bool assay_tcb_info_read(struct assay_tcb_info *out,
                                          struct assay_json *j);
ASSAY_MUST_CHECK bool assay_qe_identity_read(struct assay_qe_identity *out,
                                             struct assay_json *j);

/* J_ID's one place: the document is of another kind than is needed. */
bool assay_wrong_id(struct assay_err *err, enum assay_doc doc, size_t at,
                    const char *wanted);

/* The k-th string of a raw JSON array of strings, with its NUL; false after
 * the last. */
ASSAY_MUST_CHECK bool assay_advisory_at(struct assay_bytes array, size_t k,
                                        char out[ASSAY_ADVISORY_LEN]);
/* What the components are called: "BIOS, Early Microcode Update"; "" where
 * nothing is said.  `components` is their raw JSON array, or empty. */
#define ASSAY_COMPONENT_NAME 48 /* with its NUL */
void assay_component_names(char out[16][ASSAY_COMPONENT_NAME],
                           struct assay_bytes components);

#endif
