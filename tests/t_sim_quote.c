/* t_sim_quote.c - PCE and QE: whom they serve and whom not, and quotes that our
 * verifier and the openssl command judge. */
#include <assay/assay.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/cmac.h"
#include "h_machine.h"
#include "sim/ae.h"
#include "sim/qe.h"
#include "tap.h"

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

static bool same(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n) == 0;
}

/* ---- a machine with its three enclaves, all in this process */

struct scene {
	struct sim_machine machine;
	struct sim_world world; /* its manufacturer's documents */
	struct sim_cpu cpu;
	struct sim_enclave pce, qe, app;
	struct sim_enclu pce_enclu, qe_enclu, app_enclu;
	struct sim_pce door;
	struct sim_qe_cert cert;
	uint8_t for_pce[SIM_TARGETINFO_LEN], for_qe[SIM_TARGETINFO_LEN];
};

static void target_of(uint8_t target[SIM_TARGETINFO_LEN],
                      const struct sim_enclu *enclu)
{
	uint8_t report[SIM_REPORT_LEN];

	if (sim_own_report(report, enclu) != SIM_SUCCESS)
		abort();
	sim_target_of_report(target, report);
}

/* The processor starts, with what its machine says. */
static void boot(struct scene *s)
{
	struct machine_enclave app;

	machine_enclave(&app, "an enclave", 2);
	if (!sim_cpu_boot(&s->cpu, s->machine.fuse, s->machine.cpu_svn,
	                  s->machine.owner_epoch) ||
	    sim_ae_start(&s->pce.secs, &s->cpu, SIM_AE_PCE, s->machine.pce) !=
	            SIM_SUCCESS ||
	    sim_ae_start(&s->qe.secs, &s->cpu, SIM_AE_QE, s->machine.qe) !=
	            SIM_SUCCESS ||
	    sim_launch(&s->app.secs, &s->cpu, &app.created, app.mrenclave,
	               app.sigstruct) != SIM_SUCCESS)
		abort();
	s->pce.cpu = s->qe.cpu = s->app.cpu = &s->cpu;
	s->pce_enclu = sim_enclu_of(&s->pce);
	s->qe_enclu = sim_enclu_of(&s->qe);
	s->app_enclu = sim_enclu_of(&s->app);
	s->door = sim_pce_of(&s->pce_enclu);
	s->cert.chain = buf_bytes(&s->machine.chain);
	target_of(s->for_pce, &s->pce_enclu);
	target_of(s->for_qe, &s->qe_enclu);
}

static void begin(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	machine_default(&s->machine);
	machine_provision(&s->machine, &s->world);
	boot(s);
}

static void end(struct scene *s)
{
	sim_machine_free(&s->machine);
	sim_world_free(&s->world);
}

static const uint8_t data[SIM_REPORT_DATA_LEN] = { 'd', 'a', 't', 'a' };

static void report_for(uint8_t report[SIM_REPORT_LEN],
                       const struct sim_enclu *enclu, const uint8_t *target)
{
	if (enclu->ereport(enclu->self, report, target, data) != SIM_SUCCESS)
		abort();
}

/* ---- PCE: what it derives */

static struct sim_psvn state_of(const struct scene *s)
{
	struct sim_psvn psvn = { .pce_svn = s->pce.secs.isv_svn };

	memcpy(psvn.cpu_svn, s->cpu.cpu_svn, SIM_CPUSVN_LEN);
	return psvn;
}

