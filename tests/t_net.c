/* t_net.c - the HTTP client, against servers that do as they should and
 * servers that do not: each is a script, played by a thread here. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net/http.h"
#include "tap.h"

/* ---- a server that reads a request and then plays its script */

enum then {
	STAY = 0, /* and read the next request */
	CLOSE,
	HALF, /* it says no more, and reads on */
	RESET,
	HANG, /* silent until the client goes */
	DRIP, /* the last line of the script, a byte each 20 ms, for ever */
	POUR, /* the same, as fast as it is taken */
};

struct script {
	const char *says;
	enum then then;
};

static struct script script;
static char seen[8192]; /* the last request */
static int n_requests, n_connections, n_closed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t players[256];
static int listening;
static unsigned port;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void nap(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* Reads a request with its body; false: the client went. */
static bool read_request(int fd, char *text, size_t size)
{
	size_t n = 0, want = 0;

	while (!want || n < want) {
		const ssize_t got = recv(fd, text + n, size - 1 - n, 0);
		const char *end, *length;

		if (got <= 0)
			return false;
		n += (size_t)got;
		text[n] = 0;
		end = strstr(text, "\r\n\r\n");
		length = strcasestr(text, "Content-Length:");
		if (end)
			want = (size_t)(end + 4 - text) +
			       (length ? strtoul(length + 15, NULL, 10) : 0);
	}
	return true;
}

static bool gone(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	return poll(&p, 1, ms) > 0 && recv(fd, &c, 1, 0) <= 0;
}

static bool say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) >= 0;
}

/* What comes after what it says. */
static void go_on(int fd, const struct script *s)
{
	const char *end = s->says + strlen(s->says) - 2;
	const struct linger abort = { 1, 0 };

	while (end > s->says && end[-1] != '\n')
		end--;
	if (s->then == HALF)
		shutdown(fd, SHUT_WR);
	while ((s->then == HANG || s->then == HALF) && !gone(fd, 1000))
		;
	for (size_t i = 0; s->then == DRIP && !gone(fd, 20); i++)
		if (!say(fd, (char[]){ end[i % strlen(end)], 0 }))
			break;
	while (s->then == POUR && say(fd, end))
		;
	if (s->then == RESET)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
}

static void *play(void *arg)
{
	const int fd = (int)(intptr_t)arg;
	char text[sizeof(seen)];
	struct script s = { 0 };

	while (s.then == STAY && read_request(fd, text, sizeof(text))) {
		pthread_mutex_lock(&lock);
		memcpy(seen, text, sizeof(seen));
		n_requests++;
		s = script;
		pthread_mutex_unlock(&lock);
		say(fd, s.says);
		go_on(fd, &s);
	}
	close(fd);
	pthread_mutex_lock(&lock);
	n_closed++;
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void *serve(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(listening, NULL, NULL)) >= 0) {
		pthread_mutex_lock(&lock);
		if (n_connections == 256 ||
		    pthread_create(&players[n_connections++], NULL, play,
		                   (void *)(intptr_t)fd))
			exit(2);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* A socket at a free port of this machine. */
static int bind_any(unsigned *at)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&to, len) ||
	    getsockname(fd, (struct sockaddr *)&to, &len))
		exit(2);
	*at = ntohs(to.sin_port);
	return fd;
}

static void put_script(const char *says, enum then then)
{
	pthread_mutex_lock(&lock);
	script = (struct script){ says, then };
	pthread_mutex_unlock(&lock);
}

static int locked(const int *n)
{
	int value;

	pthread_mutex_lock(&lock);
	value = *n;
	pthread_mutex_unlock(&lock);
	return value;
}

/* ---- a client */

static const struct net_options options = { .connect_ms = 2000,
	                                    .total_ms = 300 };
/* where nothing is to be too slow, however busy the machine */
static const struct net_options patient = { .total_ms = 20000 };
static struct net_answer answer;
static struct net_err err;

static const char *url(const char *path)
{
	static char text[256];

	snprintf(text, sizeof(text), "http://127.0.0.1:%u%s", port, path);
	return text;
}

static bool ask_with(const struct net_options *o, const struct net_request *q)
{
	struct net_client *c = net_start(o);
	bool good;

	net_forget(&answer);
	err = (struct net_err){ 0 };
	good = net_ask(c, &answer, q, &err);
	net_end(c);
	return good;
}

static bool get(const char *at, size_t max)
{
	return ask_with(&patient,
	                &(struct net_request){ .url = at, .answer_max = max });
}

