/* export.c - what the ledger says, as files: root.pem, pcs/, and the names
 * of processors' folders. */
#include "maker/parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "os/folder.h"

#define EDITION ".edition" /* which one the files are; written last */

/* ---- documents */

/* A folder of what is published. */
struct place {
	struct sim_maker *m;
	bool again; /* its files are compared, not written */
	int dir;
	char path[32];   /* pcs/standard/53494D000001/ */
	uint32_t number; /* of the evaluation that is for it */
};

static bool enter(struct place *in, const struct place *at, const char *name)
{
	*in = *at;
	snprintf(in->path, sizeof(in->path), "%.16s%s/", at->path, name);
	in->dir = at->again ? openat(at->dir, name,
	                             O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	                                     O_CLOEXEC)
	                    : folder_open(at->dir, name, 0755);
	return in->dir >= 0 || sim_errno_because(at->m, "%s", in->path);
}

static bool compare(const struct place *at, const char *file,
                    struct assay_bytes data)
{
	struct buf have = { 0 };
	bool same = file_get(&have, at->dir, file, data.len, false) &&
	            have.len == data.len &&
	            memcmp(have.ptr, data.ptr, data.len) == 0;

	buf_free(&have);
	return same || sim_because(&at->m->why,
	                           "%s%s is not what the ledger says; assay "
	                           "sim maker publish writes it anew",
	                           at->path, file);
}

static bool put(const struct place *at, const char *file,
                struct assay_bytes data)
{
	if (at->again)
		return compare(at, file, data);
	return file_put(at->dir, file, data, 0644, false) ||
	       sim_errno_because(at->m, "%s%s", at->path, file);
}

static bool put_document(const struct place *at, const char *file,
                         const char *name)
{
	struct assay_bytes body;

	return sim_maker_need_document(at->m, &body, name) &&
	       put(at, file, body);
}

/* A collateral folder: the names are those that assay_part_of knows. */
static bool put_collateral(const struct place *at,
                           const struct ledger_family *f)
{
	const struct assay_bytes signer = sim_maker_signer_chain(at->m);
	char tcb[SIM_DOCUMENT_NAME], qe[SIM_DOCUMENT_NAME],
		crl[SIM_DOCUMENT_NAME];

	sim_tcb_name(tcb, f->fmspc, at->number);
	sim_qe_name(qe, at->number);
	sim_crl_name(crl, f->ca);
	return put_document(at, "tcb_info.json", tcb) &&
	       put_document(at, "qe_identity.json", qe) &&
	       put_document(at, "pck_crl.der", crl) &&
	       put_document(at, "root_ca_crl.der", "crl/root") &&
	       put(at, "tcb_info_issuer_chain.pem", signer) &&
	       put(at, "qe_identity_issuer_chain.pem", signer) &&
	       put(at, "pck_crl_issuer_chain.pem",
	           sim_maker_ca_chain(at->m, f->ca));
}

static bool put_family(void *arg, const struct ledger_family *f)
{
	const struct place *set = arg;
	struct place at;
	char digits[13];
	bool done;

	assay_hex_print(digits, f->fmspc, sizeof(f->fmspc), true);
	if (!enter(&at, set, digits))
		return false;
	done = put_collateral(&at, f);
	close(at.dir);
	return done;
}

/* One of the two sets: all families under one evaluation. */
static bool put_set(const struct place *pcs, const char *name, uint32_t number)
{
	struct place set;
	bool done;

	if (!enter(&set, pcs, name))
		return false;
	set.number = number;
	done = sim_maker_each_family(set.m, put_family, &set);
	close(set.dir);
	return done;
}

static bool put_root(const struct place *top)
{
	struct sim_maker *m = top->m;
	struct buf pem = { 0 };
	bool done;

	sim_pem(&pem, "CERTIFICATE", sim_maker_root(m));
	if (pem.bad)
		done = sim_no_memory(m);
	else if (top->again)
		done = compare(top, "root.pem", buf_bytes(&pem));
	else /* which shows that there is a manufacturer */
		done = file_put(top->dir, "root.pem", buf_bytes(&pem), 0644,
		                true) ||
		       sim_errno_because(m, "root.pem");
	buf_free(&pem);
	return done;
}

static bool put_all(const struct place *top, const struct place *pcs)
{
	const struct sim_maker *m = top->m;

	return put_root(top) &&
	       put_set(pcs, "standard",
	               sim_maker_standard(m, m->row.published)->number) &&
	       put_set(pcs, "early",
	               m->evaluations[m->n_evaluations - 1].number) &&
	       put_document(pcs, "tcb_evaluation_data_numbers.json", "numbers");
}

