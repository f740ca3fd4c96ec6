/* verify.c - the steps of a judgement, in the specification's order; but that a
 * chain is read whole, its leaf's extension too, before the lists. */
#include "base/rd.h"
#include "base/text.h"
#include "format/quote.h"
#include "verify/level.h"
#include "verify/memo.h"
#include "verify/trust.h"

#include <stdio.h>
#include <string.h>

/* One judgement under way. */
struct judging {
	struct assay_verdict *verdict;
	const struct assay_trust *trust;
	const struct assay_terms *terms;
	struct assay_memo *memo;
	struct assay_p256 *engine;
	struct assay_quote quote;
	struct assay_pck_chain chain;
	bool known; /* the platform is in the memo */
};

static struct assay_err *err_of(const struct judging *j)
{
	return &j->verdict->failed;
}

/* ---- what the quote claims [DCAP 1] */

static void note_claims(struct assay_verdict *v, const struct assay_quote *q)
{
	bool td = q->tee == ASSAY_TEE_TDX;

	v->version = q->version;
	v->tee = q->tee;
	v->body_type = q->body_type;
	v->sgx = q->sgx;
	v->td = q->td;
	v->debug = td ? q->td.td_attributes & 0xff
	              : q->sgx.flags & ASSAY_SGX_DEBUG;
	memcpy(v->report_data, td ? q->td.report_data : q->sgx.report_data, 64);
	v->qe = q->qe_report;
}

bool assay_verdict_claims(struct assay_verdict *verdict,
                          struct assay_bytes quote, bool strict)
{
	struct assay_quote q;

	memset(verdict, 0, sizeof(*verdict));
	if (!assay_quote_parse(&q, quote, strict, &verdict->failed))
		return false;
	note_claims(verdict, &q);
	return true;
}

/* The chain that is judged: the quote's own, else the one beside it. */
static bool choose_chain(struct assay_bytes *chain, const struct assay_quote *q,
                         struct assay_bytes beside, struct assay_err *err)
{
	*chain = q->cert_type == ASSAY_CERT_PCK_CHAIN ? q->cert : beside;
	return chain->len ||
	       assay_wrong_cert_type(err, q->cert_at - 6, q->cert_type,
	                             "5, or a PCK chain beside the quote");
}

/* ---- dates [DCAP 4.8]: from <= now < until + grace */

static const char *outside(struct assay_window w, int64_t now, int64_t grace)
{
	if (now < w.from)
		return "not yet good";
	/* not w.until + grace: a hostile date may be the largest there is */
	return now >= w.until && now - w.until >= grace ? "expired" : NULL;
}

/* A sentence's end: when it is, or was, good. */
#define WINDOW_TEXT (2 * ASSAY_TIME_TEXT + 16)
static const char *window_text(char out[WINDOW_TEXT], struct assay_window w)
{
	char from[ASSAY_TIME_TEXT], until[ASSAY_TIME_TEXT];

	snprintf(out, WINDOW_TEXT, "%s until %s",
	         assay_time_print(from, w.from),
	         assay_time_print(until, w.until));
	return out;
}

static bool certs_in_date(const struct judging *j,
                          const struct assay_dated *dated, size_t n)
{
	const struct assay_terms *t = j->terms;
	char text[WINDOW_TEXT];

	for (size_t i = 0; i < n; i++) {
		const char *why = outside(dated[i].window, t->now,
		                          t->certificate_grace);

		if (why)
			return assay_fail(err_of(j), ASSAY_X_TIME, dated[i].doc,
			                  dated[i].at, "%s: good from %s", why,
			                  window_text(text, dated[i].window));
	}
	return true;
}

static bool list_in_date(const struct judging *j, const struct assay_crl *crl)
{
	const struct assay_terms *t = j->terms;
	const char *why = outside(crl->validity, t->now, t->collateral_grace);
	char text[WINDOW_TEXT];

	return !why || assay_fail(err_of(j), ASSAY_R_TIME, crl->doc,
	                          crl->validity_at, "%s: good from %s", why,
	                          window_text(text, crl->validity));
}

