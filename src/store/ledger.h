/* ledger.h - a manufacturer's ledger: the processors that it made, the
 * certificates that it issued, and what it published. */
#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include <assay/base.h>

/*
 * A ledger is a file, and a struct ledger one connection to it: used by one
 * thread.  Several connections, of several processes too, may be open: who
 * writes waits some seconds for another writer, and readers see what was
 * committed last.  Whatever a killed process left is rolled back by the next
 * one that opens the ledger.
 *
 * What is read from a ledger has the right form and nothing more: whether it
 * is what was written is for whoever keeps seals in it.
 */
struct ledger;

enum {
	LEDGER_NAME_LEN = 64,     /* with its NUL */
	LEDGER_ADVISORY_LEN = 32, /* the same */
	LEDGER_SEAL_LEN = 16,
	LEDGER_WHY_LEN = 256,
};

/* Zero is the bad answer. */
enum ledger_found { LEDGER_FAILED = 0, LEDGER_NONE, LEDGER_FOUND };

/* Times are seconds since 1970-01-01T00:00:00Z. */
struct ledger_processor {
	int64_t id; /* from 1, in the order of their making */
	char name[LEDGER_NAME_LEN];
	uint8_t ppid[16], rpk[16], fmspc[6], piid[16], cpu_svn[16];
	uint16_t pce_id, pce_svn;
	int64_t made;
	int64_t revoked; /* 0: it is not */
	uint8_t seal[LEDGER_SEAL_LEN];
};

/* A PCK certificate: of one processor in one state. */
struct ledger_cert {
	uint8_t serial[20];
	int64_t processor; /* its id */
	uint8_t tcbm[18];  /* CPUSVN, PCESVN little-endian */
	int64_t issued;
	struct assay_bytes der; /* borrowed: until the ledger is asked again */
	uint8_t seal[LEDGER_SEAL_LEN];
};

/* A family of processors. */
struct ledger_family {
	uint8_t fmspc[6];
	uint8_t ca; /* which of the CAs certifies them */
	uint8_t seal[LEDGER_SEAL_LEN];
};

/* A TCB evaluation: the state that is up to date from `event` on. */
struct ledger_evaluation {
	uint32_t number;
	int64_t event;
	int64_t standard; /* from when it is the standard one */
	uint8_t cpu_svn[16];
	uint16_t pce_svn;
	char advisory[LEDGER_ADVISORY_LEN]; /* why; "" for the first */
	uint8_t seal[LEDGER_SEAL_LEN];
};

/* What is published, or the maker's own. */
struct ledger_document {
	const char *name;
	struct assay_bytes body; /* borrowed: until the ledger is asked again */
	uint8_t seal[LEDGER_SEAL_LEN];
};

/* The manufacturer itself, and how much there is of each other row. */
struct ledger_maker {
	int64_t made;
	int64_t published; /* when its documents were issued */
	int64_t edition;   /* how often */
	int64_t n_processors, n_revoked, n_certs, n_families, n_evaluations;
	int64_t n_documents;
	uint8_t rows[LEDGER_SEAL_LEN]; /* what their keeper has of them all */
	uint8_t seal[LEDGER_SEAL_LEN];
};

/* The ledger in this file; `create`: a new one, in a file that is not there.
 * NULL, and the reason. */
struct ledger *ledger_open(const char *path, bool create,
                           char why[LEDGER_WHY_LEN]);
void ledger_close(struct ledger *ledger);
/* Why the last call failed. */
const char *ledger_why(const struct ledger *ledger);

/* What is done from begin to commit is done whole or not at all, and nobody
 * else writes meanwhile.  After a failure in between there is only abort. */
ASSAY_MUST_CHECK bool ledger_begin(struct ledger *ledger);
/* What is read from here to abort is of one moment, beside whoever writes. */
ASSAY_MUST_CHECK bool ledger_begin_reading(struct ledger *ledger);
ASSAY_MUST_CHECK bool ledger_commit(struct ledger *ledger);
void ledger_abort(struct ledger *ledger);

/* Writing.  What is there already is replaced by `put` and refused by `add`; of
 * a processor that is there ledger_change_processor changes CPUSVN, PCESVN,
 * `revoked` and `seal` alone. */
