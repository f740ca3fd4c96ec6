/* fuzz_platform.c - what processes of a simulated platform say to each other:
 * a request is for one door at most, bodies are what follows the number, and
 * what the processor is asked leaves zeros when it is refused. */
#include "sim/wire.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

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

/* The body is all that follows the number. */
static void check_tail(struct assay_bytes body, const uint8_t *data, size_t len)
{
	must(len >= 4 && body.len == len - 4 &&
	     (!body.len || body.ptr == data + 4));
}

/* What is read is written as it was. */
static void check_einit(struct assay_bytes body)
{
	struct sim_einit_body e;
	struct sim_message m;

	sim_einit_body_read(&e, body);
	sim_message_begin(&m, SIM_OP_EINIT);
	sim_message_put_le(&m, e.created.flags, 8);
	sim_message_put_le(&m, e.created.xfrm, 8);
	sim_message_put_le(&m, e.created.misc_select, 4);
	sim_message_put_le(&m, e.created.cet_attributes, 1);
	sim_message_put_le(&m, e.created.config_svn, 2);
	sim_message_put(&m, e.created.config_id, 64);
	sim_message_put(&m, e.mrenclave, 32);
	sim_message_put(&m, e.sigstruct, ASSAY_SIGSTRUCT_LEN);
	must(!m.bad && m.len == 4 + body.len &&
	     memcmp(m.bytes + 4, body.ptr, body.len) == 0);
}

static const struct sim_cpu cpu = { .has_rsk = true, .cpu_svn = { 9, 9, 2 } };

static struct sim_secs secs_of(uint64_t extra)
{
	struct sim_secs secs = { .xfrm = 3, .isv_svn = 3, .config_svn = 3 };

	secs.flags = ASSAY_SGX_INIT | ASSAY_SGX_MODE64BIT | extra;
	return secs;
}

/* Whoever has no attribute gets no key that who has them all does not get. */
static void check_egetkey(const uint8_t *request)
{
	const struct sim_secs plain = secs_of(0);
	const struct sim_secs privileged = secs_of(ASSAY_SGX_PROVISION_KEY |
	                                           ASSAY_SGX_EINITTOKEN_KEY |
	                                           ASSAY_SGX_KSS);
	uint8_t key[SIM_KEY_LEN], again[SIM_KEYREQUEST_LEN];
	struct sim_key_request r;
	enum sim_status a, b;

	memset(key, 0xee, sizeof(key));
	a = sim_egetkey(key, &cpu, &plain, request);
	must(a == SIM_SUCCESS || is_zero(key, sizeof(key)));
	memset(key, 0xee, sizeof(key));
	b = sim_egetkey(key, &cpu, &privileged, request);
	must(b == SIM_SUCCESS || is_zero(key, sizeof(key)));
	must(a != SIM_SUCCESS || b == SIM_SUCCESS);
	if (!sim_key_request_read(&r, request)) {
		must(a == SIM_GP && b == SIM_GP);
		return;
	}
	sim_key_request_put(again, &r);
	must(memcmp(again, request, sizeof(again)) == 0);
}

static void check_ereport(const uint8_t *target, const uint8_t *data)
{
	const struct sim_secs secs = secs_of(0);
	uint8_t report[SIM_REPORT_LEN];
	enum sim_status status;

	memset(report, 0xee, sizeof(report));
	status = sim_ereport(report, &cpu, &secs, target, data);
	if (status == SIM_SUCCESS)
		must(memcmp(report + SIM_REPORT_DATA, data, 64) == 0);
	else
		must(status == SIM_GP && is_zero(report, sizeof(report)));
}

static void check_request(enum sim_op op, struct assay_bytes body)
{
	if (op == SIM_OP_EINIT)
		check_einit(body);
	else if (op == SIM_OP_EGETKEY)
		check_egetkey(body.ptr);
	else if (op == SIM_OP_EREPORT)
		check_ereport(body.ptr, body.ptr + SIM_TARGETINFO_LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct assay_bytes in = { data, len };
	struct assay_bytes body;
	enum sim_status status;
	enum sim_op op;
	unsigned n = 0;

	for (unsigned door = 0; door < SIM_N_DOORS; door++) {
		if (sim_request_parse(&op, &body, in, door)) {
			n++;
			check_tail(body, data, len);
			check_request(op, body);
		} else {
			must(op == SIM_OP_NONE && !body.len);
		}
	}
	must(n <= 1);
	for (unsigned i = SIM_OP_NONE + 1; i < SIM_N_OPS; i++) {
		if (!sim_reply_parse(&status, &body, in, i))
			must(status == SIM_GONE && !body.len);
		else if (status == SIM_SUCCESS)
			check_tail(body, data, len);
		else
			must(len == 4 && !body.len);
	}
	return 0;
}
