/* pce.c - the provisioning certification enclave [SGX 4.3]. */
#include "sim/pce.h"

#include <string.h>

#include "base/rd.h"
#include "crypto/cmac.h"
#include "crypto/signer.h"
#include "sim/le.h"
#include "forge/sign.h"

bool sim_prf(uint8_t *out, size_t n_blocks, const uint8_t key[SIM_KEY_LEN],
             uint8_t first, const char *label, uint16_t bits)
{
	uint8_t in[16] = { 0 };
	bool done = true;

	for (size_t i = 0; label[i]; i++)
		in[1 + i] = (uint8_t)label[i];
	in[14] = (uint8_t)(bits >> 8);
	in[15] = (uint8_t)bits;
	for (size_t i = 0; i < n_blocks && done; i++) {
		in[0] = (uint8_t)(first + i);
		done = assay_cmac(out + 16 * i, key,
		                  (struct assay_bytes){ in, sizeof(in) });
	}
	return done;
}

bool sim_prf_pair(struct assay_p256_pair *pair, const uint8_t key[SIM_KEY_LEN],
                  const char *label)
{
	enum { SEED_BITS = 320 };
	uint8_t bits[48];
	bool done = sim_prf(bits, 3, key, 1, label, SEED_BITS) &&
	            assay_p256_from_bits(
			    pair, (struct assay_bytes){ bits, SEED_BITS / 8 });

	assay_wipe(bits, sizeof(bits));
	return done;
}

/* The PCE's PROVISION key of a state. */
static enum sim_status provision_key(uint8_t key[SIM_KEY_LEN],
                                     const struct sim_enclu *pce,
                                     const struct sim_psvn *psvn)
{
	struct sim_key_request request = {
		.name = SIM_KEYNAME_PROVISION,
		.isv_svn = psvn->pce_svn,
		.flags_mask = ~(uint64_t)ASSAY_SGX_MODE64BIT,
		.misc_mask = UINT32_MAX,
	};

	memcpy(request.cpu_svn, psvn->cpu_svn, SIM_CPUSVN_LEN);
	return sim_key(key, pce, &request);
}

enum sim_status sim_pce_ppid(uint8_t ppid[16], const struct sim_enclu *pce)
{
	static const struct sim_psvn lowest;
	static const uint8_t zeros[16];
	uint8_t key[SIM_KEY_LEN];
	enum sim_status status = provision_key(key, pce, &lowest);

	if (status == SIM_SUCCESS &&
	    !assay_cmac(ppid, key, (struct assay_bytes){ zeros, 16 }))
		status = SIM_MC;
	assay_wipe(key, sizeof(key));
	if (status != SIM_SUCCESS)
		memset(ppid, 0, 16);
	return status;
}

enum sim_status sim_pce_pck(struct assay_p256_pair *pck,
                            const struct sim_enclu *pce,
                            const struct sim_psvn *psvn)
{
	uint8_t key[SIM_KEY_LEN];
	enum sim_status status = provision_key(key, pce, psvn);

	if (status == SIM_SUCCESS && !sim_prf_pair(pck, key, "PAK_KEY_DER"))
		status = SIM_MC;
	assay_wipe(key, sizeof(key));
	if (status != SIM_SUCCESS)
		assay_wipe(pck, sizeof(*pck));
	return status;
}

/* Whom the PCE serves. */
static enum sim_status check_requester(const struct sim_enclu *pce,
                                       const uint8_t report[SIM_REPORT_LEN])
{
	enum sim_status status = sim_report_verify(pce, report,
	                                           SIM_PCE_INVALID_REPORT);

	if (status == SIM_SUCCESS &&
	    !(le_get(report + SIM_REPORT_FLAGS, 8) & ASSAY_SGX_PROVISION_KEY))
		status = SIM_PCE_INVALID_PRIVILEGE;
	return status;
}

void sim_ppid_key_data(uint8_t data[SIM_REPORT_DATA_LEN], uint8_t suite,
                       const struct sim_ppid_key *key)
{
	uint8_t in[1 + sizeof(key->n) + sizeof(key->e)];

	in[0] = suite;
	memcpy(in + 1, key->n, sizeof(key->n));
	memcpy(in + 1 + sizeof(key->n), key->e, sizeof(key->e));
	memset(data, 0, SIM_REPORT_DATA_LEN);
	assay_sha256(data, (struct assay_bytes){ in, sizeof(in) });
}

/* The report is of whoever chose the key, and the key is one. */
static enum sim_status encrypt_ppid(uint8_t out[ASSAY_RSA3072_LEN],
                                    const struct sim_enclu *pce,
                                    const uint8_t report[SIM_REPORT_LEN],
                                    uint8_t suite,
                                    const struct sim_ppid_key *key)
{
	struct assay_rd e = assay_rd((struct assay_bytes){ key->e, 4 });
	uint8_t data[SIM_REPORT_DATA_LEN], ppid[16];
	enum sim_status status;

	sim_ppid_key_data(data, suite, key);
	if (suite != SIM_PCE_SUITE ||
	    memcmp(data, report + SIM_REPORT_DATA, sizeof(data)) != 0)
		return SIM_PCE_INVALID_PARAMETER;
	status = sim_pce_ppid(ppid, pce);
	if (status == SIM_SUCCESS &&
	    !assay_rsa_oaep_encrypt(out, key->n, assay_rd_u32be(&e, "e"),
	                            (struct assay_bytes){ ppid, 16 }))
		status = SIM_PCE_INVALID_PARAMETER;
	assay_wipe(ppid, sizeof(ppid));
	return status;
}

enum sim_status sim_pce_get_pc_info(struct sim_pce_info *info,
                                    const struct sim_enclu *pce,
                                    const uint8_t report[SIM_REPORT_LEN],
                                    uint8_t suite,
                                    const struct sim_ppid_key *key)
{
	uint8_t self[SIM_REPORT_LEN];
	enum sim_status status = check_requester(pce, report);

	memset(info, 0, sizeof(*info));
	if (status == SIM_SUCCESS)
		status = sim_own_report(self, pce);
	if (status == SIM_SUCCESS)
		status = encrypt_ppid(info->ppid, pce, report, suite, key);
	if (status != SIM_SUCCESS)
		return status;
	info->pce_svn = (uint16_t)le_get(self + SIM_REPORT_ISVSVN, 2);
	info->pce_id = SIM_PCE_ID;
	info->scheme = SIM_PCE_SCHEME;
	return SIM_SUCCESS;
}

enum sim_status sim_pce_certify(uint8_t sig[64], const struct sim_enclu *pce,
                                const struct sim_psvn *psvn,
                                const uint8_t report[SIM_REPORT_LEN])
{
	const struct assay_bytes body = { report, SIM_REPORT_BODY_LEN };
	struct assay_p256_pair pck;
	enum sim_status status = check_requester(pce, report);

	memset(sig, 0, 64);
	if (status == SIM_SUCCESS)
		status = sim_pce_pck(&pck, pce, psvn);
	if (status == SIM_SUCCESS && !sim_sign(sig, &pck, body))
		status = SIM_MC;
	assay_wipe(&pck, sizeof(pck));
	return status;
}
