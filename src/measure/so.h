/* so.h - a shared object that a toolchain for enclaves signs: its segments and
 * sections [ELF]. */
#ifndef MEASURE_SO_H
#define MEASURE_SO_H

#include <assay/err.h>

#include "base/rd.h"

enum { ASSAY_SO_LOADS_MAX = 64 };
/* beyond what a processor addresses, and far below overflow */
#define ASSAY_SO_END_MAX (UINT64_C(1) << 47)

/* A segment. */
struct assay_so_segment {
	size_t at;       /* of its program header; 0: there is none */
	unsigned rights; /* ASSAY_PAGE_R, _W, _X */
	uint64_t vaddr, memsz, align;
	size_t offset;           /* in the file, of: */
	struct assay_bytes file; /* what the file has of it; zeros follow */
};

/* A section. */
struct assay_so_section {
	size_t at; /* of its header */
	uint64_t addr, size, align;
	size_t offset;           /* in the file, of: */
	struct assay_bytes file; /* what the file has of it: all, or nothing */
};

/* Segments to load ascend, and no two share a page. */
struct assay_so {
	struct assay_bytes in;
	uint64_t entry;
	uint64_t end; /* the first byte behind the last segment's pages */
	size_t n_loads;
	struct assay_so_segment load[ASSAY_SO_LOADS_MAX];
	struct assay_so_segment dynamic, tls;
	struct assay_rd sections;
	struct assay_bytes names; /* of sections */
};

/*
 * assay_so_read reads the headers of the shared object `in`.  Zeroed on
 * failure; points into `in`.  Fails with ASSAY_S_SO.
 */
ASSAY_MUST_CHECK bool assay_so_read(struct assay_so *so, struct assay_bytes in,
                                    struct assay_err *err);

/* assay_so_section finds the first section of this name; `at` is 0 if there is
 * none.  Fails with ASSAY_S_SO if it does not lie inside of the file. */
ASSAY_MUST_CHECK bool assay_so_section(struct assay_so_section *section,
                                       const struct assay_so *so,
                                       const char *name, struct assay_err *err);

/* assay_so_has says whether a file is a shared object with a section of this
 * name, wherever that lies. */
bool assay_so_has(struct assay_bytes in, const char *name);

/* assay_so_is_cut says whether an ELF file ends before its section headers do:
 * there is no telling what it was. */
bool assay_so_is_cut(struct assay_bytes in);

/* assay_so_memory gives the `n` bytes at an address that the file holds, or
 * {NULL, 0}. */
struct assay_bytes assay_so_memory(const struct assay_so *so, uint64_t vaddr,
                                   uint64_t n);

/* assay_so_fail is how something else in such a file fails: ASSAY_S_SO. */
bool assay_so_fail(struct assay_err *err, size_t at, const char *fmt, ...)
	ASSAY_PRINTF(3, 4);

#endif
