/* sdk_stream.c - the enclave that the loader of Intel's SDK makes of a shared
 * object [SGX 3.1]. */
#include "measure/sdk.h"

#include "base/err.h"
#include "measure/bytes.h"

#include <string.h>

/* Pages on which relocations change what is not writable: those are added
 * writable.  A window over the image goes from page `first` on. */
enum { WINDOW = 32768 };
struct text {
	bool any; /* there are some */
	struct assay_bytes relocations[2];
	bool filled;
	uint64_t first;
	uint8_t bits[WINDOW / 8];
};

struct build {
	struct assay_stream *stream;
	const struct assay_sdk_copy *copy;
	struct assay_bytes file;
	uint64_t left;     /* pages that the enclave has room for */
	uint64_t measured; /* pages so far */
	uint64_t end;      /* where the last one ends; in the image */
	struct text text;
	struct assay_pages run; /* pages that are alike; n = 0: none */
	void (*pages)(void *to, const struct assay_pages *pages);
	void *to;
	struct assay_err *err;
};

/* ---- runs of pages, for whoever asked for them */

static void flush(struct build *b)
{
	if (b->pages && b->run.n > 0)
		b->pages(b->to, &b->run);
	b->run.n = 0;
}

static void note(struct build *b, const char *name, uint64_t at, uint64_t n,
                 uint64_t flags, bool measured)
{
	unsigned chunks = measured ? ASSAY_N_CHUNKS : 0;

	if (b->run.n > 0 && b->run.name == name && b->run.flags == flags &&
	    b->run.chunks == chunks &&
	    b->run.at + b->run.n * ASSAY_PAGE == at) {
		b->run.n += n;
		return;
	}
	flush(b);
	b->run = (struct assay_pages){ name, at, n, flags, chunks };
}

/* ---- pages */

static bool add_page(struct build *b, const char *name, uint64_t rva,
                     uint64_t flags, const uint8_t page[ASSAY_PAGE])
{
	uint64_t at = b->copy->image_at + rva;

	if (!assay_stream_page(b->stream, at, flags, page, b->err))
		return false;
	note(b, name, at, 1, flags, true);
	return true;
}

static bool add_zeros(struct build *b, const char *name, uint64_t rva,
                      uint64_t flags, uint64_t n)
{
	uint64_t at = b->copy->image_at + rva;

	if (n == 0)
		return true;
	if (!assay_stream_zeros(b->stream, at, flags, n, b->err))
		return false;
	note(b, name, at, n, flags, true);
	return true;
}

static bool add_unmeasured(struct build *b, const char *name, uint64_t rva,
                           uint64_t flags, uint64_t n)
{
	uint64_t at = b->copy->image_at + rva;

	if (!assay_stream_eadd(b->stream, at, flags, n, b->err))
		return false;
	note(b, name, at, n, flags, false);
	return true;
}

static uint64_t count(uint64_t n)
{
	return (n + ASSAY_PAGE - 1) / ASSAY_PAGE;
}

/* ---- relocations in text */

enum {
	DYN_LEN = 16,
	RELA_LEN = 24,
	DT_PLTRELSZ = 2,
	DT_RELA = 7,
	DT_RELASZ = 8,
	DT_TEXTREL = 22,
	DT_JMPREL = 23,
	DT_MAX = 24,
	R_NONE = 0,
};

static bool find_table(struct assay_bytes *table, const struct assay_so *so,
                       uint64_t at, uint64_t len, struct assay_err *err)
{
	*table = assay_so_memory(so, at, len);
	return table->ptr ||
	       assay_so_fail(err, so->dynamic.offset,
	                     "relocations: 0x%llx bytes at address 0x%llx "
	                     "are in no segment",
	                     (unsigned long long)len, (unsigned long long)at);
}

static bool find_relocations(struct text *t, const struct assay_so *so,
                             struct assay_err *err)
{
	struct assay_rd r = assay_rd(so->dynamic.file);
	uint64_t value[DT_MAX] = { 0 };
	bool has[DT_MAX] = { false };

