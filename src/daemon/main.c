/* main.c - the program assayd: verbs that need more than the library.  `assay`
 * runs it, with its own arguments, for verbs that it has not itself. */
#include "crypto/crypto.h"
#include "daemon/daemon.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *verb, *sub; /* NULL: the verb has one word */
	int (*run)(int argc, char **argv);
	const char *summary;
} verbs[] = {
	{ "collateral", "fetch", collateral_fetch,
	  "Fetch the manufacturer's documents, and keep them." },
	{ "collateral", "export", collateral_export_verb,
	  "Write all documents that are kept into one file." },
	{ "collateral", "import", collateral_import_verb,
	  "Take in the documents of such a file." },
	{ "verify", NULL, verify_fetch,
	  "Judge evidence by documents that are fetched." },
	{ "sim", "sample", sim_sample,
	  "The files of a simulated machine, to try things on." },
	{ "sim", "maker", sim_maker_verb,
	  "A manufacturer: make, revoke and update processors." },
	{ "sim", "pcs", sim_pcs_verb,
	  "Answer for a manufacturer over HTTP, as Intel's service does." },
	{ "run", NULL, run_program,
	  "Run a signed program as an enclave of a simulated machine." },
	{ "host", NULL, host_verb,
	  "Start an enclave, and answer for it over HTTP." },
	{ "serve", NULL, serve_verb,
	  "Judge evidence for others, over HTTP." },
	{ "call", NULL, call_enclave,
	  "Ask an enclave something, once it has proved itself." },
};
enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static int unknown(const char *verb)
{
	bool more = false; /* verbs whose first word this is */

	for (size_t i = 0; i < N_VERBS; i++)
		more |= strcmp(verbs[i].verb, verb) == 0;
	fprintf(stderr, "assay: %s: want one of", verb);
	for (size_t i = 0, n = 0; i < N_VERBS; i++)
		if (!more || strcmp(verbs[i].verb, verb) == 0)
			fprintf(stderr, "%s assay %s%s%s", n++ ? "," : "",
			        verbs[i].verb, verbs[i].sub ? " " : "",
			        verbs[i].sub ? verbs[i].sub : "");
	fputc('\n', stderr);
	return 2;
}

/* How many words of the arguments are this verb; 0: it is another. */
static int match(size_t i, int argc, char **argv)
{
	if (argc < 1 || strcmp(argv[0], verbs[i].verb) != 0)
		return 0;
	if (!verbs[i].sub)
		return 1;
	return argc > 1 && strcmp(argv[1], verbs[i].sub) == 0 ? 2 : 0;
}

/* A verb's argv[0] is its last word. */
static int run(int argc, char **argv)
{
	for (size_t i = 0; i < N_VERBS; i++) {
		int n = match(i, argc - 1, argv + 1);

		if (n)
			return verbs[i].run(argc - n, argv + n);
	}
	return unknown(argc < 2 ? "no verb" : argv[1]);
}

/* A verb of several: those, a line for each. */
static int list(const char *verb)
{
	int found = 0;

	for (size_t i = 0; i < N_VERBS; i++) {
		if (strcmp(verb, verbs[i].verb) != 0)
			continue;
		if (!found++)
			printf("usage: assay %s VERB ...\n\n", verb);
		printf("  %-7s %s\n", verbs[i].sub, verbs[i].summary);
	}
	if (!found)
		return unknown(verb);
	printf("\nassay help %s VERB says how one is used.  The manual: man "
	       "assay-%s\n",
	       verb, verb);
	return fflush(stdout) == 0 ? 0 : 2;
}

/* "help sim sample" is "sim sample --help". */
static int help(int argc, char **argv)
{
	char option[] = "--help";

	for (size_t i = 0; i < N_VERBS; i++) {
		int n = match(i, argc - 2, argv + 2);
		char *args[] = { argv[1 + n], option, NULL };

		if (n)
			return verbs[i].run(2, args);
	}
	return argc == 3 ? list(argv[2]) : unknown(argc > 2 ? argv[2] : "help");
}

int main(int argc, char **argv)
{
	assay_crypto_start();
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("assayd %s\n", ASSAY_VERSION) > 0 ? 0 : 2;
	if (argc > 1 && strcmp(argv[1], "help") == 0)
		return help(argc, argv);
	return run(argc, argv);
}
