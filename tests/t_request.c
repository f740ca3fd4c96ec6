/* t_request.c - an enclave's host, before enclaves that say anything at all. */
#include "launch/request.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tap.h"

static struct sim_host host;
static struct assay_bytes answer;
static struct assay_frame heard;

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* What the enclave says. */
struct said {
	uint8_t type;
	const char *text;
};

/* An enclave that has said these; what else it does with its end is up to the
 * test. */
static int enclave_of(const struct said *said, size_t n)
{
	int fd[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
	memset(&host, 0, sizeof(host));
	host.fd = fd[0];
	for (size_t i = 0; i < n; i++) {
		heard.type = said[i].type;
		heard.len = strlen(said[i].text);
		memcpy(assay_frame_body(&heard), said[i].text, heard.len);
		must(assay_frame_send(&heard, fd[1], NULL));
	}
	return fd[1];
}

static bool request(void)
{
	const struct assay_bytes hello = { (const uint8_t *)"hello", 5 };

	return sim_host_request(&answer, &host, hello);
}

static bool answered(const char *text)
{
	return answer.len == strlen(text) &&
	       (answer.len == 0 || memcmp(answer.ptr, text, answer.len) == 0);
}

static void end(int enclave)
{
	close(enclave);
	close(host.fd);
}

/* ---- answers */

static void test_answer(void)
{
	const struct said said[] = { { ASSAY_FRAME_ANSWER, "olleh" },
		                     { ASSAY_FRAME_ANSWER, "" } };
	int enclave = enclave_of(said, 2);

	ok(request() && answered("olleh"), "an answer");
	ok(assay_frame_read(&heard, enclave, NULL) &&
	           heard.type == ASSAY_FRAME_REQUEST && heard.len == 5 &&
	           memcmp(assay_frame_body(&heard), "hello", 5) == 0,
	   "the request went out before it");
	ok(request() && answered(""), "an empty one, of the next request");
	end(enclave);
}

static char kept[80];

static bool keep(struct sim_host *h, struct assay_bytes sealed)
{
	const char *why = h->own;

	strncat(kept, (const char *)sealed.ptr, sealed.len);
	return why ? sim_host_why(h, "%s", why) : true;
}

static void test_keep(void)
{
	const struct said said[] = { { ASSAY_FRAME_STORE, "one " },
		                     { ASSAY_FRAME_STORE, "two" },
		                     { ASSAY_FRAME_ANSWER, "yes" } };
	int enclave = enclave_of(said, 3);

	ok(request() && answered("yes") && host.unkept,
	   "it need not be kept, which can be seen");
	end(enclave);
	enclave = enclave_of(said, 3);
	host.keep = keep;
	ok(request() && answered("yes") && strcmp(kept, "one two") == 0 &&
	           !host.unkept,
	   "what is to be kept is, each time");
	end(enclave);
	enclave = enclave_of(said, 3);
	host.keep = keep;
	host.own = "no room";
	ok(!request() && strcmp(host.why, "no room") == 0 && answered("") &&
	           !host.refused,
	   "no answer if that fails");
	end(enclave);
}

static void test_restore(void)
{
	const struct said said[] = {
		{ ASSAY_FRAME_REFUSED,
		  "\x04\xbeN_SEAL_OPEN: it is not mine" }
	};
	int enclave = enclave_of(said, 1);

	sim_host_restore(&host,
	                 (struct assay_bytes){ (const uint8_t *)"old", 3 });
	ok(assay_frame_read(&heard, enclave, NULL) &&
	           heard.type == ASSAY_FRAME_STORED && heard.len == 3,
	   "what was kept is handed back");
	close(enclave);
	ok(!request() && host.refused && host.check &&
	           host.check->check == ASSAY_N_SEAL_OPEN,
	   "that it is refused is heard, though the enclave has ended");
	close(host.fd);
}

/* ---- Conclave's profile */

static bool post(struct sim_host *h, struct assay_bytes id,
                 struct assay_bytes mail)
{
	snprintf(kept, sizeof(kept), "%.*s: %.*s", (int)id.len, id.ptr,
	         (int)mail.len, mail.ptr);
	return h->posts == kept;
}

static bool send_mail(void)
{
	return sim_host_mail(&answer, &host,
	                     (struct assay_bytes){ (const uint8_t *)"me", 2 },
	                     (struct assay_bytes){ (const uint8_t *)"dear",
	                                           4 });
}

static void test_mail(void)
{
	const struct said said[] = { { ASSAY_FRAME_POST, "\3youhello" },
		                     { ASSAY_FRAME_MAILED, "yes" } };
	int enclave = enclave_of(said, 2);

	host.post = post;
	host.posts = kept;
	ok(send_mail() && answered("yes"), "a mail is answered");
	ok(assay_frame_read(&heard, enclave, NULL) &&
	           heard.type == ASSAY_FRAME_MAIL && heard.len == 7 &&
	           memcmp(assay_frame_body(&heard), "\2medear", 7) == 0,
	   "it went out with its sender's id");
	ok(strcmp(kept, "you: hello") == 0, "another's was posted before that");
	end(enclave);
	enclave = enclave_of(said, 2);
	ok(send_mail() && answered("yes"), "it need not be taken");
	end(enclave);
	enclave = enclave_of(said, 2);
	host.post = post;
	ok(!send_mail() && answered(""), "no answer if that fails");
	end(enclave);
	enclave = enclave_of(said, 2);
	ok(!request() && strstr(host.why, "not asked for"),
	   "who sends no mail gets none");
	end(enclave);
}

static void test_cut_mail(void)
{
	static const char *const cut[] = { "", "\1", "\3y", "\3you" };
	struct said said = { ASSAY_FRAME_POST, NULL };
	bool good = true;

	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		said.text = cut[i];
		int enclave = enclave_of(&said, 1);

		good = good && !send_mail() && strstr(host.why, "cut short");
		end(enclave);
	}
	ok(good, "posted mail without an address, or without a mail");
}

