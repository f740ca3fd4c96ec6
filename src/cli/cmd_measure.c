/* cmd_measure.c - assay measure: what code is in it, and does its signer say
 * the same? */
#include "cli/enclave.h"
#include "cli/publish.h"
#include "cli/judge.h"
#include "cli/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
	struct cli_launch launch;
	struct cli_beside beside;
	const char *sgxs;
	struct cli_publish publish;
	bool pages, json;
};
static const struct cli_option options[] = {
	{ "--sgxs", "FILE", CLI_TEXT, offsetof(struct options, sgxs),
	  "write the stream that a processor hashes: its SHA-256 is the "
	  "measurement" },
	{ "--pages", NULL, CLI_FLAG, offsetof(struct options, pages),
	  "list the enclave's pages" },
	CLI_OPTION_JSON(offsetof(struct options, json)),
	CLI_PUBLISH_OPTIONS(struct options, publish),
	CLI_BESIDE_OPTIONS(struct options, beside),
	CLI_LAUNCH_OPTIONS(struct options, launch),
	{ 0 },
};

/* A file on its way. */
struct work {
	const char *file;
	struct cli_measured measured;
	struct assay_measurement m;
	struct cli_text pages;
	FILE *sgxs; /* or NULL */
	int why;    /* errno of writing the stream, or 0 */
};

/* ---- what is told while it is measured */

static void take_stream(void *to, const uint8_t *p, size_t n)
{
	struct work *w = to;

	cli_measured_hashed(&w->measured, n);
	if (w->sgxs && w->why == 0 && fwrite(p, 1, n, w->sgxs) != n)
		w->why = errno;
}

static void take_pages(void *to, const struct assay_pages *p)
{
	struct work *w = to;
	const char *measured = p->chunks == 0    ? "no"
	                       : p->chunks == 16 ? "yes"
	                                         : "part";
	char flags[16];

	snprintf(flags, sizeof(flags), "%s%c%c%c",
	         p->flags & 0x100 ? "TCS " : "REG ", p->flags & 1 ? 'r' : '-',
	         p->flags & 2 ? 'w' : '-', p->flags & 4 ? 'x' : '-');
	if (w->pages.len == 0)
		cli_put(&w->pages, "%-12s %8s  %-5s %-8s %-8s %s\n", "offset",
		        "pages", "flags", "", "measured", "source");
	cli_put(&w->pages,
	        "0x%010" PRIx64 " %8" PRIu64 "  0x%03" PRIx64 " %-8s %-8s %s\n",
	        p->at, p->n, p->flags, flags, measured, p->name);
}

/* ---- the stream's file */

static bool open_stream(struct work *w, const char *path)
{
	w->sgxs = path ? fopen(path, "wbe") : NULL;
	if (!path || w->sgxs)
		return true;
	cli_warn("%s: %s", path, strerror(errno));
	return false;
}

/* A stream of what was refused, or that was cut short, is not left behind. */
static bool close_stream(struct work *w, const char *path)
{
	bool written;

	if (!path)
		return true;
	if (fclose(w->sgxs) != 0 && w->why == 0)
		w->why = errno;
	written = w->why == 0 && w->m.has_computed;
	if (!written)
		unlink(path);
	if (w->why)
		cli_warn("%s: %s", path, strerror(w->why));
	else if (!written)
		cli_warn("%s: there is no stream to write", path);
	return written;
}

/* ---- printing */

static void put_json(struct assay_json_out *o, const void *arg)
{
	const struct work *w = arg;
	struct cli_facts f = { .json = o };

	assay_json_put_text(o, "file", w->file);
	assay_json_put_bool(o, "good", w->m.good);
	judge_json_check(o, &w->m.failed);
	cli_facts_measurement(&f, &w->m);
}

static void put_text(struct cli_text *text, const struct work *w)
{
	struct cli_facts f = { .text = text };

	cli_put_name(text, w->file);
	cli_put(text, "\n");
	cli_facts_measurement(&f, &w->m);
	if (!w->m.good) {
		cli_put(text, "%s", cli_paint(text, CLI_RED));
		cli_put_fault(text, "NOT GOOD", &w->m.failed);
		cli_put(text, "%s\n", cli_paint(text, CLI_PLAIN));
	}
	if (w->pages.len)
		cli_put(text, "%s", w->pages.ptr);
}

