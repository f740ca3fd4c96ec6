/* x509_make.h - certificates and revocation lists in Intel's profile, every
 * field of which can be made wrong and is signed all the same. */
#ifndef FORGE_X509_MAKE_H
#define FORGE_X509_MAKE_H

#include "forge/der_out.h"
#include "forge/edit.h"
#include "forge/sign.h"

/* A distinguished name; its attributes in Intel's order, each an RDN of its
 * own.  An empty one is left out. */
struct sim_name {
	struct sim_octets cn, o, l, st, c;
	bool cn_last;           /* the CN stands behind the others */
	struct sim_octets cn2;  /* a second CN, behind everything */
	struct sim_octets ou;   /* behind O */
	struct assay_bytes raw; /* a whole DER Name instead */
};

enum sim_alg {
	SIM_ALG_ECDSA_SHA256 = 0,
	SIM_ALG_ECDSA_SHA256_NULL, /* with parameters, which it must not have */
	SIM_ALG_ECDSA_SHA384,      /* and signed so */
	SIM_ALG_ECDSA_SHA1,        /* says so, but is signed with SHA-256 */
	SIM_ALG_RSA_SHA256,        /* the same */
};

struct sim_ext {
	struct assay_bytes oid; /* contents of the OBJECT IDENTIFIER */
	bool critical;
	struct assay_bytes value; /* contents of the OCTET STRING */
};
/* Extensions that have no place in the profile. */
extern const struct sim_ext sim_ext_unknown; /* not critical */
extern const struct sim_ext sim_ext_unknown_critical;
extern const struct sim_ext sim_ext_delta;        /* CRL: delta indicator */
extern const struct sim_ext sim_ext_idp;          /* CRL: distribution point */
extern const struct sim_ext sim_ext_entry_issuer; /* entry: other issuer */
extern const struct sim_ext sim_ext_hold;         /* entry; not critical */

#define SIM_N_EDITS 3
#define SIM_N_EXTRA 3

/* How the to-be-signed part becomes a signed document. */
struct sim_signing {
	enum sim_alg inner, outer; /* the two AlgorithmIdentifiers */
	enum sim_sig sig;
	enum sim_form tbs_form;                /* of the part that is signed */
	enum sim_form form;                    /* of the whole */
	struct sim_edit tbs_edit[SIM_N_EDITS]; /* before it is signed */
	struct sim_edit edit[SIM_N_EDITS];     /* afterwards */
};

/* The SGX extension [DCAP 2.2].  Its members stand as the arrays list them, by
 * the last arc of their OID; so members are dropped, doubled or reordered by
 * editing the arrays.  An arc that does not exist is an OCTET STRING of
 * `octets` in `member`, an INTEGER in `tcb`, a BOOLEAN in `flag`. */
struct sim_pck_member {
	uint8_t arc; /* 2: tcb; 5: value; 7: flags; else octets */
	struct sim_octets octets;
	int32_t value;
};
struct sim_pck_tcb {
	uint8_t arc; /* 18: octets; else value */
	int32_t value;
	struct sim_octets octets;
};
struct sim_pck_flag {
	uint8_t arc, value; /* value: the BOOLEAN's byte */
};
struct sim_pck_spec {
	struct sim_pck_member member[10];
	size_t n_members;           /* 5: Processor CA; 7: Platform CA */
	struct sim_pck_tcb tcb[20]; /* 16 components, PCESVN, CPUSVN */
	size_t n_tcb;
	struct sim_pck_flag flag[5];
	size_t n_flags;
};
/* Where a member stands in `member` of an unedited spec. */
enum {
	SIM_PCK_PPID = 0,
	SIM_PCK_TCB,
	SIM_PCK_PCEID,
	SIM_PCK_FMSPC,
	SIM_PCK_TYPE,
	SIM_PCK_PIID,
	SIM_PCK_CONFIGURATION,
	SIM_TCB_PCESVN = 16,
	SIM_TCB_CPUSVN = 17,
};

/* What stands in the certificate as its public key. */
enum sim_key_form {
	SIM_KEY_P256 = 0,
	SIM_KEY_P256_COMPRESSED,
	SIM_KEY_P256_INFINITY, /* one zero byte */
	SIM_KEY_P256_PARAMETERS_LEFT_OUT,
	SIM_KEY_P384, /* some point of P-384 */
	SIM_KEY_RSA,  /* some 2048-bit modulus */
};

/* Key usage bits as in the first two bytes of the BIT STRING. */
enum {
	SIM_KU_DIGITAL_SIGNATURE = 0x8000,
	SIM_KU_NON_REPUDIATION = 0x4000,
	SIM_KU_KEY_CERT_SIGN = 0x0400,
	SIM_KU_CRL_SIGN = 0x0200,
};

struct sim_cert_spec {
	int version;              /* 2 says v3; below 0: left out */
	struct sim_octets serial; /* magnitude */
	bool serial_raw;          /* `serial` are the INTEGER's contents */
	struct sim_name issuer, subject;
	int64_t not_before, not_after;
	uint8_t key[64]; /* x || y, on the curve or not */
	enum sim_key_form key_form;
	struct sim_octets aki, ski; /* empty: left out */
	struct assay_bytes crl_url; /* empty: left out */
	bool has_key_usage, key_usage_critical;
	uint16_t key_usage;
	bool has_basic, basic_critical, is_ca;
	int path_len;   /* below 0: left out */
	unsigned n_sgx; /* how often the SGX extension stands there */
	bool sgx_critical;
	struct assay_bytes sgx_raw; /* its contents instead of `pck` */
	struct sim_pck_spec pck;
	struct sim_ext extra[SIM_N_EXTRA];
	size_t n_extra;
	bool no_extensions;
	struct sim_signing sign;
};

/* sim_cert_make writes the certificate, in DER, signed by `issuer`. */
ASSAY_MUST_CHECK bool sim_cert_make(struct buf *der,
                                    const struct sim_cert_spec *spec,
                                    const struct assay_p256_pair *issuer);

/* An entry of a revocation list. */
struct sim_revoked {
	struct sim_octets serial;
	bool serial_raw; /* `serial` are the INTEGER's contents */
	int64_t date;
	int reason;                  /* below 0: left out */
	const struct sim_ext *extra; /* one more entry extension, or NULL */
};

struct sim_crl_spec {
	int version; /* 1 says v2; below 0: left out */
	struct sim_name issuer;
	int64_t this_update, next_update;
	bool no_next_update;
	const struct sim_revoked *revoked; /* borrowed */
	size_t n_revoked;
	struct sim_octets number; /* magnitude, big-endian; empty: left out */
	struct sim_octets aki;    /* empty: left out */
	struct sim_ext extra[SIM_N_EXTRA];
	size_t n_extra;
	struct sim_signing sign;
};

/* sim_crl_make writes the list, in DER, signed by `issuer`. */
ASSAY_MUST_CHECK bool sim_crl_make(struct buf *der,
                                   const struct sim_crl_spec *spec,
                                   const struct assay_p256_pair *issuer);

/* sim_pem appends one block of PEM, lines of 64 digits, to `text`. */
void sim_pem(struct buf *text, const char *label, struct assay_bytes der);

/* The key identifier of a P-256 key: the first 20 bytes of the SHA-256 of the
 * point [RFC 7093 2, method 1].  As with Intel, it is the serial number too. */
struct sim_octets sim_key_id(const uint8_t key[64]);

#endif
