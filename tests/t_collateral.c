/* t_collateral.c - documents fetched, checked and kept: from a server here, which
 * gives out those of a simulated manufacturer, and answers as caches do, or as it
 * should not. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "h_maker.h"
#include "h_vectors.h"
#include "net/collateral_inner.h"
#include "forge/world.h"
#include "tap.h"

#define DAY INT64_C(86400)

/* ---- the server */

enum then { CLOSE = 0, HANG };
enum form { DER = 0, PEM, HEX };

/* What it gives out. */
static struct {
	struct buf tcb, tcb_chain, qe, qe_chain, crl, crl_chain, root_crl;
} docs;
/* How. */
static struct manners {
	enum form form;
	bool no_root_crl, older_names;
	const char *no_chain; /* whose header is left out */
	unsigned wait_ms;
	/* what it says instead to requests that hold `at` */
	const char *at, *says;
	enum then then;
} manners;
static char seen[16][256]; /* request lines */
static int n_seen, listening;
static unsigned port;
static atomic_int n_open;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void nap(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void put_encoded(struct buf *out, const struct buf *text)
{
	/* '+' as it is, like Intel */
	for (size_t i = 0; i < text->len; i++)
		if (strchr("\n =/-", text->ptr[i]))
			buf_printf(out, "%%%02X", text->ptr[i]);
		else
			buf_put(out, &text->ptr[i], 1);
}

static void put_answer(struct buf *out, const struct buf *body,
                       const char *name, const char *older,
                       const struct buf *chain)
{
	buf_printf(out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n",
	           body->len);
	if (name &&
	    !(manners.no_chain && strcmp(manners.no_chain, name) == 0)) {
		buf_printf(out, "%s: ", manners.older_names ? older : name);
		put_encoded(out, chain);
		buf_printf(out, "\r\n");
	}
	buf_printf(out, "Connection: close\r\n\r\n");
	buf_put_bytes(out, buf_bytes(body));
}

static void put_list(struct buf *out, const struct buf *der, bool root)
{
	struct buf text = { 0 };

	if (manners.form == DER)
		buf_put_bytes(&text, buf_bytes(der));
	else if (manners.form == PEM)
		sim_pem(&text, "X509 CRL", buf_bytes(der));
	for (size_t i = 0; manners.form == HEX && i < der->len; i++)
		buf_printf(&text, "%02x", der->ptr[i]);
	put_answer(out, &text, root ? NULL : "SGX-PCK-CRL-Issuer-Chain",
	           "PCK-CRL-Issuer-Chain", &docs.crl_chain);
	buf_free(&text);
}

static void answer(struct buf *out, const char *asked)
{
	if (manners.at && strstr(asked, manners.at))
		buf_printf(out, "%s", manners.says);
	else if (strstr(asked, "/v4/tcb?"))
		put_answer(out, &docs.tcb, "TCB-Info-Issuer-Chain",
		           "SGX-TCB-Info-Issuer-Chain", &docs.tcb_chain);
	else if (strstr(asked, "/v4/qe/identity?"))
		put_answer(out, &docs.qe, "SGX-Enclave-Identity-Issuer-Chain",
		           "Enclave-Identity-Issuer-Chain", &docs.qe_chain);
	else if (strstr(asked, "/v4/pckcrl?"))
		put_list(out, &docs.crl, false);
	else if ((strstr(asked, "/v4/rootcacrl") && !manners.no_root_crl) ||
	         strstr(asked, "/lists/root.der"))
		put_list(out, &docs.root_crl, true);
	else
		buf_printf(out, "HTTP/1.1 404 Not Found\r\n"
		                "Content-Length: 0\r\n\r\n");
}

static bool gone(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	return poll(&p, 1, ms) > 0 && recv(fd, &c, 1, 0) <= 0;
}

static bool read_request(int fd, char *text, size_t size)
{
	size_t n = 0;

	do {
		const ssize_t got = recv(fd, text + n, size - 1 - n, 0);

		if (got <= 0)
			return false;
		n += (size_t)got;
		text[n] = 0;
	} while (!strstr(text, "\r\n\r\n"));
	return true;
}

static void *serve_one(void *arg)
{
	const int fd = (int)(intptr_t)arg;
	char text[4096] = "";
	struct buf out = { 0 };
	bool hang;
	unsigned wait;

	if (read_request(fd, text, sizeof(text))) {
		text[strcspn(text, "\r")] = 0;
		pthread_mutex_lock(&lock);
		snprintf(seen[n_seen++ % 16], sizeof(seen[0]), "%.255s", text);
		answer(&out, text);
		hang = manners.at && strstr(text, manners.at) &&
		       manners.then == HANG;
		wait = manners.wait_ms;
		pthread_mutex_unlock(&lock);
		nap(wait);
		send(fd, out.ptr, out.len, MSG_NOSIGNAL);
		while (hang && !gone(fd, 1000))
			;
	}
	close(fd);
	buf_free(&out);
	n_open--;
	return NULL;
}

static void *serve(void *arg)
{
	pthread_t thread;
	int fd;

	(void)arg;
	while ((fd = accept(listening, NULL, NULL)) >= 0) {
		n_open++;
		if (pthread_create(&thread, NULL, serve_one,
		                   (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
	}
	return NULL;
}

static int bind_any(unsigned *at)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    getsockname(fd, (struct sockaddr *)&a, &len))
		exit(2);
	*at = ntohs(a.sin_port);
	return fd;
}

static void set_manners(struct manners m)
{
	pthread_mutex_lock(&lock);
	manners = m;
	n_seen = 0;
	pthread_mutex_unlock(&lock);
}

static int count_seen(void)
{
	pthread_mutex_lock(&lock);
	const int n = n_seen;
	pthread_mutex_unlock(&lock);
	return n;
}

static bool was_asked(const char *what)
{
	bool found = false;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < n_seen && i < 16; i++)
		found |= strstr(seen[i], what) != NULL;
	pthread_mutex_unlock(&lock);
	return found;
}

/* ---- the manufacturer */

static struct sim_world world;

static void copy(struct buf *to, const struct buf *from)
{
	buf_clear(to);
	buf_put_bytes(to, buf_bytes(from));
}

static unsigned tee_of(const struct sim_world *w)
{
	return w->kind >= SIM_TDX_V4 ? SIM_TDX : SIM_SGX;
}

static void publish(struct sim_world *w)
{
	if (!sim_world_build(w)) {
		fputs("no world\n", stderr);
		exit(2);
	}
	pthread_mutex_lock(&lock);
	copy(&docs.tcb, &w->tcb_info[tee_of(w)].whole);
	copy(&docs.tcb_chain, &w->pem[SIM_CHAIN_TCB_INFO]);
	copy(&docs.qe, &w->qe_identity[tee_of(w)].whole);
	copy(&docs.qe_chain, &w->pem[SIM_CHAIN_QE_IDENTITY]);
	copy(&docs.crl,
	     &w->crl_der[w->ca == SIM_PROCESSOR_CA ? SIM_CRL_PROCESSOR
	                                           : SIM_CRL_PLATFORM]);
	copy(&docs.crl_chain, &w->pem[SIM_CHAIN_PCK_CRL]);
	copy(&docs.root_crl, &w->crl_der[SIM_CRL_ROOT]);
	pthread_mutex_unlock(&lock);
}

/* A manufacturer that nobody changed. */
static struct sim_world *fresh(enum sim_kind kind)
{
	sim_world_free(&world);
	if (!sim_world_default(&world, kind))
		exit(2);
	return &world;
}

static void set_evaluation(struct sim_world *w, int n)
{
	w->tcb[tee_of(w)].evaluation_number =
		w->qe[tee_of(w)].evaluation_number = n;
}

static struct collateral_want want_of(const struct sim_world *w)
{
	struct collateral_want want = { 0 };

	if (!collateral_want_of(&want, buf_bytes(&w->quote),
	                        (struct assay_bytes){ 0 }, NULL))
		exit(2);
	return want;
}

/* ---- sources */

static char why[COLLATERAL_WHY], base[64];
static struct collateral_set set;
static uint8_t root[1][64];

static struct collateral_source *open_at(const char *folder,
                                         const char *const *url, size_t n)
{
	const struct collateral_options o = {
		.folder = folder,
		.url = url,
		.n_urls = n,
		.root = (const uint8_t(*)[64])root,
		.n_roots = 1,
		.net.total_ms = 3000,
		.net.connect_ms = 2000
	};

	memcpy(root[0], world.keys[SIM_ROOT].key, 64);
	return collateral_open(&o, why);
}

static struct collateral_source *open_source(const char *folder)
{
	const char *url = base;

	return open_at(folder, &url, 1);
}

static bool get(struct collateral_source *s, int64_t now, bool offline)
{
	const struct collateral_want want = want_of(&world);

	collateral_free(&set);
	return collateral_get(&set, s, &want, now, offline, why);
}

/* By a source that is new; with the folder, or with none. */
static bool get_new(const char *folder, int64_t now, bool offline)
{
	struct collateral_source *s = open_source(folder);
	const bool good = s && get(s, now, offline);

	collateral_close(s);
	return good;
}

static bool same(struct assay_bytes a, const struct buf *b)
{
	return a.len == b->len && memcmp(a.ptr, b->ptr, a.len) == 0;
}

/* The set is what was published. */
static bool is_published(void)
{
	const struct assay_collateral *c = &set.documents;

	return same(c->tcb_info.doc, &docs.tcb) &&
	       same(c->tcb_info_issuer_chain, &docs.tcb_chain) &&
	       same(c->qe_identity.doc, &docs.qe) &&
	       same(c->qe_identity_issuer_chain, &docs.qe_chain) &&
	       same(c->pck_crl, &docs.crl) &&
	       same(c->pck_crl_issuer_chain, &docs.crl_chain) &&
	       same(c->root_ca_crl, &docs.root_crl);
}

static bool is_genuine(void)
{
	const struct assay_terms terms = { .now = world.now };
	const struct assay_bytes none = { 0 };
	struct assay_verdict *v = calloc(1, sizeof(*v));
	void *trust = malloc(assay_trust_size());
	bool good = assay_trust_open(trust, &set.documents, none, root[0], NULL,
	                             NULL) &&
	            assay_verify(v, trust, NULL, buf_bytes(&world.quote), none,
	                         &terms);

	free(trust);
	free(v);
	return good;
}

static int lines(void)
{
	int n = why[0] != 0;

	for (const char *p = why; *p; p++)
		n += *p == '\n';
	return n;
}

/* One test: refused, with one line that says this. */
static void refused(bool got, const char *words, const char *name)
{
	if (!ok(!got && lines() == 1 && strstr(why, words) && !set.memory.ptr,
	        "%s: %.150s", name, why))
		note("got %d, wanted: %s", got, words);
}

/* ---- what a quote needs */

static void test_want(void)
{
	static const enum sim_who cas[] = { SIM_PLATFORM_CA, SIM_PROCESSOR_CA };
	const struct assay_bytes none = { 0 };
	struct collateral_want w;
	struct assay_err err;
	struct buf beside = { 0 };

	for (unsigned kind = 0; kind < SIM_N_KINDS; kind++)
		for (unsigned i = 0; i < 2; i++) {
			fresh(kind);
			sim_world_use_ca(&world, cas[i]);
			if (!sim_world_build(&world))
				exit(2);
			ok(collateral_want_of(&w, buf_bytes(&world.quote), none,
			                      &err) &&
			           w.tee == (tee_of(&world) == SIM_TDX
			                             ? ASSAY_TEE_TDX
			                             : ASSAY_TEE_SGX) &&
			           w.platform_ca == (i == 0) &&
			           memcmp(w.fmspc,
			                  world.tcb[tee_of(&world)].fmspc.p,
			                  6) == 0 &&
			           !w.early && !w.evaluation,
			   "%s under the %s CA says what it needs",
			   sim_kind_name(kind), i ? "Processor" : "Platform");
		}
	ok(!collateral_want_of(&w, none, none, &err) &&
	           err.check == ASSAY_P_TRUNCATED && !w.tee,
	   "nothing is no quote");
	fresh(SIM_SGX_V3)->chain[SIM_CHAIN_PCK].who[0] = SIM_ROOT;
	world.chain[SIM_CHAIN_PCK].who[2] = SIM_PCK;
	ok(sim_world_build(&world) &&
	           collateral_want_of(&w, buf_bytes(&world.quote), none,
	                              &err) &&
	           w.platform_ca,
	   "whatever the order of its chain");
	copy(&beside, &world.pem[SIM_CHAIN_PCK]);
	world.chain[SIM_CHAIN_PCK].n = 2;
	ok(sim_world_build(&world) &&
	           !collateral_want_of(&w, buf_bytes(&world.quote), none,
	                               &err) &&
	           err.check == ASSAY_X_DER,
	   "a chain without a leaf says nothing");
	fresh(SIM_SGX_V3)->quote_spec.cert_type = 4;
	ok(sim_world_build(&world) &&
	           !collateral_want_of(&w, buf_bytes(&world.quote), none,
	                               &err) &&
	           err.check == ASSAY_P_CERTTYPE,
	   "nor does a quote without one");
	ok(collateral_want_of(&w, buf_bytes(&world.quote), buf_bytes(&beside),
	                      &err) &&
	           w.platform_ca,
	   "but the chain beside it does");
	buf_free(&beside);
}

static bool certified(enum assay_check *check)
{
	struct collateral_source *s = open_source(NULL);
	struct assay_err err = { 0 };
	const bool good = sim_world_build(&world) &&
	                  collateral_certified(s, buf_bytes(&world.quote),
	                                       (struct assay_bytes){ 0 }, &err);

	*check = err.check;
	collateral_close(s);
	return good;
}

static void test_certified(void)
{
	enum assay_check check;

	fresh(SIM_TDX_V4);
	ok(certified(&check), "a machine that the manufacturer made");
	world.cert_signer[SIM_PCK] = SIM_STRANGER;
	ok(!certified(&check) && check == ASSAY_X_SIG, "one that it did not");
	fresh(SIM_SGX_V3)->cert_signer[SIM_PLATFORM_CA] = SIM_STRANGER;
	ok(!certified(&check) && check == ASSAY_X_SIG,
	   "nor certified by somebody whom it knows");
	fresh(SIM_SGX_V3)->quote_spec.cert_type = 1;
	ok(!certified(&check) && check == ASSAY_P_CERTTYPE,
	   "nor without a certificate");
}

/* ---- fetched, and kept */

static void test_fetch(void)
{
	static const enum sim_kind kinds[] = { SIM_SGX_V3, SIM_TDX15_V5 };
	const char *folder;

	for (unsigned i = 0; i < 2; i++) {
		const char *name = i ? "tdx" : "sgx";
		char path[128];

		folder = maker_path("kept-%s", name);
		publish(fresh(kinds[i]));
		set_manners((struct manners){ 0 });
		ok(get_new(folder, world.now, false) && !why[0] &&
		           is_published() && is_genuine(),
		   "%s: a set is fetched, byte for byte", name);
		snprintf(path, sizeof(path),
		         "GET /%s/certification/v4/tcb?fmspc=", name);
		ok(was_asked(path) && was_asked("update=standard") &&
		           was_asked("/sgx/certification/v4/pckcrl?ca="
		                     "platform&encoding=der") &&
		           was_asked("/v4/qe/identity?update=standard") &&
		           count_seen() == 4,
		   "%s: it was asked for as Intel's service wants it", name);
		ok(set.fetched == world.now && set.simulation &&
		           strcmp(set.from, base) == 0 &&
		           memcmp(set.root, root[0], 64) == 0 &&
		           set.fresh_until == world.tcb[i].next_update &&
		           (int32_t)set.evaluation ==
		                   world.tcb[i].evaluation_number,
		   "%s: and what it is, is said", name);
		ok(get_new(folder, world.now, false) && count_seen() == 4 &&
		           is_published() && set.fetched == world.now,
		   "%s: the next time it is out of the folder", name);
		ok(get_new(folder, world.now, true) && count_seen() == 4,
		   "%s: also where nothing may be fetched", name);
		refused(get_new(NULL, world.now, true), "no documents", name);
	}
}

static void test_choice(void)
{
	struct collateral_source *s;
	struct collateral_want want;

	set_evaluation(fresh(SIM_SGX_V3), 17);
	publish(&world);
	want = want_of(&world);
	want.early = true;
	set_manners((struct manners){ 0 });
	s = open_source(NULL);
	ok(collateral_get(&set, s, &want, world.now, false, why) &&
	           was_asked("tcb?fmspc=") && was_asked("&update=early") &&
	           was_asked("identity?update=early"),
	   "early is asked for");
	collateral_free(&set);
	want.early = false;
	want.evaluation = 17;
	ok(collateral_get(&set, s, &want, world.now, false, why) &&
	           was_asked("&tcbEvaluationDataNumber=17") &&
	           was_asked("identity?tcbEvaluationDataNumber=17"),
	   "so is a number");
	collateral_free(&set);
	want.evaluation = 16;
	refused(collateral_get(&set, s, &want, world.now, false, why),
	        "it gives evaluations 17 and 17, wanted 16",
	        "a cache that does not know numbers");
	collateral_close(s);
}

static void test_forms(void)
{
	static const struct manners rows[] = {
		{ .form = PEM },
		{ .form = HEX },
		{ .form = HEX, .older_names = true },
	};
	static const char *const bases[] = {
		"",
		"/",
		"/sgx/certification/v4",
		"/sgx/certification/v4/",
		"/TDX/certification/v4/",
	};
	char url[128];
	const char *at = url;
	struct collateral_source *s;

	publish(fresh(SIM_SGX_V3));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_manners(rows[i]);
		ok(get_new(NULL, world.now, false) && is_published(),
		   "lists in another form, %zu", i);
	}
	set_manners((struct manners){ 0 });
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		snprintf(url, sizeof(url), "%s%s", base, bases[i]);
		s = open_at(NULL, &at, 1);
		ok(s && get(s, world.now, false) && strcmp(set.from, base) == 0,
		   "an address that ends with \"%s\"", bases[i]);
		collateral_close(s);
	}
}