/* What goes into a list: the rest assay measure tells without --publish. */
static void put_entry(struct cli_text *text, const struct work *w)
{
	cli_put_hex(text, w->m.computed, sizeof(w->m.computed), true);
	cli_put(text, "  ");
	cli_put_name(text, w->file);
	cli_put(text, "\n");
}

/* ---- */

static int check_launch(const struct work *w, const struct options *o)
{
	if (!cli_launch_any(&o->launch) || w->m.kind == ASSAY_ARTEFACT_PROGRAM)
		return CLI_YES;
	cli_warn(
		"%s: --heap, --stack, --threads and arguments are for programs "
		"that are not signed; this says itself how it is launched",
		w->file);
	return CLI_TROUBLE;
}

static int measure(struct cli_text *text, const char *path,
                   const struct options *o, struct assay_measuring how,
                   struct cli_list_made *list)
{
	struct work w = { .file = path };
	int status;

	if (!cli_measured_open(&w.measured, path) ||
	    !open_stream(&w, o->sgxs)) {
		cli_measured_close(&w.measured);
		return CLI_TROUBLE;
	}
	how.to = &w;
	how.put = o->sgxs || w.measured.mapped ? take_stream : NULL;
	how.pages = o->pages ? take_pages : NULL;
	status = assay_measure(&w.m, w.measured.in, &how) ? CLI_YES : CLI_NO;
	if (o->json)
		cli_put_object(text, put_json, &w);
	else if (list && status == CLI_YES && !o->pages)
		put_entry(text, &w);
	else
		put_text(text, &w);
	if (!close_stream(&w, o->sgxs) || check_launch(&w, o) != CLI_YES)
		status = CLI_TROUBLE;
	if (list && status == CLI_YES && !cli_publish_add(list, path, &w.m))
		status = CLI_TROUBLE;
	cli_text_free(&w.pages);
	cli_measured_close(&w.measured);
	return status;
}

static int cmd(int argc, char **argv)
{
	struct cli_text text = { 0 };
	struct cli_list files = { 0 };
	struct options o = { 0 };
	struct assay_launch launch;
	struct assay_measuring how = { .launch = &launch };
	struct cli_list_made *list = NULL;
	int status, worst = CLI_YES;

	cli_launch_args(&o.launch, &argc, argv);
	if (!cli_options(&o, &files, &status, &cmd_measure, argc, argv))
		return status;
	if (files.n == 0)
		return cli_usage(&cmd_measure, "no file is given");
	if (o.sgxs && files.n > 1)
		return cli_usage(&cmd_measure, "--sgxs takes one file");
	if (o.beside.sig && files.n > 1)
		return cli_usage(&cmd_measure, "--sig takes one file");
	if (o.json && o.pages)
		return cli_usage(&cmd_measure,
		                 "--pages is for people: not with --json");
	if (!cli_launch(&launch, &o.launch, &cmd_measure) ||
	    !cli_beside(&how, &o.beside))
		return CLI_TROUBLE;
	if (o.publish.key || o.publish.out || o.publish.name) {
		list = cli_publish_begin(&o.publish, &cmd_measure);
		if (!list)
			return CLI_TROUBLE;
	}
	text.colour = !o.json && cli_colour();
	for (size_t i = 0; i < files.n; i++) {
		if (text.len && !o.json && !list)
			cli_put(&text, "\n");
		status = measure(&text, files.item[i], &o, how, list);
		worst = status > worst ? status : worst;
	}
	if (list &&
	    !cli_publish_end(list, o.json ? NULL : &text, worst == CLI_YES) &&
	    worst == CLI_YES)
		worst = CLI_TROUBLE;
	return cli_flush(&text) ? worst : CLI_TROUBLE;
}

const struct cli_verb cmd_measure = {
	.name = "measure",
	.operands = "FILE... [-- ARGUMENT...]",
	.summary =
		"Compute what code an enclave holds, and check what its signer "
		"says.",
	.options = options,
	.run = cmd,
};
