/* t_sim_vectors.c - the simulated platform of the shared vectors, which others
 * computed: every key, the report, the quote. */
#include <assay/assay.h>

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "sim/qe.h"
#include "tap.h"

static bool same(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n) == 0;
}

/* ---- what the vectors say */

static struct expected {
	uint8_t fuse[32], rpk[16], rsk[16], cpu_svn[16];
	uint8_t seal_mrenclave[16], seal_mrsigner[16], seal_mrsigner_2[16];
	uint8_t prov_pce[16], report[SIM_REPORT_LEN], ppid[16];
	uint8_t pck_d[32], att_d[32], att_pub[64], qe_id[16];
	uint8_t mrenclave[32], mrsigner[32];
} want;

#define MEMBER(object, name, field) \
	{ \
		object, name, offsetof(struct expected, field), \
			sizeof(want.field) \
	}
static const struct {
	const char *object, *name;
	size_t at, len;
} members[] = {
	MEMBER("micro", "mrenclave", mrenclave),
	MEMBER("sigstruct", "mrsigner", mrsigner),
	MEMBER("sim", "fuse", fuse),
	MEMBER("sim", "rpk", rpk),
	MEMBER("sim", "rsk", rsk),
	MEMBER("sim", "cpusvn", cpu_svn),
	MEMBER("sim", "seal_mrenclave", seal_mrenclave),
	MEMBER("sim", "seal_mrsigner", seal_mrsigner),
	MEMBER("sim", "seal_mrsigner_svn2", seal_mrsigner_2),
	MEMBER("sim", "prov_pce", prov_pce),
	MEMBER("sim", "report", report),
	MEMBER("sim", "ppid", ppid),
	MEMBER("sim", "pck_d", pck_d),
	MEMBER("sim", "att_d", att_d),
	MEMBER("sim", "att_pub", att_pub),
	MEMBER("sim", "qe_id", qe_id),
};
enum { N_MEMBERS = sizeof(members) / sizeof(members[0]) };

static size_t read_members(struct assay_bytes text)
{
	static struct assay_json j;
	struct assay_json_str object, name;
	size_t n = 0;

	assay_json_open(&j, text, ASSAY_DOC_NONE);
	assay_json_object(&j);
	while (assay_json_member(&j, &object)) {
		assay_json_object(&j);
		while (assay_json_member(&j, &name))
			for (size_t i = 0; i < N_MEMBERS; i++)
				if (assay_json_is(object, members[i].object) &&
				    assay_json_is(name, members[i].name))
					n += assay_json_hex(
						&j,
						(uint8_t *)&want +
							members[i].at,
						members[i].len);
	}
	return assay_json_close(&j, NULL) ? n : 0;
}

static unsigned char *file(const char *name, size_t *len)
{
	char path[4400];

	*len = 0;
	snprintf(path, sizeof(path), "%s/enclave/%s", vectors(), name);
	return slurp(path, len);
}

/* ---- the platform */

static struct sim_cpu cpu;
static struct sim_enclave app, qe, pce;
static struct sim_enclu app_enclu, qe_enclu, pce_enclu;

static void test_roots(void)
{
	const uint8_t epoch[16] = { 0 };

	ok(sim_cpu_boot(&cpu, want.fuse, want.cpu_svn, epoch) &&
	           same(cpu.rpk, want.rpk, 16) && same(cpu.rsk, want.rsk, 16),
	   "the root keys of the fuses");
	memcpy(cpu.report_key_id, want.report + SIM_REPORT_KEYID, 32);
}

static void test_einit(void)
{
	const struct sim_ecreate created = { .flags = ASSAY_SGX_MODE64BIT,
		                             .xfrm = 7 };
	size_t len;
	unsigned char *sigstruct = file("micro.sigstruct", &len);

	ok(sigstruct && len == ASSAY_SIGSTRUCT_LEN &&
	           sim_launch(&app.secs, &cpu, &created, want.mrenclave,
	                      sigstruct) == SIM_SUCCESS,
	   "EINIT of the micro enclave");
	ok(same(app.secs.mrsigner, want.mrsigner, 32) &&
	           app.secs.isv_prod_id == 7 && app.secs.isv_svn == 3,
	   "its identity");
	free(sigstruct);
	app.cpu = &cpu;
	app_enclu = sim_enclu_of(&app);
}

