/* parts.h - a manufacturer from the inside: files of this folder alone. */
#ifndef MAKER_PARTS_H
#define MAKER_PARTS_H

#include "crypto/rsa.h"
#include "crypto/rsakey.h"
#include "sim/enclu.h"
#include "maker/maker.h"
#include "forge/world.h"

/* The levels of the first evaluation, and one for each recovery. */
enum { SIM_MAX_EVALUATIONS = SIM_MAX_LEVELS - SIM_LEVEL_NONE + 1 };

#define SIM_MAKER_SEAL_KEY_LEN 16
#define SIM_MAKER_UNCHECKED (-1)

struct sim_maker_keys {
	struct assay_p256_pair root, ca[SIM_N_CAS], signer;
	struct assay_rsa3 *enclaves; /* signs PCEs and QEs */
	struct assay_rsa_key *ppid;  /* PPIDs are encrypted to it */
	uint8_t seal[SIM_MAKER_SEAL_KEY_LEN];
};

struct sim_maker {
	char *path;
	int dir;  /* the folder */
	int lock; /* its mark, locked; -1: not needed */
	struct ledger *ledger;
	int64_t version; /* of the ledger that was checked; or UNCHECKED */
	uint8_t tally[LEDGER_SEAL_LEN]; /* of all its rows */
	bool reading; /* a row, again, in the transaction that checked it */
	struct ledger_maker row;
	struct ledger_evaluation evaluations[SIM_MAX_EVALUATIONS];
	size_t n_evaluations;
	struct sim_maker_keys keys;
	/* certificates and the specs of all documents; edited for each */
	struct sim_world *world;
	struct sim_cert_spec leaf[SIM_N_CAS];
	struct buf ca_chain[SIM_N_CAS], signer_chain;
	struct sim_ppid_key ppid_key;
	/* the PCE as a maker runs it: no state is beyond it */
	struct sim_cpu cpu;
	struct sim_enclave pce;
	struct buf der; /* what sim_maker_certify gives away */
	struct sim_why why;
};

/* Says why, and is false. */
bool sim_because(struct sim_why *why, const char *fmt, ...) ASSAY_PRINTF(2, 3);
/* The same of errno, and of what it is about in the manufacturer's folder. */
bool sim_errno_because(struct sim_maker *maker, const char *fmt, ...)
	ASSAY_PRINTF(2, 3);
/* Whether certificates and documents can be of this time. */
bool sim_maker_is_time(struct sim_why *why, int64_t now);
/* "memory is short" */
bool sim_no_memory(struct sim_maker *maker);
/* What the ledger says of a call that failed. */
bool sim_ledger_failed(struct sim_maker *maker);

/* ---- keys (keys.c) */

/* Fresh keys, written into `dir`; then read from it, each with what is wrong
 * with it. */
ASSAY_MUST_CHECK bool sim_maker_keys_make(int dir, struct sim_why *why);
ASSAY_MUST_CHECK bool sim_maker_keys_read(struct sim_maker_keys *keys, int dir,
                                          struct sim_why *why);
void sim_maker_keys_free(struct sim_maker_keys *keys);

/* ---- seals: what shows that a row is what was written (seal.c) */

ASSAY_MUST_CHECK bool sim_seal_maker(struct sim_maker *maker,
                                     struct ledger_maker *row);
ASSAY_MUST_CHECK bool sim_seal_processor(struct sim_maker *maker,
                                         struct ledger_processor *row);
ASSAY_MUST_CHECK bool sim_seal_cert(struct sim_maker *maker,
                                    struct ledger_cert *row);
ASSAY_MUST_CHECK bool sim_seal_family(struct sim_maker *maker,
                                      struct ledger_family *row);
ASSAY_MUST_CHECK bool sim_seal_evaluation(struct sim_maker *maker,
                                          struct ledger_evaluation *row);
ASSAY_MUST_CHECK bool sim_sealed_maker(struct sim_maker *maker,
                                       const struct ledger_maker *row);
ASSAY_MUST_CHECK bool sim_sealed_processor(struct sim_maker *maker,
                                           const struct ledger_processor *row);
ASSAY_MUST_CHECK bool sim_sealed_cert(struct sim_maker *maker,
                                      const struct ledger_cert *row);
ASSAY_MUST_CHECK bool sim_sealed_family(struct sim_maker *maker,
                                        const struct ledger_family *row);
ASSAY_MUST_CHECK bool
sim_sealed_evaluation(struct sim_maker *maker,
                      const struct ledger_evaluation *row);
ASSAY_MUST_CHECK bool sim_seal_document(struct sim_maker *maker,
                                        struct ledger_document *row);
ASSAY_MUST_CHECK bool sim_sealed_document(struct sim_maker *maker,
                                          const struct ledger_document *row);

