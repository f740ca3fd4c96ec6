/*
 * t_host.c - the host in front of an enclave, and clients good and bad.
 *
 * The host is a process of its own, and so is the enclave: this program again,
 * under a folder that shows it a machine's /dev/attestation.  So it runs wherever
 * there is neither a user namespace nor a static program.
 */
#include <assay/client.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "enclave/run.h"
#include "h_maker.h"
#include "net/http.h"
#include "serve/host.h"
#include "forge/world.h"
#include "tap.h"

enum { ANSWER_MS = 1000, MESSAGE_MAX = 4096 };

static struct sim_world world;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "t_host: %s: %s\n", what, strerror(errno));
	exit(2);
}

static struct assay_bytes text(const char *s)
{
	return (struct assay_bytes){ (const uint8_t *)s, strlen(s) };
}

static void nap(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static void write_file(const char *path, struct assay_bytes in)
{
	FILE *f = fopen(path, "wb");

	must(f && fwrite(in.ptr, 1, in.len, f) == in.len && fclose(f) == 0,
	     path);
}

static void make_world(void)
{
	must(sim_world_default(&world, SIM_SGX_V3) && sim_world_build(&world),
	     "a world");
}

/* ---- the enclave: this program, run as "t_host enclave FOLDER" */

static const char *root;

static const char *at(const char *name)
{
	static char path[4][600];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/dev/attestation/%s", root, name);
	return path[i];
}

/* Each who opens the file "quote" gets one of the data that is written then; the
 * next has a new pipe, so that none gets two. */
static void *give_quotes(void *arg)
{
	uint8_t *data = world.quote_spec.sgx.report_data;

	(void)arg;
	for (;;) {
		struct buf quote = { 0 };
		int fd, in;

		fd = open(at("quote"), O_WRONLY | O_CLOEXEC);
		in = open(at("user_report_data"), O_RDONLY | O_CLOEXEC);
		must(fd >= 0 && in >= 0 && read(in, data, 64) == 64 &&
		             mkfifo(at("next"), 0600) == 0 &&
		             rename(at("next"), at("quote")) == 0 &&
		             sim_world_quote(&quote, &world, &world.quote_spec),
		     "a quote");
		must(write(fd, quote.ptr, quote.len) == (ssize_t)quote.len,
		     "to write a quote");
		close(in);
		close(fd);
		buf_free(&quote);
	}
	return NULL;
}

static char state[200];

static bool restore(struct assay_enclave *e, struct assay_bytes in, void *own)
{
	(void)e;
	(void)own;
	snprintf(state, sizeof(state), "%.*s", (int)in.len,
	         (const char *)in.ptr);
	return true;
}

/* "+x" adds to the state, "=" tells it, "nap" takes its time, "hang" for ever,
 * "die" ends in the middle; all else is answered reversed. */
static bool act(struct assay_enclave *e, struct assay_bytes in, void *own)
{
	const char *said = (const char *)in.ptr;

	(void)own;
	if (in.len && said[0] == '+') {
		snprintf(state + strlen(state), 20, "%.*s", (int)in.len - 1,
		         said + 1);
		return assay_enclave_store(e, text(state)) &&
		       assay_enclave_put(e, text(state));
	}
	if (in.len == 1 && said[0] == '=')
		return assay_enclave_put(e, text(state));
	if (in.len == 3 && memcmp(said, "nap", 3) == 0)
		nap(150);
	if (in.len == 4 && memcmp(said, "hang", 4) == 0)
		nap(60000);
	if (in.len == 3 && memcmp(said, "die", 3) == 0)
		raise(SIGKILL);
	for (size_t i = in.len; i-- > 0;)
		if (!assay_enclave_put(e,
		                       (struct assay_bytes){ in.ptr + i, 1 }))
			return false;
	return true;
}

static _Noreturn void be_enclave(const char *folder)
{
	static const struct assay_enclave_app app = {
		.answer = act,
		.restore = restore,
		.seal_to = ASSAY_SEAL_MEASUREMENT,
	};
	const struct assay_enclave_place place = { 0, 1, folder };
	pthread_t thread;
	char pid[32];

	root = folder;
	signal(SIGPIPE, SIG_IGN);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	write_file(at("pid"), text(pid));
	make_world();
	unlink(at("quote"));
	unlink(at("next"));
	must(mkfifo(at("quote"), 0600) == 0 &&
	             pthread_create(&thread, NULL, give_quotes, NULL) == 0,
	     "a machine");
	_exit(assay_enclave_run_at(&app, &place));
}

static void make_machine(void)
{
	char path[600];

	root = maker_folder();
	snprintf(path, sizeof(path), "%s/dev", root);
	must(mkdir(path, 0700) == 0 && mkdir(at(""), 0700) == 0 &&
	             mkdir(at("keys"), 0700) == 0,
	     "a folder");
	write_file(at("attestation_type"), text("dcap"));
	write_file(at("user_report_data"),
	           (struct assay_bytes){ (uint8_t[64]){ 0 }, 64 });
	write_file(at("keys/_sgx_mrenclave"), text("0123456789abcdef"));
}

/* ---- the host: a child, until SIGTERM */

static char command[PATH_MAX + 700];
static pid_t host;
static unsigned port;

static void say(void *own, const char *line)
{
	FILE *f = fopen(own, "a");

	if (f) {
		fprintf(f, "%s\n", line);
		fclose(f);
	}
}

static const struct assay_collateral *collateral(void)
{
	static struct assay_collateral c;

	sim_world_collateral(&c, &world);
	return &c;
}

/* New ones, when there is a file "newer". */
static bool documents(void *own, const struct assay_collateral **c,
                      bool *changed, char why[HOST_WHY])
{
	static bool given;

	(void)own;
	(void)why;
	*changed = !given || unlink(maker_path("newer")) == 0;
	given = true;
	*c = collateral();
	return true;
}

static bool load(void *own, struct buf *sealed, char why[HOST_WHY])
{
	size_t len = 0;
	unsigned char *p = slurp(maker_path("store"), &len);

	(void)own;
	(void)why;
	buf_put(sealed, p, len);
	free(p);
	return true;
}

static bool save(void *own, struct assay_bytes sealed, char why[HOST_WHY])
{
	(void)own;
	snprintf(why, HOST_WHY, "the disk is full");
	if (access(maker_path("full"), F_OK) == 0)
		return false;
	write_file(maker_path("store"), sealed);
	return true;
}

static void gave_up(void *own)
{
	(void)own;
	kill(getpid(), SIGTERM);
}

static _Noreturn void be_host(int to)
{
	static const char said[] = "said";
	struct host_options o = {
		.program = { .command = command },
		.documents = documents,
		.load = load,
		.save = save,
		.say = say,
		.gave_up = gave_up,
		.own = (void *)(uintptr_t)maker_path("%s", said),
		.answer_ms = ANSWER_MS,
		.refresh_ms = 50,
		.back_off_ms = 20,
	};
	struct http_service service = { .routes = host_routes,
		                        .error = host_error,
		                        .limits = { .workers = HOST_WORKERS } };
	char path[600], why[HOST_WHY] = "";
	struct http_listener *l = NULL;
	struct host_state s = { 0 };
	sigset_t stop;
	int got;

	snprintf(path, sizeof(path), "%s", (const char *)o.own);
	o.own = path;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	struct host *h = host_start(&o, why);

	service.self = h;
	if (h)
		l = http_listen("127.0.0.1:0", &service, why);
	port = l ? http_port(l) : 0;
	if (!l)
		say(path, why);
	must(write(to, &port, sizeof(port)) == sizeof(port), "a port");
	if (!l)
		_exit(3);
	sigwait(&stop, &got);
	host_quiesce(h);
	http_stop(l);
	host_look(h, &s);
	if (s.gave_up)
		say(path, host_reason(h));
	host_end(h);
	sim_world_free(&world);
	_exit(s.gave_up ? 1 : 0);
}

static bool start_host(void)
{
	int pair[2];

	unlink(maker_path("said"));
	must(pipe(pair) == 0, "a pipe");
	fflush(stdout);
	host = fork();
	must(host >= 0, "a host");
	if (host == 0)
		be_host(pair[1]);
	close(pair[1]);
	if (read(pair[0], &port, sizeof(port)) != sizeof(port))
		port = 0;
	close(pair[0]);
	return port != 0;
}

/* Its exit status. */
static int end_host(void)
{
	int status;

	kill(host, SIGTERM);
	must(waitpid(host, &status, 0) == host, "the host's end");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* It says so, by now or soon. */
static bool said(const char *what)
{
	bool has = false;

	for (int i = 0; i < 100 && !has; i++) {
		size_t len;
		char *p = (char *)slurp(maker_path("said"), &len);

		has = p && strstr(p, what);
		free(p);
		if (!has)
			nap(30);
	}
	return has;
}

static pid_t enclave_pid(void)
{
	size_t len;
	char *p = (char *)slurp(at("pid"), &len);
	const pid_t pid = p ? (pid_t)atoi(p) : 0;

	free(p);
	return pid;
}

/* ---- HTTP */

static struct net_client *net;
static struct net_answer got;

static unsigned ask(const char *path, const char *type, struct assay_bytes body)
{
	char url[400];
	const struct net_request r = {
		.url = url, .type = type, .body = body, .answer_max = 4 << 20
	};

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/%s", port, path);
	net_forget(&got);
	return net_ask(net, &got, &r, NULL) ? got.status : 0;
}

static unsigned get(const char *path)
{
	return ask(path, NULL, (struct assay_bytes){ 0 });
}

static unsigned post(struct assay_bytes message)
{
	return ask("message", "message/ohttp-req", message);
}

static bool has(const char *what)
{
	return got.body && strstr((const char *)got.body, what);
}

/* From that address of this machine. */
static int dial(in_addr_t from_address)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_port = htons((uint16_t)port),
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	const struct sockaddr_in from = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(from_address)
	};

	must(fd >= 0 && bind(fd, (const void *)&from, sizeof(from)) == 0 &&
	             connect(fd, (void *)&to, sizeof(to)) == 0,
	     "to dial");
	return fd;
}

