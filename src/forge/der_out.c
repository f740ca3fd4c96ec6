/* der_out.c - DER, written. */
#include "forge/der_out.h"

#include <string.h>
#include <time.h>

/* Length octets for `n` into `to`; how many they are. */
static size_t length_octets(uint8_t to[9], size_t n)
{
	size_t n_bytes = 0;

	if (n < 0x80) {
		to[0] = (uint8_t)n;
		return 1;
	}
	for (size_t rest = n; rest; rest >>= 8)
		n_bytes++;
	to[0] = (uint8_t)(0x80 | n_bytes);
	for (size_t i = 0; i < n_bytes; i++)
		to[1 + i] = (uint8_t)(n >> (8 * (n_bytes - 1 - i)));
	return 1 + n_bytes;
}

size_t sim_der_open(struct buf *out, uint8_t tag)
{
	buf_put(out, &tag, 1);
	return out->len;
}

void sim_der_close(struct buf *out, size_t at)
{
	uint8_t octets[9];

	if (out->bad)
		return;
	buf_splice(out, at, 0,
	           (struct assay_bytes){
			   octets, length_octets(octets, out->len - at) });
}

void sim_der(struct buf *out, uint8_t tag, struct assay_bytes contents)
{
	size_t at = sim_der_open(out, tag);

	buf_put_bytes(out, contents);
	sim_der_close(out, at);
}

void sim_der_int(struct buf *out, uint8_t tag, int64_t value)
{
	uint8_t be[8];
	size_t skip = 0;

	for (unsigned i = 0; i < 8; i++)
		be[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
	/* a first byte goes if the next one's top bit says the same */
	while (skip < 7 && be[skip] == (value < 0 ? 0xff : 0) &&
	       (be[skip + 1] & 0x80) == (be[skip] & 0x80))
		skip++;
	sim_der(out, tag, (struct assay_bytes){ be + skip, 8 - skip });
}

void sim_der_magnitude(struct buf *out, struct assay_bytes magnitude)
{
	size_t at = sim_der_open(out, DER_INTEGER);

	while (magnitude.len && !magnitude.ptr[0]) {
		magnitude.ptr++;
		magnitude.len--;
	}
	if (!magnitude.len || magnitude.ptr[0] & 0x80)
		buf_put_zeros(out, 1);
	buf_put_bytes(out, magnitude);
	sim_der_close(out, at);
}

void sim_der_time(struct buf *out, int64_t time)
{
	time_t t = (time_t)time;
	struct tm tm;
	bool utc;
	size_t at;

	if (!gmtime_r(&t, &tm)) {
		out->bad = true;
		return;
	}
	utc = tm.tm_year >= 50 && tm.tm_year < 150;
	at = sim_der_open(out, utc ? DER_UTC_TIME : DER_GENERALIZED_TIME);
	buf_printf(out, utc ? "%02d" : "%04d",
	           utc ? tm.tm_year % 100 : tm.tm_year + 1900);
	buf_printf(out, "%02d%02d%02d%02d%02dZ", tm.tm_mon + 1, tm.tm_mday,
	           tm.tm_hour, tm.tm_min, tm.tm_sec);
	sim_der_close(out, at);
}

void sim_der_reform(struct buf *out, enum sim_form form)
{
	uint8_t octets[10] = { 0 };
	size_t head, n;

	if (out->bad || out->len < 2)
		return;
	head = out->ptr[1] < 0x80 ? 1 : 1 + (size_t)(out->ptr[1] & 0x7f);
	n = out->len - 1 - head;
	switch (form) {
	case SIM_FORM_DER:
		break;
	case SIM_FORM_LONG_LENGTH:
		if (head == 1) {
			octets[0] = 0x81;
			octets[1] = (uint8_t)n;
		} else {
			octets[0] = (uint8_t)(out->ptr[1] + 1);
			memcpy(octets + 2, out->ptr + 2, head - 1);
		}
		buf_splice(out, 1, head,
		           (struct assay_bytes){ octets, head + 1 });
		break;
	case SIM_FORM_INDEFINITE:
		octets[0] = 0x80;
		buf_splice(out, 1, head, (struct assay_bytes){ octets, 1 });
		buf_put_zeros(out, 2);
		break;
	case SIM_FORM_TRAILING:
		buf_put_zeros(out, 1);
		break;
	}
}
