/*
 * t_enclave.c - the request loop of an enclave program: what it answers, what it
 * refuses, and when it ends.  The program is a thread at the other end of a
 * socket; plain files and a pipe stand for the machine.
 */
#include <assay/quote.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "enclave/inside.h"
#include "format/keys.h"
#include "seal/ohttp.h"
#include "seal/released.h"
#include "forge/world.h"
#include "h_oom.h"
#include "tap.h"

#define DEV "/dev/attestation"

static char root[] = "/tmp/assay-enclave-XXXXXX";
static struct assay_frame sent, got, kept;

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- the machine's files */

static const char *at(const char *name)
{
	static char path[2][256];
	static unsigned n;

	snprintf(path[++n % 2], sizeof(path[0]), "%s%s", root, name);
	return path[n % 2];
}

static void store_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	must(f && fwrite(p, 1, n, f) == n && fclose(f) == 0);
}

static void make_tree(void)
{
	must(mkdtemp(root) && mkdir(at("/dev"), 0700) == 0 &&
	     mkdir(at(DEV), 0700) == 0 && mkdir(at(DEV "/keys"), 0700) == 0);
	store_file(at(DEV "/keys/_sgx_mrenclave"), "measurement's key", 16);
	store_file(at(DEV "/keys/_sgx_mrsigner"), "signer's key....", 16);
	store_file(at(DEV "/attestation_type"), "dcap", 4);
	store_file(at(DEV "/user_report_data"), "", 0);
	must(mkfifo(at(DEV "/quote"), 0600) == 0);
}

static void remove_tree(void)
{
	must(unlink(at(DEV "/keys/_sgx_mrenclave")) == 0 &&
	     unlink(at(DEV "/keys/_sgx_mrsigner")) == 0 &&
	     unlink(at(DEV "/attestation_type")) == 0 &&
	     unlink(at(DEV "/user_report_data")) == 0 &&
	     unlink(at(DEV "/quote")) == 0 && rmdir(at(DEV "/keys")) == 0 &&
	     rmdir(at(DEV)) == 0 && rmdir(at("/dev")) == 0 && rmdir(root) == 0);
}

/* ---- the program: the first byte of a request says what it does */

static char state[64], text[301];
static size_t n_calls;

static bool put_much(struct assay_enclave *e, size_t more)
{
	static uint8_t half[ASSAY_ENCLAVE_MAX / 2 + 1];

	(void)assay_enclave_put(
		e, (struct assay_bytes){ half, ASSAY_ENCLAVE_MAX / 2 });
	return assay_enclave_put(
		e, (struct assay_bytes){ half, ASSAY_ENCLAVE_MAX / 2 + more });
}

static bool store_much(struct assay_enclave *e)
{
	static uint8_t much[ASSAY_ENCLAVE_MAX + 1];

	return assay_enclave_store(e,
	                           (struct assay_bytes){ much, sizeof(much) });
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && !p[n - 1])
		n--;
	return n == 0;
}

static struct assay_enclave_sender sender;
static struct assay_enclave *inside; /* of the last answer */

static bool tell_sender(struct assay_enclave *e)
{
	const bool known = assay_enclave_sender(e, &sender);
	char line[520];
	int n = snprintf(line, sizeof(line), "%d %s %s", known, sender.topic,
	                 sender.id);

	return assay_enclave_put(e, (struct assay_bytes){ (const uint8_t *)line,
	                                                  (size_t)n });
}

static struct assay_hpke_pair service; /* its release key */
static char service_key[65];
static struct assay_key_wanted wanted = { "service", service_key, "db", 0 };

static bool open_key(struct assay_enclave *e, struct assay_bytes released)
{
	uint8_t key[8];
	size_t len = 1;

	if (assay_key_open(e, key, &len, sizeof(key), &wanted, released))
		return assay_enclave_put(e, (struct assay_bytes){ key, len });
	must(len == 0 && is_zero(key, sizeof(key)));
	return assay_enclave_refuse(e, "no such secret");
}

static bool answer(struct assay_enclave *e, struct assay_bytes request,
                   void *own)
{
	struct assay_bytes rest = { request.ptr + 1, request.len - 1 };

	must(own == &n_calls);
	n_calls++;
	inside = e;
	switch (request.len ? request.ptr[0] : 0) {
	case 'e': /* echo, in two parts */
		return assay_enclave_put(e, (struct assay_bytes){ request.ptr,
		                                                  1 }) &&
		       assay_enclave_put(e, rest);
	case 'r': /* refuse, after a part of an answer */
		(void)assay_enclave_put(e, rest);
		return assay_enclave_refuse(e, text);
	case 'f': /* fail without a word */
		return false;
	case 'm': /* as much as can be */
		return put_much(e, 0);
	case 'M': /* and more, whatever comes of it */
		(void)put_much(e, 1);
		return true;
	case 's': /* store */
		return assay_enclave_store(e, rest) &&
		       assay_enclave_put(e, rest);
	case 'S': /* too much, whatever comes of it */
		(void)!store_much(e);
		return true;
	case 'w': /* who asks */
		return tell_sender(e);
	case 'p': /* post to him */
		return assay_enclave_sender(e, &sender) &&
		       assay_enclave_post(e, &sender, rest);
	case 'P': /* post, whoever asks and whatever comes of it */
		(void)!assay_enclave_post(e, &sender, rest);
		return true;
	case 'n': /* post to more than can be known */
		for (int i = 0; i <= ASSAY_N_OFFICES; i++) {
			snprintf(sender.topic, sizeof(sender.topic), "?%d", i);
			(void)!assay_enclave_post(e, &sender, rest);
		}
		return true;
	case 'b': /* nothing but zeros behind the request and its tag? */
		return is_zero(request.ptr + request.len + 16, 64);
	case 'k': /* a released secret, of at most 8 bytes */
		return open_key(e, rest);
	case 'g': /* what was restored */
		return assay_enclave_put(
			e, (struct assay_bytes){ (const uint8_t *)state,
		                                 strlen(state) });
	default:
		return true;
	}
}

