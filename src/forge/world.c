/* world.c - the default world: a platform that is genuine and UpToDate. */
#include "forge/world.h"

#include <string.h>

#define DAY INT64_C(86400)
#define YEAR (365 * DAY)

const char *sim_kind_name(enum sim_kind kind)
{
	static const char *const names[SIM_N_KINDS] = {
		"sgx-v3", "sgx-v4", "sgx-v5", "tdx-v4", "tdx10-v5", "tdx15-v5",
	};

	return names[kind];
}

static bool is_tdx(const struct sim_world *w)
{
	return w->kind >= SIM_TDX_V4;
}

/* Bytes that stand for a secret or a measurement: SHA-256 of a label. */
static struct sim_octets made_up(const char *label, size_t n)
{
	uint8_t digest[ASSAY_SHA256_LEN];

	assay_sha256(digest, buf_text(label));
	return sim_mem(digest, n);
}

static void made_up_48(uint8_t out[48], const char *label)
{
	assay_sha384(out, buf_text(label));
}

static bool make_keys(struct sim_world *w, uint64_t seed)
{
	for (unsigned i = 0; i < SIM_N_KEYS; i++) {
		static const char label[] = "simulated manufacturer";
		const uint64_t parts[2] = { seed, i };
		uint8_t le[16], secret[ASSAY_SHA256_LEN];

		for (unsigned k = 0; k < 16; k++)
			le[k] = (uint8_t)(parts[k / 8] >> (8 * (k % 8)));
		assay_sha256_2(secret, buf_text(label),
		               (struct assay_bytes){ le, sizeof(le) });
		if (!assay_p256_make(&w->keys[i], secret))
			return false;
	}
	return true;
}

/* Certificates [DCAP 2.1]. */
enum profile { P_ROOT, P_CA, P_SIGNER, P_LEAF };
static const struct {
	enum profile profile;
	enum sim_who issuer;
	const char *cn; /* behind the manufacturer's word */
} hierarchy[SIM_N_CERTS] = {
	[SIM_ROOT] = { P_ROOT, SIM_ROOT, "SGX Root CA" },
	[SIM_PROCESSOR_CA] = { P_CA, SIM_ROOT, "SGX PCK Processor CA" },
	[SIM_PLATFORM_CA] = { P_CA, SIM_ROOT, "SGX PCK Platform CA" },
	[SIM_PCK] = { P_LEAF, SIM_PLATFORM_CA, "SGX PCK Certificate" },
	[SIM_TCB_SIGNER] = { P_SIGNER, SIM_ROOT, "SGX TCB Signing" },
	[SIM_OTHER_ROOT] = { P_ROOT, SIM_OTHER_ROOT, "SGX Root CA" },
	[SIM_OTHER_CA] = { P_CA, SIM_OTHER_ROOT, "SGX PCK Platform CA" },
	[SIM_OTHER_SIGNER] = { P_SIGNER, SIM_OTHER_ROOT, "SGX TCB Signing" },
	[SIM_OTHER_PCK] = { P_LEAF, SIM_PLATFORM_CA, "SGX PCK Certificate" },
	[SIM_FOURTH] = { P_LEAF, SIM_PCK, "SGX PCK Certificate" },
};

#define URL "https://certificates.simulation.invalid/"

static struct assay_bytes pck_crl_url(enum sim_who ca)
{
	return buf_text(ca == SIM_PROCESSOR_CA
	                        ? URL "pckcrl?ca=processor&encoding=der"
	                        : URL "pckcrl?ca=platform&encoding=der");
}

/* An UpToDate platform's components; the default levels descend from them. */
static const uint8_t best[16] = { 9, 9, 2, 2, 3, 1, 0, 5 };
static const uint8_t best_tdx[16] = { SIM_SVN_UP_TO_DATE, 0, 9 };
enum { BEST_PCESVN = 13 };

