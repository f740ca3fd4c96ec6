/* fuzz_text.c - hex, base64, PEM framing, UTF-8, times: what is read is printed
 * as it was written. */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void *room(size_t n)
{
	void *p = malloc(n ? n : 1);

	must(p != NULL);
	return p;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && !p[n - 1])
		n--;
	return n == 0;
}

static void check_hex(struct assay_bytes in)
{
	size_t n = in.len / 2;
	uint8_t *out = room(n);
	char *lower = room(2 * n + 1), *upper = room(2 * n + 1);

	if (assay_hex_parse(out, n, in)) {
		assay_hex_print(lower, out, n, false);
		assay_hex_print(upper, out, n, true);
		must(in.len == 2 * n);
		for (size_t i = 0; i < in.len; i++)
			must(in.ptr[i] == (uint8_t)lower[i] ||
			     in.ptr[i] == (uint8_t)upper[i]);
	} else {
		must(is_zero(out, n));
	}
	free(upper);
	free(lower);
	free(out);
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void check_base64(struct assay_bytes in, bool ws)
{
	uint8_t *out = room(3 * in.len / 4 + 3);
	char *text = room(in.len + 5);
	size_t n, k = 0;

	if (assay_base64_parse(out, &n, in, ws)) {
		must(n <= 3 * in.len / 4);
		assay_base64_print(text, out, n);
		for (size_t i = 0; i < in.len; i++)
			if (!ws || !is_space(in.ptr[i]))
				must((uint8_t)text[k++] == in.ptr[i]);
		must(!text[k]);
	} else {
		must(n == 0);
	}
	free(text);
	free(out);
}

static void check_pem(struct assay_bytes in)
{
	struct assay_bytes body;
	size_t pos = 0, before = 0;

	while (assay_pem_next(&body, in, &pos, "CERTIFICATE")) {
		/* the lines around the body have 27 and 25 bytes */
		must(pos <= in.len && pos - before >= 53 + body.len);
		must(body.ptr >= in.ptr + before + 28 &&
		     body.ptr + body.len == in.ptr + pos - 25);
		check_base64(body, true);
		before = pos;
	}
	must(!body.ptr && !body.len && pos >= before && pos <= in.len);
}

static void check_utf8(struct assay_bytes in)
{
	for (size_t i = 0; i < in.len;) {
		size_t n = assay_utf8_len(in.ptr + i, in.len - i);

		must(n <= 4 && n <= in.len - i);
		must(n != 1 || in.ptr[i] < 0x80);
		i += n ? n : 1;
	}
}

static void check_time(struct assay_bytes in)
{
	char text[ASSAY_TIME_TEXT];
	int64_t time, again;

	if (!assay_time_parse(&time, in)) {
		must(time == 0);
		return;
	}
	assay_time_print(text, time);
	must(in.len >= 20 && strlen(text) == 20);
	must(memcmp(text, in.ptr, 19) == 0 && in.ptr[in.len - 1] == 'Z');
	must(assay_time_parse(&again,
	                      (struct assay_bytes){ (uint8_t *)text, 20 }));
	must(again == time);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };

	check_hex(in);
	check_base64(in, false);
	check_base64(in, true);
	check_pem(in);
	check_utf8(in);
	check_time(in);
	return 0;
}
