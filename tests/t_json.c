/* t_json.c - the JSON reader and writer. */
#include "base/json.h"

#include "tap.h"

#include <dirent.h>

static struct assay_bytes bytes(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

static bool is_zero(const void *p, size_t n)
{
	const unsigned char *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

/* The whole text, by skip: the check that it fails with, and where. */
static enum assay_check judge(struct assay_bytes in, size_t *at)
{
	struct assay_err err = { 0 };
	struct assay_json j;

	assay_json_open(&j, in, ASSAY_DOC_TCB_INFO);
	if (assay_json_skip(&j, NULL) != assay_json_ok(&j))
		return ASSAY_A_POLICY; /* contradicts itself */
	if (assay_json_close(&j, &err) != (err.check == ASSAY_OK))
		return ASSAY_A_POLICY;
	*at = err.at;
	return err.check;
}

/* ---- the public suite: y_ accepted, n_ refused, i_ either */

/* Where we differ: the suite accepts what can be read in two ways. */
static bool is_difference(const char *name)
{
	return strcmp(name, "y_object_duplicated_key.json") == 0 ||
	       strcmp(name, "y_object_duplicated_key_and_value.json") == 0;
}

static void test_suite(void)
{
	const char *dir = vectors();
	char path[4600];
	struct dirent *e;
	size_t len, at, n = 0;
	DIR *d = NULL;

	if (dir) {
		snprintf(path, sizeof(path), "%s/json", dir);
		d = opendir(path);
	}
	if (!d) {
		skip("no vectors", "the public suite");
		return;
	}
	while ((e = readdir(d))) {
		size_t name_len = strlen(e->d_name);
		unsigned char *p;
		enum assay_check check;

		if (name_len < 7 || e->d_name[1] != '_')
			continue;
		snprintf(path, sizeof(path), "%s/json/%s", dir, e->d_name);
		p = slurp(path, &len);
		if (!p) {
			ok(false, "%s is read", e->d_name);
			continue;
		}
		check = judge((struct assay_bytes){ p, len }, &at);
		n++;
		if (is_difference(e->d_name))
			ok(check == ASSAY_J_DUPKEY, "%s: J_DUPKEY", e->d_name);
		else if (e->d_name[0] == 'y')
			ok(check == ASSAY_OK, "%s: accepted", e->d_name);
		else if (e->d_name[0] == 'n')
			ok(check == ASSAY_J_SYNTAX || check == ASSAY_J_LIMIT,
			   "%s: refused", e->d_name);
		else
			ok(check != ASSAY_A_POLICY && at <= len,
			   "%s: either, with a place", e->d_name);
		free(p);
	}
	closedir(d);
	ok(n > 300, "%zu files of the suite", n);
}

/* ---- whole texts */

/* clang-format off */
static const struct {
	const char *text;
	enum assay_check want;
	size_t want_at;
} texts[] = {
	{ "{}",                          ASSAY_OK, 0 },
	{ " \t\r\n[ ] \n",               ASSAY_OK, 0 },
	{ "\"\"",                        ASSAY_OK, 0 },
	{ "-0",                          ASSAY_OK, 0 },
	{ "1e400",                       ASSAY_OK, 0 },
	{ "123456789012345678901234567890", ASSAY_OK, 0 },
	{ "\"\x7f\xc2\x80\xed\x9f\xbf\xee\x80\x80\"", ASSAY_OK, 0 },
	{ "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",    ASSAY_OK, 0 },
	{ "\"\\ud800\\udc00\\udbff\\udfff\"", ASSAY_OK, 0 },
	{ "\"\\ud7ff\\ue000\"",          ASSAY_OK, 0 },
	{ "",                            ASSAY_J_SYNTAX, 0 },
	{ " ",                           ASSAY_J_SYNTAX, 1 },
	{ "\xef\xbb\xbf{}",              ASSAY_J_SYNTAX, 0 },
	{ "{} {}",                       ASSAY_J_SYNTAX, 3 },
	{ "{}x",                         ASSAY_J_SYNTAX, 2 },
	{ "1 2",                         ASSAY_J_SYNTAX, 2 },
	{ "[1,]",                        ASSAY_J_SYNTAX, 3 },
	{ "[,1]",                        ASSAY_J_SYNTAX, 1 },
	{ "[1 2]",                       ASSAY_J_SYNTAX, 3 },
	{ "[1}",                         ASSAY_J_SYNTAX, 2 },
	{ "{\"a\":1]",                   ASSAY_J_SYNTAX, 6 },
	{ "{\"a\":1,}",                  ASSAY_J_SYNTAX, 7 },
	{ "{,}",                         ASSAY_J_SYNTAX, 1 },
	{ "{\"a\" 1}",                   ASSAY_J_SYNTAX, 5 },
	{ "{\"a\":}",                    ASSAY_J_SYNTAX, 5 },
	{ "{a:1}",                       ASSAY_J_SYNTAX, 1 },
	{ "{\"a\":1 \"b\":2}",           ASSAY_J_SYNTAX, 7 },
	{ "01",                          ASSAY_J_SYNTAX, 0 },
	{ "-01",                         ASSAY_J_SYNTAX, 1 },
	{ "-",                           ASSAY_J_SYNTAX, 1 },
	{ "+1",                          ASSAY_J_SYNTAX, 0 },
	{ "1.",                          ASSAY_J_SYNTAX, 2 },
	{ "1.e1",                        ASSAY_J_SYNTAX, 2 },
	{ ".5",                          ASSAY_J_SYNTAX, 0 },
	{ "1e",                          ASSAY_J_SYNTAX, 2 },
	{ "1e+",                         ASSAY_J_SYNTAX, 3 },
	{ "1x",                          ASSAY_J_SYNTAX, 1 },
	{ "0x10",                        ASSAY_J_SYNTAX, 1 },
	{ "True",                        ASSAY_J_SYNTAX, 0 },
	{ "tru",                         ASSAY_J_SYNTAX, 0 },
	{ "truex",                       ASSAY_J_SYNTAX, 4 },
	{ "nul",                         ASSAY_J_SYNTAX, 0 },
	{ "NaN",                         ASSAY_J_SYNTAX, 0 },
	{ "'a'",                         ASSAY_J_SYNTAX, 0 },
	{ "[1]/**/",                     ASSAY_J_SYNTAX, 3 },
	{ "\"a",                         ASSAY_J_SYNTAX, 2 },
	{ "\"12345678\n12345678\"",      ASSAY_J_SYNTAX, 9 },
	{ "\"\x1f\"",                    ASSAY_J_SYNTAX, 1 },
	{ "\"\\",                        ASSAY_J_SYNTAX, 1 },
	{ "\"\\\"",                      ASSAY_J_SYNTAX, 3 },
	{ "\"\\a\"",                     ASSAY_J_SYNTAX, 1 },
	{ "\"\\U0041\"",                 ASSAY_J_SYNTAX, 1 },
	{ "\"\\u004\"",                  ASSAY_J_SYNTAX, 1 },
	{ "\"\\u00g0\"",                 ASSAY_J_SYNTAX, 1 },
	{ "\"\\ud800\"",                 ASSAY_J_SYNTAX, 1 },
	{ "\"\\udc00\"",                 ASSAY_J_SYNTAX, 1 },
	{ "\"\\ud800\\u0041\"",          ASSAY_J_SYNTAX, 1 },
	{ "\"\\udfff\"",                ASSAY_J_SYNTAX, 1 },
	{ "\"\\ud800\\ud800\"",          ASSAY_J_SYNTAX, 1 },
	{ "\"\\ud800\\udbff\"",          ASSAY_J_SYNTAX, 1 },
	{ "\"\\ud800\\ue000\"",          ASSAY_J_SYNTAX, 1 },
	{ "\"\\ud800xudc00\"",           ASSAY_J_SYNTAX, 1 },
	{ "\"\x80\"",                    ASSAY_J_SYNTAX, 1 },
	{ "\"\xc0\x80\"",                ASSAY_J_SYNTAX, 1 },
	{ "\"\xc1\xbf\"",                ASSAY_J_SYNTAX, 1 },
	{ "\"\xc3\"",                    ASSAY_J_SYNTAX, 1 },
	{ "\"\xe0\x9f\xbf\"",            ASSAY_J_SYNTAX, 1 },
	{ "\"\xed\xa0\x80\"",            ASSAY_J_SYNTAX, 1 },
	{ "\"\xe2\x82\"",                ASSAY_J_SYNTAX, 1 },
	{ "\"\xf0\x8f\xbf\xbf\"",        ASSAY_J_SYNTAX, 1 },
	{ "\"\xf4\x90\x80\x80\"",        ASSAY_J_SYNTAX, 1 },
	{ "\"\xf5\x80\x80\x80\"",        ASSAY_J_SYNTAX, 1 },
	{ "\"12345678\xff\"",            ASSAY_J_SYNTAX, 9 },

	/* a name twice, at any depth, however it is written */
	{ "{\"a\":1,\"b\":1,\"a\":1}",           ASSAY_J_DUPKEY, 13 },
	{ "[{\"a\":{\"x\":1,\"x\":1}}]",         ASSAY_J_DUPKEY, 13 },
	{ "{\"tcbInfo\":1,\"\\u0074cbInfo\":1}", ASSAY_J_DUPKEY, 13 },
	{ "{\"\\u0074cbInfo\":1,\"tcbInfo\":1}", ASSAY_J_DUPKEY, 18 },
	{ "{\"\\u0074\":1,\"\\u0074\":1}",       ASSAY_J_DUPKEY, 12 },
	{ "{\"\\/\":1,\"/\":1}",                 ASSAY_J_DUPKEY, 8 },
	{ "{\"\":1,\"\":1}",                     ASSAY_J_DUPKEY, 6 },
	{ "{\"sgxtcbco\":1,\"\\u0073gxtcbco\":1}", ASSAY_J_DUPKEY, 14 },
	{ "{\"sgxtcbcomp01svn\":1,\"sgxtcbcomp0\\u0031svn\":1}",
	                                         ASSAY_J_DUPKEY, 21 },
	{ "{\"\xc3\xa9\":1,\"\\u00e9\":1}",      ASSAY_J_DUPKEY, 8 },
	{ "{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":1}", ASSAY_J_DUPKEY, 10 },
	/* ... and names that only look alike */
	{ "{\"a\":1,\"A\":1,\"a \":1,\"\":1}",   ASSAY_OK, 0 },
	{ "{\"a\":1,\"a\\u0000\":1}",            ASSAY_OK, 0 },
	{ "{\"a\\u0000\":1,\"a\":1}",            ASSAY_OK, 0 },
	/* ... and two of the same hash */
	{ "{\"qkujr\":1,\"ximuj\":1}",          ASSAY_OK, 0 },
	{ "{\"a\":{\"a\":[{\"a\":1},{\"a\":1}]}}",   ASSAY_OK, 0 },
	{ "{\"a\":{\"b\":1},\"b\":{\"a\":1}}",       ASSAY_OK, 0 },
	{ "{\"\\\\u0061\":1,\"a\":1}",           ASSAY_OK, 0 },
};
/* clang-format on */

static void test_texts(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t len = strlen(texts[i].text), at;
		enum assay_check check;
		/* memory of exactly its size: a sanitizer sees one byte more */
		char *copy = malloc(len ? len : 1);

		if (!copy)
			abort();
		memcpy(copy, texts[i].text, len);
		check = judge((struct assay_bytes){ (uint8_t *)copy, len },
		              &at);
		ok(check == texts[i].want && at == texts[i].want_at,
		   "text %zu, %zu bytes: check %d at %zu", i, len, check, at);
		free(copy);
	}
}

/* ---- values */

enum form { UINT, BOOL, NUL, STRING, OBJECT, ARRAY, HEX2, TIME, TEXT4 };

/* clang-format off */
static const struct {
	const char *text;
	enum form form;
	uint64_t max;
	enum assay_check want;
	uint64_t value;
} values[] = {
	{ "0",      UINT, 255, ASSAY_OK, 0 },
	{ " 255",   UINT, 255, ASSAY_OK, 255 },
	{ "256",    UINT, 255, ASSAY_J_RANGE, 0 },
	{ "257",    UINT, 255, ASSAY_J_RANGE, 0 },
	{ "-1",     UINT, 255, ASSAY_J_RANGE, 0 },
	{ "-0",     UINT, 255, ASSAY_J_RANGE, 0 },
	{ "1.0",    UINT, 255, ASSAY_J_TYPE, 0 },
	{ "1e1",    UINT, 255, ASSAY_J_TYPE, 0 },
	{ "1E1",    UINT, 255, ASSAY_J_TYPE, 0 },
	{ "-1.5",   UINT, 255, ASSAY_J_TYPE, 0 },
	{ "01",     UINT, 255, ASSAY_J_SYNTAX, 0 },
	{ "00",     UINT, 255, ASSAY_J_SYNTAX, 0 },
	{ "-",      UINT, 255, ASSAY_J_SYNTAX, 0 },
	{ "1.",     UINT, 255, ASSAY_J_SYNTAX, 0 },
	{ "\"1\"",  UINT, 255, ASSAY_J_TYPE, 0 },
	{ "null",   UINT, 255, ASSAY_J_TYPE, 0 },
	{ "true",   UINT, 255, ASSAY_J_TYPE, 0 },
	{ "[1]",    UINT, 255, ASSAY_J_TYPE, 0 },
	{ "{}",     UINT, 255, ASSAY_J_TYPE, 0 },
	{ "x",      UINT, 255, ASSAY_J_SYNTAX, 0 },
	{ "",       UINT, 255, ASSAY_J_SYNTAX, 0 },
	{ "0",      UINT, 0, ASSAY_OK, 0 },
	{ "1",      UINT, 0, ASSAY_J_RANGE, 0 },
	{ "9999999999999999999",  UINT, UINT64_MAX, ASSAY_OK,
	  9999999999999999999u },
	{ "18446744073709551615", UINT, UINT64_MAX, ASSAY_OK, UINT64_MAX },
	{ "18446744073709551616", UINT, UINT64_MAX, ASSAY_J_RANGE, 0 },
	{ "99999999999999999999", UINT, UINT64_MAX, ASSAY_J_RANGE, 0 },
	{ "18446744073709551871", UINT, 255, ASSAY_J_RANGE, 0 },
	{ "100000000000000000000000001", UINT, UINT64_MAX, ASSAY_J_RANGE, 0 },

	{ "true",   BOOL, 0, ASSAY_OK, 1 },
	{ "false",  BOOL, 0, ASSAY_OK, 0 },
	{ "1",      BOOL, 0, ASSAY_J_TYPE, 0 },
	{ "null",   BOOL, 0, ASSAY_J_TYPE, 0 },
	{ "\"true\"", BOOL, 0, ASSAY_J_TYPE, 0 },
	{ "trux",   BOOL, 0, ASSAY_J_SYNTAX, 0 },
	{ "null",   NUL, 0, ASSAY_OK, 0 },
	{ "0",      NUL, 0, ASSAY_J_TYPE, 0 },
	{ "nulL",   NUL, 0, ASSAY_J_SYNTAX, 0 },
	{ "\"ab\"", STRING, 0, ASSAY_OK, 2 },
	{ "1",      STRING, 0, ASSAY_J_TYPE, 0 },
	{ "\"ab",   STRING, 0, ASSAY_J_SYNTAX, 0 },
	{ "{}",     OBJECT, 0, ASSAY_OK, 0 },
	{ "[]",     OBJECT, 0, ASSAY_J_TYPE, 0 },
	{ "[]",     ARRAY, 0, ASSAY_OK, 0 },
	{ "{}",     ARRAY, 0, ASSAY_J_TYPE, 0 },
	{ "\"[]\"", ARRAY, 0, ASSAY_J_TYPE, 0 },

	{ "\"aBcD\"",   HEX2, 0, ASSAY_OK, 0xabcd },
	{ "\"0000\"",   HEX2, 0, ASSAY_OK, 0 },
	{ "\"abc\"",    HEX2, 0, ASSAY_J_TYPE, 0 },
	{ "\"abcde\"",  HEX2, 0, ASSAY_J_TYPE, 0 },
	{ "\"abcdef\"", HEX2, 0, ASSAY_J_TYPE, 0 },
	{ "\"\"",       HEX2, 0, ASSAY_J_TYPE, 0 },
	{ "\"0xab\"",   HEX2, 0, ASSAY_J_TYPE, 0 },
	{ "\"abcg\"",   HEX2, 0, ASSAY_J_TYPE, 0 },
	{ "\" abc\"",   HEX2, 0, ASSAY_J_TYPE, 0 },
	{ "\"\\u0061bcd\"", HEX2, 0, ASSAY_J_TYPE, 0 },
	{ "43981",      HEX2, 0, ASSAY_J_TYPE, 0 },

	{ "\"2026-11-23T12:00:00Z\"",   TIME, 0, ASSAY_OK, 1795435200 },
	{ "\"2026-11-23T12:00:00.9Z\"", TIME, 0, ASSAY_OK, 1795435200 },
	{ "\"2025-02-30T00:00:00Z\"",   TIME, 0, ASSAY_J_TYPE, 0 },
	{ "\"2026-11-23T12:00:00\"",    TIME, 0, ASSAY_J_TYPE, 0 },
	{ "1795435200",                 TIME, 0, ASSAY_J_TYPE, 0 },

	{ "\"abc\"",       TEXT4, 0, ASSAY_OK, 3 },
	{ "\"\"",          TEXT4, 0, ASSAY_OK, 0 },
	{ "\"abcd\"",      TEXT4, 0, ASSAY_J_TYPE, 0 },
	{ "\"\\u0061bc\"", TEXT4, 0, ASSAY_OK, 3 },
	{ "\"\\u20ac\"",   TEXT4, 0, ASSAY_OK, 3 },
	{ "\"\\u20acx\"",  TEXT4, 0, ASSAY_J_TYPE, 0 },
	{ "\"a\\u0000\"",  TEXT4, 0, ASSAY_J_TYPE, 0 },
	{ "7",             TEXT4, 0, ASSAY_J_TYPE, 0 },
};
/* clang-format on */

static uint64_t read_value(struct assay_json *j, enum form form, uint64_t max,
                           bool *held)
{
	struct assay_json_str s = { .escaped = true };
	uint64_t v = 77;
	uint8_t hex[2] = { 7, 7 };
	int64_t t = 77;
	char text[4] = "xyz";
	bool b = true;

	switch (form) {
	case UINT:
		*held = assay_json_uint(j, max, &v);
		return v;
	case BOOL:
		*held = assay_json_bool(j, &b);
		return b;
	case NUL:
		*held = assay_json_null(j);
		return 0;
	case STRING:
		*held = assay_json_string(j, &s);
		return s.raw.len + (s.escaped ? 1000u : 0u);
	case OBJECT:
		*held = assay_json_object(j);
		if (*held && assay_json_member(j, &s))
			return 1;
		return 0;
	case ARRAY:
		*held = assay_json_array(j);
		return *held && assay_json_element(j);
	case HEX2:
		*held = assay_json_hex(j, hex, 2);
		return (uint64_t)hex[0] << 8 | hex[1];
	case TIME:
		*held = assay_json_time(j, &t);
		return (uint64_t)t;
	default:
		*held = assay_json_text(j, text, sizeof(text));
		return *held ? strlen(text) : !is_zero(text, sizeof(text));
	}
}

static void test_values(void)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct assay_err err = { 0 };
		struct assay_json j;
		bool held, whole;
		uint64_t v;

		assay_json_open(&j, bytes(values[i].text), ASSAY_DOC_QUOTE);
		v = read_value(&j, values[i].form, values[i].max, &held);
		whole = assay_json_close(&j, &err);
		ok(held == whole && err.check == values[i].want &&
		           held == (values[i].want == ASSAY_OK) &&
		           v == values[i].value &&
		           (held || err.doc == ASSAY_DOC_QUOTE),
		   "value %zu: %s: %llu, check %d %s", i, values[i].text,
		   (unsigned long long)v, err.check, err.note);
	}
}

