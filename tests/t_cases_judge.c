/*
 * t_cases_judge.c - forgeries that are well formed and under a good chain: the
 * quote's cryptography, the quoting enclave, the levels.  Cases 85 to 116 of
 * the catalogue [DCAP 8.5-8.7], each through the judgement.
 */
#include <string.h>

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "h_cases.h"

#define ROWS(rows) rows, sizeof(rows) / sizeof(rows[0])
#define SGX CASES_SGX
#define TDX CASES_TDX
#define V3 CASES_V3
#define V4 CASES_V4
#define V5 CASES_V5
#define TD15 CASE_KIND(SIM_TDX15_V5)
#define TD10 (CASES_TDX & ~TD15)

/* In which document a forgery is found; which status a control has. */
#define QUOTE .doc = ASSAY_DOC_QUOTE
#define TCB .doc = ASSAY_DOC_TCB_INFO
#define QE .doc = ASSAY_DOC_QE_IDENTITY
#define IS(s) .status = ASSAY_STATUS_##s

/* Where things stand in a quote [DCAP 1.4, 1.5]: what is signed ends four bytes
 * before the signature, which the key and, from version 4, six bytes of a
 * header follow, and then the QE report. */
static const struct {
	size_t signed_len, sig_at, qe_at;
} place[SIM_N_KINDS] = {
	[SIM_SGX_V3] = { 432, 436, 564 },   [SIM_SGX_V4] = { 432, 436, 570 },
	[SIM_SGX_V5] = { 438, 442, 576 },   [SIM_TDX_V4] = { 632, 636, 770 },
	[SIM_TDX10_V5] = { 638, 642, 776 }, [SIM_TDX15_V5] = { 702, 706, 840 },
};
/* Authentication data, counted from the QE report: behind its signature and
 * their own length. */
#define QE_AUTH (384 + 64 + 2)

/* ---- 85, 86: the quoting enclave's report and its signature */

/* Not signed again. */
static void qe_report_bit(struct case_evidence *e, int64_t bit)
{
	const size_t at = place[e->world->kind].qe_at + (size_t)bit / 8;

	e->world->quote.ptr[at] ^= (uint8_t)(1 << bit % 8);
}
static void qe_signer(struct sim_world *w, int64_t who)
{
	w->quote_pck = (enum sim_who)who;
}
static void other_leaf(struct sim_world *w, int64_t signer)
{
	w->chain[SIM_CHAIN_PCK].who[0] = SIM_OTHER_PCK;
	w->quote_pck = (enum sim_who)signer;
}
static void qe_sig(struct sim_world *w, int64_t how)
{
	w->quote_spec.qe_sig = (enum sim_sig)how;
}

/* ---- 87 to 90: what the QE report says of the attestation key */

/* Whatever comes, the report speaks of the key and data that are there now. */
static void bind_now(struct sim_world *w)
{
	struct sim_quote_spec *q = &w->quote_spec;

	assay_sha256_2(q->qe.report_data,
	               (struct assay_bytes){ w->keys[w->quote_ak].key, 64 },
	               q->auth);
	q->keep_report_data = true;
}
static void other_ak(struct sim_world *w, int64_t signer)
{
	bind_now(w);
	w->quote_ak = (enum sim_who)signer;
}
static void other_ak_stands(struct sim_world *w, int64_t who)
{
	bind_now(w);
	w->quote_spec.ak = sim_mem(w->keys[who].key, 64);
}
static void ak_bit(struct sim_world *w, int64_t bit)
{
	bind_now(w);
	w->quote_spec.ak = sim_mem(w->keys[SIM_AK].key, 64);
	w->quote_spec.ak.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
}
static void auth_bit(struct case_evidence *e, int64_t bit)
{
	const size_t at = place[e->world->kind].qe_at + QE_AUTH;

	e->world->quote.ptr[at + (size_t)bit / 8] ^= (uint8_t)(1 << bit % 8);
}
/* The report speaks of 32 bytes, and so many stand there. */
static void auth_len(struct sim_world *w, int64_t n)
{
	static uint8_t longer[33];

	bind_now(w);
	memcpy(longer, sim_auth_data, 32);
	w->quote_spec.auth = (struct assay_bytes){ longer, (size_t)n };
}

/* The key's last byte is the data's first. */
static void auth_earlier(struct sim_world *w, int64_t arg)
{
	static uint8_t auth[33];
	const uint8_t *key = w->keys[SIM_AK].key;
	struct sim_octets *ak = &w->quote_spec.ak;

	(void)arg;
	bind_now(w);
	*ak = sim_mem(key, 64);
	memmove(ak->p + 1, key, 63);
	ak->p[0] = 0;
	auth[0] = key[63];
	memcpy(auth + 1, sim_auth_data, 32);
	w->quote_spec.auth = (struct assay_bytes){ auth, 33 };
}
/* The data's first byte is the key's last. */
static void auth_later(struct sim_world *w, int64_t arg)
{
	const uint8_t *key = w->keys[SIM_AK].key;
	struct sim_octets *ak = &w->quote_spec.ak;

	(void)arg;
	bind_now(w);
	*ak = sim_mem(key, 64);
	memcpy(ak->p, key + 1, 63);
	ak->p[63] = sim_auth_data[0];
	w->quote_spec.auth.ptr++;
	w->quote_spec.auth.len--;
}
/* The length is off by so much, the bytes stay. */
static void auth_len_off(struct sim_world *w, int64_t by)
{
	w->quote_spec.auth_len = SIM_TRUE_LEN + by;
}

/* What else a hash could be made of. */
enum { KEY_ALONE, AUTH_ALONE, OCTET_04_FIRST, X_ALONE };
static void bound_to(struct sim_world *w, int64_t what)
{
	struct sim_quote_spec *q = &w->quote_spec;
	const struct assay_bytes none = { 0 };
	struct assay_bytes key = { w->keys[SIM_AK].key, 64 };
	uint8_t point[65] = { 4 };

	memcpy(point + 1, key.ptr, 64);
	if (what == OCTET_04_FIRST)
		key = (struct assay_bytes){ point, 65 };
	if (what == X_ALONE)
		key.len = 32;
	if (what == AUTH_ALONE)
		key.len = 0;
	assay_sha256_2(q->qe.report_data, key,
	               what == KEY_ALONE ? none : q->auth);
	q->keep_report_data = true;
}
static void report_data_tail(struct sim_world *w, int64_t at)
{
	bind_now(w);
	w->quote_spec.qe.report_data[at] = 1;
}
static void report_data_twice(struct sim_world *w, int64_t arg)
{
	(void)arg;
	bind_now(w);
	memcpy(w->quote_spec.qe.report_data + 32, w->quote_spec.qe.report_data,
	       32);
}

/* ---- 91: keys that are none; the QE report names each of them.  A few that
 * are points after all: nobody has their secret, so the quote's signature is
 * wrong, but no sooner. */
/* clang-format off */
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define FULL "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
#define P "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF"
#define P_AND_5 "FFFFFFFF00000001000000000000000000000001000000000000000000000004"
#define FIVE "0000000000000000000000000000000000000000000000000000000000000005"
/* the roots for x = 0 and x = 5, and an x for y = 5 */
#define Y_AT_0 "66485C780E2F83D72433BD5D84A06BB6541C2AF31DAE871728BF856A174F93F4"
#define Y_AT_5 "459243B9AA581806FE913BCE99817ADE11CA503C64D9A3C533415C083248FBCC"
#define X_AT_5 "D7325D7646CD60D80A92738CEB345F844CFFAF35841022CAB176F692DE8DE1D7"
/* G, and half of it beside an octet that says which half */
#define GX "6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
#define GY "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"

enum {
	AK_OFF_CURVE, AK_ZERO, AK_X_P, AK_Y_P, AK_BOTH_P, AK_X_ABOVE, AK_Y_ABOVE,
	AK_ONES, AK_FULL, AK_ZERO_ONE, AK_SWAPPED, AK_COMPRESSED, AK_SHIFTED,
	AK_POINT_0, AK_POINT_5, AK_POINT_Y_5,
};
/* clang-format on */
static const char *const aks[] = {
	[AK_OFF_CURVE] = GX Y_AT_0,
	[AK_ZERO] = ZERO ZERO,
	[AK_X_P] = P Y_AT_0,
	[AK_Y_P] = ZERO P,
	[AK_BOTH_P] = P P,
	[AK_X_ABOVE] = P_AND_5 Y_AT_5,
	[AK_Y_ABOVE] = X_AT_5 P_AND_5,
	[AK_ONES] = ONE ONE,
	[AK_FULL] = FULL FULL,
	[AK_ZERO_ONE] = ZERO ONE,
	[AK_SWAPPED] = GY GX,
	/* 03 x, and zeros */
	[AK_COMPRESSED] = "03" GX "00000000000000000000000000000000000000000000"
			  "000000000000000000",
	/* 04 x y without the last byte */
	[AK_SHIFTED] = "04" GX "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315E"
		       "CECBB6406837BF51",
	[AK_POINT_0] = ZERO Y_AT_0,
	[AK_POINT_5] = FIVE Y_AT_5,
	[AK_POINT_Y_5] = X_AT_5 FIVE,
};
static void ak(struct sim_world *w, int64_t which)
{
	w->quote_spec.ak = sim_hex(aks[which]);
}

/* ---- 92, 93: the quote's signature */

static void sig(struct sim_world *w, int64_t how)
{
	w->quote_spec.sig = (enum sim_sig)how;
}

/* The key under which (5, 1) is a good signature of `digest`: with R, the point
 * at x = 5, it is (R - digest G) / 5. */
