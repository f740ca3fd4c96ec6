/* verb.c - which verb is meant. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

int cli_match(const char *name, int argc, char **argv)
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

bool cli_begins(const char *name, const char *word)
{
	size_t len = strlen(word);

	return strncmp(name, word, len) == 0 && name[len] == ' ';
}

void cli_put_row(struct cli_text *text, const char *name, const char *summary)
{
	char left[32];

	snprintf(left, sizeof(left), "  %-18s", name);
	cli_put_wrapped(text, left, summary);
}
