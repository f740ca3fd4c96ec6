/* t_policy.c - policy files and the appraisal: every key of the schema with
 * evidence that it accepts and refuses. */
#include "policy/list.h"

#include "base/json.h"
#include "base/text.h"
#include "policy/constraint.h"

#include "tap.h"

/* n bytes in hex, all the same */
#define B4(b) b b b b
#define B6(b) B4(b) b b
#define B8(b) B4(b) B4(b)
#define B16(b) B8(b) B8(b)
#define B32(b) B16(b) B16(b)
#define B48(b) B32(b) B16(b)
#define B64(b) B32(b) B32(b)

enum {
	NOW = 1700000000, /* 2023-11-14T22:13:20Z */
	DAY = 24 * 60 * 60,
};

static struct assay_bytes bytes(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

static bool is_zero(const void *p, size_t n)
{
	const unsigned char *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

/* ---- evidence without a fault */

static void add_advisory(struct assay_verdict *v, const char *name)
{
	snprintf(v->advisories[v->n_advisories++], ASSAY_ADVISORY_LEN, "%s",
	         name);
}

static void make_platform(struct assay_verdict *v)
{
	memset(v, 0, sizeof(*v));
	v->genuine = true;
	v->has_pck = true;
	memset(v->pck.ppid, 0x21, sizeof(v->pck.ppid));
	v->pck.has_piid = true;
	memset(v->pck.piid, 0x22, sizeof(v->pck.piid));
	memset(v->pck.fmspc, 0x23, sizeof(v->pck.fmspc));
	v->pck.sgx_type = 1;
	v->pck.dynamic_platform = ASSAY_FLAG_FALSE;
	v->pck.cached_keys = ASSAY_FLAG_FALSE;
	v->pck.smt_enabled = ASSAY_FLAG_FALSE;
	v->status = v->platform_status = v->qe_status = ASSAY_STATUS_UP_TO_DATE;
	v->tcb_date = NOW - 100 * DAY;
	v->evaluation_number = v->tcb_evaluation_number =
		v->qe_evaluation_number = 17;
	v->root_crl_number = 5;
	v->pck_crl_number = 6;
	for (size_t i = 0; i < ASSAY_N_ITEMS; i++) {
		v->windows[i].from = NOW - 10 * DAY;
		v->windows[i].until = NOW + 20 * DAY;
	}
	v->windows[ASSAY_ITEM_ROOT_CRL].from = NOW - 200 * DAY;
	v->windows[ASSAY_ITEM_PCK_CHAIN].from = NOW - 900 * DAY;
	v->latest_issue = NOW - 10 * DAY;
	v->at = NOW;
	memset(v->report_data, 0x41, 32);
}

static void make_sgx(struct assay_verdict *v)
{
	make_platform(v);
	v->tee = ASSAY_TEE_SGX;
	v->sgx.flags = ASSAY_SGX_INIT | ASSAY_SGX_MODE64BIT | ASSAY_SGX_KSS;
	v->sgx.attributes[0] = (uint8_t)v->sgx.flags;
	v->sgx.attributes[8] = 0xe7;
	v->sgx.misc_select = 0x01000002;
	memset(v->sgx.mrenclave, 0x11, 32);
	memset(v->sgx.mrsigner, 0x12, 32);
	v->sgx.isv_prod_id = 258;
	v->sgx.isv_svn = 3;
	memset(v->sgx.isv_ext_prod_id, 0x13, 16);
	memset(v->sgx.isv_family_id, 0x14, 16);
	memset(v->sgx.config_id, 0x15, 64);
	v->sgx.config_svn = 4;
	add_advisory(v, "INTEL-SA-00615");
	add_advisory(v, "INTEL-DOC-10001");
}

static void make_tdx(struct assay_verdict *v)
{
	make_platform(v);
	v->tee = ASSAY_TEE_TDX;
	v->module_status = ASSAY_STATUS_UP_TO_DATE;
	v->td.is_15 = true;
	v->td.td_attributes = UINT64_C(0x50000000); /* SEPT_VE_DISABLE, PKS */
	v->td.xfam = 0x61ae7;
	memset(v->td.mrseam, 0x30, 48);
	memset(v->td.mrtd, 0x31, 48);
	memset(v->td.mrconfigid, 0x32, 48);
	memset(v->td.mrowner, 0x33, 48);
	memset(v->td.mrownerconfig, 0x34, 48);
	for (size_t i = 0; i < 4; i++)
		memset(v->td.rtmr[i], 0x36 + (int)i, 48);
}

/* ---- what can be otherwise about it */

typedef void change(struct assay_verdict *v);

static void other_code(struct assay_verdict *v)
{
	v->sgx.mrenclave[31] ^= 1;
}

static void no_piid(struct assay_verdict *v)
{
	v->pck.has_piid = false;
}

static void no_flags(struct assay_verdict *v)
{
	v->pck.dynamic_platform = ASSAY_FLAG_ABSENT;
	v->pck.cached_keys = ASSAY_FLAG_ABSENT;
	v->pck.smt_enabled = ASSAY_FLAG_ABSENT;
}

static void flags_set(struct assay_verdict *v)
{
	v->pck.dynamic_platform = ASSAY_FLAG_TRUE;
	v->pck.cached_keys = ASSAY_FLAG_TRUE;
	v->pck.smt_enabled = ASSAY_FLAG_TRUE;
}

static void no_kss(struct assay_verdict *v)
{
	v->sgx.flags &= ~(uint64_t)ASSAY_SGX_KSS;
}

static void out_of_date(struct assay_verdict *v)
{
	v->status = ASSAY_STATUS_OUT_OF_DATE;
}

static void both_out_of_date(struct assay_verdict *v)
{
	v->status = ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

static void configuration(struct assay_verdict *v)
{
	v->status = ASSAY_STATUS_CONFIGURATION_NEEDED;
}

static void hardening(struct assay_verdict *v)
{
	v->status = ASSAY_STATUS_SW_HARDENING_NEEDED;
}

static void configuration_and_hardening(struct assay_verdict *v)
{
	v->status = ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED;
}

static void relaunch(struct assay_verdict *v)
{
	v->status = ASSAY_STATUS_TD_RELAUNCH_ADVISED;
}

static void relaunch_configuration(struct assay_verdict *v)
{
	v->status = ASSAY_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED;
}

static void no_status(struct assay_verdict *v)
{
	v->status = ASSAY_STATUS_NONE;
}

static void parts_out_of_date(struct assay_verdict *v)
{
	v->platform_status = v->module_status = v->qe_status =
		ASSAY_STATUS_OUT_OF_DATE;
}

static void numbers_differ(struct assay_verdict *v)
{
	v->qe_evaluation_number = 18;
}

static void documents_ended(struct assay_verdict *v)
{
	v->windows[ASSAY_ITEM_TCB_INFO].until = NOW;
}

static void crl_ended(struct assay_verdict *v)
{
	v->windows[ASSAY_ITEM_PCK_CRL].until = NOW;
}

static void chain_ended(struct assay_verdict *v)
{
	v->windows[ASSAY_ITEM_TCB_CHAIN].until = NOW;
}

static void old_qe_identity(struct assay_verdict *v)
{
	v->windows[ASSAY_ITEM_QE_IDENTITY].from -= 1;
}

static void no_crl_chain(struct assay_verdict *v)
{
	memset(&v->windows[ASSAY_ITEM_PCK_CRL_CHAIN], 0, sizeof(v->windows[0]));
}

static void crl_chain_ended(struct assay_verdict *v)
{
	v->windows[ASSAY_ITEM_PCK_CRL_CHAIN].until = NOW;
}

static void issued_later(struct assay_verdict *v)
{
	for (size_t i = 0; i < ASSAY_N_ITEMS; i++)
		v->windows[i].from = NOW + 1;
}

static void out_of_date_now(struct assay_verdict *v)
{
	v->status = ASSAY_STATUS_OUT_OF_DATE;
	v->tcb_date = NOW;
}

static void simulated(struct assay_verdict *v)
{
	v->simulation = true;
}

static void debug(struct assay_verdict *v)
{
	v->debug = true;
	v->sgx.flags |= ASSAY_SGX_DEBUG;
}

static void no_init(struct assay_verdict *v)
{
	v->sgx.flags &= ~(uint64_t)ASSAY_SGX_INIT;
}

static void provision(struct assay_verdict *v)
{
	v->sgx.flags |= ASSAY_SGX_PROVISION_KEY;
}

static void einittoken(struct assay_verdict *v)
{
	v->sgx.flags |= ASSAY_SGX_EINITTOKEN_KEY;
}

static void migratable(struct assay_verdict *v)
{
	v->td.td_attributes |= UINT64_C(1) << 29;
}

static void reserved_22(struct assay_verdict *v)
{
	v->td.td_attributes |= UINT64_C(1) << 22;
}

static void perfmon(struct assay_verdict *v)
{
	v->td.td_attributes |= UINT64_C(1) << 63;
}

static void key_locker(struct assay_verdict *v)
{
	v->td.td_attributes |= UINT64_C(1) << 31;
}

static void tud_4(struct assay_verdict *v)
{
	v->debug = true;
	v->td.td_attributes |= 1u << 4;
}

static void azure(struct assay_verdict *v)
{
	v->td.td_attributes = 0;
}

static void serviced(struct assay_verdict *v)
{
	memset(v->td.mrservicetd, 0x35, 48);
}

static void td_10(struct assay_verdict *v)
{
	v->td.is_15 = false;
}

static void xfam_less(struct assay_verdict *v)
{
	v->td.xfam &= ~UINT64_C(1);
}

static void xfam_more(struct assay_verdict *v)
{
	v->td.xfam |= UINT64_C(1) << 40;
}

static void zero_config(struct assay_verdict *v)
{
	memset(v->td.mrconfigid, 0, 48);
}

static void data_tail(struct assay_verdict *v)
{
	v->report_data[63] = 1;
}

static void large_crl(struct assay_verdict *v)
{
	v->pck_crl_number = UINT64_MAX;
}

static void forged(struct assay_verdict *v)
{
	v->genuine = false;
	v->failed.check = ASSAY_Q_SIG;
}

static void revoked(struct assay_verdict *v)
{
	v->genuine = false;
	v->status = ASSAY_STATUS_REVOKED;
	v->failed.check = ASSAY_T_REVOKED;
}

/* ---- every key: what it accepts, and what it refuses */

/* clang-format off */
#define MRSIGNER(key, svn) "\"mrsigner\":\"" B32(key) "\",\"isv_prod_id\":258,\"min_isv_svn\":" svn
#define MRTD(mrtd, rtmr0, rtmr1, rtmr2) "\"mrtd\":\"" B48(mrtd) "\",\"rtmr0\":\"" B48(rtmr0) \
	"\",\"rtmr1\":[\"" B48(rtmr1) "\"],\"rtmr2\":\"" B48(rtmr2) "\""
static const struct {
	const char *key;
	change *to;        /* the evidence, made otherwise, or NULL */
	enum assay_tee tee;
	const char *good;  /* members of a policy that accepts it */
	const char *bad;   /* members of one that does not; NULL: none does */
	const char *rule;  /* the one rule that then says no; NULL: the key */
} rows[] = {
	{ "accepted_statuses", out_of_date, ASSAY_TEE_SGX, "\"accepted_statuses\":[\"UpToDate\",\"OutOfDate\"]", "\"accepted_statuses\":\"UpToDate\"", NULL },
	{ "accepted_statuses", NULL, ASSAY_TEE_SGX, "\"accepted_statuses\":\"UpToDate\"", "\"accepted_statuses\":[\"OutOfDate\"]", NULL },
	{ "accepted_statuses", out_of_date, ASSAY_TEE_SGX, "\"accepted_statuses\":\"OutOfDate\"", "\"allow_smt\":true", NULL },
	{ "accepted_statuses", relaunch, ASSAY_TEE_TDX, "\"accepted_statuses\":[\"TDRelaunchAdvised\"]", "\"allow_smt\":true", NULL },
	{ "accepted_platform_statuses", parts_out_of_date, ASSAY_TEE_SGX, "\"accepted_platform_statuses\":[\"OutOfDate\"]", "\"accepted_platform_statuses\":[\"UpToDate\"]", NULL },
	{ "accepted_module_statuses", parts_out_of_date, ASSAY_TEE_TDX, "\"accepted_module_statuses\":\"OutOfDate\"", "\"accepted_module_statuses\":\"UpToDate\"", NULL },
	{ "accepted_module_statuses", NULL, ASSAY_TEE_SGX, "\"accepted_qe_statuses\":\"UpToDate\"", "\"accepted_module_statuses\":[\"UpToDate\",\"OutOfDate\"]", NULL },
	{ "accepted_qe_statuses", parts_out_of_date, ASSAY_TEE_SGX, "\"accepted_qe_statuses\":\"OutOfDate\"", "\"accepted_qe_statuses\":\"UpToDate\"", NULL },
	{ "platform_grace", out_of_date, ASSAY_TEE_SGX, "\"platform_grace\":8640000", "\"platform_grace\":8639999", "accepted_statuses" },
	{ "platform_grace", both_out_of_date, ASSAY_TEE_SGX, "\"platform_grace\":8640000", "\"platform_grace\":0", "accepted_statuses" },
	{ "platform_grace", configuration, ASSAY_TEE_SGX, "\"accepted_statuses\":\"ConfigurationNeeded\"", "\"platform_grace\":4294967295", "accepted_statuses" },
	{ "platform_grace", out_of_date_now, ASSAY_TEE_SGX, "\"platform_grace\":0", "\"allow_smt\":true", "accepted_statuses" },
	{ "platform_grace", parts_out_of_date, ASSAY_TEE_SGX, NULL, "\"platform_grace\":4294967295,\"accepted_qe_statuses\":\"UpToDate\"", "accepted_qe_statuses" },
	{ "min_tcb_date", NULL, ASSAY_TEE_SGX, "\"min_tcb_date\":\"2023-08-06T22:13:20Z\"", "\"min_tcb_date\":\"2023-08-06T22:13:21Z\"", NULL },
	{ "rejected_advisories", NULL, ASSAY_TEE_SGX, "\"rejected_advisories\":[\"INTEL-SA-0061\",\"INTEL-SA-006155\"]", "\"rejected_advisories\":\"INTEL-DOC-10001\"", NULL },
	{ "accepted_advisories", NULL, ASSAY_TEE_SGX, "\"accepted_advisories\":[\"INTEL-DOC-10001\",\"x\",\"INTEL-SA-00615\"]", "\"accepted_advisories\":\"INTEL-SA-00615\"", NULL },
	{ "accepted_advisories", NULL, ASSAY_TEE_TDX, "\"accepted_advisories\":\"none applies\"", NULL, NULL },
	{ "min_evaluation_number", NULL, ASSAY_TEE_SGX, "\"min_evaluation_number\":17", "\"min_evaluation_number\":18", NULL },
	{ "same_evaluation_number", numbers_differ, ASSAY_TEE_SGX, "\"same_evaluation_number\":false", "\"same_evaluation_number\":true", NULL },
	{ "same_evaluation_number", NULL, ASSAY_TEE_SGX, "\"same_evaluation_number\":true", NULL, NULL },
	{ "min_issue_date", NULL, ASSAY_TEE_SGX, "\"min_issue_date\":\"2023-11-04T22:13:20Z\"", "\"min_issue_date\":\"2023-11-04T22:13:21Z\"", NULL },
	{ "min_issue_date", old_qe_identity, ASSAY_TEE_SGX, "\"min_issue_date\":\"2023-11-04T22:13:19Z\"", "\"min_issue_date\":\"2023-11-04T22:13:20Z\"", NULL },
	{ "min_root_crl_number", NULL, ASSAY_TEE_SGX, "\"min_root_crl_number\":5", "\"min_root_crl_number\":6", NULL },
	{ "min_pck_crl_number", NULL, ASSAY_TEE_SGX, "\"min_pck_crl_number\":6", "\"min_pck_crl_number\":18446744073709551615", NULL },
	{ "min_pck_crl_number", large_crl, ASSAY_TEE_SGX, "\"min_pck_crl_number\":18446744073709551615", NULL, NULL },
	{ "max_collateral_age", NULL, ASSAY_TEE_SGX, "\"max_collateral_age\":864000", "\"max_collateral_age\":863999", NULL },
	{ "max_collateral_age", old_qe_identity, ASSAY_TEE_SGX, "\"max_collateral_age\":864001", "\"max_collateral_age\":864000", NULL },
	{ "max_collateral_age", issued_later, ASSAY_TEE_SGX, "\"max_collateral_age\":0", NULL, NULL },
	{ "collateral_grace", documents_ended, ASSAY_TEE_SGX, "\"collateral_grace\":1", "\"collateral_grace\":0", NULL },
	{ "collateral_grace", crl_ended, ASSAY_TEE_SGX, "\"collateral_grace\":1", "\"certificate_grace\":1", NULL },
	{ "collateral_grace", documents_ended, ASSAY_TEE_SGX, "\"collateral_grace\":1", "\"accepted_statuses\":[\"UpToDate\",\"ConfigurationNeeded\"]", NULL },
	{ "certificate_grace", chain_ended, ASSAY_TEE_SGX, "\"certificate_grace\":1", "\"certificate_grace\":0", NULL },
	{ "certificate_grace", chain_ended, ASSAY_TEE_SGX, "\"certificate_grace\":1", "\"collateral_grace\":1", NULL },
	{ "certificate_grace", crl_chain_ended, ASSAY_TEE_SGX, "\"certificate_grace\":1", "\"certificate_grace\":0", NULL },
	{ "certificate_grace", no_crl_chain, ASSAY_TEE_SGX, "\"certificate_grace\":0", NULL, NULL },
	{ "simulation", simulated, ASSAY_TEE_SGX, "\"simulation\":true", "\"simulation\":false", NULL },
	{ "simulation", simulated, ASSAY_TEE_TDX, "\"simulation\":true", "\"allow_debug\":true", NULL },
	{ "ppid", NULL, ASSAY_TEE_SGX, "\"ppid\":[\"" B16("99") "\",\"" B16("21") "\"]", "\"ppid\":[\"" B16("22") "\",\"" B16("99") "\"]", NULL },
	{ "piid", NULL, ASSAY_TEE_SGX, "\"piid\":\"" B16("22") "\"", "\"piid\":\"" B16("21") "\"", NULL },
	{ "piid", no_piid, ASSAY_TEE_SGX, "\"ppid\":\"" B16("21") "\"", "\"piid\":[\"" B16("22") "\",\"" B16("00") "\"]", NULL },
	{ "fmspc", NULL, ASSAY_TEE_SGX, "\"fmspc\":\"" B6("23") "\"", "\"fmspc\":\"" B6("24") "\"", NULL },
	{ "sgx_types", NULL, ASSAY_TEE_SGX, "\"sgx_types\":[\"ScalableWithIntegrity\",\"Scalable\"]", "\"sgx_types\":[\"ScalableWithIntegrity\",\"Standard\"]", NULL },
	{ "allow_dynamic_platform", NULL, ASSAY_TEE_SGX, "\"allow_dynamic_platform\":false", NULL, NULL },
	{ "allow_dynamic_platform", flags_set, ASSAY_TEE_SGX, "\"allow_dynamic_platform\":true", "\"allow_dynamic_platform\":false", NULL },
	{ "allow_cached_keys", flags_set, ASSAY_TEE_SGX, "\"allow_cached_keys\":true", "\"allow_cached_keys\":false", NULL },
	{ "allow_smt", flags_set, ASSAY_TEE_SGX, "\"allow_smt\":true", "\"allow_smt\":false", NULL },
	{ "allow_smt", no_flags, ASSAY_TEE_SGX, "\"allow_smt\":true", "\"allow_smt\":false", NULL },
	{ "any_code", NULL, ASSAY_TEE_SGX, "\"any_code\":true", NULL, NULL },
	{ "measurements", NULL, ASSAY_TEE_SGX, "\"measurements\":{\"list\":\"shop\",\"key\":\"" B64("21") "\",\"max_age\":86400}", "\"measurements\":{\"list\":\"shop\",\"key\":\"" B64("21") "\",\"max_age\":86399}", NULL },
	{ "measurements", other_code, ASSAY_TEE_SGX, "\"mode64bit\":true", "\"measurements\":{\"list\":\"shop\",\"key\":\"" B64("21") "\",\"max_age\":86400}", NULL },
	{ "measurements", NULL, ASSAY_TEE_TDX, "\"allow_debug\":false", "\"measurements\":{\"list\":\"shop\",\"key\":\"" B64("21") "\",\"max_age\":86400,\"min_number\":1}", NULL },
	{ "allow_debug", debug, ASSAY_TEE_SGX, "\"allow_debug\":true", "\"allow_debug\":false", NULL },
	{ "allow_debug", tud_4, ASSAY_TEE_TDX, "\"allow_debug\":true", "\"allow_smt\":true", NULL },
	{ "report_data", NULL, ASSAY_TEE_SGX, "\"report_data\":\"" B32("41") "\"", "\"report_data\":\"" B16("41") "\"", NULL },
	{ "report_data", data_tail, ASSAY_TEE_SGX, "\"report_data\":\"" B32("41") B16("00") B8("00") B6("00") "0001\"", "\"report_data\":\"" B32("41") "\"", NULL },
	{ "mrenclave", NULL, ASSAY_TEE_SGX, "\"mrenclave\":\"" B32("11") "\"", "\"mrenclave\":\"" B32("12") "\"", NULL },
	{ "mrenclave", NULL, ASSAY_TEE_SGX, "\"mrenclave\":[\"" B32("12") "\",\"" B32("11") "\"]", "\"mrenclave\":[\"" B32("12") "\",\"" B32("00") "\"]", NULL },
	{ "mrsigner", NULL, ASSAY_TEE_SGX, MRSIGNER("12", "3"), MRSIGNER("11", "3"), NULL },
	{ "isv_prod_id", NULL, ASSAY_TEE_SGX, "\"isv_prod_id\":[1,258]", "\"isv_prod_id\":513", NULL },
	{ "min_isv_svn", NULL, ASSAY_TEE_SGX, MRSIGNER("12", "0"), MRSIGNER("12", "4"), NULL },
	{ "isv_ext_prod_id", NULL, ASSAY_TEE_SGX, "\"isv_ext_prod_id\":\"" B16("13") "\"", "\"isv_ext_prod_id\":\"" B16("00") "\"", NULL },
	{ "isv_ext_prod_id", no_kss, ASSAY_TEE_SGX, "\"mode64bit\":true", "\"isv_ext_prod_id\":\"" B16("13") "\"", NULL },
	{ "isv_family_id", NULL, ASSAY_TEE_SGX, "\"isv_family_id\":\"" B16("14") "\"", "\"isv_family_id\":\"" B16("13") "\"", NULL },
	{ "isv_family_id", no_kss, ASSAY_TEE_SGX, "\"mode64bit\":true", "\"isv_family_id\":\"" B16("14") "\"", NULL },
	{ "config_id", NULL, ASSAY_TEE_SGX, "\"config_id\":\"" B64("15") "\"", "\"config_id\":\"" B32("15") B32("14") "\"", NULL },
	{ "config_id", no_kss, ASSAY_TEE_SGX, "\"mode64bit\":true", "\"config_id\":\"" B64("15") "\"", NULL },
	{ "min_config_svn", NULL, ASSAY_TEE_SGX, "\"min_config_svn\":4", "\"min_config_svn\":5", NULL },
	{ "min_config_svn", no_kss, ASSAY_TEE_SGX, "\"mode64bit\":true", "\"min_config_svn\":0", NULL },
	{ "attributes", NULL, ASSAY_TEE_SGX, "\"attributes\":\"85" B6("00") "00e7" B6("00") "00\"", "\"attributes\":\"85" B6("00") "00e7" B6("00") "01\"", NULL },
	{ "attributes_mask", NULL, ASSAY_TEE_SGX, "\"attributes\":\"04" B6("00") "00e0" B6("00") "00\",\"attributes_mask\":\"04" B6("00") "00f0" B6("00") "00\"", "\"attributes\":\"04" B6("00") "00e0" B6("00") "00\",\"attributes_mask\":\"84" B6("00") "00f0" B6("00") "00\"", "attributes" },
	{ "misc_select", NULL, ASSAY_TEE_SGX, "\"misc_select\":\"02000001\"", "\"misc_select\":\"01000002\"", NULL },
	{ "misc_select_mask", NULL, ASSAY_TEE_SGX, "\"misc_select\":\"02000000\",\"misc_select_mask\":\"ffffff00\"", "\"misc_select\":\"02000000\",\"misc_select_mask\":\"ffffff01\"", "misc_select" },
	{ "mode64bit", NULL, ASSAY_TEE_SGX, "\"mode64bit\":true", "\"mode64bit\":false", NULL },
	{ "allow_provision_key", provision, ASSAY_TEE_SGX, "\"allow_provision_key\":true", "\"allow_provision_key\":false", NULL },
	{ "allow_provision_key", einittoken, ASSAY_TEE_SGX, "\"allow_provision_key\":true", "\"allow_debug\":true", NULL },
	{ "allow_provision_key", NULL, ASSAY_TEE_TDX, "\"allow_provision_key\":false", NULL, NULL },
	{ "mrtd", NULL, ASSAY_TEE_TDX, MRTD("31", "36", "37", "38"), MRTD("00", "36", "37", "38"), NULL },
	{ "rtmr0", NULL, ASSAY_TEE_TDX, MRTD("31", "36", "37", "38"), MRTD("31", "37", "37", "38"), NULL },
	{ "rtmr1", NULL, ASSAY_TEE_TDX, MRTD("31", "36", "37", "38"), MRTD("31", "36", "36", "38"), NULL },
	{ "rtmr2", NULL, ASSAY_TEE_TDX, MRTD("31", "36", "37", "38"), MRTD("31", "36", "37", "37"), NULL },
	{ "rtmr3", NULL, ASSAY_TEE_TDX, "\"rtmr3\":\"" B48("39") "\"", "\"rtmr3\":\"" B48("38") "\"", NULL },
	{ "mrseam", NULL, ASSAY_TEE_TDX, "\"mrseam\":\"" B48("30") "\"", "\"mrseam\":\"" B48("31") "\"", NULL },
	{ "mrconfigid", NULL, ASSAY_TEE_TDX, "\"mrconfigid\":\"" B48("32") "\"", "\"mrconfigid\":\"" B48("00") "\"", NULL },
	{ "mrconfigid", zero_config, ASSAY_TEE_TDX, "\"mrconfigid\":\"" B48("00") "\"", "\"mrconfigid\":\"" B48("32") "\"", NULL },
	{ "mrowner", NULL, ASSAY_TEE_TDX, "\"mrowner\":\"" B48("33") "\"", "\"mrowner\":\"" B48("32") "\"", NULL },
	{ "mrownerconfig", NULL, ASSAY_TEE_TDX, "\"mrownerconfig\":\"" B48("34") "\"", "\"mrownerconfig\":\"" B48("33") "\"", NULL },
	{ "mrservicetd", serviced, ASSAY_TEE_TDX, "\"mrservicetd\":\"" B48("35") "\"", "\"mrowner\":\"" B48("33") "\"", NULL },
	{ "mrservicetd", NULL, ASSAY_TEE_TDX, "\"mrservicetd\":\"" B48("00") "\"", "\"mrservicetd\":\"" B48("35") "\"", NULL },
	{ "mrservicetd", td_10, ASSAY_TEE_TDX, "\"mrowner\":\"" B48("33") "\"", "\"mrservicetd\":\"" B48("00") "\"", NULL },
	{ "td_attributes", NULL, ASSAY_TEE_TDX, "\"td_attributes\":\"0000005000000000\"", "\"td_attributes\":\"0000001000000000\"", NULL },
	{ "td_attributes", migratable, ASSAY_TEE_TDX, "\"td_attributes\":\"0000002000000000\",\"td_attributes_mask\":\"0000002000000000\"", "\"allow_debug\":true", NULL },
	{ "td_attributes", reserved_22, ASSAY_TEE_TDX, "\"td_attributes\":\"0000405000000000\"", "\"allow_debug\":true", NULL },
	{ "td_attributes", perfmon, ASSAY_TEE_TDX, "\"td_attributes\":\"0000000000000080\",\"td_attributes_mask\":\"0000000000000080\"", "\"allow_debug\":true", NULL },
	{ "td_attributes", perfmon, ASSAY_TEE_TDX, "\"td_attributes\":\"0000000000000080\",\"td_attributes_mask\":\"00000000000000c0\"", "\"td_attributes\":\"0000000000000000\",\"td_attributes_mask\":\"0000000000000080\"", NULL },
	{ "td_attributes", key_locker, ASSAY_TEE_TDX, "\"allow_debug\":false", "\"td_attributes\":\"0000005000000000\"", NULL },
	{ "td_attributes_mask", NULL, ASSAY_TEE_TDX, "\"td_attributes\":\"0000001000000000\",\"td_attributes_mask\":\"0000001000000000\"", "\"td_attributes\":\"0000001000000000\",\"td_attributes_mask\":\"0000005000000000\"", "td_attributes" },
	{ "require_sept_ve_disable", azure, ASSAY_TEE_TDX, "\"require_sept_ve_disable\":false", "\"require_sept_ve_disable\":true", NULL },
	{ "require_sept_ve_disable", azure, ASSAY_TEE_TDX, "\"require_sept_ve_disable\":false", "\"td_attributes\":\"0000000000000000\"", NULL },
	{ "require_sept_ve_disable", NULL, ASSAY_TEE_SGX, "\"require_sept_ve_disable\":true", NULL, NULL },
	{ "xfam", NULL, ASSAY_TEE_TDX, "\"xfam\":\"e71a060000000000\"", "\"xfam\":\"e702060000000000\"", NULL },
	{ "xfam", xfam_less, ASSAY_TEE_TDX, NULL, "\"xfam\":\"e61a060000000000\"", NULL },
	{ "xfam", xfam_more, ASSAY_TEE_TDX, NULL, "\"allow_debug\":true", NULL },
	{ "xfam_mask", NULL, ASSAY_TEE_TDX, "\"xfam\":\"0300000000000000\",\"xfam_mask\":\"0300000000000000\"", "\"xfam\":\"0300000000000000\",\"xfam_mask\":\"0700000000000000\"", "xfam" },
};
/* clang-format on */

#define ID "\"mrenclave\":\"" B32("11") "\""

static struct assay_policy policy;
static struct assay_verdict verdict;
static struct assay_decision decision;
/* that the rule measurements asks for: a day old, with the enclave in it */
static struct assay_list list = {
	.good = true,
	.name = "shop",
	.issued = NOW - DAY,
	.number = 1,
	.n_entries = 1,
	.entries[0].tee = ASSAY_TEE_SGX,
};

/* A policy of these members and any_code; aborts the test if it is none. */
static bool read_members(const char *members)
{
	char json[2048];
	struct assay_err err = { 0 };
	bool any = strstr(members, "any_code");

	snprintf(json, sizeof(json), "{%s%s}", any ? "" : "\"any_code\":true,",
	         members);
	return assay_policy_parse(&policy, bytes(json), &err) ||
	       ok(false, "a policy: %s: %s", json, err.note);
}

static void make(enum assay_tee tee, change *to)
{
	if (tee == ASSAY_TEE_SGX)
		make_sgx(&verdict);
	else
		make_tdx(&verdict);
	if (to)
		to(&verdict);
}

static const char *said(void)
{
	return decision.n_refusals ? decision.refusals[0].note : "accepted";
}

/* The decision, and that it is coherent. */
static bool appraise(const struct assay_constraint *const *constraints,
                     size_t n)
{
	memset(&decision, 0xaa, sizeof(decision));

	bool accept = assay_appraise_listed(&decision, &verdict, &policy, &list,
	                                    constraints, n);

	for (size_t i = 0; i < decision.n_refusals; i++) {
		const char *end = strrchr(decision.refusals[i].note, '.');

		if (!end || end[1])
			ok(false, "a whole sentence: %s",
			   decision.refusals[i].note);
	}
	return accept == decision.accept &&
	       accept == (decision.n_refusals == 0) && accept;
}

static bool refuses(const char *rule)
{
	return !appraise(NULL, 0) && decision.n_refusals == 1 &&
	       !strcmp(decision.refusals[0].rule, rule);
}

static bool says(const char *rule)
{
	for (size_t i = 0; i < decision.n_refusals; i++)
		if (!strcmp(decision.refusals[i].rule, rule))
			return true;
	return false;
}

static void test_rows(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make(rows[i].tee, rows[i].to);
		if (rows[i].good && read_members(rows[i].good))
			ok(appraise(NULL, 0), "%s: %.60s: %s", rows[i].key,
			   rows[i].good, said());
		if (rows[i].bad && read_members(rows[i].bad))
			ok(refuses(rows[i].rule ? rows[i].rule : rows[i].key),
			   "%s: %.60s: %s", rows[i].key, rows[i].bad, said());
	}
}

/* Every key of the schema has both kinds of rows, and every fact that a rule
 * needs is missed where it is not there. */
static void test_schema(void)
{
	for (size_t k = 0; k < ASSAY_N_KEYS; k++) {
		const struct assay_rule *rule = &assay_rules[k];
		const char *key = rule->key.key;
		bool good = false, bad = !strcmp(key, "any_code"), lacks;
		char quoted[64];

		snprintf(quoted, sizeof(quoted), "\"%s\":", key);
		lacks = rule->need == ASSAY_NEED_NOTHING ||
		        rule->need == ASSAY_NEED_PCK ||
		        rule->need == ASSAY_NEED_PIID || !rule->judge;
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			if (strcmp(rows[i].key, key) != 0)
				continue;
			bad |= rows[i].bad != NULL;
			if (!rows[i].good || !strstr(rows[i].good, quoted))
				continue;
			good = true;
			make(rows[i].tee == ASSAY_TEE_SGX ? ASSAY_TEE_TDX
			                                  : ASSAY_TEE_SGX,
			     NULL);
			if (!lacks && read_members(rows[i].good)) {
				lacks = !appraise(NULL, 0) && says(key);
			}
		}
		ok(good && bad, "%s: a row accepts and a row refuses", key);
		ok(lacks, "%s: refuses evidence without that fact", key);
		ok(assay_policy_key_at(k) == &rule->key && rule->key.type[0] &&
		           rule->key.fallback[0] && rule->key.sentence[0] &&
		           rule->always == (strcmp(rule->key.fallback,
		                                   "not asked") != 0),
		   "%s: is described", key);
	}
	ok(!assay_policy_key_at(ASSAY_N_KEYS), "and no more keys");
	make(ASSAY_TEE_SGX, NULL);
	verdict.has_pck = false;
	ok(read_members("\"fmspc\":\"" B6("23") "\",\"allow_smt\":false") &&
	           !appraise(NULL, 0) && says("fmspc") && says("allow_smt"),
	   "no PCK certificate: %s", said());
}

/* What the schema says of the default is the default. */
static void test_default(void)
{
	static struct assay_policy def, bare, given;
	struct assay_err err = { 0 };
	char json[200];
	size_t n = 0;

	assay_policy_default(&def);
	ok(assay_policy_size() == sizeof(def), "its size is told");
	ok(is_zero(def.given, sizeof(def.given)), "nothing is given");
	ok(assay_policy_parse(&bare, bytes("{" ID "}"), &err),
	   "a file that says which code, and no more");
	for (size_t i = 0; i < ASSAY_N_KEYS; i++) {
		const struct assay_policy_key *key = &assay_rules[i].key;

		if (!strchr("[0tf", key->fallback[0]))
			continue;
		n++;
		snprintf(json, sizeof(json), "{" ID ",\"%s\":%s}", key->key,
		         key->fallback);
		ok(assay_policy_parse(&given, bytes(json), &err) &&
		           given.given[i] && !(given.given[i] = false) &&
		           !memcmp(&given, &bare, sizeof(bare)),
		   "%s is %s by default %s", key->key, key->fallback, err.note);
	}
	bare.given[ASSAY_KEY_mrenclave] = false;
	memset(&bare.mrenclave, 0, sizeof(bare.mrenclave));
	ok(!memcmp(&bare, &def, sizeof(def)), "a file begins as the default");
	ok(n == 8, "%zu defaults were read", n);

	if (!assay_policy_any_code(&def))
		abort();
	if (!assay_policy_allow_debug(&def))
		abort();
	ok(def.any_code && def.allow_debug, "the command line's two switches");
	policy = def;
	make(ASSAY_TEE_SGX, debug);
	ok(appraise(NULL, 0), "they suffice for a debug enclave: %s", said());
	if (!assay_policy_report_data(&policy, verdict.report_data))
		abort();
	ok(appraise(NULL, 0), "report data from the command line: %s", said());
	verdict.report_data[63] ^= 1;
	ok(refuses("report_data"), "and others: %s", said());
}

/* ---- files that are no policy */

/* clang-format off */
static const struct {
	const char *json;
	size_t at;
	const char *says;        /* a part of the note */
	enum assay_check check;
} wrong[] = {
	{ "", 0, "", ASSAY_J_SYNTAX },
	{ "{", 1, "", ASSAY_J_SYNTAX },
	{ "[]", 0, "", ASSAY_A_POLICY },
	{ "{}", 0, "no rule that says which code", ASSAY_A_POLICY },
	{ "{\"any_code\":false}", 0, "no rule that says which code", ASSAY_A_POLICY },
	{ "{\"allow_debug\":true}", 0, "no rule that says which code", ASSAY_A_POLICY },
	{ "{\"rtmr3\":\"" B48("11") "\"}", 0, "no rule that says which code", ASSAY_A_POLICY },
	{ "{\"measurements\":\"shop\"}", 16, "measurements: ", ASSAY_A_POLICY },
	{ "{\"measurements\":{}}", 16, "measurements: got not all of list, key and max_age", ASSAY_A_POLICY },
	{ "{\"measurements\":{\"list\":\"shop\",\"max_age\":1}}", 16, "measurements: got not all of", ASSAY_A_POLICY },
	{ "{\"measurements\":{\"list\":\"shop\",\"key\":\"" B64("21") "\"}}", 16, "measurements: got not all of", ASSAY_A_POLICY },
	{ "{\"measurements\":{\"list\":\"\"}}", 24, "measurements: got an empty text", ASSAY_A_POLICY },
	{ "{\"measurements\":{\"key\":\"" B32("21") "\"}}", 23, "measurements: ", ASSAY_A_POLICY },
	{ "{\"measurements\":{\"max_age\":4294967296}}", 27, "measurements: ", ASSAY_A_POLICY },
	{ "{\"measurements\":{\"name\":\"shop\"}}", 18, "measurements: got the unknown member", ASSAY_A_POLICY },
	{ "{\"any_code\":true}x", 17, "", ASSAY_J_SYNTAX },
	{ "{\"any_code\":true,\"any_code\":true}", 17, "", ASSAY_J_DUPKEY },
	{ "{\"any_code\":1}", 12, "any_code: ", ASSAY_A_POLICY },
	{ "{\"any_code\":null}", 12, "any_code: ", ASSAY_A_POLICY },
	{ "{\"mrenclaves\":[]}", 2, "mrenclaves", ASSAY_A_POLICY },
	{ "{\"MRENCLAVE\":[]}", 2, "MRENCLAVE", ASSAY_A_POLICY },
	{ "{\"\":[]}", 2, "unknown", ASSAY_A_POLICY },
	{ "{\"mrenclave\":[]}", 13, "mrenclave: got an empty list", ASSAY_A_POLICY },
	{ "{\"mrenclave\":\"\"}", 13, "mrenclave: ", ASSAY_A_POLICY },
	{ "{\"mrenclave\":[\"" B32("11") "\",\"" B32("11") "1\"]}", 81, "mrenclave: ", ASSAY_A_POLICY },
	{ "{\"mrenclave\":\"" B32("1g") "\"}", 13, "mrenclave: ", ASSAY_A_POLICY },
	{ "{\"mrenclave\":{}}", 13, "mrenclave: ", ASSAY_A_POLICY },
	{ "{\"mrenclave\":[[\"" B32("11") "\"]]}", 14, "mrenclave: ", ASSAY_A_POLICY },
	{ "{\"mrenclave\":1}", 13, "mrenclave: ", ASSAY_A_POLICY },
	{ "{\"accepted_statuses\":[]," ID "}", 21, "accepted_statuses: ", ASSAY_A_POLICY },
	{ "{\"accepted_statuses\":[\"Revoked\"]," ID "}", 22, "Revoked is never", ASSAY_A_POLICY },
	{ "{\"accepted_statuses\":\"uptodate\"," ID "}", 21, "uptodate", ASSAY_A_POLICY },
	{ "{\"accepted_statuses\":[\"UpToDate\",7]," ID "}", 33, "accepted_statuses: ", ASSAY_A_POLICY },
	{ "{\"min_isv_svn\":65536," ID "}", 15, "min_isv_svn: ", ASSAY_A_POLICY },
	{ "{\"min_isv_svn\":-1," ID "}", 15, "min_isv_svn: ", ASSAY_A_POLICY },
	{ "{\"min_isv_svn\":1.0," ID "}", 15, "min_isv_svn: ", ASSAY_A_POLICY },
	{ "{\"min_isv_svn\":\"1\"," ID "}", 15, "min_isv_svn: ", ASSAY_A_POLICY },
	{ "{\"min_evaluation_number\":4294967296," ID "}", 25, "min_evaluation_number: ", ASSAY_A_POLICY },
	{ "{\"collateral_grace\":4294967296," ID "}", 20, "collateral_grace: ", ASSAY_A_POLICY },
	{ "{\"isv_prod_id\":[65536]," ID "}", 16, "isv_prod_id: ", ASSAY_A_POLICY },
	{ "{\"min_tcb_date\":\"2024-02-30T00:00:00Z\"," ID "}", 16, "min_tcb_date: ", ASSAY_A_POLICY },
	{ "{\"min_tcb_date\":1700000000," ID "}", 16, "min_tcb_date: ", ASSAY_A_POLICY },
	{ "{\"rejected_advisories\":\"\"," ID "}", 23, "rejected_advisories: ", ASSAY_A_POLICY },
	{ "{\"rejected_advisories\":[]," ID "}", 23, "rejected_advisories: ", ASSAY_A_POLICY },
	{ "{\"rejected_advisories\":\"INTEL-SA-00000000000000000000000\"," ID "}", 23, "rejected_advisories: ", ASSAY_A_POLICY },
	{ "{\"sgx_types\":\"standard\"," ID "}", 13, "sgx_types: ", ASSAY_A_POLICY },
	{ "{\"sgx_types\":[\"Standard\",\"Standard\",\"Standard\",\"Standard\"]," ID "}", 47, "sgx_types: got more than 3", ASSAY_A_POLICY },
	{ "{\"report_data\":\"\"," ID "}", 15, "report_data: ", ASSAY_A_POLICY },
	{ "{\"report_data\":\"123\"," ID "}", 15, "report_data: ", ASSAY_A_POLICY },
	{ "{\"report_data\":\"" B64("11") "11\"," ID "}", 15, "report_data: ", ASSAY_A_POLICY },
	{ "{\"attributes\":\"" B8("00") "\"," ID "}", 14, "attributes: ", ASSAY_A_POLICY },
	{ "{\"attributes_mask\":\"" B16("ff") "\"," ID "}", 19, "attributes_mask: got no attributes", ASSAY_A_POLICY },
	{ "{\"xfam_mask\":\"" B8("ff") "\"," ID "}", 13, "xfam_mask: got no xfam", ASSAY_A_POLICY },
	{ "{\"xfam\":\"" B8("00") "\",\"xfam_mask\":\"" B8("00") "\"," ID "}", 39, "xfam_mask: got zero", ASSAY_A_POLICY },
	{ "{\"td_attributes\":\"" B8("01") "\",\"td_attributes_mask\":\"" B8("02") "\"," ID "}", 57, "td_attributes_mask: got a mask that leaves out", ASSAY_A_POLICY },
	{ "{\"misc_select\":\"00000000\",\"misc_select_mask\":\"00000000\"," ID "}", 45, "misc_select_mask: ", ASSAY_A_POLICY },
	{ "{\"mrsigner\":\"" B32("11") "\",\"min_isv_svn\":1}", 12, "mrsigner: got no isv_prod_id", ASSAY_A_POLICY },
	{ "{\"mrsigner\":\"" B32("11") "\",\"isv_prod_id\":1,\"any_code\":true}", 12, "mrsigner: got no min_isv_svn", ASSAY_A_POLICY },
	{ "{\"isv_prod_id\":1,\"min_isv_svn\":1}", 0, "no rule that says which code", ASSAY_A_POLICY },
	{ "{\"mrtd\":\"" B48("11") "\"}", 8, "mrtd: got no rtmr0", ASSAY_A_POLICY },
	{ "{\"mrtd\":\"" B48("11") "\",\"rtmr0\":\"" B48("11") "\"}", 8, "mrtd: got no rtmr1", ASSAY_A_POLICY },
	{ "{\"mrtd\":\"" B48("11") "\",\"rtmr0\":\"" B48("11") "\",\"rtmr1\":\"" B48("11") "\"}", 8, "mrtd: got no rtmr2", ASSAY_A_POLICY },
	{ "{" MRTD("11", "11", "11", "11") "," ID "}", 8, "got mrtd beside mrenclave", ASSAY_A_POLICY },
	{ "{\"platform_grace\":1,\"collateral_grace\":1," ID "}", 18, "got platform_grace beside collateral_grace", ASSAY_A_POLICY },
};
/* clang-format on */

static void test_wrong(void)
{
	static char json[80 * 70];
	struct assay_err err;
	size_t len;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memset(&err, 0, sizeof(err));
		ok(!assay_policy_parse(&policy, bytes(wrong[i].json), &err) &&
		           err.check == wrong[i].check &&
		           err.doc == ASSAY_DOC_POLICY &&
		           err.at == wrong[i].at && err.note[0] &&
		           strstr(err.note, wrong[i].says) &&
		           is_zero(&policy, sizeof(policy)),
		   "%.50s: %s at %zu: %s", wrong[i].json,
		   err.check ? assay_check_info(err.check)->name : "read",
		   err.at, err.note);
	}
	ok(!assay_policy_parse(&policy, bytes("{}"), NULL), "err may be NULL");

	len = (size_t)snprintf(json, sizeof(json), "{\"mrenclave\":[");
	for (unsigned i = 0; i < 65; i++)
		len += (size_t)snprintf(json + len, sizeof(json) - len,
		                        "\"%064x\"%s", i, i < 64 ? "," : "]}");
	ok(!assay_policy_parse(&policy, bytes(json), &err) &&
	           err.check == ASSAY_A_POLICY && err.at == 14 + 64 * 67 &&
	           strstr(err.note, "mrenclave: got more than 64"),
	   "65 values: %s", err.note);
	snprintf(json + 14 + 64 * 67 - 1, 8, "]}");
	ok(assay_policy_parse(&policy, bytes(json), &err) &&
	           policy.mrenclave.n == 64,
	   "64 values");
	ok(assay_policy_parse(
		   &policy,
		   bytes("{ \"mr\\u0065nclave\" : [ \"" B32("Ab") "\" ] }\n"),
		   &err) &&
	           policy.mrenclave.n == 1 && policy.mrenclave.v[0][31] == 0xab,
	   "escapes in a key, white space, upper case");
}