static bool restore(struct assay_enclave *e, struct assay_bytes old, void *own)
{
	must(own == &n_calls && old.len < sizeof(state));
	memcpy(state, old.ptr, old.len);
	state[old.len] = 0;
	if (strcmp(state, "much") == 0)
		(void)put_much(e, 1);
	return strcmp(state, "odd") != 0 ||
	       assay_enclave_refuse(e, "of another form");
}

static const struct assay_enclave_app plain = { .answer = answer,
	                                        .own = &n_calls };
static const struct assay_enclave_app keeper = {
	.answer = answer,
	.restore = restore,
	.seal_to = ASSAY_SEAL_MEASUREMENT,
	.own = &n_calls,
};
static const struct assay_enclave_app family = {
	.answer = answer,
	.restore = restore,
	.seal_to = ASSAY_SEAL_SIGNER,
	.own = &n_calls,
};

/* ---- a run of it */

struct run {
	const struct assay_enclave_app *app;
	struct assay_enclave_place place;
	int host;                       /* our end */
	struct assay_key_config config; /* its key, once it is known */
	struct assay_mark seen;         /* what a request says of the state */
	struct assay_reply reply;       /* to the last request */
	int status;
	pthread_t thread;
};

static void *go(void *arg)
{
	struct run *r = arg;

	r->status = assay_enclave_run_at(r->app, &r->place);
	close(r->place.out);
	return NULL;
}

