/* t_client.c - a client and a host that plays all its tricks: nothing is sealed
 * unless the enclave has proved itself, and what is sealed only it can open. */
#include <assay/client.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "format/keys.h"
#include "seal/inner.h"
#include "seal/ohttp.h"
#include "forge/world.h"
#include "tap.h"

#define SAID "the salary of Ada"

enum { BUNDLE_MAX = 1 << 17, MEM = ASSAY_ENCLAVE_MAX + 256 };

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "t_client: %s\n", what);
	exit(2);
}

static struct assay_bytes text(const char *s)
{
	return (struct assay_bytes){ (const uint8_t *)s, strlen(s) };
}

/* ---- a host, and the enclave on its machine */

struct host {
	struct sim_world world;
	struct sim_quote_spec spec;
	struct assay_hpke_pair own;
	struct assay_key_config config;
	uint8_t config_bytes[ASSAY_KEY_CONFIG_LEN], sign[32];
	struct assay_mark state;
	char bundle[BUNDLE_MAX];
	size_t bundle_len;
	/* what it hands out in place of the truth, or zeroed */
	struct assay_bytes other_config, other_nonce;
	bool no_keys, no_nonce, no_collateral;
};

static struct host *host;

/* The enclave starts: its keys are new. */
static void start_enclave(void)
{
	host->config.id++;
	host->config.aead = ASSAY_AES_256_GCM;
	must(assay_hpke_pair_new(&host->own) && assay_random(host->sign, 32),
	     "keys");
	memcpy(host->config.key, host->own.key, 32);
	assay_key_config_write(host->config_bytes, &host->config);
}

/* A genuine host of this kind; `free_host` when it is done with. */
static void start_host(enum sim_kind kind)
{
	host = calloc(1, sizeof(*host));
	must(host && sim_world_default(&host->world, kind) &&
	             sim_world_build(&host->world),
	     "a world");
	host->spec = host->world.quote_spec;
	start_enclave();
}

static void free_host(void)
{
	sim_world_free(&host->world);
	free(host);
	host = NULL;
}

static void put_base64(struct assay_json_out *o, const char *name,
                       struct assay_bytes bytes)
{
	char *digits = malloc(4 * (bytes.len / 3 + 1) + 1);

	must(digits != NULL, "memory");
	assay_base64_print(digits, bytes.ptr, bytes.len);
	assay_json_put_text(o, name, digits);
	free(digits);
}

static void put_collateral(struct assay_json_out *o)
{
	struct assay_collateral c = { 0 };

	sim_world_collateral(&c, &host->world);
	assay_json_put_object(o, "collateral");
	assay_json_put_bytes(o, "tcb_info", c.tcb_info.doc);
	assay_json_put_bytes(o, "qe_identity", c.qe_identity.doc);
	assay_json_put_bytes(o, "tcb_info_issuer_chain",
	                     c.tcb_info_issuer_chain);
	assay_json_put_bytes(o, "qe_identity_issuer_chain",
	                     c.qe_identity_issuer_chain);
	assay_json_put_hex(o, "root_ca_crl", c.root_ca_crl.ptr,
	                   c.root_ca_crl.len);
	assay_json_put_hex(o, "pck_crl", c.pck_crl.ptr, c.pck_crl.len);
	assay_json_put_bytes(o, "pck_crl_issuer_chain", c.pck_crl_issuer_chain);
	assay_json_put_end(o, '}');
}

/* The nonce of a path, as the host reads it. */
static struct assay_bytes nonce_of(uint8_t mem[64], const char *path)
{
	const char *hex = strchr(path, '=');
	struct assay_bytes nonce = { mem, hex ? strlen(hex + 1) / 2 : 0 };

	must(!hex || assay_hex_parse(mem, nonce.len, text(hex + 1)), "a path");
	return nonce;
}

static void put_quote(struct assay_json_out *o, struct assay_bytes nonce)
{
	struct assay_bytes config = { host->config_bytes,
		                      ASSAY_KEY_CONFIG_LEN };
	struct buf quote = { 0 };
	uint8_t *data = host->spec.body == SIM_BODY_SGX
	                        ? host->spec.sgx.report_data
	                        : host->spec.td.report_data;

	assay_keys_hash(data, config, (struct assay_bytes){ host->sign, 32 },
	                nonce);
	must(sim_world_quote(&quote, &host->world, &host->spec), "a quote");
	assay_json_put_object(o, "evidence");
	assay_json_put_text(o, "type", "quote");
	put_base64(o, "data", buf_bytes(&quote));
	assay_json_put_end(o, '}');
	buf_free(&quote);
}

/* GET /attestation */
static struct assay_bytes attest(const char *path)
{
	uint8_t mem[64];
	struct assay_bytes nonce = nonce_of(mem, path);
	struct assay_bytes config = { host->config_bytes,
		                      ASSAY_KEY_CONFIG_LEN };
	struct assay_json_out o;

