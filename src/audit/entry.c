/* entry.c - entries: lines of JSON that name the one before. */
#include "audit/audit.h"

#include "base/rd.h"
#include "crypto/crypto.h"

#include <stdio.h>

static const char *const names[] = { "number", "time", "before",
	                             "what",   "who",  "data" };
enum { NUMBER, TIME, BEFORE, WHAT, WHO, DATA, N_NAMES };

void audit_leaf(uint8_t hash[32], struct assay_bytes line)
{
	static const uint8_t zero = 0;

	assay_sha256_2(hash, (struct assay_bytes){ &zero, 1 }, line);
}

/* ---- reading */

static bool bad_entry(struct assay_err *err, size_t at, const char *what)
{
	return assay_fail(err, ASSAY_L_ENTRY, ASSAY_DOC_LOG_ENTRY, at, "%s",
	                  what);
}

static bool read_value(struct audit_entry *e, struct assay_json *j, size_t i)
{
	switch (i) {
	case NUMBER:
		return assay_json_uint(j, UINT64_MAX, &e->number);
	case TIME:
		return assay_json_time(j, &e->time);
	case BEFORE:
		return assay_json_hex(j, e->before, sizeof(e->before));
	case WHAT:
		return assay_json_text(j, e->what, sizeof(e->what));
	case WHO:
		return assay_json_text(j, e->who, sizeof(e->who));
	default:
		return assay_json_peek(j) == '{'
		               ? assay_json_skip(j, &e->data)
		               : assay_json_bad_type(j, assay_json_at(j),
		                                     "data is no object");
	}
}

/* The members, in their order: how many of them. */
static size_t read_members(struct audit_entry *e, struct assay_json *j)
{
	struct assay_json_str name;
	size_t i = 0;

	assay_json_object(j);
	while (assay_json_member(j, &name)) {
		if (i == N_NAMES || !assay_json_is(name, names[i]))
			return N_NAMES + 1;
		if (!read_value(e, j, i++))
			return i;
	}
	return i;
}

static bool read_entry(struct audit_entry *e, struct assay_bytes line,
                       struct assay_err *err)
{
	struct assay_json j;
	size_t n;

	if (line.len > AUDIT_ENTRY_MAX)
		return bad_entry(err, 0, "it has more than 16 KiB");
	for (size_t i = 0; i < line.len; i++)
		if (line.ptr[i] < ' ')
			return bad_entry(err, i, "it is not one line");
	assay_json_open(&j, line, ASSAY_DOC_LOG_ENTRY);
	n = read_members(e, &j);
	if (assay_json_ok(&j) && n != N_NAMES)
		return bad_entry(err, 0,
		                 "its members are not number, time, before, "
		                 "what, who and data");
	return assay_json_close(&j, err);
}

bool audit_read(struct audit_entry *entry, struct assay_bytes line,
                struct assay_err *err)
{
	*entry = (struct audit_entry){ 0 };
	if (read_entry(entry, line, err))
		return true;
	*entry = (struct audit_entry){ 0 };
	return false;
}

/* ---- writing */

static size_t put(char *out, size_t room, const struct audit_entry *e)
{
	struct assay_json_out o;
	int n;

	assay_json_begin(&o, out, room);
	assay_json_put_object(&o, NULL);
	assay_json_put_uint(&o, "number", e->number);
	assay_json_put_time(&o, "time", e->time);
	assay_json_put_hex(&o, "before", e->before, sizeof(e->before));
	assay_json_put_text(&o, "what", e->what);
	assay_json_put_text(&o, "who", e->who);
	if (!o.ok || e->data.len > AUDIT_ENTRY_MAX)
		return 0;
	n = snprintf(out + o.len, room - o.len, ",\"data\":%.*s}",
	             (int)e->data.len, (const char *)e->data.ptr);
	return n > 0 && (size_t)n < room - o.len ? o.len + (size_t)n : 0;
}

/* What was written says what it was to say. */
static bool says(struct assay_bytes line, const struct audit_entry *e)
{
	struct audit_entry again;

	return audit_read(&again, line, NULL) && again.number == e->number &&
	       again.time == e->time && strcmp(again.what, e->what) == 0 &&
	       strcmp(again.who, e->who) == 0 &&
	       assay_bytes_equal(again.data, e->data);
}

size_t audit_write(char *out, size_t room, const struct audit_entry *entry,
                   struct assay_bytes before)
{
	struct audit_entry e = *entry;
	size_t n;

	memset(e.before, 0, sizeof(e.before));
	if (before.len)
		audit_leaf(e.before, before);
	n = put(out, room, &e);
	if (n && says((struct assay_bytes){ (uint8_t *)out, n }, &e))
		return n;
	if (room)
		out[0] = 0;
	return 0;
}
