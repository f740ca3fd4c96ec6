/* collateral_file.c - documents as files: one in the folder, all of them in the
 * file for machines without a network. */
#include "net/collateral_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A record is a line, the chain, the document, and a newline:
 *
 *     assay-collateral 1 NAME FETCHED CHAIN DOCUMENT FROM
 *
 * FETCHED is a time in seconds, CHAIN and DOCUMENT are lengths, FROM is the
 * address or "-".  Nothing of it is believed: what it holds is checked, and its
 * name is only where to look.
 */
#define MAGIC "assay-collateral 1 "
enum {
	HEAD_MAX = 320,
	RECORDS_MAX = 65536, /* of a file: Intel has some hundred */
};

void collateral_record_put(struct buf *out, const char *name,
                           const struct collateral_document *d)
{
	buf_printf(out, MAGIC "%s %" PRId64 " %zu %zu %s\n", name, d->fetched,
	           d->chain.len, d->body.len, d->from[0] ? d->from : "-");
	buf_put_bytes(out, buf_bytes(&d->chain));
	buf_put_bytes(out, buf_bytes(&d->body));
	buf_put(out, "\n", 1);
}

/* ---- reading */

/* The next word of a line, with its NUL; false: it does not fit or is none. */
static bool take_word(char *out, size_t size, const char **line)
{
	const size_t n = strcspn(*line, " ");

	if (n == 0 || n >= size)
		return false;
	memcpy(out, *line, n);
	out[n] = 0;
	*line += n + ((*line)[n] == ' ');
	return true;
}

/* A number without a sign or leading zeros. */
static bool take_number(uint64_t *out, uint64_t most, const char **line)
{
	char word[16];

	if (!take_word(word, sizeof(word), line) ||
	    strspn(word, "0123456789") != strlen(word) ||
	    (word[0] == '0' && word[1]))
		return false;
	*out = strtoull(word, NULL, 10);
	return *out <= most;
}

static bool is_name(const char *text)
{
	return strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz-") ==
	       strlen(text);
}

static bool is_from(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text >= 0x7f)
			return false;
	return true;
}

/* The line without its newline, as text; false: there is none. */
static bool take_line(char line[HEAD_MAX], size_t *used, struct assay_bytes in)
{
	const size_t most = in.len < HEAD_MAX ? in.len : HEAD_MAX;
	const uint8_t *end = most ? memchr(in.ptr, '\n', most) : NULL;
	const size_t n = end ? (size_t)(end - in.ptr) : 0;

	if (!end || memchr(in.ptr, 0, n))
		return false;
	memcpy(line, in.ptr, n);
	line[n] = 0;
	*used = n + 1;
	return true;
}

bool collateral_record_read(struct collateral_record *r,
                            struct assay_bytes *rest)
{
	char head[HEAD_MAX];
	const char *line = head + strlen(MAGIC);
	uint64_t fetched = 0, chain = 0, body = 0;
	size_t at;

	memset(r, 0, sizeof(*r));
	if (!take_line(head, &at, *rest) ||
	    strncmp(head, MAGIC, strlen(MAGIC)) != 0 ||
	    !take_word(r->name, sizeof(r->name), &line) || !is_name(r->name) ||
	    !take_number(&fetched, INT64_C(253402300799), &line) ||
	    !take_number(&chain, COLLATERAL_CHAIN, &line) ||
	    !take_number(&body, COLLATERAL_DOCUMENT, &line) ||
	    strchr(line, ' ') || !take_word(r->from, sizeof(r->from), &line) ||
	    !is_from(r->from) || chain + body + 1 > rest->len - at ||
	    rest->ptr[at + chain + body] != '\n') {
		memset(r, 0, sizeof(*r));
		return false;
	}
	if (strcmp(r->from, "-") == 0)
		r->from[0] = 0;
	r->fetched = (int64_t)fetched;
	r->chain = (struct assay_bytes){ rest->ptr + at, chain };
	r->body = (struct assay_bytes){ rest->ptr + at + chain, body };
	at += chain + body + 1;
	rest->ptr += at;
	rest->len -= at;
	return true;
}

