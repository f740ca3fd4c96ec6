/* cmd_diff.c - assay diff: two enclaves, and what tells them apart. */
#include "cli/enclave.h"
#include "cli/judge.h"
#include "cli/options.h"
#include "cli/pages.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	struct cli_list libpal, sig;
	bool json;
};
static const struct cli_option options[] = {
	{ "--libpal", "FILE", CLI_LIST, offsetof(struct options, libpal),
	  "Gramine's loader: for both, or given twice, for the first and for "
	  "the second" },
	{ "--sig", "FILE", CLI_LIST, offsetof(struct options, sig),
	  "the SIGSTRUCT of the first; given twice, of the second too; - for "
	  "none" },
	CLI_OPTION_JSON(offsetof(struct options, json)),
	{ 0 },
};

enum { LINES_MAX = 1000 }; /* of pages that are listed */

struct side {
	const char *file;
	struct cli_measured measured;
	struct assay_measurement m;
	struct cli_pages pages;
};

/* What differs, as it is printed. */
struct diff {
	struct side side[2];
	struct cli_facts facts;
	size_t n_fields;
	uint64_t n_pages;
	size_t n_lines, n_left_out;
};

/* ---- fields */

/* A field that differs; NULL: this side has none. */
static void field(struct diff *d, const char *name, const char *a,
                  const char *b)
{
	struct assay_json_out *o = d->facts.json;

	if (a && b ? strcmp(a, b) == 0 : a == b)
		return;
	d->n_fields++;
	if (o) {
		assay_json_put_object(o, NULL);
		assay_json_put_text(o, "name", name);
		assay_json_put_text(o, "a", a);
		assay_json_put_text(o, "b", b);
		assay_json_put_end(o, '}');
		return;
	}
	cli_put_label(d->facts.text, name);
	cli_put_name(d->facts.text, a ? a : "none");
	cli_put(d->facts.text, "\n");
	cli_put_label(d->facts.text, "");
	cli_put_name(d->facts.text, b ? b : "none");
	cli_put(d->facts.text, "\n");
}

static void field_hex(struct diff *d, const char *name, const bool has[2],
                      const uint8_t *a, const uint8_t *b, size_t n)
{
	char text[2][129];

	assay_hex_print(text[0], a, n, true);
	assay_hex_print(text[1], b, n, true);
	field(d, name, has[0] ? text[0] : NULL, has[1] ? text[1] : NULL);
}

static void field_number(struct diff *d, const char *name, const bool has[2],
                         bool hex, uint64_t a, uint64_t b)
{
	char text[2][24];

	snprintf(text[0], sizeof(text[0]), hex ? "0x%" PRIx64 : "%" PRIu64, a);
	snprintf(text[1], sizeof(text[1]), hex ? "0x%" PRIx64 : "%" PRIu64, b);
	field(d, name, has[0] ? text[0] : NULL, has[1] ? text[1] : NULL);
}

static void diff_claims(struct diff *d)
{
	const struct assay_measurement *m[2] = { &d->side[0].m, &d->side[1].m };
	const struct assay_sigstruct *a = &m[0]->claimed, *b = &m[1]->claimed;
	const bool has[2] = { m[0]->has_claimed, m[1]->has_claimed };
	const struct {
		const char *name;
		bool hex;
		uint64_t a, b;
	} numbers[] = {
		{ "Signature good", false, m[0]->signature_ok,
		  m[1]->signature_ok },
		{ "Product ID", false, a->isv_prod_id, b->isv_prod_id },
		{ "ISVSVN", false, a->isv_svn, b->isv_svn },
		{ "Date", true, a->date, b->date },
		{ "Vendor", true, a->vendor, b->vendor },
		{ "SWDEFINED", true, a->sw_defined, b->sw_defined },
		{ "Attributes", true, a->flags, b->flags },
		{ "Attributes' mask", true, a->flags_mask, b->flags_mask },
		{ "XFRM", true, a->xfrm, b->xfrm },
		{ "XFRM's mask", true, a->xfrm_mask, b->xfrm_mask },
		{ "MISCSELECT", true, a->misc_select, b->misc_select },
		{ "MISCSELECT's mask", true, a->misc_mask, b->misc_mask },
		{ "CET", true, a->cet_attributes, b->cet_attributes },
		{ "CET's mask", true, a->cet_mask, b->cet_mask },
	};

	field(d, "SIGSTRUCT", has[0] ? "there" : NULL, has[1] ? "there" : NULL);
	if (!has[0] || !has[1])
		return;
	field_hex(d, "Claimed", has, a->mrenclave, b->mrenclave, 32);
	field_hex(d, "Signing key hash", has, a->mrsigner, b->mrsigner, 32);
	field_hex(d, "ISVFAMILYID", has, a->isv_family_id, b->isv_family_id,
	          16);
	field_hex(d, "ISVEXTPRODID", has, a->isv_ext_prod_id,
	          b->isv_ext_prod_id, 16);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		field_number(d, numbers[i].name, has, numbers[i].hex,
		             numbers[i].a, numbers[i].b);
}