/* A request that is not waited for. */
static int begin_post(struct assay_bytes message, in_addr_t from)
{
	char head[200];
	int fd = dial(from),
	    n = snprintf(head, sizeof(head),
	                 "POST /message HTTP/1.1\r\nHost: x\r\n"
	                 "Content-Type: message/ohttp-req\r\n"
	                 "Content-Length: %zu\r\n\r\n",
	                 message.len);

	must(send(fd, head, (size_t)n, MSG_NOSIGNAL) == n &&
	             send(fd, message.ptr, message.len, MSG_NOSIGNAL) ==
	                     (ssize_t)message.len,
	     "to post");
	return fd;
}

/* The status, and in `body` what came; 0: no whole answer. */
static unsigned end_post(int fd, uint8_t *body, size_t *len)
{
	static char in[MESSAGE_MAX * 2];
	struct pollfd wait = { fd, POLLIN, 0 };
	size_t n = 0, want = SIZE_MAX;
	unsigned status = 0;
	char *end = NULL, *length;
	ssize_t more = 1;

	while (more > 0 && n < want && n + 1 < sizeof(in) &&
	       poll(&wait, 1, 10000) == 1) {
		more = recv(fd, in + n, sizeof(in) - 1 - n, 0);
		n += more > 0 ? (size_t)more : 0;
		in[n] = 0;
		if (!end && (end = strstr(in, "\r\n\r\n")) &&
		    (length = strcasestr(in, "Content-Length:")))
			want = (size_t)(end + 4 - in) +
			       strtoul(length + 15, NULL, 10);
	}
	close(fd);
	if (n < want || sscanf(in, "HTTP/1.1 %u", &status) != 1)
		return 0;
	*len = n - (size_t)(end + 4 - in);
	memcpy(body, end + 4, *len);
	return status;
}

