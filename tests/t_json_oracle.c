/* t_json_oracle.c - the JSON reader beside jansson: the same texts accepted,
 * the same values read.
 *
 * Exceptions, all of them checked to be just these:
 * - jansson refuses numbers that do not fit its types, and U+0000 in names;
 * - jansson does not see one NUL directly behind a number or a word (0, true);
 * - we refuse (J_LIMIT) what is deeper than 16 levels or has more than 512 open
 *   members. */
#include "base/json.h"

#include "tap.h"

#include <ctype.h>
#include <jansson.h>

enum {
	TEXT_MAX = 1024,
	MUTANTS = 4000, /* of each seed */
};

static const char *const seeds[] = {
	"{\"tcbInfo\":{\"id\":\"SGX\",\"version\":3,\"fmspc\":\"00906ea10000\","
	"\"tcbLevels\":[{\"tcb\":{\"sgxtcbcomponents\":[{\"svn\":20},{\"svn\":"
	"255}],\"pcesvn\":13},\"tcbStatus\":\"UpToDate\",\"advisoryIDs\":"
	"[\"INTEL-SA-00334\",\"INTEL-SA-00615\"]}]},\"signature\":\"86fa\"}",
	"{ \"a\" : [ true , false , null , -0 , 1.5e+10 , 0.25E-2 , -17 ] ,\n"
	"\t\"b\" : { } , \"c\" : [ ] , \"\" : \"\" }\r\n",
	"[\"\\u0074cb\\n\\\\\\/\\\"\\b\\f\\r\\t\","
	"\"\\ud83d\\ude00\\u20ac\\u0000\","
	"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\xf4\x8f\xbf\xbf\","
	"{\"\\u00e9\":1,\"\xc3\xa8\":2,\"\\ud83d\\ude00\":3}]",
	"[0,9,18446744073709551615,9223372036854775807,9223372036854775808,"
	"1e308,123456789]",
	"{\"a\":{\"b\":{\"c\":{\"d\":[[[[{\"e\":0,\"f\":1},{\"e\":2}]]]]}}},"
	"\"g\":1,\"h\":2,\"i\":3,\"g2\":4}",
	"\"a string alone, long enough to be read eight bytes at a time\"",
	" 0 ",
	"true",
};

/* Pieces that make a mutant interesting more often than noise does. */
static const char *const pieces[] = {
	"\"",
	"\\",
	"\\u",
	"\\u0000",
	"\\ud800",
	"\\udc00",
	"{",
	"}",
	"[",
	"]",
	",",
	":",
	"\"a\":1",
	"0",
	"-",
	".",
	"e",
	"+",
	"true",
	"null",
	" ",
	"\n",
	"\x80",
	"\xc3",
	"\xed\xa0\x80",
	"\xf4\x90\x80\x80",
	"\xc0\x80",
	"\x01",
	"\x7f",
	"\"g\":0,",
	"[[[[[[[[[[[",
	"1e999",
	"99999999999999999999",
	"\xef\xbb\xbf",
};

static uint32_t state;

static size_t pick(size_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return n ? state % n : 0;
}

/* Puts `n` bytes in the place of `cut` bytes at `at`, if there is room. */
static size_t replace(char *text, size_t len, size_t at, size_t cut,
                      const char *p, size_t n)
{
	char with[64];

	n = n < sizeof(with) ? n : sizeof(with);
	cut = cut < len - at ? cut : len - at;
	if (len - cut + n > TEXT_MAX)
		return len;
	memcpy(with, p, n);
	memmove(text + at + n, text + at + cut, len - at - cut);
	memcpy(text + at, with, n);
	return len - cut + n;
}

static size_t mutate(char *text, size_t len)
{
	size_t at = pick(len + 1), from = pick(len + 1);
	const char *piece = pieces[pick(sizeof(pieces) / sizeof(pieces[0]))];
	char byte = (char)pick(256);

	switch (pick(6)) {
	case 0: /* one byte changed */
		return replace(text, len, at, 1, &byte, 1);
	case 1: /* a few removed */
		return replace(text, len, at, 1 + pick(4), &byte, 0);
	case 2: /* a piece put in */
		return replace(text, len, at, 0, piece, strlen(piece));
	case 3: /* a piece in the place of something */
		return replace(text, len, at, 1 + pick(8), piece,
		               strlen(piece));
	case 4: /* something copied to another place */
		from = from < len ? from : 0;
		return replace(text, len, at, 0, text + from,
		               pick(len - from < 40 ? len - from + 1 : 40));
	default: /* cut off */
		return pick(8) ? len : at;
	}
}

static bool same_string(struct assay_json_str s, const char *p, size_t n)
{
	uint8_t out[TEXT_MAX];
	size_t len = assay_json_unescape(out, s);

	return p && len == n && memcmp(out, p, n) == 0;
}

static bool same(struct assay_json *j, const json_t *v);

