/* t_call.c - assay call, against a host that plays all its tricks: what is sent,
 * and what is not, and what it says of it. */
#include <assay/enclave.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "format/bundle.h"
#include "format/keys.h"
#include "seal/inner.h"
#include "seal/ohttp.h"
#include "forge/world.h"
#include "tap.h"

#define SAID "the salary of Ada"

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "t_call: %s\n", what);
	exit(2);
}

/* ---- the host, and the enclave on its machine */

/* What becomes of a request. */
enum fate {
	ANSWER = 0,
	REFUSAL,   /* the program's */
	OLD,       /* by the enclave: its state is */
	GARBAGE,   /* an answer that does not open */
	CLOSED,    /* no answer at all */
	RESTARTED, /* 410, and other keys from now on */
	ENDED,     /* 502, and the same */
	STARTING,  /* 503, once */
	STATUS,    /* 413 */
	SLOW,      /* an answer, but later than in a second */
};

static struct sim_world world;
static struct sim_quote_spec spec;
static struct assay_hpke_pair own;
static struct assay_key_config config = { .aead = ASSAY_AES_256_GCM };
static uint8_t config_bytes[ASSAY_KEY_CONFIG_LEN], signing[32];
static struct assay_mark mark;
static char bundle[1 << 17];

static enum fate fate[4]; /* of the first requests */
static unsigned n_attested, n_asked, n_starting;
static bool other_nonce, other_keys, no_http, no_documents;
static bool changes; /* it is another program after the next restart */
static struct assay_mark seen; /* in the last request */
static bool heard;             /* it was SAID */
static bool leaked;            /* or went over the wire as it is */
static unsigned overtaken;     /* another writes this state before the answer */

/* Host and test take turns with all of these: the host while it answers, but for
 * when it is slow; the test before a call begins and after it ended. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void take_turn(void)
{
	must(pthread_mutex_lock(&turn) == 0, "a turn");
}

static void leave_turn(void)
{
	must(pthread_mutex_unlock(&turn) == 0, "the end of a turn");
}

/* What the other did is seen, and what was done here shown. */
static void see_all(void)
{
	take_turn();
	leave_turn();
}

static void start_enclave(void)
{
	config.id++;
	must(assay_hpke_pair_new(&own) &&
	             assay_random(signing, sizeof(signing)),
	     "keys");
	memcpy(config.key, own.key, sizeof(config.key));
	assay_key_config_write(config_bytes, &config);
}

static void make_bundle(struct assay_bytes nonce)
{
	const struct assay_bytes hpke = { config_bytes, sizeof(config_bytes) },
				 sign = { signing, sizeof(signing) };
	struct assay_collateral documents = { 0 };
	struct buf quote = { 0 };
	struct assay_json_out o;

	sim_world_collateral(&documents, &world);
	assay_keys_hash(spec.sgx.report_data, hpke, sign, nonce);
	must(sim_world_quote(&quote, &world, &spec), "a quote");
	if (other_keys)
		config_bytes[10] ^= 1;
	assay_json_begin(&o, bundle, sizeof(bundle));
	assay_json_put_object(&o, NULL);
	assay_bundle_put(&o,
	                 &(struct assay_bundle){
				 .quote = buf_bytes(&quote),
				 .collateral = no_documents ? NULL : &documents,
				 .hpke = hpke,
				 .sign = sign,
				 .nonce = nonce,
				 .has_nonce = nonce.len > 0,
				 .at = SIM_NOW,
			 });
	assay_json_put_end(&o, '}');
	must(o.ok, "a bundle");
	if (other_keys)
		config_bytes[10] ^= 1;
	buf_free(&quote);
}

static void say(int fd, const char *status, const char *more, const void *body,
                size_t len)
{
	char head[256];
	int n = snprintf(head, sizeof(head),
	                 "HTTP/1.1 %s\r\nConnection: close\r\n%s"
	                 "Content-Length: %zu\r\n\r\n",
	                 status, more, len);

	/* whoever asked may be gone: his exit status tells */
	if (send(fd, head, (size_t)n, MSG_NOSIGNAL) == n && len > 0 &&
	    send(fd, body, len, MSG_NOSIGNAL) < 0)
		note("nobody reads it");
}

static void say_text(int fd, const char *status)
{
	say(fd, status, "", "so it is\n", 9);
}