/* Whether the files are of this edition; where they are not, they are made
 * that. */
static bool export(const struct place *top, const struct place *pcs)
{
	char text[24];
	const int n = snprintf(text, sizeof(text), "%jd\n",
	                       (intmax_t)top->m->row.edition);
	const struct assay_bytes want = { (const uint8_t *)text, (size_t)n };

	return compare(pcs, EDITION, want) ||
	       (put_all(top, pcs) && put(pcs, EDITION, want));
}

bool sim_maker_export(struct sim_maker *m)
{
	const struct place top = { .m = m, .dir = m->dir };
	struct place pcs;
	bool done;

	if (!enter(&pcs, &top, "pcs"))
		return false;
	done = export(&top, &pcs);
	close(pcs.dir);
	return done;
}

bool sim_maker_check_files(struct sim_maker *m)
{
	const struct place top = { .m = m, .again = true, .dir = m->dir };
	struct place pcs;
	bool same;

	if (!enter(&pcs, &top, "pcs"))
		return false;
	same = put_all(&top, &pcs);
	close(pcs.dir);
	return same;
}

/* ---- processors' folders */

static void forget(struct buf *secret)
{
	if (secret->ptr)
		assay_wipe(secret->ptr, secret->cap);
	buf_free(secret);
}

/* The fuses of the machine NAME in a folder; NONE: none were written there. */
static enum ledger_found get_fuse(struct buf *fuse, int at, const char *name)
{
	char file[LEDGER_NAME_LEN + 8];

	snprintf(file, sizeof(file), "%s/fuse", name);
	if (file_get(fuse, at, file, 2 * SIM_FUSE_LEN + 1, true))
		return fuse->len ? LEDGER_FOUND : LEDGER_NONE;
	return errno == ENOENT ? LEDGER_NONE : LEDGER_FAILED;
}

/* Whether what is in .new may go: its fuses are beside it, or it has none yet. */
static bool is_spare(int processors, int new, const char *name)
{
	struct buf ours = { 0 }, theirs = { 0 };
	enum ledger_found found = get_fuse(&ours, new, name);
	bool spare = found == LEDGER_NONE;

	if (found == LEDGER_FOUND)
		spare = get_fuse(&theirs, processors, name) == LEDGER_FOUND &&
		        ours.len == theirs.len &&
		        memcmp(ours.ptr, theirs.ptr, ours.len) == 0;
	forget(&ours);
	forget(&theirs);
	return spare;
}

/* A folder in .new is whole if the ledger has its processor.  If that has its
 * name already, an update was done, or broken off. */
static bool settle_one(struct sim_maker *m, int processors, int new,
                       const char *name)
{
	struct ledger_processor p;
	enum ledger_found found = sim_maker_find(m, &p, name);

	if (found == LEDGER_FAILED)
		return false;
	if (found == LEDGER_FOUND && renameat(new, name, processors, name) == 0)
		return true;
	if (found == LEDGER_FOUND && errno != EEXIST && errno != ENOTEMPTY)
		return sim_errno_because(m, "processors/%s", name);
	if (found == LEDGER_FOUND && !is_spare(processors, new, name))
		return sim_because(&m->why,
		                   "%s/processors/%s is not the machine of "
		                   "that name, which is in %s/processors/.new: "
		                   "move it away",
		                   m->path, name, m->path);
	return folder_remove(new, name) ||
	       sim_errno_because(m, "processors/.new/%s", name);
}

/* What else is in .new is nobody's. */
static bool is_folder(int at, const char *name)
{
	struct stat s;

	return name[0] != '.' &&
	       fstatat(at, name, &s, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(s.st_mode);
}

static bool settle_all(struct sim_maker *m, int processors, int new)
{
	int again = openat(new, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again >= 0 ? fdopendir(again) : NULL;
	const struct dirent *e;
	bool good = d != NULL;

	if (!d && again >= 0)
		close(again);
	if (!d)
		return sim_errno_because(m, "processors/.new");
	while (good && (e = readdir(d)))
		good = !is_folder(new, e->d_name) ||
		       settle_one(m, processors, new, e->d_name);
	closedir(d);
	return good;
}

bool sim_maker_settle(struct sim_maker *m)
{
	int processors = folder_open(m->dir, "processors", 0755);
	int new = processors < 0 ? -1 : folder_open(processors, ".new", 0700);
	bool good = new >= 0 ? settle_all(m, processors, new)
	                     : sim_errno_because(m, "processors");

	if (new >= 0)
		close(new);
	if (processors >= 0)
		close(processors);
	return good;
}
