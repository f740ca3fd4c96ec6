/*
 * client.h - to talk to an enclave: only after it has proved itself, and so that
 * only it can read.
 *
 * A client says what it wants, and takes what came; who moves the bytes, by which
 * HTTP library, is the caller's affair.  The library reads no clock: each step
 * that needs the time is told it.
 *
 *	struct assay_client *c = assay_client_new(&rules, NULL);
 *
 *	assay_client_path(c, path);                   // "attestation?nonce=..."
 *	http_get(url, path, &body);
 *	if (!assay_client_attestation(c, body, now))  // nothing can be sealed
 *		print_refusals(assay_client_decision(c));
 *
 *	assay_client_seal(c, message, &len, question, now, &err);
 *	status = http_post(url, "message", message, len, &body, &body_len);
 *	if (status != 200)
 *		fate = assay_client_failed(c, status);
 *	else
 *		kind = assay_client_open(c, &answer, body, body_len, &err);
 *	assay_client_free(c);
 *
 * docs/protocol.md says what goes over the wire.
 */
#ifndef ASSAY_CLIENT_H
#define ASSAY_CLIENT_H

#include <assay/enclave.h>
#include <assay/policy.h>

enum {
	ASSAY_CLIENT_NONCE_LEN = 32,
	ASSAY_CLIENT_PATH = 96, /* bytes of a path, with its NUL */
	/* The most that a request, or what is in an answer, may have is
	 * ASSAY_ENCLAVE_MAX; sealed it has so many bytes more, at most. */
	ASSAY_CLIENT_SEAL_MORE = 80,
	ASSAY_CLIENT_ANSWER_MAX = ASSAY_ENCLAVE_MAX + 73,
};

/* ---- who it was: what is remembered from one run to the next (pinning) */

struct assay_pin {
	enum assay_tee tee;
	uint8_t measurement[48]; /* MRENCLAVE, 32 bytes; of a TD: MRTD */
	uint8_t signer[32];      /* SGX: MRSIGNER */
	uint64_t product;        /* SGX: ISVPRODID */
	uint64_t level;          /* SGX: ISVSVN, the revocation level */
	uint8_t rtmr[4][48];     /* TD */
	uint8_t keys[64];        /* SHA-512 of the two keys, made anew at each
	                            * start */
	uint64_t state;          /* the number of the newest state that an */
	uint8_t state_tag[16];   /* answer came from; 0: of none */
};

enum { ASSAY_PIN_TEXT = 1024, ASSAY_PIN_MAX_FIELDS = 16 };

/* Something that is no longer what it was, as texts. */
struct assay_difference {
	const char *field; /* "measurement" */
	char was[132], is[132];
};

/* ---- what it is judged by */

struct assay_client_rules {
	const uint8_t (
		*roots)[64]; /* keys x || y of the roots that are trusted */
	size_t n_roots;      /* at least 1 */
	const struct assay_policy *policy; /* never NULL */
	const struct assay_list *list;     /* that it asks for, or NULL */
	const struct assay_constraint *const *constraints;
	size_t n_constraints;
	struct assay_terms terms; /* floors, graces; `now` is each step's */
	int64_t max_age;          /* seconds for which an attestation counts;
	                              * 0: an hour */
	bool without_nonce;       /* an attestation that was made before it
	                              * was asked for is good enough */
};

/* ---- the client */

enum assay_client_state {
	ASSAY_CLIENT_REFUSED = 0, /* the attestation was not good enough */
	ASSAY_CLIENT_CHANGED,     /* it was, but it is not who was pinned */
	ASSAY_CLIENT_ATTEST,      /* wants an attestation */
	ASSAY_CLIENT_READY,       /* can seal */
	ASSAY_CLIENT_WAITS,       /* for an answer to what was sealed */
};

/* What became of a request that was not answered. */
enum assay_fate {
	ASSAY_FATE_UNKNOWN = 0, /* it may have been processed, or not */
	ASSAY_FATE_NOT_DONE,    /* it was not, the host says: send it again */
};

/* What an answer is. */
enum assay_answer {
	ASSAY_ANSWER_NONE = 0, /* none: it could not be opened */
	ASSAY_ANSWER_YES,      /* the program's answer */
	ASSAY_ANSWER_REFUSAL,  /* the program says no: a text */
	ASSAY_ANSWER_OLD,      /* the enclave's state is older than, or another
	                        * than, what was seen before: a text */
};

struct assay_client;

ASSAY_BEGIN

/*
 * assay_client_new makes a client that wants an attestation.
 *
 * rules  copied; what it points to is borrowed until the client is freed
 * pin    who it was before, or NULL
 * NULL when memory or random numbers are short.  One thread may use it, for one
 * request at a time.
 */
struct assay_client *assay_client_new(const struct assay_client_rules *rules,
                                      const struct assay_pin *pin);
