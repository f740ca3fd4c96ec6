/* collateral_keep.c - the folder: documents, each a file, and floors, below
 * which nothing is taken any more [DCAP 4.9]. */
#include "net/collateral_inner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "os/folder.h"

#define FLOORS "floors"
#define FLOOR_MAGIC "assay-floor 1 "
#define WAIT_MAGIC "assay-wait 1 "
enum { MODE = 0644, FOLDER_MODE = 0755, FLOOR_MAX = 80, WAIT_MAX = 64 };

/* Kept in this process: a document, where there is no folder; a floor. */
struct collateral_item {
	struct collateral_item *next;
	char name[COLLATERAL_NAME];
	struct buf record;
};
struct collateral_floor {
	struct collateral_floor *next;
	char name[COLLATERAL_NAME];
	struct collateral_mark mark;
};

bool collateral_is_below(struct collateral_mark a, struct collateral_mark b)
{
	return a.number < b.number || (a.number == b.number && a.date < b.date);
}

/* ---- names: the root, the document, what it is for */

void collateral_root_id(char id[17], const uint8_t root[64])
{
	uint8_t digest[ASSAY_SHA256_LEN];

	assay_sha256(digest, (struct assay_bytes){ root, 64 });
	assay_hex_print(id, digest, 8, false);
}

void collateral_name(char out[COLLATERAL_NAME], enum collateral_part part,
                     const char id[17], const struct collateral_want *want)
{
	char fmspc[13], kind[COLLATERAL_KIND];

	assay_hex_print(fmspc, want->fmspc, 6, false);
	collateral_kind(kind, want);
	switch (part) {
	case COLLATERAL_TCB:
		snprintf(out, COLLATERAL_NAME, "%.16s-tcb-%s-%s-%s-%s", id,
		         collateral_tee(want), fmspc, collateral_ca(want),
		         kind);
		break;
	case COLLATERAL_QE:
		snprintf(out, COLLATERAL_NAME, "%.16s-qe-%s-%s", id,
		         collateral_tee(want), kind);
		break;
	case COLLATERAL_PCK_CRL:
		snprintf(out, COLLATERAL_NAME, "%.16s-crl-%s", id,
		         collateral_ca(want));
		break;
	default:
		snprintf(out, COLLATERAL_NAME, "%.16s-crl-root", id);
	}
}

/* A platform's floor is the same whoever certifies its processors. */
static void floor_name(char out[COLLATERAL_NAME], enum collateral_part part,
                       const char id[17], const struct collateral_want *want)
{
	struct collateral_want any = *want;

	if (part == COLLATERAL_TCB)
		any.platform_ca = false;
	collateral_name(out, part, id, &any);
}

bool collateral_name_read(struct collateral_want *want, char id[17],
                          const char *name)
{
	char tee[4], fmspc[13], ca[10], kind[COLLATERAL_KIND],
		again[COLLATERAL_NAME];

	*want = (struct collateral_want){ 0 };
	if (sscanf(name, "%16[0-9a-f]-tcb-%3[a-z]-%12[0-9a-f]-%9[a-z]-%15s", id,
	           tee, fmspc, ca, kind) != 5 ||
	    !assay_hex_parse(want->fmspc, 6, buf_text(fmspc)))
		return false;
	want->tee = strcmp(tee, "tdx") == 0 ? ASSAY_TEE_TDX : ASSAY_TEE_SGX;
	want->platform_ca = strcmp(ca, "platform") == 0;
	want->early = strcmp(kind, "early") == 0;
	if (kind[0] >= '0' && kind[0] <= '9')
		want->evaluation = (uint32_t)strtoul(kind, NULL, 10);
	collateral_name(again, COLLATERAL_TCB, id, want);
	return strcmp(again, name) == 0;
}

/* ---- one at a time: threads by the mutex, processes by a file's lock */