static void test_mail_keys(void)
{
	char body[44 + 32 + 2];
	struct said said = { ASSAY_FRAME_MAIL_ATTESTATION, body };
	struct sim_mail_attested keys;
	bool cut = true;

	for (size_t n = 0; n < sizeof(body); n++) {
		memset(body, 'x', sizeof(body));
		body[n] = 0;
		int enclave = enclave_of(&said, 1);
		bool good = sim_host_attest_mail(&keys, &host);

		cut = cut && (n == 77 ? good && keys.quote.len == 1
		                      : !good && keys.signing_key.len == 0);
		end(enclave);
	}
	ok(cut, "keys and a quote, cut at each of their bytes");
}

/* ---- refusals */

static void refused(const char *text, const char *why, enum assay_check check,
                    const char *name)
{
	const struct said said[] = { { ASSAY_FRAME_REFUSED, text },
		                     { ASSAY_FRAME_ANSWER, "then yes" } };
	int enclave = enclave_of(said, 2);

	ok(!request() && answered("") && host.refused &&
	           strcmp(host.why, why) == 0,
	   "refused: %s", name);
	ok(host.check ? host.check->check == check : check == ASSAY_OK,
	   "its check: %s", name);
	ok(request() && answered("then yes") && !host.refused && !host.check,
	   "the next request is another: %s", name);
	end(enclave);
}

static void test_refusals(void)
{
	static const char start[] = "it refused: ";
	char text[1000], want[sizeof(start) + 200];

	refused("\xff\xfftoo young", "it refused: too young", ASSAY_OK,
	        "a check that is not known");
	refused("\xff\xff", "it refused: it does not say why", ASSAY_OK,
	        "no reason");
	refused("", "it refused: it does not say why", ASSAY_OK, "nothing");
	refused("\x04\xb5N_NONCE: got 65 bytes",
	        "it refused: N_NONCE: got 65 bytes", ASSAY_N_NONCE,
	        "a check of the library");
	refused("\xff\xff"
	        "a\033[2Jb\nc\x80\x7f",
	        "it refused: a?[2Jb?c??", ASSAY_OK, "what terminals obey");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	snprintf(want, sizeof(want), "%s%.200s", start, text + 2);
	refused(text, want, ASSAY_OK, "a long text");
}

/* ---- no answers */