static bool key_of_5_1(uint8_t key[64], const uint8_t digest[32])
{
	EC_GROUP *g = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	EC_POINT *r = EC_POINT_new(g), *q = EC_POINT_new(g);
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *x = BN_new(), *z = BN_bin2bn(digest, 32, NULL);
	const BIGNUM *n = EC_GROUP_get0_order(g);
	uint8_t point[65];
	bool good;

	good = BN_set_word(x, 5) &&
	       EC_POINT_set_compressed_coordinates(g, r, x, 0, ctx) &&
	       BN_mod_inverse(x, x, n, ctx) && BN_mod_mul(z, z, x, n, ctx) &&
	       BN_sub(z, n, z) && EC_POINT_mul(g, q, z, r, x, ctx) &&
	       EC_POINT_point2oct(g, q, POINT_CONVERSION_UNCOMPRESSED, point,
	                          65, ctx) == 65;
	memcpy(key, point + 1, 64);
	BN_free(z);
	BN_free(x);
	BN_CTX_free(ctx);
	EC_POINT_free(q);
	EC_POINT_free(r);
	EC_GROUP_free(g);
	return good;
}

/* r and s that are good, or that are good once n is taken off. */
enum { GOOD, R_AND_N, S_AND_N, BOTH_AND_N };
static void congruent(struct sim_world *w, int64_t which)
{
	static const uint8_t order[32] = {
		0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
		0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
	};
	static uint8_t rs[64];
	uint8_t digest[ASSAY_SHA256_LEN];
	struct sim_quote_spec *q = &w->quote_spec;

	memset(rs, 0, sizeof(rs));
	if (which == R_AND_N || which == BOTH_AND_N)
		memcpy(rs, order, 32);
	if (which == S_AND_N || which == BOTH_AND_N)
		memcpy(rs + 32, order, 32);
	rs[31] += 5;
	rs[63] += 1;
	q->edit[0] = (struct sim_edit){ .at = place[w->kind].sig_at,
		                        .cut = 64,
		                        .to = { rs, 64 } };
	if (!sim_world_build(w))
		return;
	assay_sha256(digest, (struct assay_bytes){ w->quote.ptr,
	                                           place[w->kind].signed_len });
	q->ak.len = 64;
	if (!key_of_5_1(q->ak.p, digest))
		memset(q->ak.p, 0, 64);
}

/* ---- 95 to 97: another form for the same content, another content signed */

/* As version 5 numbers them, and how long they are, little-endian. */
#define LABEL_TD10 "\x02\x00\x48\x02\x00\x00"
#define LABEL_TD15 "\x03\x00\x88\x02\x00\x00"
/* clang-format off */
#define RUN(text) { (const uint8_t *)(text), sizeof(text) - 1 }
/* clang-format on */

/* Edits of a quote that is signed already. */
static void relabel(struct sim_world *w, const struct sim_edit *edits, size_t n)
{
	memcpy(w->quote_spec.edit, edits, n * sizeof(*edits));
}
static void as_td10(struct sim_world *w, int64_t cut)
{
	const struct sim_edit edits[] = {
		{ .at = 54 + 584, .cut = (size_t)cut },
		{ .at = 48, .cut = 6, .to = RUN(LABEL_TD10) },
	};

	relabel(w, edits, 2);
}
static void as_td15(struct sim_world *w, int64_t n)
{
	static const uint8_t zeros[64];
	const struct sim_edit edits[] = {
		{ .at = 54 + 584, .to = { zeros, (size_t)n } },
		{ .at = 48, .cut = 6, .to = RUN(LABEL_TD15) },
	};

	relabel(w, edits, 2);
}
static void as_version(struct sim_world *w, int64_t version)
{
	static uint8_t byte;
	const struct sim_edit edits[] = {
		{ .at = 0, .cut = 1, .to = { &byte, 1 } },
	};

	byte = (uint8_t)version;
	relabel(w, edits, 1);
}
/* ... with the descriptor of version 5 put in, or taken out. */
static void v4_as_5(struct sim_world *w, int64_t arg)
{
	const bool td = w->kind == SIM_TDX_V4;
	const struct sim_edit edits[] = {
		{ .at = 0, .cut = 1, .to = RUN("\x05") },
		{ .at = 48, .to = RUN(LABEL_TD10) },
		{ .at = 48, .cut = 6, .to = RUN("\x01\x00\x80\x01\x00\x00") },
	};

	(void)arg;
	relabel(w, edits, td ? 2 : 3);
}
static void v5_as_4(struct sim_world *w, int64_t arg)
{
	const struct sim_edit edits[] = {
		{ .at = 0, .cut = 1, .to = RUN("\x04") },
		{ .at = 48, .cut = 6 },
	};

	(void)arg;
	relabel(w, edits, 2);
}
/* ... with the header of type 6 put in, or taken out.  Version 3 has SVNs where
 * version 4 has zeros. */
static void v4_as_3(struct sim_world *w, int64_t arg)
{
	const struct sim_edit edits[] = {
		{ .at = 0, .cut = 1, .to = RUN("\x03") },
		{ .at = 564, .cut = 6 },
	};

	(void)arg;
	w->quote_spec.sig_len -= 6;
	relabel(w, edits, 2);
}
static void v3_as_4(struct sim_world *w, int64_t arg)
{
	static uint8_t head[6];
	const struct sim_edit edits[] = {
		{ .at = 0, .cut = 1, .to = RUN("\x04") },
		{ .at = 564, .to = { head, 6 } },
	};
	size_t len;

	(void)arg;
	w->quote_spec.qe_svn = w->quote_spec.pce_svn = 0;
	if (!sim_world_build(w))
		return;
	len = w->quote.len - 564;
	head[0] = 6;
	head[2] = (uint8_t)len;
	head[3] = (uint8_t)(len >> 8);
	w->quote_spec.sig_len += 6;
	relabel(w, edits, 2);
}

static void sign_from(struct sim_world *w, int64_t at)
{
	w->quote_spec.sign_from = (size_t)at;
}
/* Header and body, without the descriptor of version 5. */
static void descriptor_unsigned(struct case_evidence *e, int64_t arg)
{
	struct buf *quote = &e->world->quote, part = { 0 };
	const size_t end = place[e->world->kind].signed_len;

	(void)arg;
	buf_put(&part, quote->ptr, 48);
	buf_put(&part, quote->ptr + 54, end - 54);
	if (!sim_sign(quote->ptr + end + 4, &e->world->keys[SIM_AK],
	              buf_bytes(&part)))
		quote->len = 0;
	buf_free(&part);
}
/* The signature data's length too. */
static void length_signed(struct case_evidence *e, int64_t arg)
{
	struct buf *quote = &e->world->quote;
	const size_t end = place[e->world->kind].signed_len;

	(void)arg;
	if (!sim_sign(quote->ptr + end + 4, &e->world->keys[SIM_AK],
	              (struct assay_bytes){ quote->ptr, end + 4 }))
		quote->len = 0;
}

