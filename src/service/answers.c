/* answers.c - what routes answer: JSON, and problems [RFC 9457]. */
#include "service/inner.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEM_TYPE "application/problem+json"
#define JSON_TYPE "application/json"

/* a judgement with its token has some 6 KB */
enum { FIRST_OBJECT = 8 << 10, MAX_OBJECT = 16 << 20 };

void service_put_json(struct buf *out,
                      void (*put)(struct assay_json_out *o, const void *arg),
                      const void *arg)
{
	struct assay_json_out o = { 0 };
	const size_t at = out->len;

	/* the writer needs its memory at once: as much as is enough */
	for (size_t n = FIRST_OBJECT; !o.ok && n <= MAX_OBJECT; n *= 4) {
		out->len = at;
		buf_put_zeros(out, n);
		if (out->bad)
			return;
		assay_json_begin(&o, (char *)out->ptr + at, n);
		assay_json_put_object(&o, NULL);
		put(&o, arg);
		assay_json_put_end(&o, '}');
	}
	out->len = at + o.len;
	out->bad |= !o.ok;
}

void service_json(struct http_answer *a,
                  void (*put)(struct assay_json_out *o, const void *arg),
                  const void *arg)
{
	a->status = 200;
	a->type = JSON_TYPE;
	service_put_json(&a->body, put, arg);
	buf_printf(&a->body, "\n");
}

bool service_put_item(struct buf *out,
                      void (*put)(struct assay_json_out *o, const void *arg),
                      const void *arg)
{
	if (out->len && out->ptr[out->len - 1] != '[')
		buf_put(out, ",", 1);
	service_put_json(out, put, arg);
	out->bad |= out->len > MAX_OBJECT;
	return !out->bad;
}

void service_items(struct http_answer *a, struct service *s, const char *name,
                   bool (*walk)(struct store *store, struct buf *out))
{
	bool good;

	a->status = 200;
	a->type = JSON_TYPE;
	buf_printf(&a->body, "{\"%s\":[", name);
	good = walk(s->store, &a->body);
	buf_printf(&a->body, "]}\n");
	if (!good && !a->body.bad)
		service_no_store(a, s);
}

struct problem {
	unsigned status;
	const char *title, *detail;
};

static void put_problem(struct assay_json_out *o, const void *arg)
{
	const struct problem *p = arg;

	assay_json_put_text(o, "type", "about:blank");
	assay_json_put_text(o, "title", p->title);
	assay_json_put_uint(o, "status", p->status);
	assay_json_put_text(o, "detail", p->detail);
}

void service_problem(struct http_answer *a, unsigned status, const char *title,
                     const char *fmt, ...)
{
	char detail[SERVICE_WHY];
	const struct problem p = { status, title, detail };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	buf_clear(&a->body);
	service_json(a, put_problem, &p);
	a->status = status;
	a->type = PROBLEM_TYPE;
	if (status == 503)
		http_put_header(a, "Retry-After", buf_text("2"));
}

void service_no_store(struct http_answer *a, struct service *s)
{
	service_problem(a, 503, "The store does not answer", "%s",
	                store_why(s->store));
}

/* ---- arguments */

bool service_bad_argument(struct http_answer *a, const char *name,
                          const char *want)
{
	service_problem(a, 400, "An argument is not good", "%s: want %s.", name,
	                want);
	return false;
}

bool service_knows_all(struct http_answer *a, const struct http_request *r)
{
	const char *known, *stranger = http_stranger(r, &known);

	if (stranger)
		service_problem(a, 400, "An argument is not known",
		                *known ? "%.64s is none of those that this "
		                         "path takes: %s."
		                       : "%.64s: this path takes no arguments.",
		                stranger, known);
	return !stranger;
}

bool service_read_number(uint64_t *value, const char *text)
{
	const size_t n = strlen(text);

	*value = 0;
	if (n == 0 || n > 19 || strspn(text, "0123456789") != n)
		return false;
	*value = strtoull(text, NULL, 10);
	return true;
}

bool service_number(uint64_t *value, struct http_answer *a,
                    const struct http_request *r,
                    const struct service_range *range)
{
	const char *text;
	char want[96];

	*value = range->otherwise;
	switch (http_argument(r, range->name, &text)) {
	case HTTP_NONE:
		return true;
	case HTTP_ONCE:
		if (service_read_number(value, text) &&
		    *value >= range->least && *value <= range->most)
			return true;
		break;
	case HTTP_BAD:
		break;
	}
	snprintf(want, sizeof(want),
	         "a number from %" PRIu64 " to %" PRIu64 ", once", range->least,
	         range->most);
	return service_bad_argument(a, range->name, want);
}

bool service_version_argument(unsigned *version, struct http_answer *a,
                              const struct http_request *r, const char *name)
{
	const struct service_range range = { name, 1, INT32_MAX, 0 };
	uint64_t value;
	const bool good = service_number(&value, a, r, &range);

	*version = (unsigned)value;
	return good;
}

/* ---- what no route answers */

void service_error(struct http_answer *a, unsigned status)
{
	static const struct {
		unsigned status;
		const char *title, *detail;
	} of[] = {
		{ 400, "This is no such request",
		  "It is not HTTP as this service takes it." },
		{ 404, "There is nothing at this path",
		  "The paths are listed in assay-serve(1); evidence is posted "
		  "to /v1/verify." },
		{ 405, "This path takes another method",
		  "See Allow: what is read is asked for with GET, what is "
		  "judged or changed with POST." },
		{ 413, "The body is too large",
		  "Evidence and a list have at most 1 MiB, a batch 16 MiB, a "
		  "policy 256 KiB, a secret 64 KiB; what has no body, 1 KiB." },
		{ 415, "The body is of no type that is taken",
		  "Post evidence as it is: curl --data-binary @FILE, as "
		  "application/octet-stream, application/json, text/plain, or "
		  "without a type." },
		{ 429, "Too many requests", "Later: see Retry-After." },
		{ 503, "The service is busy", "Later: see Retry-After." },
	};

	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		if (of[i].status == status) {
			service_problem(a, status, of[i].title, "%s",
			                of[i].detail);
			return;
		}
	service_problem(a, status, "The service failed",
	                "Its log says more: ask who runs it.");
}
