/* program.c - the pages of the enclave that a program becomes
 * [ASSAY measurement]. */
#include "measure/program.h"

#include "base/err.h"
#include "measure/bytes.h"
#include "measure/launch.h"

#include <string.h>

/* A TCS, as far as it is not zero; OSSA and the rest are offsets in the
 * enclave. */
enum {
	TCS_OSSA = 16,
	TCS_NSSA = 28,
	TCS_OENTRY = 32,
	TCS_OFSBASE = 48,
	TCS_OGSBASE = 56,
	TCS_FSLIMIT = 64,
	TCS_GSLIMIT = 68,
	SEGMENT_LIMIT = 0xfff,
	SIZE_MIN = 8192,
};

static uint64_t pages(uint64_t n)
{
	return (n + ASSAY_PAGE - 1) / ASSAY_PAGE;
}

/* ---- the plan */

/* Adds an area behind those before it. */
static struct assay_area *add(struct assay_plan *plan, const char *name,
                              uint64_t n_pages, uint64_t flags, bool measured)
{
	struct assay_area *a = &plan->area[plan->n++];

	*a = (struct assay_area){ .name = name,
		                  .n_pages = n_pages,
		                  .flags = flags,
		                  .measured = measured };
	if (a > plan->area)
		a->at = a[-1].at + a[-1].n_pages * ASSAY_PAGE;
	return a;
}

/* [SGX 3.1], step 3 */
static void add_segments(struct assay_plan *plan, const struct assay_elf *elf)
{
	for (size_t i = 0; i < elf->n_loads; i++) {
		const struct assay_elf_load *l = &elf->load[i];
		size_t lead = l->vaddr % ASSAY_PAGE;
		struct assay_area *a = add(plan, "segment",
		                           pages(lead + l->memsz),
		                           ASSAY_PAGE_REG | l->rights, true);

		a->at = l->vaddr - lead;
		a->bytes = l->file;
		a->lead = lead;
	}
}

static void add_rest(struct assay_plan *plan, const struct assay_launch *l,
                     const uint8_t launch[ASSAY_PAGE])
{
	const uint64_t rw = ASSAY_PAGE_REG | ASSAY_PAGE_R | ASSAY_PAGE_W;
	struct assay_area *a;

	a = add(plan, "launch page", 1, ASSAY_PAGE_REG | ASSAY_PAGE_R, true);
	a->bytes = (struct assay_bytes){ launch, ASSAY_PAGE };
	plan->launch_at = a->at;
	add(plan, "stack", l->stack / ASSAY_PAGE, rw, false);
	if (l->heap > 0)
		add(plan, "heap", l->heap / ASSAY_PAGE, rw, false);
	add(plan, "TCS", l->threads, ASSAY_PAGE_TCS, true)->tcs = true;
	a = add(plan, "SSA",
	        (uint64_t)l->threads * ASSAY_NSSA * ASSAY_SSA_FRAME, rw, true);
	plan->ssa_at = a->at;
}

static bool set_size(struct assay_plan *plan, struct assay_err *err)
{
	const struct assay_area *last = &plan->area[plan->n - 1];
	uint64_t end = last->at + last->n_pages * ASSAY_PAGE;

	if (end > ASSAY_PROGRAM_MAX)
		return assay_fail(err, ASSAY_S_PROGRAM_SIZE, ASSAY_DOC_ENCLAVE,
		                  (size_t)end,
		                  "got 0x%llx bytes, want at most "
		                  "0x400000000",
		                  (unsigned long long)end);
	plan->size = SIZE_MIN;
	while (plan->size < end)
		plan->size *= 2;
	return true;
}

static bool make(struct assay_plan *plan, struct assay_bytes program,
                 const uint8_t launch[ASSAY_PAGE], struct assay_err *err)
{
	struct assay_launch l;
	struct assay_elf elf;

	if (!assay_launch_read(&l, launch, err) ||
	    !assay_elf_read(&elf, program, err))
		return false;
	plan->entry = elf.entry;
	add_segments(plan, &elf);
	add_rest(plan, &l, launch);
	return set_size(plan, err);
}