static void test_addresses(void)
{
	static const char *const none[] = {
		"",
		"127.0.0.1:8081",
		"ftp://127.0.0.1/",
		"http:///x",
		"http://host/?x=1",
		"http://user:secret@host/",
		"http://host/a b",
		"https://host/sgx/certification/v3/",
		"http://host/sgx/certification/v4/tcb",
		"https://"
		"0123456789012345678901234567890123456789012345678901234"
		"56789012345678901234567890123456789012345678901234567890123456"
		"7"
		"89/",
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ok(!open_at(NULL, &none[i], 1) && lines() == 1,
		   "no address: %.100s", why);
	ok(!open_at("/dev/null/x", NULL, 0) && lines() == 1, "no folder: %s",
	   why);
}

/* ---- answers that are none */

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define CHAIN "TCB-Info-Issuer-Chain: "

static const struct {
	const char *name, *at, *says;
	enum then then;
	const char *words;
} bad[] = {
	{ "400", "tcb?", "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", CLOSE,
	  "does not understand the question (400 for " },
	{ "401", "tcb?", "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", CLOSE,
	  "wants to know who asks (401" },
	{ "404", "tcb?", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", CLOSE,
	  "has no such document (404 for /sgx/certification/v4/tcb?fmspc=" },
	{ "410", "identity", "HTTP/1.1 410 No\r\nContent-Length: 0\r\n\r\n",
	  CLOSE, "has it no longer (410" },
	{ "429", "pckcrl",
	  "HTTP/1.1 429 No\r\nRetry-After: 77\r\nContent-Length: 0\r\n\r\n",
	  CLOSE, "is asked too often (429): ask again in 77 s" },
	{ "429 without a time", "pckcrl",
	  "HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", CLOSE,
	  "ask again in 60 s" },
	{ "461", "tcb?", "HTTP/1.1 461 No\r\nContent-Length: 0\r\n\r\n", CLOSE,
	  "does not know the machine (461" },
	{ "500", "rootcacrl", "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
	  CLOSE, "is in trouble (500 for /sgx/certification/v4/rootcacrl)" },
	{ "503", "tcb?",
	  "HTTP/1.1 503 No\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n",
	  CLOSE, "cannot answer now (503): ask again in 5 s" },
	{ "a redirect", "tcb?",
	  "HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:1/x\r\n"
	  "Content-Length: 0\r\n\r\n",
	  CLOSE, "sends on (302) to http://127.0.0.1:1/x, which is not" },
	{ "a redirect to nowhere", "tcb?",
	  "HTTP/1.1 301 There\r\nContent-Length: 0\r\n\r\n", CLOSE,
	  "sends on (301) to nowhere" },
	{ "cut short", "tcb?", OK_HEAD "Content-Length: 100\r\n\r\nhalf", CLOSE,
	  "cut short" },
	{ "no answer", "tcb?", "", CLOSE, "cut short" },
	{ "no HTTP", "tcb?", "220 mail ESMTP\r\n", CLOSE, "no HTTP" },
	{ "too large", "tcb?", OK_HEAD "Content-Length: 4194305\r\n\r\n", HANG,
	  "too large" },
	{ "no chain", "tcb?", OK_HEAD "Content-Length: 2\r\n\r\n{}", CLOSE,
	  "it gives no TCB-Info-Issuer-Chain" },
	{ "two chains", "tcb?",
	  OK_HEAD CHAIN "a\r\n" CHAIN "b\r\nContent-Length: 2\r\n\r\n{}", CLOSE,
	  "it gives no TCB-Info-Issuer-Chain" },
	{ "a chain badly encoded", "tcb?",
	  OK_HEAD CHAIN "%2\r\nContent-Length: 2\r\n\r\n{}", CLOSE,
	  "its TCB-Info-Issuer-Chain is no percent-encoded PEM" },
	{ "a chain with a NUL", "tcb?",
	  OK_HEAD CHAIN "a%00b\r\nContent-Length: 2\r\n\r\n{}", CLOSE,
	  "is no percent-encoded PEM" },
	{ "an empty chain", "tcb?",
	  OK_HEAD CHAIN "\r\nContent-Length: 2\r\n\r\n{}", CLOSE,
	  "is no percent-encoded PEM" },
	{ "a chain that is none", "tcb?",
	  OK_HEAD CHAIN "hello\r\nContent-Length: 2\r\n\r\n{}", CLOSE,
	  "do not hold: TCB_CHAIN X_PEM" },
	{ "no list", "pckcrl", OK_HEAD "Content-Length: 5\r\n\r\nhello", CLOSE,
	  "for a revocation list is none" },
	{ "an empty list", "rootcacrl", OK_HEAD "Content-Length: 0\r\n\r\n",
	  CLOSE, "for a revocation list is none" },
	{ "no JSON", "identity",
	  OK_HEAD "SGX-Enclave-Identity-Issuer-Chain: x\r\n"
	          "Content-Length: 5\r\n\r\nhello",
	  CLOSE, "do not hold: QE_CHAIN X_PEM" },
	{ "words that do not print", "tcb?",
	  "HTTP/1.1 302 There\r\nLocation: \x1b[31m\r\n"
	  "Content-Length: 0\r\n\r\n",
	  CLOSE, "to ?[31m, which" },
};

static void test_bad(void)
{
	publish(fresh(SIM_SGX_V3));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_manners((struct manners){ .at = bad[i].at,
		                              .says = bad[i].says,
		                              .then = bad[i].then });
		refused(get_new(NULL, world.now, false), bad[i].words,
		        bad[i].name);
		if (strncmp(why, base, strlen(base)) != 0)
			ok(false, "%s: who it was is said", bad[i].name);
	}
}

