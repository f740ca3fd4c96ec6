/* enclave.h - what the verbs for enclave programs share. */
#ifndef CLI_ENCLAVE_H
#define CLI_ENCLAVE_H

#include "cli/facts.h"

/* The most that an artefact may hold. */
#define CLI_ARTEFACT_MAX (256u << 20)

/* How a program is launched, as the command line says it. */
struct cli_launch {
	const char *heap, *stack, *threads;
	int n_args;
	char **args;
};
#define CLI_LAUNCH_OPTIONS(type, member) \
	{ "--heap", "SIZE", CLI_TEXT, offsetof(type, member.heap), \
	  "memory to allocate from, such as 64M (which is the default)" }, \
		{ "--stack", "SIZE", CLI_TEXT, offsetof(type, member.stack), \
		  "the stack, such as 1M (which is the default)" }, \
	{ \
		"--threads", "N", CLI_TEXT, offsetof(type, member.threads), \
			"as many threads, 1 to 64; by default 1" \
	}

/* cli_launch_args takes the arguments behind the first "--" out of argv; what
 * is left is for cli_options. */
void cli_launch_args(struct cli_launch *given, int *argc, char **argv);
bool cli_launch_any(const struct cli_launch *given);
/* cli_launch fills in what is given over the default; it points into memory
 * that is never freed.  False, with a message, if something is no size or
 * number. */
ASSAY_MUST_CHECK bool cli_launch(struct assay_launch *launch,
                                 const struct cli_launch *given,
                                 const struct cli_verb *verb);

/* Files that stand beside an artefact, as the command line names them. */
struct cli_beside {
	const char *libpal, *sig;
};
#define CLI_BESIDE_OPTIONS(type, member) \
	{ "--libpal", "FILE", CLI_TEXT, offsetof(type, member.libpal), \
	  "Gramine's loader, libpal.so: what a manifest is measured with" }, \
	{ \
		"--sig", "FILE", CLI_TEXT, offsetof(type, member.sig), \
			"the SIGSTRUCT of a file that holds none: a .sig" \
	}
/* cli_beside reads them into memory that is never freed.  False, with a message,
 * if one cannot be read, or is empty. */
ASSAY_MUST_CHECK bool cli_beside(struct assay_measuring *how,
                                 const struct cli_beside *given);

/* cli_artefact reads a file of at most CLI_ARTEFACT_MAX bytes into memory that
 * the caller may free; NULL, with a message, if it cannot. */
uint8_t *cli_artefact(struct assay_bytes *in, const char *path);

/*
 * A file that is measured: in memory, or, of a stream that is larger than
 * CLI_ARTEFACT_MAX, mapped, of which cli_measured_hashed gives back what is behind
 * it.  cli_measured_open says with a message why it cannot.
 */
#define CLI_STREAM_MAX (INT64_C(64) << 30)
struct cli_measured {
	struct assay_bytes in;
	uint8_t *heap, *mapped; /* one of the two */
	size_t hashed, forgotten;
};
ASSAY_MUST_CHECK bool cli_measured_open(struct cli_measured *f,
                                        const char *path);
void cli_measured_hashed(struct cli_measured *f, size_t n);
void cli_measured_close(struct cli_measured *f);

/* cli_facts_measurement tells all that is known of an artefact. */
void cli_facts_measurement(struct cli_facts *f,
                           const struct assay_measurement *m);

#endif
