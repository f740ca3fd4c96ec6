/* fuzz_quote.c - the quote's reader: views lie inside the input, a failure
 * leaves nothing, and what was accepted is accepted again by itself. */
#include <assay/quote.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

static bool is_at(struct assay_bytes v, const uint8_t *p, size_t len)
{
	return v.ptr == p && v.len == len;
}

/* The views tile the quote from its beginning to its end. */
static void check_views(const struct assay_quote *q, const uint8_t *data,
                        size_t len)
{
	size_t head = q->version > 3 ? 6 : 0; /* of outer certification data */
	const uint8_t *p = data;

	must(is_at(q->signed_part, p, q->signed_part.len));
	must(q->body_at == (q->version == 5 ? 54 : 48));
	p += q->signed_part.len + 4;
	must(is_at(q->sig, p, 64));
	p += 64;
	must(q->platform.ptr == p && is_at(q->ak, p, 64));
	p += 64 + head;
	must(is_at(q->qe_report_raw, p, 384));
	p += 384;
	must(is_at(q->qe_report_sig, p, 64));
	p += 64 + 2;
	must(is_at(q->qe_auth, p, q->qe_auth.len));
	p += q->qe_auth.len + 6;
	must(is_at(q->cert, p, q->cert.len));
	must(q->cert_at == (size_t)(p - data));
	p += q->cert.len;
	must(is_at(q->whole, data, (size_t)(p - data)) && q->whole.len <= len);
	must(q->platform.ptr + q->platform.len == p);
}

static void check_fields(const struct assay_quote *q)
{
	bool sgx = q->tee == ASSAY_TEE_SGX;

	must(q->version >= 3 && q->version <= 5);
	must(sgx ? q->body_type == 1 : q->tee == ASSAY_TEE_TDX);
	must(sgx || (q->version > 3 && q->body_type == 2) ||
	     (q->version == 5 && q->body_type == 3));
	must(is_zero(sgx ? (const void *)&q->td : &q->sgx,
	             sgx ? sizeof(q->td) : sizeof(q->sgx)));
	must(q->cert_type >= 1 && q->cert_type <= 5 && q->cert.len <= 65536);
}

static void check_failure(const struct assay_quote *q,
                          const struct assay_err *err, size_t len)
{
	must(is_zero(q, sizeof(*q)));
	must(err->check >= ASSAY_P_TRUNCATED && err->check <= ASSAY_P_TRAILING);
	must(err->doc == ASSAY_DOC_QUOTE && err->at <= len && err->note[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };
	struct assay_quote q, again;
	struct assay_err err = { 0 };

	memset(&q, 0xee, sizeof(q));
	memset(&again, 0xee, sizeof(again));
	if (!assay_quote_parse(&q, in, false, &err)) {
		check_failure(&q, &err, len);
		must(err.check != ASSAY_P_TRAILING);
		must(!assay_quote_parse(&again, in, true, NULL));
		must(is_zero(&again, sizeof(again)));
		return 0;
	}
	must(err.check == ASSAY_OK);
	check_views(&q, data, len);
	check_fields(&q);

	must(assay_quote_parse(&again, q.whole, true, &err));
	must(memcmp(&again.sgx, &q.sgx, sizeof(q.sgx)) == 0);
	must(memcmp(&again.td, &q.td, sizeof(q.td)) == 0);
	must(is_at(again.whole, q.whole.ptr, q.whole.len));
	must(is_at(again.cert, q.cert.ptr, q.cert.len));

	/* strict: what follows, and nothing else, makes the difference */
	if (!assay_quote_parse(&again, in, true, &err)) {
		check_failure(&again, &err, len);
		must(err.check == ASSAY_P_TRAILING && err.at == q.whole.len);
	}
	must((q.whole.len == len) == (again.version != 0));
	return 0;
}
