/*
 * t_service.c - the verification service, asked over loopback: a simulated
 * manufacturer publishes at the paths of Intel's, the service fetches from there,
 * and judges what a machine of his, and forgers, send.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "format/bundle.h"
#include "format/keys.h"
#include "h_maker.h"
#include "net/http.h"
#include "serve/pcs.h"
#include "service/inner.h"
#include "service/tokens.h"
#include "forge/world.h"
#include "tap.h"

enum { DAY = 86400 };
static struct net_client *client;
static struct net_answer got;
static char admin[SERVICE_KEY_LEN], home[64];
static const char *key; /* that is presented, or NULL */
static int64_t now_is = MAKER_NOW + 60;
static uint8_t root[2][64];
static uint16_t port;
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

static unsigned ask(const char *path, const char *type, struct assay_bytes body)
{
	char url[2000], auth[SERVICE_KEY_LEN + 32];
	const char *const headers[] = { key ? auth : NULL, NULL };
	struct net_err err;

	net_forget(&got);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
	snprintf(auth, sizeof(auth), "Authorization: Bearer %s",
	         key ? key : "");
	must(net_ask(client, &got,
	             &(struct net_request){ .url = url,
	                                    .type = type,
	                                    .body = body,
	                                    .headers = headers,
	                                    .answer_max = 4 << 20 },
	             &err),
	     err.text);
	return got.status;
}

static unsigned post(const char *path, struct assay_bytes body)
{
	return ask(path, "application/octet-stream", body);
}

static unsigned get(const char *path)
{
	return ask(path, NULL, (struct assay_bytes){ 0 });
}

static bool said(const char *what)
{
	return got.body && strstr((const char *)got.body, what);
}

/* The value of a member that is a text, in a buffer of the next call's. */
static const char *member(const char *name)
{
	static char value[16384];
	char mark[64];
	const char *at;
	size_t n;

	snprintf(mark, sizeof(mark), "\"%s\":\"", name);
	at = got.body ? strstr((const char *)got.body, mark) : NULL;
	value[0] = 0;
	if (!at)
		return value;
	at += strlen(mark);
	n = strcspn(at, "\"");
	must(n < sizeof(value), "a member is too long");
	memcpy(value, at, n);
	value[n] = 0;
	return value;
}

/* A problem of RFC 9457 with this status, whose detail says this. */
static bool is_problem(unsigned status, const char *says)
{
	const char *type = net_header(&got, "Content-Type");

	if (got.status == status && type &&
	    strcmp(type, "application/problem+json") == 0 &&
	    said("\"detail\":\"") && said(says))
		return true;
	note("%u %s %s", got.status, type ? type : "",
	     got.body ? (const char *)got.body : "");
	return false;
}

/* ---- what there is */

static void make_machine(void)
{
	struct sim_maker *m;
	struct sim_make_spec spec = {
		.name = "m", .count = 1, .ca = SIM_CA_PLATFORM, .now = MAKER_NOW
	};
	struct sim_why why;

	must(sim_maker_init(maker_path("maker"), MAKER_NOW, &why), why.text);
	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	m = maker_open(maker_path("maker"));
	must(sim_maker_make(m, &spec), "a processor");
	sim_maker_close(m);
}

static void quote_of(struct buf *out, const uint8_t report_data[64])
{
	buf_clear(out);
	must(maker_quote_of(out, maker_path("maker/processors/m"), report_data),
	     "a quote");
}

static void serve(const char *pcs)
{
	static const char *urls[1];
	const struct service_options options = {
		.data = home,
		.root = (const uint8_t(*)[64])root,
		.n_roots = 2,
		.pcs = urls,
		.n_pcs = 1,
		.open = SERVICE_VERIFY,
		.quiet = true,
		.now = now
	};
	char why[SERVICE_WHY];

	urls[0] = pcs;
	service = service_open(&options, why);
	must(service != NULL, why);
	service_set_issuer(service, "https://service.example");
}

static struct http_listener *listen_for(void)
{
	static struct http_service here = { .routes = service_routes,
		                            .after = service_after,
		                            .error = service_error,
		                            .limits = { .workers = 4 } };
	char text[HTTP_WHY_LEN];
	struct http_listener *l;

	here.self = service;
	l = http_listen("127.0.0.1:0", &here, text);
	must(l != NULL, text);
	port = http_port(l);
	return l;
}

