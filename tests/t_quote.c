/* t_quote.c - the quote's reader: real quotes, and structures made wrong in one
 * place each [DCAP 8.1]. */
#include <assay/quote.h>

#include "base/json.h"
#include "base/text.h"

#include "tap.h"

#include <dirent.h>

/* ---- a maker of structures: nothing is signed, every byte differs from its
 * neighbours */

enum layout { V3, V4_SGX, V4_TDX, V5_SGX, V5_TDX, V5_TDX15, N_LAYOUTS };

/* clang-format off */
static const struct {
	const char *name;
	uint8_t version, tee, body_type;
	size_t body_at, body_len;
} layouts[N_LAYOUTS] = {
	[V3]       = { "v3",          3, 0x00, 1, 48, 384 },
	[V4_SGX]   = { "v4 SGX",      4, 0x00, 1, 48, 384 },
	[V4_TDX]   = { "v4 TDX",      4, 0x81, 2, 48, 584 },
	[V5_SGX]   = { "v5 SGX",      5, 0x00, 1, 54, 384 },
	[V5_TDX]   = { "v5 TDX 1.0",  5, 0x81, 2, 54, 584 },
	[V5_TDX15] = { "v5 TDX 1.5",  5, 0x81, 3, 54, 648 },
};
/* clang-format on */

enum { AUTH_LEN = 32, CERT_LEN = 100, MADE_MAX = 128 * 1024 };

struct made {
	uint8_t bytes[MADE_MAX];
	size_t len;
	/* where the lengths and types stand; outer_at 0: there is none */
	size_t siglen_at, sig_at, outer_at, qe_at, auth_at, cert_head_at;
};

static void put_le(struct made *m, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		m->bytes[m->len++] = (uint8_t)(v >> 8 * i);
}

static void put_fill(struct made *m, size_t n)
{
	for (size_t i = 0; i < n; i++, m->len++)
		m->bytes[m->len] = (uint8_t)(m->len * 7 + m->len / 256 + 0xa0);
}

static void make(struct made *m, enum layout layout, size_t auth_len,
                 size_t cert_len)
{
	static const uint8_t intel[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c,
		                           0x4c, 0xa9, 0x94, 0x0a, 0x0d, 0xb3,
		                           0x95, 0x7f, 0x06, 0x07 };
	bool outer = layouts[layout].version > 3;
	size_t inner_len = 384 + 64 + 2 + auth_len + 6 + cert_len;

	memset(m, 0, sizeof(*m));
	put_le(m, layouts[layout].version, 2);
	put_le(m, 2, 2);
	put_le(m, layouts[layout].tee, 4);
	put_le(m, outer ? 0 : 0x000f000a, 4);
	memcpy(m->bytes + m->len, intel, 16);
	m->len += 16;
	put_fill(m, 20);
	if (layouts[layout].version == 5) {
		put_le(m, layouts[layout].body_type, 2);
		put_le(m, layouts[layout].body_len, 4);
	}
	put_fill(m, layouts[layout].body_len);
	m->siglen_at = m->len;
	put_le(m, (outer ? 134u : 128u) + inner_len, 4);
	m->sig_at = m->len;
	put_fill(m, 128);
	if (outer) {
		m->outer_at = m->len;
		put_le(m, 6, 2);
		put_le(m, inner_len, 4);
	}
	m->qe_at = m->len;
	put_fill(m, 384 + 64);
	m->auth_at = m->len;
	put_le(m, auth_len, 2);
	put_fill(m, auth_len);
	m->cert_head_at = m->len;
	put_le(m, 5, 2);
	put_le(m, cert_len, 4);
	put_fill(m, cert_len);
}

