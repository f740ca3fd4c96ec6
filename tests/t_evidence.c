/* t_evidence.c - evidence and collateral in all the forms that they come in:
 * recognised, decoded, or refused by name. */
#include <assay/evidence.h>
#include <assay/quote.h>

#include "base/json.h"
#include "base/rd.h"
#include "base/text.h"

#include "tap.h"

#include <dirent.h>

static bool is_zero(const void *p, size_t n)
{
	const unsigned char *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

static struct assay_bytes bytes(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

static void *room(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		abort();
	return p;
}

/* ---- one reading: the input in memory of exactly its size, and scratch memory
 * of exactly what is promised to be enough */

struct run {
	struct assay_bytes in;
	struct assay_scratch scratch;
	struct assay_evidence e;
	struct assay_err err;
	bool good;
};

static bool is_inside(const struct run *r, struct assay_bytes v)
{
	uintptr_t at = (uintptr_t)v.ptr, in = (uintptr_t)r->in.ptr,
		  mem = (uintptr_t)r->scratch.ptr;

	return v.len == 0 ||
	       (at >= in && at - in <= r->in.len &&
	        v.len <= r->in.len - (at - in)) ||
	       (at >= mem && at - mem <= r->scratch.used &&
	        v.len <= r->scratch.used - (at - mem));
}

static bool are_inside(const struct run *r)
{
	const struct assay_evidence *e = &r->e;
	const struct assay_collateral *c = &e->collateral;
	const struct assay_bytes views[] = {
		e->quote,
		e->hpke,
		e->sign,
		e->eii_spki,
		e->eii_ek,
		e->nonce,
		c->tcb_info.doc,
		c->tcb_info.sig_hex,
		c->qe_identity.doc,
		c->qe_identity.sig_hex,
		c->tcb_info_issuer_chain,
		c->qe_identity_issuer_chain,
		c->root_ca_crl,
		c->pck_crl,
		c->pck_crl_issuer_chain,
		c->pck_chain,
	};
	bool good = true;

	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++)
		good = good && is_inside(r, views[i]);
	return good;
}

/* Reads evidence, or a collateral; what is promised of every reading is checked
 * here. */
static struct run read_as(struct assay_bytes in, bool collateral)
{
	uint8_t *copy = room(in.len);
	struct run r = { .in = { copy, in.len },
		         .scratch = { .ptr = room(in.len), .len = in.len } };

	if (in.len)
		memcpy(copy, in.ptr, in.len);
	memset(&r.e, 0xee, sizeof(r.e));
	if (collateral) {
		r.good = assay_collateral_read(&r.e.collateral, r.in,
		                               &r.scratch, &r.err);
		struct assay_collateral c = r.e.collateral;
		memset(&r.e, 0, sizeof(r.e));
		r.e.collateral = c;
	} else {
		r.good = assay_evidence_read(&r.e, r.in, &r.scratch, &r.err);
	}
	if (r.good != (r.err.check == ASSAY_OK))
		ok(false, "result and check are of one mind");
	if (r.good && !are_inside(&r))
		ok(false, "every view lies in the file or in the scratch");
	if (!r.good &&
	    (!is_zero(&r.e, sizeof(r.e)) || r.scratch.used || !r.err.note[0]))
		ok(false, "a failure leaves nothing, and says why");
	return r;
}

static void end(struct run *r)
{
	free(r->scratch.ptr);
	free((void *)(uintptr_t)r->in.ptr);
}

/* ---- makers */

enum { BUF = 1 << 17 };

struct buf {
	uint8_t p[BUF];
	size_t len;
};

static void put(struct buf *b, const void *p, size_t n)
{
	if (n > BUF - b->len)
		abort();
	memcpy(b->p + b->len, p, n);
	b->len += n;
}

static void put_text(struct buf *b, const char *text)
{
	put(b, text, strlen(text));
}

static void put_be32(struct buf *b, uint32_t v)
{
	uint8_t p[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		         (uint8_t)(v >> 8), (uint8_t)v };

	put(b, p, 4);
}

static void put_blob(struct buf *b, struct assay_bytes v)
{
	put_be32(b, (uint32_t)v.len);
	put(b, v.ptr, v.len);
}

static struct assay_bytes view(const struct buf *b)
{
	return (struct assay_bytes){ b->p, b->len };
}

/* What begins like a quote, and has every byte value in it. */
static void make_quote(struct buf *b, size_t len)
{
	b->len = len;
	for (size_t i = 0; i < len; i++)
		b->p[i] = (uint8_t)(i * 5);
	memcpy(b->p, "\3\0\2\0\0\0\0\0", 8);
}

/* ---- forms: raw, hex, base64, of quotes, bundles and EIIs */

enum form {
	RAW,
	HEX,
	HEX_UPPER,
	HEX_0X,
	HEX_LINES,
	BASE64,
	BASE64_LINES,
	N_FORMS
};
static const char *const form_names[N_FORMS] = {
	"raw",        "hex",    "hex, upper case", "hex, 0x",
	"hex, lines", "base64", "base64, lines",
};

static void encode(struct buf *out, struct assay_bytes in, enum form form)
{
	static char text[2 * BUF + 1];
	size_t line = form == HEX_LINES || form == BASE64_LINES ? 76 : SIZE_MAX;

	out->len = 0;
	if (form == RAW) {
		put(out, in.ptr, in.len);
		return;
	}
	if (form < BASE64)
		assay_hex_print(text, in.ptr, in.len, form == HEX_UPPER);
	else
		assay_base64_print(text, in.ptr, in.len);
	if (form == HEX_0X)
		put_text(out, "0x");
	if (form == HEX_LINES)
		put_text(out, " \t");
	for (size_t i = 0, n = strlen(text); i < n;) {
		size_t part = n - i < line ? n - i : line;

		put(out, text + i, part);
		if (line != SIZE_MAX)
			put_text(out, "\r\n");
		i += part;
	}
}

static struct buf quote, file, made;

static void test_forms(const char *name, struct assay_bytes in,
                       enum assay_evidence_kind kind)
{
	for (unsigned i = 0; i < N_FORMS; i++) {
		const char *want = i < BASE64 ? "hex" : "base64";

		if (i == RAW)
			want = kind == ASSAY_EVIDENCE_BUNDLE ? "json" : "raw";
		encode(&file, in, (enum form)i);
		struct run r = read_as(view(&file), false);
		ok(r.good && r.e.kind == kind && !strcmp(r.e.encoding, want) &&
		           assay_bytes_equal(r.e.quote, view(&quote)),
		   "%s, %s: %s", name, form_names[i], r.err.note);
		end(&r);
	}
}

/* A CRL: a SEQUENCE long enough to say so. */
static const uint8_t crl[] = {
	0x30, 0x81, 0x04, 0xde, 0xad, 0xbe, 0xef,
};
#define CRL_HEX "308104deadbeef"
#define CRL_BASE64 "MIEE3q2+7w=="
#define CRL_PEM \
	"-----BEGIN X509 CRL-----\n" CRL_BASE64 "\n-----END X509 CRL-----\n"
#define CRL_PEM_JSON \
	"-----BEGIN X509 CRL-----\\n" CRL_BASE64 "\\n-----END X509 " \
	"CRL-----\\n"

static bool is_text(struct assay_bytes v, const char *text)
{
	return assay_bytes_equal(v, bytes(text));
}

static bool is_crl(struct assay_bytes v)
{
	return assay_bytes_equal(v, (struct assay_bytes){ crl, sizeof(crl) });
}

/* What FLAT holds. */
static bool is_flat(const struct assay_collateral *c)
{
	return is_text(c->tcb_info.doc, "{\"tcbInfo\":\"\xe2\x82\xac\"}") &&
	       is_text(c->tcb_info.sig_hex, "ab/cd") &&
	       is_text(c->qe_identity.doc, "{ \"id\" : \"QE\" }") &&
	       is_text(c->qe_identity.sig_hex, "ef") &&
	       is_text(c->tcb_info_issuer_chain, "tcb\nchain") &&
	       is_text(c->qe_identity_issuer_chain, "qe chain") &&
	       is_text(c->pck_crl_issuer_chain, "crl chain") &&
	       is_text(c->pck_chain, "pck chain") && is_crl(c->root_ca_crl) &&
	       is_crl(c->pck_crl);
}
#define FLAT \
	"\"tcb_info\" : \"{\\\"tcbInfo\\\":\\\"\\u20ac\\\"}\"," \
	"\"tcb_info_signature\":\"ab\\/cd\"," \
	"\"qe_identity\":{ \"id\" : \"QE\" }," \
	"\"qe_identity_signature\":\"ef\"," \
	"\"tcb_info_issuer_chain\":\"tcb\\nchain\"," \
	"\"qe_identity_issuer_chain\":\"qe chain\"," \
	"\"pck_crl_issuer_chain\":\"crl chain\"," \
	"\"pck_certificate_chain\":\"pck chain\"," \
	"\"root_ca_crl\":\"" CRL_PEM_JSON "\"," \
	"\"pck_crl\":\"\\u0033\\u0030" \
	"8104DEADBEEF\\u0000\""

static const uint8_t sign_key[32] = { 7, 8, 9, [31] = 1 };

/* A bundle of everything, its members in no good order. */
static void make_bundle(struct buf *b)
{
	static char text[2 * BUF];

	b->len = 0;
	put_text(b, " \n{\"at\":\"2026-11-23T12:00:00Z\",\"collateral\":{" FLAT
	            "},\"keys\":{\"sign\":\"");
	assay_base64_print(text, sign_key, sizeof(sign_key));
	put_text(b, text);
	put_text(b, "\",\"hpke\":\"\\u0041QID\"},\"nonce\":\"\\/\\/8=\","
	            "\"evidence\":{\"data\":\"");
	assay_base64_print(text, quote.p, quote.len);
	put_text(b, text);
	put_text(b, "\",\"type\":\"quote\"},\"assay_bundle\":1}\n");
}

static void test_bundle(void)
{
	static const enum form forms[] = { RAW, HEX_LINES, BASE64 };

	make_bundle(&made);
	test_forms("bundle", view(&made), ASSAY_EVIDENCE_BUNDLE);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		encode(&file, view(&made), forms[i]);
		struct run r = read_as(view(&file), false);
		const char *name = form_names[forms[i]];

		ok(r.good && r.e.has_collateral && is_flat(&r.e.collateral),
		   "bundle, %s: collateral: %s", name, r.err.note);
		ok(r.e.has_nonce && is_text(r.e.nonce, "\xff\xff") &&
		           is_text(r.e.hpke, "\1\2\3") &&
		           r.e.sign.len == sizeof(sign_key) &&
		           !memcmp(r.e.sign.ptr, sign_key, sizeof(sign_key)) &&
		           r.e.has_at && r.e.at == 1795435200,
		   "bundle, %s: keys, nonce, time", name);
		ok(!r.e.eii_spki.len && !r.e.eii_ek.len, "bundle, %s: no EII",
		   name);
		end(&r);
		r = read_as(view(&file), true);
		ok(r.good && is_flat(&r.e.collateral),
		   "bundle, %s, as collateral: %s", name, r.err.note);
		end(&r);
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		encode(&file, bytes("{" FLAT "}"), forms[i]);
		struct run r = read_as(view(&file), true);

		ok(r.good && is_flat(&r.e.collateral),
		   "flat collateral, %s: %s", form_names[forms[i]], r.err.note);
		end(&r);
	}
}

