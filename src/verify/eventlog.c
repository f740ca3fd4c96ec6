/* eventlog.c - an event log read and replayed [DCAP 6.4]. */
#include <assay/eventlog.h>

#include "base/err.h"
#include "base/rd.h"
#include "crypto/crypto.h"

#include <string.h>

enum {
	EV_NO_ACTION = 3,
	ALG_SHA384 = 0x000c,
	SHA1_LEN = 20,
	MAX_ALGORITHMS = 8, /* of the log, and digests of one event */
	N_RTMRS = 4,
	TERMINATOR = 8,
};

/* The algorithms that the header names. */
struct algorithms {
	size_t n;
	struct {
		uint16_t id, len;
	} list[MAX_ALGORITHMS];
};

/* One event. */
struct event {
	size_t at;
	uint32_t mr, type;
	bool has_digest;
	uint8_t digest[ASSAY_SHA384_LEN];
	struct assay_bytes data;
};

/* ---- reading */

static size_t length_of(const struct algorithms *a, uint16_t id)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->list[i].id == id)
			return a->list[i].len;
	return 0;
}

/* "Spec ID Event03": which digests the events have. */
static void read_spec_id(struct algorithms *a, struct assay_rd *r)
{
	static const char signature[16] = "Spec ID Event03";
	uint8_t got[16];
	size_t at = r->pos;
	uint32_t n;

	assay_rd_copy(r, got, sizeof(got), "signature");
	if (memcmp(got, signature, sizeof(got)) != 0)
		assay_rd_spoil(r, at, "\"Spec ID Event03\"");
	assay_rd_bytes(r, 8, "platform class and version");
	at = r->pos;
	n = assay_rd_u32le(r, "number of algorithms");
	if (n == 0 || n > MAX_ALGORITHMS)
		assay_rd_spoil(r, at, "1 to 8 algorithms");
	for (; assay_rd_ok(r) && a->n < n; a->n++) {
		at = r->pos;
		a->list[a->n].id = assay_rd_u16le(r, "algorithm");
		a->list[a->n].len = assay_rd_u16le(r, "digest size");
		if (length_of(a, a->list[a->n].id))
			assay_rd_spoil(r, at,
			               "an algorithm that was not yet named");
	}
	if (length_of(a, ALG_SHA384) != ASSAY_SHA384_LEN)
		assay_rd_spoil(r, r->pos, "SHA-384 of 48 bytes");
	assay_rd_bytes(r, assay_rd_u8(r, "vendor information size"),
	               "vendor information");
}

/* The first event, in the older form. */
static void read_header(struct algorithms *a, struct assay_rd *r)
{
	struct assay_rd spec;
	size_t at;

	assay_rd_u32le(r, "register");
	at = r->pos;
	if (assay_rd_u32le(r, "event type") != EV_NO_ACTION)
		assay_rd_spoil(r, at, "a header, of type EV_NO_ACTION");
	assay_rd_bytes(r, SHA1_LEN, "digest");
	spec = assay_rd_sub(r, assay_rd_u32le(r, "event size"), "event");
	read_spec_id(a, &spec);
	if (assay_rd_left(&spec))
		assay_rd_spoil(&spec, spec.pos, "the end of the header");
	assay_rd_join(r, &spec);
}

/* The digests of one event, among which is one by SHA-384. */
static void read_digests(struct event *e, const struct algorithms *a,
                         struct assay_rd *r)
{
	size_t at = r->pos;
	uint32_t n = assay_rd_u32le(r, "number of digests");

	if (n > MAX_ALGORITHMS)
		assay_rd_spoil(r, at, "at most 8 digests");
	for (; assay_rd_ok(r) && n > 0; n--) {
		size_t here = r->pos;
		uint16_t id = assay_rd_u16le(r, "algorithm");
		size_t len = length_of(a, id);

		if (!len)
			assay_rd_spoil(r, here,
			               "an algorithm that the header names");
		if (id == ALG_SHA384 && e->has_digest)
			assay_rd_spoil(r, here, "one SHA-384 digest");
		if (id == ALG_SHA384)
			assay_rd_copy(r, e->digest, sizeof(e->digest),
			              "digest");
		else
			assay_rd_bytes(r, len, "digest");
		e->has_digest |= id == ALG_SHA384;
	}
	if (!e->has_digest)
		assay_rd_spoil(r, at, "a SHA-384 digest");
}

