/* docs.c - a manufacturer's own certificates [DCAP 2.1], and the levels of
 * its TCB evaluations [DCAP 3.3]. */
#include "maker/parts.h"

#include <string.h>

#include "sim/ae.h"

#define DAY INT64_C(86400)
#define YEAR (365 * DAY)

static const enum sim_who ca_of[SIM_N_CAS] = { SIM_PROCESSOR_CA,
	                                       SIM_PLATFORM_CA };

/* The manufacturer's own certificates, and what the ledger calls them. */
static const struct {
	enum sim_who who;
	const char *name;
	int years;
} own[] = {
	{ SIM_ROOT, "cert/root", 31 },
	{ SIM_PROCESSOR_CA, "cert/processor", 15 },
	{ SIM_PLATFORM_CA, "cert/platform", 15 },
	{ SIM_TCB_SIGNER, "cert/signer", 7 },
};
enum { N_OWN = sizeof(own) / sizeof(own[0]) };

/* ---- from keys to certificates */

static void set_keys(struct sim_maker *m)
{
	struct assay_p256_pair *keys = m->world->keys;

	keys[SIM_ROOT] = m->keys.root;
	for (unsigned i = 0; i < SIM_N_CAS; i++)
		keys[ca_of[i]] = m->keys.ca[i];
	keys[SIM_TCB_SIGNER] = m->keys.signer;
}

static bool make_own(struct sim_maker *m)
{
	struct sim_world *w = m->world;

	for (unsigned i = 0; i < N_OWN; i++) {
		struct sim_cert_spec *c = &w->cert[own[i].who];

		c->not_before = m->row.made / DAY * DAY;
		c->not_after = c->not_before + own[i].years * YEAR;
		if (!sim_cert_make(&w->der[own[i].who], c,
		                   &w->keys[w->cert_signer[own[i].who]]))
			return false;
	}
	return true;
}

static bool put_chain(struct buf *pem, const struct sim_world *w,
                      enum sim_who first)
{
	buf_clear(pem);
	sim_pem(pem, "CERTIFICATE", buf_bytes(&w->der[first]));
	sim_pem(pem, "CERTIFICATE", buf_bytes(&w->der[SIM_ROOT]));
	return !pem->bad;
}

/* SHA-256 of the modulus, as the enclave's SIGSTRUCT has it [SGX 2]. */
static bool set_identity(struct sim_maker *m)
{
	uint8_t modulus[ASSAY_RSA3_LEN], mrsigner[ASSAY_SHA256_LEN];
	struct sim_identity_spec *qe = &m->world->qe[SIM_SGX];

	if (!assay_rsa3_modulus(modulus, m->keys.enclaves))
		return false;
	assay_sha256(mrsigner,
	             (struct assay_bytes){ modulus, sizeof(modulus) });
	qe->mrsigner = sim_mem(mrsigner, sizeof(mrsigner));
	return true;
}

static void set_exponent(uint8_t e[4])
{
	e[0] = 0;
	e[1] = (uint8_t)(ASSAY_RSA_KEY_E >> 16);
	e[2] = (uint8_t)(ASSAY_RSA_KEY_E >> 8);
	e[3] = (uint8_t)ASSAY_RSA_KEY_E;
}

/* The PCE on a processor that is at every state: only the root provisioning key
 * is missing. */
static bool start_pce(struct sim_maker *m)
{
	uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN];
	const uint8_t rpk[16] = { 0 };
	uint8_t every[SIM_CPUSVN_LEN];

	memset(every, 0xff, sizeof(every));
	sim_cpu_of_maker(&m->cpu, rpk, every);
	m->pce.cpu = &m->cpu;
	return sim_ae_sign(sigstruct, SIM_AE_PCE, UINT16_MAX, 0,
	                   m->keys.enclaves) &&
	       sim_ae_start(&m->pce.secs, &m->cpu, SIM_AE_PCE, sigstruct) ==
	               SIM_SUCCESS;
}

bool sim_maker_build(struct sim_maker *m)
{
	struct sim_world *w = m->world;

	set_keys(m);
	sim_world_of_keys(w, SIM_SGX_V3, m->row.made);
	if (!make_own(m) || !put_chain(&m->signer_chain, w, SIM_TCB_SIGNER))
		return false;
	for (unsigned i = 0; i < SIM_N_CAS; i++) {
		sim_world_use_ca(w, ca_of[i]);
		m->leaf[i] = w->cert[SIM_PCK];
		if (!put_chain(&m->ca_chain[i], w, ca_of[i]))
			return false;
	}
	set_exponent(m->ppid_key.e);
	return assay_rsa_key_modulus(m->ppid_key.n, m->keys.ppid) &&
	       set_identity(m) && start_pce(m);
}

/* ---- they belong to the ledger */

static struct assay_bytes signer_hash(const struct sim_maker *m)
{
	return sim_bytes(&m->world->qe[SIM_SGX].mrsigner);
}

static struct assay_bytes ppid_modulus(const struct sim_maker *m)
{
	return (struct assay_bytes){ m->ppid_key.n, sizeof(m->ppid_key.n) };
}

bool sim_maker_put_certs(struct sim_maker *m)
{
	bool done = sim_maker_add_document(m, "key/enclaves", signer_hash(m)) &&
	            sim_maker_add_document(m, "key/ppid", ppid_modulus(m));

	for (unsigned i = 0; i < N_OWN && done; i++)
		done = sim_maker_add_document(
			m, own[i].name, buf_bytes(&m->world->der[own[i].who]));
	return done;
}

