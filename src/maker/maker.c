/* maker.c - a manufacturer's folder: made, opened, locked; its transactions. */
#include "maker/parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/folder.h"

#define MARK ".assay-maker"
#define LEDGER "ledger.db"

/* "SIM", 1 */
const uint8_t sim_maker_fmspc[6] = { 0x53, 0x49, 0x4d, 0x00, 0x00, 0x01 };

const char *sim_ca_name(enum sim_ca ca)
{
	return ca == SIM_CA_PROCESSOR ? "processor" : "platform";
}

bool sim_because(struct sim_why *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return false;
}

bool sim_errno_because(struct sim_maker *m, const char *fmt, ...)
{
	const int code = errno;
	char what[LEDGER_NAME_LEN + 16];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return sim_because(&m->why, "%s/%s: %s", m->path, what, strerror(code));
}

bool sim_maker_is_time(struct sim_why *why, int64_t now)
{
	/* 2000-01-01 to 2099-12-31: with room for how long they are good */
	const int64_t first = 946684800, last = 4102444799;

	return (now >= first && now <= last) ||
	       sim_because(why,
	                   "what a manufacturer makes is of the years 2000 to "
	                   "2099: set the clock, or --at");
}

bool sim_no_memory(struct sim_maker *m)
{
	return sim_because(&m->why, "memory is short");
}

bool sim_ledger_failed(struct sim_maker *m)
{
	return sim_because(&m->why, "%s", ledger_why(m->ledger));
}

const char *sim_maker_why(const struct sim_maker *m)
{
	return m->why.text;
}

/* ---- the folder and who works in it */

static struct sim_maker *new_maker(const char *path)
{
	struct sim_maker *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->dir = m->lock = -1;
	m->version = SIM_MAKER_UNCHECKED;
	m->path = strdup(path);
	m->world = calloc(1, sizeof(*m->world));
	if (m->path && m->world)
		return m;
	sim_maker_close(m);
	return NULL;
}

void sim_maker_close(struct sim_maker *m)
{
	if (!m)
		return;
	ledger_close(m->ledger);
	sim_maker_keys_free(&m->keys);
	if (m->world) {
		sim_world_free(m->world);
		assay_wipe(m->world, sizeof(*m->world));
	}
	free(m->world);
	for (unsigned i = 0; i < SIM_N_CAS; i++)
		buf_free(&m->ca_chain[i]);
	buf_free(&m->signer_chain);
	buf_free(&m->der);
	free(m->path);
	if (m->lock >= 0)
		close(m->lock);
	if (m->dir >= 0)
		close(m->dir);
	assay_wipe(m, sizeof(*m));
	free(m);
}

