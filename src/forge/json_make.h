/* json_make.h - TCB info and QE identity as Intel writes them, every field of
 * which can be made wrong and is signed all the same. */
#ifndef FORGE_JSON_MAKE_H
#define FORGE_JSON_MAKE_H

#include "forge/sign.h"

#define SIM_MAX_LEVELS 32
#define SIM_MAX_SUBLEVELS 6
#define SIM_MAX_MODULES 4
#define SIM_MAX_SAID 8 /* advisories of a level */
#define SIM_N_JSON_EDITS 4

/* How the inner object becomes a signed document. */
struct sim_json_signing {
	const char *key;        /* "tcbInfo", "enclaveIdentity" */
	struct assay_bytes raw; /* stands for the inner object */
	struct sim_edit inner_edit[SIM_N_JSON_EDITS]; /* before it is signed */
	enum sim_sig sig;
	bool sig_upper;                         /* the signature's hex digits */
	struct sim_edit edit[SIM_N_JSON_EDITS]; /* on the whole, afterwards */
};

/* A signed document in both of its forms. */
struct sim_json {
	struct buf whole; /* {"tcbInfo":{...},"signature":"..."} */
	struct buf inner; /* {...}, what is signed */
	char sig_hex[129];
};
void sim_json_free(struct sim_json *json);

/* sim_json_sign signs json->inner, edited, and writes the rest of `*json`. */
ASSAY_MUST_CHECK bool sim_json_sign(struct sim_json *json,
                                    const struct sim_json_signing *how,
                                    const struct assay_p256_pair *signer);

/* What levels of every kind say of themselves. */
struct sim_said {
	int64_t date;                         /* tcbDate */
	const char *status;                   /* NULL: left out */
	const char *advisories[SIM_MAX_SAID]; /* up to a NULL; none: left out */
};

/* A level of the platform. */
struct sim_level {
	int32_t sgx[18], tdx[18];
	size_t n_sgx, n_tdx; /* 16; 0: the member is left out */
	int32_t pce_svn;
	struct sim_said said;
};

/* A level of a TDX module or of an enclave. */
struct sim_sublevel {
	int32_t isv_svn;
	struct sim_said said;
};

struct sim_module {
	const char *id; /* "TDX_01"; NULL: left out */
	struct sim_octets mrsigner, attributes, mask;
	struct sim_sublevel level[SIM_MAX_SUBLEVELS];
	size_t n_levels;
};

struct sim_tcb_spec {
	int version;    /* 3; 2 writes the older form of levels */
	const char *id; /* "SGX", "TDX"; NULL: left out */
	int64_t issued, next_update;
	struct sim_octets fmspc, pce_id;
	bool lower_case; /* FMSPC's digits */
	int32_t tcb_type, evaluation_number;
	bool has_module, has_modules;
	struct sim_module base; /* tdxModule, without id and levels */
	struct sim_module module[SIM_MAX_MODULES];
	size_t n_modules;
	struct sim_level level[SIM_MAX_LEVELS];
	size_t n_levels;
	struct sim_json_signing sign;
};
ASSAY_MUST_CHECK bool sim_tcb_info_make(struct sim_json *json,
                                        const struct sim_tcb_spec *spec,
                                        const struct assay_p256_pair *signer);

struct sim_identity_spec {
	const char *id; /* "QE", "TD_QE", "QVE"; NULL: left out */
	int version;    /* 2 */
	int64_t issued, next_update;
	int32_t evaluation_number;
	struct sim_octets misc, misc_mask; /* as the text has them */
	struct sim_octets attributes, attributes_mask;
	struct sim_octets mrsigner;
	int32_t isv_prod_id;
	struct sim_sublevel level[SIM_MAX_SUBLEVELS];
	size_t n_levels;
	struct sim_json_signing sign;
};
ASSAY_MUST_CHECK bool sim_identity_make(struct sim_json *json,
                                        const struct sim_identity_spec *spec,
                                        const struct assay_p256_pair *signer);

#endif