static const struct net_request *post(const char *body)
{
	static struct net_request q;

	q = (struct net_request){
		.url = url("/message"),
		.type = "text/plain",
		.body = { (const uint8_t *)body, strlen(body) },
		.answer_max = 100,
	};
	return &q;
}

/* ---- answers that are good, whatever their status */

#define HEAD "HTTP/1.1 200 OK\r\n"
#define FIVE HEAD "Content-Length: 5\r\n\r\nhello"

static const struct {
	const char *name, *says;
	enum then then;
	unsigned status;
	const char *body;
	unsigned retry;
} good[] = {
	{ "200", FIVE, STAY, 200, "hello", 0 },
	{ "an empty body", HEAD "Content-Length: 0\r\n\r\n", STAY, 200, "", 0 },
	{ "204", "HTTP/1.1 204 No Content\r\n\r\n", STAY, 204, "", 0 },
	{ "HTTP/1.0, to the end", "HTTP/1.0 200 OK\r\n\r\nhello", CLOSE, 200,
	  "hello", 0 },
	{ "chunks",
	  HEAD "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo"
	       "\r\n0\r\n\r\n",
	  STAY, 200, "hello", 0 },
	{ "after 100 Continue",
	  "HTTP/1.1 100 Continue\r\nRetry-After: 9\r\n"
	  "\r\n" FIVE,
	  STAY, 200, "hello", 0 },
	{ "whole, and half closed", FIVE, HALF, 200, "hello", 0 },
	{ "404", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", STAY,
	  404, "no", 0 },
	{ "410", "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", STAY, 410,
	  "", 0 },
	{ "429 and when",
	  "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0"
	  "\r\nRETRY-AFTER: \t7 \r\n\r\n",
	  STAY, 429, "", 7 },
	{ "429 in a thousand years",
	  "HTTP/1.1 429 Too Many Requests\r\n"
	  "Content-Length: 0\r\nRetry-After: "
	  "99999999999999999999999\r\n\r\n",
	  STAY, 429, "", 604800 },
	{ "503 and a date",
	  "HTTP/1.1 503 x\r\nContent-Length: 0\r\n"
	  "Retry-After: Wed, 25 Nov 2026 00:00:00 GMT\r\n\r\n",
	  STAY, 503, "", 0 },
	{ "503 and two times",
	  "HTTP/1.1 503 x\r\nContent-Length: 0\r\n"
	  "Retry-After: 1\r\nRetry-After: 2\r\n\r\n",
	  STAY, 503, "", 0 },
	{ "503 and a negative one",
	  "HTTP/1.1 503 x\r\nContent-Length: 0\r\n"
	  "Retry-After: -1\r\n\r\n",
	  STAY, 503, "", 0 },
	{ "500", "HTTP/1.1 500 \r\nContent-Length: 0\r\n\r\n", STAY, 500, "",
	  0 },
	{ "a redirect, not followed",
	  "HTTP/1.1 302 Found\r\nLocation: /other"
	  "\r\nContent-Length: 0\r\n\r\n",
	  STAY, 302, "", 0 },
	{ "compressed, left so",
	  HEAD "Content-Encoding: gzip\r\n"
	       "Content-Length: 5\r\n\r\nhello",
	  STAY, 200, "hello", 0 },
};

static void test_good(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const int before = locked(&n_requests);
		bool as;

		put_script(good[i].says, good[i].then);
		as = get(url("/"), 5) && answer.status == good[i].status &&
		     answer.len == strlen(good[i].body) &&
		     strcmp((const char *)answer.body, good[i].body) == 0 &&
		     net_retry_after(&answer) == good[i].retry &&
		     locked(&n_requests) == before + 1;
		if (!ok(as, "%s", good[i].name))
			note("%u, %zu bytes, %s", answer.status, answer.len,
			     err.text);
	}
}

