/* evidence.h - evidence and collateral out of whatever file they come in. */
#ifndef ASSAY_EVIDENCE_H
#define ASSAY_EVIDENCE_H

#include <assay/err.h>

/* The most that one piece of evidence, or one file of collateral, may hold. */
#define ASSAY_EVIDENCE_MAX (4u << 20)

/* A signed JSON document in one of its two forms: whole
 * ({"tcbInfo":{...},"signature":"..."}), then `sig_hex` is empty; or the inner
 * object and, beside it, the signature's 128 hex digits. */
struct assay_signed_json {
	struct assay_bytes doc;
	struct assay_bytes sig_hex;
};

/* The manufacturer's documents, as bytes that somebody else owns; what is not
 * there is empty.  Nothing is checked yet. */
struct assay_collateral {
	struct assay_signed_json tcb_info;
	struct assay_signed_json qe_identity;
	struct assay_bytes tcb_info_issuer_chain;    /* PEM: signer, root */
	struct assay_bytes qe_identity_issuer_chain; /* PEM: signer, root */
	struct assay_bytes root_ca_crl;              /* DER */
	struct assay_bytes pck_crl;                  /* DER */
	struct assay_bytes pck_crl_issuer_chain; /* PEM: CA, root; may be empty:
	                                               * then the quote's CA is it */
	struct assay_bytes pck_chain;            /* PEM: leaf, CA, root; only
	                                               * where the quote holds none */
};

/* One document of the collateral by name. */
enum assay_part {
	ASSAY_PART_NONE = 0,
	ASSAY_PART_TCB_INFO,
	ASSAY_PART_QE_IDENTITY,
	ASSAY_PART_TCB_INFO_ISSUER_CHAIN,
	ASSAY_PART_QE_IDENTITY_ISSUER_CHAIN,
	ASSAY_PART_ROOT_CA_CRL,
	ASSAY_PART_PCK_CRL,
	ASSAY_PART_PCK_CRL_ISSUER_CHAIN,
	ASSAY_PART_PCK_CHAIN,
};

enum assay_evidence_kind {
	ASSAY_EVIDENCE_NONE = 0,
	ASSAY_EVIDENCE_QUOTE,
	ASSAY_EVIDENCE_BUNDLE,
	ASSAY_EVIDENCE_EII,  /* a Conclave EnclaveInstanceInfo */
	ASSAY_EVIDENCE_CERT, /* a certificate of RA-TLS */
};

/* What a file of evidence holds.  Views point into the file or into the
 * scratch memory. */
struct assay_evidence {
	enum assay_evidence_kind kind;
	const char *encoding;     /* "raw", "hex", "base64", "pem" or "json" */
	struct assay_bytes quote; /* raw bytes, with what follows them */
	struct assay_collateral collateral;
	bool has_collateral;
	struct assay_bytes hpke;     /* RFC 9458 key configuration, or empty */
	struct assay_bytes sign;     /* Ed25519 public key (32), or empty */
	struct assay_bytes eii_spki; /* EII: signing key, 44 bytes, or empty */
	struct assay_bytes eii_ek;   /* EII: X25519 key, 32 bytes, or empty */
	struct assay_bytes tls_key;  /* certificate: its key, a whole
	                             * SubjectPublicKeyInfo, or empty */
	struct assay_bytes claims;   /* certificate: its claims in CBOR, which
	                             * name that key; or empty */
	struct assay_bytes nonce;    /* or empty */
	bool has_nonce;
	bool has_at;
	int64_t at; /* bundle: the time it speaks of */
};

/* Memory for what decoding makes.  Everything decoded is shorter than what it
 * was decoded from, so as much as the input is always enough. */
struct assay_scratch {
	uint8_t *ptr;
	size_t len, used;
};

ASSAY_BEGIN

/*
 * assay_evidence_read recognises evidence by its content: a raw quote, an Assay
 * bundle (JSON), a Conclave EnclaveInstanceInfo, a certificate of RA-TLS (DER or
 * PEM); what is binary also as hex or base64.
 *
 * evidence  written whole on success, zeroed on failure
 * in        the file; borrowed, pointed into; not in `scratch`
 * scratch   caller's memory for decoded parts: in.len bytes left are always
 *           enough, raw evidence needs none; pointed into; on failure as before
 * Fails with ASSAY_C_FORMAT, _SIZE, _BUNDLE, _FLAT, _EII, _EII_TYPE, _CERT,
 * _CERT_KEY, ASSAY_J_SYNTAX, _DUPKEY, _LIMIT, _TYPE, _RANGE, ASSAY_R_SYNTAX.
 * Whatever is binary and begins as none of the others counts as a quote here:
 * assay_quote_parse reads it, and says what it is not.  Allocates nothing.
 * Source: [DCAP 1.6], [CONCLAVE 1.2], docs/bundle.md, docs/ra-tls.md.
 */
ASSAY_MUST_CHECK bool assay_evidence_read(struct assay_evidence *evidence,
                                          struct assay_bytes in,
                                          struct assay_scratch *scratch,
                                          struct assay_err *err);

/*
 * assay_collateral_read reads a file that holds a whole collateral: the flat
 * JSON form, or a bundle or EII (whose collateral is taken).
 *
 * Parameters, failures and memory as assay_evidence_read.
 */
ASSAY_MUST_CHECK bool assay_collateral_read(struct assay_collateral *collateral,
                                            struct assay_bytes in,
                                            struct assay_scratch *scratch,
                                            struct assay_err *err);

/* assay_part_of gives the part that a file of this name in a collateral folder
 * holds ("pck_crl.der", "tcb_info.json"; no path), or ASSAY_PART_NONE. */
enum assay_part assay_part_of(const char *file_name);

/*
 * assay_collateral_add puts one document into `collateral`; CRLs in PEM or hex
 * are decoded to DER into `scratch`, where in.len bytes are enough.  `part` is
 * not ASSAY_PART_NONE.  On failure nothing is changed: ASSAY_C_CONFLICT if that
 * document is there already, ASSAY_R_SYNTAX, ASSAY_C_SIZE.
 */
ASSAY_MUST_CHECK bool assay_collateral_add(struct assay_collateral *collateral,
                                           enum assay_part part,
                                           struct assay_bytes in,
                                           struct assay_scratch *scratch,
                                           struct assay_err *err);

ASSAY_END

#endif
