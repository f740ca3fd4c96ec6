/*
 * b_host.c - what comes of an enclave behind its host: round trips of a client
 * that seals, posts and opens, over connections that are kept, beside those that
 * the cryptography alone would allow on as many cores; how long they take at half
 * of that rate, when requests come by the clock, whether or not there were
 * answers; and the attestation, handed out while the enclave stands still.
 *
 * The host is the real one, in this process, and so is the client, one thread;
 * the enclave is a launched one.
 *
 * usage: b_host [PROGRAM]      as b_launch
 */
#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../tests/h_launch.h"
#include "../tests/h_machine.h"
#include "base/text.h"
#include "bench.h"
#include "measure/signed.h"
#include "measure/sigstruct.h"
#include "seal/inner.h"
#include "seal/ohttp.h"
#include "serve/host.h"

#include <assay/client.h>

enum {
	N_CONNECTIONS = 8,
	N_ROUNDS = 9,
	N_OPEN = 5, /* seconds, one by one */
	CORES = 2,
	TEXT = 1024,
	SEALED = TEXT + ASSAY_CLIENT_SEAL_MORE,
	ROOM = 256 << 10, /* for an answer with its headers */
	N_TIMES = 100000,
};

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "b_host: %s\n", what);
	exit(2);
}

static double now(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_MONOTONIC, &t) == 0, "no clock");
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- the cryptography alone, of both sides */

enum { LEN = TEXT + ASSAY_INNER_LEN, CRYPTO_MS = 250 };

static void one_round(const struct assay_key_config *config,
                      const struct assay_hpke_pair *own)
{
	static _Thread_local uint8_t message[LEN + ASSAY_REQUEST_MORE];
	struct assay_reply asker, enclave;
	struct assay_bytes got;
	size_t len;

	must(assay_request_seal(
		     message, &asker, config,
		     (struct assay_bytes){ message + ASSAY_REQUEST_HEAD, LEN },
		     NULL) &&
	             assay_request_open(&got, &enclave, config, own, message,
	                                sizeof(message), NULL) &&
	             assay_response_seal(message, &len, &enclave, got, NULL) &&
	             assay_response_open(&got, &asker, message, len, NULL),
	     "the cryptography");
}

/* What went on for a while, in all threads and processes. */
struct pace {
	double per_second, cpu; /* seconds of processor time for each */
};

struct core {
	pthread_t thread;
	double until, n, cpu;
};

static void *rounds(void *arg)
{
	struct assay_key_config config = { .id = 1, .aead = ASSAY_AES_256_GCM };
	struct assay_hpke_pair own;
	struct core *core = arg;

	must(assay_hpke_pair_new(&own), "random numbers");
	memcpy(config.key, own.key, sizeof(config.key));
	for (; now() < core->until; core->n++)
		one_round(&config, &own);
	core->cpu = bench_now();
	return NULL;
}

/* On all cores. */
static struct pace allowed(void)
{
	const double from = now();
	struct core core[CORES] = { 0 };
	double n = 0, cpu = 0;

	for (unsigned i = 0; i < CORES; i++) {
		core[i].until = from + CRYPTO_MS / 1e3;
		must(!pthread_create(&core[i].thread, NULL, rounds, &core[i]),
		     "no thread");
	}
	for (unsigned i = 0; i < CORES; i++) {
		pthread_join(core[i].thread, NULL);
		n += core[i].n;
		cpu += core[i].cpu;
	}
	return (struct pace){ n / (now() - from), cpu / n };
}

/* ---- the client: as many connections, each with a request at a time */

struct connection {
	int fd;
	bool waits;
	double since; /* it was due */
	struct assay_client *client;
	uint8_t out[SEALED + 256];
	char in[ROOM];
	size_t len;
};

static struct connection all[N_CONNECTIONS];
static uint8_t question[TEXT], reversed[TEXT];
static char message_head[160];

static const char attestation[] =
	"GET /attestation HTTP/1.1\r\nHost: h\r\n\r\n";

/* What is asked, over and over. */
struct asked {
	void (*send)(struct connection *c);
	void (*check)(struct connection *c, uint8_t *body, size_t len);
};

static void send_all(const struct connection *c, const void *p, size_t n)
{
	must(send(c->fd, p, n, MSG_NOSIGNAL) == (ssize_t)n, "not sent");
}

