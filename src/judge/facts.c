/* facts.c - facts of a verdict that services tell beyond what scripts are told:
 * what stands between a platform and the best level, and until when each document
 * is good. */
#include "judge/judge.h"

static const char *const kinds[] = {
	[ASSAY_GAP_SGX_COMPONENT] = "sgx_component",
	[ASSAY_GAP_PCE_SVN] = "pce_svn",
	[ASSAY_GAP_TDX_COMPONENT] = "tdx_component",
	[ASSAY_GAP_TDX_MODULE] = "tdx_module",
	[ASSAY_GAP_QE] = "qe",
};

static const char *const items[ASSAY_N_ITEMS] = {
	[ASSAY_ITEM_PCK_CHAIN] = "pck_chain",
	[ASSAY_ITEM_ROOT_CRL] = "root_crl",
	[ASSAY_ITEM_PCK_CRL] = "pck_crl",
	[ASSAY_ITEM_PCK_CRL_CHAIN] = "pck_crl_chain",
	[ASSAY_ITEM_TCB_CHAIN] = "tcb_chain",
	[ASSAY_ITEM_QE_CHAIN] = "qe_chain",
	[ASSAY_ITEM_TCB_INFO] = "tcb_info",
	[ASSAY_ITEM_QE_IDENTITY] = "qe_identity",
};

void judge_json_gaps(struct assay_json_out *o,
                     const struct assay_verdict *verdict)
{
	assay_json_put_array(o, "gaps");
	for (size_t i = 0; i < verdict->n_gaps; i++) {
		const struct assay_gap *gap = &verdict->gaps[i];

		assay_json_put_object(o, NULL);
		assay_json_put_text(o, "kind", kinds[gap->kind]);
		assay_json_put_uint(o, "index", gap->index);
		assay_json_put_text(o, "name", gap->name);
		assay_json_put_uint(o, "have", gap->have);
		assay_json_put_uint(o, "need", gap->need);
		assay_json_put_text(o, "at", assay_status_name(gap->at));
		assay_json_put_end(o, '}');
	}
	assay_json_put_end(o, ']');
}

void judge_json_windows(struct assay_json_out *o,
                        const struct assay_verdict *verdict)
{
	assay_json_put_array(o, "windows");
	for (size_t i = 0; i < ASSAY_N_ITEMS; i++) {
		const struct assay_window *w = &verdict->windows[i];

		if (!w->until)
			continue;
		assay_json_put_object(o, NULL);
		assay_json_put_text(o, "document", items[i]);
		assay_json_put_time(o, "from", w->from);
		assay_json_put_time(o, "until", w->until);
		assay_json_put_end(o, '}');
	}
	assay_json_put_end(o, ']');
}
