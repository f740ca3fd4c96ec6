/* json.h - one strict pull reader, and a writer. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/err.h"

#include <string.h>

/*
 * The reader walks the text once, front to back, without a tree: the caller
 * asks for what the document should hold.  Strict: UTF-8 (no surrogates, no
 * overlong forms), no member twice in an object at any depth (names compared
 * after escapes are resolved), no BOM, no byte after the end but white space,
 * depth and number of members bounded.  The first failure sticks: from then on
 * every call returns false and `err` keeps what was wrong and where.
 *
 * Walking:   assay_json_open(&j, in, doc);
 *            assay_json_object(&j);                 // expects {
 *            while (assay_json_member(&j, &name))   // false at } or on failure
 *                    if (assay_json_is(name, "fmspc")) assay_json_string(...)
 *                    else assay_json_skip(&j, NULL);
 *            if (!assay_json_close(&j, err)) ...    // nothing follows
 * A member whose value was not read is skipped by the next assay_json_member.
 */
enum {
	ASSAY_JSON_DEPTH = 16,
	ASSAY_JSON_MEMBERS = 512, /* open objects' members in all */
	ASSAY_JSON_NAME = 1024,   /* bytes of a member's name */
	ASSAY_JSON_MAX = 1 << 20, /* bytes of text, but for _open_max */
};

/* A member's name or a string's value, without its quotation marks, escapes
 * not yet resolved. */
struct assay_json_str {
	struct assay_bytes raw;
	bool escaped; /* has at least one backslash */
};

struct assay_json {
	const uint8_t *base;
	size_t pos, len;
	enum assay_doc doc;
	struct assay_err err; /* check ASSAY_OK while all is well */
	bool due;             /* a value is next, and not yet read */
	unsigned depth;
	struct {
		uint8_t kind;   /* '{' or '[' */
		bool any;       /* a member or element was met */
		uint16_t first; /* its first name in `names` */
	} level[ASSAY_JSON_DEPTH];
	uint16_t n_names;
	struct {
		uint32_t hash, at, len;
	} names[ASSAY_JSON_MEMBERS];
};

/* Begins; `in` is borrowed, and every view points into it.  More than
 * ASSAY_JSON_MAX bytes (or `max`) fail with J_LIMIT.  Offsets in failures are
 * counted from in.ptr. */
void assay_json_open(struct assay_json *j, struct assay_bytes in,
                     enum assay_doc doc);
void assay_json_open_max(struct assay_json *j, struct assay_bytes in,
                         enum assay_doc doc, size_t max);
/* Ends: true if nothing failed and only white space is left. */
ASSAY_MUST_CHECK bool assay_json_close(struct assay_json *j,
                                       struct assay_err *err);
static inline bool assay_json_ok(const struct assay_json *j)
{
	return j->err.check == ASSAY_OK;
}
/* Makes the reader fail for the caller's reason, at `at`; keeps an earlier
 * failure.  Always false. */
bool assay_json_fail(struct assay_json *j, enum assay_check check, size_t at,
                     const char *fmt, ...) ASSAY_PRINTF(4, 5);
/* The same with J_TYPE (a member is missing, a length is wrong), J_RANGE and
 * J_LIMIT (more elements than there is room for). */
bool assay_json_bad_type(struct assay_json *j, size_t at, const char *fmt, ...)
	ASSAY_PRINTF(3, 4);
bool assay_json_bad_range(struct assay_json *j, size_t at, const char *fmt, ...)
	ASSAY_PRINTF(3, 4);
bool assay_json_too_much(struct assay_json *j, size_t at, const char *fmt, ...)
	ASSAY_PRINTF(3, 4);

/* What the next value is: '{', '[', '"', '0' (a number), 't', 'f', 'n'; 0 on
 * failure. */
char assay_json_peek(struct assay_json *j);
/* Where the next value begins; 0 on failure. */
size_t assay_json_at(struct assay_json *j);

bool assay_json_object(struct assay_json *j); /* enters { */
bool assay_json_member(struct assay_json *j, struct assay_json_str *name);
bool assay_json_array(struct assay_json *j);   /* enters [ */
bool assay_json_element(struct assay_json *j); /* false at ] */

/* Values.  A value of another type fails with J_TYPE, an integer outside
 * 0..max with J_RANGE, 1.0 or 1e1 with J_TYPE. */
bool assay_json_string(struct assay_json *j, struct assay_json_str *out);
bool assay_json_uint(struct assay_json *j, uint64_t max, uint64_t *out);
bool assay_json_bool(struct assay_json *j, bool *out);
bool assay_json_null(struct assay_json *j);
/* Any value, checked in full; `raw` (may be NULL) gets its exact bytes, from
 * its first to its last: signatures cover bytes. */
bool assay_json_skip(struct assay_json *j, struct assay_bytes *raw);

/* Strings of a given form, written without escapes: exactly 2*n hex digits of
 * either case; RFC 3339 UTC.  Else J_TYPE. */
bool assay_json_hex(struct assay_json *j, uint8_t *out, size_t n);
bool assay_json_time(struct assay_json *j, int64_t *out);
/* Copies a string, escapes resolved, with a NUL; J_TYPE if it holds U+0000 or
 * is longer than out_len - 1. */
bool assay_json_text(struct assay_json *j, char *out, size_t out_len);

/* A name or string equals `text` (escapes resolved). */
bool assay_json_is_escaped(struct assay_json_str s, const char *text);
static inline bool assay_json_is(struct assay_json_str s, const char *text)
{
	size_t len = strlen(text);

	if (s.escaped)
		return assay_json_is_escaped(s, text);
	return s.raw.len == len && (!len || memcmp(s.raw.ptr, text, len) == 0);
}
/* Resolves escapes of a string that was read; out needs s.raw.len bytes.
 * Returns the length. */
size_t assay_json_unescape(uint8_t *out, struct assay_json_str s);

/* The writer: into the caller's memory.  Too little of it, a second value at
 * the top, an end of nothing and more than ASSAY_JSON_DEPTH levels are
 * remembered: ok = false, and nothing is written from then on.  Commas are put
 * where they belong; a byte that belongs to no UTF-8 character becomes
 * U+FFFD. */
struct assay_json_out {
	char *ptr;
	size_t len, cap; /* len < cap; a NUL follows */
	bool ok;
	unsigned depth;
	bool any[ASSAY_JSON_DEPTH + 1]; /* something stands at this depth */
};
void assay_json_begin(struct assay_json_out *o, char *mem, size_t cap);
void assay_json_put_object(struct assay_json_out *o, const char *name);
void assay_json_put_array(struct assay_json_out *o, const char *name);
void assay_json_put_end(struct assay_json_out *o, char bracket); /* '}' ']' */
/* name is NULL inside an array; text NULL writes null. */
void assay_json_put_text(struct assay_json_out *o, const char *name,
                         const char *text);
void assay_json_put_bytes(struct assay_json_out *o, const char *name,
                          struct assay_bytes utf8);
void assay_json_put_hex(struct assay_json_out *o, const char *name,
                        const uint8_t *p, size_t n);
void assay_json_put_base64(struct assay_json_out *o, const char *name,
                           struct assay_bytes in);
void assay_json_put_uint(struct assay_json_out *o, const char *name,
                         uint64_t v);
void assay_json_put_bool(struct assay_json_out *o, const char *name, bool v);
void assay_json_put_null(struct assay_json_out *o, const char *name);
/* A time that assay_time_print calls "never" is written as null. */
void assay_json_put_time(struct assay_json_out *o, const char *name, int64_t t);

#endif