static void send_message(struct connection *c)
{
	const size_t head = strlen(message_head);
	size_t len;

	memcpy(c->out, message_head, head);
	must(assay_client_seal(c->client, c->out + head, &len,
	                       (struct assay_bytes){ question, TEXT }, SIM_NOW,
	                       NULL) &&
	             len == SEALED,
	     "not sealed");
	send_all(c, c->out, head + len);
}

static void check_message(struct connection *c, uint8_t *body, size_t len)
{
	struct assay_bytes got;

	must(assay_client_open(c->client, &got, body, len, NULL) ==
	                     ASSAY_ANSWER_YES &&
	             got.len == TEXT && memcmp(got.ptr, reversed, TEXT) == 0,
	     "no answer of the enclave's");
}

static void send_get(struct connection *c)
{
	send_all(c, attestation, sizeof(attestation) - 1);
}

static void accept_attestation(struct connection *c, uint8_t *body, size_t len)
{
	const struct assay_bytes bundle = { body, len };

	if (!assay_client_attestation(c->client, bundle, SIM_NOW))
		must(false, assay_client_err(c->client)->note);
}

static void count_attestation(struct connection *c, uint8_t *body, size_t len)
{
	(void)c;
	must(len > 1000 && body[0] == '{', "no attestation");
}

/* Whether the answer is whole: then it was checked. */
static bool hear(struct connection *c, const struct asked *asked)
{
	ssize_t n = recv(c->fd, c->in + c->len, ROOM - 1 - c->len, 0);
	const char *length;
	char *end;
	size_t body;

	must(n > 0, "no answer");
	c->len += (size_t)n;
	c->in[c->len] = 0;
	end = strstr(c->in, "\r\n\r\n");
	if (!end)
		return false;
	length = strcasestr(c->in, "Content-Length:");
	must(memcmp(c->in, "HTTP/1.1 200", 12) == 0 && length && length < end,
	     c->in);
	body = strtoul(length + 15, NULL, 10);
	if (c->len < (size_t)(end + 4 - c->in) + body)
		return false;
	asked->check(c, (uint8_t *)end + 4, body);
	c->len = 0;
	c->waits = false;
	return true;
}

/* Requests come every `gap` seconds, or, when there is none, as soon as one can
 * be sent. */
struct load {
	const struct asked *asked;
	double gap, due, until;
	size_t n;
	double *took; /* NULL, or seconds from when each was due: N_TIMES */
};

/* Gives what is due to who waits for nothing; false: nobody does. */
static bool ask(struct load *l)
{
	for (unsigned i = 0; i < N_CONNECTIONS; i++) {
		struct connection *c = &all[i];

		if (c->waits)
			continue;
		if (l->due >= l->until || l->due > now())
			return true;
		c->since = l->due;
		c->waits = true;
		l->asked->send(c);
		l->due = l->gap > 0 ? l->due + l->gap : now();
	}
	return false;
}

static void hear_all(struct load *l, const struct timespec *most)
{
	struct pollfd p[N_CONNECTIONS];

	for (unsigned i = 0; i < N_CONNECTIONS; i++)
		p[i] = (struct pollfd){ all[i].waits ? all[i].fd : -1, POLLIN,
			                0 };
	must(ppoll(p, N_CONNECTIONS, most, NULL) >= 0, "poll");
	for (unsigned i = 0; i < N_CONNECTIONS; i++) {
		if (!p[i].revents || !hear(&all[i], l->asked))
			continue;
		must(!l->took || l->n < N_TIMES, "too many for this benchmark");
		if (l->took)
			l->took[l->n] = now() - all[i].since;
		l->n++;
	}
}

static bool any_waits(void)
{
	bool any = false;

	for (unsigned i = 0; i < N_CONNECTIONS; i++)
		any |= all[i].waits;
	return any;
}

static clockid_t enclave_clock;

/* Of this process and the enclave's. */
static double cpu_now(void)
{
	struct timespec t[2];

	must(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t[0]) == 0 &&
	             clock_gettime(enclave_clock, &t[1]) == 0,
	     "no clock of the enclave's");
	return (double)(t[0].tv_sec + t[1].tv_sec) +
	       (double)(t[0].tv_nsec + t[1].tv_nsec) * 1e-9;
}

/* Until the last answer. */
static struct pace run(struct load *l, double seconds)
{
	const double from = now(), cpu = cpu_now();

