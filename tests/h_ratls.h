/* h_ratls.h - certificates with evidence of a simulated machine, as programs
 * show them over TLS. */
#ifndef TESTS_H_RATLS_H
#define TESTS_H_RATLS_H

#include "forge/world.h"

/* SubjectPublicKeyInfo of a P-256 key. */
enum { RATLS_SPKI_LEN = 91 };
void ratls_spki(uint8_t out[RATLS_SPKI_LEN], const uint8_t key[64]);

/* ---- CBOR, written */
void ratls_head(struct buf *out, unsigned type, uint64_t value);
void ratls_string(struct buf *out, unsigned type, struct assay_bytes s);
void ratls_text(struct buf *out, const char *text);

struct ratls_spec {
	struct assay_p256_pair key; /* the certificate's */
	bool standard, gramine;     /* which extensions it has */
	unsigned alg;               /* of pubkey-hash: 1, 7, 8 */
	const char *nonce;          /* NULL: none */
	struct assay_bytes claims;  /* instead of those */
	struct assay_bytes
		evidence; /* the standard extension's value instead */
	struct assay_bytes report_data; /* of the quote, 64 bytes, instead */
	bool twice;                     /* every extension stands there twice */
	bool wrapped; /* the value is an OCTET STRING once more */
	/* NULL: the world's; else who makes quotes of this report data */
	void (*quote)(struct buf *quote, const uint8_t report_data[64]);
};

/* The claims of the specification. */
void ratls_claims(struct buf *out, const struct ratls_spec *spec);
/* A certificate in DER, whose quote is one more of a built world (NULL, where
 * the spec says who makes it). */
void ratls_make(struct buf *der, struct sim_world *world,
                const struct ratls_spec *spec);

/* ---- a client of Gramine's secret provisioning */

struct ratls_visit {
	struct assay_p256_pair key;     /* that the client has */
	struct evp_pkey_st *other;      /* or this one, if it is not NULL */
	struct buf cert;                /* DER; empty: it shows none */
	int version;                    /* of TLS, or 0: any */
	const char *request;            /* NULL: the true one */
	struct ssl_session_st *session; /* offered, and got */
	bool shaken, resumed;
	uint8_t answer[256];
	size_t len;
};

/* A new key, and a certificate for it. */
void ratls_certify(struct ratls_visit *visit, struct sim_world *world,
                   const struct ratls_spec *spec);
/* As the client of Gramine does: a key of P-384, and both extensions. */
void ratls_certify_gramine(struct ratls_visit *visit, struct sim_world *world);
/* A connection to this port of the machine. */
int ratls_connect(uint16_t port);
/* Asks there, and hears all that is answered. */
void ratls_visit(struct ratls_visit *visit, uint16_t port);
/* Whether that was this secret, in the form of the protocol. */
bool ratls_got(const struct ratls_visit *visit, const char *secret);
void ratls_leave(struct ratls_visit *visit);

#endif
