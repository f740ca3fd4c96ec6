/* fuzz_x509.c - certificates and revocation lists: views lie inside the input,
 * a failure leaves zeros and says where, a list lists what stands in it. */
#include "format/cert.h"
#include "format/der.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void must_be_inside(struct assay_bytes view, struct assay_bytes in)
{
	must(view.len == 0 ||
	     (view.ptr >= in.ptr && view.len <= in.len &&
	      (size_t)(view.ptr - in.ptr) <= in.len - view.len));
}

static void check_failure(const struct assay_err *err, enum assay_doc doc,
                          struct assay_bytes in)
{
	must(err->check >= ASSAY_X_DER && err->check <= ASSAY_R_DER);
	must(err->doc == doc && err->at <= in.len && err->note[0]);
}

static void check_pck(const struct assay_cert *cert, enum assay_role issuer,
                      struct assay_bytes in)
{
	static const struct assay_pck zero;
	struct assay_err err = { 0 };
	struct assay_pck pck;

	memset(&pck, 0xee, sizeof(pck));
	if (assay_pck_parse(&pck, cert, issuer, &err)) {
		must(cert->n_sgx_ext == 1 && pck.sgx_type <= 2);
		must(pck.has_piid == (issuer == ASSAY_ROLE_PLATFORM_CA));
	} else {
		must(memcmp(&pck, &zero, sizeof(pck)) == 0);
		must(err.check == ASSAY_X_SGXEXT);
		check_failure(&err, ASSAY_DOC_PCK_LEAF, in);
	}
}

static void check_cert(struct assay_bytes in)
{
	static const struct assay_cert zero;
	struct assay_bytes word = { 0 };
	struct assay_err err = { 0 };
	struct assay_cert cert;

	memset(&cert, 0xee, sizeof(cert));
	if (!assay_cert_parse(&cert, in, ASSAY_DOC_PCK_LEAF, &err)) {
		must(memcmp(&cert, &zero, sizeof(cert)) == 0);
		check_failure(&err, ASSAY_DOC_PCK_LEAF, in);
		return;
	}
	must(cert.der.ptr == in.ptr && cert.der.len == in.len);
	must_be_inside(cert.tbs, in);
	must_be_inside(cert.serial, cert.tbs);
	must_be_inside(cert.issuer, cert.tbs);
	must_be_inside(cert.subject, cert.tbs);
	must_be_inside(cert.cn, cert.subject);
	must_be_inside(cert.sgx_ext, cert.tbs);
	if (assay_cert_role(&cert, &word) != ASSAY_ROLE_NONE)
		must_be_inside(word, cert.cn);
	check_pck(&cert, ASSAY_ROLE_PROCESSOR_CA, in);
	check_pck(&cert, ASSAY_ROLE_PLATFORM_CA, in);
}

static void check_crl(struct assay_bytes in)
{
	static const struct assay_crl zero;
	struct assay_err err = { 0 };
	struct assay_crl crl;
	struct assay_rd r;

	memset(&crl, 0xee, sizeof(crl));
	if (!assay_crl_parse(&crl, in, ASSAY_DOC_PCK_CRL, &err)) {
		must(memcmp(&crl, &zero, sizeof(crl)) == 0);
		check_failure(&err, ASSAY_DOC_PCK_CRL, in);
		return;
	}
	must_be_inside(crl.tbs, in);
	must_be_inside(crl.issuer, crl.tbs);
	must_be_inside(crl.revoked, crl.tbs);
	r = assay_rd(crl.revoked);
	while (assay_rd_left(&r)) {
		struct assay_rd e = assay_der_enter(&r, DER_SEQUENCE, "entry");

		must(assay_crl_lists(&crl,
		                     assay_der_serial(&e, false, "serial")));
		must(assay_rd_ok(&e));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check_cert((struct assay_bytes){ data, len });
	check_crl((struct assay_bytes){ data, len });
	return 0;
}
