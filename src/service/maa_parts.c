/* maa_parts.c - the dialect of Microsoft Azure Attestation: requests and claims. */
#include "service/maa_parts.h"

#include "base/base64url.h"
#include "base/rd.h"
#include "crypto/crypto.h"
#include "token/claims.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OE_VERSION = 1,
	OE_TYPE_REMOTE = 2,
	JTI_LEN = 16,
	CLAIMS_MAX = 8 * MAA_DATA_MAX,
};

static bool say(char why[MAA_WHY], const char *fmt, ...) ASSAY_PRINTF(2, 3);
static bool say(char why[MAA_WHY], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, MAA_WHY, fmt, ap);
	va_end(ap);
	return false;
}

/* ---- requests */

/* base64url; some clients pad it. */
static bool decode(struct assay_bytes *out, struct assay_bytes text,
                   struct assay_scratch *scratch)
{
	uint8_t *to = scratch->ptr + scratch->used;
	bool whole = text.len && text.len % 4 == 0;

	for (unsigned i = 0; whole && i < 2 && text.ptr[text.len - 1] == '=';
	     i++)
		text.len--;
	if (!assay_base64url_parse(to, scratch->len - scratch->used, &out->len,
	                           text))
		return false;
	out->ptr = to;
	scratch->used += out->len;
	return true;
}

/* A member that is null is not there. */
static bool is_null(struct assay_json *j)
{
	return assay_json_peek(j) == 'n' && assay_json_null(j);
}

static void take_base64(struct assay_bytes *out, struct assay_bytes *text,
                        struct assay_json *j, struct assay_scratch *scratch)
{
	size_t at = assay_json_at(j);
	struct assay_json_str s;

	if (!assay_json_string(j, &s))
		return;
	*text = s.raw;
	if (!decode(out, s.raw, scratch))
		assay_json_bad_type(j, at, "this is no base64url");
}

static void take_data_type(struct maa_data *d, struct assay_json *j)
{
	size_t at = assay_json_at(j);
	struct assay_json_str s;

	if (!assay_json_string(j, &s))
		return;
	d->json = assay_json_is(s, "JSON");
	if (!d->json && !assay_json_is(s, "Binary"))
		assay_json_bad_type(j, at, "dataType is Binary or JSON");
}

static void take_data(struct maa_data *d, struct assay_json *j,
                      struct assay_scratch *scratch)
{
	size_t at = assay_json_at(j);
	struct assay_json_str name;
	bool typed = false;

	if (is_null(j) || !assay_json_object(j))
		return;
	while (assay_json_member(j, &name)) {
		if (assay_json_is(name, "data")) {
			d->there = true;
			take_base64(&d->bytes, &d->text, j, scratch);
		} else if (assay_json_is(name, "dataType")) {
			typed = true;
			take_data_type(d, j);
		}
	}
	if (assay_json_ok(j) && !(d->there && typed))
		assay_json_bad_type(j, at, "want data and dataType");
	if (assay_json_ok(j) && d->bytes.len > MAA_DATA_MAX)
		assay_json_too_much(j, at, "data has at most %d bytes",
		                    MAA_DATA_MAX);
}

static void take_nonce(struct maa_request *r, struct assay_json *j,
                       struct assay_scratch *scratch)
{
	uint8_t *to = scratch->ptr + scratch->used;
	size_t at = assay_json_at(j);
	struct assay_json_str s;

	if (is_null(j) || !assay_json_string(j, &s))
		return;
	if (s.raw.len > MAA_NONCE_MAX ||
	    s.raw.len > scratch->len - scratch->used) {
		assay_json_too_much(j, at, "a nonce has at most %d bytes",
		                    MAA_NONCE_MAX);
		return;
	}
	r->has_nonce = true;
	r->nonce = (struct assay_bytes){ to, assay_json_unescape(to, s) };
	scratch->used += r->nonce.len;
}

static void take_member(struct maa_request *r, enum maa_kind kind,
                        struct assay_json *j, struct assay_json_str name,
                        struct assay_scratch *scratch)
{
	size_t at = assay_json_at(j);
	struct assay_bytes text;

