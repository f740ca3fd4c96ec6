/* collateral_inner.h - what the files of collateral.h share. */
#ifndef NET_COLLATERAL_INNER_H
#define NET_COLLATERAL_INNER_H

#include "net/collateral.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	COLLATERAL_NAME = 64,          /* a name in the folder, with its NUL */
	COLLATERAL_DOCUMENT = 4 << 20, /* bytes that one document may have */
	COLLATERAL_CHAIN = 16 << 10,   /* and the chain beside it */
};

/* ---- a set as its documents ---- */

enum collateral_part {
	COLLATERAL_TCB = 0,
	COLLATERAL_QE,
	COLLATERAL_PCK_CRL,
	COLLATERAL_ROOT_CRL,
	COLLATERAL_PARTS
};

struct collateral_document {
	struct buf chain; /* PEM; beside the root's list there is none */
	struct buf body;  /* as it was signed; a revocation list as DER */
	int64_t fetched;
	char from[160];
};
struct collateral_papers {
	struct collateral_document part[COLLATERAL_PARTS];
};
void collateral_papers_free(struct collateral_papers *papers);

/* How new a document is: its number (a TCB evaluation's, a list's), and of two
 * with the same its date. */
struct collateral_mark {
	uint64_t number;
	int64_t date;
};
bool collateral_is_below(struct collateral_mark a, struct collateral_mark b);

/* ---- words ---- */

/* Adds a line to `why`: who, and what; a server can say anything, so what does
 * not print becomes '?'.  Always false. */
bool collateral_say(char why[COLLATERAL_WHY], const char *who, const char *fmt,
                    ...) ASSAY_PRINTF(3, 4);
/* "early", "standard", or the number. */
enum { COLLATERAL_KIND = 16 };
const char *collateral_kind(char out[COLLATERAL_KIND],
                            const struct collateral_want *want);
const char *collateral_tee(const struct collateral_want *want);
const char *collateral_ca(const struct collateral_want *want);

/* ---- a set checked (collateral_check.c) ---- */

struct collateral_roots {
	const uint8_t (*key)[64];
	size_t n;
};

/* What a set turned out to be. */
struct collateral_checked {
	uint8_t root[64];
	int64_t fresh_until;
	uint32_t evaluation;
	struct collateral_mark mark[COLLATERAL_PARTS];
};

/* collateral_check: every signature holds under one of the roots, it is what is
 * wanted, and good at *now (NULL: whenever).  False, and a line. */
ASSAY_MUST_CHECK bool collateral_check(struct collateral_checked *checked,
                                       const struct collateral_papers *papers,
                                       const struct collateral_want *want,
                                       const struct collateral_roots *roots,
                                       const int64_t *now, const char *who,
                                       char why[COLLATERAL_WHY]);

/* The same of a PCK CA's list alone, which nothing else says is not revoked. */
ASSAY_MUST_CHECK bool
collateral_check_list(struct collateral_checked *checked,
                      const struct collateral_papers *papers,
                      const struct collateral_want *want,
                      const struct collateral_roots *roots, int64_t now,
                      const char *who, char why[COLLATERAL_WHY]);

/* Where the root's revocation list is, as a certificate says that is signed by
 * one of the roots; `chain` is the TCB signer's. */
enum { COLLATERAL_URL = 512 };
ASSAY_MUST_CHECK bool collateral_crl_url(char url[COLLATERAL_URL],
                                         struct assay_bytes chain,
                                         const struct collateral_roots *roots);

/* ---- documents over HTTP (collateral_ask.c) ---- */

struct collateral_address {
	char base[128]; /* without what the protocol puts behind it */
	_Atomic int64_t not_before; /* it wants not to be asked until then, by
	                             * collateral_seconds */
};
/* Seconds of a clock that nobody sets. */
int64_t collateral_seconds(void);

/* Whether it begins as one that can be asked at. */
bool collateral_is_url(const char *url);
/* False: it is no address to ask at, and a line. */
ASSAY_MUST_CHECK bool collateral_address(struct collateral_address *address,
                                         const char *url,
                                         char why[COLLATERAL_WHY]);

/* collateral_ask fetches all documents of a set from one address; nothing of
 * them is checked but what is needed to find the root's list.  False, and a
 * line. */
ASSAY_MUST_CHECK bool collateral_ask(struct collateral_papers *papers,
                                     struct collateral_address *address,
                                     const struct collateral_want *want,
                                     const struct collateral_roots *roots,
                                     const struct net_options *net, int64_t now,
                                     char why[COLLATERAL_WHY]);
/* The PCK CA's list alone. */
ASSAY_MUST_CHECK bool collateral_ask_list(struct collateral_papers *papers,
                                          struct collateral_address *address,
                                          const struct collateral_want *want,
                                          const struct collateral_roots *roots,
                                          const struct net_options *net,
                                          int64_t now,
                                          char why[COLLATERAL_WHY]);

