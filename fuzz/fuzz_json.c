/* fuzz_json.c - the JSON reader: skipping and walking are of one opinion, views
 * lie inside the input, strings survive the writer. */
#include "base/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_inside(struct assay_bytes view, const struct assay_json *j)
{
	return view.ptr >= j->base && view.len <= j->len &&
	       (size_t)(view.ptr - j->base) <= j->len - view.len;
}

/* A string means the same after it was resolved, written and read again. */
static void check_string(const struct assay_json *j, struct assay_json_str s)
{
	size_t cap = 6 * s.raw.len + 3, n;
	uint8_t *plain = malloc(s.raw.len + 1), *again = malloc(cap);
	char *text = malloc(cap);
	struct assay_json_str back;
	struct assay_json_out o;
	struct assay_json k;

	must(plain && again && text && is_inside(s.raw, j));
	n = assay_json_unescape(plain, s);
	must(s.escaped ? n < s.raw.len : n == s.raw.len);
	must(s.escaped || !n || memcmp(plain, s.raw.ptr, n) == 0);
	assay_json_begin(&o, text, cap);
	assay_json_put_bytes(&o, NULL, (struct assay_bytes){ plain, n });
	must(o.ok);
	assay_json_open_max(&k, (struct assay_bytes){ (uint8_t *)text, o.len },
	                    ASSAY_DOC_NONE, cap);
	must(assay_json_string(&k, &back) && assay_json_close(&k, NULL));
	must(assay_json_unescape(again, back) == n && !memcmp(again, plain, n));
	free(text);
	free(again);
	free(plain);
}

/* Reads the value that is due by the calls for its kind. */
static bool walk(struct assay_json *j)
{
	struct assay_json copy = *j;
	struct assay_json_str s;
	struct assay_bytes raw;
	uint64_t v;
	bool b;

	switch (assay_json_peek(j)) {
	case '{':
		if (!assay_json_object(j))
			return false;
		while (assay_json_member(j, &s)) {
			check_string(j, s);
			if (!walk(j))
				return false;
		}
		must(!s.raw.ptr && !s.raw.len);
		return assay_json_ok(j);
	case '[':
		if (!assay_json_array(j))
			return false;
		while (assay_json_element(j))
			if (!walk(j))
				return false;
		return assay_json_ok(j);
	case '"':
		if (!assay_json_string(j, &s))
			return false;
		check_string(j, s);
		return true;
	case '0':
		if (!assay_json_skip(j, &raw))
			return false;
		must(is_inside(raw, j) && raw.len > 0);
		/* a plain integer is read, and anything else refused as such */
		if (!assay_json_uint(&copy, UINT64_MAX, &v))
			must(!v && (copy.err.check == ASSAY_J_RANGE ||
			            copy.err.check == ASSAY_J_TYPE));
		return true;
	case 't':
	case 'f':
		return assay_json_bool(j, &b);
	case 'n':
		return assay_json_null(j);
	default:
		return false;
	}
}

static void check_failure(const struct assay_err *err, size_t len)
{
	must(err->at <= len && err->note[0] && err->doc == ASSAY_DOC_POLICY);
	must(err->check == ASSAY_J_SYNTAX || err->check == ASSAY_J_DUPKEY ||
	     err->check == ASSAY_J_LIMIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };
	struct assay_err err = { 0 }, walked = { 0 };
	struct assay_bytes raw, again;
	struct assay_json j;
	bool good;

	assay_json_open(&j, in, ASSAY_DOC_POLICY);
	good = assay_json_skip(&j, &raw);
	must(good == assay_json_ok(&j) && good == (raw.ptr != NULL));
	must(!good || is_inside(raw, &j));
	good = assay_json_close(&j, &err);
	if (!good)
		check_failure(&err, len);

	/* walked: the same failure at the same byte, or none */
	assay_json_open(&j, in, ASSAY_DOC_POLICY);
	walk(&j);
	must(assay_json_close(&j, &walked) == good);
	must(walked.check == err.check && walked.at == err.at);

	/* what was accepted is accepted again, by itself */
	if (good) {
		assay_json_open(&j, raw, ASSAY_DOC_POLICY);
		must(assay_json_skip(&j, &again) && again.ptr == raw.ptr &&
		     again.len == raw.len && assay_json_close(&j, NULL));
	}
	return 0;
}
