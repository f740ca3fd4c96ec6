/* t_nodes.c - three nodes of the service on one PostgreSQL: what one is told the
 * others know, and when one is killed under load nothing that was answered is
 * lost. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "audit/audit.h"
#include "h_maker.h"
#include "h_store.h"
#include "net/http.h"
#include "serve/pcs.h"
#include "service/inner.h"
#include "tap.h"

/* The last two are not there from the start. */
enum { NODES = 3, LATE = NODES, ALONE, ALL, ASKERS = 6, MOST = 20000 };

#define LATER (MAKER_NOW + 60 * MAKER_DAY)

struct node {
	pid_t pid;
	unsigned port;
};

static const struct h_store shared = { .name = "PostgreSQL",
	                               .absent = h_pg_absent,
	                               .make = h_pg_new,
	                               .sql = h_pg_sql };
static struct node nodes[ALL];
static struct service_options options;
static char data[ALL + 1][64];
static char admin[SERVICE_KEY_LEN];
static uint8_t root[1][64];

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	note("%s", what);
	exit(2);
}

/* ---- a manufacturer, whose documents the first node has */

static int64_t now_is = MAKER_NOW;

static int64_t tell_time(void)
{
	return now_is;
}

static void make_maker(void)
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
}

/* A TCB recovery; "old" gives out what was before it, with the dates of sixty days
 * later, as Intel does for who asks for a number. */
static void recover(void)
{
	const struct sim_recovery recovery = { .has_standard = true,
		                               .standard = MAKER_NOW,
		                               .now = MAKER_NOW };
	char command[300];
	struct sim_maker *m;

	snprintf(command, sizeof(command), "cp -r %s %s", maker_path("maker"),
	         maker_path("old"));
	must(system(command) == 0, "a copy");
	m = maker_open(maker_path("old"));
	must(sim_maker_publish(m, LATER), "old documents");
	sim_maker_close(m);
	m = maker_open(maker_path("maker"));
	must(sim_maker_recover(m, &recovery), "a recovery");
	sim_maker_close(m);
}

/* A manufacturer's service, in a child, since it has threads: its address. */
static const char *const *serve_maker(const char *dir, int64_t at)
{
	static struct pcs pcs = { .has_at = true };
	static const struct http_service here = { .routes = pcs_routes,
		                                  .before = pcs_refresh,
		                                  .error = pcs_error,
		                                  .self = &pcs };
	static char address[64];
	static const char *const url[] = { address };
	char refused[HTTP_WHY_LEN];
	struct http_listener *l;
	struct sim_why no;

	pcs.at = at;
	pcs.maker = sim_maker_open(dir, SIM_MAKER_SERVE, &no);
	must(pcs.maker, "the maker");
	l = http_listen("127.0.0.1:0", &here, refused);
	must(l, l ? "" : refused);
	snprintf(address, sizeof(address), "http://127.0.0.1:%u", http_port(l));
	return url;
}

static void fetch(void)
{
	struct collateral_options o = { .n_urls = 1,
		                        .root = (const uint8_t(*)[64])root,
		                        .n_roots = 1 };
	struct collateral_want want = { .tee = ASSAY_TEE_SGX,
		                        .platform_ca = true };
	char folder[100], why[COLLATERAL_WHY];
	struct collateral_source *source;
	struct collateral_set set;

	o.url = serve_maker(maker_path("maker"), MAKER_NOW);
	must(mkdir(data[0], 0700) == 0, data[0]);
	snprintf(folder, sizeof(folder), "%s/collateral", data[0]);
	o.folder = folder;
	source = collateral_open(&o, why);
	must(source, source ? "" : why);
	memcpy(want.fmspc, sim_maker_fmspc, sizeof(want.fmspc));
	must(collateral_get(&set, source, &want, MAKER_NOW, false, why), why);
	_exit(0);
}

static void give_documents(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		fetch();
	must(waitpid(pid, &status, 0) == pid && status == 0, "documents");
}

/* ---- nodes, each a process */