	if (assay_json_is(name, kind == MAA_OE ? "report" : "quote"))
		take_base64(&r->quote, &text, j, scratch);
	else if (assay_json_is(name, "runtimeData"))
		take_data(&r->runtime, j, scratch);
	else if (assay_json_is(name, "initTimeData"))
		take_data(&r->init, j, scratch);
	else if (assay_json_is(name, "nonce"))
		take_nonce(r, j, scratch);
	else if (assay_json_is(name, "draftPolicyForAttestation") &&
	         !is_null(j))
		assay_json_bad_type(
			j, at,
			"policies come from the service's operator, "
			"and not with a request");
}

/* What stands before a report of Open Enclave: version, type, size. */
static bool take_oe_header(struct assay_bytes *quote, char why[MAA_WHY])
{
	struct assay_rd r = assay_rd(*quote);
	uint32_t version = assay_rd_u32le(&r, "version");
	uint32_t type = assay_rd_u32le(&r, "type");
	uint64_t size = assay_rd_u64le(&r, "size");

	if (!assay_rd_ok(&r) || version != OE_VERSION ||
	    type != OE_TYPE_REMOTE || size != assay_rd_left(&r))
		return say(why, "report: want 16 bytes (version 1, type 2, the "
		                "size of what follows), and a quote");
	*quote = assay_rd_rest(&r);
	return true;
}

/* Data of dataType JSON is one object and nothing else: it is told as it stands,
 * among the claims. */
static bool is_object(const struct maa_data *d, char why[MAA_WHY])
{
	struct assay_json j;
	struct assay_err err;

	if (!d->there || !d->json)
		return true;
	assay_json_open(&j, d->bytes, ASSAY_DOC_NONE);
	if (assay_json_peek(&j) != '{')
		return say(why, "data of dataType JSON is no object");
	assay_json_skip(&j, NULL);
	return assay_json_close(&j, &err) ||
	       say(why, "data of dataType JSON, at byte %zu: %s", err.at,
	           err.note);
}

static bool read_body(struct maa_request *r, enum maa_kind kind,
                      struct assay_bytes body, struct assay_scratch *scratch,
                      char why[MAA_WHY])
{
	struct assay_json j;
	struct assay_json_str name;
	struct assay_err err;

	assay_json_open(&j, body, ASSAY_DOC_NONE);
	assay_json_object(&j);
	while (assay_json_member(&j, &name))
		take_member(r, kind, &j, name, scratch);
	if (!assay_json_close(&j, &err))
		return say(why, "at byte %zu: %s", err.at, err.note);
	if (!r->quote.len)
		return say(why, "there is no %s",
		           kind == MAA_OE ? "report" : "quote");
	return is_object(&r->runtime, why) && is_object(&r->init, why) &&
	       (kind != MAA_OE || take_oe_header(&r->quote, why));
}

bool maa_read(struct maa_request *request, enum maa_kind kind,
              struct assay_bytes body, struct assay_scratch *scratch,
              char why[MAA_WHY])
{
	size_t used = scratch->used;

	*request = (struct maa_request){ 0 };
	if (read_body(request, kind, body, scratch, why))
		return true;
	*request = (struct maa_request){ 0 };
	scratch->used = used;
	return false;
}

/* ---- what the report speaks for */

static bool is_hash_of(const uint8_t hash[ASSAY_SHA256_LEN],
                       const struct maa_data *d)
{
	uint8_t want[ASSAY_SHA256_LEN];

	assay_sha256(want, d->bytes);
	return !d->there || memcmp(hash, want, sizeof(want)) == 0;
}

bool maa_bound(const struct maa_request *request,
               const struct assay_sgx_report *report, char why[MAA_WHY])
{
	if (!is_hash_of(report->report_data, &request->runtime))
		return say(why, "the first 32 bytes of the report data are not "
		                "the SHA-256 of runtimeData");
	if (!is_hash_of(report->config_id, &request->init))
		return say(why, "the first 32 bytes of the CONFIGID are not "
		                "the SHA-256 of initTimeData");
	return true;
}

/* ---- claims */

