/* t_attfs.c - every file of an enclave's /dev/attestation, on a whole simulated
 * machine. */
#include <assay/assay.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "h_machine.h"
#include "launch/attfs.h"
#include "sim/wire.h"
#include "tap.h"

#define DEV "/dev/attestation/"
#define N_OF(array) (sizeof(array) / sizeof((array)[0]))
enum { LARGEFILE = 0100000 /* the kernel's */ };

static char dir[] = "/tmp/assay-attfs-XXXXXX";
static struct sim_machine machine;
static struct sim_world world;
static struct sim_platform platform;

/* An enclave with its files. */
struct enclave {
	int fd;
	struct sim_enclu enclu;
	struct sim_attfs files;
};

static void launch(struct enclave *e, const char *label, unsigned signer)
{
	struct machine_enclave m;

	machine_enclave(&m, label, signer);
	if (sim_platform_einit(&platform, &e->fd, &m.created, m.mrenclave,
	                       m.sigstruct) != SIM_SUCCESS)
		abort();
	e->enclu = sim_enclu_over(&e->fd);
	sim_attfs_start(&e->files, &platform, e->fd);
}

static void end(struct enclave *e)
{
	sim_attfs_end(&e->files);
	close(e->fd);
}

/* What a file holds, and how much; -1: it does not open, or is no file that
 * begins at its beginning and cannot be changed. */
static uint8_t content[SIM_MESSAGE_MAX];

