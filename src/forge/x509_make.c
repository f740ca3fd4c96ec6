/* x509_make.c - what certificates and revocation lists have in common. */
#include "forge/x509_make.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "forge/x509_parts.h"

/* An INTEGER 0, for extensions whose value does not matter. */
#define ZERO \
	{ \
		(const uint8_t *)"\x02\x01\x00", 3 \
	}
#define OID(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

/* 1.2.840.113741.1.13.99: an arc beside Intel's that Intel does not use */
#define UNKNOWN OID("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x63")

const struct sim_ext sim_ext_unknown = { UNKNOWN, false, ZERO };
const struct sim_ext sim_ext_unknown_critical = { UNKNOWN, true, ZERO };
const struct sim_ext sim_ext_delta = { OID("\x55\x1d\x1b"), true, ZERO };
/* onlyContainsUserCerts [RFC 5280 5.2.5] */
const struct sim_ext sim_ext_idp = { OID("\x55\x1d\x1c"),
	                             true,
	                             { (const uint8_t *)"\x30\x03\x81\x01\xff",
	                               5 } };
/* certificateIssuer: a directoryName without attributes [RFC 5280 5.3.3] */
const struct sim_ext sim_ext_entry_issuer = {
	OID("\x55\x1d\x1d"),
	true,
	{ (const uint8_t *)"\x30\x04\xa4\x02\x30\x00", 6 }
};
/* holdInstructionCode, reject */
const struct sim_ext sim_ext_hold = {
	OID("\x55\x1d\x17"),
	false,
	{ (const uint8_t *)"\x06\x07\x2a\x86\x48\xce\x38\x02\x03", 9 }
};

static void rdn(struct buf *out, uint8_t attribute, uint8_t tag,
                const struct sim_octets *value)
{
	const uint8_t oid[] = { 0x55, 0x04, attribute };
	size_t set, pair;

	if (!value->len)
		return;
	set = sim_der_open(out, DER_SET);
	pair = sim_der_open(out, DER_SEQUENCE);
	sim_der(out, DER_OID, (struct assay_bytes){ oid, sizeof(oid) });
	sim_der(out, tag, sim_bytes(value));
	sim_der_close(out, pair);
	sim_der_close(out, set);
}

void sim_x509_name(struct buf *out, const struct sim_name *name)
{
	enum { CN = 3, C = 6, L = 7, ST = 8, O = 10, OU = 11 };
	size_t at;

	if (name->raw.len) {
		buf_put_bytes(out, name->raw);
		return;
	}
	at = sim_der_open(out, DER_SEQUENCE);
	if (!name->cn_last)
		rdn(out, CN, DER_UTF8_STRING, &name->cn);
	rdn(out, O, DER_UTF8_STRING, &name->o);
	rdn(out, OU, DER_UTF8_STRING, &name->ou);
	rdn(out, L, DER_UTF8_STRING, &name->l);
	rdn(out, ST, DER_UTF8_STRING, &name->st);
	rdn(out, C, DER_PRINTABLE_STRING, &name->c);
	if (name->cn_last)
		rdn(out, CN, DER_UTF8_STRING, &name->cn);
	rdn(out, CN, DER_UTF8_STRING, &name->cn2);
	sim_der_close(out, at);
}

void sim_x509_alg(struct buf *out, enum sim_alg alg)
{
	static const struct assay_bytes oids[] = {
		[SIM_ALG_ECDSA_SHA256] =
			OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"),
		[SIM_ALG_ECDSA_SHA256_NULL] =
			OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"),
		[SIM_ALG_ECDSA_SHA384] =
			OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"),
		[SIM_ALG_ECDSA_SHA1] = OID("\x2a\x86\x48\xce\x3d\x04\x01"),
		[SIM_ALG_RSA_SHA256] =
			OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"),
	};
	size_t at = sim_der_open(out, DER_SEQUENCE);

	sim_der(out, DER_OID, oids[alg]);
	if (alg == SIM_ALG_ECDSA_SHA256_NULL || alg == SIM_ALG_RSA_SHA256)
		buf_put(out, "\x05\x00", 2);
	sim_der_close(out, at);
}

