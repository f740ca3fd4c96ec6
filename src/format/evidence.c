/* evidence.c - evidence and collateral out of whatever file they come in.  The
 * bundle: docs/bundle.md. */
#include "base/text.h"
#include "format/collateral.h"
#include "format/eii.h"
#include "format/ratls.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	HEAD_LEN = 48, /* the least that is taken for evidence: a
	                         * quote's header */
	HEX_MIN = 2 * HEAD_LEN,
	BASE64_MIN = HEAD_LEN / 3 * 4,
	BUNDLE_VERSION = 1,
	SIGN_LEN = 32,
	NONCE_MAX = 255,
};

/* What was asked for says what a failure is about. */
static bool wants_collateral(enum assay_doc doc)
{
	return doc == ASSAY_DOC_COLLATERAL;
}

static bool unknown_form(enum assay_doc doc, const char *got,
                         struct assay_err *err)
{
	return assay_fail(err, ASSAY_C_FORMAT, doc, 0, "got %s, want %s", got,
	                  wants_collateral(doc)
	                          ? "collateral as JSON, a bundle or an EII"
	                          : "a quote, a bundle, a Conclave "
	                            "attestation or a certificate");
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

/* A file by its first bytes. */
enum form { FORM_BINARY, FORM_EII, FORM_CERT, FORM_JSON, FORM_PEM, FORM_TEXT };

static enum form form_of(struct assay_bytes in)
{
	size_t i = 0;

	if (in.len >= ASSAY_EII_MAGIC_LEN &&
	    memcmp(in.ptr, ASSAY_EII_MAGIC, ASSAY_EII_MAGIC_LEN) == 0)
		return FORM_EII;
	if (assay_is_certificate(in))
		return FORM_CERT;
	while (i < in.len && is_space(in.ptr[i]))
		i++;
	if (i == in.len)
		return FORM_TEXT;
	if (in.ptr[i] == '{')
		return FORM_JSON;
	if (in.ptr[i] == '-')
		return FORM_PEM;
	return in.ptr[i] > 0x20 && in.ptr[i] < 0x7f ? FORM_TEXT : FORM_BINARY;
}

/* The text's characters but white space, in `to`. */
static struct assay_bytes squeeze(uint8_t *to, struct assay_bytes text,
                                  bool *all_hex)
{
	size_t n = 0, n_hex = 0;

	for (size_t i = 0; i < text.len; i++) {
		to[n] = text.ptr[i];
		n += !is_space(text.ptr[i]); /* what is one is overwritten */
	}
	while (n_hex < n && is_hex(to[n_hex]))
		n_hex++;
	*all_hex = n_hex == n;
	return (struct assay_bytes){ to, n };
}

/* Hex (with or without 0x) or base64, white space anywhere. */
static bool decode(struct assay_bytes *out, const char **encoding,
                   struct assay_bytes in, struct assay_scratch *scratch,
                   enum assay_doc doc, struct assay_err *err)
{
	struct assay_bytes text;
	bool good, prefix, all_hex;
	uint8_t *room;
	size_t n;

	while (in.len && is_space(in.ptr[0])) {
		in.ptr++;
		in.len--;
	}
	if (in.len == 0)
		return unknown_form(doc, "nothing", err);
	prefix = in.len > HEX_MIN && in.ptr[0] == '0' &&
	         (in.ptr[1] | 0x20) == 'x';
	if (prefix) {
		in.ptr += 2;
		in.len -= 2;
	}
	room = assay_scratch_room(scratch, in, doc, err);
	if (!room)
		return false;
	text = squeeze(room, in, &all_hex);
	if (text.len < (all_hex ? HEX_MIN : BASE64_MIN))
		return unknown_form(doc, "too little text", err);
	if (all_hex) {
		*encoding = "hex";
		n = text.len / 2;
		good = assay_hex_parse(room, n, text);
	} else {
		*encoding = "base64";
		good = !prefix && assay_base64_parse(room, &n, text, false);
	}
	if (!good)
		return unknown_form(doc, "text that is not hex, base64 or JSON",
		                    err);
	*out = assay_scratch_keep(scratch, room, n);
	return true;
}

/* The one certificate of PEM text. */
static bool decode_pem(struct assay_bytes *der, struct assay_bytes in,
                       struct assay_scratch *scratch, enum assay_doc doc,
                       struct assay_err *err)
{
	struct assay_bytes text, second;
	size_t pos = 0, n = 0;
	uint8_t *room;