/* ---- a client */

static struct assay_client *client;
static uint8_t message[MESSAGE_MAX];
static size_t message_len;

static struct assay_client *new_client(const struct assay_pin *pin,
                                       bool without_nonce)
{
	static uint8_t roots[1][64];
	static struct assay_policy *policy;
	static struct assay_constraint *constraint;
	static const struct assay_constraint *constraints[1];
	char line[120], hex[65];

	if (!policy) {
		policy = calloc(1, assay_policy_size());
		constraint = calloc(1, assay_constraint_size());
		must(policy && constraint, "memory");
		assay_policy_default(policy);
		assay_hex_print(hex, world.quote_spec.sgx.mrenclave, 32, false);
		snprintf(line, sizeof(line), "C:%s SEC:INSECURE", hex);
		must(assay_constraint_parse(constraint, text(line), NULL),
		     "a constraint");
		constraints[0] = constraint;
		memcpy(roots[0], world.keys[SIM_ROOT].key, 64);
	}
	const struct assay_client_rules rules = {
		.roots = (const uint8_t(*)[64])roots,
		.n_roots = 1,
		.policy = policy,
		.constraints = constraints,
		.n_constraints = 1,
		.without_nonce = without_nonce,
	};
	struct assay_client *c = assay_client_new(&rules, pin);

	must(c != NULL, "a client");
	return c;
}

