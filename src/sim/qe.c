/* qe.c - the quoting enclave [SGX 4.4]. */
#include "sim/qe.h"

#include <string.h>

#include "base/text.h"
#include "format/quote.h"
#include "sim/le.h"
#include "forge/quote_make.h"
#include "forge/sign.h"
#include "verify/chain.h"

enum { QUOTE_VERSION = 3, KEY_TYPE_P256 = 2, ID_LEN = 16 };

/* ---- the PCE in the same process */

static enum sim_status pce_report(const void *self,
                                  uint8_t report[SIM_REPORT_LEN])
{
	return sim_own_report(report, self);
}

static enum sim_status pce_get_pc_info(const void *self,
                                       struct sim_pce_info *info,
                                       const uint8_t report[SIM_REPORT_LEN],
                                       uint8_t suite,
                                       const struct sim_ppid_key *key)
{
	return sim_pce_get_pc_info(info, self, report, suite, key);
}

static enum sim_status pce_certify(const void *self, uint8_t sig[64],
                                   const struct sim_psvn *psvn,
                                   const uint8_t report[SIM_REPORT_LEN])
{
	return sim_pce_certify(sig, self, psvn, report);
}

struct sim_pce sim_pce_of(const struct sim_enclu *enclu)
{
	return (struct sim_pce){ enclu, pce_report, pce_get_pc_info,
		                 pce_certify };
}

/* ---- keys of its own */

/* A SEAL key by signer: the next version of this QE has it too. */
static enum sim_status seal_key(uint8_t key[SIM_KEY_LEN],
                                const struct sim_enclu *enclu,
                                const uint8_t cpu_svn[SIM_CPUSVN_LEN],
                                uint16_t isv_svn)
{
	struct sim_key_request request = {
		.name = SIM_KEYNAME_SEAL,
		.policy = SIM_POLICY_MRSIGNER,
		.isv_svn = isv_svn,
		.flags_mask = ~(uint64_t)ASSAY_SGX_MODE64BIT,
		.misc_mask = UINT32_MAX,
	};

	memcpy(request.cpu_svn, cpu_svn, SIM_CPUSVN_LEN);
	return sim_key(key, enclu, &request);
}

/* QE_ID: the same at every CPUSVN and ISVSVN. */
static enum sim_status qe_id(uint8_t id[ID_LEN], const struct sim_enclu *enclu)
{
	static const uint8_t lowest[SIM_CPUSVN_LEN];
	uint8_t key[SIM_KEY_LEN];
	enum sim_status status = seal_key(key, enclu, lowest, 0);

	if (status == SIM_SUCCESS &&
	    !sim_prf(id, 1, key, 0, "QE_ID_DER", 8 * ID_LEN))
		status = SIM_MC;
	assay_wipe(key, sizeof(key));
	return status;
}

/* The attestation key: another after each update of processor or QE. */
static enum sim_status attestation_key(struct assay_p256_pair *att,
                                       const struct sim_enclu *enclu,
                                       const uint8_t self[SIM_REPORT_LEN])
{
	uint8_t key[SIM_KEY_LEN];
	enum sim_status status =
		seal_key(key, enclu, self + SIM_REPORT_CPUSVN,
	                 (uint16_t)le_get(self + SIM_REPORT_ISVSVN, 2));

	if (status == SIM_SUCCESS && !sim_prf_pair(att, key, "QE_ATT_DER"))
		status = SIM_MC;
	assay_wipe(key, sizeof(key));
	return status;
}

/* ---- the platform's certificate */

/* Certificate number i of the chain, from 0. */
static bool read_cert(struct assay_cert *cert, uint8_t der[ASSAY_CERT_MAX],
                      struct assay_bytes chain, unsigned i)
{
	struct assay_bytes body;
	size_t pos = 0;

	do {
		if (!assay_pem_next(&body, chain, &pos, "CERTIFICATE"))
			return false;
	} while (i-- > 0);
	return assay_cert_decode(cert, der, body, ASSAY_DOC_QUOTE, pos,
	                         ASSAY_DOC_PCK_LEAF, NULL);
}

/* The state that the chain's leaf certifies, and the key for it. */
static bool read_leaf(struct sim_psvn *psvn, uint8_t key[64],
                      struct assay_bytes chain)
{
	uint8_t leaf_der[ASSAY_CERT_MAX], ca_der[ASSAY_CERT_MAX];
	struct assay_cert leaf, ca;
	struct assay_pck pck;

	if (!read_cert(&leaf, leaf_der, chain, 0) ||
	    !read_cert(&ca, ca_der, chain, 1) ||
	    !assay_pck_parse(&pck, &leaf, assay_cert_role(&ca, NULL), NULL))
		return false;
	memcpy(psvn->cpu_svn, pck.cpu_svn, SIM_CPUSVN_LEN);
	psvn->pce_svn = pck.pce_svn;
	memcpy(key, leaf.key, 64);
	return true;
}

