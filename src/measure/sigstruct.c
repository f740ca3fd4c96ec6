/* sigstruct.c - SIGSTRUCT, read, checked and made [SGX 2]. */
#include "measure/sigstruct.h"

#include "base/err.h"
#include "base/rd.h"
#include "crypto/crypto.h"
#include "measure/bytes.h"

#include <assay/quote.h>
#include <string.h>

/* Where things stand, where more than the reader needs to know it. */
enum {
	AT_HEADER = 0,
	AT_VENDOR = 16,
	AT_DATE = 20,
	AT_HEADER2 = 24,
	AT_SW_DEFINED = 40,
	AT_MODULUS = 128,
	AT_EXPONENT = 512,
	AT_SIGNATURE = 516,
	AT_MISC = 900,
	AT_MISC_MASK = 904,
	AT_CET = 908,
	AT_CET_MASK = 909,
	AT_FAMILY = 912,
	AT_FLAGS = 928,
	AT_XFRM = 936,
	AT_FLAGS_MASK = 944,
	AT_XFRM_MASK = 952,
	AT_MRENCLAVE = 960,
	AT_EXT_PROD = 1008,
	AT_PROD = 1024,
	AT_SVN = 1026,
	AT_Q1 = 1040,
	AT_Q2 = 1424,
	SIGNED_1 = 128, /* bytes from 0 */
	SIGNED_2 = 128, /* bytes from AT_MISC */
	NUMBER = ASSAY_RSA3_LEN,
	EXPONENT = 3,
	VENDOR_INTEL = 0x8086,
	HEADER_LEN = 16,
};

static const uint8_t header[HEADER_LEN] = { 6, 0, 0, 0, 0xe1, 0, 0, 0,
	                                    0, 0, 1, 0, 0,    0, 0, 0 };
static const uint8_t header2[HEADER_LEN] = { 1,    1, 0, 0, 0x60, 0, 0, 0,
	                                     0x60, 0, 0, 0, 1,    0, 0, 0 };

/* ---- reading */

static bool check_header(const uint8_t *p, size_t at,
                         const uint8_t want[HEADER_LEN], struct assay_err *err)
{
	return memcmp(p + at, want, HEADER_LEN) == 0 ||
	       assay_fail(err, ASSAY_S_HEADER, ASSAY_DOC_SIGSTRUCT, at,
	                  "the 16 bytes here are not %s",
	                  want == header ? "HEADER" : "HEADER2");
}

static bool check_vendor(uint32_t vendor, struct assay_err *err)
{
	return vendor == 0 || vendor == VENDOR_INTEL ||
	       assay_fail(err, ASSAY_S_VENDOR, ASSAY_DOC_SIGSTRUCT, AT_VENDOR,
	                  "got 0x%x, want 0 or 0x8086", vendor);
}

static bool check_exponent(uint32_t exponent, struct assay_err *err)
{
	return exponent == EXPONENT ||
	       assay_fail(err, ASSAY_S_EXPONENT, ASSAY_DOC_SIGSTRUCT,
	                  AT_EXPONENT, "got %u, want 3", exponent);
}

static bool check_modulus(const uint8_t modulus[NUMBER], struct assay_err *err)
{
	return assay_rsa3_is_modulus(modulus) ||
	       assay_fail(err, ASSAY_S_MODULUS, ASSAY_DOC_SIGSTRUCT, AT_MODULUS,
	                  "want an odd number of 3072 bits");
}

/* Reads n bytes; *wrong becomes their place if they are the first of the
 * reserved ones that are not zero. */
static void reserved(struct assay_rd *r, size_t n, size_t *wrong)
{
	size_t at = r->pos;

	if (!is_zero(assay_rd_bytes(r, n, "reserved")) && !*wrong)
		*wrong = at;
}

/* The SIGSTRUCT's table, in its order.  Gives the place of reserved bytes that
 * are not zero, or 0. */
