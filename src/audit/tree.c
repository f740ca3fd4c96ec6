/* tree.c - the hash tree over the entries, and paths in it [RFC 6962 2.1]. */
#include "audit/audit.h"

#include "crypto/crypto.h"

enum { HASH_LEN = ASSAY_SHA256_LEN };

/* A node over two others. */
static void join(uint8_t out[HASH_LEN], const uint8_t left[HASH_LEN],
                 const uint8_t right[HASH_LEN])
{
	uint8_t both[1 + 2 * HASH_LEN] = { 1 };

	memcpy(both + 1, left, HASH_LEN);
	memcpy(both + 1 + HASH_LEN, right, HASH_LEN);
	assay_sha256(out, (struct assay_bytes){ both, sizeof(both) });
}

/* Whole subtrees stand in node[], one for each bit of the size: the lowest is the
 * one at the right. */
void audit_tree_add(struct audit_tree *tree, const uint8_t leaf[32])
{
	uint8_t hash[HASH_LEN];
	unsigned i = 0;

	memcpy(hash, leaf, HASH_LEN);
	for (; tree->size >> i & 1; i++)
		join(hash, tree->node[i], hash);
	memcpy(tree->node[i], hash, HASH_LEN);
	memcpy(tree->last, leaf, HASH_LEN);
	tree->size++;
}

void audit_tree_root(uint8_t root[32], const struct audit_tree *tree)
{
	bool any = false;

	assay_sha256(root, (struct assay_bytes){ NULL, 0 });
	for (unsigned i = 0; i < 64; i++) {
		if (!(tree->size >> i & 1))
			continue;
		if (any)
			join(root, tree->node[i], root);
		else
			memcpy(root, tree->node[i], HASH_LEN);
		any = true;
	}
}

bool audit_follow(struct audit_tree *tree, struct assay_bytes line,
                  struct assay_err *err)
{
	struct audit_entry e;
	uint8_t leaf[HASH_LEN];

	if (!audit_read(&e, line, err))
		return false;
	if (!audit_is_number(&e, tree->size, err))
		return false;
	if (memcmp(e.before, tree->last, HASH_LEN) != 0)
		return assay_fail(
			err, ASSAY_L_CHAIN, ASSAY_DOC_LOG_ENTRY, 0,
			"entry %llu does not name the entry that "
			"stands before it: one of the two was altered",
			(unsigned long long)e.number);
	audit_leaf(leaf, line);
	audit_tree_add(tree, leaf);
	return true;
}

bool audit_is_number(const struct audit_entry *entry, uint64_t number,
                     struct assay_err *err)
{
	if (entry->number == number)
		return true;
	return assay_fail(err, ASSAY_L_ORDER, ASSAY_DOC_LOG_ENTRY, 0,
	                  "got entry %llu where %llu should stand",
	                  (unsigned long long)entry->number,
	                  (unsigned long long)number);
}

/* ---- paths */

/* The largest power of two below n; n > 1. */
static uint64_t half(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k <<= 1;
	return k;
}

typedef bool leaf_of(void *arg, uint64_t number, uint8_t hash[32]);

/* The root over `n` leaves from `first`. */
static bool root_of(uint8_t root[32], uint64_t first, uint64_t n, leaf_of *leaf,
                    void *arg)
{
	struct audit_tree tree = { 0 };
	uint8_t hash[HASH_LEN];

	for (uint64_t i = 0; i < n; i++) {
		if (!leaf(arg, first + i, hash))
			return false;
		audit_tree_add(&tree, hash);
	}
	audit_tree_root(root, &tree);
	return true;
}

/* From the root down: the halves in which the leaf is not. */
static bool make(struct audit_path *path, uint64_t number, uint64_t size,
                 leaf_of *leaf, void *arg)
{
	uint64_t first = 0, k;

	for (; size > 1; path->n++) {
		k = half(size);
		if (number < k) {
			if (!root_of(path->hash[path->n], first + k, size - k,
			             leaf, arg))
				return false;
			size = k;
		} else {
			if (!root_of(path->hash[path->n], first, k, leaf, arg))
				return false;
			first += k;
			number -= k;
			size -= k;
		}
	}
	return true;
}

static void turn(struct audit_path *path)
{
	uint8_t hash[HASH_LEN];

	for (unsigned i = 0; i < path->n / 2; i++) {
		uint8_t *a = path->hash[i], *b = path->hash[path->n - 1 - i];

		memcpy(hash, a, HASH_LEN);
		memcpy(a, b, HASH_LEN);
		memcpy(b, hash, HASH_LEN);
	}
}

bool audit_path_make(struct audit_path *path, uint64_t number, uint64_t size,
                     leaf_of *leaf, void *arg)
{
	*path = (struct audit_path){ 0 };
	if (number < size && make(path, number, size, leaf, arg)) {
		turn(path);
		return true;
	}
	*path = (struct audit_path){ 0 };
	return false;
}

/* Up from the leaf: at each level it is known on which side the path's hash
 * stands, from the leaf's number, and whether there is one, from the last's. */
static bool climb(uint8_t root[32], uint64_t number, uint64_t last,
                  const struct audit_path *path)
{
	unsigned i = 0;

	for (; last; number >>= 1, last >>= 1) {
		if (!(number & 1) && number == last)
			continue; /* it stands alone, and is raised */
		if (i == path->n)
			return false;
		if (number & 1)
			join(root, path->hash[i++], root);
		else
			join(root, root, path->hash[i++]);
	}
	return i == path->n;
}

bool audit_path_root(uint8_t root[32], const uint8_t leaf[32], uint64_t number,
                     uint64_t size, const struct audit_path *path)
{
	memcpy(root, leaf, HASH_LEN);
	if (number < size && path->n <= AUDIT_PATH_MAX &&
	    climb(root, number, size - 1, path))
		return true;
	memset(root, 0, HASH_LEN);
	return false;
}
