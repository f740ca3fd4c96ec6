/* main.c - the program assay: a table of verbs. */
#include "cli/cli.h"

#include "crypto/crypto.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct cli_verb *const verbs[] = {
	&cmd_verify,
	&cmd_inspect,
	&cmd_explain,
	&cmd_collateral_show,
	&cmd_collateral_bundle,
	&cmd_policy_check,
	&cmd_policy_keys,
	&cmd_policy_test,
	&cmd_forecast,
	&cmd_measure,
	&cmd_diff,
	&cmd_sign,
	&cmd_key_new,
	&cmd_key_show,
	&cmd_attest,
	&cmd_token_verify,
	&cmd_audit_verify,
	&cmd_audit_check,
};
enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

/* Verbs of assayd, which has what needs more than the library. */
static const struct {
	const char *name, *summary;
} others[] = {
#define VERB(symbol, name, operands, summary) { name, summary },
#include "cli/assayd.def"
#undef VERB
};
enum { N_ALL = N_VERBS + sizeof(others) / sizeof(others[0]) };

static const char *name_of(size_t i)
{
	return i < N_VERBS ? verbs[i]->name : others[i - N_VERBS].name;
}

/* ---- help */

static void put_verb(struct cli_text *text, size_t i)
{
	cli_put_row(text, name_of(i),
	            i < N_VERBS ? verbs[i]->summary
	                        : others[i - N_VERBS].summary);
}

static void put_usage(struct cli_text *text)
{
	cli_put(text,
	        "usage: assay VERB [OPTION]... [OPERAND]...\n\n"
	        "Assay judges remote attestations: is this a genuine "
	        "enclave or TD, and is it\nthe code that you expect?\n\n");
	for (size_t i = 0; i < N_ALL; i++)
		put_verb(text, i);
	cli_put(text, "\n");
	cli_put_row(text, "help VERB", "Say how a verb is used.");
	cli_put_row(text, "version",
	            "Print the version, and how it was built.");
	cli_put(text, "\nExit status: 0 yes, 1 no, 2 trouble.  The manual: man "
	              "assay\n");
}

static int usage(void)
{
	struct cli_text text = { 0 };

	put_usage(&text);
	return cli_print(&text);
}

static int version(void)
{
#ifdef __clang__
	static const char compiler[] = "clang";
#else
	static const char compiler[] = "gcc";
#endif
	struct cli_text text = { 0 };

	cli_put(&text,
	        "assay %s\nBuilt with %s %s, at work with %s.\nassayd is "
	        "beside it, or in %s.\n",
	        ASSAY_VERSION, compiler, __VERSION__, assay_crypto_name(),
	        ASSAY_LIBEXECDIR);
	return cli_print(&text);
}

/* ---- which verb is meant */

/* Which verb; N_VERBS: none. */
static size_t find(int *n_words, int argc, char **argv)
{
	size_t i = 0;

	*n_words = 0;
	while (i < N_VERBS &&
	       !(*n_words = cli_match(verbs[i]->name, argc, argv)))
		i++;
	return i;
}

/* Whether there are verbs of which this is the first word. */
static bool begins_any(const char *word)
{
	size_t i = 0;

	while (i < N_ALL && !cli_begins(name_of(i), word))
		i++;
	return i < N_ALL;
}

static bool is_other(int argc, char **argv)
{
	for (size_t i = N_VERBS; i < N_ALL; i++)
		if (cli_match(name_of(i), argc, argv))
			return true;
	return false;
}

/* assayd does as well what needs a network. */
static bool fetches(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--fetch") == 0)
			return strcmp(argv[0], cmd_verify.name) == 0;
	return false;
}

/* The verbs of which this is the first word. */
static int say_which(const char *word)
{
	struct cli_text list = { 0 };

	for (size_t i = 0; i < N_ALL; i++)
		if (cli_begins(name_of(i), word))
			cli_put(&list, "%s assay %s", list.len ? " or" : "",
			        name_of(i));
	cli_warn("%s is more than one verb: want%s", word, list.ptr);
	cli_text_free(&list);
	return CLI_TROUBLE;
}

