/* t_list.c - lists of measurements: their form, their signature, and what a
 * policy's rule makes of them. */
#include "policy/list.h"

#include "base/text.h"
#include "crypto/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

/* n bytes in hex, all the same */
#define B4(b) b b b b
#define B8(b) B4(b) B4(b)
#define B16(b) B8(b) B8(b)
#define B32(b) B16(b) B16(b)
#define B48(b) B32(b) B16(b)

#define HEAD(version, name, number) \
	"{\"assay_list\":" version ",\"name\":\"" name \
	"\",\"issued\":\"2023-11-14T22:13:20Z\",\"number\":" number
#define LIST(entries) HEAD("1", "shop", "7") ",\"entries\":[" entries "]}"
#define SGX "{\"kind\":\"sgx\",\"mrenclave\":\"" B32("11") "\"}"
#define SIGNED \
	"{\"kind\":\"sgx\",\"file\":\"app\",\"mrenclave\":\"" B32( \
		"13") "\"," \
		      "\"mrsigner\":\"" B32( \
			      "12") "\",\"isv_prod_id\":258,\"isv_svn\":3}"
#define TD \
	"{\"kind\":\"tdx\",\"mrtd\":\"" B48("31") "\",\"rtmr0\":\"" B48( \
		"36") "\"," \
		      "\"rtmr1\":\"" B48("37") "\",\"rtmr2\":\"" B48( \
			      "38") "\""

enum { ISSUED = 1700000000, DAY = 24 * 60 * 60, ROOM = 1 << 16 };

static struct assay_list list;
static struct assay_policy policy;
static struct assay_verdict verdict;
static struct assay_decision decision;
static struct assay_p256_pair signer, other;

static struct assay_bytes bytes(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

/* ---- form */

/* clang-format off */
static const struct {
	const char *json;
	size_t at;
	const char *says; /* a part of the note */
	enum assay_check check;
} wrong[] = {
	{ "", 0, "", ASSAY_J_SYNTAX },
	{ "[]", 0, "", ASSAY_A_LIST },
	{ "{}", 0, "got not all of", ASSAY_A_LIST },
	{ LIST(SGX) "x", 179, "", ASSAY_J_SYNTAX },
	{ HEAD("1", "shop", "7") "}", 0, "got not all of", ASSAY_A_LIST },
	{ HEAD("2", "shop", "7") ",\"entries\":[]}", 14, "version 2", ASSAY_A_LIST },
	{ HEAD("1", "", "7") ",\"entries\":[]}", 23, "empty name", ASSAY_A_LIST },
	{ HEAD("1", B32("ab") "c", "7") ",\"entries\":[]}", 23, "", ASSAY_A_LIST },
	{ HEAD("1", "shop", "4294967296") ",\"entries\":[]}", 71, "", ASSAY_A_LIST },
	{ HEAD("1", "shop", "-1") ",\"entries\":[]}", 71, "", ASSAY_A_LIST },
	{ HEAD("1", "shop", "7") ",\"number\":7,\"entries\":[]}", 73, "", ASSAY_J_DUPKEY },
	{ HEAD("1", "shop", "7") ",\"entries\":[],\"more\":1}", 87, "unknown member \"more\"", ASSAY_A_LIST },
	{ LIST("1"), 84, "", ASSAY_A_LIST },
	{ LIST("{}"), 84, "neither sgx", ASSAY_A_LIST },
	{ LIST("{\"kind\":\"snp\"}"), 92, "want sgx or tdx", ASSAY_A_LIST },
	{ LIST("{\"kind\":\"sgx\"}"), 84, "neither sgx", ASSAY_A_LIST },
	{ LIST("{\"mrenclave\":\"" B32("11") "\"}"), 84, "neither sgx", ASSAY_A_LIST },
	{ LIST("{\"kind\":\"sgx\",\"mrenclave\":\"" B16("11") "\"}"), 110, "", ASSAY_A_LIST },
	{ LIST("{\"kind\":\"sgx\",\"mrenclave\":\"" B32("11") "\",\"isv_svn\":1}"), 84, "neither sgx", ASSAY_A_LIST },
	{ LIST("{\"kind\":\"sgx\",\"mrenclave\":\"" B32("11") "\",\"isv_svn\":65536}"), 187, "", ASSAY_A_LIST },
	{ LIST("{\"kind\":\"sgx\",\"mrenclave\":\"" B32("11") "\",\"isv_prod\":1}"), 178, "unknown member", ASSAY_A_LIST },
	{ LIST("{\"kind\":\"sgx\",\"name\":\"a\",\"file\":\"b\",\"mrenclave\":\"" B32("11") "\"}"), 84, "neither sgx", ASSAY_A_LIST },
	{ LIST("{\"kind\":\"tdx\",\"mrenclave\":\"" B32("11") "\"}"), 84, "neither sgx", ASSAY_A_LIST },
	{ LIST("{\"kind\":\"tdx\",\"mrtd\":\"" B48("31") "\"}"), 84, "neither sgx", ASSAY_A_LIST },
	{ LIST(TD ",\"mrenclave\":\"" B32("11") "\"}"), 84, "neither sgx", ASSAY_A_LIST },
	{ LIST(TD ",\"rtmr4\":\"" B48("11") "\"}"), 526, "unknown member \"rtmr4\"", ASSAY_A_LIST },
};
/* clang-format on */

static bool is_nothing(const struct assay_list *l)
{
	return !l->good && !l->name[0] && !l->number && !l->n_entries &&
	       !l->issued && !l->entries[0].tee;
}

static void test_wrong(void)
{
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct assay_err err = { 0 };
		bool read;

		memset(&list, 0xaa, sizeof(list));
		read = assay_list_read(&list, bytes(wrong[i].json), &err);
		ok(!read && err.check == wrong[i].check &&
		           err.doc == ASSAY_DOC_LIST && err.at == wrong[i].at &&
		           strstr(err.note, wrong[i].says) &&
		           is_nothing(&list) &&
		           !memcmp(&list.failed, &err, sizeof(err)),
		   "%.100s: %u at %zu: %s", wrong[i].json, err.check, err.at,
		   err.note);
	}
}

