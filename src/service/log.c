/* log.c - the service's log: entries in the store, a tree over them in memory,
 * heads that this node signs [docs/audit.md]. */
#include "service/inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "service/tokens.h"

enum {
	PAGE = 100,
	PAGE_MAX = 1000,
	BATCH = 1000,
	HEAD_AGE = 86400, /* seconds: then it is signed anew */
};

struct service_audit {
	struct service *service;
	pthread_mutex_t lock; /* of all that follows */
	struct audit_tree tree;
	uint8_t (*leaf)[32]; /* of all entries: what proofs are made of */
	size_t room;
	struct assay_err err;
	char head[AUDIT_HEAD_MAX]; /* signed, of head_size entries */
	size_t head_len;
	uint64_t head_size;
	int64_t head_time;
	char head_kid[TOKEN_KID_LEN]; /* of the key that signed it */
};

/* ---- following the store */

static bool follow(void *arg, uint64_t number, struct assay_bytes line)
{
	struct service_audit *l = arg;
	const size_t room = l->room ? 2 * l->room : 256;
	void *more;

	if (number != l->tree.size) /* another thread was faster */
		return true;
	if (l->tree.size == l->room) {
		more = realloc(l->leaf, room * sizeof(*l->leaf));
		if (!more)
			return false;
		l->leaf = more;
		l->room = room;
	}
	audit_leaf(l->leaf[number], line);
	return audit_follow(&l->tree, line, &l->err);
}

/* Everything that any node has written so far.  The lock is held. */
static bool catch_up(struct service_audit *l, char why[SERVICE_WHY])
{
	uint64_t before;

	do {
		before = l->tree.size;
		if (store_each_entry(l->service->store, before, BATCH, follow,
		                     l))
			continue;
		if (l->err.check)
			snprintf(why, SERVICE_WHY,
			         "the log in the store was altered: entry "
			         "%" PRIu64 ": %s: %s",
			         l->tree.size,
			         assay_check_info(l->err.check)->name,
			         l->err.note);
		else
			snprintf(why, SERVICE_WHY, "the log: %s",
			         store_why(l->service->store));
		return false;
	} while (l->tree.size != before);
	return true;
}

/* Whether the head that is there is of all entries, young, and by this key. */
static bool head_is_good(const struct service_audit *l, int64_t now,
                         const struct token_signer *signer)
{
	return l->head_len && l->head_size == l->tree.size &&
	       now - l->head_time <= HEAD_AGE &&
	       strcmp(l->head_kid, token_signer_kid(signer)) == 0;
}

/* A head of all entries.  The lock is held. */
static bool sign_head(struct service_audit *l, char why[SERVICE_WHY])
{
	struct token_signer *signer;
	struct audit_head head;
	const int64_t now = service_now(l->service);

	if (!catch_up(l, why))
		return false;
	signer = service_signer(l->service, TOKEN_ES256, why);
	if (!signer)
		return false;
	if (!head_is_good(l, now, signer)) {
		audit_head_of(&head, &l->tree, now);
		l->head_len = audit_head_sign(l->head, sizeof(l->head), signer,
		                              &head);
		l->head_size = l->tree.size;
		l->head_time = now;
		snprintf(l->head_kid, sizeof(l->head_kid), "%s",
		         token_signer_kid(signer));
	}
	service_signer_back(l->service, signer);
	if (!l->head_len)
		snprintf(why, SERVICE_WHY, "memory is short");
	return l->head_len > 0;
}

struct service_audit *service_audit_open(struct service *s,
                                         char why[SERVICE_WHY])
{
	struct service_audit *l = calloc(1, sizeof(*l));
	bool good;

	if (!l) {
		snprintf(why, SERVICE_WHY, "memory is short");
		return NULL;
	}
	l->service = s;
	pthread_mutex_init(&l->lock, NULL);
	pthread_mutex_lock(&l->lock);
	good = catch_up(l, why);
	pthread_mutex_unlock(&l->lock);
	if (good)
		return l;
	service_audit_close(l);
	return NULL;
}

void service_audit_close(struct service_audit *l)
{
	if (!l)
		return;
	pthread_mutex_destroy(&l->lock);
	free(l->leaf);
	free(l);
}

/* ---- adding */

static bool make(void *arg, struct buf *entry, uint64_t number,
                 struct assay_bytes before)
{
	struct audit_entry *e = arg;
	char line[AUDIT_ENTRY_MAX + 1];
	size_t n;

	e->number = number;
	n = audit_write(line, sizeof(line), e, before);
	buf_put(entry, line, n);
	return n > 0 && !entry->bad;
}

bool service_log(struct service *s, const char *what, const char *who,
                 struct assay_bytes data)
{
	struct audit_entry e = { .time = service_now(s), .data = data };
	uint64_t number;

	snprintf(e.what, sizeof(e.what), "%s", what);
	snprintf(e.who, sizeof(e.who), "%s", who);
	return store_append(s->store, &number, make, &e);
}

/* ---- GET /v1/log */

struct lines {
	struct buf *out;
	const char *between;
	size_t n;
};

static bool put_line(void *arg, uint64_t number, struct assay_bytes line)
{
	struct lines *l = arg;

	(void)number;
	buf_printf(l->out, "%s", l->n++ ? l->between : "");
	buf_put_bytes(l->out, line);
	return !l->out->bad;
}

static void failed(struct http_answer *a, const char *why)
{
	service_problem(a, 503, "The log cannot be read", "%s", why);
}

