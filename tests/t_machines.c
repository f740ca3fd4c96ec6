/*
 * t_machines.c - machines that the verification service has seen, over loopback:
 * two simulated manufacturers that give theirs the same FMSPC, one that is revoked
 * before it is seen, machines that somebody made up, and a clock that jumps.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "format/bundle.h"
#include "format/keys.h"
#include "h_maker.h"
#include "net/http.h"
#include "serve/pcs.h"
#include "service/inner.h"
#include "forge/world.h"
#include "tap.h"

enum { HOUR = 3600, MAKERS = 2 };
#define TCB "/sgx/certification/v4/tcb?fmspc=53494D000001"

static const char *const makers[MAKERS] = { "one", "two" };
static struct pcs pcs[MAKERS];
static struct http_listener *published[MAKERS], *listener;
static struct net_client *client;
static struct net_answer got;
static struct buf quote[MAKERS];
static char admin[SERVICE_KEY_LEN], home[64];
static uint8_t root[MAKERS + 1][64];
static int64_t now_is = MAKER_NOW + 60;
static struct service *service;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	printf("# %s\n", what);
	abort();
}

static int64_t now(void)
{
	return now_is;
}

/* ---- asking */

static unsigned ask_at(struct http_listener *l, const char *path,
                       struct assay_bytes body)
{
	char url[1000], auth[SERVICE_KEY_LEN + 32];
	const char *const headers[] = { auth, NULL };
	struct net_err err;

	net_forget(&got);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", http_port(l), path);
	snprintf(auth, sizeof(auth), "Authorization: Bearer %s", admin);
	must(net_ask(client, &got,
	             &(struct net_request){ .url = url,
	                                    .type = body.len ? "text/plain"
	                                                     : NULL,
	                                    .body = body,
	                                    .headers = headers,
	                                    .answer_max = 1 << 20 },
	             &err),
	     err.text);
	return got.status;
}

static unsigned post(const char *path, struct assay_bytes body)
{
	return ask_at(listener, path, body);
}

static unsigned get(const char *path)
{
	return ask_at(listener, path, (struct assay_bytes){ 0 });
}

static bool said(const char *what)
{
	if (got.body && strstr((const char *)got.body, what))
		return true;
	note("%s", got.body ? (const char *)got.body : "");
	return false;
}

static unsigned count(const char *what)
{
	const char *at = got.body ? (const char *)got.body : "";
	unsigned n = 0;

	while ((at = strstr(at, what))) {
		n++;
		at++;
	}
	return n;
}

/* The forecast says so, within ten seconds: runs rest between each other. */
static bool is_forecast(const char *what)
{
	for (int i = 0; i < 100; i++) {
		if (get("/v1/forecast") == 200 && count(what))
			return true;
		usleep(100000);
	}
	return said(what);
}

/* The quote of one of them is judged so. */
static bool is(unsigned i, const char *what)
{
	return post("/v1/verify?no_token=1", buf_bytes(&quote[i])) == 200 &&
	       said(what);
}

/* ---- manufacturers */

static void make(struct sim_maker *m, const char *name)
{
	struct sim_make_spec spec = { .name = name,
		                      .count = 1,
		                      .ca = SIM_CA_PLATFORM,
		                      .now = MAKER_NOW };

	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	must(sim_maker_make(m, &spec), "a processor");
}

static void publish(unsigned i)
{
	static struct http_service here[MAKERS];
	char text[HTTP_WHY_LEN];
	struct sim_why why;

	pcs[i].maker = sim_maker_open(maker_path("%s", makers[i]),
	                              SIM_MAKER_SERVE, &why);
	must(pcs[i].maker != NULL, "a manufacturer");
	pcs[i].has_at = true;
	pcs[i].at = now_is;
	here[i] = (struct http_service){ .routes = pcs_routes,
		                         .before = pcs_refresh,
		                         .error = pcs_error,
		                         .self = &pcs[i] };
	published[i] = http_listen("127.0.0.1:0", &here[i], text);
	must(published[i] != NULL, text);
}

static void make_makers(void)
{
	struct sim_why why;
	struct sim_maker *m;

	memcpy(root[0], assay_intel_root_key, 64);
	for (unsigned i = 0; i < MAKERS; i++) {
		must(sim_maker_init(maker_path("%s", makers[i]), MAKER_NOW,
		                    &why),
		     why.text);
		m = maker_open(maker_path("%s", makers[i]));
		make(m, "m");
		sim_maker_close(m);
		maker_root_key(root[i + 1], maker_path("%s", makers[i]));
		must(maker_quote(&quote[i],
		                 maker_path("%s/processors/m", makers[i])),
		     "a quote");
		publish(i);
	}
}

static void jump(int64_t seconds)
{
	now_is += seconds;
	for (unsigned i = 0; i < MAKERS; i++)
		pcs[i].at = now_is;
}

