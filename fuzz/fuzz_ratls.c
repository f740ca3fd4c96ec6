/* fuzz_ratls.c - certificates of RA-TLS: views lie inside the input, in their
 * order; a failure leaves zeros and names a byte; a claim that is accepted names
 * the certificate's key; skipping an item and reading it are of one opinion. */
#include "crypto/crypto.h"
#include "format/cbor.h"
#include "format/keys.h"
#include "format/ratls.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void must_be_inside(struct assay_bytes view, struct assay_bytes in)
{
	must(view.len > 0 && view.ptr >= in.ptr && view.len <= in.len &&
	     (size_t)(view.ptr - in.ptr) <= in.len - view.len);
}

static bool holds_hash(struct assay_bytes claims, struct assay_bytes key)
{
	uint8_t hash[3][ASSAY_SHA512_LEN];

	assay_sha256(hash[0], key);
	assay_sha384(hash[1], key);
	assay_sha512(hash[2], key);
	return memmem(claims.ptr, claims.len, hash[0], ASSAY_SHA256_LEN) ||
	       memmem(claims.ptr, claims.len, hash[1], ASSAY_SHA384_LEN) ||
	       memmem(claims.ptr, claims.len, hash[2], ASSAY_SHA512_LEN);
}

/* It speaks for the key if the report data is the hash, and not if a bit is
 * another. */
static void check_bound(const struct assay_evidence *e)
{
	uint8_t report_data[64] = { 0 };

	assay_sha256(report_data, e->claims.len ? e->claims : e->tls_key);
	must(assay_keys_bound(e, report_data) == ASSAY_KEYS_BOUND);
	for (size_t bit = 0; bit < 512; bit += 37) {
		report_data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		must(assay_keys_bound(e, report_data) == ASSAY_KEYS_LOOSE);
		report_data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void check_cert(struct assay_bytes in)
{
	static const struct assay_evidence zero;
	struct assay_evidence e = { 0 };
	struct assay_err err = { 0 };

	if (!assay_ratls_read(&e, in, ASSAY_DOC_EVIDENCE, &err)) {
		must(memcmp(&e, &zero, sizeof(e)) == 0 && err.note[0] &&
		     err.at <= in.len &&
		     (err.check == ASSAY_C_CERT ||
		      err.check == ASSAY_C_CERT_KEY));
		return;
	}
	must(e.kind == ASSAY_EVIDENCE_CERT && assay_is_certificate(in));
	must_be_inside(e.tls_key, in);
	must_be_inside(e.quote, in);
	must(e.quote.ptr >= e.tls_key.ptr + e.tls_key.len);
	must(e.nonce.len <= 255 && (e.has_nonce || !e.nonce.len));
	if (e.claims.len) {
		must_be_inside(e.claims, in);
		must(holds_hash(e.claims, e.tls_key));
	}
	if (e.nonce.len)
		must_be_inside(e.nonce, e.claims);
	check_bound(&e);
}

/* What an item holds, skipped one by one, ends where it does. */
static void check_skip(struct assay_bytes in)
{
	struct assay_rd whole = assay_rd(in), parts = assay_rd(in);
	enum assay_cbor type = assay_cbor_peek(&parts);
	uint64_t n;

	assay_cbor_skip(&whole, "item");
	if (type == ASSAY_CBOR_BYTES || type == ASSAY_CBOR_TEXT) {
		assay_cbor_string(&parts, type, "item");
	} else {
		n = assay_cbor_head(&parts, type, "item");
		n = type == ASSAY_CBOR_ARRAY ? n
		    : type == ASSAY_CBOR_MAP ? (n > in.len ? n : 2 * n)
		    : type == ASSAY_CBOR_TAG ? 1
		                             : 0;
		for (; n && assay_rd_ok(&parts); n--)
			assay_cbor_skip(&parts, "part");
	}
	must(assay_rd_ok(&whole) == assay_rd_ok(&parts));
	must(!assay_rd_ok(&whole) || whole.pos == parts.pos);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };

	check_cert(in);
	check_skip(in);
	return 0;
}