	l->due = from;
	l->until = from + seconds;
	l->n = 0;
	while (l->due < l->until || any_waits()) {
		const bool is_idle = ask(l) && l->due < l->until;
		const double wait = is_idle ? l->due - now() : 1;
		const struct timespec most = {
			wait > 0 ? (time_t)wait : 0,
			wait > 0 ? (long)((wait - (double)(time_t)wait) * 1e9)
				 : 0
		};

		hear_all(l, &most);
	}
	return (struct pace){ (double)l->n / (now() - from),
		              (cpu_now() - cpu) / (double)l->n };
}

/* ---- what is started */

static struct sim_world world;
static struct assay_collateral collateral;
static struct assay_policy *policy;
static struct assay_constraint *constraint;

static bool documents(void *own, const struct assay_collateral **c,
                      bool *changed, char why[HOST_WHY])
{
	static bool given;

	(void)own;
	(void)why;
	*c = &collateral;
	*changed = !given;
	given = true;
	return true;
}

static void say(void *own, const char *line)
{
	(void)own;
	(void)line;
}

static void prepare_rules(struct assay_bytes program)
{
	struct assay_signed parts;
	struct assay_sigstruct s;
	char line[100], hex[65];

	policy = calloc(1, assay_policy_size());
	constraint = calloc(1, assay_constraint_size());
	must(policy && constraint && assay_signed_read(&parts, program, NULL) &&
	             assay_sigstruct_read(&s, parts.sigstruct, NULL),
	     "the program");
	assay_policy_default(policy);
	assay_hex_print(hex, s.mrenclave, 32, false);
	snprintf(line, sizeof(line), "C:%s SEC:INSECURE", hex);
	must(assay_constraint_parse(constraint, buf_text(line), NULL),
	     "a constraint");
}

static int dial(uint16_t port)
{
	const struct sockaddr_in to = { .sin_family = AF_INET,
		                        .sin_port = htons(port),
		                        .sin_addr.s_addr =
		                                htonl(INADDR_LOOPBACK) };
	const int yes = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd >= 0 &&
	             connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0,
	     "no connection");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	return fd;
}

/* Each connection's client has accepted the enclave after that. */
static void connect_all(uint16_t port)
{
	static const struct asked first = { send_get, accept_attestation };
	static uint8_t roots[1][64];
	const struct assay_constraint *const constraints[] = { constraint };
	const struct assay_client_rules rules = {
		.roots = (const uint8_t(*)[64])roots,
		.n_roots = 1,
		.policy = policy,
		.constraints = constraints,
		.n_constraints = 1,
		.without_nonce = true,
	};

	memcpy(roots[0], world.keys[SIM_ROOT].key, 64);
	for (unsigned i = 0; i < N_CONNECTIONS; i++) {
		struct connection *c = &all[i];

		c->fd = dial(port);
		c->client = assay_client_new(&rules, NULL);
		must(c->client, "memory");
		send_get(c);
		while (!hear(c, &first))
			;
	}
}

static void prepare_message(void)
{
	for (size_t i = 0; i < TEXT; i++) {
		question[i] = (uint8_t)('a' + i % 26);
		reversed[TEXT - 1 - i] = question[i];
	}
	snprintf(message_head, sizeof(message_head),
	         "POST /message HTTP/1.1\r\nHost: h\r\nContent-Type: "
	         "message/ohttp-req\r\nContent-Length: %d\r\n\r\n",
	         SEALED);
}

/* ---- what is measured */

static const struct asked messages = { send_message, check_message };

/* Round trips per second in *rate. */
static int bench_saturated(double *rate)
{
	struct load load = { .asked = &messages };
	double alone[N_ROUNDS], alone_cpu[N_ROUNDS], host[N_ROUNDS],
		cpu[N_ROUNDS], ratio[N_ROUNDS], t;

	run(&load, 0.3);
	for (unsigned i = 0; i < N_ROUNDS; i++) {
		const struct pace crypto = allowed(),
				  whole = run(&load, CRYPTO_MS * 2e-3);

		alone[i] = crypto.per_second;
		alone_cpu[i] = crypto.cpu * 1e6;
		host[i] = whole.per_second;
		cpu[i] = whole.cpu * 1e6;
		ratio[i] = host[i] / alone[i];
	}
	t = bench_median(alone_cpu, N_ROUNDS);
	bench_row("its cryptography, processor", t, "us", 1, 0, false);
	*rate = bench_median(cpu, N_ROUNDS);
	bench_row("round trip, processor", *rate, "us", *rate / t, 0, false);
	bench_row("cryptography on two cores", bench_median(alone, N_ROUNDS),
	          "/s", 1, 0, false);
	*rate = bench_median(host, N_ROUNDS);
	return bench_row("round trips of 1 KiB", *rate, "/s",
	                 bench_median(ratio, N_ROUNDS), 0.6, true);
}

