/* eventlog.h - the log of what was measured into a TD's registers. */
#ifndef ASSAY_EVENTLOG_H
#define ASSAY_EVENTLOG_H

#include <assay/quote.h>

/*
 * What an event log (CCEL, in TCG2's crypto-agile form) comes to.  The log is
 * signed by nobody.  It proves something only where the registers that its
 * digests come to are those of a genuine quote; and then its digests are what
 * was measured, not its data: those of some events are another thing than what
 * the digest is of.
 */
struct assay_event_log {
	size_t n_events;      /* without the header */
	size_t n_data_differ; /* events whose digest is not that of their data */
	size_t first_differs_at; /* the first of them; offset in the log */
	bool has[4];             /* an event of RTMR 0..3 was met */
	uint8_t rtmr[4][48];     /* what the registers come to */
};

ASSAY_BEGIN

/*
 * assay_event_log_replay reads a log and computes the registers anew, from
 * zeros: RTMR = SHA-384(RTMR || digest) for each event, in order.
 *
 * out  written whole on success, zeroed on failure
 * log  as the firmware left it, up to its terminator (eight bytes of FF or 00)
 *      and the padding behind it; borrowed, not kept
 * Fails with ASSAY_C_EVENT_LOG.  Allocates nothing.  Source: [DCAP 6.4].
 */
ASSAY_MUST_CHECK bool assay_event_log_replay(struct assay_event_log *out,
                                             struct assay_bytes log,
                                             struct assay_err *err);

/*
 * assay_event_log_explains says whether the log comes to RTMR 0, 1 and 2 of the
 * TD report.  RTMR 3 is extended by programs that write no log.  Fails with
 * ASSAY_A_RTMR; `at` is the register.  Source: [DCAP 6.4].
 */
ASSAY_MUST_CHECK bool
assay_event_log_explains(const struct assay_event_log *log,
                         const struct assay_td_report *td,
                         struct assay_err *err);

ASSAY_END

#endif
