/* t_sim_platform.c - processor, PCE and QE as processes: who is who, who has
 * which secret, what happens when one of them dies or talks nonsense. */
#include <assay/assay.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "crypto/crypto.h"
#include "h_machine.h"
#include "sim/platform.h"
#include "sim/quoting.h"
#include "sim/server.h"
#include "tap.h"

static char dir[] = "/tmp/assay-platform-XXXXXX";
static struct sim_machine machine;
static struct sim_world world;

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

/* The fuses, but only while they are needed: children inherit the memory of
 * this process, and are searched for them later. */
static uint8_t masked[SIM_FUSE_LEN];

static void show_fuses(void)
{
	for (unsigned i = 0; i < SIM_FUSE_LEN; i++)
		machine.fuse[i] = masked[i] ^ 0xa5;
}

static void hide_fuses(void)
{
	for (unsigned i = 0; i < SIM_FUSE_LEN; i++)
		masked[i] = machine.fuse[i] ^ 0xa5;
	assay_wipe(machine.fuse, sizeof(machine.fuse));
}

/* Writes the machine's folder anew. */
static void save(void)
{
	show_fuses();
	if (!sim_machine_write(&machine, dir))
		abort();
	hide_fuses();
}

/* The machine's processor, in this process: wiped after use. */
static struct sim_cpu processor(void)
{
	struct sim_cpu cpu;

	show_fuses();
	if (!sim_cpu_boot(&cpu, machine.fuse, machine.cpu_svn,
	                  machine.owner_epoch))
		abort();
	hide_fuses();
	return cpu;
}

/* The last two results are good. */
static const char *in_dir(const char *name)
{
	static char path[2][128];
	static unsigned n;

	snprintf(path[++n % 2], sizeof(path[0]), "%s/%s", dir, name);
	return path[n % 2];
}

/* ---- the folder */

static enum sim_status try_start(void)
{
	struct sim_platform p;
	enum sim_status status = sim_platform_start(&p, dir);

	sim_platform_stop(&p);
	return status;
}

static void test_folder(void)
{
	static const char *const files[] = { "fuse",         "cpusvn",
		                             "owner-epoch",  "pce.sigstruct",
		                             "qe.sigstruct", "ppid-key" };
	struct sim_machine read;
	struct stat st;

	save();
	ok(sim_machine_read(&read, dir) && !is_zero(read.fuse, 32) &&
	           memcmp(read.cpu_svn, machine.cpu_svn, 16) == 0 &&
	           memcmp(read.pce, machine.pce, sizeof(read.pce)) == 0 &&
	           memcmp(read.qe, machine.qe, sizeof(read.qe)) == 0 &&
	           read.chain.len == machine.chain.len,
	   "a machine is read as it was written");
	sim_machine_free(&read);
	ok(stat(in_dir("fuse"), &st) == 0 && (st.st_mode & 0777) == 0600,
	   "its secret is its owner's alone");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		save();
		unlink(in_dir(files[i]));
		ok(!sim_machine_read(&read, dir) &&
		           is_zero(&read, sizeof(read)),
		   "no machine without %s", files[i]);
		save();
		if (truncate(in_dir(files[i]), 31))
			abort();
		ok(!sim_machine_read(&read, dir), "none with half of %s",
		   files[i]);
		save();
		if (symlink("/dev/null", in_dir("link")) ||
		    rename(in_dir("link"), in_dir(files[i])))
			abort();
		ok(!sim_machine_read(&read, dir), "none with a link as %s",
		   files[i]);
		unlink(in_dir(files[i]));
	}
	save();
	chmod(in_dir("fuse"), 0640);
	ok(!sim_machine_read(&read, dir), "none whose fuses others may read");
	save();
	unlink(in_dir("pck_chain.pem"));
	ok(sim_machine_read(&read, dir) && !read.chain.len,
	   "but one that has no certificate yet");
	sim_machine_free(&read);
	save();
}

