/* t_seen.c - the service's platforms, forecast and lists of measurements, over
 * HTTP, with a store of SQLite and a simulated manufacturer whose documents come
 * from its folder. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64url.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "h_maker.h"
#include "policy/list.h"
#include "service/judges.h"
#include "service/policies.h"
#include "tap.h"

static char dir[256], why[STORE_WHY_LEN];
static struct sim_why maker_why;
static uint8_t root[64];
static struct service service;
static _Atomic int64_t now = MAKER_NOW + MAKER_DAY;
static unsigned may = SERVICE_READ | SERVICE_ADMIN;

#define FMSPC "53494D000001"

/* ---- the rest of the service, as far as these routes know it */

int64_t service_now(const struct service *s)
{
	(void)s;
	return now;
}

bool service_may(struct service_caller *caller, struct http_answer *answer,
                 struct service *s, const struct http_request *request,
                 enum service_scope scope)
{
	(void)s;
	(void)request;
	*caller = (struct service_caller){ .scopes = may, .name = "tester" };
	if (may & scope)
		return true;
	answer->status = 403;
	return false;
}

static char logged[256];
static bool log_fails;

bool service_log(struct service *s, const char *what, const char *who,
                 struct assay_bytes data)
{
	(void)s;
	usleep(1000); /* as a disk would take */
	snprintf(logged, sizeof(logged), "%s %s %.*s", what, who, (int)data.len,
	         (const char *)data.ptr);
	return !log_fails;
}

/* The newest of this name in the store, or the default. */
struct service_policy *service_policy(struct service *s, const char *name,
                                      unsigned version, unsigned *status,
                                      char says[SERVICE_WHY])
{
	struct assay_policy *policy = calloc(1, sizeof(*policy));
	struct store_version v;
	struct buf body = { 0 };

	(void)status;
	(void)says;
	if (!policy)
		abort();
	if (store_get_version(s->store, &v, &body, "policy",
	                      name ? name : "default",
	                      version) != STORE_FOUND ||
	    !assay_policy_parse(policy, buf_bytes(&body), NULL))
		assay_policy_default(policy);
	buf_free(&body);
	return (struct service_policy *)(void *)policy;
}

void service_policy_done(struct service *s, struct service_policy *policy)
{
	(void)s;
	free(policy);
}

const struct assay_policy *
service_policy_rules(const struct service_policy *policy, unsigned *version,
                     uint8_t hash[32])
{
	*version = 0;
	memset(hash, 0, 32);
	return (const struct assay_policy *)(const void *)policy;
}

void service_sightings_flush(struct service *s)
{
	(void)s;
}

/* ---- documents, out of the manufacturer's folder */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int64_t fetched = 1;
static unsigned n_gets;
static bool no_early;

bool collateral_get(struct collateral_set *set,
                    struct collateral_source *source,
                    const struct collateral_want *want, int64_t at,
                    bool offline, char says[COLLATERAL_WHY])
{
	struct maker_docs *docs = calloc(1, sizeof(*docs));

	(void)source;
	(void)at;
	(void)offline;
	(void)says;
	*set = (struct collateral_set){ .fetched = 1 };
	pthread_mutex_lock(&lock);
	n_gets++;
	if (want->early && no_early) {
		pthread_mutex_unlock(&lock);
		free(docs);
		return false;
	}
	if (!docs ||
	    !maker_docs(docs, maker_path("m/pcs/%s/" FMSPC,
	                                 want->early ? "early" : "standard")))
		abort();
	pthread_mutex_unlock(&lock);
	memcpy(set->root, root, sizeof(root));
	set->documents = docs->collateral;
	set->memory.ptr = (uint8_t *)docs;
	return true;
}

void collateral_free(struct collateral_set *set)
{
	maker_forget((struct maker_docs *)(void *)set->memory.ptr);
	free(set->memory.ptr);
}

bool collateral_each(struct collateral_source *source,
                     bool (*each)(void *arg, const struct collateral_want *want,
                                  const struct collateral_set *set),
                     void *arg)
{
	const struct collateral_want want = { .tee = ASSAY_TEE_SGX };
	struct collateral_set set = { 0 };

	(void)source;
	pthread_mutex_lock(&lock);
	set.fetched = fetched;
	pthread_mutex_unlock(&lock);
	return each(arg, &want, &set);
}

