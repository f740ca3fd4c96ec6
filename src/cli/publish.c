/* publish.c - what was measured, as a list that is signed. */
#include "cli/publish.h"

#include "base/base64url.h"
#include "base/text.h"
#include "crypto/crypto.h"
#include "crypto/signkey.h"
#include "policy/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct cli_list_made {
	const char *out;
	struct assay_sign_key *key;
	struct assay_list list;
};

/* ---- beginning */

static struct assay_sign_key *read_key(const char *path)
{
	struct assay_sign_key *key;
	const char *why;
	uint8_t *pem;
	size_t len;

	if (!cli_read(&pem, &len, path)) {
		cli_warn("%s: %s", path, strerror(errno));
		return NULL;
	}
	key = assay_sign_key_read((struct assay_bytes){ pem, len }, &why);
	assay_wipe(pem, len);
	free(pem);
	if (key && assay_sign_key_public(key)->kind == ASSAY_SIGN_P256)
		return key;
	cli_warn("%s: %s: make one with assay key new --list", path,
	         key ? "lists are signed with a P-256 key" : why);
	assay_sign_key_free(key);
	return NULL;
}

/* The name of the list, or of its file without the ending. */
static bool take_name(char out[ASSAY_LIST_NAME], const struct cli_publish *g)
{
	const char *name = g->name ? g->name : cli_base_name(g->out);
	size_t len = g->name ? strlen(name) : strcspn(name, ".");

	if (len == 0 || len >= ASSAY_LIST_NAME) {
		cli_warn("%s: a list's name has 1 to %d bytes (--name)", name,
		         ASSAY_LIST_NAME - 1);
		return false;
	}
	memcpy(out, name, len);
	out[len] = '\0';
	return true;
}

/* The number after that of the list that is there, which must be of the same key
 * and name: numbers only grow. */
static bool follow(struct cli_list_made *m, const struct assay_list *old)
{
	if (strcmp(old->name, m->list.name) != 0) {
		cli_warn("%s: it is the list \"%s\", and not \"%s\"", m->out,
		         old->name, m->list.name);
		return false;
	}
	if (old->issued > m->list.issued || old->number == UINT32_MAX) {
		cli_warn("%s: %s", m->out,
		         old->number == UINT32_MAX
		                 ? "there is no number after its own"
		                 : "it was issued later than now: check the "
		                   "clock");
		return false;
	}
	m->list.number = old->number + 1;
	return true;
}

static bool take_old(struct cli_list_made *m)
{
	struct assay_list *old;
	struct assay_err err;
	uint8_t *in, *scratch;
	size_t len;
	bool good;

	m->list.number = 1;
	if (!cli_read_max(&in, &len, m->out, ASSAY_LIST_MAX)) {
		if (errno == ENOENT)
			return true;
		cli_warn("%s: %s", m->out, strerror(errno));
		return false;
	}
	old = cli_alloc(1, sizeof(*old));
	scratch = cli_alloc(len, 1);
	good = assay_list_check(old, assay_sign_key_public(m->key)->key,
	                        (struct assay_bytes){ in, len }, scratch, &err);
	if (!good)
		cli_warn_err(m->out, &err);
	good = good && follow(m, old);
	free(scratch);
	free(in);
	free(old);
	return good;
}

struct cli_list_made *cli_publish_begin(const struct cli_publish *given,
                                        const struct cli_verb *verb)
{
	struct cli_list_made *m = cli_alloc(1, sizeof(*m));
	const struct cli_time now = { 0 };

	if (!given->key || !given->out) {
		cli_usage(verb, "--publish KEY and -o LIST go together");
		return NULL;
	}
	m->out = given->out;
	m->list.issued = cli_now(&now);
	m->key = take_name(m->list.name, given) ? read_key(given->key) : NULL;
	return m->key && take_old(m) ? m : NULL;
}

/* ---- adding */