void assay_client_free(struct assay_client *client);

enum assay_client_state assay_client_state(const struct assay_client *client);

/* assay_client_path writes what is to be fetched, relative to the host's
 * address. */
void assay_client_path(const struct assay_client *client,
                       char path[ASSAY_CLIENT_PATH]);

/*
 * assay_client_attestation judges what was fetched: a bundle (docs/bundle.md).
 * Its collateral is authenticated at a root, its quote verified and appraised,
 * and the keys beside it must be those that the quote's report data names with
 * the nonce of assay_client_path.
 *
 * Returns true, and the state is READY, or CHANGED; else REFUSED.  In any other
 * state than ATTEST: false, and nothing happens.  Allocates as much as the bundle
 * while it judges, and nothing for one of more than ASSAY_EVIDENCE_MAX.
 * assay_client_err says what is wrong with it: whatever assay_evidence_read and
 * assay_verify_evidence fail with, ASSAY_K_SIZE, _KEYS, _NONCE, _BOUND,
 * ASSAY_H_CONFIG, _KEM, _SUITE, _MADE; assay_client_decision says which rules
 * say no.
 */
ASSAY_MUST_CHECK bool assay_client_attestation(struct assay_client *client,
                                               struct assay_bytes bundle,
                                               int64_t now);

/* Of the last attestation that was judged; good until the next. */
const struct assay_verdict *
assay_client_verdict(const struct assay_client *client);
const struct assay_decision *
assay_client_decision(const struct assay_client *client);
/* What failed, if a check did; else check ASSAY_OK: then rules alone say no. */
const struct assay_err *assay_client_err(const struct assay_client *client);

/* Who was accepted last: to be kept, for the next time; after an answer it names
 * the state that it came from.  In CHANGED: who would be accepted. */
const struct assay_pin *assay_client_pin(const struct assay_client *client);

/* CHANGED becomes READY: the caller has seen the difference, and takes it. */
void assay_client_accept_change(struct assay_client *client);

/* assay_client_again: whatever the state is, a new attestation is wanted, with a
 * new nonce; keys are forgotten.  False for want of random numbers: then it is
 * REFUSED. */
ASSAY_MUST_CHECK bool assay_client_again(struct assay_client *client);

/*
 * assay_client_seal seals a request.
 *
 * message  request.len + ASSAY_CLIENT_SEAL_MORE bytes, in which `request` may
 *          stand; on failure nothing is written, or zeros
 * len      gets how many are to be sent; 0 on failure
 * Fails with ASSAY_K_STATE (the state is not READY), _SIZE (the request is longer
 * than ASSAY_ENCLAVE_MAX), _OLD (the attestation is: the state is ATTEST),
 * ASSAY_H_POINT, _MADE.
 */
ASSAY_MUST_CHECK bool assay_client_seal(struct assay_client *client,
                                        uint8_t *message, size_t *len,
                                        struct assay_bytes request, int64_t now,
                                        struct assay_err *err);

/*
 * assay_client_open opens the answer that came to what was sealed last, where it
 * came in; READY again, whatever comes out.
 *
 * answer  lies in `message`; {NULL, 0} for ASSAY_ANSWER_NONE
 * Fails with ASSAY_K_STATE (nothing is waited for), _SIZE (longer than
 * ASSAY_CLIENT_ANSWER_MAX), ASSAY_H_RESPONSE, _OPEN, _INNER.  When it fails, the
 * request may have been processed.
 */
ASSAY_MUST_CHECK enum assay_answer
assay_client_open(struct assay_client *client, struct assay_bytes *answer,
                  uint8_t *message, size_t len, struct assay_err *err);

/*
 * assay_client_failed tells of a request that was not answered: `status` is
 * HTTP's, or 0 if there was none.  Where the host says that the enclave has other
 * keys by now, or has ended (409, 410, 502, 503), the state is ATTEST.
 *
 * The host can lie: a request whose repetition does harm needs a number of its
 * own inside, by which the program knows it again.
 */
enum assay_fate assay_client_failed(struct assay_client *client, int status);

/* assay_pin_print writes a pin as a text of lines, with its NUL.  Returns its
 * length. */
size_t assay_pin_print(const struct assay_pin *pin, char text[ASSAY_PIN_TEXT]);

/* assay_pin_parse reads such a text.  Zeroed on failure; fails with
 * ASSAY_K_PIN, `at` is the byte. */
ASSAY_MUST_CHECK bool assay_pin_parse(struct assay_pin *pin,
                                      struct assay_bytes text,
                                      struct assay_err *err);

/* assay_pin_compare lists what is not the same; returns how many there are. */
size_t assay_pin_compare(struct assay_difference out[ASSAY_PIN_MAX_FIELDS],
                         const struct assay_pin *was,
                         const struct assay_pin *is);

ASSAY_END

#endif
