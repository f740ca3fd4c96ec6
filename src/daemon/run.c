/* run.c - assay run: a signed program as an enclave, for one request. */
#include "daemon/daemon.h"

#include "base/text.h"
#include "sim/files.h"
#include "sim/isolate.h"
#include "sim/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BODY_MAX = (1 << 20) + 64,
	PROGRAM_MAX = 256 << 20,
	NONCE_MAX = 64,
	NAME_LEN = 80, /* of a file to write (files.h adds to it) */
};
/* Frames: to the enclave, and from it. */
enum { REQUEST = 1, ATTEST, STORED };
enum { ANSWER = 1, ATTESTATION, STORE, REFUSED };

struct job {
	struct sim_run_options how;
	const char *platform, *attestation, *store, *program;
	bool probe, json;
	uint8_t nonce[NONCE_MAX];
	size_t nonce_len;
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
	"  --attestation FILE  write its attestation there\n"
	"  --nonce HEX         up to 64 bytes that the attestation is to hold\n"
	"  --store FILE        what the enclave wants kept, sealed by it\n"
	"  --probe             say which protections this kernel has\n"
	"  --json              as JSON\n"
	"\n"
	"The manual: man assay-run\n";
/* clang-format on */

static bool complain(const char *what, const char *why)
{
	fprintf(stderr, "assay: run: %s: %s\n", what, why);
	return false;
}

/* ---- protections */

static int probe(bool json)
{
	bool all = true;

	for (size_t i = 0; i < SIM_N_PROTECTIONS; i++) {
		const struct sim_protection *p = &sim_protections[i];
		bool has = p->probe();

		all = all && (has || !p->needed);
		if (json)
			printf("%s{\"name\":\"%s\",\"needed\":%s,"
			       "\"present\":%s}%s",
			       i ? "," : "[", p->name,
			       p->needed ? "true" : "false",
			       has ? "true" : "false",
			       i + 1 == SIM_N_PROTECTIONS ? "]\n" : "");
		else
			printf("%-15s %-8s %-7s %s\n", p->name,
			       p->needed ? "needed" : "optional",
			       has ? "present" : "missing", p->what);
	}
	return fflush(stdout) ? 2 : all ? 0 : 1;
}

static void warn_missing(void)
{
	for (size_t i = 0; i < SIM_N_PROTECTIONS; i++)
		if (!sim_protections[i].needed && !sim_protections[i].probe())
			fprintf(stderr, "assay: run: warning: without %s: %s\n",
			        sim_protections[i].name,
			        sim_protections[i].what);
}

/* ---- files */

/* All of a descriptor, at most `most` bytes; false, with errno. */
static bool read_all(struct sim_out *out, int fd, size_t most)
{
	static uint8_t part[65536];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0 ||
	       (n < 0 && errno == EINTR)) {
		sim_put(out, part, n > 0 ? (size_t)n : 0);
		errno = out->bad ? ENOMEM : EFBIG;
		if (out->bad || out->len > most)
			return false;
	}
	return n == 0;
}

static bool read_file(struct sim_out *out, const char *path, size_t most)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && read_all(out, fd, most);

	if (!good)
		complain(path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good;
}

/* The folder of a file, opened, and its name in that. */
static int open_folder(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	const size_t n = slash ? (size_t)(slash - path) + 1 : 0;
	char folder[PATH_MAX] = ".";

	*name = path + n;
	errno = ENAMETOOLONG;
	if (n >= sizeof(folder) || strlen(*name) > NAME_LEN)
		return -1;
	if (n > 0) {
		memcpy(folder, path, n);
		folder[n] = 0;
	}
	return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Complete or not at all. */
static bool write_file(const char *path, struct assay_bytes data)
{
	const char *name;
	int folder = open_folder(path, &name);
	bool good = folder >= 0 && sim_file_put(folder, name, data, 0600, true);

	if (!good)
		complain(path, strerror(errno));
	if (folder >= 0)
		close(folder);
	return good;
}

/* ---- frames */

static bool send_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return complain("the enclave", strerror(errno));
		p += sent > 0 ? sent : 0;
		n -= sent > 0 ? (size_t)sent : 0;
	}
	return true;
}

static bool receive_all(int fd, uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t got = recv(fd, p, n, 0);

		if (got == 0 || (got < 0 && errno != EINTR))
			return complain("the enclave",
			                "it ended without an answer");
		p += got > 0 ? got : 0;
		n -= got > 0 ? (size_t)got : 0;
	}
	return true;
}

static bool send_frame(int fd, uint8_t type, struct assay_bytes body)
{
	const uint32_t n = (uint32_t)body.len + 1;
	const uint8_t head[5] = { (uint8_t)n, (uint8_t)(n >> 8),
		                  (uint8_t)(n >> 16), (uint8_t)(n >> 24),
		                  type };

	return send_all(fd, head, sizeof(head)) &&
	       send_all(fd, body.ptr, body.len);
}

