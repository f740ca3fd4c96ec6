/* json.c - the strict pull reader. */
#include "base/json_text.h"

#include "base/text.h"

#include <endian.h>
#include <stdio.h>

/* What is not met in ordinary documents: kept out of the way of what is. */
#define RARE static __attribute__((noinline, cold))

/* What a byte means inside a string. */
enum {
	PLAIN, /* stands for itself */
	QUOTE,
	ESCAPE,
	HIGH, /* begins a character of two bytes or more */
	CTRL, /* may not stand in a string */
};

/* clang-format off */
static const uint8_t class_of[256] = {
	CTRL, CTRL, CTRL, CTRL, CTRL, CTRL, CTRL, CTRL,
	CTRL, CTRL, CTRL, CTRL, CTRL, CTRL, CTRL, CTRL,
	CTRL, CTRL, CTRL, CTRL, CTRL, CTRL, CTRL, CTRL,
	CTRL, CTRL, CTRL, CTRL, CTRL, CTRL, CTRL, CTRL,
	['"'] = QUOTE, ['\\'] = ESCAPE,
#define HIGH_16(n) [n] = HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, \
	HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH
	HIGH_16(0x80), HIGH_16(0x90), HIGH_16(0xa0), HIGH_16(0xb0),
	HIGH_16(0xc0), HIGH_16(0xd0), HIGH_16(0xe0), HIGH_16(0xf0),
#undef HIGH_16
};

/* The kind of value that a byte begins, as assay_json_peek says it. */
static const char kind_of[256] = {
	['{'] = '{', ['['] = '[', ['"'] = '"', ['-'] = '0', ['0'] = '0',
	['1'] = '0', ['2'] = '0', ['3'] = '0', ['4'] = '0', ['5'] = '0',
	['6'] = '0', ['7'] = '0', ['8'] = '0', ['9'] = '0', ['t'] = 't',
	['f'] = 'f', ['n'] = 'n',
};
/* clang-format on */

static const char *kind_name(char kind)
{
	switch (kind) {
	case '{':
		return "an object";
	case '[':
		return "an array";
	case '"':
		return "a string";
	case '0':
		return "a number";
	case 'n':
		return "null";
	default:
		return "true or false";
	}
}

bool assay_json_fail(struct assay_json *j, enum assay_check check, size_t at,
                     const char *fmt, ...)
{
	va_list ap;

	if (!assay_json_ok(j))
		return false;
	va_start(ap, fmt);
	assay_vfail(&j->err, check, j->doc, at, fmt, ap);
	va_end(ap);
	return false;
}

RARE bool bad_syntax(struct assay_json *j, size_t at, const char *want)
{
	char got[16] = "the end";

	if (at < j->len)
		snprintf(got, sizeof(got),
		         j->base[at] > 0x20 && j->base[at] < 0x7f ? "'%c'"
		                                                  : "byte %02x",
		         j->base[at]);
	return assay_json_fail(j, ASSAY_J_SYNTAX, at, "got %s, want %s", got,
	                       want);
}

RARE bool bad_dupkey(struct assay_json *j, size_t at, size_t first_at)
{
	return assay_json_fail(j, ASSAY_J_DUPKEY, at,
	                       "got a name that stands at byte %zu too, "
	                       "want each name once",
	                       first_at);
}

