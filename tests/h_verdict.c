/* h_verdict.c - two verdicts side by side, field by field. */
#include "h_verdict.h"

#include <string.h>

/* One field, which is a number or an array of them: has no padding. */
#define SAME(field) \
	if (memcmp(&a->field, &b->field, sizeof(a->field)) != 0) \
	return #field

static const char *err_differs(const struct assay_err *a,
                               const struct assay_err *b)
{
	SAME(check);
	SAME(doc);
	SAME(at);
	return strcmp(a->note, b->note) ? "failed.note" : NULL;
}

static const char *sgx_differs(const struct assay_sgx_report *a,
                               const struct assay_sgx_report *b)
{
	SAME(cpu_svn);
	SAME(misc_select);
	SAME(isv_ext_prod_id);
	SAME(flags);
	SAME(xfrm);
	SAME(attributes);
	SAME(mrenclave);
	SAME(mrsigner);
	SAME(config_id);
	SAME(isv_prod_id);
	SAME(isv_svn);
	SAME(config_svn);
	SAME(isv_family_id);
	SAME(report_data);
	return NULL;
}

static const char *td_differs(const struct assay_td_report *a,
                              const struct assay_td_report *b)
{
	SAME(tee_tcb_svn);
	SAME(mrseam);
	SAME(mrsignerseam);
	SAME(seam_attributes);
	SAME(td_attributes);
	SAME(xfam);
	SAME(mrtd);
	SAME(mrconfigid);
	SAME(mrowner);
	SAME(mrownerconfig);
	SAME(rtmr);
	SAME(report_data);
	SAME(is_15);
	SAME(tee_tcb_svn_2);
	SAME(mrservicetd);
	return NULL;
}

static const char *pck_differs(const struct assay_pck *a,
                               const struct assay_pck *b)
{
	SAME(ppid);
	SAME(comp);
	SAME(pce_svn);
	SAME(cpu_svn);
	SAME(pce_id);
	SAME(fmspc);
	SAME(sgx_type);
	SAME(has_piid);
	SAME(piid);
	SAME(dynamic_platform);
	SAME(cached_keys);
	SAME(smt_enabled);
	return NULL;
}

static const char *gap_differs(const struct assay_gap *a,
                               const struct assay_gap *b)
{
	SAME(kind);
	SAME(index);
	SAME(have);
	SAME(need);
	SAME(at);
	return strcmp(a->name, b->name) ? "gap name" : NULL;
}

static const char *said_differs(const struct assay_verdict *a,
                                const struct assay_verdict *b)
{
	const char *what;

	SAME(n_advisories);
	for (size_t i = 0; i < a->n_advisories; i++)
		if (strcmp(a->advisories[i], b->advisories[i]) != 0)
			return "advisories";
	SAME(n_gaps);
	for (size_t i = 0; i < a->n_gaps; i++)
		if ((what = gap_differs(&a->gaps[i], &b->gaps[i])))
			return what;
	return NULL;
}

static const char *levels_differ(const struct assay_verdict *a,
                                 const struct assay_verdict *b)
{
	SAME(status);
	SAME(platform_status);
	SAME(module_status);
	SAME(qe_status);
	SAME(has_current);
	SAME(current_status);
	SAME(current_platform_status);
	SAME(current_module_status);
	SAME(tcb_date);
	SAME(platform_date);
	SAME(module_date);
	SAME(qe_date);
	return said_differs(a, b);
}

static const char *collateral_differs(const struct assay_verdict *a,
                                      const struct assay_verdict *b)
{
	SAME(tcb_evaluation_number);
	SAME(qe_evaluation_number);
	SAME(evaluation_number);
	SAME(root_crl_number);
	SAME(pck_crl_number);
	SAME(windows);
	SAME(earliest_issue);
	SAME(latest_issue);
	SAME(fresh_until);
	SAME(at);
	return NULL;
}

const char *verdict_differs(const struct assay_verdict *a,
                            const struct assay_verdict *b)
{
	const char *what;

	SAME(genuine);
	SAME(simulation);
	SAME(version);
	SAME(tee);
	SAME(body_type);
	SAME(debug);
	SAME(report_data);
	SAME(has_pck);
	if ((what = err_differs(&a->failed, &b->failed)) ||
	    (what = sgx_differs(&a->sgx, &b->sgx)) ||
	    (what = td_differs(&a->td, &b->td)) ||
	    (what = sgx_differs(&a->qe, &b->qe)) ||
	    (what = pck_differs(&a->pck, &b->pck)) ||
	    (what = levels_differ(a, b)))
		return what;
	return collateral_differs(a, b);
}