static void test_states(void)
{
	struct assay_p256_pair now, pck;
	uint8_t ppid[16], later[16];
	struct sim_psvn psvn;
	struct scene s;

	begin(&s);
	psvn = state_of(&s);
	ok(sim_pce_ppid(ppid, &s.pce_enclu) == SIM_SUCCESS &&
	           sim_pce_pck(&now, &s.pce_enclu, &psvn) == SIM_SUCCESS,
	   "a PPID and a PCK");
	psvn.pce_svn--;
	ok(sim_pce_pck(&pck, &s.pce_enclu, &psvn) == SIM_SUCCESS &&
	           !same(&pck, &now, sizeof(pck)),
	   "an older PCESVN has a PCK of its own");
	psvn.pce_svn += 2;
	ok(sim_pce_pck(&pck, &s.pce_enclu, &psvn) == SIM_INVALID_ISVSVN &&
	           is_zero(&pck, sizeof(pck)),
	   "a newer PCESVN has none yet");
	psvn = state_of(&s);
	psvn.cpu_svn[0]++;
	ok(sim_pce_pck(&pck, &s.pce_enclu, &psvn) == SIM_INVALID_CPUSVN,
	   "nor has a newer CPUSVN");
	s.cpu.cpu_svn[0]++;
	ok(sim_pce_pck(&pck, &s.pce_enclu, &psvn) == SIM_SUCCESS &&
	           !same(&pck, &now, sizeof(pck)),
	   "which has one after the update");
	psvn.cpu_svn[0]--;
	ok(sim_pce_pck(&pck, &s.pce_enclu, &psvn) == SIM_SUCCESS &&
	           same(&pck, &now, sizeof(pck)),
	   "when the old one is still there");
	ok(sim_pce_ppid(later, &s.pce_enclu) == SIM_SUCCESS &&
	           same(ppid, later, 16),
	   "the PPID is the same before and after");
	s.pce.secs.flags &= ~(uint64_t)ASSAY_SGX_PROVISION_KEY;
	ok(sim_pce_ppid(later, &s.pce_enclu) == SIM_INVALID_ATTRIBUTE &&
	           is_zero(later, 16) &&
	           sim_pce_pck(&pck, &s.pce_enclu, &psvn) ==
	                   SIM_INVALID_ATTRIBUTE,
	   "a PCE without PROVISION_KEY has neither");
	end(&s);
}

static void test_maker(void)
{
	struct machine_facts maker, other;
	struct assay_p256_pair pck;
	uint8_t ppid[16], rpk[16];
	struct sim_psvn psvn;
	struct scene s;
	bool good;

	begin(&s);
	psvn = state_of(&s);
	good = sim_rpk(rpk, s.machine.fuse) &&
	       machine_facts(&maker, rpk, &s.machine) == SIM_SUCCESS &&
	       sim_pce_ppid(ppid, &s.pce_enclu) == SIM_SUCCESS &&
	       sim_pce_pck(&pck, &s.pce_enclu, &psvn) == SIM_SUCCESS;
	ok(good && same(maker.ppid, ppid, 16) &&
	           same(&maker.pck, &pck, sizeof(pck)) &&
	           maker.psvn.pce_svn == MACHINE_PCE_SVN,
	   "the maker derives the same, from the provisioning key alone");
	rpk[0] ^= 1;
	ok(machine_facts(&other, rpk, &s.machine) == SIM_SUCCESS &&
	           !same(other.ppid, maker.ppid, 16) &&
	           !same(other.pck.key, maker.pck.key, 64),
	   "another machine has another PPID and PCK");
	s.machine.pce[500] ^= 1;
	ok(machine_facts(&other, rpk, &s.machine) == SIM_INVALID_SIGNATURE &&
	           is_zero(&other.pck, sizeof(other.pck)),
	   "a PCE whose signature is wrong has none");
	end(&s);
}

/* The QE's signer is not the PCE's: with PROVISION_KEY alone nobody has PCKs. */
static void test_other_signer(void)
{
	struct assay_p256_pair pck, theirs;
	struct sim_psvn psvn;
	struct scene s;

	begin(&s);
	psvn = state_of(&s);
	psvn.pce_svn = s.qe.secs.isv_svn;
	ok(sim_pce_pck(&pck, &s.pce_enclu, &psvn) == SIM_SUCCESS &&
	           sim_pce_pck(&theirs, &s.qe_enclu, &psvn) == SIM_SUCCESS &&
	           !same(pck.key, theirs.key, 64),
	   "what the QE derives in the same way is no PCK");
	end(&s);
}

/* ---- PCE: whom it serves */

static bool is_signed(const uint8_t key[64], const void *p, size_t n,
                      const uint8_t sig[64])
{
	struct assay_p256 *engine = assay_p256_new(NULL);
	uint8_t digest[32];
	bool yes;

	assay_sha256(digest, (struct assay_bytes){ p, n });
	yes = engine && assay_p256_verify(engine, key, digest, sig);
	assay_p256_free(engine);
	return yes;
}