	while (assay_rd_left(&r) >= DYN_LEN) {
		uint64_t tag = assay_rd_u64le(&r, "d_tag");
		uint64_t v = assay_rd_u64le(&r, "d_un");

		if (tag == 0)
			break;
		if (tag < DT_MAX) {
			value[tag] = v;
			has[tag] = true;
		}
	}
	t->any = has[DT_TEXTREL];
	return !t->any || ((!has[DT_RELA] ||
	                    find_table(&t->relocations[0], so, value[DT_RELA],
	                               value[DT_RELASZ], err)) &&
	                   (!has[DT_JMPREL] ||
	                    find_table(&t->relocations[1], so, value[DT_JMPREL],
	                               value[DT_PLTRELSZ], err)));
}

static void mark(struct text *t, uint64_t page)
{
	if (page >= t->first && page - t->first < WINDOW)
		t->bits[(page - t->first) / 8] |=
			(uint8_t)(1 << (page - t->first) % 8);
}

static void fill_window(struct text *t, uint64_t page)
{
	t->first = page - page % WINDOW;
	t->filled = true;
	memset(t->bits, 0, sizeof(t->bits));
	for (size_t i = 0; i < 2; i++) {
		struct assay_rd r = assay_rd(t->relocations[i]);

		while (assay_rd_left(&r) >= RELA_LEN) {
			uint64_t at = assay_rd_u64le(&r, "r_offset");
			uint64_t info = assay_rd_u64le(&r, "r_info");

			assay_rd_u64le(&r, "r_addend");
			if ((uint32_t)info == R_NONE)
				continue;
			mark(t, at / ASSAY_PAGE);
			if (at % ASSAY_PAGE > ASSAY_PAGE - 8)
				mark(t, at / ASSAY_PAGE + 1);
		}
	}
}

static bool is_relocated(struct text *t, uint64_t page)
{
	if (!t->any)
		return false;
	if (!t->filled || page < t->first || page - t->first >= WINDOW)
		fill_window(t, page);
	return t->bits[(page - t->first) / 8] >> (page - t->first) % 8 & 1;
}

/* ---- segments */

/* Lays the patches over n bytes that stand at `at` in the file. */
static void patch(const struct assay_sdk_copy *c, uint8_t *p, size_t at,
                  size_t n)
{
	struct assay_rd r = assay_rd(c->patches);

	while (assay_rd_left(&r) > 0) {
		uint64_t to = assay_rd_u64le(&r, "dst");
		uint32_t from = assay_rd_u32le(&r, "src");
		uint64_t end = to + assay_rd_u32le(&r, "size");
		uint64_t first = to > at ? to : at;
		uint64_t last = end < at + n ? end : at + n;

		assay_rd_bytes(&r, 16, "reserved");
		if (first < last)
			memcpy(p + (first - at),
			       c->all.ptr + from + (first - to),
			       (size_t)(last - first));
	}
}

static bool no_room(const struct build *b, size_t at, uint64_t rva, uint64_t n,
                    const char *why)
{
	return assay_fail(b->err, ASSAY_S_SDK_ROOM, ASSAY_DOC_PROGRAM, at,
	                  "%llu pages at 0x%llx: %s", (unsigned long long)n,
	                  (unsigned long long)rva, why);
}

/* Takes pages at rva, behind all others.  `at`: where the file asks for
 * them. */
static bool take_room(struct build *b, size_t at, uint64_t rva, uint64_t n,
                      bool measured)
{
	if (rva < b->end)
		return no_room(b, at, rva, n, "other pages are there already");
	if (n > b->left)
		return no_room(b, at, rva, n,
		               "the enclave has not so many left");
	b->left -= n;
	b->end = rva + n * ASSAY_PAGE;
	b->measured += measured ? n : 0;
	return assay_measured_fits(b->measured, ASSAY_DOC_PROGRAM, at, b->err);
}

