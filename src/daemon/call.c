/* call.c - assay call: ask an enclave something, once it has proved itself. */
#include "daemon/daemon.h"

#include "base/text.h"
#include "cli/enclave.h"
#include "cli/judge.h"
#include "crypto/crypto.h"
#include "daemon/fetch.h"
#include "os/files.h"
#include "net/http.h"

#include <assay/client.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	TRIES = 3,
	LONGEST_WAIT = 5,
	HOST_TEXT = 200,
	TIMEOUT = 60, /* seconds */
	TIMEOUT_MAX = 86400,
	LOCK_TICK_MS = 50,
};
/* Exit statuses, and what is none: once more. */
enum { ANSWERED = 0, REFUSED = 1, TROUBLE = 2, MAYBE = 3, AGAIN = 4 };

struct options {
	struct cli_list accept, root;
	struct cli_time at;
	const char *policy, *list, *remember, *ca_file, *timeout;
	bool any_code, allow_debug, without_nonce, accept_change, again;
	bool json, print;
};

#define TO(member) offsetof(struct options, member)
const struct cli_option call_options[] = {
	CLI_OPTION_ACCEPT(TO(accept)),
	CLI_OPTION_POLICY(TO(policy)),
	CLI_OPTION_LIST(TO(list)),
	CLI_OPTION_ROOTS(TO(root)),
	CLI_OPTION_ANY_CODE(TO(any_code)),
	CLI_OPTION_ALLOW_DEBUG(TO(allow_debug)),
	CLI_OPTION_AT(TO(at)),
	{ "--without-nonce", NULL, CLI_FLAG, TO(without_nonce),
	  "an attestation that was made before it was asked for is good "
	  "enough" },
	{ "--remember", "FILE", CLI_TEXT, TO(remember),
	  "keep there who was accepted and which state answered; ask nobody "
	  "else next time" },
	{ "--accept-change", NULL, CLI_FLAG, TO(accept_change),
	  "take who it is now in place of who is remembered" },
	{ "--again", NULL, CLI_FLAG, TO(again),
	  "ask once more even where the request may have been processed" },
	{ "--timeout", "SECONDS", CLI_TEXT, TO(timeout),
	  "wait so long for each answer of the host, and for another call that "
	  "has the --remember file; 60" },
	CLI_OPTION_CA_FILE(TO(ca_file)),
	{ "--print", NULL, CLI_FLAG, TO(print),
	  "print the judgement on stderr, also when it is accepted" },
	{ "--json", NULL, CLI_FLAG, TO(json),
	  "print each judgement as a line of JSON on stderr" },
	{ 0 },
};

struct call {
	struct options o;
	const char *url;
	struct cli_rules rules;
	struct fetch_roots roots;
	struct net_client *net;
	struct assay_client *client;
	struct net_answer got;      /* the host's last answer */
	uint8_t *request, *message; /* as it was read; sealed */
	size_t len;
	unsigned timeout;     /* seconds */
	bool maybe;           /* it may have been processed */
	unsigned wait;        /* seconds before it is tried again */
	struct assay_pin was; /* who is remembered, where one is */
};

/* If nobody reads it, the exit status tells. */
static void tell(struct cli_text *text)
{
	const bool told = cli_write_all(STDERR_FILENO, text->ptr, text->len);

	(void)told;
	cli_text_free(text);
}

/* ---- who is remembered */

/* True: it was read, or there is none yet. */
static bool read_pin(struct assay_pin *pin, bool *there, const char *path)
{
	struct assay_err err;
	uint8_t *text;
	size_t len;

	*there = path && cli_read_max(&text, &len, path, ASSAY_PIN_TEXT);
	if (!*there && path && errno != ENOENT) {
		cli_warn("%s: %s", path, strerror(errno));
		return false;
	}
	if (!*there)
		return true;
	*there = assay_pin_parse(pin, (struct assay_bytes){ text, len }, &err);
	if (!*there)
		cli_warn_err(path, &err);
	free(text);
	return *there;
}

/* Another call would put back what it read before this one began: so it is
 * waited for, from before the file is read until this one ends. */
static bool take_turn(const struct call *c)
{
	const struct timespec tick = { .tv_nsec = LOCK_TICK_MS * 1000000 };
	const unsigned most = c->timeout * (1000 / LOCK_TICK_MS);
	unsigned n = 0;

	while (c->o.remember && !file_lock(c->o.remember)) {
		if (errno != EWOULDBLOCK || n == most) {
			cli_warn("call: %s: %s", c->o.remember,
			         errno == EWOULDBLOCK
			                 ? "another call has it still"
			                 : strerror(errno));
			return false;
		}
		if (n++ == 0)
			cli_warn("call: %s: another call has it: waiting",
			         c->o.remember);
		nanosleep(&tick, NULL);
	}
	return true;
}

