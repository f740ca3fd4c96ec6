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
enum { HEAD_MAX = 320 };

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

/* Whether a record of this name is in `out` already. */
static bool is_in(const struct buf *out, const char *name)
{
	struct assay_bytes rest = buf_bytes(out);
	struct collateral_record r;

	while (collateral_record_read(&r, &rest))
		if (strcmp(r.name, name) == 0)
			return true;
	return false;
}

/* One set: those of its documents that are not there yet. */
static bool put_set(struct buf *out, struct collateral_source *source,
                    const char *set, char why[COLLATERAL_WHY])
{
	struct collateral_checked checked;
	struct collateral_papers papers;
	struct collateral_want want;
	char id[17], name[COLLATERAL_NAME];
	bool good = collateral_name_read(&want, id, set);

	for (size_t i = 0; good && i < source->roots.n; i++) {
		char own[17];

		collateral_root_id(own, source->roots.key[i]);
		if (strcmp(own, id) != 0 ||
		    !collateral_find(&papers, &checked, &source->shelf, &want,
		                     &source->roots.key[i], NULL, why))
			continue;
		for (int p = 0; p < COLLATERAL_PARTS; p++) {
			collateral_name(name, (enum collateral_part)p, id,
			                &want);
			if (!is_in(out, name))
				collateral_record_put(out, name,
				                      &papers.part[p]);
		}
		collateral_papers_free(&papers);
		return !out->bad;
	}
	return good;
}

bool collateral_export(struct buf *out, struct collateral_source *source,
                       char why[COLLATERAL_WHY])
{
	struct buf names = { 0 };
	bool good;

	why[0] = 0;
	buf_clear(out);
	good = collateral_names(&names, &source->shelf) ||
	       collateral_say(why, "the folder", "cannot be read");
	for (size_t at = 0; good && at < names.len; at += COLLATERAL_NAME)
		good = put_set(out, source, (const char *)names.ptr + at, why);
	buf_free(&names);
	if (good && !out->len)
		good = collateral_say(why, "the folder",
		                      "holds no documents under these roots: "
		                      "fetch some first");
	if (!good)
		buf_clear(out);
	return good;
}

/* ---- and in */

static bool find_record(struct collateral_document *to, struct assay_bytes file,
                        const char *name)
{
	struct collateral_record r;

	while (collateral_record_read(&r, &file)) {
		if (strcmp(r.name, name) != 0)
			continue;
		collateral_record_take(to, &r);
		return !to->chain.bad && !to->body.bad;
	}
	return false;
}

static bool take_set(struct collateral_source *source, struct assay_bytes file,
                     const struct collateral_want *want, const char id[17],
                     int64_t now, char why[COLLATERAL_WHY])
{
	struct collateral_papers papers = { 0 };
	struct collateral_checked checked;
	char name[COLLATERAL_NAME], who[COLLATERAL_NAME];
	bool good = true;

	collateral_name(who, COLLATERAL_TCB, id, want);
	for (int p = 0; good && p < COLLATERAL_PARTS; p++) {
		collateral_name(name, (enum collateral_part)p, id, want);
		good = find_record(&papers.part[p], file, name) ||
		       collateral_say(why, who,
		                      "the file has no %s: export it anew",
		                      name);
	}
	good = good &&
	       collateral_check(&checked, &papers, want, &source->roots, &now,
	                        who, why) &&
	       collateral_keep(&source->shelf, &papers, &checked, want, who,
	                       why);
	collateral_papers_free(&papers);
	return good;
}

/* Every record can be read, up to the end. */
static bool is_whole(struct assay_bytes file, char why[COLLATERAL_WHY])
{
	struct assay_bytes rest = file;
	struct collateral_record r;

	while (rest.len && collateral_record_read(&r, &rest))
		;
	return (file.len && !rest.len) ||
	       collateral_say(why, "the file",
	                      "at byte %zu is no record of it: want what assay "
	                      "collateral export wrote, whole",
	                      file.len - rest.len);
}

bool collateral_import(size_t *n, struct collateral_source *source,
                       struct assay_bytes file, int64_t now,
                       char why[COLLATERAL_WHY])
{
	struct collateral_record r;
	struct collateral_want want;
	struct assay_bytes rest = file;
	bool good = true;
	char id[17];

	why[0] = 0;
	*n = 0;
	if (!is_whole(file, why))
		return false;
	/* one that is refused does not keep the others out */
	while (rest.len && collateral_record_read(&r, &rest)) {
		if (!collateral_name_read(&want, id, r.name))
			continue;
		if (take_set(source, file, &want, id, now, why))
			(*n)++;
		else
			good = false;
	}
	if (good && !*n)
		good = collateral_say(why, "the file",
		                      "holds no set that is whole");
	return good;
}
