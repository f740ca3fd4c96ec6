/* collateral.c - the manufacturer's documents out of JSON, PEM, hex and DER.
 * The forms: docs/bundle.md. */
#include "format/collateral.h"

#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

bool assay_fits(size_t got, size_t most, enum assay_doc doc, const char *what,
                struct assay_err *err)
{
	return got <= most || assay_fail(err, ASSAY_C_SIZE, doc, 0,
	                                 "%s: got %zu bytes, want at most %zu",
	                                 what, got, most);
}

static bool is_in_scratch(const struct assay_scratch *s, struct assay_bytes b)
{
	uintptr_t at = (uintptr_t)b.ptr, begin = (uintptr_t)s->ptr;

	return s->used > 0 && at >= begin && at - begin < s->used;
}

uint8_t *assay_scratch_room(struct assay_scratch *scratch,
                            struct assay_bytes from, enum assay_doc doc,
                            struct assay_err *err)
{
	if (is_in_scratch(scratch, from))
		return scratch->ptr + (from.ptr - scratch->ptr);
	if (!assay_fits(from.len, scratch->len - scratch->used, doc,
	                "memory for decoding", err))
		return NULL;
	return scratch->ptr + scratch->used;
}

struct assay_bytes assay_scratch_keep(struct assay_scratch *scratch,
                                      const uint8_t *room, size_t n)
{
	if (room == scratch->ptr + scratch->used)
		scratch->used += n;
	return (struct assay_bytes){ room, n };
}

bool assay_text_of(struct assay_bytes *out, struct assay_json_str s,
                   struct assay_scratch *scratch, enum assay_doc doc,
                   struct assay_err *err)
{
	uint8_t *room;

	*out = s.raw;
	if (!s.escaped)
		return true;
	room = assay_scratch_room(scratch, s.raw, doc, err);
	if (!room)
		return false;
	*out = assay_scratch_keep(scratch, room, assay_json_unescape(room, s));
	return true;
}

static bool is_padding(uint8_t c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0;
}

static struct assay_bytes trim(struct assay_bytes b)
{
	while (b.len && is_padding(b.ptr[b.len - 1]))
		b.len--;
	while (b.len && is_padding(b.ptr[0])) {
		b.ptr++;
		b.len--;
	}
	return b;
}

/* The base64 of the one block that `in` is. */
static bool find_pem(struct assay_bytes *body, struct assay_bytes in)
{
	struct assay_bytes second;
	size_t pos = 0;

	return assay_pem_next(body, in, &pos, "X509 CRL") && body->len > 0 &&
	       !assay_pem_next(&second, in, &pos, "X509 CRL") && pos == in.len;
}

bool assay_crl_bytes(struct assay_bytes *der, struct assay_bytes in,
                     struct assay_scratch *scratch, enum assay_doc doc,
                     struct assay_err *err)
{
	struct assay_bytes text = trim(in);
	const char *got = "nothing";
	uint8_t *room = NULL;
	size_t n = 0;
	bool good = false;

	*der = (struct assay_bytes){ 0 };
	/* a SEQUENCE of more than 127 bytes; text has no such second byte */
	if (in.len > 1 && in.ptr[0] == 0x30 && in.ptr[1] >= 0x80) {
		*der = in;
		return true;
	}
	if (text.len && text.ptr[0] == '-') {
		got = "damaged or other PEM";
		good = find_pem(&text, text);
		if (good) {
			room = assay_scratch_room(scratch, text, doc, err);
			if (!room)
				return false;
			good = assay_base64_parse(room, &n, text, true);
		}
	} else if (text.len) {
		got = "other bytes";
		room = assay_scratch_room(scratch, text, doc, err);
		if (!room)
			return false;
		n = text.len / 2;
		good = assay_hex_parse(room, n, text);
	}
	if (!good || n == 0)
		return assay_fail(err, ASSAY_R_SYNTAX, doc, 0,
		                  "got %s, want DER, PEM (X509 CRL) or hex",
		                  got);
	*der = assay_scratch_keep(scratch, room, n);
	return true;
}