/* Whatever is cut off, it is no list. */
static void test_truncated(void)
{
	static const char json[] = LIST(SGX "," SIGNED "," TD "}");
	char *copy;
	size_t good = 0;

	for (size_t n = 0; n < sizeof(json) - 1; n++) {
		copy = malloc(n ? n : 1);
		if (!copy)
			abort();
		memcpy(copy, json, n);
		good += assay_list_read(
			&list, (struct assay_bytes){ (const uint8_t *)copy, n },
			NULL);
		free(copy);
	}
	ok(good == 0, "a list that is cut short is none, at all of %zu places",
	   sizeof(json) - 1);
}

static void test_most(void)
{
	static char json[ASSAY_LIST_ENTRIES * 120 + 400];
	struct assay_err err = { 0 };
	size_t len = (size_t)sprintf(json, HEAD("1", "shop",
	                                        "7") ",\"entries\":[" SGX);

	for (size_t i = 1; i < ASSAY_LIST_ENTRIES; i++)
		len += (size_t)sprintf(json + len, "," SGX);
	strcpy(json + len, "]}");
	ok(assay_list_read(&list, bytes(json), &err) &&
	           list.n_entries == ASSAY_LIST_ENTRIES,
	   "as many entries as there is room for %s", err.note);
	strcpy(json + len, "," SGX "]}");
	ok(!assay_list_read(&list, bytes(json), &err) &&
	           err.check == ASSAY_A_LIST && err.at == len + 1,
	   "and one more: %s", err.note);
}

static void test_written(void)
{
	static const char json[] = LIST(SGX "," SIGNED "," TD "}");
	static const char *const td3 = LIST(TD ",\"rtmr3\":\"" B48("39") "\"}");
	char out[4096];
	struct assay_json_out o;

	for (int i = 0; i < 2; i++) {
		const char *in = i ? td3 : json;

		assay_json_begin(&o, out, sizeof(out));
		if (!assay_list_read(&list, bytes(in), NULL))
			abort();
		assay_list_write(&o, &list);
		ok(o.ok && !strcmp(out, in), "what is read is written so");
	}
}

/* ---- what is in one */

static void make_sgx(uint8_t mrenclave)
{
	memset(&verdict, 0, sizeof(verdict));
	verdict.genuine = true;
	verdict.at = ISSUED + DAY;
	verdict.status = ASSAY_STATUS_UP_TO_DATE;
	verdict.tee = ASSAY_TEE_SGX;
	verdict.sgx.flags = ASSAY_SGX_INIT;
	memset(verdict.sgx.mrenclave, mrenclave, 32);
	memset(verdict.sgx.mrsigner, 0x12, 32);
	verdict.sgx.isv_prod_id = 258;
	verdict.sgx.isv_svn = 3;
	for (size_t i = 0; i < ASSAY_N_ITEMS; i++)
		verdict.windows[i].until = ISSUED + 100 * DAY;
}