/* Has it prove itself; while it is being started anew, later. */
static bool attest(void)
{
	char path[ASSAY_CLIENT_PATH];
	unsigned status = 503;

	for (int i = 0; i < 100 && (status == 503 || status == 429); i++) {
		assay_client_path(client, path);
		status = get(path);
		if (status != 200)
			nap(50);
	}
	return status == 200 &&
	       assay_client_attestation(
		       client, (struct assay_bytes){ got.body, got.len },
		       SIM_NOW);
}

static struct assay_bytes seal(const char *what)
{
	struct assay_err err;

	must(assay_client_seal(client, message, &message_len, text(what),
	                       SIM_NOW, &err),
	     "to seal");
	return (struct assay_bytes){ message, message_len };
}

static enum assay_answer open_answer(uint8_t *p, size_t n, const char *want)
{
	struct assay_bytes answer;
	struct assay_err err;
	enum assay_answer kind = assay_client_open(client, &answer, p, n, &err);

	if (kind == ASSAY_ANSWER_YES && want &&
	    (answer.len != strlen(want) ||
	     memcmp(answer.ptr, want, answer.len) != 0))
		return ASSAY_ANSWER_NONE;
	return kind;
}

/* The whole round: what the enclave said is this. */
static bool answers(const char *question, const char *want)
{
	if (assay_client_state(client) == ASSAY_CLIENT_ATTEST && !attest())
		return false;
	return post(seal(question)) == 200 &&
	       open_answer(got.body, got.len, want) == ASSAY_ANSWER_YES;
}

/* ---- what should be */

static void test_round(void)
{
	client = new_client(NULL, false);
	ok(attest(), "an attestation for a nonce is accepted");
	ok(answers("hello", "olleh"), "a round");
	ok(strcmp(net_header(&got, "Content-Type"), "message/ohttp-res") == 0,
	   "its media type");
	ok(answers("", "") && answers("again", "niaga"), "and others");
	ok(get("healthz") == 200 && has("\"enclave\":\"up\""), "healthz");
	ok(get("metrics") == 200 && has("\nassay_host_enclave_up 1\n") &&
	           has("\nassay_host_answer_seconds_count 3\n") &&
	           has("\nassay_host_enclave_restarts_total 0\n") &&
	           has("\nassay_host_documents_left_seconds "),
	   "metrics");
	ok(get("") == 200 && has("/attestation"), "what it is");
}

static void test_kept(void)
{
	struct assay_client *other = new_client(NULL, true);
	char etag[80] = "", header[120];
	const char *headers[] = { header, NULL };
	struct net_request r = { .headers = headers, .answer_max = 4 << 20 };
	char url[100];

	ok(get("attestation") == 200 &&
	           assay_client_attestation(
			   other, (struct assay_bytes){ got.body, got.len },
			   SIM_NOW),
	   "the attestation without a nonce, for whom that is enough");
	snprintf(etag, sizeof(etag), "%s", net_header(&got, "ETag"));
	ok(get("attestation") == 200 &&
	           strcmp(etag, net_header(&got, "ETag")) == 0 &&
	           strcmp(net_header(&got, "Cache-Control"), "no-cache") == 0,
	   "it is the same until there is a new one");
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/attestation", port);
	snprintf(header, sizeof(header), "If-None-Match: %s", etag);
	r.url = url;
	net_forget(&got);
	ok(net_ask(net, &got, &r, NULL) && got.status == 304 && got.len == 0,
	   "who has it is told so");
	/* which tells of its time in seconds */
	for (int i = 0; i < 50 && get("attestation") == 200 &&
	                strcmp(etag, net_header(&got, "ETag")) == 0;
	     i++) {
		write_file(maker_path("newer"), text(""));
		nap(100);
	}
	ok(got.status == 200 && strcmp(etag, net_header(&got, "ETag")) != 0,
	   "new documents: a new one");
	ok(said("the documents: "), "that they run out is said");
	ok(answers("hello", "olleh"), "with the same keys");
	assay_client_free(other);
}