static void test_start(void)
{
	uint8_t pce[ASSAY_SIGSTRUCT_LEN];

	ok(try_start() == SIM_SUCCESS, "a platform starts and stops");
	unlink(in_dir("fuse"));
	ok(try_start() == SIM_FILES, "not without its fuses");
	memcpy(pce, machine.pce, sizeof(pce));
	memcpy(machine.pce, machine.qe, sizeof(pce));
	save();
	ok(try_start() == SIM_INVALID_MEASUREMENT,
	   "not with another enclave's signature");
	memcpy(machine.pce, pce, sizeof(pce));
	machine.qe[600] ^= 1;
	save();
	ok(try_start() == SIM_INVALID_SIGNATURE, "not with a wrong one");
	machine.qe[600] ^= 1;
	save();
}

/* ---- enclaves */

struct enclave {
	int fd;
	struct sim_enclu enclu;
};

static enum sim_status launch(struct sim_platform *p, struct enclave *e,
                              const char *label, unsigned signer)
{
	struct machine_enclave m;

	machine_enclave(&m, label, signer);
	e->enclu = sim_enclu_over(&e->fd);
	return sim_platform_einit(p, &e->fd, &m.created, m.mrenclave,
	                          m.sigstruct);
}

static bool is_enclave(const struct enclave *e, const char *label)
{
	uint8_t report[SIM_REPORT_LEN], mrenclave[32];

	assay_sha256(mrenclave, buf_text(label));
	return sim_own_report(report, &e->enclu) == SIM_SUCCESS &&
	       memcmp(report + SIM_REPORT_MRENCLAVE, mrenclave, 32) == 0;
}

/* The same key, derived in this process from the same fuses. */
static bool has_key(const struct enclave *e, const char *label, unsigned signer)
{
	struct sim_key_request request = { .name = SIM_KEYNAME_SEAL,
		                           .policy = SIM_POLICY_MRENCLAVE };
	struct machine_enclave m;
	struct sim_cpu cpu = processor();
	struct sim_enclave here = { .cpu = &cpu };
	const struct sim_enclu enclu = sim_enclu_of(&here);
	uint8_t key[16], want[16];
	bool same;

	machine_enclave(&m, label, signer);
	same = sim_launch(&here.secs, &cpu, &m.created, m.mrenclave,
	                  m.sigstruct) == SIM_SUCCESS &&
	       sim_key(key, &e->enclu, &request) == SIM_SUCCESS &&
	       sim_key(want, &enclu, &request) == SIM_SUCCESS &&
	       memcmp(key, want, 16) == 0;
	assay_wipe(&cpu, sizeof(cpu));
	return same;
}

static void test_enclaves(struct sim_platform *p)
{
	struct sim_key_request newer = { .name = SIM_KEYNAME_SEAL,
		                         .isv_svn = 4 };
	struct enclave a, b;
	uint8_t key[16];

	ok(launch(p, &a, "A", 2) == SIM_SUCCESS &&
	           launch(p, &b, "B", 2) == SIM_SUCCESS,
	   "two enclaves are launched");
	ok(is_enclave(&a, "A") && is_enclave(&b, "B") && is_enclave(&a, "A"),
	   "each socket is its enclave's");
	ok(has_key(&a, "A", 2) && has_key(&b, "B", 2),
	   "keys are those of the fuses");
	ok(sim_key(key, &a.enclu, &newer) == SIM_INVALID_ISVSVN &&
	           is_zero(key, sizeof(key)),
	   "statuses come through");
	close(a.fd);
	ok(is_enclave(&b, "B"), "one ends, the other goes on");
	close(b.fd);
}

