/* fuzz_eventlog.c - event logs: assay_event_log_replay. */
#include <assay/eventlog.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct assay_event_log log, none;
	struct assay_err err = { 0 };
	struct assay_td_report td = { 0 };

	memset(&none, 0, sizeof(none));
	if (!assay_event_log_replay(&log, (struct assay_bytes){ data, len },
	                            &err)) {
		if (err.check != ASSAY_C_EVENT_LOG || err.at > len ||
		    memcmp(&log, &none, sizeof(log)) != 0)
			abort(); /* a failure says where, and leaves zeros */
		return 0;
	}
	/* an event takes 66 bytes at least */
	if (log.n_events > len / 66 || log.n_data_differ > log.n_events ||
	    log.first_differs_at > len)
		abort();
	for (size_t i = 0; i < 4; i++)
		if (log.has[i] == (memcmp(log.rtmr[i], none.rtmr[i], 48) == 0))
			abort(); /* a register without events is zero */
	for (size_t i = 0; i < 3; i++)
		memcpy(td.rtmr[i], log.rtmr[i], 48);
	if (!assay_event_log_explains(&log, &td, NULL))
		abort(); /* a log explains what it comes to */
	return 0;
}
