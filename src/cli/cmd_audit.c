/* cmd_audit.c - assay audit: a service's log, and proofs that something stands in
 * it. */
#include "cli/facts.h"
#include "cli/options.h"

#include "audit/audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	const char *jwks, *head;
	bool json;
};

static bool read_file(struct assay_bytes *out, const char *path, size_t max)
{
	uint8_t *p;

	if (!cli_read_max(&p, &out->len, path, max)) {
		cli_warn("%s: %s", path, strerror(errno));
		return false;
	}
	out->ptr = p;
	return true;
}

static void put_check(struct assay_json_out *o, const struct assay_err *err)
{
	const struct assay_check_info *check = assay_check_info(err->check);

	assay_json_put_text(o, "check", check ? check->name : NULL);
	assay_json_put_text(o, "note", check ? err->note : NULL);
}

/* ---- audit verify: a log, line by line */

struct log {
	const char *name;
	FILE *file;
	bool good, json;
	uint64_t n_lines;
	uint8_t line[AUDIT_ENTRY_MAX + 1]; /* what is too long is one longer */
	struct assay_bytes text;           /* of it */
	struct audit_log log;
	struct audit_head kept;
	struct assay_err err;
};

/* The next line, without its end; false: there is none.  Of one that is too long
 * the rest is left. */
static bool next_line(struct log *l)
{
	size_t n = 0;
	int c = 0;

	while (n < sizeof(l->line) && (c = getc(l->file)) != EOF && c != '\n')
		l->line[n++] = (uint8_t)c;
	l->text = (struct assay_bytes){ l->line, n };
	return c != EOF || n > 0;
}

static void follow(struct log *l)
{
	l->good = true;
	while (l->good && next_line(l)) {
		l->n_lines++;
		l->good = audit_log_line(&l->log, l->text, &l->err);
	}
	if (l->good)
		l->good = audit_log_end(&l->log, &l->err);
}

static void put_log(struct assay_json_out *o, const void *arg)
{
	const struct log *l = arg;

	assay_json_put_bool(o, "good", l->good);
	put_check(o, &l->err);
	if (l->good)
		assay_json_put_null(o, "entry");
	else
		assay_json_put_uint(o, "entry", l->log.tree.size);
	assay_json_put_uint(o, "lines", l->n_lines);
	assay_json_put_uint(o, "size", l->log.tree.size);
	assay_json_put_uint(o, "heads", l->log.n_heads);
	if (l->good)
		assay_json_put_hex(o, "root", l->log.newest.root, 32);
	else
		assay_json_put_null(o, "root");
}

static void put_good_log(struct cli_text *text, const struct log *l)
{
	struct cli_facts f = { .text = text };

	cli_put(text, "%sThe log is whole%s", cli_paint(text, CLI_GREEN),
	        cli_paint(text, CLI_PLAIN));
	if (l->log.kept)
		cli_put(text,
		        ", and goes on from the %llu entries of the head that "
		        "you kept.\n\n",
		        (unsigned long long)l->log.kept->size);
	else
		cli_put(text, " up to its own last head. Whether it is the one "
		              "of before, only a\nhead that you kept can tell: "
		              "--head.\n\n");
	cli_fact_uint(&f, NULL, "Entries", l->log.tree.size);
	cli_fact_uint(&f, NULL, "Signed heads", l->log.n_heads);
	cli_fact_time(&f, NULL, "Last signed at", l->log.newest.time);
	cli_fact_hex(&f, NULL, "Root", l->log.newest.root, 32);
}

/* Where it went wrong: which line, and which entry should have stood there. */
static void warn_log(const struct log *l)
{
	char where[512];

	snprintf(where, sizeof(where), "%s: line %llu, entry %llu", l->name,
	         (unsigned long long)l->n_lines,
	         (unsigned long long)l->log.tree.size);
	cli_warn_err(where, &l->err);
}

static int tell_log(const struct log *l)
{
	struct cli_text text = { .colour = cli_colour() };

	if (l->json)
		cli_put_object(&text, put_log, l);
	else if (l->good)
		put_good_log(&text, l);
	else
		warn_log(l);
	if (!cli_flush(&text))
		return CLI_TROUBLE;
	return l->good ? CLI_YES : CLI_NO;
}

static int verify(struct log *l)
{
	bool is_stdin = strcmp(l->name, "-") == 0;
	int status;

	l->file = is_stdin ? stdin : fopen(l->name, "re");
	if (l->file)
		follow(l);
	if (!l->file || ferror(l->file)) {
		cli_warn("%s: %s", l->name, strerror(errno));
		status = CLI_TROUBLE;
	} else {
		status = tell_log(l);
	}
	if (l->file && !is_stdin)
		fclose(l->file);
	return status;
}

/* The head that somebody kept; CLI_NO: it is none, with a message. */
static int read_kept(struct log *l, const char *path)
{
	struct assay_bytes token;

	if (!read_file(&token, path, AUDIT_HEAD_MAX))
		return CLI_TROUBLE;
	if (!audit_head_open(&l->kept, token, l->log.key_set, &l->err)) {
		cli_warn_err(path, &l->err);
		return CLI_NO;
	}
	l->log.kept = &l->kept;
	return CLI_YES;
}