void collateral_record_take(struct collateral_document *d,
                            const struct collateral_record *r)
{
	buf_put_bytes(&d->chain, r->chain);
	buf_put_bytes(&d->body, r->body);
	d->fetched = r->fetched;
	memcpy(d->from, r->from, sizeof(d->from));
}

/* ---- the file for machines without a network: out */

/* Whether this name was added before; if not, it is now.  Only documents that sets
 * share are looked for so: there are few. */
static bool was_added(struct buf *names, const char *name)
{
	char padded[COLLATERAL_NAME] = { 0 };

	for (size_t at = 0; at < names->len; at += COLLATERAL_NAME)
		if (strcmp((const char *)names->ptr + at, name) == 0)
			return true;
	snprintf(padded, sizeof(padded), "%s", name);
	buf_put(names, padded, sizeof(padded));
	return false;
}

struct exporting {
	struct collateral_source *source;
	struct buf *out;
	struct buf shared; /* names of documents that are in it */
	char *why;
};

/* Those of a set's documents that are not there yet. */
static void put_papers(struct exporting *e, const struct collateral_want *want,
                       const char id[17],
                       const struct collateral_papers *papers)
{
	char name[COLLATERAL_NAME];

	for (int p = 0; p < COLLATERAL_PARTS; p++) {
		collateral_name(name, (enum collateral_part)p, id, want);
		if (p == COLLATERAL_TCB || !was_added(&e->shared, name))
			collateral_record_put(e->out, name, &papers->part[p]);
	}
}

/* A set under one of the roots; what is damaged is told, and left out. */
static bool put_set(struct exporting *e, const char *set)
{
	const struct collateral_roots *roots = &e->source->roots;
	struct collateral_checked checked;
	struct collateral_papers papers;
	struct collateral_want want;
	char id[17], own[17];

	for (size_t i = 0; i < roots->n; i++) {
		collateral_root_id(own, roots->key[i]);
		if (!collateral_name_read(&want, id, set) ||
		    strcmp(own, id) != 0 ||
		    !collateral_find(&papers, &checked, &e->source->shelf,
		                     &want, &roots->key[i], NULL, e->why))
			continue;
		put_papers(e, &want, id, &papers);
		collateral_papers_free(&papers);
	}
	return !e->out->bad && !e->shared.bad;
}

static bool say_nothing(size_t n, const struct collateral_source *source,
                        char why[COLLATERAL_WHY])
{
	const char *who = source->folder ? source->folder : "the cache";

	return n ? collateral_say(why, who,
	                          "of the %zu sets that it holds, none is good "
	                          "under these roots: name theirs with --root, "
	                          "or fetch them anew",
	                          n)
	         : collateral_say(why, who,
	                          "holds no documents: fetch some first, or "
	                          "name the folder that has them with --cache");
}

bool collateral_export(struct buf *out, struct collateral_source *source,
                       char why[COLLATERAL_WHY])
{
	struct exporting e = { .source = source, .out = out, .why = why };
	struct buf names = { 0 };
	bool good;

	why[0] = 0;
	buf_clear(out);
	good = collateral_names(&names, &source->shelf) ||
	       collateral_say(why, "the folder", "cannot be read");
	for (size_t at = 0; good && at < names.len; at += COLLATERAL_NAME)
		good = put_set(&e, (const char *)names.ptr + at) ||
		       collateral_say(why, "the file", "memory is short");
	if (good && !out->len)
		good = say_nothing(names.len / COLLATERAL_NAME, source, why);
	buf_free(&names);
	buf_free(&e.shared);
	if (!good)
		buf_clear(out);
	return good;
}

/* ---- and in */

