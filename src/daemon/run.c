/* run.c - assay run: a signed program as an enclave, for one request. */
#include "daemon/daemon.h"

#include "base/text.h"
#include "daemon/ask.h"
#include "daemon/bundle.h"
#include "os/files.h"
#include "daemon/probe.h"
#include "format/keys.h"
#include "sim/launcher.h"
#include "sim/request.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PROGRAM_MAX = 256 << 20 };
/* Exit statuses. */
enum { YES = 0, NO = 1, TROUBLE = 2 };

struct job {
	struct sim_run_options how;
	const char *platform, *attestation, *collateral, *store, *program;
	bool probe, json;
	uint8_t nonce[ASSAY_NONCE_MAX];
	size_t nonce_len;
	struct documents documents;
};

/* clang-format off */
static const char usage[] =
	"usage: assay run [OPTION]... PROGRAM.signed <REQUEST >ANSWER\n"
	"       assay run --probe [--json]\n"
	"\n"
	"Run a signed program as an enclave of a simulated machine, and let it answer one\n"
	"request. It is kept apart from the machine as far as Linux can.\n"
	"\n"
	"  --platform DIR      the machine's folder; else $ASSAY_PLATFORM\n"
	"  --strict            only if the kernel has every protection\n"
	"  --debug             a debug enclave, as its quotes say; it may write to stderr\n"
	"  --attestation FILE  write its attestation there, for assay verify\n"
	"  --nonce HEX         up to 64 bytes that the attestation is to hold\n"
	"  --collateral DIR    put the manufacturer's documents into it, too\n"
	"  --store FILE        where what the enclave wants kept is, sealed by it;\n"
	"                      FILE.lock beside it keeps a second run away\n"
	"  --probe             say which protections this kernel has\n"
	"  --json              as JSON\n"
	"\n"
	"The manual: man assay-run\n";
/* clang-format on */

/* ---- the work */

static bool read_file(struct buf *out, const char *path, size_t most)
{
	return file_read(out, AT_FDCWD, path, most) ||
	       ask_complain(path, strerror(errno));
}

static bool keep(struct sim_host *h, struct assay_bytes sealed)
{
	const struct job *job = h->own;

	return file_keep(job->store, sealed, 0600) ||
	       sim_host_why(h, "what it wants kept: %s: %s", job->store,
	                    strerror(errno));
}

static bool give_stored(const struct job *job, struct sim_host *h)
{
	struct buf blob = { 0 };
	bool good;

	if (!job->store)
		return true;
	good = file_read(&blob, AT_FDCWD, job->store, ASSAY_FRAME_BODY_MAX);
	if (good)
		sim_host_restore(h, buf_bytes(&blob));
	else
		good = errno == ENOENT ||
		       ask_complain(job->store, strerror(errno));
	buf_free(&blob);
	return good;
}

static bool write_bundle(const struct job *job,
                         const struct sim_attested *attested)
{
	const struct assay_bytes nonce = { job->nonce, job->nonce_len };
	struct buf bundle = { 0 };
	const char *why = bundle_make(&bundle, attested, nonce,
	                              job->collateral ? &job->documents : NULL,
	                              (int64_t)time(NULL));
	bool good;

	if (why)
		good = ask_complain("its attestation", why);
	else
		good = file_write(job->attestation, buf_bytes(&bundle), 0666) ||
		       ask_complain(job->attestation, strerror(errno));
	buf_free(&bundle);
	return good;
}

/* The keys that it says it has: who launches it need not judge it. */
static bool get_attestation(const struct job *job, struct sim_host *h,
                            struct assay_key_config *keys)
{
	const struct assay_bytes nonce = { job->nonce, job->nonce_len };
	struct sim_attested attested;
	struct assay_err err = { 0 };

	if (!sim_host_attest(&attested, h, nonce))
		return ask_complain_of(h);
	if (!assay_key_config_read(keys, attested.config, &err))
		return ask_complain("its keys", err.note);
	return !job->attestation || write_bundle(job, &attested);
}

static int talk(const struct job *job, int fd)
{
	struct sim_host *h = calloc(1, sizeof(*h));
	struct assay_key_config keys;
	int status = TROUBLE;

	if (!h) {
		ask_complain("the enclave", strerror(errno));
		return status;
	}
	h->fd = fd;
	h->keep = job->store ? keep : NULL;
	h->own = job;
	if (give_stored(job, h) && get_attestation(job, h, &keys) &&
	    ask(h, &keys))
		status = YES;
	else if (h->refused)
		status = NO;
	if (h->unkept)
		ask_complain("warning: what the enclave wants kept is lost",
		             "no --store FILE");
	free(h);
	return status;
}