static size_t read_fields(struct assay_sigstruct *s, struct assay_rd *r)
{
	size_t wrong = 0;

	assay_rd_bytes(r, HEADER_LEN, "HEADER");
	s->vendor = assay_rd_u32le(r, "VENDOR");
	s->date = assay_rd_u32le(r, "DATE");
	assay_rd_bytes(r, HEADER_LEN, "HEADER2");
	s->sw_defined = assay_rd_u32le(r, "SWDEFINED");
	reserved(r, 84, &wrong);
	assay_rd_bytes(r, NUMBER + 4 + NUMBER, "key and signature");
	s->misc_select = assay_rd_u32le(r, "MISCSELECT");
	s->misc_mask = assay_rd_u32le(r, "MISCMASK");
	s->cet_attributes = assay_rd_u8(r, "CET_ATTRIBUTES");
	s->cet_mask = assay_rd_u8(r, "CET_ATTRIBUTES_MASK");
	reserved(r, 2, &wrong);
	assay_rd_copy(r, s->isv_family_id, 16, "ISVFAMILYID");
	s->flags = assay_rd_u64le(r, "ATTRIBUTES.FLAGS");
	s->xfrm = assay_rd_u64le(r, "ATTRIBUTES.XFRM");
	s->flags_mask = assay_rd_u64le(r, "ATTRIBUTEMASK.FLAGS");
	s->xfrm_mask = assay_rd_u64le(r, "ATTRIBUTEMASK.XFRM");
	assay_rd_copy(r, s->mrenclave, 32, "ENCLAVEHASH");
	reserved(r, 16, &wrong);
	assay_rd_copy(r, s->isv_ext_prod_id, 16, "ISVEXTPRODID");
	s->isv_prod_id = assay_rd_u16le(r, "ISVPRODID");
	s->isv_svn = assay_rd_u16le(r, "ISVSVN");
	reserved(r, 12, &wrong);
	return wrong;
}

static uint32_t read_exponent(struct assay_bytes in)
{
	struct assay_rd r = assay_rd(in);

	assay_rd_bytes(&r, AT_EXPONENT, "what stands before it");
	return assay_rd_u32le(&r, "EXPONENT");
}

/* In the processor's order, as far as it says which. */
static bool read_claims(struct assay_sigstruct *s, struct assay_bytes in,
                        struct assay_err *err)
{
	struct assay_rd r = assay_rd(in);
	size_t wrong;

	if (in.len != ASSAY_SIGSTRUCT_LEN)
		return assay_fail(err, ASSAY_S_LEN, ASSAY_DOC_SIGSTRUCT, 0,
		                  "got %zu bytes, want 1808", in.len);
	wrong = read_fields(s, &r);
	if (!check_header(in.ptr, AT_HEADER, header, err) ||
	    !check_vendor(s->vendor, err) ||
	    !check_header(in.ptr, AT_HEADER2, header2, err))
		return false;
	if (wrong)
		return assay_fail(err, ASSAY_S_RESERVED, ASSAY_DOC_SIGSTRUCT,
		                  wrong,
		                  "the reserved bytes here are not zero");
	if (!check_exponent(read_exponent(in), err) ||
	    !check_modulus(in.ptr + AT_MODULUS, err))
		return false;
	assay_mrsigner(s->mrsigner, in.ptr + AT_MODULUS);
	return true;
}

bool assay_sigstruct_claims(struct assay_sigstruct *sigstruct,
                            struct assay_bytes in, struct assay_err *err)
{
	memset(sigstruct, 0, sizeof(*sigstruct));
	if (read_claims(sigstruct, in, err))
		return true;
	memset(sigstruct, 0, sizeof(*sigstruct));
	return false;
}

void assay_mrsigner(uint8_t mrsigner[32], const uint8_t modulus[384])
{
	assay_sha256(mrsigner, (struct assay_bytes){ modulus, NUMBER });
}

/* ---- the signature */

static void copy_signed(uint8_t data[ASSAY_SIGNDATA_LEN], const uint8_t *s)
{
	memcpy(data, s, SIGNED_1);
	memcpy(data + SIGNED_1, s + AT_MISC, SIGNED_2);
}

/* Whether `sig` is the signature of a SIGSTRUCT; then `q` are its quotients. */
static bool is_signed(struct assay_rsa3_quotients *q,
                      const uint8_t s[ASSAY_SIGSTRUCT_LEN],
                      const uint8_t sig[NUMBER])
{
	uint8_t data[ASSAY_SIGNDATA_LEN];

	copy_signed(data, s);
	return assay_rsa3_verify(q, s + AT_MODULUS,
	                         (struct assay_bytes){ data, sizeof(data) },
	                         sig);
}

static bool wrong_signature(struct assay_err *err, const char *what)
{
	return assay_fail(err, ASSAY_S_SIGNATURE, ASSAY_DOC_SIGSTRUCT,
	                  AT_SIGNATURE, "%s", what);
}