/* ---- walking */

static void test_walk(void)
{
	static const char text[] =
		" { \"skipped\" : [1, {\"x\":2}, \"]\"] , \"n\":7,\n"
		" \"o\":{\"in\":true}, \"raw\": {\"a\" : [ 1 ]} ,"
		"\"list\":[\"\", null, 3.5], \"\\u006cast\" : \"\\n\\u20ac\"} ";
	struct assay_json_str name, s;
	struct assay_bytes raw;
	struct assay_err err;
	struct assay_json j;
	uint64_t n = 0, seen = 0;
	uint8_t out[16];
	bool b = false;

	assay_json_open(&j, bytes(text), ASSAY_DOC_TCB_INFO);
	ok(assay_json_peek(&j) == '{' && assay_json_at(&j) == 1,
	   "peek and at, before white space");
	ok(assay_json_object(&j), "the object");
	while (assay_json_member(&j, &name)) {
		seen++;
		if (assay_json_is(name, "n")) {
			ok(assay_json_peek(&j) == '0' &&
			           assay_json_uint(&j, 9, &n) && n == 7,
			   "a number behind a skipped member");
		} else if (assay_json_is(name, "o")) {
			ok(assay_json_object(&j) &&
			           assay_json_member(&j, &name) &&
			           assay_json_is(name, "in") &&
			           !assay_json_is(name, "i") &&
			           !assay_json_is(name, "inn") &&
			           assay_json_bool(&j, &b) && b &&
			           !assay_json_member(&j, &name) &&
			           !name.raw.ptr && assay_json_ok(&j),
			   "an object inside");
		} else if (assay_json_is(name, "raw")) {
			ok(assay_json_skip(&j, &raw) && raw.len == 13 &&
			           raw.ptr[0] == '{' && raw.ptr[12] == '}',
			   "skip gives the exact bytes");
		} else if (assay_json_is(name, "list")) {
			static const char kinds[] = "\"n0";
			size_t k = 0;

			ok(assay_json_array(&j), "a list");
			for (; assay_json_element(&j) && k < 3; k++)
				ok(assay_json_peek(&j) == kinds[k],
				   "element %zu, left to the next call", k);
			ok(k == 3, "three elements");
		} else if (assay_json_is(name, "last")) {
			ok(name.escaped && !assay_json_is(name, "las") &&
			           !assay_json_is(name, "lasts") &&
			           assay_json_string(&j, &s) && s.escaped &&
			           assay_json_unescape(out, s) == 4 &&
			           memcmp(out, "\n\xe2\x82\xac", 4) == 0,
			   "an escaped name and string");
		}
	}
	ok(seen == 6 && assay_json_close(&j, &err), "all of it");

	assay_json_open(&j, bytes("\"a\\u0000\\u0000\""), ASSAY_DOC_NONE);
	ok(assay_json_string(&j, &s) && !assay_json_is(s, "a"),
	   "U+0000 does not end a string");
	assay_json_open(&j, bytes("[1,]"), ASSAY_DOC_NONE);
	ok(assay_json_array(&j) && assay_json_element(&j) &&
	           !assay_json_element(&j) && j.err.at == 3,
	   "no element behind the last comma");
}