static void test_certify(void)
{
	uint8_t report[SIM_REPORT_LEN], sig[64];
	struct assay_p256_pair pck;
	struct sim_psvn psvn;
	struct scene s, t;

	begin(&s);
	psvn = state_of(&s);
	if (sim_pce_pck(&pck, &s.pce_enclu, &psvn) != SIM_SUCCESS)
		abort();
	report_for(report, &s.qe_enclu, s.for_pce);
	ok(sim_pce_certify(sig, &s.pce_enclu, &psvn, report) == SIM_SUCCESS &&
	           is_signed(pck.key, report, SIM_REPORT_BODY_LEN, sig),
	   "the PCE certifies a report of an enclave with PROVISION_KEY");
	report[SIM_REPORT_DATA] ^= 1;
	ok(sim_pce_certify(sig, &s.pce_enclu, &psvn, report) ==
	                   SIM_PCE_INVALID_REPORT &&
	           is_zero(sig, sizeof(sig)),
	   "not when the report was altered");
	report_for(report, &s.qe_enclu, s.for_qe);
	ok(sim_pce_certify(sig, &s.pce_enclu, &psvn, report) ==
	           SIM_PCE_INVALID_REPORT,
	   "not when it is for another enclave");
	report_for(report, &s.app_enclu, s.for_pce);
	ok(sim_pce_certify(sig, &s.pce_enclu, &psvn, report) ==
	                   SIM_PCE_INVALID_PRIVILEGE &&
	           is_zero(sig, sizeof(sig)),
	   "not for an enclave without PROVISION_KEY");
	report_for(report, &s.qe_enclu, s.for_pce);
	psvn.cpu_svn[1]++;
	ok(sim_pce_certify(sig, &s.pce_enclu, &psvn, report) ==
	                   SIM_INVALID_CPUSVN &&
	           is_zero(sig, sizeof(sig)),
	   "not as of a state that the platform has not reached");
	begin(&t);
	t.machine.fuse[0] ^= 1;
	boot(&t);
	psvn = state_of(&t);
	ok(sim_pce_certify(sig, &t.pce_enclu, &psvn, report) ==
	           SIM_PCE_INVALID_REPORT,
	   "not when it was made on another processor");
	end(&s);
	end(&t);
}

static EVP_PKEY *ppid_key(struct sim_ppid_key *out)
{
	EVP_PKEY *key = EVP_RSA_gen(3072);
	BIGNUM *n = NULL;

	if (!key ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    BN_bn2binpad(n, out->n, sizeof(out->n)) != sizeof(out->n))
		abort();
	BN_free(n);
	memcpy(out->e, "\x00\x01\x00\x01", 4);
	return key;
}

static bool decrypts(EVP_PKEY *key, const uint8_t in[ASSAY_RSA3072_LEN],
                     const uint8_t ppid[16])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
	uint8_t out[ASSAY_RSA3072_LEN];
	size_t len = sizeof(out);
	bool yes = ctx && EVP_PKEY_decrypt_init(ctx) == 1 &&
	           EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) ==
	                   1 &&
	           EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
	           EVP_PKEY_decrypt(ctx, out, &len, in, sizeof(out)) == 1 &&
	           len == 16 && same(out, ppid, 16);

	EVP_PKEY_CTX_free(ctx);
	return yes;
}

static enum sim_status pc_info(struct sim_pce_info *info, const struct scene *s,
                               const struct sim_enclu *who, uint8_t suite,
                               const struct sim_ppid_key *named,
                               const struct sim_ppid_key *given)
{
	uint8_t report[SIM_REPORT_LEN], hash[SIM_REPORT_DATA_LEN];

	sim_ppid_key_data(hash, suite, named);
	if (who->ereport(who->self, report, s->for_pce, hash) != SIM_SUCCESS)
		abort();
	memset(info, 0xee, sizeof(*info));
	return sim_pce_get_pc_info(info, &s->pce_enclu, report, suite, given);
}