/* Who writes it without a turn must not bring back an older state either. */
static bool is_newest(const struct call *c)
{
	struct assay_pin now;
	bool there;

	if (!read_pin(&now, &there, c->o.remember))
		return false;
	if (!there || now.state <= c->was.state)
		return true;
	cli_warn("call: %s has come to remember a newer state: it stays",
	         c->o.remember);
	return false;
}

static bool keep_pin(struct call *c)
{
	char text[ASSAY_PIN_TEXT];
	struct assay_bytes bytes = { (const uint8_t *)text, 0 };

	if (!c->o.remember)
		return true;
	c->was = *assay_client_pin(c->client);
	bytes.len = assay_pin_print(&c->was, text);
	if (!is_newest(c))
		return false;
	if (file_keep(c->o.remember, bytes, 0600))
		return true;
	cli_warn("%s: %s", c->o.remember, strerror(errno));
	return false;
}

static void show_change(const struct call *c)
{
	struct assay_difference d[ASSAY_PIN_MAX_FIELDS];
	struct cli_text text = { 0 };
	const size_t n = assay_pin_compare(d, &c->was,
	                                   assay_client_pin(c->client));

	cli_put(&text, "It is not who is remembered in %s:\n", c->o.remember);
	for (size_t i = 0; i < n; i++)
		cli_put(&text, "- %s was %s\n  %*s  is %s\n", d[i].field,
		        d[i].was, (int)strlen(d[i].field), "", d[i].is);
	tell(&text);
}

/* ---- the attestation */

static struct assay_bytes body_of(const struct call *c)
{
	return (struct assay_bytes){ c->got.body, c->got.len };
}

/* What the client judged, as assay verify tells it. */
static void show(const struct call *c, bool accepted)
{
	const struct assay_bytes body = body_of(c);
	struct judgement *j = cli_alloc(1, sizeof(*j));
	struct cli_text text = { 0 };
	struct assay_scratch scratch = cli_scratch(body.len);
	struct assay_err err;

	j->name = c->url;
	j->root_name = c->o.root.n == 1 ? c->o.root.item[0]
	                                : "a root that was given";
	j->readable = assay_evidence_read(&j->evidence, body, &scratch, &err);
	j->verdict = *assay_client_verdict(c->client);
	if (!j->verdict.version)
		j->verdict.failed = *assay_client_err(c->client);
	j->verdict.at = cli_now(&c->o.at);
	j->decision = *assay_client_decision(c->client);
	if (j->readable)
		j->keys = assay_keys_bound(&j->evidence,
		                           j->verdict.report_data);
	j->level = assay_verdict_level(&j->verdict, j->reason,
	                               sizeof(j->reason));
	if (c->o.json)
		cli_put_json(&text, j);
	else if (c->o.print || !accepted)
		cli_put_judgement(&text, j);
	tell(&text);
	free(scratch.ptr);
	free(j);
}

/* Who refuses now does not take back what was sent before. */
static int refused(const struct call *c)
{
	return c->maybe ? MAYBE : REFUSED;
}

static int refuse(const struct call *c, const char *why)
{
	cli_warn("call: %s: nothing was sent%s", why,
	         c->maybe ? " this time" : "");
	return refused(c);
}

/* What the judgement's own words do not tell whoever calls. */
static void explain(const struct call *c)
{
	const struct assay_err *err = assay_client_err(c->client);

	if (err->check && assay_client_verdict(c->client)->genuine)
		cli_warn_err("call", err);
	if (err->check == ASSAY_J_MISSING || err->check == ASSAY_R_MISSING)
		cli_warn("call: the host has to send the collateral along: "
		         "assay host --collateral DIR");
}

static int judge(struct call *c)
{
	const bool good = assay_client_attestation(c->client, body_of(c),
	                                           cli_now(&c->o.at));

	show(c, good);
	if (!good) {
		explain(c);
		return refuse(c, "the enclave is not accepted");
	}
	if (assay_client_state(c->client) == ASSAY_CLIENT_CHANGED) {
		show_change(c);
		if (!c->o.accept_change)
			return refuse(c, "who answers has changed "
			                 "(--accept-change takes it)");
		assay_client_accept_change(c->client);
		cli_warn("call: the change is taken: %s will remember it",
		         c->o.remember);
	}
	return keep_pin(c) ? ANSWERED : TROUBLE;
}

/* ---- what the host says */

