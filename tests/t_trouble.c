/* t_trouble.c - the service when its disk is full, its folder is gone or cannot be
 * written: it says so, answers what it can, loses nothing, and comes back by
 * itself. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "audit/audit.h"
#include "crypto/crypto.h"
#include "h_disk.h"
#include "h_maker.h"
#include "h_store.h"
#include "net/http.h"
#include "serve/pcs.h"
#include "service/inner.h"
#include "tap.h"

enum { MOST = 4000 };

static struct net_client *client;
static struct net_answer got;
static char admin[SERVICE_KEY_LEN];
static uint8_t root[1][64];
static struct buf quote;
static const char *urls[1];

/* The one that runs. */
static const char *place;
static struct service *service;
static struct http_listener *listener;
static char home[128];

/* How many callers were made. */
static unsigned n_made;

#define ok_(holds, says) ok(holds, "%s: %s", place, says)

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	printf("# %s\n", what);
	abort();
}

static int64_t now(void)
{
	return MAKER_NOW + 60;
}

/* ---- a manufacturer, and a machine of his */

static void make_machine(void)
{
	struct sim_make_spec spec = {
		.name = "m", .count = 1, .ca = SIM_CA_PLATFORM, .now = MAKER_NOW
	};
	struct sim_why why;
	struct sim_maker *m;

	must(sim_maker_init(maker_path("maker"), MAKER_NOW, &why), why.text);
	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	m = maker_open(maker_path("maker"));
	must(sim_maker_make(m, &spec), "a processor");
	sim_maker_close(m);
	maker_root_key(root[0], maker_path("maker"));
	must(maker_quote(&quote, maker_path("maker/processors/m")), "a quote");
}

static struct http_listener *publish(struct pcs *pcs)
{
	static struct http_service here = { .routes = pcs_routes,
		                            .before = pcs_refresh,
		                            .error = pcs_error };
	static char url[64];
	char text[HTTP_WHY_LEN];
	struct http_listener *l;
	struct sim_why why;

	pcs->maker = sim_maker_open(maker_path("maker"), SIM_MAKER_SERVE, &why);
	must(pcs->maker != NULL, "a manufacturer");
	pcs->has_at = true;
	pcs->at = now();
	here.self = pcs;
	l = http_listen("127.0.0.1:0", &here, text);
	must(l != NULL, text);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_port(l));
	urls[0] = url;
	return l;
}

/* ---- the service */

static void start(const char *database)
{
	static struct http_service here = { .routes = service_routes,
		                            .error = service_error,
		                            .limits = { .workers = 4 } };
	const struct service_options options = {
		.data = home,
		.database = database,
		.root = (const uint8_t(*)[64])root,
		.n_roots = 1,
		.pcs = urls,
		.n_pcs = 1,
		.open = SERVICE_VERIFY | SERVICE_READ,
		.quiet = true,
		.now = now
	};
	char why[SERVICE_WHY];

	service = service_open(&options, why);
	must(service != NULL, why);
	service_set_issuer(service, "http://here");
	must(service_caller_make(admin, service, "first",
	                         SERVICE_READ | SERVICE_VERIFY | SERVICE_ADMIN,
	                         "t_trouble"),
	     "an API key");
	here.self = service;
	listener = http_listen("127.0.0.1:0", &here, why);
	must(listener != NULL, why);
	n_made = 0;
}

static void stop(void)
{
	http_stop(listener);
	service_close(service);
}

static unsigned ask(const char *path, const char *type, struct assay_bytes body)
{
	char url[200], auth[SERVICE_KEY_LEN + 32];
	/* evidence is judged for anybody */
	const char *const headers[] = {
		strncmp(path, "/v1/verify", 10) == 0 ? NULL : auth, NULL
	};
	struct net_err err;

	net_forget(&got);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", http_port(listener),
	         path);
	snprintf(auth, sizeof(auth), "Authorization: Bearer %s", admin);
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

static bool said(const char *what)
{
	return got.body && strstr((const char *)got.body, what);
}

static bool judges(void)
{
	if (ask("/v1/verify?any_code=1", "application/octet-stream",
	        buf_bytes(&quote)) == 200 &&
	    said("\"genuine\":true") && said("\"token\":\"ey"))
		return true;
	note("%u %.300s", got.status, got.body ? (const char *)got.body : "");
	return false;
}

static bool is_alive(void)
{
	return ask("/healthz", NULL, buf_text("")) == 200;
}

static unsigned readiness(void)
{
	return ask("/readyz", NULL, buf_text(""));
}

/* Each is an entry of the log before it is answered. */
static bool make_caller(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/v1/callers/caller-%u-?scopes=read",
	         n_made);
	if (ask(path, "text/plain", buf_text("")) != 200)
		return false;
	n_made++;
	return true;
}

/* It cannot be done now, which is said so that programs and people know what to
 * do. */
static bool is_trouble(const char *says)
{
	const char *type = net_header(&got, "Content-Type");

	if (got.status == 503 && net_retry_after(&got) > 0 && type &&
	    strcmp(type, "application/problem+json") == 0 && said(says))
		return true;
	note("%u %s %.300s", got.status, type ? type : "",
	     got.body ? (const char *)got.body : "");
	return false;
}

/* Within ten seconds. */
static bool comes_back(void)
{
	const struct timespec tick = { .tv_nsec = 50 * 1000 * 1000 };

	for (int k = 0; k < 200; k++) {
		if (make_caller() && readiness() == 200)
			return true;
		nanosleep(&tick, NULL);
	}
	note("%.300s", got.body ? (const char *)got.body : "");
	return false;
}

/* ---- the log */

struct log {
	struct audit_tree tree;
	struct assay_err err;
	struct buf text;
};