static bool json_in_date(const struct judging *j, struct assay_window w,
                         enum assay_doc doc)
{
	const struct assay_terms *t = j->terms;
	const char *why = outside(w, t->now, t->collateral_grace);
	char text[WINDOW_TEXT];

	return !why ||
	       assay_fail(err_of(j), ASSAY_J_TIME, doc, 0, "%s: good from %s",
	                  why, window_text(text, w));
}

/* ---- X1, R2, X2: the PCK chain */

/* Certification data of types 1 to 3 name a platform, type 4 is a leaf: the
 * chain beside the quote must be of that platform [DCAP 1.5].  What is wrong;
 * NULL: nothing. */
static const char *unbound(const struct assay_quote *q,
                           const struct assay_cert *leaf,
                           const struct assay_pck *pck)
{
	static const size_t ppid_len[] = { [ASSAY_CERT_PPID_CLEAR] = 16,
		                           [ASSAY_CERT_PPID_RSA2048] = 256,
		                           [ASSAY_CERT_PPID_RSA3072] = 384 };
	struct assay_rd r = assay_rd(q->cert);
	struct assay_bytes ppid, cpu_svn;
	uint16_t pce_svn;

	if (q->cert_type == ASSAY_CERT_PCK_LEAF)
		return assay_bytes_equal(q->cert, leaf->der)
		               ? NULL
		               : "the leaf is not the quote's";
	ppid = assay_rd_bytes(&r, ppid_len[q->cert_type], "PPID");
	cpu_svn = assay_rd_bytes(&r, 16, "CPUSVN");
	pce_svn = assay_rd_u16le(&r, "PCESVN");
	if (!assay_rd_ok(&r) ||
	    (assay_rd_left(&r) != 0 && assay_rd_left(&r) != 2))
		return "the platform's data have a wrong length";
	if (q->cert_type == ASSAY_CERT_PPID_CLEAR &&
	    memcmp(ppid.ptr, pck->ppid, 16) != 0)
		return "the PPID is not the leaf's";
	if (memcmp(cpu_svn.ptr, pck->cpu_svn, 16) != 0 ||
	    pce_svn != pck->pce_svn)
		return "CPUSVN and PCESVN are not the leaf's";
	/* the PCEID as the extension has it: low byte first [DCAP 2.2] */
	if (assay_rd_left(&r) &&
	    memcmp(assay_rd_rest(&r).ptr, pck->pce_id, 2) != 0)
		return "the PCEID is not the leaf's";
	return NULL;
}

static bool leaf_is_bound(const struct judging *j,
                          const struct assay_cert *leaf)
{
	const struct assay_quote *q = &j->quote;
	const char *why = NULL;

	if (q->cert_type != ASSAY_CERT_PCK_CHAIN)
		why = unbound(q, leaf, &j->chain.pck);
	return !why || assay_fail(err_of(j), ASSAY_X_BIND, ASSAY_DOC_QUOTE,
	                          q->cert_at, "%s", why);
}

/* The leaf, under a CA that is trusted. */
static bool take_leaf(struct judging *j, const struct assay_cert *leaf,
                      const struct assay_chain *chain)
{
	struct assay_pck_chain *to = &j->chain;

	if (!assay_cert_signed(leaf, assay_chain_ca(chain)->key, j->engine,
	                       err_of(j)) ||
	    !assay_pck_parse(&to->pck, leaf, chain->role, err_of(j)) ||
	    !leaf_is_bound(j, leaf))
		return false;
	to->dated[0] = assay_cert_dated(leaf);
	to->dated[1] = assay_cert_dated(assay_chain_ca(chain));
	to->dated[2] = assay_cert_dated(assay_chain_root(chain));
	memcpy(to->key, leaf->key, sizeof(to->key));
	to->serial_len = leaf->serial.len; /* at most 20: assay_cert_parse */
	memcpy(to->serial, leaf->serial.ptr, leaf->serial.len);
	assay_sha256(to->ca_digest, assay_chain_ca(chain)->der);
	return true;
}