/* `base`: where the shared object begins in the image, and in the file. */
static bool add_segment(struct build *b, const struct assay_so_segment *l,
                        uint64_t base, size_t base_at)
{
	size_t lead = l->vaddr % ASSAY_PAGE, done = 0;
	uint64_t rva = base + l->vaddr - lead, n = count(lead + l->memsz);
	uint8_t page[ASSAY_PAGE];

	if (!take_room(b, base_at + l->at, rva, n, true))
		return false;
	while (done < l->file.len) {
		size_t some = ASSAY_PAGE - lead;
		unsigned rights = l->rights;

		if (some > l->file.len - done)
			some = l->file.len - done;
		memset(page, 0, sizeof(page));
		memcpy(page + lead, l->file.ptr + done, some);
		patch(b->copy, page + lead, base_at + l->offset + done, some);
		if (is_relocated(&b->text, rva / ASSAY_PAGE))
			rights |= ASSAY_PAGE_W;
		if (!add_page(b, "segment", rva, ASSAY_PAGE_REG | rights, page))
			return false;
		done += some;
		lead = 0;
		rva += ASSAY_PAGE;
		n--;
	}
	return add_zeros(b, "segment", rva, ASSAY_PAGE_REG | l->rights, n);
}

/* SDK 1.5 (metadata 1.3) puts a page of zeros behind a segment whose address
 * spoils its rounding, if there is room. */
static bool add_extra(struct build *b, const struct assay_so_segment *last,
                      const struct assay_so_segment *next)
{
	uint64_t end, rounded;

	if (!last || b->copy->major != 1 || b->copy->minor != 3)
		return true;
	end = count(last->vaddr + last->memsz);
	rounded = count(count(last->memsz) * ASSAY_PAGE + last->vaddr);
	if (end >= rounded || (next && end >= next->vaddr / ASSAY_PAGE))
		return true;
	return take_room(b, last->at, end * ASSAY_PAGE, 1, true) &&
	       add_zeros(b, "segment", end * ASSAY_PAGE,
	                 ASSAY_PAGE_REG | last->rights, 1);
}

static bool add_segments(struct build *b, const struct assay_so *so)
{
	const struct assay_so_segment *last = NULL;

	for (size_t i = 0; i < so->n_loads; i++) {
		const struct assay_so_segment *l = &so->load[i];

		if (!add_extra(b, last, l) || !add_segment(b, l, 0, 0))
			return false;
		last = l;
	}
	return add_extra(b, last, NULL);
}

/* Offsets in the second shared object become offsets in the file. */
static bool read_object(struct assay_so *so, const struct build *b)
{
	const struct assay_sdk_copy *c = b->copy;
	struct assay_bytes in = { b->file.ptr + c->more_at,
		                  (size_t)c->more_len };

	if (assay_so_read(so, in, b->err))
		return so->tls.at == 0 ||
		       assay_so_fail(b->err, (size_t)c->more_at + so->tls.at,
		                     "the second shared object has memory of "
		                     "threads: that is not done");
	if (b->err)
		b->err->at += (size_t)c->more_at;
	return false;
}

/* A second shared object, as cryptography that was validated comes in. */
static bool add_object(struct build *b)
{
	const struct assay_sdk_copy *c = b->copy;
	struct assay_so so;

	if (!c->has_more)
		return true;
	if (!read_object(&so, b))
		return false;
	for (size_t i = 0; i < so.n_loads; i++)
		if (!add_segment(b, &so.load[i], c->more_to,
		                 (size_t)c->more_at))
			return false;
	return true;
}

/* ---- layout */

static const char *name_of(uint16_t id)
{
	static const char *const names[] = {
		NULL,          "heap",     "heap",     "heap",        "TCS",
		"thread data", "SSA",      "stack",    "stack",       NULL,
		"guard",       "heap",     "heap",     "heap",        "TCS",
		"thread data", "SSA",      "stack",    "stack",       NULL,
		"reserved",    "reserved", "reserved", "user region",
	};

	return id < sizeof(names) / sizeof(names[0]) && names[id] ? names[id]
	                                                          : "layout";
}

