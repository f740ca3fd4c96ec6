/* open.c - a list of measurements as its publisher signs it: a JSON Web Signature
 * in compact form [RFC 7515], [ASSAY list]. */
#include "policy/list.h"

#include "base/base64url.h"
#include "base/jws.h"
#include "crypto/crypto.h"

#include <string.h>

enum { HEADER_MAX = 1024, SIG_LEN = 64 };

/* The header says ES256, and that this is a list [RFC 7515 4.1]. */
static bool is_header(struct assay_bytes text)
{
	bool alg = false, type = false, crit = false;
	struct assay_json_str name, value;
	struct assay_json j;

	assay_json_open(&j, text, ASSAY_DOC_LIST);
	assay_json_object(&j);
	while (assay_json_member(&j, &name)) {
		if (assay_json_is(name, "alg"))
			alg = assay_json_string(&j, &value) &&
			      assay_json_is(value, "ES256");
		else if (assay_json_is(name, "typ"))
			type = assay_json_string(&j, &value) &&
			       assay_json_is(value, ASSAY_LIST_TYPE);
		else if (assay_json_is(name, "crit"))
			crit = true;
	}
	return assay_json_close(&j, NULL) && alg && type && !crit;
}

static bool is_by(const uint8_t key[64], const struct assay_jws *jws,
                  const uint8_t sig[SIG_LEN])
{
	uint8_t digest[ASSAY_SHA256_LEN];
	struct assay_p256 *engine;
	bool yes;

	assay_sha256(digest, jws->signed_part);
	engine = assay_p256_new(NULL);
	yes = assay_p256_verify(engine, key, digest, sig);
	assay_p256_free(engine);
	return yes;
}

/* White space at the end is an editor's, or the shell's. */
static struct assay_bytes trimmed(struct assay_bytes in)
{
	static const char space[] = { ' ', '\t', '\r', '\n' };

	while (in.len && memchr(space, in.ptr[in.len - 1], sizeof(space)))
		in.len--;
	return in;
}

/* What failed is what the list holds, and nothing else. */
static bool give_up(struct assay_list *list, const struct assay_err *why,
                    struct assay_err *err)
{
	memset(list, 0, sizeof(*list));
	list->failed = *why;
	if (err)
		*err = *why;
	return false;
}

/* It has the form, and is by the key; NULL: by anybody. */
static bool is_signed(const uint8_t *key, const struct assay_jws *jws)
{
	uint8_t header[HEADER_MAX], sig[SIG_LEN];
	size_t header_len, sig_len;

	return assay_base64url_parse(header, sizeof(header), &header_len,
	                             jws->header) &&
	       is_header((struct assay_bytes){ header, header_len }) &&
	       assay_base64url_parse(sig, sizeof(sig), &sig_len, jws->sig) &&
	       sig_len == sizeof(sig) && (!key || is_by(key, jws, sig));
}

static bool check(struct assay_list *list, const uint8_t *key,
                  struct assay_bytes in, uint8_t *scratch,
                  struct assay_err *err)
{
	struct assay_jws jws = { 0 };
	size_t len = 0;

	if (in.len > ASSAY_LIST_MAX || !assay_jws_split(&jws, trimmed(in)) ||
	    !is_signed(key, &jws) ||
	    !assay_base64url_parse(scratch, in.len, &len, jws.payload))
		return assay_fail(err, ASSAY_A_LIST_SIG, ASSAY_DOC_LIST, 0,
		                  "no list of at most %d bytes, signed with "
		                  "ES256%s",
		                  ASSAY_LIST_MAX, key ? " by the key" : "");
	return assay_list_read(list, (struct assay_bytes){ scratch, len }, err);
}

bool assay_list_check(struct assay_list *list, const uint8_t key[64],
                      struct assay_bytes in, uint8_t *scratch,
                      struct assay_err *err)
{
	struct assay_err why = { 0 };

	if (check(list, key, in, scratch, &why))
		return true;
	return give_up(list, &why, err);
}

bool assay_list_peek(struct assay_list *list, struct assay_bytes in,
                     uint8_t *scratch, struct assay_err *err)
{
	struct assay_err why = { 0 };

	if (check(list, NULL, in, scratch, &why))
		return true;
	return give_up(list, &why, err);
}

/* The list is the one that is wanted. */
static bool is_wanted(const struct assay_list *list,
                      const struct assay_wanted_list *want, int64_t now,
                      uint64_t floor, struct assay_err *err)
{
	uint64_t least = want->min_number > floor ? want->min_number : floor;

	if (strcmp(list->name, want->name) != 0)
		return assay_fail(err, ASSAY_A_LIST_NAME, ASSAY_DOC_LIST, 0,
		                  "got \"%s\", want \"%s\"", list->name,
		                  want->name);
	if (list->number < least)
		return assay_fail(err, ASSAY_A_LIST_NUMBER, ASSAY_DOC_LIST, 0,
		                  "got %llu, want %llu or more",
		                  (unsigned long long)list->number,
		                  (unsigned long long)least);
	return assay_list_fresh(list, want, now, err);
}

bool assay_list_open(struct assay_list *list, const struct assay_policy *policy,
                     struct assay_bytes in, int64_t now, uint64_t floor,
                     uint8_t *scratch, struct assay_err *err)
{
	const struct assay_wanted_list *want = &policy->measurements;
	struct assay_err why = { 0 };

	if (!check(list, want->key, in, scratch, &why) ||
	    !is_wanted(list, want, now, floor, &why))
		return give_up(list, &why, err);
	memcpy(list->key, want->key, sizeof(list->key));
	return true;
}