static void test_refused(struct sim_platform *p)
{
	struct machine_enclave m;
	int fd = 0;

	machine_enclave(&m, "greedy", 2);
	m.created.flags |= ASSAY_SGX_PROVISION_KEY;
	ok(sim_platform_einit(p, &fd, &m.created, m.mrenclave, m.sigstruct) ==
	                   SIM_REFUSED &&
	           fd == -1,
	   "PROVISION_KEY is for the platform's own enclaves");
	m.created.flags ^= ASSAY_SGX_PROVISION_KEY | ASSAY_SGX_EINITTOKEN_KEY;
	ok(sim_platform_einit(p, &fd, &m.created, m.mrenclave, m.sigstruct) ==
	           SIM_REFUSED,
	   "so is EINITTOKEN_KEY");
	m.created.flags ^= ASSAY_SGX_EINITTOKEN_KEY;
	m.mrenclave[0] ^= 1;
	ok(sim_platform_einit(p, &fd, &m.created, m.mrenclave, m.sigstruct) ==
	                   SIM_INVALID_MEASUREMENT &&
	           fd == -1,
	   "EINIT's statuses come through");
}

static void test_full(struct sim_platform *p)
{
	static int fd[SIM_MAX_ENCLAVES + 1];
	struct machine_enclave m;
	enum sim_status status;
	int n = 0;

	machine_enclave(&m, "one of many", 2);
	while (n <= SIM_MAX_ENCLAVES &&
	       (status = sim_platform_einit(p, &fd[n], &m.created, m.mrenclave,
	                                    m.sigstruct)) == SIM_SUCCESS)
		n++;
	ok(status == SIM_FULL && n == SIM_MAX_ENCLAVES - 2,
	   "there is room for %d enclaves beside PCE and QE", n);
	close(fd[--n]);
	ok(sim_platform_einit(p, &fd[n], &m.created, m.mrenclave,
	                      m.sigstruct) == SIM_SUCCESS,
	   "and again when one ends");
	while (n >= 0)
		close(fd[n--]);
}

/* ---- quotes */

static const uint8_t data[SIM_REPORT_DATA_LEN] = { 'd', 'a', 't', 'a' };

static enum sim_status quote_of(struct sim_platform *p, const struct enclave *e,
                                struct buf *quote)
{
	uint8_t target[SIM_TARGETINFO_LEN], report[SIM_REPORT_LEN];
	enum sim_status status = sim_platform_target(p, target);

	if (status == SIM_SUCCESS)
		status = e->enclu.ereport(e->enclu.self, report, target, data);
	if (status == SIM_SUCCESS)
		status = sim_platform_quote(p, quote, report);
	return status;
}

static bool is_genuine(const struct buf *quote)
{
	const struct assay_terms terms = { .now = world.now, .strict = true };
	struct assay_trust *trust = malloc(assay_trust_size());
	struct assay_collateral c;
	struct assay_verdict v;
	bool genuine;

	sim_world_collateral(&c, &world);
	genuine = trust &&
	          assay_trust_open(trust, &c, (struct assay_bytes){ 0 },
	                           world.keys[SIM_ROOT].key, NULL, NULL) &&
	          assay_verify(&v, trust, NULL, buf_bytes(quote),
	                       (struct assay_bytes){ 0 }, &terms) &&
	          v.status == ASSAY_STATUS_UP_TO_DATE &&
	          memcmp(v.report_data, data, 64) == 0;
	free(trust);
	return genuine;
}

static void test_quote(struct sim_platform *p, const struct enclave *e)
{
	uint8_t report[SIM_REPORT_LEN], answer[SIM_REPORT_LEN];
	uint8_t target[SIM_TARGETINFO_LEN], mine[SIM_TARGETINFO_LEN];
	const uint8_t nonce[16] = { 5 };
	struct buf quote = { 0 };

	ok(quote_of(p, e, &quote) == SIM_SUCCESS && is_genuine(&quote),
	   "a quote of the platform is genuine");
	if (sim_own_report(report, &e->enclu) != SIM_SUCCESS ||
	    sim_platform_target(p, target) != SIM_SUCCESS)
		abort();
	ok(sim_platform_quote(p, &quote, report) == SIM_QE_INVALID_REPORT &&
	           !quote.len,
	   "a report for nobody is not quoted");
	sim_target_of_report(mine, report);
	ok(e->enclu.ereport(e->enclu.self, report, target, data) ==
	                   SIM_SUCCESS &&
	           sim_platform_answer(p, &quote, answer, report, nonce,
	                               mine) == SIM_SUCCESS &&
	           is_genuine(&quote) &&
	           sim_report_verify(&e->enclu, answer, SIM_GP) == SIM_SUCCESS,
	   "with a nonce the QE answers to the enclave, too");
	report[SIM_REPORT_MAC] ^= 1;
	ok(sim_platform_answer(p, &quote, answer, report, nonce, mine) ==
	                   SIM_QE_INVALID_REPORT &&
	           !quote.len && is_zero(answer, sizeof(answer)),
	   "but not to a forged report");
	buf_free(&quote);
}