static void default_pck(struct sim_pck_spec *pck, enum sim_who who)
{
	const bool other = who == SIM_OTHER_PCK;
	struct sim_octets cpu_svn = sim_mem(best, 16);

	pck->n_members = 7;
	for (uint8_t i = 0; i < 7; i++)
		pck->member[i].arc = (uint8_t)(i + 1);
	pck->member[SIM_PCK_PPID].octets =
		made_up(other ? "other PPID" : "PPID", 16);
	pck->member[SIM_PCK_PCEID].octets = sim_hex("0000");
	/* "SIM", 1: no FMSPC of Intel's begins so */
	pck->member[SIM_PCK_FMSPC].octets = sim_hex("53494D000001");
	pck->member[SIM_PCK_TYPE].value = 1;
	pck->member[SIM_PCK_PIID].octets =
		made_up(other ? "other PIID" : "PIID", 16);
	pck->n_tcb = 18;
	for (uint8_t i = 0; i < 18; i++)
		pck->tcb[i].arc = (uint8_t)(i + 1);
	for (unsigned i = 0; i < 16; i++)
		pck->tcb[i].value = best[i];
	pck->tcb[SIM_TCB_PCESVN].value = BEST_PCESVN;
	pck->tcb[SIM_TCB_CPUSVN].octets = cpu_svn;
	/* dynamic platform, cached keys, SMT */
	pck->n_flags = 3;
	for (uint8_t i = 0; i < 3; i++)
		pck->flag[i] = (struct sim_pck_flag){ (uint8_t)(i + 1), 0xff };
	pck->flag[1].value = 0;
}

static void default_cert(struct sim_world *w, enum sim_who who)
{
	const enum profile profile = hierarchy[who].profile;
	const enum sim_who issuer = hierarchy[who].issuer;
	struct sim_cert_spec *c = &w->cert[who];
	const bool ca = profile == P_ROOT || profile == P_CA;

	w->cert_signer[who] = issuer;
	c->version = 2;
	c->ski = sim_key_id(w->keys[who].key);
	c->aki = sim_key_id(w->keys[issuer].key);
	c->serial = c->ski;
	/* Intel's: root 31 years, CAs 15, leaves and signers 7 */
	c->not_before = w->now - (ca ? 7 : 1) * YEAR;
	c->not_after = c->not_before + (profile == P_ROOT ? 31
	                                : ca              ? 15
	                                                  : 7) *
	                                       YEAR;
	memcpy(c->key, w->keys[who].key, 64);
	c->crl_url = profile == P_LEAF
	                     ? pck_crl_url(issuer)
	                     : buf_text(URL "SimulationSGXRootCA.der");
	c->has_key_usage = c->key_usage_critical = true;
	c->key_usage = ca ? SIM_KU_KEY_CERT_SIGN | SIM_KU_CRL_SIGN
	                  : SIM_KU_DIGITAL_SIGNATURE | SIM_KU_NON_REPUDIATION;
	c->has_basic = c->basic_critical = true;
	c->is_ca = ca;
	c->path_len = profile == P_ROOT ? 1 : profile == P_CA ? 0 : -1;
	if (profile == P_LEAF) {
		c->n_sgx = 1;
		default_pck(&c->pck, who);
	}
}

static void name(struct sim_name *n, const char *word, enum sim_who who,
                 const char *organisation)
{
	struct buf cn = { 0 };

	buf_printf(&cn, "%s %s", word, hierarchy[who].cn);
	if (!cn.bad)
		n->cn = sim_mem(cn.ptr, cn.len);
	buf_free(&cn);
	n->o = sim_str(organisation);
	n->l = sim_str("Santa Clara");
	n->st = sim_str("CA");
	n->c = sim_str("US");
}

static const enum sim_who crl_issuers[SIM_N_CRLS] = { SIM_ROOT,
	                                              SIM_PROCESSOR_CA,
	                                              SIM_PLATFORM_CA };

static bool is_platform_leaf(enum sim_who who)
{
	return who == SIM_PCK || who == SIM_OTHER_PCK;
}

void sim_world_rename(struct sim_world *w, const char *word,
                      const char *organisation)
{
	for (unsigned i = 0; i < SIM_N_CERTS; i++) {
		name(&w->cert[i].subject, word, i, organisation);
		name(&w->cert[i].issuer, word,
		     is_platform_leaf(i) ? w->ca : hierarchy[i].issuer,
		     organisation);
	}
	for (unsigned i = 0; i < SIM_N_CRLS; i++)
		name(&w->crl[i].issuer, word, crl_issuers[i], organisation);
}

