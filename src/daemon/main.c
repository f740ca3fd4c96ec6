/* main.c - the program assayd: verbs that need more than the library.  `assay`
 * runs it, with its own arguments, for verbs that it has not itself. */
#include "crypto/crypto.h"
#include "daemon/daemon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How this is used, assay says. */
static const struct cli_verb verify = { .name = "verify", .run = verify_fetch };

static const struct cli_verb *const verbs[] = {
#define VERB(symbol, name, operands, summary) &verb_##symbol,
#include "cli/assayd.def"
#undef VERB
	&verify,
};
enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static int unknown(const char *word)
{
	cli_warn("%s is no verb of assayd; assay help lists them", word);
	return CLI_TROUBLE;
}

/* The verb that these words name, and how many they are; NULL: none. */
static const struct cli_verb *find(int *n, int argc, char **argv)
{
	for (size_t i = 0; i < N_VERBS; i++)
		if ((*n = cli_match(verbs[i]->name, argc, argv)))
			return verbs[i];
	return NULL;
}

static int help(int argc, char **argv)
{
	int n;
	const struct cli_verb *verb = find(&n, argc, argv);

	if (verb == &verb_sim_maker)
		return sim_maker_help(argc - n, argv + n);
	return verb ? cli_help(verb) : unknown(argc ? argv[0] : "help");
}

static int run(int argc, char **argv)
{
	int n;
	const struct cli_verb *verb = find(&n, argc, argv);

	if (argc == 1 && strcmp(argv[0], "--version") == 0)
		return printf("assayd %s\n", ASSAY_VERSION) > 0 ? CLI_YES
		                                                : CLI_TROUBLE;
	if (argc > 0 && strcmp(argv[0], "help") == 0)
		return help(argc - 1, argv + 1);
	return verb ? verb->run(argc - n + 1, argv + n - 1)
	            : unknown(argc ? argv[0] : "no verb");
}

int main(int argc, char **argv)
{
	int status;

	assay_crypto_start();
	status = run(argc - 1, argv + 1);
	if (fflush(stdout) == 0)
		return status;
	cli_warn("stdout: %s", strerror(errno));
	return CLI_TROUBLE;
}
