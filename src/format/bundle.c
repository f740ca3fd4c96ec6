/* bundle.c - writes the bundle: docs/bundle.md. */
#include "format/bundle.h"

static void put_document(struct assay_json_out *o, const char *name,
                         struct assay_bytes in)
{
	if (in.len)
		assay_json_put_bytes(o, name, in);
}

static void put_list(struct assay_json_out *o, const char *name,
                     struct assay_bytes der)
{
	if (der.len)
		assay_json_put_hex(o, name, der.ptr, der.len);
}

/* The flat form. */
static void put_collateral(struct assay_json_out *o,
                           const struct assay_collateral *c)
{
	assay_json_put_object(o, "collateral");
	put_document(o, "tcb_info", c->tcb_info.doc);
	put_document(o, "tcb_info_signature", c->tcb_info.sig_hex);
	put_document(o, "tcb_info_issuer_chain", c->tcb_info_issuer_chain);
	put_document(o, "qe_identity", c->qe_identity.doc);
	put_document(o, "qe_identity_signature", c->qe_identity.sig_hex);
	put_document(o, "qe_identity_issuer_chain",
	             c->qe_identity_issuer_chain);
	put_list(o, "root_ca_crl", c->root_ca_crl);
	put_list(o, "pck_crl", c->pck_crl);
	put_document(o, "pck_crl_issuer_chain", c->pck_crl_issuer_chain);
	put_document(o, "pck_certificate_chain", c->pck_chain);
	assay_json_put_end(o, '}');
}

void assay_bundle_put(struct assay_json_out *o, const struct assay_bundle *b)
{
	assay_json_put_uint(o, "assay_bundle", 1);
	assay_json_put_object(o, "evidence");
	assay_json_put_text(o, "type", "quote");
	assay_json_put_base64(o, "data", b->quote);
	assay_json_put_end(o, '}');
	if (b->collateral)
		put_collateral(o, b->collateral);
	if (b->hpke.len) {
		assay_json_put_object(o, "keys");
		assay_json_put_base64(o, "hpke", b->hpke);
		assay_json_put_base64(o, "sign", b->sign);
		assay_json_put_end(o, '}');
	}
	if (b->has_nonce)
		assay_json_put_base64(o, "nonce", b->nonce);
	assay_json_put_time(o, "at", b->at);
}