bool service_each_set(struct service *s,
                      bool (*each)(void *arg,
                                   const struct collateral_want *want,
                                   const struct collateral_set *set),
                      void *arg)
{
	return collateral_each(s->collateral, each, arg);
}

bool service_fetches(const struct service *s)
{
	(void)s;
	return true;
}

/* ---- asking */

static const struct http_route routes[] = {
	{ .path = "/v1/platforms", .answer = service_platforms },
	{ .path = "/v1/forecast", .answer = service_forecast },
	{ .path = "/v1/lists", .answer = service_lists_get },
	{ .path = "/v1/lists/*", .answer = service_lists_get },
	{ .path = "/v1/lists/*",
	  .answer = service_lists_post,
	  .body_max = ASSAY_LIST_MAX },
	{ 0 }
};
static struct http_listener *listener;
static struct net_client *client;
static char said[1 << 20]; /* the last answer's body */

static unsigned ask(const char *path, const char *body)
{
	struct net_err err;
	char url[256];
	struct net_request request = { .url = url, .answer_max = 1 << 20 };

	struct net_answer answer;
	unsigned status;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", http_port(listener),
	         path);
	if (body) {
		request.type = "application/jose";
		request.body = buf_text(body);
	}
	if (!net_ask(client, &answer, &request, &err)) {
		note("%s", err.text);
		return 0;
	}
	snprintf(said, sizeof(said), "%.*s", (int)answer.len,
	         (const char *)answer.body);
	status = answer.status;
	net_forget(&answer);
	return status;
}

static bool says(const char *text)
{
	return strstr(said, text);
}

/* Asks until it says so, for ten seconds. */
static bool comes_to_say(const char *path, const char *text)
{
	for (int i = 0; i < 100; i++) {
		if (ask(path, NULL) == 200 && says(text))
			return true;
		usleep(100000);
	}
	note("%s", said);
	return false;
}

/* ---- the manufacturer's affairs */

static void make_machine(const char *name)
{
	struct sim_make_spec spec = { .name = name,
		                      .count = 1,
		                      .ca = SIM_CA_PLATFORM,
		                      .now = MAKER_NOW };
	struct sim_maker *m = maker_open(dir);

	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	if (!sim_maker_make(m, &spec))
		abort();
	sim_maker_close(m);
}

/* A platform, with a quote of this machine as its evidence (or none). */
static void saw(uint8_t id, const char *machine, const char *status)
{
	struct store_platform p = { .first_seen = now - 5,
		                    .last_seen = now,
		                    .n_seen = 2,
		                    .accepted = true,
		                    .tee = ASSAY_TEE_SGX };
	struct buf quote = { 0 };
	struct assay_bytes evidence;

	memset(p.id, id, sizeof(p.id));
	memcpy(p.fmspc, sim_maker_fmspc, sizeof(p.fmspc));
	snprintf(p.status, sizeof(p.status), "%s", status);
	if (machine &&
	    !maker_quote(&quote, maker_path("m/processors/%s", machine)))
		abort();
	evidence = buf_bytes(&quote);
	if (!store_saw(service.store, &p, &evidence, 1))
		abort();
	buf_free(&quote);
}

static void keep_policy(const char *json)
{
	unsigned number;

	if (!store_add_version(service.store, &number, "policy", "default",
	                       buf_text(json), "tester", now))
		abort();
}

static void recover(void)
{
	struct sim_recovery spec = { .now = MAKER_NOW };
	struct sim_maker *m;

	pthread_mutex_lock(&lock);
	m = maker_open(dir);
	if (!sim_maker_recover(m, &spec))
		abort();
	sim_maker_close(m);
	fetched++;
	pthread_mutex_unlock(&lock);
}

static void promote(void)
{
	struct sim_maker *m;

	pthread_mutex_lock(&lock);
	m = maker_open(dir);
	if (!sim_maker_promote(m, MAKER_NOW + 10))
		abort();
	sim_maker_close(m);
	fetched++;
	pthread_mutex_unlock(&lock);
}

/* ---- platforms */

