/* toml.c - the few values that are wanted of a TOML file [TOML 1.0]. */
#include "measure/toml.h"

#include "base/err.h"
#include "base/text.h"

#include <string.h>

/* Text that is cut off where there is no more room; its length is not. */
struct text {
	char *ptr;
	size_t len, max;
};

/* An array or table that is open. */
struct level {
	char close;
	size_t key_len; /* of what it is the value of */
};

struct reader {
	struct assay_bytes in;
	size_t pos;
	unsigned depth;
	struct level level[ASSAY_TOML_DEPTH_MAX];
	struct text key;
	char key_room[ASSAY_TOML_KEY_MAX], text_room[ASSAY_TOML_TEXT_MAX];
	bool (*take)(void *to, const struct assay_toml_value *value);
	void *to;
	struct assay_err *err;
};

static void put(struct text *t, int c)
{
	if (t->len < t->max)
		t->ptr[t->len] = (char)c;
	t->len++;
}

/* The text with its NUL; NULL: it was cut off. */
static const char *whole(struct text *t)
{
	if (t->len >= t->max)
		return NULL;
	t->ptr[t->len] = 0;
	return t->ptr;
}

static bool bad(const struct reader *r, size_t at, const char *want)
{
	return assay_fail(r->err, ASSAY_S_TOML, ASSAY_DOC_MANIFEST, at,
	                  "want %s", want);
}

/* ---- characters */

/* The byte at this distance; -1 behind the end. */
static int ahead(const struct reader *r, size_t n)
{
	return n < r->in.len - r->pos ? r->in.ptr[r->pos + n] : -1;
}

static int peek(const struct reader *r)
{
	return ahead(r, 0);
}

