/* t_oom_sim.c - memory runs out at each of libcrypto's allocations in turn,
 * while a platform makes a quote: there is none, or it is the right one. */
#include <assay/quote.h>

#include <string.h>

#include "h_machine.h"
#include "sim/ae.h"
#include "sim/qe.h"
#include "h_oom.h"
#include "tap.h"

/* ---- the platform */

static struct sim_machine machine;
static struct sim_world world;
static struct sim_cpu cpu;
static struct sim_enclave pce, qe;
static struct sim_enclu pce_enclu, qe_enclu;
static struct sim_pce door;
static struct sim_qe_cert cert;
static uint8_t report[SIM_REPORT_LEN], forged[SIM_REPORT_LEN];

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

/* The QE reports on itself to itself: any enclave would do. */
static void set_up(void)
{
	const uint8_t data[SIM_REPORT_DATA_LEN] = { 3 };
	uint8_t own[SIM_REPORT_LEN], target[SIM_TARGETINFO_LEN];

	machine_default(&machine);
	machine_provision(&machine, &world);
	pce.cpu = qe.cpu = &cpu;
	pce_enclu = sim_enclu_of(&pce);
	qe_enclu = sim_enclu_of(&qe);
	door = sim_pce_of(&pce_enclu);
	cert.chain = buf_bytes(&machine.chain);
	if (!sim_cpu_boot(&cpu, machine.fuse, machine.cpu_svn,
	                  machine.owner_epoch) ||
	    sim_ae_start(&pce.secs, &cpu, SIM_AE_PCE, machine.pce) !=
	            SIM_SUCCESS ||
	    sim_ae_start(&qe.secs, &cpu, SIM_AE_QE, machine.qe) !=
	            SIM_SUCCESS ||
	    sim_own_report(own, &qe_enclu) != SIM_SUCCESS)
		abort();
	sim_target_of_report(target, own);
	if (sim_ereport(report, &cpu, &qe.secs, target, data) != SIM_SUCCESS)
		abort();
	memcpy(forged, report, sizeof(forged));
	forged[SIM_REPORT_DATA] ^= 1;
}

/* ---- what is tried: each says whether it was done; `right` becomes false if
 * what was done is wrong, or what was not left something */

static bool right;

static bool try_einit(void)
{
	struct sim_secs secs;
	enum sim_status status = sim_ae_start(&secs, &cpu, SIM_AE_QE,
	                                      machine.qe);

	right &= status == SIM_SUCCESS
	                 ? memcmp(&secs, &qe.secs, sizeof(secs)) == 0
	                 : is_zero(&secs, sizeof(secs));
	return status == SIM_SUCCESS;
}

static bool try_quote(void)
{
	struct buf quote = { 0 };
	struct assay_quote q;
	struct sim_qe opened;
	bool done = sim_qe_open(&opened, &qe_enclu, &door, &cert) ==
	            SIM_SUCCESS;

	if (!done) {
		right &= is_zero(&opened, sizeof(opened));
		return false;
	}
	right &= sim_qe_quote(&quote, &opened, forged) != SIM_SUCCESS &&
	         !quote.len;
	done = sim_qe_quote(&quote, &opened, report) == SIM_SUCCESS;
	right &= done ? assay_quote_parse(&q, buf_bytes(&quote), true, NULL) &&
	                         memcmp(quote.ptr + q.body_at, report,
	                                SIM_REPORT_BODY_LEN) == 0
	              : !quote.len;
	buf_free(&quote);
	sim_qe_close(&opened);
	return done;
}

static bool try_ppid(void)
{
	struct sim_ppid_key key = { .e = { 0, 0, 0, 3 } };
	uint8_t data[SIM_REPORT_DATA_LEN], ask[SIM_REPORT_LEN];
	uint8_t own[SIM_REPORT_LEN], target[SIM_TARGETINFO_LEN];
	struct sim_pce_info info;
	enum sim_status status = sim_own_report(own, &pce_enclu);

	memset(key.n, 0xff, sizeof(key.n));
	sim_ppid_key_data(data, SIM_PCE_SUITE, &key);
	sim_target_of_report(target, own);
	if (status == SIM_SUCCESS)
		status = qe_enclu.ereport(&qe, ask, target, data);
	if (status != SIM_SUCCESS)
		return false;
	status = sim_pce_get_pc_info(&info, &pce_enclu, ask, SIM_PCE_SUITE,
	                             &key);
	right &= status == SIM_SUCCESS ? !is_zero(info.ppid, sizeof(info.ppid))
	                               : is_zero(info.ppid, sizeof(info.ppid));
	return status == SIM_SUCCESS;
}

/* Fails at the first allocation, then at the second, until all are done. */
static void test(const char *name, bool (*try)(void))
{
	long at = 0, n_done = 0;

	right = true;
	oom_left = -1;
	if (!try()) {
		ok(false, "%s, with memory", name);
		return;
	}
	do {
		oom_left = at++;
		oom_failed = false;
		n_done += try();
		oom_left = -1;
	} while (oom_failed);
	ok(right && at > 1 && n_done > 0, "%s: %ld allocations fail in turn",
	   name, at - 1);
	ok(try() && right, "%s: and then it is done", name);
}

int main(void)
{
	if (!oom_begin()) {
		skip("libcrypto has memory already", "out of memory");
		return done();
	}
	set_up();
	test("EINIT", try_einit);
	test("a quote", try_quote);
	test("a PPID", try_ppid);
	sim_machine_free(&machine);
	sim_world_free(&world);
	return done();
}