/* ---- which code, and who says so */

static const struct assay_constraint *line(size_t i, const char *text)
{
	static struct assay_constraint c[2];
	struct assay_err err = { 0 };

	if (!assay_constraint_parse(&c[i], bytes(text), &err))
		ok(false, "a constraint: %s: %s", text, err.note);
	return &c[i];
}

#define LINE "C:" B32("11")
/* clang-format off */
static const struct {
	const char *name;
	enum assay_tee tee;
	change *to;
	const char *policy;      /* a file; NULL: the default */
	const char *lines[2];    /* constraints */
	const char *rules[8];    /* what says no, in this order; none: accepted */
} cases[] = {
	{ "nothing asked", ASSAY_TEE_SGX, NULL, NULL, { NULL }, { "identity" } },
	{ "nothing asked", ASSAY_TEE_TDX, NULL, NULL, { NULL }, { "identity" } },
	{ "a constraint says which code", ASSAY_TEE_SGX, NULL, NULL, { LINE }, { NULL } },
	{ "a signer's constraint", ASSAY_TEE_SGX, NULL, NULL, { "S:" B32("12") " PROD:258 REVOKE:2 EXPIRE:P11D" }, { NULL } },
	{ "a higher level is wanted", ASSAY_TEE_SGX, NULL, NULL, { "S:" B32("12") " PROD:257 REVOKE:3 EXPIRE:P10D" }, { "constraint.PROD", "constraint.REVOKE", "constraint.EXPIRE" } },
	{ "other code", ASSAY_TEE_SGX, NULL, NULL, { "C:" B32("12") }, { "constraint.C" } },
	{ "another signer", ASSAY_TEE_SGX, NULL, NULL, { "S:" B32("11") " PROD:258" }, { "constraint.S" } },
	{ "a TD", ASSAY_TEE_TDX, NULL, NULL, { LINE " S:" B32("00") " PROD:0 REVOKE:0" }, { "constraint.C", "constraint.PROD", "constraint.REVOKE" } },
	{ "zeros match no TD", ASSAY_TEE_TDX, NULL, NULL, { "C:" B32("00") }, { "constraint.C" } },
	{ "policy and constraint", ASSAY_TEE_SGX, NULL, "{" ID "}", { LINE }, { NULL } },
	{ "both must hold", ASSAY_TEE_SGX, NULL, "{\"mrenclave\":\"" B32("12") "\"}", { LINE }, { "mrenclave" } },
	{ "two constraints", ASSAY_TEE_SGX, NULL, NULL, { LINE, "C:" B32("12") }, { "constraint.C" } },
	{ "an SGX policy, a TD", ASSAY_TEE_TDX, NULL, "{" ID "}", { NULL }, { "identity", "mrenclave" } },
	{ "a TDX policy, an enclave", ASSAY_TEE_SGX, NULL, "{" MRTD("31", "36", "37", "38") "}", { NULL }, { "identity", "mrtd", "rtmr0", "rtmr1", "rtmr2" } },
	{ "a TDX policy, a TD", ASSAY_TEE_TDX, NULL, "{" MRTD("31", "36", "37", "38") "}", { NULL }, { NULL } },
	{ "a signer's policy", ASSAY_TEE_SGX, NULL, "{" MRSIGNER("12", "3") "}", { NULL }, { NULL } },
	{ "forged", ASSAY_TEE_SGX, forged, "{\"any_code\":true}", { "C:" B32("12") }, { "genuine" } },
	{ "revoked", ASSAY_TEE_SGX, revoked, "{\"any_code\":true}", { LINE }, { "genuine" } },
	{ "not initialised", ASSAY_TEE_SGX, no_init, "{\"any_code\":true,\"allow_debug\":true}", { NULL }, { "init" } },
	/* SEC [CONCLAVE 1.5, 2] */
	{ "STALE is the default", ASSAY_TEE_SGX, out_of_date, NULL, { LINE }, { NULL } },
	{ "STALE: OutOfDateConfigurationNeeded", ASSAY_TEE_SGX, both_out_of_date, NULL, { LINE " SEC:STALE" }, { NULL } },
	{ "STALE: ConfigurationNeeded", ASSAY_TEE_SGX, configuration, NULL, { LINE " SEC:STALE" }, { NULL } },
	{ "STALE: SWHardeningNeeded", ASSAY_TEE_SGX, hardening, NULL, { LINE " SEC:STALE" }, { NULL } },
	{ "STALE: ConfigurationAndSWHardeningNeeded", ASSAY_TEE_SGX, configuration_and_hardening, NULL, { LINE }, { NULL } },
	{ "STALE: TDRelaunchAdvised", ASSAY_TEE_SGX, relaunch, NULL, { LINE }, { "accepted_statuses" } },
	{ "STALE: TDRelaunchAdvisedConfigurationNeeded", ASSAY_TEE_SGX, relaunch_configuration, NULL, { LINE }, { "accepted_statuses" } },
	{ "STALE: no status", ASSAY_TEE_SGX, no_status, NULL, { LINE }, { "accepted_statuses", "constraint.SEC" } },
	{ "no constraint widens nothing", ASSAY_TEE_SGX, out_of_date, "{" ID "}", { NULL }, { "accepted_statuses" } },
	{ "STALE beside a policy without statuses", ASSAY_TEE_SGX, out_of_date, "{\"any_code\":true}", { LINE }, { NULL } },
	{ "STALE beside a policy's statuses", ASSAY_TEE_SGX, out_of_date, "{\"any_code\":true,\"accepted_statuses\":[\"UpToDate\"]}", { LINE }, { "accepted_statuses" } },
	{ "SECURE", ASSAY_TEE_SGX, NULL, NULL, { LINE " SEC:SECURE" }, { NULL } },
	{ "SECURE: OutOfDate", ASSAY_TEE_SGX, out_of_date, NULL, { LINE " SEC:SECURE" }, { "accepted_statuses", "constraint.SEC" } },
	{ "SECURE: OutOfDate, which the policy accepts", ASSAY_TEE_SGX, out_of_date, "{\"any_code\":true,\"accepted_statuses\":\"OutOfDate\"}", { LINE " SEC:SECURE" }, { "constraint.SEC" } },
	{ "both must widen", ASSAY_TEE_SGX, out_of_date, NULL, { LINE, LINE " SEC:SECURE" }, { "accepted_statuses", "constraint.SEC" } },
	{ "both do widen", ASSAY_TEE_SGX, out_of_date, NULL, { LINE, LINE " SEC:STALE" }, { NULL } },
	{ "INSECURE takes nothing better", ASSAY_TEE_SGX, NULL, NULL, { LINE " SEC:INSECURE" }, { "constraint.SEC" } },
	{ "INSECURE takes simulation", ASSAY_TEE_SGX, simulated, NULL, { LINE " SEC:INSECURE" }, { NULL } },
	{ "INSECURE beside simulation: false", ASSAY_TEE_SGX, simulated, "{\"any_code\":true,\"simulation\":false}", { LINE " SEC:INSECURE" }, { "simulation" } },
	{ "INSECURE beside STALE", ASSAY_TEE_SGX, simulated, NULL, { LINE " SEC:INSECURE", LINE }, { "simulation", "constraint.SEC" } },
	{ "STALE takes no simulation", ASSAY_TEE_SGX, simulated, NULL, { LINE }, { "simulation", "constraint.SEC" } },
	{ "STALE beside simulation: true", ASSAY_TEE_SGX, simulated, "{\"any_code\":true,\"simulation\":true}", { LINE }, { "constraint.SEC" } },
	{ "INSECURE and debug", ASSAY_TEE_SGX, debug, NULL, { LINE " SEC:INSECURE" }, { "allow_debug" } },
	{ "INSECURE and debug, allowed", ASSAY_TEE_SGX, debug, "{\"any_code\":true,\"allow_debug\":true}", { LINE " SEC:INSECURE" }, { NULL } },
	{ "STALE and debug, allowed", ASSAY_TEE_SGX, debug, "{\"any_code\":true,\"allow_debug\":true}", { LINE }, { "constraint.SEC" } },
};
/* clang-format on */