/* One frame; the body lies in static memory until the next. */
static bool receive_frame(int fd, uint8_t *type, struct assay_bytes *body)
{
	static uint8_t room[BODY_MAX];
	uint8_t head[4];
	uint32_t n;

	if (!receive_all(fd, head, sizeof(head)))
		return false;
	n = head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16 |
	    (uint32_t)head[3] << 24;
	if (n < 1 || n > sizeof(room))
		return complain("the enclave", "a frame of a wrong length");
	if (!receive_all(fd, room, n))
		return false;
	*type = room[0];
	*body = (struct assay_bytes){ room + 1, n - 1 };
	return true;
}

/* Frames up to one of this type; what is to be stored comes in between. */
static bool receive(const struct job *job, int fd, uint8_t want,
                    struct assay_bytes *body)
{
	uint8_t type;

	while (receive_frame(fd, &type, body)) {
		if (type == want)
			return true;
		if (type == REFUSED)
			return complain("the enclave", "it refused");
		if (type != STORE)
			return complain("the enclave", "an unexpected frame");
		if (job->store && !write_file(job->store, *body))
			return false;
	}
	return false;
}

/* ---- the work */

static bool give_stored(const struct job *job, int fd)
{
	struct sim_out blob = { 0 };
	bool good;

	if (!job->store || access(job->store, F_OK))
		return true;
	good = read_file(&blob, job->store, BODY_MAX - 1) &&
	       send_frame(fd, STORED, sim_out_bytes(&blob));
	sim_out_free(&blob);
	return good;
}

static bool get_attestation(const struct job *job, int fd)
{
	const struct assay_bytes nonce = { job->nonce, job->nonce_len };
	struct assay_bytes body;

	return !job->attestation || (send_frame(fd, ATTEST, nonce) &&
	                             receive(job, fd, ATTESTATION, &body) &&
	                             write_file(job->attestation, body));
}

static bool get_answer(const struct job *job, int fd)
{
	struct sim_out request = { 0 };
	struct assay_bytes body;
	bool good = read_all(&request, STDIN_FILENO, BODY_MAX - 1);

	if (!good)
		complain("the request", strerror(errno));
	good = good && send_frame(fd, REQUEST, sim_out_bytes(&request)) &&
	       receive(job, fd, ANSWER, &body);
	if (good && (fwrite(body.ptr, 1, body.len, stdout) != body.len ||
	             fflush(stdout)))
		good = complain("the answer", strerror(errno));
	sim_out_free(&request);
	return good;
}

static int launch(const struct job *job)
{
	struct sim_out program = { 0 };
	struct assay_err err = { 0 };
	struct sim_run run;
	int status = 2;

	if (!read_file(&program, job->program, PROGRAM_MAX))
		return status;
	if (!job->how.strict)
		warn_missing();
	if (sim_run_start(&run, job->platform, sim_out_bytes(&program),
	                  &job->how, &err)) {
		if (give_stored(job, run.requests) &&
		    get_attestation(job, run.requests) &&
		    get_answer(job, run.requests))
			status = 0;
		sim_run_stop(&run);
	} else {
		const struct assay_check_info *info =
			assay_check_info(err.check);

		fprintf(stderr, "assay: run: %s: %s %s: %s\n%s\n%s\n",
		        job->program, info ? info->name : "?",
		        info ? info->section : "", err.note,
		        info ? info->sentence : "", info ? info->todo : "");
		status = 1;
	}
	sim_out_free(&program);
	return status;
}

/* ---- options */

enum {
	PLATFORM = 1,
	STRICT,
	DEBUG,
	ATTEST_TO,
	NONCE,
	STORE_IN,
	PROBE,
	JSON,
	HELP
};

static bool read_nonce(struct job *job, const char *text)
{
	struct assay_bytes in = { (const uint8_t *)text, strlen(text) };

	job->nonce_len = in.len / 2;
	return (in.len <= 2 * NONCE_MAX &&
	        assay_hex_parse(job->nonce, job->nonce_len, in)) ||
	       complain("--nonce", "want up to 64 bytes in hex");
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
		return optind == argc || complain("--probe", "want no program");
	if (optind != argc - 1)
		return complain("want one signed program",
		                "see: assay help run");
	job->program = argv[optind];
	return job->platform ||
	       complain("which machine?", "want --platform or $ASSAY_PLATFORM");
}

int run_program(int argc, char **argv)
{
	static const struct option options[] = {
		{ "platform", required_argument, NULL, PLATFORM },
		{ "strict", no_argument, NULL, STRICT },
		{ "debug", no_argument, NULL, DEBUG },
		{ "attestation", required_argument, NULL, ATTEST_TO },
		{ "nonce", required_argument, NULL, NONCE },
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
			return fputs(usage, stdout) < 0 ? 2 : 0;
		if (!take(&job, option, optarg))
			return 2;
	}
	if (!complete(&job, argc, argv))
		return 2;
	return job.probe ? probe(job.json) : launch(&job);
}
