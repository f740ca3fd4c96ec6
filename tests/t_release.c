/*
 * t_release.c - secrets and who gets them: at the service's address and at the
 * door of RA-TLS.  Around them stands a service of this file, whose log, nonces
 * and store can fail; judging, sealing, TLS and HTTP are the real ones.
 */
#include <fcntl.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "crypto/signkey.h"
#include "format/bundle.h"
#include "h_ratls.h"
#include "net/http.h"
#include "seal/released.h"
#include "service/provision.h"
#include "service/release.h"
#include "tap.h"

static char dir[] = "/tmp/t_release.XXXXXX";
static struct sim_world world;
static struct service service;

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- the service around it */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct buf log_text; /* a line for each entry */
static bool log_fails;
static uint8_t nonce[SERVICE_NONCE_LEN];
static bool nonce_ours, nonce_used, nonce_old, store_fails;
static unsigned n_taken, n_judged;
static bool caller_may;

int64_t service_now(const struct service *s)
{
	(void)s;
	return SIM_NOW;
}

bool service_may(struct service_caller *caller, struct http_answer *answer,
                 struct service *s, const struct http_request *request,
                 enum service_scope scope)
{
	(void)s, (void)request;
	*caller = (struct service_caller){ scope, "alice" };
	if (!caller_may)
		answer->status = 403;
	return caller_may;
}

void service_problem(struct http_answer *answer, unsigned status,
                     const char *title, const char *fmt, ...)
{
	va_list ap;
	char detail[SERVICE_WHY];

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	answer->status = status;
	answer->type = "application/problem+json";
	buf_clear(&answer->body);
	buf_printf(&answer->body, "%s: %s", title, detail);
}

void service_json(struct http_answer *answer,
                  void (*put)(struct assay_json_out *o, const void *arg),
                  const void *arg)
{
	static char mem[4096];
	struct assay_json_out o;

	assay_json_begin(&o, mem, sizeof(mem));
	assay_json_put_object(&o, NULL);
	put(&o, arg);
	assay_json_put_end(&o, '}');
	must(o.ok);
	answer->status = 200;
	answer->type = "application/json";
	buf_put(&answer->body, mem, o.len);
}

bool service_log(struct service *s, const char *what, const char *who,
                 struct assay_bytes data)
{
	(void)s;
	usleep(1000); /* as a disk would take */
	pthread_mutex_lock(&lock);
	if (!log_fails)
		buf_printf(&log_text, "%s %s %.*s\n", what, who, (int)data.len,
		           data.ptr);
	pthread_mutex_unlock(&lock);
	return !log_fails;
}

bool service_nonce_is_ours(const struct service *s, struct assay_bytes n)
{
	(void)s;
	return nonce_ours && n.len == sizeof(nonce) &&
	       memcmp(n.ptr, nonce, sizeof(nonce)) == 0;
}

enum store_found service_nonce_take(struct service *s, const char *door,
                                    struct assay_bytes n, int64_t now,
                                    char why[SERVICE_WHY])
{
	(void)s, (void)door, (void)n, (void)now;
	n_taken++;
	if (store_fails)
		return STORE_FAILED;
	if (nonce_used || nonce_old) {
		snprintf(why, SERVICE_WHY, "%s",
		         nonce_old ? "too old" : "used before");
		return STORE_FOUND;
	}
	nonce_used = true;
	return STORE_NONE;
}

const char *service_issuer(const struct service *s)
{
	(void)s;
	return "assay";
}

bool service_is_name(const char *name)
{
	return *name && *name != '.' && !strpbrk(name, "/ \n");
}

bool service_path_name(const char **name, struct http_answer *answer,
                       const struct http_request *request, const char *prefix)
{
	*name = http_path(request) + strlen(prefix);
	if (!service_is_name(*name))
		answer->status = 400;
	return service_is_name(*name);
}

struct held {
	struct judgement j;
	uint8_t *mem;
};

static void decide(struct service_case *c, struct held *h,
                   struct assay_bytes rules)
{
	const struct judge_wants wants = { .nonce = c->nonce };
	struct assay_terms terms = { .now = SIM_NOW };
	struct assay_policy *policy = malloc(assay_policy_size());
	void *trust = malloc(assay_trust_size());
	struct assay_collateral documents;
	struct assay_err err;

