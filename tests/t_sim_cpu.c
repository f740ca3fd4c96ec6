/* t_sim_cpu.c - the simulated processor: what EGETKEY derives and refuses, what
 * EREPORT makes, and whom it convinces.  EINIT has a test of its own. */
#include <string.h>

#include "crypto/crypto.h"
#include "sim/enclu.h"
#include "os/buf.h"
#include "tap.h"

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

/* ---- one enclave on one processor, and a request of its */

struct scene {
	struct sim_cpu cpu;
	struct sim_secs secs;
	struct sim_key_request request;
};

/* Every field has a value of its own, with room for more above it. */
static struct scene base(uint16_t name, uint16_t policy)
{
	uint8_t fuse[SIM_FUSE_LEN] = { 1, 2, 3 }, svn[SIM_CPUSVN_LEN];
	struct scene s;

	memset(&s, 0, sizeof(s));
	memset(svn, 5, sizeof(svn));
	if (!sim_cpu_boot(&s.cpu, fuse, svn, svn))
		abort();
	s.secs.flags = ASSAY_SGX_INIT | ASSAY_SGX_MODE64BIT |
	               ASSAY_SGX_PROVISION_KEY | ASSAY_SGX_EINITTOKEN_KEY |
	               ASSAY_SGX_KSS;
	s.secs.xfrm = 3;
	s.secs.isv_prod_id = 7;
	s.secs.isv_svn = 4;
	s.secs.config_svn = 3;
	s.request.name = name;
	s.request.policy = policy;
	s.request.isv_svn = 4;
	s.request.config_svn = 3;
	memset(s.request.cpu_svn, 4, SIM_CPUSVN_LEN);
	s.request.flags_mask = 0xffff;
	s.request.xfrm_mask = 0xff;
	s.request.misc_mask = 0xff;
	s.request.cet_mask = 0x0f;
	return s;
}

static enum sim_status get(uint8_t key[SIM_KEY_LEN], const struct scene *s)
{
	uint8_t request[SIM_KEYREQUEST_LEN];

	sim_key_request_put(request, &s->request);
	memset(key, 0xee, SIM_KEY_LEN);
	return sim_egetkey(key, &s->cpu, &s->secs, request);
}

/* ---- what a key depends on [SGX 4.1] */

enum { ALL_POLICIES = 0x3f };

#define CHANGE(name, what) \
	static void name(struct scene *s) \
	{ \
		what; \
	}

CHANGE(prod_id, s->secs.isv_prod_id++)
CHANGE(svn, s->secs.isv_svn++)
CHANGE(mrenclave, s->secs.mrenclave[31] ^= 1)
CHANGE(mrsigner, s->secs.mrsigner[0] ^= 1)
CHANGE(family, s->secs.isv_family_id[15] ^= 1)
CHANGE(ext_prod, s->secs.isv_ext_prod_id[0] ^= 1)
CHANGE(config_id, s->secs.config_id[63] ^= 1)
CHANGE(config_svn, s->secs.config_svn++)
CHANGE(flags_in, s->secs.flags ^= ASSAY_SGX_AEXNOTIFY)
CHANGE(flags_out, s->secs.flags ^= UINT64_C(1) << 63)
CHANGE(xfrm_in, s->secs.xfrm ^= 4)
CHANGE(xfrm_out, s->secs.xfrm ^= 0x100)
CHANGE(misc_in, s->secs.misc_select ^= 1)
CHANGE(misc_out, s->secs.misc_select ^= 0x80000000)
CHANGE(cet_in, s->secs.cet_attributes ^= 1)
CHANGE(cet_out, s->secs.cet_attributes ^= 0x80)
CHANGE(r_svn, s->request.isv_svn--)
CHANGE(r_cpu_svn, s->request.cpu_svn[15]--)
CHANGE(r_flags_mask, s->request.flags_mask ^= UINT64_C(1) << 62)
CHANGE(r_xfrm_mask, s->request.xfrm_mask ^= UINT64_C(1) << 63)
CHANGE(r_misc_mask, s->request.misc_mask ^= 0x40000000)
CHANGE(r_cet_mask, s->request.cet_mask ^= 0x40)
CHANGE(r_key_id, s->request.key_id[31] ^= 1)
CHANGE(r_config_svn, s->request.config_svn--)
/* of an MRENCLAVE of zeros, so that the policy alone changes */
CHANGE(r_policy, s->request.policy ^= SIM_POLICY_MRENCLAVE)
CHANGE(c_epoch, s->cpu.owner_epoch[15] ^= 1)
CHANGE(c_rsk, s->cpu.rsk[15] ^= 1)
CHANGE(c_rpk, s->cpu.rpk[0] ^= 1)
CHANGE(c_svn, s->cpu.cpu_svn[0]++)
CHANGE(c_key_id, s->cpu.report_key_id[0] ^= 1)
CHANGE(c_launch, s->cpu.le_pubkey_hash[0] ^= 1)

