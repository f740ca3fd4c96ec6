/* cert_make.c - certificates, the SGX extension among them. */
#include <string.h>

#include "forge/x509_parts.h"

/* 1.2.840.113741.1.13.1 */
#define SGX_OID "\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01"

/* A SEQUENCE { OID sgx.arc1[.arc2], ... }; sim_der_close ends it. */
static size_t open_member(struct buf *out, uint8_t arc1, uint8_t arc2)
{
	size_t at = sim_der_open(out, DER_SEQUENCE);
	size_t oid = sim_der_open(out, DER_OID);

	buf_put(out, SGX_OID, sizeof(SGX_OID) - 1);
	buf_put(out, &arc1, 1);
	if (arc2)
		buf_put(out, &arc2, 1);
	sim_der_close(out, oid);
	return at;
}

static void put_tcb(struct buf *out, const struct sim_pck_spec *spec)
{
	size_t all = sim_der_open(out, DER_SEQUENCE);

	for (size_t i = 0; i < spec->n_tcb; i++) {
		const struct sim_pck_tcb *t = &spec->tcb[i];
		size_t at = open_member(out, 2, t->arc);

		if (t->arc == 18)
			sim_der(out, DER_OCTET_STRING, sim_bytes(&t->octets));
		else
			sim_der_int(out, DER_INTEGER, t->value);
		sim_der_close(out, at);
	}
	sim_der_close(out, all);
}

static void put_flags(struct buf *out, const struct sim_pck_spec *spec)
{
	size_t all = sim_der_open(out, DER_SEQUENCE);

	for (size_t i = 0; i < spec->n_flags; i++) {
		const struct sim_pck_flag *f = &spec->flag[i];
		size_t at = open_member(out, 7, f->arc);

		sim_der(out, DER_BOOLEAN, (struct assay_bytes){ &f->value, 1 });
		sim_der_close(out, at);
	}
	sim_der_close(out, all);
}

/* The SGX extension's contents [DCAP 2.2]. */
static void put_sgx(struct buf *out, const struct sim_pck_spec *spec)
{
	size_t all = sim_der_open(out, DER_SEQUENCE);

	for (size_t i = 0; i < spec->n_members; i++) {
		const struct sim_pck_member *m = &spec->member[i];
		size_t at = open_member(out, m->arc, 0);

		if (m->arc == 2)
			put_tcb(out, spec);
		else if (m->arc == 5)
			sim_der_int(out, DER_ENUMERATED, m->value);
		else if (m->arc == 7)
			put_flags(out, spec);
		else
			sim_der(out, DER_OCTET_STRING, sim_bytes(&m->octets));
		sim_der_close(out, at);
	}
	sim_der_close(out, all);
}

/* SubjectPublicKeyInfo of a curve; `parameters` is the curve's OID, whole. */
static void put_ec_key(struct buf *out, struct assay_bytes parameters,
                       struct assay_bytes point)
{
	size_t all = sim_der_open(out, DER_SEQUENCE);
	size_t alg = sim_der_open(out, DER_SEQUENCE), bits;

	/* id-ecPublicKey */
	buf_put(out, "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01", 9);
	buf_put_bytes(out, parameters);
	sim_der_close(out, alg);
	bits = sim_der_open(out, DER_BIT_STRING);
	buf_put_zeros(out, 1);
	buf_put_bytes(out, point);
	sim_der_close(out, bits);
	sim_der_close(out, all);
}

/* A modulus that nobody knows the factors of; nor need they. */
static void put_rsa_key(struct buf *out, const uint8_t key[64])
{
	size_t all = sim_der_open(out, DER_SEQUENCE), bits, seq;
	uint8_t modulus[256];

	for (size_t i = 0; i < sizeof(modulus); i += 32) {
		const uint8_t counter = (uint8_t)i;

		assay_sha256_2(modulus + i, (struct assay_bytes){ key, 64 },
		               (struct assay_bytes){ &counter, 1 });
	}
	modulus[0] |= 0x80;
	modulus[255] |= 1;
	/* rsaEncryption, NULL */
	buf_put(out,
	        "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05"
	        "\x00",
	        15);
	bits = sim_der_open(out, DER_BIT_STRING);
	buf_put_zeros(out, 1);
	seq = sim_der_open(out, DER_SEQUENCE);
	sim_der_magnitude(out, (struct assay_bytes){ modulus, 256 });
	sim_der_int(out, DER_INTEGER, 65537);
	sim_der_close(out, seq);
	sim_der_close(out, bits);
	sim_der_close(out, all);
}

