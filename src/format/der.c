/* der.c - strict DER out of the bounded reader. */
#include "format/der.h"

#include <string.h>

#include "base/text.h"

uint8_t assay_der_peek(const struct assay_rd *r)
{
	return assay_rd_ok(r) && assay_rd_left(r) ? r->base[r->pos] : 0;
}

/* Reads tag and length; returns the length of the contents. */
static size_t head(struct assay_rd *r, uint8_t tag, const char *field)
{
	size_t at = r->pos;
	uint8_t got = assay_rd_u8(r, field);
	size_t len = assay_rd_u8(r, field);

	if (got != tag)
		assay_rd_spoil(r, at, field);
	if (len < 0x80)
		return len;
	/* the long form, minimal: 128.. in one byte, 256.. in two, 65536.. */
	unsigned n = len & 0x7f;
	size_t least = n == 1 ? 0x80 : n == 2 ? 0x100 : 0x10000;

	if (n == 0 || n > 3) {
		assay_rd_spoil(r, at + 1, field);
		return 0;
	}
	for (len = 0; n; n--)
		len = len << 8 | assay_rd_u8(r, field);
	if (len < least)
		assay_rd_spoil(r, at + 1, field);
	return len;
}

struct assay_bytes assay_der_take(struct assay_rd *r, uint8_t tag,
                                  const char *field)
{
	return assay_rd_bytes(r, head(r, tag, field), field);
}

struct assay_bytes assay_der_whole(struct assay_rd *r, uint8_t tag,
                                   const char *field)
{
	size_t at = r->pos;

	assay_der_take(r, tag, field);
	if (!assay_rd_ok(r))
		return (struct assay_bytes){ 0 };
	return (struct assay_bytes){ r->base + at, r->pos - at };
}

struct assay_rd assay_der_enter(struct assay_rd *r, uint8_t tag,
                                const char *field)
{
	return assay_rd_sub(r, head(r, tag, field), field);
}

void assay_der_leave(struct assay_rd *r, struct assay_rd *inner,
                     const char *field)
{
	if (assay_rd_left(inner))
		assay_rd_spoil(inner, inner->pos, field);
	assay_rd_join(r, inner);
}

/* An INTEGER's contents as DER demands them: there, minimal, not negative. */
static struct assay_bytes integer(struct assay_rd *r, uint8_t tag,
                                  const char *field)
{
	size_t at = r->pos;
	struct assay_bytes v = assay_der_take(r, tag, field);

	if (v.len == 0 || v.ptr[0] & 0x80 ||
	    (v.len > 1 && v.ptr[0] == 0 && !(v.ptr[1] & 0x80))) {
		assay_rd_spoil(r, at, field);
		return (struct assay_bytes){ 0 };
	}
	if (v.len > 1 && v.ptr[0] == 0)
		v.ptr++, v.len--;
	return v;
}

uint32_t assay_der_uint(struct assay_rd *r, uint8_t tag, uint32_t max,
                        const char *field)
{
	size_t at = r->pos;
	struct assay_bytes v = integer(r, tag, field);
	uint32_t n = 0;

	if (v.len > 4) {
		assay_rd_spoil(r, at, field);
		return 0;
	}
	for (size_t i = 0; i < v.len; i++)
		n = n << 8 | v.ptr[i];
	if (n <= max)
		return n;
	assay_rd_spoil(r, at, field);
	return 0;
}

struct assay_bytes assay_der_serial(struct assay_rd *r, bool strict,
                                    const char *field)
{
	if (strict)
		return integer(r, DER_INTEGER, field);

	struct assay_bytes v = assay_der_take(r, DER_INTEGER, field);
	while (v.len > 1 && v.ptr[0] == 0)
		v.ptr++, v.len--;
	return v;
}

bool assay_der_boolean(struct assay_rd *r, const char *field)
{
	size_t at = r->pos;
	struct assay_bytes v = assay_der_take(r, DER_BOOLEAN, field);

	if (v.len == 1 && (v.ptr[0] == 0xff || v.ptr[0] == 0))
		return v.ptr[0] == 0xff;
	assay_rd_spoil(r, at, field);
	return false;
}