static void test_slow(void)
{
	const char *url[] = { base };
	const struct collateral_options o = {
		.url = url,
		.n_urls = 1,
		.root = (const uint8_t(*)[64])root,
		.n_roots = 1,
		.net.total_ms = 300
	};
	struct collateral_source *s = collateral_open(&o, why);

	set_manners((struct manners){
		.at = "identity", .says = OK_HEAD, .then = HANG });
	refused(get(s, world.now, false), "too slow", "slow");
	collateral_close(s);
}

static void test_several(void)
{
	char closed[64], busy[128];
	const char *url[] = { closed, busy, base };
	struct collateral_source *s;
	struct collateral_want other;
	unsigned at;
	int n;

	close(bind_any(&at));
	snprintf(closed, sizeof(closed), "http://127.0.0.1:%u", at);
	snprintf(busy, sizeof(busy), "%s/busy", base);
	set_manners((struct manners){
		.at = "/busy/",
		.says = "HTTP/1.1 429 No\r\nRetry-After: 1000\r\n"
			"Content-Length: 0\r\n\r\n" });
	s = open_at(NULL, url, 3);
	ok(get(s, world.now, false) && is_published() && lines() == 2 &&
	           strcmp(set.from, base) == 0,
	   "of several addresses the first that can");
	note("%s", why);
	collateral_close(s);

	s = open_at(NULL, url, 2);
	ok(!get(s, world.now, false) && lines() == 2 && strstr(why, closed) &&
	           strstr(why, "no connection") &&
	           strstr(why, "ask again in 1000 s"),
	   "where none can, a line of each");
	n = count_seen();
	ok(!get(s, world.now, false) && lines() == 2 && count_seen() == n,
	   "which is not asked again at once");
	other = want_of(&world);
	other.fmspc[0] ^= 1;
	ok(!collateral_get(&set, s, &other, world.now, false, why) &&
	           strstr(why, "wants to be left alone for another ") &&
	           count_seen() == n,
	   "nor for anything else, where it wants to be left alone");
	collateral_close(s);

	s = open_at(NULL,
	            (const char *const[]){ closed, closed, closed, closed,
	                                   closed, closed, closed, closed },
	            8);
	ok(!get(s, world.now, false) && lines() == 8 &&
	           strcmp(why + strlen(why) - 8, "--proxy?") == 0,
	   "of eight, too");
	collateral_close(s);
}

static bool put_wait(const char *folder, int64_t from, int64_t until)
{
	char command[600];

	snprintf(command, sizeof(command),
	         "rm -f %s/*-tcb-*;"
	         "for f in %s/wait-*; do echo assay-wait 1 %lld %lld >$f; done",
	         folder, folder, (long long)from, (long long)until);
	return system(command) == 0;
}