static void diff_launch(struct diff *d)
{
	const struct assay_measurement *a = &d->side[0].m, *b = &d->side[1].m;
	const bool launch[2] = { a->has_launch, b->has_launch };
	const bool manifest[2] = { a->has_manifest, b->has_manifest };

	field_number(d, "Stack", launch, false, a->launch.stack,
	             b->launch.stack);
	field_number(d, "Heap", launch, false, a->launch.heap, b->launch.heap);
	field_number(d, "Threads", launch, false, a->launch.threads,
	             b->launch.threads);
	field_number(d, "sgx.max_threads", manifest, false,
	             a->manifest.max_threads, b->manifest.max_threads);
	field_number(d, "sgx.edmm_enable", manifest, false, a->manifest.edmm,
	             b->manifest.edmm);
	field(d, "Begins at",
	      !manifest[0]       ? NULL
	      : a->manifest.high ? "size"
	                         : "0",
	      !manifest[1]       ? NULL
	      : b->manifest.high ? "size"
	                         : "0");
}

static void diff_fields(struct diff *d)
{
	const struct side *a = &d->side[0], *b = &d->side[1];
	const bool has[2] = { a->m.has_computed, b->m.has_computed };

	field(d, "Kind", assay_artefact_name(a->m.kind),
	      assay_artefact_name(b->m.kind));
	field_hex(d, "Computed", has, a->m.computed, b->m.computed, 32);
	field_number(d, "Enclave bytes", has, false, a->m.enclave_size,
	             b->m.enclave_size);
	field_number(d, "SSAFRAMESIZE", has, false, a->pages.ssa_frame,
	             b->pages.ssa_frame);
	diff_claims(d);
	diff_launch(d);
}

/* ---- pages */

/* Pages that both have, or one: they differ in the same way. */
struct piece {
	uint64_t at, n;
	const struct cli_run *run[2]; /* NULL: this side has none */
	const char *source[2];
	char what[192];
};

/* What two TCS differ in. */
static void name_tcs(char *out, size_t max, const uint8_t *a, const uint8_t *b)
{
	static const struct {
		const char *name;
		size_t at, len;
	} fields[] = {
		{ "FLAGS", 8, 8 },    { "OSSA", 16, 8 },
		{ "NSSA", 28, 4 },    { "OENTRY", 32, 8 },
		{ "OFSBASE", 48, 8 }, { "OGSBASE", 56, 8 },
		{ "FSLIMIT", 64, 4 }, { "GSLIMIT", 68, 4 },
	};
	size_t len = 0;

	out[0] = 0;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (memcmp(a + fields[i].at, b + fields[i].at, fields[i].len) !=
		    0)
			len += (size_t)snprintf(out + len, max - len, " %s",
			                        fields[i].name);
}

/* The first chunk that says that it differs; ASSAY_N_CHUNKS: none does. */
static unsigned first_chunk(const struct cli_run *a, const struct cli_run *b)
{
	unsigned i = 0;

	while (i < ASSAY_N_CHUNKS && a->mark[i] == b->mark[i])
		i++;
	return i;
}

