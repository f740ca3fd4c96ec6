/*
 * t_rows.c - a service whose store others write into, and ask for: the log as a
 * file while it grows, rows that are cut short or altered, arguments that no path
 * knows.
 */
#include <signal.h>
#include <sqlite3.h>
#include <string.h>

#include "audit/audit.h"
#include "base/text.h"
#include "h_maker.h"
#include "net/http.h"
#include "service/policies.h"
#include "tap.h"

enum { MANY = 450, MOST = 3000, TIMES = 20 };
static struct service *service;
static struct net_client *client;
static struct net_answer got;
static struct net_err why_not;
static char key[SERVICE_KEY_LEN];
static uint16_t port;
static const struct assay_bytes none;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	printf("# %s\n", what);
	abort();
}

static int64_t now(void)
{
	return MAKER_NOW;
}

/* The status; 0: the answer was cut, or worse. */
static unsigned ask(const char *path, const char *type, struct assay_bytes body)
{
	char url[512], auth[SERVICE_KEY_LEN + 32];
	const char *const headers[] = { auth, NULL };

	net_forget(&got);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", port, path);
	snprintf(auth, sizeof(auth), "Authorization: Bearer %s", key);
	return net_ask(client, &got,
	               &(struct net_request){ .url = url,
	                                      .type = type,
	                                      .body = body,
	                                      .headers = headers,
	                                      .answer_max = 4 << 20 },
	               &why_not)
	               ? got.status
	               : 0;
}

static unsigned get(const char *path)
{
	return ask(path, NULL, none);
}

static bool said(const char *what)
{
	return got.body && strstr((const char *)got.body, what);
}

static struct http_listener *serve(void)
{
	static struct http_service here = { .routes = service_routes,
		                            .error = service_error,
		                            .limits = { .workers = 4 } };
	static const struct service_options options = { .no_fetch = true,
		                                        .quiet = true,
		                                        .now = now };
	struct service_options o = options;
	char why[SERVICE_WHY], text[HTTP_WHY_LEN];
	struct http_listener *l;

	o.data = maker_path("home");
	service = service_open(&o, why);
	must(service != NULL, why);
	must(service_caller_make(key, service, "first",
	                         SERVICE_VERIFY | SERVICE_READ | SERVICE_KEYS |
	                                 SERVICE_ADMIN,
	                         "test"),
	     "an API key");
	here.self = service;
	l = http_listen("127.0.0.1:0", &here, text);
	must(l != NULL, text);
	port = http_port(l);
	return l;
}

/* ---- arguments */

/* Every path that takes an API key, with an argument that none knows. */
static void test_arguments(void)
{
	const struct http_route *r = service_routes;
	char path[128];
	unsigned n = 0;

	for (; r->path; r++) {
		const char *type = r->body_max ? "text/plain" : NULL;

		if (strncmp(r->path, "/v1/", 4) != 0 &&
		    strncmp(r->path, "/attest/", 8) != 0)
			continue;
		snprintf(path, sizeof(path), "%s?polcy=x", r->path);
		if (strchr(path, '*'))
			*strchr(path, '*') = 'x';
		n++;
		ok(ask(path, type, buf_text("x")) == 400 && said("polcy") &&
		           said("argument") && r->arguments,
		   "%s refuses what it does not know", path);
	}
	ok(n > 15, "and that is all there is");
	ok(get("/v1/log?from=0&from%00=1") == 400 && said("from"),
	   "a name with a NUL is another");
	ok(get("/v1/log?from=1&most=1") == 200, "what is known is taken");
	ok(get("/v1/log?most=0") == 400 && said("most: want a number from 1"),
	   "within its bounds");
	ok(get("/v1/log?from=-1") == 400 && get("/v1/log?from=") == 400 &&
	           get("/v1/log?from=99999999999999999999") == 400 &&
	           get("/v1/log?from=0&from=0") == 400,
	   "as a number, once");
	ok(get("/healthz?x=1") == 200 && get("/.well-known/jwks.json?x") == 200,
	   "where nothing is asked for, nothing is refused");
}

/* ---- the log */

static void append(unsigned n)
{
	while (n--)
		must(service_log(service, "test", "somebody",
		                 buf_text("{\"a\":1}")),
		     "an entry");
}

static _Atomic bool stop;

static void *append_more(void *arg)
{
	(void)arg;
	for (int i = 0; i < MOST && !stop; i++)
		append(1);
	return NULL;
}