static void test_pc_info(void)
{
	struct sim_ppid_key key, other;
	EVP_PKEY *rsa = ppid_key(&key);
	struct sim_pce_info info;
	uint8_t ppid[16];
	struct scene s;

	begin(&s);
	if (sim_pce_ppid(ppid, &s.pce_enclu) != SIM_SUCCESS)
		abort();
	ok(pc_info(&info, &s, &s.qe_enclu, SIM_PCE_SUITE, &key, &key) ==
	                   SIM_SUCCESS &&
	           decrypts(rsa, info.ppid, ppid) &&
	           info.pce_svn == MACHINE_PCE_SVN && info.pce_id == 0 &&
	           info.scheme == 0,
	   "the PPID is for who has the key, and for nobody else");
	other = key;
	other.n[5] ^= 1;
	ok(pc_info(&info, &s, &s.qe_enclu, SIM_PCE_SUITE, &other, &key) ==
	                   SIM_PCE_INVALID_PARAMETER &&
	           is_zero(&info, sizeof(info)),
	   "not to another key than the report names");
	ok(pc_info(&info, &s, &s.qe_enclu, 2, &key, &key) ==
	           SIM_PCE_INVALID_PARAMETER,
	   "not by another suite");
	other = key;
	other.n[383] ^= 1;
	ok(pc_info(&info, &s, &s.qe_enclu, SIM_PCE_SUITE, &other, &other) ==
	           SIM_PCE_INVALID_PARAMETER,
	   "not to what is no key");
	other = key;
	memset(other.e, 0, 4);
	other.e[3] = 1;
	ok(pc_info(&info, &s, &s.qe_enclu, SIM_PCE_SUITE, &other, &other) ==
	                   SIM_PCE_INVALID_PARAMETER &&
	           is_zero(&info, sizeof(info)),
	   "not with the exponent 1");
	ok(pc_info(&info, &s, &s.app_enclu, SIM_PCE_SUITE, &key, &key) ==
	                   SIM_PCE_INVALID_PRIVILEGE &&
	           is_zero(&info, sizeof(info)),
	   "not for an enclave without PROVISION_KEY");
	EVP_PKEY_free(rsa);
	end(&s);
}

/* ---- QE: quotes, judged */

static bool verify(struct assay_verdict *verdict, const struct scene *s,
                   struct assay_bytes quote, struct assay_bytes chain)
{
	const struct assay_terms terms = { .now = s->world.now,
		                           .strict = true };
	struct assay_trust *trust = malloc(assay_trust_size());
	struct assay_collateral c;
	struct assay_err err;
	bool genuine;

	sim_world_collateral(&c, &s->world);
	genuine = trust &&
	          assay_trust_open(trust, &c, (struct assay_bytes){ 0 },
	                           s->world.keys[SIM_ROOT].key, NULL, &err) &&
	          assay_verify(verdict, trust, NULL, quote, chain, &terms);
	free(trust);
	return genuine;
}

static struct sim_qe qe_of(const struct scene *s)
{
	struct sim_qe qe;

	if (sim_qe_open(&qe, &s->qe_enclu, &s->door, &s->cert) != SIM_SUCCESS)
		abort();
	return qe;
}

static void test_quote(void)
{
	const struct assay_bytes none = { 0 };
	uint8_t report[SIM_REPORT_LEN];
	struct assay_verdict verdict;
	struct buf quote = { 0 };
	struct assay_quote q;
	struct assay_err err;
	struct sim_qe qe;
	struct scene s;

	begin(&s);
	qe = qe_of(&s);
	ok(same(qe.target, s.for_qe, sizeof(qe.target)),
	   "the QE says whom reports must be for");
	report_for(report, &s.app_enclu, qe.target);
	ok(sim_qe_quote(&quote, &qe, report) == SIM_SUCCESS, "a quote");
	ok(assay_quote_parse(&q, buf_bytes(&quote), true, &err) &&
	           q.version == 3 && q.tee == ASSAY_TEE_SGX && q.cert_type == 5,
	   "it parses, with nothing behind it");
	ok(same(quote.ptr + q.body_at, report, SIM_REPORT_BODY_LEN),
	   "its body is the report's");
	ok(same(q.sgx.mrenclave, s.app.secs.mrenclave, 32) &&
	           same(q.sgx.report_data, data, 64) &&
	           same(q.qe_report.mrsigner, s.qe.secs.mrsigner, 32) &&
	           quote.ptr[8] == SIM_SVN_UP_TO_DATE &&
	           quote.ptr[10] == MACHINE_PCE_SVN,
	   "it names enclave, QE and PCE");
	ok(verify(&verdict, &s, buf_bytes(&quote), none), "it is genuine");
	ok(verdict.simulation && verdict.status == ASSAY_STATUS_UP_TO_DATE &&
	           !verdict.debug &&
	           same(verdict.pck.cpu_svn, s.cpu.cpu_svn, 16),
	   "a simulation, and UpToDate");
	quote.ptr[q.body_at + SIM_REPORT_DATA] ^= 1;
	ok(!assay_quote_parse(&q, (struct assay_bytes){ quote.ptr, 1000 }, true,
	                      &err),
	   "half of it does not parse");
	ok(!verify(&verdict, &s, buf_bytes(&quote), none) &&
	           verdict.failed.check == ASSAY_Q_SIG,
	   "with other report data it is not genuine");
	buf_free(&quote);
	sim_qe_close(&qe);
	ok(is_zero(&qe, sizeof(qe)), "a closed QE has nothing left");
	end(&s);
}

