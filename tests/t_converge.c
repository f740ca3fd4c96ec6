/*
 * t_converge.c - what a verdict says of levels: the table of convergence and
 * that of relaunch in full, dates, advisories, windows, flags, gaps, advice
 * [DCAP 4.2-4.6; 8.7, cases 115 and 116].  What is expected stands here as the
 * specification has it; nothing of it is computed as the library does.
 */
#include <stddef.h>
#include <string.h>

#include "h_cases.h"

enum { N_LEVELS = SIM_LEVEL_NONE + 1, N_SVNS = 4 };

/* What is expected of a judgement, in a letter. */
static const struct {
	char letter;
	enum assay_status status;
	enum assay_check check;
} outcomes[] = {
	{ 'U', ASSAY_STATUS_UP_TO_DATE, ASSAY_OK },
	{ 'H', ASSAY_STATUS_SW_HARDENING_NEEDED, ASSAY_OK },
	{ 'C', ASSAY_STATUS_CONFIGURATION_NEEDED, ASSAY_OK },
	{ 'B', ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED, ASSAY_OK },
	{ 'O', ASSAY_STATUS_OUT_OF_DATE, ASSAY_OK },
	{ 'X', ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED, ASSAY_OK },
	{ 'A', ASSAY_STATUS_TD_RELAUNCH_ADVISED, ASSAY_OK },
	{ 'D', ASSAY_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED,
	  ASSAY_OK },
	{ 'R', ASSAY_STATUS_REVOKED, ASSAY_T_REVOKED },
	{ 'e', ASSAY_STATUS_NONE, ASSAY_E_SVN },
	{ 'm', ASSAY_STATUS_NONE, ASSAY_M_IDENTITY },
	{ 'n', ASSAY_STATUS_NONE, ASSAY_T_NO_LEVEL },
};

/* [DCAP 4.4], for the module and then the quoting enclave; and which error
 * comes first [DCAP 4.0 E6, M1, T2].  SGX has the first four columns. */
static const char *const converged[N_LEVELS] = {
	/* clang-format off */
	/* module                                 UpTo-  OutOf- Revo- none
	 *                                        Date   Date   ked
	 * QE: UpToDate, OutOfDate, Revoked, none */
	[SIM_LEVEL_UP_TO_DATE] =                 "UORe" "OORe" "RRRe" "mmme",
	[SIM_LEVEL_SW_HARDENING] =               "HORe" "OORe" "RRRe" "mmme",
	[SIM_LEVEL_CONFIGURATION] =              "CXRe" "XXRe" "RRRe" "mmme",
	[SIM_LEVEL_CONFIGURATION_AND_SW_HARDENING] =
						 "BXRe" "XXRe" "RRRe" "mmme",
	[SIM_LEVEL_OUT_OF_DATE] =                "OORe" "OORe" "RRRe" "mmme",
	[SIM_LEVEL_OUT_OF_DATE_CONFIGURATION] =  "XXRe" "XXRe" "RRRe" "mmme",
	[SIM_LEVEL_REVOKED] =                    "RRRe" "RRRe" "RRRe" "mmme",
	[SIM_LEVEL_NONE] =                       "nnne" "nnne" "nnne" "mmme",
	/* clang-format on */
};
static const uint8_t svns[N_SVNS] = { SIM_SVN_UP_TO_DATE, SIM_SVN_OUT_OF_DATE,
	                              SIM_SVN_REVOKED, SIM_SVN_NONE };

/* [DCAP 4.5]: launch, then the present, in the order of `order`; but what runs
 * now and is revoked is revoked. */
static const char order[] = "UHCBOXR";
static const char *const relaunched[] = {
	"UUUUUUR", /* UpToDate */
	"HHHHHHR", /* SWHardeningNeeded */
	"CCCCCCR", /* ConfigurationNeeded */
	"BBBBBBR", /* ConfigurationAndSWHardeningNeeded */
	"AADDOOR", /* OutOfDate */
	"DDDDXXR", /* OutOfDateConfigurationNeeded */
	"RRRRRRR", /* Revoked */
};

/* What the world's levels say of themselves. */
struct said {
	enum assay_status status;
	const char *date;
	const char *advisories[3];
};
/* clang-format off */
static const struct said level_says[] = {
	{ ASSAY_STATUS_UP_TO_DATE, "2025-07-03T00:00:00Z", { NULL } },
	{ ASSAY_STATUS_SW_HARDENING_NEEDED, "2025-01-02T00:00:00Z",
	  { "INTEL-SA-00615" } },
	{ ASSAY_STATUS_CONFIGURATION_NEEDED, "2024-07-04T00:00:00Z",
	  { "INTEL-SA-00289" } },
	{ ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED,
	  "2024-01-04T00:00:00Z", { "INTEL-SA-00289", "INTEL-SA-00615" } },
	{ ASSAY_STATUS_OUT_OF_DATE, "2023-07-06T00:00:00Z",
	  { "INTEL-SA-00828", "INTEL-SA-00837" } },
	{ ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED, "2023-01-05T00:00:00Z",
	  { "INTEL-SA-00289", "INTEL-SA-00828" } },
	{ ASSAY_STATUS_REVOKED, "2022-07-07T00:00:00Z", { "INTEL-SA-00477" } },
};
#define SVN_SAYS(advisory) \
	{ ASSAY_STATUS_UP_TO_DATE, "2025-07-03T00:00:00Z", { NULL } }, \
	{ ASSAY_STATUS_OUT_OF_DATE, "2023-07-06T00:00:00Z", { advisory } }, \
	{ ASSAY_STATUS_REVOKED, "2022-07-07T00:00:00Z", { advisory } }
/* clang-format on */
static const struct said qe_says[] = { SVN_SAYS("INTEL-SA-01000") };
static const struct said module_01_says[] = { SVN_SAYS("INTEL-SA-01036") };
static const struct said module_03_says[] = { SVN_SAYS("INTEL-SA-01192") };

static const struct said *module_says(enum sim_kind kind)
{
	return kind == SIM_TDX15_V5 ? module_03_says
	       : kind >= SIM_TDX_V4 ? module_01_says
	                            : NULL;
}

/* ---- judgements */

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	printf("Bail out! %s\n", what);
	exit(1);
}

/* A whole judgement of the world as it is built. */
static void judge(struct assay_verdict *v, struct case_evidence *e)
{
	static struct assay_trust *trust;
	bool genuine;

	if (!trust)
		trust = malloc(assay_trust_size());
	need(trust != NULL, "no memory");
	genuine = assay_verify_evidence(v, trust, NULL, &e->evidence, NULL,
	                                e->root_key, &e->terms);
	need(genuine == v->genuine, "two answers at once");
}

static void view(struct case_evidence *e, struct sim_world *w)
{
	*e = (struct case_evidence){ .world = w, .terms = { .now = w->now } };
	memcpy(e->root_key, w->keys[SIM_ROOT].key, 64);
	case_view(e);
}