static bool is_zero(const void *p, size_t n)
{
	const unsigned char *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

static bool move_view(struct assay_bytes *view, const uint8_t *from, size_t len,
                      const uint8_t *to)
{
	bool inside = view->ptr >= from && view->len <= len &&
	              (size_t)(view->ptr - from) <= len - view->len;

	if (inside)
		view->ptr = to + (view->ptr - from);
	return inside;
}

/* Parses a copy that stands in memory of exactly its size, `shift` bytes from
 * where memory is aligned; every view must then lie in that copy.  Views are
 * moved back to `bytes`. */
static bool parse(struct assay_quote *q, const uint8_t *bytes, size_t len,
                  size_t shift, bool strict, struct assay_err *err)
{
	uint8_t *copy = malloc(len + shift ? len + shift : 1);
	uint8_t *p = copy + shift;
	bool good;

	if (!copy)
		abort();
	memcpy(p, bytes, len);
	memset(q, 0xee, sizeof(*q));
	*err = (struct assay_err){ 0 };
	good = assay_quote_parse(q, (struct assay_bytes){ p, len }, strict,
	                         err);
	if (good && !(move_view(&q->signed_part, p, len, bytes) &&
	              move_view(&q->sig, p, len, bytes) &&
	              move_view(&q->ak, p, len, bytes) &&
	              move_view(&q->qe_report_raw, p, len, bytes) &&
	              move_view(&q->qe_report_sig, p, len, bytes) &&
	              move_view(&q->qe_auth, p, len, bytes) &&
	              move_view(&q->cert, p, len, bytes) &&
	              move_view(&q->whole, p, len, bytes) &&
	              move_view(&q->platform, p, len, bytes)))
		good = ok(false, "a view lies outside of the input");
	free(copy);
	return good;
}

/* A failure names a check of the quote's form and a place in it, says why, and
 * leaves nothing. */
static bool is_failure(const struct assay_quote *q, const struct assay_err *err,
                       size_t len)
{
	return err->check >= ASSAY_P_TRUNCATED &&
	       err->check <= ASSAY_P_TRAILING && err->doc == ASSAY_DOC_QUOTE &&
	       err->at <= len && err->note[0] && is_zero(q, sizeof(*q));
}

/* ---- fields */

static bool is_view(struct assay_bytes view, const struct made *m, size_t at,
                    size_t len)
{
	return view.ptr == m->bytes + at && view.len == len;
}

static bool same(const void *field, const struct made *m, size_t at, size_t len)
{
	return memcmp(field, m->bytes + at, len) == 0;
}

static uint64_t le(const struct made *m, size_t at, size_t n)
{
	uint64_t v = 0;

	for (size_t i = n; i > 0; i--)
		v = v << 8 | m->bytes[at + i - 1];
	return v;
}

static bool is_sgx(const struct assay_sgx_report *r, const struct made *m,
                   size_t at)
{
	return same(r->cpu_svn, m, at, 16) &&
	       r->misc_select == le(m, at + 16, 4) &&
	       same(r->isv_ext_prod_id, m, at + 32, 16) &&
	       r->flags == le(m, at + 48, 8) && r->xfrm == le(m, at + 56, 8) &&
	       same(r->attributes, m, at + 48, 16) &&
	       same(r->mrenclave, m, at + 64, 32) &&
	       same(r->mrsigner, m, at + 128, 32) &&
	       same(r->config_id, m, at + 192, 64) &&
	       r->isv_prod_id == le(m, at + 256, 2) &&
	       r->isv_svn == le(m, at + 258, 2) &&
	       r->config_svn == le(m, at + 260, 2) &&
	       same(r->isv_family_id, m, at + 304, 16) &&
	       same(r->report_data, m, at + 320, 64);
}

static bool is_td(const struct assay_td_report *r, const struct made *m,
                  size_t at, bool is_15)
{
	return same(r->tee_tcb_svn, m, at, 16) &&
	       same(r->mrseam, m, at + 16, 48) &&
	       same(r->mrsignerseam, m, at + 64, 48) &&
	       r->seam_attributes == le(m, at + 112, 8) &&
	       r->td_attributes == le(m, at + 120, 8) &&
	       r->xfam == le(m, at + 128, 8) &&
	       same(r->mrtd, m, at + 136, 48) &&
	       same(r->mrconfigid, m, at + 184, 48) &&
	       same(r->mrowner, m, at + 232, 48) &&
	       same(r->mrownerconfig, m, at + 280, 48) &&
	       same(r->rtmr, m, at + 328, sizeof(r->rtmr)) &&
	       same(r->report_data, m, at + 520, 64) && r->is_15 == is_15 &&
	       (is_15 ? same(r->tee_tcb_svn_2, m, at + 584, 16) &&
	                        same(r->mrservicetd, m, at + 600, 48)
	              : is_zero(r->tee_tcb_svn_2, 16) &&
	                        is_zero(r->mrservicetd, 48));
}

static struct made made;

static void test_fields(enum layout layout, size_t auth_len, size_t shift)
{
	const char *name = layouts[layout].name;
	size_t at = layouts[layout].body_at;
	struct assay_err err;
	struct assay_quote q;

	make(&made, layout, auth_len, CERT_LEN);
	if (!ok(parse(&q, made.bytes, made.len, shift, true, &err),
	        "%s parses, auth %zu, address + %zu: %s", name, auth_len, shift,
	        err.note))
		return;
	ok(q.version == layouts[layout].version &&
	           q.tee == (layouts[layout].tee ? ASSAY_TEE_TDX
	                                         : ASSAY_TEE_SGX) &&
	           q.body_type == layouts[layout].body_type &&
	           same(q.user_data, &made, 28, 20) && q.body_at == at,
	   "%s: header", name);
	if (q.tee == ASSAY_TEE_SGX)
		ok(is_sgx(&q.sgx, &made, at) && is_zero(&q.td, sizeof(q.td)),
		   "%s: SGX report", name);
	else
		ok(is_td(&q.td, &made, at, layout == V5_TDX15) &&
		           is_zero(&q.sgx, sizeof(q.sgx)),
		   "%s: TD report", name);
	ok(is_view(q.signed_part, &made, 0, made.siglen_at) &&
	           is_view(q.sig, &made, made.sig_at, 64) &&
	           is_view(q.ak, &made, made.sig_at + 64, 64),
	   "%s: signature", name);
	ok(is_view(q.qe_report_raw, &made, made.qe_at, 384) &&
	           is_sgx(&q.qe_report, &made, made.qe_at) &&
	           is_view(q.qe_report_sig, &made, made.qe_at + 384, 64) &&
	           is_view(q.qe_auth, &made, made.auth_at + 2, auth_len),
	   "%s: quoting enclave", name);
	ok(q.cert_type == 5 && q.cert_at == made.cert_head_at + 6 &&
	           is_view(q.cert, &made, q.cert_at, CERT_LEN),
	   "%s: certification data", name);
	ok(is_view(q.whole, &made, 0, made.len) &&
	           is_view(q.platform, &made, made.sig_at + 64,
	                   made.len - made.sig_at - 64),
	   "%s: whole and platform", name);
}

/* ---- one thing wrong */

enum place { AT, SIGLEN, OUTER_TYPE, OUTER_SIZE, AUTH, CERT_TYPE, CERT_SIZE };
enum { AGAIN = 0x100 }; /* what follows is not zeros but the same quote */

/* clang-format off */
static const struct {
	const char *name;
	enum layout layout;
	enum place place;    /* of the number that is changed ... */
	size_t at;           /* AT: counted from the start */
	size_t width;        /* ... its bytes, little-endian (0: unchanged) ... */
	bool add;            /* ... what is added to it, or its new value: */
	int64_t value;
	size_t follow;       /* bytes behind the quote */
	enum assay_check want, strict; /* not strict, strict; ASSAY_OK: parses */
	int64_t want_at;     /* offset from that number; for AT, from 0 */
} rows[] = {
#define BOTH(check) check, check
	/* 3 */
	{ "version 0",        V3, AT, 0, 2, false, 0,      0, BOTH(ASSAY_P_VERSION), 0 },
	{ "version 1",        V3, AT, 0, 2, false, 1,      0, BOTH(ASSAY_P_VERSION), 0 },
	{ "version 2",        V3, AT, 0, 2, false, 2,      0, BOTH(ASSAY_P_VERSION), 0 },
	{ "version 6",        V3, AT, 0, 2, false, 6,      0, BOTH(ASSAY_P_VERSION), 0 },
	{ "version 99",       V3, AT, 0, 2, false, 99,     0, BOTH(ASSAY_P_VERSION), 0 },
	{ "version 0x0300",   V3, AT, 0, 2, false, 0x0300, 0, BOTH(ASSAY_P_VERSION), 0 },
	{ "version 0xffff",   V3, AT, 0, 2, false, 0xffff, 0, BOTH(ASSAY_P_VERSION), 0 },
	/* 4 */
	{ "key type 0",       V3, AT, 2, 2, false, 0, 0, BOTH(ASSAY_P_KEYTYPE), 2 },
	{ "key type 1",       V4_TDX, AT, 2, 2, false, 1, 0, BOTH(ASSAY_P_KEYTYPE), 2 },
	{ "key type 3",       V5_TDX, AT, 2, 2, false, 3, 0, BOTH(ASSAY_P_KEYTYPE), 2 },
	{ "key type 0x0200",  V3, AT, 2, 2, false, 0x0200, 0, BOTH(ASSAY_P_KEYTYPE), 2 },
	/* 5, 6 */
	{ "TEE 0x80",         V4_TDX, AT, 4, 4, false, 0x80, 0, BOTH(ASSAY_P_TEE), 4 },
	{ "TEE 0x81000000",   V4_TDX, AT, 4, 4, false, 0x81000000, 0, BOTH(ASSAY_P_TEE), 4 },
	{ "TEE 0x81 in v3",   V3, AT, 4, 4, false, 0x81, 0, BOTH(ASSAY_P_TEE), 4 },
	{ "TEE 1 in v5",      V5_SGX, AT, 4, 4, false, 1, 0, BOTH(ASSAY_P_TEE), 4 },
	/* 7 */
	{ "vendor, first",    V3, AT, 12, 1, false, 0x92, 0, BOTH(ASSAY_P_VENDOR), 12 },
	{ "vendor, last",     V4_TDX, AT, 27, 1, false, 0x87, 0, BOTH(ASSAY_P_VENDOR), 12 },
	/* 8 */
	{ "reserved, QE SVN",  V4_TDX, AT, 8, 1, false, 1, 0, BOTH(ASSAY_P_RESERVED), 8 },
	{ "reserved, PCE SVN", V5_SGX, AT, 11, 1, false, 0x80, 0, BOTH(ASSAY_P_RESERVED), 8 },
	{ "v3 has SVNs there", V3, AT, 8, 4, false, 0x11223344, 0, BOTH(ASSAY_OK), 0 },
	{ "user data is free", V4_TDX, AT, 44, 4, false, 0x11223344, 0, BOTH(ASSAY_OK), 0 },
	/* 9 */
	{ "v5 body type 0",   V5_SGX, AT, 48, 2, false, 0, 0, BOTH(ASSAY_P_BODY), 48 },
	{ "v5 body type 4",   V5_TDX15, AT, 48, 2, false, 4, 0, BOTH(ASSAY_P_BODY), 48 },
	{ "v5 body type 5",   V5_TDX15, AT, 48, 2, false, 5, 0, BOTH(ASSAY_P_BODY), 48 },
	{ "v5 body type 0x0200", V5_TDX, AT, 48, 2, false, 0x0200, 0, BOTH(ASSAY_P_BODY), 48 },
	/* 10, 12 */
	{ "v5 size 583",      V5_TDX, AT, 50, 4, false, 583, 0, BOTH(ASSAY_P_BODY), 48 },
	{ "v5 size 585",      V5_TDX, AT, 50, 4, false, 585, 0, BOTH(ASSAY_P_BODY), 48 },
	{ "v5 size 647",      V5_TDX15, AT, 50, 4, false, 647, 0, BOTH(ASSAY_P_BODY), 48 },
	{ "v5 size 649",      V5_TDX15, AT, 50, 4, false, 649, 0, BOTH(ASSAY_P_BODY), 48 },
	{ "v5 size 0",        V5_TDX, AT, 50, 4, false, 0, 0, BOTH(ASSAY_P_BODY), 48 },
	{ "v5 size 0xffffffff", V5_TDX, AT, 50, 4, false, 0xffffffff, 0, BOTH(ASSAY_P_BODY), 48 },
	{ "v5 type 3, size 584", V5_TDX15, AT, 50, 4, false, 584, 0, BOTH(ASSAY_P_BODY), 48 },
	{ "v5 type 2, size 648", V5_TDX, AT, 50, 4, false, 648, 0, BOTH(ASSAY_P_BODY), 48 },
	/* 11 */
	{ "v5 type 2, TEE 0", V5_TDX, AT, 4, 1, false, 0, 0, BOTH(ASSAY_P_BODY), 48 },
	{ "v5 type 1, TEE 0x81", V5_SGX, AT, 4, 1, false, 0x81, 0, BOTH(ASSAY_P_BODY), 48 },
	/* 13, 14 */
	{ "siglen 0, v3",     V3, SIGLEN, 0, 4, false, 0, 0, BOTH(ASSAY_P_SIGLEN), 4 },
	{ "siglen 0, v4",     V4_TDX, SIGLEN, 0, 4, false, 0, 0, BOTH(ASSAY_P_SIGLEN), 4 },
	{ "siglen 1",         V5_TDX, SIGLEN, 0, 4, false, 1, 0, BOTH(ASSAY_P_SIGLEN), 4 },
	{ "siglen 127",       V4_SGX, SIGLEN, 0, 4, false, 127, 0, BOTH(ASSAY_P_SIGLEN), 68 },
	{ "siglen 128, v3",   V3, SIGLEN, 0, 4, false, 128, 0, BOTH(ASSAY_P_SIGLEN), 132 },
	{ "siglen 128, v4",   V4_TDX, SIGLEN, 0, 4, false, 128, 0, BOTH(ASSAY_P_SIGLEN), 132 },
	{ "siglen 133, v4",   V4_TDX, SIGLEN, 0, 4, false, 133, 0, BOTH(ASSAY_P_SIGLEN), 134 },
	{ "siglen without auth length, v3", V3, SIGLEN, 0, 4, false, 577, 0, BOTH(ASSAY_P_SIGLEN), 580 },
	{ "siglen huge, v3",  V3, SIGLEN, 0, 4, false, 0xffffffff, 0, BOTH(ASSAY_P_SIGLEN), 4 },
	{ "siglen huge, v4",  V4_TDX, SIGLEN, 0, 4, false, 0xffffffff, 0, BOTH(ASSAY_P_SIGLEN), 4 },
	{ "siglen + 1, v3",   V3, SIGLEN, 0, 4, true, 1, 0, BOTH(ASSAY_P_SIGLEN), 4 },
	{ "siglen + 1, v5",   V5_TDX15, SIGLEN, 0, 4, true, 1, 0, BOTH(ASSAY_P_SIGLEN), 4 },
	{ "siglen - 1, v3",   V3, SIGLEN, 0, 4, true, -1, 0, BOTH(ASSAY_P_SIGLEN), 4 + 128 + 384 + 64 + 2 + AUTH_LEN + 6 },
	{ "siglen - 1, v4",   V4_TDX, SIGLEN, 0, 4, true, -1, 0, BOTH(ASSAY_P_SIGLEN), 4 + 128 + 6 },
	{ "siglen - 1, v5",   V5_SGX, SIGLEN, 0, 4, true, -1, 70, BOTH(ASSAY_P_SIGLEN), 4 + 128 + 6 },
	/* slack inside: it is the quote's own, and nothing may be in it */
	{ "siglen + 1 and a byte, v3", V3, SIGLEN, 0, 4, true, 1, 1, BOTH(ASSAY_P_NEST), 4 + 128 + 384 + 64 + 2 + AUTH_LEN + 6 + CERT_LEN },
	{ "siglen + 1 and a byte, v4", V4_TDX, SIGLEN, 0, 4, true, 1, 1, BOTH(ASSAY_P_NEST), 4 + 128 + 6 + 384 + 64 + 2 + AUTH_LEN + 6 + CERT_LEN },
	/* 15 */
	{ "auth 65535, v3",   V3, AUTH, 0, 2, false, 65535, 0, BOTH(ASSAY_P_AUTH), 0 },
	{ "auth 65535, v4",   V4_TDX, AUTH, 0, 2, false, 65535, 0, BOTH(ASSAY_P_AUTH), 0 },
	{ "auth 65535, and as much behind", V3, AUTH, 0, 2, false, 65535, 65535, BOTH(ASSAY_P_AUTH), 0 },
	{ "auth + 1 of what is left, v3", V3, AUTH, 0, 2, true, 6 + CERT_LEN + 1, 0, BOTH(ASSAY_P_AUTH), 0 },
	{ "auth + 1 of what is left, v5", V5_TDX, AUTH, 0, 2, true, 6 + CERT_LEN + 1, 0, BOTH(ASSAY_P_AUTH), 0 },
	{ "auth takes a byte of the header", V4_SGX, AUTH, 0, 2, true, CERT_LEN + 1, 0, BOTH(ASSAY_P_AUTH), 0 },
	{ "auth leaves a header", V4_SGX, AUTH, 0, 2, true, CERT_LEN, 0, BOTH(ASSAY_P_CERTTYPE), 2 + AUTH_LEN + CERT_LEN },
	/* 17 */
	{ "cert size 0, v3",  V3, CERT_SIZE, 0, 4, false, 0, 0, BOTH(ASSAY_P_NEST), 4 },
	{ "cert size 0, v4",  V4_TDX, CERT_SIZE, 0, 4, false, 0, 0, BOTH(ASSAY_P_NEST), 4 },
	{ "cert size huge, v3", V3, CERT_SIZE, 0, 4, false, 0xffffffff, 0, BOTH(ASSAY_P_NEST), 4 },
	{ "cert size huge, v5", V5_TDX15, CERT_SIZE, 0, 4, false, 0xffffffff, 70, BOTH(ASSAY_P_NEST), 4 },
	{ "cert size + 1, v3", V3, CERT_SIZE, 0, 4, true, 1, 0, BOTH(ASSAY_P_NEST), 4 },
	{ "cert size + 1, v4", V4_TDX, CERT_SIZE, 0, 4, true, 1, 0, BOTH(ASSAY_P_NEST), 4 },
	{ "cert size + 1, v4, more follows", V4_TDX, CERT_SIZE, 0, 4, true, 1, 70, BOTH(ASSAY_P_NEST), 4 },
	{ "cert size - 1, v3", V3, CERT_SIZE, 0, 4, true, -1, 0, BOTH(ASSAY_P_NEST), 4 + CERT_LEN - 1 },
	{ "cert size - 1, v5", V5_SGX, CERT_SIZE, 0, 4, true, -1, 0, BOTH(ASSAY_P_NEST), 4 + CERT_LEN - 1 }, /* 21 */
	{ "outer size 0",     V4_TDX, OUTER_SIZE, 0, 4, false, 0, 0, BOTH(ASSAY_P_NEST), 4 },
	{ "outer size 0xffffffff", V4_TDX, OUTER_SIZE, 0, 4, false, 0xffffffff, 0, BOTH(ASSAY_P_NEST), 4 },
	{ "outer size + 1",   V4_TDX, OUTER_SIZE, 0, 4, true, 1, 0, BOTH(ASSAY_P_NEST), 4 },
	{ "outer size - 1",   V5_TDX, OUTER_SIZE, 0, 4, true, -1, 0, BOTH(ASSAY_P_NEST), 4 + 384 + 64 + 2 + AUTH_LEN + 6 + CERT_LEN - 1 },
	/* 18, 19 */
	{ "outer type 5, v4", V4_TDX, OUTER_TYPE, 0, 2, false, 5, 0, BOTH(ASSAY_P_CERTTYPE), 0 },
	{ "outer type 7, v5", V5_TDX15, OUTER_TYPE, 0, 2, false, 7, 0, BOTH(ASSAY_P_CERTTYPE), 0 },
	{ "inner type 6, v4", V4_TDX, CERT_TYPE, 0, 2, false, 6, 0, BOTH(ASSAY_P_CERTTYPE), 0 },
	{ "type 6, v3",       V3, CERT_TYPE, 0, 2, false, 6, 0, BOTH(ASSAY_P_CERTTYPE), 0 },
	{ "type 7",           V3, CERT_TYPE, 0, 2, false, 7, 0, BOTH(ASSAY_P_CERTTYPE), 0 },
	{ "type 0",           V5_TDX, CERT_TYPE, 0, 2, false, 0, 0, BOTH(ASSAY_P_CERTTYPE), 0 },
	{ "type 0x0500",      V3, CERT_TYPE, 0, 2, false, 0x0500, 0, BOTH(ASSAY_P_CERTTYPE), 0 },
	/* 20: judged where a chain may have been given beside the quote */
	{ "type 1",           V3, CERT_TYPE, 0, 2, false, 1, 0, BOTH(ASSAY_OK), 0 },
	{ "type 2",           V4_TDX, CERT_TYPE, 0, 2, false, 2, 0, BOTH(ASSAY_OK), 0 },
	{ "type 3",           V5_SGX, CERT_TYPE, 0, 2, false, 3, 0, BOTH(ASSAY_OK), 0 },
	{ "type 4",           V3, CERT_TYPE, 0, 2, false, 4, 0, BOTH(ASSAY_OK), 0 },
	/* 22, 23 */
	{ "70 zeros follow",  V4_TDX, AT, 0, 0, false, 0, 70, ASSAY_OK, ASSAY_P_TRAILING, -1 },
	{ "3065 zeros follow", V5_TDX, AT, 0, 0, false, 0, 3065, ASSAY_OK, ASSAY_P_TRAILING, -1 },
	{ "one byte follows", V3, AT, 0, 0, false, 0, 1, ASSAY_OK, ASSAY_P_TRAILING, -1 },
	{ "a second quote",   V4_TDX, AT, 0, 0, false, 0, AGAIN, ASSAY_OK, ASSAY_P_TRAILING, -1 },
#undef BOTH
};
/* clang-format on */

static size_t place_of(const struct made *m, enum place place, size_t at)
{
	switch (place) {
	case SIGLEN:
		return m->siglen_at;
	case OUTER_TYPE:
		return m->outer_at;
	case OUTER_SIZE:
		return m->outer_at + 2;
	case AUTH:
		return m->auth_at;
	case CERT_TYPE:
		return m->cert_head_at;
	case CERT_SIZE:
		return m->cert_head_at + 2;
	case AT:
		break;
	}
	return at;
}

static void test_row(size_t i)
{
	struct assay_err err;
	struct assay_quote q;
	size_t at, len, want_at;
	uint64_t v;

	make(&made, rows[i].layout, AUTH_LEN, CERT_LEN);
	len = made.len;
	at = place_of(&made, rows[i].place, rows[i].at);
	v = (rows[i].add ? le(&made, at, rows[i].width) : 0) +
	    (uint64_t)rows[i].value;
	for (size_t k = 0; k < rows[i].width; k++)
		made.bytes[at + k] = (uint8_t)(v >> 8 * k);
	if (rows[i].follow == AGAIN) {
		memcpy(made.bytes + len, made.bytes, len);
		made.len += len;
	} else {
		made.len += rows[i].follow;
	}
	want_at = (size_t)((rows[i].place == AT ? 0 : (int64_t)at) +
	                   rows[i].want_at);
	for (int strict = 0; strict < 2; strict++) {
		enum assay_check want = strict ? rows[i].strict : rows[i].want;
		bool good = parse(&q, made.bytes, made.len, 0, strict, &err);

		if (want == ASSAY_OK)
			ok(good && is_view(q.whole, &made, 0, len),
			   "%s%s: parses: %s", rows[i].name,
			   strict ? ", strict" : "", err.note);
		else
			ok(!good && err.check == want &&
			           err.at == (want == ASSAY_P_TRAILING
			                              ? len
			                              : want_at) &&
			           is_failure(&q, &err, made.len),
			   "%s%s: check %d at %zu, %s", rows[i].name,
			   strict ? ", strict" : "", err.check, err.at,
			   err.note);
	}
}

/* ---- every prefix */

static void test_prefixes(const char *name, const uint8_t *bytes,
                          size_t siglen_at, size_t len)
{
	struct assay_err err;
	struct assay_quote q;
	size_t n = 0;

	for (size_t cut = 0; cut < len; cut++) {
		enum assay_check want = cut < siglen_at + 4 ? ASSAY_P_TRUNCATED
		                                            : ASSAY_P_SIGLEN;

		n += !parse(&q, bytes, cut, 0, false, &err) &&
		     err.check == want && is_failure(&q, &err, cut);
	}
	ok(n == len, "%s: %zu of %zu prefixes are refused", name, n, len);
}

static void test_cap(enum layout layout)
{
	struct assay_err err;
	struct assay_quote q;

	make(&made, layout, AUTH_LEN, 65536);
	ok(parse(&q, made.bytes, made.len, 0, true, &err) &&
	           q.cert.len == 65536,
	   "%s: 64 KiB of certification data", layouts[layout].name);
	make(&made, layout, AUTH_LEN, 65537);
	ok(!parse(&q, made.bytes, made.len, 0, true, &err) &&
	           err.check == ASSAY_P_NEST &&
	           err.at == made.cert_head_at + 6 &&
	           is_failure(&q, &err, made.len),
	   "%s: one byte more", layouts[layout].name);
}

/* 24: a CBOR Web Token, by its first byte */
static void test_cbor(void)
{
	static const uint8_t firsts[] = { 0x84, 0xa1, 0xd2, 0xd8, 0xd9 };
	struct assay_err err;
	struct assay_quote q;

	memset(&made, 0, sizeof(made));
	for (size_t i = 0; i < sizeof(firsts); i++) {
		made.bytes[0] = firsts[i];
		ok(!parse(&q, made.bytes, 9216, 0, false, &err) &&
		           err.check == ASSAY_P_VERSION && err.at == 0 &&
		           strstr(err.note, "unsupported evidence format") &&
		           is_failure(&q, &err, 9216),
		   "CBOR %02x: %s", firsts[i], err.note);
	}
	make(&made, V5_TDX15, AUTH_LEN, CERT_LEN);
	made.bytes[48] = 4;
	ok(!parse(&q, made.bytes, made.len, 0, false, &err) &&
	           strstr(err.note, "unsupported body type 4"),
	   "body type 4 by name: %s", err.note);
	ok(!assay_quote_parse(&q, (struct assay_bytes){ 0 }, true, NULL) &&
	           is_zero(&q, sizeof(q)),
	   "nothing, nowhere, no error wanted");
}

/* ---- real quotes */

/* What a case says of its quote. */
struct expected {
	char quote[200], tee[8], mrenclave[72], mrsigner[72], mrtd[104];
	char report_data[136];
	uint64_t version, isv_prod_id, isv_svn;
	bool debug, has_debug;
};

static void read_case(struct assay_json *j, struct expected *x)
{
	struct assay_json_str name;

	memset(x, 0, sizeof(*x));
	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		if (assay_json_is(name, "quote"))
			assay_json_text(j, x->quote, sizeof(x->quote));
		else if (assay_json_is(name, "tee"))
			assay_json_text(j, x->tee, sizeof(x->tee));
		else if (assay_json_is(name, "mrenclave"))
			assay_json_text(j, x->mrenclave, sizeof(x->mrenclave));
		else if (assay_json_is(name, "mrsigner"))
			assay_json_text(j, x->mrsigner, sizeof(x->mrsigner));
		else if (assay_json_is(name, "mrtd"))
			assay_json_text(j, x->mrtd, sizeof(x->mrtd));
		else if (assay_json_is(name, "report_data"))
			assay_json_text(j, x->report_data,
			                sizeof(x->report_data));
		else if (assay_json_is(name, "version"))
			assay_json_uint(j, 9, &x->version);
		else if (assay_json_is(name, "isv_prod_id"))
			assay_json_uint(j, 65535, &x->isv_prod_id);
		else if (assay_json_is(name, "isv_svn"))
			assay_json_uint(j, 65535, &x->isv_svn);
		else if (assay_json_is(name, "debug"))
			x->has_debug = assay_json_bool(j, &x->debug);
	}
}

