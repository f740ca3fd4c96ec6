/*
 * t_cases_form.c - forgeries of form: quotes, certificates, revocation lists.
 * Cases 1 to 62 of the catalogue [DCAP 8.1-8.3], each through the judgement.
 */
#include <string.h>

#include "base/text.h"
#include "h_cases.h"

#define ROWS(rows) rows, sizeof(rows) / sizeof(rows[0])
#define SGX CASES_SGX
#define TDX CASES_TDX
#define V5 CASES_V5
#define V4_UP (CASES_V4 | CASES_V5)
#define TD10_V5 CASE_KIND(SIM_TDX10_V5)
#define TD15_V5 CASE_KIND(SIM_TDX15_V5)
#define SGX_V5 CASE_KIND(SIM_SGX_V5)
#define DAY INT64_C(86400)

/* Two things in a row's `arg`: whose certificate (or the like), and a value. */
#define ON(who, value) ((int64_t)(who) << 32 | (uint32_t)(value))
static int value_of(int64_t arg)
{
	return (int32_t)(uint32_t)arg;
}

/* ---- 8.1: the quote's form */

static void version(struct sim_world *w, int64_t arg)
{
	w->quote_spec.version = (uint16_t)arg;
}
static void key_type(struct sim_world *w, int64_t arg)
{
	w->quote_spec.key_type = (uint16_t)arg;
}
static void tee(struct sim_world *w, int64_t arg)
{
	w->quote_spec.tee = (uint32_t)arg;
}
static void vendor_bit(struct sim_world *w, int64_t bit)
{
	w->quote_spec.vendor[bit / 8] ^= (uint8_t)(1 << bit % 8);
}
/* the four bytes that are SVNs in version 3 */
static void reserved(struct sim_world *w, int64_t arg)
{
	w->quote_spec.qe_svn = (uint16_t)arg;
	w->quote_spec.pce_svn = (uint16_t)(arg >> 16);
}
static void reserved_unsigned(struct case_evidence *e, int64_t at)
{
	e->world->quote.ptr[at] ^= 1;
}
static void body_type(struct sim_world *w, int64_t arg)
{
	w->quote_spec.body_type = (uint16_t)arg;
}
static void body_size(struct sim_world *w, int64_t arg)
{
	w->quote_spec.body_size = arg;
}
static void sig_len(struct sim_world *w, int64_t arg)
{
	w->quote_spec.sig_len = arg;
}
static void auth_len(struct sim_world *w, int64_t arg)
{
	w->quote_spec.auth_len = arg;
}
static void no_auth(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->quote_spec.auth.len = 0;
}
static void cert_len(struct sim_world *w, int64_t arg)
{
	w->quote_spec.cert_len = arg;
}
static void outer_type(struct sim_world *w, int64_t arg)
{
	w->quote_spec.outer_type = (uint16_t)arg;
}
static void cert_type(struct sim_world *w, int64_t arg)
{
	w->quote_spec.cert_type = (uint16_t)arg;
}
static void inner_slack(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->quote_spec.inner_slack = buf_text("Z");
}
static void outer_slack(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->quote_spec.slack = buf_text("Z");
}

static void nothing(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	e->evidence.quote = (struct assay_bytes){ NULL, 0 };
}

static void no_bytes(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	e->evidence.quote.len = 0;
}

/* `arg` more authentication data than what follows its length field. */
static void auth_len_left(struct case_evidence *e, int64_t arg)
{
	struct buf *quote = &e->world->quote;
	struct assay_quote q;
	size_t at, len;

	if (!assay_quote_parse(&q, e->evidence.quote, true, NULL))
		return;
	at = (size_t)(q.qe_auth.ptr - quote->ptr) - 2;
	len = (size_t)((int64_t)(quote->len - at - 2) + arg);
	quote->ptr[at] = (uint8_t)len;
	quote->ptr[at + 1] = (uint8_t)(len >> 8);
}

/* Certification data of types 1 to 3, which name a platform: type and what is
 * different in them, as in ON below. */
enum {
	AS_IT_IS,
	NO_PCEID,
	BYTE_LESS,
	BYTE_MORE,
	OTHER_PPID,
	OTHER_CPUSVN,
	OTHER_PCESVN,
	OTHER_PCEID
};
static void platform_named(struct sim_world *w, int64_t arg)
{
	/* from the end: CPUSVN 16, PCESVN 2, PCEID 2 */
	static const size_t places[] = {
		[OTHER_CPUSVN] = 20, [OTHER_PCESVN] = 4, [OTHER_PCEID] = 2
	};
	static struct buf data;
	const int how = value_of(arg);

	buf_clear(&data);
	sim_world_ppid_data(&data, w, (unsigned)(arg >> 32), how != NO_PCEID);
	if (how == BYTE_LESS)
		data.len--;
	else if (how == BYTE_MORE)
		buf_put_zeros(&data, 1);
	else if (how == OTHER_PPID)
		data.ptr[15] ^= 1;
	else if (how >= OTHER_CPUSVN)
		data.ptr[data.len - places[how]] ^= 1;
	w->quote_spec.cert_type = (uint16_t)(arg >> 32);
	w->quote_spec.cert = buf_bytes(&data);
}

/* Type 4: a leaf alone. */
static void leaf_alone(struct case_evidence *e, int64_t who)
{
	struct sim_quote_spec spec = e->world->quote_spec;

	spec.cert_type = 4;
	spec.cert = buf_bytes(&e->world->der[who]);
	if (!sim_world_quote(&e->world->quote, e->world, &spec))
		e->world->quote.len = 0;
	case_view(e);
}

static void chain_beside(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	e->evidence.collateral.pck_chain =
		buf_bytes(&e->world->pem[SIM_CHAIN_PCK]);
}

/* Another platform's chain: a quote that holds one of its own is judged by
 * that. */
static void other_chain_beside(struct case_evidence *e, int64_t arg)
{
	const struct sim_world *w = e->world;
	static struct buf text;

	(void)arg;
	buf_clear(&text);
	sim_pem(&text, "CERTIFICATE", buf_bytes(&w->der[SIM_OTHER_PCK]));
	sim_pem(&text, "CERTIFICATE", buf_bytes(&w->der[w->ca]));
	sim_pem(&text, "CERTIFICATE", buf_bytes(&w->der[SIM_ROOT]));
	e->evidence.collateral.pck_chain = buf_bytes(&text);
}
/* What was written as type 3 says that it is of type 1. */
static void type_1_beside(struct case_evidence *e, int64_t arg)
{
	struct sim_quote_spec spec = e->world->quote_spec;

	spec.cert_type = 1;
	if (!sim_world_quote(&e->world->quote, e->world, &spec))
		e->world->quote.len = 0;
	case_view(e);
	chain_beside(e, arg);
}
static void leaf_beside(struct case_evidence *e, int64_t who)
{
	leaf_alone(e, who);
	chain_beside(e, who);
}

static void append_zeros(struct case_evidence *e, int64_t n)
{
	buf_put_zeros(&e->world->quote, (size_t)n);
	case_view(e);
}

/* A second quote, also genuine, for other report data. */
static void append_quote(struct case_evidence *e, int64_t arg)
{
	struct sim_quote_spec spec = e->world->quote_spec;
	struct buf second = { 0 };

	(void)arg;
	memset(spec.sgx.report_data, 0xee, 64);
	memset(spec.td.report_data, 0xee, 64);
	if (!sim_world_quote(&second, e->world, &spec))
		e->world->quote.len = 0;
	buf_put_bytes(&e->world->quote, buf_bytes(&second));
	buf_free(&second);
	case_view(e);
}

static bool is_first(const struct assay_verdict *v,
                     const struct case_evidence *e)
{
	const struct sim_quote_spec *q = &e->world->quote_spec;

	return !memcmp(v->report_data,
	               q->body == SIM_BODY_SGX ? q->sgx.report_data
	                                       : q->td.report_data,
	               64);
}

/* A CBOR Web Token of 9 KiB: tag 61, a map; read as evidence is. */
static void cbor(struct case_evidence *e, int64_t arg)
{
	enum { LEN = 9 * 1024 };
	uint8_t *p = case_memory(e, LEN);
	struct assay_scratch scratch = { NULL, 0, 0 };
	struct assay_evidence read;

	(void)arg;
	memcpy(p, "\xd8\x3d\xa1", 3);
	if (assay_evidence_read(&read, (struct assay_bytes){ p, LEN }, &scratch,
	                        NULL))
		e->evidence.quote = read.quote;
}

static void misalign(struct case_evidence *e, struct assay_bytes *b)
{
	uint8_t *p = case_memory(e, b->len + 1);

	memcpy(p + 1, b->ptr, b->len);
	b->ptr = p + 1;
}

static void unaligned(struct case_evidence *e, int64_t arg)
{
	struct assay_collateral *c = &e->evidence.collateral;

	(void)arg;
	misalign(e, &e->evidence.quote);
	misalign(e, &c->tcb_info.doc);
	misalign(e, &c->pck_crl);
	misalign(e, &c->tcb_info_issuer_chain);
}

#define QUOTE .doc = ASSAY_DOC_QUOTE
#define MORE(n) (SIM_TRUE_LEN + (n))

