/* trust.c - collateral authenticated once, to be judged with many times. */
#include "verify/trust.h"

#include "base/rd.h"
#include "verify/memo.h"
#include "verify/signed.h"

#include <string.h>

const uint8_t assay_intel_root_key[64] = {
	0x0b, 0xa9, 0xc4, 0xc0, 0xc0, 0xc8, 0x61, 0x93, 0xa3, 0xfe, 0x23,
	0xd6, 0xb0, 0x2c, 0xda, 0x10, 0xa8, 0xbb, 0xd4, 0xe8, 0x8e, 0x48,
	0xb4, 0x45, 0x85, 0x61, 0xa3, 0x6e, 0x70, 0x55, 0x25, 0xf5, 0x67,
	0x91, 0x8e, 0x2e, 0xdc, 0x88, 0xe4, 0x0d, 0x86, 0x0b, 0xd0, 0xcc,
	0x4e, 0xe2, 0x6a, 0xac, 0xc9, 0x88, 0xe5, 0x05, 0xa9, 0x53, 0x55,
	0x8c, 0x45, 0x3f, 0x6b, 0x09, 0x04, 0xae, 0x73, 0x94
};

/* ---- what must be there */

/* The first document that every judgement needs and that is not there, by its
 * name in a collateral; NULL: all are. */