/* Every view and number is exact: skip of each kind of value. */
static void test_raw(void)
{
	static const char *const rows[] = { "{}",         "[]",
		                            "\"a\\\"b\"", "-1.5e+3",
		                            "true",       "false",
		                            "null",       "[[],{\"a\":[0]}]" };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct assay_json_str name;
		struct assay_bytes raw = { 0 };
		struct assay_json j;
		char text[64];

		snprintf(text, sizeof(text), "{\"a\": \t%s \n,\"b\":0}",
		         rows[i]);
		assay_json_open(&j, bytes(text), ASSAY_DOC_NONE);
		ok(assay_json_object(&j) && assay_json_member(&j, &name) &&
		           assay_json_skip(&j, &raw) &&
		           raw.ptr == (uint8_t *)text + 7 &&
		           raw.len == strlen(rows[i]) &&
		           assay_json_member(&j, &name) &&
		           assay_json_is(name, "b"),
		   "the span of %s", rows[i]);
	}
}

static void test_sticky(void)
{
	struct assay_json_str s, name;
	struct assay_bytes raw;
	struct assay_err err = { 0 }, first;
	struct assay_json j;
	uint64_t n = 1;
	int64_t t = 1;
	bool b = true;
	char text[8] = "text";
	uint8_t hex[4] = { 1 };

	assay_json_open(&j, bytes("{\"a\":1,\"b\":[2]}"), ASSAY_DOC_POLICY);
	memset(&s, 1, sizeof(s));
	memset(&raw, 1, sizeof(raw));
	ok(assay_json_object(&j) && assay_json_member(&j, &name) &&
	           !assay_json_fail(&j, ASSAY_A_POLICY, 5, "got %d", 1),
	   "a failure of the caller's");
	first = j.err;
	ok(!assay_json_bad_type(&j, 1, "later") &&
	           !assay_json_bad_range(&j, 1, "later") &&
	           !assay_json_too_much(&j, 1, "later"),
	   "later failures");
	memset(&name, 1, sizeof(name));
	ok(!assay_json_member(&j, &name) && !name.raw.ptr && !name.escaped,
	   "no member after a failure");
	ok(!assay_json_object(&j) && !assay_json_array(&j) &&
	           !assay_json_element(&j) && !assay_json_null(&j) &&
	           !assay_json_peek(&j) && !assay_json_at(&j),
	   "no walking after a failure");
	ok(!assay_json_string(&j, &s) && !s.raw.ptr && !s.raw.len && !s.escaped,
	   "no string after a failure");
	ok(!assay_json_skip(&j, &raw) && !raw.ptr && !raw.len,
	   "no span after a failure");
	ok(!assay_json_uint(&j, 9, &n) && !n && !assay_json_time(&j, &t) &&
	           !t && !assay_json_bool(&j, &b) && !b,
	   "no number, time, truth after a failure");
	ok(!assay_json_text(&j, text, sizeof(text)) &&
	           is_zero(text, sizeof(text)) &&
	           !assay_json_hex(&j, hex, sizeof(hex)) &&
	           is_zero(hex, sizeof(hex)),
	   "no text, no bytes after a failure");
	ok(!assay_json_close(&j, &err) && err.check == ASSAY_A_POLICY &&
	           err.at == 5 && err.doc == ASSAY_DOC_POLICY &&
	           strcmp(err.note, "got 1") == 0 &&
	           strcmp(err.note, first.note) == 0,
	   "the first failure stays");

	/* outputs are zero when the failure is found in this very call */
	assay_json_open(&j, bytes("{\"a\":1,\"a\":1}"), ASSAY_DOC_POLICY);
	ok(assay_json_object(&j) && assay_json_member(&j, &name) &&
	           !assay_json_member(&j, &name) && !name.raw.ptr &&
	           j.err.check == ASSAY_J_DUPKEY,
	   "no name that stands twice");
	assay_json_open(&j, bytes("[1,x]"), ASSAY_DOC_POLICY);
	memset(&raw, 1, sizeof(raw));
	ok(!assay_json_skip(&j, &raw) && !raw.ptr && !raw.len,
	   "no span of a bad value");
}