static int get(struct enclave *e, const char *path)
{
	int fd = sim_attfs_open(&e->files, path, O_RDONLY | O_CLOEXEC);
	int n = -1;

	memset(content, 0, sizeof(content));
	if (fd < 0)
		return -1;
	if (lseek(fd, 0, SEEK_CUR) == 0)
		n = (int)read(fd, content, sizeof(content));
	if (write(fd, "x", 1) != -1 || ftruncate(fd, 0) != -1 ||
	    (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
		n = -1;
	close(fd);
	return n;
}

static int opened(struct enclave *e, const char *path, int flags)
{
	int fd = sim_attfs_open(&e->files, path, flags);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int writer(struct enclave *e, const char *path)
{
	int fd = sim_attfs_open(&e->files, path, O_WRONLY);

	if (fd < 0)
		abort();
	return fd;
}

static bool put(struct enclave *e, const char *path, const void *p, size_t n)
{
	int fd = writer(e, path);
	bool whole = write(fd, p, n) == (ssize_t)n;

	close(fd);
	return whole;
}

/* ---- which paths, which flags */

static void test_paths(struct enclave *e)
{
	static const char *const none[] = {
		"",
		"/",
		"/dev/attestation",
		DEV,
		"dev/attestation/quote",
		"attestation_type",
		"//dev/attestation/quote",
		"/dev//attestation/quote",
		"/dev/attestation/./quote",
		"/dev/attestation/../attestation/quote",
		DEV "quote/",
		DEV "quot",
		DEV "quotes",
		DEV "QUOTE",
		DEV "keys",
		DEV "keys/",
		DEV "keys/default",
		DEV "keys/_sgx_mrenclave/",
		DEV "protected_files_key",
		"/etc/passwd",
		"/proc/self/mem",
		"/dev/null",
	};

	for (size_t i = 0; i < N_OF(none); i++)
		ok(opened(e, none[i], O_RDONLY) == -EACCES &&
		           opened(e, none[i], O_WRONLY) == -EACCES,
		   "no file: '%s'", none[i]);
}

static void test_flags(struct enclave *e)
{
	/* clang-format off */
	static const struct {
		const char *name;
		int flags;
		bool quote, data; /* may be opened so */
	} rows[] = {
		{ "read", O_RDONLY, true, true },
		{ "read, with O_CLOEXEC", O_RDONLY | O_CLOEXEC, true, true },
		{ "read, with O_LARGEFILE", O_RDONLY | LARGEFILE, true, true },
		{ "write", O_WRONLY, false, true },
		{ "write, with both", O_WRONLY | O_CLOEXEC | LARGEFILE, false, true },
		{ "read and write", O_RDWR, false, true },
		{ "write as fopen does", O_WRONLY | O_CREAT | O_TRUNC, false, true },
		{ "read and write as fopen does", O_RDWR | O_CREAT | O_TRUNC, false, true },
		{ "read and truncate", O_RDONLY | O_TRUNC, false, false },
		{ "read and create", O_RDONLY | O_CREAT, false, false },
		{ "append", O_WRONLY | O_APPEND, false, false },
		{ "create anew", O_WRONLY | O_CREAT | O_EXCL, false, false },
		{ "not wait", O_RDONLY | O_NONBLOCK, false, false },
		{ "write and not wait", O_WRONLY | O_NONBLOCK, false, false },
		{ "a folder", O_RDONLY | O_DIRECTORY, false, false },
		{ "a path", O_PATH, false, false },
		{ "no link", O_RDONLY | O_NOFOLLOW, false, false },
		{ "signals", O_WRONLY | O_ASYNC, false, false },
		{ "the fourth mode", O_ACCMODE, false, false },
		{ "every flag", -1, false, false },
	};
	/* clang-format on */

	for (size_t i = 0; i < N_OF(rows); i++)
		ok((opened(e, DEV "quote", rows[i].flags) == 0) ==
		                   rows[i].quote &&
		           (opened(e, DEV "user_report_data", rows[i].flags) ==
		            0) == rows[i].data,
		   "open to %s", rows[i].name);
}

/* ---- what is written */

static const struct sim_report_data {
	uint8_t bytes[SIM_REPORT_DATA_LEN];
} nothing;

/* The report data of the report that is made now. */
static bool has_data(struct enclave *e, const void *p, size_t n)
{
	struct sim_report_data want = nothing;

	memcpy(want.bytes, p, n);
	return get(e, DEV "report") == SIM_REPORT_LEN &&
	       memcmp(content + SIM_REPORT_DATA, want.bytes, 64) == 0;
}

static void test_values(struct enclave *e)
{
	static const uint8_t all[64] = { 1, [63] = 2 };
	static uint8_t longer[SIM_TARGETINFO_LEN] = { 3, [63] = 4, [64] = 5 };
	const char *data = DEV "user_report_data";
	uint8_t byte;
	int a, b;

	ok(has_data(e, "", 0), "report data is zeros at first");
	ok(put(e, data, all, 64) && has_data(e, all, 64), "64 bytes are taken");
	ok(has_data(e, all, 64), "and stay");
	ok(put(e, data, "short", 5) && has_data(e, "short", 5),
	   "fewer are followed by zeros");
	ok(put(e, data, longer, sizeof(longer)) && has_data(e, longer, 64),
	   "of more, the first 64 are taken");
	a = writer(e, data);
	b = writer(e, data);
	ok(write(a, all, 64) == 64 && write(a, "two", 3) == 3 &&
	           has_data(e, "two", 3),
	   "each write replaces what was written before");
	ok(write(b, "b", 1) == 1 && write(a, "a", 1) == 1 &&
	           has_data(e, "a", 1),
	   "of several descriptors, the last write counts");
	ok(write(a, all, 0) == 0 && has_data(e, "", 0),
	   "an empty write leaves zeros");
	close(b);
	ok(write(a, "after", 5) == 5 && has_data(e, "after", 5),
	   "a descriptor is usable until it is closed");
	close(a);
	ok(get(e, data) == 0 && get(e, DEV "target_info") == 0,
	   "what was written is not read by opening again");
	a = sim_attfs_open(&e->files, data, O_RDWR);
	ok(a >= 0 && write(a, "rw", 2) == 2 && read(a, &byte, 1) == 0 &&
	           has_data(e, "rw", 2),
	   "who may read and write can write, and reads nothing");
	close(a);
}

/* As many descriptors as the enclave likes are one pair here. */
static void test_bounds(struct enclave *e)
{
	static int fd[64];
	int was = dup(0), now, n = 0;

	close(was);
	while (n < 64 && (fd[n] = writer(e, DEV "user_report_data")) >= 0)
		n++;
	for (int i = 0; i < n; i++)
		close(fd[i]);
	now = dup(0);
	close(now);
	ok(n == 64 && now <= was + 2, "opening often keeps nothing");
}

/* More writes than a socket holds: whoever waits for them takes them. */
static void test_full(struct enclave *e)
{
	int fd = writer(e, DEV "user_report_data"), n = 0;
	uint8_t last[4] = { 0 };

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (n < 100000 && write(fd, last, 4) == 4)
		n++;
	ok(n > 16 && n < 100000 && errno == EAGAIN, "%d writes may be unread",
	   n);
	sim_attfs_take(&e->files, SIM_ATT_REPORT_DATA);
	last[0] = 9;
	ok(write(fd, last, 4) == 4 && has_data(e, last, 4),
	   "once they are taken there is room again");
	fcntl(fd, F_SETFL, 0);
	close(fd);
}

/* ---- what is read */

static void test_local(struct enclave *e, struct enclave *other)
{
	uint8_t target[SIM_TARGETINFO_LEN], report[SIM_REPORT_LEN];

	ok(get(e, DEV "attestation_type") == 4 && !memcmp(content, "dcap", 4),
	   "attestation_type is dcap, without a line's end");
	ok(get(other, DEV "my_target_info") == SIM_TARGETINFO_LEN,
	   "my_target_info is 512 bytes");
	memcpy(target, content, sizeof(target));
	ok(put(e, DEV "target_info", target, sizeof(target)) &&
	           put(e, DEV "user_report_data", "hello", 5) &&
	           has_data(e, "hello", 5),
	   "a report for another enclave");
	memcpy(report, content, sizeof(report));
	ok(sim_report_verify(&other->enclu, report, SIM_QE_INVALID_REPORT) ==
	           SIM_SUCCESS,
	   "which believes it");
	ok(sim_report_verify(&e->enclu, report, SIM_QE_INVALID_REPORT) ==
	           SIM_QE_INVALID_REPORT,
	   "and nobody else does");
	report[SIM_REPORT_DATA] ^= 1;
	ok(sim_report_verify(&other->enclu, report, SIM_QE_INVALID_REPORT) ==
	           SIM_QE_INVALID_REPORT,
	   "nor when it was changed");
	memset(target, 0xff, sizeof(target));
	ok(put(e, DEV "target_info", target, sizeof(target)) &&
	           get(e, DEV "report") == -1,
	   "no report for what is no target");
	ok(put(e, DEV "target_info", target, 0) &&
	           get(e, DEV "report") == SIM_REPORT_LEN,
	   "and one again when it is replaced");
}

/* Strictly: nothing may follow the quote. */
static bool is_genuine(int len)
{
	const struct assay_terms terms = { .now = world.now, .strict = true };
	struct assay_trust *trust = malloc(assay_trust_size());
	struct assay_collateral c;
	struct assay_verdict v;
	bool genuine;

	sim_world_collateral(&c, &world);
	genuine = len > 0 && trust &&
	          assay_trust_open(trust, &c, (struct assay_bytes){ 0 },
	                           world.keys[SIM_ROOT].key, NULL, NULL) &&
	          assay_verify(&v, trust, NULL,
	                       (struct assay_bytes){ content, (size_t)len },
	                       (struct assay_bytes){ 0 }, &terms) &&
	          v.status == ASSAY_STATUS_UP_TO_DATE;
	free(trust);
	return genuine;
}

static void test_quote(struct enclave *e, const char *label)
{
	uint8_t mrenclave[32];
	int n;

	assay_sha256(mrenclave, buf_text(label));
	ok(put(e, DEV "user_report_data", "quoted", 7), "data for a quote");
	n = get(e, DEV "quote");
	ok(is_genuine(n), "the quote is genuine, and its length exact");
	ok(!memcmp(content + 48 + SIM_REPORT_DATA, "quoted\0\0", 8),
	   "it has the data that was written");
	ok(!memcmp(content + 48 + SIM_REPORT_MRENCLAVE, mrenclave, 32),
	   "and the enclave's measurement");
	ok(put(e, DEV "user_report_data", "second", 7) &&
	           is_genuine(get(e, DEV "quote")) &&
	           !memcmp(content + 48 + SIM_REPORT_DATA, "second\0\0", 8),
	   "the next has what is written next");
}

/* ---- keys */

/* The same key, derived in this process from the machine's fuses. */
static void key_here(uint8_t key[SIM_KEY_LEN], const char *label,
                     unsigned signer, uint16_t policy)
{
	struct sim_key_request request = {
		.name = SIM_KEYNAME_SEAL,
		.policy = policy,
		.isv_svn = 3,
		.flags_mask = UINT64_MAX,
		.xfrm_mask = UINT64_C(0xfffffffffff9ff1b),
		.misc_mask = 0xffffffff,
	};
	uint8_t raw[SIM_KEYREQUEST_LEN];
	struct machine_enclave m;
	struct sim_secs secs;
	struct sim_cpu cpu;

	memcpy(request.cpu_svn, machine.cpu_svn, SIM_CPUSVN_LEN);
	sim_key_request_put(raw, &request);
	machine_enclave(&m, label, signer);
	if (!sim_cpu_boot(&cpu, machine.fuse, machine.cpu_svn,
	                  machine.owner_epoch) ||
	    sim_launch(&secs, &cpu, &m.created, m.mrenclave, m.sigstruct) !=
	            SIM_SUCCESS ||
	    sim_egetkey(key, &cpu, &secs, raw) != SIM_SUCCESS)
		abort();
}

static bool has_key(struct enclave *e, const char *path, const uint8_t key[16])
{
	return get(e, path) == SIM_KEY_LEN && memcmp(content, key, 16) == 0;
}

static void test_keys(struct enclave *a, struct enclave *b)
{
	const char *by_code = DEV "keys/_sgx_mrenclave";
	const char *by_signer = DEV "keys/_sgx_mrsigner";
	uint8_t code[16], other[16], signer[16];

	key_here(code, "A", 2, SIM_POLICY_MRENCLAVE);
	key_here(other, "B", 2, SIM_POLICY_MRENCLAVE);
	key_here(signer, "A", 2, SIM_POLICY_MRSIGNER);
	ok(has_key(a, by_code, code), "_sgx_mrenclave is EGETKEY's");
	ok(has_key(a, by_signer, signer), "so is _sgx_mrsigner");
	ok(has_key(b, by_code, other) && memcmp(code, other, 16) != 0,
	   "another enclave has another key");
	ok(has_key(b, by_signer, signer), "and its signer's in common");
	ok(opened(a, by_code, O_WRONLY) == -EACCES &&
	           opened(a, by_code, O_RDWR) == -EACCES,
	   "keys cannot be set");
}

/* ---- when others die */

static void test_gone(struct enclave *e)
{
	kill(platform.qe, SIGKILL);
	ok(opened(e, DEV "quote", O_RDONLY) == -EACCES,
	   "without its QE, a quote cannot be opened");
	ok(is_genuine(get(e, DEV "quote")), "the next one can");
	kill(platform.processor, SIGKILL);
	ok(opened(e, DEV "quote", O_RDONLY) == -EACCES &&
	           opened(e, DEV "report", O_RDONLY) == -EACCES &&
	           opened(e, DEV "my_target_info", O_RDONLY) == -EACCES &&
	           opened(e, DEV "keys/_sgx_mrsigner", O_RDONLY) == -EACCES,
	   "without a processor, nothing can");
}

int main(void)
{
	struct enclave a, b;
	char command[64];

	if (!mkdtemp(dir))
		abort();
	machine_default(&machine);
	machine_provision(&machine, &world);
	if (!sim_machine_write(&machine, dir) ||
	    sim_platform_start(&platform, dir) != SIM_SUCCESS)
		abort();
	launch(&a, "A", 2);
	launch(&b, "B", 2);
	test_values(&a);
	test_bounds(&a);
	test_full(&a);
	test_paths(&a);
	test_flags(&a);
	test_local(&a, &b);
	test_quote(&a, "A");
	test_quote(&b, "B");
	test_keys(&a, &b);
	test_gone(&a);
	end(&a);
	end(&b);
	sim_platform_stop(&platform);
	sim_machine_free(&machine);
	sim_world_free(&world);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		note("%s stays", dir);
	return done();
}