static void judge_world(struct assay_verdict *v, struct sim_world *w)
{
	struct case_evidence e;

	need(sim_world_build(w), "the world cannot be made so");
	view(&e, w);
	judge(v, &e);
}

static struct assay_policy *default_policy(void)
{
	static const char json[] = "{\"any_code\":true,\"simulation\":true}";
	static struct assay_policy *policy;

	if (policy)
		return policy;
	policy = malloc(assay_policy_size());
	need(policy && assay_policy_parse(policy, buf_text(json), NULL),
	     "no policy");
	return policy;
}

/* ---- what is expected, against what is said */

static bool is_date(int64_t time, const char *text)
{
	char printed[ASSAY_TIME_TEXT];

	return text ? !strcmp(assay_time_print(printed, time), text) : !time;
}

/* Dates are written so that the earlier one is the lesser text. */
static const char *earlier(const char *a, const char *b)
{
	return b && strcmp(b, a) < 0 ? b : a;
}

static bool names(const struct assay_verdict *v, const struct said *said,
                  size_t *n)
{
	size_t found;

	for (size_t i = 0; said && i < 3 && said->advisories[i]; i++, (*n)++) {
		found = 0;
		for (size_t k = 0; k < v->n_advisories; k++)
			found += !strcmp(v->advisories[k], said->advisories[i]);
		if (found != 1)
			return false;
	}
	return true;
}

static bool ascends(const struct assay_verdict *v)
{
	for (size_t k = 1; k < v->n_advisories; k++)
		if (strcmp(v->advisories[k - 1], v->advisories[k]) >= 0)
			return false;
	return true;
}

/* The facts are those of these three levels, and of nothing else.  None of the
 * world's advisories is of two of them. */
static bool says(const struct assay_verdict *v, const struct said *platform,
                 const struct said *module, const struct said *qe)
{
	const char *least = earlier(platform->date, qe->date);
	size_t n = 0;

	if (module)
		least = earlier(least, module->date);
	return v->platform_status == platform->status &&
	       v->qe_status == qe->status &&
	       v->module_status ==
	               (module ? module->status : ASSAY_STATUS_NONE) &&
	       is_date(v->platform_date, platform->date) &&
	       is_date(v->qe_date, qe->date) &&
	       is_date(v->module_date, module ? module->date : NULL) &&
	       is_date(v->tcb_date, least) && names(v, platform, &n) &&
	       names(v, module, &n) && names(v, qe, &n) &&
	       v->n_advisories == n && ascends(v);
}

/* The level, if the root were Intel's, and what the default policy says. */
static bool is_graded(const struct assay_verdict *v, char letter)
{
	const bool sound = strchr("UHCBOXAD", letter);
	const enum assay_level level = letter == 'U' ? ASSAY_LEVEL_SECURE
	                               : sound       ? ASSAY_LEVEL_STALE
	                                             : ASSAY_LEVEL_INSECURE;
	struct assay_verdict real = *v;
	struct assay_decision d;

	real.simulation = false;
	return assay_verdict_level(&real, NULL, 0) == level &&
	       assay_verdict_level(v, NULL, 0) == ASSAY_LEVEL_INSECURE &&
	       assay_appraise(&d, v, default_policy(), NULL, 0) ==
	               (letter == 'U') &&
	       (letter == 'U' ||
	        (d.n_refusals == 1 &&
	         !strcmp(d.refusals[0].rule,
	                 sound ? "accepted_statuses" : "genuine")));
}

static bool comes_out(const struct assay_verdict *v, char letter)
{
	size_t i = 0;

	while (outcomes[i].letter != letter)
		i++;
	return v->failed.check == outcomes[i].check &&
	       v->genuine == !outcomes[i].check &&
	       v->status == outcomes[i].status && is_graded(v, letter);
}

static void complain(const struct assay_verdict *v, char letter)
{
	const struct assay_check_info *check =
		assay_check_info(v->failed.check);
	const char *status = assay_status_name(v->status);

	note("want %c: got status %s, check %s, %zu advisories: %s", letter,
	     status ? status : "none", check ? check->name : "none",
	     v->n_advisories, v->failed.note);
}

/* ---- 115: platform, module, quoting enclave */

static void set_module(struct sim_world *w, uint8_t minor)
{
	w->quote_spec.td.tee_tcb_svn[0] = minor;
	w->quote_spec.td.tee_tcb_svn_2[0] = minor;
}

/* One cell. */
static bool converges(struct sim_world *w, unsigned level, unsigned module,
                      unsigned qe)
{
	const char letter = converged[level][module * N_SVNS + qe];
	const struct said *m = module_says(w->kind);
	struct assay_verdict v;

	sim_world_at_level(w, level);
	set_module(w, svns[module]);
	w->quote_spec.qe.isv_svn = svns[qe];
	judge_world(&v, w);
	if (comes_out(&v, letter) &&
	    (strchr("emn", letter) ||
	     says(&v, &level_says[level], m ? m + module : NULL, qe_says + qe)))
		return true;
	note("level %u, module %u, QE %u", level, svns[module], svns[qe]);
	complain(&v, letter);
	return false;
}

static void test_converged(enum sim_kind kind)
{
	const unsigned n_modules = kind >= SIM_TDX_V4 ? N_SVNS : 1;
	static struct sim_world w;
	unsigned n = 0;

	case_met(115);
	case_world(&w, kind);
	for (unsigned level = 0; level < N_LEVELS; level++)
		for (unsigned module = 0; module < n_modules; module++)
			for (unsigned qe = 0; qe < N_SVNS; qe++)
				n += converges(&w, level, module, qe);
	ok(n == N_LEVELS * n_modules * N_SVNS,
	   "115 convergence table: %s: %u combinations", sim_kind_name(kind),
	   n);
	sim_world_free(&w);
}

/* ---- 115: launch and present */

/* A world whose quotes differ in the TD's vectors and the QE alone. */
struct fleet {
	struct sim_world world;
	struct assay_trust *trust;
	struct assay_memo *memo;
	struct case_evidence e;
	struct buf quote;
};

static void open_fleet(struct fleet *f)
{
	const struct assay_bytes none = { 0 };

	f->trust = malloc(assay_trust_size());
	f->memo = assay_memo_new(N_SVNS, NULL);
	need(f->trust && f->memo && sim_world_build(&f->world), "no world");
	view(&f->e, &f->world);
	need(assay_trust_open(f->trust, &f->e.evidence.collateral, none,
	                      f->e.root_key, f->memo, NULL),
	     "no trust");
}

static void close_fleet(struct fleet *f)
{
	buf_free(&f->quote);
	sim_world_free(&f->world);
	assay_memo_free(f->memo);
	free(f->trust);
}

