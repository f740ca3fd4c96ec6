/* publish.h - what was measured, as a list that is signed. */
#ifndef CLI_PUBLISH_H
#define CLI_PUBLISH_H

#include "cli/cli.h"

/* As the command line says it. */
struct cli_publish {
	const char *key, *out, *name;
};
#define CLI_PUBLISH_OPTIONS(type, member) \
	{ "--publish", "KEY", CLI_TEXT, offsetof(type, member.key), \
	  "sign what is measured as a list, with this P-256 key" }, \
		{ "-o", "LIST", CLI_TEXT, offsetof(type, member.out), \
		  "the list's file; if there is one, the new one gets the " \
		  "next number" }, \
	{ \
		"--name", "NAME", CLI_TEXT, offsetof(type, member.name), \
			"the list's name; else that of its file, without " \
			"the ending" \
	}

/* A list on its way. */
struct cli_list_made;

/* cli_publish_begin reads the key and the list that is there already; NULL, with a
 * message. */
struct cli_list_made *cli_publish_begin(const struct cli_publish *given,
                                        const struct cli_verb *verb);
/* cli_publish_add adds what was measured and is good; false, with a message, if
 * there is nothing to add, or no room. */
ASSAY_MUST_CHECK bool cli_publish_add(struct cli_list_made *made,
                                      const char *file,
                                      const struct assay_measurement *m);
/* cli_publish_end signs and writes the list if `all` was good, and tells of it in
 * `text` (may be NULL); false, with a message, if it is not written. */
ASSAY_MUST_CHECK bool cli_publish_end(struct cli_list_made *made,
                                      struct cli_text *text, bool all);

#endif
