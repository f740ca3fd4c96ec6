/* ratls.c - evidence in the certificate that a program shows over TLS. */
#include "format/ratls.h"

#include "crypto/crypto.h"
#include "format/cbor.h"
#include "format/x509.h"

#include <inttypes.h>
#include <string.h>

enum {
	TEE_QUOTE = 60000, /* CBOR tag of quotes */
	NONCE_MAX = 255,
	CONTEXT_1 = 0x81, /* issuerUniqueID */
	CONTEXT_2 = 0x82, /* subjectUniqueID */
};

/* 2.23.133.5.4.9, tcg-dice-conceptual-message-wrapper */
static const uint8_t oid_standard[] = { 0x67, 0x81, 0x05, 0x05, 0x04, 0x09 };
/* Gramine's before that: it means 1.2.840.113741.1337.6, but writes that with
 * its tag and length once more, so it is 0.6.9.42.840.113741.1337.6. */
static const uint8_t oid_gramine[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
	                               0xf8, 0x4d, 0x8a, 0x39, 0x06 };

/* What a certificate holds. */
struct parts {
	struct assay_bytes spki;
	size_t extensions_at;
	bool has_standard, has_gramine;
	struct assay_rd standard;   /* the standard extension's value */
	struct assay_bytes gramine; /* the quote in the other one */
	struct assay_bytes quote, claims, nonce;
	bool has_nonce, has_hash;
	uint64_t hash_alg;
	size_t hash_at;
	struct assay_bytes hash;
};

bool assay_is_certificate(struct assay_bytes in)
{
	/* a SEQUENCE of 256 bytes to 16 MiB; text has no such second byte, and
	 * no quote such a version */
	return in.len > 2 && in.ptr[0] == DER_SEQUENCE &&
	       (in.ptr[1] == 0x82 || in.ptr[1] == 0x83);
}

/* The first sight of something that may be there once. */
static void once(bool *seen, struct assay_rd *r, size_t at, const char *field)
{
	if (*seen)
		assay_rd_spoil(r, at, field);
	*seen = true;
}

/* ---- the certificate [RFC 5280 4.1] */

static bool is_oid(struct assay_bytes oid, const uint8_t *want, size_t n)
{
	return assay_bytes_equal(oid, (struct assay_bytes){ want, n });
}

static void read_extension(struct parts *p, struct assay_rd *list)
{
	struct assay_x509_ext x = assay_x509_extension(list);

	if (!assay_rd_ok(list))
		return;
	if (is_oid(x.oid, oid_standard, sizeof(oid_standard))) {
		once(&p->has_standard, list, x.at, "one extension of evidence");
		p->standard = x.value;
	} else if (is_oid(x.oid, oid_gramine, sizeof(oid_gramine))) {
		once(&p->has_gramine, list, x.at, "one extension of Gramine");
		p->gramine = assay_rd_rest(&x.value);
	}
}

static void read_extensions(struct parts *p, struct assay_rd *tbs)
{
	struct assay_rd x, list;

	p->extensions_at = tbs->pos;
	x = assay_der_enter(tbs, DER_CONTEXT_3, "extensions");
	list = assay_der_enter(&x, DER_SEQUENCE, "Extensions");
	while (assay_rd_ok(&list) && assay_rd_left(&list))
		read_extension(p, &list);
	assay_der_leave(&x, &list, "Extensions");
	assay_der_leave(tbs, &x, "extensions");
}

static void read_tbs(struct parts *p, struct assay_rd *cert)
{
	struct assay_rd t = assay_der_enter(cert, DER_SEQUENCE,
	                                    "tbsCertificate");

	assay_der_take(&t, DER_CONTEXT_0, "version");
	assay_der_take(&t, DER_INTEGER, "serialNumber");
	assay_der_take(&t, DER_SEQUENCE, "signature");
	assay_der_take(&t, DER_SEQUENCE, "issuer");
	assay_der_take(&t, DER_SEQUENCE, "validity");
	assay_der_take(&t, DER_SEQUENCE, "subject");
	p->spki = assay_der_whole(&t, DER_SEQUENCE, "subjectPublicKeyInfo");
	if (assay_der_peek(&t) == CONTEXT_1)
		assay_der_take(&t, CONTEXT_1, "issuerUniqueID");
	if (assay_der_peek(&t) == CONTEXT_2)
		assay_der_take(&t, CONTEXT_2, "subjectUniqueID");
	read_extensions(p, &t);
	assay_der_leave(cert, &t, "tbsCertificate");
}

static void read_certificate(struct parts *p, struct assay_rd *r)
{
	struct assay_rd cert = assay_der_enter(r, DER_SEQUENCE, "Certificate");

	read_tbs(p, &cert);
	assay_der_take(&cert, DER_SEQUENCE, "signatureAlgorithm");
	assay_der_take(&cert, DER_BIT_STRING, "signatureValue");
	assay_der_leave(r, &cert, "Certificate");
	if (assay_rd_left(r))
		assay_rd_spoil(r, r->pos, "the certificate's end");
}

/* ---- the evidence [RATLS evidence, claims] */

/* A byte string that holds [algorithm, hash]. */
static void read_hash(struct parts *p, struct assay_rd *map)
{
	struct assay_rd v;

	p->hash_at = map->pos;
	v = assay_cbor_enter(map, ASSAY_CBOR_BYTES, "pubkey-hash");
	if (assay_cbor_head(&v, ASSAY_CBOR_ARRAY, "pubkey-hash") != 2)
		assay_rd_spoil(&v, p->hash_at, "pubkey-hash of two parts");
	p->hash_alg = assay_cbor_head(&v, ASSAY_CBOR_UINT, "hash-alg-id");
	p->hash = assay_cbor_string(&v, ASSAY_CBOR_BYTES, "hash-value");
	assay_cbor_leave(map, &v, "pubkey-hash");
}