static void test_platforms(void)
{
	char path[256], next[80];

	ok(ask("/v1/platforms", NULL) == 200 &&
	           !strcmp(said, "{\"platforms\":[],\"next\":null}\n"),
	   "no platforms: %s", said);
	saw(0x11, NULL, "UpToDate");
	saw(0x22, NULL, "");
	saw(0x33, NULL, "OutOfDate");
	ok(ask("/v1/platforms?most=2", NULL) == 200 && says("{\"id\":\"1111") &&
	           says("\"fmspc\":\"53494d000001\"") &&
	           says("\"seen\":2,\"status\":\"UpToDate\",\"accepted\":"
	                "true}") &&
	           says("\"status\":null") && !says("3333"),
	   "two of three: %s", said);
	snprintf(next, sizeof(next), "%s", strstr(said, "\"next\":\"") + 8);
	next[64] = '\0';
	snprintf(path, sizeof(path), "/v1/platforms?after=%s", next);
	ok(ask(path, NULL) == 200 && says("\"id\":\"3333") && !says("2222") &&
	           says("\"next\":null}"),
	   "and the third");
	ok(ask("/v1/platforms?most=3", NULL) == 200 && says("\"next\":null}"),
	   "as many as there are: no next");
	ok(ask("/v1/platforms?most=0", NULL) == 400 &&
	           ask("/v1/platforms?most=1001", NULL) == 400 &&
	           ask("/v1/platforms?most=+1", NULL) == 400 &&
	           ask("/v1/platforms?most=1&most=1", NULL) == 400 &&
	           ask("/v1/platforms?after=11", NULL) == 400,
	   "arguments that are none");
	may = 0;
	ok(ask("/v1/platforms", NULL) == 403 &&
	           ask("/v1/forecast", NULL) == 403 &&
	           ask("/v1/lists", NULL) == 403,
	   "who may not read is told nothing");
	may = SERVICE_READ | SERVICE_ADMIN;
}

/* ---- forecasts */

static void test_forecast(void)
{
	struct buf metrics = { 0 };

	ok(comes_to_say("/v1/forecast",
	                "\"platforms\":3,\"judged\":0,\"without_early\":0,"
	                "\"refused\":0,\"fails\":0,\"fail\":[],"
	                "\"refusals\":[],\"summary\":[]}"),
	   "platforms without evidence");
	make_machine("a");
	make_machine("b");
	saw(0x44, "a", "UpToDate");
	saw(0x55, "b", "UpToDate");
	ok(comes_to_say("/v1/forecast",
	                "\"platforms\":5,\"judged\":2,\"without_early\":0,"
	                "\"refused\":2,\"fails\":0,\"fail\":[],"
	                "\"refusals\":[{\"id\":\"4444"),
	   "what is new is judged, by the policy of before there is one");
	ok(says("\"summary\":[\"2 platforms are refused already: The evidence "
	        "is of a simulated platform") &&
	           says("\"policy\":{\"name\":\"default\",\"version\":0,") &&
	           says("\"sentence\":\"refused already: The evidence is of a "
	                "simulated platform"),
	   "which, why, and by which policy");
	keep_policy(
		"{\"mrenclave\":\"11111111111111111111111111111111111111111111"
		"11111111111111111111\",\"simulation\":true}");
	ok(comes_to_say("/v1/forecast",
	                "\"judged\":2,\"without_early\":0,\"refused\":0,"
	                "\"fails\":0,\"fail\":[],\"refusals\":[],"
	                "\"summary\":[]}"),
	   "and by the policy, as far as it is about machines");
	recover();
	ok(comes_to_say("/v1/forecast", "\"fails\":2,\"fail\":[{\"id\":\"4444"),
	   "the early set asks for more");
	ok(says("\"kind\":\"level\",\"on\":null,\"evaluation\":21,\"status_"
	        "now\":"
	        "\"UpToDate\",\"status_then\":\"OutOfDate\",\"gaps\":[{"
	        "\"component\":\"component 1\",\"name\":\"BIOS, Early "
	        "Microcode "
	        "Update\",\"have\":9,\"need\":10}],\"remedy\":\"assay sim "
	        "maker update\",\"sentence\":\"fails when "
	        "evaluation 21 becomes the standard: component 1 is 9, needs "
	        "10 -> assay sim maker update\"}") &&
	           says("\"summary\":[\"2 platforms fail when evaluation 21 "
	                "becomes the standard: component 1 is 9, needs 10\"]}"),
	   "which, and why: %s", said);
	service_seen_metrics(&metrics, service.seen);
	buf_put_zeros(&metrics, 1);
	ok(!metrics.bad &&
	           strstr((char *)metrics.ptr, "\nassay_forecast_fail 2\n") &&
	           strstr((char *)metrics.ptr,
	                  "\nassay_forecast_platforms 2\n"),
	   "it is counted");
	buf_free(&metrics);
	promote();
	ok(comes_to_say(
		   "/v1/forecast",
		   "\"refused\":2,\"fails\":0,\"fail\":[],\"refusals\":[{"),
	   "when it is the standard, they are refused");
}

