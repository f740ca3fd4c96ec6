/*
 * server.c - the processor as a process: it holds the secrets, and is asked
 * over sockets.
 *
 * A socket is made for one enclave, after that passed EINIT, and what is asked
 * over it is asked by that enclave; nothing that is sent says by whom.  PCE and
 * QE are children.  They are forked, and find the secrets' memory zeroed.
 */
#include "sim/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/machine.h"
#include "sim/ae.h"
#include "sim/quoting.h"

/* An enclave, and the processor's end of its socket. */
struct slot {
	int fd;         /* -1: to be forgotten */
	enum sim_ae ae; /* SIM_N_AES: neither PCE nor QE */
	struct sim_secs secs;
};

struct server {
	struct sim_cpu *cpu; /* memory that children do not get */
	int control;
	struct sim_machine machine; /* without the fuses */
	struct sim_secs secs[SIM_N_AES];
	pid_t pid[SIM_N_AES]; /* 0: not running */
	size_t n_slots;
	struct slot slots[SIM_MAX_ENCLAVES];
};

/* ---- processes */

static void move_fds(const int *fd, int n)
{
	int high[3];

	for (int i = 0; i < n; i++)
		high[i] = fcntl(fd[i], F_DUPFD, 64);
	for (int i = 0; i < n; i++)
		if (high[i] < 0 || dup2(high[i], STDERR_FILENO + 1 + i) < 0)
			_exit(1);
}

/* Keeps stderr and these n descriptors, which become 3, 4, ...; at most 3. */
static void keep_fds(const int *fd, int n)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		_exit(1);
	move_fds(fd, n);
	close_range(STDERR_FILENO + 1 + (unsigned)n, ~0U, 0);
}

/* No core file, no reading of its memory by others of the same user, and no life
 * without its parent, even if it stands still. */
static void seclude(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL))
		_exit(1);
}

/* Memory that a fork leaves zeroed in the child, and that no dump has. */
static struct sim_cpu *secret_memory(void)
{
	const size_t n = sizeof(struct sim_cpu);
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (!madvise(p, n, MADV_WIPEONFORK) && !madvise(p, n, MADV_DONTDUMP))
		return p;
	munmap(p, n);
	return NULL;
}

/* ---- enclaves */

/* Makes room for an enclave: its end of the socket, or -1. */
static int add_slot(struct server *s, enum sim_ae ae,
                    const struct sim_secs *secs)
{
	int fd[2];

	if (s->n_slots == SIM_MAX_ENCLAVES || !sim_pair(fd))
		return -1;
	s->slots[s->n_slots++] = (struct slot){ fd[0], ae, *secs };
	return fd[1];
}

static void drop_slot(struct slot *slot)
{
	close(slot->fd);
	slot->fd = -1;
}

static enum sim_status answer_key(struct sim_message *reply,
                                  const struct sim_enclave *enclave,
                                  struct assay_bytes body)
{
	uint8_t key[SIM_KEY_LEN];
	enum sim_status status = sim_enclu_of(enclave).egetkey(enclave, key,
	                                                       body.ptr);

	sim_message_put(reply, key, sizeof(key));
	assay_wipe(key, sizeof(key));
	return status;
}

static enum sim_status answer_report(struct sim_message *reply,
                                     const struct sim_enclave *enclave,
                                     struct assay_bytes body)
{
	uint8_t report[SIM_REPORT_LEN];
	enum sim_status status = sim_enclu_of(enclave).ereport(
		enclave, report, body.ptr, body.ptr + SIM_TARGETINFO_LEN);

	sim_message_put(reply, report, sizeof(report));
	return status;
}

static enum sim_status answer_enclave(void *self, struct sim_message *reply,
                                      enum sim_op op, struct assay_bytes body)
{
	switch (op) {
	case SIM_OP_EGETKEY:
		return answer_key(reply, self, body);
	case SIM_OP_EREPORT:
		return answer_report(reply, self, body);
	default:
		return SIM_REFUSED;
	}
}

