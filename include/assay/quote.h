/* quote.h - a quote as a struct of its fields: structure only, no judgement. */
#ifndef ASSAY_QUOTE_H
#define ASSAY_QUOTE_H

#include <assay/err.h>

enum assay_tee {
	ASSAY_TEE_NONE = 0,
	ASSAY_TEE_SGX,
	ASSAY_TEE_TDX,
};

/* Bits of an SGX report's FLAGS [DCAP 1.2]. */
#define ASSAY_SGX_INIT 0x01u
#define ASSAY_SGX_DEBUG 0x02u
#define ASSAY_SGX_MODE64BIT 0x04u
#define ASSAY_SGX_PROVISION_KEY 0x10u
#define ASSAY_SGX_EINITTOKEN_KEY 0x20u
#define ASSAY_SGX_KSS 0x80u

/* An SGX report body, 384 bytes [DCAP 1.2]. */
struct assay_sgx_report {
	uint8_t cpu_svn[16];
	uint32_t misc_select;
	uint8_t isv_ext_prod_id[16];
	uint64_t flags, xfrm;   /* ATTRIBUTES */
	uint8_t attributes[16]; /* the same, as they stand in the report */
	uint8_t mrenclave[32];
	uint8_t mrsigner[32];
	uint8_t config_id[64];
	uint16_t isv_prod_id, isv_svn, config_svn;
	uint8_t isv_family_id[16];
	uint8_t report_data[64];
};

/* A TD report body, 584 bytes (TDX 1.0) or 648 (TDX 1.5) [DCAP 1.3]. */
struct assay_td_report {
	uint8_t tee_tcb_svn[16];
	uint8_t mrseam[48], mrsignerseam[48];
	uint64_t seam_attributes, td_attributes, xfam;
	uint8_t mrtd[48], mrconfigid[48], mrowner[48], mrownerconfig[48];
	uint8_t rtmr[4][48];
	uint8_t report_data[64];
	bool is_15; /* the two below are there, else zero */
	uint8_t tee_tcb_svn_2[16];
	uint8_t mrservicetd[48];
};

/* A quote.  Views point into the bytes that were parsed. */
struct assay_quote {
	uint16_t version; /* 3, 4 or 5 */
	enum assay_tee tee;
	uint16_t body_type; /* v5: 1..3; else as if: 1 SGX, 2 TDX 1.0 */
	uint8_t user_data[20];
	struct assay_sgx_report sgx;      /* tee SGX, else zero */
	struct assay_td_report td;        /* tee TDX, else zero */
	struct assay_bytes signed_part;   /* what the attestation key signs */
	size_t body_at;                   /* offset of the body */
	struct assay_bytes sig;           /* 64, r || s */
	struct assay_bytes ak;            /* 64, x || y */
	struct assay_bytes qe_report_raw; /* 384 */
	struct assay_sgx_report qe_report;
	struct assay_bytes qe_report_sig; /* 64 */
	struct assay_bytes qe_auth;
	uint16_t cert_type;       /* 1..5 */
	size_t cert_at;           /* offset of the certification data */
	struct assay_bytes cert;  /* type 5: PEM text of the PCK chain */
	struct assay_bytes whole; /* the quote without what follows it */
	struct assay_bytes
		platform; /* ak .. end: the same in every quote of one
	                              * platform until its quoting enclave restarts */
};

ASSAY_BEGIN

/*
 * assay_quote_parse reads the quote in `in` into `*quote`.  It checks structure
 * only: no signature, no certificate, no policy.  Bytes after the quote are
 * normal and are left out of `quote->whole`; with `strict` they are refused.
 *
 * quote   written whole on success, zeroed on failure
 * in      the quote and what may follow it; borrowed, pointed into by `*quote`
 * err     may be NULL; on failure says which check failed and at which byte
 *
 * Fails with ASSAY_P_TRUNCATED, _VERSION, _KEYTYPE, _TEE, _VENDOR, _RESERVED,
 * _BODY, _SIGLEN, _NEST, _AUTH, _CERTTYPE (of a nesting that may not be; types
 * 1 to 4 parse, and are judged elsewhere), _TRAILING.
 * Allocates nothing.  Source: [DCAP 1].
 */
ASSAY_MUST_CHECK bool assay_quote_parse(struct assay_quote *quote,
                                        struct assay_bytes in, bool strict,
                                        struct assay_err *err);

/* assay_tee_name gives "SGX", "TDX" or "". */
const char *assay_tee_name(enum assay_tee tee);

ASSAY_END

#endif