static void test_bad_requests(void)
{
	static const char *const paths[] = {
		"attestation?nonce=",    "attestation?nonce=abc",
		"attestation?nonce=zz",  "attestation?nonce=00&nonce=00",
		"attestation?nonce=%00",
	};
	static uint8_t large[ASSAY_ENCLAVE_MAX + ASSAY_CLIENT_SEAL_MORE + 1];
	char path[200] = "attestation?nonce=";
	unsigned bad = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		bad += get(paths[i]) == 400;
	memset(path + 18, '0', 130);
	bad += get(path) == 400;
	path[18 + 128] = 0;
	ok(bad == 6 && get(path) == 200, "nonces that are none: %u of 6", bad);
	ok(get("message") == 405 && get("nothing") == 404 &&
	           ask("attestation", "text/plain", text("x")) == 405,
	   "paths and methods");
	ok(ask("message", "text/plain", seal("hello")) == 415, "another type");
	ok(assay_client_failed(client, 415) == ASSAY_FATE_NOT_DONE,
	   "it was not processed");
	ok(post((struct assay_bytes){ large, sizeof(large) }) == 413,
	   "a byte more than a message can have");
	ok(post((struct assay_bytes){ 0 }) == 400 &&
	           post((struct assay_bytes){ large, 54 }) == 400,
	   "no message, and a short one");
	seal("hello");
	message[message_len - 1] ^= 1;
	ok(post((struct assay_bytes){ message, message_len }) == 409,
	   "an altered one: it may have been sealed to earlier keys");
	(void)assay_client_failed(client, 409);
	for (bad = 0; bad < 100 && get("attestation?nonce=00") == 200;)
		bad++;
	ok(got.status == 429 && net_retry_after(&got) > 0,
	   "one address has so many fresh attestations and no more");
	nap(100);
	ok(answers("hello", "olleh"), "and all is well");
}

static void test_silent(void)
{
	int fd[50];

	for (size_t i = 0; i < 50; i++) {
		fd[i] = dial(INADDR_LOOPBACK);
		if (i % 2)
			(void)!send(fd[i], "POST /message HT", 16,
			            MSG_NOSIGNAL);
		if (i % 4 == 3)
			shutdown(fd[i], SHUT_WR);
	}
	ok(answers("hello", "olleh"), "50 silent clients, and one that asks");
	for (size_t i = 0; i < 50; i++)
		close(fd[i]);
}

static bool host_waits(void)
{
	return get("metrics") == 200 && !has("\nassay_host_waiting 0\n");
}

static void test_many(void)
{
	enum { N = 20 };
	uint8_t body[MESSAGE_MAX * 2];
	unsigned done_ones = 0, later = 0, status;
	size_t len;
	int fd[N], other;

	seal("nap");
	for (int i = 0; i < N; i++)
		fd[i] = begin_post((struct assay_bytes){ message, message_len },
		                   INADDR_LOOPBACK);
	nap(50);
	ok(get("attestation") == 200, "the attestation waits for none of many");
	other = begin_post((struct assay_bytes){ message, message_len },
	                   INADDR_LOOPBACK + 1);
	ok(end_post(other, body, &len) == 200 && host_waits(),
	   "from another address, one is answered before they all are");
	for (int i = 0; i < N; i++) {
		status = end_post(fd[i], body, &len);
		done_ones += status == 200;
		later += status == 429;
	}
	ok(done_ones >= 8 && later > 0 && done_ones + later == N,
	   "many at once: %u are answered, %u are too many", done_ones, later);
	(void)assay_client_failed(client, 429);
}

static void test_ends(void)
{
	bool again = false;

	ok(post(seal("die")) == 502 &&
	           assay_client_failed(client, 502) == ASSAY_FATE_UNKNOWN,
	   "it ends with a request: that may have been processed");
	ok(assay_client_state(client) == ASSAY_CLIENT_ATTEST &&
	           answers("hello", "olleh"),
	   "it was started again, and proves itself again");
	ok(said("is started again"), "which is said");
	ok(post(seal("hang")) == 502 &&
	           assay_client_failed(client, 502) == ASSAY_FATE_UNKNOWN &&
	           said("it did not answer within"),
	   "it hangs: that takes an end");
	ok(answers("hello", "olleh"), "and it was started again");
	seal("stale");
	kill(enclave_pid(), SIGKILL);
	for (int i = 0; i < 200 && !again; i++) {
		nap(25);
		again = get("metrics") == 200 && has("restarts_total 3\n") &&
		        has("enclave_up 1");
	}
	ok(again, "it is killed while nobody asks: it is started again");
	ok(post((struct assay_bytes){ message, message_len }) == 409 &&
	           assay_client_failed(client, 409) == ASSAY_FATE_NOT_DONE,
	   "what was sealed before is for other keys");
	ok(answers("hello", "olleh"), "then it proves itself, and is asked");
}