/* ---- JSON: what holds and what does not */

#define EV "\"evidence\":{\"type\":\"quote\",\"data\":\"AwACAAAA\"}"
#define BUNDLE(more) "{\"assay_bundle\":1," EV more "}"
#define KEY31 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="
#define KEY32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY33 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define KEYS ",\"keys\":{\"hpke\":\"AA==\",\"sign\":\"" KEY32 "\"}"
#define X16 "AAAAAAAAAAAAAAAA"
#define X64 X16 X16 X16 X16
#define NONCE255 X64 X64 X64 X64 X64 X16 "AAAA"

/* clang-format off */
static const struct {
	const char *text;
	enum assay_check want, collateral; /* of either reader */
	const char *at;  /* what fails, if both fail alike: the offset is that of
	                  * its last occurrence; NULL: 0 */
} texts[] = {
	/* neither bundle nor flat form */
	{ "{}",              ASSAY_C_FORMAT, ASSAY_C_FLAT, NULL },
	{ " { \"x\" : 1 }",  ASSAY_C_FORMAT, ASSAY_C_FLAT, NULL },
	{ "{",               ASSAY_J_SYNTAX, ASSAY_J_SYNTAX, "" },
	{ "{} x",            ASSAY_J_SYNTAX, ASSAY_J_SYNTAX, "x" },
	{ "[]",              ASSAY_C_FORMAT, ASSAY_C_FORMAT, NULL },
	{ "{\"tcbInfo\":{},\"signature\":\"\"}", ASSAY_C_FORMAT, ASSAY_C_FLAT, NULL },
	/* flat form */
	{ "{\"tcb_info\":\"x\"}",         ASSAY_C_FORMAT, ASSAY_OK, NULL },
	{ "{\"tcb_info\":{\"x\":[{}]}}",  ASSAY_C_FORMAT, ASSAY_OK, NULL },
	{ "{\"tcb_info\":null}",          ASSAY_C_FORMAT, ASSAY_OK, NULL },
	{ "{\"pck_crl\":\"\"}",           ASSAY_C_FORMAT, ASSAY_OK, NULL },
	{ "{\"tcb_info\":\"x\",\"x\":1}", ASSAY_C_FORMAT, ASSAY_C_FLAT, NULL },
	{ "{\"tcb_info\":\"x\",\"at\":null}",  ASSAY_C_FORMAT, ASSAY_C_FLAT, NULL },
	{ "{\"tcb_info\":\"x\"," EV "}",  ASSAY_C_FORMAT, ASSAY_C_FLAT, NULL },
	{ "{\"tcb_info\":\"x\",\"tcb_info\":\"x\"}", ASSAY_J_DUPKEY, ASSAY_J_DUPKEY, "\"tcb_info\":\"x\"}" },
	{ "{\"tcb_info\":1}",             ASSAY_J_TYPE, ASSAY_J_TYPE, "1}" },
	{ "{\"tcb_info\":[]}",            ASSAY_J_TYPE, ASSAY_J_TYPE, "[]" },
	{ "{\"pck_crl\":{}}",             ASSAY_J_TYPE, ASSAY_J_TYPE, "{}}" },
	{ "{\"tcb_info_signature\":{}}",  ASSAY_J_TYPE, ASSAY_J_TYPE, "{}}" },
	{ "{\"tcb_info\":{\"a\":1,\"a\":1}}", ASSAY_J_DUPKEY, ASSAY_J_DUPKEY, "\"a\":1}}" },
	{ "{\"pck_crl\":\"30810\"}",      ASSAY_C_FORMAT, ASSAY_R_SYNTAX, NULL },
	{ "{\"root_ca_crl\":\"-\"}",      ASSAY_C_FORMAT, ASSAY_R_SYNTAX, NULL },
	/* bundle */
	{ BUNDLE(""),                                ASSAY_OK, ASSAY_C_BUNDLE, NULL },
	{ BUNDLE(",\"collateral\":{\"tcb_info\":\"\"}"), ASSAY_OK, ASSAY_OK, NULL },
	{ BUNDLE(",\"nonce\":null,\"at\":null"),     ASSAY_OK, ASSAY_C_BUNDLE, NULL },
	{ BUNDLE(KEYS ",\"nonce\":\"" NONCE255 "\""), ASSAY_OK, ASSAY_C_BUNDLE, NULL },
	{ BUNDLE(",\"nonce\":\"AA==\""),             ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, NULL },
	{ BUNDLE(",\"keys\":{\"hpke\":\"AA==\",\"sign\":\"" KEY32 "\"}"), ASSAY_OK, ASSAY_C_BUNDLE, NULL },
	{ "{\"assay_bundle\":1}",                    ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, NULL },
	{ "{\"assay_bundle\":2," EV "}",             ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"assay_bundle" },
	{ "{" EV ",\"assay_bundle\":0}",             ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"evidence" },
	{ "{\"assay_bundle\":\"1\"," EV "}",         ASSAY_J_TYPE, ASSAY_J_TYPE, "\"1\"" },
	{ "{\"assay_bundle\":-1," EV "}",            ASSAY_J_RANGE, ASSAY_J_RANGE, "-1" },
	{ BUNDLE(",\"x\":1"),                        ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"x\":1}" },
	{ BUNDLE(",\"tcb_info\":\"x\""),             ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"tcb_info" },
	{ BUNDLE(",\"nonce\":null,\"nonce\":null"),  ASSAY_J_DUPKEY, ASSAY_J_DUPKEY, "\"nonce\":null}" },
	{ "{\"assay_bundle\":1,\"evidence\":\"\"}",  ASSAY_J_TYPE, ASSAY_J_TYPE, "\"\"}" },
	{ "{\"assay_bundle\":1,\"evidence\":{}}",    ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, NULL },
	{ "{\"assay_bundle\":1,\"evidence\":{\"data\":\"AAAA\"}}", ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, NULL },
	{ "{\"assay_bundle\":1,\"evidence\":{\"type\":\"eii\",\"data\":\"AAAA\"}}", ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, NULL },
	{ "{\"assay_bundle\":1,\"evidence\":{\"type\":\"quote\"}}", ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, NULL },
	{ "{\"assay_bundle\":1,\"evidence\":{\"type\":\"quote\",\"data\":\"\"}}", ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"\"}}" },
	{ "{\"assay_bundle\":1,\"evidence\":{\"type\":\"quote\",\"data\":\"AAA\"}}", ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"AAA\"" },
	{ "{\"assay_bundle\":1,\"evidence\":{\"type\":\"quote\",\"data\":\"AAAA AAAA\"}}", ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"AAAA AAAA" },
	{ "{\"assay_bundle\":1,\"evidence\":{\"type\":\"quote\",\"data\":\"AA==\",\"x\":1}}", ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"x\":1" },
	{ BUNDLE(",\"keys\":null"),                  ASSAY_J_TYPE, ASSAY_J_TYPE, "null" },
	{ BUNDLE(",\"keys\":{}"),                    ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, NULL },
	{ BUNDLE(",\"keys\":{\"hpke\":\"AA==\"}"),   ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, NULL },
	{ BUNDLE(",\"keys\":{\"sign\":\"" KEY32 "\"}"), ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, NULL },
	{ BUNDLE(",\"keys\":{\"hpke\":\"\",\"sign\":\"" KEY32 "\"}"), ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"\",\"sign" },
	{ BUNDLE(",\"keys\":{\"hpke\":\"AA==\",\"sign\":\"" KEY31 "\"}"), ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"" KEY31 },
	{ BUNDLE(",\"keys\":{\"hpke\":\"AA==\",\"sign\":\"" KEY33 "\"}"), ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"" KEY33 },
	{ BUNDLE(",\"keys\":{\"hpke\":\"AA==\",\"sign\":\"" KEY32 "\",\"x\":\"\"}"), ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"x\":\"" },
	{ BUNDLE(",\"nonce\":1"),                    ASSAY_J_TYPE, ASSAY_J_TYPE, "1}" },
	{ BUNDLE(KEYS ",\"nonce\":\"A\""),                ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"A\"}" },
	{ BUNDLE(KEYS ",\"nonce\":\"" NONCE255 "AA==\""), ASSAY_C_BUNDLE, ASSAY_C_BUNDLE, "\"" NONCE255 },
	{ BUNDLE(",\"at\":\"yesterday\""),           ASSAY_J_TYPE, ASSAY_J_TYPE, "\"yesterday" },
	{ BUNDLE(",\"at\":0"),                       ASSAY_J_TYPE, ASSAY_J_TYPE, "0}" },
	{ BUNDLE(",\"collateral\":null"),            ASSAY_J_TYPE, ASSAY_J_TYPE, "null" },
	{ BUNDLE(",\"collateral\":{}"),              ASSAY_C_FLAT, ASSAY_C_FLAT, NULL },
	{ BUNDLE(",\"collateral\":{\"x\":1}"),       ASSAY_C_FLAT, ASSAY_C_FLAT, "\"x\":1" },
	{ BUNDLE(",\"collateral\":{\"pck_crl\":\"x\"}"), ASSAY_R_SYNTAX, ASSAY_R_SYNTAX, NULL },
	{ BUNDLE(",\"collateral\":{\"pck_crl\":1}"), ASSAY_J_TYPE, ASSAY_J_TYPE, "1}}" },
};
/* clang-format on */

