/* t_forecast.c - when evidence that is accepted today stops to be: by the early
 * set, by a certificate's end, by the policy's graces. */
#include "judge/forecast.h"

#include "base/err.h"
#include "policy/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

enum { NOW = 1700000000, DAY = 24 * 60 * 60 };

/* ---- a machine, two sets of documents, and who judges */

static struct {
	struct assay_verdict today, early;
	bool has_early;
	struct assay_policy policy, renewed;
	struct judge_wants wants;
	struct judgement judgement;
} m;
static struct forecast f;
static struct assay_list list;

static void start(const char *policy)
{
	struct assay_err err = { 0 };

	memset(&m, 0, sizeof(m));
	memset(&f, 0xaa, sizeof(f));
	if (!assay_policy_parse(&m.policy,
	                        (struct assay_bytes){ (const uint8_t *)policy,
	                                              strlen(policy) },
	                        &err))
		ok(false, "a policy: %s: %s", policy, err.note);
	forecast_renewed(&m.renewed, &m.policy);
	m.today.genuine = true;
	m.today.tee = ASSAY_TEE_SGX;
	m.today.sgx.flags = ASSAY_SGX_INIT;
	m.today.has_pck = true;
	m.today.status = m.today.platform_status = ASSAY_STATUS_UP_TO_DATE;
	m.today.evaluation_number = 19;
	m.today.tcb_date = NOW - 100 * DAY;
	for (size_t i = 0; i < ASSAY_N_ITEMS; i++) {
		m.today.windows[i].from = NOW - 10 * DAY;
		m.today.windows[i].until = NOW + 900 * DAY;
	}
	m.early = m.today;
	m.early.evaluation_number = 20;
}

/* As assay_verify does of dates: the first of the eight that has ended. */
static void judge_dates(struct assay_verdict *v, const struct assay_policy *p)
{
	static const enum assay_doc docs[ASSAY_N_ITEMS] = {
		[ASSAY_ITEM_PCK_CHAIN] = ASSAY_DOC_PCK_LEAF,
		[ASSAY_ITEM_ROOT_CRL] = ASSAY_DOC_ROOT_CRL,
		[ASSAY_ITEM_PCK_CRL] = ASSAY_DOC_PCK_CRL,
		[ASSAY_ITEM_PCK_CRL_CHAIN] = ASSAY_DOC_PCK_CRL_CHAIN,
		[ASSAY_ITEM_TCB_CHAIN] = ASSAY_DOC_TCB_CHAIN,
		[ASSAY_ITEM_QE_CHAIN] = ASSAY_DOC_QE_CHAIN,
		[ASSAY_ITEM_TCB_INFO] = ASSAY_DOC_TCB_INFO,
		[ASSAY_ITEM_QE_IDENTITY] = ASSAY_DOC_QE_IDENTITY,
	};

	for (size_t i = 0; i < ASSAY_N_ITEMS && v->genuine; i++) {
		bool crl = i == ASSAY_ITEM_ROOT_CRL || i == ASSAY_ITEM_PCK_CRL;
		bool chain = i == ASSAY_ITEM_PCK_CHAIN ||
		             i == ASSAY_ITEM_PCK_CRL_CHAIN ||
		             i == ASSAY_ITEM_TCB_CHAIN ||
		             i == ASSAY_ITEM_QE_CHAIN;
		int64_t grace = (int64_t)(chain ? p->certificate_grace
		                                : p->collateral_grace);

		if (v->at < v->windows[i].until + grace)
			continue;
		v->genuine = false;
		v->failed = (struct assay_err){ .check = chain ? ASSAY_X_TIME
			                                 : crl ? ASSAY_R_TIME
			                                       : ASSAY_J_TIME,
			                        .doc = docs[i] };
	}
}

static const struct judgement *judge(void *arg, enum forecast_with with,
                                     int64_t at)
{
	const struct assay_policy *policy = with == FORECAST_RENEWED
	                                            ? &m.renewed
	                                            : &m.policy;

	(void)arg;
	if (with == FORECAST_EARLY && !m.has_early)
		return NULL;
	memset(&m.judgement, 0, sizeof(m.judgement));
	m.judgement.verdict = with == FORECAST_EARLY ? m.early : m.today;
	m.judgement.verdict.at = at;
	judge_dates(&m.judgement.verdict, policy);
	judge_appraise(&m.judgement, policy, NULL, 0, &m.wants);
	return &m.judgement;
}