/* A caller that does not keep to the order of calls gets no, never a value. */
static void test_misuse(void)
{
	struct assay_json_str name;
	struct assay_json j;
	uint64_t n;

	assay_json_open(&j, bytes("{\"a\":1}"), ASSAY_DOC_NONE);
	ok(!assay_json_close(&j, NULL), "closed before anything was read");
	assay_json_open(&j, bytes(" "), ASSAY_DOC_NONE);
	ok(!assay_json_close(&j, NULL), "closed where there is nothing");
	assay_json_open(&j, bytes("{"), ASSAY_DOC_NONE);
	ok(assay_json_object(&j) && !assay_json_close(&j, NULL),
	   "closed inside an object");
	assay_json_open(&j, bytes("{\"a\":1}"), ASSAY_DOC_NONE);
	ok(assay_json_object(&j) && assay_json_member(&j, &name) &&
	           assay_json_uint(&j, 9, &n) && !assay_json_uint(&j, 9, &n),
	   "a value read twice");
	assay_json_open(&j, bytes("1 2"), ASSAY_DOC_NONE);
	ok(assay_json_uint(&j, 9, &n) && !assay_json_uint(&j, 9, &n) && !n,
	   "a second value read");
	assay_json_open(&j, bytes("{\"a\":1}"), ASSAY_DOC_NONE);
	ok(assay_json_object(&j) && !assay_json_string(&j, &name) &&
	           !name.raw.ptr,
	   "a name read as a value");
	assay_json_open(&j, bytes("[1]"), ASSAY_DOC_NONE);
	ok(assay_json_array(&j) && !assay_json_member(&j, &name),
	   "a member asked of an array");
	assay_json_open(&j, bytes("{}"), ASSAY_DOC_NONE);
	ok(assay_json_object(&j) && !assay_json_element(&j),
	   "an element asked of an object");
	assay_json_open(&j, bytes("{}"), ASSAY_DOC_NONE);
	ok(!assay_json_member(&j, &name), "a member asked of nothing");
}