static const struct a_case parse[] = {
	/* clang-format off */
	{ 1, "empty", .after = no_bytes, .want = ASSAY_P_TRUNCATED, QUOTE },
	{ 1, "empty, no address", .after = nothing, .want = ASSAY_P_TRUNCATED, QUOTE },

	{ 3, "version-0", .edit = version, .arg = 0, .want = ASSAY_P_VERSION, QUOTE },
	{ 3, "version-1", .edit = version, .arg = 1, .want = ASSAY_P_VERSION, QUOTE },
	{ 3, "version-2", .edit = version, .arg = 2, .want = ASSAY_P_VERSION, QUOTE },
	{ 3, "version-6", .edit = version, .arg = 6, .want = ASSAY_P_VERSION, QUOTE },
	{ 3, "version-0xFFFF", .edit = version, .arg = 0xffff, .want = ASSAY_P_VERSION, QUOTE },

	{ 4, "keytype-0", .edit = key_type, .arg = 0, .want = ASSAY_P_KEYTYPE, QUOTE, .note = "EPID" },
	{ 4, "keytype-1", .edit = key_type, .arg = 1, .want = ASSAY_P_KEYTYPE, QUOTE, .note = "EPID" },
	{ 4, "keytype-3", .edit = key_type, .arg = 3, .want = ASSAY_P_KEYTYPE, QUOTE },

	{ 5, "tee-0x80", .edit = tee, .arg = 0x80, .want = ASSAY_P_TEE, QUOTE },
	{ 5, "tee-0x81000000", .edit = tee, .arg = 0x81000000, .want = ASSAY_P_TEE, QUOTE },
	{ 6, "v3-with-tee-0x81", CASES_V3, .edit = tee, .arg = 0x81, .want = ASSAY_P_TEE, QUOTE },

	{ 7, "vendor-flip, first bit", .edit = vendor_bit, .arg = 0, .want = ASSAY_P_VENDOR, QUOTE },
	{ 7, "vendor-flip, last bit", .edit = vendor_bit, .arg = 127, .want = ASSAY_P_VENDOR, QUOTE },

	{ 8, "header-reserved, first byte", V4_UP, reserved, .arg = 1, .want = ASSAY_P_RESERVED, QUOTE },
	{ 8, "header-reserved, last byte", V4_UP, reserved, .arg = 0x80000000, .want = ASSAY_P_RESERVED, QUOTE },
	/* P_RESERVED also when it is not signed again: form comes first */
	{ 8, "header-reserved, not signed again", V4_UP, .after = reserved_unsigned, .arg = 8, .want = ASSAY_P_RESERVED, QUOTE },
	{ 8, "header-reserved, last byte, not signed again", V4_UP, .after = reserved_unsigned, .arg = 11, .want = ASSAY_P_RESERVED, QUOTE },

	{ 9, "v5-type-0", V5, body_type, .arg = 0, .want = ASSAY_P_BODY, QUOTE },
	{ 9, "v5-type-5", V5, body_type, .arg = 5, .want = ASSAY_P_BODY, QUOTE },
	{ 9, "v5-type-4", V5, body_type, .arg = 4, .want = ASSAY_P_BODY, QUOTE, .note = "unsupported body type 4" },

	{ 10, "v5-size-off, 583", V5, body_size, .arg = 583, .want = ASSAY_P_BODY, QUOTE },
	{ 10, "v5-size-off, 585", V5, body_size, .arg = 585, .want = ASSAY_P_BODY, QUOTE },
	{ 10, "v5-size-off, 647", V5, body_size, .arg = 647, .want = ASSAY_P_BODY, QUOTE },
	{ 10, "v5-size-off, 649", V5, body_size, .arg = 649, .want = ASSAY_P_BODY, QUOTE },
	{ 10, "v5-size-off, 0", V5, body_size, .arg = 0, .want = ASSAY_P_BODY, QUOTE },
	{ 10, "v5-size-off, 0xFFFFFFFF", V5, body_size, .arg = 0xffffffff, .want = ASSAY_P_BODY, QUOTE },

	{ 11, "v5-type2-tee0", TD10_V5, tee, .arg = 0, .want = ASSAY_P_BODY, QUOTE },
	{ 11, "v5-type3-tee0", TD15_V5, tee, .arg = 0, .want = ASSAY_P_BODY, QUOTE },
	{ 11, "v5-type1-tee81", SGX_V5, tee, .arg = 0x81, .want = ASSAY_P_BODY, QUOTE },
	{ 12, "v5-type3-size584, body of 648", TD15_V5, body_size, .arg = 584, .want = ASSAY_P_BODY, QUOTE },
	{ 12, "v5-type3-size584, body of 584", TD10_V5, body_type, .arg = 3, .want = ASSAY_P_BODY, QUOTE },

	{ 13, "siglen-0", .edit = sig_len, .arg = 0, .want = ASSAY_P_SIGLEN, QUOTE },
	{ 13, "siglen-1", .edit = sig_len, .arg = 1, .want = ASSAY_P_SIGLEN, QUOTE },
	{ 13, "siglen-0xFFFFFFFF", .edit = sig_len, .arg = 0xffffffff, .want = ASSAY_P_SIGLEN, QUOTE },
	{ 13, "siglen+1 beyond buffer", .edit = sig_len, .arg = MORE(1), .want = ASSAY_P_SIGLEN, QUOTE },
	{ 14, "siglen-short-by-1", .edit = sig_len, .arg = MORE(-1), .want = ASSAY_P_SIGLEN, QUOTE },

	{ 15, "authlen-65535", .edit = auth_len, .arg = 65535, .want = ASSAY_P_AUTH, QUOTE },
	{ 15, "authlen = remaining+1", .after = auth_len_left, .arg = 1, .want = ASSAY_P_AUTH, QUOTE },
	{ 15, "authlen = remaining", .after = auth_len_left, .arg = 0, .want = ASSAY_P_AUTH, QUOTE },
	{ 15, "authlen leaves 5 bytes", .after = auth_len_left, .arg = -5, .want = ASSAY_P_AUTH, QUOTE },
	{ 16, "authlen-0 with matching hash", .edit = no_auth },

	{ 17, "certsize-0", .edit = cert_len, .arg = 0, .want = ASSAY_P_NEST, QUOTE },
	{ 17, "certsize-0xFFFFFFFF", .edit = cert_len, .arg = 0xffffffff, .want = ASSAY_P_NEST, QUOTE },
	{ 17, "certsize = remaining+1", .edit = cert_len, .arg = MORE(1), .want = ASSAY_P_NEST, QUOTE },

	{ 18, "outer-type-5-in-v4", V4_UP, outer_type, .arg = 5, .want = ASSAY_P_CERTTYPE, QUOTE },
	{ 19, "inner-type-6", .edit = cert_type, .arg = 6, .want = ASSAY_P_CERTTYPE, QUOTE },
	{ 19, "inner-type-7", .edit = cert_type, .arg = 7, .want = ASSAY_P_CERTTYPE, QUOTE },

	{ 20, "inner-type-1 without external chain", .edit = platform_named, .arg = ON(1, AS_IT_IS), .want = ASSAY_P_CERTTYPE, QUOTE },
	{ 20, "inner-type-2 without external chain", .edit = platform_named, .arg = ON(2, AS_IT_IS), .want = ASSAY_P_CERTTYPE, QUOTE },
	{ 20, "inner-type-3 without external chain", .edit = platform_named, .arg = ON(3, AS_IT_IS), .want = ASSAY_P_CERTTYPE, QUOTE },
	{ 20, "inner-type-4 without external chain", .after = leaf_alone, .arg = SIM_PCK, .want = ASSAY_P_CERTTYPE, QUOTE },
	/* with a chain beside the quote, which must be the platform's */
	{ 20, "inner-type-1 with external chain", .edit = platform_named, .arg = ON(1, AS_IT_IS), .after = chain_beside },
	{ 20, "inner-type-2 with external chain", .edit = platform_named, .arg = ON(2, AS_IT_IS), .after = chain_beside },
	{ 20, "inner-type-3 with external chain", .edit = platform_named, .arg = ON(3, AS_IT_IS), .after = chain_beside },
	{ 20, "inner-type-4 with external chain", .after = leaf_beside, .arg = SIM_PCK },
	{ 20, "inner-type-1 without PCEID", .edit = platform_named, .arg = ON(1, NO_PCEID), .after = chain_beside },
	{ 20, "inner-type-2 without PCEID", .edit = platform_named, .arg = ON(2, NO_PCEID), .after = chain_beside },
	{ 20, "inner-type-1, a byte less", .edit = platform_named, .arg = ON(1, BYTE_LESS), .after = chain_beside, .want = ASSAY_X_BIND, QUOTE },
	{ 20, "inner-type-1, a byte more", .edit = platform_named, .arg = ON(1, BYTE_MORE), .after = chain_beside, .want = ASSAY_X_BIND, QUOTE },
	{ 20, "inner-type-1 with type 3's length", .edit = platform_named, .arg = ON(3, AS_IT_IS), .after = type_1_beside, .want = ASSAY_X_BIND, QUOTE },
	{ 20, "inner-type-1 of another PPID", .edit = platform_named, .arg = ON(1, OTHER_PPID), .after = chain_beside, .want = ASSAY_X_BIND, QUOTE },
	{ 20, "inner-type-1 of another CPUSVN", .edit = platform_named, .arg = ON(1, OTHER_CPUSVN), .after = chain_beside, .want = ASSAY_X_BIND, QUOTE },
	{ 20, "inner-type-2 of another CPUSVN", .edit = platform_named, .arg = ON(2, OTHER_CPUSVN), .after = chain_beside, .want = ASSAY_X_BIND, QUOTE },
	{ 20, "inner-type-3 of another PCESVN", .edit = platform_named, .arg = ON(3, OTHER_PCESVN), .after = chain_beside, .want = ASSAY_X_BIND, QUOTE },
	{ 20, "inner-type-3 of another PCEID", .edit = platform_named, .arg = ON(3, OTHER_PCEID), .after = chain_beside, .want = ASSAY_X_BIND, QUOTE },
	{ 20, "inner-type-4 of another leaf", .after = leaf_beside, .arg = SIM_OTHER_PCK, .want = ASSAY_X_BIND, QUOTE },
	{ 20, "chain of another platform beside the quote's own", .after = other_chain_beside, .holds = is_first },

	{ 21, "inner-slack", .edit = inner_slack, .want = ASSAY_P_NEST, QUOTE },
	{ 21, "slack behind type-6 data", V4_UP, outer_slack, .want = ASSAY_P_NEST, QUOTE },

	{ 22, "trailing-zeros 70", .after = append_zeros, .arg = 70, .holds = is_first },
	{ 22, "trailing-zeros 3065", .after = append_zeros, .arg = 3065, .holds = is_first },
	{ 22, "trailing-zeros 70, strict", .after = append_zeros, .arg = 70, .terms = { .strict = true }, .want = ASSAY_P_TRAILING, QUOTE },
	{ 22, "trailing-zeros 3065, strict", .after = append_zeros, .arg = 3065, .terms = { .strict = true }, .want = ASSAY_P_TRAILING, QUOTE },
	{ 22, "nothing behind, strict", .terms = { .strict = true } },
	{ 23, "second-quote-appended", .after = append_quote, .holds = is_first },
	{ 23, "second-quote-appended, strict", .after = append_quote, .terms = { .strict = true }, .want = ASSAY_P_TRAILING, QUOTE },
	{ 24, "cbor-evidence", .after = cbor, .want = ASSAY_P_VERSION, QUOTE, .note = "unsupported evidence format" },
	{ 25, "unaligned-buffer", .after = unaligned, .holds = is_first },
	/* clang-format on */
};

/* 2, cut-every-byte.  The trust is opened once: it does not depend on the
 * quote. */
static void cut_every_byte(enum sim_kind kind)
{
	static struct sim_world w;
	struct assay_trust *trust = malloc(assay_trust_size());
	struct assay_memo *memo = assay_memo_new(1, NULL);
	struct case_evidence e = { .world = &w, .terms.now = SIM_NOW };
	struct assay_bytes none = { 0 };
	struct assay_verdict v;
	size_t n, len;

	case_met(2);
	case_world(&w, kind);
	if (!ok(sim_world_build(&w) && trust && memo, "2 made"))
		exit(1);
	case_view(&e);
	if (!ok(assay_trust_open(trust, &e.evidence.collateral, none,
	                         w.keys[SIM_ROOT].key, memo, NULL) &&
	                assay_verify(&v, trust, memo, e.evidence.quote, none,
	                             &e.terms),
	        "2 the whole quote is genuine: %s", sim_kind_name(kind)))
		exit(1);
	len = e.evidence.quote.len;
	for (n = 0; n < len; n++) {
		struct assay_bytes prefix = { w.quote.ptr, n };

		if (assay_verify(&v, trust, memo, prefix, none, &e.terms) ||
		    v.genuine || v.failed.doc != ASSAY_DOC_QUOTE ||
		    v.failed.check < ASSAY_P_TRUNCATED ||
		    v.failed.check > ASSAY_P_TRAILING || v.failed.at > n ||
		    !v.failed.note[0])
			break;
	}
	ok(n == len, "2 cut-every-byte: %s: %zu of %zu prefixes are refused",
	   sim_kind_name(kind), n, len);
	sim_world_free(&w);
	assay_memo_free(memo);
	free(trust);
}

/* ---- 8.2: certificates */

static struct sim_cert_spec *cert_of(struct sim_world *w, int64_t arg)
{
	return &w->cert[arg >> 32];
}