static void be_node(unsigned i, int tell)
{
	char why[SERVICE_WHY], refused[HTTP_WHY_LEN];
	struct service_options o = options;
	struct service *s;
	struct http_service how = { .routes = service_routes,
		                    .error = service_error,
		                    .limits = { .workers = 4 } };
	struct http_listener *l;
	unsigned port;

	o.data = data[i];
	if (i >= LATE) {
		o.pcs = serve_maker(maker_path("old"), LATER);
		o.n_pcs = 1;
		o.no_fetch = false;
		now_is = LATER;
	}
	if (i == ALONE)
		o.database = NULL;
	s = service_open(&o, why);
	must(s, s ? "" : why);
	how.self = s;
	l = http_listen("127.0.0.1:0", &how, refused);
	must(l, l ? "" : refused);
	service_set_issuer(s, "http://nodes");
	port = http_port(l);
	if (write(tell, &port, sizeof(port)) != sizeof(port))
		exit(2);
	for (;;)
		pause();
}

static void start_node(unsigned i)
{
	int p[2];

	must(pipe(p) == 0, "a pipe");
	nodes[i].pid = fork();
	if (nodes[i].pid == 0)
		be_node(i, p[1]);
	close(p[1]);
	must(read(p[0], &nodes[i].port, sizeof(nodes[i].port)) ==
	             sizeof(nodes[i].port),
	     "a node does not start");
	close(p[0]);
}

static void kill_node(unsigned i)
{
	kill(nodes[i].pid, SIGKILL);
	waitpid(nodes[i].pid, NULL, 0);
	nodes[i].pid = 0;
}

/* ---- asking */

static unsigned ask(struct net_answer *answer, struct net_client *c, unsigned i,
                    const char *path, const char *body)
{
	static const char bearer[] = "Authorization: Bearer ";
	char url[256], header[sizeof(bearer) + SERVICE_KEY_LEN];
	const char *const headers[] = { header, NULL };
	const struct net_request r = { .url = url,
		                       .type = body ? "text/plain" : NULL,
		                       .body = body ? buf_text(body)
		                                    : buf_text(""),
		                       .headers = headers,
		                       .answer_max = 1 << 20 };

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", nodes[i].port,
	         path);
	snprintf(header, sizeof(header), "%s%s", bearer, admin);
	return net_ask(c, answer, &r, NULL) ? answer->status : 0;
}

static unsigned ask_once(unsigned i, const char *path, const char *body,
                         char out[4096])
{
	struct net_client *c = net_start(NULL);
	struct net_answer a = { 0 };
	unsigned status;

	must(c, "a client");
	status = ask(&a, c, i, path, body);
	snprintf(out, 4096, "%s", a.body ? (char *)a.body : "");
	net_forget(&a);
	net_end(c);
	return status;
}

/* Within five seconds. */
static bool comes_true(unsigned i, const char *path, const char *want)
{
	const struct timespec tick = { .tv_nsec = 50 * 1000 * 1000 };
	char out[4096];

	for (int k = 0; k < 100; k++) {
		if (ask_once(i, path, NULL, out) == 200 && strstr(out, want))
			return true;
		nanosleep(&tick, NULL);
	}
	note("%s: %s", path, out);
	return false;
}

/* ---- what one is told, the others know */

static void test_shared(void)
{
	char out[4096], kid[2][4096], nonce[65], path[200];
	const char *at;

	ok(ask_once(0, "/v1/policies/lab", "{\"any_code\":true}", out) == 200 &&
	           strstr(out, "\"version\":1"),
	   "one node is given a policy");
	ok(comes_true(1, "/v1/policies/lab", "any_code") &&
	           comes_true(2, "/v1/policies/lab", "any_code"),
	   "the others have it");
	ok(ask_once(1, "/v1/policies/lab",
	            "{\"any_code\":false,"
	            "\"isv_prod_id\":1}",
	            out) == 400,
	   "one that is none is refused: %.200s", out);
	ok(ask_once(1, "/v1/policies/lab",
	            "{\"allow_debug\":true,"
	            "\"any_code\":true}",
	            out) == 200 &&
	           strstr(out, "\"version\":2") &&
	           comes_true(0, "/v1/policies/lab", "allow_debug"),
	   "another gives it a second version, and the first has that");
	must(ask_once(0, "/v1/challenge", "x", out) == 200, "a challenge");
	at = strstr(out, "\"nonce\":\"");
	must(at, "a nonce");
	snprintf(nonce, sizeof(nonce), "%.64s", at + 9);
	snprintf(path, sizeof(path), "/v1/verify?nonce=%s", nonce);
	ok(ask_once(0, "/.well-known/jwks.json", NULL, kid[0]) == 200 &&
	           comes_true(1, "/.well-known/jwks.json", kid[0] + 9) &&
	           strstr(kid[0], "\"kid\"") &&
	           strstr(strstr(kid[0], "},{"), "},{"),
	   "all give out the keys of all");
	ok(ask_once(2, "/v1/callers/eve?scopes=read", "", out) == 200,
	   "a caller is made");
	ok(comes_true(1, "/v1/collateral", "53494d000001") &&
	           comes_true(2, "/v1/collateral", "53494d000001"),
	   "documents that one node has, all have");
}

