/* quote.h - what a quote's reader shares with the layers above. */
#ifndef FORMAT_QUOTE_H
#define FORMAT_QUOTE_H

#include <assay/quote.h>

#include "base/rd.h"

/* Types of certification data [DCAP 1.5]. */
enum {
	ASSAY_CERT_PPID_CLEAR = 1,
	ASSAY_CERT_PPID_RSA2048,
	ASSAY_CERT_PPID_RSA3072,
	ASSAY_CERT_PCK_LEAF,
	ASSAY_CERT_PCK_CHAIN,
	ASSAY_CERT_QE_REPORT,
};

/* The 384 bytes of an SGX report body [DCAP 1.2]. */
void assay_sgx_report_read(struct assay_sgx_report *out, struct assay_rd *r);

/* P_CERTTYPE's one place: certification data of type `got`, at `at` of the
 * quote, where `wanted` should stand. */
bool assay_wrong_cert_type(struct assay_err *err, size_t at, uint16_t got,
                           const char *wanted);

#endif