static void judge_spec(struct assay_verdict *v, struct fleet *f)
{
	const struct assay_bytes none = { 0 };

	need(sim_world_quote(&f->quote, &f->world, &f->world.quote_spec),
	     "no quote");
	need(assay_verify(v, f->trust, f->memo, buf_bytes(&f->quote), none,
	                  &f->e.terms) == v->genuine,
	     "two answers at once");
}

/* A vector: the platform's level by its microcode's SVN, the module's by its
 * minor version. */
struct vector {
	unsigned level, module;
};

static void put_vector(uint8_t svn[16], struct vector at)
{
	svn[0] = svns[at.module];
	svn[2] = (uint8_t)(9 - at.level);
}

/* An error of either is the error; launch comes first.  Otherwise the table. */
static char relaunch_of(char launch, char current)
{
	if (strchr("emn", launch))
		return launch;
	if (strchr("emn", current))
		return current;
	return relaunched[strchr(order, launch) - order]
			 [strchr(order, current) - order];
}

/* What the verdict says of the present. */
static bool says_current(const struct assay_verdict *v, char letter,
                         struct vector now)
{
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (outcomes[i].letter == letter &&
		    outcomes[i].status != v->current_status)
			return false;
	return v->has_current &&
	       v->current_platform_status == level_says[now.level].status &&
	       v->current_module_status == module_03_says[now.module].status;
}

static bool relaunches(struct fleet *f, struct vector launch, struct vector now,
                       unsigned qe)
{
	const char was = converged[launch.level][launch.module * N_SVNS + qe];
	const char is = converged[now.level][now.module * N_SVNS + qe];
	const char letter = relaunch_of(was, is);
	struct sim_quote_spec *q = &f->world.quote_spec;
	struct assay_verdict v;

	put_vector(q->td.tee_tcb_svn, launch);
	put_vector(q->td.tee_tcb_svn_2, now);
	q->qe.isv_svn = svns[qe];
	judge_spec(&v, f);
	/* dates and advisories are those of the launch */
	if (comes_out(&v, letter) &&
	    (strchr("emn", letter) ||
	     (says(&v, &level_says[launch.level],
	           &module_03_says[launch.module], &qe_says[qe]) &&
	      says_current(&v, is, now))))
		return true;
	note("launch level %u, module %u; now level %u, module %u; QE %u",
	     launch.level, svns[launch.module], now.level, svns[now.module],
	     svns[qe]);
	complain(&v, letter);
	return false;
}

static unsigned relaunch_from(struct fleet *f, struct vector launch)
{
	struct vector now;
	unsigned n = 0;

	for (now.level = 0; now.level < N_LEVELS; now.level++)
		for (now.module = 0; now.module < N_SVNS; now.module++)
			for (unsigned qe = 0; qe < N_SVNS; qe++)
				n += relaunches(f, launch, now, qe);
	return n;
}

static void test_relaunch(void)
{
	static struct fleet f;
	struct vector launch;

	case_world(&f.world, SIM_TDX15_V5);
	open_fleet(&f);
	for (launch.level = 0; launch.level < N_LEVELS; launch.level++)
		for (launch.module = 0; launch.module < N_SVNS;
		     launch.module++) {
			const unsigned n = relaunch_from(&f, launch);

			ok(n == N_LEVELS * N_SVNS * N_SVNS,
			   "115 relaunch: level %u, module %u: %u combinations",
			   launch.level, svns[launch.module], n);
		}
	close_fleet(&f);
}

/* The leaf is at one level, the vectors at others: each is worth the lower of
 * the two, since every level asks for more of both. */
static bool meets_both(struct fleet *f, unsigned leaf, unsigned launch,
                       unsigned now)
{
	const char was = converged[leaf > launch ? leaf : launch][0];
	const char is = converged[leaf > now ? leaf : now][0];
	struct sim_quote_spec *q = &f->world.quote_spec;
	struct assay_verdict v;

	put_vector(q->td.tee_tcb_svn, (struct vector){ .level = launch });
	put_vector(q->td.tee_tcb_svn_2, (struct vector){ .level = now });
	judge_spec(&v, f);
	if (comes_out(&v, relaunch_of(was, is)))
		return true;
	note("leaf %u, launch %u, now %u", leaf, launch, now);
	complain(&v, relaunch_of(was, is));
	return false;
}

static void test_leaf_and_vector(void)
{
	for (unsigned leaf = 0; leaf < N_LEVELS; leaf++) {
		static struct fleet f;
		unsigned n = 0;

		memset(&f, 0, sizeof(f));
		case_world(&f.world, SIM_TDX15_V5);
		sim_world_at_level(&f.world, leaf);
		open_fleet(&f);
		for (unsigned launch = 0; launch < N_LEVELS; launch++)
			for (unsigned now = 0; now < N_LEVELS; now++)
				n += meets_both(&f, leaf, launch, now);
		ok(n == N_LEVELS * N_LEVELS,
		   "115 relaunch: leaf at level %u: %u combinations", leaf, n);
		close_fleet(&f);
	}
}

/* TDX 1.0 and SGX say nothing of the present. */
static void test_no_current(void)
{
	for (unsigned kind = 0; kind < SIM_TDX15_V5; kind++) {
		static struct sim_world w;
		struct assay_verdict v;

		case_world(&w, kind);
		set_module(&w, SIM_SVN_OUT_OF_DATE);
		w.quote_spec.td.tee_tcb_svn_2[0] = SIM_SVN_UP_TO_DATE;
		judge_world(&v, &w);
		ok(v.genuine && !v.has_current &&
		           v.current_status == ASSAY_STATUS_NONE &&
		           v.current_platform_status == ASSAY_STATUS_NONE &&
		           v.current_module_status == ASSAY_STATUS_NONE &&
		           v.status == (kind >= SIM_TDX_V4
		                                ? ASSAY_STATUS_OUT_OF_DATE
		                                : ASSAY_STATUS_UP_TO_DATE),
		   "115 nothing current: %s", sim_kind_name(kind));
		sim_world_free(&w);
	}
}

/* ---- 116: advisories, dates, numbers */

