/*
 * b_process.c - what one judgement costs as a whole process: bundle in, verdict
 * out.  Processor time is counted in U beyond an empty static program.
 *
 * usage: b_process [DIR]    DIR holds assay, assayd and bench/empty; where this
 *                           program's own folder is in, if it is left out
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/obj_mac.h>

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { N_RUNS = 151 };

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "b_process: %s\n", what);
	exit(2);
}

struct cost {
	double cpu; /* seconds */
	long peak;  /* KiB */
	int status; /* of exit */
};

/* Runs a command to its end, its output thrown away. */
static struct cost run(const char *const *argv)
{
	struct rusage use;
	int status;
	pid_t pid = fork();

	must(pid >= 0, "no process");
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, 1);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	must(wait4(pid, &status, 0, &use) == pid, "no end");
	return (struct cost){
		(double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
			(double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) *
				1e-6,
		use.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 127
	};
}

static double time_unit(EC_KEY *key, ECDSA_SIG *sig,
                        const unsigned char digest[32])
{
	double start = bench_now();

	for (int i = 0; i < 4; i++)
		must(ECDSA_do_verify(digest, 32, sig, key) == 1,
		     "the unit does not verify");
	return (bench_now() - start) / 4;
}

/* U, sample by sample beside the runs: a process of its own, so that libcrypto
 * does not count as memory of what is run. */
static double unit(void)
{
	unsigned char digest[32] = { 7 };
	EC_KEY *key = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
	ECDSA_SIG *sig;
	double sample[N_RUNS];

	must(key && EC_KEY_generate_key(key) == 1, "no key");
	sig = ECDSA_do_sign(digest, sizeof(digest), key);
	must(sig, "no signature");
	for (size_t i = 0; i < N_RUNS; i++)
		sample[i] = time_unit(key, sig, digest);
	EC_KEY_free(key);
	ECDSA_SIG_free(sig);
	return bench_median(sample, N_RUNS);
}

/* The median of a few U measured in a child. */
static double unit_in_child(void)
{
	double u = 0;
	int p[2];
	pid_t pid;

	must(pipe(p) == 0 && (pid = fork()) >= 0, "no process");
	if (pid == 0) {
		u = unit();
		_exit(write(p[1], &u, sizeof(u)) == sizeof(u) ? 0 : 1);
	}
	must(read(p[0], &u, sizeof(u)) == sizeof(u), "no unit");
	waitpid(pid, NULL, 0);
	close(p[0]);
	close(p[1]);
	return u;
}

static void remove_dir(const char *dir)
{
	const char *const argv[] = { "/bin/rm", "-rf", dir, NULL };

	run(argv);
}

int main(int argc, char **argv)
{
	char here[PATH_MAX], assay[PATH_MAX + 16], empty[PATH_MAX + 16];
	char dir[] = "/tmp/assay-bench-XXXXXX";
	char set[64], quote[64], root[64], bundle[64];
	double cpu[N_RUNS], base[N_RUNS], units[3], u;
	long peak = 0;
	int missed;

	snprintf(here, sizeof(here), "%s", argc > 1 ? argv[1] : argv[0]);
	if (argc < 2)
		for (int i = 0; i < 2; i++) {
			char *slash = strrchr(here, '/');

			if (slash)
				*slash = 0;
		}
	snprintf(assay, sizeof(assay), "%s/assay", here);
	snprintf(empty, sizeof(empty), "%s/bench/empty", here);
	must(mkdtemp(dir), "no folder");
	snprintf(set, sizeof(set), "%s/set", dir);
	snprintf(quote, sizeof(quote), "%s/set/quote.bin", dir);
	snprintf(root, sizeof(root), "%s/set/root.pem", dir);
	snprintf(bundle, sizeof(bundle), "%s/bundle.json", dir);

	const char *const sample[] = { assay, "sim", "sample", set, NULL };
	const char *const make[] = { assay,          "collateral", "bundle",
		                     "--collateral", set,          "-o",
		                     bundle,         quote,        NULL };
	const char *const verify[] = { assay,        "verify", "--root", root,
		                       "--any-code", "--json", bundle,   NULL };
	const char *const nothing[] = { empty, NULL };

	must(run(sample).status == 0, "assay sim sample failed");
	must(run(make).status == 0, "assay collateral bundle failed");
	/* refused only for being simulated: the whole judgement was made */
	must(run(verify).status == 1, "assay verify failed");
	units[0] = unit_in_child();
	for (size_t i = 0; i < N_RUNS; i++) {
		struct cost c = run(verify);

		cpu[i] = c.cpu;
		peak = c.peak > peak ? c.peak : peak;
		base[i] = run(nothing).cpu;
		if (i == N_RUNS / 2)
			units[1] = unit_in_child();
	}
	units[2] = unit_in_child();
	remove_dir(dir);
	u = bench_median(units, 3);
	double c = bench_median(cpu, N_RUNS), b = bench_median(base, N_RUNS);
	bench_row("empty static program", b * 1e6, "us", b / u, 0, false);
	bench_row("assay verify, whole", c * 1e6, "us", c / u, 0, false);
	missed = bench_row("assay verify, beyond empty", (c - b) * 1e6, "us",
	                   (c - b) / u, 18, false);
	missed += bench_row("assay verify, peak memory", (double)peak, "KiB",
	                    (double)peak / 1024, 5, false);
	return missed ? 1 : 0;
}
