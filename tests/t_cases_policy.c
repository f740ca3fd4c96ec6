/*
 * t_cases_policy.c - evidence that is genuine and not good enough, or judged on
 * wrong terms: cases 117 to 130 of the catalogue [DCAP 8.8], each through the
 * judgement and the appraisal.  Case 129, event logs, is not covered: nothing
 * reads them yet.
 *
 * The catalogue's A_ codes are rules here, by the key that says no: A_DEBUG is
 * allow_debug, A_ATTR init, allow_provision_key, td_attributes and
 * require_sept_ve_disable, A_SERVICETD mrservicetd, A_REPORTDATA report_data,
 * A_MRCONFIGID mrconfigid, A_ADVISORY rejected_advisories, A_PLATFORM ppid.
 * A_POLICY is a check.
 */
#include <stdlib.h>
#include <string.h>

#include "h_cases.h"

#define ROWS(rows) rows, sizeof(rows) / sizeof(rows[0])
#define SGX CASES_SGX
#define TDX CASES_TDX
#define TD15 CASE_KIND(SIM_TDX15_V5)
#define DAY INT64_C(86400)

struct policy_case {
	unsigned number;
	const char *name;
	unsigned kinds; /* 0: CASES_ALL */
	void (*edit)(struct sim_world *world, int64_t arg);
	int64_t arg;
	const char *rules;     /* members of the policy, each with a comma
	                           * behind it; NULL: none */
	const char *no;        /* the rule that says no; NULL: none does */
	enum assay_check want; /* it is not even genuine */
	enum assay_doc doc;
	bool (*holds)(const struct assay_verdict *v);
};

/* Beside the rows' own rules: any code, of a simulated platform. */
#define EVERY "\"any_code\":true,\"simulation\":true"
/* Rules and floors that the world meets as it is, to be asked for as well. */
#define TOGGLED \
	"\"min_evaluation_number\":20,\"same_evaluation_number\":true," \
	"\"min_root_crl_number\":5,\"min_pck_crl_number\":5," \
	"\"min_issue_date\":\"2025-12-25T00:00:00Z\"," \
	"\"fmspc\":\"53494d000001\",\"sgx_types\":\"Scalable\"," \
	"\"allow_cached_keys\":false,\"allow_smt\":true,"

/* ---- judged and appraised */

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

static struct assay_policy *policy_of(const char *json)
{
	static struct assay_policy *policy;
	struct assay_err err;

	if (!policy)
		policy = malloc(assay_policy_size());
	if (policy && assay_policy_parse(policy, buf_text(json), &err))
		return policy;
	printf("# %s\n", policy ? err.note : "no memory");
	need(false, "no policy");
	return NULL;
}

/* As the programs do it: the policy sets the terms. */
static void judge(struct assay_verdict *v, struct sim_world *w,
                  const struct assay_policy *policy)
{
	static struct assay_trust *trust;
	struct case_evidence e = { .world = w, .terms = { .now = w->now } };

	if (!trust)
		trust = malloc(assay_trust_size());
	need(trust != NULL, "no memory");
	case_view(&e);
	assay_policy_terms(policy, &e.terms);
	need(assay_verify_evidence(v, trust, NULL, &e.evidence, NULL,
	                           w->keys[SIM_ROOT].key,
	                           &e.terms) == v->genuine,
	     "two answers at once");
}

/* Exactly this rule says no, and in a sentence; NULL: it is accepted. */
static bool is_decided(const struct assay_verdict *v,
                       const struct assay_policy *policy, const char *no)
{
	struct assay_decision d;
	const bool yes = assay_appraise(&d, v, policy, NULL, 0);

	if (yes == d.accept && yes == !no && d.n_refusals == (no ? 1 : 0) &&
	    (!no || (!strcmp(d.refusals[0].rule, no) && d.refusals[0].note[0])))
		return true;
	note("want %s, got %s", no ? no : "accepted", yes ? "accepted" : "no");
	for (size_t i = 0; i < d.n_refusals; i++)
		note("%s: %s", d.refusals[i].rule, d.refusals[i].note);
	return false;
}

static bool is_found(const struct policy_case *row,
                     const struct assay_verdict *v)
{
	const struct assay_check_info *check =
		assay_check_info(v->failed.check);

	if (v->genuine == !row->want && v->failed.check == row->want &&
	    v->failed.doc == row->doc)
		return true;
	note("got %s in %s: %s", check ? check->name : "genuine",
	     assay_doc_name(v->failed.doc), v->failed.note);
	return false;
}

static bool policy_case_holds(const struct policy_case *row, enum sim_kind kind,
                              const char *more)
{
	static struct sim_world w;
	const struct assay_policy *policy;
	struct assay_verdict v;
	char json[1600];
	bool good;

	case_met(row->number);
	case_world(&w, kind);
	if (row->edit)
		row->edit(&w, row->arg);
	need(sim_world_build(&w), "the world cannot be made so");
	snprintf(json, sizeof(json), "{%s%s" EVERY "}", more,
	         row->rules ? row->rules : "");
	policy = policy_of(json);
	judge(&v, &w, policy);
	good = is_found(row, &v) &&
	       is_decided(&v, policy, row->want ? "genuine" : row->no) &&
	       (!row->holds || row->holds(&v));
	sim_world_free(&w);
	return good;
}

/* Each row as it stands, and with everything else asked for that holds. */
static void policy_cases_run(const struct policy_case *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < SIM_N_KINDS; k++) {
			const unsigned kinds = rows[i].kinds ? rows[i].kinds
			                                     : CASES_ALL;

			if (kinds & CASE_KIND(k))
				ok(policy_case_holds(&rows[i], k, "") &&
				           policy_case_holds(&rows[i], k,
				                             TOGGLED),
				   "%u %s: %s", rows[i].number, rows[i].name,
				   sim_kind_name(k));
		}
}