/* A server that is asked too often is not asked by the next process either. */
static void test_wait(void)
{
	const char *folder = maker_path("wait");
	const int64_t now = (int64_t)time(NULL);

	set_manners((struct manners){
		.at = "tcb?",
		.says = "HTTP/1.1 429 No\r\nRetry-After: 100000\r\n"
			"Content-Length: 0\r\n\r\n" });
	publish(fresh(SIM_SGX_V3));
	refused(get_new(folder, world.now, false), "ask again in 3600 s",
	        "asked too often, and not for days");
	set_manners((struct manners){ 0 });
	refused(get_new(folder, world.now, false),
	        "it wants to be left alone for another 3",
	        "the next process does not ask");
	ok(count_seen() == 0, "it did not");
	ok(get_new(maker_path("wait-other"), world.now, false),
	   "who was told nothing does");
	ok(put_wait(folder, now + 600, now + 1200) &&
	           get_new(folder, world.now, false),
	   "nor does one wait by a clock that was set back");
	ok(put_wait(folder, now, now + 3601) &&
	           get_new(folder, world.now, false),
	   "or for what nobody wrote");
	ok(put_wait(folder, now, now + 3600) &&
	           !get_new(folder, world.now, false),
	   "but for what was");
}

/* ---- through a proxy */

static bool get_by(const char *address, const char *proxy)
{
	const struct collateral_want want = want_of(&world);
	const struct collateral_options o = {
		.url = &address,
		.n_urls = 1,
		.root = (const uint8_t(*)[64])root,
		.n_roots = 1,
		.net.proxy = proxy,
		.net.total_ms = 3000
	};
	struct collateral_source *s = collateral_open(&o, why);
	bool good;

	collateral_free(&set);
	good = s && collateral_get(&set, s, &want, world.now, false, why);
	collateral_close(s);
	return good;
}

static void test_proxy(void)
{
	char closed[64];
	unsigned at;

	close(bind_any(&at));
	snprintf(closed, sizeof(closed), "http://127.0.0.1:%u", at);
	publish(fresh(SIM_SGX_V3));
	set_manners((struct manners){ 0 });
	setenv("http_proxy", base, 1);
	setenv("https_proxy", base, 1);
	ok(get_by("http://pccs.invalid:8081", base) && is_published() &&
	           was_asked("GET http://pccs.invalid:8081/sgx/"),
	   "what is asked through a proxy");
	set_manners((struct manners){ 0 });
	refused(get_by(closed, NULL), "no connection",
	        "not there without, whatever the environment says");
	ok(count_seen() == 0 && strstr(why, "or --proxy?"),
	   "and the proxy there is not asked");
	set_manners((struct manners){
		.at = "CONNECT",
		.says = "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n" });
	refused(get_by("https://pccs.invalid", base),
	        "the proxy refuses: ", "a proxy that does not let it through");
	ok(was_asked("CONNECT pccs.invalid:443") &&
	           strstr(why, "look at --proxy"),
	   "it says what to look at");
	set_manners((struct manners){
		.at = "tcb?",
		.says = "HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n" });
	refused(get_by("http://pccs.invalid", base),
	        "behind a proxy that wants to know who asks (407",
	        "one that wants a password");
	refused(get_by(base, closed), "no connection", "one that is not there");
	refused(get_by(base, "proxy:secret@host"),
	        "the proxy: want its address", "one that is no address");
	ok(!strstr(why, "secret"), "which is not repeated");
	unsetenv("http_proxy");
	unsetenv("https_proxy");
}

/* ---- documents that are not what is wanted */

static void expired(struct sim_world *w)
{
	w->tcb[SIM_SGX].next_update = w->now;
}
static void too_new(struct sim_world *w)
{
	w->qe[SIM_SGX].issued = w->now + 1;
}
static void list_expired(struct sim_world *w)
{
	w->crl[SIM_CRL_PLATFORM].next_update = w->now;
}
static void root_list_expired(struct sim_world *w)
{
	w->crl[SIM_CRL_ROOT].next_update = w->now;
}
static void signer_expired(struct sim_world *w)
{
	w->cert[SIM_TCB_SIGNER].not_after = w->now - 1;
}
static void tcb_altered(struct sim_world *w)
{
	w->tcb[SIM_SGX].sign.sig = SIM_SIG_FLIPPED;
}
static void list_altered(struct sim_world *w)
{
	w->crl[SIM_CRL_PLATFORM].sign.sig = SIM_SIG_FLIPPED;
}
static void other_platform(struct sim_world *w)
{
	w->tcb[SIM_SGX].fmspc = sim_hex("53494D0000FF");
}
static void other_root(struct sim_world *w)
{
	w->chain[SIM_CHAIN_TCB_INFO].who[0] = SIM_OTHER_SIGNER;
	w->chain[SIM_CHAIN_TCB_INFO].who[1] = SIM_OTHER_ROOT;
	w->tcb_signer[SIM_SGX] = SIM_OTHER_SIGNER;
}
static void signer_revoked(struct sim_world *w)
{
	static struct sim_revoked revoked;

	revoked =
		(struct sim_revoked){ .serial = w->cert[SIM_TCB_SIGNER].serial,
		                      .date = w->now - DAY,
		                      .reason = -1 };
	w->crl[SIM_CRL_ROOT].revoked = &revoked;
	w->crl[SIM_CRL_ROOT].n_revoked = 1;
}

static const struct {
	const char *name;
	void (*edit)(struct sim_world *w);
	const char *words;
} wrong[] = {
	{ "TCB info that has ended", expired,
	  "the TCB info is good from 2025-12-25T00:00:00Z until "
	  "2026-01-01T00:00:00Z, and it is 2026-01-01T00:00:00Z: a cache" },
	{ "an identity of the future", too_new,
	  "and it is 2026-01-01T00:00:00Z: look at this machine's clock" },
	{ "a list that has ended", list_expired,
	  "the PCK CA's revocation list is good from" },
	{ "a root's list that has ended", root_list_expired,
	  "the root's revocation list is good from" },
	{ "a signer that has ended", signer_expired,
	  "an issuer's certificate is good from" },
	{ "TCB info altered", tcb_altered, "do not hold: TCB_INFO J_SIG" },
	{ "a list altered", list_altered, "do not hold: PCK_CRL R_SIG" },
	{ "another platform's", other_platform,
	  "for SGX machines of FMSPC 53494D0000FF, wanted for SGX and" },
	{ "another root's", other_root, "X_ROOT_PIN" },
	{ "a signer that is revoked", signer_revoked, "R_TCBSIGNER_REVOKED" },
};

static bool is_empty(const char *folder)
{
	struct collateral_source *s = open_source(folder);
	struct buf names = { 0 };
	const bool good = collateral_names(&names, &s->shelf) && !names.len;

	buf_free(&names);
	collateral_close(s);
	return good;
}

static void test_wrong(void)
{
	const char *folder = maker_path("wrong");

	set_manners((struct manners){ 0 });
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		wrong[i].edit(fresh(SIM_SGX_V3));
		publish(&world);
		/* the quote is what asks: it stays that of its platform */
		refused(get_new(folder, world.now, false), wrong[i].words,
		        wrong[i].name);
	}
	publish(fresh(SIM_TDX_V4));
	publish(fresh(SIM_SGX_V3));
	pthread_mutex_lock(&lock);
	sim_world_use_ca(&world, SIM_PROCESSOR_CA);
	if (!sim_world_build(&world))
		exit(2);
	pthread_mutex_unlock(&lock);
	refused(get_new(folder, world.now, false),
	        "its revocation list is of the Platform CA, wanted the "
	        "Processor CA's",
	        "another CA's list");
	ok(is_empty(folder), "nothing of that was kept");
}

/* ---- a CA's list alone, as who names no machine asks for it */

static void ca_expired(struct sim_world *w)
{
	w->cert[SIM_PLATFORM_CA].not_after = w->now - 1;
}
static void list_of_other_root(struct sim_world *w)
{
	w->chain[SIM_CHAIN_PCK_CRL].who[0] = SIM_OTHER_CA;
	w->chain[SIM_CHAIN_PCK_CRL].who[1] = SIM_OTHER_ROOT;
	w->crl_signer[SIM_CRL_PLATFORM] = SIM_OTHER_CA;
}
static void ca_of_stranger(struct sim_world *w)
{
	w->cert_signer[SIM_PLATFORM_CA] = SIM_STRANGER;
}
static void no_chain(struct sim_world *w)
{
	w->chain[SIM_CHAIN_PCK_CRL].n = 1;
}

static const struct {
	const char *name;
	void (*edit)(struct sim_world *w);
	const char *words;
} wrong_list[] = {
	{ "a list alone that has ended", list_expired,
	  "the PCK CA's revocation list is good from" },
	{ "altered", list_altered, "do not hold: PCK_CRL R_SIG" },
	{ "of a CA that has ended", ca_expired,
	  "an issuer's certificate is good from" },
	{ "of another root", list_of_other_root, "X_ROOT_PIN" },
	{ "of a CA whom nobody certified", ca_of_stranger, "X_SIG" },
	{ "without its root", no_chain, "do not hold: PCK_CRL_CHAIN X_" },
};