	sim_world_collateral(&documents, &world);
	must(policy && trust && assay_policy_parse(policy, rules, &err));
	if (!assay_verify_evidence(&h->j.verdict, trust, NULL, &h->j.evidence,
	                           &documents, world.keys[SIM_ROOT].key,
	                           &terms))
		note("%s", h->j.verdict.failed.note);
	judge_appraise(&h->j, policy, NULL, 0, &wants);
	free(policy);
	free(trust);
}

bool service_judge(struct service_case *c, struct service *s, unsigned *status,
                   char why[SERVICE_WHY])
{
	struct held *h = calloc(1, sizeof(*h));
	struct assay_scratch scratch = { .len = c->body.len };
	struct store_version version;
	struct buf rules = { 0 };
	struct assay_err err;

	must(h != NULL);
	h->mem = scratch.ptr = malloc(c->body.len + 1);
	n_judged++;
	if (!assay_evidence_read(&h->j.evidence, c->body, &scratch, &err) ||
	    store_get_version(s->store, &version, &rules, "policy", c->policy,
	                      c->policy_version) != STORE_FOUND) {
		*status = 400;
		snprintf(why, SERVICE_WHY, "no evidence, or no policy");
		free(h->mem);
		free(h);
		buf_free(&rules);
		return false;
	}
	h->j.readable = true;
	c->version = version.number;
	assay_sha256(c->policy_hash, buf_bytes(&rules));
	assay_sha256(c->evidence_hash, c->body);
	decide(c, h, buf_bytes(&rules));
	buf_free(&rules);
	c->judgement = &h->j;
	return true;
}

void service_case_free(struct service_case *c)
{
	struct held *h = (struct held *)c->judgement;

	if (!h)
		return;
	free(h->mem);
	free(h);
}

static char trouble[256]; /* the last that was told */

void service_tell(struct service *s, const char *what, const char *why)
{
	(void)s;
	snprintf(trouble, sizeof(trouble), "%s: %s", what, why);
}