/* ---- 117 to 120: attributes */

static void flags(struct sim_world *w, int64_t flip)
{
	w->quote_spec.sgx.flags ^= (uint64_t)flip;
}
static void td_bit(struct sim_world *w, int64_t bit)
{
	w->quote_spec.td.td_attributes ^= UINT64_C(1) << bit;
}
static void td_attributes(struct sim_world *w, int64_t attributes)
{
	w->quote_spec.td.td_attributes = (uint64_t)attributes;
}
static void mrservicetd(struct sim_world *w, int64_t at)
{
	w->quote_spec.td.mrservicetd[at] = 1;
}

static bool is_debug(const struct assay_verdict *v)
{
	return v->debug;
}

/* hex of 48 bytes: all zero, but for the first or the last */
#define Z8 "0000000000000000"
#define Z46 Z8 Z8 Z8 Z8 Z8 "000000000000"
#define FIRST_OF_48 "01" Z46 "00"
#define LAST_OF_48 "00" Z46 "01"
#define ZERO_48 "00" Z46 "00"

#define NO_SEPT "\"require_sept_ve_disable\":false,"
/* clang-format off */
#define NAME_BIT(value) \
	"\"td_attributes\":\"" value "\",\"td_attributes_mask\":\"" value "\","
/* clang-format on */

static const struct policy_case attributes[] = {
	/* clang-format off */
	{ 117, "an enclave as it should be", .kinds = SGX },
	{ 117, "SGX DEBUG=1", SGX, .edit = flags, .arg = ASSAY_SGX_DEBUG, .no = "allow_debug", .holds = is_debug },
	{ 117, "SGX DEBUG=1, allowed", SGX, .edit = flags, .arg = ASSAY_SGX_DEBUG, .rules = "\"allow_debug\":true,", .holds = is_debug },
	{ 117, "SGX INIT=0", SGX, .edit = flags, .arg = ASSAY_SGX_INIT, .no = "init" },
	{ 117, "SGX PROVISION_KEY=1", SGX, .edit = flags, .arg = ASSAY_SGX_PROVISION_KEY, .no = "allow_provision_key" },
	{ 117, "SGX PROVISION_KEY=1, allowed", SGX, .edit = flags, .arg = ASSAY_SGX_PROVISION_KEY, .rules = "\"allow_provision_key\":true," },
	{ 117, "SGX EINITTOKEN_KEY=1", SGX, .edit = flags, .arg = ASSAY_SGX_EINITTOKEN_KEY, .no = "allow_provision_key" },
	{ 117, "SGX EINITTOKEN_KEY=1, allowed", SGX, .edit = flags, .arg = ASSAY_SGX_EINITTOKEN_KEY, .rules = "\"allow_provision_key\":true," },
	{ 117, "SGX MODE64BIT=0, pinned", SGX, .edit = flags, .arg = ASSAY_SGX_MODE64BIT, .rules = "\"mode64bit\":true,", .no = "mode64bit" },

	{ 118, "a TD as it should be", .kinds = TDX },
	{ 118, "TUD bit 0", TDX, .edit = td_bit, .arg = 0, .no = "allow_debug", .holds = is_debug },
	{ 118, "TUD bit 4", TDX, .edit = td_bit, .arg = 4, .no = "allow_debug", .holds = is_debug },
	{ 118, "TUD bit 4, allowed", TDX, .edit = td_bit, .arg = 4, .rules = "\"allow_debug\":true,", .holds = is_debug },
	{ 118, "MIGRATABLE", TDX, .edit = td_bit, .arg = 29, .no = "td_attributes" },
	{ 118, "MIGRATABLE, named", TDX, .edit = td_bit, .arg = 29, .rules = NAME_BIT("0000002000000000") },
	{ 118, "MIGRATABLE, another named", TDX, .edit = td_bit, .arg = 29, .rules = NAME_BIT("0000000000000080"), .no = "td_attributes" },
	{ 118, "not MIGRATABLE, named", TDX, .rules = NAME_BIT("0000002000000000"), .no = "td_attributes" },
	{ 118, "reserved bit 22", TDX, .edit = td_bit, .arg = 22, .no = "td_attributes" },
	{ 118, "reserved bit 22, named", TDX, .edit = td_bit, .arg = 22, .rules = NAME_BIT("0000400000000000") },
	{ 118, "PERFMON by default", TDX, .edit = td_bit, .arg = 63, .no = "td_attributes" },
	{ 118, "PERFMON by policy", TDX, .edit = td_bit, .arg = 63, .rules = NAME_BIT("0000000000000080") },
	{ 118, "PERFMON pinned to zero", TDX, .edit = td_bit, .arg = 63, .rules = "\"td_attributes\":\"0000001000000000\",", .no = "td_attributes" },

	{ 119, "SEPT_VE_DISABLE=0 under default", TDX, .edit = td_attributes, .arg = 0, .no = "require_sept_ve_disable" },
	{ 119, "SEPT_VE_DISABLE=0 under Azure profile", TDX, .edit = td_attributes, .arg = 0, .rules = NO_SEPT },
	{ 119, "PKS without SEPT_VE_DISABLE under default", TDX, .edit = td_attributes, .arg = 0x40000000, .no = "require_sept_ve_disable" },
	{ 119, "PKS without SEPT_VE_DISABLE, allowed", TDX, .edit = td_attributes, .arg = 0x40000000, .rules = NO_SEPT },
	{ 119, "SEPT_VE_DISABLE=1 under Azure profile", TDX, .rules = NO_SEPT },

	{ 120, "MRSERVICETD non-zero, first byte", TD15, .edit = mrservicetd, .arg = 0, .no = "mrservicetd" },
	{ 120, "MRSERVICETD non-zero, last byte", TD15, .edit = mrservicetd, .arg = 47, .no = "mrservicetd" },
	{ 120, "MRSERVICETD non-zero, listed", TD15, .edit = mrservicetd, .arg = 47, .rules = "\"mrservicetd\":[\"" FIRST_OF_48 "\",\"" LAST_OF_48 "\"]," },
	{ 120, "MRSERVICETD non-zero, another listed", TD15, .edit = mrservicetd, .arg = 47, .rules = "\"mrservicetd\":\"" FIRST_OF_48 "\",", .no = "mrservicetd" },
	{ 120, "MRSERVICETD non-zero, zero listed", TD15, .edit = mrservicetd, .arg = 47, .rules = "\"mrservicetd\":\"" ZERO_48 "\",", .no = "mrservicetd" },
	{ 120, "MRSERVICETD zero, one listed", TD15, .rules = "\"mrservicetd\":\"" LAST_OF_48 "\",", .no = "mrservicetd" },
	{ 120, "MRSERVICETD zero", .kinds = TD15 },
	{ 120, "MRSERVICETD of TDX 1.0, asked for", TDX & ~TD15, .rules = "\"mrservicetd\":\"" ZERO_48 "\",", .no = "mrservicetd" },
	/* clang-format on */
};