static void add_le64(uint8_t *p, uint64_t v)
{
	struct assay_rd r = assay_rd((struct assay_bytes){ p, 8 });

	put_le(p, assay_rd_u64le(&r, "offset") + v, 8);
}

/* A thread's page, from the template; offsets in it count from the page. */
static void write_tcs(uint8_t page[ASSAY_PAGE], const struct assay_sdk_copy *c,
                      const struct assay_sdk_row *row)
{
	memset(page, 0, ASSAY_PAGE);
	memcpy(page, c->all.ptr + row->content_at,
	       row->content_size < ASSAY_PAGE ? row->content_size : ASSAY_PAGE);
	add_le64(page + 16, row->rva); /* OSSA */
	add_le64(page + 48, row->rva); /* OFSBASE */
	add_le64(page + 56, row->rva); /* OGSBASE */
}

static bool add_same(struct build *b, const struct assay_sdk_row *row,
                     const uint8_t page[ASSAY_PAGE])
{
	for (uint64_t i = 0; i < row->n_pages; i++)
		if (!add_page(b, name_of(row->id), row->rva + i * ASSAY_PAGE,
		              row->flags, page))
			return false;
	return true;
}

/* Bytes of the metadata, and zeros behind them. */
static bool add_content(struct build *b, const struct assay_sdk_row *row)
{
	const uint8_t *p = b->copy->all.ptr + row->content_at;
	uint64_t i = 0, filled = count(row->content_size);
	uint8_t page[ASSAY_PAGE];

	for (; i < filled; i++) {
		size_t n = row->content_size - (size_t)i * ASSAY_PAGE;

		memset(page, 0, sizeof(page));
		memcpy(page, p + i * ASSAY_PAGE,
		       n < ASSAY_PAGE ? n : ASSAY_PAGE);
		if (!add_page(b, name_of(row->id), row->rva + i * ASSAY_PAGE,
		              row->flags, page))
			return false;
	}
	return add_zeros(b, name_of(row->id), row->rva + i * ASSAY_PAGE,
	                 row->flags, row->n_pages - filled);
}

/* Contents are, whatever is said of them. */
static bool is_measured(const struct assay_sdk_row *row)
{
	return row->attributes & ASSAY_SDK_EEXTEND ||
	       (row->content_at > 0 && row->flags != ASSAY_PAGE_TCS);
}

static bool add_row(struct build *b, const struct assay_sdk_row *row)
{
	const char *name = name_of(row->id);
	uint8_t page[ASSAY_PAGE];

	if (row->content_at > 0 && row->flags != ASSAY_PAGE_TCS)
		return add_content(b, row);
	if (!is_measured(row))
		return add_unmeasured(b, name, row->rva, row->flags,
		                      row->n_pages);
	if (row->content_at > 0) {
		write_tcs(page, b->copy, row);
		return add_same(b, row, page);
	}
	if (row->content_size == 0)
		return add_zeros(b, name, row->rva, row->flags, row->n_pages);
	for (size_t i = 0; i < ASSAY_PAGE; i += 4)
		put_le(page + i, row->content_size, 4);
	return add_same(b, row, page);
}

/* Pages that are not added at the start, guards among them, leave nothing. */
static bool is_added(const struct assay_sdk_row *row)
{
	return row->attributes & ASSAY_SDK_EADD && row->n_pages > 0 &&
	       (row->content_at > 0 || row->flags != 0);
}

static bool add_layout(struct build *b)
{
	struct assay_sdk_walk walk = { .copy = b->copy };
	struct assay_sdk_row row;

	while (assay_sdk_next(&walk, &row)) {
		if (!is_added(&row))
			continue;
		if (!take_room(b, row.at, row.rva, row.n_pages,
		               is_measured(&row)) ||
		    !add_row(b, &row))
			return false;
	}
	return true;
}

