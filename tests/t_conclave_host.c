/*
 * t_conclave_host.c - the host in Conclave's profile, and clients good and bad.
 * The enclave is this program again, under a folder that shows it a machine's
 * /dev/attestation; the host is in this process.
 */
#include <assay/conclave.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "enclave/frame.h"
#include "enclave/run.h"
#include "h_maker.h"
#include "net/http.h"
#include "seal/hpke.h"
#include "serve/host.h"
#include "serve/mails.h"
#include "forge/world.h"
#include "tap.h"

#define NO_STORE "no-store,no-cache,must-revalidate"
#define DECRYPTION "{\"error\":\"MAIL_DECRYPTION\",\"message\":null}"
#define EXCEPTION "{\"error\":\"ENCLAVE_EXCEPTION\",\"message\":null}"

enum { MAIL_MAX = 4096 };

static struct sim_world world;

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "t_conclave_host: %s: %s\n", what, strerror(errno));
	exit(2);
}

static struct assay_bytes text(const char *s)
{
	return (struct assay_bytes){ (const uint8_t *)s, strlen(s) };
}

static bool is(struct assay_bytes in, const char *want)
{
	return in.len == strlen(want) && memcmp(in.ptr, want, in.len) == 0;
}

static void make_world(void)
{
	must(sim_world_default(&world, SIM_SGX_V3) && sim_world_build(&world),
	     "a world");
}

/* ---- the enclave: this program, run as "t_conclave_host enclave FOLDER" */

static const char *root;

static const char *at(const char *name)
{
	static char path[4][600];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/dev/attestation/%s", root, name);
	return path[i];
}

static void write_file(const char *path, struct assay_bytes in)
{
	FILE *f = fopen(path, "wb");

	must(f && fwrite(in.ptr, 1, in.len, f) == in.len && fclose(f) == 0,
	     path);
}

/* Each who opens the file "quote" gets one of the data that is written then; the
 * next has a new pipe, so that none gets two. */
static void *give_quotes(void *arg)
{
	uint8_t *data = world.quote_spec.sgx.report_data;

	(void)arg;
	for (;;) {
		struct buf quote = { 0 };
		int fd = open(at("quote"), O_WRONLY | O_CLOEXEC);
		int in = open(at("user_report_data"), O_RDONLY | O_CLOEXEC);

		must(fd >= 0 && in >= 0 && read(in, data, 64) == 64 &&
		             mkfifo(at("next"), 0600) == 0 &&
		             rename(at("next"), at("quote")) == 0 &&
		             sim_world_quote(&quote, &world,
		                             &world.quote_spec) &&
		             write(fd, quote.ptr, quote.len) ==
		                     (ssize_t)quote.len,
		     "a quote");
		close(in);
		close(fd);
		buf_free(&quote);
	}
	return NULL;
}

static bool post_many(struct assay_enclave *e,
                      const struct assay_enclave_sender *to, int n)
{
	char mail[20];

	for (int i = 0; i < n; i++) {
		snprintf(mail, sizeof(mail), "mail %d", i);
		if (!assay_enclave_post(e, to, text(mail)))
			return false;
	}
	return true;
}

/* "meet" remembers who asks, "post N" sends him mail, "post N!" and refuses
 * then; "die" ends in the middle; all else is answered reversed. */
static bool act(struct assay_enclave *e, struct assay_bytes in, void *own)
{
	static struct assay_enclave_sender met;
	char said[40] = "";

	(void)own;
	if (in.len < sizeof(said))
		memcpy(said, in.ptr, in.len);
	if (strcmp(said, "meet") == 0)
		return assay_enclave_sender(e, &met) &&
		       assay_enclave_put(e, text(met.id));
	if (strncmp(said, "post ", 5) == 0)
		return post_many(e, &met, atoi(said + 5)) &&
		       (!strchr(said, '!') ||
		        assay_enclave_refuse(e, "a secret reason"));
	if (strcmp(said, "die") == 0)
		raise(SIGKILL);
	for (size_t i = in.len; i-- > 0;)
		if (!assay_enclave_put(e,
		                       (struct assay_bytes){ in.ptr + i, 1 }))
			return false;
	return true;
}