static size_t last(const char *text, const char *part)
{
	size_t at = strlen(text);

	while (part && strncmp(text + at, part, strlen(part)) != 0)
		at--;
	return part ? at : 0;
}

static void test_texts(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (int as = 0; as < 2; as++) {
			struct run r = read_as(bytes(texts[i].text), as);
			enum assay_check want = as ? texts[i].collateral
			                           : texts[i].want;
			bool same = texts[i].want == texts[i].collateral;
			size_t at = last(texts[i].text, texts[i].at);

			ok(r.err.check == want && (!same || r.err.at == at),
			   "%s %.90s: check %d at %zu, %s",
			   as ? "collateral" : "evidence", texts[i].text,
			   r.err.check, r.err.at, r.err.note);
			end(&r);
		}
	}
	struct run r = read_as(bytes("{\"tcb_info\":\"x\"}"), false);
	ok(strstr(r.err.note, "--collateral") != NULL, "says that it is: %s",
	   r.err.note);
	end(&r);
	r = read_as(bytes(BUNDLE(KEYS ",\"nonce\":\"\"")), false);
	ok(r.good && r.e.has_nonce && !r.e.nonce.len, "a nonce of no bytes");
	end(&r);
	r = read_as(bytes(BUNDLE("")), false);
	ok(r.good && !r.e.has_nonce && !r.e.has_at && !r.e.has_collateral &&
	           !r.e.hpke.len &&
	           is_zero(&r.e.collateral, sizeof(r.e.collateral)),
	   "what is not there is not there");
	end(&r);
}