static int lock(struct collateral_shelf *s)
{
	int fd = -1;

	pthread_mutex_lock(&s->mutex);
	if (s->folder >= 0)
		fd = openat(s->folder, ".lock",
		            O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, MODE);
	while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
		;
	return fd;
}

static void unlock(struct collateral_shelf *s, int fd)
{
	if (fd >= 0)
		close(fd);
	pthread_mutex_unlock(&s->mutex);
}

/* ---- floors */

static struct collateral_floor *find_floor(struct collateral_shelf *s,
                                           const char *name)
{
	struct collateral_floor *f = s->below;

	while (f && strcmp(f->name, name) != 0)
		f = f->next;
	if (f)
		return f;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->next = s->below;
	s->below = f;
	return f;
}

static bool parse_floor(struct collateral_mark *mark, const char *text)
{
	const size_t n = strlen(FLOOR_MAGIC);
	char again[FLOOR_MAX], *end;

	if (strncmp(text, FLOOR_MAGIC, n) != 0)
		return false;
	mark->number = strtoull(text + n, &end, 10);
	mark->date = strtoll(end, NULL, 10);
	snprintf(again, sizeof(again), FLOOR_MAGIC "%" PRIu64 " %" PRId64 "\n",
	         mark->number, mark->date);
	return strcmp(again, text) == 0;
}

/* The greater of what this process has seen and what the folder says. */
static bool read_floor(struct collateral_floor **floor,
                       struct collateral_shelf *s, const char *name,
                       char why[COLLATERAL_WHY])
{
	struct collateral_mark mark;
	struct buf text = { 0 };
	bool good;

	*floor = find_floor(s, name);
	if (!*floor)
		return collateral_say(why, name, "memory is short");
	if (s->floors < 0)
		return true;
	good = file_get(&text, s->floors, name, FLOOR_MAX - 1, false);
	if (!good) {
		buf_free(&text);
		return errno == ENOENT ||
		       collateral_say(why, name, FLOORS ": %s",
		                      strerror(errno));
	}
	buf_put(&text, "", 1);
	good = !text.bad && parse_floor(&mark, (const char *)text.ptr);
	buf_free(&text);
	if (!good)
		return collateral_say(
			why, name,
			"the file of this name in " FLOORS
			" is damaged, and nothing older than it "
			"said may be taken: remove it only if you "
			"know why");
	if (collateral_is_below((*floor)->mark, mark))
		(*floor)->mark = mark;
	return true;
}

static bool read_floors(struct collateral_floor *floors[COLLATERAL_PARTS],
                        struct collateral_shelf *s, const uint8_t root[64],
                        const struct collateral_want *want,
                        char why[COLLATERAL_WHY])
{
	char name[COLLATERAL_NAME], id[17];

	collateral_root_id(id, root);
	for (int p = 0; p < COLLATERAL_PARTS; p++) {
		floor_name(name, (enum collateral_part)p, id, want);
		if (!read_floor(&floors[p], s, name, why))
			return false;
	}
	return true;
}

/* How new documents must be, at least.  What was seen as the standard was early
 * before: an early set of a lower number is an old one, too. */
static bool read_limits(struct collateral_mark least[COLLATERAL_PARTS],
                        struct collateral_floor *floors[COLLATERAL_PARTS],
                        struct collateral_shelf *s, const uint8_t root[64],
                        const struct collateral_want *want,
                        char why[COLLATERAL_WHY])
{
	struct collateral_floor *standard[COLLATERAL_PARTS] = { NULL };
	struct collateral_want other = *want;

	other.early = false;
	if (!read_floors(floors, s, root, want, why) ||
	    (want->early && !read_floors(standard, s, root, &other, why)))
		return false;
	for (int p = 0; p < COLLATERAL_PARTS; p++) {
		least[p] = floors[p]->mark;
		/* which of both was issued first says nothing */
		if (want->early && standard[p]->mark.number > least[p].number)
			least[p] = (struct collateral_mark){
				standard[p]->mark.number, 0
			};
	}
	return true;
}

enum { MARK_TEXT = 64 };