static bool open_folder(struct sim_maker *m)
{
	m->dir = open(m->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return m->dir >= 0 ||
	       sim_because(&m->why, "%s: %s", m->path, strerror(errno));
}

static bool open_mark(struct sim_maker *m, int flags)
{
	m->lock = openat(m->dir, MARK, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags,
	                 0600);
	if (m->lock >= 0)
		return true;
	if (errno != ENOENT)
		return sim_errno_because(m, MARK);
	return sim_because(&m->why,
	                   "%s is no simulated manufacturer; assay sim maker "
	                   "init makes one",
	                   m->path);
}

/* The mark is locked for as long as it is open. */
static bool lock(struct sim_maker *m)
{
	if (flock(m->lock, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno != EWOULDBLOCK)
		return sim_errno_because(m, MARK);
	return sim_because(&m->why,
	                   "%s: another assay sim maker is at work there; "
	                   "wait until it is done",
	                   m->path);
}

static bool has(const struct sim_maker *m, const char *name)
{
	return faccessat(m->dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_empty(const struct sim_maker *m)
{
	int fd = openat(m->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	bool empty = d != NULL;

	if (!d && fd >= 0)
		close(fd);
	while (empty && (e = readdir(d)))
		empty = strcmp(e->d_name, ".") == 0 ||
		        strcmp(e->d_name, "..") == 0;
	if (d)
		closedir(d);
	return empty;
}

/* ---- the ledger */

/* What is read; the maker holds it when all of it was checked. */
struct held {
	struct sim_maker *m;
	struct ledger_maker row;
	struct ledger_evaluation list[SIM_MAX_EVALUATIONS];
	size_t n;
	uint8_t tally[LEDGER_SEAL_LEN];
};

static bool missing(struct sim_maker *m)
{
	return sim_because(&m->why, "the ledger was changed by somebody else: "
	                            "a TCB evaluation is missing");
}

static bool take_evaluation(void *arg, const struct ledger_evaluation *e)
{
	struct held *h = arg;

	if (!sim_sealed_evaluation(h->m, e))
		return false;
	if (h->n == SIM_MAX_EVALUATIONS ||
	    e->number != SIM_FIRST_EVALUATION + h->n)
		return missing(h->m);
	h->list[h->n++] = *e;
	return true;
}

static bool read_row(struct held *h)
{
	switch (ledger_get_maker(h->m->ledger, &h->row)) {
	case LEDGER_FAILED:
		return sim_ledger_failed(h->m);
	case LEDGER_NONE:
		return sim_because(&h->m->why,
		                   "%s: the manufacturer was not "
		                   "finished; assay sim maker init "
		                   "does that",
		                   h->m->path);
	case LEDGER_FOUND:
		break;
	}
	return sim_sealed_maker(h->m, &h->row);
}

static bool read_evaluations(struct held *h)
{
	struct sim_maker *m = h->m;

	m->why.text[0] = 0;
	if (!ledger_each_evaluation(m->ledger, take_evaluation, h))
		return m->why.text[0] ? false : sim_ledger_failed(m);
	return (h->n && h->n == (size_t)h->row.n_evaluations) || missing(m);
}

static bool take_seal(void *arg, const uint8_t seal[LEDGER_SEAL_LEN])
{
	struct held *h = arg;

	return sim_tally(h->m, h->tally, seal);
}

/* Rows that were taken away are not missed one by one, and those that were put
 * back have good seals. */
static bool read_rows(struct held *h)
{
	struct sim_maker *m = h->m;
	struct ledger_maker n = h->row;

	if (!ledger_count(m->ledger, &n))
		return sim_ledger_failed(m);
	if (memcmp(&n, &h->row, sizeof(n)) != 0)
		return sim_because(&m->why,
		                   "the ledger was changed by somebody else: "
		                   "it has not as many entries as were "
		                   "written");
	m->why.text[0] = 0;
	if (!ledger_each_seal(m->ledger, take_seal, h))
		return m->why.text[0] ? false : sim_ledger_failed(m);
	return sim_tally_is(m, h->tally, &h->row);
}

/* Checks all of it, unless it is as it was checked before; in a transaction.
 * The rows that are held in memory are then as they are now. */
static bool load(struct sim_maker *m)
{
	struct held h = { .m = m };
	int64_t version;

	if (!ledger_version(m->ledger, &version))
		return sim_ledger_failed(m);
	if (version == m->version)
		return true;
	m->version = SIM_MAKER_UNCHECKED;
	if (!read_row(&h) || !read_evaluations(&h) || !read_rows(&h))
		return false;
	m->row = h.row;
	memcpy(m->evaluations, h.list, sizeof(h.list));
	m->n_evaluations = h.n;
	memcpy(m->tally, h.tally, sizeof(h.tally));
	m->version = version;
	return true;
}

bool sim_maker_refresh(struct sim_maker *m)
{
	bool good;

	if (!ledger_begin_reading(m->ledger))
		return sim_ledger_failed(m);
	good = load(m);
	ledger_abort(m->ledger);
	return good;
}

bool sim_maker_moved(struct sim_maker *m, enum ledger_found *found)
{
	int64_t version;

	if (m->reading) {
		ledger_abort(m->ledger);
		return m->reading = false;
	}
	if (*found == LEDGER_FAILED ||
	    (ledger_version(m->ledger, &version) && version == m->version))
		return false;
	if (!ledger_begin_reading(m->ledger))
		sim_ledger_failed(m);
	else if (load(m))
		return m->reading = true;
	else
		ledger_abort(m->ledger);
	*found = LEDGER_FAILED;
	return false;
}

bool sim_maker_begin(struct sim_maker *m)
{
	if (!ledger_begin(m->ledger))
		return sim_ledger_failed(m);
	return load(m) || sim_maker_abort(m);
}

bool sim_maker_commit(struct sim_maker *m)
{
	if (sim_seal_maker(m, &m->row) &&
	    ((ledger_put_maker(m->ledger, &m->row) &&
	      ledger_commit(m->ledger)) ||
	     sim_ledger_failed(m)))
		return true;
	return sim_maker_abort(m);
}

bool sim_maker_abort(struct sim_maker *m)
{
	ledger_abort(m->ledger);
	/* the rows in memory may have been changed already */
	m->version = SIM_MAKER_UNCHECKED;
	return false;
}

static bool open_ledger(struct sim_maker *m, bool create)
{
	struct buf path = { 0 };
	char why[LEDGER_WHY_LEN];

	buf_printf(&path, "%s/" LEDGER, m->path);
	buf_put_zeros(&path, 1);
	if (path.bad)
		return sim_no_memory(m);
	m->ledger = ledger_open((const char *)path.ptr, create, why);
	buf_free(&path);
	return m->ledger || sim_because(&m->why, "%s", why);
}

static bool read_keys(struct sim_maker *m)
{
	int dir = openat(m->dir, "keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good;

	if (dir < 0)
		return sim_errno_because(m, "keys");
	good = sim_maker_keys_read(&m->keys, dir, &m->why);
	close(dir);
	return good;
}

static bool open_maker(struct sim_maker *m, enum sim_maker_use use)
{
	const bool work = use == SIM_MAKER_WORK;

	if (!open_folder(m) || !open_mark(m, 0) || (work && !lock(m)) ||
	    !open_ledger(m, false) || !read_keys(m) || !sim_maker_refresh(m))
		return false;
	if (!sim_maker_build(m))
		return sim_no_memory(m);
	return sim_maker_check_certs(m) &&
	       (!work || (sim_maker_settle(m) && sim_maker_export(m)));
}

struct sim_maker *sim_maker_open(const char *dir, enum sim_maker_use use,
                                 struct sim_why *why)
{
	struct sim_maker *m = new_maker(dir);

	if (!m) {
		sim_because(why, "memory is short");
		return NULL;
	}
	if (open_maker(m, use))
		return m;
	*why = m->why;
	sim_maker_close(m);
	return NULL;
}

/* ---- a new manufacturer */

static bool make_folder(struct sim_maker *m)
{
	if (mkdir(m->path, 0755) != 0 && errno != EEXIST)
		return sim_because(&m->why, "%s: %s", m->path, strerror(errno));
	if (!open_folder(m))
		return false;
	if (!has(m, MARK) && !is_empty(m))
		return sim_because(&m->why,
		                   "%s is not empty, and no simulated "
		                   "manufacturer: nothing is changed",
		                   m->path);
	return open_mark(m, O_CREAT) && lock(m);
}

/* What was begun here and not finished; what was finished stays. */
static bool clear(struct sim_maker *m)
{
	static const char *const files[] = { LEDGER, LEDGER "-wal",
		                             LEDGER "-shm" };
	struct ledger_maker row;
	bool finished = false;

	if (has(m, LEDGER) && open_ledger(m, false))
		finished = ledger_get_maker(m->ledger, &row) == LEDGER_FOUND;
	ledger_close(m->ledger);
	m->ledger = NULL;
	if (finished || has(m, "root.pem"))
		return sim_because(&m->why,
		                   "%s: there is a manufacturer "
		                   "already%s",
		                   m->path,
		                   finished ? "" : ", without its ledger");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (unlinkat(m->dir, files[i], 0) != 0 && errno != ENOENT)
			return sim_errno_because(m, "%s", files[i]);
	return true;
}

static bool make_keys(struct sim_maker *m)
{
	int keys = folder_open(m->dir, "keys", 0700);
	int processors = folder_open(m->dir, "processors", 0755);
	int new = processors < 0 ? -1 : folder_open(processors, ".new", 0700);
	bool good = keys >= 0 && new >= 0;

	if (!good)
		sim_errno_because(m, "keys, processors");
	else
		good = sim_maker_keys_make(keys, &m->why) &&
		       sim_maker_keys_read(&m->keys, keys, &m->why);
	if (new >= 0)
		close(new);
	if (processors >= 0)
		close(processors);
	if (keys >= 0)
		close(keys);
	return good;
}

/* The evaluation that a manufacturer begins with: what its first level asks. */
static bool first_evaluation(struct sim_maker *m)
{
	const struct sim_level *best = &m->world->tcb[SIM_SGX].level[0];
	struct ledger_evaluation *s = &m->evaluations[0];

	*s = (struct ledger_evaluation){
		.number = SIM_FIRST_EVALUATION,
		.event = best->said.date,
		.standard = m->row.made,
		.pce_svn = (uint16_t)best->pce_svn,
	};
	for (unsigned i = 0; i < sizeof(s->cpu_svn); i++)
		s->cpu_svn[i] = (uint8_t)best->sgx[i];
	m->n_evaluations = 1;
	m->row.n_evaluations = 1;
	return sim_seal_evaluation(m, s) && sim_tally(m, m->tally, s->seal) &&
	       (ledger_put_evaluation(m->ledger, s) || sim_ledger_failed(m));
}

static bool first_entries(struct sim_maker *m, int64_t now)
{
	m->row = (struct ledger_maker){ .made = now };
	if (!sim_maker_build(m))
		return sim_no_memory(m);
	if (!ledger_begin(m->ledger))
		return sim_ledger_failed(m);
	if (!sim_maker_put_certs(m) || !first_evaluation(m) ||
	    !sim_maker_issue(m, now))
		return sim_maker_abort(m);
	return sim_maker_commit(m);
}

bool sim_maker_init(const char *dir, int64_t now, struct sim_why *why)
{
	struct sim_maker *m;
	bool done;

	if (!sim_maker_is_time(why, now))
		return false;
	m = new_maker(dir);
	if (!m)
		return sim_because(why, "memory is short");
	/* the commit of the first entries is what makes it one */
	done = make_folder(m) && clear(m) && make_keys(m) &&
	       open_ledger(m, true) && first_entries(m, now) &&
	       sim_maker_export(m);
	*why = m->why;
	sim_maker_close(m);
	return done;
}

/* ---- what there is */

const struct ledger_maker *sim_maker_facts(const struct sim_maker *m)
{
	return &m->row;
}

const struct ledger_evaluation *sim_maker_evaluations(const struct sim_maker *m,
                                                      size_t *n)
{
	*n = m->n_evaluations;
	return m->evaluations;
}

const struct ledger_evaluation *sim_maker_standard(const struct sim_maker *m,
                                                   int64_t now)
{
	size_t i = m->n_evaluations;

	while (--i > 0 && m->evaluations[i].standard > now)
		;
	return &m->evaluations[i];
}

const struct sim_ppid_key *sim_maker_ppid_key(const struct sim_maker *m)
{
	return &m->ppid_key;
}

/* A row that was found is what was written, or it is a failure. */
static enum ledger_found checked(struct sim_maker *m, enum ledger_found found,
                                 const struct ledger_processor *p)
{
	if (found == LEDGER_FAILED)
		sim_ledger_failed(m);
	if (found == LEDGER_FOUND && !sim_sealed_processor(m, p))
		return LEDGER_FAILED;
	return found;
}

enum ledger_found sim_maker_find(struct sim_maker *m,
                                 struct ledger_processor *p, const char *name)
{
	enum ledger_found found;

	do
		found = checked(m, ledger_get_named(m->ledger, p, name), p);
	while (sim_maker_moved(m, &found));
	return found;
}

enum ledger_found sim_maker_by_ppid(struct sim_maker *m,
                                    struct ledger_processor *p,
                                    const uint8_t encrypted[ASSAY_RSA3072_LEN])
{
	enum ledger_found found;
	uint8_t ppid[16];

	if (!assay_rsa_oaep_decrypt(ppid, sizeof(ppid), m->keys.ppid,
	                            encrypted))
		return LEDGER_NONE;
	do
		found = checked(m, ledger_get_ppid(m->ledger, p, ppid), p);
	while (sim_maker_moved(m, &found));
	return found;
}

/* The CA is an index. */
static bool family_is_good(struct sim_maker *m, const struct ledger_family *f)
{
	return sim_sealed_family(m, f) &&
	       (f->ca < SIM_N_CAS ||
	        sim_because(&m->why, "the ledger: there is no CA %u", f->ca));
}

static enum ledger_found
one_family(struct sim_maker *m, struct ledger_family *f, const uint8_t fmspc[6])
{
	enum ledger_found found = ledger_get_family(m->ledger, f, fmspc);

	if (found == LEDGER_FAILED)
		sim_ledger_failed(m);
	if (found == LEDGER_FOUND && !family_is_good(m, f))
		return LEDGER_FAILED;
	return found;
}

enum ledger_found sim_maker_family(struct sim_maker *m, struct ledger_family *f,
                                   const uint8_t fmspc[6])
{
	enum ledger_found found;

	do
		found = one_family(m, f, fmspc);
	while (sim_maker_moved(m, &found));
	return found;
}

bool sim_maker_family_of(struct sim_maker *m, struct ledger_family *f,
                         const struct ledger_processor *p)
{
	enum ledger_found found = sim_maker_family(m, f, p->fmspc);

	if (found == LEDGER_NONE)
		sim_because(&m->why, "%s: its family is not in the ledger",
		            p->name);
	return found == LEDGER_FOUND;
}

/* ---- all there is: each row is checked before it is given on */

struct visit {
	struct sim_maker *m;
	bool (*processor)(void *arg, const struct ledger_processor *p);
	bool (*cert)(void *arg, const struct ledger_cert *c);
	bool (*family)(void *arg, const struct ledger_family *f);
	void *arg;
	bool stopped; /* not by the ledger */
};

static bool visit_processor(void *arg, const struct ledger_processor *p)
{
	struct visit *v = arg;
	bool go_on = sim_sealed_processor(v->m, p) && v->processor(v->arg, p);

	v->stopped = !go_on;
	return go_on;
}

static bool visit_cert(void *arg, const struct ledger_cert *c)
{
	struct visit *v = arg;
	bool go_on = sim_sealed_cert(v->m, c) && v->cert(v->arg, c);

	v->stopped = !go_on;
	return go_on;
}

static bool visit_family(void *arg, const struct ledger_family *f)
{
	struct visit *v = arg;
	bool go_on = family_is_good(v->m, f) && v->family(v->arg, f);

	v->stopped = !go_on;
	return go_on;
}

bool sim_maker_each(struct sim_maker *m,
                    bool (*each)(void *arg, const struct ledger_processor *p),
                    void *arg)
{
	struct visit v = { .m = m, .processor = each, .arg = arg };

	return ledger_each_processor(m->ledger, visit_processor, &v) ||
	       (v.stopped ? false : sim_ledger_failed(m));
}

bool sim_maker_each_cert(struct sim_maker *m, int64_t processor,
                         bool (*each)(void *arg, const struct ledger_cert *c),
                         void *arg)
{
	struct visit v = { .m = m, .cert = each, .arg = arg };

	return ledger_each_cert(m->ledger, processor, visit_cert, &v) ||
	       (v.stopped ? false : sim_ledger_failed(m));
}

bool sim_maker_each_family(struct sim_maker *m,
                           bool (*each)(void *arg,
                                        const struct ledger_family *f),
                           void *arg)
{
	struct visit v = { .m = m, .family = each, .arg = arg };

	return ledger_each_family(m->ledger, visit_family, &v) ||
	       (v.stopped ? false : sim_ledger_failed(m));
}