/* ---- who has which secret */

static bool contains(const uint8_t *p, size_t n, const uint8_t *what,
                     size_t len)
{
	return memmem(p, n, what, len) != NULL;
}

/* Whether a process's memory holds these bytes; -1: it cannot be read. */
static int memory_has(pid_t pid, const uint8_t *what, size_t len)
{
	static uint8_t buf[1 << 20];
	char path[64], line[512], rights[8];
	unsigned long from, to;
	int fd, found = -1;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	fd = open(path, O_RDONLY);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "r");
	while (fd >= 0 && maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 ||
		    strncmp(rights, "rw", 2) != 0 || to - from > 64UL << 20)
			continue;
		for (; from < to && found < 1; from += sizeof(buf) / 2) {
			ssize_t n = pread(fd, buf,
			                  to - from < sizeof(buf) ? to - from
			                                          : sizeof(buf),
			                  (off_t)from);

			if (n > 0)
				found = contains(buf, (size_t)n, what, len);
		}
	}
	if (maps)
		fclose(maps);
	if (fd >= 0)
		close(fd);
	return found;
}

/* Secrets that are looked for: as bytes, and the fuses as they stand in the
 * file. */
struct secrets {
	uint8_t rpk[16], rsk[16], fuse[SIM_FUSE_LEN];
	char digits[2 * SIM_FUSE_LEN + 1];
};

static struct secrets secrets_of(void)
{
	struct sim_cpu cpu = processor();
	struct secrets s;

	memcpy(s.rpk, cpu.rpk, 16);
	memcpy(s.rsk, cpu.rsk, 16);
	show_fuses();
	memcpy(s.fuse, machine.fuse, sizeof(s.fuse));
	hide_fuses();
	assay_hex_print(s.digits, s.fuse, sizeof(s.fuse), false);
	assay_wipe(&cpu, sizeof(cpu));
	return s;
}

static bool has_fuses(pid_t pid, const struct secrets *s)
{
	return memory_has(pid, s->fuse, sizeof(s->fuse)) != 0 ||
	       memory_has(pid, (const uint8_t *)s->digits, 64) != 0;
}

static bool has_roots(pid_t pid, const struct secrets *s)
{
	return memory_has(pid, s->rpk, 16) != 0 ||
	       memory_has(pid, s->rsk, 16) != 0;
}

static void test_secrets(const struct sim_platform *p)
{
	struct secrets s = secrets_of();

	if (memory_has(p->processor, s.rpk, 16) < 0) {
		skip("no access to their memory", "who has which secret");
		return;
	}
	ok(memory_has(p->processor, s.rpk, 16) == 1 &&
	           memory_has(p->processor, s.rsk, 16) == 1,
	   "the processor has its root keys");
	ok(!has_fuses(p->processor, &s), "and the fuses no longer");
	ok(!has_fuses(p->pce, &s) && !has_roots(p->pce, &s),
	   "the PCE has none of them");
	ok(!has_fuses(p->qe, &s) && !has_roots(p->qe, &s),
	   "the QE has none of them");
	ok(memory_has(p->qe, machine.chain.ptr, 64) == 1,
	   "though it has the chain, which shows that we would find them");
	assay_wipe(&s, sizeof(s));
}

