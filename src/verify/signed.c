/* signed.c - one opener for every signed JSON document [DCAP 3.2]. */
#include "verify/signed.h"

#include "base/text.h"
#include "format/tcb.h"

/* What was found on the way through a document's text. */
struct found {
	struct assay_bytes span; /* of the inner object */
	struct assay_bytes sig_hex;
	size_t sig_at;
};

static void read_inner(struct found *f, void *out, struct assay_json *j,
                       const struct assay_signed_kind *kind)
{
	size_t at = assay_json_at(j);

	if (kind->read(out, j))
		f->span = (struct assay_bytes){ j->base + at, j->pos - at };
}

static void read_signature(struct found *f, struct assay_json *j)
{
	struct assay_json_str s;

	f->sig_at = assay_json_at(j);
	if (assay_json_string(j, &s))
		f->sig_hex = s.raw;
}

/* {"tcbInfo":{...},"signature":"..."}, members in any order, others ignored. */
static void read_outer(struct found *f, void *out, struct assay_json *j,
                       const struct assay_signed_kind *kind)
{
	struct assay_json_str name;

	assay_json_object(j);
	while (assay_json_member(j, &name))
		if (assay_json_is(name, kind->member))
			read_inner(f, out, j, kind);
		else if (assay_json_is(name, "signature"))
			read_signature(f, j);
}

bool assay_signed_open(void *out, const struct assay_signed_json *in,
                       const struct assay_signed_kind *kind,
                       const uint8_t signer[64], struct assay_p256 *engine,
                       struct assay_err *err)
{
	uint8_t digest[ASSAY_SHA256_LEN], sig[64];
	struct found f = { .sig_hex = in->sig_hex };
	struct assay_json j;

	assay_json_open(&j, in->doc, kind->doc);
	if (in->sig_hex.len)
		read_inner(&f, out, &j, kind);
	else
		read_outer(&f, out, &j, kind);
	if (!assay_json_close(&j, err))
		return false;
	if (!f.span.len)
		return assay_wrong_id(err, kind->doc, 0, kind->member);
	assay_sha256(digest, f.span);
	if (assay_hex_parse(sig, sizeof(sig), f.sig_hex) &&
	    assay_p256_verify(engine, signer, digest, sig))
		return true;
	return assay_fail(
		err, ASSAY_J_SIG, kind->doc, f.sig_at,
		f.sig_hex.len == 128
			? "the signature is not by the TCB signer over "
			  "these bytes"
			: "the signature has %zu digits, want 128",
		f.sig_hex.len);
}