static bool accept(struct reader *r, int c)
{
	if (peek(r) != c)
		return false;
	r->pos++;
	return true;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_bare(int c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

static bool accept_newline(struct reader *r)
{
	if (peek(r) == '\r' && ahead(r, 1) == '\n')
		r->pos++;
	return accept(r, '\n');
}

static void skip_blanks(struct reader *r)
{
	while (peek(r) == ' ' || peek(r) == '\t')
		r->pos++;
}

/* A character of a comment or a string. */
static bool take_character(struct reader *r, struct text *out)
{
	size_t left = r->in.len - r->pos, n;
	int c = peek(r);

	if ((c < 0x20 && c != '\t') || c == 0x7f)
		return bad(r, r->pos, "no control character, and no end, here");
	n = assay_utf8_len(r->in.ptr + r->pos, left);
	if (n == 0)
		return bad(r, r->pos, "valid UTF-8");
	for (; n > 0; n--, r->pos++)
		put(out, r->in.ptr[r->pos]);
	return true;
}

static bool skip_comment(struct reader *r)
{
	struct text nothing = { 0 };

	if (peek(r) != '#')
		return true;
	while (peek(r) != -1 && peek(r) != '\n' &&
	       !(peek(r) == '\r' && ahead(r, 1) == '\n'))
		if (!take_character(r, &nothing))
			return false;
	return true;
}

static bool end_line(struct reader *r)
{
	skip_blanks(r);
	return skip_comment(r) && (accept_newline(r) || peek(r) == -1 ||
	                           bad(r, r->pos, "the end of the line"));
}

/* Blanks, comments and lines' ends, as arrays may have them. */
static bool skip_lines(struct reader *r)
{
	do {
		skip_blanks(r);
		if (!skip_comment(r))
			return false;
	} while (accept_newline(r));
	return true;
}

/* ---- strings */

static int hex_digit(int c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What is no plain ASCII character need not be told apart. */
static bool take_unicode(struct reader *r, size_t n, struct text *out)
{
	size_t at = r->pos;
	uint32_t v = 0;

	for (; n > 0; n--, r->pos++) {
		int digit = hex_digit(peek(r));

		if (digit < 0)
			return bad(r, r->pos, "a hexadecimal digit");
		v = v << 4 | (uint32_t)digit;
	}
	if (v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return bad(r, at, "a Unicode character");
	put(out, v >= 0x20 && v < 0x7f ? (int)v : 0xff);
	return true;
}

/* A backslash at a line's end takes all white space behind it away. */
static bool skip_fold(struct reader *r)
{
	skip_blanks(r);
	if (!accept_newline(r))
		return bad(r, r->pos, "the end of the line");
	do
		skip_blanks(r);
	while (accept_newline(r));
	return true;
}

static bool take_escape(struct reader *r, bool lines, struct text *out)
{
	static const char names[] = "btnfr\"\\", means[] = "\b\t\n\f\r\"\\";
	int c = ahead(r, 1);
	const char *name = c > 0 ? strchr(names, c) : NULL;

	if (!name && c != 'u' && c != 'U' && !lines)
		return bad(r, r->pos, "an escape that TOML knows");
	r->pos++;
	if (!name && c != 'u' && c != 'U')
		return skip_fold(r);
	r->pos++;
	if (!name)
		return take_unicode(r, c == 'u' ? 4 : 8, out);
	put(out, means[name - names]);
	return true;
}

/* Three quotation marks end a string of lines, which may itself end with one or
 * two. */
static bool accept_end(struct reader *r, int mark, bool lines, struct text *out)
{
	if (!lines)
		return accept(r, mark);
	if (peek(r) != mark || ahead(r, 1) != mark || ahead(r, 2) != mark)
		return false;
	for (int i = 0; i < 2 && ahead(r, 3) == mark; i++, r->pos++)
		put(out, mark);
	r->pos += 3;
	return true;
}

static bool take_string(struct reader *r, bool may_have_lines, struct text *out)
{
	int mark = peek(r);
	bool lines = may_have_lines && ahead(r, 1) == mark &&
	             ahead(r, 2) == mark;

	r->pos += lines ? 3 : 1;
	if (lines)
		accept_newline(r);
	while (!accept_end(r, mark, lines, out)) {
		if (mark == '"' && peek(r) == '\\') {
			if (!take_escape(r, lines, out))
				return false;
		} else if (lines && accept_newline(r)) {
			put(out, '\n');
		} else if (!take_character(r, out)) {
			return false;
		}
	}
	return true;
}

/* ---- keys */

static bool take_part(struct reader *r)
{
	size_t from = r->key.len;

	if (peek(r) == '"' || peek(r) == '\'') {
		if (!take_string(r, false, &r->key))
			return false;
		for (; from < r->key.len && from < r->key.max; from++)
			if (!is_bare(r->key.ptr[from]))
				r->key.ptr[from] = (char)0xff;
		return true;
	}
	if (!is_bare(peek(r)))
		return bad(r, r->pos, "a key");
	for (; is_bare(peek(r)); r->pos++)
		put(&r->key, peek(r));
	return true;
}

/* Adds a key, of one part or several, to the one that is there. */
static bool take_key(struct reader *r)
{
	do {
		skip_blanks(r);
		if (r->key.len > 0)
			put(&r->key, '.');
		if (!take_part(r))
			return false;
		skip_blanks(r);
	} while (accept(r, '.'));
	return true;
}

/* ---- numbers, dates, true and false */

/* Digits with single underscores between them; how many bytes, 0 if that is
 * wrong. */
static size_t digits(const char *p, int base, uint64_t *v, bool *over)
{
	size_t n = 0;

	*v = 0;
	for (;; n++) {
		int d = p[n] == '_' ? -1 : hex_digit((unsigned char)p[n]);

		if (p[n] == '_' && n > 0 && p[n - 1] != '_' && p[n + 1] != 0)
			continue;
		if (d < 0 || d >= base)
			break;
		*over |= *v > (UINT64_MAX - (uint64_t)d) / (uint64_t)base;
		*v = *v * (uint64_t)base + (uint64_t)d;
	}
	return n > 0 && p[n - 1] != '_' ? n : 0;
}

static int base_of(const char *p)
{
	if (p[0] != '0')
		return 10;
	return p[1] == 'x' ? 16 : p[1] == 'o' ? 8 : p[1] == 'b' ? 2 : 10;
}

/* Whether it is an integer; one that does not fit into 64 bits is none. */
static bool is_integer(const char *p, int64_t *out)
{
	bool minus = *p == '-', sign = minus || *p == '+', over = false;
	int base = base_of(p);
	uint64_t v;
	size_t n;

	p += sign ? 1 : base != 10 ? 2 : 0;
	n = digits(p, base, &v, &over);
	if (n == 0 || p[n] || over || v > (uint64_t)INT64_MAX + minus ||
	    (base == 10 && *p == '0' && n > 1))
		return false;
	*out = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

static bool is_float(const char *p)
{
	bool over = false, more = false;
	uint64_t v;
	size_t n;

	p += *p == '+' || *p == '-';
	if (strcmp(p, "inf") == 0 || strcmp(p, "nan") == 0)
		return true;
	n = digits(p, 10, &v, &over);
	if (n == 0 || (*p == '0' && n > 1))
		return false;
	p += n;
	if (*p == '.') {
		n = digits(++p, 10, &v, &over);
		p += n;
		more = n > 0;
		if (!more)
			return false;
	}
	if (*p != 'e' && *p != 'E')
		return more && !*p;
	p++;
	p += *p == '+' || *p == '-';
	n = digits(p, 10, &v, &over);
	return n > 0 && !p[n];
}

/* A date, a time, or both: digits where the form has a 0. */
static bool is_moment(const char *p)
{
	static const char date[] = "0000-00-00", time[] = "00:00:00";
	const char *form = p[0] && p[1] && p[2] == ':' ? time : date;

	for (;; form = time) {
		for (; *form; form++, p++)
			if (*form == '0' ? !is_digit((unsigned char)*p)
			                 : *p != *form)
				return false;
		if (form == date + sizeof(date) - 1 &&
		    (*p == 'T' || *p == 't' || *p == ' ')) {
			p++;
			continue;
		}
		break;
	}
	/* fractions of a second, and an offset, are not looked into */
	return p[strspn(p, ".0123456789:+-Zz")] == 0;
}

/* Takes what can belong to such a value; a date may have a blank inside. */
static void take_token(struct reader *r, struct text *out)
{
	for (int c = peek(r);; c = peek(r)) {
		bool blank = c == ' ' && out->len == 10 && out->ptr[4] == '-' &&
		             is_digit(ahead(r, 1));

		if (!is_bare(c) && c != '.' && c != ':' && c != '+' && !blank)
			return;
		put(out, c);
		r->pos++;
	}
}

static bool take_plain(struct reader *r, struct assay_toml_value *v)
{
	struct text text = { r->text_room, 0, sizeof(r->text_room) };
	const char *p;

	take_token(r, &text);
	p = whole(&text);
	if (p && (strcmp(p, "true") == 0 || strcmp(p, "false") == 0)) {
		v->kind = ASSAY_TOML_BOOLEAN;
		v->boolean = *p == 't';
	} else if (p && is_integer(p, &v->integer)) {
		v->kind = ASSAY_TOML_INTEGER;
	} else if (!p || (!is_float(p) && !is_moment(p))) {
		return bad(r, v->at, "a value");
	}
	return true;
}

/* ---- values */

/* Takes a key of a pair, and the equals sign. */
static bool take_name(struct reader *r)
{
	if (!take_key(r))
		return false;
	if (!accept(r, '='))
		return bad(r, r->pos, "an equals sign");
	skip_blanks(r);
	return true;
}

static bool take_scalar(struct reader *r)
{
	struct text text = { r->text_room, 0, sizeof(r->text_room) };
	struct assay_toml_value v = { .at = r->pos };

	if (peek(r) == '"' || peek(r) == '\'') {
		v.kind = ASSAY_TOML_TEXT;
		if (!take_string(r, true, &text))
			return false;
		v.text = whole(&text);
	} else if (!take_plain(r, &v)) {
		return false;
	}
	v.key = whole(&r->key);
	if (!v.key)
		v.key = "";
	return r->take(r->to, &v);
}

/* The end of an array or table that is open, if it is here. */
static bool accept_close(struct reader *r)
{
	const struct level *l = &r->level[r->depth - 1];

	if (!accept(r, l->close))
		return false;
	r->key.len = l->key_len;
	r->depth--;
	return true;
}

/* Goes to the next value of what is open; it has begun, or a comma was there. */
static bool next_value(struct reader *r)
{
	const struct level *l = &r->level[r->depth - 1];

	if (l->close == ']')
		return true;
	r->key.len = l->key_len;
	return take_name(r);
}

/* Opens an array or table.  `begun`: it has a value, which comes next. */
static bool open_level(struct reader *r, bool *begun)
{
	bool array = peek(r) == '[';

	if (r->depth == ASSAY_TOML_DEPTH_MAX)
		return bad(r, r->pos,
		           "at most 32 arrays and tables in each other");
	r->level[r->depth++] = (struct level){ array ? ']' : '}', r->key.len };
	r->pos++;
	if (array) {
		put(&r->key, '[');
		put(&r->key, ']');
		if (!skip_lines(r))
			return false;
	} else {
		skip_blanks(r);
	}
	*begun = !accept_close(r);
	return !*begun || next_value(r);
}

/* Behind a value: closes what ends here.  `more`: another value comes next. */
static bool end_value(struct reader *r, bool *more)
{
	while (r->depth > 0) {
		bool array = r->level[r->depth - 1].close == ']';

		if (array && !skip_lines(r))
			return false;
		skip_blanks(r);
		if (accept_close(r))
			continue;
		if (!accept(r, ','))
			return bad(r, r->pos, "a comma, or the end of it");
		if (array && !skip_lines(r))
			return false;
		if (array && accept_close(r))
			continue;
		*more = true;
		return next_value(r);
	}
	*more = false;
	return true;
}

static bool take_value(struct reader *r)
{
	bool begun, more = true;

	while (more) {
		begun = false;
		if (peek(r) == '[' || peek(r) == '{') {
			if (!open_level(r, &begun))
				return false;
		} else if (!take_scalar(r)) {
			return false;
		}
		if (!begun && !end_value(r, &more))
			return false;
	}
	return true;
}

static bool take_pair(struct reader *r)
{
	size_t key_len = r->key.len;

	if (!take_name(r) || !take_value(r))
		return false;
	r->key.len = key_len;
	return true;
}

/* ---- the file */

static bool take_header(struct reader *r)
{
	bool array;

	r->pos++;
	array = accept(r, '[');
	r->key.len = 0;
	if (!take_key(r))
		return false;
	if (!accept(r, ']') || (array && !accept(r, ']')))
		return bad(r, r->pos, "the end of the table's name");
	if (array) {
		put(&r->key, '[');
		put(&r->key, ']');
	}
	return end_line(r);
}

bool assay_toml_walk(struct assay_bytes in,
                     bool (*take)(void *to,
                                  const struct assay_toml_value *value),
                     void *to, struct assay_err *err)
{
	struct reader r = { .in = in, .take = take, .to = to, .err = err };

	r.key = (struct text){ r.key_room, 0, sizeof(r.key_room) };
	while (r.pos < in.len) {
		skip_blanks(&r);
		if (peek(&r) == '[') {
			if (!take_header(&r))
				return false;
			continue;
		}
		if (is_bare(peek(&r)) || peek(&r) == '"' || peek(&r) == '\'')
			if (!take_pair(&r))
				return false;
		if (!end_line(&r))
			return false;
	}
	return true;
}
