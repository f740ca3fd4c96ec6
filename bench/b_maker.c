/* b_maker.c - what a simulated manufacturer takes: rows of name, value, unit, how
 * that compares with the target, and the target. */
#include "bench.h"

#include "crypto/crypto.h"
#include "maker/maker.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

enum { N_PROCESSORS = 2000, N_CERTS = 200, N_EDITIONS = 20 };
#define NOW INT64_C(1790000000)

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "b_maker: %s\n", what);
	exit(2);
}

static double wall_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void make(struct sim_maker *m, double *cpu, double *wall)
{
	struct sim_make_spec spec = { .count = N_PROCESSORS,
		                      .ca = SIM_CA_PLATFORM,
		                      .now = NOW };

	memcpy(spec.fmspc, sim_maker_fmspc, sizeof(spec.fmspc));
	*cpu = bench_now();
	*wall = wall_now();
	must(sim_maker_make(m, &spec), sim_maker_why(m));
	*cpu = (bench_now() - *cpu) / N_PROCESSORS;
	*wall = (wall_now() - *wall) / N_PROCESSORS;
}

/* A certificate of another state: what a listener makes when it is asked. */
static double certify(struct sim_maker *m)
{
	struct ledger_processor p;
	struct ledger_cert cert;
	uint8_t tcbm[18];
	char name[32];
	double from;

	must(sim_maker_state(m, tcbm, 3) == LEDGER_FOUND, "no such level");
	from = bench_now();
	for (unsigned i = 1; i <= N_CERTS; i++) {
		snprintf(name, sizeof(name), "processor-%06u", i);
		must(sim_maker_find(m, &p, name) == LEDGER_FOUND &&
		             sim_maker_certify(m, &cert, &p, tcbm, NOW) ==
		                     LEDGER_FOUND,
		     sim_maker_why(m));
	}
	return (bench_now() - from) / N_CERTS;
}

static double publish(struct sim_maker *m)
{
	double from = bench_now();

	for (unsigned i = 0; i < N_EDITIONS; i++)
		must(sim_maker_publish(m, NOW), sim_maker_why(m));
	return (bench_now() - from) / N_EDITIONS;
}

static double open_once(const char *dir)
{
	double from = bench_now();
	struct sim_why why;
	struct sim_maker *m = sim_maker_open(dir, SIM_MAKER_WORK, &why);

	must(m != NULL, "it does not open");
	sim_maker_close(m);
	return bench_now() - from;
}

int main(void)
{
	/* in memory: a disk's file system is not what is measured */
	char on_disk[] = "/tmp/assay-bench-XXXXXX", path[64], command[80];
	char in_memory[] = "/dev/shm/assay-bench-XXXXXX";
	char *dir = access("/dev/shm", W_OK) == 0 ? in_memory : on_disk;
	double cpu, wall, cert, edition, opened;
	struct sim_why why;
	struct sim_maker *m;
	int missed;

	assay_crypto_start();
	must(mkdtemp(dir) != NULL, "no folder");
	snprintf(path, sizeof(path), "%s/m", dir);
	must(sim_maker_init(path, NOW, &why), why.text);
	m = sim_maker_open(path, SIM_MAKER_WORK, &why);
	must(m != NULL, why.text);
	make(m, &cpu, &wall);
	cert = certify(m);
	edition = publish(m);
	sim_maker_close(m);
	opened = open_once(path);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	must(system(command) == 0, "it is not removed");
	/* a thousand a second, of processor time */
	missed = bench_row("a processor made", cpu * 1e6, "us", 1e-3 / cpu, 1,
	                   true);
	bench_row("a processor made, wall clock", wall * 1e6, "us", 1e-3 / wall,
	          0, true);
	bench_row("a certificate issued", cert * 1e6, "us", 1e-3 / cert, 0,
	          true);
	bench_row("an edition published", edition * 1e6, "us", 1e-3 / edition,
	          0, true);
	bench_row("a manufacturer opened", opened * 1e6, "us", 1e-3 / opened, 0,
	          true);
	return missed ? 1 : 0;
}