/* One request to it; what it answered last is forgotten. */
static bool ask_host(struct call *c, struct net_err *err, const char *path,
                     struct assay_bytes body)
{
	const size_t n = strlen(c->url) + strlen(path) + 2;
	const bool posts = body.len > 0;
	char *url = cli_alloc(n, 1);
	const struct net_request request = {
		.url = url,
		.type = posts ? "message/ohttp-req" : NULL,
		.body = body,
		.answer_max = posts ? ASSAY_CLIENT_ANSWER_MAX
		                    : ASSAY_EVIDENCE_MAX,
	};
	bool good;

	net_forget(&c->got);
	snprintf(url, n, "%.*s/%s",
	         (int)(strlen(c->url) - (c->url[strlen(c->url) - 1] == '/')),
	         c->url, path);
	good = net_ask(c->net, &c->got, &request, err);
	free(url);
	return good;
}

/* With the first line of what it says, which is for people. */
static void warn_status(const struct call *c)
{
	const char *said = (const char *)c->got.body;
	const size_t n = c->got.len ? strcspn(said, "\r\n") : 0;

	cli_warn("call: %s answers with status %u%s%.*s", c->url, c->got.status,
	         n ? ": " : "", (int)(n < HOST_TEXT ? n : HOST_TEXT),
	         n ? said : "");
}

/* When the host wants it, but not in an hour. */
static int later(struct call *c)
{
	const unsigned wanted = net_retry_after(&c->got);

	c->wait = wanted < 1              ? 1
	          : wanted > LONGEST_WAIT ? LONGEST_WAIT
	                                  : wanted;
	return AGAIN;
}

static bool is_later(unsigned status)
{
	return status == 429 || status == 503;
}

static int attest(struct call *c)
{
	char path[ASSAY_CLIENT_PATH];
	struct net_err err;

	assay_client_path(c->client, path);
	if (!ask_host(c, &err, path, (struct assay_bytes){ 0 })) {
		cli_warn("call: %s", err.text);
		return TROUBLE;
	}
	if (c->got.status == 200)
		return judge(c);
	warn_status(c);
	return is_later(c->got.status) ? later(c) : TROUBLE;
}

/* ---- request and answer */

/* Into one piece of memory: one that grows leaves copies where it was. */
static bool read_request(struct call *c)
{
	const size_t most = ASSAY_ENCLAVE_MAX + 1;
	ssize_t got = 1;

	if (c->message)
		return true;
	c->request = cli_alloc(most, 1);
	while (got != 0 && c->len < most) {
		got = read(STDIN_FILENO, c->request + c->len, most - c->len);
		if (got < 0 && errno != EINTR) {
			cli_warn("call: the request: %s", strerror(errno));
			return false;
		}
		c->len += got > 0 ? (size_t)got : 0;
	}
	if (c->len > ASSAY_ENCLAVE_MAX) {
		cli_warn("call: the request has more than 1 MiB");
		return false;
	}
	c->message = cli_alloc(c->len + ASSAY_CLIENT_SEAL_MORE, 1);
	return true;
}

/* Nobody knows whether it was processed. */
static int perhaps(struct call *c)
{
	c->maybe = true;
	return c->o.again ? AGAIN : MAYBE;
}

static int old(const struct call *c, struct assay_bytes said)
{
	cli_warn("call: the enclave's state is older than what %s remembers, "
	         "or another: the host gave it back an older one, or none.  "
	         "The request was not processed.  Ask who runs the host; to "
	         "begin "
	         "anew all the same, remove what is remembered.  It says: %.*s",
	         c->o.remember ? c->o.remember : "the request", (int)said.len,
	         (const char *)said.ptr);
	return refused(c);
}

static int open_answer(struct call *c)
{
	struct assay_bytes answer;
	struct assay_err err;
	bool kept;

	switch (assay_client_open(c->client, &answer, c->got.body, c->got.len,
	                          &err)) {
	case ASSAY_ANSWER_YES:
		kept = keep_pin(c);
		if (cli_write_all(STDOUT_FILENO, (const char *)answer.ptr,
		                  answer.len))
			return kept ? ANSWERED : TROUBLE;
		cli_warn("call: the answer: %s", strerror(errno));
		return MAYBE;
	case ASSAY_ANSWER_REFUSAL:
		kept = keep_pin(c);
		cli_warn("call: the program refuses%s: %.*s",
		         c->maybe ? " this time" : "", (int)answer.len,
		         (const char *)answer.ptr);
		return kept ? refused(c) : TROUBLE;
	case ASSAY_ANSWER_OLD:
		return old(c, answer);
	default:
		cli_warn_err("call: the answer", &err);
		return perhaps(c);
	}
}

/* The host has no answer. */
static int failed(struct call *c)
{
	warn_status(c);
	if (assay_client_failed(c->client, (int)c->got.status) ==
	    ASSAY_FATE_UNKNOWN)
		return perhaps(c);
	if (is_later(c->got.status))
		return later(c);
	return assay_client_state(c->client) == ASSAY_CLIENT_ATTEST ? AGAIN
	                                                            : TROUBLE;
}

