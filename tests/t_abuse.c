/* t_abuse.c - the verification service in this process, asked over loopback, at
 * a time of its own: what each route refuses, what counts once, what changes
 * between two requests, and what others on the line cannot hold up. */
#include <stdlib.h>
#include <stdio.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/collateral_inner.h"
#include "base/text.h"
#include "format/bundle.h"
#include "h_maker.h"
#include "net/http.h"
#include "service/inner.h"
#include "forge/world.h"
#include "tap.h"

static struct sim_world world, other; /* of two manufacturers */
static struct service *service;
static struct http_listener *listener;
static struct net_client *client;
static _Atomic int64_t now = SIM_NOW;
#define DAY INT64_C(86400)
static uint8_t root[2][64];
static char admin[SERVICE_KEY_LEN], why[SERVICE_WHY];

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "t_service: %s\n", what);
	exit(2);
}

static void put(struct buf *file, enum collateral_part part, const char *id,
                const struct collateral_want *want, const struct buf *body,
                const struct buf *chain)
{
	const struct collateral_document d = { .body = *body,
		                               .chain = *chain,
		                               .fetched = SIM_NOW };
	char name[COLLATERAL_NAME];

	collateral_name(name, part, id, want);
	collateral_record_put(file, name, &d);
}

/* The world's documents as assay collateral export writes them. */
static void put_all(struct buf *file, const struct sim_world *w)
{
	static const struct buf none;
	const int crl = w->ca == SIM_PROCESSOR_CA ? SIM_CRL_PROCESSOR
	                                          : SIM_CRL_PLATFORM;
	struct collateral_want want;
	char id[17];
	int tee;

	must(collateral_want_of(&want, buf_bytes(&w->quote),
	                        (struct assay_bytes){ 0 }, NULL),
	     "the quote does not say what it needs");
	tee = want.tee == ASSAY_TEE_TDX ? SIM_TDX : SIM_SGX;
	collateral_root_id(id, w->keys[SIM_ROOT].key);
	put(file, COLLATERAL_TCB, id, &want, &w->tcb_info[tee].whole,
	    &w->pem[SIM_CHAIN_TCB_INFO]);
	put(file, COLLATERAL_QE, id, &want, &w->qe_identity[tee].whole,
	    &w->pem[SIM_CHAIN_QE_IDENTITY]);
	put(file, COLLATERAL_PCK_CRL, id, &want, &w->crl_der[crl],
	    &w->pem[SIM_CHAIN_PCK_CRL]);
	put(file, COLLATERAL_ROOT_CRL, id, &want, &w->crl_der[SIM_CRL_ROOT],
	    &none);
}

static void put_documents(const char *data, const struct sim_world *w)
{
	char folder[256], said[COLLATERAL_WHY];
	uint8_t key[1][64];
	const struct collateral_options options = {
		.folder = folder,
		.root = (const uint8_t(*)[64])key,
		.n_roots = 1
	};
	struct collateral_source *source;
	struct buf file = { 0 };
	size_t n;

	memcpy(key[0], w->keys[SIM_ROOT].key, sizeof(key[0]));
	snprintf(folder, sizeof(folder), "%s/collateral", data);
	source = collateral_open(&options, said);
	must(source, said);
	put_all(&file, w);
	must(!file.bad && collateral_import(&n, source, buf_bytes(&file),
	                                    w->now, said),
	     said);
	buf_free(&file);
	collateral_close(source);
}

static int64_t tell_time(void)
{
	return now;
}

/* ---- a service */

static void start(const char *data, size_t n_roots, unsigned open)
{
	const struct service_options options = {
		.data = data,
		.issuer = "http://localhost",
		.root = (const uint8_t(*)[64])root,
		.n_roots = n_roots,
		.no_fetch = true,
		.open = open,
		.quiet = true,
		.now = tell_time,
	};
	static struct http_service how;
	char text[HTTP_WHY_LEN];

	service = service_open(&options, why);
	must(service, why);
	how = (struct http_service){ .routes = service_routes,
		                     .error = service_error,
		                     .self = service,
		                     .limits = { .workers = 4,
		                                 .connections = 2048,
		                                 .per_address = 2048 } };
	listener = http_listen("127.0.0.1:0", &how, text);
	must(listener, text);
}

