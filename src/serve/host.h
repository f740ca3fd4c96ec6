/*
 * host.h - the host in front of an enclave: it starts it and starts it again,
 * hands out its attestation, and carries sealed messages in and out
 * (docs/protocol.md).  It never has a key to any of them.
 *
 * What is under other paths is another table of routes: `self` is the host.
 */
#ifndef SERVE_HOST_H
#define SERVE_HOST_H

#include "serve/http.h"
#include "launch/launcher.h"

#include <assay/evidence.h>

enum { HOST_WHY = 360 };

/* What is started. */
struct host_program {
	const char *command; /* NULL, or what sh runs: a program that talks over
	                      * its standard input and output */
	const char *platform;     /* else a simulated machine's folder, */
	struct assay_bytes image; /* and a signed program */
	struct sim_run_options how;
};

/* All is borrowed.  The functions are called by one thread at a time, but for
 * `say`, and write why they fail; all but `say` may be NULL. */
struct host_options {
	struct host_program program;
	/* The manufacturer's documents, good until the next call; `changed`: not
	 * what they were then.  False: there are no new ones, those of before
	 * are good still. */
	bool (*documents)(void *own, const struct assay_collateral **documents,
	                  bool *changed, char why[HOST_WHY]);
	/* What was kept for the enclave (nothing: it is left empty), and keeps
	 * it: on the disk when it returns. */
	bool (*load)(void *own, struct buf *sealed, char why[HOST_WHY]);
	bool (*save)(void *own, struct assay_bytes sealed, char why[HOST_WHY]);
	/* A line for who runs the host. */
	void (*say)(void *own, const char *line);
	/* The enclave cannot be started any more. */
	void (*gave_up)(void *own);
	void *own;
	bool conclave; /* Conclave's profile: EIIs, and mail; needs documents */
	/* 0: what stands behind it */
	unsigned answer_ms;   /* a request has so long: 60 s */
	unsigned refresh_ms;  /* documents are looked at so often: 5 s */
	unsigned back_off_ms; /* before it is started again, at first: 100 */
};

/* How it is at the moment. */
struct host_state {
	bool up, gave_up;
	uint64_t restarts;
	unsigned waiting;
	bool has_documents;
	int64_t documents_left; /* seconds; negative: they have run out */
	pid_t pid;              /* the enclave's process */
};

struct host;

/* host_start starts the enclave, and returns when it has attested; NULL, and
 * why.  To be called before there are other threads. */
struct host *host_start(const struct host_options *options, char why[HOST_WHY]);
/* No request begins from now on: they are answered with 503. */
void host_quiesce(struct host *host);
/* Ends the enclave, and all that was started for it. */
void host_end(struct host *host);
void host_look(struct host *host, struct host_state *state);
/* Why it gave up. */
const char *host_reason(const struct host *host);

/* A bundle with a quote for this nonce.  `who` asks: turns are taken in turn.
 * Gives HTTP's status (docs/protocol.md). */
unsigned host_attest(struct host *host, struct buf *bundle, uint64_t who,
                     struct assay_bytes nonce);

/* In Conclave's profile: the answer to a mail, of who calls himself `id` (1 to
 * 255 bytes).  409: it does not open; 500: the program refuses, or it is not the
 * next one. */
unsigned host_mail(struct host *host, struct buf *answer, uint64_t who,
                   struct assay_bytes id, struct assay_bytes mail);

/* Those of docs/protocol.md, with /healthz, /metrics and / beside them, and what
 * is said in the place of an answer. */
extern const struct http_route host_routes[];
void host_error(struct http_answer *answer, unsigned status);
/* The same of docs/conclave.md; there is nothing at /. */
extern const struct http_route host_conclave_routes[];
void host_conclave_error(struct http_answer *answer, unsigned status);
/* What answers that many waiting requests and still has a thread for others. */
enum { HOST_WAITING = 16, HOST_WORKERS = 24 };

#endif
