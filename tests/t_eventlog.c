/* t_eventlog.c - event logs: read, replayed, and held against a TD's registers;
 * case 129 of the catalogue [DCAP 8.8]. */
#include <assay/assay.h>

#include <stdlib.h>
#include <string.h>

#include "forge/log_make.h"
#include "tap.h"

static const struct sim_log_event events[] = {
	{ 0, 1, "the TD's own image", NULL },
	{ 1, 0x80000001, "configuration", NULL },
	{ 1, 3, "no action, and no register", NULL },
	{ 2, 0x80000003, "boot loader", "the loader's code" },
	{ 3, 13, "kernel command line", NULL },
	{ 3, 13, "initrd", NULL },
};
enum { N_EVENTS = sizeof(events) / sizeof(events[0]) };

static void make(struct buf *log, struct assay_td_report *td)
{
	memset(td, 0, sizeof(*td));
	sim_log_extend(td->rtmr[0], "configuration");
	sim_log_extend(td->rtmr[1], "the loader's code");
	sim_log_extend(td->rtmr[2], "kernel command line");
	sim_log_extend(td->rtmr[2], "initrd");
	sim_log_begin(log);
	for (size_t i = 0; i < N_EVENTS; i++)
		sim_log_put(log, &events[i]);
}

static struct assay_bytes cut(struct assay_bytes b, size_t n)
{
	return (struct assay_bytes){ b.ptr, n };
}

/* ---- the log as it should be */

static void test_good(struct assay_bytes log, const struct assay_td_report *td)
{
	struct assay_event_log l;
	struct assay_err err = { 0 };

	bool good = assay_event_log_replay(&l, log, &err);

	ok(good && l.n_events == N_EVENTS, "a log is read: %zu events %s",
	   l.n_events, err.note);
	ok(l.n_data_differ == 1 && l.first_differs_at > 0,
	   "of one the data are not what was measured");
	ok(l.has[0] && l.has[1] && l.has[2] && !l.has[3],
	   "which registers have events");
	ok(assay_event_log_explains(&l, td, &err),
	   "it comes to the registers; EV_NO_ACTION extends nothing");
}

static void test_ends(const struct buf *log)
{
	static const struct {
		const char *name;
		size_t ff, zeros;
		bool good;
	} rows[] = {
		{ "ends with its last event", 0, 0, true },
		{ "terminator of FF", 8, 0, true },
		{ "terminator of 00", 0, 8, true },
		{ "FF to the end", 5000, 0, true },
		{ "00 to the end", 0, 5000, true },
		{ "FF, then 00", 8, 8, false },
		{ "seven FF", 7, 0, false },
		{ "seven 00", 0, 7, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf copy = { 0 };
		struct assay_event_log l;

		buf_put_bytes(&copy, buf_bytes(log));
		for (size_t k = 0; k < rows[i].ff; k++)
			buf_put_le(&copy, 0xff, 1);
		buf_put_zeros(&copy, rows[i].zeros);
		ok(assay_event_log_replay(&l, buf_bytes(&copy), NULL) ==
		           rows[i].good,
		   "%s", rows[i].name);
		buf_free(&copy);
	}
}

/* ---- logs of another kind */

static void test_truncation(struct assay_bytes log)
{
	size_t n_good = 0, n_bad = 0;

	for (size_t n = 0; n < log.len; n++) {
		struct assay_event_log l, none = { 0 };
		struct assay_err err = { 0 };
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, log.ptr, n); /* exactly n: read past it is seen */
		if (assay_event_log_replay(
			    &l, cut((struct assay_bytes){ copy, n }, n), &err))
			n_good++;
		else if (err.check != ASSAY_C_EVENT_LOG || err.at > n ||
		         !err.note[0] || memcmp(&l, &none, sizeof(l)) != 0)
			n_bad++;
		free(copy);
	}
	/* a log may end behind its header and behind each event */
	ok(n_good == N_EVENTS && n_bad == 0,
	   "every prefix: %zu whole, %zu badly refused", n_good, n_bad);
}