static void make_td(void)
{
	make_sgx(0);
	verdict.tee = ASSAY_TEE_TDX;
	memset(&verdict.sgx, 0, sizeof(verdict.sgx));
	verdict.td.td_attributes = UINT64_C(1) << 28;
	verdict.td.xfam = 3;
	memset(verdict.td.mrtd, 0x31, 48);
	for (int i = 0; i < 4; i++)
		memset(verdict.td.rtmr[i], 0x36 + i, 48);
}

static bool has(const char *json)
{
	if (!assay_list_read(&list, bytes(json), NULL))
		abort();
	return assay_list_has(&list, &verdict);
}

static void test_has(void)
{
	make_sgx(0x11);
	ok(has(LIST(SGX)), "an enclave");
	ok(!has(LIST("")), "that is in no empty list");
	ok(!has(LIST(SIGNED)) && !has(LIST(TD "}")), "nor in another");
	ok(has(LIST(TD "}," SIGNED "," SGX)), "but in one of several");
	make_sgx(0x13);
	ok(has(LIST(SIGNED)), "one with its signer");
	verdict.sgx.mrsigner[31] ^= 1;
	ok(!has(LIST(SIGNED)), "the same by another signer");
	make_sgx(0x13);
	verdict.sgx.isv_prod_id = 257;
	ok(!has(LIST(SIGNED)), "the same as another product");
	make_sgx(0x13);
	verdict.sgx.isv_svn = 4;
	ok(!has(LIST(SIGNED)), "the same in another version");
	make_td();
	ok(has(LIST(TD "}")) && !has(LIST(SGX)), "a TD");
	ok(has(LIST(TD ",\"rtmr3\":\"" B48("39") "\"}")) &&
	           !has(LIST(TD ",\"rtmr3\":\"" B48("38") "\"}")),
	   "its last register counts where the entry names it");
	for (int i = 0; i < 3; i++) {
		make_td();
		verdict.td.rtmr[i][47] ^= 1;
		ok(!has(LIST(TD "}")), "another register %d", i);
	}
	make_td();
	verdict.td.mrtd[0] ^= 1;
	ok(!has(LIST(TD "}")), "another MRTD");
}

/* ---- its signature */