/* Everything under another root: its CA, its lists, its signer. */
static void other_maker(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->cert_signer[SIM_PCK] = SIM_OTHER_CA;
	w->cert[SIM_PCK].aki = w->cert[SIM_OTHER_CA].ski;
	w->chain[SIM_CHAIN_PCK].who[1] = SIM_OTHER_CA;
	w->chain[SIM_CHAIN_PCK].who[2] = SIM_OTHER_ROOT;
	w->chain[SIM_CHAIN_PCK_CRL].who[0] = SIM_OTHER_CA;
	w->chain[SIM_CHAIN_PCK_CRL].who[1] = SIM_OTHER_ROOT;
	w->crl_signer[SIM_CRL_ROOT] = SIM_OTHER_ROOT;
	w->crl_signer[SIM_CRL_PLATFORM] = SIM_OTHER_CA;
	for (unsigned i = 0; i < SIM_N_TEES; i++)
		w->tcb_signer[i] = w->qe_signer[i] = SIM_OTHER_SIGNER;
	for (unsigned i = SIM_CHAIN_TCB_INFO; i < SIM_N_CHAINS; i++) {
		w->chain[i].who[0] = SIM_OTHER_SIGNER;
		w->chain[i].who[1] = SIM_OTHER_ROOT;
	}
}
static void other_pck_chain(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->cert_signer[SIM_PCK] = SIM_OTHER_CA;
	w->cert[SIM_PCK].aki = w->cert[SIM_OTHER_CA].ski;
	w->chain[SIM_CHAIN_PCK].who[1] = SIM_OTHER_CA;
	w->chain[SIM_CHAIN_PCK].who[2] = SIM_OTHER_ROOT;
}
static void other_crl_chain(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->chain[SIM_CHAIN_PCK_CRL].who[0] = SIM_OTHER_CA;
	w->chain[SIM_CHAIN_PCK_CRL].who[1] = SIM_OTHER_ROOT;
}
static void named_intel(struct sim_world *w, int64_t arg)
{
	(void)arg;
	sim_world_rename(w, "Intel", "Intel Corporation");
	sim_world_use_ca(w, w->ca);
}
static void pin_intel(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	memcpy(e->root_key, assay_intel_root_key, 64);
}

/* The root's certificate, altered after it was signed; its key stays. */
static void root_altered(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->cert[SIM_ROOT].sign.edit[0] = (struct sim_edit){
		.from = buf_text("RootCA.der"), .to = buf_text("RootCA.xyz")
	};
}
/* The same to outlive its end, which was 2025-12-31T23:59:59Z. */
static void root_revived(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->cert[SIM_ROOT].not_after = w->now - 1;
	w->cert[SIM_ROOT].sign.edit[0] =
		(struct sim_edit){ .from = buf_text("251231235959Z"),
		                   .to = buf_text("491231235959Z") };
}

static void signed_by(struct sim_world *w, int64_t arg)
{
	w->cert_signer[arg >> 32] = (enum sim_who)value_of(arg);
}

/* Chains by their letters, in order: Leaf, Ca, Root, Signer, Fourth, Other
 * leaf. */
static void chain_of(struct sim_world *w, int64_t arg)
{
	struct sim_chain *chain = &w->chain[SIM_CHAIN_PCK];

	for (chain->n = 0; arg; arg /= 8)
		chain->who[chain->n++] = (const enum sim_who[]){
			[1] = SIM_PCK,    [2] = SIM_PLATFORM_CA,
			[3] = SIM_ROOT,   [4] = SIM_TCB_SIGNER,
			[5] = SIM_FOURTH, [6] = SIM_OTHER_PCK
		}[arg % 8];
}
enum { L = 1, C, R, S, F, O };
#define CHAIN2(a, b) ((a) + 8 * (b))
#define CHAIN3(a, b, c) (CHAIN2(a, b) + 64 * (c))
#define CHAIN4(a, b, c, d) (CHAIN3(a, b, c) + 512 * (d))

static void text_between(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->chain[SIM_CHAIN_PCK].between = buf_text("hidden\n");
}
static void block_between(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->chain[SIM_CHAIN_PCK].between = buf_text(
		"-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n");
}
static void white_space(struct sim_world *w, int64_t arg)
{
	static const uint8_t zeros[3] = { 0 };

	(void)arg;
	w->chain[SIM_CHAIN_PCK].between = buf_text(" \r\n\t");
	w->chain[SIM_CHAIN_PCK].after = (struct assay_bytes){ zeros, 3 };
}

/* Seconds from now. */
static void not_after(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->not_after = w->now + value_of(arg);
}
static void not_before(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->not_before = w->now + value_of(arg);
}

/* A chain with a leaf that a leaf issued; it has a name of its own, for else it
 * looks like its own issuer. */
static void fourth(struct sim_world *w, int64_t chain)
{
	w->cert[SIM_FOURTH].subject.ou = sim_str("fourth");
	w->quote_pck = SIM_FOURTH;
	chain_of(w, chain);
}
/* A leaf issues another: SIM_FOURTH under SIM_PCK, which stands where a CA
 * should, and was issued by the root so that all else is right. */
static void leaf_as_ca(struct sim_world *w, int64_t arg)
{
	static const enum sim_who leaves[] = { SIM_PCK, SIM_OTHER_PCK };

	(void)arg;
	for (size_t i = 0; i < 2; i++) {
		struct sim_cert_spec *leaf = &w->cert[leaves[i]];

		leaf->issuer = w->cert[SIM_ROOT].subject;
		leaf->aki = w->cert[SIM_ROOT].ski;
		leaf->key_usage |= SIM_KU_KEY_CERT_SIGN | SIM_KU_CRL_SIGN;
		w->cert_signer[leaves[i]] = SIM_ROOT;
	}
	fourth(w, CHAIN3(F, L, R));
}

static void ca_flag(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->is_ca = value_of(arg);
	if (!value_of(arg))
		cert_of(w, arg)->path_len = -1;
}
static void no_basic(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->has_basic = false;
}
static void key_usage(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->key_usage = (uint16_t)value_of(arg);
}
static void no_key_usage(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->has_key_usage = false;
}
static void path_len(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->path_len = value_of(arg);
}

/* Names: the document's and, where it issues, those that name it. */
static void name_longer(struct sim_world *w, int64_t arg)
{
	struct sim_octets *cn = &cert_of(w, arg)->subject.cn;

	memcpy(cn->p + cn->len, " X", 2);
	cn->len += 2;
}
static void cn_second(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->subject.cn_last = true;
}
static void cn_again(struct sim_world *w, int64_t arg)
{
	struct sim_cert_spec *c = cert_of(w, arg);

	c->subject.cn2 = c->subject.cn;
}
static void named_as(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->subject.cn = w->cert[value_of(arg)].subject.cn;
}
static void issuer_ou(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->issuer.ou = sim_str("other unit");
}
static struct sim_octets with_nul(const struct sim_octets *cn)
{
	struct sim_octets out = *cn;

	memcpy(out.p + out.len, "\0.evil", 6);
	out.len += 6;
	return out;
}
static void nul_in_leaf(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->subject.cn = with_nul(&cert_of(w, arg)->subject.cn);
}
static void nul_in_root(struct sim_world *w, int64_t arg)
{
	struct sim_octets cn = with_nul(&w->cert[SIM_ROOT].subject.cn);

	(void)arg;
	w->cert[SIM_ROOT].subject.cn = cn;
	for (unsigned i = 0; i < SIM_N_CERTS; i++)
		if (w->cert_signer[i] == SIM_ROOT)
			w->cert[i].issuer.cn = cn;
	w->crl[SIM_CRL_ROOT].issuer.cn = cn;
}

static void key_form(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->key_form = (enum sim_key_form)value_of(arg);
}
static void off_curve(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->key[63] ^= 1;
}
static void alg_inner(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->sign.inner = (enum sim_alg)value_of(arg);
}
static void alg_outer(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->sign.outer = (enum sim_alg)value_of(arg);
}
static void alg_both(struct sim_world *w, int64_t arg)
{
	alg_inner(w, arg);
	alg_outer(w, arg);
}
static void form(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->sign.form = (enum sim_form)value_of(arg);
}
static void tbs_form(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->sign.tbs_form = (enum sim_form)value_of(arg);
}
static void cert_sig(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->sign.sig = (enum sim_sig)value_of(arg);
}
static void extra_critical(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->extra[0] = sim_ext_unknown_critical;
	cert_of(w, arg)->n_extra = 1;
}
static void extra_plain(struct sim_world *w, int64_t arg)
{
	cert_of(w, arg)->extra[0] = sim_ext_unknown;
	cert_of(w, arg)->n_extra = 1;
}

/* The leaf's SGX extension. */
static struct sim_pck_spec *pck(struct sim_world *w)
{
	return &w->cert[SIM_PCK].pck;
}
static void processor_leaf(struct sim_world *w, int64_t arg)
{
	pck(w)->n_members = (size_t)arg;
}
static void platform_leaf(struct sim_world *w, int64_t arg)
{
	sim_world_use_ca(w, SIM_PROCESSOR_CA);
	pck(w)->n_members = (size_t)arg;
}
static void under_processor(struct sim_world *w, int64_t arg)
{
	(void)arg;
	sim_world_use_ca(w, SIM_PROCESSOR_CA);
}
static void n_sgx(struct sim_world *w, int64_t arg)
{
	w->cert[SIM_PCK].n_sgx = (unsigned)arg;
}
/* Member `who` of the extension gets `value` bytes. */
static void member_len(struct sim_world *w, int64_t arg)
{
	pck(w)->member[arg >> 32].octets.len = (size_t)value_of(arg);
}
static void member_again(struct sim_world *w, int64_t arg)
{
	pck(w)->member[pck(w)->n_members++] = pck(w)->member[arg];
}
static void cpu_svn_len(struct sim_world *w, int64_t arg)
{
	pck(w)->tcb[SIM_TCB_CPUSVN].octets.len = (size_t)arg;
}
static void component(struct sim_world *w, int64_t arg)
{
	pck(w)->tcb[arg >> 32].value = value_of(arg);
}
/* The first component a second time, `arg` more than it is, before it or
 * behind everything. */