static bool follow(void *arg, uint64_t number, struct assay_bytes line)
{
	struct log *l = arg;

	(void)number;
	buf_put_bytes(&l->text, line);
	buf_printf(&l->text, "\n");
	return audit_follow(&l->tree, line, &l->err);
}

/* All that was answered is in it, and it holds. */
static bool log_holds(void)
{
	static struct log l;
	char name[64];
	unsigned missing = 0;
	bool good;

	l = (struct log){ 0 };
	good = store_each_entry(service->store, 0, UINT64_MAX, follow, &l) &&
	       !l.err.check;
	buf_put_zeros(&l.text, 1);
	for (unsigned i = 0; i < n_made; i++) {
		snprintf(name, sizeof(name), "\"name\":\"caller-%u-\"", i);
		missing += !strstr((char *)l.text.ptr, name);
	}
	buf_free(&l.text);
	if (missing || !good)
		note("%u of %u are missing; %s", missing, n_made, l.err.note);
	return good && !missing && n_made > 0;
}

/* ---- a disk that is full */

static void test_full(const char *disk)
{
	ok_(judges() && make_caller() && readiness() == 200, "it works");
	must(disk_fill(disk), "a disk that is full");
	while (n_made < MOST && make_caller())
		;
	ok_(is_trouble("make room"),
	    "on a disk that is full it says what to do");
	ok_(judges() && is_alive(), "it judges all the same");
	ok_(!make_caller() && is_trouble("make room"), "nor is it forgotten");
	disk_empty(disk);
	ok_(comes_back() && judges(), "when there is room it comes back");
	ok_(log_holds(), "and nothing that was answered is lost");
}

/* ---- a database that is gone */

static void test_stopped(void)
{
	h_pg_stop(1);
	ok_(judges() && is_alive(), "without its server it judges");
	ok_(!make_caller() && is_trouble("PostgreSQL: "),
	    "and what it cannot do, it says");
	ok_(readiness() == 503, "it takes no traffic");
	h_pg_start();
	ok_(comes_back() && judges(), "when it runs again it comes back");
	ok_(log_holds(), "and nothing is lost");
}

/* ---- a folder that is gone */

static void test_gone(void)
{
	char away[sizeof(home) + 8];

	snprintf(away, sizeof(away), "%s.away", home);
	must(rename(home, away) == 0, "it is taken away");
	ok_(!make_caller() && is_trouble("was removed"),
	    "without its folder nothing is confirmed");
	ok_(readiness() == 503 && is_alive(), "it takes no traffic, but lives");
	ok_(judges(), "and judges what comes all the same");
	must(mkdir(home, 0700) == 0, "another folder");
	ok_(!make_caller() && is_trouble("was removed"),
	    "another one in its place is not used");
	must(rmdir(home) == 0 && rename(away, home) == 0, "it is put back");
	ok_(comes_back() && judges(), "when it is there again it comes back");
	ok_(log_holds(), "and nothing is lost");
	maker_remove(home);
	ok_(!make_caller() && is_trouble("was removed") && readiness() == 503,
	    "what was removed is not written to");
	ok_(judges() && is_alive(), "though it still judges");
}

/* ---- one that cannot be written */

static void be_somebody(void)
{
	if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		_exit(2);
}

/* 0: it says that it cannot, and where. */
static int open_sealed(void)
{
	const struct service_options options = { .data = home, .quiet = true };
	char why[SERVICE_WHY] = "";

	be_somebody();
	if (service_open(&options, why) || !strstr(why, home) ||
	    !strstr(why, "denied"))
		return 1;
	return 0;
}

static void test_read_only(void)
{
	int status;
	pid_t pid;

	snprintf(home, sizeof(home), "%s", maker_path("sealed"));
	must(mkdir(home, 0555) == 0, home);
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(open_sealed());
	waitpid(pid, &status, 0);
	if (WEXITSTATUS(status) == 2)
		skip("root cannot become another user",
		     "a folder that cannot be written");
	else
		ok(status == 0, "a folder that cannot be written is named");
}

/* ---- */

static void test_file(void)
{
	const char *disk;

	place = "SQLite";
	disk = maker_path("disk");
	must(mkdir(disk, 0700) == 0 && disk_mount(disk, "size=8m"), "a disk");
	snprintf(home, sizeof(home), "%s/home", disk);
	start(NULL);
	test_full(disk);
	test_gone();
	stop();
	disk_unmount(disk);
}

static void test_database(void)
{
	static const struct h_store shared = { .name = "PostgreSQL",
		                               .absent = h_pg_absent,
		                               .make = h_pg_new };
	const char *absent = h_pg_absent(), *disk;

	if (!absent && getuid() == 0 && !disk_has_users())
		absent = "root cannot become another user";
	if (absent) {
		skip(absent, "a database whose disk is full");
		return;
	}
	place = shared.name;
	disk = h_pg_disk("size=80m,mode=0700");
	must(disk != NULL, "a disk");
	h_store_new(&shared);
	snprintf(home, sizeof(home), "%s", maker_path("node"));
	start(h_store_where());
	test_full(disk);
	test_stopped();
	stop();
	h_store_end();
}

int main(void)
{
	const char *absent;
	struct http_listener *pcs_at;
	struct pcs pcs = { 0 };

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	assay_crypto_start();
	maker_folder();
	test_read_only();
	absent = disk_absent();
	if (absent) {
		skip(absent, "a service in trouble");
		return done();
	}
	make_machine();
	pcs_at = publish(&pcs);
	client = net_start(NULL);
	must(client != NULL, "a client");
	test_file();
	test_database();
	http_stop(pcs_at);
	sim_maker_close(pcs.maker);
	buf_free(&quote);
	net_forget(&got);
	net_end(client);
	return done();
}