static void say_sealed(int fd, enum fate how, uint8_t *message, size_t len)
{
	static const enum assay_inner kinds[] = {
		[ANSWER] = ASSAY_INNER_ANSWER,
		[REFUSAL] = ASSAY_INNER_REFUSAL,
		[OLD] = ASSAY_INNER_OLD,
	};
	uint8_t inner[ASSAY_INNER_LEN + 3], out[256];
	const struct assay_bytes plain = { inner, sizeof(inner) };
	struct assay_reply reply;
	struct assay_bytes opened, asked;

	if (!assay_request_open(&opened, &reply, &config, &own, message, len,
	                        NULL) ||
	    !assay_inner_read(&seen, &asked, opened, true, NULL)) {
		say_text(fd, "400 Bad Request");
		return;
	}
	heard = asked.len == strlen(SAID) &&
	        memcmp(asked.ptr, SAID, asked.len) == 0;
	assay_inner_write(
		inner, how == GARBAGE ? ASSAY_INNER_ANSWER : kinds[how], &mark);
	memcpy(inner + ASSAY_INNER_LEN, "yes", 3);
	must(assay_response_seal(out, &len, &reply, plain, NULL), "an answer");
	out[len - 1] ^= how == GARBAGE;
	say(fd, "200 OK", "", out, len);
}

static void overtake(void);

static void nap(unsigned ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static void answer_message(int fd, uint8_t *message, size_t len)
{
	const enum fate how = n_asked < 4 ? fate[n_asked] : ANSWER;

	n_asked++;
	leaked |= memmem(message, len, SAID, strlen(SAID)) != NULL;
	if (how == RESTARTED || how == ENDED)
		start_enclave();
	spec.sgx.mrenclave[0] ^= changes;
	changes = false;
	if (overtaken)
		overtake();
	switch (how) {
	case CLOSED:
		break;
	case RESTARTED:
		say_text(fd, "410 Gone");
		break;
	case ENDED:
		say_text(fd, "502 Bad Gateway");
		break;
	case STARTING:
		say(fd, "503 Service Unavailable", "Retry-After: 1\r\n", "", 0);
		break;
	case STATUS:
		say_text(fd, "413 Content Too Large");
		break;
	case SLOW:
		leave_turn();
		nap(2000);
		take_turn();
		say_sealed(fd, ANSWER, message, len);
		break;
	default:
		say_sealed(fd, how, message, len);
	}
}

static void answer_attestation(int fd, const char *path)
{
	const char *hex = strstr(path, "?nonce=");
	uint8_t mem[64];
	struct assay_bytes nonce = { mem, hex ? 32 : 0 };

	n_attested++;
	if (n_attested <= n_starting) {
		say(fd, "503 Service Unavailable", "", "", 0);
		return;
	}
	must(!hex || assay_hex_parse(mem, 32,
	                             (struct assay_bytes){
					     (const uint8_t *)hex + 7, 64 }),
	     "a nonce");
	mem[0] ^= other_nonce;
	make_bundle(nonce);
	say(fd, "200 OK", "", bundle, strlen(bundle));
}

/* A request with its body; how long it is, or 0. */
static size_t read_request(int fd, char *text, size_t size, char **body)
{
	size_t n = 0, want = SIZE_MAX;

	*body = text;
	while (n < want) {
		const ssize_t got = recv(fd, text + n, size - 1 - n, 0);
		const char *length;

		if (got <= 0)
			return 0;
		n += (size_t)got;
		text[n] = 0;
		*body = strstr(text, "\r\n\r\n");
		if (!*body)
			continue;
		*body += 4;
		length = strcasestr(text, "Content-Length:");
		want = (size_t)(*body - text) +
		       (length ? strtoul(length + 15, NULL, 10) : 0);
	}
	return n;
}

static void answer(int fd, char *text, char *body, size_t n)
{
	if (no_http)
		must(send(fd, "?", 1, MSG_NOSIGNAL) == 1, "a byte");
	else if (strncmp(text, "GET /here/attestation", 21) == 0)
		answer_attestation(fd, text);
	else if (strncmp(text, "POST /here/message ", 19) == 0 &&
	         strcasestr(text, "Content-Type: message/ohttp-req\r\n"))
		answer_message(fd, (uint8_t *)body, n - (size_t)(body - text));
	else
		say_text(fd, "404 Not Found");
}

static void serve_one(int fd)
{
	static char text[65536];
	char *body;
	size_t n = read_request(fd, text, sizeof(text), &body);

	if (n == 0)
		return;
	take_turn();
	answer(fd, text, body, n);
	leave_turn();
}

static int listening;

static void *serve(void *arg)
{
	int fd;

	(void)arg;
	while ((fd = accept(listening, NULL, NULL)) >= 0) {
		serve_one(fd);
		close(fd);
	}
	return NULL;
}

static unsigned open_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);

	listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(listening >= 0 && bind(listening, (void *)&a, len) == 0 &&
	             listen(listening, 8) == 0 &&
	             getsockname(listening, (void *)&a, &len) == 0,
	     "a port");
	return ntohs(a.sin_port);
}