/* ---- QE: what it refuses */

static bool refuses(const struct sim_qe *qe, const uint8_t *report)
{
	struct buf quote = { 0 };
	bool yes = sim_qe_quote(&quote, qe, report) == SIM_QE_INVALID_REPORT &&
	           !quote.len;

	buf_free(&quote);
	return yes;
}

static void test_reports(void)
{
	uint8_t report[SIM_REPORT_LEN], mac[ASSAY_CMAC_LEN];
	const uint8_t key[16] = { 0 };
	struct sim_qe qe;
	struct scene s, t;

	begin(&s);
	qe = qe_of(&s);
	report_for(report, &s.app_enclu, qe.target);
	report[SIM_REPORT_FLAGS] ^= ASSAY_SGX_DEBUG;
	ok(refuses(&qe, report), "the QE refuses a report that was altered");
	report_for(report, &s.app_enclu, qe.target);
	report[SIM_REPORT_MAC] ^= 1;
	ok(refuses(&qe, report), "a report with a wrong MAC");
	if (!assay_cmac(mac, key,
	                (struct assay_bytes){ report, SIM_REPORT_BODY_LEN }))
		abort();
	memcpy(report + SIM_REPORT_MAC, mac, sizeof(mac));
	ok(refuses(&qe, report), "a report that was made without a processor");
	report_for(report, &s.app_enclu, s.for_pce);
	ok(refuses(&qe, report), "a report for the PCE");
	begin(&t);
	t.machine.fuse[31] ^= 1;
	boot(&t);
	report_for(report, &t.app_enclu, qe.target);
	ok(refuses(&qe, report), "a report of another processor");
	sim_qe_close(&qe);
	end(&s);
	end(&t);
}

/* Opens a QE with another chain. */
static enum sim_status open_with(const struct scene *s,
                                 struct assay_bytes chain)
{
	const struct sim_qe_cert cert = { .chain = chain };
	struct sim_qe qe;
	enum sim_status status = sim_qe_open(&qe, &s->qe_enclu, &s->door,
	                                     &cert);

	if (status == SIM_SUCCESS)
		sim_qe_close(&qe);
	else if (!is_zero(&qe, sizeof(qe)))
		abort();
	return status;
}

static void test_chains(void)
{
	struct buf other = { 0 };
	struct scene s;
	size_t leaf;

	begin(&s);
	ok(open_with(&s, s.cert.chain) == SIM_SUCCESS,
	   "a QE opens with its platform's chain");
	leaf = (size_t)(strstr((char *)s.machine.chain.ptr, "-----END") -
	                (char *)s.machine.chain.ptr);
	ok(open_with(&s, (struct assay_bytes){ s.cert.chain.ptr, leaf }) ==
	           SIM_QE_INVALID_CHAIN,
	   "not with half a certificate");
	ok(open_with(&s, (struct assay_bytes){ s.cert.chain.ptr, leaf + 26 }) ==
	           SIM_QE_INVALID_CHAIN,
	   "not with the leaf alone");
	ok(open_with(&s, buf_text("a chain")) == SIM_QE_INVALID_CHAIN,
	   "not with what is no chain");
	ok(open_with(&s, buf_bytes(&s.world.pem[SIM_CHAIN_TCB_INFO])) ==
	           SIM_QE_INVALID_CHAIN,
	   "not with a chain of another kind");
	s.machine.fuse[0] ^= 1;
	boot(&s);
	ok(open_with(&s, s.cert.chain) == SIM_QE_WRONG_PCK,
	   "not with another platform's");
	s.machine.fuse[0] ^= 1;
	s.machine.cpu_svn[0]--;
	boot(&s);
	ok(open_with(&s, s.cert.chain) == SIM_INVALID_CPUSVN,
	   "not with one for a state that the platform is no longer in");
	buf_free(&other);
	end(&s);
}

/* ---- QE: before and after an update */

