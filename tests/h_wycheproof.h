/* h_wycheproof.h - signatures with their keys and answers, from Wycheproof. */
#ifndef TESTS_H_WYCHEPROOF_H
#define TESTS_H_WYCHEPROOF_H

#include "base/json.h"
#include "base/text.h"

#include "tap.h"

enum { WP_KEY_MAX = 512, WP_MSG_MAX = 1024, WP_FILE_MAX = 8 << 20 };

/* A test of a file.  `want` is its `result` field. */
struct wp_test {
	uint8_t key[WP_KEY_MAX]; /* a point x || y, or a modulus */
	size_t key_len;
	uint32_t exponent; /* of the modulus */
	uint64_t id;
	enum { WP_NONE, WP_VALID, WP_INVALID, WP_ACCEPTABLE } want;
	uint8_t msg_mem[WP_MSG_MAX], sig_mem[WP_MSG_MAX];
	struct assay_bytes msg, sig;
};

typedef void wp_each(const struct wp_test *test, void *arg);

/* A string of any even number of hex digits. */
static bool wp_hex(struct assay_json *j, uint8_t *out, size_t max, size_t *len)
{
	struct assay_json_str s;

	if (!assay_json_string(j, &s))
		return false;
	*len = s.raw.len / 2;
	if (*len > max || !assay_hex_parse(out, *len, s.raw))
		return assay_json_bad_type(j, 0, "not hex, or too much");
	return true;
}

/* A key's bytes behind the one byte that stands in front of them: 04 of a
 * point, 00 of a modulus. */
static void wp_key(struct assay_json *j, uint8_t lead, struct wp_test *t)
{
	uint8_t mem[1 + WP_KEY_MAX];

	if (!wp_hex(j, mem, sizeof(mem), &t->key_len))
		return;
	if (t->key_len < 1 || mem[0] != lead) {
		assay_json_bad_type(j, 0, "no key begins so");
		return;
	}
	memcpy(t->key, mem + 1, --t->key_len);
}

static void wp_read_key(struct assay_json *j, struct wp_test *t)
{
	struct assay_json_str name;
	uint8_t e[4];
	size_t e_len = 0;

	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		if (assay_json_is(name, "uncompressed"))
			wp_key(j, 0x04, t);
		else if (assay_json_is(name, "modulus"))
			wp_key(j, 0x00, t);
		else if (assay_json_is(name, "publicExponent") &&
		         wp_hex(j, e, sizeof(e), &e_len))
			for (size_t i = 0; i < e_len; i++)
				t->exponent = t->exponent << 8 | e[i];
	}
}

static void wp_read_result(struct assay_json *j, struct wp_test *t)
{
	struct assay_json_str s;

	if (!assay_json_string(j, &s))
		return;
	t->want = assay_json_is(s, "valid")        ? WP_VALID
	          : assay_json_is(s, "invalid")    ? WP_INVALID
	          : assay_json_is(s, "acceptable") ? WP_ACCEPTABLE
	                                           : WP_NONE;
}

static void wp_read_test(struct assay_json *j, struct wp_test *t)
{
	struct assay_json_str name;

	t->want = WP_NONE;
	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		if (assay_json_is(name, "tcId"))
			assay_json_uint(j, UINT64_MAX, &t->id);
		else if (assay_json_is(name, "msg"))
			wp_hex(j, t->msg_mem, WP_MSG_MAX, &t->msg.len);
		else if (assay_json_is(name, "sig"))
			wp_hex(j, t->sig_mem, WP_MSG_MAX, &t->sig.len);
		else if (assay_json_is(name, "result"))
			wp_read_result(j, t);
	}
	t->msg.ptr = t->msg_mem;
	t->sig.ptr = t->sig_mem;
}

/* A group is a key and its tests; the key stands before them. */
static uint64_t wp_read_group(struct assay_json *j, wp_each *each, void *arg)
{
	struct wp_test t = { .key_len = 0 };
	struct assay_json_str name;
	uint64_t n = 0;

	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		if (assay_json_is(name, "publicKey"))
			wp_read_key(j, &t);
		if (!assay_json_is(name, "tests"))
			continue;
		assay_json_array(j);
		while (assay_json_element(j)) {
			wp_read_test(j, &t);
			if (!t.key_len || t.want == WP_NONE)
				assay_json_bad_type(j, 0, "no key or result");
			if (!assay_json_ok(j))
				return n;
			n++;
			each(&t, arg);
		}
	}
	return n;
}

static bool wp_read(struct assay_bytes text, wp_each *each, void *arg)
{
	static struct assay_json j;
	struct assay_json_str name;
	struct assay_err err;
	uint64_t n = 0, promised = 0;

	assay_json_open_max(&j, text, ASSAY_DOC_NONE, WP_FILE_MAX);
	assay_json_object(&j);
	while (assay_json_member(&j, &name)) {
		if (assay_json_is(name, "numberOfTests"))
			assay_json_uint(&j, UINT64_MAX, &promised);
		if (!assay_json_is(name, "testGroups"))
			continue;
		assay_json_array(&j);
		while (assay_json_element(&j))
			n += wp_read_group(&j, each, arg);
	}
	if (!assay_json_close(&j, &err))
		note("at %zu: %s", err.at, err.note);
	else
		return n > 0 && n == promised;
	return false;
}

/* Calls `each` for every test of the file primitives/wycheproof-`name`.json.
 * One test of ours: it was read, and held as many as it says.  False: skipped
 * or not read. */
__attribute__((unused)) static bool wycheproof(const char *name, wp_each *each,
                                               void *arg)
{
	const char *dir = vectors();
	char path[4400];
	size_t len = 0;

	snprintf(path, sizeof(path), "%s/primitives/wycheproof-%s.json",
	         dir ? dir : "", name);
	unsigned char *text = dir ? slurp(path, &len) : NULL;
	bool read = text &&
	            wp_read((struct assay_bytes){ text, len }, each, arg);

	if (!dir)
		skip("no vectors", "Wycheproof's %s", name);
	else
		ok(read, "Wycheproof's %s is read whole", name);
	free(text);
	return read;
}

#endif
