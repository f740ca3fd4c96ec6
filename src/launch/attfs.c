/* attfs.c - the files of an enclave's /dev/attestation. */
#include "launch/attfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crypto/crypto.h"
#include "sim/le.h"
#include "sim/wire.h"

/* What open(2) may be asked for besides the mode of access: O_CREAT and O_TRUNC
 * come with fopen(…, "w").  O_LARGEFILE is the kernel's, which the C library
 * calls 0. */
enum {
	KERNEL_LARGEFILE = 0100000,
	ALWAYS = O_CLOEXEC | KERNEL_LARGEFILE,
	WHERE_WRITTEN = O_CREAT | O_TRUNC,
	ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
	MOST_AT_ONCE = 1024, /* messages that are taken without a pause */
};

static const size_t value_len[SIM_N_ATT_VALUES] = {
	[SIM_ATT_REPORT_DATA] = SIM_REPORT_DATA_LEN,
	[SIM_ATT_TARGET] = SIM_TARGETINFO_LEN,
};

/* ---- what is written */

void sim_attfs_take(struct sim_attfs *a, unsigned which)
{
	struct sim_att_value *v = &a->value[which];
	uint8_t bytes[SIM_TARGETINFO_LEN];
	ssize_t n;

	if (v->ours < 0)
		return;
	for (int i = 0; i < MOST_AT_ONCE; i++) {
		n = recv(v->ours, bytes, value_len[which], MSG_DONTWAIT);
		if (n < 0)
			return;
		memset(v->bytes, 0, sizeof(v->bytes));
		memcpy(v->bytes, bytes, (size_t)n);
	}
}

void sim_attfs_hang_up(struct sim_attfs *a, unsigned which)
{
	struct sim_att_value *v = &a->value[which];

	if (v->ours >= 0) {
		close(v->ours);
		close(v->theirs);
	}
	v->ours = v->theirs = -1;
}

/* Nothing is ever sent to the enclave: its reads find the end of the file. */
static bool connect_value(struct sim_att_value *v)
{
	int fd[2];

	if (v->ours >= 0)
		return true;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd))
		return false;
	shutdown(fd[0], SHUT_WR);
	v->ours = fd[0];
	v->theirs = fd[1];
	return true;
}

static int open_value(struct sim_attfs *a, unsigned which)
{
	struct sim_att_value *v = &a->value[which];

	return connect_value(v) ? fcntl(v->theirs, F_DUPFD_CLOEXEC, 0) : -1;
}

/* ---- what is read */

static bool put_type(struct sim_attfs *a, struct buf *out)
{
	(void)a;
	buf_put_bytes(out, buf_text("dcap"));
	return true;
}

/* What was written cannot be read by opening the file again, as in Gramine. */
static bool put_nothing(struct sim_attfs *a, struct buf *out)
{
	(void)a;
	(void)out;
	return true;
}

static bool put_my_target(struct sim_attfs *a, struct buf *out)
{
	const struct sim_enclu enclu = sim_enclu_over(&a->enclave);
	uint8_t report[SIM_REPORT_LEN], target[SIM_TARGETINFO_LEN];

	if (sim_own_report(report, &enclu) != SIM_SUCCESS)
		return false;
	sim_target_of_report(target, report);
	buf_put(out, target, sizeof(target));
	return true;
}

static bool report_for(uint8_t report[SIM_REPORT_LEN], struct sim_attfs *a,
                       const uint8_t target[SIM_TARGETINFO_LEN])
{
	const struct sim_enclu enclu = sim_enclu_over(&a->enclave);

	sim_attfs_take(a, SIM_ATT_REPORT_DATA);
	return enclu.ereport(enclu.self, report, target,
	                     a->value[SIM_ATT_REPORT_DATA].bytes) ==
	       SIM_SUCCESS;
}

static bool put_report(struct sim_attfs *a, struct buf *out)
{
	uint8_t report[SIM_REPORT_LEN];

	sim_attfs_take(a, SIM_ATT_TARGET);
	if (!report_for(report, a, a->value[SIM_ATT_TARGET].bytes))
		return false;
	buf_put(out, report, sizeof(report));
	return true;
}

static bool put_quote(struct sim_attfs *a, struct buf *out)
{
	uint8_t target[SIM_TARGETINFO_LEN], report[SIM_REPORT_LEN];

	return sim_platform_target(a->platform, target) == SIM_SUCCESS &&
	       report_for(report, a, target) &&
	       sim_platform_quote(a->platform, out, report) == SIM_SUCCESS;
}

/* A sealing key as Gramine asks for it: of the versions that are running, and
 * the same whatever extensions the processor's state is saved with [SGX 7]. */
