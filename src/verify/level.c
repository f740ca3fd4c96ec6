/* level.c - from security versions to statuses: platform, module, QE. */
#include "verify/level.h"

#include "base/rd.h"

#include <stdio.h>
#include <string.h>

/* Offsets in reports [DCAP 1.2, 1.3]. */
enum {
	SGX_MISCSELECT = 16,
	SGX_ATTRIBUTES = 48,
	SGX_MRSIGNER = 128,
	SGX_ISVPRODID = 256,
	SGX_ISVSVN = 258,
	TD_MRSIGNERSEAM = 64,
	TD_SEAMATTRIBUTES = 112,
};

/* ---- what is missing to something better */

static void note_gap(struct assay_verdict *v, struct assay_gap gap,
                     const char *name)
{
	struct assay_gap *to;

	if (gap.have >= gap.need || v->n_gaps == ASSAY_MAX_GAPS)
		return;
	to = &v->gaps[v->n_gaps++];
	*to = gap;
	snprintf(to->name, sizeof(to->name), "%s", name);
}

/* ---- advisories and dates: over all levels that matched [DCAP 4.6] */

static void add_advisory(struct assay_verdict *v, const char *text)
{
	size_t i = v->n_advisories;
	int order = -1;

	while (i > 0 && (order = strcmp(v->advisories[i - 1], text)) > 0)
		i--;
	if ((i > 0 && order == 0) || v->n_advisories == ASSAY_MAX_ADVISORIES)
		return;
	memmove(v->advisories[i + 1], v->advisories[i],
	        (v->n_advisories++ - i) * ASSAY_ADVISORY_LEN);
	snprintf(v->advisories[i], ASSAY_ADVISORY_LEN, "%s", text);
}

static void note_level(struct assay_verdict *v, int64_t date,
                       struct assay_bytes advisories)
{
	char text[ASSAY_ADVISORY_LEN];

	if (!v->tcb_date || date < v->tcb_date)
		v->tcb_date = date;
	for (size_t i = 0; assay_advisory_at(advisories, i, text); i++)
		add_advisory(v, text);
}

/* ---- levels of one number: QE and module */

/* The first level that is met; they are sorted, the highest first. */
static const struct assay_svn_level *
find_svn(const struct assay_svn_level *levels, size_t n, unsigned svn)
{
	for (size_t i = 0; i < n; i++)
		if (svn >= levels[i].isv_svn)
			return &levels[i];
	return NULL;
}

/* The gap to the lowest of the best levels. */
static void note_svn_gap(struct assay_verdict *v, enum assay_gap_kind kind,
                         const struct assay_svn_level *levels, size_t n,
                         unsigned svn, const char *name)
{
	const struct assay_svn_level *best = levels;

	for (size_t i = 1; i < n; i++)
		if (levels[i].status >= best->status)
			best = &levels[i];
	if (n)
		note_gap(v,
		         (struct assay_gap){ .kind = kind,
		                             .have = svn,
		                             .need = best->isv_svn,
		                             .at = best->status },
		         name);
}

/* ---- the quoting enclave */

static bool same_masked(const uint8_t *a, const uint8_t *b, const uint8_t *mask,
                        size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((a[i] ^ b[i]) & mask[i])
			return false;
	return true;
}