static int unknown(int argc, char **argv)
{
	char two[64];
	struct cli_near near;

	snprintf(two, sizeof(two), "%s%s%s", argv[0], argc > 1 ? " " : "",
	         argc > 1 ? argv[1] : "");
	if (argc == 1 && begins_any(argv[0]))
		return say_which(argv[0]);
	near = cli_near(two);
	for (size_t i = 0; i < N_ALL; i++)
		cli_consider(&near, name_of(i));
	near.wanted = argv[0];
	for (size_t i = 0; i < N_ALL; i++)
		cli_consider(&near, name_of(i));
	if (near.name)
		cli_warn("unknown verb %s: did you mean assay %s?", two,
		         near.name);
	else
		cli_warn("unknown verb %s; assay help lists them", two);
	return CLI_TROUBLE;
}

/* ---- assayd */

/* Runs DIR/assayd; returns only if it cannot. */
static void run_in(const char *dir, char **argv)
{
	char path[PATH_MAX + sizeof("/assayd")];

	snprintf(path, sizeof(path), "%s/assayd", dir);
	execv(path, argv);
	if (errno != ENOENT)
		cli_warn("%s: %s", path, strerror(errno));
}

static int run_other(char **argv)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	self[n > 0 ? n : 0] = 0;
	slash = strrchr(self, '/');
	if (slash) {
		*slash = 0;
		run_in(self, argv);
	}
	run_in(ASSAY_LIBEXECDIR, argv);
	cli_warn("%s is a verb of assayd, which is neither in %s nor in %s: "
	         "install it there",
	         argv[1], slash ? self : "the folder of assay",
	         ASSAY_LIBEXECDIR);
	return CLI_TROUBLE;
}

/* ---- */

static bool is_one_of(const char *arg, const char *a, const char *b)
{
	return strcmp(arg, a) == 0 || strcmp(arg, b) == 0;
}

/* The verbs of which this is the first word, a line for each. */
static int list(const char *word)
{
	struct cli_text text = { 0 };

	for (size_t i = 0; i < N_ALL; i++)
		if (cli_begins(name_of(i), word))
			put_verb(&text, i);
	cli_put(&text,
	        "\nassay help %s VERB says how one is used.\nThe manual: man "
	        "assay-%s\n",
	        word, word);
	return cli_print(&text);
}

static int help(int argc, char **argv)
{
	size_t which;
	int n;

	if (argc == 0)
		return usage();
	which = find(&n, argc, argv);
	if (which < N_VERBS)
		return cli_help(verbs[which]);
	return argc == 1 && begins_any(argv[0]) ? list(argv[0])
	                                        : unknown(argc, argv);
}

/* "help sim", or "sim --help" */
static bool asks_help(int argc, char **argv)
{
	return strcmp(argv[0], "help") == 0 ||
	       (argc == 2 && is_one_of(argv[1], "--help", "-h") &&
	        begins_any(argv[0]));
}

static int run(int argc, char **argv)
{
	size_t which;
	int n;

	if (argc < 2) {
		cli_warn("what is to be done?  assay help lists the verbs");
		return CLI_TROUBLE;
	}
	if (is_one_of(argv[1], "--help", "-h"))
		return usage();
	if (is_one_of(argv[1], "--version", "version"))
		return version();
	if (is_other(argc - 1, argv + 1) || fetches(argc - 1, argv + 1) ||
	    (strcmp(argv[1], "help") == 0 && is_other(argc - 2, argv + 2)))
		return run_other(argv);
	if (asks_help(argc - 1, argv + 1))
		return strcmp(argv[1], "help") == 0 ? help(argc - 2, argv + 2)
		                                    : list(argv[1]);
	which = find(&n, argc - 1, argv + 1);
	if (which < N_VERBS)
		return verbs[which]->run(argc - n, argv + n);
	return unknown(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	assay_crypto_start();
	/* nothing is left to flush, and nothing worth freeing */
	_exit(run(argc, argv));
}