/* A chain that must be read whole. */
static bool open_chain(struct judging *j, struct assay_bytes text)
{
	const struct assay_trust *t = j->trust;
	struct assay_chain chain;

	if (!assay_chain_open(&chain, text, ASSAY_DOC_PCK_CHAIN,
	                      ASSAY_CHAIN_PCK, t->root_key, err_of(j)))
		return false;
	if (!assay_bytes_equal(assay_chain_ca(&chain)->der,
	                       assay_chain_ca(&t->chain)->der) &&
	    !assay_ca_trusted(t, &chain, j->engine, err_of(j)))
		return false;
	return take_leaf(j, &chain.cert[0], &chain);
}

/* The PCK chain.  Mostly it is, or all but the leaf is, to the letter, the
 * chain with which the trust was opened. */
static bool judge_chain(struct judging *j, struct assay_bytes text)
{
	const struct assay_chain *known = &j->trust->chain;
	uint8_t der[ASSAY_CERT_MAX];
	struct assay_bytes body, tail;
	struct assay_cert leaf;
	size_t pos = 0;

	if (known->n == ASSAY_CHAIN_MAX && known->text.len &&
	    assay_bytes_equal(text, known->text))
		return take_leaf(j, &known->cert[0], known);
	if (!known->tail.len ||
	    !assay_pem_next(&body, text, &pos, "CERTIFICATE"))
		return open_chain(j, text);
	tail = (struct assay_bytes){ text.ptr + pos, text.len - pos };
	if (!assay_bytes_equal(tail, known->tail))
		return open_chain(j, text);
	return assay_cert_decode(&leaf, der, body, ASSAY_DOC_PCK_CHAIN, pos,
	                         ASSAY_DOC_PCK_LEAF, err_of(j)) &&
	       assay_leaf_fits(&leaf, assay_chain_ca(known), known->word,
	                       err_of(j)) &&
	       take_leaf(j, &leaf, known);
}

static bool leaf_not_revoked(const struct judging *j)
{
	struct assay_bytes serial = { j->chain.serial, j->chain.serial_len };
	char number[2 * ASSAY_SERIAL_MAX + 1], time[ASSAY_TIME_TEXT];
	int64_t since;

	if (!assay_crl_finds(&j->trust->pck_crl, serial, &since))
		return true;
	assay_hex_print(number, serial.ptr, serial.len, false);
	return assay_fail(
		err_of(j), ASSAY_R_PCK_REVOKED, ASSAY_DOC_PCK_LEAF, 0,
		"the PCK CA's revocation list names its serial number, "
		"%s, as revoked at %s",
		number, assay_time_print(time, since));
}

/* ---- floors [DCAP 4.9] */

static bool above_floor(const struct judging *j, const struct assay_crl *crl,
                        uint64_t floor)
{
	return crl->number >= floor ||
	       assay_fail(err_of(j), ASSAY_R_FLOOR, crl->doc, 0,
	                  "the list's number is %llu, want %llu or more",
	                  (unsigned long long)crl->number,
	                  (unsigned long long)floor);
}

static bool not_rolled_back(const struct judging *j, uint32_t number,
                            int64_t issued, enum assay_doc doc)
{
	const struct assay_terms *t = j->terms;
	char got[ASSAY_TIME_TEXT], want[ASSAY_TIME_TEXT];

	if (number >= t->min_evaluation_number && issued >= t->min_issue_date)
		return true;
	return assay_fail(
		err_of(j), ASSAY_J_ROLLBACK, doc, 0,
		"evaluation number %u, want %u or more; issued at %s, "
		"want %s or later",
		number, t->min_evaluation_number, assay_time_print(got, issued),
		assay_time_print(want, t->min_issue_date));
}

/* ---- R1, R2: the revocation lists; J1-J3: the documents; T0, T1 */

static bool lists_fit(const struct judging *j)
{
	const struct assay_trust *t = j->trust;
	const struct assay_terms *terms = j->terms;

	return list_in_date(j, &t->root_crl) && list_in_date(j, &t->pck_crl) &&
	       above_floor(j, &t->root_crl, terms->min_root_crl_number) &&
	       above_floor(j, &t->pck_crl, terms->min_pck_crl_number) &&
	       leaf_not_revoked(j);
}