static const char *absent(const struct assay_collateral *c, enum assay_doc *doc)
{
	const struct {
		size_t len;
		enum assay_doc doc;
		const char *name;
	} needs[] = {
		{ c->tcb_info.doc.len, ASSAY_DOC_TCB_INFO, "tcb_info" },
		{ c->tcb_info_issuer_chain.len, ASSAY_DOC_TCB_CHAIN,
		  "tcb_info_issuer_chain" },
		{ c->qe_identity.doc.len, ASSAY_DOC_QE_IDENTITY,
		  "qe_identity" },
		{ c->qe_identity_issuer_chain.len, ASSAY_DOC_QE_CHAIN,
		  "qe_identity_issuer_chain" },
		{ c->root_ca_crl.len, ASSAY_DOC_ROOT_CRL, "root_ca_crl" },
		{ c->pck_crl.len, ASSAY_DOC_PCK_CRL, "pck_crl" },
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (!needs[i].len) {
			*doc = needs[i].doc;
			return needs[i].name;
		}
	return NULL;
}

static bool check_there(const struct assay_collateral *c, struct assay_err *err)
{
	enum assay_doc doc;
	const char *name = absent(c, &doc);

	if (!name)
		return true;
	if (doc == ASSAY_DOC_ROOT_CRL || doc == ASSAY_DOC_PCK_CRL)
		return assay_fail(err, ASSAY_R_MISSING, doc, 0,
		                  "the collateral has no %s", name);
	return assay_fail(err, ASSAY_J_MISSING, doc, 0,
	                  "the collateral has no %s", name);
}

/* ---- revocation lists */

static bool check_list(const struct assay_crl *crl,
                       const struct assay_cert *issuer,
                       struct assay_p256 *engine, struct assay_err *err)
{
	uint8_t digest[ASSAY_SHA256_LEN];

	if (!assay_bytes_equal(crl->issuer, issuer->subject))
		return assay_fail(err, ASSAY_R_ISSUER, crl->doc, crl->issuer_at,
		                  "the list is by another issuer than the "
		                  "chain's %s",
		                  assay_doc_name(issuer->doc));
	assay_sha256(digest, crl->tbs);
	if (assay_p256_verify(engine, issuer->key, digest, crl->sig))
		return true;
	return assay_fail(
		err, ASSAY_R_SIG, crl->doc, crl->sig_at,
		"the signature is not by the issuer's key: the list was "
		"altered, or is of another manufacturer");
}

bool assay_ca_trusted(const struct assay_trust *trust,
                      const struct assay_chain *chain,
                      struct assay_p256 *engine, struct assay_err *err)
{
	const struct assay_cert *ca = assay_chain_ca(chain);

	if (!assay_cert_signed(ca, trust->root_key, engine, err))
		return false;
	if (assay_crl_lists(&trust->root_crl, ca->serial))
		return assay_fail(err, ASSAY_R_INTERMEDIATE_REVOKED, ca->doc, 0,
		                  "the root's revocation list names this CA");
	return check_list(&trust->pck_crl, ca, engine, err);
}

/* ---- chains */

/* Certificates whose dates will count.  A root's certificate is not signed by
 * anybody above it: its dates can end a judgement, but are no facts. */
static void note_dates(struct assay_trust *t, const struct assay_chain *chain,
                       enum assay_item item)
{
	struct assay_dated *dated = &t->dated[t->n_dated];

	for (size_t i = 0; i < chain->n; i++)
		t->dated[t->n_dated++] = assay_cert_dated(&chain->cert[i]);
	t->windows[item] = assay_dated_window(dated, chain->n - 1);
}

/* The chain's text is kept, to know it again; one that is too long will be read
 * anew whenever it comes. */
static void keep_text(struct assay_trust *t)
{
	struct assay_chain *c = &t->chain;
	size_t tail_at = c->text.len - c->tail.len;

	if (c->text.len > sizeof(t->chain_text)) {
		c->text = c->tail = (struct assay_bytes){ 0 };
		return;
	}
	memcpy(t->chain_text, c->text.ptr, c->text.len);
	c->text.ptr = t->chain_text;
	if (c->tail.len)
		c->tail.ptr = t->chain_text + tail_at;
}

/* The chain to the PCK CA: the quote's own, else the one beside the CRL. */
static bool open_ca_chain(struct assay_trust *t,
                          const struct assay_collateral *c,
                          struct assay_bytes pck_chain, struct assay_err *err)
{
	bool own = pck_chain.len;

	if (!assay_chain_open(
		    &t->chain, own ? pck_chain : c->pck_crl_issuer_chain,
		    own ? ASSAY_DOC_PCK_CHAIN : ASSAY_DOC_PCK_CRL_CHAIN,
		    own ? ASSAY_CHAIN_PCK : ASSAY_CHAIN_CA, t->root_key, err))
		return false;
	keep_text(t);
	return true;
}

/* The chain beside the PCK CRL, if there is one; the list is by its CA too. */
static bool open_crl_chain(struct assay_trust *t, struct assay_bytes text,
                           struct assay_p256 *engine, struct assay_err *err)
{
	struct assay_chain chain;

	if (!text.len)
		return true;
	if (!assay_chain_open(&chain, text, ASSAY_DOC_PCK_CRL_CHAIN,
	                      ASSAY_CHAIN_CA, t->root_key, err))
		return false;
	if (!assay_bytes_equal(assay_chain_ca(&chain)->der,
	                       assay_chain_ca(&t->chain)->der) &&
	    !assay_ca_trusted(t, &chain, engine, err))
		return false;
	note_dates(t, &chain, ASSAY_ITEM_PCK_CRL_CHAIN);
	return true;
}

static bool open_lists(struct assay_trust *t, const struct assay_collateral *c,
                       struct assay_p256 *engine, struct assay_err *err)
{
	if (!assay_crl_parse(&t->root_crl, c->root_ca_crl, ASSAY_DOC_ROOT_CRL,
	                     err) ||
	    !check_list(&t->root_crl, assay_chain_root(&t->chain), engine,
	                err) ||
	    !assay_crl_parse(&t->pck_crl, c->pck_crl, ASSAY_DOC_PCK_CRL, err) ||
	    !assay_ca_trusted(t, &t->chain, engine, err))
		return false;
	assay_sha256(t->ca_digest, assay_chain_ca(&t->chain)->der);
	t->windows[ASSAY_ITEM_ROOT_CRL] = t->root_crl.validity;
	t->windows[ASSAY_ITEM_PCK_CRL] = t->pck_crl.validity;
	return open_crl_chain(t, c->pck_crl_issuer_chain, engine, err);
}

/* A signer's chain; the signer's key goes to `key`. */
static bool open_signer(struct assay_trust *t, uint8_t key[64],
                        struct assay_bytes text, enum assay_doc doc,
                        enum assay_item item, struct assay_p256 *engine,
                        struct assay_err *err)
{
	struct assay_chain chain;
	const struct assay_cert *signer = &chain.cert[0];

	if (!assay_chain_open(&chain, text, doc, ASSAY_CHAIN_SIGNER,
	                      t->root_key, err) ||
	    !assay_cert_signed(signer, t->root_key, engine, err))
		return false;
	if (assay_crl_lists(&t->root_crl, signer->serial))
		return assay_fail(
			err, ASSAY_R_TCBSIGNER_REVOKED, signer->doc, 0,
			"the root's revocation list names this signer");
	memcpy(key, signer->key, 64);
	note_dates(t, &chain, item);
	return true;
}

/* ---- signed documents */

static bool read_tcb_info(void *out, struct assay_json *j)
{
	return assay_tcb_info_read(out, j);
}

static bool read_qe_identity(void *out, struct assay_json *j)
{
	return assay_qe_identity_read(out, j);
}

static const struct assay_signed_kind tcb_info = { "tcbInfo",
	                                           ASSAY_DOC_TCB_INFO,
	                                           read_tcb_info };
static const struct assay_signed_kind qe_identity = { "enclaveIdentity",
	                                              ASSAY_DOC_QE_IDENTITY,
	                                              read_qe_identity };

/* TCB info and QE identity.  Their chains are mostly the same text, and are
 * then judged once. */
static bool open_documents(struct assay_trust *t,
                           const struct assay_collateral *c,
                           struct assay_p256 *engine, struct assay_err *err)
{
	uint8_t key[64];

	if (!open_signer(t, key, c->tcb_info_issuer_chain, ASSAY_DOC_TCB_CHAIN,
	                 ASSAY_ITEM_TCB_CHAIN, engine, err) ||
	    !assay_signed_open(&t->tcb, &c->tcb_info, &tcb_info, key, engine,
	                       err))
		return false;
	t->windows[ASSAY_ITEM_TCB_INFO] = t->tcb.validity;
	if (assay_bytes_equal(c->tcb_info_issuer_chain,
	                      c->qe_identity_issuer_chain))
		t->windows[ASSAY_ITEM_QE_CHAIN] =
			t->windows[ASSAY_ITEM_TCB_CHAIN];
	else if (!open_signer(t, key, c->qe_identity_issuer_chain,
	                      ASSAY_DOC_QE_CHAIN, ASSAY_ITEM_QE_CHAIN, engine,
	                      err))
		return false;
	if (!assay_signed_open(&t->qe, &c->qe_identity, &qe_identity, key,
	                       engine, err))
		return false;
	t->windows[ASSAY_ITEM_QE_IDENTITY] = t->qe.validity;
	assay_component_names(t->sgx_names, t->tcb.levels[0].sgx_components);
	assay_component_names(t->tdx_names, t->tcb.levels[0].tdx_components);
	return true;
}

static bool open_all(struct assay_trust *t, const struct assay_collateral *c,
                     struct assay_bytes pck_chain, struct assay_p256 *engine,
                     struct assay_err *err)
{
	return check_there(c, err) && open_ca_chain(t, c, pck_chain, err) &&
	       open_lists(t, c, engine, err) &&
	       open_documents(t, c, engine, err);
}

bool assay_trust_open(struct assay_trust *trust,
                      const struct assay_collateral *collateral,
                      struct assay_bytes pck_chain, const uint8_t root_key[64],
                      struct assay_memo *memo, struct assay_err *err)
{
	struct assay_p256 *engine = assay_memo_engine(memo);
	struct assay_p256 *own = engine ? NULL : assay_p256_new(NULL);
	bool good;

	memset(trust, 0, sizeof(*trust));
	memcpy(trust->root_key, root_key, 64);
	trust->simulation = memcmp(root_key, assay_intel_root_key, 64) != 0;
	if (!pck_chain.len)
		pck_chain = collateral->pck_chain;
	good = open_all(trust, collateral, pck_chain, engine ? engine : own,
	                err);
	assay_p256_free(own);
	if (!good)
		memset(trust, 0, sizeof(*trust));
	return good;
}

/* ---- questions */

size_t assay_trust_size(void)
{
	return sizeof(struct assay_trust);
}

enum assay_tee assay_trust_tee(const struct assay_trust *trust)
{
	return trust->tcb.tee;
}

void assay_trust_fmspc(const struct assay_trust *trust, uint8_t fmspc[6])
{
	memcpy(fmspc, trust->tcb.fmspc, 6);
}

int64_t assay_trust_fresh_until(const struct assay_trust *trust)
{
	int64_t until = INT64_MAX;

	for (size_t i = 0; i < ASSAY_N_ITEMS; i++)
		if (trust->windows[i].until && trust->windows[i].until < until)
			until = trust->windows[i].until;
	return until;
}

void assay_trust_ca_key(const struct assay_trust *trust, uint8_t key[64])
{
	memcpy(key, assay_chain_ca(&trust->chain)->key, 64);
}
