/* proof.c - proofs as files: an entry, its path, and the signed head that the path
 * leads to. */
#include "audit/audit.h"

enum { HASH_LEN = 32 };

size_t audit_proof_write(char *out, size_t room,
                         const struct audit_proof *proof)
{
	struct assay_json_out o;

	assay_json_begin(&o, out, room);
	assay_json_put_object(&o, NULL);
	assay_json_put_bytes(&o, "entry", proof->entry);
	assay_json_put_uint(&o, "number", proof->number);
	assay_json_put_uint(&o, "size", proof->size);
	assay_json_put_array(&o, "path");
	for (unsigned i = 0; i < proof->path.n; i++)
		assay_json_put_hex(&o, NULL, proof->path.hash[i], HASH_LEN);
	assay_json_put_end(&o, ']');
	assay_json_put_bytes(&o, "head", proof->head);
	assay_json_put_end(&o, '}');
	return o.ok ? o.len : 0;
}

/* ---- reading */

/* A string, escapes resolved, into the scratch. */
static bool take_text(struct assay_bytes *out, struct assay_json *j,
                      struct assay_scratch *scratch)
{
	struct assay_json_str s;
	uint8_t *to = scratch->ptr + scratch->used;

	if (!assay_json_string(j, &s))
		return false;
	if (s.raw.len > scratch->len - scratch->used)
		return assay_json_too_much(j, assay_json_at(j),
		                           "there is no room for it");
	*out = (struct assay_bytes){ to, assay_json_unescape(to, s) };
	scratch->used += out->len;
	return true;
}

static bool take_path(struct audit_path *path, struct assay_json *j)
{
	if (!assay_json_array(j))
		return false;
	while (assay_json_element(j)) {
		if (path->n == AUDIT_PATH_MAX)
			return assay_json_too_much(j, assay_json_at(j),
			                           "a path has at most %d "
			                           "hashes",
			                           AUDIT_PATH_MAX);
		assay_json_hex(j, path->hash[path->n++], HASH_LEN);
	}
	return assay_json_ok(j);
}

/* How many of its members were there, each once. */
static unsigned read_members(struct audit_proof *p, struct assay_json *j,
                             struct assay_scratch *scratch)
{
	struct assay_json_str name;
	unsigned n = 0;

	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		if (assay_json_is(name, "entry"))
			n += take_text(&p->entry, j, scratch);
		else if (assay_json_is(name, "number"))
			n += assay_json_uint(j, UINT64_MAX, &p->number);
		else if (assay_json_is(name, "size"))
			n += assay_json_uint(j, UINT64_MAX, &p->size);
		else if (assay_json_is(name, "path"))
			n += take_path(&p->path, j);
		else if (assay_json_is(name, "head"))
			n += take_text(&p->head, j, scratch);
	}
	return n;
}

static bool bad_proof(struct assay_err *err, const char *what)
{
	return assay_fail(err, ASSAY_L_PROOF, ASSAY_DOC_LOG_PROOF, 0, "%s",
	                  what);
}

static bool read_proof(struct audit_proof *p, struct assay_bytes in,
                       struct assay_scratch *scratch, struct assay_err *err)
{
	struct assay_json j;
	unsigned n;

	*p = (struct audit_proof){ 0 };
	assay_json_open_max(&j, in, ASSAY_DOC_LOG_PROOF, AUDIT_PROOF_MAX);
	n = read_members(p, &j, scratch);
	if (!assay_json_close(&j, err))
		return false;
	return n == 5 || bad_proof(err, "a member is not there");
}

/* ---- checking */

static bool check_path(const struct audit_proof *p,
                       const struct audit_head *head, struct assay_err *err)
{
	uint8_t leaf[HASH_LEN], root[HASH_LEN];

	audit_leaf(leaf, p->entry);
	if (audit_path_root(root, leaf, p->number, p->size, &p->path) &&
	    memcmp(root, head->root, HASH_LEN) == 0)
		return true;
	return assay_fail(err, ASSAY_L_PATH, ASSAY_DOC_LOG_PROOF, 0,
	                  "%u hashes do not lead from entry %llu to the root "
	                  "of %llu",
	                  p->path.n, (unsigned long long)p->number,
	                  (unsigned long long)p->size);
}

static bool check(struct audit_entry *entry, struct audit_head *head,
                  struct assay_bytes in, struct assay_bytes key_set,
                  struct assay_scratch *scratch, struct assay_err *err)
{
	struct audit_proof p;

	if (!read_proof(&p, in, scratch, err) ||
	    !audit_read(entry, p.entry, err) ||
	    !audit_is_number(entry, p.number, err) ||
	    !audit_head_open(head, p.head, key_set, err))
		return false;
	if (head->size != p.size)
		return bad_proof(err, "its size is not that of its head");
	return check_path(&p, head, err);
}

bool audit_proof_check(struct audit_entry *entry, struct audit_head *head,
                       struct assay_bytes in, struct assay_bytes key_set,
                       struct assay_scratch *scratch, struct assay_err *err)
{
	size_t used = scratch->used;

	*entry = (struct audit_entry){ 0 };
	*head = (struct audit_head){ 0 };
	if (check(entry, head, in, key_set, scratch, err))
		return true;
	*entry = (struct audit_entry){ 0 };
	*head = (struct audit_head){ 0 };
	scratch->used = used;
	return false;
}