static bool documents_fit(const struct judging *j)
{
	const struct assay_trust *t = j->trust;

	return certs_in_date(j, t->dated, t->n_dated) &&
	       json_in_date(j, t->tcb.validity, ASSAY_DOC_TCB_INFO) &&
	       json_in_date(j, t->qe.validity, ASSAY_DOC_QE_IDENTITY) &&
	       not_rolled_back(j, t->tcb.evaluation_number,
	                       t->tcb.validity.from, ASSAY_DOC_TCB_INFO) &&
	       not_rolled_back(j, t->qe.evaluation_number, t->qe.validity.from,
	                       ASSAY_DOC_QE_IDENTITY);
}

static bool platform_fits(const struct judging *j)
{
	const struct assay_tcb_info *tcb = &j->trust->tcb;
	const struct assay_pck *pck = &j->chain.pck;
	char got[13], want[13];

	if (tcb->tee != j->quote.tee)
		return assay_wrong_id(err_of(j), ASSAY_DOC_TCB_INFO, 0,
		                      assay_tee_name(j->quote.tee));
	assay_hex_print(got, tcb->fmspc, 6, true);
	assay_hex_print(want, pck->fmspc, 6, true);
	if (memcmp(tcb->fmspc, pck->fmspc, 6) != 0)
		return assay_fail(err_of(j), ASSAY_T_FMSPC, ASSAY_DOC_TCB_INFO,
		                  0, "it is for FMSPC %s, the platform is %s",
		                  got, want);
	assay_hex_print(got, tcb->pce_id, 2, true);
	assay_hex_print(want, pck->pce_id, 2, true);
	if (!tcb->has_pce_id || memcmp(tcb->pce_id, pck->pce_id, 2) != 0)
		return assay_fail(err_of(j), ASSAY_T_PCEID, ASSAY_DOC_TCB_INFO,
		                  0, "it is for PCEID %s, the platform is %s",
		                  tcb->has_pce_id ? got : "none", want);
	return true;
}

/* ---- Q1-Q3: the quoting enclave speaks for the attestation key */

static size_t at_of(const struct assay_quote *q, struct assay_bytes field)
{
	return (size_t)(field.ptr - q->whole.ptr);
}

static bool qe_report_signed(const struct judging *j)
{
	const struct assay_quote *q = &j->quote;
	uint8_t digest[ASSAY_SHA256_LEN];

	assay_sha256(digest, q->qe_report_raw);
	return assay_p256_verify(j->engine, j->chain.key, digest,
	                         q->qe_report_sig.ptr) ||
	       assay_fail(err_of(j), ASSAY_Q_QE_SIG, ASSAY_DOC_QUOTE,
	                  at_of(q, q->qe_report_sig),
	                  "the QE report's signature is not by the PCK key");
}

/* SHA-256(key || authentication data), and 32 zeros [DCAP 4.0] Q2. */
static bool key_is_bound(const struct judging *j)
{
	const struct assay_quote *q = &j->quote;
	uint8_t want[64] = { 0 };

	assay_sha256_2(want, q->ak, q->qe_auth);
	return memcmp(q->qe_report.report_data, want, sizeof(want)) == 0 ||
	       assay_fail(err_of(j), ASSAY_Q_AK_BINDING, ASSAY_DOC_QUOTE,
	                  at_of(q, q->ak),
	                  "the QE report names another attestation key");
}

static bool key_is_point(const struct judging *j)
{
	const struct assay_quote *q = &j->quote;

	return assay_p256_on_curve(j->engine, q->ak.ptr) ||
	       assay_fail(err_of(j), ASSAY_Q_AK_POINT, ASSAY_DOC_QUOTE,
	                  at_of(q, q->ak),
	                  "the attestation key is no point of P-256");
}

/* ---- Q4 */

static bool quote_signed(const struct judging *j, bool verified)
{
	const struct assay_quote *q = &j->quote;

	return verified ||
	       assay_fail(
		       err_of(j), ASSAY_Q_SIG, ASSAY_DOC_QUOTE,
		       at_of(q, q->sig),
		       "the quote's signature is not by its attestation key");
}

/* ---- the facts */