void sim_x509_serial(struct buf *out, const struct sim_octets *serial, bool raw)
{
	if (raw)
		sim_der(out, DER_INTEGER, sim_bytes(serial));
	else
		sim_der_magnitude(out, sim_bytes(serial));
}

void sim_x509_ext(struct buf *out, const struct sim_ext *ext)
{
	size_t at = sim_der_open(out, DER_SEQUENCE);

	sim_der(out, DER_OID, ext->oid);
	if (ext->critical)
		buf_put(out, "\x01\x01\xff", 3);
	sim_der(out, DER_OCTET_STRING, ext->value);
	sim_der_close(out, at);
}

void sim_x509_ce(struct buf *out, uint8_t arc, bool critical,
                 const struct buf *value)
{
	const uint8_t oid[] = { 0x55, 0x1d, arc };
	const struct sim_ext ext = { { oid, sizeof(oid) },
		                     critical,
		                     buf_bytes(value) };

	sim_x509_ext(out, &ext);
	out->bad |= value->bad;
}

void sim_x509_aki(struct buf *out, const struct sim_octets *aki)
{
	struct buf v = { 0 };
	size_t at;

	if (!aki->len)
		return;
	at = sim_der_open(&v, DER_SEQUENCE);
	sim_der(&v, 0x80, sim_bytes(aki));
	sim_der_close(&v, at);
	sim_x509_ce(out, SIM_CE_AKI, false, &v);
	buf_free(&v);
}

static bool sign_as(uint8_t sig[64], const struct assay_p256_pair *pair,
                    struct assay_bytes msg, enum sim_alg alg)
{
	uint8_t digest[ASSAY_SHA384_LEN];

	if (alg != SIM_ALG_ECDSA_SHA384)
		return sim_sign(sig, pair, msg);
	assay_sha384(digest, msg); /* ECDSA takes its first 256 bits */
	return assay_p256_sign(sig, pair, digest);
}

bool sim_x509_seal(struct buf *der, struct buf *tbs,
                   const struct sim_signing *how,
                   const struct assay_p256_pair *issuer)
{
	uint8_t sig[64];
	size_t at, bits;

	sim_der_reform(tbs, how->tbs_form);
	sim_edit_all(tbs, how->tbs_edit, SIM_N_EDITS);
	buf_clear(der);
	der->bad = tbs->bad ||
	           !sign_as(sig, issuer, buf_bytes(tbs), how->outer);
	if (!der->bad) {
		at = sim_der_open(der, DER_SEQUENCE);
		buf_put_bytes(der, buf_bytes(tbs));
		sim_x509_alg(der, how->outer);
		bits = sim_der_open(der, DER_BIT_STRING);
		buf_put_zeros(der, 1);
		sim_sig_der(der, sig, how->sig);
		sim_der_close(der, bits);
		sim_der_close(der, at);
		sim_der_reform(der, how->form);
		sim_edit_all(der, how->edit, SIM_N_EDITS);
	}
	buf_free(tbs);
	return !der->bad;
}

void sim_pem(struct buf *text, const char *label, struct assay_bytes der)
{
	enum { LINE = 64 };
	size_t n = (der.len + 2) / 3 * 4;
	char *digits = malloc(n + 1);

	if (!digits) {
		text->bad = true;
		return;
	}
	assay_base64_print(digits, der.ptr, der.len);
	buf_printf(text, "-----BEGIN %s-----\n", label);
	for (size_t i = 0; i < n; i += LINE)
		buf_printf(text, "%.*s\n", LINE, digits + i);
	buf_printf(text, "-----END %s-----\n", label);
	free(digits);
}

struct sim_octets sim_key_id(const uint8_t key[64])
{
	static const uint8_t uncompressed = 0x04;
	uint8_t digest[ASSAY_SHA256_LEN];

	assay_sha256_2(digest, (struct assay_bytes){ &uncompressed, 1 },
	               (struct assay_bytes){ key, 64 });
	return sim_mem(digest, 20);
}
