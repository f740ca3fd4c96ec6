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
	{ "collateral fetch",
	  "Fetch the manufacturer's documents that evidence "
	  "needs, and keep them." },
	{ "collateral export", "Write all documents that are kept into one "
	                       "file, for machines without a network." },
	{ "collateral import", "Take in the documents of such a file." },
	{ "sim sample", "Make a machine in software, with evidence and "
	                "documents, for trying things out." },
	{ "sim maker",
	  "Be a manufacturer of such machines: make them, certify, "
	  "revoke and update them." },
	{ "sim pcs", "Give out over HTTP what that manufacturer publishes." },
	{ "run", "Run a signed program as an enclave of a simulated machine." },
	{ "serve", "Judge evidence for others, over HTTP." },
	{ "host", "Start an enclave, and answer for it over HTTP." },
	{ "call", "Ask an enclave something, once it has proved itself." },
};
enum { N_OTHERS = sizeof(others) / sizeof(others[0]) };

/* ---- help */

static void put_row(struct cli_text *text, const char *name,
                    const char *summary)
{
	char left[32];

	snprintf(left, sizeof(left), "  %-18s", name);
	cli_put_wrapped(text, left, summary);
}

static void put_usage(struct cli_text *text)
{
	cli_put(text,
	        "usage: assay VERB [OPTION]... [OPERAND]...\n\n"
	        "Assay judges remote attestations: is this a genuine "
	        "enclave or TD, and is it\nthe code that you expect?\n\n");
	for (size_t i = 0; i < N_VERBS; i++)
		put_row(text, verbs[i]->name, verbs[i]->summary);
	for (size_t i = 0; i < N_OTHERS; i++)
		put_row(text, others[i].name, others[i].summary);
	cli_put(text, "\n");
	put_row(text, "help VERB", "Say how a verb is used.");
	put_row(text, "--version", "Print the version.");
	cli_put(text, "\nExit status: 0 yes, 1 no, 2 trouble.  The manual: man "
	              "assay\n");
}

static int print_text(struct cli_text *text)
{
	int status = cli_flush(text) ? CLI_YES : CLI_TROUBLE;

	cli_text_free(text);
	return status;
}

static int usage(void)
{
	struct cli_text text = { 0 };

	put_usage(&text);
	return print_text(&text);
}

static int version(void)
{
	struct cli_text text = { 0 };

	cli_put(&text, "assay %s\n", ASSAY_VERSION);
	return print_text(&text);
}

/* ---- which verb is meant */

/* How many of the arguments are the words of this name; 0: it is another. */
static int match(const char *name, int argc, char **argv)
{
	int n = 0;

	for (;; n++) {
		size_t len = strcspn(name, " ");

		if (n == argc || strlen(argv[n]) != len ||
		    memcmp(argv[n], name, len) != 0)
			return 0;
		if (!name[len])
			return n + 1;
		name += len + 1;
	}
}

/* Which verb; N_VERBS: none. */
static size_t find(int *n_words, int argc, char **argv)
{
	size_t i = 0;

	*n_words = 0;
	while (i < N_VERBS && !(*n_words = match(verbs[i]->name, argc, argv)))
		i++;
	return i;
}

/* Whether this is the first word of the verb's two. */
static bool begins(const char *verb, const char *word)
{
	size_t len = strlen(word);

	return strncmp(verb, word, len) == 0 && verb[len] == ' ';
}

static bool begins_own(const char *word)
{
	size_t i = 0;

	while (i < N_VERBS && !begins(verbs[i]->name, word))
		i++;
	return i < N_VERBS;
}

/* Whether assayd has this verb; where none of its own begins so, assayd says
 * itself what follows a verb's first word. */
static bool is_other(int argc, char **argv)
{
	for (size_t i = 0; argc > 0 && i < N_OTHERS; i++)
		if (match(others[i].name, argc, argv) ||
		    (begins(others[i].name, argv[0]) && !begins_own(argv[0])))
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

/* The verbs of two words whose first is this one; false: there are none. */
static bool says_which(const char *word)
{
	struct cli_text list = { 0 };
	bool any;

	for (size_t i = 0; i < N_VERBS; i++)
		if (begins(verbs[i]->name, word))
			cli_put(&list, "%s assay %s", list.len ? " or" : "",
			        verbs[i]->name);
	for (size_t i = 0; list.len && i < N_OTHERS; i++)
		if (begins(others[i].name, word))
			cli_put(&list, " or assay %s", others[i].name);
	any = list.len > 0;
	if (any)
		cli_warn("%s is more than one verb: want%s", word, list.ptr);
	cli_text_free(&list);
	return any;
}

static int unknown(int argc, char **argv)
{
	char two[64];
	struct cli_near near;

	snprintf(two, sizeof(two), "%s%s%s", argv[0], argc > 1 ? " " : "",
	         argc > 1 ? argv[1] : "");
	near = cli_near(two);
	for (size_t i = 0; i < N_VERBS; i++)
		cli_consider(&near, verbs[i]->name);
	for (size_t i = 0; i < N_OTHERS; i++)
		cli_consider(&near, others[i].name);
	near.wanted = argv[0];
	for (size_t i = 0; i < N_VERBS; i++)
		cli_consider(&near, verbs[i]->name);
	if (argc == 1 && says_which(argv[0]))
		return CLI_TROUBLE;
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

/* Those of assayd that begin so, too: it says itself how they are used. */
static void list_others(const char *word)
{
	struct cli_text text = { 0 };

	for (size_t i = 0; i < N_OTHERS; i++)
		if (begins(others[i].name, word))
			put_row(&text, others[i].name, others[i].summary);
	if (text.len)
		print_text(&text);
}

static int help(int argc, char **argv)
{
	bool any = false;
	size_t which;
	int n;

	if (argc == 1)
		return usage();
	which = find(&n, argc - 1, argv + 1);
	if (which < N_VERBS) {
		cli_help(verbs[which]);
		return CLI_YES;
	}
	/* "help collateral": every verb that begins so */
	for (size_t i = 0; argc == 2 && i < N_VERBS; i++)
		if (begins(verbs[i]->name, argv[1])) {
			cli_help(verbs[i]);
			any = true;
		}
	if (any)
		list_others(argv[1]);
	return any ? CLI_YES : unknown(argc - 1, argv + 1);
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
	if (is_one_of(argv[1], "--version", "-V"))
		return version();
	if (is_other(argc - 1, argv + 1) || fetches(argc - 1, argv + 1) ||
	    (strcmp(argv[1], "help") == 0 && is_other(argc - 2, argv + 2)))
		return run_other(argv);
	if (strcmp(argv[1], "help") == 0)
		return help(argc - 1, argv + 1);
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