static void test_cases(void)
{
	struct assay_err err = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct assay_constraint *constraints[2];
		size_t n = 0, k = 0;

		make(cases[i].tee, cases[i].to);
		assay_policy_default(&policy);
		if (cases[i].policy &&
		    !assay_policy_parse(&policy, bytes(cases[i].policy), &err))
			ok(false, "a policy: %s", err.note);
		while (n < 2 && cases[i].lines[n]) {
			constraints[n] = line(n, cases[i].lines[n]);
			n++;
		}
		bool accept = appraise(constraints, n);

		while (cases[i].rules[k] && k < decision.n_refusals &&
		       !strcmp(cases[i].rules[k], decision.refusals[k].rule))
			k++;
		ok(!cases[i].rules[k] && k == decision.n_refusals &&
		           accept == (k == 0),
		   "%s: %s", cases[i].name, said());
	}
}

/* ---- zeroed memory, everything at once, terms */

static void test_worst(void)
{
	static const struct assay_constraint *many[40];

	memset(&policy, 0, sizeof(policy));
	make(ASSAY_TEE_SGX, NULL);
	ok(!appraise(NULL, 0) && says("identity") && says("accepted_statuses"),
	   "a policy of zeroed memory accepts nothing: %s", said());
	memset(&verdict, 0, sizeof(verdict));
	assay_policy_default(&policy);
	if (!assay_policy_any_code(&policy))
		abort();
	ok(refuses("genuine"), "a verdict of zeroed memory: %s", said());
	make(ASSAY_TEE_SGX, forged);
	ok(refuses("genuine") && strstr(said(), "Q_SIG") &&
	           strstr(said(), assay_check_info(ASSAY_Q_SIG)->sentence),
	   "forged evidence: %s", said());

	/* every rule that can say no of a TD does */
	make(ASSAY_TEE_TDX, debug);
	verdict.td.td_attributes = 1u << 22;
	verdict.td.xfam = 0;
	verdict.simulation = true;
	verdict.status = ASSAY_STATUS_OUT_OF_DATE;
	serviced(&verdict);
	documents_ended(&verdict);
	chain_ended(&verdict);
	assay_policy_default(&policy);
	for (size_t i = 0; i < 40; i++)
		many[i] = line(0, LINE " SEC:SECURE");
	appraise(NULL, 0);
	ok(decision.n_refusals == 10, "all of %zu rules are named",
	   decision.n_refusals);
	appraise(many, 40);
	ok(!decision.accept &&
	           decision.n_refusals == ASSAY_POLICY_MAX_RULES_SAID,
	   "no more than there is room for");
}