static void name_contents(struct piece *p, size_t len)
{
	const struct cli_run *a = p->run[0], *b = p->run[1];
	unsigned chunk = first_chunk(a, b);
	char tcs[96] = "";

	if (a->flags == ASSAY_PAGE_TCS && b->flags == ASSAY_PAGE_TCS)
		name_tcs(tcs, sizeof(tcs), a->tcs, b->tcs);
	if (tcs[0] || chunk == ASSAY_N_CHUNKS)
		snprintf(p->what + len, sizeof(p->what) - len, "%scontents%s%s",
		         len ? ", " : "", tcs[0] ? ":" : "", tcs);
	else
		snprintf(p->what + len, sizeof(p->what) - len,
		         "%scontents from +0x%x", len ? ", " : "",
		         chunk * ASSAY_CHUNK);
}

static const char *measured_text(unsigned chunks)
{
	return chunks == 0                  ? "not measured"
	       : chunks == ASSAY_CHUNKS_ALL ? "measured"
	                                    : "measured in part";
}

static void describe(struct piece *p)
{
	const struct cli_run *a = p->run[0], *b = p->run[1];
	size_t len = 0;

	if (!a || !b) {
		const struct cli_run *r = a ? a : b;

		snprintf(p->what, sizeof(p->what),
		         "only in %s: flags 0x%" PRIx64 ", %s", a ? "A" : "B",
		         r->flags, measured_text(r->chunks));
		return;
	}
	if (a->flags != b->flags)
		len += (size_t)snprintf(p->what, sizeof(p->what),
		                        "flags 0x%" PRIx64 ", 0x%" PRIx64,
		                        a->flags, b->flags);
	if (a->chunks != b->chunks)
		snprintf(p->what + len, sizeof(p->what) - len, "%s%s, %s",
		         len ? ", " : "", measured_text(a->chunks),
		         measured_text(b->chunks));
	else if (memcmp(a->hash, b->hash, sizeof(a->hash)) != 0)
		name_contents(p, len);
}

static void put_line(struct diff *d, const struct piece *p)
{
	struct assay_json_out *o = d->facts.json;
	bool same = strcmp(p->source[0], p->source[1]) == 0 || !p->run[0] ||
	            !p->run[1];
	const char *source = p->run[0] ? p->source[0] : p->source[1];

	if (++d->n_lines > LINES_MAX) {
		d->n_left_out++;
		return;
	}
	if (o) {
		assay_json_put_object(o, NULL);
		assay_json_put_uint(o, "at", p->at);
		assay_json_put_uint(o, "pages", p->n);
		assay_json_put_text(o, "differs", p->what);
		assay_json_put_text(o, "a", p->run[0] ? p->source[0] : NULL);
		assay_json_put_text(o, "b", p->run[1] ? p->source[1] : NULL);
		assay_json_put_end(o, '}');
		return;
	}
	if (d->n_lines == 1)
		cli_put(d->facts.text, "%-12s %8s  %-34s %s\n", "offset",
		        "pages", "differs", "source");
	cli_put(d->facts.text, "0x%010" PRIx64 " %8" PRIu64 "  %-34s %s%s%s\n",
	        p->at, p->n, p->what, source, same ? "" : ", ",
	        same ? "" : p->source[1]);
}

/* Where a walk over the runs of one side stands. */
struct cursor {
	const struct cli_pages *pages;
	size_t i;
	uint64_t skip; /* pages of that run */
};

static const struct cli_run *run_of(const struct cursor *c)
{
	return c->i < c->pages->n ? &c->pages->run[c->i] : NULL;
}

static uint64_t place(const struct cursor *c)
{
	const struct cli_run *r = run_of(c);

	return r ? r->at + c->skip * ASSAY_PAGE : UINT64_MAX;
}

static void advance(struct cursor *c, uint64_t n)
{
	c->skip += n;
	if (c->skip >= c->pages->run[c->i].n) {
		c->skip = 0;
		c->i++;
	}
}

/* The pages from here to where either side's run begins or ends. */
static struct piece next_piece(struct cursor c[2])
{
	uint64_t at[2] = { place(&c[0]), place(&c[1]) };
	struct piece p = { .at = at[0] < at[1] ? at[0] : at[1],
		           .n = UINT64_MAX / ASSAY_PAGE };

