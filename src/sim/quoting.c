/* quoting.c - PCE and QE as processes. */
#include "sim/quoting.h"

#include <string.h>

#include "base/rd.h"

/* ---- PCE */

static enum sim_status answer_report(struct sim_message *reply,
                                     const struct sim_enclu *pce)
{
	uint8_t report[SIM_REPORT_LEN];
	enum sim_status status = sim_own_report(report, pce);

	sim_message_put(reply, report, sizeof(report));
	return status;
}

static enum sim_status answer_pc_info(struct sim_message *reply,
                                      const struct sim_enclu *pce,
                                      struct assay_rd *r)
{
	uint8_t report[SIM_REPORT_LEN], suite;
	struct sim_ppid_key key;
	struct sim_pce_info info;
	enum sim_status status;

	assay_rd_copy(r, report, sizeof(report), "REPORT");
	suite = assay_rd_u8(r, "suite");
	assay_rd_copy(r, key.n, sizeof(key.n), "n");
	assay_rd_copy(r, key.e, sizeof(key.e), "e");
	status = sim_pce_get_pc_info(&info, pce, report, suite, &key);
	sim_message_put(reply, info.ppid, sizeof(info.ppid));
	sim_message_put_le(reply, info.pce_svn, 2);
	sim_message_put_le(reply, info.pce_id, 2);
	sim_message_put_le(reply, info.scheme, 1);
	return status;
}

static enum sim_status answer_certify(struct sim_message *reply,
                                      const struct sim_enclu *pce,
                                      struct assay_rd *r)
{
	uint8_t report[SIM_REPORT_LEN], sig[64];
	struct sim_psvn psvn;
	enum sim_status status;

	assay_rd_copy(r, report, sizeof(report), "REPORT");
	assay_rd_copy(r, psvn.cpu_svn, sizeof(psvn.cpu_svn), "CPUSVN");
	psvn.pce_svn = assay_rd_u16le(r, "PCESVN");
	status = sim_pce_certify(sig, pce, &psvn, report);
	sim_message_put(reply, sig, sizeof(sig));
	return status;
}

static enum sim_status pce_answer(void *self, struct sim_message *reply,
                                  enum sim_op op, struct assay_bytes body)
{
	const struct sim_enclu *pce = self;
	struct assay_rd r = assay_rd(body);

	switch (op) {
	case SIM_OP_PCE_REPORT:
		return answer_report(reply, pce);
	case SIM_OP_PC_INFO:
		return answer_pc_info(reply, pce, &r);
	case SIM_OP_CERTIFY:
		return answer_certify(reply, pce, &r);
	default:
		return SIM_REFUSED;
	}
}

void sim_pce_run(int cpu, int qe)
{
	struct sim_enclu enclu = sim_enclu_over(&cpu);
	const struct sim_service service = { SIM_DOOR_PCE, pce_answer, &enclu };

	while (sim_serve(qe, &service))
		;
}

/* ---- QE */

struct qe {
	struct sim_enclu enclu;
	struct sim_pce pce;
	const struct sim_qe_cert *cert;
	bool is_open, is_lost;
	struct sim_qe qe;
	struct buf quote;
};

static enum sim_status answer_target(struct sim_message *reply,
                                     const struct qe *q)
{
	sim_message_put(reply, q->qe.target, SIM_TARGETINFO_LEN);
	return SIM_SUCCESS;
}

static enum sim_status answer_quote(struct sim_message *reply, struct qe *q,
                                    struct assay_rd *r)
{
	struct assay_bytes report = assay_rd_bytes(r, SIM_REPORT_LEN, "REPORT");
	enum sim_status status = sim_qe_quote(&q->quote, &q->qe, report.ptr);

	sim_message_put(reply, q->quote.ptr, q->quote.len);
	return status;
}

static enum sim_status answer_answer(struct sim_message *reply, struct qe *q,
                                     struct assay_rd *r)
{
	const uint8_t *report = assay_rd_bytes(r, SIM_REPORT_LEN, "REPORT").ptr;
	const uint8_t *nonce = assay_rd_bytes(r, 16, "nonce").ptr;
	const uint8_t *target =
		assay_rd_bytes(r, SIM_TARGETINFO_LEN, "TARGETINFO").ptr;
	uint8_t answer[SIM_REPORT_LEN];
	enum sim_status status = sim_qe_quote(&q->quote, &q->qe, report);

	if (status != SIM_SUCCESS)
		return status;
	status = sim_qe_answer(answer, &q->qe, nonce, target,
	                       buf_bytes(&q->quote));
	sim_message_put(reply, answer, sizeof(answer));
	sim_message_put(reply, q->quote.ptr, q->quote.len);
	return status;
}

static enum sim_status qe_do(struct qe *q, struct sim_message *reply,
                             enum sim_op op, struct assay_rd *r)
{
	enum sim_status status = SIM_SUCCESS;

	if (!q->is_open)
		status = sim_qe_open(&q->qe, &q->enclu, &q->pce, q->cert);
	q->is_open = status == SIM_SUCCESS;
	if (!q->is_open)
		return status;
	switch (op) {
	case SIM_OP_TARGET:
		return answer_target(reply, q);
	case SIM_OP_QUOTE:
		return answer_quote(reply, q, r);
	case SIM_OP_ANSWER:
		return answer_answer(reply, q, r);
	default:
		return SIM_REFUSED;
	}
}

static enum sim_status qe_answer(void *self, struct sim_message *reply,
                                 enum sim_op op, struct assay_bytes body)
{
	struct qe *q = self;
	struct assay_rd r = assay_rd(body);
	enum sim_status status = qe_do(q, reply, op, &r);

	q->is_lost = status == SIM_GONE;
	return status;
}

void sim_qe_run(int cpu, int pce, int client, const struct sim_qe_cert *cert)
{
	struct qe q = {
		.enclu = sim_enclu_over(&cpu),
		.pce = sim_pce_over(&pce),
		.cert = cert,
	};
	const struct sim_service service = { SIM_DOOR_QE, qe_answer, &q };

	while (sim_serve(client, &service) && !q.is_lost)
		;
	if (q.is_open)
		sim_qe_close(&q.qe);
	buf_free(&q.quote);
}