/* clang-format off */
static const char *const flat_names[ASSAY_N_FLAT] = {
	[ASSAY_FLAT_PCK_CRL_ISSUER_CHAIN] = "pck_crl_issuer_chain",
	[ASSAY_FLAT_ROOT_CA_CRL] = "root_ca_crl",
	[ASSAY_FLAT_PCK_CRL] = "pck_crl",
	[ASSAY_FLAT_TCB_INFO_ISSUER_CHAIN] = "tcb_info_issuer_chain",
	[ASSAY_FLAT_TCB_INFO] = "tcb_info",
	[ASSAY_FLAT_TCB_INFO_SIGNATURE] = "tcb_info_signature",
	[ASSAY_FLAT_QE_IDENTITY_ISSUER_CHAIN] = "qe_identity_issuer_chain",
	[ASSAY_FLAT_QE_IDENTITY] = "qe_identity",
	[ASSAY_FLAT_QE_IDENTITY_SIGNATURE] = "qe_identity_signature",
	[ASSAY_FLAT_PCK_CERTIFICATE_CHAIN] = "pck_certificate_chain",
};
/* clang-format on */

void assay_stray_note(struct assay_stray *stray, const struct assay_json *j,
                      struct assay_json_str name)
{
	if (stray->met)
		return;
	stray->met = true;
	stray->at = (size_t)(name.raw.ptr - j->base) - 1; /* its " */
	stray->name = name.raw;
}

const char *assay_stray_name(char out[ASSAY_STRAY_NAME],
                             const struct assay_stray *stray)
{
	struct assay_bytes name = stray->name;

	if (!stray->met)
		return "none";
	snprintf(out, ASSAY_STRAY_NAME, "the member \"%.*s\"",
	         name.len < 40 ? (int)name.len : 40, (const char *)name.ptr);
	return out;
}

/* A string; the two signed documents may be objects instead; null is as good
 * as not there. */
static void read_value(struct assay_json_str *out, struct assay_json *j,
                       enum assay_flat_member member)
{
	char next = assay_json_peek(j);
	bool is_document = member == ASSAY_FLAT_TCB_INFO ||
	                   member == ASSAY_FLAT_QE_IDENTITY;

	if (next == 'n')
		assay_json_null(j);
	else if (next == '{' && is_document)
		assay_json_skip(j, &out->raw);
	else
		assay_json_string(j, out);
}

bool assay_flat_member(struct assay_flat *flat, struct assay_json *j,
                       struct assay_json_str name)
{
	for (unsigned i = 0; i < ASSAY_N_FLAT; i++) {
		if (!assay_json_is(name, flat_names[i]))
			continue;
		flat->any = true;
		read_value(&flat->member[i], j, (enum assay_flat_member)i);
		return true;
	}
	return false;
}

void assay_flat_read(struct assay_flat *flat, struct assay_json *j)
{
	struct assay_json_str name;

	assay_json_object(j);
	while (assay_json_member(j, &name))
		if (!assay_flat_member(flat, j, name))
			assay_stray_note(&flat->stray, j, name);
}

bool assay_flat_open(struct assay_collateral *collateral,
                     const struct assay_flat *flat,
                     struct assay_scratch *scratch, enum assay_doc doc,
                     struct assay_err *err)
{
	struct assay_collateral c = { 0 };
	char name[ASSAY_STRAY_NAME];
	/* clang-format off */
	const struct {
		struct assay_bytes *to;
		enum assay_flat_member from;
		enum assay_doc crl;   /* a revocation list, which */
	} rows[] = {
		{ &c.pck_crl_issuer_chain, ASSAY_FLAT_PCK_CRL_ISSUER_CHAIN, 0 },
		{ &c.root_ca_crl, ASSAY_FLAT_ROOT_CA_CRL, ASSAY_DOC_ROOT_CRL },
		{ &c.pck_crl, ASSAY_FLAT_PCK_CRL, ASSAY_DOC_PCK_CRL },
		{ &c.tcb_info_issuer_chain, ASSAY_FLAT_TCB_INFO_ISSUER_CHAIN, 0 },
		{ &c.tcb_info.doc, ASSAY_FLAT_TCB_INFO, 0 },
		{ &c.tcb_info.sig_hex, ASSAY_FLAT_TCB_INFO_SIGNATURE, 0 },
		{ &c.qe_identity_issuer_chain, ASSAY_FLAT_QE_IDENTITY_ISSUER_CHAIN, 0 },
		{ &c.qe_identity.doc, ASSAY_FLAT_QE_IDENTITY, 0 },
		{ &c.qe_identity.sig_hex, ASSAY_FLAT_QE_IDENTITY_SIGNATURE, 0 },
		{ &c.pck_chain, ASSAY_FLAT_PCK_CERTIFICATE_CHAIN, 0 },
	};
	/* clang-format on */

