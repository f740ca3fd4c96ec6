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
} verbs[] = {
	{ "sim", "sample", sim_sample },
	{ "sim", "maker", sim_maker_verb },
	{ "sim", "pcs", sim_pcs_verb },
	{ "run", NULL, run_program },
};
enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static int unknown(const char *verb)
{
	fprintf(stderr, "assayd: %s: want one of:", verb);
	for (size_t i = 0; i < N_VERBS; i++)
		fprintf(stderr, " assay %s%s%s", verbs[i].verb,
		        verbs[i].sub ? " " : "",
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

/* "help sim" and "help sim sample" are "sim sample --help". */
static int help(int argc, char **argv)
{
	char option[] = "--help";
	int status = -1;

	for (size_t i = 0; argc > 2 && i < N_VERBS; i++) {
		char *args[] = { argv[2], option, NULL };

		optind = 0; /* getopt begins anew with each */
		if (strcmp(argv[2], verbs[i].verb) == 0 &&
		    (argc == 3 || match(i, argc - 2, argv + 2)))
			status = verbs[i].run(2, args);
	}
	return status < 0 ? unknown(argc > 2 ? argv[2] : "help") : status;
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