static void test_seal(const char *name, uint16_t policy, uint16_t svn,
                      const uint8_t key[16])
{
	struct sim_key_request request = {
		.name = SIM_KEYNAME_SEAL,
		.policy = policy,
		.isv_svn = svn,
		.flags_mask = UINT64_MAX,
		.misc_mask = UINT32_MAX,
	};
	uint8_t got[SIM_KEY_LEN];

	memcpy(request.cpu_svn, want.cpu_svn, 16);
	ok(sim_key(got, &app_enclu, &request) == SIM_SUCCESS &&
	           same(got, key, 16),
	   "seal key, %s", name);
}

/* QE and PCE are not in the vectors as files: the QE is who its report in the
 * quote says, the PCE has the same signer. */
static void meet_enclaves(const struct assay_quote *q)
{
	const struct assay_sgx_report *r = &q->qe_report;

	qe = (struct sim_enclave){ .cpu = &cpu };
	qe.secs.flags = r->flags;
	qe.secs.xfrm = r->xfrm;
	memcpy(qe.secs.mrenclave, r->mrenclave, 32);
	memcpy(qe.secs.mrsigner, r->mrsigner, 32);
	qe.secs.isv_prod_id = r->isv_prod_id;
	qe.secs.isv_svn = r->isv_svn;
	pce = qe;
	pce.secs.isv_svn = 16;
	qe_enclu = sim_enclu_of(&qe);
	pce_enclu = sim_enclu_of(&pce);
}

static void test_report(void)
{
	uint8_t own[SIM_REPORT_LEN], target[SIM_TARGETINFO_LEN];
	uint8_t report[SIM_REPORT_LEN];
	size_t len;
	unsigned char *bin = file("report.bin", &len);

	if (sim_own_report(own, &qe_enclu) != SIM_SUCCESS)
		abort();
	sim_target_of_report(target, own);
	ok(sim_ereport(report, &cpu, &app.secs, target,
	               want.report + SIM_REPORT_DATA) == SIM_SUCCESS &&
	           same(report, want.report, sizeof(report)),
	   "the report, to the byte");
	ok(bin && len == SIM_REPORT_LEN && same(bin, report, len),
	   "the same as a file");
	ok(sim_report_verify(&qe_enclu, report, SIM_GP) == SIM_SUCCESS,
	   "which the QE believes");
	free(bin);
}

static void test_pce(struct assay_p256_pair *pck)
{
	struct sim_psvn psvn = { .pce_svn = 16 };
	struct sim_key_request request = {
		.name = SIM_KEYNAME_PROVISION,
		.isv_svn = 16,
		.flags_mask = ~(uint64_t)ASSAY_SGX_MODE64BIT,
		.misc_mask = UINT32_MAX,
	};
	uint8_t key[16], ppid[16];

	memcpy(psvn.cpu_svn, want.cpu_svn, 16);
	memcpy(request.cpu_svn, want.cpu_svn, 16);
	ok(sim_key(key, &pce_enclu, &request) == SIM_SUCCESS &&
	           same(key, want.prov_pce, 16),
	   "the PCE's provisioning key");
	ok(sim_pce_ppid(ppid, &pce_enclu) == SIM_SUCCESS &&
	           same(ppid, want.ppid, 16),
	   "the PPID");
	ok(sim_pce_pck(pck, &pce_enclu, &psvn) == SIM_SUCCESS &&
	           same(pck->secret, want.pck_d, 32),
	   "the PCK");
}

