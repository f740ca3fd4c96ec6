/* make.c - processors, made and updated. */
#include "maker/parts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"
#include "sim/ae.h"
#include "os/folder.h"
#include "sim/machine.h"

enum {
	BATCH = 2048,      /* processors of one transaction */
	NAME_MAX_LEN = 48, /* without a number */
	NAME_DIGITS = 6,
};

/* ---- one processor */

/* What all processors of one call share. */
struct line {
	struct sim_maker *m;
	const struct sim_make_spec *spec;
	struct ledger_family family;
	struct sim_psvn psvn;
	uint8_t tcbm[18];
	uint8_t pce[ASSAY_SIGSTRUCT_LEN], qe[ASSAY_SIGSTRUCT_LEN];
	int new;        /* DIR/processors/.new */
	int processors; /* DIR/processors */
	size_t made;
	uint64_t number; /* of the last name that was given */
};

/* "2026-11-23" as a SIGSTRUCT has dates: 0x20261123. */
static uint32_t bcd_date(int64_t time)
{
	char text[ASSAY_TIME_TEXT];
	uint32_t date = 0;

	assay_time_print(text, time);
	for (const char *p = text; *p && *p != 'T'; p++)
		if (isdigit((unsigned char)*p))
			date = date << 4 | (uint32_t)(*p - '0');
	return date;
}

static bool sign_enclaves(struct sim_maker *m, uint8_t pce[ASSAY_SIGSTRUCT_LEN],
                          uint8_t qe[ASSAY_SIGSTRUCT_LEN], uint16_t pce_svn)
{
	const uint32_t date = bcd_date(m->row.made);

	return (sim_ae_sign(pce, SIM_AE_PCE, pce_svn, date, m->keys.enclaves) &&
	        sim_ae_sign(qe, SIM_AE_QE, SIM_SVN_UP_TO_DATE, date,
	                    m->keys.enclaves)) ||
	       sim_no_memory(m);
}

/* The PEM chain of a certificate. */
static void put_chain(struct buf *pem, const struct sim_maker *m,
                      const struct ledger_cert *cert, enum sim_ca ca)
{
	buf_clear(pem);
	sim_pem(pem, "CERTIFICATE", cert->der);
	buf_put_bytes(pem, sim_maker_ca_chain(m, ca));
}

/* What is known of a processor, for people and programs. */
static bool put_facts(int dir, const struct ledger_processor *p,
                      const struct ledger_cert *cert, enum sim_ca ca)
{
	char text[1024];
	const uint8_t pce_id[2] = { (uint8_t)p->pce_id,
		                    (uint8_t)(p->pce_id >> 8) };
	struct assay_json_out o;

	assay_json_begin(&o, text, sizeof(text));
	assay_json_put_object(&o, NULL);
	assay_json_put_text(&o, "name", p->name);
	assay_json_put_hex(&o, "ppid", p->ppid, sizeof(p->ppid));
	assay_json_put_hex(&o, "fmspc", p->fmspc, sizeof(p->fmspc));
	assay_json_put_hex(&o, "pce_id", pce_id, sizeof(pce_id));
	assay_json_put_text(&o, "ca", sim_ca_name(ca));
	assay_json_put_hex(&o, "cpusvn", p->cpu_svn, sizeof(p->cpu_svn));
	assay_json_put_uint(&o, "pcesvn", p->pce_svn);
	assay_json_put_hex(&o, "tcbm", cert->tcbm, sizeof(cert->tcbm));
	assay_json_put_hex(&o, "serial", cert->serial, sizeof(cert->serial));
	assay_json_put_time(&o, "made", p->made);
	assay_json_put_end(&o, '}');
	if (!o.ok || o.len + 1 >= sizeof(text)) {
		errno = ENOMEM;
		return false;
	}
	text[o.len] = '\n';
	return file_put(dir, "processor.json",
	                (struct assay_bytes){ (const uint8_t *)text,
	                                      o.len + 1 },
	                0644, false);
}