/* ---- limits */

static void test_limits(void)
{
	static const size_t depths[] = { ASSAY_JSON_DEPTH - 1, ASSAY_JSON_DEPTH,
		                         ASSAY_JSON_DEPTH + 1, 10000 };
	static char text[ASSAY_JSON_MAX + 2];
	struct assay_json j;
	size_t at, n = 0;

	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		const size_t depth = depths[i];
		const bool fits = depth <= ASSAY_JSON_DEPTH;

		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		ok(judge((struct assay_bytes){ (uint8_t *)text, 2 * depth },
		         &at) == (fits ? ASSAY_OK : ASSAY_J_LIMIT) &&
		           at == (fits ? 0 : ASSAY_JSON_DEPTH),
		   "%zu levels", depth);
	}
	assay_json_open(&j, bytes("[[[[[[[[[[[[[[[[["), ASSAY_DOC_NONE);
	for (n = 0; assay_json_array(&j) && assay_json_element(&j); n++)
		;
	ok(n == ASSAY_JSON_DEPTH && j.err.check == ASSAY_J_LIMIT &&
	           j.depth == ASSAY_JSON_DEPTH,
	   "one level too many, walked");

	for (int many = 0; many < 2; many++) {
		char *p = text;

		*p++ = '{';
		for (int i = 0; i < ASSAY_JSON_MEMBERS + many; i++)
			p += sprintf(p, "%s\"%x\":0", i ? "," : "", i);
		*p++ = '}';
		ok(judge((struct assay_bytes){ (uint8_t *)text,
		                               (size_t)(p - text) },
		         &at) == (many ? ASSAY_J_LIMIT : ASSAY_OK),
		   "%d members", ASSAY_JSON_MEMBERS + many);
	}
	{
		char *p = text;

		/* closed objects' members do not count */
		*p++ = '[';
		for (int i = 0; i < 3 * ASSAY_JSON_MEMBERS; i++)
			p += sprintf(p, "%s{\"a\":{\"b\":0}}", i ? "," : "");
		*p++ = ']';
		ok(judge((struct assay_bytes){ (uint8_t *)text,
		                               (size_t)(p - text) },
		         &at) == ASSAY_OK,
		   "many objects of two members");
	}

	for (int more = 0; more < 2; more++) {
		char *p = text + sprintf(text, "{\"");

		memset(p, 'n', ASSAY_JSON_NAME + 1);
		p += ASSAY_JSON_NAME + more;
		p += sprintf(p, "\":0}");
		ok(judge((struct assay_bytes){ (uint8_t *)text,
		                               (size_t)(p - text) },
		         &at) == (more ? ASSAY_J_LIMIT : ASSAY_OK),
		   "a name of %d bytes", ASSAY_JSON_NAME + more);
	}

	memset(text, ' ', sizeof(text));
	text[0] = '0';
	ok(judge((struct assay_bytes){ (uint8_t *)text, ASSAY_JSON_MAX },
	         &at) == ASSAY_OK,
	   "the longest text");
	ok(judge((struct assay_bytes){ (uint8_t *)text, ASSAY_JSON_MAX + 1 },
	         &at) == ASSAY_J_LIMIT &&
	           at == ASSAY_JSON_MAX,
	   "one byte too long");
	assay_json_open_max(&j, bytes("[0]"), ASSAY_DOC_NONE, 3);
	ok(assay_json_skip(&j, NULL), "a maximum that is met");
	assay_json_open_max(&j, bytes("[0]"), ASSAY_DOC_NONE, 2);
	ok(!assay_json_skip(&j, NULL) && j.err.check == ASSAY_J_LIMIT,
	   "a maximum that is not");
}