static bool same_object(struct assay_json *j, const json_t *v)
{
	struct assay_json_str name;
	uint8_t out[TEXT_MAX];
	size_t n = 0;

	if (!json_is_object(v) || !assay_json_object(j))
		return false;
	for (; assay_json_member(j, &name); n++) {
		size_t len = assay_json_unescape(out, name);
		const json_t *w = json_object_getn(v, (const char *)out, len);

		if (!w || !same(j, w))
			return false;
	}
	return n == json_object_size(v);
}

static bool same_array(struct assay_json *j, const json_t *v)
{
	size_t n = 0;

	if (!json_is_array(v) || !assay_json_array(j))
		return false;
	for (; assay_json_element(j); n++)
		if (!same(j, json_array_get(v, n)))
			return false;
	return n == json_array_size(v);
}

static bool same_number(struct assay_json *j, const json_t *v)
{
	struct assay_json again = *j;
	uint64_t u = 0;

	if (!json_is_integer(v))
		return json_is_real(v) &&
		       !assay_json_uint(&again, UINT64_MAX, &u) &&
		       again.err.check == ASSAY_J_TYPE &&
		       assay_json_skip(j, NULL);
	if (j->base[assay_json_at(j)] == '-')
		return json_integer_value(v) <= 0 &&
		       !assay_json_uint(&again, UINT64_MAX, &u) &&
		       again.err.check == ASSAY_J_RANGE &&
		       assay_json_skip(j, NULL);
	return assay_json_uint(j, UINT64_MAX, &u) &&
	       u == (uint64_t)json_integer_value(v);
}

/* The value that is due is the one that jansson read. */
static bool same(struct assay_json *j, const json_t *v)
{
	struct assay_json_str s;
	bool b;

	switch (assay_json_peek(j)) {
	case '{':
		return same_object(j, v);
	case '[':
		return same_array(j, v);
	case '"':
		return json_is_string(v) && assay_json_string(j, &s) &&
		       same_string(s, json_string_value(v),
		                   json_string_length(v));
	case '0':
		return same_number(j, v);
	case 'n':
		return json_is_null(v) && assay_json_null(j);
	default:
		return json_is_boolean(v) && assay_json_bool(j, &b) &&
		       b == json_is_true(v);
	}
}

static struct {
	size_t accepted, refused, numbers, names, unseen, limits;
} count;

/* The NUL that jansson does not see is what was wrong at `at`. */
static bool ends_with_nul(const char *text, size_t len, size_t at)
{
	return at > 0 && at < len && text[at] == 0 &&
	       isalnum((unsigned char)text[at - 1]);
}

/* Both read the text; false if they differ. */
static bool agree(const char *text, size_t len)
{
	const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY |
	                     JSON_ALLOW_NUL;
	const struct assay_bytes in = { (const uint8_t *)text, len };
	struct assay_json j;
	json_error_t error;
	json_t *v = json_loadb(text, len, flags, &error);
	enum json_error_code code = v ? 0 : json_error_code(&error);
	bool good, alike;

	assay_json_open(&j, in, ASSAY_DOC_NONE);
	good = assay_json_skip(&j, NULL);
	good = assay_json_close(&j, NULL) && good;
	if (!good || !v) {
		alike = good == (v != NULL);
		count.refused += alike;
		if (good && code == json_error_numeric_overflow)
			alike = ++count.numbers;
		if (good && code == json_error_null_byte_in_key)
			alike = ++count.names;
		if (!good && j.err.check == ASSAY_J_LIMIT)
			alike = ++count.limits;
		if (v && ends_with_nul(text, len, j.err.at))
			alike = ++count.unseen;
	} else {
		count.accepted++;
		assay_json_open(&j, in, ASSAY_DOC_NONE);
		alike = same(&j, v) && assay_json_close(&j, NULL);
	}
	if (!alike)
		note("we %s (%s), jansson %s (%s): %.*s",
		     good ? "accept" : "refuse", j.err.note,
		     v ? "accepts" : "refuses", v ? "" : error.text, (int)len,
		     text);
	json_decref(v);
	return alike;
}

int main(void)
{
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		char text[TEXT_MAX];
		size_t len, differ = 0;

		ok(agree(seeds[i], strlen(seeds[i])), "seed %zu", i);
		state = 2463534242u + (uint32_t)i;
		for (int m = 0; m < MUTANTS; m++) {
			len = strlen(seeds[i]);
			memcpy(text, seeds[i], len);
			for (size_t k = 1 + pick(3); k > 0; k--)
				len = mutate(text, len);
			differ += !agree(text, len);
		}
		ok(differ == 0, "%d mutants of seed %zu, %zu differ", MUTANTS,
		   i, differ);
	}
	note("%zu accepted, %zu refused by both; jansson: %zu numbers, %zu "
	     "names too much, %zu NULs not seen; %zu beyond our limits",
	     count.accepted, count.refused, count.numbers, count.names,
	     count.unseen, count.limits);
	ok(count.accepted > 1000 && count.refused > 1000 && count.numbers &&
	           count.limits,
	   "the mutants are of every kind");
	return done();
}
