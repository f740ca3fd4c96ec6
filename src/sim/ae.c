/* ae.c - the architectural enclaves, which come with a platform. */
#include "sim/ae.h"

#include <stdio.h>
#include <string.h>

#include "measure/sigstruct.h"
#include "measure/stream.h"

static const char *const names[SIM_N_AES] = {
	[SIM_AE_PCE] = "provisioning certification enclave",
	[SIM_AE_QE] = "quoting enclave",
};

static const struct sim_ecreate created = {
	.flags = ASSAY_SGX_MODE64BIT | ASSAY_SGX_PROVISION_KEY,
	.xfrm = 3, /* x87, SSE */
};

/* The measurement is of a page that names the enclave and its version: its code
 * is part of this program, and no page of it is measured.  So it is the same
 * for every build, and says nothing of the code (docs/simulation.md). */
static bool measure(uint8_t mrenclave[32], enum sim_ae ae)
{
	uint8_t page[ASSAY_PAGE] = { 0 };
	struct assay_stream s;

	snprintf((char *)page, sizeof(page), "Assay simulation: %s, version 1",
	         names[ae]);
	assay_stream_begin(&s, NULL);
	return assay_stream_ecreate(&s, 1, 2 * ASSAY_PAGE, 0, NULL) &&
	       assay_stream_page(&s, 0, ASSAY_PAGE_REG | ASSAY_PAGE_R, page,
	                         NULL) &&
	       assay_stream_end(mrenclave, &s, NULL);
}

bool sim_ae_sign(uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN], enum sim_ae ae,
                 uint16_t isv_svn, uint32_t date, const struct assay_rsa3 *key)
{
	struct assay_sigstruct fields = {
		.date = date,
		.misc_mask = UINT32_MAX,
		.flags = created.flags,
		.flags_mask = UINT64_MAX,
		.xfrm = created.xfrm,
		.xfrm_mask = UINT64_MAX,
		.isv_prod_id = 1,
		.isv_svn = isv_svn,
	};

	return measure(fields.mrenclave, ae) &&
	       assay_sigstruct_sign(sigstruct, &fields, key, NULL);
}

enum sim_status sim_ae_start(struct sim_secs *secs, struct sim_cpu *cpu,
                             enum sim_ae ae,
                             const uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN])
{
	uint8_t mrenclave[32];

	memset(secs, 0, sizeof(*secs));
	if (!measure(mrenclave, ae))
		return SIM_MC;
	return sim_launch(secs, cpu, &created, mrenclave, sigstruct);
}
