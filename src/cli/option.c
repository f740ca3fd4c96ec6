/* option.c - a verb's options, out of its table. */
#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { NAME_MAX_LEN = 40, OPTION_COLUMN = 26 };

/* How many letters differ. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[NAME_MAX_LEN + 1];
	size_t n = strlen(b);

	if (n > NAME_MAX_LEN)
		return NAME_MAX_LEN;
	for (unsigned j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			bool same = strncasecmp(a + i - 1, b + j - 1, 1) == 0;
			unsigned change = diagonal + !same;

			diagonal = row[j];
			row[j] = 1 +
			         (row[j] < row[j - 1] ? row[j] : row[j - 1]);
			if (change < row[j])
				row[j] = change;
		}
	}
	return row[n];
}

struct cli_near cli_near(const char *wanted)
{
	/* a third of it may be wrong */
	unsigned len = (unsigned)strlen(wanted);

	return (struct cli_near){ .wanted = wanted, .distance = len / 3 + 2 };
}

void cli_consider(struct cli_near *near, const char *name)
{
	size_t len = strlen(near->wanted);
	unsigned d = distance(near->wanted, name);

	if (len && strncasecmp(name, near->wanted, len) == 0)
		d = 1; /* a name that was cut short */
	if (d >= near->distance)
		return;
	near->distance = d;
	near->name = name;
}

static void put_option(struct cli_text *text, const struct cli_option *o)
{
	char what[64], left[96];

	snprintf(what, sizeof(what), "%s%s%s", o->name, o->value ? " " : "",
	         o->value ? o->value : "");
	snprintf(left, sizeof(left), "  %-*s", OPTION_COLUMN, what);
	cli_put_wrapped(text, left, o->help);
}

static void put_help(struct cli_text *text, const struct cli_verb *verb)
{
	cli_put(text, "usage: assay %s%s%s%s\n\n", verb->name,
	        verb->options ? " [OPTION]..." : "", *verb->operands ? " " : "",
	        verb->operands);
	cli_put_wrapped(text, "", verb->summary);
	if (verb->options)
		cli_put(text, "\n");
	for (const struct cli_option *o = verb->options; o && o->name; o++)
		put_option(text, o);
	cli_put(text, "\nThe manual: man assay-%.*s\n",
	        (int)strcspn(verb->name, " "), verb->name);
}

int cli_help(const struct cli_verb *verb)
{
	struct cli_text text = { 0 };

	put_help(&text, verb);
	return cli_print(&text);
}

int cli_usage(const struct cli_verb *verb, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	cli_warn("%s: %s (see: assay help %s)", verb->name, what, verb->name);
	return CLI_TROUBLE;
}

/* The option of this name: "--at" of "--at=T" too. */
static const struct cli_option *find(const struct cli_verb *verb,
                                     const char *arg, const char **value)
{
	size_t n = strncmp(arg, "--", 2) == 0 ? strcspn(arg, "=") : strlen(arg);

	*value = arg[n] ? arg + n + 1 : NULL;
	for (const struct cli_option *o = verb->options; o && o->name; o++)
		if (strlen(o->name) == n && memcmp(o->name, arg, n) == 0)
			return o;
	return NULL;
}

static int unknown(const struct cli_verb *verb, const char *arg)
{
	struct cli_near near = cli_near(arg);

	for (const struct cli_option *o = verb->options; o && o->name; o++)
		cli_consider(&near, o->name);
	if (near.name)
		return cli_usage(verb, "unknown option %s: did you mean %s?",
		                 arg, near.name);
	return cli_usage(verb, "unknown option %s", arg);
}

/* Puts one value where it belongs; false if it was there already, or is not of
 * its kind. */
static bool take(void *to, int *status, const struct cli_verb *verb,
                 const struct cli_option *o, const char *value)
{
	struct assay_bytes bytes = { (const uint8_t *)value,
		                     o->value ? strlen(value) : 0 };
	void *at = (char *)to + o->to;
	const char **text = at;
	struct cli_time *time = at;
	bool again = false;

	switch (o->kind) {
	case CLI_FLAG:
		*(bool *)at = true;
		return true;
	case CLI_LIST:
		cli_list_add(at, value);
		return true;
	case CLI_TEXT:
		again = *text != NULL;
		*text = value;
		break;
	case CLI_TIME:
		again = time->given;
		time->given = true;
		if (!assay_time_parse(&time->at, bytes)) {
			*status = cli_usage(verb,
			                    "%s: got %s, want a time in UTC "
			                    "like 2026-11-23T12:00:00Z",
			                    o->name, value);
			return false;
		}
		break;
	}
	if (again)
		*status = cli_usage(verb, "%s is given twice", o->name);
	return !again;
}

bool cli_options(void *to, struct cli_list *operands, int *status,
                 const struct cli_verb *verb, int argc, char **argv)
{
	bool only_operands = false;

	*status = CLI_TROUBLE;
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i], *value;
		const struct cli_option *o;

		if (only_operands || arg[0] != '-' || !arg[1]) {
			cli_list_add(operands, arg);
			continue;
		}
		if (strcmp(arg, "--") == 0) {
			only_operands = true;
			continue;
		}
		if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
			*status = cli_help(verb);
			return false;
		}
		o = find(verb, arg, &value);
		if (!o) {
			*status = unknown(verb, arg);
			return false;
		}
		if (!o->value && value) {
			*status = cli_usage(verb, "%s takes no value", o->name);
			return false;
		}
		if (o->value && !value && i + 1 < argc)
			value = argv[++i];
		if (o->value && !value) {
			*status = cli_usage(verb, "%s needs a value: %s",
			                    o->name, o->value);
			return false;
		}
		if (!take(to, status, verb, o, value))
			return false;
	}
	return true;
}

bool cli_operands(void *to, const char **operand, size_t least, size_t most,
                  int *status, const struct cli_verb *verb, int argc,
                  char **argv)
{
	struct cli_list given = { 0 };
	bool good = cli_options(to, &given, status, verb, argc, argv);

	for (size_t i = 0; i < most; i++)
		operand[i] = i < given.n ? given.item[i] : NULL;
	if (good && (given.n < least || given.n > most)) {
		*status = cli_usage(verb, "%s%swant %s",
		                    given.n > most ? given.item[most] : "",
		                    given.n > most ? " is too much: " : "",
		                    most ? verb->operands : "no operand");
		good = false;
	}
	free(given.item);
	return good;
}

bool cli_input_once(const struct cli_verb *verb, int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++)
		n += strcmp(argv[i], "-") == 0;
	if (n > 1)
		cli_usage(verb,
		          "- is given %d times, and standard input is "
		          "read once",
		          n);
	return n <= 1;
}