static void test_update(void)
{
	const struct assay_bytes none = { 0 };
	struct assay_verdict verdict;
	struct buf quote = { 0 };
	uint8_t report[SIM_REPORT_LEN];
	struct sim_qe old, again, new;
	struct scene s;

	begin(&s);
	old = qe_of(&s);
	boot(&s);
	again = qe_of(&s);
	ok(same(old.header, again.header, sizeof(old.header)) &&
	           same(old.platform.ptr, again.platform.ptr, 64),
	   "after a restart QE_ID and attestation key are the same");
	report_for(report, &s.app_enclu, old.target);
	ok(memcmp(report + SIM_REPORT_KEYID, old.key_id, 32) != 0 &&
	           sim_qe_quote(&quote, &old, report) == SIM_SUCCESS,
	   "a report of after the restart is quoted by a QE of before");
	s.machine.cpu_svn[0]++;
	boot(&s);
	new = qe_of(&s);
	ok(same(old.header, new.header, sizeof(old.header)) &&
	           !same(old.platform.ptr, new.platform.ptr, 64),
	   "after an update the QE_ID is the same, the attestation key is not");
	report_for(report, &s.app_enclu, new.target);
	ok(sim_qe_quote(&quote, &new, report) == SIM_SUCCESS &&
	           verify(&verdict, &s, buf_bytes(&quote), none) &&
	           verdict.sgx.cpu_svn[0] == verdict.pck.cpu_svn[0] + 1,
	   "the certificate of before the update still certifies");
	sim_qe_close(&old);
	sim_qe_close(&again);
	sim_qe_close(&new);
	buf_free(&quote);
	end(&s);
}

/* ---- QE: without a chain, for the maker's eyes */

static void test_ppid_quote(void)
{
	struct assay_verdict verdict;
	struct buf quote = { 0 };
	uint8_t report[SIM_REPORT_LEN], ppid[16];
	struct assay_quote q;
	EVP_PKEY *rsa;
	struct sim_qe qe;
	struct scene s;

	begin(&s);
	s.cert.chain.len = 0;
	ok(open_with(&s, s.cert.chain) == SIM_PCE_INVALID_PARAMETER,
	   "without a chain the QE wants the maker's key");
	rsa = ppid_key(&s.cert.ppid_key);
	qe = qe_of(&s);
	report_for(report, &s.app_enclu, qe.target);
	ok(sim_qe_quote(&quote, &qe, report) == SIM_SUCCESS &&
	           assay_quote_parse(&q, buf_bytes(&quote), true, NULL) &&
	           q.cert_type == 3 && q.cert.len == 404,
	   "then it makes quotes with certification data of type 3");
	ok(sim_pce_ppid(ppid, &s.pce_enclu) == SIM_SUCCESS &&
	           decrypts(rsa, q.cert.ptr, ppid),
	   "from which the maker decrypts the PPID");
	ok(same(q.cert.ptr + 384, s.cpu.cpu_svn, 16) &&
	           q.cert.ptr[400] == MACHINE_PCE_SVN && !q.cert.ptr[401] &&
	           is_zero(q.cert.ptr + 402, 2),
	   "and reads CPUSVN, PCESVN and PCEID");
	ok(verify(&verdict, &s, buf_bytes(&quote), buf_bytes(&s.machine.chain)),
	   "with the chain beside it, it is genuine");
	sim_qe_close(&qe);
	buf_free(&quote);
	EVP_PKEY_free(rsa);
	end(&s);
}

/* ---- QE: its answer to who asked with a nonce */

static void test_answer(void)
{
	uint8_t report[SIM_REPORT_LEN], answer[SIM_REPORT_LEN];
	uint8_t for_app[SIM_TARGETINFO_LEN], hash[32], in[16 + 8192];
	const uint8_t nonce[16] = "a nonce, 16 long";
	struct buf quote = { 0 };
	struct sim_qe qe;
	struct scene s;

	begin(&s);
	qe = qe_of(&s);
	target_of(for_app, &s.app_enclu);
	report_for(report, &s.app_enclu, qe.target);
	ok(sim_qe_quote(&quote, &qe, report) == SIM_SUCCESS &&
	           sim_qe_answer(answer, &qe, nonce, for_app,
	                         buf_bytes(&quote)) == SIM_SUCCESS &&
	           sim_report_verify(&s.app_enclu, answer, SIM_GP) ==
	                   SIM_SUCCESS,
	   "the QE's answer is a report for who asked");
	if (quote.len > 8192)
		abort();
	memcpy(in, nonce, 16);
	memcpy(in + 16, quote.ptr, quote.len);
	assay_sha256(hash, (struct assay_bytes){ in, 16 + quote.len });
	ok(same(answer + SIM_REPORT_DATA, hash, 32) &&
	           is_zero(answer + SIM_REPORT_DATA + 32, 32) &&
	           same(answer + SIM_REPORT_MRSIGNER, s.qe.secs.mrsigner, 32),
	   "by the QE, on nonce and quote");
	sim_qe_close(&qe);
	buf_free(&quote);
	end(&s);
}