static void fails(const void *bytes, size_t n, const char *why)
{
	int enclave = enclave_of(NULL, 0);

	must(n == 0 || send(enclave, bytes, n, 0) == (ssize_t)n);
	must(shutdown(enclave, SHUT_WR) == 0);
	ok(!request() && answered("") && !host.refused &&
	           strstr(host.why, why) && strlen(host.why) > strlen(why),
	   "%zu bytes: %s", n, why);
	end(enclave);
}

static void test_failures(void)
{
	static const char cut[] = "it sent no whole frame";
	static const char other[] = "it sent what was not asked for";

	fails("", 0, "it ended without an answer");
	fails("\6\0\0\0\1olle", 9, cut);
	fails("\6\0", 2, cut);
	fails("\0\0\0\0", 4, cut);
	fails("\xff\xff\xff\xff\1", 5, cut);
	fails("\1\0\0\0\0", 5, other);
	fails("\1\0\0\0\2", 5, other);
	fails("\1\0\0\0\5", 5, other);
	fails("\1\0\0\0\xff", 5, other);
}

static void test_gone(void)
{
	int enclave = enclave_of(NULL, 0);

	close(enclave);
	ok(!request() && strstr(host.why, "it ended without an answer"),
	   "an enclave that is gone");
	ok(strstr(host.why, "signed with its arguments") &&
	           strstr(host.why, "--heap") && strstr(host.why, "--debug") &&
	           strstr(host.why, "fails with EPERM"),
	   "what may be the reason, to the last: %s", host.why);
	close(host.fd);
	/* what it was sent is unread: the end is ECONNRESET */
	enclave = enclave_of(NULL, 0);
	must(send(host.fd, "unread", 6, 0) == 6);
	close(enclave);
	ok(!request() && strstr(host.why, "it ended without an answer"),
	   "one that was no enclave program: %s", host.why);
	ok(strstr(host.why, "assay_enclave_run"), "what it should have called");
	close(host.fd);
}

/* ---- attestations */

enum { CONFIG = 3, SIGN = 32, QUOTE = 4, WHOLE = 2 + CONFIG + SIGN + QUOTE };

static void put_attested(uint8_t body[WHOLE])
{
	memset(body, 's', WHOLE);
	body[0] = 0;
	body[1] = CONFIG;
	memcpy(body + 2, "cfg", CONFIG);
	memcpy(body + WHOLE - QUOTE, "quot", QUOTE);
}

static bool attest(const uint8_t *body, size_t n, struct sim_attested *out)
{
	int enclave = enclave_of(NULL, 0);
	bool good;

	heard.type = ASSAY_FRAME_ATTESTATION;
	heard.len = n;
	memcpy(assay_frame_body(&heard), body, n);
	must(assay_frame_send(&heard, enclave, NULL));
	good = sim_host_attest(out, &host,
	                       (struct assay_bytes){ (const uint8_t *)"n", 1 });
	must(assay_frame_read(&heard, enclave, NULL));
	end(enclave);
	return good;
}

static void test_attest(void)
{
	const struct sim_attested none = { 0 };
	uint8_t body[WHOLE];
	struct sim_attested out;
	bool all = true;

	put_attested(body);
	ok(attest(body, WHOLE, &out) && out.config.len == CONFIG &&
	           memcmp(out.config.ptr, "cfg", CONFIG) == 0 &&
	           out.sign.len == SIGN && out.sign.ptr[0] == 's' &&
	           out.quote.len == QUOTE &&
	           memcmp(out.quote.ptr, "quot", QUOTE) == 0,
	   "an attestation");
	ok(heard.type == ASSAY_FRAME_ATTEST && heard.len == 1 &&
	           *assay_frame_body(&heard) == 'n',
	   "it was asked for with the nonce");
	for (size_t n = 0; n <= WHOLE - QUOTE; n++)
		all = !attest(body, n, &out) &&
		      memcmp(&out, &none, sizeof(out)) == 0 &&
		      strstr(host.why, "cut short") && all;
	ok(all, "cut short anywhere it is none");
	body[1] = 0;
	ok(!attest(body, WHOLE, &out), "nor without a key configuration");
	body[0] = 0xff;
	ok(!attest(body, WHOLE, &out), "nor with one that is longer than it");
}

int main(void)
{
	test_answer();
	test_keep();
	test_restore();
	test_mail();
	test_cut_mail();
	test_mail_keys();
	test_refusals();
	test_failures();
	test_gone();
	test_attest();
	return done();
}