	if (!assay_pem_next(&text, in, &pos, "CERTIFICATE") || !text.len)
		return unknown_form(doc, "PEM text of another kind, or damaged",
		                    err);
	if (assay_pem_next(&second, in, &pos, "CERTIFICATE") || pos != in.len)
		return unknown_form(doc, "more than one certificate", err);
	room = assay_scratch_room(scratch, text, doc, err);
	if (!room)
		return false;
	if (!assay_base64_parse(room, &n, text, true))
		return unknown_form(doc, "PEM text that is not base64", err);
	*der = assay_scratch_keep(scratch, room, n);
	return true;
}

/* A JSON file's members, as they stand in it. */
struct file {
	const uint8_t *base;
	/* the first member of each kind */
	struct assay_stray of_bundle, of_flat, of_neither;
	bool has_version, has_evidence, has_collateral, has_keys, has_nonce;
	bool has_at;
	uint64_t version;
	struct assay_json_str type, data, hpke, sign, nonce;
	int64_t at;
	struct assay_flat inner; /* a bundle's collateral */
	struct assay_flat outer; /* members of the flat form at the top */
};

/* An object of two strings. */
static void read_pair(struct file *f, struct assay_json *j, const char *a,
                      struct assay_json_str *a_out, const char *b,
                      struct assay_json_str *b_out)
{
	struct assay_json_str name;

	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		if (assay_json_is(name, a))
			assay_json_string(j, a_out);
		else if (assay_json_is(name, b))
			assay_json_string(j, b_out);
		else
			assay_stray_note(&f->of_neither, j, name);
	}
}

/* A member of the bundle; false if it has none of this name. */
static bool read_bundle_member(struct file *f, struct assay_json *j,
                               struct assay_json_str name)
{
	if (assay_json_is(name, "assay_bundle")) {
		f->has_version = true;
		assay_json_uint(j, UINT64_MAX, &f->version);
	} else if (assay_json_is(name, "evidence")) {
		f->has_evidence = true;
		read_pair(f, j, "type", &f->type, "data", &f->data);
	} else if (assay_json_is(name, "collateral")) {
		f->has_collateral = true;
		assay_flat_read(&f->inner, j);
	} else if (assay_json_is(name, "keys")) {
		f->has_keys = true;
		read_pair(f, j, "hpke", &f->hpke, "sign", &f->sign);
	} else if (assay_json_is(name, "nonce")) {
		f->has_nonce = assay_json_peek(j) != 'n';
		if (f->has_nonce)
			assay_json_string(j, &f->nonce);
	} else if (assay_json_is(name, "at")) {
		f->has_at = assay_json_peek(j) != 'n';
		if (f->has_at)
			assay_json_time(j, &f->at);
	} else {
		return false;
	}
	return true;
}

static void read_members(struct file *f, struct assay_json *j)
{
	struct assay_json_str name;

	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		if (read_bundle_member(f, j, name))
			assay_stray_note(&f->of_bundle, j, name);
		else if (assay_flat_member(&f->outer, j, name))
			assay_stray_note(&f->of_flat, j, name);
		else
			assay_stray_note(&f->of_neither, j, name);
	}
}

static bool wrong_bundle(enum assay_doc doc, size_t at, const char *got,
                         const char *want, struct assay_err *err)
{
	return assay_fail(err, ASSAY_C_BUNDLE, doc, at, "got %s, want %s", got,
	                  want);
}

/* A string of the bundle, in base64, of min to max bytes. */
static bool decode_member(struct assay_bytes *out, const struct file *f,
                          struct assay_json_str s, size_t min, size_t max,
                          const char *want, struct assay_scratch *scratch,
                          enum assay_doc doc, struct assay_err *err)
{
	size_t at = s.raw.ptr ? (size_t)(s.raw.ptr - f->base) - 1 : 0, n = 0;
	struct assay_bytes text;
	uint8_t *room = NULL;
	char got[40];

	if (!s.raw.ptr)
		return wrong_bundle(doc, 0, "none", want, err);
	if (!assay_text_of(&text, s, scratch, doc, err))
		return false;
	if (text.len > 0) {
		room = assay_scratch_room(scratch, text, doc, err);
		if (!room)
			return false;
		if (!assay_base64_parse(room, &n, text, false))
			return wrong_bundle(doc, at, "another string", want,
			                    err);
	}
	snprintf(got, sizeof(got), "%zu bytes", n);
	if (n < min || n > max)
		return wrong_bundle(doc, at, got, want, err);
	if (n > 0)
		*out = assay_scratch_keep(scratch, room, n);
	return true;
}

static bool check_members(const struct file *f, enum assay_doc doc,
                          struct assay_err *err)
{
	const struct assay_stray *stray = f->of_flat.met ? &f->of_flat
	                                                 : &f->of_neither;
	char got[ASSAY_STRAY_NAME];

	snprintf(got, sizeof(got), "version %" PRIu64, f->version);
	if (f->version != BUNDLE_VERSION)
		return wrong_bundle(doc, f->of_bundle.at, got, "version 1",
		                    err);
	if (stray->met)
		return wrong_bundle(doc, stray->at,
		                    assay_stray_name(got, stray),
		                    "a bundle's members and no others", err);
	if (!assay_json_is(f->type, "quote"))
		return wrong_bundle(doc, 0,
		                    f->has_evidence ? "another type" : "none",
		                    "evidence of type \"quote\"", err);
	return true;
}