/* A bundle of the quote, with keys and a nonce that it speaks for. */
static void bundle_of(struct buf *out, struct assay_bytes nonce,
                      const struct assay_collateral *collateral)
{
	static const uint8_t config[] = "a key configuration", sign[32] = "key";
	struct assay_bundle b = { .hpke = { config, sizeof(config) },
		                  .sign = { sign, sizeof(sign) },
		                  .nonce = nonce,
		                  .has_nonce = true,
		                  .collateral = collateral,
		                  .at = MAKER_NOW };
	uint8_t report_data[64];
	struct assay_json_out o;
	struct buf quote = { 0 };

	assay_keys_hash(report_data, b.hpke, b.sign, nonce);
	quote_of(&quote, report_data);
	b.quote = buf_bytes(&quote);
	buf_clear(out);
	buf_put_zeros(out, 1 << 20);
	must(!out->bad, "memory");
	assay_json_begin(&o, (char *)out->ptr, 1 << 20);
	assay_json_put_object(&o, NULL);
	assay_bundle_put(&o, &b);
	assay_json_put_end(&o, '}');
	must(o.ok, "a bundle");
	out->len = o.len;
	buf_free(&quote);
}

/* ---- one piece of evidence */

static void test_verify(struct assay_bytes quote)
{
	char path[200];

	ok(post("/v1/verify", quote) == 200 && said("\"genuine\":true") &&
	           said("\"status\":\"UpToDate\"") &&
	           said("\"simulation\":true") &&
	           said("\"decision\":\"refuse\"") && said("\"identity\"") &&
	           said("\"collateral\":\"http://127") && said("\"gaps\":[]"),
	   "a quote, and documents that were fetched");
	ok(said("\"policy\":{\"name\":\"default\",\"version\":0") &&
	           strlen(member("evidence_sha256")) == 64 &&
	           strlen(member("token")) > 600,
	   "by the policy that is built in, and signed");
	ok(post("/v1/verify?policy=sim", quote) == 200 &&
	           said("\"decision\":\"accept\"") &&
	           said("\"policy\":{\"name\":\"sim\",\"version\":2") &&
	           said("\"level\":\"INSECURE\""),
	   "by a named policy, its newest version");
	ok(post("/v1/verify?policy=sim&policy_version=1", quote) == 200 &&
	           said("\"decision\":\"refuse\"") && said("\"version\":1"),
	   "by its first");
	snprintf(path, sizeof(path),
	         "/v1/verify?accept=SEC%%3AINSECURE%%20C%%3A%s",
	         member("mrenclave"));
	ok(post(path, quote) == 200 && said("\"decision\":\"accept\""),
	   "by a constraint");
	ok(post("/v1/verify?policy=sim&no_token=1", quote) == 200 &&
	           said("\"token\":null"),
	   "no token, where none is wanted");
}

static void test_forgeries(struct assay_bytes quote)
{
	static const size_t at[] = { 60, 400, 440, 600, 1100, 2000 };
	uint8_t *copy = malloc(quote.len);
	unsigned n = 0;

	must(copy != NULL, "memory");
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		memcpy(copy, quote.ptr, quote.len);
		copy[at[i]] ^= 1;
		n += post("/v1/verify?policy=sim",
		          (struct assay_bytes){ copy, quote.len }) == 200 &&
		     said("\"genuine\":false") &&
		     said("\"decision\":\"refuse\"") && !said("\"check\":null");
	}
	ok(n == sizeof(at) / sizeof(at[0]),
	   "what is altered is judged, and is not genuine");
	for (n = 0; n < 4; n++)
		if (post("/v1/verify",
		         (struct assay_bytes){
				 quote.ptr, 48 + n * quote.len / 5 }) != 200 ||
		    !said("\"genuine\":false") || !said("\"token\":\"ey"))
			break;
	ok(n == 4, "so is what is cut short");
	ok(post("/v1/verify?policy=sim", quote) == 200 &&
	           said("\"decision\":\"accept\""),
	   "and the genuine one is genuine as ever");
	free(copy);
}

/* A world of another manufacturer: nobody's collateral is asked for, and none
 * forgotten, for its sake. */
static void test_strangers(void)
{
	struct sim_world *w = calloc(1, sizeof(*w));

	must(w && sim_world_default_at(w, SIM_SGX_V3, now(), 77) &&
	             sim_world_build(w),
	     "a world");
	ok(post("/v1/verify?policy=sim", buf_bytes(&w->quote)) == 200 &&
	           said("\"genuine\":false") && said("X_ROOT_PIN\""),
	   "a platform of another root");
	sim_world_free(w);
	free(w);
}