bool assay_sigstruct_verify(struct assay_bytes in, struct assay_err *err)
{
	struct assay_rsa3_quotients q;

	if (!is_signed(&q, in.ptr, in.ptr + AT_SIGNATURE))
		return wrong_signature(err, "it is not by the key at byte 128");
	if (memcmp(in.ptr + AT_Q1, q.q1, NUMBER) != 0)
		return assay_fail(err, ASSAY_S_Q1, ASSAY_DOC_SIGSTRUCT, AT_Q1,
		                  "it is not floor(S^2 / N)");
	if (memcmp(in.ptr + AT_Q2, q.q2, NUMBER) != 0)
		return assay_fail(err, ASSAY_S_Q2, ASSAY_DOC_SIGSTRUCT, AT_Q2,
		                  "it is not floor((S^2 mod N) S / N)");
	return true;
}

bool assay_sigstruct_read(struct assay_sigstruct *sigstruct,
                          struct assay_bytes in, struct assay_err *err)
{
	if (assay_sigstruct_claims(sigstruct, in, err) &&
	    assay_sigstruct_verify(in, err))
		return true;
	memset(sigstruct, 0, sizeof(*sigstruct));
	return false;
}

/* ---- what it allows */

static bool check_attributes(const char *name, size_t at, uint64_t got,
                             uint64_t want, uint64_t mask,
                             struct assay_err *err)
{
	if (((got ^ want) & mask) == 0)
		return true;
	return assay_fail(err, ASSAY_S_ATTRIBUTES, ASSAY_DOC_SIGSTRUCT, at,
	                  "%s: got 0x%llx, want 0x%llx in the bits 0x%llx",
	                  name, (unsigned long long)got,
	                  (unsigned long long)want, (unsigned long long)mask);
}

bool assay_sigstruct_allows(const struct assay_sigstruct *sigstruct,
                            uint64_t flags, uint64_t xfrm, uint32_t misc_select,
                            struct assay_err *err)
{
	const struct assay_sigstruct *s = sigstruct;

	if (!(flags & ASSAY_SGX_KSS) &&
	    !(is_zero((struct assay_bytes){ s->isv_family_id, 16 }) &&
	      is_zero((struct assay_bytes){ s->isv_ext_prod_id, 16 })))
		return assay_fail(
			err, ASSAY_S_KSS, ASSAY_DOC_SIGSTRUCT, AT_FAMILY,
			"ISVFAMILYID or ISVEXTPRODID is not zero, and "
			"the enclave has no KSS");
	if (!check_attributes("FLAGS", AT_FLAGS, flags, s->flags,
	                      s->flags_mask & ~(uint64_t)ASSAY_SGX_INIT, err) ||
	    !check_attributes("XFRM", AT_XFRM, xfrm, s->xfrm, s->xfrm_mask,
	                      err))
		return false;
	return ((misc_select ^ s->misc_select) & s->misc_mask) == 0 ||
	       assay_fail(err, ASSAY_S_MISC, ASSAY_DOC_SIGSTRUCT, AT_MISC,
	                  "got 0x%x, want 0x%x in the bits 0x%x", misc_select,
	                  s->misc_select, s->misc_mask);
}

/* ---- making */

/* XFRM: x87, SSE; AVX and the three parts of AVX-512 are left to the machine,
 * all else is refused. */
enum { XFRM_LEGACY = 0x3, XFRM_AVX = 0xe4 };

void assay_sigstruct_default(struct assay_sigstruct *fields, bool debug_allowed)
{
	uint64_t debug = debug_allowed ? ASSAY_SGX_DEBUG : 0;

	*fields = (struct assay_sigstruct){
		.misc_mask = UINT32_MAX,
		.flags = ASSAY_SGX_MODE64BIT,
		.flags_mask = UINT64_MAX & ~debug,
		.xfrm = XFRM_LEGACY,
		.xfrm_mask = UINT64_MAX & ~(uint64_t)XFRM_AVX,
	};
}