static void put_key(struct buf *out, const struct sim_cert_spec *spec)
{
	/* the base point of P-384 [FIPS 186-4 D.1.2.4] */
	static const uint8_t p384[] = {
		0x04, 0xaa, 0x87, 0xca, 0x22, 0xbe, 0x8b, 0x05, 0x37, 0x8e,
		0xb1, 0xc7, 0x1e, 0xf3, 0x20, 0xad, 0x74, 0x6e, 0x1d, 0x3b,
		0x62, 0x8b, 0xa7, 0x9b, 0x98, 0x59, 0xf7, 0x41, 0xe0, 0x82,
		0x54, 0x2a, 0x38, 0x55, 0x02, 0xf2, 0x5d, 0xbf, 0x55, 0x29,
		0x6c, 0x3a, 0x54, 0x5e, 0x38, 0x72, 0x76, 0x0a, 0xb7, 0x36,
		0x17, 0xde, 0x4a, 0x96, 0x26, 0x2c, 0x6f, 0x5d, 0x9e, 0x98,
		0xbf, 0x92, 0x92, 0xdc, 0x29, 0xf8, 0xf4, 0x1d, 0xbd, 0x28,
		0x9a, 0x14, 0x7c, 0xe9, 0xda, 0x31, 0x13, 0xb5, 0xf0, 0xb8,
		0xc0, 0x0a, 0x60, 0xb1, 0xce, 0x1d, 0x7e, 0x81, 0x9d, 0x7a,
		0x43, 0x1d, 0x7c, 0x90, 0xea, 0x0e, 0x5f,
	};
	static const struct assay_bytes prime256v1 = {
		(const uint8_t *)"\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10
	};
	static const struct assay_bytes secp384r1 = {
		(const uint8_t *)"\x06\x05\x2b\x81\x04\x00\x22", 7
	};
	uint8_t point[65] = { 0x04 };
	struct assay_bytes p = { point, sizeof(point) };

	memcpy(point + 1, spec->key, 64);
	switch (spec->key_form) {
	case SIM_KEY_P256:
		put_ec_key(out, prime256v1, p);
		break;
	case SIM_KEY_P256_COMPRESSED:
		point[0] = (uint8_t)(0x02 | (point[64] & 1));
		p.len = 33;
		put_ec_key(out, prime256v1, p);
		break;
	case SIM_KEY_P256_INFINITY:
		point[0] = 0;
		p.len = 1;
		put_ec_key(out, prime256v1, p);
		break;
	case SIM_KEY_P256_PARAMETERS_LEFT_OUT:
		put_ec_key(out, (struct assay_bytes){ NULL, 0 }, p);
		break;
	case SIM_KEY_P384:
		put_ec_key(out, secp384r1,
		           (struct assay_bytes){ p384, sizeof(p384) });
		break;
	case SIM_KEY_RSA:
		put_rsa_key(out, spec->key);
		break;
	}
}

static void put_crl_points(struct buf *out, struct assay_bytes url)
{
	struct buf v = { 0 };
	size_t points, point, name, full;

	if (!url.len)
		return;
	points = sim_der_open(&v, DER_SEQUENCE);
	point = sim_der_open(&v, DER_SEQUENCE);
	name = sim_der_open(&v, 0xa0); /* distributionPoint */
	full = sim_der_open(&v, 0xa0); /* fullName */
	sim_der(&v, 0x86, url);        /* uniformResourceIdentifier */
	sim_der_close(&v, full);
	sim_der_close(&v, name);
	sim_der_close(&v, point);
	sim_der_close(&v, points);
	sim_x509_ce(out, SIM_CE_CRL_POINTS, false, &v);
	buf_free(&v);
}