static int bench_open(double rate)
{
	struct load load = { .asked = &messages, .gap = 2 / rate };
	double p50[N_OPEN], p99[N_OPEN], median;

	load.took = calloc(N_TIMES, sizeof(*load.took));
	must(load.took, "memory");
	for (unsigned i = 0; i < N_OPEN; i++) {
		run(&load, 1);
		p50[i] = bench_median(load.took, load.n) * 1e3;
		p99[i] = load.took[load.n - load.n / 100 - 1] * 1e3;
	}
	free(load.took);
	median = bench_median(p50, N_OPEN);
	bench_row("at half that rate: median", median, "ms", median / 10, 0,
	          false);
	median = bench_median(p99, N_OPEN);
	return bench_row("at half that rate: p99", median, "ms", median / 10, 1,
	                 false);
}

static void bench_attestation(pid_t enclave)
{
	static const struct asked gets = { send_get, count_attestation };
	struct load load = { .asked = &gets };
	struct pace rate;

	must(kill(enclave, SIGSTOP) == 0, "the enclave cannot be stopped");
	rate = run(&load, 1);
	must(kill(enclave, SIGCONT) == 0, "it cannot go on");
	bench_row("attestation, from memory", rate.per_second, "/s", 1, 0,
	          false);
}

static int bench(struct host *host)
{
	const struct http_service service = {
		.routes = host_routes,
		.error = host_error,
		.self = host,
		.limits = { .workers = HOST_WORKERS },
	};
	char why[HTTP_WHY_LEN];
	struct http_listener *l = http_listen("127.0.0.1:0", &service, why);
	struct host_state state;
	double rate;
	int missed;

	must(l, why);
	connect_all(http_port(l));
	host_look(host, &state);
	must(clock_getcpuclockid(state.pid, &enclave_clock) == 0,
	     "no clock of the enclave's");
	missed = bench_saturated(&rate);
	missed += bench_open(rate);
	bench_attestation(state.pid);
	for (unsigned i = 0; i < N_CONNECTIONS; i++) {
		close(all[i].fd);
		assay_client_free(all[i].client);
	}
	http_stop(l);
	return missed;
}

static void find_program(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 20);

	must(n > 0, "no folder of its own");
	path[n] = 0;
	*strrchr(path, '/') = 0;
	strcpy(strrchr(path, '/'), "/examples/reverse");
}

/* The enclave's life, and all that belongs to it. */
static int with_enclave(const char *dir, const char *path)
{
	struct host_options o = { .program.platform = dir,
		                  .documents = documents,
		                  .say = say };
	struct buf program = { 0 };
	char why[HOST_WHY];
	struct host *host;
	int missed;

	must(launch_sign(&program, path), path);
	o.program.image = buf_bytes(&program);
	prepare_rules(o.program.image);
	host = host_start(&o, why);
	must(host, why);
	missed = bench(host);
	host_end(host);
	free(policy);
	free(constraint);
	buf_free(&program);
	return missed;
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/assay-bench-XXXXXX", command[64], path[PATH_MAX];
	struct sim_machine machine;
	int missed;

	if (launch_lacks()) {
		printf("b_host: no enclave can be launched here: no %s\n",
		       launch_lacks());
		return 0;
	}
	signal(SIGPIPE, SIG_IGN);
	must(mkdtemp(dir), "no folder");
	machine_default(&machine);
	machine_provision(&machine, &world);
	sim_world_collateral(&collateral, &world);
	must(sim_machine_write(&machine, dir), "no machine");
	prepare_message();
	find_program(path);
	missed = with_enclave(dir, argc > 1 ? argv[1] : path);
	sim_world_free(&world);
	sim_machine_free(&machine);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	must(system(command) == 0, "a folder stays");
	return missed ? 1 : 0;
}
