/* maker_export.c - what the ledger says, as files: root.pem, pcs/, and the names
 * of processors' folders. */
#include "sim/maker_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "sim/files.h"

#define EDITION ".edition" /* which one the files are; written last */

static bool errno_because(struct sim_maker *m, const char *what)
{
	return sim_because(&m->why, "%s/%s: %s", m->path, what,
	                   strerror(errno));
}

/* ---- documents */

static bool put(struct sim_maker *m, int dir, const char *file,
                struct assay_bytes data)
{
	return sim_file_put(dir, file, data, 0644, false) ||
	       errno_because(m, file);
}

static bool put_document(struct sim_maker *m, int dir, const char *file,
                         const char *name)
{
	struct assay_bytes body;

	switch (sim_maker_document(m, &body, name)) {
	case LEDGER_FAILED:
		return false;
	case LEDGER_NONE:
		return sim_because(&m->why, "the ledger lacks the document %s",
		                   name);
	case LEDGER_FOUND:
		break;
	}
	return put(m, dir, file, body);
}

/* A collateral folder: the names are those that assay_part_of knows. */
static bool put_collateral(struct sim_maker *m, int dir,
                           const struct ledger_family *f, uint32_t number)
{
	char digits[13], tcb[40], qe[24], crl[16];

	assay_hex_print(digits, f->fmspc, sizeof(f->fmspc), true);
	snprintf(tcb, sizeof(tcb), "tcb/%s/%u", digits, number);
	snprintf(qe, sizeof(qe), "qe/%u", number);
	snprintf(crl, sizeof(crl), "crl/%s", sim_ca_name(f->ca));
	return put_document(m, dir, "tcb_info.json", tcb) &&
	       put_document(m, dir, "qe_identity.json", qe) &&
	       put_document(m, dir, "pck_crl.der", crl) &&
	       put_document(m, dir, "root_ca_crl.der", "crl/root") &&
	       put(m, dir, "tcb_info_issuer_chain.pem",
	           sim_maker_signer_chain(m)) &&
	       put(m, dir, "qe_identity_issuer_chain.pem",
	           sim_maker_signer_chain(m)) &&
	       put(m, dir, "pck_crl_issuer_chain.pem",
	           sim_maker_ca_chain(m, f->ca));
}

/* One of the two sets: all families under one evaluation. */
struct set_folder {
	struct sim_maker *m;
	int dir;
	uint32_t number;
};

static bool put_family(void *arg, const struct ledger_family *f)
{
	struct set_folder *s = arg;
	char digits[13];
	bool done;
	int dir;

	assay_hex_print(digits, f->fmspc, sizeof(f->fmspc), true);
	dir = sim_folder(s->dir, digits, 0755);
	if (dir < 0)
		return errno_because(s->m, digits);
	done = put_collateral(s->m, dir, f, s->number);
	close(dir);
	return done;
}

static bool put_set(struct sim_maker *m, int pcs, const char *name,
                    uint32_t number)
{
	struct set_folder s = { m, sim_folder(pcs, name, 0755), number };
	bool done;

	if (s.dir < 0)
		return errno_because(m, name);
	done = sim_maker_each_family(m, put_family, &s);
	close(s.dir);
	return done;
}

static bool put_root(struct sim_maker *m)
{
	struct sim_out pem = { 0 };
	bool done;

	sim_pem(&pem, "CERTIFICATE", sim_maker_root(m));
	errno = ENOMEM;
	done = !pem.bad && sim_file_put(m->dir, "root.pem", sim_out_bytes(&pem),
	                                0644, true);
	sim_out_free(&pem);
	return done || errno_because(m, "root.pem");
}

static bool put_all(struct sim_maker *m, int pcs, struct assay_bytes edition)
{
	const struct ledger_set *standard =
		sim_maker_standard(m, m->row.published);

	return put_root(m) && put_set(m, pcs, "standard", standard->number) &&
	       put_set(m, pcs, "early", m->sets[m->n_sets - 1].number) &&
	       put_document(m, pcs, "tcb_evaluation_data_numbers.json",
	                    "numbers") &&
	       put(m, pcs, EDITION, edition);
}

bool sim_maker_export(struct sim_maker *m)
{
	int pcs = sim_folder(m->dir, "pcs", 0755);
	struct sim_out have = { 0 };
	char text[24];
	const struct assay_bytes want = { (const uint8_t *)text,
		                          (size_t)snprintf(
						  text, sizeof(text), "%jd\n",
						  (intmax_t)m->row.edition) };
	bool done;

	if (pcs < 0)
		return errno_because(m, "pcs");
	done = sim_file_get(&have, pcs, EDITION, sizeof(text), false) &&
	       have.len == want.len &&
	       memcmp(have.ptr, want.ptr, want.len) == 0;
	sim_out_free(&have);
	done = done || put_all(m, pcs, want);
	close(pcs);
	return done;
}

/* ---- processors' folders */

/* A folder in .new is whole if the ledger has its processor; and if there is
 * another of that name beside, that one is to stay. */
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
		return errno_because(m, name);
	return sim_folder_remove(new, name) || errno_because(m, name);
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
		return errno_because(m, "processors/.new");
	while (good && (e = readdir(d)))
		good = e->d_name[0] == '.' ||
		       settle_one(m, processors, new, e->d_name);
	closedir(d);
	return good;
}

bool sim_maker_settle(struct sim_maker *m)
{
	int processors = sim_folder(m->dir, "processors", 0755);
	int new = processors < 0 ? -1 : sim_folder(processors, ".new", 0700);
	bool good = new >= 0 ? settle_all(m, processors, new)
	                     : errno_because(m, "processors");

	if (new >= 0)
		close(new);
	if (processors >= 0)
		close(processors);
	return good;
}