/* ---- the service */

static void serve(void)
{
	static struct http_service here = { .routes = service_routes,
		                            .error = service_error,
		                            .limits = { .workers = 4 } };
	static char text[MAKERS][64];
	static const char *const urls[] = { text[0], text[1] };
	const struct service_options options = {
		.data = home,
		.root = (const uint8_t(*)[64])root,
		.n_roots = MAKERS + 1,
		.pcs = urls,
		.n_pcs = MAKERS,
		.keep_evidence = true,
		.quiet = true,
		.now = now
	};
	char why[SERVICE_WHY], refused[HTTP_WHY_LEN];

	for (unsigned i = 0; i < MAKERS; i++)
		snprintf(text[i], sizeof(text[i]), "http://127.0.0.1:%u",
		         http_port(published[i]));
	service = service_open(&options, why);
	must(service != NULL, why);
	service_set_issuer(service, "https://service.example");
	here.self = service;
	listener = http_listen("127.0.0.1:0", &here, refused);
	must(listener != NULL, refused);
}

static void stop(void)
{
	http_stop(listener);
	service_close(service);
}

/* A running one asks for documents once an hour, whatever the clock says. */
static void serve_later(int64_t seconds)
{
	stop();
	jump(seconds);
	serve();
}

/* ---- two manufacturers */

static void test_roots(void)
{
	char hex[2][2 * 64 + 1], from[2][80];

	for (unsigned i = 0; i < MAKERS; i++) {
		assay_hex_print(hex[i], root[i + 1], 64, false);
		snprintf(from[i], sizeof(from[i]),
		         "\"collateral\":\"http://127.0.0.1:%u\"",
		         http_port(published[i]));
	}
	for (unsigned k = 0; k < 4; k++)
		ok(is(k % 2, "\"decision\":\"accept\"") &&
		           said("\"status\":\"UpToDate\"") && said(from[k % 2]),
		   "a machine of manufacturer %s, by his documents",
		   makers[k % 2]);
	ok(is_forecast("\"platforms\":2,\"judged\":2,\"without_early\":0,"
	               "\"refused\":0,\"fails\":0,"),
	   "both are in the forecast, each by his early set");
	ok(get("/v1/collateral") == 200 && count("\"update\"") == 4 &&
	           count(hex[0]) == 2 && count(hex[1]) == 2,
	   "each has sets of his own");
	must(get("/metrics") == 200, "metrics");
	for (unsigned i = 0; i < MAKERS; i++)
		hex[i][8] = 0;
	ok(count("assay_collateral_fresh_seconds{") == 4 &&
	           count(hex[0]) == 2 && count(hex[1]) == 2,
	   "which the metrics tell apart");
}

/* A cache's clients do not say which root they mean. */
static void test_cache(void)
{
	struct buf want = { 0 };

	must(ask_at(published[0], TCB, (struct assay_bytes){ 0 }) == 200,
	     "a TCB info");
	buf_put(&want, got.body, got.len);
	ok(get(TCB) == 200 && got.len == want.len &&
	           memcmp(got.body, want.ptr, want.len) == 0,
	   "as a cache it gives the documents of the first root");
	buf_free(&want);
}

static void set_policy(const char *members)
{
	char text[300];

	snprintf(text, sizeof(text), "{\"simulation\":true,%s}", members);
	must(post("/v1/policies/default", buf_text(text)) == 200, "a policy");
}

/* A fault of one manufacturer's machines is not one of the other's. */
static void test_recovery(void)
{
	struct sim_recovery spec = { .now = MAKER_NOW + HOUR };
	struct sim_maker *m = maker_open(maker_path("two"));

	must(sim_maker_recover(m, &spec) &&
	             sim_maker_promote(m, MAKER_NOW + HOUR + 1),
	     "a recovery");
	sim_maker_close(m);
	serve_later(2 * HOUR);
	ok(is(1, "\"status\":\"OutOfDate\"") &&
	           is(0, "\"status\":\"UpToDate\""),
	   "what is out of date for one is not for the other");
	ok(get("/v1/platforms") == 200 &&
	           count("\"status\":\"UpToDate\",\"accepted\":true") == 1 &&
	           count("\"status\":\"OutOfDate\",\"accepted\":false") == 1,
	   "nor among the platforms");
	set_policy("\"any_code\":true,\"accepted_statuses\":"
	           "[\"UpToDate\",\"OutOfDate\"]");
	ok(is(1, "OutOfDate") && get("/v1/platforms") == 200 &&
	           count("\"status\":\"OutOfDate\",\"accepted\":true") == 1,
	   "which are judged by the policy default");
	set_policy("\"any_code\":true,\"accepted_statuses\":"
	           "[\"UpToDate\",\"OutOfDate\"],"
	           "\"rejected_advisories\":\"SIMULATION-SA-00021\"");
	ok(is(1, "OutOfDate") && get("/v1/platforms") == 200 &&
	           count("\"status\":\"OutOfDate\",\"accepted\":false") == 1,
	   "by every rule of it that is about the machine");
	set_policy("\"mrenclave\":\"1111111111111111111111111111111111111111111"
	           "111111111111111111111\"");
	ok(is(0, "\"rules\":[\"mrenclave\"]") && get("/v1/platforms") == 200 &&
	           count("\"status\":\"UpToDate\",\"accepted\":true") == 1,
	   "and by none about the code");
}