/* What the levels that match say here; NULL: no such level. */
static const struct facts {
	const char *name;
	const char *platform_date, *module_date, *qe_date;
	const char *platform[4], *module[4], *qe[4]; /* advisories */
	int tcb_number, qe_number;
	/* expected */
	const char *date, *advisories;
	uint32_t number;
} facts_rows[] = {
	/* clang-format off */
	{ "nothing said", "2025-01-01", "2025-01-02", "2025-01-03", { NULL }, { NULL }, { NULL }, 20, 20, "2025-01-01", "", 20 },
	{ "each says another", "2025-01-02", "2025-01-01", "2025-01-03", { "INTEL-SA-00003" }, { "INTEL-SA-00001" }, { "INTEL-SA-00002" }, 21, 20, "2025-01-01", "INTEL-SA-00001 INTEL-SA-00002 INTEL-SA-00003", 20 },
	{ "all say the same", "2025-01-03", "2025-01-02", "2025-01-01", { "INTEL-SA-00003" }, { "INTEL-SA-00003" }, { "INTEL-SA-00003" }, 20, 21, "2025-01-01", "INTEL-SA-00003", 20 },
	{ "one says it twice", "2025-01-01", "2025-01-01", "2025-01-01", { "INTEL-SA-00003", "INTEL-SA-00003" }, { NULL }, { NULL }, 0, 7, "2025-01-01", "INTEL-SA-00003", 0 },
	{ "they overlap", "2024-02-29", "2024-02-28", "2024-03-01", { "INTEL-SA-00003", "INTEL-SA-00001", "INTEL-SA-00002" }, { "INTEL-SA-00002", "INTEL-SA-00004" }, { "INTEL-SA-00004", "INTEL-SA-00001", "INTEL-SA-00000" }, 9, 10, "2024-02-28", "INTEL-SA-00000 INTEL-SA-00001 INTEL-SA-00002 INTEL-SA-00003 INTEL-SA-00004", 9 },
	{ "other names than INTEL-SA", "2024-02-29", "2024-03-01", "2024-03-01", { "INTEL-DOC-10001", "INTEL-SA-00002" }, { "INTEL-DOC-10000" }, { "x" }, 10, 9, "2024-02-29", "INTEL-DOC-10000 INTEL-DOC-10001 INTEL-SA-00002 x", 9 },
	{ "one begins as another", "2025-01-01", "2025-01-01", "2025-01-01", { "INTEL-SA-0001" }, { "INTEL-SA-00011" }, { "INTEL-SA-000" }, 20, 20, "2025-01-01", "INTEL-SA-000 INTEL-SA-0001 INTEL-SA-00011", 20 },
	{ "case counts", "2025-01-01", "2025-01-01", "2025-01-01", { "INTEL-SA-00001" }, { "intel-sa-00001" }, { "INTEL-SA-00001" }, 20, 20, "2025-01-01", "INTEL-SA-00001 intel-sa-00001", 20 },
	{ "the longest name", "2025-01-01", "2025-01-01", "2025-01-01", { "ADVISORY-OF-THIRTY-ONE-LETTERS-" }, { NULL }, { NULL }, 20, 20, "2025-01-01", "ADVISORY-OF-THIRTY-ONE-LETTERS-", 20 },
	{ "the largest number", "2025-01-01", "2025-01-01", "2025-01-01", { NULL }, { NULL }, { NULL }, INT32_MAX, INT32_MAX, "2025-01-01", "", INT32_MAX },
	/* clang-format on */
};

/* "2025-01-01" as a time, and with what follows a day. */
static int64_t day(const char *text)
{
	char whole[ASSAY_TIME_TEXT];
	int64_t time;

	snprintf(whole, sizeof(whole), "%sT00:00:00Z", text);
	need(assay_time_parse(&time, buf_text(whole)), "no such day");
	return time;
}

static void say(struct sim_said *said, const char *date,
                const char *const advisories[4])
{
	said->date = day(date);
	memset(said->advisories, 0, sizeof(said->advisories));
	memcpy(said->advisories, advisories, 4 * sizeof(advisories[0]));
}

/* SGX has no module: what the row would have it say is said by the platform,
 * so that the same is expected. */
static void say_facts(struct sim_world *w, const struct facts *row)
{
	struct sim_tcb_spec *tcb = &w->tcb[case_tee(w)];
	struct sim_identity_spec *qe = &w->qe[case_tee(w)];
	struct sim_said *platform = &tcb->level[0].said;
	size_t n = 0;

	say(platform, row->platform_date, row->platform);
	say(&qe->level[0].said, row->qe_date, row->qe);
	say(&tcb->module[0].level[0].said, row->module_date, row->module);
	say(&tcb->module[1].level[0].said, row->module_date, row->module);
	if (case_tee(w) == SIM_SGX) {
		platform->date =
			day(earlier(row->platform_date, row->module_date));
		while (platform->advisories[n])
			n++;
		memcpy(platform->advisories + n, row->module,
		       sizeof(row->module));
	}
	tcb->evaluation_number = row->tcb_number;
	qe->evaluation_number = row->qe_number;
}

static bool has_facts(const struct assay_verdict *v, const struct facts *row)
{
	char said[512] = "";

	for (size_t i = 0; i < v->n_advisories; i++) {
		if (i)
			strcat(said, " ");
		strcat(said, v->advisories[i]);
	}
	if (strcmp(said, row->advisories) != 0)
		note("want %s, got %s", row->advisories, said);
	return v->genuine && !strcmp(said, row->advisories) &&
	       v->tcb_date == day(row->date) &&
	       v->qe_date == day(row->qe_date) &&
	       v->tcb_evaluation_number == (uint32_t)row->tcb_number &&
	       v->qe_evaluation_number == (uint32_t)row->qe_number &&
	       v->evaluation_number == row->number &&
	       (v->tee == ASSAY_TEE_SGX ||
	        (v->platform_date == day(row->platform_date) &&
	         v->module_date == day(row->module_date)));
}

static void test_facts(void)
{
	static struct sim_world w;
	struct assay_verdict v;

	case_met(116);
	for (size_t i = 0; i < sizeof(facts_rows) / sizeof(facts_rows[0]); i++)
		for (unsigned kind = 0; kind < SIM_N_KINDS; kind++) {
			case_world(&w, kind);
			say_facts(&w, &facts_rows[i]);
			judge_world(&v, &w);
			ok(has_facts(&v, &facts_rows[i]),
			   "116 union, dates, numbers: %s: %s",
			   facts_rows[i].name, sim_kind_name(kind));
			sim_world_free(&w);
		}
}

/* ---- 116: windows */

#define CERTS "2025-01-01T00:00:00Z until 2031-12-31T00:00:01Z"
#define MONTH "2025-12-25T00:00:00Z until 2026-01-24T00:00:00Z"

/* As the world has them: a certificate's last second counts. */
static const char *const windows[ASSAY_N_ITEMS] = {
	[ASSAY_ITEM_PCK_CHAIN] = CERTS,
	[ASSAY_ITEM_ROOT_CRL] = MONTH,
	[ASSAY_ITEM_PCK_CRL] = MONTH,
	[ASSAY_ITEM_PCK_CRL_CHAIN] =
		"2019-01-03T00:00:00Z until 2033-12-30T00:00:01Z",
	[ASSAY_ITEM_TCB_CHAIN] = CERTS,
	[ASSAY_ITEM_QE_CHAIN] = CERTS,
	[ASSAY_ITEM_TCB_INFO] = MONTH,
	[ASSAY_ITEM_QE_IDENTITY] = MONTH,
};

static bool is_window(struct assay_window w, const char *want)
{
	char from[ASSAY_TIME_TEXT], until[ASSAY_TIME_TEXT], got[80];

	snprintf(got, sizeof(got), "%s until %s",
	         assay_time_print(from, w.from),
	         assay_time_print(until, w.until));
	if (strcmp(got, want) != 0)
		note("want %s, got %s", want, got);
	return !strcmp(got, want);
}