/* All 64 bits of a TD's attributes, each of them alone beside SEPT_VE_DISABLE
 * [DCAP 1.3, 4.7]: d is refused as debug, a as an attribute, s as SEPT. */
/* clang-format off */
static const char td_bits[] = "dddddddd" "aaaaaaaa" "aaaaaaaa" "aaaasa.."
			      "aaaaaaaa" "aaaaaaaa" "aaaaaaaa" "aaaaaaaa";
/* clang-format on */

static void test_td_bits(void)
{
	struct policy_case row = { .number = 118, .edit = td_bit };

	for (row.arg = 0; row.arg < 64; row.arg++) {
		const char letter = td_bits[row.arg];

		row.no = letter == 'd'   ? "allow_debug"
		         : letter == 'a' ? "td_attributes"
		         : letter == 's' ? "require_sept_ve_disable"
		                         : NULL;
		ok(policy_case_holds(&row, SIM_TDX15_V5, ""),
		   "118 TD attribute bit %d: %s", (int)row.arg,
		   row.no ? row.no : "accepted");
	}
}

/* ---- 121, 123: values that must be matched in full */

/* Report data that is 0x11 in its first half and zero in its second. */
static void half_data(struct sim_world *w, int64_t last)
{
	memset(w->quote_spec.sgx.report_data, 0x11, 32);
	memset(w->quote_spec.sgx.report_data + 32, 0, 32);
	w->quote_spec.sgx.report_data[63] = (uint8_t)last;
	memcpy(w->quote_spec.td.report_data, w->quote_spec.sgx.report_data, 64);
}
#define E8 "1111111111111111"
#define E32 E8 E8 E8 E8
#define Z31 Z8 Z8 Z8 "00000000000000"
#define DATA(hex) "\"report_data\":\"" hex "\","

static void mrconfigid(struct sim_world *w, int64_t at)
{
	w->quote_spec.td.mrconfigid[at] = 1;
}
static void mrowner(struct sim_world *w, int64_t at)
{
	w->quote_spec.td.mrowner[at] = 1;
}
static void mrownerconfig(struct sim_world *w, int64_t at)
{
	w->quote_spec.td.mrownerconfig[at] = 1;
}
static void config_id(struct sim_world *w, int64_t kss)
{
	w->quote_spec.sgx.config_id[0] = 1;
	if (kss)
		w->quote_spec.sgx.flags |= ASSAY_SGX_KSS;
}
#define CONFIG(key, hex) "\"" key "\":\"" hex "\","
#define ZERO_64 ZERO_48 Z8 Z8
#define FIRST_OF_64 FIRST_OF_48 Z8 Z8

