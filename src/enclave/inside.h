/* inside.h - an enclave program's inside: what the files of its request loop
 * share. */
#ifndef ENCLAVE_INSIDE_H
#define ENCLAVE_INSIDE_H

#include <assay/attest.h>
#include <assay/conclave.h>

#include "enclave/frame.h"
#include "enclave/run.h"
#include "enclave/sealed.h"
#include "seal/ohttp.h"

struct assay_secrets {
	struct assay_hpke_pair decrypt;
	struct assay_hpke_pair mail; /* by which mail is opened, and sent */
	uint8_t sign[ASSAY_CURVE25519_LEN]; /* Ed25519 */
	struct assay_sealer sealer;
	struct assay_reply reply; /* of the request that is being answered */
};

/* Mail of one sender on one topic, each way [CONCLAVE 3.4, 3.6]. */
struct assay_office {
	uint8_t id[32];  /* the hash of key and topic */
	int64_t in, out; /* the next numbers */
};

enum { ASSAY_N_OFFICES = 8192, ASSAY_SPKI_LEN = 44 };

struct assay_mails {
	bool open;               /* a mail is being answered: */
	struct assay_mail asked; /* this one, */
	struct assay_bytes id;   /* of whom the host calls so */
	uint64_t sum, count;     /* of what was sent: bytes, mails */
	size_t n;
	struct assay_office office[ASSAY_N_OFFICES];
	uint8_t room[ASSAY_FRAME_BODY_MAX]; /* where mail is opened */
	struct assay_frame sealed;          /* and sealed */
};

struct assay_enclave {
	const struct assay_enclave_app *app;
	const struct assay_enclave_place *place;
	struct assay_secrets *secrets;
	struct assay_key_config config; /* of the key to decrypt with */
	uint8_t config_bytes[ASSAY_KEY_CONFIG_LEN];
	uint8_t sign[ASSAY_CURVE25519_LEN];
	uint8_t spki[ASSAY_SPKI_LEN]; /* that one, as Conclave writes it */
	bool asked;           /* something came that is not stored state */
	struct assay_err err; /* why there will be no answer */
	size_t begin;         /* where in `out` the program's bytes begin */
	struct assay_attestation attestation;
	struct assay_frame in, out, store;
	struct assay_mails mails;
};

/* Whatever `out` had, is gone; the program's bytes come at `begin`. */
void assay_enclave_clear(struct assay_enclave *e, size_t begin);

/* ---- mail.c */

/* The report data that names the keys for mail; writes e->spki. */
void assay_enclave_mail_keys(uint8_t data[64], struct assay_enclave *e);
/*
 * assay_enclave_mail answers a mail: `in` is u8 length, the host's id of its
 * sender, mail.  Fails with ASSAY_N_MAIL_ID, _MAIL_SEQUENCE, _MAIL_MANY,
 * _MAIL_REFUSED, _MAIL_MADE, as the program's functions do, or as
 * assay_mail_open does.
 */
ASSAY_MUST_CHECK bool assay_enclave_mail(struct assay_enclave *e,
                                         struct assay_bytes in);

#endif
