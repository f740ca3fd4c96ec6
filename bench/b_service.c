/*
 * b_service.c - what a verdict by the service costs: processor time of its
 * threads, in user and kernel, beside a judgement of the library and a signature
 * by themselves; how long answers take at half of what it can do; memory.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../tests/h_maker.h"
#include "base/text.h"
#include "bench.h"
#include "crypto/signer.h"
#include "serve/pcs.h"
#include "service/inner.h"

enum {
	N_PLATFORMS = 16,
	N_CONNECTIONS = 256,
	N_BASE = 400,   /* judgements and signatures by themselves */
	N_ASKED = 6000, /* requests of a run */
	N_RUNS = 5,
	WARM_S = 10,    /* until platforms and their keys are known */
	N_TIMED = 4000, /* of the open loop */
	N_LINES = 2000, /* of a batch */
	N_STORED = 100000,
	ANSWER_MAX = 32 << 10,
};

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	printf("# b_service: %s\n", what);
	fflush(stdout);
	_exit(2); /* the service's threads are at work */
}

static int64_t now(void)
{
	return MAKER_NOW + 60;
}

/* Of all threads but this one, in microseconds. */
static double others(void)
{
	struct rusage all, own;

	getrusage(RUSAGE_SELF, &all);
	getrusage(RUSAGE_THREAD, &own);
	return (double)(all.ru_utime.tv_sec + all.ru_stime.tv_sec -
	                own.ru_utime.tv_sec - own.ru_stime.tv_sec) *
	               1e6 +
	       (double)(all.ru_utime.tv_usec + all.ru_stime.tv_usec -
	                own.ru_utime.tv_usec - own.ru_stime.tv_usec);
}

static double wall(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- what there is */

static struct buf quote[N_PLATFORMS], request[N_PLATFORMS];
static struct service *service;
static uint8_t root[1][64];
static char home[64];
static uint16_t port;

static void make_machines(void)
{
	struct sim_make_spec spec = { .name = "m",
		                      .count = N_PLATFORMS,
		                      .ca = SIM_CA_PLATFORM,
		                      .now = MAKER_NOW };
	const uint8_t report_data[64] = { 1 };
	struct sim_maker *m;
	struct sim_why why;
	char name[32];

	must(sim_maker_init(maker_path("maker"), MAKER_NOW, &why), why.text);
	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	m = maker_open(maker_path("maker"));
	must(sim_maker_make(m, &spec), "processors");
	sim_maker_close(m);
	for (int i = 0; i < N_PLATFORMS; i++) {
		snprintf(name, sizeof(name), "maker/processors/m-%06d", i + 1);
		must(maker_quote_of(&quote[i], maker_path("%s", name),
		                    report_data),
		     name);
	}
}

static struct http_listener *serve(const char *pcs)
{
	static const char *urls[1];
	static struct http_service here = { .routes = service_routes,
		                            .after = service_after,
		                            .error = service_error,
		                            .limits = { .workers = 16,
		                                        .connections = 512,
		                                        .per_address = 512 } };
	const struct service_options options = {
		.data = home,
		.root = (const uint8_t(*)[64])root,
		.n_roots = 1,
		.pcs = urls,
		.n_pcs = 1,
		.open = SERVICE_VERIFY,
		.now = now
	};
	char why[SERVICE_WHY], text[HTTP_WHY_LEN];
	struct http_listener *l;

	urls[0] = pcs;
	/* its lines are written, and go nowhere */
	must(freopen("/dev/null", "w", stderr) != NULL, "no stderr");
	service = service_open(&options, why);
	must(service != NULL, why);
	service_set_issuer(service, "https://service.example");
	here.self = service;
	l = http_listen("127.0.0.1:0", &here, text);
	must(l != NULL, text);
	port = http_port(l);
	return l;
}

static void put_request(struct buf *out, const char *path,
                        struct assay_bytes body)
{
	buf_printf(out,
	           "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
	           "application/octet-stream\r\nContent-Length: %zu\r\n\r\n",
	           path, body.len);
	buf_put_bytes(out, body);
	must(!out->bad, "memory");
}

/* ---- connections */

struct link {
	int fd;
	size_t sent, to_send; /* of the request */
	const struct buf *request;
	size_t len;   /* of the answer */
	double since; /* when it was to be asked */
	bool busy;
	char answer[ANSWER_MAX];
};

static int dial(void)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		                        .sin_port = htons(port),
		                        .sin_addr.s_addr =
		                                htonl(INADDR_LOOPBACK) };
	const int yes = 1;
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 &&
	             connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0,
	     "no connection");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void begin(struct link *l, const struct buf *r, double since)
{
	ssize_t n = send(l->fd, r->ptr, r->len, MSG_NOSIGNAL);

	must(n > 0 && (size_t)n == r->len, "a request is not taken whole");
	l->since = since;
	l->busy = true;
	l->len = 0;
}