	for (int i = 0; i < 2; i++) {
		uint64_t n = (at[i] - p.at) / ASSAY_PAGE;

		if (n == 0) {
			p.run[i] = run_of(&c[i]);
			n = p.run[i]->n - c[i].skip;
		}
		p.n = n < p.n ? n : p.n;
		p.source[i] = cli_pages_source(c[i].pages, p.at);
	}
	for (int i = 0; i < 2; i++)
		if (p.run[i])
			advance(&c[i], p.n);
	return p;
}

static bool continues(const struct piece *a, const struct piece *b)
{
	return a->at + a->n * ASSAY_PAGE == b->at &&
	       strcmp(a->what, b->what) == 0 && a->source[0] == b->source[0] &&
	       a->source[1] == b->source[1];
}

static void diff_pages(struct diff *d)
{
	struct cursor c[2] = { { .pages = &d->side[0].pages },
		               { .pages = &d->side[1].pages } };
	struct piece last = { 0 };

	while (run_of(&c[0]) || run_of(&c[1])) {
		struct piece p = next_piece(c);

		describe(&p);
		if (!p.what[0])
			continue;
		d->n_pages += p.n;
		if (last.n && continues(&last, &p)) {
			last.n += p.n;
			continue;
		}
		if (last.n)
			put_line(d, &last);
		last = p;
	}
	if (last.n)
		put_line(d, &last);
}

/* ---- */

static bool both_computed(const struct diff *d)
{
	return d->side[0].m.has_computed && d->side[1].m.has_computed;
}

/* What is computed; where there is a claim alone, that; else NULL. */
static const uint8_t *code_of(const struct side *s)
{
	return s->m.has_computed  ? s->m.computed
	       : s->m.has_claimed ? s->m.claimed.mrenclave
	                          : NULL;
}

static bool both_known(const struct diff *d)
{
	return code_of(&d->side[0]) && code_of(&d->side[1]);
}

static bool same_code(const struct diff *d)
{
	return both_known(d) &&
	       memcmp(code_of(&d->side[0]), code_of(&d->side[1]), 32) == 0;
}

static void put_side(struct diff *d, int i)
{
	static const char *const names[] = { "a", "b" };
	struct assay_json_out *o = d->facts.json;
	const struct side *s = &d->side[i];

	if (o) {
		assay_json_put_object(o, names[i]);
		assay_json_put_text(o, "file", s->file);
		assay_json_put_bool(o, "good", s->m.good);
		judge_json_check(o, &s->m.failed);
		assay_json_put_end(o, '}');
		return;
	}
	cli_put(d->facts.text, "%c  ", "AB"[i]);
	cli_put_name(d->facts.text, s->file);
	cli_put(d->facts.text, "\n");
	if (!s->m.good) {
		cli_put_fault(d->facts.text, "   NOT GOOD", &s->m.failed);
		cli_put(d->facts.text, "\n");
	}
}

static uint64_t n_lost(const struct diff *d)
{
	return d->side[0].pages.n_lost + d->side[1].pages.n_lost;
}

static void put_verdict(struct diff *d)
{
	struct cli_text *text = d->facts.text;

	if (!both_computed(d))
		cli_put(text, "Not both could be computed: no pages are "
		              "compared.\n");
	else if (!same_code(d) && d->n_pages == 0 && n_lost(d) == 0)
		cli_put(text, "Page by page they are the same; they are of "
		              "another size, or added in another order.\n");
	if (n_lost(d))
		cli_put(text,
		        "%" PRIu64 " pages are not compared: too many are "
		        "unlike their neighbours.\n",
		        n_lost(d));
	if (d->n_pages)
		cli_put(text, "%" PRIu64 " %s.\n", d->n_pages,
		        d->n_pages == 1 ? "page differs" : "pages differ");
	if (d->n_left_out)
		cli_put(text, "%zu more lines are left out.\n", d->n_left_out);
	cli_put(text, "%s%s%s\n",
	        cli_paint(text, same_code(d) ? CLI_GREEN : CLI_RED),
	        !both_known(d)
	                ? "Nothing can be said of code that is not known."
	        : !same_code(d) ? "They are different enclaves."
	        : d->n_fields   ? "The code is the same; what is said of it "
	                          "differs."
	                        : "They are the same enclave.",
	        cli_paint(text, CLI_PLAIN));
}