/* All records of a file, in the order of their names. */
struct records {
	struct buf memory;
	const struct collateral_record *of;
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	const struct collateral_record *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int is_called(const void *name, const void *record)
{
	const struct collateral_record *r = record;

	return strcmp(name, r->name);
}

/* Every record can be read, up to the end, and has a name of its own. */
static bool read_records(struct records *all, struct assay_bytes file,
                         char why[COLLATERAL_WHY])
{
	struct assay_bytes rest = file;
	struct collateral_record r;

	while (rest.len && all->n < RECORDS_MAX &&
	       collateral_record_read(&r, &rest)) {
		buf_put(&all->memory, &r, sizeof(r));
		all->n++;
	}
	if (all->memory.bad)
		return collateral_say(why, "the file", "memory is short");
	if (!file.len || rest.len)
		return collateral_say(why, "the file",
		                      "at byte %zu is no record of it: want "
		                      "what assay collateral export wrote, "
		                      "whole",
		                      file.len - rest.len);
	qsort(all->memory.ptr, all->n, sizeof(r), by_name);
	all->of = (const void *)all->memory.ptr;
	for (size_t i = 1; i < all->n; i++)
		if (strcmp(all->of[i - 1].name, all->of[i].name) == 0)
			return collateral_say(why, "the file",
			                      "has two documents called %s: "
			                      "export it anew",
			                      all->of[i].name);
	return true;
}

static bool find_record(struct collateral_document *to,
                        const struct records *all, const char *name)
{
	const struct collateral_record *r = bsearch(name, all->of, all->n,
	                                            sizeof(*r), is_called);

	if (r)
		collateral_record_take(to, r);
	return r && !to->chain.bad && !to->body.bad;
}

static bool find_papers(struct collateral_papers *papers,
                        const struct records *all,
                        const struct collateral_want *want, const char id[17],
                        const char *who, char why[COLLATERAL_WHY])
{
	char name[COLLATERAL_NAME];

	for (int p = 0; p < COLLATERAL_PARTS; p++) {
		collateral_name(name, (enum collateral_part)p, id, want);
		if (!find_record(&papers->part[p], all, name))
			return collateral_say(why, who,
			                      "the file has no %s: export it "
			                      "anew",
			                      name);
	}
	return true;
}

/* What has ended is no longer good, but proves what was seen: it is kept, so that
 * nothing older is taken, here or where it is exported to. */
static void keep_ended(struct collateral_source *source,
                       const struct collateral_papers *papers,
                       const struct collateral_want *want, int64_t now)
{
	char unused[COLLATERAL_WHY] = "";
	struct collateral_checked checked;

	if (!collateral_check(&checked, papers, want, &source->roots, NULL, "",
	                      unused) ||
	    checked.fresh_until > now ||
	    !collateral_keep(&source->shelf, papers, &checked, want, "",
	                     unused))
		return;
}

static bool take_set(struct collateral_source *source,
                     const struct records *all,
                     const struct collateral_want *want, const char id[17],
                     int64_t now, char why[COLLATERAL_WHY])
{
	struct collateral_papers papers = { 0 };
	struct collateral_checked checked;
	char who[COLLATERAL_NAME];
	bool good;

	collateral_name(who, COLLATERAL_TCB, id, want);
	good = find_papers(&papers, all, want, id, who, why);
	if (good) {
		good = collateral_check(&checked, &papers, want, &source->roots,
		                        &now, who, why);
		if (!good)
			keep_ended(source, &papers, want, now);
	}
	good = good && collateral_keep(&source->shelf, &papers, &checked, want,
	                               who, why);
	collateral_papers_free(&papers);
	return good;
}

/* One that is refused does not keep the others out. */
static bool take_sets(size_t *n, struct collateral_source *source,
                      const struct records *all, int64_t now,
                      char why[COLLATERAL_WHY])
{
	struct collateral_want want;
	bool good = true;
	char id[17];

	for (size_t i = 0; i < all->n; i++) {
		if (!collateral_name_read(&want, id, all->of[i].name))
			continue;
		if (take_set(source, all, &want, id, now, why))
			(*n)++;
		else
			good = false;
	}
	return good;
}

bool collateral_import(size_t *n, struct collateral_source *source,
                       struct assay_bytes file, int64_t now,
                       char why[COLLATERAL_WHY])
{
	struct records all = { 0 };
	bool good;

	why[0] = 0;
	*n = 0;
	good = read_records(&all, file, why) &&
	       take_sets(n, source, &all, now, why);
	buf_free(&all.memory);
	if (good && !*n)
		good = collateral_say(why, "the file",
		                      "holds no set that is whole");
	return good;
}