static void put_ski(struct buf *out, const struct sim_octets *ski)
{
	struct buf v = { 0 };

	if (!ski->len)
		return;
	sim_der(&v, DER_OCTET_STRING, sim_bytes(ski));
	sim_x509_ce(out, SIM_CE_SKI, false, &v);
	buf_free(&v);
}

/* A named bit list: no zero bits at its end [X.690 11.2.2]. */
static void put_key_usage(struct buf *out, uint16_t usage, bool critical)
{
	struct buf v = { 0 };
	uint8_t bits[3] = { 0, (uint8_t)(usage >> 8), (uint8_t)usage };
	size_t n = bits[2] ? 3 : bits[1] ? 2 : 1;

	if (n > 1)
		while (!(bits[n - 1] >> bits[0] & 1))
			bits[0]++;
	sim_der(&v, DER_BIT_STRING, (struct assay_bytes){ bits, n });
	sim_x509_ce(out, SIM_CE_KEY_USAGE, critical, &v);
	buf_free(&v);
}

static void put_basic(struct buf *out, const struct sim_cert_spec *spec)
{
	struct buf v = { 0 };
	size_t at = sim_der_open(&v, DER_SEQUENCE);

	if (spec->is_ca)
		buf_put(&v, "\x01\x01\xff", 3);
	if (spec->path_len >= 0)
		sim_der_int(&v, DER_INTEGER, spec->path_len);
	sim_der_close(&v, at);
	sim_x509_ce(out, SIM_CE_BASIC, spec->basic_critical, &v);
	buf_free(&v);
}

static void put_sgx_ext(struct buf *out, const struct sim_cert_spec *spec)
{
	struct buf v = { 0 };
	struct sim_ext ext = {
		.oid = { (const uint8_t *)SGX_OID, sizeof(SGX_OID) - 1 },
		.critical = spec->sgx_critical,
		.value = spec->sgx_raw,
	};

	if (!ext.value.len) {
		put_sgx(&v, &spec->pck);
		ext.value = buf_bytes(&v);
	}
	sim_x509_ext(out, &ext);
	out->bad |= v.bad;
	buf_free(&v);
}

/* In the order in which Intel's certificates have them. */
static void put_extensions(struct buf *out, const struct sim_cert_spec *spec)
{
	size_t wrap = sim_der_open(out, DER_CONTEXT_3);
	size_t all = sim_der_open(out, DER_SEQUENCE);

	sim_x509_aki(out, &spec->aki);
	put_crl_points(out, spec->crl_url);
	put_ski(out, &spec->ski);
	if (spec->has_key_usage)
		put_key_usage(out, spec->key_usage, spec->key_usage_critical);
	if (spec->has_basic)
		put_basic(out, spec);
	for (unsigned i = 0; i < spec->n_sgx; i++)
		put_sgx_ext(out, spec);
	for (size_t i = 0; i < spec->n_extra; i++)
		sim_x509_ext(out, &spec->extra[i]);
	sim_der_close(out, all);
	sim_der_close(out, wrap);
}

bool sim_cert_make(struct buf *der, const struct sim_cert_spec *spec,
                   const struct assay_p256_pair *issuer)
{
	struct buf tbs = { 0 };
	size_t at = sim_der_open(&tbs, DER_SEQUENCE), validity;

	if (spec->version >= 0) {
		size_t wrap = sim_der_open(&tbs, DER_CONTEXT_0);

		sim_der_int(&tbs, DER_INTEGER, spec->version);
		sim_der_close(&tbs, wrap);
	}
	sim_x509_serial(&tbs, &spec->serial, spec->serial_raw);
	sim_x509_alg(&tbs, spec->sign.inner);
	sim_x509_name(&tbs, &spec->issuer);
	validity = sim_der_open(&tbs, DER_SEQUENCE);
	sim_der_time(&tbs, spec->not_before);
	sim_der_time(&tbs, spec->not_after);
	sim_der_close(&tbs, validity);
	sim_x509_name(&tbs, &spec->subject);
	put_key(&tbs, spec);
	if (!spec->no_extensions)
		put_extensions(&tbs, spec);
	sim_der_close(&tbs, at);
	return sim_x509_seal(der, &tbs, &spec->sign, issuer);
}