static bool get_list_now(struct collateral_source *s, bool platform_ca,
                         int64_t now)
{
	collateral_free(&set);
	return collateral_list(&set, s, platform_ca, now, why);
}

static bool get_list(const char *folder, bool platform_ca)
{
	struct collateral_source *s = open_source(folder);
	const bool good = s && get_list_now(s, platform_ca, world.now);

	collateral_close(s);
	return good;
}

static void test_list_alone(void)
{
	const char *folder = maker_path("list-alone");
	struct collateral_source *s;

	set_manners((struct manners){ 0 });
	publish(fresh(SIM_SGX_V3));
	s = open_source(folder);
	ok(get_list_now(s, true, world.now) && !why[0] && count_seen() == 1 &&
	           was_asked("/sgx/certification/v4/pckcrl?ca=platform&"
	                     "encoding=der"),
	   "a list alone is asked for, and nothing else");
	ok(same(set.documents.pck_crl, &docs.crl) &&
	           same(set.documents.pck_crl_issuer_chain, &docs.crl_chain) &&
	           !set.documents.tcb_info.doc.len &&
	           !set.documents.root_ca_crl.len &&
	           strcmp(set.from, base) == 0 &&
	           set.fresh_until == world.crl[SIM_CRL_PLATFORM].next_update,
	   "and given out byte for byte");
	ok(get_list_now(s, true, world.now + DAY) && count_seen() == 1,
	   "not asked for again within the hour");
	ok(is_empty(folder), "and no set");
	set_manners((struct manners){ .at = "pckcrl", .says = "" });
	refused(get_list_now(s, true, set.fresh_until), "cut short",
	        "when it has ended it is asked for, and else none");
	collateral_close(s);

	set_manners((struct manners){ 0 });
	for (size_t i = 0; i < sizeof(wrong_list) / sizeof(wrong_list[0]);
	     i++) {
		wrong_list[i].edit(fresh(SIM_SGX_V3));
		publish(&world);
		refused(get_list(NULL, true), wrong_list[i].words,
		        wrong_list[i].name);
	}
	publish(fresh(SIM_SGX_V3));
	refused(get_list(NULL, false),
	        "is of the Platform CA, wanted the Processor CA's",
	        "of another CA");

	world.crl[SIM_CRL_PLATFORM].number = sim_hex("09");
	publish(&world);
	ok(get_new(folder, world.now, false), "a set is seen with list 9");
	world.crl[SIM_CRL_PLATFORM].number = sim_hex("08");
	publish(&world);
	refused(get_list(folder, true), "older than one that was seen before",
	        "not back to list 8 alone");
}

/* ---- never back */

static void remove_documents(const char *folder)
{
	char command[600];

	snprintf(command, sizeof(command), "rm -f %s/*-*", folder);
	if (system(command) != 0)
		exit(2);
}

static void make_file(struct buf *file, int evaluation)
{
	struct collateral_source *s = open_source(NULL);

	set_evaluation(&world, evaluation);
	publish(&world);
	if (!get(s, world.now, false) || !collateral_export(file, s, why))
		exit(2);
	collateral_close(s);
}

static void test_floors(void)
{
	const char *folder = maker_path("floors-kept");
	struct collateral_source *s;
	struct buf file = { 0 };
	char path[600];
	size_t n;
	FILE *f;

	set_manners((struct manners){ 0 });
	set_evaluation(fresh(SIM_SGX_V3), 17);
	world.crl[SIM_CRL_PLATFORM].number = sim_hex("09");
	publish(&world);
	ok(get_new(folder, world.now, false) && set.evaluation == 17,
	   "evaluation 17 is seen");

	set_evaluation(&world, 16);
	publish(&world);
	ok(get_new(folder, world.now, false) && set.evaluation == 17,
	   "it stays in the folder");
	remove_documents(folder);
	refused(get_new(folder, world.now, false),
	        "its TCB info is number 16 of 2025-12-25T00:00:00Z, older than "
	        "number 17 of 2025-12-25T00:00:00Z that was seen before",
	        "not back to evaluation 16, though nothing else is kept");

	set_evaluation(&world, 17);
	world.qe[SIM_SGX].issued -= 60;
	publish(&world);
	refused(get_new(folder, world.now, false),
	        "its QE identity is number 17",
	        "not back to an identity that was issued before");
	world.qe[SIM_SGX].issued += 60;
	world.crl[SIM_CRL_PLATFORM].number = sim_hex("08");
	publish(&world);
	refused(get_new(folder, world.now, false),
	        "its PCK CA's revocation list is number 8",
	        "not back to an older list");
	world.crl[SIM_CRL_PLATFORM].number = sim_hex("09");
	world.crl[SIM_CRL_ROOT].number = sim_hex("04");
	publish(&world);
	refused(get_new(folder, world.now, false),
	        "its root's revocation list is number 4",
	        "nor to an older list of the root");
	world.crl[SIM_CRL_ROOT].number = sim_hex("05");
	set_evaluation(&world, 18);
	publish(&world);
	ok(get_new(folder, world.now, false) && set.evaluation == 18,
	   "but on to evaluation 18");

	snprintf(path, sizeof(path),
	         "for f in %s/floors/*-tcb-*; do echo "
	         "assay-floor 1 x >$f; done",
	         folder);
	if (system(path) != 0)
		exit(2);
	ok(!get_new(folder, world.now, true) && strstr(why, "is damaged"),
	   "a floor that is damaged is none to go below: %s", why);
	ok(!get_new(folder, world.now, false) && strstr(why, "is damaged"),
	   "nor with what is fetched");

	/* nor in one process that keeps nothing */
	s = open_source(NULL);
	ok(get(s, world.now, false) && set.evaluation == 18, "18 once more");
	make_file(&file, 17);
	ok(!collateral_import(&n, s, buf_bytes(&file), world.now, why) &&
	           strstr(why, "older than"),
	   "without a folder it holds as well");
	buf_free(&file);
	collateral_close(s);

	/* rolled back under our feet */
	folder = maker_path("rolled");
	ok(get_new(folder, world.now, false), "17 is kept");
	snprintf(path, sizeof(path), "mkdir %s.old && cp %s/*-* %s.old/",
	         folder, folder, folder);
	if (system(path) != 0)
		exit(2);
	set_evaluation(&world, 18);
	publish(&world);
	remove_documents(folder);
	ok(get_new(folder, world.now, false), "then 18");
	snprintf(path, sizeof(path), "cp %s.old/* %s/", folder, folder);
	if (system(path) != 0)
		exit(2);
	refused(get_new(folder, world.now, true), "the folder: its TCB info is",
	        "old files put back are refused");
	ok(get_new(folder, world.now, false) && set.evaluation == 18,
	   "and fetched anew");

	/* damaged */
	snprintf(path, sizeof(path), "%s/.lock", folder);
	f = fopen(path, "r");
	ok(f != NULL, "there is a lock");
	if (f)
		fclose(f);
	snprintf(path, sizeof(path), "sed -i s/UpToDate/UpToDatE/ %s/*-tcb-*",
	         folder);
	if (system(path) != 0)
		exit(2);
	refused(get_new(folder, world.now, true), "do not hold: TCB_INFO",
	        "what is in the folder is checked as well");
	snprintf(path, sizeof(path), "for f in %s/*-qe-*; do echo x >$f; done",
	         folder);
	if (system(path) != 0)
		exit(2);
	ok(get_new(folder, world.now, false) && is_published(),
	   "files that are none are as good as not there");
}

/* A set of this kind, by a new source. */
static bool get_kind(const char *folder, bool early, uint32_t evaluation)
{
	struct collateral_want want = want_of(&world);
	struct collateral_source *s = open_source(folder);
	bool good;

	want.early = early;
	want.evaluation = evaluation;
	collateral_free(&set);
	good = collateral_get(&set, s, &want, world.now, false, why);
	collateral_close(s);
	return good;
}

/* What is early, standard, or a number: each has floors of its own, and early is
 * never older than what was standard. */
static void test_kinds(void)
{
	const char *folder = maker_path("kinds");

	set_manners((struct manners){ 0 });
	set_evaluation(fresh(SIM_SGX_V3), 18);
	publish(&world);
	ok(get_kind(folder, false, 0), "18 is the standard");
	set_evaluation(&world, 17);
	publish(&world);
	refused(get_kind(folder, true, 0),
	        "its TCB info is number 17 of 2025-12-25T00:00:00Z, older than "
	        "number 18 that was seen before: ",
	        "17 is not early");
	ok(get_kind(folder, false, 17) && set.evaluation == 17,
	   "but may be chosen by its number");
	set_evaluation(&world, 18);
	world.tcb[SIM_SGX].issued -= 60;
	world.qe[SIM_SGX].issued -= 60;
	publish(&world);
	ok(get_kind(folder, true, 0) && set.evaluation == 18,
	   "18 is, whenever it was issued");
	set_evaluation(&world, 19);
	publish(&world);
	ok(get_kind(folder, true, 0) && set.evaluation == 18,
	   "what is there is new enough");
	remove_documents(folder);
	ok(get_kind(folder, true, 0) && set.evaluation == 19, "then 19");
	set_evaluation(&world, 18);
	world.tcb[SIM_SGX].issued += 60;
	world.qe[SIM_SGX].issued += 60;
	publish(&world);
	remove_documents(folder);
	refused(get_kind(folder, true, 0), "older than number 19 of ",
	        "and 18 no more");
	ok(get_kind(folder, false, 0) && set.evaluation == 18,
	   "while it is the standard");
	set_evaluation(&world, 17);
	world.tcb[SIM_SGX].issued -= 60;
	publish(&world);
	remove_documents(folder);
	refused(get_kind(folder, false, 17), "its TCB info is number 17 of ",
	        "a number's documents do not get older either");
}