static const struct a_case cryptography[] = {
/* clang-format off */
#define BIT(field, at, len) \
	{ 85, field ", first bit", .after = qe_report_bit, .arg = 8 * (at), .want = ASSAY_Q_QE_SIG, QUOTE }, \
	{ 85, field ", last bit", .after = qe_report_bit, .arg = 8 * ((at) + (len)) - 1, .want = ASSAY_Q_QE_SIG, QUOTE },
	BIT("CPUSVN", 0, 16)
	BIT("MISCSELECT", 16, 4)
	BIT("reserved behind MISCSELECT", 20, 12)
	BIT("ISVEXTPRODID", 32, 16)
	BIT("FLAGS", 48, 8)
	BIT("XFRM", 56, 8)
	BIT("MRENCLAVE", 64, 32)
	BIT("reserved behind MRENCLAVE", 96, 32)
	BIT("MRSIGNER", 128, 32)
	BIT("reserved behind MRSIGNER", 160, 32)
	BIT("CONFIGID", 192, 64)
	BIT("ISVPRODID", 256, 2)
	BIT("ISVSVN", 258, 2)
	BIT("CONFIGSVN", 260, 2)
	BIT("reserved behind CONFIGSVN", 262, 42)
	BIT("ISVFAMILYID", 304, 16)
	BIT("REPORTDATA, the hash", 320, 32)
	BIT("REPORTDATA, the zeros", 352, 32)
	BIT("the signature's r", 384, 32)
	BIT("the signature's s", 416, 32)

	{ 86, "qe-sig-from-other-platform", .edit = qe_signer, .arg = SIM_OTHER_PCK, .want = ASSAY_Q_QE_SIG, QUOTE },
	{ 86, "other platform's leaf in the chain", .edit = other_leaf, .arg = SIM_PCK, .want = ASSAY_Q_QE_SIG, QUOTE },
	{ 86, "the other platform altogether", .edit = other_leaf, .arg = SIM_OTHER_PCK },
	{ 86, "signed by the CA", .edit = qe_signer, .arg = SIM_PLATFORM_CA, .want = ASSAY_Q_QE_SIG, QUOTE },
	{ 86, "signed by the attestation key itself", .edit = qe_signer, .arg = SIM_AK, .want = ASSAY_Q_QE_SIG, QUOTE },
	{ 86, "signed by a stranger", .edit = qe_signer, .arg = SIM_STRANGER, .want = ASSAY_Q_QE_SIG, QUOTE },
	{ 86, "r = 0", .edit = qe_sig, .arg = SIM_SIG_R_ZERO, .want = ASSAY_Q_QE_SIG, QUOTE },
	{ 86, "s = 0", .edit = qe_sig, .arg = SIM_SIG_S_ZERO, .want = ASSAY_Q_QE_SIG, QUOTE },
	{ 86, "r = n", .edit = qe_sig, .arg = SIM_SIG_R_N, .want = ASSAY_Q_QE_SIG, QUOTE },
	{ 86, "s = n", .edit = qe_sig, .arg = SIM_SIG_S_N, .want = ASSAY_Q_QE_SIG, QUOTE },
	{ 86, "s -> n-s", .edit = qe_sig, .arg = SIM_SIG_OTHER_S },

	{ 87, "ak-replaced with attacker key, quote re-signed", .edit = other_ak, .arg = SIM_OTHER_AK, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 87, "ak-replaced with the PCK key, quote re-signed", .edit = other_ak, .arg = SIM_PCK, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 87, "ak-replaced, quote not re-signed", .edit = other_ak_stands, .arg = SIM_OTHER_AK, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 87, "ak's x, first bit", .edit = ak_bit, .arg = 0, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 87, "ak's y, last bit", .edit = ak_bit, .arg = 511, .want = ASSAY_Q_AK_BINDING, QUOTE },

	{ 88, "auth-data-bitflip, first", .after = auth_bit, .arg = 0, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 88, "auth-data-bitflip, middle", .after = auth_bit, .arg = 127, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 88, "auth-data-bitflip, last", .after = auth_bit, .arg = 255, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 88, "a byte less", .edit = auth_len, .arg = 31, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 88, "a byte more", .edit = auth_len, .arg = 33, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 88, "no auth data", .edit = auth_len, .arg = 0, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 88, "as many as there were", .edit = auth_len, .arg = 32 },

	{ 89, "boundary-shift: auth starts earlier", .edit = auth_earlier, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 89, "boundary-shift: auth starts later", .edit = auth_later, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 89, "boundary-shift: auth ends later", .edit = auth_len_off, .arg = 1, .want = ASSAY_P_CERTTYPE, QUOTE },
	{ 89, "boundary-shift: auth ends earlier", .edit = auth_len_off, .arg = -1, .want = ASSAY_P_CERTTYPE, QUOTE },

	{ 90, "qe-reportdata tail non-zero, first byte", .edit = report_data_tail, .arg = 32, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 90, "qe-reportdata tail non-zero, last byte", .edit = report_data_tail, .arg = 63, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 90, "qe-reportdata: the hash twice", .edit = report_data_twice, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 90, "qe-reportdata: hash of the key alone", .edit = bound_to, .arg = KEY_ALONE, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 90, "qe-reportdata: hash of the auth data alone", .edit = bound_to, .arg = AUTH_ALONE, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 90, "qe-reportdata: hash of 04, key, auth data", .edit = bound_to, .arg = OCTET_04_FIRST, .want = ASSAY_Q_AK_BINDING, QUOTE },
	{ 90, "qe-reportdata: hash of x, auth data", .edit = bound_to, .arg = X_ALONE, .want = ASSAY_Q_AK_BINDING, QUOTE },

	{ 91, "ak off-curve", .edit = ak, .arg = AK_OFF_CURVE, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "ak (0,0)", .edit = ak, .arg = AK_ZERO, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "ak's x is p", .edit = ak, .arg = AK_X_P, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "ak's y is p", .edit = ak, .arg = AK_Y_P, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "ak (p,p)", .edit = ak, .arg = AK_BOTH_P, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "ak's x above p, a point modulo p", .edit = ak, .arg = AK_X_ABOVE, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "ak's y above p, a point modulo p", .edit = ak, .arg = AK_Y_ABOVE, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "ak (1,1), infinity as Jacobian", .edit = ak, .arg = AK_ONES, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "ak (0,1), infinity as projective", .edit = ak, .arg = AK_ZERO_ONE, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "ak all ones", .edit = ak, .arg = AK_FULL, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "ak y, x", .edit = ak, .arg = AK_SWAPPED, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "ak compressed", .edit = ak, .arg = AK_COMPRESSED, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "ak behind 04", .edit = ak, .arg = AK_SHIFTED, .want = ASSAY_Q_AK_POINT, QUOTE },
	{ 91, "a point at x = 0, not signed", .edit = ak, .arg = AK_POINT_0, .want = ASSAY_Q_SIG, QUOTE },
	{ 91, "a point at x = 5, not signed", .edit = ak, .arg = AK_POINT_5, .want = ASSAY_Q_SIG, QUOTE },
	{ 91, "a point at y = 5, not signed", .edit = ak, .arg = AK_POINT_Y_5, .want = ASSAY_Q_SIG, QUOTE },

	{ 92, "quote-sig r = 0", .edit = sig, .arg = SIM_SIG_R_ZERO, .want = ASSAY_Q_SIG, QUOTE },
	{ 92, "quote-sig s = 0", .edit = sig, .arg = SIM_SIG_S_ZERO, .want = ASSAY_Q_SIG, QUOTE },
	{ 92, "quote-sig r = n", .edit = sig, .arg = SIM_SIG_R_N, .want = ASSAY_Q_SIG, QUOTE },
	{ 92, "quote-sig s = n", .edit = sig, .arg = SIM_SIG_S_N, .want = ASSAY_Q_SIG, QUOTE },
	{ 92, "quote-sig r above n", .edit = sig, .arg = SIM_SIG_R_PLUS_N, .want = ASSAY_Q_SIG, QUOTE },
	{ 92, "quote-sig s above n", .edit = sig, .arg = SIM_SIG_S_PLUS_N, .want = ASSAY_Q_SIG, QUOTE },
	{ 92, "quote-sig n+r, where r is good", .edit = congruent, .arg = R_AND_N, .want = ASSAY_Q_SIG, QUOTE },
	{ 92, "quote-sig n+s, where s is good", .edit = congruent, .arg = S_AND_N, .want = ASSAY_Q_SIG, QUOTE },
	{ 92, "quote-sig n+r, n+s, where both are good", .edit = congruent, .arg = BOTH_AND_N, .want = ASSAY_Q_SIG, QUOTE },
	{ 92, "quote-sig r, s of these", .edit = congruent, .arg = GOOD },
	{ 92, "quote-sig, a bit", .edit = sig, .arg = SIM_SIG_FLIPPED, .want = ASSAY_Q_SIG, QUOTE },
	{ 93, "quote-sig s -> n-s", .edit = sig, .arg = SIM_SIG_OTHER_S },

	/* what the descriptor alone says makes another quote of the bytes, in
	 * which the length stands elsewhere */
	{ 95, "v5 descriptor type 3 to 2", TD15, as_td10, .arg = 64, .want = ASSAY_Q_SIG, QUOTE },
	{ 95, "v5 descriptor type 3 to 2, body as it was", TD15, as_td10, .arg = 0, .want = ASSAY_P_SIGLEN, QUOTE },
	{ 95, "v5 descriptor type 2 to 3", CASE_KIND(SIM_TDX10_V5), as_td15, .arg = 64, .want = ASSAY_Q_SIG, QUOTE },

	/* version 4 has no descriptor that could be wrong: what is read as the
	 * signature data's length is */
	{ 96, "v4 quote relabelled v5", V4, as_version, .arg = 5, .want = ASSAY_P_BODY, QUOTE },
	{ 96, "v5 quote relabelled v4", V5, as_version, .arg = 4, .want = ASSAY_P_SIGLEN, QUOTE },
	{ 96, "v4 quote made v5, descriptor put in", V4, v4_as_5, .want = ASSAY_Q_SIG, QUOTE },
	{ 96, "v5 quote made v4, descriptor taken out", V5 & ~TD15, v5_as_4, .want = ASSAY_Q_SIG, QUOTE },
	{ 96, "v4 quote made v3", CASE_KIND(SIM_SGX_V4), v4_as_3, .want = ASSAY_Q_SIG, QUOTE },
	{ 96, "v3 quote made v4", V3, v3_as_4, .want = ASSAY_Q_SIG, QUOTE },

	{ 97, "signature over body only", V3 | V4, sign_from, .arg = 48, .want = ASSAY_Q_SIG, QUOTE },
	{ 97, "signature over body only", V5, sign_from, .arg = 54, .want = ASSAY_Q_SIG, QUOTE },
	{ 97, "signature over descriptor and body", V5, sign_from, .arg = 48, .want = ASSAY_Q_SIG, QUOTE },
	{ 97, "signature over header and body", V5, .after = descriptor_unsigned, .want = ASSAY_Q_SIG, QUOTE },
	{ 97, "signature over all but the version", .edit = sign_from, .arg = 2, .want = ASSAY_Q_SIG, QUOTE },
	{ 97, "signature over the length as well", .after = length_signed, .want = ASSAY_Q_SIG, QUOTE },
	/* clang-format on */
};

/* ---- 94: every byte of header, descriptor and body */

/* Bytes of the header and the descriptor that have one value alone, or few, so
 * that form fails before the signature does [DCAP 4.0 P1, P2]. */
static const struct {
	unsigned kinds;
	size_t from, to;
	enum assay_check want;
} forms[] = {
	{ CASES_ALL, 0, 2, ASSAY_P_VERSION },
	{ CASES_ALL, 2, 4, ASSAY_P_KEYTYPE },
	{ CASES_ALL, 4, 8, ASSAY_P_TEE },
	{ CASES_ALL & ~CASES_V3, 8, 12, ASSAY_P_RESERVED },
	{ CASES_ALL, 12, 28, ASSAY_P_VENDOR },
	{ CASES_V5, 48, 54, ASSAY_P_BODY },
};

static enum assay_check check_of(enum sim_kind kind, size_t at)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].kinds & CASE_KIND(kind) && at >= forms[i].from &&
		    at < forms[i].to)
			return forms[i].want;
	return ASSAY_Q_SIG;
}

/* A genuine platform that the memo has seen, so that what is left to judge is
 * the quote. */
struct flipping {
	struct sim_world *world;
	struct assay_trust *trust;
	struct assay_memo *memo;
	struct assay_terms terms;
};

static bool is_refused(const struct flipping *f, const struct buf *quote,
                       enum assay_check want)
{
	const struct assay_bytes none = { 0 };
	struct assay_verdict v;