/* The entries; the caller frees nothing. */
static const char *logged(void)
{
	static char text[1 << 16];

	pthread_mutex_lock(&lock);
	snprintf(text, sizeof(text), "%.*s", (int)log_text.len,
	         log_text.ptr ? (const char *)log_text.ptr : "");
	buf_clear(&log_text);
	pthread_mutex_unlock(&lock);
	return text;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void add_policy(const char *name, const char *rules)
{
	unsigned number;

	must(store_add_version(service.store, &number, "policy", name,
	                       buf_text(rules), "bob", SIM_NOW));
}

/* ---- asking over HTTP */

static const struct http_route routes[] = {
	{ .path = "/v1/secrets", .answer = service_secrets_get },
	{ .path = "/v1/secrets/*",
	  .answer = service_secrets_post,
	  .body_max = 1 << 20 },
	{ .path = "/v1/keys/*",
	  .answer = service_keys_post,
	  .body_max = 1 << 20 },
	{ 0 },
};

static void on_error(struct http_answer *answer, unsigned status)
{
	answer->status = status;
}

static struct net_client *client;
static struct net_answer got;
static uint16_t port;

static unsigned ask(const char *path, struct assay_bytes body, bool post)
{
	char url[200];
	struct net_request request = {
		.url = url,
		.type = post ? "application/octet-stream" : NULL,
		.body = body,
		.answer_max = 1 << 20,
	};
	struct net_err err;

	net_forget(&got);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
	if (!net_ask(client, &got, &request, &err)) {
		note("%s", err.text);
		return 0;
	}
	return got.status;
}

static unsigned bring(const char *path, const char *secret)
{
	return ask(path, buf_text(secret), true);
}

static bool said(const char *what)
{
	return got.body && strstr((const char *)got.body, what);
}

/* ---- an enclave: its keys, and a bundle that speaks for them */

struct enclave {
	struct assay_hpke_pair pair;
	struct assay_key_config config;
	uint8_t bytes[ASSAY_KEY_CONFIG_LEN], sign[32];
	bool no_nonce, other_key, other_code, debug;
	char bundle[1 << 16];
};

static void start(struct enclave *e)
{
	memset(e, 0, sizeof(*e));
	must(assay_hpke_pair_new(&e->pair) &&
	     assay_random(e->sign, sizeof(e->sign)));
	e->config.id = 9;
	e->config.aead = ASSAY_AES_256_GCM;
	memcpy(e->config.key, e->pair.key, sizeof(e->config.key));
	assay_key_config_write(e->bytes, &e->config);
}

static struct assay_bytes attest(struct enclave *e)
{
	const struct assay_bytes hpke = { e->bytes, sizeof(e->bytes) };
	const struct assay_bytes sign = { e->sign, sizeof(e->sign) };
	const struct assay_bytes asked = { nonce,
		                           e->no_nonce ? 0 : sizeof(nonce) };
	struct sim_quote_spec spec = world.quote_spec;
	struct buf quote = { 0 };
	struct assay_json_out o;

	assay_keys_hash(spec.sgx.report_data, hpke, sign, asked);
	if (e->other_code)
		spec.sgx.mrenclave[0] ^= 1;
	if (e->debug)
		spec.sgx.flags |= 2;
	must(sim_world_quote(&quote, &world, &spec));
	e->bytes[10] ^= e->other_key;
	assay_json_begin(&o, e->bundle, sizeof(e->bundle));
	assay_json_put_object(&o, NULL);
	assay_bundle_put(&o, &(struct assay_bundle){ .quote = buf_bytes(&quote),
	                                             .hpke = hpke,
	                                             .sign = sign,
	                                             .nonce = asked,
	                                             .has_nonce = asked.len > 0,
	                                             .at = SIM_NOW });
	assay_json_put_end(&o, '}');
	must(o.ok);
	e->bytes[10] ^= e->other_key;
	buf_free(&quote);
	return (struct assay_bytes){ (const uint8_t *)e->bundle, o.len };
}

static void challenge(void)
{
	must(assay_random(nonce, sizeof(nonce)));
	nonce_ours = true;
	nonce_used = false;
	n_taken = 0;
}

static uint8_t release_key[32]; /* as the service said when it started */
static uint32_t opened_version; /* of the secret that was opened last */

/* Whether the enclave opens what was answered, as this. */
static bool opens(const struct enclave *e, const char *called, const char *name,
                  const char *want)
{
	struct assay_released front = { .service = buf_text(called),
		                        .name = buf_text(name) };
	uint8_t *out = malloc(got.len + 1);
	struct assay_err err = { 0 };
	size_t len = 1;
	bool good;

	must(out != NULL);
	opened_version = 0;
	good = assay_released_open(out, &len, &front, e->config.aead, &e->pair,
	                           release_key,
	                           (struct assay_bytes){ got.body, got.len },
	                           &err) &&
	       len == strlen(want) && !memcmp(out, want, len);
	free(out);
	opened_version = front.version;
	return good;
}

/* ---- the key that secrets are known by */

/* Another node: the same store; its own key-encryption key, or the same. */
static bool key_of_node(uint8_t key[32], const char *folder,
                        char why[SERVICE_WHY])
{
	struct service node = { .store = service.store };
	bool good;

	node.keys = service_keys_open(folder, NULL, why);
	must(node.keys != NULL);
	good = service_release_key(key, &node, why);
	service_keys_close(node.keys);
	return good;
}

static void *ask_key(void *arg)
{
	char why[SERVICE_WHY];

	must(key_of_node(arg, dir, why));
	return NULL;
}

/* All who need it at once have one. */
static void test_first_key(void)
{
	enum { N = 4 };
	static uint8_t key[N][32];
	char why[SERVICE_WHY];
	pthread_t thread[N];
	int same = 0;

	log_fails = true;
	ok(!service_release_key(release_key, &service, why) &&
	           strstr(why, "log"),
	   "no release key that is not in the log: %s", why);
	ok(bring("/v1/secrets/db?policy=code", "s") == 503 && said("log"),
	   "and no secret without one");
	log_fails = false;
	for (int i = 0; i < N; i++)
		must(!pthread_create(&thread[i], NULL, ask_key, key[i]));
	for (int i = 0; i < N; i++)
		must(!pthread_join(thread[i], NULL));
	ok(service_release_key(release_key, &service, why),
	   "the release key is there");
	for (int i = 0; i < N; i++)
		same += !memcmp(key[i], release_key, sizeof(release_key));
	ok(same == N, "the same for all nodes");
	ok(strstr(logged(), "release-key.made assay serve {\"key\":\""),
	   "and in the log");
	ok(key_of_node(key[0], dir, why) &&
	           !memcmp(key[0], release_key, sizeof(release_key)) &&
	           !*logged(),
	   "and once it is there none is made");
}

/* Who can write into the store. */
static void test_other_key(void)
{
	struct buf row = { 0 }, other = { 0 };
	char folder[64], why[SERVICE_WHY];
	uint8_t key[32];

	snprintf(folder, sizeof(folder), "%s/other", dir);
	must(mkdir(folder, 0700) == 0);
	ok(!key_of_node(key, folder, why) && strstr(why, "kek"),
	   "a node that wraps by another key has none: %s", why);
	must(store_get(service.store, &row, "setting", "release-key") ==
	             STORE_FOUND &&
	     store_get(service.store, &other, "secret", "db") == STORE_FOUND);
	must(store_put(service.store, "setting", "release-key",
	               buf_bytes(&other)));
	ok(!key_of_node(key, dir, why), "a secret in its place: %s", why);
	must(store_put(service.store, "setting", "release-key",
	               buf_bytes(&row)));
	ok(key_of_node(key, dir, why), "and as it was");
	buf_free(&row);
	buf_free(&other);
}

/* ---- secrets */

static void test_secrets(void)
{
	struct buf big = { 0 };
	char hex[65];

	caller_may = false;
	ok(bring("/v1/secrets/db?policy=code", "s") == 403 &&
	           ask("/v1/secrets", buf_text(""), false) == 403 &&
	           bring("/v1/keys/db", "{}") == 403 && !*logged(),
	   "nobody may who may not");
	caller_may = true;
	ok(bring("/v1/secrets/db", "s") == 400, "no policy");
	ok(bring("/v1/secrets/db?policy=code&policy=code", "s") == 400,
	   "two policies");
	ok(bring("/v1/secrets/db?policy=none", "s") == 404 &&
	           said("no policy of this name"),
	   "a policy that is not there");
	ok(bring("/v1/secrets/.db?policy=code", "s") == 400 &&
	           bring("/v1/secrets/a%20b?policy=code", "s") == 400 &&
	           bring("/v1/secrets/a/b?policy=code", "s") == 400 &&
	           bring("/v1/secrets/?policy=code", "s") == 400,
	   "names that are none");
	ok(bring("/v1/secrets/db?policy=code", "") == 400,
	   "no secret, and none is there");
	buf_put_zeros(&big, WRAP_SECRET_MAX + 1);
	ok(ask("/v1/secrets/db?policy=code", buf_bytes(&big), true) == 413,
	   "too long a secret");
	buf_free(&big);
	log_fails = true;
	ok(bring("/v1/secrets/db?policy=code", "s") == 503, "without a log");
	log_fails = false;
	ok(ask("/v1/secrets", buf_text(""), false) == 200 &&
	           said(",\"secrets\":[]}") && !*logged(),
	   "nothing was kept");

	ok(bring("/v1/secrets/db?policy=code", "hunter2") == 200 &&
	           said("\"name\":\"db\",\"version\":1,\"policy\":\"code\","
	                "\"policy_version\":1"),
	   "a secret is kept");
	assay_hex_print(hex, release_key, sizeof(release_key), false);
	ok(ask("/v1/secrets", buf_text(""), false) == 200 && said(hex) &&
	           said("\"name\":\"db\"") && said("\"by\":\"alice\"") &&
	           !said("hunter2"),
	   "and listed, without its bytes");
	const char *text = logged();
	ok(count(text, "secret.kept alice") == 1 && !strstr(text, "hunter2"),
	   "and logged, without its bytes");
}

/* ---- releases */

static void test_release(void)
{
	static struct enclave e, thief;
	const char *text;

	start(&e);
	start(&thief);
	challenge();
	ok(ask("/v1/keys/db", attest(&e), true) == 200 &&
	           opens(&e, "assay", "db", "hunter2"),
	   "the enclave has the secret");
	ok(!opens(&thief, "assay", "db", "hunter2"), "another has it not");
	ok(!opens(&e, "other", "db", "hunter2") &&
	           !opens(&e, "assay", "dc", "hunter2"),
	   "nor does it open as of another service or name");
	text = logged();
	ok(count(text, "key.released alice") == 1 &&
	           strstr(text, "\"secret\":\"db\"") &&
	           strstr(text, "\"mrenclave\":\"") &&
	           strstr(text, "\"simulation\":true") &&
	           !strstr(text, "hunter2"),
	   "logged");

	ok(ask("/v1/keys/db", buf_text(e.bundle), true) == 403 &&
	           said("used before") &&
	           count(logged(), "key.refused alice") == 1,
	   "the same bundle again");
	ok(ask("/v1/keys/none", buf_text(e.bundle), true) == 404,
	   "another secret");

	challenge();
	log_fails = true;
	ok(ask("/v1/keys/db", attest(&e), true) == 503 && !said("hunter2") &&
	           !opens(&e, "assay", "db", "hunter2"),
	   "what cannot be logged does not leave");
	log_fails = false;
}

static unsigned refused(struct enclave *e, const char *path)
{
	unsigned status;

	n_taken = n_judged = 0;
	status = ask(path, attest(e), true);
	if (n_taken || opens(e, "assay", "db", "hunter2"))
		status = 0;
	return status;
}

static void test_refused(void)
{
	static struct enclave e;
	struct assay_bytes bundle;

	logged();
	start(&e);
	challenge();
	e.other_key = true;
	ok(refused(&e, "/v1/keys/db") == 403, "another key");
	e.other_key = false;
	e.other_code = true;
	ok(refused(&e, "/v1/keys/db") == 403, "other code");
	e.other_code = false;
	e.debug = true;
	ok(refused(&e, "/v1/keys/db") == 403, "debug mode");
	e.debug = false;
	ok(count(logged(), "key.refused") == 3, "all in the log");
	must(bring("/v1/secrets/real?policy=real", "gold") == 200);
	ok(refused(&e, "/v1/keys/real") == 403,
	   "a simulated machine, where the policy does not allow it");
	e.no_nonce = true;
	ok(refused(&e, "/v1/keys/db") == 400 && n_judged == 0,
	   "no nonce: nothing is judged");
	e.no_nonce = false;
	nonce_ours = false;
	ok(refused(&e, "/v1/keys/db") == 400 && n_judged == 0,
	   "nor where it is another's");
	nonce_ours = true;
	nonce_old = true;
	ok(ask("/v1/keys/db", attest(&e), true) == 403 && said("too old"),
	   "a nonce that is too old");
	nonce_old = false;
	store_fails = true;
	ok(ask("/v1/keys/db", attest(&e), true) == 503 && said("try again"),
	   "a store that does not answer is no reason to ask for another "
	   "nonce");
	store_fails = false;
	bundle = attest(&e);
	bundle.len--;
	ok(ask("/v1/keys/db", bundle, true) == 400, "half a bundle");
	ok(bring("/v1/keys/db", "") == 400, "nothing");
	ok(refused(&e, "/v1/keys/.db") == 400, "no name");
	ok(ask("/v1/keys/db", attest(&e), true) == 200 &&
	           opens(&e, "assay", "db", "hunter2"),
	   "and for all that the nonce was not used up");
	logged();
}

static void *bring_some(void *arg)
{
	char url[100];
	const char *const headers[] = { NULL };
	unsigned long *seen = arg;
	struct net_client *own = net_start(NULL);
	struct net_answer a;
	struct net_err err;
	const char *at;

	must(own != NULL);
	snprintf(url, sizeof(url),
	         "http://127.0.0.1:%u/v1/secrets/race?policy=any", port);
	for (int i = 0; i < 10; i++) {
		must(net_ask(own, &a,
		             &(struct net_request){
				     .url = url,
				     .type = "application/octet-stream",
				     .body = buf_text("s"),
				     .headers = headers,
				     .answer_max = 1 << 16 },
		             &err) &&
		     a.status == 200);
		at = strstr((const char *)a.body, "\"version\":");
		must(at != NULL);
		seen[i] = strtoul(at + 10, NULL, 10);
		net_forget(&a);
	}
	net_end(own);
	return NULL;
}

/* No two that are brought are the same version. */
static void test_versions(void)
{
	static unsigned long seen[4][10];
	struct service_turn other = { 0 };
	bool had[41] = { false };
	pthread_t thread[4];
	unsigned n = 0;

	for (int i = 0; i < 4; i++)
		must(!pthread_create(&thread[i], NULL, bring_some, seen[i]));
	for (int i = 0; i < 4; i++)
		must(!pthread_join(thread[i], NULL));
	for (int i = 0; i < 40; i++) {
		unsigned long v = seen[i / 10][i % 10];

		if (v <= 40 && !had[v])
			n++;
		had[v <= 40 ? v : 0] = true;
	}
	ok(n == 40, "forty at once are forty versions");
	must(service_turn(&other, &service, "secret", "race", 41) ==
	     STORE_NONE);
	ok(bring("/v1/secrets/race?policy=any", "s") == 409 &&
	           said("Another node"),
	   "what another node is bringing is not brought");
	logged();
}

/* Each secret goes on by the policy that it was attached to. */
static void test_policies(void)
{
	static struct enclave e;
	struct buf row = { 0 }, other = { 0 };

	start(&e);
	add_policy("code", "{\"simulation\":true,\"mrenclave\":"
	                   "[\"0000000000000000000000000000000000000000000000"
	                   "000000000000000000\"]}");
	challenge();
	ok(ask("/v1/keys/db", attest(&e), true) == 200,
	   "a newer version of the policy changes nothing");
	ok(bring("/v1/secrets/db?policy=code", "") == 200 &&
	           said("\"version\":2") && said("\"policy_version\":2"),
	   "until the secret is attached anew");
	challenge();
	ok(refused(&e, "/v1/keys/db") == 403, "then it does");
	ok(bring("/v1/secrets/db?policy=any", "") == 200,
	   "attached to another");
	challenge();
	ok(ask("/v1/keys/db", attest(&e), true) == 200 &&
	           opens(&e, "assay", "db", "hunter2") && opened_version == 3,
	   "the same secret by another policy, as a newer version");

	/* who can write into the store */
	must(bring("/v1/secrets/dc?policy=any", "other") == 200);
	must(store_get(service.store, &row, "secret", "db") == STORE_FOUND &&
	     store_get(service.store, &other, "secret", "real") == STORE_FOUND);
	must(store_put(service.store, "secret", "dc", buf_bytes(&row)));
	challenge();
	ok(ask("/v1/keys/dc", attest(&e), true) == 500, "a row moved");
	buf_clear(&row);
	buf_put_bytes(&row, buf_bytes(&other));
	for (size_t i = 0; i + 4 < row.len; i++)
		if (!memcmp(row.ptr + i, "\4real", 5)) {
			memcpy(row.ptr + i, "\3any", 4);
			memmove(row.ptr + i + 4, row.ptr + i + 5,
			        row.len - i - 5);
			row.len--;
			break;
		}
	must(store_put(service.store, "secret", "real", buf_bytes(&row)));
	challenge();
	ok(ask("/v1/keys/real", attest(&e), true) == 500,
	   "a row that names a laxer policy");
	must(store_put(service.store, "secret", "real", buf_text("nonsense")));
	challenge();
	ok(ask("/v1/keys/real", attest(&e), true) == 500, "no row");
	ok(bring("/v1/secrets/real?policy=any", "again") == 500 &&
	           said("damaged"),
	   "which does not begin again at version 1");
	must(store_put(service.store, "secret", "real", buf_bytes(&other)));
	must(store_drop(service.store, "secret", "dc"));
	buf_free(&row);
	buf_free(&other);
}

static void test_bounded_log(void)
{
	static struct enclave e;
	unsigned n;

	start(&e);
	e.other_code = true;
	challenge();
	must(bring("/v1/secrets/db?policy=code", "hunter2") == 200);
	attest(&e);
	logged();
	for (int i = 0; i < 40; i++)
		must(ask("/v1/keys/db", buf_text(e.bundle), true) == 403);
	n = count(logged(), "key.refused");
	ok(n > 0 && n <= 20, "of 40 refusals %u are written down", n);
}

/* ---- at the door of RA-TLS */

static struct provision *door;

static void test_provision(void)
{
	static const struct ratls_spec standard = { .standard = true,
		                                    .alg = 1 },
				       gramine = { .gramine = true };
	struct ratls_visit v = { 0 };
	const char *text;

	logged();
	ratls_certify(&v, &world, &standard);
	ratls_visit(&v, provision_port(door));
	ok(v.shaken && ratls_got(&v, "second"),
	   "the first secret, by name, whose policy accepts");
	text = logged();
	ok(count(text, "key.released 127.0.0.1") == 1 &&
	           strstr(text, "\"secret\":\"p2\"") &&
	           strstr(text, "\"door\":\"ra-tls\"") &&
	           count(text, "key.refused") == 1 && !strstr(text, "second"),
	   "logged");
	v.version = TLS1_2_VERSION;
	ratls_visit(&v, provision_port(door));
	ok(ratls_got(&v, "second"), "over TLS 1.2");
	ratls_visit(&v, provision_port(door));
	ok(ratls_got(&v, "second") && !v.resumed, "and no session goes on");
	v.version = TLS1_3_VERSION;
	ratls_visit(&v, provision_port(door));
	ratls_visit(&v, provision_port(door));
	ok(ratls_got(&v, "second") && !v.resumed &&
	           SSL_SESSION_get_max_early_data(v.session) == 0,
	   "nor over TLS 1.3, and nothing comes early");
	v.version = TLS1_1_VERSION;
	ratls_visit(&v, provision_port(door));
	ok(!v.shaken && !v.len, "nothing over TLS 1.1");
	v.version = 0;
	ratls_certify(&v, &world, &gramine);
	ratls_visit(&v, provision_port(door));
	ok(ratls_got(&v, "second"), "Gramine's older extension");
	ratls_certify_gramine(&v, &world);
	ratls_visit(&v, provision_port(door));
	ok(ratls_got(&v, "second"), "Gramine's client: P-384, both extensions");
	v.version = TLS1_2_VERSION;
	ratls_visit(&v, provision_port(door));
	ok(ratls_got(&v, "second"), "over TLS 1.2, too");
	v.version = 0;
	log_fails = true;
	ratls_visit(&v, provision_port(door));
	ok(v.shaken && !v.len, "what cannot be logged does not leave");
	ok(strstr(trouble, "not in the log"), "told: %s", trouble);
	log_fails = false;
	v.request = "SECRET_PROVISION_RA_TLS_REQUEST_V2";
	ratls_visit(&v, provision_port(door));
	ok(v.shaken && !v.len, "another request");
	ratls_leave(&v);
}

static void test_provision_refused(void)
{
	struct ratls_spec spec = { .standard = true, .alg = 1 };
	struct ratls_visit v = { 0 };
	uint8_t data[64] = { 1 };
	struct assay_p256_pair honest;

	ratls_visit(&v, provision_port(door));
	ok(!v.len, "no certificate");
	spec.report_data = (struct assay_bytes){ data, sizeof(data) };
	ratls_certify(&v, &world, &spec);
	ratls_visit(&v, provision_port(door));
	ok(v.shaken && !v.len, "evidence that speaks for another key");
	spec.report_data.len = 0;

	/* an honest program's certificate, and its public key, by somebody
	 * who has another secret */
	ratls_certify(&v, &world, &spec);
	honest = v.key;
	must(assay_p256_make(&v.key, NULL));
	memcpy(v.key.key, honest.key, sizeof(v.key.key));
	ratls_visit(&v, provision_port(door));
	ok(!v.len, "another's certificate, without its key");
	v.key = honest;
	ratls_visit(&v, provision_port(door));
	ok(ratls_got(&v, "second"), "and with it");

	v.cert.ptr[v.cert.len - 5] ^= 1;
	ratls_visit(&v, provision_port(door));
	ok(v.shaken && ratls_got(&v, "second"),
	   "who signed the certificate is all the same");
	buf_clear(&v.cert);
	must(sim_cert_make(&v.cert, &world.cert[SIM_PCK],
	                   &world.keys[SIM_PCK]));
	v.key = world.keys[SIM_PCK];
	*trouble = 0;
	ratls_visit(&v, provision_port(door));
	ok(v.shaken && !v.len && strstr(trouble, "127.0.0.1, p3: no evidence"),
	   "a certificate without evidence is told: %s", trouble);
	ratls_leave(&v);
}

static void test_crowd(void)
{
	int fd[DOOR_PER_ADDRESS + 1];
	struct ratls_visit v = { 0 };
	struct ratls_spec spec = { .standard = true, .alg = 1 };
	char c;

	ratls_certify(&v, &world, &spec);
	for (size_t i = 0; i < DOOR_PER_ADDRESS + 1; i++)
		fd[i] = ratls_connect(provision_port(door));
	/* one of them is sent away at once */
	bool closed = false;
	for (int turn = 0; turn < 200 && !closed; turn++) {
		usleep(10000);
		for (size_t i = 0; i < DOOR_PER_ADDRESS + 1; i++)
			closed |= recv(fd[i], &c, 1, MSG_DONTWAIT) == 0;
	}
	ok(closed, "of those who only wait, one address has %d at a time",
	   DOOR_PER_ADDRESS);
	for (size_t i = 0; i < DOOR_PER_ADDRESS + 1; i++)
		close(fd[i]);
	for (int turn = 0; turn < 100 && !v.len; turn++) {
		usleep(10000);
		ratls_visit(&v, provision_port(door));
	}
	ok(ratls_got(&v, "second"), "and once they are gone others come");
	ratls_leave(&v);
}

static void test_door_errors(const char *cert, struct assay_bytes key)
{
	static const char *const names[] = { "p1" };
	static const char *const bad[] = { "127.0.0.1",     "localhost:1",
		                           "[::1:0",        "::1:0",
		                           "1.1.1.1:70000", "127.0.0.1:" };
	struct provision_options o = { .address = "127.0.0.1:0",
		                       .cert = buf_text(cert),
		                       .key = key,
		                       .secret = names };
	char why[DOOR_WHY];

	ok(!provision_start(&service, &o, why), "no secret: %s", why);
	o.n_secrets = 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		o.address = bad[i];
		ok(!provision_start(&service, &o, why), "%s: %s", bad[i], why);
	}
	o.address = "127.0.0.1:0";
	o.key = buf_text(cert);
	ok(!provision_start(&service, &o, why), "no key: %s", why);
	o.key = key;
	o.cert = key;
	ok(!provision_start(&service, &o, why), "no certificate: %s", why);
}