void sim_world_use_ca(struct sim_world *w, enum sim_who ca)
{
	w->ca = ca;
	for (unsigned i = 0; i < SIM_N_CERTS; i++) {
		struct sim_cert_spec *c = &w->cert[i];

		if (!is_platform_leaf(i))
			continue;
		c->issuer = w->cert[ca].subject;
		c->aki = w->cert[ca].ski;
		c->crl_url = pck_crl_url(ca);
		w->cert_signer[i] = ca;
		c->pck.n_members = ca == SIM_PROCESSOR_CA ? 5 : 7;
		c->pck.member[SIM_PCK_TYPE].value = ca != SIM_PROCESSOR_CA;
	}
	w->chain[SIM_CHAIN_PCK].who[1] = ca;
	w->chain[SIM_CHAIN_PCK_CRL].who[0] = ca;
}

static void default_chains(struct sim_world *w)
{
	w->chain[SIM_CHAIN_PCK] = (struct sim_chain){
		.who = { SIM_PCK, SIM_PLATFORM_CA, SIM_ROOT }, .n = 3
	};
	w->chain[SIM_CHAIN_PCK_CRL] = (struct sim_chain){
		.who = { SIM_PLATFORM_CA, SIM_ROOT }, .n = 2
	};
	w->chain[SIM_CHAIN_TCB_INFO] = (struct sim_chain){
		.who = { SIM_TCB_SIGNER, SIM_ROOT }, .n = 2
	};
	w->chain[SIM_CHAIN_QE_IDENTITY] = w->chain[SIM_CHAIN_TCB_INFO];
}

/* Collateral is a week old and good for 30 days, like Intel's. */
static int64_t issued(const struct sim_world *w)
{
	return w->now - 7 * DAY;
}
static int64_t next_update(const struct sim_world *w)
{
	return issued(w) + 30 * DAY;
}

static void default_crl(struct sim_world *w, unsigned i)
{
	struct sim_crl_spec *c = &w->crl[i];

	w->crl_signer[i] = crl_issuers[i];
	c->version = 1;
	c->this_update = issued(w);
	c->next_update = next_update(w);
	c->number = sim_hex("05");
	c->aki = sim_key_id(w->keys[crl_issuers[i]].key);
}

/* The levels' statuses, in the order of SIM_LEVEL_…; dates are half a year
 * apart, the best one's half a year before now. */
static const struct {
	const char *status;
	const char *advisories[SIM_MAX_SAID];
	uint8_t less, pce_svn; /* less: than the best components */
} levels[] = {
	{ "UpToDate", { NULL }, 0, BEST_PCESVN },
	{ "SWHardeningNeeded", { "INTEL-SA-00615" }, 1, BEST_PCESVN },
	{ "ConfigurationNeeded", { "INTEL-SA-00289" }, 2, BEST_PCESVN },
	{ "ConfigurationAndSWHardeningNeeded",
	  { "INTEL-SA-00289", "INTEL-SA-00615" },
	  3,
	  BEST_PCESVN },
	{ "OutOfDate", { "INTEL-SA-00828", "INTEL-SA-00837" }, 4, 11 },
	{ "OutOfDateConfigurationNeeded",
	  { "INTEL-SA-00289", "INTEL-SA-00828" },
	  5,
	  11 },
	{ "Revoked", { "INTEL-SA-00477" }, 6, 5 },
};

static int64_t level_date(const struct sim_world *w, size_t i)
{
	/* tcbDate is a day's beginning */
	return (w->now - 182 * DAY * (int64_t)(i + 1)) / DAY * DAY;
}

static void default_sublevels(struct sim_sublevel level[SIM_MAX_SUBLEVELS],
                              size_t *n, const struct sim_world *w,
                              const char *advisory)
{
	level[0] = (struct sim_sublevel){
		SIM_SVN_UP_TO_DATE, { level_date(w, 0), "UpToDate", { NULL } }
	};
	level[1] = (struct sim_sublevel){
		SIM_SVN_OUT_OF_DATE,
		{ level_date(w, 4), "OutOfDate", { advisory } }
	};
	level[2] = (struct sim_sublevel){
		SIM_SVN_REVOKED, { level_date(w, 6), "Revoked", { advisory } }
	};
	*n = 3;
}

static void default_module(struct sim_module *m, const struct sim_world *w,
                           const char *id, const char *advisory)
{
	const uint8_t zeros[48] = { 0 };

	m->id = id;
	m->mrsigner = sim_mem(zeros, 48);
	m->attributes = sim_mem(zeros, 8);
	m->mask = sim_hex("FFFFFFFFFFFFFFFF");
	if (advisory)
		default_sublevels(m->level, &m->n_levels, w, advisory);
}