/* Writes the machine's folder as DIR/processors/.new/NAME. */
static bool put_machine(struct sim_maker *m, int new,
                        const struct sim_machine *machine,
                        const struct ledger_processor *p,
                        const struct ledger_cert *cert, enum sim_ca ca)
{
	struct buf path = { 0 };
	bool good = false;
	int dir = -1;

	buf_printf(&path, "%s/processors/.new/%s", m->path, p->name);
	buf_put_zeros(&path, 1);
	if (path.bad || machine->chain.bad)
		errno = ENOMEM;
	else
		good = folder_remove(new, p->name) &&
		       sim_machine_write(machine, (const char *)path.ptr);
	if (good) {
		dir = folder_open(new, p->name, 0700);
		good = dir >= 0 && put_facts(dir, p, cert, ca);
	}
	if (!good)
		sim_errno_because(m, "processors/%s", p->name);
	if (dir >= 0)
		close(dir);
	buf_free(&path);
	return good;
}

/* The secret is drawn here, written to the machine's folder alone, and
 * forgotten: what the maker keeps is the root provisioning key. */
static bool draw(struct line *l, struct ledger_processor *p,
                 struct sim_machine *machine)
{
	struct sim_maker *m = l->m;

	if (!assay_random(machine->fuse, sizeof(machine->fuse)) ||
	    !assay_random(machine->owner_epoch, sizeof(machine->owner_epoch)) ||
	    (l->family.ca == SIM_CA_PLATFORM &&
	     !assay_random(p->piid, sizeof(p->piid))))
		return sim_because(&m->why, "there are no random numbers");
	memcpy(machine->cpu_svn, p->cpu_svn, sizeof(machine->cpu_svn));
	memcpy(machine->pce, l->pce, sizeof(machine->pce));
	memcpy(machine->qe, l->qe, sizeof(machine->qe));
	machine->ppid_key = m->ppid_key;
	return (sim_rpk(p->rpk, machine->fuse) || sim_no_memory(m)) &&
	       sim_maker_ppid(p->ppid, m, p->rpk);
}

static bool make_one(struct line *l, const char *name)
{
	struct sim_maker *m = l->m;
	struct ledger_processor p = {
		.id = m->row.n_processors + 1,
		.pce_id = SIM_PCE_ID,
		.pce_svn = l->psvn.pce_svn,
		.made = l->spec->now,
	};
	struct sim_machine machine = { 0 };
	struct ledger_cert cert;
	bool good;

	snprintf(p.name, sizeof(p.name), "%s", name);
	memcpy(p.fmspc, l->family.fmspc, sizeof(p.fmspc));
	memcpy(p.cpu_svn, l->psvn.cpu_svn, sizeof(p.cpu_svn));
	m->row.n_processors++;
	good = draw(l, &p, &machine) && sim_seal_processor(m, &p) &&
	       sim_tally(m, m->tally, p.seal) &&
	       (ledger_add_processor(m->ledger, &p) || sim_ledger_failed(m)) &&
	       sim_maker_new_cert(m, &cert, &p, l->tcbm, l->spec->now);
	if (good) {
		put_chain(&machine.chain, m, &cert, l->family.ca);
		good = put_machine(m, l->new, &machine, &p, &cert,
		                   l->family.ca);
	}
	sim_machine_free(&machine);
	assay_wipe(&p, sizeof(p));
	return good;
}

/* ---- many */

static bool is_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._-";
	const size_t n = strlen(name);

	return n && n <= NAME_MAX_LEN && strspn(name, allowed) == n &&
	       isalnum((unsigned char)name[0]);
}

/* A folder that the ledger does not know is somebody's, and would keep the new
 * one from its name. */