	return !assay_verify(&v, f->trust, f->memo, buf_bytes(quote), none,
	                     &f->terms) &&
	       !v.genuine && v.failed.check == want &&
	       v.failed.doc == ASSAY_DOC_QUOTE;
}

/* One bit of this byte is another; of a version's only such as make no other
 * known version, which is case 96. */
static bool flipped(const struct flipping *f, size_t at, unsigned bit)
{
	const enum sim_kind kind = f->world->kind;
	struct buf *quote = &f->world->quote;
	bool good;

	if (at == 0 && bit == 0)
		bit = 4;
	quote->ptr[at] ^= (uint8_t)(1 << bit);
	good = is_refused(f, quote, check_of(kind, at));
	quote->ptr[at] ^= (uint8_t)(1 << bit);
	return good;
}

/* This byte was another when the quote was signed: so every one of them is in
 * what is signed, those too that form looks at. */
static bool signed_otherwise(const struct flipping *f, size_t at, unsigned bit)
{
	const uint8_t now = f->world->quote.ptr[at];
	const uint8_t then = now ^ (uint8_t)(1 << bit);
	struct sim_quote_spec spec = f->world->quote_spec;
	struct buf quote = { 0 };
	bool good;

	spec.signed_edit[0] =
		(struct sim_edit){ .at = at, .cut = 1, .to = { &then, 1 } };
	spec.edit[0] =
		(struct sim_edit){ .at = at, .cut = 1, .to = { &now, 1 } };
	good = sim_world_quote(&quote, f->world, &spec) &&
	       quote.len == f->world->quote.len &&
	       is_refused(f, &quote, ASSAY_Q_SIG);
	buf_free(&quote);
	return good;
}

static void every_byte(enum sim_kind kind)
{
	static struct sim_world w;
	const bool all_bits = getenv("ASSAY_LONG");
	const size_t end = place[kind].signed_len;
	const struct assay_bytes none = { 0 };
	struct case_evidence e = { .world = &w };
	struct flipping f = { &w,
		              malloc(assay_trust_size()),
		              assay_memo_new(1, NULL),
		              { .now = SIM_NOW } };
	struct assay_verdict v;
	size_t n = 0, n_signed = 0;

	case_met(94);
	case_world(&w, kind);
	if (!ok(f.trust && f.memo && sim_world_build(&w), "94 made"))
		exit(1);
	case_view(&e);
	if (!ok(assay_trust_open(f.trust, &e.evidence.collateral, none,
	                         w.keys[SIM_ROOT].key, f.memo, NULL) &&
	                assay_verify(&v, f.trust, f.memo, e.evidence.quote,
	                             none, &f.terms),
	        "94 the quote as it is: %s", sim_kind_name(kind)))
		exit(1);
	for (size_t at = 0; at < end; at++) {
		const unsigned first = all_bits ? 0 : (unsigned)at % 8;
		const unsigned last = all_bits ? 7 : first;
		bool good = true;

		for (unsigned bit = first; bit <= last; bit++)
			good &= flipped(&f, at, bit);
		if (!good)
			note("byte %zu, flipped", at);
		n += good;
		if (!signed_otherwise(&f, at, first))
			note("byte %zu, signed otherwise", at);
		else
			n_signed++;
	}
	ok(n == end, "94 body bit flips: %s: %zu bytes of %zu",
	   sim_kind_name(kind), n, end);
	ok(n_signed == end, "94 signed otherwise: %s: %zu bytes of %zu",
	   sim_kind_name(kind), n_signed, end);
	sim_world_free(&w);
	assay_memo_free(f.memo);
	free(f.trust);
}

/* ---- 98 to 102: the quoting enclave */

static struct sim_identity_spec *identity(struct sim_world *w)
{
	return &w->qe[case_tee(w)];
}

static void qe_mrsigner(struct sim_world *w, int64_t at)
{
	w->quote_spec.qe.mrsigner[at] ^= 1;
}
static void qe_prodid(struct sim_world *w, int64_t flip)
{
	w->quote_spec.qe.isv_prod_id ^= (uint16_t)flip;
}
static void qe_misc(struct sim_world *w, int64_t misc)
{
	w->quote_spec.qe.misc_select = (uint32_t)misc;
}
static void qe_flags(struct sim_world *w, int64_t flip)
{
	w->quote_spec.qe.flags ^= (uint64_t)flip;
}
static void qe_xfrm(struct sim_world *w, int64_t xfrm)
{
	w->quote_spec.qe.xfrm = (uint64_t)xfrm;
}
static void qe_free_fields(struct sim_world *w, int64_t arg)
{
	struct assay_sgx_report *qe = &w->quote_spec.qe;

	(void)arg;
	memset(qe->mrenclave, 0xa5, 32);
	memset(qe->cpu_svn, 0, 16);
	memset(qe->config_id, 0xa5, 64);
}

/* An enclave of the host's own, with the permission that quoting enclaves
 * have; all else of the report is as the identity has it, or nothing is. */
static void own_enclave(struct sim_world *w, int64_t all)
{
	const struct assay_sgx_report *own = &w->quote_spec.sgx;
	struct assay_sgx_report *qe = &w->quote_spec.qe;

	memcpy(qe->mrenclave, own->mrenclave, 32);
	memcpy(qe->mrsigner, own->mrsigner, 32);
	if (all) {
		qe->isv_prod_id = own->isv_prod_id;
		qe->isv_svn = UINT16_MAX;
	}
}
/* Quoting enclaves of the other TEE, and the quote verification enclave, which
 * has the QE's signer and the TD_QE's product id [DCAP 3.4]. */
static void other_qe(struct sim_world *w, int64_t arg)
{
	const struct sim_identity_spec *other =
		&w->qe[case_tee(w) == SIM_TDX ? SIM_SGX : SIM_TDX];

	(void)arg;
	memcpy(w->quote_spec.qe.mrsigner, other->mrsigner.p, 32);
	w->quote_spec.qe.isv_prod_id = (uint16_t)other->isv_prod_id;
}
static void qve(struct sim_world *w, int64_t provision)
{
	memcpy(w->quote_spec.qe.mrsigner, w->qe[SIM_SGX].mrsigner.p, 32);
	w->quote_spec.qe.isv_prod_id = 2;
	if (!provision)
		w->quote_spec.qe.flags &= ~(uint64_t)ASSAY_SGX_PROVISION_KEY;
}

static void qe_svn(struct sim_world *w, int64_t svn)
{
	w->quote_spec.qe.isv_svn = (uint16_t)svn;
}

/* MISCSELECT in the identity: text of four bytes in the report's order. */
static void misc_1(struct sim_world *w, int64_t misc)
{
	identity(w)->misc = sim_hex("01000000");
	identity(w)->misc_mask = sim_hex("03000000");
	qe_misc(w, misc);
}
static void misc_80000000(struct sim_world *w, int64_t misc)
{
	identity(w)->misc = sim_hex("00000080");
	identity(w)->misc_mask = sim_hex("000000F0");
	qe_misc(w, misc);
}
static void attributes_mask(struct sim_world *w, int64_t mask_of_xfrm)
{
	identity(w)->attributes = sim_hex("11000000000000000700000000000000");
	identity(w)->attributes_mask.p[8] = (uint8_t)mask_of_xfrm;
}