/* ---- before it ends */

static void test_refresh(void)
{
	const char *folder = maker_path("refresh");
	struct collateral_source *s;
	int64_t late;
	int n;

	set_manners((struct manners){ 0 });
	publish(fresh(SIM_SGX_V3));
	s = open_source(folder);
	late = world.tcb[SIM_SGX].next_update - 6 * DAY;
	ok(get(s, world.now, false) && count_seen() == 4, "fetched");
	ok(get(s, world.now + 15 * DAY, false) && count_seen() == 4,
	   "good for weeks");
	ok(get(s, late, false) && count_seen() == 4,
	   "asked an hour ago is soon enough");
	collateral_close(s);
	s = open_source(folder);
	ok(get(s, late, false) && count_seen() == 8 && set.fetched == late,
	   "fetched anew, a week before it ends");
	ok(get(s, late, false) && count_seen() == 8, "but not all the time");
	collateral_close(s);

	/* by a clock that is set back, and set right again */
	s = open_source(folder);
	ok(get(s, late - DAY, false) && set.fetched == late - DAY,
	   "what was fetched in the future is fetched anew");
	refused(get(s, world.now - 30 * DAY, false),
	        "look at this machine's clock",
	        "by a clock that is weeks behind nothing is good");
	ok(get(s, late, false) && is_published(),
	   "and when it is right again, all is");
	n = count_seen();
	ok(get(s, late, false) && count_seen() == n, "without asking for it");
	collateral_close(s);

	set_manners((struct manners){ .at = "/",
	                              .says = "HTTP/1.1 500 No\r\n"
	                                      "Content-Length: 0\r\n\r\n" });
	s = open_source(folder);
	ok(get(s, late + DAY, false) && lines() == 1 && count_seen() == 1 &&
	           strstr(why, "in trouble"),
	   "where that cannot be, what there is is given: %s", why);
	n = count_seen();
	ok(get(s, late + DAY, false) && count_seen() == n,
	   "and the address is left alone for a while");
	refused(get(s, late + 6 * DAY, false), "in trouble",
	        "as long as it is good");
	refused(get(s, late + 6 * DAY, true), "the TCB info is good from",
	        "offline it is said why");
	collateral_close(s);
}

/* ---- where the root's list is */

static void test_root_list(void)
{
	static const struct {
		const char *url, *at;
		bool may;
	} rows[] = {
		{ "https://certificates.trustedservices.intel.com/"
		  "IntelSGXRootCA.der",
		  "http://cache:8081", true },
		{ "http://cache:8081/x.der", "http://cache:8081", true },
		{ "http://cache:80812/x.der", "http://cache:8081", false },
		{ "http://cache:8081@evil/x.der", "http://cache:8081", false },
		{ "http://cache/b/x.der", "http://cache/a", false },
		{ "http://cache/a/../b/x.der", "http://cache/a", false },
		{ "http://169.254.169.254/metadata", "http://cache", false },
		{ "http://certificates.trustedservices.intel.com/x",
		  "http://cache", false },
		{ "https://certificates.trustedservices.intel.com.evil/x",
		  "http://cache", false },
		{ "http://cache:8081/a b", "http://cache:8081", false },
		{ "http://cache:8081/a\r\nX: 1", "http://cache:8081", false },
		{ "file:///etc/passwd", "http://cache:8081", false },
	};
	char here[128], closed[128];
	unsigned at;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(collateral_may_ask(rows[i].url, rows[i].at) == rows[i].may,
		   "%s: %.60s", rows[i].may ? "asked" : "never asked",
		   rows[i].url);

	set_manners((struct manners){ .no_root_crl = true });
	snprintf(here, sizeof(here), "%s/lists/root.der", base);
	fresh(SIM_SGX_V3)->cert[SIM_TCB_SIGNER].crl_url = buf_text(here);
	publish(&world);
	ok(get_new(NULL, world.now, false) && is_published() &&
	           was_asked("/lists/root.der"),
	   "below the address, where a certificate says");

	close(bind_any(&at));
	snprintf(closed, sizeof(closed), "http://127.0.0.1:%u/root.der", at);
	fresh(SIM_SGX_V3)->cert[SIM_TCB_SIGNER].crl_url = buf_text(closed);
	publish(&world);
	refused(get_new(NULL, world.now, false), "is not asked",
	        "elsewhere it is not asked for");

	fresh(SIM_SGX_V3)->cert[SIM_OTHER_SIGNER].crl_url = buf_text(here);
	world.chain[SIM_CHAIN_TCB_INFO].who[0] = SIM_OTHER_SIGNER;
	world.chain[SIM_CHAIN_TCB_INFO].who[1] = SIM_OTHER_ROOT;
	set_manners((struct manners){ .no_root_crl = true });
	publish(&world);
	refused(get_new(NULL, world.now, false), "no certificate that one of",
	        "nor because a certificate says so that the root did not sign");
	fresh(SIM_SGX_V3)->cert[SIM_TCB_SIGNER].crl_url = buf_text(here);
	world.cert_signer[SIM_TCB_SIGNER] = SIM_STRANGER;
	publish(&world);
	refused(get_new(NULL, world.now, false), "no certificate that one of",
	        "or signed by nobody");
	ok(!was_asked("/lists/"), "it was not");
}

/* ---- many at a time */

static struct collateral_source *shared;
static struct collateral_want shared_want;

static void *ask_shared(void *arg)
{
	struct collateral_set mine = { 0 };
	char unused[COLLATERAL_WHY];
	const bool good = collateral_get(&mine, shared, &shared_want, world.now,
	                                 false, unused);

	collateral_free(&mine);
	*(bool *)arg = good;
	return NULL;
}

static void test_threads(void)
{
	enum { N = 8 };
	pthread_t thread[N];
	bool good[N] = { 0 };
	int n_good = 0;

	publish(fresh(SIM_SGX_V3));
	set_manners((struct manners){ .wait_ms = 30 });
	shared_want = want_of(&world);
	shared = open_source(NULL);
	for (int i = 0; i < N; i++)
		if (pthread_create(&thread[i], NULL, ask_shared, &good[i]))
			exit(2);
	for (int i = 0; i < N; i++) {
		pthread_join(thread[i], NULL);
		n_good += good[i];
	}
	ok(n_good == N && count_seen() == 4,
	   "many ask at once, and one of them fetches");
	collateral_close(shared);
}

/* Takes this file in again and again; the exit status. */
static int import_often(const char *folder, const struct buf *file)
{
	size_t n;

	for (int i = 0; i < 15; i++) {
		struct collateral_source *s = open_source(folder);

		if (!s)
			return 1;
		if (!collateral_import(&n, s, buf_bytes(file), world.now,
		                       why) &&
		    !strstr(why, "older than"))
			return 2;
		collateral_close(s);
	}
	return 0;
}

static void test_processes(void)
{
	const char *folder = maker_path("shared");
	struct buf file[2] = { { 0 } };
	pid_t pid[2];
	int status, good = 0;

	set_manners((struct manners){ 0 });
	fresh(SIM_SGX_V3);
	make_file(&file[0], 17);
	make_file(&file[1], 18);
	fflush(stdout);
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(import_often(folder, &file[i]));
	}
	for (int i = 0; i < 2; i++)
		good += waitpid(pid[i], &status, 0) == pid[i] && status == 0;
	ok(good == 2, "two processes keep sets in one folder");
	ok(get_new(folder, world.now, true) && set.evaluation == 18 &&
	           is_published(),
	   "and the newer one is there, whole");
	buf_free(&file[0]);
	buf_free(&file[1]);
}

/* ---- for machines without a network */

static bool count_set(void *arg, const struct collateral_want *want,
                      const struct collateral_set *s)
{
	*(int *)arg += s->fetched == world.now && want->tee &&
	               s->documents.tcb_info.doc.len > 0;
	return true;
}