static bool is_in_ledger(struct sim_maker *m, const char *name,
                         struct assay_bytes want)
{
	struct ledger_document d;

	switch (ledger_get_document(m->ledger, &d, name)) {
	case LEDGER_FAILED:
		return sim_ledger_failed(m);
	case LEDGER_FOUND:
		if (d.body.len == want.len &&
		    memcmp(d.body.ptr, want.ptr, want.len) == 0)
			return true;
		break;
	case LEDGER_NONE:
		break;
	}
	return sim_because(
		&m->why,
		"keys and ledger do not belong together: %s is "
		"another one; one of the files in keys/ was replaced",
		name);
}

bool sim_maker_check_certs(struct sim_maker *m)
{
	for (unsigned i = 0; i < N_OWN; i++)
		if (!is_in_ledger(m, own[i].name,
		                  buf_bytes(&m->world->der[own[i].who])))
			return false;
	return is_in_ledger(m, "key/enclaves", signer_hash(m)) &&
	       is_in_ledger(m, "key/ppid", ppid_modulus(m));
}

struct assay_bytes sim_maker_ca_chain(const struct sim_maker *m, enum sim_ca ca)
{
	return buf_bytes(&m->ca_chain[ca]);
}

struct assay_bytes sim_maker_signer_chain(const struct sim_maker *m)
{
	return buf_bytes(&m->signer_chain);
}

struct assay_bytes sim_maker_root(const struct sim_maker *m)
{
	return buf_bytes(&m->world->der[SIM_ROOT]);
}

/* ---- levels */

void sim_tcbm(uint8_t tcbm[18], const uint8_t cpu_svn[16], uint16_t pce_svn)
{
	memcpy(tcbm, cpu_svn, 16);
	tcbm[16] = (uint8_t)pce_svn;
	tcbm[17] = (uint8_t)(pce_svn >> 8);
}

/* What a status becomes when there is a better level. */
static const char *overtaken(const char *status)
{
	static const struct {
		const char *from, *to;
	} steps[] = {
		{ "UpToDate", "OutOfDate" },
		{ "SWHardeningNeeded", "OutOfDate" },
		{ "ConfigurationNeeded", "OutOfDateConfigurationNeeded" },
		{ "ConfigurationAndSWHardeningNeeded",
		  "OutOfDateConfigurationNeeded" },
	};

	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (strcmp(status, steps[i].from) == 0)
			return steps[i].to;
	return status;
}

/* One more advisory, where there is room: the first ones matter most. */
static void advise(struct sim_said *said, const char *advisory)
{
	for (unsigned i = 0; i + 1 < SIM_MAX_SAID; i++)
		if (!said->advisories[i]) {
			said->advisories[i] = advisory;
			return;
		}
}

/* A recovery: a new level before the others, which are overtaken. */
static void recover(struct sim_level *levels, size_t n,
                    const struct ledger_evaluation *evaluation)
{
	memmove(levels + 1, levels, n * sizeof(*levels));
	for (size_t i = 1; i <= n; i++) {
		levels[i].said.status = overtaken(levels[i].said.status);
		advise(&levels[i].said, evaluation->advisory);
	}
	levels[0] = (struct sim_level){
		.n_sgx = 16,
		.pce_svn = evaluation->pce_svn,
		.said = { .date = evaluation->event / DAY * DAY,
		          .status = "UpToDate" },
	};
	for (unsigned i = 0; i < 16; i++)
		levels[0].sgx[i] = evaluation->cpu_svn[i];
}

size_t sim_maker_levels(const struct sim_maker *m,
                        struct sim_level levels[SIM_MAX_LEVELS],
                        size_t evaluation)
{
	const struct sim_tcb_spec *first = &m->world->tcb[SIM_SGX];
	size_t n = first->n_levels;

	memcpy(levels, first->level, n * sizeof(*levels));
	for (size_t i = 1; i <= evaluation; i++)
		recover(levels, n++, &m->evaluations[i]);
	return n;
}

/* Level i of the newest evaluation, as PCK certificates name it. */
static void state_of(uint8_t tcbm[18], const struct sim_level *level)
{
	uint8_t cpu_svn[16];

	for (unsigned i = 0; i < 16; i++)
		cpu_svn[i] = (uint8_t)level->sgx[i];
	sim_tcbm(tcbm, cpu_svn, (uint16_t)level->pce_svn);
}

enum ledger_found sim_maker_state(const struct sim_maker *m, uint8_t tcbm[18],
                                  size_t i)
{
	struct sim_level levels[SIM_MAX_LEVELS];

	if (i >= sim_maker_levels(m, levels, m->n_evaluations - 1))
		return LEDGER_NONE;
	state_of(tcbm, &levels[i]);
	return LEDGER_FOUND;
}

static bool reaches(const struct sim_psvn *psvn, const struct sim_level *level)
{
	for (unsigned i = 0; i < 16; i++)
		if (psvn->cpu_svn[i] < level->sgx[i])
			return false;
	return psvn->pce_svn >= level->pce_svn;
}

enum ledger_found sim_maker_reached(const struct sim_maker *m, uint8_t tcbm[18],
                                    const struct sim_psvn *psvn)
{
	struct sim_level levels[SIM_MAX_LEVELS];
	const size_t n = sim_maker_levels(m, levels, m->n_evaluations - 1);

	for (size_t i = 0; i < n; i++)
		if (reaches(psvn, &levels[i])) {
			state_of(tcbm, &levels[i]);
			return LEDGER_FOUND;
		}
	return LEDGER_NONE;
}
