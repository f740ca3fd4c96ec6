/* fuzz_tcb.c - TCB info and identities: a failure leaves zeros and says where;
 * levels are sorted, each asks for something else, none is without a status. */
#include "format/tcb.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

static void check_failure(const struct assay_json *j)
{
	must(j->err.check == ASSAY_T_UNRECOGNISED ||
	     (j->err.check >= ASSAY_J_SYNTAX &&
	      j->err.check <= ASSAY_J_MISSING));
	must(j->err.doc == j->doc && j->err.at <= j->len && j->err.note[0]);
}

/* Advisories can be walked to their end, and have one. */
static void check_level(enum assay_status status, struct assay_bytes advisories)
{
	char name[ASSAY_ADVISORY_LEN];
	size_t n = 0;

	must(status > ASSAY_STATUS_NONE && status < ASSAY_N_STATUS);
	while (assay_advisory_at(advisories, n, name)) {
		must(memchr(name, 0, sizeof(name)) != NULL);
		n++;
	}
	must(n <= ASSAY_MAX_LEVEL_ADVISORIES);
}

static void check_svn_levels(const struct assay_svn_level *levels, size_t n)
{
	must(n <= ASSAY_MAX_SVN_LEVELS);
	for (size_t i = 0; i < n; i++) {
		check_level(levels[i].status, levels[i].advisories);
		must(i == 0 || levels[i - 1].isv_svn > levels[i].isv_svn);
	}
}

/* Sorted by components, PCESVN, then TDX components [DCAP 3.3]. */
static int compare(const struct assay_tcb_level *a,
                   const struct assay_tcb_level *b)
{
	int order = memcmp(a->sgx, b->sgx, sizeof(a->sgx));

	if (order == 0)
		order = (int)a->pce_svn - (int)b->pce_svn;
	return order ? order : memcmp(a->tdx, b->tdx, sizeof(a->tdx));
}

static void check_names(struct assay_bytes components)
{
	char names[16][ASSAY_COMPONENT_NAME];

	memset(names, 'x', sizeof(names));
	assay_component_names(names, components);
	for (size_t i = 0; i < 16; i++)
		must(memchr(names[i], 0, sizeof(names[i])) != NULL);
}

static void check_tcb_info(const struct assay_tcb_info *t)
{
	must(t->version == 3 || (t->version == 2 && t->tee == ASSAY_TEE_SGX));
	must(t->tee == ASSAY_TEE_SGX ? !t->has_module && t->n_modules == 0
	                             : t->has_module);
	must(t->n_levels <= ASSAY_MAX_TCB_LEVELS);
	must(t->n_modules <= ASSAY_MAX_MODULES);
	for (size_t i = 0; i < t->n_levels; i++) {
		const struct assay_tcb_level *l = &t->levels[i];

		check_level(l->status, l->advisories);
		check_names(l->sgx_components);
		check_names(l->tdx_components);
		must(i == 0 || compare(l - 1, l) > 0);
	}
	for (size_t i = 0; i < t->n_modules; i++)
		check_svn_levels(t->modules[i].levels, t->modules[i].n_levels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };
	static struct assay_qe_identity qe;
	static struct assay_tcb_info tcb;
	static struct assay_json j;

	memset(&tcb, 0xee, sizeof(tcb));
	assay_json_open(&j, in, ASSAY_DOC_TCB_INFO);
	if (assay_tcb_info_read(&tcb, &j)) {
		must(assay_json_ok(&j));
		check_tcb_info(&tcb);
	} else {
		check_failure(&j);
		must(is_zero(&tcb, sizeof(tcb)));
	}

	memset(&qe, 0xee, sizeof(qe));
	assay_json_open(&j, in, ASSAY_DOC_QE_IDENTITY);
	if (assay_qe_identity_read(&qe, &j)) {
		must(assay_json_ok(&j) && qe.id != ASSAY_ENCLAVE_NONE);
		check_svn_levels(qe.levels, qe.n_levels);
	} else {
		check_failure(&j);
		must(is_zero(&qe, sizeof(qe)));
	}
	return 0;
}