static const char *print_mark(char out[MARK_TEXT], struct collateral_mark m)
{
	char date[ASSAY_TIME_TEXT];

	if (m.date)
		snprintf(out, MARK_TEXT, "%" PRIu64 " of %s", m.number,
		         assay_time_print(date, m.date));
	else
		snprintf(out, MARK_TEXT, "%" PRIu64, m.number);
	return out;
}

static bool above_limits(const struct collateral_mark least[COLLATERAL_PARTS],
                         const struct collateral_checked *c, const char *who,
                         char why[COLLATERAL_WHY])
{
	static const char *const names[] = { "TCB info", "QE identity",
		                             "PCK CA's revocation list",
		                             "root's revocation list" };
	char was[MARK_TEXT], is[MARK_TEXT];

	for (int p = 0; p < COLLATERAL_PARTS; p++)
		if (collateral_is_below(c->mark[p], least[p]))
			return collateral_say(
				why, who,
				"its %s is number %s, older than number %s "
				"that was seen before: a cache is behind, or "
				"somebody plays back old documents; ask "
				"another address, or take a newer file",
				names[p], print_mark(is, c->mark[p]),
				print_mark(was, least[p]));
	return true;
}

static bool write_floor(struct collateral_shelf *s,
                        const struct collateral_floor *f)
{
	char text[FLOOR_MAX];

	snprintf(text, sizeof(text), FLOOR_MAGIC "%" PRIu64 " %" PRId64 "\n",
	         f->mark.number, f->mark.date);
	return s->floors < 0 ||
	       file_put(s->floors, f->name, buf_text(text), MODE, true);
}

/* ---- documents */

static bool get_item(struct buf *out, struct collateral_shelf *s,
                     const char *name)
{
	struct collateral_item *i = s->items;

	if (s->folder >= 0)
		return file_get(out, s->folder, name,
		                COLLATERAL_DOCUMENT + COLLATERAL_CHAIN + 512,
		                false);
	while (i && strcmp(i->name, name) != 0)
		i = i->next;
	buf_clear(out);
	if (i)
		buf_put_bytes(out, buf_bytes(&i->record));
	return i && !out->bad;
}

/* Takes `record` over where it keeps it in memory. */
static bool put_item(struct collateral_shelf *s, const char *name,
                     struct buf *record)
{
	struct collateral_item *i = s->items;

	if (s->folder >= 0)
		return file_put(s->folder, name, buf_bytes(record), MODE,
		                false);
	while (i && strcmp(i->name, name) != 0)
		i = i->next;
	if (!i) {
		i = calloc(1, sizeof(*i));
		if (!i)
			return false;
		snprintf(i->name, sizeof(i->name), "%s", name);
		i->next = s->items;
		s->items = i;
	}
	buf_free(&i->record);
	i->record = *record;
	*record = (struct buf){ 0 };
	return true;
}

static bool read_document(struct collateral_document *to,
                          struct collateral_shelf *s, const char *name)
{
	struct buf file = { 0 };
	struct collateral_record r;
	struct assay_bytes rest;
	bool good = get_item(&file, s, name);

	rest = buf_bytes(&file);
	good = good && collateral_record_read(&r, &rest) && !rest.len &&
	       strcmp(r.name, name) == 0;
	if (good)
		collateral_record_take(to, &r);
	buf_free(&file);
	return good && !to->chain.bad && !to->body.bad;
}

/* All documents of a set, whatever they hold. */
static bool read_papers(struct collateral_papers *papers,
                        struct collateral_shelf *s,
                        const struct collateral_want *want,
                        const uint8_t root[64])
{
	char name[COLLATERAL_NAME], id[17];

	collateral_root_id(id, root);
	for (int p = 0; p < COLLATERAL_PARTS; p++) {
		collateral_name(name, (enum collateral_part)p, id, want);
		if (!read_document(&papers->part[p], s, name))
			return false;
	}
	return true;
}