	if (flat->stray.met || !flat->any)
		return assay_fail(err, ASSAY_C_FLAT, doc, flat->stray.at,
		                  "got %s, want the members of the flat form",
		                  assay_stray_name(name, &flat->stray));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct assay_bytes text;

		if (!assay_text_of(&text, flat->member[rows[i].from], scratch,
		                   doc, err))
			return false;
		if (!rows[i].crl || !text.len)
			*rows[i].to = text;
		else if (!assay_crl_bytes(rows[i].to, text, scratch,
		                          rows[i].crl, err))
			return false;
	}
	*collateral = c;
	return true;
}

/* clang-format off */
static const struct {
	const char *file;
	enum assay_part part;
} files[] = {
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
};
/* clang-format on */

enum assay_part assay_part_of(const char *file_name)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].file, file_name) == 0)
			return files[i].part;
	return ASSAY_PART_NONE;
}

/* Where a part goes, and which document it is. */
static struct assay_bytes *slot_of(struct assay_collateral *c,
                                   enum assay_part part, enum assay_doc *doc)
{
	switch (part) {
	case ASSAY_PART_TCB_INFO:
		*doc = ASSAY_DOC_TCB_INFO;
		return &c->tcb_info.doc;
	case ASSAY_PART_QE_IDENTITY:
		*doc = ASSAY_DOC_QE_IDENTITY;
		return &c->qe_identity.doc;
	case ASSAY_PART_TCB_INFO_ISSUER_CHAIN:
		*doc = ASSAY_DOC_TCB_CHAIN;
		return &c->tcb_info_issuer_chain;
	case ASSAY_PART_QE_IDENTITY_ISSUER_CHAIN:
		*doc = ASSAY_DOC_QE_CHAIN;
		return &c->qe_identity_issuer_chain;
	case ASSAY_PART_ROOT_CA_CRL:
		*doc = ASSAY_DOC_ROOT_CRL;
		return &c->root_ca_crl;
	case ASSAY_PART_PCK_CRL:
		*doc = ASSAY_DOC_PCK_CRL;
		return &c->pck_crl;
	case ASSAY_PART_PCK_CRL_ISSUER_CHAIN:
		*doc = ASSAY_DOC_PCK_CRL_CHAIN;
		return &c->pck_crl_issuer_chain;
	case ASSAY_PART_PCK_CHAIN:
		*doc = ASSAY_DOC_PCK_CHAIN;
		return &c->pck_chain;
	case ASSAY_PART_NONE:
		break;
	}
	return NULL;
}

bool assay_collateral_add(struct assay_collateral *collateral,
                          enum assay_part part, struct assay_bytes in,
                          struct assay_scratch *scratch, struct assay_err *err)
{
	enum assay_doc doc = ASSAY_DOC_NONE;
	struct assay_bytes *slot = slot_of(collateral, part, &doc);
	struct assay_bytes der;

	assert(slot);
	if (!assay_fits(in.len, ASSAY_EVIDENCE_MAX, doc, "document", err))
		return false;
	if (slot->len)
		return assay_fail(err, ASSAY_C_CONFLICT, doc, 0,
		                  "got it a second time, want it once");
	if (doc != ASSAY_DOC_ROOT_CRL && doc != ASSAY_DOC_PCK_CRL) {
		*slot = in;
		return true;
	}
	if (!assay_crl_bytes(&der, in, scratch, doc, err))
		return false;
	*slot = der;
	return true;
}
