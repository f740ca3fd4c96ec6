/* time.c - moments as seconds, and as RFC 3339 text. */
#include "base/text.h"

#include <stdio.h>

enum {
	DAY = 24 * 60 * 60,
	YEAR_FIRST = 1970,
	YEAR_LAST = 9999,
	FRACTION_MAX = 9, /* digits */
};

static const uint16_t days_before[12] = { 0,   31,  59,  90,  120, 151,
	                                  181, 212, 243, 273, 304, 334 };

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in(unsigned year, unsigned month)
{
	static const uint8_t days[12] = { 31, 28, 31, 30, 31, 30,
		                          31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* Days from 1970-01-01 to the first of January of `year`. */
static int64_t days_to_year(unsigned year)
{
	unsigned y = year - 1;

	return (int64_t)y * 365 + y / 4 - y / 100 + y / 400 - 719162;
}

bool assay_date_to_time(int64_t *time, unsigned year, unsigned month,
                        unsigned day, unsigned hour, unsigned minute,
                        unsigned second)
{
	*time = 0;
	if (year < YEAR_FIRST || year > YEAR_LAST || month < 1 || month > 12 ||
	    day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 ||
	    second > 59)
		return false;
	*time = days_to_year(year) + days_before[month - 1] + day - 1;
	if (month > 2 && is_leap(year))
		++*time;
	*time = *time * DAY + hour * 3600 + minute * 60 + second;
	return true;
}

/* All of "0000-00-00T00:00:00" has the form: 0 stands for any digit. */
static bool has_form(const uint8_t *p, const char *form)
{
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? p[i] < '0' || p[i] > '9' : p[i] != form[i])
			return false;
	return true;
}

static unsigned number(const uint8_t *p, size_t n)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++)
		v = v * 10 + (unsigned)(p[i] - '0');
	return v;
}

/* What follows the seconds: "Z", or "." digits "Z". */
static bool is_tail(const uint8_t *p, size_t n)
{
	if (n == 1)
		return p[0] == 'Z';
	if (n < 3 || n > FRACTION_MAX + 2 || p[0] != '.' || p[n - 1] != 'Z')
		return false;
	for (size_t i = 1; i < n - 1; i++)
		if (p[i] < '0' || p[i] > '9')
			return false;
	return true;
}

bool assay_time_parse(int64_t *time, struct assay_bytes text)
{
	static const char form[] = "0000-00-00T00:00:00";
	const size_t n = sizeof(form) - 1;
	const uint8_t *p = text.ptr;

	*time = 0;
	return text.len > n && has_form(p, form) &&
	       is_tail(p + n, text.len - n) &&
	       assay_date_to_time(time, number(p, 4), number(p + 5, 2),
	                          number(p + 8, 2), number(p + 11, 2),
	                          number(p + 14, 2), number(p + 17, 2));
}

static char *put_two(char *out, unsigned value)
{
	*out++ = (char)('0' + value / 10);
	*out++ = (char)('0' + value % 10);
	return out;
}

static char *put_mark(char *out, char mark)
{
	*out = mark;
	return out + 1;
}

const char *assay_time_print(char out[ASSAY_TIME_TEXT], int64_t time)
{
	int64_t day = time / DAY;
	unsigned s = (unsigned)(time % DAY), year, month = 1, rest;

	if (time < 0 || day >= days_to_year(YEAR_LAST + 1)) {
		snprintf(out, ASSAY_TIME_TEXT, "never");
		return out;
	}
	year = YEAR_FIRST + (unsigned)(day / 366);
	while (days_to_year(year + 1) <= day)
		year++;
	rest = (unsigned)(day - days_to_year(year));
	while (rest >= days_in(year, month))
		rest -= days_in(year, month++);
	put_two(put_two(out, year / 100), year % 100);
	put_two(put_mark(out + 4, '-'), month);
	put_two(put_mark(out + 7, '-'), rest + 1);
	put_two(put_mark(out + 10, 'T'), s / 3600);
	put_two(put_mark(out + 13, ':'), s / 60 % 60);
	put_mark(put_two(put_mark(out + 16, ':'), s % 60), 'Z');
	out[20] = 0;
	return out;
}
