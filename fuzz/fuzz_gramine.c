/* fuzz_gramine.c - a manifest, NUL, a loader: what is refused leaves zeros and
 * names a byte; what is accepted lies apart in the enclave, and is measured as it
 * is told. */
#include "measure/gramine.h"
#include "measure/libpal.h"
#include "measure/toml.h"

#include <stdlib.h>
#include <string.h>

enum { HASHED_MAX = 4 << 20 }; /* of an enclave that is hashed here */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static bool is_zero(const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0 && !b[n - 1])
		n--;
	return n == 0;
}

/* ---- the manifest */

static bool count(void *to, const struct assay_toml_value *v)
{
	size_t *n = to;

	must(v->key && (v->kind == ASSAY_TOML_TEXT || !v->text));
	must(!v->text || strlen(v->text) < ASSAY_TOML_TEXT_MAX);
	must(strlen(v->key) < ASSAY_TOML_KEY_MAX);
	++*n;
	return true;
}

static bool read_manifest(struct assay_gramine *g, struct assay_bytes in)
{
	struct assay_err err = { 0 };
	size_t n = 0;
	bool toml = assay_toml_walk(in, count, &n, &err);

	must(toml || (err.check == ASSAY_S_TOML && err.at <= in.len));
	memset(g, 0xee, sizeof(*g));
	err = (struct assay_err){ 0 };
	if (assay_gramine_read(g, in, &err)) {
		must(toml && n > 0);
		must(g->threads > 0 && g->threads <= 4096);
		must(g->size <= UINT64_C(1) << 40);
		return true;
	}
	must(is_zero(g, sizeof(*g)));
	must(err.check == ASSAY_S_MANIFEST ||
	     (err.check == ASSAY_S_TOML && !toml));
	must(err.doc == ASSAY_DOC_MANIFEST && err.at <= in.len);
	return false;
}

/* ---- the loader */

static bool read_pal(struct assay_elf *pal, struct assay_bytes in)
{
	struct assay_err err = { 0 };
	uint64_t end = 0;

	memset(pal, 0xee, sizeof(*pal));
	if (!assay_libpal_read(pal, in, &err)) {
		must(is_zero(pal, sizeof(*pal)));
		must(err.check == ASSAY_S_LIBPAL && err.at <= in.len);
		return false;
	}
	for (size_t i = 0; i < pal->n_loads; i++) {
		const struct assay_elf_load *l = &pal->load[i];

		must(l->vaddr >= end && l->memsz >= l->file.len);
		must(l->file.ptr >= in.ptr &&
		     (size_t)(l->file.ptr - in.ptr) <= in.len - l->file.len);
		end = l->vaddr + l->memsz;
	}
	must(pal->load[0].vaddr < ASSAY_PAGE && assay_elf_end(pal) >= end);
	return true;
}

/* ---- the enclave */

struct told {
	uint64_t size, lowest, pages, measured;
};

/* But for stacks, and the loader's segments, each area is below the one before
 * it: so is every area's end below the enclave's. */
static void see(void *to, const struct assay_area *a)
{
	struct told *t = to;

	must(a->n_pages > 0 && a->at % ASSAY_PAGE == 0);
	must(a->at < t->size && a->n_pages <= (t->size - a->at) / ASSAY_PAGE);
	must(a->measured || a->n_pages * ASSAY_PAGE + a->at <= t->lowest);
	t->lowest = a->at < t->lowest ? a->at : t->lowest;
	t->pages += a->n_pages;
	t->measured += a->measured ? a->n_pages : 0;
}

static void measure(const struct assay_gramine_plan *plan)
{
	struct told t = { .size = plan->g.size, .lowest = plan->g.size };
	struct assay_err err = { 0 };
	struct assay_stream s;
	bool size = plan->g.size >= 8192 &&
	            (plan->g.size & (plan->g.size - 1)) == 0;

	if (!size) {
		assay_stream_begin(&s, NULL);
		must(!assay_gramine_stream(&s, plan, &err) &&
		     err.check == ASSAY_S_SIZE);
		return;
	}
	assay_gramine_tell(plan, see, &t);
	must(t.pages <= plan->g.size / ASSAY_PAGE);
	if (t.pages * 64 + t.measured * (4096 + 1024) > HASHED_MAX)
		return;
	assay_stream_begin(&s, NULL);
	if (assay_gramine_stream(&s, plan, &err))
		must(s.hashed ==
		     64 + t.pages * 64 + t.measured * (4096 + 1024));
	else
		must(err.check == ASSAY_S_FLAGS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *nul = len ? memchr(data, 0, len) : NULL;
	size_t n = nul ? (size_t)(nul - data) : len;
	struct assay_bytes manifest = { data, n };
	struct assay_bytes loader = { data + n, len - n };
	struct assay_gramine_plan plan;
	struct assay_err err = { 0 };
	struct assay_gramine g;
	struct assay_elf pal;
	bool both;

	if (loader.len > 0)
		loader = (struct assay_bytes){ data + n + 1, len - n - 1 };
	both = read_manifest(&g, manifest);
	both = read_pal(&pal, loader) && both;
	if (!both)
		return 0;
	if (assay_gramine_plan(&plan, &g, &pal, &err)) {
		measure(&plan);
	} else {
		must(err.check == ASSAY_S_GRAMINE_ROOM &&
		     is_zero(&plan, sizeof(plan)));
	}
	return 0;
}
