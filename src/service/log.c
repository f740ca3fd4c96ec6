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
	PAGE = 100, /* entries of an answer, where nothing is said, */
	PAGE_MAX = 1000,
	PIECE = 100, /* and of a piece of the file */
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

	l->err = (struct assay_err){ 0 };
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
	       now >= l->head_time && now - l->head_time <= HEAD_AGE &&
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

/* Entries on their way out. */
struct lines {
	const struct service_audit *log;
	struct buf *out;
	const char *between;
	uint64_t n;
	bool altered;
};

/* What is in the store now is what was read then, or it is not given out. */
static bool put_line(void *arg, uint64_t number, struct assay_bytes line)
{
	struct lines *l = arg;
	uint8_t leaf[32];

	audit_leaf(leaf, line);
	l->altered = memcmp(leaf, l->log->leaf[number], sizeof(leaf)) != 0;
	if (l->altered)
		return false;
	buf_printf(l->out, "%s", l->n++ ? l->between : "");
	buf_put_bytes(l->out, line);
	return !l->out->bad;
}

/* `n` entries, which the tree has.  The lock is held. */
static bool put_lines(struct lines *l, uint64_t from, uint64_t n,
                      char why[SERVICE_WHY])
{
	struct store *store = l->log->service->store;
	const bool read = !n || store_each_entry(store, from, n, put_line, l);

	if (read && l->n == n)
		return true;
	if (read || l->altered)
		snprintf(why, SERVICE_WHY,
		         "the log in the store was altered: entry %" PRIu64
		         " is not what it was when it was read first",
		         from + l->n);
	else
		snprintf(why, SERVICE_WHY, "%s",
		         l->out->bad ? "memory is short" : store_why(store));
	return false;
}

static void failed(struct http_answer *a, const char *why)
{
	service_problem(a, 503, "The log cannot be read", "%s", why);
}

/* ---- GET /v1/log/file: what `assay audit verify` reads */

/* The file on its way: all entries that the head is over, and the head. */
struct file {
	struct service_audit *log;
	uint64_t at, size; /* the next entry, of so many */
	bool ended;        /* the head was given */
	char head[AUDIT_HEAD_MAX];
};

/* Others append meanwhile: the lock is held for one piece. */
static bool put_piece(struct file *f, struct buf *piece, char why[SERVICE_WHY])
{
	struct lines lines = { .log = f->log, .out = piece, .between = "\n" };
	const uint64_t left = f->size - f->at;
	const uint64_t n = left < PIECE ? left : PIECE;
	bool good;

	pthread_mutex_lock(&f->log->lock);
	good = put_lines(&lines, f->at, n, why);
	pthread_mutex_unlock(&f->log->lock);
	if (n)
		buf_put(piece, "\n", 1);
	else if (!f->ended)
		buf_printf(piece, "%s\n", f->head);
	f->ended = !n;
	f->at += n;
	return good;
}

static bool more(void *state, struct buf *piece)
{
	struct file *f = state;
	char why[SERVICE_WHY];

	if (put_piece(f, piece, why))
		return true;
	service_tell(f->log->service, "the log is cut short", why);
	return false;
}

static void answer_file(struct http_answer *a, struct service_audit *l)
{
	struct file *f = calloc(1, sizeof(*f));
	char why[SERVICE_WHY] = "memory is short";
	bool good;

	pthread_mutex_lock(&l->lock);
	good = f && sign_head(l, why);
	if (good) {
		f->log = l;
		f->size = l->head_size;
		memcpy(f->head, l->head, sizeof(f->head));
	}
	pthread_mutex_unlock(&l->lock);
	/* what fails at once has a status that says so */
	if (!good || !put_piece(f, &a->body, why)) {
		free(f);
		failed(a, why);
		return;
	}
	a->status = 200;
	a->type = "application/x-ndjson";
	a->more = more;
	a->done = free;
	a->state = f;
}

/* ---- GET /v1/log */

static void answer_page(struct http_answer *a, struct service_audit *l,
                        uint64_t from, uint64_t most)
{
	struct lines lines = { .log = l, .out = &a->body, .between = "," };
	char why[SERVICE_WHY];
	uint64_t left;
	bool good;

	a->status = 200;
	a->type = "application/json";
	pthread_mutex_lock(&l->lock);
	good = sign_head(l, why);
	buf_printf(&a->body,
	           "{\"size\":%" PRIu64 ",\"head\":\"%s\","
	           "\"entries\":[",
	           l->head_size, good ? l->head : "");
	left = from < l->head_size ? l->head_size - from : 0;
	good = good && put_lines(&lines, from, most < left ? most : left, why);
	pthread_mutex_unlock(&l->lock);
	buf_printf(&a->body, "]}\n");
	if (!good)
		failed(a, why);
}

/* ---- GET /v1/log/NUMBER */

static bool leaf_of(void *arg, uint64_t number, uint8_t hash[32])
{
	const struct service_audit *l = arg;

	memcpy(hash, l->leaf[number], 32);
	return true;
}

static void put_proof(struct http_answer *a, const struct audit_proof *proof)
{
	size_t n = 0;

	buf_put_zeros(&a->body, AUDIT_PROOF_MAX);
	if (!a->body.bad)
		n = audit_proof_write((char *)a->body.ptr, AUDIT_PROOF_MAX,
		                      proof);
	a->body.len = n;
	a->status = 200;
	a->type = "application/json";
	a->bad = !n;
}

/* That an entry stands in the log: of as many entries as there are now. */
static void answer_proof(struct http_answer *a, struct service_audit *l,
                         uint64_t number)
{
	struct buf line = { 0 };
	struct lines lines = { .log = l, .out = &line, .between = "" };
	struct audit_proof proof = { .number = number };
	char why[SERVICE_WHY] = "it has no path";
	bool good, there;

	pthread_mutex_lock(&l->lock);
	good = sign_head(l, why);
	proof.size = l->head_size;
	proof.head = buf_text(l->head);
	there = good && number < proof.size;
	if (there)
		good = put_lines(&lines, number, 1, why) &&
		       audit_path_make(&proof.path, number, proof.size, leaf_of,
		                       l);
	proof.entry = buf_bytes(&line);
	if (!good)
		failed(a, why);
	else if (there)
		put_proof(a, &proof);
	else
		service_problem(a, 404, "There is no such entry",
		                "The log has %" PRIu64
		                " entries, numbered from 0.",
		                proof.size);
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
	static const struct service_range first = { "from", 0, INT64_MAX, 0 },
					  size = { "most", 1, PAGE_MAX, PAGE };
	uint64_t from, most, number;

	if (!service_may(&caller, a, s, r, SERVICE_READ))
		return;
	if (!*rest) {
		if (service_number(&from, a, r, &first) &&
		    service_number(&most, a, r, &size))
			answer_page(a, s->audit, from, most);
	} else if (strcmp(rest, "/file") == 0) {
		answer_file(a, s->audit);
	} else if (service_read_number(&number, rest + 1)) {
		answer_proof(a, s->audit, number);
	} else {
		service_problem(a, 404, "There is no such entry",
		                "Ask for /v1/log/NUMBER, or /v1/log/file.");
	}
}