static bool is_hex_of(const char *text, const uint8_t *p, size_t n)
{
	char hex[200];

	assay_hex_print(hex, p, n, false);
	return strcmp(text, hex) == 0;
}

static bool is_expected(const struct assay_quote *q, const struct expected *x)
{
	bool sgx = q->tee == ASSAY_TEE_SGX;
	bool debug = sgx ? q->sgx.flags & ASSAY_SGX_DEBUG
	                 : q->td.td_attributes & 1;

	if (q->version != x->version || debug != x->debug ||
	    strcmp(assay_tee_name(q->tee), x->tee) != 0)
		return false;
	if (!sgx)
		return is_hex_of(x->mrtd, q->td.mrtd, 48) &&
		       is_hex_of(x->report_data, q->td.report_data, 64);
	return is_hex_of(x->mrenclave, q->sgx.mrenclave, 32) &&
	       is_hex_of(x->mrsigner, q->sgx.mrsigner, 32) &&
	       is_hex_of(x->report_data, q->sgx.report_data, 64) &&
	       q->sgx.isv_prod_id == x->isv_prod_id &&
	       q->sgx.isv_svn == x->isv_svn;
}

static void test_case(const char *dir, const struct expected *x)
{
	char path[4600];
	struct assay_quote q;
	struct assay_err err;
	uint8_t *p;
	size_t len;
	bool good;

	snprintf(path, sizeof(path), "%s/intel/%s", dir, x->quote);
	p = slurp(path, &len);
	if (!p) {
		ok(false, "%s is there", x->quote);
		return;
	}
	good = parse(&q, p, len, 1, false, &err);
	if (strstr(x->quote, "version99"))
		ok(!good && err.check == ASSAY_P_VERSION, "%s: refused",
		   x->quote);
	else if (x->has_debug)
		ok(good && is_expected(&q, x), "%s: %s", x->quote, err.note);
	else
		ok(good, "%s parses: %s", x->quote, err.note);
	free(p);
}