bool assay_qe_matches(struct assay_verdict *verdict,
                      const struct assay_trust *trust,
                      const struct assay_quote *quote, struct assay_err *err)
{
	const struct assay_qe_identity *id = &trust->qe;
	const struct assay_sgx_report *qe = &quote->qe_report;
	bool td = quote->tee == ASSAY_TEE_TDX;
	size_t at = (size_t)(quote->qe_report_raw.ptr - quote->whole.ptr);
	const struct assay_svn_level *level;

	if (id->id != (td ? ASSAY_ENCLAVE_TD_QE : ASSAY_ENCLAVE_QE))
		return assay_fail(err, ASSAY_E_ID, ASSAY_DOC_QE_IDENTITY, 0,
		                  "the identity is not of %s",
		                  td ? "TD_QE" : "QE");
	if ((qe->misc_select ^ id->misc_select) & id->misc_select_mask)
		return assay_fail(err, ASSAY_E_MISC, ASSAY_DOC_QUOTE,
		                  at + SGX_MISCSELECT,
		                  "got 0x%08x, want 0x%08x in the bits 0x%08x",
		                  qe->misc_select, id->misc_select,
		                  id->misc_select_mask);
	if (!same_masked(qe->attributes, id->attributes, id->attributes_mask,
	                 16))
		return assay_fail(
			err, ASSAY_E_ATTR, ASSAY_DOC_QUOTE, at + SGX_ATTRIBUTES,
			"the flags are 0x%llx; the masked ones differ "
			"from the identity's",
			(unsigned long long)qe->flags);
	if (memcmp(qe->mrsigner, id->mrsigner, 32) != 0)
		return assay_fail(err, ASSAY_E_SIGNER, ASSAY_DOC_QUOTE,
		                  at + SGX_MRSIGNER,
		                  "MRSIGNER is not the identity's");
	if (qe->isv_prod_id != id->isv_prod_id)
		return assay_fail(err, ASSAY_E_PRODID, ASSAY_DOC_QUOTE,
		                  at + SGX_ISVPRODID, "got %u, want %u",
		                  qe->isv_prod_id, id->isv_prod_id);
	level = find_svn(id->levels, id->n_levels, qe->isv_svn);
	note_svn_gap(verdict, ASSAY_GAP_QE, id->levels, id->n_levels,
	             qe->isv_svn, "");
	if (!level)
		return assay_fail(err, ASSAY_E_SVN, ASSAY_DOC_QUOTE,
		                  at + SGX_ISVSVN, "got %u, want %u or more",
		                  qe->isv_svn,
		                  id->levels[id->n_levels - 1].isv_svn);
	verdict->qe_status = level->status;
	verdict->qe_date = level->date;
	note_level(verdict, level->date, level->advisories);
	return true;
}

/* ---- the TDX module [DCAP 4.3] */

/* The identity of the module of this major version, or NULL. */
static const struct assay_tdx_module *
find_module(const struct assay_tcb_info *tcb, uint8_t major)
{
	if (major == 0)
		return tcb->has_module ? &tcb->module : NULL;
	for (size_t i = 0; i < tcb->n_modules; i++)
		if (tcb->modules[i].major == major)
			return &tcb->modules[i];
	return NULL;
}

/* What is wrong with the module that the TD report names; NULL: nothing. */
static const char *module_fault(const struct assay_tdx_module *m,
                                const struct assay_td_report *td, size_t *at)
{
	uint8_t attributes[8];

	if (!m)
		return "the TCB info has no identity for this major version";
	*at += TD_MRSIGNERSEAM;
	if (memcmp(td->mrsignerseam, m->mrsigner, 48) != 0)
		return "MRSIGNERSEAM is not the identity's";
	*at += TD_SEAMATTRIBUTES - TD_MRSIGNERSEAM;
	for (size_t i = 0; i < 8; i++)
		attributes[i] = (uint8_t)(td->seam_attributes >> 8 * i);
	if (!same_masked(attributes, m->attributes, m->attributes_mask, 8))
		return "SEAMATTRIBUTES are not the identity's";
	return td->seam_attributes ? "SEAMATTRIBUTES are not zero" : NULL;
}

/* What one vector of security versions is worth. */
struct level {
	const struct assay_tcb_level *platform;
	const struct assay_tdx_module *module;      /* major > 0 */
	const struct assay_svn_level *module_level; /* major > 0 */
	enum assay_status status;
};

static bool match_module(struct level *out, const struct assay_tcb_info *tcb,
                         const struct assay_quote *quote, const uint8_t svn[16],
                         struct assay_err *err)
{
	const struct assay_tdx_module *m = find_module(tcb, svn[1]);
	size_t at = quote->body_at;
	const char *fault = module_fault(m, &quote->td, &at);

	if (!fault && svn[1] > 0) {
		out->module = m;
		out->module_level = find_svn(m->levels, m->n_levels, svn[0]);
		if (!out->module_level)
			fault = "the version is below all levels";
	}
	if (!fault)
		return true;
	return assay_fail(err, ASSAY_M_IDENTITY, ASSAY_DOC_QUOTE, at,
	                  "TDX module %u.%u: %s", svn[1], svn[0], fault);
}

/* ---- the platform [DCAP 4.2] */

