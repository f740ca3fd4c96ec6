/*
 * audit.h - a log that nobody can change unnoticed: entries that name the one
 * before, a hash tree over all of them, and signed heads of that [RFC 6962 2.1].
 *
 * docs/audit.md has the bytes.  An entry is one line of JSON; its leaf hash is
 * SHA-256(00 || line), without a line feed.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "base/json.h"

#include "token/token.h"

enum {
	AUDIT_ENTRY_MAX = 16 << 10, /* bytes of an entry */
	AUDIT_PATH_MAX = 64,        /* hashes of a proof */
	AUDIT_HEAD_MAX = 2048,      /* characters of a signed head */
	AUDIT_PROOF_MAX = 64 << 10, /* characters of a proof */
};

/* What an entry says. */
struct audit_entry {
	uint64_t number;
	int64_t time;
	uint8_t before[32]; /* leaf hash of the entry before; zeros: it is the
	                     * first */
	char what[32];      /* "key.released", "policy.added", ... */
	char who[129];      /* the API key's name, an address; or "" */
	struct assay_bytes data; /* a JSON object, as it stands */
};

/* audit_write writes an entry; `before` (the line before, or empty) makes
 * entry->before.  The length; 0: it does not fit, or something in it cannot be
 * written. */
size_t audit_write(char *out, size_t room, const struct audit_entry *entry,
                   struct assay_bytes before);
/* Fails with J_* and ASSAY_L_ENTRY. */
ASSAY_MUST_CHECK bool audit_read(struct audit_entry *entry,
                                 struct assay_bytes line,
                                 struct assay_err *err);
/* Fails with ASSAY_L_ORDER if it is another entry than that of this number. */
ASSAY_MUST_CHECK bool audit_is_number(const struct audit_entry *entry,
                                      uint64_t number, struct assay_err *err);
void audit_leaf(uint8_t hash[32], struct assay_bytes line);

/* The tree over the entries so far: 64 hashes at most, one for each bit of
 * `size`.  Zeroed is empty. */
struct audit_tree {
	uint64_t size;
	uint8_t node[64][32];
	uint8_t last[32]; /* leaf hash of the last entry */
};
void audit_tree_add(struct audit_tree *tree, const uint8_t leaf[32]);
void audit_tree_root(uint8_t root[32], const struct audit_tree *tree);

/* Checks one entry after the other: form, number, and that each names the one
 * before.  Fails with ASSAY_L_ENTRY, _ORDER, _CHAIN. */
ASSAY_MUST_CHECK bool audit_follow(struct audit_tree *tree,
                                   struct assay_bytes line,
                                   struct assay_err *err);

/* ---- signed heads: a JWS whose claims are size, root, last, time */

#define AUDIT_HEAD_TYPE "assay-log-head+jwt"

struct audit_head {
	uint64_t size;
	uint8_t root[32],
		last[32]; /* the tree's; leaf hash of the last entry */
	int64_t time;
};
void audit_head_of(struct audit_head *head, const struct audit_tree *tree,
                   int64_t time);
/* The length; 0: `room` is too small, or memory short. */
size_t audit_head_sign(char *out, size_t room, struct token_signer *signer,
                       const struct audit_head *head);
/* Checks the signature, and reads what it is over.  Fails with W_*, J_*,
 * ASSAY_L_HEAD. */
ASSAY_MUST_CHECK bool audit_head_open(struct audit_head *head,
                                      struct assay_bytes token,
                                      struct assay_bytes key_set,
                                      struct assay_err *err);
/* Whether the entries so far are those that the head is over; its size must be
 * the tree's.  Fails with ASSAY_L_ROOT. */
ASSAY_MUST_CHECK bool audit_head_is(const struct audit_head *head,
                                    const struct audit_tree *tree,
                                    struct assay_err *err);

/*
 * A log as it is exported: a line for each entry, and for each signed head,
 * which stands right behind the entries that it is over.  `key_set` and `kept`
 * are the caller's; the rest begins zeroed.
 */
struct audit_log {
	struct assay_bytes key_set;
	const struct audit_head *kept; /* that somebody kept; or NULL */
	struct audit_tree tree;
	struct audit_head newest; /* the last that was met */
	uint64_t n_heads;
};
/* Fails with what audit_follow, _head_open and _head_is fail with, and
 * ASSAY_L_CUT. */
ASSAY_MUST_CHECK bool audit_log_line(struct audit_log *log,
                                     struct assay_bytes line,
                                     struct assay_err *err);
/* Whether nothing is missing at the end, as far as heads say: the last line is a
 * head, and the log is not shorter than `kept`.  Fails with ASSAY_L_CUT. */
ASSAY_MUST_CHECK bool audit_log_end(const struct audit_log *log,
                                    struct assay_err *err);

/* ---- inclusion proofs [RFC 6962 2.1.1] */

struct audit_path {
	unsigned n;
	uint8_t hash[AUDIT_PATH_MAX][32];
};

/* The path of leaf `number` in the tree of the first `size` leaves; `leaf` gives
 * them. */
ASSAY_MUST_CHECK bool
audit_path_make(struct audit_path *path, uint64_t number, uint64_t size,
                bool (*leaf)(void *arg, uint64_t number, uint8_t hash[32]),
                void *arg);
/* The root that the path leads to from `leaf`; false, and zeros, if it has not
 * the length that number and size ask for. */
ASSAY_MUST_CHECK bool audit_path_root(uint8_t root[32], const uint8_t leaf[32],
                                      uint64_t number, uint64_t size,
                                      const struct audit_path *path);

/* A proof as a file: docs/audit.md.  Borrowed. */
struct audit_proof {
	struct assay_bytes entry; /* its line */
	uint64_t number, size;
	struct audit_path path;
	struct assay_bytes head; /* a signed head of `size` entries */
};
/* The length; 0: it does not fit. */
size_t audit_proof_write(char *out, size_t room,
                         const struct audit_proof *proof);
/*
 * audit_proof_check reads a proof and checks it: that this entry stands at this
 * number in the log that the signed head is over.
 *
 * entry    what the entry says
 * head     what the head says
 * scratch  in.len bytes are enough; entry->data points into it
 *
 * Both are zeroed on failure.  Fails with J_*, W_*, ASSAY_L_PROOF, _ENTRY, _ORDER,
 * _HEAD, _PATH.
 */
ASSAY_MUST_CHECK bool
audit_proof_check(struct audit_entry *entry, struct audit_head *head,
                  struct assay_bytes in, struct assay_bytes key_set,
                  struct assay_scratch *scratch, struct assay_err *err);

#endif
