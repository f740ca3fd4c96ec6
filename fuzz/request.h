/* request.h - the listener's part for targets that call the service's routes: a
 * request of a path, and of names with values that are its arguments and headers. */
#ifndef FUZZ_REQUEST_H
#define FUZZ_REQUEST_H

#include "serve/http.h"

#include <stdlib.h>
#include <string.h>

enum { LINES = 16 };

struct http_request {
	const char *path;
	struct {
		char *name, *value;
	} lines[LINES];
	size_t n;
};

enum http_times http_argument(const struct http_request *r, const char *name,
                              const char **value)
{
	enum http_times times = HTTP_NONE;

	*value = NULL;
	for (size_t i = 0; i < r->n; i++) {
		if (strcmp(r->lines[i].name, name) != 0)
			continue;
		times = times == HTTP_NONE ? HTTP_ONCE : HTTP_BAD;
		*value = r->lines[i].value;
	}
	return times;
}

const char *http_stranger(const struct http_request *r, const char **known)
{
	(void)r;
	*known = NULL;
	return NULL;
}

const char *http_header(const struct http_request *r, const char *name)
{
	const char *value;

	http_argument(r, name, &value);
	return value;
}

bool http_has_type(const struct http_request *r, const char *type)
{
	const char *given = http_header(r, "Content-Type");

	return given && strcmp(given, type) == 0;
}

const char *http_path(const struct http_request *r)
{
	return r->path;
}

struct assay_bytes http_body(const struct http_request *r)
{
	(void)r;
	return (struct assay_bytes){ 0 };
}

const char *http_client(char text[HTTP_CLIENT_LEN],
                        const struct http_request *r)
{
	(void)r;
	text[0] = 0;
	return text;
}

/* What is left of an answer. */
static void forget_answer(struct http_answer *a)
{
	buf_free(&a->body);
	for (size_t i = 0; i < a->n_headers; i++)
		buf_free(&a->header[i].value);
	if (a->done)
		a->done(a->state);
	*a = (struct http_answer){ 0 };
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

#endif