	if (host->other_nonce.ptr)
		nonce = host->other_nonce;
	assay_json_begin(&o, host->bundle, BUNDLE_MAX);
	assay_json_put_object(&o, NULL);
	assay_json_put_uint(&o, "assay_bundle", 1);
	put_quote(&o, nonce);
	if (!host->no_collateral)
		put_collateral(&o);
	if (!host->no_keys) {
		assay_json_put_object(&o, "keys");
		put_base64(&o, "hpke",
		           host->other_config.ptr ? host->other_config
		                                  : config);
		put_base64(&o, "sign", (struct assay_bytes){ host->sign, 32 });
		assay_json_put_end(&o, '}');
	}
	if (!host->no_keys && !host->no_nonce && nonce.len)
		put_base64(&o, "nonce", nonce);
	assay_json_put_end(&o, '}');
	must(o.ok, "a bundle");
	host->bundle_len = o.len;
	return text(host->bundle);
}

/* POST /message: what the enclave sees, and what it answers; false: it cannot
 * open it. */
struct message {
	uint8_t ptr[MEM];
	size_t len;
};
static struct message message, answer;

static bool enclave_answers(enum assay_inner kind, const char *said,
                            struct assay_mark *seen, struct assay_bytes *asked,
                            struct assay_err *err)
{
	static uint8_t inner[1024];
	struct assay_reply reply;
	struct assay_bytes opened;

	if (!assay_request_open(&opened, &reply, &host->config, &host->own,
	                        message.ptr, message.len, err) ||
	    !assay_inner_read(seen, asked, opened, true, err))
		return false;
	assay_inner_write(inner, kind, &host->state);
	memcpy(inner + ASSAY_INNER_LEN, said, strlen(said));
	return assay_response_seal(
		answer.ptr, &answer.len, &reply,
		(struct assay_bytes){ inner, ASSAY_INNER_LEN + strlen(said) },
		err);
}

/* ---- clients */

static struct assay_policy *policy;
static struct assay_constraint *constraint;
static const struct assay_constraint *constraints[1];
static uint8_t roots[2][64];
static struct assay_client_rules rules;

/* The code that is wanted: the host's own, or a line. */
static void want(const char *line)
{
	char mine[200], hex[65];

	assay_hex_print(hex, host->spec.sgx.mrenclave, 32, false);
	snprintf(mine, sizeof(mine), "C:%s SEC:INSECURE", hex);
	must(assay_constraint_parse(constraint, text(line ? line : mine), NULL),
	     "a constraint");
}

static void make_rules(void)
{
	policy = calloc(1, assay_policy_size());
	constraint = calloc(1, assay_constraint_size());
	must(policy && constraint, "memory");
	assay_policy_default(policy);
	constraints[0] = constraint;
	memcpy(roots[0], host->world.keys[SIM_ROOT].key, 64);
	rules = (struct assay_client_rules){
		.roots = (const uint8_t(*)[64])roots,
		.n_roots = 1,
		.policy = policy,
		.constraints = constraints,
		.n_constraints = 1,
	};
}

static struct assay_client *new_client(const struct assay_pin *pin)
{
	struct assay_client *c = assay_client_new(&rules, pin);

	must(c != NULL, "a client");
	return c;
}

static bool fetch(struct assay_client *c)
{
	char path[ASSAY_CLIENT_PATH];

	assay_client_path(c, path);
	return assay_client_attestation(c, attest(path), SIM_NOW);
}

static bool says(const struct assay_client *c, const char *rule)
{
	const struct assay_decision *d = assay_client_decision(c);

	for (size_t i = 0; i < d->n_refusals; i++)
		if (strcmp(d->refusals[i].rule, rule) == 0)
			return true;
	return false;
}

/* Whether it seals; when not, not a byte may have been written. */
static bool seals(struct assay_client *c, int64_t now, struct assay_err *err)
{
	memset(message.ptr, 0xee, 256);
	*err = (struct assay_err){ 0 };
	if (assay_client_seal(c, message.ptr, &message.len, text(SAID), now,
	                      err))
		return true;
	for (size_t i = 0; i < 256; i++)
		must(message.ptr[i] == 0xee && message.len == 0,
		     "something was written");
	return false;
}

static bool seals_nothing(struct assay_client *c)
{
	struct assay_err err;

	return !seals(c, SIM_NOW, &err) && err.check == ASSAY_K_STATE;
}

/* ---- what should be */