/* Whether what was got is a log, as assay audit verify reads it: how long. */
static bool is_log(uint64_t *size, struct assay_bytes keys)
{
	static struct audit_log log;
	struct assay_err err = { 0 };
	struct assay_bytes in = { got.body, got.len };
	bool good = true;

	log = (struct audit_log){ .key_set = keys };
	while (good && in.len) {
		const uint8_t *end = memchr(in.ptr, '\n', in.len);
		const size_t n = end ? (size_t)(end - in.ptr) : in.len;

		good = end &&
		       audit_log_line(&log, (struct assay_bytes){ in.ptr, n },
		                      &err);
		in.ptr += n + (end != NULL);
		in.len -= n + (end != NULL);
	}
	*size = log.tree.size;
	good = good && log.n_heads == 1 && audit_log_end(&log, &err);
	if (!good)
		note("entry %d: %s", (int)log.tree.size, err.note);
	return good;
}

static void test_log(struct assay_bytes keys)
{
	char path[64];
	uint64_t size, last = 0;
	pthread_t other;
	unsigned n = 0;

	ok(get("/v1/log/file") == 200 && is_log(&size, keys) && size == 1,
	   "a log of one entry");
	append(MANY);
	ok(get("/v1/log/file") == 200 && is_log(&size, keys) &&
	           size == MANY + 1,
	   "a log of many pieces");
	must(pthread_create(&other, NULL, append_more, NULL) == 0, "a thread");
	for (; n < TIMES; n++, last = size)
		if (get("/v1/log/file") != 200 || !is_log(&size, keys) ||
		    size < last)
			break;
	stop = true;
	pthread_join(other, NULL);
	ok(n == TIMES, "while others append, each is whole by itself");
	note("the last has %d entries", (int)last);
	ok(get("/v1/log?from=400&most=50") == 200 && said("\"number\":400,") &&
	           said("\"number\":449,") && !said("\"number\":399,") &&
	           !said("\"number\":450,"),
	   "a page of it");
	must(store_count_entries(service->store, &size), "a number");
	snprintf(path, sizeof(path), "/v1/log?from=%d", (int)size);
	ok(get(path) == 200 && said("\"entries\":[]}"),
	   "behind its end there is nothing");
}

/* What somebody does to the database itself. */
static void sql(const char *text)
{
	sqlite3 *db;

	must(sqlite3_open(maker_path("home/assay.db"), &db) == SQLITE_OK &&
	             sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK,
	     text);
	sqlite3_close(db);
}

static void test_altered(struct assay_bytes keys)
{
	uint64_t size;

	sql("UPDATE assay_entry SET body = CAST(replace(body, 'somebody', "
	    "'nobody')"
	    " AS BLOB) WHERE number = 250");
	ok(get("/v1/log/file") == 0 && why_not.stage == NET_CUT,
	   "an entry that was altered: the file is cut");
	ok(get("/v1/log?from=250") == 503 && said("was altered: entry 250"),
	   "a page says why there is none");
	ok(get("/v1/log/250") == 503 && said("was altered"),
	   "and there is no proof of it");
	ok(get("/v1/log/249") == 200 && get("/v1/log?most=250") == 200,
	   "others are as they were");
	sql("UPDATE assay_entry SET body = CAST(replace(body, 'nobody', "
	    "'somebody')"
	    " AS BLOB) WHERE number = 250");
	ok(get("/v1/log/file") == 200 && is_log(&size, keys),
	   "it is there again, and all is well");
	sql("UPDATE assay_entry SET body = CAST(replace(body, 'first', 'last')"
	    " AS BLOB) WHERE number = 0");
	ok(get("/v1/log/file") == 503 && said("was altered: entry 0"),
	   "of what fails at once the status tells");
	sql("UPDATE assay_entry SET body = CAST(replace(body, 'last', 'first')"
	    " AS BLOB) WHERE number = 0");
	sql("DELETE FROM assay_entry WHERE number >= 450");
	ok(get("/v1/log?from=449") == 503 && said("was altered: entry 450"),
	   "nor does it go on where its end is missing");
}

/* ---- rows of the store */

struct first_row {
	char name[STORE_NAME_MAX + 1];
	struct buf body;
};

static bool take_first(void *arg, const char *name, struct assay_bytes body)
{
	struct first_row *row = arg;

	snprintf(row->name, sizeof(row->name), "%s", name);
	buf_put_bytes(&row->body, body);
	return false;
}

