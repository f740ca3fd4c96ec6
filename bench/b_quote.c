/*
 * b_quote.c - what a quote of the simulated platform costs: processor time of
 * all its processes, in signatures (one ECDSA_do_sign over P-256 with a key
 * that is kept), and the time that passes.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>

#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "../tests/h_machine.h"
#include "bench.h"
#include "sim/platform.h"
#include "sim/wire.h"

enum { N_SAMPLES = 51, PER_SAMPLE = 40 };

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "b_quote: %s\n", what);
	exit(2);
}

static double seconds(clockid_t clock)
{
	struct timespec t;

	must(clock_gettime(clock, &t) == 0, "no clock");
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- the unit */

static double time_signature(EC_KEY *key)
{
	static const unsigned char digest[32] = { 7 };
	double start = bench_now();

	for (int i = 0; i < PER_SAMPLE; i++) {
		ECDSA_SIG *sig = ECDSA_do_sign(digest, sizeof(digest), key);

		must(sig, "no signature");
		ECDSA_SIG_free(sig);
	}
	return (bench_now() - start) / PER_SAMPLE;
}

/* ---- the platform */

static struct sim_platform platform;
static struct sim_enclu enclave;
static int enclave_fd;
static uint8_t target[SIM_TARGETINFO_LEN], report[SIM_REPORT_LEN];
static const uint8_t data[SIM_REPORT_DATA_LEN] = { 1 };
static struct buf quote;

static void make_report(void)
{
	must(enclave.ereport(enclave.self, report, target, data) == SIM_SUCCESS,
	     "no report");
}

static void make_quote(void)
{
	must(sim_platform_quote(&platform, &quote, report) == SIM_SUCCESS,
	     "no quote");
}

static void make_both(void)
{
	make_report();
	make_quote();
}

/* Processor time of this process and of all three of the platform. */
static double cpu_of_all(void)
{
	const pid_t pids[] = { getpid(), platform.processor, platform.pce,
		               platform.qe };
	double sum = 0;
	clockid_t clock;

	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
		must(clock_getcpuclockid(pids[i], &clock) == 0,
		     "no clock of a process");
		sum += seconds(clock);
	}
	return sum;
}

/* Medians, in seconds. */
struct cost {
	double cpu, elapsed, unit;
};

static struct cost measure(void (*work)(void), EC_KEY *key)
{
	double cpu[N_SAMPLES], elapsed[N_SAMPLES], unit[N_SAMPLES];

	for (int i = 0; i < N_SAMPLES; i++) {
		double start, wall;

		unit[i] = time_signature(key);
		start = cpu_of_all();
		wall = seconds(CLOCK_MONOTONIC);
		for (int k = 0; k < PER_SAMPLE; k++)
			work();
		elapsed[i] = (seconds(CLOCK_MONOTONIC) - wall) / PER_SAMPLE;
		cpu[i] = (cpu_of_all() - start) / PER_SAMPLE;
	}
	return (struct cost){ bench_median(cpu, N_SAMPLES),
		              bench_median(elapsed, N_SAMPLES),
		              bench_median(unit, N_SAMPLES) };
}

static int row(const char *name, struct cost c, double target_cpu,
               double target_ms)
{
	char full[64];
	int missed;

	snprintf(full, sizeof(full), "%s, cpu of all", name);
	missed = bench_row(full, c.cpu * 1e6, "us", c.cpu / c.unit, target_cpu,
	                   false);
	snprintf(full, sizeof(full), "%s, elapsed", name);
	return missed + bench_row(full, c.elapsed * 1e6, "us", c.elapsed * 1e3,
	                          target_ms, false);
}

/* All of them on one core, from now on: then nobody wakes another core, which
 * can cost more than a signature where that core sleeps deeply or is virtual. */
static void one_core(void)
{
	const pid_t pids[] = { getpid(), platform.processor, platform.pce,
		               platform.qe };
	cpu_set_t core;

	CPU_ZERO(&core);
	CPU_SET(sched_getcpu(), &core);
	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++)
		must(sched_setaffinity(pids[i], sizeof(core), &core) == 0,
		     "no core of its own");
}

/* ---- starting */

static void start(const char *dir)
{
	struct machine_enclave e;
	double begin = seconds(CLOCK_MONOTONIC), ms;

	must(sim_platform_start(&platform, dir) == SIM_SUCCESS, "no platform");
	ms = (seconds(CLOCK_MONOTONIC) - begin) * 1e3;
	bench_row("processor, started", ms * 1e3, "us", ms, 0, false);
	begin = seconds(CLOCK_MONOTONIC);
	must(sim_platform_target(&platform, target) == SIM_SUCCESS, "no QE");
	ms = (seconds(CLOCK_MONOTONIC) - begin) * 1e3;
	bench_row("PCE and QE, started", ms * 1e3, "us", ms, 0, false);
	machine_enclave(&e, "enclave", 2);
	begin = seconds(CLOCK_MONOTONIC);
	must(sim_platform_einit(&platform, &enclave_fd, &e.created, e.mrenclave,
	                        e.sigstruct) == SIM_SUCCESS,
	     "no enclave");
	ms = (seconds(CLOCK_MONOTONIC) - begin) * 1e3;
	bench_row("EINIT", ms * 1e3, "us", ms, 0, false);
	enclave = sim_enclu_over(&enclave_fd);
}

static void remove_dir(const char *dir)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	must(system(command) == 0, "a folder stays");
}

int main(void)
{
	char dir[] = "/tmp/assay-bench-XXXXXX";
	EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	struct sim_machine machine;
	struct sim_world world;
	struct cost c;
	int missed;

	must(key && EC_KEY_generate_key(key) == 1, "no key");
	must(mkdtemp(dir), "no folder");
	machine_default(&machine);
	machine_provision(&machine, &world);
	must(sim_machine_write(&machine, dir), "no machine");
	start(dir);
	make_both();
	c = measure(make_report, key);
	bench_row("signature, the unit", c.unit * 1e6, "us", 1, 0, false);
	missed = row("report", c, 0, 0);
	missed += row("quote", measure(make_quote, key), 3, 1);
	missed += row("report and quote", measure(make_both, key), 3, 1);
	one_core();
	missed += row("one core, quote", measure(make_quote, key), 3, 1);
	missed += row("one core, both", measure(make_both, key), 3, 1);
	close(enclave_fd);
	sim_platform_stop(&platform);
	buf_free(&quote);
	sim_world_free(&world);
	sim_machine_free(&machine);
	EC_KEY_free(key);
	remove_dir(dir);
	return missed ? 1 : 0;
}
