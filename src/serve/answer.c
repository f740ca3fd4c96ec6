/* answer.c - what a route puts into its answer. */
#include "serve/http.h"

#include <string.h>

void http_put_header(struct http_answer *a, const char *name,
                     struct assay_bytes value)
{
	if (a->n_headers == sizeof(a->header) / sizeof(a->header[0])) {
		a->bad = true;
		return;
	}
	a->header[a->n_headers].name = name;
	buf_put_bytes(&a->header[a->n_headers++].value, value);
}

void http_encode(struct buf *out, struct assay_bytes text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.~";

	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.ptr[i];

		if (c && strchr(plain, c))
			buf_put(out, &c, 1);
		else
			buf_printf(out, "%%%02X", c);
	}
}

void http_put_encoded(struct http_answer *a, const char *name,
                      struct assay_bytes value)
{
	struct buf text = { 0 };

	http_encode(&text, value);
	http_put_header(a, name, buf_bytes(&text));
	a->bad |= text.bad;
	buf_free(&text);
}