/* With a module of its own, the first two components are the module's. */
static size_t first_tdx(const uint8_t svn[16])
{
	return svn[1] > 0 ? 2 : 0;
}

static bool meets(const struct assay_tcb_level *l, const struct assay_pck *pck,
                  const uint8_t *svn)
{
	for (size_t i = 0; i < 16; i++)
		if (pck->comp[i] < l->sgx[i])
			return false;
	if (pck->pce_svn < l->pce_svn)
		return false;
	for (size_t i = svn ? first_tdx(svn) : 16; i < 16; i++)
		if (svn[i] < l->tdx[i])
			return false;
	return true;
}

/* `svn` is NULL for SGX. */
static const struct assay_tcb_level *
find_platform(const struct assay_tcb_info *tcb, const struct assay_pck *pck,
              const uint8_t *svn)
{
	for (size_t i = 0; i < tcb->n_levels; i++)
		if (meets(&tcb->levels[i], pck, svn))
			return &tcb->levels[i];
	return NULL;
}

/* The lowest of the best levels: what the platform should meet. */
static const struct assay_tcb_level *best_of(const struct assay_tcb_info *tcb)
{
	const struct assay_tcb_level *best = &tcb->levels[0];

	for (size_t i = 1; i < tcb->n_levels; i++)
		if (tcb->levels[i].status >= best->status)
			best = &tcb->levels[i];
	return best;
}

/* `met` is the level that the platform meets, or NULL. */
static void note_platform_gaps(struct assay_verdict *v,
                               const struct assay_trust *t,
                               const struct assay_tcb_level *met,
                               const uint8_t *svn)
{
	const struct assay_tcb_level *best = best_of(&t->tcb);
	struct assay_gap gap = { .at = best->status };

	if (met && met->status >= best->status)
		return;
	gap.kind = ASSAY_GAP_SGX_COMPONENT;
	for (uint8_t i = 0; i < 16; i++) {
		gap.index = i;
		gap.have = v->pck.comp[i];
		gap.need = best->sgx[i];
		note_gap(v, gap, t->sgx_names[i]);
	}
	gap.kind = ASSAY_GAP_PCE_SVN;
	gap.index = 0;
	gap.have = v->pck.pce_svn;
	gap.need = best->pce_svn;
	note_gap(v, gap, "");
	gap.kind = ASSAY_GAP_TDX_COMPONENT;
	for (size_t i = svn ? first_tdx(svn) : 16; i < 16; i++) {
		gap.index = (uint8_t)i;
		gap.have = svn[i];
		gap.need = best->tdx[i];
		note_gap(v, gap, t->tdx_names[i]);
	}
}

static bool match_platform(struct level *out, const struct assay_tcb_info *tcb,
                           const struct assay_pck *pck, const uint8_t *svn,
                           struct assay_err *err)
{
	out->platform = find_platform(tcb, pck, svn);
	if (out->platform)
		return true;
	return assay_fail(err, ASSAY_T_NO_LEVEL, ASSAY_DOC_TCB_INFO, 0,
	                  "the platform meets none of %zu levels",
	                  tcb->n_levels);
}

/* ---- one status of several [DCAP 4.4] */

/* A platform's status with that of a part of it; what no table has is NONE,
 * which nobody accepts. */
static enum assay_status converge(enum assay_status platform,
                                  enum assay_status part)
{
	if (platform == ASSAY_STATUS_REVOKED || part == ASSAY_STATUS_REVOKED)
		return ASSAY_STATUS_REVOKED;
	if (part == ASSAY_STATUS_UP_TO_DATE)
		return platform;
	if (part != ASSAY_STATUS_OUT_OF_DATE)
		return ASSAY_STATUS_NONE;
	switch (platform) {
	case ASSAY_STATUS_UP_TO_DATE:
	case ASSAY_STATUS_SW_HARDENING_NEEDED:
	case ASSAY_STATUS_OUT_OF_DATE:
		return ASSAY_STATUS_OUT_OF_DATE;
	case ASSAY_STATUS_CONFIGURATION_NEEDED:
	case ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED:
	case ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED:
		return ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED;
	default:
		return ASSAY_STATUS_NONE;
	}
}

