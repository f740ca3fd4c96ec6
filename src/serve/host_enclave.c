/* host_enclave.c - an enclave's processes, and the socket to it. */
#include "serve/host_enclave.h"

#include <assay/err.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { END_MS = 1000, TICK_MS = 5 };

/* ---- a command */

/* Its descriptor 3 is closed: so the enclave program takes the other two. */
static _Noreturn void be_command(const char *command, int fd)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	if (dup2(fd, STDIN_FILENO) >= 0 && dup2(fd, STDOUT_FILENO) >= 0 &&
	    syscall(SYS_close_range, 3, ~0U, 0) == 0)
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static bool start_command(struct host_enclave *e, const char *command,
                          char why[HOST_WHY])
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0) {
		e->pid = fork();
		if (e->pid == 0)
			be_command(command, pair[1]);
		close(pair[1]);
		e->talk.fd = pair[0];
		if (e->pid > 0) {
			e->is_command = true;
			/* by both, so that it holds for both from here on */
			setpgid(e->pid, e->pid);
			return true;
		}
		close(pair[0]);
	}
	snprintf(why, HOST_WHY, "%s", strerror(errno));
	return false;
}

/* Whether it ended, within so long, and how; it is still to be waited for. */
static bool has_ended(siginfo_t *info, pid_t pid, unsigned ms)
{
	const struct timespec tick = { .tv_nsec = TICK_MS * 1000000 };

	for (;; ms -= TICK_MS) {
		info->si_pid = 0;
		if (waitid(P_PID, (id_t)pid, info,
		           WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    info->si_pid == pid)
			return true;
		if (ms < TICK_MS)
			return false;
		nanosleep(&tick, NULL);
	}
}

/* As long as its leader was not waited for, the group's number is nobody
 * else's. */
static void end_command(pid_t pid)
{
	siginfo_t info;

	(void)has_ended(&info, pid, END_MS);
	kill(-pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* ---- a simulated machine's */

static bool start_simulated(struct host_enclave *e,
                            const struct host_program *p, char why[HOST_WHY])
{
	const struct assay_check_info *info;
	struct assay_err err = { 0 };

	if (sim_run_start(&e->run, p->platform, p->image, &p->how, &err)) {
		e->pid = e->run.pid;
		e->talk.fd = e->run.requests;
		return true;
	}
	info = assay_check_info(err.check);
	snprintf(why, HOST_WHY, "%s: %.120s. %.160s", info ? info->name : "?",
	         err.note, info ? info->todo : "");
	return false;
}

/* ---- either */

bool host_enclave_start(struct host_enclave *e, const struct host_program *p,
                        char why[HOST_WHY])
{
	memset(e, 0, sizeof(*e));
	e->talk.fd = -1;
	if (p->command ? start_command(e, p->command, why)
	               : start_simulated(e, p, why))
		return true;
	e->talk.fd = -1;
	return false;
}

void host_enclave_end(struct host_enclave *e)
{
	if (e->talk.fd < 0)
		return;
	if (e->is_command) {
		close(e->talk.fd);
		end_command(e->pid);
	} else {
		sim_run_stop(&e->run);
	}
	e->talk.fd = -1;
	e->pid = 0;
}

void host_enclave_explain(const struct host_enclave *e, char why[HOST_WHY])
{
	const struct sim_host *talk = &e->talk;
	char how[SIM_ENDED_TEXT];
	siginfo_t info;

	if (talk->ended && !e->is_command && sim_run_ended(how, &e->run))
		snprintf(why, HOST_WHY, "with %s %s", how, talk->why);
	else if (!talk->refused && e->is_command &&
	         has_ended(&info, e->pid, 100))
		snprintf(why, HOST_WHY, "the command ended, with %s %d",
		         info.si_code == CLD_EXITED ? "status" : "signal",
		         info.si_status);
	else
		snprintf(why, HOST_WHY, "%s%s%.160s", talk->why,
		         talk->check ? ". " : "",
		         talk->check ? talk->check->todo : "");
}

void host_enclave_cut(const struct host_enclave *e)
{
	shutdown(e->talk.fd, SHUT_RDWR);
}

bool host_enclave_is_gone(const struct host_enclave *e)
{
	struct pollfd p = { e->talk.fd, POLLIN | POLLRDHUP, 0 };

	return poll(&p, 1, 0) != 0;
}