/* What is wrong with a request. */
static void test_bad(struct assay_bytes quote)
{
	static const struct {
		const char *path, *type;
		unsigned status;
		const char *says;
	} rows[] = {
		{ "/v1/verify?nonce=abc", NULL, 400, "nonce: want" },
		{ "/v1/verify?nonce=", NULL, 400, "nonce: want" },
		{ "/v1/verify?nonce=aa&nonce=aa", NULL, 400, "nonce: want" },
		{ "/v1/verify?report_data=zz", NULL, 400, "report_data: want" },
		{ "/v1/verify?any_code=yes", NULL, 400, "any_code: want 1" },
		{ "/v1/verify?at=yesterday", NULL, 400, "at: want a time" },
		{ "/v1/verify?at=2030-01-01T00:00:00Z", NULL, 400,
		  "not in the future" },
		{ "/v1/verify?policy=..%2Fx", NULL, 400, "policy: want" },
		{ "/v1/verify?policy=none", NULL, 404, "no policy none" },
		{ "/v1/verify?policy=sim&policy_version=9", NULL, 404,
		  "of this version" },
		{ "/v1/verify?policy_version=0", NULL, 400, "policy_version" },
		{ "/v1/verify?accept=C:12", NULL, 400, "accept: at character" },
		{ "/v1/verify?profile=gold", NULL, 400, "profile: want eat" },
		{ "/v1/verify", "image/png", 415, "--data-binary" },
		{ "/v1/verify", "multipart/form-data; boundary=x", 415,
		  "curl" },
		{ "/v1/batch?nonce=aa", NULL, 400, "nonce: want none" },
		{ "/v1/verify/more", NULL, 404, "/v1/verify" },
		{ "/healthz", NULL, 405, "GET" },
		{ "/v1/policies/sim", NULL, 401, "scope `admin`" },
		{ "/v1/policies/a%20b", NULL, 401, "Authorization" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ask(rows[i].path,
		    rows[i].type ? rows[i].type : "application/octet-stream",
		    quote);
		ok(is_problem(rows[i].status, rows[i].says), "%u: %s %s",
		   rows[i].status, rows[i].path,
		   rows[i].type ? rows[i].type : "");
	}
}

/* It is refused by what it says of its length, and nothing of it read: a client
 * that sends on may never see the answer, so this one sends no body. */
static bool refuses_large(void)
{
	static const char head[] = "POST /v1/verify HTTP/1.1\r\nHost: h\r\n"
				   "Content-Length: 1048577\r\n\r\n";
	const struct sockaddr_in at = { .sin_family = AF_INET,
		                        .sin_port = htons(port),
		                        .sin_addr = {
						htonl(INADDR_LOOPBACK) } };
	char text[4096] = "";
	size_t len = 0;
	ssize_t n;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 && connect(fd, (const void *)&at, sizeof(at)) == 0 &&
	             write(fd, head, sizeof(head) - 1) == sizeof(head) - 1,
	     "a connection");
	while (len < sizeof(text) - 1 && !strstr(text, "1 MiB") &&
	       (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		text[len += (size_t)n] = 0;
	close(fd);
	return strncmp(text, "HTTP/1.1 413", 12) == 0 && strstr(text, "1 MiB");
}

static void test_none(void)
{
	static const char *const none[] = {
		"hello", "{\"a\":1}", "{}", "[", "\"\"", "0", "AAAA", "ffff",
	};
	unsigned n = 0;

	post("/v1/verify", (struct assay_bytes){ 0 });
	ok(is_problem(400, "--data-binary"), "no body");
	while (n < sizeof(none) / sizeof(none[0]) &&
	       post("/v1/verify", buf_text(none[n])) == 400 &&
	       is_problem(400, "Post it as it came"))
		n++;
	ok(n == sizeof(none) / sizeof(none[0]), "what is no evidence");
	ok(refuses_large(), "what is too large");
	get("/v1/verify");
	ok(is_problem(405, "POST") && net_header(&got, "Allow") &&
	           strcmp(net_header(&got, "Allow"), "POST") == 0,
	   "GET where POST is meant");
}

/* ---- what a token says */

static bool token_holds(struct assay_token *t, const char *token)
{
	static uint8_t memory[1 << 16];
	struct assay_scratch scratch = { memory, sizeof(memory), 0 };
	static char copy[16384];
	struct assay_err err = { 0 };

	snprintf(copy, sizeof(copy), "%s", token);
	must(get("/.well-known/jwks.json") == 200, "the keys");
	if (token_open(t, buf_text(copy),
	               (struct assay_bytes){ got.body, got.len }, &scratch,
	               &err))
		return true;
	note("%s", err.note);
	return false;
}

/* The token of what was got last says so of its nonce. */
static bool token_says(const char *redeemed)
{
	struct assay_token t;
	char token[16384], want[64];

	snprintf(token, sizeof(token), "%s", member("token"));
	snprintf(want, sizeof(want), "\"nonce_redeemed\":%s,", redeemed);
	return token_holds(&t, token) &&
	       memmem(t.claims.ptr, t.claims.len, want, strlen(want));
}

/* ---- nonces */

static void disk_is_full(bool full)
{
	static struct rlimit was;
	struct rlimit most;

	if (full)
		must(getrlimit(RLIMIT_FSIZE, &was) == 0, "a limit");
	most = was;
	if (full)
		most.rlim_cur = 1;
	must(setrlimit(RLIMIT_FSIZE, &most) == 0, "a limit");
}

static void test_nonces(void)
{
	struct buf bundle = { 0 }, other = { 0 };
	uint8_t nonce[SERVICE_NONCE_LEN], zero[64] = { 0 };
	char hex[2 * SERVICE_NONCE_LEN + 1], path[200];

	must(post("/v1/challenge", (struct assay_bytes){ 0 }) == 200,
	     "a challenge");
	snprintf(hex, sizeof(hex), "%s", member("nonce"));
	must(assay_hex_parse(nonce, sizeof(nonce), buf_text(hex)), "a nonce");
	ok(strcmp(member("expires"), "2026-09-21T14:19:20Z") == 0,
	   "a challenge holds for five minutes");
	snprintf(path, sizeof(path), "/v1/verify?policy=sim&nonce=%s", hex);
	quote_of(&other, zero);
	ok(post(path, buf_bytes(&other)) == 200 &&
	           said("\"rules\":[\"nonce\"]") &&
	           said("\"nonce_redeemed\":false"),
	   "evidence that was not made for it");
	bundle_of(&bundle, (struct assay_bytes){ nonce, sizeof(nonce) }, NULL);
	disk_is_full(true);
	post(path, buf_bytes(&bundle));
	disk_is_full(false); /* what is printed may go to a file */
	ok(is_problem(503, "store") && net_header(&got, "Retry-After"),
	   "nor where that cannot be kept");
	ok(post(path, buf_bytes(&bundle)) == 200 &&
	           said("\"decision\":\"accept\"") &&
	           said("\"keys\":\"bound\"") &&
	           said("\"nonce_redeemed\":true") &&
	           strcmp(member("nonce"), hex) == 0 && token_says("true"),
	   "does not use it up for evidence that was");
	post(path, buf_bytes(&bundle));
	ok(is_problem(409, "was used before"), "which counts once");
	ok(post("/v1/verify?policy=sim", buf_bytes(&bundle)) == 200 &&
	           said("\"decision\":\"accept\"") &&
	           said("\"nonce_redeemed\":false") && token_says("false"),
	   "where nobody asks for the nonce, it is told that it did not count");
	must(post("/v1/challenge", (struct assay_bytes){ 0 }) == 200,
	     "a challenge");
	snprintf(hex, sizeof(hex), "%s", member("nonce"));
	must(assay_hex_parse(nonce, sizeof(nonce), buf_text(hex)), "a nonce");
	snprintf(path, sizeof(path), "/v1/verify?policy=sim&nonce=%s", hex);
	bundle_of(&bundle, (struct assay_bytes){ nonce, sizeof(nonce) }, NULL);
	now_is += 301;
	post(path, buf_bytes(&bundle));
	ok(is_problem(409, "older than 300 s"), "one that is too old");
	now_is -= 301;
	bundle_of(&bundle, (struct assay_bytes){ nonce, 8 }, NULL);
	hex[16] = 0;
	snprintf(path, sizeof(path), "/v1/verify?policy=sim&nonce=%s", hex);
	ok(post(path, buf_bytes(&bundle)) == 200 &&
	           said("\"decision\":\"accept\"") &&
	           post(path, buf_bytes(&bundle)) == 200,
	   "a nonce of the caller's own is the caller's affair");
	ok(said("\"nonce_redeemed\":false"), "and is none of the service's");
	buf_free(&bundle);
	buf_free(&other);
}

/* ---- tokens */

static unsigned count_keys(void)
{
	unsigned n = 0;

	must(get("/.well-known/jwks.json") == 200, "the keys");
	for (const char *p = (const char *)got.body; (p = strstr(p, "\"kid\""));
	     p++)
		n++;
	return n;
}

static void tend(void)
{
	char why[SERVICE_WHY];

	must(service_tokens_tend(service, why), why);
}

static void test_tokens(struct assay_bytes quote)
{
	const int64_t began = now_is;
	struct assay_token t;
	char first[16384];

	must(post("/v1/verify?policy=sim", quote) == 200, "a verdict");
	snprintf(first, sizeof(first), "%s", member("token"));
	ok(token_holds(&t, first), "a token by the keys that are given out");
	ok(get("/.well-known/openid-configuration") == 200 &&
	           said("\"issuer\":\"https://service.example\"") &&
	           said("\"jwks_uri\":\"https://service.example/.well-known/"
	                "jwks.json\""),
	   "where they are is to be discovered");
	ok(count_keys() == 1, "one key");
	now_is = began + 91 * DAY;
	tend();
	ok(count_keys() == 2, "after 90 days another, a day before it signs");
	must(post("/v1/verify?policy=sim", quote) == 200, "a verdict");
	ok(token_holds(&t, member("token")) && count_keys() == 2, "it waits");
	now_is += DAY + 1;
	tend();
	must(post("/v1/verify?policy=sim", quote) == 200, "a verdict");
	snprintf(first, sizeof(first), "%s", member("token"));
	ok(token_holds(&t, first) && count_keys() == 2,
	   "it signs, and the old one is known still");
	for (int i = 0; i < 31; i++) {
		now_is += DAY + 1;
		tend();
	}
	ok(count_keys() == 1, "for thirty days");
	must(post("/v1/verify?policy=sim", quote) == 200, "a verdict");
	snprintf(first, sizeof(first), "%s", member("token"));
	ok(token_holds(&t, first), "and the one that signs stays");
	now_is = began;
}

static void test_past(void)
{
	struct maker_docs docs;
	struct buf bundle = { 0 };
	const uint8_t nonce[4] = { 1, 2, 3, 4 };
	const int64_t began = now_is;

	must(maker_docs(&docs, maker_path("maker/pcs/standard/53494D000001")),
	     "documents");
	bundle_of(&bundle, (struct assay_bytes){ nonce, sizeof(nonce) },
	          &docs.collateral);
	now_is += 60 * DAY;
	ok(post("/v1/verify?policy=sim", buf_bytes(&bundle)) == 200 &&
	           said("\"genuine\":false") && said("J_MISSING\""),
	   "two months later the service has no documents, and those that "
	   "it brings do not count");
	ok(post("/v1/verify?policy=sim&at=2026-09-21T15:00:00Z",
	        buf_bytes(&bundle)) == 200 &&
	           said("\"genuine\":true") &&
	           said("\"judged_at\":\"2026-09-21T15:00:00Z\"") &&
	           said("\"collateral\":null"),
	   "and as of then it is judged by what it brings");
	now_is = began;
	buf_free(&bundle);
	maker_forget(&docs);
}

/* ---- batches */

static void test_batch(struct assay_bytes quote)
{
	struct buf text = { 0 }, lines = { 0 };
	char *base64;
	const char *line[8] = { 0 };
	unsigned n = 0;

	buf_put_zeros(&text, quote.len * 4 / 3 + 8);
	must(!text.bad, "memory");
	base64 = (char *)text.ptr;
	assay_base64_print(base64, quote.ptr, quote.len);
	buf_printf(&lines, "\"%s\"\nnonsense\n\n  \r\n\"", base64);
	for (const char *p = base64; *p; p++)
		buf_printf(&lines, *p == '/' ? "\\/" : "%c", *p);
	buf_printf(&lines, "\"\r\n\"\\q\"\n\"%.*s\"\n%s", 900, base64, base64);
	must(post("/v1/batch?policy=sim", buf_bytes(&lines)) == 200, "a batch");
	for (char *p = strtok((char *)got.body, "\n"); p && n < 8;
	     p = strtok(NULL, "\n"))
		line[n++] = p;
	ok(n == 6, "a line for each that is not empty");
	ok(n == 6 && strstr(line[0], "{\"line\":1,") == line[0] &&
	           strstr(line[0], "\"decision\":\"accept\"") &&
	           strstr(line[0], "\"token\":\"ey"),
	   "base64 in a string");
	ok(n == 6 && strstr(line[1], "{\"line\":2,\"status\":400,"),
	   "what is no evidence");
	ok(n == 6 && strstr(line[2], "{\"line\":5,") == line[2] &&
	           strstr(line[2], "\"decision\":\"accept\""),
	   "a string with escapes");
	ok(n == 6 && strstr(line[3], "\"status\":400,"), "one that is none");
	ok(n == 6 && strstr(line[4], "\"genuine\":false"), "one cut short");
	ok(n == 6 && strstr(line[5], "\"genuine\":true"),
	   "without quotation marks, and without a line's end");
	must(post("/v1/batch", buf_text("\n\n")) == 200, "a batch");
	ok(got.len == 0, "no lines, and no answers");
	buf_clear(&lines);
	buf_put_zeros(&lines, (1 << 20) + 1);
	must(!lines.bad, "memory");
	memset(lines.ptr, 'x', lines.len);
	must(post("/v1/batch", buf_bytes(&lines)) == 200, "a batch");
	ok(said("\"status\":413"), "a line that is too long");
	buf_free(&lines);
	buf_free(&text);
}

/* ---- callers, and the log */

static bool in_no_row(void *arg, const char *name, struct assay_bytes row)
{
	const char *secret = arg;
	const size_t n = strlen(secret);

	return !strstr(name, secret) && !memmem(row.ptr, row.len, secret, n) &&
	       !memmem(row.ptr, row.len, secret + n - 64, 64);
}

static void test_callers(struct assay_bytes quote)
{
	char other[SERVICE_KEY_LEN], wrong[SERVICE_KEY_LEN];

	key = NULL;
	get("/v1/policies");
	ok(is_problem(401, "scope `read`") &&
	           net_header(&got, "WWW-Authenticate"),
	   "no key");
	snprintf(wrong, sizeof(wrong), "%s", admin);
	wrong[strlen(wrong) - 1] ^= 1;
	key = wrong;
	get("/v1/policies");
	ok(is_problem(401, "scope `read`"), "a wrong one");
	ok(post("/v1/verify", quote) == 401,
	   "is none even where none is needed");
	key = admin;
	post("/v1/callers/bob?scopes=all", (struct assay_bytes){ 0 });
	ok(is_problem(400, "verify,read,keys"), "scopes that are none");
	ok(post("/v1/callers/bob?scopes=read", (struct assay_bytes){ 0 }) ==
	           200,
	   "another caller");
	snprintf(other, sizeof(other), "%s", member("key"));
	ok(store_each(service->store, "caller", in_no_row, other) &&
	           store_each(service->store, "caller", in_no_row, admin),
	   "the store has no key");
	ok(get("/v1/callers") == 200 && said("\"name\":\"bob\"") &&
	           !said(other + 10),
	   "nor does the list");
	key = other;
	ok(get("/v1/policies") == 200, "its key may read");
	post("/v1/policies/x", buf_text("{}"));
	ok(is_problem(403, "bob lacks the scope `admin`"), "and not change");
	key = admin;
	ok(post("/v1/callers/bob?revoke=1", (struct assay_bytes){ 0 }) == 200,
	   "it is revoked");
	post("/v1/callers/nobody?revoke=1", (struct assay_bytes){ 0 });
	ok(is_problem(404, "/v1/callers"), "nobody is not");
	key = other;
	get("/v1/policies");
	ok(is_problem(401, "scope"), "and is no key any more");
	key = admin;
	ok(get("/v1/log") == 200 && said("\"what\":\"caller.added\"") &&
	           said("\"what\":\"caller.revoked\"") &&
	           said("\"what\":\"policy.added\"") &&
	           said("\"who\":\"first\"") && said("\"head\":\"ey") &&
	           !said(other + 10),
	   "all of it is in the log, and no key");
	ok(get("/v1/log/0") == 200 && said("\"size\":"), "a proof");
	get("/v1/log/999");
	ok(is_problem(404, "from 0"), "of what is there alone");
}

/* A name may have any number of keys. */
static void test_many_keys(void)
{
	char some[SERVICE_KEY_LEN], last[SERVICE_KEY_LEN];

	for (int i = 0; i < 70; i++)
		must(service_caller_make(i ? last : some, service, "eve",
		                         SERVICE_READ, "test"),
		     "an API key");
	key = admin;
	post("/v1/callers/eve?revoke=0", (struct assay_bytes){ 0 });
	ok(is_problem(400, "or revoke=1"), "revoke=0 is no wish");
	post("/v1/callers/eve?revoke=1&revoke=1&scopes=read",
	     (struct assay_bytes){ 0 });
	ok(is_problem(400, "or revoke=1"), "nor is one that is said twice");
	ok(post("/v1/callers/eve?revoke=1", (struct assay_bytes){ 0 }) == 200 &&
	           said("{\"revoked\":70}"),
	   "all keys of a name are revoked");
	key = some;
	ok(get("/v1/policies") == 401, "the first");
	key = last;
	ok(get("/v1/policies") == 401, "and the last");
	key = admin;
	post("/v1/callers/eve?revoke=1", (struct assay_bytes){ 0 });
	ok(is_problem(404, "/v1/callers"), "and none is left");
}

/* Where nothing is open: who is given secrets may ask for what that takes. */
static void test_scopes_of_challenges(void)
{
	char keys[SERVICE_KEY_LEN], read[SERVICE_KEY_LEN];

	must(service_caller_make(keys, service, "gate", SERVICE_KEYS, "test") &&
	             service_caller_make(read, service, "eye", SERVICE_READ,
	                                 "test"),
	     "API keys");
	service->options.open = 0;
	key = keys;
	ok(post("/v1/challenge", (struct assay_bytes){ 0 }) == 200,
	   "a challenge, for who has the scope `keys`");
	post("/v1/verify", buf_text("x"));
	ok(is_problem(403, "`verify`"), "and nothing is verified");
	key = read;
	post("/v1/challenge", (struct assay_bytes){ 0 });
	ok(is_problem(403, "eye lacks the scope `verify`"), "for others not");
	key = NULL;
	post("/v1/challenge", (struct assay_bytes){ 0 });
	ok(is_problem(401, "scope `verify`"), "nor without a key");
	service->options.open = SERVICE_VERIFY;
	key = admin;
}

static void wait_for_keys(unsigned n)
{
	for (int i = 0; i < 200 && count_keys() != n; i++) {
		now_is += DAY;
		tend();
	}
	must(count_keys() == n, "keys come and go");
}

/* A log to which nothing is added has a head by the key of now. */
static void test_head(void)
{
	const int64_t began = now_is;
	char first[16384], next[16384];
	struct assay_token t;

	key = admin;
	must(get("/v1/log") == 200, "the log");
	snprintf(first, sizeof(first), "%s", member("head"));
	now_is += DAY;
	must(get("/v1/log") == 200, "the log");
	ok(strcmp(first, member("head")) == 0, "a head holds for a day");
	now_is++;
	must(get("/v1/log") == 200, "the log");
	snprintf(next, sizeof(next), "%s", member("head"));
	ok(strcmp(first, next) != 0, "and is signed anew then");
	wait_for_keys(1);
	wait_for_keys(2); /* the second signs in a day */
	now_is += DAY / 2;
	must(get("/v1/log") == 200, "the log");
	snprintf(first, sizeof(first), "%s", member("head"));
	now_is += DAY / 2 + 1;
	tend();
	must(get("/v1/log") == 200, "the log");
	snprintf(next, sizeof(next), "%s", member("head"));
	ok(strcmp(first, next) != 0 && token_holds(&t, next),
	   "and when another key signs");
	now_is = began;
}

static void test_policies(void)
{
	post("/v1/policies/bad", buf_text("{\"colour\":1}"));
	ok(is_problem(400, "At byte"), "what is no policy");
	post("/v1/policies/a%2Fb", buf_text("{}"));
	ok(is_problem(400, "1 to 64 letters"), "a name that is none");
	ok(post("/v1/policies/sim", buf_text("{\"any_code\":true}")) == 200 &&
	           said("\"version\":1") &&
	           post("/v1/policies/sim", buf_text("{\"any_code\":true,"
	                                             "\"simulation\":true}")) ==
	                   200 &&
	           said("\"version\":2"),
	   "versions");
	ok(get("/v1/policies") == 200 && said("\"name\":\"sim\",\"version\":2"),
	   "the newest are listed");
	ok(get("/v1/policies/sim?version=1") == 200 &&
	           strcmp((const char *)got.body, "{\"any_code\":true}") == 0,
	   "the first is as it was");
	get("/v1/policies/other");
	ok(is_problem(404, "lists them"), "another is not there");
}

static void test_health(void)
{
	ok(get("/healthz") == 200 && said("ok"), "alive");
	ok(get("/readyz") == 200 && said("ready"), "ready");
	ok(get("/metrics") == 200 &&
	           said("assay_decisions_total{decision=\"accept\"}") &&
	           said("assay_verdicts_total") &&
	           said("assay_collateral_fresh_seconds{tee=\"SGX\"") &&
	           said("assay_http_requests_total") &&
	           said("assay_judgement_seconds_bucket{le=\"+Inf\"}") &&
	           said("assay_platforms"),
	   "metrics");
}

/* ---- platforms */

/* Until its row says so: it is written within a second or so. */
static bool row_says(const char *what)
{
	for (int i = 0; i < 100; i++) {
		must(get("/v1/platforms") == 200, "platforms");
		if (said(what))
			return true;
		usleep(100000);
	}
	note("%s", (const char *)got.body);
	return false;
}

static void test_rows(struct assay_bytes quote)
{
	key = admin;
	now_is += 10;
	must(post("/v1/verify?policy=sim", quote) == 200 &&
	             said("\"decision\":\"accept\""),
	     "a verdict");
	ok(row_says("\"last_seen\":\"2026-09-21T14:14:30Z\"") &&
	           said("\"status\":\"UpToDate\",\"accepted\":false}"),
	   "a policy of the caller's choice accepts no platform");
	must(post("/v1/policies/default",
	          buf_text("{\"any_code\":true,\"simulation\":true}")) == 200,
	     "a policy");
	now_is += 10;
	must(post("/v1/verify?nonce=aa", quote) == 200 &&
	             said("\"decision\":\"refuse\""),
	     "a verdict");
	ok(row_says("\"last_seen\":\"2026-09-21T14:14:40Z\"") &&
	           said("\"status\":\"UpToDate\",\"accepted\":true}"),
	   "nor does a caller's nonce refuse one");
}

/* What is altered says nothing of the machine. */
static void test_no_rows(struct assay_bytes quote, const char *pcs,
                         struct http_listener *http)
{
	uint8_t *copy = malloc(quote.len);

	must(copy != NULL, "memory");
	memcpy(copy, quote.ptr, quote.len);
	copy[400] ^= 1;
	now_is += 10;
	must(post("/v1/verify", (struct assay_bytes){ copy, quote.len }) ==
	                     200 &&
	             said("Q_SIG\""),
	     "a forgery");
	free(copy);
	http_stop(http);
	service_close(service); /* which writes what is left */
	serve(pcs);
	http = listen_for();
	ok(row_says("\"last_seen\":\"2026-09-21T14:14:40Z\"") &&
	           said("\"status\":\"UpToDate\",\"accepted\":true}"),
	   "nor who puts its certificate under something else");
	http_stop(http);
}

/* The manufacturer revokes the machine, and the service hears of it. */
static void test_revoked(struct assay_bytes quote, const char *pcs)
{
	struct http_listener *http;
	struct sim_maker *m;

	service_close(service);
	maker_remove(maker_path("home/collateral"));
	m = maker_open(maker_path("maker"));
	must(sim_maker_revoke(m, "m", MAKER_NOW + 30), "revoked");
	sim_maker_close(m);
	serve(pcs);
	http = listen_for();
	must(post("/v1/verify", quote) == 200, "a verdict");
	ok(said("\"genuine\":false") && said("R_PCK_REVOKED\""),
	   "a machine is revoked");
	ok(row_says("\"status\":\"Revoked\",\"accepted\":false}") &&
	           said("\"next\":null") && !said("UpToDate"),
	   "which is what is said of it then");
	http_stop(http);
}

/* Clients of Intel's caching service, before anything was judged.  Those who make
 * the service ask the manufacturer are few at a time. */
static void test_cache(void)
{
	static const char path[] = "/sgx/certification/v4/pckcrl?ca=platform";
	char unknown[80];
	unsigned n = 0;

	service->cache_fetches = 4;
	ok(get(path) == 503 && said("later") && net_retry_after(&got) == 1,
	   "a list that must be fetched: not while so many wait");
	service->cache_fetches = 0;
	ok(get(path) == 200 && net_header(&got, "SGX-PCK-CRL-Issuer-Chain") &&
	           !service->cache_fetches,
	   "else it is");
	for (int i = 0; i < 30 && n < 30; i++, n++) {
		snprintf(unknown, sizeof(unknown),
		         "/sgx/certification/v4/tcb?fmspc=0000000000%02X", i);
		if (get(unknown) != 404)
			break;
	}
	ok(n > 10 && n < 30 && said("later"),
	   "machines that nobody has are asked for %u times in a minute", n);
	ok(get(path) == 200, "what is kept is there all the same");
	service->cache_unknown = 0;
	service->options.no_fetch = true;
	ok(get(path) == 404 && said("No cache data"),
	   "nor where nobody may be asked");
	service->options.no_fetch = false;
}

int main(void)
{
	struct http_listener *pcs_at, *http;
	struct pcs pcs = { 0 };
	struct buf quote = { 0 };
	uint8_t report_data[64] = { 7 };
	char url[64];

	assay_crypto_start();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that cannot grow is an error */
	snprintf(home, sizeof(home), "%s/home", maker_folder());
	make_machine();
	memcpy(root[0], assay_intel_root_key, 64);
	maker_root_key(root[1], maker_path("maker"));
	pcs_at = maker_publish(&pcs, now());
	client = net_start(NULL);
	must(client != NULL, "a client");
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_port(pcs_at));
	serve(url);
	must(service_caller_make(admin, service, "first",
	                         SERVICE_VERIFY | SERVICE_READ | SERVICE_ADMIN,
	                         "test"),
	     "an API key");
	http = listen_for();
	quote_of(&quote, report_data);
	key = admin;
	test_policies();
	key = NULL;
	test_cache();
	test_verify(buf_bytes(&quote));
	test_forgeries(buf_bytes(&quote));
	test_strangers();
	test_bad(buf_bytes(&quote));
	test_none();
	test_nonces();
	test_batch(buf_bytes(&quote));
	test_past();
	test_tokens(buf_bytes(&quote));
	test_callers(buf_bytes(&quote));
	test_many_keys();
	test_scopes_of_challenges();
	test_health();
	test_head();
	test_rows(buf_bytes(&quote));
	test_no_rows(buf_bytes(&quote), url, http);
	test_revoked(buf_bytes(&quote), url);
	http_stop(pcs_at);
	service_close(service);
	sim_maker_close(pcs.maker);
	buf_free(&quote);
	net_forget(&got);
	net_end(client);
	return done();
}