static void test_windows(void)
{
	for (unsigned kind = 0; kind < SIM_N_KINDS; kind++) {
		static struct sim_world w;
		struct assay_verdict v;
		unsigned n = 0;

		case_world(&w, kind);
		judge_world(&v, &w);
		for (unsigned i = 0; i < ASSAY_N_ITEMS; i++)
			n += is_window(v.windows[i], windows[i]);
		ok(v.genuine && n == ASSAY_N_ITEMS, "116 the eight windows: %s",
		   sim_kind_name(kind));
		ok(v.earliest_issue == day("2019-01-03") &&
		           v.latest_issue == day("2025-12-25") &&
		           v.fresh_until == day("2026-01-24") &&
		           v.at == SIM_NOW,
		   "116 earliest, latest, fresh until: %s",
		   sim_kind_name(kind));
		ok(v.root_crl_number == 5 && v.pck_crl_number == 5 &&
		           v.simulation,
		   "116 numbers of the lists: %s", sim_kind_name(kind));
		sim_world_free(&w);
	}
}

/* Each of the eight with a window of its own: the QE identity's chain and that
 * of the PCK CRL have certificates of their own, of the same name. */
static void part_chains(struct sim_world *w)
{
	const unsigned tee = case_tee(w);

	w->cert_signer[SIM_OTHER_SIGNER] = SIM_ROOT;
	w->cert[SIM_OTHER_SIGNER].aki = w->cert[SIM_ROOT].ski;
	w->qe_signer[tee] = SIM_OTHER_SIGNER;
	w->chain[SIM_CHAIN_QE_IDENTITY].who[0] = SIM_OTHER_SIGNER;
	/* the CA's key under another certificate */
	w->cert[SIM_OTHER_CA] = w->cert[SIM_PLATFORM_CA];
	w->cert[SIM_OTHER_CA].serial = sim_hex("77");
	w->cert_signer[SIM_OTHER_CA] = SIM_ROOT;
	w->chain[SIM_CHAIN_PCK_CRL].who[0] = SIM_OTHER_CA;
}

struct times {
	int64_t *from, *until;
};

static struct times times_of(struct sim_world *w, enum assay_item item)
{
	static const enum sim_who certs[ASSAY_N_ITEMS] = {
		[ASSAY_ITEM_PCK_CHAIN] = SIM_PCK,
		[ASSAY_ITEM_PCK_CRL_CHAIN] = SIM_OTHER_CA,
		[ASSAY_ITEM_TCB_CHAIN] = SIM_TCB_SIGNER,
		[ASSAY_ITEM_QE_CHAIN] = SIM_OTHER_SIGNER,
	};
	struct sim_crl_spec *crl =
		&w->crl[item == ASSAY_ITEM_ROOT_CRL ? SIM_CRL_ROOT
	                                            : SIM_CRL_PLATFORM];
	struct sim_tcb_spec *tcb = &w->tcb[case_tee(w)];
	struct sim_identity_spec *qe = &w->qe[case_tee(w)];
	struct sim_cert_spec *cert = &w->cert[certs[item]];

	switch (item) {
	case ASSAY_ITEM_ROOT_CRL:
	case ASSAY_ITEM_PCK_CRL:
		return (struct times){ &crl->this_update, &crl->next_update };
	case ASSAY_ITEM_TCB_INFO:
		return (struct times){ &tcb->issued, &tcb->next_update };
	case ASSAY_ITEM_QE_IDENTITY:
		return (struct times){ &qe->issued, &qe->next_update };
	default:
		return (struct times){ &cert->not_before, &cert->not_after };
	}
}

/* This item is the one that counts: the earliest to end, the latest or the
 * earliest to begin. */
static void test_extremes(enum assay_item item)
{
	const bool cert = !strcmp(windows[item], CERTS) ||
	                  item == ASSAY_ITEM_PCK_CRL_CHAIN;
	static struct sim_world w;
	struct assay_verdict v;
	struct times t;

	case_world(&w, SIM_TDX_V4);
	part_chains(&w);
	t = times_of(&w, item);
	*t.until = SIM_NOW + 60;
	judge_world(&v, &w);
	ok(v.genuine && v.fresh_until == SIM_NOW + 60 + cert &&
	           v.windows[item].until == v.fresh_until,
	   "116 item %u ends first", item);
	*t.from = SIM_NOW - 60;
	judge_world(&v, &w);
	ok(v.genuine && v.latest_issue == SIM_NOW - 60 &&
	           v.windows[item].from == v.latest_issue,
	   "116 item %u begins last", item);
	if (!cert) {
		*t.from = day("1999-12-31");
		judge_world(&v, &w);
		ok(v.genuine && v.earliest_issue == day("1999-12-31"),
		   "116 item %u begins first", item);
	}
	*t.from = SIM_NOW + 1;
	*t.until = SIM_NOW + 61;
	judge_world(&v, &w);
	ok(!v.genuine, "116 item %u is not yet good", item);
	*t.from = SIM_NOW - 61;
	*t.until = SIM_NOW - cert;
	judge_world(&v, &w);
	ok(!v.genuine, "116 item %u has ended", item);
	*t.until = SIM_NOW - cert + 1;
	judge_world(&v, &w);
	ok(v.genuine && v.fresh_until == SIM_NOW + 1,
	   "116 item %u is in its last second", item);
	sim_world_free(&w);
}

/* The issuer chain beside the PCK CRL may be missing; then there are seven. */
static void test_no_crl_chain(void)
{
	static struct sim_world w;
	struct case_evidence e;
	struct assay_verdict v;
	struct assay_window *window = &v.windows[ASSAY_ITEM_PCK_CRL_CHAIN];

	case_world(&w, SIM_SGX_V3);
	need(sim_world_build(&w), "no world");
	view(&e, &w);
	e.evidence.collateral.pck_crl_issuer_chain.len = 0;
	judge(&v, &e);
	ok(v.genuine && !window->from && !window->until &&
	           v.earliest_issue == day("2025-01-01") &&
	           v.latest_issue == day("2025-12-25") &&
	           v.fresh_until == day("2026-01-24"),
	   "116 no issuer chain beside the PCK CRL");
	sim_world_free(&w);
}

/* ---- 116: the platform's certificate */

static bool has_bytes(const void *got, const struct sim_octets *want)
{
	return !memcmp(got, want->p, want->len);
}

static bool is_leaf(const struct assay_pck *pck, const struct sim_world *w)
{
	static const uint8_t components[16] = { 9, 9, 2, 2, 3, 1, 0, 5 };
	const struct sim_pck_spec *spec = &w->cert[SIM_PCK].pck;

	return !memcmp(pck->comp, components, 16) && pck->pce_svn == 13 &&
	       !memcmp(pck->fmspc, "SIM\0\0\1", 6) &&
	       !memcmp(pck->pce_id, "\0\0", 2) &&
	       has_bytes(pck->ppid, &spec->member[SIM_PCK_PPID].octets) &&
	       has_bytes(pck->cpu_svn, &spec->tcb[SIM_TCB_CPUSVN].octets);
}