static void put_seconds(struct assay_json_out *o, const char *name, int64_t t)
{
	assay_json_put_uint(o, name, t > 0 ? (uint64_t)t : 0);
}

static void put_jti(struct assay_json_out *o)
{
	uint8_t number[JTI_LEN];

	if (assay_random(number, sizeof(number)))
		assay_json_put_hex(o, "jti", number, sizeof(number));
	else
		o->ok = false;
}

static void put_hash(struct assay_json_out *o, const char *name,
                     struct assay_bytes of)
{
	uint8_t hash[ASSAY_SHA256_LEN];

	assay_sha256(hash, of);
	assay_json_put_hex(o, name, hash, sizeof(hash));
}

static void put_collateral(struct assay_json_out *o, const char *name,
                           const struct maa_result *r)
{
	const struct assay_collateral *c = r->collateral;

	if (!c)
		return;
	assay_json_put_object(o, name);
	put_hash(o, "qeidcertshash", c->qe_identity_issuer_chain);
	put_hash(o, "qeidcrlhash", c->root_ca_crl);
	put_hash(o, "qeidhash", c->qe_identity.doc);
	put_hash(o, "quotehash", r->request->quote);
	put_hash(o, "tcbinfocertshash", c->tcb_info_issuer_chain);
	put_hash(o, "tcbinfocrlhash", c->root_ca_crl);
	put_hash(o, "tcbinfohash", c->tcb_info.doc);
	assay_json_put_end(o, '}');
}

/* BASE64URL(SHA256(UTF8(BASE64URL(UTF8(policy))))) */
static void put_policy_hash(struct assay_json_out *o, const char *name,
                            const char *encoded)
{
	uint8_t hash[ASSAY_SHA256_LEN];
	char text[ASSAY_BASE64URL_LEN(ASSAY_SHA256_LEN) + 1];

	assay_sha256(hash, (struct assay_bytes){ (const uint8_t *)encoded,
	                                         strlen(encoded) });
	assay_base64url_print(text, hash, sizeof(hash));
	assay_json_put_text(o, name, text);
}

static void put_policy_hashes(struct assay_json_out *o,
                              struct assay_bytes policy)
{
	char *encoded = malloc(ASSAY_BASE64URL_LEN(policy.len) + 1);

	if (!encoded) {
		o->ok = false;
		return;
	}
	assay_base64url_print(encoded, policy.ptr, policy.len);
	put_policy_hash(o, "x-ms-policy-hash", encoded);
	put_policy_hash(o, "policy_hash", encoded);
	free(encoded);
}

/* The enclave, by today's names, and by the older ones that are still read. */
static void put_enclave(struct assay_json_out *o, const struct assay_verdict *v)
{
	const struct assay_sgx_report *r = &v->sgx;

	assay_json_put_bool(o, "x-ms-sgx-is-debuggable", v->debug);
	assay_json_put_bool(o, "is-debuggable", v->debug);
	assay_json_put_hex(o, "x-ms-sgx-mrenclave", r->mrenclave, 32);
	assay_json_put_hex(o, "sgx-mrenclave", r->mrenclave, 32);
	assay_json_put_hex(o, "x-ms-sgx-mrsigner", r->mrsigner, 32);
	assay_json_put_hex(o, "sgx-mrsigner", r->mrsigner, 32);
	assay_json_put_uint(o, "x-ms-sgx-product-id", r->isv_prod_id);
	assay_json_put_uint(o, "product-id", r->isv_prod_id);
	assay_json_put_uint(o, "x-ms-sgx-svn", r->isv_svn);
	assay_json_put_uint(o, "svn", r->isv_svn);
	assay_json_put_hex(o, "x-ms-sgx-report-data", r->report_data, 64);
	assay_json_put_hex(o, "x-ms-sgx-config-id", r->config_id, 64);
	assay_json_put_uint(o, "x-ms-sgx-config-svn", r->config_svn);
	assay_json_put_hex(o, "x-ms-sgx-isv-extended-product-id",
	                   r->isv_ext_prod_id, sizeof(r->isv_ext_prod_id));
	assay_json_put_hex(o, "x-ms-sgx-isv-family-id", r->isv_family_id,
	                   sizeof(r->isv_family_id));
}