/* Documents that end soon, an early set that is not to be had, and a machine of which
 * it is known that it is revoked, and no more. */
static void test_other_kinds(void)
{
	saw(0x66, NULL, "Revoked");
	ok(comes_to_say("/v1/forecast",
	                "\"judged\":3,\"without_early\":0,\"refused\":3,") &&
	           says("1 platform is refused already: It is revoked; take it "
	                "out of service."),
	   "what is revoked is refused");
	pthread_mutex_lock(&lock);
	now = MAKER_NOW + 27 * MAKER_DAY;
	no_early = true;
	pthread_mutex_unlock(&lock);
	keep_policy("{\"any_code\":true,\"simulation\":true,"
	            "\"accepted_statuses\":\"OutOfDate\"}");
	ok(comes_to_say("/v1/forecast",
	                "\"judged\":3,\"without_early\":2,\"refused\":1,"
	                "\"fails\":2,\"fail\":[{\"id\":\"4444") &&
	           says("\"kind\":\"documents\",\"on\":\"2026-10-21T14:13:") &&
	           says("\"remedy\":\"fetch the collateral again\"") &&
	           says("2 platforms fail on 21 October 2026: "),
	   "documents that end within a week are told: %s", said);
	pthread_mutex_lock(&lock);
	now = MAKER_NOW + 20 * MAKER_DAY;
	no_early = false;
	pthread_mutex_unlock(&lock);
	keep_policy("{\"any_code\":true,\"simulation\":true,"
	            "\"accepted_statuses\":[\"OutOfDate\"]}");
	ok(comes_to_say("/v1/forecast",
	                "\"judged\":3,\"without_early\":0,\"refused\":1,"
	                "\"fails\":0,"),
	   "later ones will be renewed");
}

/* Nothing new, no run. */
static void test_rest(void)
{
	unsigned before, after;

	if (ask("/v1/forecast", NULL) != 200)
		abort();
	pthread_mutex_lock(&lock);
	before = n_gets;
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < 20; i++)
		if (ask("/v1/forecast", NULL) != 200)
			abort();
	pthread_mutex_lock(&lock);
	after = n_gets;
	pthread_mutex_unlock(&lock);
	ok(before == after, "where nothing changes nothing is judged again");
}

/* ---- lists of measurements */

static struct assay_p256_pair signer, stranger;

static const char *make_list_by(const struct assay_p256_pair *by,
                                unsigned number, const char *name)
{
	static char out[4096];
	char header[] = "{\"alg\":\"ES256\",\"typ\":\"" ASSAY_LIST_TYPE "\"}";
	char payload[512], at[ASSAY_TIME_TEXT];
	uint8_t digest[32], sig[64];
	size_t len;

	snprintf(payload, sizeof(payload),
	         "{\"assay_list\":1,\"name\":\"%s\",\"issued\":\"%s\","
	         "\"number\":%u,\"entries\":[]}",
	         name, assay_time_print(at, now), number);
	len = assay_base64url_print(out, (uint8_t *)header, strlen(header));
	out[len++] = '.';
	len += assay_base64url_print(out + len, (uint8_t *)payload,
	                             strlen(payload));
	assay_sha256(digest, (struct assay_bytes){ (uint8_t *)out, len });
	if (!assay_p256_sign(sig, by, digest))
		abort();
	out[len++] = '.';
	assay_base64url_print(out + len, sig, sizeof(sig));
	return out;
}

static const char *make_list(unsigned number, const char *name)
{
	return make_list_by(&signer, number, name);
}

