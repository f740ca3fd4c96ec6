/* t_toml.c - the reader of TOML: every form of a value and a key, and every way
 * to make one wrong [TOML 1.0]. */
#include <stdio.h>
#include <string.h>

#include "measure/toml.h"
#include "tap.h"

/* What was taken, as text: "key=value" each on a line. */
struct taken {
	char text[1024];
	size_t len;
	int stop; /* after so many values */
};

static bool take(void *to, const struct assay_toml_value *v)
{
	static const char *const kinds[] = { "?", "t", "i", "b" };
	struct taken *t = to;

	t->len += (size_t)snprintf(t->text + t->len, sizeof(t->text) - t->len,
	                           "%s%s=%s:", t->len ? " " : "", v->key,
	                           kinds[v->kind]);
	if (v->kind == ASSAY_TOML_TEXT)
		t->len += (size_t)snprintf(t->text + t->len,
		                           sizeof(t->text) - t->len, "%s",
		                           v->text ? v->text : "(long)");
	if (v->kind == ASSAY_TOML_INTEGER)
		t->len += (size_t)snprintf(t->text + t->len,
		                           sizeof(t->text) - t->len, "%lld",
		                           (long long)v->integer);
	if (v->kind == ASSAY_TOML_BOOLEAN)
		t->text[t->len++] = v->boolean ? '1' : '0';
	t->text[t->len] = 0;
	return --t->stop != 0;
}

static struct assay_bytes bytes(const char *text)
{
	return (struct assay_bytes){ (const uint8_t *)text, strlen(text) };
}

/* ---- what is well formed */

#define KEY_16 "abcdefghijklmnop"

/* clang-format off */
static const struct {
	const char *name, *in, *want;
} good[] = {
	{ "nothing", "", "" },
	{ "blank lines and comments", "\n  # a comment, \xc3\xa9\r\n\t\n#", "" },
	{ "a pair", "a = 1", "a=i:1" },
	{ "lines end as they do elsewhere", "a=1\r\nb=2\r\n", "a=i:1 b=i:2" },
	{ "a comment behind it", "a = 1 # one\n", "a=i:1" },
	{ "a table", "[sgx]\na = 1\n[ b . c ] # c\nd = 2", "sgx.a=i:1 b.c.d=i:2" },
	{ "a table of an array", "[[a.b]]\nc = 1\n[[a.b]]\nc = 2", "a.b[].c=i:1 a.b[].c=i:2" },
	{ "dotted keys", "a . b.\"c\" = 1\n[x]\ny.z = 2", "a.b.c=i:1 x.y.z=i:2" },
	{ "quoted keys", "\"a.b\" = 1\n'c d' = 2", "a\xff" "b=i:1 c\xff" "d=i:2" },
	{ "an escaped letter in a key", "\"\\u0061\" = 1", "a=i:1" },
	{ "NUL in a key", "\"a\\u0000\" = 1", "a\xff=i:1" },
	{ "a bare key of digits", "1-_ = 1", "1-_=i:1" },
	{ "a key that is too long", KEY_16 KEY_16 KEY_16 KEY_16 KEY_16 KEY_16 " = 1\nb = 2", "=i:1 b=i:2" },
	{ "a key that is just short enough", KEY_16 KEY_16 KEY_16 KEY_16 KEY_16 "abcdefghijklmno = 1", KEY_16 KEY_16 KEY_16 KEY_16 KEY_16 "abcdefghijklmno=i:1" },
	{ "a table's name that is too long", "[" KEY_16 KEY_16 KEY_16 KEY_16 KEY_16 KEY_16 "]\na.b = 1\n[c]\nd = 2", "=i:1 c.d=i:2" },
	{ "text", "a = \"b c\"", "a=t:b c" },
	{ "empty text", "a = \"\"\nb = ''", "a=t: b=t:" },
	{ "escapes", "a = \"\\\"\\\\\\t\\u0041\\U00000042\\u00e9\"", "a=t:\"\\\tAB\xff" },
	{ "text as it stands", "a = 'b\\n\"'", "a=t:b\\n\"" },
	{ "lines", "a = \"\"\"\nb\nc\"\"\"", "a=t:b\nc" },
	{ "lines with quotation marks", "a = \"\"\"b\"\"c\"\"\"\"\"", "a=t:b\"\"c\"\"" },
	{ "lines, folded", "a = \"\"\"b\\  \n\n  c\"\"\"", "a=t:bc" },
	{ "lines as they stand", "a = '''\nb\\\n'''", "a=t:b\\\n" },
	{ "text that is too long", "a = \"" KEY_16 KEY_16 KEY_16 KEY_16 "\"", "a=t:(long)" },
	{ "integers", "a=+1\nb=-17\nc=0\nd=1_000", "a=i:1 b=i:-17 c=i:0 d=i:1000" },
	{ "integers to other bases", "a=0x1F\nb=0o17\nc=0b1_0", "a=i:31 b=i:15 c=i:2" },
	{ "the largest and the least", "a=9223372036854775807\nb=-9223372036854775808", "a=i:9223372036854775807 b=i:-9223372036854775808" },
	{ "booleans", "a=true\nb=false", "a=b:1 b=b:0" },
	{ "floats", "a=1.5\nb=-1e10\nc=+1_0.0_1E-2\nd=inf\ne=-nan", "a=?: b=?: c=?: d=?: e=?:" },
	{ "dates and times", "a=1979-05-27\nb=1979-05-27T07:32:00Z\nc=1979-05-27 07:32:00.5-07:00\nd=07:32:00", "a=?: b=?: c=?: d=?:" },
	{ "arrays", "a=[1, \"b\", [true],]\nb=[]\nc = [ # c\n 1 # d\n , 2\n]", "a[]=i:1 a[]=t:b a[][]=b:1 c[]=i:1 c[]=i:2" },
	{ "tables in a line", "a={b=1, c.d=\"e\"}\nb={}\nc=[{d=1},{d=2}]", "a.b=i:1 a.c.d=t:e c[].d=i:1 c[].d=i:2" },
};