static bool is_signed(const uint8_t sig[64], const uint8_t key[64],
                      const uint8_t body[SIM_REPORT_BODY_LEN])
{
	struct assay_p256 *engine = assay_p256_new(NULL);
	uint8_t digest[ASSAY_SHA256_LEN];
	bool yes;

	assay_sha256(digest, (struct assay_bytes){ body, SIM_REPORT_BODY_LEN });
	yes = engine && assay_p256_verify(engine, key, digest, sig);
	assay_p256_free(engine);
	return yes;
}

/* ---- opening */

/* What opening gathers. */
struct opening {
	const struct sim_enclu *enclu;
	const struct sim_pce *pce;
	const struct sim_qe_cert *cert;
	uint8_t self[SIM_REPORT_LEN]; /* the QE's own report */
	uint8_t pce_target[SIM_TARGETINFO_LEN];
	uint16_t pce_svn;
	struct assay_p256_pair att;
	uint8_t report[SIM_REPORT_LEN], sig[64]; /* certified by the PCE */
};

static enum sim_status meet_pce(struct opening *o)
{
	uint8_t report[SIM_REPORT_LEN];
	enum sim_status status = o->pce->report(o->pce->self, report);

	sim_target_of_report(o->pce_target, report);
	o->pce_svn = (uint16_t)le_get(report + SIM_REPORT_ISVSVN, 2);
	return status;
}

/* The report that binds the attestation key, signed by the PCK. */
static enum sim_status certify(struct opening *o, const struct sim_psvn *psvn)
{
	const struct assay_bytes key = { o->att.key, 64 };
	const struct assay_bytes auth = { sim_auth_data,
		                          sizeof(sim_auth_data) };
	uint8_t data[SIM_REPORT_DATA_LEN] = { 0 };
	enum sim_status status;

	assay_sha256_2(data, key, auth);
	status = o->enclu->ereport(o->enclu->self, o->report, o->pce_target,
	                           data);
	if (status == SIM_SUCCESS)
		status = o->pce->certify(o->pce->self, o->sig, psvn, o->report);
	return status;
}

/* Type 5: as the leaf says, and only if it is this platform's. */
static enum sim_status certify_by_chain(struct opening *o, struct buf *data)
{
	uint8_t key[64];
	struct sim_psvn psvn;
	enum sim_status status = read_leaf(&psvn, key, o->cert->chain)
	                                 ? certify(o, &psvn)
	                                 : SIM_QE_INVALID_CHAIN;

	if (status == SIM_SUCCESS && !is_signed(o->sig, key, o->report))
		status = SIM_QE_WRONG_PCK;
	buf_put_bytes(data, o->cert->chain);
	return status;
}

static enum sim_status encrypted_ppid(struct sim_pce_info *info,
                                      const struct opening *o)
{
	const struct sim_ppid_key *key = &o->cert->ppid_key;
	uint8_t data[SIM_REPORT_DATA_LEN], report[SIM_REPORT_LEN];
	enum sim_status status;

	sim_ppid_key_data(data, SIM_PCE_SUITE, key);
	status = o->enclu->ereport(o->enclu->self, report, o->pce_target, data);
	if (status == SIM_SUCCESS)
		status = o->pce->get_pc_info(o->pce->self, info, report,
		                             SIM_PCE_SUITE, key);
	return status;
}

/* Type 3: the platform's state, and who it is for the maker's eyes. */
static enum sim_status certify_by_ppid(struct opening *o, struct buf *data)
{
	struct sim_psvn psvn = { .pce_svn = o->pce_svn };
	struct sim_pce_info info = { 0 };
	enum sim_status status;

	memcpy(psvn.cpu_svn, o->self + SIM_REPORT_CPUSVN, SIM_CPUSVN_LEN);
	status = certify(o, &psvn);
	if (status == SIM_SUCCESS)
		status = encrypted_ppid(&info, o);
	buf_put(data, info.ppid, sizeof(info.ppid));
	buf_put(data, psvn.cpu_svn, SIM_CPUSVN_LEN);
	buf_put_le(data, psvn.pce_svn, 2);
	buf_put_le(data, info.pce_id, 2);
	return status;
}

/* From the attestation key to the end of the quote. */
static enum sim_status put_platform(struct buf *out, struct opening *o)
{
	const bool has_chain = o->cert->chain.len > 0;
	struct buf data = { 0 };
	enum sim_status status = has_chain ? certify_by_chain(o, &data)
	                                   : certify_by_ppid(o, &data);

