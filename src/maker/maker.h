/*
 * maker.h - a simulated manufacturer: a folder with its keys, the ledger of the
 * processors that it made, and the documents that it publishes.
 *
 *	DIR/.assay-maker     says what the folder is, and is locked by who works
 *	DIR/ledger.db        the ledger; what it says is so
 *	DIR/keys/            the keys, each in a file of its owner's alone
 *	DIR/root.pem         the root certificate, for who is to trust it
 *	DIR/pcs/             what is published, as files: SET/FMSPC/, each a
 *	                     collateral folder
 *	DIR/processors/NAME/ each a machine (machine.h), and processor.json
 *
 * Everything that changes the ledger changes it in one transaction; files
 * follow, each complete or not at all.  A process may be killed, or the disk be
 * full, at any point: the next one that opens the folder finishes or undoes
 * what was begun.
 */
#ifndef MAKER_MAKER_H
#define MAKER_MAKER_H

#include "sim/pce.h"
#include "store/ledger.h"

struct sim_maker;

/* Why something cannot be done, a line for people. */
struct sim_why {
	char text[512];
};

/* The CAs that certify processors. */
enum sim_ca { SIM_CA_PROCESSOR = 0, SIM_CA_PLATFORM, SIM_N_CAS };
const char *sim_ca_name(enum sim_ca ca); /* "processor", "platform" */

/* The number of the first TCB evaluation; each recovery makes the next. */
enum { SIM_FIRST_EVALUATION = 20 };

/* The family that is made when nothing else is said: 53494D000001. */
extern const uint8_t sim_maker_fmspc[6];

/* A manufacturer is made in `dir`, which is made too, or is empty, or holds one
 * that was not finished.  False, and why. */
ASSAY_MUST_CHECK bool sim_maker_init(const char *dir, int64_t now,
                                     struct sim_why *why);

enum sim_maker_use {
	SIM_MAKER_WORK = 0, /* alone: false if somebody else works */
	SIM_MAKER_SERVE,    /* beside whoever works */
};
/*
 * sim_maker_open opens a manufacturer's folder, and checks that keys, ledger and
 * certificates belong together; for SIM_MAKER_WORK it first finishes what was
 * left half done.  NULL, and why.  One thread may use it.
 */
struct sim_maker *sim_maker_open(const char *dir, enum sim_maker_use use,
                                 struct sim_why *why);
void sim_maker_close(struct sim_maker *maker);
/* Why the last call failed. */
const char *sim_maker_why(const struct sim_maker *maker);

/* ---- what a manufacturer does: SIM_MAKER_WORK alone.  Each takes the time, and
 * is done whole or not at all; false, and sim_maker_why. */

struct sim_make_spec {
	const char *name; /* NULL: processor-000001 ... */
	size_t count;     /* more than 1: NAME-000001 ... */
	uint8_t fmspc[6]; /* begins with "SIM": of no real family */
	enum sim_ca ca;   /* the same for all of a family */
	bool has_cpu_svn, has_pce_svn;
	uint8_t cpu_svn[16]; /* else the best there is */
	uint16_t pce_svn;    /* the same */
	int64_t now;
	/* told now and then how many are made; or NULL */
	void (*progress)(void *arg, size_t made, size_t of);
	void *arg;
};
/*
 * sim_maker_make makes processors: for each a folder with its fuses, which are
 * drawn at random and kept nowhere else, and a certificate for its state; and
 * an entry in the ledger with the root provisioning key.  Many are made in
 * batches: each of them is whole or not there.
 */
ASSAY_MUST_CHECK bool sim_maker_make(struct sim_maker *maker,
                                     const struct sim_make_spec *spec);

/* sim_maker_revoke puts every certificate of a processor on its CA's list, and
 * issues no more. */
ASSAY_MUST_CHECK bool sim_maker_revoke(struct sim_maker *maker,
                                       const char *name, int64_t now);

/* A TCB recovery: from now on the best state is a newer one. */
struct sim_recovery {
	bool has_cpu_svn, has_pce_svn;
	uint8_t cpu_svn[16];  /* else one more in the first component */
	uint16_t pce_svn;     /* else as it is */
	const char *advisory; /* NULL: SIMULATION-SA- and the number */
	bool has_standard;
	int64_t standard; /* when it becomes the standard; else not yet */
	int64_t now;
};
/* The new evaluation is served to who asks for the early one, at once. */
ASSAY_MUST_CHECK bool sim_maker_recover(struct sim_maker *maker,
                                        const struct sim_recovery *recovery);
/* The newest evaluation becomes the standard one, now. */
ASSAY_MUST_CHECK bool sim_maker_promote(struct sim_maker *maker, int64_t now);

/* sim_maker_publish issues every document anew. */
ASSAY_MUST_CHECK bool sim_maker_publish(struct sim_maker *maker, int64_t now);

