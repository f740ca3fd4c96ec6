/* chain.h - one walker for every chain of certificates. */
#ifndef VERIFY_CHAIN_H
#define VERIFY_CHAIN_H

#include "crypto/crypto.h"
#include "format/cert.h"

enum { ASSAY_CHAIN_MAX = 3 };

/* What a chain is for, which says what must stand in it, the end first. */
enum assay_chain_use {
	ASSAY_CHAIN_PCK,    /* PCK leaf, PCK CA, root */
	ASSAY_CHAIN_CA,     /* PCK CA, root */
	ASSAY_CHAIN_SIGNER, /* TCB signer, root */
};

/* A chain, the end first and the root last, whatever the order of the text.
 * Certificates point into `der`: it is not to be copied. */
struct assay_chain {
	size_t n;
	struct assay_cert cert[ASSAY_CHAIN_MAX];
	struct assay_bytes word; /* before " SGX" in every name */
	enum assay_role role;    /* of the PCK CA */
	struct assay_bytes text; /* that it was read from */
	struct assay_bytes tail; /* the text of all but the end, if it stands in
	                            * that order; else empty */
	uint8_t der[ASSAY_CHAIN_MAX][ASSAY_CERT_MAX];
};

/*
 * assay_chain_open reads the PEM text `text` into `*chain` and checks all that
 * needs no signature and no date: form, number, order, the root's key, who is a
 * CA, key usage, path length, names.  The root's certificate is a hint: its own
 * signature proves nothing, its key is the pin.
 *
 * doc       what the text is called in failures
 * root_key  64 bytes x || y
 * Fails with X_* but for X_SIG and X_TIME.  `chain` is then of no use.
 * Source: [DCAP 2.4] X1-X5, X7, X9.
 */
ASSAY_MUST_CHECK bool
assay_chain_open(struct assay_chain *chain, struct assay_bytes text,
                 enum assay_doc doc, enum assay_chain_use use,
                 const uint8_t root_key[64], struct assay_err *err);

static inline const struct assay_cert *
assay_chain_ca(const struct assay_chain *chain)
{
	return &chain->cert[chain->n - 2];
}
static inline const struct assay_cert *
assay_chain_root(const struct assay_chain *chain)
{
	return &chain->cert[chain->n - 1];
}

/* A certificate's dates, which count whenever it is used. */
struct assay_dated {
	enum assay_doc doc;
	size_t at; /* of the dates in the certificate */
	struct assay_window window;
};
struct assay_dated assay_cert_dated(const struct assay_cert *cert);

/* When all of `n` certificates are good, n > 0. */
struct assay_window assay_dated_window(const struct assay_dated *dated,
                                       size_t n);

/* A leaf that was read by itself is what the leaf of a PCK chain must be, under
 * `ca`: no CA, for signatures, named for its role, issued by that CA.  Fails
 * with X_CA, X_KEYUSAGE, X_NAME. */
ASSAY_MUST_CHECK bool assay_leaf_fits(const struct assay_cert *leaf,
                                      const struct assay_cert *ca,
                                      struct assay_bytes word,
                                      struct assay_err *err);

/* One block of PEM into a certificate, whose bytes go to `der`.  Fails with
 * X_PEM (`at` is where the block ends in the text of `doc`), and as
 * assay_cert_parse. */
ASSAY_MUST_CHECK bool
assay_cert_decode(struct assay_cert *cert, uint8_t der[ASSAY_CERT_MAX],
                  struct assay_bytes body, enum assay_doc text_doc, size_t at,
                  enum assay_doc doc, struct assay_err *err);

/* The certificate is signed by `key`, and its own key is a point of the curve.
 * Fails with X_SIG, X_CURVE. */
ASSAY_MUST_CHECK bool assay_cert_signed(const struct assay_cert *cert,
                                        const uint8_t key[64],
                                        struct assay_p256 *engine,
                                        struct assay_err *err);

#endif
