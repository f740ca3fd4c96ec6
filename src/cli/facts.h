/* facts.h - facts as lines of text, or as members of a JSON object. */
#ifndef CLI_FACTS_H
#define CLI_FACTS_H

#include "base/json.h"
#include "cli/cli.h"

/* Where facts go: one of the two is NULL. */
struct cli_facts {
	struct cli_text *text;
	struct assay_json_out *json;
	unsigned depth; /* of the groups that are open */
};

/*
 * A fact has a name, which is its JSON member's, and a label, which its line
 * begins with.  Without a name it is told as text alone, without a label as JSON
 * alone; what is not there (NULL) is null, and has no line.
 */
void cli_fact(struct cli_facts *f, const char *name, const char *label,
              const char *value);
void cli_fact_hex(struct cli_facts *f, const char *name, const char *label,
                  const uint8_t *p, size_t n);
void cli_fact_uint(struct cli_facts *f, const char *name, const char *label,
                   uint64_t value);
void cli_fact_bool(struct cli_facts *f, const char *name, const char *label,
                   bool value);
void cli_fact_time(struct cli_facts *f, const char *name, const char *label,
                   int64_t time);

/* Facts of one thing: an object, and a heading; or of several: an array. */
void cli_fact_open(struct cli_facts *f, const char *name, const char *label);
void cli_fact_close(struct cli_facts *f);
void cli_fact_open_list(struct cli_facts *f, const char *name,
                        const char *label);
void cli_fact_close_list(struct cli_facts *f);

/* cli_put_object appends the object that `put` writes, as one line. */
void cli_put_object(struct cli_text *text,
                    void (*put)(struct assay_json_out *o, const void *arg),
                    const void *arg);

#endif
