/* sgx.h - what SGX's instructions take and give: statuses, identities, key
 * requests, targets, reports [SGX 1, 4]. */
#ifndef SIM_SGX_H
#define SIM_SGX_H

#include <assay/measure.h>
#include <assay/quote.h>

/*
 * Success is 0, as the processor has it, so the rule that zero is the bad
 * answer does not hold here: what gives a status zeroes its output when that is
 * another.
 */
enum sim_status {
#define SIM_STATUS(number, name, sentence) SIM_##name = number,
#include "sim/status.def"
#undef SIM_STATUS
};
/* "INVALID_CPUSVN", and what it means; of another number "?". */
const char *sim_status_name(enum sim_status status);
const char *sim_status_text(enum sim_status status);

/* Lengths in bytes. */
enum {
	SIM_KEY_LEN = 16,
	SIM_KEYREQUEST_LEN = 512,
	SIM_TARGETINFO_LEN = 512,
	SIM_REPORT_LEN = 432,
	SIM_REPORT_BODY_LEN = 384, /* what the MAC covers, and a quote has */
	SIM_REPORT_DATA_LEN = 64,
	SIM_EINITTOKEN_LEN = 304,
	SIM_CPUSVN_LEN = 16,
};

/* An enclave's identity, as its SECS has it. */
struct sim_secs {
	uint64_t flags, xfrm; /* ATTRIBUTES */
	uint32_t misc_select;
	uint8_t cet_attributes;
	uint8_t mrenclave[32], mrsigner[32];
	uint8_t config_id[64];
	uint16_t config_svn;
	uint16_t isv_prod_id, isv_svn;
	uint8_t isv_family_id[16], isv_ext_prod_id[16];
};

/* KEYREQUEST [SGX 4.1]. */
enum {
	SIM_KEYNAME_EINITTOKEN = 0,
	SIM_KEYNAME_PROVISION,
	SIM_KEYNAME_PROVISION_SEAL,
	SIM_KEYNAME_REPORT,
	SIM_KEYNAME_SEAL,
	SIM_N_KEYNAMES
};
enum {
	SIM_POLICY_MRENCLAVE = 1,
	SIM_POLICY_MRSIGNER = 2,
	SIM_POLICY_NOISVPRODID = 4,
	SIM_POLICY_CONFIGID = 8,
	SIM_POLICY_ISVFAMILYID = 16,
	SIM_POLICY_ISVEXTPRODID = 32,
};
struct sim_key_request {
	uint16_t name, policy, isv_svn;
	uint8_t cet_mask;
	uint8_t cpu_svn[SIM_CPUSVN_LEN];
	uint64_t flags_mask, xfrm_mask;
	uint8_t key_id[32];
	uint32_t misc_mask;
	uint16_t config_svn;
};
void sim_key_request_put(uint8_t out[SIM_KEYREQUEST_LEN],
                         const struct sim_key_request *request);
/* False if a reserved byte is not zero. */
ASSAY_MUST_CHECK bool
sim_key_request_read(struct sim_key_request *request,
                     const uint8_t in[SIM_KEYREQUEST_LEN]);

/* TARGETINFO: whom a report is for [SGX 4.2]. */
struct sim_target {
	uint8_t mrenclave[32];
	uint64_t flags, xfrm;
	uint8_t cet_attributes;
	uint16_t config_svn;
	uint32_t misc_select;
	uint8_t config_id[64];
};
/* False if a reserved byte is not zero. */
ASSAY_MUST_CHECK bool sim_target_read(struct sim_target *target,
                                      const uint8_t in[SIM_TARGETINFO_LEN]);

/* Where a REPORT has its fields [SGX 4.2]. */
enum {
	SIM_REPORT_CPUSVN = 0,
	SIM_REPORT_MISCSELECT = 16,
	SIM_REPORT_CET_ATTRIBUTES = 20,
	SIM_REPORT_ISVEXTPRODID = 32,
	SIM_REPORT_FLAGS = 48,
	SIM_REPORT_XFRM = 56,
	SIM_REPORT_MRENCLAVE = 64,
	SIM_REPORT_MRSIGNER = 128,
	SIM_REPORT_CONFIGID = 192,
	SIM_REPORT_ISVPRODID = 256,
	SIM_REPORT_ISVSVN = 258,
	SIM_REPORT_CONFIGSVN = 260,
	SIM_REPORT_ISVFAMILYID = 304,
	SIM_REPORT_DATA = 320,
	SIM_REPORT_KEYID = 384,
	SIM_REPORT_MAC = 416,
};
/* The TARGETINFO with which others make reports for the enclave that this
 * report is of. */
void sim_target_of_report(uint8_t target[SIM_TARGETINFO_LEN],
                          const uint8_t report[SIM_REPORT_LEN]);

#endif
