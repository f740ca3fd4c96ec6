/* main.c - the program assayd: verbs that need more than the library.  `assay`
 * runs it, with its own arguments, for verbs that it has not itself. */
#include "crypto/crypto.h"
#include "daemon/daemon.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *verb, *sub;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "sim", "sample", sim_sample },
};
enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static int unknown(const char *verb)
{
	fprintf(stderr, "assayd: %s: want one of:", verb);
	for (size_t i = 0; i < N_VERBS; i++)
		fprintf(stderr, " assay %s %s", verbs[i].verb, verbs[i].sub);
	fputc('\n', stderr);
	return 2;
}

static int run(int argc, char **argv)
{
	for (size_t i = 0; argc >= 3 && i < N_VERBS; i++)
		if (strcmp(argv[1], verbs[i].verb) == 0 &&
		    strcmp(argv[2], verbs[i].sub) == 0)
			return verbs[i].run(argc - 2, argv + 2);
	return unknown(argc < 2 ? "no verb" : argv[1]);
}

/* "help sim" and "help sim sample" are "sim sample --help". */
static int help(int argc, char **argv)
{
	char option[] = "--help";
	int status = -1;

	for (size_t i = 0; argc > 2 && i < N_VERBS; i++) {
		char *args[] = { argv[2], option, NULL };

		if (strcmp(argv[2], verbs[i].verb) == 0 &&
		    (argc == 3 || strcmp(argv[3], verbs[i].sub) == 0))
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