ASSAY_MUST_CHECK bool ledger_put_maker(struct ledger *ledger,
                                       const struct ledger_maker *maker);
ASSAY_MUST_CHECK bool ledger_put_family(struct ledger *ledger,
                                        const struct ledger_family *family);
ASSAY_MUST_CHECK bool
ledger_put_evaluation(struct ledger *ledger,
                      const struct ledger_evaluation *evaluation);
ASSAY_MUST_CHECK bool
ledger_add_processor(struct ledger *ledger,
                     const struct ledger_processor *processor);
ASSAY_MUST_CHECK bool
ledger_change_processor(struct ledger *ledger,
                        const struct ledger_processor *processor);
ASSAY_MUST_CHECK bool ledger_add_cert(struct ledger *ledger,
                                      const struct ledger_cert *cert);
ASSAY_MUST_CHECK bool
ledger_add_document(struct ledger *ledger,
                    const struct ledger_document *document);
/* Documents whose names begin so. */
ASSAY_MUST_CHECK bool ledger_drop_documents(struct ledger *ledger,
                                            const char *prefix);

/* Reading one. */
ASSAY_MUST_CHECK enum ledger_found ledger_get_maker(struct ledger *ledger,
                                                    struct ledger_maker *maker);
ASSAY_MUST_CHECK enum ledger_found
ledger_get_family(struct ledger *ledger, struct ledger_family *family,
                  const uint8_t fmspc[6]);
ASSAY_MUST_CHECK enum ledger_found
ledger_get_named(struct ledger *ledger, struct ledger_processor *processor,
                 const char *name);
ASSAY_MUST_CHECK enum ledger_found
ledger_get_ppid(struct ledger *ledger, struct ledger_processor *processor,
                const uint8_t ppid[16]);
ASSAY_MUST_CHECK enum ledger_found ledger_get_cert(struct ledger *ledger,
                                                   struct ledger_cert *cert,
                                                   int64_t processor,
                                                   const uint8_t tcbm[18]);
/* document->name is `name`. */
ASSAY_MUST_CHECK enum ledger_found
ledger_get_document(struct ledger *ledger, struct ledger_document *document,
                    const char *name);
/* How many rows there are, in truth: the counts of `maker`, nothing else. */
ASSAY_MUST_CHECK bool ledger_count(struct ledger *ledger,
                                   struct ledger_maker *maker);

/* A number that is another one whenever somebody else has changed anything since
 * it was asked for last; what this connection itself commits does not count. */
ASSAY_MUST_CHECK bool ledger_version(struct ledger *ledger, int64_t *version);

/* Reading all: calls `each` for every one, in order; it says false to stop, and
 * then so does this.  `each` must not ask the ledger for the same kind. */
ASSAY_MUST_CHECK bool ledger_each_processor(
	struct ledger *ledger,
	bool (*each)(void *arg, const struct ledger_processor *processor),
	void *arg);
ASSAY_MUST_CHECK bool
ledger_each_cert(struct ledger *ledger, int64_t processor,
                 bool (*each)(void *arg, const struct ledger_cert *cert),
                 void *arg);
/* Of revoked processors that this CA certifies: each with its certificates. */
ASSAY_MUST_CHECK bool ledger_each_revoked(
	struct ledger *ledger, uint8_t ca,
	bool (*each)(void *arg, const struct ledger_processor *processor),
	void *arg);
ASSAY_MUST_CHECK bool
ledger_each_family(struct ledger *ledger,
                   bool (*each)(void *arg, const struct ledger_family *family),
                   void *arg);
ASSAY_MUST_CHECK bool ledger_each_evaluation(
	struct ledger *ledger,
	bool (*each)(void *arg, const struct ledger_evaluation *evaluation),
	void *arg);
/* The seals of every row but the maker's, in some order; and of documents whose
 * names begin so. */
ASSAY_MUST_CHECK bool
ledger_each_seal(struct ledger *ledger,
                 bool (*each)(void *arg, const uint8_t seal[LEDGER_SEAL_LEN]),
                 void *arg);
ASSAY_MUST_CHECK bool ledger_each_document_seal(
	struct ledger *ledger, const char *prefix,
	bool (*each)(void *arg, const uint8_t seal[LEDGER_SEAL_LEN]),
	void *arg);

#endif
