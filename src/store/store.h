/*
 * store.h - what a verification service keeps: in a file, or in a database that
 * several nodes share.
 *
 * Every operation may be called by any thread, and is done whole or not at all.
 * What is read has the right form and nothing more: a store is shared, and
 * whoever reads a document, a policy or an entry of the log checks it.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "os/buf.h"

struct store;
enum {
	STORE_WHY_LEN = 256,
	STORE_NAME_MAX = 128, /* bytes of a name: no control characters */
	STORE_BODY_MAX = 4 << 20,
};

/* Zero is the bad answer. */
enum store_found { STORE_FAILED = 0, STORE_NONE, STORE_FOUND };

/*
 * store_open opens a store, and makes what is not there.
 *
 * where  a file (SQLite, WAL), or "postgresql://..." or "postgres://..."
 * NULL, and the reason.  The password of a database is in no message.
 */
struct store *store_open(const char *where, char why[STORE_WHY_LEN]);
void store_close(struct store *store);
/* Why this thread's last call failed. */
const char *store_why(struct store *store);
/* Whether it answers now, within a second or two. */
ASSAY_MUST_CHECK bool store_alive(struct store *store);

/* ---- rows with a key: settings, documents of the collateral, secrets, keys that
 * callers present.  `kind` is a constant of the program: letters. */

/* Replaces what is there. */
ASSAY_MUST_CHECK bool store_put(struct store *s, const char *kind,
                                const char *name, struct assay_bytes body);
/* FOUND: it is there already, and `body` is what is there; NONE: it was not, and
 * is now. */
ASSAY_MUST_CHECK enum store_found store_put_new(struct store *s,
                                                const char *kind,
                                                const char *name,
                                                struct buf *body);
ASSAY_MUST_CHECK enum store_found store_get(struct store *s, struct buf *body,
                                            const char *kind, const char *name);
/* That it is not there is no failure. */
ASSAY_MUST_CHECK bool store_drop(struct store *s, const char *kind,
                                 const char *name);
/* Calls `each` in the order of names; it says false to stop, and then this returns
 * false too; it must not call the store.  So does whatever begins with
 * store_each. */
ASSAY_MUST_CHECK bool store_each(struct store *s, const char *kind,
                                 bool (*each)(void *arg, const char *name,
                                              struct assay_bytes body),
                                 void *arg);

/* ---- versions: policies, lists of measurements.  Never changed, only added. */

struct store_version {
	unsigned number; /* from 1 */
	int64_t made;
	char by[STORE_NAME_MAX + 1]; /* who made it */
};

/* The number it got is in *number. */
ASSAY_MUST_CHECK bool store_add_version(struct store *s, unsigned *number,
                                        const char *kind, const char *name,
                                        struct assay_bytes body, const char *by,
                                        int64_t now);
/* `number` 0: the newest. */
ASSAY_MUST_CHECK enum store_found
store_get_version(struct store *s, struct store_version *version,
                  struct buf *body, const char *kind, const char *name,
                  unsigned number);
/* The newest version of each name, by name. */
ASSAY_MUST_CHECK bool
store_each_newest(struct store *s, const char *kind,
                  bool (*each)(void *arg, const char *name,
                               const struct store_version *version,
                               struct assay_bytes body),
                  void *arg);

/* ---- platforms that were seen */

struct store_platform {
	uint8_t id[32]; /* of the platform and its TEE: docs/service.md */
	int64_t first_seen, last_seen;
	uint64_t n_seen;
	char status[64]; /* of the last judgement, Intel's spelling */
	bool accepted;
	uint8_t tee; /* enum assay_tee */
	uint8_t fmspc[6];
};

/* Adds what was seen: platforms that are there get the later last_seen (but what is
 * more than a minute later is of a clock that was wrong), the sum of n_seen and
 * what was said last.  `evidence` (may hold empty ones): the last
 * of each, kept to be judged again. */
ASSAY_MUST_CHECK bool store_saw(struct store *s,
                                const struct store_platform *platforms,
                                const struct assay_bytes *evidence, size_t n);
/* In the order of ids, from behind `after` (NULL: the first), at most `most`. */
ASSAY_MUST_CHECK bool store_each_platform(
	struct store *s, const uint8_t after[32], size_t most,
	bool (*each)(void *arg, const struct store_platform *platform,
                     struct assay_bytes evidence),
	void *arg);
ASSAY_MUST_CHECK bool store_count_platforms(struct store *s, uint64_t *n);

/* ---- what counts once: nonces */

/* NONE: it is taken now, by this call alone of all nodes'; FOUND: it was taken
 * before.  After `until` it is forgotten. */
ASSAY_MUST_CHECK enum store_found
store_take(struct store *s, const uint8_t id[32], int64_t until, int64_t now);

/* ---- the log: entries from 0, without gaps, each made from the one before */

/*
 * store_append adds an entry: `make` is told its number and the entry before it
 * (empty for the first) and writes it into `entry`; nobody appends meanwhile.
 * It is on the disk when this returns true, and *number is its number.
 */
ASSAY_MUST_CHECK bool store_append(struct store *s, uint64_t *number,
                                   bool (*make)(void *arg, struct buf *entry,
                                                uint64_t number,
                                                struct assay_bytes before),
                                   void *arg);
/* Entries first .. first + most - 1, as far as they are there. */
ASSAY_MUST_CHECK bool store_each_entry(struct store *s, uint64_t first,
                                       uint64_t most,
                                       bool (*each)(void *arg, uint64_t number,
                                                    struct assay_bytes entry),
                                       void *arg);
ASSAY_MUST_CHECK bool store_count_entries(struct store *s, uint64_t *n);

/* ---- nodes that share it */

/* A number that is another when a row of `kind` (or a version, or "log") was
 * changed by anybody; asked often, it costs no round trip.  What this process
 * changed counts at once, what another did within a moment: of SQLite's a
 * millisecond, of PostgreSQL's as long as its notice travels. */
uint64_t store_change(struct store *s, const char *kind);
/* Whether this node is the one that does `what` (a constant): true until it
 * closes the store or loses it; another may take over then. */
bool store_lead(struct store *s, const char *what);

#endif
