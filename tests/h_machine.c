/* h_machine.c - a simulated machine for tests. */
#include "h_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/sigstruct.h"
#include "sim/ae.h"

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "h_machine: %s\n", what);
	exit(2);
}

const struct assay_rsa3 *machine_signer(unsigned i)
{
	static struct assay_rsa3 *keys[MACHINE_N_SIGNERS];

	if (!keys[i])
		keys[i] = assay_rsa3_new();
	must(keys[i], "no RSA key");
	return keys[i];
}

void machine_default(struct sim_machine *m)
{
	static const uint8_t best[] = { 9, 9, 2, 2, 3, 1, 0, 5 };

	memset(m, 0, sizeof(*m));
	assay_sha256(m->fuse, buf_text("fuses"));
	memcpy(m->cpu_svn, best, sizeof(best));
	must(sim_ae_sign(m->pce, SIM_AE_PCE, MACHINE_PCE_SVN, 0x20260101,
	                 machine_signer(0)) &&
	             sim_ae_sign(m->qe, SIM_AE_QE, SIM_SVN_UP_TO_DATE,
	                         0x20260101, machine_signer(1)),
	     "the platform's enclaves are not signed");
}

enum sim_status machine_facts(struct machine_facts *facts,
                              const uint8_t rpk[16],
                              const struct sim_machine *m)
{
	struct sim_cpu cpu;
	struct sim_enclave pce = { .cpu = &cpu };
	const struct sim_enclu enclu = sim_enclu_of(&pce);
	enum sim_status status;

	memset(facts, 0, sizeof(*facts));
	sim_cpu_of_maker(&cpu, rpk, m->cpu_svn);
	status = sim_ae_start(&pce.secs, &cpu, SIM_AE_PCE, m->pce);
	memcpy(facts->psvn.cpu_svn, m->cpu_svn, SIM_CPUSVN_LEN);
	facts->psvn.pce_svn = pce.secs.isv_svn;
	if (status == SIM_SUCCESS)
		status = sim_pce_ppid(facts->ppid, &enclu);
	if (status == SIM_SUCCESS)
		status = sim_pce_pck(&facts->pck, &enclu, &facts->psvn);
	assay_wipe(&cpu, sizeof(cpu));
	return status;
}

static void fill_leaf(struct sim_world *w, const struct machine_facts *f)
{
	struct sim_cert_spec *c = &w->cert[SIM_PCK];

	w->keys[SIM_PCK] = f->pck;
	memcpy(c->key, f->pck.key, sizeof(c->key));
	c->ski = c->serial = sim_key_id(f->pck.key);
	c->pck.member[SIM_PCK_PPID].octets = sim_mem(f->ppid, 16);
	for (unsigned i = 0; i < SIM_CPUSVN_LEN; i++)
		c->pck.tcb[i].value = f->psvn.cpu_svn[i];
	c->pck.tcb[SIM_TCB_PCESVN].value = f->psvn.pce_svn;
	c->pck.tcb[SIM_TCB_CPUSVN].octets = sim_mem(f->psvn.cpu_svn,
	                                            SIM_CPUSVN_LEN);
}

void machine_provision(struct sim_machine *m, struct sim_world *w)
{
	const struct assay_bytes raw = { m->qe, sizeof(m->qe) };
	struct machine_facts facts;
	struct assay_sigstruct qe;
	uint8_t rpk[16];

	must(sim_world_default(w, SIM_SGX_V3) && sim_rpk(rpk, m->fuse) &&
	             machine_facts(&facts, rpk, m) == SIM_SUCCESS &&
	             assay_sigstruct_read(&qe, raw, NULL),
	     "no facts");
	assay_wipe(rpk, sizeof(rpk));
	fill_leaf(w, &facts);
	w->qe[SIM_SGX].mrsigner = sim_mem(qe.mrsigner, 32);
	w->qe[SIM_SGX].isv_prod_id = qe.isv_prod_id;
	must(sim_world_build(w), "no documents");
	buf_clear(&m->chain);
	buf_put_bytes(&m->chain, buf_bytes(&w->pem[SIM_CHAIN_PCK]));
}

void machine_enclave(struct machine_enclave *e, const char *label, unsigned i)
{
	struct assay_sigstruct fields;

	memset(e, 0, sizeof(*e));
	e->created.flags = ASSAY_SGX_MODE64BIT;
	e->created.xfrm = 7;
	assay_sha256(e->mrenclave, buf_text(label));
	assay_sigstruct_default(&fields, false);
	memcpy(fields.mrenclave, e->mrenclave, 32);
	fields.isv_prod_id = 7;
	fields.isv_svn = 3;
	must(assay_sigstruct_sign(e->sigstruct, &fields, machine_signer(i),
	                          NULL),
	     "an enclave is not signed");
}