/* Whether the answer is there, and good. */
static bool take(struct link *l)
{
	const ssize_t n = recv(l->fd, l->answer + l->len,
	                       sizeof(l->answer) - 1 - l->len, 0);
	const char *head, *length;

	if (n < 0 && errno == EAGAIN)
		return false;
	must(n > 0, "an answer is cut");
	l->len += (size_t)n;
	l->answer[l->len] = 0;
	head = strstr(l->answer, "\r\n\r\n");
	if (!head)
		return false;
	length = strstr(l->answer, "Content-Length: ");
	must(length && length < head, "an answer has no length");
	if ((size_t)(head + 4 - l->answer) + strtoul(length + 16, NULL, 10) >
	    l->len)
		return false;
	must(strstr(head, "\"genuine\":true") != NULL, "it is not genuine");
	l->busy = false;
	return true;
}

static struct link *open_links(struct pollfd *p)
{
	struct link *links = calloc(N_CONNECTIONS, sizeof(*links));

	must(links != NULL, "memory");
	for (int i = 0; i < N_CONNECTIONS; i++) {
		links[i].fd = dial();
		p[i] = (struct pollfd){ .fd = links[i].fd, .events = POLLIN };
	}
	return links;
}

static void begin_with(const struct buf *r)
{
	struct link *l = calloc(1, sizeof(*l));
	struct pollfd p;

	must(l != NULL, "memory");
	p.fd = l->fd = dial();
	p.events = POLLIN;
	begin(l, r, 0);
	while (!take(l))
		must(poll(&p, 1, 10000) > 0, "no answer");
	close(l->fd);
	free(l);
}

static void close_links(struct link *links)
{
	for (int i = 0; i < N_CONNECTIONS; i++)
		close(links[i].fd);
	free(links);
}

struct run {
	double cpu, seconds; /* of the service for one; of all */
};

/* As many as it can. */
static struct run closed_loop(struct link *links, struct pollfd *p)
{
	const double from = others(), since = wall();
	unsigned asked = 0, answered = 0;

	for (int i = 0; i < N_CONNECTIONS; i++)
		begin(&links[i], &request[asked++ % N_PLATFORMS], 0);
	while (answered < asked) {
		must(poll(p, N_CONNECTIONS, 10000) > 0, "no answer");
		for (int i = 0; i < N_CONNECTIONS; i++) {
			if (!p[i].revents || !links[i].busy || !take(&links[i]))
				continue;
			answered++;
			if (asked < N_ASKED)
				begin(&links[i],
				      &request[asked++ % N_PLATFORMS], 0);
		}
	}
	return (struct run){ (others() - from) / N_ASKED, wall() - since };
}