static void test_exchange(void)
{
	struct assay_client *c = new_client(NULL), *d = new_client(NULL);
	char path[ASSAY_CLIENT_PATH], other[ASSAY_CLIENT_PATH];
	struct assay_bytes got, asked;
	struct assay_mark seen;
	struct assay_err err;

	assay_client_path(c, path);
	assay_client_path(d, other);
	ok(strncmp(path, "attestation?nonce=", 18) == 0 &&
	           strlen(path) == 18 + 64 && strcmp(path, other) != 0,
	   "a path with a nonce of its own");
	ok(assay_client_state(c) == ASSAY_CLIENT_ATTEST && seals_nothing(c),
	   "nothing is sealed before there is an attestation");
	ok(assay_client_open(c, &got, answer.ptr, 10, &err) ==
	                   ASSAY_ANSWER_NONE &&
	           err.check == ASSAY_K_STATE,
	   "nothing is opened either");
	ok(fetch(c) && assay_client_state(c) == ASSAY_CLIENT_READY &&
	           assay_client_decision(c)->accept &&
	           assay_client_verdict(c)->genuine &&
	           assay_client_err(c)->check == ASSAY_OK,
	   "the enclave is accepted");
	ok(!assay_client_attestation(c, text(host->bundle), SIM_NOW) &&
	           assay_client_state(c) == ASSAY_CLIENT_READY,
	   "a second attestation is not asked for, and changes nothing");
	host->state = (struct assay_mark){ .number = 7, .tag = "seven" };
	ok(seals(c, SIM_NOW, &err) &&
	           message.len == strlen(SAID) + ASSAY_CLIENT_SEAL_MORE &&
	           !memmem(message.ptr, message.len, SAID, strlen(SAID)),
	   "a request is sealed");
	ok(assay_client_state(c) == ASSAY_CLIENT_WAITS && seals_nothing(c),
	   "one at a time");
	ok(seals(c, SIM_NOW, &err) == false &&
	           assay_client_failed(c, 0) == ASSAY_FATE_UNKNOWN &&
	           seals(c, SIM_NOW, &err),
	   "no answer came: it may have been processed");
	ok(enclave_answers(ASSAY_INNER_ANSWER, "yes", &seen, &asked, &err) &&
	           asked.len == strlen(SAID) &&
	           memcmp(asked.ptr, SAID, asked.len) == 0 && seen.number == 0,
	   "the enclave reads it");
	ok(assay_client_open(c, &got, answer.ptr, answer.len, &err) ==
	                   ASSAY_ANSWER_YES &&
	           got.len == 3 && memcmp(got.ptr, "yes", 3) == 0,
	   "the client reads the answer");
	ok(assay_client_pin(c)->state == 7 && seals(c, SIM_NOW, &err) &&
	           enclave_answers(ASSAY_INNER_REFUSAL, "no", &seen, &asked,
	                           &err) &&
	           seen.number == 7 && memcmp(seen.tag, "seven", 6) == 0,
	   "the next request names the state that the answer came from");
	ok(assay_client_open(c, &got, answer.ptr, answer.len, &err) ==
	                   ASSAY_ANSWER_REFUSAL &&
	           got.len == 2,
	   "a refusal");
	host->state = (struct assay_mark){ .number = 3, .tag = "three" };
	ok(seals(c, SIM_NOW, &err) &&
	           enclave_answers(ASSAY_INNER_OLD, "old", &seen, &asked,
	                           &err) &&
	           assay_client_open(c, &got, answer.ptr, answer.len, &err) ==
	                   ASSAY_ANSWER_OLD &&
	           assay_client_pin(c)->state == 7,
	   "old state: the client does not forget the newer one");
	assay_client_free(c);
	assay_client_free(d);
}

static void test_answers(void)
{
	struct assay_client *c = new_client(NULL);
	struct assay_bytes got, asked;
	struct assay_mark seen;
	struct assay_err err;
	size_t right = 0, n = 0;

	must(fetch(c) && seals(c, SIM_NOW, &err) &&
	             enclave_answers(ASSAY_INNER_ANSWER, "yes", &seen, &asked,
	                             &err),
	     "an answer");
	answer.ptr[answer.len - 1] ^= 1;
	ok(assay_client_open(c, &got, answer.ptr, answer.len, &err) ==
	                   ASSAY_ANSWER_NONE &&
	           err.check == ASSAY_H_OPEN && !got.ptr &&
	           assay_client_state(c) == ASSAY_CLIENT_READY,
	   "an altered answer");
	answer.ptr[answer.len - 1] ^= 1;
	ok(assay_client_open(c, &got, answer.ptr, answer.len, &err) ==
	                   ASSAY_ANSWER_NONE &&
	           err.check == ASSAY_K_STATE,
	   "what was answered is not answered again");
	must(seals(c, SIM_NOW, &err), "a request");
	ok(assay_client_open(c, &got, answer.ptr, answer.len, &err) ==
	                   ASSAY_ANSWER_NONE &&
	           err.check == ASSAY_H_OPEN,
	   "the answer to an earlier request");
	must(seals(c, SIM_NOW, &err), "a request");
	ok(assay_client_open(c, &got, answer.ptr, ASSAY_CLIENT_ANSWER_MAX + 1,
	                     &err) == ASSAY_ANSWER_NONE &&
	           err.check == ASSAY_K_SIZE,
	   "an answer that is longer than any");
	for (size_t len = 0; len < 76; len++, n++) {
		must(seals(c, SIM_NOW, &err) &&
		             enclave_answers(ASSAY_INNER_ANSWER, "yes", &seen,
		                             &asked, &err) &&
		             answer.len == 76,
		     "an answer");
		right += assay_client_open(c, &got, answer.ptr, len, &err) ==
		                 ASSAY_ANSWER_NONE &&
		         err.check ==
		                 (len < 48 ? ASSAY_H_RESPONSE : ASSAY_H_OPEN);
	}
	ok(right == n, "answers that were cut: %zu of %zu", right, n);
	must(seals(c, SIM_NOW, &err) &&
	             enclave_answers(ASSAY_INNER_REQUEST, "yes", &seen, &asked,
	                             &err),
	     "an answer");
	ok(assay_client_open(c, &got, answer.ptr, answer.len, &err) ==
	                   ASSAY_ANSWER_NONE &&
	           err.check == ASSAY_H_INNER && !got.ptr,
	   "a request in an answer's place");
	assay_client_free(c);
}