static void open_door(void)
{
	static const char *const names[] = { "p3", "p1", "p2" };
	char cert[ASSAY_PEM_CERT_MAX], why[DOOR_WHY];
	uint8_t pem[ASSAY_KEY_PEM_MAX];
	struct assay_bytes key = { .ptr = pem };

	must(assay_sign_key_make(pem, &key.len, ASSAY_SIGN_P256) &&
	     assay_self_signed(cert, key, "localhost", "DNS:localhost", 0,
	                       INT32_MAX));
	must(bring("/v1/secrets/p1?policy=real", "first") == 200 &&
	     bring("/v1/secrets/p2?policy=any", "second") == 200 &&
	     bring("/v1/secrets/p3?policy=any", "third") == 200);
	test_door_errors(cert, key);
	door = provision_start(
		&service,
		&(struct provision_options){ .address = "127.0.0.1:0",
	                                     .cert = buf_text(cert),
	                                     .key = key,
	                                     .secret = names,
	                                     .n_secrets = 3 },
		why);
	if (!door)
		note("%s", why);
	must(door != NULL);
}

/* ---- all of it */

static struct http_listener *serve_http(void)
{
	static const struct http_service here = { .routes = routes,
		                                  .error = on_error,
		                                  .self = &service,
		                                  .limits = { .workers = 4 } };
	char why[HTTP_WHY_LEN];
	struct http_listener *l = http_listen("127.0.0.1:0", &here, why);

