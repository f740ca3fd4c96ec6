/* oe_stream.c - the enclave that Open Enclave's loader makes of a shared object
 * [SGX 3.2]. */
#include "measure/oe.h"

#include "measure/bytes.h"

#include <string.h>

enum {
	SSA_FRAME = 1, /* SSAFRAMESIZE */
	NSSA = 2,
	RELA_LEN = 24,
	SYMBOL_LEN = 24,
	R_TPOFF64 = 18,
	CONTROL = 4, /* pages from a TCS to its thread's memory */
};
#define R (ASSAY_PAGE_REG | ASSAY_PAGE_R)
#define RW (ASSAY_PAGE_REG | ASSAY_PAGE_R | ASSAY_PAGE_W)
#define FILL 0xcc /* of a stack */

struct build {
	struct assay_stream *stream;
	const struct assay_oe *oe;
	uint64_t at; /* in the image: what comes next */
	void (*pages)(void *to, const struct assay_pages *pages);
	void *to;
	struct assay_err *err;
};

static void tell(struct build *b, const char *name, uint64_t n, uint64_t flags,
                 bool measured)
{
	struct assay_pages p = { name, b->oe->start + b->at, n, flags,
		                 measured ? ASSAY_N_CHUNKS : 0 };

	if (b->pages && n > 0)
		b->pages(b->to, &p);
}

/* The next page, in the order of the image. */
static bool add_page(struct build *b, uint64_t flags,
                     const uint8_t page[ASSAY_PAGE])
{
	if (!assay_stream_page(b->stream, b->oe->start + b->at, flags, page,
	                       b->err))
		return false;
	b->at += ASSAY_PAGE;
	return true;
}

/* n pages that are alike, told of as `name`. */
static bool add_same(struct build *b, const char *name, uint64_t n,
                     uint64_t flags, const uint8_t page[ASSAY_PAGE])
{
	tell(b, name, n, flags, true);
	for (; n > 0; n--)
		if (!add_page(b, flags, page))
			return false;
	return true;
}

static bool add_zeros(struct build *b, const char *name, uint64_t n)
{
	static const uint8_t zeros[ASSAY_PAGE];

	return add_same(b, name, n, RW, zeros);
}

static bool add_unmeasured(struct build *b, const char *name, uint64_t n)
{
	tell(b, name, n, RW, false);
	if (n > 0 &&
	    !assay_stream_eadd(b->stream, b->oe->start + b->at, RW, n, b->err))
		return false;
	b->at += n * ASSAY_PAGE;
	return true;
}

/* ---- the image */

static void lay_over(uint8_t page[ASSAY_PAGE], uint64_t at,
                     const struct assay_oe_patch *p)
{
	uint8_t value[8];

	put_le(value, p->value, sizeof(value));
	for (size_t i = 0; i < p->n; i++)
		if (p->at + i >= at && p->at + i - at < ASSAY_PAGE)
			page[p->at + i - at] = i < sizeof(value) ? value[i] : 0;
}

/* The page at `at` of a segment, as the loader leaves it. */
static void write_page(uint8_t page[ASSAY_PAGE], const struct assay_oe *oe,
                       const struct assay_so_segment *l, uint64_t at)
{
	uint64_t first = at > l->vaddr ? at : l->vaddr;
	uint64_t end = l->vaddr + l->file.len;

	memset(page, 0, ASSAY_PAGE);
	if (end > at + ASSAY_PAGE)
		end = at + ASSAY_PAGE;
	if (first < end)
		memcpy(page + (first - at), l->file.ptr + (first - l->vaddr),
		       (size_t)(end - first));
	for (size_t i = 0; i < oe->n_patches; i++)
		lay_over(page, at, &oe->patch[i]);
}

static bool add_segment(struct build *b, const struct assay_so_segment *l)
{
	uint64_t flags = ASSAY_PAGE_REG | l->rights;
	uint64_t end = l->vaddr + l->memsz;
	uint8_t page[ASSAY_PAGE];

	b->at = l->vaddr - l->vaddr % ASSAY_PAGE;
	tell(b, "segment", (end - b->at + ASSAY_PAGE - 1) / ASSAY_PAGE, flags,
	     true);
	while (b->at < end) {
		write_page(page, b->oe, l, b->at);
		if (!add_page(b, flags, page))
			return false;
	}
	return true;
}

/* ---- relocations */

/* Of a thread's variable the loader notes where it is, so that the enclave need
 * not look for it. */