/* ---- assay call */

static char dir[] = "/tmp/t_call-XXXXXX";
static char program[PATH_MAX], url[64], accept_line[160], at[ASSAY_TIME_TEXT];
static char *out, *err; /* what it said */

static char *path_in(const char *name)
{
	static char path[16][64];
	static unsigned n;
	char *p = path[n++ % 16];

	snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(path_in(name), "w");

	must(f && fputs(text, f) >= 0 && fclose(f) == 0, "a file");
}

static void redirect(int to, const char *name, const char *mode)
{
	FILE *f = fopen(path_in(name), mode);

	must(f && dup2(fileno(f), to) == to, "a redirection");
}

static void reread(char **text, const char *name)
{
	size_t len;

	free(*text);
	*text = (char *)slurp(path_in(name), &len);
	must(*text != NULL, "output");
}

static void forget(void)
{
	take_turn();
	memset(fate, 0, sizeof(fate));
	n_attested = n_asked = n_starting = 0;
	other_nonce = other_keys = no_http = no_documents = heard = false;
	memset(&seen, 0, sizeof(seen));
	overtaken = 0;
	leave_turn();
}

/* The remembered state becomes this one, as if another program wrote it. */
static void overtake(void)
{
	size_t len;
	char *text = (char *)slurp(path_in("pin"), &len);
	char *state = text ? strstr(text, "\nstate ") : NULL;
	FILE *f = state ? fopen(path_in("pin"), "w") : NULL;

	must(f &&
	             fprintf(f, "%.*s\nstate %u%s", (int)(state - text), text,
	                     overtaken, strchr(state + 1, '\n')) > 0 &&
	             fclose(f) == 0,
	     "what is remembered");
	free(text);
}

/* Runs it with the options that most need, and these; its exit status. */
#define CALL(...) call_with((const char *[]){ __VA_ARGS__, NULL })
#define BEGIN(...) begin_with((const char *[]){ __VA_ARGS__, NULL })
static pid_t begin_with(const char *const *more)
{
	const char *args[24] = { "assayd",        "call", url, "--root",
		                 path_in("root"), "--at", at };
	size_t n = 7;
	pid_t pid;

	while (*more)
		args[n++] = *more++;
	see_all();
	pid = fork();
	must(pid >= 0, "a process");
	if (pid == 0) {
		alarm(20);
		redirect(0, "in", "r");
		redirect(1, "out", "w");
		redirect(2, "err", "w");
		execv(program, (char *const *)(uintptr_t)args);
		_exit(127);
	}
	return pid;
}