static void stop(void)
{
	http_stop(listener);
	service_close(service);
}

/* ---- asking */

struct said {
	unsigned status;
	char text[64 << 10];
};

static bool ask_by(struct said *s, struct net_client *by, const char *key,
                   const char *path, const struct assay_bytes *body)
{
	char url[512], header[128];
	const char *headers[] = { header, NULL };
	struct net_request request = { .url = url, .answer_max = 1 << 20 };
	struct net_answer answer;
	struct net_err err;

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", http_port(listener),
	         path);
	snprintf(header, sizeof(header), "Authorization: Bearer %s",
	         key ? key : "");
	request.headers = key ? headers : NULL;
	if (body) {
		request.type = "application/octet-stream";
		request.body = *body;
	}
	s->status = 0;
	s->text[0] = 0;
	if (!net_ask(by, &answer, &request, &err))
		return false;
	s->status = answer.status;
	snprintf(s->text, sizeof(s->text), "%.*s", (int)answer.len,
	         (const char *)answer.body);
	net_forget(&answer);
	return true;
}

static struct said last;

static unsigned get(const char *key, const char *path)
{
	return ask_by(&last, client, key, path, NULL) ? last.status : 0;
}

static unsigned post(const char *key, const char *path, struct assay_bytes body)
{
	return ask_by(&last, client, key, path, &body) ? last.status : 0;
}

static bool says(const char *text)
{
	return strstr(last.text, text) != NULL;
}

static struct assay_bytes quote(void)
{
	return buf_bytes(&world.quote);
}

/* A quote with its documents. */
static struct assay_bytes bundle(char text[64 << 10], const struct sim_world *w)
{
	struct assay_collateral documents;
	const struct assay_bundle b = { .quote = buf_bytes(&w->quote),
		                        .collateral = &documents,
		                        .at = SIM_NOW };
	struct assay_json_out o;

	sim_world_collateral(&documents, w);
	assay_json_begin(&o, text, 64 << 10);
	assay_json_put_object(&o, NULL);
	assay_bundle_put(&o, &b);
	assay_json_put_end(&o, '}');
	must(o.ok, "no bundle");
	return buf_text(text);
}

/* ---- what is refused */

static void test_refusals(void)
{
	static const char *const arguments[] = {
		"at=now",
		"at=2999-01-01T00:00:00Z",
		"nonce=xy",
		"nonce=",
		"nonce=0",
		"nonce=00&nonce=00",
		"report_data=0",
		"any_code=2",
		"any_code=",
		"no_token=x",
		"policy=.x",
		"policy=a%2Fb",
		"policy=a&policy=a",
		"policy_version=0",
		"policy_version=-1",
		"policy_version=99999999999",
		"accept=X",
		"profile=none",
	};
	static const char *const read[] = { "/v1/policies",  "/v1/policies/a",
		                            "/v1/lists",     "/v1/lists/a",
		                            "/v1/platforms", "/v1/forecast",
		                            "/v1/log",       "/v1/log/0",
		                            "/v1/log/file",  "/v1/collateral" };
	static const char *const own[] = { "/v1/callers", "/v1/secrets" };
	static const char *const change[] = { "/v1/policies/a", "/v1/lists/a",
		                              "/v1/secrets/a",
		                              "/v1/callers/a?scopes=read" };
	static const char *const verify[] = { "/v1/verify", "/v1/batch",
		                              "/v1/challenge" };
	const struct assay_bytes none = buf_text("x");
	char path[200], key[SERVICE_KEY_LEN];

	for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++) {
		snprintf(path, sizeof(path), "/v1/verify?%s", arguments[i]);
		ok(post(admin, path, quote()) == 400 && !says("\"token\""),
		   "verify: %s", arguments[i]);
		snprintf(path, sizeof(path), "/v1/batch?%s", arguments[i]);
		ok(post(admin, path, none) == 400, "batch: %s", arguments[i]);
	}
	ok(post(admin, "/v1/batch?nonce=00", none) == 400,
	   "a batch has no nonce");
	must(service_caller_make(key, service, "reader", SERVICE_READ, "test"),
	     "no key");
	for (size_t i = 0; i < sizeof(read) / sizeof(*read); i++)
		ok(get(NULL, read[i]) == 401 && get("none", read[i]) == 401 &&
		           get(key, read[i]) != 401,
		   "reading %s takes a key", read[i]);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		ok(get(NULL, own[i]) == 401 && get(key, own[i]) == 403 &&
		           get(admin, own[i]) == 200,
		   "%s takes another", own[i]);
	for (size_t i = 0; i < sizeof(change) / sizeof(*change); i++)
		ok(post(NULL, change[i], none) == 401 &&
		           post(key, change[i], none) == 403,
		   "and so does to change %s", change[i]);
	for (size_t i = 0; i < sizeof(verify) / sizeof(*verify); i++)
		ok(post(NULL, verify[i], none) == 401 &&
		           post(key, verify[i], none) == 403,
		   "to judge takes the scope: %s", verify[i]);
	ok(post(NULL, "/v1/keys/a", none) == 401 &&
	           post(key, "/v1/keys/a", none) == 403,
	   "and to ask for keys");
	ok(post(admin, "/v1/callers/reader?revoke=1", none) == 200 &&
	           get(key, "/v1/log") == 401,
	   "a key that is revoked is none");
}