static void put_all(struct diff *d)
{
	struct assay_json_out *o = d->facts.json;

	d->n_fields = d->n_lines = d->n_left_out = 0;
	d->n_pages = 0;
	put_side(d, 0);
	put_side(d, 1);
	if (o)
		assay_json_put_array(o, "fields");
	diff_fields(d);
	if (o) {
		assay_json_put_end(o, ']');
		assay_json_put_array(o, "pages");
	}
	if (both_computed(d))
		diff_pages(d);
	if (!o) {
		put_verdict(d);
		return;
	}
	assay_json_put_end(o, ']');
	assay_json_put_uint(o, "pages_differ", d->n_pages);
	assay_json_put_uint(o, "pages_left_out", d->n_left_out);
	assay_json_put_uint(o, "pages_not_compared", n_lost(d));
	assay_json_put_bool(o, "same_code", same_code(d));
}

static void put_json(struct assay_json_out *o, const void *arg)
{
	struct diff *d = *(struct diff *const *)arg;

	d->facts.json = o;
	put_all(d);
}

/* ---- */

/* The i-th that was given; the last stands for those behind it if `both`. */
static const char *given(const struct cli_list *list, size_t i, bool both)
{
	const char *file = i < list->n       ? list->item[i]
	                   : both && list->n ? list->item[list->n - 1]
	                                     : NULL;

	return file && strcmp(file, "-") != 0 ? file : NULL;
}

static void take_stream(void *to, const uint8_t *p, size_t n)
{
	struct side *s = to;

	cli_measured_hashed(&s->measured, n);
	cli_pages_put(&s->pages, p, n);
}

static void take_pages(void *to, const struct assay_pages *pages)
{
	struct side *s = to;

	cli_pages_name(&s->pages, pages);
}

static bool measure(struct side *s, const struct options *o, size_t i)
{
	struct assay_measuring how = { .put = take_stream,
		                       .pages = take_pages,
		                       .to = s };
	const struct cli_beside beside = { given(&o->libpal, i, true),
		                           given(&o->sig, i, false) };

	if (!cli_measured_open(&s->measured, s->file) ||
	    !cli_beside(&how, &beside))
		return false;
	/* whether it is good is in s->m */
	if (!assay_measure(&s->m, s->measured.in, &how) && s->m.kind == 0)
		cli_warn("%s: it is no enclave's artefact", s->file);
	cli_pages_end(&s->pages);
	return true;
}

static int compare(struct diff *d, const struct options *o)
{
	struct cli_text text = { .colour = !o->json && cli_colour() };
	bool flushed;

	for (size_t i = 0; i < 2; i++)
		if (!measure(&d->side[i], o, i))
			return CLI_TROUBLE;
	if (o->json) {
		cli_put_object(&text, put_json, &d);
	} else {
		d->facts.text = &text;
		put_all(d);
	}
	flushed = cli_flush(&text);
	cli_text_free(&text);
	if (!flushed)
		return CLI_TROUBLE;
	return same_code(d) && d->n_fields == 0 && d->side[0].m.good &&
	                       d->side[1].m.good
	               ? CLI_YES
	               : CLI_NO;
}

static int cmd(int argc, char **argv)
{
	struct cli_list files = { 0 };
	struct options o = { 0 };
	struct diff *d;
	int status;

	if (!cli_options(&o, &files, &status, &cmd_diff, argc, argv))
		return status;
	if (files.n != 2)
		return cli_usage(&cmd_diff, "want two files");
	d = cli_alloc(1, sizeof(*d));
	d->side[0].file = files.item[0];
	d->side[1].file = files.item[1];
	status = compare(d, &o);
	for (size_t i = 0; i < 2; i++) {
		cli_pages_free(&d->side[i].pages);
		cli_measured_close(&d->side[i].measured);
	}
	free(d);
	return status;
}

const struct cli_verb cmd_diff = {
	.name = "diff",
	.operands = "FILE FILE",
	.summary = "Tell two enclaves apart: which pages, which fields.",
	.options = options,
	.run = cmd,
};