static _Noreturn void be_enclave(const char *folder)
{
	static const struct assay_enclave_app app = { .answer = act };
	const struct assay_enclave_place place = { 0, 1, folder };
	pthread_t thread;

	root = folder;
	signal(SIGPIPE, SIG_IGN);
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
	must(mkdir(path, 0700) == 0 && mkdir(at(""), 0700) == 0, "a folder");
	write_file(at("attestation_type"), text("dcap"));
	write_file(at("user_report_data"),
	           (struct assay_bytes){ (uint8_t[64]){ 0 }, 64 });
}

/* ---- the host */

static char command[PATH_MAX + 700];
static struct host *host;
static struct http_listener *listener;

static void say(void *own, const char *line)
{
	(void)own;
	(void)line;
}

static bool documents(void *own, const struct assay_collateral **c,
                      bool *changed, char why[HOST_WHY])
{
	static struct assay_collateral all;

	(void)own;
	(void)why;
	*changed = all.tcb_info.doc.len == 0;
	sim_world_collateral(&all, &world);
	*c = &all;
	return true;
}

static bool start_host(bool with_documents, char why[HOST_WHY])
{
	const struct host_options o = {
		.program = { .command = command },
		.documents = with_documents ? documents : NULL,
		.say = say,
		.conclave = true,
		.back_off_ms = 20,
	};
	static struct http_service service = {
		.routes = host_conclave_routes,
		.error = host_conclave_error,
		.limits = { .workers = 4 },
	};

	host = host_start(&o, why);
	if (!host)
		return false;
	service.self = host;
	listener = http_listen("127.0.0.1:0", &service, why);
	return listener != NULL;
}

/* ---- HTTP */

static struct net_client *net;
static struct net_answer got;

/* `id` and `type` may be NULL. */
static unsigned ask(const char *path, const char *id, const char *type,
                    struct assay_bytes body)
{
	char url[100], header[400];
	const char *const headers[] = { header, NULL };
	const struct net_request r = { .url = url,
		                       .type = type,
		                       .body = body,
		                       .headers = id ? headers : NULL,
		                       .answer_max = 4 << 20 };

	snprintf(header, sizeof(header), "Correlation-ID: %s", id);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/%s",
	         http_port(listener), path);
	net_forget(&got);
	return net_ask(net, &got, &r, NULL) ? got.status : 0;
}

static unsigned deliver(const char *id, struct assay_bytes mail)
{
	return ask("deliver-mail", id, "application/octet-stream", mail);
}

static unsigned poll_mail(const char *id)
{
	return ask("poll-mail", id, "application/octet-stream",
	           (struct assay_bytes){ 0 });
}

static bool has_header(const char *name, const char *value)
{
	const char *have = net_header(&got, name);

	return have && strcmp(have, value) == 0;
}

/* The last answer is that error, in the form that a client reads. */
static bool is_error(const char *json)
{
	return got.status == 400 &&
	       is((struct assay_bytes){ got.body, got.len }, json) &&
	       has_header("Content-Type", "application/json") &&
	       has_header("Cache-Control", NO_STORE);
}

/* ---- a client */

static uint8_t enclave_key[32];
static struct assay_hpke_pair alice, bob;
static uint8_t mail[MAIL_MAX];

static struct assay_bytes seal(const struct assay_hpke_pair *from,
                               const char *topic, int64_t sequence,
                               const char *what)
{
	const struct assay_mail m = { .protocol = 1,
		                      .sequence = sequence,
		                      .topic = text(topic),
		                      .key_derivation = { (const uint8_t *)"",
		                                          1 },
		                      .body = text(what) };
	const size_t len = assay_mail_size(&m, 0);

	must(len > 0 && len <= sizeof(mail) &&
	             assay_mail_seal(mail, &m, 0, enclave_key, from->secret,
	                             NULL),
	     "to seal");
	return (struct assay_bytes){ mail, len };
}

