/* pages.c - an enclave's pages, kept in runs, to compare two of them. */
#include "cli/pages.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_LEN = 64, FIRST_RUNS = 64 };

/* Room for one more. */
static void *grow(void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	*cap = *cap ? 2 * *cap : FIRST_RUNS;
	p = reallocarray(p, *cap, size);
	if (!p)
		cli_out_of_memory();
	return p;
}

static uint64_t number(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

/* ---- pages */

static bool alike(const struct cli_run *a, const struct cli_run *b)
{
	return a->flags == b->flags && a->chunks == b->chunks &&
	       memcmp(a->hash, b->hash, sizeof(a->hash)) == 0;
}

/* The page that was added last is complete. */
static void close_page(struct cli_pages *x)
{
	struct cli_run *last = x->n ? &x->run[x->n - 1] : NULL;

	if (!x->open)
		return;
	x->open = false;
	if (x->page.chunks)
		assay_sha256_end(x->page.hash, &x->hash);
	if (last && last->at + last->n * ASSAY_PAGE == x->page.at &&
	    alike(last, &x->page)) {
		last->n++;
		return;
	}
	if (x->n == CLI_RUNS_MAX) {
		x->n_lost++;
		return;
	}
	x->run = grow(x->run, x->n, &x->cap, sizeof(*x->run));
	x->run[x->n++] = x->page;
}

/* FNV-1a */
static uint32_t mark_of(const uint8_t *p)
{
	uint32_t mark = 2166136261u;

	for (size_t i = 0; i < ASSAY_CHUNK; i++)
		mark = (mark ^ p[i]) * 16777619u;
	return mark;
}

static void add_chunk(struct cli_pages *x, const uint8_t *record)
{
	const uint8_t *chunk = record + HEAD_LEN;
	size_t i = (size_t)(number(record + 8, 8) - x->page.at) / ASSAY_CHUNK %
	           ASSAY_N_CHUNKS;

	if (!x->page.chunks)
		assay_sha256_begin(&x->hash);
	x->page.chunks |= 1u << i;
	x->page.mark[i] = mark_of(chunk);
	if (i == 0 && x->page.flags == ASSAY_PAGE_TCS)
		memcpy(x->page.tcs, chunk, sizeof(x->page.tcs));
	assay_sha256_more(&x->hash, (struct assay_bytes){ chunk, ASSAY_CHUNK });
}

/* ---- records, as the stream puts them */

static void take_record(struct cli_pages *x, const uint8_t *p)
{
	if (p[1] == 'C') {
		x->ssa_frame = number(p + 8, 4);
		x->size = number(p + 12, 8);
	} else if (p[1] == 'A') {
		close_page(x);
		x->open = true;
		x->page = (struct cli_run){ .at = number(p + 8, 8),
			                    .n = 1,
			                    .flags = number(p + 16, 8) };
	} else {
		add_chunk(x, p);
	}
}

/* ECREATE, EADD, EEXTEND */
static size_t record_len(const uint8_t *p)
{
	return p[1] == 'E' ? CLI_RECORD_MAX : HEAD_LEN;
}

/* Fills up the record that was begun; returns how many bytes that took. */
static size_t take_rest(struct cli_pages *x, const uint8_t *p, size_t n)
{
	size_t taken = 0;

	while (taken < n &&
	       (x->have < HEAD_LEN || x->have < record_len(x->record)))
		x->record[x->have++] = p[taken++];
	if (x->have >= HEAD_LEN && x->have == record_len(x->record)) {
		take_record(x, x->record);
		x->have = 0;
	}
	return taken;
}

void cli_pages_put(struct cli_pages *x, const uint8_t *p, size_t n)
{
	while (n > 0) {
		bool here = x->have == 0 && n >= HEAD_LEN && n >= record_len(p);
		size_t taken = here ? record_len(p) : take_rest(x, p, n);

		if (here)
			take_record(x, p);
		p += taken;
		n -= taken;
	}
}

/* ---- names */

void cli_pages_name(struct cli_pages *x, const struct assay_pages *name)
{
	if (!name->name[0] || x->n_names == CLI_RUNS_MAX)
		return;
	x->name = grow(x->name, x->n_names, &x->cap_names, sizeof(*x->name));
	x->name[x->n_names++] = *name;
}

const char *cli_pages_source(const struct cli_pages *pages, uint64_t at)
{
	size_t from = 0, to = pages->n_names;

	while (from < to) {
		size_t i = from + (to - from) / 2;
		const struct assay_pages *p = &pages->name[i];

		if (at < p->at)
			to = i;
		else if ((at - p->at) / ASSAY_PAGE < p->n)
			return p->name;
		else
			from = i + 1;
	}
	return "";
}

/* ---- */

static int by_place(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_runs(const void *a, const void *b)
{
	return by_place(((const struct cli_run *)a)->at,
	                ((const struct cli_run *)b)->at);
}

static int compare_names(const void *a, const void *b)
{
	return by_place(((const struct assay_pages *)a)->at,
	                ((const struct assay_pages *)b)->at);
}

void cli_pages_end(struct cli_pages *pages)
{
	close_page(pages);
	if (pages->n)
		qsort(pages->run, pages->n, sizeof(*pages->run), compare_runs);
	if (pages->n_names)
		qsort(pages->name, pages->n_names, sizeof(*pages->name),
		      compare_names);
}

void cli_pages_free(struct cli_pages *pages)
{
	free(pages->run);
	free(pages->name);
}