static void test_attestation_key(void)
{
	struct sim_key_request request = {
		.name = SIM_KEYNAME_SEAL,
		.policy = SIM_POLICY_MRSIGNER,
		.isv_svn = qe.secs.isv_svn,
		.flags_mask = ~(uint64_t)ASSAY_SGX_MODE64BIT,
		.misc_mask = UINT32_MAX,
	};
	struct assay_p256_pair pair;
	uint8_t key[16];

	memcpy(request.cpu_svn, want.cpu_svn, 16);
	ok(sim_key(key, &qe_enclu, &request) == SIM_SUCCESS &&
	           sim_prf_pair(&pair, key, "QE_ATT_DER") &&
	           same(pair.secret, want.att_d, 32) &&
	           same(pair.key, want.att_pub, 64),
	   "the attestation key, by hand");
}

/* The vectors' certificates have no key identifiers, so that no QE takes them:
 * the quotes differ in signatures and certification data. */
static void test_quote(const struct assay_quote *q)
{
	struct sim_pce door = sim_pce_of(&pce_enclu);
	struct sim_qe_cert cert = { .ppid_key = { .e = { 0, 0, 0, 3 } } };
	struct buf quote = { 0 };
	struct assay_quote ours;
	struct sim_qe enclave;
	bool good;

	memset(cert.ppid_key.n, 0xff, sizeof(cert.ppid_key.n));
	good = sim_qe_open(&enclave, &qe_enclu, &door, &cert) == SIM_SUCCESS;
	ok(good && same(enclave.header + 28, want.qe_id, 16) &&
	           same(enclave.platform.ptr, want.att_pub, 64),
	   "QE_ID and attestation key, by the QE");
	good = good &&
	       sim_qe_quote(&quote, &enclave, want.report) == SIM_SUCCESS &&
	       assay_quote_parse(&ours, buf_bytes(&quote), true, NULL);
	ok(good && ours.signed_part.len == q->signed_part.len &&
	           same(ours.signed_part.ptr, q->signed_part.ptr,
	                q->signed_part.len),
	   "what the quote signs, to the byte");
	ok(good && same(ours.ak.ptr, q->ak.ptr, 64) &&
	           same(ours.qe_report_raw.ptr, q->qe_report_raw.ptr, 384) &&
	           ours.qe_auth.len == q->qe_auth.len &&
	           same(ours.qe_auth.ptr, q->qe_auth.ptr, q->qe_auth.len),
	   "attestation key, QE report and auth data, to the byte");
	buf_free(&quote);
	if (good)
		sim_qe_close(&enclave);
}

static bool is_signed(const uint8_t key[64], struct assay_bytes p,
                      struct assay_bytes sig)
{
	struct assay_p256 *engine = assay_p256_new(NULL);
	uint8_t digest[32];
	bool yes;

	assay_sha256(digest, p);
	yes = engine && assay_p256_verify(engine, key, digest, sig.ptr);
	assay_p256_free(engine);
	return yes;
}

int main(void)
{
	struct assay_p256_pair pck;
	struct assay_quote q;
	unsigned char *json, *bin;
	size_t json_len, len;

	if (!vectors()) {
		skip("no vectors", "the simulated platform of others");
		return done();
	}
	json = file("vectors.json", &json_len);
	ok(json && read_members((struct assay_bytes){ json, json_len }) ==
	                   N_MEMBERS,
	   "all values of vectors.json are read");
	bin = file("quote_v3.bin", &len);
	if (!ok(bin && assay_quote_parse(&q, (struct assay_bytes){ bin, len },
	                                 true, NULL),
	        "the quote of others parses"))
		return done();
	test_roots();
	test_einit();
	test_seal("by MRENCLAVE", SIM_POLICY_MRENCLAVE, 3, want.seal_mrenclave);
	test_seal("by MRSIGNER", SIM_POLICY_MRSIGNER, 3, want.seal_mrsigner);
	test_seal("by MRSIGNER, at ISVSVN 2", SIM_POLICY_MRSIGNER, 2,
	          want.seal_mrsigner_2);
	meet_enclaves(&q);
	test_report();
	test_pce(&pck);
	test_attestation_key();
	test_quote(&q);
	ok(is_signed(pck.key, q.qe_report_raw, q.qe_report_sig),
	   "our PCK verifies the QE report of others");
	ok(is_signed(want.att_pub, q.signed_part, q.sig),
	   "our attestation key verifies their quote");
	free(json);
	free(bin);
	return done();
}