static void test_platform_ca(void)
{
	static struct sim_world w;
	struct assay_verdict v;
	struct sim_pck_spec *pck = &w.cert[SIM_PCK].pck;

	for (unsigned bits = 0; bits < 8; bits++) {
		case_world(&w, SIM_SGX_V3);
		for (unsigned i = 0; i < 3; i++)
			pck->flag[i].value = bits >> i & 1 ? 0xff : 0;
		judge_world(&v, &w);
		ok(v.genuine && v.has_pck && v.pck.has_piid &&
		           v.pck.sgx_type == 1 && is_leaf(&v.pck, &w) &&
		           has_bytes(v.pck.piid,
		                     &pck->member[SIM_PCK_PIID].octets) &&
		           v.pck.dynamic_platform ==
		                   (bits & 1 ? ASSAY_FLAG_TRUE
		                             : ASSAY_FLAG_FALSE) &&
		           v.pck.cached_keys == (bits & 2 ? ASSAY_FLAG_TRUE
		                                          : ASSAY_FLAG_FALSE) &&
		           v.pck.smt_enabled == (bits & 4 ? ASSAY_FLAG_TRUE
		                                          : ASSAY_FLAG_FALSE),
		   "116 Platform CA: flags %u", bits);
		sim_world_free(&w);
	}
}

static void test_processor_ca(void)
{
	static const uint8_t none[16];

	for (unsigned kind = 0; kind < SIM_N_KINDS; kind++) {
		static struct sim_world w;
		struct assay_verdict v;

		case_world(&w, kind);
		sim_world_use_ca(&w, SIM_PROCESSOR_CA);
		judge_world(&v, &w);
		ok(v.genuine && v.has_pck && !v.pck.has_piid &&
		           !memcmp(v.pck.piid, none, 16) &&
		           v.pck.sgx_type == 0 && is_leaf(&v.pck, &w) &&
		           v.pck.dynamic_platform == ASSAY_FLAG_ABSENT &&
		           v.pck.cached_keys == ASSAY_FLAG_ABSENT &&
		           v.pck.smt_enabled == ASSAY_FLAG_ABSENT,
		   "116 Processor CA: flags are absent, not false: %s",
		   sim_kind_name(kind));
		sim_world_free(&w);
	}
}

/* The number of a list may be longer than a verdict has room for. */
static void test_list_numbers(void)
{
	static const struct {
		const char *root, *pck;
		uint64_t want_root, want_pck;
	} rows[] = {
		{ "07", "06", 7, 6 },
		{ "0100", "010001", 256, 65537 },
		{ "FFFFFFFFFFFFFFFE", "FFFFFFFFFFFFFFFF", UINT64_MAX - 1,
		  UINT64_MAX },
		{ "010000000000000000", "0100000000000000000000", UINT64_MAX,
		  UINT64_MAX },
	};
	static struct sim_world w;
	struct assay_verdict v;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		case_world(&w, SIM_SGX_V3);
		w.crl[SIM_CRL_ROOT].number = sim_hex(rows[i].root);
		w.crl[SIM_CRL_PLATFORM].number = sim_hex(rows[i].pck);
		judge_world(&v, &w);
		ok(v.genuine && v.root_crl_number == rows[i].want_root &&
		           v.pck_crl_number == rows[i].want_pck,
		   "116 lists numbered %s and %s", rows[i].root, rows[i].pck);
		sim_world_free(&w);
	}
}

/* ---- gaps and advice */

/* Names as Intel's documents have them. */
#define UCODE "BIOS, Early Microcode Update"
#define LATE "OS/VMM, SGX Late Microcode Update"
#define TDX_LATE "OS/VMM, TDX Late Microcode Update"

