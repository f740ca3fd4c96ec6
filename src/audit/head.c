/* head.c - signed heads: what the log was when somebody signed it. */
#include "audit/audit.h"

enum { CLAIMS_MAX = 512 };

void audit_head_of(struct audit_head *head, const struct audit_tree *tree,
                   int64_t time)
{
	head->size = tree->size;
	head->time = time;
	audit_tree_root(head->root, tree);
	memcpy(head->last, tree->last, sizeof(head->last));
}

size_t audit_head_sign(char *out, size_t room, struct token_signer *signer,
                       const struct audit_head *head)
{
	struct assay_json_out o;
	char claims[CLAIMS_MAX];

	assay_json_begin(&o, claims, sizeof(claims));
	assay_json_put_object(&o, NULL);
	assay_json_put_uint(&o, "size", head->size);
	assay_json_put_hex(&o, "root", head->root, sizeof(head->root));
	assay_json_put_hex(&o, "last", head->last, sizeof(head->last));
	assay_json_put_time(&o, "time", head->time);
	assay_json_put_end(&o, '}');
	return token_sign(out, room, signer, AUDIT_HEAD_TYPE, NULL,
	                  (struct assay_bytes){ (uint8_t *)claims, o.len });
}

/* How many of its members were there, each once. */
static unsigned read_claims(struct audit_head *h, struct assay_json *j)
{
	struct assay_json_str name;
	unsigned n = 0;

	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		if (assay_json_is(name, "size"))
			n += assay_json_uint(j, UINT64_MAX, &h->size);
		else if (assay_json_is(name, "root"))
			n += assay_json_hex(j, h->root, sizeof(h->root));
		else if (assay_json_is(name, "last"))
			n += assay_json_hex(j, h->last, sizeof(h->last));
		else if (assay_json_is(name, "time"))
			n += assay_json_time(j, &h->time);
	}
	return n;
}

static bool read_head(struct audit_head *h, const struct assay_token *token,
                      struct assay_err *err)
{
	struct assay_json j;
	unsigned n;

	assay_json_open(&j, token->claims, ASSAY_DOC_LOG_HEAD);
	n = read_claims(h, &j);
	if (!assay_json_close(&j, err))
		return false;
	if (n == 4 && strcmp(token->type, AUDIT_HEAD_TYPE) == 0)
		return true;
	return assay_fail(err, ASSAY_L_HEAD, ASSAY_DOC_LOG_HEAD, 0,
	                  "it is a token of type %.60s with %u of size, root, "
	                  "last and time",
	                  token->type, n);
}

bool audit_head_open(struct audit_head *head, struct assay_bytes in,
                     struct assay_bytes key_set, struct assay_err *err)
{
	uint8_t room[AUDIT_HEAD_MAX];
	struct assay_scratch scratch = { .ptr = room, .len = sizeof(room) };
	struct assay_token token;

	*head = (struct audit_head){ 0 };
	if (token_open(&token, in, key_set, &scratch, err) &&
	    read_head(head, &token, err))
		return true;
	*head = (struct audit_head){ 0 };
	return false;
}

bool audit_head_is(const struct audit_head *head, const struct audit_tree *tree,
                   struct assay_err *err)
{
	uint8_t root[32];

	audit_tree_root(root, tree);
	if (head->size == tree->size &&
	    memcmp(root, head->root, sizeof(root)) == 0 &&
	    memcmp(tree->last, head->last, sizeof(root)) == 0)
		return true;
	return assay_fail(err, ASSAY_L_ROOT, ASSAY_DOC_LOG_HEAD, 0,
	                  "the head is over %llu other entries than those that "
	                  "stand here%s",
	                  (unsigned long long)head->size,
	                  memcmp(tree->last, head->last, sizeof(root)) == 0
	                          ? ""
	                          : "; the last of them is another one");
}