/* ---- judging */

static void test_policies(void)
{
	const struct assay_bytes strict = buf_text("{\"any_code\":true}");
	const struct assay_bytes yes =
		buf_text("{\"simulation\":true,\"any_code\":true}");

	ok(post(admin, "/v1/verify", quote()) == 200 &&
	           says("\"genuine\":true") &&
	           says("\"decision\":\"refuse\"") && says("\"version\":0"),
	   "by what is built in: refused");
	ok(post(admin, "/v1/policies/default", yes) == 200, "a policy");
	ok(post(admin, "/v1/verify", quote()) == 200 &&
	           says("\"decision\":\"accept\"") && says("\"version\":1"),
	   "the next request is judged by it");
	ok(post(admin, "/v1/policies/default", strict) == 200 &&
	           post(admin, "/v1/verify", quote()) == 200 &&
	           says("\"decision\":\"refuse\"") && says("\"version\":2"),
	   "and the one after that by another");
	ok(post(admin, "/v1/verify?policy_version=1", quote()) == 200 &&
	           says("\"decision\":\"accept\""),
	   "the first is still there");
	ok(post(admin, "/v1/verify?policy_version=3", quote()) == 404,
	   "a third is not");
}

static void test_roots(void)
{
	static char text[64 << 10];

	ok(post(admin, "/v1/verify", buf_bytes(&other.quote)) == 200 &&
	           says("\"genuine\":false") && says("\"decision\":\"refuse\""),
	   "a manufacturer that is not trusted");
	ok(post(admin, "/v1/verify", bundle(text, &other)) == 200 &&
	           says("\"genuine\":false"),
	   "nor by documents that it brings along");
	stop();
	start(maker_path("data"), 2, 0);
	ok(post(admin, "/v1/verify", quote()) == 200 &&
	           says("\"genuine\":true"),
	   "with two roots: one's");
	ok(post(admin, "/v1/verify", bundle(text, &other)) == 200 &&
	           says("\"genuine\":true"),
	   "and the other's");
}

/* The past is judged by what the evidence brings of it. */
static void test_past(void)
{
	static char text[64 << 10];
	const struct assay_bytes b = bundle(text, &world);
	char at[ASSAY_TIME_TEXT], path[100];

	snprintf(path, sizeof(path), "/v1/verify?at=%s",
	         assay_time_print(at, SIM_NOW));
	now = SIM_NOW + 400 * DAY;
	ok(post(admin, "/v1/verify", b) == 200 && says("\"genuine\":false"),
	   "a year later the documents have ended");
	ok(post(admin, path, b) == 200 && says("\"genuine\":true") &&
	           says("\"collateral\":null"),
	   "in their time they are good");
	now = SIM_NOW;
}

