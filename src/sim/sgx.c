/* sgx.c - what SGX's instructions take and give, as bytes. */
#include "sim/sgx.h"

#include <string.h>

#include "base/rd.h"
#include "sim/le.h"

/* clang-format off */
static const struct row {
	enum sim_status status;
	const char *name, *text;
} rows[] = {
#define SIM_STATUS(number, name, sentence) { SIM_##name, #name, sentence },
#include "sim/status.def"
#undef SIM_STATUS
};
/* clang-format on */

/* The row of a status, or NULL. */
static const struct row *find(enum sim_status status)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == status)
			return &rows[i];
	return NULL;
}

const char *sim_status_name(enum sim_status status)
{
	const struct row *row = find(status);

	return row ? row->name : "?";
}

const char *sim_status_text(enum sim_status status)
{
	const struct row *row = find(status);

	return row ? row->text : "?";
}

void sim_key_request_put(uint8_t out[SIM_KEYREQUEST_LEN],
                         const struct sim_key_request *request)
{
	memset(out, 0, SIM_KEYREQUEST_LEN);
	le_put(out, request->name, 2);
	le_put(out + 2, request->policy, 2);
	le_put(out + 4, request->isv_svn, 2);
	out[6] = request->cet_mask;
	memcpy(out + 8, request->cpu_svn, SIM_CPUSVN_LEN);
	le_put(out + 24, request->flags_mask, 8);
	le_put(out + 32, request->xfrm_mask, 8);
	memcpy(out + 40, request->key_id, 32);
	le_put(out + 72, request->misc_mask, 4);
	le_put(out + 76, request->config_svn, 2);
}

bool sim_key_request_read(struct sim_key_request *request,
                          const uint8_t in[SIM_KEYREQUEST_LEN])
{
	struct assay_rd r =
		assay_rd((struct assay_bytes){ in, SIM_KEYREQUEST_LEN });
	bool zeros;

	request->name = assay_rd_u16le(&r, "KEYNAME");
	request->policy = assay_rd_u16le(&r, "KEYPOLICY");
	request->isv_svn = assay_rd_u16le(&r, "ISVSVN");
	request->cet_mask = assay_rd_u8(&r, "CET_ATTRIBUTES_MASK");
	zeros = assay_rd_zeros(&r, 1, "reserved");
	assay_rd_copy(&r, request->cpu_svn, SIM_CPUSVN_LEN, "CPUSVN");
	request->flags_mask = assay_rd_u64le(&r, "ATTRIBUTEMASK");
	request->xfrm_mask = assay_rd_u64le(&r, "ATTRIBUTEMASK");
	assay_rd_copy(&r, request->key_id, 32, "KEYID");
	request->misc_mask = assay_rd_u32le(&r, "MISCMASK");
	request->config_svn = assay_rd_u16le(&r, "CONFIGSVN");
	return assay_rd_zeros(&r, 434, "reserved") && zeros;
}

bool sim_target_read(struct sim_target *target,
                     const uint8_t in[SIM_TARGETINFO_LEN])
{
	struct assay_rd r =
		assay_rd((struct assay_bytes){ in, SIM_TARGETINFO_LEN });
	bool zeros;

	assay_rd_copy(&r, target->mrenclave, 32, "MRENCLAVE");
	target->flags = assay_rd_u64le(&r, "ATTRIBUTES");
	target->xfrm = assay_rd_u64le(&r, "ATTRIBUTES");
	target->cet_attributes = assay_rd_u8(&r, "CET_ATTRIBUTES");
	zeros = assay_rd_zeros(&r, 1, "reserved");
	target->config_svn = assay_rd_u16le(&r, "CONFIGSVN");
	target->misc_select = assay_rd_u32le(&r, "MISCSELECT");
	zeros &= assay_rd_zeros(&r, 8, "reserved");
	assay_rd_copy(&r, target->config_id, 64, "CONFIGID");
	return assay_rd_zeros(&r, 384, "reserved") && zeros;
}

void sim_target_of_report(uint8_t target[SIM_TARGETINFO_LEN],
                          const uint8_t report[SIM_REPORT_LEN])
{
	memset(target, 0, SIM_TARGETINFO_LEN);
	memcpy(target, report + SIM_REPORT_MRENCLAVE, 32);
	memcpy(target + 32, report + SIM_REPORT_FLAGS, 16);
	target[48] = report[SIM_REPORT_CET_ATTRIBUTES];
	memcpy(target + 50, report + SIM_REPORT_CONFIGSVN, 2);
	memcpy(target + 52, report + SIM_REPORT_MISCSELECT, 4);
	memcpy(target + 64, report + SIM_REPORT_CONFIGID, 64);
}