static int count_fds(pid_t pid)
{
	char path[64];
	struct dirent *d;
	int n = 0;
	DIR *fds;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	fds = opendir(path);
	while (fds && (d = readdir(fds)))
		n += d->d_name[0] != '.';
	if (fds)
		closedir(fds);
	return n;
}

static void test_descriptors(const struct sim_platform *p)
{
	if (!count_fds(p->qe)) {
		skip("no access to them", "which descriptors they have");
		return;
	}
	ok(count_fds(p->pce) == 5, "the PCE has two sockets, and no more");
	ok(count_fds(p->qe) == 6, "the QE has three");
}

/* ---- death */

static bool is_gone(pid_t pid)
{
	char path[64], state = 'Z';
	FILE *f;

	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		f = fopen(path, "r");
		if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 'Z';
		if (f)
			fclose(f);
		if (!f || state == 'Z')
			return true;
		usleep(10000);
	}
	return false;
}

static void test_kill(struct sim_platform *p, const struct enclave *e)
{
	struct buf quote = { 0 };
	pid_t pce, qe;

	if (quote_of(p, e, &quote) != SIM_SUCCESS)
		abort();
	pce = p->pce;
	qe = p->qe;
	kill(p->qe, SIGKILL);
	ok(is_gone(qe) && quote_of(p, e, &quote) == SIM_GONE,
	   "the QE is killed: no quote, and that is said");
	ok(quote_of(p, e, &quote) == SIM_SUCCESS && is_genuine(&quote),
	   "the next quote starts it again");
	ok(p->qe != qe && p->pce != pce && is_gone(pce), "and the PCE with it");
	pce = p->pce;
	kill(pce, SIGKILL);
	ok(is_gone(pce) && quote_of(p, e, &quote) == SIM_SUCCESS,
	   "the PCE is killed: the QE is certified, and goes on");
	kill(p->qe, SIGKILL);
	ok(is_gone(p->qe) && quote_of(p, e, &quote) == SIM_GONE &&
	           quote_of(p, e, &quote) == SIM_SUCCESS && p->pce != pce,
	   "the QE is killed, too: both are started again");
	ok(is_enclave(e, "enclave"), "the enclave has noticed nothing");
	buf_free(&quote);
}

/* The descriptor of a QE that died is another enclave's soon. */
static void test_reused(struct sim_platform *p, const struct enclave *e)
{
	struct buf quote = { 0 };
	struct enclave next[3];

	if (quote_of(p, e, &quote) != SIM_SUCCESS)
		abort();
	kill(p->qe, SIGKILL);
	(void)is_gone(p->qe);
	for (unsigned i = 0; i < 3; i++)
		if (launch(p, &next[i], "next", 2) != SIM_SUCCESS)
			abort();
	ok(quote_of(p, e, &quote) == SIM_GONE &&
	           quote_of(p, e, &quote) == SIM_SUCCESS,
	   "a QE that was killed is started again");
	for (unsigned i = 0; i < 3; i++) {
		ok(is_enclave(&next[i], "next"),
		   "enclave %u, launched in between, has its processor", i);
		close(next[i].fd);
	}
	buf_free(&quote);
}

/* A processor that stands still does not keep who stops it: two seconds. */
static void test_stop_stopped(void)
{
	struct sim_platform p;
	pid_t processor;

	if (sim_platform_start(&p, dir) != SIM_SUCCESS)
		abort();
	processor = p.processor;
	kill(processor, SIGSTOP);
	alarm(20);
	sim_platform_stop(&p);
	alarm(0);
	ok(is_gone(processor), "a processor that stands still is killed");
}

/* A QE that stands still is waited for, but not for ever: ten seconds. */
static void test_stopped(struct sim_platform *p, const struct enclave *e)
{
	struct buf quote = { 0 };

	if (!getenv("ASSAY_LONG"))
		return;
	kill(p->qe, SIGSTOP);
	ok(quote_of(p, e, &quote) == SIM_GONE &&
	           quote_of(p, e, &quote) == SIM_SUCCESS && is_genuine(&quote),
	   "a QE that stands still is given up, and started again");
	buf_free(&quote);
}