static bool is_free(struct line *l, const char *name)
{
	if (faccessat(l->processors, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return sim_because(&l->m->why,
		                   "%s/processors/%s is there already, and not "
		                   "of this ledger: move it away",
		                   l->m->path, name);
	return errno == ENOENT ||
	       sim_errno_because(l->m, "processors/%s", name);
}

/* The next name: a number after the given one where there are many, and no name
 * that is taken. */
static bool next_name(struct line *l, char name[LEDGER_NAME_LEN])
{
	struct sim_maker *m = l->m;
	const char *stem = l->spec->name ? l->spec->name : "processor";
	const bool numbered = !l->spec->name || l->spec->count > 1;
	struct ledger_processor p;
	enum ledger_found found;

	do {
		if (numbered)
			snprintf(name, LEDGER_NAME_LEN, "%.*s-%0*ju",
			         NAME_MAX_LEN, stem, NAME_DIGITS,
			         (uintmax_t)++l->number);
		else
			snprintf(name, LEDGER_NAME_LEN, "%s", stem);
		found = sim_maker_find(m, &p, name);
	} while (found == LEDGER_FOUND && numbered);
	if (found == LEDGER_FOUND)
		return sim_because(&m->why, "there is a processor %s already",
		                   name);
	return found == LEDGER_NONE && is_free(l, name);
}

/* What is in .new is on the disk before anything says that it is there, or what
 * it takes the place of goes: the fuses are nowhere else. */
static bool sync_new(struct line *l)
{
	return syncfs(l->new) == 0 || sim_errno_because(l->m, "processors");
}

static bool settle(struct line *l)
{
	if (!sync_new(l))
		return sim_maker_abort(l->m);
	return sim_maker_commit(l->m) && sim_maker_settle(l->m);
}

static bool make_batch(struct line *l)
{
	char name[LEDGER_NAME_LEN];
	const size_t left = l->spec->count - l->made;
	const size_t n = left < BATCH ? left : BATCH;

	if (!sim_maker_begin(l->m))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!next_name(l, name) || !make_one(l, name))
			return sim_maker_abort(l->m);
		if (l->spec->progress && (i + 1) % 32 == 0)
			l->spec->progress(l->spec->arg, l->made + i + 1,
			                  l->spec->count);
	}
	if (!settle(l))
		return false;
	l->made += n;
	if (l->spec->progress)
		l->spec->progress(l->spec->arg, l->made, l->spec->count);
	return true;
}

static bool open_folders(struct line *l)
{
	struct sim_maker *m = l->m;

	l->processors = folder_open(m->dir, "processors", 0755);
	if (l->processors >= 0)
		l->new = folder_open(l->processors, ".new", 0700);
	return l->new >= 0 || sim_errno_because(m, "processors");
}

static void close_folders(struct line *l)
{
	if (l->new >= 0)
		close(l->new);
	if (l->processors >= 0)
		close(l->processors);
}

/* A family that is new gets its documents in the same transaction. */
static bool new_family(struct line *l)
{
	struct sim_maker *m = l->m;

	if (!sim_maker_begin(m))
		return false;
	m->row.n_families++;
	if (!sim_seal_family(m, &l->family) ||
	    !sim_tally(m, m->tally, l->family.seal) ||
	    !(ledger_put_family(m->ledger, &l->family) ||
	      sim_ledger_failed(m)) ||
	    !sim_maker_issue(m, l->spec->now))
		return sim_maker_abort(m);
	return sim_maker_commit(m) && sim_maker_export(m);
}

static bool find_family(struct line *l)
{
	struct sim_maker *m = l->m;
	const struct sim_make_spec *spec = l->spec;

	if (memcmp(spec->fmspc, sim_maker_fmspc, 3) != 0)
		return sim_because(&m->why,
		                   "an FMSPC of a simulated family begins with "
		                   "53494D: no real one does");
	switch (sim_maker_family(m, &l->family, spec->fmspc)) {
	case LEDGER_FAILED:
		return false;
	case LEDGER_FOUND:
		return l->family.ca == spec->ca ||
		       sim_because(&m->why,
		                   "processors of this family are certified by "
		                   "the %s CA",
		                   sim_ca_name(l->family.ca));
	case LEDGER_NONE:
		break;
	}
	memcpy(l->family.fmspc, spec->fmspc, sizeof(l->family.fmspc));
	l->family.ca = (uint8_t)spec->ca;
	return new_family(l);
}

static bool find_state(struct line *l)
{
	struct sim_maker *m = l->m;
	const struct ledger_evaluation *newest =
		&m->evaluations[m->n_evaluations - 1];
	const struct sim_make_spec *spec = l->spec;

	memcpy(l->psvn.cpu_svn,
	       spec->has_cpu_svn ? spec->cpu_svn : newest->cpu_svn, 16);
	l->psvn.pce_svn = spec->has_pce_svn ? spec->pce_svn : newest->pce_svn;
	return sim_maker_reached(m, l->tcbm, &l->psvn) == LEDGER_FOUND ||
	       sim_because(&m->why, "this CPUSVN and PCESVN are below every "
	                            "TCB level: no certificate is for them");
}

