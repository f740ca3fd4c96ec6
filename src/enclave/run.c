/* run.c - the request loop of an enclave program. */
#include "enclave/run.h"

#include "base/err.h"
#include "crypto/crypto.h"
#include "enclave/inside.h"
#include "enclave/secret.h"
#include "format/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DESCRIPTOR = 3, TEXT_MAX = 200 };

/* The key's id is random: so most often a request for the keys of an earlier
 * start is known as that. */
static bool make_keys(struct assay_enclave *e)
{
	struct assay_secrets *s = e->secrets;

	e->config.aead = ASSAY_AES_256_GCM;
	if (!assay_random(&e->config.id, 1) ||
	    !assay_hpke_pair_new(&s->decrypt) ||
	    !assay_hpke_pair_new(&s->mail) ||
	    !assay_random(s->sign, sizeof(s->sign)) ||
	    !assay_ed25519_public(e->sign, s->sign))
		return false;
	memcpy(e->config.key, s->decrypt.key, sizeof(e->config.key));
	assay_key_config_write(e->config_bytes, &e->config);
	return true;
}

/* What could not be protected is said, and no reason to stop. */
static void *guard(size_t len)
{
	static const char *const worse[] = {
		[ASSAY_SECRET_PLAIN] = "in ordinary memory",
		[ASSAY_SECRET_LOCKED] = "in locked memory",
	};
	enum assay_secret_kind kind;
	void *p = assay_secret_new(len, &kind);

	if (prctl(PR_SET_DUMPABLE, 0L) != 0)
		fprintf(stderr, "enclave: the process can be dumped\n");
	if (kind != ASSAY_SECRET_MEMFD)
		fprintf(stderr, "enclave: no memfd_secret: keys are %s\n",
		        worse[kind]);
	return p;
}

static bool start(struct assay_enclave *e)
{
	e->secrets = guard(sizeof(*e->secrets));
	if (!e->secrets || !make_keys(e))
		return assay_fail(&e->err, ASSAY_N_START, ASSAY_DOC_NONE, 0,
		                  "no memory, or no random numbers");
	return assay_sealer_start(&e->secrets->sealer, e->app->seal_to,
	                          e->place->root, &e->err);
}

static bool send_out(struct assay_enclave *e, uint8_t type)
{
	e->out.type = type;
	return assay_frame_send(&e->out, e->place->out, &e->err);
}

static bool add(struct assay_enclave *e, const void *p, size_t n)
{
	struct assay_frame *f = &e->out;

	if (n > ASSAY_ENCLAVE_MAX - (f->len - e->begin))
		return false;
	if (n)
		memcpy(assay_frame_body(f) + f->len, p, n);
	f->len += n;
	return true;
}

void assay_enclave_clear(struct assay_enclave *e, size_t begin)
{
	assay_wipe(assay_frame_body(&e->out), e->out.len);
	e->begin = begin;
	e->out.len = begin;
}

bool assay_enclave_put(struct assay_enclave *e, struct assay_bytes bytes)
{
	return add(e, bytes.ptr, bytes.len) ||
	       assay_fail(&e->err, ASSAY_N_ANSWER, ASSAY_DOC_NONE, 0,
	                  "%zu bytes more than %zu", bytes.len,
	                  e->out.len - e->begin);
}

bool assay_enclave_refuse(struct assay_enclave *e, const char *text)
{
	assay_enclave_clear(e, e->begin);
	return add(e, text, strnlen(text, TEXT_MAX)) && false;
}

bool assay_enclave_store(struct assay_enclave *e, struct assay_bytes state)
{
	struct assay_frame *f = &e->store;

	if (!assay_seal(assay_frame_body(f), &e->secrets->sealer, state,
	                &e->err))
		return false;
	f->type = ASSAY_FRAME_STORE;
	f->len = state.len + ASSAY_SEALED_MORE;
	return assay_frame_send(f, e->place->out, &e->err);
}

/* The program answers; or not, if who asks knows of other state. */
static enum assay_inner decide(struct assay_enclave *e,
                               const struct assay_mark *seen,
                               struct assay_bytes request)
{
	const struct assay_sealer *s = &e->secrets->sealer;

