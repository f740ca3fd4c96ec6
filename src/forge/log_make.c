/* log_make.c - a TD's event log, in TCG2's crypto-agile form [DCAP 6.4]. */
#include "forge/log_make.h"

#include "crypto/crypto.h"

#include <string.h>

enum { EV_NO_ACTION = 3, ALG_SHA384 = 0x000c };

void sim_log_begin(struct buf *log)
{
	struct buf spec = { 0 };

	buf_put(&spec, "Spec ID Event03", 16);
	buf_put_le(&spec, 0, 4);          /* platform class */
	buf_put_le(&spec, 0x02000200, 4); /* version 2.0, errata 0, 64 bits */
	buf_put_le(&spec, 1, 4);          /* algorithms */
	buf_put_le(&spec, ALG_SHA384, 2);
	buf_put_le(&spec, ASSAY_SHA384_LEN, 2);
	buf_put_le(&spec, 0, 1); /* no vendor information */

	buf_put_le(log, 1, 4);
	buf_put_le(log, EV_NO_ACTION, 4);
	buf_put_zeros(log, 20);
	buf_put_le(log, spec.len, 4);
	buf_put_bytes(log, buf_bytes(&spec));
	buf_free(&spec);
}

void sim_log_put(struct buf *log, const struct sim_log_event *e)
{
	struct assay_bytes data = buf_text(e->data);
	uint8_t digest[ASSAY_SHA384_LEN];

	assay_sha384(digest, e->measured ? buf_text(e->measured) : data);
	buf_put_le(log, e->mr, 4);
	buf_put_le(log, e->type, 4);
	buf_put_le(log, 1, 4);
	buf_put_le(log, ALG_SHA384, 2);
	buf_put(log, digest, sizeof(digest));
	buf_put_le(log, data.len, 4);
	buf_put_bytes(log, data);
}

void sim_log_extend(uint8_t rtmr[48], const char *text)
{
	uint8_t both[2 * ASSAY_SHA384_LEN];

	memcpy(both, rtmr, ASSAY_SHA384_LEN);
	assay_sha384(both + ASSAY_SHA384_LEN, buf_text(text));
	assay_sha384(rtmr, (struct assay_bytes){ both, sizeof(both) });
}

void sim_log_default(struct buf *log, struct assay_td_report *td)
{
	static const struct sim_log_event events[] = {
		{ 1, 0x80000001, "firmware configuration", NULL },
		{ 1, 4, "separator", NULL },
		{ 2, 0x80000003, "boot loader", "the boot loader's code" },
		{ 3, 13, "kernel command line", NULL },
		{ 3, 13, "initial file system", NULL },
	};

	memset(td->rtmr, 0, sizeof(td->rtmr[0]) * 3);
	sim_log_begin(log);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const struct sim_log_event *e = &events[i];

		sim_log_put(log, e);
		sim_log_extend(td->rtmr[e->mr - 1],
		               e->measured ? e->measured : e->data);
	}
}
