/* enclu.c - the processor as an enclave sees it. */
#include "sim/enclu.h"

#include <string.h>

#include "crypto/cmac.h"
#include "crypto/crypto.h"

static enum sim_status egetkey(const void *self, uint8_t key[SIM_KEY_LEN],
                               const uint8_t request[SIM_KEYREQUEST_LEN])
{
	const struct sim_enclave *enclave = self;

	return sim_egetkey(key, enclave->cpu, &enclave->secs, request);
}

static enum sim_status ereport(const void *self, uint8_t report[SIM_REPORT_LEN],
                               const uint8_t target[SIM_TARGETINFO_LEN],
                               const uint8_t data[SIM_REPORT_DATA_LEN])
{
	const struct sim_enclave *enclave = self;

	return sim_ereport(report, enclave->cpu, &enclave->secs, target, data);
}

struct sim_enclu sim_enclu_of(const struct sim_enclave *enclave)
{
	return (struct sim_enclu){ enclave, egetkey, ereport };
}

enum sim_status sim_key(uint8_t key[SIM_KEY_LEN], const struct sim_enclu *enclu,
                        const struct sim_key_request *request)
{
	uint8_t bytes[SIM_KEYREQUEST_LEN];

	sim_key_request_put(bytes, request);
	return enclu->egetkey(enclu->self, key, bytes);
}

enum sim_status sim_own_report(uint8_t report[SIM_REPORT_LEN],
                               const struct sim_enclu *enclu)
{
	const uint8_t target[SIM_TARGETINFO_LEN] = { 0 };
	const uint8_t data[SIM_REPORT_DATA_LEN] = { 0 };

	return enclu->ereport(enclu->self, report, target, data);
}

enum sim_status sim_report_key(uint8_t key[SIM_KEY_LEN],
                               const struct sim_enclu *enclu,
                               const uint8_t key_id[32])
{
	struct sim_key_request request = { .name = SIM_KEYNAME_REPORT };

	memcpy(request.key_id, key_id, sizeof(request.key_id));
	return sim_key(key, enclu, &request);
}

enum sim_status sim_report_verify_by(const uint8_t key[SIM_KEY_LEN],
                                     const uint8_t report[SIM_REPORT_LEN],
                                     enum sim_status if_not)
{
	const struct assay_bytes body = { report, SIM_REPORT_BODY_LEN };
	uint8_t mac[ASSAY_CMAC_LEN];
	enum sim_status status = SIM_MC;

	if (assay_cmac(mac, key, body))
		status = assay_cmac_equal(mac, report + SIM_REPORT_MAC)
		                 ? SIM_SUCCESS
		                 : if_not;
	assay_wipe(mac, sizeof(mac));
	return status;
}

enum sim_status sim_report_verify(const struct sim_enclu *enclu,
                                  const uint8_t report[SIM_REPORT_LEN],
                                  enum sim_status if_not)
{
	uint8_t key[SIM_KEY_LEN];
	enum sim_status status = sim_report_key(key, enclu,
	                                        report + SIM_REPORT_KEYID);

	if (status == SIM_SUCCESS)
		status = sim_report_verify_by(key, report, if_not);
	assay_wipe(key, sizeof(key));
	return status;
}