static void again_behind(struct sim_world *w, int64_t arg)
{
	struct sim_pck_tcb t = pck(w)->tcb[0];

	t.value += (int32_t)arg;
	pck(w)->tcb[pck(w)->n_tcb++] = t;
}
static void again_before(struct sim_world *w, int64_t arg)
{
	struct sim_pck_spec *p = pck(w);

	memmove(p->tcb + 1, p->tcb, p->n_tcb++ * sizeof(p->tcb[0]));
	p->tcb[0].value += (int32_t)arg;
}
/* The second component's place says the first again. */
static void again_instead(struct sim_world *w, int64_t arg)
{
	pck(w)->tcb[1].arc = 1;
	pck(w)->tcb[1].value += (int32_t)arg;
}
static void component_missing(struct sim_world *w, int64_t at)
{
	struct sim_pck_spec *p = pck(w);

	memmove(p->tcb + at, p->tcb + at + 1,
	        (--p->n_tcb - (size_t)at) * sizeof(p->tcb[0]));
}
static void component_unknown(struct sim_world *w, int64_t arc)
{
	pck(w)->tcb[pck(w)->n_tcb++].arc = (uint8_t)arc;
}
static void reversed(struct sim_world *w, int64_t arg)
{
	struct sim_pck_spec p = *pck(w);

	(void)arg;
	for (size_t i = 0; i < p.n_tcb; i++)
		pck(w)->tcb[i] = p.tcb[p.n_tcb - 1 - i];
	for (size_t i = 0; i < p.n_members; i++)
		pck(w)->member[i] = p.member[p.n_members - 1 - i];
}
static void flag(struct sim_world *w, int64_t arg)
{
	pck(w)->flag[arg >> 32].value = (uint8_t)value_of(arg);
}
static void n_flags(struct sim_world *w, int64_t arg)
{
	pck(w)->n_flags = (size_t)arg;
}
static void other_flags(struct sim_world *w, int64_t arg)
{
	(void)arg;
	for (size_t i = 0; i < 3; i++)
		pck(w)->flag[i].value ^= 0xff;
}
/* The OID of a member, changed: the first that ends in the bytes `from`. */
#define BYTES(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}
#define SGX_OID "\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01"
static void member_oid(struct sim_world *w, int64_t which)
{
	static const struct sim_edit other[] = {
		/* FMSPC beside Intel's arc */
		{ .from = BYTES(SGX_OID "\x04\x04\x06"),
		  .to = BYTES("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x02"
		              "\x04\x04\x06") },
		/* a component as .3.5 */
		{ .from = BYTES(SGX_OID "\x02\x05\x02\x01"),
		  .to = BYTES(SGX_OID "\x03\x05\x02\x01") },
		/* a flag as .2.1 */
		{ .from = BYTES(SGX_OID "\x07\x01\x01\x01"),
		  .to = BYTES(SGX_OID "\x02\x01\x01\x01") },
		/* the type as another type of value */
		{ .from = BYTES(SGX_OID "\x05\x0a\x01"),
		  .to = BYTES(SGX_OID "\x05\x02\x01") },
	};

	w->cert[SIM_PCK].sign.tbs_edit[0] = other[which];
}
static void sgx_type(struct sim_world *w, int64_t arg)
{
	pck(w)->member[SIM_PCK_TYPE].value = (int32_t)arg;
}

/* What the extension says is in the verdict. */
static bool is_the_platform(const struct assay_verdict *v,
                            const struct case_evidence *e)
{
	struct sim_world plain;
	const struct sim_pck_member *m = plain.cert[SIM_PCK].pck.member;

	case_world(&plain, e->world->kind);
	return v->has_pck && v->pck.comp[0] == 9 && v->pck.comp[7] == 5 &&
	       v->pck.comp[15] == 0 && v->pck.pce_svn == 13 &&
	       v->pck.sgx_type == 1 && v->pck.has_piid &&
	       v->pck.dynamic_platform == ASSAY_FLAG_TRUE &&
	       v->pck.cached_keys == ASSAY_FLAG_FALSE &&
	       v->pck.smt_enabled == ASSAY_FLAG_TRUE &&
	       !memcmp(v->pck.ppid, m[SIM_PCK_PPID].octets.p, 16) &&
	       !memcmp(v->pck.piid, m[SIM_PCK_PIID].octets.p, 16) &&
	       !memcmp(v->pck.fmspc, m[SIM_PCK_FMSPC].octets.p, 6);
}
static bool has_other_flags(const struct assay_verdict *v,
                            const struct case_evidence *e)
{
	(void)e;
	return v->pck.dynamic_platform == ASSAY_FLAG_FALSE &&
	       v->pck.cached_keys == ASSAY_FLAG_TRUE &&
	       v->pck.smt_enabled == ASSAY_FLAG_FALSE;
}
static bool says_nothing(const struct assay_verdict *v,
                         const struct case_evidence *e)
{
	(void)e;
	return v->has_pck && !v->pck.has_piid &&
	       v->pck.dynamic_platform == ASSAY_FLAG_ABSENT &&
	       v->pck.cached_keys == ASSAY_FLAG_ABSENT &&
	       v->pck.smt_enabled == ASSAY_FLAG_ABSENT;
}

#define CHAIN .doc = ASSAY_DOC_PCK_CHAIN
#define LEAF .doc = ASSAY_DOC_PCK_LEAF
#define CA .doc = ASSAY_DOC_PCK_CA
#define ROOT .doc = ASSAY_DOC_ROOT
#define SIGNER .doc = ASSAY_DOC_TCB_SIGNER

