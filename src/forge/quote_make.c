/* quote_make.c - quotes of versions 3, 4 and 5 [DCAP 1]. */
#include "forge/quote_make.h"

#include <string.h>

#define QE_REPORT_LEN 384

const uint8_t sim_auth_data[32] = {
	0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
};
const uint8_t sim_qe_vendor[16] = {
	0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
	0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07,
};

void sim_report_put(struct buf *out, const struct assay_sgx_report *r)
{
	buf_put(out, r->cpu_svn, 16);
	buf_put_le(out, r->misc_select, 4);
	buf_put_zeros(out, 12);
	buf_put(out, r->isv_ext_prod_id, 16);
	buf_put_le(out, r->flags, 8);
	buf_put_le(out, r->xfrm, 8);
	buf_put(out, r->mrenclave, 32);
	buf_put_zeros(out, 32);
	buf_put(out, r->mrsigner, 32);
	buf_put_zeros(out, 32);
	buf_put(out, r->config_id, 64);
	buf_put_le(out, r->isv_prod_id, 2);
	buf_put_le(out, r->isv_svn, 2);
	buf_put_le(out, r->config_svn, 2);
	buf_put_zeros(out, 42);
	buf_put(out, r->isv_family_id, 16);
	buf_put(out, r->report_data, 64);
}

void sim_td_report_put(struct buf *out, const struct assay_td_report *r,
                       bool is_15)
{
	buf_put(out, r->tee_tcb_svn, 16);
	buf_put(out, r->mrseam, 48);
	buf_put(out, r->mrsignerseam, 48);
	buf_put_le(out, r->seam_attributes, 8);
	buf_put_le(out, r->td_attributes, 8);
	buf_put_le(out, r->xfam, 8);
	buf_put(out, r->mrtd, 48);
	buf_put(out, r->mrconfigid, 48);
	buf_put(out, r->mrowner, 48);
	buf_put(out, r->mrownerconfig, 48);
	buf_put(out, r->rtmr, sizeof(r->rtmr));
	buf_put(out, r->report_data, 64);
	if (is_15) {
		buf_put(out, r->tee_tcb_svn_2, 16);
		buf_put(out, r->mrservicetd, 48);
	}
}

static uint64_t length(sim_len want, size_t truth)
{
	if (want >= SIM_TRUE_LEN / 2)
		return (uint64_t)(want - SIM_TRUE_LEN + (int64_t)truth);
	return (uint64_t)want;
}

/* The header, the descriptor, the body: what the attestation key signs. */
static void put_signed(struct buf *out, const struct sim_quote_spec *q)
{
	struct buf body = { 0 };

	buf_put_le(out, q->version, 2);
	buf_put_le(out, q->key_type, 2);
	buf_put_le(out, q->tee, 4);
	buf_put_le(out, q->qe_svn, 2);
	buf_put_le(out, q->pce_svn, 2);
	buf_put(out, q->vendor, sizeof(q->vendor));
	buf_put(out, q->user_data, sizeof(q->user_data));
	if (q->body == SIM_BODY_SGX)
		sim_report_put(&body, &q->sgx);
	else
		sim_td_report_put(&body, &q->td, q->body == SIM_BODY_TD15);
	if (q->layout == 5) {
		buf_put_le(out, q->body_type, 2);
		buf_put_le(out, length(q->body_size, body.len), 4);
	}
	buf_put_bytes(out, buf_bytes(&body));
	out->bad |= body.bad;
	buf_free(&body);
	sim_edit_all(out, q->signed_edit, SIM_N_QUOTE_EDITS);
}

/* The quoting enclave's report and the PCK key's signature over it. */
static bool put_qe(struct buf *out, const struct sim_quote_spec *q,
                   const uint8_t ak[64], const struct assay_p256_pair *pck)
{
	struct assay_sgx_report report = q->qe;
	struct buf raw = { 0 };
	uint8_t sig[64];
	bool good;

	if (!q->keep_report_data) {
		const struct assay_bytes key = { q->bound_ak.len ? q->bound_ak.p
			                                         : ak,
			                         64 };

		memset(report.report_data, 0, 64);
		assay_sha256_2(report.report_data, key, q->auth);
	}
	sim_report_put(&raw, &report);
	sim_edit_all(&raw, q->qe_edit, SIM_N_QUOTE_EDITS);
	good = !raw.bad && raw.len == QE_REPORT_LEN &&
	       sim_sign(sig, pck, buf_bytes(&raw));
	if (good) {
		sim_sig_spoil(sig, q->qe_sig);
		buf_put_bytes(out, buf_bytes(&raw));
		buf_put(out, sig, 64);
	}
	buf_free(&raw);
	return good;
}

/* What version 3 has in its signature data, and later ones in type 6. */
static bool put_certified(struct buf *out, const struct sim_quote_spec *q,
                          struct assay_bytes chain, const uint8_t ak[64],
                          const struct assay_p256_pair *pck)
{
	if (q->no_cert)
		chain.len = 0;
	else if (q->cert.len)
		chain = q->cert;
	if (!put_qe(out, q, ak, pck))
		return false;
	buf_put_le(out, length(q->auth_len, q->auth.len), 2);
	buf_put_bytes(out, q->auth);
	buf_put_le(out, q->cert_type, 2);
	buf_put_le(out, length(q->cert_len, chain.len), 4);
	buf_put_bytes(out, chain);
	buf_put_bytes(out, q->inner_slack);
	return true;
}

/* The signature data. */
static bool put_sig_data(struct buf *out, const struct sim_quote_spec *q,
                         const uint8_t sig[64], struct assay_bytes chain,
                         const struct assay_p256_pair *pck,
                         const struct assay_p256_pair *ak)
{
	const uint8_t *key = q->ak.len ? q->ak.p : ak->key;
	struct buf certified = { 0 };
	bool good = put_certified(&certified, q, chain, key, pck);

	buf_put(out, sig, 64);
	buf_put(out, key, 64);
	if (q->layout != 3) {
		buf_put_le(out, q->outer_type, 2);
		buf_put_le(out, length(q->outer_len, certified.len), 4);
	}
	buf_put_bytes(out, buf_bytes(&certified));
	buf_put_bytes(out, q->slack);
	good &= !certified.bad;
	buf_free(&certified);
	return good;
}

bool sim_quote_make(struct buf *quote, const struct sim_quote_spec *q,
                    struct assay_bytes chain, const struct assay_p256_pair *pck,
                    const struct assay_p256_pair *ak)
{
	struct buf data = { 0 };
	uint8_t sig[64];
	bool good;

	buf_clear(quote);
	put_signed(quote, q);
	good = !quote->bad && q->sign_from <= quote->len &&
	       sim_sign(sig, ak,
	                (struct assay_bytes){ quote->ptr + q->sign_from,
	                                      quote->len - q->sign_from });
	if (good) {
		sim_sig_spoil(sig, q->sig);
		good = put_sig_data(&data, q, sig, chain, pck, ak) && !data.bad;
	}
	if (good) {
		buf_put_le(quote, length(q->sig_len, data.len), 4);
		buf_put_bytes(quote, buf_bytes(&data));
		buf_put_bytes(quote, q->trailing);
		sim_edit_all(quote, q->edit, SIM_N_QUOTE_EDITS);
	}
	buf_free(&data);
	return good && !quote->bad;
}