/* A tally is of a set of rows: one is taken into it, or out of it, by its seal.
 * The sealed `maker` row says which is that of all the others. */
ASSAY_MUST_CHECK bool sim_tally(struct sim_maker *maker,
                                uint8_t tally[LEDGER_SEAL_LEN],
                                const uint8_t seal[LEDGER_SEAL_LEN]);
ASSAY_MUST_CHECK bool sim_tally_is(struct sim_maker *maker,
                                   const uint8_t tally[LEDGER_SEAL_LEN],
                                   const struct ledger_maker *row);

/* ---- transactions (maker.c) */

/* Begins one, with maker->row and ->evaluations as they are now; ends it with them as
 * they were changed. */
ASSAY_MUST_CHECK bool sim_maker_begin(struct sim_maker *maker);
ASSAY_MUST_CHECK bool sim_maker_commit(struct sim_maker *maker);
/* Abandons it; always false. */
bool sim_maker_abort(struct sim_maker *maker);
/* Whether a row that was just read must be read again, as somebody changed the
 * ledger before: it is checked first, and *found failed if it is not good.  Asked
 * until it says no, which is the second time at the latest. */
bool sim_maker_moved(struct sim_maker *maker, enum ledger_found *found);

/* ---- certificates and documents (docs.c) */

/* The world and what hangs on it, from the keys; false if memory is short. */
ASSAY_MUST_CHECK bool sim_maker_build(struct sim_maker *maker);
/* Puts certificates and public keys into the ledger, once. */
ASSAY_MUST_CHECK bool sim_maker_put_certs(struct sim_maker *maker);
/* Whether they are those that the ledger has. */
ASSAY_MUST_CHECK bool sim_maker_check_certs(struct sim_maker *maker);
/* Makes every document anew; in a transaction. */
ASSAY_MUST_CHECK bool sim_maker_issue(struct sim_maker *maker, int64_t now);
/* Whether each is what was issued last. */
ASSAY_MUST_CHECK bool sim_maker_check_issued(struct sim_maker *maker);
/* As sim_maker_document; that there is none is a failure. */
ASSAY_MUST_CHECK bool sim_maker_need_document(struct sim_maker *maker,
                                              struct assay_bytes *body,
                                              const char *name);
/* A new one; in a transaction. */
ASSAY_MUST_CHECK bool sim_maker_add_document(struct sim_maker *maker,
                                             const char *name,
                                             struct assay_bytes body);

/* The levels of an evaluation (an index of maker->evaluations), the best first. */
size_t sim_maker_levels(const struct sim_maker *maker,
                        struct sim_level levels[SIM_MAX_LEVELS],
                        size_t evaluation);
void sim_tcbm(uint8_t tcbm[18], const uint8_t cpu_svn[16], uint16_t pce_svn);

/* ---- files (export.c) */

/* Writes root.pem and pcs/ unless they are those of the last edition. */
ASSAY_MUST_CHECK bool sim_maker_export(struct sim_maker *maker);
/* Whether they are what the ledger says. */
ASSAY_MUST_CHECK bool sim_maker_check_files(struct sim_maker *maker);
/* Gives the processors that a killed process left their names, or removes
 * them. */
ASSAY_MUST_CHECK bool sim_maker_settle(struct sim_maker *maker);

/* ---- certificates of processors (cert.c); their bytes are maker->der's */

/* As it is whenever it is made for that time; not in the ledger yet. */
ASSAY_MUST_CHECK bool sim_maker_make_cert(struct sim_maker *maker,
                                          struct ledger_cert *cert,
                                          const struct ledger_processor *p,
                                          const uint8_t tcbm[18], int64_t now);
/* Made, and put into the ledger; in a transaction. */
ASSAY_MUST_CHECK bool sim_maker_new_cert(struct sim_maker *maker,
                                         struct ledger_cert *cert,
                                         const struct ledger_processor *p,
                                         const uint8_t tcbm[18], int64_t now);
/* The one that the ledger has. */
ASSAY_MUST_CHECK enum ledger_found
sim_maker_old_cert(struct sim_maker *maker, struct ledger_cert *cert,
                   const struct ledger_processor *p, const uint8_t tcbm[18]);
/* The PPID that goes with a root provisioning key. */
ASSAY_MUST_CHECK bool sim_maker_ppid(uint8_t ppid[16], struct sim_maker *maker,
                                     const uint8_t rpk[16]);

/* ---- processors (change.c) */

/* One that is not revoked. */
ASSAY_MUST_CHECK bool sim_maker_find_good(struct sim_maker *maker,
                                          struct ledger_processor *processor,
                                          const char *name);
/* Its entry, sealed anew; in a transaction. */
ASSAY_MUST_CHECK bool sim_maker_change(struct sim_maker *maker,
                                       struct ledger_processor *processor);

#endif