static void serve_slot(struct server *s, struct slot *slot)
{
	struct sim_enclave enclave = { s->cpu, slot->secs };
	const struct sim_service service = { SIM_DOOR_ENCLAVE, answer_enclave,
		                             &enclave };

	if (!sim_serve(slot->fd, &service))
		drop_slot(slot);
}

/* ---- PCE and QE */

/* The sockets between processor, PCE, QE and whoever asks that. */
enum { PCE_CPU, QE_CPU, PCE_QE, CLIENT_QE, N_LINES };

static void stop_ae(struct server *s, enum sim_ae ae)
{
	if (!s->pid[ae])
		return;
	kill(s->pid[ae], SIGKILL);
	while (waitpid(s->pid[ae], NULL, 0) < 0 && errno == EINTR)
		;
	s->pid[ae] = 0;
	for (size_t i = 0; i < s->n_slots; i++)
		if (s->slots[i].ae == ae)
			drop_slot(&s->slots[i]);
}

static _Noreturn void run_ae(const struct server *s, enum sim_ae ae,
                             int line[N_LINES][2], pid_t parent)
{
	const int pce[] = { line[PCE_CPU][1], line[PCE_QE][0] };
	const int qe[] = { line[QE_CPU][1], line[PCE_QE][1],
		           line[CLIENT_QE][0] };
	const struct sim_qe_cert cert = {
		.chain = buf_bytes(&s->machine.chain),
		.ppid_key = s->machine.ppid_key,
	};

	seclude();
	if (getppid() != parent)
		_exit(1);
	if (ae == SIM_AE_PCE) {
		keep_fds(pce, 2);
		sim_pce_run(3, 4);
	} else {
		keep_fds(qe, 3);
		sim_qe_run(3, 4, 5, &cert);
	}
	_exit(0);
}

static bool fork_ae(struct server *s, enum sim_ae ae, int line[N_LINES][2])
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		run_ae(s, ae, line, parent);
	if (pid < 0)
		return false;
	s->pid[ae] = pid;
	return true;
}

static bool open_lines(struct server *s, int line[N_LINES][2])
{
	memset(line, 0xff, N_LINES * sizeof(*line)); /* -1 */
	line[PCE_CPU][1] = add_slot(s, SIM_AE_PCE, &s->secs[SIM_AE_PCE]);
	line[QE_CPU][1] = add_slot(s, SIM_AE_QE, &s->secs[SIM_AE_QE]);
	return line[PCE_CPU][1] >= 0 && line[QE_CPU][1] >= 0 &&
	       sim_pair(line[PCE_QE]) && sim_pair(line[CLIENT_QE]);
}

