/* elf.h - an enclave's program: a static-pie ELF64 for x86-64 [SGX 9]. */
#ifndef MEASURE_ELF_H
#define MEASURE_ELF_H

#include <assay/err.h>

enum {
	ASSAY_ELF_MAX_LOADS = 16,
	ASSAY_ELF_IMAGE_MAX = 256 << 20, /* bytes of memory of all segments */
};

/* A segment to load. */
struct assay_elf_load {
	uint64_t vaddr, memsz;
	unsigned rights;         /* ASSAY_PAGE_R, _W, _X */
	struct assay_bytes file; /* what the file has of it; zeros follow */
};

/* Segments ascend, and no two share a page. */
struct assay_elf {
	uint64_t entry;
	size_t n_loads;
	struct assay_elf_load load[ASSAY_ELF_MAX_LOADS];
};

/*
 * assay_elf_read reads the headers of the program `in` and checks all that its
 * measurement and its loading rely on.  Zeroed on failure; points into `in`.
 * Fails with ASSAY_S_ELF, _ELF_BOUNDS, _COUNT, _INTERP, _RIGHTS, _MEMORY,
 * _ALIGN, _OVERLAP, _ENTRY.
 */
ASSAY_MUST_CHECK bool assay_elf_read(struct assay_elf *elf,
                                     struct assay_bytes in,
                                     struct assay_err *err);

/* The first byte behind the last segment's last page; 0 without segments. */
uint64_t assay_elf_end(const struct assay_elf *elf);

#endif