static void note_collateral(struct assay_verdict *v,
                            const struct assay_trust *t)
{
	v->tcb_evaluation_number = t->tcb.evaluation_number;
	v->qe_evaluation_number = t->qe.evaluation_number;
	v->evaluation_number = t->tcb.evaluation_number <
	                                       t->qe.evaluation_number
	                               ? t->tcb.evaluation_number
	                               : t->qe.evaluation_number;
	v->root_crl_number = t->root_crl.number;
	v->pck_crl_number = t->pck_crl.number;
	memcpy(v->windows, t->windows, sizeof(v->windows));
}

/* The extremes over the eight items, those that are there [DCAP 4.6]. */
static void note_extremes(struct assay_verdict *v)
{
	v->earliest_issue = v->fresh_until = INT64_MAX;
	v->latest_issue = 0;
	for (size_t i = 0; i < ASSAY_N_ITEMS; i++) {
		struct assay_window w = v->windows[i];

		if (!w.until)
			continue;
		if (w.from < v->earliest_issue)
			v->earliest_issue = w.from;
		if (w.from > v->latest_issue)
			v->latest_issue = w.from;
		if (w.until < v->fresh_until)
			v->fresh_until = w.until;
	}
}

static void note_platform(struct judging *j)
{
	struct assay_verdict *v = j->verdict;

	v->has_pck = true;
	v->pck = j->chain.pck;
	/* of leaf and CA: a root's dates are no facts */
	v->windows[ASSAY_ITEM_PCK_CHAIN] =
		assay_dated_window(j->chain.dated, ASSAY_CHAIN_MAX - 1);
	note_extremes(v);
}

/* ---- the steps */

/* X1 and X2: of the memo, or read. */
static bool take_platform(struct judging *j, struct assay_bytes text)
{
	const struct assay_platform *p = NULL;

	if (j->quote.cert_type == ASSAY_CERT_PCK_CHAIN)
		p = assay_memo_find(j->memo, &j->quote, j->trust->ca_digest);
	j->known = p != NULL;
	if (p)
		j->chain = p->chain;
	else if (!judge_chain(j, text))
		return false;
	note_platform(j);
	return true;
}

/* Q1 to Q3, and into the memo what they prove. */
static bool take_key(struct judging *j)
{
	if (j->known)
		return true;
	if (!qe_report_signed(j) || !key_is_bound(j) || !key_is_point(j))
		return false;
	/* a platform is remembered by the CA of the trust, no other */
	if (j->quote.cert_type == ASSAY_CERT_PCK_CHAIN &&
	    memcmp(j->chain.ca_digest, j->trust->ca_digest, ASSAY_SHA256_LEN) ==
	            0)
		assay_memo_keep(j->memo, &j->quote, &j->chain);
	return true;
}

/* Everything that comes before the quote's own signature. */
static bool judge_platform(struct judging *j, struct assay_bytes bytes,
                           struct assay_bytes pck_chain)
{
	const struct assay_quote *q = &j->quote;
	struct assay_verdict *v = j->verdict;
	struct assay_bytes chain;

	memset(v, 0, sizeof(*v));
	v->at = j->terms->now;
	v->simulation = j->trust->simulation;
	if (!assay_quote_parse(&j->quote, bytes, j->terms->strict, &v->failed))
		return false;
	note_claims(v, q);
	note_collateral(v, j->trust);
	note_extremes(v);
	return choose_chain(&chain, q, pck_chain, &v->failed) &&
	       take_platform(j, chain) &&
	       certs_in_date(j, j->chain.dated, ASSAY_CHAIN_MAX) &&
	       lists_fit(j) && documents_fit(j) && platform_fits(j) &&
	       take_key(j);
}

/* Everything that comes after it. */
static bool judge_levels(struct judging *j, bool verified)
{
	struct assay_verdict *v = j->verdict;

	v->genuine = quote_signed(j, verified) &&
	             assay_qe_matches(v, j->trust, &j->quote, &v->failed) &&
	             assay_levels(v, j->trust, &j->quote, &v->failed);
	return v->genuine;
}