	if (!assay_marks_follow(&s->marks, s->newest, seen)) {
		assay_enclave_refuse(e, "the state that the host gave back is "
		                        "not the newest");
		return ASSAY_INNER_OLD;
	}
	return e->app->answer(e, request, e->app->own) ? ASSAY_INNER_ANSWER
	                                               : ASSAY_INNER_REFUSAL;
}

/* `out` has room for what sealing puts in front, then inner form and answer. */
static bool send_sealed(struct assay_enclave *e, enum assay_inner what)
{
	const struct assay_secrets *s = e->secrets;
	const struct assay_mark mark = assay_marks_get(&s->sealer.marks,
	                                               s->sealer.newest);
	const size_t head = assay_response_head(&s->reply);
	uint8_t *body = assay_frame_body(&e->out);
	const struct assay_bytes plain = { body + head, e->out.len - head };

	assay_inner_write(body + head, what, &mark);
	return assay_response_seal(body, &e->out.len, &s->reply, plain,
	                           &e->err) &&
	       send_out(e, ASSAY_FRAME_ANSWER);
}

static bool answer(struct assay_enclave *e)
{
	struct assay_secrets *s = e->secrets;
	struct assay_bytes opened, request;
	struct assay_mark seen;
	enum assay_inner what;

	if (!assay_request_open(&opened, &s->reply, &e->config, &s->decrypt,
	                        assay_frame_body(&e->in), e->in.len, &e->err) ||
	    !assay_inner_read(&seen, &request, opened, true, &e->err))
		return false;
	assay_enclave_clear(e,
	                    assay_response_head(&s->reply) + ASSAY_INNER_LEN);
	what = decide(e, &seen, request);
	return e->err.check == ASSAY_OK && send_sealed(e, what);
}

/* u16be length, key configuration, signing key, quote */
static void put_attestation(struct assay_enclave *e)
{
	const uint8_t len[2] = { 0, sizeof(e->config_bytes) };

	assay_enclave_clear(e, 0);
	(void)(add(e, len, sizeof(len)) &&
	       add(e, e->config_bytes, sizeof(e->config_bytes)) &&
	       add(e, e->sign, sizeof(e->sign)) &&
	       add(e, e->attestation.quote, e->attestation.len));
}

static void put_mail_attestation(struct assay_enclave *e)
{
	assay_enclave_clear(e, 0);
	(void)(add(e, e->spki, sizeof(e->spki)) &&
	       add(e, e->secrets->mail.key, sizeof(e->secrets->mail.key)) &&
	       add(e, e->attestation.quote, e->attestation.len));
}

/* For a mail's sender there is no nonce. */
static bool attest(struct assay_enclave *e, struct assay_bytes nonce, bool mail)
{
	uint8_t data[ASSAY_KEYS_HASH_LEN];

	if (nonce.len > (mail ? 0 : ASSAY_NONCE_MAX))
		return assay_fail(&e->err, ASSAY_N_NONCE, ASSAY_DOC_NONE, 0,
		                  "got %zu bytes", nonce.len);
	if (mail)
		assay_enclave_mail_keys(data, e);
	else
		assay_keys_hash(data,
		                (struct assay_bytes){ e->config_bytes,
		                                      sizeof(e->config_bytes) },
		                (struct assay_bytes){ e->sign,
		                                      sizeof(e->sign) },
		                nonce);
	if (!assay_attest(&e->attestation, data, e->place->root, &e->err))
		return false;
	if (mail)
		put_mail_attestation(e);
	else
		put_attestation(e);
	return send_out(e, mail ? ASSAY_FRAME_MAIL_ATTESTATION
	                        : ASSAY_FRAME_ATTESTATION);
}

/* A program that cannot have its state back must not go on as if it had none:
 * so whatever is wrong here ends it. */