bool assay_json_bad_type(struct assay_json *j, size_t at, const char *fmt, ...)
{
	char note[sizeof(j->err.note)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(note, sizeof(note), fmt, ap);
	va_end(ap);
	return assay_json_fail(j, ASSAY_J_TYPE, at, "%s", note);
}

bool assay_json_bad_range(struct assay_json *j, size_t at, const char *fmt, ...)
{
	char note[sizeof(j->err.note)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(note, sizeof(note), fmt, ap);
	va_end(ap);
	return assay_json_fail(j, ASSAY_J_RANGE, at, "%s", note);
}

bool assay_json_too_much(struct assay_json *j, size_t at, const char *fmt, ...)
{
	char note[sizeof(j->err.note)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(note, sizeof(note), fmt, ap);
	va_end(ap);
	return assay_json_fail(j, ASSAY_J_LIMIT, at, "%s", note);
}

RARE bool bad_limit(struct assay_json *j, size_t at, size_t most,
                    const char *what)
{
	return assay_json_too_much(j, at, "got more than %zu %s, want no more",
	                           most, what);
}

/* The byte at pos after white space; 0 at the end, which begins nothing. */
static inline uint8_t next_byte(struct assay_json *j)
{
	size_t pos = j->pos;
	uint8_t c = 0;

	while (pos < j->len) {
		c = j->base[pos];
		if (c > ' ' ||
		    (c != ' ' && c != '\n' && c != '\r' && c != '\t'))
			break;
		c = 0;
		pos++;
	}
	j->pos = pos;
	return c;
}

/* Whether a name is another's, which may have escapes of its own.  Two names
 * without any are compared at once: somebody may have made many that meet in
 * their hashes. */
static bool same_name(struct assay_json_str name, struct assay_bytes other)
{
	if (!name.escaped && !memchr(other.ptr, '\\', other.len))
		return name.raw.len == other.len &&
		       memcmp(name.raw.ptr, other.ptr, other.len) == 0;
	return assay_json_same(name.raw, other);
}

/* Eight bytes as a number, the first one lowest. */
static inline uint64_t load_8(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

/* Marks the bytes of v that end a run of plain ones (below 0x20, a quotation
 * mark, a backslash, 0x80 or above) by their top bit.  A borrow may mark a byte
 * behind a marked one too; the lowest mark is exact. */
static inline uint64_t mark_stops(uint64_t v)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t quote = v ^ ones * '"', escape = v ^ ones * '\\';

	return ((v - ones * 0x20) | (quote - ones) | (escape - ones) | v) &
	       ones * 0x80;
}

/* Which byte has the lowest mark, 0..7: the mark's bit as a factor moves the
 * byte that says its number to the top. */
static inline size_t first_mark(uint64_t marks)
{
	return (size_t)(((marks & -marks) >> 7) * 0x0001020304050607 >> 56);
}

static inline uint64_t hash_step(uint64_t hash, uint64_t v)
{
	hash = (hash ^ v) * 0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

RARE uint32_t hash_escaped(struct assay_json_str name)
{
	struct assay_json_walk w = { .raw = name.raw };
	uint64_t hash = 0, last = 0;
	unsigned n = 0;
	uint8_t c;

	while (assay_json_walk_next(&w, &c)) {
		last |= (uint64_t)c << 8 * n++;
		if (n == 8) {
			hash = hash_step(hash, last);
			last = n = 0;
		}
	}
	return (uint32_t)hash_step(hash, last);
}

/* A hash of the resolved name, eight bytes at a time (the last filled up with
 * zeros): two names that differ only in their escapes must meet. */
static inline uint32_t hash_name(const struct assay_json *j,
                                 struct assay_json_str name)
{
	const uint8_t *p = name.raw.ptr;
	size_t left = name.raw.len;
	uint64_t hash = 0, last = 0;

	if (name.escaped)
		return hash_escaped(name);
	for (; left >= 8; left -= 8, p += 8)
		hash = hash_step(hash, load_8(p));
	if (j->base + j->len - p >= 8)
		last = load_8(p) & (((uint64_t)1 << 8 * left) - 1);
	else
		while (left-- > 0)
			last = last | (uint64_t)p[left] << 8 * left;
	return (uint32_t)hash_step(hash, last);
}

static inline bool end_string(struct assay_json *j, struct assay_json_str *out,
                              size_t start, size_t end, bool escaped)
{
	out->raw = (struct assay_bytes){ j->base + start, end - start };
	out->escaped = escaped;
	j->pos = end + 1;
	return true;
}

/* A string that begins at `start` and is plain up to `pos`. */
static bool read_string_from(struct assay_json *j, struct assay_json_str *out,
                             size_t start, size_t pos)
{
	const uint8_t *p = j->base;
	const size_t len = j->len;
	bool escaped = false;
	size_t n;
	uint32_t c;

	for (;; pos += n) {
		while (len - pos >= 8 && !mark_stops(load_8(p + pos)))
			pos += 8;
		while (pos < len && class_of[p[pos]] == PLAIN)
			pos++;
		if (pos == len)
			return bad_syntax(j, pos, "the end of the string");
		switch (class_of[p[pos]]) {
		case QUOTE:
			return end_string(j, out, start, pos, escaped);
		case ESCAPE:
			n = assay_json_escape(&c, p + pos, len - pos);
			if (!n)
				return bad_syntax(j, pos, "a valid escape");
			escaped = true;
			break;
		case HIGH:
			n = assay_utf8_len(p + pos, len - pos);
			if (!n)
				return bad_syntax(j, pos, "valid UTF-8");
			break;
		default:
			return bad_syntax(j, pos, "no control character");
		}
	}
}

/* The string whose quotation mark is at pos. */
static inline bool read_string(struct assay_json *j, struct assay_json_str *out)
{
	const size_t start = j->pos + 1;
	size_t pos = start;

	while (j->len - pos >= 8) {
		uint64_t stops = mark_stops(load_8(j->base + pos));

		if (!stops) {
			pos += 8;
			continue;
		}
		pos += first_mark(stops);
		if (j->base[pos] == '"')
			return end_string(j, out, start, pos, false);
		break;
	}
	return read_string_from(j, out, start, pos);
}

static inline bool is_digit(const struct assay_json *j, size_t at)
{
	return at < j->len && (uint8_t)(j->base[at] - '0') < 10;
}

static inline bool byte_is(const struct assay_json *j, size_t at, char c)
{
	return at < j->len && j->base[at] == c;
}

/* One digit or more at *at, which goes behind them. */
static inline bool read_digits(struct assay_json *j, size_t *at)
{
	size_t pos = *at;

	if (!is_digit(j, pos))
		return bad_syntax(j, pos, "a digit");
	do
		pos++;
	while (is_digit(j, pos));
	*at = pos;
	return true;
}

/* The number at pos [RFC 8259 6]; *integer: it has no fraction or exponent. */
static inline bool read_number(struct assay_json *j, bool *integer)
{
	size_t at = j->pos + byte_is(j, j->pos, '-');

	*integer = true;
	if (byte_is(j, at, '0') && is_digit(j, at + 1))
		return bad_syntax(j, at, "no leading zero");
	if (!read_digits(j, &at))
		return false;
	if (byte_is(j, at, '.')) {
		*integer = false;
		at++;
		if (!read_digits(j, &at))
			return false;
	}
	if (byte_is(j, at, 'e') || byte_is(j, at, 'E')) {
		*integer = false;
		at++;
		at += byte_is(j, at, '+') || byte_is(j, at, '-');
		if (!read_digits(j, &at))
			return false;
	}
	j->pos = at;
	return true;
}

static bool read_word(struct assay_json *j, const char *word)
{
	size_t n = strlen(word);

	if (j->len - j->pos < n || memcmp(j->base + j->pos, word, n) != 0)
		return bad_syntax(j, j->pos, "a value");
	j->pos += n;
	return true;
}

/* Begins a value: its kind, with pos at its first byte; 0 on failure. */
static inline char begin_value(struct assay_json *j)
{
	char kind;

	if (!assay_json_ok(j))
		return 0;
	kind = kind_of[next_byte(j)];
	if (!kind || !j->due) {
		bad_syntax(j, j->pos, j->due ? "a value" : "no value here");
		return 0;
	}
	return kind;
}

/* Begins a value of the kind that is wanted. */
static inline bool begin_kind(struct assay_json *j, char want)
{
	char kind = begin_value(j);

	if (kind && kind != want)
		assay_json_bad_type(j, j->pos, "got %s, want %s",
		                    kind_name(kind), kind_name(want));
	return kind == want;
}

void assay_json_open_max(struct assay_json *j, struct assay_bytes in,
                         enum assay_doc doc, size_t max)
{
	j->base = in.ptr;
	j->pos = 0;
	j->len = in.len;
	j->doc = doc;
	j->err = (struct assay_err){ .check = ASSAY_OK };
	j->due = true;
	j->depth = 0;
	j->n_names = 0;
	if (max > UINT32_MAX) /* names are remembered in 32 bits */
		max = UINT32_MAX;
	if (in.len > max)
		bad_limit(j, max, max, "bytes");
}

void assay_json_open(struct assay_json *j, struct assay_bytes in,
                     enum assay_doc doc)
{
	assay_json_open_max(j, in, doc, ASSAY_JSON_MAX);
}

bool assay_json_close(struct assay_json *j, struct assay_err *err)
{
	if (assay_json_ok(j)) {
		next_byte(j);
		if (j->due || j->depth)
			bad_syntax(j, j->pos, "the rest of the document");
		else if (j->pos < j->len)
			bad_syntax(j, j->pos, "nothing behind the document");
	}
	if (!assay_json_ok(j) && err)
		*err = j->err;
	return assay_json_ok(j);
}

char assay_json_peek(struct assay_json *j)
{
	return begin_value(j);
}

size_t assay_json_at(struct assay_json *j)
{
	if (!assay_json_ok(j))
		return 0;
	next_byte(j);
	return j->pos;
}

/* Goes into the object or array whose bracket is at pos. */
static inline bool enter(struct assay_json *j, char kind)
{
	if (j->depth == ASSAY_JSON_DEPTH)
		return bad_limit(j, j->pos, ASSAY_JSON_DEPTH, "levels");
	j->level[j->depth].kind = (uint8_t)kind;
	j->level[j->depth].any = false;
	j->level[j->depth].first = j->n_names;
	j->depth++;
	j->pos++;
	j->due = false;
	return true;
}

/* Leaves by the bracket at pos; the names of this level are forgotten. */
static inline bool leave(struct assay_json *j)
{
	j->depth--;
	j->n_names = j->level[j->depth].first;
	j->pos++;
	return false;
}

/* Remembers a name of the innermost object, if it is new there. */
static inline bool note_name(struct assay_json *j, struct assay_json_str name,
                             size_t at)
{
	uint32_t hash = hash_name(j, name);
	size_t raw_at = (size_t)(name.raw.ptr - j->base);

	if (name.raw.len > ASSAY_JSON_NAME)
		return bad_limit(j, at, ASSAY_JSON_NAME, "bytes of a name");
	for (size_t i = j->level[j->depth - 1].first; i < j->n_names; i++) {
		struct assay_bytes other;

		if (j->names[i].hash != hash)
			continue;
		other = (struct assay_bytes){ j->base + j->names[i].at,
			                      j->names[i].len };
		if (same_name(name, other))
			return bad_dupkey(j, at, j->names[i].at - 1);
	}
	if (j->n_names == ASSAY_JSON_MEMBERS)
		return bad_limit(j, at, ASSAY_JSON_MEMBERS, "open members");
	j->names[j->n_names].hash = hash;
	j->names[j->n_names].at = (uint32_t)raw_at;
	j->names[j->n_names].len = (uint32_t)name.raw.len;
	j->n_names++;
	return true;
}

/* Goes to the first byte of the next member or element.  False at the end of
 * this object or array, which is left then, and on failure. */
static inline bool next_item(struct assay_json *j, char close)
{
	uint8_t c = next_byte(j);

	if (c == close)
		return leave(j);
	if (!j->level[j->depth - 1].any) {
		j->level[j->depth - 1].any = true;
		return true;
	}
	if (c != ',')
		return bad_syntax(j, j->pos,
		                  close == '}' ? "',' or '}'" : "',' or ']'");
	j->pos++;
	next_byte(j);
	return true;
}

static inline bool next_member(struct assay_json *j,
                               struct assay_json_str *name)
{
	size_t at;

	if (!next_item(j, '}'))
		return false;
	at = j->pos;
	if (!byte_is(j, at, '"'))
		return bad_syntax(j, at, "a name");
	if (!read_string(j, name) || !note_name(j, *name, at))
		return false;
	if (next_byte(j) != ':')
		return bad_syntax(j, j->pos, "':'");
	j->pos++;
	j->due = true;
	return true;
}

static inline bool next_element(struct assay_json *j)
{
	if (!next_item(j, ']'))
		return false;
	j->due = true;
	return begin_value(j) != 0;
}

/* Reads the value that is due, or goes into it. */
static bool read_any(struct assay_json *j)
{
	struct assay_json_str s;
	char kind = begin_value(j);
	bool integer;

	if (kind == '{' || kind == '[')
		return enter(j, kind);
	if (!kind || (kind == '"' && !read_string(j, &s)) ||
	    (kind == '0' && !read_number(j, &integer)) ||
	    (kind == 't' && !read_word(j, "true")) ||
	    (kind == 'f' && !read_word(j, "false")) ||
	    (kind == 'n' && !read_word(j, "null")))
		return false;
	j->due = false;
	return true;
}

bool assay_json_skip(struct assay_json *j, struct assay_bytes *raw)
{
	const unsigned depth = j->depth;
	struct assay_json_str name;
	size_t start;

	if (raw)
		*raw = (struct assay_bytes){ 0 };
	if (!begin_value(j))
		return false;
	start = j->pos;
	do {
		if (!read_any(j))
			return false;
		while (!j->due && j->depth > depth) {
			if (j->level[j->depth - 1].kind == '{')
				next_member(j, &name);
			else
				next_element(j);
			if (!assay_json_ok(j))
				return false;
		}
	} while (j->due);
	if (raw)
		*raw = (struct assay_bytes){ j->base + start, j->pos - start };
	return true;
}

/* The innermost object or array is of this kind, and has no value due. */
static inline bool begin_item(struct assay_json *j, char kind)
{
	if (!assay_json_ok(j))
		return false;
	if (!j->depth || j->level[j->depth - 1].kind != kind)
		return bad_syntax(j, j->pos, kind_name(kind));
	return !j->due || assay_json_skip(j, NULL);
}

bool assay_json_object(struct assay_json *j)
{
	return begin_kind(j, '{') && enter(j, '{');
}

bool assay_json_member(struct assay_json *j, struct assay_json_str *name)
{
	if (begin_item(j, '{') && next_member(j, name))
		return true;
	*name = (struct assay_json_str){ 0 };
	return false;
}

bool assay_json_array(struct assay_json *j)
{
	return begin_kind(j, '[') && enter(j, '[');
}

bool assay_json_element(struct assay_json *j)
{
	return begin_item(j, '[') && next_element(j);
}

bool assay_json_string(struct assay_json *j, struct assay_json_str *out)
{
	*out = (struct assay_json_str){ 0 };
	if (!begin_kind(j, '"') || !read_string(j, out))
		return false;
	j->due = false;
	return true;
}

/* Decimal digits as a number; false if it is above max. */
static inline bool to_uint(uint64_t *out, uint64_t max, const uint8_t *p,
                           size_t n)
{
	enum { SAFE = 19 }; /* digits that always fit */
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t d = p[i] - (uint64_t)'0';

		if (i >= SAFE && v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

bool assay_json_uint(struct assay_json *j, uint64_t max, uint64_t *out)
{
	enum { SHOWN = 24 }; /* digits of a number that is refused */
	size_t at, n;
	bool integer;

	*out = 0;
	if (!begin_kind(j, '0'))
		return false;
	at = j->pos;
	if (!read_number(j, &integer))
		return false;
	n = j->pos - at;
	if (!integer)
		return assay_json_bad_type(j, at, "got %.*s, want an integer",
		                           (int)(n < SHOWN ? n : SHOWN),
		                           (const char *)j->base + at);
	if (j->base[at] == '-' || !to_uint(out, max, j->base + at, n))
		return assay_json_bad_range(j, at, "got %.*s, want 0 to %llu",
		                            (int)(n < SHOWN ? n : SHOWN),
		                            (const char *)j->base + at,
		                            (unsigned long long)max);
	j->due = false;
	return true;
}

bool assay_json_bool(struct assay_json *j, bool *out)
{
	char kind = begin_value(j);

	*out = false;
	if (kind && kind != 't' && kind != 'f')
		return assay_json_bad_type(j, j->pos, "got %s, want %s",
		                           kind_name(kind), kind_name('t'));
	if (!kind || !read_any(j))
		return false;
	*out = kind == 't';
	return true;
}

bool assay_json_null(struct assay_json *j)
{
	return begin_kind(j, 'n') && read_any(j);
}