bool assay_verify(struct assay_verdict *verdict,
                  const struct assay_trust *trust, struct assay_memo *memo,
                  struct assay_bytes quote, struct assay_bytes pck_chain,
                  const struct assay_terms *terms)
{
	struct assay_p256 *lent = assay_memo_engine(memo);
	struct assay_p256 *own = lent ? NULL : assay_p256_new(NULL);
	struct judging j = { .verdict = verdict,
		             .trust = trust,
		             .terms = terms,
		             .memo = memo,
		             .engine = lent ? lent : own };
	uint8_t digest[ASSAY_SHA256_LEN];
	bool genuine = false;

	if (judge_platform(&j, quote, pck_chain)) {
		assay_sha256(digest, j.quote.signed_part);
		genuine = judge_levels(
			&j, assay_p256_verify(j.engine, j.quote.ak.ptr, digest,
		                              j.quote.sig.ptr));
	}
	assay_p256_free(own);
	return genuine;
}

/* Quotes whose own signatures are checked together: enough for the inversion
 * that they share not to count, and few enough for a thread's stack. */
enum { TOGETHER = 16 };

static size_t verify_some(struct assay_verdict *verdicts,
                          const struct judging *common,
                          const struct assay_bytes *quotes, size_t n)
{
	struct judging j[TOGETHER];
	struct assay_p256_item items[TOGETHER];
	uint8_t digests[TOGETHER][ASSAY_SHA256_LEN];
	size_t which[TOGETHER], n_items = 0, n_genuine = 0;

	for (size_t i = 0; i < n; i++) {
		j[i] = *common;
		j[i].verdict = &verdicts[i];
		if (!judge_platform(&j[i], quotes[i],
		                    (struct assay_bytes){ 0 }))
			continue;
		assay_sha256(digests[n_items], j[i].quote.signed_part);
		items[n_items] = (struct assay_p256_item){ j[i].quote.ak.ptr,
			                                   digests[n_items],
			                                   j[i].quote.sig.ptr,
			                                   false };
		which[n_items++] = i;
	}
	assay_p256_verify_many(common->engine, items, n_items);
	for (size_t k = 0; k < n_items; k++)
		n_genuine += judge_levels(&j[which[k]], items[k].ok);
	return n_genuine;
}

size_t assay_verify_many(struct assay_verdict *verdicts,
                         const struct assay_trust *trust,
                         struct assay_memo *memo,
                         const struct assay_bytes *quotes, size_t n,
                         const struct assay_terms *terms)
{
	struct assay_p256 *lent = assay_memo_engine(memo);
	struct assay_p256 *own = lent ? NULL : assay_p256_new(NULL);
	struct judging common = { .trust = trust,
		                  .terms = terms,
		                  .memo = memo,
		                  .engine = lent ? lent : own };
	size_t n_genuine = 0;

	for (size_t i = 0; i < n; i += TOGETHER)
		n_genuine += verify_some(verdicts + i, &common, quotes + i,
		                         n - i < TOGETHER ? n - i : TOGETHER);
	assay_p256_free(own);
	return n_genuine;
}

/* ---- all at once */

bool assay_verify_evidence(struct assay_verdict *verdict,
                           struct assay_trust *trust, struct assay_memo *memo,
                           const struct assay_evidence *evidence,
                           const struct assay_collateral *collateral,
                           const uint8_t root_key[64],
                           const struct assay_terms *terms)
{
	struct assay_bytes chain;
	struct assay_quote q;

	if (!collateral)
		collateral = &evidence->collateral;
	memset(verdict, 0, sizeof(*verdict));
	verdict->at = terms->now;
	verdict->simulation = memcmp(root_key, assay_intel_root_key, 64) != 0;
	if (!assay_quote_parse(&q, evidence->quote, terms->strict,
	                       &verdict->failed))
		return false;
	note_claims(verdict, &q);
	if (!choose_chain(&chain, &q, collateral->pck_chain,
	                  &verdict->failed) ||
	    !assay_trust_open(trust, collateral, chain, root_key, memo,
	                      &verdict->failed))
		return false;
	return assay_verify(verdict, trust, memo, evidence->quote, chain,
	                    terms);
}