bool collateral_marks(struct collateral_mark marks[COLLATERAL_PARTS],
                      struct collateral_shelf *s,
                      const struct collateral_want *want,
                      const uint8_t root[64])
{
	struct collateral_floor *floors[COLLATERAL_PARTS];
	char unused[COLLATERAL_WHY] = "";
	const int fd = lock(s);
	const bool good = read_limits(marks, floors, s, root, want, unused);

	unlock(s, fd);
	for (int p = 0; !good && p < COLLATERAL_PARTS; p++)
		marks[p] = (struct collateral_mark){ 0 };
	return good;
}

bool collateral_find(struct collateral_papers *papers,
                     struct collateral_checked *checked,
                     struct collateral_shelf *s,
                     const struct collateral_want *want,
                     const uint8_t (*root)[64], const int64_t *now,
                     char why[COLLATERAL_WHY])
{
	const struct collateral_roots only = { root, 1 };
	struct collateral_floor *floors[COLLATERAL_PARTS];
	struct collateral_mark least[COLLATERAL_PARTS];
	bool good;
	int fd;

	*papers = (struct collateral_papers){ 0 };
	*checked = (struct collateral_checked){ 0 };
	fd = lock(s);
	good = read_papers(papers, s, want, *root) &&
	       read_limits(least, floors, s, *root, want, why);
	unlock(s, fd);
	good = good &&
	       collateral_check(checked, papers, want, &only, now, "the folder",
	                        why) &&
	       above_limits(least, checked, "the folder", why);
	if (!good)
		collateral_papers_free(papers);
	return good;
}

static bool write_all(struct collateral_shelf *s,
                      struct collateral_floor *const floors[],
                      const struct collateral_papers *papers,
                      const struct collateral_checked *c,
                      const struct collateral_want *want)
{
	char name[COLLATERAL_NAME], id[17];
	bool good = true;

	collateral_root_id(id, c->root);
	for (int p = 0; p < COLLATERAL_PARTS; p++) {
		/* also where it cannot be written: it holds in this process */
		if (!collateral_is_below(floors[p]->mark, c->mark[p]))
			continue;
		floors[p]->mark = c->mark[p];
		good = write_floor(s, floors[p]) && good;
	}
	for (int p = 0; good && p < COLLATERAL_PARTS; p++) {
		struct buf record = { 0 };

		collateral_name(name, (enum collateral_part)p, id, want);
		collateral_record_put(&record, name, &papers->part[p]);
		good = !record.bad && put_item(s, name, &record);
		buf_free(&record);
	}
	return good;
}

bool collateral_keep(struct collateral_shelf *s,
                     const struct collateral_papers *papers,
                     const struct collateral_checked *c,
                     const struct collateral_want *want, const char *who,
                     char why[COLLATERAL_WHY])
{
	struct collateral_floor *floors[COLLATERAL_PARTS];
	struct collateral_mark least[COLLATERAL_PARTS];
	int fd = lock(s);
	bool good = read_limits(least, floors, s, c->root, want, why) &&
	            above_limits(least, c, who, why);

	if (good && !write_all(s, floors, papers, c, want))
		collateral_say(why, "the folder",
		               "the documents could not be kept: %s",
		               strerror(errno));
	unlock(s, fd);
	return good;
}

/* ---- addresses that want to be left alone, also by the next process */

static void wait_name(char name[COLLATERAL_NAME], const char *base)
{
	uint8_t digest[ASSAY_SHA256_LEN];
	char id[17];

	assay_sha256(digest, buf_text(base));
	assay_hex_print(id, digest, 8, false);
	snprintf(name, COLLATERAL_NAME, "wait-%s", id);
}

/* From when until when, by the clock. */
static bool parse_wait(int64_t *from, int64_t *until, const char *text)
{
	const size_t n = strlen(WAIT_MAGIC);
	char *end;

	if (strncmp(text, WAIT_MAGIC, n) != 0)
		return false;
	*from = strtoll(text + n, &end, 10);
	*until = strtoll(end, &end, 10);
	return strcmp(end, "\n") == 0 && *until > *from &&
	       *until - *from <= COLLATERAL_WAIT_S;
}

