/* constraint.c - the one-line form of a policy: read and written.
 * Source: [CONCLAVE 2]. */
#include "policy/constraint.h"

#include "base/err.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
	SHOWN = 40, /* characters of a token in a note */
};

size_t assay_constraint_size(void)
{
	return sizeof(struct assay_constraint);
}

/* ---- reading */

/* A line on its way into a constraint. */
struct line {
	struct assay_bytes in;
	size_t pos;
	struct assay_err *err;
};

static bool bad(const struct line *l, struct assay_bytes at, const char *what,
                const char *want)
{
	size_t n = at.len < SHOWN ? at.len : SHOWN;
	struct assay_err *err = l->err;

	return assay_fail(err, ASSAY_A_CONSTRAINT, ASSAY_DOC_CONSTRAINT,
	                  at.ptr ? (size_t)(at.ptr - l->in.ptr) : 0,
	                  "%s: got \"%.*s\", want %s", what, (int)n,
	                  n ? (const char *)at.ptr : "", want);
}

static bool is_text(struct assay_bytes b, const char *text)
{
	return b.len == strlen(text) &&
	       (!b.len || memcmp(b.ptr, text, b.len) == 0);
}

/* The first byte of `b`, or NUL after the last. */
static char first(struct assay_bytes b)
{
	return b.len ? (char)*b.ptr : '\0';
}

static void skip(struct assay_bytes *b)
{
	b->ptr++;
	b->len--;
}

/* Takes a decimal number with an optional sign, as Java's Integer.parseInt
 * reads it: -2^31 to 2^31 - 1. */
static bool take_int(int64_t *v, struct assay_bytes *b)
{
	bool minus = first(*b) == '-', any = false;

	*v = 0;
	if (minus || first(*b) == '+')
		skip(b);
	for (; first(*b) >= '0' && first(*b) <= '9'; skip(b), any = true) {
		*v = *v * 10 + (first(*b) - '0');
		if (*v > (int64_t)INT32_MAX + minus)
			return false;
	}
	if (minus)
		*v = -*v;
	return any;
}

static bool read_number(struct line *l, struct assay_bytes value,
                        const char *key, int64_t max, bool *has, int64_t *v)
{
	struct assay_bytes b = value;
	char want[64];

	if (*has)
		return bad(l, value, key, "it once");
	*has = true;
	if (take_int(v, &b) && b.len == 0 && *v >= 0 && *v <= max)
		return true;
	snprintf(want, sizeof(want), "a number from 0 to %lld", (long long)max);
	return bad(l, value, key, want);
}

static bool read_hash(struct line *l, struct assay_bytes value, const char *key,
                      struct assay_constraint_set *set)
{
	struct assay_constraint_hash h = { .len = (uint8_t)(value.len / 2) };

	if ((value.len != 64 && value.len != 128) ||
	    !assay_hex_parse(h.v, h.len, value))
		return bad(l, value, key,
		           "64 hex digits (or 128, which nothing matches)");
	for (size_t i = 0; i < set->n; i++)
		if (memcmp(&set->hash[i], &h, sizeof(h)) == 0)
			return true;
	if (set->n == ASSAY_CONSTRAINT_MAX_HASHES)
		return bad(l, value, key, "no more than 64 hashes");
	set->hash[set->n++] = h;
	return true;
}

static bool read_level(struct line *l, struct assay_bytes value, bool *has,
                       enum assay_level *level)
{
	if (*has)
		return bad(l, value, "SEC", "it once");
	*has = true;
	for (int i = ASSAY_LEVEL_INSECURE; i <= ASSAY_LEVEL_SECURE; i++)
		if (is_text(value, assay_level_name((enum assay_level)i))) {
			*level = (enum assay_level)i;
			return true;
		}
	return bad(l, value, "SEC", "INSECURE, STALE or SECURE");
}

/* One unit of a period, `sign` times, within Java's int. */
static bool put_unit(int32_t *unit, int64_t v, int64_t sign)
{
	v *= sign;
	*unit = (int32_t)v;
	return v >= INT32_MIN && v <= INT32_MAX;
}

/* As Java's Period.parse: [+-]P, then numbers with Y, M, W, D, in that order,
 * at least one, each with a sign of its own; letters of either case. */
static bool take_period(struct assay_period *period, struct assay_bytes b)
{
	static const char letters[] = "YMWD";
	int64_t sign = first(b) == '-' ? -1 : 1, v;
	int32_t units[4] = { 0 };
	size_t i = 0;

	if (first(b) == '-' || first(b) == '+')
		skip(&b);
	if ((first(b) & ~0x20) != 'P' || b.len < 2)
		return false;
	skip(&b);
	for (; b.len; i++) {
		if (!take_int(&v, &b))
			return false;
		while (i < 4 && (first(b) & ~0x20) != letters[i])
			i++;
		if (i == 4 || !put_unit(&units[i], v, sign))
			return false;
		skip(&b);
	}
	period->years = units[0];
	period->months = units[1];
	return put_unit(&units[2], units[2], 7) &&
	       put_unit(&period->days, (int64_t)units[3] + units[2], 1);
}

static bool read_period(struct line *l, struct assay_bytes value, bool *has,
                        struct assay_period *period)
{
	if (*has)
		return bad(l, value, "EXPIRE", "it once");
	*has = true;
	return take_period(period, value) ||
	       bad(l, value, "EXPIRE", "a period of days like P1Y6M or P30D");
}

