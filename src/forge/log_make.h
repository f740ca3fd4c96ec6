/* log_make.h - a TD's event log, in TCG2's crypto-agile form [DCAP 6.4]. */
#ifndef FORGE_LOG_MAKE_H
#define FORGE_LOG_MAKE_H

#include <assay/quote.h>

#include "os/buf.h"

/* An event.  Its digest is that of its data, or of `measured` where there is
 * one: some kinds of events log another thing than they measure. */
struct sim_log_event {
	uint32_t mr, type; /* 0: MRTD; 1 to 4: RTMR 0 to 3 */
	const char *data, *measured;
};

/* The header, which names SHA-384 alone. */
void sim_log_begin(struct buf *log);
void sim_log_put(struct buf *log, const struct sim_log_event *event);
/* RTMR = SHA-384(RTMR || SHA-384(text)) */
void sim_log_extend(uint8_t rtmr[48], const char *text);

/* A made-up start of a TD: writes its log, and the registers RTMR 0 to 2 of the
 * report that it comes to. */
void sim_log_default(struct buf *log, struct assay_td_report *td);

#endif
