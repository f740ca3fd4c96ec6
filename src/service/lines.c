/* lines.c - a line of JSON for each request, on stderr: written by a thread of
 * its own, so that who reads slowly holds nobody up. */
#include "service/inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/folder.h"
#include "os/wait.h"

enum { ROOM = 1 << 20, LINE = 4096 };

struct service_lines {
	pthread_t thread;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t tick;
	bool ending;
	struct buf now, before;
	uint64_t n_lost; /* there was no room for them */
};

/* Without what was asked for there; and a path has no end by itself. */
static struct assay_bytes path_of(const struct http_request *r)
{
	enum { MOST = 200 };
	const char *path = http_path(r);

	return (struct assay_bytes){ (const uint8_t *)(path ? path : ""),
		                     path ? strnlen(path, MOST) : 0 };
}

static void put_request(struct assay_json_out *o, const struct service *s,
                        const struct http_request *r,
                        const struct http_answer *a, int64_t us)
{
	char from[HTTP_CLIENT_LEN];

	assay_json_put_object(o, NULL);
	assay_json_put_time(o, "time", service_now(s));
	assay_json_put_text(o, "from", http_client(from, r));
	assay_json_put_bytes(o, "path", path_of(r));
	assay_json_put_uint(o, "status", a->status);
	assay_json_put_uint(o, "us", us > 0 ? (uint64_t)us : 0);
	assay_json_put_uint(o, "received", http_body(r).len);
	assay_json_put_uint(o, "sent", a->body.len);
	assay_json_put_end(o, '}');
}

/* A line that was written with room for a line feed. */
static void add(struct service_lines *l, struct assay_json_out *o)
{
	pthread_mutex_lock(&l->lock);
	if (o->ok && l->now.len + o->len < ROOM) {
		o->ptr[o->len] = '\n';
		buf_put(&l->now, o->ptr, o->len + 1);
	} else {
		l->n_lost++;
	}
	pthread_mutex_unlock(&l->lock);
}

void service_after(void *self, const struct http_request *r,
                   const struct http_answer *a, int64_t us)
{
	struct service *s = self;
	struct assay_json_out o;
	char line[LINE];

	if (!s->lines)
		return;
	assay_json_begin(&o, line, sizeof(line));
	put_request(&o, s, r, a, us);
	add(s->lines, &o);
}

void service_tell(struct service *s, const char *what, const char *why)
{
	struct assay_json_out o;
	char line[LINE];

	if (!s->lines)
		return;
	assay_json_begin(&o, line, sizeof(line));
	assay_json_put_object(&o, NULL);
	assay_json_put_time(&o, "time", service_now(s));
	assay_json_put_text(&o, "trouble", what);
	assay_json_put_text(&o, "why", why);
	assay_json_put_end(&o, '}');
	add(s->lines, &o);
}

static void write_out(struct buf *lines, uint64_t n_lost)
{
	if (n_lost)
		buf_printf(lines, "{\"lines_lost\":%llu}\n",
		           (unsigned long long)n_lost);
	/* there is nobody left to be told that this failed */
	if (!file_write_all(STDERR_FILENO, buf_bytes(lines)))
		errno = 0;
	buf_clear(lines);
}

static void *work(void *arg)
{
	struct service_lines *l = arg;
	struct timespec until;
	struct buf lines;
	bool ending = false;
	uint64_t n_lost;

	while (!ending) {
		pthread_mutex_lock(&l->lock);
		until = wait_until(0, 200);
		if (!l->ending)
			pthread_cond_timedwait(&l->tick, &l->lock, &until);
		ending = l->ending;
		lines = l->now;
		l->now = l->before;
		l->before = lines;
		n_lost = l->n_lost;
		l->n_lost = 0;
		pthread_mutex_unlock(&l->lock);
		if (l->before.len || n_lost)
			write_out(&l->before, n_lost);
	}
	return NULL;
}

struct service_lines *service_lines_start(void)
{
	struct service_lines *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	wait_init(&l->tick);
	if (pthread_create(&l->thread, NULL, work, l) == 0)
		return l;
	free(l);
	return NULL;
}

void service_lines_stop(struct service_lines *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->ending = true;
	pthread_cond_signal(&l->tick);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	pthread_cond_destroy(&l->tick);
	pthread_mutex_destroy(&l->lock);
	buf_free(&l->now);
	buf_free(&l->before);
	free(l);
}
