/* cert.c - PCK certificates: of a processor in a state [DCAP 2.2]. */
#include <string.h>

#include "maker/parts.h"

#define LEAF_LIFE (7 * 365 * INT64_C(86400))

static void fill_leaf(struct sim_cert_spec *c, const struct ledger_processor *p,
                      const uint8_t tcbm[18], const uint8_t key[64],
                      int64_t now)
{
	struct sim_pck_spec *pck = &c->pck;

	c->not_before = now;
	c->not_after = now + LEAF_LIFE;
	memcpy(c->key, key, 64);
	c->ski = c->serial = sim_key_id(key);
	pck->member[SIM_PCK_PPID].octets = sim_mem(p->ppid, 16);
	pck->member[SIM_PCK_FMSPC].octets = sim_mem(p->fmspc, 6);
	pck->member[SIM_PCK_PIID].octets = sim_mem(p->piid, 16);
	for (unsigned i = 0; i < 16; i++)
		pck->tcb[i].value = tcbm[i];
	pck->tcb[SIM_TCB_PCESVN].value = tcbm[16] | tcbm[17] << 8;
	pck->tcb[SIM_TCB_CPUSVN].octets = sim_mem(tcbm, 16);
}

/* The PCK of a state, of which the maker keeps the public half alone. */
static bool pck_key(uint8_t key[64], struct sim_maker *m,
                    const struct ledger_processor *p, const uint8_t tcbm[18])
{
	const struct sim_enclu enclu = sim_enclu_of(&m->pce);
	struct sim_psvn psvn = { .pce_svn = (uint16_t)(tcbm[16] |
		                                       tcbm[17] << 8) };
	struct assay_p256_pair pair;
	bool done;

	memcpy(psvn.cpu_svn, tcbm, 16);
	memcpy(m->cpu.rpk, p->rpk, sizeof(m->cpu.rpk));
	done = sim_pce_pck(&pair, &enclu, &psvn) == SIM_SUCCESS;
	assay_wipe(m->cpu.rpk, sizeof(m->cpu.rpk));
	memcpy(key, pair.key, 64);
	assay_wipe(&pair, sizeof(pair));
	return done || sim_no_memory(m);
}

bool sim_maker_ppid(uint8_t ppid[16], struct sim_maker *m,
                    const uint8_t rpk[16])
{
	const struct sim_enclu enclu = sim_enclu_of(&m->pce);
	bool done;

	memcpy(m->cpu.rpk, rpk, sizeof(m->cpu.rpk));
	done = sim_pce_ppid(ppid, &enclu) == SIM_SUCCESS;
	assay_wipe(m->cpu.rpk, sizeof(m->cpu.rpk));
	return done || sim_no_memory(m);
}

bool sim_maker_make_cert(struct sim_maker *m, struct ledger_cert *cert,
                         const struct ledger_processor *p,
                         const uint8_t tcbm[18], int64_t now)
{
	struct ledger_family family;
	struct sim_cert_spec spec;
	uint8_t key[64];

	if (!sim_maker_family_of(m, &family, p) || !pck_key(key, m, p, tcbm))
		return false;
	spec = m->leaf[family.ca];
	fill_leaf(&spec, p, tcbm, key, now);
	if (!sim_cert_make(&m->der, &spec, &m->keys.ca[family.ca]))
		return sim_no_memory(m);
	*cert = (struct ledger_cert){
		.processor = p->id,
		.issued = now,
		.der = buf_bytes(&m->der),
	};
	memcpy(cert->tcbm, tcbm, sizeof(cert->tcbm));
	memcpy(cert->serial, spec.serial.p, sizeof(cert->serial));
	return sim_seal_cert(m, cert);
}

bool sim_maker_new_cert(struct sim_maker *m, struct ledger_cert *cert,
                        const struct ledger_processor *p,
                        const uint8_t tcbm[18], int64_t now)
{
	if (!sim_maker_make_cert(m, cert, p, tcbm, now))
		return false;
	m->row.n_certs++;
	return sim_tally(m, m->tally, cert->seal) &&
	       (ledger_add_cert(m->ledger, cert) || sim_ledger_failed(m));
}

static enum ledger_found old_cert(struct sim_maker *m, struct ledger_cert *cert,
                                  const struct ledger_processor *p,
                                  const uint8_t tcbm[18])
{
	enum ledger_found found = ledger_get_cert(m->ledger, cert, p->id, tcbm);

	if (found == LEDGER_FAILED)
		sim_ledger_failed(m);
	if (found != LEDGER_FOUND)
		return found;
	if (!sim_sealed_cert(m, cert))
		return LEDGER_FAILED;
	buf_clear(&m->der);
	buf_put_bytes(&m->der, cert->der);
	cert->der = buf_bytes(&m->der);
	if (m->der.bad)
		sim_no_memory(m);
	return m->der.bad ? LEDGER_FAILED : LEDGER_FOUND;
}

enum ledger_found sim_maker_old_cert(struct sim_maker *m,
                                     struct ledger_cert *cert,
                                     const struct ledger_processor *p,
                                     const uint8_t tcbm[18])
{
	enum ledger_found found;

	do
		found = old_cert(m, cert, p, tcbm);
	while (sim_maker_moved(m, &found));
	return found;
}

/* Somebody else may have certified or revoked it meanwhile: who begins the
 * transaction looks again. */
static enum ledger_found certify(struct sim_maker *m, struct ledger_cert *cert,
                                 const char *name, const uint8_t tcbm[18],
                                 int64_t now)
{
	struct ledger_processor p;
	enum ledger_found found = sim_maker_find(m, &p, name);

	if (found == LEDGER_FOUND && p.revoked)
		return LEDGER_NONE;
	if (found == LEDGER_FOUND)
		found = sim_maker_old_cert(m, cert, &p, tcbm);
	if (found == LEDGER_NONE)
		found = sim_maker_new_cert(m, cert, &p, tcbm, now)
		                ? LEDGER_FOUND
		                : LEDGER_FAILED;
	return found;
}

enum ledger_found sim_maker_certify(struct sim_maker *m,
                                    struct ledger_cert *cert,
                                    const struct ledger_processor *p,
                                    const uint8_t tcbm[18], int64_t now)
{
	enum ledger_found found =
		p->revoked ? LEDGER_NONE : sim_maker_old_cert(m, cert, p, tcbm);

	if (p->revoked || found != LEDGER_NONE)
		return found;
	if (!sim_maker_begin(m))
		return LEDGER_FAILED;
	found = certify(m, cert, p->name, tcbm, now);
	if (found == LEDGER_FOUND)
		return sim_maker_commit(m) ? LEDGER_FOUND : LEDGER_FAILED;
	sim_maker_abort(m);
	return found;
}
