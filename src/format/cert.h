/* cert.h - certificates and revocation lists of Intel's profile as structs. */
#ifndef FORMAT_CERT_H
#define FORMAT_CERT_H

#include <assay/verify.h>

#include "base/err.h"

/* No certificate of the profile comes near this many bytes of DER. */
#define ASSAY_CERT_MAX 4096

/* Key usage bits, as in the certificate's first two bytes. */
#define ASSAY_KU_DIGITAL_SIGNATURE 0x8000u
#define ASSAY_KU_KEY_CERT_SIGN 0x0400u
#define ASSAY_KU_CRL_SIGN 0x0200u

/* A certificate.  Views point into the DER that was parsed; offsets count in
 * it. */
struct assay_cert {
	enum assay_doc doc;
	struct assay_bytes der, tbs;
	struct assay_bytes serial;          /* magnitude, no leading zeros */
	struct assay_bytes issuer, subject; /* whole DER Names */
	struct assay_bytes cn; /* the subject's one CN, if it stands
	                                  * alone in the first RDN, else empty */
	struct assay_window validity;
	uint8_t key[64]; /* x || y; on the curve or not */
	uint8_t sig[64]; /* r || s; zeros if malformed */
	bool is_ca;
	bool has_path_len;
	uint32_t path_len;
	uint16_t key_usage;
	unsigned n_sgx_ext;
	struct assay_bytes sgx_ext; /* contents of the (last) SGX extension */
	struct assay_bytes crl_points; /* contents of cRLDistributionPoints */
	size_t subject_at, validity_at, key_at, extensions_at, sig_at, sgx_at;
};

/*
 * assay_cert_parse reads one certificate.  Form only: no signature, no date, no
 * role.  `doc` says which document it is in failures.
 * Fails with ASSAY_X_DER, _SIGALG, _CURVE (not P-256, or not uncompressed),
 * _UNKNOWN_CRITICAL, _KEYID.  Source: [DCAP 2.4] X1, X7, X8; RFC 5280.
 */
ASSAY_MUST_CHECK bool assay_cert_parse(struct assay_cert *cert,
                                       struct assay_bytes der,
                                       enum assay_doc doc,
                                       struct assay_err *err);

/* Where the issuer's revocation list is, if that is one address of the form that
 * Intel's certificates have; else empty. */
struct assay_bytes assay_cert_crl_url(const struct assay_cert *cert);

/* X_CURVE's one place: the public key is none that the profile allows. */
bool assay_cert_wrong_key(struct assay_err *err, const struct assay_cert *cert);

/* What a certificate is for, by its common name "<word> SGX …". */
enum assay_role {
	ASSAY_ROLE_NONE = 0,
	ASSAY_ROLE_ROOT,
	ASSAY_ROLE_PROCESSOR_CA,
	ASSAY_ROLE_PLATFORM_CA,
	ASSAY_ROLE_PCK,
	ASSAY_ROLE_TCB_SIGNER,
};
/* The role, and (may be NULL) the word before " SGX". */
enum assay_role assay_cert_role(const struct assay_cert *cert,
                                struct assay_bytes *word);

/*
 * assay_pck_parse reads the SGX extension of a PCK leaf issued by a CA of role
 * `issuer` (Processor: 5 members, Platform: 7).  Fails with ASSAY_X_SGXEXT.
 * Source: [DCAP 2.2].
 */
ASSAY_MUST_CHECK bool assay_pck_parse(struct assay_pck *pck,
                                      const struct assay_cert *leaf,
                                      enum assay_role issuer,
                                      struct assay_err *err);

/* A revocation list.  Views point into the DER that was parsed. */
struct assay_crl {
	enum assay_doc doc;
	struct assay_bytes der, tbs;
	struct assay_bytes issuer;    /* whole DER Name */
	struct assay_window validity; /* thisUpdate, nextUpdate */
	struct assay_bytes revoked;   /* the entries, walked again by lookups */
	uint64_t number;              /* UINT64_MAX: that or more */
	uint8_t sig[64];
	size_t issuer_at, validity_at, sig_at;
};

/*
 * assay_crl_parse reads one CRL, every entry included.
 * Fails with ASSAY_R_DER, _UNKNOWN_EXT, ASSAY_X_SIGALG.  Source: [DCAP 2.5].
 */
ASSAY_MUST_CHECK bool assay_crl_parse(struct assay_crl *crl,
                                      struct assay_bytes der,
                                      enum assay_doc doc,
                                      struct assay_err *err);

/* Whether the list names this serial (magnitudes are compared); any entry
 * counts, whatever its reason. */
bool assay_crl_lists(const struct assay_crl *crl, struct assay_bytes serial);
/* The same; and since when, as the entry says. */
bool assay_crl_finds(const struct assay_crl *crl, struct assay_bytes serial,
                     int64_t *since);

#endif