static void test_terms(void)
{
	struct assay_terms terms = { .now = 5,
		                     .strict = true,
		                     .min_pck_crl_number = 100 };

	if (!read_members("\"collateral_grace\":1,\"certificate_grace\":2,"
	                  "\"min_evaluation_number\":3,"
	                  "\"min_root_crl_number\":4,"
	                  "\"min_pck_crl_number\":5,"
	                  "\"min_issue_date\":\"1970-01-01T00:00:06Z\""))
		return;
	assay_policy_terms(&policy, &terms);
	ok(terms.collateral_grace == 1 && terms.certificate_grace == 2 &&
	           terms.min_evaluation_number == 3 &&
	           terms.min_root_crl_number == 4 && terms.min_issue_date == 6,
	   "the policy's terms");
	ok(terms.now == 5 && terms.strict && terms.min_pck_crl_number == 100,
	   "what the terms had stays");
}

/* ---- the manual: its tables are the schema's rows */

static void test_manual(void)
{
	size_t len, k = 0;
	unsigned char *text = slurp("docs/policy.md", &len);
	const struct assay_policy_key *key;
	char row[512];

	if (!text) {
		skip("not in the source folder", "docs/policy.md");
		return;
	}
	for (char *l = strtok((char *)text, "\n"); l; l = strtok(NULL, "\n")) {
		if (strncmp(l, "| `", 3) != 0)
			continue;
		key = assay_policy_key_at(k++);
		if (!key) {
			ok(false, "docs/policy.md has a row too many: %s", l);
			break;
		}
		snprintf(row, sizeof(row), "| `%s` | %s | %s%s%s | %s |",
		         key->key, key->type,
		         strchr("[0tf", key->fallback[0]) ? "`" : "",
		         key->fallback,
		         strchr("[0tf", key->fallback[0]) ? "`" : "",
		         key->sentence);
		if (!ok(!strcmp(l, row), "docs/policy.md: %s", key->key))
			note("want %s", row);
	}
	ok(k == ASSAY_N_KEYS, "docs/policy.md has %zu of %d keys", k,
	   ASSAY_N_KEYS);
	free(text);
}

int main(void)
{
	memset(list.entries[0].mrenclave, 0x11, 32);
	memset(list.key, 0x21, sizeof(list.key));
	test_rows();
	test_schema();
	test_default();
	test_wrong();
	test_cases();
	test_worst();
	test_terms();
	test_manual();
	return done();
}