static const struct a_case certificates[] = {
	/* clang-format off */
	{ 26, "self-signed root with the pinned root's name", .edit = other_maker, .want = ASSAY_X_ROOT_PIN, ROOT },
	{ 26, "self-signed root with Intel's name, Intel's key pinned", .edit = named_intel, .after = pin_intel, .want = ASSAY_X_ROOT_PIN, ROOT },
	{ 26, "other root above the leaf alone", .edit = other_pck_chain, .want = ASSAY_X_ROOT_PIN, ROOT },
	{ 26, "other root above the PCK CRL alone", .edit = other_crl_chain, .want = ASSAY_X_ROOT_PIN, ROOT },

	/* the pin is a key, and has no end of its own: whoever shows a root's
	 * certificate could always leave its dates out of question */
	{ 27, "pinned key, altered root certificate: ignored", .edit = root_altered },
	{ 27, "pinned key, altered to outlive its end: ignored", .edit = root_revived },

	{ 28, "intermediate-signed-by-other", .edit = signed_by, .arg = ON(SIM_PLATFORM_CA, SIM_STRANGER), .want = ASSAY_X_SIG, CA },
	{ 28, "intermediate-signed-by-other root", .edit = signed_by, .arg = ON(SIM_PLATFORM_CA, SIM_OTHER_ROOT), .want = ASSAY_X_SIG, CA },
	{ 28, "intermediate signed by itself", .edit = signed_by, .arg = ON(SIM_PLATFORM_CA, SIM_PLATFORM_CA), .want = ASSAY_X_SIG, CA },
	{ 29, "leaf-signed-by-other", .edit = signed_by, .arg = ON(SIM_PCK, SIM_STRANGER), .want = ASSAY_X_SIG, LEAF },
	{ 29, "leaf-signed-by-other CA", .edit = signed_by, .arg = ON(SIM_PCK, SIM_PROCESSOR_CA), .want = ASSAY_X_SIG, LEAF },
	{ 29, "leaf-signed-by-other maker's CA", .edit = signed_by, .arg = ON(SIM_PCK, SIM_OTHER_CA), .want = ASSAY_X_SIG, LEAF },
	{ 29, "leaf signed by itself", .edit = signed_by, .arg = ON(SIM_PCK, SIM_PCK), .want = ASSAY_X_SIG, LEAF },
	{ 29, "leaf signed by the root", .edit = signed_by, .arg = ON(SIM_PCK, SIM_ROOT), .want = ASSAY_X_SIG, LEAF },

	{ 30, "chain-of-2, no root", .edit = chain_of, .arg = CHAIN2(L, C), .want = ASSAY_X_CHAIN_LEN, CHAIN },
	{ 30, "chain-of-2, no CA", .edit = chain_of, .arg = CHAIN2(L, R), .want = ASSAY_X_CHAIN_LEN, CHAIN },
	{ 30, "chain-of-2, no leaf", .edit = chain_of, .arg = CHAIN2(C, R), .want = ASSAY_X_CHAIN_LEN, CHAIN },
	{ 30, "chain-of-1", .edit = chain_of, .arg = L, .want = ASSAY_X_CHAIN_LEN, CHAIN },
	{ 30, "chain-of-4, a leaf by the leaf", .edit = chain_of, .arg = CHAIN4(F, L, C, R), .want = ASSAY_X_CHAIN_LEN, CHAIN },
	{ 30, "chain-of-4, another leaf", .edit = chain_of, .arg = CHAIN4(L, O, C, R), .want = ASSAY_X_CHAIN_LEN, CHAIN },
	{ 30, "extra unrelated block", .edit = chain_of, .arg = CHAIN4(L, C, R, S), .want = ASSAY_X_CHAIN_LEN, CHAIN },
	/* [DCAP 1.6]: text that hides a block */
	{ 30, "block with another label", .edit = block_between, .want = ASSAY_X_PEM, CHAIN },
	{ 30, "text between the blocks", .edit = text_between, .want = ASSAY_X_PEM, CHAIN },
	{ 30, "white space between, NULs behind", .edit = white_space },

	{ 31, "order-permuted: leaf, root, CA", .edit = chain_of, .arg = CHAIN3(L, R, C) },
	{ 31, "order-permuted: CA, leaf, root", .edit = chain_of, .arg = CHAIN3(C, L, R) },
	{ 31, "order-permuted: CA, root, leaf", .edit = chain_of, .arg = CHAIN3(C, R, L) },
	{ 31, "order-permuted: root, leaf, CA", .edit = chain_of, .arg = CHAIN3(R, L, C) },
	{ 31, "order-permuted: root, CA, leaf", .edit = chain_of, .arg = CHAIN3(R, C, L) },
	{ 31, "duplicate leaf", .edit = chain_of, .arg = CHAIN4(L, L, C, R), .want = ASSAY_X_CHAIN_LEN, CHAIN },
	{ 31, "duplicate leaf, no root", .edit = chain_of, .arg = CHAIN3(L, L, C), .want = ASSAY_X_CHAIN_LEN, CHAIN },
	{ 31, "duplicate leaf, no CA", .edit = chain_of, .arg = CHAIN3(L, R, L), .want = ASSAY_X_CHAIN_LEN, CHAIN },
	{ 31, "duplicate root", .edit = chain_of, .arg = CHAIN3(L, R, R), .want = ASSAY_X_CHAIN_LEN, CHAIN },

	{ 32, "leaf-expired", .edit = not_after, .arg = ON(SIM_PCK, -1), .want = ASSAY_X_TIME, LEAF },
	{ 32, "leaf-not-yet-valid", .edit = not_before, .arg = ON(SIM_PCK, 1), .want = ASSAY_X_TIME, LEAF },
	{ 32, "intermediate expired", .edit = not_after, .arg = ON(SIM_PLATFORM_CA, -1), .want = ASSAY_X_TIME, CA },
	{ 32, "intermediate not yet valid", .edit = not_before, .arg = ON(SIM_PLATFORM_CA, 1), .want = ASSAY_X_TIME, CA },
	{ 32, "root expired", .edit = not_after, .arg = ON(SIM_ROOT, -1), .want = ASSAY_X_TIME, ROOT },
	{ 32, "root not yet valid", .edit = not_before, .arg = ON(SIM_ROOT, 1), .want = ASSAY_X_TIME, ROOT },
	{ 32, "TCB signer expired", .edit = not_after, .arg = ON(SIM_TCB_SIGNER, -1), .want = ASSAY_X_TIME, SIGNER },
	{ 32, "TCB signer not yet valid", .edit = not_before, .arg = ON(SIM_TCB_SIGNER, 1), .want = ASSAY_X_TIME, SIGNER },
	{ 32, "leaf's last second", .edit = not_after, .arg = ON(SIM_PCK, 0) },
	{ 32, "leaf's first second", .edit = not_before, .arg = ON(SIM_PCK, 0) },
	{ 32, "root's last second", .edit = not_after, .arg = ON(SIM_ROOT, 0) },
	{ 32, "leaf expired, within the grace", .edit = not_after, .arg = ON(SIM_PCK, -10), .terms = { .certificate_grace = 10 } },
	{ 32, "leaf expired, beyond the grace", .edit = not_after, .arg = ON(SIM_PCK, -11), .terms = { .certificate_grace = 10 }, .want = ASSAY_X_TIME, LEAF },
	{ 32, "leaf expired, grace for collateral alone", .edit = not_after, .arg = ON(SIM_PCK, -1), .terms = { .collateral_grace = 3600 }, .want = ASSAY_X_TIME, LEAF },
	{ 32, "leaf not yet valid, grace is for the past", .edit = not_before, .arg = ON(SIM_PCK, 1), .terms = { .certificate_grace = 3600 }, .want = ASSAY_X_TIME, LEAF },

	{ 33, "leaf-as-CA", .edit = leaf_as_ca, .want = ASSAY_X_CA, CA },
	/* where all four are given there is one too many, and where one of the
	 * genuine three is left out the names do not link */
	{ 33, "leaf-as-CA, chain of four", .edit = fourth, .arg = CHAIN4(F, L, C, R), .want = ASSAY_X_CHAIN_LEN, CHAIN },
	{ 33, "leaf-as-CA, no root", .edit = fourth, .arg = CHAIN3(F, L, C), .want = ASSAY_X_NAME, ROOT },
	{ 33, "leaf-as-CA, no CA", .edit = fourth, .arg = CHAIN3(F, L, R), .want = ASSAY_X_NAME, CA },
	{ 33, "leaf-as-CA, no leaf", .edit = fourth, .arg = CHAIN3(F, C, R), .want = ASSAY_X_NAME, LEAF },
	{ 33, "leaf that says it is a CA", .edit = ca_flag, .arg = ON(SIM_PCK, 1), .want = ASSAY_X_CA, LEAF },
	{ 33, "TCB signer that says it is a CA", .edit = ca_flag, .arg = ON(SIM_TCB_SIGNER, 1), .want = ASSAY_X_CA, SIGNER },

	{ 34, "intermediate-without-CA-flag", .edit = ca_flag, .arg = ON(SIM_PLATFORM_CA, 0), .want = ASSAY_X_CA, CA },
	{ 34, "intermediate without basicConstraints", .edit = no_basic, .arg = ON(SIM_PLATFORM_CA, 0), .want = ASSAY_X_CA, CA },
	{ 34, "intermediate without keyCertSign", .edit = key_usage, .arg = ON(SIM_PLATFORM_CA, SIM_KU_CRL_SIGN), .want = ASSAY_X_KEYUSAGE, CA },
	{ 34, "intermediate without cRLSign", .edit = key_usage, .arg = ON(SIM_PLATFORM_CA, SIM_KU_KEY_CERT_SIGN), .want = ASSAY_X_KEYUSAGE, CA },
	{ 34, "intermediate without keyUsage", .edit = no_key_usage, .arg = ON(SIM_PLATFORM_CA, 0), .want = ASSAY_X_KEYUSAGE, CA },
	{ 34, "root without CA flag", .edit = ca_flag, .arg = ON(SIM_ROOT, 0), .want = ASSAY_X_CA, ROOT },
	{ 34, "root without keyCertSign", .edit = key_usage, .arg = ON(SIM_ROOT, SIM_KU_CRL_SIGN), .want = ASSAY_X_KEYUSAGE, ROOT },
	{ 34, "leaf without digitalSignature", .edit = key_usage, .arg = ON(SIM_PCK, SIM_KU_NON_REPUDIATION), .want = ASSAY_X_KEYUSAGE, LEAF },
	{ 34, "TCB signer without digitalSignature", .edit = key_usage, .arg = ON(SIM_TCB_SIGNER, SIM_KU_NON_REPUDIATION), .want = ASSAY_X_KEYUSAGE, SIGNER },

	{ 35, "pathlen-violation", .edit = path_len, .arg = ON(SIM_ROOT, 0), .want = ASSAY_X_PATHLEN, ROOT },
	{ 35, "pathlen of the root left out", .edit = path_len, .arg = ON(SIM_ROOT, -1) },

	{ 36, "leaf-CN \"... SGX PCK Certificate X\"", .edit = name_longer, .arg = ON(SIM_PCK, 0), .want = ASSAY_X_NAME, LEAF },
	{ 36, "CN in the last RDN", .edit = cn_second, .arg = ON(SIM_PCK, 0), .want = ASSAY_X_NAME, LEAF },
	{ 36, "CN twice", .edit = cn_again, .arg = ON(SIM_PCK, 0), .want = ASSAY_X_NAME, LEAF },
	{ 36, "leaf named as the TCB signer", .edit = named_as, .arg = ON(SIM_PCK, SIM_TCB_SIGNER), .want = ASSAY_X_NAME, LEAF },
	{ 36, "leaf named as a CA", .edit = named_as, .arg = ON(SIM_PCK, SIM_PROCESSOR_CA), .want = ASSAY_X_NAME, LEAF },
	{ 36, "TCB signer's CN \"... SGX TCB Signing X\"", .edit = name_longer, .arg = ON(SIM_TCB_SIGNER, 0), .want = ASSAY_X_NAME, SIGNER },

	{ 37, "issuer-DN-differs-in-OU only, leaf", .edit = issuer_ou, .arg = ON(SIM_PCK, 0), .want = ASSAY_X_NAME, LEAF },
	{ 37, "issuer-DN-differs-in-OU only, intermediate", .edit = issuer_ou, .arg = ON(SIM_PLATFORM_CA, 0), .want = ASSAY_X_NAME, CA },
	{ 37, "issuer-DN-differs-in-OU only, TCB signer", .edit = issuer_ou, .arg = ON(SIM_TCB_SIGNER, 0), .want = ASSAY_X_NAME, SIGNER },

	{ 38, "platform-CA name on processor leaf", .edit = processor_leaf, .arg = 5, .want = ASSAY_X_SGXEXT, LEAF },
	{ 38, "processor-CA name on platform leaf", .edit = platform_leaf, .arg = 7, .want = ASSAY_X_SGXEXT, LEAF },
	{ 38, "six members", .edit = processor_leaf, .arg = 6, .want = ASSAY_X_SGXEXT, LEAF },
	{ 38, "processor leaf under the Processor CA", .edit = under_processor, .holds = says_nothing },

	{ 39, "p384-leaf", .edit = key_form, .arg = ON(SIM_PCK, SIM_KEY_P384), .want = ASSAY_X_CURVE, LEAF },
	{ 39, "rsa-leaf", .edit = key_form, .arg = ON(SIM_PCK, SIM_KEY_RSA), .want = ASSAY_X_CURVE, LEAF },
	{ 39, "leaf's key compressed", .edit = key_form, .arg = ON(SIM_PCK, SIM_KEY_P256_COMPRESSED), .want = ASSAY_X_CURVE, LEAF },
	{ 39, "leaf's key at infinity", .edit = key_form, .arg = ON(SIM_PCK, SIM_KEY_P256_INFINITY), .want = ASSAY_X_CURVE, LEAF },
	{ 39, "leaf's curve left out", .edit = key_form, .arg = ON(SIM_PCK, SIM_KEY_P256_PARAMETERS_LEFT_OUT), .want = ASSAY_X_CURVE, LEAF },
	{ 39, "p384-intermediate", .edit = key_form, .arg = ON(SIM_PLATFORM_CA, SIM_KEY_P384), .want = ASSAY_X_CURVE, CA },
	{ 39, "leaf's key off the curve", .edit = off_curve, .arg = ON(SIM_PCK, 0), .want = ASSAY_X_CURVE, LEAF },
	{ 39, "intermediate's key off the curve", .edit = off_curve, .arg = ON(SIM_PLATFORM_CA, 0), .want = ASSAY_X_CURVE, CA },
	{ 39, "TCB signer's key off the curve", .edit = off_curve, .arg = ON(SIM_TCB_SIGNER, 0), .want = ASSAY_X_CURVE, SIGNER },
	{ 39, "rsa TCB signer", .edit = key_form, .arg = ON(SIM_TCB_SIGNER, SIM_KEY_RSA), .want = ASSAY_X_CURVE, SIGNER },

	{ 40, "sigalg-mismatch, leaf: sha1 outside", .edit = alg_outer, .arg = ON(SIM_PCK, SIM_ALG_ECDSA_SHA1), .want = ASSAY_X_SIGALG, LEAF },
	{ 40, "sigalg-mismatch, leaf: rsa outside", .edit = alg_outer, .arg = ON(SIM_PCK, SIM_ALG_RSA_SHA256), .want = ASSAY_X_SIGALG, LEAF },
	{ 40, "sigalg-mismatch, leaf: sha384 inside", .edit = alg_inner, .arg = ON(SIM_PCK, SIM_ALG_ECDSA_SHA384), .want = ASSAY_X_SIGALG, LEAF },
	{ 40, "sigalg-mismatch, leaf: parameters outside", .edit = alg_outer, .arg = ON(SIM_PCK, SIM_ALG_ECDSA_SHA256_NULL), .want = ASSAY_X_SIGALG, LEAF },
	{ 40, "sigalg-mismatch, intermediate", .edit = alg_outer, .arg = ON(SIM_PLATFORM_CA, SIM_ALG_ECDSA_SHA1), .want = ASSAY_X_SIGALG, CA },
	{ 40, "sigalg-mismatch, TCB signer", .edit = alg_inner, .arg = ON(SIM_TCB_SIGNER, SIM_ALG_ECDSA_SHA1), .want = ASSAY_X_SIGALG, SIGNER },
	{ 41, "ecdsa-sha1", .edit = alg_both, .arg = ON(SIM_PCK, SIM_ALG_ECDSA_SHA1), .want = ASSAY_X_SIGALG, LEAF },
	{ 41, "ecdsa-sha384", .edit = alg_both, .arg = ON(SIM_PCK, SIM_ALG_ECDSA_SHA384), .want = ASSAY_X_SIGALG, LEAF },
	{ 41, "ecdsa-sha256 with parameters", .edit = alg_both, .arg = ON(SIM_PCK, SIM_ALG_ECDSA_SHA256_NULL), .want = ASSAY_X_SIGALG, LEAF },
	{ 41, "ecdsa-sha384, TCB signer", .edit = alg_both, .arg = ON(SIM_TCB_SIGNER, SIM_ALG_ECDSA_SHA384), .want = ASSAY_X_SIGALG, SIGNER },

	{ 42, "non-minimal-DER-length", .edit = form, .arg = ON(SIM_PCK, SIM_FORM_LONG_LENGTH), .want = ASSAY_X_DER, LEAF },
	{ 42, "BER indefinite", .edit = form, .arg = ON(SIM_PCK, SIM_FORM_INDEFINITE), .want = ASSAY_X_DER, LEAF },
	{ 42, "trailing byte after certificate", .edit = form, .arg = ON(SIM_PCK, SIM_FORM_TRAILING), .want = ASSAY_X_DER, LEAF },
	{ 42, "non-minimal-DER-length, signed part", .edit = tbs_form, .arg = ON(SIM_PCK, SIM_FORM_LONG_LENGTH), .want = ASSAY_X_DER, LEAF },
	{ 42, "BER indefinite, signed part", .edit = tbs_form, .arg = ON(SIM_PCK, SIM_FORM_INDEFINITE), .want = ASSAY_X_DER, LEAF },
	{ 42, "trailing byte after signed part", .edit = tbs_form, .arg = ON(SIM_PCK, SIM_FORM_TRAILING), .want = ASSAY_X_DER, LEAF },
	{ 42, "trailing byte after TCB signer", .edit = form, .arg = ON(SIM_TCB_SIGNER, SIM_FORM_TRAILING), .want = ASSAY_X_DER, SIGNER },

	{ 43, "r=0", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_R_ZERO), .want = ASSAY_X_SIG, LEAF },
	{ 43, "s=0", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_S_ZERO), .want = ASSAY_X_SIG, LEAF },
	{ 43, "r=n", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_R_N), .want = ASSAY_X_SIG, LEAF },
	{ 43, "s=n", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_S_N), .want = ASSAY_X_SIG, LEAF },
	{ 43, "r+n", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_R_PLUS_N), .want = ASSAY_X_SIG, LEAF },
	{ 43, "s+n", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_S_PLUS_N), .want = ASSAY_X_SIG, LEAF },
	{ 43, "negative r", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_R_NEGATIVE), .want = ASSAY_X_SIG, LEAF },
	{ 43, "non-minimal integer", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_R_LONG), .want = ASSAY_X_SIG, LEAF },
	{ 43, "byte behind the signature", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_TRAILING), .want = ASSAY_X_SIG, LEAF },
	{ 43, "r || s without DER", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_RAW), .want = ASSAY_X_SIG, LEAF },
	{ 43, "empty signature", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_EMPTY), .want = ASSAY_X_SIG, LEAF },
	{ 43, "one bit", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_FLIPPED), .want = ASSAY_X_SIG, LEAF },
	{ 43, "intermediate: r=0", .edit = cert_sig, .arg = ON(SIM_PLATFORM_CA, SIM_SIG_R_ZERO), .want = ASSAY_X_SIG, CA },
	{ 43, "intermediate: one bit", .edit = cert_sig, .arg = ON(SIM_PLATFORM_CA, SIM_SIG_FLIPPED), .want = ASSAY_X_SIG, CA },
	{ 43, "TCB signer: s=n", .edit = cert_sig, .arg = ON(SIM_TCB_SIGNER, SIM_SIG_S_N), .want = ASSAY_X_SIG, SIGNER },
	{ 43, "TCB signer: one bit", .edit = cert_sig, .arg = ON(SIM_TCB_SIGNER, SIM_SIG_FLIPPED), .want = ASSAY_X_SIG, SIGNER },
	/* [DCAP 2.4] X8: not normalised */
	{ 43, "n-s for s", .edit = cert_sig, .arg = ON(SIM_PCK, SIM_SIG_OTHER_S) },

	{ 44, "unknown-critical-extension, leaf", .edit = extra_critical, .arg = ON(SIM_PCK, 0), .want = ASSAY_X_UNKNOWN_CRITICAL, LEAF },
	{ 44, "unknown-critical-extension, intermediate", .edit = extra_critical, .arg = ON(SIM_PLATFORM_CA, 0), .want = ASSAY_X_UNKNOWN_CRITICAL, CA },
	{ 44, "unknown-critical-extension, root", .edit = extra_critical, .arg = ON(SIM_ROOT, 0), .want = ASSAY_X_UNKNOWN_CRITICAL, ROOT },
	{ 44, "unknown-critical-extension, TCB signer", .edit = extra_critical, .arg = ON(SIM_TCB_SIGNER, 0), .want = ASSAY_X_UNKNOWN_CRITICAL, SIGNER },
	{ 44, "unknown extension, not critical", .edit = extra_plain, .arg = ON(SIM_PCK, 0) },

	{ 45, "sgxext-missing", .edit = n_sgx, .arg = 0, .want = ASSAY_X_SGXEXT, LEAF },
	{ 45, "sgxext-twice", .edit = n_sgx, .arg = 2, .want = ASSAY_X_SGXEXT, LEAF },

	{ 46, "fmspc 5", .edit = member_len, .arg = ON(SIM_PCK_FMSPC, 5), .want = ASSAY_X_SGXEXT, LEAF },
	{ 46, "fmspc 7", .edit = member_len, .arg = ON(SIM_PCK_FMSPC, 7), .want = ASSAY_X_SGXEXT, LEAF },
	{ 46, "pceid 3", .edit = member_len, .arg = ON(SIM_PCK_PCEID, 3), .want = ASSAY_X_SGXEXT, LEAF },
	{ 46, "ppid 15", .edit = member_len, .arg = ON(SIM_PCK_PPID, 15), .want = ASSAY_X_SGXEXT, LEAF },
	{ 46, "cpusvn 17", .edit = cpu_svn_len, .arg = 17, .want = ASSAY_X_SGXEXT, LEAF },
	{ 46, "piid 15", .edit = member_len, .arg = ON(SIM_PCK_PIID, 15), .want = ASSAY_X_SGXEXT, LEAF },
	{ 46, "fmspc twice", .edit = member_again, .arg = SIM_PCK_FMSPC, .want = ASSAY_X_SGXEXT, LEAF },

	{ 47, "comp-svn 256", .edit = component, .arg = ON(0, 256), .want = ASSAY_X_SGXEXT, LEAF },
	{ 47, "comp-svn 257", .edit = component, .arg = ON(3, 257), .want = ASSAY_X_SGXEXT, LEAF },
	{ 47, "comp-svn -1", .edit = component, .arg = ON(15, -1), .want = ASSAY_X_SGXEXT, LEAF },
	{ 47, "pcesvn 65536", .edit = component, .arg = ON(SIM_TCB_PCESVN, 65536), .want = ASSAY_X_SGXEXT, LEAF },
	{ 47, "pcesvn -1", .edit = component, .arg = ON(SIM_TCB_PCESVN, -1), .want = ASSAY_X_SGXEXT, LEAF },
	{ 47, "comp-svn 255", .edit = component, .arg = ON(15, 255) },
	{ 47, "pcesvn 65535", .edit = component, .arg = ON(SIM_TCB_PCESVN, 65535) },

	{ 48, "comp OID repeated, higher before", .edit = again_before, .arg = 1, .want = ASSAY_X_SGXEXT, LEAF },
	{ 48, "comp OID repeated, lower before", .edit = again_before, .arg = -1, .want = ASSAY_X_SGXEXT, LEAF },
	{ 48, "comp OID repeated, higher behind", .edit = again_behind, .arg = 1, .want = ASSAY_X_SGXEXT, LEAF },
	{ 48, "comp OID repeated, lower behind", .edit = again_behind, .arg = -1, .want = ASSAY_X_SGXEXT, LEAF },
	{ 48, "comp OID repeated for another, higher", .edit = again_instead, .arg = 1, .want = ASSAY_X_SGXEXT, LEAF },
	{ 48, "comp OID repeated for another, lower", .edit = again_instead, .arg = -1, .want = ASSAY_X_SGXEXT, LEAF },

	{ 49, "17 members, no CPUSVN", .edit = component_missing, .arg = SIM_TCB_CPUSVN, .want = ASSAY_X_SGXEXT, LEAF },
	{ 49, "17 members, no PCESVN", .edit = component_missing, .arg = SIM_TCB_PCESVN, .want = ASSAY_X_SGXEXT, LEAF },
	{ 49, "missing .2.16", .edit = component_missing, .arg = 15, .want = ASSAY_X_SGXEXT, LEAF },
	{ 49, "19 members, .2.19", .edit = component_unknown, .arg = 19, .want = ASSAY_X_SGXEXT, LEAF },
	{ 49, "members in another order", .edit = reversed, .holds = is_the_platform },
	{ 49, "members in their order", .holds = is_the_platform },

	{ 49, "FMSPC beside Intel's arc", .edit = member_oid, .arg = 0, .want = ASSAY_X_SGXEXT, LEAF },
	{ 49, "component under another member's arc", .edit = member_oid, .arg = 1, .want = ASSAY_X_SGXEXT, LEAF },
	{ 49, "flag under another member's arc", .edit = member_oid, .arg = 2, .want = ASSAY_X_SGXEXT, LEAF },

	{ 50, "boolean 0x01", .edit = flag, .arg = ON(0, 0x01), .want = ASSAY_X_SGXEXT, LEAF },
	{ 50, "boolean 0x80", .edit = flag, .arg = ON(2, 0x80), .want = ASSAY_X_SGXEXT, LEAF },
	{ 50, "two flags", .edit = n_flags, .arg = 2, .want = ASSAY_X_SGXEXT, LEAF },
	{ 50, "flags the other way round", .edit = other_flags, .holds = has_other_flags },
	{ 51, "sgxtype as INTEGER", .edit = member_oid, .arg = 3, .want = ASSAY_X_SGXEXT, LEAF },
	{ 51, "sgxtype 3", .edit = sgx_type, .arg = 3, .want = ASSAY_X_SGXEXT, LEAF },
	{ 51, "sgxtype -1", .edit = sgx_type, .arg = -1, .want = ASSAY_X_SGXEXT, LEAF },

	{ 52, "NUL in CN, root", .edit = nul_in_root, .want = ASSAY_X_NAME, ROOT },
	{ 52, "NUL in CN, leaf", .edit = nul_in_leaf, .arg = ON(SIM_PCK, 0), .want = ASSAY_X_NAME, LEAF },
	{ 52, "NUL in CN, TCB signer", .edit = nul_in_leaf, .arg = ON(SIM_TCB_SIGNER, 0), .want = ASSAY_X_NAME, SIGNER },
	/* clang-format on */
};

