/* host.c - assay host: an enclave, and the host in front of it. */
#include "daemon/daemon.h"

#include "daemon/host_keep.h"
#include "daemon/host_show.h"
#include "daemon/probe.h"
#include "os/files.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PROGRAM_MAX = 256 << 20, RATE_MAX = 1000000, SECONDS_MAX = 86400 };
/* Exit statuses. */
enum { YES = 0, NO = 1, TROUBLE = 2 };

struct job {
	struct host_options host;
	struct http_limits limits;
	const char *listen, *profile, *seconds, *rate, *program;
	struct host_keep keep;
};

#define TO(member) offsetof(struct job, member)
const struct cli_option host_options[] = {
	CLI_OPTION_LISTEN(TO(listen), "127.0.0.1:8080"),
	CLI_OPTION_PLATFORM(TO(host.program.platform)),
	{ "--command", "COMMAND", CLI_TEXT, TO(host.program.command),
	  "no simulated machine, and no PROGRAM: sh runs this, which talks "
	  "over its standard input and output ('gramine-sgx reverse')" },
	CLI_OPTION_GIVEN_OUT(TO(keep.collateral)),
	CLI_OPTION_STORE(TO(keep.store)),
	{ "--profile", "conclave-1", CLI_TEXT, TO(profile),
	  "answer as Conclave's web host does, to its clients; wants "
	  "--collateral" },
	CLI_OPTION_PROTECTED(TO(host.program.how.strict)),
	CLI_OPTION_DEBUG(TO(host.program.how.debug)),
	{ "--answer-timeout", "SECONDS", CLI_TEXT, TO(seconds),
	  "the enclave has so long for a request; 60" },
	{ "--rate", "N", CLI_TEXT, TO(rate),
	  "requests of one address in a second; any number" },
	{ 0 },
};

static bool complain(const char *what, const char *why)
{
	fprintf(stderr, "assay: host: %s: %s\n", what, why);
	return false;
}

static void say(void *own, const char *line)
{
	(void)own;
	fprintf(stderr, "assay: host: %s\n", line);
}

/* ---- the work */

static void gave_up(void *own)
{
	(void)own;
	kill(getpid(), SIGTERM);
}

/* The URL at which it listens: the address that was given, with its port. */
static void tell(const struct job *job, struct host *host, uint16_t port)
{
	const char *colon = strrchr(job->listen, ':');
	struct buf bundle = { 0 };
	char url[120];

	snprintf(url, sizeof(url), "http://%.*s:%u", (int)(colon - job->listen),
	         job->listen, port);
	if (host_attest(host, &bundle, 1, (struct assay_bytes){ 0 }) != 200)
		buf_clear(&bundle);
	host_show(url, buf_bytes(&bundle), job->host.program.platform);
	buf_free(&bundle);
}

static int serve(struct job *job, struct host *host, const sigset_t *stop)
{
	const bool conclave = job->host.conclave;
	const struct http_service service = {
		.routes = conclave ? host_conclave_routes : host_routes,
		.error = conclave ? host_conclave_error : host_error,
		.self = host,
		.limits = job->limits
	};
	char why[HTTP_WHY_LEN];
	struct http_listener *listener = http_listen(job->listen, &service,
	                                             why);
	struct host_state state;
	int got;

	if (!listener)
		return complain("--listen", why) ? YES : TROUBLE;
	tell(job, host, http_port(listener));
	sigwait(stop, &got);
	host_quiesce(host);
	http_stop(listener);
	host_look(host, &state);
	if (state.gave_up)
		complain("the enclave does not start any more",
		         host_reason(host));
	return state.gave_up ? NO : YES;
}

/* The signals are blocked before there is a thread that could take them. */
static int start(struct job *job)
{
	char why[HOST_WHY];
	struct host *host;
	sigset_t stop;
	int status;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	host = host_start(&job->host, why);
	if (!host)
		return complain("the enclave", why) ? YES : NO;
	status = serve(job, host, &stop);
	host_end(host);
	return status;
}

static bool prepare(struct job *job, struct buf *image)
{
	struct host_options *o = &job->host;
	const struct assay_collateral *documents;
	char why[HOST_WHY];
	bool changed;

	o->own = &job->keep;
	o->say = say;
	o->gave_up = gave_up;
	o->load = job->keep.store ? host_keep_load : NULL;
	o->save = job->keep.store ? host_keep_save : NULL;
	if (job->keep.store && !file_lock(job->keep.store))
		return complain(job->keep.store,
		                errno == EWOULDBLOCK
		                        ? "another assay host or run has it"
		                        : strerror(errno));
	if (job->keep.collateral) {
		o->documents = host_keep_documents;
		if (!host_keep_documents(&job->keep, &documents, &changed, why))
			return complain("--collateral", why);
		job->keep.has_documents = false; /* new to the host */
	}
	if (o->program.command)
		return true;
	if (!o->program.how.strict)
		probe_warn("host");
	if (!file_read(image, AT_FDCWD, job->program, PROGRAM_MAX))
		return complain(job->program, strerror(errno));
	o->program.image = buf_bytes(image);
	return true;
}

/* ---- options */

static bool take_numbers(struct job *job)
{
	uint64_t seconds = 0, rate = 0;

	if (!cli_take_number(&seconds, &verb_host, "--answer-timeout",
	                     job->seconds, 1, SECONDS_MAX) ||
	    !cli_take_number(&rate, &verb_host, "--rate", job->rate, 1,
	                     RATE_MAX))
		return false;
	job->host.answer_ms = (unsigned)seconds * 1000;
	job->limits.rate = (unsigned)rate;
	return true;
}

/* Which machine, or which command. */
static int choose(struct job *job)
{
	struct host_program *p = &job->host.program;

	if (p->command && (job->program || p->how.strict || p->how.debug))
		return cli_usage(&verb_host,
		                 "--command: want no program, no --strict and "
		                 "no --debug beside it");
	if (p->command) {
		p->platform = NULL;
		return YES;
	}
	if (!job->program)
		return cli_usage(&verb_host,
		                 "want one signed program, or --command");
	if (!p->platform)
		p->platform = getenv("ASSAY_PLATFORM");
	return p->platform ? YES
	                   : cli_usage(&verb_host,
	                               "which machine? want --platform DIR or "
	                               "$ASSAY_PLATFORM; assay sim maker makes "
	                               "one");
}

static int complete(struct job *job)
{
	if (job->profile && strcmp(job->profile, "conclave-1") != 0)
		return cli_usage(&verb_host, "--profile: want conclave-1");
	job->host.conclave = job->profile != NULL;
	if (job->profile && !job->keep.collateral)
		return cli_usage(&verb_host,
		                 "--profile conclave-1 wants --collateral: its "
		                 "clients have no documents of their own");
	if (!job->listen)
		job->listen = "127.0.0.1:8080";
	return take_numbers(job) ? choose(job) : TROUBLE;
}

int host_verb(int argc, char **argv)
{
	static struct job job = { .limits = { .workers = HOST_WORKERS } };
	struct buf image = { 0 };
	int status;

	if (!cli_operands(&job, &job.program, 0, 1, &status, &verb_host, argc,
	                  argv))
		return status;
	status = complete(&job);
	if (status == YES)
		status = prepare(&job, &image) ? start(&job) : TROUBLE;
	buf_free(&image);
	documents_free(&job.keep.documents);
	return status;
}