/* Data that is no JSON is told as it came: without padding. */
static void put_held_data(struct assay_json_out *o, const struct maa_data *d)
{
	static const char *const names[] = { "x-ms-sgx-ehd", "maa-ehd",
		                             "aas-ehd" };
	char *text;

	if (!d->there || d->json)
		return;
	text = malloc(ASSAY_BASE64URL_LEN(d->bytes.len) + 1);
	if (text)
		assay_base64url_print(text, d->bytes.ptr, d->bytes.len);
	else
		o->ok = false;
	for (size_t i = 0; text && i < sizeof(names) / sizeof(names[0]); i++)
		assay_json_put_text(o, names[i], text);
	free(text);
}

static void put_who(struct assay_json_out *o, const struct maa_result *r)
{
	assay_json_put_text(o, "iss", r->issuer);
	put_seconds(o, "iat", r->now);
	put_seconds(o, "nbf", r->verdict->at);
	put_seconds(o, "exp", token_expires(r->verdict));
	put_jti(o);
	assay_json_put_text(o, "x-ms-ver", "1.0");
	assay_json_put_text(o, "ver", "1.0");
	assay_json_put_text(o, "x-ms-attestation-type", "sgx");
	assay_json_put_text(o, "tee", "sgx");
}

static void put_nonce(struct assay_json_out *o, const struct maa_request *r)
{
	if (!r->has_nonce)
		return;
	assay_json_put_bytes(o, "nonce", r->nonce);
	assay_json_put_bytes(o, "rp_data", r->nonce);
}

static void put_all(struct assay_json_out *o, const struct maa_result *r)
{
	assay_json_put_object(o, NULL);
	put_who(o, r);
	put_nonce(o, r->request);
	put_policy_hashes(o, r->policy);
	put_enclave(o, r->verdict);
	put_held_data(o, &r->request->runtime);
	put_collateral(o, "x-ms-sgx-collateral", r);
	put_collateral(o, "maa-attestationcollateral", r);
	/* ours: nobody else has such evidence */
	assay_json_put_bool(o, "simulation", r->verdict->simulation);
	assay_json_put_end(o, '}');
}

/* One more member, as it stands, of an object that is closed. */
static void put_raw(struct buf *out, const char *name, const struct maa_data *d)
{
	if (!d->there || !d->json || !out->len)
		return;
	out->len--;
	buf_printf(out, ",\"%s\":", name);
	buf_put_bytes(out, d->bytes);
	buf_put(out, "}", 1);
}

/* What data brings along may be nested too deeply for readers. */
static bool is_readable(const struct buf *claims, char why[MAA_WHY])
{
	struct assay_json j;
	struct assay_err err;

	assay_json_open(&j, buf_bytes(claims), ASSAY_DOC_NONE);
	assay_json_skip(&j, NULL);
	return assay_json_close(&j, &err) ||
	       say(why, "data of dataType JSON: %s", err.note);
}

bool maa_claims(struct buf *out, const struct maa_result *result,
                char why[MAA_WHY])
{
	struct assay_json_out o;
	char *text = malloc(CLAIMS_MAX);

	if (!text)
		return say(why, "memory is short");
	assay_json_begin(&o, text, CLAIMS_MAX);
	put_all(&o, result);
	if (o.ok)
		buf_put(out, o.ptr, o.len);
	free(text);
	put_raw(out, "x-ms-runtime", &result->request->runtime);
	put_raw(out, "x-ms-inittime", &result->request->init);
	if (!o.ok || out->bad)
		return say(why, "memory is short");
	return is_readable(out, why);
}

void maa_error(struct buf *out, const char *code, const char *message)
{
	char text[2048];
	struct assay_json_out o;

	assay_json_begin(&o, text, sizeof(text));
	assay_json_put_object(&o, NULL);
	assay_json_put_object(&o, "error");
	assay_json_put_text(&o, "code", code);
	assay_json_put_text(&o, "message", message);
	assay_json_put_end(&o, '}');
	assay_json_put_end(&o, '}');
	buf_put(out, o.ptr, o.len);
}