/* ---- 8.3: revocation lists */

static struct sim_crl_spec *list_of(struct sim_world *w, int64_t arg)
{
	return &w->crl[arg >> 32];
}

static void no_root_list(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	e->evidence.collateral.root_ca_crl.len = 0;
}
static void no_pck_list(struct case_evidence *e, int64_t arg)
{
	(void)arg;
	e->evidence.collateral.pck_crl.len = 0;
}
static void no_lists(struct case_evidence *e, int64_t arg)
{
	no_root_list(e, arg);
	no_pck_list(e, arg);
}
static void list_by(struct sim_world *w, int64_t arg)
{
	w->crl_signer[arg >> 32] = (enum sim_who)value_of(arg);
}
static void list_sig(struct sim_world *w, int64_t arg)
{
	list_of(w, arg)->sign.sig = (enum sim_sig)value_of(arg);
}
static void list_named(struct sim_world *w, int64_t arg)
{
	list_of(w, arg)->issuer = w->cert[value_of(arg)].subject;
}
static void pck_list_is(struct case_evidence *e, int64_t which)
{
	e->evidence.collateral.pck_crl = buf_bytes(&e->world->crl_der[which]);
}
static void root_list_is(struct case_evidence *e, int64_t which)
{
	e->evidence.collateral.root_ca_crl =
		buf_bytes(&e->world->crl_der[which]);
}
/* The Processor CA's list, and the chain that goes with it. */
static void other_ca_chain(struct sim_world *w, int64_t arg)
{
	(void)arg;
	w->chain[SIM_CHAIN_PCK_CRL].who[0] = SIM_PROCESSOR_CA;
}
static void next_update(struct sim_world *w, int64_t arg)
{
	list_of(w, arg)->next_update = w->now + value_of(arg);
}
static void this_update(struct sim_world *w, int64_t arg)
{
	list_of(w, arg)->this_update = w->now + value_of(arg);
}
static void no_next_update(struct sim_world *w, int64_t arg)
{
	list_of(w, arg)->no_next_update = true;
}