static const struct policy_case values[] = {
	/* clang-format off */
	{ 121, "REPORTDATA as expected", .edit = half_data, .arg = 0, .rules = DATA(E32 Z31 "00") },
	{ 121, "REPORTDATA as expected, 32 bytes given", .edit = half_data, .arg = 0, .rules = DATA(E32) },
	{ 121, "REPORTDATA differs in byte 63", .edit = half_data, .arg = 1, .rules = DATA(E32 Z31 "00"), .no = "report_data" },
	{ 121, "expected value 32 bytes, tail non-zero", .edit = half_data, .arg = 1, .rules = DATA(E32), .no = "report_data" },
	{ 121, "expected value one byte", .edit = half_data, .arg = 0, .rules = DATA("11"), .no = "report_data" },
	{ 121, "expected byte 63 differs", .edit = half_data, .arg = 0, .rules = DATA(E32 Z31 "01"), .no = "report_data" },
	{ 121, "expected value zero", .edit = half_data, .arg = 0, .rules = DATA("00"), .no = "report_data" },

	{ 123, "expected MRCONFIGID set, quote zero", TDX, .rules = CONFIG("mrconfigid", FIRST_OF_48), .no = "mrconfigid" },
	{ 123, "expected MRCONFIGID zero, quote not", TDX, .edit = mrconfigid, .arg = 47, .rules = CONFIG("mrconfigid", ZERO_48), .no = "mrconfigid" },
	{ 123, "MRCONFIGID differs in byte 47", TDX, .edit = mrconfigid, .arg = 0, .rules = CONFIG("mrconfigid", "01" Z46 "01"), .no = "mrconfigid" },
	{ 123, "MRCONFIGID as expected", TDX, .edit = mrconfigid, .arg = 0, .rules = CONFIG("mrconfigid", FIRST_OF_48) },
	{ 123, "MRCONFIGID zero as expected", TDX, .rules = CONFIG("mrconfigid", ZERO_48) },
	{ 123, "MRCONFIGID of an enclave", SGX, .rules = CONFIG("mrconfigid", ZERO_48), .no = "mrconfigid" },
	{ 123, "expected MROWNER set, quote zero", TDX, .rules = CONFIG("mrowner", LAST_OF_48), .no = "mrowner" },
	{ 123, "MROWNER as expected", TDX, .edit = mrowner, .arg = 47, .rules = CONFIG("mrowner", LAST_OF_48) },
	{ 123, "expected MROWNERCONFIG set, quote zero", TDX, .rules = CONFIG("mrownerconfig", LAST_OF_48), .no = "mrownerconfig" },
	{ 123, "MROWNERCONFIG as expected", TDX, .edit = mrownerconfig, .arg = 47, .rules = CONFIG("mrownerconfig", LAST_OF_48) },
	{ 123, "expected CONFIGID set, quote zero", SGX, .edit = flags, .arg = ASSAY_SGX_KSS, .rules = CONFIG("config_id", FIRST_OF_64), .no = "config_id" },
	{ 123, "CONFIGID as expected, KSS clear", SGX, .edit = config_id, .arg = 0, .rules = CONFIG("config_id", FIRST_OF_64), .no = "config_id" },
	{ 123, "CONFIGID zero as expected, KSS clear", SGX, .rules = CONFIG("config_id", ZERO_64), .no = "config_id" },
	{ 123, "CONFIGID as expected", SGX, .edit = config_id, .arg = 1, .rules = CONFIG("config_id", FIRST_OF_64) },
	/* clang-format on */
};

/* ---- 122, 130: policies that are none */

static const struct {
	unsigned number;
	const char *name, *json;
	const char *note; /* part of it */
	const char *at;   /* the error is where this text begins */
} no_policies[] = {
	/* clang-format off */
	{ 122, "empty measurement policy", "{}", "mrenclave", "{" },
	{ 122, "statuses alone", "{\"accepted_statuses\":\"UpToDate\"}", "mrenclave", "{" },
	{ 122, "report data alone", "{\"report_data\":\"" E32 "\"}", "mrenclave", "{" },
	{ 122, "version alone", "{\"min_isv_svn\":1,\"isv_prod_id\":7}", "mrenclave", "{" },
	{ 122, "any_code false", "{\"any_code\":false}", "mrenclave", "{" },
	{ 122, "no mrenclave in the list", "{\"mrenclave\":[]}", "mrenclave", "[" },
	{ 122, "signer without product", "{\"mrsigner\":\"" E32 "\",\"min_isv_svn\":1}", "isv_prod_id", "\"" E32 },
	{ 122, "signer without version", "{\"mrsigner\":\"" E32 "\",\"isv_prod_id\":1}", "min_isv_svn", "\"" E32 },
	{ 122, "TD without registers", "{\"mrtd\":\"" ZERO_48 "\"}", "rtmr0", "\"" ZERO_48 },

	{ 130, "unknown policy key", "{" EVERY ",\"minimum_isv_svn\":3}", "minimum_isv_svn", "minimum_isv_svn" },
	{ 130, "misspelt fact", "{" EVERY ",\"mrenclaves\":\"" E32 "\"}", "mrenclaves", "mrenclaves" },
	{ 130, "key in upper case", "{" EVERY ",\"MRENCLAVE\":\"" E32 "\"}", "MRENCLAVE", "MRENCLAVE" },
	{ 130, "key with a space", "{" EVERY ",\"ppid \":\"" E8 E8 "\"}", "ppid ", "ppid " },
	{ 130, "key without a name", "{" EVERY ",\"\":1}", "unknown key", "\":1" },
	{ 130, "known key in an object", "{" EVERY ",\"sgx\":{\"mrenclave\":\"" E32 "\"}}", "sgx", "sgx" },
	{ 130, "text for true", "{" EVERY ",\"allow_debug\":\"true\"}", "allow_debug", "\"true" },
	{ 130, "number for false", "{" EVERY ",\"allow_debug\":0}", "allow_debug", "0" },
	{ 130, "null for false", "{" EVERY ",\"allow_debug\":null}", "allow_debug", "null" },
	{ 130, "text for a number", "{" EVERY ",\"min_isv_svn\":\"3\"}", "min_isv_svn", "\"3" },
	{ 130, "fraction for a number", "{" EVERY ",\"min_isv_svn\":3.0}", "min_isv_svn", "3.0" },
	{ 130, "number below its range", "{" EVERY ",\"min_isv_svn\":-1}", "min_isv_svn", "-1" },
	{ 130, "number above its range", "{" EVERY ",\"min_isv_svn\":65536}", "min_isv_svn", "65536" },
	{ 130, "object for a list", "{" EVERY ",\"ppid\":{}}", "ppid", "{}" },
	{ 130, "hex too short", "{" EVERY ",\"ppid\":\"11\"}", "ppid", "\"11" },
	{ 130, "hex too long", "{" EVERY ",\"ppid\":\"" E8 E8 "11\"}", "ppid", "\"" E8 E8 },
	{ 130, "no hex", "{" EVERY ",\"ppid\":\"" E8 "111111111111111g\"}", "ppid", "\"" E8 },
	{ 130, "report data too long", "{" EVERY ",\"report_data\":\"" E32 E32 "11\"}", "report_data", "\"" E32 },
	{ 130, "report data empty", "{" EVERY ",\"report_data\":\"\"}", "report_data", "\"\"}" },
	{ 130, "unknown status", "{" EVERY ",\"accepted_statuses\":[\"UpToDate\",\"HardeningNeeded\"]}", "HardeningNeeded", "\"HardeningNeeded" },
	{ 130, "Revoked accepted", "{" EVERY ",\"accepted_statuses\":[\"UpToDate\",\"Revoked\"]}", "Revoked", "\"Revoked" },
	{ 130, "no status accepted", "{" EVERY ",\"accepted_statuses\":[]}", "accepted_statuses", "[]" },
	{ 130, "day that is none", "{" EVERY ",\"min_tcb_date\":\"2025-02-30T00:00:00Z\"}", "min_tcb_date", "\"2025" },
	{ 130, "unknown type", "{" EVERY ",\"sgx_types\":\"Scaleable\"}", "Scaleable", "\"Scale" },
	{ 130, "empty advisory", "{" EVERY ",\"rejected_advisories\":[\"\"]}", "rejected_advisories", "\"\"]" },
	{ 130, "mask without value", "{" EVERY ",\"td_attributes_mask\":\"0000000000000080\"}", "td_attributes", "\"0000" },
	{ 130, "both graces", "{" EVERY ",\"platform_grace\":1,\"collateral_grace\":1}", "platform_grace", "1,\"coll" },
	{ 130, "no object", "[]", "", "[" },
	/* clang-format on */
};