/* So many in a second, whether it answers or not; the 99th of 100 answers. */
static double open_loop(struct link *links, struct pollfd *p, double rate)
{
	static double took[N_TIMED];
	const double start = wall();
	unsigned asked = 0, answered = 0;
	int next = 0;

	while (answered < N_TIMED) {
		while (asked < N_TIMED && wall() >= start + asked / rate) {
			int k = 0;

			while (k < N_CONNECTIONS && links[next].busy) {
				next = (next + 1) % N_CONNECTIONS;
				k++;
			}
			if (k == N_CONNECTIONS)
				break; /* it is asked late, and counts so */
			begin(&links[next], &request[asked % N_PLATFORMS],
			      start + asked / rate);
			next = (next + 1) % N_CONNECTIONS;
			asked++;
		}
		if (poll(p, N_CONNECTIONS, asked < N_TIMED ? 1 : 1000) <= 0)
			continue;
		for (int i = 0; i < N_CONNECTIONS; i++)
			if (p[i].revents && links[i].busy && take(&links[i]))
				took[answered++] = wall() - links[i].since;
	}
	qsort(took, N_TIMED, sizeof(took[0]), bench_order);
	return took[N_TIMED * 99 / 100] * 1e3;
}

/* ---- a batch */

/* The service's processor time for one line. */
static double batch(const char *path)
{
	struct buf lines = { 0 }, all = { 0 };
	char *base64 = malloc(64 << 10), *answer = malloc(1 << 20);
	const int fd = dial();
	struct pollfd p = { .fd = fd };
	double from;
	size_t sent = 0, n_lines = 0;
	char last[8] = "";

	must(base64 && answer, "memory");
	for (int i = 0; i < N_LINES; i++) {
		const struct buf *q = &quote[i % N_PLATFORMS];

		assay_base64_print(base64, q->ptr, q->len);
		buf_printf(&lines, "\"%s\"\n", base64);
	}
	put_request(&all, path, buf_bytes(&lines));
	from = others();
	while (memcmp(last, "\r\n0\r\n\r\n", 7) != 0) {
		ssize_t n;

		p.events = POLLIN | (sent < all.len ? POLLOUT : 0);
		must(poll(&p, 1, 20000) > 0, "no answer");
		if (p.revents & POLLOUT) {
			n = send(fd, all.ptr + sent, all.len - sent,
			         MSG_NOSIGNAL);
			sent += n > 0 ? (size_t)n : 0;
		}
		if (!(p.revents & POLLIN))
			continue;
		n = recv(fd, answer, 1 << 20, 0);
		must(n > 0, "the batch is cut");
		for (ssize_t i = 0; i < n; i++) {
			memmove(last, last + 1, 6);
			last[6] = answer[i];
		}
		for (const char *at = answer;
		     (at = memmem(at, (size_t)(answer + n - at),
		                  "\"genuine\":true", 14));
		     at += 14)
			n_lines++;
	}
	from = (others() - from) / N_LINES;
	must(n_lines >= N_LINES - 8, "lines are missing");
	close(fd);
	free(base64);
	free(answer);
	buf_free(&lines);
	buf_free(&all);
	return from;
}

/* ---- by themselves */

struct base {
	double hot, sign;
};

static struct base measure_base(void)
{
	static double hot[N_BASE], sign[N_BASE];
	struct assay_trust *trust = calloc(1, assay_trust_size());
	struct assay_memo *memo = assay_memo_new(N_PLATFORMS, NULL);
	const struct assay_terms terms = { .now = now() };
	struct assay_p256_pair pair;
	struct assay_p256_signer *signer;
	struct assay_verdict *v = calloc(1, sizeof(*v));
	struct maker_docs docs;
	uint8_t digest[32] = { 3 }, sig[64];

	must(trust && memo && v && assay_p256_make(&pair, NULL) &&
	             (signer = assay_p256_signer_new(&pair)) &&
	             maker_docs(&docs, maker_path("maker/pcs/standard/"
	                                          "53494D000001")) &&
	             assay_trust_open(trust, &docs.collateral,
	                              (struct assay_bytes){ 0 }, root[0], NULL,
	                              NULL),
	     "the library");
	for (int i = -N_PLATFORMS; i < N_BASE; i++) {
		const double since = bench_now();
		double between;

		must(assay_verify(v, trust, memo,
		                  buf_bytes(&quote[(unsigned)i % N_PLATFORMS]),
		                  (struct assay_bytes){ 0 }, &terms),
		     "not genuine");
		between = bench_now();
		must(assay_p256_signer_sign(sig, signer, digest),
		     "no signature");
		if (i < 0)
			continue;
		hot[i] = (between - since) * 1e6;
		sign[i] = (bench_now() - between) * 1e6;
	}
	assay_p256_signer_free(signer);
	assay_memo_free(memo);
	free(trust);
	free(v);
	maker_forget(&docs);
	return (struct base){ bench_median(hot, N_BASE),
		              bench_median(sign, N_BASE) };
}