static void make(int64_t standard_on)
{
	forecast_make(&f, judge, NULL, &m.policy, &m.wants, NOW, standard_on);
}

static const char *sentence(const struct forecast_fail *fail)
{
	static char out[3 * FORECAST_TEXT];

	forecast_sentence(fail, out);
	return out;
}

static bool says(const struct forecast_fail *fail, const char *want)
{
	return !strcmp(sentence(fail), want);
}

static void early_gap(enum assay_gap_kind kind, uint8_t index, uint32_t have,
                      uint32_t need)
{
	m.has_early = true;
	m.early.status = m.early.platform_status = ASSAY_STATUS_OUT_OF_DATE;
	m.early.gaps[m.early.n_gaps++] = (struct assay_gap){
		.kind = kind, .index = index, .have = have, .need = need
	};
}

#define ANY "{\"any_code\":true}"

/* ---- nothing, or already */

static void test_nothing(void)
{
	start(ANY);
	make(0);
	ok(!f.level.kind && !f.end.kind && !f.documents.kind && !f.early.check,
	   "what ends in more than a year is not told");
	m.has_early = true;
	make(0);
	ok(!f.level.kind && !f.end.kind, "an early set that asks for no more");
	m.today.status = ASSAY_STATUS_OUT_OF_DATE;
	make(0);
	ok(f.level.kind == FORECAST_REFUSED && f.level.on == NOW &&
	           strstr(sentence(&f.level), "refused already: The status is "
	                                      "OutOfDate"),
	   "what is refused today: %s", sentence(&f.level));
	ok(!f.end.kind && !f.documents.kind, "and nothing more of it");
}

/* ---- the early set */

static void test_level(void)
{
	start(ANY);
	early_gap(ASSAY_GAP_SGX_COMPONENT, 1, 3, 4);
	make(0);
	ok(f.level.kind == FORECAST_LEVEL && f.level.on == 0 &&
	           f.level.evaluation == 20 &&
	           f.level.status_now == ASSAY_STATUS_UP_TO_DATE &&
	           f.level.status_then == ASSAY_STATUS_OUT_OF_DATE,
	   "a component is too low");
	ok(says(&f.level, "fails when evaluation 20 becomes the standard: "
	                  "component 2 is 3, needs 4 -> update BIOS or "
	                  "microcode"),
	   "%s", sentence(&f.level));
	make(INT64_C(1786665600));
	ok(says(&f.level, "fails on 14 August 2026: component 2 is 3, needs 4 "
	                  "-> update BIOS or microcode"),
	   "%s", sentence(&f.level));
	early_gap(ASSAY_GAP_PCE_SVN, 0, 11, 13);
	make(0);
	ok(strstr(sentence(&f.level), "component 2 is 3, needs 4; PCE is 11, "
	                              "needs 13 ->"),
	   "two of them: %s", sentence(&f.level));
	m.early.evaluation_number = 19;
	make(0);
	ok(!f.level.kind, "a set that is no newer is not pending");
}

