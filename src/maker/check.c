/* check.c - does all that a manufacturer has belong together? */
#include "maker/parts.h"

#include <assay/verify.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "sim/machine.h"

enum { LEAF_MAX = 4096 };

/* ---- processors */

/* A processor, and what its folder has. */
struct suspect {
	struct sim_maker *m;
	const struct ledger_processor *p;
	uint8_t leaf[LEAF_MAX];
	size_t leaf_len; /* 0: no folder, or no certificate in it */
	bool leaf_known; /* the ledger has it */
};

/* A certificate is what it would be if it were made again. */
static bool check_cert(void *arg, const struct ledger_cert *c)
{
	struct suspect *s = arg;
	struct ledger_cert again;

	if (!sim_maker_make_cert(s->m, &again, s->p, c->tcbm, c->issued))
		return false;
	if (again.der.len != c->der.len ||
	    memcmp(again.der.ptr, c->der.ptr, c->der.len) != 0)
		return sim_because(&s->m->why,
		                   "%s: a certificate in the "
		                   "ledger is not its own",
		                   s->p->name);
	s->leaf_known |= s->leaf_len == c->der.len &&
	                 memcmp(s->leaf, c->der.ptr, c->der.len) == 0;
	return true;
}

static bool read_leaf(struct suspect *s, struct assay_bytes chain)
{
	struct assay_bytes body;
	size_t pos = 0;

	return assay_pem_next(&body, chain, &pos, "CERTIFICATE") &&
	       body.len <= LEAF_MAX &&
	       assay_base64_parse(s->leaf, &s->leaf_len, body, true);
}

static bool check_machine(struct suspect *s, const struct sim_machine *machine)
{
	uint8_t rpk[16];
	bool same = sim_rpk(rpk, machine->fuse) &&
	            memcmp(rpk, s->p->rpk, sizeof(rpk)) == 0;

	assay_wipe(rpk, sizeof(rpk));
	if (!same)
		return sim_because(&s->m->why,
		                   "processors/%s: its fuses are "
		                   "not those of this processor",
		                   s->p->name);
	return !machine->chain.len ||
	       read_leaf(s, buf_bytes(&machine->chain)) ||
	       sim_because(&s->m->why, "processors/%s: its certificate is none",
	                   s->p->name);
}

/* A machine that was taken elsewhere is no fault. */
static bool check_folder(struct suspect *s)
{
	struct sim_machine machine;
	struct buf path = { 0 };
	bool good = true, there;

	buf_printf(&path, "%s/processors/%s", s->m->path, s->p->name);
	buf_put_zeros(&path, 1);
	if (path.bad)
		return sim_no_memory(s->m);
	there = access((const char *)path.ptr, F_OK) == 0;
	if (there && sim_machine_read(&machine, (const char *)path.ptr)) {
		good = check_machine(s, &machine);
		sim_machine_free(&machine);
	} else if (there) {
		good = sim_because(&s->m->why,
		                   "processors/%s: it is not complete",
		                   s->p->name);
	}
	buf_free(&path);
	return good;
}

static bool check_processor(void *arg, const struct ledger_processor *p)
{
	struct suspect s = { .m = arg, .p = p };

	if (!check_folder(&s) ||
	    !sim_maker_each_cert(s.m, p->id, check_cert, &s))
		return false;
	return !s.leaf_len || s.leaf_known ||
	       sim_because(&s.m->why,
	                   "processors/%s: its certificate is not "
	                   "in the ledger",
	                   p->name);
}

/* ---- nothing else stands among them */

static bool is_known(struct sim_maker *m, const char *name)
{
	struct ledger_processor p;
	enum ledger_found found = sim_maker_find(m, &p, name);

	if (found == LEDGER_NONE)
		sim_because(&m->why,
		            "processors/%s: the ledger knows no such "
		            "processor",
		            name);
	return found == LEDGER_FOUND;
}

static bool check_names(struct sim_maker *m)
{
	int fd = openat(m->dir, "processors",
	                O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	bool good = d != NULL;

	if (!d && fd >= 0)
		close(fd);
	if (!d)
		return sim_errno_because(m, "processors");
	while (good && (e = readdir(d)))
		good = e->d_name[0] == '.' || is_known(m, e->d_name);
	closedir(d);
	return good;
}

/* ---- documents: whether a verifier takes them */

struct docs {
	struct sim_maker *m;
	uint32_t number;
};

static bool copy(struct buf *out, struct sim_maker *m, const char *name)
{
	struct assay_bytes body;

	if (!sim_maker_need_document(m, &body, name))
		return false;
	buf_put_bytes(out, body);
	return !out->bad || sim_no_memory(m);
}

static bool take_all(struct buf out[4], const struct docs *docs,
                     const struct ledger_family *f)
{
	char tcb[SIM_DOCUMENT_NAME], qe[SIM_DOCUMENT_NAME],
		crl[SIM_DOCUMENT_NAME];

	sim_tcb_name(tcb, f->fmspc, docs->number);
	sim_qe_name(qe, docs->number);
	sim_crl_name(crl, f->ca);
	return copy(&out[0], docs->m, tcb) && copy(&out[1], docs->m, qe) &&
	       copy(&out[2], docs->m, crl) &&
	       copy(&out[3], docs->m, "crl/root");
}

static bool open_trust(struct sim_maker *m, const struct assay_collateral *c)
{
	const struct assay_bytes none = { 0 };
	void *trust = malloc(assay_trust_size());
	struct assay_err err = { 0 };
	bool good = trust && assay_trust_open(trust, c, none, m->keys.root.key,
	                                      NULL, &err);

	free(trust);
	return good ||
	       sim_because(&m->why, "the documents are not good: %s %s: %s",
	                   assay_doc_name(err.doc),
	                   trust ? assay_check_info(err.check)->name : "",
	                   trust ? err.note : "memory is short");
}

static bool check_documents(void *arg, const struct ledger_family *f)
{
	const struct docs *docs = arg;
	struct buf out[4] = { 0 };
	bool good = take_all(out, docs, f);

	if (good) {
		const struct assay_collateral c = {
			.tcb_info.doc = buf_bytes(&out[0]),
			.qe_identity.doc = buf_bytes(&out[1]),
			.pck_crl = buf_bytes(&out[2]),
			.root_ca_crl = buf_bytes(&out[3]),
			.tcb_info_issuer_chain =
				sim_maker_signer_chain(docs->m),
			.qe_identity_issuer_chain =
				sim_maker_signer_chain(docs->m),
			.pck_crl_issuer_chain = sim_maker_ca_chain(docs->m,
			                                           f->ca),
		};

		good = open_trust(docs->m, &c);
	}
	for (unsigned i = 0; i < 4; i++)
		buf_free(&out[i]);
	return good;
}

bool sim_maker_check(struct sim_maker *m)
{
	struct docs standard = { .m = m }, early = { .m = m };

	if (!sim_maker_refresh(m))
		return false;
	standard.number = sim_maker_standard(m, m->row.published)->number;
	early.number = m->evaluations[m->n_evaluations - 1].number;
	return sim_maker_each(m, check_processor, m) && check_names(m) &&
	       sim_maker_each_family(m, check_documents, &standard) &&
	       sim_maker_each_family(m, check_documents, &early) &&
	       sim_maker_check_issued(m) && sim_maker_check_files(m);
}
