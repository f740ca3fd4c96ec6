/*
 * maa_parts.h - the dialect of Microsoft Azure Attestation, as far as it asks
 * nobody: requests read, tokens' claims written.  docs/maa.md.
 */
#ifndef SERVICE_MAA_PARTS_H
#define SERVICE_MAA_PARTS_H

#include "judge/judge.h"
#include "os/buf.h"

enum {
	MAA_DATA_MAX = 32 << 10, /* bytes of data beside the evidence */
	MAA_NONCE_MAX = 1024,    /* of the nonce, which is told again */
	MAA_WHY = 256,
};

enum maa_kind {
	MAA_SGX = 0, /* /attest/SgxEnclave: a quote */
	MAA_OE,      /* /attest/OpenEnclave: a quote behind 16 bytes */
};

/* Data that the evidence speaks for. */
struct maa_data {
	bool there;
	bool json;               /* of dataType JSON: an object */
	struct assay_bytes text; /* base64url, as it came */
	struct assay_bytes bytes;
};

struct maa_request {
	struct assay_bytes quote;
	struct maa_data runtime; /* its hash is in the report data */
	struct maa_data init;    /* its hash is in the CONFIGID */
	bool has_nonce;
	struct assay_bytes nonce; /* UTF-8 */
};

/*
 * maa_read reads a request's body.  What it holds points into the body and into
 * `scratch`, where body.len bytes are enough.  False, and a sentence.
 */
ASSAY_MUST_CHECK bool maa_read(struct maa_request *request, enum maa_kind kind,
                               struct assay_bytes body,
                               struct assay_scratch *scratch,
                               char why[MAA_WHY]);
/* Whether the report speaks for the request's data.  False, and a sentence. */
ASSAY_MUST_CHECK bool maa_bound(const struct maa_request *request,
                                const struct assay_sgx_report *report,
                                char why[MAA_WHY]);

/* What a token is made of. */
struct maa_result {
	const struct maa_request *request;
	const struct assay_verdict *verdict;       /* of an SGX enclave */
	const struct assay_collateral *collateral; /* or NULL */
	struct assay_bytes policy;                 /* its text */
	const char *issuer;
	int64_t now;
};

/* The claims.  False, and a sentence: the request's data cannot stand in a
 * token, or memory is short. */
ASSAY_MUST_CHECK bool
maa_claims(struct buf *out, const struct maa_result *result, char why[MAA_WHY]);

/* {"error":{"code":...,"message":...}} */
void maa_error(struct buf *out, const char *code, const char *message);

#endif