/* No proper beginning of a document is a document. */
static void test_truncations(void)
{
	static const char text[] =
		"{\"a\":[true,false,null,-1.5e+10,\"x\\u20ac\\ud83d\\ude00"
		"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\",{\"b\":{}}]}";
	size_t bad = 0, at;

	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		uint8_t *copy = malloc(len ? len : 1);

		if (!copy)
			abort();
		memcpy(copy, text, len);
		bad += judge((struct assay_bytes){ copy, len }, &at) !=
		               ASSAY_J_SYNTAX ||
		       at > len;
		free(copy);
	}
	ok(bad == 0, "every truncation is J_SYNTAX (%zu are not)", bad);
	ok(judge(bytes(text), &at) == ASSAY_OK, "the whole is accepted");
}

/* ---- the writer */

static void write_all(struct assay_json_out *o)
{
	static const uint8_t all[] = { 0x00, 0x01, 0x1f, '"',  '\\', '/',  0x7f,
		                       0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 0xff,
		                       'z',  0xed, 0xa0, 0x80, 0xc3 };
	static const uint8_t zeros[49];

	assay_json_put_object(o, NULL);
	assay_json_put_text(o, "te\"xt", "a\nb\"c\\");
	assay_json_put_text(o, "none", NULL);
	assay_json_put_bytes(o, "all",
	                     (struct assay_bytes){ all, sizeof(all) });
	assay_json_put_hex(o, "hex", all, 4);
	assay_json_put_hex(o, "nohex", all, 0);
	assay_json_put_base64(o, "b64", (struct assay_bytes){ all, 4 });
	assay_json_put_base64(o, "long", (struct assay_bytes){ zeros, 49 });
	assay_json_put_base64(o, "no64", (struct assay_bytes){ NULL, 0 });
	assay_json_put_array(o, "list");
	assay_json_put_uint(o, NULL, 0);
	assay_json_put_uint(o, NULL, UINT64_MAX);
	assay_json_put_array(o, NULL);
	assay_json_put_uint(o, NULL, 1);
	assay_json_put_end(o, ']');
	assay_json_put_object(o, NULL);
	assay_json_put_uint(o, "x", 2);
	assay_json_put_end(o, '}');
	assay_json_put_array(o, NULL);
	assay_json_put_end(o, ']');
	assay_json_put_bool(o, NULL, true);
	assay_json_put_bool(o, NULL, false);
	assay_json_put_null(o, NULL);
	assay_json_put_end(o, ']');
	assay_json_put_time(o, "time", 1795435200);
	assay_json_put_time(o, "never", -1);
	assay_json_put_end(o, '}');
}