/* A QE whose PCE is gone before it was certified. */
static void test_no_pce(const struct enclave *e)
{
	const struct sim_qe_cert cert = {
		.chain = buf_bytes(&machine.chain),
	};
	struct assay_bytes body;
	struct sim_message m;
	int pce[2], client[2], status = 1;
	pid_t pid;

	if (!sim_pair(pce) || !sim_pair(client))
		abort();
	close(pce[1]);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(client[0]);
		sim_qe_run(e->fd, pce[0], client[1], &cert);
		_exit(0);
	}
	close(client[1]);
	sim_message_begin(&m, SIM_OP_TARGET);
	ok(sim_call(client[0], &m, &body) == SIM_GONE,
	   "a QE without a PCE says so");
	ok(waitpid(pid, &status, 0) == pid && status == 0, "and ends");
	close(client[0]);
	close(pce[0]);
}

static void test_kill_processor(void)
{
	struct buf quote = { 0 };
	struct sim_platform p;
	struct enclave e;

	if (sim_platform_start(&p, dir) != SIM_SUCCESS ||
	    launch(&p, &e, "enclave", 2) != SIM_SUCCESS ||
	    quote_of(&p, &e, &quote) != SIM_SUCCESS)
		abort();
	kill(p.processor, SIGKILL);
	ok(is_gone(p.pce) && is_gone(p.qe),
	   "when the processor is killed, PCE and QE die with it");
	ok(!is_enclave(&e, "enclave") && quote_of(&p, &e, &quote) == SIM_GONE &&
	           quote_of(&p, &e, &quote) == SIM_GONE,
	   "and everybody is told");
	close(e.fd);
	sim_platform_stop(&p);
	buf_free(&quote);
}

/* Who started the platform dies without a word. */
static void test_orphan(void)
{
	pid_t pids[3] = { 0 };
	int fd[2];

	if (pipe(fd))
		abort();
	fflush(stdout);
	if (fork() == 0) {
		uint8_t target[SIM_TARGETINFO_LEN];
		struct sim_platform p;

		if (sim_platform_start(&p, dir) != SIM_SUCCESS ||
		    sim_platform_target(&p, target) != SIM_SUCCESS)
			_exit(1);
		pids[0] = p.processor;
		pids[1] = p.pce;
		pids[2] = p.qe;
		_exit(write(fd[1], pids, sizeof(pids)) != sizeof(pids));
	}
	close(fd[1]);
	ok(read(fd[0], pids, sizeof(pids)) == sizeof(pids) && pids[2] > 0,
	   "a platform is left behind");
	ok(is_gone(pids[0]) && is_gone(pids[1]) && is_gone(pids[2]),
	   "and ends by itself");
	close(fd[0]);
	wait(NULL);
}

static void test_stop(struct sim_platform *p)
{
	const struct sim_platform was = *p;

	sim_platform_stop(p);
	ok(is_gone(was.processor) && is_gone(was.pce) && is_gone(was.qe),
	   "a stopped platform leaves no process");
	ok(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD,
	   "nor one that must be waited for");
}

/* ---- nonsense, from an enclave */

static bool is_closed(int fd)
{
	uint8_t byte;

	return recv(fd, &byte, 1, 0) == 0;
}

