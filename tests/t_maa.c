/* t_maa.c - the dialect of Microsoft Azure Attestation: requests, and what tokens
 * say. */
#include <string.h>

#include <assay/token.h>

#include "base/base64url.h"
#include "crypto/crypto.h"
#include "service/maa_parts.h"
#include "tap.h"
#include "token/token.h"

enum { NOW = 1800000000, ROOM = 1 << 17 };

static uint8_t room[ROOM];
static char why[MAA_WHY];
static struct maa_request request;

static struct assay_bytes text_of(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

static bool reads_bytes(enum maa_kind kind, struct assay_bytes body)
{
	static const struct maa_request zero;
	struct assay_scratch scratch = { .ptr = room,
		                         .len = body.len < ROOM ? body.len
		                                                : ROOM };

	why[0] = 0;
	memset(room, 0, sizeof(room));
	if (maa_read(&request, kind, body, &scratch, why))
		return true;
	if (!why[0] || scratch.used ||
	    memcmp(&request, &zero, sizeof(zero)) != 0)
		exit(2);
	return false;
}

static bool reads(enum maa_kind kind, const char *body)
{
	return reads_bytes(kind, text_of(body));
}

static bool is(struct assay_bytes bytes, const char *text)
{
	return bytes.len == strlen(text) &&
	       memcmp(bytes.ptr, text, bytes.len) == 0;
}

/* ---- requests */

static void test_read(void)
{
	ok(reads(MAA_SGX, "{\"quote\":\"cXVvdGU\"}") &&
	           is(request.quote, "quote") && !request.runtime.there &&
	           !request.init.there && !request.has_nonce,
	   "a quote alone");
	ok(reads(MAA_SGX,
	         "{\"quote\":\"cXVvdGU\",\"runtimeData\":{\"data\":\"AQID\","
	         "\"dataType\":\"Binary\"},\"initTimeData\":{\"dataType\":"
	         "\"JSON\",\"data\":\"eyJhIjoxfQ\"},\"nonce\":\"a\\u0062\","
	         "\"draftPolicyForAttestation\":null,\"more\":[1]}") &&
	           is(request.runtime.bytes, "\1\2\3") &&
	           request.runtime.there && !request.runtime.json &&
	           is(request.init.bytes, "{\"a\":1}") && request.init.json &&
	           request.has_nonce && is(request.nonce, "ab"),
	   "with all that can be beside it");
	ok(reads(MAA_SGX, "{\"quote\":\"cXVvdA==\",\"runtimeData\":null,"
	                  "\"initTimeData\":null,\"nonce\":null}") &&
	           is(request.quote, "quot") && !request.runtime.there &&
	           !request.has_nonce,
	   "padding, and nulls");
	ok(reads(MAA_SGX, "{\"quote\":\"cXVvdGU=\"}") &&
	           !reads(MAA_SGX, "{\"quote\":\"cXVvdGU==\"}") &&
	           !reads(MAA_SGX, "{\"quote\":\"====\"}") &&
	           !reads(MAA_SGX, "{\"quote\":\"cXVvd===\"}"),
	   "padding where it belongs");
	ok(reads(MAA_OE, "{\"report\":\"AQAAAAIAAAAFAAAAAAAAAHF1b3Rl\"}") &&
	           is(request.quote, "quote"),
	   "a report of Open Enclave");
}

static void test_refused(void)
{
	static const char *const sgx[] = {
		"",
		"[]",
		"{}",
		"{\"report\":\"cXVvdGU\"}",
		"{\"quote\":7}",
		"{\"quote\":\"\"}",
		"{\"quote\":\"+/+/\"}",
		"{\"quote\":\"cXVvdGU\",\"quote\":\"cXVvdGU\"}",
		"{\"quote\":\"cXVvdGU\"} {}",
		"{\"quote\":\"cXVvdGU\",\"runtimeData\":\"AQID\"}",
		"{\"quote\":\"cXVvdGU\",\"runtimeData\":{}}",
		"{\"quote\":\"cXVvdGU\",\"runtimeData\":{\"data\":\"AQID\"}}",
		"{\"quote\":\"cXVvdGU\",\"runtimeData\":{\"data\":\"AQID\","
		"\"dataType\":\"binary\"}}",
		"{\"quote\":\"cXVvdGU\",\"runtimeData\":{\"data\":\"A\","
		"\"dataType\":\"Binary\"}}",
		/* [1]; {}{}; {"a":1,"a":1}; {},"x":1 */
		"{\"quote\":\"cXVvdGU\",\"runtimeData\":{\"data\":\"WzFd\","
		"\"dataType\":\"JSON\"}}",
		"{\"quote\":\"cXVvdGU\",\"runtimeData\":{\"data\":\"e317fQ\","
		"\"dataType\":\"JSON\"}}",
		"{\"quote\":\"cXVvdGU\",\"initTimeData\":{\"data\":"
		"\"eyJhIjoxLCJhIjoxfQ\",\"dataType\":\"JSON\"}}",
		"{\"quote\":\"cXVvdGU\",\"runtimeData\":{\"data\":"
		"\"e30sIngiOjE\",\"dataType\":\"JSON\"}}",
		"{\"quote\":\"cXVvdGU\",\"runtimeData\":{\"data\":\"\","
		"\"dataType\":\"JSON\"}}",
		"{\"quote\":\"cXVvdGU\",\"nonce\":1}",
		"{\"quote\":\"cXVvdGU\",\"draftPolicyForAttestation\":\"x\"}",
	};
	static const char *const oe[] = {
		"{\"quote\":\"AQAAAAIAAAAFAAAAAAAAAHF1b3Rl\"}",
		"{\"report\":\"AQAAAAIAAAAEAAAAAAAAAHF1b3Rl\"}",
		"{\"report\":\"AQAAAAIAAAAGAAAAAAAAAHF1b3Rl\"}",
		"{\"report\":\"AgAAAAIAAAAFAAAAAAAAAHF1b3Rl\"}",
		"{\"report\":\"AQAAAAEAAAAFAAAAAAAAAHF1b3Rl\"}",
		"{\"report\":\"AQAAAAIAAAAFAAAAAQAAAHF1b3Rl\"}",
		"{\"report\":\"AQAAAAIAAAAF\"}",
	};

	for (size_t i = 0; i < sizeof(sgx) / sizeof(sgx[0]); i++)
		ok(!reads(MAA_SGX, sgx[i]), "not %s: %s", sgx[i], why);
	for (size_t i = 0; i < sizeof(oe) / sizeof(oe[0]); i++)
		ok(!reads(MAA_OE, oe[i]), "not %s: %s", oe[i], why);
}

static void test_cut(void)
{
	const char *body = "{\"report\":\"AQAAAAIAAAAFAAAAAAAAAHF1b3Rl\","
			   "\"runtimeData\":{\"data\":\"e30\",\"dataType\":"
			   "\"JSON\"},\"nonce\":\"n\"}";
	unsigned taken = 0;

	for (size_t n = 0; n < strlen(body); n++)
		taken += reads_bytes(
			MAA_OE,
			(struct assay_bytes){ (const uint8_t *)body, n });
	ok(taken == 0 && reads(MAA_OE, body), "a request that is cut is none");
}

static void test_large(void)
{
	static char body[ROOM];
	const size_t n = ASSAY_BASE64URL_LEN(MAA_DATA_MAX + 1);
	size_t len = (size_t)snprintf(body, sizeof(body),
	                              "{\"quote\":\"cXVvdGU\","
	                              "\"runtimeData\":{\"dataType\":\"Binary\""
	                              ",\"data\":\"");

	memset(body + len, 'A', n);
	strcpy(body + len + n, "\"}}");
	ok(!reads(MAA_SGX, body), "too much data: %s", why);
	strcpy(body + len + n - 1, "\"}}");
	ok(reads(MAA_SGX, body) && request.runtime.bytes.len == MAA_DATA_MAX,
	   "as much as may be");
	len = (size_t)snprintf(body, sizeof(body),
	                       "{\"quote\":\"cXVvdGU\",\"nonce\":\"");
	memset(body + len, 'n', MAA_NONCE_MAX + 1);
	strcpy(body + len + MAA_NONCE_MAX + 1, "\"}");
	ok(!reads(MAA_SGX, body), "too long a nonce: %s", why);
	strcpy(body + len + MAA_NONCE_MAX, "\"}");
	ok(reads(MAA_SGX, body), "as long as may be");
}

/* ---- what the report speaks for */

static void test_bound(void)
{
	struct assay_sgx_report report = { 0 };

	if (!reads(MAA_SGX, "{\"quote\":\"cXVvdGU\",\"runtimeData\":{\"data\":"
	                    "\"AQID\",\"dataType\":\"Binary\"},"
	                    "\"initTimeData\":{\"data\":\"BAUG\",\"dataType\":"
	                    "\"Binary\"}}"))
		exit(2);
	assay_sha256(report.report_data, text_of("\1\2\3"));
	assay_sha256(report.config_id, text_of("\4\5\6"));
	ok(maa_bound(&request, &report, why),
	   "hashes that stand in the report");
	report.report_data[31] ^= 1;
	ok(!maa_bound(&request, &report, why), "another runtime's: %s", why);
	report.report_data[31] ^= 1;
	report.config_id[0] ^= 1;
	ok(!maa_bound(&request, &report, why), "another init time's: %s", why);
	if (!reads(MAA_SGX, "{\"quote\":\"cXVvdGU\"}"))
		exit(2);
	ok(maa_bound(&request, &report, why), "none, where none is given");
}

/* ---- claims */

static struct assay_verdict verdict;
static struct assay_collateral collateral;
static struct buf claims;

static bool makes(void)
{
	struct maa_result r = { .request = &request,
		                .verdict = &verdict,
		                .collateral = &collateral,
		                .policy = text_of("{\"any_code\":true}"),
		                .issuer = "https://a",
		                .now = NOW };

	why[0] = 0;
	buf_free(&claims);
	claims = (struct buf){ 0 };
	if (!maa_claims(&claims, &r, why))
		return false;
	buf_put(&claims, "", 1);
	return !claims.bad;
}

static bool says(const char *what)
{
	if (strstr((const char *)claims.ptr, what))
		return true;
	note("%s: %s", what, (const char *)claims.ptr);
	return false;
}

static void prepare(void)
{
	verdict = (struct assay_verdict){ .genuine = true,
		                          .tee = ASSAY_TEE_SGX,
		                          .at = NOW,
		                          .fresh_until = NOW + 60 };
	memset(verdict.sgx.mrenclave, 0x11, 32);
	memset(verdict.sgx.mrsigner, 0x22, 32);
	verdict.sgx.isv_prod_id = 5;
	verdict.sgx.isv_svn = 7;
	collateral.qe_identity.doc = text_of("qe");
	collateral.tcb_info.doc = text_of("tcb");
}

#define HEX_11 \
	"11111111111111111111111111111111" \
	"11111111111111111111111111111111"

/* printf '{"any_code":true}' | basenc --base64url | tr -d '=\n' |
 * openssl dgst -sha256 -binary | basenc --base64url; and the SHA-256 of qe, tcb,
 * quote */
#define POLICY_HASH \
	"Xlttb9Itjti2IiHj4hAFM" \
	"ks51sV4SdR_BgT8q4pUUcY"
#define QE_HASH \
	"b9d5d8eaf27e55734042ae02207cb368" \
	"3ea4e63297e443545df80fa767e6f0e4"
#define TCB_HASH \
	"d25f9d29997f1d0529c490cee2d14b80" \
	"8c235f5e94631416de387f8742cf0a57"
#define QUOTE_HASH \
	"6327245c3a45d3d9ea72b70fbb671926" \
	"e7b80f63d311bfd73dde876d5df02b26"

static void test_claims(void)
{
	if (!reads(MAA_SGX, "{\"quote\":\"cXVvdGU\",\"nonce\":\"n\\\"1\","
	                    "\"runtimeData\":{\"data\":\"AQID\",\"dataType\":"
	                    "\"Binary\"},\"initTimeData\":{\"data\":"
	                    "\"eyAiYSI6IDEgfQ\",\"dataType\":\"JSON\"}}"))
		exit(2);
	ok(makes(), "claims are made");
	ok(says("{\"iss\":\"https://a\",\"iat\":1800000000,\"nbf\":1800000000,"
	        "\"exp\":1800000060,\"jti\":\""),
	   "who, when, until when");
	ok(says("\"x-ms-ver\":\"1.0\"") && says("\"ver\":\"1.0\"") &&
	           says("\"x-ms-attestation-type\":\"sgx\"") &&
	           says("\"tee\":\"sgx\""),
	   "of which kind");
	ok(says("\"x-ms-sgx-mrenclave\":\"" HEX_11 "\"") &&
	           says("\"sgx-mrenclave\":\"" HEX_11 "\"") &&
	           says("\"x-ms-sgx-mrsigner\":\"2222") &&
	           says("\"sgx-mrsigner\":\"2222") &&
	           says("\"x-ms-sgx-product-id\":5") &&
	           says("\"product-id\":5") && says("\"x-ms-sgx-svn\":7") &&
	           says("\"svn\":7") &&
	           says("\"x-ms-sgx-is-debuggable\":false") &&
	           says("\"is-debuggable\":false") &&
	           says("\"x-ms-sgx-report-data\":\"0000") &&
	           says("\"x-ms-sgx-config-id\":\"0000"),
	   "the enclave, by both of its names");
	ok(says("\"nonce\":\"n\\\"1\"") && says("\"rp_data\":\"n\\\"1\""),
	   "the nonce, as it came");
	ok(says("\"x-ms-sgx-ehd\":\"AQID\"") && says("\"maa-ehd\":\"AQID\"") &&
	           says("\"aas-ehd\":\"AQID\""),
	   "data that is no JSON");
	ok(says("\"x-ms-inittime\":{ \"a\": 1 }}"), "and data that is, as it "
	                                            "stands");
	ok(says("\"x-ms-policy-hash\":\"" POLICY_HASH "\"") &&
	           says("\"policy_hash\":\"" POLICY_HASH "\""),
	   "the policy's hash");
	ok(says("\"x-ms-sgx-collateral\":{\"qeidcertshash\":\"e3b0c442") &&
	           says("\"maa-attestationcollateral\":{") &&
	           says("\"qeidhash\":\"" QE_HASH "\"") &&
	           says("\"tcbinfohash\":\"" TCB_HASH "\"") &&
	           says("\"quotehash\":\"" QUOTE_HASH "\""),
	   "hashes of the documents");
	ok(says("\"simulation\":false"), "and that it is real");
	verdict.simulation = true;
	ok(makes() && says("\"simulation\":true"), "or is not");
	verdict.simulation = false;
}

/* JSON of 16 levels fits into a request, and not into a token. */
static void test_deep(void)
{
	char data[64], body[256];
	size_t n;

	strcpy(data, "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}");
	n = (size_t)snprintf(body, sizeof(body),
	                     "{\"quote\":\"cXVvdGU\",\"runtimeData\":{"
	                     "\"dataType\":\"JSON\",\"data\":\"");
	n += assay_base64url_print(body + n, (uint8_t *)data, strlen(data));
	strcpy(body + n, "\"}}");
	ok(reads(MAA_SGX, body) && !makes(), "data that is too deep: %s", why);
}

static void test_token(void)
{
	uint8_t pem[TOKEN_PEM_MAX];
	static char token[ROOM], jwk[TOKEN_JWK_MAX], set[TOKEN_JWK_MAX + 16];
	struct assay_scratch scratch = { .ptr = room, .len = sizeof(room) };
	struct assay_token t;
	struct assay_err err;
	size_t n;

	if (!token_signer_make(pem, &n, TOKEN_RS256) ||
	    !reads(MAA_SGX, "{\"quote\":\"cXVvdGU\"}") || !makes())
		exit(2);
	struct token_signer *s =
		token_signer_read((struct assay_bytes){ pem, n }, NULL);

	n = token_sign(token, sizeof(token), s, "JWT",
	               "\"jku\":\"https://a/certs\"",
	               (struct assay_bytes){ claims.ptr, claims.len - 1 });
	if (!n || !token_jwk(jwk, sizeof(jwk), s))
		exit(2);
	snprintf(set, sizeof(set), "{\"keys\":[%s]}", jwk);
	ok(assay_token_verify(&t, text_of(token), text_of(set), "https://a",
	                      NOW, &scratch, &err) &&
	           strcmp(t.alg, "RS256") == 0,
	   "a token of it holds");
	token_signer_free(s);
}

static void test_error(void)
{
	struct buf out = { 0 };

	maa_error(&out, "InvalidParameter", "a \"quote\"");
	ok(is(buf_bytes(&out), "{\"error\":{\"code\":\"InvalidParameter\","
	                       "\"message\":\"a \\\"quote\\\"\"}}"),
	   "an error");
	buf_free(&out);
}

int main(void)
{
	prepare();
	test_read();
	test_refused();
	test_cut();
	test_large();
	test_bound();
	test_claims();
	test_deep();
	test_token();
	test_error();
	buf_free(&claims);
	return done();
}