static void test_no_policy(size_t i)
{
	const char *json = no_policies[i].json;
	const char *at = strstr(json, no_policies[i].at);
	struct assay_policy *policy = malloc(assay_policy_size());
	struct assay_err err = { 0 };
	static struct sim_world w;
	struct assay_decision d;
	struct assay_verdict v;

	case_met(no_policies[i].number);
	need(policy && at, "no place");
	if (!ok(!assay_policy_parse(policy, buf_text(json), &err) &&
	                err.check == ASSAY_A_POLICY &&
	                err.doc == ASSAY_DOC_POLICY &&
	                err.at == (size_t)(at - json) &&
	                strstr(err.note, no_policies[i].note),
	        "%u %s", no_policies[i].number, no_policies[i].name))
		note("check %d at byte %zu: %s", (int)err.check, err.at,
		     err.note);
	/* what is left of it accepts nothing */
	case_world(&w, SIM_SGX_V3);
	need(sim_world_build(&w), "no world");
	judge(&v, &w, policy);
	v.simulation = false;
	ok(v.genuine && !assay_appraise(&d, &v, policy, NULL, 0),
	   "%u %s: accepts nothing", no_policies[i].number,
	   no_policies[i].name);
	sim_world_free(&w);
	free(policy);
}

/* The default that nobody added to says which rule is missing. */
static void test_default_policy(enum sim_kind kind)
{
	static struct sim_world w;
	struct assay_policy *policy = malloc(assay_policy_size());
	struct assay_decision d;
	struct assay_verdict v;

	need(policy != NULL, "no memory");
	assay_policy_default(policy);
	case_world(&w, kind);
	need(sim_world_build(&w), "no world");
	judge(&v, &w, policy);
	ok(v.genuine && !assay_appraise(&d, &v, policy, NULL, 0) &&
	           d.n_refusals == 2 &&
	           !strcmp(d.refusals[0].rule, "identity") &&
	           !strcmp(d.refusals[1].rule, "simulation"),
	   "122 default policy: %s", sim_kind_name(kind));
	v.simulation = false;
	ok(is_decided(&v, policy, "identity"),
	   "122 default policy, as if real: %s", sim_kind_name(kind));
	if (!assay_policy_any_code(policy))
		abort();
	ok(is_decided(&v, policy, NULL),
	   "122 default policy, as if real, any code: %s", sim_kind_name(kind));
	sim_world_free(&w);
	free(policy);
}

/* ---- 124, 125: advisories */

static struct sim_tcb_spec *tcb(struct sim_world *w)
{
	return &w->tcb[case_tee(w)];
}
static struct sim_identity_spec *qe(struct sim_world *w)
{
	return &w->qe[case_tee(w)];
}

static void module_says(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->tcb[SIM_TDX].module[0].level[0].said.advisories[0] =
		"INTEL-SA-01999";
	w->tcb[SIM_TDX].module[1].level[0].said.advisories[0] =
		"INTEL-SA-01999";
}
static void qe_says(struct sim_world *w, int64_t arg)
{
	(void)arg;
	qe(w)->level[0].said.advisories[0] = "INTEL-SA-01999";
}
static void platform_says(struct sim_world *w, int64_t arg)
{
	(void)arg;
	tcb(w)->level[0].said.advisories[0] = "INTEL-SA-01999";
}
/* Of a level that the machine does not need. */
static void lower_level_says(struct sim_world *w, int64_t arg)
{
	(void)arg;
	tcb(w)->level[1].said.advisories[1] = "INTEL-SA-01999";
}
static void end_of_service(struct sim_world *w, int64_t level)
{
	struct sim_said *said = &tcb(w)->level[level].said;

	memset(said->advisories, 0, sizeof(said->advisories));
	said->advisories[0] = "INTEL-DOC-10001";
	sim_world_at_level(w, (unsigned)level);
}
static bool is_verbatim(const struct assay_verdict *v)
{
	return v->n_advisories == 1 &&
	       !strcmp(v->advisories[0], "INTEL-DOC-10001");
}