static bool put_key(struct sim_attfs *a, struct buf *out, uint16_t policy)
{
	const struct sim_enclu enclu = sim_enclu_over(&a->enclave);
	struct sim_key_request request = {
		.name = SIM_KEYNAME_SEAL,
		.policy = policy,
		.flags_mask = UINT64_MAX,
		.xfrm_mask = UINT64_C(0xfffffffffff9ff1b),
		.misc_mask = UINT32_MAX,
	};
	uint8_t report[SIM_REPORT_LEN], key[SIM_KEY_LEN];
	bool done;

	if (sim_own_report(report, &enclu) != SIM_SUCCESS)
		return false;
	memcpy(request.cpu_svn, report + SIM_REPORT_CPUSVN, SIM_CPUSVN_LEN);
	request.isv_svn = (uint16_t)le_get(report + SIM_REPORT_ISVSVN, 2);
	request.config_svn = (uint16_t)le_get(report + SIM_REPORT_CONFIGSVN, 2);
	done = sim_key(key, &enclu, &request) == SIM_SUCCESS;
	buf_put(out, key, sizeof(key));
	assay_wipe(key, sizeof(key));
	return done;
}

static bool put_mrenclave_key(struct sim_attfs *a, struct buf *out)
{
	return put_key(a, out, SIM_POLICY_MRENCLAVE);
}

static bool put_mrsigner_key(struct sim_attfs *a, struct buf *out)
{
	return put_key(a, out, SIM_POLICY_MRSIGNER);
}

/* Writing goes by another descriptor, whose offset is not the enclave's: it
 * finds the file at its beginning, and has no right to write. */
static bool fill(int *sealed, int fd, struct assay_bytes bytes)
{
	char path[32];

	if (write(fd, bytes.ptr, bytes.len) != (ssize_t)bytes.len ||
	    fcntl(fd, F_ADD_SEALS, ALL_SEALS))
		return false;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	*sealed = open(path, O_RDONLY | O_CLOEXEC);
	return *sealed >= 0;
}

static int sealed_file(struct assay_bytes bytes)
{
	int fd = memfd_create("attestation", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int sealed = -1;

	if (fd < 0)
		return -1;
	if (!fill(&sealed, fd, bytes))
		sealed = -1;
	close(fd);
	return sealed;
}

/* ---- the files */

struct file {
	const char *path;
	bool (*put)(struct sim_attfs *a, struct buf *out);
	int value; /* that is written; -1: the file can only be read */
};

#define ROOT "/dev/attestation/"
/* clang-format off */
static const struct file files[] = {
	{ ROOT "attestation_type", put_type, -1 },
	{ ROOT "user_report_data", put_nothing, SIM_ATT_REPORT_DATA },
	{ ROOT "target_info", put_nothing, SIM_ATT_TARGET },
	{ ROOT "my_target_info", put_my_target, -1 },
	{ ROOT "report", put_report, -1 },
	{ ROOT "quote", put_quote, -1 },
	{ ROOT "keys/_sgx_mrenclave", put_mrenclave_key, -1 },
	{ ROOT "keys/_sgx_mrsigner", put_mrsigner_key, -1 },
};
/* clang-format on */

static const struct file *find(const char *path)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].path, path) == 0)
			return &files[i];
	return NULL;
}

static bool may(const struct file *f, int flags)
{
	const int mode = flags & O_ACCMODE,
		  more = flags & ~(O_ACCMODE | ALWAYS);

	if (mode == O_RDONLY)
		return !more;
	return (mode == O_WRONLY || mode == O_RDWR) && f->value >= 0 &&
	       !(more & ~WHERE_WRITTEN);
}

/* There may be a key in `out`. */
static int open_content(struct sim_attfs *a, const struct file *f)
{
	struct buf out = { 0 };
	int fd = -1;

	if (f->put(a, &out) && !out.bad)
		fd = sealed_file(buf_bytes(&out));
	assay_wipe(out.ptr, out.len);
	buf_free(&out);
	return fd;
}

int sim_attfs_open(struct sim_attfs *a, const char *path, int flags)
{
	const struct file *f = find(path);
	int fd = -1;

	if (f && may(f, flags))
		fd = (flags & O_ACCMODE) == O_RDONLY
		             ? open_content(a, f)
		             : open_value(a, (unsigned)f->value);
	return fd < 0 ? -EACCES : fd;
}

void sim_attfs_start(struct sim_attfs *a, struct sim_platform *p, int enclave)
{
	memset(a, 0, sizeof(*a));
	a->platform = p;
	a->enclave = enclave;
	for (unsigned i = 0; i < SIM_N_ATT_VALUES; i++)
		a->value[i].ours = a->value[i].theirs = -1;
}

void sim_attfs_end(struct sim_attfs *a)
{
	for (unsigned i = 0; i < SIM_N_ATT_VALUES; i++)
		sim_attfs_hang_up(a, i);
}
