/* fuzz_elf.c - the reader of programs: what it accepts can be loaded, page by
 * page, from the file alone; a failure leaves nothing. */
#include "measure/elf.h"
#include "measure/stream.h"

#include <stdlib.h>
#include <string.h>

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

/* Returns the first page behind the segment. */
static uint64_t check_load(const struct assay_elf_load *l, uint64_t from,
                           const uint8_t *data, size_t len)
{
	uint64_t first = l->vaddr / ASSAY_PAGE;
	uint64_t end = l->vaddr + l->memsz;

	must(l->memsz > 0 && end > l->vaddr && end <= ASSAY_ELF_IMAGE_MAX);
	must(first >= from);
	must(l->file.len <= l->memsz && l->file.ptr >= data &&
	     l->file.len <= len &&
	     (size_t)(l->file.ptr - data) <= len - l->file.len);
	must((uint64_t)(l->file.ptr - data) % ASSAY_PAGE ==
	     l->vaddr % ASSAY_PAGE);
	must(l->rights & ASSAY_PAGE_R && l->rights <= 7);
	must((l->rights & (ASSAY_PAGE_W | ASSAY_PAGE_X)) !=
	     (ASSAY_PAGE_W | ASSAY_PAGE_X));
	return (end + ASSAY_PAGE - 1) / ASSAY_PAGE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct assay_err err = { 0 };
	struct assay_elf elf;
	uint64_t from = 0;
	bool entry = false;

	memset(&elf, 0xee, sizeof(elf));
	if (!assay_elf_read(&elf, (struct assay_bytes){ data, len }, &err)) {
		must(is_zero(&elf, sizeof(elf)));
		must(err.check >= ASSAY_S_ELF &&
		     err.check <= ASSAY_S_ELF_ENTRY);
		must(err.doc == ASSAY_DOC_PROGRAM && err.at <= len &&
		     err.note[0]);
		return 0;
	}
	must(err.check == ASSAY_OK);
	must(elf.n_loads >= 1 && elf.n_loads <= ASSAY_ELF_MAX_LOADS);
	for (size_t i = 0; i < elf.n_loads; i++) {
		const struct assay_elf_load *l = &elf.load[i];

		from = check_load(l, from, data, len);
		entry = entry ||
		        (l->rights & ASSAY_PAGE_X && elf.entry >= l->vaddr &&
		         elf.entry < l->vaddr + l->file.len);
	}
	must(entry);
	return 0;
}
