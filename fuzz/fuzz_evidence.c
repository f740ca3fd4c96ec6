/* fuzz_evidence.c - evidence and collateral in any form: views lie inside the
 * input or the scratch memory, of which as much as the input is enough; a
 * failure leaves nothing; base64 of it means the same. */
#include <assay/evidence.h>

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void *room(size_t n)
{
	void *p = malloc(n ? n : 1);

	must(p != NULL);
	return p;
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

static bool is_in(struct assay_bytes v, const uint8_t *p, size_t len)
{
	uintptr_t at = (uintptr_t)v.ptr, begin = (uintptr_t)p;

	return at >= begin && at - begin <= len && v.len <= len - (at - begin);
}

static void check_view(struct assay_bytes v, struct assay_bytes in,
                       const struct assay_scratch *s)
{
	must(v.len == 0 || is_in(v, in.ptr, in.len) ||
	     is_in(v, s->ptr, s->used));
}

static void check_collateral(const struct assay_collateral *c,
                             struct assay_bytes in,
                             const struct assay_scratch *s)
{
	check_view(c->tcb_info.doc, in, s);
	check_view(c->tcb_info.sig_hex, in, s);
	check_view(c->qe_identity.doc, in, s);
	check_view(c->qe_identity.sig_hex, in, s);
	check_view(c->tcb_info_issuer_chain, in, s);
	check_view(c->qe_identity_issuer_chain, in, s);
	check_view(c->root_ca_crl, in, s);
	check_view(c->pck_crl, in, s);
	check_view(c->pck_crl_issuer_chain, in, s);
	check_view(c->pck_chain, in, s);
}

static void check_evidence(const struct assay_evidence *e,
                           struct assay_bytes in, const struct assay_scratch *s)
{
	must(e->kind >= ASSAY_EVIDENCE_QUOTE && e->kind <= ASSAY_EVIDENCE_CERT);
	must(e->encoding && e->encoding[0] && e->quote.len > 0);
	check_view(e->quote, in, s);
	check_view(e->hpke, in, s);
	check_view(e->sign, in, s);
	check_view(e->eii_spki, in, s);
	check_view(e->eii_ek, in, s);
	check_view(e->tls_key, in, s);
	check_view(e->claims, in, s);
	check_view(e->nonce, in, s);
	check_collateral(&e->collateral, in, s);
	must(e->has_collateral ||
	     is_zero(&e->collateral, sizeof(e->collateral)));
	must((e->sign.len == 32 && e->hpke.len > 0) ||
	     e->sign.len + e->hpke.len == 0);
	must((e->kind == ASSAY_EVIDENCE_EII) ==
	     (e->eii_spki.len == 44 && e->eii_ek.len == 32));
	must((e->kind == ASSAY_EVIDENCE_CERT) == (e->tls_key.len > 0));
	must(e->nonce.len <= 255 && (e->has_nonce || !e->nonce.len));
}

static void check_failure(const struct assay_err *err,
                          const struct assay_scratch *s)
{
	switch (err->check) {
	case ASSAY_C_FORMAT:
	case ASSAY_C_SIZE:
	case ASSAY_C_BUNDLE:
	case ASSAY_C_FLAT:
	case ASSAY_C_EII:
	case ASSAY_C_EII_TYPE:
	case ASSAY_C_CERT:
	case ASSAY_C_CERT_KEY:
	case ASSAY_J_SYNTAX:
	case ASSAY_J_DUPKEY:
	case ASSAY_J_LIMIT:
	case ASSAY_J_TYPE:
	case ASSAY_J_RANGE:
	case ASSAY_R_SYNTAX:
		break;
	default:
		abort();
	}
	must(err->note[0] && err->doc != ASSAY_DOC_NONE && s->used == 0);
}

static bool same(struct assay_bytes a, struct assay_bytes b)
{
	return a.len == b.len && (!a.len || !memcmp(a.ptr, b.ptr, a.len));
}

/* What was read from `in` is read from its base64 too, unless that happens to
 * look like hex or an EII (which that of a quote, bundle, EII or certificate does
 * not). */
static void check_base64(const struct assay_evidence *e, struct assay_bytes in)
{
	size_t n = (in.len + 2) / 3 * 4;
	char *text = room(n + 1);
	struct assay_scratch s = { .ptr = room(n), .len = n };
	struct assay_evidence f;

	assay_base64_print(text, in.ptr, in.len);
	if (strspn(text, "0123456789abcdefABCDEF") == n ||
	    !strncmp(text, "EII", 3) ||
	    (text[0] == '0' && (text[1] | 0x20) == 'x')) {
		free(s.ptr);
		free(text);
		return;
	}
	must(assay_evidence_read(&f, (struct assay_bytes){ (uint8_t *)text, n },
	                         &s, NULL));
	must(f.kind == e->kind && same(f.quote, e->quote));
	must(same(f.nonce, e->nonce) && same(f.sign, e->sign) &&
	     same(f.hpke, e->hpke) && f.at == e->at);
	must(same(f.collateral.pck_crl, e->collateral.pck_crl));
	must(same(f.collateral.root_ca_crl, e->collateral.root_ca_crl));
	must(same(f.collateral.tcb_info.doc, e->collateral.tcb_info.doc));
	must(same(f.collateral.pck_chain, e->collateral.pck_chain));
	free(s.ptr);
	free(text);
}

static void check_add(struct assay_bytes in)
{
	struct assay_scratch s = { .ptr = room(in.len), .len = in.len };
	struct assay_collateral c = { 0 };
	struct assay_err err = { 0 };

	if (assay_collateral_add(&c, ASSAY_PART_ROOT_CA_CRL, in, &s, &err)) {
		must(c.root_ca_crl.len > 0);
		check_collateral(&c, in, &s);
	} else {
		must(err.check == ASSAY_R_SYNTAX && is_zero(&c, sizeof(c)));
		check_failure(&err, &s);
	}
	free(s.ptr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };
	struct assay_scratch s = { .ptr = room(len), .len = len };
	struct assay_collateral c;
	struct assay_evidence e;
	struct assay_err err = { 0 };

	memset(&e, 0xee, sizeof(e));
	if (assay_evidence_read(&e, in, &s, &err)) {
		check_evidence(&e, in, &s);
		if (len >= 48 &&
		    (!strcmp(e.encoding, "raw") || !strcmp(e.encoding, "json")))
			check_base64(&e, in);
	} else {
		must(is_zero(&e, sizeof(e)));
		check_failure(&err, &s);
	}

	s.used = 0;
	memset(&c, 0xee, sizeof(c));
	if (assay_collateral_read(&c, in, &s, &err)) {
		check_collateral(&c, in, &s);
	} else {
		must(is_zero(&c, sizeof(c)));
		check_failure(&err, &s);
	}
	check_add(in);
	free(s.ptr);
	return 0;
}