/* base64url without padding */
static size_t encode(char *out, struct assay_bytes in)
{
	size_t len;

	assay_base64_print(out, in.ptr, in.len);
	for (char *p = out; *p; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	len = strcspn(out, "=");
	out[len] = '\0';
	return len;
}

static char *sign(const char *header, const char *payload,
                  const struct assay_p256_pair *pair)
{
	static char out[ROOM];
	uint8_t digest[32], sig[64];
	size_t len = encode(out, bytes(header));

	out[len++] = '.';
	len += encode(out + len, bytes(payload));
	assay_sha256(digest, bytes(out));
	if (!assay_p256_sign(sig, pair, digest))
		abort();
	out[len++] = '.';
	encode(out + len, (struct assay_bytes){ sig, sizeof(sig) });
	return out;
}

#define HEADER "{\"alg\":\"ES256\",\"typ\":\"assay-list+jws\"}"

static void read_policy(const char *name, const char *more)
{
	char json[1024], key[129];
	struct assay_err err;

	assay_hex_print(key, signer.key, 64, false);
	snprintf(json, sizeof(json),
	         "{\"measurements\":{\"list\":\"%s\",\"key\":\"%s\","
	         "\"max_age\":%d%s}}",
	         name, key, 2 * DAY, more);
	if (!assay_policy_parse(&policy, bytes(json), &err))
		abort();
}

static enum assay_check opens_in(struct assay_bytes in, int64_t now,
                                 uint64_t floor)
{
	uint8_t *scratch = malloc(in.len + 1);
	struct assay_err err = { 0 };
	bool good;

	if (!scratch)
		abort();
	memset(&list, 0xaa, sizeof(list));
	good = assay_list_open(&list, &policy, in, now, floor, scratch, &err);
	free(scratch);
	if (good != (err.check == ASSAY_OK) || good != list.good ||
	    (!good && (!is_nothing(&list) || list.failed.check != err.check)))
		ok(false, "what is said belongs together");
	return err.check;
}

static enum assay_check opens(const char *text)
{
	return opens_in(bytes(text), ISSUED + DAY, 0);
}

static enum assay_check peeks(const char *text)
{
	static uint8_t scratch[ROOM];
	struct assay_err err = { 0 };

	if (assay_list_peek(&list, bytes(text), scratch, &err) !=
	    (err.check == ASSAY_OK))
		ok(false, "what is said belongs together");
	return err.check;
}

static void test_signature(void)
{
	static char long_header[ROOM / 2];
	char *jws, *dot;

	read_policy("shop", "");
	ok(opens(sign(HEADER, LIST(SGX), &signer)) == ASSAY_OK,
	   "a list that is signed");
	ok(list.n_entries == 1 && assay_list_number(&list) == 7 &&
	           !strcmp(assay_policy_list(&policy), "shop"),
	   "is what it says");
	ok(opens(strcat(sign(HEADER, LIST(SGX), &signer), "\n")) == ASSAY_OK,
	   "a line feed may follow");
	ok(opens(strcat(sign(HEADER, LIST(SGX), &signer), "\nx")) ==
	           ASSAY_A_LIST_SIG,
	   "nothing else");
	ok(opens(sign(HEADER, LIST(SGX), &other)) == ASSAY_A_LIST_SIG,
	   "by another key");
	ok(opens(sign("{\"alg\":\"none\",\"typ\":\"assay-list+jws\"}",
	              LIST(SGX), &signer)) == ASSAY_A_LIST_SIG,
	   "by another algorithm");
	ok(opens(sign("{\"alg\":\"ES256\",\"typ\":\"JWT\"}", LIST(SGX),
	              &signer)) == ASSAY_A_LIST_SIG,
	   "signed as something else");
	ok(opens(sign("{\"alg\":\"ES256\"}", LIST(SGX), &signer)) ==
	           ASSAY_A_LIST_SIG,
	   "signed as nothing");
	ok(opens(sign(
		   "{\"alg\":\"ES256\",\"typ\":\"assay-list+jws\",\"crit\":[]}",
		   LIST(SGX), &signer)) == ASSAY_A_LIST_SIG,
	   "with something critical");
	ok(opens(sign("{\"alg\":\"ES256\",\"typ\":\"assay-list+jws\",\"kid\":"
	              "\"x\"}",
	              LIST(SGX), &signer)) == ASSAY_OK,
	   "with the key's name");
	memset(long_header, ' ', sizeof(long_header) - 1);
	memcpy(long_header, HEADER, strlen(HEADER));
	ok(opens(sign(long_header, "{}", &signer)) != ASSAY_OK,
	   "with a long header");
	jws = sign(HEADER, LIST(SGX), &signer);
	dot = strrchr(jws, '.');
	dot[1] = dot[1] == 'A' ? 'B' : 'A';
	ok(opens(jws) == ASSAY_A_LIST_SIG, "with another signature");
	jws = sign(HEADER, LIST(SGX), &signer);
	jws[strcspn(jws, ".") + 30] ^= 1;
	ok(opens(jws) == ASSAY_A_LIST_SIG, "with another payload");
	ok(peeks(sign(HEADER, LIST(SGX), &other)) == ASSAY_OK &&
	           list.number == 7,
	   "what somebody signed can be looked at");
	ok(peeks(sign("{}", LIST(SGX), &other)) == ASSAY_A_LIST_SIG &&
	           is_nothing(&list),
	   "if it is signed as a list");
	ok(opens("") == ASSAY_A_LIST_SIG && opens("..") == ASSAY_A_LIST_SIG &&
	           opens("a.b.c.d") == ASSAY_A_LIST_SIG &&
	           opens(LIST(SGX)) == ASSAY_A_LIST_SIG,
	   "what is no signature at all");
	ok(opens(sign(HEADER, "{}", &signer)) == ASSAY_A_LIST,
	   "signed, and no list");
	ok(opens(sign(HEADER, "{", &signer)) == ASSAY_J_SYNTAX,
	   "signed, and no JSON");
}

static void test_cut_signature(void)
{
	char *jws = sign(HEADER, LIST(SGX), &signer);
	size_t good = 0, len = strlen(jws);

	read_policy("shop", "");
	for (size_t n = 0; n < len; n++)
		good += opens_in((struct assay_bytes){ (uint8_t *)jws, n },
		                 ISSUED + DAY, 0) == ASSAY_OK;
	ok(good == 0, "a signed list that is cut short is none");
}

static void test_terms(void)
{
	char *jws = sign(HEADER, LIST(SGX), &signer);
	struct assay_bytes in = bytes(jws);

	read_policy("other", "");
	ok(opens(jws) == ASSAY_A_LIST_NAME, "under another name");
	read_policy("shop", "");
	ok(opens_in(in, ISSUED, 7) == ASSAY_OK &&
	           opens_in(in, ISSUED + 2 * DAY, 7) == ASSAY_OK,
	   "as old as may be");
	ok(opens_in(in, ISSUED + 2 * DAY + 1, 0) == ASSAY_A_LIST_AGE,
	   "a second older");
	ok(opens_in(in, ISSUED - 1, 0) == ASSAY_A_LIST_AGE,
	   "a second before it was issued");
	ok(opens_in(in, ISSUED, 8) == ASSAY_A_LIST_NUMBER,
	   "where a newer one was seen");
	read_policy("shop", ",\"min_number\":7");
	ok(opens(jws) == ASSAY_OK, "as new as the policy wants");
	read_policy("shop", ",\"min_number\":8");
	ok(opens(jws) == ASSAY_A_LIST_NUMBER, "older than the policy wants");
}

/* ---- the rule */

static bool refuses(const struct assay_list *with, const char *says)
{
	bool yes = assay_appraise_listed(&decision, &verdict, &policy, with,
	                                 NULL, 0);

	return !yes && decision.n_refusals == 1 &&
	       !strcmp(decision.refusals[0].rule, "measurements") &&
	       strstr(decision.refusals[0].note, says);
}

static void test_rule(void)
{
	read_policy("shop", "");
	make_sgx(0x11);
	ok(refuses(NULL, "--list"), "no list: %s", decision.refusals[0].note);
	if (opens(sign(HEADER, LIST(SGX), &signer)) != ASSAY_OK)
		abort();
	ok(assay_appraise_listed(&decision, &verdict, &policy, &list, NULL, 0),
	   "one that has it: %s", decision.refusals[0].note);
	ok(!assay_appraise(&decision, &verdict, &policy, NULL, 0),
	   "that nobody gives is none");
	policy.measurements.key[63] ^= 1;
	ok(refuses(&list, "and it is not there"), "one by another key: %s",
	   decision.refusals[0].note);
	read_policy("other", "");
	ok(refuses(&list, "and it is not there"), "under another name");
	read_policy("shop", ",\"min_number\":8");
	ok(refuses(&list, "and it is not there"), "with a lower number");
	read_policy("shop", "");
	verdict.at = ISSUED + 3 * DAY;
	ok(refuses(&list, "A_LIST_AGE"), "too old when it is judged: %s",
	   decision.refusals[0].note);
	make_sgx(0x14);
	ok(refuses(&list, "is not in the list \"shop\", number 7"),
	   "one that does not: %s", decision.refusals[0].note);
	make_td();
	ok(refuses(&list, "mrtd 3131"), "a TD: %s", decision.refusals[0].note);
	if (opens(sign(HEADER, LIST(TD "}"), &signer)) != ASSAY_OK)
		abort();
	ok(assay_appraise_listed(&decision, &verdict, &policy, &list, NULL, 0),
	   "that is in it");
	ok(opens(sign(HEADER, LIST(TD "}"), &other)) == ASSAY_A_LIST_SIG &&
	           refuses(&list, "A_LIST_SIG"),
	   "a list that is not good: %s", decision.refusals[0].note);
	assay_policy_default(&policy);
	ok(!assay_policy_list(&policy), "most policies ask for no list");
}

int main(void)
{
	static const uint8_t seed[32] = { 1 }, seed_2[32] = { 2 };

	if (!assay_p256_make(&signer, seed) || !assay_p256_make(&other, seed_2))
		abort();
	ok(assay_list_size() == sizeof(list), "its size is told");
	test_wrong();
	test_truncated();
	test_most();
	test_written();
	test_has();
	test_signature();
	test_cut_signature();
	test_terms();
	test_rule();
	return done();
}