static void write_policy(char json[512], const char *name)
{
	char key[129];

	assay_hex_print(key, signer.key, 64, false);
	snprintf(json, 512,
	         "{\"measurements\":{\"list\":\"%s\",\"key\":\"%s\","
	         "\"max_age\":60}}",
	         name, key);
}

static void read_policy(struct assay_policy *policy, const char *name)
{
	char json[512];

	write_policy(json, name);
	if (!assay_policy_parse(policy, buf_text(json), NULL))
		abort();
}

static void test_lists(void)
{
	static struct assay_policy policy;
	struct assay_list *list;
	bool failed;

	ok(ask("/v1/lists", NULL) == 200 && !strcmp(said, "{\"lists\":[]}\n"),
	   "no lists");
	ok(ask("/v1/lists/shop", NULL) == 404, "nor one of a name");
	ok(ask("/v1/lists/shop", make_list(3, "shop")) == 200 &&
	           says("{\"name\":\"shop\",\"version\":1,\"number\":3,"
	                "\"issued\":\"") &&
	           says("\"entries\":0}"),
	   "one is published: %s", said);
	ok(!strcmp(logged, "list tester {\"name\":\"shop\",\"number\":3}"),
	   "which is logged");
	ok(ask("/v1/lists/shop", make_list(3, "shop")) == 409 &&
	           says("number 3 is here already"),
	   "a number counts once");
	ok(ask("/v1/lists/shop", make_list(2, "shop")) == 409,
	   "and only grows");
	ok(ask("/v1/lists/other", make_list(4, "shop")) == 400 &&
	           says("post it to /v1/lists/shop"),
	   "another list's name");
	ok(ask("/v1/lists/shop", "x.y.z") == 400 && says("A_LIST_SIG"),
	   "what is no list");
	ok(ask("/v1/lists/shop", NULL) == 200 &&
	           !strcmp(said, make_list(3, "shop")),
	   "it is given out as it is");
	ok(ask("/v1/lists/shop", make_list(4, "shop")) == 200 &&
	           ask("/v1/lists", NULL) == 200 &&
	           says("{\"lists\":[{\"name\":\"shop\",\"version\":2,\"made\":"
	                "\"") &&
	           says("\"by\":\"tester\"}]}"),
	   "the next: %s", said);
	may = SERVICE_READ;
	ok(ask("/v1/lists/shop", make_list(5, "shop")) == 403,
	   "who may only read publishes nothing");
	may = SERVICE_READ | SERVICE_ADMIN;
	read_policy(&policy, "shop");
	list = service_list_open(&service, &policy, now, &failed);
	ok(list && !failed && assay_list_number(list) == 4,
	   "a policy finds it");
	free(list);
	list = service_list_open(&service, &policy, now + 61, &failed);
	ok(list && !failed && list->failed.check == ASSAY_A_LIST_AGE,
	   "or what is wrong with it");
	free(list);
	read_policy(&policy, "none");
	list = service_list_open(&service, &policy, now, &failed);
	ok(!list && !failed, "or that there is none");
	assay_policy_default(&policy);
	list = service_list_open(&service, &policy, now, &failed);
	ok(!list && !failed, "where it asks for one");
}

/* Many at once, and what another node does. */
enum { AT_ONCE = 4, EACH = 10 };

static void *post_some(void *arg)
{
	const unsigned *first = arg;
	struct net_client *own = net_start(NULL);
	char url[256], body[4096];
	struct net_answer answer;
	struct net_err err;

	if (!own)
		abort();
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/v1/lists/race",
	         http_port(listener));
	for (unsigned i = 0; i < EACH; i++) {
		pthread_mutex_lock(&lock);
		snprintf(body, sizeof(body), "%s",
		         make_list(*first + i * AT_ONCE, "race"));
		pthread_mutex_unlock(&lock);
		if (!net_ask(own, &answer,
		             &(struct net_request){ .url = url,
		                                    .type = "application/jose",
		                                    .body = buf_text(body),
		                                    .answer_max = 1 << 16 },
		             &err))
			abort();
		net_forget(&answer);
	}
	net_end(own);
	return NULL;
}