/* An issuer chain out of a header: percent-decoded once, '+' is itself
 * [DCAP 3.5].  False: it is none. */
ASSAY_MUST_CHECK bool collateral_chain(struct buf *chain, const char *header);

/* Whether the root's list may be fetched at this address, which a certificate
 * names: below the one that is asked, or at Intel's own. */
bool collateral_may_ask(const char *url, const char *base);

/* ---- the folder (collateral_keep.c) ---- */

struct collateral_shelf {
	int folder, floors; /* -1: nothing is kept beyond this process */
	pthread_mutex_t mutex;
	struct collateral_item *items; /* documents, where there is no folder */
	struct collateral_floor *below; /* what was seen */
};
ASSAY_MUST_CHECK bool collateral_shelf_open(struct collateral_shelf *shelf,
                                            const char *folder,
                                            char why[COLLATERAL_WHY]);
void collateral_shelf_close(struct collateral_shelf *shelf);

/* collateral_find reads what is kept for `want` under a root, and checks all of
 * it.  False: there is none that is good; a line only if something is wrong
 * with what there is. */
ASSAY_MUST_CHECK bool collateral_find(struct collateral_papers *papers,
                                      struct collateral_checked *checked,
                                      struct collateral_shelf *shelf,
                                      const struct collateral_want *want,
                                      const uint8_t (*root)[64],
                                      const int64_t *now,
                                      char why[COLLATERAL_WHY]);

/* collateral_marks says how new documents for `want` under a root must be, at
 * least.  False: nobody can tell. */
ASSAY_MUST_CHECK bool
collateral_marks(struct collateral_mark marks[COLLATERAL_PARTS],
                 struct collateral_shelf *shelf,
                 const struct collateral_want *want, const uint8_t root[64]);

/* collateral_keep keeps a set that was checked.  False, and a line, if something
 * newer was seen before: it is not to be used.  A line, and true, if it could
 * not be written. */
ASSAY_MUST_CHECK bool collateral_keep(struct collateral_shelf *shelf,
                                      const struct collateral_papers *papers,
                                      const struct collateral_checked *checked,
                                      const struct collateral_want *want,
                                      const char *who,
                                      char why[COLLATERAL_WHY]);

/* How long an address still wants to be left alone, as any process that uses the
 * folder was told; and that it does.  Seconds, COLLATERAL_WAIT_S at most: who is
 * on the way can say so, too. */
enum { COLLATERAL_WAIT_S = 3600 };
int64_t collateral_wait_left(struct collateral_shelf *shelf, const char *base);
void collateral_wait_keep(struct collateral_shelf *shelf, const char *base,
                          int64_t seconds);

/* The names of sets, sorted, each COLLATERAL_NAME bytes in `names`; false if
 * they cannot be read. */
ASSAY_MUST_CHECK bool collateral_names(struct buf *names,
                                       struct collateral_shelf *shelf);

/* The name of a set's document under a root, and what a set's name says. */
void collateral_name(char out[COLLATERAL_NAME], enum collateral_part part,
                     const char id[17], const struct collateral_want *want);
void collateral_root_id(char id[17], const uint8_t root[64]);
ASSAY_MUST_CHECK bool collateral_name_read(struct collateral_want *want,
                                           char id[17], const char *name);

/* ---- documents as a file (collateral_file.c) ---- */

/* A document as it stands in the folder, and among others in the file for
 * machines without a network. */
struct collateral_record {
	char name[COLLATERAL_NAME];
	int64_t fetched;
	char from[160];
	struct assay_bytes chain, body;
};
void collateral_record_put(struct buf *out, const char *name,
                           const struct collateral_document *document);
/* Takes the first record off `rest`; false: it is none, and nothing is taken. */
ASSAY_MUST_CHECK bool collateral_record_read(struct collateral_record *record,
                                             struct assay_bytes *rest);
/* Copies it. */
void collateral_record_take(struct collateral_document *document,
                            const struct collateral_record *record);

/* ---- the source (collateral.c) ---- */

/* What is kept for a set, if it is good. */
struct collateral_kept {
	bool good;
	struct collateral_papers papers;
	struct collateral_checked checked;
};

struct collateral_turn;
struct collateral_source {
	struct collateral_shelf shelf;
	struct collateral_address *address;
	size_t n_addresses;
	uint8_t (*root)[64];
	struct collateral_roots roots;
	struct net_options net;
	char *ca_file, *proxy, *folder;
	int64_t refresh_s, max_age_s;
	pthread_mutex_t mutex; /* of the turns */
	pthread_cond_t over;
	struct collateral_turn *turns;
	/* lists of the Processor and the Platform CA, each for who has the turn */
	struct collateral_kept list[2];
};

#endif
