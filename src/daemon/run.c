/* run.c - assay run: a signed program as an enclave, for one request. */
#include "daemon/daemon.h"

#include "daemon/ask.h"
#include "daemon/bundle.h"
#include "os/files.h"
#include "daemon/probe.h"
#include "format/keys.h"
#include "launch/launcher.h"
#include "launch/request.h"

#include <errno.h>
#include <fcntl.h>
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
	const char *platform, *attestation, *collateral, *store, *nonce_hex,
		*program;
	bool probe, json;
	uint8_t nonce[ASSAY_NONCE_MAX];
	size_t nonce_len;
	struct documents documents;
};

#define TO(member) offsetof(struct job, member)
const struct cli_option run_options[] = {
	CLI_OPTION_PLATFORM(TO(platform)),
	CLI_OPTION_PROTECTED(TO(how.strict)),
	CLI_OPTION_DEBUG(TO(how.debug)),
	{ "--attestation", "FILE", CLI_TEXT, TO(attestation),
	  "write its attestation there, for assay verify" },
	{ "--nonce", "HEX", CLI_TEXT, TO(nonce_hex),
	  "up to 64 bytes that the attestation is to hold" },
	CLI_OPTION_GIVEN_OUT(TO(collateral)),
	CLI_OPTION_STORE(TO(store)),
	{ "--probe", NULL, CLI_FLAG, TO(probe),
	  "run nothing: say which protections this kernel has" },
	{ "--json", NULL, CLI_FLAG, TO(json), "beside --probe: as JSON" },
	{ 0 },
};

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
	char how[SIM_ENDED_TEXT];
	struct sim_run run;
	int status;

	if (!job->how.strict)
		probe_warn("run");
	if (sim_run_start(&run, job->platform, program, &job->how, &err)) {
		status = talk(job, run.requests);
		if (status == TROUBLE && sim_run_ended(how, &run))
			cli_warn("run: the enclave ended with %s", how);
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

/* ---- */

static int complete(struct job *job)
{
	if (!job->program)
		return cli_usage(&verb_run, "want one signed program");
	if (!job->attestation && (job->nonce_hex || job->collateral))
		return cli_usage(&verb_run,
		                 "%s wants --attestation FILE beside it",
		                 job->nonce_hex ? "--nonce" : "--collateral");
	if (!job->platform)
		job->platform = getenv("ASSAY_PLATFORM");
	if (!job->platform)
		return cli_usage(&verb_run,
		                 "which machine? want --platform DIR or "
		                 "$ASSAY_PLATFORM; assay sim maker makes one");
	return job->nonce_hex && !cli_take_hex(job->nonce, &job->nonce_len,
	                                       sizeof(job->nonce), &verb_run,
	                                       "--nonce", job->nonce_hex)
	               ? TROUBLE
	               : YES;
}

int run_verb(int argc, char **argv)
{
	struct job job = { 0 };
	int status;

	if (!cli_operands(&job, &job.program, 0, 1, &status, &verb_run, argc,
	                  argv))
		return status;
	if (job.probe && job.program)
		return cli_usage(&verb_run, "--probe runs no program");
	if (job.probe)
		return probe_list(job.json);
	status = complete(&job);
	return status == YES ? run_job(&job) : status;
}