/* ---- the openssl command's opinion */

static char dir[] = "/tmp/assay-quote-XXXXXX";

__attribute__((format(printf, 2, 3))) static void ok_sh(const char *name,
                                                        const char *fmt, ...)
{
	char command[1024];
	size_t n = (size_t)snprintf(command, sizeof(command),
	                            "cd %s && exec >log 2>&1 && ", dir);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command + n, sizeof(command) - n, fmt, ap);
	va_end(ap);
	ok(system(command) == 0, "openssl: %s", name);
}

static void save(const char *file, const void *p, size_t n)
{
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	f = fopen(path, "wb");
	if (!f || fwrite(p, 1, n, f) != n || fclose(f))
		abort();
}

static void save_sig(const char *file, const uint8_t sig[64])
{
	struct buf der = { 0 };

	sim_sig_der(&der, sig, SIM_SIG_TRUE);
	save(file, der.ptr, der.len);
	buf_free(&der);
}

/* SubjectPublicKeyInfo of a P-256 key. */
static void save_key(const char *file, const uint8_t key[64])
{
	uint8_t spki[91] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a,
		             0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
		             0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
		             0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };

	memcpy(spki + 27, key, 64);
	save(file, spki, sizeof(spki));
}

/* Both signatures of a quote, and its chain, which begins with the leaf. */
static void judge_by_openssl(const char *whose, const struct assay_quote *q)
{
	save("signed", q->signed_part.ptr, q->signed_part.len);
	save_sig("sig", q->sig.ptr);
	save_key("ak.der", q->ak.ptr);
	save("qe", q->qe_report_raw.ptr, q->qe_report_raw.len);
	save_sig("qe.sig", q->qe_report_sig.ptr);
	save("chain.pem", q->cert.ptr, q->cert.len);
	ok_sh(whose,
	      "openssl pkey -pubin -inform der -in ak.der -out ak.pem && "
	      "openssl dgst -sha256 -verify ak.pem -signature sig signed");
	ok_sh("its QE report's signature, by the PCK",
	      "openssl x509 -in chain.pem -pubkey -noout >pck.pem && "
	      "openssl dgst -sha256 -verify pck.pem -signature qe.sig qe");
	ok_sh("its chain",
	      "awk '/BEGIN/ { n++ } { print >\"cert\" n }' chain.pem && "
	      "openssl verify -attime 1767225600 -CAfile cert3 "
	      "-untrusted cert2 cert1");
}

static void test_others_quote(void)
{
	char path[4400];
	struct assay_quote q;
	size_t len = 0;
	unsigned char *bin;

	if (!vectors()) {
		skip("no vectors", "the quote of others");
		return;
	}
	snprintf(path, sizeof(path), "%s/enclave/quote_v3.bin", vectors());
	bin = slurp(path, &len);
	if (ok(bin && assay_quote_parse(&q, (struct assay_bytes){ bin, len },
	                                true, NULL),
	       "the quote of others parses"))
		judge_by_openssl("their quote's signature", &q);
	free(bin);
}

static void test_openssl(void)
{
	uint8_t report[SIM_REPORT_LEN];
	struct buf quote = { 0 };
	struct assay_quote q;
	struct sim_qe qe;
	struct scene s;

	begin(&s);
	qe = qe_of(&s);
	report_for(report, &s.app_enclu, qe.target);
	if (sim_qe_quote(&quote, &qe, report) != SIM_SUCCESS ||
	    !assay_quote_parse(&q, buf_bytes(&quote), true, NULL) ||
	    !mkdtemp(dir))
		abort();
	judge_by_openssl("our quote's signature", &q);
	test_others_quote();
	sim_qe_close(&qe);
	buf_free(&quote);
	end(&s);
}

int main(void)
{
	char command[64];

	test_states();
	test_maker();
	test_other_signer();
	test_certify();
	test_pc_info();
	test_quote();
	test_reports();
	test_chains();
	test_update();
	test_ppid_quote();
	test_answer();
	test_openssl();
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		note("%s stays", dir);
	return done();
}