static void test_file(void)
{
	const char *folder = maker_path("exported");
	struct buf file = { 0 }, again = { 0 }, cut = { 0 };
	struct collateral_source *s, *other;
	struct collateral_want early;
	size_t n, kept = 0;
	int counted = 0;
	uint8_t *p;

	set_manners((struct manners){ 0 });
	publish(fresh(SIM_TDX_V4));
	s = open_source(folder);
	ok(!collateral_export(&file, s, why) && lines() == 1 && !file.len,
	   "nothing to export: %s", why);
	ok(get(s, world.now, false), "a TDX set");
	publish(fresh(SIM_SGX_V3));
	early = want_of(&world);
	early.early = true;
	collateral_free(&set);
	ok(get(s, world.now, false), "an SGX set");
	collateral_free(&set);
	ok(collateral_get(&set, s, &early, world.now, false, why),
	   "an early one");
	ok(collateral_each(s, count_set, &counted) && counted == 3,
	   "three are there");
	ok(collateral_export(&file, s, why) && file.len > 10000,
	   "a file of all");
	collateral_close(s);

	other = open_source(maker_path("imported"));
	ok(collateral_import(&n, other, buf_bytes(&file), world.now, why) &&
	           n == 3,
	   "is taken in elsewhere");
	ok(collateral_export(&again, other, why) && again.len == file.len &&
	           memcmp(again.ptr, file.ptr, file.len) == 0,
	   "and exported the same");
	ok(get(other, world.now, true) && is_published() && is_genuine() &&
	           strcmp(set.from, base) == 0 && set.fetched == world.now,
	   "a quote is judged by it, offline");
	collateral_close(other);

	for (size_t len = 0; len < file.len; len += 89) {
		s = open_source(NULL);
		kept += collateral_import(&n, s,
		                          (struct assay_bytes){ file.ptr, len },
		                          world.now, why) ||
		        n || lines() != 1;
		collateral_close(s);
	}
	ok(kept == 0, "half a file is none: %s", why);
	s = open_source(NULL);
	ok(!collateral_import(&n, s, buf_bytes(&file), world.now + 60 * DAY,
	                      why) &&
	           n == 0 && lines() == 3 && strstr(why, "it is 2026-03-02"),
	   "nor are documents that have ended");
	p = memmem(file.ptr, file.len, "-tcb-tdx", 8);
	p = memmem(p, file.len - (size_t)(p - file.ptr), "UpToDate", 8);
	p[7] = 'E';
	ok(!collateral_import(&n, s, buf_bytes(&file), world.now, why) &&
	           n == 2 && lines() == 1 && strstr(why, "-tcb-tdx-") &&
	           strstr(why, "TCB_INFO"),
	   "one that was altered is refused, and the others are taken");
	collateral_close(s);
	root[0][0] ^= 1;
	sim_world_free(&world);
	if (!sim_world_default_at(&world, SIM_SGX_V3, SIM_NOW, 7))
		exit(2);
	s = open_source(NULL);
	ok(!collateral_import(&n, s, buf_bytes(&file), world.now, why) &&
	           n == 0 && strstr(why, "X_ROOT_PIN"),
	   "another root takes none");
	collateral_close(s);
	buf_free(&file);
	buf_free(&again);
	buf_free(&cut);
}

/* A file is older than what is there, or has ended. */
static void test_file_back(void)
{
	const char *folder = maker_path("file-back");
	const int64_t now = SIM_NOW;
	struct buf old = { 0 }, new = { 0 }, again = { 0 };
	struct collateral_source *s;
	size_t n;

	set_manners((struct manners){ 0 });
	fresh(SIM_SGX_V3);
	make_file(&old, 17);
	make_file(&new, 18);
	s = open_source(folder);
	ok(collateral_import(&n, s, buf_bytes(&new), now, why) && n == 1,
	   "a file of 18");
	collateral_close(s);
	s = open_source(folder);
	ok(!collateral_import(&n, s, buf_bytes(&old), now, why) && n == 0 &&
	           lines() == 1 && strstr(why, "is number 17 of ") &&
	           strstr(why, "older than number 18 of ") &&
	           strstr(why, "or take a newer file"),
	   "then one of 17 is refused: %s", why);
	ok(get(s, now, true) && set.evaluation == 18, "and 18 is there");
	collateral_close(s);

	/* one that has ended tells at least what was */
	folder = maker_path("file-ended");
	s = open_source(folder);
	ok(!collateral_import(&n, s, buf_bytes(&new), now + 60 * DAY, why) &&
	           n == 0 && strstr(why, "it is 2026-03-02"),
	   "a file of 18 that has ended");
	collateral_close(s);
	s = open_source(folder);
	ok(!collateral_import(&n, s, buf_bytes(&old), now, why) &&
	           strstr(why, "older than number 18 of "),
	   "goes before one of 17 that has not");
	ok(collateral_export(&again, s, why) && again.len == new.len,
	   "and is exported, so that all know");
	collateral_close(s);

	/* whose time is to come, by a clock that is behind */
	folder = maker_path("file-future");
	s = open_source(folder);
	ok(collateral_import(&n, s, buf_bytes(&old), now, why), "one of 17");
	ok(!collateral_import(&n, s, buf_bytes(&new), now - 60 * DAY, why) &&
	           strstr(why, "look at this machine's clock") &&
	           get(s, now, true) && set.evaluation == 17,
	   "stays where one of 18 is not good yet");
	collateral_close(s);
	buf_free(&old);
	buf_free(&new);
	buf_free(&again);
}

/* Files that somebody made to be slow. */
static void test_file_large(void)
{
	struct buf file = { 0 };
	struct collateral_source *s = open_source(NULL);
	const time_t began = time(NULL);
	size_t n;

	for (unsigned i = 0; i < 60000; i++)
		buf_printf(&file,
		           "assay-collateral 1 0123456789abcdef-tcb-sgx-"
		           "%012x-platform-standard 0 0 0 -\n\n",
		           i);
	ok(!collateral_import(&n, s, buf_bytes(&file), world.now, why) &&
	           strstr(why, "the file has no ") && time(NULL) - began < 10,
	   "sixty thousand sets of nothing");
	buf_clear(&file);
	for (unsigned i = 0; i < 70000; i++)
		buf_printf(&file, "assay-collateral 1 x%u 0 0 0 -\n\n", i);
	ok(!collateral_import(&n, s, buf_bytes(&file), world.now, why) &&
	           lines() == 1 && strstr(why, "no record of it"),
	   "too many: %s", why);
	buf_clear(&file);
	buf_printf(&file, "assay-collateral 1 x 0 0 0 -\n\n"
	                  "assay-collateral 1 y 0 0 0 -\n\n"
	                  "assay-collateral 1 x 0 0 0 -\n\n");
	ok(!collateral_import(&n, s, buf_bytes(&file), world.now, why) &&
	           lines() == 1 && strstr(why, "two documents called x"),
	   "the same twice");
	collateral_close(s);
	buf_free(&file);
}

/* What is there is of another root. */
static void test_file_root(void)
{
	const char *folder = maker_path("file-root");
	struct collateral_options o = { .folder = folder };
	struct collateral_source *s;
	struct buf file = { 0 };

	publish(fresh(SIM_SGX_V3));
	ok(get_new(folder, world.now, false), "a set of a simulation");
	s = collateral_open(&o, why);
	ok(s && !collateral_export(&file, s, why) && lines() == 1 &&
	           strstr(why, folder) &&
	           strstr(why, "of the 1 sets that it holds, none is good") &&
	           strstr(why, "--root"),
	   "is none of Intel's: %s", why);
	collateral_close(s);
	o.folder = maker_path("file-none");
	s = collateral_open(&o, why);
	ok(s && !collateral_export(&file, s, why) && lines() == 1 &&
	           strstr(why, "holds no documents: fetch some first"),
	   "nothing at all: %s", why);
	collateral_close(s);
	buf_free(&file);
}