/*
 * sim_maker_update brings a processor in DIR/processors to the best state there
 * is: CPUSVN, PCE, QE and a certificate for them.  Its fuses stay as they are,
 * and no component becomes less: false for one that is above the best.
 */
ASSAY_MUST_CHECK bool sim_maker_update(struct sim_maker *maker,
                                       const char *name, int64_t now);

/* sim_maker_check compares all that the ledger says with itself, with the
 * processors' folders (those that are there), with the documents and with the
 * files that are published. */
ASSAY_MUST_CHECK bool sim_maker_check(struct sim_maker *maker);

/* ---- what there is */

const struct ledger_maker *sim_maker_facts(const struct sim_maker *maker);
ASSAY_MUST_CHECK enum ledger_found
sim_maker_find(struct sim_maker *maker, struct ledger_processor *processor,
               const char *name);
/* As ledger_each_... (ledger.h), each checked to be what was written. */
ASSAY_MUST_CHECK bool
sim_maker_each(struct sim_maker *maker,
               bool (*each)(void *arg, const struct ledger_processor *p),
               void *arg);
ASSAY_MUST_CHECK bool
sim_maker_each_cert(struct sim_maker *maker, int64_t processor,
                    bool (*each)(void *arg, const struct ledger_cert *cert),
                    void *arg);
ASSAY_MUST_CHECK enum ledger_found
sim_maker_family(struct sim_maker *maker, struct ledger_family *family,
                 const uint8_t fmspc[6]);
/* The one of a processor; false where there is none, too. */
ASSAY_MUST_CHECK bool sim_maker_family_of(struct sim_maker *maker,
                                          struct ledger_family *family,
                                          const struct ledger_processor *p);
ASSAY_MUST_CHECK bool
sim_maker_each_family(struct sim_maker *maker,
                      bool (*each)(void *arg, const struct ledger_family *f),
                      void *arg);
/* The evaluations, oldest first. */
const struct ledger_evaluation *
sim_maker_evaluations(const struct sim_maker *maker, size_t *n);
/* The one that is standard at a time. */
const struct ledger_evaluation *
sim_maker_standard(const struct sim_maker *maker, int64_t now);

/* The manufacturer's PPID key, to which a PCE encrypts. */
const struct sim_ppid_key *sim_maker_ppid_key(const struct sim_maker *maker);

/* ---- what a listener asks */

/* Takes notice of what others changed meanwhile, and checks all of it then. */
ASSAY_MUST_CHECK bool sim_maker_refresh(struct sim_maker *maker);

/* What the documents of a CA, a family and an evaluation are called. */
enum { SIM_DOCUMENT_NAME = 40 };
void sim_crl_name(char name[SIM_DOCUMENT_NAME], enum sim_ca ca);
void sim_tcb_name(char name[SIM_DOCUMENT_NAME], const uint8_t fmspc[6],
                  uint32_t number);
void sim_qe_name(char name[SIM_DOCUMENT_NAME], uint32_t number);

/* A published document; borrowed until the next call.  Their names are those,
 * "crl/root" and "numbers"; lists are DER, the others JSON. */
ASSAY_MUST_CHECK enum ledger_found sim_maker_document(struct sim_maker *maker,
                                                      struct assay_bytes *body,
                                                      const char *name);
/* Issuer chains, PEM: of a CA's certificates and list; of signed JSON. */
struct assay_bytes sim_maker_ca_chain(const struct sim_maker *maker,
                                      enum sim_ca ca);
struct assay_bytes sim_maker_signer_chain(const struct sim_maker *maker);
/* The root certificate, DER. */
struct assay_bytes sim_maker_root(const struct sim_maker *maker);

/* The processor whose PPID was encrypted to this manufacturer.  NONE: there is
 * none, or it is no such ciphertext. */
ASSAY_MUST_CHECK enum ledger_found
sim_maker_by_ppid(struct sim_maker *maker, struct ledger_processor *processor,
                  const uint8_t encrypted[ASSAY_RSA3072_LEN]);

/* States that PCK certificates are for, the best first, as `tcbm`: NONE after
 * the last. */
ASSAY_MUST_CHECK enum ledger_found
sim_maker_state(const struct sim_maker *maker, uint8_t tcbm[18], size_t i);
/* The best of them that a processor of this state has reached; NONE: none. */
ASSAY_MUST_CHECK enum ledger_found
sim_maker_reached(const struct sim_maker *maker, uint8_t tcbm[18],
                  const struct sim_psvn *psvn);

/*
 * sim_maker_certify gives the certificate of a processor in one of those
 * states, issued now if it has none yet.  NONE: the processor is revoked.
 * cert->der is borrowed until the next call.
 */
ASSAY_MUST_CHECK enum ledger_found
sim_maker_certify(struct sim_maker *maker, struct ledger_cert *cert,
                  const struct ledger_processor *processor,
                  const uint8_t tcbm[18], int64_t now);

#endif