/* INIT and DEBUG count whatever the mask says. */
static void debug(struct scene *s)
{
	s->secs.flags ^= ASSAY_SGX_DEBUG;
}

/* The specification's table once more, field by field: does the key change with
 * it?  SEAL, REPORT, EINITTOKEN, PROVISION, PROVISION_SEAL; without any policy,
 * and with all. */
/* clang-format off */
static const struct {
	const char *name;
	void (*change)(struct scene *s);
	char plain[6], all[6];
} dependencies[] = {
	{ "SECS.ISVPRODID",                 prod_id,      "y-yyy", "--yy-" },
	{ "SECS.ISVSVN",                    svn,          "-----", "-----" },
	{ "SECS.MRENCLAVE",                 mrenclave,    "-y---", "yy---" },
	{ "SECS.MRSIGNER",                  mrsigner,     "--yyy", "y-yyy" },
	{ "SECS.ISVFAMILYID",               family,       "-----", "y---y" },
	{ "SECS.ISVEXTPRODID",              ext_prod,     "-----", "y---y" },
	{ "SECS.CONFIGID",                  config_id,    "-y---", "yy--y" },
	{ "SECS.CONFIGSVN",                 config_svn,   "-y---", "-y---" },
	{ "SECS.FLAGS, in the mask",        flags_in,     "yyyyy", "yyyyy" },
	{ "SECS.FLAGS, masked out",         flags_out,    "-y---", "-y---" },
	{ "SECS.FLAGS.DEBUG",               debug,        "yyyyy", "yyyyy" },
	{ "SECS.XFRM, in the mask",         xfrm_in,      "yyyyy", "yyyyy" },
	{ "SECS.XFRM, masked out",          xfrm_out,     "-y---", "-y---" },
	{ "SECS.MISCSELECT, in the mask",   misc_in,      "yyyyy", "yyyyy" },
	{ "SECS.MISCSELECT, masked out",    misc_out,     "-y---", "-y---" },
	{ "SECS.CET_ATTRIBUTES, in",        cet_in,       "yyyyy", "yyyyy" },
	{ "SECS.CET_ATTRIBUTES, out",       cet_out,      "-y---", "-y---" },
	{ "KEYREQUEST.ISVSVN",              r_svn,        "y-yyy", "y-yyy" },
	{ "KEYREQUEST.CPUSVN",              r_cpu_svn,    "y-yyy", "y-yyy" },
	{ "KEYREQUEST.ATTRIBUTEMASK.FLAGS", r_flags_mask, "y--yy", "y--yy" },
	{ "KEYREQUEST.ATTRIBUTEMASK.XFRM",  r_xfrm_mask,  "y--yy", "y--yy" },
	{ "KEYREQUEST.MISCMASK",            r_misc_mask,  "y--yy", "y--yy" },
	{ "KEYREQUEST.CET_ATTRIBUTES_MASK", r_cet_mask,   "y--yy", "y--yy" },
	{ "KEYREQUEST.KEYID",               r_key_id,     "yyy--", "yyy--" },
	{ "KEYREQUEST.CONFIGSVN",           r_config_svn, "-----", "y---y" },
	{ "KEYREQUEST.KEYPOLICY",           r_policy,     "y---y", "y---y" },
	{ "owner epoch",                    c_epoch,      "yyy--", "yyy--" },
	{ "root seal key",                  c_rsk,        "yyy-y", "yyy-y" },
	{ "root provisioning key",          c_rpk,        "yyyyy", "yyyyy" },
	{ "the processor's CPUSVN",         c_svn,        "-y---", "-y---" },
	{ "the processor's report key id",  c_key_id,     "-----", "-----" },
	{ "the launch signer",              c_launch,     "-----", "-----" },
};
static const struct {
	const char *name;
	uint16_t number;
} keys[] = {
	{ "SEAL",           SIM_KEYNAME_SEAL },
	{ "REPORT",         SIM_KEYNAME_REPORT },
	{ "EINITTOKEN",     SIM_KEYNAME_EINITTOKEN },
	{ "PROVISION",      SIM_KEYNAME_PROVISION },
	{ "PROVISION_SEAL", SIM_KEYNAME_PROVISION_SEAL },
};
/* clang-format on */
enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