static void test_sizes(void)
{
	struct assay_client *c = new_client(NULL);
	uint8_t *long_one = calloc(1, ASSAY_ENCLAVE_MAX + 1);
	struct assay_bytes all = { long_one, ASSAY_ENCLAVE_MAX }, asked;
	struct assay_bytes more = { long_one, ASSAY_ENCLAVE_MAX + 1 };
	struct assay_mark seen;
	struct assay_err err;

	must(long_one && fetch(c), "a client");
	memset(message.ptr, 0xee, sizeof(message.ptr));
	ok(!assay_client_seal(c, message.ptr, &message.len, more, SIM_NOW,
	                      &err) &&
	           err.check == ASSAY_K_SIZE && message.len == 0 &&
	           message.ptr[0] == 0xee &&
	           assay_client_state(c) == ASSAY_CLIENT_READY,
	   "a request of more than 1 MiB");
	ok(assay_client_seal(c, message.ptr, &message.len, all, SIM_NOW,
	                     &err) &&
	           enclave_answers(ASSAY_INNER_ANSWER, "", &seen, &asked,
	                           &err) &&
	           asked.len == all.len,
	   "a request of 1 MiB");
	assay_client_failed(c, 0);
	ok(assay_client_seal(c, message.ptr, &message.len,
	                     (struct assay_bytes){ NULL, 0 }, SIM_NOW, &err) &&
	           enclave_answers(ASSAY_INNER_ANSWER, "", &seen, &asked,
	                           &err) &&
	           asked.len == 0,
	   "a request of nothing");
	assay_client_failed(c, 0);
	memcpy(message.ptr, SAID, strlen(SAID));
	ok(assay_client_seal(c, message.ptr, &message.len,
	                     (struct assay_bytes){ message.ptr, strlen(SAID) },
	                     SIM_NOW, &err) &&
	           enclave_answers(ASSAY_INNER_ANSWER, "", &seen, &asked,
	                           &err) &&
	           asked.len == strlen(SAID) &&
	           memcmp(asked.ptr, SAID, asked.len) == 0,
	   "a request that stands where it is sealed");
	free(long_one);
	assay_client_free(c);
}

/* ---- cheats: each is refused with its reason, and nothing is sealed */

static uint8_t mem[64];

static void swap_key(void)
{
	static struct assay_hpke_pair mine;
	static uint8_t bytes[ASSAY_KEY_CONFIG_LEN];
	struct assay_key_config config = host->config;

	must(assay_hpke_pair_new(&mine), "keys");
	memcpy(config.key, mine.key, 32);
	assay_key_config_write(bytes, &config);
	host->other_config = (struct assay_bytes){ bytes, sizeof(bytes) };
}

static void replay(void)
{
	memset(mem, 1, sizeof(mem));
	host->other_nonce = (struct assay_bytes){ mem, 32 };
}

static void replay_without(void)
{
	host->other_nonce = (struct assay_bytes){ mem, 0 };
}

static void leave_keys_out(void)
{
	host->no_keys = true;
}

static void leave_nonce_out(void)
{
	host->no_nonce = true;
}

static void leave_collateral_out(void)
{
	host->no_collateral = true;
}

static void other_program(void)
{
	host->spec.sgx.mrenclave[5] ^= 1;
}

static void forge(void)
{
	host->spec.sig = SIM_SIG_FLIPPED;
}

static void unknown_kem(void)
{
	host->config_bytes[2] = 0x10;
}

static void no_known_suite(void)
{
	host->config_bytes[40] = 9;
}

static void bad_config(void)
{
	host->config_bytes[36] = 5;
}

struct cheat {
	const char *name;
	void (*play)(void);
	const char *rule;
	enum assay_check check;
};