static void test_headers(void)
{
	const char *text;

	put_script(HEAD "Content-Length: 2\r\nA: 1\r\nB:\r\nTwice: 1\r\n"
	                "tWICE: 2\r\n: no name\r\n"
	                "SGX-PCK-CRL-Issuer-Chain: -----BEGIN%20\r\n\r\nok",
	           STAY);
	ok(get(url("/"), 100), "an answer with headers");
	text = net_header(&answer, "sgx-pck-crl-issuer-chain");
	ok(text && strcmp(text, "-----BEGIN%20") == 0,
	   "a header is found, however its name is written");
	text = net_header(&answer, "B");
	ok(text && !text[0], "one that is empty");
	ok(!net_header(&answer, "C"), "one that is not there is not");
	ok(!net_header(&answer, "Twice"), "nor is one that is there twice");
	ok(!net_header(&answer, "1") && !net_header(&answer, ""),
	   "a value is no name");
	put_script(HEAD "Transfer-Encoding: chunked\r\nA: 1\r\n\r\n0\r\n"
	                "Late: 1\r\nA: 2\r\n\r\n",
	           STAY);
	ok(get(url("/"), 100) && !net_header(&answer, "Late") &&
	           (text = net_header(&answer, "A")) && strcmp(text, "1") == 0,
	   "what follows a body is no header");
	net_forget(&answer);
	ok(!net_header(&answer, "A"), "nothing has no headers");
}

/* ---- answers that are none */

#define K1 \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *name, *says;
	enum then then;
	enum net_stage stage;
} bad[] = {
	{ "no answer", "", CLOSE, NET_CUT },
	{ "a reset", "", RESET, NET_CUT },
	{ "half a head", "HTTP/1.1 200 OK\r\nContent-", CLOSE, NET_CUT },
	{ "half a head, whole lines", "HTTP/1.1 200 OK\r\nA: 1\r\n", CLOSE,
	  NET_CUT },
	{ "half a body", HEAD "Content-Length: 5\r\n\r\nhel", CLOSE, NET_CUT },
	{ "half a body, half closed", HEAD "Content-Length: 5\r\n\r\nhel", HALF,
	  NET_CUT },
	{ "nothing, half closed", "", HALF, NET_CUT },
	{ "half a body and a reset", HEAD "Content-Length: 5\r\n\r\nhel", RESET,
	  NET_CUT },
	{ "chunks without an end",
	  HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\n"
	       "hel\r\n",
	  CLOSE, NET_CUT },
	{ "half a chunk", HEAD "Transfer-Encoding: chunked\r\n\r\n3\r\nhe",
	  CLOSE, NET_CUT },
	{ "a chunk of no number",
	  HEAD "Transfer-Encoding: chunked\r\n\r\nxyz"
	       "\r\n",
	  CLOSE, NET_CUT },
	{ "garbage", "\x15\x03\x01\x02\x02\x16 what?\r\n\r\n", CLOSE, NET_ODD },
	{ "a mail server", "220 mail ESMTP\r\n", CLOSE, NET_ODD },
	{ "HTTP/9", "HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n", CLOSE,
	  NET_ODD },
	{ "no header", HEAD "no colon\r\n\r\n", CLOSE, NET_ODD },
	{ "a length of no number", HEAD "Content-Length: five\r\n\r\nhello",
	  CLOSE, NET_ODD },
	{ "one byte too many, said", HEAD "Content-Length: 101\r\n\r\n", HANG,
	  NET_LARGE },
	{ "a length above all",
	  HEAD "Content-Length: "
	       "9223372036854775807\r\n\r\n",
	  HANG, NET_LARGE },
	{ "too many chunks",
	  HEAD "Transfer-Encoding: chunked\r\n\r\n10\r\n"
	       "0123456789abcdef\r\n",
	  POUR, NET_LARGE },
	{ "a body without an end", HEAD "\r\n0123456789abcdef\n", POUR,
	  NET_LARGE },
	{ "headers without an end", HEAD "A: " K1 "\r\n", POUR, NET_LARGE },
	{ "a header without an end", HEAD "A: " K1, POUR, NET_FAILED },
};

static void test_bad(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		bool as;

		put_script(bad[i].says, bad[i].then);
		as = !get(url("/"), 100) && err.stage == bad[i].stage &&
		     !err.sent && !answer.body && !answer.headers &&
		     strncmp(err.text, url("/"), strlen(url("/"))) == 0 &&
		     !strstr(err.text, "carried out");
		if (!ok(as, "refused: %s", bad[i].name))
			note("stage %d, %s", err.stage, err.text);
	}
	note("%s", err.text);
}

static void test_slow(void)
{
	static const struct script scripts[] = {
		{ "", HANG },
		{ "HTTP/1.1 200 OK\r\n", HANG },
		{ "HTTP/1.1 200 OK\r\nA: 1\r\n", DRIP },
		{ HEAD "Content-Length: 100\r\n\r\nhello", HANG },
		{ HEAD "Content-Length: 100\r\n\r\nabcdef", DRIP },
	};
	const struct net_options stall = { .stall_s = 1, .total_ms = 20000 };
	double from;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		from = now();
		put_script(scripts[i].says, scripts[i].then);
		ok(!ask_with(&options, post("x")) && err.stage == NET_SLOW &&
		           err.sent && now() - from >= 0.29,
		   "too slow: %s", err.text);
	}
	put_script(HEAD "Content-Length: 100\r\n\r\nhello", HANG);
	ok(!ask_with(&stall, post("x")) && err.stage == NET_SLOW, "stalled: %s",
	   err.text);
}