static const struct a_case enclaves[] = {
	/* clang-format off */
	{ 98, "qe MRSIGNER other, first byte", .edit = qe_mrsigner, .arg = 0, .want = ASSAY_E_SIGNER, QUOTE },
	{ 98, "qe MRSIGNER other, last byte", .edit = qe_mrsigner, .arg = 31, .want = ASSAY_E_SIGNER, QUOTE },
	{ 98, "qe ISVPRODID other", .edit = qe_prodid, .arg = 3, .want = ASSAY_E_PRODID, QUOTE },
	{ 98, "qe ISVPRODID other, high byte", .edit = qe_prodid, .arg = 0x100, .want = ASSAY_E_PRODID, QUOTE },
	{ 98, "qe MISCSELECT bit inside mask, first", .edit = qe_misc, .arg = 1, .want = ASSAY_E_MISC, QUOTE },
	{ 98, "qe MISCSELECT bit inside mask, last", .edit = qe_misc, .arg = 0x80000000, .want = ASSAY_E_MISC, QUOTE },
	{ 98, "qe ATTRIBUTES debug bit", .edit = qe_flags, .arg = ASSAY_SGX_DEBUG, .want = ASSAY_E_ATTR, QUOTE },
	{ 98, "qe ATTRIBUTES without PROVISION_KEY", .edit = qe_flags, .arg = ASSAY_SGX_PROVISION_KEY, .want = ASSAY_E_ATTR, QUOTE },
	{ 98, "qe ATTRIBUTES without INIT", .edit = qe_flags, .arg = ASSAY_SGX_INIT, .want = ASSAY_E_ATTR, QUOTE },
	{ 98, "qe ATTRIBUTES with EINITTOKEN_KEY", .edit = qe_flags, .arg = ASSAY_SGX_EINITTOKEN_KEY, .want = ASSAY_E_ATTR, QUOTE },
	{ 98, "qe ATTRIBUTES with KSS", .edit = qe_flags, .arg = ASSAY_SGX_KSS, .want = ASSAY_E_ATTR, QUOTE },
	{ 98, "qe ATTRIBUTES bit 63", .edit = qe_flags, .arg = INT64_MIN, .want = ASSAY_E_ATTR, QUOTE },

	{ 99, "own-enclave QE", .edit = own_enclave, .arg = 0, .want = ASSAY_E_SIGNER, QUOTE },
	{ 99, "own-enclave QE, with product and version of its own", .edit = own_enclave, .arg = 1, .want = ASSAY_E_SIGNER, QUOTE },
	{ 99, "the other TEE's QE", .edit = other_qe, .want = ASSAY_E_SIGNER, QUOTE },
	{ 99, "QVE for QE", SGX, qve, .arg = 0, .want = ASSAY_E_ATTR, QUOTE },
	{ 99, "QVE for TD_QE", TDX, qve, .arg = 0, .want = ASSAY_E_ATTR, QUOTE },
	{ 99, "QVE with PROVISION_KEY for QE", SGX, qve, .arg = 1, .want = ASSAY_E_PRODID, QUOTE },
	{ 99, "QVE with PROVISION_KEY for TD_QE", TDX, qve, .arg = 1, .want = ASSAY_E_SIGNER, QUOTE },

	{ 100, "MODE64BIT differs", .edit = qe_flags, .arg = ASSAY_SGX_MODE64BIT },
	{ 100, "XFRM zero", .edit = qe_xfrm, .arg = 0 },
	{ 100, "XFRM differs in every bit", .edit = qe_xfrm, .arg = ~INT64_C(0xe7) },
	{ 100, "what no identity speaks of", .edit = qe_free_fields },
	{ 100, "XFRM in the mask", .edit = attributes_mask, .arg = 0x07 },
	{ 100, "XFRM in the mask, a bit more", .edit = attributes_mask, .arg = 0x27, .want = ASSAY_E_ATTR, QUOTE },

	{ 101, "qe ISVSVN below all levels", .edit = qe_svn, .arg = 0, .want = ASSAY_E_SVN, QUOTE, .note = "got 0, want 1" },
	{ 101, "qe ISVSVN at Revoked level", .edit = qe_svn, .arg = 1, .want = ASSAY_T_REVOKED, QE },
	{ 101, "qe ISVSVN below OutOfDate level", .edit = qe_svn, .arg = 2, .want = ASSAY_T_REVOKED, QE },
	{ 101, "qe ISVSVN at OutOfDate level", .edit = qe_svn, .arg = 3, IS(OUT_OF_DATE) },
	{ 101, "qe ISVSVN below UpToDate level", .edit = qe_svn, .arg = 4, IS(OUT_OF_DATE) },
	{ 101, "qe ISVSVN at UpToDate level", .edit = qe_svn, .arg = 5 },
	{ 101, "qe ISVSVN above all levels", .edit = qe_svn, .arg = 6 },
	{ 101, "qe ISVSVN whose low byte is 0", .edit = qe_svn, .arg = 0x0100 },
	{ 101, "qe ISVSVN the largest", .edit = qe_svn, .arg = 65535 },

	{ 102, "01000000: MISCSELECT 1", .edit = misc_1, .arg = 1 },
	{ 102, "01000000: MISCSELECT 0x01000000", .edit = misc_1, .arg = 0x01000000, .want = ASSAY_E_MISC, QUOTE },
	{ 102, "01000000: MISCSELECT 0", .edit = misc_1, .arg = 0, .want = ASSAY_E_MISC, QUOTE },
	{ 102, "01000000: MISCSELECT 3", .edit = misc_1, .arg = 3, .want = ASSAY_E_MISC, QUOTE },
	{ 102, "01000000: MISCSELECT 1, and all outside the mask", .edit = misc_1, .arg = 0xfffffffd },
	{ 102, "00000080: MISCSELECT 0x80000000", .edit = misc_80000000, .arg = 0x80000000 },
	{ 102, "00000080: MISCSELECT 0x80", .edit = misc_80000000, .arg = 0x80, .want = ASSAY_E_MISC, QUOTE },
	{ 102, "00000080: MISCSELECT 0x800000f0", .edit = misc_80000000, .arg = 0x800000f0 },
	/* clang-format on */
};

/* ---- 103 to 106: the platform */

static struct sim_tcb_spec *tcb(struct sim_world *w)
{
	return &w->tcb[case_tee(w)];
}
static struct sim_pck_tcb *leaf(struct sim_world *w)
{
	return w->cert[SIM_PCK].pck.tcb;
}

static void fmspc(struct sim_world *w, int64_t at)
{
	tcb(w)->fmspc.p[at] ^= 1;
}
static void fmspc_small(struct sim_world *w, int64_t arg)
{
	(void)arg;
	tcb(w)->lower_case = true;
}
static void pceid(struct sim_world *w, int64_t at)
{
	tcb(w)->pce_id.p[at] ^= 1;
}
/* The leaf's two bytes in the other order. */
static void pceid_swapped(struct sim_world *w, int64_t arg)
{
	(void)arg;
	tcb(w)->pce_id = sim_hex("0100");
	w->cert[SIM_PCK].pck.member[SIM_PCK_PCEID].octets = sim_hex("0001");
}
static void pceid_same(struct sim_world *w, int64_t arg)
{
	(void)arg;
	tcb(w)->pce_id = sim_hex("0100");
	w->cert[SIM_PCK].pck.member[SIM_PCK_PCEID].octets = sim_hex("0100");
}

/* All levels, or the best alone, ask for one more than the leaf has. */
static void levels_ask(struct sim_world *w, int64_t i, size_t n_levels)
{
	for (size_t k = 0; k < n_levels; k++)
		tcb(w)->level[k].sgx[i] = leaf(w)[i].value + 1;
}
static void all_ask(struct sim_world *w, int64_t i)
{
	levels_ask(w, i, tcb(w)->n_levels);
}
static void best_asks(struct sim_world *w, int64_t i)
{
	levels_ask(w, i, 1);
}
/* All levels ask for exactly what the leaf has, which is more than elsewhere. */
static void all_ask_the_same(struct sim_world *w, int64_t i)
{
	leaf(w)[i].value = 200;
	for (size_t k = 0; k < tcb(w)->n_levels; k++)
		tcb(w)->level[k].sgx[i] = 200;
}
static void leaf_zero(struct sim_world *w, int64_t i)
{
	leaf(w)[i].value = 0;
}
static void leaf_pcesvn(struct sim_world *w, int64_t svn)
{
	leaf(w)[SIM_TCB_PCESVN].value = (int32_t)svn;
}
/* What must not be taken for the leaf's components and PCESVN. */
static void better_elsewhere(struct sim_world *w, int64_t i)
{
	struct sim_quote_spec *q = &w->quote_spec;

	leaf(w)[i].value = 0;
	memset(leaf(w)[SIM_TCB_CPUSVN].octets.p, 0xff, 16);
	memset(q->sgx.cpu_svn, 0xff, 16);
	memset(q->qe.cpu_svn, 0xff, 16);
	if (q->layout == 3)
		q->qe_svn = q->pce_svn = 0xffff;
}
static void worse_elsewhere(struct sim_world *w, int64_t arg)
{
	struct sim_quote_spec *q = &w->quote_spec;

	(void)arg;
	memset(leaf(w)[SIM_TCB_CPUSVN].octets.p, 0, 16);
	memset(q->sgx.cpu_svn, 0, 16);
	memset(q->qe.cpu_svn, 0, 16);
	q->qe_svn = q->pce_svn = 0;
}

/* The TD's vector: at its launch and now, or at one of the two. */
#define SVN(i, value) ((int64_t)(i) << 8 | (value))
static void launch_svn(struct sim_world *w, int64_t arg)
{
	w->quote_spec.td.tee_tcb_svn[arg >> 8] = (uint8_t)arg;
}
static void current_svn(struct sim_world *w, int64_t arg)
{
	w->quote_spec.td.tee_tcb_svn_2[arg >> 8] = (uint8_t)arg;
}
static void svn(struct sim_world *w, int64_t arg)
{
	launch_svn(w, arg);
	current_svn(w, arg);
}
static void tdx_ask(struct sim_world *w, int64_t i, size_t n_levels)
{
	for (size_t k = 0; k < n_levels; k++)
		tcb(w)->level[k].tdx[i] = w->quote_spec.td.tee_tcb_svn[i] + 1;
}
static void all_ask_tdx(struct sim_world *w, int64_t i)
{
	tdx_ask(w, i, tcb(w)->n_levels);
}
static void best_asks_tdx(struct sim_world *w, int64_t i)
{
	tdx_ask(w, i, 1);
}
/* A module of major version 0, which rows 0 and 1 of the level are about. */
static void major_0(struct sim_world *w, int64_t arg)
{
	(void)arg;
	svn(w, SVN(1, 0));
}
static void major_0_all_ask(struct sim_world *w, int64_t i)
{
	major_0(w, 0);
	all_ask_tdx(w, i);
}
static void major_0_best_asks(struct sim_world *w, int64_t i)
{
	major_0(w, 0);
	best_asks_tdx(w, i);
}
static void major_0_svn(struct sim_world *w, int64_t arg)
{
	major_0(w, 0);
	svn(w, arg);
}

static bool module_alone_is_old(const struct assay_verdict *v,
                                const struct case_evidence *e)
{
	(void)e;
	return v->platform_status == ASSAY_STATUS_UP_TO_DATE &&
	       v->module_status == ASSAY_STATUS_OUT_OF_DATE &&
	       v->qe_status == ASSAY_STATUS_UP_TO_DATE;
}
static bool has_no_module_status(const struct assay_verdict *v,
                                 const struct case_evidence *e)
{
	(void)e;
	return v->module_status == ASSAY_STATUS_NONE && v->module_date == 0;
}