static void test_dependency(size_t i, size_t k, uint16_t policy)
{
	struct scene s = base(keys[k].number, policy);
	const char want = policy ? dependencies[i].all[k]
	                         : dependencies[i].plain[k];
	uint8_t before[SIM_KEY_LEN], after[SIM_KEY_LEN];
	enum sim_status first = get(before, &s), second;

	dependencies[i].change(&s);
	second = get(after, &s);
	ok(first == SIM_SUCCESS && second == SIM_SUCCESS &&
	           (memcmp(before, after, SIM_KEY_LEN) != 0) == (want == 'y'),
	   "%s key, policy 0x%02x: %s %s", keys[k].name, policy,
	   want == 'y' ? "changes with" : "does not know",
	   dependencies[i].name);
}

static void test_dependencies(void)
{
	for (size_t i = 0; i < sizeof(dependencies) / sizeof(dependencies[0]);
	     i++)
		for (size_t k = 0; k < N_KEYS; k++) {
			test_dependency(i, k, 0);
			test_dependency(i, k, ALL_POLICIES);
		}
}

static void test_names_differ(void)
{
	uint8_t key[N_KEYS][SIM_KEY_LEN];
	bool differ = true;

	for (size_t k = 0; k < N_KEYS; k++) {
		struct scene s = base(keys[k].number, 0);

		/* the same in all that a name does not decide */
		memset(&s.cpu.rsk, 0, sizeof(s.cpu.rsk));
		memset(&s.cpu.owner_epoch, 0, sizeof(s.cpu.owner_epoch));
		differ &= get(key[k], &s) == SIM_SUCCESS;
		for (size_t i = 0; i < k; i++)
			differ &= memcmp(key[i], key[k], SIM_KEY_LEN) != 0;
	}
	ok(differ, "the five keys of one enclave are five");
}

/* ---- what EGETKEY refuses, in its order */

CHANGE(no_kss, s->secs.flags &= ~(uint64_t)ASSAY_SGX_KSS)
CHANGE(unknown_policy, s->request.policy = 0x40)
CHANGE(unknown_name, s->request.name = SIM_N_KEYNAMES)
CHANGE(no_provision, s->secs.flags &= ~(uint64_t)ASSAY_SGX_PROVISION_KEY)
CHANGE(no_einittoken, s->secs.flags &= ~(uint64_t)ASSAY_SGX_EINITTOKEN_KEY)
CHANGE(newer_cpu, s->request.cpu_svn[0] = 6)
CHANGE(newer_cpu_last, s->request.cpu_svn[15] = 6)
CHANGE(newer_svn, s->request.isv_svn = 5)
CHANGE(newer_config, s->request.config_svn = 4)
CHANGE(makers, s->cpu.has_rsk = false)

static void no_kss_alone(struct scene *s)
{
	no_kss(s);
	s->request.config_svn = 0;
}
static void newer_both(struct scene *s)
{
	newer_cpu(s);
	newer_svn(s);
}
static void newer_unprivileged(struct scene *s)
{
	newer_both(s);
	no_provision(s);
	no_einittoken(s);
}
static void all_wrong(struct scene *s)
{
	newer_unprivileged(s);
	unknown_policy(s);
}

