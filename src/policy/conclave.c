/* conclave.c - an attestation of Conclave against constraints. */
#include <assay/conclave.h>

#include "policy/constraint.h"
#include "policy/policy.h"

#include <string.h>

bool assay_conclave_appraise(struct assay_decision *decision,
                             const struct assay_eii *eii,
                             const struct assay_conclave_info *info,
                             int64_t now,
                             const struct assay_constraint *const *constraints,
                             size_t n)
{
	const struct assay_constraint_facts facts = {
		.mrenclave = eii->report.mrenclave,
		.mrsigner = eii->report.mrsigner,
		.prod = eii->report.isv_prod_id,
		.revocation = eii->report.isv_svn - 1,
		.level = info->level,
		.timestamp = info->seconds,
		.now = now,
	};

	memset(decision, 0, sizeof(*decision));
	decision->accept = true;
	if (n == 0)
		assay_refuse(decision, "identity",
		             "No constraint says which enclave is wanted.");
	for (size_t i = 0; i < n; i++)
		assay_constraint_check(decision, constraints[i], &facts);
	return decision->accept;
}