static void default_tcb(struct sim_world *w, unsigned tee)
{
	struct sim_tcb_spec *t = &w->tcb[tee];

	w->tcb_signer[tee] = SIM_TCB_SIGNER;
	t->version = 3;
	t->id = tee == SIM_TDX ? "TDX" : "SGX";
	t->issued = issued(w);
	t->next_update = next_update(w);
	t->fmspc = w->cert[SIM_PCK].pck.member[SIM_PCK_FMSPC].octets;
	t->pce_id = w->cert[SIM_PCK].pck.member[SIM_PCK_PCEID].octets;
	t->evaluation_number = 20;
	t->sign.key = "tcbInfo";
	if (tee == SIM_TDX) {
		t->has_module = t->has_modules = true;
		default_module(&t->base, w, NULL, NULL);
		default_module(&t->module[0], w, "TDX_03", "INTEL-SA-01192");
		default_module(&t->module[1], w, "TDX_01", "INTEL-SA-01036");
		t->n_modules = 2;
	}
	t->n_levels = sizeof(levels) / sizeof(levels[0]);
	for (size_t i = 0; i < t->n_levels; i++) {
		struct sim_level *l = &t->level[i];

		l->n_sgx = 16;
		l->n_tdx = tee == SIM_TDX ? 16 : 0;
		for (unsigned k = 0; k < 16; k++) {
			l->sgx[k] = best[k] - (k < 2 ? levels[i].less : 0);
			l->tdx[k] = best_tdx[k] - (k == 2 ? levels[i].less : 0);
		}
		l->pce_svn = levels[i].pce_svn;
		l->said.date = level_date(w, i);
		l->said.status = levels[i].status;
		memcpy(l->said.advisories, levels[i].advisories,
		       sizeof(l->said.advisories));
	}
}

void sim_world_at_level(struct sim_world *w, unsigned level)
{
	struct sim_pck_spec *pck = &w->cert[SIM_PCK].pck;
	struct sim_octets *cpu_svn = &pck->tcb[SIM_TCB_CPUSVN].octets;
	const unsigned less = level == SIM_LEVEL_NONE ? 7 : levels[level].less;

	for (unsigned k = 0; k < 2; k++) {
		cpu_svn->p[k] = (uint8_t)(best[k] - less);
		pck->tcb[k].value = cpu_svn->p[k];
	}
	pck->tcb[SIM_TCB_PCESVN].value = level == SIM_LEVEL_NONE
	                                         ? 1
	                                         : levels[level].pce_svn;
}

static void default_identity(struct sim_world *w, unsigned tee)
{
	struct sim_identity_spec *q = &w->qe[tee];

	w->qe_signer[tee] = SIM_TCB_SIGNER;
	q->id = tee == SIM_TDX ? "TD_QE" : "QE";
	q->version = 2;
	q->issued = issued(w);
	q->next_update = next_update(w);
	q->evaluation_number = 20;
	q->misc = sim_hex("00000000");
	q->misc_mask = sim_hex("FFFFFFFF");
	q->attributes = sim_hex("11000000000000000000000000000000");
	q->attributes_mask = sim_hex("FBFFFFFFFFFFFFFF0000000000000000");
	q->mrsigner = made_up(tee == SIM_TDX ? "TD_QE signer" : "QE signer",
	                      32);
	q->isv_prod_id = tee == SIM_TDX ? 2 : 1;
	default_sublevels(q->level, &q->n_levels, w, "INTEL-SA-01000");
	q->sign.key = "enclaveIdentity";
}

static void default_qe_report(struct assay_sgx_report *r,
                              const struct sim_world *w)
{
	const struct sim_identity_spec *qe =
		&w->qe[is_tdx(w) ? SIM_TDX : SIM_SGX];

	memcpy(r->cpu_svn, best, 16);
	r->flags = ASSAY_SGX_INIT | ASSAY_SGX_MODE64BIT |
	           ASSAY_SGX_PROVISION_KEY;
	r->xfrm = 0xe7;
	memcpy(r->mrenclave, made_up("QE", 32).p, 32);
	memcpy(r->mrsigner, qe->mrsigner.p, 32);
	r->isv_prod_id = (uint16_t)qe->isv_prod_id;
	r->isv_svn = SIM_SVN_UP_TO_DATE;
}