static bool restore(struct assay_enclave *e)
{
	struct assay_bytes state;

	if (e->asked)
		return assay_fail(&e->err, ASSAY_N_STORED_FIRST, ASSAY_DOC_NONE,
		                  0, "it came after a request");
	if (!assay_unseal(&state, &e->secrets->sealer, assay_frame_body(&e->in),
	                  e->in.len, &e->err))
		return false;
	assay_enclave_clear(e, 0);
	bool taken = e->app->restore(e, state, e->app->own);

	if (e->err.check)
		return false;
	return taken ||
	       assay_fail(&e->err, ASSAY_N_RESTORE, ASSAY_DOC_NONE, 0, "%.*s",
	                  (int)e->out.len, assay_frame_body(&e->out));
}

static bool act(struct assay_enclave *e)
{
	const struct assay_bytes body = { assay_frame_body(&e->in), e->in.len };

	if (e->in.type == ASSAY_FRAME_STORED)
		return restore(e);
	e->asked = true;
	switch (e->in.type) {
	case ASSAY_FRAME_REQUEST:
		return answer(e);
	case ASSAY_FRAME_ATTEST:
		return attest(e, body, false);
	case ASSAY_FRAME_ATTEST_MAIL:
		return attest(e, body, true);
	case ASSAY_FRAME_MAIL:
		return assay_enclave_mail(e, body);
	default:
		return assay_fail(&e->err, ASSAY_N_FRAME_TYPE, ASSAY_DOC_NONE,
		                  0, "got %u", (unsigned)e->in.type);
	}
}

/* Says to the host why there is something else than it wanted: u16be number of
 * the check, a text. */
static bool explain(struct assay_enclave *e)
{
	const uint8_t number[2] = { (uint8_t)(e->err.check >> 8),
		                    (uint8_t)e->err.check };
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s: %s",
	         assay_check_info(e->err.check)->name, e->err.note);
	assay_enclave_clear(e, 0);
	(void)(add(e, number, sizeof(number)) && add(e, text, strlen(text)));
	return send_out(e, ASSAY_FRAME_REFUSED);
}

/* Nothing of one request is there when the next one comes.  False: the end. */
static bool handle(struct assay_enclave *e)
{
	bool done = act(e);

	assay_wipe(assay_frame_body(&e->in), e->in.len);
	assay_wipe(&e->secrets->reply, sizeof(e->secrets->reply));
	if (done)
		return true;
	if (e->in.type == ASSAY_FRAME_STORED || e->err.check == ASSAY_N_WRITE)
		return false;
	done = explain(e);
	if (done)
		e->err = (struct assay_err){ 0 };
	return done;
}

static bool serve(struct assay_enclave *e)
{
	while (assay_frame_read(&e->in, e->place->in, &e->err)) {
		if (e->in.type == ASSAY_FRAME_END)
			return true;
		if (!handle(e))
			return false;
	}
	return false;
}

static void give_up(struct assay_enclave *e)
{
	const struct assay_check_info *check = assay_check_info(e->err.check);

	fprintf(stderr, "enclave: %s: %s. %s\n", check->name, e->err.note,
	        check->todo);
	if (e->err.check != ASSAY_N_WRITE)
		(void)explain(e);
}

int assay_enclave_run_at(const struct assay_enclave_app *app,
                         const struct assay_enclave_place *place)
{
	struct assay_enclave *e = calloc(1, sizeof(*e));

	if (!e)
		return 1;
	e->app = app;
	e->place = place;
	bool ended = start(e) && serve(e);

	if (!ended)
		give_up(e);
	assay_secret_free(e->secrets, sizeof(*e->secrets));
	assay_wipe(e, sizeof(*e));
	free(e);
	return ended ? 0 : 1;
}

int assay_enclave_run(const struct assay_enclave_app *app)
{
	static const struct assay_enclave_place inherited = { DESCRIPTOR,
		                                              DESCRIPTOR, "" },
						standard = { STDIN_FILENO,
		                                             STDOUT_FILENO,
		                                             "" };
	struct stat st;

	assay_crypto_start();
	if (fstat(DESCRIPTOR, &st) == 0 && S_ISSOCK(st.st_mode))
		return assay_enclave_run_at(app, &inherited);
	if (!isatty(STDIN_FILENO))
		return assay_enclave_run_at(app, &standard);
	fprintf(stderr, "enclave: no host is there: start the program with "
	                "assay run or assay host\n");
	return 1;
}