static const struct cheat cheats[] = {
	{ "another program", other_program, "constraint.C", ASSAY_OK },
	{ "a key of the host's own", swap_key, "keys", ASSAY_K_BOUND },
	{ "yesterday's attestation", replay, "keys", ASSAY_K_NONCE },
	{ "an attestation for anybody", replay_without, "keys", ASSAY_K_NONCE },
	{ "no keys", leave_keys_out, "keys", ASSAY_K_KEYS },
	{ "no nonce beside them", leave_nonce_out, "keys", ASSAY_K_NONCE },
	{ "no collateral", leave_collateral_out, "genuine", ASSAY_J_MISSING },
	{ "a forged quote", forge, "genuine", ASSAY_Q_SIG },
	{ "keys of another kind", unknown_kem, "keys", ASSAY_H_KEM },
	{ "ciphers that nobody knows", no_known_suite, "keys", ASSAY_H_SUITE },
	{ "keys without form", bad_config, "keys", ASSAY_H_CONFIG },
};

static void test_cheat(const struct cheat *t)
{
	struct host genuine = *host;
	struct assay_client *c = new_client(NULL);

	t->play();
	ok(!fetch(c) && assay_client_state(c) == ASSAY_CLIENT_REFUSED &&
	           !assay_client_decision(c)->accept && says(c, t->rule) &&
	           assay_client_err(c)->check == t->check,
	   "%s: refused by %s, %s", t->name, t->rule,
	   t->check ? assay_check_info(t->check)->name : "no check");
	if (assay_client_err(c)->check != t->check)
		note("%s", assay_client_err(c)->note);
	ok(seals_nothing(c), "%s: and nothing is sealed", t->name);
	*host = genuine;
	ok(!fetch(c) && assay_client_again(c) && fetch(c),
	   "%s: the truth, when it is asked again", t->name);
	assay_client_free(c);
}

static void test_roots(void)
{
	struct assay_client *c;

	memcpy(roots[1], roots[0], 64);
	memcpy(roots[0], assay_intel_root_key, 64);
	c = new_client(NULL);
	ok(!fetch(c) && assay_client_err(c)->check == ASSAY_X_ROOT_PIN &&
	           says(c, "genuine") && seals_nothing(c),
	   "a simulated machine, where Intel's root alone is trusted");
	assay_client_free(c);
	rules.n_roots = 2;
	c = new_client(NULL);
	ok(fetch(c) && assay_client_verdict(c)->simulation,
	   "a second root is trusted too");
	assay_client_free(c);
	rules.n_roots = 1;
	memcpy(roots[0], roots[1], 64);
}

static void test_bundles(void)
{
	struct assay_client *c = new_client(NULL);
	char path[ASSAY_CLIENT_PATH];
	struct assay_bytes whole;
	size_t n = 0, refused = 0;
	uint8_t *big = calloc(1, ASSAY_EVIDENCE_MAX + 1);

	must(big != NULL, "memory");
	for (size_t len = 0;; len = len * 9 / 8 + 1) {
		must(assay_client_again(c), "a nonce");
		assay_client_path(c, path);
		whole = attest(path);
		if (len >= whole.len)
			break;
		n++;
		refused += !assay_client_attestation(
				   c, (struct assay_bytes){ whole.ptr, len },
				   SIM_NOW) &&
		           assay_client_err(c)->check != ASSAY_OK &&
		           assay_client_err(c)->check != ASSAY_K_SIZE &&
		           seals_nothing(c);
	}
	ok(refused == n, "bundles that were cut: %zu of %zu", refused, n);
	ok(!assay_client_attestation(
		   c, (struct assay_bytes){ big, ASSAY_EVIDENCE_MAX + 1 },
		   SIM_NOW) &&
	           assay_client_err(c)->check == ASSAY_K_SIZE &&
	           seals_nothing(c),
	   "a bundle of more than 4 MiB");
	free(big);
	assay_client_free(c);
}

/* The verdict, but for what the nonce changes. */
static struct assay_verdict verdict_of(const struct assay_client *c)
{
	struct assay_verdict v = *assay_client_verdict(c);

	memset(v.report_data, 0, sizeof(v.report_data));
	memset(v.sgx.report_data, 0, sizeof(v.sgx.report_data));
	return v;
}

/* Whatever byte of an attestation is another, it is refused; or it is one that
 * says nothing, as most of the root's certificate, and all is as it was. */