/* ---- revoked, and made up */

static void test_revoked(void)
{
	struct sim_maker *m = maker_open(maker_path("one"));
	struct buf revoked = { 0 };

	make(m, "r");
	must(maker_quote(&revoked, maker_path("one/processors/r")) &&
	             sim_maker_revoke(m, "r", MAKER_NOW + 3 * HOUR),
	     "a machine that is revoked");
	sim_maker_close(m);
	serve_later(2 * HOUR);
	ok(post("/v1/verify?no_token=1", buf_bytes(&revoked)) == 200 &&
	           said("R_PCK_REVOKED\""),
	   "a machine that was revoked before it is seen");
	ok(get("/v1/platforms") == 200 &&
	           count("\"seen\":1,\"status\":\"Revoked\",\"accepted\":"
	                 "false") == 1,
	   "is a platform");
	ok(is_forecast("\"platforms\":3,\"judged\":3,") &&
	           said("\"refused\":2,\"fails\":0,") &&
	           said("\"sentence\":\"refused already: It is revoked; take "
	                "it out of service.\"") &&
	           said("1 platform is refused already: It is revoked;") &&
	           said("1 platform is refused already: The status is "
	                "OutOfDate"),
	   "that is refused already");
	buf_free(&revoked);
}

/* Evidence that nobody certified is no platform, whatever it says. */
static void test_made_up(void)
{
	struct sim_world *w = calloc(1, sizeof(*w));
	char *pem, *copy;
	unsigned n = 0;

	must(w && sim_world_default_at(w, SIM_SGX_V3, now(), 77) &&
	             sim_world_build(w),
	     "a world");
	post("/v1/verify?no_token=1", buf_bytes(&w->quote));
	n += said("X_ROOT_PIN\"");
	sim_world_free(w);
	free(w);
	/* another serial number, or another PPID: in the first lines */
	copy = malloc(quote[0].len + 1);
	must(copy != NULL, "memory");
	for (size_t at = 100; at < 900; at += 200) {
		memcpy(copy, quote[0].ptr, quote[0].len);
		pem = memmem(copy, quote[0].len, "-----BEGIN", 10);
		must(pem != NULL, "a certificate");
		pem[at] = pem[at] == 'A' ? 'B' : 'A';
		post("/v1/verify?no_token=1",
		     (struct assay_bytes){ (uint8_t *)copy, quote[0].len });
		n += said("\"genuine\":false");
	}
	free(copy);
	must(n == 5, "forgeries");
	ok(get("/v1/platforms") == 200 && count("\"id\"") == 3,
	   "who makes up machines adds none");
}

/* ---- a clock that jumps */

/* A bundle whose quote speaks for a new nonce. */
static void answer_challenge(struct buf *out, char hex[65])
{
	static const uint8_t config[] = "a key configuration", sign[32] = "key";
	struct assay_bundle b = { .hpke = { config, sizeof(config) },
		                  .sign = { sign, sizeof(sign) },
		                  .has_nonce = true,
		                  .at = MAKER_NOW };
	uint8_t nonce[SERVICE_NONCE_LEN], report_data[64];
	struct assay_json_out o;
	struct buf own = { 0 };
	const char *at;

	must(post("/v1/challenge", buf_text("x")) == 200, "a challenge");
	at = strstr((const char *)got.body, "\"nonce\":\"");
	must(at != NULL, "a nonce");
	snprintf(hex, 65, "%.64s", at + 9);
	must(assay_hex_parse(nonce, sizeof(nonce), buf_text(hex)), "a nonce");
	b.nonce = (struct assay_bytes){ nonce, sizeof(nonce) };
	assay_keys_hash(report_data, b.hpke, b.sign, b.nonce);
	must(maker_quote_of(&own, maker_path("one/processors/m"), report_data),
	     "a quote");
	b.quote = buf_bytes(&own);
	buf_clear(out);
	buf_put_zeros(out, 1 << 16);
	must(!out->bad, "memory");
	assay_json_begin(&o, (char *)out->ptr, 1 << 16);
	assay_json_put_object(&o, NULL);
	assay_bundle_put(&o, &b);
	assay_json_put_end(&o, '}');
	must(o.ok, "a bundle");
	out->len = o.len;
	buf_free(&own);
}