static void open_run(struct run *r, const struct assay_enclave_app *app)
{
	int fd[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	*r = (struct run){ .app = app,
		           .place = { fd[1], fd[1], root },
		           .host = fd[0] };
	state[0] = 0;
	n_calls = 0;
}

static void start_run(struct run *r)
{
	must(pthread_create(&r->thread, NULL, go, r) == 0);
}

static void begin(struct run *r, const struct assay_enclave_app *app)
{
	open_run(r, app);
	start_run(r);
}

/* Its exit status, when the host's end is closed. */
static int end(struct run *r)
{
	if (r->host >= 0)
		close(r->host);
	pthread_join(r->thread, NULL);
	return r->status;
}

static void tell(const struct run *r, unsigned type, const void *p, size_t n)
{
	sent.type = type;
	sent.len = n;
	if (n)
		memcpy(assay_frame_body(&sent), p, n);
	must(assay_frame_send(&sent, r->host, NULL));
}

static bool hear(const struct run *r, unsigned type)
{
	return assay_frame_read(&got, r->host, NULL) && got.type == type;
}

/* ---- its keys */

static struct sim_world world;
static uint8_t written[ASSAY_KEYS_HASH_LEN]; /* the last report data */

/* The machine's part: a quote with the report data that was written, once
 * somebody opens the file. */
static void *quote(void *arg)
{
	int fd = open(at(DEV "/quote"), O_WRONLY | O_CLOEXEC);
	size_t len = 0;
	uint8_t *data = slurp(at(DEV "/user_report_data"), &len);
	struct buf out = { 0 };

	must(fd >= 0 && data && len == sizeof(written));
	memcpy(written, data, sizeof(written));
	memcpy(world.quote_spec.sgx.report_data, data, sizeof(written));
	must(sim_world_quote(&out, &world, &world.quote_spec) &&
	     write(fd, out.ptr, out.len) == (ssize_t)out.len);
	close(fd);
	free(data);
	buf_free(&out);
	return arg;
}

static bool attested(const struct run *r, const char *nonce)
{
	pthread_t machine;

	must(pthread_create(&machine, NULL, quote, NULL) == 0);
	tell(r, ASSAY_FRAME_ATTEST, nonce, strlen(nonce));
	bool good = hear(r, ASSAY_FRAME_ATTESTATION);

	pthread_join(machine, NULL);
	return good && got.len > 75;
}

static void learn(struct run *r)
{
	if (r->config.aead != ASSAY_AEAD_NONE)
		return;
	must(attested(r, "") &&
	     assay_key_config_read(
		     &r->config,
		     (struct assay_bytes){ assay_frame_body(&got) + 2,
	                                   ASSAY_KEY_CONFIG_LEN },
		     NULL));
}

/* ---- requests are sealed, and answers */

/* Bytes that are no request yet, sealed. */
static void tell_sealed(struct run *r, const void *p, size_t n)
{
	learn(r);
	sent.type = ASSAY_FRAME_REQUEST;
	sent.len = n + ASSAY_REQUEST_MORE;
	must(assay_request_seal(assay_frame_body(&sent), &r->reply, &r->config,
	                        (struct assay_bytes){ p, n }, NULL) &&
	     assay_frame_send(&sent, r->host, NULL));
}

static void request(struct run *r, const void *p, size_t n)
{
	static uint8_t all[ASSAY_INNER_LEN + ASSAY_ENCLAVE_MAX];

	assay_inner_write(all, ASSAY_INNER_REQUEST, &r->seen);
	memcpy(all + ASSAY_INNER_LEN, p, n);
	tell_sealed(r, all, ASSAY_INNER_LEN + n);
}

/* What the last answer has in it. */
static struct assay_bytes answered;
static struct assay_mark marked;

static enum assay_inner hear_answer(struct run *r)
{
	struct assay_bytes opened;

	answered = (struct assay_bytes){ NULL, 0 };
	if (!hear(r, ASSAY_FRAME_ANSWER) ||
	    !assay_response_open(&opened, &r->reply, assay_frame_body(&got),
	                         got.len, NULL))
		return ASSAY_INNER_NONE;
	return assay_inner_read(&marked, &answered, opened, false, NULL);
}

static enum assay_inner ask_for(struct run *r, const char *text_of_it)
{
	request(r, text_of_it, strlen(text_of_it));
	return hear_answer(r);
}

static bool ask(struct run *r, const char *text_of_it)
{
	return ask_for(r, text_of_it) == ASSAY_INNER_ANSWER;
}

static bool is(const char *want)
{
	return answered.len == strlen(want) &&
	       memcmp(answered.ptr, want, answered.len) == 0;
}

/* The last frame refuses by this check. */
static bool refused(const struct run *r, enum assay_check check)
{
	const uint8_t *p = assay_frame_body(&got);
	char want[64];
	int n = snprintf(want, sizeof(want), "%c%c%s: ", check >> 8,
	                 check & 0xff, assay_check_info(check)->name);

	return hear(r, ASSAY_FRAME_REFUSED) && got.len >= (size_t)n &&
	       got.len <= 202 && memcmp(p, want, (size_t)n) == 0;
}

/* Nothing more comes: it has ended. */
static bool over(const struct run *r)
{
	return hear(r, ASSAY_FRAME_END);
}

/* ---- requests */

static void test_answers(void)
{
	struct run r;

	begin(&r, &plain);
	ok(ask(&r, "echo") && is("echo"), "an answer");
	ok(ask(&r, "") && is(""), "nothing is asked and answered");
	ok(ask(&r, "m") && answered.len == ASSAY_ENCLAVE_MAX,
	   "an answer of 1 MiB");
	ok(ask(&r, "echo again") && is("echo again"), "and a short one");
	ok(ask(&r, "b"), "of the requests before nothing is left");
	ok(n_calls == 5, "one call for each");
	ok(end(&r) == 0, "the host closes: status 0");

	begin(&r, &plain);
	ok(end(&r) == 0, "the host closes at once: status 0");
	ok(prctl(PR_GET_DUMPABLE) == 0, "the process is not dumped");
	must(prctl(PR_SET_DUMPABLE, 1L) == 0);
}

static void test_refusals(void)
{
	struct run r;

	begin(&r, &plain);
	memset(text, 0, sizeof(text));
	memcpy(text, "no", 2);
	ok(ask_for(&r, "refuse") == ASSAY_INNER_REFUSAL && is("no"),
	   "a refusal, without what was put before");
	memset(text, 'x', sizeof(text) - 1);
	ok(ask_for(&r, "r") == ASSAY_INNER_REFUSAL && answered.len == 200,
	   "of a long reason 200 bytes");
	ok(ask_for(&r, "f") == ASSAY_INNER_REFUSAL && is(""),
	   "a refusal without a reason");
	request(&r, "M", 1);
	ok(refused(&r, ASSAY_N_ANSWER), "a byte more than 1 MiB");
	request(&r, "store", 5);
	ok(refused(&r, ASSAY_N_SEAL_NONE), "no state where none is sealed");
	ok(ask(&r, "e") && is("e"), "it goes on after all that");
	ok(end(&r) == 0, "status 0");
}

static void test_types(void)
{
	static const uint8_t types[] = { 0, 6, 7, 255 };
	struct run r;
	bool good = true;

	begin(&r, &plain);
	for (size_t i = 0; i < sizeof(types); i++) {
		tell(&r, types[i], "body", 4);
		good &= refused(&r, ASSAY_N_FRAME_TYPE);
	}
	ok(good && n_calls == 0, "types that there are not");
	ok(ask(&r, "e") && end(&r) == 0, "it goes on");
}

/* ---- messages that are none */

/* A request as it is sent, in `sent`. */
static void test_messages(void)
{
	static uint8_t first[ASSAY_REQUEST_MORE + ASSAY_INNER_LEN + 4];
	uint8_t *body = assay_frame_body(&sent);
	bool cut = true, changed = true;
	struct run r;

	begin(&r, &plain);
	must(ask(&r, "echo") && n_calls == 1);
	must(sent.len == sizeof(first));
	request(&r, "echo", 4);
	memcpy(first, body, sizeof(first));
	must(hear_answer(&r) == ASSAY_INNER_ANSWER && n_calls == 2);
	for (size_t n = 0; n < sizeof(first); n++) {
		tell(&r, ASSAY_FRAME_REQUEST, first, n);
		cut &= refused(&r, n < ASSAY_REQUEST_MORE ? ASSAY_H_REQUEST
		                                          : ASSAY_H_OPEN);
	}
	ok(cut && n_calls == 2, "a request cut at each of its bytes");
	for (size_t n = 0; n < sizeof(first); n++) {
		first[n] ^= 1;
		tell(&r, ASSAY_FRAME_REQUEST, first, sizeof(first));
		changed &= refused(&r, n < 7 ? ASSAY_H_KEY : ASSAY_H_OPEN);
		first[n] ^= 1;
	}
	ok(changed && n_calls == 2, "each of its bytes changed");
	tell_sealed(&r, "short", 5);
	ok(refused(&r, ASSAY_H_INNER), "sealed, and no request inside");
	tell(&r, ASSAY_FRAME_REQUEST, first, sizeof(first));
	ok(hear(&r, ASSAY_FRAME_ANSWER) && n_calls == 3,
	   "a host can send a request again: the program must know it");
	ok(end(&r) == 0, "status 0");
}

/* ---- frames that are none */

/* These bytes and no more: it says why, and ends with status 1. */
static bool ends(const void *bytes, size_t n, enum assay_check check)
{
	struct run r;

	begin(&r, &plain);
	must(send(r.host, bytes, n, MSG_NOSIGNAL) == (ssize_t)n &&
	     shutdown(r.host, SHUT_WR) == 0);
	bool good = refused(&r, check) && over(&r);

	return end(&r) == 1 && good && n_calls == 0;
}

static void test_frames(void)
{
	static const char frame[] = "\4\0\0\0\1ech";
	bool good = true;

	for (size_t n = 1; n < sizeof(frame) - 1; n++)
		good &= ends(frame, n, ASSAY_N_FRAME_CUT);
	ok(good, "a frame cut at each of its bytes");
	ok(ends("\0\0\0\0\1", 5, ASSAY_N_FRAME_LENGTH), "a length of 0");
	ok(ends("\1\x20\x10\0\1", 5, ASSAY_N_FRAME_LENGTH),
	   "a length of 1 MiB, 8 KiB and 1");
	ok(ends("\xff\xff\xff\xff\1", 5, ASSAY_N_FRAME_LENGTH),
	   "a length of 2^32 - 1");
}

static void test_longest(void)
{
	static uint8_t most[ASSAY_ENCLAVE_MAX];
	struct run r;

	begin(&r, &plain);
	memset(most, 'x', sizeof(most));
	request(&r, most, sizeof(most));
	ok(hear_answer(&r) == ASSAY_INNER_ANSWER && is(""),
	   "a request of 1 MiB");
	memset(assay_frame_body(&sent), 0, ASSAY_FRAME_BODY_MAX);
	sent.type = ASSAY_FRAME_REQUEST;
	sent.len = ASSAY_FRAME_BODY_MAX;
	must(assay_frame_send(&sent, r.host, NULL));
	ok(hear(&r, ASSAY_FRAME_REFUSED), "the longest frame there is");
	ok(end(&r) == 0, "status 0");
}

/* ---- a host that vanishes, or was never there */

static bool alone(const char *request, size_t n)
{
	struct run r;

	open_run(&r, &keeper);
	must(send(r.host, request, n, MSG_NOSIGNAL) == (ssize_t)n);
	close(r.host);
	r.host = -1;
	start_run(&r);
	return end(&r) == 1;
}

static void test_vanished(void)
{
	struct run r;

	ok(alone("\2\0\0\0\1e", 6), "gone before the answer: status 1");
	ok(alone("\2\0\0\0\4x", 6), "gone before a refusal");
	ok(alone("\2\0\0\0\1", 5), "gone within a request");
	open_run(&r, &plain);
	close(r.place.in);
	r.place.in = r.place.out = -1;
	start_run(&r);
	ok(end(&r) == 1, "no descriptor: status 1");
}

/* ---- secrets that a service released */

/* What is handed in; the service's, but for what a test changes. */
struct handed {
	const char *name, *secret;
	uint32_t version;
	const struct assay_key_config *to;
	const struct assay_hpke_pair *from;
};

static bool hand_in(struct run *r, const struct handed *h)
{
	static uint8_t message[1 + 16 + ASSAY_RELEASED_MORE] = { 'k' };
	const struct assay_released front = {
		{ (const uint8_t *)"service", 7 },
		{ (const uint8_t *)h->name, strlen(h->name) },
		{ (const uint8_t *)"nonce", 5 },
		h->version,
	};
	size_t n = assay_released_seal(
		message + 1, &front, h->to, h->from,
		(struct assay_bytes){ (const uint8_t *)h->secret,
	                              strlen(h->secret) },
		NULL);

	must(n > 0);
	request(r, message, 1 + n);
	return hear_answer(r) == ASSAY_INNER_ANSWER && is(h->secret);
}

static bool refuses_it(struct run *r, const struct handed *h)
{
	return !hand_in(r, h) && is("no such secret");
}

static void test_key(void)
{
	struct assay_key_config other;
	struct assay_hpke_pair host;
	struct handed h = { "db", "a secret", 2, &other, &service };
	struct run r;

	must(assay_hpke_pair_new(&service) && assay_hpke_pair_new(&host));
	assay_hex_print(service_key, service.key, sizeof(service.key), false);
	begin(&r, &plain);
	learn(&r);
	other = r.config;
	ok(hand_in(&r, &h) && wanted.version == 2, "a secret is opened");
	h.name = "dc";
	ok(refuses_it(&r, &h), "not one of another name");
	h.name = "db";
	h.secret = "a secret!";
	ok(refuses_it(&r, &h), "nor one that does not fit");
	h.secret = "a secret";
	h.from = &host;
	ok(refuses_it(&r, &h), "nor one of the host's choice");
	h.from = &service;
	must(assay_random(other.key, sizeof(other.key)));
	ok(refuses_it(&r, &h), "nor one for another's key, or for an earlier "
	                       "run's");
	other = r.config;
	ok(ask_for(&r, "k") == ASSAY_INNER_REFUSAL && is("no such secret"),
	   "nor nothing");
	h.version = 1;
	ok(refuses_it(&r, &h) && wanted.version == 2, "nor an older version");
	h.version = 4;
	h.secret = "";
	ok(hand_in(&r, &h) && wanted.version == 4,
	   "a newer one is opened, if it is empty");
	h.version = 5;
	h.secret = "too long a one";
	ok(refuses_it(&r, &h) && wanted.version == 4,
	   "what was not opened was not had");
	h.secret = "a secret";
	service_key[3] = 'g';
	ok(refuses_it(&r, &h), "a key that is none opens nothing");
	service_key[0] = 0;
	ok(refuses_it(&r, &h), "nor no key");
	ok(end(&r) == 0, "and it goes on after all that");
}

/* ---- attestation */

/* The frame's keys are what the report data says, and its quote has that. */
static bool vouches(const char *nonce)
{
	const uint8_t *p = assay_frame_body(&got);
	uint8_t want[ASSAY_KEYS_HASH_LEN];
	struct assay_quote q;

	assay_keys_hash(want, (struct assay_bytes){ p + 2, 41 },
	                (struct assay_bytes){ p + 43, 32 },
	                (struct assay_bytes){ (const uint8_t *)nonce,
	                                      strlen(nonce) });
	return assay_quote_parse(&q,
	                         (struct assay_bytes){ p + 75, got.len - 75 },
	                         false, NULL) &&
	       memcmp(q.sgx.report_data, want, sizeof(want)) == 0 &&
	       memcmp(written, want, sizeof(want)) == 0;
}

static void test_attest(void)
{
	static const char most[] = "0123456789abcdef0123456789abcdef"
				   "0123456789abcdef0123456789abcdef";
	const uint8_t *p = assay_frame_body(&got);
	uint8_t keys[73];
	struct run r;

	begin(&r, &plain);
	ok(attested(&r, "nonce") && vouches("nonce"), "an attestation");
	ok(memcmp(p, "\0\x29", 2) == 0 && memcmp(p + 3, "\0\x20", 2) == 0 &&
	           memcmp(p + 37, "\0\4\0\1\0\2", 6) == 0,
	   "its key configuration has the form of RFC 9458");
	memcpy(keys, p + 2, sizeof(keys));
	ok(attested(&r, most) && vouches(most) &&
	           memcmp(keys, p + 2, sizeof(keys)) == 0,
	   "the same keys with another nonce, of 64 bytes");
	ok(attested(&r, "") && vouches(""), "and with none");
	tell(&r, ASSAY_FRAME_ATTEST, text, 65);
	ok(refused(&r, ASSAY_N_NONCE), "a nonce of 65 bytes");
	ok(ask(&r, "e") && end(&r) == 0, "it goes on");

	begin(&r, &plain);
	ok(attested(&r, "nonce") && vouches("nonce") &&
	           memcmp(keys + 3, p + 5, 32) != 0 &&
	           memcmp(keys + 41, p + 43, 32) != 0,
	   "another run has other keys");
	store_file(at(DEV "/attestation_type"), "none", 4);
	tell(&r, ASSAY_FRAME_ATTEST, "nonce", 5);
	ok(refused(&r, ASSAY_G_TYPE), "a machine that does not attest");
	store_file(at(DEV "/attestation_type"), "dcap", 4);
	ok(ask(&r, "e") && end(&r) == 0, "it goes on");
}

/* ---- Conclave's mail: t_conclave_host tells more of it */

static struct assay_hpke_pair me;
static uint8_t mail_key[32];

static bool mail_attested(struct run *r)
{
	const uint8_t *p = assay_frame_body(&got);
	pthread_t machine;
	uint8_t want[64];

	must(pthread_create(&machine, NULL, quote, NULL) == 0);
	tell(r, ASSAY_FRAME_ATTEST_MAIL, "", 0);
	bool good = hear(r, ASSAY_FRAME_MAIL_ATTESTATION) && got.len > 76;

	pthread_join(machine, NULL);
	memcpy(mail_key, p + 44, 32);
	assay_sha512(want, (struct assay_bytes){ p, 76 });
	return good && memcmp(want, written, 64) == 0;
}

/* Sends a mail with this number, of this length. */
static void tell_mail(const struct run *r, int64_t number, const char *what,
                      size_t n)
{
	const struct assay_mail mail = {
		.protocol = 1,
		.sequence = number,
		.topic = { (const uint8_t *)"topic", 5 },
		.body = { (const uint8_t *)what, n },
	};
	uint8_t *body = assay_frame_body(&sent);

	memcpy(body, "\2id", 3);
	sent.type = ASSAY_FRAME_MAIL;
	sent.len = 3 + assay_mail_size(&mail, 0);
	must(assay_mail_seal(body + 3, &mail, 0, mail_key, me.secret, NULL) &&
	     assay_frame_send(&sent, r->host, NULL));
}

/* Its answer, or what is posted behind `skip` bytes, is this. */
static bool hear_mail(const struct run *r, unsigned type, size_t skip,
                      const char *want)
{
	static uint8_t room[ASSAY_FRAME_BODY_MAX];
	const uint8_t *body = assay_frame_body(&got);
	struct assay_mail mail;

	return hear(r, type) && got.len > skip &&
	       assay_mail_open(&mail, room,
	                       (struct assay_bytes){ body + skip,
	                                             got.len - skip },
	                       me.secret, ASSAY_CONCLAVE_STRICT, NULL) &&
	       memcmp(mail.sender, mail_key, 32) == 0 &&
	       mail.body.len == strlen(want) &&
	       memcmp(mail.body.ptr, want, mail.body.len) == 0;
}

/* The program's own memory comes to have this no more; it has sent it, and
 * waits. */
static bool forgets(const char *answer)
{
	const struct timespec tick = { .tv_nsec = 10000000 };
	const uint8_t *at = assay_frame_body(&inside->out);
	size_t n = strlen(answer);
	int tries = 0;

	while (memcmp(at, answer, n) == 0 && tries++ < 100)
		nanosleep(&tick, NULL);
	return is_zero(at, n);
}

static void test_mail(void)
{
	struct run r;

	must(assay_hpke_pair_new(&me));
	begin(&r, &plain);
	ok(mail_attested(&r), "an attestation of the keys for mail");
	learn(&r);
	ok(memcmp(mail_key, r.config.key, 32) != 0,
	   "which are not those of requests");
	tell(&r, ASSAY_FRAME_ATTEST_MAIL, "x", 1);
	ok(refused(&r, ASSAY_N_NONCE), "it takes no nonce");
	tell_mail(&r, 0, "who", 3);
	ok(hear_mail(&r, ASSAY_FRAME_MAILED, 0, "1 topic id"),
	   "a mail is answered: the program knows who asks");
	ok(forgets("1 topic id"), "and then the answer is not there any more");
	ok(ask(&r, "who") && is("0  "), "who asks otherwise, it does not");
	tell_mail(&r, 1, "post", 4);
	ok(hear_mail(&r, ASSAY_FRAME_POST, 3, "ost") &&
	           memcmp(assay_frame_body(&got), "\2id", 3) == 0 &&
	           hear_mail(&r, ASSAY_FRAME_MAILED, 0, ""),
	   "it can send more");
	tell_mail(&r, 2, "b", 1);
	ok(hear_mail(&r, ASSAY_FRAME_MAILED, 0, ""),
	   "of the mail before nothing is left");
	ok(end(&r) == 0, "status 0");
}

static void test_mail_refused(void)
{
	struct run r;

	begin(&r, &plain);
	must(mail_attested(&r));
	tell(&r, ASSAY_FRAME_MAIL, "", 0);
	ok(refused(&r, ASSAY_N_MAIL_ID), "no id");
	tell(&r, ASSAY_FRAME_MAIL, "\5mail", 5);
	ok(refused(&r, ASSAY_N_MAIL_ID), "a cut one");
	tell(&r, ASSAY_FRAME_MAIL, "\2idmail", 7);
	ok(refused(&r, ASSAY_M_TRUNCATED), "a cut mail");
	tell_mail(&r, 1, "echo", 4);
	ok(refused(&r, ASSAY_N_MAIL_SEQUENCE), "not the first");
	memset(text, 0, sizeof(text));
	memcpy(text, "secret", 6);
	tell_mail(&r, 0, "r", 1);
	ok(refused(&r, ASSAY_N_MAIL_REFUSED) &&
	           !memmem(assay_frame_body(&got), got.len, "secret", 6),
	   "the program's refusal, without its reason");
	tell_mail(&r, 1, "M", 1);
	ok(refused(&r, ASSAY_N_ANSWER), "a byte more than 1 MiB");
	tell_mail(&r, 2, "S", 1);
	ok(refused(&r, ASSAY_N_SEAL_NONE), "no state where none is sealed");
	memset(&sender, 0, sizeof(sender));
	tell_mail(&r, 3, "P", 1);
	ok(refused(&r, ASSAY_N_MAIL_POST), "mail to nobody");
	strcpy(sender.id, "id");
	tell_mail(&r, 4, "P", 1);
	ok(refused(&r, ASSAY_N_MAIL_MADE), "mail to no key");
	request(&r, "P", 1);
	ok(refused(&r, ASSAY_N_MAIL_POST), "mail where none was asked for");
	tell_mail(&r, 5, "n", 1);
	ok(refused(&r, ASSAY_N_MAIL_MANY), "more senders than are counted");
	tell_mail(&r, 6, "m", 1);
	ok(hear(&r, ASSAY_FRAME_MAILED) && got.len > ASSAY_ENCLAVE_MAX,
	   "who is known is answered still, by 1 MiB");
	ok(end(&r) == 0, "status 0");
}

/* ---- state */

/* A new program stores this; `kept` is what the host has of it. */
static void keep(const struct assay_enclave_app *app, const char *what)
{
	struct run r;

	begin(&r, app);
	request(&r, what, strlen(what));
	must(hear(&r, ASSAY_FRAME_STORE));
	kept = got;
	must(hear_answer(&r) == ASSAY_INNER_ANSWER && is(what + 1) &&
	     end(&r) == 0);
}

static void hand_back(const struct run *r)
{
	tell(r, ASSAY_FRAME_STORED, assay_frame_body(&kept), kept.len);
}

static void test_state(void)
{
	const struct assay_enclave_app *const apps[] = { &keeper, &family };
	struct run r;

	for (size_t i = 0; i < 2; i++) {
		keep(apps[i], "secret");
		ok(kept.len == strlen("ecret") + ASSAY_SEALED_MORE &&
		           !memmem(assay_frame_body(&kept), kept.len, "ecret",
		                   5),
		   "state comes sealed, before the answer");
		begin(&r, apps[i]);
		hand_back(&r);
		ok(ask(&r, "get") && is("ecret"), "the next run has it back");
		ok(end(&r) == 0, "status 0");
	}
	begin(&r, &keeper);
	ok(ask(&r, "get") && is(""), "a run without state has none");
	request(&r, "S", 1);
	ok(refused(&r, ASSAY_N_SEAL_SIZE), "more than 1 MiB is no state");
	ok(ask(&r, "e") && end(&r) == 0, "it goes on");
}

/* What was kept ends a new program, which says why. */
static bool not_taken(const struct assay_enclave_app *app,
                      enum assay_check check)
{
	struct run r;

	begin(&r, app);
	hand_back(&r);
	bool good = refused(&r, check) && over(&r);

	return end(&r) == 1 && good;
}

static void test_state_refused(void)
{
	uint8_t *body = assay_frame_body(&kept);

	keep(&family, "secret");
	ok(not_taken(&plain, ASSAY_N_SEAL_NONE), "a program without state");
	ok(not_taken(&keeper, ASSAY_N_SEAL_POLICY), "sealed to somebody else");
	body[kept.len - 1] ^= 1;
	ok(not_taken(&family, ASSAY_N_SEAL_OPEN), "a changed byte");
	body[0] ^= 1;
	ok(not_taken(&family, ASSAY_N_SEAL_FORM), "no sealed state at all");
	ok(state[0] == 0, "the program sees nothing of these");
	keep(&family, "sodd");
	ok(not_taken(&family, ASSAY_N_RESTORE),
	   "state that the program does not take");
	keep(&family, "smuch");
	ok(not_taken(&family, ASSAY_N_ANSWER),
	   "a program that answers its state, and too much");
}

static void test_state_reason(void)
{
	struct run r;

	keep(&family, "sodd");
	begin(&r, &family);
	hand_back(&r);
	ok(refused(&r, ASSAY_N_RESTORE) &&
	           memmem(assay_frame_body(&got), got.len, "of another form",
	                  15),
	   "the host hears the program's reason");
	ok(end(&r) == 1, "status 1");
}

static void test_state_late(void)
{
	struct run r;

	keep(&keeper, "secret");
	begin(&r, &keeper);
	must(ask(&r, "e"));
	hand_back(&r);
	ok(refused(&r, ASSAY_N_STORED_FIRST) && over(&r) && end(&r) == 1,
	   "state after a request");
	begin(&r, &keeper);
	tell(&r, ASSAY_FRAME_ATTEST, text, 65);
	must(hear(&r, ASSAY_FRAME_REFUSED));
	hand_back(&r);
	ok(refused(&r, ASSAY_N_STORED_FIRST) && end(&r) == 1,
	   "state after a question for an attestation");
	ok(state[0] == 0, "the program sees nothing of these");
}

static void test_state_old(void)
{
	static struct assay_frame first;
	struct run r;

	begin(&r, &keeper);
	request(&r, "sold", 4);
	must(hear(&r, ASSAY_FRAME_STORE));
	first = got;
	must(hear_answer(&r) == ASSAY_INNER_ANSWER);
	request(&r, "snew", 4);
	must(hear(&r, ASSAY_FRAME_STORE));
	kept = got;
	must(hear_answer(&r) == ASSAY_INNER_ANSWER && end(&r) == 0);

	begin(&r, &keeper);
	hand_back(&r);
	kept = first;
	hand_back(&r);
	ok(refused(&r, ASSAY_N_SEAL_OLD) && over(&r) && end(&r) == 1,
	   "older state after newer");
	ok(strcmp(state, "new") == 0, "the program saw the newer alone");
}

/* ---- state that clients know of */

static void store_once(struct run *r, struct assay_frame *to)
{
	request(r, "state", 5);
	must(hear(r, ASSAY_FRAME_STORE));
	if (to)
		*to = got;
	must(hear_answer(r) == ASSAY_INNER_ANSWER);
}

static void test_marks(void)
{
	static struct assay_frame first;
	struct assay_mark one, two;
	struct run r;

	begin(&r, &keeper);
	ok(ask(&r, "e") && marked.number == 0, "no state yet: no mark");
	store_once(&r, &first);
	one = marked;
	ok(one.number == 1 && !is_zero(one.tag, sizeof(one.tag)),
	   "the answer has the mark of the state");
	store_once(&r, &kept);
	two = marked;
	r.seen = one;
	ok(ask(&r, "e") && marked.number == 2, "who saw the first state");
	must(end(&r) == 0);

	begin(&r, &keeper);
	hand_back(&r);
	r.seen = two;
	ok(ask(&r, "e") && memcmp(&marked, &two, sizeof(two)) == 0,
	   "the next run has the same state, and its mark");
	r.seen = one;
	ok(ask(&r, "e"), "and knows the one before");
	must(end(&r) == 0);

	kept = first;
	begin(&r, &keeper);
	hand_back(&r);
	r.seen = two;
	ok(ask_for(&r, "e") == ASSAY_INNER_OLD && answered.len > 0 &&
	           n_calls == 0,
	   "older state: who saw the newer is told, the program is not asked");
	r.seen = (struct assay_mark){ 0 };
	store_once(&r, NULL);
	ok(marked.number == 2 && memcmp(&marked, &two, sizeof(two)) != 0,
	   "others go on from it");
	r.seen = two;
	ok(ask_for(&r, "e") == ASSAY_INNER_OLD,
	   "and who saw the other second state is told still");
	must(end(&r) == 0);

	begin(&r, &keeper);
	r.seen = one;
	ok(ask_for(&r, "e") == ASSAY_INNER_OLD, "no state at all, likewise");
	must(end(&r) == 0);
}

static void test_many_marks(void)
{
	struct assay_mark first, second;
	struct run r;

	begin(&r, &keeper);
	store_once(&r, NULL);
	first = marked;
	store_once(&r, NULL);
	second = marked;
	for (int i = 2; i < ASSAY_N_MARKS; i++)
		store_once(&r, NULL);
	r.seen = second;
	r.seen.tag[0] ^= 1;
	ok(marked.number == ASSAY_N_MARKS &&
	           ask_for(&r, "e") == ASSAY_INNER_OLD,
	   "254 states back it knows what was");
	r.seen = first;
	r.seen.tag[0] ^= 1;
	ok(ask(&r, "e"), "before that, it cannot say");
	must(end(&r) == 0);
}

/* ---- a program that cannot start */

static bool no_start(const struct assay_enclave_app *app,
                     enum assay_check check)
{
	struct run r;

	begin(&r, app);
	bool good = refused(&r, check) && over(&r);

	return end(&r) == 1 && good && n_calls == 0;
}

static void test_start(void)
{
	oom_for_good = true;
	oom_left = 0;
	ok(no_start(&plain, ASSAY_N_START), "no memory for keys");
	oom_left = -1;
	must(unlink(at(DEV "/keys/_sgx_mrsigner")) == 0);
	ok(no_start(&family, ASSAY_N_SEAL_KEY), "no key to seal with");
	store_file(at(DEV "/keys/_sgx_mrsigner"), "short", 5);
	ok(no_start(&family, ASSAY_N_SEAL_KEY), "too short a key");
}

int main(void)
{
	must(oom_begin());
	must(sim_world_default(&world, SIM_SGX_V3) && sim_world_build(&world));
	make_tree();
	alarm(120);
	test_answers();
	test_refusals();
	test_types();
	test_messages();
	test_frames();
	test_longest();
	test_vanished();
	test_attest();
	test_key();
	test_mail();
	test_mail_refused();
	test_state();
	test_state_refused();
	test_state_reason();
	test_state_late();
	test_state_old();
	test_marks();
	test_many_marks();
	test_start();
	remove_tree();
	sim_world_free(&world);
	must(prctl(PR_SET_DUMPABLE, 1L) == 0);
	return done();
}