static const struct a_case platforms[] = {
	/* clang-format off */
	{ 103, "fmspc differs, first byte", .edit = fmspc, .arg = 0, .want = ASSAY_T_FMSPC, TCB },
	{ 103, "fmspc differs, last byte", .edit = fmspc, .arg = 5, .want = ASSAY_T_FMSPC, TCB },
	{ 103, "fmspc case differs", .edit = fmspc_small },
	{ 104, "pceid differs, first byte", .edit = pceid, .arg = 0, .want = ASSAY_T_PCEID, TCB },
	{ 104, "pceid differs, last byte", .edit = pceid, .arg = 1, .want = ASSAY_T_PCEID, TCB },
	{ 104, "pceid in the other order", .edit = pceid_swapped, .want = ASSAY_T_PCEID, TCB },
	{ 104, "pceid in the same order", .edit = pceid_same },

#define COMPONENT(i) \
	{ 105, "component " #i " lower than all levels", .edit = all_ask, .arg = i, .want = ASSAY_T_NO_LEVEL, TCB }, \
	{ 105, "component " #i " lower than the best level", .edit = best_asks, .arg = i, IS(SW_HARDENING_NEEDED) }, \
	{ 105, "component " #i " as all levels ask", .edit = all_ask_the_same, .arg = i },
	COMPONENT(0) COMPONENT(1) COMPONENT(2) COMPONENT(3)
	COMPONENT(4) COMPONENT(5) COMPONENT(6) COMPONENT(7)
	COMPONENT(8) COMPONENT(9) COMPONENT(10) COMPONENT(11)
	COMPONENT(12) COMPONENT(13) COMPONENT(14) COMPONENT(15)
	{ 105, "component 0 zero", .edit = leaf_zero, .arg = 0, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 105, "component 1 zero", .edit = leaf_zero, .arg = 1, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 105, "component 2 zero", .edit = leaf_zero, .arg = 2, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 105, "component 3 zero", .edit = leaf_zero, .arg = 3, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 105, "component 4 zero", .edit = leaf_zero, .arg = 4, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 105, "component 5 zero", .edit = leaf_zero, .arg = 5, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 105, "component 7 zero", .edit = leaf_zero, .arg = 7, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 105, "component 7 zero, CPUSVNs and header all ones", .edit = better_elsewhere, .arg = 7, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 105, "pcesvn zero, CPUSVNs and header all ones", .edit = better_elsewhere, .arg = SIM_TCB_PCESVN, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 105, "CPUSVNs and header zero", .edit = worse_elsewhere },
	{ 105, "pcesvn lower than all levels", .edit = leaf_pcesvn, .arg = 4, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 105, "pcesvn at the lowest level", .edit = leaf_pcesvn, .arg = 5, .want = ASSAY_T_REVOKED, TCB },
	{ 105, "pcesvn lower than the best levels", .edit = leaf_pcesvn, .arg = 12, IS(OUT_OF_DATE) },
	{ 105, "pcesvn at the best levels", .edit = leaf_pcesvn, .arg = 13 },
	{ 105, "pcesvn whose low byte is 0", .edit = leaf_pcesvn, .arg = 0x0100 },

	{ 106, "svn[2] low -> lower row", TDX, svn, .arg = SVN(2, 8), IS(SW_HARDENING_NEEDED) },
	{ 106, "svn[2] lower -> lower row", TDX, svn, .arg = SVN(2, 5), IS(OUT_OF_DATE) },
	{ 106, "svn[2] lower than all rows", TDX, svn, .arg = SVN(2, 2), .want = ASSAY_T_NO_LEVEL, TCB },
	{ 106, "svn[0] low with major > 0", TDX, svn, .arg = SVN(0, 3), IS(OUT_OF_DATE), .holds = module_alone_is_old },
	/* rows 0 and 1 are the module's, and do not count */
	{ 106, "all rows ask for more of svn[0], major > 0", TDX, all_ask_tdx, .arg = 0 },
	{ 106, "all rows ask for more of svn[1], major > 0", TDX, all_ask_tdx, .arg = 1 },
	{ 106, "all rows ask for more of svn[0], major 0", TDX, major_0_all_ask, .arg = 0, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 106, "all rows ask for more of svn[1], major 0", TDX, major_0_all_ask, .arg = 1, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 106, "the best row asks for more of svn[0], major 0", TDX, major_0_best_asks, .arg = 0, IS(SW_HARDENING_NEEDED) },
	{ 106, "the best row asks for more of svn[1], major 0", TDX, major_0_best_asks, .arg = 1, IS(SW_HARDENING_NEEDED) },
	{ 106, "svn[0] low, major 0", TDX, major_0_svn, .arg = SVN(0, 4), .want = ASSAY_T_NO_LEVEL, TCB },
	{ 106, "svn[0] as all rows ask, major 0", TDX, major_0_svn, .arg = SVN(0, 5), .holds = has_no_module_status },
#define TDX_COMPONENT(i) \
	{ 106, "all rows ask for more of svn[" #i "]", TDX, all_ask_tdx, .arg = i, .want = ASSAY_T_NO_LEVEL, TCB }, \
	{ 106, "the best row asks for more of svn[" #i "]", TDX, best_asks_tdx, .arg = i, IS(SW_HARDENING_NEEDED) },
	TDX_COMPONENT(2) TDX_COMPONENT(3) TDX_COMPONENT(4) TDX_COMPONENT(5)
	TDX_COMPONENT(6) TDX_COMPONENT(7) TDX_COMPONENT(8) TDX_COMPONENT(9)
	TDX_COMPONENT(10) TDX_COMPONENT(11) TDX_COMPONENT(12) TDX_COMPONENT(13)
	TDX_COMPONENT(14) TDX_COMPONENT(15)
	/* clang-format on */
};

/* ---- 107 to 113: the TDX module */

/* The entry for the module that the TD runs under. */
static struct sim_module *module(struct sim_world *w)
{
	return &w->tcb[SIM_TDX].module[w->kind == SIM_TDX15_V5 ? 0 : 1];
}

static void no_modules(struct sim_world *w, int64_t listed)
{
	w->tcb[SIM_TDX].n_modules = 0;
	w->tcb[SIM_TDX].has_modules = listed;
}
static void no_entry(struct sim_world *w, int64_t arg)
{
	struct sim_tcb_spec *t = &w->tcb[SIM_TDX];

	(void)arg;
	if (w->kind != SIM_TDX15_V5)
		t->module[1] = t->module[0];
	else
		t->module[0] = t->module[1];
	t->n_modules = 1;
}
/* A module of this major version, for which there is one entry more. */
/* clang-format off */
enum { ID_2, ID_02, ID_SMALL, ID_002, ID_LONG, ID_X2, ID_PREFIX, ID_EMPTY,
       ID_10, ID_16, ID_0A, ID_0A_SMALL };
static const char *const module_ids[] = {
	[ID_2] = "TDX_2", [ID_02] = "TDX_02", [ID_SMALL] = "tdx_02",
	[ID_002] = "TDX_002", [ID_LONG] = "TDX_02 ", [ID_X2] = "TDX_x2",
	[ID_PREFIX] = "TDX-02", [ID_EMPTY] = "", [ID_10] = "TDX_10",
	[ID_16] = "TDX_16", [ID_0A] = "TDX_0A", [ID_0A_SMALL] = "TDX_0a",
};
/* clang-format on */
#define MAJOR(major, id) ((int64_t)(major) << 8 | (id))
static void major(struct sim_world *w, int64_t arg)
{
	struct sim_tcb_spec *t = &w->tcb[SIM_TDX];

	svn(w, SVN(1, arg >> 8));
	t->module[2] = t->module[0];
	t->module[2].id = module_ids[arg & 0xff];
	t->n_modules = 3;
}
static void major_alone(struct sim_world *w, int64_t arg)
{
	svn(w, SVN(1, arg));
}
static void small_ids(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->tcb[SIM_TDX].module[0].id = "tdx_03";
	w->tcb[SIM_TDX].module[1].id = "tdx_01";
}
static void no_levels(struct sim_world *w, int64_t arg)
{
	(void)arg;
	module(w)->n_levels = 0;
}

static void platform_and_svn(struct sim_world *w, unsigned level, int64_t minor)
{
	sim_world_at_level(w, level);
	svn(w, SVN(0, minor));
}
static void old_platform(struct sim_world *w, int64_t minor)
{
	platform_and_svn(w, SIM_LEVEL_OUT_OF_DATE, minor);
}
static void configuration(struct sim_world *w, int64_t minor)
{
	platform_and_svn(w, SIM_LEVEL_CONFIGURATION, minor);
}
static void revoked_platform(struct sim_world *w, int64_t minor)
{
	platform_and_svn(w, SIM_LEVEL_REVOKED, minor);
}

static void mrsignerseam(struct sim_world *w, int64_t at)
{
	w->quote_spec.td.mrsignerseam[at] = 1;
}
static void mrsignerseam_0(struct sim_world *w, int64_t at)
{
	major_0(w, 0);
	mrsignerseam(w, at);
}
static void seam_bit(struct sim_world *w, int64_t bit)
{
	w->quote_spec.td.seam_attributes = UINT64_C(1) << bit;
}
static void seam_bit_0(struct sim_world *w, int64_t bit)
{
	major_0(w, 0);
	seam_bit(w, bit);
}
/* A mask that looks at nothing; attributes that are wanted so. */
static void seam_unmasked(struct sim_world *w, int64_t bit)
{
	seam_bit(w, bit);
	module(w)->mask = sim_hex("0000000000000000");
}
static void seam_wanted(struct sim_world *w, int64_t arg)
{
	(void)arg;
	seam_bit(w, 0);
	module(w)->attributes = sim_hex("0100000000000000");
}
static void attributes_wanted(struct sim_world *w, int64_t arg)
{
	(void)arg;
	module(w)->attributes = sim_hex("0000000000000080");
}
static void attributes_unmasked(struct sim_world *w, int64_t arg)
{
	attributes_wanted(w, arg);
	module(w)->mask = sim_hex("FFFFFFFFFFFFFF7F");
}

static void module_signer(struct sim_world *w, int64_t at)
{
	module(w)->mrsigner.p[at] = 1;
}
static void base_signer(struct sim_world *w, int64_t at)
{
	w->tcb[SIM_TDX].base.mrsigner.p[at] = 1;
}
static void base_signer_0(struct sim_world *w, int64_t at)
{
	major_0(w, 0);
	base_signer(w, at);
}
static void module_signer_0(struct sim_world *w, int64_t at)
{
	major_0(w, 0);
	w->tcb[SIM_TDX].module[0].mrsigner.p[at] = 1;
	w->tcb[SIM_TDX].module[1].mrsigner.p[at] = 1;
}
/* A module that somebody signed, as the identity says. */
static void signed_module(struct sim_world *w, int64_t at)
{
	module_signer(w, at);
	mrsignerseam(w, at);
}
static void other_modules_signer(struct sim_world *w, int64_t at)
{
	w->tcb[SIM_TDX].module[w->kind == SIM_TDX15_V5].mrsigner.p[at] = 1;
}

static const struct a_case modules[] = {
	/* clang-format off */
	{ 107, "major 2 without TDX_02 entry", TDX, major_alone, .arg = 2, .want = ASSAY_M_IDENTITY, QUOTE, .note = "TDX module 2.5" },
	{ 107, "major 255 without entry", TDX, major_alone, .arg = 255, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "the module's entry left out", TDX, no_entry, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "empty list", TDX, no_modules, .arg = 1, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "no list", TDX, no_modules, .arg = 0, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "entry without levels", TDX, no_levels, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "entry TDX_2", TDX, major, .arg = MAJOR(2, ID_2), .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "entry TDX_002", TDX, major, .arg = MAJOR(2, ID_002), .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "entry TDX_02 and a space", TDX, major, .arg = MAJOR(2, ID_LONG), .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "entry TDX_x2", TDX, major, .arg = MAJOR(2, ID_X2), .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "entry TDX-02", TDX, major, .arg = MAJOR(2, ID_PREFIX), .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "entry without a name", TDX, major, .arg = MAJOR(2, ID_EMPTY), .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "major 16, entry TDX_16", TDX, major, .arg = MAJOR(16, ID_16), .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "major 16, entry TDX_10", TDX, major, .arg = MAJOR(16, ID_10) },
	{ 107, "major 10, entry TDX_10", TDX, major, .arg = MAJOR(10, ID_10), .want = ASSAY_M_IDENTITY, QUOTE },
	{ 107, "major 10, entry TDX_0A", TDX, major, .arg = MAJOR(10, ID_0A) },
	{ 107, "major 10, entry TDX_0a", TDX, major, .arg = MAJOR(10, ID_0A_SMALL) },
	{ 107, "major 2, entry TDX_02", TDX, major, .arg = MAJOR(2, ID_02) },
	{ 107, "major 2, entry tdx_02", TDX, major, .arg = MAJOR(2, ID_SMALL) },
	{ 107, "entries tdx_01 and tdx_03", TDX, .edit = small_ids },
	{ 107, "major 0, empty list", TDX & ~TD15, major_0, .arg = 0, .holds = has_no_module_status },

	{ 108, "module minor below all levels", TDX, svn, .arg = SVN(0, 0), .want = ASSAY_M_IDENTITY, QUOTE },
	{ 108, "module minor at Revoked level", TDX, svn, .arg = SVN(0, 1), .want = ASSAY_T_REVOKED, TCB },
	{ 108, "module minor below OutOfDate level", TDX, svn, .arg = SVN(0, 2), .want = ASSAY_T_REVOKED, TCB },
	{ 108, "module minor at OutOfDate level, UpToDate row", TDX, svn, .arg = SVN(0, 3), IS(OUT_OF_DATE), .holds = module_alone_is_old },
	{ 108, "module minor below UpToDate level", TDX, svn, .arg = SVN(0, 4), IS(OUT_OF_DATE), .holds = module_alone_is_old },
	{ 108, "module minor above all levels", TDX, svn, .arg = SVN(0, 255) },

	{ 109, "platform row OutOfDate, module UpToDate", TDX, old_platform, .arg = SIM_SVN_UP_TO_DATE, IS(OUT_OF_DATE) },
	{ 110, "platform ConfigurationNeeded, module OutOfDate", TDX, configuration, .arg = SIM_SVN_OUT_OF_DATE, IS(OUT_OF_DATE_CONFIGURATION_NEEDED) },
	{ 110, "platform ConfigurationNeeded, module UpToDate", TDX, configuration, .arg = SIM_SVN_UP_TO_DATE, IS(CONFIGURATION_NEEDED) },
	{ 111, "platform Revoked, everything UpToDate", .edit = revoked_platform, .arg = SIM_SVN_UP_TO_DATE, .want = ASSAY_T_REVOKED, TCB, .note = "platform Revoked" },

	{ 112, "MRSIGNERSEAM non-zero, first byte", TDX, mrsignerseam, .arg = 0, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 112, "MRSIGNERSEAM non-zero, last byte", TDX, mrsignerseam, .arg = 47, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 112, "MRSIGNERSEAM non-zero, major 0", TDX, mrsignerseam_0, .arg = 47, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 112, "SEAMATTRIBUTES non-zero, first bit", TDX, seam_bit, .arg = 0, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 112, "SEAMATTRIBUTES non-zero, last bit", TDX, seam_bit, .arg = 63, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 112, "SEAMATTRIBUTES non-zero, major 0", TDX, seam_bit_0, .arg = 63, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 112, "SEAMATTRIBUTES non-zero where the mask is zero", TDX, seam_unmasked, .arg = 0, .want = ASSAY_M_IDENTITY, QUOTE, .note = "not zero" },
	{ 112, "SEAMATTRIBUTES non-zero as the identity has them", TDX, seam_wanted, .want = ASSAY_M_IDENTITY, QUOTE, .note = "not zero" },
	{ 112, "SEAMATTRIBUTES zero, the identity's are not", TDX, attributes_wanted, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 112, "SEAMATTRIBUTES zero, the identity's are not, outside the mask", TDX, .edit = attributes_unmasked },

	{ 113, "identity with another mrsigner, tdxModule matches", TDX, module_signer, .arg = 0, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 113, "identity with another mrsigner, last byte", TDX, module_signer, .arg = 47, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 113, "tdxModule with another mrsigner, major 0", TDX, base_signer_0, .arg = 0, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 113, "tdxModule with another mrsigner, identity matches", TDX, base_signer, .arg = 0 },
	{ 113, "identities with another mrsigner, major 0", TDX, module_signer_0, .arg = 0 },
	{ 113, "another major's identity with another mrsigner", TDX, other_modules_signer, .arg = 0 },
	{ 113, "a module that is signed as its identity says", TDX, signed_module, .arg = 0 },
	/* clang-format on */
};

/* ---- 114: relaunch */

/* Refused by the default policy, made as wide as a test's must be. */
static bool is_refused_by_default(const struct assay_verdict *v,
                                  const struct case_evidence *e)
{
	static const char json[] = "{\"any_code\":true,\"simulation\":true}";
	struct assay_policy *policy = malloc(assay_policy_size());
	struct assay_decision d;
	bool refused;

	(void)e;
	refused = policy && assay_policy_parse(policy, buf_text(json), NULL) &&
	          !assay_appraise(&d, v, policy, NULL, 0) &&
	          d.n_refusals == 1 &&
	          strcmp(d.refusals[0].rule, "accepted_statuses") == 0;
	free(policy);
	return refused;
}
static bool is_advised(const struct assay_verdict *v,
                       const struct case_evidence *e)
{
	return v->has_current && v->current_status == ASSAY_STATUS_UP_TO_DATE &&
	       v->current_platform_status == ASSAY_STATUS_UP_TO_DATE &&
	       v->current_module_status == ASSAY_STATUS_UP_TO_DATE &&
	       is_refused_by_default(v, e);
}

/* Launched under an old module; the present one is of this minor version. */
static void module_was_old(struct sim_world *w, int64_t now)
{
	launch_svn(w, SVN(0, SIM_SVN_OUT_OF_DATE));
	current_svn(w, SVN(0, now));
}
static void microcode_was_old(struct sim_world *w, int64_t now)
{
	launch_svn(w, SVN(2, 5));
	current_svn(w, SVN(2, now));
}
static void microcode_is_new(struct sim_world *w, int64_t launch)
{
	launch_svn(w, SVN(2, launch));
}
static void module_was_old_and(struct sim_world *w, int64_t qe)
{
	launch_svn(w, SVN(0, SIM_SVN_OUT_OF_DATE));
	qe_svn(w, qe);
}
static void module_was_old_at(struct sim_world *w, int64_t level)
{
	launch_svn(w, SVN(0, SIM_SVN_OUT_OF_DATE));
	sim_world_at_level(w, (unsigned)level);
}
static void major_is(struct sim_world *w, int64_t now)
{
	launch_svn(w, SVN(0, SIM_SVN_OUT_OF_DATE));
	current_svn(w, SVN(1, now));
}
static void module_was_revoked(struct sim_world *w, int64_t now)
{
	launch_svn(w, SVN(0, SIM_SVN_REVOKED));
	current_svn(w, SVN(0, now));
}
static void module_is_old(struct sim_world *w, int64_t now)
{
	current_svn(w, SVN(0, now));
}

static const struct a_case relaunch[] = {
	/* clang-format off */
	{ 114, "launch OutOfDate, svn2 UpToDate: module", TD15, module_was_old, .arg = SIM_SVN_UP_TO_DATE, IS(TD_RELAUNCH_ADVISED), .holds = is_advised },
	{ 114, "launch OutOfDate, svn2 UpToDate: platform", TD15, microcode_was_old, .arg = 9, IS(TD_RELAUNCH_ADVISED), .holds = is_advised },
	{ 114, "svn2 also old: module", TD15, module_was_old, .arg = SIM_SVN_OUT_OF_DATE, IS(OUT_OF_DATE) },
	{ 114, "svn2 also old: platform", TD15, microcode_was_old, .arg = 5, IS(OUT_OF_DATE) },
	{ 114, "svn2 no level", TD15, microcode_was_old, .arg = 2, .want = ASSAY_T_NO_LEVEL, TCB },
	{ 114, "svn2 no level, launch UpToDate", TD15, current_svn, .arg = SVN(2, 2), .want = ASSAY_T_NO_LEVEL, TCB },
	{ 114, "svn2 no module level", TD15, module_was_old, .arg = SIM_SVN_NONE, .want = ASSAY_M_IDENTITY, QUOTE },
	{ 114, "svn2 no module", TD15, major_is, .arg = 2, .want = ASSAY_M_IDENTITY, QUOTE, .note = "TDX module 2.5" },
	{ 114, "svn2 another module", TD15, major_is, .arg = 1, IS(TD_RELAUNCH_ADVISED) },
	{ 114, "svn2 Revoked, launch OutOfDate", TD15, module_was_old, .arg = SIM_SVN_REVOKED, .want = ASSAY_T_REVOKED, TCB },
	{ 114, "svn2 Revoked, launch UpToDate", TD15, module_is_old, .arg = SIM_SVN_REVOKED, .want = ASSAY_T_REVOKED, TCB },
	{ 114, "svn2 OutOfDate, launch UpToDate", TD15, module_is_old, .arg = SIM_SVN_OUT_OF_DATE },
	{ 114, "svn2 UpToDate, launch Revoked", TD15, module_was_revoked, .arg = SIM_SVN_UP_TO_DATE, .want = ASSAY_T_REVOKED, TCB },
	{ 114, "QE OutOfDate -> no relaunch", TD15, module_was_old_and, .arg = SIM_SVN_OUT_OF_DATE, IS(OUT_OF_DATE), .holds = is_refused_by_default },
	{ 114, "QE Revoked", TD15, module_was_old_and, .arg = SIM_SVN_REVOKED, .want = ASSAY_T_REVOKED, QE },
	{ 114, "svn2 SWHardeningNeeded", TD15, module_was_old_at, .arg = SIM_LEVEL_SW_HARDENING, IS(TD_RELAUNCH_ADVISED), .holds = is_refused_by_default },
	{ 114, "svn2 ConfigurationNeeded", TD15, module_was_old_at, .arg = SIM_LEVEL_CONFIGURATION, IS(TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED), .holds = is_refused_by_default },
	{ 114, "svn2 ConfigurationAndSWHardeningNeeded", TD15, module_was_old_at, .arg = SIM_LEVEL_CONFIGURATION_AND_SW_HARDENING, IS(TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED) },
	{ 114, "svn2 OutOfDateConfigurationNeeded", TD15, module_was_old_at, .arg = SIM_LEVEL_OUT_OF_DATE_CONFIGURATION, IS(OUT_OF_DATE_CONFIGURATION_NEEDED) },
	{ 114, "launch OutOfDateConfigurationNeeded, svn2 UpToDate", TD15, microcode_is_new, .arg = 4, IS(TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED) },
	{ 114, "launch ConfigurationNeeded, svn2 UpToDate", TD15, microcode_is_new, .arg = 7, IS(CONFIGURATION_NEEDED) },
	/* bodies of TDX 1.0 say nothing of the present */
	{ 114, "TDX 1.0: launch OutOfDate", TD10, module_was_old, .arg = SIM_SVN_UP_TO_DATE, IS(OUT_OF_DATE) },
	/* clang-format on */
};

/* ---- 115: convergence, one cell of the table a row; in full, and with both
 * components, in t_converge.c */

#define AT(level, svn) ((int64_t)SIM_LEVEL_##level << 8 | SIM_SVN_##svn)
static void level_and_qe(struct sim_world *w, int64_t arg)
{
	sim_world_at_level(w, (unsigned)(arg >> 8));
	qe_svn(w, arg & 0xff);
}
static void level_and_module(struct sim_world *w, int64_t arg)
{
	sim_world_at_level(w, (unsigned)(arg >> 8));
	svn(w, SVN(0, arg & 0xff));
}

static const struct a_case table[] = {
/* clang-format off */
#define CELLS(level, svn, with_qe, with_module) \
	{ 115, #level ", QE " #svn, .edit = level_and_qe, .arg = AT(level, svn), with_qe }, \
	{ 115, #level ", module " #svn, TDX, level_and_module, .arg = AT(level, svn), with_module },
#define GOOD_CELL(level, svn, is) CELLS(level, svn, is, is)
#define BAD_CELL(level, svn, qe, module) \
	CELLS(level, svn, .want = ASSAY_T_REVOKED PAIR(qe), .want = ASSAY_T_REVOKED PAIR(module))
#define PAIR(doc) , doc
	GOOD_CELL(UP_TO_DATE, UP_TO_DATE, IS(UP_TO_DATE))
	GOOD_CELL(UP_TO_DATE, OUT_OF_DATE, IS(OUT_OF_DATE))
	BAD_CELL(UP_TO_DATE, REVOKED, QE, TCB)
	GOOD_CELL(SW_HARDENING, UP_TO_DATE, IS(SW_HARDENING_NEEDED))
	GOOD_CELL(SW_HARDENING, OUT_OF_DATE, IS(OUT_OF_DATE))
	BAD_CELL(SW_HARDENING, REVOKED, QE, TCB)
	GOOD_CELL(CONFIGURATION, UP_TO_DATE, IS(CONFIGURATION_NEEDED))
	GOOD_CELL(CONFIGURATION, OUT_OF_DATE, IS(OUT_OF_DATE_CONFIGURATION_NEEDED))
	BAD_CELL(CONFIGURATION, REVOKED, QE, TCB)
	GOOD_CELL(CONFIGURATION_AND_SW_HARDENING, UP_TO_DATE, IS(CONFIGURATION_AND_SW_HARDENING_NEEDED))
	GOOD_CELL(CONFIGURATION_AND_SW_HARDENING, OUT_OF_DATE, IS(OUT_OF_DATE_CONFIGURATION_NEEDED))
	BAD_CELL(CONFIGURATION_AND_SW_HARDENING, REVOKED, QE, TCB)
	GOOD_CELL(OUT_OF_DATE, UP_TO_DATE, IS(OUT_OF_DATE))
	GOOD_CELL(OUT_OF_DATE, OUT_OF_DATE, IS(OUT_OF_DATE))
	BAD_CELL(OUT_OF_DATE, REVOKED, QE, TCB)
	GOOD_CELL(OUT_OF_DATE_CONFIGURATION, UP_TO_DATE, IS(OUT_OF_DATE_CONFIGURATION_NEEDED))
	GOOD_CELL(OUT_OF_DATE_CONFIGURATION, OUT_OF_DATE, IS(OUT_OF_DATE_CONFIGURATION_NEEDED))
	BAD_CELL(OUT_OF_DATE_CONFIGURATION, REVOKED, QE, TCB)
	BAD_CELL(REVOKED, UP_TO_DATE, TCB, TCB)
	BAD_CELL(REVOKED, OUT_OF_DATE, TCB, TCB)
	BAD_CELL(REVOKED, REVOKED, QE, TCB)
	/* clang-format on */
};

/* ---- 116: advisories and dates of all that matched; more in t_converge.c */

static void say(struct sim_said *said, const char *a, const char *b)
{
	memset(said->advisories, 0, sizeof(said->advisories));
	said->advisories[0] = a;
	said->advisories[1] = b;
}
static void say_all(struct sim_world *w, int64_t arg)
{
	(void)arg;
	say(&tcb(w)->level[0].said, "INTEL-SA-00900", "INTEL-DOC-10001");
	say(&module(w)->level[0].said, "INTEL-SA-00900", "INTEL-SA-00002");
	say(&identity(w)->level[0].said, "INTEL-SA-00002", "INTEL-SA-00001");
	/* of levels that do not match */
	say(&tcb(w)->level[1].said, "INTEL-SA-00999", NULL);
	say(&identity(w)->level[1].said, "INTEL-SA-00998", NULL);
}
static bool has_union(const struct assay_verdict *v,
                      const struct case_evidence *e)
{
	(void)e;
	return v->n_advisories == 4 &&
	       !strcmp(v->advisories[0], "INTEL-DOC-10001") &&
	       !strcmp(v->advisories[1], "INTEL-SA-00001") &&
	       !strcmp(v->advisories[2], "INTEL-SA-00002") &&
	       !strcmp(v->advisories[3], "INTEL-SA-00900");
}

enum { PLATFORM, MODULE, ENCLAVE };
#define THAT_DAY 1582934400 /* 2020-02-29T00:00:00Z */
static void that_day(struct sim_world *w, int64_t which)
{
	if (which == PLATFORM)
		tcb(w)->level[0].said.date = THAT_DAY;
	else if (which == MODULE)
		module(w)->level[0].said.date = THAT_DAY;
	else
		identity(w)->level[0].said.date = THAT_DAY;
}
static bool has_that_day(const struct assay_verdict *v,
                         const struct case_evidence *e)
{
	(void)e;
	return v->tcb_date == THAT_DAY;
}

static const struct a_case facts[] = {
	/* clang-format off */
	{ 116, "advisory union", .edit = say_all, .holds = has_union },
	{ 116, "minimum date: the platform's", .edit = that_day, .arg = PLATFORM, .holds = has_that_day },
	{ 116, "minimum date: the module's", TDX, that_day, .arg = MODULE, .holds = has_that_day },
	{ 116, "minimum date: the quoting enclave's", .edit = that_day, .arg = ENCLAVE, .holds = has_that_day },
	/* clang-format on */
};

int main(void)
{
	cases_run(ROWS(cryptography));
	for (unsigned kind = 0; kind < SIM_N_KINDS; kind++)
		every_byte(kind);
	cases_run(ROWS(enclaves));
	cases_run(ROWS(platforms));
	cases_run(ROWS(modules));
	cases_run(ROWS(relaunch));
	cases_run(ROWS(table));
	cases_run(ROWS(facts));
	cases_all_met(85, 116);
	return done();
}