/* Documents that come in are used for those that ask a while later. */
static void test_newer(void)
{
	const unsigned tee = SIM_SGX;
	char want[40];

	ok(post(admin, "/v1/verify", quote()) == 200 && says("UpToDate"),
	   "up to date, by the first documents");
	world.tcb[tee].evaluation_number += 1;
	world.qe[tee].evaluation_number += 1;
	must(sim_world_build(&world), "no newer documents");
	put_documents(maker_path("data"), &world);
	snprintf(want, sizeof(want), "\"evaluation\":%d",
	         (int)world.tcb[tee].evaluation_number);
	now = SIM_NOW + 61;
	ok(post(admin, "/v1/verify", quote()) == 200 &&
	           says("\"genuine\":true") &&
	           get(admin, "/v1/collateral") == 200 && says(want),
	   "newer ones take their place");
}

/* ---- nonces */

static void new_nonce(uint8_t nonce[SERVICE_NONCE_LEN])
{
	const char *at;

	must(post(admin, "/v1/challenge", buf_text("x")) == 200, "no nonce");
	at = strstr(last.text, "\"nonce\":\"");
	must(at && assay_hex_parse(
			   nonce, SERVICE_NONCE_LEN,
			   (struct assay_bytes){ (const uint8_t *)at + 9,
	                                         2 * SERVICE_NONCE_LEN }),
	     "no nonce in it");
}

static void test_nonces(void)
{
	enum { N = 8 };
	uint8_t nonce[SERVICE_NONCE_LEN];
	const struct assay_bytes n = { nonce, sizeof(nonce) };

	new_nonce(nonce);
	ok(service_nonce_take(service, "keys", n, now + 300, why) ==
	                   STORE_NONE &&
	           service_nonce_take(service, "keys", n, now, why) ==
	                   STORE_FOUND,
	   "a nonce counts once");
	new_nonce(nonce);
	ok(service_nonce_take(service, "keys", n, now + 301, why) ==
	                   STORE_FOUND &&
	           strstr(why, "older") &&
	           service_nonce_take(service, "keys", n, now, why) ==
	                   STORE_FOUND,
	   "and expires, whatever the clock says later");
	new_nonce(nonce);
	ok(service_nonce_take(service, "verify", n, now, why) == STORE_NONE &&
	           service_nonce_take(service, "keys", n, now, why) ==
	                   STORE_NONE,
	   "who has evidence judged uses up nothing that a secret is asked for "
	   "with");
	nonce[0] ^= 1;
	ok(!service_nonce_is_ours(service, n) &&
	           service_nonce_take(service, "keys", n, now, why) ==
	                   STORE_FOUND,
	   "one that was altered is none of ours");
}

struct taker {
	pthread_t thread;
	struct assay_bytes nonce;
	enum store_found found;
};

static void *take(void *arg)
{
	struct taker *t = arg;
	char text[SERVICE_WHY];

	t->found = service_nonce_take(service, "keys", t->nonce, now, text);
	return NULL;
}

static void test_two_at_once(void)
{
	enum { ROUNDS = 20, N = 4 };
	uint8_t nonce[SERVICE_NONCE_LEN];
	struct taker t[N];
	int wrong = 0;

	for (int i = 0; i < ROUNDS; i++) {
		int taken = 0;

		new_nonce(nonce);
		for (int k = 0; k < N; k++) {
			t[k].nonce = (struct assay_bytes){ nonce,
				                           sizeof(nonce) };
			must(pthread_create(&t[k].thread, NULL, take, &t[k]) ==
			             0,
			     "no thread");
		}
		for (int k = 0; k < N; k++) {
			pthread_join(t[k].thread, NULL);
			taken += t[k].found == STORE_NONE;
		}
		wrong += taken != 1;
	}
	ok(!wrong, "of four at once one has it");
}

/* ---- others on the line */