/* ---- files that are nothing we know */

static void refused(const char *name, struct assay_bytes in,
                    enum assay_check want)
{
	struct run r = read_as(in, false);

	ok(r.err.check == want && r.err.doc == ASSAY_DOC_EVIDENCE, "%s: %s",
	   name, r.err.note);
	end(&r);
	r = read_as(in, true);
	ok(r.err.check == want && r.err.doc == ASSAY_DOC_COLLATERAL,
	   "%s, as collateral: %s", name, r.err.note);
	end(&r);
}

static void test_unknown(void)
{
	static char text[400];
	static struct buf inner;

	refused("nothing", bytes(""), ASSAY_C_FORMAT);
	refused("white space", bytes(" \t\r\n"), ASSAY_C_FORMAT);
	refused("prose",
	        bytes("To whom it may concern: this machine, whose "
	              "number is 7, is surely genuine and can be "
	              "trusted."),
	        ASSAY_C_FORMAT);
	refused("a word", bytes("test"), ASSAY_C_FORMAT);
	refused("0x", bytes("0x"), ASSAY_C_FORMAT);
	memset(text, '3', 95);
	refused("95 digits", bytes(text), ASSAY_C_FORMAT);
	memset(text, '3', 97);
	refused("97 digits", bytes(text), ASSAY_C_FORMAT);
	memset(text, 'A', 63);
	memset(text + 63, 0, 40);
	memcpy(text, "g", 1);
	refused("63 of base64", bytes(text), ASSAY_C_FORMAT);
	memset(text, 'A', 66);
	memcpy(text, "g", 1);
	refused("66 of base64", bytes(text), ASSAY_C_FORMAT);
	memset(text, '3', 202);
	memcpy(text, "0x", 2);
	memcpy(text + 100, "g", 1);
	refused("0x and base64", bytes(text), ASSAY_C_FORMAT);
	refused("PEM without end", bytes("-----BEGIN CERTIFICATE-----\n" X64),
	        ASSAY_C_FORMAT);

	make_quote(&quote, 300);
	encode(&inner, view(&quote), HEX);
	encode(&file, view(&inner), BASE64);
	refused("encoded twice", view(&file), ASSAY_C_FORMAT);
	/* 96 digits and 64 are enough */
	make_quote(&quote, 48);
	test_forms("48 bytes", view(&quote), ASSAY_EVIDENCE_QUOTE);
	/* binary data are a quote's reader's to refuse */
	struct run r = read_as(bytes("\xd9\x01\x02"), false);
	struct assay_quote q;
	struct assay_err err = { 0 };
	ok(r.good && r.e.kind == ASSAY_EVIDENCE_QUOTE &&
	           !assay_quote_parse(&q, r.e.quote, false, &err) &&
	           err.check == ASSAY_P_VERSION,
	   "CBOR: %s", err.note);
	end(&r);
	r = read_as(bytes("\3"), true);
	ok(r.err.check == ASSAY_C_FORMAT, "a quote as collateral: %s",
	   r.err.note);
	end(&r);
}