static void default_sgx(struct assay_sgx_report *r)
{
	memcpy(r->cpu_svn, best, 16);
	r->flags = ASSAY_SGX_INIT | ASSAY_SGX_MODE64BIT;
	r->xfrm = 0xe7;
	memcpy(r->mrenclave, made_up("enclave", 32).p, 32);
	memcpy(r->mrsigner, made_up("enclave signer", 32).p, 32);
	r->isv_prod_id = 7;
	r->isv_svn = 3;
	assay_sha512(r->report_data, buf_text("report data"));
}

static void default_td(struct assay_td_report *r, unsigned major)
{
	memcpy(r->tee_tcb_svn, best_tdx, 16);
	r->tee_tcb_svn[1] = (uint8_t)major;
	made_up_48(r->mrseam, "TDX module");
	r->td_attributes = 0x10000000; /* SEPT_VE_DISABLE */
	r->xfam = 0x61ae7;
	made_up_48(r->mrtd, "TD");
	made_up_48(r->rtmr[0], "firmware");
	made_up_48(r->rtmr[1], "kernel");
	made_up_48(r->rtmr[2], "application");
	assay_sha512(r->report_data, buf_text("report data"));
	memcpy(r->tee_tcb_svn_2, r->tee_tcb_svn, 16);
}

static void default_quote(struct sim_world *w)
{
	struct sim_quote_spec *q = &w->quote_spec;

	q->layout = w->kind == SIM_SGX_V3                            ? 3
	            : w->kind == SIM_SGX_V4 || w->kind == SIM_TDX_V4 ? 4
	                                                             : 5;
	q->body = w->kind == SIM_TDX15_V5 ? SIM_BODY_TD15
	          : is_tdx(w)             ? SIM_BODY_TD10
	                                  : SIM_BODY_SGX;
	q->version = (uint16_t)q->layout;
	q->key_type = 2;
	q->tee = is_tdx(w) ? 0x81 : 0;
	if (q->layout == 3) {
		q->qe_svn = SIM_SVN_UP_TO_DATE;
		q->pce_svn = BEST_PCESVN;
	}
	memcpy(q->vendor, sim_qe_vendor, 16);
	memcpy(q->user_data, made_up("QE id", 16).p, 16);
	q->body_type = (uint16_t)q->body;
	q->body_size = q->sig_len = q->outer_len = SIM_TRUE_LEN;
	q->auth_len = q->cert_len = SIM_TRUE_LEN;
	default_sgx(&q->sgx);
	default_td(&q->td, q->body == SIM_BODY_TD15 ? 3 : 1);
	q->outer_type = 6;
	default_qe_report(&q->qe, w);
	q->auth = (struct assay_bytes){ sim_auth_data, sizeof(sim_auth_data) };
	q->cert_type = 5;
	w->quote_pck = SIM_PCK;
	w->quote_ak = SIM_AK;
}

void sim_world_of_keys(struct sim_world *w, enum sim_kind kind, int64_t now)
{
	struct assay_p256_pair keys[SIM_N_KEYS];

	memcpy(keys, w->keys, sizeof(keys));
	memset(w, 0, sizeof(*w));
	memcpy(w->keys, keys, sizeof(keys));
	assay_wipe(keys, sizeof(keys));
	w->kind = kind;
	w->now = now;
	for (unsigned i = 0; i < SIM_N_CERTS; i++)
		default_cert(w, i);
	for (unsigned i = 0; i < SIM_N_CRLS; i++)
		default_crl(w, i);
	w->ca = SIM_PLATFORM_CA;
	sim_world_rename(w, "Simulation", "SIMULATION - NOT INTEL");
	default_chains(w);
	sim_world_use_ca(w, w->ca);
	for (unsigned tee = 0; tee < SIM_N_TEES; tee++) {
		default_tcb(w, tee);
		default_identity(w, tee);
	}
	default_quote(w);
}

bool sim_world_default_at(struct sim_world *w, enum sim_kind kind, int64_t now,
                          uint64_t seed)
{
	if (!make_keys(w, seed)) {
		memset(w, 0, sizeof(*w));
		return false;
	}
	sim_world_of_keys(w, kind, now);
	return true;
}

bool sim_world_default(struct sim_world *w, enum sim_kind kind)
{
	return sim_world_default_at(w, kind, SIM_NOW, 0);
}
