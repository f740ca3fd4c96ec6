/*
 * b_launch.c - what an enclave's way to a quote costs beyond the quote itself:
 * user_report_data opened, written and closed, quote opened, read and closed,
 * each open answered by another process.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../tests/h_machine.h"
#include "bench.h"
#include "sim/supervisor.h"
#include "sim/wire.h"

enum { N_SAMPLES = 51, PER_SAMPLE = 20 };

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "b_launch: %s\n", what);
	exit(2);
}

static double now(void)
{
	struct timespec t;

	must(clock_gettime(CLOCK_MONOTONIC, &t) == 0, "no clock");
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double elapsed(void (*work)(void))
{
	double sample[N_SAMPLES];

	for (int i = 0; i < N_SAMPLES; i++) {
		double start = now();

		for (int k = 0; k < PER_SAMPLE; k++)
			work();
		sample[i] = (now() - start) / PER_SAMPLE;
	}
	return bench_median(sample, N_SAMPLES);
}

/* ---- the quote itself */

static struct sim_platform platform;
static int enclave;

static void make_quote(void)
{
	static const uint8_t data[SIM_REPORT_DATA_LEN] = { 1 };
	const struct sim_enclu enclu = sim_enclu_over(&enclave);
	uint8_t target[SIM_TARGETINFO_LEN], report[SIM_REPORT_LEN];
	struct sim_out quote = { 0 };

	must(sim_platform_target(&platform, target) == SIM_SUCCESS &&
	             enclu.ereport(enclu.self, report, target, data) ==
	                     SIM_SUCCESS &&
	             sim_platform_quote(&platform, &quote, report) ==
	                     SIM_SUCCESS,
	     "no quote");
	sim_out_free(&quote);
}

/* ---- the enclave's process */

static void exchange(void)
{
	static uint8_t quote[SIM_MESSAGE_MAX];
	int fd = open("/dev/attestation/user_report_data", O_WRONLY);

	must(fd >= 0 && write(fd, "data", 4) == 4, "no report data");
	close(fd);
	fd = open("/dev/attestation/quote", O_RDONLY);
	must(fd >= 0 && read(fd, quote, sizeof(quote)) > 0, "no quote read");
	close(fd);
}

static int notify_of_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		         offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	const struct sock_fprog filter = { sizeof(code) / sizeof(code[0]),
		                           code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	                    SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
}

/* Both share their table of descriptors until the filter stands, so nothing is
 * to be passed on but the number. */
static pid_t start_enclave(int *notify, int results)
{
	int numbers[2];
	pid_t pid;

	must(pipe(numbers) == 0, "no pipe");
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	must(pid >= 0, "no process");
	if (pid == 0) {
		double cost;
		int fd = notify_of_filter();

		must(write(numbers[1], &fd, sizeof(fd)) == sizeof(fd) &&
		             fd >= 0,
		     "no filter");
		exchange();
		cost = elapsed(exchange);
		_exit(write(results, &cost, sizeof(cost)) != sizeof(cost));
	}
	must(read(numbers[0], notify, sizeof(*notify)) == sizeof(*notify) &&
	             *notify >= 0,
	     "no seccomp notification");
	return pid;
}

static double time_exchange(void)
{
	struct sim_attfs files;
	double cost = 0;
	int results[2], notify;

	signal(SIGCHLD, SIG_IGN);
	must(pipe(results) == 0, "no pipe");
	start_enclave(&notify, results[1]);
	sim_attfs_start(&files, &platform, enclave);
	sim_supervise(&files, notify);
	sim_attfs_end(&files);
	must(read(results[0], &cost, sizeof(cost)) == sizeof(cost), "no time");
	signal(SIGCHLD, SIG_DFL);
	return cost;
}

static void start(const char *dir)
{
	struct machine_enclave e;

	must(sim_platform_start(&platform, dir) == SIM_SUCCESS, "no platform");
	machine_enclave(&e, "enclave", 2);
	must(sim_platform_einit(&platform, &enclave, &e.created, e.mrenclave,
	                        e.sigstruct) == SIM_SUCCESS,
	     "no enclave");
	make_quote();
}

int main(void)
{
	char dir[] = "/tmp/assay-bench-XXXXXX", command[64];
	struct sim_machine machine;
	struct sim_world world;
	double quote, whole;
	int missed;

	must(mkdtemp(dir), "no folder");
	machine_default(&machine);
	machine_provision(&machine, &world);
	must(sim_machine_write(&machine, dir), "no machine");
	start(dir);
	quote = elapsed(make_quote) * 1e6;
	whole = time_exchange() * 1e6;
	bench_row("quote itself, elapsed", quote, "us", 1, 0, false);
	bench_row("exchange, elapsed", whole, "us", whole / quote, 0, false);
	missed = bench_row("exchange, beyond the quote", whole - quote, "us",
	                   (whole - quote) / 250, 1, false);
	close(enclave);
	sim_platform_stop(&platform);
	sim_world_free(&world);
	sim_machine_free(&machine);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	must(system(command) == 0, "a folder stays");
	return missed ? 1 : 0;
}