/* ---- what is not */

static const struct {
	const char *name, *in;
	size_t at;
} wrong[] = {
	{ "no value", "a =", 3 },
	{ "no equals sign", "a 1", 2 },
	{ "a key alone", "a", 1 },
	{ "no key", "= 1", 0 },
	{ "an empty part of a key", "a..b = 1", 2 },
	{ "a key of other characters", "\xc3\xa9 = 1", 0 },
	{ "two on a line", "a = 1 b = 2", 6 },
	{ "something behind a table's name", "[a] b", 4 },
	{ "a table's name that does not end", "[a", 2 },
	{ "a table of an array that ends too early", "[[a]", 4 },
	{ "a table without a name", "[]", 1 },
	{ "text that does not end", "a = \"b", 6 },
	{ "text that ends on another line", "a = \"b\nc\"", 6 },
	{ "text as it stands that does not end", "a = 'b", 6 },
	{ "lines that do not end", "a = \"\"\"b\"\"", 10 },
	{ "a key of lines", "\"\"\"a\"\"\" = 1", 2 },
	{ "an unknown escape", "a = \"\\x41\"", 5 },
	{ "an escape at the end", "a = \"\\", 5 },
	{ "a digit that is none", "a = \"\\u00g0\"", 9 },
	{ "half of a pair", "a = \"\\ud800\"", 7 },
	{ "beyond Unicode", "a = \"\\U00110000\"", 7 },
	{ "a fold that is none", "a = \"\"\"\\ b\"\"\"", 9 },
	{ "a control character", "a = \"\x01\"", 5 },
	{ "DEL", "a = '\x7f'", 5 },
	{ "a control character in a comment", "# \x02", 2 },
	{ "invalid UTF-8", "a = \"\xc3\"", 5 },
	{ "invalid UTF-8 in a comment", "#\xff", 1 },
	{ "CR alone", "a = 1\rb = 2", 5 },
	{ "a word", "a = yes", 4 },
	{ "zeros before a number", "a = 012", 4 },
	{ "an underscore at the end", "a = 1_", 4 },
	{ "two underscores", "a = 1__0", 4 },
	{ "a number too large", "a = 9223372036854775808", 4 },
	{ "a number far too large", "a = 18446744073709551617", 4 },
	{ "a number too small", "a = -9223372036854775809", 4 },
	{ "a sign before another base", "a = +0x10", 4 },
	{ "no digits", "a = 0x", 4 },
	{ "a digit of another base", "a = 0o8", 4 },
	{ "a point at the end", "a = 1.", 4 },
	{ "a point at the start", "a = .5", 4 },
	{ "no exponent", "a = 1e", 4 },
	{ "half a date", "a = 1979-05", 4 },
	{ "a date of letters", "a = 1979-05-2x", 4 },
	{ "an array that does not end", "a = [1", 6 },
	{ "an array without commas", "a = [1 2]", 7 },
	{ "an array of nothing and more", "a = [,1]", 5 },
	{ "a table that does not end", "a = {b=1", 8 },
	{ "a table with a comma at its end", "a = {b=1,}", 9 },
	{ "a table over two lines", "a = {b=1,\nc=2}", 9 },
	{ "the byte order mark", "\xef\xbb\xbf" "a = 1", 0 },
	{ "too deep", "a=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", 34 },
};
/* clang-format on */

static void test_nul(void)
{
	static const uint8_t text[] = "a = 1\n\0b = 2\n";
	struct taken t = { .stop = 0 };
	struct assay_err err;

	ok(!assay_toml_walk((struct assay_bytes){ text, sizeof(text) - 1 },
	                    take, &t, &err) &&
	           err.check == ASSAY_S_TOML && err.at == 6,
	   "NUL: %s", err.note);
}

static void test_stop(void)
{
	struct taken t = { .stop = 2 };

	ok(!assay_toml_walk(bytes("a=1\nb=[2,3]\nc=4"), take, &t, NULL) &&
	           strcmp(t.text, "a=i:1 b[]=i:2") == 0,
	   "who takes the values may end it: %s", t.text);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct taken t = { .stop = 0 };
		struct assay_err err = { 0 };
		bool read = assay_toml_walk(bytes(good[i].in), take, &t, &err);

		ok(read && strcmp(t.text, good[i].want) == 0, "%s",
		   good[i].name);
		if (!read)
			printf("# at %zu: %s\n", err.at, err.note);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct taken t = { .stop = 0 };
		struct assay_err err = { 0 };

		ok(!assay_toml_walk(bytes(wrong[i].in), take, &t, &err) &&
		           err.check == ASSAY_S_TOML &&
		           err.doc == ASSAY_DOC_MANIFEST &&
		           err.at == wrong[i].at,
		   "%s: at %zu, %s", wrong[i].name, err.at, err.note);
	}
	test_nul();
	test_stop();
	return done();
}
