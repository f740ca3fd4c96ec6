/* quote_make.h - quotes of versions 3, 4 and 5, every field of which can be
 * made wrong and is signed all the same. */
#ifndef FORGE_QUOTE_MAKE_H
#define FORGE_QUOTE_MAKE_H

#include <assay/quote.h>

#include "forge/sign.h"

#define SIM_N_QUOTE_EDITS 4

/* A length field: SIM_TRUE_LEN says what is true, SIM_TRUE_LEN + 1 one more,
 * and any other number is itself. */
typedef int64_t sim_len;
#define SIM_TRUE_LEN (INT64_C(1) << 40)

enum sim_body {
	SIM_BODY_SGX = 1, /* as version 5 numbers them */
	SIM_BODY_TD10,
	SIM_BODY_TD15,
};

struct sim_quote_spec {
	/* what is written, whatever the fields say */
	int layout; /* 3, 4 or 5 */
	enum sim_body body;
	/* header [DCAP 1.1] */
	uint16_t version, key_type;
	uint32_t tee;
	uint16_t qe_svn, pce_svn; /* from version 4: reserved */
	uint8_t vendor[16], user_data[20];
	/* version 5 only [DCAP 1.4] */
	uint16_t body_type;
	sim_len body_size;
	/* bodies [DCAP 1.2, 1.3]; SGX: `flags` and `xfrm` are written, not
	 * `attributes`; TDX: `is_15` is not looked at */
	struct assay_sgx_report sgx;
	struct assay_td_report td;
	/* of what stands from header to body, before it is signed */
	struct sim_edit signed_edit[SIM_N_QUOTE_EDITS];
	/* signature data [DCAP 1.5] */
	sim_len sig_len;
	enum sim_sig sig;
	size_t sign_from;     /* the signature covers from here: 0 */
	struct sim_octets ak; /* 64 bytes that stand as attestation key,
	                          * instead of the signer's */
	sim_len outer_len;    /* from version 4 */
	uint16_t outer_type;  /* 6 */
	struct assay_sgx_report qe;
	bool keep_report_data; /* of `qe`: else it is made of key and auth */
	struct sim_octets bound_ak; /* made of this key instead */
	/* of that report, before it is signed */
	struct sim_edit qe_edit[SIM_N_QUOTE_EDITS];
	enum sim_sig qe_sig;
	struct assay_bytes auth; /* borrowed */
	sim_len auth_len;
	uint16_t cert_type; /* 5 */
	sim_len cert_len;
	struct assay_bytes cert;        /* instead of the chain */
	bool no_cert;                   /* none at all */
	struct assay_bytes inner_slack; /* behind it; outer_len counts it */
	struct assay_bytes slack;       /* behind that; sig_len counts it */
	struct assay_bytes trailing;    /* behind the quote */
	struct sim_edit edit[SIM_N_QUOTE_EDITS]; /* of the whole, afterwards */
};

/* sim_report_put writes an SGX report body, 384 bytes; sim_td_report_put a TD
 * report's, 584 or 648. */
void sim_report_put(struct buf *out, const struct assay_sgx_report *report);
void sim_td_report_put(struct buf *out, const struct assay_td_report *report,
                       bool is_15);

/*
 * sim_quote_make writes a quote.
 *
 * chain  certification data: the PEM text of the PCK chain, for type 5
 * pck    signs the quoting enclave's report
 * ak     the attestation key: signs the quote
 */
ASSAY_MUST_CHECK bool sim_quote_make(struct buf *quote,
                                     const struct sim_quote_spec *spec,
                                     struct assay_bytes chain,
                                     const struct assay_p256_pair *pck,
                                     const struct assay_p256_pair *ak);

/* Bytes of the auth data that Intel's quoting enclave is given: 00 01 .. 1f. */
extern const uint8_t sim_auth_data[32];
/* The vendor id of Intel's quoting enclaves; Intel's library refuses others. */
extern const uint8_t sim_qe_vendor[16];

#endif