bool assay_sdk_stream(struct assay_stream *s, const struct assay_sdk *sdk,
                      const struct assay_sdk_copy *copy,
                      void (*pages)(void *to, const struct assay_pages *pages),
                      void *to, struct assay_err *err)
{
	struct build b = { .stream = s,
		           .copy = copy,
		           .file = sdk->so.in,
		           .left = copy->image / ASSAY_PAGE,
		           .pages = pages,
		           .to = to,
		           .err = err };

	if (!find_relocations(&b.text, &sdk->so, err) ||
	    !assay_stream_ecreate(s, copy->ssa_frame, copy->size, 0, err) ||
	    !add_segments(&b, &sdk->so) || !add_object(&b) || !add_layout(&b))
		return false;
	flush(&b);
	return true;
}

/* ---- two copies */

/* The next row that is added. */
static bool next_added(struct assay_sdk_walk *w, struct assay_sdk_row *row)
{
	while (assay_sdk_next(w, row))
		if (is_added(row))
			return true;
	return false;
}

static bool same_bytes(const struct assay_sdk_copy *a, uint32_t a_at,
                       const struct assay_sdk_copy *b, uint32_t b_at, size_t n)
{
	return memcmp(a->all.ptr + a_at, b->all.ptr + b_at, n) == 0;
}

static bool same_row(const struct assay_sdk_copy *a,
                     const struct assay_sdk_row *x,
                     const struct assay_sdk_copy *b,
                     const struct assay_sdk_row *y)
{
	const unsigned both = ASSAY_SDK_EADD | ASSAY_SDK_EEXTEND;

	return x->rva == y->rva && x->n_pages == y->n_pages &&
	       x->flags == y->flags && x->content_size == y->content_size &&
	       (x->attributes & both) == (y->attributes & both) &&
	       !x->content_at == !y->content_at &&
	       (!x->content_at || same_bytes(a, x->content_at, b, y->content_at,
	                                     x->content_size));
}

static bool same_layout(const struct assay_sdk_copy *a,
                        const struct assay_sdk_copy *b)
{
	struct assay_sdk_walk at_a = { .copy = a }, at_b = { .copy = b };
	struct assay_sdk_row x, y;

	for (;;) {
		bool more = next_added(&at_a, &x);

		if (more != next_added(&at_b, &y))
			return false;
		if (!more)
			return true;
		if (!same_row(a, &x, b, &y))
			return false;
	}
}

static bool same_patches(const struct assay_sdk_copy *a,
                         const struct assay_sdk_copy *b)
{
	struct assay_rd at_a = assay_rd(a->patches);
	struct assay_rd at_b = assay_rd(b->patches);

	if (a->patches.len != b->patches.len)
		return false;
	while (assay_rd_left(&at_a) > 0) {
		bool same = assay_rd_u64le(&at_a, "dst") ==
		            assay_rd_u64le(&at_b, "dst");
		uint32_t a_from = assay_rd_u32le(&at_a, "src");
		uint32_t b_from = assay_rd_u32le(&at_b, "src");
		uint32_t n = assay_rd_u32le(&at_a, "size");

		same &= n == assay_rd_u32le(&at_b, "size");
		assay_rd_bytes(&at_a, 16, "reserved");
		assay_rd_bytes(&at_b, 16, "reserved");
		if (!same || !same_bytes(a, a_from, b, b_from, n))
			return false;
	}
	return true;
}

static bool is_1_3(const struct assay_sdk_copy *c)
{
	return c->major == 1 && c->minor == 3;
}

bool assay_sdk_same(const struct assay_sdk_copy *a,
                    const struct assay_sdk_copy *b)
{
	return a->ssa_frame == b->ssa_frame && a->image == b->image &&
	       a->size == b->size && a->image_at == b->image_at &&
	       is_1_3(a) == is_1_3(b) && a->has_more == b->has_more &&
	       a->more_at == b->more_at && a->more_len == b->more_len &&
	       a->more_to == b->more_to && same_patches(a, b) &&
	       same_layout(a, b);
}