static int begin_sealed(const char *what)
{
	int fd = begin_post(seal(what), INADDR_LOOPBACK);

	(void)assay_client_failed(client, 429); /* it can seal another */
	return fd;
}

static bool come_to_wait(unsigned n)
{
	char line[40];

	snprintf(line, sizeof(line), "\nassay_host_waiting %u\n", n);
	for (int i = 0; i < 100; i++) {
		if (get("metrics") == 200 && has(line))
			return true;
		nap(5);
	}
	return false;
}

/* The enclave is stopped until both wait behind another and behind the host
 * itself: so that the second is sent when the first is. */
static void begin_two(int fd[2], const char *first, const char *second)
{
	const pid_t pid = enclave_pid();
	uint8_t body[MESSAGE_MAX * 2];
	size_t len;
	int other;

	kill(pid, SIGSTOP);
	other = begin_sealed("hello");
	nap(20);
	must(come_to_wait(1), "the host to wait");
	fd[0] = begin_sealed(first);
	must(come_to_wait(2), "the first to wait");
	fd[1] = begin_sealed(second);
	must(come_to_wait(3), "the second to wait");
	kill(pid, SIGCONT);
	must(end_post(other, body, &len) == 200, "an answer");
}

static void test_sent_ahead(void)
{
	uint8_t body[MESSAGE_MAX * 2];
	unsigned status[2];
	size_t len;
	int fd[2];

	begin_two(fd, "hang", "hello");
	nap(100); /* the host waits again */
	ok(come_to_wait(1), "a message is sent before that before is answered");
	kill(enclave_pid(), SIGKILL);
	for (int i = 0; i < 2; i++)
		status[i] = end_post(fd[i], body, &len);
	ok(status[0] == 502 && status[1] == 503,
	   "it ends with the first: that may have been processed (%u), not the "
	   "second (%u)",
	   status[0], status[1]);
	(void)assay_client_failed(client, 502);
	must(answers("hello", "olleh"), "an enclave");
	begin_two(fd, "hello", "die");
	for (int i = 0; i < 2; i++)
		status[i] = end_post(fd[i], body, &len);
	ok(status[0] == 200 && status[1] == 502,
	   "it answers the first (%u), and ends with the second (%u)",
	   status[0], status[1]);
	(void)assay_client_failed(client, 502);
	ok(answers("hello", "olleh"), "and it was started again");
}

static void test_state(void)
{
	unsigned char *older;
	size_t len;

	ok(answers("+a", "a") && answers("+b", "ab"), "state is kept");
	older = slurp(maker_path("store"), &len);
	must(older && answers("+c", "abc"), "state");
	write_file(maker_path("full"), text(""));
	ok(post(seal("+d")) == 502 && said("the disk is full"),
	   "state that cannot be kept: no answer");
	(void)assay_client_failed(client, 502);
	unlink(maker_path("full"));
	ok(answers("=", "abc"), "and none of it is left");
	ok(end_host() == 0 && start_host(), "the host is started again");
	must(assay_client_again(client), "random numbers");
	ok(answers("=", "abc"), "the state is there");
	ok(end_host() == 0, "it ends");
	write_file(maker_path("store"), (struct assay_bytes){ older, len });
	must(start_host() && assay_client_again(client) && attest(), "a host");
	ok(post(seal("=")) == 200 &&
	           open_answer(got.body, got.len, NULL) == ASSAY_ANSWER_OLD,
	   "older state that the host gives back is noticed");
	free(older);
}