/* The last answer is this mail by the enclave. */
static bool says(const struct assay_hpke_pair *to, const char *topic,
                 int64_t sequence, const char *want)
{
	static uint8_t room[MAIL_MAX];
	struct assay_mail m;

	return got.status == 200 && got.len > 0 && got.len < sizeof(room) &&
	       has_header("Content-Type", "application/octet-stream") &&
	       has_header("Cache-Control", NO_STORE) &&
	       assay_mail_open(&m, room,
	                       (struct assay_bytes){ got.body, got.len },
	                       to->secret, ASSAY_CONCLAVE_STRICT, NULL) &&
	       memcmp(m.sender, enclave_key, 32) == 0 && is(m.topic, topic) &&
	       m.sequence == sequence && m.key_derivation.len == 0 &&
	       is(m.body, want);
}

static bool answers(const struct assay_hpke_pair *who, const char *id,
                    int64_t sequence, const char *question)
{
	return deliver(id, seal(who, "talk", sequence, question)) == 200;
}

static bool judge(const struct assay_eii *eii)
{
	const struct assay_terms terms = { .now = SIM_NOW };
	static uint8_t room[1 << 20];
	struct assay_scratch scratch = { room, sizeof(room), 0 };
	struct assay_trust *trust = malloc(assay_trust_size());
	static struct assay_verdict verdict;
	struct assay_evidence evidence;
	bool good;

	good = trust &&
	       assay_eii_evidence(&evidence, eii, &scratch,
	                          ASSAY_CONCLAVE_STRICT, NULL) &&
	       assay_verify_evidence(&verdict, trust, NULL, &evidence, NULL,
	                             world.keys[SIM_ROOT].key, &terms);
	free(trust);
	return good && verdict.genuine &&
	       memcmp(eii->report.mrenclave, world.quote_spec.sgx.mrenclave,
	              32) == 0;
}

/* Once it is up. */
static bool attest(void)
{
	struct assay_eii eii;
	bool good;

	for (int i = 0; i < 200 && ask("attestation", NULL, NULL,
	                               (struct assay_bytes){ 0 }) == 503;
	     i++)
		nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
	good = got.status == 200 &&
	       assay_eii_parse(&eii, (struct assay_bytes){ got.body, got.len },
	                       ASSAY_CONCLAVE_STRICT, NULL) &&
	       judge(&eii);
	if (good)
		memcpy(enclave_key, eii.encryption_key.ptr, 32);
	return good;
}

/* ---- what should be */

static void test_attestation(void)
{
	ok(attest(), "the attestation is a genuine one");
	ok(has_header("Content-Type", "application/octet-stream") &&
	           has_header("Cache-Control", NO_STORE),
	   "its headers");
	ok(ask("healthz", NULL, NULL, (struct assay_bytes){ 0 }) == 200,
	   "healthz");
}

static void test_mail(void)
{
	uint8_t first[MAIL_MAX];
	struct assay_bytes again = { first, 0 };

	again.len = seal(&alice, "talk", 0, "hello").len;
	memcpy(first, mail, again.len);
	ok(deliver("a", again) == 200 && says(&alice, "talk", 0, "olleh"),
	   "a mail is answered");
	ok(deliver("a", again) && is_error(EXCEPTION), "but not twice");
	ok(answers(&alice, "a", 1, "you") && says(&alice, "talk", 1, "uoy"),
	   "the next one is");
	ok(!answers(&alice, "a", 3, "x") && is_error(EXCEPTION),
	   "the one after the next is not");
	ok(deliver("a", seal(&alice, "other", 0, "")) == 200 &&
	           says(&alice, "other", 0, ""),
	   "another topic begins at 0");
	ok(answers(&bob, "b", 0, "bob") && says(&bob, "talk", 0, "bob"),
	   "and so does another sender");
	ok(poll_mail("a") == 200 && got.len == 0 &&
	           has_header("Content-Length", "0") &&
	           has_header("Cache-Control", NO_STORE),
	   "nothing waits");
}