	buf_put(out, o->att.key, 64);
	buf_put(out, o->report, SIM_REPORT_BODY_LEN);
	buf_put(out, o->sig, 64);
	buf_put_le(out, sizeof(sim_auth_data), 2);
	buf_put(out, sim_auth_data, sizeof(sim_auth_data));
	buf_put_le(out,
	           has_chain ? ASSAY_CERT_PCK_CHAIN : ASSAY_CERT_PPID_RSA3072,
	           2);
	buf_put_le(out, data.len, 4);
	buf_put_bytes(out, buf_bytes(&data));
	if (status == SIM_SUCCESS && (data.bad || out->bad))
		status = SIM_MC;
	buf_free(&data);
	return status;
}

static void put_header(uint8_t header[48], const struct opening *o,
                       const uint8_t id[ID_LEN])
{
	le_put(header, QUOTE_VERSION, 2);
	le_put(header + 2, KEY_TYPE_P256, 2);
	memcpy(header + 8, o->self + SIM_REPORT_ISVSVN, 2);
	le_put(header + 10, o->pce_svn, 2);
	memcpy(header + 12, sim_qe_vendor, sizeof(sim_qe_vendor));
	memcpy(header + 28, id, ID_LEN);
}

static enum sim_status open_with(struct sim_qe *qe, struct opening *o)
{
	uint8_t id[ID_LEN];
	enum sim_status status = sim_own_report(o->self, o->enclu);

	if (status == SIM_SUCCESS)
		status = meet_pce(o);
	if (status == SIM_SUCCESS)
		status = qe_id(id, o->enclu);
	if (status == SIM_SUCCESS)
		status = attestation_key(&o->att, o->enclu, o->self);
	if (status == SIM_SUCCESS)
		status = put_platform(&qe->platform, o);
	if (status == SIM_SUCCESS)
		status = sim_report_key(qe->report_key, o->enclu,
		                        o->self + SIM_REPORT_KEYID);
	if (status != SIM_SUCCESS)
		return status;
	memcpy(qe->key_id, o->self + SIM_REPORT_KEYID, sizeof(qe->key_id));
	put_header(qe->header, o, id);
	sim_target_of_report(qe->target, o->self);
	qe->enclu = *o->enclu;
	qe->att = assay_p256_signer_new(&o->att);
	return qe->att ? SIM_SUCCESS : SIM_MC;
}

enum sim_status sim_qe_open(struct sim_qe *qe, const struct sim_enclu *enclu,
                            const struct sim_pce *pce,
                            const struct sim_qe_cert *cert)
{
	struct opening o = { .enclu = enclu, .pce = pce, .cert = cert };
	enum sim_status status;

	memset(qe, 0, sizeof(*qe));
	status = open_with(qe, &o);
	assay_wipe(&o, sizeof(o));
	if (status != SIM_SUCCESS)
		sim_qe_close(qe);
	return status;
}

void sim_qe_close(struct sim_qe *qe)
{
	buf_free(&qe->platform);
	assay_p256_signer_free(qe->att);
	assay_wipe(qe, sizeof(*qe));
}

/* ---- quotes */

static enum sim_status check_report(const struct sim_qe *qe,
                                    const uint8_t report[SIM_REPORT_LEN])
{
	if (memcmp(report + SIM_REPORT_KEYID, qe->key_id, 32) == 0)
		return sim_report_verify_by(qe->report_key, report,
		                            SIM_QE_INVALID_REPORT);
	return sim_report_verify(&qe->enclu, report, SIM_QE_INVALID_REPORT);
}

enum sim_status sim_qe_quote(struct buf *quote, const struct sim_qe *qe,
                             const uint8_t report[SIM_REPORT_LEN])
{
	uint8_t digest[ASSAY_SHA256_LEN], sig[64];
	enum sim_status status = check_report(qe, report);

	buf_clear(quote);
	if (status != SIM_SUCCESS)
		return status;
	buf_put(quote, qe->header, sizeof(qe->header));
	buf_put(quote, report, SIM_REPORT_BODY_LEN);
	assay_sha256(digest, buf_bytes(quote));
	buf_put_le(quote, sizeof(sig) + qe->platform.len, 4);
	if (assay_p256_signer_sign(sig, qe->att, digest)) {
		buf_put(quote, sig, sizeof(sig));
		buf_put_bytes(quote, buf_bytes(&qe->platform));
		if (!quote->bad)
			return SIM_SUCCESS;
	}
	buf_clear(quote);
	return SIM_MC;
}

enum sim_status sim_qe_answer(uint8_t report[SIM_REPORT_LEN],
                              const struct sim_qe *qe, const uint8_t nonce[16],
                              const uint8_t target[SIM_TARGETINFO_LEN],
                              struct assay_bytes quote)
{
	uint8_t data[SIM_REPORT_DATA_LEN] = { 0 };

	assay_sha256_2(data, (struct assay_bytes){ nonce, 16 }, quote);
	return qe->enclu.ereport(qe->enclu.self, report, target, data);
}