static void test_writer(void)
{
	static const char want[] =
		"{\"te\\\"xt\":\"a\\u000ab\\\"c\\\\\",\"none\":null,"
		"\"all\":\"\\u0000\\u0001\\u001f\\\"\\\\/\\u007f\xc3\xa9"
		"\xf0\x9f\x98\x80\\ufffdz\\ufffd\\ufffd\\ufffd\\ufffd\","
		"\"hex\":\"00011f22\",\"nohex\":\"\","
		"\"b64\":\"AAEfIg==\",\"long\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\",\"no64\":\"\","
		"\"list\":[0,18446744073709551615,[1],{\"x\":2},[],true,"
		"false,null],"
		"\"time\":\"2026-11-23T12:00:00Z\",\"never\":null}";
	const size_t len = sizeof(want) - 1;
	struct assay_json_str name;
	struct assay_json_out o;
	struct assay_json j;
	char mem[512], text[16];
	size_t at, bad = 0;

	assay_json_begin(&o, mem, sizeof(mem));
	write_all(&o);
	ok(o.ok && o.depth == 0 && o.len == len && strcmp(mem, want) == 0,
	   "all kinds: %s", mem);
	ok(judge(bytes(mem), &at) == ASSAY_OK, "the reader accepts it");
	assay_json_open(&j, bytes(mem), ASSAY_DOC_NONE);
	ok(assay_json_object(&j) && assay_json_member(&j, &name) &&
	           assay_json_is(name, "te\"xt") &&
	           assay_json_text(&j, text, sizeof(text)) &&
	           strcmp(text, "a\nb\"c\\") == 0,
	   "the reader reads the same");

	for (size_t cap = 0; cap <= len + 1; cap++) {
		char *small = malloc(cap ? cap : 1);

		if (!small)
			abort();
		assay_json_begin(&o, small, cap);
		write_all(&o);
		bad += o.ok != (cap == len + 1) || o.len > len ||
		       (cap && (o.len >= cap || small[o.len] ||
		                memcmp(small, want, o.len) != 0));
		free(small);
	}
	ok(bad == 0, "too little memory is remembered (%zu times not)", bad);

	assay_json_begin(&o, mem, sizeof(mem));
	assay_json_put_uint(&o, NULL, 1);
	ok(o.ok, "one value at the top");
	assay_json_put_uint(&o, NULL, 2);
	ok(!o.ok && strcmp(mem, "1") == 0, "not two");
	assay_json_begin(&o, mem, sizeof(mem));
	assay_json_put_end(&o, ']');
	ok(!o.ok && !*mem, "no end of nothing");
	assay_json_begin(&o, mem, sizeof(mem));
	for (int i = 0; i < ASSAY_JSON_DEPTH; i++)
		assay_json_put_array(&o, NULL);
	ok(o.ok, "%d levels", ASSAY_JSON_DEPTH);
	assay_json_put_array(&o, NULL);
	ok(!o.ok && o.depth == ASSAY_JSON_DEPTH, "not one more");
}

int main(void)
{
	test_suite();
	test_texts();
	test_values();
	test_walk();
	test_raw();
	test_sticky();
	test_misuse();
	test_limits();
	test_truncations();
	test_writer();
	return done();
}
