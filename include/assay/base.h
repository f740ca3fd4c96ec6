/* base.h - what every other header needs: bytes, attributes, times. */
#ifndef ASSAY_BASE_H
#define ASSAY_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define ASSAY_BEGIN \
	extern "C" { \
	_Pragma("GCC visibility push(default)")
#define ASSAY_END \
	_Pragma("GCC visibility pop") \
	}
#else
#define ASSAY_BEGIN _Pragma("GCC visibility push(default)")
#define ASSAY_END _Pragma("GCC visibility pop")
#endif

#define ASSAY_MUST_CHECK __attribute__((warn_unused_result))
#define ASSAY_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* A run of bytes that somebody else owns. */
struct assay_bytes {
	const uint8_t *ptr;
	size_t len;
};

#define ASSAY_TIME_TEXT 32 /* bytes for a printed time, with its NUL */

ASSAY_BEGIN

/*
 * assay_time_parse reads an RFC 3339 time in UTC ("2026-11-23T12:00:00Z", a
 * fraction of a second is allowed and dropped) into seconds since
 * 1970-01-01T00:00:00Z.  Days that do not exist, other offsets than Z and
 * years before 1970 are refused.  Allocates nothing.
 */
ASSAY_MUST_CHECK bool assay_time_parse(int64_t *time, struct assay_bytes text);

/*
 * assay_time_print writes `time` (seconds since 1970-01-01T00:00:00Z) as RFC
 * 3339 in UTC into `out`, and returns `out`.  Times outside the years 1970 to
 * 9999 print as "never".
 */
const char *assay_time_print(char out[ASSAY_TIME_TEXT], int64_t time);

ASSAY_END

#endif