static int dial(void)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		                        .sin_port = htons(http_port(listener)),
		                        .sin_addr.s_addr =
		                                htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static long resident(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	must(f && fscanf(f, "%*d %ld", &pages) == 1, "no /proc");
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static void test_crowd(void)
{
	enum { IDLE = 1000, SLOW = 64, MANY = 100 };
	static const char part[] = "POST /v1/verify HTTP/1.1\r\nHost: h\r\n"
				   "Content-Length: 1000000\r\n\r\n{";
	struct rlimit files;
	int fd[IDLE + SLOW], n = 0, wrong = 0;
	const long before = resident();
	double from;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur < 2 * (IDLE + SLOW) + 100) {
		skip("open files are limited", "idle connections");
		return;
	}
	while (n < IDLE + SLOW && (fd[n] = dial()) >= 0) {
		if (n >= IDLE)
			wrong += send(fd[n], part, sizeof(part) - 1,
			              MSG_NOSIGNAL) < 0;
		n++;
	}
	ok(n == IDLE + SLOW && !wrong,
	   "a thousand that say nothing, and some that say it slowly");
	from = seconds();
	for (int i = 0; i < MANY; i++)
		wrong += post(admin, "/v1/verify?no_token=1", quote()) != 200;
	ok(!wrong && seconds() - from < 5, "others are answered: %.1f s",
	   seconds() - from);
	while (n)
		close(fd[--n]);
	ok(resident() - before < 64 << 20, "memory stays bounded: %ld KiB more",
	   (resident() - before) >> 10);
}

/* ---- the store */

static void test_full(void)
{
	const struct assay_bytes strict = buf_text("{\"any_code\":true}");
	struct rlimit old, small;

	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 1;
	setrlimit(RLIMIT_FSIZE, &small);
	ok(post(admin, "/v1/policies/full", strict) == 503,
	   "a disk that is full: 503");
	ok(post(admin, "/v1/verify", quote()) == 200,
	   "what needs no writing is answered");
	setrlimit(RLIMIT_FSIZE, &old);
	ok(post(admin, "/v1/policies/full", strict) == 200, "it comes back");
}

/* An entry of the log, altered behind the service's back, is found at start. */
static void test_altered(void)
{
	const struct service_options options = {
		.data = maker_path("data"),
		.root = (const uint8_t(*)[64])root,
		.n_roots = 2,
		.no_fetch = true,
		.quiet = true,
		.now = tell_time,
	};
	sqlite3 *db = NULL;

	stop();
	must(sqlite3_open(maker_path("data/assay.db"), &db) == SQLITE_OK &&
	             sqlite3_exec(db,
	                          "UPDATE assay_entry SET body = CAST(replace("
	                          "CAST(body AS TEXT), 'reader', 'leader') AS "
	                          "BLOB) WHERE number = 1",
	                          NULL, NULL, NULL) == SQLITE_OK &&
	             sqlite3_changes(db) == 1,
	     "the log cannot be altered");
	sqlite3_close(db);
	service = service_open(&options, why);
	ok(!service && strstr(why, "log"), "an altered log: %s", why);
	service_close(service);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	must(sim_world_default(&world, SIM_SGX_V3) && sim_world_build(&world) &&
	             sim_world_default_at(&other, SIM_SGX_V3, SIM_NOW, 7) &&
	             sim_world_build(&other),
	     "no world");
	memcpy(root[0], world.keys[SIM_ROOT].key, 64);
	memcpy(root[1], other.keys[SIM_ROOT].key, 64);
	client = net_start(NULL);
	must(client, "no client");
	put_documents(maker_path("data"), &world);
	start(maker_path("data"), 1, 0);
	must(service_caller_make(admin, service, "admin",
	                         SERVICE_VERIFY | SERVICE_READ | SERVICE_KEYS |
	                                 SERVICE_ADMIN,
	                         "test"),
	     "no key");
	test_refusals();
	test_policies();
	test_roots();
	test_past();
	test_newer();
	test_nonces();
	test_two_at_once();
	test_crowd();
	test_full();
	test_altered();
	net_end(client);
	sim_world_free(&world);
	sim_world_free(&other);
	return done();
}