static void test_sizes(void)
{
	uint8_t *p = calloc(1, ASSAY_EVIDENCE_MAX + 1);
	struct assay_evidence e;
	struct assay_err err = { 0 };
	uint8_t mem[200];
	struct assay_scratch none = { 0 };
	struct assay_scratch some = { mem, sizeof(mem), 5 };
	struct assay_bytes big = { p, ASSAY_EVIDENCE_MAX };

	if (!p)
		abort();
	p[0] = 3;
	ok(assay_evidence_read(&e, big, &none, &err),
	   "4 MiB of quote, without scratch memory: %s", err.note);
	big.len++;
	ok(!assay_evidence_read(&e, big, &none, &err) &&
	           err.check == ASSAY_C_SIZE && is_zero(&e, sizeof(e)),
	   "one byte more: %s", err.note);
	free(p);

	make_quote(&quote, 60);
	encode(&file, view(&quote), HEX);
	memset(mem, 0x77, sizeof(mem));
	ok(assay_evidence_read(&e, view(&file), &some, &err) &&
	           e.quote.ptr == mem + 5 && some.used == 65 && mem[4] == 0x77,
	   "scratch memory is used behind what is used");
	ok(!assay_evidence_read(&e, view(&file), &none, &err) &&
	           err.check == ASSAY_C_SIZE && none.used == 0,
	   "no scratch memory: %s", err.note);
	some.len = 65 + 119;
	ok(!assay_evidence_read(&e, view(&file), &some, &err) &&
	           err.check == ASSAY_C_SIZE && some.used == 65,
	   "a byte too little: %s", err.note);
	some.len = 65 + 120;
	ok(assay_evidence_read(&e, view(&file), &some, NULL) &&
	           some.used == 125,
	   "just enough");
	ok(!assay_evidence_read(&e, bytes(""), &some, NULL), "no error wanted");
}

/* ---- one document at a time */

#define N(s) \
	{ \
		(const uint8_t *)(s), sizeof(s) - 1 \
	}
/* clang-format off */
static const struct {
	const char *name;
	struct assay_bytes in;
	bool good;
} crls[] = {
	{ "DER",                 N("\x30\x81\x04\xde\xad\xbe\xef"), true },
	{ "hex",                 N(CRL_HEX), true },
	{ "hex, upper case",     N("308104DEADBEEF"), true },
	{ "hex, NUL",            N(CRL_HEX "\0"), true },
	{ "hex, white space",    N(" \n" CRL_HEX " \r\n\0\t"), true },
	{ "PEM",                 N(CRL_PEM), true },
	{ "PEM, CR LF",          N("-----BEGIN X509 CRL-----\r\nMIEE\r\n3q2+7w==\r\n-----END X509 CRL-----\r\n"), true },
	{ "PEM, NUL",            N("\n" CRL_PEM "\0\n"), true },
	{ "nothing",             N(""), false },
	{ "white space",         N(" \n\0"), false },
	{ "hex, odd",            N("308104deadbee"), false },
	{ "hex, x",              N("0x" CRL_HEX), false },
	{ "hex, split",          N("308104 deadbeef"), false },
	{ "hex, not hex",        N("308104deadbeeg"), false },
	{ "base64",              N(CRL_BASE64), false },
	{ "DER begun",           N("\x30"), false },
	{ "other binary",        N("\x31\x81\x04\xde\xad\xbe\xef"), false },
	{ "PEM of a certificate", N("-----BEGIN CERTIFICATE-----\n" CRL_BASE64 "\n-----END CERTIFICATE-----\n"), false },
	{ "PEM, twice",          N(CRL_PEM CRL_PEM), false },
	{ "PEM, then text",      N(CRL_PEM "x"), false },
	{ "PEM, cut",            N("-----BEGIN X509 CRL-----\n" CRL_BASE64 "\n"), false },
	{ "PEM, empty",          N("-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n"), false },
	{ "PEM, empty line",     N("-----BEGIN X509 CRL-----\n\n-----END X509 CRL-----\n"), false },
	{ "PEM, not base64",     N("-----BEGIN X509 CRL-----\nMIEE!q2+7w==\n-----END X509 CRL-----\n"), false },
};

static const struct {
	const char *file;
	enum assay_part part;
} names[] = {
	{ "tcb_info.json", ASSAY_PART_TCB_INFO },
	{ "qe_identity.json", ASSAY_PART_QE_IDENTITY },
	{ "tcb_info_issuer_chain.pem", ASSAY_PART_TCB_INFO_ISSUER_CHAIN },
	{ "qe_identity_issuer_chain.pem", ASSAY_PART_QE_IDENTITY_ISSUER_CHAIN },
	{ "root_ca_crl.der", ASSAY_PART_ROOT_CA_CRL },
	{ "root_ca_crl.pem", ASSAY_PART_ROOT_CA_CRL },
	{ "root_ca_crl.hex", ASSAY_PART_ROOT_CA_CRL },
	{ "pck_crl.der", ASSAY_PART_PCK_CRL },
	{ "pck_crl.pem", ASSAY_PART_PCK_CRL },
	{ "pck_crl.hex", ASSAY_PART_PCK_CRL },
	{ "pck_crl_issuer_chain.pem", ASSAY_PART_PCK_CRL_ISSUER_CHAIN },
	{ "pck_chain.pem", ASSAY_PART_PCK_CHAIN },
	{ "pck_certificate_chain.pem", ASSAY_PART_PCK_CHAIN },
	{ "", ASSAY_PART_NONE },
	{ "pck_crl", ASSAY_PART_NONE },
	{ "pck_crl.txt", ASSAY_PART_NONE },
	{ "PCK_CRL.DER", ASSAY_PART_NONE },
	{ "x/pck_crl.der", ASSAY_PART_NONE },
	{ "quote.bin", ASSAY_PART_NONE },
};
/* clang-format on */

static struct assay_bytes part_of(const struct assay_collateral *c,
                                  enum assay_part part)
{
	switch (part) {
	case ASSAY_PART_TCB_INFO:
		return c->tcb_info.doc;
	case ASSAY_PART_QE_IDENTITY:
		return c->qe_identity.doc;
	case ASSAY_PART_TCB_INFO_ISSUER_CHAIN:
		return c->tcb_info_issuer_chain;
	case ASSAY_PART_QE_IDENTITY_ISSUER_CHAIN:
		return c->qe_identity_issuer_chain;
	case ASSAY_PART_ROOT_CA_CRL:
		return c->root_ca_crl;
	case ASSAY_PART_PCK_CRL:
		return c->pck_crl;
	case ASSAY_PART_PCK_CRL_ISSUER_CHAIN:
		return c->pck_crl_issuer_chain;
	case ASSAY_PART_PCK_CHAIN:
		return c->pck_chain;
	case ASSAY_PART_NONE:
		break;
	}
	return (struct assay_bytes){ 0 };
}