/* clang-format off */
#define REJECT(advisory) "\"rejected_advisories\":[\"INTEL-SA-00001\",\"" advisory "\"],"
#define ACCEPT(advisory) "\"accepted_advisories\":[\"INTEL-SA-00001\",\"" advisory "\"],"
/* clang-format on */
#define ACCEPT_OLD "\"accepted_statuses\":[\"UpToDate\",\"OutOfDate\"],"

static const struct policy_case advisories[] = {
	/* clang-format off */
	{ 124, "advisory deny-listed on module level only", TDX, .edit = module_says, .arg = 0, .rules = REJECT("INTEL-SA-01999"), .no = "rejected_advisories" },
	{ 124, "advisory deny-listed on QE level only", .edit = qe_says, .rules = REJECT("INTEL-SA-01999"), .no = "rejected_advisories" },
	{ 124, "advisory deny-listed on platform level only", .edit = platform_says, .rules = REJECT("INTEL-SA-01999"), .no = "rejected_advisories" },
	{ 124, "advisory deny-listed on a level that does not match", .edit = lower_level_says, .rules = REJECT("INTEL-SA-01999") },
	{ 124, "another advisory deny-listed", TDX, .edit = module_says, .arg = 0, .rules = REJECT("INTEL-SA-0199") },
	{ 124, "nothing deny-listed", TDX, .edit = module_says, .arg = 0 },
	{ 124, "advisory not allow-listed on module level only", TDX, .edit = module_says, .arg = 0, .rules = ACCEPT("INTEL-SA-0199"), .no = "accepted_advisories" },
	{ 124, "advisory allow-listed on module level only", TDX, .edit = module_says, .arg = 0, .rules = ACCEPT("INTEL-SA-01999") },
	{ 124, "module OutOfDate, by a set of its own", TDX, .edit = module_says, .arg = 0, .rules = "\"accepted_module_statuses\":\"OutOfDate\",", .no = "accepted_module_statuses" },

	{ 125, "INTEL-DOC-10001 on an OutOfDate row", .edit = end_of_service, .arg = SIM_LEVEL_OUT_OF_DATE, .rules = ACCEPT_OLD, .holds = is_verbatim },
	{ 125, "INTEL-DOC-10001 on an OutOfDate row, by default", .edit = end_of_service, .arg = SIM_LEVEL_OUT_OF_DATE, .no = "accepted_statuses", .holds = is_verbatim },
	{ 125, "INTEL-DOC-10001 on an OutOfDate row, deny-listed", .edit = end_of_service, .arg = SIM_LEVEL_OUT_OF_DATE, .rules = ACCEPT_OLD REJECT("INTEL-DOC-10001"), .no = "rejected_advisories", .holds = is_verbatim },
	{ 125, "INTEL-DOC-10001 on an OutOfDate row, not allow-listed", .edit = end_of_service, .arg = SIM_LEVEL_OUT_OF_DATE, .rules = ACCEPT_OLD ACCEPT("INTEL-SA-00828"), .no = "accepted_advisories", .holds = is_verbatim },
	{ 125, "INTEL-DOC-10001 beside UpToDate", .edit = end_of_service, .arg = SIM_LEVEL_UP_TO_DATE, .holds = is_verbatim },
	/* clang-format on */
};

/* ---- 126: platforms */

static const uint8_t ppid_x[16] = { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	                            0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	                            0x11, 0x11, 0x11, 0x11 };
static void header_says_ppid(struct sim_world *w, int64_t arg)
{
	(void)arg;
	memcpy(w->quote_spec.user_data, ppid_x, 16);
}
static void leaf_says_ppid(struct sim_world *w, int64_t last)
{
	struct sim_octets *ppid =
		&w->cert[SIM_PCK].pck.member[SIM_PCK_PPID].octets;

	*ppid = sim_mem(ppid_x, 16);
	ppid->p[15] = (uint8_t)last;
}
static void leaf_says_piid(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->cert[SIM_PCK].pck.member[SIM_PCK_PIID].octets = sim_mem(ppid_x, 16);
}
static void processor_ca(struct sim_world *w, int64_t arg)
{
	(void)arg;
	sim_world_use_ca(w, SIM_PROCESSOR_CA);
}
#define PPIDS "\"ppid\":[\"" E8 Z8 "\",\"" E8 E8 "\"],"
#define PIIDS "\"piid\":[\"" E8 Z8 "\",\"" E8 E8 "\"],"

static const struct policy_case platforms[] = {
	/* clang-format off */
	{ 126, "PPID in list", .edit = leaf_says_ppid, .arg = 0x11, .rules = PPIDS },
	{ 126, "PPID not in list", .rules = PPIDS, .no = "ppid" },
	{ 126, "PPID not in list, last byte", .edit = leaf_says_ppid, .arg = 0x12, .rules = PPIDS, .no = "ppid" },
	{ 126, "PPID of header user data in list", .edit = header_says_ppid, .rules = PPIDS, .no = "ppid" },
	{ 126, "PIID in list of PPIDs", .edit = leaf_says_piid, .rules = PPIDS, .no = "ppid" },
	{ 126, "PPID in list of PIIDs", .edit = leaf_says_ppid, .arg = 0x11, .rules = PIIDS, .no = "piid" },
	{ 126, "PIID in list", .edit = leaf_says_piid, .rules = PIIDS },
	{ 126, "PIID zero in list", .rules = "\"piid\":\"" Z8 Z8 "\",", .no = "piid" },
	/* clang-format on */
};
/* Without the rules that this CA's leaves do not meet. */
static const struct policy_case processor_platforms[] = {
	/* clang-format off */
	{ 126, "no PIID, asked for", .edit = processor_ca, .rules = PIIDS, .no = "piid" },
	{ 126, "no PIID, zero in list", .edit = processor_ca, .rules = "\"piid\":\"" Z8 Z8 "\",", .no = "piid" },
	{ 126, "no cached keys, asked for", .edit = processor_ca, .rules = "\"allow_cached_keys\":false,", .no = "allow_cached_keys" },
	{ 126, "no PIID, not asked for", .edit = processor_ca },
	/* clang-format on */
};

