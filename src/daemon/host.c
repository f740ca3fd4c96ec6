/* host.c - assay host: an enclave, and the host in front of it. */
#include "daemon/daemon.h"

#include "os/files.h"
#include "daemon/host_keep.h"
#include "daemon/host_show.h"
#include "daemon/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
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
	const char *listen, *program;
	struct host_keep keep;
};

/* clang-format off */
static const char usage[] =
	"usage: assay host [OPTION]... PROGRAM.signed\n"
	"       assay host [OPTION]... --command COMMAND\n"
	"\n"
	"Start an enclave, and answer for it over HTTP until SIGTERM or SIGINT: give out\n"
	"its attestation, and carry sealed messages in and out.\n"
	"\n"
	"  --listen ADDR:PORT     where; 127.0.0.1:8080 if left out, port 0: any that is\n"
	"                         free, which is printed\n"
	"  --platform DIR         the simulated machine's folder; else $ASSAY_PLATFORM\n"
	"  --command COMMAND      no simulated machine: sh runs this, which talks over its\n"
	"                         standard input and output ('gramine-sgx reverse')\n"
	"  --collateral DIR       the manufacturer's documents, given out with the\n"
	"                         attestation; read again when they change\n"
	"  --store FILE           where what the enclave wants kept is, sealed by it;\n"
	"                         FILE.lock beside it keeps a second host away\n"
	"  --profile conclave-1   answer as Conclave's web host does, to its clients; wants\n"
	"                         --collateral\n"
	"  --strict               only if the kernel has every protection\n"
	"  --debug                a debug enclave, as its quotes say; it may write to\n"
	"                         stderr\n"
	"  --answer-timeout SECS  the enclave has so long for a request; 60\n"
	"  --rate N               requests of one address in a second; any number\n"
	"\n"
	"The manual: man assay-host\n";
/* clang-format on */

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
		probe_warn();
	if (!file_read(image, AT_FDCWD, job->program, PROGRAM_MAX))
		return complain(job->program, strerror(errno));
	o->program.image = buf_bytes(image);
	return true;
}

/* ---- options */

enum {
	LISTEN = 1,
	PLATFORM,
	COMMAND,
	COLLATERAL,
	STORE_IN,
	PROFILE,
	STRICT,
	DEBUG,
	TIMEOUT,
	RATE,
	HELP
};

/* A whole number of at most `most`, and at least 1. */
static bool read_number(unsigned *value, const char *text, unsigned most,
                        const char *option)
{
	const size_t n = strlen(text);
	const unsigned long got = strtoul(text, NULL, 10);
	char why[60];

	*value = (unsigned)got;
	snprintf(why, sizeof(why), "want a whole number from 1 to %u", most);
	return (n > 0 && n < 9 && strspn(text, "0123456789") == n && got > 0 &&
	        got <= most) ||
	       complain(option, why);
}

static bool take(struct job *job, int option, const char *value)
{
	struct host_program *p = &job->host.program;
	unsigned n;

	switch (option) {
	case LISTEN:
		return (job->listen = value) != NULL;
	case PLATFORM:
		return (p->platform = value) != NULL;
	case COMMAND:
		return (p->command = value) != NULL;
	case COLLATERAL:
		return (job->keep.collateral = value) != NULL;
	case STORE_IN:
		return (job->keep.store = value) != NULL;
	case PROFILE:
		job->host.conclave = true;
		return strcmp(value, "conclave-1") == 0 ||
		       complain("--profile", "want conclave-1");
	case STRICT:
		return p->how.strict = true;
	case DEBUG:
		return p->how.debug = true;
	case TIMEOUT:
		if (!read_number(&n, value, SECONDS_MAX, "--answer-timeout"))
			return false;
		job->host.answer_ms = n * 1000;
		return true;
	case RATE:
		return read_number(&job->limits.rate, value, RATE_MAX,
		                   "--rate");
	default:
		fputs("see: assay help host\n", stderr);
		return false;
	}
}

static bool complete(struct job *job, int argc, char **argv)
{
	struct host_program *p = &job->host.program;

	if (job->host.conclave && !job->keep.collateral)
		return complain("--profile conclave-1",
		                "want --collateral: its clients have no "
		                "documents of their own");
	if (p->command) {
		p->platform = NULL;
		return (optind == argc && !p->how.strict && !p->how.debug) ||
		       complain("--command", "want no program, no --strict and "
		                             "no --debug beside it");
	}
	if (optind != argc - 1)
		return complain("want one signed program, or --command",
		                "see: assay help host");
	job->program = argv[optind];
	return p->platform ||
	       complain("which machine?",
	                "want --platform DIR or $ASSAY_PLATFORM; assay sim "
	                "maker makes one");
}

int host_verb(int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, LISTEN },
		{ "platform", required_argument, NULL, PLATFORM },
		{ "command", required_argument, NULL, COMMAND },
		{ "collateral", required_argument, NULL, COLLATERAL },
		{ "store", required_argument, NULL, STORE_IN },
		{ "profile", required_argument, NULL, PROFILE },
		{ "strict", no_argument, NULL, STRICT },
		{ "debug", no_argument, NULL, DEBUG },
		{ "answer-timeout", required_argument, NULL, TIMEOUT },
		{ "rate", required_argument, NULL, RATE },
		{ "help", no_argument, NULL, HELP },
		{ 0 },
	};
	static char name[] = "assay: host";
	static struct job job = { .listen = "127.0.0.1:8080",
		                  .limits = { .workers = HOST_WORKERS } };
	struct buf image = { 0 };
	int option, status;

	job.host.program.platform = getenv("ASSAY_PLATFORM");
	argv[0] = name; /* getopt's messages begin with it */
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == HELP)
			return fputs(usage, stdout) < 0 ? TROUBLE : YES;
		if (!take(&job, option, optarg))
			return TROUBLE;
	}
	if (!complete(&job, argc, argv))
		return TROUBLE;
	status = prepare(&job, &image) ? start(&job) : TROUBLE;
	buf_free(&image);
	documents_free(&job.keep.documents);
	return status;
}