static void test_remedies(void)
{
	static const struct {
		enum assay_gap_kind kind;
		uint8_t index;
		const char *says;
	} rows[] = {
		{ ASSAY_GAP_PCE_SVN, 0,
		  "PCE is 1, needs 2 -> update the "
		  "machine's SGX platform software" },
		{ ASSAY_GAP_TDX_COMPONENT, 1,
		  "TDX component 2 is 1, needs 2 "
		  "-> update the TDX module" },
		{ ASSAY_GAP_TDX_COMPONENT, 2,
		  "TDX component 3 is 1, needs 2 "
		  "-> update BIOS or microcode" },
		{ ASSAY_GAP_TDX_MODULE, 0,
		  "TDX module is 1, needs 2 -> update "
		  "the TDX module, then start" },
		{ ASSAY_GAP_QE, 0,
		  "quoting enclave is 1, needs 2 -> update "
		  "the machine's DCAP packages" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(ANY);
		early_gap(rows[i].kind, rows[i].index, 1, 2);
		make(0);
		ok(strstr(sentence(&f.level), rows[i].says), "%s",
		   sentence(&f.level));
	}
	start(ANY);
	early_gap(ASSAY_GAP_SGX_COMPONENT, 1, 3, 4);
	early_gap(ASSAY_GAP_SGX_COMPONENT, 2, 3, 4);
	early_gap(ASSAY_GAP_PCE_SVN, 0, 11, 13);
	strcpy(m.early.gaps[0].name, "BIOS, Early Microcode Update");
	strcpy(m.early.gaps[1].name, "BIOS, Early Microcode Update");
	make(0);
	ok(strstr(sentence(&f.level), "-> update BIOS, Early Microcode Update; "
	                              "update the machine's "
	                              "SGX platform software, or its BIOS"),
	   "each by the name that the documents give it, once: %s",
	   sentence(&f.level));
	start("{\"any_code\":true,\"simulation\":true}");
	early_gap(ASSAY_GAP_SGX_COMPONENT, 0, 1, 2);
	m.today.simulation = m.early.simulation = true;
	make(0);
	ok(strstr(sentence(&f.level), "-> assay sim maker update"), "%s",
	   sentence(&f.level));
}

/* Of the early set's failures some are about the machine, and some about the
 * set. */
static void test_early_no(void)
{
	static const struct {
		enum assay_check check;
		bool level;
	} rows[] = {
		{ ASSAY_T_REVOKED, true },  { ASSAY_T_NO_LEVEL, true },
		{ ASSAY_M_IDENTITY, true }, { ASSAY_E_SVN, true },
		{ ASSAY_E_ATTR, true },     { ASSAY_R_PCK_REVOKED, true },
		{ ASSAY_J_SIG, false },     { ASSAY_J_TIME, false },
		{ ASSAY_T_FMSPC, false },   { ASSAY_X_ROOT_PIN, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start(ANY);
		m.has_early = true;
		m.early.genuine = false;
		m.early.failed.check = rows[i].check;
		make(0);
		ok((f.level.kind == FORECAST_LEVEL) == rows[i].level &&
		           (f.early.check == rows[i].check) == !rows[i].level,
		   "%s is about the %s", assay_check_info(rows[i].check)->name,
		   rows[i].level ? "machine" : "set");
	}
	start("{\"any_code\":true,\"rejected_advisories\":\"INTEL-SA-01\"}");
	m.has_early = true;
	m.early.n_advisories = 1;
	strcpy(m.early.advisories[0], "INTEL-SA-01");
	make(0);
	ok(f.level.kind == FORECAST_LEVEL &&
	           strstr(sentence(&f.level), "The advisory INTEL-SA-01 "
	                                      "applies"),
	   "a rule says no without a gap: %s", sentence(&f.level));
}

/* ---- time */

static void test_documents(void)
{
	start(ANY);
	m.today.windows[ASSAY_ITEM_TCB_INFO].until = NOW + 20 * DAY;
	m.today.windows[ASSAY_ITEM_PCK_CRL].until = NOW + 19 * DAY;
	make(0);
	ok(!f.end.kind && f.documents.kind == FORECAST_DOCUMENTS &&
	           f.documents.on == NOW + 19 * DAY &&
	           f.documents.doc == ASSAY_DOC_PCK_CRL,
	   "the first document that ends");
	ok(says(&f.documents, "fails on 3 December 2023: PCK_CRL ends -> fetch "
	                      "the collateral again"),
	   "%s", sentence(&f.documents));
	start("{\"any_code\":true,\"collateral_grace\":86400}");
	m.today.windows[ASSAY_ITEM_TCB_INFO].until = NOW + 20 * DAY;
	make(0);
	ok(f.documents.on == NOW + 21 * DAY, "and a day of grace");
	start("{\"any_code\":true,\"max_collateral_age\":1728000}");
	make(0);
	ok(f.documents.on == NOW + 10 * DAY + 1 && !f.end.kind &&
	           f.documents.kind == FORECAST_DOCUMENTS,
	   "a second past the age that the policy accepts");
	start("{\"any_code\":true,\"max_collateral_age\":0}");
	make(0);
	ok(f.level.kind == FORECAST_REFUSED, "and no age at all");
	start(ANY);
	m.today.windows[ASSAY_ITEM_TCB_CHAIN].until = NOW + DAY;
	make(0);
	ok(!f.end.kind && f.documents.doc == ASSAY_DOC_TCB_CHAIN,
	   "a document's chain is renewed with it");
}

static void test_certificate(void)
{
	start(ANY);
	m.today.windows[ASSAY_ITEM_TCB_INFO].until = NOW + 20 * DAY;
	m.today.windows[ASSAY_ITEM_PCK_CHAIN].until = NOW + 40 * DAY;
	make(0);
	ok(f.end.kind == FORECAST_CERTIFICATE && f.end.on == NOW + 40 * DAY &&
	           f.documents.on == NOW + 20 * DAY,
	   "the machine's certificate ends, after the documents");
	ok(says(&f.end, "fails on 24 December 2023: PCK_CHAIN ends -> get a "
	                "new PCK certificate for the machine"),
	   "%s", sentence(&f.end));
	m.today.windows[ASSAY_ITEM_PCK_CHAIN].until = NOW + 15 * DAY;
	make(0);
	ok(f.end.kind == FORECAST_CERTIFICATE && !f.documents.kind,
	   "or before: no documents help then");
	m.today.windows[ASSAY_ITEM_PCK_CHAIN].until = NOW + 366 * DAY;
	make(0);
	ok(f.end.on == NOW + 366 * DAY, "in a year");
	m.today.windows[ASSAY_ITEM_PCK_CHAIN].until = NOW + 366 * DAY + 1;
	make(0);
	ok(!f.end.kind, "in more than one");
	m.today.windows[ASSAY_ITEM_PCK_CHAIN].until = INT64_C(253402300800);
	make(0);
	ok(!f.end.kind, "never");
}

static void test_grace(void)
{
	start("{\"any_code\":true,\"platform_grace\":12960000}");
	m.today.status = ASSAY_STATUS_OUT_OF_DATE;
	m.today.windows[ASSAY_ITEM_TCB_INFO].until = NOW + 20 * DAY;
	make(0);
	ok(f.end.kind == FORECAST_RULE && f.end.on == NOW + 50 * DAY + 1 &&
	           strstr(sentence(&f.end), "The status is OutOfDate"),
	   "a machine's grace ends, behind the documents' end: %s",
	   sentence(&f.end));
	m.today.windows[ASSAY_ITEM_PCK_CHAIN].until = NOW + 40 * DAY;
	make(0);
	ok(f.end.kind == FORECAST_CERTIFICATE, "its certificate ends before");
}

static void test_list(void)
{
	start("{\"measurements\":{\"list\":\"shop\",\"max_age\":864000,"
	      "\"key\":\"000000000000000000000000000000000000000000000000000000"
	      "000000000000000000000000000000000000000000000000000000000000000"
	      "00000000000\"}}");
	list = (struct assay_list){
		.good = true,
		.name = "shop",
		.issued = NOW - DAY,
		.n_entries = 1,
		.entries[0].tee = ASSAY_TEE_SGX,
	};
	m.wants.list = &list;
	make(0);
	ok(!f.end.kind && f.documents.kind == FORECAST_DOCUMENTS &&
	           f.documents.on == NOW + 9 * DAY + 1 &&
	           strstr(sentence(&f.documents), "LIST ends -> get a newer "
	                                          "list"),
	   "a list gets too old: %s", sentence(&f.documents));
}

/* ---- the machine alone */

/* A policy of these members, and any code. */
static void start_any(const char *members)
{
	char policy[256];

	snprintf(policy, sizeof(policy), "{\"any_code\":true,%s}", members);
	start(policy);
}

/* What is asked of the code is no matter of the machine. */
static void test_code(void)
{
	static const char *const rows[] = {
		"{\"mrenclave\":\"11111111111111111111111111111111111111111111"
		"11111111111111111111\",\"mode64bit\":true}",
		"{\"any_code\":true,\"isv_prod_id\":9,\"min_isv_svn\":3}",
		"{\"any_code\":true,\"report_data\":\"aa\"}",
		"{\"any_code\":true,\"min_config_svn\":2}",
		"{\"any_code\":true,\"attributes\":"
		"\"ffffffffffffffffffffffffffffffff\"}",
		ANY,
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* a debug enclave that opens keys of the platform, and is not
		 * initialised */
		start(rows[i]);
		m.today.debug = true;
		m.today.sgx.flags = ASSAY_SGX_PROVISION_KEY;
		make(0);
		ok(f.level.kind == FORECAST_REFUSED,
		   "by its policy it is refused: %s", sentence(&f.level));
		assay_policy_machine(&m.policy);
		make(0);
		ok(!f.level.kind, "by what that asks of the machine it is not");
		m.today.status = ASSAY_STATUS_OUT_OF_DATE;
		make(0);
		ok(f.level.kind == FORECAST_REFUSED, "unless that is another");
	}
}

/* A TD that may be moved, without what a TD should have. */
static void test_td(void)
{
	start_any("\"mrseam\":"
	          "\"22222222222222222222222222222222222222222222222222"
	          "2222222222222222222222222222222222222222222222\"");
	m.today.tee = ASSAY_TEE_TDX;
	m.today.td.is_15 = true;
	m.today.td.td_attributes = UINT64_C(1) << 29;
	memset(m.today.td.mrservicetd, 1, sizeof(m.today.td.mrservicetd));
	memset(m.today.td.mrseam, 0x22, sizeof(m.today.td.mrseam));
	make(0);
	ok(f.level.kind == FORECAST_REFUSED, "a TD is refused: %s",
	   sentence(&f.level));
	assay_policy_machine(&m.policy);
	make(0);
	ok(!f.level.kind, "its machine is not: %s", sentence(&f.level));
	m.today.td.mrseam[3] = 0;
	make(0);
	ok(f.level.kind == FORECAST_REFUSED &&
	           strstr(sentence(&f.level), "The mrseam is"),
	   "unless its TDX module is another");
}

static void other_flags(struct assay_verdict *v)
{
	v->pck.smt_enabled = v->pck.cached_keys = ASSAY_FLAG_TRUE;
	v->pck.dynamic_platform = ASSAY_FLAG_TRUE;
	v->pck.has_piid = true;
	v->pck.sgx_type = 1;
}

static void simulated(struct assay_verdict *v)
{
	v->simulation = true;
}

static void advised(struct assay_verdict *v)
{
	v->n_advisories = 1;
	strcpy(v->advisories[0], "INTEL-SA-01");
}

static void ended(struct assay_verdict *v)
{
	v->windows[ASSAY_ITEM_QE_IDENTITY].until = NOW - 1;
}

/* Every rule about the machine or the documents is asked, of today's and of the
 * early set's. */
static void test_rules(void)
{
	static const struct {
		const char *policy;
		void (*edit)(struct assay_verdict *v);
		const char *says;
	} rows[] = {
		{ "\"allow_debug\":true", simulated, "simulated platform" },
		{ "\"accepted_qe_statuses\":\"UpToDate\"", NULL,
		  "no such status" },
		{ "\"accepted_module_statuses\":\"UpToDate\"", NULL,
		  "no such status" },
		{ "\"accepted_platform_statuses\":\"OutOfDate\"", NULL,
		  "The status is UpToDate" },
		{ "\"min_tcb_date\":\"2023-11-01T00:00:00Z\"", NULL,
		  "The tcb_date is" },
		{ "\"rejected_advisories\":\"INTEL-SA-01\"", advised,
		  "INTEL-SA-01 applies" },
		{ "\"accepted_advisories\":\"INTEL-SA-02\"", advised,
		  "INTEL-SA-01 applies" },
		{ "\"min_evaluation_number\":30", NULL,
		  "The evaluation_number is" },
		{ "\"min_issue_date\":\"2023-11-14T00:00:00Z\"", NULL,
		  "issue date is" },
		{ "\"min_root_crl_number\":2", NULL, "The root_crl_number is" },
		{ "\"min_pck_crl_number\":2", NULL, "The pck_crl_number is" },
		{ "\"max_collateral_age\":60", NULL, "an age of 60 seconds" },
		{ "\"collateral_grace\":0", ended, "J_TIME" },
		{ "\"ppid\":\"11111111111111111111111111111111\"", NULL,
		  "The ppid is" },
		{ "\"piid\":\"11111111111111111111111111111111\"", other_flags,
		  "The piid is" },
		{ "\"fmspc\":\"111111111111\"", NULL, "The fmspc is" },
		{ "\"sgx_types\":\"Standard\"", other_flags,
		  "The sgx_types is" },
		{ "\"allow_smt\":false", other_flags, "yes to smt" },
		{ "\"allow_cached_keys\":false", other_flags,
		  "yes to cached_keys" },
		{ "\"allow_dynamic_platform\":false", other_flags,
		  "yes to dynamic_platform" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start_any(rows[i].policy);
		assay_policy_machine(&m.policy);
		if (rows[i].edit)
			rows[i].edit(&m.today);
		make(0);
		ok(f.level.kind == FORECAST_REFUSED &&
		           strstr(sentence(&f.level), rows[i].says),
		   "%s: %s", rows[i].policy, sentence(&f.level));
	}
	start_any("\"rejected_advisories\":\"INTEL-SA-01\"");
	assay_policy_machine(&m.policy);
	m.has_early = true;
	advised(&m.early);
	make(0);
	ok(f.level.kind == FORECAST_LEVEL &&
	           strstr(sentence(&f.level), "becomes the standard: The "
	                                      "advisory INTEL-SA-01 applies"),
	   "and of the early set: %s", sentence(&f.level));
}

/* ---- many */

static void test_sum(void)
{
	static struct forecast_sum sum;
	struct forecast_fail fail = { .kind = FORECAST_LEVEL,
		                      .on = INT64_C(1786665600),
		                      .evaluation = 20,
		                      .n_gaps = 1 };
	char line[3 * FORECAST_TEXT];

	fail.gaps[0] = (struct assay_gap){ .kind = ASSAY_GAP_SGX_COMPONENT,
		                           .index = 1,
		                           .have = 3,
		                           .need = 4 };
	ok(!forecast_summary(&sum, 0, line), "of none there is nothing to say");
	for (int i = 0; i < 3; i++)
		forecast_add(&sum, &fail);
	fail.gaps[0].have = 2;
	fail.on = 0;
	forecast_add(&sum, &fail);
	ok(forecast_summary(&sum, 0, line) &&
	           !strcmp(line, "3 platforms fail on 14 August 2026: "
	                         "component 2 is 3, needs 4"),
	   "%s", line);
	ok(forecast_summary(&sum, 1, line) &&
	           !strcmp(line, "1 platform fails when evaluation 20 becomes "
	                         "the standard: component 2 is 2, needs 4") &&
	           !forecast_summary(&sum, 2, line),
	   "%s", line);
	fail.kind = FORECAST_REFUSED;
	forecast_add(&sum, &fail);
	ok(forecast_summary(&sum, 2, line) &&
	           !strncmp(line, "1 platform is refused already: ", 31),
	   "%s", line);
	for (unsigned i = 0; i < 2 * FORECAST_GROUPS; i++) {
		fail.gaps[0].need = 10 + i;
		forecast_add(&sum, &fail);
	}
	ok(forecast_summary(&sum, FORECAST_GROUPS, line) &&
	           !strcmp(line, "35 more fail for other reasons") &&
	           !forecast_summary(&sum, FORECAST_GROUPS + 1, line),
	   "%s", line);
}

/* All gaps that there can be, and the longest words. */
static void test_room(void)
{
	struct assay_json_out o;
	static char json[32 << 10];

	struct forecast_fail late = { .kind = FORECAST_CERTIFICATE,
		                      .on = INT64_C(253402300800) };

	ok(!strncmp(sentence(&late), "fails after the year 9999: ", 27), "%s",
	   sentence(&late));
	start(ANY);
	for (size_t i = 0; i < ASSAY_MAX_GAPS; i++)
		early_gap(ASSAY_GAP_TDX_COMPONENT, (uint8_t)(i % 16),
		          UINT32_MAX - 1, UINT32_MAX);
	make(0);
	ok(f.level.n_gaps == ASSAY_MAX_GAPS && strlen(sentence(&f.level)) < 700,
	   "a long sentence: %s", sentence(&f.level));
	assay_json_begin(&o, json, sizeof(json));
	assay_json_put_object(&o, NULL);
	forecast_json(&o, &f.level);
	assay_json_put_end(&o, '}');
	ok(o.ok && strstr(json,
	                  "{\"kind\":\"level\",\"on\":null,\"evaluation\":"
	                  "20,\"status_now\":\"UpToDate\",\"status_then\":"
	                  "\"OutOfDate\",\"gaps\":[{\"component\":\"TDX "
	                  "component 1\",\"name\":null,\"have\":"
	                  "4294967294,\"need\":4294967295},"),
	   "as JSON");
}

int main(void)
{
	test_nothing();
	test_level();
	test_remedies();
	test_early_no();
	test_documents();
	test_certificate();
	test_grace();
	test_list();
	test_code();
	test_td();
	test_rules();
	test_sum();
	test_room();
	return done();
}