bool assay_plan_any(struct assay_plan *plan, struct assay_bytes program,
                    const uint8_t launch[ASSAY_PAGE], struct assay_err *err)
{
	memset(plan, 0, sizeof(*plan));
	if (make(plan, program, launch, err))
		return true;
	memset(plan, 0, sizeof(*plan));
	return false;
}

bool assay_plan_make(struct assay_plan *plan, struct assay_bytes program,
                     const uint8_t launch[ASSAY_PAGE], struct assay_err *err)
{
	if (assay_plan_any(plan, program, launch, err) &&
	    assay_launch_is_for(launch, program, err))
		return true;
	memset(plan, 0, sizeof(*plan));
	return false;
}

/* ---- the stream */

static bool stream_tcs(struct assay_stream *s, const struct assay_plan *plan,
                       const struct assay_area *a, struct assay_err *err)
{
	uint8_t page[ASSAY_PAGE] = { 0 };
	uint64_t frames = ASSAY_NSSA * ASSAY_SSA_FRAME * ASSAY_PAGE;

	put_le(page + TCS_NSSA, ASSAY_NSSA, 4);
	put_le(page + TCS_OENTRY, plan->entry, 8);
	put_le(page + TCS_OFSBASE, plan->launch_at, 8);
	put_le(page + TCS_OGSBASE, plan->launch_at, 8);
	put_le(page + TCS_FSLIMIT, SEGMENT_LIMIT, 4);
	put_le(page + TCS_GSLIMIT, SEGMENT_LIMIT, 4);
	for (uint64_t i = 0; i < a->n_pages; i++) {
		put_le(page + TCS_OSSA, plan->ssa_at + i * frames, 8);
		if (!assay_stream_page(s, a->at + i * ASSAY_PAGE, a->flags,
		                       page, err))
			return false;
	}
	return true;
}

/* The i-th page of an area that has bytes on it: in place where all of it is
 * there, else put together in `room`. */
static const uint8_t *page_of(const struct assay_area *a, uint64_t i,
                              uint8_t room[ASSAY_PAGE])
{
	size_t skip = i == 0 ? a->lead : 0;
	size_t from = (size_t)(i * ASSAY_PAGE) - (i == 0 ? 0 : a->lead);
	size_t n = a->bytes.len - from;

	if (skip == 0 && n >= ASSAY_PAGE)
		return a->bytes.ptr + from;
	memset(room, 0, ASSAY_PAGE);
	memcpy(room + skip, a->bytes.ptr + from,
	       n < ASSAY_PAGE - skip ? n : ASSAY_PAGE - skip);
	return room;
}

bool assay_area_stream(struct assay_stream *s, const struct assay_area *a,
                       struct assay_err *err)
{
	uint64_t filled = a->bytes.len ? pages(a->lead + a->bytes.len) : 0;
	uint8_t room[ASSAY_PAGE];

	if (!a->measured)
		return assay_stream_eadd(s, a->at, a->flags, a->n_pages, err);
	for (uint64_t i = 0; i < filled; i++)
		if (!assay_stream_page(s, a->at + i * ASSAY_PAGE, a->flags,
		                       page_of(a, i, room), err))
			return false;
	return filled == a->n_pages ||
	       assay_stream_zeros(s, a->at + filled * ASSAY_PAGE, a->flags,
	                          a->n_pages - filled, err);
}

bool assay_plan_stream(struct assay_stream *s, const struct assay_plan *plan,
                       struct assay_err *err)
{
	if (!assay_stream_ecreate(s, ASSAY_SSA_FRAME, plan->size, 0, err))
		return false;
	for (size_t i = 0; i < plan->n; i++) {
		const struct assay_area *a = &plan->area[i];
		bool done = a->tcs ? stream_tcs(s, plan, a, err)
		                   : assay_area_stream(s, a, err);

		if (!done)
			return false;
	}
	return true;
}
