/* enclave.h - what an enclave program links: docs/enclave-program.md shows one
 * from its first line to its first answer. */
#ifndef ASSAY_ENCLAVE_H
#define ASSAY_ENCLAVE_H

#include <assay/base.h>

/* The most that a request, an answer or stored state may have. */
#define ASSAY_ENCLAVE_MAX (1 << 20)

/* Who can open again what the program stores, always on the same machine, with
 * the same CPUSVN; a debug enclave is somebody else. */
enum assay_seal_to {
	ASSAY_SEAL_NOBODY = 0,  /* the program stores nothing */
	ASSAY_SEAL_MEASUREMENT, /* the same program */
	ASSAY_SEAL_SIGNER,      /* its other versions too: whatever has the same
	                         * signer, product and revocation level */
};

struct assay_enclave;

/* Who sent a request as Conclave's mail (docs/conclave.md), and what it takes to
 * send him mail later: nothing in it is secret.  Texts end with a NUL. */
struct assay_enclave_sender {
	uint8_t key[32]; /* X25519; that it is his is proved */
	char topic[256];
	char id[256]; /* what the host calls him */
};

/* An enclave program, as functions that are called when something comes.  One
 * call at a time; what they are given lasts until they return. */
struct assay_enclave_app {
	/* Answers a request with assay_enclave_put, and returns true; or returns
	 * what assay_enclave_refuse does.  Who asks sealed the request to this
	 * enclave, and he alone can open the answer. */
	bool (*answer)(struct assay_enclave *e, struct assay_bytes request,
	               void *own);
	/* Takes back what assay_enclave_store was given in an earlier run,
	 * before the first request; or returns what assay_enclave_refuse does,
	 * which ends the program.  NULL if seal_to is ASSAY_SEAL_NOBODY. */
	bool (*restore)(struct assay_enclave *e, struct assay_bytes state,
	                void *own);
	enum assay_seal_to seal_to;
	void *own; /* handed to both */
};

ASSAY_BEGIN

/*
 * assay_enclave_run is the whole of an enclave program's main: it makes the
 * enclave's keys, and serves its host until that closes.  The host is at the
 * other end of descriptor 3, if that is a socket, as under assay run and assay
 * host; else at standard input and output, as under Gramine and in a TD.
 * Returns the program's exit status: 0, or 1 if it had to end before that; why
 * stands in a last frame, and on stderr.
 *
 * The keys, X25519 and Ed25519, are new at each start.  Their secrets are in
 * memory that the kernel itself does not map (memfd_secret), or in a locked page
 * where there is no such memory, which is said on stderr.  The process makes
 * itself one that is not dumped.
 *
 * Starts libcrypto without its configuration file.  No thread is made.
 */
int assay_enclave_run(const struct assay_enclave_app *app);

/* assay_enclave_put adds bytes to the answer.  When that gets longer than
 * ASSAY_ENCLAVE_MAX there is none: then it returns false, and the request is
 * refused whatever `answer` returns. */
bool assay_enclave_put(struct assay_enclave *e, struct assay_bytes bytes);

/* assay_enclave_refuse puts `text`, or its first 200 bytes, in the answer's
 * place: who asks sees it, and the host does not; who asks by mail hears that he
 * is refused, and not why.  Returns false. */
bool assay_enclave_refuse(struct assay_enclave *e, const char *text);

/*
 * assay_enclave_store seals the program's state and gives it to the host to
 * keep, in place of what it had; when it returns true, the sealed state was sent
 * before the answer is.  If it fails, the request is refused.
 *
 * The host can lose it, and after a restart it can give an older one.  A client
 * that had an answer since then, and remembers it, is told so by the enclave:
 * each answer names the state that it comes from (docs/protocol.md); but none
 * does that goes as mail.
 */
ASSAY_MUST_CHECK bool assay_enclave_store(struct assay_enclave *e,
                                          struct assay_bytes state);

/* A secret that the program wants of a verification service.  The texts are the
 * program's own, or its arguments, so that they are measured; never taken from
 * who asks. */
struct assay_key_wanted {
	const char *service; /* what it calls itself: at most 255 bytes */
	const char *key;  /* its release key, as assay serve prints it: hex */
	const char *name; /* the secret's: at most 255 bytes */
	uint32_t version; /* none older is taken; then, which one was */
};

/*
 * assay_key_open opens a secret that a verification service released to this
 * enclave (docs/key-release.md), while a request is being answered: the request,
 * or a part of it, is what the service answered the host with.
 *
 * out     `room` bytes: the secret, then zeros; the program wipes it
 * len     of the secret
 * wanted  whose it must be, and which; its version is 0 at first, and goes up to
 *         that which was opened, so that a host cannot hand in an older one when
 *         there was a newer
 * False, and zeros: it is for others, not made by this service, of another name,
 * older, altered, or does not fit.  Then the program may go on, or refuse.
 *
 * True: the service made it for this run of the enclave, and nobody else can open
 * it.  The host can still keep it back, or hand in later what was the newest when
 * the service was asked.
 */
ASSAY_MUST_CHECK bool assay_key_open(struct assay_enclave *e, uint8_t *out,
                                     size_t *len, size_t room,
                                     struct assay_key_wanted *wanted,
                                     struct assay_bytes released);

/* assay_enclave_sender says who asks, while `answer` is called; false, and
 * zeros, if the request was no mail: then nobody knows. */
bool assay_enclave_sender(const struct assay_enclave *e,
                          struct assay_enclave_sender *sender);

/* assay_enclave_post sends a mail of at most ASSAY_ENCLAVE_MAX bytes, beside the
 * answer, while a mail is being answered: the host keeps it until it is asked
 * for, or loses it.  It sends none if the request is refused.  If it fails, the
 * request is refused. */
ASSAY_MUST_CHECK bool assay_enclave_post(struct assay_enclave *e,
                                         const struct assay_enclave_sender *to,
                                         struct assay_bytes bytes);

ASSAY_END

#endif