static void test_cases(const char *dir)
{
	static struct assay_json j;
	struct expected x;
	char path[4600];
	size_t len, n = 0;
	uint8_t *p;

	snprintf(path, sizeof(path), "%s/intel/cases.json", dir);
	p = slurp(path, &len);
	if (!p) {
		skip("no vectors", "cases");
		return;
	}
	assay_json_open(&j, (struct assay_bytes){ p, len }, ASSAY_DOC_NONE);
	assay_json_array(&j);
	while (assay_json_element(&j)) {
		read_case(&j, &x);
		if (assay_json_ok(&j))
			test_case(dir, &x);
		n++;
	}
	ok(assay_json_close(&j, NULL) && n >= 150, "%zu cases", n);
	free(p);
}

static void test_real_prefixes(const char *dir)
{
	static const struct {
		const char *file;
		size_t siglen_at;
	} files[] = {
		{ "sgx-v3-phala-configswh", 432 },
		{ "tdx-v4-gcp-2026", 632 },
		{ "tdx-v5-oe-relaunch", 702 },
	};
	struct assay_quote q;
	struct assay_err err;
	char path[4600];
	size_t len;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/intel/quotes/%s.bin", dir,
		         files[i].file);
		uint8_t *p = slurp(path, &len);

		if (!p) {
			skip("no vectors", "prefixes of %s", files[i].file);
			continue;
		}
		if (ok(parse(&q, p, len, 0, false, &err), "%s parses",
		       files[i].file))
			test_prefixes(files[i].file, p, files[i].siglen_at,
			              q.whole.len);
		free(p);
	}
}