static void test_flips(void)
{
	struct assay_client *c = new_client(NULL);
	size_t n = 0, refused = 0, step = getenv("ASSAY_LONG") ? 1 : 37;
	size_t silent = 0;
	char path[ASSAY_CLIENT_PATH];
	struct assay_bytes whole;
	struct assay_verdict want, got;
	struct assay_pin pin;

	must(fetch(c), "an attestation");
	want = verdict_of(c);
	pin = *assay_client_pin(c);
	for (size_t at = 0;; at += step, n++) {
		must(assay_client_again(c), "a nonce");
		assay_client_path(c, path);
		whole = attest(path);
		if (at >= whole.len)
			break;
		host->bundle[at] ^= 1;
		if (!assay_client_attestation(c, whole, SIM_NOW)) {
			refused += seals_nothing(c);
			continue;
		}
		got = verdict_of(c);
		silent += memcmp(&got, &want, sizeof(got)) == 0 &&
		          memcmp(assay_client_pin(c), &pin, sizeof(pin)) == 0;
	}
	ok(assay_client_attestation(c, whole, SIM_NOW), "unaltered, it is not");
	ok(refused + silent == n && silent < n / 10,
	   "bytes that were flipped: %zu refused, %zu of no account, of %zu",
	   refused, silent, n);
	assay_client_free(c);
}

/* ---- time */

static void test_age(void)
{
	struct assay_client *c = new_client(NULL);
	struct assay_err err;
	char path[ASSAY_CLIENT_PATH];
	int64_t end;

	ok(fetch(c) && seals(c, SIM_NOW + 3599, &err), "an hour is not over");
	assay_client_failed(c, 0);
	ok(!seals(c, SIM_NOW + 3600, &err) && err.check == ASSAY_K_OLD &&
	           assay_client_state(c) == ASSAY_CLIENT_ATTEST &&
	           seals_nothing(c),
	   "after an hour, an attestation is wanted again");
	ok(fetch(c) && !seals(c, SIM_NOW - 1, &err) && err.check == ASSAY_K_OLD,
	   "a clock that went back says nothing of age");
	assay_client_free(c);
	rules.max_age = INT64_C(1) << 40;
	c = new_client(NULL);
	must(fetch(c), "an attestation");
	end = assay_client_verdict(c)->fresh_until;
	ok(seals(c, end - 1, &err) &&
	           assay_client_failed(c, 0) == ASSAY_FATE_UNKNOWN &&
	           !seals(c, end, &err) && err.check == ASSAY_K_OLD,
	   "no longer than its documents, whatever the caller lets it");
	assay_client_path(c, path);
	ok(!assay_client_attestation(c, attest(path), end + 1) &&
	           says(c, "genuine") && seals_nothing(c),
	   "documents that have expired");
	assay_client_free(c);
	rules.max_age = 0;
}

static void test_without_nonce(void)
{
	struct assay_client *c;
	char path[ASSAY_CLIENT_PATH];

	rules.without_nonce = true;
	c = new_client(NULL);
	assay_client_path(c, path);
	ok(strcmp(path, "attestation") == 0 && fetch(c),
	   "without a nonce, if that is good enough");
	ok(assay_client_again(c) && (swap_key(), !fetch(c)) &&
	           assay_client_err(c)->check == ASSAY_K_BOUND,
	   "the keys are bound all the same");
	host->other_config = (struct assay_bytes){ NULL, 0 };
	assay_client_free(c);
	rules.without_nonce = false;
}

/* ---- the enclave starts anew */

struct failure {
	int status;
	enum assay_fate fate;
	enum assay_client_state state;
};

static const struct failure failures[] = {
	{ 400, ASSAY_FATE_NOT_DONE, ASSAY_CLIENT_READY },
	{ 404, ASSAY_FATE_NOT_DONE, ASSAY_CLIENT_READY },
	{ 405, ASSAY_FATE_NOT_DONE, ASSAY_CLIENT_READY },
	{ 409, ASSAY_FATE_NOT_DONE, ASSAY_CLIENT_ATTEST },
	{ 410, ASSAY_FATE_NOT_DONE, ASSAY_CLIENT_ATTEST },
	{ 413, ASSAY_FATE_NOT_DONE, ASSAY_CLIENT_READY },
	{ 415, ASSAY_FATE_NOT_DONE, ASSAY_CLIENT_READY },
	{ 429, ASSAY_FATE_NOT_DONE, ASSAY_CLIENT_READY },
	{ 500, ASSAY_FATE_UNKNOWN, ASSAY_CLIENT_READY },
	{ 502, ASSAY_FATE_UNKNOWN, ASSAY_CLIENT_ATTEST },
	{ 503, ASSAY_FATE_NOT_DONE, ASSAY_CLIENT_ATTEST },
	{ 504, ASSAY_FATE_UNKNOWN, ASSAY_CLIENT_READY },
	{ 302, ASSAY_FATE_UNKNOWN, ASSAY_CLIENT_READY },
	{ 0, ASSAY_FATE_UNKNOWN, ASSAY_CLIENT_READY },
};

static void test_failures(void)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++) {
		const struct failure *t = &failures[i];
		struct assay_client *c = new_client(NULL);
		struct assay_err err;

		must(fetch(c) && seals(c, SIM_NOW, &err), "a request");
		ok(assay_client_failed(c, t->status) == t->fate &&
		           assay_client_state(c) == t->state,
		   "status %d", t->status);
		assay_client_free(c);
	}
}