static void test_nonsense(struct sim_platform *p, const struct enclave *e)
{
	static uint8_t bytes[SIM_MESSAGE_MAX + 1];
	/* clang-format off */
	static const struct {
		const char *name;
		uint8_t op;
		size_t len;
	} rows[] = {
		{ "one byte", SIM_OP_EGETKEY, 1 },
		{ "an operation alone", SIM_OP_EGETKEY, 4 },
		{ "a byte too few", SIM_OP_EGETKEY, 4 + 511 },
		{ "a byte too many", SIM_OP_EGETKEY, 4 + 513 },
		{ "another's length", SIM_OP_EGETKEY, 4 + 512 + 64 },
		{ "no operation", SIM_OP_NONE, 4 },
		{ "an operation that is none", SIM_N_OPS, 4 },
		{ "the launcher's EINIT", SIM_OP_EINIT, 4 + SIM_EINIT_BODY_LEN },
		{ "the launcher's QUOTING", SIM_OP_QUOTING, 4 },
		{ "what the PCE answers", SIM_OP_PCE_REPORT, 4 },
		{ "what the QE answers", SIM_OP_TARGET, 4 },
		{ "the longest message", SIM_OP_EREPORT, SIM_MESSAGE_MAX },
		{ "a longer one", SIM_OP_EREPORT, SIM_MESSAGE_MAX + 1 },
	};
	/* clang-format on */
	struct enclave bad;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (launch(p, &bad, "bad", 2) != SIM_SUCCESS)
			abort();
		memset(bytes, 0, sizeof(bytes));
		bytes[0] = rows[i].op;
		ok(send(bad.fd, bytes, rows[i].len, 0) ==
		                   (ssize_t)rows[i].len &&
		           is_closed(bad.fd) && is_enclave(e, "enclave"),
		   "an enclave that says %s is not heard again", rows[i].name);
		close(bad.fd);
	}
}

/* An enclave that never takes its answers holds up nobody. */
static void test_deaf(struct sim_platform *p, const struct enclave *e)
{
	uint8_t request[4 + SIM_TARGETINFO_LEN + SIM_REPORT_DATA_LEN] = {
		SIM_OP_EREPORT
	};
	struct enclave deaf;
	unsigned n = 0;

	if (launch(p, &deaf, "deaf", 2) != SIM_SUCCESS)
		abort();
	while (n < 5000 && send(deaf.fd, request, sizeof(request),
	                        MSG_NOSIGNAL) == (ssize_t)sizeof(request))
		n++;
	ok(n < 5000 && is_enclave(e, "enclave"),
	   "an enclave that takes no answers is given up");
	close(deaf.fd);
}