/* One KEY:VALUE. */
static bool read_token(struct line *l, struct assay_bytes token,
                       struct assay_constraint *c, bool *has_sec)
{
	struct assay_bytes key = token, value = { NULL, 0 };
	int64_t v = 0;

	for (size_t i = 0; i < token.len && !value.ptr; i++)
		if (token.ptr[i] == ':') {
			key.len = i;
			value.ptr = token.ptr + i + 1;
			value.len = token.len - i - 1;
		}
	if (!value.ptr || (value.len && memchr(value.ptr, ':', value.len)))
		return bad(l, token, "token", "KEY:VALUE with one colon");
	if (is_text(key, "C"))
		return read_hash(l, value, "C", &c->code);
	if (is_text(key, "S"))
		return read_hash(l, value, "S", &c->signer);
	if (is_text(key, "PROD")) {
		if (!read_number(l, value, "PROD", UINT16_MAX, &c->has_prod,
		                 &v))
			return false;
		c->prod = (uint16_t)v;
		return true;
	}
	if (is_text(key, "REVOKE")) {
		if (!read_number(l, value, "REVOKE", INT32_MAX, &c->has_revoke,
		                 &v))
			return false;
		c->revoke = (uint32_t)v;
		return true;
	}
	if (is_text(key, "SEC"))
		return read_level(l, value, has_sec, &c->sec);
	if (is_text(key, "EXPIRE"))
		return read_period(l, value, &c->has_expire, &c->expire);
	return bad(l, key, "key", "C, S, PROD, REVOKE, SEC or EXPIRE");
}

/* The next run of bytes other than U+0020, which alone separates tokens. */
static bool next_token(struct line *l, struct assay_bytes *token)
{
	const struct assay_bytes in = l->in;
	size_t begin;

	while (l->pos < in.len && in.ptr[l->pos] == ' ')
		l->pos++;
	begin = l->pos;
	while (l->pos < in.len && in.ptr[l->pos] != ' ')
		l->pos++;
	if (l->pos == begin)
		return false;
	*token = (struct assay_bytes){ in.ptr + begin, l->pos - begin };
	return true;
}

static bool read_line(struct line *l, struct assay_constraint *c)
{
	struct assay_bytes token, none = { NULL, 0 };
	bool has_sec = false;

	c->sec = ASSAY_LEVEL_STALE;
	while (next_token(l, &token))
		if (!read_token(l, token, c, &has_sec))
			return false;
	if (!c->code.n && !c->signer.n)
		return bad(l, none, "line", "at least one C: or S:");
	if (c->signer.n && !c->has_prod)
		return bad(l, none, "S without PROD", "PROD: beside S:");
	if (!c->signer.n && c->has_prod)
		return bad(l, none, "PROD without S", "S: beside PROD:");
	return true;
}

bool assay_constraint_parse(struct assay_constraint *constraint,
                            struct assay_bytes line, struct assay_err *err)
{
	struct line l = { .in = line, .err = err };

	memset(constraint, 0, sizeof(*constraint));
	if (read_line(&l, constraint))
		return true;
	memset(constraint, 0, sizeof(*constraint));
	return false;
}

/* ---- writing */

/* Text that grows; what does not fit is counted and left out. */
struct text {
	char *out;
	size_t cap, len;
};

ASSAY_PRINTF(2, 3) static void put(struct text *t, const char *fmt, ...)
{
	bool fits = t->len < t->cap;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(fits ? t->out + t->len : NULL, fits ? t->cap - t->len : 0,
	              fmt, ap);
	va_end(ap);
	t->len += n > 0 ? (size_t)n : 0;
}

static void put_hashes(struct text *t, char key,
                       const struct assay_constraint_set *set)
{
	char hex[2 * sizeof(set->hash[0].v) + 1];

	for (size_t i = 0; i < set->n; i++) {
		assay_hex_print(hex, set->hash[i].v, set->hash[i].len, true);
		put(t, "%c:%s ", key, hex);
	}
}

static void put_unit_text(struct text *t, int32_t v, char letter)
{
	if (v)
		put(t, "%ld%c", (long)v, letter);
}

const char *assay_period_text(char out[ASSAY_PERIOD_TEXT],
                              struct assay_period period)
{
	struct text t = { out, ASSAY_PERIOD_TEXT, 0 };

	put(&t, "P");
	put_unit_text(&t, period.years, 'Y');
	put_unit_text(&t, period.months, 'M');
	put_unit_text(&t, period.days, 'D');
	if (t.len == 1)
		put(&t, "0D");
	return out;
}

size_t assay_constraint_print(const struct assay_constraint *constraint,
                              char *out, size_t out_len)
{
	struct text t = { out, out_len, 0 };
	char period[ASSAY_PERIOD_TEXT];

	put_hashes(&t, 'C', &constraint->code);
	put_hashes(&t, 'S', &constraint->signer);
	if (constraint->has_prod)
		put(&t, "PROD:%u ", constraint->prod);
	if (constraint->has_revoke)
		put(&t, "REVOKE:%lu ", (unsigned long)constraint->revoke);
	if (constraint->has_expire)
		put(&t, "EXPIRE:%s ",
		    assay_period_text(period, constraint->expire));
	put(&t, "SEC:%s", assay_level_name(constraint->sec));
	return t.len;
}