#define OKAY SIM_SUCCESS
#define SVN SIM_INVALID_ISVSVN
#define CPU SIM_INVALID_CPUSVN
#define ATTR SIM_INVALID_ATTRIBUTE
#define NAME SIM_INVALID_KEYNAME
/* clang-format off */
static const struct {
	const char *name;
	uint16_t policy;
	void (*change)(struct scene *s);
	enum sim_status want[N_KEYS]; /* SEAL .. PROVISION_SEAL */
} refusals[] = {
	{ "CONFIGSVN without KSS", 0, no_kss,
	  { SIM_GP, SIM_GP, SIM_GP, SIM_GP, SIM_GP } },
	{ "MRENCLAVE | MRSIGNER without KSS", 3, no_kss_alone,
	  { OKAY, OKAY, OKAY, OKAY, OKAY } },
	{ "NOISVPRODID without KSS", 4, no_kss_alone,
	  { SIM_GP, SIM_GP, SIM_GP, SIM_GP, SIM_GP } },
	{ "CONFIGID without KSS", 8, no_kss_alone,
	  { SIM_GP, SIM_GP, SIM_GP, SIM_GP, SIM_GP } },
	{ "ISVFAMILYID without KSS", 16, no_kss_alone,
	  { SIM_GP, SIM_GP, SIM_GP, SIM_GP, SIM_GP } },
	{ "ISVEXTPRODID without KSS", 32, no_kss_alone,
	  { SIM_GP, SIM_GP, SIM_GP, SIM_GP, SIM_GP } },
	{ "a policy bit that is none", 0, unknown_policy,
	  { SIM_GP, SIM_GP, SIM_GP, SIM_GP, SIM_GP } },
	{ "a key that is none", 0, unknown_name,
	  { NAME, NAME, NAME, NAME, NAME } },
	{ "no PROVISION_KEY", 0, no_provision,
	  { OKAY, OKAY, OKAY, ATTR, ATTR } },
	{ "no EINITTOKEN_KEY", 0, no_einittoken,
	  { OKAY, OKAY, ATTR, OKAY, OKAY } },
	{ "CPUSVN beyond, in its first byte", 0, newer_cpu,
	  { CPU, OKAY, CPU, CPU, CPU } },
	{ "CPUSVN beyond, in its last byte", 0, newer_cpu_last,
	  { CPU, OKAY, CPU, CPU, CPU } },
	{ "ISVSVN beyond", 0, newer_svn,
	  { SVN, OKAY, SVN, SVN, SVN } },
	{ "CONFIGSVN beyond", 0, newer_config,
	  { SVN, OKAY, OKAY, OKAY, SVN } },
	{ "CPUSVN before ISVSVN", 0, newer_both,
	  { CPU, OKAY, CPU, CPU, CPU } },
	{ "attributes before SVNs", 0, newer_unprivileged,
	  { CPU, OKAY, ATTR, ATTR, ATTR } },
	{ "reserved bits before all", 0, all_wrong,
	  { SIM_GP, SIM_GP, SIM_GP, SIM_GP, SIM_GP } },
	{ "the maker's view", 0, makers,
	  { NAME, NAME, NAME, OKAY, NAME } },
};
/* clang-format on */

static void test_refusals(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		for (size_t k = 0; k < N_KEYS; k++) {
			struct scene s = base(keys[k].number,
			                      refusals[i].policy);
			const enum sim_status want = refusals[i].want[k];
			uint8_t key[SIM_KEY_LEN];
			enum sim_status got;

			refusals[i].change(&s);
			got = get(key, &s);
			ok(got == want &&
			           is_zero(key, sizeof(key)) != (want == OKAY),
			   "%s key, %s: %s", keys[k].name, refusals[i].name,
			   sim_status_name(got));
		}
}

static void test_reserved(void)
{
	static const size_t reserved[] = { 7, 78, 79, 300, 511 };
	struct scene s = base(SIM_KEYNAME_SEAL, 0);
	uint8_t request[SIM_KEYREQUEST_LEN], key[SIM_KEY_LEN];

	sim_key_request_put(request, &s.request);
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		request[reserved[i]] = 1;
		ok(sim_egetkey(key, &s.cpu, &s.secs, request) == SIM_GP &&
		           is_zero(key, sizeof(key)),
		   "KEYREQUEST, byte %zu is reserved", reserved[i]);
		request[reserved[i]] = 0;
	}
	ok(sim_egetkey(key, &s.cpu, &s.secs, request) == SIM_SUCCESS,
	   "KEYREQUEST without them is good");
}