static void test_refused(void)
{
	ok(!answers(&alice, "a", 2, "post 0!") && is_error(EXCEPTION),
	   "a refusal, whose reason the host is not told");
	ok(!answers(&alice, "a", 2, "x") && answers(&alice, "a", 3, "ab") &&
	           says(&alice, "talk", 2, "ba"),
	   "its number is used up");
}

static void test_poll(void)
{
	unsigned n = 0;

	ok(answers(&bob, "b", 1, "meet") && says(&bob, "talk", 1, "b"),
	   "the enclave knows who asks, and what the host calls him");
	ok(answers(&alice, "a", 4, "post 2") && says(&alice, "talk", 3, ""),
	   "it sends mail to others");
	ok(poll_mail("a") == 200 && got.len == 0 && poll_mail("c") == 200 &&
	           got.len == 0,
	   "which waits for no one else");
	ok(poll_mail("b") == 200 && says(&bob, "talk", 2, "mail 0") &&
	           poll_mail("b") == 200 && says(&bob, "talk", 3, "mail 1"),
	   "he finds it, the oldest first");
	ok(poll_mail("b") == 200 && got.len == 0, "and then no more");
	ok(!answers(&alice, "a", 5, "post 3!") && is_error(EXCEPTION) &&
	           poll_mail("b") == 200 && got.len == 0,
	   "who is refused has sent nothing");
	must(answers(&alice, "a", 6, "post 70"), "to post");
	ok(poll_mail("b") == 200 && says(&bob, "talk", 13, "mail 6"),
	   "of 70, the oldest are lost");
	while (poll_mail("b") == 200 && got.len > 0)
		n++;
	ok(n == MAILS_OF_ONE - 1, "all but %d", MAILS_OF_ONE);
}

/* ---- what should not */

static void test_bytes(void)
{
	static uint8_t good[MAIL_MAX], bad[MAIL_MAX];
	const size_t len = seal(&alice, "talk", 7, "hello").len;
	bool cut = true, changed = true;

	memcpy(good, mail, len);
	for (size_t n = 0; n < len; n++) {
		(void)deliver("a", (struct assay_bytes){ good, n });
		cut = cut && is_error(DECRYPTION);
		memcpy(bad, good, len);
		bad[n] ^= 1;
		(void)deliver("a", (struct assay_bytes){ bad, len });
		changed = changed && is_error(DECRYPTION);
	}
	ok(cut, "a mail cut at each of its %zu bytes", len);
	ok(changed, "each of its bytes changed");
	(void)deliver("a", (struct assay_bytes){ good, len + 1 });
	ok(is_error(DECRYPTION), "a byte appended");
	ok(deliver("a", (struct assay_bytes){ good, len }) == 200 &&
	           says(&alice, "talk", 5, "olleh"),
	   "the whole one is answered still");
}

static void test_ids(void)
{
	static const char json[] = "{\"error\":\"ENCLAVE_EXCEPTION\","
				   "\"message\":\"want a Correlation-ID";
	const char *const bad[] = { NULL, "", "a b", "caf\xc3\xa9" };
	char id[257];
	unsigned n = 0;

	memset(id, 'x', sizeof(id));
	id[256] = 0;
	for (size_t i = 0; i < 4; i++)
		n += poll_mail(bad[i]) == 400 &&
		     strncmp((char *)got.body, json, sizeof(json) - 1) == 0;
	n += poll_mail(id) == 400;
	n += deliver(NULL, text("mail")) == 400;
	id[255] = 0;
	ok(n == 6 && poll_mail(id) == 200, "ids that are none: %u of 6", n);
	ok(answers(&alice, id, 8, "meet") && says(&alice, "talk", 6, id),
	   "an id of 255 characters");
}