/* The entries of a list, which it borrows. */
static struct sim_revoked entries[3];

static struct sim_revoked *list(struct sim_world *w, int64_t arg)
{
	struct sim_crl_spec *crl = list_of(w, arg);

	/* between two others */
	for (size_t i = 0; i < 3; i++)
		entries[i] = (struct sim_revoked){
			.serial = w->cert[SIM_FOURTH].serial,
			.date = w->now - DAY,
			.reason = 1,
		};
	entries[2].serial = w->cert[SIM_OTHER_PCK].serial;
	entries[1].serial = w->cert[value_of(arg)].serial;
	crl->revoked = entries;
	crl->n_revoked = 3;
	return &entries[1];
}
static void revoked(struct sim_world *w, int64_t arg)
{
	list(w, arg);
}
static void revoked_last(struct sim_world *w, int64_t arg)
{
	entries[2].serial = list(w, arg)->serial;
	entries[1].serial = entries[0].serial;
}
static void revoked_later(struct sim_world *w, int64_t arg)
{
	list(w, arg)->date = w->now + DAY;
}
/* A serial with zeros before it: more of them than DER allows. */
static void zeros_before(struct sim_octets *serial)
{
	memmove(serial->p + 2, serial->p, serial->len);
	memset(serial->p, 0, 2);
	serial->len += 2;
}
static void revoked_zeros(struct sim_world *w, int64_t arg)
{
	struct sim_revoked *entry = list(w, arg);

	entry->serial_raw = true;
	zeros_before(&entry->serial);
}
/* A certificate whose serial begins with a bit, and so with a zero in DER. */
static void revoked_high(struct sim_world *w, int64_t arg)
{
	w->cert[value_of(arg)].serial.p[0] |= 0x80;
	list(w, arg);
}
/* One whose serial is short. */
static void revoked_short(struct sim_world *w, int64_t arg)
{
	w->cert[value_of(arg)].serial = sim_hex("42");
	revoked_zeros(w, arg);
}
static void revoked_because(struct sim_world *w, int64_t arg)
{
	list(w, ON(SIM_CRL_PLATFORM, SIM_PCK))->reason = (int)arg;
}
enum { FOUR, BITS_64, BITS_65 };
static void crl_number(struct sim_world *w, int64_t arg)
{
	list_of(w, arg)->number = sim_hex(
		(const char *const[]){ "04", "FEDCBA9876543210",
	                               "010000000000000000" }[value_of(arg)]);
}
static void no_crl_number(struct sim_world *w, int64_t arg)
{
	list_of(w, arg)->number.len = 0;
}
static void list_without_aki(struct sim_world *w, int64_t arg)
{
	list_of(w, arg)->aki.len = 0;
}
/* cRLNumber 9, behind the one that is there */
static const struct sim_ext number_again = { BYTES("\x55\x1d\x14"), false,
	                                     BYTES("\x02\x01\x09") };
static void list_ext(struct sim_world *w, int64_t arg)
{
	list_of(w, arg)->extra[0] = *(const struct sim_ext *const[]){
		&sim_ext_delta, &sim_ext_idp, &sim_ext_unknown_critical,
		&sim_ext_unknown, &number_again
	}[value_of(arg)];
	list_of(w, arg)->n_extra = 1;
}
enum { DELTA, IDP, CRITICAL, PLAIN, NUMBER };
/* An entry for another leaf, with an extension. */
static void entry_ext(struct sim_world *w, int64_t arg)
{
	struct sim_revoked *entry = list(w, ON(arg >> 32, SIM_OTHER_PCK));

	entry->extra = (const struct sim_ext *const[]){
		&sim_ext_unknown_critical, &sim_ext_entry_issuer, &sim_ext_hold
	}[value_of(arg)];
}
enum { ENTRY_CRITICAL, ENTRY_ISSUER, ENTRY_HOLD };
static void list_form(struct sim_world *w, int64_t arg)
{
	list_of(w, arg)->sign.form = (enum sim_form)value_of(arg);
}
static void list_alg(struct sim_world *w, int64_t arg)
{
	list_of(w, arg)->sign.inner = (enum sim_alg)value_of(arg);
	list_of(w, arg)->sign.outer = (enum sim_alg)value_of(arg);
}
static bool has_crl_numbers(const struct assay_verdict *v,
                            const struct case_evidence *e)
{
	(void)e;
	return v->root_crl_number == 5 && v->pck_crl_number == 5;
}
static bool has_long_number(const struct assay_verdict *v,
                            const struct case_evidence *e)
{
	(void)e;
	return v->root_crl_number == 0xfedcba9876543210 &&
	       v->pck_crl_number == 5;
}
static bool has_huge_number(const struct assay_verdict *v,
                            const struct case_evidence *e)
{
	(void)e;
	return v->root_crl_number == UINT64_MAX && v->pck_crl_number == 5;
}

#define ROOT_LIST .doc = ASSAY_DOC_ROOT_CRL
#define PCK_LIST .doc = ASSAY_DOC_PCK_CRL
#define ON_ROOT(value) ON(SIM_CRL_ROOT, value)
#define ON_PCK(value) ON(SIM_CRL_PLATFORM, value)

static const struct a_case lists[] = {
	/* clang-format off */
	{ 53, "crl-missing (root)", .after = no_root_list, .want = ASSAY_R_MISSING, ROOT_LIST },
	{ 53, "crl-missing (pck)", .after = no_pck_list, .want = ASSAY_R_MISSING, PCK_LIST },
	{ 53, "crl-missing, both", .after = no_lists, .want = ASSAY_R_MISSING, ROOT_LIST },

	{ 54, "crl-signed-by-other, pck", .edit = list_by, .arg = ON_PCK(SIM_STRANGER), .want = ASSAY_R_SIG, PCK_LIST },
	{ 54, "crl-signed-by-other, pck by the other CA", .edit = list_by, .arg = ON_PCK(SIM_PROCESSOR_CA), .want = ASSAY_R_SIG, PCK_LIST },
	{ 54, "crl-signed-by-other, pck by the root", .edit = list_by, .arg = ON_PCK(SIM_ROOT), .want = ASSAY_R_SIG, PCK_LIST },
	{ 54, "crl-signed-by-other, root", .edit = list_by, .arg = ON_ROOT(SIM_OTHER_ROOT), .want = ASSAY_R_SIG, ROOT_LIST },
	{ 54, "crl signature, one bit", .edit = list_sig, .arg = ON_PCK(SIM_SIG_FLIPPED), .want = ASSAY_R_SIG, PCK_LIST },
	{ 54, "crl signature, r=0", .edit = list_sig, .arg = ON_PCK(SIM_SIG_R_ZERO), .want = ASSAY_R_SIG, PCK_LIST },
	{ 54, "crl signature, s=n", .edit = list_sig, .arg = ON_ROOT(SIM_SIG_S_N), .want = ASSAY_R_SIG, ROOT_LIST },
	{ 54, "crl signature, empty", .edit = list_sig, .arg = ON_ROOT(SIM_SIG_EMPTY), .want = ASSAY_R_SIG, ROOT_LIST },
	{ 54, "crl signature, n-s for s", .edit = list_sig, .arg = ON_PCK(SIM_SIG_OTHER_S) },
	{ 54, "crl-issuer-name-other: processor CRL for platform leaf", .after = pck_list_is, .arg = SIM_CRL_PROCESSOR, .want = ASSAY_R_ISSUER, PCK_LIST },
	{ 54, "crl-issuer-name-other: processor CRL with its chain", .edit = other_ca_chain, .after = pck_list_is, .arg = SIM_CRL_PROCESSOR, .want = ASSAY_R_ISSUER, PCK_LIST },
	{ 54, "crl-issuer-name-other: processor's chain alone", .edit = other_ca_chain, .want = ASSAY_R_ISSUER, PCK_LIST },
	{ 54, "crl-issuer-name-other: root CRL as pck CRL", .after = pck_list_is, .arg = SIM_CRL_ROOT, .want = ASSAY_R_ISSUER, PCK_LIST },
	{ 54, "crl-issuer-name-other, signed by the right CA", .edit = list_named, .arg = ON_PCK(SIM_PROCESSOR_CA), .want = ASSAY_R_ISSUER, PCK_LIST },

	{ 55, "crl-expired, pck", .edit = next_update, .arg = ON_PCK(-1), .want = ASSAY_R_TIME, PCK_LIST },
	{ 55, "crl-expired, pck, this second", .edit = next_update, .arg = ON_PCK(0), .want = ASSAY_R_TIME, PCK_LIST },
	{ 55, "crl-expired, root", .edit = next_update, .arg = ON_ROOT(-1), .want = ASSAY_R_TIME, ROOT_LIST },
	{ 55, "crl-from-future, pck", .edit = this_update, .arg = ON_PCK(1), .want = ASSAY_R_TIME, PCK_LIST },
	{ 55, "crl-from-future, root", .edit = this_update, .arg = ON_ROOT(1), .want = ASSAY_R_TIME, ROOT_LIST },
	{ 55, "crl of this second", .edit = this_update, .arg = ON_PCK(0) },
	{ 55, "crl in its last second", .edit = next_update, .arg = ON_PCK(1) },
	{ 55, "crl that never ends", .edit = no_next_update, .arg = ON_PCK(0), .want = ASSAY_R_DER, PCK_LIST },

	{ 56, "leaf-revoked", .edit = revoked, .arg = ON_PCK(SIM_PCK), .want = ASSAY_R_PCK_REVOKED, LEAF },
	{ 56, "leaf-revoked, last entry", .edit = revoked_last, .arg = ON_PCK(SIM_PCK), .want = ASSAY_R_PCK_REVOKED, LEAF },
	{ 56, "leaf-revoked, from tomorrow", .edit = revoked_later, .arg = ON_PCK(SIM_PCK), .want = ASSAY_R_PCK_REVOKED, LEAF },
	{ 56, "intermediate-revoked", .edit = revoked, .arg = ON_ROOT(SIM_PLATFORM_CA), .want = ASSAY_R_INTERMEDIATE_REVOKED, CA },
	{ 56, "tcb-signer-revoked", .edit = revoked, .arg = ON_ROOT(SIM_TCB_SIGNER), .want = ASSAY_R_TCBSIGNER_REVOKED, SIGNER },
	{ 56, "another leaf revoked", .edit = revoked, .arg = ON_PCK(SIM_OTHER_PCK) },
	{ 56, "the leaf's serial in the root's list", .edit = revoked, .arg = ON_ROOT(SIM_PCK) },

	{ 57, "serial-with-leading-zero form, leaf", .edit = revoked_zeros, .arg = ON_PCK(SIM_PCK), .want = ASSAY_R_PCK_REVOKED, LEAF },
	{ 57, "serial-with-leading-zero form, intermediate", .edit = revoked_zeros, .arg = ON_ROOT(SIM_PLATFORM_CA), .want = ASSAY_R_INTERMEDIATE_REVOKED, CA },
	{ 57, "serial-with-leading-zero form, TCB signer", .edit = revoked_zeros, .arg = ON_ROOT(SIM_TCB_SIGNER), .want = ASSAY_R_TCBSIGNER_REVOKED, SIGNER },
	{ 57, "serial of one byte with leading zeros", .edit = revoked_short, .arg = ON_PCK(SIM_PCK), .want = ASSAY_R_PCK_REVOKED, LEAF },
	{ 57, "serial with its high bit", .edit = revoked_high, .arg = ON_PCK(SIM_PCK), .want = ASSAY_R_PCK_REVOKED, LEAF },

	{ 58, "crl-number-below-floor, root", .terms = { .min_root_crl_number = 6 }, .want = ASSAY_R_FLOOR, ROOT_LIST },
	{ 58, "crl-number-below-floor, pck", .terms = { .min_pck_crl_number = 6 }, .want = ASSAY_R_FLOOR, PCK_LIST },
	{ 58, "crl-number-below-floor, one list's floor is not the other's", .edit = crl_number, .arg = ON_PCK(FOUR), .terms = { .min_root_crl_number = 5, .min_pck_crl_number = 5 }, .want = ASSAY_R_FLOOR, PCK_LIST },
	{ 58, "crl-number at the floor", .terms = { .min_root_crl_number = 5, .min_pck_crl_number = 5 }, .holds = has_crl_numbers },
	{ 58, "crl-number of 64 bits", .edit = crl_number, .arg = ON_ROOT(BITS_64), .holds = has_long_number },
	{ 58, "crl-number of 64 bits, below the floor", .edit = crl_number, .arg = ON_ROOT(BITS_64), .terms = { .min_root_crl_number = 0xfedcba9876543211 }, .want = ASSAY_R_FLOOR, ROOT_LIST },
	{ 58, "crl-number of 65 bits", .edit = crl_number, .arg = ON_ROOT(BITS_65), .terms = { .min_root_crl_number = UINT64_MAX }, .holds = has_huge_number },

	{ 59, "delta-CRL indicator", .edit = list_ext, .arg = ON_PCK(DELTA), .want = ASSAY_R_UNKNOWN_EXT, PCK_LIST },
	{ 59, "IDP critical", .edit = list_ext, .arg = ON_PCK(IDP), .want = ASSAY_R_UNKNOWN_EXT, PCK_LIST },
	{ 59, "IDP critical, root", .edit = list_ext, .arg = ON_ROOT(IDP), .want = ASSAY_R_UNKNOWN_EXT, ROOT_LIST },
	{ 59, "unknown critical extension", .edit = list_ext, .arg = ON_PCK(CRITICAL), .want = ASSAY_R_UNKNOWN_EXT, PCK_LIST },
	{ 59, "unknown critical entry extension", .edit = entry_ext, .arg = ON_PCK(ENTRY_CRITICAL), .want = ASSAY_R_UNKNOWN_EXT, PCK_LIST },
	{ 59, "unknown critical entry extension, root", .edit = entry_ext, .arg = ON_ROOT(ENTRY_CRITICAL), .want = ASSAY_R_UNKNOWN_EXT, ROOT_LIST },
	{ 59, "entry of another issuer", .edit = entry_ext, .arg = ON_PCK(ENTRY_ISSUER), .want = ASSAY_R_UNKNOWN_EXT, PCK_LIST },
	{ 59, "no CRL number", .edit = no_crl_number, .arg = ON_PCK(0), .want = ASSAY_R_UNKNOWN_EXT, PCK_LIST },
	{ 59, "CRL number twice", .edit = list_ext, .arg = ON_PCK(NUMBER), .want = ASSAY_R_DER, PCK_LIST },
	{ 59, "no authority key identifier", .edit = list_without_aki, .arg = ON_ROOT(0), .want = ASSAY_R_UNKNOWN_EXT, ROOT_LIST },
	{ 59, "unknown extension, not critical", .edit = list_ext, .arg = ON_PCK(PLAIN) },
	{ 59, "entry extension, not critical", .edit = entry_ext, .arg = ON_PCK(ENTRY_HOLD) },

	/* any entry counts, whatever its reason */
	{ 60, "removeFromCRL reason on the leaf", .edit = revoked_because, .arg = 8, .want = ASSAY_R_PCK_REVOKED, LEAF },
	{ 60, "certificateHold reason on the leaf", .edit = revoked_because, .arg = 6, .want = ASSAY_R_PCK_REVOKED, LEAF },
	{ 60, "no reason on the leaf", .edit = revoked_because, .arg = -1, .want = ASSAY_R_PCK_REVOKED, LEAF },

	{ 62, "empty-CRL-of-another-CA presented as root CRL", .after = root_list_is, .arg = SIM_CRL_PROCESSOR, .want = ASSAY_R_ISSUER, ROOT_LIST },
	{ 62, "the platform CA's CRL presented as root CRL", .after = root_list_is, .arg = SIM_CRL_PLATFORM, .want = ASSAY_R_ISSUER, ROOT_LIST },
	{ 62, "root CRL of another maker", .edit = list_by, .arg = ON_ROOT(SIM_OTHER_ROOT), .want = ASSAY_R_SIG, ROOT_LIST },

	/* not in the catalogue by number, but of its kind: [DCAP 2.4] X1 */
	{ 59, "CRL with a trailing byte", .edit = list_form, .arg = ON_PCK(SIM_FORM_TRAILING), .want = ASSAY_R_DER, PCK_LIST },
	{ 59, "CRL of indefinite length", .edit = list_form, .arg = ON_ROOT(SIM_FORM_INDEFINITE), .want = ASSAY_R_DER, ROOT_LIST },
	{ 59, "CRL signed with sha384", .edit = list_alg, .arg = ON_PCK(SIM_ALG_ECDSA_SHA384), .want = ASSAY_X_SIGALG, PCK_LIST },
	/* clang-format on */
};