static bool is_text(struct assay_bytes name, const char *text)
{
	return is_oid(name, (const uint8_t *)text, strlen(text));
}

/* Claims of other names are nobody's concern here. */
static void read_claim(struct parts *p, struct assay_rd *map)
{
	struct assay_bytes name = { 0 };
	size_t at = map->pos;

	if (assay_cbor_peek(map) == ASSAY_CBOR_TEXT)
		name = assay_cbor_string(map, ASSAY_CBOR_TEXT, "claim");
	else
		assay_cbor_skip(map, "claim");
	if (is_text(name, "pubkey-hash")) {
		once(&p->has_hash, map, at, "one pubkey-hash");
		read_hash(p, map);
	} else if (is_text(name, "nonce")) {
		once(&p->has_nonce, map, at, "one nonce");
		p->nonce = assay_cbor_string(map, ASSAY_CBOR_BYTES, "nonce");
		if (p->nonce.len > NONCE_MAX)
			assay_rd_spoil(map, at, "nonce of at most 255 bytes");
	} else {
		assay_cbor_skip(map, "claim");
	}
}

static void read_claims(struct parts *p, struct assay_rd *map)
{
	size_t at = map->pos;
	uint64_t n = assay_cbor_head(map, ASSAY_CBOR_MAP, "claims");

	for (; n && assay_rd_ok(map); n--)
		read_claim(p, map);
	if (!p->has_hash)
		assay_rd_spoil(map, at, "claims with pubkey-hash");
}

/* 60000([quote, claims]); some put it into an OCTET STRING of its own. */
static void read_evidence(struct parts *p, struct assay_rd *r)
{
	struct assay_rd in =
		assay_der_peek(r) == DER_OCTET_STRING
			? assay_der_enter(r, DER_OCTET_STRING, "evidence")
			: assay_rd_sub(r, assay_rd_left(r), "evidence");
	size_t at = in.pos;
	struct assay_rd claims;

	if (assay_cbor_head(&in, ASSAY_CBOR_TAG, "tag") != TEE_QUOTE)
		assay_rd_spoil(&in, at, "tag 60000, of quotes");
	if (assay_cbor_head(&in, ASSAY_CBOR_ARRAY, "evidence") != 2)
		assay_rd_spoil(&in, at, "quote and claims");
	p->quote = assay_cbor_string(&in, ASSAY_CBOR_BYTES, "quote");
	claims = assay_cbor_enter(&in, ASSAY_CBOR_BYTES, "claims");
	p->claims = (struct assay_bytes){ claims.base + claims.pos,
		                          assay_rd_left(&claims) };
	read_claims(p, &claims);
	assay_cbor_leave(&in, &claims, "claims");
	assay_cbor_leave(r, &in, "evidence");
	if (assay_rd_left(r))
		assay_rd_spoil(r, r->pos, "the evidence's end");
}

/* Its length tells whether the algorithm is one that is known. */
static size_t hash_of(uint8_t hash[ASSAY_SHA512_LEN], uint64_t alg,
                      struct assay_bytes spki)
{
	switch (alg) { /* numbers of IANA's Named Information registry */
	case 1:
		assay_sha256(hash, spki);
		return ASSAY_SHA256_LEN;
	case 7:
		assay_sha384(hash, spki);
		return ASSAY_SHA384_LEN;
	case 8:
		assay_sha512(hash, spki);
		return ASSAY_SHA512_LEN;
	default:
		return 0;
	}
}

static bool check_key(const struct parts *p, enum assay_doc doc,
                      struct assay_err *err)
{
	uint8_t want[ASSAY_SHA512_LEN];
	size_t n = hash_of(want, p->hash_alg, p->spki);

	if (n && assay_bytes_equal(p->hash, (struct assay_bytes){ want, n }))
		return true;
	return assay_fail(err, ASSAY_C_CERT_KEY, doc, p->hash_at,
	                  "the hash in the claims, of algorithm %" PRIu64
	                  ", is not this key's",
	                  p->hash_alg);
}

bool assay_ratls_read(struct assay_evidence *e, struct assay_bytes der,
                      enum assay_doc doc, struct assay_err *err)
{
	struct assay_rd r = assay_rd(der);
	struct parts p = { 0 };

	read_certificate(&p, &r);
	if (p.has_standard && assay_rd_ok(&r)) {
		read_evidence(&p, &p.standard);
		assay_rd_join(&r, &p.standard);
	} else {
		p.quote = p.gramine;
	}
	if (!p.quote.len)
		assay_rd_spoil(&r, p.extensions_at,
		               "an extension with a quote");
	if (!assay_rd_ok(&r))
		return assay_fail(err, ASSAY_C_CERT, doc, r.bad_at,
		                  "%s: not there, or not as its format has it",
		                  r.bad);
	if (p.has_standard && !check_key(&p, doc, err))
		return false;
	e->kind = ASSAY_EVIDENCE_CERT;
	e->quote = p.quote;
	e->tls_key = p.spki;
	e->claims = p.claims;
	e->nonce = p.nonce;
	e->has_nonce = p.has_nonce;
	return true;
}