static int launch(const struct job *job, struct assay_bytes program)
{
	const struct assay_check_info *info;
	struct assay_err err = { 0 };
	struct sim_run run;
	int status;

	if (!job->how.strict)
		probe_warn();
	if (sim_run_start(&run, job->platform, program, &job->how, &err)) {
		status = talk(job, run.requests);
		sim_run_stop(&run);
		return status;
	}
	info = assay_check_info(err.check);
	fprintf(stderr, "assay: run: %s: %s %s: %s\nIt demands: %s\n%s\n",
	        err.check == ASSAY_L_PLATFORM ? job->platform : job->program,
	        info ? info->name : "?", info ? info->section : "", err.note,
	        info ? info->sentence : "", info ? info->todo : "");
	return NO;
}

static bool has_machine(const struct job *job)
{
	const char *dir = job->platform ? job->platform : "";
	char processors[PATH_MAX];
	struct stat st;

	snprintf(processors, sizeof(processors), "%s/processors", dir);
	if (stat(dir, &st) != 0)
		return ask_complain(dir, strerror(errno));
	return stat(processors, &st) != 0 ||
	       ask_complain(dir, "it is a maker's folder: want that of "
	                         "a machine, in its processors");
}

/* Two runs with one file would each go on from what the other does not have. */
static bool has_store(const struct job *job)
{
	return !job->store || file_lock(job->store) ||
	       ask_complain(job->store,
	                    errno == EWOULDBLOCK
	                            ? "another assay host or run has it"
	                            : strerror(errno));
}

static int run_job(struct job *job)
{
	struct buf program = { 0 };
	char why[DOCUMENTS_WHY];
	int status = TROUBLE;

	if (job->collateral &&
	    !documents_read(&job->documents, job->collateral, why))
		ask_complain(job->collateral, why);
	else if (has_machine(job) &&
	         read_file(&program, job->program, PROGRAM_MAX) &&
	         has_store(job))
		status = launch(job, buf_bytes(&program));
	buf_free(&program);
	documents_free(&job->documents);
	return status;
}

/* ---- options */

enum {
	PLATFORM = 1,
	STRICT,
	DEBUG,
	ATTEST_TO,
	NONCE,
	COLLATERAL,
	STORE_IN,
	PROBE,
	JSON,
	HELP
};

static bool read_nonce(struct job *job, const char *text)
{
	struct assay_bytes in = { (const uint8_t *)text, strlen(text) };

	job->nonce_len = in.len / 2;
	return (in.len <= 2 * ASSAY_NONCE_MAX &&
	        assay_hex_parse(job->nonce, job->nonce_len, in)) ||
	       ask_complain("--nonce", "want up to 64 bytes in hex");
}

static bool take(struct job *job, int option, const char *value)
{
	switch (option) {
	case PLATFORM:
		return (job->platform = value) != NULL;
	case STRICT:
		return job->how.strict = true;
	case DEBUG:
		return job->how.debug = true;
	case ATTEST_TO:
		return (job->attestation = value) != NULL;
	case NONCE:
		return read_nonce(job, value);
	case COLLATERAL:
		return (job->collateral = value) != NULL;
	case STORE_IN:
		return (job->store = value) != NULL;
	case PROBE:
		return job->probe = true;
	case JSON:
		return job->json = true;
	default:
		fputs("see: assay help run\n", stderr);
		return false;
	}
}

static bool complete(struct job *job, int argc, char **argv)
{
	if (job->probe)
		return optind == argc ||
		       ask_complain("--probe", "want no program");
	if (optind != argc - 1)
		return ask_complain("want one signed program",
		                    "see: assay help run");
	job->program = argv[optind];
	if (!job->attestation && (job->nonce_len || job->collateral))
		return ask_complain(job->nonce_len ? "--nonce" : "--collateral",
		                    "want --attestation FILE beside it");
	return job->platform ||
	       ask_complain("which machine?",
	                    "want --platform DIR or $ASSAY_PLATFORM; assay sim "
	                    "maker makes one");
}

int run_program(int argc, char **argv)
{
	static const struct option options[] = {
		{ "platform", required_argument, NULL, PLATFORM },
		{ "strict", no_argument, NULL, STRICT },
		{ "debug", no_argument, NULL, DEBUG },
		{ "attestation", required_argument, NULL, ATTEST_TO },
		{ "nonce", required_argument, NULL, NONCE },
		{ "collateral", required_argument, NULL, COLLATERAL },
		{ "store", required_argument, NULL, STORE_IN },
		{ "probe", no_argument, NULL, PROBE },
		{ "json", no_argument, NULL, JSON },
		{ "help", no_argument, NULL, HELP },
		{ 0 },
	};
	static char name[] = "assay: run";
	struct job job = { .platform = getenv("ASSAY_PLATFORM") };
	int option;

	argv[0] = name; /* getopt's messages begin with it */
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == HELP)
			return fputs(usage, stdout) < 0 ? TROUBLE : YES;
		if (!take(&job, option, optarg))
			return TROUBLE;
	}
	if (!complete(&job, argc, argv))
		return TROUBLE;
	return job.probe ? probe_list(job.json) : run_job(&job);
}