/* Whether the host's memory has these bytes; 2 of them are asked for at once. */
static void search(bool found[2], const struct assay_bytes what[2])
{
	enum { MAX = 64 << 20 };
	static uint8_t part[1 << 20];
	char path[64], line[400], rights[8];
	unsigned long from, to;
	FILE *maps;
	int mem;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)host);
	maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)host);
	mem = open(path, O_RDONLY);
	while (maps && mem >= 0 && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) != 3 ||
		    rights[1] != 'w' || to - from > MAX)
			continue;
		for (; from < to; from += sizeof(part) / 2) {
			ssize_t n = pread(mem, part, sizeof(part), (off_t)from);

			for (int i = 0; n > 0 && i < 2; i++)
				found[i] = found[i] ||
				           memmem(part, (size_t)n, what[i].ptr,
				                  what[i].len);
		}
	}
	if (maps)
		fclose(maps);
	if (mem >= 0)
		close(mem);
}

static void test_sees_nothing(void)
{
	char secret[41], reversed[41];
	bool found[2] = { false, false }, seen[2] = { false, false };
	uint8_t random[20], sealed[64];

	assay_client_free(client);
	client = new_client(NULL, false);
	must(attest() && assay_random(random, sizeof(random)), "a client");
	assay_hex_print(secret, random, sizeof(random), false);
	for (int i = 0; i < 40; i++)
		reversed[i] = secret[39 - i];
	reversed[40] = 0;
	must(post(seal(secret)) == 200, "an answer");
	memcpy(sealed, got.body, sizeof(sealed));
	ok(!memmem(message, message_len, secret, 20) &&
	           !memmem(got.body, got.len, reversed, 20),
	   "what passes the host has neither the secret nor the answer");
	search(seen, (struct assay_bytes[]){ { sealed, sizeof(sealed) },
	                                     { sealed, sizeof(sealed) } });
	search(found, (struct assay_bytes[]){ text(secret), text(reversed) });
	if (seen[0])
		ok(!found[0] && !found[1],
		   "its memory has the sealed answer, and neither of them");
	else
		skip("another's memory", "its memory has neither of them");
	ok(open_answer(got.body, got.len, reversed) == ASSAY_ANSWER_YES,
	   "the client can read it");
}

static void test_end(void)
{
	const pid_t pid = enclave_pid();
	uint8_t body[MESSAGE_MAX * 2];
	unsigned status;
	size_t len = 0;
	int fd;

	must(assay_client_again(client) && attest(), "an attestation");
	fd = begin_post(seal("nap"), INADDR_LOOPBACK);
	nap(75);
	kill(host, SIGTERM);
	status = end_post(fd, body, &len);
	ok(status == 200 && open_answer(body, len, "pan") == ASSAY_ANSWER_YES,
	   "SIGTERM: what was begun is answered");
	ok(end_host() == 0, "and it ends with 0");
	ok(kill(pid, 0) != 0 && errno == ESRCH, "and the enclave has ended");
}

static void test_no_start(void)
{
	bool down = false;
	int status = 0;

	write_file(maker_path("store"), text("what nobody sealed"));
	ok(!start_host() && said("N_SEAL_FORM"),
	   "state that is none: it does not start, and says why");
	waitpid(host, NULL, 0);
	unlink(maker_path("store"));
	must(start_host(), "a host");
	write_file(maker_path("store"), text("what nobody sealed"));
	kill(enclave_pid(), SIGKILL);
	for (int i = 0; i < 400 && !down; i++) {
		down = get("attestation") == 503 && net_retry_after(&got) > 0 &&
		       get("healthz") == 503;
		nap(5);
	}
	ok(down, "while it is down: 503");
	must(waitpid(host, &status, 0) == host, "the host's end");
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 1 && said("N_SEAL_FORM"),
	   "and after some tries it gives up, and says why");
}

int main(int argc, char **argv)
{
	char self[PATH_MAX];

	assay_crypto_start();
	if (argc == 3 && strcmp(argv[1], "enclave") == 0)
		be_enclave(argv[2]);
	signal(SIGPIPE, SIG_IGN);
	must(realpath(argv[0], self) != NULL, "a path");
	make_world();
	make_machine();
	snprintf(command, sizeof(command), "exec %s enclave %s 2>/dev/null",
	         self, root);
	net = net_start(&(struct net_options){ 0 });
	must(net && start_host(), "a host");
	test_round();
	test_kept();
	test_silent();
	test_many();
	test_bad_requests();
	test_ends();
	test_sent_ahead();
	test_state();
	test_sees_nothing();
	test_end();
	test_no_start();
	net_forget(&got);
	net_end(net);
	assay_client_free(client);
	sim_world_free(&world);
	return done();
}