/* ---- time passes: updates of processor and enclave */

static void test_updates(void)
{
	struct scene old = base(SIM_KEYNAME_SEAL, SIM_POLICY_MRSIGNER), new;
	uint8_t sealed[SIM_KEY_LEN], key[SIM_KEY_LEN];

	ok(get(sealed, &old) == SIM_SUCCESS, "a key before the updates");
	new = old;
	new.cpu.cpu_svn[3]++;
	new.secs.isv_svn++;
	new.secs.mrenclave[0] ^= 1;
	ok(get(key, &new) == SIM_SUCCESS && memcmp(key, sealed, 16) == 0,
	   "the updated enclave on the updated processor has the old key");
	new.request.isv_svn++;
	new.request.cpu_svn[3] = new.cpu.cpu_svn[3];
	ok(get(key, &new) == SIM_SUCCESS && memcmp(key, sealed, 16) != 0,
	   "and a new one");
	new.secs.isv_svn--;
	ok(get(key, &new) == SIM_INVALID_ISVSVN,
	   "which the old enclave does not get");
	new.secs.isv_svn++;
	new.cpu.cpu_svn[3]--;
	ok(get(key, &new) == SIM_INVALID_CPUSVN,
	   "and nobody on the old processor");
	new.cpu.cpu_svn[3]++;
	new.cpu.cpu_svn[4]--;
	new.request.cpu_svn[4] = 5;
	ok(get(key, &new) == SIM_INVALID_CPUSVN,
	   "more of one component does not make up for less of another");
}

static void test_boot(void)
{
	const uint8_t fuse[SIM_FUSE_LEN] = { 9 }, svn[16] = { 1 };
	struct sim_cpu a, b, maker;
	uint8_t rpk[16];

	ok(sim_cpu_boot(&a, fuse, svn, svn) && sim_cpu_boot(&b, fuse, svn, svn),
	   "a processor starts twice");
	ok(memcmp(a.rpk, b.rpk, 16) == 0 && memcmp(a.rsk, b.rsk, 16) == 0 &&
	           memcmp(a.rpk, a.rsk, 16) != 0,
	   "its root keys are the same, and two");
	ok(memcmp(a.report_key_id, b.report_key_id, 32) != 0,
	   "its report key's id is not");
	ok(is_zero(a.le_pubkey_hash, 32), "nobody is the launch signer yet");
	ok(sim_rpk(rpk, fuse) && memcmp(rpk, a.rpk, 16) == 0,
	   "the maker has its root provisioning key");
	sim_cpu_of_maker(&maker, rpk, svn);
	ok(!maker.has_rsk && is_zero(maker.rsk, 16), "and no root seal key");
}

/* ---- reports */

/* Two enclaves on one processor; A makes reports for B. */
struct pair {
	struct sim_cpu cpu;
	struct sim_enclave a, b;
	uint8_t target[SIM_TARGETINFO_LEN], report[SIM_REPORT_LEN];
};

static void meet(struct pair *p)
{
	struct scene s = base(SIM_KEYNAME_REPORT, 0);
	struct sim_enclu a, b;
	uint8_t data[SIM_REPORT_DATA_LEN] = { 0xda }, own[SIM_REPORT_LEN];

	p->cpu = s.cpu;
	p->a = p->b = (struct sim_enclave){ &p->cpu, s.secs };
	memset(p->b.secs.mrenclave, 0xbb, 32);
	memset(p->b.secs.config_id, 0xbc, 64);
	p->b.secs.misc_select = 1;
	p->b.secs.cet_attributes = 2;
	a = sim_enclu_of(&p->a);
	b = sim_enclu_of(&p->b);
	if (sim_own_report(own, &b) != SIM_SUCCESS)
		abort();
	sim_target_of_report(p->target, own);
	if (a.ereport(a.self, p->report, p->target, data) != SIM_SUCCESS)
		abort();
}

static enum sim_status judge(const struct pair *p, const uint8_t *report)
{
	struct sim_enclu b = sim_enclu_of(&p->b);

	return sim_report_verify(&b, report, SIM_QE_INVALID_REPORT);
}