/* All but the processor's ends, which are in slots, and the client's. */
static void close_lines(int line[N_LINES][2])
{
	const int fd[] = { line[PCE_CPU][1], line[QE_CPU][1], line[PCE_QE][0],
		           line[PCE_QE][1], line[CLIENT_QE][0] };

	for (size_t i = 0; i < sizeof(fd) / sizeof(fd[0]); i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

static void compact(struct server *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_slots; i++)
		if (s->slots[i].fd >= 0)
			s->slots[n++] = s->slots[i];
	s->n_slots = n;
}

static enum sim_status answer_quoting(struct server *s,
                                      struct sim_message *reply)
{
	int line[N_LINES][2];
	bool good;

	stop_ae(s, SIM_AE_QE);
	stop_ae(s, SIM_AE_PCE);
	compact(s);
	good = open_lines(s, line) && fork_ae(s, SIM_AE_PCE, line) &&
	       fork_ae(s, SIM_AE_QE, line);
	close_lines(line);
	reply->fd = line[CLIENT_QE][1];
	sim_message_put_le(reply, (uint64_t)s->pid[SIM_AE_PCE], 4);
	sim_message_put_le(reply, (uint64_t)s->pid[SIM_AE_QE], 4);
	return good ? SIM_SUCCESS : SIM_FULL;
}

/* ---- the launcher */

static enum sim_status answer_einit(struct server *s, struct sim_message *reply,
                                    struct assay_bytes body)
{
	const uint64_t ours = ASSAY_SGX_PROVISION_KEY |
	                      ASSAY_SGX_EINITTOKEN_KEY;
	struct sim_einit_body e;
	struct sim_secs secs;
	enum sim_status status;

	sim_einit_body_read(&e, body);
	if (e.created.flags & ours)
		return SIM_REFUSED;
	status = sim_launch(&secs, s->cpu, &e.created, e.mrenclave,
	                    e.sigstruct);
	if (status != SIM_SUCCESS)
		return status;
	reply->fd = add_slot(s, SIM_N_AES, &secs);
	return reply->fd >= 0 ? SIM_SUCCESS : SIM_FULL;
}

static enum sim_status answer_launcher(void *self, struct sim_message *reply,
                                       enum sim_op op, struct assay_bytes body)
{
	switch (op) {
	case SIM_OP_EINIT:
		return answer_einit(self, reply, body);
	case SIM_OP_QUOTING:
		return answer_quoting(self, reply);
	default:
		return SIM_REFUSED;
	}
}

/* ---- all of it */

static enum sim_status boot(struct server *s, const char *dir)
{
	struct sim_machine *m = &s->machine;
	enum sim_status status = SIM_MC;

	s->cpu = secret_memory();
	if (!sim_machine_read(m, dir))
		return SIM_FILES;
	if (s->cpu && sim_cpu_boot(s->cpu, m->fuse, m->cpu_svn, m->owner_epoch))
		status = SIM_SUCCESS;
	assay_wipe(m->fuse, sizeof(m->fuse));
	if (status == SIM_SUCCESS)
		status = sim_ae_start(&s->secs[SIM_AE_PCE], s->cpu, SIM_AE_PCE,
		                      m->pce);
	if (status == SIM_SUCCESS)
		status = sim_ae_start(&s->secs[SIM_AE_QE], s->cpu, SIM_AE_QE,
		                      m->qe);
	return status;
}

/* The launcher's socket, then the enclaves'. */
static size_t poll_list(struct pollfd *list, const struct server *s)
{
	list[0] = (struct pollfd){ s->control, POLLIN, 0 };
	for (size_t i = 0; i < s->n_slots; i++)
		list[1 + i] = (struct pollfd){ s->slots[i].fd, POLLIN, 0 };
	return 1 + s->n_slots;
}

/* A message of each enclave that has sent one; then one of the launcher's,
 * which may change the list.  False when that is gone. */
static bool serve_round(struct server *s)
{
	const struct sim_service launcher = { SIM_DOOR_LAUNCHER,
		                              answer_launcher, s };
	struct pollfd list[1 + SIM_MAX_ENCLAVES];
	size_t n = poll_list(list, s);

	if (poll(list, n, -1) < 0)
		return errno == EINTR;
	for (size_t i = 1; i < n; i++)
		if (list[i].revents)
			serve_slot(s, &s->slots[i - 1]);
	compact(s);
	return !list[0].revents || sim_serve(s->control, &launcher);
}

_Noreturn void sim_server_run(int control, const char *dir)
{
	struct server s = { 0 };
	enum sim_status status;

	keep_fds(&control, 1);
	seclude();
	s.control = STDERR_FILENO + 1;
	status = boot(&s, dir);
	if (sim_say_hello(s.control, status) && status == SIM_SUCCESS)
		while (serve_round(&s))
			;
	stop_ae(&s, SIM_AE_QE);
	stop_ae(&s, SIM_AE_PCE);
	if (s.cpu)
		assay_wipe(s.cpu, sizeof(*s.cpu));
	sim_machine_free(&s.machine);
	_exit(0);
}