static void note_variable(uint8_t rela[RELA_LEN], const struct assay_oe *oe)
{
	struct assay_rd r = assay_rd((struct assay_bytes){ rela, RELA_LEN });
	struct assay_rd symbols = assay_rd(oe->symbols);
	uint32_t type, symbol;

	assay_rd_u64le(&r, "r_offset");
	type = assay_rd_u32le(&r, "r_info");
	symbol = assay_rd_u32le(&r, "r_info");
	if (type != R_TPOFF64 || symbol >= oe->symbols.len / SYMBOL_LEN)
		return;
	symbols.pos = (size_t)symbol * SYMBOL_LEN + 8;
	put_le(rela + 16, assay_rd_u64le(&symbols, "st_value"), 8);
}

static void read_relocation(uint8_t rela[RELA_LEN], const struct assay_oe *oe,
                            size_t i)
{
	size_t first = oe->relocations[0].len / RELA_LEN;

	memcpy(rela,
	       i < first ? oe->relocations[0].ptr + i * RELA_LEN
	                 : oe->relocations[1].ptr + (i - first) * RELA_LEN,
	       RELA_LEN);
	note_variable(rela, oe);
}

/* The n-th page of them; `len` bytes are all. */
static void write_relocations(uint8_t page[ASSAY_PAGE],
                              const struct assay_oe *oe, uint64_t n, size_t len)
{
	size_t from = (size_t)n * ASSAY_PAGE, at = from - from % RELA_LEN;

	memset(page, 0, ASSAY_PAGE);
	for (; at < len && at < from + ASSAY_PAGE; at += RELA_LEN) {
		uint8_t rela[RELA_LEN];

		read_relocation(rela, oe, at / RELA_LEN);
		for (size_t i = 0; i < RELA_LEN; i++)
			if (at + i >= from && at + i - from < ASSAY_PAGE)
				page[at + i - from] = rela[i];
	}
}

static bool add_relocations(struct build *b)
{
	size_t len = b->oe->relocations[0].len + b->oe->relocations[1].len;
	uint64_t n = (len + ASSAY_PAGE - 1) / ASSAY_PAGE;
	uint8_t page[ASSAY_PAGE];

	tell(b, "relocations", n, R, true);
	for (uint64_t i = 0; i < n; i++) {
		write_relocations(page, b->oe, i, len);
		if (!add_page(b, R, page))
			return false;
	}
	return true;
}

/* ---- threads */

static bool add_tcs(struct build *b)
{
	uint64_t at = b->oe->start + b->at;
	uint64_t memory = at + (b->oe->tls + CONTROL) * ASSAY_PAGE;
	uint8_t page[ASSAY_PAGE] = { 0 };

	put_le(page + 16, at + ASSAY_PAGE, 8);                /* OSSA */
	put_le(page + 28, NSSA, 4);                           /* NSSA */
	put_le(page + 32, b->oe->start + b->oe->so.entry, 8); /* OENTRY */
	put_le(page + 48, memory, 8);                         /* OFSBASE */
	put_le(page + 56, memory, 8);                         /* OGSBASE */
	put_le(page + 64, UINT32_MAX, 4);                     /* FSLIMIT */
	put_le(page + 68, UINT32_MAX, 4);                     /* GSLIMIT */
	return add_same(b, "TCS", 1, ASSAY_PAGE_TCS, page);
}

static void skip_guard(struct build *b)
{
	b->at += ASSAY_PAGE;
}

static bool add_thread(struct build *b)
{
	uint8_t page[ASSAY_PAGE];

	memset(page, FILL, sizeof(page));
	skip_guard(b);
	if (!add_same(b, "stack", b->oe->stack, RW, page))
		return false;
	skip_guard(b);
	if (!add_tcs(b) || !add_zeros(b, "SSA", NSSA * SSA_FRAME))
		return false;
	skip_guard(b);
	return add_zeros(b, "thread data", b->oe->tls + 1);
}

bool assay_oe_stream(struct assay_stream *s, const struct assay_oe *oe,
                     void (*pages)(void *to, const struct assay_pages *pages),
                     void *to, struct assay_err *err)
{
	struct build b = {
		.stream = s, .oe = oe, .pages = pages, .to = to, .err = err
	};

	if (!assay_stream_ecreate(s, SSA_FRAME, oe->size, 0, err))
		return false;
	for (size_t i = 0; i < oe->so.n_loads; i++)
		if (!add_segment(&b, &oe->so.load[i]))
			return false;
	b.at = oe->so.end;
	if (!add_relocations(&b) || !add_unmeasured(&b, "heap", oe->heap))
		return false;
	for (uint64_t i = 0; i < oe->threads; i++)
		if (!add_thread(&b))
			return false;
	return true;
}