static void test_restart(void)
{
	struct assay_client *c = new_client(NULL);
	struct assay_bytes asked;
	struct assay_mark seen;
	struct assay_err err;
	char path[ASSAY_CLIENT_PATH], later[ASSAY_CLIENT_PATH];

	assay_client_path(c, path);
	must(fetch(c) && seals(c, SIM_NOW, &err), "a request");
	start_enclave();
	ok(!enclave_answers(ASSAY_INNER_ANSWER, "", &seen, &asked, &err) &&
	           err.check == ASSAY_H_KEY,
	   "after a start, the enclave cannot read what is for its old keys");
	ok(assay_client_failed(c, 409) == ASSAY_FATE_NOT_DONE &&
	           seals_nothing(c),
	   "nothing is sealed until it has proved itself again");
	assay_client_path(c, later);
	ok(strcmp(path, later) != 0, "with another nonce");
	ok(fetch(c) && seals(c, SIM_NOW, &err) &&
	           enclave_answers(ASSAY_INNER_ANSWER, "", &seen, &asked, &err),
	   "then it is, and the enclave reads it");
	assay_client_failed(c, 502);
	host->spec.sgx.mrenclave[0] ^= 1;
	ok(!fetch(c) && says(c, "constraint.C") && seals_nothing(c),
	   "another program in its place is refused");
	host->spec.sgx.mrenclave[0] ^= 1;
	assay_client_free(c);
}

/* Each version of a program is accepted by its signer, product and level, until
 * the level is raised. */
static void test_upgrade(void)
{
	const uint16_t level = host->spec.sgx.isv_svn;
	char line[300], hex[65];
	struct assay_client *c = new_client(NULL);

	assay_hex_print(hex, host->spec.sgx.mrsigner, 32, false);
	/* a revocation level is one less than the ISVSVN [CONCLAVE 1.1] */
	snprintf(line, sizeof(line), "S:%s PROD:%u REVOKE:%u SEC:INSECURE", hex,
	         host->spec.sgx.isv_prod_id, level - 1);
	want(line);
	ok(fetch(c), "version 1, accepted by its signer");
	host->spec.sgx.mrenclave[0] ^= 1;
	host->spec.sgx.isv_svn++;
	ok(assay_client_failed(c, 503) == ASSAY_FATE_NOT_DONE && fetch(c),
	   "version 2, accepted by its signer");
	snprintf(line, sizeof(line), "S:%s PROD:%u REVOKE:%u SEC:INSECURE", hex,
	         host->spec.sgx.isv_prod_id, level);
	want(line);
	ok(assay_client_again(c) && fetch(c),
	   "version 2, when version 1 is revoked");
	host->spec.sgx.mrenclave[0] ^= 1;
	host->spec.sgx.isv_svn = level;
	ok(assay_client_again(c) && !fetch(c) && says(c, "constraint.REVOKE") &&
	           seals_nothing(c),
	   "version 1 is refused");
	want(NULL);
	assay_client_free(c);
}

/* ---- pins */

static bool differs(const struct assay_difference *d, size_t n,
                    const char *field)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(d[i].field, field) == 0)
			return strcmp(d[i].was, d[i].is) != 0;
	return false;
}

static void test_pin(void)
{
	struct assay_difference d[ASSAY_PIN_MAX_FIELDS];
	struct assay_client *c = new_client(NULL);
	struct assay_pin pin, back;
	char line[300], hex[65];
	size_t n;

	must(fetch(c), "an attestation");
	pin = *assay_client_pin(c);
	assay_client_free(c);
	c = new_client(&pin);
	start_enclave();
	ok(fetch(c) && assay_client_state(c) == ASSAY_CLIENT_READY,
	   "the same program, started anew, is who it was");
	n = assay_pin_compare(d, &pin, assay_client_pin(c));
	ok(n == 1 && differs(d, n, "keys"), "its keys are others");
	assay_client_free(c);

	assay_hex_print(hex, host->spec.sgx.mrsigner, 32, false);
	snprintf(line, sizeof(line), "S:%s PROD:%u SEC:INSECURE", hex,
	         host->spec.sgx.isv_prod_id);
	want(line);
	host->spec.sgx.mrenclave[0] ^= 1;
	host->spec.sgx.isv_svn++;
	c = new_client(&pin);
	ok(fetch(c) && assay_client_state(c) == ASSAY_CLIENT_CHANGED &&
	           seals_nothing(c),
	   "another one, though good enough, is not sealed to");
	n = assay_pin_compare(d, &pin, assay_client_pin(c));
	ok(n == 3 && differs(d, n, "keys") && differs(d, n, "mrenclave") &&
	           differs(d, n, "level"),
	   "the difference is told");
	ok(assay_client_again(c) && fetch(c) &&
	           assay_client_state(c) == ASSAY_CLIENT_CHANGED,
	   "asking again does not make it who it was");
	assay_client_accept_change(c);
	ok(assay_client_state(c) == ASSAY_CLIENT_READY,
	   "but the caller's word does");
	back = *assay_client_pin(c);
	ok(assay_client_again(c) && fetch(c) &&
	           assay_client_state(c) == ASSAY_CLIENT_READY &&
	           assay_pin_compare(d, &back, assay_client_pin(c)) == 0,
	   "from then on");
	assay_client_accept_change(c);
	ok(assay_client_again(c) &&
	           (assay_client_accept_change(c),
	            assay_client_state(c) == ASSAY_CLIENT_ATTEST),
	   "where nothing changed, there is nothing to accept");
	host->spec.sgx.mrenclave[0] ^= 1;
	host->spec.sgx.isv_svn--;
	want(NULL);
	assay_client_free(c);
}