/* ---- what one has seen, none goes back behind */

static void test_back(void)
{
	static const char path[] =
		"/sgx/certification/v4/tcb?fmspc=53494D000001";
	char out[4096];

	start_node(ALONE);
	ok(ask_once(ALONE, path, NULL, out) == 200 &&
	           strstr(out, "\"tcbEvaluationDataNumber\":20,"),
	   "whoever has seen nothing takes documents that are played back: "
	   "%.300s",
	   out);
	start_node(LATE);
	ok(ask_once(LATE, path, NULL, out) == 404,
	   "a new node of those that have seen newer ones does not, though "
	   "those have ended: %.300s",
	   out);
	kill_node(ALONE);
	kill_node(LATE);
}

/* ---- killed under load */

static atomic_uint n_named, n_lost, n_failed, n_odd;
static atomic_bool over;
static char confirmed[MOST][40];

/* What has to be asked again later, as it says. */
static bool is_trouble(const struct net_answer *a)
{
	const char *type = net_header(a, "Content-Type");

	return a->status == 503 && net_retry_after(a) > 0 && type &&
	       strcmp(type, "application/problem+json") == 0;
}

/* Makes callers, each of another name, at each node in turn: each is an entry of
 * the log before it is answered. */
static unsigned n_loads;

static void *load(void *arg)
{
	const unsigned me = ASKERS * n_loads + (unsigned)(uintptr_t)arg;
	struct net_client *c = net_start(NULL);
	struct net_answer a;

	for (unsigned k = 0; c && !over; k++) {
		char path[100], name[40];
		unsigned status;

		snprintf(name, sizeof(name), "caller-%u-%u", me, k);
		snprintf(path, sizeof(path), "/v1/callers/%s?scopes=read",
		         name);
		if (!nodes[(me + k) % NODES].pid)
			continue;
		status = ask(&a, c, (me + k) % NODES, path, "");
		n_odd += status && status != 200 && !is_trouble(&a);
		net_forget(&a);
		if (status == 200) {
			const unsigned n = n_named++;

			if (n >= MOST)
				break;
			memcpy(confirmed[n], name, sizeof(name));
		} else if (status) {
			n_failed++;
		} else {
			n_lost++; /* it may have been done, or not */
		}
	}
	net_end(c);
	return NULL;
}

static pthread_t thread[ASKERS];

static void begin_load(void)
{
	over = false;
	for (unsigned i = 0; i < ASKERS; i++)
		must(pthread_create(&thread[i], NULL, load,
		                    (void *)(uintptr_t)i) == 0,
		     "a thread");
}

static void end_load(void)
{
	over = true;
	for (unsigned i = 0; i < ASKERS; i++)
		pthread_join(thread[i], NULL);
	n_loads++;
}

static void rest(unsigned ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = (long)ms * 1000 * 1000 },
	          NULL);
}

/* More is answered, within ten seconds; how much in all. */
static unsigned more_than(unsigned before)
{
	for (int i = 0; i < 200 && n_named <= before; i++)
		rest(50);
	rest(100);
	return n_named;
}

static void test_killed(void)
{
	unsigned before;

	begin_load();
	before = more_than(0);
	kill_node(1);
	more_than(n_named);
	end_load();
	ok(before > 0 && n_named > before,
	   "a node is killed after %u answers, the others give %u more", before,
	   n_named - before);
	ok(n_failed == 0, "none of their answers is a failure (%u)",
	   (unsigned)n_failed);
}

/* One of the server's processes dies, which ends all of them, and it starts again;
 * then the server itself. */