/* Descriptors that an enclave sends are not kept. */
static void test_gifts(struct sim_platform *p, const struct enclave *e)
{
	uint8_t request[4 + SIM_TARGETINFO_LEN + SIM_REPORT_DATA_LEN] = {
		SIM_OP_EREPORT
	};
	union {
		struct cmsghdr header;
		uint8_t bytes[CMSG_SPACE(3 * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { request, sizeof(request) };
	struct msghdr msg = { .msg_iov = &iov,
		              .msg_iovlen = 1,
		              .msg_control = &control,
		              .msg_controllen = CMSG_LEN(3 * sizeof(int)) };
	const int gifts[3] = { 0, 1, 2 };
	int before = count_fds(p->processor);
	uint8_t reply[4 + SIM_REPORT_LEN];
	ssize_t n = 0;

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(3 * sizeof(int));
	memcpy(CMSG_DATA(&control.header), gifts, sizeof(gifts));
	if (sendmsg(e->fd, &msg, 0) == (ssize_t)sizeof(request))
		n = recv(e->fd, reply, sizeof(reply), 0);
	ok(n == (ssize_t)sizeof(reply) && count_fds(p->processor) == before,
	   "the processor keeps no descriptor that it is sent");
}

/* ---- nonsense, from what should be a processor */

static void put_key(int fd, uint8_t byte, size_t len)
{
	uint8_t bytes[4 + 16] = { 0 };

	memset(bytes + 4, byte, 16);
	if (send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
		abort();
}

/* What comes after the end of patience, or after nonsense, is no answer to what
 * is asked next. */
static void test_late(void)
{
	const struct sim_key_request request = { .name = SIM_KEYNAME_SEAL };
	const struct timeval patience = { 0, 20000 };
	uint8_t byte = 0, key[16];
	int fd[2];
	struct sim_enclu enclu = sim_enclu_over(&fd[1]);

	if (!sim_pair(fd) || setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO,
	                                &patience, sizeof(patience)))
		abort();
	ok(sim_key(key, &enclu, &request) == SIM_GONE,
	   "no answer in time: GONE");
	ok(send(fd[0], &byte, 1, MSG_NOSIGNAL) < 0 &&
	           sim_key(key, &enclu, &request) == SIM_GONE,
	   "a late one is not taken for the next one");
	close(fd[0]);
	close(fd[1]);
	if (!sim_pair(fd))
		abort();
	put_key(fd[0], 1, 4 + 15);
	put_key(fd[0], 2, 4 + 16);
	ok(sim_key(key, &enclu, &request) == SIM_GONE &&
	           sim_key(key, &enclu, &request) == SIM_GONE &&
	           is_zero(key, 16),
	   "nor is what comes after half an answer");
	close(fd[0]);
	close(fd[1]);
}

static void test_replies(void)
{
	/* clang-format off */
	static const struct {
		const char *name;
		uint32_t status;
		size_t len;
		enum sim_status want;
	} rows[] = {
		{ "a key", SIM_SUCCESS, 4 + 16, SIM_SUCCESS },
		{ "a status", SIM_INVALID_CPUSVN, 4, SIM_INVALID_CPUSVN },
		{ "half a status", SIM_INVALID_CPUSVN, 2, SIM_GONE },
		{ "success without a key", SIM_SUCCESS, 4, SIM_GONE },
		{ "half a key", SIM_SUCCESS, 4 + 15, SIM_GONE },
		{ "a key and more", SIM_SUCCESS, 4 + 17, SIM_GONE },
		{ "a status and a key", SIM_GP, 4 + 16, SIM_GONE },
		{ "very much", SIM_SUCCESS, SIM_MESSAGE_MAX + 1, SIM_GONE },
	};
	/* clang-format on */
	static uint8_t bytes[SIM_MESSAGE_MAX + 1];
	const struct sim_key_request request = { .name = SIM_KEYNAME_SEAL };
	uint8_t key[16];
	int fd[2];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_enclu enclu = sim_enclu_over(&fd[0]);

		memset(bytes, 0x55, sizeof(bytes));
		for (unsigned k = 0; k < 4; k++)
			bytes[k] = (uint8_t)(rows[i].status >> (8 * k));
		if (!sim_pair(fd) ||
		    send(fd[1], bytes, rows[i].len, 0) != (ssize_t)rows[i].len)
			abort();
		ok(sim_key(key, &enclu, &request) == rows[i].want &&
		           is_zero(key, 16) != (rows[i].want == SIM_SUCCESS),
		   "answered with %s: %s", rows[i].name,
		   sim_status_name(rows[i].want));
		close(fd[0]);
		close(fd[1]);
	}
}

int main(void)
{
	struct sim_platform p;
	struct enclave e;
	char command[64];

	signal(SIGPIPE, SIG_DFL);
	if (!mkdtemp(dir))
		abort();
	machine_default(&machine);
	machine_provision(&machine, &world);
	hide_fuses();
	test_folder();
	test_start();
	if (!ok(sim_platform_start(&p, dir) == SIM_SUCCESS &&
	                launch(&p, &e, "enclave", 2) == SIM_SUCCESS,
	        "a platform with an enclave"))
		return done();
	test_enclaves(&p);
	test_refused(&p);
	test_quote(&p, &e);
	test_secrets(&p);
	test_descriptors(&p);
	test_kill(&p, &e);
	test_reused(&p, &e);
	test_stopped(&p, &e);
	test_no_pce(&e);
	test_nonsense(&p, &e);
	test_deaf(&p, &e);
	test_gifts(&p, &e);
	test_replies();
	test_late();
	close(e.fd);
	test_full(&p);
	test_stop(&p);
	test_kill_processor();
	test_stop_stopped();
	test_orphan();
	sim_machine_free(&machine);
	sim_world_free(&world);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (system(command) != 0)
		note("%s stays", dir);
	return done();
}