static int end_of(pid_t pid)
{
	int status;

	must(waitpid(pid, &status, 0) == pid, "its end");
	see_all();
	reread(&out, "out");
	reread(&err, "err");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void wait_asked(void)
{
	bool asked = false;

	for (int i = 0; i < 1000 && !asked; i++) {
		nap(10);
		take_turn();
		asked = n_asked > 0;
		leave_turn();
	}
}

static int call_with(const char *const *more)
{
	return end_of(begin_with(more));
}

static bool says(const char *what)
{
	return strstr(err, what) != NULL;
}

/* ---- tests */

#define ACCEPT "--accept", accept_line

static void test_answer(void)
{
	forget();
	ok(CALL(ACCEPT) == 0 && strcmp(out, "yes") == 0 && !*err,
	   "it is answered, and nothing else is said");
	ok(heard && n_attested == 1 && n_asked == 1,
	   "the enclave reads the request");
	forget();
	ok(CALL(ACCEPT, "--print") == 0 && strcmp(out, "yes") == 0 &&
	           says("Remote attestation for enclave ") &&
	           says("\nDecision: accept\n"),
	   "with the judgement, for people");
	ok(CALL(ACCEPT, "--json") == 0 && *err == '{' &&
	           says("\"decision\":\"accept\"") &&
	           says("\"keys\":\"bound\"") && strcmp(out, "yes") == 0,
	   "and as JSON");
	ok(CALL(ACCEPT, "--without-nonce", "--json") == 0 &&
	           says("\"nonce\":null"),
	   "an attestation from before");
	forget();
	fate[0] = REFUSAL;
	ok(CALL(ACCEPT) == 1 && !*out && says("the program refuses: yes"),
	   "the program refuses");
}

/* Nothing may have left, not even sealed. */
static bool refused(const char *why)
{
	return n_asked == 0 && !*out && says("Decision: refuse\n") &&
	       says("nothing was sent") && says(why);
}

static void test_refused(void)
{
	char other[] = "C:0000000000000000000000000000000000000000000000000000"
		       "000000000000 SEC:INSECURE";

	forget();
	ok(CALL("--accept", other) == 1 && refused("- constraint.C: "),
	   "another program");
	ok(CALL("--json") == 1 && n_asked == 0 &&
	           says("\"rules\":[\"identity\",\"simulation\"]"),
	   "who says not which program is meant is told which it is");
	other_nonce = true;
	ok(CALL(ACCEPT) == 1 && refused("- keys: K_NONCE: "),
	   "an attestation for another nonce");
	forget();
	other_keys = true;
	ok(CALL(ACCEPT) == 1 && refused("- keys: K_BOUND: ") &&
	           says(assay_check_info(ASSAY_K_BOUND)->todo),
	   "other keys in their place");
	forget();
	no_documents = true;
	ok(CALL(ACCEPT) == 1 && refused("J_MISSING") &&
	           says("assay host --collateral DIR"),
	   "no documents: the host has to send them");
	forget();
	spec.sgx.flags |= 2;
	ok(CALL(ACCEPT) == 1 && refused("- allow_debug: "), "a debug enclave");
	ok(CALL(ACCEPT, "--allow-debug") == 0, "unless that is allowed");
	spec.sgx.flags &= ~UINT64_C(2);
	forget();
	ok(CALL(ACCEPT, "--root", path_in("bad")) == 2 && n_attested == 0,
	   "a root that is none");
	write_file("policy", "{\"product\":1}");
	ok(CALL("--policy", path_in("policy")) == 2 && n_attested == 0,
	   "a policy that is none");
	write_file("policy", "{\"simulation\":true,\"any_code\":true}");
	ok(CALL("--policy", path_in("policy")) == 0, "a policy");
}

static void test_restarts(void)
{
	forget();
	fate[0] = RESTARTED;
	ok(CALL(ACCEPT) == 0 && n_attested == 2 && n_asked == 2 && heard,
	   "after a restart it is judged anew, and sent once more");
	forget();
	fate[0] = RESTARTED;
	ok(CALL(ACCEPT, "--json") == 0 &&
	           strstr(strchr(err, '\n'), "\"decision\":\"accept\""),
	   "which is told");
	forget();
	fate[0] = fate[1] = fate[2] = RESTARTED;
	ok(CALL(ACCEPT) == 2 && n_asked == 3 && says("given up after 3 tries"),
	   "but not for ever");
	forget();
	fate[0] = ENDED;
	ok(CALL(ACCEPT) == 3 && n_asked == 1 &&
	           says("may have been processed; --again repeats it"),
	   "where it may have been processed it is not repeated");
	forget();
	fate[0] = ENDED;
	ok(CALL(ACCEPT, "--again") == 0 && n_attested == 2 && n_asked == 2,
	   "unless that is asked for");
	forget();
	fate[0] = CLOSED;
	ok(CALL(ACCEPT) == 3 && n_asked == 1, "no answer: perhaps, too");
	forget();
	fate[0] = GARBAGE;
	ok(CALL(ACCEPT) == 3 && n_asked == 1 && !*out && says("H_OPEN"),
	   "an answer that does not open: perhaps, too");
	forget();
	fate[0] = CLOSED;
	fate[1] = REFUSAL;
	ok(CALL(ACCEPT, "--again") == 3 && n_asked == 2 &&
	           says("the program refuses this time: yes") &&
	           says("may have been processed, by one try or another"),
	   "a refusal does not take back the try before it");
	forget();
	fate[0] = ENDED;
	fate[1] = STATUS;
	ok(CALL(ACCEPT, "--again") == 3 && n_asked == 2,
	   "what follows does not take that back");
	forget();
	fate[0] = RESTARTED;
	changes = true;
	ok(CALL(ACCEPT) == 1 && n_attested == 2 && n_asked == 1 &&
	           says("- constraint.C: "),
	   "another program after a restart: nothing is sent again");
	spec.sgx.mrenclave[0] ^= 1;
	forget();
	fate[0] = ENDED;
	changes = true;
	ok(CALL(ACCEPT, "--again") == 3 && n_asked == 1 &&
	           says("nothing was sent this time"),
	   "but what was sent before may have been processed");
	spec.sgx.mrenclave[0] ^= 1;
	forget();
	fate[0] = STATUS;
	ok(CALL(ACCEPT) == 2 && n_asked == 1 && says("413: so it is\n"),
	   "a request that the host does not take");
	forget();
	fate[0] = STARTING;
	n_starting = 1;
	ok(CALL(ACCEPT) == 0 && n_attested == 3 && n_asked == 2,
	   "a host that is starting is waited for");
	forget();
	no_http = true;
	ok(CALL(ACCEPT) == 2 && n_asked == 0, "no HTTP");
}

static bool has_pin(const char *line)
{
	size_t len;
	char *text = (char *)slurp(path_in("pin"), &len);
	bool has = text && strstr(text, line);

	free(text);
	return has;
}

static void test_remembered(void)
{
	char pin[sizeof(dir) + 8];
	struct stat st;
	uint8_t *code = spec.sgx.mrenclave;

	snprintf(pin, sizeof(pin), "%s/pin", dir);
	forget();
	mark = (struct assay_mark){ 7, "seven" };
	ok(CALL("--any-code", ACCEPT, "--remember", pin) == 0 &&
	           seen.number == 0 && has_pin("\nstate 7\n"),
	   "who was accepted is remembered, and the state");
	ok(stat(pin, &st) == 0 && (st.st_mode & 0777) == 0600,
	   "for nobody else to read");
	start_enclave();
	ok(CALL(ACCEPT, "--remember", pin) == 0 && seen.number == 7 &&
	           memcmp(seen.tag, "seven", 5) == 0,
	   "the next request names that state");
	forget();
	fate[0] = OLD;
	ok(CALL(ACCEPT, "--remember", pin) == 1 && !*out &&
	           says("state is older than what ") && says(pin) &&
	           has_pin("\nstate 7\n"),
	   "an older state is told of, and not remembered");
	code[0] ^= 1;
	forget();
	write_file("policy", "{\"simulation\":true,\"any_code\":true}");
	ok(CALL("--policy", path_in("policy"), "--remember", pin) == 1 &&
	           n_asked == 0 && !*out &&
	           says("It is not who is remembered") &&
	           says("- mrenclave was ") && says("--accept-change takes it"),
	   "another program that is accepted as well: asked first");
	ok(CALL("--policy", path_in("policy"), "--remember", pin,
	        "--accept-change") == 0 &&
	           says("- mrenclave was ") && seen.number == 7,
	   "the change is taken");
	ok(CALL("--policy", path_in("policy"), "--remember", pin) == 0 && !*err,
	   "and from then on remembered");
	code[0] ^= 1;
	forget();
	write_file("pin", "nonsense");
	ok(CALL(ACCEPT, "--remember", pin) == 2 && n_attested == 0 &&
	           says("K_PIN"),
	   "no such form");
	ok(CALL(ACCEPT, "--remember", "/nonexistent/pin") == 2 && n_asked == 0,
	   "what cannot be remembered is not asked");
	forget();
	ok(CALL(ACCEPT, "--accept-change") == 2 && n_attested == 0,
	   "no change without memory");
}

/* Two calls with one file: the second one waits for the first. */
static void test_turns(void)
{
	char pin[sizeof(dir) + 8], link[sizeof(dir) + 8];
	struct stat st;
	pid_t first;
	int second;

	snprintf(pin, sizeof(pin), "%s/pin", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	unlink(pin);
	forget();
	mark = (struct assay_mark){ 7, "seven" };
	ok(CALL(ACCEPT, "--remember", pin) == 0 && has_pin("\nstate 7\n"),
	   "a state is remembered");
	must(symlink(pin, link) == 0 &&
	             linkat(AT_FDCWD, pin, AT_FDCWD, path_in("before"), 0) == 0,
	     "links");
	mark = (struct assay_mark){ 8, "eight" };
	ok(CALL(ACCEPT, "--remember", link) == 0 && has_pin("\nstate 8\n") &&
	           lstat(link, &st) == 0 && S_ISLNK(st.st_mode) &&
	           stat(path_in("before"), &st) == 0 && st.st_nlink == 1,
	   "through a link, too, which stays: the file is written anew");
	forget();
	fate[0] = SLOW;
	first = BEGIN(ACCEPT, "--remember", pin);
	wait_asked();
	second = CALL(ACCEPT, "--remember", link, "--timeout", "1");
	ok(second == 2 && says("another call has it still") && n_asked == 1,
	   "a second call with this file does not wait for ever");
	ok(end_of(first) == 0, "the first one is answered");
	forget();
	fate[0] = SLOW;
	mark = (struct assay_mark){ 9, "nine" };
	first = BEGIN(ACCEPT, "--remember", pin);
	wait_asked();
	second = CALL(ACCEPT, "--remember", pin);
	ok(second == 0 && says("another call has it: waiting") &&
	           seen.number == 9 && strcmp(out, "yes") == 0,
	   "but for a while: it goes on from where the first one was");
	must(waitpid(first, NULL, 0) == first, "the first one's end");
	forget();
	overtaken = 12;
	ok(CALL(ACCEPT, "--remember", pin) == 2 && strcmp(out, "yes") == 0 &&
	           says("a newer state: it stays") && has_pin("\nstate 12\n"),
	   "nothing that is older is written");
}

static void test_timeout(void)
{
	forget();
	fate[0] = SLOW;
	ok(CALL(ACCEPT, "--timeout", "1") == 3 && n_asked == 1 &&
	           says("may have been processed"),
	   "an answer is waited for so long");
	forget();
	fate[0] = SLOW;
	ok(CALL(ACCEPT, "--timeout", "10") == 0, "or longer, if that is said");
	forget();
	ok(CALL(ACCEPT, "--timeout", "0") == 2 && n_attested == 0 &&
	           says("want a whole number from 1 to 86400"),
	   "a time that is none");
}

static void test_requests(void)
{
	size_t most = ASSAY_ENCLAVE_MAX + 1;
	char *large = malloc(most + 1);

	must(large != NULL, "memory");
	memset(large, 'x', most);
	large[most] = 0;
	write_file("in", large);
	free(large);
	forget();
	ok(CALL(ACCEPT) == 2 && n_asked == 0 && says("more than 1 MiB"),
	   "a request that is too long");
	write_file("in", "");
	ok(CALL(ACCEPT) == 0 && strcmp(out, "yes") == 0, "an empty one");
}

/* ---- */

static void make_files(void)
{
	char hex[129];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 16);

	must(n > 0 && mkdtemp(dir), "a folder");
	program[n] = 0;
	for (int i = 0; i < 2; i++) /* tests/t_call */
		*strrchr(program, '/') = 0;
	strcat(program, "/assayd");
	assay_hex_print(hex, world.keys[SIM_ROOT].key, 64, false);
	write_file("root", hex);
	write_file("bad", "none");
	write_file("in", SAID);
	assay_hex_print(hex, spec.sgx.mrenclave, 32, false);
	snprintf(accept_line, sizeof(accept_line), "C:%s SEC:INSECURE", hex);
	assay_time_print(at, SIM_NOW);
}

int main(void)
{
	static const char *const files[] = { "root",  "bad",      "in",
		                             "out",   "err",      "policy",
		                             "pin",   "pin.lock", "link",
		                             "before" };
	pthread_t thread;

	assay_crypto_start();
	must(sim_world_default(&world, SIM_SGX_V3) && sim_world_build(&world),
	     "a world");
	spec = world.quote_spec;
	make_files();
	start_enclave();
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/here", open_port());
	must(pthread_create(&thread, NULL, serve, NULL) == 0, "a thread");
	test_answer();
	test_refused();
	test_restarts();
	test_remembered();
	test_turns();
	test_timeout();
	test_requests();
	ok(!leaked, "no request went over the wire as it is");
	shutdown(listening, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(listening);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(path_in(files[i]));
	rmdir(dir);
	sim_world_free(&world);
	free(out);
	free(err);
	return done();
}
