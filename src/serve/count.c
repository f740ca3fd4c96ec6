/* count.c - requests, counted by route and status. */
#include "serve/count.h"

#include <inttypes.h>

void count_status(struct count *c, unsigned status)
{
	size_t i = 0;

	while (i < COUNT_STATUSES - 1 && c->of[i].status &&
	       c->of[i].status != status)
		i++;
	if (!c->of[i].status)
		c->of[i].status = status;
	c->of[i].n++;
}

/* A metric's first lines. */
static void head(struct buf *out, const char *name, const char *type,
                 const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void count_put(struct buf *out, const char *name, const char *type,
               const char *help, uint64_t value)
{
	head(out, name, type, help);
	buf_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void put(struct buf *out, const struct count *c, const char *path,
                const char *method)
{
	for (size_t i = 0; i < COUNT_STATUSES && c->of[i].status; i++)
		buf_printf(out,
		           "assay_http_requests_total{path=\"%s\",method=\"%s\""
		           ",status=\"%u\"} %" PRIu64 "\n",
		           path, method, c->of[i].status, c->of[i].n);
}

void count_requests(struct buf *out, const struct count *counts,
                    const struct http_route *routes)
{
	head(out, "assay_http_requests_total", "counter",
	     "Requests answered; without a path: that no route answers.");
	for (; routes->path; routes++, counts++)
		put(out, counts, routes->path,
		    routes->body_max ? "POST" : "GET");
	put(out, counts, "", "");
}