void assay_der_octets(struct assay_rd *r, uint8_t *out, size_t n,
                      const char *field)
{
	size_t at = r->pos;
	struct assay_bytes v = assay_der_take(r, DER_OCTET_STRING, field);

	if (v.len != n)
		assay_rd_spoil(r, at, field);
	if (assay_rd_ok(r))
		memcpy(out, v.ptr, n);
	else
		memset(out, 0, n);
}

/* n decimal digits; spoils the reader on anything else. */
static unsigned digits(struct assay_rd *r, size_t n, const char *field)
{
	unsigned v = 0;

	while (n--) {
		uint8_t c = assay_rd_u8(r, field);

		if (c < '0' || c > '9')
			assay_rd_spoil(r, r->pos, field);
		v = v * 10 + (c - (unsigned)'0');
	}
	return v;
}

int64_t assay_der_time(struct assay_rd *r, const char *field)
{
	bool utc = assay_der_peek(r) == DER_UTC_TIME;
	struct assay_rd t = assay_der_enter(
		r, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME, field);
	size_t at = t.pos;
	unsigned year = digits(&t, utc ? 2 : 4, field);
	unsigned month = digits(&t, 2, field), day = digits(&t, 2, field);
	unsigned hour = digits(&t, 2, field), minute = digits(&t, 2, field);
	unsigned second = digits(&t, 2, field);
	int64_t time = 0;

	if (utc)
		year += year < 50 ? 2000 : 1900; /* RFC 5280 4.1.2.5.1 */
	if (assay_rd_u8(&t, field) != 'Z' ||
	    !assay_date_to_time(&time, year, month, day, hour, minute, second))
		assay_rd_spoil(&t, at, field);
	assay_der_leave(r, &t, field);
	return assay_rd_ok(r) ? time : 0;
}

struct assay_bytes assay_der_oid(struct assay_rd *r, const char *field)
{
	size_t at = r->pos;
	struct assay_bytes v = assay_der_take(r, DER_OID, field);
	bool begins = true; /* a number does */

	for (size_t i = 0; i < v.len; i++) {
		if (begins && v.ptr[i] == 0x80)
			assay_rd_spoil(r, at, field);
		begins = !(v.ptr[i] & 0x80);
	}
	if (v.len == 0 || !begins)
		assay_rd_spoil(r, at, field);
	return v;
}

bool assay_der_is_oid(struct assay_rd *r, const uint8_t *oid, size_t n)
{
	if (!assay_rd_ok(r) || assay_rd_left(r) < n + 2 ||
	    r->base[r->pos] != DER_OID || r->base[r->pos + 1] != n ||
	    memcmp(r->base + r->pos + 2, oid, n) != 0)
		return false;
	assay_rd_bytes(r, n + 2, "OID");
	return true;
}

/* One of r and s, right-aligned in 32 bytes. */
static void half(uint8_t out[32], struct assay_rd *r, const char *field)
{
	size_t at = r->pos;
	struct assay_bytes v = integer(r, DER_INTEGER, field);

	if (v.len > 32) {
		assay_rd_spoil(r, at, field);
		return;
	}
	if (v.len)
		memcpy(out + 32 - v.len, v.ptr, v.len);
}

void assay_der_signature(uint8_t sig[64], struct assay_rd *r)
{
	struct assay_bytes bits = assay_der_take(r, DER_BIT_STRING,
	                                         "signatureValue");
	struct assay_rd b = assay_rd(bits);

	memset(sig, 0, 64);
	if (assay_rd_u8(&b, "unused bits") != 0)
		assay_rd_spoil(&b, 0, "unused bits");

	struct assay_rd s = assay_der_enter(&b, DER_SEQUENCE,
	                                    "ECDSA-Sig-Value");
	half(sig, &s, "r");
	half(sig + 32, &s, "s");
	assay_der_leave(&b, &s, "ECDSA-Sig-Value");
	if (assay_rd_left(&b) || !assay_rd_ok(&b))
		memset(sig, 0, 64);
}

bool assay_der_is_ecdsa_sha256(struct assay_bytes algorithm)
{
	/* SEQUENCE { OID 1.2.840.10045.4.3.2 } */
	static const uint8_t want[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
		                        0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };

	return assay_bytes_equal(algorithm,
	                         (struct assay_bytes){ want, sizeof(want) });
}