static void write_fields(uint8_t out[ASSAY_SIGSTRUCT_LEN],
                         const struct assay_sigstruct *s)
{
	memset(out, 0, ASSAY_SIGSTRUCT_LEN);
	memcpy(out + AT_HEADER, header, HEADER_LEN);
	put_le(out + AT_VENDOR, s->vendor, 4);
	put_le(out + AT_DATE, s->date, 4);
	memcpy(out + AT_HEADER2, header2, HEADER_LEN);
	put_le(out + AT_SW_DEFINED, s->sw_defined, 4);
	put_le(out + AT_EXPONENT, EXPONENT, 4);
	put_le(out + AT_MISC, s->misc_select, 4);
	put_le(out + AT_MISC_MASK, s->misc_mask, 4);
	out[AT_CET] = s->cet_attributes;
	out[AT_CET_MASK] = s->cet_mask;
	memcpy(out + AT_FAMILY, s->isv_family_id, 16);
	put_le(out + AT_FLAGS, s->flags, 8);
	put_le(out + AT_XFRM, s->xfrm, 8);
	put_le(out + AT_FLAGS_MASK, s->flags_mask, 8);
	put_le(out + AT_XFRM_MASK, s->xfrm_mask, 8);
	memcpy(out + AT_MRENCLAVE, s->mrenclave, 32);
	memcpy(out + AT_EXT_PROD, s->isv_ext_prod_id, 16);
	put_le(out + AT_PROD, s->isv_prod_id, 2);
	put_le(out + AT_SVN, s->isv_svn, 2);
}

void assay_sigstruct_data(uint8_t data[ASSAY_SIGNDATA_LEN],
                          const struct assay_sigstruct *fields)
{
	uint8_t s[ASSAY_SIGSTRUCT_LEN];

	write_fields(s, fields);
	copy_signed(data, s);
}

static void reverse(uint8_t out[NUMBER], const uint8_t in[NUMBER])
{
	for (size_t i = 0; i < NUMBER; i++)
		out[i] = in[NUMBER - 1 - i];
}

/* Of the two orders of bytes, the one that verifies is meant. */
static bool join(uint8_t out[ASSAY_SIGSTRUCT_LEN],
                 const struct assay_sigstruct *fields,
                 const uint8_t modulus[NUMBER], const uint8_t sig[NUMBER],
                 struct assay_err *err)
{
	struct assay_rsa3_quotients q;

	write_fields(out, fields);
	if (!check_modulus(modulus, err))
		return false;
	memcpy(out + AT_MODULUS, modulus, NUMBER);
	reverse(out + AT_SIGNATURE, sig);
	if (!is_signed(&q, out, out + AT_SIGNATURE)) {
		memcpy(out + AT_SIGNATURE, sig, NUMBER);
		if (!is_signed(&q, out, sig))
			return wrong_signature(
				err, "the signature is not by this key, or for "
				     "other data");
	}
	memcpy(out + AT_Q1, q.q1, NUMBER);
	memcpy(out + AT_Q2, q.q2, NUMBER);
	return true;
}

bool assay_sigstruct_join(uint8_t out[ASSAY_SIGSTRUCT_LEN],
                          const struct assay_sigstruct *fields,
                          const uint8_t modulus[ASSAY_RSA3_LEN],
                          const uint8_t sig[ASSAY_RSA3_LEN],
                          struct assay_err *err)
{
	if (join(out, fields, modulus, sig, err))
		return true;
	memset(out, 0, ASSAY_SIGSTRUCT_LEN);
	return false;
}

/* A signature that could not be made is zero, and does not verify. */
bool assay_sigstruct_sign(uint8_t out[ASSAY_SIGSTRUCT_LEN],
                          const struct assay_sigstruct *fields,
                          const struct assay_rsa3 *key, struct assay_err *err)
{
	uint8_t data[ASSAY_SIGNDATA_LEN], modulus[NUMBER], sig[NUMBER];
	bool here = assay_rsa3_modulus(modulus, key);

	assay_sigstruct_data(data, fields);
	here = assay_rsa3_sign(sig, key,
	                       (struct assay_bytes){ data, sizeof(data) }) &&
	       here;
	return assay_sigstruct_join(out, fields, modulus, sig, err) && here;
}

/* ---- keys */

static bool bad_key(struct assay_err *err, const char *why)
{
	return assay_fail(err, ASSAY_S_KEY, ASSAY_DOC_KEY, 0, "%s", why);
}

struct assay_rsa3 *assay_signing_key(struct assay_bytes pem,
                                     struct assay_err *err)
{
	const char *why;
	struct assay_rsa3 *key = assay_rsa3_read(pem, &why);

	if (!key)
		bad_key(err, why);
	return key;
}

bool assay_signing_public(uint8_t modulus[ASSAY_RSA3_LEN],
                          struct assay_bytes pem, struct assay_err *err)
{
	const char *why;

	return assay_rsa3_public(modulus, pem, &why) || bad_key(err, why);
}