static bool open_bundle(struct assay_evidence *e, const struct file *f,
                        struct assay_scratch *scratch, enum assay_doc doc,
                        struct assay_err *err)
{
	if (!check_members(f, doc, err) ||
	    !decode_member(&e->quote, f, f->data, 1, ASSAY_EVIDENCE_MAX,
	                   "evidence's data in base64", scratch, doc, err))
		return false;
	if (f->has_keys &&
	    (!decode_member(&e->hpke, f, f->hpke, 1, UINT16_MAX,
	                    "keys' hpke in base64", scratch, doc, err) ||
	     !decode_member(&e->sign, f, f->sign, SIGN_LEN, SIGN_LEN,
	                    "keys' sign, 32 bytes in base64", scratch, doc,
	                    err)))
		return false;
	if (f->has_nonce && !f->has_keys)
		return wrong_bundle(doc, 0, "a nonce alone",
		                    "a nonce beside keys, which bind it", err);
	if (f->has_nonce &&
	    !decode_member(&e->nonce, f, f->nonce, 0, NONCE_MAX,
	                   "a nonce of at most 255 bytes in base64", scratch,
	                   doc, err))
		return false;
	if (wants_collateral(doc) && !f->has_collateral)
		return wrong_bundle(doc, 0, "none", "a bundle with collateral",
		                    err);
	if (f->has_collateral &&
	    !assay_flat_open(&e->collateral, &f->inner, scratch, doc, err))
		return false;
	e->kind = ASSAY_EVIDENCE_BUNDLE;
	e->has_collateral = f->has_collateral;
	e->has_nonce = f->has_nonce;
	e->has_at = f->has_at;
	e->at = f->at;
	return true;
}

/* First all of the text is read, then what it holds is decoded: decoding may
 * overwrite text that was itself decoded. */
static bool read_json(struct assay_evidence *e, struct assay_bytes in,
                      struct assay_scratch *scratch, enum assay_doc doc,
                      struct assay_err *err)
{
	struct assay_json j;
	struct file f = { .base = in.ptr };

	assay_json_open_max(&j, in, doc, ASSAY_EVIDENCE_MAX);
	read_members(&f, &j);
	if (!assay_json_close(&j, err))
		return false;
	if (f.has_version)
		return open_bundle(e, &f, scratch, doc, err);
	if (!wants_collateral(doc))
		return unknown_form(doc,
		                    f.of_flat.met ? "collateral: give it with "
		                                    "--collateral"
		                                  : "JSON without \"assay_"
		                                    "bundle\"",
		                    err);
	f.outer.stray = f.of_bundle.met ? f.of_bundle : f.of_neither;
	e->has_collateral = true;
	return assay_flat_open(&e->collateral, &f.outer, scratch, doc, err);
}

static bool read_cert(struct assay_evidence *e, struct assay_bytes der,
                      enum assay_doc doc, struct assay_err *err)
{
	if (wants_collateral(doc))
		return unknown_form(doc, "a certificate", err);
	return assay_ratls_read(e, der, doc, err);
}

static bool read_file(struct assay_evidence *e, struct assay_bytes in,
                      struct assay_scratch *scratch, enum assay_doc doc,
                      struct assay_err *err)
{
	enum form form = form_of(in);

	if (!assay_fits(in.len, ASSAY_EVIDENCE_MAX, doc, "file", err))
		return false;
	if (form == FORM_PEM) {
		e->encoding = "pem";
		return decode_pem(&in, in, scratch, doc, err) &&
		       read_cert(e, in, doc, err);
	}
	e->encoding = form == FORM_JSON ? "json" : "raw";
	if (form == FORM_TEXT) {
		if (!decode(&in, &e->encoding, in, scratch, doc, err))
			return false;
		form = form_of(in);
	}
	switch (form) {
	case FORM_CERT:
		return read_cert(e, in, doc, err);
	case FORM_EII:
		return assay_eii_read(e, in, scratch, doc, err);
	case FORM_JSON:
		return read_json(e, in, scratch, doc, err);
	case FORM_PEM:
	case FORM_TEXT:
		return unknown_form(doc, "text that was encoded twice", err);
	case FORM_BINARY:
		break;
	}
	if (wants_collateral(doc))
		return unknown_form(doc, "binary data", err);
	e->kind = ASSAY_EVIDENCE_QUOTE;
	e->quote = in;
	return true;
}

static bool read_whole(struct assay_evidence *e, struct assay_bytes in,
                       struct assay_scratch *scratch, enum assay_doc doc,
                       struct assay_err *err)
{
	size_t used = scratch->used;

	memset(e, 0, sizeof(*e));
	if (read_file(e, in, scratch, doc, err))
		return true;
	memset(e, 0, sizeof(*e));
	scratch->used = used;
	return false;
}

bool assay_evidence_read(struct assay_evidence *evidence, struct assay_bytes in,
                         struct assay_scratch *scratch, struct assay_err *err)
{
	return read_whole(evidence, in, scratch, ASSAY_DOC_EVIDENCE, err);
}

bool assay_collateral_read(struct assay_collateral *collateral,
                           struct assay_bytes in, struct assay_scratch *scratch,
                           struct assay_err *err)
{
	struct assay_evidence e;
	bool good = read_whole(&e, in, scratch, ASSAY_DOC_COLLATERAL, err);

	*collateral = e.collateral;
	return good;
}