static int send(struct call *c, size_t len)
{
	struct net_err err;

	if (ask_host(c, &err, "message",
	             (struct assay_bytes){ c->message, len }))
		return c->got.status == 200 ? open_answer(c) : failed(c);
	cli_warn("call: %s", err.text);
	assay_client_failed(c->client, 0);
	return err.sent ? perhaps(c) : TROUBLE;
}

/* ---- all of it */

static int try(struct call *c)
{
	struct assay_err err;
	int status = ANSWERED;
	size_t len;

	if (assay_client_state(c->client) == ASSAY_CLIENT_ATTEST)
		status = attest(c);
	if (status != ANSWERED)
		return status;
	if (!read_request(c))
		return TROUBLE;
	if (assay_client_seal(c->client, c->message, &len,
	                      (struct assay_bytes){ c->request, c->len },
	                      cli_now(&c->o.at), &err))
		return send(c, len);
	/* it took long to type */
	if (err.check == ASSAY_K_OLD)
		return AGAIN;
	cli_warn_err("call: the request", &err);
	return TROUBLE;
}

static int call(struct call *c)
{
	int status = AGAIN;

	for (int n = 0; status == AGAIN && n < TRIES; n++) {
		sleep(c->wait);
		c->wait = 0;
		status = try(c);
	}
	if (status == AGAIN) {
		cli_warn("call: given up after %d tries", TRIES);
		status = TROUBLE;
	}
	if (!c->maybe || status == ANSWERED || status == REFUSED)
		return status;
	cli_warn("call: the request may have been processed%s",
	         c->o.again ? ", by one try or another"
	                    : "; --again repeats it all the same");
	return MAYBE;
}

static bool start(struct call *c)
{
	const struct net_options net = { .ca_file = c->o.ca_file,
		                         .total_ms = c->timeout * 1000,
		                         .stall_s = c->timeout };
	const struct cli_time now = { 0 };
	struct assay_client_rules rules = { 0 };
	bool pinned;

	c->rules.terms.now = cli_now(&now);
	if (!fetch_roots(&c->roots, &c->o.root) ||
	    !cli_rules_policy(&c->rules, &verb_call, c->o.policy, c->o.any_code,
	                      c->o.allow_debug) ||
	    !cli_rules_list(&c->rules, &verb_call, c->o.list) ||
	    !cli_rules_accept(&c->rules, &c->o.accept) || !take_turn(c) ||
	    !read_pin(&c->was, &pinned, c->o.remember))
		return false;
	rules.roots = (const uint8_t(*)[64])c->roots.key;
	rules.n_roots = c->roots.n;
	rules.policy = c->rules.policy;
	rules.list = c->rules.wants.list;
	rules.constraints = c->rules.accept;
	rules.n_constraints = c->rules.n_accept;
	rules.without_nonce = c->o.without_nonce;
	c->net = net_start(&net);
	c->client = assay_client_new(&rules, pinned ? &c->was : NULL);
	if (!c->net || !c->client)
		cli_out_of_memory();
	return true;
}

/* Of request, answer and connection nothing stays. */
static void wipe(struct call *c)
{
	if (c->request)
		assay_wipe(c->request, c->len);
	if (c->got.body)
		assay_wipe(c->got.body, c->got.len);
	net_forget(&c->got);
	net_end(c->net);
	assay_client_free(c->client);
}

static int run(int argc, char **argv)
{
	struct call c = { 0 };
	uint64_t timeout = TIMEOUT;
	int status;

	if (!cli_operands(&c.o, &c.url, 1, 1, &status, &verb_call, argc, argv))
		return status;
	if (strncmp(c.url, "http://", 7) != 0 &&
	    strncmp(c.url, "https://", 8) != 0)
		return cli_usage(&verb_call,
		                 "got %s, want http:// or https:// and "
		                 "the host's address",
		                 c.url);
	if (c.o.accept_change && !c.o.remember)
		return cli_usage(&verb_call,
		                 "--accept-change goes with --remember");
	if (!cli_take_number(&timeout, &verb_call, "--timeout", c.o.timeout, 1,
	                     TIMEOUT_MAX))
		return TROUBLE;
	c.timeout = (unsigned)timeout;
	signal(SIGPIPE, SIG_IGN);
	status = start(&c) ? call(&c) : TROUBLE;
	wipe(&c);
	return status;
}

/* Options and rules live as long as the program, which ends here; nothing is
 * left to flush. */
int call_verb(int argc, char **argv)
{
	_exit(run(argc, argv));
}
