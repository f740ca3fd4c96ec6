/* facts.c - facts as lines of text, or as members of a JSON object. */
#include "cli/facts.h"

#include "base/text.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	FIRST_OBJECT = 8 << 10,
	MAX_OBJECT = 64 << 20, /* evidence is 4 MiB, and no member is longer
	                        * than what it is about */
};

/* The beginning of a line; false: it has none. */
static bool begin(const struct cli_facts *f, const char *label)
{
	char text[64];

	if (!f->text || !label)
		return false;
	snprintf(text, sizeof(text), "%*s%s", (int)(2 * f->depth), "", label);
	cli_put_label(f->text, text);
	return true;
}

static bool in_json(const struct cli_facts *f, const char *name)
{
	return f->json && name;
}

void cli_fact(struct cli_facts *f, const char *name, const char *label,
              const char *value)
{
	if (in_json(f, name))
		assay_json_put_text(f->json, name, value);
	if (value && begin(f, label)) {
		cli_put_name(f->text, value);
		cli_put(f->text, "\n");
	}
}

void cli_fact_hex(struct cli_facts *f, const char *name, const char *label,
                  const uint8_t *p, size_t n)
{
	if (in_json(f, name))
		assay_json_put_hex(f->json, name, p, n);
	if (begin(f, label)) {
		cli_put_hex(f->text, p, n, true);
		cli_put(f->text, "\n");
	}
}

void cli_fact_uint(struct cli_facts *f, const char *name, const char *label,
                   uint64_t value)
{
	if (in_json(f, name))
		assay_json_put_uint(f->json, name, value);
	if (begin(f, label))
		cli_put(f->text, "%" PRIu64 "\n", value);
}

void cli_fact_bool(struct cli_facts *f, const char *name, const char *label,
                   bool value)
{
	if (in_json(f, name))
		assay_json_put_bool(f->json, name, value);
	if (begin(f, label))
		cli_put(f->text, "%s\n", value ? "yes" : "no");
}

void cli_fact_time(struct cli_facts *f, const char *name, const char *label,
                   int64_t time)
{
	char text[ASSAY_TIME_TEXT];

	if (in_json(f, name))
		assay_json_put_time(f->json, name, time);
	if (begin(f, label))
		cli_put(f->text, "%s\n", assay_time_print(text, time));
}

static void head(struct cli_facts *f, const char *label)
{
	if (f->text)
		cli_put(f->text, "%*s%s\n", (int)(2 * f->depth), "", label);
	f->depth++;
}

void cli_fact_open(struct cli_facts *f, const char *name, const char *label)
{
	if (f->json)
		assay_json_put_object(f->json, name);
	head(f, label);
}

void cli_fact_close(struct cli_facts *f)
{
	if (f->json)
		assay_json_put_end(f->json, '}');
	f->depth--;
}

void cli_fact_open_list(struct cli_facts *f, const char *name,
                        const char *label)
{
	if (f->json)
		assay_json_put_array(f->json, name);
	head(f, label);
}

void cli_fact_close_list(struct cli_facts *f)
{
	if (f->json)
		assay_json_put_end(f->json, ']');
	f->depth--;
}

void cli_put_object(struct cli_text *text,
                    void (*put)(struct assay_json_out *o, const void *arg),
                    const void *arg)
{
	struct assay_json_out o = { 0 };

	/* the writer needs its memory at once: as much as is enough */
	for (size_t n = FIRST_OBJECT; !o.ok; n *= 2) {
		char *memory = cli_alloc(n, 1);

		assert(n <= MAX_OBJECT);
		assay_json_begin(&o, memory, n);
		assay_json_put_object(&o, NULL);
		put(&o, arg);
		assay_json_put_end(&o, '}');
		if (o.ok)
			cli_put(text, "%s\n", memory);
		free(memory);
	}
}