/* ---- 127, 128: graces */

/* Ended so many seconds ago. */
static void tcb_ended(struct sim_world *w, int64_t ago)
{
	tcb(w)->next_update = w->now - ago;
}
static void qe_ended(struct sim_world *w, int64_t ago)
{
	qe(w)->next_update = w->now - ago;
}
static void pck_crl_ended(struct sim_world *w, int64_t ago)
{
	w->crl[SIM_CRL_PLATFORM].next_update = w->now - ago;
}
static void root_crl_ended(struct sim_world *w, int64_t ago)
{
	w->crl[SIM_CRL_ROOT].next_update = w->now - ago;
}
static void leaf_ended(struct sim_world *w, int64_t ago)
{
	w->cert[SIM_PCK].not_after = w->now - ago;
}
/* The lists ended, TCB info and QE identity are an hour old. */
static void fresh_but_lists(struct sim_world *w, int64_t ago)
{
	tcb(w)->issued = qe(w)->issued = w->now - 3600;
	tcb(w)->next_update = qe(w)->next_update = w->now + 30 * DAY;
	pck_crl_ended(w, ago);
	root_crl_ended(w, ago);
}
static void configuration_and_ended(struct sim_world *w, int64_t ago)
{
	sim_world_at_level(w, SIM_LEVEL_CONFIGURATION);
	tcb_ended(w, ago);
}
static void configuration_and_qe_ended(struct sim_world *w, int64_t ago)
{
	sim_world_at_level(w, SIM_LEVEL_CONFIGURATION);
	qe_ended(w, ago);
}
static void configuration_and_lists_ended(struct sim_world *w, int64_t ago)
{
	sim_world_at_level(w, SIM_LEVEL_CONFIGURATION);
	pck_crl_ended(w, ago);
}
static void configuration(struct sim_world *w, int64_t arg)
{
	(void)arg;
	sim_world_at_level(w, SIM_LEVEL_CONFIGURATION);
}
static void old(struct sim_world *w, int64_t arg)
{
	(void)arg;
	sim_world_at_level(w, SIM_LEVEL_OUT_OF_DATE);
}

#define GRACE(seconds) "\"collateral_grace\":" #seconds ","
#define CERT_GRACE(seconds) "\"certificate_grace\":" #seconds ","
#define J(document) .want = ASSAY_J_TIME, .doc = ASSAY_DOC_##document
#define R(document) .want = ASSAY_R_TIME, .doc = ASSAY_DOC_##document
#define X(document) .want = ASSAY_X_TIME, .doc = ASSAY_DOC_##document
#define ALL_BUT_REVOKED \
	"\"accepted_statuses\":[\"UpToDate\",\"SWHardeningNeeded\"," \
	"\"ConfigurationNeeded\",\"ConfigurationAndSWHardeningNeeded\"," \
	"\"OutOfDate\",\"OutOfDateConfigurationNeeded\"],"