bool cli_publish_add(struct cli_list_made *m, const char *file,
                     const struct assay_measurement *what)
{
	struct assay_list_entry *e = &m->list.entries[m->list.n_entries];
	const char *label = cli_base_name(file);

	if (!what->has_computed) {
		cli_warn("%s: it is a claim: nothing was measured", file);
		return false;
	}
	if (m->list.n_entries == ASSAY_LIST_ENTRIES) {
		cli_warn("%s: a list has at most %d entries", file,
		         ASSAY_LIST_ENTRIES);
		return false;
	}
	m->list.n_entries++;
	e->tee = ASSAY_TEE_SGX;
	if (strcmp(file, "-") != 0 && strlen(label) < sizeof(e->label))
		memcpy(e->label, label, strlen(label));
	memcpy(e->mrenclave, what->computed, sizeof(e->mrenclave));
	e->is_signed = what->has_claimed;
	if (!e->is_signed)
		return true;
	memcpy(e->mrsigner, what->claimed.mrsigner, sizeof(e->mrsigner));
	e->isv_prod_id = what->claimed.isv_prod_id;
	e->isv_svn = what->claimed.isv_svn;
	return true;
}

/* ---- ending */

/* The payload as text; an entry has less than ENTRY bytes. */
static struct assay_bytes write_payload(const struct assay_list *list)
{
	enum { HEAD = 1024, ENTRY = 2048 };
	size_t room = HEAD + ENTRY * list->n_entries;
	struct assay_json_out o;

	assay_json_begin(&o, cli_alloc(room, 1), room);
	assay_list_write(&o, list);
	return (struct assay_bytes){ (const uint8_t *)o.ptr, o.ok ? o.len : 0 };
}

/* header.payload.signature, and a line feed. */
static size_t sign(char *out, const struct cli_list_made *m,
                   struct assay_bytes payload)
{
	static const char header[] =
		"{\"alg\":\"ES256\",\"typ\":\"" ASSAY_LIST_TYPE "\"}";
	uint8_t sig[ASSAY_SIGN_MAX];
	size_t len, sig_len;

	len = assay_base64url_print(out, (const uint8_t *)header,
	                            sizeof(header) - 1);
	out[len++] = '.';
	len += assay_base64url_print(out + len, payload.ptr, payload.len);
	sig_len = assay_sign_key_sign(
		sig, m->key, (struct assay_bytes){ (uint8_t *)out, len });
	out[len++] = '.';
	len += assay_base64url_print(out + len, sig, sig_len);
	out[len++] = '\n';
	return sig_len ? len : 0;
}

static void tell(struct cli_text *text, const struct cli_list_made *m)
{
	char key[129];

	assay_hex_print(key, assay_sign_key_public(m->key)->key, 64, false);
	cli_put(text, "%sPublished ", cli_paint(text, CLI_BOLD));
	cli_put_name(text, m->out);
	cli_put(text, ": the list \"");
	cli_put_name(text, m->list.name);
	cli_put(text,
	        "\", number %llu, with %zu %s.%s\nThe rule for a policy:\n  "
	        "\"measurements\": {\"list\": \"",
	        (unsigned long long)m->list.number, m->list.n_entries,
	        m->list.n_entries == 1 ? "entry" : "entries",
	        cli_paint(text, CLI_PLAIN));
	cli_put_name(text, m->list.name);
	cli_put(text, "\", \"key\": \"%s\", \"max_age\": 604800}\n", key);
}

bool cli_publish_end(struct cli_list_made *m, struct cli_text *text, bool all)
{
	struct assay_bytes payload;
	size_t len = 0;
	char *jws;

	if (!all) {
		cli_warn("%s: not written, because not all is good", m->out);
		return false;
	}
	payload = write_payload(&m->list);
	jws = cli_alloc(payload.len * 4 / 3 + 1024, 1);
	if (payload.len)
		len = sign(jws, m, payload);
	if (len == 0 || len > ASSAY_LIST_MAX) {
		cli_warn("%s: %s", m->out,
		         len ? "the list is too long" : "it cannot be signed");
		return false;
	}
	if (!cli_write(m->out, jws, len)) {
		cli_warn("%s: %s", m->out, strerror(errno));
		return false;
	}
	if (text)
		tell(text, m);
	return true;
}