int64_t collateral_wait_left(struct collateral_shelf *s, const char *base)
{
	const int64_t now = (int64_t)time(NULL);
	char name[COLLATERAL_NAME];
	struct buf text = { 0 };
	int64_t from = 0, until = 0, left = 0;

	wait_name(name, base);
	if (s->folder >= 0 &&
	    file_get(&text, s->folder, name, WAIT_MAX - 1, false)) {
		buf_put(&text, "", 1);
		/* a clock that was set back makes nobody wait longer */
		if (!text.bad &&
		    parse_wait(&from, &until, (const char *)text.ptr) &&
		    now >= from && now < until)
			left = until - now;
	}
	buf_free(&text);
	return left;
}

void collateral_wait_keep(struct collateral_shelf *s, const char *base,
                          int64_t seconds)
{
	const int64_t now = (int64_t)time(NULL);
	char name[COLLATERAL_NAME], text[WAIT_MAX];

	wait_name(name, base);
	snprintf(text, sizeof(text), WAIT_MAGIC "%" PRId64 " %" PRId64 "\n",
	         now, now + seconds);
	/* where nothing can be written, this process waits */
	if (s->folder < 0 ||
	    !file_put(s->folder, name, buf_text(text), MODE, false))
		return;
}

/* ---- all sets */

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void add_name(struct buf *names, const char *name)
{
	struct collateral_want want;
	char id[17], padded[COLLATERAL_NAME] = { 0 };

	if (strlen(name) >= sizeof(padded) ||
	    !collateral_name_read(&want, id, name))
		return;
	snprintf(padded, sizeof(padded), "%s", name);
	buf_put(names, padded, sizeof(padded));
}

static bool read_names(struct buf *names, int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while ((e = readdir(d)))
		add_name(names, e->d_name);
	closedir(d);
	return true;
}

bool collateral_names(struct buf *names, struct collateral_shelf *s)
{
	int fd = lock(s);
	bool good = s->folder < 0 || read_names(names, s->folder);

	for (struct collateral_item *i = s->items; i; i = i->next)
		add_name(names, i->name);
	unlock(s, fd);
	if (names->len)
		qsort(names->ptr, names->len / COLLATERAL_NAME, COLLATERAL_NAME,
		      by_name);
	return good && !names->bad;
}

/* ---- */

/* The folders above it are made as well. */
static int open_folder(const char *path)
{
	char part[4096];
	const size_t n = strlen(path);

	errno = ENAMETOOLONG;
	if (n >= sizeof(part))
		return -1;
	for (size_t i = 1; i < n; i++)
		if (path[i] == '/') {
			memcpy(part, path, i);
			part[i] = 0;
			mkdir(part, FOLDER_MODE);
		}
	mkdir(path, FOLDER_MODE);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool collateral_shelf_open(struct collateral_shelf *s, const char *folder,
                           char why[COLLATERAL_WHY])
{
	s->folder = s->floors = -1;
	pthread_mutex_init(&s->mutex, NULL);
	if (!folder)
		return true;
	s->folder = open_folder(folder);
	if (s->folder >= 0)
		s->floors = folder_open(s->folder, FLOORS, FOLDER_MODE);
	return s->floors >= 0 ||
	       collateral_say(why, folder,
	                      "%s: want a folder that can be written",
	                      strerror(errno));
}

void collateral_shelf_close(struct collateral_shelf *s)
{
	struct collateral_item *i;
	struct collateral_floor *f;

	while ((i = s->items)) {
		s->items = i->next;
		buf_free(&i->record);
		free(i);
	}
	while ((f = s->below)) {
		s->below = f->next;
		free(f);
	}
	if (s->folder >= 0)
		close(s->folder);
	if (s->floors >= 0)
		close(s->floors);
	pthread_mutex_destroy(&s->mutex);
}