static void test_requests(void)
{
	static uint8_t large[ASSAY_FRAME_BODY_MAX];
	const struct assay_bytes none = { 0 };

	ok(ask("deliver-mail", "a", NULL, none) == 405 &&
	           has_header("Cache-Control", NO_STORE) &&
	           ask("attestation", NULL, "a/b", text("x")) == 405 &&
	           ask("message", NULL, "a/b", text("x")) == 404,
	   "paths and methods");
	ok(deliver("a", (struct assay_bytes){ large, sizeof(large) }) == 413,
	   "a mail that is too large");
	(void)deliver("a", (struct assay_bytes){ large, sizeof(large) - 256 });
	ok(is_error(DECRYPTION), "the largest, which is none");
}

static void test_ends(void)
{
	uint8_t before[32];

	memcpy(before, enclave_key, sizeof(before));
	must(answers(&bob, "b", 2, "meet") && answers(&alice, "a", 9, "post 1"),
	     "to post");
	ok(deliver("a", seal(&alice, "talk", 10, "die")) == 502,
	   "an enclave that ends while it has a mail");
	ok(attest() && memcmp(before, enclave_key, sizeof(before)) != 0,
	   "it is there again, with another key");
	memcpy(enclave_key, before, sizeof(before));
	ok(!answers(&alice, "a", 11, "x") && is_error(DECRYPTION),
	   "mail for the earlier one is not opened");
	ok(poll_mail("b") == 200 && got.len == 0,
	   "what waited was by the earlier one, and is lost");
	must(attest(), "an attestation");
	ok(answers(&alice, "a", 0, "ab") && says(&alice, "talk", 0, "ba"),
	   "numbers begin at 0");
}

/* ---- what waits */

static bool put(struct mails *m, unsigned id, size_t len, int64_t now)
{
	static const uint8_t bytes[1 << 20];

	return mails_put(m, (struct assay_bytes){ (uint8_t *)&id, sizeof(id) },
	                 (struct assay_bytes){ bytes, len }, now);
}

static bool take(struct mails *m, unsigned id, int64_t now)
{
	struct buf out = { 0 };
	bool there = mails_take(
		&out, m, (struct assay_bytes){ (uint8_t *)&id, sizeof(id) },
		now);

	buf_free(&out);
	return there;
}

static void test_bounds(void)
{
	struct mails m = { 0 };
	bool good = true;

	for (unsigned i = 0; i < MAILS_MAX + 5; i++)
		good = good && put(&m, i, 1, 0);
	ok(good && m.n == MAILS_MAX && !take(&m, 4, 0) && take(&m, 5, 0),
	   "at most %d mails wait", MAILS_MAX);
	for (unsigned i = 0; i < 40; i++)
		good = good && put(&m, i, 1 << 20, 1);
	ok(good && m.bytes <= MAILS_BYTES && m.n == 31 && !take(&m, 8, 1) &&
	           take(&m, 9, 1),
	   "or so many bytes");
	ok(put(&m, 99, 1, 2) && !take(&m, 10, 1 + MAILS_MS) && m.n == 1 &&
	           take(&m, 99, 1 + MAILS_MS),
	   "for an hour");
	mails_clear(&m);
	ok(m.n == 0 && m.bytes == 0, "nothing is left");
}

int main(int argc, char **argv)
{
	char self[PATH_MAX], why[HOST_WHY] = "";

	assay_crypto_start();
	if (argc == 3 && strcmp(argv[1], "enclave") == 0)
		be_enclave(argv[2]);
	signal(SIGPIPE, SIG_IGN);
	must(realpath(argv[0], self) != NULL, "a path");
	make_world();
	make_machine();
	snprintf(command, sizeof(command), "exec %s enclave %s 2>/dev/null",
	         self, root);
	ok(!start_host(false, why) && strstr(why, "documents are missing"),
	   "without documents there is no attestation");
	net = net_start(&(struct net_options){ 0 });
	must(net && assay_hpke_pair_new(&alice) && assay_hpke_pair_new(&bob) &&
	             start_host(true, why),
	     why);
	test_attestation();
	test_mail();
	test_refused();
	test_poll();
	test_bytes();
	test_ids();
	test_requests();
	test_ends();
	test_bounds();
	host_quiesce(host);
	http_stop(listener);
	host_end(host);
	net_forget(&got);
	net_end(net);
	sim_world_free(&world);
	return done();
}
