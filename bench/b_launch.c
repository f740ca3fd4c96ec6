/*
 * b_launch.c - what it takes to launch an enclave, up to its first answer; and
 * what its way to a quote costs beyond the quote itself: user_report_data opened,
 * written and closed, quote opened, read and closed, each open answered by
 * another process.
 *
 * usage: b_launch [PROGRAM]    PROGRAM answers a text with the same, reversed;
 *                              beside this program's own folder, if it is left
 *                              out
 */
#include <fcntl.h>
#include <limits.h>
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

#include "../tests/h_launch.h"
#include "../tests/h_machine.h"
#include "bench.h"
#include "seal/inner.h"
#include "seal/ohttp.h"
#include "launch/request.h"
#include "launch/supervisor.h"
#include "sim/wire.h"

enum { N_SAMPLES = 51, PER_SAMPLE = 20, N_LAUNCHES = 31, TEXT_LEN = 5 };

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
	struct buf quote = { 0 };

	must(sim_platform_target(&platform, target) == SIM_SUCCESS &&
	             enclu.ereport(enclu.self, report, target, data) ==
	                     SIM_SUCCESS &&
	             sim_platform_quote(&platform, &quote, report) ==
	                     SIM_SUCCESS,
	     "no quote");
	buf_free(&quote);
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
	const int no_end[SIM_N_ENDS] = { -1, -1 };
	struct sim_attfs files;
	double cost = 0;
	int results[2], notify;

	signal(SIGCHLD, SIG_IGN);
	must(pipe(results) == 0, "no pipe");
	start_enclave(&notify, results[1]);
	sim_attfs_start(&files, &platform, enclave);
	sim_supervise(&files, notify, no_end);
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

/* ---- an enclave, from its signed file in memory to its first answer */

static void find_program(char path[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 20);

	must(n > 0, "no folder of its own");
	path[n] = 0;
	*strrchr(path, '/') = 0;
	strcpy(strrchr(path, '/'), "/examples/reverse");
}

/* It is believed its keys: there is nothing to be kept from it here. */
static void ask_first(int fd)
{
	static const struct assay_mark none;
	static struct sim_host h;
	uint8_t message[TEXT_LEN + ASSAY_INNER_LEN + ASSAY_REQUEST_MORE];
	uint8_t *const plain = message + ASSAY_REQUEST_HEAD;
	const struct assay_bytes inner = { plain, TEXT_LEN + ASSAY_INNER_LEN };
	struct sim_attested attested;
	struct assay_key_config keys;
	struct assay_bytes got;
	struct assay_reply reply;
	struct assay_mark mark;

	h.fd = fd;
	assay_inner_write(plain, ASSAY_INNER_REQUEST, &none);
	memcpy(plain + ASSAY_INNER_LEN, "first", TEXT_LEN);
	must(sim_host_attest(&attested, &h, (struct assay_bytes){ 0 }) &&
	             assay_key_config_read(&keys, attested.config, NULL) &&
	             assay_request_seal(message, &reply, &keys, inner, NULL) &&
	             sim_host_request(&got, &h,
	                              (struct assay_bytes){
					      message, sizeof(message) }) &&
	             assay_response_open(&got, &reply,
	                                 assay_frame_body(&h.frame), got.len,
	                                 NULL) &&
	             assay_inner_read(&mark, &got, got, false, NULL) ==
	                     ASSAY_INNER_ANSWER &&
	             got.len == TEXT_LEN &&
	             memcmp(got.ptr, "tsrif", TEXT_LEN) == 0,
	     "no answer");
}

/* Milliseconds of `sample`: until it is started, until it has answered. */
static void launch_once(const char *dir, struct assay_bytes program,
                        double sample[2])
{
	const struct sim_run_options options = { 0 };
	const double from = now();
	struct assay_err err = { 0 };
	struct sim_run run;

	must(sim_run_start(&run, dir, program, &options, &err), err.note);
	sample[0] = (now() - from) * 1e3;
	ask_first(run.requests);
	sample[1] = (now() - from) * 1e3;
	sim_run_stop(&run);
}

static int bench_launch(const char *dir, const char *path)
{
	double started[N_LAUNCHES], answered[N_LAUNCHES], t[2];
	struct buf program = { 0 };

	must(launch_sign(&program, path), path);
	for (int i = 0; i < N_LAUNCHES; i++) {
		launch_once(dir, buf_bytes(&program), t);
		started[i] = t[0];
		answered[i] = t[1];
	}
	buf_free(&program);
	t[0] = bench_median(started, N_LAUNCHES);
	t[1] = bench_median(answered, N_LAUNCHES);
	bench_row("launched", t[0], "ms", t[0] / 25, 0, false);
	return bench_row("launch to first answer", t[1], "ms", t[1] / 25, 1,
	                 false);
}

int main(int argc, char **argv)
{
	char path[PATH_MAX];
	char dir[] = "/tmp/assay-bench-XXXXXX", command[64];
	struct sim_machine machine;
	struct sim_world world;
	double quote, whole;
	int missed;

	must(mkdtemp(dir), "no folder");
	machine_default(&machine);
	machine_provision(&machine, &world);
	must(sim_machine_write(&machine, dir), "no machine");
	find_program(path);
	missed = bench_launch(dir, argc > 1 ? argv[1] : path);
	start(dir);
	quote = elapsed(make_quote) * 1e6;
	whole = time_exchange() * 1e6;
	bench_row("quote itself, elapsed", quote, "us", 1, 0, false);
	bench_row("exchange, elapsed", whole, "us", whole / quote, 0, false);
	missed += bench_row("exchange, beyond the quote", whole - quote, "us",
	                    (whole - quote) / 250, 1, false);
	close(enclave);
	sim_platform_stop(&platform);
	sim_world_free(&world);
	sim_machine_free(&machine);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	must(system(command) == 0, "a folder stays");
	return missed ? 1 : 0;
}
