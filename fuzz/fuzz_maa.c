/* fuzz_maa.c - requests of the dialect of Microsoft Azure Attestation, the first
 * byte says which: a failure leaves zeros and a sentence; views lie in the body or
 * the lent memory; claims, where they are made, are one JSON object that has the
 * nonce and no member twice. */
#include "service/maa_parts.h"

#include <stdlib.h>
#include <string.h>

enum { CLAIMS = 27 }; /* whatever the request */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void must_lie_in(struct assay_bytes part, struct assay_bytes whole)
{
	must(part.len == 0 || (part.ptr >= whole.ptr &&
	                       part.ptr + part.len <= whole.ptr + whole.len));
}

static void test_claims(const struct maa_request *r)
{
	static const struct assay_verdict verdict = { .genuine = true,
		                                      .tee = ASSAY_TEE_SGX };
	struct maa_result result = { .request = r,
		                     .verdict = &verdict,
		                     .issuer = "https://a" };
	char why[MAA_WHY] = "";
	struct buf claims = { 0 };
	struct assay_json j;
	struct assay_json_str name;
	unsigned issuers = 0, nonces = 0, others = 0;

	if (!maa_claims(&claims, &result, why)) {
		must(why[0]);
		buf_free(&claims);
		return;
	}
	assay_json_open(&j, buf_bytes(&claims), ASSAY_DOC_NONE);
	assay_json_object(&j);
	while (assay_json_member(&j, &name)) {
		issuers += assay_json_is(name, "iss");
		nonces += assay_json_is(name, "nonce");
		others += 1;
	}
	must(assay_json_close(&j, NULL));
	must(issuers == 1 && nonces == r->has_nonce);
	/* what JSON data brings along stays in its own member */
	must(others == CLAIMS + 2u * r->has_nonce +
	                       3u * (r->runtime.there && !r->runtime.json) +
	                       (r->runtime.there && r->runtime.json) +
	                       (r->init.there && r->init.json));
	buf_free(&claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct maa_request zero;
	enum maa_kind kind = len && data[0] & 1 ? MAA_OE : MAA_SGX;
	struct assay_bytes body = { data + (len > 0), len - (len > 0) };
	struct assay_scratch scratch = { .ptr = malloc(body.len + 1),
		                         .len = body.len };
	struct assay_bytes room = { scratch.ptr, scratch.len };
	struct maa_request r;
	char why[MAA_WHY] = "";

	must(scratch.ptr != NULL);
	if (maa_read(&r, kind, body, &scratch, why)) {
		must_lie_in(r.quote, room);
		must_lie_in(r.runtime.bytes, room);
		must_lie_in(r.init.bytes, room);
		must_lie_in(r.nonce, room);
		must_lie_in(r.runtime.text, body);
		test_claims(&r);
	} else {
		must(why[0] && scratch.used == 0);
		must(memcmp(&r, &zero, sizeof(r)) == 0);
	}
	free(scratch.ptr);
	return 0;
}