static void test_pin_text(void)
{
	struct assay_difference d[ASSAY_PIN_MAX_FIELDS];
	const struct assay_pin none = { .state = 0 };
	struct assay_pin pin, back;
	struct assay_client *c = new_client(NULL);
	char line[ASSAY_PIN_TEXT], again[ASSAY_PIN_TEXT];
	struct assay_err err;
	size_t len, right = 0, n;

	must(fetch(c), "an attestation");
	pin = *assay_client_pin(c);
	pin.state = UINT64_MAX;
	len = assay_pin_print(&pin, line);
	ok(len == strlen(line) && assay_pin_parse(&back, text(line), NULL) &&
	           memcmp(&back, &pin, sizeof(pin)) == 0,
	   "a pin's text is read as it was printed");
	n = assay_pin_compare(d, &none, &pin);
	ok(n == 8 && strcmp(d[0].field, "tee") == 0 && !d[1].was[0],
	   "beside nothing, all of it is new");
	for (size_t i = 0; i < len; i++) {
		err.check = ASSAY_OK;
		right += !assay_pin_parse(&back,
		                          (struct assay_bytes){ (uint8_t *)line,
		                                                i },
		                          &err) &&
		         err.check == ASSAY_K_PIN && err.at <= i &&
		         back.tee == ASSAY_TEE_NONE;
	}
	ok(right == len, "pins that were cut: %zu of %zu", right, len);
	right = 0;
	for (size_t i = 0; i < len; i++) {
		line[i] ^= 0x10;
		right += !assay_pin_parse(&back, text(line), NULL) ||
		         (assay_pin_print(&back, again) == len &&
		          strcmp(line, again) == 0);
		line[i] ^= 0x10;
	}
	/* an upper-case digit is the one that is printed in another way */
	ok(right == len, "changed pins: refused, or what they say: %zu of %zu",
	   right, len);
	ok(!assay_pin_parse(&back, text("assay-pin-1 amd\n"), &err) &&
	           err.check == ASSAY_K_PIN && err.at == 0,
	   "a pin of another kind");
	assay_client_free(c);
}

static void test_td(void)
{
	struct assay_difference d[ASSAY_PIN_MAX_FIELDS];
	struct assay_client *c;
	struct assay_pin was, is;
	char line[ASSAY_PIN_TEXT];
	struct assay_err err;

	start_host(SIM_TDX_V4);
	memcpy(roots[0], host->world.keys[SIM_ROOT].key, 64);
	must(assay_policy_parse(policy,
	                        text("{\"simulation\":true,\"any_code\":true}"),
	                        &err),
	     "a policy");
	rules.n_constraints = 0;
	c = new_client(NULL);
	ok(fetch(c) && seals(c, SIM_NOW, &err), "a TD is accepted");
	was = *assay_client_pin(c);
	assay_client_free(c);
	assay_pin_print(&was, line);
	ok(strstr(line, "\nmrtd ") && strstr(line, "\nrtmr3 ") &&
	           assay_pin_parse(&is, text(line), NULL) &&
	           memcmp(&was, &is, sizeof(is)) == 0,
	   "a TD's pin is read as it was printed");
	c = new_client(&was);
	host->spec.td.rtmr[2][0] ^= 1;
	ok(fetch(c) && assay_client_state(c) == ASSAY_CLIENT_CHANGED &&
	           assay_pin_compare(d, &was, assay_client_pin(c)) == 1 &&
	           strcmp(d[0].field, "rtmr2") == 0,
	   "another kernel in it is noticed");
	assay_client_free(c);
	free_host();
}

int main(void)
{
	start_host(SIM_SGX_V4);
	make_rules();
	want(NULL);
	test_exchange();
	test_answers();
	test_sizes();
	for (size_t i = 0; i < sizeof(cheats) / sizeof(*cheats); i++)
		test_cheat(&cheats[i]);
	test_roots();
	test_bundles();
	test_flips();
	test_age();
	test_without_nonce();
	test_failures();
	test_restart();
	test_upgrade();
	test_pin();
	test_pin_text();
	free_host();
	test_td();
	free(policy);
	free(constraint);
	return done();
}