/* A number; `otherwise` where there is none. */
static bool number_argument(uint64_t *value, const struct http_request *r,
                            const char *name, uint64_t otherwise, uint64_t most)
{
	const char *text;
	const enum http_times times = http_argument(r, name, &text);

	*value = otherwise;
	if (times == HTTP_NONE)
		return true;
	if (times != HTTP_ONCE || !*text || strlen(text) > 15 ||
	    strspn(text, "0123456789") != strlen(text))
		return false;
	*value = strtoull(text, NULL, 10);
	return *value <= most;
}

/* All lines up to the head, and the head: what `assay audit verify` reads. */
static void answer_file(struct http_answer *a, struct service_audit *l)
{
	struct lines lines = { &a->body, "\n", 0 };
	uint64_t from = 0;
	char why[SERVICE_WHY] = "memory is short";

	a->status = 200;
	a->type = "application/x-ndjson";
	pthread_mutex_lock(&l->lock);
	if (!sign_head(l, why)) {
		failed(a, why);
	} else {
		while (from < l->head_size &&
		       store_each_entry(l->service->store, from,
		                        l->head_size - from < BATCH
		                                ? l->head_size - from
		                                : BATCH,
		                        put_line, &lines))
			from += BATCH;
		if (from < l->head_size)
			failed(a, store_why(l->service->store));
		else
			buf_printf(&a->body, "%s%s\n", lines.n ? "\n" : "",
			           l->head);
	}
	pthread_mutex_unlock(&l->lock);
}

static void answer_page(struct http_answer *a, struct service_audit *l,
                        uint64_t from, uint64_t most)
{
	struct lines lines = { &a->body, ",", 0 };
	char why[SERVICE_WHY];
	bool good;

	a->status = 200;
	a->type = "application/json";
	pthread_mutex_lock(&l->lock);
	good = sign_head(l, why);
	buf_printf(&a->body,
	           "{\"size\":%" PRIu64 ",\"head\":\"%s\","
	           "\"entries\":[",
	           l->head_size, good ? l->head : "");
	if (from < l->head_size && most > l->head_size - from)
		most = l->head_size - from;
	if (good && from < l->head_size &&
	    !store_each_entry(l->service->store, from, most, put_line,
	                      &lines)) {
		snprintf(why, sizeof(why), "%s", store_why(l->service->store));
		good = false;
	}
	pthread_mutex_unlock(&l->lock);
	buf_printf(&a->body, "]}\n");
	if (!good)
		failed(a, why);
}

static bool leaf_of(void *arg, uint64_t number, uint8_t hash[32])
{
	const struct service_audit *l = arg;

	memcpy(hash, l->leaf[number], 32);
	return true;
}

/* That an entry stands in the log: of as many entries as there are now. */
static void answer_proof(struct http_answer *a, struct service_audit *l,
                         uint64_t number)
{
	struct buf line = { 0 };
	struct lines lines = { &line, "", 0 };
	struct audit_proof proof = { .number = number };
	char why[SERVICE_WHY];
	size_t n = 0;

	pthread_mutex_lock(&l->lock);
	if (!sign_head(l, why)) {
		failed(a, why);
	} else if (number >= l->head_size) {
		service_problem(a, 404, "There is no such entry",
		                "The log has %" PRIu64 ", from 0.",
		                l->head_size);
	} else if (!store_each_entry(l->service->store, number, 1, put_line,
	                             &lines) ||
	           !audit_path_make(&proof.path, number, l->head_size, leaf_of,
	                            l)) {
		failed(a, store_why(l->service->store));
	} else {
		proof.size = l->head_size;
		proof.entry = buf_bytes(&line);
		proof.head = (struct assay_bytes){ (const uint8_t *)l->head,
			                           l->head_len };
		buf_put_zeros(&a->body, AUDIT_PROOF_MAX);
		if (!a->body.bad)
			n = audit_proof_write((char *)a->body.ptr,
			                      AUDIT_PROOF_MAX, &proof);
		a->body.len = n;
		a->status = 200;
		a->type = "application/json";
		a->bad = !n;
	}
	pthread_mutex_unlock(&l->lock);
	buf_free(&line);
}

void service_log_get(void *self, struct http_answer *a,
                     const struct http_request *r)
{
	static const char path[] = "/v1/log";
	const char *rest = http_path(r) + sizeof(path) - 1;
	struct service *s = self;
	struct service_caller caller;
	uint64_t from, most, number;

	if (!service_may(&caller, a, s, r, SERVICE_READ))
		return;
	if (*rest == '/' && strcmp(rest, "/file") == 0) {
		answer_file(a, s->audit);
		return;
	}
	if (*rest == '/' && rest[1] && strlen(rest) < 16 &&
	    strspn(rest + 1, "0123456789") == strlen(rest + 1)) {
		number = strtoull(rest + 1, NULL, 10);
		answer_proof(a, s->audit, number);
		return;
	}
	if (*rest) {
		service_problem(a, 404, "There is no such entry",
		                "Want /v1/log/NUMBER, or /v1/log/file.");
		return;
	}
	if (number_argument(&from, r, "from", 0, UINT64_MAX) &&
	    number_argument(&most, r, "most", PAGE, PAGE_MAX) && most > 0)
		answer_page(a, s->audit, from, most);
	else
		service_problem(a, 400, "The arguments are not good",
		                "from is a number, most one from 1 to %d.",
		                PAGE_MAX);
}
