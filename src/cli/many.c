/* many.c - many pieces of evidence: judged by a thread for each core, told of in
 * the order in which they were given. */
#include "cli/judge.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_THREADS = 64,
	SLOTS = 4 * MAX_THREADS, /* judgements that wait to be told of */
	PROGRESS_NS = 100000000, /* between two lines of progress */
};

/* A judgement, in words. */
struct slot {
	bool ready;
	int status, trouble;
	struct cli_text text;
};

struct many {
	const struct cli_rules *rules;
	const struct cli_list *files;
	bool json;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t ready, room;
	size_t next, told; /* files */
	struct slot slot[SLOTS];
};

/* ---- threads that judge */

/* The next file's slot, when there is room for it; NULL: there are no more. */
static struct slot *next_slot(struct many *m, size_t *file)
{
	struct slot *slot = NULL;

	pthread_mutex_lock(&m->lock);
	while (m->next < m->files->n && m->next - m->told == SLOTS)
		pthread_cond_wait(&m->room, &m->lock);
	if (m->next < m->files->n) {
		*file = m->next++;
		slot = &m->slot[*file % SLOTS];
	}
	pthread_mutex_unlock(&m->lock);
	return slot;
}

static void finish(struct many *m, struct slot *slot)
{
	pthread_mutex_lock(&m->lock);
	slot->ready = true;
	pthread_cond_signal(&m->ready);
	pthread_mutex_unlock(&m->lock);
}

static void *work(void *arg)
{
	struct many *m = arg;
	struct cli_judge *judge = cli_judge_new(m->rules, true);
	struct slot *slot;
	size_t file;

	while ((slot = next_slot(m, &file))) {
		const struct judgement *j = cli_judge(judge,
		                                      m->files->item[file]);

		slot->status = cli_judgement_status(j);
		slot->trouble = j->trouble;
		if (m->json)
			cli_put_json(&slot->text, j);
		else
			cli_put_line(&slot->text, j);
		finish(m, slot);
	}
	cli_judge_free(judge);
	return NULL;
}

/* The cores that this process may use. */
static size_t n_cores(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set)
	                                                     : 1;

	return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : (size_t)n;
}

/* How many were started. */
static size_t start(struct many *m, pthread_t thread[MAX_THREADS])
{
	size_t want = n_cores(), n = 0;

	if (want > m->files->n)
		want = m->files->n;
	while (n < want && pthread_create(&thread[n], NULL, work, m) == 0)
		n++;
	return n;
}

/* ---- progress, and what it came to, for whoever sits before a terminal */

struct progress {
	bool on, shown;
	int64_t last;              /* nanoseconds */
	size_t n[CLI_TROUBLE + 1]; /* judgements by status */
};

static int64_t nanoseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void clear_progress(struct progress *p)
{
	if (p->shown)
		dprintf(STDERR_FILENO, "\r\033[K");
	p->shown = false;
}

static void show_progress(struct progress *p, size_t told, size_t n)
{
	int64_t now = p->on ? nanoseconds() : 0;

	if (!p->on || now - p->last < PROGRESS_NS)
		return;
	p->last = now;
	p->shown = true;
	dprintf(STDERR_FILENO, "\r%zu of %zu", told, n);
}

static void show_sum(struct progress *p)
{
	clear_progress(p);
	if (p->on)
		dprintf(STDERR_FILENO,
		        "%zu accepted, %zu refused, %zu in trouble\n",
		        p->n[CLI_YES], p->n[CLI_NO], p->n[CLI_TROUBLE]);
}

/* ---- telling */

/* Takes what the next slot says; the thread that has the file after waits for
 * no more than this. */
static void take(struct many *m, struct cli_text *text, struct progress *p)
{
	struct slot *slot = &m->slot[m->told % SLOTS];
	const char *file = m->files->item[m->told];

	if (slot->trouble)
		cli_warn("%s: %s", file, strerror(slot->trouble));
	p->n[slot->status]++;
	cli_put(text, "%s", slot->text.ptr);
	slot->text.len = 0;
	slot->ready = false;
	m->told++;
	pthread_cond_broadcast(&m->room);
}

/* Waits for the next judgement, and takes all that are ready. */
static void take_ready(struct many *m, struct cli_text *text,
                       struct progress *p)
{
	pthread_mutex_lock(&m->lock);
	while (!m->slot[m->told % SLOTS].ready)
		pthread_cond_wait(&m->ready, &m->lock);
	while (m->told < m->files->n && m->slot[m->told % SLOTS].ready)
		take(m, text, p);
	pthread_mutex_unlock(&m->lock);
}

static bool tell_all(struct many *m, struct progress *p)
{
	struct cli_text text = { 0 };
	bool good = true;

	while (good && m->told < m->files->n) {
		take_ready(m, &text, p);
		clear_progress(p);
		good = cli_flush(&text);
		show_progress(p, m->told, m->files->n);
	}
	show_sum(p);
	cli_text_free(&text);
	return good;
}

static int worst(const struct progress *p)
{
	return p->n[CLI_TROUBLE] ? CLI_TROUBLE
	       : p->n[CLI_NO]    ? CLI_NO
	                         : CLI_YES;
}

int cli_judge_many(const struct cli_rules *rules, const struct cli_list *files,
                   bool json)
{
	struct many *m = cli_alloc(1, sizeof(*m));
	struct progress p = { .on = isatty(STDERR_FILENO) };
	pthread_t thread[MAX_THREADS];
	size_t n;
	bool colour = !json && cli_colour();

	m->rules = rules;
	m->files = files;
	m->json = json;
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->ready, NULL);
	pthread_cond_init(&m->room, NULL);
	for (size_t i = 0; i < SLOTS; i++)
		m->slot[i].text.colour = colour;
	n = start(m, thread);
	if (n == 0) {
		cli_warn("cannot start a thread");
		return CLI_TROUBLE;
	}
	/* nobody waits for threads that nobody listens to */
	if (!tell_all(m, &p))
		return CLI_TROUBLE;
	for (size_t i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	for (size_t i = 0; i < SLOTS; i++)
		cli_text_free(&m->slot[i].text);
	free(m);
	return worst(&p);
}