/*
 * 61: revocation lists as text.  They become DER where collateral is read, and
 * that is where a bad one is refused; given as DER to the judgement, no text is
 * a list.
 */
static struct buf text;

static void as_hex(struct case_evidence *e)
{
	const struct buf *der = &e->world->crl_der[SIM_CRL_PLATFORM];

	buf_clear(&text);
	for (size_t i = 0; i < der->len; i++)
		buf_printf(&text, "%02x", der->ptr[i]);
}
static void as_pem(struct case_evidence *e, const char *label)
{
	buf_clear(&text);
	sim_pem(&text, label, buf_bytes(&e->world->crl_der[SIM_CRL_PLATFORM]));
}

enum { HEX, HEX_ODD, HEX_NOT, HEX_PREFIXED, PEM, PEM_LABEL, PEM_NOT_BASE64 };
static void as_text(struct case_evidence *e, int64_t how)
{
	if (how < PEM)
		as_hex(e);
	else
		as_pem(e, how == PEM_LABEL ? "CERTIFICATE" : "X509 CRL");
	if (how == HEX_ODD)
		text.len--;
	else if (how == HEX_NOT)
		text.ptr[200] = 'g';
	else if (how == HEX_PREFIXED)
		buf_splice(&text, 0, 0, buf_text("0x"));
	else if (how == PEM_NOT_BASE64)
		text.ptr[100] = '*';
}

/* Reads the text as the PCK CRL; what is read takes the place of the DER. */
static bool read_text(struct case_evidence *e, struct assay_err *err)
{
	struct assay_scratch scratch = { case_memory(e, text.len), text.len,
		                         0 };
	struct assay_collateral *c = &e->evidence.collateral;

	c->pck_crl = (struct assay_bytes){ NULL, 0 };
	return assay_collateral_add(c, ASSAY_PART_PCK_CRL, buf_bytes(&text),
	                            &scratch, err);
}
static void read_as_text(struct case_evidence *e, int64_t how)
{
	as_text(e, how);
	if (!read_text(e, NULL))
		e->evidence.quote.len = 0;
}
static void text_for_der(struct case_evidence *e, int64_t how)
{
	as_text(e, how);
	e->evidence.collateral.pck_crl = buf_bytes(&text);
}

static const struct a_case texts[] = {
	/* clang-format off */
	{ 61, "hex CRL", .after = read_as_text, .arg = HEX, .holds = has_crl_numbers },
	{ 61, "PEM CRL", .after = read_as_text, .arg = PEM, .holds = has_crl_numbers },
	{ 61, "hex CRL given as DER", .after = text_for_der, .arg = HEX, .want = ASSAY_R_DER, PCK_LIST },
	{ 61, "PEM CRL given as DER", .after = text_for_der, .arg = PEM, .want = ASSAY_R_DER, PCK_LIST },
	/* clang-format on */
};

static void bad_texts(void)
{
	static const struct {
		const char *name;
		int how;
	} rows[] = {
		{ "hex CRL with odd length", HEX_ODD },
		{ "non-hex", HEX_NOT },
		{ "hex with 0x", HEX_PREFIXED },
		{ "PEM CRL with certificate label", PEM_LABEL },
		{ "PEM CRL that is not base64", PEM_NOT_BASE64 },
	};
	static struct sim_world w;

	case_met(61);
	case_world(&w, SIM_SGX_V3);
	if (!ok(sim_world_build(&w), "61 made"))
		exit(1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct case_evidence e = { .world = &w };
		struct assay_err err = { 0 };

		as_text(&e, rows[i].how);
		ok(!read_text(&e, &err) && err.check == ASSAY_R_SYNTAX &&
		           err.doc == ASSAY_DOC_PCK_CRL && err.note[0] &&
		           !e.evidence.collateral.pck_crl.len,
		   "61 %s: %s", rows[i].name, err.note);
		free(e.memory[0]);
	}
	sim_world_free(&w);
	buf_free(&text);
}

/* The PCK CRL's chain may be absent: then the quote's CA is its issuer
 * [evidence.h].  Without either there is nothing to open a trust with. */
static void without_crl_chain(void)
{
	static struct sim_world w;
	struct assay_trust *trust = malloc(assay_trust_size());
	struct case_evidence e = { .world = &w, .terms.now = SIM_NOW };
	struct assay_bytes chain, none = { 0 };
	struct assay_verdict v;
	struct assay_err err = { 0 };

	case_world(&w, SIM_SGX_V3);
	if (!ok(sim_world_build(&w) && trust, "54 made"))
		exit(1);
	case_view(&e);
	e.evidence.collateral.pck_crl_issuer_chain.len = 0;
	chain = buf_bytes(&w.pem[SIM_CHAIN_PCK]);
	ok(assay_verify_evidence(&v, trust, NULL, &e.evidence, NULL,
	                         w.keys[SIM_ROOT].key, &e.terms),
	   "54 no chain beside the PCK CRL: %s", v.failed.note);
	ok(assay_trust_open(trust, &e.evidence.collateral, chain,
	                    w.keys[SIM_ROOT].key, NULL, &err) &&
	           assay_verify(&v, trust, NULL, e.evidence.quote, none,
	                        &e.terms),
	   "54 no chain beside the PCK CRL, trust first: %s", err.note);
	ok(!assay_trust_open(trust, &e.evidence.collateral, none,
	                     w.keys[SIM_ROOT].key, NULL, &err) &&
	           err.check == ASSAY_X_CHAIN_LEN &&
	           err.doc == ASSAY_DOC_PCK_CRL_CHAIN,
	   "54 no chain at all: %s", err.note);
	free(trust);
	sim_world_free(&w);
}

int main(void)
{
	cases_run(ROWS(parse));
	for (unsigned kind = 0; kind < SIM_N_KINDS; kind++)
		cut_every_byte(kind);
	cases_run(ROWS(certificates));
	cases_run(ROWS(lists));
	without_crl_chain();
	cases_run(ROWS(texts));
	bad_texts();
	cases_all_met(1, 62);
	return done();
}