/* clang-format off */
#define SGX_SVN(index, have, need, status, name) \
	{ ASSAY_GAP_SGX_COMPONENT, index, have, need, \
	  ASSAY_STATUS_##status, name }
#define PCE_SVN(have, need, status) \
	{ ASSAY_GAP_PCE_SVN, 0, have, need, ASSAY_STATUS_##status, "" }
#define TDX_SVN(index, have, need, status, name) \
	{ ASSAY_GAP_TDX_COMPONENT, index, have, need, \
	  ASSAY_STATUS_##status, name }
#define MODULE_SVN(have, need, status, name) \
	{ ASSAY_GAP_TDX_MODULE, 0, have, need, ASSAY_STATUS_##status, name }
#define QE_SVN(have, need, status) \
	{ ASSAY_GAP_QE, 0, have, need, ASSAY_STATUS_##status, "" }
/* clang-format on */

static void at_level(struct sim_world *w, int64_t level)
{
	sim_world_at_level(w, (unsigned)level);
}
static void qe_svn(struct sim_world *w, int64_t svn)
{
	w->quote_spec.qe.isv_svn = (uint16_t)svn;
}
static void module_svn(struct sim_world *w, int64_t svn)
{
	set_module(w, (uint8_t)svn);
}
static void tdx_svn(struct sim_world *w, int64_t svn)
{
	w->quote_spec.td.tee_tcb_svn[2] = (uint8_t)svn;
	w->quote_spec.td.tee_tcb_svn_2[2] = (uint8_t)svn;
}
static void pce_svn(struct sim_world *w, int64_t svn)
{
	w->cert[SIM_PCK].pck.tcb[SIM_TCB_PCESVN].value = (int32_t)svn;
}
static void major_0(struct sim_world *w, int64_t minor)
{
	set_module(w, (uint8_t)minor);
	w->quote_spec.td.tee_tcb_svn[1] = 0;
	w->quote_spec.td.tee_tcb_svn_2[1] = 0;
}
static void all_old(struct sim_world *w, int64_t arg)
{
	(void)arg;
	at_level(w, SIM_LEVEL_OUT_OF_DATE);
	qe_svn(w, SIM_SVN_OUT_OF_DATE);
	module_svn(w, SIM_SVN_OUT_OF_DATE);
	tdx_svn(w, 5);
}
/* The best level there is, is this one. */
static void best_is_hardening(struct sim_world *w, int64_t level)
{
	struct sim_tcb_spec *tcb = &w->tcb[case_tee(w)];

	memmove(tcb->level, tcb->level + 1,
	        --tcb->n_levels * sizeof(tcb->level[0]));
	at_level(w, level);
}
/* Two levels are UpToDate. */
static void two_best(struct sim_world *w, int64_t level)
{
	w->tcb[case_tee(w)].level[1].said.status = "UpToDate";
	at_level(w, level);
}
/* ... and neither asks for all that the other does. */
static void two_best_apart(struct sim_world *w, int64_t level)
{
	two_best(w, level);
	w->tcb[case_tee(w)].level[1].sgx[15] = 200;
}
static void two_best_qe(struct sim_world *w, int64_t svn)
{
	w->qe[case_tee(w)].level[1].said.status = "UpToDate";
	qe_svn(w, svn);
}
static void last_component(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->tcb[case_tee(w)].level[0].sgx[15] = 200;
}
static void last_tdx_component(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->tcb[SIM_TDX].level[0].tdx[15] = 200;
}
static void launched_old(struct sim_world *w, int64_t svn)
{
	w->quote_spec.td.tee_tcb_svn[0] = (uint8_t)svn;
}

#define MOST_GAPS 5
#define TD10 (CASE_KIND(SIM_TDX_V4) | CASE_KIND(SIM_TDX10_V5))
#define TD15 CASE_KIND(SIM_TDX15_V5)
static const struct gap_row {
	const char *name;
	unsigned kinds;
	void (*edit)(struct sim_world *w, int64_t arg);
	int64_t arg;
	struct assay_gap gaps[MOST_GAPS];
	const char *advice[4]; /* parts of sentences */
} gap_rows[] = {
	/* clang-format off */
	{ "UpToDate", CASES_ALL, at_level, SIM_LEVEL_UP_TO_DATE, { { 0 } }, { NULL } },
	{ "SWHardeningNeeded", CASES_ALL, at_level, SIM_LEVEL_SW_HARDENING,
	  { SGX_SVN(0, 8, 9, UP_TO_DATE, UCODE), SGX_SVN(1, 8, 9, UP_TO_DATE, LATE) },
	  { "SWHardeningNeeded: ", "SGX component 1 (" UCODE ") is 8, UpToDate needs 9: ", "SGX component 2 (" LATE ") is 8, UpToDate needs 9: ", "Advisories that apply: INTEL-SA-00615." } },
	{ "OutOfDate", CASES_ALL, at_level, SIM_LEVEL_OUT_OF_DATE,
	  { SGX_SVN(0, 5, 9, UP_TO_DATE, UCODE), SGX_SVN(1, 5, 9, UP_TO_DATE, LATE), PCE_SVN(11, 13, UP_TO_DATE) },
	  { "OutOfDate: ", "SGX component 1 (" UCODE ") is 5, UpToDate needs 9: ", "PCE is 11, UpToDate needs 13: ", "Advisories that apply: INTEL-SA-00828, INTEL-SA-00837." } },
	{ "Revoked", CASES_ALL, at_level, SIM_LEVEL_REVOKED,
	  { SGX_SVN(0, 3, 9, UP_TO_DATE, UCODE), SGX_SVN(1, 3, 9, UP_TO_DATE, LATE), PCE_SVN(5, 13, UP_TO_DATE) },
	  { "T_REVOKED", "Revoked: ", "PCE is 5, UpToDate needs 13: " } },
	{ "no level", CASES_ALL, at_level, SIM_LEVEL_NONE,
	  { SGX_SVN(0, 2, 9, UP_TO_DATE, UCODE), SGX_SVN(1, 2, 9, UP_TO_DATE, LATE), PCE_SVN(1, 13, UP_TO_DATE) },
	  { "T_NO_LEVEL", "SGX component 1 (" UCODE ") is 2, UpToDate needs 9: ", "PCE is 1, UpToDate needs 13: " } },
	{ "PCE alone", CASES_ALL, pce_svn, 12, { PCE_SVN(12, 13, UP_TO_DATE) }, { "PCE is 12, UpToDate needs 13: " } },
	{ "a component without a name", CASES_ALL, last_component, 0, { SGX_SVN(15, 0, 200, UP_TO_DATE, "") }, { "SGX component 16 is 0, UpToDate needs 200: " } },
	{ "the best level is not UpToDate, and met", CASES_ALL, best_is_hardening, SIM_LEVEL_SW_HARDENING, { { 0 } }, { "SWHardeningNeeded: " } },
	{ "the best level is not UpToDate", CASES_ALL, best_is_hardening, SIM_LEVEL_CONFIGURATION,
	  { SGX_SVN(0, 7, 8, SW_HARDENING_NEEDED, UCODE), SGX_SVN(1, 7, 8, SW_HARDENING_NEEDED, LATE) },
	  { "ConfigurationNeeded: ", "SGX component 1 (" UCODE ") is 7, SWHardeningNeeded needs 8: " } },
	{ "two levels are UpToDate, the lower is met", CASES_ALL, two_best, SIM_LEVEL_SW_HARDENING, { { 0 } }, { NULL } },
	{ "two levels are UpToDate", CASES_ALL, two_best, SIM_LEVEL_CONFIGURATION,
	  { SGX_SVN(0, 7, 8, UP_TO_DATE, UCODE), SGX_SVN(1, 7, 8, UP_TO_DATE, LATE) },
	  { "SGX component 1 (" UCODE ") is 7, UpToDate needs 8: " } },
	{ "two levels are UpToDate, the higher is met", CASES_ALL, two_best_apart, SIM_LEVEL_UP_TO_DATE, { { 0 } }, { NULL } },
	{ "two levels are UpToDate, neither is met", CASES_ALL, two_best_apart, SIM_LEVEL_SW_HARDENING, { SGX_SVN(15, 0, 200, UP_TO_DATE, "") }, { "ConfigurationNeeded: " } },
	{ "QE OutOfDate", CASES_ALL, qe_svn, SIM_SVN_OUT_OF_DATE, { QE_SVN(3, 5, UP_TO_DATE) }, { "OutOfDate: ", "The quoting enclave is 3, UpToDate needs 5: ", "Advisories that apply: INTEL-SA-01000." } },
	{ "QE Revoked", CASES_ALL, qe_svn, SIM_SVN_REVOKED, { QE_SVN(1, 5, UP_TO_DATE) }, { "T_REVOKED", "The quoting enclave is 1, UpToDate needs 5: " } },
	{ "QE below all levels", CASES_ALL, qe_svn, SIM_SVN_NONE, { QE_SVN(0, 5, UP_TO_DATE) }, { "E_SVN", "The quoting enclave is 0, UpToDate needs 5: " } },
	{ "two levels of the QE are UpToDate", CASES_ALL, two_best_qe, SIM_SVN_REVOKED, { QE_SVN(1, 3, UP_TO_DATE) }, { "The quoting enclave is 1, UpToDate needs 3: " } },
	{ "two levels of the QE are UpToDate, the lower is met", CASES_ALL, two_best_qe, 3, { { 0 } }, { NULL } },
	{ "TDX_01 OutOfDate", TD10, module_svn, SIM_SVN_OUT_OF_DATE, { MODULE_SVN(3, 5, UP_TO_DATE, "TDX_01") }, { "OutOfDate: ", "TDX module (TDX_01) is 3, UpToDate needs 5: ", "Advisories that apply: INTEL-SA-01036." } },
	{ "TDX_03 OutOfDate", TD15, module_svn, SIM_SVN_OUT_OF_DATE, { MODULE_SVN(3, 5, UP_TO_DATE, "TDX_03") }, { "OutOfDate: ", "TDX module (TDX_03) is 3, UpToDate needs 5: ", "Advisories that apply: INTEL-SA-01192." } },
	{ "TDX_03 Revoked", TD15, module_svn, SIM_SVN_REVOKED, { MODULE_SVN(1, 5, UP_TO_DATE, "TDX_03") }, { "T_REVOKED", "TDX module (TDX_03) is 1, UpToDate needs 5: " } },
	{ "TDX_03 below all levels", TD15, module_svn, SIM_SVN_NONE, { MODULE_SVN(0, 5, UP_TO_DATE, "TDX_03") }, { "M_IDENTITY", "TDX module (TDX_03) is 0, UpToDate needs 5: " } },
	{ "TDX component", CASES_TDX, tdx_svn, 5, { TDX_SVN(2, 5, 9, UP_TO_DATE, TDX_LATE) }, { "OutOfDate: ", "TDX component 3 (" TDX_LATE ") is 5, UpToDate needs 9: " } },
	{ "TDX component without a name", CASES_TDX, last_tdx_component, 0, { TDX_SVN(15, 0, 200, UP_TO_DATE, "") }, { "TDX component 16 is 0, UpToDate needs 200: " } },
	/* below major 1 the first components are the module's version */
	{ "TDX module of major 0", CASES_TDX, major_0, 3, { TDX_SVN(0, 3, 5, UP_TO_DATE, "OS/VMM, TDX Module") }, { "T_NO_LEVEL", "TDX component 1 (OS/VMM, TDX Module) is 3, UpToDate needs 5: " } },
	{ "everything", TD10, all_old, 0,
	  { QE_SVN(3, 5, UP_TO_DATE), SGX_SVN(0, 5, 9, UP_TO_DATE, UCODE), SGX_SVN(1, 5, 9, UP_TO_DATE, LATE), PCE_SVN(11, 13, UP_TO_DATE), TDX_SVN(2, 5, 9, UP_TO_DATE, TDX_LATE) },
	  { "OutOfDate: ", "Advisories that apply: INTEL-SA-00828, INTEL-SA-00837, INTEL-SA-01000, INTEL-SA-01036." } },
	{ "launched under an old module", TD15, launched_old, SIM_SVN_OUT_OF_DATE, { MODULE_SVN(3, 5, UP_TO_DATE, "TDX_03") }, { "TDRelaunchAdvised: ", "Start the TD anew" } },
	/* clang-format on */
};

static bool has_gap(const struct assay_verdict *v, const struct assay_gap *want)
{
	for (size_t i = 0; i < v->n_gaps; i++) {
		const struct assay_gap *g = &v->gaps[i];

		if (g->kind == want->kind && g->index == want->index &&
		    g->have == want->have && g->need == want->need &&
		    g->at == want->at && !strcmp(g->name, want->name))
			return true;
	}
	note("no gap of kind %u, index %u, %u to %u", want->kind, want->index,
	     want->have, want->need);
	return false;
}

static size_t count_gaps(const struct gap_row *row)
{
	size_t n = 0;

	while (n < MOST_GAPS && row->gaps[n].kind)
		n++;
	return n;
}

static bool is_advised(const struct assay_verdict *v, const char *part)
{
	char sentence[8192];
	size_t i = 0;

	while (assay_verdict_advice(v, i++, sentence, sizeof(sentence)))
		if (strstr(sentence, part))
			return true;
	return false;
}

static void test_gap(const struct gap_row *row, enum sim_kind kind)
{
	const size_t extra = row->edit == all_old; /* the module's */
	const size_t n = count_gaps(row);
	static struct sim_world w;
	struct assay_verdict v;
	bool good;

	case_world(&w, kind);
	row->edit(&w, row->arg);
	judge_world(&v, &w);
	good = v.n_gaps == n + extra;
	for (size_t i = 0; i < n; i++)
		good &= has_gap(&v, &row->gaps[i]);
	if (!ok(good, "gaps: %s: %s", row->name, sim_kind_name(kind)))
		note("got %zu gaps, want %zu", v.n_gaps, n);
	good = is_advised(&v, "a root that is not Intel's") == v.genuine;
	for (size_t i = 0; i < 4 && row->advice[i]; i++)
		if (!is_advised(&v, row->advice[i])) {
			note("no advice says: %s", row->advice[i]);
			good = false;
		}
	ok(good, "advice: %s: %s", row->name, sim_kind_name(kind));
	sim_world_free(&w);
}

/* What advice there is, is one sentence after another, each of them once, and
 * cut where there is no room. */
static void test_sentences(void)
{
	static struct sim_world w;
	struct assay_verdict v;
	char text[1024], again[1024], small[8];

	case_world(&w, SIM_SGX_V3);
	judge_world(&v, &w);
	ok(assay_verdict_advice(&v, 0, text, sizeof(text)) &&
	           !assay_verdict_advice(&v, 1, text, sizeof(text)),
	   "advice: one sentence for a simulated platform that is UpToDate");
	v.simulation = false;
	ok(!assay_verdict_advice(&v, 0, text, sizeof(text)),
	   "advice: none for a platform that is UpToDate");
	sim_world_free(&w);

	case_world(&w, SIM_SGX_V3);
	at_level(&w, SIM_LEVEL_OUT_OF_DATE);
	judge_world(&v, &w);
	ok(assay_verdict_advice(&v, 5, text, sizeof(text)) &&
	           !assay_verdict_advice(&v, 6, text, sizeof(text)),
	   "advice: status, three gaps, advisories, simulation");
	ok(assay_verdict_advice(&v, 0, text, sizeof(text)) &&
	           assay_verdict_advice(&v, 1, again, sizeof(again)) &&
	           strcmp(text, again) != 0,
	   "advice: sentences differ");
	ok(assay_verdict_advice(&v, 0, small, sizeof(small)) &&
	           strlen(small) == 7 && !memcmp(small, text, 7),
	   "advice: as much as there is room for");
	sim_world_free(&w);
}

int main(void)
{
	for (unsigned kind = 0; kind < SIM_N_KINDS; kind++)
		test_converged(kind);
	test_relaunch();
	test_leaf_and_vector();
	test_no_current();
	test_facts();
	test_windows();
	for (unsigned item = 0; item < ASSAY_N_ITEMS; item++)
		test_extremes(item);
	test_no_crl_chain();
	test_platform_ca();
	test_processor_ca();
	test_list_numbers();
	for (size_t i = 0; i < sizeof(gap_rows) / sizeof(gap_rows[0]); i++)
		for (unsigned kind = 0; kind < SIM_N_KINDS; kind++)
			if (gap_rows[i].kinds & CASE_KIND(kind))
				test_gap(&gap_rows[i], kind);
	test_sentences();
	cases_all_met(115, 116);
	return done();
}