enum { SPEC_AT = 32, FIRST_AT = 32 + 33 };
static const struct {
	const char *name;
	size_t at, n;
	const char *to;
} edits[] = {
	{ "header of another type", 4, 1, "\x04" },
	{ "another signature", SPEC_AT, 1, "s" },
	{ "header longer than it is", 28, 1, "\x22" },
	{ "header shorter than it is", 28, 1, "\x20" },
	{ "no algorithm", SPEC_AT + 24, 1, "\0" },
	{ "nine algorithms", SPEC_AT + 24, 1, "\x09" },
	{ "SHA-256 alone", SPEC_AT + 28, 1, "\x0b" },
	{ "SHA-384 of 47 bytes", SPEC_AT + 30, 1, "\x2f" },
	{ "register 5", FIRST_AT, 1, "\x05" },
	{ "register 2^31", FIRST_AT + 3, 1, "\x80" },
	{ "no digest", FIRST_AT + 8, 1, "\0" },
	{ "nine digests", FIRST_AT + 8, 1, "\x09" },
	{ "2^32 - 1 digests", FIRST_AT + 8, 4, "\xff\xff\xff\xff" },
	{ "digest of an algorithm that the header does not name", FIRST_AT + 12,
	  1, "\x0b" },
	{ "data of 2^32 - 1 bytes", FIRST_AT + 62, 4, "\xff\xff\xff\xff" },
};

static void test_edits(const struct buf *log)
{
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		struct buf copy = { 0 };
		struct assay_event_log l;
		struct assay_err err = { 0 };

		buf_put_bytes(&copy, buf_bytes(log));
		memcpy(copy.ptr + edits[i].at, edits[i].to, edits[i].n);
		bool refused = !assay_event_log_replay(&l, buf_bytes(&copy),
		                                       &err);

		ok(refused && err.check == ASSAY_C_EVENT_LOG &&
		           err.doc == ASSAY_DOC_EVENT_LOG,
		   "%s: %s, at %zu", edits[i].name, err.note, err.at);
		buf_free(&copy);
	}
}

/* Two SHA-384 digests in one event. */
static void test_two_digests(void)
{
	struct buf log = { 0 };
	struct assay_event_log l;

	sim_log_begin(&log);
	buf_put_le(&log, 1, 4);
	buf_put_le(&log, 1, 4);
	buf_put_le(&log, 2, 4);
	for (int i = 0; i < 2; i++) {
		buf_put_le(&log, 0x000c, 2);
		buf_put_zeros(&log, 48);
	}
	buf_put_le(&log, 0, 4);
	ok(!assay_event_log_replay(&l, buf_bytes(&log), NULL),
	   "two SHA-384 digests in one event");
	buf_free(&log);
}

/* ---- case 129 */

static void test_129(const struct buf *log,
                     const struct assay_td_report *true_td)
{
	struct assay_td_report td = *true_td;
	struct assay_event_log l;
	struct assay_err err = { 0 };
	struct buf copy = { 0 };

	buf_put_bytes(&copy, buf_bytes(log));
	copy.ptr[copy.len - 1] ^= 1; /* "initrd" */
	ok(assay_event_log_replay(&l, buf_bytes(&copy), NULL) &&
	           l.n_data_differ == 2 &&
	           assay_event_log_explains(&l, &td, NULL),
	   "129 altered data under a genuine digest: noticed");
	buf_free(&copy);

	if (!assay_event_log_replay(&l, buf_bytes(log), NULL))
		abort();
	for (size_t i = 0; i < 3; i++) {
		td = *true_td;
		td.rtmr[i][47] ^= 1;
		bool explains = assay_event_log_explains(&l, &td, &err);

		ok(!explains && err.check == ASSAY_A_RTMR && err.at == i,
		   "129 RTMR %zu is another: %s", i, err.note);
	}
	td = *true_td;
	td.rtmr[3][0] = 1;
	ok(assay_event_log_explains(&l, &td, NULL),
	   "129 RTMR 3, which programs extend, has no events");

	sim_log_begin(&copy);
	for (size_t i = 0; i < 4; i++)
		sim_log_put(&copy, &events[i]);
	bool refused = assay_event_log_replay(&l, buf_bytes(&copy), NULL) &&
	               !assay_event_log_explains(&l, true_td, &err);

	ok(refused && err.check == ASSAY_A_RTMR && err.at == 2 &&
	           strstr(err.note, "no events"),
	   "129 RTMR 2 is not zero and has no events: %s", err.note);
	buf_free(&copy);
}

int main(void)
{
	struct assay_td_report td;
	struct buf log = { 0 };

	make(&log, &td);
	test_good(buf_bytes(&log), &td);
	test_ends(&log);
	test_truncation(buf_bytes(&log));
	test_edits(&log);
	test_two_digests();
	test_129(&log, &td);
	buf_free(&log);
	return done();
}