static const struct policy_case graces[] = {
	/* clang-format off */
	/* nextUpdate <= t is expired [DCAP 4.8]: so 1 s of grace is for t alone */
	{ 127, "TCB info ends now", .edit = tcb_ended, .arg = 0, J(TCB_INFO) },
	{ 127, "TCB info ends now, with 1 s of grace", .edit = tcb_ended, .arg = 0, .rules = GRACE(1) },
	{ 127, "TCB info expired by 1 s", .edit = tcb_ended, .arg = 1, J(TCB_INFO) },
	{ 127, "TCB info expired by 1 s, with 1 s of grace", .edit = tcb_ended, .arg = 1, .rules = GRACE(1), J(TCB_INFO) },
	{ 127, "TCB info expired by 1 s, with 2 s of grace", .edit = tcb_ended, .arg = 1, .rules = GRACE(2) },
	{ 127, "TCB info expired by 1 s, with grace for certificates", .edit = tcb_ended, .arg = 1, .rules = CERT_GRACE(3600), J(TCB_INFO) },
	{ 127, "QE identity expired by 1 s", .edit = qe_ended, .arg = 1, J(QE_IDENTITY) },
	{ 127, "QE identity expired by 1 s, with 1 s of grace", .edit = qe_ended, .arg = 1, .rules = GRACE(1), J(QE_IDENTITY) },
	{ 127, "QE identity expired by 1 s, with 2 s of grace", .edit = qe_ended, .arg = 1, .rules = GRACE(2) },
	{ 127, "root CRL expired by 1 s", .edit = root_crl_ended, .arg = 1, R(ROOT_CRL) },
	{ 127, "root CRL expired by 1 s, with 2 s of grace", .edit = root_crl_ended, .arg = 1, .rules = GRACE(2) },
	{ 127, "PCK CRL expired by 1 s", .edit = pck_crl_ended, .arg = 1, R(PCK_CRL) },
	{ 127, "PCK CRL expired by 1 s, with 1 s of grace", .edit = pck_crl_ended, .arg = 1, .rules = GRACE(1), R(PCK_CRL) },
	{ 127, "PCK CRL expired by 1 s, with 2 s of grace", .edit = pck_crl_ended, .arg = 1, .rules = GRACE(2) },
	{ 127, "leaf expired by 1 s", .edit = leaf_ended, .arg = 1, X(PCK_LEAF) },
	{ 127, "leaf expired by 1 s, with grace for documents", .edit = leaf_ended, .arg = 1, .rules = GRACE(3600), X(PCK_LEAF) },
	{ 127, "leaf expired by 1 s, with 1 s of grace", .edit = leaf_ended, .arg = 1, .rules = CERT_GRACE(1) },
	{ 127, "leaf expired by 2 s, with 1 s of grace", .edit = leaf_ended, .arg = 2, .rules = CERT_GRACE(1), X(PCK_LEAF) },
	{ 127, "leaf expired by 2 s, with 2 s of grace", .edit = leaf_ended, .arg = 2, .rules = CERT_GRACE(2) },
	/* fresh TCB info does not make up for old lists */
	{ 127, "expired CRL with fresh TCB info", .edit = fresh_but_lists, .arg = 1, R(ROOT_CRL) },
	{ 127, "expired CRL with fresh TCB info, with 1 s of grace", .edit = fresh_but_lists, .arg = 1, .rules = GRACE(1), R(ROOT_CRL) },
	{ 127, "expired CRL with fresh TCB info, with 2 s of grace", .edit = fresh_but_lists, .arg = 1, .rules = GRACE(2) },

	{ 128, "ConfigurationNeeded allowed", .edit = configuration, .rules = ALL_BUT_REVOKED },
	{ 128, "ConfigurationNeeded allowed and TCB info expired", .edit = configuration_and_ended, .arg = 1, .rules = ALL_BUT_REVOKED, J(TCB_INFO) },
	{ 128, "ConfigurationNeeded allowed and QE identity expired", .edit = configuration_and_qe_ended, .arg = 1, .rules = ALL_BUT_REVOKED, J(QE_IDENTITY) },
	{ 128, "ConfigurationNeeded allowed and PCK CRL expired", .edit = configuration_and_lists_ended, .arg = 1, .rules = ALL_BUT_REVOKED, R(PCK_CRL) },
	{ 128, "ConfigurationNeeded not allowed, expired, with grace", .edit = configuration_and_ended, .arg = 1, .rules = GRACE(3600), .no = "accepted_statuses" },
	{ 128, "ConfigurationNeeded allowed, expired, with grace", .edit = configuration_and_ended, .arg = 1, .rules = GRACE(3600) ALL_BUT_REVOKED },
	{ 128, "OutOfDate within platform_grace", .edit = old, .rules = "\"platform_grace\":78624000," },
	{ 128, "OutOfDate after platform_grace", .edit = old, .rules = "\"platform_grace\":78623999,", .no = "accepted_statuses" },
	{ 128, "expired, platform_grace is not for that", .edit = tcb_ended, .arg = 1, .rules = "\"platform_grace\":78624000,", J(TCB_INFO) },
	/* clang-format on */
};

/* Verified on laxer terms than the policy's, the policy says no all the same;
 * on stricter ones it is not even genuine, whatever the policy says. */
static void test_other_terms(void (*edit)(struct sim_world *w, int64_t ago),
                             const char *what, const char *rule)
{
	static struct sim_world w;
	struct assay_policy *lax, *strict = malloc(assay_policy_size());
	struct assay_verdict v;

	need(strict &&
	             assay_policy_parse(strict, buf_text("{" EVERY "}"), NULL),
	     "no policy");
	lax = policy_of("{" GRACE(60) CERT_GRACE(60) EVERY "}");
	case_world(&w, SIM_TDX_V4);
	edit(&w, 1);
	need(sim_world_build(&w), "no world");
	judge(&v, &w, lax);
	ok(v.genuine && is_decided(&v, lax, NULL), "127 %s: lax terms", what);
	ok(is_decided(&v, strict, rule), "127 %s: lax terms, strict policy",
	   what);
	judge(&v, &w, strict);
	ok(!v.genuine && is_decided(&v, lax, "genuine"),
	   "127 %s: strict terms, lax policy", what);
	sim_world_free(&w);
	free(strict);
}

int main(void)
{
	policy_cases_run(ROWS(attributes));
	test_td_bits();
	policy_cases_run(ROWS(values));
	for (size_t i = 0; i < sizeof(no_policies) / sizeof(no_policies[0]);
	     i++)
		test_no_policy(i);
	for (unsigned kind = 0; kind < SIM_N_KINDS; kind++)
		test_default_policy(kind);
	policy_cases_run(ROWS(advisories));
	policy_cases_run(ROWS(platforms));
	for (size_t i = 0;
	     i < sizeof(processor_platforms) / sizeof(processor_platforms[0]);
	     i++)
		ok(policy_case_holds(&processor_platforms[i], SIM_SGX_V3, ""),
		   "%u %s", processor_platforms[i].number,
		   processor_platforms[i].name);
	policy_cases_run(ROWS(graces));
	test_other_terms(tcb_ended, "TCB info", "collateral_grace");
	test_other_terms(qe_ended, "QE identity", "collateral_grace");
	test_other_terms(root_crl_ended, "root CRL", "collateral_grace");
	test_other_terms(pck_crl_ended, "PCK CRL", "collateral_grace");
	test_other_terms(leaf_ended, "leaf", "certificate_grace");
	cases_all_met(117, 128);
	cases_all_met(130, 130);
	return done();
}