/* ---- requests */

static void test_urls(void)
{
	static const char *const none[] = {
		"",
		"127.0.0.1",
		"localhost:80/",
		"file:///etc/passwd",
		"ftp://127.0.0.1/",
		"gopher://127.0.0.1/",
		"http://",
		"http://user:secret@127.0.0.1/",
		"http://127.0.0.1:99999/",
		"http://127.0.0.1/a b",
		"http://[::1/",
		"httpx://127.0.0.1/",
		"http://127.0.0.1/\r\nA: 1",
	};
	char text[100];
	unsigned closed;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (!ok(!get(none[i], 100) && err.stage == NET_URL &&
		                !err.sent &&
		                strcspn(err.text, "\r\n") == strlen(err.text),
		        "no address to ask at: %s", err.text))
			note("stage %d", err.stage);
	snprintf(text, sizeof(text), "http://%070d.invalid/", 1);
	ok(!get(text, 100) && err.stage == NET_RESOLVE, "no such name: %s",
	   err.text);
	close(bind_any(&closed));
	snprintf(text, sizeof(text), "http://127.0.0.1:%u/", closed);
	ok(!get(text, 100) && err.stage == NET_CONNECT, "nobody there: %s",
	   err.text);
	ok(!ask_with(&patient,
	             &(struct net_request){ .url = text,
	                                    .type = "text/plain",
	                                    .body = { (const uint8_t *)"x", 1 },
	                                    .answer_max = 100 }) &&
	           err.stage == NET_CONNECT && !err.sent,
	   "and nothing was sent");
}

static void test_request(void)
{
	static const char *const headers[] = {
		"Ocp-Apim-Subscription-Key: 0123", NULL
	};
	struct net_request q = *post("a message");

	q.headers = headers;
	put_script(FIVE, STAY);
	ok(ask_with(&patient, &q) && answer.len == 5, "a POST");
	ok(strncmp(seen, "POST /message HTTP/1.1\r\n", 24) == 0 &&
	           strstr(seen, "\r\nContent-Type: text/plain\r\n") &&
	           strstr(seen, "\r\nContent-Length: 9\r\n") &&
	           strstr(seen, "\r\nOcp-Apim-Subscription-Key: 0123\r\n") &&
	           strstr(seen, "\r\n\r\na message") &&
	           !strcasestr(seen, "Expect"),
	   "is sent as it was given");
	q.body.len = 0;
	ok(ask_with(&patient, &q) && strstr(seen, "Content-Length: 0\r\n"),
	   "so is an empty one");
	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
	ok(get(url("/../a/./b?c=d%20e"), 5) &&
	           strncmp(seen, "GET /../a/./b?c=d%20e HTTP/1.1\r\n", 32) == 0,
	   "a GET is sent as it is written, past any proxy of the environment");
	ok(ask_with(&(struct net_options){ .proxy = url("/") },
	            &(struct net_request){ .url = "http://there.invalid/x",
	                                   .answer_max = 5 }) &&
	           strncmp(seen, "GET http://there.invalid/x HTTP/1.1\r\n",
	                   37) == 0,
	   "but over one that is named");
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	net_forget(&answer);
	ok(!net_ask(NULL, &answer, &(struct net_request){ .url = "" }, NULL),
	   "what is wrong need not be told");
}

/* ---- a body is sent once */

static void test_sent(void)
{
	struct net_client *c = net_start(&patient);
	const struct net_request *q = post("x");
	int before = locked(&n_requests), connections;

	net_forget(&answer);
	put_script("", CLOSE);
	ok(!ask_with(&patient, q) && err.stage == NET_CUT && err.sent &&
	           locked(&n_requests) == before + 1,
	   "asked once, no answer: %s", err.text);

	before = locked(&n_requests);
	connections = locked(&n_connections);
	put_script(FIVE, STAY);
	ok(net_ask(c, &answer, q, &err), "an answer");
	net_forget(&answer);
	ok(net_ask(c, &answer, q, &err) &&
	           locked(&n_connections) == connections + 1,
	   "another over the same connection");
	net_forget(&answer);
	put_script("", CLOSE);
	ok(!net_ask(c, &answer, q, &err) && err.sent &&
	           locked(&n_requests) == before + 3,
	   "none over a kept connection, and it is not asked again: %s",
	   err.text);

	put_script(FIVE, CLOSE);
	ok(net_ask(c, &answer, q, &err), "an answer, and it is closed");
	net_forget(&answer);
	connections = locked(&n_connections);
	for (int i = 0; i < 500 && locked(&n_closed) < connections; i++)
		nap(10);
	ok(net_ask(c, &answer, q, &err), "the next one is over a new one");
	net_forget(&answer);
	net_end(c);
}