static void read_event(struct event *e, const struct algorithms *a,
                       struct assay_rd *r)
{
	*e = (struct event){ .at = r->pos };
	e->mr = assay_rd_u32le(r, "register");
	if (e->mr > N_RTMRS) /* 0 is MRTD, 1 to 4 are RTMR 0 to 3 */
		assay_rd_spoil(r, e->at, "a register from 0 to 4");
	e->type = assay_rd_u32le(r, "event type");
	read_digests(e, a, r);
	e->data = assay_rd_bytes(r, assay_rd_u32le(r, "event size"), "event");
}

static bool all_are(const uint8_t *p, size_t n, uint8_t value)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != value)
			return false;
	return true;
}

/* The terminator is next.  Nothing but its like may follow. */
static bool at_end(struct assay_rd *r)
{
	const uint8_t *p = r->base + r->pos;
	size_t left = assay_rd_left(r);

	if (left == 0)
		return true;
	if (left < TERMINATOR || (p[0] != 0x00 && p[0] != 0xff) ||
	    !all_are(p, TERMINATOR, p[0]))
		return false;
	if (!all_are(p, left, p[0]))
		assay_rd_spoil(r, r->pos + TERMINATOR,
		               "nothing behind the terminator");
	return true;
}

/* ---- replay */

static void extend(struct assay_event_log *out, const struct event *e)
{
	uint8_t both[2 * ASSAY_SHA384_LEN], digest[ASSAY_SHA384_LEN];

	out->n_events++;
	assay_sha384(digest, e->data);
	if (memcmp(digest, e->digest, sizeof(digest)) != 0 &&
	    out->n_data_differ++ == 0)
		out->first_differs_at = e->at;
	if (e->mr == 0 || e->type == EV_NO_ACTION)
		return;
	out->has[e->mr - 1] = true;
	memcpy(both, out->rtmr[e->mr - 1], ASSAY_SHA384_LEN);
	memcpy(both + ASSAY_SHA384_LEN, e->digest, ASSAY_SHA384_LEN);
	assay_sha384(out->rtmr[e->mr - 1],
	             (struct assay_bytes){ both, sizeof(both) });
}

bool assay_event_log_replay(struct assay_event_log *out, struct assay_bytes log,
                            struct assay_err *err)
{
	struct assay_rd r = assay_rd(log);
	struct algorithms algorithms = { 0 };
	struct event e;

	memset(out, 0, sizeof(*out));
	read_header(&algorithms, &r);
	while (assay_rd_ok(&r) && !at_end(&r)) {
		read_event(&e, &algorithms, &r);
		if (assay_rd_ok(&r))
			extend(out, &e);
	}
	if (assay_rd_ok(&r))
		return true;
	memset(out, 0, sizeof(*out));
	return assay_fail(err, ASSAY_C_EVENT_LOG, ASSAY_DOC_EVENT_LOG, r.bad_at,
	                  "wanted: %s", r.bad);
}

bool assay_event_log_explains(const struct assay_event_log *log,
                              const struct assay_td_report *td,
                              struct assay_err *err)
{
	for (size_t i = 0; i < N_RTMRS - 1; i++)
		if (memcmp(log->rtmr[i], td->rtmr[i], sizeof(td->rtmr[i])) != 0)
			return assay_fail(
				err, ASSAY_A_RTMR, ASSAY_DOC_EVENT_LOG, i,
				log->has[i] ? "the events of RTMR %zu come "
					      "to another value than the "
					      "quote's"
					    : "RTMR %zu is not zero, and has "
					      "no events",
				i);
	return true;
}
