/* platform.c - a simulated machine at work, as who uses it sees it. */
#include "sim/platform.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/rd.h"
#include "sim/server.h"

enum { GRACE = 2000 /* milliseconds that a processor has to end */ };

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

enum sim_status sim_platform_start(struct sim_platform *p, const char *dir)
{
	enum sim_status status = SIM_MC;
	int fd[2];

	*p = (struct sim_platform){ .control = -1, .quoting = -1 };
	if (!sim_pair(fd))
		return status;
	p->processor = fork();
	if (p->processor == 0)
		sim_server_run(fd[0], dir);
	close(fd[0]);
	p->control = fd[1];
	if (p->processor > 0)
		status = sim_hear_hello(p->control);
	if (status != SIM_SUCCESS)
		sim_platform_stop(p);
	return status;
}

/* Until the process has ended, or its grace is over; where the kernel has no
 * descriptor of it there is none. */
static void wait_for_end(pid_t pid)
{
	struct pollfd end = { (int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0 };

	if (end.fd < 0)
		return;
	while (poll(&end, 1, GRACE) < 0 && errno == EINTR)
		;
	close(end.fd);
}

void sim_platform_stop(struct sim_platform *p)
{
	close_fd(&p->quoting);
	close_fd(&p->control);
	if (p->processor > 0) {
		wait_for_end(p->processor);
		kill(p->processor, SIGKILL);
		while (waitpid(p->processor, NULL, 0) < 0 && errno == EINTR)
			;
	}
	p->processor = p->pce = p->qe = 0;
}

enum sim_status sim_platform_einit(struct sim_platform *p, int *fd,
                                   const struct sim_ecreate *created,
                                   const uint8_t mrenclave[32],
                                   const uint8_t sigstruct[ASSAY_SIGSTRUCT_LEN])
{
	struct assay_bytes body;
	struct sim_message m;
	enum sim_status status;

	sim_message_begin(&m, SIM_OP_EINIT);
	sim_message_put_le(&m, created->flags, 8);
	sim_message_put_le(&m, created->xfrm, 8);
	sim_message_put_le(&m, created->misc_select, 4);
	sim_message_put_le(&m, created->cet_attributes, 1);
	sim_message_put_le(&m, created->config_svn, 2);
	sim_message_put(&m, created->config_id, sizeof(created->config_id));
	sim_message_put(&m, mrenclave, 32);
	sim_message_put(&m, sigstruct, ASSAY_SIGSTRUCT_LEN);
	status = sim_call(p->control, &m, &body);
	*fd = m.fd;
	return status;
}

/* ---- the QE */

static enum sim_status start_quoting(struct sim_platform *p)
{
	struct assay_bytes body;
	struct sim_message m;
	enum sim_status status;

	sim_message_begin(&m, SIM_OP_QUOTING);
	status = sim_call(p->control, &m, &body);
	p->quoting = m.fd;

	struct assay_rd r = assay_rd(body);

	p->pce = (pid_t)assay_rd_u32le(&r, "pid of the PCE");
	p->qe = (pid_t)assay_rd_u32le(&r, "pid of the QE");
	return status;
}

/* Asks the QE, which is started if need be, and given up when something behind
 * it is gone. */
static enum sim_status ask(struct sim_platform *p, struct sim_message *m,
                           struct assay_bytes *body)
{
	enum sim_status status = SIM_SUCCESS;

	*body = (struct assay_bytes){ 0 };
	if (p->quoting < 0)
		status = start_quoting(p);
	if (status == SIM_SUCCESS)
		status = sim_call(p->quoting, m, body);
	if (status == SIM_GONE)
		close_fd(&p->quoting);
	return status;
}

enum sim_status sim_platform_target(struct sim_platform *p,
                                    uint8_t target[SIM_TARGETINFO_LEN])
{
	struct assay_bytes body;
	struct sim_message m;
	enum sim_status status;

	sim_message_begin(&m, SIM_OP_TARGET);
	status = ask(p, &m, &body);

	struct assay_rd r = assay_rd(body);

	assay_rd_copy(&r, target, SIM_TARGETINFO_LEN, "TARGETINFO");
	return status;
}

/* What was put last into an output, if that has room. */
static enum sim_status all_put(enum sim_status status, const struct buf *quote)
{
	return status == SIM_SUCCESS && quote->bad ? SIM_MC : status;
}

enum sim_status sim_platform_quote(struct sim_platform *p, struct buf *quote,
                                   const uint8_t report[SIM_REPORT_LEN])
{
	struct assay_bytes body;
	struct sim_message m;
	enum sim_status status;

	sim_message_begin(&m, SIM_OP_QUOTE);
	sim_message_put(&m, report, SIM_REPORT_LEN);
	status = ask(p, &m, &body);
	buf_clear(quote);
	buf_put_bytes(quote, body);
	return all_put(status, quote);
}

enum sim_status sim_platform_answer(struct sim_platform *p, struct buf *quote,
                                    uint8_t answer[SIM_REPORT_LEN],
                                    const uint8_t report[SIM_REPORT_LEN],
                                    const uint8_t nonce[16],
                                    const uint8_t target[SIM_TARGETINFO_LEN])
{
	struct assay_bytes body;
	struct sim_message m;
	enum sim_status status;

	sim_message_begin(&m, SIM_OP_ANSWER);
	sim_message_put(&m, report, SIM_REPORT_LEN);
	sim_message_put(&m, nonce, 16);
	sim_message_put(&m, target, SIM_TARGETINFO_LEN);
	status = ask(p, &m, &body);

	struct assay_rd r = assay_rd(body);

	assay_rd_copy(&r, answer, SIM_REPORT_LEN, "REPORT");
	buf_clear(quote);
	buf_put_bytes(quote, assay_rd_rest(&r));
	return all_put(status, quote);
}
