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
	sim_put_bytes(&a->header[a->n_headers++].value, value);
}

void http_encode(struct sim_out *out, struct assay_bytes text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.~";

	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.ptr[i];

		if (c && strchr(plain, c))
			sim_put(out, &c, 1);
		else
			sim_printf(out, "%%%02X", c);
	}
}

void http_put_encoded(struct http_answer *a, const char *name,
                      struct assay_bytes value)
{
	struct sim_out text = { 0 };

	http_encode(&text, value);
	http_put_header(a, name, sim_out_bytes(&text));
	a->bad |= text.bad;
	sim_out_free(&text);
}