bool sim_maker_make(struct sim_maker *m, const struct sim_make_spec *spec)
{
	struct line l = { .m = m, .spec = spec, .new = -1, .processors = -1 };
	bool good;

	if (spec->name && !is_name(spec->name))
		return sim_because(&m->why,
		                   "a name is of letters, digits, '.', '_' and "
		                   "'-', begins with a letter or digit, and is "
		                   "not long");
	good = sim_maker_is_time(&m->why, spec->now) && find_state(&l) &&
	       find_family(&l) &&
	       sign_enclaves(m, l.pce, l.qe, l.psvn.pce_svn) &&
	       open_folders(&l);
	l.number = spec->name ? 0 : (uint64_t)m->row.n_processors;
	while (good && l.made < spec->count)
		good = make_batch(&l);
	if (!good && l.new >= 0) {
		const struct sim_why why = m->why;

		/* what is left if this fails too, the next run removes */
		(void)!sim_maker_settle(m);
		m->why = why;
	}
	close_folders(&l);
	return good;
}

/* ---- updated */

static bool is_newer(struct sim_maker *m, const struct ledger_evaluation *best,
                     const struct ledger_processor *p)
{
	return (sim_cpu_svn_within(p->cpu_svn, best->cpu_svn) &&
	        p->pce_svn <= best->pce_svn) ||
	       sim_because(&m->why,
	                   "%s is above the best state in a component: an "
	                   "update lowers none",
	                   p->name);
}

/* The state and its certificate, in the ledger. */
static bool update_entry(struct sim_maker *m, struct ledger_processor *p,
                         struct ledger_cert *cert, int64_t now)
{
	const struct ledger_evaluation *best =
		&m->evaluations[m->n_evaluations - 1];
	enum ledger_found found;
	uint8_t tcbm[18];

	if (!is_newer(m, best, p))
		return false;
	memcpy(p->cpu_svn, best->cpu_svn, sizeof(p->cpu_svn));
	p->pce_svn = best->pce_svn;
	sim_tcbm(tcbm, p->cpu_svn, p->pce_svn);
	if (!sim_maker_change(m, p))
		return false;
	found = sim_maker_old_cert(m, cert, p, tcbm);
	return found == LEDGER_FOUND ||
	       (found == LEDGER_NONE &&
	        sim_maker_new_cert(m, cert, p, tcbm, now));
}

static bool read_machine(struct sim_machine *machine, struct sim_maker *m,
                         const char *name)
{
	struct buf path = { 0 };
	bool good;

	buf_printf(&path, "%s/processors/%s", m->path, name);
	buf_put_zeros(&path, 1);
	good = !path.bad && sim_machine_read(machine, (const char *)path.ptr);
	buf_free(&path);
	return good || sim_because(&m->why,
	                           "%s/processors/%s: it is not there, or not "
	                           "complete",
	                           m->path, name);
}

/* The folder with the new state takes the place of the old one at once. */
static bool update_folder(struct line *l, struct sim_machine *machine,
                          const struct ledger_processor *p,
                          const struct ledger_cert *cert)
{
	struct sim_maker *m = l->m;

	if (!sign_enclaves(m, machine->pce, machine->qe, p->pce_svn))
		return false;
	memcpy(machine->cpu_svn, p->cpu_svn, sizeof(machine->cpu_svn));
	put_chain(&machine->chain, m, cert, l->family.ca);
	if (!open_folders(l) ||
	    !put_machine(m, l->new, machine, p, cert, l->family.ca) ||
	    !sync_new(l))
		return false;
	if (renameat2(l->new, p->name, l->processors, p->name,
	              RENAME_EXCHANGE) != 0)
		return sim_errno_because(m, "processors/%s", p->name);
	return sim_maker_settle(m);
}

static bool update(struct line *l, struct sim_machine *machine,
                   const char *name, int64_t now)
{
	struct sim_maker *m = l->m;
	struct ledger_processor p;
	struct ledger_cert cert;

	if (!sim_maker_is_time(&m->why, now) || !sim_maker_begin(m))
		return false;
	if (!sim_maker_find_good(m, &p, name) ||
	    !read_machine(machine, m, name) ||
	    !update_entry(m, &p, &cert, now) ||
	    !sim_maker_family_of(m, &l->family, &p))
		return sim_maker_abort(m);
	return sim_maker_commit(m) && update_folder(l, machine, &p, &cert);
}

bool sim_maker_update(struct sim_maker *m, const char *name, int64_t now)
{
	struct line l = { .m = m, .new = -1, .processors = -1 };
	struct sim_machine machine = { 0 };
	bool good = update(&l, &machine, name, now);

	sim_machine_free(&machine);
	close_folders(&l);
	return good;
}