static uint64_t number_of(unsigned version)
{
	static uint8_t scratch[4096];
	static struct assay_list list;
	struct store_version v;
	struct buf body = { 0 };
	uint64_t number = 0;

	if (store_get_version(service.store, &v, &body, "list", "race",
	                      version) == STORE_FOUND &&
	    assay_list_peek(&list, buf_bytes(&body), scratch, NULL))
		number = list.number;
	buf_free(&body);
	return number;
}

static void test_races(void)
{
	static const unsigned first[AT_ONCE] = { 1, 2, 3, 4 };
	struct service_turn other = { 0 };
	pthread_t thread[AT_ONCE];
	unsigned n = 0;

	for (unsigned i = 0; i < AT_ONCE; i++)
		if (pthread_create(&thread[i], NULL, post_some,
		                   (void *)(uintptr_t)&first[i]))
			abort();
	for (unsigned i = 0; i < AT_ONCE; i++)
		pthread_join(thread[i], NULL);
	while (number_of(n + 1) > (n ? number_of(n) : 0))
		n++;
	ok(n >= EACH && number_of(n) == AT_ONCE * EACH && !number_of(n + 1),
	   "of lists that come at once, %u are kept, by number", n);
	if (service_turn(&other, &service, "list", "race", n + 1) != STORE_NONE)
		abort();
	ok(ask("/v1/lists/race", make_list(99, "race")) == 409 &&
	           says("Another node"),
	   "what another node publishes is not published");
	ok(ask("/v1/lists/zero", make_list(0, "zero")) == 200 &&
	           ask("/v1/lists/zero", make_list(0, "zero")) == 409,
	   "number 0 counts once, too");
	log_fails = true;
	ok(ask("/v1/lists/zero", make_list(1, "zero")) == 503 &&
	           ask("/v1/lists/zero", NULL) == 200 &&
	           !strcmp(said, make_list(0, "zero")),
	   "what is not in the log does not hold");
	log_fails = false;
	ok(ask("/v1/lists/zero", make_list(1, "zero")) == 200,
	   "and is published when it can be");
}

/* Lists that a policy names, with a key. */
static void test_owners(void)
{
	char json[512];
	unsigned number;

	ok(ask("/v1/lists/ours", make_list_by(&stranger, UINT32_MAX, "ours")) ==
	           200,
	   "anybody's list, where no policy names it");
	write_policy(json, "ours");
	if (!store_add_version(service.store, &number, "policy", "owner",
	                       buf_text(json), "tester", now))
		abort();
	ok(ask("/v1/lists/ours", make_list(1, "ours")) == 200,
	   "is no hindrance for the one that a policy names");
	ok(ask("/v1/lists/ours", make_list_by(&stranger, UINT32_MAX, "ours")) ==
	                   400 &&
	           says("sign it with a key"),
	   "and is not taken any more");
	ok(ask("/v1/lists/ours", make_list(1, "ours")) == 409 &&
	           ask("/v1/lists/ours", make_list(2, "ours")) == 200,
	   "numbers grow");
	ok(ask("/v1/lists/theirs", make_list_by(&stranger, 1, "theirs")) == 200,
	   "other lists are anybody's");
}

/* ---- */

static void start(void)
{
	static const struct http_service http = { .routes = routes,
		                                  .error = service_error,
		                                  .self = &service,
		                                  .limits = { .workers = 2 } };
	char says_why[HTTP_WHY_LEN];

	snprintf(dir, sizeof(dir), "%s", maker_path("m"));
	if (!sim_maker_init(dir, MAKER_NOW, &maker_why))
		abort();
	maker_root_key(root, dir);
	service.store = store_open(maker_path("store.db"), why);
	if (!service.store)
		abort();
	service.seen = service_seen_start(&service);
	listener = http_listen("127.0.0.1:0", &http, says_why);
	client = net_start(&(struct net_options){ 0 });
	if (!service.seen || !listener || !client)
		abort();
}

int main(void)
{
	static const uint8_t seed[32] = { 1 }, seed_2[32] = { 2 };

	signal(SIGPIPE, SIG_IGN);
	if (!assay_p256_make(&signer, seed) ||
	    !assay_p256_make(&stranger, seed_2))
		abort();
	start();
	test_platforms();
	test_forecast();
	test_other_kinds();
	test_rest();
	test_lists();
	test_races();
	test_owners();
	net_end(client);
	http_stop(listener);
	service_seen_stop(service.seen);
	store_close(service.store);
	return done();
}