static int run_verify(int argc, char **argv)
{
	struct options o = { 0 };
	struct cli_list files = { 0 };
	struct log *l = cli_alloc(1, sizeof(*l));
	int status;

	if (!cli_options(&o, &files, &status, &cmd_audit_verify, argc, argv))
		return status;
	if (files.n != 1)
		return cli_usage(&cmd_audit_verify, "want one log");
	if (!o.jwks)
		return cli_usage(&cmd_audit_verify,
		                 "--jwks is needed: the keys that sign heads");
	l->name = files.item[0];
	l->json = o.json;
	if (!read_file(&l->log.key_set, o.jwks, ASSAY_KEY_SET_MAX))
		return CLI_TROUBLE;
	status = o.head ? read_kept(l, o.head) : CLI_YES;
	return status == CLI_YES ? verify(l) : status;
}

static const struct cli_option verify_options[] = {
	CLI_OPTION_JWKS(offsetof(struct options, jwks)),
	{ "--head", "FILE", CLI_TEXT, offsetof(struct options, head),
	  "a signed head that you kept: the log must still have what it is "
	  "over" },
	CLI_OPTION_JSON(offsetof(struct options, json)),
	{ 0 },
};

const struct cli_verb cmd_audit_verify = {
	.name = "audit verify",
	.operands = "FILE|-",
	.summary = "Was anything in this log removed, altered, reordered or "
		   "cut?",
	.options = verify_options,
	.run = run_verify,
};

/* ---- audit check: a proof */

struct checked {
	bool good;
	struct audit_entry entry;
	struct audit_head head;
	struct assay_err err;
};

static const char *text_or_null(const char *text, bool there)
{
	return there ? text : NULL;
}

static void put_proof(struct assay_json_out *o, const void *arg)
{
	const struct checked *c = arg;

	assay_json_put_bool(o, "good", c->good);
	put_check(o, &c->err);
	if (c->good)
		assay_json_put_uint(o, "number", c->entry.number);
	else
		assay_json_put_null(o, "number");
	assay_json_put_text(o, "what", text_or_null(c->entry.what, c->good));
	assay_json_put_text(o, "who", text_or_null(c->entry.who, c->good));
	if (c->good)
		assay_json_put_time(o, "time", c->entry.time);
	else
		assay_json_put_null(o, "time");
	if (c->good)
		assay_json_put_uint(o, "size", c->head.size);
	else
		assay_json_put_null(o, "size");
}

static void put_good_proof(struct cli_text *text, const struct checked *c)
{
	struct cli_facts f = { .text = text };
	char *data = cli_alloc(c->entry.data.len + 1, 1);

	memcpy(data, c->entry.data.ptr, c->entry.data.len);
	cli_put(text, "%sThe entry stands in the log%s.\n\n",
	        cli_paint(text, CLI_GREEN), cli_paint(text, CLI_PLAIN));
	cli_fact_uint(&f, NULL, "Entry", c->entry.number);
	cli_fact_time(&f, NULL, "Time", c->entry.time);
	cli_fact(&f, NULL, "What", c->entry.what);
	cli_fact(&f, NULL, "Who", *c->entry.who ? c->entry.who : NULL);
	cli_fact(&f, NULL, "Data", data);
	cli_fact_uint(&f, NULL, "Size of the log", c->head.size);
	cli_fact_time(&f, NULL, "Signed at", c->head.time);
	free(data);
}

static int check(const char *path, const struct options *o)
{
	struct cli_text text = { .colour = cli_colour() };
	struct assay_bytes proof, set;
	struct assay_scratch scratch;
	struct checked c = { 0 };

	if (!read_file(&proof, path, AUDIT_PROOF_MAX) ||
	    !read_file(&set, o->jwks, ASSAY_KEY_SET_MAX))
		return CLI_TROUBLE;
	scratch = cli_scratch(proof.len);
	c.good = audit_proof_check(&c.entry, &c.head, proof, set, &scratch,
	                           &c.err);
	if (o->json)
		cli_put_object(&text, put_proof, &c);
	else if (c.good)
		put_good_proof(&text, &c);
	else
		cli_warn_err(path, &c.err);
	if (!cli_flush(&text))
		return CLI_TROUBLE;
	return c.good ? CLI_YES : CLI_NO;
}

static int run_check(int argc, char **argv)
{
	struct options o = { 0 };
	struct cli_list files = { 0 };
	int status;

	if (!cli_options(&o, &files, &status, &cmd_audit_check, argc, argv))
		return status;
	if (files.n != 1)
		return cli_usage(&cmd_audit_check, "want one proof");
	if (!o.jwks)
		return cli_usage(&cmd_audit_check,
		                 "--jwks is needed: the keys that sign heads");
	return check(files.item[0], &o);
}

static const struct cli_option check_options[] = {
	CLI_OPTION_JWKS(offsetof(struct options, jwks)),
	CLI_OPTION_JSON(offsetof(struct options, json)),
	{ 0 },
};

const struct cli_verb cmd_audit_check = {
	.name = "audit check",
	.operands = "PROOF",
	.summary =
		"Does this entry stand in the log that the head in the proof "
		"is over?",
	.options = check_options,
	.run = run_check,
};