/* ---- TLS */

static pid_t server;

/* A server of openssl's with a certificate of its own for 127.0.0.1; its port,
 * or 0. */
static unsigned start_tls(const char *dir)
{
	char command[1024];
	char line[256];
	unsigned at = 0;
	int p[2];
	FILE *f;

	snprintf(command, sizeof(command),
	         "cd %s && openssl req -x509 -newkey ec -pkeyopt "
	         "ec_paramgen_curve:P-256 -nodes -keyout key -out cert -days 2 "
	         "-subj /CN=here -addext subjectAltName=IP:127.0.0.1 "
	         ">/dev/null 2>&1",
	         dir);
	if (system(command) != 0 || pipe(p) != 0 || (server = fork()) < 0)
		return 0;
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(p[1], 1);
		dup2(p[1], 2);
		if (chdir(dir) == 0)
			execlp("openssl", "openssl", "s_server", "-accept",
			       "127.0.0.1:0", "-cert", "cert", "-key", "key",
			       "-www", (char *)NULL);
		_exit(127);
	}
	close(p[1]);
	f = fdopen(p[0], "r");
	while (f && !at && fgets(line, sizeof(line), f))
		sscanf(line, "ACCEPT 127.0.0.1:%u", &at);
	return at;
}

static void test_tls(void)
{
	char dir[] = "/tmp/assay-net-XXXXXX", cert[64], at[64], command[64];
	struct net_options o = patient;
	struct net_request q = *post("secret");
	unsigned tls;

	snprintf(at, sizeof(at), "https://127.0.0.1:%u/", port);
	q.url = at;
	put_script("", HANG);
	ok(!ask_with(&options, &q) &&
	           (err.stage == NET_CONNECT || err.stage == NET_SLOW) &&
	           !err.sent,
	   "TLS that does not begin: %s", err.text);
	o.total_ms = 5000;
	if (!mkdtemp(dir))
		exit(2);
	snprintf(cert, sizeof(cert), "%s/cert", dir);
	tls = start_tls(dir);
	if (!tls) {
		skip("there is no openssl", "TLS");
	} else {
		snprintf(at, sizeof(at), "https://127.0.0.1:%u/", tls);
		ok(!ask_with(&o, &q) && err.stage == NET_TLS && !err.sent,
		   "whom nobody vouches for gets nothing: %s", err.text);
		o.ca_file = cert;
		q.type = NULL;
		q.answer_max = 65536;
		ok(ask_with(&o, &q) && answer.status == 200,
		   "one that is vouched for answers");
		snprintf(at, sizeof(at), "https://localhost:%u/", tls);
		ok(!ask_with(&o, &q) && err.stage == NET_TLS,
		   "not under another name: %s", err.text);
		snprintf(at, sizeof(at), "http://127.0.0.1:%u/", tls);
		ok(!ask_with(&o, &q) && err.stage != NET_URL,
		   "nor without TLS: %s", err.text);
		snprintf(at, sizeof(at), "https://127.0.0.1:%u/", tls);
		o.ca_file = "/nowhere";
		ok(!ask_with(&o, &q) && err.stage == NET_TLS,
		   "who vouches must be there: %s", err.text);
	}
	if (server > 0) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ok(system(command) == 0, "nothing is left behind");
}

int main(void)
{
	pthread_t thread;

	signal(SIGPIPE, SIG_IGN);
	alarm(60);
	listening = bind_any(&port);
	if (listen(listening, 64) || pthread_create(&thread, NULL, serve, NULL))
		return 2;
	test_good();
	test_headers();
	test_bad();
	test_slow();
	test_urls();
	test_request();
	test_sent();
	test_tls();
	net_forget(&answer);
	shutdown(listening, SHUT_RDWR);
	pthread_join(thread, NULL);
	for (int i = 0; i < n_connections; i++)
		pthread_join(players[i], NULL);
	close(listening);
	return done();
}