/* Every quote of a folder, whatever is expected of it, and its sets under a
 * made-up root. */
static void test_simulated(const char *dir)
{
	char path[4600];
	struct dirent *e;
	struct assay_quote q;
	struct assay_err err;
	size_t len;
	DIR *d;

	snprintf(path, sizeof(path), "%s/simulated", dir);
	d = opendir(path);
	if (!d) {
		skip("no vectors", "simulated quotes");
		return;
	}
	while ((e = readdir(d))) {
		enum assay_check want = strcmp(e->d_name, "vendor-sim")
		                                ? ASSAY_OK
		                                : ASSAY_P_VENDOR;

		snprintf(path, sizeof(path), "%s/simulated/%s/quote.bin", dir,
		         e->d_name);
		uint8_t *p = e->d_name[0] == '.' ? NULL : slurp(path, &len);

		if (!p)
			continue;
		ok(parse(&q, p, len, 0, true, &err) == !want &&
		           err.check == want,
		   "simulated %s: %s", e->d_name, err.note);
		free(p);
	}
	closedir(d);
}

int main(void)
{
	const char *dir = vectors();

	for (unsigned i = 0; i < N_LAYOUTS; i++) {
		test_fields((enum layout)i, AUTH_LEN, 0);
		test_fields((enum layout)i, 0, 1);
		make(&made, (enum layout)i, AUTH_LEN, CERT_LEN);
		test_prefixes(layouts[i].name, made.bytes, made.siglen_at,
		              made.len);
		test_cap((enum layout)i);
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		test_row(i);
	test_cbor();
	if (dir) {
		test_cases(dir);
		test_real_prefixes(dir);
		test_simulated(dir);
	} else {
		skip("no vectors", "real quotes");
	}
	return done();
}