static void first_of(struct first_row *row, const char *kind)
{
	*row = (struct first_row){ 0 };
	must(!store_each(service->store, kind, take_first, row) &&
	             row->body.len,
	     "a row");
}

static void put(const struct first_row *row, const char *kind, size_t len)
{
	must(store_put(service->store, kind, row->name,
	               (struct assay_bytes){ row->body.ptr, len }),
	     "a row");
}

static void test_callers(void)
{
	struct first_row row;
	size_t n = 0;

	first_of(&row, "caller");
	while (n < row.body.len) {
		put(&row, "caller", n);
		if (get("/v1/callers") != 401)
			break;
		n++;
	}
	ok(n == row.body.len, "an API key's row that is cut is none");
	row.body.ptr[n - 1] = ' ';
	put(&row, "caller", n);
	ok(get("/v1/callers") == 401, "nor is one that does not end");
	row.body.ptr[n - 1] = '}';
	put(&row, "caller", n);
	ok(get("/v1/callers") == 200 && said("\"name\":\"first\""),
	   "a whole one is one");
	buf_free(&row.body);
}

/* What is no key of that name is none of the set. */
static void test_keys(void)
{
	static const char *const odd[] = {
		"{\"kty\":\"EC\"}",
		"{}],\"keys\":[{}",
		"[]",
		"",
		"1",
		"{}",
		"99999999999999999999999999\n{}",
	};
	struct first_row row, other;
	struct buf set = { 0 };
	unsigned wrong = 0;

	first_of(&row, "jwk");
	must(get("/.well-known/jwks.json") == 200, "keys");
	buf_put(&set, got.body, got.len);
	other = row;
	snprintf(other.name, sizeof(other.name), "other");
	for (size_t n = 0; n <= row.body.len; n++) {
		put(&other, "jwk", n);
		put(&row, "cert", n);
		wrong += get("/.well-known/jwks.json") != 200 ||
		         got.len != set.len ||
		         memcmp(got.body, set.ptr, set.len) != 0;
	}
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		other.body = (struct buf){ 0 };
		snprintf(other.name, sizeof(other.name), "odd%zu", i);
		if (i < 4)
			buf_printf(&other.body, "%lld\n", (long long)now());
		buf_printf(&other.body, "%s", odd[i]);
		put(&other, "jwk", other.body.len);
		wrong += get("/.well-known/jwks.json") != 200 ||
		         got.len != set.len ||
		         memcmp(got.body, set.ptr, set.len) != 0;
		buf_free(&other.body);
	}
	ok(!wrong, "a key's row that is cut, odd, or by another name is none");
	for (size_t n = 0; n < row.body.len; n++) {
		put(&row, "jwk", n);
		wrong += get("/.well-known/jwks.json") != 200 ||
		         strcmp((char *)got.body, "{\"keys\":[]}") != 0;
	}
	ok(!wrong, "where its own row is, there is none");
	put(&row, "jwk", row.body.len);
	buf_free(&row.body);
	buf_free(&set);
}

static void test_policies(void)
{
	static const char text[] = "{\"any_code\":true,\"simulation\":true}";
	struct service_policy *p;
	unsigned number, status, wrong = 0;
	char why[SERVICE_WHY];
	size_t n;

	for (n = 0; n < sizeof(text); n++) {
		must(store_add_version(
			     service->store, &number, "policy", "cut",
			     (struct assay_bytes){ (const uint8_t *)text, n },
			     "test", now()),
		     "a version");
		p = service_policy(service, "cut", 0, &status, why);
		wrong += (p != NULL) != (n == sizeof(text) - 1) ||
		         (!p && (status != 500 || !strstr(why, "cut")));
		if (p)
			service_policy_done(service, p);
	}
	ok(!wrong, "a policy's row that is cut is none, and says so");
}

int main(void)
{
	struct http_listener *l;
	struct buf keys = { 0 };

	signal(SIGPIPE, SIG_IGN);
	client = net_start(NULL);
	must(client != NULL, "a client");
	l = serve();
	must(get("/.well-known/jwks.json") == 200, "keys");
	buf_put(&keys, got.body, got.len);
	test_log(buf_bytes(&keys));
	test_arguments();
	test_altered(buf_bytes(&keys));
	test_callers();
	test_keys();
	test_policies();
	http_stop(l);
	service_close(service);
	buf_free(&keys);
	net_forget(&got);
	net_end(client);
	return done();
}