static unsigned show(const struct buf *bundle, const char *hex)
{
	char path[120];

	snprintf(path, sizeof(path), "/v1/verify?no_token=1&nonce=%s", hex);
	return post(path, buf_bytes(bundle));
}

/* Marks of used nonces are forgotten with others' use. */
static void use_many(void)
{
	uint8_t nonce[SERVICE_NONCE_LEN];
	char why[SERVICE_WHY];
	const char *at;

	for (int i = 0; i < 65; i++) {
		must(post("/v1/challenge", buf_text("x")) == 200,
		     "a challenge");
		at = strstr((const char *)got.body, "\"nonce\":\"");
		must(at && assay_hex_parse(nonce, sizeof(nonce),
		                           (struct assay_bytes){
						   (const uint8_t *)at + 9,
						   2 * sizeof(nonce) }),
		     "a nonce");
		must(service_nonce_take(service, "keys",
		                        (struct assay_bytes){ nonce,
		                                              sizeof(nonce) },
		                        now_is, why) == STORE_NONE,
		     why);
	}
}

static void test_nonces(void)
{
	struct buf old = { 0 }, bundle = { 0 };
	char old_hex[65], hex[65];

	answer_challenge(&old, old_hex);
	must(show(&old, old_hex) == 200, "a nonce is used");
	jump(HOUR);
	use_many();
	jump(-HOUR);
	ok(show(&old, old_hex) == 409,
	   "a nonce that was used does not count again where the clock was an "
	   "hour ahead");
	answer_challenge(&bundle, hex);
	ok(show(&bundle, hex) == 200 && show(&bundle, hex) == 409,
	   "a new one counts, once");
	stop();
	serve();
	ok(show(&old, old_hex) == 409 && show(&bundle, hex) == 409,
	   "nor do they where the service ends and begins");
	answer_challenge(&bundle, hex);
	ok(show(&bundle, hex) == 200, "and new ones count");
	answer_challenge(&bundle, hex);
	jump(301);
	ok(show(&bundle, hex) == 409, "for five minutes");
	jump(-301);
	ok(show(&bundle, hex) == 409, "and not when the clock is set back");
	buf_free(&old);
	buf_free(&bundle);
}

/* What was written while the clock was ahead neither holds up what is written
 * later, nor counts as newer. */
static void test_ahead(void)
{
	char head[2048];
	const char *at;

	jump(2 * HOUR);
	must(is(0, "UpToDate") && get("/v1/platforms") == 200 &&
	             said("\"last_seen\":\"2026-09-21T20:14:20Z\"") &&
	             get("/v1/log") == 200,
	     "a clock that is ahead");
	at = strstr((const char *)got.body, "\"head\":\"");
	must(at != NULL, "a head");
	snprintf(head, sizeof(head), "%.*s", (int)strcspn(at + 8, "\""),
	         at + 8);
	jump(-2 * HOUR);
	ok(is(0, "\"status\":\"UpToDate\"") && get("/v1/platforms") == 200 &&
	           said("\"last_seen\":\"2026-09-21T18:14:20Z\"") &&
	           count("2026-09-21T20:14:20Z") == 0,
	   "a platform is seen when it is seen");
	ok(get("/v1/log") == 200 && count(head) == 0,
	   "the log's head is of now");
	jump(-40 * MAKER_DAY);
	ok(is(0, "\"genuine\":false") && said("\"no_collateral\":\""),
	   "before its documents were issued nothing is genuine");
	jump(40 * MAKER_DAY);
	ok(is(0, "\"status\":\"UpToDate\""), "and then again");
	jump(40 * MAKER_DAY);
	ok(is(0, "\"genuine\":false"), "nor when all have ended");
	jump(-40 * MAKER_DAY);
}

int main(void)
{
	assay_crypto_start();
	signal(SIGPIPE, SIG_IGN);
	snprintf(home, sizeof(home), "%s/home", maker_folder());
	client = net_start(NULL);
	must(client != NULL, "a client");
	make_makers();
	serve();
	must(service_caller_make(admin, service, "first",
	                         SERVICE_VERIFY | SERVICE_READ | SERVICE_ADMIN,
	                         "test"),
	     "an API key");
	must(post("/v1/policies/default",
	          buf_text("{\"any_code\":true,\"simulation\":true}")) == 200,
	     "a policy");
	test_roots();
	test_cache();
	test_recovery();
	test_revoked();
	test_made_up();
	test_nonces();
	test_ahead();
	stop();
	for (unsigned i = 0; i < MAKERS; i++) {
		http_stop(published[i]);
		sim_maker_close(pcs[i].maker);
		buf_free(&quote[i]);
	}
	net_forget(&got);
	net_end(client);
	return done();
}