	must(l != NULL);
	port = http_port(l);
	client = net_start(NULL);
	must(client != NULL);
	return l;
}

static void open_service(void)
{
	char where[64], why[SERVICE_WHY], rules[256], hex[65];

	must(mkdtemp(dir) != NULL);
	snprintf(where, sizeof(where), "%s/store", dir);
	service.store = store_open(where, why);
	service.keys = service_keys_open(dir, NULL, why);
	must(service.store && service.keys);
	assay_hex_print(hex, world.quote_spec.sgx.mrenclave, 32, false);
	snprintf(rules, sizeof(rules),
	         "{\"simulation\":true,\"mrenclave\":[\"%s\"]}", hex);
	add_policy("code", rules);
	add_policy("any", "{\"simulation\":true,\"any_code\":true}");
	add_policy("real", "{\"any_code\":true}");
}

int main(void)
{
	struct http_listener *listener;
	char command[64], why[SERVICE_WHY];

	assay_crypto_start();
	signal(SIGPIPE, SIG_IGN);
	must(sim_world_default(&world, SIM_SGX_V3) && sim_world_build(&world));
	open_service();
	listener = serve_http();
	caller_may = true;
	test_first_key();
	test_secrets();
	test_other_key();
	test_release();
	test_refused();
	test_policies();
	test_versions();
	test_bounded_log();
	open_door();
	test_provision();
	test_provision_refused();
	test_crowd();
	provision_stop(door);
	http_stop(listener);
	net_forget(&got);
	net_end(client);
	ok(!service_keys_open("/nowhere", NULL, why), "no folder: %s", why);
	service_keys_close(service.keys);
	store_close(service.store);
	sim_world_free(&world);
	buf_free(&log_text);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command) == 0 ? done() : 1;
}
