/* run.c - the request loop of an enclave program. */
#include "enclave/run.h"

#include <assay/attest.h>

#include "base/err.h"
#include "crypto/crypto.h"
#include "crypto/curve25519.h"
#include "enclave/frame.h"
#include "enclave/sealed.h"
#include "enclave/secret.h"
#include "format/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum {
	DESCRIPTOR = 3,
	KEY_LEN = ASSAY_CURVE25519_LEN,
	CONFIG_HEAD = 3,
	CONFIG_LEN = 41,
	TEXT_MAX = 200,
};

struct secrets {
	uint8_t decrypt[KEY_LEN]; /* X25519 */
	uint8_t sign[KEY_LEN];    /* Ed25519 */
	struct assay_sealer sealer;
};

struct assay_enclave {
	const struct assay_enclave_app *app;
	const struct assay_enclave_place *place;
	struct secrets *secrets;
	uint8_t config[CONFIG_LEN]; /* of the public key to decrypt */
	uint8_t sign[KEY_LEN];
	bool asked;           /* something came that is not stored state */
	struct assay_err err; /* why there will be no answer */
	struct assay_attestation attestation;
	struct assay_frame in, out, store;
};

/* A key configuration [RFC 9458 3.1], but for the key: id 0, DHKEM(X25519,
 * HKDF-SHA256); then four bytes of suites: HKDF-SHA256, AES-256-GCM. */
static const uint8_t config_form[CONFIG_LEN] = {
	0, 0x00, 0x20, [CONFIG_HEAD + KEY_LEN] = 0, 4, 0, 1, 0, 2
};

static bool make_keys(struct assay_enclave *e)
{
	struct secrets *s = e->secrets;

	memcpy(e->config, config_form, CONFIG_LEN);
	return assay_random(s->decrypt, KEY_LEN) &&
	       assay_random(s->sign, KEY_LEN) &&
	       assay_x25519_public(e->config + CONFIG_HEAD, s->decrypt) &&
	       assay_ed25519_public(e->sign, s->sign);
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

static void clear(struct assay_frame *f)
{
	assay_wipe(assay_frame_body(f), f->len);
	f->len = 0;
}

/* What was sent is not kept. */
static bool send_out(struct assay_enclave *e, uint8_t type)
{
	e->out.type = type;
	bool sent = assay_frame_send(&e->out, e->place->fd, &e->err);

	clear(&e->out);
	return sent;
}

static bool add(struct assay_frame *f, const void *p, size_t n)
{
	if (n > ASSAY_ENCLAVE_MAX - f->len)
		return false;
	if (n)
		memcpy(assay_frame_body(f) + f->len, p, n);
	f->len += n;
	return true;
}

bool assay_enclave_put(struct assay_enclave *e, struct assay_bytes bytes)
{
	return add(&e->out, bytes.ptr, bytes.len) ||
	       assay_fail(&e->err, ASSAY_N_ANSWER, ASSAY_DOC_NONE, 0,
	                  "%zu bytes more than %zu", bytes.len, e->out.len);
}

/* What the answer had so far is not for the host. */
bool assay_enclave_refuse(struct assay_enclave *e, const char *text)
{
	clear(&e->out);
	return add(&e->out, text, strnlen(text, TEXT_MAX)) && false;
}

bool assay_enclave_store(struct assay_enclave *e, struct assay_bytes state)
{
	struct assay_frame *f = &e->store;

	if (!assay_seal(assay_frame_body(f), &e->secrets->sealer, state,
	                &e->err))
		return false;
	f->type = ASSAY_FRAME_STORE;
	f->len = state.len + ASSAY_SEALED_MORE;
	return assay_frame_send(f, e->place->fd, &e->err);
}

static bool answer(struct assay_enclave *e, struct assay_bytes request)
{
	bool yes;

	clear(&e->out);
	yes = e->app->answer(e, request, e->app->own);
	if (e->err.check)
		return false;
	return send_out(e, yes ? ASSAY_FRAME_ANSWER : ASSAY_FRAME_REFUSED);
}

/* u16be length, key configuration, signing key, quote */
static void put_attestation(struct assay_enclave *e)
{
	const uint8_t len[2] = { 0, CONFIG_LEN };
	struct assay_frame *f = &e->out;

	clear(f);
	(void)(add(f, len, sizeof(len)) && add(f, e->config, CONFIG_LEN) &&
	       add(f, e->sign, KEY_LEN) &&
	       add(f, e->attestation.quote, e->attestation.len));
}

static bool attest(struct assay_enclave *e, struct assay_bytes nonce)
{
	uint8_t data[ASSAY_KEYS_HASH_LEN];

	if (nonce.len > ASSAY_NONCE_MAX)
		return assay_fail(&e->err, ASSAY_N_NONCE, ASSAY_DOC_NONE, 0,
		                  "got %zu bytes", nonce.len);
	assay_keys_hash(data, (struct assay_bytes){ e->config, CONFIG_LEN },
	                (struct assay_bytes){ e->sign, KEY_LEN }, nonce);
	if (!assay_attest(&e->attestation, data, e->place->root, &e->err))
		return false;
	put_attestation(e);
	return send_out(e, ASSAY_FRAME_ATTESTATION);
}

/* A program that cannot have its state back must not go on as if it had none:
 * so whatever is wrong here ends it.  The state is opened where it came in. */
static bool restore(struct assay_enclave *e, struct assay_bytes sealed)
{
	uint8_t *opened = assay_frame_body(&e->in) + ASSAY_SEALED_HEAD;
	struct assay_bytes state = { opened, 0 };

	if (e->asked)
		return assay_fail(&e->err, ASSAY_N_STORED_FIRST, ASSAY_DOC_NONE,
		                  0, "it came after a request");
	if (!assay_unseal(opened, &state.len, &e->secrets->sealer, sealed,
	                  &e->err))
		return false;
	clear(&e->out);
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
		return restore(e, body);
	e->asked = true;
	if (e->in.type == ASSAY_FRAME_REQUEST)
		return answer(e, body);
	if (e->in.type == ASSAY_FRAME_ATTEST)
		return attest(e, body);
	return assay_fail(&e->err, ASSAY_N_FRAME_TYPE, ASSAY_DOC_NONE, 0,
	                  "got %u", (unsigned)e->in.type);
}

/* Says to the host why there is something else than it wanted. */
static bool explain(struct assay_enclave *e)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s: %s",
	         assay_check_info(e->err.check)->name, e->err.note);
	assay_enclave_refuse(e, text);
	return send_out(e, ASSAY_FRAME_REFUSED);
}

/* Nothing of one request is there when the next one comes.  False: the end. */
static bool handle(struct assay_enclave *e)
{
	bool done = act(e);

	clear(&e->in);
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
	const int fd = e->place->fd;

	while (assay_frame_read(&e->in, fd, &e->err)) {
		if (e->in.type == ASSAY_FRAME_END)
			return true;
		if (!handle(e))
			return false;
	}
	return false;
}

static void give_up(struct assay_enclave *e)
{
	fprintf(stderr, "enclave: %s: %s\n",
	        assay_check_info(e->err.check)->name, e->err.note);
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
	static const struct assay_enclave_place place = { DESCRIPTOR, "" };

	assay_crypto_start();
	return assay_enclave_run_at(app, &place);
}