static void test_report(void)
{
	struct sim_enclu a;
	struct pair p;
	bool good = true;

	meet(&p);
	a = sim_enclu_of(&p.a);
	ok(judge(&p, p.report) == SIM_SUCCESS, "B believes a report for B");
	ok(sim_report_verify(&a, p.report, SIM_QE_INVALID_REPORT) ==
	           SIM_QE_INVALID_REPORT,
	   "A does not");
	/* all of it but what the MAC is made over twice counts */
	for (size_t i = 0; i < SIM_REPORT_LEN; i++) {
		p.report[i] ^= 0x10;
		good &= judge(&p, p.report) == SIM_QE_INVALID_REPORT;
		p.report[i] ^= 0x10;
	}
	ok(good, "nor does B, when any byte of it is another");
	ok(judge(&p, p.report) == SIM_SUCCESS, "but it does when none is");
}

/* Each field of TARGETINFO leads to another key. */
static void test_targets(void)
{
	static const struct {
		const char *name;
		size_t at;
	} fields[] = {
		{ "MRENCLAVE", 0 }, { "FLAGS", 33 },     { "XFRM", 40 },
		{ "CET", 48 },      { "CONFIGSVN", 50 }, { "MISCSELECT", 52 },
		{ "CONFIGID", 64 },
	};
	static const size_t reserved[] = { 49, 56, 63, 128, 511 };
	const uint8_t data[SIM_REPORT_DATA_LEN] = { 0 };
	uint8_t report[SIM_REPORT_LEN];
	struct sim_enclu a;
	struct pair p;

	meet(&p);
	a = sim_enclu_of(&p.a);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		p.target[fields[i].at] ^= 4;
		ok(a.ereport(a.self, report, p.target, data) == SIM_SUCCESS &&
		           judge(&p, report) == SIM_QE_INVALID_REPORT,
		   "a report for another %s is not for B", fields[i].name);
		p.target[fields[i].at] ^= 4;
	}
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		p.target[reserved[i]] = 1;
		ok(a.ereport(a.self, report, p.target, data) == SIM_GP &&
		           is_zero(report, sizeof(report)),
		   "TARGETINFO, byte %zu is reserved", reserved[i]);
		p.target[reserved[i]] = 0;
	}
}

/* Another processor, another boot, an update. */
static void test_other_times(void)
{
	struct pair p, q;

	meet(&p);
	q = p;
	q.a.cpu = q.b.cpu = &q.cpu;
	q.cpu.report_key_id[0] ^= 1;
	ok(judge(&q, p.report) == SIM_SUCCESS,
	   "a report of the last boot is still a report: its key id says so");
	q = p;
	q.b.cpu = &q.cpu;
	q.cpu.cpu_svn[0]++;
	ok(judge(&q, p.report) == SIM_QE_INVALID_REPORT,
	   "a report of before an update is none");
	q = p;
	q.b.cpu = &q.cpu;
	q.cpu.rsk[0] ^= 1;
	ok(judge(&q, p.report) == SIM_QE_INVALID_REPORT,
	   "nor is one of another processor");
	q = p;
	q.b.cpu = &q.cpu;
	q.cpu.owner_epoch[0] ^= 1;
	ok(judge(&q, p.report) == SIM_QE_INVALID_REPORT,
	   "nor one of another owner's time");
}

static void test_statuses(void)
{
	ok(strcmp(sim_status_name(SIM_INVALID_CPUSVN), "INVALID_CPUSVN") == 0 &&
	           SIM_INVALID_CPUSVN == 32,
	   "statuses have the processor's numbers and names");
	ok(strcmp(sim_status_name(SIM_SUCCESS), "SUCCESS") == 0 &&
	           strcmp(sim_status_text(SIM_SUCCESS), "done") == 0,
	   "success has a name, too");
	ok(strcmp(sim_status_name((enum sim_status)3), "?") == 0 &&
	           strcmp(sim_status_text((enum sim_status)3), "?") == 0,
	   "what is no status has none");
}

int main(void)
{
	test_boot();
	test_dependencies();
	test_names_differ();
	test_refusals();
	test_reserved();
	test_updates();
	test_report();
	test_targets();
	test_other_times();
	test_statuses();
	return done();
}