static void test_crls(void)
{
	for (size_t i = 0; i < sizeof(crls) / sizeof(crls[0]); i++) {
		struct assay_bytes in = crls[i].in;
		struct assay_collateral c = { 0 };
		struct assay_err err = { 0 };
		struct assay_scratch s = { .ptr = room(in.len), .len = in.len };
		uint8_t *copy = room(in.len);
		bool good;

		if (in.len)
			memcpy(copy, in.ptr, in.len);
		in.ptr = copy;
		good = assay_collateral_add(&c, ASSAY_PART_PCK_CRL, in, &s,
		                            &err);
		if (crls[i].good)
			ok(good && is_crl(c.pck_crl) && !c.root_ca_crl.len,
			   "CRL, %s: %s", crls[i].name, err.note);
		else
			ok(!good && err.check == ASSAY_R_SYNTAX &&
			           err.doc == ASSAY_DOC_PCK_CRL &&
			           is_zero(&c, sizeof(c)) && !s.used,
			   "CRL, %s: %s", crls[i].name, err.note);
		free(copy);
		free(s.ptr);
	}
}

static void test_parts(void)
{
	uint8_t mem[256];
	struct assay_scratch s = { .ptr = mem, .len = sizeof(mem) };
	struct assay_collateral c = { 0 }, before;
	struct assay_err err = { 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ok(assay_part_of(names[i].file) == names[i].part, "name \"%s\"",
		   names[i].file);
	for (unsigned i = ASSAY_PART_TCB_INFO; i <= ASSAY_PART_PCK_CHAIN; i++) {
		enum assay_part part = (enum assay_part)i;
		bool is_list = part == ASSAY_PART_ROOT_CA_CRL ||
		               part == ASSAY_PART_PCK_CRL;
		struct assay_bytes got;

		before = c;
		ok(assay_collateral_add(&c, part, bytes(CRL_HEX), &s, &err),
		   "part %u: %s", i, err.note);
		got = part_of(&c, part);
		ok(is_list ? is_crl(got) : is_text(got, CRL_HEX),
		   "part %u: its bytes", i);
		ok(!part_of(&before, part).len, "part %u: its place alone", i);
		before = c;
		ok(!assay_collateral_add(&c, part, bytes("30820000"), &s,
		                         &err) &&
		           err.check == ASSAY_C_CONFLICT &&
		           !memcmp(&c, &before, sizeof(c)),
		   "part %u a second time: %s", i, err.note);
	}
	c = (struct assay_collateral){ 0 };
	s = (struct assay_scratch){ 0 };
	ok(!assay_collateral_add(&c, ASSAY_PART_ROOT_CA_CRL, bytes(CRL_HEX), &s,
	                         &err) &&
	           err.check == ASSAY_C_SIZE,
	   "no scratch memory: %s", err.note);
	ok(!assay_collateral_add(&c, ASSAY_PART_ROOT_CA_CRL,
	                         bytes("-----BEGIN X509 CRL-----\n"
	                               "-----END X509 CRL-----\n"),
	                         &s, &err) &&
	           err.check == ASSAY_R_SYNTAX,
	   "no scratch memory, and none is needed: %s", err.note);
}

/* ---- EII */

struct eii {
	uint32_t spki_len, ek_len, attestation_len; /* 0: the true one */
	uint8_t spki_xor, type;
	const char *version;
	uint32_t sig_len, last_len;          /* 0: the true one */
	const char *in_attestation, *behind; /* what follows */
	const char *crl;
};

static void make_eii(struct buf *b, const struct eii *x)
{
	static const uint8_t head[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
		                        0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
	static struct buf a;
	uint8_t key[64];

	make_quote(&quote, 432 + 4 + 200);
	memcpy(quote.p + 432, "\xc8\0\0\0", 4);
	if (x->sig_len)
		for (size_t i = 0; i < 4; i++)
			quote.p[432 + i] = (uint8_t)(x->sig_len >> 8 * i);
	a.len = 0;
	put(&a, quote.p, quote.len);
	put_blob(&a, bytes(x->version ? x->version : "3"));
	put_blob(&a, bytes("crl chain"));
	put_blob(&a, bytes(x->crl ? x->crl : CRL_PEM));
	put_blob(&a, (struct assay_bytes){ crl, sizeof(crl) });
	put_blob(&a, bytes("tcb chain"));
	put_blob(&a, bytes("{\"tcbInfo\":{}}"));
	put_blob(&a, bytes("qe chain"));
	put_be32(&a, x->last_len ? x->last_len : 11);
	put_text(&a, "qe identity");
	put_text(&a, x->in_attestation ? x->in_attestation : "");

	b->len = 0;
	put_text(b, "EII");
	memset(key, 0x5a, sizeof(key));
	memcpy(key, head, sizeof(head));
	key[11] ^= x->spki_xor;
	put_blob(b,
	         (struct assay_bytes){ key, x->spki_len ? x->spki_len : 44 });
	memset(key, 0xa5, sizeof(key));
	put_blob(b, (struct assay_bytes){ key, x->ek_len ? x->ek_len : 32 });
	put(b, &x->type, 1);
	put_be32(b, x->attestation_len ? x->attestation_len : (uint32_t)a.len);
	put(b, a.p, a.len);
	put_text(b, x->behind ? x->behind : "");
}

/* clang-format off */
static const struct {
	const char *name;
	struct eii eii;
	enum assay_check want;
} eiis[] = {
	{ "good",            { .type = 1 }, ASSAY_OK },
	{ "version 1",       { .type = 1, .version = "1" }, ASSAY_OK },
	{ "version 65539",   { .type = 1, .version = "65539" }, ASSAY_OK },
	{ "version 4",       { .type = 1, .version = "4" }, ASSAY_OK },
	{ "version 2",       { .type = 1, .version = "2" }, ASSAY_C_EII },
	{ "version 3.1",     { .type = 1, .version = "3.1" }, ASSAY_C_EII },
	{ "version 03",      { .type = 1, .version = "03" }, ASSAY_C_EII },
	{ "no version",      { .type = 1, .version = "" }, ASSAY_C_EII },
	{ "SPKI of 43",      { .type = 1, .spki_len = 43 }, ASSAY_C_EII },
	{ "SPKI of 45",      { .type = 1, .spki_len = 45 }, ASSAY_C_EII },
	{ "SPKI of another", { .type = 1, .spki_xor = 1 }, ASSAY_C_EII },
	{ "X25519 of 31",    { .type = 1, .ek_len = 31 }, ASSAY_C_EII },
	{ "X25519 of 33",    { .type = 1, .ek_len = 33 }, ASSAY_C_EII },
	{ "EPID",            { .type = 0 }, ASSAY_C_EII_TYPE },
	{ "simulation",      { .type = 2 }, ASSAY_C_EII_TYPE },
	{ "type 3",          { .type = 3 }, ASSAY_C_EII_TYPE },
	{ "attestation one short", { .type = 1, .behind = "x", .last_len = 12 }, ASSAY_C_EII },
	{ "attestation huge", { .type = 1, .attestation_len = 0x7fffffff }, ASSAY_C_EII },
	{ "attestation huger", { .type = 1, .attestation_len = 0xffffffff }, ASSAY_C_EII },
	{ "attestation of 4", { .type = 1, .attestation_len = 4 }, ASSAY_C_EII },
	{ "quote huge",      { .type = 1, .sig_len = 0xffffffff }, ASSAY_C_EII },
	{ "blob huge",       { .type = 1, .last_len = 0x7fffffff }, ASSAY_C_EII },
	{ "blob one short",  { .type = 1, .last_len = 10 }, ASSAY_C_EII },
	{ "byte inside",     { .type = 1, .in_attestation = "x" }, ASSAY_C_EII },
	{ "byte behind",     { .type = 1, .behind = "x" }, ASSAY_C_EII },
	{ "CRL damaged",     { .type = 1, .crl = "-----" }, ASSAY_R_SYNTAX },
	{ "CRL empty",       { .type = 1, .crl = "" }, ASSAY_OK },
};
/* clang-format on */

static void test_eiis(void)
{
	size_t n = 0, len;

	for (size_t i = 0; i < sizeof(eiis) / sizeof(eiis[0]); i++) {
		make_eii(&made, &eiis[i].eii);
		struct run r = read_as(view(&made), false);
		const struct assay_collateral *c = &r.e.collateral;

		if (!ok(r.err.check == eiis[i].want, "EII, %s: check %d, %s",
		        eiis[i].name, r.err.check, r.err.note) ||
		    eiis[i].want != ASSAY_OK) {
			end(&r);
			continue;
		}
		ok(r.e.kind == ASSAY_EVIDENCE_EII && r.e.has_collateral &&
		           assay_bytes_equal(r.e.quote, view(&quote)) &&
		           r.e.eii_spki.len == 44 && r.e.eii_ek.len == 32 &&
		           r.e.eii_spki.ptr == r.in.ptr + 7 &&
		           r.e.eii_ek.ptr == r.in.ptr + 55,
		   "EII, %s: quote and keys", eiis[i].name);
		ok(is_text(c->pck_crl_issuer_chain, "crl chain") &&
		           (eiis[i].eii.crl ? !c->root_ca_crl.len
		                            : is_crl(c->root_ca_crl)) &&
		           is_crl(c->pck_crl) &&
		           is_text(c->tcb_info_issuer_chain, "tcb chain") &&
		           is_text(c->tcb_info.doc, "{\"tcbInfo\":{}}") &&
		           is_text(c->qe_identity_issuer_chain, "qe chain") &&
		           is_text(c->qe_identity.doc, "qe identity"),
		   "EII, %s: collateral", eiis[i].name);
		end(&r);
		r = read_as(view(&made), true);
		ok(r.good && is_text(c->qe_identity.doc, "qe identity"),
		   "EII, %s, as collateral", eiis[i].name);
		end(&r);
	}
	make_eii(&made, &eiis[0].eii);
	test_forms("EII", view(&made), ASSAY_EVIDENCE_EII);
	make_eii(&made, &eiis[0].eii);
	len = made.len;
	for (made.len = 3; made.len < len; made.len++) {
		struct run r = read_as(view(&made), false);

		n += r.err.check == ASSAY_C_EII && r.err.at <= made.len;
		end(&r);
	}
	ok(n == len - 3, "EII: %zu of %zu prefixes are refused", n, len - 3);
}

/* ---- files made by others */

static const char *dir;

static struct assay_bytes load(const char *folder, const char *name)
{
	char path[4600];
	struct assay_bytes b = { 0 };

	snprintf(path, sizeof(path), "%s/%s/%s", dir, folder, name);
	b.ptr = slurp(path, &b.len);
	return b;
}

static void unload(struct assay_bytes b)
{
	free((void *)(uintptr_t)b.ptr);
}

static bool is_file(struct assay_bytes got, const char *folder,
                    const char *name)
{
	struct assay_bytes want = load(folder, name);
	bool good = want.ptr && assay_bytes_equal(got, want);

	unload(want);
	return good;
}

/* A list is the one that stands in a PEM file. */
static bool is_list(struct assay_bytes got, const char *folder,
                    const char *name)
{
	struct assay_bytes want = load(folder, name);
	struct assay_scratch s = { .ptr = room(want.len), .len = want.len };
	struct assay_collateral c = { 0 };
	bool good = want.ptr &&
	            assay_collateral_add(&c, ASSAY_PART_PCK_CRL, want, &s,
	                                 NULL) &&
	            assay_bytes_equal(got, c.pck_crl) && got.len > 100;

	free(s.ptr);
	unload(want);
	return good;
}

static bool is_extracted(const struct assay_evidence *e, const char *folder)
{
	const struct assay_collateral *c = &e->collateral;

	return is_file(e->quote, folder, "quote.bin") &&
	       is_list(c->root_ca_crl, folder, "root_ca_crl.pem") &&
	       is_list(c->pck_crl, folder, "pck_crl.pem") &&
	       is_file(c->pck_crl_issuer_chain, folder,
	               "pck_crl_issuer_chain.pem") &&
	       is_file(c->tcb_info.doc, folder, "tcb_info.json") &&
	       is_file(c->tcb_info_issuer_chain, folder,
	               "tcb_info_issuer_chain.pem") &&
	       is_file(c->qe_identity.doc, folder, "qe_identity.json") &&
	       is_file(c->qe_identity_issuer_chain, folder,
	               "qe_identity_issuer_chain.pem");
}

#define EXTRACTED "conclave/real/extracted/"
static const struct {
	const char *folder, *name, *pieces;
} reals[] = {
	{ "conclave/real", "EnclaveInstanceInfo-DCAP-IceLake.ser",
	  EXTRACTED "icelake-release-2021-05" },
	{ "conclave/real", "EnclaveInstanceInfo-DCAP.ser",
	  EXTRACTED "coffeelake-debug-2020-11" },
	{ "conclave/eii-variants",
	  "02-coffeelake-2020-10-repacked-from-old-layout.eii",
	  EXTRACTED "coffeelake-debug-2020-10-confneeded" },
};

static void put_file(struct assay_json_out *o, const char *member,
                     const char *folder, const char *name)
{
	struct assay_bytes b = load(folder, name);

	assay_json_put_bytes(o, member, b);
	unload(b);
}

/* The pieces as a bundle made by our writer: CRLs in PEM, documents whole. */
static void bundle_pieces(struct buf *out, const char *folder)
{
	static char text[BUF];
	struct assay_bytes q = load(folder, "quote.bin");
	struct assay_json_out o;

	assay_json_begin(&o, (char *)out->p, BUF);
	assay_json_put_object(&o, NULL);
	assay_json_put_uint(&o, "assay_bundle", 1);
	assay_json_put_object(&o, "evidence");
	assay_json_put_text(&o, "type", "quote");
	assay_base64_print(text, q.ptr, q.len);
	assay_json_put_text(&o, "data", text);
	assay_json_put_end(&o, '}');
	assay_json_put_object(&o, "collateral");
	put_file(&o, "root_ca_crl", folder, "root_ca_crl.pem");
	put_file(&o, "pck_crl", folder, "pck_crl.pem");
	put_file(&o, "pck_crl_issuer_chain", folder,
	         "pck_crl_issuer_chain.pem");
	put_file(&o, "tcb_info", folder, "tcb_info.json");
	put_file(&o, "tcb_info_issuer_chain", folder,
	         "tcb_info_issuer_chain.pem");
	put_file(&o, "qe_identity", folder, "qe_identity.json");
	put_file(&o, "qe_identity_issuer_chain", folder,
	         "qe_identity_issuer_chain.pem");
	assay_json_put_end(&o, '}');
	assay_json_put_null(&o, "nonce");
	assay_json_put_time(&o, "at", 1795435200);
	assay_json_put_end(&o, '}');
	out->len = o.ok ? o.len : 0;
	unload(q);
}

static void test_reals(void)
{
	for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
		struct assay_bytes in = load(reals[i].folder, reals[i].name);

		if (!in.ptr) {
			skip("no vectors", "%s", reals[i].name);
			continue;
		}
		for (unsigned form = 0; form < N_FORMS; form++) {
			encode(&file, in, (enum form)form);
			struct run r = read_as(view(&file), false);

			ok(r.good && r.e.kind == ASSAY_EVIDENCE_EII &&
			           is_extracted(&r.e, reals[i].pieces) &&
			           is_file(r.e.eii_spki, reals[i].pieces,
			                   "signing_key_spki.der") &&
			           is_file(r.e.eii_ek, reals[i].pieces,
			                   "encryption_key_raw.bin"),
			   "%s, %s: %s", reals[i].name, form_names[form],
			   r.err.note);
			end(&r);
		}
		unload(in);
		bundle_pieces(&made, reals[i].pieces);
		for (unsigned form = 0; form < N_FORMS; form++) {
			encode(&file, view(&made), (enum form)form);
			struct run r = read_as(view(&file), false);

			ok(r.good && is_extracted(&r.e, reals[i].pieces) &&
			           r.e.has_at && !r.e.has_nonce,
			   "bundle of %s, %s: %s", reals[i].name,
			   form_names[form], r.err.note);
			end(&r);
		}
	}
}

/* clang-format off */
static const struct {
	const char *begin;   /* of the file's name; the first that fits counts */
	enum assay_check want;
} variants[] = {
	{ "20-coll-version-3.eii",     ASSAY_OK },
	{ "20-coll-version-4.eii",     ASSAY_OK },
	{ "20-coll-version-65539.eii", ASSAY_OK },
	{ "20-",                       ASSAY_C_EII },
	{ "30-wrong-",                 ASSAY_OK }, /* told by the report data */
	{ "30-",                       ASSAY_C_EII },
	{ "31-empty",                  ASSAY_C_FORMAT },
	{ "31-magic",                  ASSAY_C_FORMAT },
	{ "31-only-magic",             ASSAY_C_EII },
	{ "31-type-",                  ASSAY_C_EII_TYPE },
	{ "32-",                       ASSAY_C_EII },
	{ "33-",                       ASSAY_C_EII },
	{ "34-",                       ASSAY_C_EII },
	{ "4",                         ASSAY_C_EII_TYPE },
	{ "",                          ASSAY_OK },
};
/* clang-format on */

static void test_variants(void)
{
	const char *folder = "conclave/eii-variants";
	char path[4600];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "%s/%s", dir, folder);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		size_t k = 0;

		if (e->d_name[0] == '.')
			continue;
		while (strncmp(e->d_name, variants[k].begin,
		               strlen(variants[k].begin)) != 0)
			k++;
		struct assay_bytes in = load(folder, e->d_name);
		struct run r = read_as(in, false);

		ok(r.err.check == variants[k].want, "%s: %s", e->d_name,
		   r.err.note);
		n++;
		end(&r);
		unload(in);
	}
	if (d)
		closedir(d);
	ok(n >= 90, "%zu variants", n);

	struct assay_bytes in = load("conclave/real/history",
	                             "EnclaveInstanceInfo.ser");
	struct run r = read_as(in, false);
	ok(!r.good, "the obsolete layout: %s", r.err.note);
	end(&r);
	unload(in);
}

int main(void)
{
	make_quote(&quote, 300);
	test_forms("quote", view(&quote), ASSAY_EVIDENCE_QUOTE);
	test_bundle();
	test_texts();
	test_unknown();
	test_sizes();
	test_crls();
	test_parts();
	test_eiis();
	dir = vectors();
	if (dir) {
		test_reals();
		test_variants();
	} else {
		skip("no vectors", "files made by others");
	}
	return done();
}