static void test_record(void)
{
	static const char *const none[] = {
		"",
		"\n",
		"assay-collateral 1 a 1 0 0 -",
		"assay-collateral 1 a 1 0 0 -\n",
		"assay-collateral 2 a 1 0 0 -\n\n",
		"assay-collateral 1 A 1 0 0 -\n\n",
		"assay-collateral 1 ../a 1 0 0 -\n\n",
		"assay-collateral 1 a -1 0 0 -\n\n",
		"assay-collateral 1 a 01 0 0 -\n\n",
		"assay-collateral 1 a 1 0 1 -\n\n",
		"assay-collateral 1 a 1 16385 0 -\n\n",
		"assay-collateral 1 a 1 0 4194305 -\n\n",
		"assay-collateral 1 a 1 0 18446744073709551615 -\n\n",
		"assay-collateral 1 a 253402300800 0 0 -\n\n",
		"assay-collateral 1 a 1 0 0 - -\n\n",
		"assay-collateral 1 a 1 0 0 - \n\n",
		"assay-collateral 1  1 0 0 -\n\n",
		"assay-collateral 1 a 1 0 0 \x1b\n\n",
		"assay-collateral 1 "
		"a1234567890123456789012345678901234567890123456789012345678901"
		"2"
		"3 1 0 0 -\n\n",
	};
	struct collateral_record r;
	struct assay_bytes rest;
	struct buf chain = { 0 };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		rest = buf_text(none[i]);
		ok(!collateral_record_read(&r, &rest) &&
		           rest.len == strlen(none[i]) && !r.name[0],
		   "no record: %.50s", none[i]);
	}
	rest = buf_text("assay-collateral 1 a-1 7 2 3 http://x\nabcde\nrest");
	ok(collateral_record_read(&r, &rest) && strcmp(r.name, "a-1") == 0 &&
	           r.fetched == 7 && r.chain.len == 2 && r.body.len == 3 &&
	           memcmp(r.chain.ptr, "abcde", 5) == 0 && rest.len == 4,
	   "a record");
	ok(collateral_chain(&chain, "a+b%2Bc%0A%20d") && chain.len == 8 &&
	           memcmp(chain.ptr, "a+b+c\n d", 8) == 0,
	   "a chain is decoded once, and + is +");
	ok(!collateral_chain(&chain, "%") && !collateral_chain(&chain, "%g0") &&
	           !collateral_chain(&chain, "a%1b") &&
	           !collateral_chain(&chain, "\xff"),
	   "what is not encoded so is none");
	buf_free(&chain);
}

/* More is said than there is room for. */
static void test_words(void)
{
	struct {
		char why[COLLATERAL_WHY], behind[8];
	} w = { "", "\n\n\n\n\n\n\n" };
	bool whole = true;

	for (int i = 0; i < 2 * COLLATERAL_WHY / 100; i++) {
		collateral_say(w.why, "somebody", "says %090d", i);
		whole = whole && strlen(w.why) < sizeof(w.why);
	}
	ok(whole && strlen(w.why) == sizeof(w.why) - 1 &&
	           strcmp(w.behind, "\n\n\n\n\n\n\n") == 0,
	   "what does not fit is left out");
}

/* ---- Intel's own */

static void put_file(struct buf *to, const char *dir, const char *name)
{
	char path[4300];
	size_t n = 0;
	unsigned char *p;

	snprintf(path, sizeof(path), "%s/intel/%s", dir, name);
	p = slurp(path, &n);
	buf_clear(to);
	buf_put(to, p, n);
	free(p);
}

/* The CA and the root behind the leaf in a quote. */
static void put_ca_chain(struct buf *to, const struct buf *quote)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	struct assay_quote q;
	const uint8_t *p;

	if (!assay_quote_parse(&q, buf_bytes(quote), false, NULL))
		return;
	p = memmem(q.cert.ptr + 1, q.cert.len - 1, begin, sizeof(begin) - 1);
	buf_clear(to);
	if (p)
		buf_put(to, p,
		        strnlen((const char *)p,
		                q.cert.len - (size_t)(p - q.cert.ptr)));
}

static bool get_intel(struct collateral_want *want, struct buf *quote,
                      const char *proxy)
{
	static const char at[] = "2025-07-19T10:01:17Z";
	const char *url = base;
	struct collateral_options o = { .url = &url,
		                        .n_urls = 1,
		                        .net.proxy = proxy,
		                        .net.total_ms = 3000 };
	struct collateral_source *s = collateral_open(&o, why);
	int64_t now = 0;
	bool good;

	collateral_free(&set);
	good = s && assay_time_parse(&now, buf_text(at)) &&
	       collateral_want_of(want, buf_bytes(quote),
	                          (struct assay_bytes){ 0 }, NULL) &&
	       collateral_get(&set, s, want, now, false, why);
	collateral_close(s);
	return good;
}

static void test_intel(void)
{
	const char *dir = vectors();
	struct collateral_want want;
	struct buf quote = { 0 };

	if (!dir) {
		skip("there are no vectors", "a real set");
		return;
	}
	put_file(&quote, dir, "quotes/sgx-v3-phala-configswh.bin");
	put_file(&docs.tcb, dir, "documents/tcb_info-39a7da0ce7d3.json");
	put_file(&docs.tcb_chain, dir,
	         "documents/tcb_info_issuer_chain-c550544e4442.pem");
	put_file(&docs.qe, dir, "documents/qe_identity-36cbb1452cd1.json");
	put_file(&docs.qe_chain, dir,
	         "documents/qe_identity_issuer_chain-c550544e4442.pem");
	put_file(&docs.crl, dir, "documents/pck_crl-5b07d32995f5.der");
	put_file(&docs.root_crl, dir, "documents/root_ca_crl-ad6f3f4e0673.der");
	put_ca_chain(&docs.crl_chain, &quote);
	set_manners((struct manners){ .form = HEX });
	ok(get_intel(&want, &quote, NULL) && !set.simulation && is_published(),
	   "a real set, under Intel's root: %s", why);
	set_manners((struct manners){ .no_root_crl = true });
	ok(!get_intel(&want, &quote, base) &&
	           was_asked("CONNECT "
	                     "certificates.trustedservices.intel.com:443"),
	   "whose root's list is at Intel's: %s", why);
	buf_free(&quote);
}

/* Every set that somebody recorded, as Intel's service would give it out. */
static bool publish_case(const struct vector_case *c)
{
	const struct assay_collateral *d = &c->collateral;
	const struct {
		struct buf *to;
		struct assay_bytes from;
	} rows[] = {
		{ &docs.tcb, d->tcb_info.doc },
		{ &docs.tcb_chain, d->tcb_info_issuer_chain },
		{ &docs.qe, d->qe_identity.doc },
		{ &docs.qe_chain, d->qe_identity_issuer_chain },
		{ &docs.crl, d->pck_crl },
		{ &docs.root_crl, d->root_ca_crl },
	};
	struct buf quote = { 0 };
	bool whole = true;

	buf_put_bytes(&quote, c->quote);
	pthread_mutex_lock(&lock);
	put_ca_chain(&docs.crl_chain, &quote);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(rows[i].to);
		buf_put_bytes(rows[i].to, rows[i].from);
		whole = whole && rows[i].from.len;
	}
	pthread_mutex_unlock(&lock);
	buf_free(&quote);
	return whole;
}

static bool get_case(const struct vector_case *c)
{
	const char *url = base;
	const struct collateral_options o = { .url = &url, .n_urls = 1 };
	struct collateral_source *s = collateral_open(&o, why);
	struct collateral_want want;
	bool good;

	collateral_free(&set);
	good = s &&
	       collateral_want_of(&want, c->quote, (struct assay_bytes){ 0 },
	                          NULL) &&
	       collateral_get(&set, s, &want, c->at, false, why);
	collateral_close(s);
	return good;
}

/* Whose documents are whole, Intel's, and good at the time. */
static bool is_judged(const struct vector_case *c)
{
	return c->has_collateral && c->has_at &&
	       strcmp(c->expect, "refused") != 0 &&
	       strncmp(c->expect, "error", 5) != 0;
}

static void test_recorded(void)
{
	unsigned n_good = 0, n_all = 0;
	struct vector_case *cases;
	size_t n = 0;

	cases = vectors() ? vector_cases(&n) : NULL;
	if (!cases) {
		skip("there are no vectors", "recorded sets");
		return;
	}
	set_manners((struct manners){ .form = HEX });
	for (size_t i = 0; i < n; i++) {
		if (!is_judged(&cases[i]) || !publish_case(&cases[i]))
			continue;
		n_all++;
		if (get_case(&cases[i]) && !set.simulation && is_published())
			n_good++;
		else
			note("%s: %s", cases[i].name, why);
	}
	ok(n_all > 50 && n_good == n_all, "%u of %u recorded sets go through",
	   n_good, n_all);
	free(cases);
}

static void free_docs(void)
{
	struct buf *all[] = { &docs.tcb,      &docs.tcb_chain, &docs.qe,
		              &docs.qe_chain, &docs.crl,       &docs.crl_chain,
		              &docs.root_crl };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		buf_free(all[i]);
}

int main(void)
{
	pthread_t thread;

	signal(SIGPIPE, SIG_IGN);
	alarm(60);
	maker_folder();
	listening = bind_any(&port);
	snprintf(base, sizeof(base), "http://127.0.0.1:%u", port);
	if (listen(listening, 64) || pthread_create(&thread, NULL, serve, NULL))
		return 2;
	test_want();
	test_certified();
	test_fetch();
	test_choice();
	test_forms();
	test_addresses();
	test_bad();
	test_slow();
	test_several();
	test_wait();
	test_proxy();
	test_wrong();
	test_list_alone();
	test_floors();
	test_kinds();
	test_refresh();
	test_root_list();
	test_threads();
	test_processes();
	test_file();
	test_file_back();
	test_file_large();
	test_file_root();
	test_record();
	test_words();
	test_intel();
	test_recorded();
	collateral_free(&set);
	sim_world_free(&world);
	shutdown(listening, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(listening);
	for (int i = 0; i < 300 && n_open; i++)
		nap(10);
	free_docs();
	return done();
}