static void test_database_killed(void)
{
	const unsigned first = n_named;
	unsigned before, between, last;
	pid_t one;

	n_lost = 0;
	begin_load();
	before = more_than(first);
	one = (pid_t)h_pg_number("SELECT pid FROM pg_stat_activity WHERE"
	                         " application_name = 'assay' LIMIT 1");
	must(one > 0 && kill(one, SIGKILL) == 0, "one of its processes");
	between = more_than(before);
	h_pg_kill();
	rest(200);
	between = n_named;
	h_pg_start();
	last = more_than(between);
	end_load();
	ok(first < before && before < between && between < last,
	   "the database is killed under load, twice: %u answers, %u, and %u "
	   "more",
	   before - first, between - before, last - between);
	ok(n_odd == 0 && n_lost == 0,
	   "whoever asked meanwhile is told to ask again (%u; %u are told "
	   "something else, %u nothing)",
	   (unsigned)n_failed, (unsigned)n_odd, (unsigned)n_lost);
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

static void test_log(void)
{
	char why[STORE_WHY_LEN], want[80], out[4096];
	struct store *s = store_open(options.database, why);
	static struct log l;
	uint64_t n = 0, from = 0;
	unsigned missing = 0;

	must(s && store_count_entries(s, &n), "the store");
	while (from < n && store_each_entry(s, from, 1000, follow, &l))
		from += 1000;
	ok(!l.err.check && l.tree.size == n && n > n_named,
	   "the log of all nodes holds: %llu entries, %s",
	   (unsigned long long)n, l.err.check ? l.err.note : "each in order");
	buf_put_zeros(&l.text, 1);
	for (unsigned i = 0; i < n_named && i < MOST; i++) {
		snprintf(want, sizeof(want), "\"name\":\"%s\"", confirmed[i]);
		missing += !strstr((char *)l.text.ptr, want);
	}
	ok(missing == 0, "all that was answered is in it (%u of %u are not)",
	   missing, (unsigned)n_named);
	ok(comes_true(0, "/readyz", "ready") &&
	           comes_true(2, "/readyz", "ready"),
	   "the others are ready");
	ok(ask_once(0, "/v1/log?most=1", NULL, out) == 200 &&
	           strstr(out, "\"head\":\"ey"),
	   "and sign the log");
	buf_free(&l.text);
	store_close(s);
}

/* The database is gone for a while. */
static void test_database(void)
{
	char out[4096];

	h_pg_stop(1);
	ok(ask_once(0, "/healthz", NULL, out) == 200,
	   "without a database a node is alive");
	ok(ask_once(0, "/readyz", NULL, out) == 503, "but takes no traffic");
	ok(ask_once(0, "/v1/callers/x?scopes=read", "", out) == 503,
	   "and changes nothing: %.100s", out);
	h_pg_start();
	ok(comes_true(0, "/readyz", "ready") &&
	           comes_true(2, "/readyz", "ready"),
	   "when it is there again, so are they");
}

static void stop(void)
{
	for (unsigned i = 0; i < ALL; i++)
		if (nodes[i].pid > 0)
			kill_node(i);
	h_store_end();
}

/* The first key, by a service that answers nobody. */
static void make_admin(void)
{
	char why[SERVICE_WHY];
	struct service_options o = options;
	struct service *s;

	o.data = data[ALL];
	s = service_open(&o, why);
	must(s, s ? "" : why);
	must(service_caller_make(admin, s, "first",
	                         SERVICE_READ | SERVICE_VERIFY | SERVICE_ADMIN,
	                         "t_nodes"),
	     "an API key");
	service_close(s);
}

int main(void)
{
	const char *absent = h_pg_absent();
	const pid_t me = getpid();

	signal(SIGPIPE, SIG_IGN);
	if (absent) {
		skip(absent, "three nodes on one PostgreSQL");
		return done();
	}
	h_pg_durable();
	h_store_new(&shared);
	for (unsigned i = 0; i <= ALL; i++)
		snprintf(data[i], sizeof(data[i]), "%s",
		         maker_path("node%u", i));
	make_maker();
	recover();
	give_documents();
	options = (struct service_options){
		.database = h_store_where(),
		.root = (const uint8_t(*)[64])root,
		.n_roots = 1,
		.no_fetch = true,
		.now = tell_time,
		.open = SERVICE_VERIFY | SERVICE_READ,
		.quiet = true,
	};
	for (unsigned i = 0; i < NODES; i++)
		start_node(i);
	if (getpid() != me)
		_exit(2);
	make_admin();
	test_shared();
	test_back();
	test_killed();
	test_database_killed();
	test_log();
	test_database();
	stop();
	return done();
}