/* What this vector is worth, the quoting enclave included. */
static bool match(struct level *out, const struct assay_verdict *v,
                  const struct assay_trust *t, const struct assay_quote *quote,
                  const uint8_t *svn, struct assay_err *err)
{
	*out = (struct level){ 0 };
	if ((svn && !match_module(out, &t->tcb, quote, svn, err)) ||
	    !match_platform(out, &t->tcb, &v->pck, svn, err))
		return false;
	out->status = out->platform->status;
	if (out->module_level)
		out->status = converge(out->status, out->module_level->status);
	out->status = converge(out->status, v->qe_status);
	return true;
}

/* ---- relaunch [DCAP 4.5], by the rule of Intel's library 1.27 */

static bool needs_configuration(enum assay_status s)
{
	return s == ASSAY_STATUS_CONFIGURATION_NEEDED ||
	       s == ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED ||
	       s == ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED;
}

static enum assay_status relaunch(enum assay_status launch,
                                  enum assay_status current)
{
	if ((launch != ASSAY_STATUS_OUT_OF_DATE &&
	     launch != ASSAY_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED) ||
	    current < ASSAY_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED)
		return launch;
	return needs_configuration(launch) || needs_configuration(current)
	               ? ASSAY_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED
	               : ASSAY_STATUS_TD_RELAUNCH_ADVISED;
}

static bool match_current(struct assay_verdict *v, const struct assay_trust *t,
                          const struct assay_quote *quote,
                          struct assay_err *err)
{
	struct level now;

	if (!quote->td.is_15)
		return true;
	if (!match(&now, v, t, quote, quote->td.tee_tcb_svn_2, err))
		return false;
	v->has_current = true;
	v->current_status = now.status;
	v->current_platform_status = now.platform->status;
	if (now.module_level)
		v->current_module_status = now.module_level->status;
	/* what runs now is not to be trusted, however it was launched */
	v->status = now.status <= ASSAY_STATUS_REVOKED
	                    ? now.status
	                    : relaunch(v->status, now.status);
	return true;
}

/* ---- all of it */

static void note_launch(struct assay_verdict *v, const struct level *launch)
{
	v->status = launch->status;
	v->platform_status = launch->platform->status;
	v->platform_date = launch->platform->date;
	note_level(v, launch->platform->date, launch->platform->advisories);
	if (!launch->module_level)
		return;
	v->module_status = launch->module_level->status;
	v->module_date = launch->module_level->date;
	note_level(v, launch->module_level->date,
	           launch->module_level->advisories);
}

static void note_module_gap(struct assay_verdict *v,
                            const struct assay_tcb_info *tcb,
                            const uint8_t svn[16])
{
	const struct assay_tdx_module *m = find_module(tcb, svn[1]);
	char name[8];

	if (!m || svn[1] == 0)
		return;
	snprintf(name, sizeof(name), "TDX_%02X", svn[1]);
	note_svn_gap(v, ASSAY_GAP_TDX_MODULE, m->levels, m->n_levels, svn[0],
	             name);
}

bool assay_levels(struct assay_verdict *verdict,
                  const struct assay_trust *trust,
                  const struct assay_quote *quote, struct assay_err *err)
{
	const uint8_t *svn = quote->tee == ASSAY_TEE_TDX ? quote->td.tee_tcb_svn
	                                                 : NULL;
	struct level launch;
	bool good = match(&launch, verdict, trust, quote, svn, err);

	note_platform_gaps(verdict, trust, launch.platform, svn);
	if (svn)
		note_module_gap(verdict, &trust->tcb, svn);
	if (!good)
		return false;
	note_launch(verdict, &launch);
	if (!match_current(verdict, trust, quote, err)) {
		verdict->status = ASSAY_STATUS_NONE;
		return false;
	}
	if (verdict->status > ASSAY_STATUS_REVOKED)
		return true;
	return assay_fail(err, ASSAY_T_REVOKED,
	                  verdict->qe_status == ASSAY_STATUS_REVOKED
	                          ? ASSAY_DOC_QE_IDENTITY
	                          : ASSAY_DOC_TCB_INFO,
	                  0, "platform %s, TDX module %s, quoting enclave %s",
	                  assay_status_name(verdict->platform_status),
	                  verdict->module_status
	                          ? assay_status_name(verdict->module_status)
	                          : "none",
	                  assay_status_name(verdict->qe_status));
}