/* ---- memory */

static void fill_store(void)
{
	enum { AT_ONCE = 1000 };
	struct store_platform *p = calloc(AT_ONCE, sizeof(*p));
	struct assay_bytes *evidence = calloc(AT_ONCE, sizeof(*evidence));

	must(p && evidence, "memory");
	for (unsigned i = 0; i < N_STORED; i += AT_ONCE) {
		for (unsigned k = 0; k < AT_ONCE; k++) {
			const unsigned id = i + k;

			memcpy(p[k].id, &id, sizeof(id));
			p[k].n_seen = 1;
			p[k].first_seen = p[k].last_seen = now();
			snprintf(p[k].status, sizeof(p[k].status), "UpToDate");
		}
		must(store_saw(service->store, p, evidence, AT_ONCE), "store");
	}
	free(p);
	free(evidence);
}

static double resident(void)
{
	char line[200];
	double kib = 0;
	FILE *f = fopen("/proc/self/status", "r");

	must(f != NULL, "no /proc");
	while (fgets(line, sizeof(line), f))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtod(line + 6, NULL);
	fclose(f);
	return kib / 1024;
}

int main(void)
{
	struct http_listener *pcs_at, *http;
	struct pcs pcs = { 0 };
	struct pollfd p[N_CONNECTIONS];
	struct link *links;
	double cpu[N_RUNS], seconds[N_RUNS], hot[N_RUNS], sign[N_RUNS];
	double h, s, rate, c, late, b, bt;
	char url[64];
	int missed;

	assay_crypto_start();
	signal(SIGPIPE, SIG_IGN);
	snprintf(home, sizeof(home), "%s/home", maker_folder());
	make_machines();
	maker_root_key(root[0], maker_path("maker"));
	pcs_at = maker_publish(&pcs, now());
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", http_port(pcs_at));
	http = serve(url);
	for (int i = 0; i < N_PLATFORMS; i++)
		put_request(&request[i], "/v1/verify?any_code=1",
		            buf_bytes(&quote[i]));
	begin_with(&request[0]); /* until documents are there */
	links = open_links(p);
	for (const double since = wall(); wall() < since + WARM_S;)
		closed_loop(links, p);
	for (int i = 0; i < N_RUNS; i++) {
		const struct base base = measure_base();
		const struct run run = closed_loop(links, p);

		hot[i] = base.hot;
		sign[i] = base.sign;
		cpu[i] = run.cpu;
		seconds[i] = run.seconds;
	}
	rate = N_ASKED / bench_median(seconds, N_RUNS);
	late = open_loop(links, p, rate / 2);
	close_links(links);
	b = batch("/v1/batch?any_code=1&no_token=1");
	bt = batch("/v1/batch?any_code=1");
	fill_store();
	h = bench_median(hot, N_RUNS);
	s = bench_median(sign, N_RUNS);
	c = bench_median(cpu, N_RUNS);
	bench_row("a hot judgement", h, "us", 1, 0, false);
	bench_row("an ES256 signature", s, "us", s / h, 0, false);
	missed = bench_row("POST /v1/verify, known", c, "us", (h + s) / c, 0.7,
	                   true);
	bench_row("as many as it can", rate, "/s", 1, 0, false);
	missed += bench_row("p99 at half of that", late, "ms", late, 20, false);
	missed += bench_row("a line of a batch", b, "us", h / b, 0.9, true);
	bench_row("a line with a token", bt, "us", (h + s) / bt, 0, true);
	missed += bench_row("memory, 100,000 platforms", resident(), "MiB",
	                    resident(), 64, false);
	http_stop(http);
	http_stop(pcs_at);
	service_close(service);
	sim_maker_close(pcs.maker);
	return missed ? 1 : 0;
}
